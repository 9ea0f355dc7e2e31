//! Which functions of library modules a program can reach.
//!
//! Library modules import half of the library inside functions that most programs never call. Starting from the user's
//! code and all module-level code, a function of a library module is live when live code mentions it: by its name
//! in its own module, through a `from` import, or as an attribute of its module. A method is live when its class is
//! mentioned in that way and its name as an attribute anywhere; special methods live with their class. Strings count where
//! attributes are fetched by name, as do literal beginnings of computed names (`getattr(self, 'visit_' + name)`), and
//! decorators that may register a function make it live.
//!
//! This is an approximation of what can be called, on the safe side but for attributes fetched from modules by
//! names that only exist at run time.

use dxpyc_base::Span;
use dxpyc_syntax::ast::visitor::{self, Visitor};
use dxpyc_syntax::ast::{self, Expr, Stmt};
use dxpyc_syntax::{Ast, Name, Ranged, TextRange, span, stack};

use crate::imports;

/// A piece of a module that is live or not as a whole: a function with all that is nested in it, or the module-level code.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    /// The function's name; empty for module-level code.
    pub name: Name,
    /// The class that directly contains the function.
    pub class: Option<Name>,
    /// The `def`; empty for module-level code.
    pub span: Span,
    /// Dotted chains that begin with a name: `os.path.join` is `[os, path, join]`.
    pub chains: Vec<Box<[Name]>>,
    /// Attributes of anything else.
    pub attributes: Vec<Name>,
    /// Names given to `getattr` and the like.
    pub strings: Vec<Name>,
    /// Literal beginnings of computed names, where `getattr` is called.
    pub prefixes: Vec<Name>,
    /// Calls `getattr` with a computed name.
    has_computed_name: bool,
    /// Decorated by something that may keep the function alive.
    pub is_registered: bool,
    /// Parameters and variables of the function: they may hide imports.
    locals: Vec<Name>,
    /// A method that the class body itself calls.
    pub is_called_by_class: bool,
}

impl Unit {
    /// Called by `object.__reduce_ex__`.
    pub fn is_reduction_hook(&self) -> bool {
        matches!(self.name.as_str(), "__reduce__" | "__getstate__" | "__getnewargs__" | "__getnewargs_ex__")
    }

    /// `__x__` and `_x_`: called by the interpreter or by `enum`.
    pub fn is_special(&self) -> bool {
        /// Called by library modules that mention them, not by the interpreter.
        const BY_NAME: &[&str] = &[
            "__signature__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__copy__", "__deepcopy__", "__replace__", "__getnewargs__",
            "__getnewargs_ex__", "__mro_entries__", "__fspath__", "__annotate__",
        ];
        let name = self.name.as_str();
        BY_RUNTIME.contains(&name) || (name.starts_with('_') && name.ends_with('_') && !BY_NAME.contains(&name))
    }
}

/// Functions of library modules that native code calls by name (`_sre`, `_typing`, `Generic`).
const BY_RUNTIME: &[&str] = &[
    "_compile_template", "_generic_class_getitem", "_generic_init_subclass", "_typevar_subst", "_paramspec_subst", "_paramspec_prepare_subst",
    "_typevartuple_subst", "_typevartuple_prepare_subst",
];

/// Functions that live code holds but that hardly any program calls, though their imports pull in large parts of the library:
/// `(module, function, key)`. Their imports are followed only when something mentions the key as an attribute; the empty key
/// is never mentioned.
const COLD: &[(&str, &str, &str)] = &[
    ("copyreg", "pickle_union", ""),
    ("_collections_abc", "__repr__", ""),
    ("enum", "__signature__", "signature"),
    ("functools", "_find_impl", ""),
    ("importlib._bootstrap_external", "get_resource_reader", "resources"),
    ("logging", "__reduce__", "dumps"),
    ("shutil", "_make_tarball", "make_archive"),
    ("shutil", "_make_zipfile", "make_archive"),
    ("shutil", "_unpack_tarfile", "unpack_archive"),
    ("shutil", "_unpack_zipfile", "unpack_archive"),
    ("traceback", "_find_keyword_typos", ""),
];

