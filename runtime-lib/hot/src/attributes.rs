//! Globals and attributes through inline caches.

use crate::refs::{decref, owned, type_word, view};
use crate::slow;
use core::hint::cold_path;
use dxpyc_abi::layout::{PLAIN_DICT_OFFSET, plain_key, plain_kind};
use dxpyc_abi::{AttrCache, AttrEntry, DictObject, FunctionObject, GlobalCache, InstanceDict, Shape, TypePrefix, Value, cache_kind, type_flags};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_load_global(func: Value, name: Value, cache: *const u8) -> Value {
    // SAFETY: compiled code passes its function object and the site's cache.
    unsafe {
        let globals = view::<FunctionObject>(func).globals.get();
        let site = &*(cache as *const GlobalCache);
        let dict: &DictObject = view(globals);
        if dict.keys_version.get() == site.globals_version.get() && site.globals_version.get() != 0 {
            if site.in_builtins.get() == 0 {
                return owned((*dict.entries.get().add(site.index.get() as usize)).value);
            }
            let builtins: &DictObject = view(slow::DXP_BUILTINS.get());
            if builtins.keys_version.get() == site.builtins_version.get() {
                return owned((*builtins.entries.get().add(site.index.get() as usize)).value);
            }
        }
        cold_path();
        slow::dxp_load_global(globals, name, cache)
    }
}

/// The attribute storage of an instance at a byte offset.
#[inline(always)]
unsafe fn instance_dict<'a>(object: Value, offset: u32) -> &'a InstanceDict {
    // SAFETY: the cache was filled for this type, whose instances have the storage there.
    unsafe { &*((object.address() + offset as usize) as *const InstanceDict) }
}

/// The front entry of a site. It has the fields of the earlier ones.
#[inline(always)]
unsafe fn front<'a>(cache: *const u8) -> &'a AttrEntry {
    const { assert!(core::mem::offset_of!(AttrCache, earlier) == size_of::<AttrEntry>() + size_of::<u64>()) }
    // SAFETY: compiled code passes the site's cache, whose first fields are those of an entry.
    unsafe { &*(cache as *const AttrEntry) }
}

/// The version of the object's type; 0 never matches a filled entry.
#[inline(always)]
fn version_of(object: Value) -> u64 {
    // SAFETY: types are live while they have instances.
    if object.is_pointer() { unsafe { (*type_word(object)).version.get() } } else { 0 }
}

/// Whether the instance's shape is the cached one (or the type has no instance dict).
#[inline(always)]
unsafe fn same_shape(object: Value, site: &AttrEntry) -> bool {
    let offset = site.dict_offset.get();
    // SAFETY: the site was filled for this type.
    offset == 0 || unsafe { core::ptr::eq(instance_dict(object, offset).shape.get(), site.shape.get()) }
}

/// The place of an attribute in the instance, if the entry says it for this shape. The versions are equal.
#[inline(always)]
unsafe fn slot(object: Value, site: &AttrEntry) -> Option<*mut Value> {
    if site.kind.get() != cache_kind::SLOT {
        return None;
    }
    // SAFETY: the entry was filled for the object's type; the shape says that the slot is in use.
    unsafe {
        let dict = instance_dict(object, site.dict_offset.get());
        if core::ptr::eq(dict.shape.get(), site.shape.get()) {
            Some(dict.values.get().add(site.value.get() as usize))
        } else {
            None
        }
    }
}

/// Whether the front entry is of this kind, for the object's class, and the instance has its shape.
#[inline(always)]
unsafe fn plain(object: Value, cache: *const u8, kind: u64) -> bool {
    if !object.is_pointer() {
        cold_path();
        return false;
    }
    // SAFETY: the cache is the site's; its key says that instances of the class have their InstanceDict there.
    unsafe {
        let site = &*(cache as *const AttrCache);
        if plain_key((*type_word(object)).version.get(), kind) != site.plain.get() {
            cold_path();
            return false;
        }
        if !core::ptr::eq(instance_dict(object, PLAIN_DICT_OFFSET).shape.get(), site.shape.get()) {
            cold_path();
            return false;
        }
        true
    }
}

/// The slot that the front entry tells. The entry fits.
#[inline(always)]
unsafe fn plain_slot(object: Value, cache: *const u8) -> *mut Value {
    // SAFETY: the shape says that the slot is in use.
    unsafe { instance_dict(object, PLAIN_DICT_OFFSET).values.get().add(front(cache).value.get() as usize) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_getattr(object: Value, name: Value, cache: *const u8) -> Value {
    // SAFETY: the cache is the site's; a hit says where the attribute is.
    unsafe {
        if plain(object, cache, plain_kind::SLOT) {
            return owned(*plain_slot(object, cache));
        }
        cold_path();
        dxp_hot_getattr_more(object, name, cache)
    }
}

/// The attribute when it stands in the instance and the site knows where: borrowed from it; else MISSING. Nothing else happens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_peek(object: Value, _name: Value, cache: *const u8) -> Value {
    // SAFETY: as above.
    unsafe {
        if plain(object, cache, plain_kind::SLOT) {
            return *plain_slot(object, cache);
        }
        cold_path();
        dxp_hot_peek_more(object, cache)
    }
}

/// The site's other entries.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe extern "C" fn dxp_hot_peek_more(object: Value, cache: *const u8) -> Value {
    // SAFETY: as above; no type has version 0 in an entry that is in use.
    unsafe {
        let version = version_of(object);
        if version != 0 {
            if let Some(place) = member(object, version, cache) {
                return *place;
            }
            for entry in &(*(cache as *const AttrCache)).earlier {
                if entry.version.get() == version
                    && let Some(place) = slot(object, entry)
                {
                    return *place;
                }
            }
            let site = front(cache);
            if site.version.get() == version
                && let Some(place) = slot(object, site)
            {
                return *place;
            }
        }
        Value::MISSING
    }
}

