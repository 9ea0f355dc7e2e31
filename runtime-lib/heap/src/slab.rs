//! Size-class allocation. Small blocks come from 64 KiB slabs in one reserved address range, so that a block's size
//! class is found from its address alone and the collector can walk all blocks; larger ones come from the C library.
//!
//! A free block has 0 in its second word (the type word of an object); the first word links the free list. All other blocks are
//! objects: arrays that are not objects come from [`crate::raw`], which has slabs of its own that the collector passes over.
//!
//! A slab's blocks are put on the free list a page at a time, so that memory that no block needs is never touched.

use std::cell::UnsafeCell;

/// Bytes of a slab.
pub const SLAB_BYTES: usize = 1 << 16;
/// Largest block served from slabs.
pub const SMALL_BYTES_MAX: usize = 512;
/// Largest array served from slabs.
pub const SMALL_ARRAY_BYTES_MAX: usize = 1024;
const N_CLASSES: usize = SMALL_BYTES_MAX / 16 + 1;
const N_ARRAY_CLASSES: usize = SMALL_ARRAY_BYTES_MAX / 16 + 1;
/// Bytes of a slab whose blocks are put on the free list at once.
const CARVED_BYTES: usize = 4096;
/// What is made usable at once: few system calls at start, and no page is touched by it.
const COMMIT_BYTES: usize = 16 * SLAB_BYTES;
/// Address range reserved at start, tried from the largest down.
const RESERVE_BYTES: [usize; 4] = [1 << 38, 1 << 34, 1 << 31, 1 << 28];
/// Bytes of a slab's head.
pub const SLAB_HEAD_BYTES: usize = 64;

#[repr(C)]
struct SlabHead {
    block_bytes: usize,
    /// The blocks are arrays.
    is_array: bool,
}

/// The blocks of one size.
#[derive(Clone, Copy)]
struct SizeClass {
    free: *mut FreeBlock,
    /// The part of the newest slab that was not on the free list yet.
    fresh: usize,
    fresh_end: usize,
}

const NO_BLOCKS: SizeClass = SizeClass { free: std::ptr::null_mut(), fresh: 0, fresh_end: 0 };

struct Heap {
    base: usize,
    end: usize,
    next: usize,
    /// Up to here the reserved memory may be used.
    committed: usize,
    objects: [SizeClass; N_CLASSES],
    arrays: [SizeClass; N_ARRAY_CLASSES],
    /// Large blocks that hold objects: for the collector. Each is preceded by a 16-byte link.
    large: *mut LargeLink,
    bytes_large: usize,
}

#[repr(C)]
struct FreeBlock {
    next: *mut FreeBlock,
    type_word: usize,
}

#[repr(C, align(16))]
struct LargeLink {
    next: *mut LargeLink,
    previous: *mut LargeLink,
    bytes: usize,
    pad: usize,
}

struct Global(UnsafeCell<Heap>);
// SAFETY: programs are single-threaded until threads arrive (ARCHITECTURE.md, "Values"); all access is from that thread.
unsafe impl Sync for Global {}

static HEAP: Global = Global(UnsafeCell::new(Heap {
    base: 0,
    end: 0,
    next: 0,
    committed: 0,
    objects: [NO_BLOCKS; N_CLASSES],
    arrays: [NO_BLOCKS; N_ARRAY_CLASSES],
    large: std::ptr::null_mut(),
    bytes_large: 0,
}));

#[inline(always)]
fn heap() -> &'static mut Heap {
    // SAFETY: single-threaded (see `Global`), and no reference outlives one function of this file.
    unsafe { &mut *HEAP.0.get() }
}

/// A block of at least `bytes` bytes, 16-byte aligned, uninitialised. Aborts with MemoryError text when the system has none left;
/// callers that serve program-chosen sizes use [`try_alloc`].
#[inline]
pub fn alloc(bytes: usize) -> *mut u8 {
    let p = try_alloc(bytes);
    if p.is_null() {
        out_of_memory()
    }
    p
}

/// As [`alloc`], null when out of memory.
#[inline]
pub fn try_alloc(bytes: usize) -> *mut u8 {
    if bytes <= SMALL_BYTES_MAX {
        let class = (bytes + 15) >> 4;
        let size_class = &mut heap().objects[class];
        let block = size_class.free;
        if !block.is_null() {
            // SAFETY: blocks on the free list are unused and hold a valid link.
            size_class.free = unsafe { (*block).next };
            return block as *mut u8;
        }
        return refill(class, false);
    }
    alloc_large(bytes)
}

/// A block for an array of at most [`SMALL_ARRAY_BYTES_MAX`] bytes that is not an object; null when out of memory.
#[inline]
pub fn try_alloc_array(bytes: usize) -> *mut u8 {
    debug_assert!(bytes <= SMALL_ARRAY_BYTES_MAX);
    let class = (bytes + 15) >> 4;
    let size_class = &mut heap().arrays[class];
    let block = size_class.free;
    if !block.is_null() {
        // SAFETY: blocks on the free list are unused and hold a valid link.
        size_class.free = unsafe { (*block).next };
        return block as *mut u8;
    }
    refill(class, true)
}

