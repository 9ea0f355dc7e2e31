//! `_signal`: handlers of signals, alarms and masks.

use crate::classes::ClassCell;
use dxpyc_objects::prelude::*;
use dxpyc_objects::signals::{self, Disposition};
use dxpyc_objects::{dict, float, function, int, io_errors, ops, os_error, set, str, tuple};

static ITIMER_ERROR: ClassCell = ClassCell::new();

/// One more than the highest signal.
const NSIG: i32 = 65;

const CONSTANTS: &[(&str, i32)] = &[
    ("NSIG", NSIG), ("SIG_BLOCK", libc::SIG_BLOCK), ("SIG_UNBLOCK", libc::SIG_UNBLOCK), ("SIG_SETMASK", libc::SIG_SETMASK), ("SIGHUP", libc::SIGHUP),
    ("SIGINT", libc::SIGINT), ("SIGQUIT", libc::SIGQUIT), ("SIGILL", libc::SIGILL), ("SIGTRAP", libc::SIGTRAP), ("SIGIOT", libc::SIGABRT),
    ("SIGABRT", libc::SIGABRT), ("SIGFPE", libc::SIGFPE), ("SIGKILL", libc::SIGKILL), ("SIGBUS", libc::SIGBUS), ("SIGSEGV", libc::SIGSEGV),
    ("SIGSYS", libc::SIGSYS), ("SIGPIPE", libc::SIGPIPE), ("SIGALRM", libc::SIGALRM), ("SIGTERM", libc::SIGTERM), ("SIGUSR1", libc::SIGUSR1),
    ("SIGUSR2", libc::SIGUSR2), ("SIGCLD", libc::SIGCHLD), ("SIGCHLD", libc::SIGCHLD), ("SIGPWR", libc::SIGPWR), ("SIGIO", libc::SIGIO),
    ("SIGURG", libc::SIGURG), ("SIGWINCH", libc::SIGWINCH), ("SIGPOLL", libc::SIGPOLL), ("SIGSTOP", libc::SIGSTOP), ("SIGTSTP", libc::SIGTSTP),
    ("SIGCONT", libc::SIGCONT), ("SIGTTIN", libc::SIGTTIN), ("SIGTTOU", libc::SIGTTOU), ("SIGVTALRM", libc::SIGVTALRM), ("SIGPROF", libc::SIGPROF),
    ("SIGXCPU", libc::SIGXCPU), ("SIGXFSZ", libc::SIGXFSZ), ("SIGRTMIN", 34), ("SIGRTMAX", 64), ("SIGSTKFLT", libc::SIGSTKFLT),
    ("ITIMER_REAL", 0), ("ITIMER_VIRTUAL", 1), ("ITIMER_PROF", 2), ("SIG_DFL", 0), ("SIG_IGN", 1),
];

fn default_handler() -> Ref {
    let name = str::intern("_signal");
    let module = dict::get_str(dxpyc_objects::import::sys_modules(), name.v());
    module
        .and_then(|m| dict::get_text(dxpyc_objects::module::dict_of(m), "default_int_handler").map(Ref::new))
        .unwrap_or_else(|| function::new_module_function(&module::MODULE.functions[0], "_signal"))
}

fn check_number(n: i32) -> R<()> {
    if (1..NSIG).contains(&n) { Ok(()) } else { Err(value_error("signal number out of range")) }
}

/// What is done on a signal, as Python says it.
fn handler_of(n: i32) -> Ref {
    match signals::disposition(n) {
        Disposition::Default => int::from_i64(0),
        Disposition::Ignore => int::from_i64(1),
        Disposition::Python(f) => f,
        Disposition::Interrupt => default_handler(),
        Disposition::Unknown => Ref::none(),
    }
}

fn last_error() -> Raised {
    os_error::raise_errno(io_errors::errno(), Value::MISSING, Value::MISSING)
}

fn timer_error() -> Raised {
    let code = io_errors::errno();
    let args = [int::from_i64(code as i64), str::from_str(&os_error::strerror(code))];
    raise_instance(dxpyc_objects::exceptions::new_with_args(ITIMER_ERROR.class(), &[args[0].v(), args[1].v()]))
}

fn time_value(seconds: f64) -> libc::timeval {
    libc::timeval { tv_sec: seconds.floor() as i64, tv_usec: (seconds.fract() * 1e6) as i64 }
}

