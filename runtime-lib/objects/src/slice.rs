//! slice objects and index arithmetic.

use crate::arity;
use crate::int;
use crate::ops;
use crate::prelude::*;

/// A slice.
#[repr(C)]
pub struct SliceObject {
    header: Header,
    /// First index or None.
    pub start: Slot,
    /// End or None.
    pub stop: Slot,
    /// Step or None.
    pub step: Slot,
}

impl Visit for SliceObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.start);
        visitor.slot(&self.stop);
        visitor.slot(&self.step);
    }
    fn clear(&self) {
        self.start.set(Ref::none());
        self.stop.set(Ref::none());
        self.step.set(Ref::none());
    }
}

const SLOTS: Slots = Slots { repr: Some(repr), hash: Some(hash), compare: Some(compare), new: Some(new_slot), ..Slots::NONE };

/// The type `slice`.
pub static SLICE: Type =
    Type::builtin::<SliceObject>("slice", "builtins", Some(&crate::type_object::OBJECT), 0, SLOTS, Some(&SLICE_DECL))
        .visited::<SliceObject>()
.dealloc_by(crate::type_object::dealloc_as::<SliceObject>);
object_type!(SliceObject, SLICE);

/// Whether the value is a slice.
#[inline(always)]
pub fn is_slice(v: Value) -> bool {
    is_exact(v, &SLICE)
}

/// `slice(start, stop, step)`.
pub fn new(start: Value, stop: Value, step: Value) -> Ref {
    new_object(SliceObject {
        header: crate::cast::fresh_header(),
        start: Slot::new(Ref::new(start)),
        stop: Slot::new(Ref::new(stop)),
        step: Slot::new(Ref::new(step)),
    })
}

fn new_slot(_class: &'static Type, args: &Args) -> R<Ref> {
    args.no_keywords("slice")?;
    let a = args.pos();
    arity::check("slice", a.len(), 1, 3)?;
    Ok(match *a {
        [stop] => new(Value::NONE, stop, Value::NONE),
        [start, stop] => new(start, stop, Value::NONE),
        _ => new(a[0], a[1], a[2]),
    })
}

/// An index that saturates: for the parts of slices. None and ints (or `__index__`).
pub fn saturating_index(v: Value) -> R<isize> {
    if let Some(i) = v.as_small_int() {
        return Ok(i as isize);
    }
    if !has_index(v) {
        return Err(type_error("slice indices must be integers or None or have an __index__ method"));
    }
    let i = ops::index(v)?;
    Ok(saturate(i.v()))
}

/// An int that saturates.
pub fn saturate(int: Value) -> isize {
    match int::as_i64_exact(int) {
        Some(i) => i as isize,
        None => {
            let negative = int::to_bigint(int).is_some_and(|b| b < dashu_int::IBig::ZERO);
            if negative { isize::MIN } else { isize::MAX }
        }
    }
}

/// Whether the value has `__index__`.
#[inline]
pub fn has_index(v: Value) -> bool {
    v.is_small_int() || type_of(v).slots().index.is_some()
}

/// Bounds of a slice for a sequence of `len` items: (start, stop, step, count).
pub fn indices(slice: Value, len: usize) -> R<(isize, isize, isize, usize)> {
    let s = crate::cast::get_unchecked::<SliceObject>(slice);
    let (start, stop, step) = parts(s)?;
    Ok(adjust(start, stop, step, len))
}

/// As [`parts`], when all parts are small ints or None and the step is not 0.
pub fn small_parts(s: &SliceObject) -> Result<(isize, isize, isize), ()> {
    let part = |v: Value, absent: isize| if v.is_none() { Ok(absent) } else { v.as_small_int().map(|i| i as isize).ok_or(()) };
    let step = part(s.step.get(), 1)?;
    if step == 0 {
        return Err(());
    }
    let (first, last) = if step < 0 { (isize::MAX, isize::MIN) } else { (0, isize::MAX) };
    Ok((part(s.start.get(), first)?, part(s.stop.get(), last)?, step))
}

/// The parts of a slice as numbers; absent ones as the extremes that `adjust` cuts.
pub fn parts(s: &SliceObject) -> R<(isize, isize, isize)> {
    let step = match s.step.get() {
        Value::NONE => 1,
        v => {
            let step = saturating_index(v)?;
            if step == 0 {
                return Err(value_error("slice step cannot be zero"));
            }
            step.max(-isize::MAX)
        }
    };
    let start = match s.start.get() {
        Value::NONE => if step < 0 { isize::MAX } else { 0 },
        v => saturating_index(v)?,
    };
    let stop = match s.stop.get() {
        Value::NONE => if step < 0 { isize::MIN } else { isize::MAX },
        v => saturating_index(v)?,
    };
    Ok((start, stop, step))
}

/// Cuts the parts of a slice to a sequence of `len` items: (start, stop, step, count).
#[inline]
pub fn adjust(start: isize, stop: isize, step: isize, len: usize) -> (isize, isize, isize, usize) {
    let len = len as isize;
    let cut = |i: isize| {
        if i < 0 {
            let i = i.saturating_add(len);
            if i < 0 { if step < 0 { -1 } else { 0 } } else { i }
        } else if i >= len {
            if step < 0 { len - 1 } else { len }
        } else {
            i
        }
    };
    let (start, stop) = (cut(start), cut(stop));
    let count = if step == 1 {
        (stop - start).max(0)
    } else if step == -1 {
        (start - stop).max(0)
    } else if step < 0 {
        if stop < start { (start - stop - 1) / -step + 1 } else { 0 }
    } else if start < stop {
        (stop - start - 1) / step + 1
    } else {
        0
    };
    (start, stop, step, count as usize)
}

