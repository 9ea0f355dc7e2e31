//! `str.format` and `str.format_map`: replacement fields with nested fields, attribute and item access, conversions.

use crate::prelude::*;
use crate::str::{self, Builder};
use crate::unicode;

/// Numbering of fields so far: none, automatic or manual.
#[derive(Clone, Copy, PartialEq)]
enum Numbering {
    Unknown,
    Automatic,
    Manual,
}

struct Formatter<'a> {
    /// None in `format_map`.
    args: Option<Args<'a>>,
    mapping: Value,
    numbering: Numbering,
    next_number: usize,
}

/// One piece of a format string: literal text, then a field if there is one.
pub struct Piece {
    pub literal: (usize, usize),
    pub field: Option<Field>,
}

/// A replacement field, as ranges of the format string.
pub struct Field {
    pub name: (usize, usize),
    pub conversion: Option<u32>,
    pub spec: (usize, usize),
    pub spec_has_fields: bool,
}

const OPEN: u32 = '{' as u32;
const CLOSE: u32 = '}' as u32;

/// The next piece of `text[*at..]`; None at the end.
pub fn next_piece(text: &[u32], at: &mut usize) -> R<Option<Piece>> {
    let end = text.len();
    if *at >= end {
        return Ok(None);
    }
    let start = *at;
    let mut c = 0;
    let mut markup = false;
    while *at < end {
        c = text[*at];
        *at += 1;
        if c == OPEN || c == CLOSE {
            markup = true;
            break;
        }
    }
    let at_end = *at >= end;
    let mut len = *at - start;
    if markup {
        let doubled = !at_end && text[*at] == c;
        if c == CLOSE && !doubled {
            return Err(value_error("Single '}' encountered in format string"));
        }
        if at_end && c == OPEN {
            return Err(value_error("Single '{' encountered in format string"));
        }
        if doubled {
            *at += 1;
            markup = false;
        } else {
            len -= 1;
        }
    }
    let literal = (start, start + len);
    if !markup {
        return Ok(Some(Piece { literal, field: None }));
    }
    Ok(Some(Piece { literal, field: Some(parse_field(text, at)?) }))
}

fn parse_field(text: &[u32], at: &mut usize) -> R<Field> {
    let end = text.len();
    let start = *at;
    let mut c = 0;
    while *at < end {
        c = text[*at];
        *at += 1;
        match char::from_u32(c) {
            Some('{') => return Err(value_error("unexpected '{' in field name")),
            Some('[') => {
                while *at < end && text[*at] != ']' as u32 {
                    *at += 1;
                }
            }
            Some('}' | ':' | '!') => break,
            _ => {}
        }
    }
    let ended = matches!(char::from_u32(c), Some('}' | ':' | '!'));
    let mut field = Field { name: (start, (*at).saturating_sub(1).max(start)), conversion: None, spec: (0, 0), spec_has_fields: false };
    if !ended {
        return Err(value_error("expected '}' before end of string"));
    }
    if c == CLOSE {
        return Ok(field);
    }
    if c == '!' as u32 {
        if *at >= end {
            return Err(value_error("end of string while looking for conversion specifier"));
        }
        field.conversion = Some(text[*at]);
        *at += 1;
        if *at < end {
            let c = text[*at];
            *at += 1;
            if c == CLOSE {
                return Ok(field);
            }
            if c != ':' as u32 {
                return Err(value_error("expected ':' after conversion specifier"));
            }
        }
    }
    let spec_start = *at;
    let mut depth = 1;
    while *at < end {
        let c = text[*at];
        *at += 1;
        if c == OPEN {
            field.spec_has_fields = true;
            depth += 1;
        } else if c == CLOSE {
            depth -= 1;
            if depth == 0 {
                field.spec = (spec_start, *at - 1);
                return Ok(field);
            }
        }
    }
    Err(value_error("unmatched '{' in format spec"))
}

/// A decimal number; None when the text is none.
fn number(text: &[u32]) -> R<Option<usize>> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut n: usize = 0;
    for &c in text {
        let Some(d) = unicode::decimal_value(c) else { return Ok(None) };
        if n > (isize::MAX as usize - d as usize) / 10 {
            return Err(value_error("Too many decimal digits in format string"));
        }
        n = n * 10 + d as usize;
    }
    Ok(Some(n))
}

/// One step behind the first part of a field name.
pub enum Step {
    Attribute(Ref),
    /// Text in brackets, with its number if it is one.
    Item(Ref, Option<usize>),
}

/// First part of a field name and its number, and where the steps begin.
pub fn first_part(name: &[u32]) -> R<(usize, Option<usize>)> {
    let end = name.iter().position(|&c| c == '.' as u32 || c == '[' as u32).unwrap_or(name.len());
    Ok((end, number(&name[..end])?))
}

