//! list: storage and the functions that the rest of the runtime uses. Methods are in `list_type.rs`, slices in `list_slice.rs`.

use crate::prelude::*;
pub use crate::list_type::LIST;
pub use dxpyc_abi::ListObject;
use dxpyc_heap::owned::incref;
use dxpyc_heap::raw;

/// The body of lists, with their destructor.
#[repr(transparent)]
pub struct ListBody(ListObject);

impl Drop for ListBody {
    fn drop(&mut self) {
        clear_body(&self.0);
    }
}

impl Visit for ListBody {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        for i in (0..self.0.len.get()).rev() {
            // SAFETY: items below `len` are initialised.
            visitor.value(unsafe { *self.0.items.get().add(i) });
        }
    }
    fn clear(&self) {
        clear_body(&self.0);
    }
}

/// Empties a list: the items are dropped, last first, after the list is empty.
pub fn clear_body(l: &ListObject) {
    let (items, n, capacity) = take_storage(l);
    for i in (0..n).rev() {
        // SAFETY: the array belongs to this function now.
        drop(Ref::from_owned(unsafe { *items.add(i) }));
    }
    if capacity != 0 {
        // SAFETY: allocated with this capacity.
        unsafe { raw::free(items as *mut u8, capacity * 8) }
    }
}

/// Destroys a list.
pub fn dealloc(v: Value) {
    let l = body(v);
    // SAFETY: the list is dead and owns its items.
    unsafe { crate::type_object::dealloc_items(v, l.items.get(), l.len.get(), |v, n| body(v).len.set(n), free) }
}

/// Gives back the memory of a list whose items are given up.
#[inline(always)]
fn free(v: Value) {
    let l = body(v);
    let capacity = l.capacity.get();
    if capacity != 0 {
        // SAFETY: allocated with this capacity.
        unsafe { raw::free(l.items.get() as *mut u8, capacity * 8) }
    }
    // SAFETY: exact lists are made by `new_object`.
    unsafe { dxpyc_heap::slab::free_sized(v.address() as *mut u8, size_of::<ListObject>()) }
}

/// Takes the array away: (items, length, capacity).
pub fn take_storage(l: &ListObject) -> (*mut Value, usize, usize) {
    (l.items.replace(std::ptr::null_mut()), l.len.replace(0), l.capacity.replace(0))
}

/// Whether the value is a list or an instance of a subclass.
#[inline(always)]
pub fn is_list(v: Value) -> bool {
    v.is_pointer() && type_of(v).has(type_flags::LIST)
}

/// Whether the value is exactly a list.
#[inline(always)]
pub fn is_exact_list(v: Value) -> bool {
    crate::cast::is_exact_object(v, &LIST)
}

/// The body of what is known to be a list.
#[inline(always)]
pub fn body<'a>(v: Value) -> &'a ListObject {
    crate::cast::get_unchecked::<ListObject>(v)
}

/// The items of a list body: not to be held while anything can change the list.
#[inline(always)]
pub fn slice_of(l: &ListObject) -> &[Value] {
    let n = l.len.get();
    if n == 0 {
        return &[];
    }
    // SAFETY: items below `len` are initialised.
    unsafe { std::slice::from_raw_parts(l.items.get(), n) }
}

/// The items of a list: not to be held while anything can change the list.
#[inline(always)]
pub fn items_raw<'a>(v: Value) -> &'a [Value] {
    slice_of(body(v))
}

/// Number of items.
#[inline(always)]
pub fn len(v: Value) -> usize {
    body(v).len.get()
}

/// Item `i` with a new reference, if it exists.
#[inline(always)]
pub fn item(l: &ListObject, i: usize) -> Option<Ref> {
    if i < l.len.get() {
        // SAFETY: below `len`.
        Some(Ref::new(unsafe { *l.items.get().add(i) }))
    } else {
        None
    }
}

/// An empty list body with its header.
pub fn empty_body() -> ListObject {
    ListObject {
        header: crate::cast::fresh_header(),
        len: Cell::new(0),
        capacity: Cell::new(0),
        items: Cell::new(std::ptr::null_mut()),
    }
}

/// A new empty list.
#[inline]
pub fn new() -> Ref {
    crate::cast::new_object(empty_body())
}

/// Makes room for at least `capacity` items.
pub fn reserve_exact(l: &ListObject, capacity: usize) -> R<()> {
    let old = l.capacity.get();
    if capacity <= old {
        return Ok(());
    }
    if capacity > isize::MAX as usize / 8 {
        return Err(memory_error());
    }
    // SAFETY: the array was allocated with `old` items (null when 0).
    let p = if old == 0 { raw::try_alloc(capacity * 8) } else { unsafe { raw::try_realloc(l.items.get() as *mut u8, old * 8, capacity * 8) } };
    if p.is_null() {
        return Err(memory_error());
    }
    l.items.set(p as *mut Value);
    l.capacity.set(capacity);
    Ok(())
}

/// Makes room for `len` items with room to grow (CPython's amortisation).
#[cold]
#[inline(never)]
pub fn grow(l: &ListObject, len: usize) -> R<()> {
    reserve_exact(l, (len + (len >> 3) + 6) & !3)
}

