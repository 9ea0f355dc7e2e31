//! The checks of `match` statements.

use std::collections::BTreeSet;

use dxpyc_syntax::ast::visitor::Visitor;
use dxpyc_syntax::ast::{self, Expr, Number, Pattern, UnaryOp};
use dxpyc_syntax::{Name, Ranged};

use super::Checker;

impl<'a> Checker<'a> {
    pub(super) fn match_statement(&mut self, node: &'a ast::StmtMatch) {
        self.visit_expr(&node.subject);
        let count = node.cases.len();
        for (index, case) in node.cases.iter().enumerate() {
            let mut names = BTreeSet::new();
            let is_last = index + 1 == count;
            self.pattern(&case.pattern, &mut names, is_last || case.guard.is_some());
            if let Some(guard) = &case.guard {
                self.visit_expr(guard);
            }
            self.visit_body(&case.body);
        }
    }

    fn capture(&mut self, name: &ast::Identifier, names: &mut BTreeSet<Name>) {
        self.identifier(name);
        if !names.insert(name.id.clone()) {
            self.error(name.range(), format!("multiple assignments to name '{name}' in pattern"));
        }
    }

    /// `may_match_all`: an irrefutable pattern is fine here.
    fn pattern(&mut self, pattern: &'a Pattern, names: &mut BTreeSet<Name>, may_match_all: bool) {
        if !self.diagnostics.is_empty() {
            return;
        }
        match pattern {
            Pattern::MatchValue(node) => {
                if !is_value(&node.value) {
                    self.error(pattern, "patterns may only match literals and attribute lookups");
                }
                self.visit_expr(&node.value);
            }
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(node) => self.sequence(pattern, node, names),
            Pattern::MatchMapping(node) => self.mapping(node, names),
            Pattern::MatchClass(node) => self.class_pattern(node, names),
            Pattern::MatchStar(node) => {
                if let Some(name) = &node.name {
                    self.capture(name, names);
                }
            }
            Pattern::MatchAs(node) => match &node.pattern {
                Some(inner) => {
                    self.pattern(inner, names, may_match_all);
                    if let Some(name) = &node.name {
                        self.capture(name, names);
                    }
                }
                None => {
                    if !may_match_all {
                        let message = match &node.name {
                            Some(name) => format!("name capture '{name}' makes remaining patterns unreachable"),
                            None => "wildcard makes remaining patterns unreachable".to_owned(),
                        };
                        self.error(pattern, message);
                    }
                    if let Some(name) = &node.name {
                        self.capture(name, names);
                    }
                }
            },
            Pattern::MatchOr(node) => self.alternatives(pattern, node, names, may_match_all),
        }
    }

    fn alternatives(&mut self, pattern: &'a Pattern, node: &'a ast::PatternMatchOr, names: &mut BTreeSet<Name>, may_match_all: bool) {
        let mut first: Option<BTreeSet<Name>> = None;
        let count = node.patterns.len();
        for (index, alternative) in node.patterns.iter().enumerate() {
            let mut bound = BTreeSet::new();
            let is_last = index + 1 == count;
            self.pattern(alternative, &mut bound, is_last && may_match_all);
            match &first {
                None => first = Some(bound),
                Some(first) if *first != bound => self.error(pattern, "alternative patterns bind different names"),
                Some(_) => {}
            }
        }
        for name in first.into_iter().flatten() {
            if !names.insert(name.clone()) {
                self.error(pattern, format!("multiple assignments to name '{name}' in pattern"));
            }
        }
    }

    fn sequence(&mut self, pattern: &'a Pattern, node: &'a ast::PatternMatchSequence, names: &mut BTreeSet<Name>) {
        if node.patterns.iter().filter(|part| part.is_match_star()).count() > 1 {
            self.error(pattern, "multiple starred names in sequence pattern");
            return;
        }
        for part in &node.patterns {
            self.pattern(part, names, true);
        }
    }

