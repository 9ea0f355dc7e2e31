"""exec, eval and compile of texts that stand in the program."""


def attempt(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)


attempt(lambda: exec("1", 1))
attempt(lambda: exec("1", {}, 1))
attempt(lambda: eval("1", 1))
attempt(lambda: eval("1", {}, 1))
attempt(lambda: exec(1))
attempt(lambda: eval(1))
attempt(lambda: compile(1, "", "exec"))
attempt(lambda: compile("1", "f", "x"))
attempt(lambda: eval("1\0"))
for text in ["", "a=1", "import x", "1;2", " 1", "if 1: 2", "1\n2", "\n1", "x:=1", "1 +", "del x", "f() = 1", "*a", "yield 1", "[1,,]", "(1\n+ 2)", "1 # c"]:
    attempt(lambda: eval(text))
for text in ["", "\n", " 1", "return", "a b", "break", "x = (", "def f(a, a): pass", "await x", "\tpass", "x = 1;", "#", "'\\N{DIGIT ONE}'"]:
    attempt(lambda: exec(text))
try:
    exec("a b")
except SyntaxError as e:
    print(e.args, e.filename, e.lineno, e.offset, e.text)
c = compile("x+1", "foo.py", "eval")
print(c.co_filename, c.co_name, eval(c, {"x": 2}), eval(c, {}, {"x": 5}))
try:
    compile("x +", "bar.py", "exec")
except SyntaxError as e:
    print(e, e.filename)


def five():
    return 5


print(exec(five.__code__), eval(five.__code__))


def outer():
    y = 1

    def inner():
        print("inner", y)
        return y

    return inner


attempt(lambda: eval(outer().__code__))
attempt(lambda: exec(outer().__code__))
exec(outer().__code__, globals(), closure=outer().__closure__)
d = {}
exec("'''doc'''\nx: int = 1\ndef f(): return x + 1\nclass C:\n    y = x\n    def m(self): return self.y, f()", d)
print(sorted(d), d["f"](), d["C"]().m(), d["__doc__"])
d = {"__name__": "mm"}
exec("class C: pass\ndef f(): pass", d)
print(d["C"], d["f"].__module__)
try:
    exec("\n\n1/0")
except ZeroDivisionError as e:
    tb = e.__traceback__.tb_next
    print(tb.tb_lineno, tb.tb_frame.f_code.co_filename, tb.tb_frame.f_code.co_name)


def scopes():
    a = 1
    exec("a = 2; print(a); b = 3")
    print(a, sorted(locals()))
    exec("global made; made = 4")
    n = {}
    exec("c = a + 1", globals(), n)
    return made, n


a = 10
print(scopes(), a)
print([eval("i * 2", {}, {"i": i}) for i in range(3)])
exec("xs = [n for n in range(3)]; print([n * len(xs) for n in xs])", {}, {})
exec(b"print('bytes')")
exec(bytearray(b"print('bytearray')"))
print(eval(memoryview(b"2 + 2")), eval("lambda x: x + a")(1), eval("  a"))


class Names(dict):
    def __missing__(self, key):
        return f"<{key}>"


print(eval("p + q", {}, Names()))
exec("for i in range(2):\n    exec('print(i * 10)')\n")
exec("def g():\n    yield from range(3)\nprint(list(g()))")
exec("from math import *; import math as m; print(floor(2.5), m.pi)", {})
exec("print(sorted(locals()), sorted(globals()))", {"__builtins__": __builtins__, "u": 1}, {"v": 2})

# Texts that differ in their line ends only.
exec("\nprint('one line')")
exec("\rprint('one line')")
exec("\r\nprint('one line')")
exec("\r")
exec("\n")
