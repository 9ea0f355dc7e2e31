//! `_socket`: sockets, host and service names, and conversions of addresses.

use std::ffi::{CStr, CString};

use crate::socket_address::{GAIERROR, HERROR, host_name, lookup, parse_numeric, resolve, service_name};
use crate::socket_object::{DEFAULT_TIMEOUT, SOCKET, SocketObject, last_error, show_timeout, timeout_of};
use dxpyc_objects::exceptions::{OS_ERROR, TIMEOUT_ERROR};
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::{buffer, bytes, codecs, dict, int, io_errors, list, ops, str, threads, tuple};

fn init(module: Value) -> R<()> {
    GAIERROR.define(module, "socket", "gaierror", &[&OS_ERROR])?;
    HERROR.define(module, "socket", "herror", &[&OS_ERROR])?;
    for (name, class) in [("error", &OS_ERROR), ("timeout", &TIMEOUT_ERROR), ("socket", &SOCKET), ("SocketType", &SOCKET)] {
        dxpyc_objects::type_object::make_ready(class);
        dict::set_str(module, name, Ref::new(class.v()));
    }
    dict::set_str(module, "has_ipv6", Ref::bool(true));
    dict::set_str(module, "BDADDR_ANY", str::from_str("00:00:00:00:00:00"));
    dict::set_str(module, "BDADDR_LOCAL", str::from_str("00:00:00:FF:FF:FF"));
    let mut words = crate::socket_constants::CONSTANTS.split(' ');
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        dict::set_str(module, name, int::from_i64(value.parse().expect("the table holds numbers")));
    }
    Ok(())
}

fn os_message(message: &str) -> Raised {
    raise(&OS_ERROR, message)
}

/// An int that fits `bits` bits.
fn unsigned(v: Value, bits: u32) -> R<u32> {
    let number = ops::index(v)?;
    if ops::compare_true(number.v(), Value::from_small_int(0), CompareOp::Lt)? {
        return Err(value_error("Cannot convert negative int"));
    }
    match int::as_i64_exact(number.v()) {
        Some(i) if i < 1 << bits => Ok(i as u32),
        _ => Err(overflow_error(format!("Python int too large for C uint{bits}_t"))),
    }
}

fn name_argument(v: Value, function: &str) -> R<CString> {
    host_name(v, &|| type_error(format!("{function}() argument 1 must be str, bytes or bytearray, not {}", display_name(v))))
}

fn text_argument(v: Value, function: &str, position: usize) -> R<CString> {
    if !str::is_str(v) {
        return Err(type_error(format!("{function}() argument {position} must be str, not {}", dxpyc_objects::unpack::not_name(v))));
    }
    CString::new(codecs::encode_fs(v)?).map_err(|_| value_error("embedded null character"))
}

#[repr(C)]
struct HostEntry {
    name: *const libc::c_char,
    aliases: *const *const libc::c_char,
    family: libc::c_int,
    length: libc::c_int,
    addresses: *const *const libc::c_char,
}

// The C library's name functions that the crate libc does not declare.
unsafe extern "C" {
    fn gethostbyname_r(name: *const libc::c_char, out: *mut HostEntry, buffer: *mut libc::c_char, len: usize, found: *mut *mut HostEntry, error: *mut libc::c_int) -> libc::c_int;
    fn gethostbyaddr_r(
        address: *const libc::c_void, len: libc::socklen_t, family: libc::c_int, out: *mut HostEntry, buffer: *mut libc::c_char, buffer_len: usize,
        found: *mut *mut HostEntry, error: *mut libc::c_int,
    ) -> libc::c_int;
    fn hstrerror(error: libc::c_int) -> *const libc::c_char;
    #[link_name = "inet_ntop"]
    fn c_inet_ntop(family: libc::c_int, raw: *const libc::c_void, out: *mut libc::c_char, len: libc::socklen_t) -> *const libc::c_char;
    #[link_name = "inet_pton"]
    fn c_inet_pton(family: libc::c_int, text: *const libc::c_char, out: *mut libc::c_void) -> libc::c_int;
    #[link_name = "inet_aton"]
    fn c_inet_aton(text: *const libc::c_char, out: *mut u32) -> libc::c_int;
}

