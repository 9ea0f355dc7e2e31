//! The hash table of set and frozenset: open addressing with short linear runs, probed, grown and copied step by step as CPython's
//! table, so that sets of equal hashes have equal iteration order. Types and methods are in `set_type.rs`.
//!
//! Comparing keys can run Python code, which can change the table: every comparison holds a reference to the key and is
//! followed by a check that the table is still the same.

use crate::ops;
use crate::prelude::*;
pub use crate::set_type::{FROZENSET, SET};
use dxpyc_heap::raw;

/// One place of the table.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SetEntry {
    /// MISSING: never used (hash 0). ERROR: deleted (hash -1).
    pub key: Value,
    pub hash: i64,
}

const UNUSED: SetEntry = SetEntry { key: Value::MISSING, hash: 0 };
const DELETED: SetEntry = SetEntry { key: Value::ERROR, hash: -1 };
const SIZE_MIN: usize = 8;
/// The small int that bit 0 of `bits` stands for.
const BITS_FIRST: i64 = -32;
const BITS: usize = 128;
const LINEAR_PROBES: usize = 9;

/// A set or frozenset.
#[repr(C)]
pub struct SetObject {
    header: Header,
    /// Places used, deleted ones included.
    pub fill: Cell<usize>,
    /// Members.
    pub used: Cell<usize>,
    /// Size of the table minus one.
    pub mask: Cell<usize>,
    /// The table; null: `small`.
    table: Cell<*mut SetEntry>,
    /// Frozensets: the hash or -1.
    pub hash: Cell<i64>,
    /// Where `pop` goes on.
    pub finger: Cell<usize>,
    /// All members are small ints; those from [`BITS_FIRST`] on stand in `bits`, so that most are told without going along the table.
    is_plain: Cell<bool>,
    bits: [Cell<u64>; 2],
    small: UnsafeCell<[SetEntry; SIZE_MIN]>,
}

impl Drop for SetObject {
    fn drop(&mut self) {
        clear_table(self)
    }
}

impl Visit for SetObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        if self.is_plain.get() {
            return;
        }
        for i in 0..=self.mask.get() {
            let e = self.entry(i);
            if e.key.is_pointer() {
                visitor.value(e.key);
            }
        }
    }
    fn clear(&self) {
        clear_table(self)
    }
}

impl SetObject {
    /// An empty body.
    pub fn empty() -> SetObject {
        SetObject {
            header: crate::cast::fresh_header(),
            fill: Cell::new(0),
            used: Cell::new(0),
            mask: Cell::new(SIZE_MIN - 1),
            table: Cell::new(std::ptr::null_mut()),
            hash: Cell::new(-1),
            finger: Cell::new(0),
            is_plain: Cell::new(true),
            bits: [const { Cell::new(0) }; 2],
            small: UnsafeCell::new([UNUSED; SIZE_MIN]),
        }
    }
    #[inline(always)]
    fn place(&self, i: usize) -> *mut SetEntry {
        let t = self.table.get();
        let t = if t.is_null() { self.small.get() as *mut SetEntry } else { t };
        debug_assert!(i <= self.mask.get());
        // SAFETY: i is at most the mask.
        unsafe { t.add(i) }
    }
    /// Entry `i`.
    #[inline(always)]
    pub fn entry(&self, i: usize) -> SetEntry {
        // SAFETY: as in `place`; entries are plain words and copied out.
        unsafe { *self.place(i) }
    }
    #[inline(always)]
    fn put(&self, i: usize, e: SetEntry) {
        // SAFETY: as in `entry`.
        unsafe { *self.place(i) = e }
    }
    /// The place in `bits` of a small int.
    #[inline(always)]
    fn bit(key: Value) -> Option<usize> {
        let i = key.small_int_unchecked().wrapping_sub(BITS_FIRST) as usize;
        if i < BITS { Some(i) } else { None }
    }
    /// Whether the small int is a member, if that can be told without the table.
    #[inline(always)]
    pub fn told(&self, key: Value) -> Option<bool> {
        if !self.is_plain.get() {
            return None;
        }
        let i = SetObject::bit(key)?;
        Some(self.bits[i / 64].get() >> (i % 64) & 1 != 0)
    }
    /// Told of each key that comes into the table.
    #[inline(always)]
    fn note(&self, key: Value) {
        if !key.is_small_int() {
            self.is_plain.set(false);
        } else if let Some(i) = SetObject::bit(key) {
            let word = &self.bits[i / 64];
            word.set(word.get() | 1 << (i % 64));
        }
    }
    /// Told of each key that goes.
    #[inline(always)]
    fn forget(&self, key: Value) {
        if key.is_small_int()
            && let Some(i) = SetObject::bit(key)
        {
            let word = &self.bits[i / 64];
            word.set(word.get() & !(1 << (i % 64)));
        }
    }
    fn forget_all(&self) {
        self.is_plain.set(true);
        for word in &self.bits {
            word.set(0);
        }
    }
}

