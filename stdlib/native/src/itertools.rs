//! `itertools`. Those that combine pools (product, permutations, …) are in `itertools_pools.rs`.

use dxpyc_objects::iterators::{iter_self, step};
use dxpyc_objects::iterators_lazy::{iterators_of, keeps};
use dxpyc_objects::native::ClassDecl;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::OBJECT;
use dxpyc_objects::{arity, call, dict, int, list, ops, str, tuple};

/// Declares an iterator type: its owned slots, its other fields, `__new__` and `__next__`.
#[macro_export]
macro_rules! itertool {
    ($name:literal $class:ident $object:ident { $($slot:ident)* ; $($field:ident: $ty:ty),* } $slots:expr, $decl:expr) => {
        #[doc = concat!("`itertools.", $name, "`.")]
        #[repr(C)]
        pub struct $object {
            header: Header,
            $($slot: Slot,)*
            $($field: $ty,)*
        }
        impl Visit for $object {
            #[allow(unused_variables)]
            fn visit(&self, visitor: &mut Visitor<'_>) {
                $(visitor.slot(&self.$slot);)*
            }
            fn clear(&self) {
                $(self.$slot.take();)*
            }
        }
        #[doc = concat!("The type `itertools.", $name, "`.")]
        pub static $class: Type =
            Type::builtin::<$object>($name, "itertools", Some(&OBJECT), type_flags::BASE, $slots, Some($decl)).visited::<$object>();
        object_type!($object, $class);
    };
}

/// A declaration that consists of the doc text.
pub const fn doc(doc: &'static str) -> ClassDecl {
    ClassDecl { doc, methods: &[], getsets: &[], init: None }
}

pub(crate) fn header() -> Header {
    dxpyc_objects::cast::fresh_header()
}

fn at<'a, T: Object>(v: Value) -> &'a T {
    dxpyc_objects::cast::get_unchecked(v)
}

fn create<T: Object>(class: &'static Type, object: T) -> R<Ref> {
    Ok(dxpyc_objects::cast::new_object_of(class, object))
}

/// Arguments of the types that take positional ones only.
fn positional<'a>(class: &'static Type, base: &'static Type, args: &Args<'a>, n: usize) -> R<&'a [Value]> {
    arity::refuse_keywords(class, base, args)?;
    arity::check(base.static_name, args.pos().len(), n, n)?;
    Ok(args.pos())
}

// ---------------------------------------------------------------- accumulate

static ACCUMULATE_DECL: ClassDecl = doc("Return series of accumulated sums (or other binary function results).");
itertool!("accumulate" ACCUMULATE Accumulate { iterator function total initial ; } Slots { iter: Some(iter_self), next: Some(accumulate_next), new: Some(accumulate_new), ..Slots::NONE }, &ACCUMULATE_DECL);

fn accumulate_new(class: &'static Type, args: &Args) -> R<Ref> {
    let [iterable, function, initial] = arity::named("accumulate", args, ["iterable", "func", "initial"], 2, 1)?;
    let iterator = ops::iter(iterable)?;
    let absent = |v: Value| v.is_missing() || v.is_none();
    create(class, Accumulate {
        header: header(),
        iterator: Slot::new(iterator),
        function: if absent(function) { Slot::empty() } else { Slot::new(Ref::new(function)) },
        total: Slot::empty(),
        initial: if absent(initial) { Slot::empty() } else { Slot::new(Ref::new(initial)) },
    })
}

fn accumulate_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Accumulate>(v);
    if let Some(initial) = it.initial.take() {
        it.total.set(initial.clone());
        return Ok(Some(initial));
    }
    let Some(iterator) = it.iterator.cloned() else { return Ok(None) };
    let Some(item) = step(iterator.v())? else { return Ok(None) };
    let total = match (it.total.cloned(), it.function.cloned()) {
        (None, _) => item,
        (Some(total), None) => ops::add(total.v(), item.v())?,
        (Some(total), Some(function)) => call::call2(function.v(), total.v(), item.v())?,
    };
    it.total.set(total.clone());
    Ok(Some(total))
}

// ---------------------------------------------------------------- batched

