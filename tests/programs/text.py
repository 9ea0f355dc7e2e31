s = "Hello, Wörld ✓ 😀"
print(len(s), s.upper(), s.lower(), s[::-1], s[7:12], s.find("W"), s.split(), s.replace("l", "L", 2), s.encode())
print("%5d|%-5s|%05.1f|%x|%r|%s" % (42, "ab", 3.14159, 255, "q", [1]), "{:>8}|{:^8}|{:<8}|{:+d}|{:,}|{:.3e}|{!r}".format("r", "c", "l", 5, 1234567, 12345.678, "x"))
x = 3.0; n = 12; w = 10
print(f"{x!r} {n:>{w}} {n:#b} {x:{w}.{2}f} {'a' + 'b'} {n=} {x = :.1f}")
print("a,b,,c".split(","), " a  b ".split(), "abc".partition("b"), "-".join("xyz"), "abcabc".rfind("b"), "x".center(7, "*"), "tEsT".title(), "a\tb".expandtabs(4))
print("abc" < "abd", "a" * 3, "b" in "abc", "abc".startswith(("x", "a")), "12".isdigit(), "äb".isalpha(), "A b".swapcase(), "x=1;y=2".split(";", 1), "line1\nline2\r\n".splitlines())
print(repr("it's \"q\" \n \x00 \u200b é"), ascii("é😀"), "ß".upper(), "ǅ".lower(), "İ".lower(), "straße".casefold(), "ﬁ".upper())
print(str(0.1), 1e16, 1e-5, 123456789.123456789, 1e22, float("inf"), -0.0, 2.5e-310, str(1.0), round(2.5), round(2.675, 2), 1/3)
print(b"abc\x00\xff", bytes([1, 2]), bytearray(b"xy") + b"z", b"a,b".split(b","), "é".encode("latin-1"), b"\xc3\xa9".decode(), b"abc".hex(), bytes.fromhex("00ff"))
for bad in (lambda: b"\xff".decode(), lambda: "é".encode("ascii"), lambda: "%d" % "x", lambda: "{}".format(), lambda: "a" + 1, lambda: "abc"[5], lambda: "a".join([1])):
    try: bad()
    except Exception as e: print(type(e).__name__, e)
print(format(1234.5, "010,.2f"), format(255, "#06x"), format("s", ">5"), format(True), format(0.5, "%"), f"{1e10:g}", f"{10**20:e}")
print("abc".translate({97: "x", 98: None}), str.maketrans("a", "b"), "a1b2".isalnum(), "  x ".strip(), "xxabxx".strip("x"), "abc".zfill(6), "-5".zfill(4))
print(ord("€"), chr(8364), "\N{BULLET}", "a\
b", r"\n", "con" "cat", '''tri
ple''')
