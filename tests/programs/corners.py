"""Resizing with exported buffers, what is handled inside and outside of generators, weak references among garbage,
methods of exceptions on other objects."""
b = bytearray(b"ab")
try:
    b += b
    print(b)
except BufferError as e:
    print("BufferError", e)
b.extend(b); print(b)
try:
    b *= 2; print(b)
except BufferError as e: print(e)
e = bytearray()
try:
    e += e; print(e)
except BufferError as x: print("empty", x)
m = memoryview(b)
for f in (
    lambda: b.__iadd__(b), lambda: b.__iadd__(b""), lambda: b.__iadd__(b"x"), lambda: b.__iadd__(e),
    lambda: b.extend(b""), lambda: b.extend(b"x"), lambda: b.extend(b), lambda: b.__imul__(1),
    lambda: b.__imul__(3), lambda: b.append(1), lambda: b.pop(), lambda: b.clear(),
    lambda: b.__setitem__(slice(0,1), b"xy"), lambda: b.__setitem__(slice(0,1), b"z"), lambda: b.insert(0, 1),
    lambda: b.remove(98), lambda: b.__delitem__(0), lambda: b.__delitem__(slice(0,0)), lambda: b.reverse(),
    lambda: b.__init__(b"zz"), lambda: b.__iadd__(m), lambda: b.__iadd__(m[:0]),
):
    try:
        f(); print("ok", b)
    except (BufferError, TypeError) as x:
        print(type(x).__name__, x)
m.release()
b += memoryview(b"12"); print(b)
try:
    b += memoryview(b)
    print(b)
except BufferError as x:
    print("view", x)
import sys
print(sys.exception())
def g():
    try:
        raise ValueError(1)
    except ValueError:
        yield sys.exception()
    yield sys.exception()
    try:
        yield 1
    except KeyError as e:
        yield (e, e.__context__, sys.exception())
    yield sys.exception()
def use():
    it = g()
    try:
        raise TypeError(2)
    except TypeError:
        print(repr(next(it)), repr(sys.exception()))
    print(repr(sys.exception()))
    print(repr(next(it)), repr(sys.exception()))
    try:
        raise OSError(5)
    except OSError:
        print(repr(next(it)))
        print(it.throw(KeyError("k")))
        print(repr(sys.exception()))
    print(repr(next(it)), repr(sys.exception()))
use()
def bare():
    try:
        raise
    except RuntimeError as e:
        yield str(e)
    yield 1
def rr():
    yield 0
    try:
        raise
    except Exception as e:
        yield repr(e)
try:
    1/0
except ZeroDivisionError:
    x = rr(); next(x); print(next(x), repr(sys.exception()))
    print(list(sys.exception() for _ in range(2)))
print(list(bare()))
import weakref, gc
class N: pass
log = []
def mk(keep):
    a = N(); b = N(); a.b = b; b.a = a
    r = weakref.ref(a, lambda r: log.append("called"))
    if keep: return r
    b.r = r
r = mk(False); gc.collect(); print(log)
r = mk(True); gc.collect(); print(log, r())
for f in (
    lambda: BaseException.__init__(5), lambda: BaseException.__repr__(1), lambda: KeyError.__str__(1),
    lambda: BaseException.with_traceback(1, None), lambda: BaseException.args.__get__(1),
    lambda: BaseException.__setstate__(1, {}), lambda: BaseException.__reduce__(1),
    lambda: BaseException.add_note(1, "x"), lambda: OSError.__init__(1),
    lambda: StopIteration.__init__(object(), 1), lambda: BaseException.__cause__.__set__(1, None),
    lambda: BaseException.__traceback__.__get__(ValueError), lambda: ExceptionGroup.split(1, 2),
    lambda: ExceptionGroup.derive(1, []), lambda: UnicodeDecodeError.__init__(1),
    lambda: setattr(ValueError(), "__cause__", 5), lambda: setattr(ValueError(), "__context__", 5),
    lambda: setattr(ValueError(), "__traceback__", 5), lambda: ValueError().with_traceback(5),
    lambda: SystemExit.__init__(3), lambda: AttributeError.__init__(4),
):
    try:
        print(f())
    except (TypeError, AttributeError) as e:
        print(type(e).__name__, e)
class EG(ExceptionGroup):
    def derive(self, excs):
        return 5
try:
    EG("m", [ValueError(1), TypeError(2)]).split(ValueError)
except TypeError as e:
    print(e)
try:
    try:
        raise EG("m", [ValueError(1), TypeError(2)])
    except* ValueError as e:
        print("got", e)
except TypeError as e:
    print("T", e)
class C(Exception):
    def __new__(cls, *a):
        return 7
try:
    raise C
except TypeError as e:
    print(e)
try:
    raise ValueError from C
except TypeError as e:
    print(e)
def gg():
    yield 1
try:
    i = gg(); next(i); i.throw(C)
except TypeError as e:
    print(e)
class CM:
    def __enter__(self): return self
    def __exit__(self, *a): print(a[0], a[1]); return True
with CM(): raise KeyError("z")
class M(type):
    def __instancecheck__(cls, x): return True
class X(Exception, metaclass=M): pass
try:
    raise ValueError(3)
except X: print("X")
except ValueError: print("V")
