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
.visited::<Generator>()
.dealloc_by(dealloc);

/// `coroutine`.
pub static COROUTINE: Type = Type::builtin::<Generator>(
    "coroutine", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW | type_flags::FINALIZER | type_flags::WEAKREFABLE,
    Slots { repr: Some(generator_repr), finalize: Some(finalize), await_: Some(crate::async_generator::coroutine_await), ..Slots::NONE },
    Some(&COROUTINE_DECL),
)
.visited::<Generator>();

/// `async_generator`.
pub static ASYNC_GENERATOR: Type = Type::builtin::<Generator>(
    "async_generator", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW | type_flags::FINALIZER | type_flags::WEAKREFABLE,
    Slots {
        repr: Some(generator_repr),
        finalize: Some(finalize),
        aiter: Some(crate::iterators::self_iter),
        anext: Some(|v| crate::async_generator::asend(v, Value::NONE)),
        ..Slots::NONE
    },
    Some(&ASYNC_GENERATOR_DECL),
)
.visited::<Generator>();

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

/// The body of what is exactly a generator.
#[inline(always)]
pub fn of_exact<'a>(v: Value) -> &'a GeneratorObject {
    &crate::cast::get_unchecked::<Generator>(v).0
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
    // The three classes are builtin and cannot be extended: nothing stands behind the frame.
    let p = dxpyc_heap::alloc(size_of::<GeneratorObject>() + n_words * 8) as *mut GeneratorObject;
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
        for (i, &arg) in args.iter().enumerate() {
            frame.add(i).write(Ref::new(arg).into_raw());
        }
        for i in args.len()..n_objects {
            frame.add(i).write(Value::MISSING);
        }
        for i in n_objects..n_words {
            frame.add(i).write(Value(0));
        }
    }
    class.note_instance();
    crate::state::note_observable_death();
    Ok(Ref::from_owned(Value::from_address(p as usize)))
}

/// The code record of the function that made it (`types.coroutine` gives functions another one).
pub fn code_of(generator: &GeneratorObject) -> &'static Code {
    // SAFETY: code records are static.
    crate::function::code_of(generator.function.get()).unwrap_or(unsafe { &*generator.code })
}

/// Destroys a generator: at once when it has not begun or is finished, else its code must end first.
fn dealloc(v: Value) {
    let generator = &crate::cast::get_unchecked::<Generator>(v).0;
    if generator.header.count.get() & dxpyc_abi::COUNT_WEAKREFS != 0 || !matches!(generator.state.get(), GENERATOR_START | GENERATOR_DONE) {
        return crate::type_object::dealloc_any(v, &GENERATOR);
    }
    crate::type_object::nested(v, || {
        // SAFETY: the object is dead, and its type is builtin without attributes.
        unsafe { std::ptr::drop_in_place(v.address() as *mut Generator) };
        crate::type_object::dealloc_block(v);
    })
}

/// What messages call it.
fn kind_of(v: Value) -> &'static str {
    match type_of(v) {
        class if std::ptr::eq(class, &COROUTINE) => "coroutine",
        class if std::ptr::eq(class, &ASYNC_GENERATOR) => "async generator",
        _ => "generator",
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        if self.0.state.get() != GENERATOR_DONE {
            self.clear();
        }
        drop(Ref::from_owned(self.0.awaiting.replace(Value::MISSING)));
        drop(Ref::from_owned(self.0.handled.replace(Value::NONE)));
        for i in 0..4 {
            // SAFETY: the object dies; each word is owned or MISSING.
            let word = unsafe { std::mem::replace(&mut (*self.0.extra.get())[i], Value::MISSING) };
            drop(Ref::from_owned(word));
        }
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
    if !can_run(generator, sent) {
        return cannot_run(v, generator, sent);
    }
    let _keep = Ref::new(v);
    let result = run(v, generator, sent);
    if result.is_error() {
        return Err(Raised);
    }
    let result = Ref::from_owned(result);
    Ok(if generator.state.get() == GENERATOR_DONE { Step::Return(result) } else { Step::Yield(result) })
}

/// The next value of a generator; MISSING when it has returned (the value that it returned is dropped), ERROR when an exception is pending.
#[inline]
pub fn next_value(v: Value) -> Value {
    let generator = &crate::cast::get_unchecked::<Generator>(v).0;
    if !can_run(generator, Value::NONE) {
        return match cannot_run(v, generator, Value::NONE) {
            Ok(_) => Value::MISSING,
            Err(Raised) => Value::ERROR,
        };
    }
    let _keep = Ref::new(v);
    let result = run(v, generator, Value::NONE);
    if generator.state.get() == GENERATOR_DONE && !result.is_error() {
        drop(Ref::from_owned(result));
        return Value::MISSING;
    }
    result
}

