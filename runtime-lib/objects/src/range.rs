//! range and its iterators. Ranges of small ints work on machine words; others on ints of any size.

use crate::arity;
use crate::int;
use crate::iterators::{builtin, iter_self};
use crate::ops;
use crate::prelude::*;
use dxpyc_abi::layout::RangeIterator;

/// A range.
#[repr(C)]
pub struct RangeObject {
    header: Header,
    start: Slot,
    stop: Slot,
    step: Slot,
    length: Slot,
    /// The parts as words: (start, step, length). Step 0: they (or a value) do not fit.
    words: (i64, i64, u64),
}

const SLOTS: Slots = Slots {
    repr: Some(repr),
    hash: Some(hash),
    compare: Some(compare),
    iter: Some(iter),
    new: Some(new),
    len: Some(len),
    getitem: Some(getitem),
    contains: Some(contains),
    truth: Some(truth),
    ..Slots::NONE
};

/// The type `range`.
pub static RANGE: Type = Type::builtin::<RangeObject>(
    "range",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::SEQUENCE,
    SLOTS,
    Some(&RANGE_DECL),
)
.dealloc_by(crate::type_object::dealloc_as::<RangeObject>);
object_type!(RangeObject, RANGE);

const ZERO: Value = Value::from_small_int(0);
const ONE: Value = Value::from_small_int(1);

fn less(a: Value, b: Value) -> R<bool> {
    ops::compare_true(a, b, CompareOp::Lt)
}

/// Number of values from `start` to `stop`, for words.
fn count(start: i64, stop: i64, step: i64) -> u64 {
    if step > 0 && start < stop {
        (stop.wrapping_sub(start) as u64 - 1) / step as u64 + 1
    } else if step < 0 && start > stop {
        (start.wrapping_sub(stop) as u64 - 1) / step.unsigned_abs() + 1
    } else {
        0
    }
}

/// A range of three ints; step is not 0.
pub fn from_ints(start: Ref, stop: Ref, step: Ref) -> R<Ref> {
    if let (Some(a), Some(b), Some(s)) = (start.v().as_small_int(), stop.v().as_small_int(), step.v().as_small_int()) {
        let n = count(a, b, s);
        return Ok(new_object(RangeObject {
            header: crate::cast::fresh_header(),
            start: Slot::new(start),
            stop: Slot::new(stop),
            step: Slot::new(step),
            length: Slot::new(int::from_u64(n)),
            words: (a, s, n),
        }));
    }
    let length = big_length(start.v(), stop.v(), step.v())?;
    Ok(new_object(RangeObject {
        header: crate::cast::fresh_header(),
        start: Slot::new(start),
        stop: Slot::new(stop),
        step: Slot::new(step),
        length: Slot::new(length),
        words: (0, 0, 0),
    }))
}

fn big_length(start: Value, stop: Value, step: Value) -> R<Ref> {
    let (low, high, step) = if less(step, ZERO)? {
        (Ref::new(stop), Ref::new(start), ops::neg(step)?)
    } else {
        (Ref::new(start), Ref::new(stop), Ref::new(step))
    };
    if !less(low.v(), high.v())? {
        return Ok(Ref::new(ZERO));
    }
    let span = ops::sub(ops::sub(high.v(), low.v())?.v(), ONE)?;
    ops::add(ops::floordiv(span.v(), step.v())?.v(), ONE)
}

fn new(_class: &'static Type, args: &Args) -> R<Ref> {
    args.no_keywords("range")?;
    let a = args.pos();
    arity::check("range", a.len(), 1, 3)?;
    let (start, stop, step) = match *a {
        [stop] => (Ref::new(ZERO), ops::index(stop)?, Ref::new(ONE)),
        [start, stop] => (ops::index(start)?, ops::index(stop)?, Ref::new(ONE)),
        _ => {
            let (start, stop, step) = (ops::index(a[0])?, ops::index(a[1])?, ops::index(a[2])?);
            if step.v() == ZERO {
                return Err(value_error("range() arg 3 must not be zero"));
            }
            (start, stop, step)
        }
    };
    from_ints(start, stop, step)
}

fn body<'a>(v: Value) -> &'a RangeObject {
    crate::cast::get_unchecked(v)
}

fn repr(v: Value) -> R<Ref> {
    let r = body(v);
    let mut out = crate::str::Builder::new();
    out.push_str("range(");
    out.push_value(ops::repr(r.start.get())?.v());
    out.push_str(", ");
    out.push_value(ops::repr(r.stop.get())?.v());
    if r.step.get() != ONE {
        out.push_str(", ");
        out.push_value(ops::repr(r.step.get())?.v());
    }
    out.push_str(")");
    Ok(out.finish())
}

