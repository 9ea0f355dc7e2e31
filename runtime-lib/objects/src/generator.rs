//! Generators and coroutines: objects around a compiled resume function.

use crate::prelude::*;
use crate::state::state;
use dxpyc_abi::{Code, GENERATOR_DONE, GENERATOR_START, GeneratorObject, code_flags};
use std::mem::offset_of;

/// The layout with its destructor.
#[repr(transparent)]
pub struct Generator(pub GeneratorObject);

object_type!(Generator, GENERATOR);

const SLOTS: Slots = Slots {
    iter: Some(crate::iterators::self_iter),
    next: Some(generator_next),
    repr: Some(generator_repr),
    finalize: Some(finalize),
    ..Slots::NONE
};

/// `generator`.
#[unsafe(export_name = "dxp_type_generator")]
pub static GENERATOR: Type = Type::builtin::<Generator>(
    "generator", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW | type_flags::FINALIZER | type_flags::WEAKREFABLE, SLOTS, Some(&GENERATOR_DECL),
)
.visited::<Generator>();

/// `coroutine`.
pub static COROUTINE: Type = Type::builtin::<Generator>(
    "coroutine", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW | type_flags::FINALIZER | type_flags::WEAKREFABLE,
    Slots { repr: Some(generator_repr), finalize: Some(finalize), await_: Some(coroutine_await), ..Slots::NONE }, Some(&COROUTINE_DECL),
)
.visited::<Generator>();

/// `async_generator`: can be made; iterating it comes with the event loop.
pub static ASYNC_GENERATOR: Type = Type::builtin::<Generator>(
    "async_generator", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW | type_flags::WEAKREFABLE,
    Slots { repr: Some(generator_repr), aiter: Some(async_unsupported), anext: Some(async_unsupported), ..Slots::NONE }, None,
)
.visited::<Generator>();

fn async_unsupported(_: Value) -> R<Ref> {
    Err(runtime_error("unsupported: asynchronous generators are not there yet"))
}

/// Whether it is a generator or coroutine object of ours.
#[inline]
pub fn get<'a>(v: Value) -> Option<&'a GeneratorObject> {
    let class = type_of(v);
    if std::ptr::eq(class, &GENERATOR) || std::ptr::eq(class, &COROUTINE) || std::ptr::eq(class, &ASYNC_GENERATOR) {
        Some(&crate::cast::get_unchecked::<Generator>(v).0)
    } else {
        None
    }
}

fn frame(generator: &GeneratorObject) -> *mut Value {
    (generator as *const GeneratorObject as usize + offset_of!(GeneratorObject, frame)) as *mut Value
}

fn n_objects(generator: &GeneratorObject) -> usize {
    // SAFETY: code records are static.
    unsafe { (*generator.code).n_frame_objects as usize }
}

/// The generator (or coroutine) of a call of `function` with all parameters bound in `args`.
pub fn make(function: Value, code: &'static Code, args: &[Value]) -> R<Ref> {
    let class = if code.flags & code_flags::COROUTINE != 0 {
        &COROUTINE
    } else if code.flags & code_flags::ASYNC_GENERATOR != 0 {
        &ASYNC_GENERATOR
    } else {
        &GENERATOR
    };
    let n_objects = code.n_frame_objects as usize;
    assert!(args.len() <= n_objects, "generator frame smaller than its parameters");
    let n_words = n_objects + code.n_frame_raw as usize;
    let p = class.allocate(size_of::<GeneratorObject>() + n_words * 8) as *mut GeneratorObject;
    // SAFETY: the block has room for the object and n_words frame words.
    unsafe {
        p.write(GeneratorObject {
            header: crate::cast::fresh_header(),
            resume: code.resume,
            code,
            function: Cell::new(Ref::new(function).into_raw()),
            state: Cell::new(GENERATOR_START),
            running: Cell::new(0),
            awaiting: Cell::new(Value::MISSING),
            handled: Cell::new(Value::NONE),
            extra: UnsafeCell::new([Value::MISSING; 4]),
            frame: [],
        });
        (*p).header.ty.set(&class.prefix);
        let frame = frame(&*p);
        for i in 0..n_words {
            frame.add(i).write(match args.get(i) {
                Some(v) => Ref::new(*v).into_raw(),
                None if i < n_objects => Value::MISSING,
                None => Value(0),
            });
        }
    }
    class.note_instance();
    crate::state::note_observable_death();
    Ok(Ref::from_owned(Value::from_address(p as usize)))
}