/// Text of a C string.
///
/// # Safety
/// `at` is a C string.
unsafe fn text(at: *const libc::c_char) -> Ref {
    // SAFETY: the caller's promise.
    codecs::decode_fs(unsafe { CStr::from_ptr(at) }.to_bytes())
}

/// The entries of a null-terminated array.
///
/// # Safety
/// `at` is null or such an array.
unsafe fn entries(at: *const *const libc::c_char) -> Vec<*const libc::c_char> {
    let mut out = Vec::new();
    if !at.is_null() {
        // SAFETY: the caller's promise.
        unsafe {
            while !(*at.add(out.len())).is_null() {
                out.push(*at.add(out.len()));
            }
        }
    }
    out
}

/// Runs a `gethostby…_r` with enough room: name, aliases, addresses.
fn host_entry(family: i32, call: &mut dyn FnMut(*mut HostEntry, &mut [libc::c_char], *mut *mut HostEntry, &mut i32) -> i32) -> R<Ref> {
    let mut room = vec![0 as libc::c_char; 16384];
    // SAFETY: plain data of pointers and ints.
    let mut entry: HostEntry = unsafe { std::mem::zeroed() };
    let (mut found, mut error) = (std::ptr::null_mut(), 0);
    threads::without_baton(|| call(&mut entry, &mut room, &mut found, &mut error));
    if found.is_null() {
        // SAFETY: hstrerror returns a static C string.
        let message = unsafe { text(hstrerror(error)) };
        return Err(raise_instance(dxpyc_objects::exceptions::new_with_args(HERROR.class(), &[Value::from_small_int(error as i64), message.v()])));
    }
    if entry.family != family {
        return Err(os_message("Address family not supported by protocol family"));
    }
    // SAFETY: the library filled the entry; its arrays end with null; addresses have `length` bytes.
    unsafe {
        let aliases = entries(entry.aliases).into_iter().map(|a| text(a)).collect();
        let mut addresses = Vec::new();
        for a in entries(entry.addresses) {
            addresses.push(show_address(entry.family, std::slice::from_raw_parts(a as *const u8, entry.length as usize)));
        }
        Ok(tuple::from_refs(vec![text(entry.name), list::from_refs(aliases), list::from_refs(addresses)]))
    }
}

fn show_address(family: i32, raw: &[u8]) -> Ref {
    let mut out = [0 as libc::c_char; 64];
    // SAFETY: `raw` has the length of the family's addresses, `out` has room for any.
    unsafe {
        c_inet_ntop(family, raw.as_ptr() as *const _, out.as_mut_ptr(), out.len() as u32);
        text(out.as_ptr())
    }
}

/// Implementation module for socket operations.
///
/// See the socket module for documentation.
#[native_module(name = "_socket", init = super::init)]
pub mod module {
    use super::*;

