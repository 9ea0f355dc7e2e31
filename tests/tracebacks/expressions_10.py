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
    match text.uper():
        case 1:
            pass

def case_1():
    return text.uper()

def case_2():
    class Body:
        one = 1
        two = text.uper()
    return Body

def case_3():
    raise KeyError(text.uper()) from None

def case_4():
    try:
        zeroo + 1
    except OSError:
        pass
    finally:
        ident(0)

def case_5():
    assert zeroo + 1, text

def case_6():
    @ident(boom and zeroo + 1)
    def decorated():
        pass

def case_7():
    zeroo + 1

def case_8():
    items[sys.exitt()] = 1

def case_9():
    return [ident(sys.exitt()) for _ in items]

def case_10():
    return ident(1, 2, 3)[sys.exitt()]

def case_11():
    while ident(sys.exitt()):
        break

def case_12():
    def inner(x):
        def deeper():
            return ident(items[text])
        return deeper()
    return [inner(0)]

def case_13():
    print(text, 'a long line that goes on ' * 0, items[text], 'and on and on and on and on and on and on and on', sep='')

def case_14():
    first = second = ident(0, items[text])

def case_15():
    def gen():
        yield 1
        yield items[text]
    return list(gen())

def case_16():
    def with_default(x='日本語' + 1 + 'x'):
        return x
    return with_default()

def case_17():
    return (yield_from('日本語' + 1 + 'x'))

def case_18():
    with odd:
        try:
            ident('日本語' + 1 + 'x', 1)
        finally:
            text.upper()

def case_19():
    return [ident('日本語' + 1 + 'x') for _ in items]


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
