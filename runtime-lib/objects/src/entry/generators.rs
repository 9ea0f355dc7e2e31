//! Entries: `yield from`, `await`.

use super::value;
use crate::generator::{self, Step, ThrowMode};
use crate::prelude::*;

#[unsafe(no_mangle)]
pub extern "C" fn dxp_yield_from_iter(object: Value, in_coroutine: u32) -> Value {
    if is_exact(object, &generator::COROUTINE) {
        let iterable = || crate::async_generator::is_coroutine_like(crate::state::state().generator.get());
        if in_coroutine != 0 || iterable() {
            return Ref::new(object).into_raw();
        }
        let _ = type_error("cannot 'yield from' a coroutine object in a non-coroutine generator");
        return Value::ERROR;
    }
    value(crate::ops::iter(object))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_sum_rest(iterator: Value, total: Value) -> Value {
    value(crate::builtins_reduce::sum_rest(iterator, total))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_leave_generator() {
    generator::convert_stop("generator");
}

fn finish(result: R<Step>, done: *mut i32) -> Value {
    let (is_done, v) = match result {
        Ok(Step::Yield(v)) => (0, v.into_raw()),
        Ok(Step::Return(v)) => (1, v.into_raw()),
        Err(Raised) => (0, Value::ERROR),
    };
    // SAFETY: compiled code passes the address of a stack word.
    unsafe { done.write(is_done) };
    v
}

fn from_call(result: R<Ref>) -> R<Step> {
    match result {
        Ok(v) => Ok(Step::Yield(v)),
        Err(Raised) => stop_value().map(Step::Return),
    }
}

/// Takes the pending StopIteration's value; other exceptions stay.
fn stop_value() -> R<Ref> {
    let pending = crate::state::state().pending.get();
    if !pending.is_missing() && type_of(pending).is_subtype(&crate::exceptions::STOP_ITERATION) {
        let stop = crate::state::take_pending().expect("a pending exception");
        return Ok(Ref::new(crate::exceptions::field(stop.v(), 0)));
    }
    Err(Raised)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_send(_generator: Value, iterator: Value, sent: Value, done: *mut i32) -> Value {
    if let Some(result) = generator::take_delegated(iterator) {
        // SAFETY: compiled code passes the address of a stack word.
        unsafe { done.write(i32::from(!result.is_error())) };
        return result;
    }
    if is_exact(iterator, &generator::GENERATOR)
        && let Some((result, is_done)) = generator::resume_raw(iterator, generator::of_exact(iterator), sent)
    {
        // SAFETY: as above.
        unsafe { done.write(i32::from(is_done)) };
        return result;
    }
    finish(send(iterator, sent), done)
}

fn send(iterator: Value, sent: Value) -> R<Step> {
    if generator::get(iterator).is_some() {
        return generator::resume(iterator, sent);
    }
    if let Some(step) = crate::async_generator::try_send(iterator, sent) {
        return step;
    }
    if sent.is_none() {
        if type_of(iterator).slots().next.is_some_and(|f| std::ptr::fn_addr_eq(f, crate::slot_functions::slot_next as crate::slots::NextFn)) {
            // The value of StopIteration counts here: the method is called as it is.
            let answer = crate::slot_functions::call_special(iterator, crate::dunder::D::Next, &[]);
            return from_call(answer.map(|v| v.unwrap_or_else(Ref::none)));
        }
        return match crate::ops::next(iterator) {
            Ok(Some(v)) => Ok(Step::Yield(v)),
            Ok(None) => Ok(Step::Return(Ref::none())),
            Err(Raised) => stop_value().map(Step::Return),
        };
    }
    from_call(crate::call::call_method(iterator, "send", &[sent]))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_send_throw(generator: Value, iterator: Value, exception: Value, done: *mut i32) -> Value {
    finish(send_throw(generator, iterator, exception), done)
}

fn send_throw(outer: Value, iterator: Value, exception: Value) -> R<Step> {
    let again = || {
        crate::state::state().pending.set(Ref::new(exception));
        Raised
    };
    let mode = generator::take_throw_mode(outer);
    if mode == ThrowMode::Thrown {
        let _ = again();
        return stop_value().map(Step::Return);
    }
    let close_on_exit = mode == ThrowMode::Usual;
    if close_on_exit && type_of(exception).is_subtype(&crate::exceptions::GENERATOR_EXIT) {
        if generator::get(iterator).is_some() {
            generator::close(iterator)?;
        } else if let Some(close) = crate::ops::getattr_opt(iterator, "close").unwrap_or_else(|_| {
            // Its look-up failed: it is as good as not there.
            crate::unraisable::report("Exception ignored while closing generator ", iterator);
            None
        }) {
            crate::call::call0(close.v())?;
        }
        return Err(again());
    }
    if generator::get(iterator).is_some() {
        return generator::throw_step(iterator, Ref::new(exception), close_on_exit);
    }
    match crate::ops::getattr_opt(iterator, "throw")? {
        None => Err(again()),
        Some(throw) => from_call(crate::call::call1(throw.v(), exception)),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_set_awaiting(generator: Value, iterator: Value) {
    if let Some(object) = generator::get(generator) {
        let old = object.awaiting.replace(Ref::new(iterator).into_raw());
        drop(Ref::from_owned(old));
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_get_awaitable(object: Value, context: u32) -> Value {
    value(get_awaitable(object, context))
}

fn get_awaitable(object: Value, context: u32) -> R<Ref> {
    if context != 0 && type_of(object).slots().await_.is_none() && !crate::async_generator::is_coroutine_like(object) {
        let method = if context == 1 { "__aenter__" } else { "__aexit__" };
        return Err(type_error(format!(
            "'async with' received an object from {method} that does not implement __await__: {}",
            crate::type_object::display_name(object)
        )));
    }
    let iterator = crate::async_generator::awaitable_iter(object)?;
    if is_exact(iterator.v(), &generator::COROUTINE) && generator::get(iterator.v()).is_some_and(|g| !g.awaiting.get().is_missing()) {
        return Err(runtime_error("coroutine is being awaited already"));
    }
    Ok(iterator)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_get_aiter(object: Value) -> Value {
    value(get_aiter(object))
}

fn get_aiter(object: Value) -> R<Ref> {
    let name = |v: Value| crate::type_object::display_name(v);
    let Some(f) = type_of(object).slots().aiter else {
        return Err(type_error(format!("'async for' requires an object with __aiter__ method, got {}", name(object))));
    };
    let iterator = f(object)?;
    if type_of(iterator.v()).slots().anext.is_none() {
        return Err(type_error(format!(
            "'async for' received an object from __aiter__ that does not implement __anext__: {}",
            name(iterator.v())
        )));
    }
    Ok(iterator)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_get_anext(iterator: Value) -> Value {
    value(crate::async_generator::anext_iter(iterator))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_end_async_for(exception: Value) -> i32 {
    if type_of(exception).is_subtype(&crate::exceptions::STOP_ASYNC_ITERATION) {
        return 0;
    }
    crate::state::state().pending.set(Ref::new(exception));
    -1
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_async_gen_wrap(value: Value) -> Value {
    crate::async_generator::wrap(value).into_raw()
}
