//! Texts that a module may give to `exec`, `eval` or `compile`: its string literals, if it mentions one of these functions.
//! What it computes from them (`computed_texts`) is added.
//! They are compiled with the program, so that `exec` finds them; other texts are refused at run time.

use std::collections::BTreeSet;

use dxpyc_base::{Diagnostic, Source, Span};
use dxpyc_syntax::ast::visitor::{self, Visitor};
use dxpyc_syntax::ast::{Expr, Operator, Stmt};
use dxpyc_syntax::{Ast, span, stack};

use crate::computed_texts;
use crate::graph::{self, Body};

/// What a text is compiled as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CodeKind {
    /// Statements.
    Exec,
    /// One expression.
    Eval,
}

impl CodeKind {
    /// What the names of such modules begin with; the text follows.
    pub fn prefix(self) -> &'static str {
        match self {
            CodeKind::Exec => "exec:",
            CodeKind::Eval => "eval:",
        }
    }
}

/// Longest text that is looked at, and most texts of a module.
const TEXT_BYTES_MAX: usize = 1 << 17;
const TEXTS_MAX: usize = 4096;

/// The texts of a module with what they may be compiled as; none when it mentions none of the functions.
pub fn collect(ast: &Ast) -> Vec<(CodeKind, String)> {
    let mut collector = Collector { exec: false, eval: false, texts: BTreeSet::new() };
    stack::grow(|| collector.visit_body(ast.body()));
    let kinds = [(CodeKind::Exec, collector.exec), (CodeKind::Eval, collector.eval)];
    if !collector.exec && !collector.eval {
        return Vec::new();
    }
    let texts = &collector.texts;
    let mut found: BTreeSet<(CodeKind, String)> = kinds
        .into_iter()
        .filter(|(_, is_used)| *is_used)
        .flat_map(|(kind, _)| texts.iter().take(TEXTS_MAX).map(move |text| (kind, text.clone())))
        .collect();
    for (kind, text) in computed_texts::collect(ast) {
        let mut one = Collector { exec: false, eval: false, texts: BTreeSet::new() };
        one.text(Some(text));
        found.extend(one.texts.into_iter().map(|text| (kind, text)));
    }
    found.into_iter().collect()
}

/// The tree of a text, or what CPython says to it.
pub fn analyze(kind: CodeKind, text: &str) -> Body {
    let source = Source::from_text("<string>", text);
    if kind == CodeKind::Exec {
        return graph::analyze(source);
    }
    let invalid = |at: Option<(u32, u32)>| {
        let place = at.unwrap_or((0, 0));
        let error = Diagnostic::syntax(&source, Span { start: place.0, end: place.1 }, "invalid syntax");
        Body::Broken(vec![error])
    };
    let body = graph::analyze(source.clone());
    let code = match &body {
        Body::Python(code) => code,
        Body::Broken(diagnostics) => {
            // What only statements are told.
            let of_statement = ["cannot assign", "cannot delete", "'yield", "'return'", "'break'", "'continue'", "can't use starred", "nonlocal"];
            let first = diagnostics.first().filter(|first| of_statement.iter().any(|start| first.message.starts_with(start)));
            let Some(first) = first else { return body };
            return Body::Broken(vec![Diagnostic { message: "invalid syntax".to_owned(), ..first.clone() }]);
        }
        _ => return body,
    };
    match code.ast.body() {
        [] => {
            let mut error = Diagnostic::syntax(&source, Span { start: 0, end: 0 }, "invalid syntax");
            if let Some(at) = &mut error.location {
                at.line = 0;
                at.end_line = 0;
            }
            Body::Broken(vec![error])
        }
        [Stmt::Expr(stmt)] if !matches!(*stmt.value, Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Starred(_)) => {
            // A semicolon behind the expression would be accepted in statements.
            let after = span(&*stmt.value).end;
            let rest = &source.text[after as usize..];
            let code_after = rest.trim_start_matches([' ', '\t', ')']);
            if code_after.starts_with(';') { invalid(Some((after, after + 1))) } else { body }
        }
        [first, ..] => {
            let whole = span(first);
            // The parser stops behind what can be an expression.
            let at = match first {
                Stmt::Assign(node) => node.targets.first().map_or(whole.start, |target| span(target).end),
                Stmt::AugAssign(node) => span(&*node.target).end,
                Stmt::AnnAssign(node) => span(&*node.target).end,
                Stmt::Expr(_) => whole.end,
                _ => whole.start,
            };
            let skipped = source.text[at as usize..].len() - source.text[at as usize..].trim_start().len();
            let at = at + skipped as u32;
            invalid(Some((at, at + 1)))
        }
    }
}

struct Collector {
    exec: bool,
    eval: bool,
    texts: BTreeSet<String>,
}

impl Collector {
    /// Texts that differ in their line ends only are one: the runtime looks for them with `\n`.
    fn insert(&mut self, text: String) {
        self.texts.insert(Source::from_text("", &text).text);
    }

    fn mention(&mut self, name: &str) {
        match name {
            "exec" => self.exec = true,
            "eval" => self.eval = true,
            "compile" => (self.exec, self.eval) = (true, true),
            _ => {}
        }
    }

    fn text(&mut self, text: Option<String>) {
        if let Some(text) = text.filter(|text| text.len() <= TEXT_BYTES_MAX && !text.contains('\0')) {
            // `eval` skips leading blanks.
            let stripped = text.trim_start_matches([' ', '\t']);
            if stripped.len() != text.len() {
                self.insert(stripped.to_owned());
            }
            self.insert(text);
        }
    }
}

/// The value of a constant text.
fn constant(expr: &Expr) -> Option<String> {
    match expr {
        Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
        Expr::BytesLiteral(literal) => String::from_utf8(literal.value.bytes().collect()).ok(),
        Expr::BinOp(node) if node.op == Operator::Add => Some(constant(&node.left)? + &constant(&node.right)?),
        _ => None,
    }
}

impl<'a> Visitor<'a> for Collector {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        // Not docstrings.
        if let Stmt::Expr(node) = stmt
            && node.value.is_string_literal_expr()
        {
            return;
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.mention(&name.id),
            Expr::Attribute(attribute) => self.mention(&attribute.attr),
            Expr::Call(node) if matches!(&*node.func, Expr::Name(name) if name.id == "print") => {
                for argument in &node.arguments.args {
                    if !argument.is_string_literal_expr() {
                        self.visit_expr(argument);
                    }
                }
                return;
            }
            _ => self.text(constant(expr)),
        }
        visitor::walk_expr(self, expr);
    }
}
