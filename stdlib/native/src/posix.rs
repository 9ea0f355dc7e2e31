//! `posix`: the system calls that `os` is made of.

use dxpyc_objects::prelude::*;
use dxpyc_objects::struct_sequence::{self, SLOTS};
use dxpyc_objects::{buffer, bytes, codecs, dict, float, int, list, ops, os_error, str, struct_sequence as class_of_fields, tuple};
use std::ffi::CString;

class_of_fields!(STAT_RESULT, STAT_RESULT_DECL, "stat_result", "os", "stat_result: Result from stat, fstat, or lstat.", SLOTS, 10;
    0 "st_mode", 1 "st_ino", 2 "st_dev", 3 "st_nlink", 4 "st_uid", 5 "st_gid", 6 "st_size", 7 "_st_atime_int", 8 "_st_mtime_int", 9 "_st_ctime_int",
    10 "st_atime", 11 "st_mtime", 12 "st_ctime", 13 "st_atime_ns", 14 "st_mtime_ns", 15 "st_ctime_ns", 16 "st_blksize", 17 "st_blocks", 18 "st_rdev");
class_of_fields!(TERMINAL_SIZE, TERMINAL_SIZE_DECL, "terminal_size", "os", "A tuple of (columns, lines) for holding terminal window size", SLOTS, 2;
    0 "columns", 1 "lines");
class_of_fields!(UNAME_RESULT, UNAME_RESULT_DECL, "uname_result", "posix", "uname_result: Result from os.uname().", SLOTS, 5;
    0 "sysname", 1 "nodename", 2 "release", 3 "version", 4 "machine");
class_of_fields!(TIMES_RESULT, TIMES_RESULT_DECL, "times_result", "posix", "times_result: Result from os.times().", SLOTS, 5;
    0 "user", 1 "system", 2 "children_user", 3 "children_system", 4 "elapsed");
class_of_fields!(STATVFS_RESULT, STATVFS_RESULT_DECL, "statvfs_result", "os", "statvfs_result: Result from statvfs or fstatvfs.", SLOTS, 10;
    0 "f_bsize", 1 "f_frsize", 2 "f_blocks", 3 "f_bfree", 4 "f_bavail", 5 "f_files", 6 "f_ffree", 7 "f_favail", 8 "f_flag", 9 "f_namemax", 10 "f_fsid");

/// A path argument: the C string and the Python object for error messages; None means the current directory.
struct Path {
    c: CString,
    object: Value,
    is_bytes: bool,
    fd: Option<i32>,
}

fn fspath_value(v: Value) -> R<Ref> {
    if type_of(v).has(type_flags::STR) || type_of(v).has(type_flags::BYTES) {
        return Ok(Ref::new(v));
    }
    let name = str::intern("__fspath__");
    let Some(method) = dxpyc_objects::type_object::lookup_special(v, name.v())? else {
        return Err(type_error(format!(
            "expected str, bytes or os.PathLike object, not {}",
            dxpyc_objects::type_object::display_name(v)
        )));
    };
    let path = dxpyc_objects::call::call0(method.v())?;
    if type_of(path.v()).has(type_flags::STR) || type_of(path.v()).has(type_flags::BYTES) {
        return Ok(path);
    }
    Err(type_error(format!(
        "expected {}.__fspath__() to return str or bytes, not {}",
        dxpyc_objects::type_object::display_name(v),
        dxpyc_objects::type_object::display_name(path.v())
    )))
}

fn path(function: &str, v: Value, allow_fd: bool) -> R<Path> {
    if allow_fd && int::is_int(v) {
        return Ok(Path { c: CString::default(), object: v, is_bytes: false, fd: Some(int::index_i64(v)? as i32) });
    }
    let plain = type_of(v).has(type_flags::STR) || type_of(v).has(type_flags::BYTES);
    if !plain && dxpyc_objects::type_object::lookup(type_of(v), str::intern("__fspath__").v()).is_none() {
        let kinds = if allow_fd { "string, bytes, os.PathLike or integer" } else { "string, bytes or os.PathLike" };
        return Err(type_error(format!(
            "{function}: path should be {kinds}, not {}",
            dxpyc_objects::type_object::display_name(v)
        )));
    }
    let object = fspath_value(v)?;
    let is_bytes = type_of(object.v()).has(type_flags::BYTES);
    let raw = if is_bytes { bytes::as_slice(object.v()).unwrap_or(&[]).to_vec() } else { codecs::encode_fs(object.v())? };
    let c = CString::new(raw).map_err(|_| value_error(format!("{function}: embedded null character in path")))?;
    Ok(Path { c, object: v, is_bytes, fd: None })
}

