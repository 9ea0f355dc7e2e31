//! The type `list`: operators and methods.

use crate::arity;
use crate::int;
use crate::list::{self, ListBody, body, is_list, item, len as list_len, push_body, slice_of};
use crate::list_slice;
use crate::ops;
use crate::prelude::*;
use dxpyc_abi::ListObject;

const SLOTS: Slots = Slots {
    repr: Some(repr),
    compare: Some(compare),
    iter: Some(crate::iterators::list_iter),
    new: Some(new),
    init: Some(init),
    len: Some(len),
    getitem: Some(getitem),
    setitem: Some(setitem),
    contains: Some(contains),
    concat: Some(concat),
    repeat: Some(repeat),
    iconcat: Some(iconcat),
    irepeat: Some(irepeat),
    ..Slots::NONE
};

/// The type `list`.
#[unsafe(export_name = "dxp_type_list")]
pub static LIST: Type = Type::builtin::<ListBody>(
    "list",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE | type_flags::LIST | type_flags::SEQUENCE | type_flags::MATCH_SELF,
    SLOTS,
    Some(&LIST_DECL),
)
.visited::<ListBody>()
.dealloc_by(list::dealloc);
object_type!(ListObject, LIST);

fn new(class: &'static Type, _args: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(class, list::empty_body()))
}

fn init(v: Value, args: &Args) -> R<()> {
    arity::refuse_keywords(type_of(v), &LIST, args)?;
    arity::check("list", args.pos().len(), 0, 1)?;
    let l = body(v);
    if l.len.get() != 0 {
        list::clear_body(l);
    }
    match args.pos().first() {
        None => Ok(()),
        Some(&iterable) => list::extend(v, iterable),
    }
}

fn repr(v: Value) -> R<Ref> {
    let l = body(v);
    if l.len.get() == 0 {
        return arity::text("[]");
    }
    crate::state::check_recursion(" while getting the repr of an object")?;
    let Some(_guard) = arity::ReprGuard::enter(v) else { return arity::text("[...]") };
    let mut out = crate::str::Builder::new();
    out.push_str("[");
    let mut i = 0;
    while let Some(x) = item(l, i) {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_value(ops::repr(x.v())?.v());
        i += 1;
    }
    out.push_str("]");
    Ok(out.finish())
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !is_list(a) || !is_list(b) {
        return Ok(Ref::not_implemented());
    }
    let (x, y) = (body(a), body(b));
    if x.len.get() != y.len.get() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Ref::bool(op == CompareOp::Ne));
    }
    crate::state::check_recursion(" in comparison")?;
    let mut i = 0;
    while i < x.len.get() && i < y.len.get() {
        let (p, q) = (slice_of(x)[i], slice_of(y)[i]);
        i += 1;
        match crate::dict::same_fast(p, q) {
            Some(true) => continue,
            Some(false) if matches!(op, CompareOp::Eq | CompareOp::Ne) => return Ok(Ref::bool(op == CompareOp::Ne)),
            _ => {}
        }
        let (p, q) = (Ref::new(p), Ref::new(q));
        if !ops::eq(p.v(), q.v())? {
            return match op {
                CompareOp::Eq => Ok(Ref::bool(false)),
                CompareOp::Ne => Ok(Ref::bool(true)),
                _ => ops::compare(p.v(), q.v(), op),
            };
        }
    }
    Ok(Ref::bool(op.holds(x.len.get().cmp(&y.len.get()))))
}

fn len(v: Value) -> R<usize> {
    Ok(list_len(v))
}

/// An index into a list, negative ones from the end; None when out of range.
#[inline(always)]
fn position(l: &ListObject, i: i64) -> Option<usize> {
    let n = l.len.get();
    let i = if i < 0 { i + n as i64 } else { i };
    if (i as u64) < n as u64 { Some(i as usize) } else { None }
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    let l = body(v);
    let i = match key.as_small_int() {
        Some(i) => i,
        None if crate::slice::is_slice(key) => return list_slice::get(v, key),
        None => crate::slice::item_index(key, "list")? as i64,
    };
    match position(l, i) {
        // SAFETY: position answers an index below len.
        Some(i) => Ok(Ref::new(unsafe { *l.items.get().add(i) })),
        None => Err(index_error("list index out of range")),
    }
}