impl Drop for Generator {
    fn drop(&mut self) {
        self.clear();
        drop(Ref::from_owned(self.0.function.replace(Value::MISSING)));
    }
}

impl Visit for Generator {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.value(self.0.function.get());
        visitor.value(self.0.awaiting.get());
        visitor.value(self.0.handled.get());
        for i in 0..n_objects(&self.0) {
            // SAFETY: the frame has n_objects initialised words.
            visitor.value(unsafe { *frame(&self.0).add(i) });
        }
    }
    fn clear(&self) {
        for cell in [&self.0.awaiting, &self.0.handled] {
            drop(Ref::from_owned(cell.replace(Value::MISSING)));
        }
        self.0.handled.set(Value::NONE);
        for i in 0..n_objects(&self.0) {
            // SAFETY: as above; each word is taken before its count is dropped.
            let old = unsafe { frame(&self.0).add(i).replace(Value::MISSING) };
            drop(Ref::from_owned(old));
        }
    }
}

/// What one resumption gave.
pub enum Step {
    Yield(Ref),
    Return(Ref),
}

/// Resumes with a sent value (`Value::ERROR`: with the pending exception).
pub fn resume(v: Value, sent: Value) -> R<Step> {
    let generator = get(v).expect("a generator");
    let kind = if std::ptr::eq(type_of(v), &COROUTINE) { "coroutine" } else { "generator" };
    if generator.running.get() != 0 {
        return Err(value_error(format!("{kind} already executing")));
    }
    match generator.state.get() {
        GENERATOR_DONE => {
            if sent.is_error() {
                return Err(Raised);
            }
            if kind == "coroutine" {
                return Err(runtime_error("cannot reuse already awaited coroutine"));
            }
            return Ok(Step::Return(Ref::none()));
        }
        GENERATOR_START => {
            if sent.is_error() {
                finish(generator);
                if let Some(pending) = Some(state().pending.get()).filter(|p| !p.is_missing()) {
                    crate::traceback::prepend(pending, generator.code, 0);
                }
                return Err(Raised);
            }
            if !sent.is_none() {
                return Err(type_error(format!("can't send non-None value to a just-started {kind}")));
            }
        }
        _ => {}
    }
    let _keep = Ref::new(v);
    let outer = state().handled.take();
    let outer_value = outer.as_ref().map_or(Value::NONE, |r| r.v());
    let inner = generator.handled.replace(Value::NONE);
    if !inner.is_none() {
        state().handled.set(Ref::from_owned(inner));
    } else if let Some(outer) = &outer {
        state().handled.set(outer.clone());
    }
    generator.running.set(1);
    let resume = generator.resume.expect("a resume function");
    // SAFETY: the back end emitted the function for this code's generators; the object is alive (`_keep`).
    let result = unsafe { resume(v, sent) };
    generator.running.set(0);
    let now = state().handled.take();
    let done = generator.state.get() == GENERATOR_DONE || result.is_error();
    if let Some(now) = now
        && !done
        && now.v() != outer_value
        && !now.v().is_none()
    {
        generator.handled.set(now.into_raw());
    }
    if let Some(outer) = outer {
        state().handled.set(outer);
    }
    if result.is_error() {
        finish(generator);
        return Err(convert_stop_iteration(kind));
    }
    let result = Ref::from_owned(result);
    if done {
        finish(generator);
        Ok(Step::Return(result))
    } else {
        Ok(Step::Yield(result))
    }
}

fn finish(generator: &GeneratorObject) {
    generator.state.set(GENERATOR_DONE);
    crate::cast::get_unchecked::<Generator>(crate::cast::value_of(unsafe_generator(generator))).clear();
}

fn unsafe_generator(generator: &GeneratorObject) -> &Generator {
    // SAFETY: Generator is repr(transparent) over GeneratorObject.
    unsafe { &*(generator as *const GeneratorObject as *const Generator) }
}

/// PEP 479: StopIteration that leaves a generator becomes RuntimeError.
fn convert_stop_iteration(kind: &str) -> Raised {
    let pending = state().pending.get();
    if !pending.is_missing() && type_of(pending).is_subtype(&crate::exceptions::STOP_ITERATION) {
        let cause = crate::state::take_pending().expect("a pending exception");
        let raised = crate::exceptions::new_exception(&crate::exceptions::RUNTIME_ERROR, &format!("{kind} raised StopIteration"));
        let base = crate::exceptions::base(raised.v());
        base.cause.set(cause.clone());
        base.context.set(cause);
        base.suppress_context.set(true);
        state().pending.set(raised);
    }
    Raised
}

