//! Attribute access by the abstract protocol.

use crate::attr;
use crate::prelude::*;

/// `getattr(v, name)`.
pub fn getattr(v: Value, name: Value) -> R<Ref> {
    match type_of(v).slots().getattr {
        Some(f) => f(v, name),
        None => attr::generic_get(v, name),
    }
}

/// `getattr(v, "name")`.
pub fn getattr_str(v: Value, name: &str) -> R<Ref> {
    getattr(v, crate::str::intern(name).v())
}

/// As getattr; None when there is no such attribute (AttributeError swallowed).
pub fn getattr_opt(v: Value, name: &str) -> R<Option<Ref>> {
    getattr_opt_value(v, crate::str::intern(name).v())
}

/// As getattr_opt with a str object.
pub fn getattr_opt_value(v: Value, name: Value) -> R<Option<Ref>> {
    let class = type_of(v);
    let f = class.slots().getattr.map_or(0, |f| f as usize);
    if f == attr::generic_get as *const () as usize {
        return absent_is_none(attr::generic_get_opt(v, name));
    }
    if f == crate::type_attributes::type_getattr as *const () as usize {
        return absent_is_none(crate::type_attributes::type_getattr_opt(v, name));
    }
    absent_is_none(getattr(v, name).map(Some))
}

fn absent_is_none(result: R<Option<Ref>>) -> R<Option<Ref>> {
    match result {
        Err(raised) => {
            if swallow(&crate::exceptions::ATTRIBUTE_ERROR) {
                Ok(None)
            } else {
                Err(raised)
            }
        }
        found => found,
    }
}

/// `setattr(v, name, x)`.
pub fn setattr(v: Value, name: Value, x: Value) -> R<()> {
    match type_of(v).slots().setattr {
        Some(f) => f(v, name, x),
        None => attr::generic_set(v, name, x),
    }
}

/// `setattr(v, "name", x)`.
pub fn setattr_str(v: Value, name: &str, x: Value) -> R<()> {
    setattr(v, crate::str::intern(name).v(), x)
}

/// `delattr(v, name)`.
pub fn delattr(v: Value, name: Value) -> R<()> {
    setattr(v, name, Value::MISSING)
}

/// Whether `callable(v)`.
pub fn is_callable(v: Value) -> bool {
    type_of(v).slots().call.is_some()
}

/// Whether `callable(v)`.
pub fn callable(v: Value) -> bool {
    is_callable(v)
}

/// `dir(v)`: a sorted list of names.
pub fn dir(v: Value) -> R<Ref> {
    let list = crate::list::from_refs(dir_unsorted(v)?);
    crate::call::call_method(list.v(), "sort", &[])?;
    Ok(list)
}

/// What `__dir__` answers.
pub fn dir_unsorted(v: Value) -> R<Vec<Ref>> {
    let Some(names) = crate::slot_functions::call_special(v, crate::dunder::D::Dir, &[])? else {
        return Err(type_error("object does not provide __dir__"));
    };
    crate::ops::collect_to_vec(names.v())
}
