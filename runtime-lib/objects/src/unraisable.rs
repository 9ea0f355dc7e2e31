//! Exceptions that cannot be raised: in `__del__`, in weak-reference callbacks, while closing generators.

use crate::prelude::*;

/// Reports the pending exception on stderr as `HEAD repr(object)` + traceback, and drops it.
pub fn report(head: &str, object: Value) {
    let Some(exception) = crate::state::take_pending() else { return };
    let shown = match crate::ops::repr(object) {
        Ok(text) => crate::str::to_rust(text.v()),
        Err(Raised) => {
            drop(crate::state::take_pending());
            "<object repr() failed>".into()
        }
    };
    let mut text = format!("{head}{shown}");
    text.push_str(":\n");
    text.push_str(&crate::traceback_print::report(exception.v()));
    crate::io::write_stderr(&text);
}

/// RuntimeWarning of a coroutine that was dropped before its first step.
pub fn warn_never_awaited(coroutine: Value) {
    let name = match crate::ops::getattr_str(coroutine, "__qualname__") {
        Ok(name) => crate::str::to_rust(name.v()),
        Err(Raised) => {
            drop(crate::state::take_pending());
            "?".into()
        }
    };
    crate::io::write_stderr(&format!("RuntimeWarning: coroutine '{name}' was never awaited\n"));
}

/// The same of an asynchronous generator's method.
pub fn warn_method_never_awaited(method: &str, generator: Value) {
    let name = match crate::ops::getattr_str(generator, "__qualname__").and_then(|name| crate::ops::repr(name.v())) {
        Ok(name) => crate::str::to_rust(name.v()),
        Err(Raised) => {
            drop(crate::state::take_pending());
            "?".into()
        }
    };
    crate::io::write_stderr(&format!("RuntimeWarning: coroutine method '{method}' of {name} was never awaited\n"));
}
