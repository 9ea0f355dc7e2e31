//! Views of dicts (keys, values, items) and the iterators over them, forwards and backwards.

use crate::arity;
use crate::dict;
use crate::iterators::{builtin, iter_self};
use crate::ops;
use crate::prelude::*;

/// What an iterator or view gives out.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Part {
    /// Keys.
    Keys,
    /// Values.
    Values,
    /// Pairs.
    Items,
}

// ---------------------------------------------------------------- iterators

/// Iterator over a dict. The slot is empty when exhausted.
#[repr(C)]
pub struct DictIterator {
    header: Header,
    dict: Slot,
    /// Place in the entry array.
    pos: Cell<usize>,
    /// Length of the dict at the start; usize::MAX after a change was reported.
    expected: Cell<usize>,
    /// Items not given out yet.
    left: Cell<usize>,
    part: Part,
    /// The last pair that was given out.
    result: Slot,
}

impl Visit for DictIterator {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.dict);
        visitor.slot(&self.result);
    }
    fn clear(&self) {
        self.dict.take();
        self.result.take();
    }
}

macro_rules! iterator_types {
    ($($static:ident $name:literal $next:ident;)*) => {
        $(
            #[doc = concat!("The type `", $name, "`.")]
            pub static $static: Type = Type::builtin::<DictIterator>(
                $name,
                "builtins",
                Some(&crate::type_object::OBJECT),
                type_flags::NO_NEW,
                Slots { iter: Some(iter_self), next: Some($next), length_hint: Some(iterator_hint), ..Slots::NONE },
                Some(&DICT_ITERATOR_DECL),
            )
            .visited::<DictIterator>();
        )*
    };
}

iterator_types! {
    DICT_KEYITERATOR "dict_keyiterator" iterator_next;
    DICT_VALUEITERATOR "dict_valueiterator" iterator_next;
    DICT_ITEMITERATOR "dict_itemiterator" iterator_next;
    DICT_REVERSEKEYITERATOR "dict_reversekeyiterator" reverse_next;
    DICT_REVERSEVALUEITERATOR "dict_reversevalueiterator" reverse_next;
    DICT_REVERSEITEMITERATOR "dict_reverseitemiterator" reverse_next;
}

// Six types share the layout; DICT_KEYITERATOR stands for them in checks, which only this file makes.
object_type!(DictIterator, DICT_KEYITERATOR);

fn new_iterator(class: &'static Type, d: Value, part: Part, pos: usize) -> Ref {
    let n = dict::len(d);
    crate::cast::new_object_of(
        class,
        DictIterator {
            header: crate::cast::fresh_header(),
            dict: Slot::new(Ref::new(d)),
            pos: Cell::new(pos),
            expected: Cell::new(n),
            left: Cell::new(n),
            part,
            result: Slot::empty(),
        },
    )
}

/// `iter(dict)`.
pub fn iter_keys(d: Value) -> R<Ref> {
    Ok(new_iterator(&DICT_KEYITERATOR, d, Part::Keys, 0))
}

/// `reversed(dict)`.
pub fn reversed_keys(d: Value) -> Ref {
    new_iterator(&DICT_REVERSEKEYITERATOR, d, Part::Keys, usize::MAX)
}

/// The next item or MISSING (owned).
#[inline]
pub fn iterator_step(it: &DictIterator) -> R<Value> {
    let d = it.dict.get();
    if d.is_missing() {
        return Ok(Value::MISSING);
    }
    if it.expected.get() != dict::len(d) {
        it.expected.set(usize::MAX);
        return Err(runtime_error("dictionary changed size during iteration"));
    }
    let mut pos = it.pos.get();
    match dict::next_entry(d, &mut pos) {
        Some((key, value)) => {
            if it.left.get() == 0 {
                drop(it.dict.take());
                return Err(runtime_error("dictionary keys changed during iteration"));
            }
            it.pos.set(pos);
            it.left.set(it.left.get() - 1);
            if it.part == Part::Items {
                return Ok(crate::tuple::next_pair(&it.result, Ref::new(key), Ref::new(value)).into_raw());
            }
            Ok(part_of(it.part, key, value))
        }
        None => {
            drop(it.dict.take());
            Ok(Value::MISSING)
        }
    }
}

