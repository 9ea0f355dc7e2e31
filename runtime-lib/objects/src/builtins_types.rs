//! The classes among the builtin names.

use crate::native::ClassRow;

macro_rules! classes {
    ($($name:literal $class:path;)*) => {
        /// Every builtin class that is not an exception.
        #[unsafe(link_section = ".data.rel.ro.dxp.classes.builtins")]
        static CLASSES: [ClassRow; [$($name),*].len()] = [$(ClassRow { name: $name, class: Some(&$class) }),*];
    };
}

classes! {
    "object" crate::object::OBJECT;
    "type" crate::type_object::TYPE;
    "int" crate::int::INT;
    "bool" crate::int::BOOL;
    "float" crate::float::FLOAT;
    "complex" crate::complex::COMPLEX;
    "str" crate::str::STR;
    "bytes" crate::bytes::BYTES;
    "bytearray" crate::bytearray::BYTEARRAY;
    "memoryview" crate::memoryview::MEMORYVIEW;
    "list" crate::list_type::LIST;
    "tuple" crate::tuple::TUPLE;
    "dict" crate::dict_type::DICT;
    "set" crate::set_type::SET;
    "frozenset" crate::set_type::FROZENSET;
    "range" crate::range::RANGE;
    "slice" crate::slice::SLICE;
    "property" crate::property::PROPERTY;
    "classmethod" crate::class_method::CLASSMETHOD;
    "staticmethod" crate::class_method::STATICMETHOD;
    "super" crate::super_object::SUPER;
    "reversed" crate::iterators::REVERSED;
    "enumerate" crate::iterators_lazy::ENUMERATE;
    "zip" crate::iterators_lazy::ZIP;
    "map" crate::iterators_lazy::MAP;
    "filter" crate::iterators_lazy::FILTER;
}

/// `ExceptionGroup` is no static: the row tells only whether the program names it.
#[unsafe(link_section = ".data.rel.ro.dxp.classes.groups")]
static EXCEPTION_GROUP: ClassRow = ClassRow { name: "ExceptionGroup", class: Some(&crate::exceptions::BASE_EXCEPTION_GROUP) };

/// Whether the program names `ExceptionGroup`.
pub fn has_exception_group() -> bool {
    std::hint::black_box(&EXCEPTION_GROUP).class.is_some()
}

/// The names of all builtin classes, and the classes that the program can reach by them.
pub fn all() -> impl Iterator<Item = &'static ClassRow> {
    // What the tables hold is known when the program is linked, not when this is compiled.
    std::hint::black_box(&CLASSES).iter().chain(std::hint::black_box(&crate::exceptions::ALL))
}
