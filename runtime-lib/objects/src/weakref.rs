//! Weak references: `weakref.ref` objects and proxies, kept in a side table keyed by the referent's address.

use crate::prelude::*;
use dxpyc_abi::COUNT_WEAKREFS;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::collections::HashMap;

/// A weak reference.
#[repr(C)]
pub struct WeakrefObject {
    header: Header,
    dict: dxpyc_abi::InstanceDict,
    /// The referent, not owned; MISSING once dead.
    referent: Cell<Value>,
    /// Called with the reference when the referent dies.
    callback: Slot,
    /// Hash of the referent, once asked for.
    hash: Cell<Option<i64>>,
}

object_type!(WeakrefObject, WEAKREF);

const SLOTS: Slots = Slots {
    new: Some(weakref_new),
    init: Some(weakref_init),
    call: Some(weakref_call),
    hash: Some(weakref_hash),
    compare: Some(weakref_compare),
    repr: Some(weakref_repr),
    ..Slots::NONE
};

/// `weakref.ReferenceType`.
pub static WEAKREF: Type = Type::builtin::<WeakrefObject>(
    "ReferenceType", "weakref", Some(&crate::object::OBJECT), type_flags::BASE, SLOTS, Some(&WEAKREF_DECL),
)
.visited::<WeakrefObject>()
.with_dict_at(std::mem::offset_of!(WeakrefObject, dict));

/// Referent address → addresses of its weak references, oldest first.
static TABLE: crate::threads::Shared<HashMap<usize, Vec<usize>, BuildHasherDefault<DefaultHasher>>> =
    crate::threads::Shared::new(HashMap::with_hasher(BuildHasherDefault::new()));

impl Visit for WeakrefObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.callback)
    }
    fn clear(&self) {
        drop(self.callback.take())
    }
}

impl Drop for WeakrefObject {
    fn drop(&mut self) {
        let referent = self.referent.get();
        if !referent.is_missing() {
            let own = self as *const WeakrefObject as usize;
            TABLE.with_borrow_mut(|table| {
                if let Some(list) = table.get_mut(&referent.address()) {
                    list.retain(|r| *r != own);
                    if list.is_empty() {
                        table.remove(&referent.address());
                    }
                }
            });
        }
    }
}

/// A weak reference of `class` (WEAKREF or a subtype) to `object`. An existing plain one without callback is reused.
pub fn new(class: &'static Type, object: Value, callback: Value) -> R<Ref> {
    let refusable = !object.is_pointer() || !is_weakrefable(type_of(object));
    if refusable {
        return Err(type_error(format!("cannot create weak reference to '{}' object", type_of(object).name())));
    }
    let plain = (callback.is_none() || callback.is_missing()) && std::ptr::eq(class, &WEAKREF);
    if plain && let Some(existing) = existing(object) {
        return Ok(existing);
    }
    let made = crate::cast::new_object_of(
        class,
        WeakrefObject {
            header: crate::cast::fresh_header(),
            dict: dxpyc_abi::InstanceDict { shape: Cell::new(std::ptr::null()), values: Cell::new(std::ptr::null_mut()) },
            referent: Cell::new(object),
            callback: if callback.is_none() || callback.is_missing() { Slot::empty() } else { Slot::new(Ref::new(callback)) },
            hash: Cell::new(None),
        },
    );
    TABLE.with_borrow_mut(|t| t.entry(object.address()).or_default().push(made.v().address()));
    if !plain {
        crate::state::note_observable_death();
    }
    set_flag(object);
    Ok(made)
}

fn is_weakrefable(class: &'static Type) -> bool {
    class.has(type_flags::WEAKREFABLE)
}

fn existing(object: Value) -> Option<Ref> {
    TABLE.with_borrow(|table| {
        let list = table.get(&object.address())?;
        list.iter().find_map(|r| {
            let v = Value::from_address(*r);
            let plain = is_exact(v, &WEAKREF) && crate::cast::get_unchecked::<WeakrefObject>(v).callback.is_empty();
            plain.then(|| Ref::new(v))
        })
    })
}

fn set_flag(object: Value) {
    // SAFETY: a pointer value points to a live object; its header comes first.
    let header = unsafe { &*(object.address() as *const Header) };
    let count = header.count.get();
    if count >= 0 {
        header.count.set(count | COUNT_WEAKREFS);
    }
}

