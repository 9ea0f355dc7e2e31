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
    return [ident(ident(boom)(1, key=2)) for _ in items]

def case_1():
    return ident(1, 2, 3)[ident(boom)(1, key=2)]

def case_2():
    while ident(ident(boom)(1, key=2)):
        break

def case_3():
    def with_default(x=ident(boom)(1, key=2)):
        return x
    return with_default()

def case_4():
    print(text, 'a long line that goes on ' * 0, odd.fail(1, a=2), 'and on and on and on and on and on and on and on', sep='')

def case_5():
    first = second = ident(0, odd.fail(1, a=2))

def case_6():
    def gen():
        yield 1
        yield odd.fail(1, a=2)
    return list(gen())

def case_7():
    return {'key': odd.fail(1, a=2), **table}

def case_8():
    return (yield_from(odd.method()))

def case_9():
    with odd:
        try:
            ident(odd.method(), 1)
        finally:
            text.upper()

def case_10():
    return f'<{odd.method()}>'

def case_11():
    value = odd.method()
    return value

def case_12():
    if odd.method(1, 2, 3, 4) == 1 and text:
        return 1

def case_13():
    global zero
    zero += odd.method(1, 2, 3, 4)

def case_14():
    del items[odd.method(1, 2, 3, 4)]

def case_15():
    with odd as inner, ident(odd.method(1, 2, 3, 4)) as other:
        pass

def case_16():
    return (lambda: [odd.method(1, kex=2)])()

def case_17():
    async def co():
        async def inner():
            return odd.method(1, kex=2)
        return await inner()
    return co().send(None)

def case_18():
    for item in odd.method(1, kex=2):
        pass

def case_19():
    a, *b = ident(1), odd.method(1, kex=2), text


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