#[inline(always)]
fn can_run(generator: &GeneratorObject, sent: Value) -> bool {
    let is_suspended = match generator.state.get() {
        GENERATOR_START => sent.is_none(),
        GENERATOR_DONE => false,
        _ => true,
    };
    is_suspended && generator.running.get() == 0
}

/// As [`resume`], for compiled code: the value, or ERROR; whether it was returned.
#[inline]
pub fn resume_raw(v: Value, generator: &GeneratorObject, sent: Value) -> Option<(Value, bool)> {
    if !can_run(generator, sent) {
        return None;
    }
    let _keep = Ref::new(v);
    let result = run(v, generator, sent);
    Some((result, generator.state.get() == GENERATOR_DONE && !result.is_error()))
}

/// What resuming gives when the function cannot go on.
#[cold]
#[inline(never)]
fn cannot_run(v: Value, generator: &GeneratorObject, sent: Value) -> R<Step> {
    let kind = kind_of(v);
    if generator.running.get() != 0 {
        return Err(value_error(format!("{kind} already executing")));
    }
    if generator.state.get() == GENERATOR_DONE {
        if kind == "coroutine" {
            drop(crate::state::take_pending());
            return Err(runtime_error("cannot reuse already awaited coroutine"));
        }
        if sent.is_error() {
            return Err(Raised);
        }
        return Ok(Step::Return(Ref::none()));
    }
    if sent.is_error() {
        finish(generator);
        let pending = state().pending.get();
        if !pending.is_missing() {
            crate::traceback::prepend(pending, generator.code, 0);
        }
        return Err(Raised);
    }
    Err(type_error(format!("can't send non-None value to a just-started {kind}")))
}

#[inline(always)]
fn is_generator(v: Value) -> bool {
    v.is_pointer() && is_exact(v, &GENERATOR)
}

/// Generators that wait for one another by `yield from`, of which the innermost is resumed at once.
const CHAIN_MAX: usize = 64;

/// Runs to the next `yield` or the end (then the state is [`GENERATOR_DONE`]).
#[inline(always)]
fn run(v: Value, generator: &GeneratorObject, sent: Value) -> Value {
    if is_generator(generator.awaiting.get()) && !sent.is_error() {
        return run_innermost(generator, sent);
    }
    run_one(v, generator, sent)
}

/// Resumes the generator for which the others wait, instead of each of them in turn. When it ends, its result is put down for the next
/// outer one's `yield from` to take ([`take_delegated`]).
#[inline(never)]
fn run_innermost(generator: &GeneratorObject, sent: Value) -> Value {
    // Nothing can change a generator that runs: each keeps the next one alive, and the caller the first.
    let mut chain = [const { std::mem::MaybeUninit::<&GeneratorObject>::uninit() }; CHAIN_MAX];
    let mut n = 0;
    let mut inner = generator;
    while n < CHAIN_MAX && is_generator(inner.awaiting.get()) && inner.handled.get().is_none() {
        let next = &crate::cast::get_unchecked::<Generator>(inner.awaiting.get()).0;
        if next.running.get() != 0 || matches!(next.state.get(), GENERATOR_START | GENERATOR_DONE) {
            break;
        }
        inner.running.set(1);
        chain[n].write(inner);
        n += 1;
        inner = next;
    }
    let thread = state();
    let value = |g: &GeneratorObject| Value::from_address(g as *const GeneratorObject as usize);
    let mut result = run_one(value(inner), inner, sent);
    while n > 0 && inner.state.get() == GENERATOR_DONE {
        n -= 1;
        // SAFETY: the first n entries are written.
        let outer = unsafe { chain[n].assume_init() };
        thread.delegated.set((value(inner), result));
        inner = outer;
        result = run_one(value(inner), inner, Value::NONE);
        if let Some(left) = take_delegated_result() {
            // It was interrupted before it came to its `yield from`.
            drop(Ref::from_owned(left));
        }
    }
    for entry in &chain[..n] {
        // SAFETY: as above.
        unsafe { entry.assume_init() }.running.set(0);
    }
    result
}

fn take_delegated_result() -> Option<Value> {
    let (iterator, result) = state().delegated.get();
    if iterator.is_missing() {
        return None;
    }
    state().delegated.set((Value::MISSING, Value::MISSING));
    Some(result)
}

/// The result (owned, or ERROR) of an iterator that [`run_innermost`] has already brought to its end.
#[inline(always)]
pub fn take_delegated(iterator: Value) -> Option<Value> {
    if state().delegated.get().0 == iterator { take_delegated_result() } else { None }
}

