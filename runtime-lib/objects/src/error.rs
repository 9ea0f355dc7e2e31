//! Raising: `R<T>` is the result of whatever can raise; the exception itself waits in the thread's state.

use crate::state::state;
use crate::ty::Type;
use dxpyc_heap::Ref;

/// Proof that an exception is pending in [`state()`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Raised;

/// Result of an operation that can raise.
pub type R<T = Ref> = Result<T, Raised>;

/// Makes `exception` (an exception instance) the pending one. Sets no context: `exceptions::raise_with_context` does.
pub fn raise_instance(exception: Ref) -> Raised {
    crate::exceptions::set_context_from_handled(exception.v());
    state().pending.set(exception);
    Raised
}

/// Raises `class(message)`.
#[cold]
pub fn raise(class: &'static Type, message: impl AsRef<str>) -> Raised {
    let exception = crate::exceptions::new_exception(class, message.as_ref());
    raise_instance(exception)
}

macro_rules! raisers {
    ($($name:ident $class:ident;)*) => {
        $(
            #[doc = concat!("Raises `", stringify!($class), "` with a message.")]
            #[cold]
            pub fn $name(message: impl AsRef<str>) -> Raised {
                raise(&crate::exceptions::$class, message)
            }
        )*
    };
}

raisers! {
    type_error TYPE_ERROR;
    value_error VALUE_ERROR;
    index_error INDEX_ERROR;
    attribute_error_plain ATTRIBUTE_ERROR;
    runtime_error RUNTIME_ERROR;
    overflow_error OVERFLOW_ERROR;
    zero_division ZERO_DIVISION_ERROR;
    memory_error_text MEMORY_ERROR;
    system_error SYSTEM_ERROR;
    not_implemented_error NOT_IMPLEMENTED_ERROR;
    buffer_error BUFFER_ERROR;
    assertion_error ASSERTION_ERROR;
    lookup_error LOOKUP_ERROR;
    name_error NAME_ERROR;
    import_error IMPORT_ERROR;
    eof_error EOF_ERROR;
}

/// Raises RecursionError: `maximum recursion depth exceeded` + what.
#[cold]
pub fn recursion_error(what: &str) -> Raised {
    raise(&crate::exceptions::RECURSION_ERROR, format!("maximum recursion depth exceeded{what}"))
}

/// Raises MemoryError without a message.
#[cold]
pub fn memory_error() -> Raised {
    memory_error_text("")
}

/// Raises KeyError(key).
#[cold]
pub fn key_error(key: dxpyc_abi::Value) -> Raised {
    raise_instance(crate::exceptions::new_with_arg(&crate::exceptions::KEY_ERROR, key))
}

/// Raises StopIteration(value) (MISSING: without value).
#[cold]
pub fn stop_iteration(value: dxpyc_abi::Value) -> Raised {
    raise_instance(crate::exceptions::new_with_arg(&crate::exceptions::STOP_ITERATION, value))
}

/// Whether the pending exception is an instance of `class`; if so it is taken and dropped.
pub fn swallow(class: &'static Type) -> bool {
    let pending = state().pending.get();
    if !pending.is_missing() && crate::type_of(pending).is_subtype(class) {
        drop(state().pending.take());
        return true;
    }
    false
}
