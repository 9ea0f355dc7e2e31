//! Displays, unpacking and iteration.

use crate::entry::{status, value};
use crate::exceptions::{ATTRIBUTE_ERROR, KEY_ERROR, STOP_ITERATION, TYPE_ERROR};
use crate::iterators::{LIST_ITERATOR, TUPLE_ITERATOR};
use crate::prelude::*;
use crate::{dict, list, ops, set, tuple};
use dxpyc_heap::collect;
use dxpyc_heap::owned::incref;

/// The values of an argument array.
#[inline(always)]
unsafe fn values<'a>(items: *const Value, n: i64) -> &'a [Value] {
    if n == 0 {
        return &[];
    }
    // SAFETY: compiled code passes an array of n values.
    unsafe { std::slice::from_raw_parts(items, n as usize) }
}

/// `iter(object)`.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_iter(object: Value) -> Value {
    if list::is_exact_list(object) {
        return value(crate::iterators::list_iter(object));
    }
    value(ops::iter(object))
}

/// The next item; MISSING when exhausted.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_next(iterator: Value) -> Value {
    if iterator.is_pointer() {
        let class = type_of(iterator);
        if std::ptr::eq(class, &crate::generator::GENERATOR) {
            return next_of_generator(iterator);
        }
        if std::ptr::eq(class, &LIST_ITERATOR) {
            return crate::iterators::list_iterator_step(crate::cast::get_unchecked(iterator));
        }
        if std::ptr::eq(class, &TUPLE_ITERATOR) {
            return crate::iterators::tuple_iterator_step(crate::cast::get_unchecked(iterator));
        }
        if std::ptr::eq(class, &crate::range::RANGE_ITERATOR) {
            return crate::range::iterator_step(crate::cast::get_unchecked(iterator));
        }
        if std::ptr::eq(class, &crate::str_type::STR_ASCII_ITERATOR) {
            return crate::str_type::ascii_iterator_step(crate::cast::get_unchecked(iterator));
        }
    }
    next_of_other(iterator)
}

#[inline(never)]
fn next_of_generator(iterator: Value) -> Value {
    crate::generator::next_value(iterator)
}

#[inline(never)]
fn next_of_other(iterator: Value) -> Value {
    let Some(next) = type_of(iterator).slots().next else {
        let name = crate::type_object::display_name(iterator);
        return value(Err(type_error(format!("'{name}' object is not an iterator"))));
    };
    match next(iterator) {
        Ok(Some(item)) => item.into_raw(),
        Ok(None) => Value::MISSING,
        Err(_) => {
            if swallow(&STOP_ITERATION) {
                Value::MISSING
            } else {
                Value::ERROR
            }
        }
    }
}

/// `len()` as an int value.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_len(object: Value) -> Value {
    value(ops::len(object).map(|n| crate::int::from_i64(n as i64)))
}

fn too_many(expected: usize, got: Option<usize>) -> Raised {
    match got {
        Some(got) => value_error(format!("too many values to unpack (expected {expected}, got {got})")),
        None => value_error(format!("too many values to unpack (expected {expected})")),
    }
}

fn not_enough(word: &str, expected: usize, got: usize) -> Raised {
    value_error(format!("not enough values to unpack (expected {word}{expected}, got {got})"))
}

fn unpack_iterator(source: Value) -> R<Ref> {
    match ops::iter(source) {
        Ok(iterator) => Ok(iterator),
        Err(raised) => {
            if !crate::iterators::is_iterable(source) && swallow(&TYPE_ERROR) {
                let name = crate::type_object::display_name(source);
                return Err(type_error(format!("cannot unpack non-iterable {name} object")));
            }
            Err(raised)
        }
    }
}

/// Writes owned values to `out`.
unsafe fn give(items: Vec<Ref>, out: *mut Value) {
    for (i, item) in items.into_iter().enumerate() {
        // SAFETY: the caller's array has room for them.
        unsafe { out.add(i).write(item.into_raw()) };
    }
}

