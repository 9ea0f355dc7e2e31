//! int and bool: the types, their values in machine form, construction and conversion.
//!
//! Ints of 61 bits are immediates; others are [`IntObject`]s around dashu's `IBig`, which keeps up to two words in place. An instance of a
//! subclass is an [`IntObject`] whatever its value.

use crate::prelude::*;
use dashu_int::ops::BitTest;
use dashu_int::{IBig, Sign, UBig};
use dxpyc_abi::{SMALL_INT_MAX, SMALL_INT_MIN};

/// An int beyond 61 bits, or an instance of a subclass of int.
#[repr(C)]
pub struct IntObject {
    header: Header,
    value: IBig,
}

object_type!(IntObject, INT);

/// `int`.
#[unsafe(export_name = "dxp_type_int")]
pub static INT: Type = Type::builtin::<IntObject>(
    "int",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::INT | type_flags::BASE | type_flags::MATCH_SELF,
    crate::int_ops::SLOTS,
    Some(&crate::int_methods::INT_DECL),
)
.dealloc_by(crate::type_object::dealloc_as::<IntObject>);

/// `bool`.
#[unsafe(export_name = "dxp_type_bool")]
pub static BOOL: Type = Type::builtin::<IntObject>(
    "bool",
    "builtins",
    Some(&INT),
    type_flags::INT | type_flags::MATCH_SELF,
    crate::int_ops::BOOL_SLOTS,
    Some(&crate::int_methods::BOOL_DECL),
);

/// An int's value: a machine word pair, or a reference to a longer one.
#[derive(Clone, Copy)]
pub enum Num<'a> {
    Word(i128),
    Big(&'a IBig),
}

/// An owned or borrowed big int.
pub enum BigRef<'a> {
    Owned(IBig),
    Borrowed(&'a IBig),
}

impl std::ops::Deref for BigRef<'_> {
    type Target = IBig;
    #[inline]
    fn deref(&self) -> &IBig {
        match self {
            BigRef::Owned(b) => b,
            BigRef::Borrowed(b) => b,
        }
    }
}

impl<'a> Num<'a> {
    /// As a big int.
    #[inline]
    pub fn big(self) -> BigRef<'a> {
        match self {
            Num::Word(w) => BigRef::Owned(IBig::from(w)),
            Num::Big(b) => BigRef::Borrowed(b),
        }
    }
    /// Below zero.
    pub fn is_negative(self) -> bool {
        match self {
            Num::Word(w) => w < 0,
            Num::Big(b) => b.sign() == Sign::Negative,
        }
    }
    /// Bits of the magnitude.
    pub fn bit_length(self) -> usize {
        match self {
            Num::Word(w) => 128 - w.unsigned_abs().leading_zeros() as usize,
            Num::Big(b) => bit_length(b),
        }
    }
}

/// Bits of the magnitude.
pub fn bit_length(b: &IBig) -> usize {
    let words = b.as_sign_words().1;
    match words.last() {
        None => 0,
        Some(top) => words.len() * 64 - top.leading_zeros() as usize,
    }
}

/// A big int that fits two words with a sign.
#[inline]
pub fn big_as_i128(b: &IBig) -> Option<i128> {
    let (sign, words) = b.as_sign_words();
    let magnitude = match words {
        [] => 0,
        [low] => *low as u128,
        [low, high] => (*high as u128) << 64 | *low as u128,
        _ => return None,
    };
    match sign {
        Sign::Positive => i128::try_from(magnitude).ok(),
        Sign::Negative if magnitude <= 1 << 127 => Some((magnitude as i128).wrapping_neg()),
        Sign::Negative => None,
    }
}

/// Immediate ints and bools.
#[inline(always)]
pub fn small(v: Value) -> Option<i64> {
    if v.is_small_int() {
        Some(v.small_int_unchecked())
    } else if v.is_bool() {
        Some((v.0 == Value::TRUE.0) as i64)
    } else {
        None
    }
}

/// The value of an int (or subclass instance, bool included).
#[inline]
pub fn num<'a>(v: Value) -> Option<Num<'a>> {
    if let Some(i) = small(v) {
        return Some(Num::Word(i as i128));
    }
    let big = &heap(v)?.value;
    Some(match big_as_i128(big) {
        Some(w) => Num::Word(w),
        None => Num::Big(big),
    })
}

#[inline]
fn heap<'a>(v: Value) -> Option<&'a IntObject> {
    if v.is_pointer() && type_of(v).has(type_flags::INT) { Some(crate::cast::get_unchecked(v)) } else { None }
}