/// The attribute that must be mentioned before the imports of a function are followed.
pub(crate) fn cold_key(module: &str, unit: &Unit) -> Option<&'static str> {
    COLD.iter().find(|(cold_module, name, _)| *cold_module == module && *name == unit.name.as_str()).map(|(_, _, key)| *key)
}

/// What a module's imports bind, wherever they stand in it.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    /// `import a.b as c` binds `c` to `a.b`, `import a.b` binds `a` to `a`.
    pub modules: Vec<(Name, String)>,
    /// `from .x import y as z`: `(z, level, x, y)`.
    pub names: Vec<(Name, u32, String, Name)>,
    /// `from .x import *`: `(level, x)`.
    pub stars: Vec<(u32, String)>,
}

/// The units of a module, the first of which is its module-level code, and what its imports bind. `is_whole`: one unit for all.
pub(crate) fn units(ast: &Ast, is_whole: bool, is_main: bool) -> (Vec<Unit>, Bindings) {
    let mut collector = Collector { units: vec![Unit::default()], at: 0, class: None, is_whole, is_main, bindings: Bindings::default(), called_by_class: Vec::new() };
    stack::grow(|| collector.visit_body(ast.body()));
    for unit in &mut collector.units {
        unit.chains.sort_unstable();
        unit.chains.dedup();
        for chain in &unit.chains {
            if unit.locals.contains(&chain[0]) {
                unit.attributes.extend(chain[1..].iter().cloned());
            }
        }
        unit.attributes.sort_unstable();
        unit.attributes.dedup();
        if !unit.has_computed_name {
            unit.prefixes.clear();
        }
        unit.is_called_by_class = collector.called_by_class.iter().any(|(class, name)| unit.class.as_ref() == Some(class) && *name == unit.name);
    }
    (collector.units, collector.bindings)
}

struct Collector {
    units: Vec<Unit>,
    at: usize,
    class: Option<Name>,
    is_whole: bool,
    is_main: bool,
    bindings: Bindings,
    /// Classes and the names that their bodies call.
    called_by_class: Vec<(Name, Name)>,
}

/// Decorators that leave the function reachable by its name only.
const TRANSPARENT: &[&str] = &[
    "property", "staticmethod", "classmethod", "abstractmethod", "setter", "getter", "deleter", "wraps", "lru_cache", "cache", "cached_property",
    "contextmanager", "asynccontextmanager", "overload", "final", "override", "coroutine", "total_ordering", "recursive_repr", "_recursive_repr",
    "_tp_cache", "deprecated", "no_type_check", "singledispatch", "singledispatchmethod", "DynamicClassAttribute", "bltinattr",
];

impl Collector {
    fn unit(&mut self) -> &mut Unit {
        &mut self.units[self.at]
    }

    /// A string that may begin a computed name.
    fn prefix(&mut self, text: &str) {
        let prefix = text.split(['%', '{']).next().unwrap_or("");
        if prefix.len() >= 3 && prefix.len() < 40 && is_identifier(prefix) {
            self.unit().prefixes.push(Name::new(prefix));
        }
    }

