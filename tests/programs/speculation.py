"""What compiled code assumes about calls, methods, attributes and loops, and what it does when that is wrong."""


# Functions are guessed by name, and may be rebound at any time.
def double(x):
    return x + x


def apply(values):
    return [double(v) for v in values]


print(apply([1, 2.5, "a", [1]]))
original = double


def double(x):
    return ("new", x)


print(apply([1, 2]))
double = lambda x: -x
print(apply([1, 2]))
double = original
print(apply([2**60, -2**61, 2**64]))


def countdown(n):
    global countdown
    if n == 2:
        countdown = len
    if n == 0:
        return "end"
    return countdown(n - 1) if n != 2 else countdown("abc")


print(countdown(4))


# Methods of builtin types, and what only looks like them.
class Log(list):
    def append(self, item):
        super().append(("logged", item))

    def pop(self, *args):
        return ("popped", super().pop(*args))


class Bag:
    def __init__(self):
        self.seen = []

    def add(self, item):
        self.seen.append(item)

    def get(self, key, default="nothing"):
        return (key, default)

    append = add
    discard = remove = add


def fill(target, items):
    for item in items:
        target.append(item)
    return target


def collect(target, items):
    for item in items:
        target.add(item)
    return target


print(fill([], "ab"), fill(Log(), "ab"), fill(Bag(), "ab").seen, sorted(collect(set(), "aab")), collect(Bag(), "aab").seen)
for stack in ([1, 2, 3], Log([1, 2, 3]), bytearray(b"123")):
    print(stack.pop(), stack.pop(0), len(stack))
for table in ({"k": 1}, Bag()):
    print(table.get("k"), table.get("x"), table.get("x", 5))
for call in (lambda: [].pop(), lambda: [1].pop(5), lambda: {1}.remove(2), lambda: {}.get([]), lambda: "-".join([1]), lambda: [].insert("a", 1)):
    try:
        call()
    except Exception as error:
        print(type(error).__name__, error)
row = [1, 2, 3]
row.insert(-100, 0)
row.insert(100, 4)
row.insert(True, "t")
print(row, "-".join(c for c in "abc"), {1, 2}.discard(7))


# Builtin functions, and others with their names.
def shapes(values):
    return [(len(v), ord(v[0]), min(v[0], v[-1]), max(v[0], v[-1])) for v in values]


print(shapes(["ab", "zé"]))
print(abs(-2**60), abs(-0.0), int(-3.7), int("12"), float(3), float("1e3"), str("s"), str(1.0), chr(255), chr(256), min(1, 1.0), max(1, 1.0), min(2.0, float("nan")))
for call in (lambda: ord("ab"), lambda: chr(-1), lambda: int("x"), lambda: min(1, "a"), lambda: int(float("nan")), lambda: len(5)):
    try:
        call()
    except Exception as error:
        print(type(error).__name__, error)
len = lambda v: "my len"
ord = lambda v: "my ord"
print(shapes(["ab"]))
del len, ord
print(shapes(["ab"]))


# Attribute sites with several classes, and classes that change.
class Point:
    def __init__(self, x):
        self.x = x

    def size(self):
        return self.x


class Line(Point):
    def size(self):
        return self.x * 2


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def size(self):
        return self.x * 3


class Computed:
    @property
    def x(self):
        return 7

    def size(self):
        return "computed"


def total(things):
    return [(thing.x, thing.size()) for thing in things]


things = [Point(1), Line(2), Slotted(3), Computed(), Point(5), Line(6)]
print(total(things), total(things))
things[0].size = lambda: "own"
print(total(things))
Line.size = lambda self: "patched"
Point.x = 99
print(total(things))
Point.x = property(lambda self: "property", lambda self, v: None)
print(total(things))
del Line.size
things[0].__class__ = Line
print(total(things))


# Ints that grow in loops, powers, slices with steps.
def grow(n):
    total = 1
    i = 0
    while i < n:
        total = total * 3 + i
        i += 1
    return total


print(grow(10), grow(36), grow(38), grow(45))
print([x ** 2 for x in (3, -3, 0.1, -0.1, 2**40, True)], 2 ** 0.5, 2.0 ** -1.5, 0.0 ** 2, (-8.0) ** 2, [(-8) ** 3])
for call in (lambda: 0.0 ** -1, lambda: 1e200 ** 2, lambda: [][1:2:0]):
    try:
        call()
    except Exception as error:
        print(type(error).__name__, error)
row = list(range(10))
row[:4] = row[3::-1]
row[2:2] = (1, 2)
row[5:7] = []
row[:] = row[::2]
print(row, row[::-1], "abcdef"[4:0:-2], (1, 2, 3)[::-1], row[None:None:None])


# Chains of generators.
def tree(depth):
    if depth:
        left = yield from tree(depth - 1)
        yield depth
        right = yield from tree(depth - 1)
        return (left or 0) + (right or 0) + 1
    yield 0
    return 1


def root():
    result = yield from tree(3)
    yield ("sum", result)


print(list(root()))


def failing(n):
    try:
        if n == 0:
            yield "deep"
            raise KeyError("bottom")
        yield from failing(n - 1)
    except KeyError:
        if n < 2:
            raise
        yield "caught"
    finally:
        print("leaving", n)


print(list(failing(3)))
chain = failing(3)
print(next(chain))
chain.close()


def again():
    yield 1
    try:
        next(me)
    except ValueError as error:
        yield str(error)


def outer():
    yield from again()


me = outer()
print(list(me))


class Character(str):
    def __eq__(self, other):
        return "equal to anything"

    __hash__ = str.__hash__


for c in ("x", "y", "xx", "", Character("q"), 5, None, "\xe9"):
    print("yes" if c == "x" else "no", "yes" if c != "x" else "no", end="; ")
print()
