//! bytearray objects: a growable byte vector that cannot be resized while its buffer is exported.

use crate::prelude::*;

/// A bytearray.
#[repr(C)]
pub struct ByteArrayObject {
    pub header: Header,
    /// Accessed in short scopes only: no reference is kept while Python code can run.
    pub data: UnsafeCell<Vec<u8>>,
    /// Exported buffers (memoryviews, native users).
    pub exports: Cell<usize>,
}

/// The type `bytearray`.
pub static BYTEARRAY: Type = Type::builtin::<ByteArrayObject>(
    "bytearray",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::BASE | type_flags::MATCH_SELF,
    crate::bytes_methods::BYTEARRAY_SLOTS,
    Some(&crate::bytes_methods::BYTEARRAY_DECL),
);
object_type!(ByteArrayObject, BYTEARRAY);

impl ByteArrayObject {
    /// The bytes; not to be held across calls that can run Python code.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: single-threaded; callers keep the scope short.
        unsafe { &*self.data.get() }
    }
    /// The vector, when resizing is allowed.
    pub fn resizable(&self) -> R<&mut Vec<u8>> {
        if self.exports.get() > 0 {
            return Err(buffer_error("Existing exports of data: object cannot be re-sized"));
        }
        // SAFETY: as in bytes.
        Ok(unsafe { &mut *self.data.get() })
    }
    /// The bytes for writing in place.
    #[allow(clippy::mut_from_ref)]
    pub fn bytes_mut(&self) -> &mut [u8] {
        // SAFETY: as in bytes; the length does not change.
        unsafe { &mut *self.data.get() }
    }
}

/// A new bytearray.
pub fn from_vec(data: Vec<u8>) -> Ref {
    from_vec_of(&BYTEARRAY, data)
}

/// A new bytearray of a class.
pub fn from_vec_of(class: &'static Type, data: Vec<u8>) -> Ref {
    crate::cast::new_object_of(
        class,
        ByteArrayObject { header: crate::cast::fresh_header(), data: UnsafeCell::new(data), exports: Cell::new(0) },
    )
}
