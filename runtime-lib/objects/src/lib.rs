//! The Python object model: types, their methods, exceptions, calls, attributes and formatting.
//!
//! Every Python operation is defined here once; compiled code reaches it through `entry`.

pub mod args;
pub mod attr;
pub mod bind;
pub mod buffer;
pub mod builtins;
pub mod builtins_print;
pub mod builtins_reduce;
pub mod builtins_scope;
pub mod builtins_types;
pub mod bytearray;
pub mod bytes;
pub mod bytes_methods;
pub mod call;
pub mod cast;
pub mod complex;
pub mod entry;
pub mod error;
pub mod exception_group;
pub mod exceptions;
pub mod float;
pub mod float_methods;
pub mod float_text;
pub mod function;
pub mod generator;
pub mod import;
pub mod int;
pub mod int_methods;
pub mod int_ops;
pub mod int_text;
pub mod io;
pub mod libm;
pub mod memoryview;
pub mod module;
pub mod names;
pub mod namespace;
pub mod native;
pub mod number_format;
pub mod object;
pub mod ops;
pub mod os_error;
pub mod signals;
pub mod singletons;
pub mod site;
pub mod slots;
pub mod state;
pub mod str;
pub mod str_hash;
pub mod str_methods;
pub mod str_type;
pub mod struct_sequence;
pub mod suggestions;
pub mod sys;
pub mod traceback;
pub mod traceback_carets;
pub mod traceback_print;
pub mod ty;
pub mod typing_types;
pub mod type_object;
pub mod unicode_error;
pub mod unraisable;
pub mod weakref;

pub use args::Args;
pub use cast::{Object, is_exact, new_object, type_of};
pub use dxpyc_abi::Value;
pub use dxpyc_heap::{Ref, Slot, Visit, Visitor};
pub use error::{R, Raised};
pub use slots::{CompareOp, Slots};
pub use ty::Type;

/// What nearly every file of the runtime needs.
pub mod prelude {
    pub use crate::args::Args;
    pub use crate::cast::{Object, is_exact, new_object, type_of};
    pub use crate::error::*;
    pub use crate::native::*;
    pub use crate::object_type;
    pub use crate::slots::{CompareOp, Slots};
    pub use crate::ty::Type;
    pub use dxpyc_abi::{Header, Value, type_flags};
    pub use dxpyc_heap::{Ref, Slot, Visit, Visitor};
    pub use dxpyc_native_macros::{native_class, native_module};
    pub use std::cell::{Cell, UnsafeCell};
}
