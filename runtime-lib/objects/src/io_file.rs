//! `_io.FileIO`: a file descriptor.

use crate::io_base::{FLAGS, IoBase, RAW_IO_BASE};
use crate::io_errors::{errno, path_bytes, raise_errno, retry, size_argument, unsupported};
use crate::ops;
use crate::prelude::*;
use crate::str;
use crate::unpack::unpack;
use std::mem::offset_of;

/// A raw file.
#[repr(C)]
pub struct FileIo {
    pub base: IoBase,
    /// -1 when closed.
    pub fd: Cell<i32>,
    pub readable: Cell<bool>,
    pub writable: Cell<bool>,
    pub appending: Cell<bool>,
    pub created: Cell<bool>,
    pub close_fd: Cell<bool>,
    /// 0 unknown, 1 no, 2 yes.
    pub seekable: Cell<u8>,
    /// `st_blksize`.
    pub block_size: Cell<i64>,
    pub name: Slot,
}

impl Visit for FileIo {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.name);
    }
    fn clear(&self) {
        drop(self.name.take());
    }
}

const SLOTS: Slots = Slots { new: Some(new), init: Some(init), repr: Some(repr), ..Slots::NONE };

/// The type `_io.FileIO`.
pub static FILE_IO: Type =
    Type::builtin::<FileIo>("FileIO", "_io", Some(&RAW_IO_BASE), FLAGS, SLOTS, Some(&FILEIO_DECL)).visited::<FileIo>().with_dict_at(offset_of!(IoBase, dict));
object_type!(FileIo, FILE_IO);

fn new(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(
        class,
        FileIo {
            base: IoBase::new(),
            fd: Cell::new(-1),
            readable: Cell::new(false),
            writable: Cell::new(false),
            appending: Cell::new(false),
            created: Cell::new(false),
            close_fd: Cell::new(true),
            seekable: Cell::new(0),
            block_size: Cell::new(0),
            name: Slot::empty(),
        },
    ))
}

/// A raw file of an open descriptor, which it does not own.
pub fn from_fd(fd: i32, readable: bool, name: &str) -> Ref {
    let Ok(file) = new(&FILE_IO, &Args::NONE) else { return Ref::none() };
    let f: &FileIo = crate::cast::get_unchecked(file.v());
    f.fd.set(fd);
    f.readable.set(readable);
    f.writable.set(!readable);
    f.close_fd.set(false);
    f.name.set(str::from_str(name));
    file
}

fn init(this: Value, args: &Args) -> R<()> {
    let mut out = [Value::MISSING; 4];
    unpack(args, "FileIO", &["file", "mode", "closefd", "opener"], 1, &mut out)?;
    let [file, mode, close_fd, opener] = out;
    let mode = if mode.is_missing() {
        "r".to_string()
    } else {
        crate::unpack::str_argument("FileIO", "mode", mode)?;
        str::to_rust(mode)
    };
    let close_fd = if close_fd.is_missing() { true } else { ops::truth(close_fd)? };
    let opener = if opener.is_missing() || opener.is_none() { None } else { Some(opener) };
    open(crate::cast::get_unchecked(this), file, &mode, close_fd, opener)
}

