//! `print` and `input`.

use crate::ops;
use crate::prelude::*;
use crate::type_object::display_name;

/// `sys.NAME` as it is now; the stream made at start when the program does not have `sys`.
fn stream(name: &str, initial: fn() -> Ref) -> R<Ref> {
    match crate::sys::attribute(name) {
        Some(v) => Ok(v),
        None if crate::sys::is_loaded() => Err(runtime_error(format!("lost sys.{name}"))),
        None => Ok(initial()),
    }
}

/// None or a str.
fn text_option(v: Value, name: &str) -> R<Option<Value>> {
    if v.is_none() {
        return Ok(None);
    }
    if !type_of(v).has(type_flags::STR) {
        return Err(type_error(format!("{name} must be None or a string, not {}", display_name(v))));
    }
    Ok(Some(v))
}

/// `print(*args, sep=' ', end='\n', file=None, flush=False)`.
pub fn print(args: &Args) -> R<Ref> {
    let (mut sep, mut end, mut file, mut flush) = (None, None, Value::NONE, false);
    for (keyword, v) in args.kw() {
        let text = crate::str::view(keyword);
        if text.is("sep") {
            sep = text_option(v, "sep")?;
        } else if text.is("end") {
            end = text_option(v, "end")?;
        } else if text.is("file") {
            file = v;
        } else if text.is("flush") {
            flush = ops::truth(v)?;
        } else {
            return Err(crate::suggestions::unexpected_keyword("print", keyword, &["sep", "end", "file", "flush"]));
        }
    }
    let file = if file.is_none() { stream("stdout", crate::io::stdout)? } else { Ref::new(file) };
    if file.v().is_none() {
        return Ok(Ref::none());
    }
    let values = args.pos();
    if is_plain_text(file.v()) {
        // One write for the whole line.
        let mut out = crate::str::Builder::new();
        let mut failed = None;
        for (i, v) in values.iter().enumerate() {
            if i > 0 {
                match sep {
                    Some(s) => out.push_value(s),
                    None => out.push_char(' ' as u32),
                }
            }
            if is_exact(*v, &crate::str::STR) {
                out.push_value(*v);
            } else {
                match ops::str(*v) {
                    Ok(text) => out.push_value(text.v()),
                    Err(raised) => {
                        failed = Some(raised);
                        break;
                    }
                }
            }
        }
        if let Some(raised) = failed {
            // What comes before the failing value is written, as in CPython.
            let pending = crate::state::take_pending();
            crate::io::write_to(file.v(), out.finish().v())?;
            if let Some(pending) = pending {
                crate::state::state().pending.set(pending);
            }
            return Err(raised);
        }
        match end {
            Some(s) => out.push_value(s),
            None => out.push_char('\n' as u32),
        }
        crate::io::write_to(file.v(), out.finish().v())?;
    } else {
        for (i, v) in values.iter().enumerate() {
            if i > 0 {
                write(file.v(), sep, " ")?;
            }
            let write = ops::getattr_str(file.v(), "write")?;
            let text = ops::str(*v)?;
            crate::call::call1(write.v(), text.v())?;
        }
        write(file.v(), end, "\n")?;
    }
    if flush {
        crate::io::flush(file.v())?;
    }
    Ok(Ref::none())
}

/// Whether the file is a text stream of ours (not of a subclass), where one write cannot be told from many.
fn is_plain_text(file: Value) -> bool {
    let class = type_of(file);
    class.static_name == "TextIOWrapper" && !class.has(type_flags::HEAP)
}

fn write(file: Value, text: Option<Value>, default: &str) -> R<()> {
    let text = match text {
        Some(v) => Ref::new(v),
        None => crate::str::from_str(default),
    };
    crate::io::write_to(file, text.v())
}

/// `input(prompt)`.
pub fn input(prompt: Option<Value>) -> R<Ref> {
    let stdin = stream("stdin", crate::io::stdin)?;
    let stdout = stream("stdout", crate::io::stdout)?;
    for (name, v) in [("stdin", &stdin), ("stdout", &stdout)] {
        if v.v().is_none() {
            return Err(runtime_error(format!("lost sys.{name}")));
        }
    }
    if let Some(prompt) = prompt {
        let text = ops::str(prompt)?;
        crate::io::write_to(stdout.v(), text.v())?;
    }
    if crate::io::flush(stdout.v()).is_err() {
        drop(crate::state::take_pending());
    }
    match crate::io::read_line_for_input(stdin.v())? {
        Some(line) => Ok(line),
        None => Err(eof_error("EOF when reading a line")),
    }
}