    /// Strings given to functions that fetch attributes by name.
    fn call(&mut self, node: &ast::ExprCall) {
        let function = match &*node.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return,
        };
        if !matches!(function, "getattr" | "hasattr" | "attrgetter" | "methodcaller" | "getattr_static") {
            return;
        }
        for argument in &node.arguments.args {
            match argument {
                Expr::StringLiteral(text) => {
                    let parts: Vec<Name> = text.value.to_str().split('.').filter(|part| is_identifier(part)).map(Name::new).collect();
                    self.unit().strings.extend(parts);
                }
                _ if function == "getattr" => self.unit().has_computed_name = true,
                _ => {}
            }
        }
    }

    /// The names of `a.b.c`, if it begins with a name.
    fn chain(expr: &Expr) -> Option<Vec<Name>> {
        match expr {
            Expr::Name(name) => Some(vec![name.id.clone()]),
            Expr::Attribute(attribute) => {
                let mut chain = Collector::chain(&attribute.value)?;
                chain.push(attribute.attr.id.clone());
                Some(chain)
            }
            _ => None,
        }
    }

    fn function(&mut self, node: &ast::StmtFunctionDef) {
        for decorator in &node.decorator_list {
            if self.at == 0
                && let (Some(class), Expr::Name(function)) = (&self.class, &decorator.expression)
            {
                self.called_by_class.push((class.clone(), function.id.clone()));
            }
            self.visit_expr(&decorator.expression);
        }
        for parameter in node.parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
        if self.at != 0 || self.is_whole {
            self.visit_body(&node.body);
            return;
        }
        let is_registered = node.decorator_list.iter().any(|decorator| !is_transparent(&decorator.expression));
        let unit = Unit { name: node.name.id.clone(), class: self.class.clone(), span: span(node), is_registered, ..Unit::default() };
        self.units.push(unit);
        self.at = self.units.len() - 1;
        let locals: Vec<Name> = node.parameters.iter().map(|parameter| parameter.name().id.clone()).collect();
        self.unit().locals = locals;
        let class = self.class.take();
        self.visit_body(&node.body);
        self.class = class;
        self.at = 0;
    }
}

/// Replaces the bodies of functions that `is_dead` names by a raise; docstrings stay. `module`: its name.
pub(crate) fn leave_out(body: &mut [Stmt], module: &str, is_dead: &dyn Fn(Span) -> bool) {
    for stmt in body {
        match stmt {
            Stmt::FunctionDef(node) if is_dead(span(&*node)) => {
                let has_docstring = matches!(node.body.first(), Some(Stmt::Expr(first)) if first.value.is_string_literal_expr());
                node.body.truncate(usize::from(has_docstring));
                let message = format!("dxpyc left out {module}.{}: nothing in the program mentions it", node.name);
                node.body.push(raise(&message, node.name.range()));
            }
            Stmt::ClassDef(node) => leave_out(&mut node.body, module, is_dead),
            Stmt::If(node) => {
                leave_out(&mut node.body, module, is_dead);
                for clause in &mut node.elif_else_clauses {
                    leave_out(&mut clause.body, module, is_dead);
                }
            }
            Stmt::Try(node) => {
                leave_out(&mut node.body, module, is_dead);
                for ast::ExceptHandler::ExceptHandler(handler) in &mut node.handlers {
                    leave_out(&mut handler.body, module, is_dead);
                }
                leave_out(&mut node.orelse, module, is_dead);
                leave_out(&mut node.finalbody, module, is_dead);
            }
            _ => {}
        }
    }
}

/// `raise NotImplementedError("message")`, standing at `range`.
fn raise(message: &str, range: TextRange) -> Stmt {
    let text = format!("NotImplementedError({message:?})");
    let parsed = parse_expression(&text);
    let exc = Some(Box::new(relocated(parsed, range)));
    Stmt::Raise(ast::StmtRaise { node_index: ast::AtomicNodeIndex::NONE, range, exc, cause: None })
}

fn parse_expression(text: &str) -> Expr {
    let source = dxpyc_base::Source::from_text("", text);
    let (tree, diagnostics) = dxpyc_syntax::parse(&source);
    match tree.body() {
        [Stmt::Expr(stmt)] if diagnostics.is_empty() => (*stmt.value).clone(),
        _ => panic!("raise: {text} does not parse"),
    }
}

fn relocated(mut expr: Expr, range: TextRange) -> Expr {
    ast::relocate::relocate_expr(&mut expr, range);
    expr
}

fn is_transparent(decorator: &Expr) -> bool {
    match decorator {
        Expr::Call(call) => is_transparent(&call.func),
        Expr::Name(name) => TRANSPARENT.contains(&name.id.as_str()),
        Expr::Attribute(attribute) => TRANSPARENT.contains(&attribute.attr.as_str()),
        _ => false,
    }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && !text.as_bytes()[0].is_ascii_digit() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80)
}

