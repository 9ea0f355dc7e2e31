//! Iterators over lists, tuples and sequences, `iter(callable, sentinel)`, reversed, and the loops over any iterable.
//! enumerate, zip, map and filter are in `iterators_lazy.rs`.

use crate::arity;
use crate::exceptions::STOP_ITERATION;
use crate::int;
use crate::ops;
use crate::prelude::*;
pub use crate::iterators_lazy::{ENUMERATE, FILTER, MAP, ZIP};

/// `__iter__` of iterators.
pub fn iter_self(v: Value) -> R<Ref> {
    Ok(Ref::new(v))
}

/// `__iter__` of iterators.
pub use iter_self as self_iter;

/// `iter(x)` of an object with `__getitem__` alone.
pub use sequence_iter as new_sequence_iterator;

/// One step of an iterator: None at the end, a StopIteration that Python code raised included.
#[inline(never)]
pub fn step(iterator: Value) -> R<Option<Ref>> {
    let class = type_of(iterator);
    if std::ptr::eq(class, &crate::generator::GENERATOR) {
        return match crate::generator::next_value(iterator) {
            Value::MISSING => Ok(None),
            Value::ERROR => Err(Raised),
            item => Ok(Some(Ref::from_owned(item))),
        };
    }
    let Some(next) = class.slots().next else {
        return Err(type_error(format!("'{}' object is not an iterator", crate::type_object::display_name(iterator))));
    };
    match next(iterator) {
        Err(Raised) if swallow(&STOP_ITERATION) => Ok(None),
        answer => answer,
    }
}

/// One step of an iterator whose end is passed on: a StopIteration with a value that Python code raised stays pending.
#[inline]
pub fn pass(iterator: Value) -> R<Option<Ref>> {
    if crate::cast::is_exact_object(iterator, &LIST_ITERATOR) {
        return option(list_iterator_step(crate::cast::get_unchecked(iterator)));
    }
    let class = type_of(iterator);
    match class.slots().next {
        Some(next) if class.has(type_flags::HEAP) => next(iterator),
        _ => step(iterator),
    }
}

/// Calls `f` with the remaining items of an iterator.
pub fn drain(iterator: Value, mut f: impl FnMut(Ref) -> R<()>) -> R<()> {
    drain_dyn(iterator, &mut f)
}

fn drain_dyn(iterator: Value, f: &mut dyn FnMut(Ref) -> R<()>) -> R<()> {
    while let Some(item) = step(iterator)? {
        f(item)?;
    }
    Ok(())
}

/// Calls `f` with each item of an iterable.
pub fn for_each(iterable: Value, mut f: impl FnMut(Ref) -> R<()>) -> R<()> {
    for_each_dyn(iterable, &mut f)
}

fn for_each_dyn(iterable: Value, f: &mut dyn FnMut(Ref) -> R<()>) -> R<()> {
    if crate::list::is_exact_list(iterable) {
        let _keep = Ref::new(iterable);
        let l = crate::list::body(iterable);
        let mut i = 0;
        while let Some(item) = crate::list::item(l, i) {
            f(item)?;
            i += 1;
        }
        return Ok(());
    }
    if crate::tuple::is_exact_tuple(iterable) {
        let _keep = Ref::new(iterable);
        for &item in crate::tuple::items_unchecked(iterable) {
            f(Ref::new(item))?;
        }
        return Ok(());
    }
    let iterator = ops::iter(iterable)?;
    drain_dyn(iterator.v(), f)
}

/// Whether `iter(v)` has a chance.
pub fn is_iterable(v: Value) -> bool {
    let slots = type_of(v).slots();
    slots.iter.is_some() || (slots.getitem.is_some() && !type_of(v).has(type_flags::DICT))
}

/// A builtin function or class by name.
pub fn builtin(name: &str) -> R<Ref> {
    let module = crate::import::import_module("builtins")?;
    ops::getattr_str(module.v(), name)
}

/// `(iter, (object,), index)` and the like: what `__reduce__` of iterators answers.
pub fn reduce_iter(function: &str, object: Value, index: Option<i64>) -> R<Ref> {
    let function = builtin(function)?;
    let args = crate::tuple::from_slice(&[object]);
    Ok(match index {
        Some(i) => crate::tuple::from_refs(vec![function, args, int::from_i64(i)]),
        None => crate::tuple::from_refs(vec![function, args]),
    })
}

fn set_index(index: &Cell<usize>, exhausted: bool, state: Value, len: usize) -> R<()> {
    let i = int::index_i64(state)?;
    if !exhausted {
        index.set((i.max(0) as usize).min(len));
    }
    Ok(())
}

