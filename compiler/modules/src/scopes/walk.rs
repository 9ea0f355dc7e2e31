//! The first half of `analyze`: one walk that opens scopes and notes every definition and use.

use std::collections::HashMap;

use dxpyc_base::{Diagnostic, Source, Span};
use dxpyc_syntax::ast::visitor::{self, Visitor};
use dxpyc_syntax::ast::{self, Expr, ExprContext, Pattern, Stmt};
use dxpyc_syntax::{Ast, Name, Ranged, span};
use indexmap::IndexMap;

use super::table::{Params, Scope, ScopeId, ScopeKind, Scopes, Symbol, mangle};

pub(super) fn collect(source: &Source, ast: &Ast) -> (Scopes, Vec<Diagnostic>) {
    let mut walker = Walker {
        source,
        scopes: Vec::new(),
        by_key: HashMap::new(),
        at: ScopeId(0),
        diagnostics: Vec::new(),
        conditional_depth: 0,
        iterable_depth: 0,
        is_iteration_target: false,
        has_future_annotations: has_future_annotations(ast.body()),
    };
    walker.open(ScopeKind::Module, ast.module(), "<module>", None);
    walker.note_docstring(ast.body());
    walker.visit_body(ast.body());
    let Walker { scopes, by_key, diagnostics, has_future_annotations, .. } = walker;
    (Scopes { scopes, by_key, has_future_annotations }, diagnostics)
}

fn has_future_annotations(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match stmt {
        Stmt::ImportFrom(import) => {
            import.module.as_deref() == Some("__future__") && import.level == 0 && import.names.iter().any(|alias| &*alias.name == "annotations")
        }
        _ => false,
    })
}

struct Walker<'a> {
    source: &'a Source,
    scopes: Vec<Scope>,
    by_key: HashMap<(Span, ScopeKind), ScopeId>,
    at: ScopeId,
    diagnostics: Vec<Diagnostic>,
    /// How many conditional statements of the current module or class body are around.
    conditional_depth: u32,
    /// How many iterable expressions of comprehensions are around, within the innermost function.
    iterable_depth: u32,
    is_iteration_target: bool,
    has_future_annotations: bool,
}

/// What a visited name does to its symbol.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Use,
    Assign,
    Parameter,
    Import,
    TypeParam,
}

impl<'a> Walker<'a> {
    fn scope(&mut self) -> &mut Scope {
        &mut self.scopes[self.at.0 as usize]
    }

