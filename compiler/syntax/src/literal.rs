//! The exact value of string literals.
//!
//! Rust strings cannot hold lone surrogates, so ruff writes U+FFFD for `"\ud800"`. These functions give the value as
//! code points or as generalized UTF-8 (surrogates encoded as three bytes), which is what dxpyc's `str` holds.

use std::borrow::Cow;

use dxpyc_base::Source;
use ruff_python_ast::{ExprStringLiteral, InterpolatedStringLiteralElement, StringLiteral};
use ruff_text_size::{Ranged, TextRange};

/// The value of a whole (possibly concatenated) string expression, as generalized UTF-8.
pub fn string_expr<'a>(source: &Source, expr: &'a ExprStringLiteral) -> Cow<'a, [u8]> {
    let parts = expr.value.as_slice();
    match parts {
        [single] => string(source, single),
        _ => Cow::Owned(parts.iter().flat_map(|part| string(source, part).into_owned()).collect()),
    }
}

/// The value of one string literal, as generalized UTF-8.
pub fn string<'a>(source: &Source, literal: &'a StringLiteral) -> Cow<'a, [u8]> {
    exact(source, &literal.value, literal.content_range(), literal.flags.prefix().is_raw())
}

/// The value of a literal piece of an f-string, a t-string or a format specification, as generalized UTF-8. `{{` and `}}` are one
/// brace each.
pub fn piece<'a>(source: &Source, piece: &'a InterpolatedStringLiteralElement, is_raw: bool) -> Cow<'a, [u8]> {
    match exact(source, &piece.value, piece.range(), is_raw) {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes),
        Cow::Owned(bytes) => Cow::Owned(undouble_braces(&bytes)),
    }
}

fn undouble_braces(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        out.push(bytes[at]);
        let is_double = matches!(bytes[at], b'{' | b'}') && bytes.get(at + 1) == Some(&bytes[at]);
        at += if is_double { 2 } else { 1 };
    }
    out
}

/// Generalized UTF-8 as code points.
pub fn code_points(bytes: &[u8]) -> Vec<u32> {
    let mut points = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let lead = bytes[at] as u32;
        let (mut point, more) = match lead {
            0..=0x7F => (lead, 0),
            0xC0..=0xDF => (lead & 0x1F, 1),
            0xE0..=0xEF => (lead & 0x0F, 2),
            _ => (lead & 0x07, 3),
        };
        for next in &bytes[at + 1..at + 1 + more] {
            point = point << 6 | (*next as u32 & 0x3F);
        }
        points.push(point);
        at += 1 + more;
    }
    points
}

/// Ruff's value unless a surrogate escape may hide behind a U+FFFD in it.
fn exact<'a>(source: &Source, value: &'a str, content: TextRange, is_raw: bool) -> Cow<'a, [u8]> {
    if is_raw || !value.contains('\u{FFFD}') {
        return Cow::Borrowed(value.as_bytes());
    }
    let text = &source.text[content.start().to_usize()..content.end().to_usize()];
    Cow::Owned(unescape(text))
}

/// Appends a code point, surrogates included.
fn push(out: &mut Vec<u8>, point: u32) {
    match char::from_u32(point) {
        Some(letter) => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend([0xE0 | (point >> 12) as u8, 0x80 | (point >> 6 & 0x3F) as u8, 0x80 | (point & 0x3F) as u8]),
    }
}

/// Decodes the escapes of a string literal that the parser accepted.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let Some(letter) = rest.chars().next() else { break };
        let simple = match letter {
            '\n' => {
                rest = &rest[1..];
                continue;
            }
            '\\' | '\'' | '"' => letter as u32,
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            '0'..='7' => {
                let digits = rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                push(&mut out, u32::from_str_radix(&rest[..digits], 8).unwrap_or(0));
                rest = &rest[digits..];
                continue;
            }
            'x' | 'u' | 'U' => {
                let digits = match letter {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let hex = rest.get(1..1 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                push(&mut out, hex.unwrap_or(0xFFFD));
                rest = &rest[(1 + digits).min(rest.len())..];
                continue;
            }
            'N' => {
                let end = rest.find('}').map_or(rest.len(), |end| end + 1);
                out.extend_from_slice(named(&rest[..end]).as_bytes());
                rest = &rest[end..];
                continue;
            }
            _ => {
                out.push(b'\\');
                continue;
            }
        };
        push(&mut out, simple);
        rest = &rest[1..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// The character of `N{…}`, by asking the parser for a literal of its own.
fn named(escape: &str) -> String {
    let text = format!("'\\{escape}'");
    match ruff_python_parser::parse_expression(&text) {
        Ok(parsed) => parsed.expr().as_string_literal_expr().map_or(String::new(), |literal| literal.value.to_str().to_owned()),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[u32]) {
        let source = Source::from_text("t.py", text);
        let (ast, diagnostics) = crate::parse(&source);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let expr = &ast.body()[0].as_expr_stmt().unwrap().value;
        let bytes = match &**expr {
            ruff_python_ast::Expr::StringLiteral(literal) => string_expr(&source, literal).into_owned(),
            ruff_python_ast::Expr::FString(f_string) => {
                let part = f_string.as_single_part_fstring().unwrap();
                part.elements.literals().flat_map(|piece| super::piece(&source, piece, false).into_owned()).collect()
            }
            _ => panic!("{expr:?}"),
        };
        assert_eq!(code_points(&bytes), expect, "{text}");
    }

    #[test]
    fn surrogates_survive() {
        check(r"'\ud800'", &[0xD800]);
        check(r"'a\udfffb' 'é'", &[97, 0xDFFF, 98, 0xE9]);
        check(r"'\ud83d\ude00'", &[0xD83D, 0xDE00]);
        check(r"'\U0001f600\ud800\N{BULLET}\x41\101\n\q'", &[0x1F600, 0xD800, 0x2022, 65, 65, 10, 92, 113]);
        check("'''\\ud800\\\nx'''", &[0xD800, 120]);
        check(r"'\ufffd'", &[0xFFFD]);
        check(r"r'\ud800'", &[92, 117, 100, 56, 48, 48]);
        check(r"f'\ud800{{}}x'", &[0xD800, 123, 125, 120]);
    }
}
