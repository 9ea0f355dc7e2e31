//! The format-spec mini-language for int, float, complex and str.

use crate::float_text;
use crate::int::{self, Num, num};
use crate::prelude::*;
use crate::str::{Builder, view};

/// Separators of digit groups.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grouping {
    None,
    Comma,
    Underscore,
}

impl Grouping {
    fn char(self) -> char {
        if self == Grouping::Comma { ',' } else { '_' }
    }
}

/// A parsed format specification.
#[derive(Clone, Copy)]
struct Spec {
    fill: u32,
    align: u8,
    sign: u8,
    no_negative_zero: bool,
    alternate: bool,
    width: Option<usize>,
    grouping: Grouping,
    fraction_grouping: Grouping,
    precision: Option<usize>,
    /// 0: none given and no default.
    code: u32,
}

/// What the parser is told about the type that is formatted.
struct Target {
    default_code: u8,
    default_align: u8,
    value: Value,
}

fn is_align(c: u32) -> bool {
    matches!(u8::try_from(c), Ok(b'<' | b'>' | b'=' | b'^'))
}

fn shown_code(c: u32) -> String {
    if (33..128).contains(&c) { char::from_u32(c).unwrap_or('?').to_string() } else { format!("\\x{c:x}") }
}

#[cold]
fn unknown_code(c: u32, value: Value) -> Raised {
    value_error(format!("Unknown format code '{}' for object of type '{}'", shown_code(c), crate::type_object::display_name(value)))
}

#[cold]
fn bad_separator(g: Grouping, code: u32) -> Raised {
    value_error(format!("Cannot specify '{}' with '{}'.", g.char(), shown_code(code)))
}

#[cold]
fn both_separators() -> Raised {
    value_error("Cannot specify both ',' and '_'.")
}

/// Cursor over the code points of a specification.
struct Reader {
    points: Vec<u32>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> u32 {
        self.points.get(self.at).copied().unwrap_or(0)
    }
    fn has_more(&self) -> bool {
        self.at < self.points.len()
    }
    fn take(&mut self, c: char) -> bool {
        let found = self.has_more() && self.peek() == c as u32;
        self.at += found as usize;
        found
    }
    /// A decimal number, if one stands here.
    fn number(&mut self) -> R<Option<usize>> {
        let mut result = None;
        while self.has_more()
            && let Some(d) = int_digit(self.peek())
        {
            let n = result.unwrap_or(0usize);
            let next = n.checked_mul(10).and_then(|n| n.checked_add(d as usize)).filter(|&n| n <= i64::MAX as usize);
            let Some(next) = next else { return Err(value_error("Too many decimal digits in format string")) };
            result = Some(next);
            self.at += 1;
        }
        Ok(result)
    }
    /// Group separators, where they stand.
    fn grouping(&mut self) -> R<Grouping> {
        let mut found = Grouping::None;
        if self.take(',') {
            found = Grouping::Comma;
        }
        if self.has_more() && self.peek() == '_' as u32 {
            if found != Grouping::None {
                return Err(both_separators());
            }
            self.at += 1;
            found = Grouping::Underscore;
        }
        if self.has_more() && self.peek() == ',' as u32 && found == Grouping::Underscore {
            return Err(both_separators());
        }
        Ok(found)
    }
}

fn int_digit(c: u32) -> Option<u32> {
    crate::int_text::decimal_value(c)
}

fn parse(spec: Value, target: &Target) -> R<Spec> {
    let text = view(spec);
    let mut reader = Reader { points: (0..text.len()).map(|i| text.get(i)).collect(), at: 0 };
    let mut out = Spec {
        fill: ' ' as u32,
        align: target.default_align,
        sign: 0,
        no_negative_zero: false,
        alternate: false,
        width: None,
        grouping: Grouping::None,
        fraction_grouping: Grouping::None,
        precision: None,
        code: target.default_code as u32,
    };
    let (mut has_fill, mut has_align) = (false, false);
    if reader.points.len() >= 2 && is_align(reader.points[1]) {
        out.fill = reader.points[0];
        out.align = reader.points[1] as u8;
        (has_fill, has_align) = (true, true);
        reader.at = 2;
    } else if reader.has_more() && is_align(reader.peek()) {
        out.align = reader.peek() as u8;
        has_align = true;
        reader.at = 1;
    }
    if let Ok(c @ (b' ' | b'+' | b'-')) = u8::try_from(reader.peek()) {
        out.sign = c;
        reader.at += 1;
    }
    out.no_negative_zero = reader.take('z');
    out.alternate = reader.take('#');
    if !has_fill && reader.take('0') {
        out.fill = '0' as u32;
        if !has_align && target.default_align == b'>' {
            out.align = b'=';
        }
    }
    out.width = reader.number()?;
    out.grouping = reader.grouping()?;
    if reader.take('.') {
        out.precision = reader.number()?;
        let start = reader.at;
        out.fraction_grouping = reader.grouping()?;
        if out.precision.is_none() && reader.at == start {
            return Err(value_error("Format specifier missing precision"));
        }
    }
    if reader.points.len() - reader.at > 1 {
        return Err(value_error(format!(
            "Invalid format specifier '{}' for object of type '{}'",
            crate::str::to_rust(spec),
            crate::type_object::display_name(target.value)
        )));
    }
    if reader.has_more() {
        out.code = reader.peek();
    }
    let code = u8::try_from(out.code).unwrap_or(255);
    if out.grouping != Grouping::None {
        match code {
            b'd' | b'e' | b'f' | b'g' | b'E' | b'G' | b'%' | b'F' | 0 => {}
            b'b' | b'o' | b'x' | b'X' if out.grouping == Grouping::Underscore => {}
            _ => return Err(bad_separator(out.grouping, out.code)),
        }
    }
    if out.fraction_grouping != Grouping::None && !matches!(code, b'e' | b'f' | b'g' | b'E' | b'G' | b'%' | b'F' | 0) {
        return Err(bad_separator(out.fraction_grouping, out.code));
    }
    Ok(out)
}

