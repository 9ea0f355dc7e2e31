//! Lowering: the tree and scopes of a module → DPB.
//!
//! One walk over the tree in CPython's evaluation order. Every function gets a [`frame::Frame`] while it is built. Statements that leave blocks early
//! (`return`, `break`, `continue`) run the clean-up of the levels that they leave (`flow`): bodies of `finally` are lowered once for each way out.
//! Afterwards `finish` threads jumps, merges blocks and drops unreachable ones, and `CheckBound`s that are proven are removed.
#![forbid(unsafe_code)]

mod call;
mod class;
mod comprehension;
mod define;
mod docstring;
mod expr;
mod finish;
mod flow;
mod fold;
mod frame;
mod names;
mod patterns;
mod pools;
mod stmt;
mod strings;
mod type_params;
mod unparse;
mod with;

use std::collections::BTreeSet;

use dxpyc_base::Source;
use dxpyc_dpb::module::future;
use dxpyc_dpb::{FuncId, FunctionFlags, Module, NameId, Position};
use dxpyc_modules::scopes::Scopes;
use dxpyc_syntax::ast::Stmt;
use dxpyc_syntax::{Ast, Name, Ranged, stack};

use frame::Frame;
use pools::Pools;

/// What the caller decides about a module.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// The dotted name.
    pub name: &'a str,
    /// BLAKE3 of the source bytes.
    pub source_hash: [u8; 32],
    /// What the text is.
    pub kind: Kind,
}

/// What a text is compiled as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A module of its own.
    Module,
    /// The argument of `exec`: its body takes a namespace.
    Exec,
    /// The argument of `eval`, one expression: its body takes a namespace and returns the value.
    Eval,
}

/// Lowers a module that `syntax` and `modules` accepted.
#[must_use]
pub fn lower(source: &Source, ast: &Ast, scopes: &Scopes, options: &Options<'_>) -> Module {
    stack::grow(|| {
        let mut lowerer = Lowerer::new(source, scopes, options);
        lowerer.module_body(ast);
        lowerer.into_module()
    })
}

/// The state of one module's lowering.
pub(crate) struct Lowerer<'a> {
    source: &'a Source,
    scopes: &'a Scopes,
    kind: Kind,
    module: Module,
    pools: Pools,
    frame: Frame<'a>,
    /// `self.name` assignments in methods, for each class around.
    static_attributes: Vec<BTreeSet<Name>>,
    /// Whether the source has `:=` at all.
    has_walrus: bool,
    /// The line that the last position was on, with its first and last offset.
    line_cache: (u32, u32, u32),
}

impl<'a> Lowerer<'a> {
    fn new(source: &'a Source, scopes: &'a Scopes, options: &Options<'_>) -> Lowerer<'a> {
        let module = Module {
            name: options.name.to_owned(),
            file: source.path.clone(),
            source_hash: options.source_hash,
            future: if scopes.has_future_annotations { future::ANNOTATIONS } else { 0 },
            ..Module::default()
        };
        Lowerer {
            source,
            scopes,
            kind: options.kind,
            module,
            pools: Pools::default(),
            frame: Frame::empty(),
            static_attributes: Vec::new(),
            has_walrus: source.text.contains(":="),
            line_cache: (1, 0, source.lines.line_start(2)),
        }
    }

    fn into_module(mut self) -> Module {
        (self.module.names, self.module.constants) = self.pools.into_parts();
        self.module
    }

    fn module_body(&mut self, ast: &'a Ast) {
        let scope = self.scopes.module();
        if self.kind == Kind::Module {
            self.open_frame(scope, FunctionFlags::MODULE_BODY, 1, &[], &[]);
        } else {
            self.open_frame(scope, FunctionFlags::MODULE_BODY.or(FunctionFlags::CLASS_BODY), 1, &[".namespace"], &[]);
        }
        let first = ast.body().first().map_or(Position::NONE, |stmt| self.pos(stmt));
        self.frame.position = first;
        if self.kind == Kind::Eval {
            let [Stmt::Expr(stmt)] = ast.body() else { panic!("{}: not one expression", self.module.name) };
            let value = self.expr(&stmt.value);
            self.emit(first, dxpyc_dpb::Op::Return { value });
            let id = self.close_frame();
            assert_eq!(id, FuncId(0), "the module body is function 0");
            return;
        }
        let docstring = self.docstring(ast.body());
        if let Some(docstring) = docstring {
            self.frame.function.docstring = Some(docstring);
            let mark = self.frame.mark();
            let value = self.load_const_id(first, docstring);
            let name = self.name("__doc__");
            self.store_module_name(first, name, value);
            self.frame.reset(mark);
        }
        self.begin_annotations(ast.body(), ast.module().range(), first);
        let body = if docstring.is_some() { &ast.body()[1..] } else { ast.body() };
        self.stmts(body);
        self.return_none();
        let id = self.close_frame();
        assert_eq!(id, FuncId(0), "the module body is function 0");
    }

    /// Interns a name.
    fn name(&mut self, name: &str) -> NameId {
        self.pools.name(name)
    }

    /// The position of a node.
    fn pos(&mut self, node: impl Ranged) -> Position {
        let range = node.range();
        self.pos_between(range.start().to_u32(), range.end().to_u32())
    }

    /// The position of source offsets.
    fn pos_between(&mut self, start: u32, end: u32) -> Position {
        let (line, col) = self.line_and_column(start);
        let (_, line_start, line_end) = self.line_cache;
        if end < line_end || end == line_start {
            return Position { line, end_line: line, col, end_col: end - line_start };
        }
        let (end_line, end_col) = self.source.lines.line_and_byte_column(end);
        Position { line, end_line, col, end_col }
    }

    fn line_and_column(&mut self, offset: u32) -> (u32, u32) {
        let (line, start, end) = self.line_cache;
        if (start..end).contains(&offset) {
            return (line, offset - start);
        }
        // Most nodes stand on the same line as the one before, or on the next.
        let next_end = self.source.lines.line_start(line + 2);
        self.line_cache = if (end..next_end).contains(&offset) {
            (line + 1, end, next_end)
        } else {
            let line = self.source.lines.line(offset);
            (line, self.source.lines.line_start(line), self.source.lines.line_start(line + 1))
        };
        (self.line_cache.0, offset - self.line_cache.1)
    }

    /// Whether evaluating the text of this range may rebind a local variable.
    fn may_rebind(&self, node: impl Ranged) -> bool {
        self.has_walrus && self.source.text[node.range().start().to_usize()..node.range().end().to_usize()].contains(":=")
    }
}
