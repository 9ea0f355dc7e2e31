# Causes, contexts, notes.
import sys


class Loud(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class Quiet(Exception):
    def __str__(self):
        return ""


class Lines(Exception):
    def __str__(self):
        return "first\nsecond\n  third"


class Nested:
    class Inner(ValueError):
        pass


def divide(a, b):
    return a / b


def translate(error):
    raise KeyError("translated") from error


def from_other():
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        raise ValueError("bad input") from error


def in_handler():
    try:
        divide(1, 0)
    except ZeroDivisionError:
        {}["missing"]


def from_none():
    try:
        divide(1, 0)
    except ZeroDivisionError:
        raise ValueError("bad input") from None


def three():
    try:
        try:
            divide(1, 0)
        except ZeroDivisionError as error:
            translate(error)
    except KeyError:
        raise OSError(2, "No such file or directory", "x.txt")


def in_finally():
    try:
        divide(1, 0)
    finally:
        int("z")


def raised_again():
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        raise error


def bare():
    try:
        divide(1, 0)
    except ZeroDivisionError:
        raise


def with_exit():
    class Manager:
        def __enter__(self):
            return self

        def __exit__(self, *exc):
            raise LookupError("from exit")

    with Manager():
        divide(1, 0)


def with_enter():
    class Manager:
        def __enter__(self):
            divide(1, 0)

        def __exit__(self, *exc):
            pass

    with Manager() as m:
        print(m)


def notes():
    error = ValueError("noted")
    error.add_note("first note")
    error.add_note("second\nover lines")
    raise error


def notes_odd():
    error = ValueError()
    error.__notes__ = ["text", 5, None, Nested()]
    error.__notes__[3] = b"bytes"
    raise error


def notes_no_list():
    error = ValueError("x")
    error.__notes__ = "abc"
    raise error


def loud():
    raise Loud


def quiet():
    raise Quiet("unseen")


def lines():
    raise Lines


def inner():
    raise Nested.Inner("qualified")


def no_arguments():
    raise ValueError


def two_arguments():
    raise ValueError("a", 2)


def empty():
    raise ValueError("")


def cause_class():
    raise ValueError("x") from KeyError


def cause_wrong():
    raise ValueError("x") from 5


def raise_wrong():
    raise 5


def raise_class_wrong():
    raise object


def unpicklable():
    try:
        from_other()
    except ValueError as error:
        error.add_note("handled")
        error.__cause__.add_note("cause")
        try:
            in_handler()
        except KeyError as key:
            raise TypeError("last") from key


def cycle():
    a, b = ValueError("a"), KeyError("b")
    a.__context__ = b
    b.__context__ = a
    raise a


def cause_cycle():
    a, b = ValueError("a"), KeyError("b")
    b.__cause__ = a
    raise a from b


def with_traceback():
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        tb = error.__traceback__
    raise TypeError("borrowed").with_traceback(tb)


def suppressed():
    error = ValueError("x")
    error.__context__ = KeyError("hidden")
    error.__suppress_context__ = True
    raise error


def deep_context():
    for n in range(4):
        try:
            raise ValueError(n)
        except ValueError as error:
            try:
                error.args[0].missing
            except AttributeError:
                if n == 3:
                    raise


def generator_context():
    def gen():
        try:
            yield 1
        finally:
            divide(2, 0)

    g = gen()
    next(g)
    g.throw(ValueError("thrown"))


def stop_iteration():
    def gen():
        yield 1
        raise StopIteration("early")

    list(gen())


def thrown():
    def gen():
        x = yield 1
        print(x)

    g = gen()
    next(g)
    g.throw(ValueError("thrown in"))


def delegated():
    def inner():
        yield 1
        divide(3, 0)

    def outer():
        yield from inner()

    for _ in outer():
        pass


def in_init():
    class C:
        def __init__(self, x):
            self.x = divide(x, 0)

    return C(1)


def in_property():
    class C:
        @property
        def p(self):
            return divide(1, 0)

    return C().p + 1


def in_operator():
    class C:
        def __add__(self, other):
            return divide(other, 0)

        def __lt__(self, other):
            raise TypeError("no order")

    return sorted([C(), C()]) or C() + 1


def in_key():
    return sorted([1, 2], key=lambda x: divide(x, 0))


def in_map():
    return list(map(divide, [1, 2], [1, 0]))


def in_str():
    class C:
        def __str__(self):
            return 5

    return str(C())


def in_repr():
    class C:
        def __repr__(self):
            return divide(1, 0)

    return f"{[C()]}"


def in_set_name():
    class D:
        def __set_name__(self, owner, name):
            divide(1, 0)

    class C:
        attribute = D()


def in_subclass():
    class Base:
        def __init_subclass__(cls, **kw):
            raise TypeError("not allowed")

    class Derived(Base, option=1):
        pass


def in_decorator():
    def decorator(f):
        raise ValueError("undecorated")

    @decorator
    @staticmethod
    def f():
        pass


CASES = [from_other, in_handler, from_none, three, in_finally, raised_again, bare, with_exit, with_enter, notes, notes_odd, notes_no_list,
         loud, quiet, lines, inner, no_arguments, two_arguments, empty, cause_class, cause_wrong, raise_wrong, raise_class_wrong, unpicklable,
         cycle, cause_cycle, with_traceback, suppressed, deep_context, generator_context, stop_iteration, thrown, delegated, in_init,
         in_property, in_operator, in_key, in_map, in_str, in_repr, in_set_name, in_subclass, in_decorator]
CASES[int(sys.argv[1])]()
