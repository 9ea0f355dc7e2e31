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

macro_rules! others {
    ($($name:literal)*) => {
        /// Names of what is made at start-up: the rows tell only whether the program names them.
        #[unsafe(link_section = ".data.rel.ro.dxp.classes.others")]
        static OTHERS: [ClassRow; [$($name),*].len()] = [$(ClassRow { name: $name, class: Some(&crate::object::OBJECT) }),*];
    };
}

others! { "append" "ExceptionGroup" "exit" "quit" "copyright" "credits" "license" "help" }

/// Whether the program names one of `OTHERS`.
pub fn is_named(name: &str) -> bool {
    std::hint::black_box(&OTHERS).iter().any(|row| row.name == name && row.class.is_some())
}

/// The builtin names that are not in the dict of `builtins`, because the program does not name them.
pub fn left_out() -> impl Iterator<Item = &'static str> {
    let classes = all().chain(std::hint::black_box(&OTHERS)).filter(|row| row.class.is_none() && row.name != "append").map(|row| row.name);
    let build_class = std::hint::black_box(&crate::type_new::BUILD_CLASS);
    classes.chain(crate::builtins::functions().iter().chain([build_class]).filter(|function| function.is_left_out()).map(|function| function.name))
}

/// The names of all builtin classes, and the classes that the program can reach by them.
pub fn all() -> impl Iterator<Item = &'static ClassRow> {
    // What the tables hold is known when the program is linked, not when this is compiled.
    std::hint::black_box(&CLASSES).iter().chain(std::hint::black_box(&crate::exceptions::ALL))
}
