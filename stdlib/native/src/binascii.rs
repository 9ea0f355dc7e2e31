//! `binascii`: base64, hexadecimal, quoted-printable and uuencoded bytes, and checksums.

use crate::classes::ClassCell;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::{buffer, bytes, bytes_methods, exceptions, int, str};

static ERROR: ClassCell = ClassCell::new();
static INCOMPLETE: ClassCell = ClassCell::new();

/// The bytes of a bytes-like object or an ASCII str.
fn ascii(v: Value) -> R<Vec<u8>> {
    if let Some(s) = str::try_view(v) {
        if !s.is_ascii() {
            return Err(value_error("string argument should contain only ASCII characters"));
        }
        return Ok(str::raw_bytes(str::object(v)).to_vec());
    }
    if !buffer::is_bytes_like(v) {
        return Err(type_error(format!("argument should be bytes, buffer or ASCII string, not '{}'", display_name(v))));
    }
    buffer::to_vec(v)
}

fn made(data: &[u8]) -> R<Ref> {
    bytes::try_from_slice(&bytes::BYTES, data)
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static BASE64_VALUES: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut i = 0;
    while i < 64 {
        table[BASE64[i] as usize] = i as u8;
        i += 1;
    }
    table
};

fn decode_base64(data: &[u8], strict: bool) -> R<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len() / 4 * 3);
    let (mut quad, mut left, mut pads, mut padding) = (0u8, 0u8, 0usize, false);
    if strict && data.first() == Some(&b'=') {
        return Err(ERROR.raise("Leading padding not allowed"));
    }
    for &c in data {
        if c == b'=' {
            padding = true;
            if strict && (quad == 0 || quad >= 2 && quad as usize + pads >= 4) {
                return Err(ERROR.raise("Excess padding not allowed"));
            }
            if strict && quad == 1 {
                break;
            }
            if quad >= 2 {
                pads += 1;
            }
            continue;
        }
        let value = BASE64_VALUES[c as usize];
        if value == 0xff {
            if strict {
                return Err(ERROR.raise("Only base64 data is allowed"));
            }
            continue;
        }
        if strict && padding {
            let complete = quad as usize + pads >= 4;
            return Err(ERROR.raise(if complete { "Excess data after padding" } else { "Discontinuous padding not allowed" }));
        }
        pads = 0;
        match quad {
            0 => left = value,
            1 => {
                out.push(left << 2 | value >> 4);
                left = value & 0x0f;
            }
            2 => {
                out.push(left << 4 | value >> 2);
                left = value & 0x03;
            }
            _ => out.push(left << 6 | value),
        }
        quad = (quad + 1) % 4;
    }
    match quad {
        0 => Ok(out),
        1 => Err(ERROR.raise(format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
            out.len() / 3 * 4 + 1
        ))),
        _ if quad as usize + pads >= 4 => Ok(out),
        _ => Err(ERROR.raise("Incorrect padding")),
    }
}

fn encode_base64(data: &[u8], newline: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4 + 1);
    for chunk in data.chunks(3) {
        let word = (chunk[0] as u32) << 16 | (*chunk.get(1).unwrap_or(&0) as u32) << 8 | *chunk.get(2).unwrap_or(&0) as u32;
        for i in 0..4 {
            out.push(if i <= chunk.len() { BASE64[(word >> (18 - 6 * i)) as usize & 63] } else { b'=' });
        }
    }
    if newline {
        out.push(b'\n');
    }
    out
}

fn decode_uu(data: &[u8]) -> R<Vec<u8>> {
    let Some(&first) = data.first() else { return Err(ERROR.raise("Missing length byte")) };
    let mut wanted = first.wrapping_sub(b' ') as usize & 0o77;
    let mut rest = data.get(1..).unwrap_or_default();
    let (mut out, mut left, mut bits) = (Vec::with_capacity(wanted), 0u32, 0);
    while wanted > 0 {
        let c = match rest.first() {
            None | Some(b'\n' | b'\r') => 0,
            Some(&c) if !(b' '..=b' ' + 64).contains(&c) => return Err(ERROR.raise("Illegal char")),
            Some(&c) => (c - b' ') & 0o77,
        };
        rest = rest.get(1..).unwrap_or_default();
        left = left << 6 | c as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((left >> bits) as u8);
            left &= (1 << bits) - 1;
            wanted -= 1;
        }
    }
    if rest.iter().any(|c| !matches!(c, b' ' | b'`' | b'\n' | b'\r')) {
        return Err(ERROR.raise("Trailing garbage"));
    }
    Ok(out)
}

