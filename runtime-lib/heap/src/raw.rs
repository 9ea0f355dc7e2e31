//! Arrays that objects own and that are not objects themselves: list items, dict and set tables, attribute values.
//!
//! Small ones come from slabs of their own (the collector takes every used block of the other slabs for an object), larger ones from
//! the C library; the bytes of the latter count towards the collector's trigger here, slabs count themselves.

use crate::slab::{self, SMALL_ARRAY_BYTES_MAX};
use std::sync::atomic::{AtomicUsize, Ordering};

static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Bytes in use that do not stand in slabs.
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
    if bytes <= SMALL_ARRAY_BYTES_MAX {
        return slab::try_alloc_array(bytes);
    }
    try_alloc_large(bytes)
}

#[inline(never)]
fn try_alloc_large(bytes: usize) -> *mut u8 {
    if bytes > isize::MAX as usize {
        return std::ptr::null_mut();
    }
    // SAFETY: plain C allocation.
    let p = unsafe { libc::malloc(bytes) } as *mut u8;
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
        slab::out_of_memory()
    }
    p
}

/// Changes an array's size; null (and the array untouched) when there is no memory.
///
/// # Safety
/// `p` is null with `old` 0, or came from this module with `old` bytes and is not used afterwards.
pub unsafe fn try_realloc(p: *mut u8, old: usize, new: usize) -> *mut u8 {
    if p.is_null() {
        return try_alloc(new);
    }
    if old > SMALL_ARRAY_BYTES_MAX && new > SMALL_ARRAY_BYTES_MAX {
        if new > isize::MAX as usize {
            return std::ptr::null_mut();
        }
        // SAFETY: by this function's contract p is a live C block.
        let q = unsafe { libc::realloc(p as *mut _, new) } as *mut u8;
        if !q.is_null() {
            account(new, old);
        }
        return q;
    }
    if old <= SMALL_ARRAY_BYTES_MAX && new <= SMALL_ARRAY_BYTES_MAX && (old + 15) >> 4 == (new + 15) >> 4 {
        return p;
    }
    let q = try_alloc(new);
    if !q.is_null() {
        // SAFETY: both arrays hold the smaller number of bytes; the old one is given up.
        unsafe {
            std::ptr::copy_nonoverlapping(p, q, old.min(new));
            free(p, old);
        }
    }
    q
}

/// Frees an array.
///
/// # Safety
/// `p` is null with `bytes` 0, or came from this module with `bytes` bytes; it is not used afterwards.
#[inline]
pub unsafe fn free(p: *mut u8, bytes: usize) {
    if p.is_null() {
        return;
    }
    if bytes <= SMALL_ARRAY_BYTES_MAX {
        // SAFETY: by this function's contract.
        return unsafe { slab::free_array(p, bytes) };
    }
    account(0, bytes);
    // SAFETY: by this function's contract.
    unsafe { libc::free(p as *mut _) }
}
