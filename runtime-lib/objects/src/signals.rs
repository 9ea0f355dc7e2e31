//! Signals and the recursion limit: both arrive through the stack check of compiled code.
//!
//! A handler of the operating system only marks the signal and raises `DXP_STACK_LIMIT`, so that the next check fails.

use crate::prelude::*;
use crate::state::{DXP_STACK_LIMIT, state};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

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
}

/// Runs Python-level handlers of signals that came in. Call it after interrupted system calls, too.
pub fn run_pending() -> R<()> {
    if !crate::threads::is_main() || !TRIPPED.swap(false, Ordering::Relaxed) {
        return Ok(());
    }
    DXP_STACK_LIMIT.store(REAL_LIMIT.load(Ordering::Relaxed), Ordering::Relaxed);
    let pending = PENDING.swap(0, Ordering::Relaxed);
    for signal in 1..64 {
        if pending & (1 << signal) != 0 && signal == libc::SIGINT as u64 {
            return Err(raise(&crate::exceptions::KEYBOARD_INTERRUPT, ""));
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

/// Installs the handler of SIGINT, and ignores SIGPIPE, as CPython does at start.
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
    }
}
