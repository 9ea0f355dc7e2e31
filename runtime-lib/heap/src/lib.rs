//! Memory of programs: slabs by size class, owned references, weak-reference flags and the cycle collector's view of objects.

pub mod collect;
pub mod owned;
pub mod raw;
pub mod rust_alloc;
pub mod slab;
pub mod slot;

pub use owned::Ref;
pub use slab::{alloc, free};
pub use slot::{Slot, Visit, Visitor};
