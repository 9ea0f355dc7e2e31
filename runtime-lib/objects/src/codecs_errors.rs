//! Error handlers of encodings: the built-in ones and those that the program registers.

use crate::exceptions::{UNICODE_DECODE_ERROR, UNICODE_ENCODE_ERROR};
use crate::prelude::*;
use crate::str::{self, Builder};
use crate::unicode_error;

/// What happens at a byte or character that an encoding does not have.
pub enum Handler {
    Strict,
    Ignore,
    Replace,
    BackslashReplace,
    XmlCharRefReplace,
    NameReplace,
    SurrogateEscape,
    SurrogatePass,
    /// Looked up when first needed, as CPython does.
    Named(String),
    /// A function of the program.
    Function(Ref),
}

/// What stands for unencodable characters.
pub enum Replacement {
    /// To be encoded.
    Text(Vec<u32>),
    /// As they are.
    Bytes(Vec<u8>),
}

struct Registry(Slot);
// SAFETY: single-threaded until threads arrive.
unsafe impl Sync for Registry {}
static REGISTERED: Registry = Registry(Slot::empty());

/// `codecs.register_error(name, handler)`
pub fn register(name: Value, handler: Value) -> R<()> {
    if REGISTERED.0.is_empty() {
        REGISTERED.0.set(crate::dict::new());
    }
    crate::dict::set(REGISTERED.0.get(), name, handler)
}

/// The function registered under a name.
pub fn registered(name: &str) -> R<Option<Ref>> {
    match REGISTERED.0.cloned() {
        Some(table) => crate::dict::get(table.v(), str::from_str(name).v()),
        None => Ok(None),
    }
}

/// Names of the built-in handlers.
pub const BUILTIN: [&str; 8] =
    ["strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace", "namereplace", "surrogateescape", "surrogatepass"];

impl Handler {
    /// The handler of a name.
    pub fn named(name: &str) -> Handler {
        if !REGISTERED.0.is_empty()
            && let Ok(Some(f)) = registered(name)
        {
            return Handler::Function(f);
        }
        // One text: the linker would take "replace" for a look-up of an attribute.
        let known = "strict ignore replace backslashreplace xmlcharrefreplace namereplace surrogateescape surrogatepass";
        match known.split(' ').position(|known| known == name) {
            Some(0) => Handler::Strict,
            Some(1) => Handler::Ignore,
            Some(2) => Handler::Replace,
            Some(3) => Handler::BackslashReplace,
            Some(4) => Handler::XmlCharRefReplace,
            Some(5) => Handler::NameReplace,
            Some(6) => Handler::SurrogateEscape,
            Some(_) => Handler::SurrogatePass,
            None => Handler::Named(name.to_string()),
        }
    }
    fn unknown(name: &str) -> Raised {
        lookup_error(format!("unknown error handler name '{name}'"))
    }

    /// Handles undecodable `data[start..end]`; result: where decoding goes on.
    pub fn decode_error(&mut self, encoding: &str, data: &[u8], start: usize, end: usize, reason: &str, out: &mut Builder) -> R<usize> {
        let raise = || {
            let object = crate::bytes::from_slice(data);
            unicode_error::raise_decode(encoding, object.v(), start, end, reason)
        };
        match self {
            Handler::Strict => Err(raise()),
            Handler::Ignore => Ok(end),
            Handler::Replace => {
                out.push_char(0xFFFD);
                Ok(end)
            }
            Handler::BackslashReplace => {
                let mut piece = Vec::new();
                for &b in &data[start..end] {
                    crate::str_repr::push_escape(&mut piece, b as u32);
                }
                out.push_latin1(&piece);
                Ok(end)
            }
            Handler::XmlCharRefReplace | Handler::NameReplace => {
                Err(type_error("don't know how to handle UnicodeDecodeError in error callback"))
            }
            Handler::SurrogateEscape => {
                let mut at = start;
                while at < end && at < start + 4 && data[at] >= 128 {
                    out.push_char(0xDC00 + data[at] as u32);
                    at += 1;
                }
                if at == start { Err(raise()) } else { Ok(at) }
            }
            Handler::SurrogatePass => {
                let (width, point) = surrogate_at(encoding, &data[start..]);
                match point {
                    Some(p) if (0xD800..0xE000).contains(&p) => {
                        out.push_char(p);
                        Ok(start + width)
                    }
                    _ => Err(raise()),
                }
            }
            Handler::Named(name) => match registered(name)? {
                Some(f) => {
                    *self = Handler::Function(f);
                    self.decode_error(encoding, data, start, end, reason, out)
                }
                None => Err(Handler::unknown(name)),
            },
            Handler::Function(f) => {
                let object = crate::bytes::from_slice(data);
                let exception = unicode_error::new_5(&UNICODE_DECODE_ERROR, encoding, object.v(), start, end, reason);
                let result = crate::call::call1(f.v(), exception.v())?;
                let Some(&[text, position]) = crate::tuple::items(result.v()) else {
                    return Err(type_error("decoding error handler must return (str, int) tuple"));
                };
                if !str::is_str(text) {
                    return Err(type_error("decoding error handler must return (str, int) tuple"));
                }
                let at = new_position(position, data.len())?;
                out.push_value(text);
                Ok(at)
            }
        }
    }

