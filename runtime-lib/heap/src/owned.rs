//! [`Ref`]: one counted reference.

use dxpyc_abi::{COUNT_UNIT, Header, Value};
use std::mem::ManuallyDrop;

/// An owned reference: holds one count of the value's object; dropping it gives the count up.
#[repr(transparent)]
pub struct Ref(Value);

/// Adds one reference.
#[inline(always)]
pub fn incref(value: Value) {
    if value.is_pointer() {
        // SAFETY: a pointer value points to a live object (invariant of Value); the header is its first member.
        let header = unsafe { &*(value.address() as *const Header) };
        let count = header.count.get();
        if count >= 0 {
            header.count.set(count + COUNT_UNIT);
        }
    }
}

/// Drops one reference; frees the object when it was the last.
#[inline(always)]
pub fn decref(value: Value) {
    if value.is_pointer() {
        // SAFETY: as in incref; the caller gives up a reference that it held.
        let header = unsafe { &*(value.address() as *const Header) };
        let count = header.count.get();
        if count >= 0 {
            let count = count - COUNT_UNIT;
            header.count.set(count);
            if count < COUNT_UNIT {
                dxp_dealloc(value);
            }
        }
    }
}

unsafe extern "C" {
    /// Destroys an object whose count is exhausted (`objects` has it).
    safe fn dxp_dealloc(object: Value);
}

impl Ref {
    /// Takes a new reference to a borrowed value.
    #[inline(always)]
    pub fn new(value: Value) -> Ref {
        incref(value);
        Ref(value)
    }
    /// Takes over a reference that the caller owned.
    #[inline(always)]
    pub const fn from_owned(value: Value) -> Ref {
        Ref(value)
    }
    /// Gives the reference to the caller.
    #[inline(always)]
    pub fn into_raw(self) -> Value {
        ManuallyDrop::new(self).0
    }
    /// The value, borrowed.
    #[inline(always)]
    pub const fn v(&self) -> Value {
        self.0
    }
    /// None.
    pub const fn none() -> Ref {
        Ref(Value::NONE)
    }
    /// True or False.
    pub const fn bool(b: bool) -> Ref {
        Ref(Value::from_bool(b))
    }
    /// NotImplemented.
    pub const fn not_implemented() -> Ref {
        Ref(Value::NOT_IMPLEMENTED)
    }
}

impl Clone for Ref {
    #[inline(always)]
    fn clone(&self) -> Ref {
        Ref::new(self.0)
    }
}

impl Drop for Ref {
    #[inline(always)]
    fn drop(&mut self) {
        decref(self.0)
    }
}

impl std::ops::Deref for Ref {
    type Target = Value;
    #[inline(always)]
    fn deref(&self) -> &Value {
        &self.0
    }
}

impl std::fmt::Debug for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
