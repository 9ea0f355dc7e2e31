//! The interpreter state of the running thread: pending and handled exceptions, recursion limit.

use dxpyc_abi::Value;
use dxpyc_heap::{Ref, Slot};
use std::cell::{Cell, RefCell};

/// State of the running Python thread (`threads.rs` exchanges it).
pub struct State {
    /// The exception that is being raised.
    pub pending: Slot,
    /// The exception that the running function, or the running generator, handles; empty: [`State::outer`] tells.
    pub handled: Slot,
    /// What was handled where the running generators were resumed, the innermost first.
    pub outer: Cell<*const OuterHandled>,
    /// `sys.getrecursionlimit()`.
    pub recursion_limit: Cell<usize>,
    /// Nesting of native recursion (repr, compare, …) beside the stack check.
    pub native_depth: Cell<usize>,
    /// Objects whose repr is being made (`Py_ReprEnter`).
    pub in_repr: RefCell<Vec<u64>>,
    /// The generator or coroutine whose code runs (borrowed; MISSING: none).
    pub generator: Cell<dxpyc_abi::Value>,
    /// An iterator of a `yield from` that has already come to its end, and its result (owned, or ERROR); MISSING: none.
    pub delegated: Cell<(Value, Value)>,
    /// How the exception that is thrown into a generator reaches its delegate.
    pub throw_mode: Cell<(dxpyc_abi::Value, crate::generator::ThrowMode)>,
    /// The running thread and the main one (`threads::ident`).
    pub thread: Cell<u64>,
    pub main_thread: Cell<u64>,
    /// Command line, as given to `dxp_main`.
    pub argv: RefCell<Vec<std::ffi::OsString>>,
}

/// What was handled where a generator was resumed. It stands on the stack for as long as the generator runs.
pub struct OuterHandled {
    /// Owned, or MISSING.
    pub handled: Slot,
    /// The same for the generator around.
    pub next: *const OuterHandled,
}

impl State {
    /// What `sys.exception()` answers; MISSING: nothing is being handled.
    #[inline]
    pub fn handled_now(&self) -> Value {
        let own = self.handled.get();
        if !own.is_missing() { own } else { self.handled_outside() }
    }
    fn handled_outside(&self) -> Value {
        let mut outer = self.outer.get();
        while !outer.is_null() {
            // SAFETY: the records live on the stack until their generators stop running, and then leave the list.
            let record = unsafe { &*outer };
            if !record.handled.is_empty() {
                return record.handled.get();
            }
            outer = record.next;
        }
        Value::MISSING
    }
}

struct Global(State);
// SAFETY: only the thread with the baton touches it (threads.rs).
unsafe impl Sync for Global {}

static STATE: Global = Global(State {
    pending: Slot::empty(),
    handled: Slot::empty(),
    outer: Cell::new(std::ptr::null()),
    recursion_limit: Cell::new(1000),
    native_depth: Cell::new(0),
    in_repr: RefCell::new(Vec::new()),
    generator: Cell::new(dxpyc_abi::Value::MISSING),
    delegated: Cell::new((Value::MISSING, Value::MISSING)),
    throw_mode: Cell::new((dxpyc_abi::Value::MISSING, crate::generator::ThrowMode::Usual)),
    thread: Cell::new(0),
    main_thread: Cell::new(0),
    argv: RefCell::new(Vec::new()),
});

/// The thread's state.
#[inline(always)]
pub fn state() -> &'static State {
    &STATE.0
}

/// Lowest stack address that Python code may reach; compiled prologues compare the stack pointer with it.
/// Set at start and by `sys.setrecursionlimit`.
#[unsafe(no_mangle)]
pub static DXP_STACK_LIMIT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// Raises RecursionError when the native stack is nearly used up. Call it in every native function that recurses
/// through Python values (repr, compare, hash, call, …).
#[inline]
pub fn check_recursion(what: &'static str) -> crate::error::R<()> {
    let here = 0u8;
    let sp = &raw const here as usize;
    if sp < DXP_STACK_LIMIT.load(std::sync::atomic::Ordering::Relaxed) && sp < crate::signals::real_limit() {
        return Err(crate::error::recursion_error(what));
    }
    Ok(())
}

/// Takes the pending exception.
pub fn take_pending() -> Option<Ref> {
    state().pending.take()
}

/// Set when something exists whose death a program can observe: a class with `__del__`, a generator, a weak-reference callback.
static OBSERVABLE_DEATHS: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Called where such a thing is made.
#[inline]
pub fn note_observable_death() {
    OBSERVABLE_DEATHS.store(true, std::sync::atomic::Ordering::Relaxed);
}

/// Whether the program's objects must be given up at exit (else the process just ends).
pub fn needs_teardown() -> bool {
    OBSERVABLE_DEATHS.load(std::sync::atomic::Ordering::Relaxed)
}
