//! The slot functions of heap types: each looks up the special method on the instance's class and calls it.

use crate::dunder::{D, name};
use crate::prelude::*;
use crate::slots::*;
use crate::type_object::{bind_found, display_name, lookup};

/// Calls `type(this).d(this, args…)`; None when the class has no such method.
#[inline]
pub fn call_special(this: Value, d: D, args: &[Value]) -> R<Option<Ref>> {
    let class = type_of(this);
    let Some(found) = lookup(class, name(d)) else { return Ok(None) };
    call_found(found, this, class, args).map(Some)
}

/// Calls what `lookup` found, with `this` bound.
#[inline]
pub fn call_found(found: Value, this: Value, class: &'static Type, args: &[Value]) -> R<Ref> {
    debug_assert!(args.len() <= 3);
    let found = Ref::new(found);
    if is_exact(found.v(), &crate::function::FUNCTION) {
        // As a rule a Python function that takes just these arguments.
        return match *args {
            [] => crate::call::call_function(found.v(), &Args::positional(&[this])),
            [a] => crate::call::call_function(found.v(), &Args::positional(&[this, a])),
            [a, b] => crate::call::call_function(found.v(), &Args::positional(&[this, a, b])),
            [a, b, c] => crate::call::call_function(found.v(), &Args::positional(&[this, a, b, c])),
            _ => unreachable!("at most three arguments"),
        };
    }
    if type_of(found.v()).has(type_flags::METHOD_DESCRIPTOR) {
        let mut all = [Value::MISSING; 4];
        all[0] = this;
        all[1..=args.len()].copy_from_slice(args);
        return crate::call::call(found.v(), &Args::positional(&all[..=args.len()]));
    }
    let bound = bind_found(found, this, class)?;
    crate::call::call(bound.v(), &Args::positional(args))
}

fn required(this: Value, d: D, args: &[Value]) -> R<Ref> {
    match call_special(this, d, args)? {
        Some(v) => Ok(v),
        None => Err(crate::attr::no_attribute(this, name(d))),
    }
}

macro_rules! unary {
    ($($f:ident $d:ident;)*) => { $(
        #[doc = concat!("Slot function of `", stringify!($d), "`.")]
        pub fn $f(this: Value) -> R<Ref> { required(this, D::$d, &[]) }
    )* };
}
unary! {
    slot_neg Neg; slot_pos Pos; slot_abs Abs; slot_invert Invert; slot_int Int; slot_float Float; slot_index Index;
    slot_await Await; slot_aiter Aiter; slot_anext Anext;
}

macro_rules! binary {
    ($($f:ident $slot:ident $l:ident $r:ident;)*) => { $(
        #[doc = concat!("Slot function of `", stringify!($l), "` and its reflection.")]
        pub fn $f(a: Value, b: Value) -> R<Ref> {
            let (ta, tb) = (type_of(a), type_of(b));
            let here = $f as BinaryFn as usize;
            let other = !std::ptr::eq(ta, tb) && tb.slots().$slot.is_some_and(|f| f as usize == here);
            binary(a, b, ta, tb, ta.slots().$slot.is_some_and(|f| f as usize == here), other, D::$l, D::$r)
        }
    )* };
}

#[allow(clippy::too_many_arguments)]
fn binary(a: Value, b: Value, ta: &'static Type, tb: &'static Type, left: bool, mut other: bool, l: D, r: D) -> R<Ref> {
    if left {
        if other && tb.is_subtype(ta) && overloads(tb, ta, r) {
            if let Some(result) = call_special(b, r, &[a])?
                && result.v() != Value::NOT_IMPLEMENTED
            {
                return Ok(result);
            }
            other = false;
        }
        let result = call_special(a, l, &[b])?;
        match result {
            Some(result) if result.v() != Value::NOT_IMPLEMENTED || std::ptr::eq(ta, tb) => return Ok(result),
            _ => {}
        }
    }
    // The right operand's class is a heap type with this slot function.
    if (other || !left)
        && let Some(result) = call_special(b, r, &[a])?
    {
        return Ok(result);
    }
    Ok(Ref::not_implemented())
}

