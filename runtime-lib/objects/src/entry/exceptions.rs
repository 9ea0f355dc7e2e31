//! Entries: raising, catching, handled exceptions, `with`.

use super::{put, status, truth, value};
use crate::exceptions::*;
use crate::prelude::*;
use crate::state::state;
use dxpyc_abi::Code;

#[unsafe(no_mangle)]
pub extern "C" fn dxp_raise(exception: Value, cause: Value) -> Value {
    value(raise_statement(exception, cause))
}

fn instance_of(v: Value) -> R<Option<Ref>> {
    if as_exception_class(v).is_some() {
        let made = crate::call::call0(v)?;
        if !is_exception(made.v()) {
            return Err(type_error(format!(
                "calling {} should have returned an instance of BaseException, not {}",
                crate::str::to_rust(crate::ops::repr(v)?.v()),
                crate::str::to_rust(crate::ops::repr(type_of(made.v()).v())?.v())
            )));
        }
        return Ok(Some(made));
    }
    Ok(is_exception(v).then(|| Ref::new(v)))
}

fn raise_statement(exception: Value, cause: Value) -> R<Ref> {
    if exception.is_missing() {
        let handled = state().handled_now();
        if handled.is_missing() {
            return Err(runtime_error("No active exception to reraise"));
        }
        state().pending.set(Ref::new(handled));
        return Err(Raised);
    }
    let Some(made) = instance_of(exception)? else {
        return Err(type_error("exceptions must derive from BaseException"));
    };
    if !cause.is_missing() {
        let base = base(made.v());
        if cause.is_none() {
            drop(base.cause.take());
        } else {
            match instance_of(cause)? {
                Some(cause) => base.cause.set(cause),
                None => return Err(type_error("exception causes must derive from BaseException")),
            }
        }
        base.suppress_context.set(true);
    }
    Err(raise_instance(made))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_reraise(exception: Value) -> Value {
    state().pending.set(Ref::new(exception));
    Value::ERROR
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_catch() -> Value {
    state().pending.take().expect("dxp_catch without a pending exception").into_raw()
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_push_handled(exception: Value) -> Value {
    let before = state().handled.take();
    state().handled.set(Ref::new(exception));
    before.map_or(Value::NONE, Ref::into_raw)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_pop_handled(saved: Value) {
    dxp_set_handled(saved)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_set_handled(exception: Value) {
    if exception.is_none() || exception.is_missing() {
        drop(state().handled.take());
    } else {
        state().handled.set(Ref::new(exception));
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_traceback(code: *const Code, position: u32) {
    let pending = state().pending.get();
    if !pending.is_missing() {
        crate::traceback::prepend(pending, code, position);
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_assert_fail(message: Value) -> Value {
    let exception = new_with_arg(&ASSERTION_ERROR, message);
    let _ = raise_instance(exception);
    Value::ERROR
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_exception_matches(exception: Value, pattern: Value) -> i32 {
    truth(matches(exception, pattern))
}

/// `except pattern`: class or tuple of classes.
pub fn matches(exception: Value, pattern: Value) -> R<bool> {
    let class = if is_exception(exception) { type_of(exception) } else { return Ok(false) };
    if let Some(one) = as_exception_class(pattern) {
        return Ok(class.is_subtype(one));
    }
    let refuse = || type_error("catching classes that do not inherit from BaseException is not allowed");
    let Some(many) = crate::tuple::items(pattern) else { return Err(refuse()) };
    for one in many {
        if as_exception_class(*one).is_none() {
            return Err(refuse());
        }
    }
    Ok(many.iter().any(|one| as_exception_class(*one).is_some_and(|c| class.is_subtype(c))))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_load_special(object: Value, which: u32) -> Value {
    value(load_special(object, which))
}

fn load_special(object: Value, which: u32) -> R<Ref> {
    let name = ["__enter__", "__exit__", "__aenter__", "__aexit__"][which as usize];
    let special = match which {
        0 => crate::dunder::name(crate::dunder::D::Enter),
        1 => crate::dunder::name(crate::dunder::D::Exit),
        _ => crate::str::intern(name).into_raw(),
    };
    if let Some(method) = crate::type_object::lookup_special(object, special)? {
        return Ok(method);
    }
    let class = crate::type_object::display_name(object);
    let is_async = which >= 2;
    let has_other = {
        let other = if is_async { "__enter__" } else { "__aenter__" };
        let other_exit = if is_async { "__exit__" } else { "__aexit__" };
        let has = |n: &str| crate::type_object::lookup(type_of(object), crate::str::intern(n).v()).is_some();
        has(other) && has(other_exit)
    };
    let kind = if is_async { "asynchronous context manager" } else { "context manager" };
    let mut message = format!("'{class}' object does not support the {kind} protocol");
    message.push_str(&format!(" (missed {name} method)"));
    if has_other {
        let hint = if is_async { "'with'" } else { "'async with'" };
        message.push_str(&format!(" but it supports the {} protocol. Did you mean to use {hint}?", if is_async { "context manager" } else { "asynchronous context manager" }));
    }
    Err(type_error(message))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_with_except(exit: Value, exception: Value) -> i32 {
    truth(call_exit(exit, exception).and_then(|answer| crate::ops::truth(answer.v())))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_async_with_except(exit: Value, exception: Value) -> Value {
    value(call_exit(exit, exception))
}

fn call_exit(exit: Value, exception: Value) -> R<Ref> {
    let traceback = base(exception).traceback.cloned().unwrap_or_else(Ref::none);
    crate::call::call3(exit, type_of(exception).v(), exception, traceback.v())
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_eg_match(exception: Value, pattern: Value, out: *mut Value) -> i32 {
    status(crate::exception_group::except_star_match(exception, pattern).map(|(matched, rest)| {
        put(out, 0, matched);
        put(out, 1, rest);
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_eg_prep_reraise(original: Value, raised: Value) -> Value {
    value(crate::exception_group::prepare_reraise(original, raised))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_raise_unbound(name: Value, kind: u32) -> Value {
    let text = crate::str::to_rust(name);
    let (class, message): (&'static Type, String) = match kind {
        0 => (&UNBOUND_LOCAL_ERROR, format!("cannot access local variable '{text}' where it is not associated with a value")),
        1 => (&NAME_ERROR, format!("cannot access free variable '{text}' where it is not associated with a value in enclosing scope")),
        _ => (&NAME_ERROR, format!("name '{text}' is not defined")),
    };
    let exception = new_exception(class, &message);
    if kind != 0 {
        field_slot(exception.v(), 0).set(Ref::new(name));
    }
    let _ = raise_instance(exception);
    Value::ERROR
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_stack_check() -> i32 {
    status(crate::signals::stack_check())
}
