//! Recursion over deep trees without overflowing the stack.
//!
//! `parse` refuses trees deeper than `depth::LIMIT`; code that recurses over a tree calls `grow` once around the
//! whole walk, or `ensure` at each level.

/// Stack for one whole walk over a tree of the greatest depth that `parse` accepts.
const WALK_BYTES: usize = 256 << 20;

/// Runs `f` on a stack with room for a recursive walk over any accepted tree. Pages are touched only as needed.
pub fn grow<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(WALK_BYTES / 2, WALK_BYTES, f)
}

/// Runs `f`, on a new piece of stack if little is left of this one. Cheap enough for each level of a recursion.
pub fn ensure<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(128 << 10, 4 << 20, f)
}