/// Whether the right operand's class has its own reflected method.
fn overloads(tb: &'static Type, ta: &'static Type, r: D) -> bool {
    match (lookup(tb, name(r)), lookup(ta, name(r))) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(x), Some(y)) => x != y,
    }
}

binary! {
    slot_add add Add Radd; slot_sub sub Sub Rsub; slot_mul mul Mul Rmul; slot_matmul matmul Matmul Rmatmul;
    slot_truediv truediv Truediv Rtruediv; slot_floordiv floordiv Floordiv Rfloordiv; slot_modulo modulo Mod Rmod;
    slot_divmod divmod Divmod Rdivmod; slot_lshift lshift Lshift Rlshift; slot_rshift rshift Rshift Rrshift;
    slot_and and And Rand; slot_or or Or Ror; slot_xor xor Xor Rxor;
}

/// Slot function of `__pow__` and `__rpow__`.
pub fn slot_pow(a: Value, b: Value, m: Value) -> R<Ref> {
    let (ta, tb) = (type_of(a), type_of(b));
    let here = slot_pow as TernaryFn as usize;
    let left = ta.slots().pow.is_some_and(|f| f as usize == here);
    if m.is_none() {
        let other = !std::ptr::eq(ta, tb) && tb.slots().pow.is_some_and(|f| f as usize == here);
        return binary(a, b, ta, tb, left, other, D::Pow, D::Rpow);
    }
    if left && let Some(result) = call_special(a, D::Pow, &[b, m])? {
        return Ok(result);
    }
    if !std::ptr::eq(ta, tb)
        && tb.slots().pow.is_some_and(|f| f as usize == here)
        && let Some(result) = call_special(b, D::Rpow, &[a, m])?
    {
        return Ok(result);
    }
    Ok(Ref::not_implemented())
}

macro_rules! inplace {
    ($($f:ident $d:ident;)*) => { $(
        #[doc = concat!("Slot function of `", stringify!($d), "`.")]
        pub fn $f(a: Value, b: Value) -> R<Ref> { required(a, D::$d, &[b]) }
    )* };
}
inplace! {
    slot_iadd Iadd; slot_isub Isub; slot_imul Imul; slot_imatmul Imatmul; slot_itruediv Itruediv; slot_ifloordiv Ifloordiv;
    slot_imod Imod; slot_ipow Ipow; slot_ilshift Ilshift; slot_irshift Irshift; slot_iand Iand; slot_ior Ior; slot_ixor Ixor;
    slot_getitem GetItem;
}

/// Slot function of `__repr__`.
pub fn slot_repr(this: Value) -> R<Ref> {
    match call_special(this, D::Repr, &[])? {
        Some(v) => Ok(v),
        None => crate::object::default_repr(this),
    }
}

/// Slot function of `__str__`.
pub fn slot_str(this: Value) -> R<Ref> {
    match call_special(this, D::Str, &[])? {
        Some(v) => Ok(v),
        None => slot_repr(this),
    }
}

/// Slot function of `__hash__`.
pub fn slot_hash(this: Value) -> R<i64> {
    let class = type_of(this);
    let found = lookup(class, name(D::Hash)).filter(|v| !v.is_none());
    let Some(found) = found else { return crate::wrappers::hash_not_implemented(this) };
    let result = call_found(found, this, class, &[])?;
    if !crate::int::is_int(result.v()) {
        return Err(type_error("__hash__ method should return an integer"));
    }
    let h = match result.v().as_small_int() {
        Some(i) => i,
        None => match crate::int::as_i64_exact(result.v()) {
            Some(i) => i,
            None => crate::ops::hash(result.v())?,
        },
    };
    Ok(if h == -1 { -2 } else { h })
}

