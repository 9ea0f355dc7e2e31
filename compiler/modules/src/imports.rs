//! The imports of one module: what is imported where, and whether that is certain to run.

use dxpyc_base::Span;
use dxpyc_syntax::ast::visitor::{self, Visitor};
use dxpyc_syntax::ast::{self, CmpOp, ExceptHandler, Expr, Stmt};
use dxpyc_syntax::{Ast, span, stack};

/// How sure it is that an import runs when its module does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Certainty {
    /// In a function body, or by a call with a literal name: runs later, if ever.
    Lazy,
    /// In a branch, a loop or a `try` that catches `ImportError`.
    Conditional,
    /// At the top level: the module fails when the import does.
    Certain,
}

/// One module that one statement or call asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The statement's (or call's) place.
    pub span: Span,
    /// The dotted name as written, without leading dots; empty in `from . import x`.
    pub module: String,
    /// Number of leading dots.
    pub level: u32,
    /// The names of a `from` import, which may be submodules; `*` for all.
    pub names: Vec<String>,
    /// `from` import.
    pub is_from: bool,
    /// How sure it is to run.
    pub certainty: Certainty,
    /// By `importlib.import_module("…")` or `__import__("…")`.
    pub is_call: bool,
}

/// All imports of a module in source order. `is_main`: `if __name__ == "__main__"` runs.
pub fn collect(ast: &Ast, is_main: bool) -> Vec<Request> {
    let mut collector = Collector { is_main, certainty: Certainty::Certain, requests: Vec::new() };
    stack::grow(|| collector.visit_body(ast.body()));
    collector.requests
}

/// The literal strings of a module's top-level `__all__ = […]`.
pub fn dunder_all(ast: &Ast) -> Vec<String> {
    let mut names = Vec::new();
    for stmt in ast.body() {
        let (target, value) = match stmt {
            Stmt::Assign(node) => (node.targets.first(), Some(&node.value)),
            Stmt::AugAssign(node) => (Some(&*node.target), Some(&node.value)),
            Stmt::AnnAssign(node) => (Some(&*node.target), node.value.as_ref()),
            _ => continue,
        };
        let (Some(Expr::Name(name)), Some(value)) = (target, value) else { continue };
        if name.id != "__all__" {
            continue;
        }
        let elements = match &**value {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            _ => continue,
        };
        names.extend(elements.iter().filter_map(|element| element.as_string_literal_expr()).map(|literal| literal.value.to_str().to_owned()));
    }
    names
}

/// Names that may be those of modules in a module that imports by computed names, or hands `__import__` on: its literal strings.
pub fn computed(ast: &Ast) -> Vec<String> {
    let mut strings = Strings { is_computed: false, names: Vec::new() };
    stack::grow(|| strings.visit_body(ast.body()));
    if strings.is_computed { strings.names } else { Vec::new() }
}

struct Strings {
    is_computed: bool,
    names: Vec<String>,
}