// ---------------------------------------------------------------- list

/// Iterator over a list. The slot is empty when exhausted.
#[repr(C)]
pub struct ListIterator {
    header: Header,
    list: Slot,
    index: Cell<usize>,
}

impl Visit for ListIterator {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.list)
    }
    fn clear(&self) {
        self.list.take();
    }
}

/// The type `list_iterator`.
#[unsafe(export_name = "dxp_type_list_iterator")]
pub static LIST_ITERATOR: Type = Type::builtin::<ListIterator>(
    "list_iterator",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(iter_self), next: Some(list_iterator_next), length_hint: Some(list_iterator_hint), ..Slots::NONE },
    Some(&LIST_ITERATOR_DECL),
)
.visited::<ListIterator>()
.dealloc_by(crate::type_object::dealloc_as::<ListIterator>);
object_type!(ListIterator, LIST_ITERATOR);

/// The items of the list or tuple that an iterator goes along, and its index: not to be held while Python code runs.
pub fn rest_of<'a>(iterator: Value) -> Option<(&'a [Value], &'a Cell<usize>)> {
    if is_exact(iterator, &LIST_ITERATOR) {
        let it = crate::cast::get_unchecked::<ListIterator>(iterator);
        return if it.list.is_empty() { None } else { Some((crate::list::items_raw(it.list.get()), &it.index)) };
    }
    if is_exact(iterator, &TUPLE_ITERATOR) {
        let it = crate::cast::get_unchecked::<TupleIterator>(iterator);
        return if it.tuple.is_empty() { None } else { Some((crate::tuple::items_unchecked(it.tuple.get()), &it.index)) };
    }
    None
}

/// `iter(list)`.
pub fn list_iter(v: Value) -> R<Ref> {
    Ok(new_object(ListIterator { header: crate::cast::fresh_header(), list: Slot::new(Ref::new(v)), index: Cell::new(0) }))
}

/// The next item, or MISSING (owned).
#[inline(always)]
pub fn list_iterator_step(it: &ListIterator) -> Value {
    let list = it.list.get();
    if list.is_missing() {
        return Value::MISSING;
    }
    let l = crate::list::body(list);
    let i = it.index.get();
    if i < l.len.get() {
        it.index.set(i + 1);
        // SAFETY: below `len`.
        let item = unsafe { *l.items.get().add(i) };
        dxpyc_heap::owned::incref(item);
        return item;
    }
    give_up(&it.list)
}

/// An iterator that has come to the end lets its sequence go.
#[inline(never)]
fn give_up(sequence: &Slot) -> Value {
    sequence.take();
    Value::MISSING
}

fn option(item: Value) -> R<Option<Ref>> {
    Ok(if item.is_missing() { None } else { Some(Ref::from_owned(item)) })
}

fn list_iterator_next(v: Value) -> R<Option<Ref>> {
    option(list_iterator_step(crate::cast::get_unchecked(v)))
}

fn list_iterator_hint(v: Value) -> R<usize> {
    let it = crate::cast::get_unchecked::<ListIterator>(v);
    Ok(if it.list.is_empty() { 0 } else { crate::list::len(it.list.get()).saturating_sub(it.index.get()) })
}

#[native_class(decl = LIST_ITERATOR_DECL, doc = "")]
impl ListIterator {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(&self) -> R<Ref> {
        match self.list.cloned() {
            Some(list) => reduce_iter("iter", list.v(), Some(self.index.get() as i64)),
            None => reduce_iter("iter", crate::list::new().v(), None),
        }
    }
    /// Set state information for unpickling.
    #[native]
    fn __setstate__(&self, state: Value) -> R<()> {
        let n = if self.list.is_empty() { 0 } else { crate::list::len(self.list.get()) };
        set_index(&self.index, self.list.is_empty(), state, n)
    }
}

/// Reverse iterator over a list.
#[repr(C)]
pub struct ListReverseIterator {
    header: Header,
    list: Slot,
    /// Index of the next item; -1 at the end.
    index: Cell<isize>,
}

impl Visit for ListReverseIterator {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.list)
    }
    fn clear(&self) {
        self.list.take();
    }
}

/// The type `list_reverseiterator`.
pub static LIST_REVERSE_ITERATOR: Type = Type::builtin::<ListReverseIterator>(
    "list_reverseiterator",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(iter_self), next: Some(list_reverse_next), length_hint: Some(list_reverse_hint), ..Slots::NONE },
    Some(&LIST_REVERSE_ITERATOR_DECL),
)
.visited::<ListReverseIterator>()
.dealloc_by(crate::type_object::dealloc_as::<ListReverseIterator>);
object_type!(ListReverseIterator, LIST_REVERSE_ITERATOR);

