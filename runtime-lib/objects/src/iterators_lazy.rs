//! enumerate, zip, map, filter.

use crate::arity;
use crate::exceptions::STOP_ITERATION;
use crate::int;
use crate::iterators::{iter_self, pass, step};
use crate::ops;
use crate::prelude::*;

// ---------------------------------------------------------------- enumerate

/// enumerate.
#[repr(C)]
pub struct EnumerateObject {
    header: Header,
    iterator: Slot,
    index: Cell<i64>,
    /// The index when it does not fit in `index` any more.
    big_index: Slot,
    result: Slot,
}

impl Visit for EnumerateObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.iterator);
        visitor.slot(&self.big_index);
        visitor.slot(&self.result);
    }
    fn clear(&self) {
        self.iterator.take();
        self.result.take();
    }
}

/// The type `enumerate`.
pub static ENUMERATE: Type = Type::builtin::<EnumerateObject>(
    "enumerate",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE,
    Slots { iter: Some(iter_self), next: Some(enumerate_next), new: Some(enumerate_new), ..Slots::NONE },
    Some(&ENUMERATE_DECL),
)
.visited::<EnumerateObject>()
.dealloc_by(crate::type_object::dealloc_as::<EnumerateObject>);
object_type!(EnumerateObject, ENUMERATE);

fn enumerate_new(class: &'static Type, args: &Args) -> R<Ref> {
    let n = args.values().len();
    if n > 2 {
        return Err(type_error(format!("enumerate() takes at most 2 arguments ({n} given)")));
    }
    let mut iterable = args.pos().first().copied();
    let mut start = args.pos().get(1).copied();
    for (name, value) in args.kw() {
        let text = crate::str::to_rust(name);
        match text.as_str() {
            "iterable" if iterable.is_none() => iterable = Some(value),
            "start" if start.is_none() => start = Some(value),
            _ => return Err(type_error(format!("'{text}' is an invalid keyword argument for enumerate()"))),
        }
    }
    let Some(iterable) = iterable else { return Err(type_error("enumerate() missing required argument 'iterable'")) };
    let start = match start {
        None => Ref::new(Value::from_small_int(0)),
        Some(v) => ops::index(v)?,
    };
    let iterator = ops::iter(iterable)?;
    let (index, big_index) = match start.v().as_small_int() {
        Some(i) => (i, Slot::empty()),
        None => (0, Slot::new(start)),
    };
    Ok(crate::cast::new_object_of(
        class,
        EnumerateObject {
            header: crate::cast::fresh_header(),
            iterator: Slot::new(iterator),
            index: Cell::new(index),
            big_index,
            result: Slot::empty(),
        },
    ))
}

fn enumerate_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<EnumerateObject>(v);
    // Borrowed: only `clear` empties the slot, and it does not run while the caller holds the object.
    let iterator = it.iterator.get();
    if iterator.is_missing() {
        return Ok(None);
    }
    let Some(item) = pass(iterator)? else { return Ok(None) };
    let index = match it.big_index.cloned() {
        Some(big) => {
            it.big_index.set(ops::add(big.v(), Value::from_small_int(1))?);
            big
        }
        None => {
            let i = it.index.get();
            if i == dxpyc_abi::value::SMALL_INT_MAX {
                it.big_index.set(int::from_i64(i + 1));
            }
            it.index.set(i + 1);
            int::from_i64(i)
        }
    };
    Ok(Some(crate::tuple::next_pair(&it.result, index, item)))
}

#[native_class(
    decl = ENUMERATE_DECL,
    doc = "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields pairs containing a count (from start, which\ndefaults to zero) and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ..."
)]
impl EnumerateObject {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let it = crate::cast::get_unchecked::<EnumerateObject>(this);
        let index = it.big_index.cloned().unwrap_or_else(|| int::from_i64(it.index.get()));
        let args = crate::tuple::pair(it.iterator.cloned().unwrap_or_else(Ref::none), index);
        Ok(crate::tuple::pair(Ref::new(type_of(this).v()), args))
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
}

// ---------------------------------------------------------------- zip

/// zip.
#[repr(C)]
pub struct ZipObject {
    header: Header,
    iterators: Slot,
    /// The last pair that was given out.
    result: Slot,
    strict: Cell<bool>,
    done: Cell<bool>,
}

impl Visit for ZipObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.iterators);
        visitor.slot(&self.result);
    }
    fn clear(&self) {
        self.done.set(true);
        self.result.take();
        self.iterators.set(Ref::new(crate::tuple::empty()));
    }
}

/// The type `zip`.
pub static ZIP: Type = Type::builtin::<ZipObject>(
    "zip",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE,
    Slots { iter: Some(iter_self), next: Some(zip_next), new: Some(zip_new), ..Slots::NONE },
    Some(&ZIP_DECL),
)
.visited::<ZipObject>()
.dealloc_by(crate::type_object::dealloc_as::<ZipObject>);
object_type!(ZipObject, ZIP);

