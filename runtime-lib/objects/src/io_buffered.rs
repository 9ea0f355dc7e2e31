//! `_io.BufferedReader`, `BufferedWriter` and `BufferedRandom`: a buffer over a raw file. `BufferedRWPair` joins two.

use crate::io::BUFFER_SIZE;
use crate::io_base::{BUFFERED_IO_BASE, FLAGS, IoBase, is_closed};
use crate::io_errors::{size_argument, unsupported};
use crate::io_file::{FILE_IO, FileIo};
use crate::names;
use crate::ops;
use crate::prelude::*;
use crate::unpack::unpack;
use std::mem::offset_of;

/// A buffered file.
#[repr(C)]
pub struct Buffered {
    pub base: IoBase,
    /// Empty: not initialised, or detached.
    pub raw: Slot,
    pub detached: Cell<bool>,
    pub readable: Cell<bool>,
    pub writable: Cell<bool>,
    pub size: Cell<usize>,
    /// Bytes read ahead, and how many of them were given out.
    ahead: UnsafeCell<Vec<u8>>,
    at: Cell<usize>,
    /// Bytes not written yet.
    pending: UnsafeCell<Vec<u8>>,
}

impl Visit for Buffered {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.raw);
    }
    fn clear(&self) {
        drop(self.raw.take());
    }
}

