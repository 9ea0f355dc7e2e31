//! `_socket.socket`: a socket with its time limit.

use std::time::{Duration, Instant};

use crate::socket_address::{Address, parse};
use dxpyc_objects::prelude::*;
use dxpyc_objects::{buffer, bytes, cast, float, int, io_errors, list, ops, os_error, signals, str, threads, tuple, unpack};

/// A socket.
#[repr(C)]
pub struct SocketObject {
    header: Header,
    fd: Cell<i32>,
    family: Cell<i32>,
    kind: Cell<i32>,
    proto: Cell<i32>,
    /// Nanoseconds; -1: operations wait as long as it takes, 0: they do not wait.
    timeout: Cell<i64>,
}

object_type!(SocketObject, SOCKET);

/// `_socket.socket`
pub static SOCKET: Type = Type::builtin::<SocketObject>(
    "socket",
    "_socket",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::BASE,
    Slots { new: Some(new), init: Some(init), repr: Some(repr), finalize: Some(finalize), ..Slots::NONE },
    Some(&SOCKETOBJECT_DECL),
);

/// The time limit that new sockets get.
pub struct DefaultTimeout(pub Cell<i64>);
// SAFETY: used by the thread that holds the baton.
unsafe impl Sync for DefaultTimeout {}
/// `setdefaulttimeout`
pub static DEFAULT_TIMEOUT: DefaultTimeout = DefaultTimeout(Cell::new(-1));

/// Raises the OSError of the last system call.
pub fn last_error() -> Raised {
    os_error::raise_errno(io_errors::errno(), Value::MISSING, Value::MISSING)
}

fn os_message(message: &str) -> Raised {
    raise(&dxpyc_objects::exceptions::OS_ERROR, message)
}

fn timed_out() -> Raised {
    raise(&dxpyc_objects::exceptions::TIMEOUT_ERROR, "timed out")
}

/// A time limit in nanoseconds from seconds or None.
pub fn timeout_of(v: Value) -> R<i64> {
    if v.is_none() {
        return Ok(-1);
    }
    let seconds = match float::as_f64_exact(v) {
        Some(f) => f,
        None if unpack::is_index(v) => match int::index_i64(v) {
            Ok(i) => i as f64,
            Err(_) => f64::INFINITY,
        },
        None => {
            return Err(type_error(format!(
                "'{}' object cannot be interpreted as an integer or float",
                dxpyc_objects::type_object::display_name(v)
            )));
        }
    };
    if seconds.is_nan() {
        return Err(value_error("Invalid value NaN (not a number)"));
    }
    if seconds.abs() >= 9.3e9 {
        drop(dxpyc_objects::state::take_pending());
        return Err(overflow_error("timestamp out of range for C PyTime_t"));
    }
    if seconds < 0.0 {
        return Err(value_error("Timeout value out of range"));
    }
    Ok((seconds * 1e9).ceil() as i64)
}

/// A time limit as Python shows it.
pub fn show_timeout(timeout: i64) -> Ref {
    if timeout < 0 { Ref::none() } else { float::from_f64(timeout as f64 / 1e9) }
}

fn new(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(cast::new_object_of(
        class,
        SocketObject {
            header: cast::fresh_header(),
            fd: Cell::new(-1),
            family: Cell::new(0),
            kind: Cell::new(0),
            proto: Cell::new(0),
            timeout: Cell::new(DEFAULT_TIMEOUT.0.get()),
        },
    ))
}

fn option(fd: i32, name: i32) -> Option<i32> {
    let (mut value, mut len) = (0i32, 4);
    // SAFETY: the value has room for four bytes.
    let result = unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, &raw mut value as *mut _, &mut len) };
    (result == 0).then_some(value)
}