    fn get(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    fn kind(&self) -> ScopeKind {
        self.get(self.at).kind
    }

    fn error(&mut self, at: impl Ranged, message: String) {
        self.diagnostics.push(Diagnostic::syntax(self.source, span(at), message));
    }

    /// Opens a scope inside the current one and enters it; returns the one to come back to.
    fn open(&mut self, kind: ScopeKind, node: impl Ranged, name: &str, private: Option<Name>) -> ScopeId {
        let back = self.at;
        let id = ScopeId(self.scopes.len() as u32);
        let parent = if id.0 == 0 { None } else { Some(back) };
        let parent_sees_class = parent.is_some_and(|parent| self.get(parent).sees_class || self.get(parent).kind == ScopeKind::Class);
        let node_span = span(node);
        let qualname = self.qualname(parent, kind, name);
        self.scopes.push(Scope {
            kind,
            name: Name::new(name),
            qualname,
            parent,
            children: Vec::new(),
            span: node_span,
            params: Params::default(),
            varnames: Vec::new(),
            cellvars: Vec::new(),
            freevars: Vec::new(),
            symbols: IndexMap::new(),
            is_async: false,
            has_yield: false,
            is_generator: kind == ScopeKind::Generator,
            is_async_generator: false,
            has_await: false,
            returns_value: false,
            is_inlined: kind.is_inlined_comprehension(),
            sees_class: kind.is_annotation_like() && parent_sees_class,
            needs_class_cell: false,
            needs_classdict: false,
            has_conditional_annotations: false,
            uses_super: false,
            has_import_star: false,
            docstring: None,
            private: private.or_else(|| parent.and_then(|parent| self.get(parent).private.clone())),
        });
        self.by_key.insert((node_span, kind), id);
        if let Some(parent) = parent {
            self.scopes[parent.0 as usize].children.push(id);
        }
        self.at = id;
        if self.get(id).sees_class {
            self.note("__classdict__", node_span, Role::Use);
        }
        back
    }

    fn qualname(&self, parent: Option<ScopeId>, kind: ScopeKind, name: &str) -> Name {
        let Some(mut parent) = parent else { return Name::new(name) };
        // Type parameter scopes and inlined comprehensions do not show in names.
        while self.get(parent).kind == ScopeKind::TypeParams || self.get(parent).is_inlined {
            parent = self.get(parent).parent.expect("qualname: only the module has no parent");
        }
        let owner = self.get(parent);
        if owner.kind == ScopeKind::Module {
            return Name::new(name);
        }
        if matches!(kind, ScopeKind::Function | ScopeKind::Class) {
            let symbol = owner.symbols.get(&mangle(owner.private.as_deref(), name));
            if symbol.is_some_and(|symbol| symbol.is_global) {
                return Name::new(name);
            }
        }
        if owner.kind.is_function_like() && owner.kind != ScopeKind::Annotations {
            Name::from(format!("{}.<locals>.{name}", owner.qualname))
        } else {
            Name::from(format!("{}.{name}", owner.qualname))
        }
    }

    fn note(&mut self, name: &str, at: Span, role: Role) {
        let is_target = self.is_iteration_target;
        let scope = self.scope();
        let name = mangle(scope.private.as_deref(), name);
        let is_comprehension = scope.kind.is_comprehension();
        let symbol = scope.symbols.entry(name).or_insert_with(|| Symbol { first: at, ..Symbol::default() });
        match role {
            Role::Use => symbol.is_used = true,
            Role::Assign => {
                symbol.is_assigned = true;
                symbol.is_iteration_target |= is_target && is_comprehension;
            }
            Role::Parameter => symbol.is_parameter = true,
            Role::Import => symbol.is_imported = true,
            Role::TypeParam => symbol.is_type_param = true,
        }
    }

    fn assign(&mut self, name: &str, at: impl Ranged) {
        self.note(name, span(at), Role::Assign);
    }

    fn note_docstring(&mut self, body: &[Stmt]) {
        if let Some(Stmt::Expr(first)) = body.first()
            && let Expr::StringLiteral(literal) = &*first.value
        {
            self.scope().docstring = Some(span(literal));
        }
    }

    // ---- functions ----

    fn function(&mut self, node: &'a ast::StmtFunctionDef) {
        for decorator in &node.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.defaults(&node.parameters);
        self.assign(&node.name, node.name.range());
        let outer = self.at;
        if let Some(type_params) = &node.type_params {
            self.open(ScopeKind::TypeParams, node, &format!("<generic parameters of {}>", node.name), None);
            self.type_params(type_params);
        }
        self.function_annotations(node);
        let back = self.open(ScopeKind::Function, node, &node.name, None);
        self.scope().is_async = node.is_async;
        self.parameters(&node.parameters);
        self.note_docstring(&node.body);
        let saved = (std::mem::take(&mut self.conditional_depth), std::mem::take(&mut self.iterable_depth));
        self.visit_body(&node.body);
        (self.conditional_depth, self.iterable_depth) = saved;
        self.at = back;
        self.at = outer;
    }

    fn function_annotations(&mut self, node: &'a ast::StmtFunctionDef) {
        let has_annotations = node.returns.is_some() || node.parameters.iter_source_order().any(|parameter| parameter.annotation().is_some());
        if !has_annotations {
            return;
        }
        if self.has_future_annotations {
            for parameter in node.parameters.iter_source_order() {
                if let Some(annotation) = parameter.annotation() {
                    self.unevaluated(annotation);
                }
            }
            if let Some(returns) = &node.returns {
                self.unevaluated(returns);
            }
            return;
        }
        let back = self.open(ScopeKind::Annotations, node, "__annotate__", None);
        self.annotate_parameter();
        let parameters = &node.parameters;
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            self.annotation_expr(parameter.annotation());
        }
        self.annotation_expr(parameters.vararg.as_ref().and_then(|parameter| parameter.annotation()));
        for parameter in &parameters.kwonlyargs {
            self.annotation_expr(parameter.annotation());
        }
        self.annotation_expr(parameters.kwarg.as_ref().and_then(|parameter| parameter.annotation()));
        self.annotation_expr(node.returns.as_deref());
        self.at = back;
    }

