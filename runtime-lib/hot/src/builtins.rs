//! Builtin functions and functions of math with one or two arguments, for calls whose callee was tested to be the builtin.

use crate::items::latin1;
use crate::refs::{is_exact, owned, view};
use crate::slow;
use dxpyc_abi::entries::builtin_index;
use dxpyc_abi::{StrObject, Value};

extern "C" fn one(which: u32, a: Value) -> Value {
    // SAFETY: the index is one of the table.
    unsafe { slow::dxp_builtin1(which, a) }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_ord(a: Value) -> Value {
    if is_exact(a, &raw const slow::dxp_type_str) {
        // SAFETY: exactly a str of one character.
        unsafe {
            let text: &StrObject = view(a);
            if text.len == 1 && text.kind == 1 {
                return Value::from_small_int(i64::from(*(&raw const text.data as *const u8)));
            }
        }
    }
    one(const { builtin_index("ord") }, a)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_chr(a: Value) -> Value {
    if a.is_small_int() && (0..256).contains(&a.small_int_unchecked()) {
        return latin1(a.small_int_unchecked() as u8);
    }
    one(const { builtin_index("chr") }, a)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_abs(a: Value) -> Value {
    if a.is_small_int()
        && let Some(v) = Value::try_small_int(a.small_int_unchecked().wrapping_abs())
    {
        return v;
    }
    if a.is_imm_float() {
        return match Value::try_imm_float(f64::from_bits(a.imm_float_unchecked().to_bits() & !(1 << 63))) {
            Some(v) => v,
            None => one(const { builtin_index("abs") }, a),
        };
    }
    one(const { builtin_index("abs") }, a)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_int(a: Value) -> Value {
    if a.is_small_int() {
        return a;
    }
    if a.is_imm_float() {
        const EXACT: f64 = (1u64 << 59) as f64;
        let x = a.imm_float_unchecked();
        if x > -EXACT && x < EXACT {
            return Value::from_small_int(x as i64);
        }
    }
    one(const { builtin_index("int") }, a)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_float(a: Value) -> Value {
    if a.is_imm_float() {
        return a;
    }
    if a.is_small_int()
        && let Some(v) = Value::try_imm_float(a.small_int_unchecked() as f64)
    {
        return v;
    }
    one(const { builtin_index("float") }, a)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_str(a: Value) -> Value {
    if is_exact(a, &raw const slow::dxp_type_str) {
        return owned(a);
    }
    one(const { builtin_index("str") }, a)
}

macro_rules! extreme {
    ($name:ident, $builtin:literal, $op:tt) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value, b: Value) -> Value {
            // As Python has it: the first one, unless the second is beyond it.
            if a.is_small_int() && b.is_small_int() {
                return if (b.0 as i64) $op (a.0 as i64) { b } else { a };
            }
            if a.is_imm_float() && b.is_imm_float() {
                return if b.imm_float_unchecked() $op a.imm_float_unchecked() { b } else { a };
            }
            // SAFETY: the index is one of the table.
            unsafe { slow::dxp_builtin2(const { builtin_index($builtin) }, a, b) }
        }
    };
}

extreme!(dxp_hot_min, "min", <);
extreme!(dxp_hot_max, "max", >);

/// Square root of a number that is not negative.
#[inline(always)]
fn square_root(x: f64) -> f64 {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_mm_cvtsd_f64, _mm_set_sd, _mm_sqrt_pd};
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set_sd(x))) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        libm::sqrt(x)
    }
}

mod libm {
    unsafe extern "C" {
        #[cfg(not(target_arch = "x86_64"))]
        pub safe fn sqrt(x: f64) -> f64;
        pub safe fn sin(x: f64) -> f64;
        pub safe fn cos(x: f64) -> f64;
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_math_sqrt(a: Value) -> Value {
    if a.is_imm_float()
        && a.imm_float_unchecked() >= 0.0
        && let Some(v) = Value::try_imm_float(square_root(a.imm_float_unchecked()))
    {
        return v;
    }
    one(const { builtin_index("math.sqrt") }, a)
}

macro_rules! libm_function {
    ($name:ident, $function:ident, $builtin:literal) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value) -> Value {
            if a.is_imm_float()
                && let Some(v) = Value::try_imm_float(libm::$function(a.imm_float_unchecked()))
            {
                return v;
            }
            one(const { builtin_index($builtin) }, a)
        }
    };
}

libm_function!(dxp_hot_math_sin, sin, "math.sin");
libm_function!(dxp_hot_math_cos, cos, "math.cos");