/// The keyword `strict`, the only one allowed.
fn strict_keyword(class: &'static Type, base: &'static Type, args: &Args) -> R<bool> {
    let mut strict = false;
    if args.has_kw() && (std::ptr::eq(class, base) || arity::same_slot(class.slots().init, base.slots().init)) {
        for (name, value) in args.kw() {
            if !crate::str::view(name).is("strict") {
                return Err(crate::suggestions::unexpected_keyword(base.static_name, name, &["strict"]));
            }
            strict = ops::truth(value)?;
        }
    }
    Ok(strict)
}

/// A tuple of the iterators of the arguments.
pub fn iterators_of(iterables: &[Value]) -> R<Ref> {
    let mut iterators = Vec::with_capacity(iterables.len());
    for &iterable in iterables {
        iterators.push(ops::iter(iterable)?);
    }
    Ok(crate::tuple::from_refs(iterators))
}

fn zip_new(class: &'static Type, args: &Args) -> R<Ref> {
    let strict = strict_keyword(class, &ZIP, args)?;
    let iterators = iterators_of(args.pos())?;
    Ok(crate::cast::new_object_of(
        class,
        ZipObject {
            header: crate::cast::fresh_header(),
            done: Cell::new(args.pos().is_empty()),
            iterators: Slot::new(iterators),
            result: Slot::empty(),
            strict: Cell::new(strict),
        },
    ))
}

/// ValueError of strict zips: argument `i` (from 0) is `what` than those before.
fn strict_error(name: &str, i: usize, what: &str) -> Raised {
    let before = if i == 1 { "argument 1".to_string() } else { format!("arguments 1-{i}") };
    value_error(format!("{name}() argument {} is {what} than {before}", i + 1))
}

/// What a strict zip does when iterator `i` ends.
fn strict_end(name: &str, iterators: &[Value], i: usize) -> R<()> {
    if i > 0 {
        return Err(strict_error(name, i, "shorter"));
    }
    for (j, &iterator) in iterators.iter().enumerate().skip(1) {
        if step(iterator)?.is_some() {
            return Err(strict_error(name, j, "longer"));
        }
    }
    Ok(())
}

fn zip_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<ZipObject>(v);
    if it.done.get() {
        return Ok(None);
    }
    // Borrowed, as in enumerate_next.
    let iterators = crate::tuple::items_unchecked(it.iterators.get());
    if let [a, b] = *iterators
        && !it.strict.get()
    {
        let Some(a) = pass(a)? else { return Ok(None) };
        let Some(b) = pass(b)? else { return Ok(None) };
        return Ok(Some(crate::tuple::next_pair(&it.result, a, b)));
    }
    let mut items = Vec::with_capacity(iterators.len());
    for (i, &iterator) in iterators.iter().enumerate() {
        let item = if it.strict.get() { step(iterator) } else { pass(iterator) };
        match item? {
            Some(item) => items.push(item),
            None => {
                if it.strict.get() {
                    strict_end("zip", iterators, i)?;
                }
                return Ok(None);
            }
        }
    }
    Ok(Some(crate::tuple::from_refs(items)))
}

#[native_class(
    decl = ZIP_DECL,
    doc = "The zip object yields n-length tuples, where n is the number of iterables\npassed as positional arguments to zip().  The i-th element in every tuple\ncomes from the i-th iterable argument to zip().  This continues until the\nshortest argument is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the others,\nraise a ValueError.\n\n   >>> list(zip('abcdefg', range(3), range(4)))\n   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]"
)]
impl ZipObject {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let it = crate::cast::get_unchecked::<ZipObject>(this);
        let class = Ref::new(type_of(this).v());
        let iterators = it.iterators.cloned().unwrap_or_else(Ref::none);
        Ok(crate::tuple::from_refs(if it.strict.get() {
            vec![class, iterators, Ref::bool(true)]
        } else {
            vec![class, iterators]
        }))
    }
    /// Set state information for unpickling.
    #[native]
    fn __setstate__(&self, state: Value) -> R<()> {
        self.strict.set(ops::truth(state)?);
        Ok(())
    }
}

// ---------------------------------------------------------------- map

/// map.
#[repr(C)]
pub struct MapObject {
    header: Header,
    function: Slot,
    iterators: Slot,
    strict: Cell<bool>,
}

impl Visit for MapObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.function);
        visitor.slot(&self.iterators);
    }
    fn clear(&self) {
        self.function.take();
        self.iterators.take();
    }
}

/// The type `map`.
pub static MAP: Type = Type::builtin::<MapObject>(
    "map",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE,
    Slots { iter: Some(iter_self), next: Some(map_next), new: Some(map_new), ..Slots::NONE },
    Some(&MAP_DECL),
)
.visited::<MapObject>()
.dealloc_by(crate::type_object::dealloc_as::<MapObject>);
object_type!(MapObject, MAP);

