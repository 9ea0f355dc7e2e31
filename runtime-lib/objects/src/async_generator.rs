//! Asynchronous generators: what `__anext__`, `asend`, `athrow` and `aclose` answer, and the hooks of event loops.

use crate::generator::{self, Step};
use crate::prelude::*;
use crate::state::state;
use dxpyc_abi::{GENERATOR_DONE, GeneratorObject, code_flags};

/// What `yield` of an asynchronous generator gives to whoever drives it, to tell it from what `await` passes through.
#[repr(C)]
pub struct Wrapped {
    header: Header,
    value: Slot,
}

impl Visit for Wrapped {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.value)
    }
    fn clear(&self) {
        self.value.take();
    }
}

/// `async_generator_wrapped_value`.
pub static WRAPPED: Type = Type::builtin::<Wrapped>(
    "async_generator_wrapped_value", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW, Slots::NONE, None,
)
.visited::<Wrapped>();
object_type!(Wrapped, WRAPPED);

/// `value` as an asynchronous generator yields it.
pub fn wrap(value: Value) -> Ref {
    new_object(Wrapped { header: crate::cast::fresh_header(), value: Slot::new(Ref::new(value)) })
}

/// Flags of an asynchronous generator, kept as a small int in `extra[3]`.
const RUNNING: i64 = 1;
const CLOSED: i64 = 2;
const HOOKED: i64 = 4;

fn flags(g: &GeneratorObject) -> i64 {
    // SAFETY: extra is only touched in single words, never across calls.
    let v = unsafe { (*g.extra.get())[3] };
    if v.is_small_int() { v.0 as i64 >> 3 } else { 0 }
}

fn set_flag(g: &GeneratorObject, flag: i64, on: bool) {
    let now = if on { flags(g) | flag } else { flags(g) & !flag };
    // SAFETY: as above; small ints own nothing.
    unsafe { (*g.extra.get())[3] = Value((now << 3) as u64) }
}

/// Whether an `asend` or the like is under way (`ag_running`).
pub fn is_running(g: &GeneratorObject) -> bool {
    flags(g) & RUNNING != 0
}

/// The hook that was told of the generator's first iteration and wants to close it; None when it is closed already.
pub fn finalizer(g: &GeneratorObject) -> Option<Ref> {
    // SAFETY: as above.
    let v = unsafe { (*g.extra.get())[2] };
    (!v.is_missing() && flags(g) & CLOSED == 0).then(|| Ref::new(v))
}

/// `sys.set_asyncgen_hooks`: (firstiter, finalizer).
pub static HOOKS: Hooks = Hooks([Slot::empty(), Slot::empty()]);

/// The two hooks; empty slots: None.
pub struct Hooks(pub [Slot; 2]);
// SAFETY: only the running Python thread touches it.
unsafe impl Sync for Hooks {}

fn init_hooks(v: Value) -> R<()> {
    let g = body(v);
    if flags(g) & HOOKED != 0 {
        return Ok(());
    }
    set_flag(g, HOOKED, true);
    if let Some(finalizer) = HOOKS.0[1].cloned() {
        // SAFETY: the word was MISSING.
        unsafe { (*g.extra.get())[2] = finalizer.into_raw() }
    }
    if let Some(first) = HOOKS.0[0].cloned() {
        crate::call::call1(first.v(), v)?;
    }
    Ok(())
}

fn body<'a>(v: Value) -> &'a GeneratorObject {
    generator::get(v).expect("an asynchronous generator")
}

/// What the caller of `asend` gets out of a step of the generator.
fn unwrap(g: &GeneratorObject, step: R<Step>) -> R<Step> {
    match step {
        Ok(Step::Yield(value)) => match crate::cast::get::<Wrapped>(value.v()) {
            Some(wrapped) => {
                set_flag(g, RUNNING, false);
                Ok(Step::Return(wrapped.value.cloned().unwrap_or_else(Ref::none)))
            }
            None => Ok(Step::Yield(value)),
        },
        Ok(Step::Return(_)) => {
            set_flag(g, RUNNING, false);
            set_flag(g, CLOSED, true);
            Err(stop_async_iteration())
        }
        Err(Raised) => {
            if ends() {
                set_flag(g, CLOSED, true);
            }
            set_flag(g, RUNNING, false);
            Err(Raised)
        }
    }
}

fn stop_async_iteration() -> Raised {
    raise_instance(crate::exceptions::new_with_args(&crate::exceptions::STOP_ASYNC_ITERATION, &[]))
}

fn is_pending(class: &'static Type) -> bool {
    let pending = state().pending.get();
    !pending.is_missing() && type_of(pending).is_subtype(class)
}

