# Statements of a module that raise, in the forms that modules have.
import sys

CASES = ["plain", "class body", "nested class", "loop", "while", "with", "try else", "finally", "match", "lambda", "walrus", "decorator", "default",
         "annotation", "del", "assert", "global", "comprehension", "generator", "star", "augmented", "raise", "import", "from", "raise lines"]
case = int(sys.argv[1])
zero = 0


def deep(n):
    return deep(n - 1) if n else 1 / zero


if case == 0:
    value = (1 +
             2 / zero)
elif case == 1:
    class Body:
        one = 1
        two = one / zero
elif case == 2:
    class Outer:
        class Inner:
            value = deep(1)
elif case == 3:
    for x in range(3):
        print(3 / (2 - x), end="") if x == 2 else None
elif case == 4:
    while True:
        zero = deep(0)
elif case == 5:
    with open("/nonexistent/x") as file:
        pass
elif case == 6:
    try:
        pass
    except OSError:
        pass
    else:
        deep(2)
elif case == 7:
    try:
        deep(1)
    finally:
        undefined
elif case == 8:
    match {"a": [1, 2]}:
        case {"a": [x, y]} if x / zero:
            pass
elif case == 9:
    (lambda a, b: a / b)(1, zero)
elif case == 10:
    if (n := len([1])) and (m := n / zero):
        pass
elif case == 11:
    @deep
    def f():
        pass
elif case == 12:
    def f(a, b=deep(1), *, c=2):
        pass
elif case == 13:
    def f(a: deep(1)):
        pass
    f.__annotations__
elif case == 14:
    del undefined_thing
elif case == 15:
    assert zero, (
        "a message"
    )
elif case == 16:
    case += "x"
elif case == 17:
    table = {k: v / zero for k, v in {"a": 1}.items()}
elif case == 18:
    print(*(deep(x) for x in range(2)))
elif case == 19:
    first, *rest = zero
elif case == 20:
    CASES[99] += 1
elif case == 21:
    raise type("Made", (Exception,), {})("up")
elif case == 22:
    import nothing.at_all
elif case == 23:
    from sys import not_in_it, also_not
else:
    raise ValueError(
        "first",
        "second"
    )