/// The attribute of a module.
#[inline(always)]
unsafe fn of_dict(object: Value, site: &AttrEntry) -> Option<Value> {
    // SAFETY: the entry was filled for the object's type, which has a dict there; the version tells that the entry is in use.
    unsafe {
        let dict = *((object.address() + site.dict_offset.get() as usize) as *const Value);
        let dict: &DictObject = view(dict);
        if dict.keys_version.get() != site.shape.get() as u64 {
            return None;
        }
        Some((*dict.entries.get().add(site.value.get() as usize)).value)
    }
}

/// The place of a `__slots__` member, if the front entry is for one of this type version.
#[inline(always)]
unsafe fn member(object: Value, version: u64, cache: *const u8) -> Option<*mut Value> {
    // SAFETY: the entry was filled for the object's type, which has the member there.
    unsafe {
        let site = front(cache);
        if site.version.get() == version && site.kind.get() == cache_kind::MEMBER {
            Some((object.address() + site.value.get() as usize) as *mut Value)
        } else {
            None
        }
    }
}

/// Members, and the site's earlier entries.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe extern "C" fn dxp_hot_getattr_more(object: Value, name: Value, cache: *const u8) -> Value {
    // SAFETY: as above.
    unsafe {
        let version = version_of(object);
        if version != 0 {
            if let Some(place) = member(object, version, cache)
                && !(*place).is_missing()
            {
                return owned(*place);
            }
            for entry in &(*(cache as *const AttrCache)).earlier {
                if entry.version.get() == version
                    && let Some(place) = slot(object, entry)
                {
                    return owned(*place);
                }
            }
        }
        dxp_hot_getattr_other(object, name, cache)
    }
}

/// The other kinds.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_getattr_other(object: Value, name: Value, cache: *const u8) -> Value {
    // SAFETY: as above.
    unsafe {
        let version = version_of(object);
        let site = front(cache);
        if version != 0 && site.version.get() == version {
            match site.kind.get() {
                cache_kind::SLOT => {
                    if let Some(place) = slot(object, site) {
                        return owned(*place);
                    }
                }
                cache_kind::CLASS if same_shape(object, site) => return owned(Value(site.value.get())),
                cache_kind::DICT => {
                    if let Some(value) = of_dict(object, site) {
                        return owned(value);
                    }
                }
                _ => {}
            }
        }
        if version != 0 {
            if site.kind.get() == cache_kind::OF_CLASS
                && (*type_word(object)).flags.get() & type_flags::TYPE != 0
                && view::<TypePrefix>(object).version.get() == site.version.get()
                && site.version.get() != 0
            {
                return owned(Value(site.value.get()));
            }
        }
        slow::dxp_getattr(object, name, cache)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_setattr(object: Value, name: Value, value: Value, cache: *const u8) -> i32 {
    // SAFETY: as in `dxp_hot_getattr`.
    unsafe {
        if plain(object, cache, plain_kind::SLOT) {
            replace(plain_slot(object, cache), value);
            return 0;
        }
        cold_path();
        dxp_hot_setattr_more(object, name, value, cache)
    }
}

/// As `dxp_hot_setattr`, where the attribute is expected to be new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_addattr(object: Value, name: Value, value: Value, cache: *const u8) -> i32 {
    // SAFETY: as in `add`.
    unsafe {
        if plain(object, cache, plain_kind::ADD) {
            let dict = instance_dict(object, PLAIN_DICT_OFFSET);
            let values = dict.values.get();
            let inline = dict as *const InstanceDict as usize + size_of::<InstanceDict>();
            if values as usize == inline {
                let next = front(cache).value.get() as *const Shape;
                *values.add((*next).len - 1) = owned(value);
                dict.shape.set(next);
                return 0;
            }
            cold_path();
        }
        cold_path();
        dxp_hot_setattr_more(object, name, value, cache)
    }
}

