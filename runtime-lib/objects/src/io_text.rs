//! `_io.TextIOWrapper`: the object, its set-up and writing. Reading and positions are in `io_text_read`.

use crate::codecs::{self, Codec};
use crate::codecs_decode::Decoder;
use crate::codecs_errors::Handler;
use crate::io_base::{FLAGS, IoBase, TEXT_IO_BASE};
use crate::io_buffered::Buffered;
use crate::io_errors::unsupported;
use crate::io_memory::{newline_argument, seen_newlines};
use crate::names;
use crate::ops;
use crate::prelude::*;
use crate::str;
use crate::type_object::display_name;
use crate::unpack::unpack;
use std::mem::offset_of;

/// Bytes that are read at once, and that may wait to be written.
pub const CHUNK: usize = 8192;

/// A text file.
#[repr(C)]
pub struct TextIo {
    pub base: IoBase,
    /// Empty: not initialised, or detached.
    pub buffer: Slot,
    pub detached: Cell<bool>,
    /// Attribute `mode`, when it was set.
    pub mode: Slot,
    pub encoding: Slot,
    pub errors: Slot,
    pub line_buffering: Cell<bool>,
    pub write_through: Cell<bool>,
    pub seekable: Cell<bool>,
    /// False while iterating.
    pub telling: Cell<bool>,
    /// The chunk's characters, of which `at` were given out; empty slot: none.
    pub decoded: Slot,
    pub at: Cell<usize>,
    pub state: UnsafeCell<State>,
}

/// The parts that no Python code can see change.
pub struct State {
    pub codec: Codec,
    pub decoder: Decoder,
    pub handler: Handler,
    /// Encoded text that waits.
    pub pending: Vec<u8>,
    /// A byte order mark is still to be written.
    pub at_start: bool,
    /// Read: `\r` and `\r\n` become `\n`.
    pub translate: bool,
    /// Read: lines end at all three forms.
    pub universal: bool,
    /// Lines end with this (neither translated nor universal).
    pub read_end: &'static str,
    /// `\n` is written as this.
    pub write_end: Option<&'static str>,
    /// A `\r` at the end of the last chunk waits for a `\n`.
    pub held_cr: bool,
    /// 1 `\r`, 2 `\n`, 4 `\r\n`.
    pub seen: u8,
    /// Bytes of the chunk, the decoder's pending input and `held_cr` before it.
    pub chunk: Vec<u8>,
    pub before: Vec<u8>,
    pub before_cr: bool,
    pub before_start: bool,
    /// Whether something was read already.
    pub has_read: bool,
}

impl Visit for TextIo {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.buffer);
        v.slot(&self.mode);
    }
    fn clear(&self) {
        drop(self.buffer.take());
        drop(self.mode.take());
    }
}

const SLOTS: Slots = Slots { new: Some(new), init: Some(init), repr: Some(repr), iter: Some(iter), next: Some(next), ..Slots::NONE };

/// The type `_io.TextIOWrapper`.
pub static TEXT_IO: Type = Type::builtin::<TextIo>("TextIOWrapper", "_io", Some(&TEXT_IO_BASE), FLAGS, SLOTS, Some(&TEXTIO_DECL))
    .visited::<TextIo>()
    .with_dict_at(offset_of!(IoBase, dict));
object_type!(TextIo, TEXT_IO);

fn new(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(
        class,
        TextIo {
            base: IoBase::new(),
            buffer: Slot::empty(),
            detached: Cell::new(false),
            mode: Slot::empty(),
            encoding: Slot::empty(),
            errors: Slot::empty(),
            line_buffering: Cell::new(false),
            write_through: Cell::new(false),
            seekable: Cell::new(false),
            telling: Cell::new(false),
            decoded: Slot::empty(),
            at: Cell::new(0),
            state: UnsafeCell::new(State {
                codec: Codec::Utf8,
                decoder: Decoder::new(Codec::Utf8),
                handler: Handler::Strict,
                pending: Vec::new(),
                at_start: false,
                translate: true,
                universal: true,
                read_end: "\n",
                write_end: None,
                held_cr: false,
                seen: 0,
                chunk: Vec::new(),
                before: Vec::new(),
                before_cr: false,
                before_start: true,
                has_read: false,
            }),
        },
    ))
}

