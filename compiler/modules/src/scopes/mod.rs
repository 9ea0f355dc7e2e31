//! Scopes and symbol tables: what each name means where (CPython's `symtable`), with its errors.
//!
//! `analyze` walks a module once to collect definitions and uses, then resolves every name from the inside out.
//!
//! # How to use it
//!
//! ```text
//! let (scopes, diagnostics) = scopes::analyze(&source, &ast);
//! let body = scopes.function(def);                      // &StmtFunctionDef → ScopeId
//! let scope = &scopes[body];                            // varnames, cellvars, freevars, flags
//! let at = scopes.resolve(body, &name.id);              // Resolved { binding, scope, name }
//! ```
//!
//! - **Keys.** Scopes are found by node: `function`, `lambda`, `class`, `comprehension` (by the range of the whole
//!   expression), `type_params` (range of the `def`, `class` or `type` statement), `annotations` (a function's, by the range
//!   of the `def`; a class's or module's body of annotations by the range of the `class` or module), `type_alias` (the value
//!   of a `type` statement), `type_var_bound` and `type_var_default` (by the type parameter's range).
//! - **Names** are mangled here: pass names as written to `resolve`; use `Resolved::name` to emit. `mangle` does it
//!   for attributes.
//! - **Parents.** A function with type parameters nests: enclosing scope ⊃ `TypeParams` ⊃ function body and `Annotations`.
//!   Decorators and defaults belong to the enclosing scope (defaults are evaluated outside, and passed in).
//!   The first iterable of a comprehension belongs to the scope that encloses the comprehension.
//! - **Inlined comprehensions.** List, set and dict comprehensions are never functions: `Scope::is_inlined`. They run in the
//!   frame of `frame(scope)`. Names that such a comprehension binds resolve to `Local` or `Cell` with `Resolved::scope` = the
//!   comprehension: give them registers of their own, fresh on each entry (a `Cell`: a new cell each time). All its other
//!   names resolve as they do in the enclosing frame. Generator expressions are functions with one parameter, `.0`.
//! - **Class bodies.** `Local` in a class means the namespace (then globals, then builtins, when a load finds nothing);
//!   `GlobalImplicit` in a class: namespace, globals, builtins; `Free` in a class: namespace, then the cell.
//! - **Scopes that see a class** (`sees_class`: annotations, type parameters, type aliases nested directly in one): a load of a
//!   name with binding `GlobalImplicit` or `Free` first looks in the class namespace `__classdict__`, which is then a
//!   free variable of the scope and a cell of the class.
//! - **`super()` and `__class__`**: functions that need it have `__class__` among `freevars`; the class has `needs_class_cell`.
//!   `__class__` and `__classdict__` are listed in the class's `cellvars`.

mod resolve;
mod table;
mod walk;

pub use table::{Binding, Params, Resolved, Scope, ScopeId, ScopeKind, Scopes, Symbol};

use dxpyc_base::{Diagnostic, Source};
use dxpyc_syntax::{Ast, stack};

/// The scopes of a module, and what CPython's symbol table refuses, in CPython's order.
pub fn analyze(source: &Source, ast: &Ast) -> (Scopes, Vec<Diagnostic>) {
    stack::grow(|| {
        let (mut scopes, mut diagnostics) = walk::collect(source, ast);
        diagnostics.extend(resolve::resolve(source, &mut scopes));
        (scopes, diagnostics)
    })
}