fn ends() -> bool {
    is_pending(&crate::exceptions::STOP_ASYNC_ITERATION) || is_pending(&crate::exceptions::GENERATOR_EXIT)
}

// ---------------------------------------------------------------- asend, athrow, aclose

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Init,
    Iterating,
    Closed,
}

/// An awaitable step of an asynchronous generator.
#[repr(C)]
pub struct AsyncStep {
    header: Header,
    generator: Slot,
    /// asend: the value to send; athrow: the tuple of throw's arguments; aclose: empty.
    payload: Slot,
    phase: Cell<Phase>,
}

impl Visit for AsyncStep {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.generator);
        visitor.slot(&self.payload);
    }
    fn clear(&self) {
        self.generator.take();
        self.payload.take();
    }
}

const STEP_FLAGS: u64 = type_flags::NO_NEW | type_flags::FINALIZER | type_flags::WEAKREFABLE;

macro_rules! step_type {
    ($static:ident, $holder:ident, $decl:ident, $name:literal) => {
        #[doc = concat!("`", $name, "`.")]
        pub static $static: Type = Type::builtin::<AsyncStep>(
            $name, "builtins", Some(&crate::object::OBJECT), STEP_FLAGS,
            Slots {
                iter: Some(crate::iterators::self_iter),
                await_: Some(crate::iterators::self_iter),
                next: Some(step_next),
                finalize: Some(step_finalize),
                ..Slots::NONE
            },
            Some(&$decl),
        )
        .visited::<AsyncStep>();

        /// Holder of the methods.
        #[repr(transparent)]
        pub struct $holder(AsyncStep);
        object_type!($holder, $static);

        #[native_class(decl = $decl)]
        impl $holder {
            /// send(value) -> send 'value' into the generator.
            #[native("($self, arg, /)")]
            fn send(this: Value, arg: Value) -> R<Ref> {
                generator::step_to_result(send(this, arg)?)
            }
            /// throw(value): raise an exception inside the generator.
            #[native(raw)]
            fn throw(this: Value, args: &Args) -> R<Ref> {
                crate::arity::check("throw", args.pos().len(), 1, 3)?;
                let p = args.pos();
                let thrown = generator::thrown(p[0], p.get(1).copied(), p.get(2).copied())?;
                generator::step_to_result(throw(this, thrown)?)
            }
            /// Raise GeneratorExit inside the generator.
            #[native("($self, /)")]
            fn close(this: Value) -> R<Ref> {
                close(this)
            }
        }
    };
}

step_type!(ASEND, AsendMethods, ASEND_DECL, "async_generator_asend");
step_type!(ATHROW, AthrowMethods, ATHROW_DECL, "async_generator_athrow");

/// The step object, if it is one.
fn step_of<'a>(v: Value) -> Option<&'a AsyncStep> {
    let class = type_of(v);
    (std::ptr::eq(class, &ASEND) || std::ptr::eq(class, &ATHROW)).then(|| {
        // SAFETY: the holders are repr(transparent) over AsyncStep.
        unsafe { &*(v.address() as *const AsyncStep) }
    })
}

fn new_step(asend: bool, generator: Value, payload: Option<Ref>) -> Ref {
    let step = AsyncStep {
        header: crate::cast::fresh_header(),
        generator: Slot::new(Ref::new(generator)),
        payload: payload.map_or(Slot::empty(), Slot::new),
        phase: Cell::new(Phase::Init),
    };
    if asend { new_object(AsendMethods(step)) } else { new_object(AthrowMethods(step)) }
}

/// `generator.asend(value)`.
pub fn asend(generator: Value, value: Value) -> R<Ref> {
    init_hooks(generator)?;
    Ok(new_step(true, generator, Some(Ref::new(value))))
}

/// `generator.athrow(…)`.
pub fn athrow(generator: Value, args: &[Value]) -> R<Ref> {
    init_hooks(generator)?;
    Ok(new_step(false, generator, Some(crate::tuple::from_slice(args))))
}

/// `generator.aclose()`.
pub fn aclose(generator: Value) -> R<Ref> {
    init_hooks(generator)?;
    Ok(new_step(false, generator, None))
}

fn is_asend(v: Value) -> bool {
    is_exact(v, &ASEND)
}

fn what(v: Value, step: &AsyncStep) -> &'static str {
    match (is_asend(v), step.payload.is_empty()) {
        (true, _) => "anext()",
        (false, true) => "aclose()",
        (false, false) => "athrow()",
    }
}