static BATCHED_DECL: ClassDecl = doc("Batch data into tuples of length n. The last batch may be shorter than n.\n\nLoops over the input iterable and accumulates data into tuples\nup to size n.  The input is consumed lazily, just enough to\nfill a batch.  The result is yielded as soon as a batch is full\nor when the input iterable is exhausted.\n\n    >>> for batch in batched('ABCDEFG', 3):\n    ...     print(batch)\n    ...\n    ('A', 'B', 'C')\n    ('D', 'E', 'F')\n    ('G',)\n\nIf \"strict\" is True, raises a ValueError if the final batch is shorter\nthan n.");
itertool!("batched" BATCHED Batched { iterator ; n: i64, strict: bool } Slots { iter: Some(iter_self), next: Some(batched_next), new: Some(batched_new), ..Slots::NONE }, &BATCHED_DECL);

fn batched_new(class: &'static Type, args: &Args) -> R<Ref> {
    let [iterable, n, strict] = arity::named("batched", args, ["iterable", "n", "strict"], 2, 2)?;
    let n = int::index_i64(n)?;
    let strict = !strict.is_missing() && ops::truth(strict)?;
    if n < 1 {
        return Err(value_error("n must be at least one"));
    }
    let iterator = ops::iter(iterable)?;
    create(class, Batched { header: header(), iterator: Slot::new(iterator), n, strict })
}

fn batched_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Batched>(v);
    let Some(iterator) = it.iterator.cloned() else { return Ok(None) };
    let mut items = Vec::new();
    while (items.len() as i64) < it.n {
        match step(iterator.v())? {
            Some(item) => items.push(item),
            None => {
                it.iterator.take();
                if items.is_empty() {
                    return Ok(None);
                }
                if it.strict {
                    return Err(value_error("batched(): incomplete batch"));
                }
                break;
            }
        }
    }
    Ok(Some(tuple::from_refs(items)))
}

// ---------------------------------------------------------------- chain

itertool!("chain" CHAIN Chain { source active ; } Slots { iter: Some(iter_self), next: Some(chain_next), new: Some(chain_new), ..Slots::NONE }, &CHAIN_DECL);

fn new_chain(class: &'static Type, iterables: Value) -> R<Ref> {
    let source = ops::iter(iterables)?;
    create(class, Chain { header: header(), source: Slot::new(source), active: Slot::empty() })
}

fn chain_new(class: &'static Type, args: &Args) -> R<Ref> {
    arity::refuse_keywords(class, &CHAIN, args)?;
    new_chain(class, tuple::from_slice(args.pos()).v())
}

fn chain_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Chain>(v);
    while let Some(source) = it.source.cloned() {
        let Some(active) = it.active.cloned() else {
            let next = match step(source.v()) {
                Ok(Some(iterable)) => ops::iter(iterable.v()),
                Ok(None) => {
                    it.source.take();
                    return Ok(None);
                }
                Err(raised) => Err(raised),
            };
            match next {
                Ok(iterator) => it.active.set(iterator),
                Err(raised) => {
                    it.source.take();
                    return Err(raised);
                }
            }
            continue;
        };
        if let Some(item) = step(active.v())? {
            return Ok(Some(item));
        }
        it.active.take();
    }
    Ok(None)
}

#[native_class(
    decl = CHAIN_DECL,
    doc = "Return a chain object whose .__next__() method returns elements from the\nfirst iterable until it is exhausted, then elements from the next\niterable, until all of the iterables are exhausted."
)]
impl Chain {
    /// Alternative chain() constructor taking a single iterable argument that evaluates lazily.
    #[classmethod("($type, iterable, /)")]
    fn from_iterable(class: Value, iterable: Value) -> R<Ref> {
        let class = dxpyc_objects::type_object::as_type(class).unwrap_or(&CHAIN);
        new_chain(class, iterable)
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        dxpyc_objects::generic_alias::new(class, item)
    }
}

// ---------------------------------------------------------------- compress

static COMPRESS_DECL: ClassDecl = doc("Return data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data elements using the selectors to\nchoose the data elements.");
itertool!("compress" COMPRESS Compress { data selectors ; } Slots { iter: Some(iter_self), next: Some(compress_next), new: Some(compress_new), ..Slots::NONE }, &COMPRESS_DECL);

fn compress_new(class: &'static Type, args: &Args) -> R<Ref> {
    let [data, selectors] = arity::named("compress", args, ["data", "selectors"], 2, 2)?;
    let (data, selectors) = (ops::iter(data)?, ops::iter(selectors)?);
    create(class, Compress { header: header(), data: Slot::new(data), selectors: Slot::new(selectors) })
}