/// What equality and hash look at: length, first value, step; absent ones None.
fn signature(r: &RangeObject) -> [Value; 3] {
    let n = r.length.get();
    if n == ZERO {
        [n, Value::NONE, Value::NONE]
    } else if n == ONE {
        [n, r.start.get(), Value::NONE]
    } else {
        [n, r.start.get(), r.step.get()]
    }
}

fn hash(v: Value) -> R<i64> {
    let parts = signature(body(v));
    crate::tuple::hash_lanes(3, |i| crate::dict::hash_of(parts[i]))
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !is_exact(b, &RANGE) || !is_exact(a, &RANGE) || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let (x, y) = (signature(body(a)), signature(body(b)));
    let mut equal = true;
    for (p, q) in x.into_iter().zip(y) {
        equal = equal && crate::dict::same(p, q)?;
    }
    Ok(Ref::bool(equal == (op == CompareOp::Eq)))
}

fn len(v: Value) -> R<usize> {
    let r = body(v);
    if r.words.1 != 0 {
        return Ok(r.words.2 as usize);
    }
    int::index_i64(r.length.get()).map(|n| n as usize)
}

fn truth(v: Value) -> R<bool> {
    Ok(body(v).length.get() != ZERO)
}

/// `start + i * step`.
fn value_at(r: &RangeObject, i: Value) -> R<Ref> {
    let offset = ops::mul(i, r.step.get())?;
    ops::add(r.start.get(), offset.v())
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    let r = body(v);
    if crate::slice::is_slice(key) {
        return slice(r, key);
    }
    if let (Some(i), (start, step, n)) = (key.as_small_int(), r.words)
        && step != 0
    {
        let i = if i < 0 { i + n as i64 } else { i };
        if i < 0 || i as u64 >= n {
            return Err(index_error("range object index out of range"));
        }
        return Ok(int::from_i64(start + i * step));
    }
    if !crate::slice::has_index(key) {
        return Err(type_error(format!(
            "range indices must be integers or slices, not {}",
            crate::type_object::display_name(key)
        )));
    }
    let mut i = ops::index(key)?;
    if less(i.v(), ZERO)? {
        i = ops::add(i.v(), r.length.get())?;
    }
    if less(i.v(), ZERO)? || !less(i.v(), r.length.get())? {
        return Err(index_error("range object index out of range"));
    }
    value_at(r, i.v())
}

/// A part of a range of words.
pub fn part(r: &RangeObject, start: isize, stop: isize, step: isize) -> Option<R<Ref>> {
    let (first, stride, n) = r.words;
    if stride == 0 || n > isize::MAX as u64 {
        return None;
    }
    let (start, stop, step, count) = crate::slice::adjust(start, stop, step, n as usize);
    let at = |i: isize| Value::try_small_int((i as i64).checked_mul(stride)?.checked_add(first)?);
    let (from, to, by) = (at(start)?, at(stop)?, Value::try_small_int((step as i64).checked_mul(stride)?)?);
    Some(Ok(new_object(RangeObject {
        header: crate::cast::fresh_header(),
        start: Slot::new(Ref::from_owned(from)),
        stop: Slot::new(Ref::from_owned(to)),
        step: Slot::new(Ref::from_owned(by)),
        length: Slot::new(int::from_u64(count as u64)),
        words: (from.small_int_unchecked(), by.small_int_unchecked(), count as u64),
    })))
}

/// `v[start:stop]` of a range, both small ints or absent.
pub fn plain_slice(v: Value, start: isize, stop: isize) -> Option<R<Ref>> {
    if is_exact(v, &RANGE) { part(body(v), start, stop, 1) } else { None }
}

fn slice(r: &RangeObject, key: Value) -> R<Ref> {
    if let Ok((start, stop, step)) = crate::slice::small_parts(crate::cast::get_unchecked(key))
        && let Some(result) = part(r, start, stop, step)
    {
        return result;
    }
    let parts = crate::slice::big_indices(crate::cast::get_unchecked(key), r.length.get())?;
    let &[start, stop, step] = crate::tuple::items_unchecked(parts.v()) else { unreachable!("indices are three") };
    from_ints(value_at(r, start)?, value_at(r, stop)?, ops::mul(r.step.get(), step)?)
}

/// Whether an exact int (or bool) is a value of the range.
fn contains_int(r: &RangeObject, x: Value) -> R<bool> {
    if let (Some(i), (start, step, n)) = (x.as_small_int(), r.words)
        && step != 0
    {
        let offset = i.wrapping_sub(start);
        return Ok(offset % step == 0 && offset / step >= 0 && ((offset / step) as u64) < n);
    }
    let (start, stop, step) = (r.start.get(), r.stop.get(), r.step.get());
    let inside = if less(ZERO, step)? {
        !less(x, start)? && less(x, stop)?
    } else {
        less(stop, x)? && !less(start, x)?
    };
    if !inside {
        return Ok(false);
    }
    Ok(ops::modulo(ops::sub(x, start)?.v(), step)?.v() == ZERO)
}

