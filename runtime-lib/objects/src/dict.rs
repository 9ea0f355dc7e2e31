//! The table of dict: entries in insertion order, found through a table of small indices (open addressing as in CPython).
//!
//! One raw array holds the entries and behind them the indices: `usable(log2_size)` entries of 24 bytes, then `1 << log2_size`
//! signed indices of 1, 2 or 4 bytes (log2_size up to 7, 15, 31): -1 empty, -2 deleted. log2_size 0: no table yet.
//! Deleted entries have key MISSING. `keys_version` is set to 0 when keys change and given anew when somebody asks.
//!
//! Comparing keys can run Python code, which can change the table: `find` notices and starts again. No reference to an entry
//! is held across a comparison.

use crate::ops;
use crate::prelude::*;
pub use crate::dict_type::DICT;
pub use dxpyc_abi::{DictEntry, DictObject};
use dxpyc_heap::owned::{decref, incref};
use dxpyc_heap::raw;

/// The body of dicts, with their destructor.
#[repr(transparent)]
pub struct DictBody(DictObject);

impl DictBody {
    /// A body without entries, for types that extend dict.
    pub fn empty() -> DictBody {
        DictBody(empty_body())
    }
}

impl Drop for DictBody {
    fn drop(&mut self) {
        clear_table(&self.0);
    }
}

impl Visit for DictBody {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        for i in 0..self.0.used.get() as usize {
            let e = entry(&self.0, i);
            visitor.value(e.key);
            visitor.value(e.value);
        }
    }
    fn clear(&self) {
        clear_table(&self.0);
    }
}

const EMPTY: i32 = -1;
const DELETED: i32 = -2;
const LOG2_MIN: u8 = 3;

/// Entries that fit in a table.
#[inline(always)]
fn usable(log2: u8) -> usize {
    if log2 == 0 { 0 } else { (2usize << log2) / 3 }
}

#[inline(always)]
fn index_bytes(log2: u8) -> usize {
    if log2 <= 7 {
        1
    } else if log2 <= 15 {
        2
    } else {
        4
    }
}

#[inline(always)]
fn table_bytes(log2: u8) -> usize {
    usable(log2) * size_of::<DictEntry>() + (index_bytes(log2) << log2)
}

/// An empty dict body with its header.
pub fn empty_body() -> DictObject {
    DictObject {
        header: crate::cast::fresh_header(),
        len: Cell::new(0),
        keys_version: Cell::new(0),
        entries: Cell::new(std::ptr::null_mut()),
        used: Cell::new(0),
        log2_size: Cell::new(0),
        pad: [0; 3],
        indices: Cell::new(std::ptr::null_mut()),
    }
}

/// A new empty dict.
#[inline]
pub fn new() -> Ref {
    crate::cast::new_object(empty_body())
}

/// A new dict with room for `n` entries.
pub fn with_capacity(n: usize) -> Ref {
    let d = new();
    if n > 0 {
        let _ = resize(body(d.v()), log2_for(n + n / 2 + 1));
    }
    d
}

/// The body of what is known to be a dict.
#[inline(always)]
pub fn body<'a>(d: Value) -> &'a DictObject {
    crate::cast::get_unchecked::<DictObject>(d)
}

/// Whether the value is a dict or an instance of a subclass.
#[inline(always)]
pub fn is_dict(v: Value) -> bool {
    v.is_pointer() && type_of(v).has(type_flags::DICT)
}

/// Whether the value is exactly a dict.
#[inline(always)]
pub fn is_exact_dict(v: Value) -> bool {
    crate::cast::is_exact_object(v, &DICT)
}

#[inline(always)]
fn entry(d: &DictObject, i: usize) -> &DictEntry {
    debug_assert!(i < d.used.get() as usize);
    // SAFETY: entries below `used` are initialised; callers do not hold the reference while the table can change.
    unsafe { &*d.entries.get().add(i) }
}

#[inline(always)]
fn entry_mut(d: &DictObject, i: usize) -> *mut DictEntry {
    // SAFETY: in bounds of the entry array (callers' indices come from the table or are below usable()).
    unsafe { d.entries.get().add(i) }
}

#[inline(always)]
fn index_get(d: &DictObject, slot: usize) -> i32 {
    let p = d.indices.get();
    let log2 = d.log2_size.get();
    // SAFETY: slot < 1 << log2, the table's size.
    unsafe {
        if log2 <= 7 {
            *(p as *const i8).add(slot) as i32
        } else if log2 <= 15 {
            *(p as *const i16).add(slot) as i32
        } else {
            *(p as *const i32).add(slot)
        }
    }
}

