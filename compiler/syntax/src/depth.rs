//! How deep a tree is, so that no later recursion meets a tree it cannot walk.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{Expr, Pattern, Stmt};

use crate::stack;

/// The deepest tree that the compiler walks. CPython's own limits depend on its stack and are of this order.
pub(crate) const LIMIT: u32 = 12_000;

/// Trees up to this depth are walked and dropped on any thread's stack.
pub(crate) const SHALLOW: u32 = 150;

/// The depth of nested expressions, patterns and blocks; `LIMIT + 1` for all that are deeper than that.
pub(crate) fn measure(body: &[Stmt]) -> u32 {
    let mut meter = Meter { depth: 0, deepest: 0 };
    for stmt in body {
        meter.visit_stmt(stmt);
    }
    meter.deepest
}

struct Meter {
    depth: u32,
    deepest: u32,
}

impl Meter {
    fn level(&mut self, walk: impl FnOnce(&mut Meter)) {
        if self.deepest > LIMIT {
            return;
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        if self.depth.is_multiple_of(16) {
            stack::ensure(|| walk(self));
        } else {
            walk(self);
        }
        self.depth -= 1;
    }
}

impl<'a> Visitor<'a> for Meter {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.level(|meter| walk_stmt(meter, stmt));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(_) | Expr::StringLiteral(_) | Expr::NumberLiteral(_) | Expr::NoneLiteral(_) | Expr::BooleanLiteral(_) => {}
            _ => self.level(|meter| walk_expr(meter, expr)),
        }
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.level(|meter| walk_pattern(meter, pattern));
    }
}
