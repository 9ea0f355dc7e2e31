//! The types `set` and `frozenset`, their iterator and methods. The table is in `set.rs`.

use crate::arity;
use crate::exceptions::TYPE_ERROR;
use crate::iterators::{iter_self, reduce_iter};
use crate::ops;
use crate::prelude::*;
use crate::set::{self, SetObject, body, is_set, key_hash, len, make};

const COMMON: Slots = Slots {
    repr: Some(repr),
    compare: Some(compare),
    iter: Some(iter),
    len: Some(len_slot),
    contains: Some(contains),
    sub: Some(sub),
    and: Some(and),
    or: Some(or),
    xor: Some(xor),
    ..Slots::NONE
};

/// The type `set`.
#[unsafe(export_name = "dxp_type_set")]
pub static SET: Type = Type::builtin::<SetObject>(
    "set",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE | type_flags::SET | type_flags::MATCH_SELF,
    Slots { new: Some(set_new), init: Some(set_init), isub: Some(isub), iand: Some(iand), ior: Some(ior), ixor: Some(ixor), ..COMMON },
    Some(&SET_DECL),
)
.visited::<SetObject>()
.dealloc_by(crate::set::dealloc);

/// The type `frozenset`.
pub static FROZENSET: Type = Type::builtin::<SetObject>(
    "frozenset",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE | type_flags::SET | type_flags::MATCH_SELF,
    Slots { new: Some(frozenset_new), hash: Some(frozenset_hash), ..COMMON },
    Some(&FROZENSET_DECL),
)
.visited::<SetObject>()
.dealloc_by(crate::set::dealloc);
// Both types share the layout; casts come after a look at the flag SET.
object_type!(SetObject, SET);

fn set_new(class: &'static Type, _args: &Args) -> R<Ref> {
    Ok(set::new_of(class))
}

fn set_init(v: Value, args: &Args) -> R<()> {
    arity::refuse_keywords(type_of(v), &SET, args)?;
    arity::check("set", args.pos().len(), 0, 1)?;
    let s = body(v);
    if s.fill.get() != 0 {
        set::clear_table(s);
    }
    match args.pos().first() {
        Some(&iterable) => set::update(v, iterable),
        None => Ok(()),
    }
}

fn frozenset_new(class: &'static Type, args: &Args) -> R<Ref> {
    arity::refuse_keywords(class, &FROZENSET, args)?;
    arity::check("frozenset", args.pos().len(), 0, 1)?;
    let iterable = args.pos().first().copied();
    if std::ptr::eq(class, &FROZENSET)
        && let Some(v) = iterable
        && is_exact(v, &FROZENSET)
    {
        return Ok(Ref::new(v));
    }
    make(class, iterable)
}

fn frozenset_hash(v: Value) -> R<i64> {
    let s = body(v);
    if s.hash.get() == -1 {
        s.hash.set(set::hash_members(s));
    }
    Ok(s.hash.get())
}

fn repr(v: Value) -> R<Ref> {
    let name = crate::type_object::display_name(v);
    if len(v) == 0 {
        return arity::text(&format!("{name}()"));
    }
    crate::state::check_recursion(" while getting the repr of an object")?;
    let Some(_guard) = arity::ReprGuard::enter(v) else { return arity::text(&format!("{name}(...)")) };
    let list = crate::list::from_refs(members(v));
    let inner = ops::repr(list.v())?;
    let view = crate::str::view(inner.v());
    let mut out = crate::str::Builder::new();
    let plain = is_exact(v, &SET);
    if !plain {
        out.push_str(&name);
        out.push_str("(");
    }
    out.push_str("{");
    out.push_data(view.data().slice(1, view.len() - 1));
    out.push_str("}");
    if !plain {
        out.push_str(")");
    }
    Ok(out.finish())
}

/// All members.
fn members(v: Value) -> Vec<Ref> {
    let mut out = Vec::with_capacity(len(v));
    let mut pos = 0;
    while let Some(key) = set::next_member(v, &mut pos) {
        out.push(Ref::new(key));
    }
    out
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !is_set(b) || !is_set(a) {
        return Ok(Ref::not_implemented());
    }
    let equal = || -> R<bool> {
        if len(a) != len(b) {
            return Ok(false);
        }
        let (x, y) = (body(a).hash.get(), body(b).hash.get());
        if x != -1 && y != -1 && x != y {
            return Ok(false);
        }
        set::is_subset(a, b)
    };
    Ok(Ref::bool(match op {
        CompareOp::Eq => equal()?,
        CompareOp::Ne => !equal()?,
        CompareOp::Le => set::is_subset(a, b)?,
        CompareOp::Ge => set::is_subset(b, a)?,
        CompareOp::Lt => len(a) < len(b) && set::is_subset(a, b)?,
        CompareOp::Gt => len(b) < len(a) && set::is_subset(b, a)?,
    }))
}

