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
    for item in table['b']['x']['y']:
        pass

def case_1():
    a, *b = ident(1), table['b']['x']['y'], text

def case_2():
    try:
        table['b']['x']['y']
    except OSError:
        pass
    finally:
        ident(0)

def case_3():
    assert table['b']['x']['y'], text

def case_4():
    class Body:
        one = 1
        two = none.attribute
    return Body

def case_5():
    raise KeyError(none.attribute) from None

def case_6():
    items[none.attribute] = 1

def case_7():
    return [ident(none.attribute) for _ in items]

def case_8():
    @ident(boom and odd.value.real.missing)
    def decorated():
        pass

def case_9():
    odd.value.real.missing

def case_10():
    def inner(x):
        def deeper():
            return ident(odd.value.real.missing)
        return deeper()
    return [inner(0)]

def case_11():
    print(text, 'a long line that goes on ' * 0, odd.value.real.missing, 'and on and on and on and on and on and on and on', sep='')

def case_12():
    return ident(1, 2, 3)[odd.none.x.y]

def case_13():
    while ident(odd.none.x.y):
        break

def case_14():
    def with_default(x=odd.none.x.y):
        return x
    return with_default()

def case_15():
    return (yield_from(odd.none.x.y))

def case_16():
    first = second = ident(0, undefined_name)

def case_17():
    def gen():
        yield 1
        yield undefined_name
    return list(gen())

def case_18():
    return {'key': undefined_name, **table}

def case_19():
    if undefined_name == 1 and text:
        return 1


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
