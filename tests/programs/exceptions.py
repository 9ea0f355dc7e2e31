import sys
def f(n):
    try:
        if n == 0: raise ValueError("zero")
        if n == 1: return "ret"
        if n == 2: {}["k"]
        if n == 3: [][1]
        return "end"
    except ValueError as e:
        return f"VE {e}"
    except (KeyError, IndexError) as e:
        return f"{type(e).__name__} {e} {e.args}"
    else:
        return "never"
    finally:
        print("finally", n)
for i in range(5): print(f(i))
try:
    try:
        raise KeyError("a")
    except KeyError as e:
        raise RuntimeError("b") from e
except RuntimeError as e:
    print(repr(e), repr(e.__cause__), e.__suppress_context__)
try:
    try:
        1 / 0
    except ZeroDivisionError:
        undefined
except NameError as e:
    print(e, repr(e.__context__))
class CM:
    def __init__(self, swallow): self.swallow = swallow
    def __enter__(self): print("enter"); return self
    def __exit__(self, t, v, tb): print("exit", t and t.__name__, v); return self.swallow
with CM(True) as c, CM(False): raise ValueError("in with")
print("next")
try:
    with CM(False): raise ValueError("out")
except ValueError as e: print("seen", e)
def loop():
    for i in range(3):
        try:
            if i == 1: continue
            if i == 2: break
        finally:
            print("f", i)
    return i
print(loop())
class MyError(Exception):
    def __init__(self, a, b): super().__init__(a, b); self.b = b
    def __str__(self): return f"my {self.b}"
try: raise MyError(1, 2)
except Exception as e: print(e, e.args, repr(e))
print(sys.exception())
try:
    raise ExceptionGroup("g", [ValueError(1), TypeError("t"), ExceptionGroup("n", [KeyError("k")])])
except* ValueError as eg: print("VE", eg.exceptions)
except* (TypeError, KeyError) as eg: print("rest", eg)
try: assert 1 == 2, "msg"
except AssertionError as e: print("assert", e)
try: int("x")
except ValueError as e: print(e)
e = ValueError("n"); e.add_note("note"); print(e.__notes__)
def chain():
    try:
        return "try"
    finally:
        print("cleanup")
print(chain())
raise SystemExit(3)
