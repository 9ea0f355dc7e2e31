//! Native modules: what CPython writes in C. One file each; a program links those that it imports.
#![allow(non_snake_case)]

pub mod _sre;
pub mod _thread;
pub mod _typing;
pub mod _weakref;
pub mod atexit;

/// Names of all native modules, for the compiler's import resolution. A test compares it with the symbols of the archive.
pub const NAMES: &[&str] = &["_sre", "_thread", "_typing", "_weakref", "atexit"];
