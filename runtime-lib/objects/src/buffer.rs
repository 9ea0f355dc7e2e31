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
    crate::bytes::is_bytes(v) || growable(v).is_some() || crate::cast::get::<MemoryView>(v).is_some()
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
    let name = crate::unpack::not_name(v);
    Err(type_error(format!("{function}() argument must be read-write bytes-like object, not {name}")))
}