impl<'a> Visitor<'a> for Strings {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(node) if is_import_function(&node.func) => {
                self.is_computed |= !matches!(node.arguments.args.first(), Some(Expr::StringLiteral(_)));
                for argument in &node.arguments.args {
                    self.visit_expr(argument);
                }
                return;
            }
            Expr::Name(name) if name.id == "__import__" && name.ctx.is_load() => self.is_computed = true,
            Expr::StringLiteral(literal) => {
                let text = literal.value.to_str();
                let is_name = |part: &str| !part.is_empty() && !part.starts_with(|c: char| c.is_ascii_digit()) && part.chars().all(|c| c.is_alphanumeric() || c == '_');
                if text.len() < 200 && text.split('.').all(is_name) && !self.names.iter().any(|name| name == text) {
                    self.names.push(text.to_owned());
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

/// Codecs that are modules of the library's package `encodings`; the runtime knows the others itself.
const CODECS: &[&str] = &[
    "base64_codec", "charmap", "cp037", "cp1006", "cp1026", "cp1125", "cp1140", "cp273", "cp424", "cp500", "cp720", "cp856", "cp864", "cp869", "cp875",
    "hex_codec", "hp_roman8", "idna", "koi8_t", "kz1048", "mac_arabic", "mac_croatian", "mac_cyrillic", "mac_farsi", "mac_greek", "mac_iceland", "mac_latin2",
    "mac_romanian", "mac_turkish", "palmos", "ptcp154", "punycode", "quopri_codec", "rot_13", "tis_620", "undefined", "uu_codec", "zlib_codec",
];

/// Other names of some of them.
const CODEC_ALIASES: &[(&str, &str)] = &[
    ("base64", "base64_codec"), ("base_64", "base64_codec"), ("hex", "hex_codec"), ("quopri", "quopri_codec"), ("quoted_printable", "quopri_codec"),
    ("quotedprintable", "quopri_codec"), ("rot13", "rot_13"), ("uu", "uu_codec"), ("zip", "zlib_codec"), ("zlib", "zlib_codec"), ("ibm037", "cp037"),
    ("ibm500", "cp500"), ("ibm1026", "cp1026"), ("ibm1140", "cp1140"), ("ibm273", "cp273"), ("ibm424", "cp424"), ("ebcdic_cp_us", "cp037"),
    ("maccyrillic", "mac_cyrillic"), ("macgreek", "mac_greek"), ("maciceland", "mac_iceland"), ("macturkish", "mac_turkish"), ("maclatin2", "mac_latin2"),
    ("tis620", "tis_620"), ("kz_1048", "kz1048"),
];

/// Functions whose arguments may be names of codecs.
const CODED: &[&str] = &[
    "encode", "decode", "open", "str", "bytes", "bytearray", "lookup", "getencoder", "getdecoder", "getreader", "getwriter", "getincrementalencoder",
    "getincrementaldecoder", "iterencode", "iterdecode", "EncodedFile", "TextIOWrapper", "read_text", "write_text", "reconfigure", "fdopen",
];

/// The modules of `encodings` that a module's literal codec names ask for.
pub fn codecs(ast: &Ast) -> Vec<&'static str> {
    let mut finder = CodecNames(Vec::new());
    stack::grow(|| finder.visit_body(ast.body()));
    finder.0
}

struct CodecNames(Vec<&'static str>);

impl CodecNames {
    fn note(&mut self, expr: &Expr) {
        let Expr::StringLiteral(literal) = expr else { return };
        let name: String = literal.value.to_str().chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        let name = CODEC_ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, real)| real);
        if let Some(codec) = CODECS.iter().find(|codec| **codec == name)
            && !self.0.contains(codec)
        {
            self.0.push(codec);
        }
    }
}

impl<'a> Visitor<'a> for CodecNames {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(node) = expr {
            let name = match &*node.func {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => "",
            };
            if CODED.contains(&name) {
                for argument in &node.arguments.args {
                    self.note(argument);
                }
            }
            for keyword in &node.arguments.keywords {
                if keyword.arg.as_deref() == Some("encoding") {
                    self.note(&keyword.value);
                }
            }
        }
        visitor::walk_expr(self, expr);
    }
}

fn is_import_function(expr: &Expr) -> bool {
    match expr {
        Expr::Name(name) => name.id == "__import__" || name.id == "import_module",
        Expr::Attribute(attribute) => &*attribute.attr == "import_module" && matches!(&*attribute.value, Expr::Name(name) if name.id == "importlib"),
        _ => false,
    }
}

struct Collector {
    is_main: bool,
    certainty: Certainty,
    requests: Vec<Request>,
}

impl Collector {
    fn at_most(&mut self, certainty: Certainty, walk: impl FnOnce(&mut Self)) {
        let saved = self.certainty;
        self.certainty = self.certainty.min(certainty);
        walk(self);
        self.certainty = saved;
    }

    fn body(&mut self, certainty: Certainty, body: &[Stmt]) {
        self.at_most(certainty, |collector| {
            for stmt in body {
                collector.visit_stmt(stmt);
            }
        });
    }

    fn if_statement(&mut self, node: &ast::StmtIf) {
        self.visit_expr(&node.test);
        let mut is_dead = is_never_true(&node.test, self.is_main);
        if !is_dead {
            self.body(Certainty::Conditional, &node.body);
        }
        for clause in &node.elif_else_clauses {
            if let Some(test) = &clause.test {
                self.visit_expr(test);
                is_dead = is_never_true(test, self.is_main);
            } else {
                is_dead = false;
            }
            if !is_dead {
                self.body(Certainty::Conditional, &clause.body);
            }
        }
    }

