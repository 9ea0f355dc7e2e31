"""Chains of `yield from`: values, results, exceptions and what is being handled pass through every level."""
import sys


def leaf(n):
    got = None
    for i in range(n):
        got = yield (i, got)
        if got == "raise":
            raise KeyError(i)
        if got == "stop":
            return ("stopped", i)
    return "leaf %d" % n


def level(depth, n):
    if depth == 0:
        result = yield from leaf(n)
    else:
        result = yield from level(depth - 1, n)
    return (depth, result)


def catching(depth, n):
    while True:
        try:
            return (yield from level(depth, n))
        except KeyError as error:
            yield ("caught", error.args, repr(sys.exception()))
            result = yield from level(depth, 2)
            yield ("again", result, repr(sys.exception()))


def drive(generator, sends):
    out = []
    try:
        out.append(next(generator))
        for value in sends:
            out.append(generator.send(value))
    except StopIteration as stop:
        out.append(("return", stop.value))
    except BaseException as error:
        out.append(repr(error))
    return out


for depth in (0, 1, 3, 70, 140):
    print(list(level(depth, 3)))
    print(str(drive(level(depth, 3), "abcd"))[:120])
    print(drive(level(depth, 3), ["x", "raise", "y"]))
    print(str(drive(level(depth, 9), ["x", "stop", "y"]))[:120])
    print(drive(catching(depth, 5), ["raise", "p", "q", "r", "s", "t"]))

g = level(5, 3)
next(g)
inner = g
names = []
while inner is not None:
    names.append((inner.gi_running, inner.gi_suspended))
    inner = getattr(inner, "gi_yieldfrom", None)
print(names)
try:
    print(g.throw(ValueError("thrown")))
except ValueError as error:
    print(error, g.gi_frame, error.__context__)
g = level(5, 3)
next(g)
g.close()
print(list(g))


def selfish():
    yield 1
    try:
        next(top)
    except ValueError as error:
        yield str(error)
    yield top.gi_running


def wrap(inner):
    return (yield from inner)


top = wrap(wrap(wrap(selfish())))
print(list(top), top.gi_running)


def cleanup(name, inner):
    try:
        return (yield from inner)
    finally:
        print("finally", name, repr(sys.exception()))


def failing():
    yield 1
    yield 2
    raise StopIteration("no")


chain = cleanup("a", cleanup("b", cleanup("c", failing())))
try:
    for value in chain:
        print(value)
except RuntimeError as error:
    print(error, repr(error.__cause__))

chain = cleanup("a", cleanup("b", cleanup("c", leaf(5))))
print(next(chain), next(chain))
del chain


class Node:
    def __init__(self, left, value, right):
        self.left, self.value, self.right = left, value, right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right


def tree(low, high):
    if low >= high:
        return None
    middle = (low + high) // 2
    return Node(tree(low, middle), middle, tree(middle + 1, high))


print(sum(tree(0, 1000)), list(tree(0, 20)), [a + b for a, b in zip(tree(0, 9), tree(5, 30))])


def recover(depth):
    if depth == 0:
        yield "deep"
        1 / 0
    try:
        yield from recover(depth - 1)
    except ZeroDivisionError:
        yield ("recovered", depth, repr(sys.exception()))
        yield from leaf(2)
        yield repr(sys.exception())
        raise


try:
    for item in recover(3):
        print(item)
except ZeroDivisionError as error:
    print("out", error, repr(sys.exception()))
print(sys.exception())


def mixed():
    yield from [1, 2]
    yield from leaf(2)
    yield from (x * x for x in range(3))
    yield from map(str, leaf(2))
    return "end"


print(drive(wrap(mixed()), [None] * 12))
