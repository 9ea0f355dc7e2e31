//! Encoding of text to bytes.

use crate::codecs::Codec;
use crate::codecs_errors::{Handler, Replacement};
use crate::codecs_tables::CHARMAPS;
use crate::prelude::*;
use crate::str::{self, Data};

/// How one code point is written; false when the encoding does not have it.
type Put = fn(cp: u32, table: &[u16; 128], out: &mut Vec<u8>) -> bool;

struct Scheme {
    /// Name in error messages.
    name: &'static str,
    reason: &'static str,
    /// Unencodable characters in a row are one error.
    runs: bool,
    put: Put,
}

const NO_TABLE: &[u16; 128] = &[0; 128];

fn put_utf8(cp: u32, _: &[u16; 128], out: &mut Vec<u8>) -> bool {
    let Some(c) = char::from_u32(cp) else { return false };
    let mut buffer = [0; 4];
    out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    true
}

fn put_latin1(cp: u32, _: &[u16; 128], out: &mut Vec<u8>) -> bool {
    if cp < 256 {
        out.push(cp as u8);
    }
    cp < 256
}

fn put_ascii(cp: u32, _: &[u16; 128], out: &mut Vec<u8>) -> bool {
    if cp < 128 {
        out.push(cp as u8);
    }
    cp < 128
}

fn put_charmap(cp: u32, table: &[u16; 128], out: &mut Vec<u8>) -> bool {
    if cp < 128 {
        out.push(cp as u8);
        return true;
    }
    if cp == 0xFFFE || cp >= 0x10000 {
        return false;
    }
    // The last byte wins where two map to one character (as in the tables that CPython builds).
    match table.iter().rposition(|&c| c as u32 == cp) {
        Some(i) => {
            out.push(128 + i as u8);
            true
        }
        None => false,
    }
}

fn put_utf16(cp: u32, big: bool, out: &mut Vec<u8>) -> bool {
    let mut unit = |u: u16| out.extend_from_slice(&if big { u.to_be_bytes() } else { u.to_le_bytes() });
    if (0xD800..0xE000).contains(&cp) {
        return false;
    }
    if cp >= 0x10000 {
        unit((0xD800 + ((cp - 0x10000) >> 10)) as u16);
        unit((0xDC00 + (cp & 0x3FF)) as u16);
    } else {
        unit(cp as u16);
    }
    true
}

fn put_utf16_le(cp: u32, _: &[u16; 128], out: &mut Vec<u8>) -> bool {
    put_utf16(cp, false, out)
}

fn put_utf16_be(cp: u32, _: &[u16; 128], out: &mut Vec<u8>) -> bool {
    put_utf16(cp, true, out)
}

fn put_utf32_le(cp: u32, _: &[u16; 128], out: &mut Vec<u8>) -> bool {
    let good = !(0xD800..0xE000).contains(&cp);
    if good {
        out.extend_from_slice(&cp.to_le_bytes());
    }
    good
}

fn put_utf32_be(cp: u32, _: &[u16; 128], out: &mut Vec<u8>) -> bool {
    let good = !(0xD800..0xE000).contains(&cp);
    if good {
        out.extend_from_slice(&cp.to_be_bytes());
    }
    good
}

fn put_escape(cp: u32, _: &[u16; 128], out: &mut Vec<u8>) -> bool {
    match cp {
        9 => out.extend_from_slice(b"\\t"),
        10 => out.extend_from_slice(b"\\n"),
        13 => out.extend_from_slice(b"\\r"),
        92 => out.extend_from_slice(b"\\\\"),
        32..=126 => out.push(cp as u8),
        _ => crate::str_repr::push_escape(out, cp),
    }
    true
}

fn put_raw_escape(cp: u32, _: &[u16; 128], out: &mut Vec<u8>) -> bool {
    if cp < 256 { out.push(cp as u8) } else { crate::str_repr::push_escape(out, cp) }
    true
}