fn map_new(class: &'static Type, args: &Args) -> R<Ref> {
    let strict = strict_keyword(class, &MAP, args)?;
    let [function, iterables @ ..] = args.pos() else {
        return Err(type_error("map() must have at least two arguments."));
    };
    if iterables.is_empty() {
        return Err(type_error("map() must have at least two arguments."));
    }
    let iterators = iterators_of(iterables)?;
    Ok(crate::cast::new_object_of(
        class,
        MapObject {
            header: crate::cast::fresh_header(),
            function: Slot::new(Ref::new(*function)),
            iterators: Slot::new(iterators),
            strict: Cell::new(strict),
        },
    ))
}

fn map_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<MapObject>(v);
    // Borrowed, as in enumerate_next.
    let function = it.function.get();
    let Some(iterators) = crate::tuple::items(it.iterators.get()) else { return Ok(None) };
    if let [one] = *iterators {
        let Some(item) = pass(one)? else { return Ok(None) };
        return crate::call::call1(function, item.v()).map(Some);
    }
    let mut items = Vec::with_capacity(iterators.len());
    for (i, &iterator) in iterators.iter().enumerate() {
        let item = if it.strict.get() { step(iterator) } else { pass(iterator) };
        match item? {
            Some(item) => items.push(item),
            None => {
                if it.strict.get() {
                    strict_end("map", iterators, i)?;
                }
                return Ok(None);
            }
        }
    }
    let values: Vec<Value> = items.iter().map(Ref::v).collect();
    crate::call::call(function, &Args::positional(&values)).map(Some)
}

#[native_class(
    decl = MAP_DECL,
    doc = "Make an iterator that computes the function using arguments from\neach of the iterables.  Stops when the shortest iterable is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the others,\nraise a ValueError."
)]
impl MapObject {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let it = crate::cast::get_unchecked::<MapObject>(this);
        let mut args = vec![it.function.cloned().unwrap_or_else(Ref::none)];
        args.extend(crate::list::to_refs(crate::tuple::items(it.iterators.get()).unwrap_or(&[])));
        let mut out = vec![Ref::new(type_of(this).v()), crate::tuple::from_refs(args)];
        if it.strict.get() {
            out.push(Ref::bool(true));
        }
        Ok(crate::tuple::from_refs(out))
    }
    /// Set state information for unpickling.
    #[native]
    fn __setstate__(&self, state: Value) -> R<()> {
        self.strict.set(ops::truth(state)?);
        Ok(())
    }
}

// ---------------------------------------------------------------- filter

/// filter.
#[repr(C)]
pub struct FilterObject {
    header: Header,
    function: Slot,
    iterator: Slot,
}

impl Visit for FilterObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.function);
        visitor.slot(&self.iterator);
    }
    fn clear(&self) {
        self.function.take();
        self.iterator.take();
    }
}

/// The type `filter`.
pub static FILTER: Type = Type::builtin::<FilterObject>(
    "filter",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE,
    Slots { iter: Some(iter_self), next: Some(filter_next), new: Some(filter_new), ..Slots::NONE },
    Some(&FILTER_DECL),
)
.visited::<FilterObject>()
.dealloc_by(crate::type_object::dealloc_as::<FilterObject>);
object_type!(FilterObject, FILTER);

fn filter_new(class: &'static Type, args: &Args) -> R<Ref> {
    arity::refuse_keywords(class, &FILTER, args)?;
    arity::check("filter", args.pos().len(), 2, 2)?;
    let iterator = ops::iter(args.pos()[1])?;
    Ok(crate::cast::new_object_of(
        class,
        FilterObject {
            header: crate::cast::fresh_header(),
            function: Slot::new(Ref::new(args.pos()[0])),
            iterator: Slot::new(iterator),
        },
    ))
}

/// Whether `filter(function)` keeps the item: its own truth for None and bool.
pub fn keeps(function: Value, item: Value) -> R<bool> {
    if function.is_none() || function == crate::int::BOOL.v() {
        return ops::truth(item);
    }
    ops::truth(crate::call::call1(function, item)?.v())
}

fn filter_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<FilterObject>(v);
    // Borrowed, as in enumerate_next.
    let (function, iterator) = (it.function.get(), it.iterator.get());
    if iterator.is_missing() {
        return Ok(None);
    }
    while let Some(item) = pass(iterator)? {
        match keeps(function, item.v()) {
            Ok(true) => return Ok(Some(item)),
            Ok(false) => {}
            Err(raised) => {
                if swallow(&STOP_ITERATION) {
                    return Ok(None);
                }
                return Err(raised);
            }
        }
    }
    Ok(None)
}

#[native_class(
    decl = FILTER_DECL,
    doc = "Return an iterator yielding those items of iterable for which function(item)\nis true. If function is None, return the items that are true."
)]
impl FilterObject {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let it = crate::cast::get_unchecked::<FilterObject>(this);
        let args = crate::tuple::pair(
            it.function.cloned().unwrap_or_else(Ref::none),
            it.iterator.cloned().unwrap_or_else(Ref::none),
        );
        Ok(crate::tuple::pair(Ref::new(type_of(this).v()), args))
    }
}