/// What the arguments of `TextIOWrapper` say beside the buffer.
pub struct Options<'a> {
    /// Given name; None: UTF-8.
    pub encoding: Option<&'a str>,
    pub errors: &'a str,
    pub newline: Option<&'a str>,
    pub line_buffering: bool,
    pub write_through: bool,
}

/// A text file over `buffer` (not yet of a subclass).
pub fn over(buffer: Ref, options: &Options<'_>) -> R<Ref> {
    let file = new(&TEXT_IO, &Args::NONE)?;
    crate::cast::get_unchecked::<TextIo>(file.v()).set_up(buffer, options)?;
    Ok(file)
}

fn init(this: Value, args: &Args) -> R<()> {
    let mut out = [Value::MISSING; 6];
    unpack(args, "TextIOWrapper", &["buffer", "encoding", "errors", "newline", "line_buffering", "write_through"], 1, &mut out)?;
    let text = |v: Value, name: &str| -> R<Option<String>> {
        if v.is_missing() || v.is_none() {
            return Ok(None);
        }
        if !str::is_str(v) {
            return Err(type_error(format!("TextIOWrapper() argument '{name}' must be str or None, not {}", display_name(v))));
        }
        codecs::name_of(v).map(Some)
    };
    let (encoding, errors) = (text(out[1], "encoding")?, text(out[2], "errors")?);
    let newline = if out[3].is_missing() { None } else { newline_of(out[3])? };
    let flag = |v: Value| if v.is_missing() { Ok(false) } else { ops::truth(v) };
    let options = Options {
        encoding: encoding.as_deref().filter(|e| *e != "locale"),
        errors: errors.as_deref().unwrap_or("strict"),
        newline: newline.as_deref(),
        line_buffering: flag(out[4])?,
        write_through: flag(out[5])?,
    };
    crate::cast::get_unchecked::<TextIo>(this).set_up(Ref::new(out[0]), &options)
}

/// A `newline` argument of a text file.
pub fn newline_of(v: Value) -> R<Option<String>> {
    if !v.is_none() && !str::is_str(v) {
        return Err(type_error(format!("TextIOWrapper() argument 'newline' must be str or None, not {}", display_name(v))));
    }
    if str::is_str(v) && !matches!(str::to_rust(v).as_str(), "" | "\n" | "\r" | "\r\n") {
        return Err(value_error(format!("illegal newline value: {}", str::to_rust(v))));
    }
    newline_argument(v)
}

fn codec_of(name: &str) -> R<Codec> {
    codecs::find(name).ok_or_else(|| lookup_error(format!("unknown encoding: {name}")))
}

impl TextIo {
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn state(&self) -> &mut State {
        // SAFETY: single-threaded; no caller keeps it across a call of Python code.
        unsafe { &mut *self.state.get() }
    }

    fn set_newline(&self, newline: Option<&str>) {
        let s = self.state();
        s.universal = newline.is_none_or(|n| n.is_empty());
        s.translate = newline.is_none();
        s.read_end = match newline {
            Some("\r") => "\r",
            Some("\r\n") => "\r\n",
            _ => "\n",
        };
        s.write_end = match newline {
            Some("\r") => Some("\r"),
            Some("\r\n") => Some("\r\n"),
            _ => None,
        };
    }

