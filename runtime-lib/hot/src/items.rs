//! Items of lists and tuples, and iteration over lists, tuples and ranges.

use crate::refs::{decref, is_exact, owned, type_word, view};
use crate::slow;
use core::hint::cold_path;
use dxpyc_abi::{LATIN1_STRIDE, ListObject, RangeIterator, SequenceIterator, StrObject, TupleObject, Value};

/// The index counted from the start, if it is in range.
#[inline(always)]
fn position(key: Value, len: usize) -> Option<usize> {
    let index = key.small_int_unchecked();
    let index = if index < 0 { index + len as i64 } else { index } as usize;
    if index < len { Some(index) } else { None }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_getitem(object: Value, key: Value) -> Value {
    if key.is_small_int() && is_exact(object, &raw const slow::dxp_type_list) {
        // SAFETY: exactly a list; the index is below its length.
        unsafe {
            let list: &ListObject = view(object);
            if let Some(index) = position(key, list.len.get()) {
                return owned(*list.items.get().add(index));
            }
        }
    }
    dxp_hot_getitem_more(object, key)
}

/// Tuples and strs.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn dxp_hot_getitem_more(object: Value, key: Value) -> Value {
    if object.is_pointer() && key.is_small_int() {
        let class = type_word(object);
        if core::ptr::eq(class, &raw const slow::dxp_type_str) {
            // SAFETY: exactly a str; the index is below its length.
            unsafe {
                let text: &StrObject = view(object);
                if text.kind == 1
                    && let Some(index) = position(key, text.len)
                {
                    return latin1(*(&raw const text.data as *const u8).add(index));
                }
            }
        } else if core::ptr::eq(class, &raw const slow::dxp_type_tuple) {
            // SAFETY: exactly a tuple; the index is below its length.
            unsafe {
                let tuple: &TupleObject = view(object);
                if let Some(index) = position(key, tuple.len) {
                    return owned(*(&raw const tuple.items as *const Value).add(index));
                }
            }
        }
    }
    slow::dxp_getitem(object, key)
}

/// As `dxp_hot_getitem` where the item is at hand: borrowed; else MISSING.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_peek_item(object: Value, key: Value) -> Value {
    if object.is_pointer() && key.is_small_int() {
        let class = type_word(object);
        // SAFETY: exactly a list, str or tuple; the index is below its length.
        unsafe {
            if core::ptr::eq(class, &raw const slow::dxp_type_list) {
                let list: &ListObject = view(object);
                if let Some(index) = position(key, list.len.get()) {
                    return *list.items.get().add(index);
                }
            } else if core::ptr::eq(class, &raw const slow::dxp_type_str) {
                let text: &StrObject = view(object);
                if text.kind == 1
                    && let Some(index) = position(key, text.len)
                {
                    return latin1(*(&raw const text.data as *const u8).add(index));
                }
            } else if core::ptr::eq(class, &raw const slow::dxp_type_tuple) {
                let tuple: &TupleObject = view(object);
                if let Some(index) = position(key, tuple.len) {
                    return *(&raw const tuple.items as *const Value).add(index);
                }
            }
        }
    }
    cold_path();
    Value::MISSING
}