macro_rules! types {
    ($($(#[doc = $doc:literal])* $name:ident $python:literal $decl:ident $init:ident;)*) => {
        $($(#[doc = $doc])* pub static $name: Type = Type::builtin::<Buffered>(
            $python, "_io", Some(&BUFFERED_IO_BASE), FLAGS | type_flags::BUFFERED,
            Slots { new: Some(new), init: Some($init), repr: Some(repr), iter: Some(iter), next: Some(next), ..Slots::NONE }, Some(&$decl),
        ).visited::<Buffered>().with_dict_at(offset_of!(IoBase, dict));)*
    };
}

types! {
    /// `_io.BufferedReader`
    BUFFERED_READER "BufferedReader" READER_DECL init_reader;
    /// `_io.BufferedWriter`
    BUFFERED_WRITER "BufferedWriter" WRITER_DECL init_writer;
    /// `_io.BufferedRandom`
    BUFFERED_RANDOM "BufferedRandom" RANDOM_DECL init_random;
}
object_type!(Buffered, BUFFERED_READER);

fn new(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(
        class,
        Buffered {
            base: IoBase::new(),
            raw: Slot::empty(),
            detached: Cell::new(false),
            readable: Cell::new(false),
            writable: Cell::new(false),
            size: Cell::new(BUFFER_SIZE),
            ahead: UnsafeCell::new(Vec::new()),
            at: Cell::new(0),
            pending: UnsafeCell::new(Vec::new()),
        },
    ))
}

/// A buffered file over `raw`.
pub fn over(class: &'static Type, raw: Ref, size: usize) -> Ref {
    let Ok(file) = new(class, &Args::NONE) else { return Ref::none() };
    let b: &Buffered = crate::cast::get_unchecked(file.v());
    b.readable.set(!std::ptr::eq(class, &BUFFERED_WRITER));
    b.writable.set(!std::ptr::eq(class, &BUFFERED_READER));
    b.size.set(size);
    b.raw.set(raw);
    file
}

fn init_with(this: Value, args: &Args, name: &str, readable: bool, writable: bool) -> R<()> {
    let mut out = [Value::MISSING; 2];
    unpack(args, name, &["raw", "buffer_size"], 1, &mut out)?;
    let size = if out[1].is_missing() { BUFFER_SIZE as i64 } else { crate::int::index_i64(out[1])? };
    if writable && readable {
        crate::call::call_method(out[0], "_checkSeekable", &[])?;
    }
    if readable {
        crate::call::call_method(out[0], "_checkReadable", &[])?;
    }
    if writable {
        crate::call::call_method(out[0], "_checkWritable", &[])?;
    }
    if size <= 0 {
        return Err(value_error("buffer size must be strictly positive"));
    }
    let b: &Buffered = crate::cast::get_unchecked(this);
    b.readable.set(readable);
    b.writable.set(writable);
    b.size.set(size as usize);
    b.detached.set(false);
    b.raw.set(Ref::new(out[0]));
    Ok(())
}

fn init_reader(this: Value, args: &Args) -> R<()> {
    init_with(this, args, "BufferedReader", true, false)
}
fn init_writer(this: Value, args: &Args) -> R<()> {
    init_with(this, args, "BufferedWriter", false, true)
}
fn init_random(this: Value, args: &Args) -> R<()> {
    init_with(this, args, "BufferedRandom", true, true)
}

fn repr(v: Value) -> R<Ref> {
    crate::io_base::repr_with_name(v, &format!("_io.{}", type_of(v).name()), "")
}

fn iter(v: Value) -> R<Ref> {
    crate::io_base::check_open(v)?;
    Ok(Ref::new(v))
}

fn next(v: Value) -> R<Option<Ref>> {
    let b: &Buffered = crate::cast::get_unchecked(v);
    b.check("readline of closed file")?;
    let mut line = Vec::new();
    b.read_line(&mut line, -1)?;
    Ok(if line.is_empty() { None } else { Some(crate::bytes::from_slice(&line)) })
}

/// The raw file as ours, when no Python method can be in the way.
fn plain<'a>(raw: Value) -> Option<&'a FileIo> {
    if is_exact(raw, &FILE_IO) { Some(crate::cast::get_unchecked(raw)) } else { None }
}

impl Buffered {
    #[allow(clippy::mut_from_ref)]
    fn ahead(&self) -> &mut Vec<u8> {
        // SAFETY: single-threaded; no caller keeps it across a call of Python code.
        unsafe { &mut *self.ahead.get() }
    }
    #[allow(clippy::mut_from_ref)]
    fn pending(&self) -> &mut Vec<u8> {
        // SAFETY: as in ahead.
        unsafe { &mut *self.pending.get() }
    }
    /// The raw file.
    pub fn raw(&self) -> R<Ref> {
        match self.raw.cloned() {
            Some(r) => Ok(r),
            None if self.detached.get() => Err(value_error("raw stream has been detached")),
            None => Err(value_error("I/O operation on uninitialized object")),
        }
    }
    /// Whether the raw file is closed.
    pub fn closed(&self) -> R<bool> {
        let raw = self.raw()?;
        match plain(raw.v()) {
            Some(f) => Ok(f.fd.get() < 0),
            None => is_closed(raw.v()),
        }
    }
    fn check(&self, message: &str) -> R<Ref> {
        let raw = self.raw()?;
        let closed = match plain(raw.v()) {
            Some(f) => f.fd.get() < 0,
            None => is_closed(raw.v())?,
        };
        if closed { Err(value_error(message)) } else { Ok(raw) }
    }
    fn unread(&self) -> usize {
        self.ahead().len() - self.at.get()
    }
    /// One raw read into the end of `out`, at most `n` bytes; None when it would block.
    fn raw_read(&self, out: &mut Vec<u8>, n: usize) -> R<Option<usize>> {
        let raw = self.raw()?;
        let len = out.len();
        if let Some(f) = plain(raw.v()) {
            if out.try_reserve(n).is_err() {
                return Err(memory_error());
            }
            out.resize(len + n, 0);
            let got = f.read_into(&mut out[len..]);
            out.truncate(len + got.as_ref().map_or(0, |n| n.unwrap_or(0)));
            return got;
        }
        let buffer = crate::bytearray::from_vec(vec![0; n]);
        let got = crate::call::call_method_value(raw.v(), names::READINTO(), &[buffer.v()])?;
        if got.is_none() {
            return Ok(None);
        }
        let got = crate::int::index_i64(got.v())?;
        if got < 0 || got > n as i64 {
            return Err(raise(&crate::exceptions::OS_ERROR, format!("raw readinto() returned invalid length {got} (should have been between 0 and {n})")));
        }
        out.extend_from_slice(&crate::bytes_type::own(buffer.v())[..got as usize]);
        Ok(Some(got as usize))
    }
    /// Replaces the consumed buffer by one raw read.
    fn fill(&self) -> R<Option<usize>> {
        self.flush_pending()?;
        let mut buffer = std::mem::take(self.ahead());
        buffer.clear();
        self.at.set(0);
        let got = self.raw_read(&mut buffer, self.size.get());
        // What another thread read meanwhile comes first.
        self.ahead().extend_from_slice(&buffer);
        got
    }
    /// Takes up to `n` bytes from the buffer.
    fn take(&self, n: usize, out: &mut Vec<u8>) {
        let n = n.min(self.unread());
        out.extend_from_slice(&self.ahead()[self.at.get()..self.at.get() + n]);
        self.at.set(self.at.get() + n);
    }
    /// Everything to the end. False: nothing is there and reading would block.
    pub fn read_all(&self, out: &mut Vec<u8>) -> R<bool> {
        self.flush_pending()?;
        let start = out.len();
        self.take(usize::MAX, out);
        let raw = self.raw()?;
        if let Some(f) = plain(raw.v()) {
            return Ok(f.read_all(out)? || out.len() > start);
        }
        if let Some(readall) = ops::getattr_opt(raw.v(), "readall")? {
            let all = crate::call::call0(readall.v())?;
            if all.is_none() {
                return Ok(out.len() > start);
            }
            let Some(bytes) = crate::bytes::as_slice(all.v()) else { return Err(type_error("readall() should return bytes")) };
            out.extend_from_slice(bytes);
            return Ok(true);
        }
        loop {
            match self.raw_read(out, self.size.get())? {
                Some(0) => return Ok(true),
                Some(_) => {}
                None => return Ok(out.len() > start),
            }
        }
    }
    /// Up to `n` bytes; fewer only at the end. False: would block before the first.
    pub fn read_exact(&self, n: usize, out: &mut Vec<u8>) -> R<bool> {
        let start = out.len();
        self.flush_pending()?;
        loop {
            let missing = n - (out.len() - start);
            self.take(missing, out);
            let missing = n - (out.len() - start);
            if missing == 0 {
                return Ok(true);
            }
            let got = if missing >= self.size.get() { self.raw_read(out, missing - missing % self.size.get())? } else { self.fill()? };
            match got {
                Some(0) => return Ok(true),
                Some(_) => {}
                None => return Ok(out.len() > start),
            }
        }
    }
    /// At most one raw read.
    pub fn read_some(&self, n: i64, out: &mut Vec<u8>) -> R<()> {
        let n = if n < 0 { self.size.get() } else { n as usize };
        if n == 0 {
            return Ok(());
        }
        if self.unread() == 0 {
            if n >= self.size.get() {
                self.flush_pending()?;
                self.ahead().clear();
                self.at.set(0);
                self.raw_read(out, n)?;
                return Ok(());
            }
            self.fill()?;
        }
        self.take(n, out);
        Ok(())
    }
    /// A line with its end.
    pub fn read_line(&self, out: &mut Vec<u8>, limit: i64) -> R<()> {
        let limit = if limit < 0 { usize::MAX } else { limit as usize };
        while out.len() < limit {
            let at = self.at.get();
            let data = &self.ahead()[at..];
            let room = (limit - out.len()).min(data.len());
            if let Some(i) = memchr::memchr(b'\n', &data[..room]) {
                self.take(i + 1, out);
                return Ok(());
            }
            self.take(room, out);
            if out.len() >= limit {
                return Ok(());
            }
            match self.fill()? {
                Some(n) if n > 0 => {}
                _ => return Ok(()),
            }
        }
        Ok(())
    }
    /// Appends to the pending bytes, writing them out when they are many.
    pub fn write_bytes(&self, bytes: &[u8]) -> R<()> {
        self.drop_ahead()?;
        let pending = self.pending();
        if pending.capacity() == 0 {
            let address = self as *const Buffered as usize;
            if !writers().contains(&address) {
                writers().push(address);
            }
        }
        if pending.len() + bytes.len() <= self.size.get() {
            pending.extend_from_slice(bytes);
            return Ok(());
        }
        self.flush_pending()?;
        if bytes.len() < self.size.get() {
            self.pending().extend_from_slice(bytes);
            return Ok(());
        }
        let whole = bytes.len() - bytes.len() % self.size.get();
        let mut done = 0;
        while done < whole {
            match self.raw_write(&bytes[done..whole])? {
                Some(n) => done += n,
                None => return Err(would_block(done)),
            }
        }
        self.pending().extend_from_slice(&bytes[done..]);
        Ok(())
    }
    fn raw_write(&self, bytes: &[u8]) -> R<Option<usize>> {
        let raw = self.raw()?;
        if let Some(f) = plain(raw.v()) {
            return f.write_from(bytes);
        }
        let copy = crate::bytes::from_slice(bytes);
        let n = crate::call::call_method_value(raw.v(), names::WRITE(), &[copy.v()])?;
        if n.is_none() {
            return Ok(None);
        }
        let n = crate::int::index_i64(n.v())?;
        if n < 0 || n > bytes.len() as i64 {
            return Err(raise(&crate::exceptions::OS_ERROR, format!("raw write() returned invalid length {n} (should have been between 0 and {})", bytes.len())));
        }
        Ok(Some(n as usize))
    }
    /// Writes the pending bytes out. What could not be written stays.
    pub fn flush_pending(&self) -> R<()> {
        if self.pending().is_empty() {
            return Ok(());
        }
        let mut data = std::mem::take(self.pending());
        let mut done = 0;
        let mut result = Ok(());
        while done < data.len() {
            match self.raw_write(&data[done..]) {
                Ok(Some(n)) => done += n,
                Ok(None) => {
                    result = Err(would_block(0));
                    break;
                }
                Err(e) => {
                    result = Err(e);
                    break;
                }
            }
        }
        data.drain(..done);
        let newer = std::mem::replace(self.pending(), data);
        self.pending().extend_from_slice(&newer);
        result
    }
    /// Moves the raw position back to where reading stands, and forgets what was read ahead.
    fn drop_ahead(&self) -> R<()> {
        let unread = self.unread();
        if unread > 0 {
            self.raw_seek(-(unread as i64), 1)?;
        }
        if !self.ahead().is_empty() {
            self.ahead().clear();
            self.at.set(0);
        }
        Ok(())
    }
    fn raw_seek(&self, offset: i64, whence: i64) -> R<i64> {
        let raw = self.raw()?;
        if let Some(f) = plain(raw.v()) {
            return f.seek_to(offset, whence as i32);
        }
        let (offset, whence) = (crate::int::from_i64(offset), crate::int::from_i64(whence));
        let at = crate::call::call_method_value(raw.v(), names::SEEK(), &[offset.v(), whence.v()])?;
        crate::int::index_i64(at.v())
    }
    /// The position as readers and writers see it.
    pub fn position(&self) -> R<i64> {
        let raw = self.raw()?;
        let at = match plain(raw.v()) {
            Some(f) => f.seek_to(0, 1)?,
            None => crate::int::index_i64(crate::call::call_method_value(raw.v(), names::TELL(), &[])?.v())?,
        };
        Ok(at - self.unread() as i64 + self.pending().len() as i64)
    }
    /// `seek`
    pub fn seek_to(&self, offset: i64, whence: i64) -> R<i64> {
        let mut offset = offset;
        self.flush_pending()?;
        if whence == 1 {
            offset -= self.unread() as i64;
        } else if whence == 0 && self.unread() > 0 {
            // Inside what was read ahead: no system call for the data is needed again.
            let here = self.raw_seek(0, 1)?;
            let start = here - self.ahead().len() as i64;
            if offset >= start && offset <= here {
                self.at.set((offset - start) as usize);
                return Ok(offset);
            }
        }
        let at = self.raw_seek(offset, whence)?;
        self.ahead().clear();
        self.at.set(0);
        Ok(at)
    }
    /// Flushes, then closes the raw file; the first error is raised at the end.
    pub fn close_now(&self, this: Value) -> R<()> {
        let raw = self.raw()?;
        if self.closed()? {
            return Ok(());
        }
        let flushed = if is_ours(this) { self.flush_pending() } else { crate::call::call_method_value(this, names::FLUSH(), &[]).map(drop) };
        let saved = if flushed.is_err() { crate::state::take_pending() } else { None };
        let closed = match plain(raw.v()) {
            Some(f) => f.close_now(),
            None => crate::call::call_method_value(raw.v(), names::CLOSE(), &[]).map(drop),
        };
        self.pending().clear();
        if let Some(e) = saved {
            if closed.is_err() {
                drop(crate::state::take_pending());
            }
            crate::state::state().pending.set(e);
            return Err(Raised);
        }
        closed
    }
    /// Gives up what could not be written.
    pub fn discard_pending(&self) {
        self.pending().clear();
    }
}

impl Drop for Buffered {
    fn drop(&mut self) {
        let address = self as *const Buffered as usize;
        if self.writable.get()
            && let Some(i) = writers().iter().position(|&a| a == address)
        {
            writers().swap_remove(i);
        }
    }
}

struct Writers(UnsafeCell<Vec<usize>>);
// SAFETY: single-threaded until threads arrive.
unsafe impl Sync for Writers {}
static WRITERS: Writers = Writers(UnsafeCell::new(Vec::new()));

fn writers() -> &'static mut Vec<usize> {
    // SAFETY: single-threaded; scopes are short.
    unsafe { &mut *WRITERS.0.get() }
}

