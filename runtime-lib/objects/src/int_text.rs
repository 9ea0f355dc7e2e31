//! Text of ints: parsing, printing, and the limit on decimal digits.

use crate::int::{self, Num, from_bigint, from_i64, num};
use crate::prelude::*;
use dashu_int::{IBig, Sign, UBig};

struct Limit(Cell<usize>);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Limit {}
static LIMIT: Limit = Limit(Cell::new(4300));

/// `sys.get_int_max_str_digits()`; 0: no limit.
pub fn max_str_digits() -> usize {
    LIMIT.0.get()
}

/// Sets the limit.
pub fn set_max_str_digits(n: usize) {
    LIMIT.0.set(n)
}

/// Why a text is no int.
pub enum ParseError {
    Invalid,
    TooLong(usize),
}

/// The bytes of a str of ASCII characters.
pub fn ascii_bytes<'a>(v: Value) -> Option<&'a [u8]> {
    if v.is_pointer() && type_of(v).has(type_flags::STR) {
        let s: &dxpyc_abi::StrObject = crate::cast::get_unchecked(v);
        if s.ascii != 0 {
            // SAFETY: an ASCII str holds `len` bytes behind its head.
            return Some(unsafe { std::slice::from_raw_parts((&raw const s.data) as *const u8, s.len) });
        }
    }
    None
}

/// Code points whose decimal digit value is 0; the nine after each follow in order.
static DECIMAL_ZEROS: [u32; 76] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810,
    0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30,
    0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0,
    0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140,
    0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

/// Decimal digit value of a code point.
pub fn decimal_value(c: u32) -> Option<u32> {
    let at = DECIMAL_ZEROS.partition_point(|&z| z <= c);
    let zero = *DECIMAL_ZEROS.get(at.checked_sub(1)?)?;
    (c - zero < 10).then_some(c - zero)
}

/// Whether str methods take the code point for white space.
pub fn is_space(c: u32) -> bool {
    matches!(c, 9..=13 | 0x1c..=0x20 | 0x85 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000)
}

/// Digits of all scripts as ASCII digits, white space as blanks, all other non-ASCII as `?`. ASCII text stays as it is.
pub fn to_ascii_digits(text: &str) -> std::borrow::Cow<'_, [u8]> {
    if text.is_ascii() {
        return text.as_bytes().into();
    }
    text.chars()
        .map(|c| match c as u32 {
            c if is_space(c) => b' ',
            c if c < 128 => c as u8,
            c => decimal_value(c).map_or(b'?', |d| b'0' + d as u8),
        })
        .collect::<Vec<u8>>()
        .into()
}

