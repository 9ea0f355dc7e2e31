//! The format-spec mini-language for int, float, complex and str.

use crate::prelude::*;

/// `int.__format__`.
pub fn format_int(value: Value, spec: Value) -> R<Ref> {
    let _ = (value, spec);
    Err(system_error("not there yet: format"))
}
/// `float.__format__`.
pub fn format_float(value: Value, spec: Value) -> R<Ref> {
    format_int(value, spec)
}
/// `complex.__format__`.
pub fn format_complex(value: Value, spec: Value) -> R<Ref> {
    format_int(value, spec)
}
/// `str.__format__`.
pub fn format_str(value: Value, spec: Value) -> R<Ref> {
    format_int(value, spec)
}