    fn mapping(&mut self, node: &'a ast::PatternMatchMapping, names: &mut BTreeSet<Name>) {
        let mut seen: Vec<Key> = Vec::new();
        for key in &node.keys {
            if !is_key(key) {
                self.error(key, "mapping pattern keys may only match literals and attribute lookups");
                return;
            }
            let Some(value) = self.key(key) else { continue };
            if seen.contains(&value) {
                self.error(key, format!("mapping pattern checks duplicate key ({})", self.shown(key)));
                return;
            }
            seen.push(value);
        }
        for part in &node.patterns {
            self.pattern(part, names, true);
        }
        if let Some(rest) = &node.rest {
            self.capture(rest, names);
        }
    }

    fn class_pattern(&mut self, node: &'a ast::PatternMatchClass, names: &mut BTreeSet<Name>) {
        let mut attributes: Vec<&Name> = Vec::new();
        for keyword in &node.arguments.keywords {
            if attributes.contains(&&keyword.attr.id) {
                self.error(keyword, format!("attribute name repeated in class pattern: {}", keyword.attr));
                return;
            }
            self.identifier(&keyword.attr);
            attributes.push(&keyword.attr.id);
        }
        self.visit_expr(&node.cls);
        for part in &node.arguments.patterns {
            self.pattern(part, names, true);
        }
        for keyword in &node.arguments.keywords {
            self.pattern(&keyword.pattern, names, true);
        }
    }

    /// A literal key as something that compares equal exactly if Python's does.
    fn key(&self, key: &Expr) -> Option<Key> {
        Some(match key {
            Expr::NumberLiteral(number) => number_key(&number.value, 1.0),
            Expr::BooleanLiteral(literal) => Key::Number(f64::from(u8::from(literal.value)), 0.0),
            Expr::NoneLiteral(_) => Key::None,
            Expr::StringLiteral(text) => Key::Text(text.value.to_str().to_owned()),
            Expr::BytesLiteral(bytes) => Key::Bytes(bytes.value.bytes().collect()),
            Expr::UnaryOp(unary) if unary.op == UnaryOp::USub => match &*unary.operand {
                Expr::NumberLiteral(number) => number_key(&number.value, -1.0),
                _ => return None,
            },
            Expr::BinOp(binary) => {
                let (Key::Number(left, _), Key::Number(_, right)) = (self.key(&binary.left)?, self.key(&binary.right)?) else { return None };
                Key::Number(left, if binary.op == ast::Operator::Sub { -right } else { right })
            }
            _ => return None,
        })
    }

    /// A literal key as `repr` shows it.
    fn shown(&self, key: &Expr) -> String {
        match key {
            Expr::StringLiteral(text) => format!("'{}'", text.value.to_str()),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Complex { imag, .. } => format!("{imag}j"),
                Number::Float(float) if float.fract() == 0.0 && float.abs() < 1e16 => format!("{float:.1}"),
                Number::Float(float) => format!("{float}"),
                Number::Int(int) => format!("{int}"),
            },
            Expr::UnaryOp(unary) => match self.shown(&unary.operand) {
                zero if zero == "0" => zero,
                other => format!("-{other}"),
            },
            Expr::BinOp(binary) => {
                let sign = if binary.op == ast::Operator::Sub { "-" } else { "+" };
                format!("({}{sign}{})", self.shown(&binary.left), self.shown(&binary.right))
            }
            _ => dxpyc_syntax::span(key).of(&self.source.text).to_owned(),
        }
    }
}

#[derive(PartialEq)]
enum Key {
    None,
    Number(f64, f64),
    Big(String),
    Text(String),
    Bytes(Vec<u8>),
}

fn number_key(number: &Number, sign: f64) -> Key {
    match number {
        Number::Int(int) => match int.as_u64() {
            Some(value) if value < 1 << 53 => Key::Number(value as f64 * sign, 0.0),
            _ => Key::Big(format!("{sign}{int}")),
        },
        Number::Float(value) => Key::Number(value * sign, 0.0),
        Number::Complex { real, imag } => Key::Number(real * sign, imag * sign),
    }
}

fn is_value(expr: &Expr) -> bool {
    is_key(expr) && !matches!(expr, Expr::NoneLiteral(_) | Expr::BooleanLiteral(_))
}

fn is_key(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::Attribute(_) | Expr::NoneLiteral(_) | Expr::BooleanLiteral(_) => {
            true
        }
        Expr::UnaryOp(unary) => unary.op == UnaryOp::USub && unary.operand.is_number_literal_expr(),
        Expr::BinOp(_) => true,
        _ => false,
    }
}