    fn set_up(&self, buffer: Ref, options: &Options<'_>) -> R<()> {
        let codec = match options.encoding {
            Some(name) => codec_of(name)?,
            None => Codec::Utf8,
        };
        let (seekable, writable) = match plain_buffer(buffer.v()) {
            Some(b) => {
                let raw = b.raw()?;
                match crate::cast::get::<crate::io_file::FileIo>(raw.v()) {
                    Some(f) => (f.can_seek()?, b.writable.get()),
                    None => (ops::truth(crate::call::call_method(raw.v(), "seekable", &[])?.v())?, b.writable.get()),
                }
            }
            None => {
                let readable = crate::call::call_method(buffer.v(), "readable", &[])?;
                ops::truth(readable.v())?;
                let writable = ops::truth(crate::call::call_method(buffer.v(), "writable", &[])?.v())?;
                (ops::truth(crate::call::call_method(buffer.v(), "seekable", &[])?.v())?, writable)
            }
        };
        let s = self.state();
        s.codec = codec;
        s.decoder = Decoder::new(codec);
        s.handler = Handler::named(options.errors);
        s.at_start = writable && !crate::codecs_encode::mark(codec).is_empty();
        self.encoding.set(match options.encoding {
            Some(name) => str::from_str(name),
            None => str::from_str("UTF-8"),
        });
        self.errors.set(if options.errors == "strict" { Ref::new(names::STRICT()) } else { str::from_str(options.errors) });
        self.set_newline(options.newline);
        self.line_buffering.set(options.line_buffering);
        self.write_through.set(options.write_through);
        self.seekable.set(seekable);
        self.telling.set(seekable);
        self.buffer.set(buffer);
        self.detached.set(false);
        if seekable && s.at_start && self.buffer_position()? != 0 {
            self.state().at_start = false;
        }
        if writable {
            register(self);
        }
        Ok(())
    }

    /// The buffer; ValueError when there is none.
    pub fn buffer(&self) -> R<Ref> {
        match self.buffer.cloned() {
            Some(b) => Ok(b),
            None if self.detached.get() => Err(value_error("underlying buffer has been detached")),
            None => Err(value_error("I/O operation on uninitialized object")),
        }
    }
    /// Whether the buffer is closed.
    pub fn closed(&self) -> R<bool> {
        let buffer = self.buffer()?;
        match plain_buffer(buffer.v()) {
            Some(b) => b.closed(),
            None => crate::io_base::is_closed(buffer.v()),
        }
    }
    /// ValueError when closed.
    pub fn check(&self) -> R<()> {
        if self.closed()? { Err(crate::io_errors::closed()) } else { Ok(()) }
    }
    /// `buffer.tell()`
    pub fn buffer_position(&self) -> R<i64> {
        let buffer = self.buffer()?;
        match plain_buffer(buffer.v()) {
            Some(b) => b.position(),
            None => crate::int::index_i64(crate::call::call_method_value(buffer.v(), names::TELL(), &[])?.v()),
        }
    }
    /// Hands the waiting bytes to the buffer.
    pub fn flush_text(&self) -> R<()> {
        if self.state().pending.is_empty() {
            return Ok(());
        }
        let data = std::mem::take(&mut self.state().pending);
        let buffer = self.buffer()?;
        match plain_buffer(buffer.v()) {
            Some(b) => {
                b.write_bytes(&data)?;
                // Its capacity serves the next lines.
                let mut data = data;
                data.clear();
                if self.state().pending.is_empty() {
                    self.state().pending = data;
                }
                Ok(())
            }
            None => {
                let bytes = crate::bytes::from_slice(&data);
                crate::call::call_method_value(buffer.v(), names::WRITE(), &[bytes.v()]).map(drop)
            }
        }
    }
    /// `flush()`
    pub fn flush_all(&self) -> R<()> {
        self.check()?;
        self.telling.set(self.seekable.get());
        self.flush_text()?;
        let buffer = self.buffer()?;
        match plain_buffer(buffer.v()) {
            Some(b) => {
                if b.writable.get() {
                    b.flush_pending()?;
                }
                Ok(())
            }
            None => crate::call::call_method_value(buffer.v(), names::FLUSH(), &[]).map(drop),
        }
    }
    /// `write(text)`; the value is a str.
    pub fn write_text(&self, text: Value) -> R<usize> {
        self.check()?;
        let buffer = self.buffer()?;
        if let Some(b) = plain_buffer(buffer.v()) {
            if !b.writable.get() {
                return Err(unsupported("not writable"));
            }
        } else if !ops::truth(crate::call::call_method(buffer.v(), "writable", &[])?.v())? {
            return Err(unsupported("not writable"));
        }
        let view = str::view(text);
        let s = self.state();
        let has_lf = (self.line_buffering.get() || s.write_end.is_some()) && crate::str_search::find_data(view.data(), str::Data::One(b"\n")).is_some();
        let has_cr = self.line_buffering.get() && crate::str_search::find_data(view.data(), str::Data::One(b"\r")).is_some();
        let translated;
        let mut source = text;
        if has_lf && let Some(end) = s.write_end {
            let mut lines = str::Builder::default();
            for i in 0..view.len() {
                match view.get(i) {
                    0x0A => lines.push_str(end),
                    point => lines.push_char(point),
                }
            }
            translated = lines.finish();
            source = translated.v();
        }
        if s.at_start && view.len() > 0 {
            s.at_start = false;
            s.pending.extend_from_slice(crate::codecs_encode::mark(s.codec));
        }
        match (str::view(source).ascii(), s.codec) {
            (Some(t), Codec::Utf8 | Codec::Utf8Sig | Codec::Ascii | Codec::Latin1 | Codec::Charmap(_)) => s.pending.extend_from_slice(t.as_bytes()),
            _ => {
                // An error handler may be Python code: it must find the state in order.
                let mut encoded = Vec::new();
                let mut handler = std::mem::replace(&mut s.handler, Handler::Strict);
                let codec = s.codec;
                let result = crate::codecs_encode::encode_body(source, codec, &mut handler, &mut encoded);
                let s = self.state();
                s.handler = handler;
                result?;
                s.pending.extend_from_slice(&encoded);
            }
        }
        let s = self.state();
        if !s.chunk.is_empty() || !self.decoded.is_empty() {
            self.forget_decoded();
        }
        let line_end = self.line_buffering.get() && (has_lf || has_cr);
        if s.pending.len() >= CHUNK || self.write_through.get() || line_end {
            self.flush_text()?;
        }
        if line_end {
            self.flush_all()?;
        }
        Ok(view.len())
    }
    /// Drops what was read ahead.
    pub fn forget_decoded(&self) {
        drop(self.decoded.take());
        self.at.set(0);
        let s = self.state();
        s.chunk.clear();
        s.before.clear();
    }
    fn close_now(&self, this: Value) -> R<()> {
        let buffer = self.buffer()?;
        if self.closed()? {
            return Ok(());
        }
        let flushed = if is_exact(this, &TEXT_IO) { self.flush_all() } else { crate::call::call_method_value(this, names::FLUSH(), &[]).map(drop) };
        let saved = if flushed.is_err() { crate::state::take_pending() } else { None };
        self.state().pending.clear();
        let closed = match plain_buffer(buffer.v()) {
            Some(b) => b.close_now(buffer.v()),
            None => crate::call::call_method_value(buffer.v(), names::CLOSE(), &[]).map(drop),
        };
        if let Some(e) = saved {
            if closed.is_err() {
                drop(crate::state::take_pending());
            }
            crate::state::state().pending.set(e);
            return Err(Raised);
        }
        closed
    }
}

