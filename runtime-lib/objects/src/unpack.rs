//! Argument helpers of the text types: constructors' arguments by name or position, indices, slice bounds.

use crate::prelude::*;
use crate::str;
use crate::type_object::display_name;

/// Sorts the arguments of `name()` into `out` by the parameter names; absent ones stay MISSING. The first `required` must be there.
pub fn unpack(args: &Args, name: &str, params: &[&str], required: usize, out: &mut [Value]) -> R<()> {
    let positional = args.pos();
    let given = positional.len() + args.names().len();
    if given > params.len() {
        let n = params.len();
        let word = if required == n { "exactly" } else { "at most" };
        let keyword = if positional.is_empty() { "keyword " } else { "" };
        let plural = if n == 1 { "" } else { "s" };
        return Err(type_error(format!("{name}() takes {word} {n} {keyword}argument{plural} ({given} given)")));
    }
    out[..params.len()].fill(Value::MISSING);
    out[..positional.len()].copy_from_slice(positional);
    for (key, value) in args.kw() {
        let Some(at) = params.iter().position(|p| str::view(key).is(p)) else {
            return Err(crate::suggestions::unexpected_keyword(name, key, params));
        };
        if !out[at].is_missing() {
            return Err(type_error(format!("argument for {name}() given by name ('{}') and position ({})", params[at], at + 1)));
        }
        out[at] = value;
    }
    for i in 0..required {
        if out[i].is_missing() {
            return Err(type_error(format!("{name}() missing required argument '{}' (pos {})", params[i], i + 1)));
        }
    }
    Ok(())
}

/// `T` of "must be str, not T": None is called None.
pub fn not_name(v: Value) -> String {
    if v.is_none() { "None".into() } else { display_name(v) }
}

/// Checks that an argument given by name is a str.
pub fn str_argument(function: &str, name: &str, v: Value) -> R<()> {
    if str::is_str(v) {
        return Ok(());
    }
    Err(type_error(format!("{function}() argument '{name}' must be str, not {}", not_name(v))))
}

/// Whether the value has `__index__`.
#[inline]
pub fn is_index(v: Value) -> bool {
    v.is_small_int() || type_of(v).slots().index.is_some()
}

/// An index as i64; IndexError when too large. The caller checked [`is_index`].
pub fn index_value(v: Value) -> R<i64> {
    if let Some(i) = v.as_small_int() {
        return Ok(i);
    }
    let i = crate::ops::index(v)?;
    match crate::int::as_i64_exact(i.v()) {
        Some(i) => Ok(i),
        None => Err(index_error(format!("cannot fit '{}' into an index-sized integer", display_name(v)))),
    }
}

/// An index of a sequence of `len` items: negative ones count from the end. None: out of range.
pub fn sequence_index(v: Value, len: usize) -> R<Option<usize>> {
    let i = index_value(v)?;
    let i = if i < 0 { i.wrapping_add(len as i64) } else { i };
    Ok(if i >= 0 && (i as u64) < len as u64 { Some(i as usize) } else { None })
}

/// A bound of a slice: None is the default, ints are clamped.
pub fn slice_bound(v: Option<Value>, default: isize) -> R<isize> {
    let Some(v) = v else { return Ok(default) };
    if let Some(i) = v.as_small_int() {
        return Ok(i as isize);
    }
    if v.is_none() {
        return Ok(default);
    }
    if !is_index(v) {
        return Err(type_error("slice indices must be integers or None or have an __index__ method"));
    }
    let i = crate::ops::index(v)?;
    match crate::int::as_i64_exact(i.v()) {
        Some(i) => Ok(i as isize),
        None => Ok(if crate::ops::compare_true(i.v(), Value::from_small_int(0), CompareOp::Lt)? { isize::MIN } else { isize::MAX }),
    }
}

/// `start` and `end` of `find`-like methods as a range in `len` items; `start` may exceed `end` (then nothing is in it).
pub fn bounds(start: Option<Value>, end: Option<Value>, len: usize) -> R<(usize, usize)> {
    let len = len as isize;
    let (mut s, mut e) = (slice_bound(start, 0)?, slice_bound(end, isize::MAX)?);
    if e > len {
        e = len;
    } else if e < 0 {
        e = (e + len).max(0);
    }
    if s < 0 {
        s = s.saturating_add(len).max(0);
    }
    Ok((s as usize, e as usize))
}

/// An argument of C type int; OverflowError `Python int too large to convert to C int`.
pub fn c_int(v: Value) -> R<i64> {
    let index = crate::ops::index(v)?;
    match crate::int::as_i64_exact(index.v()) {
        Some(i) if i32::try_from(i).is_ok() => Ok(i),
        _ => Err(overflow_error("Python int too large to convert to C int")),
    }
}