fn len_slot(v: Value) -> R<usize> {
    Ok(len(v))
}

/// Runs `f` with the hash of a key; a set as key stands for the frozenset of its members.
fn with_key<T>(key: Value, f: impl Fn(Value, i64) -> R<T>) -> R<T> {
    match key_hash(key) {
        Ok(hash) => f(key, hash),
        Err(raised) => {
            if is_set(key) && swallow(&TYPE_ERROR) {
                let frozen = make(&FROZENSET, Some(key))?;
                let hash = frozenset_hash(frozen.v())?;
                return f(frozen.v(), hash);
            }
            Err(raised)
        }
    }
}

fn contains(v: Value, key: Value) -> R<bool> {
    with_key(key, |key, hash| set::contains_hashed(body(v), key, hash))
}

fn copy(v: Value) -> R<Ref> {
    make(set::base_class(type_of(v)), Some(v))
}

macro_rules! binary {
    ($($name:ident: |$a:ident, $b:ident| $make:expr;)*) => {
        $(fn $name($a: Value, $b: Value) -> R<Ref> {
            if !is_set($a) || !is_set($b) {
                return Ok(Ref::not_implemented());
            }
            $make
        })*
    };
}

binary! {
    sub: |a, b| set::difference(a, b);
    and: |a, b| set::intersection(a, b);
    or: |a, b| { let result = copy(a)?; set::update(result.v(), b)?; Ok(result) };
    xor: |a, b| symmetric_difference(a, b);
    isub: |a, b| { set::difference_update(a, b)?; Ok(Ref::new(a)) };
    iand: |a, b| { let both = set::intersection(a, b)?; set::swap(body(a), body(both.v())); Ok(Ref::new(a)) };
    ior: |a, b| { set::update(a, b)?; Ok(Ref::new(a)) };
    ixor: |a, b| { set::symmetric_difference_update(a, b)?; Ok(Ref::new(a)) };
}

fn symmetric_difference(a: Value, b: Value) -> R<Ref> {
    let result = make(set::base_class(type_of(a)), Some(b))?;
    set::symmetric_difference_update(result.v(), a)?;
    Ok(result)
}

// ---------------------------------------------------------------- iterator

/// Iterator over a set.
#[repr(C)]
pub struct SetIterator {
    header: Header,
    set: Slot,
    pos: Cell<usize>,
    expected: Cell<usize>,
    left: Cell<usize>,
}

impl Visit for SetIterator {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.set)
    }
    fn clear(&self) {
        self.set.take();
    }
}

/// The type `set_iterator`.
pub static SET_ITERATOR: Type = Type::builtin::<SetIterator>(
    "set_iterator",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(iter_self), next: Some(iterator_next), length_hint: Some(iterator_hint), ..Slots::NONE },
    Some(&SET_ITERATOR_DECL),
)
.visited::<SetIterator>();
object_type!(SetIterator, SET_ITERATOR);

fn iter(v: Value) -> R<Ref> {
    let n = len(v);
    Ok(new_object(SetIterator {
        header: crate::cast::fresh_header(),
        set: Slot::new(Ref::new(v)),
        pos: Cell::new(0),
        expected: Cell::new(n),
        left: Cell::new(n),
    }))
}

fn iterator_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<SetIterator>(v);
    let s = it.set.get();
    if s.is_missing() {
        return Ok(None);
    }
    if it.expected.get() != len(s) {
        it.expected.set(usize::MAX);
        return Err(runtime_error("Set changed size during iteration"));
    }
    let mut pos = it.pos.get();
    match set::next_member(s, &mut pos) {
        Some(key) => {
            it.pos.set(pos);
            it.left.set(it.left.get().wrapping_sub(1));
            Ok(Some(Ref::new(key)))
        }
        None => {
            it.set.take();
            Ok(None)
        }
    }
}

