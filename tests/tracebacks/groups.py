# Exception groups, recursion, suggestions, exits, hooks.
import sys
from collections import deque


def fail(error):
    raise error


def caught(error):
    try:
        raise error
    except BaseException as e:
        return e


def group():
    raise ExceptionGroup("two", [ValueError(1), KeyError("k")])


def group_caught():
    raise ExceptionGroup("two", [caught(ValueError(1)), caught(KeyError("k"))])


def group_nested():
    raise ExceptionGroup("outer", [ExceptionGroup("inner", [caught(ValueError("deep"))]), caught(OSError(13, "Permission denied"))])


def group_base():
    raise BaseExceptionGroup("base", [KeyboardInterrupt(), caught(SystemExit(3))])


def group_many():
    raise ExceptionGroup("many", [ValueError(n) for n in range(20)])


def group_deep():
    error = ValueError("bottom")
    for n in range(13):
        error = ExceptionGroup(f"level {n}", [error])
    raise error


def group_chained():
    try:
        fail(KeyError("first"))
    except KeyError as key:
        raise ExceptionGroup("after", [caught(TypeError("t"))]) from key


def group_inside_chain():
    try:
        raise ExceptionGroup("g", [caught(ValueError("v"))])
    except ExceptionGroup:
        raise RuntimeError("later")


def group_member_chain():
    try:
        try:
            fail(KeyError("a"))
        except KeyError:
            fail(IndexError("b"))
    except IndexError as e:
        error = e
    raise ExceptionGroup("members", [error, ValueError("plain")])


def group_notes():
    error = ExceptionGroup("noted", [ValueError("x")])
    error.add_note("on the group\ntwice")
    error.exceptions[0].add_note("on the member")
    raise error


def group_rest():
    try:
        raise ExceptionGroup("mixed", [ValueError(1), TypeError(2), OSError("o")])
    except* TypeError as e:
        print(e)


def group_new_error():
    try:
        raise ExceptionGroup("mixed", [ValueError(1), TypeError(2)])
    except* TypeError:
        raise KeyError("in handler")


def group_multiline():
    raise ExceptionGroup("multi\nline", [ValueError("a\nb")])


def group_empty():
    raise ExceptionGroup("none", [])


def recursion_bounded():
    def down(n):
        if n == 0:
            raise ValueError("bottom")
        down(n - 1)

    down(20)


def recursion_three():
    def down(n):
        if n == 0:
            raise ValueError("bottom")
        down(n - 1)

    down(2)


def recursion_four():
    def down(n):
        if n == 0:
            raise ValueError("bottom")
        down(n - 1)

    down(4)


def name_builtin():
    return pritn("x")


def name_local():
    counter = 1
    return countr


def name_global():
    return grup()


def name_module():
    return math.pi


def attribute_close():
    return deque().appendleftt(1)


def attribute_own():
    class C:
        def __init__(self):
            self.configuration = 1

    return C().confguration


def attribute_none():
    class C:
        pass

    return C().zzzzz


def attribute_nested():
    class Inner:
        value = 1

    class Outer:
        def __init__(self):
            self.inner = Inner()

    return Outer().value


def attribute_module():
    return sys.version_inf


def attribute_slots():
    class C:
        __slots__ = ("alpha",)

    C().alpha


def attribute_type():
    return int.form_bytes


def attribute_set():
    object().x = 1


def attribute_list():
    return [].add(1)


def keyword_close():
    def f(*, keyword_one=1):
        pass

    f(keyword_on=2)


def keyword_builtin():
    print("x", ned="")


def missing_two():
    def f(a, b, *, c, d):
        pass

    f()


def too_many():
    def f(a, b=1):
        pass

    f(1, 2, 3)


def many_values():
    def f(a):
        pass

    f(1, a=2)


def positional_only():
    def f(a, /, b):
        pass

    f(a=1, b=2)


def import_name():
    from collections import defaultdic


def import_module():
    import collectionz


def import_sub():
    import sys.missing


def unbound():
    if not sys:
        x = 1
    return x


def unbound_free():
    def inner():
        return late

    inner()
    late = 1


def deleted():
    x = 1
    del x
    return x


def unpack_few():
    a, b, c = 1, 2


def unpack_many():
    a, b = 1, 2, 3


def unpack_star():
    a, *b, c = [1]


def unpack_wrong():
    a, b = 5


def exit_text():
    sys.exit("a message")


def exit_number():
    sys.exit(7)


