//! printf-style formatting: `str % args` and `bytes % args`.

use crate::prelude::*;
use crate::str::{self, Builder};
use crate::type_object::display_name;

const LEFT: u8 = 1;
const SIGN: u8 = 2;
const BLANK: u8 = 4;
const ALT: u8 = 8;
const ZERO: u8 = 16;

/// Whether text or bytes are made.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    Text,
    Bytes,
}

struct Arguments {
    /// A tuple, a mapping's item, or the one argument.
    value: Ref,
    /// Items of the tuple; -1: `value` itself is the only one.
    len: isize,
    at: isize,
    /// The right operand when it is a mapping.
    mapping: Option<Ref>,
}

impl Arguments {
    fn new(v: Value) -> Arguments {
        if let Some(items) = crate::tuple::items(v) {
            return Arguments { value: Ref::new(v), len: items.len() as isize, at: 0, mapping: None };
        }
        let is_mapping = type_of(v).slots().getitem.is_some() && !str::is_str(v) && !v.is_small_int();
        Arguments { value: Ref::new(v), len: -1, at: -2, mapping: if is_mapping { Some(Ref::new(v)) } else { None } }
    }
    fn next(&mut self) -> R<Ref> {
        if self.at < self.len {
            self.at += 1;
            if self.len < 0 {
                return Ok(self.value.clone());
            }
            if let Some(items) = crate::tuple::items(self.value.v()) {
                return Ok(Ref::new(items[self.at as usize - 1]));
            }
        }
        Err(type_error("not enough arguments for format string"))
    }
}

struct Spec {
    flags: u8,
    width: isize,
    precision: isize,
}

/// `format % args` for a str.
pub fn format_str(format: Value, args: Value) -> R<Ref> {
    let points: Vec<u32> = str::view(format).chars().collect();
    run(&points, args, Target::Text).map(Builder::finish)
}

/// `format % args` for bytes: the result's bytes.
pub fn format_bytes(format: &[u8], args: Value) -> R<Vec<u8>> {
    let points: Vec<u32> = format.iter().map(|&b| b as u32).collect();
    let text = run(&points, args, Target::Bytes)?.finish();
    Ok(str::raw_bytes(str::object(text.v())).to_vec())
}

fn run(format: &[u32], args: Value, target: Target) -> R<Builder> {
    let mut out = Builder::with_capacity(format.len() + 32);
    let mut arguments = Arguments::new(args);
    let mut at = 0;
    while at < format.len() {
        let start = at;
        while at < format.len() && format[at] != '%' as u32 {
            at += 1;
        }
        for &c in &format[start..at] {
            out.push_char(c);
        }
        if at >= format.len() {
            break;
        }
        at += 1;
        match format.get(at) {
            None => return Err(value_error("incomplete format")),
            Some(&c) if c == '%' as u32 => {
                out.push_char(c);
                at += 1;
            }
            _ => one(format, &mut at, &mut arguments, target, &mut out)?,
        }
    }
    if arguments.at < arguments.len && arguments.mapping.is_none() {
        let what = if target == Target::Text { "string" } else { "bytes" };
        return Err(type_error(format!("not all arguments converted during {what} formatting")));
    }
    Ok(out)
}

fn key_at(format: &[u32], at: &mut usize, arguments: &mut Arguments, target: Target) -> R<()> {
    let Some(mapping) = arguments.mapping.clone() else { return Err(type_error("format requires a mapping")) };
    *at += 1;
    let start = *at;
    let mut depth = 1;
    while depth > 0 && *at < format.len() {
        if format[*at] == ')' as u32 {
            depth -= 1;
        } else if format[*at] == '(' as u32 {
            depth += 1;
        }
        *at += 1;
    }
    if depth > 0 || *at > format.len() {
        return Err(value_error("incomplete format key"));
    }
    let points = &format[start..*at - 1];
    let key = match target {
        Target::Text => str::from_units(points),
        Target::Bytes => crate::bytes::from_slice(&points.iter().map(|&c| c as u8).collect::<Vec<u8>>()),
    };
    arguments.value = crate::ops::getitem(mapping.v(), key.v())?;
    arguments.len = -1;
    arguments.at = -2;
    Ok(())
}