#[inline(always)]
fn is_live(key: Value) -> bool {
    key != Value::MISSING && key != Value::ERROR
}

/// A new empty set.
pub fn new() -> Ref {
    crate::cast::new_object(SetObject::empty())
}

/// A new empty set of a class.
pub fn new_of(class: &'static Type) -> Ref {
    crate::cast::new_object_of(class, SetObject::empty())
}

/// The body of what is known to be a set or frozenset.
#[inline(always)]
pub fn body<'a>(v: Value) -> &'a SetObject {
    crate::cast::get_unchecked::<SetObject>(v)
}

/// Destroys a set or frozenset.
pub fn dealloc(v: Value) {
    let s = body(v);
    let header = &s.header;
    if !s.is_plain.get() || header.count.get() & dxpyc_abi::COUNT_WEAKREFS != 0 {
        return crate::type_object::dealloc_any(v, type_of(v));
    }
    let table = s.table.get();
    if !table.is_null() {
        // SAFETY: allocated by `resize` with this size; its members are ints that nobody counts.
        unsafe { raw::free(table as *mut u8, bytes(s.mask.get())) }
    }
    crate::type_object::dealloc_block(v);
}

/// Whether the value is a set or frozenset (or of a subclass).
#[inline(always)]
pub fn is_set(v: Value) -> bool {
    v.is_pointer() && type_of(v).has(type_flags::SET)
}

/// Number of members.
#[inline(always)]
pub fn len(v: Value) -> usize {
    body(v).used.get()
}

enum Found {
    /// The key is at this place.
    Member(usize),
    /// It is absent, and this place is for it: the last deleted one on the way, else an unused one.
    Free(usize),
}

/// Looks for a small int. None: an object of the same hash, which must be asked, is on the way.
///
/// The hash tells most places apart alone: unused ones have 0, deleted ones -1, which is nobody's.
#[inline(always)]
fn lookup_small_int(s: &SetObject, key: Value, hash: i64) -> Option<Found> {
    let mask = s.mask.get();
    let table = s.place(0);
    let mut perturb = hash as usize;
    let mut start = hash as usize & mask;
    let mut deleted = usize::MAX;
    loop {
        let last = if start + LINEAR_PROBES <= mask { start + LINEAR_PROBES } else { start };
        let mut i = start;
        loop {
            // SAFETY: i is at most the mask; entries are plain words.
            let e = unsafe { &*table.add(i) };
            if e.hash == hash || e.hash == 0 {
                if e.key == key {
                    return Some(Found::Member(i));
                }
                if e.key == Value::MISSING {
                    return Some(Found::Free(if deleted == usize::MAX { i } else { deleted }));
                }
                if e.hash == hash && !e.key.is_small_int() {
                    return None;
                }
            }
            deleted = if e.hash == DELETED.hash { i } else { deleted };
            if i == last {
                break;
            }
            i += 1;
        }
        perturb >>= 5;
        start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
    }
}

/// Goes along the places of a hash, in a table of small ints only, until the key or, where `wanted` is absent, an unused one.
#[inline(always)]
fn lookup_plain(s: &SetObject, key: Value, hash: i64) -> Found {
    let mask = s.mask.get();
    let table = s.place(0);
    let mut perturb = hash as usize;
    let mut start = hash as usize & mask;
    let mut deleted = usize::MAX;
    loop {
        let last = if start + LINEAR_PROBES <= mask { start + LINEAR_PROBES } else { start };
        for i in start..=last {
            // SAFETY: i is at most the mask; entries are plain words.
            let found = unsafe { (*table.add(i)).key };
            if found == key {
                return Found::Member(i);
            }
            if found == Value::MISSING {
                return Found::Free(if deleted == usize::MAX { i } else { deleted });
            }
            deleted = if found == Value::ERROR { i } else { deleted };
        }
        perturb >>= 5;
        start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
    }
}

