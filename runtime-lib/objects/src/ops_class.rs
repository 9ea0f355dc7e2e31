//! `isinstance` and `issubclass`, with tuples, unions, ABCs and objects that only look like classes.

use crate::dunder::{D, name};
use crate::prelude::*;
use crate::type_object::{TYPE, as_type};

const BAD_INSTANCE: &str = "isinstance() arg 2 must be a type, a tuple of types, or a union";
const BAD_SUBCLASS: &str = "issubclass() arg 2 must be a class, a tuple of classes, or a union";

/// `isinstance(v, class)`.
#[inline]
pub fn isinstance(v: Value, class: Value) -> R<bool> {
    if class.is_pointer() {
        if class == type_of(v).v() {
            return Ok(true);
        }
        if std::ptr::eq(type_of(class), &TYPE) {
            return plain_isinstance(v, class);
        }
    }
    isinstance_slow(v, class)
}

fn isinstance_slow(v: Value, class: Value) -> R<bool> {
    if let Some(classes) = crate::tuple::items(class) {
        crate::state::check_recursion(" in __instancecheck__")?;
        let keep = Ref::new(class);
        for &c in classes {
            if isinstance(v, c)? {
                return Ok(true);
            }
        }
        drop(keep);
        return Ok(false);
    }
    if let Some(members) = crate::union_type::members(class) {
        let keep = Ref::new(class);
        for &c in members {
            if c.is_none() {
                if v.is_none() {
                    return Ok(true);
                }
            } else if isinstance(v, c)? {
                return Ok(true);
            }
        }
        drop(keep);
        return Ok(false);
    }
    if let Some(check) = crate::type_object::lookup_special(class, name(D::InstanceCheck))? {
        crate::state::check_recursion(" in __instancecheck__")?;
        let result = crate::call::call1(check.v(), v)?;
        return crate::ops::truth(result.v());
    }
    plain_isinstance(v, class)
}

/// `type.__instancecheck__`.
pub fn plain_isinstance(v: Value, class: Value) -> R<bool> {
    if let Some(t) = as_type(class) {
        let own = type_of(v);
        if own.is_subtype(t) {
            return Ok(true);
        }
        // Only classes that may override `__class__` are asked.
        if !own.has(type_flags::HEAP) && !own.has(type_flags::PLAIN_GETATTR) || own.has(type_flags::HEAP) {
            if own.has(type_flags::PLAIN_GETATTR)
                && crate::type_object::lookup(own, name(D::Class)) == crate::type_object::lookup(&crate::object::OBJECT, name(D::Class))
            {
                return Ok(false);
            }
            if let Some(c) = crate::ops::getattr_opt_value(v, name(D::Class))?
                && let Some(other) = as_type(c.v())
                && !std::ptr::eq(other, own)
            {
                return Ok(other.is_subtype(t));
            }
        }
        return Ok(false);
    }
    if bases_of(class)?.is_none() {
        return Err(type_error(BAD_INSTANCE));
    }
    match crate::ops::getattr_opt_value(v, name(D::Class))? {
        Some(c) => abstract_issubclass(c.v(), class),
        None => Ok(false),
    }
}

fn bases_of(class: Value) -> R<Option<Ref>> {
    Ok(crate::ops::getattr_opt_value(class, name(D::Bases))?.filter(|b| crate::tuple::items(b.v()).is_some()))
}

fn abstract_issubclass(class: Value, of: Value) -> R<bool> {
    if class == of {
        return Ok(true);
    }
    crate::state::check_recursion(" in __issubclass__")?;
    let Some(bases) = bases_of(class)? else { return Ok(false) };
    for &b in crate::tuple::items(bases.v()).unwrap_or(&[]) {
        if abstract_issubclass(b, of)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `issubclass(class, of)`.
pub fn issubclass(class: Value, of: Value) -> R<bool> {
    if of.is_pointer() && std::ptr::eq(type_of(of), &TYPE) {
        if class == of {
            return Ok(true);
        }
        return plain_issubclass(class, of);
    }
    if let Some(classes) = crate::tuple::items(of) {
        crate::state::check_recursion(" in __subclasscheck__")?;
        for &c in classes {
            if issubclass(class, c)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(members) = crate::union_type::members(of) {
        if as_type(class).is_none() {
            return Err(type_error("issubclass() arg 1 must be a class"));
        }
        for &c in members {
            let c = if c.is_none() { crate::singletons::NONE_TYPE.v() } else { c };
            if issubclass(class, c)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(check) = crate::type_object::lookup_special(of, name(D::SubclassCheck))? {
        crate::state::check_recursion(" in __subclasscheck__")?;
        let result = crate::call::call1(check.v(), class)?;
        return crate::ops::truth(result.v());
    }
    plain_issubclass(class, of)
}

/// `type.__subclasscheck__`.
pub fn plain_issubclass(class: Value, of: Value) -> R<bool> {
    if let (Some(a), Some(b)) = (as_type(class), as_type(of)) {
        return Ok(a.is_subtype(b));
    }
    if bases_of(class)?.is_none() {
        return Err(type_error("issubclass() arg 1 must be a class"));
    }
    if bases_of(of)?.is_none() {
        return Err(type_error(BAD_SUBCLASS));
    }
    abstract_issubclass(class, of)
}

/// Whether the value is a sequence by its slots (no dict or other mapping of the language).
pub fn isinstance_sequence(v: Value) -> Option<()> {
    let class = type_of(v);
    let sequence = class.slots().getitem.is_some() && !class.has(type_flags::DICT | type_flags::MAPPING);
    sequence.then_some(())
}
