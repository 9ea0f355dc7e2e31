//! Attribute access of instances: the generic rules, inline caches, and the errors.

use crate::prelude::*;
use crate::property::Property;
use crate::shape;
use crate::type_object::{as_type, display_name, lookup};
use dxpyc_abi::layout::{PLAIN_DICT_OFFSET, plain_key, plain_kind};
use dxpyc_abi::{AttrCache, InstanceDict, Shape, cache_kind};

pub use generic_get as generic_getattr;

// ---------------------------------------------------------------- errors

/// AttributeError with `name` and `obj` set.
#[cold]
pub fn attribute_error(message: &str, object: Value, name: Value) -> Raised {
    let exception = new_attribute_error(message, object, name);
    raise_instance(exception)
}

fn new_attribute_error(message: &str, object: Value, name: Value) -> Ref {
    let message = crate::str::from_str(message);
    let exception = crate::exceptions::new_with_args(&crate::exceptions::ATTRIBUTE_ERROR, &[message.v()]);
    crate::exceptions::field_slot(exception.v(), 0).set(Ref::new(name));
    crate::exceptions::field_slot(exception.v(), 1).set(Ref::new(object));
    exception
}

/// `'X' object has no attribute 'y'`.
#[cold]
pub fn no_attribute(object: Value, name: Value) -> Raised {
    let text = crate::str::to_rust(name);
    let message = match as_type(object) {
        Some(t) => format!("type object '{}' has no attribute '{text}'", t.name()),
        None => format!("'{}' object has no attribute '{text}'", display_name(object)),
    };
    attribute_error(&message, object, name)
}

/// Attribute names must be str.
pub fn check_name(name: Value) -> R<()> {
    if crate::str::is_str(name) {
        return Ok(());
    }
    Err(type_error(format!("attribute name must be string, not '{}'", display_name(name))))
}

// ---------------------------------------------------------------- instance attributes

