//! `_dxpyc`: what our versions of library modules need of the runtime.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{int, list, str, traceback_carets, tuple};

/// Helpers of the library of compiled programs.
#[native_module(name = "_dxpyc")]
pub mod module {
    use super::*;

    /// Offsets of the operator or bracket in a source segment, or None.
    #[native("($module, segment, /)")]
    fn caret_anchors(segment: Value) -> Ref {
        match traceback_carets::anchors_of(&str::to_rust(segment)) {
            Some((left, right)) => tuple::pair(int::from_i64(left as i64), int::from_i64(right as i64)),
            None => Ref::none(),
        }
    }
    /// Whether a traceback entry gets marks under its lines.
    #[native("($module, lines, start, end, /)")]
    fn shows_carets(lines: Value, start: i64, end: i64) -> R<bool> {
        let lines: Vec<String> = list::collect(lines)?.iter().map(|l| str::to_rust(l.v())).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        Ok(traceback_carets::shows_marks(&lines, start as usize, end as usize))
    }
}
