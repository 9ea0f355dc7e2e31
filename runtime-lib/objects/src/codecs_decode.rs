//! Decoding of bytes to text, whole or piece by piece.

use crate::codecs::Codec;
use crate::codecs_errors::Handler;
use crate::codecs_tables::CHARMAPS;
use crate::prelude::*;
use crate::str::Builder;

/// A decoder with the state between pieces of input.
pub struct Decoder {
    codec: Codec,
    /// The encoding after the byte order mark was seen.
    current: Codec,
    /// Input of an unfinished character.
    pub pending: Vec<u8>,
}

impl Decoder {
    /// At the start of a text.
    pub fn new(codec: Codec) -> Decoder {
        Decoder { codec, current: codec, pending: Vec::new() }
    }
    /// Back to the start of a text.
    pub fn reset(&mut self) {
        self.current = self.codec;
        self.pending.clear();
    }
    /// Whether the next input is decoded as at the start of the text.
    pub fn at_start(&self) -> bool {
        self.pending.is_empty() && self.current == self.codec
    }
    /// Says that the input goes on behind a byte order mark.
    pub fn skip_mark(&mut self) {
        self.current = match self.codec {
            Codec::Utf8Sig => Codec::Utf8,
            Codec::Utf16 => Codec::Utf16Le,
            Codec::Utf32 => Codec::Utf32Le,
            other => other,
        };
    }

    /// Decodes a piece. Unfinished characters at its end wait for the next one unless it is the last.
    pub fn decode(&mut self, input: &[u8], last: bool, errors: &mut Handler, out: &mut Builder) -> R<()> {
        if self.pending.is_empty() {
            let used = self.step(input, last, errors, out)?;
            if used < input.len() {
                self.pending = input[used..].to_vec();
            }
            return Ok(());
        }
        let mut all = std::mem::take(&mut self.pending);
        all.extend_from_slice(input);
        let used = self.step(&all, last, errors, out)?;
        all.drain(..used);
        self.pending = all;
        Ok(())
    }

    fn step(&mut self, data: &[u8], last: bool, errors: &mut Handler, out: &mut Builder) -> R<usize> {
        let mut start = 0;
        match self.current {
            Codec::Utf8Sig => {
                let mark = [0xEF, 0xBB, 0xBF];
                if data.len() < 3 && !last && mark.starts_with(data) {
                    return Ok(0);
                }
                if data.starts_with(&mark) {
                    start = 3;
                }
                self.current = Codec::Utf8;
            }
            Codec::Utf16 => {
                if data.len() < 2 && !last {
                    return Ok(0);
                }
                self.current = if data.starts_with(&[0xFE, 0xFF]) { Codec::Utf16Be } else { Codec::Utf16Le };
                if data.starts_with(&[0xFE, 0xFF]) || data.starts_with(&[0xFF, 0xFE]) {
                    start = 2;
                }
            }
            Codec::Utf32 => {
                if data.len() < 4 && !last {
                    return Ok(0);
                }
                self.current = if data.starts_with(&[0, 0, 0xFE, 0xFF]) { Codec::Utf32Be } else { Codec::Utf32Le };
                if data.starts_with(&[0, 0, 0xFE, 0xFF]) || data.starts_with(&[0xFF, 0xFE, 0, 0]) {
                    start = 4;
                }
            }
            _ => {}
        }
        match self.current {
            Codec::Latin1 => {
                out.push_latin1(data);
                Ok(data.len())
            }
            Codec::Ascii => ascii(data, errors, out),
            Codec::Charmap(i) => charmap(data, &CHARMAPS[i as usize], errors, out),
            Codec::Utf16Le | Codec::Utf16Be => utf16(data, start, self.current == Codec::Utf16Be, last, errors, out),
            Codec::Utf32Le | Codec::Utf32Be => utf32(data, start, self.current == Codec::Utf32Be, last, errors, out),
            Codec::UnicodeEscape => unicode_escape(data, last, errors, out),
            Codec::RawUnicodeEscape => raw_unicode_escape(data, last, errors, out),
            _ => utf8(data, start, last, errors, out),
        }
    }
}