#[inline(always)]
fn part_of(part: Part, key: Value, value: Value) -> Value {
    match part {
        Part::Keys => Ref::new(key).into_raw(),
        Part::Values => Ref::new(value).into_raw(),
        Part::Items => crate::tuple::pair(Ref::new(key), Ref::new(value)).into_raw(),
    }
}

fn iterator_next(v: Value) -> R<Option<Ref>> {
    let item = iterator_step(crate::cast::get_unchecked(v))?;
    Ok(if item.is_missing() { None } else { Some(Ref::from_owned(item)) })
}

fn reverse_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<DictIterator>(v);
    let Some(d) = it.dict.cloned() else { return Ok(None) };
    if it.expected.get() != dict::len(d.v()) {
        it.expected.set(usize::MAX);
        return Err(runtime_error("dictionary changed size during iteration"));
    }
    let mut pos = it.pos.get();
    match dict::previous_entry(d.v(), &mut pos) {
        Some((key, value)) if it.left.get() > 0 => {
            it.pos.set(pos);
            it.left.set(it.left.get() - 1);
            Ok(Some(Ref::from_owned(part_of(it.part, key, value))))
        }
        _ => {
            drop(it.dict.take());
            Ok(None)
        }
    }
}

fn iterator_hint(v: Value) -> R<usize> {
    let it = crate::cast::get_unchecked::<DictIterator>(v);
    let d = it.dict.get();
    Ok(if d.is_missing() || dict::len(d) != it.expected.get() { 0 } else { it.left.get() })
}

#[native_class(decl = DICT_ITERATOR_DECL, doc = "")]
impl DictIterator {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(&self) -> R<Ref> {
        let backwards = self.pos.get() > self.expected.get() && self.left.get() > 0;
        let list = crate::list::new();
        if let Some(d) = self.dict.cloned() {
            // A copy of this iterator runs to the end.
            let mut pos = self.pos.get();
            for _ in 0..self.left.get() {
                let next = if backwards { dict::previous_entry(d.v(), &mut pos) } else { dict::next_entry(d.v(), &mut pos) };
                let Some((key, value)) = next else { break };
                crate::list::push(list.v(), Ref::from_owned(part_of(self.part, key, value)));
            }
        }
        Ok(crate::tuple::pair(builtin("iter")?, crate::tuple::from_slice(&[list.v()])))
    }
}

// ---------------------------------------------------------------- views

/// A view of a dict.
#[repr(C)]
pub struct DictView {
    header: Header,
    dict: Slot,
}

impl Visit for DictView {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.dict)
    }
    // The dict itself can be emptied.
    fn clear(&self) {}
}

const SET_LIKE: Slots = Slots {
    len: Some(view_len),
    repr: Some(view_repr),
    compare: Some(view_compare),
    and: Some(view_and),
    or: Some(view_or),
    sub: Some(view_sub),
    xor: Some(view_xor),
    ..Slots::NONE
};

/// The type `dict_keys`.
pub static DICT_KEYS: Type = Type::builtin::<DictView>(
    "dict_keys",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(keys_iter), contains: Some(keys_contains), ..SET_LIKE },
    Some(&DICT_KEYS_DECL),
)
.visited::<DictView>();

/// The type `dict_items`.
pub static DICT_ITEMS: Type = Type::builtin::<DictView>(
    "dict_items",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(items_iter), contains: Some(items_contains), ..SET_LIKE },
    Some(&DICT_ITEMS_DECL),
)
.visited::<DictView>();

