//! Operators of int and bool.

use crate::int::{self, BigRef, Num, from_bigint, from_i64, from_i128, num, small};
use crate::prelude::*;
use dashu_int::fast_div::ConstDivisor;
use dashu_int::ops::{DivRem, ExtendedGcd, UnsignedAbs};
use dashu_int::{IBig, Sign, UBig};
use std::cmp::Ordering;

/// Results beyond this many bits are refused with MemoryError.
const RESULT_BITS_MAX: usize = 1 << 36;

pub(crate) const SLOTS: Slots = Slots {
    repr: Some(int_repr),
    hash: Some(int_hash),
    compare: Some(int_compare),
    new: Some(crate::int_methods::int_new),
    add: Some(add),
    sub: Some(sub),
    mul: Some(mul),
    truediv: Some(truediv),
    floordiv: Some(floordiv),
    modulo: Some(modulo),
    divmod: Some(divmod),
    pow: Some(pow),
    lshift: Some(lshift),
    rshift: Some(rshift),
    and: Some(and),
    or: Some(or),
    xor: Some(xor),
    neg: Some(neg),
    pos: Some(pos),
    abs: Some(abs),
    invert: Some(invert),
    truth: Some(truth),
    int: Some(pos),
    float: Some(float),
    index: Some(pos),
    ..Slots::NONE
};

pub(crate) const BOOL_SLOTS: Slots = Slots {
    repr: Some(bool_repr),
    new: Some(crate::int_methods::bool_new),
    and: Some(bool_and),
    or: Some(bool_or),
    xor: Some(bool_xor),
    invert: Some(bool_invert),
    ..Slots::NONE
};

/// Both operands, or NotImplemented returned.
macro_rules! operands {
    ($a:ident, $b:ident) => {
        match (num($a), num($b)) {
            (Some(x), Some(y)) => (x, y),
            _ => return Ok(Ref::not_implemented()),
        }
    };
}

fn int_repr(v: Value) -> R<Ref> {
    crate::int_text::to_str(v)
}

fn bool_repr(v: Value) -> R<Ref> {
    Ok(crate::str::from_str(if v.0 == Value::TRUE.0 { "True" } else { "False" }))
}

fn int_hash(v: Value) -> R<i64> {
    Ok(int::hash_int(v))
}

/// Order of two ints.
pub fn order(x: Num<'_>, y: Num<'_>) -> Ordering {
    match (x, y) {
        (Num::Word(x), Num::Word(y)) => x.cmp(&y),
        (x, y) => x.big().cmp(&*y.big()),
    }
}

fn int_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if let (Some(x), Some(y)) = (small(a), small(b)) {
        return Ok(Ref::bool(op.holds(x.cmp(&y))));
    }
    let (x, y) = operands!(a, b);
    Ok(Ref::bool(op.holds(order(x, y))))
}

pub(crate) fn add(a: Value, b: Value) -> R<Ref> {
    if let (Some(x), Some(y)) = (small(a), small(b)) {
        return Ok(from_i64(x + y));
    }
    let (x, y) = operands!(a, b);
    if let (Num::Word(x), Num::Word(y)) = (x, y)
        && let Some(z) = x.checked_add(y)
    {
        return Ok(from_i128(z));
    }
    Ok(from_bigint(&*x.big() + &*y.big()))
}

pub(crate) fn sub(a: Value, b: Value) -> R<Ref> {
    if let (Some(x), Some(y)) = (small(a), small(b)) {
        return Ok(from_i64(x - y));
    }
    let (x, y) = operands!(a, b);
    if let (Num::Word(x), Num::Word(y)) = (x, y)
        && let Some(z) = x.checked_sub(y)
    {
        return Ok(from_i128(z));
    }
    Ok(from_bigint(&*x.big() - &*y.big()))
}

pub(crate) fn mul(a: Value, b: Value) -> R<Ref> {
    if let (Some(x), Some(y)) = (small(a), small(b)) {
        return Ok(from_i128(x as i128 * y as i128));
    }
    let (x, y) = operands!(a, b);
    if let (Num::Word(x), Num::Word(y)) = (x, y)
        && let Some(z) = x.checked_mul(y)
    {
        return Ok(from_i128(z));
    }
    if x.bit_length() + y.bit_length() > RESULT_BITS_MAX {
        return Err(memory_error());
    }
    Ok(from_bigint(&*x.big() * &*y.big()))
}

#[cold]
fn by_zero() -> Raised {
    zero_division("division by zero")
}

fn is_zero(n: Num<'_>) -> bool {
    matches!(n, Num::Word(0))
}

