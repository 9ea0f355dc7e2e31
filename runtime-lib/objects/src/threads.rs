//! Threads: native threads of which one at a time runs Python code, the one that holds the baton.
//!
//! A thread gives the baton away where it waits ([`without_baton`]) and, when another thread has waited for [`SWITCH_AFTER`], at its next
//! stack check. What belongs to a thread in [`State`](crate::state::State) is exchanged at each change.

use crate::generator::ThrowMode;
use crate::prelude::*;
use crate::signals;
use crate::state::{DXP_STACK_LIMIT, state};
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long a thread waits for the baton before it asks for it.
const SWITCH_AFTER: Duration = Duration::from_millis(5);
/// How often a waiting main thread looks for signals.
const SIGNAL_POLL: Duration = Duration::from_millis(50);
/// Stack of a thread, unless `_thread.stack_size` says otherwise.
const STACK_BYTES: usize = 16 << 20;

struct Baton {
    held: bool,
    waiting: usize,
    /// Counts the takings.
    taken: u64,
}

static BATON: Mutex<Baton> = Mutex::new(Baton { held: true, waiting: 0, taken: 0 });
static FREE: Condvar = Condvar::new();
static TAKEN: Condvar = Condvar::new();
/// Somebody wants the baton.
static WANTED: AtomicBool = AtomicBool::new(false);
/// Threads beside the main one that exist now.
static OTHERS: AtomicUsize = AtomicUsize::new(0);
/// Bytes that `_thread.stack_size` set; 0: the usual ones.
pub static STACK_SIZE: AtomicUsize = AtomicUsize::new(0);

/// What [`State`](crate::state::State) holds for the running thread alone.
struct Own {
    pending: Option<Ref>,
    handled: Option<Ref>,
    outer: *const crate::state::OuterHandled,
    native_depth: usize,
    in_repr: Vec<u64>,
    generator: Value,
    delegated: (Value, Value),
    throw_mode: (Value, ThrowMode),
    thread: u64,
    stack: (usize, usize),
}

impl Own {
    fn new(thread: u64, stack: (usize, usize)) -> Own {
        Own {
            pending: None,
            handled: None,
            outer: std::ptr::null(),
            native_depth: 0,
            in_repr: Vec::new(),
            generator: Value::MISSING,
            delegated: (Value::MISSING, Value::MISSING),
            throw_mode: (Value::MISSING, ThrowMode::Usual),
            thread,
            stack,
        }
    }
    fn take() -> Own {
        let s = state();
        Own {
            pending: s.pending.take(),
            handled: s.handled.take(),
            outer: s.outer.get(),
            native_depth: s.native_depth.replace(0),
            in_repr: std::mem::take(&mut s.in_repr.borrow_mut()),
            generator: s.generator.get(),
            delegated: s.delegated.replace((Value::MISSING, Value::MISSING)),
            throw_mode: s.throw_mode.get(),
            thread: s.thread.get(),
            stack: signals::stack(),
        }
    }
    fn put(self) {
        let s = state();
        if let Some(pending) = self.pending {
            s.pending.set(pending);
        }
        if let Some(handled) = self.handled {
            s.handled.set(handled);
        }
        s.outer.set(self.outer);
        s.native_depth.set(self.native_depth);
        *s.in_repr.borrow_mut() = self.in_repr;
        s.generator.set(self.generator);
        s.delegated.set(self.delegated);
        s.throw_mode.set(self.throw_mode);
        s.thread.set(self.thread);
        signals::set_stack(self.stack.0, self.stack.1);
    }
}

fn baton() -> MutexGuard<'static, Baton> {
    BATON.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn give(baton: &mut Baton) {
    baton.held = false;
    FREE.notify_one();
}

fn take(mut baton: MutexGuard<'static, Baton>) {
    baton.waiting += 1;
    while baton.held {
        let before = baton.taken;
        let (guard, timeout) = FREE.wait_timeout(baton, SWITCH_AFTER).unwrap_or_else(std::sync::PoisonError::into_inner);
        baton = guard;
        if timeout.timed_out() && baton.held && baton.taken == before {
            WANTED.store(true, Ordering::Relaxed);
            DXP_STACK_LIMIT.store(usize::MAX, Ordering::Relaxed);
        }
    }
    baton.waiting -= 1;
    baton.held = true;
    baton.taken += 1;
    WANTED.store(false, Ordering::Relaxed);
    TAKEN.notify_all();
}

/// Whether there are threads beside the running one.
#[inline]
pub fn are_others() -> bool {
    OTHERS.load(Ordering::Relaxed) != 0
}

/// Threads beside the main one.
pub fn count_others() -> usize {
    OTHERS.load(Ordering::Relaxed)
}

/// Runs `wait`, which touches no Python object, while other threads may run.
pub fn without_baton<T>(wait: impl FnOnce() -> T) -> T {
    if !are_others() {
        return wait();
    }
    let own = Own::take();
    give(&mut baton());
    let result = wait();
    take(baton());
    own.put();
    result
}

/// At a stack check: lets a thread run that has waited long enough.
pub fn switch_if_wanted() {
    if !WANTED.swap(false, Ordering::Relaxed) {
        return;
    }
    let own = Own::take();
    let mut guard = baton();
    let before = guard.taken;
    give(&mut guard);
    while guard.waiting > 0 && guard.taken == before {
        guard = TAKEN.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner);
    }
    take(guard);
    own.put();
}