/// `reversed(list)`.
pub fn list_reversed(v: Value) -> Ref {
    new_object(ListReverseIterator {
        header: crate::cast::fresh_header(),
        list: Slot::new(Ref::new(v)),
        index: Cell::new(crate::list::len(v) as isize - 1),
    })
}

fn list_reverse_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<ListReverseIterator>(v);
    if it.list.is_empty() {
        return Ok(None);
    }
    let i = it.index.get();
    if i >= 0
        && let Some(item) = crate::list::item(crate::list::body(it.list.get()), i as usize)
    {
        it.index.set(i - 1);
        return Ok(Some(item));
    }
    it.index.set(-1);
    it.list.take();
    Ok(None)
}

fn list_reverse_hint(v: Value) -> R<usize> {
    let it = crate::cast::get_unchecked::<ListReverseIterator>(v);
    let n = it.index.get() + 1;
    Ok(if it.list.is_empty() || crate::list::len(it.list.get()) < n as usize { 0 } else { n as usize })
}

#[native_class(decl = LIST_REVERSE_ITERATOR_DECL, doc = "")]
impl ListReverseIterator {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(&self) -> R<Ref> {
        match self.list.cloned() {
            Some(list) => reduce_iter("reversed", list.v(), Some(self.index.get() as i64)),
            None => reduce_iter("iter", crate::list::new().v(), None),
        }
    }
    /// Set state information for unpickling.
    #[native]
    fn __setstate__(&self, state: Value) -> R<()> {
        let i = int::index_i64(state)? as isize;
        if !self.list.is_empty() {
            self.index.set(i.max(-1).min(crate::list::len(self.list.get()) as isize - 1));
        }
        Ok(())
    }
}

// ---------------------------------------------------------------- tuple

/// Iterator over a tuple.
#[repr(C)]
pub struct TupleIterator {
    header: Header,
    tuple: Slot,
    index: Cell<usize>,
}

impl Visit for TupleIterator {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.tuple)
    }
    fn clear(&self) {
        self.tuple.take();
    }
}

/// The type `tuple_iterator`.
#[unsafe(export_name = "dxp_type_tuple_iterator")]
pub static TUPLE_ITERATOR: Type = Type::builtin::<TupleIterator>(
    "tuple_iterator",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(iter_self), next: Some(tuple_iterator_next), length_hint: Some(tuple_iterator_hint), ..Slots::NONE },
    Some(&TUPLE_ITERATOR_DECL),
)
.visited::<TupleIterator>()
.dealloc_by(crate::type_object::dealloc_as::<TupleIterator>);
object_type!(TupleIterator, TUPLE_ITERATOR);

/// `iter(tuple)`.
pub fn tuple_iter(v: Value) -> R<Ref> {
    Ok(new_object(TupleIterator { header: crate::cast::fresh_header(), tuple: Slot::new(Ref::new(v)), index: Cell::new(0) }))
}

/// The next item, or MISSING (owned).
#[inline(always)]
pub fn tuple_iterator_step(it: &TupleIterator) -> Value {
    let tuple = it.tuple.get();
    if tuple.is_missing() {
        return Value::MISSING;
    }
    let i = it.index.get();
    match crate::tuple::items_unchecked(tuple).get(i) {
        Some(&item) => {
            it.index.set(i + 1);
            dxpyc_heap::owned::incref(item);
            item
        }
        None => {
            it.tuple.take();
            Value::MISSING
        }
    }
}

fn tuple_iterator_next(v: Value) -> R<Option<Ref>> {
    option(tuple_iterator_step(crate::cast::get_unchecked(v)))
}

fn tuple_iterator_hint(v: Value) -> R<usize> {
    let it = crate::cast::get_unchecked::<TupleIterator>(v);
    Ok(crate::tuple::items(it.tuple.get()).map_or(0, |items| items.len() - it.index.get()))
}

#[native_class(decl = TUPLE_ITERATOR_DECL, doc = "")]
impl TupleIterator {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(&self) -> R<Ref> {
        match self.tuple.cloned() {
            Some(tuple) => reduce_iter("iter", tuple.v(), Some(self.index.get() as i64)),
            None => reduce_iter("iter", crate::tuple::empty(), None),
        }
    }
    /// Set state information for unpickling.
    #[native]
    fn __setstate__(&self, state: Value) -> R<()> {
        let n = crate::tuple::items(self.tuple.get()).map_or(0, |items| items.len());
        set_index(&self.index, self.tuple.is_empty(), state, n)
    }
}

