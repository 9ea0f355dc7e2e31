//! float: the type, its values and operators.
//!
//! Most floats are immediates (see `abi::value`); the rest, NaN and the infinities included, are [`FloatObject`]s.

use crate::int::{self, Num};
pub use crate::libm::ldexp;
use crate::libm::{fmod, frexp};
use crate::prelude::*;
pub use dxpyc_abi::FloatObject;
use std::cmp::Ordering;

object_type!(FloatObject, FLOAT);

/// `float`.
#[unsafe(export_name = "dxp_type_float")]
pub static FLOAT: Type = Type::builtin::<FloatObject>(
    "float",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::FLOAT | type_flags::BASE | type_flags::MATCH_SELF,
    SLOTS,
    Some(&crate::float_methods::FLOAT_DECL),
)
.dealloc_by(crate::type_object::dealloc_block);

const SLOTS: Slots = Slots {
    repr: Some(float_repr),
    hash: Some(float_hash),
    compare: Some(compare),
    new: Some(crate::float_methods::float_new),
    add: Some(add),
    sub: Some(sub),
    mul: Some(mul),
    truediv: Some(truediv),
    floordiv: Some(floordiv),
    modulo: Some(modulo),
    divmod: Some(divmod),
    pow: Some(pow),
    neg: Some(neg),
    pos: Some(pos),
    abs: Some(abs),
    truth: Some(truth),
    int: Some(to_int),
    float: Some(pos),
    ..Slots::NONE
};

/// A float value.
#[inline]
pub fn from_f64(f: f64) -> Ref {
    match Value::try_imm_float(f) {
        Some(v) => Ref::from_owned(v),
        None => allocate(&FLOAT, f),
    }
}

#[inline(never)]
fn allocate(class: &'static Type, value: f64) -> Ref {
    crate::cast::new_object_of(class, FloatObject { header: crate::cast::fresh_header(), value })
}

/// An instance of a subclass of float (or a float).
pub fn new_of_class(class: &'static Type, value: f64) -> Ref {
    if std::ptr::eq(class, &FLOAT) { from_f64(value) } else { allocate(class, value) }
}

/// The value of a float or of an instance of a subclass.
#[inline]
pub fn as_f64_exact(v: Value) -> Option<f64> {
    if v.is_imm_float() {
        return Some(v.imm_float_unchecked());
    }
    if v.is_pointer() && type_of(v).has(type_flags::FLOAT) {
        return Some(crate::cast::get_unchecked::<FloatObject>(v).value);
    }
    None
}

/// Any real number as a double: `__float__`, then `__index__`.
pub fn as_f64(v: Value) -> R<f64> {
    if let Some(f) = as_f64_exact(v) {
        return Ok(f);
    }
    if let Some(i) = int::small(v) {
        return Ok(i as f64);
    }
    let slots = type_of(v).slots();
    if let Some(f) = slots.float {
        let result = f(v)?;
        return match as_f64_exact(result.v()) {
            Some(f) => Ok(f),
            None => Err(type_error(format!(
                "{}.__float__ returned non-float (type {})",
                crate::type_object::display_name(v),
                crate::type_object::display_name(result.v())
            ))),
        };
    }
    if slots.index.is_some() {
        let index = crate::ops::index(v)?;
        return int_to_f64(index.v());
    }
    Err(type_error(format!("must be real number, not {}", crate::type_object::display_name(v))))
}

/// An int as a double: OverflowError when it is too large.
pub fn int_to_f64(v: Value) -> R<f64> {
    if let Some(i) = int::small(v) {
        return Ok(i as f64);
    }
    match int::num(v).and_then(int::to_f64) {
        Some(f) => Ok(f),
        None => Err(overflow_error("int too large to convert to float")),
    }
}

/// The shortest text that reads back as the same double, in CPython's layout.
pub fn repr_f64(f: f64) -> String {
    crate::float_text::repr(f)
}

