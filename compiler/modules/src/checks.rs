//! What CPython's compiler refuses after parsing and symbol tables: statements outside of their places, starred
//! expressions, patterns, `__future__` imports, repeated keyword arguments.
//!
//! The walk goes in CPython's order of code generation, which is the order of the source; only the first fault counts.

mod patterns;

use dxpyc_base::{Diagnostic, Source};
use dxpyc_syntax::ast::visitor::{self, Visitor};
use dxpyc_syntax::ast::{self, ExceptHandler, Expr, ExprContext, Stmt};
use dxpyc_syntax::{Ast, Ranged, span, stack};

use crate::scopes::{ScopeKind, Scopes};

/// The first fault of each kind of check, in CPython's order; empty when the module compiles.
pub fn check(source: &Source, ast: &Ast, scopes: &Scopes) -> Vec<Diagnostic> {
    let mut checker =
        Checker { source, top_level: ast.body(), scopes, diagnostics: Vec::new(), place: Place::Module, loops: 0, in_except_star: false, blocks: 0, is_star_allowed: false, spec_depth: 0 };
    stack::grow(|| checker.visit_body(ast.body()));
    checker.diagnostics
}

/// The faults of `from __future__` imports, which CPython looks for before symbol tables.
pub fn check_future(source: &Source, ast: &Ast) -> Option<Diagnostic> {
    const FEATURES: &[&str] = &[
        "nested_scopes", "generators", "division", "absolute_import", "with_statement", "print_function", "unicode_literals", "barry_as_FLUFL",
        "generator_stop", "annotations",
    ];
    let mut is_early = true;
    for (index, stmt) in ast.body().iter().enumerate() {
        match stmt {
            Stmt::ImportFrom(import) if import.module.as_deref() == Some("__future__") && import.level == 0 => {
                if !is_early {
                    return Some(Diagnostic::syntax(source, span(stmt), "from __future__ imports must occur at the beginning of the file"));
                }
                for alias in &import.names {
                    match alias.name.as_str() {
                        "braces" => return Some(Diagnostic::syntax(source, span(alias), "not a chance")),
                        name if !FEATURES.contains(&name) => {
                            return Some(Diagnostic::syntax(source, span(alias), format!("future feature {name} is not defined")));
                        }
                        _ => {}
                    }
                }
            }
            Stmt::Expr(expr) if index == 0 && expr.value.is_string_literal_expr() => {}
            _ => is_early = false,
        }
    }
    None
}

/// The code that a statement or expression stands in.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Module,
    Class,
    Function { is_async: bool, is_generator: bool },
    Lambda,
    /// A generator expression, or a list, set or dict comprehension in one.
    Generator,
    /// Annotations and type parameters.
    Lazy,
}

struct Checker<'a> {
    source: &'a Source,
    top_level: &'a [Stmt],
    scopes: &'a Scopes,
    diagnostics: Vec<Diagnostic>,
    place: Place,
    /// Loops around, within the function and the `except*` block.
    loops: u32,
    in_except_star: bool,
    /// Loops, `try` and `with` around: CPython allows 21.
    blocks: u32,
    /// The expression visited next may be starred.
    is_star_allowed: bool,
    /// Replacement fields around, within format specifiers of the innermost f-string.
    spec_depth: u32,
}

/// Replacement fields may nest this deep in format specifiers.
const MAX_SPEC_DEPTH: u32 = 3;

const MAX_BLOCKS: u32 = 21;