fn star(arguments: &mut Arguments) -> R<isize> {
    let v = arguments.next()?;
    if !crate::int::is_int(v.v()) {
        return Err(type_error("* wants int"));
    }
    match crate::int::as_i64_exact(v.v()) {
        Some(i) => Ok(i as isize),
        None if v.v().is_bool() => Ok((v.v() == Value::TRUE) as isize),
        None => Err(overflow_error("Python int too large to convert to C ssize_t")),
    }
}

fn digits(format: &[u32], at: &mut usize, what: &str) -> R<isize> {
    let mut n: isize = 0;
    while let Some(d) = format.get(*at).and_then(|&c| char::from_u32(c)).and_then(|c| c.to_digit(10)) {
        n = match n.checked_mul(10).and_then(|n| n.checked_add(d as isize)) {
            Some(n) if n <= (1 << 40) => n,
            _ => return Err(value_error(format!("{what} too big"))),
        };
        *at += 1;
    }
    Ok(n)
}

fn is_char(format: &[u32], at: usize, c: char) -> bool {
    format.get(at) == Some(&(c as u32))
}

fn one(format: &[u32], at: &mut usize, arguments: &mut Arguments, target: Target, out: &mut Builder) -> R<()> {
    let mut spec = Spec { flags: 0, width: -1, precision: -1 };
    if is_char(format, *at, '(') {
        key_at(format, at, arguments, target)?;
    }
    while let Some(&c) = format.get(*at) {
        spec.flags |= match char::from_u32(c) {
            Some('-') => LEFT,
            Some('+') => SIGN,
            Some(' ') => BLANK,
            Some('#') => ALT,
            Some('0') => ZERO,
            _ => break,
        };
        *at += 1;
    }
    if is_char(format, *at, '*') {
        *at += 1;
        spec.width = star(arguments)?;
        if spec.width < 0 {
            spec.flags |= LEFT;
            spec.width = spec.width.saturating_neg();
        }
    } else if format.get(*at).is_some_and(|c| (48..58).contains(c)) {
        spec.width = digits(format, at, "width")?;
    }
    if is_char(format, *at, '.') {
        *at += 1;
        if is_char(format, *at, '*') {
            *at += 1;
            spec.precision = star(arguments)?.max(0);
        } else {
            spec.precision = digits(format, at, "precision")?;
        }
    }
    if format.get(*at).is_some_and(|&c| matches!(char::from_u32(c), Some('h' | 'l' | 'L'))) {
        *at += 1;
    }
    let Some(&conversion) = format.get(*at) else { return Err(value_error("incomplete format")) };
    *at += 1;
    let c = char::from_u32(conversion).unwrap_or('\0');
    let v = arguments.next()?;
    let v = v.v();
    let mut numeric = false;
    let mut text = match (c, target) {
        ('s', Target::Text) => {
            if spec.width < 0 && spec.precision < 0 {
                if str::is_exact_str(v) {
                    out.push_value(v);
                } else if let Some(i) = v.as_small_int() {
                    out.push_latin1(crate::int_text::small_decimal(i, &mut [0; 24]).as_bytes());
                } else {
                    out.push_value(crate::ops::str(v)?.v());
                }
                return Ok(());
            }
            crate::ops::str(v)?
        }
        ('s' | 'b', Target::Bytes) => bytes_text(v)?,
        ('r', Target::Text) => crate::ops::repr(v)?,
        ('a', _) | ('r', Target::Bytes) => crate::ops::ascii(v)?,
        ('d' | 'i' | 'u' | 'o' | 'x' | 'X', _) => {
            numeric = true;
            if let Some(i) = v.as_small_int()
                && spec.width < 0
                && spec.precision < 0
                && spec.flags & (SIGN | BLANK) == 0
                && matches!(c, 'd' | 'i' | 'u')
            {
                out.push_latin1(crate::int_text::small_decimal(i, &mut [0; 24]).as_bytes());
                return Ok(());
            }
            integer(v, c, &spec)?
        }
        ('e' | 'E' | 'f' | 'F' | 'g' | 'G', _) => {
            numeric = true;
            float(v, c, &spec, target)?
        }
        ('c', Target::Text) => character(v)?,
        ('c', Target::Bytes) => byte(v)?,
        _ => {
            let shown = if (32..127).contains(&conversion) { c } else { '?' };
            return Err(value_error(format!("unsupported format character '{shown}' (0x{conversion:x}) at index {}", *at - 1)));
        }
    };
    if !numeric && c != 'c' && spec.precision >= 0 && (spec.precision as usize) < str::object(text.v()).len {
        text = str::substring(text.v(), 0, spec.precision as usize);
    }
    write(text.v(), c, numeric, &spec, out)
}

