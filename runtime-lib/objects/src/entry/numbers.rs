//! Numbers that compiled code boxes, and constants beyond the immediates.

use crate::entry::value;
use dashu_int::{IBig, Sign, UBig};
use dxpyc_abi::Value;

/// A float value.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_box_f64(x: f64) -> Value {
    crate::float::from_f64(x).into_raw()
}

/// An int value.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_box_i64(x: i64) -> Value {
    crate::int::from_i64(x).into_raw()
}

/// `x % y` of floats; y is not 0.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_fmod_py(x: f64, y: f64) -> f64 {
    crate::float::py_fmod(x, y)
}

/// An int from decimal or 0x text.
///
/// # Safety
/// `text` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_const_int(text: *const u8, len: i64) -> Value {
    // SAFETY: the caller's contract.
    let bytes = unsafe { std::slice::from_raw_parts(text, len as usize) };
    let text = std::str::from_utf8(bytes).expect("the compiler emits ASCII");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (Sign::Negative, rest),
        None => (Sign::Positive, text),
    };
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) => UBig::from_str_radix(hex, 16),
        None => UBig::from_str_radix(digits, 10),
    };
    let magnitude = magnitude.expect("the compiler emits digits");
    crate::int::from_bigint(IBig::from_parts(sign, magnitude)).into_raw()
}

/// A complex constant.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_const_complex(re: f64, im: f64) -> Value {
    value(Ok(crate::complex::from_parts(re, im)))
}
