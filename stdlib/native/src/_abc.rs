//! `_abc`: what `abc.ABCMeta` does natively: abstract methods, registered classes and the caches of `isinstance` and `issubclass`.
//!
//! The caches hold versions of types: a version names one state of one type and is never used again, so an entry needs no
//! reference to the class and dies by itself when the class or a base changes.

use dxpyc_objects::dunder::{D, name};
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::{as_type, ensure_dict};
use dxpyc_objects::{call, cast, dict, ops, set, str as text, tuple, weakref};
use std::cell::RefCell;

/// Entries of a cache beyond which it starts again.
const CACHE_MAX: usize = 4096;

/// What an ABC knows: kept as its `_abc_impl`.
#[repr(C)]
pub struct AbcData {
    header: Header,
    /// Weak references to the registered classes.
    registry: RefCell<Vec<Ref>>,
    /// Sorted type versions.
    yes: RefCell<Vec<u64>>,
    no: RefCell<Vec<u64>>,
    /// The invalidation counter when `no` was begun.
    no_version: Cell<u64>,
}

/// `_abc._abc_data`.
pub static ABC_DATA: Type =
    Type::builtin::<AbcData>("_abc_data", "_abc", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, Slots::NONE, None).visited::<AbcData>();
object_type!(AbcData, ABC_DATA);

impl Visit for AbcData {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        for r in self.registry.borrow().iter() {
            visitor.value(r.v());
        }
    }
    fn clear(&self) {
        let all = self.registry.take();
        drop(all);
    }
}

struct Counter(Cell<u64>);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Counter {}
/// Grows with each registration: negative answers from before are void.
static INVALIDATIONS: Counter = Counter(Cell::new(0));

fn note(cache: &RefCell<Vec<u64>>, version: u64) {
    let mut cache = cache.borrow_mut();
    if cache.len() >= CACHE_MAX {
        cache.clear();
    }
    if let Err(at) = cache.binary_search(&version) {
        cache.insert(at, version);
    }
}

fn has(cache: &RefCell<Vec<u64>>, version: u64) -> bool {
    version != 0 && cache.borrow().binary_search(&version).is_ok()
}

fn version(t: &'static Type) -> u64 {
    ensure_dict(t);
    t.prefix.version.get()
}

/// The data of an ABC.
fn data(class: Value) -> R<Ref> {
    let key = text::intern("_abc_impl");
    let found = match as_type(class) {
        // A subclass made without _abc_init would see its base's: that one is not its own.
        Some(t) => dict::get_str(ensure_dict(t), key.v()).map(Ref::new),
        None => None,
    };
    let found = match found {
        Some(f) => f,
        None => ops::getattr(class, key.v())?,
    };
    if cast::get::<AbcData>(found.v()).is_none() {
        return Err(type_error("_abc_impl is set to a wrong type"));
    }
    Ok(found)
}

fn is_abstract(v: Value) -> R<bool> {
    match ops::getattr_opt_value(v, name(D::IsAbstractMethod))? {
        Some(flag) => ops::truth(flag.v()),
        None => Ok(false),
    }
}

fn compute_abstract_methods(class: Value) -> R<()> {
    let found = set::new();
    let t = as_type(class).ok_or_else(|| type_error("_abc_init needs a class"))?;
    let mut entries = Vec::new();
    let mut at = 0;
    while let Some((k, v)) = dict::next_entry(ensure_dict(t), &mut at) {
        entries.push((Ref::new(k), Ref::new(v)));
    }
    for (k, v) in &entries {
        if is_abstract(v.v())? {
            set::add(found.v(), k.v())?;
        }
    }
    let bases = ops::getattr(class, name(D::Bases))?;
    for &base in tuple::items(bases.v()).unwrap_or(&[]) {
        let Some(inherited) = ops::getattr_opt_value(base, name(D::AbstractMethods))? else { continue };
        for method in ops::collect_to_vec(inherited.v())? {
            if let Some(v) = ops::getattr_opt_value(class, method.v())?
                && is_abstract(v.v())?
            {
                set::add(found.v(), method.v())?;
            }
        }
    }
    let frozen = call::call1(set::FROZENSET.v(), found.v())?;
    ops::setattr(class, name(D::AbstractMethods), frozen.v())
}

/// Sets a pattern-matching flag on a class and its subclasses.
fn set_flag(t: &'static Type, flag: u64) {
    if t.has(type_flags::IMMUTABLE) {
        return;
    }
    t.prefix.flags.set(t.prefix.flags.get() & !(type_flags::SEQUENCE | type_flags::MAPPING) | flag);
    for s in dxpyc_objects::type_object::subclasses(t) {
        set_flag(s, flag);
    }
}

fn registered(data: &AbcData) -> Vec<Ref> {
    data.registry.borrow().iter().filter_map(|r| weakref::referent(r.v())).collect()
}

fn subclass_check(class: Value, subclass: Value) -> R<bool> {
    let Some(sub) = as_type(subclass) else { return Err(type_error("issubclass() arg 1 must be a class")) };
    let own = data(class)?;
    let own = cast::get_unchecked::<AbcData>(own.v());
    if has(&own.yes, version(sub)) {
        return Ok(true);
    }
    if own.no_version.get() < INVALIDATIONS.0.get() {
        own.no.borrow_mut().clear();
        own.no_version.set(INVALIDATIONS.0.get());
    } else if has(&own.no, version(sub)) {
        return Ok(false);
    }
    let answer = call::call_method(class, "__subclasshook__", &[subclass])?;
    match answer.v() {
        Value::TRUE => {
            note(&own.yes, version(sub));
            return Ok(true);
        }
        Value::FALSE => {
            note(&own.no, version(sub));
            return Ok(false);
        }
        Value::NOT_IMPLEMENTED => {}
        _ => return Err(assertion_error("__subclasshook__ must return either False, True, or NotImplemented")),
    }
    if as_type(class).is_some_and(|t| sub.is_subtype(t)) {
        note(&own.yes, version(sub));
        return Ok(true);
    }
    for r in registered(own) {
        if ops::issubclass(subclass, r.v())? {
            note(&own.yes, version(sub));
            return Ok(true);
        }
    }
    let subclasses = call::call_method(class, "__subclasses__", &[])?;
    for s in ops::collect_to_vec(subclasses.v())? {
        if ops::issubclass(subclass, s.v())? {
            note(&own.yes, version(sub));
            return Ok(true);
        }
    }
    note(&own.no, version(sub));
    Ok(false)
}