fn scheme(codec: Codec) -> Scheme {
    let row = |name, reason, runs, put| Scheme { name, reason, runs, put };
    let surrogates = "surrogates not allowed";
    match codec {
        Codec::Utf8 | Codec::Utf8Sig => row("utf-8", surrogates, true, put_utf8),
        Codec::Utf16 => row("utf-16", surrogates, false, put_utf16_le),
        Codec::Utf16Le => row("utf-16-le", surrogates, false, put_utf16_le),
        Codec::Utf16Be => row("utf-16-be", surrogates, false, put_utf16_be),
        Codec::Utf32 => row("utf-32", surrogates, false, put_utf32_le),
        Codec::Utf32Le => row("utf-32-le", surrogates, false, put_utf32_le),
        Codec::Utf32Be => row("utf-32-be", surrogates, false, put_utf32_be),
        Codec::Latin1 => row("latin-1", "ordinal not in range(256)", true, put_latin1),
        Codec::Ascii => row("ascii", "ordinal not in range(128)", true, put_ascii),
        Codec::Charmap(_) => row("charmap", "character maps to <undefined>", true, put_charmap),
        Codec::UnicodeEscape => row("unicodeescape", "", false, put_escape),
        Codec::RawUnicodeEscape => row("rawunicodeescape", "", false, put_raw_escape),
    }
}

/// The byte order mark that a text in this encoding starts with.
pub fn mark(codec: Codec) -> &'static [u8] {
    match codec {
        Codec::Utf8Sig => &[0xEF, 0xBB, 0xBF],
        Codec::Utf16 => &[0xFF, 0xFE],
        Codec::Utf32 => &[0xFF, 0xFE, 0, 0],
        _ => &[],
    }
}

/// Appends the encoded str, with the byte order mark.
pub fn encode_into(s: Value, codec: Codec, errors: &mut Handler, out: &mut Vec<u8>) -> R<()> {
    out.extend_from_slice(mark(codec));
    encode_body(s, codec, errors, out)
}

/// Appends the encoded str, without a byte order mark.
pub fn encode_body(s: Value, codec: Codec, errors: &mut Handler, out: &mut Vec<u8>) -> R<()> {
    let view = str::view(s);
    if matches!(codec, Codec::Utf8 | Codec::Utf8Sig) {
        match view.data() {
            Data::One(b) if view.is_ascii() => {
                out.extend_from_slice(b);
                return Ok(());
            }
            Data::One(b) => {
                out.reserve(b.len() + b.len() / 2);
                for &b in b {
                    if b < 128 {
                        out.push(b);
                    } else {
                        out.extend_from_slice(&[0xC0 | b >> 6, 0x80 | b & 0x3F]);
                    }
                }
                return Ok(());
            }
            _ => {}
        }
    } else if let (Data::One(b), Codec::Latin1) = (view.data(), codec) {
        out.extend_from_slice(b);
        return Ok(());
    }
    let table = match codec {
        Codec::Charmap(i) => &CHARMAPS[i as usize],
        _ => NO_TABLE,
    };
    let scheme = scheme(codec);
    let n = view.len();
    let mut at = 0;
    let mut scratch = Vec::new();
    while at < n {
        if (scheme.put)(view.get(at), table, out) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while scheme.runs && end < n {
            scratch.clear();
            if (scheme.put)(view.get(end), table, &mut scratch) {
                break;
            }
            end += 1;
        }
        let (replacement, next) = errors.encode_error(scheme.name, s, at, end, scheme.reason)?;
        match replacement {
            Replacement::Bytes(b) => out.extend_from_slice(&b),
            Replacement::Text(t) => {
                for cp in t {
                    if !(scheme.put)(cp, table, out) {
                        return Err(crate::unicode_error::raise_encode(scheme.name, s, at, end, scheme.reason));
                    }
                }
            }
        }
        at = next;
    }
    Ok(())
}