impl<'a> Checker<'a> {
    fn error(&mut self, at: impl Ranged, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::syntax(self.source, span(at), message));
    }

    /// Visits code of another function, class or lambda.
    fn inside(&mut self, place: Place, walk: impl FnOnce(&mut Self)) {
        let saved = (self.place, self.loops, self.in_except_star, self.blocks);
        (self.place, self.loops, self.in_except_star, self.blocks) = (place, 0, false, 0);
        walk(self);
        (self.place, self.loops, self.in_except_star, self.blocks) = saved;
    }

    fn block(&mut self, at: impl Ranged, walk: impl FnOnce(&mut Self)) {
        self.blocks += 1;
        if self.blocks > MAX_BLOCKS {
            self.error(at, "too many statically nested blocks");
        } else {
            walk(self);
        }
        self.blocks -= 1;
    }

    fn in_loop(&mut self, stmt: &Stmt, body: &'a [Stmt]) {
        let saved = self.in_except_star;
        self.loops += 1;
        self.block(stmt, |checker| checker.visit_body(body));
        self.loops -= 1;
        self.in_except_star = saved;
    }

    fn is_in_async(&self) -> bool {
        matches!(self.place, Place::Function { is_async: true, .. })
    }

    /// Whether a statement stands directly in the module: not indented, on its own line or after a semicolon.
    fn is_top_level(&self, stmt: &Stmt) -> bool {
        self.top_level.iter().any(|top| top.range() == stmt.range())
    }

    fn is_in_function(&self) -> bool {
        !matches!(self.place, Place::Module | Place::Class)
    }

    fn bound_name(&mut self, name: &str, at: impl Ranged) {
        if name == "__debug__" {
            self.error(at, "cannot assign to __debug__");
        }
    }

    fn identifier(&mut self, identifier: &ast::Identifier) {
        self.bound_name(identifier, identifier.range());
    }

    // ---- statements ----

    fn function(&mut self, node: &'a ast::StmtFunctionDef) {
        for decorator in &node.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.defaults(&node.parameters);
        self.type_params(node.type_params.as_deref());
        self.identifier(&node.name);
        self.inside(Place::Lazy, |checker| {
            for parameter in node.parameters.iter_source_order() {
                if let Some(annotation) = parameter.annotation() {
                    checker.is_star_allowed = annotation.is_starred_expr();
                    checker.visit_expr(annotation);
                }
            }
            if let Some(returns) = &node.returns {
                checker.visit_expr(returns);
            }
        });
        self.parameter_names(&node.parameters);
        let is_generator = self.scopes[self.scopes.function(node)].has_yield;
        self.inside(Place::Function { is_async: node.is_async, is_generator }, |checker| checker.visit_body(&node.body));
    }

    fn defaults(&mut self, parameters: &'a ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn parameter_names(&mut self, parameters: &ast::Parameters) {
        for parameter in parameters.iter_source_order() {
            self.identifier(parameter.name());
        }
    }

    fn class(&mut self, node: &'a ast::StmtClassDef) {
        for decorator in &node.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.type_params(node.type_params.as_deref());
        self.identifier(&node.name);
        let place = if node.type_params.is_some() { Place::Lazy } else { self.place };
        if let Some(arguments) = &node.arguments {
            let saved = std::mem::replace(&mut self.place, place);
            self.visit_arguments(arguments);
            self.place = saved;
        }
        self.inside(Place::Class, |checker| checker.visit_body(&node.body));
    }

    fn type_params(&mut self, params: Option<&'a ast::TypeParams>) {
        let Some(params) = params else { return };
        let mut has_default = false;
        for param in params {
            if param.default().is_some() {
                has_default = true;
            } else if has_default {
                self.error(param, format!("non-default type parameter '{}' follows default type parameter", param.name()));
            }
            self.identifier(param.name());
            if let Some(default) = param.default()
                && default.is_starred_expr()
                && !param.is_type_var_tuple()
            {
                self.error(default, "invalid syntax");
            }
            self.inside(Place::Lazy, |checker| {
                checker.is_star_allowed = param.is_type_var_tuple();
                visitor::walk_type_param(checker, param);
            });
        }
    }

    fn try_statement(&mut self, stmt: &'a Stmt, node: &'a ast::StmtTry) {
        let handler_count = node.handlers.len();
        for (index, ExceptHandler::ExceptHandler(handler)) in node.handlers.iter().enumerate() {
            if handler.type_.is_none() && index + 1 < handler_count {
                self.error(handler, "default 'except:' must be last");
                return;
            }
        }
        let walk_inner = |checker: &mut Self| {
            checker.block(stmt, |checker| checker.visit_body(&node.body));
            checker.visit_body(&node.orelse);
            for ExceptHandler::ExceptHandler(handler) in &node.handlers {
                if let Some(class) = &handler.type_ {
                    checker.visit_expr(class);
                }
                if let Some(name) = &handler.name {
                    checker.identifier(name);
                }
                let saved = (checker.in_except_star, checker.loops);
                if node.is_star {
                    (checker.in_except_star, checker.loops) = (true, 0);
                }
                checker.blocks += 1;
                checker.block(stmt, |checker| checker.visit_body(&handler.body));
                checker.blocks -= 1;
                (checker.in_except_star, checker.loops) = saved;
            }
        };
        if node.finalbody.is_empty() {
            walk_inner(self);
        } else {
            self.block(stmt, walk_inner);
            self.block(stmt, |checker| checker.visit_body(&node.finalbody));
        }
    }

    fn jump(&mut self, stmt: &'a Stmt) {
        if self.loops > 0 {
            return;
        }
        if self.in_except_star {
            self.error(stmt, "'break', 'continue' and 'return' cannot appear in an except* block");
        } else if stmt.is_break_stmt() {
            self.error(stmt, "'break' outside loop");
        } else {
            self.error(stmt, "'continue' not properly in loop");
        }
    }

    fn return_statement(&mut self, stmt: &'a Stmt, node: &'a ast::StmtReturn) {
        match self.place {
            Place::Function { is_async, is_generator } => {
                if is_async && is_generator && node.value.is_some() {
                    self.error(stmt, "'return' with value in async generator");
                }
                if self.in_except_star {
                    self.error(stmt, "'break', 'continue' and 'return' cannot appear in an except* block");
                }
            }
            _ => self.error(stmt, "'return' outside function"),
        }
        self.star_tuple(node.value.as_deref());
    }

    fn star_tuple(&mut self, expr: Option<&'a Expr>) {
        if let Some(expr) = expr {
            self.visit_expr(expr);
        }
    }

    /// Visits an assignment's target; a starred one alone is not allowed.
    fn target(&mut self, target: &'a Expr) {
        if let Expr::Starred(_) = target {
            self.error(target, "starred assignment target must be in a list or tuple");
            return;
        }
        self.visit_expr(target);
    }

    fn unpacking(&mut self, node: &'a Expr, elements: &'a [Expr]) {
        let mut starred = elements.iter().enumerate().filter(|(_, element)| element.is_starred_expr()).map(|(index, _)| index);
        if let Some(before) = starred.next() {
            if starred.next().is_some() {
                self.error(node, "multiple starred expressions in assignment");
            } else if before >= 1 << 8 || elements.len() - before > 1 << 23 {
                self.error(node, "too many expressions in star-unpacking assignment");
            }
        }
    }

    // ---- expressions ----

    fn comprehension(&mut self, node: &'a Expr, generators: &'a [ast::Comprehension], elements: [Option<&'a Expr>; 2]) {
        let scope = self.scopes.find(node, comprehension_kind(node));
        let is_async = scope.is_some_and(|scope| self.scopes[scope].has_await);
        let is_generator = node.is_generator_expr();
        let is_allowed = self.is_in_async() || self.place == Place::Generator;
        if is_async && !is_generator && !is_allowed {
            self.error(node, "asynchronous comprehension outside of an asynchronous function");
        }
        if let Some(outermost) = generators.first() {
            self.visit_expr(&outermost.iter);
        }
        let saved = self.place;
        if is_generator {
            self.place = Place::Generator;
        }
        for (index, generator) in generators.iter().enumerate() {
            if index > 0 {
                self.visit_expr(&generator.iter);
            }
            self.target(&generator.target);
            for condition in &generator.ifs {
                self.visit_expr(condition);
            }
        }
        for element in elements.into_iter().flatten() {
            self.visit_expr(element);
        }
        self.place = saved;
    }

    fn await_expression(&mut self, node: &'a Expr) {
        if !self.is_in_function() {
            self.error(node, "'await' outside function");
        } else if !self.is_in_async() && self.place != Place::Generator {
            self.error(node, "'await' outside async function");
        }
    }

    fn yield_expression(&mut self, node: &'a Expr) {
        if !self.is_in_function() {
            let word = if node.is_yield_from_expr() { "yield from" } else { "yield" };
            self.error(node, format!("'{word}' outside function"));
        } else if node.is_yield_from_expr() && self.is_in_async() {
            self.error(node, "'yield from' inside async function");
        }
    }

    fn elements(&mut self, elements: &'a [Expr]) {
        for element in elements {
            self.is_star_allowed = true;
            self.visit_expr(element);
        }
    }
}