/// The specification as a str, checked.
fn check_spec(spec: Value) -> R<()> {
    if type_of(spec).has(type_flags::STR) {
        return Ok(());
    }
    Err(type_error(format!("__format__() argument must be str, not {}", crate::type_object::display_name(spec))))
}

/// A number cut in pieces, ready for layout.
struct Pieces<'a> {
    negative: bool,
    prefix: &'a str,
    /// Digits before the point.
    whole: &'a str,
    /// From the point on: `.`, fraction digits, exponent, `%`; or letters (`nan`).
    point: bool,
    fraction: &'a str,
    rest: &'a str,
}

/// Digits with separators, zeros added in front up to `min_width` characters.
fn group_digits(digits: &str, separator: Option<char>, size: usize, min_width: usize) -> String {
    if digits.is_empty() {
        return String::new();
    }
    let Some(separator) = separator else {
        let zeros = min_width.saturating_sub(digits.len());
        let mut out = String::with_capacity(zeros + digits.len());
        out.extend(std::iter::repeat_n('0', zeros));
        out.push_str(digits);
        return out;
    };
    let bytes = digits.as_bytes();
    let mut reversed: Vec<u8> = Vec::new();
    let (mut remaining, mut width) = (bytes.len(), min_width as i64);
    loop {
        let length = (size as i64).min((remaining as i64).max(width).max(1)) as usize;
        for i in 0..length {
            reversed.push(if i < remaining { bytes[remaining - 1 - i] } else { b'0' });
        }
        remaining = remaining.saturating_sub(length);
        width -= length as i64;
        if remaining == 0 && width <= 0 {
            break;
        }
        width -= 1;
        reversed.push(separator as u8);
    }
    reversed.iter().rev().map(|&b| b as char).collect()
}

/// Fraction digits grouped from the point on.
fn group_fraction(digits: &str, grouping: Grouping) -> String {
    if grouping == Grouping::None {
        return digits.to_string();
    }
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && i % 3 == 0 {
            out.push(grouping.char());
        }
        out.push(c);
    }
    out
}

/// The number's text without outer padding, and how many fill characters go between sign and digits.
fn lay_out(p: &Pieces<'_>, spec: &Spec) -> (String, String) {
    let sign = match (p.negative, spec.sign) {
        (true, _) => "-",
        (false, b'+') => "+",
        (false, b' ') => " ",
        _ => "",
    };
    let fraction = group_fraction(p.fraction, spec.fraction_grouping);
    let mut tail = String::new();
    if p.point {
        tail.push('.');
    }
    tail.push_str(&fraction);
    tail.push_str(p.rest);
    let mut min_width = 0;
    if spec.fill == '0' as u32 && spec.align == b'=' {
        let other = sign.len() + p.prefix.len() + tail.len();
        min_width = spec.width.unwrap_or(0).saturating_sub(other);
    }
    let separator = (spec.grouping != Grouping::None).then(|| spec.grouping.char());
    let size = if matches!(u8::try_from(spec.code), Ok(b'b' | b'o' | b'x' | b'X')) { 4 } else { 3 };
    let whole = group_digits(p.whole, separator, size, min_width);
    let mut head = String::from(sign);
    head.push_str(p.prefix);
    (head, whole + &tail)
}

fn check_size(width: usize) -> R<()> {
    if width > 1 << 36 { Err(memory_error()) } else { Ok(()) }
}