/// Opens a path or takes over a descriptor.
pub fn open(f: &FileIo, file: Value, mode: &str, close_fd: bool, opener: Option<Value>) -> R<()> {
    if f.fd.get() >= 0 && f.close_fd.get() {
        // SAFETY: the descriptor is ours.
        unsafe { libc::close(f.fd.get()) };
        f.fd.set(-1);
    }
    let (mut kinds, mut plus, mut flags) = (0, false, libc::O_CLOEXEC);
    f.readable.set(false);
    f.writable.set(false);
    f.appending.set(false);
    f.created.set(false);
    f.base.closed.set(false);
    f.seekable.set(0);
    let bad = || value_error("Must have exactly one of create/read/write/append mode and at most one plus");
    for c in mode.chars() {
        match c {
            'x' => {
                kinds += 1;
                f.created.set(true);
                f.writable.set(true);
                flags |= libc::O_EXCL | libc::O_CREAT;
            }
            'r' => {
                kinds += 1;
                f.readable.set(true);
            }
            'w' => {
                kinds += 1;
                f.writable.set(true);
                flags |= libc::O_CREAT | libc::O_TRUNC;
            }
            'a' => {
                kinds += 1;
                f.writable.set(true);
                f.appending.set(true);
                flags |= libc::O_APPEND | libc::O_CREAT;
            }
            'b' => {}
            '+' => {
                if plus {
                    return Err(bad());
                }
                plus = true;
                f.readable.set(true);
                f.writable.set(true);
            }
            _ => return Err(value_error(format!("invalid mode: {mode}"))),
        }
        if kinds > 1 {
            return Err(bad());
        }
    }
    if kinds == 0 {
        return Err(bad());
    }
    flags |= match (f.readable.get(), f.writable.get()) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    f.close_fd.set(close_fd);
    let mut opened_here = false;
    let fd = if crate::int::is_int(file) {
        let fd = match crate::int::as_i64_exact(ops::index(file)?.v()).and_then(|i| i32::try_from(i).ok()) {
            Some(i) => i,
            None => return Err(overflow_error("Python int too large to convert to C int")),
        };
        if fd < 0 {
            return Err(value_error("negative file descriptor"));
        }
        fd
    } else {
        let (path, mut bytes) = path_bytes(file)?;
        if !close_fd {
            return Err(value_error("Cannot use closefd=False with file name"));
        }
        opened_here = true;
        match opener {
            Some(opener) => {
                let fd = crate::call::call2(opener, path.v(), Value::from_small_int(flags as i64))?;
                if !crate::int::is_int(fd.v()) {
                    return Err(type_error("expected integer from opener"));
                }
                let fd = crate::int::index_i64(fd.v())?;
                if fd < 0 {
                    return Err(value_error(format!("opener returned {fd}")));
                }
                fd as i32
            }
            None => {
                bytes.push(0);
                // SAFETY: the path ends with a zero byte.
                let opened = retry(|| unsafe { libc::open(bytes.as_ptr() as *const _, flags, 0o666) as isize })?;
                match opened {
                    Ok(fd) => fd as i32,
                    Err(e) => return Err(raise_errno(e, path.v())),
                }
            }
        }
    };
    // SAFETY: plain data; fstat fills it.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: fd is a number, stat is writable.
    if unsafe { libc::fstat(fd, &mut stat) } == 0 {
        if stat.st_mode & libc::S_IFMT == libc::S_IFDIR {
            if opened_here {
                // SAFETY: we opened it.
                unsafe { libc::close(fd) };
            }
            return Err(raise_errno(libc::EISDIR, file));
        }
        f.block_size.set(stat.st_blksize);
        if stat.st_mode & libc::S_IFMT == libc::S_IFREG {
            f.seekable.set(2);
        }
    } else if errno() == libc::EBADF {
        return Err(raise_errno(libc::EBADF, Value::MISSING));
    }
    f.fd.set(fd);
    f.name.set(Ref::new(file));
    if f.appending.get() {
        // SAFETY: fd is open; pipes refuse, which does no harm.
        unsafe { libc::lseek(fd, 0, libc::SEEK_END) };
    }
    Ok(())
}

fn repr(v: Value) -> R<Ref> {
    let f: &FileIo = crate::cast::get_unchecked(v);
    if f.fd.get() < 0 {
        return Ok(str::from_str("<_io.FileIO [closed]>"));
    }
    let close_fd = if f.close_fd.get() { "True" } else { "False" };
    crate::io_base::repr_with_name(v, "_io.FileIO", &format!(" mode='{}' closefd={close_fd}", f.mode_text()))
}