fn text(raw: &[u8], is_bytes: bool) -> Ref {
    if is_bytes { bytes::from_slice(raw) } else { codecs::decode_fs(raw) }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Checks a system call's result, repeating it after EINTR.
fn check(path: Value, mut call: impl FnMut() -> i64) -> R<i64> {
    loop {
        let result = call();
        if result >= 0 {
            return Ok(result);
        }
        let error = errno();
        if error == libc::EINTR {
            dxpyc_objects::signals::run_pending()?;
            continue;
        }
        return Err(os_error::raise_errno(error, path, Value::MISSING));
    }
}

fn check_two(a: Value, b: Value, result: i32) -> R<()> {
    if result < 0 { Err(os_error::raise_errno(errno(), a, b)) } else { Ok(()) }
}

fn stat_value(s: &libc::stat) -> Ref {
    let i = int::from_i64;
    let seconds = |s: i64, n: i64| float::from_f64(s as f64 + 1e-9 * n as f64);
    let nanos = |s: i64, n: i64| ops::add(ops::mul(i(s).v(), i(1_000_000_000).v()).unwrap_or_else(|_| i(0)).v(), i(n).v()).unwrap_or_else(|_| i(0));
    struct_sequence::new(
        &STAT_RESULT,
        10,
        vec![
            i(s.st_mode as i64), int::from_u64(s.st_ino), int::from_u64(s.st_dev), i(s.st_nlink as i64), i(s.st_uid as i64), i(s.st_gid as i64),
            i(s.st_size), i(s.st_atime), i(s.st_mtime), i(s.st_ctime), seconds(s.st_atime, s.st_atime_nsec), seconds(s.st_mtime, s.st_mtime_nsec),
            seconds(s.st_ctime, s.st_ctime_nsec), nanos(s.st_atime, s.st_atime_nsec), nanos(s.st_mtime, s.st_mtime_nsec),
            nanos(s.st_ctime, s.st_ctime_nsec), i(s.st_blksize), i(s.st_blocks), int::from_u64(s.st_rdev),
        ],
    )
}

fn do_stat(p: &Path, follow: bool) -> R<libc::stat> {
    // SAFETY: the struct is plain data that the call fills.
    let mut s: libc::stat = unsafe { std::mem::zeroed() };
    check(p.object, || {
        // SAFETY: valid C string and struct.
        let r = unsafe {
            match p.fd {
                Some(fd) => libc::fstat(fd, &mut s),
                None if follow => libc::stat(p.c.as_ptr(), &mut s),
                None => libc::lstat(p.c.as_ptr(), &mut s),
            }
        };
        r as i64
    })?;
    Ok(s)
}

/// An entry of `scandir`.
#[repr(C)]
pub struct DirEntry {
    header: Header,
    name: Slot,
    path: Slot,
    kind: u8,
    inode: u64,
}
object_type!(DirEntry, DIR_ENTRY);
/// `os.DirEntry`.
pub static DIR_ENTRY: Type = Type::builtin::<DirEntry>(
    "DirEntry", "posix", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW,
    Slots {
        repr: Some(|v| {
            let e = dxpyc_objects::cast::get_unchecked::<DirEntry>(v);
            Ok(str::from_str(&format!("<DirEntry {}>", str::to_rust(ops::repr(e.name.get())?.v()))))
        }),
        ..Slots::NONE
    },
    Some(&DIR_ENTRY_DECL),
);

impl DirEntry {
    fn is_kind(&self, kind: u8, mode: u32, follow: bool) -> R<bool> {
        if self.kind != libc::DT_UNKNOWN && !(follow && self.kind == libc::DT_LNK) {
            return Ok(self.kind == kind);
        }
        match do_stat(&path("stat", self.path.get(), false)?, follow) {
            Ok(s) => Ok(s.st_mode & libc::S_IFMT == mode),
            Err(Raised) if swallow(&dxpyc_objects::exceptions::FILE_NOT_FOUND_ERROR) => Ok(false),
            Err(Raised) => Err(Raised),
        }
    }
}

#[native_class(decl = DIR_ENTRY_DECL)]
impl DirEntry {
    #[getter]
    fn name(&self) -> R<Ref> {
        Ok(Ref::new(self.name.get()))
    }
    #[getter]
    fn path(&self) -> R<Ref> {
        Ok(Ref::new(self.path.get()))
    }
    #[native("($self, /, *, follow_symlinks=True)")]
    fn is_dir(&self, follow_symlinks: bool) -> R<bool> {
        self.is_kind(libc::DT_DIR, libc::S_IFDIR, follow_symlinks)
    }
    #[native("($self, /, *, follow_symlinks=True)")]
    fn is_file(&self, follow_symlinks: bool) -> R<bool> {
        self.is_kind(libc::DT_REG, libc::S_IFREG, follow_symlinks)
    }
    #[native("($self, /)")]
    fn is_symlink(&self) -> R<bool> {
        self.is_kind(libc::DT_LNK, libc::S_IFLNK, false)
    }
    #[native("($self, /)")]
    fn is_junction(&self) -> bool {
        false
    }
    #[native("($self, /)")]
    fn inode(&self) -> R<Ref> {
        Ok(int::from_u64(self.inode))
    }
    #[native("($self, /, *, follow_symlinks=True)")]
    fn stat(&self, follow_symlinks: bool) -> R<Ref> {
        Ok(stat_value(&do_stat(&path("stat", self.path.get(), false)?, follow_symlinks)?))
    }
    #[native("($self, /)")]
    fn __fspath__(&self) -> R<Ref> {
        Ok(Ref::new(self.path.get()))
    }
}

/// The iterator of `scandir`: all entries are read when it is made.
#[repr(C)]
pub struct ScandirIterator {
    header: Header,
    items: Slot,
}
object_type!(ScandirIterator, SCANDIR_ITERATOR);
/// `posix.ScandirIterator`.
pub static SCANDIR_ITERATOR: Type = Type::builtin::<ScandirIterator>(
    "ScandirIterator", "posix", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW,
    Slots {
        iter: Some(dxpyc_objects::iterators::self_iter),
        next: Some(|v| {
            let items = dxpyc_objects::cast::get_unchecked::<ScandirIterator>(v).items.cloned();
            match items {
                Some(items) => dxpyc_objects::iterators::step(items.v()),
                None => Ok(None),
            }
        }),
        ..Slots::NONE
    },
    Some(&SCANDIR_DECL),
);

#[native_class(decl = SCANDIR_DECL)]
impl ScandirIterator {
    #[native("($self, /)")]
    fn close(&self) {
        drop(self.items.take());
    }
    #[native("($self, /)")]
    fn __enter__(this: Value) -> R<Ref> {
        Ok(Ref::new(this))
    }
    #[native(raw)]
    fn __exit__(&self, _args: &Args) {
        drop(self.items.take());
    }
}

struct Entry {
    name: Vec<u8>,
    kind: u8,
    inode: u64,
}

fn read_dir(p: &Path) -> R<Vec<Entry>> {
    // SAFETY: plain directory calls on a valid C string; the stream is closed below.
    unsafe {
        let dir = match p.fd {
            Some(fd) => libc::fdopendir(libc::dup(fd)),
            None => libc::opendir(p.c.as_ptr()),
        };
        if dir.is_null() {
            return Err(os_error::raise_errno(errno(), p.object, Value::MISSING));
        }
        let mut out = Vec::new();
        loop {
            let entry = libc::readdir(dir);
            if entry.is_null() {
                break;
            }
            let name = std::ffi::CStr::from_ptr((*entry).d_name.as_ptr()).to_bytes().to_vec();
            if name != b"." && name != b".." {
                out.push(Entry { name, kind: (*entry).d_type, inode: (*entry).d_ino });
            }
        }
        libc::closedir(dir);
        Ok(out)
    }
}

fn environment() -> Ref {
    use std::os::unix::ffi::OsStrExt;
    let names = dict::new();
    for (key, value) in std::env::vars_os() {
        let (key, value) = (bytes::from_slice(key.as_bytes()), bytes::from_slice(value.as_bytes()));
        let _ = dict::set(names.v(), key.v(), value.v());
    }
    names
}

const CONSTANTS: &[(&str, i32)] = &[
    ("F_OK", libc::F_OK), ("R_OK", libc::R_OK), ("W_OK", libc::W_OK), ("X_OK", libc::X_OK), ("O_RDONLY", libc::O_RDONLY), ("O_WRONLY", libc::O_WRONLY),
    ("O_RDWR", libc::O_RDWR), ("O_CREAT", libc::O_CREAT), ("O_EXCL", libc::O_EXCL), ("O_TRUNC", libc::O_TRUNC), ("O_APPEND", libc::O_APPEND),
    ("O_NONBLOCK", libc::O_NONBLOCK), ("O_CLOEXEC", libc::O_CLOEXEC), ("O_DIRECTORY", libc::O_DIRECTORY), ("O_NOFOLLOW", libc::O_NOFOLLOW),
    ("O_SYNC", libc::O_SYNC), ("O_DSYNC", libc::O_DSYNC), ("O_NOCTTY", libc::O_NOCTTY), ("O_TMPFILE", libc::O_TMPFILE), ("O_ACCMODE", libc::O_ACCMODE),
    ("EX_OK", 0), ("EX_USAGE", 64), ("EX_DATAERR", 65), ("EX_NOINPUT", 66), ("EX_SOFTWARE", 70), ("EX_OSERR", 71), ("EX_IOERR", 74), ("EX_NOPERM", 77), ("EX_CONFIG", 78),
    ("WNOHANG", libc::WNOHANG), ("WUNTRACED", libc::WUNTRACED), ("WCONTINUED", libc::WCONTINUED), ("P_PID", 1), ("P_PGID", 2), ("P_ALL", 0), ("NGROUPS_MAX", 65536), ("TMP_MAX", 238328),
    ("SEEK_DATA", 3), ("SEEK_HOLE", 4), ("PRIO_PROCESS", 0), ("PRIO_PGRP", 1), ("PRIO_USER", 2),
];

const HAVE: &[&str] = &[
    "HAVE_FACCESSAT", "HAVE_FCHDIR", "HAVE_FCHMOD", "HAVE_FDOPENDIR", "HAVE_FSTATVFS", "HAVE_FTRUNCATE", "HAVE_LSTAT", "HAVE_FSTATAT",
];

fn init(names: Value) -> R<()> {
    for (name, value) in CONSTANTS {
        dict::set_str(names, name, int::from_i64(i64::from(*value)));
    }
    for (name, class) in [
        ("stat_result", &STAT_RESULT), ("terminal_size", &TERMINAL_SIZE), ("uname_result", &UNAME_RESULT), ("times_result", &TIMES_RESULT),
        ("statvfs_result", &STATVFS_RESULT), ("DirEntry", &DIR_ENTRY), ("error", &dxpyc_objects::exceptions::OS_ERROR),
    ] {
        dict::set_str(names, name, Ref::new(class.v()));
    }
    dict::set_str(names, "environ", environment());
    crate::posix_process::add(names);
    dict::set_str(names, "_have_functions", list::from_refs(HAVE.iter().map(|n| str::from_str(n)).collect()));
    Ok(())
}

/// This module provides access to operating system functionality that is standardized by the C Standard and the POSIX standard.
#[native_module(name = "posix", init = super::init)]
pub mod module {
    use super::*;

    #[native("($module, /, path)")]
    fn fspath(path: Value) -> R<Ref> {
        fspath_value(path)
    }
    #[native("($module, /, path, *, dir_fd=None, follow_symlinks=True)")]
    fn stat(path: Value, _dir_fd: Value, follow_symlinks: bool) -> R<Ref> {
        Ok(stat_value(&do_stat(&super::path("stat", path, true)?, follow_symlinks)?))
    }
    #[native("($module, /, path, *, dir_fd=None)")]
    fn lstat(path: Value, _dir_fd: Value) -> R<Ref> {
        Ok(stat_value(&do_stat(&super::path("lstat", path, false)?, false)?))
    }
    #[native("($module, /, fd)")]
    fn fstat(fd: i64) -> R<Ref> {
        let p = Path { c: CString::default(), object: Value::MISSING, is_bytes: false, fd: Some(fd as i32) };
        Ok(stat_value(&do_stat(&p, true)?))
    }
    #[native("($module, /, path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)")]
    fn access(path: Value, mode: i32, _dir_fd: Value, _effective_ids: bool, _follow_symlinks: bool) -> R<bool> {
        let p = super::path("access", path, false)?;
        // SAFETY: valid C string.
        Ok(unsafe { libc::access(p.c.as_ptr(), mode) } == 0)
    }
    #[native("($module, /, path)")]
    fn chdir(path: Value) -> R<()> {
        let p = super::path("chdir", path, true)?;
        // SAFETY: valid C string or descriptor.
        check(path, || unsafe { p.fd.map_or_else(|| libc::chdir(p.c.as_ptr()), |fd| libc::fchdir(fd)) } as i64).map(drop)
    }
    #[native("($module, /, path, mode, *, dir_fd=None, follow_symlinks=True)")]
    fn chmod(path: Value, mode: i32, _dir_fd: Value, _follow_symlinks: bool) -> R<()> {
        let p = super::path("chmod", path, true)?;
        // SAFETY: valid C string or descriptor.
        check(path, || unsafe { p.fd.map_or_else(|| libc::chmod(p.c.as_ptr(), mode as u32), |fd| libc::fchmod(fd, mode as u32)) } as i64).map(drop)
    }
    #[native("($module, /)")]
    fn getcwd() -> R<Ref> {
        use std::os::unix::ffi::OsStrExt;
        let dir = std::env::current_dir().map_err(|e| os_error::raise_io(&e, Value::MISSING))?;
        Ok(codecs::decode_fs(dir.as_os_str().as_bytes()))
    }
    #[native("($module, /)")]
    fn getcwdb() -> R<Ref> {
        use std::os::unix::ffi::OsStrExt;
        let dir = std::env::current_dir().map_err(|e| os_error::raise_io(&e, Value::MISSING))?;
        Ok(bytes::from_slice(dir.as_os_str().as_bytes()))
    }
    #[native("($module, /, path=None)")]
    fn listdir(path: Value) -> R<Ref> {
        let here = str::from_str(".");
        let p = super::path("listdir", if path.is_none() { here.v() } else { path }, true)?;
        let names = read_dir(&p)?.iter().map(|e| text(&e.name, p.is_bytes)).collect();
        Ok(list::from_refs(names))
    }
    #[native("($module, /, path=None)")]
    fn scandir(path: Value) -> R<Ref> {
        let here = str::from_str(".");
        let given = if path.is_none() { here.v() } else { path };
        let p = super::path("scandir", given, true)?;
        let base = p.c.as_bytes();
        let mut items = Vec::new();
        for e in read_dir(&p)? {
            let mut full = base.to_vec();
            if p.fd.is_none() {
                if full.last() != Some(&b'/') {
                    full.push(b'/');
                }
                full.extend_from_slice(&e.name);
            } else {
                full = e.name.clone();
            }
            items.push(new_object(DirEntry {
                header: dxpyc_objects::cast::fresh_header(),
                name: Slot::new(text(&e.name, p.is_bytes)),
                path: Slot::new(text(&full, p.is_bytes)),
                kind: e.kind,
                inode: e.inode,
            }));
        }
        let items = ops::iter(list::from_refs(items).v())?;
        Ok(new_object(ScandirIterator { header: dxpyc_objects::cast::fresh_header(), items: Slot::new(items) }))
    }
    #[native("($module, /, path, mode=511, *, dir_fd=None)")]
    fn mkdir(path: Value, mode: i32, _dir_fd: Value) -> R<()> {
        let p = super::path("mkdir", path, false)?;
        // SAFETY: valid C string.
        check(path, || unsafe { libc::mkdir(p.c.as_ptr(), mode as u32) } as i64).map(drop)
    }
    #[native("($module, /, path, *, dir_fd=None)")]
    fn rmdir(path: Value, _dir_fd: Value) -> R<()> {
        let p = super::path("rmdir", path, false)?;
        // SAFETY: valid C string.
        check(path, || unsafe { libc::rmdir(p.c.as_ptr()) } as i64).map(drop)
    }
    #[native("($module, /, path, *, dir_fd=None)")]
    fn unlink(path: Value, _dir_fd: Value) -> R<()> {
        let p = super::path("unlink", path, false)?;
        // SAFETY: valid C string.
        check(path, || unsafe { libc::unlink(p.c.as_ptr()) } as i64).map(drop)
    }
    #[native("($module, /, path, *, dir_fd=None)")]
    fn remove(path: Value, dir_fd: Value) -> R<()> {
        unlink(path, dir_fd)
    }
    #[native("($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn rename(src: Value, dst: Value, _src_dir_fd: Value, _dst_dir_fd: Value) -> R<()> {
        let (a, b) = (super::path("rename", src, false)?, super::path("rename", dst, false)?);
        // SAFETY: valid C strings.
        check_two(src, dst, unsafe { libc::rename(a.c.as_ptr(), b.c.as_ptr()) })
    }
    #[native("($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn replace(src: Value, dst: Value, a: Value, b: Value) -> R<()> {
        rename(src, dst, a, b)
    }
    #[native("($module, /, src, dst, target_is_directory=False, *, dir_fd=None)")]
    fn symlink(src: Value, dst: Value, _target_is_directory: bool, _dir_fd: Value) -> R<()> {
        let (a, b) = (super::path("symlink", src, false)?, super::path("symlink", dst, false)?);
        // SAFETY: valid C strings.
        check_two(src, dst, unsafe { libc::symlink(a.c.as_ptr(), b.c.as_ptr()) })
    }
    #[native("($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)")]
    fn link(src: Value, dst: Value, _a: Value, _b: Value, _follow: bool) -> R<()> {
        let (a, b) = (super::path("link", src, false)?, super::path("link", dst, false)?);
        // SAFETY: valid C strings.
        check_two(src, dst, unsafe { libc::link(a.c.as_ptr(), b.c.as_ptr()) })
    }
    #[native("($module, /, path, *, dir_fd=None)")]
    fn readlink(path: Value, _dir_fd: Value) -> R<Ref> {
        let p = super::path("readlink", path, false)?;
        let mut buffer = vec![0u8; 4096];
        // SAFETY: the buffer's length is given.
        let n = check(path, || unsafe { libc::readlink(p.c.as_ptr(), buffer.as_mut_ptr() as *mut _, buffer.len()) } as i64)?;
        Ok(text(&buffer[..n as usize], p.is_bytes))
    }
    #[native("($module, /, path, flags, mode=511, *, dir_fd=None)")]
    fn open(path: Value, flags: i32, mode: i32, _dir_fd: Value) -> R<i64> {
        let p = super::path("open", path, false)?;
        // SAFETY: valid C string.
        check(path, || unsafe { libc::open(p.c.as_ptr(), flags | libc::O_CLOEXEC, mode) } as i64)
    }
    #[native("($module, /, fd)")]
    fn close(fd: i32) -> R<()> {
        // SAFETY: closes a descriptor of the program's.
        check(Value::MISSING, || unsafe { libc::close(fd) } as i64).map(drop)
    }
    #[native("($module, fd_low, fd_high, /)")]
    fn closerange(fd_low: i32, fd_high: i32) {
        for fd in fd_low..fd_high {
            // SAFETY: as close.
            unsafe { libc::close(fd) };
        }
    }
    #[native("($module, fd, length, /)")]
    fn read(fd: i32, length: i64) -> R<Ref> {
        if length < 0 {
            return Err(os_error::raise_errno(libc::EINVAL, Value::MISSING, Value::MISSING));
        }
        let mut buffer = vec![0u8; length as usize];
        // SAFETY: the buffer's length is given.
        let n = check(Value::MISSING, || unsafe { libc::read(fd, buffer.as_mut_ptr() as *mut _, buffer.len()) } as i64)?;
        Ok(bytes::from_slice(&buffer[..n as usize]))
    }
    #[native("($module, fd, data, /)")]
    fn write(fd: i32, data: Value) -> R<i64> {
        let data = buffer::to_vec(data)?;
        // SAFETY: the data's length is given.
        check(Value::MISSING, || unsafe { libc::write(fd, data.as_ptr() as *const _, data.len()) } as i64)
    }
    #[native("($module, fd, position, how, /)")]
    fn lseek(fd: i32, position: i64, how: i32) -> R<i64> {
        // SAFETY: plain system call.
        check(Value::MISSING, || unsafe { libc::lseek(fd, position, how) })
    }
    #[native("($module, fd, length, /)")]
    fn ftruncate(fd: i32, length: i64) -> R<()> {
        // SAFETY: plain system call.
        check(Value::MISSING, || unsafe { libc::ftruncate(fd, length) } as i64).map(drop)
    }
    #[native("($module, /, path, length)")]
    fn truncate(path: Value, length: i64) -> R<()> {
        let p = super::path("truncate", path, true)?;
        // SAFETY: valid C string or descriptor.
        check(path, || unsafe { p.fd.map_or_else(|| libc::truncate(p.c.as_ptr(), length), |fd| libc::ftruncate(fd, length)) } as i64).map(drop)
    }
    #[native("($module, /, fd)")]
    fn fsync(fd: i32) -> R<()> {
        // SAFETY: plain system call.
        check(Value::MISSING, || unsafe { libc::fsync(fd) } as i64).map(drop)
    }
    #[native("($module, fd, /)")]
    fn isatty(fd: i32) -> bool {
        // SAFETY: plain system call.
        unsafe { libc::isatty(fd) == 1 }
    }
    #[native("($module, /)")]
    fn pipe() -> R<Ref> {
        let mut fds = [0i32; 2];
        // SAFETY: the array has two elements.
        check(Value::MISSING, || unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) } as i64)?;
        Ok(tuple::from_refs(vec![int::from_i64(fds[0] as i64), int::from_i64(fds[1] as i64)]))
    }
    #[native("($module, fd, /)")]
    fn dup(fd: i32) -> R<i64> {
        // SAFETY: plain system call.
        check(Value::MISSING, || unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) } as i64)
    }
    #[native("($module, /, fd, fd2, inheritable=True)")]
    fn dup2(fd: i32, fd2: i32, _inheritable: bool) -> R<i64> {
        // SAFETY: plain system call.
        check(Value::MISSING, || unsafe { libc::dup2(fd, fd2) } as i64)
    }
    #[native("($module, /)")]
    fn getpid() -> i64 {
        // SAFETY: plain system call.
        unsafe { libc::getpid() as i64 }
    }
    #[native("($module, /)")]
    fn getppid() -> i64 {
        // SAFETY: plain system call.
        unsafe { libc::getppid() as i64 }
    }
    #[native("($module, /)")]
    fn getuid() -> i64 {
        // SAFETY: plain system call.
        unsafe { libc::getuid() as i64 }
    }
    #[native("($module, /)")]
    fn geteuid() -> i64 {
        // SAFETY: plain system call.
        unsafe { libc::geteuid() as i64 }
    }
    #[native("($module, /)")]
    fn getgid() -> i64 {
        // SAFETY: plain system call.
        unsafe { libc::getgid() as i64 }
    }
    #[native("($module, /)")]
    fn getegid() -> i64 {
        // SAFETY: plain system call.
        unsafe { libc::getegid() as i64 }
    }
    #[native("($module, pid, signal, /)")]
    fn kill(pid: i32, signal: i32) -> R<()> {
        // SAFETY: plain system call.
        check(Value::MISSING, || unsafe { libc::kill(pid, signal) } as i64)?;
        dxpyc_objects::signals::run_pending()
    }
    #[native("($module, mask, /)")]
    fn umask(mask: i32) -> i64 {
        // SAFETY: plain system call.
        unsafe { libc::umask(mask as u32) as i64 }
    }
    #[native("($module, size, /)")]
    fn urandom(size: i64) -> R<Ref> {
        if size < 0 {
            return Err(value_error("negative argument not allowed"));
        }
        let mut buffer = vec![0u8; size as usize];
        for part in buffer.chunks_mut(256) {
            // SAFETY: the part's length is given.
            check(Value::MISSING, || unsafe { libc::getrandom(part.as_mut_ptr() as *mut _, part.len(), 0) } as i64)?;
        }
        Ok(bytes::from_slice(&buffer))
    }
    #[native("($module, code, /)")]
    fn strerror(code: i32) -> String {
        os_error::strerror(code)
    }
    #[native("($module, /, status)")]
    fn _exit(status: i32) {
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(status) }
    }
    #[native("($module, /)")]
    fn abort() {
        std::process::abort()
    }
    #[native("($module, name, value, /)")]
    fn putenv(name: Value, value: Value) -> R<()> {
        let (n, v) = (path("putenv", name, false)?, path("putenv", value, false)?);
        // SAFETY: single-threaded; valid C strings.
        check(Value::MISSING, || unsafe { libc::setenv(n.c.as_ptr(), v.c.as_ptr(), 1) } as i64).map(drop)
    }
    #[native("($module, name, /)")]
    fn unsetenv(name: Value) -> R<()> {
        let n = path("unsetenv", name, false)?;
        // SAFETY: single-threaded; valid C string.
        check(Value::MISSING, || unsafe { libc::unsetenv(n.c.as_ptr()) } as i64).map(drop)
    }
    #[native("($module, /)")]
    fn cpu_count() -> R<Ref> {
        Ok(std::thread::available_parallelism().map_or_else(|_| Ref::none(), |n| int::from_i64(n.get() as i64)))
    }
    #[native("($module, /, fd=1)")]
    fn get_terminal_size(fd: i32) -> R<Ref> {
        // SAFETY: the struct is plain data that the call fills.
        let mut size: libc::winsize = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        check(Value::MISSING, || unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &mut size) } as i64)?;
        let items = vec![int::from_i64(i64::from(size.ws_col)), int::from_i64(i64::from(size.ws_row))];
        Ok(struct_sequence::new(&TERMINAL_SIZE, 2, items))
    }
    #[native("($module, /)")]
    fn uname() -> R<Ref> {
        // SAFETY: the struct is plain data that the call fills with C strings.
        let items = unsafe {
            let mut u: libc::utsname = std::mem::zeroed();
            libc::uname(&mut u);
            [&u.sysname, &u.nodename, &u.release, &u.version, &u.machine]
                .map(|f| codecs::decode_fs(std::ffi::CStr::from_ptr(f.as_ptr()).to_bytes()))
        };
        Ok(struct_sequence::new(&UNAME_RESULT, 5, items.into()))
    }
    #[native("($module, /)")]
    fn times() -> R<Ref> {
        // SAFETY: the struct is plain data that the call fills.
        let (t, elapsed) = unsafe {
            let mut t: libc::tms = std::mem::zeroed();
            let elapsed = libc::times(&mut t);
            (t, elapsed)
        };
        let tick = 100.0;
        let items = [t.tms_utime, t.tms_stime, t.tms_cutime, t.tms_cstime, elapsed].map(|v| float::from_f64(v as f64 / tick));
        Ok(struct_sequence::new(&TIMES_RESULT, 5, items.into()))
    }
    #[native("($module, /, command)")]
    fn system(command: Value) -> R<i64> {
        let p = path("system", command, false)?;
        // SAFETY: valid C string.
        Ok(unsafe { libc::system(p.c.as_ptr()) } as i64)
    }
    #[native("($module, /, status)")]
    fn waitstatus_to_exitcode(status: i32) -> R<i64> {
        if libc::WIFEXITED(status) {
            return Ok(libc::WEXITSTATUS(status) as i64);
        }
        if libc::WIFSIGNALED(status) {
            return Ok(-(libc::WTERMSIG(status) as i64));
        }
        Err(value_error(format!("invalid wait status: {status}")))
    }
    #[native("($module, /, path, times=None, *, ns=<absent>, dir_fd=None, follow_symlinks=True)")]
    fn utime(path: Value, times: Value, ns: Option<Value>, _dir_fd: Value, _follow: bool) -> R<()> {
        let p = super::path("utime", path, false)?;
        let mut spec = [libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_NOW }; 2];
        let pair = match ns {
            Some(ns) => Some((ns, true)),
            None if times.is_none() => None,
            None => Some((times, false)),
        };
        if let Some((pair, is_ns)) = pair {
            let items = ops::collect_to_vec(pair)?;
            if items.len() != 2 {
                return Err(type_error("utime: 'times' must be either a tuple of two ints or None"));
            }
            for (slot, item) in spec.iter_mut().zip(items) {
                *slot = if is_ns {
                    let n = int::index_i64(item.v())?;
                    libc::timespec { tv_sec: n.div_euclid(1_000_000_000), tv_nsec: n.rem_euclid(1_000_000_000) }
                } else {
                    let t = float::as_f64(item.v())?;
                    libc::timespec { tv_sec: t.floor() as i64, tv_nsec: ((t - t.floor()) * 1e9) as i64 }
                };
            }
        }
        // SAFETY: valid C string and array of two.
        check(path, || unsafe { libc::utimensat(libc::AT_FDCWD, p.c.as_ptr(), spec.as_ptr(), 0) } as i64).map(drop)
    }
    #[native("($module, fd, /)")]
    fn get_inheritable(fd: i32) -> R<bool> {
        // SAFETY: plain system call.
        let flags = check(Value::MISSING, || unsafe { libc::fcntl(fd, libc::F_GETFD) } as i64)?;
        Ok(flags & i64::from(libc::FD_CLOEXEC) == 0)
    }
    #[native("($module, path, /)")]
    fn _path_normpath(path: Value) -> R<Ref> {
        let p = super::path("normpath", path, false)?;
        let raw = p.c.as_bytes();
        let slashes = raw.iter().take_while(|b| **b == b'/').count();
        let root: &[u8] = match slashes {
            0 => b"",
            2 => b"//",
            _ => b"/",
        };
        let mut parts: Vec<&[u8]> = Vec::new();
        for part in raw.split(|b| *b == b'/') {
            if part.is_empty() || part == b"." {
                continue;
            }
            if part == b".." && (!parts.is_empty() && parts.last() != Some(&b"..".as_slice())) {
                parts.pop();
            } else if part != b".." || root.is_empty() {
                parts.push(part);
            }
        }
        let mut out = root.to_vec();
        out.extend_from_slice(&parts.join(&b'/'));
        Ok(text(if out.is_empty() { b"." } else { &out }, p.is_bytes))
    }
}
