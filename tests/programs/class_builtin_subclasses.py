"""Builtin classes know their subclasses before anybody has used them."""

print(int.__subclasses__())
names = [c.__name__ for c in Exception.__subclasses__()]
print([name in names for name in ["ArithmeticError", "LookupError", "OSError", "ValueError", "KeyError"]])
for c in sorted(object.__subclasses__(), key=lambda c: c.__name__):
    if c.__name__ in ("int", "complex"):
        print(c("12"))


class Mine(dict):
    pass


class Own(Mine):
    pass


print(Mine in dict.__subclasses__(), Mine.__subclasses__(), Own.__subclasses__())
