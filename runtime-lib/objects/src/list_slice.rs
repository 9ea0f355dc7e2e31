//! Slices of lists: reading, assigning, deleting.

use crate::list::{self, body, reserve_exact, shrink, to_refs};
use crate::prelude::*;
use dxpyc_abi::ListObject;
use dxpyc_heap::owned::incref;

/// `list[slice]`.
pub fn get(v: Value, slice: Value) -> R<Ref> {
    let s = crate::cast::get_unchecked::<crate::slice::SliceObject>(slice);
    let (start, stop, step) = crate::slice::parts(s)?;
    get_parts(v, start, stop, step)
}

/// `list[start:stop:step]`, the parts as `slice::parts` has them.
#[inline]
pub fn get_parts(v: Value, start: isize, stop: isize, step: isize) -> R<Ref> {
    let l = body(v);
    let (start, _, step, count) = crate::slice::adjust(start, stop, step, l.len.get());
    let (out, to) = list::raw_list(count)?;
    let mut from = l.items.get().wrapping_offset(start);
    for i in 0..count {
        // SAFETY: `count` steps from `start` are in bounds, and room was made for as many items.
        unsafe {
            let item = *from;
            incref(item);
            to.add(i).write(item);
        }
        from = from.wrapping_offset(step);
    }
    Ok(Ref::from_owned(out))
}

/// The first `n` items (in bounds), the last one first: `list[n - 1::-1]`.
#[inline]
pub fn reversed_head(l: &ListObject, n: usize) -> R<Ref> {
    let (out, to) = list::raw_list(n)?;
    let from = l.items.get();
    for i in 0..n {
        // SAFETY: both are below n, for which there is room.
        unsafe {
            let item = *from.add(n - 1 - i);
            incref(item);
            to.add(i).write(item);
        }
    }
    Ok(Ref::from_owned(out))
}

/// A list of the items `start..stop` (in bounds).
#[inline]
pub fn range(l: &ListObject, start: usize, stop: usize) -> R<Ref> {
    list::try_from_slice(&list::slice_of(l)[start..stop])
}

/// Replaces the items `start..stop` (in bounds) by `items`.
pub fn replace_range(l: &ListObject, start: usize, stop: usize, items: Vec<Ref>) -> R<()> {
    let n = l.len.get();
    debug_assert!(start <= stop && stop <= n);
    let new_len = n - (stop - start) + items.len();
    if new_len > l.capacity.get() {
        if n == 0 { reserve_exact(l, new_len)? } else { list::grow(l, new_len)? }
    }
    let removed: Vec<Ref> = (start..stop)
        // SAFETY: in bounds; the references move to `removed` and their places are overwritten below.
        .map(|i| Ref::from_owned(unsafe { *l.items.get().add(i) }))
        .collect();
    // SAFETY: capacity holds new_len items; the tail moves to its new place, then the gap is filled.
    unsafe {
        let p = l.items.get();
        if stop < n {
            std::ptr::copy(p.add(stop), p.add(start + items.len()), n - stop);
        }
        for (i, item) in items.into_iter().enumerate() {
            p.add(start + i).write(item.into_raw());
        }
    }
    l.len.set(new_len);
    shrink(l);
    drop_backwards(removed);
    Ok(())
}

/// Dying items on the stack, instead of a vector.
const FEW: usize = 16;

/// Replaces the items `start..stop` (in bounds) by as many others, of another object. Items that die do so when all others are in their places.
#[inline]
fn exchange(l: &ListObject, start: usize, items: &[Value]) {
    let mut few = [const { std::mem::MaybeUninit::<Value>::uninit() }; FEW];
    let mut n_few = 0;
    let mut more = Vec::new();
    // SAFETY: in bounds of the list; each old item's reference is given up once.
    unsafe {
        let place = l.items.get().add(start);
        for i in (0..items.len()).rev() {
            let item = *items.get_unchecked(i);
            incref(item);
            let old = place.add(i).replace(item);
            if old.is_pointer() {
                let header = &*(old.address() as *const Header);
                let count = header.count.get();
                if count < 0 {
                    continue;
                }
                if count >= 2 * dxpyc_abi::COUNT_UNIT {
                    header.count.set(count - dxpyc_abi::COUNT_UNIT);
                } else if n_few < FEW {
                    few[n_few].write(old);
                    n_few += 1;
                } else {
                    more.push(Ref::from_owned(old));
                }
            }
        }
        for old in &few[..n_few] {
            drop(Ref::from_owned(old.assume_init()));
        }
    }
    drop(more);
}

