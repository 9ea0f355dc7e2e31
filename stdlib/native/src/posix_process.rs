//! The functions of `posix` about processes, users, terminals and the like.

use std::ffi::CString;

use dxpyc_objects::prelude::*;
use dxpyc_objects::{buffer, bytes, codecs, dict, float, function, int, io_errors, list, ops, os_error, signals, str, tuple};

fn last_error(path: Value) -> Raised {
    os_error::raise_errno(io_errors::errno(), path, Value::MISSING)
}

/// Checks the result of a system call, repeating it after EINTR; other threads run meanwhile.
fn check(path: Value, mut call: impl FnMut() -> i64) -> R<i64> {
    loop {
        let (result, error) = dxpyc_objects::threads::without_baton(|| (call(), io_errors::errno()));
        match (result, error) {
            (n, _) if n >= 0 => return Ok(n),
            (_, libc::EINTR) => signals::run_pending()?,
            (_, error) => return Err(os_error::raise_errno(error, path, Value::MISSING)),
        }
    }
}

fn c_string(v: Value) -> R<CString> {
    let (_, raw) = io_errors::path_bytes(v)?;
    CString::new(raw).map_err(|_| value_error("embedded null byte"))
}

fn c_strings(v: Value) -> R<Vec<CString>> {
    ops::collect_to_vec(v)?.iter().map(|item| c_string(item.v())).collect()
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect()
}

/// `KEY=VALUE` strings of a mapping.
fn environment(env: Value) -> R<Vec<CString>> {
    let items = dxpyc_objects::call::call_method(env, "items", &[])?;
    let mut out = Vec::new();
    ops::for_each(items.v(), |pair| {
        let Some(&[key, value]) = tuple::items(pair.v()) else { return Err(type_error("env.items() must give pairs")) };
        let mut text = c_string(key)?.into_bytes();
        text.push(b'=');
        text.extend_from_slice(c_string(value)?.as_bytes());
        out.push(CString::new(text).map_err(|_| value_error("embedded null byte"))?);
        Ok(())
    })?;
    Ok(out)
}

fn numbers(values: &[libc::gid_t]) -> Ref {
    list::from_refs(values.iter().map(|g| int::from_i64(*g as i64)).collect())
}

/// Adds the functions to the namespace of `posix`.
pub fn add(names: Value) {
    for decl in module::MODULE.functions {
        dict::set_str(names, decl.name, function::new_module_function(decl, "posix"));
    }
    for (name, value) in [
        ("WNOHANG", libc::WNOHANG), ("WUNTRACED", libc::WUNTRACED), ("WCONTINUED", libc::WCONTINUED), ("PRIO_PROCESS", 0), ("PRIO_PGRP", 1), ("PRIO_USER", 2),
        ("F_LOCK", 1), ("F_TLOCK", 2), ("F_ULOCK", 0), ("F_TEST", 3), ("GRND_NONBLOCK", 1), ("GRND_RANDOM", 2), ("NGROUPS_MAX", 65536), ("EX_OK", 0),
    ] {
        if dict::get_text(names, name).is_none() {
            dict::set_str(names, name, int::from_i64(value as i64));
        }
    }
    let sysconf = dict::new();
    for (name, value) in SYSCONF {
        dict::set_str(sysconf.v(), name, int::from_i64(*value as i64));
    }
    dict::set_str(names, "sysconf_names", sysconf);
}

const SYSCONF: &[(&str, i32)] = &[
    ("SC_ARG_MAX", libc::_SC_ARG_MAX), ("SC_CHILD_MAX", libc::_SC_CHILD_MAX), ("SC_CLK_TCK", libc::_SC_CLK_TCK), ("SC_NGROUPS_MAX", libc::_SC_NGROUPS_MAX),
    ("SC_OPEN_MAX", libc::_SC_OPEN_MAX), ("SC_PAGESIZE", libc::_SC_PAGESIZE), ("SC_PAGE_SIZE", libc::_SC_PAGESIZE),
    ("SC_NPROCESSORS_CONF", libc::_SC_NPROCESSORS_CONF), ("SC_NPROCESSORS_ONLN", libc::_SC_NPROCESSORS_ONLN), ("SC_PHYS_PAGES", libc::_SC_PHYS_PAGES),
    ("SC_AVPHYS_PAGES", libc::_SC_AVPHYS_PAGES), ("SC_IOV_MAX", libc::_SC_IOV_MAX), ("SC_HOST_NAME_MAX", libc::_SC_HOST_NAME_MAX),
    ("SC_LOGIN_NAME_MAX", libc::_SC_LOGIN_NAME_MAX), ("SC_SEM_NSEMS_MAX", libc::_SC_SEM_NSEMS_MAX),
];