/// The next `.attribute` or `[item]`; None at the end.
pub fn next_step(name: &[u32], at: &mut usize) -> R<Option<Step>> {
    if *at >= name.len() {
        return Ok(None);
    }
    let c = name[*at];
    *at += 1;
    let start = *at;
    let step = if c == '.' as u32 {
        while *at < name.len() && name[*at] != '.' as u32 && name[*at] != '[' as u32 {
            *at += 1;
        }
        (start, *at, None, true)
    } else if c == '[' as u32 {
        while *at < name.len() && name[*at] != ']' as u32 {
            *at += 1;
        }
        if *at >= name.len() {
            return Err(value_error("Missing ']' in format string"));
        }
        let end = *at;
        *at += 1;
        (start, end, number(&name[start..end])?, false)
    } else {
        return Err(value_error("Only '.' or '[' may follow ']' in format field specifier"));
    };
    let (start, end, index, attribute) = step;
    if start == end {
        return Err(value_error("Empty attribute in format string"));
    }
    let text = str::from_units(&name[start..end]);
    Ok(Some(if attribute { Step::Attribute(text) } else { Step::Item(text, index) }))
}

impl Formatter<'_> {
    fn field_object(&mut self, name: &[u32]) -> R<Ref> {
        let (end, index) = first_part(name)?;
        let empty = end == 0;
        let mut index = index;
        if empty || index.is_some() {
            if self.numbering == Numbering::Unknown {
                self.numbering = if empty { Numbering::Automatic } else { Numbering::Manual };
            }
            if self.numbering == Numbering::Manual && empty {
                return Err(value_error("cannot switch from manual field specification to automatic field numbering"));
            }
            if self.numbering == Numbering::Automatic && !empty {
                return Err(value_error("cannot switch from automatic field numbering to manual field specification"));
            }
        }
        if empty {
            index = Some(self.next_number);
            self.next_number += 1;
        }
        let mut object = match index {
            Some(i) => {
                let Some(args) = &self.args else { return Err(value_error("Format string contains positional fields")) };
                match args.pos().get(i) {
                    Some(&v) => Ref::new(v),
                    None => return Err(index_error(format!("Replacement index {i} out of range for positional args tuple"))),
                }
            }
            None => {
                let key = str::from_units(&name[..end]);
                match &self.args {
                    Some(args) => match args.kw().find(|(k, _)| str::eq(*k, key.v())) {
                        Some((_, v)) => Ref::new(v),
                        None => return Err(key_error(key.v())),
                    },
                    None => crate::ops::getitem(self.mapping, key.v())?,
                }
            }
        };
        let mut at = end;
        while let Some(step) = next_step(name, &mut at)? {
            object = match step {
                Step::Attribute(text) => crate::ops::getattr(object.v(), text.v())?,
                Step::Item(_, Some(i)) => crate::ops::getitem(object.v(), crate::int::from_i64(i as i64).v())?,
                Step::Item(text, None) => crate::ops::getitem(object.v(), text.v())?,
            };
        }
        Ok(object)
    }

    fn run(&mut self, text: &[u32], depth: u32, out: &mut Builder) -> R<()> {
        if depth == 0 {
            return Err(value_error("Max string recursion exceeded"));
        }
        let mut at = 0;
        while let Some(piece) = next_piece(text, &mut at)? {
            for &c in &text[piece.literal.0..piece.literal.1] {
                out.push_char(c);
            }
            let Some(field) = piece.field else { continue };
            let mut object = self.field_object(&text[field.name.0..field.name.1])?;
            if let Some(c) = field.conversion {
                object = match char::from_u32(c) {
                    Some('r') => crate::ops::repr(object.v())?,
                    Some('s') => crate::ops::str(object.v())?,
                    Some('a') => crate::ops::ascii(object.v())?,
                    _ if c > 32 && c < 127 => {
                        return Err(value_error(format!("Unknown conversion specifier {}", c as u8 as char)));
                    }
                    _ => return Err(value_error(format!("Unknown conversion specifier \\x{c:x}"))),
                };
            }
            let spec_text = &text[field.spec.0..field.spec.1];
            let spec = if field.spec_has_fields {
                let mut inner = Builder::new();
                self.run(spec_text, depth - 1, &mut inner)?;
                inner.finish()
            } else {
                str::from_units(spec_text)
            };
            let formatted = crate::entry::strings::format_value(object.v(), spec.v())?;
            out.push_value(formatted.v());
        }
        Ok(())
    }
}

fn points(v: Value) -> Vec<u32> {
    str::view(v).chars().collect()
}

/// `this.format(*args, **kwargs)`
pub fn format(this: Value, args: &Args) -> R<Ref> {
    let mut f = Formatter { args: Some(*args), mapping: Value::MISSING, numbering: Numbering::Unknown, next_number: 0 };
    let mut out = Builder::with_capacity(str::object(this).len + 16);
    f.run(&points(this), 2, &mut out)?;
    Ok(out.finish())
}

/// `this.format_map(mapping)`
pub fn format_map(this: Value, mapping: Value) -> R<Ref> {
    let mut f = Formatter { args: None, mapping, numbering: Numbering::Unknown, next_number: 0 };
    let mut out = Builder::with_capacity(str::object(this).len + 16);
    f.run(&points(this), 2, &mut out)?;
    Ok(out.finish())
}
