//! Text of floats: shortest repr, formats `e f g r`, parsing, hexadecimal form.

/// Fractional digits beyond which every double's decimal expansion is zeros.
const PRECISION_MAX: usize = 1100;

/// `repr(float)`.
pub fn repr(f: f64) -> String {
    let mut text = to_text(f, b'r', 0, false);
    if f.is_finite() && !text.bytes().any(|c| matches!(c, b'.' | b'e')) {
        text.push_str(".0");
    }
    text
}

/// Digits (at least one, no leading zero unless the value is 0) and the decimal exponent of the first one.
fn split_exponent(text: &str) -> (Vec<u8>, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    (digits, exponent.parse().unwrap_or(0))
}

/// Formats with one of the codes `e`, `f`, `g`, `r` (shortest digits; layout of `g` with the thresholds of repr).
/// `alternate` keeps the point and, for `g`, trailing zeros. The result is in lower case.
pub fn to_text(f: f64, code: u8, precision: usize, alternate: bool) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let mut out = String::with_capacity(24);
    if f.is_sign_negative() {
        out.push('-');
    }
    let f = f.abs();
    match code {
        b'f' => {
            let shown = precision.min(PRECISION_MAX);
            out.push_str(&format!("{f:.shown$}"));
            pad_zeros(&mut out, precision - shown);
            if alternate && precision == 0 {
                out.push('.');
            }
        }
        b'e' => {
            let shown = precision.min(PRECISION_MAX);
            let (mut digits, exponent) = split_exponent(&format!("{f:.shown$e}"));
            digits.resize(precision + 1, b'0');
            scientific(&mut out, &digits, exponent, alternate);
        }
        b'r' => {
            let (digits, exponent) = shortest(f);
            general(&mut out, &digits, exponent, 16, alternate, false);
        }
        _ => {
            let precision = precision.max(1);
            let shown = (precision - 1).min(PRECISION_MAX);
            let (mut digits, exponent) = split_exponent(&format!("{f:.shown$e}"));
            if alternate {
                digits.resize(precision, b'0');
            }
            general(&mut out, &digits, exponent, precision as i32, alternate, true);
        }
    }
    out
}

/// `str(float)` with a precision (`format(x, '.3')`): `g`, but in scientific form already from exponent `precision - 1` on,
/// and with at least one digit behind the point.
pub fn to_text_str(f: f64, precision: usize, alternate: bool) -> String {
    if !f.is_finite() {
        return to_text(f, b'g', precision, alternate);
    }
    let mut out = String::with_capacity(24);
    if f.is_sign_negative() {
        out.push('-');
    }
    let precision = precision.max(1);
    let shown = (precision - 1).min(PRECISION_MAX);
    let (mut digits, exponent) = split_exponent(&format!("{:.shown$e}", f.abs()));
    if alternate {
        digits.resize(precision, b'0');
    }
    // The threshold is one lower than that of `g`, as room is needed for the added digit.
    general(&mut out, &digits, exponent, precision as i32 - 1, alternate, true);
    if !out.bytes().any(|c| matches!(c, b'.' | b'e')) {
        out.push_str(".0");
    } else if out.ends_with('.') {
        out.push('0');
    }
    out
}

/// The fewest digits that read back as f (positive, finite); where two such texts are equally near, the even one.
fn shortest(f: f64) -> (Vec<u8>, i32) {
    let (digits, exponent) = split_exponent(&format!("{f:e}"));
    // A tie needs an exact expansion of one digit more: 17 or 18, so few bits behind the point.
    let low_bit = f.to_bits().trailing_zeros().min(52) as i32 + ((f.to_bits() >> 52) as i32 - 1075);
    if digits.len() >= 16 && low_bit >= -32 {
        let even = format!("{f:.*e}", digits.len() - 1);
        // Below a power of two the doubles lie closer.
        if even.parse() == Ok(f) {
            return split_exponent(&even);
        }
    }
    (digits, exponent)
}

