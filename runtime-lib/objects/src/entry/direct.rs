//! Entries: methods of builtin types and builtin functions, called without looking them up. Compiled code tested the receiver's type, or that
//! the callee is the builtin.

use super::guards::DXP_BUILTIN_VALUES;
use super::{status, value};
use crate::dict_type::DictMethods;
use crate::list_type::ListMethods;
use crate::prelude::*;
use crate::set_type::SetMethods;

/// The index that a list method takes.
fn index(v: Value) -> R<isize> {
    crate::int::index_i64(v).map(|i| i as isize)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_list_pop(list: Value, at: Value) -> Value {
    value(index(at).and_then(|at| ListMethods::pop(crate::list::body(list), at)))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_list_insert(list: Value, at: Value, item: Value) -> i32 {
    status(index(at).and_then(|at| ListMethods::insert(crate::list::body(list), at, item)))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_set_discard(set: Value, item: Value) -> i32 {
    status(SetMethods::discard(set, item))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_set_remove(set: Value, item: Value) -> i32 {
    status(SetMethods::remove(set, item))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_dict_get(dict: Value, key: Value, default: Value) -> Value {
    value(DictMethods::get(dict, key, Some(default)))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_str_join(separator: Value, parts: Value) -> Value {
    value(crate::str_methods::join(separator, parts))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_builtin1(which: u32, a: Value) -> Value {
    value(crate::call::call1(DXP_BUILTIN_VALUES[which as usize].get(), a))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_builtin2(which: u32, a: Value, b: Value) -> Value {
    value(crate::call::call2(DXP_BUILTIN_VALUES[which as usize].get(), a, b))
}