fn compress_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Compress>(v);
    let (Some(data), Some(selectors)) = (it.data.cloned(), it.selectors.cloned()) else { return Ok(None) };
    loop {
        let Some(item) = step(data.v())? else { return Ok(None) };
        let Some(selector) = step(selectors.v())? else { return Ok(None) };
        if ops::truth(selector.v())? {
            return Ok(Some(item));
        }
    }
}

// ---------------------------------------------------------------- count

static COUNT_DECL: ClassDecl = doc("Return a count object whose .__next__() method returns consecutive values.\n\nEquivalent to:\n    def count(firstval=0, step=1):\n        x = firstval\n        while 1:\n            yield x\n            x += step");
itertool!("count" COUNT Count { value increment ; } Slots { iter: Some(iter_self), next: Some(count_next), new: Some(count_new), repr: Some(count_repr), ..Slots::NONE }, &COUNT_DECL);

fn is_number(v: Value) -> bool {
    let slots = type_of(v).slots();
    slots.index.is_some() || slots.int.is_some() || slots.float.is_some() || is_exact(v, &dxpyc_objects::complex::COMPLEX)
}

fn count_new(class: &'static Type, args: &Args) -> R<Ref> {
    let [start, increment] = arity::named("count", args, ["start", "step"], 2, 0)?;
    let start = if start.is_missing() { Value::from_small_int(0) } else { start };
    let increment = if increment.is_missing() { Value::from_small_int(1) } else { increment };
    if !is_number(start) || !is_number(increment) {
        return Err(type_error("a number is required"));
    }
    create(class, Count { header: header(), value: Slot::new(Ref::new(start)), increment: Slot::new(Ref::new(increment)) })
}

fn count_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Count>(v);
    let (Some(value), Some(increment)) = (it.value.cloned(), it.increment.cloned()) else { return Ok(None) };
    it.value.set(ops::add(value.v(), increment.v())?);
    Ok(Some(value))
}

fn count_repr(v: Value) -> R<Ref> {
    let it = at::<Count>(v);
    let mut out = str::Builder::new();
    out.push_str("count(");
    out.push_value(ops::repr(it.value.get())?.v());
    if it.increment.get() != Value::from_small_int(1) {
        out.push_str(", ");
        out.push_value(ops::repr(it.increment.get())?.v());
    }
    out.push_str(")");
    Ok(out.finish())
}

// ---------------------------------------------------------------- cycle

static CYCLE_DECL: ClassDecl = doc("Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.");
itertool!("cycle" CYCLE Cycle { iterator saved ; index: Cell<usize> } Slots { iter: Some(iter_self), next: Some(cycle_next), new: Some(cycle_new), ..Slots::NONE }, &CYCLE_DECL);

fn cycle_new(class: &'static Type, args: &Args) -> R<Ref> {
    let a = positional(class, &CYCLE, args, 1)?;
    let iterator = ops::iter(a[0])?;
    create(class, Cycle { header: header(), iterator: Slot::new(iterator), saved: Slot::new(list::new()), index: Cell::new(0) })
}

fn cycle_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Cycle>(v);
    let Some(saved) = it.saved.cloned() else { return Ok(None) };
    if let Some(iterator) = it.iterator.cloned() {
        if let Some(item) = step(iterator.v())? {
            list::push(saved.v(), item.clone());
            return Ok(Some(item));
        }
        it.iterator.take();
    }
    let n = list::len(saved.v());
    if n == 0 {
        return Ok(None);
    }
    let i = it.index.get() % n;
    it.index.set(i + 1);
    Ok(list::item(list::body(saved.v()), i))
}

// ---------------------------------------------------------------- dropwhile, takewhile, filterfalse, starmap

