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

/// The object of `select.epoll()`.
#[repr(C)]
pub struct EpollObject {
    header: Header,
    /// -1 when closed.
    fd: Cell<i32>,
}

object_type!(EpollObject, EPOLL);

/// `select.epoll`, the type.
pub static EPOLL: Type = Type::builtin::<EpollObject>(
    "epoll",
    "select",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::BASE,
    Slots { new: Some(new_epoll), finalize: Some(close_epoll), ..Slots::NONE },
    Some(&EPOLLOBJECT_DECL),
);

fn last_error() -> Raised {
    os_error::raise_errno(io_errors::errno(), Value::MISSING, Value::MISSING)
}

fn new_epoll(class: &'static Type, args: &Args) -> R<Ref> {
    let mut out = [Value::MISSING; 2];
    dxpyc_objects::unpack::unpack(args, "epoll", &["sizehint", "flags"], 0, &mut out)?;
    let size = if out[0].is_missing() { -1 } else { int::index_i32(out[0])? };
    let flags = if out[1].is_missing() { 0 } else { int::index_i32(out[1])? };
    if size != -1 && size <= 0 {
        return Err(value_error("negative sizehint"));
    }
    if flags & !libc::EPOLL_CLOEXEC != 0 {
        return Err(raise(&dxpyc_objects::exceptions::OS_ERROR, "invalid flags"));
    }
    // SAFETY: a plain system call.
    let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
    if fd < 0 {
        return Err(last_error());
    }
    Ok(cast::new_object_of(class, EpollObject { header: cast::fresh_header(), fd: Cell::new(fd) }))
}

fn close_epoll(v: Value) {
    let fd = cast::get_unchecked::<EpollObject>(v).fd.replace(-1);
    if fd >= 0 {
        // SAFETY: the descriptor was this object's.
        unsafe { libc::close(fd) };
    }
}

impl EpollObject {
    fn open(&self) -> R<i32> {
        match self.fd.get() {
            -1 => Err(value_error("I/O operation on closed epoll object")),
            fd => Ok(fd),
        }
    }
    fn control(&self, operation: i32, fd: Value, events: u32) -> R<()> {
        let poll = self.open()?;
        let fd = descriptor(fd)?;
        let mut event = libc::epoll_event { events, u64: fd as u64 };
        // SAFETY: the event is valid for the call.
        if unsafe { libc::epoll_ctl(poll, operation, fd, &mut event) } < 0 { Err(last_error()) } else { Ok(()) }
    }
}