/// Members, and the site's earlier entries.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe extern "C" fn dxp_hot_setattr_more(object: Value, name: Value, value: Value, cache: *const u8) -> i32 {
    // SAFETY: as in `dxp_hot_getattr`.
    unsafe {
        let version = version_of(object);
        if version != 0 {
            if let Some(place) = member(object, version, cache) {
                replace(place, value);
                return 0;
            }
            for entry in &(*(cache as *const AttrCache)).earlier {
                if entry.version.get() != version {
                    continue;
                }
                if let Some(place) = slot(object, entry) {
                    replace(place, value);
                    return 0;
                }
                if add(object, value, entry) {
                    return 0;
                }
            }
        }
        dxp_hot_setattr_other(object, name, value, cache)
    }
}

/// The other kinds.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_setattr_other(object: Value, name: Value, value: Value, cache: *const u8) -> i32 {
    // SAFETY: as above.
    unsafe {
        let version = version_of(object);
        let site = front(cache);
        if version != 0 && site.version.get() == version {
            if let Some(place) = slot(object, site) {
                replace(place, value);
                return 0;
            }
            if add(object, value, site) {
                return 0;
            }
        }
        slow::dxp_setattr(object, name, value, cache)
    }
}

/// Adds an attribute as the last one, if the entry is for that and the instance has the shape before.
#[inline(always)]
unsafe fn add(object: Value, value: Value, site: &AttrEntry) -> bool {
    if site.kind.get() != cache_kind::ADD {
        return false;
    }
    // SAFETY: the entry was filled for the object's type; the new slot is inline.
    unsafe {
        let dict = instance_dict(object, site.dict_offset.get());
        let values = dict.values.get();
        let inline = dict as *const InstanceDict as usize + size_of::<InstanceDict>();
        if !core::ptr::eq(dict.shape.get(), site.shape.get()) || values as usize != inline {
            return false;
        }
        let next = site.value.get() as *const Shape;
        *values.add((*next).len - 1) = owned(value);
        dict.shape.set(next);
        true
    }
}

/// Stores a value; what stood there dies.
#[inline(always)]
unsafe fn replace(slot: *mut Value, value: Value) {
    // SAFETY: the caller's slot is live and holds an owned value.
    unsafe {
        let old = *slot;
        *slot = owned(value);
        decref(old);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_load_method(
    object: Value,
    name: Value,
    cache: *const u8,
    is_method: *mut i32,
) -> Value {
    // SAFETY: as in `dxp_hot_getattr`; `is_method` is the caller's.
    unsafe {
        if let Some(method) = cached_method(object, cache) {
            *is_method = 1;
            return owned(method);
        }
        cold_path();
        dxp_hot_load_method_more(object, name, cache, is_method)
    }
}

/// The site's earlier entries.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe extern "C" fn dxp_hot_load_method_more(object: Value, name: Value, cache: *const u8, is_method: *mut i32) -> Value {
    // SAFETY: as in `dxp_hot_load_method`.
    unsafe {
        let version = version_of(object);
        if version != 0 {
            let site = front(cache);
            if site.version.get() == version
                && site.kind.get() == cache_kind::DICT
                && let Some(value) = of_dict(object, site)
            {
                *is_method = 0;
                return owned(value);
            }
            for entry in &(*(cache as *const AttrCache)).earlier {
                if entry.version.get() == version && entry.kind.get() == cache_kind::METHOD && same_shape(object, entry) {
                    *is_method = 1;
                    return owned(Value(entry.value.get()));
                }
            }
        }
        slow::dxp_load_method(object, name, cache, is_method)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_peek_method(object: Value, _name: Value, cache: *const u8) -> Value {
    // SAFETY: as in `dxp_hot_getattr`.
    unsafe {
        if plain(object, cache, plain_kind::METHOD) {
            return Value(front(cache).value.get());
        }
        cold_path();
        dxp_hot_peek_method_more(object, cache)
    }
}

/// The site's earlier entries.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe extern "C" fn dxp_hot_peek_method_more(object: Value, cache: *const u8) -> Value {
    // SAFETY: as above.
    unsafe {
        let version = version_of(object);
        if version != 0 {
            for entry in &(*(cache as *const AttrCache)).earlier {
                if entry.version.get() == version && entry.kind.get() == cache_kind::METHOD && same_shape(object, entry) {
                    return Value(entry.value.get());
                }
            }
        }
        Value::MISSING
    }
}

/// The function that a method call through the cache runs, borrowed from the type.
#[inline(always)]
pub(crate) unsafe fn cached_method(object: Value, cache: *const u8) -> Option<Value> {
    // SAFETY: as in `dxp_hot_getattr`.
    unsafe {
        if !object.is_pointer() {
            return None;
        }
        let site = front(cache);
        let same = (*type_word(object)).version.get() == site.version.get();
        if same && site.kind.get() == cache_kind::METHOD && same_shape(object, site) {
            Some(Value(site.value.get()))
        } else {
            None
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_is_builtin(value: Value, which: u32) -> i32 {
    // SAFETY: `which` is an index of the table; the cells are the runtime's statics.
    unsafe {
        let values = &raw const slow::DXP_BUILTIN_VALUES as *const core::cell::Cell<Value>;
        i32::from((*values.add(which as usize)).get() == value)
    }
}