/// Hash of a float that is not NaN (0 for NaN: its hash depends on the object).
pub fn hash_f64(f: f64) -> i64 {
    if f.is_nan() {
        return 0;
    }
    if f.is_infinite() {
        return if f > 0.0 { 314159 } else { -314159 };
    }
    if f.abs() < 9.0e18 && f == f.trunc() {
        return int::hash_i64(f as i64);
    }
    let (mut m, mut e) = frexp(f.abs());
    let mut x: u64 = 0;
    while m != 0.0 {
        x = (x << 28) & int::HASH_MODULUS | x >> (61 - 28);
        m *= (1u64 << 28) as f64;
        e -= 28;
        let y = m as u64;
        m -= y as f64;
        x += y;
        if x >= int::HASH_MODULUS {
            x -= int::HASH_MODULUS;
        }
    }
    let e = e.rem_euclid(61) as u32;
    let x = ((x << e) & int::HASH_MODULUS | x >> (61 - e)) as i64;
    let x = if f < 0.0 { -x } else { x };
    if x == -1 { -2 } else { x }
}

fn float_hash(v: Value) -> R<i64> {
    match as_f64_exact(v) {
        Some(f) if f.is_nan() => Ok(((v.address() as u64).rotate_right(4)) as i64),
        Some(f) => Ok(hash_f64(f)),
        None => Ok(0),
    }
}

fn float_repr(v: Value) -> R<Ref> {
    Ok(crate::str::from_str(&repr_f64(as_f64_exact(v).unwrap_or(0.0))))
}

/// An operand of a float operator: a float, or an int (None: neither).
#[inline]
fn operand(v: Value) -> R<Option<f64>> {
    if v.is_imm_float() {
        return Ok(Some(v.imm_float_unchecked()));
    }
    if v.is_small_int() {
        return Ok(Some(v.small_int_unchecked() as f64));
    }
    if let Some(f) = as_f64_exact(v) {
        return Ok(Some(f));
    }
    if int::is_int(v) {
        return int_to_f64(v).map(Some);
    }
    Ok(None)
}

macro_rules! operands {
    ($a:ident, $b:ident) => {{
        let Some(x) = operand($a)? else { return Ok(Ref::not_implemented()) };
        let Some(y) = operand($b)? else { return Ok(Ref::not_implemented()) };
        (x, y)
    }};
}

fn add(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    Ok(from_f64(x + y))
}

fn sub(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    Ok(from_f64(x - y))
}

fn mul(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    Ok(from_f64(x * y))
}

#[cold]
fn by_zero() -> Raised {
    zero_division("division by zero")
}

fn truediv(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if y == 0.0 {
        return Err(by_zero());
    }
    Ok(from_f64(x / y))
}

/// `x % y` with the divisor's sign; y is not 0.
pub fn py_fmod(x: f64, y: f64) -> f64 {
    let r = fmod(x, y);
    if r == 0.0 {
        0f64.copysign(y)
    } else if (y < 0.0) != (r < 0.0) {
        r + y
    } else {
        r
    }
}

/// Floor quotient and remainder; y is not 0.
pub fn py_divmod(x: f64, y: f64) -> (f64, f64) {
    let mut r = fmod(x, y);
    let mut quotient = (x - r) / y;
    if r == 0.0 {
        r = 0f64.copysign(y);
    } else if (y < 0.0) != (r < 0.0) {
        r += y;
        quotient -= 1.0;
    }
    let floor = if quotient == 0.0 {
        0f64.copysign(x / y)
    } else {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    };
    (floor, r)
}

fn floordiv(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if y == 0.0 {
        return Err(by_zero());
    }
    Ok(from_f64(py_divmod(x, y).0))
}

fn modulo(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if y == 0.0 {
        return Err(by_zero());
    }
    Ok(from_f64(py_fmod(x, y)))
}

fn divmod(a: Value, b: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if y == 0.0 {
        return Err(by_zero());
    }
    let (q, r) = py_divmod(x, y);
    Ok(crate::tuple::from_refs(vec![from_f64(q), from_f64(r)]))
}

/// OverflowError(34, 'Numerical result out of range').
#[cold]
pub fn range_error() -> Raised {
    let text = crate::str::from_str("Numerical result out of range");
    raise_instance(crate::exceptions::new_with_args(
        &crate::exceptions::OVERFLOW_ERROR,
        &[Value::from_small_int(34), text.v()],
    ))
}