    /// Handles unencodable characters `start..end` of a str; result: what stands for them and where encoding goes on.
    pub fn encode_error(&mut self, encoding: &str, s: Value, start: usize, end: usize, reason: &str) -> R<(Replacement, usize)> {
        let view = str::view(s);
        let raise = || unicode_error::raise_encode(encoding, s, start, end, reason);
        let escaped = |f: fn(&mut Vec<u8>, u32)| {
            let mut piece = Vec::new();
            for i in start..end {
                f(&mut piece, view.get(i));
            }
            Ok((Replacement::Text(piece.iter().map(|&b| b as u32).collect()), end))
        };
        match self {
            Handler::Strict => Err(raise()),
            Handler::Ignore => Ok((Replacement::Text(Vec::new()), end)),
            Handler::Replace => Ok((Replacement::Text(vec!['?' as u32; end - start]), end)),
            Handler::BackslashReplace => escaped(crate::str_repr::push_escape),
            Handler::XmlCharRefReplace => escaped(|out, cp| out.extend_from_slice(format!("&#{cp};").as_bytes())),
            Handler::NameReplace => {
                let mut piece = Vec::new();
                for i in start..end {
                    let point = view.get(i);
                    match crate::codecs_names::name_of(point)? {
                        Some(found) => piece.extend_from_slice(format!("\\N{{{found}}}").as_bytes()),
                        None => crate::str_repr::push_escape(&mut piece, point),
                    }
                }
                Ok((Replacement::Text(piece.iter().map(|&b| b as u32).collect()), end))
            }
            Handler::SurrogateEscape => {
                let mut bytes = Vec::new();
                for i in start..end {
                    let cp = view.get(i);
                    if !(0xDC80..=0xDCFF).contains(&cp) {
                        return Err(raise());
                    }
                    bytes.push((cp - 0xDC00) as u8);
                }
                Ok((Replacement::Bytes(bytes), end))
            }
            Handler::SurrogatePass => {
                let mut bytes = Vec::new();
                for i in start..end {
                    let cp = view.get(i);
                    if !(0xD800..0xE000).contains(&cp) {
                        return Err(raise());
                    }
                    match encoding {
                        "utf-8" => bytes.extend_from_slice(&[0xE0 | (cp >> 12) as u8, 0x80 | (cp >> 6 & 0x3F) as u8, 0x80 | (cp & 0x3F) as u8]),
                        "utf-16-be" => bytes.extend_from_slice(&(cp as u16).to_be_bytes()),
                        "utf-16" | "utf-16-le" => bytes.extend_from_slice(&(cp as u16).to_le_bytes()),
                        "utf-32-be" => bytes.extend_from_slice(&cp.to_be_bytes()),
                        "utf-32" | "utf-32-le" => bytes.extend_from_slice(&cp.to_le_bytes()),
                        _ => return Err(raise()),
                    }
                }
                Ok((Replacement::Bytes(bytes), end))
            }
            Handler::Named(name) => match registered(name)? {
                Some(f) => {
                    *self = Handler::Function(f);
                    self.encode_error(encoding, s, start, end, reason)
                }
                None => Err(Handler::unknown(name)),
            },
            Handler::Function(f) => {
                let exception = unicode_error::new_5(&UNICODE_ENCODE_ERROR, encoding, s, start, end, reason);
                let result = crate::call::call1(f.v(), exception.v())?;
                let Some(&[text, position]) = crate::tuple::items(result.v()) else {
                    return Err(type_error("encoding error handler must return (str/bytes, int) tuple"));
                };
                let replacement = if let Some(t) = str::try_view(text) {
                    Replacement::Text(t.chars().collect())
                } else if let Some(b) = crate::bytes::as_slice(text) {
                    Replacement::Bytes(b.to_vec())
                } else {
                    return Err(type_error("encoding error handler must return (str/bytes, int) tuple"));
                };
                Ok((replacement, new_position(position, view.len())?))
            }
        }
    }
}

fn new_position(v: Value, len: usize) -> R<usize> {
    let i = crate::int::index_i64(v)?;
    let at = if i < 0 { i + len as i64 } else { i };
    if at < 0 || at > len as i64 {
        return Err(index_error(format!("position {i} from error handler out of bounds")));
    }
    Ok(at as usize)
}

/// Bytes per unit and the code unit at the start of `data` in an encoding, for `surrogatepass`.
fn surrogate_at(encoding: &str, data: &[u8]) -> (usize, Option<u32>) {
    let two = || data.get(..2).map(|b| [b[0], b[1]]);
    let four = || data.get(..4).map(|b| [b[0], b[1], b[2], b[3]]);
    match encoding {
        "utf-8" => (
            3,
            data.get(..3).filter(|b| b[0] & 0xF0 == 0xE0 && b[1] & 0xC0 == 0x80 && b[2] & 0xC0 == 0x80).map(|b| {
                ((b[0] & 15) as u32) << 12 | ((b[1] & 63) as u32) << 6 | (b[2] & 63) as u32
            }),
        ),
        "utf-16-be" => (2, two().map(|b| u16::from_be_bytes(b) as u32)),
        "utf-16" | "utf-16-le" => (2, two().map(|b| u16::from_le_bytes(b) as u32)),
        "utf-32-be" => (4, four().map(u32::from_be_bytes)),
        "utf-32" | "utf-32-le" => (4, four().map(u32::from_le_bytes)),
        _ => (0, None),
    }
}
