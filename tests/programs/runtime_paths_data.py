"""The runtime's short ways and the cases that must not take them: numbers, sets, classes."""


def numbers():
    r = range(10, 30, 3)
    print(r[2], r[-1], r[1:4], r[::-1], r[:2], r[5:2], r[-100:100:2], len(r[3:]), range(5)[::-2], range(5)[7:], range(0)[1:2])
    print([type(x)(3) for x in (1, 2.5, "", True)], str(), int(), list(), tuple(), dict(), set(), str(b"x", "ascii"), list("ab"))
    for bad in (lambda: str(1, 2, 3, 4), lambda: tuple(1, 2), lambda: object(1), lambda: range(), lambda: list(1)):
        try:
            bad()
        except TypeError as e:
            print(e)
    print(1 < 1.5, 2**60 < 1e18, 2**53 + 1 == float(2**53), 2**53 + 1 > float(2**53), 3 >= 2.5, 1 == 1.0, float("nan") < 1, 1 < float("inf"), -(2**70) < -1e21, 0.5 != 1)
    x = 3**200
    print(x * 7 % 1000007, (x + 1) // 3 == x // 3, x // (2**64 - 1) % 97, x - x, -x // 5 % 1000, divmod(-x, 10**20)[1], x % -(10**19), x * (2**64) >> 64 == x, (x - 1) - x)
    print(divmod(x, 7), divmod(-x, 7)[1], x // 1, x % 1, x // -1 == -x, 0 * x, x * -1 == -x, (2**127) * (2**127) == 2**254, -(2**127) - 1)


def sets():
    s = {3, 4, -5, 95, 96, -32, -33, 200, -1, -2}
    print(sorted(s), 95 in s, 96 in s, -32 in s, -33 in s, 0 in s, True in s, 3.0 in s, 4.5 in s, "a" in s)
    s.add(1.0)
    print(1 in s, True in s, 2 in s)
    s.discard(1)
    print(1 in s, len(s))
    s.remove(3)
    try:
        s.remove(3)
    except KeyError as e:
        print(repr(e))
    s.clear()
    print(4 in s, s)
    s |= {1, 2, 3}
    t = s.copy()
    t ^= {2, 9}
    print(2 in t, 9 in t, 2 in s, sorted(s & t), sorted(s - t), sorted(t | s), frozenset(s) == {3, 2, 1}, hash(frozenset(t)) == hash(frozenset([9, 3, 1])))
    while s:
        x = s.pop()
        print(x, x in s, end=" ")
    print()

    class Three:
        def __hash__(self):
            return 3

        def __eq__(self, other):
            return other == 3

    u = {1, 2, Three()}
    print(3 in u, 1 in u, len(u | {3}))
    v = {3}
    print(Three() in v, len(v | {Three()}))
    for i in range(1000):
        v.add(i % 50 - 10)
        v.discard(i % 7)
    print(sorted(v))
    w = set(range(-40, 120))
    w.difference_update(range(0, 100, 3))
    print(sum(w), 3 in w, 4 in w, 119 in w, len(w))


def classes():
    class Pair:
        def __init__(self, a, b=2):
            self.a, self.b = a, b

    print(Pair(1).b, Pair(1, 3).b, Pair(b=5, a=4).a)
    for bad in (lambda: Pair(), lambda: Pair(1, 2, 3), lambda: Pair(c=1)):
        try:
            bad()
        except TypeError as e:
            print(e)

    class Odd:
        def __init__(self):
            return 1

    try:
        Odd()
    except TypeError as e:
        print(e)

    class Changing:
        def __init__(self):
            Changing.__init__ = lambda self: print("second", end=" ")

    print(type(Changing()).__name__, type(Changing()).__name__)

    class Refused(Exception):
        def __init__(self, code, *more):
            super().__init__(code, *more)
            self.code = code

    class Plain(ValueError):
        pass

    for make in (lambda: Refused(7, 8), lambda: Plain("x"), lambda: Plain()):
        try:
            raise make()
        except Exception as e:
            print(repr(e), e.args, e.__dict__, end=" ")
    print()

    class Mapping:
        def __getitem__(self, key, extra=3):
            return key, extra

        @staticmethod
        def __len__():
            return 4

        def __contains__(self, *items):
            return items == (1,)

    try:
        len(Mapping())
    except TypeError as e:
        print(e)
    print(Mapping()[2], 1 in Mapping(), 2 in Mapping())


def large():
    x = 2**60
    print(x - 1 + 1, x + x, -x - 1, x * x, (x - 1) * 9, x // 3, x % 1000, -x % 1000, -x // 7, x - x, True + x, x * False, (x + 5) % (x + 1), (x * 4 + 3) // x)
    for a in (10**30, -(10**30), 10**30 + 1):
        for b in (10**29, 3 * 10**29 + 1, -(10**29) - 1, 10**15, 7, 10**31):
            print(a // b, end=" ")
    print()
    a = 3**500
    print((a * 7) // a, (a * 7 - 1) // a, (a * 7 + 1) // a, (-a * 7 + 1) // -a, (a * 7) // -a, a // (a + 1), a // (a * 2), (a << 59) // a == 1 << 59, ((a << 59) - 1) // a == (1 << 59) - 1, (a << 70) // a == 1 << 70)


class Ends:
    """An iterator that stops at the third item, with a value."""

    def __init__(self):
        self.n = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.n += 1
        if self.n == 3:
            raise StopIteration("value")
        return self.n


def consumers():
    print(sum(Ends()), max(Ends()), min(Ends()), any(Ends()), all(Ends()), list(Ends()), tuple(Ends()), sorted(Ends()), set(Ends()))
    print(list(zip(Ends(), "abc")), list(enumerate(Ends())), list(map(str, Ends())), list(filter(None, Ends())), 2 in Ends(), 5 in Ends(), ",".join(map(str, Ends())))
    print(sum(b"abc"), sum(bytearray(b"ab"), 5), sum(b"a", 0.5), sum([1, 2.5, True, 3]), sum((2**60, 2**60, 1)), sum([0.1] * 10), sum(range(5), 2**60), sum([[1], [2]], []))
    for bad in (lambda: sum(["a"], ""), lambda: sum([1, "a"]), lambda: sum(b"a", b""), lambda: sum(5)):
        try:
            bad()
        except TypeError as e:
            print(e)
    row = [1, 2, 3]
    print([row.append(x) or x for x in row if len(row) < 6], [(i, row.pop()) for i, x in enumerate(row)], row)


if __name__ == "__main__":
    numbers()
    sets()
    classes()
    large()
    consumers()