/// Runs one generator to the next `yield` or the end.
#[inline(always)]
fn run_one(v: Value, generator: &GeneratorObject, sent: Value) -> Value {
    let thread = state();
    if !thread.handled.is_empty() || !generator.handled.get().is_none() {
        return run_handling(v, generator, sent);
    }
    generator.running.set(1);
    let outer_generator = thread.generator.replace(v);
    // SAFETY: the back end emitted the function for this code's generators; the caller keeps the object alive.
    let result = unsafe { generator.resume.unwrap_unchecked()(v, sent) };
    thread.generator.set(outer_generator);
    generator.running.set(0);
    if generator.state.get() == GENERATOR_DONE || result.is_error() || !thread.handled.is_empty() {
        suspended_handling_or_ended(v, generator, result);
    }
    result
}

#[inline(never)]
fn suspended_handling_or_ended(v: Value, generator: &GeneratorObject, result: Value) {
    if let Some(own) = state().handled.take() {
        generator.handled.set(own.into_raw());
    }
    ended(v, generator, result);
}

#[inline]
fn ended(v: Value, generator: &GeneratorObject, result: Value) {
    if result.is_error() {
        finish(generator);
        convert_stop_iteration(v);
    } else if generator.state.get() == GENERATOR_DONE {
        finish(generator);
    }
}

/// As `run_one` where an exception is being handled: the generator's own takes the place of
/// the caller's, which stays to be seen through [`crate::state::State::handled_now`].
#[inline(never)]
fn run_handling(v: Value, generator: &GeneratorObject, sent: Value) -> Value {
    let _keep = Ref::new(v);
    let thread = state();
    let outer = crate::state::OuterHandled { handled: Slot::empty(), next: thread.outer.get() };
    if let Some(handled) = thread.handled.take() {
        outer.handled.set(handled);
    }
    thread.outer.set(&outer);
    let own = generator.handled.replace(Value::NONE);
    if !own.is_none() {
        thread.handled.set(Ref::from_owned(own));
    }
    generator.running.set(1);
    let outer_generator = thread.generator.replace(v);
    let resume = generator.resume.expect("a resume function");
    // SAFETY: the back end emitted the function for this code's generators; the object is alive (`_keep`).
    let result = unsafe { resume(v, sent) };
    generator.running.set(0);
    thread.generator.set(outer_generator);
    thread.outer.set(outer.next);
    if let Some(own) = thread.handled.take() {
        generator.handled.set(own.into_raw());
    }
    if let Some(handled) = outer.handled.take() {
        thread.handled.set(handled);
    }
    ended(v, generator, result);
    result
}

fn finish(generator: &GeneratorObject) {
    generator.state.set(GENERATOR_DONE);
    crate::cast::get_unchecked::<Generator>(crate::cast::value_of(unsafe_generator(generator))).clear();
}

fn unsafe_generator(generator: &GeneratorObject) -> &Generator {
    // SAFETY: Generator is repr(transparent) over GeneratorObject.
    unsafe { &*(generator as *const GeneratorObject as *const Generator) }
}

/// PEP 479: StopIteration that leaves a generator becomes RuntimeError, and StopAsyncIteration that leaves an asynchronous one.
#[cold]
fn convert_stop_iteration(v: Value) {
    convert_stop(kind_of(v))
}

/// A pending StopIteration becomes the RuntimeError that leaves what `kind` says.
pub fn convert_stop(kind: &str) {
    let pending = state().pending.get();
    let is = |class: &'static Type| !pending.is_missing() && type_of(pending).is_subtype(class);
    let name = if is(&crate::exceptions::STOP_ITERATION) {
        "StopIteration"
    } else if kind == "async generator" && is(&crate::exceptions::STOP_ASYNC_ITERATION) {
        "StopAsyncIteration"
    } else {
        return;
    };
    let cause = crate::state::take_pending().expect("a pending exception");
    let raised = crate::exceptions::new_exception(&crate::exceptions::RUNTIME_ERROR, &format!("{kind} raised {name}"));
    let base = crate::exceptions::base(raised.v());
    base.cause.set(cause.clone());
    base.context.set(cause);
    base.suppress_context.set(true);
    state().pending.set(raised);
}

/// Whether nothing is to be done when the generator dies: it has not begun, or it is finished.
#[inline]
pub fn is_idle_generator(v: Value) -> bool {
    is_exact(v, &GENERATOR)
        && matches!(crate::cast::get_unchecked::<Generator>(v).0.state.get(), GENERATOR_START | GENERATOR_DONE)
}

