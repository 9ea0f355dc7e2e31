"""The runtime's short ways and the cases that must not take them: destruction, slices, keys, generators, text."""
import gc
import weakref


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name, end="; ")


def destruction():
    # Deep structures of every kind go without deep recursion.
    for build in (lambda x: [x], lambda x: (x,), lambda x: {0: x}, lambda x: [1, x, 2], lambda x: (x, 1)):
        deep = None
        for _ in range(100_000):
            deep = build(deep)
        del deep

    class Link:
        def __init__(self, next):
            self.first = 1
            self.next = next
            self.last = 2

    chain = None
    for _ in range(100_000):
        chain = Link(chain)
    del chain
    # Order: lists and tuples from the last item, attributes in order.
    box = [Noisy(1), Noisy(2), Noisy(3)]
    del box
    box = (Noisy(4), 5, Noisy(6))
    del box
    link = Link(Noisy(7))
    link.more = Noisy(8)
    del link
    print()
    # A shared item dies with its last owner.
    shared = Noisy("shared")
    owners = [[shared, shared], (shared,), Link(shared)]
    del shared
    while owners:
        owners.pop()
        print(len(owners), end=" ")
    print()
    # Weak references and finalizers of plain instances.
    link = Link(None)
    ref = weakref.ref(link, lambda r: print("callback", r() is None))
    del link
    print(ref() is None)

    class Phoenix:
        saved = []

        def __del__(self):
            Phoenix.saved.append(self)

    bird = Phoenix()
    bird.x = [1]
    del bird
    print(len(Phoenix.saved), Phoenix.saved[0].x)
    Phoenix.saved.clear()

    class Late:
        pass

    late = Late()
    late.a = 1
    Late.__del__ = lambda self: print("late", self.a)
    del late
    # An instance whose __dict__ was taken, and one with many attributes.
    late = Link(1)
    d = late.__dict__
    d["own"] = d
    del late, d
    many = Link(1)
    for i in range(40):
        setattr(many, "a%d" % i, [i])
    print(many.a39)
    del many
    gc.collect()


def slices():
    work = [Noisy("a"), 1, Noisy("b"), 2.5, "x"]
    work[0:3] = [0, 0, 0]
    print(work)
    a, b = Noisy("p"), Noisy("q")
    work = [a, b, a]
    del a, b
    work[:] = (1, 2, 3)
    print(work)
    work = list(range(10))
    work[2:5] = work[4::-1][:3]
    print(work, work[3::-1], work[-2::-3], work[::-1], work[8:2:-2], work[2:2], work[5:1])
    work[:4] = work[3::-1]
    print(work)
    work[1:3] = work
    print(work)
    row = list("abcdefghijklmnopqrstuvwxyz")
    row[:20] = [c.upper() for c in row[:20]]
    row[20:] = ("1", "2", "3", "4", "5", "6")
    print("".join(row), len(row))
    names = [Noisy(i) for i in range(20)]
    names[:] = range(20)
    print(names == list(range(20)))
    try:
        row[::2] = [1]
    except ValueError as e:
        print(e)
    for start, stop, step in ((None, None, -1), (100, None, -1), (-100, 100, 1), (None, -100, -1), (3, None, -2)):
        print(work[start:stop:step], end=" ")
    print()


class Text(str):
    def __eq__(self, other):
        print("eq", end=" ")
        return str.__eq__(self, other)

    __hash__ = str.__hash__


class Evil:
    def __init__(self, table, word):
        self.table, self.word = table, word

    def __hash__(self):
        return hash(self.word)

    def __eq__(self, other):
        self.table.clear()
        self.table[self.word] = "new"
        return False


def keys():
    table = {"alpha": 1, "b": 2, "gamma rays are long words": 3, "": 4, "abc": 5, "abcdefgh": 6, "abcdefghijklmnop": 7}
    made = ["".join(["al", "pha"]), "".join(["gamma rays ", "are long words"]), "".join(["a", "bc"]), "abcd" + "".join(["e", "fgh"])]
    print([table[k] for k in made], "abd" in table, "abcdefgi" in table, "bbcdefgh" in table, table[""])
    table[Text("alpha")] = 10
    print(table["alpha"], table[Text("b")], Text("zz") in table, "zz" in table)
    sub = {Text("k"): 1}
    print(sub["k"], "k" in sub, sub.get("j"))
    table = {}
    evil = Evil(table, "key")
    table[evil] = 1
    print(table.get("key"), list(table))
    table = {1: "a", 2.0: "b", True: "c", "1": "d", (1, "x"): "e"}
    print(table, table[1.0], table[2], table.get((1.0, "x")), table.get((True, "y")))
    big = {str(i): i for i in range(70000)}
    print(sum(big[str(i)] for i in range(0, 70000, 7)), "70000" in big, len(big))
    for i in range(0, 70000, 2):
        del big[str(i)]
    print("12" in big, big["13"], len(big))
    numbers = {i * 8: i for i in range(300)}
    print(numbers[8], 9 in numbers, -1 in numbers, numbers.get(-8))
    s = {-1, -2, 0, 1}
    print(sorted(s), -1 in s, -3 in s, True in s, 1.0 in s, 0.0 in s)


if __name__ == "__main__":
    destruction()
    slices()
    keys()