fn encode_uu(data: &[u8], backtick: bool) -> Vec<u8> {
    let sign = |n: u32| if backtick && n == 0 { b'`' } else { n as u8 + b' ' };
    let mut out = vec![sign(data.len() as u32)];
    for chunk in data.chunks(3) {
        let word = (chunk[0] as u32) << 16 | (*chunk.get(1).unwrap_or(&0) as u32) << 8 | *chunk.get(2).unwrap_or(&0) as u32;
        out.extend((0..4).map(|i| sign(word >> (18 - 6 * i) & 63)));
    }
    out.push(b'\n');
    out
}

fn hex_value(c: u8) -> Option<u8> {
    (c as char).to_digit(16).map(|d| d as u8)
}

fn decode_qp(data: &[u8], header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut i = 0;
    while i < data.len() {
        match data[i] {
            b'=' => {
                i += 1;
                match data.get(i) {
                    None => break,
                    Some(b'\n' | b'\r') => {
                        while i < data.len() && data[i] != b'\n' {
                            i += 1;
                        }
                        i += 1;
                    }
                    Some(b'=') => {
                        out.push(b'=');
                        i += 1;
                    }
                    Some(&c) => match (hex_value(c), data.get(i + 1).and_then(|c| hex_value(*c))) {
                        (Some(high), Some(low)) => {
                            out.push(high << 4 | low);
                            i += 2;
                        }
                        _ => out.push(b'='),
                    },
                }
            }
            b'_' if header => {
                out.push(b' ');
                i += 1;
            }
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    out
}

/// Longest line of quoted-printable text.
const MAX_LINE: usize = 76;

fn encode_qp(data: &[u8], quote_tabs: bool, is_text: bool, header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + data.len() / 8);
    let crlf = data.iter().position(|c| *c == b'\n').is_some_and(|at| at > 0 && data[at - 1] == b'\r');
    let push_hex = |out: &mut Vec<u8>, c: u8| out.extend_from_slice(format!("={c:02X}").as_bytes());
    let line_end = |out: &mut Vec<u8>| out.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
    let (mut i, mut line) = (0, 0);
    while i < data.len() {
        let c = data[i];
        let next = data.get(i + 1);
        let quoted = c > 126
            || c == b'='
            || header && c == b'_'
            || c == b'.' && line == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0))
            || !is_text && matches!(c, b'\r' | b'\n')
            || matches!(c, b'\t' | b' ') && next.is_none()
            || c < 33 && !matches!(c, b'\r' | b'\n') && (quote_tabs || !matches!(c, b'\t' | b' '));
        if quoted {
            if line + 3 >= MAX_LINE {
                out.push(b'=');
                line_end(&mut out);
                line = 0;
            }
            push_hex(&mut out, c);
            i += 1;
            line += 3;
        } else if is_text && (c == b'\n' || c == b'\r' && next == Some(&b'\n')) {
            line = 0;
            if let Some(&last @ (b' ' | b'\t')) = out.last() {
                out.pop();
                push_hex(&mut out, last);
            }
            line_end(&mut out);
            i += if c == b'\r' { 2 } else { 1 };
        } else {
            if next.is_some_and(|n| *n != b'\n') && line + 1 >= MAX_LINE {
                out.push(b'=');
                line_end(&mut out);
                line = 0;
            }
            line += 1;
            out.push(if header && c == b' ' { b'_' } else { c });
            i += 1;
        }
    }
    out
}

static CRC32: [[u32; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let (mut c, mut k) = (i as u32, 0);
        while k < 8 {
            c = if c & 1 == 1 { 0xedb8_8320 ^ c >> 1 } else { c >> 1 };
            k += 1;
        }
        tables[0][i] = c;
        i += 1;
    }
    let mut t = 1;
    while t < 8 {
        let mut i = 0;
        while i < 256 {
            let c = tables[t - 1][i];
            tables[t][i] = tables[0][(c & 0xff) as usize] ^ c >> 8;
            i += 1;
        }
        t += 1;
    }
    tables
};

/// The CRC-32 of ISO 3309, continued from `start`.
pub fn crc32(start: u32, data: &[u8]) -> u32 {
    let mut crc = !start;
    let (blocks, rest) = data.as_chunks::<8>();
    for block in blocks {
        let low = u32::from_le_bytes([block[0], block[1], block[2], block[3]]) ^ crc;
        let high = u32::from_le_bytes([block[4], block[5], block[6], block[7]]);
        let at = |t: usize, word: u32, shift: u32| CRC32[t][(word >> shift & 0xff) as usize];
        crc = at(7, low, 0) ^ at(6, low, 8) ^ at(5, low, 16) ^ at(4, low, 24) ^ at(3, high, 0) ^ at(2, high, 8) ^ at(1, high, 16) ^ at(0, high, 24);
    }
    for b in rest {
        crc = CRC32[0][((crc ^ *b as u32) & 0xff) as usize] ^ crc >> 8;
    }
    !crc
}

