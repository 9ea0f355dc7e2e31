# Parameters of every kind, defaults, closures, recursion, argument errors.
def f(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, kw

print(f(1, c=3), f(1, 5, 6, 7, c=8, e=9))
def pos(a, /, b, *, c=1): return a, b, c
print(pos(1, b=2), pos(1, 2, c=3))
for call in (lambda: f(), lambda: f(1), lambda: pos(a=1, b=2), lambda: pos(1), lambda: pos(1, 2, 3), lambda: pos(1, 2, d=1), lambda: f(1, c=1, a=2)):
    try:
        call()
    except TypeError as e:
        print(e)
def counter():
    n = 0
    def step(by=1):
        nonlocal n
        n += by
        return n
    return step
a, b = counter(), counter()
print(a(), a(5), b(), a.__name__, a.__qualname__, a.__defaults__)
def fact(n): return 1 if n < 2 else n * fact(n - 1)
print(fact(30))
def unbound():
    try:
        print(x)
    except UnboundLocalError as e:
        print(e)
    x = 1
unbound()
try:
    undefined_name
except NameError as e:
    print(e)
print((lambda *a, **k: (a, k))(*[1, 2], *(3,), **{"z": 1}, y=2))
def deep(n):
    return deep(n + 1)
try:
    deep(0)
except RecursionError as e:
    print(type(e).__name__)
def deco(tag):
    def wrap(fn):
        def inner(*a): return (tag, fn(*a))
        return inner
    return wrap
@deco("outer")
@deco("inner")
def add(x, y): return x + y
print(add(1, 2))
print([i for i in range(3) if i], {k: v for k, v in zip("ab", (1, 2))}, {x % 2 for x in range(4)}, sum(x for x in range(5)))
fs = [lambda i=i: i for i in range(3)]
print([g() for g in fs], (y := 5), y)