fn timer_pair(timer: &libc::itimerval) -> Ref {
    let seconds = |t: &libc::timeval| float::from_f64(t.tv_sec as f64 + t.tv_usec as f64 / 1e6);
    tuple::pair(seconds(&timer.it_value), seconds(&timer.it_interval))
}

fn signal_set(mask: Value) -> R<libc::sigset_t> {
    // SAFETY: the set is filled by sigemptyset.
    let mut out = unsafe {
        let mut out = std::mem::zeroed();
        libc::sigemptyset(&mut out);
        out
    };
    ops::for_each(mask, |n| {
        let n = int::index_i32(n.v())?;
        if !(1..NSIG).contains(&n) {
            return Err(value_error(format!("signal number {n} out of range [1; {}]", NSIG - 1)));
        }
        // SAFETY: the set is initialised, the number in range.
        unsafe { libc::sigaddset(&mut out, n) };
        Ok(())
    })?;
    Ok(out)
}

fn members(set: &libc::sigset_t) -> R<Ref> {
    let out = set::new();
    for n in 1..NSIG {
        // SAFETY: the set is initialised, the number in range.
        if unsafe { libc::sigismember(set, n) } == 1 {
            set::add(out.v(), Value::from_small_int(n as i64))?;
        }
    }
    Ok(out)
}

fn init(module: Value) -> R<()> {
    for (name, value) in CONSTANTS {
        dict::set_str(module, name, int::from_i64(*value as i64));
    }
    ITIMER_ERROR.define(module, "signal", "itimer_error", &[&dxpyc_objects::exceptions::OS_ERROR])?;
    dict::delete_str(module, "itimer_error");
    dict::set_str(module, "ItimerError", Ref::new(ITIMER_ERROR.class().v()));
    Ok(())
}

/// This module provides mechanisms to use signal handlers in Python.
#[native_module(name = "_signal", init = super::init)]
pub mod module {
    use super::*;

