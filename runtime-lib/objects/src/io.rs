//! File objects as the rest of the runtime uses them: the standard streams, writing and flushing, `open`.

use crate::io_buffered::{BUFFERED_RANDOM, BUFFERED_READER, BUFFERED_WRITER};
use crate::io_file::{FILE_IO, FileIo};
use crate::io_text::{Options, TEXT_IO, TextIo};
use crate::ops;
use crate::prelude::*;
use crate::str;
use crate::unpack::unpack;

/// `io.DEFAULT_BUFFER_SIZE`
pub const BUFFER_SIZE: usize = 131072;

struct Streams([Slot; 3]);
// SAFETY: single-threaded until threads arrive.
unsafe impl Sync for Streams {}
static STREAMS: Streams = Streams([const { Slot::empty() }; 3]);

const NAMES: [&str; 3] = ["<stdin>", "<stdout>", "<stderr>"];

/// Whether the locale is C, POSIX or C.UTF-8, where undecodable bytes pass through the standard streams.
fn is_c_locale() -> bool {
    let value = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    match value {
        None => true,
        Some(v) => v == "C" || v == "POSIX" || v.starts_with("C."),
    }
}

fn make_stream(fd: i32) -> Ref {
    // SAFETY: system calls on a number.
    let (open, tty) = unsafe { (libc::fcntl(fd, libc::F_GETFD) >= 0, libc::isatty(fd) == 1) };
    if !open {
        return Ref::none();
    }
    let raw = crate::io_file::from_fd(fd, fd == 0, NAMES[fd as usize]);
    let buffer = crate::io_buffered::over(if fd == 0 { &BUFFERED_READER } else { &BUFFERED_WRITER }, raw, BUFFER_SIZE);
    let setting = std::env::var("PYTHONIOENCODING").unwrap_or_default();
    let (encoding, errors) = setting.split_once(':').unwrap_or((&setting, ""));
    let default_errors = if is_c_locale() && encoding.is_empty() { "surrogateescape" } else { "strict" };
    let errors = match fd {
        2 => "backslashreplace",
        _ if errors.is_empty() => default_errors,
        _ => errors,
    };
    let make = |encoding: &str, errors: &str| {
        let options = Options {
            encoding: Some(encoding),
            errors,
            newline: if fd == 0 { None } else { Some("\n") },
            line_buffering: fd == 2 || tty,
            write_through: false,
        };
        crate::io_text::over(buffer.clone(), &options)
    };
    let file = match make(if encoding.is_empty() { "utf-8" } else { encoding }, errors) {
        Ok(f) => f,
        Err(_) => {
            drop(crate::state::take_pending());
            match make("utf-8", "strict") {
                Ok(f) => f,
                Err(_) => return Ref::none(),
            }
        }
    };
    crate::cast::get_unchecked::<TextIo>(file.v()).mode.set(str::from_str(if fd == 0 { "r" } else { "w" }));
    file
}

fn stream(fd: usize) -> Ref {
    if let Some(s) = STREAMS.0[fd].cloned() {
        return s;
    }
    let s = make_stream(fd as i32);
    STREAMS.0[fd].set(s.clone());
    s
}

/// The text stream of standard output as made at start (`sys.__stdout__`); None when the descriptor is closed.
pub fn stdout() -> Ref {
    stream(1)
}
/// As [`stdout`], standard error.
pub fn stderr() -> Ref {
    stream(2)
}
/// As [`stdout`], standard input.
pub fn stdin() -> Ref {
    stream(0)
}

/// Writes to file descriptor 2 at once, whatever sys.stderr is; what waits in the stream goes first.
pub fn write_stderr(text: &str) {
    if let Some(s) = STREAMS.0[2].cloned()
        && is_exact(s.v(), &TEXT_IO)
    {
        let saved = crate::state::take_pending();
        if crate::cast::get_unchecked::<TextIo>(s.v()).flush_all().is_err() {
            drop(crate::state::take_pending());
        }
        if let Some(e) = saved {
            crate::state::state().pending.set(e);
        }
    }
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        // SAFETY: the buffer is valid for its length.
        let n = unsafe { libc::write(2, rest.as_ptr() as *const _, rest.len()) };
        if n < 0 && crate::io_errors::errno() == libc::EINTR {
            continue;
        }
        if n <= 0 {
            return;
        }
        rest = &rest[n as usize..];
    }
}

