//! Entries: import statements.

use super::{status, value};
use crate::prelude::*;

#[unsafe(no_mangle)]
pub extern "C" fn dxp_import(func: Value, name: Value, fromlist: Value, level: i64) -> Value {
    let globals = super::functions::dxp_function_globals(func);
    value(crate::import::import(globals, name, fromlist, level))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_import_from(module: Value, name: Value) -> Value {
    value(crate::import::import_from(module, name))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_import_star(module: Value, namespace: Value) -> i32 {
    status(crate::import::import_star(module, namespace))
}
