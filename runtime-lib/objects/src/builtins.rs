//! The module `builtins`: its functions and its dict.

use crate::prelude::*;

/// The dict of the module `builtins` (borrowed), filled on first use.
pub fn dict() -> Value {
    static DICT: Once = Once(Slot::empty());
    if DICT.0.is_empty() {
        DICT.0.set(crate::dict::new());
    }
    DICT.0.get()
}

struct Once(Slot);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Once {}
