//! `sum`, `min` and `max`.

use crate::int::{self, from_i64};
use crate::ops;
use crate::prelude::*;

/// A running sum of doubles with the lost low part (Neumaier's compensation).
#[derive(Clone, Copy)]
struct Compensated {
    high: f64,
    low: f64,
}

impl Compensated {
    fn new(start: f64) -> Compensated {
        Compensated { high: start, low: 0.0 }
    }
    fn add(&mut self, x: f64) {
        let t = self.high + x;
        self.low += if self.high.abs() >= x.abs() { (self.high - t) + x } else { (x - t) + self.high };
        self.high = t;
    }
    fn value(self) -> f64 {
        // A low part that is infinite or NaN says nothing.
        if self.low != 0.0 && self.low.is_finite() { self.high + self.low } else { self.high }
    }
}

/// An exact float.
fn exact_float(v: Value) -> Option<f64> {
    if v.is_imm_float() || is_exact(v, &crate::float::FLOAT) { crate::float::as_f64_exact(v) } else { None }
}

/// The items of exactly a bytes or bytearray, which are ints without being objects.
fn bytes_of<'a>(v: Value) -> Option<&'a [u8]> {
    if crate::cast::is_exact_object(v, &crate::bytes::BYTES) {
        return Some(crate::bytes::data(crate::cast::get_unchecked(v)));
    }
    if crate::cast::is_exact_object(v, &crate::bytearray::BYTEARRAY) {
        return Some(crate::cast::get_unchecked::<crate::bytearray::ByteArrayObject>(v).bytes());
    }
    None
}

/// `sum(iterable, start)`.
pub fn sum(iterable: Value, start: Value) -> R<Ref> {
    let iterator = ops::iter(iterable)?;
    let class = type_of(start);
    let join = if class.has(type_flags::STR) {
        "strings [use ''.join(seq) instead]"
    } else if class.has(type_flags::BYTES) {
        "bytes [use b''.join(seq) instead]"
    } else if class.is_subtype(&crate::bytearray::BYTEARRAY) {
        "bytearray [use b''.join(seq) instead]"
    } else {
        ""
    };
    if !join.is_empty() {
        return Err(type_error(format!("sum() can't sum {join}")));
    }
    if let Some(first) = start.as_small_int()
        && let Some(bytes) = bytes_of(iterable)
        && let Some(sum) = first.checked_add(bytes.iter().map(|&b| i64::from(b)).sum())
    {
        return Ok(from_i64(sum));
    }
    sum_rest(iterator.v(), start)
}

/// What `sum` gives when it has come to `start` and the iterator has the rest.
pub fn sum_rest(iterator: Value, start: Value) -> R<Ref> {
    let mut total = Ref::new(start);
    if int::is_exact_int(start)
        && let Some(mut sum) = int::as_i64_exact(start)
    {
        // No Python code runs as long as the items are ints.
        if let Some((items, index)) = crate::iterators::rest_of(iterator) {
            let mut at = index.get();
            while let Some(i) = items.get(at).and_then(|v| v.as_small_int())
                && let Some(next) = sum.checked_add(i)
            {
                sum = next;
                at += 1;
            }
            index.set(at);
        }
        loop {
            let Some(item) = crate::iterators::step(iterator)? else { return Ok(from_i64(sum)) };
            if let Some(i) = int::small(item.v())
                && let Some(next) = sum.checked_add(i)
            {
                sum = next;
                continue;
            }
            total = ops::add(from_i64(sum).v(), item.v())?;
            break;
        }
    }
    if let Some(f) = exact_float(total.v()) {
        let mut sum = Compensated::new(f);
        if let Some((items, index)) = crate::iterators::rest_of(iterator) {
            let mut at = index.get();
            while let Some(&v) = items.get(at)
                && v.is_imm_float()
            {
                sum.add(v.imm_float_unchecked());
                at += 1;
            }
            index.set(at);
        }
        loop {
            let Some(item) = crate::iterators::step(iterator)? else { return Ok(crate::float::from_f64(sum.value())) };
            if let Some(f) = exact_float(item.v()) {
                sum.add(f);
            } else if int::is_int(item.v()) {
                sum.add(crate::float::int_to_f64(item.v())?);
            } else {
                total = ops::add(crate::float::from_f64(sum.value()).v(), item.v())?;
                break;
            }
        }
    }
    if is_exact(total.v(), &crate::complex::COMPLEX) {
        let (x, y) = crate::complex::parts_exact(total.v()).unwrap_or((0.0, 0.0));
        let (mut real, mut imag) = (Compensated::new(x), Compensated::new(y));
        loop {
            let Some(item) = crate::iterators::step(iterator)? else {
                return Ok(crate::complex::from_parts(real.value(), imag.value()));
            };
            if is_exact(item.v(), &crate::complex::COMPLEX) {
                let (x, y) = crate::complex::parts_exact(item.v()).unwrap_or((0.0, 0.0));
                real.add(x);
                imag.add(y);
            } else if int::is_int(item.v()) {
                real.add(crate::float::int_to_f64(item.v())?);
            } else if let Some(f) = crate::float::as_f64_exact(item.v()) {
                real.add(f);
            } else {
                total = ops::add(crate::complex::from_parts(real.value(), imag.value()).v(), item.v())?;
                break;
            }
        }
    }
    while let Some(item) = crate::iterators::step(iterator)? {
        total = ops::add(total.v(), item.v())?;
    }
    Ok(total)
}

/// `max` (op Gt) and `min` (op Lt).
pub fn extreme(name: &'static str, op: CompareOp, args: &Args) -> R<Ref> {
    let (mut key, mut default) = (Value::NONE, None);
    for (keyword, v) in args.kw() {
        let text = crate::str::view(keyword);
        if text.is("key") {
            key = v;
        } else if text.is("default") {
            default = Some(v);
        } else {
            return Err(crate::suggestions::unexpected_keyword(name, keyword, &["key", "default"]));
        }
    }
    let mut best: Option<(Ref, Ref)> = None;
    let mut consider = |item: Ref| -> R<()> {
        let rank = if key.is_none() { item.clone() } else { crate::call::call1(key, item.v())? };
        let better = match &best {
            None => true,
            Some((_, best_rank)) => ops::compare_true(rank.v(), best_rank.v(), op)?,
        };
        if better {
            best = Some((item, rank));
        }
        Ok(())
    };
    match args.pos() {
        [] => return Err(type_error(format!("{name} expected at least 1 argument, got 0"))),
        [iterable] => {
            let iterator = ops::iter(*iterable)?;
            while let Some(item) = crate::iterators::step(iterator.v())? {
                consider(item)?;
            }
        }
        items => {
            if default.is_some() {
                return Err(type_error(format!("Cannot specify a default for {name}() with multiple positional arguments")));
            }
            for item in items {
                consider(Ref::new(*item))?;
            }
        }
    }
    match (best, default) {
        (Some((item, _)), _) => Ok(item),
        (None, Some(default)) => Ok(Ref::new(default)),
        (None, None) => Err(value_error(format!("{name}() iterable argument is empty"))),
    }
}