#[inline(always)]
fn index_set(d: &DictObject, slot: usize, index: i32) {
    let p = d.indices.get();
    let log2 = d.log2_size.get();
    // SAFETY: as in index_get; the index fits because usable() is below the type's range.
    unsafe {
        if log2 <= 7 {
            *(p as *mut i8).add(slot) = index as i8
        } else if log2 <= 15 {
            *(p as *mut i16).add(slot) = index as i16
        } else {
            *(p as *mut i32).add(slot) = index
        }
    }
}

/// The probe sequence of a hash.
struct Probe {
    mask: usize,
    slot: usize,
    perturb: usize,
}

impl Probe {
    #[inline(always)]
    fn new(d: &DictObject, hash: i64) -> Probe {
        let mask = (1usize << d.log2_size.get()) - 1;
        Probe { mask, slot: hash as usize & mask, perturb: hash as usize }
    }
    #[inline(always)]
    fn step(&mut self) {
        self.perturb >>= 5;
        self.slot = (self.slot.wrapping_mul(5).wrapping_add(self.perturb).wrapping_add(1)) & self.mask;
    }
}

/// Hash of a key; fast for small ints and strs.
#[inline(always)]
pub fn hash_of(key: Value) -> R<i64> {
    if let Some(i) = key.as_small_int() {
        return Ok(if i == -1 { -2 } else { i });
    }
    if crate::str::is_exact_str(key) {
        let h = crate::cast::get_unchecked::<dxpyc_abi::StrObject>(key).hash.get();
        if h != -1 {
            return Ok(h);
        }
    }
    hash_of_other(key)
}

#[inline(never)]
fn hash_of_other(key: Value) -> R<i64> {
    if crate::str::is_exact_str(key) {
        return Ok(crate::str::hash(key));
    }
    if crate::tuple::is_exact_tuple(key) {
        return crate::tuple::hash(key);
    }
    ops::hash(key)
}

/// Equality of items as containers see it: identity, then `==`.
#[inline]
pub fn same(a: Value, b: Value) -> R<bool> {
    match same_fast(a, b) {
        Some(answer) => Ok(answer),
        None => {
            let (_a, _b) = (Ref::new(a), Ref::new(b));
            ops::eq(a, b)
        }
    }
}

/// As `same`, when no Python code is needed to tell.
#[inline(always)]
pub fn same_fast(a: Value, b: Value) -> Option<bool> {
    if a == b {
        return Some(true);
    }
    if a.is_small_int() && b.is_small_int() {
        return Some(false);
    }
    same_objects(a, b)
}

/// As `same_fast` for two strs or two tuples of such things.
#[inline]
fn same_objects(a: Value, b: Value) -> Option<bool> {
    if !a.is_pointer() || !b.is_pointer() {
        return None;
    }
    if crate::str::is_exact_str(a) {
        return if crate::str::is_exact_str(b) { Some(crate::str::eq(a, b)) } else { None };
    }
    if !crate::tuple::is_exact_tuple(a) || !crate::tuple::is_exact_tuple(b) {
        return None;
    }
    let (x, y) = (crate::tuple::items_unchecked(a), crate::tuple::items_unchecked(b));
    if x.len() != y.len() {
        return None;
    }
    for (&p, &q) in x.iter().zip(y) {
        if p == q {
            continue;
        }
        let is_simple = p.is_small_int() && q.is_small_int();
        if !is_simple && (!crate::str::is_exact_str(p) || !crate::str::is_exact_str(q)) {
            return None;
        }
        if is_simple || !crate::str::eq(p, q) {
            return Some(false);
        }
    }
    Some(true)
}

/// Hash of a key that needs no Python code for it: a small int or exactly a str.
#[inline(always)]
pub fn simple_hash(key: Value) -> Option<i64> {
    if let Some(i) = key.as_small_int() {
        return Some(if i == -1 { -2 } else { i });
    }
    if crate::str::is_exact_str(key) {
        let h = crate::cast::get_unchecked::<dxpyc_abi::StrObject>(key).hash.get();
        return Some(if h != -1 { h } else { crate::str::hash(key) });
    }
    None
}