fn init(v: Value, args: &Args) -> R<()> {
    let this: &SocketObject = cast::get_unchecked(v);
    let mut out = [Value::MISSING; 4];
    unpack::unpack(args, "socket", &["family", "type", "proto", "fileno"], 0, &mut out)?;
    let number = |v: Value| if v.is_missing() { Ok(-1) } else { int::index_i32(v) };
    let (mut family, mut kind, mut proto) = (number(out[0])?, number(out[1])?, number(out[2])?);
    let fd = if out[3].is_missing() || out[3].is_none() {
        family = if family == -1 { libc::AF_INET } else { family };
        kind = if kind == -1 { libc::SOCK_STREAM } else { kind };
        proto = if proto == -1 { 0 } else { proto };
        // SAFETY: a plain system call.
        let fd = unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, proto) };
        if fd < 0 {
            return Err(last_error());
        }
        fd
    } else {
        let fd = int::index_i32(out[3])?;
        if fd < 0 {
            return Err(value_error("negative file descriptor"));
        }
        let mut address = Address::empty();
        let (at, len) = address.parts();
        // SAFETY: the address has room for any.
        if unsafe { libc::getsockname(fd, at, len) } < 0 {
            // A valid descriptor of a family that has no names is good if the family is known.
            if family == -1 || matches!(io_errors::errno(), libc::EBADF | libc::ENOTSOCK) {
                return Err(last_error());
            }
        } else if family == -1 {
            family = address.family();
        }
        if kind == -1 {
            kind = option(fd, libc::SO_TYPE).ok_or_else(last_error)?;
        }
        if proto == -1 {
            proto = option(fd, libc::SO_PROTOCOL).ok_or_else(last_error)?;
        }
        fd
    };
    this.set_up(fd, family, kind, proto)
}

fn repr(v: Value) -> R<Ref> {
    let s: &SocketObject = cast::get_unchecked(v);
    Ok(str::from_str(&format!("<socket object, fd={}, family={}, type={}, proto={}>", s.fd.get(), s.family.get(), s.kind.get(), s.proto.get())))
}

fn finalize(v: Value) {
    let s: &SocketObject = cast::get_unchecked(v);
    let fd = s.fd.get();
    if fd < 0 {
        return;
    }
    let saved = dxpyc_objects::state::take_pending();
    let warned = ops::repr(v).and_then(|shown| {
        dxpyc_objects::warn::warn(&dxpyc_objects::exceptions::RESOURCE_WARNING, &format!("unclosed {}", str::to_rust(shown.v())))
    });
    if warned.is_err() {
        dxpyc_objects::unraisable::report("Exception ignored while finalizing socket ", v);
    }
    s.fd.set(-1);
    // SAFETY: the descriptor is this object's.
    unsafe { libc::close(fd) };
    if let Some(saved) = saved {
        dxpyc_objects::state::state().pending.set(saved);
    }
}

fn poll(fd: i32, events: i16, wait: Option<Duration>) -> Result<bool, i32> {
    let milliseconds = wait.map_or(-1, |w| w.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32);
    let mut entry = libc::pollfd { fd, events, revents: 0 };
    let (n, error) = threads::without_baton(|| {
        // SAFETY: one valid entry.
        let n = unsafe { libc::poll(&mut entry, 1, milliseconds) };
        (n, io_errors::errno())
    });
    if n < 0 { Err(error) } else { Ok(n > 0) }
}

