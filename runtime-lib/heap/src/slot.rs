//! [`Slot`]: a field of an object that owns a value, and the visitor by which the collector sees it.

use crate::owned::{Ref, incref};
use dxpyc_abi::Value;
use std::cell::Cell;

/// A mutable owned field. Empty = MISSING.
#[repr(transparent)]
pub struct Slot(Cell<Value>);

impl Slot {
    /// A slot that holds `value`.
    #[inline(always)]
    pub fn new(value: Ref) -> Slot {
        Slot(Cell::new(value.into_raw()))
    }
    /// An empty slot.
    #[inline(always)]
    pub const fn empty() -> Slot {
        Slot(Cell::new(Value::MISSING))
    }
    /// The value, borrowed; MISSING when empty. It may die when the slot changes: take a [`Ref`] before calling out.
    #[inline(always)]
    pub fn get(&self) -> Value {
        self.0.get()
    }
    /// A new reference to the value, if there is one.
    #[inline(always)]
    pub fn cloned(&self) -> Option<Ref> {
        let v = self.0.get();
        if v.is_missing() {
            None
        } else {
            incref(v);
            Some(Ref::from_owned(v))
        }
    }
    /// Replaces the value; the old one is dropped last.
    #[inline(always)]
    pub fn set(&self, value: Ref) {
        drop(Ref::from_owned(self.0.replace(value.into_raw())));
    }
    /// Empties the slot.
    #[inline(always)]
    pub fn take(&self) -> Option<Ref> {
        let v = self.0.replace(Value::MISSING);
        if v.is_missing() { None } else { Some(Ref::from_owned(v)) }
    }
    /// Whether nothing is in it.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.0.get().is_missing()
    }
}

impl Drop for Slot {
    #[inline(always)]
    fn drop(&mut self) {
        drop(Ref::from_owned(self.0.get()));
    }
}

/// What the collector calls for each value that an object owns.
pub struct Visitor<'a> {
    /// Called with every owned value.
    pub f: &'a mut dyn FnMut(Value),
}

impl Visitor<'_> {
    /// Reports one owned value.
    #[inline(always)]
    pub fn value(&mut self, v: Value) {
        if v.is_pointer() {
            (self.f)(v)
        }
    }
    /// Reports a slot.
    #[inline(always)]
    pub fn slot(&mut self, s: &Slot) {
        self.value(s.get())
    }
}

/// Objects that own values: reports and drops them. Both must cover exactly the same values.
pub trait Visit {
    /// Reports each owned value once.
    fn visit(&self, visitor: &mut Visitor<'_>);
    /// Drops owned values that can be part of cycles (the object stays valid).
    fn clear(&self);
}