fn write(text: Value, c: char, numeric: bool, spec: &Spec, out: &mut Builder) -> R<()> {
    let view = str::view(text);
    let mut start = 0;
    let mut width = spec.width.max(0) as usize;
    if width > 1 << 36 {
        return Err(memory_error());
    }
    let fill = if numeric && spec.flags & ZERO != 0 { '0' as u32 } else { ' ' as u32 };
    let blank = fill == ' ' as u32;
    let mut sign = None;
    if numeric {
        let first = if view.is_empty() { 0 } else { view.get(0) };
        if first == '-' as u32 || first == '+' as u32 {
            sign = Some(first);
            start = 1;
        } else if spec.flags & SIGN != 0 {
            sign = Some('+' as u32);
        } else if spec.flags & BLANK != 0 {
            sign = Some(' ' as u32);
        }
    }
    if let Some(s) = sign {
        if !blank {
            out.push_char(s);
        }
        width = width.saturating_sub(1);
    }
    let prefix = numeric && spec.flags & ALT != 0 && matches!(c, 'x' | 'X' | 'o');
    let digits_start = if prefix { start + 2 } else { start };
    if prefix {
        if !blank {
            out.push_data(view.data().slice(start, digits_start));
        }
        width = width.saturating_sub(2);
    }
    let len = view.len() - digits_start;
    let padding = width.saturating_sub(len);
    if spec.flags & LEFT == 0 {
        out.push_repeated(fill, padding);
    }
    if blank {
        if let Some(s) = sign {
            out.push_char(s);
        }
        if prefix {
            out.push_data(view.data().slice(start, digits_start));
        }
    }
    out.push_data(view.data().slice(digits_start, view.len()));
    if spec.flags & LEFT != 0 {
        out.push_repeated(' ' as u32, padding);
    }
    Ok(())
}

fn integer(v: Value, c: char, spec: &Spec) -> R<Ref> {
    let wanted = if matches!(c, 'o' | 'x' | 'X') { "an integer" } else { "a real number" };
    let wrong = || type_error(format!("%{c} format: {wanted} is required, not {}", display_name(v)));
    let int = if crate::int::is_int(v) {
        crate::ops::index(v)?
    } else {
        let slots = type_of(v).slots();
        let converted = if matches!(c, 'o' | 'x' | 'X') {
            if slots.index.is_none() {
                return Err(wrong());
            }
            crate::ops::index(v)
        } else if let Some(f) = slots.int {
            f(v)
        } else if slots.index.is_some() {
            crate::ops::index(v)
        } else {
            return Err(wrong());
        };
        match converted {
            Ok(i) => i,
            Err(_) if swallow(&crate::exceptions::TYPE_ERROR) => return Err(wrong()),
            Err(e) => return Err(e),
        }
    };
    let mut text = match c {
        'o' | 'x' | 'X' => {
            let spec = str::from_str(if c == 'o' { "o" } else { "x" });
            str::to_rust(crate::number_format::format_int(int.v(), spec.v())?.v())
        }
        _ => str::to_rust(crate::ops::str(int.v())?.v()),
    };
    let negative = text.starts_with('-');
    let digits = text.trim_start_matches('-').to_string();
    let zeros = (spec.precision.max(0) as usize).saturating_sub(digits.len());
    if zeros > 1 << 36 {
        return Err(memory_error());
    }
    text = String::with_capacity(digits.len() + zeros + 3);
    if negative {
        text.push('-');
    }
    if spec.flags & ALT != 0 && matches!(c, 'o' | 'x' | 'X') {
        text.push_str(if c == 'o' { "0o" } else { "0x" });
    }
    text.extend(std::iter::repeat_n('0', zeros));
    text.push_str(&digits);
    if c == 'X' {
        text.make_ascii_uppercase();
    }
    Ok(str::from_str(&text))
}