/// The real dict slot of functions, modules and the like.
#[inline]
pub fn dict_slot(object: Value, class: &'static Type) -> Option<&'static Slot> {
    let offset = class.dict_slot.get();
    if offset == 0 {
        return None;
    }
    // SAFETY: the type says that a Slot stands there.
    Some(unsafe { &*((object.address() + offset as usize) as *const Slot) })
}

/// The attribute stored in the instance itself, borrowed.
#[inline]
pub fn stored(object: Value, class: &'static Type, name: Value) -> Option<Value> {
    if class.prefix.dict_offset.get() != 0 {
        return shape::of(object).and_then(|d| shape::get(d, name));
    }
    let slot = dict_slot(object, class)?;
    if slot.is_empty() { None } else { crate::dict::get_str(slot.get(), name) }
}

/// The instance's `__dict__` (made when absent); None when the type has none.
pub fn instance_dict(object: Value) -> R<Option<Ref>> {
    let class = type_of(object);
    if class.prefix.dict_offset.get() != 0
        && let Some(d) = shape::of(object)
    {
        return Ok(Some(Ref::new(shape::to_dict(object, d))));
    }
    if let Some(slot) = dict_slot(object, class) {
        if slot.is_empty() {
            slot.set(crate::dict::new());
        }
        return Ok(Some(Ref::new(slot.get())));
    }
    Ok(None)
}

/// Replaces the instance's `__dict__`.
pub fn set_instance_dict(object: Value, dict: Value) -> R<()> {
    if !type_of(dict).has(type_flags::DICT) {
        return Err(type_error(format!("__dict__ must be set to a dictionary, not a '{}'", display_name(dict))));
    }
    let class = type_of(object);
    if class.prefix.dict_offset.get() != 0
        && let Some(d) = shape::of(object)
    {
        shape::replace_dict(object, d, Ref::new(dict));
    } else if let Some(slot) = dict_slot(object, class) {
        slot.set(Ref::new(dict));
    }
    Ok(())
}

/// `object.__getattribute__`; None when there is no such attribute.
pub fn generic_get_opt(object: Value, name: Value) -> R<Option<Ref>> {
    let class = type_of(object);
    let found = lookup(class, name);
    let mut get = None;
    if let Some(descriptor) = found {
        let slots = type_of(descriptor).slots();
        get = slots.descr_get;
        if let Some(get) = get
            && slots.descr_set.is_some()
        {
            let descriptor = Ref::new(descriptor);
            return get(descriptor.v(), object, class.v()).map(Some);
        }
    }
    if let Some(v) = stored(object, class, name) {
        return Ok(Some(Ref::new(v)));
    }
    match (found, get) {
        (Some(descriptor), Some(get)) => {
            let descriptor = Ref::new(descriptor);
            get(descriptor.v(), object, class.v()).map(Some)
        }
        (Some(plain), None) => Ok(Some(Ref::new(plain))),
        (None, _) => Ok(None),
    }
}

/// `object.__getattribute__`.
pub fn generic_get(object: Value, name: Value) -> R<Ref> {
    match generic_get_opt(object, name)? {
        Some(v) => Ok(v),
        None => Err(no_attribute(object, name)),
    }
}

/// `object.__setattr__` and `__delattr__` (value MISSING).
pub fn generic_set(object: Value, name: Value, value: Value) -> R<()> {
    check_name(name)?;
    let class = type_of(object);
    let found = lookup(class, name);
    if let Some(descriptor) = found
        && let Some(set) = type_of(descriptor).slots().descr_set
    {
        let descriptor = Ref::new(descriptor);
        return set(descriptor.v(), object, value);
    }
    if class.prefix.dict_offset.get() != 0
        && let Some(d) = shape::of(object)
    {
        if !value.is_missing() {
            return shape::set(object, d, name, Ref::new(value));
        }
        return if shape::delete(object, d, name)? { Ok(()) } else { Err(no_attribute(object, name)) };
    }
    if let Some(slot) = dict_slot(object, class) {
        if !value.is_missing() {
            if slot.is_empty() {
                slot.set(crate::dict::new());
            }
            let dict = Ref::new(slot.get());
            return crate::dict::set(dict.v(), name, value);
        }
        let dict = slot.cloned();
        return match dict {
            Some(d) if crate::dict::delete(d.v(), name)? => Ok(()),
            _ => Err(no_attribute(object, name)),
        };
    }
    let text = crate::str::to_rust(name);
    let message = if found.is_some() {
        format!("'{}' object attribute '{text}' is read-only", display_name(object))
    } else if class.has(type_flags::PLAIN_SETATTR) {
        format!("'{}' object has no attribute '{text}' and no __dict__ for setting new attributes", display_name(object))
    } else {
        return Err(no_attribute(object, name));
    };
    Err(attribute_error(&message, object, name))
}

// ---------------------------------------------------------------- inline caches

/// Beyond `abi::cache_kind`: known to the runtime only.
mod kind {
    /// `value` is the property's getter (a data descriptor: no shape check).
    pub const PROPERTY: u32 = 6;
    pub use dxpyc_abi::cache_kind::{DICT, OF_CLASS};
    /// Class method of a class, read from the class itself: the function, to be called with the class first. `version` is the class's own.
    pub const CLASS_METHOD: u32 = 9;
}

#[inline(always)]
fn storage(object: Value, offset: u32) -> &'static InstanceDict {
    // SAFETY: the cache was filled for this type, whose instances have the storage there.
    unsafe { &*((object.address() + offset as usize) as *const InstanceDict) }
}

#[inline(always)]
fn same_shape(object: Value, cache: &AttrCache) -> bool {
    let offset = cache.dict_offset.get();
    offset == 0 || std::ptr::eq(storage(object, offset).shape.get(), cache.shape.get())
}

