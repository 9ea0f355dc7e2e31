//! Items, iteration and containment: the abstract protocols.

use crate::dunder::{D, name};
use crate::prelude::*;
use crate::type_object::{as_type, display_name, full_name, lookup};

/// `o[k]`.
pub fn getitem(o: Value, key: Value) -> R<Ref> {
    if let Some(f) = type_of(o).slots().getitem {
        return f(o, key);
    }
    getitem_of_class(o, key)
}

#[cold]
fn getitem_of_class(o: Value, key: Value) -> R<Ref> {
    if let Some(t) = as_type(o) {
        if std::ptr::eq(t, &crate::type_object::TYPE) {
            return crate::generic_alias::new(o, key);
        }
        return match crate::ops::getattr_opt_value(o, name(D::ClassGetItem))? {
            Some(m) if !m.v().is_none() => crate::call::call1(m.v(), key),
            _ => Err(type_error(format!("type '{}' is not subscriptable", full_name(t)))),
        };
    }
    Err(type_error(format!("'{}' object is not subscriptable", display_name(o))))
}

/// `o[k] = v`.
pub fn setitem(o: Value, key: Value, value: Value) -> R<()> {
    match type_of(o).slots().setitem {
        Some(f) => f(o, key, value),
        None => Err(type_error(format!("'{}' object does not support item assignment", display_name(o)))),
    }
}

/// `del o[k]`.
pub fn delitem(o: Value, key: Value) -> R<()> {
    match type_of(o).slots().setitem {
        Some(f) => f(o, key, Value::MISSING),
        None => Err(type_error(format!("'{}' object does not support item deletion", display_name(o)))),
    }
}

/// `iter(v)`.
pub fn iter(v: Value) -> R<Ref> {
    let class = type_of(v);
    if let Some(f) = class.slots().iter {
        let it = f(v)?;
        if type_of(it.v()).slots().next.is_none() {
            return Err(type_error(format!("iter() returned non-iterator of type '{}'", display_name(it.v()))));
        }
        return Ok(it);
    }
    if class.has(type_flags::HEAP) && !class.has(type_flags::DICT) && lookup(class, name(D::GetItem)).is_some() {
        return Ok(crate::iterators::sequence_iter(v));
    }
    Err(type_error(format!("'{}' object is not iterable", display_name(v))))
}

/// Next item, None when exhausted.
#[inline]
pub fn next(v: Value) -> R<Option<Ref>> {
    match type_of(v).slots().next {
        Some(f) => f(v),
        None => Err(type_error(format!("'{}' object is not an iterator", display_name(v)))),
    }
}

/// Whether the value is an iterator.
pub fn is_iterator(v: Value) -> bool {
    type_of(v).slots().next.is_some()
}

/// `item in container`.
pub fn contains(container: Value, item: Value) -> R<bool> {
    match type_of(container).slots().contains {
        Some(f) => f(container, item),
        None => contains_by_iteration(container, item),
    }
}

/// Containment by going through the items.
pub fn contains_by_iteration(container: Value, item: Value) -> R<bool> {
    let it = match iter(container) {
        Ok(it) => it,
        Err(raised) => {
            if type_of(container).slots().iter.is_none() && swallow(&crate::exceptions::TYPE_ERROR) {
                return Err(type_error(format!("argument of type '{}' is not a container or iterable", display_name(container))));
            }
            return Err(raised);
        }
    };
    while let Some(x) = crate::iterators::step(it.v())? {
        if crate::ops::eq(x.v(), item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Calls `f` with each item.
pub use crate::iterators::for_each;

/// All items.
pub fn collect_to_vec(iterable: Value) -> R<Vec<Ref>> {
    let mut all = Vec::new();
    for_each(iterable, |item| {
        all.push(item);
        Ok(())
    })?;
    Ok(all)
}
