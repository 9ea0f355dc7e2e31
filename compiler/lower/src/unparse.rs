//! Expressions as text, for `from __future__ import annotations`: what `ast.unparse` would print, in CPython's own spelling.

use std::fmt::Write;

use dxpyc_syntax::ast::{self, BoolOp, CmpOp, Expr, InterpolatedStringElement, Number, Operator, UnaryOp};
use dxpyc_syntax::literal;

use crate::Lowerer;

/// Binding strength, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Compare,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Sum,
    Product,
    Unary,
    Power,
    Await,
    Atom,
}

impl Level {
    fn next(self) -> Level {
        match self {
            Level::Tuple => Level::Test,
            Level::Test => Level::Or,
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Compare,
            Level::Compare => Level::BitOr,
            Level::BitOr => Level::BitXor,
            Level::BitXor => Level::BitAnd,
            Level::BitAnd => Level::Shift,
            Level::Shift => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product => Level::Unary,
            Level::Unary => Level::Power,
            Level::Power => Level::Await,
            Level::Await | Level::Atom => Level::Atom,
        }
    }
}

impl<'a> Lowerer<'a> {
    /// The text of an expression.
    pub(crate) fn unparse(&self, expr: &Expr) -> String {
        let mut unparser = Unparser { lowerer: self, out: String::new() };
        unparser.expr(expr, Level::Test);
        unparser.out
    }
}

struct Unparser<'l, 'a> {
    lowerer: &'l Lowerer<'a>,
    out: String,
}

