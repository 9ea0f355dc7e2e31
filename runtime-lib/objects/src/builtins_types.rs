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
    &crate::list_type::LIST,
    &crate::tuple::TUPLE,
    &crate::dict_type::DICT,
    &crate::set_type::SET,
    &crate::set_type::FROZENSET,
    &crate::range::RANGE,
    &crate::slice::SLICE,
    &crate::property::PROPERTY,
    &crate::class_method::CLASSMETHOD,
    &crate::class_method::STATICMETHOD,
    &crate::super_object::SUPER,
    &crate::iterators::REVERSED,
    &crate::iterators_lazy::ENUMERATE,
    &crate::iterators_lazy::ZIP,
    &crate::iterators_lazy::MAP,
    &crate::iterators_lazy::FILTER,
];
