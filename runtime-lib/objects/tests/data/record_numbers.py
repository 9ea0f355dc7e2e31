"""Records what CPython answers for number operations at the boundaries: writes numbers.tsv beside this file.

Run it with the CPython whose answers are wanted (3.14). One row each: function, arguments, answer, separated by tabs.
Values: i int (decimal), x int (hexadecimal), f float.hex, c two float.hex, s str (escaped), T F N. Answers: `=repr` or `!Type: message`.
"""
import itertools
import operator
import os
import sys
import warnings
import zlib

warnings.simplefilter("ignore")
sys.set_int_max_str_digits(4300)


def enc(v):
    if v is None:
        return "N"
    if v is True:
        return "T"
    if v is False:
        return "F"
    if isinstance(v, int):
        return "i%d" % v if abs(v) < 10**40 else "x%x" % v
    if isinstance(v, float):
        return "f" + v.hex()
    if isinstance(v, complex):
        return "c%s,%s" % (v.real.hex(), v.imag.hex())
    return "s" + v.encode("unicode_escape").decode("ascii")


rows = []


def add(name, function, *args):
    try:
        result = "=" + ascii(repr(function(*args)))[1:-1]
    except Exception as e:
        result = "!%s: %s" % (type(e).__name__, ascii(str(e))[1:-1])
    rows.append("\t".join([name, *map(enc, args), result]))


INTS = [0, 1, -1, 2, -2, 3, 7, -7, 10, 63, 64, 2**30, 2**53 - 1, 2**53 + 1, 2**60 - 1, 2**60, -2**60, -2**60 - 1, 2**61 - 1, 2**63 - 1, 2**63, -2**63,
        -2**63 - 1, 2**64 - 1, 2**64, -2**64, 2**127 - 1, 2**127, -2**127, 2**128, 3**100, -3**100, 10**30]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, -2.5, 0.1, 1e16, 123456789.125, 1e-5, 1e22, 1e300, -1e300, 5e-324, 2.2250738585072014e-308,
          1.7976931348623157e308, 2.0**53, 2.0**63, float("inf"), float("-inf"), float("nan"), 2.0**256, 2.0**257, 2.0**-256]
COMPLEX = [0j, 1j, -1j, 1 + 2j, complex(-0.0, 0.0), complex(0.0, -0.0), complex(float("inf"), float("nan")), 1e200 + 1e200j, -2.5 + 0.5j]
BINARY = dict(add=operator.add, sub=operator.sub, mul=operator.mul, truediv=operator.truediv, floordiv=operator.floordiv, mod=operator.mod, divmod=divmod)
BITS = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}
COMPARE = dict(lt=operator.lt, le=operator.le, eq=operator.eq, ne=operator.ne, gt=operator.gt, ge=operator.ge)

for a, b in itertools.product(INTS, INTS):
    for name, f in {**BINARY, **BITS}.items():
        add(name, f, a, b)
    add("lt", operator.lt, a, b)
    add("eq", operator.eq, a, b)
mixed = [INTS[i] for i in (0, 1, 2, 6, 7, 12, 13, 14, 15, 19, 20, 24, 30)] + [True, False, 10**400]
for a, b in itertools.chain(itertools.product(FLOATS, FLOATS), itertools.product(FLOATS, mixed), itertools.product(mixed, FLOATS)):
    for name, f in {**BINARY, **COMPARE}.items():
        add(name, f, a, b)
    add("pow", pow, a, b, None)
for a, b in itertools.product(COMPLEX, COMPLEX + [2, -1, 0, 0.5, -0.0, float("inf")]):
    for name in ("add", "sub", "mul", "truediv"):
        add(name, BINARY[name], a, b)
        add(name, BINARY[name], b, a)
    add("eq", operator.eq, a, b)
    if not any(map(lambda z: z.real != z.real, (a, b))):
        add("pow", pow, a, b, None)
for a in INTS:
    for n in (0, 1, 3, 59, 60, 61, 63, 64, 65, 127, 128, 200, -1, 2**70):
        if n < 300 or a == 0:
            add("lshift", operator.lshift, a, n)
        add("rshift", operator.rshift, a, n)
    for e in (0, 1, 2, 3, 5, 64, -1, -2):
        add("pow", pow, a, e, None)
        for m in (1, -1, 2, 7, -7, 2**61 - 1, 2**89 - 1, -2**89, 0):
            add("pow", pow, a, e, m)
UNARY = dict(neg=operator.neg, pos=operator.pos, abs=abs, hash=hash, repr=repr, str=str, truth=bool)
for v in INTS + FLOATS + COMPLEX + [True, False, None, 10**400, 2.0**1023, 9007199254740993.0, 4.35, 2.675, 1e15, 1e17, 123456.789e-10]:
    for name, f in UNARY.items():
        if name == "hash" and v != v:
            continue
        add(name, f, v)
    if not isinstance(v, complex):
        add("int", int, v)
        add("float", float, v)
for v in INTS + [True]:
    add("invert", operator.invert, v)
    for m in ("bit_length", "bit_count", "as_integer_ratio", "is_integer", "conjugate", "__sizeof__", "__trunc__", "__getnewargs__"):
        add("." + m, getattr(int, m), v)
    for args in ((1,), (8, "little"), (17,), (-1,), (0,), (9, "x")):
        add(".to_bytes", int.to_bytes, v, *args)
    for n in (0, 1, -1, -2, -5, -30, -40):
        add(".__round__", int.__round__, v, n)