fn trim(mut text: &[u8]) -> &[u8] {
    let blank = |c: &u8| matches!(c, b' ' | 9..=13);
    while let [first, rest @ ..] = text
        && blank(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && blank(last)
    {
        text = rest;
    }
    text
}

/// Parses ASCII text. `base` is 0 or 2 to 36.
pub fn parse_ascii(text: &[u8], mut base: u32) -> Result<Ref, ParseError> {
    use ParseError::{Invalid, TooLong};
    let mut text = trim(text);
    let mut negative = false;
    if let [sign @ (b'+' | b'-'), rest @ ..] = text {
        negative = *sign == b'-';
        text = rest;
    }
    let prefix_base = match text {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    let mut zero_only = false;
    if base == 0 {
        base = if prefix_base != 0 {
            prefix_base
        } else {
            zero_only = text.first() == Some(&b'0');
            10
        };
    }
    if prefix_base == base {
        text = &text[2..];
        if let [b'_', rest @ ..] = text {
            text = rest;
        }
    }
    if text.is_empty() {
        return Err(Invalid);
    }
    // Up to 18 decimal digits: directly.
    let mut small = 0i64;
    let plain = text.len() <= 18 && base <= 10;
    let mut n_digits = 0;
    let mut after_digit = false;
    for &c in text {
        let digit = match c {
            b'0'..=b'9' => (c - b'0') as u32,
            b'a'..=b'z' => (c - b'a') as u32 + 10,
            b'A'..=b'Z' => (c - b'A') as u32 + 10,
            b'_' if after_digit => {
                after_digit = false;
                continue;
            }
            _ => return Err(Invalid),
        };
        if digit >= base {
            return Err(Invalid);
        }
        n_digits += 1;
        after_digit = true;
        if plain {
            small = small * base as i64 + digit as i64;
        }
    }
    if !after_digit {
        return Err(Invalid);
    }
    if zero_only && text.iter().any(|c| !matches!(c, b'0' | b'_')) {
        return Err(Invalid);
    }
    if plain {
        return Ok(from_i64(if negative { -small } else { small }));
    }
    let limit = max_str_digits();
    if !base.is_power_of_two() && limit != 0 && n_digits > limit {
        return Err(TooLong(n_digits));
    }
    let clean: String = text.iter().filter(|&&c| c != b'_').map(|&c| c as char).collect();
    let magnitude = UBig::from_str_radix(&clean, base).map_err(|_| Invalid)?;
    Ok(from_bigint(IBig::from_parts(if negative { Sign::Negative } else { Sign::Positive }, magnitude)))
}

/// The exception of a failed parse. `shown` is the value whose repr the message shows.
#[cold]
pub fn raise(error: ParseError, base: u32, shown: Value) -> Raised {
    match error {
        ParseError::TooLong(n) => value_error(format!(
            "Exceeds the limit ({} digits) for integer string conversion: value has {n} digits; use sys.set_int_max_str_digits() to increase the limit",
            max_str_digits()
        )),
        ParseError::Invalid => match crate::ops::repr(shown) {
            Ok(repr) => {
                let text = crate::str::to_rust(repr.v());
                let cut: String = text.chars().take(200).collect();
                value_error(format!("invalid literal for int() with base {base}: {cut}"))
            }
            Err(raised) => raised,
        },
    }
}

/// Parses a str value.
pub fn parse_str(v: Value, base: u32) -> R<Ref> {
    let result = match ascii_bytes(v) {
        Some(bytes) => parse_ascii(bytes, base),
        None => parse_ascii(&to_ascii_digits(&crate::str::to_rust(v)), base),
    };
    result.map_err(|e| raise(e, base, v))
}

/// The decimal text, or ValueError beyond the limit.
pub fn to_decimal(v: Value) -> R<String> {
    let Some(Num::Big(b)) = num(v) else { return Ok(int::to_string(v)) };
    let limit = max_str_digits();
    // 3.32 bits a digit: certainly too long beyond this.
    if limit != 0 && int::bit_length(b) > limit * 10 / 3 + 64 {
        return Err(too_long());
    }
    let text = b.to_string();
    if limit != 0 && text.len() - (b.sign() == Sign::Negative) as usize > limit {
        return Err(too_long());
    }
    Ok(text)
}

#[cold]
fn too_long() -> Raised {
    value_error(format!(
        "Exceeds the limit ({} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit",
        max_str_digits()
    ))
}

/// `str(int)`.
pub fn to_str(v: Value) -> R<Ref> {
    if let Some(i) = v.as_small_int() {
        return Ok(small_to_str(i));
    }
    Ok(crate::str::from_str(&to_decimal(v)?))
}

/// `str(i)` of a machine integer.
pub fn small_to_str(i: i64) -> Ref {
    let mut buffer = [0u8; 24];
    crate::str::from_ascii(small_decimal(i, &mut buffer).as_bytes())
}

/// 00 to 99.
static PAIRS: [[u8; 2]; 100] = {
    let mut all = [[0; 2]; 100];
    let mut i = 0;
    while i < 100 {
        all[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
        i += 1;
    }
    all
};

/// Decimal digits of a machine integer.
#[inline]
pub fn small_decimal(i: i64, buffer: &mut [u8; 24]) -> &str {
    let mut at = buffer.len();
    let mut n = i.unsigned_abs();
    while n >= 100 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[(n % 100) as usize]);
        n /= 100;
    }
    if n >= 10 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[n as usize]);
    } else {
        at -= 1;
        buffer[at] = b'0' + n as u8;
    }
    if i < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    // SAFETY: digits and a sign are ASCII.
    unsafe { std::str::from_utf8_unchecked(&buffer[at..]) }
}

/// Digits in base 2, 8 or 16 (lower case), with the sign but without a prefix.
pub fn radix_digits(n: Num<'_>, base: u32) -> String {
    let (negative, mut text) = match n {
        Num::Word(w) => {
            let m = w.unsigned_abs();
            (w < 0, match base {
                2 => format!("{m:b}"),
                8 => format!("{m:o}"),
                _ => format!("{m:x}"),
            })
        }
        Num::Big(b) => {
            let (sign, m) = b.clone().into_parts();
            (sign == Sign::Negative, m.in_radix(base as u8).to_string())
        }
    };
    if negative {
        text.insert(0, '-');
    }
    text
}