fn setitem(v: Value, key: Value, value: Value) -> R<()> {
    let l = body(v);
    let i = match key.as_small_int() {
        Some(i) => i,
        None if crate::slice::is_slice(key) => return list_slice::set(v, key, value),
        None => crate::slice::item_index(key, "list")? as i64,
    };
    let Some(i) = position(l, i) else { return Err(index_error("list assignment index out of range")) };
    if value.is_missing() {
        drop(remove_at(l, i));
        return Ok(());
    }
    let value = Ref::new(value);
    // SAFETY: i is below len.
    drop(Ref::from_owned(unsafe { l.items.get().add(i).replace(value.into_raw()) }));
    Ok(())
}

/// Takes out item `i`, which exists.
pub fn remove_at(l: &ListObject, i: usize) -> Ref {
    let n = l.len.get();
    // SAFETY: i < n; the tail moves down by one.
    let removed = unsafe {
        let p = l.items.get();
        let removed = *p.add(i);
        std::ptr::copy(p.add(i + 1), p.add(i), n - i - 1);
        removed
    };
    l.len.set(n - 1);
    list::shrink(l);
    Ref::from_owned(removed)
}

/// Index of the first equal item from `start` on, below `stop`.
fn position_of(l: &ListObject, value: Value, start: usize, stop: usize) -> R<Option<usize>> {
    let mut i = start;
    while i < stop && i < l.len.get() {
        let x = slice_of(l)[i];
        let found = match crate::dict::same_fast(x, value) {
            Some(answer) => answer,
            None => {
                let x = Ref::new(x);
                ops::eq(x.v(), value)?
            }
        };
        if found {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

fn contains(v: Value, value: Value) -> R<bool> {
    Ok(position_of(body(v), value, 0, usize::MAX)?.is_some())
}

fn concat(a: Value, b: Value) -> R<Ref> {
    if !is_list(b) {
        return Err(type_error(format!(
            "can only concatenate list (not \"{}\") to list",
            crate::type_object::display_name(b)
        )));
    }
    let out = list::new();
    let o = body(out.v());
    list::reserve_exact(o, list_len(a) + list_len(b))?;
    list::append_slice(o, list::items_raw(a));
    list::append_slice(o, list::items_raw(b));
    Ok(out)
}

fn repeat(v: Value, n: isize) -> R<Ref> {
    let out = list::new();
    let l = body(v);
    if n <= 0 || l.len.get() == 0 {
        return Ok(out);
    }
    let o = body(out.v());
    let Some(total) = l.len.get().checked_mul(n as usize) else { return Err(memory_error()) };
    list::reserve_exact(o, total)?;
    fill_repeated(o, slice_of(l), n as usize);
    Ok(out)
}

/// Appends `items` n times; there is room.
fn fill_repeated(o: &ListObject, items: &[Value], n: usize) {
    if let [one] = *items {
        let at = o.len.get();
        if one.is_pointer() {
            for _ in 0..n {
                list::append_slice(o, items);
            }
            return;
        }
        for i in 0..n {
            // SAFETY: the caller made room; an immediate has no count.
            unsafe { o.items.get().add(at + i).write(one) };
        }
        o.len.set(at + n);
        return;
    }
    for _ in 0..n {
        list::append_slice(o, items);
    }
}

fn iconcat(v: Value, other: Value) -> R<Ref> {
    list::extend(v, other)?;
    Ok(Ref::new(v))
}

fn irepeat(v: Value, n: isize) -> R<Ref> {
    let l = body(v);
    if n <= 0 {
        list::clear_body(l);
    } else if n > 1 && l.len.get() > 0 {
        let once = l.len.get();
        let Some(total) = once.checked_mul(n as usize) else { return Err(memory_error()) };
        list::reserve_exact(l, total)?;
        for _ in 1..n {
            // SAFETY: the first `once` items stay; append_slice writes behind them and does not move the array.
            let items = unsafe { std::slice::from_raw_parts(l.items.get(), once) };
            list::append_slice(l, items);
        }
    }
    Ok(Ref::new(v))
}

pub(crate) struct ListMethods;

#[native_class(
    decl = LIST_DECL,
    doc = "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe argument must be an iterable if specified."
)]
impl ListMethods {
    /// Append object to the end of the list.
    #[native]
    fn append(this: &ListObject, object: Value) -> R<()> {
        push_body(this, Ref::new(object))
    }
    /// Insert object before index.
    #[native]
    pub(crate) fn insert(this: &ListObject, index: isize, object: Value) -> R<()> {
        let n = this.len.get();
        let at = if index < 0 { (index + n as isize).max(0) as usize } else { (index as usize).min(n) };
        if n == this.capacity.get() {
            list::grow(this, n + 1)?;
        }
        // SAFETY: n < capacity, at <= n.
        unsafe {
            let p = this.items.get();
            std::ptr::copy(p.add(at), p.add(at + 1), n - at);
            p.add(at).write(Ref::new(object).into_raw());
        }
        this.len.set(n + 1);
        Ok(())
    }
    /// Extend list by appending elements from the iterable.
    #[native]
    fn extend(this: Value, iterable: Value) -> R<()> {
        list::extend(this, iterable)
    }
    /// Remove and return item at index (default last).
    ///
    /// Raises IndexError if list is empty or index is out of range.
    #[native("($self, index=-1, /)")]
    pub(crate) fn pop(this: &ListObject, index: isize) -> R<Ref> {
        let n = this.len.get();
        if n == 0 {
            return Err(index_error("pop from empty list"));
        }
        let Some(i) = position(this, index as i64) else { return Err(index_error("pop index out of range")) };
        Ok(remove_at(this, i))
    }
    /// Remove first occurrence of value.
    ///
    /// Raises ValueError if the value is not present.
    #[native]
    fn remove(this: &ListObject, value: Value) -> R<()> {
        match position_of(this, value, 0, usize::MAX)? {
            Some(i) if i < this.len.get() => {
                drop(remove_at(this, i));
                Ok(())
            }
            Some(_) => Ok(()),
            None => Err(value_error("list.remove(x): x not in list")),
        }
    }
    /// Remove all items from list.
    #[native]
    fn clear(this: &ListObject) {
        list::clear_body(this)
    }
    /// Return a shallow copy of the list.
    #[native]
    fn copy(this: &ListObject) -> R<Ref> {
        list_slice::range(this, 0, this.len.get())
    }
    /// Return number of occurrences of value.
    #[native]
    fn count(this: &ListObject, value: Value) -> R<Ref> {
        let (mut n, mut i) = (0, 0);
        while let Some(at) = position_of(this, value, i, usize::MAX)? {
            n += 1;
            i = at + 1;
        }
        Ok(int::from_i64(n))
    }
    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[native("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(this: &ListObject, value: Value, start: Option<Value>, stop: Option<Value>) -> R<Ref> {
        let n = this.len.get();
        let start = crate::slice::clamped(start, n, 0)?;
        let stop = crate::slice::clamped(stop, n, usize::MAX)?;
        match position_of(this, value, start, stop)? {
            Some(i) => Ok(int::from_i64(i as i64)),
            None => Err(value_error("list.index(x): x not in list")),
        }
    }
    /// Reverse *IN PLACE*.
    #[native]
    fn reverse(this: &ListObject) {
        let n = this.len.get();
        if n > 1 {
            // SAFETY: items below len are initialised; nothing else runs meanwhile.
            unsafe { std::slice::from_raw_parts_mut(this.items.get(), n) }.reverse();
        }
    }
    /// Sort the list in ascending order and return None.
    ///
    /// The sort is in-place (i.e. the list itself is modified) and stable (i.e. the
    /// order of two equal elements is maintained).
    ///
    /// If a key function is given, apply it once to each list item and sort them,
    /// ascending or descending, according to their function values.
    ///
    /// The reverse flag can be set to sort in descending order.
    #[native("($self, /, *, key=None, reverse=False)")]
    fn sort(this: Value, key: Option<Value>, reverse: bool) -> R<()> {
        crate::sort::sort_list(this, key.unwrap_or(Value::NONE), reverse)
    }
    /// Return a reverse iterator over the list.
    #[native]
    fn __reversed__(this: Value) -> Ref {
        crate::iterators::list_reversed(this)
    }
    /// Return the size of the list in memory, in bytes.
    #[native]
    fn __sizeof__(this: &ListObject) -> i64 {
        (40 + this.capacity.get() * 8) as i64
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
}
