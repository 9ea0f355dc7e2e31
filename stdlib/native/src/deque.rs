//! `collections.deque`: a ring buffer whose size is a power of two. `state` counts changes, so that iterators notice them.

use dxpyc_heap::raw;
use dxpyc_objects::iterators::iter_self;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::{OBJECT, display_name};
use dxpyc_objects::{arity, call, dict, int, list, ops, str, tuple};

/// A deque.
#[repr(C)]
pub struct Deque {
    header: Header,
    ring: Cell<*mut Value>,
    capacity: Cell<usize>,
    start: Cell<usize>,
    len: Cell<usize>,
    /// -1: no bound.
    maximum: Cell<i64>,
    state: Cell<u64>,
}

impl Drop for Deque {
    fn drop(&mut self) {
        self.clear_items();
    }
}

impl Visit for Deque {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        for i in 0..self.len.get() {
            visitor.value(self.get(i));
        }
    }
    fn clear(&self) {
        self.clear_items();
    }
}

/// The type `collections.deque`.
pub static DEQUE: Type = Type::builtin::<Deque>(
    "deque",
    "collections",
    Some(&OBJECT),
    type_flags::BASE | type_flags::SEQUENCE | type_flags::WEAKREFABLE,
    Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        compare: Some(compare),
        iter: Some(iter),
        len: Some(len),
        truth: Some(truth),
        getitem: Some(getitem),
        setitem: Some(setitem),
        contains: Some(contains),
        concat: Some(concat),
        repeat: Some(repeat),
        iconcat: Some(iconcat),
        irepeat: Some(irepeat),
        ..Slots::NONE
    },
    Some(&DEQUE_DECL),
)
.visited::<Deque>();
object_type!(Deque, DEQUE);

