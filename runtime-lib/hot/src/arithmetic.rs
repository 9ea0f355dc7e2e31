//! Operators on small ints and floats.

use crate::slow;
use core::hint::cold_path;
use dxpyc_abi::{TAG_MASK, Value};

#[inline(always)]
fn both_small(a: Value, b: Value) -> bool {
    (a.0 | b.0) & TAG_MASK == 0
}

/// Both operands as floats, when both are immediate numbers and at least one is a float.
#[inline(always)]
fn as_floats(a: Value, b: Value) -> Option<(f64, f64)> {
    if a.is_imm_float() {
        if b.is_imm_float() {
            return Some((a.imm_float_unchecked(), b.imm_float_unchecked()));
        }
        if b.is_small_int() {
            return exact(b).map(|b| (a.imm_float_unchecked(), b));
        }
    } else if b.is_imm_float() && a.is_small_int() {
        return exact(a).map(|a| (a, b.imm_float_unchecked()));
    }
    None
}

/// A small int as a float; Python converts with correct rounding, as the hardware does.
#[inline(always)]
fn exact(v: Value) -> Option<f64> {
    Some(v.small_int_unchecked() as f64)
}

#[inline(always)]
fn float(x: f64) -> Value {
    match Value::try_imm_float(x) {
        Some(v) => v,
        None => slow::dxp_box_f64(x),
    }
}

macro_rules! add_like {
    ($name:ident, $slow:ident, $int:ident, $float:tt) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value, b: Value) -> Value {
            if both_small(a, b)
                && let Some(bits) = (a.0 as i64).$int(b.0 as i64)
            {
                return Value(bits as u64);
            }
            if let Some((x, y)) = as_floats(a, b) {
                return float(x $float y);
            }
            cold_path();
            slow::$slow(a, b)
        }
    };
}

add_like!(dxp_hot_add, dxp_add, checked_add, +);
add_like!(dxp_hot_iadd, dxp_iadd, checked_add, +);
add_like!(dxp_hot_sub, dxp_sub, checked_sub, -);
add_like!(dxp_hot_isub, dxp_isub, checked_sub, -);