/// Unpacks exactly `n` items into `out` (owned).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_unpack(source: Value, n: i64, out: *mut Value) -> i32 {
    let n = n as usize;
    let items = if tuple::is_exact_tuple(source) {
        Some(tuple::items_unchecked(source))
    } else if list::is_exact_list(source) {
        Some(list::items_raw(source))
    } else {
        None
    };
    if let Some(items) = items {
        if items.len() == n {
            for (i, &item) in items.iter().enumerate() {
                incref(item);
                // SAFETY: out has room for n values.
                unsafe { out.add(i).write(item) };
            }
            return 0;
        }
        return status(Err(if items.len() > n { too_many(n, Some(items.len())) } else { not_enough("", n, items.len()) }));
    }
    let step = || -> R<Vec<Ref>> {
        let iterator = unpack_iterator(source)?;
        let mut got = Vec::with_capacity(n);
        while got.len() < n {
            match crate::iterators::step(iterator.v())? {
                Some(item) => got.push(item),
                None => return Err(not_enough("", n, got.len())),
            }
        }
        if crate::iterators::step(iterator.v())?.is_some() {
            let known = if dict::is_exact_dict(source) { Some(dict::len(source)) } else { None };
            return Err(too_many(n, known));
        }
        Ok(got)
    };
    match step() {
        Ok(got) => {
            // SAFETY: out has room for n values.
            unsafe { give(got, out) };
            0
        }
        Err(_) => -1,
    }
}

/// Unpacks with one starred target: `before` items, list, `after` items.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_unpack_ex(source: Value, before: i64, after: i64, out: *mut Value) -> i32 {
    let (before, after) = (before as usize, after as usize);
    let step = || -> R<Vec<Ref>> {
        let iterator = unpack_iterator(source)?;
        let mut got = Vec::new();
        while got.len() < before {
            match crate::iterators::step(iterator.v())? {
                Some(item) => got.push(item),
                None => return Err(not_enough(if after > 0 || before > 0 { "at least " } else { "" }, before + after, got.len())),
            }
        }
        let mut rest = list::collect(iterator.v())?;
        if rest.len() < after {
            return Err(not_enough("at least ", before + after, before + rest.len()));
        }
        let tail = rest.split_off(rest.len() - after);
        got.push(list::from_refs(rest));
        got.extend(tail);
        Ok(got)
    };
    match step() {
        Ok(got) => {
            // SAFETY: out has room for before + 1 + after values.
            unsafe { give(got, out) };
            0
        }
        Err(_) => -1,
    }
}

/// A tuple of n values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_tuple(items: *const Value, n: i64) -> Value {
    // SAFETY: by the entry's contract.
    value(tuple::try_from_slice(unsafe { values(items, n) }))
}

/// A list of n values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_list(items: *const Value, n: i64) -> Value {
    collect::safe_point();
    // SAFETY: by the entry's contract.
    value(list::try_from_slice(unsafe { values(items, n) }))
}

/// A set of n values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_set(items: *const Value, n: i64) -> Value {
    collect::safe_point();
    let result = set::new();
    // SAFETY: by the entry's contract.
    for &item in unsafe { values(items, n) } {
        if set::add(result.v(), item).is_err() {
            return Value::ERROR;
        }
    }
    result.into_raw()
}

/// A frozenset of n constants.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_const_frozenset(items: *const Value, n: i64) -> Value {
    let result = set::new_of(&set::FROZENSET);
    // SAFETY: by the entry's contract.
    for &item in unsafe { values(items, n) } {
        if set::add(result.v(), item).is_err() {
            return Value::ERROR;
        }
    }
    result.into_raw()
}

/// A dict of n pairs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_dict(items: *const Value, n: i64) -> Value {
    collect::safe_point();
    let result = if n > 5 { dict::with_capacity(n as usize) } else { dict::new() };
    // SAFETY: by the entry's contract.
    for pair in unsafe { values(items, n * 2) }.chunks_exact(2) {
        if dict::set(result.v(), pair[0], pair[1]).is_err() {
            return Value::ERROR;
        }
    }
    result.into_raw()
}

/// `object[start:stop]` of exact lists, tuples and strs with small bounds, without a slice object.
pub fn plain_slice(object: Value, start: Value, stop: Value) -> Option<R<Ref>> {
    let bound = |v: Value, absent: isize| if v.is_none() { Some(absent) } else { v.as_small_int().map(|i| i as isize) };
    let (start, stop) = (bound(start, 0)?, bound(stop, isize::MAX)?);
    let cut = |n: usize| {
        let (start, _, _, count) = crate::slice::adjust(start, stop, 1, n);
        (start as usize, start as usize + count)
    };
    if list::is_exact_list(object) {
        let l = list::body(object);
        let (start, stop) = cut(l.len.get());
        return Some(crate::list_slice::range(l, start, stop));
    }
    if crate::str::is_exact_str(object) {
        let (start, stop) = cut(crate::str::view(object).len());
        return Some(Ok(crate::str::substring(object, start, stop)));
    }
    if tuple::is_exact_tuple(object) {
        let items = tuple::items_unchecked(object);
        let (start, stop) = cut(items.len());
        if stop - start == items.len() {
            return Some(Ok(Ref::new(object)));
        }
        return Some(tuple::try_from_slice(&items[start..stop]));
    }
    crate::range::plain_slice(object, start, stop)
}

