//! Integer functions of `math`: factorial, comb, perm, gcd, lcm, isqrt.

use dashu_int::ops::{Gcd, SquareRoot, UnsignedAbs};
use dashu_int::{IBig, UBig};
use dxpyc_objects::int::{self, Num, from_i64, from_ubig, num};
use dxpyc_objects::ops;
use dxpyc_objects::prelude::*;

/// Mantissa in [0.5, 1), rounded, and exponent of a positive int.
pub fn big_frexp(n: Num<'_>) -> (f64, i64) {
    let big = n.big();
    let (top, exponent) = int::top_bits(big.as_sign_words().1);
    let (m, e) = dxpyc_objects::libm::frexp(top as f64);
    (m, e as i64 + exponent as i64)
}

fn index(v: Value) -> R<Ref> {
    if v.is_small_int() { Ok(Ref::new(v)) } else { ops::index(v) }
}

fn value<'a>(r: &'a Ref) -> Num<'a> {
    num(r.v()).unwrap_or(Num::Word(0))
}

/// Product of low, low+1, … high-1 by halves.
fn range_product(low: u64, high: u64) -> UBig {
    if high - low <= 8 {
        let mut product = UBig::ONE;
        for i in low..high {
            product *= i;
        }
        return product;
    }
    let middle = low + (high - low) / 2;
    range_product(low, middle) * range_product(middle, high)
}

fn factorial_of(n: u64) -> UBig {
    if n < 2 { UBig::ONE } else { range_product(2, n + 1) }
}

/// `math.factorial`.
pub fn factorial(v: Value) -> R<Ref> {
    let v = index(v)?;
    let n = value(&v);
    if n.is_negative() {
        return Err(value_error("factorial() not defined for negative values"));
    }
    let Some(n) = int::as_i64_exact(v.v()) else {
        return Err(overflow_error(format!("factorial() argument should not exceed {}", i64::MAX)));
    };
    if n <= 20 {
        return Ok(from_i64((1..=n).product()));
    }
    if n > 1 << 33 {
        return Err(memory_error());
    }
    Ok(from_ubig(factorial_of(n as u64)))
}

/// n (n-1) … (n-k+1).
fn falling(n: &UBig, k: u64) -> UBig {
    if let Ok(n) = u64::try_from(n)
        && n < u64::MAX
    {
        return if k == 0 { UBig::ONE } else { range_product(n - k + 1, n + 1) };
    }
    fn product(n: &UBig, from: u64, to: u64) -> UBig {
        if to - from == 1 {
            return n - UBig::from(from);
        }
        let middle = from + (to - from) / 2;
        product(n, from, middle) * product(n, middle, to)
    }
    if k == 0 { UBig::ONE } else { product(n, 0, k) }
}

/// n and k, checked: None when k > n.
fn operands(n: Value, k: Value) -> R<Option<(UBig, UBig)>> {
    let (n, k) = (index(n)?, index(k)?);
    if value(&n).is_negative() {
        return Err(value_error("n must be a non-negative integer"));
    }
    if value(&k).is_negative() {
        return Err(value_error("k must be a non-negative integer"));
    }
    let (n, k) = (value(&n).big().clone().unsigned_abs(), value(&k).big().clone().unsigned_abs());
    Ok(if k > n { None } else { Some((n, k)) })
}

/// `math.comb`.
pub fn comb(n: Value, k: Value) -> R<Ref> {
    let Some((n, k)) = operands(n, k)? else { return Ok(from_i64(0)) };
    let rest = &n - &k;
    let k = if rest < k { rest } else { k };
    let Some(k) = u64::try_from(&k).ok().filter(|&k| k <= i64::MAX as u64) else {
        return Err(overflow_error(format!("min(n - k, k) must not exceed {}", i64::MAX)));
    };
    // Small results without big numbers.
    if let Ok(n) = u64::try_from(&n) {
        let mut result = 1u128;
        let mut small = true;
        for i in 0..k {
            match result.checked_mul((n - i) as u128) {
                Some(r) => result = r / (i + 1) as u128,
                None => {
                    small = false;
                    break;
                }
            }
        }
        if small {
            return Ok(from_ubig(UBig::from(result)));
        }
    }
    Ok(from_ubig(falling(&n, k) / factorial_of(k)))
}

/// `math.perm` with k.
pub fn perm(n: Value, k: Value) -> R<Ref> {
    let Some((n, k)) = operands(n, k)? else { return Ok(from_i64(0)) };
    let Some(k) = u64::try_from(&k).ok().filter(|&k| k <= i64::MAX as u64) else {
        return Err(overflow_error(format!("k must not exceed {}", i64::MAX)));
    };
    Ok(from_ubig(falling(&n, k)))
}

fn gcd_u64(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn gcd_big(a: &UBig, b: &UBig) -> UBig {
    if *a == UBig::ZERO {
        return b.clone();
    }
    if *b == UBig::ZERO {
        return a.clone();
    }
    a.gcd(b)
}

/// `math.gcd`.
pub fn gcd(values: &[Value]) -> R<Ref> {
    if let [a, b] = values
        && let (Some(a), Some(b)) = (a.as_small_int(), b.as_small_int())
    {
        return Ok(int::from_u64(gcd_u64(a.unsigned_abs(), b.unsigned_abs())));
    }
    let mut result = UBig::ZERO;
    for v in values {
        let v = index(*v)?;
        result = gcd_big(&result, &value(&v).big().clone().unsigned_abs());
    }
    Ok(from_ubig(result))
}

/// `math.lcm`.
pub fn lcm(values: &[Value]) -> R<Ref> {
    let mut result = UBig::ONE;
    for v in values {
        let v = index(*v)?;
        let n = value(&v).big().clone().unsigned_abs();
        if n == UBig::ZERO || result == UBig::ZERO {
            result = UBig::ZERO;
            continue;
        }
        let divisor = gcd_big(&result, &n);
        result = result / divisor * n;
    }
    Ok(from_ubig(result))
}

/// `math.isqrt`.
pub fn isqrt(v: Value) -> R<Ref> {
    let v = index(v)?;
    let n = value(&v);
    if n.is_negative() {
        return Err(value_error("isqrt() argument must be nonnegative"));
    }
    Ok(match n {
        Num::Word(w) => int::from_i128((w as u128).isqrt() as i128),
        Num::Big(b) => from_ubig(IBig::unsigned_abs(b.clone()).sqrt()),
    })
}
