//! f-strings and t-strings.

use dxpyc_dpb::{Const, Op, Position, Reg};
use dxpyc_syntax::ast::str_prefix::FStringPrefix;
use dxpyc_syntax::ast::{self, ConversionFlag, FStringPart, InterpolatedStringElement};
use dxpyc_syntax::{Ranged, literal};

use crate::Lowerer;
use crate::expr::Regs;

/// One piece of a string: text that is known, or a value.
enum Piece<'a> {
    Text(Vec<u8>),
    /// With whether it stands in a raw string.
    Value(&'a ast::InterpolatedElement, bool),
}

/// Pieces with neighbouring text joined.
#[derive(Default)]
struct Pieces<'a>(Vec<Piece<'a>>);

impl<'a> Pieces<'a> {
    fn text(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            Some(Piece::Text(last)) => last.extend_from_slice(bytes),
            _ if bytes.is_empty() => {}
            _ => self.0.push(Piece::Text(bytes.to_vec())),
        }
    }

    fn value(&mut self, node: &'a ast::InterpolatedElement, is_raw: bool) {
        if let Some(debug) = &node.debug_text {
            self.text(without_comments(debug.as_str()).as_bytes());
        }
        self.0.push(Piece::Value(node, is_raw));
    }
}

impl<'a> Lowerer<'a> {
    pub(crate) fn f_string(&mut self, node: &'a ast::ExprFString, want: Option<Reg>) -> Reg {
        let position = self.pos(node);
        let mut pieces = Pieces::default();
        for part in &node.value {
            match part {
                FStringPart::Literal(text) => pieces.text(&literal::string(self.source, text)),
                FStringPart::FString(f_string) => {
                    let is_raw = matches!(f_string.flags.prefix(), FStringPrefix::Raw { .. });
                    for element in &f_string.elements {
                        match element {
                            InterpolatedStringElement::Literal(text) => pieces.text(&literal::piece(self.source, text, is_raw)),
                            InterpolatedStringElement::Interpolation(value) => pieces.value(value, is_raw),
                        }
                    }
                }
            }
        }
        self.join(position, &pieces, want)
    }

    fn join(&mut self, position: Position, pieces: &Pieces<'a>, want: Option<Reg>) -> Reg {
        match pieces.0.as_slice() {
            [] => return self.load_const_to(position, Const::Str(Box::default()), want),
            [Piece::Text(text)] => return self.load_const_to(position, Const::Str(text.as_slice().into()), want),
            [Piece::Value(node, is_raw)] => return self.format_value(node, *is_raw, want),
            _ => {}
        }
        let mark = self.frame.mark();
        let mut parts = Regs::new();
        for piece in &pieces.0 {
            parts.push(match piece {
                Piece::Text(text) => self.load_const(position, Const::Str(text.as_slice().into())),
                Piece::Value(node, is_raw) => self.format_value(node, *is_raw, None),
            });
        }
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::BuildString { dst, parts: &parts });
        dst
    }

    fn format_value(&mut self, node: &'a ast::InterpolatedElement, is_raw: bool, want: Option<Reg>) -> Reg {
        let mark = self.frame.mark();
        let copy = node.format_spec.as_deref().is_some_and(|spec| self.may_rebind(spec));
        let src = self.operand(&node.expression, copy);
        let spec = node.format_spec.as_deref().map(|spec| self.format_spec(spec, is_raw));
        let position = self.pos(node);
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::FormatValue { dst, src, conversion: conversion(node), spec });
        dst
    }

    fn format_spec(&mut self, spec: &'a ast::InterpolatedStringFormatSpec, is_raw: bool) -> Reg {
        let position = self.pos(spec);
        let mut pieces = Pieces::default();
        for element in &spec.elements {
            match element {
                InterpolatedStringElement::Literal(text) => pieces.text(&literal::piece(self.source, text, is_raw)),
                InterpolatedStringElement::Interpolation(value) => pieces.value(value, is_raw),
            }
        }
        self.join(position, &pieces, None)
    }

    pub(crate) fn t_string(&mut self, node: &'a ast::ExprTString, want: Option<Reg>) -> Reg {
        let position = self.pos(node);
        let mark = self.frame.mark();
        let mut pieces = Pieces::default();
        for t_string in &node.value {
            let is_raw = t_string.flags.prefix().is_raw();
            for element in &t_string.elements {
                match element {
                    InterpolatedStringElement::Literal(text) => pieces.text(&literal::piece(self.source, text, is_raw)),
                    InterpolatedStringElement::Interpolation(value) => pieces.value(value, is_raw),
                }
            }
        }
        // One string before, between and after the interpolations each.
        let mut strings = vec![Vec::new()];
        let mut values = Vec::new();
        for piece in pieces.0 {
            match piece {
                Piece::Text(text) => strings.last_mut().expect("never empty").extend(text),
                Piece::Value(value, is_raw) => {
                    values.push((value, is_raw));
                    strings.push(Vec::new());
                }
            }
        }
        let items = strings.into_iter().map(|text| self.pools.constant(Const::Str(text.into()))).collect();
        let strings = self.load_const(position, Const::Tuple(items));
        let mut items = Regs::new();
        for (value, is_raw) in values {
            let dst = self.frame.temp();
            let inner = self.frame.mark();
            let src = self.operand(&value.expression, true);
            let spec = value.format_spec.as_deref().map(|spec| self.format_spec(spec, is_raw));
            let text = self.interpolation_text(value);
            let expression = self.pools.str(text);
            let at = self.pos(value);
            self.frame.reset(inner);
            self.emit(at, Op::BuildInterpolation { dst, value: src, expression, conversion: conversion(value), spec });
            items.push(dst);
        }
        let interpolations = self.frame.temp();
        self.emit(position, Op::BuildTuple { dst: interpolations, items: &items });
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::BuildTemplate { dst, strings, interpolations });
        dst
    }

    /// The source text of an interpolation's expression, as `Interpolation.expression` has it: from `{` to the conversion, `=`, `:` or
    /// `}`, without space around.
    fn interpolation_text(&self, node: &ast::InterpolatedElement) -> &'a str {
        let text = &self.source.text;
        let start = node.range().start().to_usize() + 1;
        let mut end = node.expression.range().end().to_usize();
        // Parentheses around the expression are not part of its node.
        let n_open = text[start..node.expression.range().start().to_usize()].matches('(').count();
        for _ in 0..n_open {
            end += text[end..].find(')').map_or(0, |at| at + 1);
        }
        text[start..end].trim()
    }
}

/// The text before `=` without its comments.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(letter) = chars.next() {
        match (letter, quote) {
            ('#', None) => {
                // The line's end stays.
                if chars.by_ref().any(|letter| letter == '\n') {
                    out.push('\n');
                }
                continue;
            }
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            _ => {}
        }
        out.push(letter);
    }
    out
}

/// The conversion of an interpolation. `=` alone means repr.
fn conversion(node: &ast::InterpolatedElement) -> i32 {
    match node.conversion {
        ConversionFlag::Str => 1,
        ConversionFlag::Repr => 2,
        ConversionFlag::Ascii => 3,
        ConversionFlag::None if node.debug_text.is_some() && node.format_spec.is_none() => 2,
        ConversionFlag::None => 0,
    }
}