fn pad_zeros(out: &mut String, n: usize) {
    out.extend(std::iter::repeat_n('0', n));
}

fn push_digits(out: &mut String, digits: &[u8]) {
    out.extend(digits.iter().map(|&d| d as char));
}

fn scientific(out: &mut String, digits: &[u8], exponent: i32, alternate: bool) {
    push_digits(out, &digits[..1]);
    if digits.len() > 1 || alternate {
        out.push('.');
    }
    push_digits(out, &digits[1..]);
    out.push('e');
    out.push(if exponent < 0 { '-' } else { '+' });
    out.push_str(&format!("{:02}", exponent.unsigned_abs()));
}

/// Fixed notation for exponents from -4 to below `limit`, else scientific.
fn general(out: &mut String, digits: &[u8], exponent: i32, limit: i32, alternate: bool, strip: bool) {
    let mut digits = digits;
    if strip && !alternate {
        while let [first, .., b'0'] = digits {
            let _ = first;
            digits = &digits[..digits.len() - 1];
        }
    }
    if exponent < -4 || exponent >= limit {
        return scientific(out, digits, exponent, alternate);
    }
    if exponent < 0 {
        out.push_str("0.");
        pad_zeros(out, (-exponent - 1) as usize);
        push_digits(out, digits);
        return;
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        push_digits(out, digits);
        pad_zeros(out, whole - digits.len());
        if alternate {
            out.push('.');
        }
    } else {
        push_digits(out, &digits[..whole]);
        out.push('.');
        push_digits(out, &digits[whole..]);
    }
}

/// Reads a float as `float(str)` does: blanks around it, underscores between digits, `inf`, `infinity`, `nan` in any case.
pub fn parse(text: &[u8]) -> Option<f64> {
    let blank = |c: &u8| matches!(c, b' ' | 9..=13);
    let start = text.iter().position(|c| !blank(c))?;
    let end = text.len() - text.iter().rev().position(|c| !blank(c))?;
    parse_trimmed(&text[start..end])
}

