//! Entries: counts, operators, truth.

use super::{status, truth, value};
use crate::dict::{self, DICT};
use crate::ops;
use crate::prelude::*;
use crate::set::SET;
use dxpyc_heap::owned;

#[unsafe(no_mangle)]
pub extern "C" fn dxp_dealloc(object: Value) {
    crate::type_object::dealloc(object)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_decref(v: Value) {
    owned::decref(v)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_decref_many(values: *const Value, n: i64) {
    for v in super::values(values, n) {
        owned::decref(*v);
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_incref(v: Value) {
    owned::incref(v)
}

/// Both operands as floats, if both are immediate floats or small ints and at least one is a float.
#[inline(always)]
fn floats(a: Value, b: Value) -> Option<(f64, f64)> {
    let one = |v: Value| {
        if v.is_imm_float() {
            Some(v.imm_float_unchecked())
        } else {
            // Small ints beyond 2^53 convert with correct rounding by `as`.
            v.as_small_int().map(|i| i as f64)
        }
    };
    if !a.is_imm_float() && !b.is_imm_float() {
        return None;
    }
    Some((one(a)?, one(b)?))
}

#[inline(always)]
fn float(x: f64) -> Value {
    match Value::try_imm_float(x) {
        Some(v) => v,
        None => crate::float::from_f64(x).into_raw(),
    }
}

#[inline(always)]
fn int(i: i64) -> Value {
    match Value::try_small_int(i) {
        Some(v) => v,
        None => crate::int::from_i64(i).into_raw(),
    }
}

const NO_TEXT: Option<fn(Value, Value) -> R<Ref>> = None;

/// Exactly an int, of whatever size.
#[inline(always)]
fn is_int(v: Value) -> bool {
    v.is_small_int() || crate::cast::is_exact_object(v, &crate::int::INT)
}

#[inline(always)]
fn both_str(a: Value, b: Value) -> bool {
    crate::str::is_exact_str(a) && crate::str::is_exact_str(b)
}

macro_rules! arithmetic {
    ($($name:ident $f:ident $big:path, $int:expr, $float:expr, $text:expr;)*) => { $(
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value, b: Value) -> Value {
            if a.is_small_int() && b.is_small_int() {
                let op: fn(i64, i64) -> Option<i64> = $int;
                if let Some(i) = op(a.small_int_unchecked(), b.small_int_unchecked()) { return int(i) }
            } else if let Some((x, y)) = floats(a, b) {
                let op: fn(f64, f64) -> f64 = $float;
                return float(op(x, y));
            } else if let Some(concat) = $text
                && both_str(a, b)
            {
                return value(concat(a, b));
            } else if is_int(a) && is_int(b) {
                return value($big(a, b));
            }
            value(ops::$f(a, b))
        }
    )* };
}
arithmetic! {
    dxp_add add crate::int_ops::add, |x, y| Some(x + y), |x, y| x + y, Some(crate::str::concat as fn(Value, Value) -> R<Ref>);
    dxp_sub sub crate::int_ops::sub, |x, y| Some(x - y), |x, y| x - y, NO_TEXT;
    dxp_mul mul crate::int_ops::mul, |x, y| x.checked_mul(y), |x, y| x * y, NO_TEXT;
    dxp_iadd iadd crate::int_ops::add, |x, y| Some(x + y), |x, y| x + y, Some(crate::str::concat as fn(Value, Value) -> R<Ref>);
    dxp_isub isub crate::int_ops::sub, |x, y| Some(x - y), |x, y| x - y, NO_TEXT;
    dxp_imul imul crate::int_ops::mul, |x, y| x.checked_mul(y), |x, y| x * y, NO_TEXT;
}

macro_rules! plain {
    ($($name:ident $f:ident;)*) => { $(
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value, b: Value) -> Value {
            value(ops::$f(a, b))
        }
    )* };
}
plain! {
    dxp_matmul matmul; dxp_truediv truediv; dxp_lshift lshift; dxp_rshift rshift;
    dxp_and and; dxp_or or; dxp_xor xor; dxp_imatmul imatmul; dxp_itruediv itruediv; 
    dxp_ipow ipow; dxp_ilshift ilshift; dxp_irshift irshift; dxp_iand iand; dxp_ior ior; dxp_ixor ixor;
}

macro_rules! division {
    ($($name:ident $f:ident $big:ident;)*) => { $(
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value, b: Value) -> Value {
            value(if is_int(a) && is_int(b) { crate::int_ops::$big(a, b) } else { ops::$f(a, b) })
        }
    )* };
}
division! {
    dxp_floordiv floordiv floordiv; dxp_mod modulo modulo; dxp_ifloordiv ifloordiv floordiv; dxp_imod imod modulo;
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_pow(a: Value, b: Value) -> Value {
    value(ops::pow(a, b, Value::NONE))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_neg(a: Value) -> Value {
    if a.is_small_int() {
        return int(-a.small_int_unchecked());
    }
    if a.is_imm_float() {
        return float(-a.imm_float_unchecked());
    }
    value(ops::neg(a))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_pos(a: Value) -> Value {
    value(ops::pos(a))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_invert(a: Value) -> Value {
    if a.is_small_int() {
        return int(!a.small_int_unchecked());
    }
    value(ops::invert(a))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_not(a: Value) -> Value {
    value(ops::not(a).map(Ref::bool))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_truth(a: Value) -> i32 {
    truth(ops::truth(a))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_contains(container: Value, item: Value) -> i32 {
    if item.is_small_int()
        && crate::cast::is_exact_object(container, &SET)
        && let Some(answer) = crate::set::body(container).told(item)
    {
        return answer as i32;
    }
    if let Some(hash) = dict::simple_hash(item) {
        if is_exact(container, &SET) {
            return truth(crate::set::contains_hashed(crate::set::body(container), item, hash));
        }
        if is_exact(container, &DICT) {
            return truth(dict::get_hashed(container, item, hash).map(|found| found.is_some()));
        }
    }
    truth(ops::contains(container, item))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_getitem(object: Value, key: Value) -> Value {
    if is_exact(object, &DICT)
        && let Some(hash) = dict::simple_hash(key)
    {
        return value(match dict::get_hashed(object, key, hash) {
            Ok(Some(found)) => Ok(Ref::new(found)),
            Ok(None) => Err(key_error(key)),
            Err(raised) => Err(raised),
        });
    }
    value(ops::getitem(object, key))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_setitem(object: Value, key: Value, v: Value) -> i32 {
    if is_exact(object, &DICT)
        && let Some(hash) = dict::simple_hash(key)
    {
        return status(dict::set_hashed(object, key, hash, Ref::new(v)));
    }
    status(ops::setitem(object, key, v))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_delitem(object: Value, key: Value) -> i32 {
    status(ops::delitem(object, key))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_getslice(object: Value, start: Value, stop: Value) -> Value {
    if let Some(result) = super::containers::plain_slice(object, start, stop) {
        return value(result);
    }
    let slice = crate::slice::new(start, stop, Value::NONE);
    value(ops::getitem(object, slice.v()))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_setslice(object: Value, start: Value, stop: Value, v: Value) -> i32 {
    if let Some(result) = crate::list_slice::set_plain(object, start, stop, v) {
        return status(result);
    }
    let slice = crate::slice::new(start, stop, Value::NONE);
    status(ops::setitem(object, slice.v(), v))
}

/// A part of a slice that is a small int, or absent.
#[inline]
fn part(v: Value, absent: isize) -> Option<isize> {
    if v.is_none() { Some(absent) } else { v.as_small_int().map(|i| i as isize) }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_getslice_step(object: Value, start: Value, stop: Value, step: Value) -> Value {
    if crate::list::is_exact_list(object) && step == Value::from_small_int(-1) && stop.is_none() && start.is_small_int() {
        let (l, first) = (crate::list::body(object), start.small_int_unchecked() as usize);
        if first < l.len.get() {
            return value(crate::list_slice::reversed_head(l, first + 1));
        }
    }
    if crate::list::is_exact_list(object)
        && let Some(step) = part(step, 1)
        && step != 0
    {
        let (first, last) = if step < 0 { (isize::MAX, isize::MIN) } else { (0, isize::MAX) };
        if let (Some(start), Some(stop)) = (part(start, first), part(stop, last)) {
            return value(crate::list_slice::get_parts(object, start, stop, step));
        }
    }
    let slice = crate::slice::new(start, stop, step);
    value(ops::getitem(object, slice.v()))
}
