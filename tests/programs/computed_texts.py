# Texts for exec and eval that are computed from literals.
def test(text):
    print(text, "->", eval(text))

for op in ("+", "-", "*", "<", "=="):
    print(eval(f"7 {op} 2"), eval("7" + op + "2"), eval("{} {} {}".format(7, op, 2)))
for x in "ab":
    for y in ["1", "2"]:
        test("'{}' * {}".format(x, y))
for n in range(3):
    exec("value_%d = %d" % (n, n * n))
    exec(f"def f{n}(x): return x + {n}")
print(value_0, value_1, value_2, f0(1), f1(1), f2(1))

def make(n, letter="a"):
    return "".join(chr(ord(letter) + i % 26) for i in range(n))

exec(make(30) + " = 'long name'")
print(abcdefghijklmnopqrstuvwxyzabcd)
nested = "1" + " + 1" * 20
code = f"({nested})"
print(eval(code), eval(compile("%s * 2" % code, "<made>", "eval")))
terms = " + ".join([f"x{i}" for i in range(5)])
print(eval(terms, {f"x{i}": i for i in range(5)}))
for number in range(49, 52):
    print(eval(b"1" + bytes([number])))
for name, value in [("p", "1"), ("q", "[2]")]:
    exec(name + "=" + value)
print(p, q)
try:
    eval("1 +" + op[:1] * 3)
except (SyntaxError, RuntimeError) as e:
    print("no")
for bad in ["1 +", "x = 1", "f("]:
    try: eval("  " + bad)
    except SyntaxError as e: print(bad, e)
for f in (lambda s: compile(s, "x", "exec"), lambda s: eval(s), lambda s: exec(s)):
    for text in (chr(0xD800), "1\ud800"):
        try: f(text)
        except UnicodeEncodeError as e: print(e)