impl<'a> Visitor<'a> for Collector {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(node) => self.function(node),
            Stmt::ClassDef(node) => {
                for decorator in &node.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
                if let Some(arguments) = &node.arguments {
                    self.visit_arguments(arguments);
                }
                if node.decorator_list.iter().any(|decorator| !is_transparent(&decorator.expression)) {
                    let name = node.name.id.clone();
                    self.unit().chains.push(Box::new([name]));
                }
                let saved = self.class.replace(node.name.id.clone());
                self.visit_body(&node.body);
                self.class = saved;
            }
            Stmt::Import(node) => {
                for alias in &node.names {
                    let binding = match &alias.asname {
                        Some(asname) => (asname.id.clone(), alias.name.to_string()),
                        None => {
                            let first = alias.name.split('.').next().unwrap_or(&alias.name);
                            (Name::new(first), first.to_owned())
                        }
                    };
                    self.bindings.modules.push(binding);
                }
            }
            Stmt::ImportFrom(node) => {
                let module = node.module.as_ref().map_or(String::new(), |module| module.to_string());
                for alias in &node.names {
                    if &*alias.name == "*" {
                        self.bindings.stars.push((node.level, module.clone()));
                    } else {
                        let bound = alias.asname.as_ref().unwrap_or(&alias.name).id.clone();
                        self.bindings.names.push((bound, node.level, module.clone(), alias.name.id.clone()));
                    }
                }
            }
            Stmt::If(node) => {
                if !imports::is_never_true(&node.test, self.is_main) {
                    self.visit_expr(&node.test);
                    self.visit_body(&node.body);
                }
                for clause in &node.elif_else_clauses {
                    self.visit_elif_else_clause(clause);
                }
            }
            // Names in `__all__` are offered, not used.
            Stmt::Assign(node) if matches!(node.targets.first(), Some(Expr::Name(name)) if name.id == "__all__") => {}
            Stmt::AugAssign(node) if matches!(&*node.target, Expr::Name(name) if name.id == "__all__") => {}
            // A docstring mentions nothing.
            Stmt::Expr(node) if node.value.is_string_literal_expr() => {}
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx.is_store() && self.at != 0 => {
                let name = name.id.clone();
                self.unit().locals.push(name);
            }
            Expr::Name(name) if name.ctx.is_load() => {
                let name = name.id.clone();
                if self.at == 0 && self.class.is_some() {
                    // In a class body the name may be a method of the class.
                    self.unit().attributes.push(name.clone());
                }
                self.unit().chains.push(Box::new([name]));
            }
            Expr::Attribute(attribute) => match Collector::chain(expr) {
                Some(chain) => {
                    if self.at == 0 && self.class.is_some() {
                        self.unit().attributes.push(chain[0].clone());
                    }
                    self.unit().chains.push(chain.into_boxed_slice());
                }
                None => {
                    let name = attribute.attr.id.clone();
                    self.unit().attributes.push(name);
                    self.visit_expr(&attribute.value);
                }
            },
            Expr::Call(node) => {
                if self.at == 0
                    && let (Some(class), Expr::Name(function)) = (&self.class, &*node.func)
                {
                    self.called_by_class.push((class.clone(), function.id.clone()));
                }
                self.call(node);
                visitor::walk_expr(self, expr);
            }
            Expr::StringLiteral(text) => {
                let text = text.value.to_str();
                if self.at == 0 && self.class.is_some() && is_identifier(text) {
                    // In a class body it may be the name of a method.
                    self.unit().strings.push(Name::new(text));
                }
                self.prefix(text)
            }
            Expr::FString(f_string) => {
                for part in &f_string.value {
                    if let ast::FStringPart::FString(part) = part
                        && let Some(ast::InterpolatedStringElement::Literal(literal)) = part.elements.first()
                    {
                        self.prefix(&literal.value);
                    }
                }
                visitor::walk_expr(self, expr);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_keyword(&mut self, keyword: &'a ast::Keyword) {
        self.visit_expr(&keyword.value);
    }
}