impl Deque {
    fn empty(maximum: i64) -> Deque {
        Deque {
            header: dxpyc_objects::cast::fresh_header(),
            ring: Cell::new(std::ptr::null_mut()),
            capacity: Cell::new(0),
            start: Cell::new(0),
            len: Cell::new(0),
            maximum: Cell::new(maximum),
            state: Cell::new(0),
        }
    }
    #[inline(always)]
    fn place(&self, i: usize) -> *mut Value {
        // SAFETY: the index is cut to the capacity, a power of two.
        unsafe { self.ring.get().add((self.start.get().wrapping_add(i)) & (self.capacity.get() - 1)) }
    }
    /// Item `i`, borrowed; i is below the length.
    #[inline(always)]
    fn get(&self, i: usize) -> Value {
        debug_assert!(i < self.len.get());
        // SAFETY: items below `len` are initialised.
        unsafe { *self.place(i) }
    }
    fn item(&self, i: usize) -> Option<Ref> {
        if i < self.len.get() { Some(Ref::new(self.get(i))) } else { None }
    }
    fn changed(&self) {
        self.state.set(self.state.get() + 1);
    }
    #[cold]
    fn grow(&self) -> R<()> {
        let (old, n) = (self.capacity.get(), self.len.get());
        let capacity = (old * 2).max(8);
        let p = raw::try_alloc(capacity * 8) as *mut Value;
        if p.is_null() {
            return Err(memory_error());
        }
        for i in 0..n {
            // SAFETY: the new array is larger; items move to its start.
            unsafe { p.add(i).write(*self.place(i)) };
        }
        // SAFETY: allocated with `old` items (null and 0 at first).
        unsafe { raw::free(self.ring.get() as *mut u8, old * 8) };
        self.ring.set(p);
        self.capacity.set(capacity);
        self.start.set(0);
        Ok(())
    }
    fn push_back(&self, item: Ref) -> R<()> {
        if self.len.get() == self.capacity.get() {
            self.grow()?;
        }
        let n = self.len.get();
        self.len.set(n + 1);
        // SAFETY: n < capacity.
        unsafe { self.place(n).write(item.into_raw()) };
        self.changed();
        Ok(())
    }
    fn push_front(&self, item: Ref) -> R<()> {
        if self.len.get() == self.capacity.get() {
            self.grow()?;
        }
        self.start.set(self.start.get().wrapping_sub(1) & (self.capacity.get() - 1));
        self.len.set(self.len.get() + 1);
        // SAFETY: the place before the first item is free.
        unsafe { self.place(0).write(item.into_raw()) };
        self.changed();
        Ok(())
    }
    fn pop_back(&self) -> Option<Ref> {
        let n = self.len.get();
        if n == 0 {
            return None;
        }
        let item = self.get(n - 1);
        self.len.set(n - 1);
        self.changed();
        Some(Ref::from_owned(item))
    }
    fn pop_front(&self) -> Option<Ref> {
        let n = self.len.get();
        if n == 0 {
            return None;
        }
        let item = self.get(0);
        self.start.set((self.start.get() + 1) & (self.capacity.get() - 1));
        self.len.set(n - 1);
        self.changed();
        Some(Ref::from_owned(item))
    }
    fn append(&self, item: Ref) -> R<()> {
        self.push_back(item)?;
        if self.maximum.get() >= 0 && self.len.get() as i64 > self.maximum.get() {
            drop(self.pop_front());
        }
        Ok(())
    }
    fn append_left(&self, item: Ref) -> R<()> {
        self.push_front(item)?;
        if self.maximum.get() >= 0 && self.len.get() as i64 > self.maximum.get() {
            drop(self.pop_back());
        }
        Ok(())
    }
    fn clear_items(&self) {
        let (ring, capacity, start, n) =
            (self.ring.replace(std::ptr::null_mut()), self.capacity.replace(0), self.start.replace(0), self.len.replace(0));
        self.changed();
        for i in 0..n {
            // SAFETY: the ring belongs to this function now.
            drop(Ref::from_owned(unsafe { *ring.add((start + i) & (capacity - 1)) }));
        }
        if capacity != 0 {
            // SAFETY: allocated with this capacity.
            unsafe { raw::free(ring as *mut u8, capacity * 8) }
        }
    }
    /// Moves the last n items to the front (negative: the first to the end).
    fn rotate(&self, n: i64) {
        let len = self.len.get() as i64;
        if len < 2 {
            return;
        }
        let n = n.rem_euclid(len);
        let capacity_mask = self.capacity.get() - 1;
        if n <= len / 2 {
            for _ in 0..n {
                let last = self.get(len as usize - 1);
                self.start.set(self.start.get().wrapping_sub(1) & capacity_mask);
                // SAFETY: with a full ring the place before the first is the last one's, which moves onto itself.
                unsafe { self.place(0).write(last) };
            }
        } else {
            for _ in 0..len - n {
                let first = self.get(0);
                self.start.set((self.start.get() + 1) & capacity_mask);
                // SAFETY: as above.
                unsafe { self.place(len as usize - 1).write(first) };
            }
        }
        self.changed();
    }
    /// Takes out item `i`, which exists.
    fn remove_at(&self, i: usize) -> Ref {
        let n = self.len.get();
        let item = self.get(i);
        for j in i..n - 1 {
            // SAFETY: both places are below `len`.
            unsafe { self.place(j).write(*self.place(j + 1)) };
        }
        self.len.set(n - 1);
        self.changed();
        Ref::from_owned(item)
    }
    fn extend(&self, iterable: Value, left: bool) -> R<()> {
        let this = dxpyc_objects::cast::value_of(self);
        if iterable == this {
            let items = list::collect(iterable)?;
            for item in items {
                if left { self.append_left(item)? } else { self.append(item)? }
            }
            return Ok(());
        }
        dxpyc_objects::iterators::for_each(iterable, |item| if left { self.append_left(item) } else { self.append(item) })
    }
}

fn at<'a>(v: Value) -> &'a Deque {
    dxpyc_objects::cast::get_unchecked(v)
}

fn is_deque(v: Value) -> bool {
    dxpyc_objects::cast::get::<Deque>(v).is_some()
}

fn new(class: &'static Type, _args: &Args) -> R<Ref> {
    Ok(dxpyc_objects::cast::new_object_of(class, Deque::empty(-1)))
}

fn init(v: Value, args: &Args) -> R<()> {
    let [iterable, maximum] = arity::named("deque", args, ["iterable", "maxlen"], 2, 0)?;
    let maximum = if maximum.is_missing() || maximum.is_none() {
        -1
    } else {
        if !int::is_int(maximum) {
            return Err(type_error("an integer is required"));
        }
        let n = int::index_i64(maximum)?;
        if n < 0 {
            return Err(value_error("maxlen must be non-negative"));
        }
        n
    };
    let d = at(v);
    d.maximum.set(maximum);
    d.clear_items();
    if iterable.is_missing() { Ok(()) } else { d.extend(iterable, false) }
}