#[native_module(name = "_abc", doc = "Module contains faster C implementation of abc.ABCMeta")]
pub mod module {
    use super::*;

    /// Returns the current ABC cache token.
    #[native]
    fn get_cache_token() -> i64 {
        INVALIDATIONS.0.get() as i64
    }

    /// Internal ABC helper for class set-up. Should be never used outside abc module.
    #[native]
    fn _abc_init(this: Value) -> R {
        compute_abstract_methods(this)?;
        let made = new_object(AbcData {
            header: cast::fresh_header(),
            registry: RefCell::new(Vec::new()),
            yes: RefCell::new(Vec::new()),
            no: RefCell::new(Vec::new()),
            no_version: Cell::new(INVALIDATIONS.0.get()),
        });
        ops::setattr_str(this, "_abc_impl", made.v())?;
        if let Some(t) = as_type(this) {
            let key = text::intern("__abc_tpflags__");
            if let Some(bits) = dict::get_str(ensure_dict(t), key.v()).and_then(|v| v.as_small_int()) {
                ops::delattr(this, key.v())?;
                // CPython's bits: 5 sequence, 6 mapping.
                if bits & (1 << 5) != 0 {
                    set_flag(t, type_flags::SEQUENCE);
                } else if bits & (1 << 6) != 0 {
                    set_flag(t, type_flags::MAPPING);
                }
            }
        }
        Ok(Ref::none())
    }

    /// Internal ABC helper for subclasss registration. Should be never used outside abc module.
    #[native]
    fn _abc_register(this: Value, subclass: Value) -> R {
        let Some(sub) = as_type(subclass) else { return Err(type_error("Can only register classes")) };
        if ops::issubclass(subclass, this)? {
            return Ok(Ref::new(subclass));
        }
        if ops::issubclass(this, subclass)? {
            return Err(runtime_error("Refusing to create an inheritance cycle"));
        }
        let own = data(this)?;
        let weak = weakref::new(&weakref::WEAKREF, subclass, Value::MISSING)?;
        cast::get_unchecked::<AbcData>(own.v()).registry.borrow_mut().push(weak);
        INVALIDATIONS.0.set(INVALIDATIONS.0.get() + 1);
        if let Some(t) = as_type(this) {
            for flag in [type_flags::SEQUENCE, type_flags::MAPPING] {
                if t.has(flag) {
                    set_flag(sub, flag);
                }
            }
        }
        Ok(Ref::new(subclass))
    }

    /// Internal ABC helper for instance checks. Should be never used outside abc module.
    #[native]
    fn _abc_instancecheck(this: Value, instance: Value) -> R {
        let own = data(this)?;
        let own = cast::get_unchecked::<AbcData>(own.v());
        let claimed = ops::getattr(instance, name(D::Class))?;
        let actual = type_of(instance);
        if let Some(t) = as_type(claimed.v()) {
            if has(&own.yes, version(t)) {
                return Ok(Ref::bool(true));
            }
            if std::ptr::eq(t, actual) {
                if own.no_version.get() == INVALIDATIONS.0.get() && has(&own.no, version(t)) {
                    return Ok(Ref::bool(false));
                }
                return call::call_method(this, "__subclasscheck__", &[claimed.v()]);
            }
        }
        let first = call::call_method(this, "__subclasscheck__", &[claimed.v()])?;
        if ops::truth(first.v())? {
            return Ok(first);
        }
        call::call_method(this, "__subclasscheck__", &[actual.v()])
    }

    /// Internal ABC helper for subclasss checks. Should be never used outside abc module.
    #[native]
    fn _abc_subclasscheck(this: Value, subclass: Value) -> R {
        Ok(Ref::bool(subclass_check(this, subclass)?))
    }

    /// Internal ABC helper to reset registry of a given class.
    #[native]
    fn _reset_registry(this: Value) -> R {
        let own = data(this)?;
        let all = cast::get_unchecked::<AbcData>(own.v()).registry.take();
        drop(all);
        Ok(Ref::none())
    }

    /// Internal ABC helper to reset both caches of a given class.
    #[native]
    fn _reset_caches(this: Value) -> R {
        let own = data(this)?;
        let own = cast::get_unchecked::<AbcData>(own.v());
        own.yes.borrow_mut().clear();
        own.no.borrow_mut().clear();
        Ok(Ref::none())
    }

    /// Internal ABC helper for cache and registry debugging.
    #[native]
    fn _get_dump(this: Value) -> R {
        let own = data(this)?;
        let own = cast::get_unchecked::<AbcData>(own.v());
        let registry = set::new();
        for r in own.registry.borrow().iter() {
            set::add(registry.v(), r.v())?;
        }
        let token = dxpyc_objects::int::from_u64(own.no_version.get());
        Ok(tuple::from_slice(&[registry.v(), set::new().v(), set::new().v(), token.v()]))
    }
}