/// Kills the weak references of a dying object; callbacks run afterwards, newest first. Called by the deallocator and the
/// collector for objects with the COUNT_WEAKREFS bit.
pub fn clear_referent(object: Value) {
    clear_referent_but(object, |_| false)
}

/// As [`clear_referent`]; the callbacks of those weak references are not called that `silent` names.
pub fn clear_referent_but(object: Value, silent: impl Fn(Value) -> bool) {
    let Some(list) = TABLE.with_borrow_mut(|t| t.remove(&object.address())) else { return };
    let mut calls = Vec::new();
    for address in list.iter().rev() {
        let v = Value::from_address(*address);
        let weak = crate::cast::get_unchecked::<WeakrefObject>(v);
        weak.referent.set(Value::MISSING);
        if let Some(callback) = weak.callback.take()
            && !silent(v)
        {
            calls.push((callback, Ref::new(v)));
        }
    }
    let saved = crate::state::take_pending();
    for (callback, weak) in calls {
        if crate::call::call1(callback.v(), weak.v()).is_err() {
            crate::unraisable::report("Exception ignored while calling weakref callback ", callback.v());
        }
    }
    if let Some(saved) = saved {
        crate::state::state().pending.set(saved);
    }
}

/// The weak references to an object, oldest first.
pub fn references_of(object: Value) -> Vec<Ref> {
    if !object.is_pointer() {
        return Vec::new();
    }
    TABLE.with_borrow(|t| t.get(&object.address()).map_or(Vec::new(), |l| l.iter().map(|r| Ref::new(Value::from_address(*r))).collect()))
}

/// The referent of a weak reference, if it lives.
pub fn referent(weak: Value) -> Option<Ref> {
    let v = crate::cast::get::<WeakrefObject>(weak)?.referent.get();
    (!v.is_missing()).then(|| Ref::new(v))
}

fn weakref_new(class: &'static Type, args: &Args) -> R<Ref> {
    match args.pos() {
        [object] => new(class, *object, Value::MISSING),
        [object, callback] => new(class, *object, *callback),
        [] => Err(type_error("__new__ expected at least 1 argument, got 0")),
        more => Err(type_error(format!("__new__ expected at most 2 arguments, got {}", more.len()))),
    }
}

fn weakref_init(_: Value, args: &Args) -> R<()> {
    if args.has_kw() {
        return Err(type_error("ref() takes no keyword arguments"));
    }
    Ok(())
}

fn weakref_call(this: Value, args: &Args) -> R<Ref> {
    if !args.values().is_empty() {
        return Err(type_error(format!("{}() takes no arguments ({} given)", type_of(this).name(), args.values().len())));
    }
    Ok(referent(this).unwrap_or_else(Ref::none))
}

fn weakref_hash(this: Value) -> R<i64> {
    let weak = crate::cast::get_unchecked::<WeakrefObject>(this);
    if let Some(hash) = weak.hash.get() {
        return Ok(hash);
    }
    let Some(object) = referent(this) else { return Err(type_error("weak object has gone away")) };
    let hash = crate::ops::hash(object.v())?;
    weak.hash.set(Some(hash));
    Ok(hash)
}

fn weakref_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) || crate::cast::get::<WeakrefObject>(b).is_none() {
        return Ok(Ref::not_implemented());
    }
    match (referent(a), referent(b)) {
        (Some(x), Some(y)) => crate::ops::compare(x.v(), y.v(), op),
        _ => Ok(Ref::bool((a == b) == (op == CompareOp::Eq))),
    }
}

fn weakref_repr(this: Value) -> R<Ref> {
    let text = match referent(this) {
        None => format!("<weakref at {:#x}; dead>", this.address()),
        Some(object) => {
            let name = crate::ops::getattr_opt(object.v(), "__name__")?.filter(|n| type_of(n.v()).has(type_flags::STR));
            let head = format!("<weakref at {:#x}; to '{}' at {:#x}", this.address(), type_of(object.v()).name(), object.v().address());
            match name {
                Some(name) => format!("{head} ({})>", crate::str::to_rust(name.v())),
                None => format!("{head}>"),
            }
        }
    };
    Ok(crate::str::from_str(&text))
}

#[native_class(decl = WEAKREF_DECL)]
impl WeakrefObject {
    #[getter]
    fn __callback__(&self) -> R<Ref> {
        Ok(self.callback.cloned().unwrap_or_else(Ref::none))
    }
    #[classmethod("($cls, item, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
}