/// Gives memory back after the list has become much shorter.
pub fn shrink(l: &ListObject) {
    let (n, capacity) = (l.len.get(), l.capacity.get());
    if n >= capacity / 2 || capacity <= 16 {
        return;
    }
    if n == 0 {
        let (items, _, capacity) = take_storage(l);
        // SAFETY: allocated with this capacity, and no item is in it.
        unsafe { raw::free(items as *mut u8, capacity * 8) };
        return;
    }
    let new = (n + (n >> 3) + 6) & !3;
    // SAFETY: as in reserve_exact.
    let p = unsafe { raw::try_realloc(l.items.get() as *mut u8, capacity * 8, new * 8) };
    if !p.is_null() {
        l.items.set(p as *mut Value);
        l.capacity.set(new);
    }
}

/// Appends an item.
#[inline(always)]
pub fn push_body(l: &ListObject, item: Ref) -> R<()> {
    let n = l.len.get();
    if n == l.capacity.get() {
        grow(l, n + 1)?;
    }
    // SAFETY: n < capacity.
    unsafe { l.items.get().add(n).write(item.into_raw()) };
    l.len.set(n + 1);
    Ok(())
}

/// Appends an item to a list; without memory the program ends.
#[inline]
pub fn push(list: Value, item: Ref) {
    if push_body(body(list), item).is_err() {
        std::process::abort()
    }
}

/// A list whose `n` items are to be written at once: (object, place of the first item). No allocation or call may come between.
#[inline(always)]
pub fn raw_list(n: usize) -> R<(Value, *mut Value)> {
    let mut items = std::ptr::null_mut();
    if n != 0 {
        if n > isize::MAX as usize / 8 {
            return Err(memory_error());
        }
        items = raw::try_alloc(n * 8) as *mut Value;
        if items.is_null() {
            return Err(memory_error());
        }
    }
    let body = ListObject { header: crate::cast::fresh_header(), len: Cell::new(n), capacity: Cell::new(n), items: Cell::new(items) };
    Ok((crate::cast::new_object(body).into_raw(), items))
}

/// A list of owned items: the vector's contents are moved.
pub fn from_refs(items: Vec<Ref>) -> Ref {
    let Ok((list, place)) = raw_list(items.len()) else { std::process::abort() };
    for (i, item) in items.into_iter().enumerate() {
        // SAFETY: room was made.
        unsafe { place.add(i).write(item.into_raw()) };
    }
    Ref::from_owned(list)
}

/// A list of borrowed items (new references are taken). The slice may be another list's items.
#[inline]
pub fn try_from_slice(items: &[Value]) -> R<Ref> {
    let (list, place) = raw_list(items.len())?;
    for (i, &item) in items.iter().enumerate() {
        incref(item);
        // SAFETY: room was made.
        unsafe { place.add(i).write(item) };
    }
    Ok(Ref::from_owned(list))
}

/// As [`try_from_slice`]; without memory the program ends.
pub fn from_slice(items: &[Value]) -> Ref {
    try_from_slice(items).unwrap_or_else(|_| std::process::abort())
}

/// Appends items for which there is room.
#[inline]
pub fn append_slice(l: &ListObject, items: &[Value]) {
    let n = l.len.get();
    debug_assert!(n + items.len() <= l.capacity.get());
    let to = l.items.get();
    for (i, &item) in items.iter().enumerate() {
        incref(item);
        // SAFETY: the caller made room.
        unsafe { to.add(n + i).write(item) };
    }
    l.len.set(n + items.len());
}

/// References to all items: safe to hold.
pub fn to_refs(items: &[Value]) -> Vec<Ref> {
    items.iter().map(|&v| Ref::new(v)).collect()
}

/// All items of any iterable.
pub fn collect(iterable: Value) -> R<Vec<Ref>> {
    if is_exact_list(iterable) {
        return Ok(to_refs(items_raw(iterable)));
    }
    if crate::tuple::is_exact_tuple(iterable) {
        return Ok(to_refs(crate::tuple::items_unchecked(iterable)));
    }
    let mut out = Vec::with_capacity(8);
    crate::iterators::for_each(iterable, |item| {
        out.push(item);
        Ok(())
    })?;
    Ok(out)
}

/// Appends the items of any iterable.
pub fn extend(list: Value, iterable: Value) -> R<()> {
    let l = body(list);
    if is_exact_list(iterable) || crate::tuple::is_exact_tuple(iterable) {
        let n = if is_exact_list(iterable) { len(iterable) } else { crate::tuple::items_unchecked(iterable).len() };
        let total = l.len.get() + n;
        if total > l.capacity.get() {
            if l.len.get() == 0 {
                reserve_exact(l, total)?;
            } else {
                grow(l, total)?;
            }
        }
        // Taken after the growth: the list may be extended by itself.
        let items = if is_exact_list(iterable) { &items_raw(iterable)[..n] } else { crate::tuple::items_unchecked(iterable) };
        append_slice(l, items);
        return Ok(());
    }
    let iterator = crate::ops::iter(iterable)?;
    let hint = crate::ops::length_hint(iterable, 8)?;
    if hint > 8 && l.len.get() == 0 && hint < 1 << 40 {
        reserve_exact(l, hint)?;
    }
    crate::iterators::drain(iterator.v(), |item| push_body(body(list), item))
}