    /// The default handler for SIGINT installed by Python.
    #[native("($module, signalnum, frame, /)")]
    fn default_int_handler(signalnum: Value, frame: Value) -> R<()> {
        let _ = (signalnum, frame);
        Err(raise_instance(dxpyc_objects::exceptions::new_with_args(&dxpyc_objects::exceptions::KEYBOARD_INTERRUPT, &[])))
    }
    /// Set the action for the given signal.
    #[native("($module, signalnum, handler, /)")]
    fn signal(signalnum: i32, handler: Value) -> R<Ref> {
        let action = if ops::is_callable(handler) {
            Disposition::Python(Ref::new(handler))
        } else {
            match handler.as_small_int() {
                Some(0) => Disposition::Default,
                Some(1) => Disposition::Ignore,
                _ => return Err(type_error("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")),
            }
        };
        check_number(signalnum)?;
        signals::run_pending()?;
        let old = handler_of(signalnum);
        if !signals::set_disposition(signalnum, action) {
            return Err(last_error());
        }
        Ok(old)
    }
    /// Return the current action for the given signal.
    #[native("($module, signalnum, /)")]
    fn getsignal(signalnum: i32) -> R<Ref> {
        check_number(signalnum)?;
        Ok(handler_of(signalnum))
    }
    /// Send a signal to the executing process.
    #[native("($module, signalnum, /)")]
    fn raise_signal(signalnum: i32) -> R<()> {
        // SAFETY: sends a signal to this process.
        if unsafe { libc::raise(signalnum) } != 0 {
            return Err(last_error());
        }
        signals::run_pending()
    }
    /// Return the system description of the given signal.
    #[native("($module, signalnum, /)")]
    fn strsignal(signalnum: i32) -> R<Ref> {
        check_number(signalnum)?;
        // SAFETY: strsignal gives a string or null.
        let text = unsafe { libc::strsignal(signalnum) };
        if text.is_null() {
            return Ok(Ref::none());
        }
        // SAFETY: as above.
        let text = unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy();
        Ok(if text.starts_with("Unknown signal") { Ref::none() } else { str::from_str(&text) })
    }
    /// Arrange for SIGALRM to arrive after the given number of seconds.
    #[native("($module, seconds, /)")]
    fn alarm(seconds: i32) -> i64 {
        // SAFETY: sets a timer.
        unsafe { libc::alarm(seconds as u32) as i64 }
    }
    /// Wait until a signal arrives.
    #[native]
    fn pause() -> R<()> {
        // SAFETY: waits.
        unsafe { libc::pause() };
        signals::run_pending()
    }
    /// Sets given itimer.
    #[native("($module, which, seconds, interval=0.0, /)")]
    fn setitimer(which: i32, seconds: f64, interval: Option<f64>) -> R<Ref> {
        let new = libc::itimerval { it_value: time_value(seconds), it_interval: time_value(interval.unwrap_or(0.0)) };
        // SAFETY: both structures are valid.
        unsafe {
            let mut old: libc::itimerval = std::mem::zeroed();
            if libc::setitimer(which as _, &new, &mut old) != 0 {
                return Err(timer_error());
            }
            Ok(timer_pair(&old))
        }
    }
    /// Returns current value of given itimer.
    #[native("($module, which, /)")]
    fn getitimer(which: i32) -> R<Ref> {
        // SAFETY: the structure is valid.
        unsafe {
            let mut now: libc::itimerval = std::mem::zeroed();
            if libc::getitimer(which as _, &mut now) != 0 {
                return Err(timer_error());
            }
            Ok(timer_pair(&now))
        }
    }
    /// Sets the fd to be written to (with the signal number) when a signal comes in.
    #[native("($module, fd, /, *, warn_on_full_buffer=True)")]
    fn set_wakeup_fd(fd: i32, warn_on_full_buffer: bool) -> R<i64> {
        let _ = warn_on_full_buffer;
        if fd >= 0 {
            // SAFETY: asks for the descriptor's flags.
            let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
            if flags < 0 {
                return Err(last_error());
            }
            if flags & libc::O_NONBLOCK == 0 {
                return Err(value_error(format!("the fd {fd} must be in non-blocking mode")));
            }
        }
        Ok(signals::set_wakeup_fd(fd) as i64)
    }
    /// Change system call restart behaviour.
    #[native("($module, signalnum, flag, /)")]
    fn siginterrupt(signalnum: i32, flag: i32) -> R<()> {
        check_number(signalnum)?;
        // SAFETY: the actions are valid.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signalnum, std::ptr::null(), &mut action);
            if flag != 0 {
                action.sa_flags &= !libc::SA_RESTART;
            } else {
                action.sa_flags |= libc::SA_RESTART;
            }
            if libc::sigaction(signalnum, &action, std::ptr::null_mut()) != 0 {
                return Err(last_error());
            }
        }
        Ok(())
    }
    /// Send a signal to a thread.
    #[native("($module, thread_id, signalnum, /)")]
    fn pthread_kill(thread_id: i64, signalnum: i32) -> R<()> {
        // SAFETY: the only thread is the one that calls.
        let result = unsafe { libc::pthread_kill(thread_id as libc::pthread_t, signalnum) };
        if result != 0 {
            return Err(os_error::raise_errno(result, Value::MISSING, Value::MISSING));
        }
        signals::run_pending()
    }
    /// Fetch and/or change the signal mask of the calling thread.
    #[native("($module, how, mask, /)")]
    fn pthread_sigmask(how: i32, mask: Value) -> R<Ref> {
        let new = signal_set(mask)?;
        // SAFETY: both sets are valid.
        let old = unsafe {
            let mut old: libc::sigset_t = std::mem::zeroed();
            let result = libc::pthread_sigmask(how, &new, &mut old);
            if result != 0 {
                return Err(os_error::raise_errno(result, Value::MISSING, Value::MISSING));
            }
            old
        };
        signals::run_pending()?;
        members(&old)
    }
    /// Examine pending signals.
    #[native]
    fn sigpending() -> R<Ref> {
        // SAFETY: the set is valid.
        let pending = unsafe {
            let mut pending: libc::sigset_t = std::mem::zeroed();
            libc::sigpending(&mut pending);
            pending
        };
        members(&pending)
    }
    /// Wait for a signal.
    #[native("($module, sigset, /)")]
    fn sigwait(sigset: Value) -> R<i64> {
        let wanted = signal_set(sigset)?;
        let mut got = 0;
        // SAFETY: the set is valid.
        let result = unsafe { libc::sigwait(&wanted, &mut got) };
        if result != 0 {
            return Err(os_error::raise_errno(result, Value::MISSING, Value::MISSING));
        }
        Ok(got as i64)
    }
    /// Return a set of valid signal numbers on this platform.
    #[native]
    fn valid_signals() -> R<Ref> {
        // SAFETY: the set is filled by sigfillset.
        let all = unsafe {
            let mut all: libc::sigset_t = std::mem::zeroed();
            libc::sigfillset(&mut all);
            all
        };
        members(&all)
    }
}