fn iterator_hint(v: Value) -> R<usize> {
    let it = crate::cast::get_unchecked::<SetIterator>(v);
    let s = it.set.get();
    Ok(if s.is_missing() || len(s) != it.expected.get() { 0 } else { it.left.get() })
}

#[native_class(decl = SET_ITERATOR_DECL, doc = "")]
impl SetIterator {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(&self) -> R<Ref> {
        let list = crate::list::new();
        if let Some(s) = self.set.cloned() {
            let mut pos = self.pos.get();
            while let Some(key) = set::next_member(s.v(), &mut pos) {
                crate::list::push(list.v(), Ref::new(key));
            }
        }
        reduce_iter("iter", list.v(), None)
    }
}

// ---------------------------------------------------------------- methods

fn union_of(this: Value, others: &[Value]) -> R<Ref> {
    let result = copy(this)?;
    for &other in others {
        if other != this {
            set::update(result.v(), other)?;
        }
    }
    Ok(result)
}

fn intersection_of(this: Value, others: &[Value]) -> R<Ref> {
    if others.is_empty() {
        return copy(this);
    }
    let mut result = Ref::new(this);
    for &other in others {
        result = set::intersection(result.v(), other)?;
    }
    Ok(result)
}

fn difference_of(this: Value, others: &[Value]) -> R<Ref> {
    let Some((&first, rest)) = others.split_first() else { return copy(this) };
    let result = set::difference(this, first)?;
    for &other in rest {
        set::difference_update(result.v(), other)?;
    }
    Ok(result)
}

