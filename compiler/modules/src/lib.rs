//! From parsed files to a program: scopes and symbol tables, module finding and the import graph.
//!
//! - `scopes`: what each name means in each function, class, lambda, comprehension and annotation.
//! - `graph`: which modules a program consists of, and what each import statement resolves to.

pub mod scopes;
