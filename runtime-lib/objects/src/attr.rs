//! Attribute access (being written: signatures only).
use crate::prelude::*;
use dxpyc_abi::AttrCache;
/// Cached attribute load.
pub fn get(_o: Value, _name: Value, _cache: &AttrCache) -> R<Ref> { Err(system_error("not there yet: attr")) }
/// Cached attribute store.
pub fn set(_o: Value, _name: Value, _v: Value, _cache: &AttrCache) -> R<()> { Err(system_error("not there yet: attr")) }
/// `object.__getattribute__`.
pub fn generic_get(_o: Value, _name: Value) -> R<Ref> { Err(system_error("not there yet: attr")) }
/// `object.__setattr__` / `__delattr__` (value MISSING).
pub fn generic_set(_o: Value, _name: Value, _v: Value) -> R<()> { Err(system_error("not there yet: attr")) }
/// The instance's `__dict__` (made when absent); None when the type has none.
pub fn instance_dict(_o: Value) -> R<Option<Ref>> { Err(system_error("not there yet: attr")) }