/// Quotient toward negative infinity and the remainder with the divisor's sign.
pub fn floor_div_rem(x: &IBig, y: &IBig) -> (IBig, IBig) {
    let (q, r) = x.div_rem(y);
    if r != IBig::ZERO && r.sign() != y.sign() { (q - IBig::ONE, r + y) } else { (q, r) }
}

/// The quotient of two big ints of the same sign when their highest bits tell it.
fn quotient_by_top(x: &IBig, y: &IBig) -> Option<u64> {
    let ((sign_x, xs), (sign_y, ys)) = (x.as_sign_words(), y.as_sign_words());
    let (bits_x, bits_y) = (int::bit_length(x), int::bit_length(y));
    if sign_x != sign_y || bits_x < 192 || bits_y < 64 || bits_x > bits_y + 60 {
        return None;
    }
    if bits_x < bits_y {
        return Some(0);
    }
    // Bits from `from` on: at most 128.
    let from = bits_x - 128;
    let top = |words: &[u64]| {
        let (at, shift) = (from / 64, from % 64);
        let word = |i: usize| words.get(at + i).copied().unwrap_or(0) as u128;
        let low = word(1) << 64 | word(0);
        if shift == 0 { low } else { low >> shift | word(2) << (128 - shift) }
    };
    let (high_x, high_y) = (top(xs), top(ys));
    // x lies from high_x to high_x + 1, y from high_y to high_y + 1, the upper ends excluded.
    let (least, most) = (high_x / high_y.checked_add(1)?, high_x / high_y);
    if least == most { Some(most as u64) } else { None }
}

fn floor_i64(x: i64, y: i64) -> (i64, i64) {
    let (q, r) = (x / y, x % y);
    if r != 0 && (r < 0) != (y < 0) { (q - 1, r + y) } else { (q, r) }
}

fn floor_i128(x: i128, y: i128) -> Option<(i128, i128)> {
    let (q, r) = (x.checked_div(y)?, x.checked_rem(y)?);
    Some(if r != 0 && (r < 0) != (y < 0) { (q - 1, r + y) } else { (q, r) })
}

pub(crate) fn floordiv(a: Value, b: Value) -> R<Ref> {
    if let (Some(x), Some(y)) = (small(a), small(b)) {
        return if y == 0 { Err(by_zero()) } else { Ok(from_i64(floor_i64(x, y).0)) };
    }
    let (x, y) = operands!(a, b);
    if is_zero(y) {
        return Err(by_zero());
    }
    if let (Num::Word(x), Num::Word(y)) = (x, y)
        && let Some((q, _)) = floor_i128(x, y)
    {
        return Ok(from_i128(q));
    }
    let (x, y) = (x.big(), y.big());
    if let Some(q) = quotient_by_top(&x, &y) {
        return Ok(int::from_u64(q));
    }
    Ok(from_bigint(floor_div_rem(&x, &y).0))
}

pub(crate) fn modulo(a: Value, b: Value) -> R<Ref> {
    if let (Some(x), Some(y)) = (small(a), small(b)) {
        return if y == 0 { Err(by_zero()) } else { Ok(from_i64(floor_i64(x, y).1)) };
    }
    let (x, y) = operands!(a, b);
    if is_zero(y) {
        return Err(by_zero());
    }
    if let (Num::Word(x), Num::Word(y)) = (x, y)
        && let Some((_, r)) = floor_i128(x, y)
    {
        return Ok(from_i128(r));
    }
    Ok(from_bigint(floor_rem(&x.big(), &y.big())))
}

/// `x % y` with the divisor's sign.
pub fn floor_rem(x: &IBig, y: &IBig) -> IBig {
    let r = x % y;
    if r != IBig::ZERO && r.sign() != y.sign() { r + y } else { r }
}

fn divmod(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if is_zero(y) {
        return Err(by_zero());
    }
    if let (Num::Word(x), Num::Word(y)) = (x, y)
        && let Some((q, r)) = floor_i128(x, y)
    {
        return Ok(crate::tuple::from_refs(vec![from_i128(q), from_i128(r)]));
    }
    let (q, r) = floor_div_rem(&x.big(), &y.big());
    Ok(crate::tuple::from_refs(vec![from_bigint(q), from_bigint(r)]))
}

fn truediv(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if is_zero(y) {
        return Err(by_zero());
    }
    match true_divide(x, y) {
        Some(f) => Ok(crate::float::from_f64(f)),
        None => Err(overflow_error("integer division result too large for a float")),
    }
}

