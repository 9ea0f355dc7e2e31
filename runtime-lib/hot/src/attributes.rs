//! Globals and attributes through inline caches.

use crate::refs::{decref, owned, type_word, view};
use crate::slow;
use dxpyc_abi::{AttrCache, DictObject, FunctionObject, GlobalCache, InstanceDict, Shape, TypePrefix, Value, cache_kind};

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
        slow::dxp_load_global(globals, name, cache)
    }
}

/// The attribute storage of an instance at a byte offset.
#[inline(always)]
unsafe fn instance_dict<'a>(object: Value, offset: u32) -> &'a InstanceDict {
    // SAFETY: the cache was filled for this type, whose instances have the storage there.
    unsafe { &*((object.address() + offset as usize) as *const InstanceDict) }
}

/// The cache, if it was filled for the type of the object.
#[inline(always)]
unsafe fn hit<'a>(object: Value, cache: *const u8) -> Option<&'a AttrCache> {
    if !object.is_pointer() {
        return None;
    }
    // SAFETY: compiled code passes the site's cache; types are live while they have instances.
    unsafe {
        let site = &*(cache as *const AttrCache);
        let class: *const TypePrefix = type_word(object);
        if (*class).version.get() == site.version.get() { Some(site) } else { None }
    }
}

/// Whether the instance's shape is the cached one (or the type has no instance dict).
#[inline(always)]
unsafe fn same_shape(object: Value, site: &AttrCache) -> bool {
    let offset = site.dict_offset.get();
    // SAFETY: the site was filled for this type.
    offset == 0 || unsafe { core::ptr::eq(instance_dict(object, offset).shape.get(), site.shape.get()) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_getattr(object: Value, name: Value, cache: *const u8) -> Value {
    // SAFETY: the cache is the site's; a hit says where the attribute is.
    unsafe {
        if let Some(site) = hit(object, cache) {
            match site.kind.get() {
                cache_kind::SLOT => {
                    let dict = instance_dict(object, site.dict_offset.get());
                    if core::ptr::eq(dict.shape.get(), site.shape.get()) {
                        return owned(*dict.values.get().add(site.value.get() as usize));
                    }
                }
                cache_kind::CLASS if same_shape(object, site) => return owned(Value(site.value.get())),
                cache_kind::MEMBER => {
                    let value = *((object.address() + site.value.get() as usize) as *const Value);
                    if !value.is_missing() {
                        return owned(value);
                    }
                }
                _ => {}
            }
        }
        slow::dxp_getattr(object, name, cache)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_setattr(object: Value, name: Value, value: Value, cache: *const u8) -> i32 {
    // SAFETY: as in `dxp_hot_getattr`.
    unsafe {
        if let Some(site) = hit(object, cache) {
            match site.kind.get() {
                cache_kind::SLOT => {
                    let dict = instance_dict(object, site.dict_offset.get());
                    if core::ptr::eq(dict.shape.get(), site.shape.get()) {
                        replace(dict.values.get().add(site.value.get() as usize), value);
                        return 0;
                    }
                }
                cache_kind::MEMBER => {
                    replace((object.address() + site.value.get() as usize) as *mut Value, value);
                    return 0;
                }
                cache_kind::ADD => {
                    let dict = instance_dict(object, site.dict_offset.get());
                    let values = dict.values.get();
                    let inline = dict as *const InstanceDict as usize + size_of::<InstanceDict>();
                    if core::ptr::eq(dict.shape.get(), site.shape.get()) && values as usize == inline {
                        let next = site.value.get() as *const Shape;
                        *values.add((*next).len - 1) = owned(value);
                        dict.shape.set(next);
                        return 0;
                    }
                }
                _ => {}
            }
        }
        slow::dxp_setattr(object, name, value, cache)
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
        if let Some(site) = hit(object, cache)
            && site.kind.get() == cache_kind::METHOD
            && same_shape(object, site)
        {
            *is_method = 1;
            return owned(Value(site.value.get()));
        }
        slow::dxp_load_method(object, name, cache, is_method)
    }
}

/// The function that a method call through the cache runs, borrowed from the type.
#[inline(always)]
pub(crate) unsafe fn cached_method(object: Value, cache: *const u8) -> Option<Value> {
    // SAFETY: as in `dxp_hot_getattr`.
    unsafe {
        let site = hit(object, cache)?;
        if site.kind.get() == cache_kind::METHOD && same_shape(object, site) {
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