/// Slot function of `__call__`.
pub fn slot_call(this: Value, args: &Args) -> R<Ref> {
    let class = type_of(this);
    let Some(found) = lookup(class, name(D::Call)) else {
        return Err(type_error(format!("'{}' object is not callable", display_name(this))));
    };
    let found = Ref::new(found);
    if type_of(found.v()).has(type_flags::METHOD_DESCRIPTOR) {
        return crate::call::call_prepended(found.v(), this, args);
    }
    crate::state::check_recursion(" while calling a Python object")?;
    let bound = bind_found(found, this, class)?;
    crate::call::call(bound.v(), args)
}

/// Slot function of `__getattribute__` and `__getattr__`.
pub fn slot_getattr_hook(this: Value, attribute: Value) -> R<Ref> {
    let class = type_of(this);
    let getattribute = lookup(class, name(D::GetAttribute));
    let plain = lookup(&crate::object::OBJECT, name(D::GetAttribute));
    let hook = lookup(class, name(D::GetAttr));
    if getattribute == plain {
        if let Some(v) = crate::attr::generic_get_opt(this, attribute)? {
            return Ok(v);
        }
        return match lookup(class, name(D::GetAttr)).or(hook) {
            Some(hook) => call_found(hook, this, class, &[attribute]),
            None => Err(crate::attr::no_attribute(this, attribute)),
        };
    }
    let hook = hook.map(Ref::new);
    let result = match getattribute {
        Some(f) => call_found(f, this, class, &[attribute]),
        None => crate::attr::generic_get(this, attribute),
    };
    match (result, hook) {
        (Err(raised), Some(hook)) => {
            if !swallow(&crate::exceptions::ATTRIBUTE_ERROR) {
                return Err(raised);
            }
            call_found(hook.v(), this, class, &[attribute])
        }
        (result, _) => result,
    }
}

/// Slot function of `__setattr__` and `__delattr__`.
pub fn slot_setattr(this: Value, attribute: Value, value: Value) -> R<()> {
    if value.is_missing() {
        required(this, D::DelAttr, &[attribute]).map(drop)
    } else {
        required(this, D::SetAttr, &[attribute, value]).map(drop)
    }
}

/// Slot function of the rich comparisons.
pub fn slot_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    const NAMES: [D; 6] = [D::Lt, D::Le, D::Eq, D::Ne, D::Gt, D::Ge];
    Ok(call_special(a, NAMES[op as usize], &[b])?.unwrap_or_else(Ref::not_implemented))
}

/// Slot function of `__iter__`.
pub fn slot_iter(this: Value) -> R<Ref> {
    let class = type_of(this);
    match lookup(class, name(D::Iter)) {
        Some(v) if v.is_none() => Err(type_error(format!("'{}' object is not iterable", display_name(this)))),
        Some(v) => call_found(v, this, class, &[]),
        None if lookup(class, name(D::GetItem)).is_some() => Ok(crate::iterators::sequence_iter(this)),
        None => Err(type_error(format!("'{}' object is not iterable", display_name(this)))),
    }
}

/// Slot function of `__next__`.
pub fn slot_next(this: Value) -> R<Option<Ref>> {
    match required(this, D::Next, &[]) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => {
            // One with a value stays pending: whoever passes the end on passes the value on.
            let pending = crate::state::state().pending.get();
            let ends = type_of(pending).is_subtype(&crate::exceptions::STOP_ITERATION);
            if ends && crate::exceptions::field(pending, 0).is_none() && swallow(&crate::exceptions::STOP_ITERATION) {
                Ok(None)
            } else {
                Err(raised)
            }
        }
    }
}

/// Slot function of `__get__`.
pub fn slot_descr_get(this: Value, instance: Value, owner: Value) -> R<Ref> {
    let none = |v: Value| if v.is_missing() { Value::NONE } else { v };
    match call_special(this, D::Get, &[none(instance), none(owner)])? {
        Some(v) => Ok(v),
        None => Ok(Ref::new(this)),
    }
}