impl FileIo {
    fn check(&self) -> R<i32> {
        let fd = self.fd.get();
        if fd < 0 { Err(value_error("I/O operation on closed file")) } else { Ok(fd) }
    }
    /// As the attribute `mode`.
    pub fn mode_text(&self) -> &'static str {
        let (r, w) = (self.readable.get(), self.writable.get());
        match (self.created.get(), self.appending.get()) {
            (true, _) => if r { "xb+" } else { "xb" },
            (_, true) => if r { "ab+" } else { "ab" },
            _ if r && w => "rb+",
            _ if r => "rb",
            _ => "wb",
        }
    }
    /// One read of at most `buffer.len()` bytes; None when it would block.
    pub fn read_into(&self, buffer: &mut [u8]) -> R<Option<usize>> {
        let fd = self.check()?;
        if !self.readable.get() {
            return Err(unsupported("File not open for reading"));
        }
        let n = buffer.len().min(0x7fff_f000);
        // SAFETY: the buffer is writable for n bytes.
        match retry(|| unsafe { libc::read(fd, buffer.as_mut_ptr() as *mut _, n) })? {
            Ok(n) => Ok(Some(n)),
            Err(libc::EAGAIN) => Ok(None),
            Err(e) => Err(raise_errno(e, Value::MISSING)),
        }
    }
    /// One write; None when it would block.
    pub fn write_from(&self, bytes: &[u8]) -> R<Option<usize>> {
        let fd = self.check()?;
        if !self.writable.get() {
            return Err(unsupported("File not open for writing"));
        }
        let n = bytes.len().min(0x7fff_f000);
        // SAFETY: the buffer is readable for n bytes.
        match retry(|| unsafe { libc::write(fd, bytes.as_ptr() as *const _, n) })? {
            Ok(n) => Ok(Some(n)),
            Err(libc::EAGAIN) => Ok(None),
            Err(e) => Err(raise_errno(e, Value::MISSING)),
        }
    }
    /// `lseek`
    pub fn seek_to(&self, offset: i64, whence: i32) -> R<i64> {
        let fd = self.check()?;
        // SAFETY: a system call on numbers.
        let at = unsafe { libc::lseek(fd, offset, whence) };
        if at < 0 { Err(raise_errno(errno(), Value::MISSING)) } else { Ok(at) }
    }
    /// Whether `lseek` works.
    pub fn can_seek(&self) -> R<bool> {
        let fd = self.check()?;
        if self.seekable.get() == 0 {
            // SAFETY: as in seek_to.
            let at = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
            self.seekable.set(if at < 0 { 1 } else { 2 });
        }
        Ok(self.seekable.get() == 2)
    }
    /// Bytes from the position to the end of a regular file, as far as known.
    pub fn remaining(&self) -> usize {
        if self.seekable.get() != 2 {
            return 0;
        }
        // SAFETY: plain data and system calls on numbers.
        unsafe {
            let mut stat: libc::stat = std::mem::zeroed();
            let at = libc::lseek(self.fd.get(), 0, libc::SEEK_CUR);
            if at < 0 || libc::fstat(self.fd.get(), &mut stat) != 0 {
                return 0;
            }
            (stat.st_size - at).max(0) as usize
        }
    }
    /// Everything to the end; None when nothing is there yet and reading would block.
    pub fn read_all(&self, out: &mut Vec<u8>) -> R<bool> {
        let start = out.len();
        let mut chunk = (self.remaining() + 1).max(8192);
        loop {
            let len = out.len();
            if out.try_reserve(chunk).is_err() {
                return Err(memory_error());
            }
            out.resize(len + chunk, 0);
            let got = self.read_into(&mut out[len..]);
            match got {
                Ok(Some(n)) => {
                    out.truncate(len + n);
                    if n == 0 {
                        return Ok(true);
                    }
                    if n == chunk {
                        chunk = (chunk * 2).min(1 << 24);
                    } else {
                        chunk = chunk.clamp(1, 1 << 16);
                    }
                }
                Ok(None) => {
                    out.truncate(len);
                    return Ok(len > start);
                }
                Err(e) => {
                    out.truncate(len);
                    return Err(e);
                }
            }
        }
    }
    /// Closes the descriptor.
    pub fn close_now(&self) -> R<()> {
        let fd = self.fd.replace(-1);
        self.base.closed.set(true);
        if fd >= 0 && self.close_fd.get() {
            // SAFETY: the descriptor is ours and given up here.
            if unsafe { libc::close(fd) } < 0 {
                let e = errno();
                if e != libc::EINTR {
                    return Err(raise_errno(e, Value::MISSING));
                }
            }
        }
        Ok(())
    }
}

/// Sets the size of a file; None keeps the position as size.
pub fn truncate_fd(fd: i32, size: i64) -> R<()> {
    // SAFETY: a system call on numbers.
    match retry(|| unsafe { libc::ftruncate(fd, size) as isize })? {
        Ok(_) => Ok(()),
        Err(e) => Err(raise_errno(e, Value::MISSING)),
    }
}

