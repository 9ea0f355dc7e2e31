//! UnicodeDecodeError, UnicodeEncodeError and UnicodeTranslateError.

use crate::exceptions::*;
use crate::prelude::*;

const ENCODING: usize = 0;
const OBJECT: usize = 1;
const START: usize = 2;
const END: usize = 3;
const REASON: usize = 4;

/// Slots of UnicodeDecodeError.
pub const DECODE_SLOTS: Slots = Slots { new: Some(new_with_fields::<5>), init: Some(init), str: Some(decode_str), ..Slots::NONE };
/// Slots of UnicodeEncodeError.
pub const ENCODE_SLOTS: Slots = Slots { new: Some(new_with_fields::<5>), init: Some(init), str: Some(encode_str), ..Slots::NONE };
/// Slots of UnicodeTranslateError.
pub const TRANSLATE_SLOTS: Slots =
    Slots { new: Some(new_with_fields::<5>), init: Some(translate_init), str: Some(translate_str), ..Slots::NONE };

crate::fields_decl!(DECODE_DECL, "encoding" => 0, "object" => 1, "start" => 2, "end" => 3, "reason" => 4);
crate::fields_decl!(ENCODE_DECL, "encoding" => 0, "object" => 1, "start" => 2, "end" => 3, "reason" => 4);
crate::fields_decl!(TRANSLATE_DECL, "encoding" => 0, "object" => 1, "start" => 2, "end" => 3, "reason" => 4);

fn init(this: Value, args: &Args) -> R<()> {
    let pos = args.pos();
    if pos.len() != 5 {
        return Err(type_error(format!("function takes exactly 5 arguments ({} given)", pos.len())));
    }
    base(this).args.set(crate::tuple::from_slice(pos));
    for (i, value) in pos.iter().enumerate() {
        field_slot(this, i).set(Ref::new(*value));
    }
    Ok(())
}

fn translate_init(this: Value, args: &Args) -> R<()> {
    let pos = args.pos();
    if pos.len() != 4 {
        return Err(type_error(format!("function takes exactly 4 arguments ({} given)", pos.len())));
    }
    base(this).args.set(crate::tuple::from_slice(pos));
    for (i, value) in pos.iter().enumerate() {
        field_slot(this, i + 1).set(Ref::new(*value));
    }
    Ok(())
}

/// Raises a UnicodeDecodeError.
pub fn raise_decode(encoding: &str, object: Value, start: usize, end: usize, reason: &str) -> Raised {
    raise_5(&UNICODE_DECODE_ERROR, encoding, object, start, end, reason)
}

/// Raises a UnicodeEncodeError.
pub fn raise_encode(encoding: &str, object: Value, start: usize, end: usize, reason: &str) -> Raised {
    raise_5(&UNICODE_ENCODE_ERROR, encoding, object, start, end, reason)
}

/// The exception without raising it (for error handlers).
pub fn new_5(class: &'static Type, encoding: &str, object: Value, start: usize, end: usize, reason: &str) -> Ref {
    let (encoding, reason) = (crate::str::from_str(encoding), crate::str::from_str(reason));
    new_with_args(
        class,
        &[encoding.v(), object, Value::from_small_int(start as i64), Value::from_small_int(end as i64), reason.v()],
    )
}

fn raise_5(class: &'static Type, encoding: &str, object: Value, start: usize, end: usize, reason: &str) -> Raised {
    raise_instance(new_5(class, encoding, object, start, end, reason))
}

struct Parts {
    encoding: String,
    reason: String,
    start: i64,
    end: i64,
}

fn parts(this: Value) -> R<Option<Parts>> {
    if field_slot(this, OBJECT).is_empty() {
        return Ok(None);
    }
    let text = |i: usize| crate::ops::str(field(this, i)).map(|s| crate::str::to_rust(s.v()));
    Ok(Some(Parts {
        encoding: text(ENCODING)?,
        reason: text(REASON)?,
        start: field(this, START).as_small_int().unwrap_or(0),
        end: field(this, END).as_small_int().unwrap_or(0),
    }))
}

fn shown(c: u32) -> String {
    match c {
        0..=0xFF => format!("\\x{c:02x}"),
        0x100..=0xFFFF => format!("\\u{c:04x}"),
        _ => format!("\\U{c:08x}"),
    }
}

fn decode_str(this: Value) -> R<Ref> {
    let Some(p) = parts(this)? else { return Ok(crate::str::from_str("")) };
    let object = field(this, OBJECT);
    let byte = crate::bytes::as_slice(object).and_then(|b| b.get(p.start as usize).copied());
    let text = match byte {
        Some(b) if p.end == p.start + 1 => {
            format!("'{}' codec can't decode byte 0x{b:02x} in position {}: {}", p.encoding, p.start, p.reason)
        }
        _ => format!("'{}' codec can't decode bytes in position {}-{}: {}", p.encoding, p.start, p.end - 1, p.reason),
    };
    Ok(crate::str::from_str(&text))
}

fn encode_str(this: Value) -> R<Ref> {
    let Some(p) = parts(this)? else { return Ok(crate::str::from_str("")) };
    let text = match one_character(field(this, OBJECT), &p) {
        Some(c) => format!("'{}' codec can't encode character '{}' in position {}: {}", p.encoding, shown(c), p.start, p.reason),
        None => format!("'{}' codec can't encode characters in position {}-{}: {}", p.encoding, p.start, p.end - 1, p.reason),
    };
    Ok(crate::str::from_str(&text))
}

fn translate_str(this: Value) -> R<Ref> {
    let Some(p) = parts(this)? else { return Ok(crate::str::from_str("")) };
    let text = match one_character(field(this, OBJECT), &p) {
        Some(c) => format!("can't translate character '{}' in position {}: {}", shown(c), p.start, p.reason),
        None => format!("can't translate characters in position {}-{}: {}", p.start, p.end - 1, p.reason),
    };
    Ok(crate::str::from_str(&text))
}

fn one_character(object: Value, p: &Parts) -> Option<u32> {
    if p.end != p.start + 1 || !type_of(object).has(type_flags::STR) {
        return None;
    }
    let view = crate::str::view(object);
    (p.start >= 0 && (p.start as usize) < view.len()).then(|| view.get(p.start as usize))
}