static DROPWHILE_DECL: ClassDecl = doc("Drop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable is exhausted.");
itertool!("dropwhile" DROPWHILE DropWhile { function iterator ; started: Cell<bool> } Slots { iter: Some(iter_self), next: Some(dropwhile_next), new: Some(dropwhile_new), ..Slots::NONE }, &DROPWHILE_DECL);
static TAKEWHILE_DECL: ClassDecl = doc("Return successive entries from an iterable as long as the predicate evaluates to true for each entry.");
itertool!("takewhile" TAKEWHILE TakeWhile { function iterator ; stopped: Cell<bool> } Slots { iter: Some(iter_self), next: Some(takewhile_next), new: Some(takewhile_new), ..Slots::NONE }, &TAKEWHILE_DECL);
static FILTERFALSE_DECL: ClassDecl = doc("Return those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are false.");
itertool!("filterfalse" FILTERFALSE FilterFalse { function iterator ; } Slots { iter: Some(iter_self), next: Some(filterfalse_next), new: Some(filterfalse_new), ..Slots::NONE }, &FILTERFALSE_DECL);
static STARMAP_DECL: ClassDecl = doc("Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.");
itertool!("starmap" STARMAP StarMap { function iterator ; } Slots { iter: Some(iter_self), next: Some(starmap_next), new: Some(starmap_new), ..Slots::NONE }, &STARMAP_DECL);

fn function_and_iterator(class: &'static Type, base: &'static Type, args: &Args) -> R<(Slot, Slot)> {
    let a = positional(class, base, args, 2)?;
    let iterator = ops::iter(a[1])?;
    Ok((Slot::new(Ref::new(a[0])), Slot::new(iterator)))
}

fn dropwhile_new(class: &'static Type, args: &Args) -> R<Ref> {
    let (function, iterator) = function_and_iterator(class, &DROPWHILE, args)?;
    create(class, DropWhile { header: header(), function, iterator, started: Cell::new(false) })
}

fn takewhile_new(class: &'static Type, args: &Args) -> R<Ref> {
    let (function, iterator) = function_and_iterator(class, &TAKEWHILE, args)?;
    create(class, TakeWhile { header: header(), function, iterator, stopped: Cell::new(false) })
}

fn filterfalse_new(class: &'static Type, args: &Args) -> R<Ref> {
    let (function, iterator) = function_and_iterator(class, &FILTERFALSE, args)?;
    create(class, FilterFalse { header: header(), function, iterator })
}

fn starmap_new(class: &'static Type, args: &Args) -> R<Ref> {
    let (function, iterator) = function_and_iterator(class, &STARMAP, args)?;
    create(class, StarMap { header: header(), function, iterator })
}