/// `file.write(text)` for a str; without lookup when `file` is a plain text stream.
pub fn write_to(file: Value, text: Value) -> R<()> {
    if is_exact(file, &TEXT_IO) && str::is_str(text) {
        return crate::cast::get_unchecked::<TextIo>(file).write_text(text).map(drop);
    }
    crate::call::call_method_value(file, crate::names::WRITE(), &[text]).map(drop)
}

/// `file.flush()`
pub fn flush(file: Value) -> R<()> {
    if is_exact(file, &TEXT_IO) {
        return crate::cast::get_unchecked::<TextIo>(file).flush_all();
    }
    crate::call::call_method_value(file, crate::names::FLUSH(), &[]).map(drop)
}

/// `file.readline()` without the newline; None at the end of the file (for `input()`).
pub fn read_line_for_input(file: Value) -> R<Option<Ref>> {
    let line = if is_exact(file, &TEXT_IO) {
        crate::cast::get_unchecked::<TextIo>(file).read_line(-1)?
    } else {
        crate::call::call_method_value(file, crate::names::READLINE(), &[])?
    };
    if !str::is_str(line.v()) {
        return Err(type_error("object.readline() returned non-string"));
    }
    let n = str::object(line.v()).len;
    if n == 0 {
        return Ok(None);
    }
    let end = if str::view(line.v()).get(n - 1) == 10 { n - 1 } else { n };
    Ok(Some(str::substring(line.v(), 0, end)))
}

/// Flushes standard output.
pub fn flush_stdout() -> R<()> {
    match crate::sys::attribute("stdout").or_else(|| STREAMS.0[1].cloned()) {
        Some(s) if !s.is_none() && !crate::io_base::is_closed(s.v())? => flush(s.v()),
        _ => Ok(()),
    }
}

fn flush_one(name: &str, fd: usize) -> bool {
    let Some(s) = crate::sys::attribute(name).or_else(|| STREAMS.0[fd].cloned()) else { return true };
    if s.is_none() {
        return true;
    }
    match crate::io_base::is_closed(s.v()) {
        Ok(true) => return true,
        Ok(false) => {}
        Err(_) => drop(crate::state::take_pending()),
    }
    if flush(s.v()).is_ok() {
        return true;
    }
    let exception = crate::state::take_pending();
    if is_exact(s.v(), &TEXT_IO) {
        // What cannot be written is given up, so that nobody reports it again.
        let f: &TextIo = crate::cast::get_unchecked(s.v());
        f.state().pending.clear();
        if let Ok(b) = f.buffer()
            && let Some(b) = crate::io_text::plain_buffer(b.v())
        {
            b.discard_pending();
        }
    }
    if let Some(e) = exception
        && fd == 1
    {
        write_stderr(&format!("Exception ignored while flushing sys.{name}:\n{}", crate::traceback_print::report(e.v())));
    }
    false
}

/// Flushes all files that are open for writing, at exit; false when standard output or error could not be flushed.
pub fn flush_std_streams() -> bool {
    let saved = crate::state::take_pending();
    let out = flush_one("stdout", 1);
    let err = flush_one("stderr", 2);
    crate::io_text::flush_writers();
    crate::io_buffered::flush_writers();
    if let Some(e) = saved {
        crate::state::state().pending.set(e);
    }
    out && err
}

// ---------------------------------------------------------------- open

struct Mode {
    binary: bool,
    reading: bool,
    updating: bool,
    raw: String,
}

fn parse_mode(mode: &str) -> R<Mode> {
    let invalid = || value_error(format!("invalid mode: '{mode}'"));
    let mut seen = String::new();
    for c in mode.chars() {
        if !"xrwab+t".contains(c) || seen.contains(c) {
            return Err(invalid());
        }
        seen.push(c);
    }
    let has = |c: char| seen.contains(c);
    if has('t') && has('b') {
        return Err(value_error("can't have text and binary mode at once"));
    }
    if "xrwa".chars().filter(|c| has(*c)).count() > 1 {
        return Err(value_error("must have exactly one of create/read/write/append mode"));
    }
    let raw: String = ["x", "r", "w", "a", "+"].iter().filter(|c| seen.contains(**c)).copied().collect();
    Ok(Mode { binary: has('b'), reading: has('r'), updating: has('+'), raw })
}