impl Drop for TextIo {
    fn drop(&mut self) {
        unregister(self);
    }
}

/// The buffer as one of ours, when no Python method can be in the way.
pub fn plain_buffer<'a>(buffer: Value) -> Option<&'a Buffered> {
    if crate::io_buffered::is_ours(buffer) { Some(crate::cast::get_unchecked(buffer)) } else { None }
}

// ---------------------------------------------------------------- files that are open for writing

struct Writers(UnsafeCell<Vec<usize>>);
// SAFETY: single-threaded until threads arrive.
unsafe impl Sync for Writers {}
static WRITERS: Writers = Writers(UnsafeCell::new(Vec::new()));

fn writers() -> &'static mut Vec<usize> {
    // SAFETY: single-threaded; scopes are short.
    unsafe { &mut *WRITERS.0.get() }
}

fn register(file: &TextIo) {
    let address = file as *const TextIo as usize;
    if !writers().contains(&address) {
        writers().push(address);
    }
}

fn unregister(file: &TextIo) {
    let address = file as *const TextIo as usize;
    if let Some(i) = writers().iter().position(|&a| a == address) {
        writers().swap_remove(i);
    }
}

/// Flushes all text files that are open for writing, at exit. Errors are dropped, as finalizers' are.
pub fn flush_writers() {
    for address in writers().clone() {
        if !writers().contains(&address) {
            continue;
        }
        let file = Ref::new(Value::from_address(address));
        let f: &TextIo = crate::cast::get_unchecked(file.v());
        if f.buffer.is_empty() || f.closed() != Ok(false) {
            drop(crate::state::take_pending());
            continue;
        }
        if f.flush_all().is_err() {
            drop(crate::state::take_pending());
        }
    }
}

