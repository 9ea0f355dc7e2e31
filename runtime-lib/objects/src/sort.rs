//! Sorting of lists: stable, adaptive. Keys that are all small ints or all immediate floats are sorted as machine words; all others
//! by a merge sort over natural runs (binary insertion up to a minimal run, merges kept balanced as in timsort), whose comparison is
//! chosen once: str, tuple, or any. A comparison may raise: the items stay a permutation.

use crate::list::{self, body};
use crate::ops;
use crate::prelude::*;

#[derive(Clone, Copy)]
struct Item {
    key: Value,
    value: Value,
    /// Strs: the first bytes as a number that orders as they do, 0 for other keys.
    prefix: u64,
}

/// Sorts a list in place: `list.sort(key=…, reverse=…)`. `key` may be None.
pub fn sort_list(v: Value, key: Value, reverse: bool) -> R<()> {
    let l = body(v);
    if l.len.get() == 0 && key.is_none() {
        return Ok(());
    }
    // The list is empty while it is sorted, so that Python code sees no half-sorted items.
    let (items, n, capacity) = list::take_storage(l);
    let result = if n > 1 || !key.is_none() { sort_items(items, n, key, reverse) } else { Ok(()) };
    let changed = !l.items.get().is_null() || l.len.get() != 0;
    let (other, other_n, other_capacity) = list::take_storage(l);
    l.items.set(items);
    l.len.set(n);
    l.capacity.set(capacity);
    if changed {
        let orphan = list::new();
        let o = body(orphan.v());
        o.items.set(other);
        o.len.set(other_n);
        o.capacity.set(other_capacity);
        drop(orphan);
        if result.is_ok() {
            return Err(value_error("list modified during sort"));
        }
    }
    result
}

/// A sorted list of an iterable's items (`sorted`).
pub fn sorted(iterable: Value, key: Value, reverse: bool) -> R<Ref> {
    let list = list::from_refs(list::collect(iterable)?);
    sort_list(list.v(), key, reverse)?;
    Ok(list)
}

fn sort_items(items: *mut Value, n: usize, key: Value, reverse: bool) -> R<()> {
    // SAFETY: the array was taken from the list: n initialised items that only this function touches.
    let items = unsafe { std::slice::from_raw_parts_mut(items, n) };
    let mut keys: Vec<Ref> = Vec::new();
    if !key.is_none() {
        keys.reserve(n);
        for &item in items.iter() {
            keys.push(crate::call::call1(key, item)?);
        }
    }
    if n < 2 {
        return Ok(());
    }
    let key_at = |i: usize, items: &[Value]| if keys.is_empty() { items[i] } else { keys[i].v() };
    let first = key_at(0, items);
    if first.is_small_int() || first.is_imm_float() {
        let ints = first.is_small_int();
        if (0..n).all(|i| if ints { key_at(i, items).is_small_int() } else { key_at(i, items).is_imm_float() }) {
            sort_words(items, &keys, ints, reverse);
            return Ok(());
        }
    }
    let mut work: Vec<Item> = (0..n).map(|i| Item { key: key_at(i, items), value: items[i], prefix: 0 }).collect();
    if reverse {
        work.reverse();
    }
    let all = |class: &'static Type| work.iter().all(|item| is_exact(item.key, class));
    let result = if all(&crate::str::STR) {
        if work.iter().all(|item| crate::str::object(item.key).kind == 1) {
            for item in &mut work {
                item.prefix = prefix_of(item.key);
            }
        }
        merge_sort(&mut work, &mut |a, b| {
            Ok(if a.prefix != b.prefix { a.prefix < b.prefix } else { crate::str::cmp(a.key, b.key).is_lt() })
        })
    } else if all(&crate::tuple::TUPLE) {
        merge_sort(&mut work, &mut |a, b| tuple_less(a.key, b.key))
    } else {
        merge_sort(&mut work, &mut |a, b| ops::compare_true(a.key, b.key, CompareOp::Lt))
    };
    if reverse {
        work.reverse();
    }
    for (place, item) in items.iter_mut().zip(&work) {
        *place = item.value;
    }
    result
}

/// The first eight bytes of a one-byte str, zeros behind its end.
fn prefix_of(key: Value) -> u64 {
    let bytes = crate::str::raw_bytes(crate::str::object(key));
    let mut first = [0u8; 8];
    let n = bytes.len().min(8);
    first[..n].copy_from_slice(&bytes[..n]);
    u64::from_be_bytes(first)
}

/// Sorts by keys that order as unsigned words.
fn sort_words(items: &mut [Value], keys: &[Ref], ints: bool, reverse: bool) {
    let word = |key: Value| -> u64 {
        if ints {
            key.0 ^ (1 << 63)
        } else {
            let bits = (key.imm_float_unchecked() + 0.0).to_bits();
            if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
        }
    };
    let mut work: Vec<(u64, Value)> =
        items.iter().enumerate().map(|(i, &item)| (word(if keys.is_empty() { item } else { keys[i].v() }), item)).collect();
    if reverse {
        for pair in &mut work {
            pair.0 = !pair.0;
        }
    }
    work.sort_by_key(|pair| pair.0);
    for (place, pair) in items.iter_mut().zip(&work) {
        *place = pair.1;
    }
}