fn check_closed(v: Value, step: &AsyncStep) -> R<()> {
    if step.phase.get() != Phase::Closed {
        return Ok(());
    }
    let what = if is_asend(v) { "__anext__()/asend()" } else { "aclose()/athrow()" };
    Err(runtime_error(format!("cannot reuse already awaited {what}")))
}

/// Marks the generator as being iterated by this step.
fn begin(v: Value, step: &AsyncStep) -> R<()> {
    let g = body(step.generator.get());
    if flags(g) & RUNNING != 0 {
        step.phase.set(Phase::Closed);
        return Err(runtime_error(format!("{}: asynchronous generator is already running", what(v, step))));
    }
    Ok(())
}

/// `step.send(value)` where `iterator` is such a step.
pub fn try_send(iterator: Value, value: Value) -> Option<R<Step>> {
    step_of(iterator).map(|_| send(iterator, value))
}

fn send(v: Value, value: Value) -> R<Step> {
    let step = step_of(v).expect("a step");
    let _keep = Ref::new(v);
    check_closed(v, step)?;
    let generator = step.generator.cloned().unwrap_or_else(Ref::none);
    let g = body(generator.v());
    if is_asend(v) {
        let mut value = Ref::new(value);
        if step.phase.get() == Phase::Init {
            begin(v, step)?;
            if value.v().is_none() {
                value = step.payload.cloned().unwrap_or_else(Ref::none);
            }
            step.phase.set(Phase::Iterating);
        }
        set_flag(g, RUNNING, true);
        let result = unwrap(g, generator::resume(generator.v(), value.v()));
        if !matches!(result, Ok(Step::Yield(_))) {
            step.phase.set(Phase::Closed);
        }
        return result;
    }
    if g.state.get() == GENERATOR_DONE {
        step.phase.set(Phase::Closed);
        return Ok(Step::Return(Ref::none()));
    }
    let first = step.phase.get() == Phase::Init;
    if first {
        begin(v, step)?;
        if flags(g) & CLOSED != 0 {
            step.phase.set(Phase::Closed);
            return Err(stop_async_iteration());
        }
        if !value.is_none() {
            return Err(runtime_error("can't send non-None value to a just-started coroutine"));
        }
        step.phase.set(Phase::Iterating);
        set_flag(g, RUNNING, true);
    }
    match step.payload.cloned() {
        None => {
            let result = if first {
                set_flag(g, CLOSED, true);
                let exit = crate::exceptions::new_with_args(&crate::exceptions::GENERATOR_EXIT, &[]);
                generator::throw_step(generator.v(), exit, false)
            } else {
                generator::resume(generator.v(), value)
            };
            closing(step, g, result)
        }
        Some(args) => {
            let result = if first {
                let args = crate::tuple::items(args.v()).unwrap_or_default();
                let result = match generator::thrown(args[0], args.get(1).copied(), args.get(2).copied()) {
                    Ok(exception) => generator::throw_step(generator.v(), exception, false),
                    Err(Raised) => Err(Raised),
                };
                unwrap(g, result)
            } else {
                unwrap(g, generator::resume(generator.v(), value))
            };
            if !matches!(result, Ok(Step::Yield(_))) {
                step.phase.set(Phase::Closed);
            }
            result
        }
    }
}

/// What `aclose()` makes of a step of the generator.
fn closing(step: &AsyncStep, g: &GeneratorObject, result: R<Step>) -> R<Step> {
    match result {
        Ok(Step::Yield(value)) if is_exact(value.v(), &WRAPPED) => {
            set_flag(g, RUNNING, false);
            step.phase.set(Phase::Closed);
            Err(runtime_error("async generator ignored GeneratorExit"))
        }
        Ok(Step::Yield(value)) => Ok(Step::Yield(value)),
        other => {
            set_flag(g, RUNNING, false);
            step.phase.set(Phase::Closed);
            let ended = match other {
                Err(Raised) => swallow(&crate::exceptions::STOP_ASYNC_ITERATION) || swallow(&crate::exceptions::GENERATOR_EXIT),
                Ok(_) => true,
            };
            if ended { Ok(Step::Return(Ref::none())) } else { Err(Raised) }
        }
    }
}

fn throw(v: Value, exception: Ref) -> R<Step> {
    let step = step_of(v).expect("a step");
    let _keep = Ref::new(v);
    check_closed(v, step)?;
    let generator = step.generator.cloned().unwrap_or_else(Ref::none);
    let g = body(generator.v());
    if step.phase.get() == Phase::Init {
        begin(v, step)?;
        step.phase.set(Phase::Iterating);
        set_flag(g, RUNNING, true);
    }
    let result = generator::throw_step(generator.v(), exception, true);
    if !is_asend(v) && step.payload.is_empty() {
        return closing(step, g, result);
    }
    let result = unwrap(g, result);
    if !matches!(result, Ok(Step::Yield(_))) {
        step.phase.set(Phase::Closed);
    }
    result
}

