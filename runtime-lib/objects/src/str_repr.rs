//! `repr()` and `ascii()` of strs.

use crate::prelude::*;
use crate::str::{self, Builder};
use crate::unicode::is_printable;

/// `repr(v)` of a str.
pub fn repr(v: Value) -> Ref {
    quoted(v, false)
}

/// `ascii(v)` of a str: everything beyond ASCII is escaped.
pub fn ascii(v: Value) -> Ref {
    quoted(v, true)
}

/// Escapes what is not ASCII in a str (the second half of `ascii()` on any object's repr).
pub fn escape_non_ascii(v: Value) -> Ref {
    let s = str::view(v);
    if s.is_ascii() {
        return Ref::new(v);
    }
    let mut out = Vec::with_capacity(s.len() * 2);
    for cp in s.chars() {
        if cp < 128 { out.push(cp as u8) } else { push_escape(&mut out, cp) }
    }
    str::from_ascii(&out)
}

fn hex(out: &mut Vec<u8>, cp: u32, digits: u32) {
    for i in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(cp >> (4 * i)) as usize & 15]);
    }
}

/// `\xhh`, `\uhhhh` or `\Uhhhhhhhh`.
pub fn push_escape(out: &mut Vec<u8>, cp: u32) {
    out.push(b'\\');
    if cp < 256 {
        out.push(b'x');
        hex(out, cp, 2);
    } else if cp < 0x10000 {
        out.push(b'u');
        hex(out, cp, 4);
    } else {
        out.push(b'U');
        hex(out, cp, 8);
    }
}

/// The quote that repr uses.
fn quote_for(has_single: bool, has_double: bool) -> u8 {
    if has_single && !has_double { b'"' } else { b'\'' }
}

fn quoted(v: Value, ascii_only: bool) -> Ref {
    let s = str::view(v);
    if let Some(text) = s.ascii() {
        let text = text.as_bytes();
        let (mut single, mut double, mut plain) = (false, false, true);
        for &b in text {
            single |= b == b'\'';
            double |= b == b'"';
            plain &= (32..127).contains(&b) && b != b'\\';
        }
        let quote = quote_for(single, double);
        let mut out = Vec::with_capacity(text.len() + 2);
        out.push(quote);
        if plain && !(single && double) {
            out.extend_from_slice(text);
        } else {
            for &b in text {
                push_ascii(&mut out, b, quote);
            }
        }
        out.push(quote);
        return str::from_ascii(&out);
    }
    let (mut single, mut double) = (false, false);
    for cp in s.chars() {
        single |= cp == '\'' as u32;
        double |= cp == '"' as u32;
    }
    let quote = quote_for(single, double);
    let mut builder = Builder::with_capacity(s.len() + 2);
    let mut piece = Vec::new();
    builder.push_char(quote as u32);
    for cp in s.chars() {
        if cp >= 128 && !ascii_only && is_printable(cp) {
            builder.push_char(cp);
            continue;
        }
        piece.clear();
        if cp < 128 { push_ascii(&mut piece, cp as u8, quote) } else { push_escape(&mut piece, cp) }
        builder.push_latin1(&piece);
    }
    builder.push_char(quote as u32);
    builder.finish()
}

/// One ASCII character as repr of str and bytes shows it.
pub fn push_ascii(out: &mut Vec<u8>, b: u8, quote: u8) {
    match b {
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ if b == quote => out.extend_from_slice(&[b'\\', b]),
        32..=126 => out.push(b),
        _ => push_escape(out, b as u32),
    }
}

/// `repr()` of bytes, with a prefix (`b` or `bytearray(b`).
pub fn repr_bytes(bytes: &[u8], prefix: &str, suffix: &str) -> Ref {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    let mut out = Vec::with_capacity(bytes.len() + prefix.len() + suffix.len() + 2);
    out.extend_from_slice(prefix.as_bytes());
    out.push(quote);
    for &b in bytes {
        push_ascii(&mut out, b, quote);
    }
    out.push(quote);
    out.extend_from_slice(suffix.as_bytes());
    str::from_ascii(&out)
}