fn dropwhile_next(v: Value) -> R<Option<Ref>> {
    let it = at::<DropWhile>(v);
    let (Some(function), Some(iterator)) = (it.function.cloned(), it.iterator.cloned()) else { return Ok(None) };
    while let Some(item) = step(iterator.v())? {
        if it.started.get() || !ops::truth(call::call1(function.v(), item.v())?.v())? {
            it.started.set(true);
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn takewhile_next(v: Value) -> R<Option<Ref>> {
    let it = at::<TakeWhile>(v);
    let (Some(function), Some(iterator)) = (it.function.cloned(), it.iterator.cloned()) else { return Ok(None) };
    if it.stopped.get() {
        return Ok(None);
    }
    let Some(item) = step(iterator.v())? else { return Ok(None) };
    if ops::truth(call::call1(function.v(), item.v())?.v())? {
        return Ok(Some(item));
    }
    it.stopped.set(true);
    Ok(None)
}

fn filterfalse_next(v: Value) -> R<Option<Ref>> {
    let it = at::<FilterFalse>(v);
    let (Some(function), Some(iterator)) = (it.function.cloned(), it.iterator.cloned()) else { return Ok(None) };
    while let Some(item) = step(iterator.v())? {
        if !keeps(function.v(), item.v())? {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn starmap_next(v: Value) -> R<Option<Ref>> {
    let it = at::<StarMap>(v);
    let (Some(function), Some(iterator)) = (it.function.cloned(), it.iterator.cloned()) else { return Ok(None) };
    let Some(args) = step(iterator.v())? else { return Ok(None) };
    let args = tuple::from_iterable(args.v())?;
    call::call(function.v(), &Args::positional(tuple::items_unchecked(args.v()))).map(Some)
}

// ---------------------------------------------------------------- groupby

static GROUPBY_DECL: ClassDecl = doc("make an iterator that returns consecutive keys and groups from the iterable\n\n  iterable\n    Elements to divide into groups according to the key function.\n  key\n    A function for computing the group category for each element.\n    If the key function is not specified or is None, the element itself\n    is used for grouping.");
itertool!("groupby" GROUPBY GroupBy { iterator function target_key key value ; grouper: Cell<u64> } Slots { iter: Some(iter_self), next: Some(groupby_next), new: Some(groupby_new), ..Slots::NONE }, &GROUPBY_DECL);
static GROUPER_DECL: ClassDecl = doc("");
itertool!("_grouper" GROUPER Grouper { parent target_key ; } Slots { iter: Some(iter_self), next: Some(grouper_next), new: Some(grouper_new), ..Slots::NONE }, &GROUPER_DECL);

fn groupby_new(class: &'static Type, args: &Args) -> R<Ref> {
    let [iterable, key] = arity::named("groupby", args, ["iterable", "key"], 2, 1)?;
    let iterator = ops::iter(iterable)?;
    create(class, GroupBy {
        header: header(),
        iterator: Slot::new(iterator),
        function: if key.is_missing() || key.is_none() { Slot::empty() } else { Slot::new(Ref::new(key)) },
        target_key: Slot::empty(),
        key: Slot::empty(),
        value: Slot::empty(),
        grouper: Cell::new(0),
    })
}

/// Takes the next item and its key; false at the end.
fn groupby_step(it: &GroupBy) -> R<bool> {
    let Some(iterator) = it.iterator.cloned() else { return Ok(false) };
    let Some(value) = step(iterator.v())? else { return Ok(false) };
    let key = match it.function.cloned() {
        None => value.clone(),
        Some(function) => call::call1(function.v(), value.v())?,
    };
    it.value.set(value);
    it.key.set(key);
    Ok(true)
}

fn groupby_next(v: Value) -> R<Option<Ref>> {
    let it = at::<GroupBy>(v);
    it.grouper.set(0);
    loop {
        match (it.key.cloned(), it.target_key.cloned()) {
            (None, _) => {}
            (Some(_), None) => break,
            (Some(key), Some(target)) => {
                if !dict::same(target.v(), key.v())? {
                    break;
                }
            }
        }
        if !groupby_step(it)? {
            return Ok(None);
        }
    }
    let Some(key) = it.key.cloned() else { return Ok(None) };
    it.target_key.set(key.clone());
    let grouper = new_grouper(v, key.v());
    Ok(Some(tuple::pair(key, grouper)))
}

fn new_grouper(parent: Value, key: Value) -> Ref {
    let grouper =
        new_object(Grouper { header: header(), parent: Slot::new(Ref::new(parent)), target_key: Slot::new(Ref::new(key)) });
    at::<GroupBy>(parent).grouper.set(grouper.v().0);
    grouper
}

fn grouper_new(_class: &'static Type, args: &Args) -> R<Ref> {
    args.no_keywords("_grouper")?;
    arity::check("_grouper", args.pos().len(), 2, 2)?;
    if dxpyc_objects::cast::get::<GroupBy>(args.pos()[0]).is_none() {
        return Err(type_error(format!(
            "_grouper() argument 1 must be itertools.groupby, not {}",
            dxpyc_objects::type_object::display_name(args.pos()[0])
        )));
    }
    Ok(new_grouper(args.pos()[0], args.pos()[1]))
}

fn grouper_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Grouper>(v);
    let (Some(parent), Some(target)) = (it.parent.cloned(), it.target_key.cloned()) else { return Ok(None) };
    let parent = at::<GroupBy>(parent.v());
    if parent.grouper.get() != v.0 {
        return Ok(None);
    }
    if parent.value.is_empty() && !groupby_step(parent)? {
        return Ok(None);
    }
    let Some(key) = parent.key.cloned() else { return Ok(None) };
    if !dict::same(target.v(), key.v())? {
        return Ok(None);
    }
    let value = parent.value.take();
    parent.key.take();
    Ok(value)
}

// ---------------------------------------------------------------- islice

static ISLICE_DECL: ClassDecl = doc("islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\nReturn an iterator whose next() method returns selected values from an\niterable.  If start is specified, will skip all preceding elements;\notherwise, start defaults to zero.  Step defaults to one.  If\nspecified as another value, step determines how many values are\nskipped between successive calls.  Works like a slice() on a list\nbut returns an iterator.");
itertool!("islice" ISLICE Islice { iterator ; next: Cell<i64>, stop: i64, step: i64, count: Cell<i64> } Slots { iter: Some(iter_self), next: Some(islice_next), new: Some(islice_new), ..Slots::NONE }, &ISLICE_DECL);

/// A bound of islice; -1 for what is no such number.
fn bound(v: Value, absent: i64) -> i64 {
    if v.is_none() {
        return absent;
    }
    int::index_i64(v).unwrap_or_else(|_| {
        drop(dxpyc_objects::state::take_pending());
        -1
    })
}

fn islice_new(class: &'static Type, args: &Args) -> R<Ref> {
    arity::refuse_keywords(class, &ISLICE, args)?;
    let a = args.pos();
    arity::check("islice", a.len(), 2, 4)?;
    let (start, stop) = if a.len() == 2 { (0, a[1]) } else { (bound(a[1], 0), a[2]) };
    let stop = if stop.is_none() {
        -1
    } else {
        match bound(stop, -1) {
            -1 => {
                return Err(value_error("Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize."));
            }
            stop => stop,
        }
    };
    if start < 0 || stop < -1 {
        return Err(value_error("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."));
    }
    let step = if a.len() == 4 { bound(a[3], 1) } else { 1 };
    if step < 1 {
        return Err(value_error("Step for islice() must be a positive integer or None."));
    }
    let iterator = ops::iter(a[0])?;
    create(class, Islice { header: header(), iterator: Slot::new(iterator), next: Cell::new(start), stop, step, count: Cell::new(0) })
}

fn islice_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Islice>(v);
    let Some(iterator) = it.iterator.cloned() else { return Ok(None) };
    while it.count.get() < it.next.get() {
        if step(iterator.v())?.is_none() {
            it.iterator.take();
            return Ok(None);
        }
        it.count.set(it.count.get() + 1);
    }
    if it.stop != -1 && it.count.get() >= it.stop {
        it.iterator.take();
        return Ok(None);
    }
    let Some(item) = step(iterator.v())? else {
        it.iterator.take();
        return Ok(None);
    };
    it.count.set(it.count.get() + 1);
    let next = it.next.get().saturating_add(it.step);
    it.next.set(if it.stop != -1 && next > it.stop { it.stop } else { next });
    Ok(Some(item))
}

// ---------------------------------------------------------------- pairwise, repeat

static PAIRWISE_DECL: ClassDecl = doc("Return an iterator of overlapping pairs taken from the input iterator.\n\n    s -> (s0,s1), (s1,s2), (s2, s3), ...");
itertool!("pairwise" PAIRWISE Pairwise { iterator old ; } Slots { iter: Some(iter_self), next: Some(pairwise_next), new: Some(pairwise_new), ..Slots::NONE }, &PAIRWISE_DECL);

fn pairwise_new(class: &'static Type, args: &Args) -> R<Ref> {
    let a = positional(class, &PAIRWISE, args, 1)?;
    let iterator = ops::iter(a[0])?;
    create(class, Pairwise { header: header(), iterator: Slot::new(iterator), old: Slot::empty() })
}

fn pairwise_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Pairwise>(v);
    let Some(iterator) = it.iterator.cloned() else { return Ok(None) };
    let end = || {
        it.iterator.take();
        it.old.take();
    };
    if it.old.is_empty() {
        match step(iterator.v())? {
            Some(first) => it.old.set(first),
            None => {
                end();
                return Ok(None);
            }
        }
    }
    let old = it.old.cloned();
    match (old, step(iterator.v())?) {
        (Some(old), Some(new)) => {
            it.old.set(new.clone());
            Ok(Some(tuple::pair(old, new)))
        }
        _ => {
            end();
            Ok(None)
        }
    }
}

itertool!("repeat" REPEAT Repeat { element ; left: Cell<i64> } Slots { iter: Some(iter_self), next: Some(repeat_next), new: Some(repeat_new), repr: Some(repeat_repr), ..Slots::NONE }, &REPEAT_DECL);

fn repeat_new(class: &'static Type, args: &Args) -> R<Ref> {
    let [element, times] = arity::named("repeat", args, ["object", "times"], 2, 1)?;
    let left = if times.is_missing() { -1 } else { int::index_i64(times)?.max(0) };
    create(class, Repeat { header: header(), element: Slot::new(Ref::new(element)), left: Cell::new(left) })
}

fn repeat_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Repeat>(v);
    let left = it.left.get();
    if left == 0 {
        return Ok(None);
    }
    if left > 0 {
        it.left.set(left - 1);
    }
    Ok(it.element.cloned())
}

fn repeat_repr(v: Value) -> R<Ref> {
    let it = at::<Repeat>(v);
    let mut out = str::Builder::new();
    out.push_str("repeat(");
    out.push_value(ops::repr(it.element.get())?.v());
    if it.left.get() >= 0 {
        out.push_str(&format!(", {}", it.left.get()));
    }
    out.push_str(")");
    Ok(out.finish())
}

#[native_class(
    decl = REPEAT_DECL,
    doc = "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly."
)]
impl Repeat {
    /// Private method returning an estimate of len(list(it)).
    #[native]
    fn __length_hint__(&self) -> R<i64> {
        if self.left.get() < 0 {
            return Err(type_error("len() of unsized object"));
        }
        Ok(self.left.get())
    }
}

