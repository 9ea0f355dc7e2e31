//! Entries: global names, class-body names, locals().

use super::{status, value, values};
use crate::prelude::*;
use dxpyc_abi::GlobalCache;

fn undefined(name: Value) -> Value {
    super::exceptions::dxp_raise_unbound(name, 2)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_load_global(globals: Value, name: Value, cache: *const GlobalCache) -> Value {
    if is_exact(globals, &crate::dict::DICT) {
        if let Some((index, v)) = crate::dict::find_str(globals, name) {
            if !cache.is_null() {
                // SAFETY: compiled code passes its cache record.
                let cache = unsafe { &*cache };
                cache.globals_version.set(crate::dict::keys_version(globals));
                cache.index.set(index);
                cache.in_builtins.set(0);
            }
            return Ref::new(v).into_raw();
        }
    } else {
        match crate::dict::get(globals, name) {
            Ok(Some(v)) => return v.into_raw(),
            Ok(None) => {}
            Err(Raised) => return Value::ERROR,
        }
    }
    let builtins = crate::import::builtins_dict();
    match crate::dict::find_str(builtins, name) {
        Some((index, v)) => {
            if !cache.is_null() && is_exact(globals, &crate::dict::DICT) {
                // SAFETY: as above.
                let cache = unsafe { &*cache };
                cache.globals_version.set(crate::dict::keys_version(globals));
                cache.builtins_version.set(crate::dict::keys_version(builtins));
                cache.index.set(index);
                cache.in_builtins.set(1);
            }
            Ref::new(v).into_raw()
        }
        None => undefined(name),
    }
}

/// The namespace of builtins for the inline fast path of global loads.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_builtins_dict() -> Value {
    crate::import::builtins_dict()
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_store_global(globals: Value, name: Value, v: Value) -> i32 {
    status(crate::dict::set(globals, name, v))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_delete_global(globals: Value, name: Value) -> i32 {
    match crate::dict::delete(globals, name) {
        Ok(true) => 0,
        Ok(false) => {
            undefined(name);
            -1
        }
        Err(Raised) => -1,
    }
}

/// Looks a name up in a namespace that may be any mapping.
fn in_namespace(namespace: Value, name: Value) -> R<Option<Ref>> {
    if is_exact(namespace, &crate::dict::DICT) {
        return Ok(crate::dict::get_str(namespace, name).map(Ref::new));
    }
    match crate::ops::getitem(namespace, name) {
        Ok(v) => Ok(Some(v)),
        Err(Raised) if swallow(&crate::exceptions::KEY_ERROR) => Ok(None),
        Err(Raised) => Err(Raised),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_load_name(func: Value, namespace: Value, name: Value) -> Value {
    dxp_load_dict_or_global(func, namespace, name)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_load_dict_or_global(func: Value, namespace: Value, name: Value) -> Value {
    match in_namespace(namespace, name) {
        Ok(Some(v)) => v.into_raw(),
        Ok(None) => dxp_load_global(super::functions::dxp_function_globals(func), name, std::ptr::null()),
        Err(Raised) => Value::ERROR,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_store_name(namespace: Value, name: Value, v: Value) -> i32 {
    if is_exact(namespace, &crate::dict::DICT) {
        return status(crate::dict::set(namespace, name, v));
    }
    status(crate::ops::setitem(namespace, name, v))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_delete_name(namespace: Value, name: Value) -> i32 {
    let result = if is_exact(namespace, &crate::dict::DICT) {
        crate::dict::delete(namespace, name)
    } else {
        match crate::ops::delitem(namespace, name) {
            Ok(()) => Ok(true),
            Err(Raised) if swallow(&crate::exceptions::KEY_ERROR) => Ok(false),
            Err(Raised) => Err(Raised),
        }
    };
    match result {
        Ok(true) => 0,
        Ok(false) => {
            undefined(name);
            -1
        }
        Err(Raised) => -1,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_load_class_deref(namespace: Value, name: Value, cell: Value, is_free: u32) -> Value {
    match in_namespace(namespace, name) {
        Ok(Some(v)) => v.into_raw(),
        Err(Raised) => Value::ERROR,
        Ok(None) => {
            let content = super::functions::cell_content(cell);
            if content.is_missing() {
                return super::exceptions::dxp_raise_unbound(name, if is_free != 0 { 1 } else { 0 });
            }
            Ref::new(content).into_raw()
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_make_locals(names: Value, locals: *const Value, n: i64) -> Value {
    let dict = crate::dict::new();
    let names = crate::tuple::items(names).expect("a tuple of names");
    for (name, v) in names.iter().zip(values(locals, n)) {
        if !v.is_missing() && crate::dict::set(dict.v(), *name, *v).is_err() {
            return Value::ERROR;
        }
    }
    dict.into_raw()
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_load_common(which: u32) -> Value {
    match which {
        0 => crate::exceptions::ASSERTION_ERROR.v(),
        _ => crate::exceptions::NOT_IMPLEMENTED_ERROR.v(),
    }
}

/// `callee(args…)` for builtins that look at their caller's names.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_call_scoped(callee: Value, func: Value, locals: Value, args: *const Value, n_args: i64) -> Value {
    let globals = super::functions::dxp_function_globals(func);
    let args = values(args, n_args);
    value(crate::builtins_scope::call(callee, globals, locals, args))
}
