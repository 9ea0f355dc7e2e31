//! Socket addresses: from Python values to the kernel's form and back, and host names.

use std::ffi::CString;

use crate::classes::ClassCell;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::{buffer, bytes, call, codecs, int, io_errors, ops, os_error, str, threads, tuple};

/// `socket.gaierror`.
pub static GAIERROR: ClassCell = ClassCell::new();
/// `socket.herror`.
pub static HERROR: ClassCell = ClassCell::new();

/// An address as the kernel wants it.
#[derive(Clone, Copy)]
pub struct Address {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
}

impl Address {
    /// Room for any address, to be filled by a system call.
    pub fn empty() -> Address {
        // SAFETY: all-zero bytes are a valid sockaddr_storage.
        Address { storage: unsafe { std::mem::zeroed() }, len: size_of::<libc::sockaddr_storage>() as libc::socklen_t }
    }
    /// Copies an address that a library function gave.
    ///
    /// # Safety
    /// `at` points to `len` readable bytes.
    pub unsafe fn copied(at: *const libc::sockaddr, len: libc::socklen_t) -> Address {
        let mut address = Address::empty();
        address.len = len.min(address.len);
        // SAFETY: both have `address.len` bytes.
        unsafe { std::ptr::copy_nonoverlapping(at as *const u8, &raw mut address.storage as *mut u8, address.len as usize) };
        address
    }
    fn of<T: Copy>(value: T, len: usize) -> Address {
        let mut address = Address::empty();
        // SAFETY: sockaddr_storage is at least as large and as aligned as each sockaddr type.
        unsafe { (&raw mut address.storage as *mut T).write(value) };
        address.len = len as libc::socklen_t;
        address
    }
    fn get<T: Copy>(&self) -> T {
        // SAFETY: as in `of`; every sockaddr type is plain data.
        unsafe { (&raw const self.storage as *const T).read() }
    }
    /// For system calls that read it.
    pub fn ptr(&self) -> *const libc::sockaddr {
        &raw const self.storage as *const libc::sockaddr
    }
    /// Its length.
    pub fn len(&self) -> libc::socklen_t {
        self.len
    }
    /// For system calls that fill it.
    pub fn parts(&mut self) -> (*mut libc::sockaddr, *mut libc::socklen_t) {
        (&raw mut self.storage as *mut libc::sockaddr, &raw mut self.len)
    }
    /// The family.
    pub fn family(&self) -> i32 {
        self.storage.ss_family as i32
    }
    /// The address as Python shows it.
    pub fn to_python(self) -> R<Ref> {
        if self.len == 0 {
            return Ok(Ref::none());
        }
        match self.family() {
            libc::AF_INET => {
                let a: libc::sockaddr_in = self.get();
                Ok(tuple::pair(str::from_str(&self.host()?), int::from_i64(u16::from_be(a.sin_port) as i64)))
            }
            libc::AF_INET6 => {
                let a: libc::sockaddr_in6 = self.get();
                let host = str::from_str(&self.host()?);
                let numbers = [u16::from_be(a.sin6_port) as i64, u32::from_be(a.sin6_flowinfo) as i64, a.sin6_scope_id as i64];
                Ok(tuple::from_refs(std::iter::once(host).chain(numbers.map(int::from_i64)).collect()))
            }
            libc::AF_UNIX => {
                let a: libc::sockaddr_un = self.get();
                let length = (self.len as usize).saturating_sub(std::mem::offset_of!(libc::sockaddr_un, sun_path));
                let path: Vec<u8> = a.sun_path.iter().take(length).map(|c| *c as u8).collect();
                if path.first() == Some(&0) {
                    return Ok(bytes::from_slice(&path));
                }
                let end = path.iter().position(|b| *b == 0).unwrap_or(path.len());
                Ok(codecs::decode_fs(&path[..end]))
            }
            libc::AF_NETLINK => {
                let a: libc::sockaddr_nl = self.get();
                Ok(tuple::pair(int::from_i64(a.nl_pid as i64), int::from_i64(a.nl_groups as i64)))
            }
            libc::AF_VSOCK => {
                let a: libc::sockaddr_vm = self.get();
                Ok(tuple::pair(int::from_i64(a.svm_cid as i64), int::from_i64(a.svm_port as i64)))
            }
            family => {
                let a: libc::sockaddr = self.get();
                let data: Vec<u8> = a.sa_data.iter().take((self.len as usize).saturating_sub(2)).map(|c| *c as u8).collect();
                Ok(tuple::pair(int::from_i64(family as i64), bytes::from_slice(&data)))
            }
        }
    }
    /// The numeric host of an internet address.
    pub fn host(&self) -> R<String> {
        let (host, _) = self.names(libc::NI_NUMERICHOST)?;
        Ok(host)
    }
    /// `getnameinfo`: host and service.
    pub fn names(&self, flags: i32) -> R<(String, String)> {
        let (mut host, mut service) = ([0 as libc::c_char; 1025], [0 as libc::c_char; 32]);
        let error = threads::without_baton(|| {
            // SAFETY: the address is valid for its length, the buffers for theirs.
            unsafe {
                libc::getnameinfo(self.ptr(), self.len, host.as_mut_ptr(), host.len() as u32, service.as_mut_ptr(), service.len() as u32, flags)
            }
        });
        if error != 0 {
            return Err(raise_gai(error));
        }
        Ok((c_text(&host), c_text(&service)))
    }
}