/// Flushes all buffered files that are open for writing, at exit; errors are dropped.
pub fn flush_writers() {
    for address in writers().clone() {
        if !writers().contains(&address) {
            continue;
        }
        let file = Ref::new(Value::from_address(address));
        let b: &Buffered = crate::cast::get_unchecked(file.v());
        if b.raw.is_empty() || b.closed() != Ok(false) || b.flush_pending().is_err() {
            drop(crate::state::take_pending());
        }
    }
}

/// Whether the value is exactly one of the three types.
pub fn is_ours(v: Value) -> bool {
    type_of(v).has(type_flags::BUFFERED) && !type_of(v).has(type_flags::HEAP)
}

/// The struct of any of the three types or their subclasses.
pub fn get<'a>(v: Value) -> Option<&'a Buffered> {
    type_of(v).has(type_flags::BUFFERED).then(|| crate::cast::get_unchecked(v))
}

fn would_block(written: usize) -> Raised {
    let text = crate::str::from_str("write could not complete without blocking");
    let args = [Value::from_small_int(libc::EAGAIN as i64), text.v(), Value::from_small_int(written as i64)];
    raise_instance(crate::exceptions::new_with_args(&crate::exceptions::BLOCKING_IO_ERROR, &args))
}

fn this<'a>(v: Value) -> &'a Buffered {
    crate::cast::get_unchecked(v)
}

