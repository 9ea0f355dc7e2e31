//! Signals and the recursion limit: both arrive through the stack check of compiled code.
//!
//! A handler of the operating system only marks the signal and raises `DXP_STACK_LIMIT`, so that the next check fails.

use crate::prelude::*;
use crate::state::{DXP_STACK_LIMIT, state};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize, Ordering};

/// Pending signals, one bit each (signal n is bit n).
static PENDING: AtomicU64 = AtomicU64::new(0);
/// The real limit while `DXP_STACK_LIMIT` is raised.
static REAL_LIMIT: AtomicUsize = AtomicUsize::new(0);
static TRIPPED: AtomicBool = AtomicBool::new(false);
/// Lowest usable address of the main stack.
static STACK_BOTTOM: AtomicUsize = AtomicUsize::new(0);
static STACK_TOP: AtomicUsize = AtomicUsize::new(0);

/// Stack granted per level of `sys.setrecursionlimit`.
const BYTES_PER_LEVEL: usize = 16 << 10;
/// Kept free below the limit for native code.
const RESERVE_BYTES: usize = 256 << 10;

/// Called with the bounds of the stack that Python code runs on.
pub fn set_stack(bottom: usize, top: usize) {
    STACK_BOTTOM.store(bottom, Ordering::Relaxed);
    STACK_TOP.store(top, Ordering::Relaxed);
    apply_recursion_limit();
}

/// The bounds of the running thread's stack.
pub fn stack() -> (usize, usize) {
    (STACK_BOTTOM.load(Ordering::Relaxed), STACK_TOP.load(Ordering::Relaxed))
}

/// The limit itself, while `DXP_STACK_LIMIT` may be raised.
pub fn real_limit() -> usize {
    REAL_LIMIT.load(Ordering::Relaxed)
}

/// Recomputes the limit from `sys.getrecursionlimit()`.
pub fn apply_recursion_limit() {
    let (bottom, top) = (STACK_BOTTOM.load(Ordering::Relaxed), STACK_TOP.load(Ordering::Relaxed));
    let wanted = state().recursion_limit.get().saturating_mul(BYTES_PER_LEVEL).max(1 << 20);
    let limit = top.saturating_sub(wanted).max(bottom + RESERVE_BYTES);
    REAL_LIMIT.store(limit, Ordering::Relaxed);
    if !TRIPPED.load(Ordering::Relaxed) {
        DXP_STACK_LIMIT.store(limit, Ordering::Relaxed);
    }
}

/// The operating system's handler: marks the signal. Async-signal-safe.
pub extern "C" fn on_signal(signal: i32) {
    PENDING.fetch_or(1 << (signal as u64 & 63), Ordering::Relaxed);
    TRIPPED.store(true, Ordering::Relaxed);
    DXP_STACK_LIMIT.store(usize::MAX, Ordering::Relaxed);
    let fd = WAKEUP_FD.load(Ordering::Relaxed);
    if fd >= 0 {
        let byte = signal as u8;
        // SAFETY: write is async-signal-safe; errno is put back.
        unsafe {
            let saved = *libc::__errno_location();
            libc::write(fd, (&raw const byte).cast(), 1);
            *libc::__errno_location() = saved;
        }
    }
}

/// What is done on a signal.
pub enum Disposition {
    Default,
    Ignore,
    /// A Python function is called.
    Python(Ref),
    /// KeyboardInterrupt is raised.
    Interrupt,
    /// Something that is not Python's.
    Unknown,
}

struct Handlers([Slot; 65]);
// SAFETY: single-threaded until threads arrive; the operating system's handler does not touch it.
unsafe impl Sync for Handlers {}
/// Python functions for signals; empty where there is none.
static HANDLERS: Handlers = Handlers([const { Slot::empty() }; 65]);
/// Where the numbers of incoming signals are written; -1: nowhere.
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);