/// Pads `head` and `body` to the width; the padding of `=` goes between them.
fn pad(head: &str, body: &str, n_chars: usize, spec: &Spec) -> R<Ref> {
    let padding = spec.width.unwrap_or(0).saturating_sub(n_chars);
    if padding == 0 {
        if head.is_empty() {
            return Ok(crate::str::from_str(body));
        }
        return Ok(crate::str::from_str(&[head, body].concat()));
    }
    check_size(padding)?;
    let (left, inner, right) = match spec.align {
        b'<' => (0, 0, padding),
        b'^' => (padding / 2, 0, padding - padding / 2),
        b'=' => (0, padding, 0),
        _ => (padding, 0, 0),
    };
    let mut out = Builder::new();
    out.push_repeated(spec.fill, left);
    out.push_str(head);
    out.push_repeated(spec.fill, inner);
    out.push_str(body);
    out.push_repeated(spec.fill, right);
    Ok(out.finish())
}

fn finish(p: &Pieces<'_>, spec: &Spec) -> R<Ref> {
    check_size(spec.width.unwrap_or(0))?;
    let (head, body) = lay_out(p, spec);
    pad(&head, &body, head.len() + body.len(), spec)
}

/// `int.__format__`.
pub fn format_int(value: Value, spec: Value) -> R<Ref> {
    check_spec(spec)?;
    if view(spec).is_empty() {
        return crate::ops::str(value);
    }
    let spec = parse(spec, &Target { default_code: b'd', default_align: b'>', value })?;
    match u8::try_from(spec.code).unwrap_or(255) {
        b'b' | b'c' | b'd' | b'o' | b'x' | b'X' | b'n' => format_integer(value, &spec),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => float_with_spec(crate::float::int_to_f64(value)?, &spec),
        _ => Err(unknown_code(spec.code, value)),
    }
}

fn format_integer(value: Value, spec: &Spec) -> R<Ref> {
    if spec.precision.is_some() {
        return Err(value_error("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(value_error("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    let code = spec.code as u8;
    if code == b'c' {
        if spec.sign != 0 {
            return Err(value_error("Sign not allowed with integer format specifier 'c'"));
        }
        if spec.alternate {
            return Err(value_error("Alternate form (#) not allowed with integer format specifier 'c'"));
        }
        let Some(point) = int::as_i64_exact(value) else {
            return Err(overflow_error("Python int too large to convert to C long"));
        };
        if !(0..=0x10ffff).contains(&point) {
            return Err(overflow_error("%c arg not in range(0x110000)"));
        }
        return pad_points(&[point as u32], spec);
    }
    let text = match code {
        b'd' | b'n' => crate::int_text::to_decimal(value)?,
        b'b' => crate::int_text::radix_digits(value_of(value), 2),
        b'o' => crate::int_text::radix_digits(value_of(value), 8),
        b'x' => crate::int_text::radix_digits(value_of(value), 16),
        _ => crate::int_text::radix_digits(value_of(value), 16).to_ascii_uppercase(),
    };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.as_str()),
    };
    let prefix = match code {
        _ if !spec.alternate => "",
        b'b' => "0b",
        b'o' => "0o",
        b'x' => "0x",
        b'X' => "0X",
        _ => "",
    };
    finish(&Pieces { negative, prefix, whole: digits, point: false, fraction: "", rest: "" }, spec)
}

fn value_of<'a>(v: Value) -> Num<'a> {
    num(v).unwrap_or(Num::Word(0))
}

/// Code points padded to the width.
fn pad_points(points: &[u32], spec: &Spec) -> R<Ref> {
    let padding = spec.width.unwrap_or(0).saturating_sub(points.len());
    check_size(padding)?;
    let left = match spec.align {
        b'<' => 0,
        b'^' => padding / 2,
        _ => padding,
    };
    let mut out = Builder::new();
    out.push_repeated(spec.fill, left);
    for &c in points {
        out.push_char(c);
    }
    out.push_repeated(spec.fill, padding - left);
    Ok(out.finish())
}

/// `float.__format__`.
pub fn format_float(value: Value, spec: Value) -> R<Ref> {
    check_spec(spec)?;
    if view(spec).is_empty() {
        return crate::ops::str(value);
    }
    let spec = parse(spec, &Target { default_code: 0, default_align: b'>', value })?;
    match u8::try_from(spec.code).unwrap_or(255) {
        0 | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n' | b'%' => {
            float_with_spec(crate::float::as_f64_exact(value).unwrap_or(0.0), &spec)
        }
        _ => Err(unknown_code(spec.code, value)),
    }
}