    /// The hidden parameter of `__annotate__` functions and lazily evaluated type expressions.
    fn annotate_parameter(&mut self) {
        let at = self.get(self.at).span;
        self.note(".format", at, Role::Parameter);
        self.scope().params = Params { positional_only: 1, positional: 1, ..Params::default() };
    }

    fn annotation_expr(&mut self, annotation: Option<&'a Expr>) {
        if let Some(annotation) = annotation {
            self.visit_expr(annotation);
        }
    }

    fn lambda(&mut self, node: &'a ast::ExprLambda) {
        if let Some(parameters) = &node.parameters {
            self.defaults(parameters);
        }
        let back = self.open(ScopeKind::Lambda, node, "<lambda>", None);
        if let Some(parameters) = &node.parameters {
            self.parameters(parameters);
        }
        self.visit_expr(&node.body);
        self.at = back;
    }

    fn defaults(&mut self, parameters: &'a ast::Parameters) {
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs) {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn parameters(&mut self, parameters: &'a ast::Parameters) {
        let counts = Params {
            positional_only: parameters.posonlyargs.len() as u32,
            positional: (parameters.posonlyargs.len() + parameters.args.len()) as u32,
            keyword_only: parameters.kwonlyargs.len() as u32,
            has_var_positional: parameters.vararg.is_some(),
            has_var_keyword: parameters.kwarg.is_some(),
        };
        self.scope().params = counts;
        let all = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs).map(|parameter| &parameter.parameter);
        for parameter in all.chain(parameters.vararg.as_deref()).chain(parameters.kwarg.as_deref()) {
            let name = mangle(self.get(self.at).private.as_deref(), &parameter.name);
            if self.get(self.at).symbols.get(&name).is_some_and(|symbol| symbol.is_parameter) {
                self.error(parameter, format!("duplicate argument '{name}' in function definition"));
            }
            self.note(&parameter.name, span(parameter), Role::Parameter);
        }
    }

    // ---- classes and type parameters ----

    fn class(&mut self, node: &'a ast::StmtClassDef) {
        for decorator in &node.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.assign(&node.name, node.name.range());
        let outer = self.at;
        let private = Some(node.name.id.clone());
        if let Some(type_params) = &node.type_params {
            self.open(ScopeKind::TypeParams, node, &format!("<generic parameters of {}>", node.name), private.clone());
            self.type_params(type_params);
        }
        if let Some(arguments) = &node.arguments {
            self.visit_arguments(arguments);
        }
        self.open(ScopeKind::Class, node, &node.name, private);
        self.note_docstring(&node.body);
        let saved = (std::mem::take(&mut self.conditional_depth), std::mem::take(&mut self.iterable_depth));
        self.visit_body(&node.body);
        (self.conditional_depth, self.iterable_depth) = saved;
        self.at = outer;
    }

    fn type_params(&mut self, params: &'a ast::TypeParams) {
        for param in params {
            let name = param.name();
            let mangled = mangle(self.get(self.at).private.as_deref(), name);
            if self.get(self.at).symbols.get(&mangled).is_some_and(|symbol| symbol.is_type_param) {
                self.error(param, format!("duplicate type parameter '{mangled}'"));
            }
            if name == "__classdict__" {
                self.error(param, format!("reserved name '{name}' cannot be used for type parameter"));
            }
            self.note(name, span(name), Role::TypeParam);
            if let ast::TypeParam::TypeVar(variable) = param
                && let Some(bound) = &variable.bound
            {
                self.lazy(ScopeKind::TypeVarBound, param.range(), name, bound);
            }
            if let Some(default) = param.default() {
                self.lazy(ScopeKind::TypeVarDefault, param.range(), name, default);
            }
        }
    }

