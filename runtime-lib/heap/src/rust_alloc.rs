//! The allocator of the runtime's own Rust code: vectors, strings, boxes and the words of big ints.
//!
//! As long as the program has one thread, small blocks come from the slabs of arrays, which is several times quicker than the C
//! library. From the first further thread on everything comes from the C library, because Rust code may allocate without holding the
//! baton; small blocks from before are then not reused when they are freed.

use crate::slab;
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicBool, Ordering};

/// Largest block that comes from slabs.
const BYTES_MAX: usize = 512;
const ALIGNMENT: usize = 16;

static HAS_THREADS: AtomicBool = AtomicBool::new(false);

/// To be called before a second thread starts.
pub fn note_threads() {
    HAS_THREADS.store(true, Ordering::SeqCst);
}

/// For the archive only: test programs of Rust's have several threads from the start.
pub struct RuntimeAllocator;

#[inline(always)]
fn is_small(layout: Layout) -> bool {
    layout.size() <= BYTES_MAX && layout.align() <= ALIGNMENT
}

// SAFETY: blocks come from the slabs or the C library, and go back to where they came from: small ones are told by their address.
unsafe impl GlobalAlloc for RuntimeAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_small(layout) && !HAS_THREADS.load(Ordering::Relaxed) {
            return slab::try_alloc_array(layout.size());
        }
        // SAFETY: plain C allocation.
        unsafe { alloc_large(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > BYTES_MAX && layout.align() <= ALIGNMENT {
            // SAFETY: plain C allocation.
            return unsafe { libc::calloc(layout.size(), 1) as *mut u8 };
        }
        // SAFETY: a block of that size, if there is one.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                std::ptr::write_bytes(block, 0, layout.size());
            }
            block
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_small(layout) && slab::is_in_slab(block) {
            if !HAS_THREADS.load(Ordering::Relaxed) {
                // SAFETY: it came from `try_alloc_array` with this size.
                unsafe { slab::free_array(block, layout.size()) }
            }
            return;
        }
        // SAFETY: it came from the C library.
        unsafe { libc::free(block as *mut _) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        let new_layout = Layout::from_size_align(bytes, layout.align());
        let Ok(new_layout) = new_layout else { return std::ptr::null_mut() };
        let in_slab = is_small(layout) && slab::is_in_slab(block);
        if in_slab && is_small(new_layout) && (layout.size() + 15) >> 4 == (bytes + 15) >> 4 {
            return block;
        }
        if !in_slab && layout.align() <= ALIGNMENT && (bytes > BYTES_MAX || HAS_THREADS.load(Ordering::Relaxed)) {
            // SAFETY: it came from the C library.
            return unsafe { libc::realloc(block as *mut _, bytes) as *mut u8 };
        }
        // SAFETY: both blocks hold the smaller number of bytes; the old one is given up.
        unsafe {
            let moved = self.alloc(new_layout);
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(block, moved, layout.size().min(bytes));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[inline(never)]
unsafe fn alloc_large(layout: Layout) -> *mut u8 {
    // SAFETY: plain C allocation.
    unsafe {
        if layout.align() <= ALIGNMENT {
            return libc::malloc(layout.size()) as *mut u8;
        }
        let mut block = std::ptr::null_mut();
        if libc::posix_memalign(&mut block, layout.align(), layout.size()) == 0 { block as *mut u8 } else { std::ptr::null_mut() }
    }
}