#[native_class(doc = "select.epoll(sizehint=-1, flags=0)\n\nReturns an epolling object.\n\n  sizehint\n    The expected number of events to be registered.  It must be positive,\n    or -1 to use the default.  It is only used on older systems where\n    epoll_create1() is not available; otherwise it has no effect (though its\n    value is still checked).\n  flags\n    Deprecated and completely ignored.  However, when supplied, its value\n    must be 0 or select.EPOLL_CLOEXEC, otherwise OSError is raised.")]
impl EpollObject {
    /// Create an epoll object from a given control fd.
    #[classmethod("($type, fd, /)")]
    fn fromfd(class: Value, fd: i32) -> R<Ref> {
        let class = dxpyc_objects::type_object::as_type(class).expect("a class method's class");
        Ok(cast::new_object_of(class, EpollObject { header: cast::fresh_header(), fd: Cell::new(fd) }))
    }
    /// Close the epoll control file descriptor.
    #[native]
    fn close(&self) -> R<()> {
        let fd = self.fd.replace(-1);
        // SAFETY: the descriptor was this object's.
        if fd >= 0 && unsafe { libc::close(fd) } < 0 { Err(last_error()) } else { Ok(()) }
    }
    /// True if the epoll handler is closed
    #[getter]
    fn closed(&self) -> bool {
        self.fd.get() < 0
    }
    /// Return the epoll control file descriptor.
    #[native]
    fn fileno(&self) -> R<i64> {
        self.open().map(|fd| fd as i64)
    }
    /// Registers a new fd or raises an OSError if the fd is already registered.
    #[native("($self, /, fd, eventmask=7)")]
    fn register(&self, fd: Value, eventmask: i64) -> R<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, eventmask as u32)
    }
    /// Modify event mask for a registered file descriptor.
    #[native("($self, /, fd, eventmask)")]
    fn modify(&self, fd: Value, eventmask: i64) -> R<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, eventmask as u32)
    }
    /// Remove a registered file descriptor from the epoll object.
    #[native("($self, /, fd)")]
    fn unregister(&self, fd: Value) -> R<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0)
    }
    /// Wait for events on the epoll file descriptor.
    #[native("($self, /, timeout=None, maxevents=-1)")]
    fn poll(&self, timeout: Value, maxevents: i64) -> R<Ref> {
        let fd = self.open()?;
        let timeout = match timeout_of(timeout, false) {
            Ok(timeout) => timeout,
            // Less than nothing: without a limit.
            Err(raised) => {
                if !swallow(&dxpyc_objects::exceptions::VALUE_ERROR) {
                    return Err(raised);
                }
                None
            }
        };
        let room = match maxevents {
            -1 => 1023,
            n if n < 1 => return Err(value_error(format!("maxevents must be greater than 0, got {n}"))),
            n => n.min(1 << 20) as usize,
        };
        let deadline = timeout.map(|t| Instant::now() + t);
        let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; room];
        let n = loop {
            let left = deadline.map_or(-1, |d| d.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000).min(i32::MAX as u128) as i32);
            let result = dxpyc_objects::threads::without_baton(|| {
                // SAFETY: the array is valid for the call.
                let n = unsafe { libc::epoll_wait(fd, events.as_mut_ptr(), room as i32, left) };
                (n, io_errors::errno())
            });
            match result {
                (n, _) if n >= 0 => break n as usize,
                (_, libc::EINTR) => signals::run_pending()?,
                (_, error) => return Err(os_error::raise_errno(error, Value::MISSING, Value::MISSING)),
            }
        };
        Ok(list::from_refs(events[..n].iter().map(|e| tuple::pair(int::from_i64(e.u64 as i32 as i64), int::from_i64(e.events as i64))).collect()))
    }
    #[native]
    fn __enter__(this: Value) -> R<Ref> {
        cast::get_unchecked::<EpollObject>(this).open()?;
        Ok(Ref::new(this))
    }
    #[native(raw)]
    fn __exit__(this: Value, _args: &Args) -> R<Ref> {
        dxpyc_objects::call::call_method(this, "close", &[])
    }
}

fn init(module: Value) -> R<()> {
    for (name, value) in [
        ("EPOLLIN", 1i64), ("EPOLLOUT", 4), ("EPOLLPRI", 2), ("EPOLLERR", 8), ("EPOLLHUP", 16), ("EPOLLRDHUP", 8192), ("EPOLLET", 1 << 31),
        ("EPOLLONESHOT", 1 << 30), ("EPOLLEXCLUSIVE", 1 << 28), ("EPOLLRDNORM", 64), ("EPOLLRDBAND", 128), ("EPOLLWRNORM", 256), ("EPOLLWRBAND", 512),
        ("EPOLLMSG", 1024), ("EPOLLWAKEUP", 1 << 29), ("EPOLL_CLOEXEC", 1 << 19),
    ] {
        dict::set_str(module, name, int::from_i64(value));
    }
    dxpyc_objects::type_object::make_ready(&EPOLL);
    dict::set_str(module, "epoll", Ref::new(EPOLL.v()));
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
            // A list is walked as it is: `fileno()` may change it.
            let all = if type_of(v).has(type_flags::LIST) { Ref::new(v) } else { list::from_refs(ops::collect_to_vec(v)?) };
            let (mut objects, mut fds) = (Vec::new(), Vec::new());
            while let Some(&object) = list::items_raw(all.v()).get(fds.len()) {
                let object = Ref::new(object);
                let fd = descriptor(object.v())?;
                if fd as usize >= libc::FD_SETSIZE {
                    return Err(value_error("filedescriptor out of range in select()"));
                }
                if fds.len() >= libc::FD_SETSIZE {
                    return Err(value_error("too many file descriptors in select()"));
                }
                fds.push(fd);
                objects.push(object);
            }
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