impl SocketObject {
    /// The descriptor, or -1.
    pub fn fd(&self) -> i32 {
        self.fd.get()
    }
    fn set_up(&self, fd: i32, family: i32, kind: i32, proto: i32) -> R<()> {
        self.fd.set(fd);
        self.family.set(family);
        self.kind.set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
        self.proto.set(proto);
        if kind & libc::SOCK_NONBLOCK != 0 {
            self.timeout.set(0);
        } else {
            self.timeout.set(DEFAULT_TIMEOUT.0.get());
            if self.timeout.get() >= 0 {
                self.set_blocking(false)?;
            }
        }
        Ok(())
    }
    /// A socket around a descriptor that is its own from now on.
    pub fn make(class: &'static Type, fd: i32, family: i32, kind: i32, proto: i32) -> R<Ref> {
        let made = new(class, &Args::NONE)?;
        cast::get_unchecked::<SocketObject>(made.v()).set_up(fd, family, kind, proto)?;
        Ok(made)
    }
    fn set_blocking(&self, blocking: bool) -> R<()> {
        let mut flag: libc::c_int = i32::from(!blocking);
        // SAFETY: FIONBIO reads an int.
        if unsafe { libc::ioctl(self.fd.get(), libc::FIONBIO, &mut flag) } < 0 { Err(last_error()) } else { Ok(()) }
    }
    fn deadline(&self) -> Option<Instant> {
        (self.timeout.get() > 0).then(|| Instant::now() + Duration::from_nanos(self.timeout.get() as u64))
    }
    /// Waits as the time limit says, then runs the system call; repeated while signals interrupt it.
    fn run(&self, events: i16, deadline: Option<Instant>, call: &mut dyn FnMut(i32) -> isize) -> R<usize> {
        loop {
            if let Some(deadline) = deadline {
                match poll(self.fd.get(), events, Some(deadline.saturating_duration_since(Instant::now()))) {
                    Ok(true) => {}
                    Ok(false) => return Err(timed_out()),
                    Err(libc::EINTR) => {
                        signals::run_pending()?;
                        continue;
                    }
                    Err(error) => return Err(os_error::raise_errno(error, Value::MISSING, Value::MISSING)),
                }
            }
            let fd = self.fd.get();
            match threads::without_baton(|| (call(fd), io_errors::errno())) {
                (n, _) if n >= 0 => return Ok(n as usize),
                (_, libc::EINTR) => signals::run_pending()?,
                (_, libc::EAGAIN) if deadline.is_some() => {}
                (_, error) => return Err(os_error::raise_errno(error, Value::MISSING, Value::MISSING)),
            }
        }
    }
    /// Connects; the errno of a failure, or `Err` when an exception is pending.
    fn connect_to(&self, address: &Address) -> R<Result<(), i32>> {
        let fd = self.fd.get();
        let (result, error) = threads::without_baton(|| {
            // SAFETY: the address is valid for its length.
            (unsafe { libc::connect(fd, address.ptr(), address.len()) }, io_errors::errno())
        });
        if result == 0 {
            return Ok(Ok(()));
        }
        let timeout = self.timeout.get();
        let wait = if error == libc::EINTR {
            signals::run_pending()?;
            timeout != 0
        } else {
            timeout > 0 && error == libc::EINPROGRESS
        };
        if !wait {
            return Ok(Err(error));
        }
        let deadline = self.deadline();
        loop {
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            match poll(fd, libc::POLLOUT | libc::POLLERR, left) {
                Ok(true) => break,
                Ok(false) => return Err(timed_out()),
                Err(libc::EINTR) => signals::run_pending()?,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(match option(fd, libc::SO_ERROR) {
            None => Err(io_errors::errno()),
            Some(0 | libc::EISCONN) => Ok(()),
            Some(error) => Err(error),
        })
    }
    fn receive(&self, buffer: &mut [u8], flags: i32) -> R<usize> {
        let (at, len) = (buffer.as_mut_ptr(), buffer.len());
        // SAFETY: the buffer is writable for its length.
        self.run(libc::POLLIN, self.deadline(), &mut |fd| unsafe { libc::recv(fd, at as *mut _, len, flags) })
    }
    fn receive_from(&self, buffer: &mut [u8], flags: i32) -> R<(usize, Address)> {
        let (at, len) = (buffer.as_mut_ptr(), buffer.len());
        let mut address = Address::empty();
        let n = self.run(libc::POLLIN, self.deadline(), &mut |fd| {
            address = Address::empty();
            let (name, name_len) = address.parts();
            // SAFETY: the buffer and the address are writable for their lengths.
            unsafe { libc::recvfrom(fd, at as *mut _, len, flags, name, name_len) }
        })?;
        Ok((n, address))
    }
    fn send_bytes(&self, data: &[u8], flags: i32, deadline: Option<Instant>) -> R<usize> {
        // SAFETY: the data is readable for its length.
        self.run(libc::POLLOUT, deadline, &mut |fd| unsafe { libc::send(fd, data.as_ptr() as *const _, data.len(), flags) })
    }
}

fn buffer_size(n: i64, message: &str) -> R<Vec<u8>> {
    match usize::try_from(n) {
        Ok(n) => {
            let mut data = Vec::new();
            data.try_reserve_exact(n).map_err(|_| memory_error())?;
            data.resize(n, 0);
            Ok(data)
        }
        Err(_) => Err(value_error(message)),
    }
}

/// How much of a buffer of `len` bytes `nbytes` asks for.
fn portion(nbytes: i64, len: usize, function: &str) -> R<usize> {
    match nbytes {
        0 => Ok(len),
        n if n < 0 => Err(value_error(format!("negative buffersize in {function}"))),
        n if n as u64 > len as u64 => Err(value_error("buffer too small for requested bytes")),
        n => Ok(n as usize),
    }
}

/// The control messages that a received header holds.
fn control_messages(header: &libc::msghdr) -> R<Ref> {
    let mut out = Vec::new();
    // SAFETY: the kernel filled the header's control buffer; the macros walk within its length.
    unsafe {
        let mut at = libc::CMSG_FIRSTHDR(header);
        while !at.is_null() {
            let data = libc::CMSG_DATA(at);
            let end = header.msg_control as usize + header.msg_controllen;
            let len = ((*at).cmsg_len).saturating_sub(data as usize - at as usize).min(end.saturating_sub(data as usize));
            out.push(tuple::from_refs(vec![
                int::from_i64((*at).cmsg_level as i64),
                int::from_i64((*at).cmsg_type as i64),
                bytes::from_slice(std::slice::from_raw_parts(data, len)),
            ]));
            at = libc::CMSG_NXTHDR(header, at);
        }
    }
    Ok(list::from_refs(out))
}

fn receive_message(s: &SocketObject, pieces: &mut [libc::iovec], ancillary: i64, flags: i32) -> R<(usize, Ref, i32, Ref)> {
    let mut control = match usize::try_from(ancillary) {
        Ok(n) if n <= i32::MAX as usize => vec![0u64; n.div_ceil(8)],
        _ => return Err(value_error("invalid ancillary data buffer length")),
    };
    let mut address = Address::empty();
    // SAFETY: plain data.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    let n = s.run(libc::POLLIN, s.deadline(), &mut |fd| {
        address = Address::empty();
        let (name, len) = address.parts();
        header.msg_name = name as *mut _;
        // SAFETY: `len` points into the address.
        header.msg_namelen = unsafe { *len };
        header.msg_iov = pieces.as_mut_ptr();
        header.msg_iovlen = pieces.len() as _;
        header.msg_control = if ancillary > 0 { control.as_mut_ptr() as *mut _ } else { std::ptr::null_mut() };
        header.msg_controllen = ancillary as _;
        // SAFETY: all parts of the header are valid for their lengths.
        unsafe { libc::recvmsg(fd, &mut header, flags) }
    })?;
    let messages = control_messages(&header)?;
    // SAFETY: the kernel filled `msg_namelen` bytes of the address.
    let from = unsafe { Address::copied(address.ptr(), header.msg_namelen) };
    Ok((n, messages, header.msg_flags, from.to_python()?))
}

