//! Entries: attributes, methods and `super`.

use super::{status, value};
use crate::attr;
use crate::prelude::*;
use crate::super_object::{self, SUPER};
use dxpyc_abi::AttrCache;

/// The site's cache. Sites without one pass null.
#[inline(always)]
fn site<'a>(cache: *const AttrCache) -> Option<&'a AttrCache> {
    // SAFETY: compiled code passes null or the address of the site's record.
    unsafe { cache.as_ref() }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_getattr(object: Value, name: Value, cache: *const AttrCache) -> Value {
    match site(cache) {
        Some(cache) => value(attr::get(object, name, cache)),
        None => value(crate::ops::getattr(object, name)),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_setattr(object: Value, name: Value, v: Value, cache: *const AttrCache) -> i32 {
    match site(cache) {
        Some(cache) => status(attr::set(object, name, v, cache)),
        None => status(crate::ops::setattr(object, name, v)),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_delattr(object: Value, name: Value) -> i32 {
    status(crate::ops::delattr(object, name))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_load_method(object: Value, name: Value, cache: *const AttrCache, is_method: *mut i32) -> Value {
    let empty;
    let cache = match site(cache) {
        Some(c) => c,
        None => {
            empty = no_cache();
            &empty
        }
    };
    answer(attr::load_method(object, name, cache), is_method)
}

fn no_cache() -> AttrCache {
    AttrCache {
        version: Cell::new(0),
        shape: Cell::new(std::ptr::null()),
        value: Cell::new(0),
        kind: Cell::new(0),
        dict_offset: Cell::new(0),
        plain: Cell::new(0),
        earlier: [const { dxpyc_abi::AttrEntry::EMPTY }; 3],
    }
}

fn answer(result: R<(Ref, bool)>, is_method: *mut i32) -> Value {
    match result {
        Ok((v, method)) => {
            // SAFETY: compiled code passes the address of its own word.
            unsafe { *is_method = method as i32 };
            v.into_raw()
        }
        Err(_) => Value::ERROR,
    }
}

fn check(owner: Value, receiver: Value) -> R<()> {
    if receiver.is_missing() {
        return Err(runtime_error("super(): arg[0] deleted"));
    }
    if owner.is_missing() {
        return Err(runtime_error("super(): empty __class__ cell"));
    }
    Ok(())
}

fn super_attribute(callee: Value, owner: Value, receiver: Value, name: Value, explicit: u32, as_method: bool) -> R<(Ref, bool)> {
    if callee == SUPER.v() {
        check(owner, receiver)?;
        return super_object::attribute(owner, receiver, name, as_method);
    }
    let made = if explicit != 0 { crate::call::call2(callee, owner, receiver)? } else { crate::call::call0(callee)? };
    Ok((crate::ops::getattr(made.v(), name)?, false))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_super_getattr(callee: Value, owner: Value, receiver: Value, name: Value, explicit: u32) -> Value {
    value(super_attribute(callee, owner, receiver, name, explicit, false).map(|(v, _)| v))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_super_method(callee: Value, owner: Value, receiver: Value, name: Value, explicit: u32, is_method: *mut i32) -> Value {
    answer(super_attribute(callee, owner, receiver, name, explicit, true), is_method)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_call_super(callee: Value, owner: Value, receiver: Value, has_cell: u32, has_receiver: u32) -> Value {
    if callee != SUPER.v() {
        return value(crate::call::call0(callee));
    }
    let problem = if receiver.is_missing() {
        Some(if has_receiver == 0 { "super(): no arguments" } else { "super(): arg[0] deleted" })
    } else if owner.is_missing() {
        Some(if has_cell == 0 { "super(): __class__ cell not found" } else { "super(): empty __class__ cell" })
    } else {
        None
    };
    value(match problem {
        Some(text) => Err(runtime_error(text)),
        None => super_object::make(owner, receiver),
    })
}
