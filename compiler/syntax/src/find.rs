//! Finding expressions by their place, and CPython's names for kinds of expressions.

use dxpyc_base::Span;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ModModule, Stmt};
use ruff_text_size::Ranged;

use crate::{span, stack};

/// The outermost expression that covers exactly `at`.
pub(crate) fn expr_at(module: &ModModule, at: Span) -> Option<&Expr> {
    struct Finder<'a> {
        at: Span,
        found: Option<&'a Expr>,
    }
    impl<'a> Visitor<'a> for Finder<'a> {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            let range = span(stmt.range());
            if self.found.is_none() && range.start <= self.at.start && self.at.end <= range.end {
                stack::ensure(|| walk_stmt(self, stmt));
            }
        }
        fn visit_expr(&mut self, expr: &'a Expr) {
            let range = span(expr.range());
            if self.found.is_some() || range.start > self.at.start || self.at.end > range.end {
                return;
            }
            if range == self.at {
                self.found = Some(expr);
                return;
            }
            stack::ensure(|| walk_expr(self, expr));
        }
    }
    let mut finder = Finder { at, found: None };
    for stmt in &module.body {
        finder.visit_stmt(stmt);
    }
    finder.found
}

/// What CPython calls an expression in `cannot assign to …`.
pub fn expr_name(expr: &Expr) -> &'static str {
    match expr {
        Expr::Attribute(_) => "attribute",
        Expr::Subscript(_) => "subscript",
        Expr::Starred(_) => "starred",
        Expr::Name(name) if name.id == "__debug__" => "__debug__",
        Expr::Name(_) => "name",
        Expr::List(_) => "list",
        Expr::Tuple(_) => "tuple",
        Expr::Lambda(_) => "lambda",
        Expr::Call(_) => "function call",
        Expr::BoolOp(_) | Expr::BinOp(_) | Expr::UnaryOp(_) => "expression",
        Expr::Generator(_) => "generator expression",
        Expr::Yield(_) | Expr::YieldFrom(_) => "yield expression",
        Expr::Await(_) => "await expression",
        Expr::ListComp(_) => "list comprehension",
        Expr::SetComp(_) => "set comprehension",
        Expr::DictComp(_) => "dict comprehension",
        Expr::Dict(_) => "dict literal",
        Expr::Set(_) => "set display",
        Expr::FString(_) => "f-string expression",
        Expr::TString(_) => "t-string expression",
        Expr::NoneLiteral(_) => "None",
        Expr::BooleanLiteral(literal) => {
            if literal.value {
                "True"
            } else {
                "False"
            }
        }
        Expr::EllipsisLiteral(_) => "ellipsis",
        Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::NumberLiteral(_) => "literal",
        Expr::Compare(_) => "comparison",
        Expr::If(_) => "conditional expression",
        Expr::Named(_) => "named expression",
        Expr::Slice(_) | Expr::IpyEscapeCommand(_) => "expression",
    }
}

/// Whether the grammar's `bitwise_or` covers the expression: no comparison, `not`, `and`, `or`, conditional, lambda.
pub(crate) fn is_bitwise_or(expr: &Expr) -> bool {
    match expr {
        Expr::UnaryOp(unary) => unary.op != ruff_python_ast::UnaryOp::Not,
        Expr::BoolOp(_) | Expr::Compare(_) | Expr::If(_) | Expr::Lambda(_) | Expr::Named(_) | Expr::Starred(_) => false,
        Expr::Yield(_) | Expr::YieldFrom(_) => false,
        _ => true,
    }
}