for v in (5, 15, 25, 35, 45, 55, -5, -15, -25, 149, 150, 151, 250, 350, 1250, 10**20 * 5, 10**20 * 15):
    for n in (-1, -2, -3, -21):
        add(".__round__", int.__round__, v, n)
for v in FLOATS + [2.5, 3.5, -0.5, 1.05, 2.675, 1e20, 5e15 + 0.5, 1234.5678, 0.00012345, 15.0, 25.0, 1e23]:
    for m in ("hex", "as_integer_ratio", "is_integer", "__floor__", "__ceil__", "__trunc__", "__round__"):
        add("." + m, getattr(float, m), v)
    for n in (0, 1, 2, 5, 15, 22, 300, 400, -1, -2, -16, -308, -400):
        add(".__round__", float.__round__, v, n)
TEXTS = ["", " ", "0", "-0", "+5", " 12 ", "1_000", "_1", "1_", "1__0", "0x1f", "0X1F", "0b101", "0o17", "010", "00", "1e5", "abc", "zz", "- 1", "+-1", "1\0", "é",
         "\u0661\u0662", "\u2003 7\u00a0", "\x1c1", "9" * 19, "9" * 60, "1" * 4300, "1" * 4301, "-" + "1" * 4300, "0" * 5000, "0x_1f", "0_7", "1.5", "\ud800", "f" * 5000]
for t in TEXTS:
    for base in (10, 0, 2, 8, 16, 36):
        add("int", int, t, base)
FTEXTS = TEXTS[:24] + ["1.5", ".5", "5.", ".", "1e5", "1E+5", "1e-400", "1e400", "-1e400", "inf", "-Infinity", "nan", "+nan", "infin", "1_0.0_1", "1_.0", "1._0", "1e1_0",
                       "0.1e", "1e+", "0x1p3", "2.2250738585072011e-308", "179769313486231580793e289", "4.9406564584124654e-324", "2.4703282292062327e-324",
                       "\u0661.\u0665", " 1.5\n", "1.5 x", "9007199254740993", "0." + "0" * 400 + "1", "123" * 100, "\x1f1"]
for t in FTEXTS:
    add("float", float, t)
for t in ["1+2j", "1j", "j", "-j", "+j", "1+j", "1-j", "(1+2j)", "( 1+2j )", "1 + 2j", "1+2", "1+2jj", "", "()", "nan+infj", "inf-nanj", "1e5+1e-5j", "1_0+2_0j", "1__0j", "j1",
          "((1j))", "1e", "-1-2J", "1+-2j", "\u0661+2j", "1.5"]:
    add("complex", complex, t)
for t in ["0x1p3", "1p3", "0x1.8p1", "-0x1.999999999999ap-4", "0x1p1024", "0x1.fffffffffffff8p1023", "0x1p-1074", "0x1p-1075", "0x1.8p-1075", "0x.8p0", "0x8.p0", "inf", "-nan", "0x",
          "1", "0x1p", "p3", " 0x1p0 ", "0x1.00000000000008p0", "0x1.000000000000081p0", "0x1.00000000000018p0", "0x1p99999999999999999999", "0x0p99999999999", "1.g", "1..0"]:
    add(".fromhex", lambda _, s: float.fromhex(s), 0.0, t)
SPECS = ["", "d", "b", "o", "x", "X", "#x", "#b", "#o", "c", "n", "e", "f", "g", "%", "5", "<5", "^7", ">7", "=+9", "05", "+", " ", "-", ",", "_", "_x", "_b", "08,", "020_", "+,d", "*^15,", "#_x",
         ".2", ".2f", ".0f", "#.0f", ".3e", ".3g", "10.3f", "010.2f", "+.1f", " .1f", "z.1f", "z", ",.2f", "_.3f", ".5_f", ".6,f", ".,f", "._e", "E", "G", "F", ".0", ".1", "#.3", "#g", ".20f", ".17g",
         ".400f", "r", "s", "10s", "q", "é", "\n", ",,", ",_", "_,", "_,d", ".", ".d", "99999999999999999999", ".99999999999999999999", "!", "<<<", "{}", "\u0661\u0662", "é^9", "0<5", "<05", "=5", "0=5", "zd", "#d", "+c",
         "#c", ",x", ",n", "_c", ".1d", ".2147483648f", "=+010_.2f", "-^+20,.3g", "100", "015,.2f", "_o", "#010x", "+#06b"]
VALUES = [0, 5, -5, 255, 1234567, -1234567, 2**64, True, 0.0, -0.0, 1.5, -2.5, 1234567.1234567, -0.001, 1e16, 1e-7, 123456789.0, float("inf"), float("nan"), 100.0, 0.5, 1 + 2j, -1.5j, 0j,
          complex(-0.0, 1234.5), "", "abc", "héllo"]
for v, spec in itertools.product(VALUES, SPECS):
    add("format", format, v, spec)

# Of the large products of operands every third row is kept: enough to notice, small enough to store.
SAMPLED = {*BINARY, *BITS, *COMPARE, "pow", "lshift", "rshift"}
rows = [r for r in dict.fromkeys(rows) if r.split("\t", 1)[0] not in SAMPLED or zlib.crc32(r.encode()) % 3 == 0]
rows = [r for r in rows if len(r) < 3000 or "Exceeds" in r or "4300" in r]

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "numbers.tsv")
with open(path, "w", encoding="ascii") as out:
    out.write("\n".join(rows) + "\n")
print(len(rows), os.path.getsize(path))
