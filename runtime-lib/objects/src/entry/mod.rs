//! The entry points of compiled code (rows of `dxpyc_abi::entries`), grouped as there.

pub mod attributes;
pub mod calls;
pub mod compare;
pub mod containers;
pub mod direct;
pub mod exceptions;
pub mod functions;
pub mod generators;
pub mod guards;
pub mod imports;
pub mod matching;
pub mod names;
pub mod numbers;
pub mod operators;
pub mod strings;
pub mod templates;
pub mod typing;

use crate::error::R;
use dxpyc_abi::Value;
use dxpyc_heap::Ref;

/// An owned result, or ERROR.
#[inline(always)]
pub fn value(result: R<Ref>) -> Value {
    match result {
        Ok(v) => v.into_raw(),
        Err(_) => Value::ERROR,
    }
}

/// Status 0 or -1.
#[inline(always)]
pub fn status(result: R<()>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(_) => -1,
    }
}

/// Truth 0 or 1, or -1.
#[inline(always)]
pub fn truth(result: R<bool>) -> i32 {
    match result {
        Ok(b) => b as i32,
        Err(_) => -1,
    }
}

/// The `n` values at `p`.
#[inline(always)]
pub fn values<'a>(p: *const Value, n: i64) -> &'a [Value] {
    if n == 0 {
        return &[];
    }
    // SAFETY: compiled code passes pointer and length of a stack array that lives through the call.
    unsafe { std::slice::from_raw_parts(p, n as usize) }
}

/// Writes an owned value to an out-array of compiled code.
#[inline(always)]
pub fn put(out: *mut Value, i: usize, v: Ref) {
    // SAFETY: compiled code passes an array with room for the number of results that the entry documents.
    unsafe { out.add(i).write(v.into_raw()) }
}
