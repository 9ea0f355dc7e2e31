"""The runtime's short ways and the cases that must not take them: generators, text."""
import sys


def handling():
    def inner():
        try:
            raise KeyError("k")
        except KeyError:
            yield repr(sys.exception())
            yield repr(sys.exception())
        yield repr(sys.exception())

    g = inner()
    print(next(g), sys.exception())
    try:
        raise ValueError("v")
    except ValueError:
        print(next(g), repr(sys.exception()))
        print(next(g), repr(sys.exception()))
        print([repr(sys.exception()) for _ in range(1)], list(repr(sys.exception()) for _ in range(1)))
    print(sys.exception())

    def asks():
        while True:
            yield repr(sys.exception())

    g = asks()
    print(next(g))
    try:
        1 // 0
    except ZeroDivisionError:
        print(next(g))
    print(next(g))


def running():
    def selfish():
        yield 1
        try:
            next(me)
        except ValueError as e:
            yield str(e)
        return 5

    me = selfish()
    print(list(me), list(me))

    def drops():
        global held
        held = None
        yield "still here"
        held = None

    global held
    held = drops()
    print(next(held) if held else None)

    def stops():
        yield 1
        raise StopIteration("inside")

    try:
        list(stops())
    except RuntimeError as e:
        print(e, repr(e.__cause__))

    def tree(n):
        if n:
            yield from tree(n - 1)
            yield n
            yield from tree(n - 1)
        return n

    print(list(tree(4)), sum(tree(6)), max(tree(3)), tuple(tree(2)), any(tree(1)), all(tree(3)))

    def sends():
        got = yield 1
        while got:
            got = yield got * 2
        return "end"

    def outer():
        result = yield from sends()
        yield result

    g = outer()
    print(g.send(None), g.send(4), g.send("a"), g.send(0))
    try:
        outer().send(3)
    except TypeError as e:
        print(e)
    g = outer()
    next(g)
    g.close()
    print(list(g))

    def closing():
        try:
            yield 1
        finally:
            print("closed", end=" ")

    for x in closing():
        break
    g = closing()
    next(g)
    del g
    print()


def text():
    for s in ("", "a", "ab", " ab ", "\x1fa\x85", "é", "éa ", "日本 ", "12", "1²", "Ab1", "\u0660", "a b", "ſ"):
        print(ascii(s), s.isdigit(), s.isalpha(), s.isalnum(), s.isspace(), s.isdecimal(), s.isnumeric(), ascii(s.strip()), ascii(s.lower()), ascii(s.upper()), s.split(), s.split("a"), end="|")
    print()
    print("xxabcxx".strip("x"), "xyabcyx".strip("xy"), "éabcé".strip("é"), "abc".strip("é"), repr("aaa".strip("a")), "abcb".lstrip("ab"), "abcb".rstrip("bc"))
    print("a,b,,c".split(","), ",".split(","), "a,b,c".split(",", 1), "a,b".split(",", 0), ("x" * 100 + "," + "y" * 3).split(","), "a--b".split("--"), "é,é".split(","))
    print(("ab" * 40 + "|").split("|"), "|".join(["é", "b"]), "".join(["日", "b"]), "-".join("abc"))
    for i in (0, 7, 10, 99, 100, 101, 12345, -1, -10, -99, 1 << 59, (1 << 60) - 1, -(1 << 60), 1 << 60, 10**18, -(10**17)):
        print(str(i), repr(i), f"{i}", "%d" % i, end=" ")
    print()
    parts = ["a", "bc", "def", "ghijklm", "nopqrstu", "v" * 16, "w" * 17, "é", "日", ""]
    for x in parts:
        for y in parts:
            assert len(x + y) == len(x) + len(y) and (x + y)[: len(x)] == x and (x + y).endswith(y)
            assert f"{x}{y}{x}" == "".join([x, y, x])
            assert (x == y) == (x is y) and (x + "q" == y + "q") == (x is y)
    print("A".lower(), "AbC".swapcase(), "abc".capitalize(), "a".upper() is "A")


if __name__ == "__main__":
    handling()
    running()
    text()