/// The double nearest to `x / y` (y not 0), ties to even; None on overflow.
pub fn true_divide(x: Num<'_>, y: Num<'_>) -> Option<f64> {
    const EXACT: u128 = 1 << 53;
    if let (Num::Word(x), Num::Word(y)) = (x, y)
        && x.unsigned_abs() <= EXACT
        && y.unsigned_abs() <= EXACT
    {
        return Some(x as f64 / y as f64);
    }
    let negative = x.is_negative() != y.is_negative();
    if is_zero(x) {
        return Some(if negative { -0.0 } else { 0.0 });
    }
    let difference = x.bit_length() as i64 - y.bit_length() as i64;
    if difference > 1024 {
        return None;
    }
    if difference < -1075 {
        return Some(if negative { -0.0 } else { 0.0 });
    }
    // A quotient of 55 to 56 bits (fewer for subnormal results), then one rounding.
    let shift = difference.max(-1021) - 55;
    let (x, y) = (x.big().unsigned_abs_ref(), y.big().unsigned_abs_ref());
    let (q, r) = if shift <= 0 { (x << -shift as usize).div_rem(y) } else { x.div_rem(y << shift as usize) };
    let inexact = r != UBig::ZERO;
    let mut low = u64::try_from(&q).unwrap_or(u64::MAX);
    let bits = 64 - low.leading_zeros() as i64;
    let extra = bits.max(-1021 - shift) - 53;
    low |= inexact as u64;
    let mask = 1u64 << (extra - 1);
    if low & mask != 0 && low & (3 * mask - 1) != 0 {
        low += mask;
    }
    low &= !(2 * mask - 1);
    let result = crate::float::ldexp(low as f64, shift as i32);
    if result.is_infinite() {
        return None;
    }
    Some(if negative { -result } else { result })
}

trait AbsRef {
    fn unsigned_abs_ref(&self) -> UBig;
}
impl AbsRef for BigRef<'_> {
    fn unsigned_abs_ref(&self) -> UBig {
        match self {
            BigRef::Owned(b) => b.clone().unsigned_abs(),
            BigRef::Borrowed(b) => (*b).clone().unsigned_abs(),
        }
    }
}

/// `base ** exponent % modulus`; modulus None or an int.
pub fn pow(a: Value, b: Value, c: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if c.is_none() {
        return power(a, x, b, y);
    }
    let Some(z) = num(c) else { return Ok(Ref::not_implemented()) };
    if is_zero(z) {
        return Err(value_error("pow() 3rd argument cannot be 0"));
    }
    if let (Num::Word(x), Num::Word(y), Num::Word(z)) = (x, y, z)
        && y >= 0
        && z.unsigned_abs() <= u64::MAX as u128
    {
        let m = z.unsigned_abs();
        let mut base = x.rem_euclid(m as i128) as u128;
        let mut result = 1 % m;
        let mut e = y as u128;
        while e > 0 {
            if e & 1 == 1 {
                result = result * base % m;
            }
            base = base * base % m;
            e >>= 1;
        }
        let result = result as i128;
        return Ok(from_i128(if z < 0 && result != 0 { result + z } else { result }));
    }
    let modulus = z.big().unsigned_abs_ref();
    let mut base = IBig::from(floor_rem(&x.big(), &IBig::from(modulus.clone()))).unsigned_abs();
    let mut exponent = y.big().unsigned_abs_ref();
    if modulus == UBig::ONE {
        return Ok(from_i64(0));
    }
    if y.is_negative() {
        let (g, s, _) = (&base).gcd_ext(&modulus);
        if g != UBig::ONE {
            return Err(value_error("base is not invertible for the given modulus"));
        }
        base = floor_rem(&s, &IBig::from(modulus.clone())).unsigned_abs();
    }
    if exponent == UBig::ZERO {
        exponent = UBig::ZERO;
    }
    let ring = ConstDivisor::new(modulus.clone());
    let result = IBig::from(ring.reduce(base).pow(&exponent).residue());
    let result = if z.is_negative() && result != IBig::ZERO { result - IBig::from(modulus) } else { result };
    Ok(from_bigint(result))
}

fn power(a: Value, x: Num<'_>, b: Value, y: Num<'_>) -> R<Ref> {
    if y.is_negative() {
        // As floats.
        return crate::float::pow(float(a)?.v(), float(b)?.v(), Value::NONE);
    }
    if let (Num::Word(x), Num::Word(y)) = (x, y)
        && y <= 127
        && let Some(z) = x.checked_pow(y as u32)
    {
        return Ok(from_i128(z));
    }
    match x {
        Num::Word(0 | 1) => return Ok(from_i64(if is_zero(y) || !is_zero(x) { 1 } else { 0 })),
        Num::Word(-1) => {
            let odd = int::bit(&y.big(), 0);
            return Ok(from_i64(if odd { -1 } else { 1 }));
        }
        _ => {}
    }
    let Num::Word(y) = y else { return Err(memory_error()) };
    let bits = (x.bit_length() as i128 - 1).saturating_mul(y);
    if bits > RESULT_BITS_MAX as i128 {
        return Err(memory_error());
    }
    Ok(from_bigint(x.big().pow(y as usize)))
}