#[native_class(doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\nsocket(family=-1, type=-1, proto=-1, fileno=None) -> socket object\n\nOpen a socket of the given type.")]
impl SocketObject {
    /// Wait for an incoming connection: a new descriptor and the address of the other side.
    #[native]
    fn _accept(&self) -> R<Ref> {
        let mut address = Address::empty();
        let fd = self.run(libc::POLLIN, self.deadline(), &mut |fd| {
            address = Address::empty();
            let (at, len) = address.parts();
            // SAFETY: the address has room for any.
            (unsafe { libc::accept4(fd, at, len, libc::SOCK_CLOEXEC) }) as isize
        })?;
        Ok(tuple::pair(int::from_i64(fd as i64), address.to_python()?))
    }
    /// Bind the socket to a local address.
    #[native("($self, object, /)")]
    fn bind(&self, object: Value) -> R<()> {
        let address = parse(self.family.get(), object, "bind")?;
        // SAFETY: the address is valid for its length.
        if unsafe { libc::bind(self.fd.get(), address.ptr(), address.len()) } < 0 { Err(last_error()) } else { Ok(()) }
    }
    /// Close the socket.  It cannot be used after this call.
    #[native]
    fn close(&self) -> R<()> {
        let fd = self.fd.replace(-1);
        if fd >= 0 {
            let (result, error) = threads::without_baton(|| {
                // SAFETY: the descriptor was this object's.
                (unsafe { libc::close(fd) }, io_errors::errno())
            });
            if result < 0 && error != libc::ECONNRESET {
                return Err(os_error::raise_errno(error, Value::MISSING, Value::MISSING));
            }
        }
        Ok(())
    }
    /// Connect the socket to a remote address.
    #[native("($self, object, /)")]
    fn connect(&self, object: Value) -> R<()> {
        let address = parse(self.family.get(), object, "connect")?;
        self.connect_to(&address)?.map_err(|error| os_error::raise_errno(error, Value::MISSING, Value::MISSING))
    }
    /// This is like connect(address), but returns an error code instead of raising an exception.
    #[native("($self, object, /)")]
    fn connect_ex(&self, object: Value) -> R<i64> {
        let address = parse(self.family.get(), object, "connect_ex")?;
        match self.connect_to(&address) {
            Ok(result) => Ok(result.err().unwrap_or(0) as i64),
            Err(raised) if swallow(&dxpyc_objects::exceptions::TIMEOUT_ERROR) => {
                let _ = raised;
                Ok(libc::EAGAIN as i64)
            }
            Err(raised) => Err(raised),
        }
    }
    /// Close the socket object without closing the underlying file descriptor.
    #[native]
    fn detach(&self) -> i64 {
        self.fd.replace(-1) as i64
    }
    /// Return the integer file descriptor of the socket.
    #[native]
    fn fileno(&self) -> i64 {
        self.fd.get() as i64
    }
    /// Return the address of the remote endpoint.
    #[native]
    fn getpeername(&self) -> R<Ref> {
        let mut address = Address::empty();
        let (at, len) = address.parts();
        // SAFETY: the address has room for any.
        if unsafe { libc::getpeername(self.fd.get(), at, len) } < 0 { Err(last_error()) } else { address.to_python() }
    }
    /// Return the address of the local endpoint.
    #[native]
    fn getsockname(&self) -> R<Ref> {
        let mut address = Address::empty();
        let (at, len) = address.parts();
        // SAFETY: the address has room for any.
        if unsafe { libc::getsockname(self.fd.get(), at, len) } < 0 { Err(last_error()) } else { address.to_python() }
    }
    /// Get a socket option.
    #[native]
    fn getsockopt(&self, level: i32, option: i32, buffersize: Option<i64>) -> R<Ref> {
        match buffersize.unwrap_or(0) {
            0 => {
                let (mut value, mut len) = (0i32, 4);
                // SAFETY: the value has room for four bytes.
                if unsafe { libc::getsockopt(self.fd.get(), level, option, &raw mut value as *mut _, &mut len) } < 0 {
                    return Err(last_error());
                }
                Ok(int::from_i64(value as i64))
            }
            size @ 1..=1024 => {
                let mut data = vec![0u8; size as usize];
                let mut len = size as libc::socklen_t;
                // SAFETY: the buffer has room for `len` bytes.
                if unsafe { libc::getsockopt(self.fd.get(), level, option, data.as_mut_ptr() as *mut _, &mut len) } < 0 {
                    return Err(last_error());
                }
                Ok(bytes::from_slice(&data[..len as usize]))
            }
            _ => Err(os_message("getsockopt buflen out of range")),
        }
    }
    /// Set a socket option.
    #[native(raw)]
    fn setsockopt(&self, args: &Args) -> R<()> {
        args.no_keywords("socket.setsockopt")?;
        let count = args.pos().len();
        if !(count == 3 || count == 4 && args.pos()[2].is_none()) {
            return Err(type_error(if count == 4 {
                "setsockopt() takes exactly 3 arguments (4 given)".into()
            } else {
                format!("setsockopt() takes exactly 3 arguments ({count} given)")
            }));
        }
        let (level, option, value) = (int::index_i32(args.pos()[0])?, int::index_i32(args.pos()[1])?, args.pos()[2]);
        let set = |at: *const u8, len: usize| {
            // SAFETY: `at` is readable for `len` bytes, or null with a length that the option defines.
            if unsafe { libc::setsockopt(self.fd.get(), level, option, at as *const _, len as libc::socklen_t) } < 0 { Err(last_error()) } else { Ok(()) }
        };
        if count == 4 {
            return set(std::ptr::null(), int::index_i64(args.pos()[3])? as usize);
        }
        if unpack::is_index(value) {
            let number = int::index_i32(value)?.to_ne_bytes();
            return set(number.as_ptr(), number.len());
        }
        buffer::with_bytes(value, |b| set(b.as_ptr(), b.len()))
    }
    /// Returns True if socket is in blocking mode, or False if it is in non-blocking mode.
    #[native]
    fn getblocking(&self) -> bool {
        self.timeout.get() != 0
    }
    /// Set the socket to blocking (flag is true) or non-blocking (false).
    #[native("($self, object, /)")]
    fn setblocking(&self, object: bool) -> R<()> {
        self.timeout.set(if object { -1 } else { 0 });
        self.set_blocking(object)
    }
    /// Returns the timeout in seconds (float) associated with socket operations, or None.
    #[native]
    fn gettimeout(&self) -> Ref {
        show_timeout(self.timeout.get())
    }
    /// Set a timeout on socket operations.
    #[native("($self, object, /)")]
    fn settimeout(&self, object: Value) -> R<()> {
        let timeout = timeout_of(object)?;
        self.timeout.set(timeout);
        self.set_blocking(timeout < 0)
    }
    /// Enable a server to accept connections.
    #[native]
    fn listen(&self, backlog: Option<i32>) -> R<()> {
        // SAFETY: a plain system call.
        if unsafe { libc::listen(self.fd.get(), backlog.unwrap_or(128).max(0)) } < 0 { Err(last_error()) } else { Ok(()) }
    }
    /// Shut down the reading side of the socket, the writing side, or both.
    #[native("($self, object, /)")]
    fn shutdown(&self, object: i32) -> R<()> {
        let fd = self.fd.get();
        let (result, error) = threads::without_baton(|| {
            // SAFETY: a plain system call.
            (unsafe { libc::shutdown(fd, object) }, io_errors::errno())
        });
        if result < 0 { Err(os_error::raise_errno(error, Value::MISSING, Value::MISSING)) } else { Ok(()) }
    }
    /// Receive up to buffersize bytes from the socket.
    #[native]
    fn recv(&self, buffersize: i64, flags: Option<i32>) -> R<Ref> {
        let mut data = buffer_size(buffersize, "negative buffersize in recv")?;
        let n = self.receive(&mut data, flags.unwrap_or(0))?;
        bytes::try_from_slice(&bytes::BYTES, &data[..n])
    }
    /// Like recv(buffersize, flags) but also return the sender's address info.
    #[native]
    fn recvfrom(&self, buffersize: i64, flags: Option<i32>) -> R<Ref> {
        let mut data = buffer_size(buffersize, "negative buffersize in recvfrom")?;
        let (n, address) = self.receive_from(&mut data, flags.unwrap_or(0))?;
        Ok(tuple::pair(bytes::try_from_slice(&bytes::BYTES, &data[..n])?, address.to_python()?))
    }
    /// A version of recv() that stores its data into a buffer rather than creating a new string.
    #[native("($self, /, buffer, nbytes=0, flags=0)")]
    fn recv_into(&self, buffer: Value, nbytes: i64, flags: i32) -> R<usize> {
        writable(buffer, "recv_into", |data| {
            let n = portion(nbytes, data.len(), "recv_into")?;
            self.receive(&mut data[..n], flags)
        })
    }
    /// Like recv_into(buffer[, nbytes[, flags]]) but also return the sender's address info.
    #[native("($self, /, buffer, nbytes=0, flags=0)")]
    fn recvfrom_into(&self, buffer: Value, nbytes: i64, flags: i32) -> R<Ref> {
        let (n, address) = writable(buffer, "recvfrom_into", |data| {
            let n = if nbytes > data.len() as i64 {
                return Err(value_error("nbytes is greater than the length of the buffer"));
            } else {
                portion(nbytes, data.len(), "recvfrom_into")?
            };
            self.receive_from(&mut data[..n], flags)
        })?;
        Ok(tuple::pair(int::from_i64(n as i64), address.to_python()?))
    }
    /// Receive normal data (up to bufsize bytes) and ancillary data from the socket.
    #[native]
    fn recvmsg(&self, bufsize: i64, ancbufsize: Option<i64>, flags: Option<i32>) -> R<Ref> {
        let mut data = buffer_size(bufsize, "negative buffer size in recvmsg()")?;
        let mut piece = [libc::iovec { iov_base: data.as_mut_ptr() as *mut _, iov_len: data.len() }];
        let (n, messages, flags, address) = receive_message(self, &mut piece, ancbufsize.unwrap_or(0), flags.unwrap_or(0))?;
        Ok(tuple::from_refs(vec![bytes::try_from_slice(&bytes::BYTES, &data[..n])?, messages, int::from_i64(flags as i64), address]))
    }
    /// Receive normal data and ancillary data from the socket, scattering the former into a series of buffers.
    #[native]
    fn recvmsg_into(&self, buffers: Value, ancbufsize: Option<i64>, flags: Option<i32>) -> R<Ref> {
        let buffers = ops::collect_to_vec(buffers)?;
        let sizes = buffers.iter().map(|b| writable(b.v(), "recvmsg_into", |data| Ok(data.len()))).collect::<R<Vec<usize>>>()?;
        let mut data = vec![0u8; sizes.iter().sum()];
        let mut piece = [libc::iovec { iov_base: data.as_mut_ptr() as *mut _, iov_len: data.len() }];
        let (n, messages, flags, address) = receive_message(self, &mut piece, ancbufsize.unwrap_or(0), flags.unwrap_or(0))?;
        let mut left = &data[..n];
        for b in &buffers {
            writable(b.v(), "recvmsg_into", |place| {
                let size = left.len().min(place.len());
                place[..size].copy_from_slice(&left[..size]);
                left = &left[size..];
                Ok(())
            })?;
        }
        Ok(tuple::from_refs(vec![int::from_i64(n as i64), messages, int::from_i64(flags as i64), address]))
    }
    /// Send a data string to the socket.
    #[native]
    fn send(&self, data: Value, flags: Option<i32>) -> R<usize> {
        buffer::with_bytes(data, |b| self.send_bytes(b, flags.unwrap_or(0), self.deadline()))
    }
    /// Send a data string to the socket, all of it.
    #[native]
    fn sendall(&self, data: Value, flags: Option<i32>) -> R<()> {
        buffer::with_bytes(data, |b| {
            let deadline = self.deadline();
            let mut left = b;
            while !left.is_empty() {
                let n = self.send_bytes(left, flags.unwrap_or(0), deadline)?;
                left = &left[n..];
                signals::run_pending()?;
                if deadline.is_some_and(|d| Instant::now() >= d) && !left.is_empty() {
                    return Err(timed_out());
                }
            }
            Ok(())
        })
    }
    /// Like send(data, flags) but allows specifying the destination address.
    #[native(raw)]
    fn sendto(&self, args: &Args) -> R<usize> {
        args.no_keywords("socket.sendto")?;
        let (data, flags, address) = match args.pos() {
            [data, address] => (*data, 0, *address),
            [data, flags, address] => (*data, int::index_i32(*flags)?, *address),
            other => return Err(type_error(format!("sendto() takes 2 or 3 arguments ({} given)", other.len()))),
        };
        buffer::with_bytes(data, |b| {
            let address = parse(self.family.get(), address, "sendto")?;
            self.run(libc::POLLOUT, self.deadline(), &mut |fd| {
                // SAFETY: the data and the address are readable for their lengths.
                unsafe { libc::sendto(fd, b.as_ptr() as *const _, b.len(), flags, address.ptr(), address.len()) }
            })
        })
    }
    /// Send normal and ancillary data to the socket, gathering the former from a series of buffers.
    #[native]
    fn sendmsg(&self, buffers: Value, ancdata: Option<Value>, flags: Option<i32>, address: Option<Value>) -> R<usize> {
        if ops::getattr_opt(buffers, "__iter__")?.is_none() && ops::getattr_opt(buffers, "__getitem__")?.is_none() {
            return Err(type_error("sendmsg() argument 1 must be an iterable"));
        }
        let mut data = Vec::new();
        for piece in ops::collect_to_vec(buffers)? {
            buffer::with_bytes(piece.v(), |b| {
                data.extend_from_slice(b);
                Ok(())
            })?;
        }
        let mut control: Vec<u8> = Vec::new();
        if let Some(items) = ancdata {
            for item in ops::collect_to_vec(items)? {
                let Some([level, kind, content]) = tuple::items(item.v()) else {
                    return Err(type_error(format!(
                        "[sendmsg() ancillary data items]() argument must be 3-item tuple, not {}",
                        dxpyc_objects::type_object::display_name(item.v())
                    )));
                };
                let (level, kind) = (int::index_i32(*level)?, int::index_i32(*kind)?);
                let content = buffer::to_vec(*content)?;
                let start = control.len();
                // SAFETY: the macros only calculate.
                let (space, len) = unsafe { (libc::CMSG_SPACE(content.len() as u32) as usize, libc::CMSG_LEN(content.len() as u32) as usize) };
                control.resize(start + space, 0);
                let head = size_of::<libc::cmsghdr>();
                control[start..start + 8].copy_from_slice(&len.to_ne_bytes());
                control[start + 8..start + 12].copy_from_slice(&level.to_ne_bytes());
                control[start + 12..start + 16].copy_from_slice(&kind.to_ne_bytes());
                control[start + head..start + head + content.len()].copy_from_slice(&content);
            }
        }
        let address = match address {
            Some(a) if !a.is_none() => Some(parse(self.family.get(), a, "sendmsg")?),
            _ => None,
        };
        let flags = flags.unwrap_or(0);
        self.run(libc::POLLOUT, self.deadline(), &mut |fd| {
            let mut piece = libc::iovec { iov_base: data.as_mut_ptr() as *mut _, iov_len: data.len() };
            // SAFETY: plain data; all parts of the header are valid for their lengths.
            unsafe {
                let mut header: libc::msghdr = std::mem::zeroed();
                if let Some(address) = &address {
                    header.msg_name = address.ptr() as *mut _;
                    header.msg_namelen = address.len();
                }
                header.msg_iov = &mut piece;
                header.msg_iovlen = 1;
                if !control.is_empty() {
                    header.msg_control = control.as_mut_ptr() as *mut _;
                    header.msg_controllen = control.len() as _;
                }
                libc::sendmsg(fd, &header, flags)
            }
        })
    }
    /// Set operation mode, IV and length of associated data for an AF_ALG operation socket: not supported.
    #[native(raw)]
    fn sendmsg_afalg(&self, _args: &Args) -> R<Ref> {
        Err(not_implemented_error("unsupported: socket.sendmsg_afalg()"))
    }
    /// the socket family
    #[getter]
    fn family(&self) -> i64 {
        self.family.get() as i64
    }
    /// the socket type
    #[getter(name = "type")]
    fn kind(&self) -> i64 {
        self.kind.get() as i64
    }
    /// the socket protocol
    #[getter]
    fn proto(&self) -> i64 {
        self.proto.get() as i64
    }
    /// the socket timeout
    #[getter]
    fn timeout(&self) -> Ref {
        show_timeout(self.timeout.get())
    }
}

fn writable<T>(v: Value, function: &str, f: impl FnOnce(&mut [u8]) -> R<T>) -> R<T> {
    if buffer::growable(v).is_none() && cast::get::<dxpyc_objects::memoryview::MemoryView>(v).is_none() {
        return Err(type_error(format!("{function}() argument 1 must be read-write bytes-like object, not {}", unpack::not_name(v))));
    }
    buffer::with_bytes_mut(v, function, f)
}