fn utf8(data: &[u8], start: usize, last: bool, errors: &mut Handler, out: &mut Builder) -> R<usize> {
    let mut at = start;
    loop {
        match std::str::from_utf8(&data[at..]) {
            Ok(text) => {
                out.push_str(text);
                return Ok(data.len());
            }
            Err(e) => {
                let good = e.valid_up_to();
                // SAFETY: from_utf8 found this part valid.
                out.push_str(unsafe { std::str::from_utf8_unchecked(&data[at..at + good]) });
                at += good;
                let (end, reason) = match e.error_len() {
                    None => {
                        if !last {
                            return Ok(at);
                        }
                        (data.len(), "unexpected end of data")
                    }
                    Some(n) => {
                        let b = data[at];
                        (at + n, if b < 0xC2 || b > 0xF4 { "invalid start byte" } else { "invalid continuation byte" })
                    }
                };
                at = errors.decode_error("utf-8", data, at, end, reason, out)?;
            }
        }
    }
}

fn ascii(data: &[u8], errors: &mut Handler, out: &mut Builder) -> R<usize> {
    let mut at = 0;
    while at < data.len() {
        let n = data[at..].iter().position(|b| *b >= 128).unwrap_or(data.len() - at);
        out.push_latin1(&data[at..at + n]);
        at += n;
        if at < data.len() {
            at = errors.decode_error("ascii", data, at, at + 1, "ordinal not in range(128)", out)?;
        }
    }
    Ok(data.len())
}

fn charmap(data: &[u8], table: &[u16; 128], errors: &mut Handler, out: &mut Builder) -> R<usize> {
    let mut at = 0;
    while at < data.len() {
        let b = data[at];
        let cp = if b < 128 { b as u16 } else { table[b as usize - 128] };
        if cp == 0xFFFE {
            at = errors.decode_error("charmap", data, at, at + 1, "character maps to <undefined>", out)?;
        } else {
            out.push_char(cp as u32);
            at += 1;
        }
    }
    Ok(data.len())
}

fn utf16(data: &[u8], start: usize, big: bool, last: bool, errors: &mut Handler, out: &mut Builder) -> R<usize> {
    let name = if big { "utf-16-be" } else { "utf-16-le" };
    let unit = |i: usize| {
        let pair = [data[i], data[i + 1]];
        (if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }) as u32
    };
    let n = data.len();
    let mut at = start;
    while at < n {
        if n - at < 2 {
            if !last {
                return Ok(at);
            }
            at = errors.decode_error(name, data, at, n, "truncated data", out)?;
            continue;
        }
        let u = unit(at);
        if !(0xD800..0xE000).contains(&u) {
            out.push_char(u);
            at += 2;
        } else if u >= 0xDC00 {
            at = errors.decode_error(name, data, at, at + 2, "illegal encoding", out)?;
        } else if n - at < 4 {
            if !last {
                return Ok(at);
            }
            at = errors.decode_error(name, data, at, n, "unexpected end of data", out)?;
        } else {
            let v = unit(at + 2);
            if (0xDC00..0xE000).contains(&v) {
                out.push_char(0x10000 + ((u - 0xD800) << 10) + (v - 0xDC00));
                at += 4;
            } else {
                at = errors.decode_error(name, data, at, at + 2, "illegal UTF-16 surrogate", out)?;
            }
        }
    }
    Ok(at)
}

fn utf32(data: &[u8], start: usize, big: bool, last: bool, errors: &mut Handler, out: &mut Builder) -> R<usize> {
    let name = if big { "utf-32-be" } else { "utf-32-le" };
    let n = data.len();
    let mut at = start;
    while at < n {
        if n - at < 4 {
            if !last {
                return Ok(at);
            }
            at = errors.decode_error(name, data, at, n, "truncated data", out)?;
            continue;
        }
        let four = [data[at], data[at + 1], data[at + 2], data[at + 3]];
        let cp = if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
        let reason = if (0xD800..0xE000).contains(&cp) {
            "code point in surrogate code point range(0xd800, 0xe000)"
        } else if cp >= 0x110000 {
            "code point not in range(0x110000)"
        } else {
            out.push_char(cp);
            at += 4;
            continue;
        };
        at = errors.decode_error(name, data, at, at + 4, reason, out)?;
    }
    Ok(at)
}

fn hex_value(b: u8) -> Option<u32> {
    (b as char).to_digit(16)
}

