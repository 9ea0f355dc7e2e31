//! `_bisect`: places in sorted sequences.

use crate::_heapq::less;
use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, int, list, ops};

/// The place for `x` in `a[lo..hi]`: behind equal items (`right`) or before them.
fn place(a: Value, x: Value, lo: i64, hi: Option<Value>, key: Option<Value>, right: bool) -> R<i64> {
    if lo < 0 {
        return Err(value_error("lo must be non-negative"));
    }
    let (mut low, mut high) = (lo, match hi {
        Some(hi) if !hi.is_none() => int::index_i64(hi)?,
        _ => ops::len(a)? as i64,
    });
    let key = key.filter(|k| !k.is_none());
    while low < high {
        let middle = low + (high - low) / 2;
        let mut item = match list::is_exact_list(a).then(|| list::item(list::body(a), middle as usize)).flatten() {
            Some(item) => item,
            None => ops::getitem(a, int::from_i64(middle).v())?,
        };
        if let Some(key) = key {
            item = call::call1(key, item.v())?;
        }
        let before = if right { !less(x, item.v())? } else { less(item.v(), x)? };
        if before {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn insert(a: Value, x: Value, lo: i64, hi: Option<Value>, key: Option<Value>, right: bool) -> R<()> {
    let searched = match key.filter(|k| !k.is_none()) {
        Some(key) => call::call1(key, x)?,
        None => Ref::new(x),
    };
    let i = place(a, searched.v(), lo, hi, key, right)?;
    call::call_method(a, "insert", &[int::from_i64(i).v(), x]).map(drop)
}

/// Bisection algorithms.
///
/// This module provides support for maintaining a list in sorted order without
/// having to sort the list after each insertion. For long lists of items with
/// expensive comparison operations, this can be an improvement over the more
/// common approach.
#[native_module(name = "_bisect")]
pub mod module {
    use super::*;

    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e <= x, and all e in
    /// a[i:] have e > x.  So if x already appears in the list, a.insert(i, x) will
    /// insert just after the rightmost x already there.
    #[native("($module, /, a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_right(a: Value, x: Value, lo: i64, hi: Option<Value>, key: Option<Value>) -> R<i64> {
        place(a, x, lo, hi, key, true)
    }
    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e < x, and all e in
    /// a[i:] have e >= x.  So if x already appears in the list, a.insert(i, x) will
    /// insert just before the leftmost x already there.
    #[native("($module, /, a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_left(a: Value, x: Value, lo: i64, hi: Option<Value>, key: Option<Value>) -> R<i64> {
        place(a, x, lo, hi, key, false)
    }
    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the right of the rightmost x.
    #[native("($module, /, a, x, lo=0, hi=None, *, key=None)")]
    fn insort_right(a: Value, x: Value, lo: i64, hi: Option<Value>, key: Option<Value>) -> R<()> {
        insert(a, x, lo, hi, key, true)
    }
    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the left of the leftmost x.
    #[native("($module, /, a, x, lo=0, hi=None, *, key=None)")]
    fn insort_left(a: Value, x: Value, lo: i64, hi: Option<Value>, key: Option<Value>) -> R<()> {
        insert(a, x, lo, hi, key, false)
    }
}
