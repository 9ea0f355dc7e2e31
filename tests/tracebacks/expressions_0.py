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
    1 / zero

def case_1():
    def inner(x):
        def deeper():
            return ident(1 / zero)
        return deeper()
    return [inner(0)]

def case_2():
    print(text, 'a long line that goes on ' * 0, 1 / zero, 'and on and on and on and on and on and on and on', sep='')

def case_3():
    first = second = ident(0, 1 / zero)

def case_4():
    while ident(1 + 2 * (3 // zero)):
        break

def case_5():
    def with_default(x=1 + 2 * (3 // zero)):
        return x
    return with_default()

def case_6():
    return (yield_from(1 + 2 * (3 // zero)))

def case_7():
    with odd:
        try:
            ident(1 + 2 * (3 // zero), 1)
        finally:
            text.upper()

def case_8():
    def gen():
        yield 1
        yield items[10]
    return list(gen())

def case_9():
    return {'key': items[10], **table}

def case_10():
    if items[10] == 1 and text:
        return 1

def case_11():
    global zero
    zero += items[10]

def case_12():
    return f'<{items[1][2]}>'

def case_13():
    value = items[1][2]
    return value

def case_14():
    return (lambda: [items[1][2]])()

def case_15():
    async def co():
        async def inner():
            return items[1][2]
        return await inner()
    return co().send(None)

def case_16():
    del items[table['b']['c'][5]]

def case_17():
    with odd as inner, ident(table['b']['c'][5]) as other:
        pass

def case_18():
    match table['b']['c'][5]:
        case 1:
            pass

def case_19():
    return table['b']['c'][5]


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