/// An int argument, its low 32 bits.
pub fn low_bits(v: Value) -> R<u32> {
    let v = dxpyc_objects::ops::index(v)?;
    let mask = int::from_i64(0xffff_ffff);
    let low = dxpyc_objects::ops::and(v.v(), mask.v())?;
    Ok(int::as_i64_exact(low.v()).unwrap_or(0) as u32)
}

fn init(dict: Value) -> R<()> {
    ERROR.define(dict, "binascii", "Error", &[&exceptions::VALUE_ERROR])?;
    INCOMPLETE.define(dict, "binascii", "Incomplete", &[&exceptions::EXCEPTION])
}

/// Conversion between binary data and ASCII
#[native_module(name = "binascii", init = super::init)]
pub mod module {
    use super::*;

    /// Decode a line of uuencoded data.
    #[native("($module, data, /)")]
    fn a2b_uu(data: Value) -> R<Ref> {
        made(&decode_uu(&ascii(data)?)?)
    }
    /// Uuencode line of data.
    #[native("($module, data, /, *, backtick=False)")]
    fn b2a_uu(data: Value, backtick: bool) -> R<Ref> {
        buffer::with_bytes(data, |b| {
            if b.len() > 45 {
                return Err(ERROR.raise("At most 45 bytes at once"));
            }
            made(&encode_uu(b, backtick))
        })
    }
    /// Decode a line of base64 data.
    #[native("($module, data, /, *, strict_mode=False)")]
    fn a2b_base64(data: Value, strict_mode: bool) -> R<Ref> {
        made(&decode_base64(&ascii(data)?, strict_mode)?)
    }
    /// Base64-code line of data.
    #[native("($module, data, /, *, newline=True)")]
    fn b2a_base64(data: Value, newline: bool) -> R<Ref> {
        buffer::with_bytes(data, |b| made(&encode_base64(b, newline)))
    }
    /// Compute CRC-CCITT incrementally.
    #[native("($module, data, crc, /)")]
    fn crc_hqx(data: Value, crc: Value) -> R<i64> {
        let mut crc = low_bits(crc)? & 0xffff;
        buffer::with_bytes(data, |b| {
            for c in b {
                crc ^= (*c as u32) << 8;
                for _ in 0..8 {
                    crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 } & 0xffff;
                }
            }
            Ok(crc as i64)
        })
    }
    /// Compute CRC-32 incrementally.
    #[native("($module, data, crc=0, /)")]
    fn crc32(data: Value, crc: Value) -> R<i64> {
        let start = low_bits(crc)?;
        buffer::with_bytes(data, |b| Ok(super::crc32(start, b) as i64))
    }
    fn hex(data: Value, sep: Option<Value>, bytes_per_sep: i64) -> R<Ref> {
        let text = buffer::with_bytes(data, |b| bytes_methods::hex(b, sep, bytes_per_sep))?;
        made(str::raw_bytes(str::object(text.v())))
    }
    /// Hexadecimal representation of binary data.
    #[native("($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn b2a_hex(data: Value, sep: Option<Value>, bytes_per_sep: i64) -> R<Ref> {
        hex(data, sep, bytes_per_sep)
    }
    /// Hexadecimal representation of binary data.
    #[native("($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hexlify(data: Value, sep: Option<Value>, bytes_per_sep: i64) -> R<Ref> {
        hex(data, sep, bytes_per_sep)
    }
    /// Binary data of hexadecimal representation.
    #[native("($module, hexstr, /)")]
    fn a2b_hex(hexstr: Value) -> R<Ref> {
        let text = ascii(hexstr)?;
        if text.len() % 2 != 0 {
            return Err(ERROR.raise("Odd-length string"));
        }
        let pairs = text.as_chunks::<2>().0;
        let values: Option<Vec<u8>> = pairs.iter().map(|[a, b]| Some(hex_value(*a)? << 4 | hex_value(*b)?)).collect();
        made(&values.ok_or_else(|| ERROR.raise("Non-hexadecimal digit found"))?)
    }
    /// Binary data of hexadecimal representation.
    #[native("($module, hexstr, /)")]
    fn unhexlify(hexstr: Value) -> R<Ref> {
        a2b_hex(hexstr)
    }
    /// Decode a string of qp-encoded data.
    #[native("($module, /, data, header=False)")]
    fn a2b_qp(data: Value, header: bool) -> R<Ref> {
        made(&decode_qp(&ascii(data)?, header))
    }
    /// Encode a string using quoted-printable encoding.
    #[native("($module, /, data, quotetabs=False, istext=True, header=False)")]
    fn b2a_qp(data: Value, quotetabs: bool, istext: bool, header: bool) -> R<Ref> {
        buffer::with_bytes(data, |b| made(&encode_qp(b, quotetabs, istext, header)))
    }
}