fn generator_next(v: Value) -> R<Option<Ref>> {
    step_to_next(resume(v, Value::NONE)?)
}

/// The answer of a `next` slot.
pub fn step_to_next(step: Step) -> R<Option<Ref>> {
    match step {
        Step::Yield(value) => Ok(Some(value)),
        Step::Return(value) if value.v().is_none() => Ok(None),
        Step::Return(value) => Err(stop_iteration(value.v())),
    }
}

/// The answer of `send` and the like: a return raises StopIteration.
pub fn step_to_result(step: Step) -> R<Ref> {
    match step {
        Step::Yield(value) => Ok(value),
        Step::Return(value) => Err(stop_iteration(if value.v().is_none() { Value::MISSING } else { value.v() })),
    }
}

fn send(v: Value, value: Value) -> R<Ref> {
    step_to_result(resume(v, value)?)
}

/// The exception that `throw(type[, value[, tb]])` raises.
pub fn thrown(exception: Value, value: Option<Value>, traceback: Option<Value>) -> R<Ref> {
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
                crate::type_object::display_name(made.v())
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
    Ok(instance)
}

/// `throw(type[, value[, tb]])`.
fn throw(v: Value, exception: Value, value: Option<Value>, traceback: Option<Value>) -> R<Ref> {
    let generator = get(v).expect("a generator");
    // Instances and GeneratorExit go through the code that delegates.
    let plain = crate::exceptions::is_exception(exception)
        || crate::exceptions::as_exception_class(exception).is_some_and(|class| class.is_subtype(&crate::exceptions::GENERATOR_EXIT));
    let delegate = generator.awaiting.get();
    if (!plain || value.is_some()) && !delegate.is_missing() && get(delegate).is_none() && generator.running.get() == 0 {
        // A delegate gets the arguments as they are.
        let delegate = Ref::new(delegate);
        if let Some(method) = crate::ops::getattr_opt(delegate.v(), "throw")? {
            let mut args = vec![exception];
            args.extend(value);
            args.extend(traceback);
            generator.running.set(1);
            let answer = crate::call::call(method.v(), &Args::positional(&args));
            generator.running.set(0);
            return match answer {
                Ok(yielded) => Ok(yielded),
                Err(Raised) => {
                    state().throw_mode.set((v, ThrowMode::Thrown));
                    step_to_result(resume_thrown(v)?)
                }
            };
        }
    }
    step_to_result(throw_step(v, thrown(exception, value, traceback)?, true)?)
}

/// How an exception reaches what a generator delegates to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ThrowMode {
    /// GeneratorExit closes the delegate, others are thrown into it.
    Usual,
    /// All are thrown, GeneratorExit too (`aclose`, `athrow`).
    KeepExit,
    /// The delegate has raised it already.
    Thrown,
}

/// The mode for the delegation that `generator` begins now.
pub fn take_throw_mode(generator: Value) -> ThrowMode {
    let (of, mode) = state().throw_mode.replace((Value::MISSING, ThrowMode::Usual));
    if of == generator { mode } else { ThrowMode::Usual }
}

fn resume_thrown(v: Value) -> R<Step> {
    let result = resume(v, Value::ERROR);
    if state().throw_mode.get().0 == v {
        state().throw_mode.set((Value::MISSING, ThrowMode::Usual));
    }
    result
}

/// Throws an exception instance into the generator.
pub fn throw_step(v: Value, exception: Ref, close_on_exit: bool) -> R<Step> {
    let generator = get(v).expect("a generator");
    if generator.running.get() != 0 {
        return Err(value_error(format!("{} already executing", kind_of(v))));
    }
    // What the caller handles is not the context, but what the generator does.
    let handled = generator.handled.get();
    if !handled.is_none() {
        crate::exceptions::set_context(exception.v(), handled);
    }
    state().pending.set(exception);
    if !close_on_exit {
        state().throw_mode.set((v, ThrowMode::KeepExit));
    }
    resume_thrown(v)
}

