# Guards for small ints and lists: everything that makes the fast version leave, and that both versions agree.


def grow(start, factor, steps):
    value = start
    for _ in range(steps):
        value = value * factor + 1
    return value


def count_up(value, step, n):
    seen = []
    while n:
        value += step
        n -= 1
        if n < 4:
            seen.append(value)
    return seen


print(grow(3, 7, 10), grow(3, 7, 30), grow(-3, 7, 30))
print(count_up(2**60 - 5, 1, 10), count_up(-(2**60) + 5, -1, 10))
print(count_up(2**62, 2**61, 10), count_up(0, 1, 1000))


def halves(a, b):
    out = []
    for x in a:
        for y in b:
            try:
                out.append((x // y, x % y))
            except ZeroDivisionError as error:
                out.append(str(error))
    return out


print(halves([7, -7, 0, 2**60 - 1, -(2**60)], [2, -2, 3, -3, 0, -1, 2**59]))
print(halves([7, -7], [2, True, 2.5, 0.0]))


def shifts(values, by):
    out = []
    for value in values:
        for n in by:
            try:
                out.append((value << n, value >> n))
            except ValueError as error:
                out.append(str(error))
    return out


print(shifts([1, -1, 5, -5, 2**59, -(2**60)], [0, 1, 3, 60, 63, 64, 100, -1]))


def bits(values):
    mask = 0
    for value in values:
        mask = (mask | value) ^ (value & 255)
        mask &= ~1
    return mask, -mask


print(bits([1, 2, 3, 2**59 + 7, -9]), bits([True, 8]), bits([2**64 + 5, 12]))


def items(values, indices):
    total = 0
    for index in indices:
        try:
            total += values[index]
            values[index] = total
        except (IndexError, TypeError) as error:
            print(type(error).__name__, error)
    return total, values


print(items([1, 2, 3], [0, 1, 2, -1, -3, 3, -4]))
print(items([1, 2, 3], [0, True, False, 2**70, "x"]))
print(items([1.5, 2, 2**60 - 1], [0, 1, 2, 2]))
print(items((1, 2, 3), [0, 1]))


class Loud(list):
    def __getitem__(self, index):
        print("get", index)
        return super().__getitem__(index)

    def __setitem__(self, index, value):
        print("set", index, value)
        super().__setitem__(index, value)


print(items(Loud([5, 6]), [0, 1, -1]))


class Dies:
    def __init__(self, name, where):
        self.name, self.where = name, where

    def __del__(self):
        print("dies", self.name, len(self.where))
        self.where.clear()


def replace(values, n):
    for index in range(n):
        values[index] = index
    return values


room = []
room.extend([Dies("a", room), 1, 2])
try:
    replace(room, 3)
except IndexError as error:
    print(error, room)


def compare(values, limit):
    return [v for v in values if v < limit or v == 2 * limit or v != v]


print(compare([1, 2, 3, 4, 2.5, 2**61], 2), compare([1.0, 2], 2.5), compare(["a", "b"], "b"))


def swap(values):
    i = 0
    j = len(values) - 1
    while i < j:
        values[i], values[j] = values[j], values[i]
        i += 1
        j -= 1
    return values


print(swap([1, 2, 3, 4, 5]), swap(["a", "b"]), swap([]), swap([None, 1.5, "x"]))


def sieve(limit):
    flags = [True] * (limit + 1)
    found = []
    i = 2
    while i <= limit:
        if flags[i]:
            found.append(i)
            for multiple in range(i * i, limit + 1, i):
                flags[multiple] = False
        i += 1
    return found


print(sieve(60))


def matrix(n):
    rows = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            rows[i][j] = i * n + j
    total = 0
    for i in range(n):
        for j in range(n):
            total += rows[i][j] * rows[j][i]
    rows[0][0] = 0.5
    rows[1][1] = 2**60
    return total, sum(rows[i][i] for i in range(n)), rows[0][0] + rows[1][1]


print(matrix(5))


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


print(fib(18), fib(10.0), fib(True))


def changes(n):
    value = 0
    for i in range(n):
        if i == 5:
            value = value + 0.5
        elif i == 8:
            value = str(value)
        elif i > 8:
            value = value + "!"
        else:
            value = value + i
    return value


print(changes(4), changes(7), changes(12))


def nested_try(values):
    out = []
    i = 0
    while i < len(values):
        try:
            out.append(100 // values[i])
        except ZeroDivisionError:
            out.append("zero")
        except TypeError:
            out.append("type")
        finally:
            i += 1
    return out, i


print(nested_try([1, 7, 0, None, -3, 2.5]))


class Counter:
    total = 0

    def __init__(self, start):
        self.value = start

    def add(self, n):
        self.value += n
        Counter.total = Counter.total + 1
        return self.value


c = Counter(2**60 - 3)
print([c.add(1) for _ in range(5)], Counter.total, Counter(0.5).add(1), Counter("a").add("b"))


def constants(n):
    found = []
    for _ in range(n):
        big, pair, members = 2**60, (2**64, 1j), 3 in {3, 2**65}
        found.append((big, pair, members))
    return big, found[-1], 2j


for _ in range(30):
    last = constants(20)
print(last, [2**61 + k for k in range(50)][-1])