    /// An expression that is evaluated on demand, in a function of its own.
    fn lazy(&mut self, kind: ScopeKind, at: impl Ranged, name: &str, expr: &'a Expr) {
        let back = self.open(kind, at, name, None);
        self.annotate_parameter();
        self.visit_expr(expr);
        self.at = back;
    }

    fn type_alias(&mut self, node: &'a ast::StmtTypeAlias) {
        let Expr::Name(name) = &*node.name else { return };
        self.assign(&name.id, name.range());
        let outer = self.at;
        if let Some(type_params) = &node.type_params {
            self.open(ScopeKind::TypeParams, node, &format!("<generic parameters of {}>", name.id), None);
            self.type_params(type_params);
        }
        self.lazy(ScopeKind::TypeAlias, node, &name.id, &node.value);
        self.at = outer;
    }

    fn annotated_assignment(&mut self, node: &'a ast::StmtAnnAssign) {
        let kind = self.kind();
        let mut is_simple_name = false;
        if let Expr::Name(name) = &*node.target {
            let mangled = mangle(self.get(self.at).private.as_deref(), &name.id);
            let symbol = self.get(self.at).symbols.get(&mangled);
            if node.simple && kind != ScopeKind::Module {
                let is_global = symbol.is_some_and(|symbol| symbol.is_global);
                let is_nonlocal = symbol.is_some_and(|symbol| symbol.is_nonlocal);
                if is_global || is_nonlocal {
                    let what = if is_global { "global" } else { "nonlocal" };
                    self.error(node, format!("annotated name '{}' can't be {what}", name.id));
                }
            }
            is_simple_name = node.simple;
            if node.simple {
                self.assign(&name.id, name.range());
                if let Some(symbol) = self.scope().symbols.get_mut(&mangled) {
                    symbol.is_annotated = true;
                }
            } else if node.value.is_some() {
                self.assign(&name.id, name.range());
            }
        } else {
            self.visit_expr(&node.target);
        }
        if let Some(value) = &node.value {
            self.visit_expr(value);
        }
        let is_evaluated = matches!(kind, ScopeKind::Module | ScopeKind::Class) && !self.has_future_annotations;
        if !is_evaluated {
            self.unevaluated(&node.annotation);
            return;
        }
        if !is_simple_name {
            self.unevaluated(&node.annotation);
            self.visit_expr(&node.annotation);
            return;
        }
        if kind == ScopeKind::Module || self.conditional_depth > 0 {
            self.scope().has_conditional_annotations = true;
        }
        self.in_body_annotations(&node.annotation);
    }

    /// Looks for faults in an annotation that no code is made of; its scopes are forgotten.
    fn unevaluated(&mut self, annotation: &'a Expr) {
        let count = self.scopes.len();
        let children = self.scope().children.len();
        let back = self.open(ScopeKind::Annotations, annotation, "__annotate__", None);
        self.visit_expr(annotation);
        self.at = back;
        self.scope().children.truncate(children);
        for scope in self.scopes.drain(count..) {
            self.by_key.remove(&(scope.span, scope.kind));
        }
    }

    /// Visits an annotation of a class or module body inside that body's one `Annotations` scope.
    fn in_body_annotations(&mut self, annotation: &'a Expr) {
        let body = self.at;
        let key = (self.get(body).span, ScopeKind::Annotations);
        match self.by_key.get(&key) {
            Some(existing) => self.at = *existing,
            None => {
                let range = range_of(key.0);
                self.open(ScopeKind::Annotations, range, "__annotate__", None);
                self.annotate_parameter();
            }
        }
        self.visit_expr(annotation);
        self.at = body;
    }

