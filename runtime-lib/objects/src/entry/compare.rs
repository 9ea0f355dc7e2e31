//! Entries: rich comparisons, as values and as truths.

use super::{truth, value};
use crate::ops;
use crate::prelude::*;
use std::cmp::Ordering;

/// The ordering of two small ints or floats; None: something else, or NaN.
#[inline(always)]
fn quick(a: Value, b: Value) -> Option<Ordering> {
    if a.is_small_int() && b.is_small_int() {
        return Some((a.0 as i64).cmp(&(b.0 as i64)));
    }
    if a.is_imm_float() {
        if b.is_imm_float() {
            return a.imm_float_unchecked().partial_cmp(&b.imm_float_unchecked());
        }
        if let Some(y) = exact_double(b) {
            return a.imm_float_unchecked().partial_cmp(&y);
        }
    } else if b.is_imm_float()
        && let Some(x) = exact_double(a)
    {
        return x.partial_cmp(&b.imm_float_unchecked());
    }
    None
}

/// A small int as a double, if that is exact.
#[inline(always)]
fn exact_double(v: Value) -> Option<f64> {
    let i = v.as_small_int()?;
    if i.unsigned_abs() <= 1 << 53 { Some(i as f64) } else { None }
}

/// The ordering of two strs of one latin-1 character.
#[inline(always)]
fn characters(a: Value, b: Value) -> Option<Ordering> {
    if !a.is_pointer() || !b.is_pointer() || !crate::str::is_exact_str(a) || !crate::str::is_exact_str(b) {
        return None;
    }
    let (x, y) = (crate::str::object(a), crate::str::object(b));
    if x.len != 1 || y.len != 1 || x.kind | y.kind != 1 {
        return None;
    }
    Some(crate::str::raw_bytes(x)[0].cmp(&crate::str::raw_bytes(y)[0]))
}

macro_rules! compare {
    ($($name:ident $truth:ident $op:ident;)*) => { $(
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value, b: Value) -> Value {
            if let Some(o) = quick(a, b) { return Value::from_bool(CompareOp::$op.holds(o)) }
            value(ops::compare(a, b, CompareOp::$op))
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $truth(a: Value, b: Value) -> i32 {
            if let Some(o) = quick(a, b).or_else(|| characters(a, b)) { return CompareOp::$op.holds(o) as i32 }
            slow(a, b, CompareOp::$op)
        }
    )* };
}
compare! {
    dxp_eq dxp_eq_true Eq; dxp_ne dxp_ne_true Ne; dxp_lt dxp_lt_true Lt; dxp_le dxp_le_true Le; dxp_gt dxp_gt_true Gt; dxp_ge dxp_ge_true Ge;
}

#[inline(never)]
fn slow(a: Value, b: Value, op: CompareOp) -> i32 {
    if crate::str::is_exact_str(a) && crate::str::is_exact_str(b) {
        return match op {
            CompareOp::Eq => crate::str::eq(a, b),
            CompareOp::Ne => !crate::str::eq(a, b),
            _ => op.holds(crate::str::cmp(a, b)),
        } as i32;
    }
    truth(ops::compare_true(a, b, op))
}
