//! Arrays that objects own and that are not objects themselves: list items, dict and set tables, attribute values.
//!
//! They never come from slabs, because the collector takes every used slab block for an object. Their bytes count towards
//! the collector's trigger.

use std::sync::atomic::{AtomicUsize, Ordering};

static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Bytes in use.
#[inline]
pub fn bytes_used() -> usize {
    BYTES.load(Ordering::Relaxed)
}

#[inline(always)]
fn account(added: usize, removed: usize) {
    let bytes = BYTES.load(Ordering::Relaxed).wrapping_add(added).wrapping_sub(removed);
    BYTES.store(bytes, Ordering::Relaxed);
    if added > 4096 {
        crate::collect::note_bytes();
    }
}

/// An array of `bytes` bytes, 16-byte aligned, uninitialised; null when there is no memory. Never null for 0 bytes.
#[inline]
pub fn try_alloc(bytes: usize) -> *mut u8 {
    if bytes > isize::MAX as usize {
        return std::ptr::null_mut();
    }
    // SAFETY: plain C allocation.
    let p = unsafe { libc::malloc(bytes.max(1)) } as *mut u8;
    if !p.is_null() {
        account(bytes, 0);
    }
    p
}

/// As [`try_alloc`], but without memory the program ends.
#[inline]
pub fn alloc(bytes: usize) -> *mut u8 {
    let p = try_alloc(bytes);
    if p.is_null() {
        crate::slab::out_of_memory()
    }
    p
}

/// Changes an array's size; null (and the array untouched) when there is no memory.
///
/// # Safety
/// `p` is null with `old` 0, or came from this module with `old` bytes and is not used afterwards.
#[inline]
pub unsafe fn try_realloc(p: *mut u8, old: usize, new: usize) -> *mut u8 {
    if new > isize::MAX as usize {
        return std::ptr::null_mut();
    }
    // SAFETY: by this function's contract p is a live C block or null.
    let q = unsafe { libc::realloc(p as *mut _, new.max(1)) } as *mut u8;
    if !q.is_null() {
        account(new, old);
    }
    q
}

/// Frees an array.
///
/// # Safety
/// `p` is null with `bytes` 0, or came from this module with `bytes` bytes; it is not used afterwards.
#[inline]
pub unsafe fn free(p: *mut u8, bytes: usize) {
    account(0, bytes);
    // SAFETY: by this function's contract.
    unsafe { libc::free(p as *mut _) }
}