    fn call(&mut self, node: &ast::ExprCall) {
        let Some(Expr::StringLiteral(literal)) = node.arguments.args.first() else { return };
        if !is_import_function(&node.func) {
            return;
        }
        let written = literal.value.to_str();
        let module = written.trim_start_matches('.');
        let mut level = (written.len() - module.len()) as u32;
        if let Some(Expr::NumberLiteral(number)) = node.arguments.args.get(4)
            && let ast::Number::Int(value) = &number.value
        {
            level = value.to_string().parse().unwrap_or(0);
        }
        let names = match node.arguments.args.get(3) {
            Some(Expr::List(list)) => list.elts.iter().filter_map(Expr::as_string_literal_expr).map(|name| name.value.to_str().to_owned()).collect(),
            Some(Expr::Tuple(tuple)) => tuple.elts.iter().filter_map(Expr::as_string_literal_expr).map(|name| name.value.to_str().to_owned()).collect(),
            _ => Vec::new(),
        };
        let is_from = !names.is_empty();
        self.requests.push(Request { span: span(node), module: module.to_owned(), level, names, is_from, certainty: Certainty::Lazy, is_call: true });
    }
}

impl<'a> Visitor<'a> for Collector {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(node) => {
                for alias in &node.names {
                    self.requests.push(Request {
                        span: span(stmt),
                        module: alias.name.to_string(),
                        level: 0,
                        names: Vec::new(),
                        is_from: false,
                        certainty: self.certainty,
                        is_call: false,
                    });
                }
            }
            Stmt::ImportFrom(node) => self.requests.push(Request {
                span: span(stmt),
                module: node.module.as_ref().map_or(String::new(), |module| module.to_string()),
                level: node.level,
                names: node.names.iter().map(|alias| alias.name.to_string()).collect(),
                is_from: true,
                certainty: self.certainty,
                is_call: false,
            }),
            Stmt::FunctionDef(node) => {
                for decorator in &node.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.visit_parameters(&node.parameters);
                self.body(Certainty::Lazy, &node.body);
            }
            Stmt::ClassDef(node) => {
                // `class C[T]` has the base `typing.Generic[T]`.
                if node.type_params.is_some() {
                    self.requests.push(Request {
                        span: span(stmt),
                        module: "typing".to_owned(),
                        level: 0,
                        names: Vec::new(),
                        is_from: false,
                        certainty: self.certainty,
                        is_call: false,
                    });
                }
                visitor::walk_stmt(self, stmt);
            }
            Stmt::If(node) => self.if_statement(node),
            Stmt::For(node) => {
                self.visit_expr(&node.iter);
                self.body(Certainty::Conditional, &node.body);
                self.body(Certainty::Conditional, &node.orelse);
            }
            Stmt::While(node) => {
                self.visit_expr(&node.test);
                self.body(Certainty::Conditional, &node.body);
                self.body(Certainty::Conditional, &node.orelse);
            }
            Stmt::Match(_) => self.at_most(Certainty::Conditional, |collector| visitor::walk_stmt(collector, stmt)),
            // A `with` may swallow exceptions, as `contextlib.suppress` does.
            Stmt::With(_) => self.at_most(Certainty::Conditional, |collector| visitor::walk_stmt(collector, stmt)),
            Stmt::Try(node) => {
                let body = if node.handlers.iter().any(catches_import_error) { Certainty::Conditional } else { Certainty::Certain };
                self.body(body, &node.body);
                for ExceptHandler::ExceptHandler(handler) in &node.handlers {
                    self.body(Certainty::Conditional, &handler.body);
                }
                self.body(body, &node.orelse);
                self.body(Certainty::Certain, &node.finalbody);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(node) = expr {
            self.call(node);
        }
        visitor::walk_expr(self, expr);
    }
}

/// Whether an exception handler catches a failed import.
fn catches_import_error(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    fn names_one(class: &Expr) -> bool {
        match class {
            Expr::Tuple(tuple) => tuple.elts.iter().any(names_one),
            Expr::Name(name) => matches!(name.id.as_str(), "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException"),
            // A class computed or taken from elsewhere may be anything.
            _ => true,
        }
    }
    handler.type_.as_deref().is_none_or(names_one)
}

/// `if TYPE_CHECKING`, and `if __name__ == "__main__"` outside the main module.
pub(crate) fn is_never_true(test: &Expr, is_main: bool) -> bool {
    match test {
        Expr::Name(name) => name.id == "TYPE_CHECKING",
        Expr::Attribute(attribute) => &*attribute.attr == "TYPE_CHECKING",
        Expr::BooleanLiteral(literal) => !literal.value,
        Expr::Compare(compare) => {
            let is_dunder_name = matches!(&*compare.left, Expr::Name(name) if name.id == "__name__");
            let is_main_string = matches!(compare.comparators.first(), Some(Expr::StringLiteral(text)) if text.value.to_str() == "__main__");
            !is_main && is_dunder_name && is_main_string && compare.ops.len() == 1 && compare.ops[0] == CmpOp::Eq
        }
        _ => false,
    }
}