#[inline]
fn lookup(s: &SetObject, key: Value, hash: i64) -> R<Found> {
    if key.is_small_int() && s.is_plain.get() {
        return Ok(lookup_plain(s, key, hash));
    }
    if key.is_small_int()
        && let Some(found) = lookup_small_int(s, key, hash)
    {
        return Ok(found);
    }
    lookup_any(s, key, hash)
}

#[inline(never)]
fn lookup_any(s: &SetObject, key: Value, hash: i64) -> R<Found> {
    'restart: loop {
        let mask = s.mask.get();
        let mut perturb = hash as usize;
        let mut start = hash as usize & mask;
        let mut deleted = None;
        loop {
            let run = if start + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for i in start..=start + run {
                let e = s.entry(i);
                if e.key == Value::MISSING {
                    return Ok(Found::Free(deleted.unwrap_or(i)));
                }
                if e.key == Value::ERROR {
                    deleted = Some(i);
                } else if e.hash == hash {
                    match crate::dict::same_fast(e.key, key) {
                        Some(true) => return Ok(Found::Member(i)),
                        Some(false) => {}
                        None => {
                            let table = s.table.get();
                            let held = Ref::new(e.key);
                            let equal = ops::eq(held.v(), key)?;
                            if s.table.get() != table || s.mask.get() != mask || s.entry(i).key != held.v() {
                                continue 'restart;
                            }
                            if equal {
                                return Ok(Found::Member(i));
                            }
                        }
                    }
                }
            }
            perturb >>= 5;
            start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }
}

/// Puts an entry where its key is known to be absent and no place is deleted. The reference is taken over.
fn insert_clean(s: &SetObject, e: SetEntry) {
    let mask = s.mask.get();
    let mut perturb = e.hash as usize;
    let mut start = e.hash as usize & mask;
    loop {
        let run = if start + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
        for i in start..=start + run {
            if s.entry(i).key == Value::MISSING {
                s.put(i, e);
                return;
            }
        }
        perturb >>= 5;
        start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
    }
}

fn bytes(mask: usize) -> usize {
    (mask + 1) * size_of::<SetEntry>()
}

/// A table for more than `n` members; deleted places go away.
fn resize(s: &SetObject, n: usize) -> R<()> {
    let mut size = SIZE_MIN;
    while size <= n {
        size <<= 1;
    }
    let (old_table, old_mask) = (s.table.get(), s.mask.get());
    let small_copy;
    let old: &[SetEntry] = if old_table.is_null() {
        if size == SIZE_MIN && s.fill.get() == s.used.get() {
            return Ok(());
        }
        // SAFETY: a copy of plain words.
        small_copy = unsafe { *s.small.get() };
        &small_copy
    } else {
        // SAFETY: the old table has old_mask + 1 entries and is freed at the end of this function.
        unsafe { std::slice::from_raw_parts(old_table, old_mask + 1) }
    };
    if size == SIZE_MIN {
        // SAFETY: nothing refers to the small table (its contents were copied).
        unsafe { *s.small.get() = [UNUSED; SIZE_MIN] };
        s.table.set(std::ptr::null_mut());
    } else {
        let p = raw::try_alloc(bytes(size - 1)) as *mut SetEntry;
        if p.is_null() {
            return Err(memory_error());
        }
        for i in 0..size {
            // SAFETY: the fresh table has `size` entries.
            unsafe { p.add(i).write(UNUSED) };
        }
        s.table.set(p);
    }
    s.mask.set(size - 1);
    for &e in old {
        if is_live(e.key) {
            insert_clean(s, e);
        }
    }
    s.fill.set(s.used.get());
    if !old_table.is_null() {
        // SAFETY: allocated above with this size.
        unsafe { raw::free(old_table as *mut u8, bytes(old_mask)) }
    }
    Ok(())
}

fn grown(used: usize) -> usize {
    if used > 50000 { used * 2 } else { used * 4 }
}

/// Adds a key with a known hash; false when it was there.
#[inline]
pub fn add_hashed(s: &SetObject, key: Value, hash: i64) -> R<bool> {
    if key.is_small_int() && s.told(key) == Some(true) {
        return Ok(false);
    }
    match lookup(s, key, hash)? {
        Found::Member(_) => Ok(false),
        Found::Free(i) => {
            let reused = s.entry(i).key == Value::ERROR;
            s.put(i, SetEntry { key: Ref::new(key).into_raw(), hash });
            s.note(key);
            s.used.set(s.used.get() + 1);
            if reused {
                return Ok(true);
            }
            s.fill.set(s.fill.get() + 1);
            if s.fill.get() * 5 >= s.mask.get() * 3 {
                resize(s, grown(s.used.get()))?;
            }
            Ok(true)
        }
    }
}