fn bytes_or_none(got: bool, out: &[u8]) -> Ref {
    if got { crate::bytes::from_slice(out) } else { Ref::none() }
}

macro_rules! methods {
    ($ty:ident, $decl:ident, $doc:tt, { $($own:tt)* }) => {
        /// Methods of the type.
        pub struct $ty;
        #[native_class(decl = $decl, doc = $doc)]
        impl $ty {
            /// Flush and close.
            #[native]
            fn close(v: Value) -> R<()> { this(v).close_now(v) }
            #[getter]
            fn closed(v: Value) -> R<bool> { this(v).closed() }
            /// Disconnect the raw stream and return it.
            #[native]
            fn detach(v: Value) -> R<Ref> {
                let b = this(v);
                let raw = b.raw()?;
                b.flush_pending()?;
                b.drop_ahead()?;
                drop(b.raw.take());
                b.detached.set(true);
                Ok(raw)
            }
            #[getter]
            fn raw(v: Value) -> R<Ref> { this(v).raw() }
            #[getter]
            fn mode(v: Value) -> R<Ref> { ops::getattr_str(this(v).raw()?.v(), "mode") }
            #[getter]
            fn name(v: Value) -> R<Ref> { ops::getattr_str(this(v).raw()?.v(), "name") }
            #[native]
            fn fileno(v: Value) -> R<Ref> { crate::call::call_method_value(this(v).raw()?.v(), names::FILENO(), &[]) }
            #[native]
            fn isatty(v: Value) -> R<Ref> { crate::call::call_method_value(this(v).raw()?.v(), names::ISATTY(), &[]) }
            #[native]
            fn seekable(v: Value) -> R<Ref> { crate::call::call_method(this(v).raw()?.v(), "seekable", &[]) }
            #[native]
            fn tell(v: Value) -> R<i64> { this(v).check("tell of closed file")?; this(v).position() }
            #[native("($self, target, whence=0, /)")]
            fn seek(v: Value, target: i64, whence: i64) -> R<i64> {
                if !(0..=2).contains(&whence) && whence != 3 && whence != 4 {
                    return Err(value_error(format!("whence value {whence} unsupported")));
                }
                this(v).check("seek of closed file")?;
                this(v).seek_to(target, whence)
            }
            #[native("($self, pos=None, /)")]
            fn truncate(v: Value, pos: Option<Value>) -> R<Ref> {
                let b = this(v);
                let raw = b.check("truncate of closed file")?;
                if !b.writable.get() { return Err(unsupported("truncate")) }
                b.flush_pending()?;
                let pos = match pos.filter(|p| !p.is_none()) {
                    Some(p) => Ref::new(p),
                    None => crate::int::from_i64(b.position()?),
                };
                crate::call::call_method_value(raw.v(), names::TRUNCATE(), &[pos.v()])
            }
            #[native]
            fn flush(v: Value) -> R<()> {
                let raw = this(v).check("flush of closed file")?;
                if this(v).writable.get() {
                    this(v).flush_pending()?;
                    if this(v).readable.get() { this(v).drop_ahead()?; }
                    return Ok(());
                }
                if plain(raw.v()).is_some() { return Ok(()) }
                crate::call::call_method_value(raw.v(), names::FLUSH(), &[]).map(drop)
            }
            #[native]
            fn readable(v: Value) -> R<bool> {
                let raw = this(v).raw()?;
                if !this(v).readable.get() { return Ok(false) }
                ops::truth(crate::call::call_method(raw.v(), "readable", &[])?.v())
            }
            #[native]
            fn writable(v: Value) -> R<bool> {
                let raw = this(v).raw()?;
                if !this(v).writable.get() { return Ok(false) }
                ops::truth(crate::call::call_method(raw.v(), "writable", &[])?.v())
            }
            #[native("($self, size=-1, /)")]
            fn read(v: Value, size: Option<Value>) -> R<Ref> {
                let b = this(v);
                if !b.readable.get() { b.raw()?; return Err(unsupported("read")) }
                let n = size_argument(size)?;
                if n < -1 { return Err(value_error("read length must be non-negative or -1")) }
                b.check("read of closed file")?;
                let mut out = Vec::new();
                let got = if n < 0 { b.read_all(&mut out)? } else { b.read_exact(n as usize, &mut out)? };
                Ok(bytes_or_none(got, &out))
            }
            #[native("($self, size=-1, /)")]
            fn read1(v: Value, size: Option<Value>) -> R<Ref> {
                let b = this(v);
                if !b.readable.get() { b.raw()?; return Err(unsupported("read1")) }
                let n = size_argument(size)?;
                b.check("read of closed file")?;
                let mut out = Vec::new();
                b.read_some(n, &mut out)?;
                Ok(crate::bytes::from_slice(&out))
            }
            #[native("($self, size=0, /)")]
            fn peek(v: Value, _size: i64) -> R<Ref> {
                let b = this(v);
                if !b.readable.get() { b.raw()?; return Err(attribute_error_plain("peek")) }
                b.check("peek of closed file")?;
                if b.unread() == 0 { b.fill()?; }
                Ok(crate::bytes::from_slice(&b.ahead()[b.at.get()..]))
            }
            #[native("($self, buffer, /)")]
            fn readinto(v: Value, buffer: Value) -> R<Ref> {
                let b = this(v);
                if !b.readable.get() { b.raw()?; return Err(unsupported("readinto")) }
                b.check("readinto of closed file")?;
                let n = crate::buffer::with_bytes_mut(buffer, "readinto", |x| Ok(x.len()))?;
                let mut out = Vec::new();
                if !b.read_exact(n, &mut out)? { return Ok(Ref::none()) }
                crate::buffer::with_bytes_mut(buffer, "readinto", |x| { x[..out.len()].copy_from_slice(&out); Ok(()) })?;
                Ok(crate::int::from_i64(out.len() as i64))
            }
            #[native("($self, buffer, /)")]
            fn readinto1(v: Value, buffer: Value) -> R<Ref> {
                let b = this(v);
                if !b.readable.get() { b.raw()?; return Err(unsupported("readinto1")) }
                b.check("readinto of closed file")?;
                let n = crate::buffer::with_bytes_mut(buffer, "readinto1", |x| Ok(x.len()))?;
                let mut out = Vec::new();
                b.read_some(n as i64, &mut out)?;
                crate::buffer::with_bytes_mut(buffer, "readinto1", |x| { x[..out.len()].copy_from_slice(&out); Ok(()) })?;
                Ok(crate::int::from_i64(out.len() as i64))
            }
            #[native("($self, size=-1, /)")]
            fn readline(v: Value, size: Option<Value>) -> R<Ref> {
                let b = this(v);
                if !b.readable.get() { b.raw()?; return Err(unsupported("read")) }
                let n = size_argument(size)?;
                b.check("readline of closed file")?;
                let mut out = Vec::new();
                b.read_line(&mut out, n)?;
                Ok(crate::bytes::from_slice(&out))
            }
            #[native("($self, buffer, /)")]
            fn write(v: Value, buffer: Value) -> R<usize> {
                let b = this(v);
                if !b.writable.get() { b.raw()?; return Err(unsupported("write")) }
                if !crate::buffer::is_bytes_like(buffer) {
                    return crate::buffer::with_bytes(buffer, |x| Ok(x.len()));
                }
                b.check("write to closed file")?;
                crate::buffer::with_bytes(buffer, |x| { b.write_bytes(x)?; Ok(x.len()) })
            }
            $($own)*
        }
    };
}

methods!(ReaderMethods, READER_DECL, "Create a new buffered reader using the given readable raw IO object.", {});
methods!(WriterMethods, WRITER_DECL, "A buffer for a writeable sequential RawIO object.", {});
methods!(RandomMethods, RANDOM_DECL, "A buffered interface to random access streams.", {});