fn repr(v: Value) -> R<Ref> {
    let name = dxpyc_objects::type_object::name_of(type_of(v));
    let Some(_guard) = arity::ReprGuard::enter(v) else { return arity::text("[...]") };
    let items = list::from_refs(list::collect(v)?);
    let mut out = str::Builder::new();
    out.push_str(&name);
    out.push_str("(");
    out.push_value(ops::repr(items.v())?.v());
    if at(v).maximum.get() >= 0 {
        out.push_str(&format!(", maxlen={}", at(v).maximum.get()));
    }
    out.push_str(")");
    Ok(out.finish())
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !is_deque(a) || !is_deque(b) {
        return Ok(Ref::not_implemented());
    }
    let (x, y) = (at(a), at(b));
    if x.len.get() != y.len.get() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Ref::bool(op == CompareOp::Ne));
    }
    let mut i = 0;
    while let (Some(p), Some(q)) = (x.item(i), y.item(i)) {
        if !dict::same(p.v(), q.v())? {
            return match op {
                CompareOp::Eq => Ok(Ref::bool(false)),
                CompareOp::Ne => Ok(Ref::bool(true)),
                _ => ops::compare(p.v(), q.v(), op),
            };
        }
        i += 1;
    }
    Ok(Ref::bool(op.holds(x.len.get().cmp(&y.len.get()))))
}

fn len(v: Value) -> R<usize> {
    Ok(at(v).len.get())
}

fn truth(v: Value) -> R<bool> {
    Ok(at(v).len.get() != 0)
}

fn position(d: &Deque, key: Value) -> R<usize> {
    if !dxpyc_objects::slice::has_index(key) {
        return Err(type_error(format!("sequence index must be integer, not '{}'", display_name(key))));
    }
    let i = match int::as_i64_exact(ops::index(key)?.v()) {
        Some(i) => i,
        None => return Err(index_error(format!("cannot fit '{}' into an index-sized integer", display_name(key)))),
    };
    let n = d.len.get() as i64;
    let i = if i < 0 { i + n } else { i };
    if i < 0 || i >= n { Err(index_error("deque index out of range")) } else { Ok(i as usize) }
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    let d = at(v);
    let i = position(d, key)?;
    Ok(Ref::new(d.get(i)))
}

fn setitem(v: Value, key: Value, value: Value) -> R<()> {
    let d = at(v);
    let i = position(d, key)?;
    if value.is_missing() {
        drop(d.remove_at(i));
        return Ok(());
    }
    // SAFETY: i is below the length; the old item is dropped after the write.
    let old = unsafe { d.place(i).replace(Ref::new(value).into_raw()) };
    drop(Ref::from_owned(old));
    Ok(())
}

fn mutated() -> Raised {
    runtime_error("deque mutated during iteration")
}