/// An index as the table holds it.
trait Index: Copy {
    fn get(self) -> i32;
}
macro_rules! index {
    ($($t:ty)*) => { $(
        impl Index for $t {
            #[inline(always)]
            fn get(self) -> i32 {
                self as i32
            }
        }
    )* };
}
index!(i8 i16 i32);

/// What a key has to do with the one that is looked for.
enum Match {
    Same,
    Other,
    /// Its `==` must be asked.
    Unknown,
}

/// Goes along the entries of a hash. The outer None: an object whose `==` must be asked is on the way.
#[inline(always)]
fn scan<I: Index>(d: &DictObject, hash: i64, is_same: impl Fn(&DictEntry) -> Match) -> Option<Option<usize>> {
    let indices = d.indices.get() as *const I;
    let mut probe = Probe::new(d, hash);
    loop {
        // SAFETY: the probe stays inside the table, whose indices have this width for its size.
        let index = unsafe { *indices.add(probe.slot) }.get();
        if index >= 0 {
            match is_same(entry(d, index as usize)) {
                Match::Same => return Some(Some(index as usize)),
                Match::Other => {}
                Match::Unknown => return None,
            }
        } else if index == EMPTY {
            return Some(None);
        }
        probe.step();
    }
}

macro_rules! scan {
    ($d:expr, $hash:expr, $is_same:expr) => {{
        let log2 = $d.log2_size.get();
        if log2 <= 7 {
            scan::<i8>($d, $hash, $is_same)
        } else if log2 <= 15 {
            scan::<i16>($d, $hash, $is_same)
        } else {
            scan::<i32>($d, $hash, $is_same)
        }
    }};
}

/// The entry of a small int, in a table. The outer None: an object of the same hash, which must be asked, is on the way.
#[inline(never)]
fn find_small_int(d: &DictObject, key: Value, hash: i64) -> Option<Option<usize>> {
    scan!(d, hash, |e: &DictEntry| {
        if e.key == key {
            Match::Same
        } else if e.hash == hash && !e.key.is_small_int() && !e.key.is_missing() {
            Match::Unknown
        } else {
            Match::Other
        }
    })
}

/// The entry of what is exactly a str, in a table. As `find_small_int`.
#[inline(never)]
fn find_exact_str(d: &DictObject, key: Value, hash: i64) -> Option<Option<usize>> {
    scan!(d, hash, |e: &DictEntry| {
        if e.key == key {
            Match::Same
        } else if e.hash != hash || e.key.is_missing() {
            Match::Other
        } else if !crate::str::is_exact_str(e.key) {
            Match::Unknown
        } else if crate::str::eq(e.key, key) {
            Match::Same
        } else {
            Match::Other
        }
    })
}

/// The entry of what is exactly a tuple, in a table. As `find_small_int`.
#[inline(never)]
fn find_tuple(d: &DictObject, key: Value, hash: i64) -> Option<Option<usize>> {
    scan!(d, hash, |e: &DictEntry| {
        if e.key == key {
            return Match::Same;
        }
        if e.hash != hash || e.key.is_missing() {
            return Match::Other;
        }
        match same_objects(e.key, key) {
            Some(true) => Match::Same,
            Some(false) => Match::Other,
            None => Match::Unknown,
        }
    })
}

/// The entry of a key, by hash.
#[inline]
fn find(d: &DictObject, key: Value, hash: i64) -> R<Option<usize>> {
    if d.len.get() == 0 {
        return Ok(None);
    }
    if key.is_small_int() {
        if let Some(found) = find_small_int(d, key, hash) {
            return Ok(found);
        }
    } else if crate::str::is_exact_str(key)
        && let Some(found) = find_exact_str(d, key, hash)
    {
        return Ok(found);
    } else if crate::tuple::is_exact_tuple(key)
        && let Some(found) = find_tuple(d, key, hash)
    {
        return Ok(found);
    }
    find_any(d, key, hash)
}

