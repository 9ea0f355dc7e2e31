//! `_io.BytesIO` and `_io.StringIO`: files in memory.

use crate::io_base::{BUFFERED_IO_BASE, FLAGS, IoBase, TEXT_IO_BASE};
use crate::io_errors::{closed, size_argument};
use crate::ops;
use crate::prelude::*;
use crate::str;
use crate::type_object::display_name;
use crate::unpack::unpack;
use std::mem::offset_of;

/// A binary file in memory.
#[repr(C)]
pub struct BytesIo {
    pub base: IoBase,
    data: UnsafeCell<Vec<u8>>,
    at: Cell<usize>,
    /// memoryviews of the buffer.
    pub exports: Cell<usize>,
}

impl Visit for BytesIo {
    fn visit(&self, _: &mut Visitor<'_>) {}
    fn clear(&self) {}
}

const BYTES_SLOTS: Slots = Slots { new: Some(bytes_new), init: Some(bytes_init), iter: Some(bytes_iter), next: Some(bytes_next), ..Slots::NONE };

/// The type `_io.BytesIO`.
pub static BYTES_IO: Type = Type::builtin::<BytesIo>("BytesIO", "_io", Some(&BUFFERED_IO_BASE), FLAGS | type_flags::BYTES_IO, BYTES_SLOTS, Some(&BYTESIO_DECL))
    .visited::<BytesIo>()
    .with_dict_at(offset_of!(IoBase, dict));
object_type!(BytesIo, BYTES_IO);

/// The file in memory that a value is, if it is one. Does not refer to the type, which few programs need.
pub fn get<'a>(v: Value) -> Option<&'a BytesIo> {
    type_of(v).has(type_flags::BYTES_IO).then(|| crate::cast::get_unchecked(v))
}

fn bytes_new(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(
        class,
        BytesIo { base: IoBase::new(), data: UnsafeCell::new(Vec::new()), at: Cell::new(0), exports: Cell::new(0) },
    ))
}

fn bytes_init(v: Value, args: &Args) -> R<()> {
    let mut out = [Value::MISSING; 1];
    unpack(args, "BytesIO", &["initial_bytes"], 0, &mut out)?;
    let b: &BytesIo = crate::cast::get_unchecked(v);
    let initial = if out[0].is_missing() || out[0].is_none() { Vec::new() } else { crate::buffer::to_vec(out[0])? };
    *b.writable_data()? = initial;
    b.at.set(0);
    Ok(())
}

fn bytes_iter(v: Value) -> R<Ref> {
    crate::cast::get_unchecked::<BytesIo>(v).check()?;
    Ok(Ref::new(v))
}

fn bytes_next(v: Value) -> R<Option<Ref>> {
    let b: &BytesIo = crate::cast::get_unchecked(v);
    b.check()?;
    let line = b.take_line(-1);
    Ok(if line.is_empty() { None } else { Some(crate::bytes::from_slice(line)) })
}

impl BytesIo {
    fn check(&self) -> R<()> {
        if self.base.closed.get() { Err(closed()) } else { Ok(()) }
    }
    /// The bytes; not to be held across calls.
    pub fn data(&self) -> &[u8] {
        // SAFETY: single-threaded; scopes are short.
        unsafe { &*self.data.get() }
    }
    /// The bytes for writing in place.
    #[allow(clippy::mut_from_ref)]
    pub fn data_mut(&self) -> &mut [u8] {
        // SAFETY: as in data.
        unsafe { &mut *self.data.get() }
    }
    #[allow(clippy::mut_from_ref)]
    fn writable_data(&self) -> R<&mut Vec<u8>> {
        if self.exports.get() > 0 {
            return Err(buffer_error("Existing exports of data: object cannot be re-sized"));
        }
        // SAFETY: as in data.
        Ok(unsafe { &mut *self.data.get() })
    }
    fn take(&self, n: i64) -> &[u8] {
        let data = self.data();
        let start = self.at.get().min(data.len());
        let end = if n < 0 { data.len() } else { start.saturating_add(n as usize).min(data.len()) };
        if end > start {
            self.at.set(end);
        }
        &data[start..end]
    }
    fn take_line(&self, limit: i64) -> &[u8] {
        let data = self.data();
        let start = self.at.get().min(data.len());
        let n = memchr::memchr(b'\n', &data[start..]).map_or(data.len() - start, |i| i + 1) as i64;
        self.take(if limit < 0 { n } else { n.min(limit) })
    }
    fn put(&self, bytes: &[u8]) -> R<usize> {
        self.check()?;
        let data = self.writable_data()?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let at = self.at.get();
        let end = at.checked_add(bytes.len()).filter(|&e| e <= isize::MAX as usize);
        let Some(end) = end else { return Err(overflow_error("new buffer size too large")) };
        if end > data.len() {
            if data.try_reserve(end - data.len()).is_err() {
                return Err(memory_error());
            }
            if at >= data.len() {
                data.resize(at, 0);
                data.extend_from_slice(bytes);
                self.at.set(end);
                return Ok(bytes.len());
            }
            data.resize(end, 0);
        }
        data[at..end].copy_from_slice(bytes);
        self.at.set(end);
        Ok(bytes.len())
    }
}

