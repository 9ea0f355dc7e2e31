"""Where the fast paths of the runtime end: keys that are equal across types, tables with deleted places, odd slices."""


class Odd:
    """Equal to the int of the same hash, and looks at the table while it is asked."""

    def __init__(self, number, table=None):
        self.number = number
        self.table = table

    def __hash__(self):
        return hash(self.number)

    def __eq__(self, other):
        if self.table is not None:
            self.table.clear()
            self.table = None
        return isinstance(other, Odd) and self.number == other.number or other == self.number


class Text(str):
    def __eq__(self, other):
        return "x" + str.__str__(self) == other

    __hash__ = str.__hash__


def sets():
    mixed = {1, 2.0, True, False, -1, -2, "a", ("a", 1), None}
    print(1.0 in mixed, 2 in mixed, 0 in mixed, -1 in mixed, -2 in mixed, -3 in mixed, ("a", True) in mixed, ("b", 1) in mixed)
    s = set()
    s.add(Odd(5))
    print(5 in s, 6 in s, len(s | {5}), len(s | {6}))
    s = set(range(5))
    s.discard(3)
    s.add(Odd(3, s))
    print(sorted(map(type, s), key=str) == [int] * 4 + [Odd], 3 in s, len(s))
    for n in (0, 5, 17, 40):
        s = set()
        for i in range(n * 20):
            s.add(i * 7 % (n + 3))
            s.discard(i * 5 % (n + 3))
        print(list(s)[:12], [i in s for i in range(8)])
    print(Text("q") in {"q"}, "q" in {Text("q")}, "xq" in {Text("q")})


def dicts():
    d = {1: "int", "1": "str", (1, "1"): "tuple", None: 0, -1: "minus", -2: "two"}
    d[1.0] = "float"
    d[True] = "bool"
    print(d, d[(True, "1")], d[1.0], d.get((1, "2")), (1, "1", 2) in d, ((1, "1"),) in d)
    d = {Odd(7): "odd"}
    print(d[7], d.get(8), 7 in d)
    d = {i: i for i in range(6)}
    del d[4]
    d[Odd(4, d)] = 1
    try:
        print(d[4])
    except KeyError as error:
        print("KeyError", error, len(d))
    d = {("k", i % 3, i): i for i in range(9)}
    print(d["k", 2, 8], ("k", 2, 7) in d, ("k", 2.0, 8.0) in d, ("k", "2", 8) in d)
    for key in ([], {}, {1: 2}):
        try:
            d[key]
        except TypeError as error:
            print(error)
        try:
            key in d
        except TypeError as error:
            print(error)
        try:
            d[key] = 1
        except TypeError as error:
            print(error)
    try:
        d["absent"]
    except KeyError as error:
        print(repr(error))


class Sub(dict):
    def __missing__(self, key):
        return "missing " + str(key)

    def __contains__(self, key):
        return True


def slices():
    a = list(range(10))
    a[2:5] = [20, 30, 40]
    a[:2] = (0, 10)
    a[8:] = a[:2]
    print(a, a[5::-1], a[::-3], a[7:2:-2], a[100:0:-4])
    a[:] = a
    a[3:3] = []
    a[5:2] = [1, 2]
    a[-3:] = [a, 1]
    a[0:1] = "xyz"
    a[1:2] = (i for i in range(3))
    print(len(a), a[:8])

    class Pair(tuple):
        def __iter__(self):
            return iter("pq")

    a[0:2] = Pair((1, 2))
    print(a[:4])

    class Loud:
        def __init__(self, name):
            self.name = name

        def __del__(self):
            print("del", self.name, len(kept))

    kept = [Loud(i) for i in range(40)]
    kept[1:4] = [1, 2, 3]
    kept[4:] = list(range(36))
    kept[:1] = [0]
    print(kept[:6], len(kept))


def texts():
    for kind in ("ab", "é", "Ω", "😀"):
        print("".join([kind, "-", "x" * 3]), kind.join(["1", "", "22"]), kind + "z", "z" + kind, ascii(kind + kind))
    print(Text("a") + "b", "b" + Text("a"), type(Text("a") + "b"), "" + Text("a"), type("" + Text("a")))


sets()
dicts()
s = Sub(a=1)
print(s["a"], s["b"], "zzz" in s, s.get("b"))
slices()
texts()