def exit_object():
    sys.exit([1, 2])


def exit_none():
    print("to stderr", file=sys.stderr)
    sys.exit(None)


def hook():
    def mine(kind, value, tb):
        print("hook", kind.__name__, value, tb.tb_lineno, file=sys.stderr)

    sys.excepthook = mine
    fail(ValueError("hooked"))


def hook_broken():
    def mine(kind, value, tb):
        return value.missing

    sys.excepthook = mine
    fail(ValueError("hooked"))


def limit_two():
    sys.tracebacklimit = 1
    fail(ValueError("short"))


def limit_none():
    sys.tracebacklimit = 0
    fail(ValueError("shorter"))


def in_del():
    class C:
        def __del__(self):
            fail(ValueError("in del"))

    c = C()
    del c
    print("still here", file=sys.stderr)
    fail(KeyError("end"))


def interrupt():
    raise KeyboardInterrupt


def interrupt_text():
    raise KeyboardInterrupt("stop")


def syntax_error():
    raise SyntaxError("made up", ("file.py", 3, 5, "x = = 1\n", 3, 6))


def syntax_plain():
    raise SyntaxError("nothing else")


def unicode_encode():
    "äö".encode("ascii")


def unicode_decode():
    b"a\xff\xfe".decode("utf-8")


def unicode_line():
    x = "äöü"; y = "日本"; return x + y + 1


def os_error():
    open("/nonexistent/file", "r")


def os_error_two():
    import os

    os.rename("/nonexistent/a", "/nonexistent/b")


def surrogate():
    raise ValueError("lone \ud800 surrogate")


def system_error_text():
    raise SystemError("x" * 300)


def assertion():
    assert 1 == 2, f"values {1} and {2}"


def assertion_plain():
    assert (
        1 == 2
        and 3
    )


def multi_operator():
    a = {"x": 1}
    return (a["x"] +
            a["x"] *
            a["y"])


def multi_call():
    return fail(
        ValueError(
            "over",
            "lines",
        )
    )


def multi_chain():
    return (
        "abc"
        .upper()
        .split("B")
        .index("x")
    )


def multi_string():
    return fail(ValueError("""three
    lines
    of text"""))


def multi_binary():
    return (
        [1, 2, 3]
        + [
            4,
            5,
        ]
        + None
        + [6]
    )


def multi_condition():
    if (
        len([1]) == 1
        and None.x
        or 5
    ):
        pass


def multi_dict():
    return {
        "a": 1,
        "b": int("x"),
        "c": 3,
    }


def semicolons():
    a = 1; b = 0; c = a / b; d = 2


def tabs():
	x = [1]
	if x:
		return x [ 3 ]


def lambda_lines():
    f = lambda x: (
        x
        / 0
    )
    return f(1)


def comprehension_lines():
    return [
        x
        for x in range(3)
        if 1 / (x - 1)
    ]


def await_wrong():
    async def co():
        await 5

    co().send(None)


def async_for_wrong():
    async def co():
        async for x in [1]:
            pass

    co().send(None)


def async_with_wrong():
    async def co():
        async with 5:
            pass

    co().send(None)


def with_wrong():
    with 5 as x:
        pass


def call_wrong():
    "text"()


CASES = [group, group_caught, group_nested, group_base, group_many, group_deep, group_chained, group_inside_chain, group_member_chain,
         group_notes, group_rest, group_new_error, group_multiline, group_empty, recursion_bounded,
         recursion_three, recursion_four, name_builtin, name_local, name_global, name_module, attribute_close, attribute_own,
         attribute_none, attribute_nested, attribute_module, attribute_slots, attribute_type, attribute_set, attribute_list, keyword_close,
         keyword_builtin, missing_two, too_many, many_values, positional_only, import_name, import_module, import_sub, unbound, unbound_free,
         deleted, unpack_few, unpack_many, unpack_star, unpack_wrong, exit_text, exit_number, exit_object, exit_none, hook, hook_broken,
         limit_two, limit_none, in_del, interrupt, interrupt_text, syntax_error, syntax_plain, unicode_encode, unicode_decode, unicode_line,
         os_error, os_error_two, surrogate, system_error_text, assertion, assertion_plain, multi_operator, multi_call, multi_chain,
         multi_string, multi_binary, multi_condition, multi_dict, semicolons, tabs, lambda_lines, comprehension_lines, await_wrong,
         async_for_wrong, async_with_wrong, with_wrong, call_wrong]
CASES[int(sys.argv[1])]()
