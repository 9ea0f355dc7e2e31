//! `_io._IOBase` and its abstract children: what every file object can do, and what Python classes derive from them.

use crate::io_errors::unsupported;
use crate::names;
use crate::ops;
use crate::prelude::*;
use crate::str;
use dxpyc_abi::InstanceDict;
use std::mem::offset_of;

/// What every file object begins with.
#[repr(C)]
pub struct IoBase {
    pub header: Header,
    pub dict: InstanceDict,
    pub closed: Cell<bool>,
}

impl IoBase {
    /// An open one without attributes.
    pub fn new() -> IoBase {
        IoBase {
            header: crate::cast::fresh_header(),
            dict: InstanceDict { shape: Cell::new(std::ptr::null()), values: Cell::new(std::ptr::null_mut()) },
            closed: Cell::new(false),
        }
    }
}

impl Visit for IoBase {
    fn visit(&self, _: &mut Visitor<'_>) {}
    fn clear(&self) {}
}

/// Flags of all file types.
pub const FLAGS: u64 = type_flags::BASE | type_flags::FINALIZER | type_flags::WEAKREFABLE;

const BASE_SLOTS: Slots = Slots { new: Some(base_new), iter: Some(iter), next: Some(next), finalize: Some(finalize), ..Slots::NONE };

macro_rules! base_types {
    ($($(#[doc = $doc:literal])* $name:ident $python:literal $base:expr, $decl:ident, $slots:expr;)*) => {
        $($(#[doc = $doc])* pub static $name: Type = Type::builtin::<IoBase>($python, "_io", Some(&$base), FLAGS, $slots, Some(&$decl))
            .visited::<IoBase>()
            .with_dict_at(offset_of!(IoBase, dict));)*
    };
}

base_types! {
    /// `_io._IOBase`
    IO_BASE "_IOBase" crate::object::OBJECT, IO_BASE_DECL, BASE_SLOTS;
    /// `_io._RawIOBase`
    RAW_IO_BASE "_RawIOBase" IO_BASE, RAW_IO_BASE_DECL, Slots { new: Some(base_new), ..Slots::NONE };
    /// `_io._BufferedIOBase`
    BUFFERED_IO_BASE "_BufferedIOBase" IO_BASE, BUFFERED_IO_BASE_DECL, Slots { new: Some(base_new), ..Slots::NONE };
    /// `_io._TextIOBase`
    TEXT_IO_BASE "_TextIOBase" IO_BASE, TEXT_IO_BASE_DECL, Slots { new: Some(base_new), ..Slots::NONE };
}
object_type!(IoBase, IO_BASE);

fn base_new(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(class, IoBase::new()))
}

/// Whether the `closed` attribute is true.
pub fn is_closed(v: Value) -> R<bool> {
    let closed = ops::getattr(v, names::CLOSED())?;
    ops::truth(closed.v())
}

/// ValueError unless the file is open.
pub fn check_open(v: Value) -> R<()> {
    if is_closed(v)? { Err(crate::io_errors::closed()) } else { Ok(()) }
}

fn iter(v: Value) -> R<Ref> {
    check_open(v)?;
    Ok(Ref::new(v))
}

fn next(v: Value) -> R<Option<Ref>> {
    let line = crate::call::call_method_value(v, names::READLINE(), &[])?;
    Ok(if ops::len(line.v())? == 0 { None } else { Some(line) })
}

/// Closes a file that nobody refers to any more; errors are dropped.
pub fn finalize(v: Value) {
    let saved = crate::state::take_pending();
    let open = match is_closed(v) {
        Ok(closed) => !closed,
        Err(_) => {
            drop(crate::state::take_pending());
            true
        }
    };
    if open && crate::call::call_method_value(v, names::CLOSE(), &[]).is_err() {
        drop(crate::state::take_pending());
    }
    if let Some(saved) = saved {
        crate::state::state().pending.set(saved);
    }
}

fn require(v: Value, predicate: &str, message: &str) -> R<Ref> {
    let answer = crate::call::call_method(v, predicate, &[])?;
    if answer.v() != Value::TRUE {
        return Err(unsupported(message));
    }
    Ok(answer)
}

/// `writelines` by the method `write`.
pub fn write_lines(this: Value, lines: Value) -> R<()> {
    check_open(this)?;
    let iterator = ops::iter(lines)?;
    while let Some(line) = crate::iterators::step(iterator.v())? {
        crate::call::call_method_value(this, names::WRITE(), &[line.v()])?;
    }
    Ok(())
}

/// `readlines` by iteration.
pub fn read_lines(this: Value, hint: i64) -> R<Ref> {
    let mut lines = Vec::new();
    let mut total = 0;
    let iterator = ops::iter(this)?;
    while let Some(line) = crate::iterators::step(iterator.v())? {
        total += ops::len(line.v())? as i64;
        lines.push(line);
        if hint > 0 && total >= hint {
            break;
        }
    }
    Ok(crate::list::from_refs(lines))
}

/// Methods of `_IOBase`.
pub struct IoBaseMethods;

#[native_class(decl = IO_BASE_DECL, doc = "The abstract base class for all I/O classes.")]
impl IoBaseMethods {
    /// Change the stream position to the given byte offset.
    #[native("($self, offset, whence=0, /)")]
    fn seek(_this: Value, _offset: Value, _whence: Option<Value>) -> R<Ref> {
        Err(unsupported("seek"))
    }
    /// Return current stream position.
    #[native]
    fn tell(this: Value) -> R<Ref> {
        let (zero, one) = (Value::from_small_int(0), Value::from_small_int(1));
        crate::call::call_method_value(this, names::SEEK(), &[zero, one])
    }
    /// Truncate file to size bytes.
    #[native("($self, size=None, /)")]
    fn truncate(_this: Value, _size: Option<Value>) -> R<Ref> {
        Err(unsupported("truncate"))
    }
    /// Flush write buffers, if applicable.
    #[native]
    fn flush(this: Value) -> R<()> {
        check_open(this)
    }
    /// Called when the instance is about to be destroyed.
    #[native(name = "__del__")]
    fn del(this: Value) -> R<()> {
        let base: &IoBase = crate::cast::get_unchecked(this);
        if !base.closed.get() && crate::call::call_method_value(this, names::CLOSE(), &[]).is_err() {
            drop(crate::state::take_pending());
        }
        Ok(())
    }
    /// Flush and close the IO object.
    #[native]
    fn close(this: Value) -> R<()> {
        let base: &IoBase = crate::cast::get_unchecked(this);
        if base.closed.get() {
            return Ok(());
        }
        let result = crate::call::call_method_value(this, names::FLUSH(), &[]);
        base.closed.set(true);
        result.map(drop)
    }
    #[getter]
    fn closed(this: Value) -> bool {
        crate::cast::get_unchecked::<IoBase>(this).closed.get()
    }
    /// Return whether object supports random access.
    #[native]
    fn seekable(_this: Value) -> bool {
        false
    }
    /// Return whether object was opened for reading.
    #[native]
    fn readable(_this: Value) -> bool {
        false
    }
    /// Return whether object was opened for writing.
    #[native]
    fn writable(_this: Value) -> bool {
        false
    }
    #[native(name = "_checkClosed")]
    fn check_closed(this: Value) -> R<()> {
        check_open(this)
    }
    #[native(name = "_checkSeekable")]
    fn check_seekable(this: Value) -> R<Ref> {
        require(this, "seekable", "File or stream is not seekable.")
    }
    #[native(name = "_checkReadable")]
    fn check_readable(this: Value) -> R<Ref> {
        require(this, "readable", "File or stream is not readable.")
    }
    #[native(name = "_checkWritable")]
    fn check_writable(this: Value) -> R<Ref> {
        require(this, "writable", "File or stream is not writable.")
    }
    /// Return underlying file descriptor if one exists.
    #[native]
    fn fileno(_this: Value) -> R<Ref> {
        Err(unsupported("fileno"))
    }
    /// Return whether this is an 'interactive' stream.
    #[native]
    fn isatty(this: Value) -> R<bool> {
        check_open(this)?;
        Ok(false)
    }
    #[native(name = "__enter__")]
    fn enter(this: Value) -> R<Ref> {
        check_open(this)?;
        Ok(Ref::new(this))
    }
    #[native(name = "__exit__", raw)]
    fn exit(this: Value, _args: &Args) -> R<()> {
        crate::call::call_method_value(this, names::CLOSE(), &[]).map(drop)
    }
    /// Read and return a line from the stream.
    #[native("($self, size=-1, /)")]
    fn readline(this: Value, size: Option<Value>) -> R<Ref> {
        let limit = crate::io_errors::size_argument(size)?;
        let peek = ops::getattr_opt(this, "peek")?;
        let mut line: Vec<u8> = Vec::new();
        while limit < 0 || (line.len() as i64) < limit {
            let mut want = 1;
            if let Some(peek) = &peek {
                let ahead = crate::call::call1(peek.v(), Value::from_small_int(1))?;
                let Some(ahead) = crate::bytes::as_slice(ahead.v()) else {
                    return Err(raise(&crate::exceptions::OS_ERROR, format!("peek() should have returned a bytes object, not '{}'", crate::type_object::display_name(ahead.v()))));
                };
                if !ahead.is_empty() {
                    want = memchr::memchr(b'\n', ahead).map_or(ahead.len(), |i| i + 1);
                    if limit >= 0 {
                        want = want.min((limit - line.len() as i64) as usize);
                    }
                }
            }
            let read = crate::call::call_method_value(this, names::READ(), &[Value::from_small_int(want as i64)])?;
            let Some(bytes) = crate::bytes::as_slice(read.v()) else {
                return Err(raise(&crate::exceptions::OS_ERROR, format!("read() should have returned a bytes object, not '{}'", crate::type_object::display_name(read.v()))));
            };
            if bytes.is_empty() {
                break;
            }
            line.extend_from_slice(bytes);
            if line.last() == Some(&b'\n') {
                break;
            }
        }
        Ok(crate::bytes::from_slice(&line))
    }
    /// Return a list of lines from the stream.
    #[native("($self, hint=-1, /)")]
    fn readlines(this: Value, hint: Option<Value>) -> R<Ref> {
        read_lines(this, crate::io_errors::size_argument(hint)?)
    }
    /// Write a list of lines to stream.
    #[native("($self, lines, /)")]
    fn writelines(this: Value, lines: Value) -> R<()> {
        write_lines(this, lines)
    }
}

/// Methods of `_RawIOBase`.
pub struct RawMethods;

#[native_class(decl = RAW_IO_BASE_DECL, doc = "Base class for raw binary I/O.")]
impl RawMethods {
    #[native("($self, size=-1, /)")]
    fn read(this: Value, size: Option<Value>) -> R<Ref> {
        let n = crate::io_errors::size_argument(size)?;
        if n < 0 {
            return crate::call::call_method_value(this, names::READALL(), &[]);
        }
        let buffer = crate::bytearray::from_vec(vec![0; n as usize]);
        let got = crate::call::call_method_value(this, names::READINTO(), &[buffer.v()])?;
        if got.is_none() {
            return Ok(got);
        }
        let got = crate::int::index_i64(got.v())?;
        if got < 0 || got > n {
            return Err(value_error(format!("readinto returned {got} outside buffer size {n}")));
        }
        Ok(crate::bytes::from_slice(&crate::bytes_type::own(buffer.v())[..got as usize]))
    }
    /// Read until EOF, using multiple read() call.
    #[native]
    fn readall(this: Value) -> R<Ref> {
        let mut all = Vec::new();
        loop {
            let size = Value::from_small_int(crate::io::BUFFER_SIZE as i64);
            let piece = crate::call::call_method_value(this, names::READ(), &[size])?;
            if piece.is_none() {
                if all.is_empty() {
                    return Ok(piece);
                }
                break;
            }
            let Some(bytes) = crate::bytes::as_slice(piece.v()) else { return Err(type_error("read() should return bytes")) };
            if bytes.is_empty() {
                break;
            }
            all.extend_from_slice(bytes);
        }
        Ok(crate::bytes::from_slice(&all))
    }
    #[native("($self, buffer, /)")]
    fn readinto(_this: Value, _buffer: Value) -> R<Ref> {
        Err(not_implemented_error(""))
    }
    #[native("($self, b, /)")]
    fn write(_this: Value, _b: Value) -> R<Ref> {
        Err(not_implemented_error(""))
    }
}

/// Methods of `_BufferedIOBase`.
pub struct BufferedMethods;

fn read_into(this: Value, buffer: Value, method: Value) -> R<usize> {
    let n = crate::buffer::with_bytes_mut(buffer, "readinto", |b| Ok(b.len()))?;
    let got = crate::call::call_method_value(this, method, &[Value::from_small_int(n as i64)])?;
    let Some(bytes) = crate::bytes::as_slice(got.v()) else { return Err(type_error("read() should return bytes")) };
    crate::buffer::with_bytes_mut(buffer, "readinto", |b| {
        if bytes.len() > b.len() {
            return Err(value_error(format!("read() returned too much data: {} bytes requested, {} returned", b.len(), bytes.len())));
        }
        b[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    })
}

#[native_class(decl = BUFFERED_IO_BASE_DECL, doc = "Base class for buffered IO objects.")]
impl BufferedMethods {
    /// Disconnect this buffer from its underlying raw stream and return it.
    #[native]
    fn detach(_this: Value) -> R<Ref> {
        Err(unsupported("detach"))
    }
    /// Read and return up to n bytes.
    #[native("($self, size=-1, /)")]
    fn read(_this: Value, _size: Option<Value>) -> R<Ref> {
        Err(unsupported("read"))
    }
    /// Read and return up to size bytes, with at most one read() call to the underlying raw stream.
    #[native("($self, size=-1, /)")]
    fn read1(_this: Value, _size: Option<Value>) -> R<Ref> {
        Err(unsupported("read1"))
    }
    #[native("($self, buffer, /)")]
    fn readinto(this: Value, buffer: Value) -> R<usize> {
        read_into(this, buffer, names::READ())
    }
    #[native("($self, buffer, /)")]
    fn readinto1(this: Value, buffer: Value) -> R<usize> {
        read_into(this, buffer, names::READ1())
    }
    /// Write buffer b to the IO stream.
    #[native("($self, b, /)")]
    fn write(_this: Value, _b: Value) -> R<Ref> {
        Err(unsupported("write"))
    }
}

/// Methods of `_TextIOBase`.
pub struct TextBaseMethods;

#[native_class(decl = TEXT_IO_BASE_DECL, doc = "Base class for text I/O.")]
impl TextBaseMethods {
    /// Separate the underlying buffer from the TextIOBase and return it.
    #[native]
    fn detach(_this: Value) -> R<Ref> {
        Err(unsupported("detach"))
    }
    /// Read at most size characters from stream.
    #[native("($self, size=-1, /)")]
    fn read(_this: Value, _size: Option<Value>) -> R<Ref> {
        Err(unsupported("read"))
    }
    /// Read until newline or EOF.
    #[native("($self, size=-1, /)")]
    fn readline(_this: Value, _size: Option<Value>) -> R<Ref> {
        Err(unsupported("readline"))
    }
    /// Write string s to stream.
    #[native("($self, s, /)")]
    fn write(_this: Value, _s: Value) -> R<Ref> {
        Err(unsupported("write"))
    }
    #[getter]
    fn encoding(_this: Value) -> R<Ref> {
        Ok(Ref::none())
    }
    #[getter]
    fn newlines(_this: Value) -> R<Ref> {
        Ok(Ref::none())
    }
    #[getter]
    fn errors(_this: Value) -> R<Ref> {
        Ok(Ref::none())
    }
}

/// The text of `<CLASS name=…>` with more attributes.
pub fn repr_with_name(this: Value, class: &str, more: &str) -> R<Ref> {
    let name = match ops::getattr_opt(this, "name") {
        Ok(n) => n,
        Err(e) => {
            if swallow(&crate::exceptions::VALUE_ERROR) {
                None
            } else {
                return Err(e);
            }
        }
    };
    let mut out = str::Builder::new();
    out.push_str(&format!("<{class}"));
    if let Some(name) = name {
        out.push_str(" name=");
        out.push_value(ops::repr(name.v())?.v());
    }
    out.push_str(more);
    out.push_str(">");
    Ok(out.finish())
}