fn c_text(buffer: &[libc::c_char]) -> String {
    let bytes: Vec<u8> = buffer.iter().take_while(|c| **c != 0).map(|c| *c as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Raises the error of `getaddrinfo` or `getnameinfo`.
pub fn raise_gai(code: i32) -> Raised {
    if code == libc::EAI_SYSTEM {
        return os_error::raise_errno(io_errors::errno(), Value::MISSING, Value::MISSING);
    }
    // SAFETY: gai_strerror returns a static C string.
    let text = unsafe { std::ffi::CStr::from_ptr(libc::gai_strerror(code)) };
    let text = str::from_str(&text.to_string_lossy());
    raise_instance(dxpyc_objects::exceptions::new_with_args(GAIERROR.class(), &[Value::from_small_int(code as i64), text.v()]))
}

/// A host name given as str, bytes or bytearray; other characters than ASCII go through the codec `idna`.
pub fn host_name(v: Value, message: &dyn Fn() -> Raised) -> R<CString> {
    let raw = if let Some(b) = bytes::as_slice(v) {
        b.to_vec()
    } else if let Some(s) = str::try_view(v) {
        let units: Vec<u32> = (0..s.len()).map(|i| s.get(i)).collect();
        if units.iter().all(|c| *c < 128) {
            units.into_iter().map(|c| c as u8).collect()
        } else {
            let name = str::from_str("idna");
            match call::call_method(v, "encode", &[name.v()]) {
                Ok(encoded) => buffer::to_vec(encoded.v())?,
                Err(_) => {
                    drop(dxpyc_objects::state::take_pending());
                    return Err(type_error("encoding of hostname failed"));
                }
            }
        }
    } else if buffer::growable(v).is_some() {
        buffer::to_vec(v)?
    } else {
        return Err(message());
    };
    CString::new(raw).map_err(|_| type_error("host name must not contain null character"))
}

/// The address of a host, its port being 0.
pub fn resolve(host: &CString, family: i32) -> R<Address> {
    let text = host.to_bytes();
    if text.is_empty() {
        return Ok(match family {
            libc::AF_INET6 => internet6(0, 0, 0),
            _ => internet(0),
        });
    }
    if text == b"<broadcast>" || text == b"255.255.255.255" {
        if family != libc::AF_INET && family != libc::AF_UNSPEC {
            return Err(raise(&dxpyc_objects::exceptions::OS_ERROR, "address family mismatched"));
        }
        return Ok(internet(u32::MAX));
    }
    let found = lookup(Some(host), None, family, 0, 0, 0)?;
    found.into_iter().next().map(|f| f.address).ok_or_else(|| raise_gai(libc::EAI_NONAME))
}

fn internet(host: u32) -> Address {
    // SAFETY: plain data.
    let mut a: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    a.sin_family = libc::AF_INET as u16;
    a.sin_addr.s_addr = host;
    Address::of(a, size_of::<libc::sockaddr_in>())
}

fn internet6(port: u16, flow: u32, scope: u32) -> Address {
    // SAFETY: plain data.
    let mut a: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
    a.sin6_family = libc::AF_INET6 as u16;
    a.sin6_port = port.to_be();
    a.sin6_flowinfo = flow.to_be();
    a.sin6_scope_id = scope;
    Address::of(a, size_of::<libc::sockaddr_in6>())
}

/// One result of `getaddrinfo`.
pub struct Found {
    pub family: i32,
    pub kind: i32,
    pub proto: i32,
    pub canonical: String,
    pub address: Address,
}

/// `getaddrinfo(3)`
pub fn lookup(host: Option<&CString>, service: Option<&CString>, family: i32, kind: i32, proto: i32, flags: i32) -> R<Vec<Found>> {
    // SAFETY: plain data.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = family;
    hints.ai_socktype = kind;
    hints.ai_protocol = proto;
    hints.ai_flags = flags;
    let mut list: *mut libc::addrinfo = std::ptr::null_mut();
    let error = threads::without_baton(|| {
        // SAFETY: the strings are C strings or null; hints and list are valid.
        unsafe {
            libc::getaddrinfo(host.map_or(std::ptr::null(), |h| h.as_ptr()), service.map_or(std::ptr::null(), |s| s.as_ptr()), &hints, &mut list)
        }
    });
    if error != 0 {
        return Err(raise_gai(error));
    }
    let mut out = Vec::new();
    let mut at = list;
    while !at.is_null() {
        // SAFETY: the list is valid until freeaddrinfo; names are C strings or null.
        unsafe {
            let item = &*at;
            let canonical = if item.ai_canonname.is_null() { String::new() } else { std::ffi::CStr::from_ptr(item.ai_canonname).to_string_lossy().into_owned() };
            let address = Address::copied(item.ai_addr, item.ai_addrlen);
            out.push(Found { family: item.ai_family, kind: item.ai_socktype, proto: item.ai_protocol, canonical, address });
            at = item.ai_next;
        }
    }
    // SAFETY: getaddrinfo made the list.
    unsafe { libc::freeaddrinfo(list) };
    Ok(out)
}

fn host_of(v: Value) -> R<CString> {
    host_name(v, &|| type_error(format!("str, bytes or bytearray expected, not {}", display_name(v))))
}

fn port_of(v: Value, function: &str) -> R<u16> {
    let port = int::index_i32(v)?;
    u16::try_from(port).map_err(|_| overflow_error(format!("{function}(): port must be 0-65535.")))
}

fn parts_of<'a>(v: Value, function: &str, family: &str) -> R<&'a [Value]> {
    tuple::items(v).ok_or_else(|| type_error(format!("{function}(): {family} address must be tuple, not {}", display_name(v))))
}

fn numbers_of(v: Value, function: &str, family: &str) -> R<(u32, u32)> {
    let parts = parts_of(v, function, family)?;
    let [a, b] = parts else { return Err(type_error(format!("{function}(): {family} address must be a pair of ints"))) };
    Ok((int::index_i64(*a)? as u32, int::index_i64(*b)? as u32))
}

/// The address that a Python value names for a socket of `family`; `function` is for messages.
pub fn parse(family: i32, v: Value, function: &str) -> R<Address> {
    match family {
        libc::AF_INET => {
            let parts = parts_of(v, function, "AF_INET")?;
            let [host, port] = parts else { return Err(type_error("AF_INET address must be a pair (host, port)")) };
            let host = host_of(*host)?;
            let port = port_of(*port, function)?;
            let mut a: libc::sockaddr_in = resolve(&host, family)?.get();
            a.sin_port = port.to_be();
            Ok(Address::of(a, size_of::<libc::sockaddr_in>()))
        }
        libc::AF_INET6 => {
            let parts = parts_of(v, function, "AF_INET6")?;
            if !(2..=4).contains(&parts.len()) {
                return Err(type_error("AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"));
            }
            let host = host_of(parts[0])?;
            let port = int::index_i32(parts[1])?;
            let flow = parts.get(2).map_or(Ok(0), |p| int::index_i64(*p))? as u32;
            let scope = parts.get(3).map_or(Ok(0), |p| int::index_i64(*p))? as u32;
            let port = u16::try_from(port).map_err(|_| overflow_error(format!("{function}(): port must be 0-65535.")))?;
            if flow > 0xfffff {
                return Err(overflow_error(format!("{function}(): flowinfo must be 0-1048575.")));
            }
            let mut a: libc::sockaddr_in6 = resolve(&host, family)?.get();
            a.sin6_port = port.to_be();
            a.sin6_flowinfo = flow.to_be();
            a.sin6_scope_id = scope;
            Ok(Address::of(a, size_of::<libc::sockaddr_in6>()))
        }
        libc::AF_UNIX => {
            let path = if str::is_str(v) { codecs::encode_fs(v)? } else { buffer::to_vec(v)? };
            // SAFETY: plain data.
            let mut a: libc::sockaddr_un = unsafe { std::mem::zeroed() };
            a.sun_family = libc::AF_UNIX as u16;
            // An abstract name (first byte 0) may fill the room; a path needs its zero.
            let room = if path.first() == Some(&0) { a.sun_path.len() } else { a.sun_path.len() - 1 };
            if path.len() > room {
                return Err(raise(&dxpyc_objects::exceptions::OS_ERROR, "AF_UNIX path too long"));
            }
            for (place, byte) in a.sun_path.iter_mut().zip(&path) {
                *place = *byte as libc::c_char;
            }
            let end = usize::from(path.first().is_some_and(|b| *b != 0));
            Ok(Address::of(a, std::mem::offset_of!(libc::sockaddr_un, sun_path) + path.len() + end))
        }
        libc::AF_NETLINK => {
            let (pid, groups) = numbers_of(v, function, "AF_NETLINK")?;
            // SAFETY: plain data.
            let mut a: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
            a.nl_family = libc::AF_NETLINK as u16;
            a.nl_pid = pid;
            a.nl_groups = groups;
            Ok(Address::of(a, size_of::<libc::sockaddr_nl>()))
        }
        libc::AF_VSOCK => {
            let (cid, port) = numbers_of(v, function, "AF_VSOCK")?;
            // SAFETY: plain data.
            let mut a: libc::sockaddr_vm = unsafe { std::mem::zeroed() };
            a.svm_family = libc::AF_VSOCK as u16;
            a.svm_cid = cid;
            a.svm_port = port;
            Ok(Address::of(a, size_of::<libc::sockaddr_vm>()))
        }
        libc::AF_PACKET | libc::AF_CAN | libc::AF_BLUETOOTH | libc::AF_TIPC | libc::AF_ALG | libc::AF_RDS | 42 => {
            Err(not_implemented_error(format!("unsupported: addresses of socket family {family}")))
        }
        _ => Err(raise(&dxpyc_objects::exceptions::OS_ERROR, format!("{function}(): bad family"))),
    }
}

/// The numeric address `sockaddr` of `getnameinfo`: host, port, flow information and scope.
pub fn parse_numeric(v: Value) -> R<Address> {
    let Some(parts) = tuple::items(v) else { return Err(type_error("getnameinfo() argument 1 must be a tuple")) };
    if !(2..=4).contains(&parts.len()) || !str::is_str(parts[0]) {
        return Err(type_error("getnameinfo(): illegal sockaddr argument"));
    }
    let port = int::index_i64(parts[1])?;
    let flow = parts.get(2).map_or(Ok(0), |p| int::index_i64(*p))? as u32;
    let scope = parts.get(3).map_or(Ok(0), |p| int::index_i64(*p))? as u32;
    if flow > 0xfffff {
        return Err(overflow_error("getnameinfo(): flowinfo must be 0-1048575."));
    }
    let host = host_name(parts[0], &|| type_error("getnameinfo(): illegal sockaddr argument"))?;
    let service = CString::new(port.to_string()).expect("digits");
    let found = lookup(Some(&host), Some(&service), libc::AF_UNSPEC, libc::SOCK_DGRAM, 0, libc::AI_NUMERICHOST)?;
    if found.len() > 1 {
        return Err(raise(&dxpyc_objects::exceptions::OS_ERROR, "sockaddr resolved to multiple addresses"));
    }
    let Some(first) = found.into_iter().next() else { return Err(raise_gai(libc::EAI_NONAME)) };
    match first.family {
        libc::AF_INET if parts.len() != 2 => Err(raise(&dxpyc_objects::exceptions::OS_ERROR, "IPv4 sockaddr must be 2 tuple")),
        libc::AF_INET6 => {
            let mut a: libc::sockaddr_in6 = first.address.get();
            a.sin6_flowinfo = flow.to_be();
            a.sin6_scope_id = scope;
            Ok(Address::of(a, size_of::<libc::sockaddr_in6>()))
        }
        _ => Ok(first.address),
    }
}

/// The text of a port argument of `getaddrinfo`.
pub fn service_name(v: Value) -> R<Option<CString>> {
    if v.is_none() {
        return Ok(None);
    }
    let text = if int::is_int(v) {
        str::to_rust(ops::str(v)?.v()).into_bytes()
    } else if str::is_str(v) {
        codecs::encode_fs(v)?
    } else if let Some(b) = bytes::as_slice(v) {
        b.to_vec()
    } else {
        return Err(raise(&dxpyc_objects::exceptions::OS_ERROR, "Int or String expected"));
    };
    CString::new(text).map(Some).map_err(|_| value_error("embedded null character"))
}