fn close(v: Value) -> R<Ref> {
    let step = step_of(v).expect("a step");
    if step.phase.get() == Phase::Closed {
        return Ok(Ref::none());
    }
    let exit = crate::exceptions::new_with_args(&crate::exceptions::GENERATOR_EXIT, &[]);
    match throw(v, exit) {
        Ok(Step::Yield(_)) => Err(runtime_error("coroutine ignored GeneratorExit")),
        Ok(Step::Return(_)) => Ok(Ref::none()),
        Err(Raised) if ends() || is_pending(&crate::exceptions::STOP_ITERATION) => {
            drop(crate::state::take_pending());
            Ok(Ref::none())
        }
        Err(Raised) => Err(Raised),
    }
}

fn step_next(v: Value) -> R<Option<Ref>> {
    generator::step_to_next(send(v, Value::NONE)?)
}

fn step_finalize(v: Value) {
    let Some(step) = step_of(v) else { return };
    if step.phase.get() == Phase::Init && !step.generator.is_empty() {
        let method = match (is_asend(v), step.payload.is_empty()) {
            (true, _) => "asend",
            (false, true) => "aclose",
            (false, false) => "athrow",
        };
        crate::unraisable::warn_method_never_awaited(method, step.generator.get());
    }
}

// ---------------------------------------------------------------- awaitables

/// Whether `await` takes the object as it is: a coroutine, or a generator made by `types.coroutine`.
pub fn is_coroutine_like(v: Value) -> bool {
    if v.is_missing() {
        return false;
    }
    if is_exact(v, &generator::COROUTINE) {
        return true;
    }
    is_exact(v, &generator::GENERATOR)
        && generator::get(v).is_some_and(|g| generator::code_of(g).flags & code_flags::ITERABLE_COROUTINE != 0)
}

/// The iterator that `await v` runs.
pub fn awaitable_iter(v: Value) -> R<Ref> {
    if is_coroutine_like(v) {
        return Ok(Ref::new(v));
    }
    let Some(f) = type_of(v).slots().await_ else {
        return Err(type_error(format!("'{}' object can't be awaited", crate::type_object::display_name(v))));
    };
    let iterator = f(v)?;
    if is_coroutine_like(iterator.v()) {
        return Err(type_error("__await__() returned a coroutine"));
    }
    if type_of(iterator.v()).slots().next.is_none() {
        let name = crate::type_object::display_name(iterator.v());
        return Err(type_error(format!("__await__() returned non-iterator of type '{name}'")));
    }
    Ok(iterator)
}

/// The awaitable iterator of `iterator.__anext__()`.
pub fn anext_iter(iterator: Value) -> R<Ref> {
    if is_exact(iterator, &generator::ASYNC_GENERATOR) {
        return asend(iterator, Value::NONE);
    }
    let Some(f) = type_of(iterator).slots().anext else {
        let name = crate::type_object::display_name(iterator);
        return Err(type_error(format!("'async for' requires an iterator with __anext__ method, got {name}")));
    };
    let awaitable = f(iterator)?;
    match awaitable_iter(awaitable.v()) {
        Ok(iterator) => Ok(iterator),
        Err(Raised) => {
            let cause = crate::state::take_pending().expect("a pending exception");
            let name = crate::type_object::display_name(awaitable.v());
            let _ = type_error(format!("'async for' received an invalid object from __anext__: {name}"));
            let base = crate::exceptions::base(state().pending.get());
            base.cause.set(cause.clone());
            base.context.set(cause);
            base.suppress_context.set(true);
            Err(Raised)
        }
    }
}

/// `coroutine.__await__()`.
#[repr(C)]
pub struct CoroutineWrapper {
    header: Header,
    coroutine: Slot,
}

impl Visit for CoroutineWrapper {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.coroutine)
    }
    fn clear(&self) {
        self.coroutine.take();
    }
}

/// `coroutine_wrapper`.
pub static COROUTINE_WRAPPER: Type = Type::builtin::<CoroutineWrapper>(
    "coroutine_wrapper", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW,
    Slots { iter: Some(crate::iterators::self_iter), next: Some(wrapper_next), ..Slots::NONE }, Some(&WRAPPER_DECL),
)
.visited::<CoroutineWrapper>();
object_type!(CoroutineWrapper, COROUTINE_WRAPPER);