#[inline(never)]
fn find_any(d: &DictObject, key: Value, hash: i64) -> R<Option<usize>> {
    'restart: loop {
        if d.log2_size.get() == 0 {
            return Ok(None);
        }
        let mut probe = Probe::new(d, hash);
        loop {
            let index = index_get(d, probe.slot);
            if index == EMPTY {
                return Ok(None);
            }
            if index >= 0 {
                let e = entry(d, index as usize);
                if e.key == key {
                    return Ok(Some(index as usize));
                }
                if e.hash == hash {
                    match same_fast(e.key, key) {
                        Some(true) => return Ok(Some(index as usize)),
                        Some(false) => {}
                        None => {
                            let (entries, log2) = (d.entries.get(), d.log2_size.get());
                            let held = Ref::new(e.key);
                            let equal = ops::eq(held.v(), key)?;
                            if d.entries.get() != entries
                                || d.log2_size.get() != log2
                                || (index as u32) >= d.used.get()
                                || entry(d, index as usize).key != held.v()
                            {
                                continue 'restart;
                            }
                            if equal {
                                return Ok(Some(index as usize));
                            }
                        }
                    }
                }
            }
            probe.step();
        }
    }
}

/// A slot of the index table that is free for `hash`.
#[inline]
fn free_slot(d: &DictObject, hash: i64) -> usize {
    let mut probe = Probe::new(d, hash);
    while index_get(d, probe.slot) >= 0 {
        probe.step();
    }
    probe.slot
}

/// The slot that refers to entry `index`.
fn slot_of(d: &DictObject, hash: i64, index: usize) -> usize {
    let mut probe = Probe::new(d, hash);
    while index_get(d, probe.slot) != index as i32 {
        probe.step();
    }
    probe.slot
}

/// Smallest table with at least `n` slots.
fn log2_for(n: usize) -> u8 {
    let log2 = if n <= 8 { 3 } else { (usize::BITS - (n - 1).leading_zeros()) as u8 };
    log2.max(LOG2_MIN)
}

/// Moves the entries to a new table of the given size (which must hold them), deleted ones left out.
#[cold]
#[inline(never)]
fn resize(d: &DictObject, log2: u8) -> R<()> {
    if log2 > 31 {
        return Err(memory_error());
    }
    let p = raw::try_alloc(table_bytes(log2));
    if p.is_null() {
        return Err(memory_error());
    }
    let entries = p as *mut DictEntry;
    let (old, old_used, old_log2) = (d.entries.get(), d.used.get() as usize, d.log2_size.get());
    // SAFETY: the new array has room for usable(log2) >= len entries and the indices behind them.
    unsafe {
        let indices = entries.add(usable(log2)) as *mut u8;
        std::ptr::write_bytes(indices, 0xFF, index_bytes(log2) << log2);
        let mut n = 0;
        if d.len.get() == old_used {
            std::ptr::copy_nonoverlapping(old, entries, old_used);
            n = old_used;
        } else {
            for i in 0..old_used {
                if !(*old.add(i)).key.is_missing() {
                    std::ptr::copy_nonoverlapping(old.add(i), entries.add(n), 1);
                    n += 1;
                }
            }
        }
        d.entries.set(entries);
        d.indices.set(indices);
        d.log2_size.set(log2);
        d.used.set(n as u32);
        d.keys_version.set(0);
        for i in 0..n {
            index_set(d, free_slot(d, (*entries.add(i)).hash), i as i32);
        }
        if old_log2 != 0 {
            raw::free(old as *mut u8, table_bytes(old_log2));
        }
    }
    Ok(())
}

/// Empties the dict. The keys and values are dropped after the dict is empty.
pub fn clear_table(d: &DictObject) {
    let log2 = d.log2_size.replace(0);
    if log2 == 0 {
        return;
    }
    let entries = d.entries.replace(std::ptr::null_mut());
    let used = d.used.replace(0);
    d.indices.set(std::ptr::null_mut());
    d.len.set(0);
    d.keys_version.set(0);
    for i in 0..used as usize {
        // SAFETY: the table belongs to this function now; each entry's references are given up once.
        unsafe {
            let e = entries.add(i);
            decref((*e).key);
            decref((*e).value);
        }
    }
    // SAFETY: allocated by `resize` with this size.
    unsafe { raw::free(entries as *mut u8, table_bytes(log2)) }
}

/// Adds a key that is known to be absent.
#[inline]
fn insert_new(d: &DictObject, key: Value, hash: i64, value: Ref) -> R<()> {
    if d.used.get() as usize >= usable(d.log2_size.get()) {
        resize(d, log2_for(d.len.get() * 3))?;
    }
    let i = d.used.get();
    let slot = free_slot(d, hash);
    index_set(d, slot, i as i32);
    incref(key);
    // SAFETY: used < usable.
    unsafe { entry_mut(d, i as usize).write(DictEntry { hash, key, value: value.into_raw() }) };
    d.used.set(i + 1);
    d.len.set(d.len.get() + 1);
    d.keys_version.set(0);
    Ok(())
}

