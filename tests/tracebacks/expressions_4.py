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
    match odd()().fail()().fail():
        case 1:
            pass

def case_1():
    return odd()().fail()().fail()

def case_2():
    class Body:
        one = 1
        two = odd()().fail()().fail()
    return Body

def case_3():
    raise KeyError(odd()().fail()().fail()) from None

def case_4():
    try:
        odd[1:2]
    except OSError:
        pass
    finally:
        ident(0)

def case_5():
    assert odd[1:2], text

def case_6():
    @ident(boom and odd[1:2])
    def decorated():
        pass

def case_7():
    odd[1:2]

def case_8():
    items[odd['é'] + 'ü' * 2] = 1

def case_9():
    return [ident(odd['é'] + 'ü' * 2) for _ in items]

def case_10():
    return ident(1, 2, 3)[odd['é'] + 'ü' * 2]

def case_11():
    while ident(odd['é'] + 'ü' * 2):
        break

def case_12():
    def inner(x):
        def deeper():
            return ident(int('x1'))
        return deeper()
    return [inner(0)]

def case_13():
    print(text, 'a long line that goes on ' * 0, int('x1'), 'and on and on and on and on and on and on and on', sep='')

def case_14():
    first = second = ident(0, int('x1'))

def case_15():
    def gen():
        yield 1
        yield int('x1')
    return list(gen())

def case_16():
    def with_default(x=int('12', base=77)):
        return x
    return with_default()

def case_17():
    return (yield_from(int('12', base=77)))

def case_18():
    with odd:
        try:
            ident(int('12', base=77), 1)
        finally:
            text.upper()

def case_19():
    return [ident(int('12', base=77)) for _ in items]


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
