big = 2**100; print(big, -big // 3, -big % 7, big >> 90, big & 0xFFFF, ~big, big ** 2, int(str(big)) == big)
print(2**60, 2**60 - 1, -2**60, -2**60 - 1, 2**63, 2**64, (2**62) * 4, 2**60 + 2**60, 10**18 * 10, -(2**63))
print(7 // -2, -7 // 2, 7 % -3, -7 % 3, 7.5 // 2, -7.5 % 2, divmod(-7, 3), divmod(7.5, -2), 5 / 2, 2 ** -1, 0 ** 0)
print(1 << 70, (1 << 70) >> 68, 5 ^ 3, 6 & 3, 4 | 1, ~0, 3 == 3.0, 2**53 == 2.0**53, 2**53 + 1 == 2.0**53, 10**400 > 1e308)
for bad in (lambda: 1 // 0, lambda: 1 % 0, lambda: 1.0 / 0, lambda: 1 << -1, lambda: int("1_"), lambda: 2.0 ** 10000, lambda: int(float("nan")), lambda: int("9" * 5000)):
    try: print(bad())
    except Exception as e: print(type(e).__name__, e)
print((3 + 4j) * (1 - 2j), abs(3 + 4j), (1j) ** 2, complex("1+2j"), (2 + 0j).conjugate(), 1 / (1 + 1j))
print(int(3.9), int(-3.9), round(0.5), round(1.5), round(-2.5), round(1234, -2), (10).bit_length(), (5).to_bytes(2, "big"), int.from_bytes(b"\x01\x00"), (0.5).as_integer_ratio(), float.fromhex("0x1.8p1"), (2.5).hex(), (3.0).is_integer())
print(bin(10), oct(8), hex(255), 0b11, 0o17, 0xFF, 1_000_000, True + True, True & False, -True, not 0)
import math
print(math.sqrt(2), math.floor(-1.5), math.ceil(1.2), math.gcd(12, 18), math.factorial(20), math.pi, math.isqrt(99), math.hypot(3, 4), math.log(8, 2), math.inf, math.isnan(math.nan), math.fsum([.1] * 10), math.comb(10, 3), math.trunc(2.7), math.copysign(1, -0.0))
x = 1
for i in range(1, 26): x *= i
print(x, x % 1000007, sum(i * i for i in range(1000)))
total = 0
for i in range(200): total += i ** 9
print(total)
f = 0.0
for i in range(1, 1000): f += 1.0 / i
print(f, sum([0.1] * 10), 0.1 + 0.2, 1e308 * 10, -1e308 * 10, float("nan") == float("nan"))