/// `a ** b`.
pub fn pow(a: Value, b: Value, c: Value) -> R<Ref> {
    if !c.is_none() {
        return Err(type_error("pow() 3rd argument not allowed unless all arguments are integers"));
    }
    let (x, y) = operands!(a, b);
    match pow_f64(x, y)? {
        Some(z) => Ok(from_f64(z)),
        None => crate::complex::pow_parts((x, 0.0), (y, 0.0)),
    }
}

/// Python's power of doubles; None: the result is complex.
pub fn pow_f64(x: f64, y: f64) -> R<Option<f64>> {
    let odd = || fmod(y.abs(), 2.0) == 1.0;
    if y == 0.0 {
        return Ok(Some(1.0));
    }
    if x.is_nan() {
        return Ok(Some(x));
    }
    if y.is_nan() {
        return Ok(Some(if x == 1.0 { 1.0 } else { y }));
    }
    if y.is_infinite() {
        let x = x.abs();
        return Ok(Some(if x == 1.0 {
            1.0
        } else if (y > 0.0) == (x > 1.0) {
            f64::INFINITY
        } else {
            0.0
        }));
    }
    if x.is_infinite() {
        return Ok(Some(match (y > 0.0, odd()) {
            (true, true) => x,
            (true, false) => x.abs(),
            (false, true) => 0f64.copysign(x),
            (false, false) => 0.0,
        }));
    }
    if x == 0.0 {
        if y < 0.0 {
            return Err(zero_division("zero to a negative power"));
        }
        return Ok(Some(if odd() { x } else { 0.0 }));
    }
    let mut negate = false;
    let mut base = x;
    if x < 0.0 {
        if y != y.floor() {
            return Ok(None);
        }
        base = -x;
        negate = odd();
    }
    if base == 1.0 {
        return Ok(Some(if negate { -1.0 } else { 1.0 }));
    }
    let z = crate::libm::pow(base, y);
    if z.is_infinite() {
        return Err(range_error());
    }
    Ok(Some(if negate { -z } else { z }))
}

fn value(v: Value) -> f64 {
    as_f64_exact(v).unwrap_or(0.0)
}

fn neg(v: Value) -> R<Ref> {
    Ok(from_f64(-value(v)))
}

fn pos(v: Value) -> R<Ref> {
    if v.is_imm_float() || is_exact(v, &FLOAT) { Ok(Ref::new(v)) } else { Ok(from_f64(value(v))) }
}

fn abs(v: Value) -> R<Ref> {
    Ok(from_f64(value(v).abs()))
}

fn truth(v: Value) -> R<bool> {
    Ok(value(v) != 0.0)
}

/// Truncation toward zero.
pub fn to_int(v: Value) -> R<Ref> {
    f64_to_int(value(v))
}

/// Truncation toward zero; ValueError for NaN, OverflowError for infinities.
pub fn f64_to_int(f: f64) -> R<Ref> {
    if f.is_nan() {
        return Err(value_error("cannot convert float NaN to integer"));
    }
    if f.is_infinite() {
        return Err(overflow_error("cannot convert float infinity to integer"));
    }
    Ok(int::from_f64_truncated(f))
}

/// Order of a double and an int, exactly; None for NaN.
pub fn order_with_int(f: f64, n: Num<'_>) -> Option<Ordering> {
    if f.is_nan() {
        return None;
    }
    let floor = f.floor();
    match n {
        Num::Word(w) if floor.abs() < 1.0e38 => Some((floor as i128).cmp(&w).then(f.partial_cmp(&floor)?)),
        _ if f.is_infinite() => Some(if f > 0.0 { Ordering::Greater } else { Ordering::Less }),
        n => Some(int::big_from_f64(floor).cmp(&*n.big()).then(f.partial_cmp(&floor)?)),
    }
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    let Some(x) = as_f64_exact(a) else { return Ok(Ref::not_implemented()) };
    let order = if let Some(y) = as_f64_exact(b) {
        x.partial_cmp(&y)
    } else if let Some(n) = int::num(b) {
        order_with_int(x, n)
    } else {
        return Ok(Ref::not_implemented());
    };
    Ok(Ref::bool(match order {
        Some(o) => op.holds(o),
        None => op == CompareOp::Ne,
    }))
}
