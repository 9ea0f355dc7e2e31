import array
import bisect
import heapq
from array import array as A


def attempt(f, *args, **kwargs):
    try:
        print(f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__, e)


# heapq
h = [5, 3, 8, 1, 9, 2]
heapq.heapify(h)
print(h)
heapq.heappush(h, 0)
print(heapq.heappop(h), heapq.heappop(h), h)
print(heapq.heapreplace(h, 7), heapq.heappushpop(h, 1), h)
print(heapq.nsmallest(3, [5, 1, 4, 2]), heapq.nlargest(2, "hello"), heapq.nsmallest(2, ["bb", "a", "ccc"], key=len))
print(list(heapq.merge([1, 4, 7], [2, 5], [0, 9])), list(heapq.merge([3, 1], [2], reverse=True)))
m = [1, 5, 2, 8]
heapq.heapify_max(m)
print(m, heapq.heappop_max(m), m)
heapq.heappush_max(m, 10)
print(m, heapq.heapreplace_max(m, 3), heapq.heappushpop_max(m, 99), m)
attempt(heapq.heappop, [])
attempt(heapq.heapreplace, [], 1)
attempt(heapq.heappush, (), 1)
attempt(heapq.heapify, 5)
attempt(heapq.heappush, [1, 2], "a")
attempt(heapq.heappush, [])
attempt(heapq.heappop_max, [])


class Odd:
    def __init__(self, x):
        self.x = x

    def __lt__(self, other):
        return self.x < other.x


odd = [Odd(i * 7 % 5) for i in range(8)]
heapq.heapify(odd)
print([heapq.heappop(odd).x for _ in range(8)])

# bisect
xs = [1, 3, 3, 5, 8]
print(bisect.bisect(xs, 3), bisect.bisect_left(xs, 3), bisect.bisect_right(xs, 9), bisect.bisect_left(xs, 0))
print(bisect.bisect_left(xs, 3, 2), bisect.bisect_right(xs, 3, 0, 2), bisect.bisect(xs, 4, lo=1, hi=3))
bisect.insort(xs, 4)
bisect.insort_left(xs, 3)
print(xs)
ys = ["a", "ccc", "bbbbb"]
bisect.insort(ys, "dd", key=len)
print(ys, bisect.bisect_left(ys, 3, key=len))
attempt(bisect.bisect, [1], 2, -1)
attempt(bisect.bisect, [1, 2], "a")
attempt(bisect.bisect, 5, 1)
attempt(bisect.bisect)
attempt(bisect.insort, (1, 2), 1)

# array
a = A("i", [1, 2, 3])
print(a, len(a), a[0], a[-1], a[1:], a[::-1], a.typecode, a.itemsize)
a.append(4)
a.extend([5, 6])
a.insert(0, -1)
print(a, a.pop(), a.pop(0), a.index(3), a.count(2), 3 in a, 9 in a)
a.remove(2)
a.reverse()
print(a, a.tolist(), a.tobytes(), a == A("i", [5, 4, 3, 1]), a < A("l", [9]))
print(a + A("i", [7]), a * 2, A("d", [1.5, 2]), A("f", [0.1]), A("w", "héllo"), A("b", b"\x01\xff"))
a[1:3] = A("i", [10, 11, 12])
del a[0]
print(a, A("i"), A("w"), repr(A("w", "a'b")))
a += A("i", [1])
a *= 2
print(a, list(a), sum(a), max(a))
a.byteswap()
print(a)
b = A("H")
b.frombytes(b"\x01\x02\x03\x04")
print(b, b.buffer_info()[1], array.typecodes)
attempt(A, "x")
attempt(A, "i", "abc")
attempt(A, "i", [1.5])
attempt(A, "B", [256])
attempt(A, "b", [-129])
attempt(A, "i", [2**40])
attempt(A, "Q", [-1])
attempt(A, "i", [1, 2]).__class__
attempt(a.__getitem__, 99)
attempt(a.__setitem__, 0, "x")
attempt(a.index, 12345)
attempt(a.remove, 12345)
attempt(a.extend, A("d", [1.0]))
attempt(A("i").pop)
attempt(b.frombytes, b"\x01")
m = memoryview(A("d", [1.0, 2.5]))
print(m.format, m.itemsize, m.nbytes, m[1], m.tolist(), bytes(memoryview(A("h", [1]))))
print(A("B", bytearray(b"ab")), A("w", "ab").tounicode(), A("L", [1]).__class__)