fn unicode_escape(data: &[u8], last: bool, errors: &mut Handler, out: &mut Builder) -> R<usize> {
    let name = "unicodeescape";
    let n = data.len();
    let mut at = 0;
    while at < n {
        let start = at;
        let b = data[at];
        at += 1;
        if b != b'\\' {
            out.push_char(b as u32);
            continue;
        }
        if at >= n {
            if !last {
                return Ok(start);
            }
            at = errors.decode_error(name, data, start, n, "\\ at end of string", out)?;
            continue;
        }
        let c = data[at];
        at += 1;
        let (count, message) = match c {
            b'\n' => continue,
            b'\\' | b'\'' | b'"' => {
                out.push_char(c as u32);
                continue;
            }
            b'b' => {
                out.push_char(8);
                continue;
            }
            b'f' => {
                out.push_char(12);
                continue;
            }
            b't' => {
                out.push_char(9);
                continue;
            }
            b'n' => {
                out.push_char(10);
                continue;
            }
            b'r' => {
                out.push_char(13);
                continue;
            }
            b'v' => {
                out.push_char(11);
                continue;
            }
            b'a' => {
                out.push_char(7);
                continue;
            }
            b'0'..=b'7' => {
                let mut value = (c - b'0') as u32;
                for _ in 0..2 {
                    if at < n && (b'0'..=b'7').contains(&data[at]) {
                        value = value * 8 + (data[at] - b'0') as u32;
                        at += 1;
                    }
                }
                out.push_char(value);
                continue;
            }
            b'x' => (2, "truncated \\xXX escape"),
            b'u' => (4, "truncated \\uXXXX escape"),
            b'U' => (8, "truncated \\UXXXXXXXX escape"),
            b'N' => {
                let (mut end, mut message) = (at, "malformed \\N character escape");
                if at < n && data[at] == b'{' {
                    let Some(length) = data[at + 1..].iter().position(|b| *b == b'}') else {
                        if !last {
                            return Ok(start);
                        }
                        at = errors.decode_error(name, data, start, n, message, out)?;
                        continue;
                    };
                    end = at + 1 + length;
                    if length > 0 {
                        let text = String::from_utf8_lossy(&data[at + 1..end]);
                        if let Some(point) = crate::codecs_names::point_of(&text)? {
                            out.push_char(point);
                            at = end + 1;
                            continue;
                        }
                        (end, message) = (end + 1, "unknown Unicode character name");
                    }
                } else if at >= n && !last {
                    return Ok(start);
                }
                at = errors.decode_error(name, data, start, end, message, out)?;
                continue;
            }
            _ => {
                out.push_char(b'\\' as u32);
                out.push_char(c as u32);
                continue;
            }
        };
        let mut value = 0;
        let mut digits = 0;
        while digits < count && at < n {
            let Some(d) = hex_value(data[at]) else { break };
            value = value << 4 | d;
            at += 1;
            digits += 1;
        }
        if digits < count {
            if at >= n && !last {
                return Ok(start);
            }
            at = errors.decode_error(name, data, start, at, message, out)?;
        } else if value >= 0x110000 {
            at = errors.decode_error(name, data, start, at, "illegal Unicode character", out)?;
        } else {
            out.push_char(value);
        }
    }
    Ok(n)
}

fn raw_unicode_escape(data: &[u8], last: bool, errors: &mut Handler, out: &mut Builder) -> R<usize> {
    let name = "rawunicodeescape";
    let n = data.len();
    let mut at = 0;
    while at < n {
        let start = at;
        let b = data[at];
        if b != b'\\' {
            out.push_char(b as u32);
            at += 1;
            continue;
        }
        if at + 1 >= n {
            if !last {
                return Ok(at);
            }
            out.push_char(b as u32);
            at += 1;
            continue;
        }
        let (count, message) = match data[at + 1] {
            b'u' => (4, "truncated \\uXXXX escape"),
            b'U' => (8, "truncated \\UXXXXXXXX escape"),
            c => {
                out.push_char(b as u32);
                out.push_char(c as u32);
                at += 2;
                continue;
            }
        };
        at += 2;
        let mut value = 0;
        let mut digits = 0;
        while digits < count && at < n {
            let Some(d) = hex_value(data[at]) else { break };
            value = value << 4 | d;
            at += 1;
            digits += 1;
        }
        if digits < count {
            if at >= n && !last {
                return Ok(start);
            }
            at = errors.decode_error(name, data, start, at, message, out)?;
        } else if value >= 0x110000 {
            at = errors.decode_error(name, data, start, at, "\\Uxxxxxxxx out of range", out)?;
        } else {
            out.push_char(value);
        }
    }
    Ok(n)
}