fn is_disjoint(this: Value, other: Value) -> R<bool> {
    if this == other {
        return Ok(len(this) == 0);
    }
    if is_set(other) {
        let (walked, asked) = if len(other) > len(this) { (this, other) } else { (other, this) };
        let _keep = (Ref::new(walked), Ref::new(asked));
        let mut pos = 0;
        while let Some((hash, key)) = set::next_hashed(body(walked), &mut pos) {
            let key = Ref::new(key);
            if set::contains_hashed(body(asked), key.v(), hash)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let iterator = ops::iter(other)?;
    while let Some(key) = crate::iterators::step(iterator.v())? {
        if set::contains(this, key.v())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_subset(this: Value, other: Value) -> R<bool> {
    if is_set(other) {
        return set::is_subset(this, other);
    }
    let both = set::intersection(this, other)?;
    Ok(len(both.v()) == len(this))
}

fn is_superset(this: Value, other: Value) -> R<bool> {
    if is_set(other) {
        return set::is_subset(other, this);
    }
    let iterator = ops::iter(other)?;
    while let Some(key) = crate::iterators::step(iterator.v())? {
        if !set::contains(this, key.v())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `__reduce__`: (class, ([members],), state).
fn reduce(this: Value) -> R<Ref> {
    let list = crate::list::from_refs(members(this));
    let state = ops::getattr(this, crate::names::__GETSTATE__())?;
    let state = crate::call::call0(state.v())?;
    Ok(crate::tuple::from_refs(vec![Ref::new(type_of(this).v()), crate::tuple::from_slice(&[list.v()]), state]))
}

pub(crate) struct SetMethods;
struct FrozenSetMethods;

#[native_class(decl = SET_DECL, doc = "Build an unordered collection of unique elements.")]
impl SetMethods {
    /// Add an element to a set.
    ///
    /// This has no effect if the element is already present.
    #[native]
    fn add(this: Value, object: Value) -> R<()> {
        set::add(this, object).map(drop)
    }
    /// Remove all elements from this set.
    #[native]
    fn clear(this: Value) {
        set::clear_table(body(this))
    }
    /// Return a shallow copy of a set.
    #[native]
    fn copy(this: Value) -> R<Ref> {
        copy(this)
    }
    /// Remove an element from a set if it is a member.
    ///
    /// Unlike set.remove(), the discard() method does not raise
    /// an exception when an element is missing from the set.
    #[native]
    pub(crate) fn discard(this: Value, object: Value) -> R<()> {
        with_key(object, |key, hash| set::discard_hashed(body(this), key, hash)).map(drop)
    }
    /// Remove an element from a set; it must be a member.
    ///
    /// If the element is not a member, raise a KeyError.
    #[native]
    pub(crate) fn remove(this: Value, object: Value) -> R<()> {
        if with_key(object, |key, hash| set::discard_hashed(body(this), key, hash))? {
            return Ok(());
        }
        Err(key_error(object))
    }
    /// Remove and return an arbitrary set element.
    ///
    /// Raises KeyError if the set is empty.
    #[native]
    fn pop(this: Value) -> R<Ref> {
        set::pop(body(this)).ok_or_else(|| key_error(crate::str::from_str("pop from an empty set").v()))
    }
    /// Update the set, adding elements from all others.
    #[native]
    fn update(this: Value, others: &[Value]) -> R<()> {
        others.iter().try_for_each(|&other| set::update(this, other))
    }
    /// Update the set, keeping only elements found in it and all others.
    #[native]
    fn intersection_update(this: Value, others: &[Value]) -> R<()> {
        let both = intersection_of(this, others)?;
        set::swap(body(this), body(both.v()));
        Ok(())
    }
    /// Update the set, removing elements found in others.
    #[native]
    fn difference_update(this: Value, others: &[Value]) -> R<()> {
        others.iter().try_for_each(|&other| set::difference_update(this, other))
    }
    /// Update the set, keeping only elements found in either set, but not in both.
    #[native]
    fn symmetric_difference_update(this: Value, other: Value) -> R<()> {
        set::symmetric_difference_update(this, other)
    }
    /// Return a new set with elements from the set and all others.
    #[native]
    fn union(this: Value, others: &[Value]) -> R<Ref> {
        union_of(this, others)
    }
    /// Return a new set with elements common to the set and all others.
    #[native]
    fn intersection(this: Value, others: &[Value]) -> R<Ref> {
        intersection_of(this, others)
    }
    /// Return a new set with elements in the set that are not in the others.
    #[native]
    fn difference(this: Value, others: &[Value]) -> R<Ref> {
        difference_of(this, others)
    }
    /// Return a new set with elements in either the set or other but not both.
    #[native]
    fn symmetric_difference(this: Value, other: Value) -> R<Ref> {
        symmetric_difference(this, other)
    }
    /// Return True if two sets have a null intersection.
    #[native]
    fn isdisjoint(this: Value, other: Value) -> R<bool> {
        is_disjoint(this, other)
    }
    /// Report whether another set contains this set.
    #[native]
    fn issubset(this: Value, other: Value) -> R<bool> {
        is_subset(this, other)
    }
    /// Report whether this set contains another set.
    #[native]
    fn issuperset(this: Value, other: Value) -> R<bool> {
        is_superset(this, other)
    }
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        reduce(this)
    }
    /// S.__sizeof__() -> size of S in memory, in bytes.
    #[native]
    fn __sizeof__(this: Value) -> i64 {
        set::sizeof(body(this)) as i64
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
}

#[native_class(decl = FROZENSET_DECL, doc = "Build an immutable unordered collection of unique elements.")]
impl FrozenSetMethods {
    /// Return a shallow copy of a set.
    #[native]
    fn copy(this: Value) -> R<Ref> {
        if is_exact(this, &FROZENSET) { Ok(Ref::new(this)) } else { copy(this) }
    }
    /// Return a new set with elements from the set and all others.
    #[native]
    fn union(this: Value, others: &[Value]) -> R<Ref> {
        union_of(this, others)
    }
    /// Return a new set with elements common to the set and all others.
    #[native]
    fn intersection(this: Value, others: &[Value]) -> R<Ref> {
        intersection_of(this, others)
    }
    /// Return a new set with elements in the set that are not in the others.
    #[native]
    fn difference(this: Value, others: &[Value]) -> R<Ref> {
        difference_of(this, others)
    }
    /// Return a new set with elements in either the set or other but not both.
    #[native]
    fn symmetric_difference(this: Value, other: Value) -> R<Ref> {
        symmetric_difference(this, other)
    }
    /// Return True if two sets have a null intersection.
    #[native]
    fn isdisjoint(this: Value, other: Value) -> R<bool> {
        is_disjoint(this, other)
    }
    /// Report whether another set contains this set.
    #[native]
    fn issubset(this: Value, other: Value) -> R<bool> {
        is_subset(this, other)
    }
    /// Report whether this set contains another set.
    #[native]
    fn issuperset(this: Value, other: Value) -> R<bool> {
        is_superset(this, other)
    }
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        reduce(this)
    }
    /// S.__sizeof__() -> size of S in memory, in bytes.
    #[native]
    fn __sizeof__(this: Value) -> i64 {
        set::sizeof(body(this)) as i64
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
}