/// The iterator that drives a coroutine.
pub fn coroutine_await(v: Value) -> R<Ref> {
    Ok(new_object(CoroutineWrapper { header: crate::cast::fresh_header(), coroutine: Slot::new(Ref::new(v)) }))
}

fn wrapper_next(v: Value) -> R<Option<Ref>> {
    let coroutine = crate::cast::get_unchecked::<CoroutineWrapper>(v).inner();
    generator::step_to_next(generator::resume(coroutine.v(), Value::NONE)?)
}

impl CoroutineWrapper {
    fn inner(&self) -> Ref {
        self.coroutine.cloned().expect("a live wrapper has its coroutine")
    }
}

#[native_class(decl = WRAPPER_DECL, doc = "A wrapper object implementing __await__ for coroutines.")]
impl CoroutineWrapper {
    /// send(arg) -> send 'arg' into coroutine, return next iterated value or raise StopIteration.
    #[native("($self, arg, /)")]
    fn send(&self, arg: Value) -> R<Ref> {
        generator::step_to_result(generator::resume(self.inner().v(), arg)?)
    }
    /// Raise an exception in the coroutine.
    #[native(raw)]
    fn throw(&self, args: &Args) -> R<Ref> {
        let method = crate::ops::getattr_str(self.inner().v(), "throw")?;
        crate::call::call(method.v(), args)
    }
    /// Raise GeneratorExit inside the coroutine.
    #[native("($self, /)")]
    fn close(&self) -> R<Ref> {
        generator::close(self.inner().v())
    }
}

/// `anext(iterator, default)`.
#[repr(C)]
pub struct AnextAwaitable {
    header: Header,
    wrapped: Slot,
    default: Slot,
}

impl Visit for AnextAwaitable {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.wrapped);
        visitor.slot(&self.default);
    }
    fn clear(&self) {
        self.wrapped.take();
        self.default.take();
    }
}

/// `anext_awaitable`.
pub static ANEXT_AWAITABLE: Type = Type::builtin::<AnextAwaitable>(
    "anext_awaitable", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW,
    Slots {
        iter: Some(crate::iterators::self_iter),
        await_: Some(crate::iterators::self_iter),
        next: Some(default_next),
        ..Slots::NONE
    },
    Some(&ANEXT_DECL),
)
.visited::<AnextAwaitable>();
object_type!(AnextAwaitable, ANEXT_AWAITABLE);

/// The awaitable of `anext(iterator, default)`, where `wrapped` is what `__anext__` answered.
pub fn anext_with_default(wrapped: Ref, default: Value) -> Ref {
    new_object(AnextAwaitable {
        header: crate::cast::fresh_header(),
        wrapped: Slot::new(wrapped),
        default: Slot::new(Ref::new(default)),
    })
}

impl AnextAwaitable {
    fn iterator(&self) -> R<Ref> {
        let wrapped = self.wrapped.cloned().unwrap_or_else(Ref::none);
        let iterator = awaitable_iter(wrapped.v())?;
        if is_exact(iterator.v(), &generator::COROUTINE) {
            return coroutine_await(iterator.v());
        }
        Ok(iterator)
    }
    /// The end of the iteration becomes the default.
    fn or_default<T>(&self, result: R<T>) -> R<T> {
        if result.is_err() && swallow(&crate::exceptions::STOP_ASYNC_ITERATION) {
            let default = self.default.cloned().unwrap_or_else(Ref::none);
            return Err(stop_iteration(default.v()));
        }
        result
    }
    fn proxy(&self, method: &str, args: &[Value]) -> R<Ref> {
        let iterator = self.iterator()?;
        let result = crate::call::call_method(iterator.v(), method, args);
        self.or_default(result)
    }
}

fn default_next(v: Value) -> R<Option<Ref>> {
    let this = crate::cast::get_unchecked::<AnextAwaitable>(v);
    let iterator = this.iterator()?;
    let next = type_of(iterator.v()).slots().next.expect("an iterator");
    let result = next(iterator.v());
    this.or_default(result)
}

#[native_class(decl = ANEXT_DECL)]
impl AnextAwaitable {
    /// send(arg) -> send 'arg' into the wrapped iterator.
    #[native("($self, arg, /)")]
    fn send(&self, arg: Value) -> R<Ref> {
        self.proxy("send", &[arg])
    }
    /// Raise an exception in the wrapped iterator.
    #[native(raw)]
    fn throw(&self, args: &Args) -> R<Ref> {
        self.proxy("throw", args.pos())
    }
    /// Raise GeneratorExit inside the wrapped iterator.
    #[native("($self, /)")]
    fn close(&self) -> R<Ref> {
        self.proxy("close", &[])
    }
}