/// Sets the wake-up descriptor and gives the old one.
pub fn set_wakeup_fd(fd: i32) -> i32 {
    WAKEUP_FD.swap(fd, Ordering::Relaxed)
}

/// What is done on a signal (1 to 64) now.
pub fn disposition(signal: i32) -> Disposition {
    if let Some(function) = HANDLERS.0[signal as usize].cloned() {
        return Disposition::Python(function);
    }
    // SAFETY: asks for the signal's action.
    let action = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &mut action) != 0 {
            return Disposition::Unknown;
        }
        action.sa_sigaction
    };
    match action {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignore,
        f if f == on_signal as *const () as usize => Disposition::Interrupt,
        _ => Disposition::Unknown,
    }
}

/// Sets what is done on a signal (1 to 64); false, with errno set, if the system does not allow it.
pub fn set_disposition(signal: i32, disposition: Disposition) -> bool {
    let (action, function) = match disposition {
        Disposition::Default => (libc::SIG_DFL, None),
        Disposition::Ignore => (libc::SIG_IGN, None),
        Disposition::Python(f) => (on_signal as *const () as usize, Some(f)),
        Disposition::Interrupt | Disposition::Unknown => (on_signal as *const () as usize, None),
    };
    // SAFETY: sigaction with a handler that only touches atomics.
    let done = unsafe {
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = action;
        libc::sigemptyset(&mut new.sa_mask);
        libc::sigaction(signal, &new, std::ptr::null_mut()) == 0
    };
    if done {
        let slot = &HANDLERS.0[signal as usize];
        match function {
            Some(f) => slot.set(f),
            None => drop(slot.take()),
        }
    }
    done
}

/// Runs Python-level handlers of signals that came in. Call it after interrupted system calls, too.
pub fn run_pending() -> R<()> {
    if !crate::threads::is_main() || !TRIPPED.swap(false, Ordering::Relaxed) {
        return Ok(());
    }
    DXP_STACK_LIMIT.store(REAL_LIMIT.load(Ordering::Relaxed), Ordering::Relaxed);
    let mut pending = PENDING.swap(0, Ordering::Relaxed);
    // Signal 64 shares its bit with none: bit 0.
    for signal in (1..64).chain([0]) {
        if pending & (1 << signal) == 0 {
            continue;
        }
        pending &= !(1 << signal);
        let number = if signal == 0 { 64 } else { signal as usize };
        let result = match HANDLERS.0[number].cloned() {
            Some(handler) => crate::call::call2(handler.v(), Value::from_small_int(number as i64), Value::NONE).map(drop),
            None if number == libc::SIGINT as usize => Err(raise(&crate::exceptions::KEYBOARD_INTERRUPT, "")),
            None => Ok(()),
        };
        if result.is_err() {
            if pending != 0 {
                PENDING.fetch_or(pending, Ordering::Relaxed);
                TRIPPED.store(true, Ordering::Relaxed);
                DXP_STACK_LIMIT.store(usize::MAX, Ordering::Relaxed);
            }
            return result;
        }
    }
    Ok(())
}

/// Slow half of the stack check.
pub fn stack_check() -> R<()> {
    let here = 0u8;
    let deep = (&raw const here as usize) < real_limit();
    if !deep {
        crate::threads::switch_if_wanted();
    }
    run_pending()?;
    if !TRIPPED.load(Ordering::Relaxed) {
        DXP_STACK_LIMIT.store(real_limit(), Ordering::Relaxed);
    }
    if deep {
        return Err(recursion_error(""));
    }
    Ok(())
}

/// Installs the handler of SIGINT, and ignores SIGPIPE and SIGXFSZ, as CPython does at start.
pub fn install() {
    // SAFETY: sigaction with a handler that only touches atomics.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        libc::sigemptyset(&mut action.sa_mask);
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGINT, std::ptr::null(), &mut old);
        if old.sa_sigaction != libc::SIG_IGN {
            libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut());
        }
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}
