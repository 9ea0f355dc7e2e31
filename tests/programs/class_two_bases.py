"""Builtin classes with two bases, before anything has looked into them and after."""
import io

try:
    raise ExceptionGroup("first", [ValueError(1)])
except Exception as error:
    print("caught", repr(error))
try:
    open("/dev/null").write("x")
except ValueError as error:
    print(repr(error), isinstance(error, OSError), error.args)

print(ExceptionGroup.__mro__)
print(io.UnsupportedOperation.__mro__, io.UnsupportedOperation.__bases__)
print(type(BaseExceptionGroup("g", [KeyError(1)])), type(BaseExceptionGroup("g", [KeyboardInterrupt()])))


class Both(ExceptionGroup, ValueError):
    pass


class Unsupported(io.UnsupportedOperation):
    pass


print(Both.__mro__, Unsupported.__mro__)
group = Both("both", [OSError(2, "no"), TypeError("t")])
print(group.split(OSError), type(group.derive([KeyError(2)])))
print(repr(Unsupported("a")), issubclass(Unsupported, (ValueError, KeyError)))
ExceptionGroup.note = "set"
print(group.note, sorted(vars(ExceptionGroup)))
del ExceptionGroup.note
print(hasattr(group, "note"))
for name in ["split", "derive", "subgroup", "message"]:
    print(name, name in dir(ExceptionGroup))
try:
    ValueError.note = 1
except TypeError as error:
    print(error)
