//! `select`: waiting for files to become ready.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, cast, dict, float, int, io_errors, list, ops, os_error, signals, tuple};

/// A descriptor: an int or what `fileno()` gives.
pub fn descriptor(v: Value) -> R<i32> {
    let number = if int::is_int(v) {
        Ref::new(v)
    } else {
        match ops::getattr_opt(v, "fileno")? {
            Some(method) => {
                let number = call::call0(method.v())?;
                if !int::is_int(number.v()) {
                    return Err(type_error("fileno() returned a non-integer"));
                }
                number
            }
            None => return Err(type_error("argument must be an int, or have a fileno() method")),
        }
    };
    let fd = int::index_i32(number.v())?;
    if fd < 0 {
        return Err(value_error(format!("file descriptor cannot be a negative integer ({fd})")));
    }
    Ok(fd)
}

fn timeout_of(v: Value, milliseconds: bool) -> R<Option<Duration>> {
    if v.is_none() {
        return Ok(None);
    }
    let Ok(seconds) = float::as_f64(v) else {
        drop(dxpyc_objects::state::take_pending());
        return Err(type_error("timeout must be a float or None"));
    };
    if milliseconds && seconds < 0.0 {
        return Ok(None);
    }
    if seconds < 0.0 {
        return Err(value_error("timeout must be non-negative"));
    }
    Duration::try_from_secs_f64(if milliseconds { seconds / 1000.0 } else { seconds }).map(Some).map_err(|_| overflow_error("timeout is too large"))
}

/// Calls poll(2) until something is ready, the time is over or a handler raises.
fn wait(fds: &mut [libc::pollfd], timeout: Option<Duration>) -> R<usize> {
    let deadline = timeout.map(|t| Instant::now() + t);
    loop {
        let left = match deadline {
            None => -1,
            Some(d) => {
                let left = d.saturating_duration_since(Instant::now());
                (left.as_micros().div_ceil(1000)).min(i32::MAX as u128) as i32
            }
        };
        let result = dxpyc_objects::threads::without_baton(|| {
            // SAFETY: the array is valid for the call.
            let result = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, left) };
            (result, io_errors::errno())
        });
        match result {
            (n, _) if n >= 0 => return Ok(n as usize),
            (_, libc::EINTR) => signals::run_pending()?,
            (_, error) => return Err(os_error::raise_errno(error, Value::MISSING, Value::MISSING)),
        }
    }
}

/// The object of `select.poll()`.
#[repr(C)]
pub struct PollObject {
    header: Header,
    fds: RefCell<Vec<(i32, i16)>>,
}

object_type!(PollObject, POLL);

/// `select.poll`, the type.
pub static POLL: Type =
    Type::builtin::<PollObject>("poll", "select", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, Slots::NONE, Some(&POLLOBJECT_DECL));

#[native_class(doc = "")]
impl PollObject {
    /// Register a file descriptor with the polling object.
    #[native("($self, fd, eventmask=7, /)")]
    fn register(&self, fd: Value, eventmask: i64) -> R<()> {
        let fd = descriptor(fd)?;
        let mut fds = self.fds.borrow_mut();
        match fds.iter_mut().find(|(f, _)| *f == fd) {
            Some(entry) => entry.1 = eventmask as i16,
            None => fds.push((fd, eventmask as i16)),
        }
        Ok(())
    }
    /// Modify an already registered file descriptor.
    #[native("($self, fd, eventmask, /)")]
    fn modify(&self, fd: Value, eventmask: i64) -> R<()> {
        let fd = descriptor(fd)?;
        match self.fds.borrow_mut().iter_mut().find(|(f, _)| *f == fd) {
            Some(entry) => entry.1 = eventmask as i16,
            None => return Err(os_error::raise_errno(libc::ENOENT, Value::MISSING, Value::MISSING)),
        }
        Ok(())
    }
    /// Remove a file descriptor being tracked by the polling object.
    #[native("($self, fd, /)")]
    fn unregister(&self, fd: Value) -> R<()> {
        let number = descriptor(fd)?;
        let mut fds = self.fds.borrow_mut();
        let before = fds.len();
        fds.retain(|(f, _)| *f != number);
        if fds.len() == before { Err(key_error(fd)) } else { Ok(()) }
    }
    /// Polls the set of registered file descriptors.
    #[native("($self, timeout=None, /)")]
    fn poll(&self, timeout: Value) -> R<Ref> {
        let timeout = timeout_of(timeout, true)?;
        let mut fds: Vec<libc::pollfd> = self.fds.borrow().iter().map(|(fd, events)| libc::pollfd { fd: *fd, events: *events, revents: 0 }).collect();
        wait(&mut fds, timeout)?;
        let ready = fds.iter().filter(|f| f.revents != 0);
        Ok(list::from_refs(ready.map(|f| tuple::pair(int::from_i64(f.fd as i64), int::from_i64(f.revents as u16 as i64))).collect()))
    }
}