// ---------------------------------------------------------------- tee

/// What the tees of one iterator share.
#[repr(C)]
pub struct TeeSource {
    header: Header,
    iterator: Slot,
    running: Cell<bool>,
}
/// One item that was taken: a link of the chain behind which the tees walk.
#[repr(C)]
pub struct TeeNode {
    header: Header,
    value: Slot,
    next: Slot,
}
impl Visit for TeeSource {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.iterator)
    }
    fn clear(&self) {
        self.iterator.take();
    }
}
impl Visit for TeeNode {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.value);
        visitor.slot(&self.next);
    }
    fn clear(&self) {
        self.value.take();
        self.next.take();
    }
}
/// The type of the shared part.
pub static TEE_SOURCE: Type =
    Type::builtin::<TeeSource>("_tee_source", "itertools", Some(&OBJECT), type_flags::NO_NEW, Slots::NONE, None).visited::<TeeSource>();
/// The type of the links.
pub static TEE_NODE: Type =
    Type::builtin::<TeeNode>("_tee_dataobject", "itertools", Some(&OBJECT), type_flags::NO_NEW, Slots::NONE, None).visited::<TeeNode>();
object_type!(TeeSource, TEE_SOURCE);
object_type!(TeeNode, TEE_NODE);

itertool!("_tee" TEE Tee { source node ; } Slots { iter: Some(iter_self), next: Some(tee_next), new: Some(tee_new), ..Slots::NONE }, &TEE_DECL);