/// Entry of a dict by index, if the keys are those of the cache.
#[inline(always)]
fn dict_entry(dict: Value, cache: &AttrCache) -> Option<Value> {
    // SAFETY: the caller's dict slot holds a dict.
    let d = unsafe { &*(dict.address() as *const dxpyc_abi::DictObject) };
    if d.keys_version.get() != 0 && d.keys_version.get() == cache.shape.get() as u64 {
        // SAFETY: the version tells that the entry is there.
        return Some(unsafe { (*d.entries.get().add(cache.value.get() as usize)).value });
    }
    None
}

/// Brings the site's entry for the object's class and shape to the front, if an earlier one is.
fn recall(object: Value, class: &'static Type, cache: &AttrCache) -> bool {
    let version = class.prefix.version.get();
    let own_version = as_type(object).map_or(0, |t| t.prefix.version.get());
    for entry in &cache.earlier {
        let found = entry.version.get();
        if found == 0 {
            return false;
        }
        let for_class = found == own_version && entry.kind.get() >= kind::OF_CLASS;
        if found != version && !for_class {
            continue;
        }
        let offset = entry.dict_offset.get();
        if offset == 0 || std::ptr::eq(storage(object, offset).shape.get(), entry.shape.get()) {
            cache.version.swap(&entry.version);
            cache.shape.swap(&entry.shape);
            cache.value.swap(&entry.value);
            cache.kind.swap(&entry.kind);
            cache.dict_offset.swap(&entry.dict_offset);
            note_plain(cache);
            return true;
        }
    }
    false
}

/// Moves the site's front entry behind, for a new one to take its place.
fn make_room(cache: &AttrCache) {
    if cache.version.get() == 0 {
        return;
    }
    let [first, second, third] = &cache.earlier;
    for (from, to) in [(second, third), (first, second)] {
        to.version.set(from.version.get());
        to.shape.set(from.shape.get());
        to.value.set(from.value.get());
        to.kind.set(from.kind.get());
        to.dict_offset.set(from.dict_offset.get());
    }
    first.version.set(cache.version.get());
    first.shape.set(cache.shape.get());
    first.value.set(cache.value.get());
    first.kind.set(cache.kind.get());
    first.dict_offset.set(cache.dict_offset.get());
}

/// Cached attribute load.
pub fn get(object: Value, name: Value, cache: &AttrCache) -> R<Ref> {
    let class = type_of(object);
    if let Some(result) = get_hit(object, class, cache) {
        return result;
    }
    if recall(object, class, cache)
        && let Some(result) = get_hit(object, class, cache)
    {
        return result;
    }
    get_and_fill(object, class, name, cache)
}

/// What the front entry gives, if it fits.
#[inline(always)]
fn get_hit(object: Value, class: &'static Type, cache: &AttrCache) -> Option<R<Ref>> {
    let version = cache.version.get();
    if version != 0 {
        if class.prefix.version.get() == version {
            match cache.kind.get() {
                cache_kind::SLOT if same_shape(object, cache) => {
                    // SAFETY: the shape says that the slot is in use.
                    return Some(Ok(Ref::new(unsafe { *storage(object, cache.dict_offset.get()).values.get().add(cache.value.get() as usize) })));
                }
                cache_kind::CLASS if same_shape(object, cache) => return Some(Ok(Ref::new(Value(cache.value.get())))),
                cache_kind::METHOD if same_shape(object, cache) => {
                    return Some(crate::function::bind_method(Value(cache.value.get()), object));
                }
                cache_kind::MEMBER => {
                    // SAFETY: the type has a member word there.
                    let v = unsafe { *((object.address() + cache.value.get() as usize) as *const Value) };
                    if !v.is_missing() {
                        return Some(Ok(Ref::new(v)));
                    }
                }
                kind::PROPERTY => {
                    let getter = Ref::new(Value(cache.value.get()));
                    return Some(crate::call::call1(getter.v(), object));
                }
                kind::DICT => {
                    if let Some(slot) = dict_slot_of_module(object)
                        && let Some(v) = dict_entry(slot.get(), cache)
                    {
                        return Some(Ok(Ref::new(v)));
                    }
                }
                _ => {}
            }
        } else if cache.kind.get() >= kind::OF_CLASS
            && let Some(t) = as_type(object)
            && t.prefix.version.get() == version
        {
            let v = Value(cache.value.get());
            return Some(Ok(if cache.kind.get() == kind::OF_CLASS { Ref::new(v) } else { crate::function::new_method(v, object) }));
        }
    }
    None
}

