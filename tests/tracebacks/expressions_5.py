# Written by generate.py.
import sys


class Odd:
    value = 1
    none = None

    def method(self, a, b=2, *, key=3):
        return a

    def __getitem__(self, index):
        raise LookupError(f"no {index!r}")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return False

    def fail(self, *args, **kwargs):
        raise RuntimeError(f"failed with {args} {kwargs}")

    def __call__(self, *args, **kwargs):
        return self


def ident(x, *args, **kwargs):
    return x


def boom(*args, **kwargs):
    raise ValueError("boom")


zero = 0
none = None
text = "text"
items = [1, 2, 3]
table = {"a": 1, "b": {"c": [10, 20]}}
odd = Odd()


def case_0():
    return {'key': [][0] if items else 0, **table}

def case_1():
    if [][0] if items else 0 == 1 and text:
        return 1

def case_2():
    global zero
    zero += [][0] if items else 0

def case_3():
    del items[[][0] if items else 0]

def case_4():
    value = 0 if not items else {}['k']
    return value

def case_5():
    return (lambda: [0 if not items else {}['k']])()

def case_6():
    async def co():
        async def inner():
            return 0 if not items else {}['k']
        return await inner()
    return co().send(None)

def case_7():
    for item in 0 if not items else {}['k']:
        pass

def case_8():
    with odd as inner, ident(items and none.x) as other:
        pass

def case_9():
    match items and none.x:
        case 1:
            pass

def case_10():
    return items and none.x

def case_11():
    class Body:
        one = 1
        two = items and none.x
    return Body

def case_12():
    a, *b = ident(1), (lambda x: x / zero)(3), text

def case_13():
    try:
        (lambda x: x / zero)(3)
    except OSError:
        pass
    finally:
        ident(0)

def case_14():
    assert (lambda x: x / zero)(3), text

def case_15():
    @ident(boom and (lambda x: x / zero)(3))
    def decorated():
        pass

def case_16():
    raise KeyError(1 < 2 < text) from None

def case_17():
    items[1 < 2 < text] = 1

def case_18():
    return [ident(1 < 2 < text) for _ in items]

def case_19():
    return ident(1, 2, 3)[1 < 2 < text]


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
