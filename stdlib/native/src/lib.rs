//! Native modules: what CPython writes in C. One file each; a program links those that it imports.
#![allow(non_snake_case)]

pub mod _sre;
pub mod _thread;
pub mod _typing;
pub mod _weakref;
pub mod atexit;
pub mod posix;
