"""Coroutines, asynchronous generators, loops, context managers and comprehensions, driven by hand."""
import sys
import types


@types.coroutine
def suspend(value):
    return (yield value)


class Sleep:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield self.value
        return f"got {got}"


def run(coroutine, answers=None):
    """Drives a coroutine; prints what it waits for."""
    answer = None
    n = 0
    try:
        while True:
            request = coroutine.send(answer)
            n += 1
            answer = n if answers is None else answers[n - 1]
            print("  waits for", request)
    except StopIteration as stop:
        return stop.value


async def add(a, b):
    x = await suspend(("add", a, b))
    return a + b, x, await Sleep("s")


print(run(add(1, 2)))


class Counter:
    def __init__(self, n):
        self.n = n
        self.i = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.i >= self.n:
            raise StopAsyncIteration
        self.i += 1
        await suspend(self.i)
        return self.i


async def loops():
    total = []
    async for i in Counter(3):
        if i == 2:
            continue
        total.append(i)
    else:
        total.append("else")
    async for i in Counter(3):
        if i == 2:
            break
    else:
        total.append("never")
    return total, i


print(run(loops()))


async def numbers(n):
    print("  start")
    try:
        for i in range(n):
            got = yield i * i
            if got is not None:
                print("  sent", got)
            await suspend(f"n{i}")
    except ValueError as e:
        print("  caught", e)
        yield "after"
    finally:
        print("  finally")
        await suspend("cleaning")


async def comprehensions():
    a = [x async for x in numbers(3)]
    b = {x: y async for x in numbers(2) for y in [x + 1]}
    c = {await suspend(x) async for x in numbers(2) if x >= 0}
    g = (x async for x in numbers(2))
    d = [y async for y in g]
    e = [await suspend(i) for i in range(2)]
    return a, b, sorted(c), d, e


print(run(comprehensions()))


class Manager:
    def __init__(self, swallow):
        self.swallow = swallow

    async def __aenter__(self):
        print("  enter", await suspend("enter"))
        return self

    async def __aexit__(self, kind, value, traceback):
        print("  exit", kind, value, await suspend("exit"))
        return self.swallow


async def managers():
    async with Manager(False) as m, Manager(True):
        print("  body", type(m).__name__)
        raise KeyError("k")
    try:
        async with Manager(False):
            1 / 0
    except ZeroDivisionError as e:
        print("  caught", e)
    async with Manager(False):
        return "returned"


print(run(managers()))


async def driven():
    g = numbers(5)
    print(await g.asend(None), await anext(g), await g.asend("hi"))
    print(g.ag_running, g.ag_await, g.ag_frame is not None, g.__name__)
    print(await g.athrow(ValueError("thrown")))
    try:
        await g.__anext__()
    except StopAsyncIteration as e:
        print("end", e.args)
    print(await anext(g, "default"))
    g = numbers(5)
    await anext(g)
    print(await g.aclose(), await g.aclose())
    g = numbers(1)
    print(await g.aclose())
    try:
        await anext(g)
    except StopAsyncIteration:
        print("closed")
    it = g.asend(None)
    try:
        await it
    except StopAsyncIteration:
        pass
    try:
        await it
    except RuntimeError as e:
        print(e)


run(driven())


async def ignores():
    try:
        yield 1
    except GeneratorExit:
        yield 2


async def check_ignores():
    g = ignores()
    await anext(g)
    try:
        await g.aclose()
    except RuntimeError as e:
        print(e)


run(check_ignores())


async def raises(e):
    raise e
    yield


async def stop():
    raise StopIteration(1)


async def errors():
    for e in StopIteration(), StopAsyncIteration(), KeyError(1):
        try:
            async for _ in raises(e):
                pass
        except Exception as found:
            print(type(found).__name__, found, repr(found.__cause__))
    try:
        await stop()
    except RuntimeError as e:
        print(e, repr(e.__cause__))

    class NoIter:
        __await__ = lambda self: 1

    async def aw(x):
        await x

    async def afor(x):
        async for _ in x:
            pass

    async def awith(x):
        async with x:
            pass

    class BadNext:
        def __aiter__(self):
            return self

        def __anext__(self):
            return 1

    class BadIter:
        def __aiter__(self):
            return 1

    c = aw(1)
    for f, arg in [(aw, 1), (aw, NoIter()), (afor, 1), (afor, [1]), (afor, BadNext()), (afor, BadIter()), (awith, 1)]:
        try:
            await f(arg)
        except (TypeError, RuntimeError) as e:
            print(type(e).__name__, e, repr(e.__cause__))
    try:
        await c
    except TypeError:
        pass
    try:
        await c
    except RuntimeError as e:
        print(e)


run(errors())


async def inner():
    try:
        await suspend("inner")
    finally:
        print("  inner done")


async def outer():
    try:
        await inner()
    except BaseException as e:
        print("  outer", type(e).__name__)
        raise


c = outer()
print(c.cr_running, c.cr_await, c.cr_suspended)
c.send(None)
print(type(c.cr_await).__name__, c.cr_suspended)
try:
    c.throw(KeyError("x"))
except KeyError as e:
    print("thrown", e)
c = outer()
c.send(None)
c.close()
c = outer()
w = c.__await__()
print(type(w).__name__, next(w))
w.close()
print(type(c).__name__, type(numbers).__name__, type(numbers(1)).__name__)
c = add(1, 2)
try:
    c.send(1)
except TypeError as e:
    print(e)
c.close()

hooks = []


def finalizer(g):
    hooks.append(("final", g.__name__))


sys.set_asyncgen_hooks(firstiter=lambda g: hooks.append(("first", g.__name__)), finalizer=finalizer)
print(sys.get_asyncgen_hooks().finalizer is finalizer)


async def hooked():
    async for x in numbers(3):
        break


run(hooked())
print(hooks)
sys.set_asyncgen_hooks(None, None)
try:
    g = numbers(1)
    g.asend(None).send("x")
except TypeError as e:
    print(e)


@types.coroutine
def old_style():
    x = yield from suspend("old")
    y = yield from add(x, 1)
    return x, y


print(run(old_style()))
print(old_style.__code__.co_flags & 0x100, old_style().gi_code is old_style.__code__)