macro_rules! plain {
    ($call:expr) => {
        // SAFETY: a system call on plain numbers.
        check(Value::MISSING, || unsafe { $call as i64 })
    };
}

#[native_module(name = "_posix_process")]
pub mod module {
    use super::*;

    /// Fork a child process.
    #[native]
    fn fork() -> R<i64> {
        // SAFETY: the child goes on alone in this function.
        let pid = unsafe { libc::fork() };
        if pid < 0 { Err(last_error(Value::MISSING)) } else { Ok(pid as i64) }
    }
    /// Execute an executable path with arguments, replacing current process.
    #[native("($module, path, argv, /)")]
    fn execv(path: Value, argv: Value) -> R<()> {
        let (program, args) = (c_string(path)?, c_strings(argv)?);
        if args.is_empty() {
            return Err(value_error("execv() arg 2 must not be empty"));
        }
        // SAFETY: strings and the null-ended array live through the call.
        unsafe { libc::execv(program.as_ptr(), pointers(&args).as_ptr()) };
        Err(last_error(path))
    }
    /// Execute an executable path with arguments, replacing current process, with an environment.
    #[native("($module, /, path, argv, env)")]
    fn execve(path: Value, argv: Value, env: Value) -> R<()> {
        let (program, args, env) = (c_string(path)?, c_strings(argv)?, environment(env)?);
        if args.is_empty() {
            return Err(value_error("execve: argv must not be empty"));
        }
        // SAFETY: as in execv.
        unsafe { libc::execve(program.as_ptr(), pointers(&args).as_ptr(), pointers(&env).as_ptr()) };
        Err(last_error(path))
    }
    /// Wait for completion of a given child process.
    #[native("($module, pid, options, /)")]
    fn waitpid(pid: i32, options: i32) -> R<Ref> {
        let mut status = 0;
        // SAFETY: the status is valid.
        let pid = check(Value::MISSING, || unsafe { libc::waitpid(pid, &mut status, options) as i64 })?;
        Ok(tuple::pair(int::from_i64(pid), int::from_i64(status as i64)))
    }
    /// Wait for completion of a child process.
    #[native]
    fn wait() -> R<Ref> {
        waitpid(-1, 0)
    }
    #[native("($module, /, status)", name = "WIFEXITED")]
    fn wifexited(status: i32) -> bool {
        libc::WIFEXITED(status)
    }
    #[native("($module, /, status)", name = "WEXITSTATUS")]
    fn wexitstatus(status: i32) -> i64 {
        libc::WEXITSTATUS(status) as i64
    }
    #[native("($module, /, status)", name = "WIFSIGNALED")]
    fn wifsignaled(status: i32) -> bool {
        libc::WIFSIGNALED(status)
    }
    #[native("($module, /, status)", name = "WTERMSIG")]
    fn wtermsig(status: i32) -> i64 {
        libc::WTERMSIG(status) as i64
    }
    #[native("($module, /, status)", name = "WIFSTOPPED")]
    fn wifstopped(status: i32) -> bool {
        libc::WIFSTOPPED(status)
    }
    #[native("($module, /, status)", name = "WSTOPSIG")]
    fn wstopsig(status: i32) -> i64 {
        libc::WSTOPSIG(status) as i64
    }
    #[native("($module, /, status)", name = "WIFCONTINUED")]
    fn wifcontinued(status: i32) -> bool {
        libc::WIFCONTINUED(status)
    }
    #[native("($module, status, /)", name = "WCOREDUMP")]
    fn wcoredump(status: i32) -> bool {
        libc::WCOREDUMP(status)
    }
    /// Kill a process group with a signal.
    #[native("($module, pgid, signal, /)")]
    fn killpg(pgid: i32, signal: i32) -> R<()> {
        plain!(libc::killpg(pgid, signal)).map(drop)
    }
    /// Add increment to the priority of process and return the new priority.
    #[native("($module, increment, /)")]
    fn nice(increment: i32) -> R<i64> {
        // SAFETY: plain numbers; errno tells -1 from an error.
        unsafe {
            *libc::__errno_location() = 0;
            let n = libc::nice(increment);
            if n == -1 && *libc::__errno_location() != 0 { Err(last_error(Value::MISSING)) } else { Ok(n as i64) }
        }
    }
    /// Change the owner and group id of path to the numeric uid and gid.
    #[native("($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)")]
    fn chown(path: Value, uid: i64, gid: i64, dir_fd: Value, follow_symlinks: bool) -> R<()> {
        let _ = dir_fd;
        if let Some(fd) = path.as_small_int() {
            return fchown(fd as i32, uid, gid);
        }
        let c = c_string(path)?;
        let flags = if follow_symlinks { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
        // SAFETY: a valid C string.
        check(path, || unsafe { libc::fchownat(libc::AT_FDCWD, c.as_ptr(), uid as libc::uid_t, gid as libc::gid_t, flags) as i64 }).map(drop)
    }
    /// Change the owner and group id of path; links are not followed.
    #[native("($module, /, path, uid, gid)")]
    fn lchown(path: Value, uid: i64, gid: i64) -> R<()> {
        chown(path, uid, gid, Value::NONE, false)
    }
    /// Change the owner and group id of the file specified by file descriptor.
    #[native("($module, /, fd, uid, gid)")]
    fn fchown(fd: i32, uid: i64, gid: i64) -> R<()> {
        plain!(libc::fchown(fd, uid as libc::uid_t, gid as libc::gid_t)).map(drop)
    }
    /// Change the access permissions of the file given by file descriptor.
    #[native("($module, /, fd, mode)")]
    fn fchmod(fd: i32, mode: i32) -> R<()> {
        plain!(libc::fchmod(fd, mode as libc::mode_t)).map(drop)
    }
    /// Change to the directory of the given file descriptor.
    #[native("($module, /, fd)")]
    fn fchdir(fd: i32) -> R<()> {
        plain!(libc::fchdir(fd)).map(drop)
    }
    /// Change root directory to path.
    #[native("($module, /, path)")]
    fn chroot(path: Value) -> R<()> {
        let c = c_string(path)?;
        // SAFETY: a valid C string.
        check(path, || unsafe { libc::chroot(c.as_ptr()) as i64 }).map(drop)
    }
    /// Create a FIFO (a POSIX named pipe).
    #[native("($module, /, path, mode=438, *, dir_fd=None)")]
    fn mkfifo(path: Value, mode: i32, dir_fd: Value) -> R<()> {
        let _ = dir_fd;
        let c = c_string(path)?;
        // SAFETY: a valid C string.
        check(path, || unsafe { libc::mkfifo(c.as_ptr(), mode as libc::mode_t) as i64 }).map(drop)
    }
    /// Extracts a device major number from a raw device number.
    #[native("($module, device, /)")]
    fn major(device: i64) -> i64 {
        libc::major(device as libc::dev_t) as i64
    }
    /// Extracts a device minor number from a raw device number.
    #[native("($module, device, /)")]
    fn minor(device: i64) -> i64 {
        libc::minor(device as libc::dev_t) as i64
    }
    /// Composes a raw device number from the major and minor device numbers.
    #[native("($module, major, minor, /)")]
    fn makedev(major: i64, minor: i64) -> i64 {
        libc::makedev(major as u32, minor as u32) as i64
    }
    /// Read a number of bytes from a file descriptor starting at a particular offset.
    #[native("($module, fd, length, offset, /)")]
    fn pread(fd: i32, length: i64, offset: i64) -> R<Ref> {
        if length < 0 {
            return Err(os_error::raise_errno(libc::EINVAL, Value::MISSING, Value::MISSING));
        }
        let mut data = vec![0u8; length as usize];
        // SAFETY: the buffer has that many bytes.
        let n = check(Value::MISSING, || unsafe { libc::pread(fd, data.as_mut_ptr().cast(), data.len(), offset) as i64 })?;
        Ok(bytes::from_slice(&data[..n as usize]))
    }
    /// Write bytes to a file descriptor starting at a particular offset.
    #[native("($module, fd, buffer, offset, /)")]
    fn pwrite(fd: i32, buffer: Value, offset: i64) -> R<i64> {
        let data = buffer::to_vec(buffer)?;
        // SAFETY: the buffer has that many bytes.
        check(Value::MISSING, || unsafe { libc::pwrite(fd, data.as_ptr().cast(), data.len(), offset) as i64 })
    }
    /// Write a number of buffers to a file descriptor.
    #[native("($module, fd, buffers, /)")]
    fn writev(fd: i32, buffers: Value) -> R<i64> {
        let mut all = Vec::new();
        ops::for_each(buffers, |b| {
            all.extend(buffer::to_vec(b.v())?);
            Ok(())
        })?;
        // SAFETY: the buffer has that many bytes.
        check(Value::MISSING, || unsafe { libc::write(fd, all.as_ptr().cast(), all.len()) as i64 })
    }
    /// Copy byte count bytes from file descriptor in_fd to file descriptor out_fd.
    #[native("($module, /, out_fd, in_fd, offset, count)")]
    fn sendfile(out_fd: i32, in_fd: i32, offset: Value, count: i64) -> R<i64> {
        let mut at = if offset.is_none() { 0 } else { int::index_i64(offset)? };
        let place = if offset.is_none() { std::ptr::null_mut() } else { &raw mut at };
        // SAFETY: the offset is null or valid.
        check(Value::MISSING, || unsafe { libc::sendfile(out_fd, in_fd, place, count as usize) as i64 })
    }
    /// Copy count bytes from one file descriptor to another.
    #[native("($module, /, src, dst, count, offset_src=None, offset_dst=None)")]
    fn copy_file_range(src: i32, dst: i32, count: i64, offset_src: Value, offset_dst: Value) -> R<i64> {
        let number = |v: Value| if v.is_none() { Ok(None) } else { int::index_i64(v).map(Some) };
        let (mut from, mut to) = (number(offset_src)?, number(offset_dst)?);
        let place = |o: &mut Option<i64>| o.as_mut().map_or(std::ptr::null_mut(), |o| o as *mut i64);
        // SAFETY: the offsets are null or valid.
        check(Value::MISSING, || unsafe { libc::copy_file_range(src, place(&mut from), dst, place(&mut to), count as usize, 0) as i64 })
    }
    /// Get the blocking mode of the file descriptor.
    #[native("($module, fd, /)")]
    fn get_blocking(fd: i32) -> R<bool> {
        Ok(plain!(libc::fcntl(fd, libc::F_GETFL))? as i32 & libc::O_NONBLOCK == 0)
    }
    /// Set the blocking mode of the specified file descriptor.
    #[native("($module, fd, blocking, /)")]
    fn set_blocking(fd: i32, blocking: bool) -> R<()> {
        let flags = plain!(libc::fcntl(fd, libc::F_GETFL))? as i32;
        let flags = if blocking { flags & !libc::O_NONBLOCK } else { flags | libc::O_NONBLOCK };
        plain!(libc::fcntl(fd, libc::F_SETFL, flags)).map(drop)
    }
    /// Set the inheritable flag of the specified file descriptor.
    #[native("($module, fd, inheritable, /)")]
    fn set_inheritable(fd: i32, inheritable: i32) -> R<()> {
        let flags = plain!(libc::fcntl(fd, libc::F_GETFD))? as i32;
        let flags = if inheritable != 0 { flags & !libc::FD_CLOEXEC } else { flags | libc::FD_CLOEXEC };
        plain!(libc::fcntl(fd, libc::F_SETFD, flags)).map(drop)
    }
    /// Create a pipe with flags set atomically.
    #[native("($module, flags, /)")]
    fn pipe2(flags: i32) -> R<Ref> {
        let mut fds = [0; 2];
        // SAFETY: the array has two places.
        check(Value::MISSING, || unsafe { libc::pipe2(fds.as_mut_ptr(), flags) as i64 })?;
        Ok(tuple::pair(int::from_i64(fds[0] as i64), int::from_i64(fds[1] as i64)))
    }
    /// Return list of supplemental group IDs for the process.
    #[native]
    fn getgroups() -> R<Ref> {
        let mut groups = vec![0; 65536];
        // SAFETY: the array has that many places.
        let n = check(Value::MISSING, || unsafe { libc::getgroups(groups.len() as i32, groups.as_mut_ptr()) as i64 })?;
        Ok(numbers(&groups[..n as usize]))
    }
    /// Return the actual login name.
    #[native]
    fn getlogin() -> R<Ref> {
        // SAFETY: gives a string or null.
        let name = unsafe { libc::getlogin() };
        if name.is_null() {
            return Err(last_error(Value::MISSING));
        }
        // SAFETY: as above.
        Ok(codecs::decode_fs(unsafe { std::ffi::CStr::from_ptr(name) }.to_bytes()))
    }
    /// Return average recent system load information.
    #[native]
    fn getloadavg() -> R<Ref> {
        let mut loads = [0f64; 3];
        // SAFETY: the array has three places.
        if unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) } != 3 {
            return Err(raise(&dxpyc_objects::exceptions::OS_ERROR, "Load averages are unobtainable"));
        }
        Ok(tuple::from_refs(loads.iter().map(|l| float::from_f64(*l)).collect()))
    }
    #[native("($module, /, pid)")]
    fn getpgid(pid: i32) -> R<i64> {
        plain!(libc::getpgid(pid))
    }
    #[native]
    fn getpgrp() -> R<i64> {
        plain!(libc::getpgrp())
    }
    #[native("($module, pid, pgrp, /)")]
    fn setpgid(pid: i32, pgrp: i32) -> R<()> {
        plain!(libc::setpgid(pid, pgrp)).map(drop)
    }
    #[native]
    fn setpgrp() -> R<()> {
        plain!(libc::setpgid(0, 0)).map(drop)
    }
    #[native("($module, pid, /)")]
    fn getsid(pid: i32) -> R<i64> {
        plain!(libc::getsid(pid))
    }
    #[native]
    fn setsid() -> R<()> {
        plain!(libc::setsid()).map(drop)
    }
    #[native("($module, uid, /)")]
    fn setuid(uid: i64) -> R<()> {
        plain!(libc::setuid(uid as libc::uid_t)).map(drop)
    }
    #[native("($module, gid, /)")]
    fn setgid(gid: i64) -> R<()> {
        plain!(libc::setgid(gid as libc::gid_t)).map(drop)
    }
    #[native("($module, euid, /)")]
    fn seteuid(euid: i64) -> R<()> {
        plain!(libc::seteuid(euid as libc::uid_t)).map(drop)
    }
    #[native("($module, egid, /)")]
    fn setegid(egid: i64) -> R<()> {
        plain!(libc::setegid(egid as libc::gid_t)).map(drop)
    }
    #[native("($module, /, which, who)")]
    fn getpriority(which: i32, who: i64) -> R<i64> {
        // SAFETY: plain numbers; errno tells -1 from an error.
        unsafe {
            *libc::__errno_location() = 0;
            let n = libc::getpriority(which as _, who as libc::id_t);
            if n == -1 && *libc::__errno_location() != 0 { Err(last_error(Value::MISSING)) } else { Ok(n as i64) }
        }
    }
    #[native("($module, /, which, who, priority)")]
    fn setpriority(which: i32, who: i64, priority: i32) -> R<()> {
        plain!(libc::setpriority(which as _, who as libc::id_t, priority)).map(drop)
    }
    /// Force write of everything to disk.
    #[native]
    fn sync() {
        // SAFETY: takes nothing.
        unsafe { libc::sync() }
    }
    /// Force write of fd to disk without forcing update of metadata.
    #[native("($module, /, fd)")]
    fn fdatasync(fd: Value) -> R<()> {
        let fd = crate::select::descriptor(fd)?;
        plain!(libc::fdatasync(fd)).map(drop)
    }
    /// Return an integer-valued system configuration variable.
    #[native("($module, name, /)")]
    fn sysconf(name: Value) -> R<i64> {
        let number = match str::try_view(name) {
            Some(text) => SYSCONF.iter().find(|(n, _)| text.is(n)).map(|(_, v)| *v).ok_or_else(|| value_error("unrecognized configuration name"))?,
            None => int::index_i32(name)?,
        };
        // SAFETY: a plain number.
        Ok(unsafe { libc::sysconf(number) })
    }
    /// Return the name of the terminal device connected to 'fd'.
    #[native("($module, fd, /)")]
    fn ttyname(fd: i32) -> R<Ref> {
        let mut name = [0u8; 256];
        // SAFETY: the buffer has that many bytes.
        let error = unsafe { libc::ttyname_r(fd, name.as_mut_ptr().cast(), name.len()) };
        if error != 0 {
            return Err(os_error::raise_errno(error, Value::MISSING, Value::MISSING));
        }
        let n = name.iter().position(|b| *b == 0).unwrap_or(name.len());
        Ok(codecs::decode_fs(&name[..n]))
    }
    #[native("($module, fd, /)")]
    fn tcgetpgrp(fd: i32) -> R<i64> {
        plain!(libc::tcgetpgrp(fd))
    }
    #[native("($module, fd, pgid, /)")]
    fn tcsetpgrp(fd: i32, pgid: i32) -> R<()> {
        plain!(libc::tcsetpgrp(fd, pgid)).map(drop)
    }
    /// Obtain a series of random bytes.
    #[native("($module, /, size, flags=0)")]
    fn getrandom(size: i64, flags: i32) -> R<Ref> {
        if size < 0 {
            return Err(os_error::raise_errno(libc::EINVAL, Value::MISSING, Value::MISSING));
        }
        let mut data = vec![0u8; size as usize];
        // SAFETY: the buffer has that many bytes.
        let n = check(Value::MISSING, || unsafe { libc::getrandom(data.as_mut_ptr().cast(), data.len(), flags as u32) as i64 })?;
        Ok(bytes::from_slice(&data[..n as usize]))
    }
    /// Voluntarily relinquish the CPU.
    #[native]
    fn sched_yield() -> R<()> {
        plain!(libc::sched_yield()).map(drop)
    }
    /// Return the affinity of the process identified by pid.
    #[native("($module, pid, /)")]
    fn sched_getaffinity(pid: i32) -> R<Ref> {
        // SAFETY: the set is valid.
        let mut cpus: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        check(Value::MISSING, || unsafe { libc::sched_getaffinity(pid, size_of::<libc::cpu_set_t>(), &mut cpus) as i64 })?;
        let out = dxpyc_objects::set::new();
        for cpu in 0..libc::CPU_SETSIZE as usize {
            // SAFETY: the number is in range.
            if unsafe { libc::CPU_ISSET(cpu, &cpus) } {
                dxpyc_objects::set::add(out.v(), Value::from_small_int(cpu as i64))?;
            }
        }
        Ok(out)
    }
    /// Return a string describing the encoding of a terminal's file descriptor.
    #[native("($module, /, fd)")]
    fn device_encoding(fd: i32) -> Ref {
        // SAFETY: a plain number.
        if unsafe { libc::isatty(fd) } == 1 { str::from_str("utf-8") } else { Ref::none() }
    }
    /// Return the name of the controlling terminal for this process.
    #[native]
    fn ctermid() -> &'static str {
        "/dev/tty"
    }
    /// Register callables to be called when forking a new process: kept for programs that fork.
    #[native("($module, /, *, before=None, after_in_child=None, after_in_parent=None)")]
    fn register_at_fork(before: Value, after_in_child: Value, after_in_parent: Value) {
        let _ = (before, after_in_child, after_in_parent);
    }
    /// Splits a path into drive, root and tail.
    #[native("($module, path, /)")]
    fn _path_splitroot_ex(path: Value) -> R<Ref> {
        let (object, raw) = io_errors::path_bytes(path)?;
        let is_bytes = bytes::is_bytes(object.v());
        let text = |b: &[u8]| if is_bytes { bytes::from_slice(b) } else { codecs::decode_fs(b) };
        let slashes = raw.iter().take_while(|b| **b == b'/').count();
        let root = if slashes == 2 { 2 } else { slashes.min(1) };
        Ok(tuple::from_refs(vec![text(b""), text(&raw[..root]), text(&raw[root..])]))
    }
}
