//! From parsed files to a program: scopes and symbol tables, module finding and the import graph.
//!
//! - `code_strings`: texts that `exec` and `eval` may get; `computed_texts`: those that are computed from literals.
//! - `checks`: what CPython's compiler refuses.
//! - `scopes`: what each name means in each function, class, lambda, comprehension and annotation.
//! - `graph`: which modules a program consists of, and what each import statement resolves to.
//! - `imports`: the import statements and calls of one module.
//! - `warnings`: the SyntaxWarnings of a module.
//! - `finder`: where modules lie, through a trait: this crate does no I/O.

pub mod checks;
pub mod code_strings;
mod computed_texts;
pub mod finder;
pub mod graph;
pub mod imports;
mod liveness;
pub mod scopes;
mod stdlib_names;
pub mod warnings;
