//! Type objects: make_ready, method resolution, caches (being written: signatures only).
use crate::prelude::*;
pub use crate::object::OBJECT;
/// `type`.
pub static TYPE: Type = Type::builtin::<Type>("type", "builtins", Some(&OBJECT), type_flags::BASE | type_flags::TYPE, Slots::NONE, None);
object_type!(Type, TYPE);
/// Fills dict, slots and mro of a builtin type.
pub fn make_ready(_t: &'static Type) {}
/// Whether `other` is in `t`'s mro.
pub fn in_mro(_t: &'static Type, _other: &'static Type) -> bool { false }
/// `__name__`.
pub fn name_of(t: &Type) -> String { t.static_name.into() }
/// Name of the value's type, for messages.
pub fn display_name(v: Value) -> String { name_of(type_of(v)) }
/// A block for one instance.
pub fn allocate(_t: &'static Type, body_bytes: usize) -> *mut u8 { dxpyc_heap::alloc(body_bytes) }
/// The attribute of the type (MRO + method cache), borrowed, unbound.
pub fn lookup(_t: &'static Type, _name: Value) -> Option<Value> { None }
/// The special method `name` of v's type, bound.
pub fn lookup_special(_v: Value, _name: Value) -> R<Option<Ref>> { Ok(None) }
/// The type has changed.
pub fn type_modified(_t: &'static Type) {}
/// A value as type object.
pub fn as_type(v: Value) -> Option<&'static Type> { crate::cast::get::<Type>(v) }
/// Sets an attribute in a builtin type's dict (for `ClassDecl::init`).
pub fn set_dict(_t: &'static Type, _name: &str, _value: Ref) {}