// ---------------------------------------------------------------- the type

fn repr(v: Value) -> R<Ref> {
    let f: &TextIo = crate::cast::get_unchecked(v);
    let mut more = String::new();
    if let Some(mode) = ops::getattr_opt(v, "mode")? {
        more.push_str(&format!(" mode={}", str::to_rust(ops::repr(mode.v())?.v())));
    }
    let encoding = match f.encoding.cloned() {
        Some(e) => str::to_rust(ops::repr(e.v())?.v()),
        None => "None".into(),
    };
    more.push_str(&format!(" encoding={encoding}"));
    crate::io_base::repr_with_name(v, "_io.TextIOWrapper", &more)
}

fn iter(v: Value) -> R<Ref> {
    crate::cast::get_unchecked::<TextIo>(v).check()?;
    Ok(Ref::new(v))
}

fn next(v: Value) -> R<Option<Ref>> {
    let f: &TextIo = crate::cast::get_unchecked(v);
    f.telling.set(false);
    let line = if is_exact(v, &TEXT_IO) {
        f.read_line(-1)?
    } else {
        let line = crate::call::call_method_value(v, names::READLINE(), &[])?;
        if !str::is_str(line.v()) {
            return Err(raise(
                &crate::exceptions::OS_ERROR,
                format!("readline() should have returned a str object, not '{}'", display_name(line.v())),
            ));
        }
        line
    };
    if str::object(line.v()).len == 0 {
        f.telling.set(f.seekable.get());
        return Ok(None);
    }
    Ok(Some(line))
}