#[inline(always)]
fn mul(a: Value, b: Value, slow: extern "C" fn(Value, Value) -> Value) -> Value {
    // One factor untagged, the other tagged: the product comes out tagged.
    if both_small(a, b)
        && let Some(bits) = (a.0 as i64).checked_mul(b.small_int_unchecked())
    {
        return Value(bits as u64);
    }
    if let Some((x, y)) = as_floats(a, b) {
        return float(x * y);
    }
    slow(a, b)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_mul(a: Value, b: Value) -> Value {
    mul(a, b, slow::dxp_mul)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_imul(a: Value, b: Value) -> Value {
    mul(a, b, slow::dxp_imul)
}

#[inline(always)]
fn truediv(a: Value, b: Value, slow: extern "C" fn(Value, Value) -> Value) -> Value {
    const EXACT: i64 = 1 << 53;
    if both_small(a, b) {
        let (x, y) = (a.small_int_unchecked(), b.small_int_unchecked());
        // Both exact as floats: then the quotient is rounded once, as Python's.
        if y != 0 && (-EXACT..=EXACT).contains(&x) && (-EXACT..=EXACT).contains(&y) {
            return float(x as f64 / y as f64);
        }
    } else if let Some((x, y)) = as_floats(a, b)
        && y != 0.0
    {
        return float(x / y);
    }
    slow(a, b)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_truediv(a: Value, b: Value) -> Value {
    truediv(a, b, slow::dxp_truediv)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_itruediv(a: Value, b: Value) -> Value {
    truediv(a, b, slow::dxp_itruediv)
}

#[inline(always)]
fn floordiv(a: Value, b: Value, slow: extern "C" fn(Value, Value) -> Value) -> Value {
    if both_small(a, b) {
        let (x, y) = (a.small_int_unchecked(), b.small_int_unchecked());
        if y > 0 {
            let quotient = x.wrapping_div(y);
            let remainder = x.wrapping_rem(y);
            return Value::from_small_int(quotient - i64::from(remainder < 0));
        }
    }
    slow(a, b)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_floordiv(a: Value, b: Value) -> Value {
    floordiv(a, b, slow::dxp_floordiv)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_ifloordiv(a: Value, b: Value) -> Value {
    floordiv(a, b, slow::dxp_ifloordiv)
}

#[inline(always)]
fn remainder(a: Value, b: Value, slow: extern "C" fn(Value, Value) -> Value) -> Value {
    if both_small(a, b) {
        let (x, y) = (a.small_int_unchecked(), b.small_int_unchecked());
        if y > 0 {
            let remainder = x.wrapping_rem(y);
            return Value::from_small_int(if remainder < 0 { remainder + y } else { remainder });
        }
    }
    slow(a, b)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_mod(a: Value, b: Value) -> Value {
    remainder(a, b, slow::dxp_mod)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_imod(a: Value, b: Value) -> Value {
    remainder(a, b, slow::dxp_imod)
}

#[inline(always)]
fn lshift(a: Value, b: Value, slow: extern "C" fn(Value, Value) -> Value) -> Value {
    if both_small(a, b) {
        let (x, shift) = (a.small_int_unchecked(), b.small_int_unchecked());
        if (0..60).contains(&shift) {
            let shifted = x << shift;
            if shifted >> shift == x
                && let Some(v) = Value::try_small_int(shifted)
            {
                return v;
            }
        }
    }
    slow(a, b)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_lshift(a: Value, b: Value) -> Value {
    lshift(a, b, slow::dxp_lshift)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_ilshift(a: Value, b: Value) -> Value {
    lshift(a, b, slow::dxp_ilshift)
}

#[inline(always)]
fn rshift(a: Value, b: Value, slow: extern "C" fn(Value, Value) -> Value) -> Value {
    if both_small(a, b) {
        let (x, shift) = (a.small_int_unchecked(), b.small_int_unchecked());
        if shift >= 0 {
            return Value::from_small_int(x >> if shift > 63 { 63 } else { shift });
        }
    }
    slow(a, b)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_rshift(a: Value, b: Value) -> Value {
    rshift(a, b, slow::dxp_rshift)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_irshift(a: Value, b: Value) -> Value {
    rshift(a, b, slow::dxp_irshift)
}

macro_rules! bitwise {
    ($name:ident, $slow:ident, $op:tt) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value, b: Value) -> Value {
            if both_small(a, b) { Value(a.0 $op b.0) } else { slow::$slow(a, b) }
        }
    };
}

bitwise!(dxp_hot_and, dxp_and, &);
bitwise!(dxp_hot_or, dxp_or, |);
bitwise!(dxp_hot_xor, dxp_xor, ^);
bitwise!(dxp_hot_iand, dxp_iand, &);
bitwise!(dxp_hot_ior, dxp_ior, |);
bitwise!(dxp_hot_ixor, dxp_ixor, ^);

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_neg(a: Value) -> Value {
    if a.is_small_int()
        && let Some(bits) = (a.0 as i64).checked_neg()
    {
        return Value(bits as u64);
    }
    if a.is_imm_float() {
        return float(-a.imm_float_unchecked());
    }
    slow::dxp_neg(a)
}

unsafe extern "C" {
    safe fn pow(x: f64, y: f64) -> f64;
}

#[inline(always)]
fn power(a: Value, b: Value, slow: extern "C" fn(Value, Value) -> Value) -> Value {
    if b.is_small_int() && b.small_int_unchecked() == 2 {
        if a.is_small_int()
            && let Some(bits) = (a.0 as i64).checked_mul(a.small_int_unchecked())
        {
            return Value(bits as u64);
        }
        // Not the product: C's pow may round it another way, and Python has C's.
        if a.is_imm_float()
            && let Some(v) = Value::try_imm_float(pow(a.imm_float_unchecked(), 2.0))
        {
            return v;
        }
    }
    if a.is_imm_float() && b.is_imm_float() && a.imm_float_unchecked() > 0.0 {
        // What is not immediate may be an overflow, which raises.
        if let Some(v) = Value::try_imm_float(pow(a.imm_float_unchecked(), b.imm_float_unchecked())) {
            return v;
        }
    }
    slow(a, b)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_pow(a: Value, b: Value) -> Value {
    power(a, b, slow::dxp_pow)
}