fn comprehension_kind(node: &Expr) -> ScopeKind {
    match node {
        Expr::ListComp(_) => ScopeKind::ListComprehension,
        Expr::SetComp(_) => ScopeKind::SetComprehension,
        Expr::DictComp(_) => ScopeKind::DictComprehension,
        _ => ScopeKind::Generator,
    }
}

impl<'a> Visitor<'a> for Checker<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if !self.diagnostics.is_empty() {
            return;
        }
        match stmt {
            Stmt::FunctionDef(node) => self.function(node),
            Stmt::ClassDef(node) => self.class(node),
            Stmt::Return(node) => self.return_statement(stmt, node),
            Stmt::Break(_) | Stmt::Continue(_) => self.jump(stmt),
            Stmt::Assign(node) => {
                self.visit_expr(&node.value);
                for target in &node.targets {
                    self.target(target);
                }
            }
            Stmt::AnnAssign(node) => {
                if let Some(value) = &node.value {
                    self.visit_expr(value);
                }
                self.visit_expr(&node.target);
                self.inside(Place::Lazy, |checker| checker.visit_expr(&node.annotation));
            }
            Stmt::TypeAlias(node) => {
                self.type_params(node.type_params.as_deref());
                if let Expr::Name(name) = &*node.name {
                    self.bound_name(&name.id, name);
                }
                self.inside(Place::Lazy, |checker| checker.visit_expr(&node.value));
            }
            Stmt::For(node) => {
                if node.is_async && !self.is_in_async() {
                    self.error(stmt, "'async for' outside async function");
                }
                self.visit_expr(&node.iter);
                self.target(&node.target);
                self.in_loop(stmt, &node.body);
                self.visit_body(&node.orelse);
            }
            Stmt::While(node) => {
                self.visit_expr(&node.test);
                self.in_loop(stmt, &node.body);
                self.visit_body(&node.orelse);
            }
            Stmt::With(node) => {
                if node.is_async && !self.is_in_async() {
                    self.error(stmt, "'async with' outside async function");
                }
                for item in &node.items {
                    self.visit_expr(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.target(target);
                    }
                }
                let saved = self.blocks;
                self.blocks += node.items.len() as u32 - 1;
                self.block(stmt, |checker| checker.visit_body(&node.body));
                self.blocks = saved;
            }
            Stmt::Try(node) => self.try_statement(stmt, node),
            Stmt::Match(node) => self.match_statement(node),
            Stmt::Import(node) => {
                for alias in &node.names {
                    self.identifier(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            Stmt::ImportFrom(node) => {
                if node.module.as_deref() == Some("__future__") && node.level == 0 && (self.place != Place::Module || !self.is_top_level(stmt)) {
                    self.error(stmt, "from __future__ imports must occur at the beginning of the file");
                }
                for alias in &node.names {
                    self.identifier(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if !self.diagnostics.is_empty() {
            return;
        }
        let is_star_allowed = std::mem::take(&mut self.is_star_allowed);
        match expr {
            Expr::Name(node) => match node.ctx {
                ExprContext::Store => self.bound_name(&node.id, node),
                ExprContext::Del if node.id == "__debug__" => self.error(node, "cannot delete __debug__"),
                _ => {}
            },
            Expr::Attribute(node) => {
                if &*node.attr == "__debug__" && node.ctx != ExprContext::Load {
                    self.error(node, if node.ctx == ExprContext::Del { "cannot delete __debug__" } else { "cannot assign to __debug__" });
                }
                visitor::walk_expr(self, expr);
            }
            Expr::Starred(node) => {
                if !is_star_allowed {
                    self.error(expr, "can't use starred expression here");
                }
                self.visit_expr(&node.value);
            }
            Expr::Tuple(node) => {
                if node.ctx == ExprContext::Store {
                    self.unpacking(expr, &node.elts);
                }
                self.elements(&node.elts);
            }
            Expr::List(node) => {
                if node.ctx == ExprContext::Store {
                    self.unpacking(expr, &node.elts);
                }
                self.elements(&node.elts);
            }
            Expr::Set(node) => self.elements(&node.elts),
            Expr::Subscript(node) => {
                self.visit_expr(&node.value);
                self.is_star_allowed = true;
                self.visit_expr(&node.slice);
            }
            Expr::Lambda(node) => {
                if let Some(parameters) = &node.parameters {
                    self.defaults(parameters);
                    self.parameter_names(parameters);
                }
                self.inside(Place::Lambda, |checker| checker.visit_expr(&node.body));
            }
            Expr::ListComp(node) => self.comprehension(expr, &node.generators, [Some(&node.elt), None]),
            Expr::SetComp(node) => self.comprehension(expr, &node.generators, [Some(&node.elt), None]),
            Expr::Generator(node) => self.comprehension(expr, &node.generators, [Some(&node.elt), None]),
            Expr::DictComp(node) => self.comprehension(expr, &node.generators, [node.key.as_deref(), Some(&node.value)]),
            Expr::Await(_) => {
                self.await_expression(expr);
                visitor::walk_expr(self, expr);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.yield_expression(expr);
                visitor::walk_expr(self, expr);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_interpolated_string_element(&mut self, element: &'a ast::InterpolatedStringElement) {
        self.spec_depth += 1;
        if self.spec_depth > MAX_SPEC_DEPTH && element.is_interpolation() {
            self.error(element, "f-string: expressions nested too deeply");
        } else {
            visitor::walk_interpolated_string_element(self, element);
        }
        self.spec_depth -= 1;
    }

    fn visit_f_string(&mut self, f_string: &'a ast::FString) {
        let saved = std::mem::take(&mut self.spec_depth);
        visitor::walk_f_string(self, f_string);
        self.spec_depth = saved;
    }

    fn visit_arguments(&mut self, arguments: &'a ast::Arguments) {
        for (index, keyword) in arguments.keywords.iter().enumerate() {
            let Some(name) = &keyword.arg else { continue };
            self.identifier(name);
            if let Some(repeated) = arguments.keywords[index + 1..].iter().find(|other| other.arg.as_ref().is_some_and(|other| other.id == name.id)) {
                self.error(repeated, format!("keyword argument repeated: {name}"));
                return;
            }
        }
        self.elements(&arguments.args);
        for keyword in &arguments.keywords {
            self.visit_expr(&keyword.value);
        }
    }
}