/// Index of the first equal item in a range; a change in between is a RuntimeError.
fn find(d: &Deque, value: Value, start: usize, stop: usize) -> R<Option<usize>> {
    let state = d.state.get();
    let mut i = start;
    while i < stop.min(d.len.get()) {
        let item = Ref::new(d.get(i));
        let equal = dict::same(item.v(), value)?;
        if d.state.get() != state {
            return Err(mutated());
        }
        if equal {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

fn contains(v: Value, value: Value) -> R<bool> {
    Ok(find(at(v), value, 0, usize::MAX)?.is_some())
}

fn copy(v: Value) -> R<Ref> {
    let d = at(v);
    if is_exact(v, &DEQUE) {
        let result = dxpyc_objects::new_object(Deque::empty(d.maximum.get()));
        at(result.v()).extend(v, false)?;
        return Ok(result);
    }
    if d.maximum.get() < 0 {
        return call::call1(type_of(v).v(), v);
    }
    call::call2(type_of(v).v(), v, int::from_i64(d.maximum.get()).v())
}

fn concat(a: Value, b: Value) -> R<Ref> {
    if !is_deque(b) {
        return Err(type_error(format!("can only concatenate deque (not \"{}\") to deque", display_name(b))));
    }
    let result = copy(a)?;
    at(result.v()).extend(b, false)?;
    Ok(result)
}

fn iconcat(a: Value, b: Value) -> R<Ref> {
    at(a).extend(b, false)?;
    Ok(Ref::new(a))
}

fn irepeat(v: Value, n: isize) -> R<Ref> {
    let d = at(v);
    if n <= 0 || d.len.get() == 0 {
        d.clear_items();
        return Ok(Ref::new(v));
    }
    let items = list::collect(v)?;
    if items.len().checked_mul(n as usize).is_none_or(|t| t > isize::MAX as usize / 8) {
        return Err(memory_error());
    }
    let mut rounds = n as usize - 1;
    if d.maximum.get() >= 0 {
        // More rounds than fill the bound change nothing.
        rounds = rounds.min(d.maximum.get() as usize / items.len() + 1);
    }
    for _ in 0..rounds {
        for item in &items {
            d.append(item.clone())?;
        }
    }
    Ok(Ref::new(v))
}

fn repeat(v: Value, n: isize) -> R<Ref> {
    let result = copy(v)?;
    irepeat(result.v(), n)
}

// ---------------------------------------------------------------- iterators

/// Iterator over a deque, forwards or backwards.
#[repr(C)]
pub struct DequeIterator {
    header: Header,
    deque: Slot,
    index: Cell<usize>,
    state: Cell<u64>,
    left: Cell<usize>,
}

impl Visit for DequeIterator {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.deque)
    }
    fn clear(&self) {
        self.deque.take();
    }
}

/// The type `collections._deque_iterator`.
pub static DEQUE_ITERATOR: Type = Type::builtin::<DequeIterator>(
    "_deque_iterator",
    "collections",
    Some(&OBJECT),
    0,
    Slots { iter: Some(iter_self), next: Some(next), new: Some(iterator_new), length_hint: Some(hint), ..Slots::NONE },
    Some(&DEQUE_ITERATOR_DECL),
)
.visited::<DequeIterator>();

/// The type `collections._deque_reverse_iterator`.
pub static DEQUE_REVERSE_ITERATOR: Type = Type::builtin::<DequeIterator>(
    "_deque_reverse_iterator",
    "collections",
    Some(&OBJECT),
    0,
    Slots { iter: Some(iter_self), next: Some(next), new: Some(iterator_new), length_hint: Some(hint), ..Slots::NONE },
    Some(&DEQUE_ITERATOR_DECL),
)
.visited::<DequeIterator>();
// Both types share the layout; only this file casts.
object_type!(DequeIterator, DEQUE_ITERATOR);

fn new_iterator(class: &'static Type, v: Value) -> Ref {
    let d = at(v);
    dxpyc_objects::cast::new_object_of(class, DequeIterator {
        header: dxpyc_objects::cast::fresh_header(),
        deque: Slot::new(Ref::new(v)),
        index: Cell::new(0),
        state: Cell::new(d.state.get()),
        left: Cell::new(d.len.get()),
    })
}

fn iter(v: Value) -> R<Ref> {
    Ok(new_iterator(&DEQUE_ITERATOR, v))
}

fn iterator_new(class: &'static Type, args: &Args) -> R<Ref> {
    // Keyword arguments are ignored, as CPython does.
    arity::check(class.static_name, args.pos().len(), 1, 2)?;
    if !is_deque(args.pos()[0]) {
        return Err(type_error(format!(
            "{}() argument 1 must be collections.deque, not {}",
            class.static_name,
            display_name(args.pos()[0])
        )));
    }
    let iterator = new_iterator(class, args.pos()[0]);
    if let Some(&skip) = args.pos().get(1) {
        for _ in 0..int::index_i64(skip)?.max(0) {
            if next(iterator.v())?.is_none() {
                break;
            }
        }
    }
    Ok(iterator)
}

fn next(v: Value) -> R<Option<Ref>> {
    let it = dxpyc_objects::cast::get_unchecked::<DequeIterator>(v);
    let Some(deque) = it.deque.cloned() else { return Ok(None) };
    let d = at(deque.v());
    if it.state.get() != d.state.get() {
        it.left.set(0);
        return Err(mutated());
    }
    if it.left.get() == 0 {
        return Ok(None);
    }
    it.left.set(it.left.get() - 1);
    let i = it.index.get();
    it.index.set(i + 1);
    let n = d.len.get();
    Ok(d.item(if is_exact(v, &DEQUE_ITERATOR) { i } else { n - 1 - i }))
}

fn hint(v: Value) -> R<usize> {
    Ok(dxpyc_objects::cast::get_unchecked::<DequeIterator>(v).left.get())
}

#[native_class(decl = DEQUE_ITERATOR_DECL, doc = "")]
impl DequeIterator {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let it = dxpyc_objects::cast::get_unchecked::<DequeIterator>(this);
        let deque = it.deque.cloned().unwrap_or_else(Ref::none);
        let args = tuple::pair(deque, int::from_i64(it.index.get() as i64));
        Ok(tuple::pair(Ref::new(type_of(this).v()), args))
    }
}

// ---------------------------------------------------------------- methods

