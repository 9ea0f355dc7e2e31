//! The classes among the builtin names.

use crate::prelude::*;

/// Every builtin class that is not an exception.
pub static ALL: &[&Type] = &[
    &crate::object::OBJECT,
    &crate::type_object::TYPE,
    &crate::int::INT,
    &crate::int::BOOL,
    &crate::float::FLOAT,
    &crate::complex::COMPLEX,
    &crate::str::STR,
    &crate::bytes::BYTES,
    &crate::bytearray::BYTEARRAY,
    &crate::memoryview::MEMORYVIEW,
];
