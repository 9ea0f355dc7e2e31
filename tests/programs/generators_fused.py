"""Generator expressions that are consumed where they are made: results, order of effects, errors, what builtins were replaced by."""
import builtins
import traceback


def frames(error):
    return [(f.name, f.lineno - first) for f in traceback.extract_tb(error.__traceback__)]


first = 0


class Loud:
    def __init__(self, value):
        self.value = value

    def __bool__(self):
        print("bool", self.value, end="; ")
        return self.value > 2

    def __hash__(self):
        print("hash", self.value, end="; ")
        return self.value

    def __eq__(self, other):
        return self.value == other.value

    def __add__(self, other):
        print("add", self.value, end="; ")
        return Loud(self.value + getattr(other, "value", other))

    def __radd__(self, other):
        print("radd", other, self.value, end="; ")
        return Loud(self.value + other)

    def __repr__(self):
        return f"Loud({self.value})"


class Third:
    def __init__(self, n):
        self.n = n

    def __radd__(self, other):
        return Third(self.n + 3 * other)

    __add__ = __radd__

    def __repr__(self):
        return f"{self.n}/3"


def source(n, closing="closed"):
    try:
        for i in range(n):
            yield i
    finally:
        print(closing, end="; ")


def consumers(n):
    print(any(Loud(i) for i in source(n)), all(Loud(3 - i) for i in source(n)))
    print(any(i > 9 for i in source(n)), all(i < 9 for i in source(n)))
    print(sorted(set(i % 3 for i in source(n))), list(i * i for i in source(n) if i % 2))
    print(tuple((i, j) for i in source(n, "outer") for j in source(2, "inner") if i != j))
    print(len(set(Loud(i) for i in range(2))), sorted((-i for i in range(n))))
    print(", ".join(str(i) for i in source(n)), "".join(c for c in "abc" if c != "b"), b"-".join(bytes([i]) for i in (65, 66)))
    print(sum(i for i in source(n)), sum(1 for _ in range(n)), sum(i for i in ()), sum(i / 4 for i in range(n)))


consumers(5)


def sums():
    big = 2 ** 59
    print(sum(big for _ in range(5)), sum(-big for _ in range(40)), sum(2 ** (10 * i) for i in range(8)))
    print(sum(x for x in (1, True, 2.5, 3)), sum(x for x in (0.1,) * 10), sum(x for x in (1, 2, 1j, 3)), sum(x for x in (1, Third(1), 2)))
    print(sum(Loud(x) for x in (1, 2, 3)), sum(x for x in (1, Loud(2), 5)))
    print(sum(x for x in (1e100, 1.0, -1e100)), sum(x for x in (float("inf"), 1)), sum(x for x in (-0.0,)))
    for items in (("a",), (1, "a"), (1, [2]), (1, None)):
        try:
            print(sum(x for x in items))
        except TypeError as error:
            print(error, frames(error)[-1][0])


sums()


def errors():
    def check(make):
        try:
            print(make())
        except Exception as error:
            names = [name for name, _ in frames(error)[1:]]
            print(type(error).__name__, error, names, repr(error.__cause__), repr(error.__context__))

    def stop(x):
        if x == 2:
            raise StopIteration("inside")
        return x

    def broken():
        yield 1
        raise KeyError("source")

    items = [3, 2, 1, 0]
    check(lambda: sum(6 // x for x in items))
    check(lambda: any(6 // x > 9 for x in items))
    check(lambda: list(stop(x) for x in items))
    check(lambda: sum(stop(x) for x in items))
    check(lambda: all(next(iter(())) for x in items))
    check(lambda: set([x] for x in items))
    check(lambda: tuple(x for x in broken()))
    check(lambda: " ".join(x for x in items))
    check(lambda: " ".join(str(6 // x) for x in items))
    check(lambda: any(x for x in 5))
    check(lambda: sorted(x for x in (1, "a")))
    check(lambda: all(undefined for x in items))
    check(lambda: sum(len(x) for x in ("ab", 5)))


errors()


def handled(items):
    try:
        raise ValueError("outer")
    except ValueError:
        try:
            return sum(1 // x for x in items)
        except ZeroDivisionError as error:
            return repr(error.__context__), any(x == 0 for x in items)
    finally:
        print("finally", all(x is not None for x in items))


print(handled([1, 0]))


def captured(n):
    total = 0

    def bump():
        nonlocal total
        total += 1
        return total

    print(sum(bump() + total for _ in range(n)), total)
    found = any((last := x) > 2 for x in range(n))
    print(found, last)
    adders = list((lambda y: x + y) for x in range(3))
    print([add(10) for add in adders])
    x = "mine"
    print(tuple(x for x in range(2)), x)
    print(sum(sum(a * b for b in range(a)) for a in range(n)), any(all(b < a for b in range(a)) for a in range(1, n)))


captured(5)


def generating(n):
    for k in range(n):
        yield sum(i * k for i in range(k)), [set(j for j in range(i)) for i in range(2)]
        if any(i == 2 for i in range(k)):
            return "done"


print(list(generating(6)))
level = 3
print(sum(level + x for x in range(3)), any(x == level for x in range(5)))


class Body:
    size = 4
    total = sum(x for x in range(size))
    names = ", ".join(str(x) for x in range(size))


print(Body.total, Body.names)


class Joiner(str):
    def join(self, items):
        return "mine " + str.join(self, items)


def joined(sep):
    return sep.join(c * 2 for c in "xyz")


print(joined("-"), joined(Joiner("+")))


def replaced(items):
    return any(x > 1 for x in items), sum(x for x in items), tuple(x for x in items), set(x for x in items)


print(replaced([1, 2]))
saved = builtins.any
builtins.any = lambda items: ("builtins.any", type(items).__name__, list(items))
print(replaced([1, 2]))
builtins.any = saved


def tuple(items):
    return "tuple", type(items).__name__, next(items), next(items, "end")


def sum(items, start=0):
    return "sum", list(items)


print(replaced([1, 2]), replaced([5]))
del tuple, sum
print(replaced([1, 2]))


def deep(n):
    return 1 if n == 0 else sum(deep(n - 1) for _ in range(2))


print(deep(6))