    /// Resolve host and port into addrinfo struct.
    #[native("($module, /, host, port, family=0, type=0, proto=0, flags=0)")]
    fn getaddrinfo(host: Value, port: Value, family: i32, r#type: i32, proto: i32, flags: i32) -> R<Ref> {
        let host = if host.is_none() { None } else { Some(host_name(host, &|| type_error("getaddrinfo() argument 1 must be string or None"))?) };
        let service = service_name(port)?;
        let found = lookup(host.as_ref(), service.as_ref(), family, r#type, proto, flags)?;
        let rows = found.into_iter().map(|f| {
            let numbers = [f.family, f.kind, f.proto].map(|n| int::from_i64(n as i64));
            let mut row: Vec<Ref> = numbers.into_iter().collect();
            row.push(str::from_str(&f.canonical));
            row.push(f.address.to_python()?);
            Ok(tuple::from_refs(row))
        });
        Ok(list::from_refs(rows.collect::<R<Vec<Ref>>>()?))
    }
    /// Get host and port for a sockaddr.
    #[native]
    fn getnameinfo(sockaddr: Value, flags: i32) -> R<Ref> {
        let (host, service) = parse_numeric(sockaddr)?.names(flags)?;
        Ok(tuple::pair(str::from_str(&host), str::from_str(&service)))
    }
    /// Return the IP address (a string of the form '255.255.255.255') for a host.
    #[native]
    fn gethostbyname(host: Value) -> R<String> {
        let host = name_argument(host, "gethostbyname")?;
        resolve(&host, libc::AF_INET)?.host()
    }
    /// Return the true host name, a list of aliases, and a list of IP addresses, for a host.
    #[native]
    fn gethostbyname_ex(host: Value) -> R<Ref> {
        let host = name_argument(host, "gethostbyname_ex")?;
        resolve(&host, libc::AF_INET)?;
        host_entry(libc::AF_INET, &mut |out, room, found, error| {
            // SAFETY: all pointers are valid, the room for its length.
            unsafe { gethostbyname_r(host.as_ptr(), out, room.as_mut_ptr(), room.len(), found, error) }
        })
    }
    /// Return the true host name, a list of aliases, and a list of IP addresses, for a host.
    #[native]
    fn gethostbyaddr(host: Value) -> R<Ref> {
        let host = name_argument(host, "gethostbyaddr")?;
        let address = resolve(&host, libc::AF_UNSPEC)?;
        let family = address.family();
        let (offset, len) = if family == libc::AF_INET6 { (8, 16) } else { (4, 4) };
        host_entry(family, &mut |out, room, found, error| {
            // SAFETY: the host's bytes lie at `offset` of the address; the rest as above.
            unsafe { gethostbyaddr_r((address.ptr() as *const u8).add(offset) as *const _, len, family, out, room.as_mut_ptr(), room.len(), found, error) }
        })
    }
    /// Return the current host name.
    #[native]
    fn gethostname() -> R<Ref> {
        let mut name = [0 as libc::c_char; 1024];
        // SAFETY: the buffer is writable for the length, and one byte stays zero.
        if unsafe { libc::gethostname(name.as_mut_ptr(), name.len() - 1) } < 0 {
            return Err(last_error());
        }
        // SAFETY: ended by a zero.
        Ok(unsafe { text(name.as_ptr()) })
    }
    /// Sets the hostname to name.
    #[native]
    fn sethostname(name: Value) -> R<()> {
        let (_, raw) = io_errors::path_bytes(name)?;
        // SAFETY: the bytes are readable for their length.
        if unsafe { libc::sethostname(raw.as_ptr() as *const _, raw.len()) } < 0 { Err(last_error()) } else { Ok(()) }
    }
    /// Return a port number from a service name and protocol name.
    #[native]
    fn getservbyname(servicename: Value, protocolname: Option<Value>) -> R<i64> {
        let name = text_argument(servicename, "getservbyname", 1)?;
        let protocol = protocolname.map(|p| text_argument(p, "getservbyname", 2)).transpose()?;
        // SAFETY: C strings or null; the result is static or null.
        let entry = unsafe { libc::getservbyname(name.as_ptr(), protocol.as_ref().map_or(std::ptr::null(), |p| p.as_ptr())).as_ref() };
        entry.map(|e| u16::from_be(e.s_port as u16) as i64).ok_or_else(|| os_message("service/proto not found"))
    }
    /// Return the service name from a port number and protocol name.
    #[native]
    fn getservbyport(port: i32, protocolname: Option<Value>) -> R<Ref> {
        let protocol = protocolname.map(|p| text_argument(p, "getservbyport", 2)).transpose()?;
        let Ok(port) = u16::try_from(port) else { return Err(overflow_error("getservbyport: port must be 0-65535.")) };
        // SAFETY: C strings or null; the result is static or null.
        unsafe {
            match libc::getservbyport(port.to_be() as i32, protocol.as_ref().map_or(std::ptr::null(), |p| p.as_ptr())).as_ref() {
                Some(entry) => Ok(text(entry.s_name)),
                None => Err(os_message("port/proto not found")),
            }
        }
    }
    /// Return the protocol number for the named protocol.
    #[native]
    fn getprotobyname(name: Value) -> R<i64> {
        let name = text_argument(name, "getprotobyname", 1)?;
        // SAFETY: a C string; the result is static or null.
        let entry = unsafe { libc::getprotobyname(name.as_ptr()).as_ref() };
        entry.map(|e| e.p_proto as i64).ok_or_else(|| os_message("protocol not found"))
    }
    /// Close an integer socket file descriptor.
    #[native("($module, object, /)")]
    fn close(object: i32) -> R<()> {
        let (result, error) = threads::without_baton(|| {
            // SAFETY: closing what the program asks for is its business.
            (unsafe { libc::close(object) }, io_errors::errno())
        });
        if result < 0 && error != libc::ECONNRESET {
            return Err(dxpyc_objects::os_error::raise_errno(error, Value::MISSING, Value::MISSING));
        }
        Ok(())
    }
    /// Duplicate an integer socket file descriptor.
    #[native("($module, object, /)")]
    fn dup(object: i32) -> R<i64> {
        // SAFETY: a plain system call.
        let fd = unsafe { libc::fcntl(object, libc::F_DUPFD_CLOEXEC, 0) };
        if fd < 0 { Err(last_error()) } else { Ok(fd as i64) }
    }
    /// Create a pair of socket objects.
    #[native]
    fn socketpair(family: Option<i32>, r#type: Option<i32>, proto: Option<i32>) -> R<Ref> {
        let (family, kind, proto) = (family.unwrap_or(libc::AF_UNIX), r#type.unwrap_or(libc::SOCK_STREAM), proto.unwrap_or(0));
        let mut fds = [0; 2];
        // SAFETY: room for two descriptors.
        if unsafe { libc::socketpair(family, kind | libc::SOCK_CLOEXEC, proto, fds.as_mut_ptr()) } < 0 {
            return Err(last_error());
        }
        let first = SocketObject::make(&SOCKET, fds[0], family, kind, proto)?;
        Ok(tuple::pair(first, SocketObject::make(&SOCKET, fds[1], family, kind, proto)?))
    }
    /// Convert a 16-bit unsigned integer from network to host byte order.
    #[native("($module, integer, /)")]
    fn ntohs(integer: Value) -> R<i64> {
        Ok(u16::from_be(unsigned(integer, 16)? as u16) as i64)
    }
    /// Convert a 32-bit unsigned integer from network to host byte order.
    #[native("($module, integer, /)")]
    fn ntohl(integer: Value) -> R<i64> {
        Ok(u32::from_be(unsigned(integer, 32)?) as i64)
    }
    /// Convert a 16-bit unsigned integer from host to network byte order.
    #[native("($module, integer, /)")]
    fn htons(integer: Value) -> R<i64> {
        Ok((unsigned(integer, 16)? as u16).to_be() as i64)
    }
    /// Convert a 32-bit unsigned integer from host to network byte order.
    #[native("($module, integer, /)")]
    fn htonl(integer: Value) -> R<i64> {
        Ok(unsigned(integer, 32)?.to_be() as i64)
    }
    /// Convert an IP address in string format (123.45.67.89) to the 32-bit packed binary format used in low-level network functions.
    #[native("($module, ip_addr, /)")]
    fn inet_aton(ip_addr: Value) -> R<Ref> {
        if !str::is_str(ip_addr) {
            return Err(type_error(format!("inet_aton() argument must be str, not {}", dxpyc_objects::unpack::not_name(ip_addr))));
        }
        let text = text_argument(ip_addr, "inet_aton", 1)?;
        let mut out = 0u32;
        // SAFETY: a C string and a place for four bytes.
        if unsafe { c_inet_aton(text.as_ptr(), &mut out) } == 0 {
            return Err(os_message("illegal IP address string passed to inet_aton"));
        }
        Ok(bytes::from_slice(&out.to_ne_bytes()))
    }
    /// Convert an IP address from 32-bit packed binary format to string format.
    #[native("($module, packed_ip, /)")]
    fn inet_ntoa(packed_ip: Value) -> R<Ref> {
        let raw = buffer::to_vec(packed_ip)?;
        if raw.len() != 4 {
            return Err(os_message("packed IP wrong length for inet_ntoa"));
        }
        Ok(show_address(libc::AF_INET, &raw))
    }
    /// Convert an IP address from string format to a packed string suitable for use with low-level network functions.
    #[native]
    fn inet_pton(af: i32, ip: Value) -> R<Ref> {
        let text = text_argument(ip, "inet_pton", 2)?;
        let mut out = [0u8; 16];
        // SAFETY: a C string and room for the longest address.
        match unsafe { c_inet_pton(af, text.as_ptr(), out.as_mut_ptr() as *mut _) } {
            -1 => Err(last_error()),
            0 => Err(os_message("illegal IP address string passed to inet_pton")),
            _ => Ok(bytes::from_slice(&out[..if af == libc::AF_INET { 4 } else { 16 }])),
        }
    }
    /// Convert a packed IP address of the given family to string format.
    #[native]
    fn inet_ntop(af: i32, packed_ip: Value) -> R<Ref> {
        let raw = buffer::to_vec(packed_ip)?;
        let wanted = match af {
            libc::AF_INET => 4,
            libc::AF_INET6 => 16,
            _ => return Err(value_error(format!("unknown address family {af}"))),
        };
        if raw.len() != wanted {
            return Err(value_error("invalid length of packed IP address string"));
        }
        Ok(show_address(af, &raw))
    }
    /// Returns the default timeout in seconds (float) for new socket objects.
    #[native]
    fn getdefaulttimeout() -> Ref {
        show_timeout(DEFAULT_TIMEOUT.0.get())
    }
    /// Set the default timeout in seconds (float) for new socket objects.
    #[native("($module, object, /)")]
    fn setdefaulttimeout(object: Value) -> R<()> {
        DEFAULT_TIMEOUT.0.set(timeout_of(object)?);
        Ok(())
    }
    /// Returns a list of network interface information (index, name) tuples.
    #[native]
    fn if_nameindex() -> R<Ref> {
        // SAFETY: the list ends with index 0 and is freed after its names are copied.
        unsafe {
            let list = libc::if_nameindex();
            if list.is_null() {
                return Err(last_error());
            }
            let (mut at, mut out) = (list, Vec::new());
            while (*at).if_index != 0 {
                out.push(tuple::pair(int::from_i64((*at).if_index as i64), text((*at).if_name)));
                at = at.add(1);
            }
            libc::if_freenameindex(list);
            Ok(list::from_refs(out))
        }
    }
    /// Returns the interface index corresponding to the interface name if_name.
    #[native("($module, oname, /)")]
    fn if_nametoindex(oname: Value) -> R<i64> {
        let (_, raw) = io_errors::path_bytes(oname)?;
        let name = CString::new(raw).map_err(|_| value_error("embedded null byte"))?;
        // SAFETY: a C string.
        match unsafe { libc::if_nametoindex(name.as_ptr()) } {
            0 => Err(last_error()),
            index => Ok(index as i64),
        }
    }
    /// Returns the interface name corresponding to the interface index if_index.
    #[native("($module, if_index, /)")]
    fn if_indextoname(if_index: Value) -> R<Ref> {
        let index = unsigned(if_index, 32)?;
        let mut name = [0 as libc::c_char; 17];
        // SAFETY: room for the longest interface name.
        unsafe {
            if libc::if_indextoname(index, name.as_mut_ptr()).is_null() {
                return Err(last_error());
            }
            Ok(text(name.as_ptr()))
        }
    }
    /// Return the total length, without trailing padding, of an ancillary data item with associated data of the given length.
    #[native]
    fn CMSG_LEN(length: i64) -> R<i64> {
        if (0..=i32::MAX as i64 - 16).contains(&length) { Ok(length + 16) } else { Err(overflow_error("CMSG_LEN() argument out of range")) }
    }
    /// Return the buffer size needed for recvmsg() to receive an ancillary data item with associated data of the given length.
    #[native]
    fn CMSG_SPACE(length: i64) -> R<i64> {
        if (0..=i32::MAX as i64 - 23).contains(&length) { Ok((length + 7) / 8 * 8 + 16) } else { Err(overflow_error("CMSG_SPACE() argument out of range")) }
    }
}