/// `list[start:stop] = value` for a list, bounds that are ints or None, and a list or tuple that takes exactly the place; None: something else.
pub fn set_plain(v: Value, start: Value, stop: Value, value: Value) -> Option<R<()>> {
    if v == value || !list::is_exact_list(v) {
        return None;
    }
    let items = if list::is_exact_list(value) {
        list::items_raw(value)
    } else if crate::tuple::is_exact_tuple(value) {
        crate::tuple::items_unchecked(value)
    } else {
        return None;
    };
    let bound = |v: Value, absent: isize| if v.is_none() { Some(absent) } else { v.as_small_int().map(|i| i as isize) };
    let l = body(v);
    let (start, _, _, count) = crate::slice::adjust(bound(start, 0)?, bound(stop, isize::MAX)?, 1, l.len.get());
    if count != items.len() {
        return None;
    }
    exchange(l, start as usize, items);
    Some(Ok(()))
}

/// Drops references, the last first, as CPython does.
pub fn drop_backwards(mut refs: Vec<Ref>) {
    while refs.pop().is_some() {}
}

/// `list[slice] = value`, or deletion when value is MISSING.
pub fn set(v: Value, slice: Value, value: Value) -> R<()> {
    let s = crate::cast::get_unchecked::<crate::slice::SliceObject>(slice);
    let (start, stop, step) = crate::slice::parts(s)?;
    let l = body(v);
    let (start, stop, step, count) = crate::slice::adjust(start, stop, step, l.len.get());
    if value.is_missing() {
        return delete(l, start, stop, step, count);
    }
    if step == 1 {
        let items = if value == v { to_refs(list::slice_of(l)) } else { assigned_items(value, "must assign iterable to extended slice")? };
        // Making the items can have run Python code.
        let n = l.len.get();
        let start = (start as usize).min(n);
        let stop = (stop.max(start as isize) as usize).min(n);
        return replace_range(l, start, stop, items);
    }
    let items = if value == v { to_refs(list::slice_of(l)) } else { assigned_items(value, "must assign iterable to extended slice")? };
    if items.len() != count {
        return Err(value_error(format!(
            "attempt to assign sequence of size {} to extended slice of size {count}",
            items.len()
        )));
    }
    let mut old = Vec::with_capacity(count);
    for (i, item) in items.into_iter().enumerate() {
        let at = (start + i as isize * step) as usize;
        if at >= l.len.get() {
            break;
        }
        // SAFETY: checked against the length just now.
        old.push(Ref::from_owned(unsafe { l.items.get().add(at).replace(item.into_raw()) }));
    }
    drop(old);
    Ok(())
}

/// The items of an assigned iterable; what cannot be iterated is a TypeError with this message.
fn assigned_items(value: Value, message: &str) -> R<Vec<Ref>> {
    if list::is_exact_list(value) || crate::tuple::is_exact_tuple(value) || crate::iterators::is_iterable(value) {
        return list::collect(value);
    }
    Err(type_error(message))
}

fn delete(l: &ListObject, start: isize, stop: isize, step: isize, count: usize) -> R<()> {
    if count == 0 {
        return Ok(());
    }
    if step == 1 {
        return replace_range(l, start as usize, stop as usize, Vec::new());
    }
    // Forwards, whatever the sign of the step.
    let (first, step) = if step < 0 { (start + step * (count as isize - 1), -step) } else { (start, step) };
    let (first, step) = (first as usize, step as usize);
    let mut removed = Vec::with_capacity(count);
    let n = l.len.get();
    let mut to = first;
    let mut next = first;
    // SAFETY: all places are below n; each item either moves down or into `removed`.
    unsafe {
        let p = l.items.get();
        for from in first..n {
            if from == next && removed.len() < count {
                removed.push(Ref::from_owned(*p.add(from)));
                next = next.saturating_add(step);
            } else {
                p.add(to).write(*p.add(from));
                to += 1;
            }
        }
    }
    l.len.set(to);
    shrink(l);
    drop(removed);
    Ok(())
}