/// The type `dict_values`.
pub static DICT_VALUES: Type = Type::builtin::<DictView>(
    "dict_values",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(values_iter), len: Some(view_len), repr: Some(view_repr), ..Slots::NONE },
    Some(&DICT_VALUES_DECL),
)
.visited::<DictView>();
// Three types share the layout; only this file casts, after it has looked at the type.
object_type!(DictView, DICT_KEYS);

fn new_view(class: &'static Type, d: Value) -> Ref {
    crate::cast::new_object_of(class, DictView { header: crate::cast::fresh_header(), dict: Slot::new(Ref::new(d)) })
}

/// `d.keys()`.
pub fn keys(d: Value) -> Ref {
    new_view(&DICT_KEYS, d)
}

/// `d.items()`.
pub fn items(d: Value) -> Ref {
    new_view(&DICT_ITEMS, d)
}

/// `d.values()`.
pub fn values(d: Value) -> Ref {
    new_view(&DICT_VALUES, d)
}

/// The dict of a view.
fn dict_of(v: Value) -> Value {
    crate::cast::get_unchecked::<DictView>(v).dict.get()
}

fn is_set_view(v: Value) -> bool {
    is_exact(v, &DICT_KEYS) || is_exact(v, &DICT_ITEMS)
}

fn view_len(v: Value) -> R<usize> {
    Ok(dict::len(dict_of(v)))
}

fn keys_iter(v: Value) -> R<Ref> {
    iter_keys(dict_of(v))
}

fn values_iter(v: Value) -> R<Ref> {
    Ok(new_iterator(&DICT_VALUEITERATOR, dict_of(v), Part::Values, 0))
}

fn items_iter(v: Value) -> R<Ref> {
    Ok(new_iterator(&DICT_ITEMITERATOR, dict_of(v), Part::Items, 0))
}

fn keys_contains(v: Value, key: Value) -> R<bool> {
    dict::contains(dict_of(v), key)
}

fn items_contains(v: Value, item: Value) -> R<bool> {
    let Some(&[key, value]) = crate::tuple::items(item) else { return Ok(false) };
    match dict::get(dict_of(v), key)? {
        Some(found) => dict::same(found.v(), value),
        None => Ok(false),
    }
}

fn view_repr(v: Value) -> R<Ref> {
    crate::state::check_recursion(" while getting the repr of an object")?;
    let Some(_guard) = arity::ReprGuard::enter(v) else { return arity::text("...") };
    let list = crate::list::from_refs(crate::list::collect(v)?);
    let mut out = crate::str::Builder::new();
    out.push_str(type_of(v).static_name);
    out.push_str("(");
    out.push_value(ops::repr(list.v())?.v());
    out.push_str(")");
    Ok(out.finish())
}

/// Whether every item of `a` is in `b`.
fn all_in(a: Value, b: Value) -> R<bool> {
    let mut all = true;
    let iterator = ops::iter(a)?;
    while let Some(item) = crate::iterators::step(iterator.v())? {
        if !ops::contains(b, item.v())? {
            all = false;
            break;
        }
    }
    Ok(all)
}

fn view_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !crate::set::is_set(b) && !is_set_view(b) {
        return Ok(Ref::not_implemented());
    }
    let (n, m) = (ops::len(a)?, ops::len(b)?);
    let answer = match op {
        CompareOp::Eq | CompareOp::Ne => (n == m && all_in(a, b)?) == (op == CompareOp::Eq),
        CompareOp::Lt => n < m && all_in(a, b)?,
        CompareOp::Le => n <= m && all_in(a, b)?,
        CompareOp::Gt => n > m && all_in(b, a)?,
        CompareOp::Ge => n >= m && all_in(b, a)?,
    };
    Ok(Ref::bool(answer))
}

/// A set of an iterable's items.
fn set_of(v: Value) -> R<Ref> {
    let set = crate::set::new();
    crate::set::update(set.v(), v)?;
    Ok(set)
}