    // ---- comprehensions ----

    fn comprehension(&mut self, node: &'a Expr, kind: ScopeKind, generators: &'a [ast::Comprehension], elements: [Option<&'a Expr>; 2]) {
        let Some(outermost) = generators.first() else { return };
        self.iterable_depth += 1;
        self.visit_expr(&outermost.iter);
        self.iterable_depth -= 1;
        let name = match kind {
            ScopeKind::ListComprehension => "<listcomp>",
            ScopeKind::SetComprehension => "<setcomp>",
            ScopeKind::DictComprehension => "<dictcomp>",
            _ => "<genexpr>",
        };
        let back = self.open(kind, node, name, None);
        if kind == ScopeKind::Generator {
            self.note(".0", span(node), Role::Parameter);
            self.scope().params = Params { positional: 1, ..Params::default() };
        }
        for (index, generator) in generators.iter().enumerate() {
            self.scope().has_await |= generator.is_async;
            self.is_iteration_target = true;
            self.visit_expr(&generator.target);
            self.is_iteration_target = false;
            if index > 0 {
                self.iterable_depth += 1;
                self.visit_expr(&generator.iter);
                self.iterable_depth -= 1;
            }
            for condition in &generator.ifs {
                self.visit_expr(condition);
            }
        }
        for element in elements.into_iter().flatten() {
            self.visit_expr(element);
        }
        let has_await = self.get(self.at).has_await;
        self.at = back;
        if kind.is_inlined_comprehension() {
            self.scope().has_await |= has_await;
        }
    }

    fn named(&mut self, node: &'a ast::ExprNamed) {
        let Expr::Name(target) = &*node.target else {
            self.visit_expr(&node.value);
            return;
        };
        if self.iterable_depth > 0 {
            self.error(node, "assignment expression cannot be used in a comprehension iterable expression".to_owned());
        }
        if self.kind().is_annotation_like() {
            let place = lazy_place(self.kind());
            self.error(node, format!("named expression cannot be used within {place}"));
        }
        self.visit_expr(&node.value);
        if self.kind().is_comprehension() {
            self.bind_outside_comprehension(target);
        }
        else {
            self.assign(&target.id, target.range());
        }
    }

    /// A walrus in a comprehension binds in the innermost scope around that is not one.
    fn bind_outside_comprehension(&mut self, target: &ast::ExprName) {
        let mut owner = self.at;
        let mut inside = Vec::new();
        while self.get(owner).kind.is_comprehension() {
            let name = mangle(self.get(owner).private.as_deref(), &target.id);
            if self.get(owner).symbols.get(&name).is_some_and(|symbol| symbol.is_iteration_target) {
                self.error(target, format!("assignment expression cannot rebind comprehension iteration variable '{}'", target.id));
                return;
            }
            inside.push(owner);
            owner = self.get(owner).parent.expect("bind_outside_comprehension: a comprehension has a parent");
        }
        let kind = self.get(owner).kind;
        if kind == ScopeKind::Class {
            self.error(target, "assignment expression within a comprehension cannot be used in a class body".to_owned());
            return;
        }
        if kind.is_annotation_like() && kind != ScopeKind::Annotations {
            let preposition = if kind == ScopeKind::TypeParams { "within" } else { "in" };
            let place = if kind == ScopeKind::TypeVarDefault { "a TypeVar bound" } else { lazy_place(kind) };
            self.error(target, format!("assignment expression within a comprehension cannot be used {preposition} {place}"));
            return;
        }
        let at = span(target);
        let name = mangle(self.get(owner).private.as_deref(), &target.id);
        let is_global = kind == ScopeKind::Module || self.get(owner).symbols.get(&name).is_some_and(|symbol| symbol.is_global);
        let back = self.at;
        for scope in inside {
            self.at = scope;
            self.note(&target.id, at, Role::Use);
            if let Some(symbol) = self.scope().symbols.get_mut(&name) {
                symbol.is_global |= is_global;
                symbol.is_nonlocal |= !is_global;
                symbol.directive = Some(at);
            }
        }
        self.at = owner;
        self.note(&target.id, at, Role::Assign);
        self.at = back;
    }

    fn in_conditional(&mut self, walk: impl FnOnce(&mut Self)) {
        self.conditional_depth += 1;
        walk(self);
        self.conditional_depth -= 1;
    }

    // ---- declarations and imports ----

    fn declare(&mut self, stmt: &'a Stmt, names: &'a [ast::Identifier], is_global: bool) {
        let word = if is_global { "global" } else { "nonlocal" };
        if !is_global && self.kind() == ScopeKind::Module {
            self.error(stmt, "nonlocal declaration not allowed at module level".to_owned());
            return;
        }
        for identifier in names {
            let name = mangle(self.get(self.at).private.as_deref(), identifier);
            if let Some(symbol) = self.get(self.at).symbols.get(&name) {
                let fault = if symbol.is_parameter {
                    Some(format!("name '{identifier}' is parameter and {word}"))
                } else if symbol.is_used {
                    Some(format!("name '{identifier}' is used prior to {word} declaration"))
                } else if symbol.is_annotated {
                    Some(format!("annotated name '{identifier}' can't be {word}"))
                } else if symbol.is_assigned {
                    Some(format!("name '{identifier}' is assigned to before {word} declaration"))
                } else {
                    None
                };
                if let Some(message) = fault {
                    self.error(stmt, message);
                    continue;
                }
            }
            let at = span(stmt);
            let symbol = self.scope().symbols.entry(name).or_insert_with(|| Symbol { first: at, ..Symbol::default() });
            symbol.is_global |= is_global;
            symbol.is_nonlocal |= !is_global;
            symbol.directive.get_or_insert(at);
        }
    }

    fn import_from(&mut self, node: &'a ast::StmtImportFrom) {
        for alias in &node.names {
            if &*alias.name == "*" {
                if self.kind() != ScopeKind::Module {
                    self.error(alias, "import * only allowed at module level".to_owned());
                }
                self.scope().has_import_star = true;
                continue;
            }
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            self.note(bound, span(bound), Role::Import);
        }
    }

    fn yield_(&mut self, node: &'a Expr) {
        let place = match self.kind() {
            ScopeKind::ListComprehension => Some("list comprehension"),
            ScopeKind::SetComprehension => Some("set comprehension"),
            ScopeKind::DictComprehension => Some("dict comprehension"),
            ScopeKind::Generator => Some("generator expression"),
            _ => None,
        };
        if let Some(place) = place {
            self.error(node, format!("'yield' inside {place}"));
        }
        self.refuse_in_annotation(node, "yield expression");
        self.scope().has_yield = true;
    }

    fn refuse_in_annotation(&mut self, node: &'a Expr, what: &str) {
        if !self.kind().is_annotation_like() {
            return;
        }
        let place = lazy_place(self.kind());
        self.error(node, format!("{what} cannot be used within {place}"));
    }
}

/// What CPython calls an annotation-like scope in messages.
fn lazy_place(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Annotations => "an annotation",
        ScopeKind::TypeAlias => "a type alias",
        ScopeKind::TypeVarBound => "a TypeVar bound",
        ScopeKind::TypeVarDefault => "a TypeVar default",
        _ => "the definition of a generic",
    }
}

