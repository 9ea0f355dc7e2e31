//! Counts and views of objects.

use crate::slow;
use core::hint::cold_path;
use dxpyc_abi::{COUNT_UNIT, Header, TypePrefix, Value};

/// One more owner of a pointer; immortal and shared objects (sign bit) are left alone.
#[inline(always)]
pub fn incref_pointer(v: Value) {
    // SAFETY: the caller checked the tag; pointers point to live objects.
    let header = unsafe { &*(v.address() as *const Header) };
    let count = header.count.get();
    if count >= 0 {
        header.count.set(count + COUNT_UNIT);
    }
}

/// One more owner.
#[inline(always)]
pub fn incref(v: Value) {
    if v.is_pointer() {
        incref_pointer(v);
    }
}

/// The same value, owned.
#[inline(always)]
pub fn owned(v: Value) -> Value {
    incref(v);
    v
}

/// One owner less.
#[inline(always)]
pub fn decref(v: Value) {
    if v.is_pointer() {
        // SAFETY: as in `incref_pointer`.
        let header = unsafe { &*(v.address() as *const Header) };
        let count = header.count.get();
        if count >= 0 {
            let next = count - COUNT_UNIT;
            header.count.set(next);
            if next < COUNT_UNIT {
                cold_path();
                slow::dxp_dealloc(v);
            }
        }
    }
}

/// The type word of a pointer.
#[inline(always)]
pub fn type_word(v: Value) -> *const TypePrefix {
    // SAFETY: the caller checked the tag; pointers point to live objects.
    unsafe { (*(v.address() as *const Header)).ty.get() }
}

/// Whether the value is an object of exactly the type.
#[inline(always)]
pub fn is_exact(v: Value, class: *const TypePrefix) -> bool {
    v.is_pointer() && core::ptr::eq(type_word(v), class)
}

/// The object's struct.
///
/// # Safety
/// The value is a pointer to an object laid out as `T`.
#[inline(always)]
pub unsafe fn view<'a, T>(v: Value) -> &'a T {
    // SAFETY: the caller's promise.
    unsafe { &*(v.address() as *const T) }
}
