//! `mappingproxy`: a read-only view of a mapping.

use crate::arity;
use crate::ops;
use crate::prelude::*;

/// A read-only view.
#[repr(C)]
pub struct MappingProxyObject {
    header: Header,
    mapping: Slot,
}

impl Visit for MappingProxyObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.mapping)
    }
    // The mapping itself can be emptied.
    fn clear(&self) {}
}

/// The type `mappingproxy`.
pub static MAPPING_PROXY: Type = Type::builtin::<MappingProxyObject>(
    "mappingproxy",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::MAPPING,
    Slots {
        repr: Some(repr),
        str: Some(str),
        hash: Some(hash),
        compare: Some(compare),
        iter: Some(iter),
        len: Some(len),
        getitem: Some(getitem),
        contains: Some(contains),
        new: Some(new_slot),
        or: Some(or),
        ior: Some(ior),
        ..Slots::NONE
    },
    Some(&MAPPING_PROXY_DECL),
)
.visited::<MappingProxyObject>();
object_type!(MappingProxyObject, MAPPING_PROXY);

/// A proxy of a mapping.
pub fn new(mapping: Value) -> Ref {
    new_object(MappingProxyObject { header: crate::cast::fresh_header(), mapping: Slot::new(Ref::new(mapping)) })
}

fn new_slot(_class: &'static Type, args: &Args) -> R<Ref> {
    let mapping = match (args.pos(), args.names()) {
        ([mapping], []) => *mapping,
        ([], [name]) if crate::str::view(*name).is("mapping") => args.kw_values()[0],
        ([], []) => return Err(type_error("mappingproxy() missing required argument 'mapping' (pos 1)")),
        _ => {
            return Err(type_error(format!("mappingproxy() takes at most 1 argument ({} given)", args.values().len())));
        }
    };
    let slots = type_of(mapping).slots();
    if slots.getitem.is_none() || crate::list::is_list(mapping) || crate::tuple::items(mapping).is_some() {
        return Err(type_error(format!(
            "mappingproxy() argument must be a mapping, not {}",
            crate::type_object::display_name(mapping)
        )));
    }
    Ok(new(mapping))
}

/// What the proxy shows.
pub fn mapping_of(v: Value) -> Value {
    crate::cast::get_unchecked::<MappingProxyObject>(v).mapping.get()
}

fn unproxied(v: Value) -> Value {
    if is_exact(v, &MAPPING_PROXY) { mapping_of(v) } else { v }
}

fn repr(v: Value) -> R<Ref> {
    let mut out = crate::str::Builder::new();
    out.push_str("mappingproxy(");
    out.push_value(ops::repr(mapping_of(v))?.v());
    out.push_str(")");
    Ok(out.finish())
}

fn str(v: Value) -> R<Ref> {
    ops::str(mapping_of(v))
}

fn hash(v: Value) -> R<i64> {
    ops::hash(mapping_of(v))
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    ops::compare(mapping_of(a), b, op)
}

fn iter(v: Value) -> R<Ref> {
    ops::iter(mapping_of(v))
}

fn len(v: Value) -> R<usize> {
    ops::len(mapping_of(v))
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    ops::getitem(mapping_of(v), key)
}

fn contains(v: Value, key: Value) -> R<bool> {
    ops::contains(mapping_of(v), key)
}

fn or(a: Value, b: Value) -> R<Ref> {
    ops::or(unproxied(a), unproxied(b))
}

fn ior(_: Value, _: Value) -> R<Ref> {
    Err(type_error("'|=' is not supported by mappingproxy; use '|' instead"))
}

fn call(v: Value, name: &str, args: &[Value]) -> R<Ref> {
    crate::call::call_method(mapping_of(v), name, args)
}

struct MappingProxyMethods;

#[native_class(decl = MAPPING_PROXY_DECL, doc = "Read-only proxy of a mapping.")]
impl MappingProxyMethods {
    /// Return the value for key if key is in the mapping, else default.
    #[native(raw)]
    fn get(this: Value, args: &Args) -> R<Ref> {
        args.no_keywords("get")?;
        arity::check("get", args.pos().len(), 1, 2)?;
        call(this, "get", &[args.pos()[0], args.pos().get(1).copied().unwrap_or(Value::NONE)])
    }
    /// a set-like object providing a view on the underlying mapping's keys
    #[native]
    fn keys(this: Value) -> R<Ref> {
        call(this, "keys", &[])
    }
    /// an object providing a view on the underlying mapping's values
    #[native]
    fn values(this: Value) -> R<Ref> {
        call(this, "values", &[])
    }
    /// a set-like object providing a view on the underlying mapping's items
    #[native]
    fn items(this: Value) -> R<Ref> {
        call(this, "items", &[])
    }
    /// a shallow copy of the underlying mapping
    #[native]
    fn copy(this: Value) -> R<Ref> {
        call(this, "copy", &[])
    }
    /// reverse iterator
    #[native]
    fn __reversed__(this: Value) -> R<Ref> {
        call(this, "__reversed__", &[])
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
}
