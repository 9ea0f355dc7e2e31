//! The end of a program: report of an uncaught exception, atexit functions, finalizers, flushing, status.

use dxpyc_objects::exceptions::{self, SYSTEM_EXIT};
use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, dict, import, io, ops, state, str, traceback_print};

/// Status when a standard stream could not be flushed.
const FLUSH_FAILED: i32 = 120;

/// Ends the program; the result is its exit status.
pub fn finish(result: R<()>) -> i32 {
    let mut status = match result {
        Ok(()) => 0,
        Err(Raised) => uncaught(),
    };
    join_threads();
    run_atexit();
    if !io::flush_std_streams() {
        status = FLUSH_FAILED;
    }
    if dxpyc_objects::state::needs_teardown() {
        teardown();
        if !io::flush_std_streams() {
            status = FLUSH_FAILED;
        }
    }
    status
}

/// Reports the pending exception; the result is the exit status.
fn uncaught() -> i32 {
    let Some(exception) = state::take_pending() else { return 1 };
    if type_of(exception.v()).is_subtype(&SYSTEM_EXIT) {
        return system_exit(exception.v());
    }
    let _ = io::flush_stdout();
    if let Some(status) = custom_hook(exception.v()) {
        return status;
    }
    io::write_stderr(&traceback_print::report(exception.v()));
    if type_of(exception.v()).is_subtype(&exceptions::KEYBOARD_INTERRUPT) {
        die_by_sigint();
    }
    1
}

/// An uncaught KeyboardInterrupt ends the process by SIGINT itself, as shells expect.
fn die_by_sigint() {
    let _ = io::flush_std_streams();
    // SAFETY: resets the handler and raises the signal in this process.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::raise(libc::SIGINT);
    }
}

fn system_exit(exception: Value) -> i32 {
    let code = exceptions::field(exception, 0);
    if code.is_none() {
        return 0;
    }
    if code.is_bool() {
        return (code == Value::TRUE) as i32;
    }
    if dxpyc_objects::int::is_int(code) {
        return dxpyc_objects::int::as_i64_exact(code).unwrap_or(-1) as i32 & 0xFF;
    }
    let _ = io::flush_stdout();
    let text = match ops::str(code) {
        Ok(text) => str::to_rust(text.v()),
        Err(Raised) => {
            drop(state::take_pending());
            String::new()
        }
    };
    io::write_stderr(&format!("{text}\n"));
    1
}

/// Calls `sys.excepthook` when the program replaced it.
fn custom_hook(exception: Value) -> Option<i32> {
    let sys = dict::get_str(import::sys_modules(), str::intern("sys").v())?;
    let names = dxpyc_objects::module::dict_of(sys);
    let hook = Ref::new(dict::get_str(names, str::intern("excepthook").v())?);
    let original = Ref::new(dict::get_str(names, str::intern("__excepthook__").v())?);
    if hook.v() == original.v() {
        return None;
    }
    let traceback = exceptions::base(exception).traceback.cloned().unwrap_or_else(Ref::none);
    if let Err(Raised) = call::call3(hook.v(), type_of(exception).v(), exception, traceback.v()) {
        let error = state::take_pending()?;
        if type_of(error.v()).is_subtype(&SYSTEM_EXIT) {
            return Some(system_exit(error.v()));
        }
        io::write_stderr("Error in sys.excepthook:\n");
        io::write_stderr(&traceback_print::report(error.v()));
        io::write_stderr("\nOriginal exception was:\n");
        io::write_stderr(&traceback_print::report(exception));
    }
    Some(1)
}

/// Waits for the threads that are no daemons.
fn join_threads() {
    for (module, function) in [("threading", "_shutdown"), ("_thread", "_shutdown")] {
        if let Some(module) = dict::get_str(import::sys_modules(), str::intern(module).v()) {
            if let Ok(Some(shutdown)) = ops::getattr_opt(module, function)
                && call::call0(shutdown.v()).is_err()
            {
                dxpyc_objects::unraisable::report("Exception ignored on threading shutdown ", module);
            }
            return;
        }
    }
}

/// Runs what `atexit` registered (the module keeps the functions, last in first out).
fn run_atexit() {
    if let Some(module) = dict::get_str(import::sys_modules(), str::intern("atexit").v())
        && let Ok(Some(run)) = ops::getattr_opt(module, "_run_exitfuncs")
        && call::call0(run.v()).is_err()
    {
        dxpyc_objects::unraisable::report("Exception ignored in atexit callback ", run.v());
    }
}

/// Gives up the program's globals, so that `__del__`, `finally` in suspended generators and weak-reference callbacks run.
fn teardown() {
    let Some(main) = dict::get_str(import::sys_modules(), str::intern("__main__").v()) else { return };
    let names = Ref::new(dxpyc_objects::module::dict_of(main));
    clear_names(names.v(), true);
    clear_names(names.v(), false);
    dxpyc_heap::collect::collect();
    drop(state::take_pending());
}

fn clear_names(names: Value, private: bool) {
    let mut keys = Vec::new();
    let mut at = 0;
    while let Some((key, _)) = dict::next_entry(names, &mut at) {
        keys.push(Ref::new(key));
    }
    for key in keys {
        let text = str::to_rust(key.v());
        let is_private = text.starts_with('_') && !text.starts_with("__");
        if text == "__builtins__" || is_private != private {
            continue;
        }
        let _ = dict::set(names, key.v(), Value::NONE);
    }
}