// ---------------------------------------------------------------- sequences by __getitem__

/// Iterator by `__getitem__` with 0, 1, … until IndexError.
#[repr(C)]
pub struct SequenceIterator {
    header: Header,
    sequence: Slot,
    index: Cell<i64>,
}

impl Visit for SequenceIterator {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.sequence)
    }
    fn clear(&self) {
        self.sequence.take();
    }
}

/// The type `iterator`.
pub static SEQUENCE_ITERATOR: Type = Type::builtin::<SequenceIterator>(
    "iterator",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(iter_self), next: Some(sequence_next), ..Slots::NONE },
    Some(&SEQUENCE_ITERATOR_DECL),
)
.visited::<SequenceIterator>();
object_type!(SequenceIterator, SEQUENCE_ITERATOR);

/// `iter(x)` of an object with `__getitem__` alone.
pub fn sequence_iter(v: Value) -> Ref {
    new_object(SequenceIterator { header: crate::cast::fresh_header(), sequence: Slot::new(Ref::new(v)), index: Cell::new(0) })
}

fn sequence_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<SequenceIterator>(v);
    let Some(sequence) = it.sequence.cloned() else { return Ok(None) };
    let i = it.index.get();
    if i == i64::MAX {
        return Err(overflow_error("iter index too large"));
    }
    let index = int::from_i64(i);
    match ops::getitem(sequence.v(), index.v()) {
        Ok(item) => {
            it.index.set(i + 1);
            Ok(Some(item))
        }
        Err(raised) => {
            if swallow(&crate::exceptions::INDEX_ERROR) || swallow(&STOP_ITERATION) {
                it.sequence.take();
                return Ok(None);
            }
            Err(raised)
        }
    }
}

#[native_class(decl = SEQUENCE_ITERATOR_DECL, doc = "")]
impl SequenceIterator {
    /// Private method returning an estimate of len(list(it)).
    #[native]
    fn __length_hint__(&self) -> R<Ref> {
        let Some(sequence) = self.sequence.cloned() else { return Ok(int::from_i64(0)) };
        if type_of(sequence.v()).slots().len.is_none() {
            return Ok(Ref::not_implemented());
        }
        let n = ops::len(sequence.v())? as i64 - self.index.get();
        Ok(int::from_i64(n.max(0)))
    }
    /// Return state information for pickling.
    #[native]
    fn __reduce__(&self) -> R<Ref> {
        match self.sequence.cloned() {
            Some(sequence) => reduce_iter("iter", sequence.v(), Some(self.index.get())),
            None => reduce_iter("iter", crate::tuple::empty(), None),
        }
    }
    /// Set state information for unpickling.
    #[native]
    fn __setstate__(&self, state: Value) -> R<()> {
        let i = int::index_i64(state)?;
        if !self.sequence.is_empty() {
            self.index.set(i.max(0));
        }
        Ok(())
    }
}

// ---------------------------------------------------------------- iter(callable, sentinel)

/// Calls until the sentinel comes.
#[repr(C)]
pub struct CallableIterator {
    header: Header,
    callable: Slot,
    sentinel: Slot,
}

impl Visit for CallableIterator {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.callable);
        visitor.slot(&self.sentinel);
    }
    fn clear(&self) {
        self.callable.take();
        self.sentinel.take();
    }
}

/// The type `callable_iterator`.
pub static CALLABLE_ITERATOR: Type = Type::builtin::<CallableIterator>(
    "callable_iterator",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(iter_self), next: Some(callable_next), ..Slots::NONE },
    Some(&CALLABLE_ITERATOR_DECL),
)
.visited::<CallableIterator>();
object_type!(CallableIterator, CALLABLE_ITERATOR);

/// `iter(callable, sentinel)`; the caller has checked that it can be called.
pub fn callable_iter(callable: Value, sentinel: Value) -> Ref {
    new_object(CallableIterator {
        header: crate::cast::fresh_header(),
        callable: Slot::new(Ref::new(callable)),
        sentinel: Slot::new(Ref::new(sentinel)),
    })
}

fn callable_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<CallableIterator>(v);
    let Some(callable) = it.callable.cloned() else { return Ok(None) };
    let done = || {
        it.callable.take();
        it.sentinel.take();
    };
    match crate::call::call0(callable.v()) {
        Ok(result) => {
            let Some(sentinel) = it.sentinel.cloned() else { return Ok(None) };
            if crate::dict::same(sentinel.v(), result.v())? {
                done();
                return Ok(None);
            }
            Ok(Some(result))
        }
        Err(raised) => {
            if swallow(&STOP_ITERATION) {
                done();
                return Ok(None);
            }
            Err(raised)
        }
    }
}