fn dict_slot_of_module(object: Value) -> Option<&'static Slot> {
    if is_exact(object, &crate::module::MODULE) {
        // The dict word of modules is their `dict` slot.
        return Some(&crate::cast::get_unchecked::<crate::module::ModuleObject>(object).dict);
    }
    None
}

/// Where modules have their dict.
const MODULE_DICT: usize = std::mem::offset_of!(crate::module::ModuleObject, dict);

fn fill(cache: &AttrCache, version: u64, shape: *const Shape, value: u64, kind: u32, dict_offset: usize) {
    make_room(cache);
    cache.version.set(version);
    cache.shape.set(shape);
    cache.value.set(value);
    cache.kind.set(kind);
    cache.dict_offset.set(dict_offset as u32);
    note_plain(cache);
}

/// Sets what compiled code compares first, for the front entry.
fn note_plain(cache: &AttrCache) {
    let kind = match cache.kind.get() {
        cache_kind::SLOT => plain_kind::SLOT,
        cache_kind::METHOD => plain_kind::METHOD,
        cache_kind::ADD => plain_kind::ADD,
        _ => 0,
    };
    let is_plain = kind != 0 && cache.dict_offset.get() == PLAIN_DICT_OFFSET;
    cache.plain.set(if is_plain { plain_key(cache.version.get(), kind) } else { 0 });
}

#[inline(never)]
fn get_and_fill(object: Value, class: &'static Type, name: Value, cache: &AttrCache) -> R<Ref> {
    let slots = class.slots();
    if class.has(type_flags::PLAIN_GETATTR) {
        fill_for_instance(object, class, name, cache);
    } else if let Some(f) = slots.getattr {
        if f as usize == crate::type_attributes::type_getattr as *const () as usize {
            if let Some(t) = as_type(object) {
                fill_for_class(t, class, name, cache);
            }
        } else if let Some(slot) = dict_slot_of_module(object)
            && lookup(class, name).is_none()
            && crate::dict::is_exact_dict(slot.get())
            && let Some(index) = crate::dict::entry_index(slot.get(), name)
        {
            fill(cache, class.prefix.version.get(), crate::dict::keys_version(slot.get()) as *const Shape, index as u64, kind::DICT, MODULE_DICT);
        }
    }
    match slots.getattr {
        Some(f) => f(object, name),
        None => generic_get(object, name),
    }
}