fn new_tee(iterable: Value) -> R<Ref> {
    let iterator = ops::iter(iterable)?;
    if let Some(tee) = dxpyc_objects::cast::get::<Tee>(iterator.v()) {
        return copy_tee(tee);
    }
    let source = new_object(TeeSource { header: header(), iterator: Slot::new(iterator), running: Cell::new(false) });
    let node = new_object(TeeNode { header: header(), value: Slot::empty(), next: Slot::empty() });
    Ok(new_object(Tee { header: header(), source: Slot::new(source), node: Slot::new(node) }))
}

fn copy_tee(tee: &Tee) -> R<Ref> {
    let copy = |slot: &Slot| slot.cloned().map_or(Slot::empty(), Slot::new);
    Ok(new_object(Tee { header: header(), source: copy(&tee.source), node: copy(&tee.node) }))
}

fn tee_new(_class: &'static Type, args: &Args) -> R<Ref> {
    args.no_keywords("_tee")?;
    arity::check("_tee", args.pos().len(), 1, 1)?;
    new_tee(args.pos()[0])
}

fn tee_next(v: Value) -> R<Option<Ref>> {
    let it = at::<Tee>(v);
    let (Some(source), Some(node)) = (it.source.cloned(), it.node.cloned()) else { return Ok(None) };
    let node = at::<TeeNode>(node.v());
    if let Some(next) = node.next.cloned() {
        let value = at::<TeeNode>(next.v()).value.cloned();
        it.node.set(next);
        return Ok(value);
    }
    let source = at::<TeeSource>(source.v());
    if source.running.get() {
        return Err(runtime_error("cannot re-enter the tee iterator"));
    }
    let Some(iterator) = source.iterator.cloned() else { return Ok(None) };
    source.running.set(true);
    let item = step(iterator.v());
    source.running.set(false);
    let Some(item) = item? else { return Ok(None) };
    let next = new_object(TeeNode { header: header(), value: Slot::new(item.clone()), next: Slot::empty() });
    node.next.set(next.clone());
    it.node.set(next);
    Ok(Some(item))
}