/// The digits of a double for a presentation type, sign included; without the `%`.
fn float_digits(f: f64, code: u8, spec: &Spec, add_point: bool) -> R<String> {
    if spec.precision.is_some_and(|p| p > i32::MAX as usize) {
        return Err(value_error("precision too big"));
    }
    let (lower, default_precision) = match code {
        0 => (b'r', 0),
        b'n' => (b'g', 6),
        b'%' => (b'f', 6),
        c => (c.to_ascii_lowercase(), 6),
    };
    let precision = spec.precision.unwrap_or(default_precision);
    let mut text = if lower != b'r' {
        float_text::to_text(f, lower, precision, spec.alternate)
    } else if spec.precision.is_some() {
        if add_point {
            float_text::to_text_str(f, precision, spec.alternate)
        } else {
            float_text::to_text(f, b'g', precision, spec.alternate)
        }
    } else if add_point {
        float_text::repr(f)
    } else {
        float_text::to_text(f, b'r', 0, spec.alternate)
    };
    if spec.no_negative_zero && text.starts_with('-') && f.is_finite() {
        let mantissa = text.split('e').next().unwrap_or("");
        if !mantissa.bytes().any(|c| matches!(c, b'1'..=b'9')) {
            text.remove(0);
        }
    }
    if code.is_ascii_uppercase() {
        text.make_ascii_uppercase();
    }
    Ok(text)
}

/// Cuts a double's text.
fn pieces<'a>(text: &'a str) -> Pieces<'a> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let n = digits(body);
    let (whole, rest) = body.split_at(n);
    match rest.strip_prefix('.') {
        Some(rest) => {
            let (fraction, rest) = rest.split_at(digits(rest));
            Pieces { negative, prefix: "", whole, point: true, fraction, rest }
        }
        None => Pieces { negative, prefix: "", whole, point: false, fraction: "", rest },
    }
}

fn float_with_spec(f: f64, spec: &Spec) -> R<Ref> {
    let code = spec.code as u8;
    let f = if code == b'%' { f * 100.0 } else { f };
    let mut text = float_digits(f, code, spec, true)?;
    if code == b'%' {
        text.push('%');
    }
    finish(&pieces(&text), spec)
}

/// `complex.__format__`.
pub fn format_complex(value: Value, spec: Value) -> R<Ref> {
    check_spec(spec)?;
    if view(spec).is_empty() {
        return crate::ops::str(value);
    }
    let spec = parse(spec, &Target { default_code: 0, default_align: b'>', value })?;
    let code = u8::try_from(spec.code).unwrap_or(255);
    if !matches!(code, 0 | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n') {
        return Err(unknown_code(spec.code, value));
    }
    if spec.fill == '0' as u32 {
        return Err(value_error("Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == b'=' {
        return Err(value_error("'=' alignment flag is not allowed in complex format specifier"));
    }
    let (x, y) = crate::complex::parts_exact(value).unwrap_or((0.0, 0.0));
    let only_imaginary = code == 0 && x == 0.0 && !x.is_sign_negative();
    let part = |f: f64, sign: u8| -> R<String> {
        let text = float_digits(f, code, &spec, false)?;
        let (head, body) = lay_out(&pieces(&text), &Spec { sign, width: None, align: b'<', ..spec });
        Ok(head + &body)
    };
    let mut out = String::new();
    if code == 0 && !only_imaginary {
        out.push('(');
    }
    if !only_imaginary {
        out.push_str(&part(x, spec.sign)?);
    }
    out.push_str(&part(y, if only_imaginary { spec.sign } else { b'+' })?);
    out.push('j');
    if code == 0 && !only_imaginary {
        out.push(')');
    }
    pad("", &out, out.len(), &spec)
}

/// `str.__format__`.
pub fn format_str(value: Value, spec: Value) -> R<Ref> {
    check_spec(spec)?;
    if view(spec).is_empty() {
        return crate::ops::str(value);
    }
    let spec = parse(spec, &Target { default_code: b's', default_align: b'<', value })?;
    if spec.code != 's' as u32 {
        return Err(unknown_code(spec.code, value));
    }
    let refused = match (spec.sign, spec.no_negative_zero, spec.alternate, spec.align) {
        (b' ', ..) => "Space not allowed in string format specifier",
        (b'+' | b'-', ..) => "Sign not allowed in string format specifier",
        (_, true, ..) => "Negative zero coercion (z) not allowed in string format specifier",
        (_, _, true, _) => "Alternate form (#) not allowed in string format specifier",
        (.., b'=') => "'=' alignment not allowed in string format specifier",
        _ => "",
    };
    if !refused.is_empty() {
        return Err(value_error(refused));
    }
    let text = view(value);
    let shown = spec.precision.unwrap_or(usize::MAX).min(text.len());
    let padding = spec.width.unwrap_or(0).saturating_sub(shown);
    if padding == 0 && shown == text.len() {
        return Ok(crate::str::to_exact(value));
    }
    check_size(padding)?;
    let left = match spec.align {
        b'>' => padding,
        b'^' => padding / 2,
        _ => 0,
    };
    let mut out = Builder::new();
    out.push_repeated(spec.fill, left);
    out.push_data(text.data().slice(0, shown));
    out.push_repeated(spec.fill, padding - left);
    Ok(out.finish())
}
