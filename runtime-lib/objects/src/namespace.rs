//! `types.SimpleNamespace`: an object with the attributes that its constructor is given.

use crate::prelude::*;
use dxpyc_abi::InstanceDict;
use std::mem::offset_of;

/// A namespace object.
#[repr(C)]
pub struct NamespaceObject {
    header: Header,
    dict: InstanceDict,
}

impl Visit for NamespaceObject {
    fn visit(&self, _: &mut Visitor<'_>) {}
    fn clear(&self) {}
}

object_type!(NamespaceObject, NAMESPACE);

/// `types.SimpleNamespace`.
pub static NAMESPACE: Type = Type::builtin::<NamespaceObject>(
    "SimpleNamespace",
    "types",
    Some(&crate::object::OBJECT),
    type_flags::BASE,
    Slots { repr: Some(repr), compare: Some(compare), new: Some(new_empty), init: Some(init), ..Slots::NONE },
    Some(&NAMESPACE_DECL),
)
.visited::<NamespaceObject>()
.with_dict_at(offset_of!(NamespaceObject, dict));

fn new_empty(class: &'static Type, _: &Args) -> R<Ref> {
    let dict = InstanceDict { shape: Cell::new(std::ptr::null()), values: Cell::new(std::ptr::null_mut()) };
    Ok(crate::cast::new_object_of(class, NamespaceObject { header: crate::cast::fresh_header(), dict }))
}

/// A namespace with attributes.
pub fn new(attributes: Vec<(&'static str, Ref)>) -> R<Ref> {
    let this = new_empty(&NAMESPACE, &Args::NONE)?;
    for (name, v) in attributes {
        crate::ops::setattr_str(this.v(), name, v.v())?;
    }
    Ok(this)
}

fn init(this: Value, args: &Args) -> R<()> {
    if args.pos().len() > 1 {
        let name = type_of(this).name();
        return Err(type_error(format!("{name} expected at most 1 argument, got {}", args.pos().len())));
    }
    if let [mapping] = args.pos() {
        let dict = crate::call::call1(crate::dict_type::DICT.v(), *mapping)?;
        for key in crate::ops::collect_to_vec(dict.v())? {
            if !type_of(key.v()).has(type_flags::STR) {
                return Err(type_error("keywords must be strings"));
            }
            let v = crate::ops::getitem(dict.v(), key.v())?;
            crate::ops::setattr(this, key.v(), v.v())?;
        }
    }
    for (name, v) in args.kw() {
        crate::ops::setattr(this, name, v)?;
    }
    Ok(())
}

fn attributes(this: Value) -> R<Ref> {
    Ok(crate::attr::instance_dict(this)?.unwrap_or_else(crate::dict::new))
}

fn repr(this: Value) -> R<Ref> {
    let name = if is_exact(this, &NAMESPACE) { "namespace".to_string() } else { type_of(this).name() };
    let busy = state_enter(this);
    if !busy {
        return Ok(crate::str::from_str(&format!("{name}(...)")));
    }
    let result = repr_parts(this, &name);
    state_leave(this);
    result
}

fn state_enter(this: Value) -> bool {
    let mut busy = crate::state::state().in_repr.borrow_mut();
    if busy.contains(&this.0) {
        return false;
    }
    busy.push(this.0);
    true
}

fn state_leave(this: Value) {
    let mut busy = crate::state::state().in_repr.borrow_mut();
    if let Some(at) = busy.iter().rposition(|&v| v == this.0) {
        busy.remove(at);
    }
}

fn repr_parts(this: Value, name: &str) -> R<Ref> {
    let dict = attributes(this)?;
    let mut out = crate::str::Builder::new();
    out.push_str(name);
    out.push_char('(' as u32);
    let mut first = true;
    for key in crate::ops::collect_to_vec(dict.v())? {
        if !type_of(key.v()).has(type_flags::STR) || crate::str::view(key.v()).is_empty() {
            continue;
        }
        if !first {
            out.push_str(", ");
        }
        first = false;
        let v = crate::ops::getitem(dict.v(), key.v())?;
        out.push_value(key.v());
        out.push_char('=' as u32);
        out.push_value(crate::ops::repr(v.v())?.v());
    }
    out.push_char(')' as u32);
    Ok(out.finish())
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !type_of(a).is_subtype(&NAMESPACE) || !type_of(b).is_subtype(&NAMESPACE) {
        return Ok(Ref::not_implemented());
    }
    crate::ops::compare(attributes(a)?.v(), attributes(b)?.v(), op)
}

/// The methods of SimpleNamespace stand on this name.
pub struct NamespaceMethods;

#[native_class(decl = NAMESPACE_DECL, doc = "A simple attribute-based namespace.")]
impl NamespaceMethods {
    /// The attributes.
    #[getter(name = "__dict__")]
    fn dict(this: Value) -> R<Ref> {
        attributes(this)
    }
    /// Return state information for pickling
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let dict = attributes(this)?;
        Ok(crate::tuple::from_refs(vec![Ref::new(type_of(this).v()), Ref::new(crate::tuple::empty()), dict]))
    }
    /// Return a copy of the namespace object with new values for the specified attributes.
    #[native("($self, /, **changes)", raw)]
    fn __replace__(this: Value, args: &Args) -> R<Ref> {
        if !args.pos().is_empty() {
            return Err(type_error("__replace__() takes no positional arguments"));
        }
        let result = crate::call::call0(type_of(this).v())?;
        let dict = attributes(this)?;
        for key in crate::ops::collect_to_vec(dict.v())? {
            let v = crate::ops::getitem(dict.v(), key.v())?;
            crate::ops::setattr(result.v(), key.v(), v.v())?;
        }
        for (name, v) in args.kw() {
            crate::ops::setattr(result.v(), name, v)?;
        }
        Ok(result)
    }
}
