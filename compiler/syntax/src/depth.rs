//! How deep a tree is, so that no later recursion meets a tree it cannot walk.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{Expr, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};

use crate::stack;

/// The deepest tree that the compiler walks. CPython's own limits depend on its stack and are of this order.
pub(crate) const LIMIT: u32 = 12_000;

/// Trees up to this depth are walked and dropped on any thread's stack.
pub(crate) const SHALLOW: u32 = 150;

/// The deepest nesting of functions, lambdas, classes and comprehensions. CPython's parser gives up on less.
const FUNCTION_LIMIT: u32 = 2_000;

/// The depth of a module.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Depth {
    /// Nested expressions, patterns and blocks; `LIMIT + 1` for all that is too deep.
    pub levels: u32,
    /// The top-level statement that is too deep.
    pub culprit: Option<TextRange>,
}

/// Measures a module's statements.
pub(crate) fn measure(body: &[Stmt]) -> Depth {
    let mut depth = Depth::default();
    for stmt in body {
        let mut meter = Meter { depth: 0, functions: 0, deepest: 0 };
        meter.visit_stmt(stmt);
        depth.levels = depth.levels.max(meter.deepest);
        if meter.deepest > LIMIT {
            depth.culprit = Some(stmt.range());
            break;
        }
    }
    depth
}

struct Meter {
    depth: u32,
    functions: u32,
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

    fn function(&mut self, walk: impl FnOnce(&mut Meter)) {
        self.functions += 1;
        if self.functions > FUNCTION_LIMIT {
            self.deepest = LIMIT + 1;
        }
        self.level(walk);
        self.functions -= 1;
    }
}

impl<'a> Visitor<'a> for Meter {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.level(|meter| walk_stmt(meter, stmt));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(_) | Expr::StringLiteral(_) | Expr::NumberLiteral(_) | Expr::NoneLiteral(_) | Expr::BooleanLiteral(_) => {}
            Expr::Lambda(_) | Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.function(|meter| walk_expr(meter, expr));
            }
            _ => self.level(|meter| walk_expr(meter, expr)),
        }
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.level(|meter| walk_pattern(meter, pattern));
    }
}
