//! Entry points of f-strings: formatting of one value, joining of the parts.

use crate::entry::{value, values};
use crate::prelude::*;
use crate::str::{self, STR};

/// `str(i)` of an i64.
pub use crate::int_text::small_to_str as int_text;

/// `format(v, spec)`; spec a str, or MISSING for none.
pub fn format_value(v: Value, spec: Value) -> R<Ref> {
    if spec.is_missing() || str::object(spec).len == 0 {
        if str::is_exact_str(v) {
            return Ok(Ref::new(v));
        }
        if let Some(i) = v.as_small_int() {
            return Ok(int_text(i));
        }
        if is_exact(v, &crate::float::FLOAT) || v.is_none() || v.is_bool() {
            return crate::ops::str(v);
        }
        return crate::ops::format(v, str::empty());
    }
    if is_exact(v, &crate::int::INT) {
        return crate::number_format::format_int(v, spec);
    }
    if is_exact(v, &crate::float::FLOAT) {
        return crate::number_format::format_float(v, spec);
    }
    if str::is_exact_str(v) {
        return crate::number_format::format_str(v, spec);
    }
    crate::ops::format(v, spec)
}

/// Joins n str parts.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_join_strings(parts: *const Value, n: i64) -> Value {
    let parts = values(parts, n);
    if let [a, b] = parts {
        return value(str::concat(*a, *b));
    }
    let (mut total, mut kind, mut ascii) = (0usize, 1u8, true);
    for &part in parts {
        let s = str::object(part);
        total += s.len;
        kind = kind.max(s.kind);
        ascii &= s.ascii != 0;
    }
    if total == 0 {
        return str::empty();
    }
    let Some(p) = str::new_raw(&STR, total, kind, ascii) else { return value(Err(memory_error())) };
    // SAFETY: new_raw made room for all parts.
    unsafe {
        let mut out = str::data_ptr(p);
        if kind == 1 {
            for &part in parts {
                let part = str::object(part);
                str::copy_bytes(part.data.as_ptr(), out, part.len);
                out = out.add(part.len);
            }
            return str::finish_raw(p).into_raw();
        }
        for &part in parts {
            out = str::write_data(str::data(str::object(part)), kind, out);
        }
    }
    str::finish_raw(p).into_raw()
}

/// `format(value, spec)` after a conversion: 0 none, 1 str, 2 repr, 3 ascii.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_format(v: Value, conversion: u32, spec: Value) -> Value {
    let run = || {
        let converted = match conversion {
            0 => return format_value(v, spec),
            1 => crate::ops::str(v)?,
            2 => crate::ops::repr(v)?,
            _ => crate::ops::ascii(v)?,
        };
        format_value(converted.v(), spec)
    };
    value(run())
}
