//! `_weakref`: references, proxies and counts.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, dict, list, ops, weakref};

/// A proxy: forwards what is done to it to its referent.
#[repr(C)]
pub struct Proxy {
    header: Header,
    reference: Slot,
}

object_type!(Proxy, PROXY);

impl Visit for Proxy {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.reference)
    }
    fn clear(&self) {}
}

fn target(v: Value) -> R<Ref> {
    match dxpyc_objects::cast::get::<Proxy>(v) {
        Some(p) => weakref::referent(p.reference.get())
            .ok_or_else(|| raise(&dxpyc_objects::exceptions::REFERENCE_ERROR, "weakly-referenced object no longer exists")),
        None => Ok(Ref::new(v)),
    }
}

macro_rules! unary {
    ($($name:ident $op:path;)*) => { $(fn $name(v: Value) -> R<Ref> { $op(target(v)?.v()) })* };
}
macro_rules! binary {
    ($($name:ident $op:path;)*) => { $(fn $name(a: Value, b: Value) -> R<Ref> { let (a, b) = (target(a)?, target(b)?); $op(a.v(), b.v()) })* };
}

unary! { p_str ops::str; p_iter ops::iter; p_neg ops::neg; p_pos ops::pos; p_invert ops::invert; }
binary! {
    p_add ops::add; p_sub ops::sub; p_mul ops::mul; p_truediv ops::truediv; p_floordiv ops::floordiv; p_mod ops::modulo;
    p_lshift ops::lshift; p_rshift ops::rshift; p_and ops::and; p_or ops::or; p_xor ops::xor; p_getitem ops::getitem;
}

fn p_repr(v: Value) -> R<Ref> {
    let p = dxpyc_objects::cast::get_unchecked::<Proxy>(v);
    let text = match weakref::referent(p.reference.get()) {
        Some(t) => format!("<weakproxy at {:#x}; to '{}' at {:#x}>", v.address(), type_of(t.v()).name(), t.v().address()),
        None => format!("<weakproxy at {:#x}; dead>", v.address()),
    };
    Ok(dxpyc_objects::str::from_str(&text))
}
fn p_getattr(v: Value, name: Value) -> R<Ref> {
    ops::getattr(target(v)?.v(), name)
}
fn p_setattr(v: Value, name: Value, value: Value) -> R<()> {
    let t = target(v)?;
    if value.is_missing() { ops::delattr(t.v(), name) } else { ops::setattr(t.v(), name, value) }
}
fn p_len(v: Value) -> R<usize> {
    ops::len(target(v)?.v())
}
fn p_truth(v: Value) -> R<bool> {
    ops::truth(target(v)?.v())
}
fn p_contains(v: Value, item: Value) -> R<bool> {
    ops::contains(target(v)?.v(), item)
}
fn p_setitem(v: Value, key: Value, value: Value) -> R<()> {
    let t = target(v)?;
    if value.is_missing() { ops::delitem(t.v(), key) } else { ops::setitem(t.v(), key, value) }
}
fn p_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    let (a, b) = (target(a)?, target(b)?);
    ops::compare(a.v(), b.v(), op)
}
fn p_call(v: Value, args: &Args) -> R<Ref> {
    call::call(target(v)?.v(), args)
}
fn p_next(v: Value) -> R<Option<Ref>> {
    ops::next(target(v)?.v())
}
fn p_hash(_: Value) -> R<i64> {
    Err(type_error("unhashable type: 'weakref.ProxyType'"))
}

const SLOTS: Slots = Slots {
    repr: Some(p_repr), str: Some(p_str), getattr: Some(p_getattr), setattr: Some(p_setattr), len: Some(p_len), truth: Some(p_truth),
    contains: Some(p_contains), getitem: Some(p_getitem), setitem: Some(p_setitem), compare: Some(p_compare), iter: Some(p_iter),
    next: Some(p_next), hash: Some(p_hash), add: Some(p_add), sub: Some(p_sub), mul: Some(p_mul), truediv: Some(p_truediv),
    floordiv: Some(p_floordiv), modulo: Some(p_mod), lshift: Some(p_lshift), rshift: Some(p_rshift), and: Some(p_and), or: Some(p_or),
    xor: Some(p_xor), neg: Some(p_neg), pos: Some(p_pos), invert: Some(p_invert), ..Slots::NONE
};

/// `weakref.ProxyType`.
pub static PROXY: Type =
    Type::builtin::<Proxy>("ProxyType", "weakref", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, SLOTS, None).visited::<Proxy>();
/// `weakref.CallableProxyType`.
pub static CALLABLE_PROXY: Type = Type::builtin::<Proxy>(
    "CallableProxyType", "weakref", Some(&PROXY), type_flags::NO_NEW, Slots { call: Some(p_call), ..SLOTS }, None,
)
.visited::<Proxy>();

fn init(names: Value) -> R<()> {
    for name in ["ref", "ReferenceType"] {
        dict::set_str(names, name, Ref::new(weakref::WEAKREF.v()));
    }
    dict::set_str(names, "ProxyType", Ref::new(PROXY.v()));
    dict::set_str(names, "CallableProxyType", Ref::new(CALLABLE_PROXY.v()));
    Ok(())
}

/// Weak-reference support module.
#[native_module(name = "_weakref", init = super::init)]
pub mod module {
    use super::*;

    #[native]
    fn proxy(object: Value, callback: Option<Value>) -> R<Ref> {
        let reference = weakref::new(&weakref::WEAKREF, object, callback.unwrap_or(Value::MISSING))?;
        let class = if ops::callable(object) { &CALLABLE_PROXY } else { &PROXY };
        Ok(dxpyc_objects::cast::new_object_of(class, Proxy { header: dxpyc_objects::cast::fresh_header(), reference: Slot::new(reference) }))
    }
    #[native("($module, object, /)")]
    fn getweakrefcount(object: Value) -> i64 {
        weakref::references_of(object).len() as i64
    }
    #[native("($module, object, /)")]
    fn getweakrefs(object: Value) -> R<Ref> {
        Ok(list::from_refs(weakref::references_of(object)))
    }
    #[native("($module, dct, key, /)")]
    fn _remove_dead_weakref(dct: Value, key: Value) -> R<()> {
        if let Some(v) = dict::get(dct, key)?
            && weakref::referent(v.v()).is_none()
        {
            dict::delete(dct, key)?;
        }
        Ok(())
    }
}