/// Whether the value is an int or an instance of a subclass.
#[inline]
pub fn is_int(v: Value) -> bool {
    small(v).is_some() || heap(v).is_some()
}

/// Whether the value's type is exactly int.
#[inline]
pub fn is_exact_int(v: Value) -> bool {
    v.is_small_int() || is_exact(v, &INT)
}

/// An int of any i64.
#[inline]
pub fn from_i64(i: i64) -> Ref {
    match Value::try_small_int(i) {
        Some(v) => Ref::from_owned(v),
        None => allocate(IBig::from(i)),
    }
}

/// An int of any u64.
#[inline]
pub fn from_u64(i: u64) -> Ref {
    if i <= SMALL_INT_MAX as u64 { Ref::from_owned(Value::from_small_int(i as i64)) } else { allocate(IBig::from(i)) }
}

/// An int of any i128.
#[inline]
pub fn from_i128(i: i128) -> Ref {
    if i >= SMALL_INT_MIN as i128 && i <= SMALL_INT_MAX as i128 {
        Ref::from_owned(Value::from_small_int(i as i64))
    } else {
        allocate(IBig::from(i))
    }
}

/// An int of any size.
#[inline]
pub fn from_bigint(b: IBig) -> Ref {
    if let (sign, words) = b.as_sign_words()
        && words.len() <= 1
    {
        let magnitude = words.first().copied().unwrap_or(0);
        if magnitude <= 1 << 60 {
            let i = if sign == Sign::Negative { -(magnitude as i64) } else { magnitude as i64 };
            if let Some(v) = Value::try_small_int(i) {
                return Ref::from_owned(v);
            }
        }
    }
    allocate(b)
}

/// An int of a magnitude.
pub fn from_ubig(b: UBig) -> Ref {
    from_bigint(IBig::from(b))
}

#[inline(never)]
fn allocate(value: IBig) -> Ref {
    new_object(IntObject { header: crate::cast::fresh_header(), value })
}

/// An instance of `class`, a subclass of int (not bool).
pub fn new_of_class(class: &'static Type, value: Num<'_>) -> Ref {
    let value = match value {
        Num::Word(w) => IBig::from(w),
        Num::Big(b) => b.clone(),
    };
    crate::cast::new_object_of(class, IntObject { header: crate::cast::fresh_header(), value })
}

/// The plain int with the value of an int, a bool or a subclass instance.
pub fn exact(v: Value) -> Ref {
    if v.is_small_int() || is_exact(v, &INT) {
        return Ref::new(v);
    }
    match num(v) {
        Some(Num::Word(w)) => from_i128(w),
        Some(Num::Big(b)) => from_bigint(b.clone()),
        None => Ref::new(v),
    }
}

/// The value as i64 when it is an int and fits.
#[inline]
pub fn as_i64_exact(v: Value) -> Option<i64> {
    if let Some(i) = small(v) {
        return Some(i);
    }
    match num(v)? {
        Num::Word(w) => i64::try_from(w).ok(),
        Num::Big(_) => None,
    }
}

/// A copy of the value as a big int.
pub fn to_bigint(v: Value) -> Option<IBig> {
    Some(match num(v)? {
        Num::Word(w) => IBig::from(w),
        Num::Big(b) => b.clone(),
    })
}

/// `__index__` as i64: OverflowError when it does not fit.
pub fn index_i64(v: Value) -> R<i64> {
    if let Some(i) = small(v) {
        return Ok(i);
    }
    index_or(v, |_| Err(overflow_error("Python int too large to convert to C ssize_t")))
}

/// `__index__` as i64, what does not fit becomes i64::MIN or i64::MAX.
pub fn index_clamped(v: Value) -> R<i64> {
    index_or(v, |negative| Ok(if negative { i64::MIN } else { i64::MAX }))
}

/// `__index__` as i64 with a fallback that is told the sign.
pub fn index_or(v: Value, fallback: impl FnOnce(bool) -> R<i64>) -> R<i64> {
    let index;
    let v = if is_int(v) {
        v
    } else {
        index = crate::ops::index(v)?;
        index.v()
    };
    match as_i64_exact(v) {
        Some(i) => Ok(i),
        None => fallback(num(v).is_some_and(Num::is_negative)),
    }
}

