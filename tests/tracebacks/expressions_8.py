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
    with odd:
        try:
            ident(f'{text:d}', 1)
        finally:
            text.upper()

def case_1():
    return [ident(f'{text:d}') for _ in items]

def case_2():
    value = f'{text:d}'
    return value

def case_3():
    return (lambda: [f'{text:d}'])()

def case_4():
    global zero
    zero += '%d' % text

def case_5():
    del items['%d' % text]

def case_6():
    with odd as inner, ident('%d' % text) as other:
        pass

def case_7():
    match '%d' % text:
        case 1:
            pass

def case_8():
    async def co():
        async def inner():
            return '{} {}'.format(1)
        return await inner()
    return co().send(None)

def case_9():
    for item in '{} {}'.format(1):
        pass

def case_10():
    a, *b = ident(1), '{} {}'.format(1), text

def case_11():
    try:
        '{} {}'.format(1)
    except OSError:
        pass
    finally:
        ident(0)

def case_12():
    return text.encode('ascii') + 'ä'.encode('ascii')

def case_13():
    class Body:
        one = 1
        two = text.encode('ascii') + 'ä'.encode('ascii')
    return Body

def case_14():
    raise KeyError(text.encode('ascii') + 'ä'.encode('ascii')) from None

def case_15():
    items[text.encode('ascii') + 'ä'.encode('ascii')] = 1

def case_16():
    assert b'\xff'.decode(), text

def case_17():
    @ident(boom and b'\xff'.decode())
    def decorated():
        pass

def case_18():
    b'\xff'.decode()

def case_19():
    def inner(x):
        def deeper():
            return ident(b'\xff'.decode())
        return deeper()
    return [inner(0)]


CASES = [case_0, case_1, case_2, case_3, case_4, case_5, case_6, case_7, case_8, case_9, case_10, case_11, case_12, case_13, case_14, case_15, case_16, case_17, case_18, case_19]
CASES[int(sys.argv[1])]()