/// The running thread, as `_thread.get_ident` says.
pub fn ident() -> u64 {
    // SAFETY: asks for the calling thread's identity.
    unsafe { libc::pthread_self() as u64 }
}

/// Notes the main thread. Called first at start-up.
pub fn note_main() {
    state().thread.set(ident());
    state().main_thread.set(ident());
}

/// Whether the running thread is the main one.
pub fn is_main() -> bool {
    state().thread.get() == state().main_thread.get()
}

struct Start {
    run: Box<dyn FnOnce()>,
    started: *const AtomicUsize,
    bytes: usize,
}

/// Starts a thread that calls `run` with the baton in hand; the result is its identity.
pub fn spawn(run: Box<dyn FnOnce()>) -> R<u64> {
    dxpyc_heap::rust_alloc::note_threads();
    let bytes = match STACK_SIZE.load(Ordering::Relaxed) {
        0 => STACK_BYTES,
        n => n,
    };
    let started = AtomicUsize::new(0);
    let start = Box::into_raw(Box::new(Start { run, started: &started, bytes }));
    OTHERS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the attributes are ours; the new thread owns `start`; signals stay with the main thread.
    let (status, thread) = unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        libc::pthread_attr_init(&mut attributes);
        libc::pthread_attr_setstacksize(&mut attributes, bytes);
        libc::pthread_attr_setdetachstate(&mut attributes, libc::PTHREAD_CREATE_DETACHED);
        let (mut all, mut old): (libc::sigset_t, libc::sigset_t) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut old);
        let mut thread: libc::pthread_t = 0;
        let status = libc::pthread_create(&mut thread, &attributes, thread_main, start as *mut libc::c_void);
        libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
        libc::pthread_attr_destroy(&mut attributes);
        (status, thread)
    };
    if status != 0 {
        OTHERS.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: no thread got it.
        drop(unsafe { Box::from_raw(start) });
        return Err(runtime_error("can't start new thread"));
    }
    // `started` lies on this stack: wait until the thread has read it.
    while started.load(Ordering::Acquire) == 0 {
        std::hint::spin_loop();
        // SAFETY: no arguments.
        unsafe { libc::sched_yield() };
    }
    Ok(thread as u64)
}

extern "C" fn thread_main(p: *mut libc::c_void) -> *mut libc::c_void {
    // SAFETY: `spawn` made it for this thread alone.
    let start = unsafe { Box::from_raw(p as *mut Start) };
    let here = 0u8;
    let top = &raw const here as usize;
    let bottom = top - start.bytes + (64 << 10);
    // SAFETY: the starter waits for this store.
    unsafe { (*start.started).store(1, Ordering::Release) };
    take(baton());
    Own::new(ident(), (bottom, top)).put();
    (start.run)();
    drop(crate::state::take_pending());
    drop(state().handled.take());
    forget_locals(ident());
    OTHERS.fetch_sub(1, Ordering::Relaxed);
    give(&mut baton());
    std::ptr::null_mut()
}

/// Waits until `ready` says so (it is called with the baton) or the time is over. `notify` wakes the waiters.
pub fn wait_until(deadline: Option<Instant>, mut ready: impl FnMut() -> bool) -> R<bool> {
    loop {
        if ready() {
            return Ok(true);
        }
        let now = Instant::now();
        if deadline.is_some_and(|d| d <= now) {
            return Ok(false);
        }
        let mut most = if is_main() { SIGNAL_POLL } else { Duration::from_secs(3600) };
        if let Some(deadline) = deadline {
            most = most.min(deadline - now);
        }
        let epoch = *events();
        without_baton(|| {
            let guard = events();
            if *guard == epoch {
                drop(EVENT.wait_timeout(guard, most));
            }
        });
        signals::run_pending()?;
    }
}

static EVENTS: Mutex<u64> = Mutex::new(0);
static EVENT: Condvar = Condvar::new();

fn events() -> MutexGuard<'static, u64> {
    EVENTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Something happened that threads in [`wait_until`] may wait for.
pub fn notify() {
    if are_others() {
        *events() += 1;
        EVENT.notify_all();
    }
}

// ---------------------------------------------------------------- shared tables

/// A table of the runtime, for the thread with the baton.
pub struct Shared<T>(RefCell<T>);
// SAFETY: only the thread with the baton touches it.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// A table for a static.
    pub const fn new(table: T) -> Shared<T> {
        Shared(RefCell::new(table))
    }
    /// Reads the table.
    pub fn with_borrow<U>(&self, f: impl FnOnce(&T) -> U) -> U {
        f(&self.0.borrow())
    }
    /// Changes the table. `f` runs no Python code.
    pub fn with_borrow_mut<U>(&self, f: impl FnOnce(&mut T) -> U) -> U {
        f(&mut self.0.borrow_mut())
    }
}

// ---------------------------------------------------------------- thread-local objects

/// Called with a thread's identity when it ends.
type Forget = fn(u64);
static FORGET: Shared<Vec<Forget>> = Shared::new(Vec::new());

/// Registers what is to be told about the ends of threads.
pub fn at_thread_end(f: Forget) {
    FORGET.with_borrow_mut(|all| all.push(f));
}

fn forget_locals(thread: u64) {
    let all = FORGET.with_borrow(Vec::clone);
    for f in all {
        f(thread);
    }
}