#[native_class(decl = CALLABLE_ITERATOR_DECL, doc = "")]
impl CallableIterator {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(&self) -> R<Ref> {
        match (self.callable.cloned(), self.sentinel.cloned()) {
            (Some(callable), Some(sentinel)) => {
                let args = crate::tuple::pair(callable, sentinel);
                Ok(crate::tuple::pair(builtin("iter")?, args))
            }
            _ => reduce_iter("iter", crate::tuple::empty(), None),
        }
    }
}

// ---------------------------------------------------------------- reversed

/// `reversed` of a sequence.
#[repr(C)]
pub struct ReversedObject {
    header: Header,
    sequence: Slot,
    index: Cell<i64>,
}

impl Visit for ReversedObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.sequence)
    }
    fn clear(&self) {
        self.sequence.take();
    }
}

/// The type `reversed`.
pub static REVERSED: Type = Type::builtin::<ReversedObject>(
    "reversed",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE,
    Slots { iter: Some(iter_self), next: Some(reversed_next), new: Some(reversed_new), length_hint: Some(reversed_hint), ..Slots::NONE },
    Some(&REVERSED_DECL),
)
.visited::<ReversedObject>();
object_type!(ReversedObject, REVERSED);

fn reversed_new(class: &'static Type, args: &Args) -> R<Ref> {
    arity::refuse_keywords(class, &REVERSED, args)?;
    arity::check("reversed", args.pos().len(), 1, 1)?;
    let sequence = args.pos()[0];
    if crate::list::is_exact_list(sequence) && std::ptr::eq(class, &REVERSED) {
        return Ok(list_reversed(sequence));
    }
    if !crate::tuple::is_exact_tuple(sequence) && !crate::str::is_exact_str(sequence) {
        match crate::type_object::lookup_special(sequence, crate::names::__REVERSED__())? {
            Some(method) if method.v().is_none() => return Err(not_reversible(sequence)),
            Some(method) => return crate::call::call0(method.v()),
            None => {}
        }
        let slots = type_of(sequence).slots();
        if slots.getitem.is_none() || slots.len.is_none() || type_of(sequence).has(type_flags::DICT) {
            return Err(not_reversible(sequence));
        }
    }
    let n = ops::len(sequence)? as i64;
    Ok(crate::cast::new_object_of(
        class,
        ReversedObject { header: crate::cast::fresh_header(), sequence: Slot::new(Ref::new(sequence)), index: Cell::new(n - 1) },
    ))
}

fn not_reversible(v: Value) -> Raised {
    type_error(format!("'{}' object is not reversible", crate::type_object::display_name(v)))
}

fn reversed_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<ReversedObject>(v);
    let Some(sequence) = it.sequence.cloned() else { return Ok(None) };
    let i = it.index.get();
    if i >= 0 {
        match ops::getitem(sequence.v(), int::from_i64(i).v()) {
            Ok(item) => {
                it.index.set(i - 1);
                return Ok(Some(item));
            }
            Err(raised) => {
                if !swallow(&crate::exceptions::INDEX_ERROR) && !swallow(&STOP_ITERATION) {
                    return Err(raised);
                }
            }
        }
    }
    it.index.set(-1);
    it.sequence.take();
    Ok(None)
}

fn reversed_hint(v: Value) -> R<usize> {
    let it = crate::cast::get_unchecked::<ReversedObject>(v);
    let Some(sequence) = it.sequence.cloned() else { return Ok(0) };
    let n = it.index.get() + 1;
    Ok(if (ops::len(sequence.v())? as i64) < n { 0 } else { n as usize })
}

#[native_class(decl = REVERSED_DECL, doc = "Return a reverse iterator over the values of the given sequence.")]
impl ReversedObject {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let it = crate::cast::get_unchecked::<ReversedObject>(this);
        let class = Ref::new(type_of(this).v());
        Ok(match it.sequence.cloned() {
            Some(sequence) => crate::tuple::from_refs(vec![
                class,
                crate::tuple::from_slice(&[sequence.v()]),
                int::from_i64(it.index.get()),
            ]),
            None => crate::tuple::pair(class, crate::tuple::from_slice(&[crate::tuple::empty()])),
        })
    }
    /// Set state information for unpickling.
    #[native]
    fn __setstate__(&self, state: Value) -> R<()> {
        let i = int::index_i64(state)?;
        if let Some(sequence) = self.sequence.cloned() {
            let n = ops::len(sequence.v())? as i64;
            self.index.set(i.max(-1).min(n - 1));
        }
        Ok(())
    }
}