fn init(module: Value) -> R<()> {
    for (name, value) in [
        ("PIPE_BUF", 4096), ("POLLIN", 1), ("POLLPRI", 2), ("POLLOUT", 4), ("POLLERR", 8), ("POLLHUP", 16), ("POLLNVAL", 32), ("POLLRDNORM", 64),
        ("POLLRDBAND", 128), ("POLLWRNORM", 256), ("POLLWRBAND", 512), ("POLLMSG", 1024), ("POLLRDHUP", 8192),
    ] {
        dict::set_str(module, name, int::from_i64(value));
    }
    dict::set_str(module, "error", Ref::new(dxpyc_objects::exceptions::OS_ERROR.v()));
    Ok(())
}

/// This module supports asynchronous I/O on multiple file descriptors.
#[native_module(name = "select", init = super::init)]
pub mod module {
    use super::*;

    /// Wait until one or more file descriptors are ready for some kind of I/O.
    #[native("($module, rlist, wlist, xlist, timeout=None, /)")]
    fn select(rlist: Value, wlist: Value, xlist: Value, timeout: Value) -> R<Ref> {
        let mut kinds = Vec::new();
        for (v, events) in [(rlist, libc::POLLIN), (wlist, libc::POLLOUT), (xlist, libc::POLLPRI)] {
            if ops::getattr_opt(v, "__iter__")?.is_none() && ops::getattr_opt(v, "__getitem__")?.is_none() {
                return Err(type_error("arguments 1-3 must be sequences"));
            }
            let objects = ops::collect_to_vec(v)?;
            let fds = objects.iter().map(|o| descriptor(o.v())).collect::<R<Vec<i32>>>()?;
            kinds.push((objects, fds, events));
        }
        let timeout = timeout_of(timeout, false)?;
        let mut fds: Vec<libc::pollfd> =
            kinds.iter().flat_map(|(_, fds, events)| fds.iter().map(|fd| libc::pollfd { fd: *fd, events: *events, revents: 0 })).collect();
        wait(&mut fds, timeout)?;
        if fds.iter().any(|f| f.revents & libc::POLLNVAL != 0) {
            return Err(os_error::raise_errno(libc::EBADF, Value::MISSING, Value::MISSING));
        }
        let mut at = fds.iter();
        let mut out = Vec::new();
        for (objects, _, events) in kinds {
            let broken = if events == libc::POLLPRI { 0 } else { libc::POLLERR | libc::POLLHUP };
            let mut ready = Vec::new();
            for object in objects {
                if at.next().is_some_and(|f| f.revents & (events | broken) != 0) {
                    ready.push(object);
                }
            }
            out.push(list::from_refs(ready));
        }
        Ok(tuple::from_refs(out))
    }
    /// Returns a polling object.
    #[native]
    fn poll() -> Ref {
        new_object(PollObject { header: cast::fresh_header(), fds: RefCell::new(Vec::new()) })
    }
}