/// Whether a small int is a member. None: an object of the same hash, which must be asked, is on the way.
#[inline(always)]
fn contains_small_int(s: &SetObject, key: Value, hash: i64) -> Option<bool> {
    let mask = s.mask.get();
    let table = s.place(0);
    let mut perturb = hash as usize;
    let mut start = hash as usize & mask;
    loop {
        let run = if start + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
        // SAFETY: the places from `start` to `start + run` are at most the mask; entries are plain words.
        unsafe {
            let mut place = table.add(start);
            let last = place.add(run);
            loop {
                let e = &*place;
                if e.hash == hash || e.hash == 0 {
                    if e.key == key {
                        return Some(true);
                    }
                    if e.key == Value::MISSING {
                        return Some(false);
                    }
                    if e.hash == hash && !e.key.is_small_int() {
                        return None;
                    }
                }
                if std::ptr::eq(place, last) {
                    break;
                }
                place = place.add(1);
            }
        }
        perturb >>= 5;
        start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
    }
}

/// Whether a key with a known hash is a member.
#[inline]
pub fn contains_hashed(s: &SetObject, key: Value, hash: i64) -> R<bool> {
    if key.is_small_int() {
        if let Some(answer) = s.told(key) {
            return Ok(answer);
        }
        if let Some(answer) = contains_small_int(s, key, hash) {
            return Ok(answer);
        }
    }
    Ok(matches!(lookup(s, key, hash)?, Found::Member(_)))
}

/// Removes a key with a known hash; false when it was not there.
pub fn discard_hashed(s: &SetObject, key: Value, hash: i64) -> R<bool> {
    if key.is_small_int() && s.told(key) == Some(false) {
        return Ok(false);
    }
    match lookup(s, key, hash)? {
        Found::Free(_) => Ok(false),
        Found::Member(i) => {
            drop(take_at(s, i));
            Ok(true)
        }
    }
}

fn take_at(s: &SetObject, i: usize) -> Ref {
    let key = s.entry(i).key;
    s.put(i, DELETED);
    s.forget(key);
    s.used.set(s.used.get() - 1);
    Ref::from_owned(key)
}

/// Removes some member: the next one behind the finger.
pub fn pop(s: &SetObject) -> Option<Ref> {
    if s.used.get() == 0 {
        return None;
    }
    let mut i = s.finger.get() & s.mask.get();
    while !is_live(s.entry(i).key) {
        i = if i == s.mask.get() { 0 } else { i + 1 };
    }
    s.finger.set(i + 1);
    Some(take_at(s, i))
}

/// Hash of a member; unhashable ones are named in the message.
#[inline]
pub fn key_hash(key: Value) -> R<i64> {
    if let Some(hash) = crate::dict::simple_hash(key) {
        return Ok(hash);
    }
    match crate::dict::hash_of(key) {
        Err(raised) => Err(crate::dict::unhashable(raised, key, "set element")),
        hash => hash,
    }
}

/// Adds a key; false when it was there.
pub fn add(set: Value, key: Value) -> R<bool> {
    let hash = key_hash(key)?;
    add_hashed(body(set), key, hash)
}

/// Whether the key is a member.
pub fn contains(set: Value, key: Value) -> R<bool> {
    let hash = key_hash(key)?;
    contains_hashed(body(set), key, hash)
}

/// Empties the set; members are dropped after it is empty.
pub fn clear_table(s: &SetObject) {
    let (table, mask, fill) = (s.table.replace(std::ptr::null_mut()), s.mask.replace(SIZE_MIN - 1), s.fill.replace(0));
    s.used.set(0);
    s.hash.set(-1);
    s.finger.set(0);
    let is_plain = s.is_plain.get();
    s.forget_all();
    if fill == 0 && table.is_null() {
        return;
    }
    // SAFETY: plain words are moved out and replaced (those of a set that has grown are stale).
    let old = unsafe { std::mem::replace(&mut *s.small.get(), [UNUSED; SIZE_MIN]) };
    if table.is_null() {
        if !is_plain {
            for e in old {
                if is_live(e.key) {
                    drop(Ref::from_owned(e.key));
                }
            }
        }
        return;
    }
    if !is_plain {
        for i in 0..=mask {
            // SAFETY: the table belongs to this function now.
            let e = unsafe { *table.add(i) };
            if is_live(e.key) {
                drop(Ref::from_owned(e.key));
            }
        }
    }
    // SAFETY: allocated by `resize` with this size.
    unsafe { raw::free(table as *mut u8, bytes(mask)) }
}