/// `open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)`
pub fn open(args: &Args) -> R<Ref> {
    let mut out = [Value::MISSING; 8];
    unpack(args, "open", &["file", "mode", "buffering", "encoding", "errors", "newline", "closefd", "opener"], 1, &mut out)?;
    let [file, mode, buffering, encoding, errors, newline, close_fd, opener] = out;
    let given = |v: Value| !v.is_missing() && !v.is_none();
    if !mode.is_missing() {
        crate::unpack::str_argument("open", "mode", mode)?;
    }
    let buffering = if buffering.is_missing() { -1 } else { crate::int::index_i64(buffering)? };
    for (name, v) in [("encoding", encoding), ("errors", errors), ("newline", newline)] {
        if given(v) && !str::is_str(v) {
            let kind = crate::type_object::display_name(v);
            return Err(type_error(format!("open() argument '{name}' must be str or None, not {kind}")));
        }
    }
    let close_fd = if close_fd.is_missing() { true } else { ops::truth(close_fd)? };
    let path = if crate::int::is_int(file) { Ref::new(file) } else { crate::io_errors::fspath(file)? };
    let mode_text = if mode.is_missing() { "r".to_string() } else { str::to_rust(mode) };
    let mode = parse_mode(&mode_text)?;
    if mode.binary {
        for (article, name, v) in [("an", "encoding", encoding), ("an", "errors", errors), ("a", "newline", newline)] {
            if given(v) {
                return Err(value_error(format!("binary mode doesn't take {article} {name} argument")));
            }
        }
    }
    let raw = (FILE_IO.slots().new.expect("FileIO has a constructor"))(&FILE_IO, &Args::NONE)?;
    let f: &FileIo = crate::cast::get_unchecked(raw.v());
    let opener = if given(opener) { Some(opener) } else { None };
    crate::io_file::open(f, path.v(), &mode.raw, close_fd, opener)?;
    // From here an error closes what was opened.
    let finish = || -> R<Ref> {
        let mut buffering = buffering;
        let mut line_buffering = false;
        // SAFETY: a system call on a number.
        if buffering == 1 && !mode.binary || buffering < 0 && unsafe { libc::isatty(f.fd.get()) } == 1 {
            buffering = -1;
            line_buffering = true;
        }
        if buffering < 0 {
            buffering = (f.block_size.get().min(8 << 20)).max(BUFFER_SIZE as i64);
        }
        if buffering == 0 {
            if !mode.binary {
                return Err(value_error("can't have unbuffered text I/O"));
            }
            return Ok(raw.clone());
        }
        let class = if mode.updating {
            if !f.can_seek()? {
                return Err(crate::io_errors::unsupported("File or stream is not seekable."));
            }
            &BUFFERED_RANDOM
        } else if mode.reading {
            &BUFFERED_READER
        } else {
            &BUFFERED_WRITER
        };
        let buffer = crate::io_buffered::over(class, raw.clone(), buffering as usize);
        if mode.binary {
            return Ok(buffer);
        }
        let text = |v: Value| if given(v) { crate::codecs::name_of(v).map(Some) } else { Ok(None) };
        let (encoding, errors) = (text(encoding)?, text(errors)?);
        let newline = if given(newline) { crate::io_text::newline_of(newline)? } else { None };
        let options = Options {
            encoding: encoding.as_deref().filter(|e| *e != "locale"),
            errors: errors.as_deref().unwrap_or("strict"),
            newline: newline.as_deref(),
            line_buffering,
            write_through: false,
        };
        let wrapper = crate::io_text::over(buffer, &options)?;
        crate::cast::get_unchecked::<TextIo>(wrapper.v()).mode.set(str::from_str(&mode_text));
        Ok(wrapper)
    };
    let result = finish();
    if result.is_err() {
        let saved = crate::state::take_pending();
        if f.close_now().is_err() {
            drop(crate::state::take_pending());
        }
        if let Some(e) = saved {
            crate::state::state().pending.set(e);
        }
    }
    result
}
