//! Type objects at work: making builtin types ready, method resolution with its cache, versions, and the life of instances
//! (allocation, visiting, deallocation).

use crate::dunder::{D, name};
use crate::prelude::*;
use crate::wrappers;
use dxpyc_abi::{COUNT_FINALIZED, COUNT_UNIT, COUNT_WEAKREFS, InstanceDict};
use dxpyc_heap::owned::{decref, incref};

pub use crate::object::OBJECT;
pub use crate::type_attributes::TYPE;
object_type!(Type, TYPE);

// ---------------------------------------------------------------- versions

struct Versions(Cell<u64>);
// SAFETY: single-threaded (ARCHITECTURE.md).
unsafe impl Sync for Versions {}
static NEXT_VERSION: Versions = Versions(Cell::new(1));

/// A version that no type has had.
pub fn fresh_version() -> u64 {
    let v = NEXT_VERSION.0.get();
    NEXT_VERSION.0.set(v + 1);
    v
}

/// The type has changed: it and its subclasses get new versions.
pub fn type_modified(t: &'static Type) {
    t.prefix.version.set(fresh_version());
    t.init_version.set(0);
    for s in subclasses(t) {
        type_modified(s);
    }
}

/// Direct subclasses, oldest first.
pub fn subclasses(t: &'static Type) -> Vec<&'static Type> {
    // SAFETY: dead types take themselves out of the list (drop of Type); the list is copied before anything runs.
    unsafe { (*t.subclasses.get()).iter().map(|&p| &*p).collect() }
}

/// Enters `t` in the subclass list of `base`.
pub fn add_subclass(base: &'static Type, t: &'static Type) {
    // SAFETY: no reference to the list is held elsewhere.
    let list = unsafe { &mut *base.subclasses.get() };
    if !list.iter().any(|&p| std::ptr::eq(p, t)) {
        list.push(t);
    }
}

/// Takes `t` out of the subclass list of `base`.
pub fn remove_subclass(base: &Type, t: &Type) {
    // SAFETY: as in add_subclass.
    unsafe { (*base.subclasses.get()).retain(|&p| !std::ptr::eq(p, t)) }
}

// ---------------------------------------------------------------- making builtin types ready

/// Flags that subclasses have as well.
pub const INHERITED_FLAGS: u64 = type_flags::GC
    | type_flags::INT
    | type_flags::STR
    | type_flags::BYTES
    | type_flags::LIST
    | type_flags::TUPLE
    | type_flags::DICT
    | type_flags::TYPE
    | type_flags::EXCEPTION
    | type_flags::FLOAT
    | type_flags::SET
    | type_flags::SEQUENCE
    | type_flags::MAPPING
    | type_flags::WEAKREFABLE
    | type_flags::MATCH_SELF
    | type_flags::BUFFERED
    | type_flags::BYTES_IO;

/// First half of readiness, run on first use: the slot table is complete. The dict is filled by [`ensure_dict`].
#[cold]
#[inline(never)]
pub fn make_ready(t: &'static Type) {
    if t.has(type_flags::READY) {
        return;
    }
    // SAFETY: only here and in updates of heap types, and nothing below reads the slots of `t` but through this reference.
    let slots = unsafe { &mut *t.slots.get() };
    let mut flags = t.prefix.flags.get();
    if let Some(base) = t.base.get() {
        let base_slots = base.slots();
        if slots.hash.is_none() && slots.compare.is_some() {
            slots.hash = Some(wrappers::hash_not_implemented);
        }
        if slots.new.is_none() && std::ptr::eq(base, &OBJECT) {
            flags |= type_flags::NO_NEW;
        }
        if base.has(type_flags::NO_NEW) && slots.new.is_none() {
            flags |= type_flags::NO_NEW;
        }
        slots.inherit(base_slots);
        if flags & type_flags::NO_NEW != 0 {
            slots.new = None;
        }
        flags |= base.prefix.flags.get() & INHERITED_FLAGS;
        if t.prefix.dict_offset.get() == 0 {
            t.prefix.dict_offset.set(base.prefix.dict_offset.get());
        }
        if t.dict_slot.get() == 0 {
            t.dict_slot.set(base.dict_slot.get());
        }
    }
    t.native.set(Some(t));
    if slots.finalize.is_some() {
        flags |= type_flags::FINALIZER;
    }
    if slots.getattr.is_some_and(|f| f as usize == crate::attr::generic_get as *const () as usize) {
        flags |= type_flags::PLAIN_GETATTR;
    }
    if slots.setattr.is_some_and(|f| f as usize == crate::attr::generic_set as *const () as usize) {
        flags |= type_flags::PLAIN_SETATTR;
    }
    t.prefix.version.set(fresh_version());
    t.prefix.flags.set(flags | type_flags::READY);
}

/// Second half of readiness: mro, bases and dict. Returns the dict.
#[inline]
pub fn ensure_dict(t: &'static Type) -> Value {
    let dict = t.dict.get();
    if dict.is_missing() { fill_dict(t) } else { dict }
}

/// Makes `second` a base of a builtin class that nobody has seen so far; only those bases of its first one that `second` does not have
/// come before `second`. Like a class that CPython makes at start, it can be changed.
pub fn add_base(t: &'static Type, second: &'static Type) {
    let first = t.base.get().expect("the class has a first base");
    t.bases.set(crate::tuple::from_slice(&[first.v(), second.v()]));
    t.prefix.flags.set(t.prefix.flags.get() & !type_flags::IMMUTABLE);
    ensure_dict(t);
    set_dict(t, "__module__", crate::str::intern(t.static_module));
    set_dict(t, "__weakref__", crate::descriptors::new_member(t, name(D::Weakref), crate::descriptors::MemberKind::Weakref, 0));
}

#[cold]
#[inline(never)]
fn fill_dict(t: &'static Type) -> Value {
    if t.has(type_flags::HEAP) {
        // Being taken apart by the collector.
        t.dict.set(crate::dict::new());
        return t.dict.get();
    }
    make_ready(t);
    let dict = crate::dict::new();
    t.dict.set(dict);
    if let Some(base) = t.base.get() {
        ensure_dict(base);
    }
    if t.bases.is_empty() {
        let bases: Vec<Value> = t.base.get().iter().map(|b| b.v()).collect();
        t.bases.set(crate::tuple::from_slice(&bases));
    }
    let mut order = vec![t.v()];
    let second = match crate::tuple::items(t.bases.get()) {
        Some(&[_, second]) => mro(crate::cast::get_unchecked::<Type>(second)),
        _ => &[],
    };
    if let Some(base) = t.base.get() {
        order.extend(mro(base).iter().filter(|class| !second.contains(class)));
    }
    order.extend_from_slice(second);
    t.mro.set(crate::tuple::from_slice(&order));
    for b in crate::tuple::items(t.bases.get()).unwrap_or(&[]) {
        add_subclass(crate::cast::get_unchecked::<Type>(*b), t);
    }
    wrappers::add_wrappers(t);
    let mut doc = Ref::none();
    if let Some(decl) = t.decl {
        for method in decl.methods {
            let value = crate::descriptors::for_method(t, method);
            set_dict(t, method.name, value);
        }
        for getset in decl.getsets {
            set_dict(t, getset.name, crate::descriptors::new_getset(t, getset));
        }
        if !decl.doc.is_empty() {
            doc = crate::str::from_str(decl.doc);
        }
    }
    let base_offset = t.base.get().map_or(0, |b| b.prefix.dict_offset.get());
    if t.prefix.dict_offset.get() != base_offset && crate::dict::get_str(t.dict.get(), name(D::Dict)).is_none() {
        set_dict(t, "__dict__", crate::descriptors::new_member(t, name(D::Dict), crate::descriptors::MemberKind::Dict, 0));
    }
    if crate::dict::get_str(t.dict.get(), name(D::Doc)).is_none() {
        set_dict(t, "__doc__", doc);
    }
    if let Some(init) = t.decl.and_then(|d| d.init) {
        init(t);
    }
    t.dict.get()
}

/// Sets an attribute in the type's dict (for `ClassDecl::init` and this crate).
pub fn set_dict(t: &'static Type, attribute: &str, value: Ref) {
    let dict = ensure_dict(t);
    let key = crate::str::intern(attribute);
    // Keys are exact str: setting cannot fail but for memory.
    let _ = crate::dict::set(dict, key.v(), value.v());
    type_modified(t);
}

/// The method resolution order. Lives until the type's bases change.
#[inline]
pub fn mro(t: &'static Type) -> &'static [Value] {
    let m = t.mro.get();
    if m.is_missing() {
        ensure_dict(t);
        return crate::tuple::items(t.mro.get()).unwrap_or(&[]);
    }
    crate::tuple::items_unchecked(m)
}

/// A value as type object.
#[inline(always)]
pub fn as_type(v: Value) -> Option<&'static Type> {
    // SAFETY: instances of `type` and its subclasses begin with a `Type`.
    if v.is_pointer() && type_of(v).has(type_flags::TYPE) { Some(unsafe { &*(v.address() as *const Type) }) } else { None }
}

/// Whether `other` is in `t`'s mro.
pub fn in_mro(t: &'static Type, other: &'static Type) -> bool {
    let m = t.mro.get();
    if m.is_missing() {
        let mut at = Some(t);
        while let Some(x) = at {
            if std::ptr::eq(x, other) {
                return true;
            }
            at = x.base.get();
        }
        return false;
    }
    let word = other.v();
    crate::tuple::items_unchecked(m).contains(&word)
}

// ---------------------------------------------------------------- lookup

const CACHE_BITS: u32 = 10;

struct CacheEntry {
    version: Cell<u64>,
    name: Cell<Value>,
    /// Borrowed; MISSING: known to be absent.
    value: Cell<Value>,
}
struct MethodCache([CacheEntry; 1 << CACHE_BITS]);
// SAFETY: single-threaded (ARCHITECTURE.md).
unsafe impl Sync for MethodCache {}
static CACHE: MethodCache = MethodCache(
    // All zero: it takes no place in the file. Version 0 is that of no entry.
    [const { CacheEntry { version: Cell::new(0), name: Cell::new(Value(0)), value: Cell::new(Value(0)) } }; 1 << CACHE_BITS],
);

/// The attribute of the type (its MRO), borrowed and unbound.
#[inline]
pub fn lookup(t: &'static Type, attribute: Value) -> Option<Value> {
    let version = t.prefix.version.get();
    let at = ((attribute.0 >> 4) ^ version.wrapping_mul(0x9E37_79B9)) as usize & ((1 << CACHE_BITS) - 1);
    let entry = &CACHE.0[at];
    if entry.version.get() == version && entry.name.get() == attribute && version != 0 {
        let v = entry.value.get();
        return if v.is_missing() { None } else { Some(v) };
    }
    lookup_slow(t, attribute, at)
}

#[inline(never)]
fn lookup_slow(t: &'static Type, attribute: Value, at: usize) -> Option<Value> {
    make_ready(t);
    let mut found = None;
    for &class in mro(t) {
        let class = crate::cast::get_unchecked::<Type>(class);
        if let Some(v) = crate::dict::get_str(ensure_dict(class), attribute) {
            found = Some(v);
            break;
        }
    }
    // Only names that never die can be told by their address.
    let immortal = attribute.is_pointer() && unsafe { &*(attribute.address() as *const Header) }.count.get() < 0;
    let version = t.prefix.version.get();
    if immortal && version != 0 {
        let entry = &CACHE.0[at];
        // The version may have changed since `at` was computed (make_ready); the entry is found again only by the right one.
        let right = ((attribute.0 >> 4) ^ version.wrapping_mul(0x9E37_79B9)) as usize & ((1 << CACHE_BITS) - 1);
        if right == at {
            entry.version.set(version);
            entry.name.set(attribute);
            entry.value.set(found.unwrap_or(Value::MISSING));
        }
    }
    found
}

/// The class in the MRO whose dict has the name, with the value.
pub fn lookup_where(t: &'static Type, attribute: Value) -> Option<(&'static Type, Value)> {
    for &class in mro(t) {
        let class = as_type(class)?;
        if let Some(v) = crate::dict::get_str(ensure_dict(class), attribute) {
            return Some((class, v));
        }
    }
    None
}

/// As [`lookup`] with text.
pub fn lookup_str(t: &'static Type, attribute: &str) -> Option<Value> {
    lookup(t, crate::str::intern(attribute).v())
}

/// The special method `attribute` of v's type, bound.
pub fn lookup_special(v: Value, attribute: Value) -> R<Option<Ref>> {
    let class = type_of(v);
    let Some(found) = lookup(class, attribute) else { return Ok(None) };
    let found = Ref::new(found);
    bind_found(found, v, class).map(Some)
}

/// What `descriptor.__get__(instance, class)` gives, or the value itself.
#[inline]
pub fn bind_found(found: Ref, instance: Value, class: &'static Type) -> R<Ref> {
    match type_of(found.v()).slots().descr_get {
        Some(get) => get(found.v(), instance, class.v()),
        None => Ok(found),
    }
}

// ---------------------------------------------------------------- names

/// `__name__`.
pub fn name_of(t: &Type) -> String {
    let n = t.name_object.get();
    if n.is_missing() { t.static_name.into() } else { crate::str::to_rust(n) }
}

/// The name as messages show it (CPython's `tp_name`): builtin types outside `builtins` with their module.
pub fn full_name(t: &Type) -> String {
    if t.has(type_flags::HEAP) || t.static_module == "builtins" || t.static_module.is_empty() {
        name_of(t)
    } else {
        format!("{}.{}", t.static_module, t.static_name)
    }
}

/// Name of the value's type, for messages.
pub fn display_name(v: Value) -> String {
    full_name(type_of(v))
}

/// `__module__` as a value (borrowed from the dict or made).
pub fn module_of(t: &'static Type) -> Option<Ref> {
    if !t.has(type_flags::HEAP) {
        return Some(crate::str::intern(t.static_module));
    }
    crate::dict::get_str(ensure_dict(t), name(D::Module)).map(Ref::new)
}

/// `__qualname__`.
pub fn qualname_of(t: &Type) -> String {
    let n = t.qualname_object.get();
    if n.is_missing() { name_of(t) } else { crate::str::to_rust(n) }
}

/// `module.qualname`, without the module for builtins: as in `repr`.
pub fn repr_name(t: &'static Type) -> String {
    let qualname = qualname_of(t);
    match module_of(t) {
        Some(m) if crate::str::is_str(m.v()) && crate::str::to_rust(m.v()) != "builtins" => {
            format!("{}.{qualname}", crate::str::to_rust(m.v()))
        }
        _ => if t.has(type_flags::HEAP) { qualname } else { name_of(t) },
    }
}

// ---------------------------------------------------------------- instances

/// A block for one instance: the body (`body_bytes`, at least the native size) plus what heap types add, emptied.
#[inline]
pub fn allocate(t: &'static Type, body_bytes: usize) -> *mut u8 {
    if !t.has(type_flags::HEAP) {
        return dxpyc_heap::slab::try_alloc(body_bytes.max(t.basic_size.get()));
    }
    let inline = t.inline_values.get() as usize * size_of::<Value>();
    let added = t.added_size.get() as usize;
    let (added_at, total) = if t.native.get().is_some_and(|n| n.var_size().is_some()) {
        let body = (body_bytes + 7) & !7;
        (body, body + added)
    } else {
        (t.basic_size.get() - added, t.basic_size.get())
    };
    let p = dxpyc_heap::slab::try_alloc(total + inline);
    if p.is_null() {
        return p;
    }
    let dict_offset = t.prefix.dict_offset.get();
    let dict_at = match dict_offset {
        -1 => added_at + t.added_dict.get() as usize,
        0 => usize::MAX,
        o => o as usize,
    };
    let mut at = added_at;
    while at < total {
        // SAFETY: at < total, words of the fresh block.
        unsafe {
            if at == dict_at {
                (p.add(at) as *mut InstanceDict).write(InstanceDict {
                    shape: Cell::new(std::ptr::null()),
                    values: Cell::new(if inline == 0 { std::ptr::null_mut() } else { p.add(total) as *mut Value }),
                });
                at += size_of::<InstanceDict>();
            } else {
                (p.add(at) as *mut Value).write(Value::MISSING);
                at += size_of::<Value>();
            }
        }
    }
    p
}

/// Where plain instances have their InstanceDict, and what they take without inline values.
const PLAIN_DICT_OFFSET: isize = size_of::<Header>() as isize;
const PLAIN_BYTES: usize = size_of::<Header>() + size_of::<InstanceDict>();

/// A plain instance of a heap type whose native base is `object`: header, members, dict.
#[inline]
pub fn new_plain_instance(t: &'static Type) -> R<Ref> {
    if is_plain(t) {
        // Header and InstanceDict, nothing else: the usual class.
        let inline = t.inline_values.get() as usize * size_of::<Value>();
        let p = dxpyc_heap::slab::try_alloc(PLAIN_BYTES + inline);
        if p.is_null() {
            return Err(memory_error());
        }
        // SAFETY: a fresh block of at least header and InstanceDict.
        unsafe {
            (p as *mut Header).write(Header { count: Cell::new(COUNT_UNIT), ty: Cell::new(&t.prefix) });
            (p.add(PLAIN_DICT_OFFSET as usize) as *mut InstanceDict).write(InstanceDict {
                shape: Cell::new(std::ptr::null()),
                values: Cell::new(if inline == 0 { std::ptr::null_mut() } else { p.add(PLAIN_BYTES) as *mut Value }),
            });
        }
        t.note_instance();
        return Ok(Ref::from_owned(Value::from_address(p as usize)));
    }
    let p = allocate(t, size_of::<Header>());
    if p.is_null() {
        return Err(memory_error());
    }
    // SAFETY: a fresh block of at least a header.
    unsafe { (p as *mut Header).write(Header { count: Cell::new(COUNT_UNIT), ty: Cell::new(&t.prefix) }) };
    t.note_instance();
    Ok(Ref::from_owned(Value::from_address(p as usize)))
}

/// Calls `f` with the address of each member slot word that heap types added.
fn for_each_member(object: Value, t: &'static Type, mut f: impl FnMut(&Cell<Value>)) {
    let added = t.added_size.get() as usize;
    if added == 0 {
        return;
    }
    let start = crate::shape::added_part(object, t);
    let dict_at = match t.prefix.dict_offset.get() {
        -1 => start + t.added_dict.get() as usize,
        0 => usize::MAX,
        o => object.address() + o as usize,
    };
    let mut at = start;
    while at < start + added {
        if at == dict_at {
            at += size_of::<InstanceDict>();
            continue;
        }
        // SAFETY: a word of the added part, written by `allocate`.
        f(unsafe { &*(at as *const Cell<Value>) });
        at += size_of::<Value>();
    }
}

/// Reports what the object owns: native part, members, attributes, heap type.
pub fn visit_value(v: Value, visitor: &mut Visitor<'_>) {
    let t = type_of(v);
    let native = t.native.get().unwrap_or(t);
    if let Some(f) = native.native_visit {
        // SAFETY: v is a live instance of `native`.
        unsafe { f(v.address() as *const Header, visitor) }
    }
    if let Some(d) = crate::shape::of(v) {
        crate::shape::visit(d, visitor);
    }
    if t.has(type_flags::HEAP) {
        for_each_member(v, t, |m| visitor.value(m.get()));
        visitor.value(t.v());
    }
}

/// Drops what can be part of cycles; the object stays valid.
pub fn clear_value(v: Value) {
    let t = type_of(v);
    let native = t.native.get().unwrap_or(t);
    if let Some(f) = native.native_clear {
        // SAFETY: v is a live instance of `native`.
        unsafe { f(v.address() as *const Header) }
    }
    if let Some(d) = crate::shape::of(v) {
        crate::shape::clear(v, d);
    }
    if t.has(type_flags::HEAP) {
        for_each_member(v, t, |m| decref(m.replace(Value::MISSING)));
    }
}

/// The `visit` slot of all types.
///
/// # Safety
/// `object` is a live object.
pub unsafe fn visit_instance(object: *const Header, visitor: &mut Visitor<'_>) {
    visit_value(Value::from_address(object as usize), visitor)
}

/// The `clear` slot of all types.
///
/// # Safety
/// `object` is a live object.
pub unsafe fn clear_instance(object: *const Header) {
    clear_value(Value::from_address(object as usize))
}

/// The `drop` slot of all types: everything the object owns, its memory left alone.
///
/// # Safety
/// `object` is dead: nobody else refers to it.
pub unsafe fn drop_instance(object: *mut Header) {
    let v = Value::from_address(object as usize);
    let t = type_of(v);
    if t.prefix.dict_offset.get() != 0
        && let Some(d) = crate::shape::of(v)
    {
        crate::shape::clear(v, d);
    }
    if t.has(type_flags::HEAP) {
        for_each_member(v, t, |m| decref(m.replace(Value::MISSING)));
    }
    if let Some(f) = t.native.get().unwrap_or(t).native_drop {
        // SAFETY: called once for a dead object of this layout.
        unsafe { f(object) }
    }
}

/// Destroys an object whose count is exhausted: finalizer, weak references, contents, memory. Deep structures are
/// taken apart without deep recursion.
#[inline]
pub fn dealloc(v: Value) {
    // SAFETY: v points to an object that nobody owns any more; its type word points to a type.
    let t = unsafe { &*((*(v.address() as *const Header)).ty.get() as *const Type) };
    match t.dealloc.get() {
        Some(f) => f(v),
        None => dealloc_any(v, t),
    }
}

/// [`dealloc`] of objects that own nothing.
pub fn dealloc_block(v: Value) {
    dxpyc_heap::free(v.address() as *mut u8);
}

/// [`dealloc`] of a builtin type with layout `T`, without a dict of attributes and without a finalizer.
pub fn dealloc_as<T>(v: Value) {
    // SAFETY: v is a dead object.
    let header = unsafe { &*(v.address() as *const Header) };
    if header.count.get() & COUNT_WEAKREFS != 0 {
        return dealloc_any(v, type_of(v));
    }
    nested(v, || {
        // SAFETY: as above; the type's statement names its layout.
        unsafe { std::ptr::drop_in_place(v.address() as *mut T) };
        dealloc_block(v);
    })
}

/// [`dealloc`] of all types.
#[inline(never)]
pub fn dealloc_any(v: Value, t: &'static Type) {
    // SAFETY: v is a dead object.
    let header = unsafe { &*(v.address() as *const Header) };
    if (t.has(type_flags::FINALIZER) || header.count.get() & COUNT_WEAKREFS != 0) && last_rites(v, t, header) {
        return;
    }
    let is_plain_native = !t.has(type_flags::HEAP) && t.prefix.dict_offset.get() == 0;
    if is_plain_native && t.native_drop.is_none() {
        return dealloc_block(v);
    }
    nested(v, || match t.native_drop {
        Some(f) if is_plain_native => {
            // SAFETY: v is dead, and its type is builtin without attributes: the native part is all of it.
            unsafe { f(v.address() as *mut Header) };
            dealloc_block(v);
        }
        _ => destroy(v, t),
    })
}

/// Runs the destruction of `v`, which destroys others in turn, unless too many are under way: then `v` waits for the outermost.
#[inline(always)]
pub fn nested(v: Value, destruction: impl FnOnce()) {
    let depth = TRASH.depth.get();
    if depth >= TRASH_DEPTH_MAX {
        // SAFETY: the list is touched only here and in `empty_trash`, with no reference held across calls.
        unsafe { (*TRASH.waiting.get()).push(v) };
        return;
    }
    TRASH.depth.set(depth + 1);
    destruction();
    if depth == 0 {
        empty_trash();
    }
    TRASH.depth.set(depth);
}

/// [`dealloc`] of a list or tuple: gives up the items, last first, then calls `free`. `keep(n)` makes the object one of the first `n` items.
///
/// # Safety
/// The object is dead and owns the `n` items.
#[inline(always)]
pub unsafe fn dealloc_items(v: Value, items: *const Value, n: usize, keep: fn(Value, usize), free: fn(Value)) {
    let mut i = n;
    while i > 0 {
        i -= 1;
        // SAFETY: below n.
        let item = unsafe { *items.add(i) };
        if item.is_pointer() {
            // SAFETY: the item is a live object.
            let header = unsafe { &*(item.address() as *const Header) };
            let count = header.count.get();
            if count >= 0 {
                if count < 2 * COUNT_UNIT {
                    // This one dies with the object: the rest goes the way that bounds the recursion.
                    keep(v, i + 1);
                    return dealloc_items_nested(v, items, i + 1, free);
                }
                header.count.set(count - COUNT_UNIT);
            }
        }
    }
    free(v)
}

#[inline(never)]
fn dealloc_items_nested(v: Value, items: *const Value, n: usize, free: fn(Value)) {
    nested(v, || {
        for i in (0..n).rev() {
            // SAFETY: the object owns n items; each is given up once.
            decref(unsafe { *items.add(i) });
        }
        free(v)
    })
}

/// [`dealloc`] of plain instances of heap types.
pub fn dealloc_plain_instance(v: Value) {
    // SAFETY: v is a dead object.
    let header = unsafe { &*(v.address() as *const Header) };
    let t = type_of(v);
    if t.has(type_flags::FINALIZER) || header.count.get() & COUNT_WEAKREFS != 0 {
        return dealloc_any(v, t);
    }
    // SAFETY: plain instances have their InstanceDict there.
    let d = unsafe { &*((v.address() + PLAIN_DICT_OFFSET as usize) as *const InstanceDict) };
    let shape = d.shape.get();
    let values = d.values.get();
    if !shape.is_null() {
        if crate::shape::is_dict_mode(shape) || values as usize != v.address() + PLAIN_BYTES {
            return dealloc_any(v, t);
        }
        let n = crate::shape::node(shape).abi.len;
        for i in 0..n {
            // SAFETY: as many values as names.
            let value = unsafe { *values.add(i) };
            if value.is_pointer() {
                // SAFETY: the value is a live object.
                let header = unsafe { &*(value.address() as *const Header) };
                let count = header.count.get();
                if count >= 0 {
                    if count < 2 * COUNT_UNIT {
                        return dealloc_instance_nested(v, t, d, i);
                    }
                    header.count.set(count - COUNT_UNIT);
                }
            }
        }
    }
    dealloc_block(v);
    decref(t.v());
}

/// The rest of a plain instance, whose first `done` values are given up.
#[inline(never)]
fn dealloc_instance_nested(v: Value, t: &'static Type, d: &InstanceDict, done: usize) {
    let (n, values) = (crate::shape::node(d.shape.get()).abi.len, d.values.get());
    for i in 0..done {
        // SAFETY: as many values as names; if the object has to wait, these are not given up a second time.
        unsafe { *values.add(i) = Value::NONE };
    }
    nested(v, || {
        d.shape.set(std::ptr::null());
        for i in done..n {
            // SAFETY: as above; nobody else sees them any more.
            decref(unsafe { *values.add(i) });
        }
        dealloc_block(v);
        decref(t.v());
    })
}

/// Whether instances of the heap type are header, InstanceDict and inline values, nothing else.
pub fn is_plain(t: &Type) -> bool {
    t.basic_size.get() == PLAIN_BYTES && t.prefix.dict_offset.get() == PLAIN_DICT_OFFSET
}

#[inline]
fn empty_trash() {
    // SAFETY: the list is touched only here and in `dealloc`, with no reference held across calls.
    while let Some(next) = unsafe { (*TRASH.waiting.get()).pop() } {
        destroy(next, type_of(next));
    }
}

/// Finalizer and weak references of a dying object; true when it lives on.
#[inline(never)]
fn last_rites(v: Value, t: &'static Type, header: &Header) -> bool {
    if t.has(type_flags::FINALIZER)
        && header.count.get() & COUNT_FINALIZED == 0
        && !crate::generator::is_idle_generator(v)
        && run_finalizer(v, t, header)
    {
        return true;
    }
    if header.count.get() & COUNT_WEAKREFS != 0 {
        // The callbacks run Python code: the object must not die a second time meanwhile.
        header.count.set(header.count.get() + (COUNT_UNIT << 20));
        crate::weakref::clear_referent(v);
        header.count.set(header.count.get() - (COUNT_UNIT << 20));
    }
    false
}

#[inline(never)]
fn destroy(v: Value, t: &'static Type) {
    if !t.has(type_flags::HEAP) && t.prefix.dict_offset.get() == 0 {
        if let Some(f) = t.native.get().unwrap_or(t).native_drop {
            // SAFETY: as in `dealloc`.
            unsafe { f(v.address() as *mut Header) }
        }
        dxpyc_heap::free(v.address() as *mut u8);
        return;
    }
    if t.has(type_flags::HEAP) && is_plain(t) {
        // SAFETY: plain instances have their InstanceDict there.
        let d = unsafe { &*((v.address() + PLAIN_DICT_OFFSET as usize) as *const InstanceDict) };
        crate::shape::clear_plain(v, d, v.address() + PLAIN_BYTES);
        dxpyc_heap::free(v.address() as *mut u8);
        decref(t.v());
        return;
    }
    // SAFETY: v is dead and its weak references are cleared.
    unsafe { drop_instance(v.address() as *mut Header) };
    dxpyc_heap::free(v.address() as *mut u8);
    if t.has(type_flags::HEAP) {
        decref(t.v());
    }
}

struct Trash {
    depth: Cell<u32>,
    waiting: UnsafeCell<Vec<Value>>,
}
// SAFETY: single-threaded (ARCHITECTURE.md).
unsafe impl Sync for Trash {}
static TRASH: Trash = Trash { depth: Cell::new(0), waiting: UnsafeCell::new(Vec::new()) };
/// Nesting of destructions beyond which objects wait for the outermost one.
const TRASH_DEPTH_MAX: u32 = 50;

/// Runs the finalizer; true when it brought the object back to life.
#[cold]
fn run_finalizer(v: Value, t: &'static Type, header: &Header) -> bool {
    header.count.set((header.count.get() & (COUNT_UNIT - 1)) | COUNT_UNIT | COUNT_FINALIZED);
    if let Some(f) = t.slots().finalize {
        let saved = crate::state::take_pending();
        f(v);
        if let Some(e) = saved {
            crate::state::state().pending.set(e);
        }
    }
    let count = header.count.get() - COUNT_UNIT;
    header.count.set(count);
    count >= COUNT_UNIT
}

/// For the collector: runs the finalizer of a live object once. True when code ran.
pub fn finalize_once(v: Value) -> bool {
    let t = type_of(v);
    // SAFETY: v is a live object.
    let header = unsafe { &*(v.address() as *const Header) };
    if !t.has(type_flags::FINALIZER) || header.count.get() & COUNT_FINALIZED != 0 {
        return false;
    }
    header.count.set(header.count.get() | COUNT_FINALIZED);
    incref(v);
    if let Some(f) = t.slots().finalize {
        let saved = crate::state::take_pending();
        f(v);
        if let Some(e) = saved {
            crate::state::state().pending.set(e);
        }
    }
    decref(v);
    true
}

impl Visit for Type {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.bases);
        visitor.slot(&self.mro);
        visitor.slot(&self.dict);
        visitor.slot(&self.extra);
    }
    fn clear(&self) {
        if !self.has(type_flags::HEAP) {
            return;
        }
        drop(self.dict.take());
        drop(self.mro.take());
        self.prefix.version.set(fresh_version());
    }
}

impl Drop for Type {
    fn drop(&mut self) {
        if let Some(bases) = crate::tuple::items(self.bases.get()) {
            for &b in bases {
                if let Some(b) = as_type(b) {
                    remove_subclass(b, self);
                }
            }
        }
        crate::shape::free_tree(self);
    }
}

/// Installs the object model's functions in the heap.
pub fn install() {
    dxpyc_heap::collect::install(dxpyc_heap::collect::Hooks {
        visit: visit_value,
        clear: clear_value,
        finalize: finalize_once,
        clear_weakrefs,
    });
}

fn clear_weakrefs(all: &[Value]) {
    // SAFETY: the collector's values are live objects.
    let has_weakrefs = |v: Value| unsafe { &*(v.address() as *const Header) }.count.get() & COUNT_WEAKREFS != 0;
    let mut garbage = Vec::new();
    for &v in all.iter().filter(|v| has_weakrefs(**v)) {
        if garbage.is_empty() {
            garbage = all.iter().map(|v| v.0).collect();
            garbage.sort_unstable();
        }
        // A weak reference that dies as well is not told.
        crate::weakref::clear_referent_but(v, |weak| garbage.binary_search(&weak.0).is_ok());
    }
}
