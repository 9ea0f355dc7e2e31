//! Entries: import statements.

use super::{status, value};
use crate::prelude::*;

#[unsafe(no_mangle)]
pub extern "C" fn dxp_import(func: Value, name: Value, fromlist: Value, level: i64) -> Value {
    let globals = super::functions::dxp_function_globals(func);
    value(import(globals, name, fromlist, level))
}

/// What an import statement does: the program may have replaced `builtins.__import__`.
fn import(globals: Value, name: Value, fromlist: Value, level: i64) -> R<Ref> {
    let Some(function) = crate::dict::get_str(crate::import::builtins_dict(), crate::str::intern("__import__").v()) else {
        return Err(import_error("__import__ not found"));
    };
    if crate::function::native_decl(function).is_some_and(|decl| decl.name == "__import__") {
        return crate::import::import(globals, name, fromlist, level);
    }
    let function = Ref::new(function);
    let fromlist = if fromlist.is_missing() { Value::NONE } else { fromlist };
    let level = crate::int::from_i64(level);
    crate::call::call(function.v(), &Args::positional(&[name, globals, Value::NONE, fromlist, level.v()]))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_import_from(module: Value, name: Value) -> Value {
    value(crate::import::import_from(module, name))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_import_star(module: Value, namespace: Value) -> i32 {
    status(crate::import::import_star(module, namespace))
}
