def count(n):
    try:
        for i in range(n):
            got = yield i
            if got: print("got", got)
        return "done"
    finally:
        print("cleanup", n)
g = count(3)
print(next(g), g.send("x"), next(g))
try:
    next(g)
except StopIteration as e:
    print("value", e.value)
g = count(5); next(g); g.close()
g = count(5); next(g)
try:
    g.throw(ValueError("boom"))
except ValueError as e:
    print("raised", e)
def outer():
    r = yield from count(2)
    print("inner gave", r)
    yield from [10, 20]
print(list(outer()))
def catching():
    while True:
        try:
            x = yield
        except KeyError as e:
            yield ("caught", e.args)
c = catching(); next(c)
print(c.throw(KeyError("k")))
def tree(t):
    if isinstance(t, list):
        for b in t: yield from tree(b)
    else:
        yield t
print(list(tree([1, [2, [3, 4]], 5])), sum(tree([1, [2]])))
gen = (x * y for x in range(3) for y in range(3) if x != y)
print(type(gen).__name__, list(gen), list(gen))
def bad():
    yield 1
    raise StopIteration
try:
    list(bad())
except RuntimeError as e:
    print(e, type(e.__cause__).__name__)
class It:
    def __init__(self): self.n = 0
    def __iter__(self): return self
    def __next__(self):
        self.n += 1
        if self.n > 3: raise StopIteration
        return self.n
print(list(It()), [*It(), *It()])
a, *b, c = It(); print(a, b, c)
try:
    a, b = It()
except ValueError as e:
    print(e)
def infinite():
    n = 0
    while True:
        yield n
        n += 1
for v in infinite():
    if v > 3: break
print(v)
