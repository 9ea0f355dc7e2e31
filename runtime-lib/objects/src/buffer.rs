//! The buffer protocol for native users: the bytes of bytes-like objects.

use crate::bytearray::ByteArrayObject;
use crate::memoryview::MemoryView;
use crate::prelude::*;

/// What an `array.array` begins with; the rest of it is in its module.
#[repr(C)]
pub struct ArrayPrefix {
    pub bytes: ByteArrayObject,
    /// A format character of memoryviews.
    pub typecode: Cell<u8>,
}

struct ArrayType(Cell<Option<&'static Type>>);
// SAFETY: single-threaded until threads arrive.
unsafe impl Sync for ArrayType {}
static ARRAY: ArrayType = ArrayType(Cell::new(None));

/// Tells the type whose instances begin with [`ArrayPrefix`] (the module `array`, when it is imported).
pub fn set_array_type(class: &'static Type) {
    ARRAY.0.set(Some(class));
}

/// The value as an array.
pub fn array<'a>(v: Value) -> Option<&'a ArrayPrefix> {
    match ARRAY.0.get() {
        Some(class) if v.is_pointer() && type_of(v).is_subtype(class) => Some(crate::cast::get_unchecked::<ArrayBytes>(v)).map(|a| &a.0),
        _ => None,
    }
}

#[repr(transparent)]
struct ArrayBytes(ArrayPrefix);
// SAFETY: only used on values whose type was told to `set_array_type`, which begin with ArrayPrefix.
unsafe impl Object for ArrayBytes {
    fn class() -> &'static Type {
        ARRAY.0.get().expect("arrays exist")
    }
}

/// The growable bytes of a bytearray or an array.
pub fn growable<'a>(v: Value) -> Option<&'a ByteArrayObject> {
    crate::cast::get::<ByteArrayObject>(v).or_else(|| array(v).map(|a| &a.bytes))
}

/// Whether [`with_bytes`] accepts the value.
pub fn is_bytes_like(v: Value) -> bool {
    crate::bytes::is_bytes(v) || growable(v).is_some() || crate::cast::get::<MemoryView>(v).is_some() || has_method(v, "__buffer__")
}

fn has_method(v: Value, name: &str) -> bool {
    v.is_pointer() && type_of(v).has(type_flags::HEAP) && crate::type_object::lookup(type_of(v), crate::str::intern(name).v()).is_some()
}

/// The view that the `__buffer__` of a Python class gives; None when the class has none.
pub fn python_view(v: Value, flags: i64) -> R<Option<Ref>> {
    if !has_method(v, "__buffer__") {
        return Ok(None);
    }
    let flags = Value::from_small_int(flags);
    let view = crate::call::call_method(v, "__buffer__", &[flags])?;
    if crate::cast::get::<MemoryView>(view.v()).is_none() {
        return Err(type_error("__buffer__ returned non-memoryview object"));
    }
    Ok(Some(view))
}

/// Gives a view back to the object whose `__buffer__` made it.
pub fn release_python_view(v: Value, view: Value) {
    if !has_method(v, "__release_buffer__") {
        return;
    }
    let saved = crate::state::take_pending();
    if crate::call::call_method(v, "__release_buffer__", &[view]).is_err() {
        crate::unraisable::report("Exception ignored in ", v);
    }
    if let Some(saved) = saved {
        crate::state::state().pending.set(saved);
    }
}

/// Calls `f` with the bytes of a bytes-like object; TypeError `a bytes-like object is required, not 'T'` otherwise.
/// A bytearray cannot be resized meanwhile.
pub fn with_bytes<T>(v: Value, f: impl FnOnce(&[u8]) -> R<T>) -> R<T> {
    if let Some(b) = crate::bytes::as_slice(v) {
        return f(b);
    }
    if let Some(b) = growable(v) {
        b.exports.set(b.exports.get() + 1);
        let result = f(b.bytes());
        b.exports.set(b.exports.get() - 1);
        return result;
    }
    if let Some(m) = crate::cast::get::<MemoryView>(v) {
        return m.with_contiguous(f);
    }
    if let Some(view) = python_view(v, 0)? {
        let result = crate::cast::get_unchecked::<MemoryView>(view.v()).with_contiguous(f);
        release_python_view(v, view.v());
        return result;
    }
    Err(type_error(format!("a bytes-like object is required, not '{}'", crate::type_object::display_name(v))))
}

/// The bytes of a bytes-like object, copied.
pub fn to_vec(v: Value) -> R<Vec<u8>> {
    with_bytes(v, |b| Ok(b.to_vec()))
}

/// Calls `f` with the bytes of a writable buffer: bytearray or a memoryview of one. `function` is for the message.
pub fn with_bytes_mut<T>(v: Value, function: &str, f: impl FnOnce(&mut [u8]) -> R<T>) -> R<T> {
    if let Some(b) = growable(v) {
        b.exports.set(b.exports.get() + 1);
        let result = f(b.bytes_mut());
        b.exports.set(b.exports.get() - 1);
        return result;
    }
    if let Some(m) = crate::cast::get::<MemoryView>(v) {
        return m.with_writable(function, f);
    }
    if let Some(view) = python_view(v, 1)? {
        let result = crate::cast::get_unchecked::<MemoryView>(view.v()).with_writable(function, f);
        release_python_view(v, view.v());
        return result;
    }
    let name = crate::unpack::not_name(v);
    Err(type_error(format!("{function}() argument must be read-write bytes-like object, not {name}")))
}
