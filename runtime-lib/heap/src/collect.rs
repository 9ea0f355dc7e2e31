//! Cycle collection over the slabs.

/// Told of each new container object.
#[inline(always)]
pub fn note_container() {}