#[native_class(decl = DEQUE_DECL, doc = "A list-like sequence optimized for data accesses near its endpoints.")]
impl Deque {
    /// Add an element to the right side of the deque.
    #[native("($self, item, /)", name = "append")]
    fn append_method(&self, item: Value) -> R<()> {
        self.append(Ref::new(item))
    }
    /// Add an element to the left side of the deque.
    #[native]
    fn appendleft(&self, item: Value) -> R<()> {
        self.append_left(Ref::new(item))
    }
    /// Remove and return the rightmost element.
    #[native]
    fn pop(&self) -> R<Ref> {
        self.pop_back().ok_or_else(|| index_error("pop from an empty deque"))
    }
    /// Remove and return the leftmost element.
    #[native]
    fn popleft(&self) -> R<Ref> {
        self.pop_front().ok_or_else(|| index_error("pop from an empty deque"))
    }
    /// Extend the right side of the deque with elements from the iterable.
    #[native(name = "extend")]
    fn extend_method(&self, iterable: Value) -> R<()> {
        self.extend(iterable, false)
    }
    /// Extend the left side of the deque with elements from the iterable.
    #[native]
    fn extendleft(&self, iterable: Value) -> R<()> {
        self.extend(iterable, true)
    }
    /// Remove all elements from the deque.
    #[native]
    fn clear(&self) {
        self.clear_items()
    }
    /// Return a shallow copy of a deque.
    #[native(name = "copy")]
    fn copy_method(this: Value) -> R<Ref> {
        copy(this)
    }
    /// Return a shallow copy of a deque.
    #[native]
    fn __copy__(this: Value) -> R<Ref> {
        copy(this)
    }
    /// Return number of occurrences of value.
    #[native]
    fn count(&self, value: Value) -> R<i64> {
        let (mut n, mut i) = (0, 0);
        while let Some(at) = find(self, value, i, usize::MAX)? {
            n += 1;
            i = at + 1;
        }
        Ok(n)
    }
    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[native]
    fn index(&self, value: Value, start: Option<Value>, stop: Option<Value>) -> R<i64> {
        let n = self.len.get();
        let start = dxpyc_objects::slice::clamped(start, n, 0)?;
        let stop = dxpyc_objects::slice::clamped(stop, n, n)?;
        match find(self, value, start, stop)? {
            Some(i) => Ok(i as i64),
            None => Err(value_error("deque.index(x): x not in deque")),
        }
    }
    /// Insert value before index.
    #[native]
    fn insert(&self, index: i64, value: Value) -> R<()> {
        let n = self.len.get() as i64;
        if n == self.maximum.get() {
            return Err(index_error("deque already at its maximum size"));
        }
        let index = if index < 0 { (index + n).max(0) } else { index.min(n) };
        self.rotate(-index);
        self.push_front(Ref::new(value))?;
        self.rotate(index);
        Ok(())
    }
    /// Remove first occurrence of value.
    #[native]
    fn remove(&self, value: Value) -> R<()> {
        let state = self.state.get();
        let mut i = 0;
        while i < self.len.get() {
            let item = Ref::new(self.get(i));
            let equal = dict::same(item.v(), value)?;
            if self.state.get() != state {
                return Err(index_error("deque mutated during remove()."));
            }
            if equal {
                drop(self.remove_at(i));
                return Ok(());
            }
            i += 1;
        }
        Err(value_error("deque.remove(x): x not in deque"))
    }
    /// Reverse *IN PLACE*.
    #[native]
    fn reverse(&self) {
        let n = self.len.get();
        for i in 0..n / 2 {
            // SAFETY: two different places below `len`.
            unsafe { std::ptr::swap(self.place(i), self.place(n - 1 - i)) };
        }
    }
    /// Rotate the deque n steps to the right.  If n is negative, rotates left.
    #[native("($self, n=1, /)", name = "rotate")]
    fn rotate_method(&self, n: i64) {
        self.rotate(n)
    }
    /// maximum size of a deque or None if unbounded
    #[getter]
    fn maxlen(&self) -> Ref {
        if self.maximum.get() < 0 { Ref::none() } else { int::from_i64(self.maximum.get()) }
    }
    /// Return a reverse iterator over the deque.
    #[native]
    fn __reversed__(this: Value) -> Ref {
        new_iterator(&DEQUE_REVERSE_ITERATOR, this)
    }
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let state = ops::getattr(this, dxpyc_objects::names::__GETSTATE__())?;
        let state = call::call0(state.v())?;
        let iterator = ops::iter(this)?;
        let d = at(this);
        let args = if d.maximum.get() < 0 {
            Ref::new(tuple::empty())
        } else {
            tuple::pair(Ref::new(tuple::empty()), int::from_i64(d.maximum.get()))
        };
        Ok(tuple::from_refs(vec![Ref::new(type_of(this).v()), args, state, iterator]))
    }
    /// Return the size of the deque in memory, in bytes.
    #[native]
    fn __sizeof__(&self) -> i64 {
        let blocks = (self.len.get() as i64 + 63) / 64;
        232 + (blocks.max(1)) * 528
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        dxpyc_objects::generic_alias::new(class, item)
    }
}