fn range_of(span: Span) -> dxpyc_syntax::TextRange {
    dxpyc_syntax::TextRange::new(span.start.into(), span.end.into())
}

impl<'a> Visitor<'a> for Walker<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(node) => self.function(node),
            Stmt::ClassDef(node) => self.class(node),
            Stmt::TypeAlias(node) => self.type_alias(node),
            Stmt::AnnAssign(node) => self.annotated_assignment(node),
            Stmt::Global(node) => self.declare(stmt, &node.names, true),
            Stmt::Nonlocal(node) => self.declare(stmt, &node.names, false),
            Stmt::Import(node) => {
                for alias in &node.names {
                    let bound = match &alias.asname {
                        Some(asname) => asname.as_str(),
                        None => alias.name.split('.').next().unwrap_or(&alias.name),
                    };
                    self.note(bound, span(alias), Role::Import);
                }
            }
            Stmt::ImportFrom(node) => self.import_from(node),
            Stmt::Return(node) => {
                self.scope().returns_value |= node.value.is_some();
                visitor::walk_stmt(self, stmt);
            }
            Stmt::Assign(node) => {
                self.visit_expr(&node.value);
                for target in &node.targets {
                    self.visit_expr(target);
                }
            }
            Stmt::For(node) => {
                self.scope().has_await |= node.is_async;
                self.visit_expr(&node.iter);
                self.visit_expr(&node.target);
                self.in_conditional(|walker| {
                    walker.visit_body(&node.body);
                    walker.visit_body(&node.orelse);
                });
            }
            Stmt::With(node) => {
                self.scope().has_await |= node.is_async;
                self.in_conditional(|walker| visitor::walk_stmt(walker, stmt));
            }
            Stmt::Try(node) => self.in_conditional(|walker| {
                walker.visit_body(&node.body);
                walker.visit_body(&node.orelse);
                for handler in &node.handlers {
                    walker.visit_except_handler(handler);
                }
                walker.visit_body(&node.finalbody);
            }),
            Stmt::If(_) | Stmt::While(_) | Stmt::Match(_) => {
                self.in_conditional(|walker| visitor::walk_stmt(walker, stmt));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(node) => {
                match node.ctx {
                    ExprContext::Load => self.note(&node.id, span(node), Role::Use),
                    ExprContext::Store | ExprContext::Del => {
                        let scope = self.get(self.at);
                        // An inner loop of a comprehension must not rebind what a walrus bound.
                        let name = mangle(scope.private.as_deref(), &node.id);
                        if self.is_iteration_target && scope.symbols.get(&name).is_some_and(|symbol| symbol.is_nonlocal || symbol.is_global) {
                            self.error(node, format!("comprehension inner loop cannot rebind assignment expression target '{}'", node.id));
                        }
                        self.assign(&node.id, node.range());
                    }
                    ExprContext::Invalid => {}
                }
                if node.id == "super" && node.ctx == ExprContext::Load && self.kind().is_function_like() {
                    self.scope().uses_super = true;
                    self.note("__class__", span(node), Role::Use);
                }
            }
            Expr::Lambda(node) => self.lambda(node),
            Expr::Named(node) => self.named(node),
            Expr::ListComp(node) => self.comprehension(expr, ScopeKind::ListComprehension, &node.generators, [Some(&node.elt), None]),
            Expr::SetComp(node) => self.comprehension(expr, ScopeKind::SetComprehension, &node.generators, [Some(&node.elt), None]),
            Expr::DictComp(node) => {
                self.comprehension(expr, ScopeKind::DictComprehension, &node.generators, [node.key.as_deref(), Some(&node.value)]);
            }
            Expr::Generator(node) => self.comprehension(expr, ScopeKind::Generator, &node.generators, [Some(&node.elt), None]),
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                visitor::walk_expr(self, expr);
                self.yield_(expr);
            }
            Expr::Await(_) => {
                self.refuse_in_annotation(expr, "await expression");
                self.scope().has_await = true;
                visitor::walk_expr(self, expr);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(node) = handler;
        if let Some(class) = &node.type_ {
            self.visit_expr(class);
        }
        if let Some(name) = &node.name {
            self.assign(name, name.range());
        }
        self.visit_body(&node.body);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        visitor::walk_pattern(self, pattern);
        let bound = match pattern {
            Pattern::MatchAs(node) => node.name.as_ref(),
            Pattern::MatchStar(node) => node.name.as_ref(),
            Pattern::MatchMapping(node) => node.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = bound {
            self.assign(name, name.range());
        }
    }
}