/// Notes where the attribute of an instance stands, if that can be told by type version and shape.
fn fill_for_instance(object: Value, class: &'static Type, name: Value, cache: &AttrCache) {
    let version = class.prefix.version.get();
    let offset = class.prefix.dict_offset.get();
    if version == 0 || offset < 0 || class.dict_slot.get() != 0 {
        return;
    }
    let found = lookup(class, name);
    if let Some(descriptor) = found {
        let dclass = type_of(descriptor);
        if dclass.slots().descr_set.is_some() {
            if let Some(p) = crate::cast::get::<Property>(descriptor)
                && is_exact(descriptor, &crate::property::PROPERTY)
                && !p.getter.is_empty()
                && !p.getter.get().is_none()
            {
                fill(cache, version, std::ptr::null(), p.getter.get().0, kind::PROPERTY, 0);
            } else if let Some(m) = crate::descriptors::member_offset(descriptor, class) {
                fill(cache, version, std::ptr::null(), m as u64, cache_kind::MEMBER, 0);
            }
            return;
        }
    }
    let mut shape_now: *const Shape = std::ptr::null();
    if offset > 0 {
        let d = storage(object, offset as u32);
        shape_now = d.shape.get();
        if shape::is_dict_mode(shape_now) {
            return;
        }
        if !shape_now.is_null()
            && let Some(i) = shape::node(shape_now).find(name)
        {
            fill(cache, version, shape_now, i as u64, cache_kind::SLOT, offset as usize);
            return;
        }
    }
    if let Some(v) = found {
        let dclass = type_of(v);
        if dclass.has(type_flags::METHOD_DESCRIPTOR) {
            fill(cache, version, shape_now, v.0, cache_kind::METHOD, offset as usize);
        } else if dclass.slots().descr_get.is_none() {
            fill(cache, version, shape_now, v.0, cache_kind::CLASS, offset as usize);
        } else if std::ptr::eq(dclass, &crate::class_method::STATICMETHOD)
            && let Some(f) = crate::class_method::function_in(v)
        {
            fill(cache, version, shape_now, f.0, cache_kind::CLASS, offset as usize);
        }
    }
}

fn fill_for_class(t: &'static Type, meta: &'static Type, name: Value, cache: &AttrCache) {
    let on_meta = lookup(meta, name);
    if on_meta.is_some_and(|d| type_of(d).slots().descr_set.is_some()) {
        return;
    }
    if let Some(v) = lookup(t, name) {
        let dclass = type_of(v);
        // Functions read through the class are themselves.
        let version = t.prefix.version.get();
        if version != 0 && (dclass.slots().descr_get.is_none() || is_exact(v, &crate::function::FUNCTION)) {
            fill(cache, version, std::ptr::null(), v.0, kind::OF_CLASS, 0);
        } else if version != 0
            && let Some(f) = crate::class_method::function_in(v)
        {
            if std::ptr::eq(dclass, &crate::class_method::STATICMETHOD) {
                fill(cache, version, std::ptr::null(), f.0, kind::OF_CLASS, 0);
            } else if std::ptr::eq(dclass, &crate::class_method::CLASSMETHOD) {
                fill(cache, version, std::ptr::null(), f.0, kind::CLASS_METHOD, 0);
            }
        }
    }
}

/// Cached attribute store.
pub fn set(object: Value, name: Value, value: Value, cache: &AttrCache) -> R<()> {
    let class = type_of(object);
    if set_hit(object, class, value, cache) || (recall(object, class, cache) && set_hit(object, class, value, cache)) {
        return Ok(());
    }
    set_and_fill(object, class, name, value, cache)
}

/// Stores as the front entry says, if it fits.
#[inline(always)]
fn set_hit(object: Value, class: &'static Type, value: Value, cache: &AttrCache) -> bool {
    if class.prefix.version.get() == cache.version.get() && cache.version.get() != 0 {
        match cache.kind.get() {
            cache_kind::ADD => {
                let d = storage(object, cache.dict_offset.get());
                if std::ptr::eq(d.shape.get(), cache.shape.get()) {
                    let values = d.values.get();
                    if values as usize == d as *const InstanceDict as usize + size_of::<InstanceDict>() {
                        let next = cache.value.get() as *const shape::ShapeNode;
                        // SAFETY: nodes live as long as the class; the cache was filled only for slots that are inline.
                        unsafe {
                            values.add((*next).len() - 1).write(Ref::new(value).into_raw());
                        }
                        d.shape.set(next as *const Shape);
                        return true;
                    }
                }
            }
            cache_kind::SLOT if same_shape(object, cache) => {
                // SAFETY: the shape says that the slot is in use.
                let place = unsafe { &mut *storage(object, cache.dict_offset.get()).values.get().add(cache.value.get() as usize) };
                let old = std::mem::replace(place, Ref::new(value).into_raw());
                drop(Ref::from_owned(old));
                return true;
            }
            cache_kind::MEMBER => {
                // SAFETY: the type has a member word there.
                let place = unsafe { &*((object.address() + cache.value.get() as usize) as *const Cell<Value>) };
                let old = place.replace(Ref::new(value).into_raw());
                drop(Ref::from_owned(old));
                return true;
            }
            _ => {}
        }
    }
    false
}

