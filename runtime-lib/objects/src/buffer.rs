//! The buffer protocol for native users: the bytes of bytes-like objects.

use crate::bytearray::ByteArrayObject;
use crate::memoryview::MemoryView;
use crate::prelude::*;

/// Whether [`with_bytes`] accepts the value.
pub fn is_bytes_like(v: Value) -> bool {
    crate::bytes::is_bytes(v) || crate::cast::get::<ByteArrayObject>(v).is_some() || crate::cast::get::<MemoryView>(v).is_some()
}

/// Calls `f` with the bytes of a bytes-like object; TypeError `a bytes-like object is required, not 'T'` otherwise.
/// A bytearray cannot be resized meanwhile.
pub fn with_bytes<T>(v: Value, f: impl FnOnce(&[u8]) -> R<T>) -> R<T> {
    if let Some(b) = crate::bytes::as_slice(v) {
        return f(b);
    }
    if let Some(b) = crate::cast::get::<ByteArrayObject>(v) {
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
    if let Some(b) = crate::cast::get::<ByteArrayObject>(v) {
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