fn view_sub(a: Value, b: Value) -> R<Ref> {
    let result = set_of(a)?;
    crate::set::difference_update(result.v(), b)?;
    Ok(result)
}

fn view_or(a: Value, b: Value) -> R<Ref> {
    let result = set_of(a)?;
    crate::set::update(result.v(), b)?;
    Ok(result)
}

fn view_xor(a: Value, b: Value) -> R<Ref> {
    let result = set_of(a)?;
    crate::set::symmetric_difference_update(result.v(), b)?;
    Ok(result)
}

fn view_and(a: Value, b: Value) -> R<Ref> {
    let (mut a, mut b) = (a, b);
    if is_set_view(b) && (!is_set_view(a) || ops::len(b)? > ops::len(a)?) {
        std::mem::swap(&mut a, &mut b);
    }
    if !is_set_view(a) {
        std::mem::swap(&mut a, &mut b);
    }
    let result = crate::set::new();
    crate::iterators::for_each(b, |item| {
        if ops::contains(a, item.v())? {
            crate::set::add(result.v(), item.v())?;
        }
        Ok(())
    })?;
    Ok(result)
}

fn is_disjoint(a: Value, b: Value) -> R<bool> {
    if a == b {
        return Ok(dict::len(dict_of(a)) == 0);
    }
    let (mut looked_up, mut walked) = (a, b);
    if (crate::set::is_set(b) || is_set_view(b)) && ops::len(b)? > ops::len(a)? {
        std::mem::swap(&mut looked_up, &mut walked);
    }
    let iterator = ops::iter(walked)?;
    while let Some(item) = crate::iterators::step(iterator.v())? {
        if ops::contains(looked_up, item.v())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn reversed_view(v: Value) -> Ref {
    let d = dict_of(v);
    let (class, part): (&'static Type, Part) = if is_exact(v, &DICT_KEYS) {
        (&DICT_REVERSEKEYITERATOR, Part::Keys)
    } else if is_exact(v, &DICT_VALUES) {
        (&DICT_REVERSEVALUEITERATOR, Part::Values)
    } else {
        (&DICT_REVERSEITEMITERATOR, Part::Items)
    };
    new_iterator(class, d, part, usize::MAX)
}

struct KeysMethods;
struct ItemsMethods;
struct ValuesMethods;

#[native_class(decl = DICT_KEYS_DECL, doc = "")]
impl KeysMethods {
    /// Return True if the view and the given iterable have a null intersection.
    #[native]
    fn isdisjoint(this: Value, other: Value) -> R<bool> {
        is_disjoint(this, other)
    }
    /// Return a reverse iterator over the dict keys.
    #[native]
    fn __reversed__(this: Value) -> Ref {
        reversed_view(this)
    }
    /// dictionary that this view refers to
    #[getter]
    fn mapping(this: Value) -> R<Ref> {
        Ok(crate::mapping_proxy::new(dict_of(this)))
    }
}

#[native_class(decl = DICT_ITEMS_DECL, doc = "")]
impl ItemsMethods {
    /// Return True if the view and the given iterable have a null intersection.
    #[native]
    fn isdisjoint(this: Value, other: Value) -> R<bool> {
        is_disjoint(this, other)
    }
    /// Return a reverse iterator over the dict items.
    #[native]
    fn __reversed__(this: Value) -> Ref {
        reversed_view(this)
    }
    /// dictionary that this view refers to
    #[getter]
    fn mapping(this: Value) -> R<Ref> {
        Ok(crate::mapping_proxy::new(dict_of(this)))
    }
}

#[native_class(decl = DICT_VALUES_DECL, doc = "")]
impl ValuesMethods {
    /// Return a reverse iterator over the dict values.
    #[native]
    fn __reversed__(this: Value) -> Ref {
        reversed_view(this)
    }
    /// dictionary that this view refers to
    #[getter]
    fn mapping(this: Value) -> R<Ref> {
        Ok(crate::mapping_proxy::new(dict_of(this)))
    }
}