/// `close()`: the value returned by the generator after GeneratorExit, or None.
pub fn close(v: Value) -> R<Ref> {
    let generator = get(v).expect("a generator");
    if generator.running.get() != 0 {
        return Err(value_error(format!("{} already executing", kind_of(v))));
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
        Ok(Step::Yield(_)) => Err(runtime_error(format!("{} ignored GeneratorExit", kind_of(v)))),
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
    if generator.state.get() != GENERATOR_DONE
        && is_exact(v, &ASYNC_GENERATOR)
        && let Some(finalizer) = crate::async_generator::finalizer(generator)
    {
        let saved = crate::state::take_pending();
        if crate::call::call1(finalizer.v(), v).is_err() {
            crate::unraisable::report("Exception ignored while calling async generator finalizer ", v);
        }
        if let Some(saved) = saved {
            state().pending.set(saved);
        }
        return;
    }
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

macro_rules! generator_methods {
    ($decl:ident, $holder:ident, [$($driver:tt)*], $running:literal, $suspended:literal, $code:literal, $awaiting:literal, $frame:literal) => {
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
            $($driver)*
            #[native("($self, /)")]
            fn __del__(this: Value) {
                finalize(this);
            }
            /// gen.__sizeof__() -> size of gen in memory, in bytes
            #[native("($self, /)")]
            fn __sizeof__(&self) -> usize {
                // SAFETY: code records are static.
                let code = unsafe { &*self.0.code };
                152 + 8 * (code.n_varnames + code.n_cellvars + code.n_freevars) as usize
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
                self.0.running.get() != 0 || crate::async_generator::is_running(&self.0)
            }
            #[getter(name = $suspended)]
            fn suspended(&self) -> bool {
                self.0.running.get() == 0 && !matches!(self.0.state.get(), GENERATOR_START | GENERATOR_DONE)
            }
            #[getter(name = $code)]
            fn code(&self) -> R<Ref> {
                crate::function::code_object(code_of(&self.0))
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

generator_methods!(
    GENERATOR_DECL, GeneratorMethods,
    [
        /// send(value) -> send 'value' into generator,
        /// return next yielded value or raise StopIteration.
        #[native("($self, value, /)")]
        fn send(this: Value, value: Value) -> R<Ref> {
            send(this, value)
        }
        /// throw(value)
        /// throw(type[,value[,tb]])
        ///
        /// Raise exception in generator, return next yielded value or raise
        /// StopIteration.
        #[native("($self, type, value=<absent>, traceback=<absent>, /)")]
        fn throw(this: Value, exception: Value, value: Option<Value>, traceback: Option<Value>) -> R<Ref> {
            throw(this, exception, value, traceback)
        }
        /// close() -> raise GeneratorExit inside generator.
        #[native("($self, /)")]
        fn close(this: Value) -> R<Ref> {
            close(this)
        }
        #[classmethod("(item, /)")]
        fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
            crate::generic_alias::new(class, item)
        }
    ],
    "gi_running", "gi_suspended", "gi_code", "gi_yieldfrom", "gi_frame"
);
generator_methods!(
    COROUTINE_DECL, CoroutineMethods,
    [
        /// send(arg) -> send 'arg' into coroutine,
        /// return next iterated value or raise StopIteration.
        #[native("($self, arg, /)")]
        fn send(this: Value, arg: Value) -> R<Ref> {
            send(this, arg)
        }
        /// throw(value)
        /// throw(type[,value[,traceback]])
        ///
        /// Raise exception in coroutine, return next iterated value or raise
        /// StopIteration.
        #[native("($self, type, value=<absent>, traceback=<absent>, /)")]
        fn throw(this: Value, exception: Value, value: Option<Value>, traceback: Option<Value>) -> R<Ref> {
            throw(this, exception, value, traceback)
        }
        /// close() -> raise GeneratorExit inside coroutine.
        #[native("($self, /)")]
        fn close(this: Value) -> R<Ref> {
            close(this)
        }
        #[classmethod("(item, /)")]
        fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
            crate::generic_alias::new(class, item)
        }
        #[getter]
        fn cr_origin(&self) -> R<Ref> {
            Ok(Ref::none())
        }
    ],
    "cr_running", "cr_suspended", "cr_code", "cr_await", "cr_frame"
);
generator_methods!(
    ASYNC_GENERATOR_DECL, AsyncGeneratorMethods,
    [
        /// asend(v) -> send 'v' in generator.
        #[native("($self, value, /)")]
        fn asend(this: Value, value: Value) -> R<Ref> {
            crate::async_generator::asend(this, value)
        }
        /// athrow(value)
        /// athrow(type[,value[,tb]])
        ///
        /// raise exception in generator.
        #[native(raw)]
        fn athrow(this: Value, args: &Args) -> R<Ref> {
            crate::arity::check("athrow", args.pos().len(), 1, 3)?;
            crate::async_generator::athrow(this, args.pos())
        }
        /// aclose() -> raise GeneratorExit inside generator.
        #[native("($self, /)")]
        fn aclose(this: Value) -> R<Ref> {
            crate::async_generator::aclose(this)
        }
        #[classmethod("(item, /)")]
        fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
            crate::generic_alias::new(class, item)
        }
    ],
    "ag_running", "ag_suspended", "ag_code", "ag_await", "ag_frame"
);