fn generator_next(v: Value) -> R<Option<Ref>> {
    match resume(v, Value::NONE)? {
        Step::Yield(value) => Ok(Some(value)),
        Step::Return(value) if value.v().is_none() => Ok(None),
        Step::Return(value) => Err(stop_iteration(value.v())),
    }
}

fn step_to_result(step: Step) -> R<Ref> {
    match step {
        Step::Yield(value) => Ok(value),
        Step::Return(value) => Err(stop_iteration(if value.v().is_none() { Value::MISSING } else { value.v() })),
    }
}

fn send(v: Value, value: Value) -> R<Ref> {
    step_to_result(resume(v, value)?)
}

/// `throw(type[, value[, tb]])`.
fn throw(v: Value, exception: Value, value: Option<Value>, traceback: Option<Value>) -> R<Ref> {
    if let Some(tb) = traceback
        && !tb.is_none()
        && !is_exact(tb, &crate::traceback::TRACEBACK)
    {
        return Err(type_error("throw() third argument must be a traceback object"));
    }
    let instance = if crate::exceptions::as_exception_class(exception).is_some() {
        let made = match value {
            Some(value) if crate::exceptions::is_exception(value) && crate::ops::isinstance(value, exception)? => Ref::new(value),
            Some(value) if !value.is_none() => match crate::tuple::items(value) {
                Some(items) => crate::call::call(exception, &Args::positional(items))?,
                None => crate::call::call1(exception, value)?,
            },
            _ => crate::call::call0(exception)?,
        };
        if !crate::exceptions::is_exception(made.v()) {
            return Err(type_error(format!(
                "calling {} should have returned an instance of BaseException, not {}",
                crate::str::to_rust(crate::ops::repr(exception)?.v()),
                crate::str::to_rust(crate::ops::repr(type_of(made.v()).v())?.v())
            )));
        }
        made
    } else if crate::exceptions::is_exception(exception) {
        if value.is_some_and(|v| !v.is_none()) {
            return Err(type_error("instance exception may not have a separate value"));
        }
        Ref::new(exception)
    } else {
        return Err(type_error(format!(
            "exceptions must be classes or instances deriving from BaseException, not {}",
            crate::type_object::display_name(exception)
        )));
    };
    if let Some(tb) = traceback
        && !tb.is_none()
    {
        crate::exceptions::base(instance.v()).traceback.set(Ref::new(tb));
    }
    throw_instance(v, instance)
}

/// Throws an exception instance into the generator.
pub fn throw_instance(v: Value, exception: Ref) -> R<Ref> {
    let generator = get(v).expect("a generator");
    if generator.running.get() != 0 {
        return Err(value_error("generator already executing"));
    }
    crate::exceptions::set_context_from_handled(exception.v());
    state().pending.set(exception);
    step_to_result(resume(v, Value::ERROR)?)
}

/// `close()`: the value returned by the generator after GeneratorExit, or None.
pub fn close(v: Value) -> R<Ref> {
    let generator = get(v).expect("a generator");
    if generator.running.get() != 0 {
        return Err(value_error("generator already executing"));
    }
    match generator.state.get() {
        GENERATOR_DONE => return Ok(Ref::none()),
        GENERATOR_START => {
            finish(generator);
            return Ok(Ref::none());
        }
        _ => {}
    }
    let exit = crate::exceptions::new_exception(&crate::exceptions::GENERATOR_EXIT, "");
    state().pending.set(exit);
    match resume(v, Value::ERROR) {
        Ok(Step::Yield(_)) => Err(runtime_error("generator ignored GeneratorExit")),
        Ok(Step::Return(value)) => Ok(value),
        Err(Raised) => {
            if swallow(&crate::exceptions::GENERATOR_EXIT) || swallow(&crate::exceptions::STOP_ITERATION) {
                Ok(Ref::none())
            } else {
                Err(Raised)
            }
        }
    }
}

/// A suspended generator that dies is closed; errors are reported and ignored.
fn finalize(v: Value) {
    let Some(generator) = get(v) else { return };
    match generator.state.get() {
        GENERATOR_DONE => return,
        GENERATOR_START => {
            if std::ptr::eq(type_of(v), &COROUTINE) {
                crate::unraisable::warn_never_awaited(v);
            }
            return;
        }
        _ => {}
    }
    let saved = crate::state::take_pending();
    if close(v).is_err() {
        crate::unraisable::report("Exception ignored while closing generator ", v);
    }
    if let Some(saved) = saved {
        state().pending.set(saved);
    }
}