fn lshift(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if y.is_negative() {
        return Err(value_error("negative shift count"));
    }
    if is_zero(x) {
        return Ok(from_i64(0));
    }
    let Num::Word(n) = y else { return Err(overflow_error("too many digits in integer")) };
    if n > i64::MAX as i128 {
        return Err(overflow_error("too many digits in integer"));
    }
    if let Num::Word(w) = x
        && n < 127
        && (w << n) >> n == w
    {
        return Ok(from_i128(w << n));
    }
    if n as usize + x.bit_length() > RESULT_BITS_MAX {
        return Err(memory_error());
    }
    Ok(from_bigint(&*x.big() << n as usize))
}

fn rshift(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if y.is_negative() {
        return Err(value_error("negative shift count"));
    }
    match (x, y) {
        (Num::Word(x), Num::Word(n)) => Ok(from_i128(x >> n.min(127))),
        (Num::Big(x), Num::Word(n)) if n <= int::bit_length(x) as i128 => Ok(from_bigint(x >> n as usize)),
        _ => Ok(from_i64(if x.is_negative() { -1 } else { 0 })),
    }
}

fn and(a: Value, b: Value) -> R<Ref> {
    match operands!(a, b) {
        (Num::Word(x), Num::Word(y)) => Ok(from_i128(x & y)),
        (x, y) => Ok(from_bigint(&*x.big() & &*y.big())),
    }
}

fn or(a: Value, b: Value) -> R<Ref> {
    match operands!(a, b) {
        (Num::Word(x), Num::Word(y)) => Ok(from_i128(x | y)),
        (x, y) => Ok(from_bigint(&*x.big() | &*y.big())),
    }
}

fn xor(a: Value, b: Value) -> R<Ref> {
    match operands!(a, b) {
        (Num::Word(x), Num::Word(y)) => Ok(from_i128(x ^ y)),
        (x, y) => Ok(from_bigint(&*x.big() ^ &*y.big())),
    }
}

fn neg(v: Value) -> R<Ref> {
    match num(v) {
        Some(Num::Word(w)) if w != i128::MIN => Ok(from_i128(-w)),
        Some(n) => Ok(from_bigint(-n.big().clone())),
        None => Ok(Ref::not_implemented()),
    }
}

/// `+v`, `int(v)`: the plain int.
pub fn pos(v: Value) -> R<Ref> {
    Ok(int::exact(v))
}

fn abs(v: Value) -> R<Ref> {
    if num(v).is_some_and(Num::is_negative) { neg(v) } else { pos(v) }
}

fn invert(v: Value) -> R<Ref> {
    match num(v) {
        Some(Num::Word(w)) => Ok(from_i128(!w)),
        Some(Num::Big(b)) => Ok(from_bigint(!b)),
        None => Ok(Ref::not_implemented()),
    }
}

fn truth(v: Value) -> R<bool> {
    Ok(!num(v).is_some_and(is_zero))
}

fn float(v: Value) -> R<Ref> {
    match num(v).and_then(int::to_f64) {
        Some(f) => Ok(crate::float::from_f64(f)),
        None => Err(overflow_error("int too large to convert to float")),
    }
}

fn bool_and(a: Value, b: Value) -> R<Ref> {
    if a.is_bool() && b.is_bool() { Ok(Ref::bool(a == Value::TRUE && b == Value::TRUE)) } else { and(a, b) }
}

fn bool_or(a: Value, b: Value) -> R<Ref> {
    if a.is_bool() && b.is_bool() { Ok(Ref::bool(a == Value::TRUE || b == Value::TRUE)) } else { or(a, b) }
}

fn bool_xor(a: Value, b: Value) -> R<Ref> {
    if a.is_bool() && b.is_bool() { Ok(Ref::bool(a != b)) } else { xor(a, b) }
}

fn bool_invert(v: Value) -> R<Ref> {
    invert(v)
}

/// The sign of a number: -1, 0 or 1.
pub fn signum(b: &IBig) -> i32 {
    if *b == IBig::ZERO {
        0
    } else if b.sign() == Sign::Negative {
        -1
    } else {
        1
    }
}