/// `a < b` for two tuples.
fn tuple_less(a: Value, b: Value) -> R<bool> {
    let (x, y) = (crate::tuple::items_unchecked(a), crate::tuple::items_unchecked(b));
    for (&p, &q) in x.iter().zip(y) {
        if p.is_small_int() && q.is_small_int() {
            if p == q {
                continue;
            }
            return Ok((p.0 as i64) < (q.0 as i64));
        }
        if crate::str::is_exact_str(p) && crate::str::is_exact_str(q) {
            match crate::str::cmp(p, q) {
                std::cmp::Ordering::Equal => continue,
                order => return Ok(order.is_lt()),
            }
        }
        if !crate::dict::same(p, q)? {
            return ops::compare_true(p, q, CompareOp::Lt);
        }
    }
    Ok(x.len() < y.len())
}

type Less<'a> = &'a mut dyn FnMut(&Item, &Item) -> R<bool>;

/// Runs of at least this length are made by insertion: between 32 and 64, so that n / run is near a power of two.
fn minimal_run(mut n: usize) -> usize {
    let mut rest = 0;
    while n >= 64 {
        rest |= n & 1;
        n >>= 1;
    }
    n + rest
}

fn merge_sort(a: &mut [Item], less: Less) -> R<()> {
    let n = a.len();
    let minimum = minimal_run(n);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut buffer: Vec<Item> = Vec::new();
    let mut start = 0;
    while start < n {
        let mut length = natural_run(&mut a[start..], less)?;
        if length < minimum {
            let forced = minimum.min(n - start);
            insertion_sort(&mut a[start..start + forced], length, less)?;
            length = forced;
        }
        runs.push((start, length));
        start += length;
        loop {
            let k = runs.len();
            let long = |i: usize| runs[i].1;
            let at = if k >= 3 && long(k - 3) <= long(k - 2) + long(k - 1) || k >= 4 && long(k - 4) <= long(k - 3) + long(k - 2) {
                if long(k - 3) < long(k - 1) { k - 3 } else { k - 2 }
            } else if k >= 2 && long(k - 2) <= long(k - 1) {
                k - 2
            } else {
                break;
            };
            merge_at(a, &mut runs, at, &mut buffer, less)?;
        }
    }
    while runs.len() > 1 {
        let k = runs.len();
        let at = if k >= 3 && runs[k - 3].1 < runs[k - 1].1 { k - 3 } else { k - 2 };
        merge_at(a, &mut runs, at, &mut buffer, less)?;
    }
    Ok(())
}

/// Length of the run at the start; a strictly descending one is reversed.
fn natural_run(a: &mut [Item], less: Less) -> R<usize> {
    if a.len() < 2 {
        return Ok(a.len());
    }
    let mut n = 2;
    if less(&a[1], &a[0])? {
        while n < a.len() && less(&a[n], &a[n - 1])? {
            n += 1;
        }
        a[..n].reverse();
    } else {
        while n < a.len() && !less(&a[n], &a[n - 1])? {
            n += 1;
        }
    }
    Ok(n)
}

/// Sorts `a`, whose first `sorted` items are sorted.
fn insertion_sort(a: &mut [Item], sorted: usize, less: Less) -> R<()> {
    for i in sorted.max(1)..a.len() {
        let pivot = a[i];
        let (mut low, mut high) = (0, i);
        while low < high {
            let middle = (low + high) / 2;
            if less(&pivot, &a[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        a.copy_within(low..i, low + 1);
        a[low] = pivot;
    }
    Ok(())
}

fn merge_at(a: &mut [Item], runs: &mut Vec<(usize, usize)>, at: usize, buffer: &mut Vec<Item>, less: Less) -> R<()> {
    let ((start, n), (middle, m)) = (runs[at], runs[at + 1]);
    runs[at].1 = n + m;
    runs.remove(at + 1);
    merge(&mut a[start..middle + m], n, buffer, less)
}

/// Merges the sorted halves `a[..n]` and `a[n..]`.
fn merge(a: &mut [Item], n: usize, buffer: &mut Vec<Item>, less: Less) -> R<()> {
    // What is in place already at both ends.
    let skip = bound(&a[..n], &a[n], true, less)?;
    let end = n + bound(&a[n..], &a[n - 1], false, less)?;
    if skip == n || end == n {
        return Ok(());
    }
    buffer.clear();
    buffer.extend_from_slice(&a[skip..n]);
    let (mut i, mut j, mut k) = (0, n, skip);
    let mut result = Ok(());
    while i < buffer.len() && j < end {
        match less(&a[j], &buffer[i]) {
            Ok(true) => {
                a[k] = a[j];
                j += 1;
            }
            Ok(false) => {
                a[k] = buffer[i];
                i += 1;
            }
            Err(raised) => {
                result = Err(raised);
                break;
            }
        }
        k += 1;
    }
    let rest = &buffer[i..];
    a[k..k + rest.len()].copy_from_slice(rest);
    result
}

/// Number of items before `key`: those not greater (`after` true) or those less.
fn bound(a: &[Item], key: &Item, after: bool, less: Less) -> R<usize> {
    let (mut low, mut high) = (0, a.len());
    while low < high {
        let middle = (low + high) / 2;
        let before = if after { !less(key, &a[middle])? } else { less(&a[middle], key)? };
        if before {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
