# What the conformance corpora showed to differ, by subject.
import array
import atexit
import collections
import marshal
import re
import resource
import string.templatelib
import sys
import types


def shown(f):
    try:
        return re.sub("0x[0-9a-f]+", "0x", repr(f()))
    except Exception as e:
        return f"{type(e).__name__}: {e}"


# str() of subclasses that have a __repr__ only; bytes have a __str__ of their own
class Int(int):
    def __repr__(self):
        return "Int!"


class Bytes(bytes):
    def __repr__(self):
        return "Bytes!"


print(Int(1), str(Int(2)), f"{Int(3)}", "%s" % Int(4), [Int(5)], int.__str__ is object.__str__, str(Bytes(b"a")), [Bytes(b"a")])
print(b"a" == array.array("b", b"a"), array.array("b", b"a") == b"a", bytearray(b"a") == array.array("b", b"a"), b"a" == memoryview(b"a"))
print(shown(lambda: b"a" < memoryview(b"b")), b"a" < bytearray(b"b"))


class Exporter:
    def __buffer__(self, flags):
        print("buffer", flags, end=" ")
        return memoryview(b"hello")

    def __release_buffer__(self, view):
        print("release", end=" ")


print(bytes(memoryview(Exporter())), b",".join([Exporter(), b"x"]), bytes(b"abc".__buffer__(0)))
for error in (
    OSError(2, "x", "f"), OSError(2, "x", "f", None, "g"), OSError("a"), ImportError("a", name="b", path="c"), AttributeError("a", name="n", obj=3),
    NameError("a", name="q"), UnicodeTranslateError("a", 0, 1, "r"), BlockingIOError(1, "a", 3),
):
    print(shown(error.__reduce__))


def generator():
    yield


print(bytes.maketrans.__qualname__, bytes.maketrans.__self__, str.maketrans.__qualname__, generator().__del__(), types.GeneratorType.__sizeof__)


class Array(bytearray):
    pass


filled = Array(b"abc")
filled.x = 3
print(filled.__reduce_ex__(2), filled.__reduce_ex__(4))


class BadLength:
    def __iter__(self):
        return iter([1, 2, 3])

    def __len__(self):
        raise RuntimeError("length")


for call in (
    lambda: bytes(BadLength()), lambda: int.from_bytes(BadLength(), "big"), lambda: bytearray(BadLength()), lambda: bytearray().extend(BadLength()),
    lambda: bytearray(b"ab").__setitem__(slice(0, 2), object()), lambda: b"a".expandtabs(2**31), lambda: __import__(5, None, None, (), None),
    lambda: __import__("sys", None, None, (), "a"), lambda: types.TracebackType(None, None, 1, 2), lambda: t"a{1}b".__reduce__()[1],
    lambda: list(type(iter(collections.deque()))(collections.deque("abc"), index=1)), lambda: resource.getrlimit(999),
    lambda: resource.setrlimit(7, (5, 1)), lambda: resource.getrusage(0)[3:6], lambda: __cached__,
):
    print(shown(call))


class EnterOnly:
    def __enter__(self):
        pass


class ExitOnly:
    def __exit__(self, *a):
        pass


class Asynchronous:
    async def __aenter__(self):
        pass

    async def __aexit__(self, *a):
        pass


for manager in (EnterOnly(), ExitOnly(), Asynchronous(), 5):
    try:
        with manager:
            pass
    except TypeError as e:
        print(e)

# atexit.unregister compares the oldest first, with the given function on the left
ran = []


class Probe:
    def __eq__(self, other):
        ran.append(other.__name__)
        if len(ran) == 1:
            atexit.register(second)
        return other is first


def first():
    ran.append(1)


def second():
    ran.append(2)


atexit.register(first), atexit.register(second)
atexit.unregister(Probe())
print(ran, atexit._ncallbacks())
atexit._clear()

# marshal
for value in (
    0, -1, 2**31, -(2**100), 1.5, 1j, True, None, ..., StopIteration, "abc", "\u00e9\ud800", "a" * 300, b"\0", (1, 2), [1, [2]], {1: "a"}, {3, 1}, frozenset("a"),
    slice(1, None, 2), bytearray(b"x"), (1,) * 300,
):
    again = marshal.loads(marshal.dumps(value))
    print(type(again).__name__, again == value, marshal.loads(marshal.dumps(value, 2)) == value if not isinstance(value, slice) else None)
print(marshal.dumps(2**40), marshal.dumps(1.5)[1:], marshal.dumps({"b": ()})[:1], marshal.version)
shared = [1]
both = marshal.loads(marshal.dumps([shared, shared]))
print(both, both[0] is both[1])
for data in (b"", b"?", b"i\0", b"r\1\0\0\0", b"l\1\0\0\0\0\0", b"0"):
    print(shown(lambda: marshal.loads(data)))
print(shown(lambda: marshal.dumps(object())), shown(lambda: marshal.dumps(generator.__code__, allow_code=False)))
print(types.FunctionType(marshal.loads(marshal.dumps((lambda: a).__code__)), {"a": 4})())
print(sys.implementation.name, sys.implementation.cache_tag)

# what stands between two comparisons is a list in both
print(3 in [3, 4] in [[3, 4]], 3 in [3, 4] not in [[3, 4]], 1 in {1} == {1}, [i for i in range(3) if i in [0, 2] != []])


def declares():
    z = 1
    exec("z = 2\ndef set_z():\n    global z\n    z = 3 * z\nset_z()")
    return z


z = 10
print(declares(), z)

# a thread that waits in a raw read lets the others run
import os
import threading

read_end, write_end = os.pipe()
raw = open(read_end, "rb", buffering=0)
target = bytearray(4)
reader = threading.Thread(target=raw.readinto, args=(target,))
reader.start()
os.write(write_end, b"ab")
reader.join()
print(target)
raw.close(), os.close(write_end)

# codecs of the library's package `encodings`, and what they need to be named by
print("b\u00fccher.example".encode("idna"), b"xn--bcher-kva.example".decode("idna"), "b\u00fccher".encode("punycode"), "\u00e9".encode("cp037"))
try:
    "a".encode("rot13")
except LookupError as e:
    print(e)
import codecs

print(codecs.encode("abc", "rot13"), codecs.encode(b"abc", "hex"), codecs.decode(b"YWJj\n", "base64"), os)
print(shown(lambda: "a".encode("no such")))


class Broken:
    def __iter__(self):
        return self

    def __next__(self):
        return 1

    def __getattr__(self, name):
        raise ValueError(name)


def delegate():
    yield from Broken()


import sys as system

system.unraisablehook = lambda what: print(what.err_msg[:38], what.exc_value)
paused = delegate()
next(paused)
print(paused.close())

# functions of compiled texts run in their globals
filled = {"a": 5}
types.FunctionType(marshal.loads(marshal.dumps(compile("b = a + 1", "", "exec"))), filled)()
print(filled["b"])