#[native_class(decl = TEE_DECL, doc = "Iterator wrapped to make it copyable.")]
impl Tee {
    /// Returns an independent iterator.
    #[native]
    fn __copy__(&self) -> R<Ref> {
        copy_tee(self)
    }
}

// ---------------------------------------------------------------- zip_longest

static ZIP_LONGEST_DECL: ClassDecl = doc("Return a zip_longest object whose .__next__() method returns a tuple where\nthe i-th element comes from the i-th iterable argument.  The .__next__()\nmethod continues until the longest iterable in the argument sequence\nis exhausted and then it raises StopIteration.  When the shorter iterables\nare exhausted, the fillvalue is substituted in their place.  The fillvalue\ndefaults to None or can be specified by a keyword argument.");
itertool!("zip_longest" ZIP_LONGEST ZipLongest { iterators fill ; active: Cell<usize> } Slots { iter: Some(iter_self), next: Some(zip_longest_next), new: Some(zip_longest_new), ..Slots::NONE }, &ZIP_LONGEST_DECL);

fn zip_longest_new(class: &'static Type, args: &Args) -> R<Ref> {
    let mut fill = Value::NONE;
    for (name, value) in args.kw() {
        if !str::view(name).is("fillvalue") {
            return Err(type_error("zip_longest() got an unexpected keyword argument"));
        }
        fill = value;
    }
    let iterators = iterators_of(args.pos())?;
    // A list: iterators that are done are replaced by None.
    let iterators = list::from_slice(tuple::items_unchecked(iterators.v()));
    create(class, ZipLongest {
        header: header(),
        iterators: Slot::new(iterators),
        fill: Slot::new(Ref::new(fill)),
        active: Cell::new(args.pos().len()),
    })
}

fn zip_longest_next(v: Value) -> R<Option<Ref>> {
    let it = at::<ZipLongest>(v);
    let (Some(iterators), Some(fill)) = (it.iterators.cloned(), it.fill.cloned()) else { return Ok(None) };
    if it.active.get() == 0 {
        return Ok(None);
    }
    let mut items = Vec::new();
    let mut i = 0;
    while let Some(iterator) = list::item(list::body(iterators.v()), i) {
        let item = if iterator.v().is_none() { None } else { step(iterator.v()) .inspect_err(|_| it.active.set(0))? };
        match item {
            Some(item) => items.push(item),
            None => {
                if !iterator.v().is_none() {
                    it.active.set(it.active.get().saturating_sub(1));
                    if it.active.get() == 0 {
                        return Ok(None);
                    }
                    ops::setitem(iterators.v(), Value::from_small_int(i as i64), Value::NONE)?;
                }
                items.push(fill.clone());
            }
        }
        i += 1;
    }
    Ok(Some(tuple::from_refs(items)))
}

fn init(module: Value) -> R<()> {
    use crate::itertools_pools::{COMBINATIONS, COMBINATIONS_WITH_REPLACEMENT, PERMUTATIONS, PRODUCT};
    let classes: [&'static Type; 21] = [
        &ACCUMULATE, &BATCHED, &CHAIN, &COMBINATIONS, &COMBINATIONS_WITH_REPLACEMENT, &COMPRESS, &COUNT, &CYCLE, &DROPWHILE,
        &FILTERFALSE, &GROUPBY, &GROUPER, &ISLICE, &PAIRWISE, &PERMUTATIONS, &PRODUCT, &REPEAT, &STARMAP, &TAKEWHILE, &TEE,
        &ZIP_LONGEST,
    ];
    for class in classes {
        dict::set_str(module, class.static_name, Ref::new(class.v()));
    }
    dict::set_str(module, "_tee_dataobject", Ref::new(TEE_NODE.v()));
    Ok(())
}

/// Functional tools for creating and using iterators.
#[native_module(name = "itertools", init = init)]
pub mod module {
    use super::*;

    /// Returns a tuple of n independent iterators.
    #[native("($module, iterable, n=2, /)")]
    fn tee(iterable: Value, n: i64) -> R<Ref> {
        if n < 0 {
            return Err(value_error("n must be >= 0"));
        }
        if n == 0 {
            return Ok(Ref::new(tuple::empty()));
        }
        let first = new_tee(iterable)?;
        let mut out = vec![first.clone()];
        while (out.len() as i64) < n {
            out.push(copy_tee(at::<Tee>(first.v()))?);
        }
        Ok(tuple::from_refs(out))
    }
}
