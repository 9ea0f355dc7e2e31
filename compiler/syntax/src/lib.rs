//! The door to `ruff_python_parser`: decoded text → its AST, and what it leaves to us.
//!
//! `parse` never fails: it returns a tree and diagnostics in CPython's words, in source order. A tree that comes with
//! diagnostics is for tools only; the compiler stops. Other crates name AST types through `ast`, never through ruff.
//!
//! - `literal`: exact values of string literals, lone surrogates included.
//! - `stack`: recursion over trees as deep as CPython accepts.

mod depth;
mod escapes;
mod explain;
mod find;
pub mod literal;
mod spec_braces;
pub mod stack;
mod tokens;
mod typos;

pub use ruff_python_ast as ast;
pub use ruff_python_ast::name::Name;
pub use find::expr_name;
pub use ruff_text_size::{Ranged, TextRange, TextSize};

use std::mem::ManuallyDrop;

use depth::Depth;
use dxpyc_base::{Diagnostic, Kind, Source, Span};
use ruff_python_ast::PythonVersion;
use ruff_python_ast::token::Tokens;
use ruff_python_parser::{Mode, ParseOptions};

/// The tree of one module, with its tokens.
#[derive(Debug)]
pub struct Ast {
    module: ManuallyDrop<ast::ModModule>,
    tokens: Tokens,
    depth: Depth,
}

impl Ast {
    /// The module node.
    pub fn module(&self) -> &ast::ModModule {
        &self.module
    }

    /// The module's statements, to leave some of them out. Tokens and scopes stay as they are.
    pub fn body_mut(&mut self) -> &mut [ast::Stmt] {
        &mut self.module.body
    }

    /// The module's statements.
    pub fn body(&self) -> &[ast::Stmt] {
        &self.module.body
    }

    /// All tokens, comments included.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }
}

impl Drop for Ast {
    fn drop(&mut self) {
        if self.depth.culprit.is_some() {
            return; // Too deep to be dropped: leaked.
        }
        // SAFETY: `module` is not used after this; `drop` runs once.
        let mut drop_module = || unsafe { ManuallyDrop::drop(&mut self.module) };
        if self.depth.levels > depth::SHALLOW {
            stack::grow(drop_module);
        } else {
            drop_module();
        }
    }
}

/// Parses a module.
pub fn parse(source: &Source) -> (Ast, Vec<Diagnostic>) {
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY314);
    let parse_text = |text: &str| ruff_python_parser::parse_unchecked(text, options.clone()).try_into_module().expect("parse: Mode::Module makes a module");
    let mut parsed = parse_text(&source.text);
    let mut stand_in = None;
    if source.text.contains("{{") {
        let mut text = None;
        while let Some(at) = spec_braces::find(parsed.tokens()) {
            let letter = *stand_in.get_or_insert_with(|| spec_braces::stand_in(&source.text));
            let text = text.get_or_insert_with(|| source.text.to_string());
            text.replace_range(at..at + 2, letter.encode_utf8(&mut [0; 2]));
            parsed = parse_text(text);
        }
    }
    let mut diagnostics = Vec::new();
    if !parsed.errors().is_empty() {
        diagnostics.push(explain::explain(source, parsed.syntax(), parsed.errors()));
    }
    if let (true, Some(error)) = (diagnostics.is_empty(), parsed.unsupported_syntax_errors().first()) {
        diagnostics.push(explain::newer_syntax(source, error));
    }
    if let (true, Some(fault)) = (diagnostics.is_empty(), explain::tokenizer_fault(source)) {
        diagnostics.push(fault);
    }
    let tokens = parsed.tokens().clone();
    let mut module = parsed.into_syntax();
    let depth = depth::measure(&module.body);
    if let Some(culprit) = depth.culprit {
        let at = Span::at(culprit.start().to_u32());
        let message = "Parser stack overflowed - Python source too complex to parse";
        diagnostics = vec![Diagnostic::new(Kind::MemoryError, source, at, message)];
    }
    if let (Some(stand_in), true) = (stand_in, diagnostics.is_empty()) {
        spec_braces::restore(&mut module, stand_in);
    }
    let ast = Ast { module: ManuallyDrop::new(module), tokens, depth };
    (ast, diagnostics)
}

/// The span of a node, token or range.
pub fn span(ranged: impl Ranged) -> Span {
    let range = ranged.range();
    Span::new(range.start().to_u32(), range.end().to_u32())
}
