//! Truth of comparisons and of values.

use crate::slow;
use dxpyc_abi::{TAG_MASK, Value};

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
            slow::$slow(a, b)
        }
    };
}

compare!(dxp_hot_eq, dxp_eq_true, ==);
compare!(dxp_hot_ne, dxp_ne_true, !=);
compare!(dxp_hot_lt, dxp_lt_true, <);
compare!(dxp_hot_le, dxp_le_true, <=);
compare!(dxp_hot_gt, dxp_gt_true, >);
compare!(dxp_hot_ge, dxp_ge_true, >=);

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_truth(a: Value) -> i32 {
    if a == Value::TRUE {
        return 1;
    }
    if a == Value::FALSE || a == Value::NONE || a.0 == 0 {
        return 0;
    }
    if a.is_small_int() {
        return 1;
    }
    slow::dxp_truth(a)
}
