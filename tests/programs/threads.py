"""Threads with `_thread`: locks, re-entrant locks, handles, locals, exceptions, switching."""
import _thread
import gc
import time
import weakref

lock = _thread.allocate_lock()
print(lock.acquire(), lock.locked(), lock.acquire(False), lock.acquire(True, 0.01))
lock.release()
try:
    lock.release()
except RuntimeError as e:
    print(e)
for args in [(False, 1), (True, -2), (True, float("nan"))]:
    try:
        lock.acquire(*args)
    except ValueError as e:
        print(e)

counts = {}
total = 0
finished = _thread.allocate_lock()


def work(n, name, *, step=1):
    global total
    for i in range(n):
        counts[name] = counts.get(name, 0) + step
        with lock:
            total += 1
    with finished:
        done.append(name)


done = []
for i in range(4):
    _thread.start_new_thread(work, (5000, f"t{i}"), {"step": i})
while len(done) < 4:
    time.sleep(0.001)
print(sorted(done), sorted(counts.items()), total)

# A loop without calls lets others run, too.
flag = []


def setter():
    time.sleep(0.01)
    flag.append(1)


_thread.start_new_thread(setter, ())
n = 0
while not flag:
    n += 1
print(n > 0)

# Each thread handles its own exceptions.
results = []


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


def fails(k):
    try:
        try:
            raise KeyError(k)
        except KeyError:
            time.sleep(0.005)
            raise
    except KeyError as e:
        results.append((k, e.args[0], deep(500)))
    try:
        deep(10**9)
    except RecursionError:
        results.append((k, "deep"))


handles = [_thread.start_joinable_thread(lambda k=k: fails(k)) for k in range(3)]
for h in handles:
    h.join()
    assert h.is_done()
print(sorted(results, key=repr))

# Thread-local objects.
ended = []


class Watched:
    def __del__(self):
        ended.append("watched")


class Mine(_thread._local):
    default = 7

    def __init__(self, x):
        self.x = [x]


mine = Mine("init")
mine.x.append("main")
mine.y = 1
seen = []


def local():
    seen.append(mine.x)
    mine.x.append("thread")
    mine.watched = Watched()
    seen.append((mine.x, mine.default, hasattr(mine, "y"), sorted(mine.__dict__)))


_thread.start_joinable_thread(local).join()
print(seen, mine.x, mine.y, ended, sorted(mine.__dict__))
try:
    _thread._local(1)
except TypeError as e:
    print(e)

r = _thread.RLock()
with r, r:
    print(r._is_owned(), r._recursion_count(), r.locked())
    got = []
    _thread.start_joinable_thread(lambda: got.append((r.acquire(False), r._is_owned()))).join()
    print(got)
try:
    r.release()
except RuntimeError as e:
    print(e)
print(_thread._count(), _thread.get_ident() == _thread._get_main_thread_ident(), _thread.stack_size())
for call in [lambda: _thread.start_new_thread(1, ()), lambda: _thread.start_new_thread(print, 1), lambda: _thread.start_new_thread(print, (), 1)]:
    try:
        call()
    except TypeError as e:
        print(e)


def leaves():
    _thread.exit()


h = _thread.start_joinable_thread(leaves)
h.join(5)
print(h.is_done(), h.ident != 0)

# Weak references and cycles made in threads.
refs = []


class Node:
    pass


def cycles():
    for _ in range(100):
        a = Node()
        a.me = a
        refs.append(weakref.ref(a))


hs = [_thread.start_joinable_thread(cycles) for _ in range(3)]
for h in hs:
    h.join()
gc.collect()
print(len(refs), sum(r() is not None for r in refs))


def generator():
    while True:
        got = yield _thread.get_ident()


g = generator()
idents = {next(g)}
_thread.start_joinable_thread(lambda: idents.add(next(g))).join()
print(len(idents))