impl Unparser<'_, '_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes `write`, in parentheses if `own` binds weaker than `level` asks.
    fn wrap(&mut self, own: Level, level: Level, write: impl FnOnce(&mut Self)) {
        let is_wrapped = own < level;
        if is_wrapped {
            self.push("(");
        }
        write(self);
        if is_wrapped {
            self.push(")");
        }
    }

    fn list(&mut self, exprs: &[Expr]) {
        for (i, expr) in exprs.iter().enumerate() {
            if i > 0 {
                self.push(", ");
            }
            self.expr(expr, Level::Test);
        }
    }

    fn expr(&mut self, expr: &Expr, level: Level) {
        match expr {
            Expr::Name(node) => self.push(&node.id),
            Expr::BoolOp(node) => {
                let (own, word) = match node.op {
                    BoolOp::And => (Level::And, " and "),
                    BoolOp::Or => (Level::Or, " or "),
                };
                self.wrap(own, level, |it| {
                    for (i, value) in node.values.iter().enumerate() {
                        if i > 0 {
                            it.push(word);
                        }
                        it.expr(value, own.next());
                    }
                });
            }
            Expr::BinOp(node) => {
                let own = binary_level(node.op);
                let is_power = node.op == Operator::Pow;
                self.wrap(own, level, |it| {
                    it.expr(&node.left, if is_power { own.next() } else { own });
                    _ = write!(it.out, " {} ", node.op.as_str());
                    it.expr(&node.right, if is_power { Level::Unary } else { own.next() });
                });
            }
            Expr::UnaryOp(node) => {
                let (own, text) = match node.op {
                    UnaryOp::Not => (Level::Not, "not "),
                    UnaryOp::Invert => (Level::Unary, "~"),
                    UnaryOp::UAdd => (Level::Unary, "+"),
                    UnaryOp::USub => (Level::Unary, "-"),
                };
                self.wrap(own, level, |it| {
                    it.push(text);
                    it.expr(&node.operand, own);
                });
            }
            Expr::Lambda(node) => self.wrap(Level::Test, level, |it| {
                it.push("lambda");
                if let Some(parameters) = &node.parameters {
                    it.push(" ");
                    it.parameters(parameters);
                }
                it.push(": ");
                it.expr(&node.body, Level::Test);
            }),
            Expr::If(node) => self.wrap(Level::Test, level, |it| {
                it.expr(&node.body, Level::Or);
                it.push(" if ");
                it.expr(&node.test, Level::Or);
                it.push(" else ");
                it.expr(&node.orelse, Level::Test);
            }),
            Expr::Named(node) => self.wrap(Level::Tuple, Level::Test, |it| {
                it.expr(&node.target, Level::Atom);
                it.push(" := ");
                it.expr(&node.value, Level::Atom);
            }),
            Expr::Compare(node) => self.wrap(Level::Compare, level, |it| {
                it.expr(&node.left, Level::BitOr);
                for (op, right) in node.ops.iter().zip(&node.comparators) {
                    _ = write!(it.out, " {} ", compare_text(*op));
                    it.expr(right, Level::BitOr);
                }
            }),
            Expr::Call(node) => self.call(node),
            Expr::Attribute(node) => {
                self.expr(&node.value, Level::Atom);
                if matches!(&*node.value, Expr::NumberLiteral(number) if matches!(number.value, Number::Int(_))) {
                    self.push(" ");
                }
                _ = write!(self.out, ".{}", node.attr);
            }
            Expr::Subscript(node) => {
                self.expr(&node.value, Level::Atom);
                self.push("[");
                self.expr(&node.slice, Level::Tuple);
                self.push("]");
            }
            Expr::Slice(node) => {
                if let Some(lower) = &node.lower {
                    self.expr(lower, Level::Test);
                }
                self.push(":");
                if let Some(upper) = &node.upper {
                    self.expr(upper, Level::Test);
                }
                if let Some(step) = &node.step {
                    self.push(":");
                    self.expr(step, Level::Test);
                }
            }
            Expr::Starred(node) => {
                self.push("*");
                self.expr(&node.value, Level::BitOr);
            }
            Expr::Tuple(node) => match node.elts.as_slice() {
                [] => self.push("()"),
                elts => self.wrap(Level::Tuple, level, |it| {
                    it.list(elts);
                    if elts.len() == 1 {
                        it.push(",");
                    }
                }),
            },
            Expr::List(node) => {
                self.push("[");
                self.list(&node.elts);
                self.push("]");
            }
            Expr::Set(node) => {
                self.push("{");
                self.list(&node.elts);
                self.push("}");
            }
            Expr::Dict(node) => {
                self.push("{");
                for (i, item) in node.items.iter().enumerate() {
                    if i > 0 {
                        self.push(", ");
                    }
                    match &item.key {
                        Some(key) => {
                            self.expr(key, Level::Test);
                            self.push(": ");
                            self.expr(&item.value, Level::Test);
                        }
                        None => {
                            self.push("**");
                            self.expr(&item.value, Level::BitOr);
                        }
                    }
                }
                self.push("}");
            }
            Expr::ListComp(node) => self.comprehension("[", &node.elt, None, &node.generators, "]"),
            Expr::SetComp(node) => self.comprehension("{", &node.elt, None, &node.generators, "}"),
            Expr::Generator(node) => self.comprehension("(", &node.elt, None, &node.generators, ")"),
            Expr::DictComp(node) => match &node.key {
                Some(key) => self.comprehension("{", key, Some(&node.value), &node.generators, "}"),
                None => self.comprehension("{**", &node.value, None, &node.generators, "}"),
            },
            Expr::Await(node) => self.wrap(Level::Await, level, |it| {
                it.push("await ");
                it.expr(&node.value, Level::Atom);
            }),
            Expr::Yield(node) => {
                self.push("(yield");
                if let Some(value) = &node.value {
                    self.push(" ");
                    self.expr(value, Level::Tuple);
                }
                self.push(")");
            }
            Expr::YieldFrom(node) => {
                self.push("(yield from ");
                self.expr(&node.value, Level::Tuple);
                self.push(")");
            }
            Expr::FString(node) => self.f_string(node),
            Expr::StringLiteral(node) => {
                let points = literal::code_points(&literal::string_expr(self.lowerer.source, node));
                if node.value.is_unicode() {
                    self.push("u");
                }
                repr(&mut self.out, &points, false);
            }
            Expr::BytesLiteral(node) => {
                self.push("b");
                let points: Vec<u32> = node.value.bytes().map(u32::from).collect();
                repr(&mut self.out, &points, true);
            }
            Expr::NumberLiteral(node) => self.number(&node.value),
            Expr::BooleanLiteral(node) => self.push(if node.value { "True" } else { "False" }),
            Expr::NoneLiteral(_) => self.push("None"),
            Expr::EllipsisLiteral(_) => self.push("..."),
            // The source as it is written; CPython has no shorter form either.
            Expr::TString(_) | Expr::IpyEscapeCommand(_) => {
                let span = dxpyc_syntax::span(expr);
                let text = span.of(&self.lowerer.source.text).to_owned();
                self.push(&text);
            }
        }
    }

    fn call(&mut self, node: &ast::ExprCall) {
        self.expr(&node.func, Level::Atom);
        if let ([Expr::Generator(_)], []) = (&*node.arguments.args, &*node.arguments.keywords) {
            self.expr(&node.arguments.args[0], Level::Atom);
            return;
        }
        self.push("(");
        self.list(&node.arguments.args);
        for (i, keyword) in node.arguments.keywords.iter().enumerate() {
            if i > 0 || !node.arguments.args.is_empty() {
                self.push(", ");
            }
            match &keyword.arg {
                Some(name) => _ = write!(self.out, "{name}="),
                None => self.push("**"),
            }
            self.expr(&keyword.value, Level::Test);
        }
        self.push(")");
    }

    fn comprehension(&mut self, open: &str, elt: &Expr, value: Option<&Expr>, generators: &[ast::Comprehension], close: &str) {
        self.push(open);
        self.expr(elt, Level::Test);
        if let Some(value) = value {
            self.push(": ");
            self.expr(value, Level::Test);
        }
        for generator in generators {
            self.push(if generator.is_async { " async for " } else { " for " });
            self.expr(&generator.target, Level::Tuple);
            self.push(" in ");
            self.expr(&generator.iter, Level::Or);
            for condition in &generator.ifs {
                self.push(" if ");
                self.expr(condition, Level::Or);
            }
        }
        self.push(close);
    }

    fn parameters(&mut self, parameters: &ast::Parameters) {
        let mut is_first = true;
        let mut comma = |it: &mut Self| {
            if !std::mem::take(&mut is_first) {
                it.push(", ");
            }
        };
        for (i, parameter) in parameters.posonlyargs.iter().chain(&parameters.args).enumerate() {
            comma(self);
            self.parameter(parameter);
            if i + 1 == parameters.posonlyargs.len() {
                self.push(", /");
            }
        }
        if let Some(vararg) = &parameters.vararg {
            comma(self);
            _ = write!(self.out, "*{}", vararg.name);
        } else if !parameters.kwonlyargs.is_empty() {
            comma(self);
            self.push("*");
        }
        for parameter in &parameters.kwonlyargs {
            comma(self);
            self.parameter(parameter);
        }
        if let Some(kwarg) = &parameters.kwarg {
            comma(self);
            _ = write!(self.out, "**{}", kwarg.name);
        }
    }

    fn parameter(&mut self, parameter: &ast::ParameterWithDefault) {
        self.push(&parameter.parameter.name);
        if let Some(default) = &parameter.default {
            self.push("=");
            self.expr(default, Level::Test);
        }
    }

    fn number(&mut self, number: &Number) {
        match number {
            Number::Int(value) => match value.as_u64() {
                Some(small) => _ = write!(self.out, "{small}"),
                None => _ = write!(self.out, "{value}"),
            },
            Number::Float(value) => self.float(*value),
            Number::Complex { imag, .. } => {
                self.float(*imag);
                self.push("j");
            }
        }
    }

    fn float(&mut self, value: f64) {
        if value.is_infinite() {
            self.push("1e309");
            return;
        }
        // Rust and Python both print the shortest digits; they differ in when the exponent is used.
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').expect("the exponent form has an exponent");
        let exponent: i32 = exponent.parse().expect("the exponent is a number");
        if (-4..16).contains(&exponent) {
            _ = write!(self.out, "{value:?}");
        } else {
            _ = write!(self.out, "{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
        }
    }

    fn f_string(&mut self, node: &ast::ExprFString) {
        let mut body = String::new();
        for element in node.value.elements() {
            self.f_string_element(element, &mut body);
        }
        self.push("f");
        let points: Vec<u32> = body.chars().map(u32::from).collect();
        repr(&mut self.out, &points, false);
    }

    fn f_string_element(&mut self, element: &InterpolatedStringElement, body: &mut String) {
        match element {
            InterpolatedStringElement::Literal(text) => body.push_str(&text.value.replace('{', "{{").replace('}', "}}")),
            InterpolatedStringElement::Interpolation(value) => {
                let outer = std::mem::take(&mut self.out);
                self.expr(&value.expression, Level::Or);
                let inner = std::mem::replace(&mut self.out, outer);
                body.push_str(if inner.starts_with('{') { "{ " } else { "{" });
                body.push_str(&inner);
                if let Some(letter) = value.conversion.to_char() {
                    body.push('!');
                    body.push(letter);
                }
                if let Some(spec) = &value.format_spec {
                    body.push(':');
                    spec.elements.iter().for_each(|element| self.f_string_element(element, body));
                }
                body.push('}');
            }
        }
    }
}