/// The index of a subscript that is no small int and no slice. `TYPE indices must be integers or slices, not NAME`; IndexError when it does not fit.
#[cold]
pub fn item_index(key: Value, type_name: &str) -> R<isize> {
    if !has_index(key) {
        return Err(type_error(format!(
            "{type_name} indices must be integers or slices, not {}",
            crate::type_object::display_name(key)
        )));
    }
    let i = ops::index(key)?;
    match int::as_i64_exact(i.v()) {
        Some(i) => Ok(i as isize),
        None => Err(index_error(format!(
            "cannot fit '{}' into an index-sized integer",
            crate::type_object::display_name(key)
        ))),
    }
}

/// A start or stop argument of `index` and the like, cut to `0..=len`.
pub fn clamped(v: Option<Value>, len: usize, absent: usize) -> R<usize> {
    let Some(v) = v else { return Ok(absent) };
    let i = match v.as_small_int() {
        Some(i) => i as isize,
        None => {
            if !has_index(v) {
                return Err(type_error("slice indices must be integers or have an __index__ method"));
            }
            saturate(ops::index(v)?.v())
        }
    };
    let i = if i < 0 { i.saturating_add(len as isize).max(0) } else { i };
    Ok((i as usize).min(len))
}

fn repr(v: Value) -> R<Ref> {
    let s = crate::cast::get_unchecked::<SliceObject>(v);
    let mut out = crate::str::Builder::new();
    out.push_str("slice(");
    for (i, part) in [&s.start, &s.stop, &s.step].into_iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_value(ops::repr(part.get())?.v());
    }
    out.push_str(")");
    Ok(out.finish())
}

fn hash(v: Value) -> R<i64> {
    let s = crate::cast::get_unchecked::<SliceObject>(v);
    let parts = [s.start.get(), s.stop.get(), s.step.get()];
    // As the tuple's hash, without the length.
    const PRIME_1: u64 = 11400714785074694791;
    const PRIME_2: u64 = 14029467366897019727;
    const PRIME_5: u64 = 2870177450012600261;
    let mut acc = PRIME_5;
    for part in parts {
        acc = acc.wrapping_add((crate::dict::hash_of(part)? as u64).wrapping_mul(PRIME_2));
        acc = acc.rotate_left(31).wrapping_mul(PRIME_1);
    }
    Ok(if acc == u64::MAX { 1546275796 } else { acc as i64 })
}

fn as_tuple(s: &SliceObject) -> Ref {
    crate::tuple::from_slice(&[s.start.get(), s.stop.get(), s.step.get()])
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !is_slice(a) || !is_slice(b) {
        return Ok(Ref::not_implemented());
    }
    if a == b {
        return Ok(Ref::bool(matches!(op, CompareOp::Eq | CompareOp::Le | CompareOp::Ge)));
    }
    let (x, y) = (crate::cast::get_unchecked::<SliceObject>(a), crate::cast::get_unchecked::<SliceObject>(b));
    let (x, y) = (as_tuple(x), as_tuple(y));
    ops::compare(x.v(), y.v(), op)
}

#[native_class(
    decl = SLICE_DECL,
    doc = "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2])."
)]
impl SliceObject {
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
    /// S.indices(len) -> (start, stop, stride)
    ///
    /// Assuming a sequence of length len, calculate the start and stop
    /// indices, and the stride length of the extended slice described by
    /// S. Out of bounds indices are clipped in a manner consistent with the
    /// handling of normal slices.
    #[native(raw)]
    fn indices(&self, args: &Args) -> R<Ref> {
        args.no_keywords("slice.indices")?;
        let &[length] = args.pos() else {
            return Err(type_error(format!("slice.indices() takes exactly one argument ({} given)", args.pos().len())));
        };
        big_indices(self, length)
    }
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let s = crate::cast::get_unchecked::<SliceObject>(this);
        Ok(crate::tuple::pair(Ref::new(SLICE.v()), as_tuple(s)))
    }
}

/// `slice.indices` with ints of any size.
pub fn big_indices(s: &SliceObject, length: Value) -> R<Ref> {
    let length = ops::index(length)?;
    let zero = Value::from_small_int(0);
    let one = Value::from_small_int(1);
    let less = |a: Value, b: Value| ops::compare_true(a, b, CompareOp::Lt);
    if less(length.v(), zero)? {
        return Err(value_error("length should not be negative"));
    }
    let part = |v: Value| -> R<Ref> {
        if !has_index(v) {
            return Err(type_error("slice indices must be integers or None or have an __index__ method"));
        }
        ops::index(v)
    };
    let step = match s.step.get() {
        Value::NONE => Ref::new(one),
        v => part(v)?,
    };
    let backwards = less(step.v(), zero)?;
    if ops::eq(step.v(), zero)? {
        return Err(value_error("slice step cannot be zero"));
    }
    let (lower, upper) = if backwards {
        (Ref::new(Value::from_small_int(-1)), ops::sub(length.v(), one)?)
    } else {
        (Ref::new(zero), length.clone())
    };
    let cut = |v: Value, absent: &Ref| -> R<Ref> {
        if v.is_none() {
            return Ok(absent.clone());
        }
        let mut i = part(v)?;
        if less(i.v(), zero)? {
            i = ops::add(i.v(), length.v())?;
            Ok(if less(i.v(), lower.v())? { lower.clone() } else { i })
        } else {
            Ok(if less(upper.v(), i.v())? { upper.clone() } else { i })
        }
    };
    let start = cut(s.start.get(), if backwards { &upper } else { &lower })?;
    let stop = cut(s.stop.get(), if backwards { &lower } else { &upper })?;
    Ok(crate::tuple::from_refs(vec![start, stop, step]))
}