#[native_class(doc = "Open a file.")]
impl FileIo {
    /// Read at most size bytes, returned as bytes.
    #[native("($self, size=-1, /)")]
    fn read(&self, size: Option<Value>) -> R<Ref> {
        let n = size_argument(size)?;
        if n < 0 {
            return self.readall();
        }
        let mut buffer = crate::bytes_type::repeated(&[0], n as isize)?;
        match self.read_into(&mut buffer)? {
            Some(n) => Ok(crate::bytes::from_slice(&buffer[..n])),
            None => Ok(Ref::none()),
        }
    }
    /// Read all data from the file, returned as bytes.
    #[native]
    fn readall(&self) -> R<Ref> {
        let mut out = Vec::new();
        Ok(if self.read_all(&mut out)? { crate::bytes::from_slice(&out) } else { Ref::none() })
    }
    /// Same as RawIOBase.readinto().
    #[native("($self, buffer, /)")]
    fn readinto(&self, buffer: Value) -> R<Ref> {
        self.check()?;
        let got = crate::buffer::with_bytes_mut(buffer, "readinto", |b| self.read_into(b))?;
        Ok(got.map_or(Ref::none(), |n| crate::int::from_i64(n as i64)))
    }
    /// Write buffer b to file, return number of bytes written.
    #[native("($self, b, /)")]
    fn write(&self, b: Value) -> R<Ref> {
        self.check()?;
        if !self.writable.get() {
            return Err(unsupported("File not open for writing"));
        }
        let done = crate::buffer::with_bytes(b, |bytes| self.write_from(bytes))?;
        Ok(done.map_or(Ref::none(), |n| crate::int::from_i64(n as i64)))
    }
    /// Move to new file position and return the file position.
    #[native("($self, pos, whence=0, /)")]
    fn seek(&self, pos: i64, whence: i32) -> R<i64> {
        self.seek_to(pos, whence)
    }
    /// Current file position.
    #[native]
    fn tell(&self) -> R<i64> {
        self.seek_to(0, libc::SEEK_CUR)
    }
    /// Truncate the file to at most size bytes and return the truncated size.
    #[native("($self, size=None, /)")]
    fn truncate(&self, size: Option<Value>) -> R<i64> {
        let fd = self.check()?;
        if !self.writable.get() {
            return Err(unsupported("File not open for writing"));
        }
        let size = match size.filter(|s| !s.is_none()) {
            Some(s) => crate::int::index_i64(s)?,
            None => self.seek_to(0, libc::SEEK_CUR)?,
        };
        truncate_fd(fd, size)?;
        Ok(size)
    }
    /// Close the file.
    #[native]
    fn close(this: Value) -> R<()> {
        let f: &FileIo = crate::cast::get_unchecked(this);
        f.close_now()
    }
    #[getter]
    fn closed(&self) -> bool {
        self.fd.get() < 0
    }
    #[getter]
    fn closefd(&self) -> bool {
        self.close_fd.get()
    }
    #[getter]
    fn mode(&self) -> &'static str {
        self.mode_text()
    }
    #[getter]
    fn name(&self) -> R<Ref> {
        self.name.cloned().ok_or_else(|| attribute_error_plain("'_io.FileIO' object has no attribute 'name'"))
    }
    #[setter]
    fn set_name(&self, value: Value) -> R<()> {
        if value.is_missing() {
            drop(self.name.take());
        } else {
            self.name.set(Ref::new(value));
        }
        Ok(())
    }
    #[getter(name = "_blksize")]
    fn block_size(&self) -> i64 {
        self.block_size.get()
    }
    /// Return the underlying file descriptor (an integer).
    #[native]
    fn fileno(&self) -> R<i64> {
        self.check().map(|fd| fd as i64)
    }
    /// True if the file is connected to a TTY device.
    #[native]
    fn isatty(&self) -> R<bool> {
        let fd = self.check()?;
        // SAFETY: a system call on a number.
        Ok(unsafe { libc::isatty(fd) } == 1)
    }
    /// True if file was opened in a read mode.
    #[native]
    fn readable(&self) -> R<bool> {
        self.check()?;
        Ok(self.readable.get())
    }
    /// True if file was opened in a write mode.
    #[native]
    fn writable(&self) -> R<bool> {
        self.check()?;
        Ok(self.writable.get())
    }
    /// True if file supports random-access.
    #[native]
    fn seekable(&self) -> R<bool> {
        self.can_seek()
    }
}