/// The str of one character below 256. Immortal.
#[inline(always)]
pub(crate) fn latin1(character: u8) -> Value {
    let table = &raw const slow::DXP_LATIN1 as usize;
    Value::from_address(table + character as usize * LATIN1_STRIDE)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_setitem(object: Value, key: Value, value: Value) -> i32 {
    if key.is_small_int() && is_exact(object, &raw const slow::dxp_type_list) {
        // SAFETY: exactly a list; the index is below its length.
        unsafe {
            let list: &ListObject = view(object);
            if let Some(index) = position(key, list.len.get()) {
                let slot = list.items.get().add(index);
                let old = *slot;
                *slot = owned(value);
                decref(old);
                return 0;
            }
        }
    }
    slow::dxp_setitem(object, key, value)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_list_append(list: Value, item: Value) -> i32 {
    // SAFETY: the instruction promises a list; the slot at `len` exists when `len < capacity`.
    unsafe {
        let body: &ListObject = view(list);
        let len = body.len.get();
        if len < body.capacity.get() {
            body.items.get().add(len).write(owned(item));
            body.len.set(len + 1);
            return 0;
        }
    }
    slow::dxp_list_append(list, item)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_len(object: Value) -> Value {
    if object.is_pointer() {
        let class = type_word(object);
        // SAFETY: exactly a list, tuple or str.
        unsafe {
            if core::ptr::eq(class, &raw const slow::dxp_type_list) {
                return Value::from_small_int(view::<ListObject>(object).len.get() as i64);
            }
            if core::ptr::eq(class, &raw const slow::dxp_type_tuple) {
                return Value::from_small_int(view::<TupleObject>(object).len as i64);
            }
            if core::ptr::eq(class, &raw const slow::dxp_type_str) {
                return Value::from_small_int(view::<StrObject>(object).len as i64);
            }
        }
    }
    slow::dxp_len(object)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_next(iterator: Value) -> Value {
    if is_exact(iterator, &raw const slow::dxp_type_list_iterator) {
        // SAFETY: exactly a list iterator; its sequence is a list while it is not exhausted.
        unsafe {
            let state: &SequenceIterator = view(iterator);
            let sequence = state.sequence.get();
            if sequence.is_pointer() {
                let list: &ListObject = view(sequence);
                let index = state.index.get();
                if index < list.len.get() {
                    state.index.set(index + 1);
                    return owned(*list.items.get().add(index));
                }
            }
        }
    }
    dxp_hot_next_more(iterator)
}

/// Ranges, tuples and strs.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn dxp_hot_next_more(iterator: Value) -> Value {
    if iterator.is_pointer() {
        let class = type_word(iterator);
        if core::ptr::eq(class, &raw const slow::dxp_type_range_iterator) {
            // SAFETY: exactly a range iterator.
            let range: &RangeIterator = unsafe { view(iterator) };
            let left = range.left.get();
            if left == 0 {
                return Value::MISSING;
            }
            let value = range.next.get();
            range.left.set(left - 1);
            range.next.set(value.wrapping_add(range.step));
            return Value::from_small_int(value);
        }
        if core::ptr::eq(class, &raw const slow::dxp_type_tuple_iterator) {
            // SAFETY: exactly a tuple iterator; its sequence is a tuple while it is not exhausted.
            unsafe {
                let state: &SequenceIterator = view(iterator);
                let sequence = state.sequence.get();
                if sequence.is_pointer() {
                    let tuple: &TupleObject = view(sequence);
                    let index = state.index.get();
                    if index < tuple.len {
                        state.index.set(index + 1);
                        return owned(*(&raw const tuple.items as *const Value).add(index));
                    }
                }
            }
        } else if core::ptr::eq(class, &raw const slow::dxp_type_str_ascii_iterator) {
            // SAFETY: exactly the iterator of an ASCII str, which is there while it is not exhausted.
            unsafe {
                let state: &SequenceIterator = view(iterator);
                let sequence = state.sequence.get();
                if sequence.is_pointer() {
                    let text: &StrObject = view(sequence);
                    let index = state.index.get();
                    if index < text.len {
                        state.index.set(index + 1);
                        return latin1(*(&raw const text.data as *const u8).add(index));
                    }
                }
            }
        }
    }
    slow::dxp_next(iterator)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_unpack(source: Value, n: i64, out: *mut Value) -> i32 {
    if source.is_pointer() {
        let class = type_word(source);
        // SAFETY: exactly a tuple or list with `n` items; `out` has room for them.
        unsafe {
            let (items, len) = if core::ptr::eq(class, &raw const slow::dxp_type_tuple) {
                let tuple: &TupleObject = view(source);
                (&raw const tuple.items as *const Value, tuple.len)
            } else if core::ptr::eq(class, &raw const slow::dxp_type_list) {
                let list: &ListObject = view(source);
                (list.items.get() as *const Value, list.len.get())
            } else {
                return slow::dxp_unpack(source, n, out);
            };
            if len as i64 == n {
                for index in 0..n as usize {
                    out.add(index).write(owned(*items.add(index)));
                }
                return 0;
            }
        }
    }
    // SAFETY: the caller's promise.
    unsafe { slow::dxp_unpack(source, n, out) }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_contains(container: Value, item: Value) -> i32 {
    const SHORT: usize = 16;
    if container.is_pointer() {
        let class = type_word(container);
        // SAFETY: exactly a str and a str, or a tuple; the indices are below the lengths.
        unsafe {
            if core::ptr::eq(class, &raw const slow::dxp_type_str) && is_exact(item, class) {
                let (text, character): (&StrObject, &StrObject) = (view(container), view(item));
                if character.len == 1 && character.kind == 1 && text.kind == 1 && text.len <= SHORT {
                    let wanted = *(&raw const character.data as *const u8);
                    let data = &raw const text.data as *const u8;
                    for index in 0..text.len {
                        if *data.add(index) == wanted {
                            return 1;
                        }
                    }
                    return 0;
                }
            } else if core::ptr::eq(class, &raw const slow::dxp_type_tuple) && item.is_small_int() {
                let tuple: &TupleObject = view(container);
                let items = &raw const tuple.items as *const Value;
                if tuple.len <= SHORT {
                    for index in 0..tuple.len {
                        let other = *items.add(index);
                        if other == item {
                            return 1;
                        }
                        if !other.is_small_int() {
                            return slow::dxp_contains(container, item);
                        }
                    }
                    return 0;
                }
            }
        }
    }
    slow::dxp_contains(container, item)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_hot_list_pop(list: Value) -> Value {
    // SAFETY: the caller tested for exactly a list; the last item is below its length.
    unsafe {
        let body: &ListObject = view(list);
        let len = body.len.get();
        // What is left is enough not to give memory back.
        if len > 0 && len > body.capacity.get() / 2 {
            body.len.set(len - 1);
            return *body.items.get().add(len - 1);
        }
    }
    slow::dxp_list_pop(list, Value::from_small_int(-1))
}
