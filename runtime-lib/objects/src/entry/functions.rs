//! Entries: functions, closures, cells.

use super::{value, values};
use crate::prelude::*;
use dxpyc_abi::{CellObject, Code, FunctionObject};

#[unsafe(no_mangle)]
pub extern "C" fn dxp_make_function(
    code: *const Code, creator: Value, defaults: Value, kwdefaults: Value, cells: *const Value, n_cells: i64, annotate: Value,
) -> Value {
    // SAFETY: compiled code passes the address of a static code record.
    let code = unsafe { &*code };
    let function = crate::function::new_function(code, dxp_function_globals(creator));
    crate::function::complete(function.v(), defaults, kwdefaults, values(cells, n_cells), annotate);
    function.into_raw()
}

fn function(v: Value) -> &'static FunctionObject {
    // SAFETY: the first argument of every compiled body is the function object that was called.
    unsafe { &*(v.address() as *const FunctionObject) }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_closure_cell(func: Value, index: i64) -> Value {
    crate::tuple::items(function(func).closure.get()).expect("a closure")[index as usize]
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_function_globals(func: Value) -> Value {
    function(func).globals.get()
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_cell_new(content: Value) -> Value {
    crate::function::new_cell(content).into_raw()
}

/// Reads a cell (for runtime code).
pub fn cell_content(cell: Value) -> Value {
    // SAFETY: callers hold a cell object (closure tuples contain only cells).
    unsafe { (*(cell.address() as *const CellObject)).value.get() }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_make_generator(func: Value, args: *const Value) -> Value {
    // SAFETY: function objects refer to static code records.
    let code = unsafe { &*function(func).code.get() };
    value(crate::generator::make(func, code, values(args, code.n_params as i64)))
}