fn is_plain_int(v: Value) -> bool {
    v.is_small_int() || v.is_bool() || is_exact(v, &int::INT)
}

fn contains(v: Value, item: Value) -> R<bool> {
    if is_plain_int(item) {
        let item = ops::index(item)?;
        return contains_int(body(v), item.v());
    }
    let iterator = iter(v)?;
    while let Some(x) = crate::iterators::step(iterator.v())? {
        if crate::dict::same(x.v(), item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[native_class(
    decl = RANGE_DECL,
    doc = "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an object that produces a sequence of integers from start (inclusive)\nto stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.\nstart defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.\nThese are exactly the valid indices for a list of 4 elements.\nWhen step is given, it specifies the increment (or decrement)."
)]
impl RangeObject {
    #[getter(name = "start")]
    fn get_start(&self) -> Ref {
        Ref::new(self.start.get())
    }
    #[getter(name = "stop")]
    fn get_stop(&self) -> Ref {
        Ref::new(self.stop.get())
    }
    #[getter(name = "step")]
    fn get_step(&self) -> Ref {
        Ref::new(self.step.get())
    }
    /// rangeobject.count(value) -> integer -- return number of occurrences of value
    #[native]
    fn count(this: Value, value: Value) -> R<Ref> {
        if is_plain_int(value) {
            return Ok(int::from_i64(contains(this, value)? as i64));
        }
        let mut n = 0;
        crate::iterators::for_each(this, |x| {
            n += crate::dict::same(x.v(), value)? as i64;
            Ok(())
        })?;
        Ok(int::from_i64(n))
    }
    /// rangeobject.index(value) -> integer -- return index of value.
    /// Raise ValueError if the value is not present.
    #[native]
    fn index(this: Value, value: Value) -> R<Ref> {
        let r = body(this);
        if is_plain_int(value) {
            let x = ops::index(value)?;
            if !contains_int(r, x.v())? {
                return Err(value_error("range.index(x): x not in range"));
            }
            return ops::floordiv(ops::sub(x.v(), r.start.get())?.v(), r.step.get());
        }
        let iterator = iter(this)?;
        let mut i = 0;
        while let Some(x) = crate::iterators::step(iterator.v())? {
            if crate::dict::same(x.v(), value)? {
                return Ok(int::from_i64(i));
            }
            i += 1;
        }
        Err(value_error("sequence.index(x): x not in sequence"))
    }
    /// Return a reverse iterator.
    #[native]
    fn __reversed__(&self) -> R<Ref> {
        let last = ops::sub(self.length.get(), ONE)?;
        let first = value_at(self, last.v())?;
        let step = ops::neg(self.step.get())?;
        let stop = ops::sub(self.start.get(), self.step.get())?;
        iter_parts(first, stop, step, self.length.get())
    }
    /// Return state information for pickling.
    #[native]
    fn __reduce__(&self) -> R<Ref> {
        let args = crate::tuple::from_slice(&[self.start.get(), self.stop.get(), self.step.get()]);
        Ok(crate::tuple::pair(Ref::new(RANGE.v()), args))
    }
}

// ---------------------------------------------------------------- iterators

/// The type `range_iterator`.
#[unsafe(export_name = "dxp_type_range_iterator")]
pub static RANGE_ITERATOR: Type = Type::builtin::<RangeIterator>(
    "range_iterator",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(iter_self), next: Some(iterator_next), length_hint: Some(iterator_hint), ..Slots::NONE },
    Some(&RANGE_ITERATOR_DECL),
)
.dealloc_by(crate::type_object::dealloc_block);
object_type!(RangeIterator, RANGE_ITERATOR);

fn iter(v: Value) -> R<Ref> {
    let r = body(v);
    let (start, step, n) = r.words;
    if step != 0 {
        return Ok(new_object(RangeIterator {
            header: crate::cast::fresh_header(),
            next: Cell::new(start),
            left: Cell::new(n),
            step,
        }));
    }
    iter_parts(Ref::new(r.start.get()), Ref::new(r.stop.get()), Ref::new(r.step.get()), r.length.get())
}

/// An iterator over `left` values from `next` on, all small.
pub fn small_iterator(next: i64, left: u64, step: i64) -> Ref {
    new_object(RangeIterator {
        header: crate::cast::fresh_header(),
        next: Cell::new(next),
        left: Cell::new(left),
        step,
    })
}

/// An iterator over `length` values from `first` on; `stop` tells whether all are small.
fn iter_parts(first: Ref, stop: Ref, step: Ref, length: Value) -> R<Ref> {
    if let (Some(a), Some(_), Some(s), Some(n)) =
        (first.v().as_small_int(), stop.v().as_small_int(), step.v().as_small_int(), length.as_small_int())
    {
        return Ok(new_object(RangeIterator {
            header: crate::cast::fresh_header(),
            next: Cell::new(a),
            left: Cell::new(n as u64),
            step: s,
        }));
    }
    Ok(new_object(LongRangeIterator {
        header: crate::cast::fresh_header(),
        next: Slot::new(first),
        step: Slot::new(step),
        left: Slot::new(Ref::new(length)),
    }))
}

/// The next value, or MISSING.
#[inline(always)]
pub fn iterator_step(it: &RangeIterator) -> Value {
    let left = it.left.get();
    if left == 0 {
        return Value::MISSING;
    }
    let value = it.next.get();
    it.left.set(left - 1);
    it.next.set(value.wrapping_add(it.step));
    Value::from_small_int(value)
}

fn iterator_next(v: Value) -> R<Option<Ref>> {
    let value = iterator_step(crate::cast::get_unchecked(v));
    Ok(if value.is_missing() { None } else { Some(Ref::from_owned(value)) })
}

fn iterator_hint(v: Value) -> R<usize> {
    Ok(crate::cast::get_unchecked::<RangeIterator>(v).left.get() as usize)
}

struct RangeIteratorMethods;

#[native_class(decl = RANGE_ITERATOR_DECL, doc = "")]
impl RangeIteratorMethods {
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: &RangeIterator) -> R<Ref> {
        let (next, left, step) = (this.next.get(), this.left.get() as i64, this.step);
        let stop = ops::add(int::from_i64(next).v(), ops::mul(int::from_i64(left).v(), int::from_i64(step).v())?.v())?;
        reduce_as_range(int::from_i64(next), stop, int::from_i64(step))
    }
    /// Set state information for unpickling.
    #[native]
    fn __setstate__(this: &RangeIterator, state: Value) -> R<()> {
        let skip = (int::index_i64(state)?.max(0) as u64).min(this.left.get());
        this.next.set(this.next.get().wrapping_add(this.step.wrapping_mul(skip as i64)));
        this.left.set(this.left.get() - skip);
        Ok(())
    }
}

fn reduce_as_range(start: Ref, stop: Ref, step: Ref) -> R<Ref> {
    let range = from_ints(start, stop, step)?;
    Ok(crate::tuple::from_refs(vec![builtin("iter")?, crate::tuple::from_slice(&[range.v()]), Ref::none()]))
}

/// Iterator over values that are not all small ints.
#[repr(C)]
pub struct LongRangeIterator {
    header: Header,
    next: Slot,
    step: Slot,
    left: Slot,
}

/// The type `longrange_iterator`.
pub static LONG_RANGE_ITERATOR: Type = Type::builtin::<LongRangeIterator>(
    "longrange_iterator",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(iter_self), next: Some(long_next), ..Slots::NONE },
    Some(&LONG_RANGE_ITERATOR_DECL),
);
object_type!(LongRangeIterator, LONG_RANGE_ITERATOR);