/// `slice(start, stop, step)`.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_slice(start: Value, stop: Value, step: Value) -> Value {
    crate::slice::new(start, stop, step).into_raw()
}

/// Appends to what is known to be a list.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_list_append(list: Value, item: Value) -> i32 {
    status(list::push_body(list::body(list), Ref::new(item)))
}

/// Extends what is known to be a list (`[*iterable]`).
#[unsafe(no_mangle)]
pub extern "C" fn dxp_list_extend(list: Value, iterable: Value) -> i32 {
    status(match list::extend(list, iterable) {
        Err(raised) => {
            if !crate::iterators::is_iterable(iterable) && swallow(&TYPE_ERROR) {
                let name = crate::type_object::display_name(iterable);
                Err(type_error(format!("Value after * must be an iterable, not {name}")))
            } else {
                Err(raised)
            }
        }
        done => done,
    })
}

/// A tuple of a list's items.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_list_to_tuple(list: Value) -> Value {
    value(tuple::try_from_slice(list::items_raw(list)))
}

/// Adds to what is known to be a set.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_set_add(set: Value, item: Value) -> i32 {
    status(set::add(set, item).map(drop))
}

/// Adds the items of an iterable (`{*iterable}`).
#[unsafe(no_mangle)]
pub extern "C" fn dxp_set_update(set: Value, iterable: Value) -> i32 {
    status(set::update(set, iterable))
}

/// `dict[key] = value` of a display or comprehension.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_dict_set(dict: Value, key: Value, value: Value) -> i32 {
    status(dict::set(dict, key, value))
}

/// `{**mapping}`.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_dict_update(dict: Value, mapping: Value) -> i32 {
    status(match dict::update_with(dict, mapping, true) {
        Err(raised) => {
            if !dict::is_mapping(mapping) && (swallow(&ATTRIBUTE_ERROR) || swallow(&TYPE_ERROR)) {
                let name = crate::type_object::display_name(mapping);
                Err(type_error(format!("'{name}' object is not a mapping")))
            } else {
                Err(raised)
            }
        }
        done => done,
    })
}

/// The callee's name in messages: `module.qualname()`, without the module for builtins.
fn function_str(callee: Value) -> R<String> {
    let Some(qualname) = ops::getattr_opt(callee, "__qualname__")? else {
        return Ok(crate::str::to_rust(ops::str(callee)?.v()));
    };
    let qualname = crate::str::to_rust(ops::str(qualname.v())?.v());
    if let Some(module) = ops::getattr_opt(callee, "__module__")?
        && !module.v().is_none()
    {
        let module = crate::str::to_rust(ops::str(module.v())?.v());
        if module != "builtins" {
            return Ok(format!("{module}.{qualname}()"));
        }
    }
    Ok(format!("{qualname}()"))
}

/// As dxp_dict_update, but a duplicate key is a TypeError that names `callee`.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_dict_merge(dict: Value, mapping: Value, callee: Value) -> i32 {
    let merge = || -> R<()> {
        if !dict::is_mapping(mapping) {
            let name = crate::type_object::display_name(mapping);
            return Err(type_error(format!("{} argument after ** must be a mapping, not {name}", function_str(callee)?)));
        }
        match dict::update_with(dict, mapping, false) {
            Err(raised) => {
                let pending = crate::state::state().pending.get();
                if pending.is_missing() || !is_exact(pending, &KEY_ERROR) {
                    return Err(raised);
                }
                let Some(exception) = crate::state::take_pending() else { return Err(raised) };
                let args = ops::getattr_str(exception.v(), "args")?;
                let Some(&[key]) = tuple::items(args.v()) else { return Err(raise_instance(exception)) };
                if !crate::str::is_str(key) {
                    return Err(type_error("keywords must be strings"));
                }
                let key = crate::str::to_rust(key);
                Err(type_error(format!("{} got multiple values for keyword argument '{key}'", function_str(callee)?)))
            }
            done => done,
        }
    };
    status(merge())
}