#[native_class(doc = "Buffered I/O implementation using an in-memory bytes buffer.")]
impl BytesIo {
    #[native]
    fn readable(&self) -> R<bool> {
        self.check()?;
        Ok(true)
    }
    #[native]
    fn writable(&self) -> R<bool> {
        self.check()?;
        Ok(true)
    }
    #[native]
    fn seekable(&self) -> R<bool> {
        self.check()?;
        Ok(true)
    }
    #[native]
    fn isatty(&self) -> R<bool> {
        self.check()?;
        Ok(false)
    }
    #[native]
    fn flush(&self) -> R<()> {
        self.check()
    }
    #[native]
    fn close(&self) -> R<()> {
        *self.writable_data()? = Vec::new();
        self.base.closed.set(true);
        Ok(())
    }
    #[getter]
    fn closed(&self) -> bool {
        self.base.closed.get()
    }
    #[native]
    fn tell(&self) -> R<usize> {
        self.check()?;
        Ok(self.at.get())
    }
    #[native("($self, pos, whence=0, /)")]
    fn seek(&self, pos: i64, whence: i64) -> R<usize> {
        self.check()?;
        let from = match whence {
            0 if pos < 0 => return Err(value_error(format!("negative seek value {pos}"))),
            0 => 0,
            1 => self.at.get() as i64,
            2 => self.data().len() as i64,
            _ => return Err(value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        let Some(at) = from.checked_add(pos) else { return Err(overflow_error("new position too large")) };
        self.at.set(at.max(0) as usize);
        Ok(self.at.get())
    }
    #[native("($self, size=-1, /)")]
    fn read(&self, size: Option<Value>) -> R<Ref> {
        self.check()?;
        let n = size_argument(size)?;
        Ok(crate::bytes::from_slice(self.take(n)))
    }
    #[native("($self, size=-1, /)")]
    fn read1(&self, size: Option<Value>) -> R<Ref> {
        self.check()?;
        let n = size_argument(size)?;
        Ok(crate::bytes::from_slice(self.take(n)))
    }
    #[native("($self, buffer, /)")]
    fn readinto(&self, buffer: Value) -> R<usize> {
        self.check()?;
        crate::buffer::with_bytes_mut(buffer, "readinto", |b| {
            let got = self.take(b.len() as i64);
            b[..got.len()].copy_from_slice(got);
            Ok(got.len())
        })
    }
    #[native("($self, size=-1, /)")]
    fn readline(&self, size: Option<Value>) -> R<Ref> {
        self.check()?;
        let n = size_argument(size)?;
        Ok(crate::bytes::from_slice(self.take_line(n)))
    }
    #[native("($self, size=None, /)")]
    fn readlines(&self, size: Option<Value>) -> R<Ref> {
        self.check()?;
        let limit = size_argument(size)?;
        let (mut lines, mut total) = (Vec::new(), 0);
        loop {
            let line = self.take_line(-1);
            if line.is_empty() {
                break;
            }
            total += line.len() as i64;
            lines.push(crate::bytes::from_slice(line));
            if limit > 0 && total >= limit {
                break;
            }
        }
        Ok(crate::list::from_refs(lines))
    }
    #[native("($self, b, /)")]
    fn write(&self, b: Value) -> R<usize> {
        self.check()?;
        if let Some(bytes) = crate::bytes::as_slice(b) {
            return self.put(bytes);
        }
        let bytes = crate::buffer::to_vec(b)?;
        self.put(&bytes)
    }
    #[native("($self, lines, /)")]
    fn writelines(&self, lines: Value) -> R<()> {
        self.check()?;
        ops::for_each(lines, |line| {
            let bytes = crate::buffer::to_vec(line.v())?;
            self.put(&bytes).map(drop)
        })
    }
    #[native("($self, size=None, /)")]
    fn truncate(&self, size: Option<Value>) -> R<usize> {
        self.check()?;
        let data = self.writable_data()?;
        let n = match size.filter(|s| !s.is_none()) {
            Some(s) => {
                let n = crate::int::index_i64(s)?;
                if n < 0 {
                    return Err(value_error(format!("negative size value {n}")));
                }
                n as usize
            }
            None => self.at.get(),
        };
        if n < data.len() {
            data.truncate(n);
        }
        Ok(n)
    }
    /// Retrieve the entire contents of the BytesIO object.
    #[native]
    fn getvalue(&self) -> R<Ref> {
        self.check()?;
        crate::bytes::try_from_slice(&crate::bytes::BYTES, self.data())
    }
    /// Get a read-write view over the contents of the BytesIO object.
    #[native]
    fn getbuffer(this: Value) -> R<Ref> {
        crate::cast::get_unchecked::<BytesIo>(this).check()?;
        crate::memoryview::over(this)
    }
    #[native(name = "__getstate__")]
    fn getstate(&self) -> R<Ref> {
        self.check()?;
        Ok(crate::tuple::from_refs(vec![crate::bytes::from_slice(self.data()), crate::int::from_i64(self.at.get() as i64), Ref::none()]))
    }
}

/// A text file in memory.
#[repr(C)]
pub struct StringIo {
    pub base: IoBase,
    data: UnsafeCell<Vec<u32>>,
    at: Cell<usize>,
    /// Line ends are translated to `\n` when written (newline=None).
    translate: Cell<bool>,
    /// Lines end at `\r`, `\n` and `\r\n`.
    universal: Cell<bool>,
    /// What `\n` is written as and lines end with: 0 `\n`, 1 `\r`, 2 `\r\n`.
    ending: Cell<u8>,
    /// Seen line ends: 1 `\r`, 2 `\n`, 4 `\r\n`.
    seen: Cell<u8>,
}

impl Visit for StringIo {
    fn visit(&self, _: &mut Visitor<'_>) {}
    fn clear(&self) {}
}

const STRING_SLOTS: Slots = Slots { new: Some(string_new), init: Some(string_init), iter: Some(string_iter), next: Some(string_next), ..Slots::NONE };

/// The type `_io.StringIO`.
pub static STRING_IO: Type = Type::builtin::<StringIo>("StringIO", "_io", Some(&TEXT_IO_BASE), FLAGS, STRING_SLOTS, Some(&STRINGIO_DECL))
    .visited::<StringIo>()
    .with_dict_at(offset_of!(IoBase, dict));
object_type!(StringIo, STRING_IO);

fn string_new(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(
        class,
        StringIo {
            base: IoBase::new(),
            data: UnsafeCell::new(Vec::new()),
            at: Cell::new(0),
            translate: Cell::new(false),
            universal: Cell::new(false),
            ending: Cell::new(0),
            seen: Cell::new(0),
        },
    ))
}

/// What a `newline` argument says: (None given, text).
pub fn newline_argument(v: Value) -> R<Option<String>> {
    if v.is_none() {
        return Ok(None);
    }
    if !str::is_str(v) {
        return Err(type_error(format!("newline must be str or None, not {}", display_name(v))));
    }
    let text = str::to_rust(v);
    if !matches!(text.as_str(), "" | "\n" | "\r" | "\r\n") {
        return Err(value_error(format!("illegal newline value: {}", str::to_rust(ops::repr(v)?.v()))));
    }
    Ok(Some(text))
}

fn string_init(v: Value, args: &Args) -> R<()> {
    let mut out = [Value::MISSING; 2];
    unpack(args, "StringIO", &["initial_value", "newline"], 0, &mut out)?;
    let s: &StringIo = crate::cast::get_unchecked(v);
    let newline = if out[1].is_missing() { Some("\n".to_string()) } else { newline_argument(out[1])? };
    s.translate.set(newline.is_none());
    s.universal.set(newline.as_deref().is_none_or(|t| t.is_empty()));
    s.ending.set(match newline.as_deref() {
        Some("\r") => 1,
        Some("\r\n") => 2,
        _ => 0,
    });
    s.text().clear();
    s.at.set(0);
    s.seen.set(0);
    s.base.closed.set(false);
    if !out[0].is_missing() && !out[0].is_none() {
        if !str::is_str(out[0]) {
            return Err(type_error(format!("initial_value must be str or None, not {}", display_name(out[0]))));
        }
        s.put(out[0])?;
        s.at.set(0);
    }
    Ok(())
}

fn string_iter(v: Value) -> R<Ref> {
    crate::cast::get_unchecked::<StringIo>(v).check()?;
    Ok(Ref::new(v))
}

fn string_next(v: Value) -> R<Option<Ref>> {
    let s: &StringIo = crate::cast::get_unchecked(v);
    s.check()?;
    let line = s.take_line(-1);
    Ok(if line.is_empty() { None } else { Some(str::from_units(line)) })
}

impl StringIo {
    fn check(&self) -> R<()> {
        if self.base.closed.get() { Err(value_error("I/O operation on closed file")) } else { Ok(()) }
    }
    #[allow(clippy::mut_from_ref)]
    fn text(&self) -> &mut Vec<u32> {
        // SAFETY: single-threaded; scopes are short and run no Python code.
        unsafe { &mut *self.data.get() }
    }
    fn take(&self, n: i64) -> &[u32] {
        let text = self.text();
        let start = self.at.get().min(text.len());
        let end = if n < 0 { text.len() } else { start.saturating_add(n as usize).min(text.len()) };
        if end > start {
            self.at.set(end);
        }
        &text[start..end]
    }
    fn take_line(&self, limit: i64) -> &[u32] {
        let text = self.text();
        let rest = &text[self.at.get().min(text.len())..];
        let (cr, lf) = ('\r' as u32, '\n' as u32);
        let end = if self.universal.get() && !self.translate.get() {
            rest.iter().position(|&c| c == cr || c == lf).map(|i| if rest[i] == cr && rest.get(i + 1) == Some(&lf) { i + 2 } else { i + 1 })
        } else {
            match self.ending.get() {
                1 => rest.iter().position(|&c| c == cr).map(|i| i + 1),
                2 => rest.windows(2).position(|w| w == [cr, lf]).map(|i| i + 2),
                _ => rest.iter().position(|&c| c == lf).map(|i| i + 1),
            }
        };
        let n = end.unwrap_or(rest.len()) as i64;
        self.take(if limit < 0 { n } else { n.min(limit) })
    }
    /// Writes a str; the number of its characters.
    pub fn put(&self, v: Value) -> R<usize> {
        self.check()?;
        if !str::is_str(v) {
            return Err(type_error(format!("string argument expected, got '{}'", display_name(v))));
        }
        let view = str::view(v);
        let mut points: Vec<u32> = Vec::new();
        let plain = !self.translate.get() && self.ending.get() == 0;
        if !plain {
            let mut chars = view.chars().peekable();
            while let Some(c) = chars.next() {
                match c {
                    13 if self.translate.get() => {
                        if chars.peek() == Some(&10) {
                            chars.next();
                            self.seen.set(self.seen.get() | 4);
                        } else {
                            self.seen.set(self.seen.get() | 1);
                        }
                        points.push(10);
                    }
                    10 if self.translate.get() => {
                        self.seen.set(self.seen.get() | 2);
                        points.push(10);
                    }
                    10 if self.ending.get() == 1 => points.push(13),
                    10 if self.ending.get() == 2 => points.extend([13, 10]),
                    c => points.push(c),
                }
            }
        }
        let n = if plain { view.len() } else { points.len() };
        let text = self.text();
        let at = self.at.get();
        if text.try_reserve((at + n).saturating_sub(text.len())).is_err() {
            return Err(memory_error());
        }
        if at >= text.len() {
            text.resize(at, 0);
            if plain { text.extend(view.chars()) } else { text.extend(points) }
        } else {
            if at + n > text.len() {
                text.resize(at + n, 0);
            }
            let target = &mut text[at..at + n];
            if plain {
                for (t, c) in target.iter_mut().zip(view.chars()) {
                    *t = c;
                }
            } else {
                target.copy_from_slice(&points);
            }
        }
        self.at.set(at + n);
        Ok(view.len())
    }
}

/// `newlines` of seen line ends.
pub fn seen_newlines(seen: u8) -> Ref {
    let all: Vec<Ref> = [(1, "\r"), (2, "\n"), (4, "\r\n")].iter().filter(|(bit, _)| seen & bit != 0).map(|(_, t)| str::from_str(t)).collect();
    match all.len() {
        0 => Ref::none(),
        1 => all[0].clone(),
        _ => crate::tuple::from_refs(all),
    }
}

#[native_class(doc = "Text I/O implementation using an in-memory buffer.")]
impl StringIo {
    #[native]
    fn readable(&self) -> R<bool> {
        self.check()?;
        Ok(true)
    }
    #[native]
    fn writable(&self) -> R<bool> {
        self.check()?;
        Ok(true)
    }
    #[native]
    fn seekable(&self) -> R<bool> {
        self.check()?;
        Ok(true)
    }
    #[native]
    fn close(&self) {
        self.base.closed.set(true);
        *self.text() = Vec::new();
    }
    #[getter]
    fn closed(&self) -> bool {
        self.base.closed.get()
    }
    #[getter]
    fn line_buffering(&self) -> R<bool> {
        self.check()?;
        Ok(false)
    }
    #[getter]
    fn newlines(&self) -> R<Ref> {
        self.check()?;
        Ok(if self.translate.get() { seen_newlines(self.seen.get()) } else { Ref::none() })
    }
    #[native]
    fn tell(&self) -> R<usize> {
        self.check()?;
        Ok(self.at.get())
    }
    #[native("($self, pos, whence=0, /)")]
    fn seek(&self, pos: i64, whence: i64) -> R<usize> {
        self.check()?;
        match whence {
            0 if pos < 0 => return Err(value_error(format!("Negative seek position {pos}"))),
            0 => self.at.set(pos as usize),
            1 | 2 if pos != 0 => return Err(raise(&crate::exceptions::OS_ERROR, "Can't do nonzero cur-relative seeks")),
            1 => {}
            2 => self.at.set(self.text().len()),
            _ => return Err(value_error(format!("Invalid whence ({whence}, should be 0, 1 or 2)"))),
        }
        Ok(self.at.get())
    }
    #[native("($self, size=-1, /)")]
    fn read(&self, size: Option<Value>) -> R<Ref> {
        self.check()?;
        let n = size_argument(size)?;
        Ok(str::from_units(self.take(n)))
    }
    #[native("($self, size=-1, /)")]
    fn readline(&self, size: Option<Value>) -> R<Ref> {
        self.check()?;
        let n = size_argument(size)?;
        Ok(str::from_units(self.take_line(n)))
    }
    #[native("($self, s, /)")]
    fn write(&self, s: Value) -> R<usize> {
        self.put(s)
    }
    #[native("($self, size=None, /)")]
    fn truncate(&self, size: Option<Value>) -> R<usize> {
        self.check()?;
        let n = match size.filter(|s| !s.is_none()) {
            Some(s) => {
                let n = crate::int::index_i64(s)?;
                if n < 0 {
                    return Err(value_error(format!("Negative size value {n}")));
                }
                n as usize
            }
            None => self.at.get(),
        };
        if n < self.text().len() {
            self.text().truncate(n);
        }
        Ok(n)
    }
    /// Retrieve the entire contents of the object.
    #[native]
    fn getvalue(&self) -> R<Ref> {
        self.check()?;
        Ok(str::from_units(self.text()))
    }
}
