//! What the fast paths continue in, and the type objects that they compare with.

use dxpyc_abi::entries::BUILTIN_GUARDS;
use dxpyc_abi::{TypePrefix, Value};

unsafe extern "C" {
    pub static dxp_type_function: TypePrefix;
    pub static dxp_type_list: TypePrefix;
    pub static dxp_type_tuple: TypePrefix;
    pub static dxp_type_list_iterator: TypePrefix;
    pub static dxp_type_tuple_iterator: TypePrefix;
    pub static dxp_type_range_iterator: TypePrefix;
    pub static dxp_type_str: TypePrefix;
    pub static dxp_type_str_ascii_iterator: TypePrefix;
    pub static dxp_type_dict: TypePrefix;
    /// One-character strs, `LATIN1_STRIDE` apart.
    pub static DXP_LATIN1: u8;
    /// The builtins dict, or MISSING.
    pub static DXP_BUILTINS: core::cell::Cell<Value>;
    /// `list.append` as the type has it, or MISSING.
    pub static DXP_LIST_APPEND: core::cell::Cell<Value>;
    /// In the order of `abi::entries::BUILTIN_GUARDS`.
    pub static DXP_BUILTIN_VALUES: [core::cell::Cell<Value>; BUILTIN_GUARDS.len()];
}

macro_rules! slow {
    ($($name:ident($($param:ident),*) -> $result:ty;)*) => {
        unsafe extern "C" { $(pub safe fn $name($($param: Value),*) -> $result;)* }
    };
}

slow! {
    dxp_add(a, b) -> Value;
    dxp_sub(a, b) -> Value;
    dxp_mul(a, b) -> Value;
    dxp_truediv(a, b) -> Value;
    dxp_floordiv(a, b) -> Value;
    dxp_mod(a, b) -> Value;
    dxp_lshift(a, b) -> Value;
    dxp_rshift(a, b) -> Value;
    dxp_and(a, b) -> Value;
    dxp_or(a, b) -> Value;
    dxp_xor(a, b) -> Value;
    dxp_iadd(a, b) -> Value;
    dxp_isub(a, b) -> Value;
    dxp_imul(a, b) -> Value;
    dxp_itruediv(a, b) -> Value;
    dxp_ifloordiv(a, b) -> Value;
    dxp_imod(a, b) -> Value;
    dxp_ilshift(a, b) -> Value;
    dxp_irshift(a, b) -> Value;
    dxp_iand(a, b) -> Value;
    dxp_ior(a, b) -> Value;
    dxp_ixor(a, b) -> Value;
    dxp_neg(a) -> Value;
    dxp_eq_true(a, b) -> i32;
    dxp_ne_true(a, b) -> i32;
    dxp_lt_true(a, b) -> i32;
    dxp_le_true(a, b) -> i32;
    dxp_gt_true(a, b) -> i32;
    dxp_ge_true(a, b) -> i32;
    dxp_truth(a) -> i32;
    dxp_contains(container, item) -> i32;
    dxp_isinstance(object, class) -> i32;
    dxp_getitem(object, key) -> Value;
    dxp_setitem(object, key, value) -> i32;
    dxp_next(iterator) -> Value;
    dxp_list_append(list, item) -> i32;
    dxp_list_pop(list, index) -> Value;
    dxp_pow(a, b) -> Value;
    dxp_call_list_append(receiver, item) -> Value;
    dxp_len(object) -> Value;
    dxp_dealloc(object) -> ();
}

unsafe extern "C" {
    pub safe fn dxp_box_f64(x: f64) -> Value;
    pub safe fn dxp_box_i64(x: i64) -> Value;
    pub fn dxp_builtin1(which: u32, a: Value) -> Value;
    pub fn dxp_builtin2(which: u32, a: Value, b: Value) -> Value;
    pub fn dxp_unpack(source: Value, n: i64, out: *mut Value) -> i32;
    pub fn dxp_load_global(globals: Value, name: Value, cache: *const u8) -> Value;
    pub fn dxp_getattr(object: Value, name: Value, cache: *const u8) -> Value;
    pub fn dxp_setattr(object: Value, name: Value, value: Value, cache: *const u8) -> i32;
    pub fn dxp_load_method(object: Value, name: Value, cache: *const u8, is_method: *mut i32) -> Value;
    pub fn dxp_call_method(name: Value, args: *const Value, n_args: i64, cache: *const u8) -> Value;
    pub fn dxp_call(callee: Value, args: *const Value, n_args: i64) -> Value;
    pub fn dxp_call_bound(callee: Value, args: *const Value, n_args: i64) -> Value;
}
