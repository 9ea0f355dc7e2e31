"""Writes the programs of this folder, which end in an exception, one for each number that they are given.

    python3.14 generate.py

`expressions_N.py`: each of `EXPRESSIONS` in several of `FORMS`. The others (`chains.py` …) are written by hand. `record.py` records
what CPython prints for each case.
"""

import os

SETUP = '''\
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

'''

# Expressions that raise; parts may stand on lines of their own.
EXPRESSIONS = [
    "1 / zero",
    "1 + 2 * (3 // zero)",
    "items[10]",
    "items[1][2]",
    "table['b']['c'][5]",
    "table['b']['x']['y']",
    "none.attribute",
    "odd.value.real.missing",
    "odd.none.x.y",
    "undefined_name",
    "text + 1",
    "text - text",
    "-text",
    "not_there(1, 2)",
    "boom()",
    "ident(boom)(1, key=2)",
    "odd.fail(1, a=2)",
    "odd.method()",
    "odd.method(1, 2, 3, 4)",
    "odd.method(1, kex=2)",
    "odd()().fail()().fail()",
    "odd[1:2]",
    "odd['é'] + 'ü' * 2",
    "int('x1')",
    "int('12', base=77)",
    "[][0] if items else 0",
    "0 if not items else {}['k']",
    "items and none.x",
    "(lambda x: x / zero)(3)",
    "1 < 2 < text",
    "1 in 5",
    "[x / zero for x in items]",
    "{x: y for x, y in items}",
    "sum(x.y for x in items)",
    "ident(*5)",
    "ident(**5)",
    "ident(**{'x': 1})",
    "[*items, *7]",
    "{**7}",
    "f'{none.x!r:>10} and {text}'",
    "f'{text:d}'",
    "'%d' % text",
    "'{} {}'.format(1)",
    "text.encode('ascii') + 'ä'.encode('ascii')",
    "b'\\xff'.decode()",
    "ident(1)(2)(3)",
    "None()",
    "(\n        ident(1)\n        + ident(boom())\n    )",
    "ident(\n        1,\n        items[\n            7\n        ],\n    )",
    "items.indexx(1)",
    "text.uper()",
    "zeroo + 1",
    "sys.exitt()",
    "items[text]",
    "'日本語' + 1 + 'x'",
    "items.index(99)",
    "~1.5",
    "2 ** text",
    "max()",
    "next(iter(()))",
]

# Where an expression stands: `@` is the place; a form is the body of a function `case`.
FORMS = [
    "    @",
    "    return @",
    "    value = @\n    return value",
    "    first = second = ident(0, @)",
    "    items[@] = 1",
    "    for item in @:\n        pass",
    "    if @ == 1 and text:\n        return 1",
    "    while ident(@):\n        break",
    "    assert @, text",
    "    with odd as inner, ident(@) as other:\n        pass",
    "    with odd:\n        try:\n            ident(@, 1)\n        finally:\n            text.upper()",
    "    def inner(x):\n        def deeper():\n            return ident(@)\n        return deeper()\n    return [inner(0)]",
    "    class Body:\n        one = 1\n        two = @\n    return Body",
    "    return (lambda: [@])()",
    "    def gen():\n        yield 1\n        yield @\n    return list(gen())",
    "    return [ident(@) for _ in items]",
    "    a, *b = ident(1), @, text",
    "    global zero\n    zero += @",
    "    def with_default(x=@):\n        return x\n    return with_default()",
    "    @ident(boom and @)\n    def decorated():\n        pass",
    "    match @:\n        case 1:\n            pass",
    "    return f'<{@}>'",
    "    print(text, 'a long line that goes on ' * 0, @, 'and on and on and on and on and on and on and on', sep='')",
    "    raise KeyError(@) from None",
    "    async def co():\n        async def inner():\n            return @\n        return await inner()\n    return co().send(None)",
    "    return {'key': @, **table}",
    "    return ident(1, 2, 3)[@]",
    "    try:\n        @\n    except OSError:\n        pass\n    finally:\n        ident(0)",
    "    del items[@]",
    "    return (yield_from(@))",
]
PER_EXPRESSION = 4
PER_FILE = 20


def decorate(form, expression):
    """The form whose own text has an `@`."""
    return form.replace("boom and @", f"boom and {expression}")


def main():
    cases = []
    for number, expression in enumerate(EXPRESSIONS):
        for turn in range(PER_EXPRESSION):
            form = FORMS[(number * 7 + turn * 11) % len(FORMS)]
            if "f'<" in form and ("\n" in expression or "'" in expression):
                form = FORMS[15]
            body = decorate(form, expression) if "@ident" in form else form.replace("@", expression)
            cases.append(body)
    folder = os.path.dirname(os.path.abspath(__file__))
    for number, start in enumerate(range(0, len(cases), PER_FILE)):
        parts = [SETUP]
        part = cases[start : start + PER_FILE]
        for at, body in enumerate(part):
            parts.append(f"\ndef case_{at}():\n{body}\n")
        names = ", ".join(f"case_{at}" for at in range(len(part)))
        parts.append(f"\n\nCASES = [{names}]\nCASES[int(sys.argv[1])]()\n")
        with open(os.path.join(folder, f"expressions_{number}.py"), "w") as file:
            file.write("# Written by generate.py.\n" + "".join(parts))


main()
