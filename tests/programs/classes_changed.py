"""Classes and instances that change under compiled accesses: attributes, methods, constructors, chains of looks."""
import weakref


class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right

    def count(self):
        if self.left is None:
            return 1
        return 1 + self.left.count() + self.right.count()


def build(depth):
    if depth == 0:
        return Node(None, None)
    return Node(build(depth - 1), build(depth - 1))


print(build(4).count())

# A method is replaced while calls of it run.
class Walker:
    def __init__(self, steps):
        self.steps = steps
        self.log = []

    def step(self):
        self.log.append("old")
        if len(self.log) == 3:
            del Walker.step
            Walker.step = lambda self: self.log.append("new")
        return self.steps

    def walk(self):
        for _ in range(6):
            self.step()
        return self.log


print(Walker(6).walk())


# The instance shadows the method, the class gets a property, the attribute goes.
class Holder:
    def __init__(self, value):
        self.value = value
        self.inner = None

    def get(self):
        return self.value

    def is_empty(self):
        return self.inner is None

    def deep(self):
        return self.inner.inner.value

    def item(self, index):
        return self.items[index]

    def test(self):
        return self.inner is not None and self.inner.inner is self


a, b = Holder(1), Holder(2)
print(a.get(), a.is_empty(), a.test())
a.inner, b.inner = b, a
print(a.deep(), b.deep(), a.is_empty(), a.test())
a.get = lambda: "shadow"
print(a.get(), b.get())
del a.get
print(a.get())
del b.inner
for what in (b.is_empty, a.deep, b.test):
    try:
        print(what())
    except AttributeError as error:
        print("AttributeError", error, error.name)
Holder.inner = property(lambda self: "data descriptor")
print(a.is_empty(), a.inner)
del Holder.inner
print(a.inner is b, a.is_empty())
Holder.inner = "from class"
print(b.inner, b.is_empty(), a.inner is b)
for items in ([10, 20], (30, 40), "xy", b"zz", {1: "dict"}):
    a.items = items
    for index in (1, -1, True, 7):
        try:
            print(a.item(index), end=" ")
        except (IndexError, KeyError) as error:
            print(type(error).__name__, error, end=" ")
print()


# __getattr__, __getattribute__, __slots__, another class.
class Lazy:
    def __init__(self):
        self.known = None

    def __getattr__(self, name):
        if name == "never":
            raise AttributeError(name)
        return [name]

    def look(self):
        return (self.known is None, self.unknown[0], self.other is None)


print(Lazy().look())


class Watched:
    seen = []

    def __init__(self):
        self.x = None

    def __getattribute__(self, name):
        if name != "seen":
            Watched.seen.append(name)
        return object.__getattribute__(self, name)

    def look(self):
        return self.x is None


print(Watched().look(), Watched.seen)


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self, left):
        self.left = left

    def look(self):
        return self.left is None, self.right is None


try:
    print(Slotted(None).look())
except AttributeError as error:
    print(error)


class Other:
    left = None
    right = None

    def count(self):
        return "other"


node = build(1)
node.left.__class__ = Other
try:
    print(node.count())
except TypeError as error:
    print(error)
node.left.__class__ = Node
print(node.count())
node.__dict__["left"] = None
print(node.count(), sorted(node.__dict__))


# Constructors: replaced, raising, returning something, with __new__, of a metaclass, abstract by a subclass.
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def make(x, y):
    return Point(x, y)


print(vars(make(1, 2)))
Point.__init__ = lambda self, x, y: setattr(self, "sum", x + y)
print(vars(make(1, 2)))


def odd(self, x, y):
    return x


Point.__init__ = odd
for args in ((None, 1), (1, 1)):
    try:
        print(vars(make(*args)))
    except TypeError as error:
        print(error)
Point.__new__ = lambda cls, x, y: "not a point"
print(make(3, 4))


class Fails:
    def __init__(self, value):
        self.value = value
        if value < 0:
            raise ValueError("negative")
        self.later = value


class Dies:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)


def fails():
    good = []
    for value in (1, -1, 2):
        try:
            good.append(Fails(value))
        except ValueError as error:
            print(error)
    return [vars(each) for each in good]


print(fails())


class Chain:
    def __init__(self, next):
        self.next = next

    def cut(self):
        return self.next.next is None

    def second(self):
        found = self.next.next
        self.next = None
        return found.name


chain = Chain(Chain(Dies("end")))
print(chain.cut(), chain.second())
del chain


class Meta(type):
    def __call__(cls, *args):
        print("meta", args)
        return super().__call__(*args)


class Made(metaclass=Meta):
    def __init__(self, x):
        self.x = x


print(Made(5).x)


class Base:
    def __init__(self, name):
        self.name = name

    def hello(self):
        return "base " + self.name

    def both(self):
        return self.hello() + "!"


class Derived(Base):
    def __init__(self, name, more):
        super().__init__(name)
        self.more = more

    def hello(self):
        return "derived " + self.name + self.more


for each in (Base("a"), Derived("b", "c"), Base("d")):
    print(each.both())
Derived.hello = Base.hello
print(Derived("e", "f").both())
Base = Derived
try:
    Base("one")
except TypeError as error:
    print(error)
ref = weakref.ref(build(0))
print(ref())


class Taken:
    """The object itself dies while its attribute is looked at."""

    def __init__(self, inner):
        self.inner = inner
        self.name = "taken"


def taken():
    thing = Taken(Taken(None))
    thing = thing.inner
    print(thing.inner is None, thing.name)
    thing = thing.inner
    try:
        print(thing.inner.name)
    except AttributeError as error:
        print(error)


taken()