/// Frees an array from [`try_alloc_array`], which was asked for as many bytes.
///
/// # Safety
/// The array is not used afterwards.
#[inline]
pub unsafe fn free_array(p: *mut u8, bytes: usize) {
    let size_class = &mut heap().arrays[(bytes + 15) >> 4];
    let block = p as *mut FreeBlock;
    // SAFETY: the block is the caller's to give, and holds at least 16 bytes.
    unsafe { (*block).next = size_class.free };
    size_class.free = block;
}

/// Whether the address lies in a slab.
#[inline(always)]
pub fn is_in_slab(p: *mut u8) -> bool {
    let heap = heap();
    (p as usize).wrapping_sub(heap.base) < heap.next.wrapping_sub(heap.base)
}

/// Frees a block from [`alloc`].
#[inline]
pub fn free(p: *mut u8) {
    let heap = heap();
    let address = p as usize;
    if address.wrapping_sub(heap.base) < heap.next.wrapping_sub(heap.base) {
        let head = (address & !(SLAB_BYTES - 1)) as *const SlabHead;
        // SAFETY: the address lies in a slab, whose head was written by `refill`; the block is the caller's to give.
        unsafe {
            let size_class = &mut heap.objects[(*head).block_bytes >> 4];
            let block = p as *mut FreeBlock;
            (*block).next = size_class.free;
            (*block).type_word = 0;
            size_class.free = block;
        }
        return;
    }
    free_large(p)
}

/// Frees a block from [`alloc`], which was asked for `bytes` bytes (at most [`SMALL_BYTES_MAX`]).
///
/// # Safety
/// The block came from [`alloc`] or [`try_alloc`] with as many bytes, and is not used afterwards.
#[inline(always)]
pub unsafe fn free_sized(p: *mut u8, bytes: usize) {
    debug_assert!(bytes <= SMALL_BYTES_MAX);
    let size_class = &mut heap().objects[(bytes + 15) >> 4];
    let block = p as *mut FreeBlock;
    // SAFETY: by this function's contract.
    unsafe {
        (*block).next = size_class.free;
        (*block).type_word = 0;
    }
    size_class.free = block;
}

/// Puts more blocks on a free list and gives the first one.
#[cold]
#[inline(never)]
fn refill(class: usize, is_array: bool) -> *mut u8 {
    let heap = heap();
    let block_bytes = class.max(1) << 4;
    let size_class = if is_array { heap.arrays[class] } else { heap.objects[class] };
    let (mut first, mut end) = (size_class.fresh, size_class.fresh_end);
    if first + block_bytes > end {
        if heap.base == 0 && !reserve(heap) {
            return std::ptr::null_mut();
        }
        if heap.next + SLAB_BYTES > heap.end {
            return std::ptr::null_mut();
        }
        let slab = heap.next;
        if slab + SLAB_BYTES > heap.committed {
            let bytes = COMMIT_BYTES.min(heap.end - slab);
            // SAFETY: the range was reserved and is not used yet; reading and writing becomes legal by this call.
            let done = unsafe { libc::mprotect(slab as *mut _, bytes, libc::PROT_READ | libc::PROT_WRITE) };
            if done != 0 {
                return std::ptr::null_mut();
            }
            heap.committed = slab + bytes;
        }
        heap.next += SLAB_BYTES;
        crate::collect::note_bytes();
        // SAFETY: the slab is fresh, zeroed memory of SLAB_BYTES.
        unsafe { (slab as *mut SlabHead).write(SlabHead { block_bytes, is_array }) };
        (first, end) = (slab + SLAB_HEAD_BYTES, slab + SLAB_BYTES);
    }
    let n = (CARVED_BYTES.min(end - first) / block_bytes).max(1);
    let mut list: *mut FreeBlock = std::ptr::null_mut();
    for i in (1..n).rev() {
        let block = (first + i * block_bytes) as *mut FreeBlock;
        // SAFETY: block i lies inside the slab, in zeroed memory (its type word is 0 already).
        unsafe { (*block).next = list };
        list = block;
    }
    let size_class = if is_array { &mut heap.arrays[class] } else { &mut heap.objects[class] };
    *size_class = SizeClass { free: list, fresh: first + n * block_bytes, fresh_end: end };
    first as *mut u8
}

fn reserve(heap: &mut Heap) -> bool {
    for bytes in RESERVE_BYTES {
        // SAFETY: an anonymous mapping without access; nothing else is touched.
        let p = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if p != libc::MAP_FAILED {
            let start = (p as usize + SLAB_BYTES - 1) & !(SLAB_BYTES - 1);
            heap.base = start;
            heap.next = start;
            heap.committed = start;
            heap.end = p as usize + bytes;
            return true;
        }
    }
    false
}

