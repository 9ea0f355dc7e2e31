l = [3, 1, 2]
l.sort(); l.append(9); l.insert(1, 7); l.extend((5, 6)); print(l, l.pop(), l.index(7), l.count(1), l[::2], l[-2:])
l[1:3] = [0] * 4; del l[0]; print(l, sorted(l, reverse=True), sorted("bca", key=lambda c: -ord(c)))
l.reverse(); l.remove(0); print(l, l * 2, [1] + [2], [1, 2] < [1, 3], 3 in l); l.clear(); print(l)
a = [1]; a.append(a); print(a)
d = {"b": 1, "a": 2}; d["c"] = 3; d.setdefault("z", []).append(1); d.update(a=5, q=6)
print(d, d.get("x"), d.pop("b"), list(d), list(d.items()), d | {"n": 0}, {**d, "m": 1}, d.keys() & {"a"}, "a" in d)
del d["a"]; print(d, d.popitem(), len(d), dict.fromkeys("ab", 0), {1: 2} == {1.0: 2})
try: d["missing"]
except KeyError as e: print(repr(e))
try:
    for k in d: d[k + "x"] = 1
except RuntimeError as e: print(e)
s = {3, 1, 2, 10, 100, 5}; s.add(7); s.discard(99); print(s, s & {1, 2, 50}, s | {200}, s - {1}, s ^ {1, 300}, {1} <= s, frozenset([1, 2]))
print(set(range(20)), {x * 37 % 101 for x in range(15)}, hash((1, 2, 3)), hash(frozenset([1, 2, 3])), hash(2**61), hash(1.5), hash(-1))
t = (1, 2, 3); x, *y = t; print(t + (4,), t[1:], x, y, t.index(2), t.count(3), (1,), ())
r = range(10, 0, -3); print(r, list(r), len(r), r[1], 7 in r, r == range(10, 1, -3), r[1:], range(5)[::-1])
print(list(enumerate("ab", 1)), list(zip([1, 2], "ab", (3, 4))), list(map(lambda a, b: a + b, [1, 2], [3, 4])), list(filter(None, [0, 1, "", 2])), list(reversed([1, 2])))
print(any([0, 1]), all([]), sum([1, 2], 10), min(3, 1), max([1, 5], key=lambda v: -v), max([], default="d"), divmod(-7, 2), abs(-3), pow(2, 10, 1000), round(3.7))
try: hash([])
except TypeError as e: print(e)
try: [1, 2][5]
except IndexError as e: print(e)
print(slice(1, 2), [1, 2, 3, 4][slice(None, None, 2)], isinstance(1, (str, int)), type(1) is int, bool([]), int("0x1f", 16), float("1e3"), str([1, "a", None, 1.0]))
class K:
    def __eq__(self, o): return True
    def __hash__(self): return 1
print(len({K(), K()}), [K()] == [3])
big = list(range(1000)); del big[::2]; print(len(big), big[:3], sum(big))
m = [[0] * 3 for _ in range(2)]; m[0][1] = 5; print(m, list(map(list, zip(*m))))