#[native_class(doc = "Character and line based layer over a BufferedIOBase object, buffer.")]
impl TextIo {
    #[native("($self, s, /)")]
    fn write(&self, s: Value) -> R<usize> {
        if !str::is_str(s) {
            return Err(type_error(format!("write() argument must be str, not {}", crate::unpack::not_name(s))));
        }
        self.write_text(s)
    }
    #[native("($self, size=-1, /)")]
    fn read(&self, size: Option<Value>) -> R<Ref> {
        self.read_text(crate::io_errors::size_argument(size)?)
    }
    #[native("($self, size=-1, /)")]
    fn readline(&self, size: i64) -> R<Ref> {
        self.read_line(size)
    }
    #[native]
    fn flush(&self) -> R<()> {
        self.flush_all()
    }
    #[native]
    fn close(this: Value) -> R<()> {
        crate::cast::get_unchecked::<TextIo>(this).close_now(this)
    }
    #[getter(name = "closed")]
    fn closed_attribute(&self) -> R<bool> {
        self.closed()
    }
    #[native]
    fn detach(&self) -> R<Ref> {
        let buffer = self.buffer()?;
        self.flush_all()?;
        drop(self.buffer.take());
        self.detached.set(true);
        Ok(buffer)
    }
    #[native]
    fn tell(&self) -> R<Ref> {
        self.check()?;
        self.position().map(crate::int::from_i64)
    }
    #[native("($self, cookie, whence=0, /)")]
    fn seek(&self, cookie: Value, whence: i64) -> R<Ref> {
        self.check()?;
        self.seek_to(cookie, whence)
    }
    #[native("($self, pos=None, /)")]
    fn truncate(&self, pos: Option<Value>) -> R<Ref> {
        self.check()?;
        self.flush_all()?;
        let pos = match pos.filter(|p| !p.is_none()) {
            Some(p) => Ref::new(p),
            None => crate::int::from_i64(self.position()?),
        };
        crate::call::call_method_value(self.buffer()?.v(), names::TRUNCATE(), &[pos.v()])
    }
    #[native]
    fn fileno(&self) -> R<Ref> {
        crate::call::call_method_value(self.buffer()?.v(), names::FILENO(), &[])
    }
    #[native]
    fn isatty(&self) -> R<Ref> {
        crate::call::call_method_value(self.buffer()?.v(), names::ISATTY(), &[])
    }
    #[native]
    fn readable(&self) -> R<Ref> {
        let buffer = self.buffer()?;
        match plain_buffer(buffer.v()) {
            Some(b) if !b.readable.get() => Ok(Ref::bool(false)),
            Some(b) if b.closed()? => Ok(Ref::bool(b.readable.get())),
            _ => crate::call::call_method(buffer.v(), "readable", &[]),
        }
    }
    #[native]
    fn writable(&self) -> R<Ref> {
        let buffer = self.buffer()?;
        match plain_buffer(buffer.v()) {
            Some(b) if !b.writable.get() => Ok(Ref::bool(false)),
            _ => crate::call::call_method(buffer.v(), "writable", &[]),
        }
    }
    #[native]
    fn seekable(&self) -> R<Ref> {
        crate::call::call_method(self.buffer()?.v(), "seekable", &[])
    }
    /// Reconfigure the text stream with new parameters.
    #[native("($self, /, *, encoding=None, errors=None, newline=<unrepresentable>, line_buffering=None, write_through=None)")]
    fn reconfigure(&self, encoding: Value, errors: Value, newline: Option<Value>, line_buffering: Value, write_through: Value) -> R<()> {
        self.buffer()?;
        if self.state().has_read && (!encoding.is_none() || !errors.is_none() || newline.is_some()) {
            return Err(unsupported("It is not possible to set the encoding or newline of stream after the first read"));
        }
        for (name, v) in [("encoding", encoding), ("errors", errors)] {
            if !v.is_none() && !str::is_str(v) {
                return Err(type_error(format!("reconfigure() argument '{name}' must be str or None, not {}", display_name(v))));
            }
        }
        let newline = match newline {
            Some(n) => Some(newline_of(n)?),
            None => None,
        };
        let codec = if encoding.is_none() { None } else { Some(codec_of(&codecs::name_of(encoding)?)?) };
        let line = if line_buffering.is_none() { None } else { Some(ops::truth(line_buffering)?) };
        let through = if write_through.is_none() { None } else { Some(ops::truth(write_through)?) };
        self.flush_all()?;
        let s = self.state();
        if let Some(codec) = codec {
            s.codec = codec;
            s.decoder = Decoder::new(codec);
            self.encoding.set(Ref::new(encoding));
            if errors.is_none() {
                s.handler = Handler::Strict;
                self.errors.set(Ref::new(names::STRICT()));
            }
        }
        if !errors.is_none() {
            s.handler = Handler::named(&codecs::name_of(errors)?);
            self.errors.set(Ref::new(errors));
        }
        if let Some(n) = newline {
            self.set_newline(n.as_deref());
        }
        if let Some(b) = line {
            self.line_buffering.set(b);
        }
        if let Some(b) = through {
            self.write_through.set(b);
        }
        Ok(())
    }
    #[getter(name = "buffer")]
    fn buffer_attribute(&self) -> R<Ref> {
        self.buffer()
    }
    #[getter]
    fn name(&self) -> R<Ref> {
        ops::getattr_str(self.buffer()?.v(), "name")
    }
    #[getter]
    fn mode(&self) -> R<Ref> {
        self.mode.cloned().ok_or_else(|| attribute_error_plain("'_io.TextIOWrapper' object has no attribute 'mode'"))
    }
    #[setter]
    fn set_mode(&self, value: Value) -> R<()> {
        if value.is_missing() {
            drop(self.mode.take());
        } else {
            self.mode.set(Ref::new(value));
        }
        Ok(())
    }
    #[getter]
    fn encoding(&self) -> R<Ref> {
        Ok(self.encoding.cloned().unwrap_or(Ref::none()))
    }
    #[getter]
    fn errors(&self) -> R<Ref> {
        Ok(self.errors.cloned().unwrap_or(Ref::none()))
    }
    #[getter]
    fn newlines(&self) -> R<Ref> {
        Ok(if self.state().universal { seen_newlines(self.state().seen) } else { Ref::none() })
    }
    #[getter]
    fn line_buffering(&self) -> bool {
        self.line_buffering.get()
    }
    #[getter]
    fn write_through(&self) -> bool {
        self.write_through.get()
    }
    #[getter(name = "_CHUNK_SIZE")]
    fn chunk_size(&self) -> usize {
        CHUNK
    }
}
