//! Names of characters in codecs, for programs that have `unicodedata`.

use crate::prelude::*;

/// Name of a code point; code point of a name.
type Functions = (fn(u32) -> Option<String>, fn(&str) -> Option<u32>);

struct Known(Cell<Option<Functions>>);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Known {}
static KNOWN: Known = Known(Cell::new(None));

/// Called by `unicodedata` when it is imported.
pub fn set(name_of: fn(u32) -> Option<String>, point_of: fn(&str) -> Option<u32>) {
    // Seen through, this would tie the tables of names to every program that decodes.
    KNOWN.0.set(Some(std::hint::black_box((name_of, point_of))));
}

fn functions() -> R<Functions> {
    if KNOWN.0.get().is_none() && crate::import::import_module("unicodedata").is_err() {
        drop(crate::state::take_pending());
    }
    KNOWN.0.get().ok_or_else(|| raise(&crate::exceptions::UNICODE_ERROR, "\\N escapes not supported (can't load unicodedata module)"))
}

/// The name of a code point.
pub fn name_of(point: u32) -> R<Option<String>> {
    Ok(functions()?.0(point))
}

/// The code point of a name.
pub fn point_of(name: &str) -> R<Option<u32>> {
    Ok(functions()?.1(name))
}
