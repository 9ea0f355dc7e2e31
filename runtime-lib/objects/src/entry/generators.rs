//! Entries: `yield from`, `await`.

use super::value;
use crate::generator::{self, Step};
use crate::prelude::*;

#[unsafe(no_mangle)]
pub extern "C" fn dxp_yield_from_iter(object: Value, in_coroutine: u32) -> Value {
    if is_exact(object, &generator::COROUTINE) {
        if in_coroutine != 0 {
            return Ref::new(object).into_raw();
        }
        let _ = type_error("cannot 'yield from' a coroutine object in a non-coroutine generator");
        return Value::ERROR;
    }
    value(crate::ops::iter(object))
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
    finish(send(iterator, sent), done)
}

fn send(iterator: Value, sent: Value) -> R<Step> {
    if generator::get(iterator).is_some() {
        return generator::resume(iterator, sent);
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
pub extern "C" fn dxp_send_throw(_generator: Value, iterator: Value, exception: Value, done: *mut i32) -> Value {
    finish(send_throw(iterator, exception), done)
}

fn send_throw(iterator: Value, exception: Value) -> R<Step> {
    let again = || {
        crate::state::state().pending.set(Ref::new(exception));
        Raised
    };
    if type_of(exception).is_subtype(&crate::exceptions::GENERATOR_EXIT) {
        if generator::get(iterator).is_some() {
            generator::close(iterator)?;
        } else if let Some(close) = crate::ops::getattr_opt(iterator, "close")? {
            crate::call::call0(close.v())?;
        }
        return Err(again());
    }
    if generator::get(iterator).is_some() {
        return from_call(generator::throw_instance(iterator, Ref::new(exception)));
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

fn unsupported(what: &str) -> Value {
    let _ = runtime_error(format!("unsupported: {what} is not there yet"));
    Value::ERROR
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_get_awaitable(object: Value, _context: u32) -> Value {
    if generator::get(object).is_some() {
        return Ref::new(object).into_raw();
    }
    let name = crate::str::intern("__await__");
    match crate::type_object::lookup_special(object, name.v()) {
        Ok(Some(method)) => value(crate::call::call0(method.v())),
        Ok(None) => {
            let _ = type_error(format!("'{}' object can't be awaited", crate::type_object::display_name(object)));
            Value::ERROR
        }
        Err(Raised) => Value::ERROR,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_get_aiter(_object: Value) -> Value {
    unsupported("'async for'")
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_get_anext(_iterator: Value) -> Value {
    unsupported("'async for'")
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_end_async_for(_exception: Value) -> i32 {
    unsupported("'async for'");
    -1
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_async_gen_wrap(_value: Value) -> Value {
    unsupported("an asynchronous generator")
}
