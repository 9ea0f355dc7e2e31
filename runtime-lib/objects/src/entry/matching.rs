//! Entries: pattern matching.

use super::value;
use crate::prelude::*;

#[unsafe(no_mangle)]
pub extern "C" fn dxp_match_sequence(subject: Value) -> i32 {
    type_of(subject).has(type_flags::SEQUENCE) as i32
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_match_mapping(subject: Value) -> i32 {
    type_of(subject).has(type_flags::MAPPING) as i32
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_match_keys(subject: Value, keys: Value) -> Value {
    value(match_keys(subject, keys))
}

fn match_keys(subject: Value, keys: Value) -> R<Ref> {
    let keys = crate::tuple::items(keys).expect("a tuple of keys");
    let mut found = Vec::with_capacity(keys.len());
    for (i, key) in keys.iter().enumerate() {
        for earlier in &keys[..i] {
            if crate::ops::eq(*earlier, *key)? {
                return Err(value_error(format!(
                    "mapping pattern checks duplicate key ({})",
                    crate::str::to_rust(crate::ops::repr(*key)?.v())
                )));
            }
        }
        let v = if is_exact(subject, &crate::dict::DICT) {
            crate::dict::get(subject, *key)?
        } else {
            let marker = crate::object::new_plain();
            let v = crate::call::call_method(subject, "get", &[*key, marker.v()])?;
            (v.v() != marker.v()).then_some(v)
        };
        match v {
            Some(v) => found.push(v),
            None => return Ok(Ref::none()),
        }
    }
    Ok(crate::tuple::from_refs(found))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_match_class(subject: Value, class: Value, n_positional: i64, names: Value) -> Value {
    value(match_class(subject, class, n_positional as usize, names))
}

fn attribute(subject: Value, name: Value) -> R<Option<Ref>> {
    crate::ops::getattr_opt_value(subject, name)
}

fn match_class(subject: Value, class: Value, n_positional: usize, names: Value) -> R<Ref> {
    let Some(ty) = crate::cast::get::<Type>(class) else {
        return Err(type_error("called match pattern must be a class"));
    };
    if !crate::ops::isinstance(subject, class)? {
        return Ok(Ref::none());
    }
    let names = crate::tuple::items(names).unwrap_or(&[]);
    let mut found = Vec::new();
    let mut seen: Vec<Ref> = Vec::new();
    if n_positional > 0 {
        let class_name = ty.name();
        match crate::ops::getattr_opt(class, "__match_args__")? {
            Some(match_args) => {
                let Some(args) = crate::tuple::items(match_args.v()) else {
                    return Err(type_error(format!(
                        "{class_name}.__match_args__ must be a tuple (got {})",
                        crate::type_object::display_name(match_args.v())
                    )));
                };
                if args.len() < n_positional {
                    return Err(too_many(&class_name, args.len(), n_positional));
                }
                for name in &args[..n_positional] {
                    if !type_of(*name).has(type_flags::STR) {
                        return Err(type_error(format!(
                            "__match_args__ elements must be strings (got {})",
                            crate::type_object::display_name(*name)
                        )));
                    }
                    unique(&mut seen, *name, &class_name)?;
                    match attribute(subject, *name)? {
                        Some(v) => found.push(v),
                        None => return Ok(Ref::none()),
                    }
                }
            }
            None if ty.has(type_flags::MATCH_SELF) => {
                if n_positional > 1 {
                    return Err(too_many(&class_name, 1, n_positional));
                }
                found.push(Ref::new(subject));
            }
            None => return Err(too_many(&class_name, 0, n_positional)),
        }
    }
    for name in names {
        unique(&mut seen, *name, &ty.name())?;
        match attribute(subject, *name)? {
            Some(v) => found.push(v),
            None => return Ok(Ref::none()),
        }
    }
    Ok(crate::tuple::from_refs(found))
}

fn unique(seen: &mut Vec<Ref>, name: Value, class: &str) -> R<()> {
    for s in seen.iter() {
        if crate::str::eq(s.v(), name) {
            let name = crate::str::to_rust(crate::ops::repr(name)?.v());
            return Err(type_error(format!("{class}() got multiple sub-patterns for attribute {name}")));
        }
    }
    seen.push(Ref::new(name));
    Ok(())
}

fn too_many(class: &str, allowed: usize, given: usize) -> Raised {
    type_error(format!(
        "{class}() accepts {allowed} positional sub-pattern{} ({given} given)",
        if allowed == 1 { "" } else { "s" }
    ))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_match_rest(subject: Value, keys: Value) -> Value {
    value(match_rest(subject, keys))
}

fn match_rest(subject: Value, keys: Value) -> R<Ref> {
    let rest = crate::dict::new();
    crate::dict::update(rest.v(), subject)?;
    for key in crate::tuple::items(keys).expect("a tuple of keys") {
        crate::dict::delete(rest.v(), *key)?;
    }
    Ok(rest)
}