#[inline(never)]
fn set_and_fill(object: Value, class: &'static Type, name: Value, value: Value, cache: &AttrCache) -> R<()> {
    let slots = class.slots();
    let offset = class.prefix.dict_offset.get();
    if !class.has(type_flags::PLAIN_SETATTR) || offset < 0 {
        return match slots.setattr {
            Some(f) => f(object, name, value),
            None => generic_set(object, name, value),
        };
    }
    let version = class.prefix.version.get();
    if let Some(descriptor) = lookup(class, name)
        && type_of(descriptor).slots().descr_set.is_some()
    {
        if let Some(m) = crate::descriptors::member_offset(descriptor, class) {
            fill(cache, version, std::ptr::null(), m as u64, cache_kind::MEMBER, 0);
        }
        return generic_set(object, name, value);
    }
    if offset == 0 || version == 0 {
        return generic_set(object, name, value);
    }
    let d = storage(object, offset as u32);
    let before = d.shape.get();
    shape::set(object, d, name, Ref::new(value))?;
    let after = d.shape.get();
    if shape::is_dict_mode(after) {
        return Ok(());
    }
    if std::ptr::eq(before, after) {
        if let Some(i) = shape::node(after).find(name) {
            fill(cache, version, after, i as u64, cache_kind::SLOT, offset as usize);
        }
    } else if class.inline_values.get() > 0
        && class.basic_size.get() == offset as usize + size_of::<InstanceDict>()
        && shape::node(after).len() <= class.inline_values.get() as usize
        && d.values.get() as usize == object.address() + class.basic_size.get()
    {
        fill(cache, version, before, after as u64, cache_kind::ADD, offset as usize);
    }
    Ok(())
}

/// The method of a METHOD hit, borrowed.
#[inline(always)]
pub fn cached_method(object: Value, cache: &AttrCache) -> Option<Value> {
    if type_of(object).prefix.version.get() == cache.version.get() && cache.version.get() != 0 && same_shape(object, cache) {
        Some(Value(cache.value.get()))
    } else {
        None
    }
}

/// What a method call needs: the callable, and whether the object goes first. Owned callable.
pub fn load_method(object: Value, name: Value, cache: &AttrCache) -> R<(Ref, bool)> {
    let class = type_of(object);
    let hit = || {
        class.prefix.version.get() == cache.version.get()
            && cache.version.get() != 0
            && cache.kind.get() == cache_kind::METHOD
            && same_shape(object, cache)
    };
    if hit() || (recall(object, class, cache) && hit()) {
        return Ok((Ref::new(Value(cache.value.get())), true));
    }
    let slots = class.slots();
    if class.has(type_flags::PLAIN_GETATTR) {
        fill_for_instance(object, class, name, cache);
        if let Some(v) = lookup(class, name)
            && type_of(v).has(type_flags::METHOD_DESCRIPTOR)
            && stored(object, class, name).is_none()
        {
            return Ok((Ref::new(v), true));
        }
        let _ = slots;
        return match class.slots().getattr {
            Some(f) => Ok((f(object, name)?, false)),
            None => Ok((generic_get(object, name)?, false)),
        };
    }
    if cache.kind.get() == kind::CLASS_METHOD
        && let Some(t) = as_type(object)
        && t.prefix.version.get() == cache.version.get()
    {
        return Ok((Ref::new(Value(cache.value.get())), true));
    }
    Ok((get(object, name, cache)?, false))
}
