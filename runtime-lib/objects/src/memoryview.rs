//! memoryview.
use crate::prelude::*;
/// A memoryview.
#[repr(C)]
pub struct MemoryView {
    pub header: Header,
}
/// The type `memoryview`.
pub static MEMORYVIEW: Type =
    Type::builtin::<MemoryView>("memoryview", "builtins", Some(&crate::object::OBJECT), 0, Slots::NONE, None);
object_type!(MemoryView, MEMORYVIEW);
impl MemoryView {
    /// Calls `f` with the bytes in logical order.
    pub fn with_contiguous<T>(&self, f: impl FnOnce(&[u8]) -> R<T>) -> R<T> {
        f(&[])
    }
}