/// As [`parse`] without blanks.
pub fn parse_trimmed(text: &[u8]) -> Option<f64> {
    let mut clean = Vec::new();
    let mut text = text;
    if text.contains(&b'_') {
        for (i, &c) in text.iter().enumerate() {
            if c != b'_' {
                clean.push(c);
                continue;
            }
            let digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
            if !digit(i.checked_sub(1)) || !digit(Some(i + 1)) {
                return None;
            }
        }
        text = &clean;
    }
    let body = match text {
        [b'+' | b'-', rest @ ..] => rest,
        all => all,
    };
    let first = *body.first()?;
    if !(first.is_ascii_digit() || first == b'.') {
        let names: [&[u8]; 3] = [b"inf", b"infinity", b"nan"];
        if !names.iter().any(|n| body.eq_ignore_ascii_case(n)) {
            return None;
        }
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The longest prefix of `text` that is a float literal (no underscores): its length and value. For complex parsing.
pub fn parse_prefix(text: &[u8]) -> Option<(usize, f64)> {
    let mut at = 0;
    if matches!(text.first(), Some(b'+' | b'-')) {
        at = 1;
    }
    let rest = &text[at..];
    for name in [&b"infinity"[..], b"inf", b"nan"] {
        if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name) {
            let end = at + name.len();
            return Some((end, parse_trimmed(&text[..end])?));
        }
    }
    let digits = |from: usize| text[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = digits(at);
    let mut end = at + whole;
    let mut fraction = 0;
    if text.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = matches!(text.get(end + 1), Some(b'+' | b'-')) as usize;
        let n = digits((end + 1 + sign).min(text.len()));
        if n > 0 {
            end += 1 + sign + n;
        }
    }
    Some((end, std::str::from_utf8(&text[..end]).ok()?.parse().ok()?))
}

/// `float.hex()`.
pub fn hex(f: f64) -> String {
    if !f.is_finite() {
        return to_text(f, b'r', 0, false);
    }
    let sign = if f.is_sign_negative() { "-" } else { "" };
    let bits = f.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    let exponent = (bits >> 52 & 0x7ff) as i32;
    if f == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let (lead, exponent) = if exponent == 0 { (0, -1022) } else { (1, exponent - 1023) };
    format!("{sign}0x{lead}.{mantissa:013x}p{exponent:+}")
}

/// Why a hexadecimal text is no float.
pub enum HexError {
    Invalid,
    TooLarge,
    TooLong,
}

/// `float.fromhex(text)`.
pub fn from_hex(text: &[u8]) -> Result<f64, HexError> {
    use HexError::{Invalid, TooLarge, TooLong};
    let blank = |c: &u8| matches!(c, b' ' | 9..=13);
    let start = text.iter().position(|c| !blank(c)).ok_or(Invalid)?;
    let end = text.len() - text.iter().rev().position(|c| !blank(c)).unwrap_or(0);
    let mut text = &text[start..end];
    let mut negative = false;
    if let [sign @ (b'+' | b'-'), rest @ ..] = text {
        negative = *sign == b'-';
        text = rest;
    }
    let signed = |f: f64| if negative { -f } else { f };
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        return Ok(signed(f64::INFINITY));
    }
    if text.eq_ignore_ascii_case(b"nan") {
        return Ok(signed(f64::NAN));
    }
    if let [b'0', b'x' | b'X', rest @ ..] = text {
        text = rest;
    }
    let (digits, exponent) = match text.iter().position(|c| matches!(c, b'p' | b'P')) {
        None => (text, 0i64),
        Some(at) => {
            let mut e = &text[at + 1..];
            let mut minus = false;
            if let [sign @ (b'+' | b'-'), rest @ ..] = e {
                minus = *sign == b'-';
                e = rest;
            }
            if e.is_empty() || !e.iter().all(u8::is_ascii_digit) {
                return Err(Invalid);
            }
            let n = e.iter().fold(0i64, |n, c| n.saturating_mul(10).saturating_add((c - b'0') as i64)).min(1 << 60);
            (&text[..at], if minus { -n } else { n })
        }
    };
    if digits.len() > 1 << 58 {
        return Err(TooLong);
    }
    let (mut mantissa, mut dropped, mut sticky) = (0u64, 0i64, false);
    let (mut after_point, mut n_digits) = (None, 0i64);
    for &c in digits {
        if c == b'.' {
            if after_point.is_some() {
                return Err(Invalid);
            }
            after_point = Some(0i64);
            continue;
        }
        let digit = (c as char).to_digit(16).ok_or(Invalid)?;
        n_digits += 1;
        if let Some(n) = &mut after_point {
            *n += 1;
        }
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit as u64;
        } else {
            dropped += 1;
            sticky |= digit != 0;
        }
    }
    if n_digits == 0 {
        return Err(Invalid);
    }
    if mantissa == 0 {
        return Ok(signed(0.0));
    }
    // value = mantissa * 2^scale, with the top bit of mantissa set.
    let zeros = mantissa.leading_zeros();
    mantissa = mantissa << zeros;
    let scale = exponent.saturating_add(4 * (dropped - after_point.unwrap_or(0))) - zeros as i64;
    let top = scale.saturating_add(63);
    if top > 1023 {
        return Err(TooLarge);
    }
    let bits = if top >= -1022 { 53 } else { 53 - (-1022 - top) };
    if bits < 0 {
        return Ok(signed(0.0));
    }
    let shift = 64 - bits as u32;
    let (mut kept, rest) = if shift == 64 { (0, mantissa) } else { (mantissa >> shift, mantissa & ((1 << shift) - 1)) };
    let half = 1u64 << (shift - 1);
    if rest > half || rest == half && (sticky || kept & 1 == 1) {
        kept += 1;
    }
    let f = crate::libm::ldexp(kept as f64, (scale + shift as i64) as i32);
    if f.is_infinite() { Err(TooLarge) } else { Ok(signed(f)) }
}
