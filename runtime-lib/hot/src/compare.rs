//! Truth of comparisons and of values.

use crate::items::latin1;
use crate::refs::{is_exact, type_word, view};
use crate::slow;
use dxpyc_abi::{LATIN1_STRIDE, ListObject, StrObject, TAG_MASK, Value};

macro_rules! compare {
    ($name:ident, $slow:ident, $op:tt) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value, b: Value) -> i32 {
            if (a.0 | b.0) & TAG_MASK == 0 {
                return i32::from((a.0 as i64) $op (b.0 as i64));
            }
            if a.is_imm_float() && b.is_imm_float() {
                return i32::from(a.imm_float_unchecked() $op b.imm_float_unchecked());
            }
            if let Some((x, y)) = first_characters(a, b) {
                return i32::from(x $op y);
            }
            slow::$slow(a, b)
        }
    };
}

/// Two strs that can be told apart by their first characters (or are one character each).
#[inline(always)]
fn first_characters(a: Value, b: Value) -> Option<(u8, u8)> {
    let class = &raw const slow::dxp_type_str;
    if !is_exact(a, class) || !is_exact(b, class) {
        return None;
    }
    // SAFETY: both are exactly str; a str has a zero code point behind its last.
    unsafe {
        let (x, y): (&StrObject, &StrObject) = (view(a), view(b));
        if x.kind != 1 || y.kind != 1 || x.len == 0 || y.len == 0 {
            return None;
        }
        let (p, q) = (*(&raw const x.data as *const u8), *(&raw const y.data as *const u8));
        if p != q || (x.len == 1 && y.len == 1) { Some((p, q)) } else { None }
    }
}

compare!(dxp_hot_lt, dxp_lt_true, <);
compare!(dxp_hot_le, dxp_le_true, <=);
compare!(dxp_hot_gt, dxp_gt_true, >);
compare!(dxp_hot_ge, dxp_ge_true, >=);

/// Whether two values are equal, when both are exactly str.
#[inline(always)]
fn same_str(a: Value, b: Value) -> Option<bool> {
    let class = &raw const slow::dxp_type_str;
    if !is_exact(a, class) || !is_exact(b, class) {
        return None;
    }
    if a == b {
        return Some(true);
    }
    // SAFETY: both are exactly str; the code points are in the smallest form, so equal ones have equal kinds.
    unsafe {
        let (x, y): (&StrObject, &StrObject) = (view(a), view(b));
        if x.len != y.len || x.kind != y.kind {
            return Some(false);
        }
        let bytes = x.len * x.kind as usize;
        let x = core::slice::from_raw_parts(&raw const x.data as *const u8, bytes);
        let y = core::slice::from_raw_parts(&raw const y.data as *const u8, bytes);
        Some(if bytes == 1 { x.first() == y.first() } else { x == y })
    }
}

macro_rules! equality {
    ($name:ident, $more:ident, $character:ident, $slow:ident, $op:tt) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(a: Value, b: Value) -> i32 {
            if (a.0 | b.0) & TAG_MASK == 0 {
                return i32::from(a.0 $op b.0);
            }
            $more(a, b)
        }

        /// Strs and floats.
        #[unsafe(no_mangle)]
        #[inline(never)]
        pub extern "C" fn $more(a: Value, b: Value) -> i32 {
            if let Some(same) = same_str(a, b) {
                return i32::from(same $op true);
            }
            if a.is_imm_float() && b.is_imm_float() {
                return i32::from(a.imm_float_unchecked() $op b.imm_float_unchecked());
            }
            slow::$slow(a, b)
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn $character(a: Value, b: Value, code: i64) -> i32 {
            // The one-character strs of the table are what indexing and iterating give.
            let at = a.0.wrapping_sub(latin1(0).0);
            if at < (256 * LATIN1_STRIDE) as u64 {
                return i32::from(at $op code as u64 * LATIN1_STRIDE as u64);
            }
            $more(a, b)
        }
    };
}

equality!(dxp_hot_eq, dxp_hot_eq_more, dxp_hot_eq_character, dxp_eq_true, ==);
equality!(dxp_hot_ne, dxp_hot_ne_more, dxp_hot_ne_character, dxp_ne_true, !=);

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_isinstance(object: Value, class: Value) -> i32 {
    if object.is_pointer() && class.is_pointer() && type_word(object) as usize == class.address() {
        return 1;
    }
    slow::dxp_isinstance(object, class)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_truth(a: Value) -> i32 {
    // True and False differ in one bit. Few comparisons, so that no table of jumps is made of them.
    const ONE_BIT: u64 = Value::TRUE.0 ^ Value::FALSE.0;
    if a.0 | ONE_BIT == Value::TRUE.0 | ONE_BIT {
        return i32::from(a.0 & ONE_BIT == Value::TRUE.0 & ONE_BIT);
    }
    if a == Value::NONE {
        return 0;
    }
    if a.is_small_int() {
        return i32::from(a.0 != 0);
    }
    if a.is_pointer() {
        let class = type_word(a);
        // SAFETY: exactly a list or str.
        unsafe {
            if core::ptr::eq(class, &raw const slow::dxp_type_list) {
                return i32::from(view::<ListObject>(a).len.get() != 0);
            }
            if core::ptr::eq(class, &raw const slow::dxp_type_str) {
                return i32::from(view::<StrObject>(a).len != 0);
            }
        }
    }
    slow::dxp_truth(a)
}