/// The next live member at or behind `*pos`: (hash, key borrowed). `*pos` moves behind it.
#[inline]
pub fn next_hashed(s: &SetObject, pos: &mut usize) -> Option<(i64, Value)> {
    while *pos <= s.mask.get() {
        let e = s.entry(*pos);
        *pos += 1;
        if is_live(e.key) {
            return Some((e.hash, e.key));
        }
    }
    None
}

/// The next member (borrowed).
pub fn next_member(set: Value, pos: &mut usize) -> Option<Value> {
    next_hashed(body(set), pos).map(|(_, key)| key)
}

/// Adds the members of another set.
pub fn merge(s: &SetObject, other: Value) -> R<()> {
    let o = body(other);
    if std::ptr::eq(s, o) || o.used.get() == 0 {
        return Ok(());
    }
    if (s.fill.get() + o.used.get()) * 5 >= s.mask.get() * 3 {
        resize(s, (s.used.get() + o.used.get()) * 2)?;
    }
    if s.fill.get() == 0 {
        let same_shape = s.mask.get() == o.mask.get() && o.fill.get() == o.used.get();
        for i in 0..=o.mask.get() {
            let e = o.entry(i);
            if is_live(e.key) {
                dxpyc_heap::owned::incref(e.key);
                s.note(e.key);
                if same_shape {
                    s.put(i, e);
                } else {
                    insert_clean(s, e);
                }
            }
        }
        s.fill.set(o.used.get());
        s.used.set(o.used.get());
        return Ok(());
    }
    let _keep = Ref::new(other);
    let mut pos = 0;
    while let Some((hash, key)) = next_hashed(o, &mut pos) {
        let key = Ref::new(key);
        add_hashed(s, key.v(), hash)?;
    }
    Ok(())
}

/// Adds the items of an iterable.
pub fn update(set: Value, iterable: Value) -> R<()> {
    let s = body(set);
    if is_set(iterable) {
        return merge(s, iterable);
    }
    if crate::dict::is_exact_dict(iterable) {
        let n = crate::dict::len(iterable);
        if n == 0 {
            return Ok(());
        }
        if (s.fill.get() + n) * 5 >= s.mask.get() * 3 {
            resize(s, (s.used.get() + n) * 2)?;
        }
        let _keep = Ref::new(iterable);
        let mut pos = 0;
        while let Some((hash, key, _)) = crate::dict::next_hashed(iterable, &mut pos) {
            let key = Ref::new(key);
            add_hashed(s, key.v(), hash)?;
        }
        return Ok(());
    }
    crate::iterators::for_each(iterable, |key| add(set, key.v()).map(drop))
}

/// A set of `class` with the items of `iterable` (none: empty).
pub fn make(class: &'static Type, iterable: Option<Value>) -> R<Ref> {
    let set = new_of(class);
    if let Some(iterable) = iterable {
        update(set.v(), iterable)?;
    }
    Ok(set)
}

