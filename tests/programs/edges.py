"""Small things that programs noticed: ends with values, identity of results, sizes that no memory has, what dir() says."""
import string.templatelib


class Ends:
    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration(42)


for make in [lambda: Ends(), lambda: enumerate(Ends()), lambda: map(str, Ends()), lambda: zip(Ends()), lambda: zip([1], Ends()), lambda: filter(None, Ends())]:
    try:
        next(make())
    except StopIteration as e:
        print(e.args)
print(list(Ends()), [*map(str, Ends())], dict(zip(Ends(), [1])))

sep = bytearray(b"45")
parts = b"123456".partition(sep)
print(parts, parts[1] is sep, b"abc".partition(sep), bytearray(b"1456").partition(sep)[1] is sep, b"x45y45z".rpartition(sep))

for value in 0, 1, -1:
    try:
        value.to_bytes(2**60, "big", signed=True)
    except MemoryError as e:
        print("MemoryError", e.args)
try:
    format(1, str(2**42))
except MemoryError:
    print("MemoryError")

print([name for name in ("__bool__",) for kind in (str, bytes, bytearray) if hasattr(kind, name)], bool(""), bool(b"a"))
print(memoryview[int], string.templatelib.Template[str], string.templatelib.Interpolation[int])


def f(x):
    y = x
    return y


lines = list(f.__code__.co_lines())
print(lines[0][0], lines[0][2], lines[-1][1] == len(f.__code__.co_code))
g = f.__code__.replace(co_name="renamed", co_filename="else.py")
print(g.co_name, g.co_filename, g.co_varnames, g.replace(co_name="f").co_name)
try:
    f.__code__.replace(co_nothing=1)
except TypeError as e:
    print(e)


class Thrower:
    def __iter__(self):
        return self

    def __next__(self):
        return 1

    def throw(self, *args):
        print("throw", args)
        if args[0] == 5:
            raise StopIteration("stopped")
        return 2


def delegate():
    got = yield from Thrower()
    print("got", got)
    yield 3


d = delegate()
print(next(d), d.throw(123), d.throw(KeyError), d.throw(5))
import sys


class Dies:
    def __del__(self):
        1 / 0


def hook(args):
    print(type(args).__name__, args.exc_type, args.exc_value, args.exc_traceback is not None, args.err_msg[:50], args.object)


sys.unraisablehook = hook
Dies()


def closes():
    try:
        yield
    finally:
        [][0]


d = closes()
next(d)
del d
sys.unraisablehook = sys.__unraisablehook__
