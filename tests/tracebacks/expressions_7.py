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
    for item in ident(**5):
        pass

def case_1():
    a, *b = ident(1), ident(**5), text

def case_2():
    try:
        ident(**5)
    except OSError:
        pass
    finally:
        ident(0)

def case_3():
    assert ident(**5), text

def case_4():
    class Body:
        one = 1
        two = ident(**{'x': 1})
    return Body

def case_5():
    raise KeyError(ident(**{'x': 1})) from None

def case_6():
    items[ident(**{'x': 1})] = 1

def case_7():
    return [ident(ident(**{'x': 1})) for _ in items]

def case_8():
    @ident(boom and [*items, *7])
    def decorated():
        pass

def case_9():
    [*items, *7]

def case_10():
    def inner(x):
        def deeper():
            return ident([*items, *7])
        return deeper()
    return [inner(0)]

def case_11():
    print(text, 'a long line that goes on ' * 0, [*items, *7], 'and on and on and on and on and on and on and on', sep='')

def case_12():
    return ident(1, 2, 3)[{**7}]

def case_13():
    while ident({**7}):
        break

def case_14():
    def with_default(x={**7}):
        return x
    return with_default()

def case_15():
    return (yield_from({**7}))

def case_16():
    first = second = ident(0, f'{none.x!r:>10} and {text}')

def case_17():
    def gen():
        yield 1
        yield f'{none.x!r:>10} and {text}'
    return list(gen())

def case_18():
    return {'key': f'{none.x!r:>10} and {text}', **table}

def case_19():
    if f'{none.x!r:>10} and {text}' == 1 and text:
        return 1


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