fn generator_repr(v: Value) -> R<Ref> {
    let generator = get(v).expect("a generator");
    let name = crate::str::to_rust(name_of(generator, 1));
    Ok(crate::str::from_str(&format!("<{} object {name} at {:#x}>", type_of(v).static_name, v.address())))
}

/// `extra` word 0 is `__name__`, 1 `__qualname__`; MISSING: the function's.
fn name_of(generator: &GeneratorObject, which: usize) -> Value {
    // SAFETY: extra is only touched here, single words.
    let own = unsafe { (*generator.extra.get())[which] };
    if !own.is_missing() {
        return own;
    }
    let function = generator.function.get();
    crate::function::names_of(function)[which]
}

fn set_name(generator: &GeneratorObject, which: usize, value: Value) {
    // SAFETY: as name_of.
    let old = unsafe { std::mem::replace(&mut (*generator.extra.get())[which], Ref::new(value).into_raw()) };
    drop(Ref::from_owned(old));
}

fn coroutine_await(v: Value) -> R<Ref> {
    Err(runtime_error(format!("unsupported: awaiting {} outside compiled code", type_of(v).static_name)))
}

macro_rules! generator_methods {
    ($decl:ident, $holder:ident, $running:literal, $suspended:literal, $code:literal, $awaiting:literal, $frame:literal) => {
        /// Holder of the methods.
        #[repr(transparent)]
        pub struct $holder(GeneratorObject);
        // SAFETY: repr(transparent) over the object's layout.
        unsafe impl Object for $holder {
            fn class() -> &'static Type {
                &GENERATOR
            }
        }
        #[native_class(decl = $decl)]
        impl $holder {
            /// Resume with a value; return the next yielded value or raise StopIteration.
            #[native("($self, value, /)")]
            fn send(this: Value, value: Value) -> R<Ref> {
                send(this, value)
            }
            /// Raise an exception at the point where it is suspended.
            #[native("($self, type, value=<absent>, traceback=<absent>, /)")]
            fn throw(this: Value, exception: Value, value: Option<Value>, traceback: Option<Value>) -> R<Ref> {
                throw(this, exception, value, traceback)
            }
            /// Raise GeneratorExit inside.
            #[native("($self, /)")]
            fn close(this: Value) -> R<Ref> {
                close(this)
            }
            #[getter]
            fn __name__(&self) -> R<Ref> {
                Ok(Ref::new(name_of(&self.0, 0)))
            }
            #[setter]
            fn set___name__(&self, value: Value) -> R<()> {
                if value.is_missing() || !type_of(value).has(type_flags::STR) {
                    return Err(type_error("__name__ must be set to a string object"));
                }
                set_name(&self.0, 0, value);
                Ok(())
            }
            #[getter]
            fn __qualname__(&self) -> R<Ref> {
                Ok(Ref::new(name_of(&self.0, 1)))
            }
            #[setter]
            fn set___qualname__(&self, value: Value) -> R<()> {
                if value.is_missing() || !type_of(value).has(type_flags::STR) {
                    return Err(type_error("__qualname__ must be set to a string object"));
                }
                set_name(&self.0, 1, value);
                Ok(())
            }
            #[getter(name = $running)]
            fn running(&self) -> bool {
                self.0.running.get() != 0
            }
            #[getter(name = $suspended)]
            fn suspended(&self) -> bool {
                self.0.running.get() == 0 && !matches!(self.0.state.get(), GENERATOR_START | GENERATOR_DONE)
            }
            #[getter(name = $code)]
            fn code(&self) -> R<Ref> {
                // SAFETY: code records are static.
                crate::function::code_object(unsafe { &*self.0.code })
            }
            #[getter(name = $awaiting)]
            fn awaiting(&self) -> R<Ref> {
                let v = self.0.awaiting.get();
                Ok(if v.is_missing() { Ref::none() } else { Ref::new(v) })
            }
            #[getter(name = $frame)]
            fn frame(&self) -> R<Ref> {
                if self.0.state.get() == GENERATOR_DONE {
                    return Ok(Ref::none());
                }
                // SAFETY: code records are static.
                let line = unsafe { (*self.0.code).first_line };
                Ok(crate::traceback::new_frame(self.0.code, line))
            }
        }
    };
}

generator_methods!(GENERATOR_DECL, GeneratorMethods, "gi_running", "gi_suspended", "gi_code", "gi_yieldfrom", "gi_frame");
generator_methods!(COROUTINE_DECL, CoroutineMethods, "cr_running", "cr_suspended", "cr_code", "cr_await", "cr_frame");