#[inline]
fn replace_value(d: &DictObject, index: usize, value: Ref) {
    // SAFETY: index comes from `find` with nothing in between.
    let old = unsafe { std::mem::replace(&mut (*entry_mut(d, index)).value, value.into_raw()) };
    drop(Ref::from_owned(old));
}

/// Sets with a known hash.
#[inline]
pub fn set_hashed(d: Value, key: Value, hash: i64, value: Ref) -> R<()> {
    let d = body(d);
    match find(d, key, hash)? {
        Some(index) => replace_value(d, index, value),
        None => insert_new(d, key, hash, value)?,
    }
    Ok(())
}

/// `d[key] = value` of the table itself (no `__setitem__` of subclasses).
#[inline]
pub fn set(d: Value, key: Value, value: Value) -> R<()> {
    set_hashed(d, key, key_hash(key)?, Ref::new(value))
}

/// As [`set`], with the value given up.
#[inline]
pub fn set_owned(d: Value, key: Value, value: Ref) -> R<()> {
    let hash = key_hash(key)?;
    set_hashed(d, key, hash, value)
}

/// Sets a str key given as text. Does nothing when the table cannot grow.
pub fn set_str(d: Value, name: &str, value: Ref) {
    let key = crate::str::intern(name);
    let _ = set_owned(d, key.v(), value);
}

/// The value of a key, borrowed: valid until the dict changes.
#[inline]
pub fn get_borrowed(d: Value, key: Value) -> R<Option<Value>> {
    let hash = key_hash(key)?;
    get_hashed(d, key, hash)
}

/// As [`get_borrowed`] with a known hash.
#[inline]
pub fn get_hashed(d: Value, key: Value, hash: i64) -> R<Option<Value>> {
    let d = body(d);
    Ok(find(d, key, hash)?.map(|i| entry(d, i).value))
}

/// The value of a key.
#[inline]
pub fn get(d: Value, key: Value) -> R<Option<Ref>> {
    Ok(get_borrowed(d, key)?.map(Ref::new))
}

/// The value of a str key, borrowed. No Python code runs unless a key of another type has the same hash (an error of its `==` counts as unequal).
#[inline]
pub fn get_str(d: Value, name: Value) -> Option<Value> {
    let d = body(d);
    entry_of_str(d, name).map(|i| entry(d, i).value)
}

/// Index of the entry of a str key.
#[inline]
fn entry_of_str(d: &DictObject, name: Value) -> Option<usize> {
    if d.len.get() == 0 {
        return None;
    }
    match find(d, name, crate::str::hash(name)) {
        Ok(found) => found,
        Err(_) => {
            drop(crate::state::take_pending());
            None
        }
    }
}

/// The value of a key given as text, borrowed.
pub fn get_text(d: Value, name: &str) -> Option<Value> {
    let key = crate::str::from_str(name);
    get_str(d, key.v())
}

/// Place of a str key's entry in the entry array, for caches that compare `keys_version`.
pub fn entry_index(d: Value, name: Value) -> Option<u32> {
    entry_of_str(body(d), name).map(|i| i as u32)
}

/// The value in an entry (borrowed), by a place that `keys_version` vouches for.
#[inline(always)]
pub fn value_at(d: Value, index: u32) -> Value {
    entry(body(d), index as usize).value
}

/// Replaces the value in an entry, by a place that `keys_version` vouches for.
#[inline]
pub fn set_value_at(d: Value, index: u32, value: Ref) {
    replace_value(body(d), index as usize, value)
}

/// Whether the key is there.
pub fn contains(d: Value, key: Value) -> R<bool> {
    Ok(get_borrowed(d, key)?.is_some())
}

/// Takes an entry out: (key, value).
fn take_entry(d: &DictObject, index: usize) -> (Ref, Ref) {
    let hash = entry(d, index).hash;
    let slot = slot_of(d, hash, index);
    index_set(d, slot, DELETED);
    d.len.set(d.len.get() - 1);
    d.keys_version.set(0);
    // SAFETY: index is a live entry; its references pass to the caller.
    unsafe {
        let e = &mut *entry_mut(d, index);
        let key = std::mem::replace(&mut e.key, Value::MISSING);
        let value = std::mem::replace(&mut e.value, Value::MISSING);
        (Ref::from_owned(key), Ref::from_owned(value))
    }
}

