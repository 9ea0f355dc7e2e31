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
    return [ident(ident(1)(2)(3)) for _ in items]

def case_1():
    return ident(1, 2, 3)[ident(1)(2)(3)]

def case_2():
    while ident(ident(1)(2)(3)):
        break

def case_3():
    def with_default(x=ident(1)(2)(3)):
        return x
    return with_default()

def case_4():
    print(text, 'a long line that goes on ' * 0, None(), 'and on and on and on and on and on and on and on', sep='')

def case_5():
    first = second = ident(0, None())

def case_6():
    def gen():
        yield 1
        yield None()
    return list(gen())

def case_7():
    return {'key': None(), **table}

def case_8():
    return (yield_from((
        ident(1)
        + ident(boom())
    )))

def case_9():
    with odd:
        try:
            ident((
        ident(1)
        + ident(boom())
    ), 1)
        finally:
            text.upper()

def case_10():
    return [ident((
        ident(1)
        + ident(boom())
    )) for _ in items]

def case_11():
    value = (
        ident(1)
        + ident(boom())
    )
    return value

def case_12():
    if ident(
        1,
        items[
            7
        ],
    ) == 1 and text:
        return 1

def case_13():
    global zero
    zero += ident(
        1,
        items[
            7
        ],
    )

def case_14():
    del items[ident(
        1,
        items[
            7
        ],
    )]

def case_15():
    with odd as inner, ident(ident(
        1,
        items[
            7
        ],
    )) as other:
        pass

def case_16():
    return (lambda: [items.indexx(1)])()

def case_17():
    async def co():
        async def inner():
            return items.indexx(1)
        return await inner()
    return co().send(None)

def case_18():
    for item in items.indexx(1):
        pass

def case_19():
    a, *b = ident(1), items.indexx(1), text


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