fn long_next(v: Value) -> R<Option<Ref>> {
    let it = crate::cast::get_unchecked::<LongRangeIterator>(v);
    if it.left.get() == ZERO {
        return Ok(None);
    }
    let value = Ref::new(it.next.get());
    it.next.set(ops::add(value.v(), it.step.get())?);
    it.left.set(ops::sub(it.left.get(), ONE)?);
    Ok(Some(value))
}

#[native_class(decl = LONG_RANGE_ITERATOR_DECL, doc = "")]
impl LongRangeIterator {
    /// Private method returning an estimate of len(list(it)).
    #[native]
    fn __length_hint__(&self) -> Ref {
        Ref::new(self.left.get())
    }
    /// Return state information for pickling.
    #[native]
    fn __reduce__(&self) -> R<Ref> {
        let stop = ops::add(self.next.get(), ops::mul(self.left.get(), self.step.get())?.v())?;
        reduce_as_range(Ref::new(self.next.get()), stop, Ref::new(self.step.get()))
    }
    /// Set state information for unpickling.
    #[native]
    fn __setstate__(&self, state: Value) -> R<()> {
        let skip = ops::index(state)?;
        let skip = if less(skip.v(), ZERO)? { Ref::new(ZERO) } else { skip };
        let skip = if less(self.left.get(), skip.v())? { Ref::new(self.left.get()) } else { skip };
        let next = ops::add(self.next.get(), ops::mul(skip.v(), self.step.get())?.v())?;
        let left = ops::sub(self.left.get(), skip.v())?;
        self.next.set(next);
        self.left.set(left);
        Ok(())
    }
}
