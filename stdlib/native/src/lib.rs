//! Native modules: what CPython writes in C. One file each; a program links those that it imports.
#![allow(non_snake_case)]

pub mod _abc;
pub mod _bisect;
pub mod _heapq;
pub mod _random;
pub mod _collections;
pub mod _functools;
pub mod _operator;
pub mod _codecs;
pub mod _io;
pub mod _sha2;
pub mod _sre;
pub mod _string;
pub mod _thread;
pub mod _typing;
pub mod _weakref;
pub mod array;
pub mod atexit;
pub mod cmath;
pub mod errno;
pub mod math;
pub mod math_gamma;
pub mod math_integers;
pub mod math_sums;
pub mod deque;
pub mod gc;
pub mod itertools;
pub mod itertools_pools;
pub mod lru_cache;
pub mod operator_getters;
pub mod posix;
pub mod time;