fn float(v: Value, c: char, spec: &Spec, target: Target) -> R<Ref> {
    let x = match crate::float::as_f64(v) {
        Ok(x) => x,
        Err(_) if target == Target::Bytes && swallow(&crate::exceptions::TYPE_ERROR) => {
            return Err(type_error(format!("float argument required, not {}", display_name(v))));
        }
        Err(e) => return Err(e),
    };
    let precision = if spec.precision < 0 { 6 } else { spec.precision };
    let alt = if spec.flags & ALT != 0 { "#" } else { "" };
    let spec = str::from_str(&format!("{alt}.{precision}{c}"));
    crate::number_format::format_float(crate::float::from_f64(x).v(), spec.v())
}

fn character(v: Value) -> R<Ref> {
    if let Some(s) = str::try_view(v) {
        if s.len() == 1 {
            return Ok(Ref::new(v));
        }
        return Err(type_error(format!("%c requires an int or a unicode character, not a string of length {}", s.len())));
    }
    if !crate::unpack::is_index(v) && !crate::int::is_int(v) {
        return Err(type_error(format!("%c requires an int or a unicode character, not {}", display_name(v))));
    }
    match crate::int::as_i64_exact(crate::ops::index(v)?.v()) {
        Some(i) if (0..0x110000).contains(&i) => Ok(str::from_char(i as u32)),
        _ => Err(overflow_error("%c arg not in range(0x110000)")),
    }
}

fn byte(v: Value) -> R<Ref> {
    if crate::bytes::is_bytes(v) || crate::cast::get::<crate::bytearray::ByteArrayObject>(v).is_some() {
        return crate::buffer::with_bytes(v, |b| {
            if b.len() == 1 {
                return Ok(str::from_latin1(b));
            }
            let what = if crate::bytes::is_bytes(v) { "a bytes object" } else { "a bytearray object" };
            Err(type_error(format!("%c requires an integer in range(256) or a single byte, not {what} of length {}", b.len())))
        });
    }
    if !crate::unpack::is_index(v) {
        return Err(type_error(format!("%c requires an integer in range(256) or a single byte, not {}", display_name(v))));
    }
    match crate::int::as_i64_exact(crate::ops::index(v)?.v()) {
        Some(i) if (0..256).contains(&i) => Ok(str::from_latin1(&[i as u8])),
        _ => Err(overflow_error("%c arg not in range(256)")),
    }
}

fn bytes_text(v: Value) -> R<Ref> {
    if crate::buffer::is_bytes_like(v) {
        return crate::buffer::with_bytes(v, |b| Ok(str::from_latin1(b)));
    }
    if let Some(method) = crate::type_object::lookup_special(v, crate::names::__BYTES__())? {
        let result = crate::call::call0(method.v())?;
        if let Some(b) = crate::bytes::as_slice(result.v()) {
            return Ok(str::from_latin1(b));
        }
        return Err(type_error(format!("__bytes__ returned non-bytes (type {})", display_name(result.v()))));
    }
    Err(type_error(format!("%b requires a bytes-like object, or an object that implements __bytes__, not '{}'", display_name(v))))
}