/// Removes a key and gives its value.
pub fn take(d: Value, key: Value) -> R<Option<Ref>> {
    let hash = key_hash(key)?;
    take_hashed(d, key, hash)
}

/// As [`take`] with a known hash.
pub fn take_hashed(d: Value, key: Value, hash: i64) -> R<Option<Ref>> {
    let d = body(d);
    Ok(find(d, key, hash)?.map(|index| take_entry(d, index).1))
}

/// Removes a key; false when it was not there.
pub fn delete(d: Value, key: Value) -> R<bool> {
    Ok(take(d, key)?.is_some())
}

/// Removes a key given as text.
pub fn delete_str(d: Value, name: &str) -> bool {
    let key = crate::str::from_str(name);
    delete(d, key.v()).unwrap_or_else(|_| {
        drop(crate::state::take_pending());
        false
    })
}

/// Removes the last entry.
pub fn pop_last(d: Value) -> Option<(Ref, Ref)> {
    let d = body(d);
    if d.len.get() == 0 {
        return None;
    }
    let mut i = d.used.get() as usize - 1;
    while entry(d, i).key.is_missing() {
        i -= 1;
    }
    let taken = take_entry(d, i);
    d.used.set(i as u32);
    Some(taken)
}

/// The value of `key`; when absent, `default` is inserted (hash known).
pub fn set_default_hashed(d: Value, key: Value, hash: i64, default: Value) -> R<Ref> {
    let d = body(d);
    if let Some(index) = find(d, key, hash)? {
        return Ok(Ref::new(entry(d, index).value));
    }
    insert_new(d, key, hash, Ref::new(default))?;
    Ok(Ref::new(default))
}

/// Number of entries.
#[inline(always)]
pub fn len(d: Value) -> usize {
    body(d).len.get()
}

/// Removes all entries.
pub fn clear(d: Value) {
    clear_table(body(d))
}

/// The next live entry at or behind `*pos` (borrowed); `*pos` moves behind it. Start with 0. The dict may change in between; then
/// entries may be missed or seen again, but what is given out is live.
#[inline]
pub fn next_entry(d: Value, pos: &mut usize) -> Option<(Value, Value)> {
    next_hashed(d, pos).map(|(_, k, v)| (k, v))
}

/// As [`next_entry`] with the hash.
#[inline]
pub fn next_hashed(d: Value, pos: &mut usize) -> Option<(i64, Value, Value)> {
    let d = body(d);
    let used = d.used.get() as usize;
    while *pos < used {
        let e = entry(d, *pos);
        *pos += 1;
        if !e.key.is_missing() {
            return Some((e.hash, e.key, e.value));
        }
    }
    None
}

/// The live entry at or before `*pos - 1`, backwards; start with `usize::MAX`.
pub fn previous_entry(d: Value, pos: &mut usize) -> Option<(Value, Value)> {
    let d = body(d);
    *pos = (*pos).min(d.used.get() as usize);
    while *pos > 0 {
        *pos -= 1;
        let e = entry(d, *pos);
        if !e.key.is_missing() {
            return Some((e.key, e.value));
        }
    }
    None
}

/// Fills an empty dict from another one: same order, same hashes.
fn fill_copy(to: &DictObject, from: &DictObject) -> R<()> {
    let n = from.len.get();
    if n == 0 {
        return Ok(());
    }
    let log2 = from.log2_size.get();
    if n == from.used.get() as usize && n * 3 >= usable(log2) {
        let p = raw::try_alloc(table_bytes(log2));
        if p.is_null() {
            return Err(memory_error());
        }
        // SAFETY: both arrays have the same layout and size; all n entries are initialised.
        unsafe {
            std::ptr::copy_nonoverlapping(from.entries.get() as *const u8, p, n * size_of::<DictEntry>());
            let indices = p.add(usable(log2) * size_of::<DictEntry>());
            std::ptr::copy_nonoverlapping(from.indices.get(), indices, index_bytes(log2) << log2);
            for i in 0..n {
                let e = (p as *const DictEntry).add(i);
                incref((*e).key);
                incref((*e).value);
            }
            to.entries.set(p as *mut DictEntry);
            to.indices.set(indices);
        }
        to.used.set(n as u32);
        to.len.set(n);
        to.log2_size.set(log2);
        to.keys_version.set(0);
        return Ok(());
    }
    resize(to, log2_for(n + n / 2 + 1))?;
    for i in 0..from.used.get() as usize {
        let e = entry(from, i);
        if !e.key.is_missing() {
            insert_new(to, e.key, e.hash, Ref::new(e.value))?;
        }
    }
    Ok(())
}

