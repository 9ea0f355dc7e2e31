//! `_heapq`: heaps in lists, smallest or (`*_max`) largest first.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{list, ops};

/// `a < b`.
#[inline]
pub(crate) fn less(a: Value, b: Value) -> R<bool> {
    if a.is_small_int() && b.is_small_int() {
        return Ok((a.0 as i64) < (b.0 as i64));
    }
    let (a, b) = (Ref::new(a), Ref::new(b));
    ops::compare_true(a.v(), b.v(), CompareOp::Lt)
}

fn heap_of(v: Value, function: &str, argument: &str) -> R<()> {
    if list::is_list(v) {
        return Ok(());
    }
    let name = dxpyc_objects::type_object::display_name(v);
    Err(type_error(format!("{function}() argument{argument} must be list, not {name}")))
}

/// Whether item `i` stands before item `j` in the heap's order. The list must not change meanwhile.
fn before(heap: Value, i: usize, j: usize, max: bool) -> R<bool> {
    let items = list::items_raw(heap);
    let n = items.len();
    let (a, b) = if max { (items[j], items[i]) } else { (items[i], items[j]) };
    let answer = less(a, b)?;
    if list::len(heap) != n {
        return Err(runtime_error("list changed size during iteration"));
    }
    Ok(answer)
}

fn swap(heap: Value, i: usize, j: usize) {
    let l = list::body(heap);
    debug_assert!(i < l.len.get() && j < l.len.get());
    // SAFETY: both indices are below the length, which `before` has checked since the last call of Python code.
    unsafe { std::ptr::swap(l.items.get().add(i), l.items.get().add(j)) }
}

/// Moves the item at `pos` towards `start` while it stands before its parent.
fn sift_down(heap: Value, start: usize, mut pos: usize, max: bool) -> R<()> {
    if pos >= list::len(heap) {
        return Err(index_error("index out of range"));
    }
    while pos > start {
        let parent = (pos - 1) >> 1;
        if !before(heap, pos, parent, max)? {
            break;
        }
        swap(heap, parent, pos);
        pos = parent;
    }
    Ok(())
}

/// Moves the item at `pos` to a leaf along the first children, then up to its place.
fn sift_up(heap: Value, start: usize, max: bool) -> R<()> {
    let end = list::len(heap);
    let limit = end >> 1;
    let mut pos = start;
    while pos < limit {
        let mut child = 2 * pos + 1;
        if child + 1 < end {
            let first = if max { before(heap, child + 1, child, true)? } else { before(heap, child, child + 1, false)? };
            if first == max {
                child += 1;
            }
        }
        swap(heap, child, pos);
        pos = child;
    }
    sift_down(heap, start, pos, max)
}

/// Puts `item` in the first place and gives what was there.
fn replace_first(heap: Value, item: Ref) -> Ref {
    let l = list::body(heap);
    debug_assert!(l.len.get() > 0);
    // SAFETY: the list is not empty.
    Ref::from_owned(unsafe { l.items.get().replace(item.into_raw()) })
}

fn push(heap: Value, item: Value, max: bool) -> R<()> {
    list::push_body(list::body(heap), Ref::new(item))?;
    sift_down(heap, 0, list::len(heap) - 1, max)
}

fn pop(heap: Value, max: bool) -> R<Ref> {
    let n = list::len(heap);
    if n == 0 {
        return Err(index_error("index out of range"));
    }
    let last = dxpyc_objects::list_type::remove_at(list::body(heap), n - 1);
    if n == 1 {
        return Ok(last);
    }
    let first = replace_first(heap, last);
    sift_up(heap, 0, max)?;
    Ok(first)
}

fn replace(heap: Value, item: Value, max: bool) -> R<Ref> {
    if list::len(heap) == 0 {
        return Err(index_error("index out of range"));
    }
    let first = replace_first(heap, Ref::new(item));
    sift_up(heap, 0, max)?;
    Ok(first)
}

fn push_pop(heap: Value, item: Value, max: bool) -> R<Ref> {
    if list::len(heap) == 0 {
        return Ok(Ref::new(item));
    }
    let top = list::items_raw(heap)[0];
    if !(if max { less(item, top)? } else { less(top, item)? }) {
        return Ok(Ref::new(item));
    }
    replace(heap, item, max)
}

fn heapify_list(heap: Value, max: bool) -> R<()> {
    for i in (0..list::len(heap) / 2).rev() {
        sift_up(heap, i, max)?;
    }
    Ok(())
}

/// Heap queue algorithm (a.k.a. priority queue).
#[native_module(name = "_heapq")]
pub mod module {
    use super::*;

    /// Push item onto heap, maintaining the heap invariant.
    #[native("($module, heap, item, /)")]
    fn heappush(heap: Value, item: Value) -> R<()> {
        heap_of(heap, "heappush", " 1")?;
        push(heap, item, false)
    }
    /// Push item onto max heap, maintaining the heap invariant.
    #[native("($module, heap, item, /)")]
    fn heappush_max(heap: Value, item: Value) -> R<()> {
        heap_of(heap, "heappush_max", " 1")?;
        push(heap, item, true)
    }
    /// Pop the smallest item off the heap, maintaining the heap invariant.
    #[native("($module, heap, /)")]
    fn heappop(heap: Value) -> R<Ref> {
        heap_of(heap, "heappop", "")?;
        pop(heap, false)
    }
    /// Maxheap variant of heappop.
    #[native("($module, heap, /)")]
    fn heappop_max(heap: Value) -> R<Ref> {
        heap_of(heap, "heappop_max", "")?;
        pop(heap, true)
    }
    /// Pop and return the current smallest value, and add the new item.
    #[native("($module, heap, item, /)")]
    fn heapreplace(heap: Value, item: Value) -> R<Ref> {
        heap_of(heap, "heapreplace", " 1")?;
        replace(heap, item, false)
    }
    /// Maxheap variant of heapreplace.
    #[native("($module, heap, item, /)")]
    fn heapreplace_max(heap: Value, item: Value) -> R<Ref> {
        heap_of(heap, "heapreplace_max", " 1")?;
        replace(heap, item, true)
    }
    /// Push item on the heap, then pop and return the smallest item from the heap.
    #[native("($module, heap, item, /)")]
    fn heappushpop(heap: Value, item: Value) -> R<Ref> {
        heap_of(heap, "heappushpop", " 1")?;
        push_pop(heap, item, false)
    }
    /// Maxheap variant of heappushpop.
    #[native("($module, heap, item, /)")]
    fn heappushpop_max(heap: Value, item: Value) -> R<Ref> {
        heap_of(heap, "heappushpop_max", " 1")?;
        push_pop(heap, item, true)
    }
    /// Transform list into a heap, in-place, in O(len(heap)) time.
    #[native("($module, heap, /)")]
    fn heapify(heap: Value) -> R<()> {
        heap_of(heap, "heapify", "")?;
        heapify_list(heap, false)
    }
    /// Maxheap variant of heapify.
    #[native("($module, heap, /)")]
    fn heapify_max(heap: Value) -> R<()> {
        heap_of(heap, "heapify_max", "")?;
        heapify_list(heap, true)
    }
}