fn alloc_large(bytes: usize) -> *mut u8 {
    let Some(total) = bytes.checked_add(size_of::<LargeLink>()) else { return std::ptr::null_mut() };
    if total > isize::MAX as usize {
        return std::ptr::null_mut();
    }
    // SAFETY: plain C allocation; malloc aligns to 16.
    let link = unsafe { libc::malloc(total) } as *mut LargeLink;
    if link.is_null() {
        return std::ptr::null_mut();
    }
    let heap = heap();
    // SAFETY: link is a fresh block of at least size_of::<LargeLink>(); `heap.large` is null or a live link.
    unsafe {
        link.write(LargeLink { next: heap.large, previous: std::ptr::null_mut(), bytes, pad: 0 });
        if !heap.large.is_null() {
            (*heap.large).previous = link;
        }
        heap.large = link;
        heap.bytes_large += bytes;
        crate::collect::note_bytes();
        let block = link.add(1) as *mut u8;
        (block as *mut usize).add(1).write(0);
        block
    }
}

fn free_large(p: *mut u8) {
    let heap = heap();
    // SAFETY: large blocks are preceded by their link (alloc_large).
    unsafe {
        let link = (p as *mut LargeLink).sub(1);
        let (next, previous) = ((*link).next, (*link).previous);
        if !next.is_null() {
            (*next).previous = previous;
        }
        if previous.is_null() {
            heap.large = next;
        } else {
            (*previous).next = next;
        }
        heap.bytes_large -= (*link).bytes;
        libc::free(link as *mut _);
    }
}

/// Makes a block of `old_bytes` hold `new_bytes`, moving it when needed; null (the block stays as it is) when out of memory.
pub fn grow(p: *mut u8, old_bytes: usize, new_bytes: usize) -> *mut u8 {
    if old_bytes > SMALL_BYTES_MAX {
        let Some(total) = new_bytes.checked_add(size_of::<LargeLink>()) else { return std::ptr::null_mut() };
        let heap = heap();
        // SAFETY: large blocks are preceded by their link, which is unlinked while the C library may move the block.
        unsafe {
            let link = (p as *mut LargeLink).sub(1);
            let moved = libc::realloc(link as *mut _, total) as *mut LargeLink;
            if moved.is_null() {
                return std::ptr::null_mut();
            }
            let (next, previous) = ((*moved).next, (*moved).previous);
            if !next.is_null() {
                (*next).previous = moved;
            }
            if previous.is_null() {
                heap.large = moved;
            } else {
                (*previous).next = moved;
            }
            heap.bytes_large = heap.bytes_large - (*moved).bytes + new_bytes;
            (*moved).bytes = new_bytes;
            return moved.add(1) as *mut u8;
        }
    }
    if (old_bytes + 15) >> 4 == (new_bytes + 15) >> 4 {
        return p;
    }
    let moved = try_alloc(new_bytes);
    if !moved.is_null() {
        // SAFETY: both blocks hold at least old_bytes.
        unsafe { std::ptr::copy_nonoverlapping(p, moved, old_bytes.min(new_bytes)) };
        free(p);
    }
    moved
}

/// Bytes of slabs and large blocks.
pub fn bytes_carved() -> usize {
    let heap = heap();
    heap.next - heap.base + heap.bytes_large
}

/// Calls `f` with the address of every block whose second word is not 0 (every live object).
pub fn for_each_block(f: &mut dyn FnMut(*mut u8)) {
    let (base, next) = (heap().base, heap().next);
    let mut slab = base;
    while slab < next {
        // SAFETY: slabs below `next` have a head and n blocks of block_bytes.
        unsafe {
            let head = &*(slab as *const SlabHead);
            if head.is_array {
                slab += SLAB_BYTES;
                continue;
            }
            let block_bytes = head.block_bytes;
            let n = (SLAB_BYTES - SLAB_HEAD_BYTES) / block_bytes;
            for i in 0..n {
                let block = (slab + SLAB_HEAD_BYTES + i * block_bytes) as *mut usize;
                if *block.add(1) != 0 {
                    f(block as *mut u8);
                }
            }
        }
        slab += SLAB_BYTES;
    }
    let mut link = heap().large;
    while !link.is_null() {
        // SAFETY: links in the list are live; `next` is read before f may free the block.
        unsafe {
            let after = (*link).next;
            let block = link.add(1) as *mut usize;
            if *block.add(1) != 0 {
                f(block as *mut u8);
            }
            link = after;
        }
    }
}

/// Ends the program: there is no memory left for an object.
#[cold]
pub fn out_of_memory() -> ! {
    eprintln!("MemoryError");
    std::process::exit(1)
}
