//! `object` (being written: signatures only).
use crate::prelude::*;
/// A header only.
#[repr(C)]
pub struct PlainObject { pub header: Header }
/// `object`.
pub static OBJECT: Type = Type::builtin::<PlainObject>("object", "builtins", None, type_flags::BASE, Slots::NONE, None);
object_type!(PlainObject, OBJECT);