/// A new dict (exactly `dict`) with the same entries.
pub fn copy(d: Value) -> Ref {
    let to = new();
    let _ = fill_copy(body(to.v()), body(d));
    to
}

/// Sets every entry of another dict (no Python code but that of keys). `replace` false: a key that is present is a KeyError.
pub fn merge(to: Value, from: Value, replace: bool) -> R<()> {
    if to == from {
        return Ok(());
    }
    let target = body(to);
    if target.len.get() == 0 && target.log2_size.get() == 0 {
        return fill_copy(target, body(from));
    }
    let from_ref = Ref::new(from);
    let expected = len(from);
    let mut pos = 0;
    while let Some((hash, key, value)) = next_hashed(from_ref.v(), &mut pos) {
        let (key, value) = (Ref::new(key), Ref::new(value));
        if replace {
            set_hashed(to, key.v(), hash, value)?;
        } else if find(target, key.v(), hash)?.is_none() {
            insert_new(target, key.v(), hash, value)?;
        } else {
            return Err(key_error(key.v()));
        }
        if len(from) != expected {
            return Err(runtime_error("dict mutated during update"));
        }
    }
    Ok(())
}

/// Sets the entries of a dict or of anything with `keys()` (`{**mapping}`). `replace` false: a key that is present is a KeyError.
pub fn update_with(d: Value, mapping: Value, replace: bool) -> R<()> {
    if crate::dict_type::is_plain_dict(mapping) {
        return merge(d, mapping, replace);
    }
    crate::dict_type::update_from_mapping(d, mapping, replace)
}

/// `d.update(other)`.
pub fn update(d: Value, other: Value) -> R<()> {
    crate::dict_type::update(d, other)
}

/// Whether the value is a dict or has `keys`.
pub fn is_mapping(v: Value) -> bool {
    is_dict(v)
        || match ops::getattr_opt_value(v, crate::names::KEYS()) {
            Ok(found) => found.is_some(),
            Err(_) => {
                drop(crate::state::take_pending());
                false
            }
        }
}

/// The entry of a str key: its place and the value (borrowed).
#[inline]
pub fn find_str(d: Value, name: Value) -> Option<(u32, Value)> {
    let d = body(d);
    entry_of_str(d, name).map(|i| (i as u32, entry(d, i).value))
}

static NEXT_VERSION: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

/// The version of the dict's keys: changes whenever a key comes or goes or entries move, and is never used twice.
#[inline]
pub fn keys_version(d: Value) -> u64 {
    let d = body(d);
    let version = d.keys_version.get();
    if version != 0 {
        return version;
    }
    let version = NEXT_VERSION.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    d.keys_version.set(version);
    version
}

/// Hash of a key for dict operations: an unhashable key is named in the message.
#[inline]
pub fn key_hash(key: Value) -> R<i64> {
    if let Some(hash) = simple_hash(key) {
        return Ok(hash);
    }
    match hash_of_other(key) {
        Err(raised) => Err(unhashable(raised, key, "dict key")),
        hash => hash,
    }
}

/// TypeError `cannot use 'list' as a dict key (unhashable type: 'list')` in place of a plain TypeError.
#[cold]
pub fn unhashable(raised: Raised, key: Value, what: &str) -> Raised {
    let pending = crate::state::state().pending.get();
    if pending.is_missing() || !is_exact(pending, &crate::exceptions::TYPE_ERROR) {
        return raised;
    }
    let Some(exception) = crate::state::take_pending() else { return raised };
    let Ok(text) = ops::str(exception.v()) else { return raised };
    let name = crate::type_object::display_name(key);
    type_error(format!("cannot use '{name}' as a {what} ({})", crate::str::to_rust(text.v())))
}

/// `sys.getsizeof` of CPython's table of the same size (its str-only tables have no hashes in the entries).
pub fn sizeof(d: &DictObject) -> usize {
    let log2 = d.log2_size.get();
    if log2 == 0 {
        return 48;
    }
    let mut only_str = true;
    for i in 0..d.used.get() as usize {
        let key = entry(d, i).key;
        only_str &= key.is_missing() || crate::str::is_exact_str(key);
    }
    48 + 32 + (index_bytes(log2) << log2) + usable(log2) * if only_str { 16 } else { 24 }
}
