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
    1 in 5

def case_1():
    def inner(x):
        def deeper():
            return ident(1 in 5)
        return deeper()
    return [inner(0)]

def case_2():
    print(text, 'a long line that goes on ' * 0, 1 in 5, 'and on and on and on and on and on and on and on', sep='')

def case_3():
    first = second = ident(0, 1 in 5)

def case_4():
    while ident([x / zero for x in items]):
        break

def case_5():
    def with_default(x=[x / zero for x in items]):
        return x
    return with_default()

def case_6():
    return (yield_from([x / zero for x in items]))

def case_7():
    with odd:
        try:
            ident([x / zero for x in items], 1)
        finally:
            text.upper()

def case_8():
    def gen():
        yield 1
        yield {x: y for x, y in items}
    return list(gen())

def case_9():
    return {'key': {x: y for x, y in items}, **table}

def case_10():
    if {x: y for x, y in items} == 1 and text:
        return 1

def case_11():
    global zero
    zero += {x: y for x, y in items}

def case_12():
    return f'<{sum(x.y for x in items)}>'

def case_13():
    value = sum(x.y for x in items)
    return value

def case_14():
    return (lambda: [sum(x.y for x in items)])()

def case_15():
    async def co():
        async def inner():
            return sum(x.y for x in items)
        return await inner()
    return co().send(None)

def case_16():
    del items[ident(*5)]

def case_17():
    with odd as inner, ident(ident(*5)) as other:
        pass

def case_18():
    match ident(*5):
        case 1:
            pass

def case_19():
    return ident(*5)


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