fn binary_level(op: Operator) -> Level {
    match op {
        Operator::BitOr => Level::BitOr,
        Operator::BitXor => Level::BitXor,
        Operator::BitAnd => Level::BitAnd,
        Operator::LShift | Operator::RShift => Level::Shift,
        Operator::Add | Operator::Sub => Level::Sum,
        Operator::Mult | Operator::MatMult | Operator::Div | Operator::FloorDiv | Operator::Mod => Level::Product,
        Operator::Pow => Level::Power,
    }
}

fn compare_text(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => "==",
        CmpOp::NotEq => "!=",
        CmpOp::Lt => "<",
        CmpOp::LtE => "<=",
        CmpOp::Gt => ">",
        CmpOp::GtE => ">=",
        CmpOp::Is => "is",
        CmpOp::IsNot => "is not",
        CmpOp::In => "in",
        CmpOp::NotIn => "not in",
    }
}

/// Python's repr of a str or bytes.
fn repr(out: &mut String, points: &[u32], is_bytes: bool) {
    let has = |letter: char| points.contains(&u32::from(letter));
    let quote = if has('\'') && !has('"') { '"' } else { '\'' };
    out.push(quote);
    for &point in points {
        match char::from_u32(point) {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\\') => out.push_str("\\\\"),
            Some(letter) if letter == quote => {
                out.push('\\');
                out.push(letter);
            }
            Some(letter @ ' '..='~') => out.push(letter),
            Some(letter) if !is_bytes && point > 0xA0 && point != 0xAD => out.push(letter),
            _ if point < 0x100 => _ = write!(out, "\\x{point:02x}"),
            _ if point < 0x10000 => _ = write!(out, "\\u{point:04x}"),
            _ => _ = write!(out, "\\U{point:08x}"),
        }
    }
    out.push(quote);
}