/// `__index__` as a C int.
pub fn index_i32(v: Value) -> R<i32> {
    let i = index_or(v, |_| Err(overflow_error("Python int too large to convert to C int")))?;
    i32::try_from(i).map_err(|_| overflow_error("Python int too large to convert to C int"))
}

/// The modulus of numeric hashes, 2^61 - 1.
pub const HASH_MODULUS: u64 = (1 << 61) - 1;

/// Hash of a machine integer.
#[inline]
pub fn hash_i64(i: i64) -> i64 {
    let h = (i.unsigned_abs() % HASH_MODULUS) as i64;
    let h = if i < 0 { -h } else { h };
    if h == -1 { -2 } else { h }
}

fn hash_big(b: &IBig) -> i64 {
    let (sign, words) = b.as_sign_words();
    let mut h = 0u128;
    for &w in words.iter().rev() {
        h = ((h << 64) | w as u128) % HASH_MODULUS as u128;
    }
    let h = if sign == Sign::Negative { -(h as i64) } else { h as i64 };
    if h == -1 { -2 } else { h }
}

/// Hash of an int (0 for other values).
pub fn hash_int(v: Value) -> i64 {
    match small(v) {
        Some(i) => hash_i64(i),
        None => heap(v).map_or(0, |o| hash_big(&o.value)),
    }
}

/// The nearest double, ties to even; None when it is beyond the range.
pub fn to_f64(n: Num<'_>) -> Option<f64> {
    match n {
        Num::Word(w) => Some(w as f64),
        Num::Big(b) => big_to_f64(b),
    }
}

/// As [`to_f64`].
pub fn big_to_f64(b: &IBig) -> Option<f64> {
    let (sign, words) = b.as_sign_words();
    let (mantissa, exponent) = top_bits(words);
    let magnitude = mantissa as f64;
    if exponent > 1024 - 64 {
        return None;
    }
    let result = magnitude * f64::from_bits(((exponent as u64) + 1023) << 52);
    if result.is_infinite() {
        return None;
    }
    Some(if sign == Sign::Negative { -result } else { result })
}

/// The top 64 bits with everything below folded into the lowest one, and the exponent.
pub fn top_bits(words: &[u64]) -> (u64, usize) {
    let Some(&top) = words.last() else { return (0, 0) };
    let n = words.len();
    if n == 1 {
        return (top, 0);
    }
    let shift = top.leading_zeros();
    let mut mantissa = top;
    let mut rest = words[n - 2];
    if shift > 0 {
        mantissa = top << shift | words[n - 2] >> (64 - shift);
        rest = words[n - 2] << shift;
    }
    if rest != 0 || words[..n - 2].iter().any(|&w| w != 0) {
        mantissa |= 1;
    }
    (mantissa, (n - 1) * 64 - shift as usize)
}

/// An int of a float that is integral (truncated otherwise). Not for NaN and infinities.
pub fn from_f64_truncated(f: f64) -> Ref {
    if f.abs() < 9.0e18 {
        return from_i64(f as i64);
    }
    from_bigint(big_from_f64(f))
}

/// The integral part of a finite float.
pub fn big_from_f64(f: f64) -> IBig {
    let bits = f.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let mantissa = (bits & ((1 << 52) - 1)) | 1 << 52;
    let magnitude = if exponent >= 0 {
        UBig::from(mantissa) << exponent as usize
    } else if exponent > -64 {
        UBig::from(mantissa >> -exponent)
    } else {
        UBig::ZERO
    };
    IBig::from_parts(if f < 0.0 { Sign::Negative } else { Sign::Positive }, magnitude)
}

/// Decimal digits without the digit limit.
pub fn to_string(v: Value) -> String {
    match num(v) {
        Some(Num::Word(w)) => match i64::try_from(w) {
            Ok(i) => i.to_string(),
            Err(_) => IBig::from(w).to_string(),
        },
        Some(Num::Big(b)) => b.to_string(),
        None => String::new(),
    }
}

/// Parses Python's int syntax (`int(text, base)`).
pub fn parse(text: &str, base: u32) -> R<Ref> {
    use crate::int_text as text_form;
    text_form::parse_ascii(&text_form::to_ascii_digits(text), base).map_err(|e| text_form::raise(e, base, crate::str::from_str(text).v()))
}

/// Number of trailing zero bits of a magnitude.
pub fn trailing_zeros(b: &UBig) -> usize {
    b.trailing_zeros().unwrap_or(0)
}

/// Whether bit `n` of the two's complement form is set.
pub fn bit(b: &IBig, n: usize) -> bool {
    b.bit(n)
}
