//! Faults of targets: what is assigned to, annotated, imported or captured under a name.

use dxpyc_base::Span;
use ruff_python_ast::Expr;

use super::{Explainer, Said, between, is_keyword, said};
use crate::find::{self, expr_name};
use crate::tokens::Tok;

impl Explainer<'_> {
    pub(super) fn assignment_target(&self, at: Span) -> Said {
        let Some(expr) = self.expr_at(at) else { return self.invalid(self.token_at(at.start)) };
        let name = expr_name(expr);
        let (mut index, mut after) = (self.token_at(at.start), self.token_at(at.end));
        if after > 0 && !self.ends_expression(after - 1) && !self.text(at).starts_with("yield") {
            return self.invalid(after);
        }
        if expr.is_await_expr() && !self.starts_expression(index + 1) {
            return self.invalid(index + 1);
        }
        let mut is_parenthesized = false;
        while index > 0 && self.token_text(index - 1) == "(" && self.token_text(after) == ")" {
            (index, after) = (index - 1, after + 1);
            is_parenthesized = true;
        }
        if self.is_in_brackets_of_call(after) {
            return self.keyword_target(at, index);
        }
        if matches!(expr, Expr::Yield(_) | Expr::YieldFrom(_)) && !is_parenthesized {
            return said(at, "assignment to yield expression not possible");
        }
        let before = index.checked_sub(1).map_or("", |at| self.token_text(at));
        let starts_statement = index == self.line_start(index) || matches!(before, ";" | "," | ":") && self.bracket_before(index).is_none();
        let is_operand = is_parenthesized || find::is_bitwise_or(expr);
        let is_compared = starts_statement
            && self.token_text(after) == "="
            && is_operand
            && !matches!(expr, Expr::List(_) | Expr::Tuple(_) | Expr::Generator(_) | Expr::BooleanLiteral(_) | Expr::NoneLiteral(_))
            && self.is_last_assignment(after);
        if is_compared {
            return said(at, format!("cannot assign to {name} here. Maybe you meant '==' instead of '='?"));
        }
        said(at, format!("cannot assign to {name}"))
    }

    /// Whether the value after the `=` at token `equal` is a plain operand that no other `=` follows.
    pub(super) fn is_last_assignment(&self, equal: usize) -> bool {
        let mut depth = 0i32;
        if !self.starts_expression(equal + 1) && !matches!(self.token_text(equal + 1), "-" | "+") {
            return false;
        }
        for at in equal + 1..self.tokens.list.len() {
            let token = self.token(at);
            match self.text(token.span) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                "=" | ":=" if depth == 0 => return false,
                "lambda" | "not" if at == equal + 1 => return false,
                _ if token.kind == Tok::Newline => return true,
                ";" if depth == 0 => return true,
                _ => {}
            }
            if depth < 0 {
                return true;
            }
        }
        true
    }

    /// Whether the `=` at token `equal` stands in the brackets of a call.
    pub(super) fn is_in_brackets_of_call(&self, equal: usize) -> bool {
        if self.token_text(equal) != "=" {
            return false;
        }
        let Some(open) = self.bracket_before(equal) else { return false };
        let is_def = open >= 2 && matches!(self.token_text(open - 2), "def" | "class");
        open > 0 && self.token_text(open) == "(" && self.ends_expression(open - 1) && !is_def
    }

    pub(super) fn keyword_target(&self, at: Span, index: usize) -> Said {
        match self.token_text(index) {
            word @ ("True" | "False" | "None") if self.token_text(index + 1) == "=" => said(at, format!("cannot assign to {word}")),
            "*" => said(at, "cannot assign to iterable argument unpacking"),
            "**" => said(at, "cannot assign to keyword argument unpacking"),
            _ => said(at, "expression cannot contain assignment, perhaps you meant \"==\"?"),
        }
    }

    pub(super) fn starred(&self, at: Span, index: usize) -> Said {
        let before = index.checked_sub(1).map_or("", |at| self.token_text(at));
        if self.bracket_before(index).is_some_and(|open| self.is_in_type_params(open)) {
            return self.invalid(index);
        }
        if self.token_text(self.token_at(at.end)) == "for" {
            return said(at, "iterable unpacking cannot be used in comprehension");
        }
        if before == ":" && self.bracket_before(index).is_some_and(|open| self.token_text(open) == "{") {
            return said(at, "cannot use a starred expression in a dictionary value");
        }
        if before == "(" && self.token_text(self.token_at(at.end)) == ")" {
            return said(at, "cannot use starred expression here");
        }
        if self.line_start(index) == index || before == "=" {
            return said(at, "can't use starred expression here");
        }
        self.invalid(index)
    }

    pub(super) fn walrus(&self, at: Span, index: usize) -> Said {
        let _ = at;
        let operator = (index..self.tokens.list.len().min(index + 50)).find(|at| self.token_text(*at) == ":=");
        self.invalid(operator.unwrap_or(index))
    }

    /// `import x as a.b`, `import x as None`.
    pub(super) fn import_target(&self, start: usize, index: usize) -> Option<Said> {
        if !matches!(self.token_text(start), "import" | "from") {
            return None;
        }
        let as_word = (start..index).rev().find(|at| self.token_text(*at) == "as")?;
        if index > as_word + 2 {
            return None;
        }
        let expr_span = self.target_span(as_word + 1)?;
        let is_followed = index == as_word + 2 && self.starts_expression(index) && !matches!(self.token_text(index), "(" | "[");
        let name = if is_followed { "name" } else { self.target_name(expr_span)? };
        Some(said(expr_span, format!("cannot use {name} as import target")))
    }

    /// The place of the expression that begins at token `first`: up to a comma, colon or line end outside of brackets.
    pub(super) fn target_span(&self, first: usize) -> Option<Span> {
        let mut depth = 0i32;
        let mut at = first;
        while at < self.tokens.list.len() {
            match self.token_text(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" if depth == 0 => break,
                ")" | "]" | "}" => depth -= 1,
                "," | ":" | ";" | "=" | "if" if depth == 0 => break,
                _ if matches!(self.token(at).kind, Tok::Newline | Tok::End) => break,
                _ => {}
            }
            at += 1;
        }
        (at > first).then(|| between(self.token(first).span.start, self.token(at - 1).span.end))
    }

    pub(super) fn target_name(&self, at: Span) -> Option<&'static str> {
        let parsed = ruff_python_parser::parse_expression(self.text(at)).ok()?;
        match parsed.expr() {
            Expr::Name(_) => None,
            expr => Some(expr_name(expr)),
        }
    }

    /// Whether a `(` at token `index` stands where a parameter's name should.
    pub(super) fn is_parameter_list(&self, index: usize, open: Option<usize>) -> bool {
        let before = index.checked_sub(1).map_or("", |at| self.token_text(at));
        if before == "lambda" {
            return true;
        }
        let Some(open) = open else { return false };
        open >= 2 && self.token_text(open - 2) == "def" && matches!(before, "(" | ",")
    }

    pub(super) fn has_comma(&self, first: usize, end: usize) -> bool {
        let mut depth = 0i32;
        (first..end).any(|at| {
            match self.token_text(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                ":" if depth == 0 => depth = 1000,
                _ => {}
            }
            depth == 0 && self.token_text(at) == ","
        })
    }

    pub(super) fn equal_in_brackets(&self, index: usize) -> Option<Said> {
        let before = index.checked_sub(1)?;
        let open = self.bracket_before(index);
        if !self.ends_expression(before) {
            return None;
        }
        let mut first = before;
        let mut depth = 0i32;
        loop {
            match self.token_text(first) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" => depth -= 1,
                _ => {}
            }
            if depth < 0 || first == 0 || open == Some(first) {
                first += 1;
                break;
            }
            if depth == 0 && (matches!(self.token_text(first), "," | "if" | "while" | "elif" | "and" | "or" | "not" | "return" | ":" | "=" | "for" | "in" | "assert" | "else") || matches!(self.token(first).kind, Tok::Newline | Tok::Indent | Tok::Dedent)) {
                first += 1;
                break;
            }
            first -= 1;
        }
        let at = between(self.token(first).span.start, self.token(before).span.end);
        let header = self.token_text(self.line_start(index));
        if open.is_none() && !matches!(header, "if" | "elif" | "while") {
            return None;
        }
        if (first..index).any(|at| self.token_text(at) == ":=") {
            return None;
        }
        if open.is_some_and(|open| self.token_text(open) == "{") && first > 0 && self.token_text(first - 1) == ":" {
            return None;
        }
        if self.is_in_brackets_of_call(index) {
            if first == before && matches!(self.token_text(before), "True" | "False" | "None") {
                return Some(said(at, format!("cannot assign to {}", self.token_text(before))));
            }
            if self.token_text(first) == "*" {
                return Some(said(at, "cannot assign to iterable argument unpacking"));
            }
            if first != before || self.token(before).kind != Tok::Name {
                return Some(said(at, "expression cannot contain assignment, perhaps you meant \"==\"?"));
            }
        }
        if first == before && self.token(before).kind == Tok::Name && !is_keyword(self.token_text(before)) {
            let end = self.token(index + 1).span.end;
            return Some(said(between(at.start, end), "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"));
        }
        let text = self.text(at);
        let parsed = ruff_python_parser::parse_expression(text).ok()?;
        let expr = parsed.expr();
        if !find::is_bitwise_or(expr) || matches!(expr, Expr::List(_) | Expr::Tuple(_) | Expr::Generator(_) | Expr::BooleanLiteral(_) | Expr::NoneLiteral(_)) {
            return None;
        }
        Some(said(at, format!("cannot assign to {} here. Maybe you meant '==' instead of '='?", expr_name(expr))))
    }

    /// `except E as a.b:` and `case x as a.b:`.
    pub(super) fn as_target(&self, index: usize, start: usize) -> Option<Said> {
        let word = self.token_text(start);
        let as_word = index.checked_sub(2).filter(|at| self.token_text(*at) == "as").or_else(|| index.checked_sub(1).filter(|at| self.token_text(*at) == "as"))?;
        let at = self.target_span(as_word + 1)?;
        let name = self.target_name(at)?;
        if matches!(name, "expression" | "comparison" | "conditional expression") {
            return None;
        }
        match (word, self.token_text(start + 1)) {
            ("except", "*") => Some(said(at, format!("cannot use except* statement with {name}"))),
            ("except", _) => Some(said(at, format!("cannot use except statement with {name}"))),
            ("case", _) => Some(said(at, format!("cannot use {name} as pattern target"))),
            _ => None,
        }
    }
}