/// Slot function of `__set__` and `__delete__`.
pub fn slot_descr_set(this: Value, instance: Value, value: Value) -> R<()> {
    if value.is_missing() {
        match call_special(this, D::Delete, &[instance])? {
            Some(_) => Ok(()),
            None => Err(crate::attr::no_attribute(this, name(D::Delete))),
        }
    } else {
        required(this, D::Set, &[instance, value]).map(drop)
    }
}

/// Slot function of `__init__`.
pub fn slot_init(this: Value, args: &Args) -> R<()> {
    let class = type_of(this);
    let Some(found) = lookup(class, name(D::Init)) else { return Ok(()) };
    let found = Ref::new(found);
    let result = if type_of(found.v()).has(type_flags::METHOD_DESCRIPTOR) {
        crate::call::call_prepended(found.v(), this, args)?
    } else {
        let bound = bind_found(found, this, class)?;
        crate::call::call(bound.v(), args)?
    };
    check_init_result(result.v())
}

/// `__init__` must return None.
#[inline]
pub fn check_init_result(result: Value) -> R<()> {
    if result.is_none() {
        return Ok(());
    }
    Err(type_error(format!("__init__() should return None, not '{}'", display_name(result))))
}

/// Slot function of `__new__`.
pub fn slot_new(class: &'static Type, args: &Args) -> R<Ref> {
    let new = crate::ops::getattr(class.v(), name(D::New))?;
    crate::call::call_prepended(new.v(), class.v(), args)
}

/// Slot function of `__del__`.
pub fn slot_del(this: Value) {
    let class = type_of(this);
    let Some(found) = lookup(class, name(D::Del)) else { return };
    let found = Ref::new(found);
    if call_found(found.v(), this, class, &[]).is_err() {
        crate::unraisable::report("Exception ignored while calling deallocator ", found.v());
    }
}

/// Slot function of `__bool__`.
pub fn slot_truth(this: Value) -> R<bool> {
    let class = type_of(this);
    match lookup(class, name(D::Bool)) {
        Some(f) => {
            let result = call_found(f, this, class, &[])?;
            match result.v() {
                Value::TRUE => Ok(true),
                Value::FALSE => Ok(false),
                other => Err(type_error(format!("__bool__ should return bool, returned {}", display_name(other)))),
            }
        }
        None => match class.slots().len {
            Some(len) => Ok(len(this)? != 0),
            None => Ok(true),
        },
    }
}

/// Slot function of `__len__`.
pub fn slot_len(this: Value) -> R<usize> {
    let result = required(this, D::Len, &[])?;
    let n = crate::ops::index(result.v())?;
    match crate::int::as_i64_exact(n.v()) {
        Some(n) if n >= 0 => Ok(n as usize),
        Some(_) => Err(value_error("__len__() should return >= 0")),
        None => {
            if crate::ops::compare_true(n.v(), Value::from_small_int(0), CompareOp::Lt)? {
                return Err(value_error("__len__() should return >= 0"));
            }
            Err(overflow_error("cannot fit 'int' into an index-sized integer"))
        }
    }
}

/// Slot function of `__length_hint__`.
pub fn slot_length_hint(this: Value) -> R<usize> {
    let result = required(this, D::LengthHint, &[])?;
    crate::ops::check_length_hint(result.v()).map(|n| n.unwrap_or(0))
}

/// Slot function of `__setitem__` and `__delitem__`.
pub fn slot_setitem(this: Value, key: Value, value: Value) -> R<()> {
    if value.is_missing() {
        required(this, D::DelItem, &[key]).map(drop)
    } else {
        required(this, D::SetItem, &[key, value]).map(drop)
    }
}

/// Slot function of `__contains__`.
pub fn slot_contains(this: Value, item: Value) -> R<bool> {
    let class = type_of(this);
    match lookup(class, name(D::Contains)) {
        Some(f) if f.is_none() => Err(type_error(format!("'{}' object is not a container", display_name(this)))),
        Some(f) => {
            let result = call_found(f, this, class, &[item])?;
            crate::ops::truth(result.v())
        }
        None => crate::ops::contains_by_iteration(this, item),
    }
}
