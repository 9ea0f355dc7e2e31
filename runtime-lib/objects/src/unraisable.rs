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
    if call_hook(exception.v(), &text) {
        return;
    }
    text.push_str(":\n");
    text.push_str(&crate::traceback_print::report_plain(exception.v()));
    crate::io::write_stderr(&text);
}

crate::struct_sequence!(HOOK_ARGS, HOOK_ARGS_DECL, "UnraisableHookArgs", "sys", "UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.",
    crate::struct_sequence::SLOTS, 5; 0 "exc_type", 1 "exc_value", 2 "exc_traceback", 3 "err_msg", 4 "object");

/// Calls `sys.unraisablehook` if the program replaced it.
fn call_hook(exception: Value, message: &str) -> bool {
    let of = |names: Value, name: &str| crate::dict::get_str(names, crate::str::intern(name).v()).map(Ref::new);
    let Some(sys) = of(crate::import::sys_modules(), "sys") else { return false };
    let names = crate::module::dict_of(sys.v());
    let (Some(hook), Some(original)) = (of(names, "unraisablehook"), of(names, "__unraisablehook__")) else { return false };
    if hook.v() == original.v() {
        return false;
    }
    let traceback = crate::exceptions::base(exception).traceback.cloned().unwrap_or_else(Ref::none);
    let items = vec![Ref::new(type_of(exception).v()), Ref::new(exception), traceback, crate::str::from_str(message), Ref::none()];
    let args = crate::struct_sequence::new(&HOOK_ARGS, 5, items);
    if crate::call::call1(hook.v(), args.v()).is_err()
        && let Some(error) = crate::state::take_pending()
    {
        let shown = match crate::ops::repr(hook.v()) {
            Ok(text) => crate::str::to_rust(text.v()),
            Err(Raised) => {
                drop(crate::state::take_pending());
                "<object repr() failed>".into()
            }
        };
        let report = crate::traceback_print::report_plain(error.v());
        crate::io::write_stderr(&format!("Exception ignored in sys.unraisablehook: {shown}\n{report}"));
    }
    true
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