/// set or frozenset, whichever `class` extends.
pub fn base_class(class: &'static Type) -> &'static Type {
    if class.is_subtype(&SET) { &SET } else { &FROZENSET }
}

/// `a & other` of the base class of `a`.
pub fn intersection(a: Value, other: Value) -> R<Ref> {
    let class = base_class(type_of(a));
    if a == other {
        return make(class, Some(a));
    }
    let result = new_of(class);
    let r = body(result.v());
    if is_set(other) {
        let (walked, asked) = if len(other) > len(a) { (a, other) } else { (other, a) };
        let _keep = (Ref::new(walked), Ref::new(asked));
        let mut pos = 0;
        while let Some((hash, key)) = next_hashed(body(walked), &mut pos) {
            let key = Ref::new(key);
            if contains_hashed(body(asked), key.v(), hash)? {
                add_hashed(r, key.v(), hash)?;
            }
        }
        return Ok(result);
    }
    crate::iterators::for_each(other, |key| {
        let hash = key_hash(key.v())?;
        if contains_hashed(body(a), key.v(), hash)? {
            add_hashed(r, key.v(), hash)?;
        }
        Ok(())
    })?;
    Ok(result)
}

/// `a - other`.
pub fn difference(a: Value, other: Value) -> R<Ref> {
    let other_len = if is_set(other) {
        len(other)
    } else if crate::dict::is_exact_dict(other) {
        crate::dict::len(other)
    } else {
        usize::MAX
    };
    if len(a) == 0 || len(a) >> 2 > other_len || other_len == usize::MAX {
        let result = make(base_class(type_of(a)), Some(a))?;
        difference_update(result.v(), other)?;
        return Ok(result);
    }
    let result = new_of(base_class(type_of(a)));
    let _keep = (Ref::new(a), Ref::new(other));
    let mut pos = 0;
    while let Some((hash, key)) = next_hashed(body(a), &mut pos) {
        let key = Ref::new(key);
        let there = if is_set(other) {
            contains_hashed(body(other), key.v(), hash)?
        } else {
            crate::dict::get_hashed(other, key.v(), hash)?.is_some()
        };
        if !there {
            add_hashed(body(result.v()), key.v(), hash)?;
        }
    }
    Ok(result)
}

/// Removes the items of an iterable.
pub fn difference_update(set: Value, other: Value) -> R<()> {
    let s = body(set);
    if set == other {
        clear_table(s);
        return Ok(());
    }
    if is_set(other) {
        let other = if len(other) >> 3 > s.used.get() { intersection(set, other)? } else { Ref::new(other) };
        let mut pos = 0;
        while let Some((hash, key)) = next_hashed(body(other.v()), &mut pos) {
            let key = Ref::new(key);
            discard_hashed(s, key.v(), hash)?;
        }
    } else {
        crate::iterators::for_each(other, |key| {
            let hash = key_hash(key.v())?;
            discard_hashed(s, key.v(), hash).map(drop)
        })?;
    }
    if s.fill.get() - s.used.get() > s.mask.get() / 4 {
        resize(s, grown(s.used.get()))?;
    }
    Ok(())
}

/// Adds what is absent and removes what is present of an iterable.
pub fn symmetric_difference_update(set: Value, other: Value) -> R<()> {
    let s = body(set);
    if set == other {
        clear_table(s);
        return Ok(());
    }
    if crate::dict::is_exact_dict(other) {
        let _keep = Ref::new(other);
        let mut pos = 0;
        while let Some((hash, key, _)) = crate::dict::next_hashed(other, &mut pos) {
            let key = Ref::new(key);
            if !discard_hashed(s, key.v(), hash)? {
                add_hashed(s, key.v(), hash)?;
            }
        }
        return Ok(());
    }
    let other = if is_set(other) { Ref::new(other) } else { make(base_class(type_of(set)), Some(other))? };
    let mut pos = 0;
    while let Some((hash, key)) = next_hashed(body(other.v()), &mut pos) {
        let key = Ref::new(key);
        if !discard_hashed(s, key.v(), hash)? {
            add_hashed(s, key.v(), hash)?;
        }
    }
    Ok(())
}

/// Whether every member of `a` is in the set `b`.
pub fn is_subset(a: Value, b: Value) -> R<bool> {
    if len(a) > len(b) {
        return Ok(false);
    }
    let _keep = (Ref::new(a), Ref::new(b));
    let mut pos = 0;
    while let Some((hash, key)) = next_hashed(body(a), &mut pos) {
        let key = Ref::new(key);
        if !contains_hashed(body(b), key.v(), hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Exchanges the contents of two sets.
pub fn swap(a: &SetObject, b: &SetObject) {
    a.fill.swap(&b.fill);
    a.used.swap(&b.used);
    a.mask.swap(&b.mask);
    a.table.swap(&b.table);
    a.is_plain.swap(&b.is_plain);
    for (x, y) in a.bits.iter().zip(&b.bits) {
        x.swap(y);
    }
    // SAFETY: two different objects (callers pass a fresh one), plain words.
    unsafe { std::ptr::swap(a.small.get(), b.small.get()) };
    a.hash.set(-1);
    b.hash.set(-1);
}

/// CPython's hash of a frozenset.
pub fn hash_members(s: &SetObject) -> i64 {
    let shuffle = |h: u64| ((h ^ 89869747) ^ (h << 16)).wrapping_mul(3644798167);
    let mut hash = 0u64;
    let mut pos = 0;
    while let Some((h, _)) = next_hashed(s, &mut pos) {
        hash ^= shuffle(h as u64);
    }
    hash ^= (s.used.get() as u64 + 1).wrapping_mul(1927868237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69069).wrapping_add(907133923);
    if hash == u64::MAX { 590923713 } else { hash as i64 }
}

/// `__sizeof__`.
pub fn sizeof(s: &SetObject) -> usize {
    200 + if s.table.get().is_null() { 0 } else { bytes(s.mask.get()) }
}
