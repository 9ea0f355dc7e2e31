//! The text of an uncaught exception, as CPython's traceback module writes it.

use crate::prelude::*;
use crate::traceback::TracebackObject;
use dxpyc_abi::ModuleInfo;

/// Recursive lines are folded beyond this many repetitions.
const REPEATS_SHOWN: usize = 3;

/// The whole report: chained exceptions first. Never raises: what cannot be printed is named so.
pub fn report(exception: Value) -> String {
    let mut out = String::new();
    let mut seen = Vec::new();
    chain(exception, &mut out, &mut seen);
    out
}

fn chain(exception: Value, out: &mut String, seen: &mut Vec<Value>) {
    // Collected outermost first, then printed from the oldest.
    let mut links: Vec<(Value, Option<&str>)> = Vec::new();
    let mut at = exception;
    let mut text = None;
    loop {
        seen.push(at);
        links.push((at, text));
        let base = crate::exceptions::base(at);
        let cause = base.cause.get();
        let context = base.context.get();
        if !cause.is_missing() && !seen.contains(&cause) {
            text = Some("\nThe above exception was the direct cause of the following exception:\n\n");
            at = cause;
        } else if cause.is_missing() && !context.is_missing() && !base.suppress_context.get() && !seen.contains(&context) {
            text = Some("\nDuring handling of the above exception, another exception occurred:\n\n");
            at = context;
        } else {
            break;
        }
    }
    for (link, after) in links.into_iter().rev() {
        one(link, out);
        if let Some(after) = after {
            out.push_str(after);
        }
    }
}

fn one(exception: Value, out: &mut String) {
    let base = crate::exceptions::base(exception);
    if !base.traceback.is_empty() {
        out.push_str("Traceback (most recent call last):\n");
        entries(base.traceback.get(), out);
    }
    out.push_str(&exception_only(exception));
}

/// The entries of a traceback, folded.
pub fn entries(traceback: Value, out: &mut String) {
    let mut at = Some(Ref::new(traceback));
    let mut last: Option<(usize, u32)> = None;
    let mut repeats = 0usize;
    while let Some(entry) = at {
        let Some(object) = crate::cast::get::<TracebackObject>(entry.v()) else { break };
        let key = (object.code as usize, object.place().line);
        if last == Some(key) {
            repeats += 1;
        } else {
            folded(repeats, out);
            repeats = 0;
            last = Some(key);
        }
        if repeats < REPEATS_SHOWN {
            entry_text(object, out);
        }
        at = object.next.cloned();
    }
    folded(repeats, out);
}

fn folded(repeats: usize, out: &mut String) {
    if repeats >= REPEATS_SHOWN {
        let more = repeats + 1 - REPEATS_SHOWN;
        out.push_str(&format!("  [Previous line repeated {more} more time{}]\n", if more == 1 { "" } else { "s" }));
    }
}

fn entry_text(object: &TracebackObject, out: &mut String) {
    let code = object.code();
    let place = object.place();
    out.push_str(&format!(
        "  File \"{}\", line {}, in {}\n",
        crate::str::to_rust(code.filename),
        place.line,
        crate::str::to_rust(code.name)
    ));
    // SAFETY: code records point to the static record of their module.
    let module = unsafe { &*code.module };
    source_lines(module, place, out);
}

fn source_text(module: &ModuleInfo) -> Option<String> {
    if !module.source.is_null() {
        // SAFETY: the back end emits pointer and length of one static text.
        let bytes = unsafe { std::slice::from_raw_parts(module.source, module.source_len) };
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    // SAFETY: as above, for the file name.
    let file = unsafe { std::slice::from_raw_parts(module.file, module.file_len) };
    std::fs::read_to_string(std::str::from_utf8(file).ok()?).ok()
}

fn source_lines(module: &ModuleInfo, place: dxpyc_abi::Position, out: &mut String) {
    let Some(source) = source_text(module) else { return };
    let n = (place.end_line.max(place.line) - place.line + 1) as usize;
    let lines: Vec<&str> = source.lines().skip(place.line as usize - 1).take(n).collect();
    crate::traceback_carets::render(&lines, place.column as usize, place.end_column as usize, out);
}

/// `Type: message` with notes and suggestions.
pub fn exception_only(exception: Value) -> String {
    let class = type_of(exception);
    let mut name = qualified_name(class);
    if class.is_subtype(&crate::exceptions::SYNTAX_ERROR) {
        name = syntax_error_text(exception) + &name;
    }
    let text = if class.is_subtype(&crate::exceptions::SYNTAX_ERROR) {
        text_of(crate::exceptions::field(exception, 0))
    } else {
        text_of(exception)
    };
    let mut line = if text.is_empty() { name } else { format!("{name}: {text}") };
    line.push_str(&crate::suggestions::for_exception(exception));
    line.push('\n');
    notes(exception, &mut line);
    if class.is_subtype(&crate::exceptions::BASE_EXCEPTION_GROUP) {
        group(exception, &mut line);
    }
    line
}

fn qualified_name(class: &'static Type) -> String {
    let part = |name: &str| match crate::ops::getattr_opt(class.v(), name) {
        Ok(Some(v)) if type_of(v.v()).has(type_flags::STR) => Some(crate::str::to_rust(v.v())),
        Ok(_) => None,
        Err(Raised) => {
            drop(crate::state::take_pending());
            None
        }
    };
    let name = part("__qualname__").unwrap_or_else(|| class.name());
    match part("__module__") {
        Some(module) if module != "builtins" && module != "__main__" => format!("{module}.{name}"),
        Some(_) => name,
        None => format!("<unknown>.{name}"),
    }
}

fn text_of(v: Value) -> String {
    match crate::ops::str(v) {
        Ok(text) => crate::str::to_rust(text.v()),
        Err(Raised) => {
            drop(crate::state::take_pending());
            format!("<exception str() failed>")
        }
    }
}

fn notes(exception: Value, out: &mut String) {
    let notes = match crate::ops::getattr_opt(exception, "__notes__") {
        Ok(Some(notes)) => notes,
        Ok(None) => return,
        Err(Raised) => {
            drop(crate::state::take_pending());
            return;
        }
    };
    match crate::ops::collect_to_vec(notes.v()) {
        Ok(items) => {
            for item in items {
                out.push_str(&text_of(item.v()));
                out.push('\n');
            }
        }
        Err(Raised) => drop(crate::state::take_pending()),
    }
}

fn syntax_error_text(exception: Value) -> String {
    let filename = crate::exceptions::field(exception, 1);
    let line = crate::exceptions::field(exception, 2);
    if line.is_none() {
        return String::new();
    }
    let file = if filename.is_none() { "<string>".to_string() } else { text_of(filename) };
    let mut out = format!("  File \"{file}\", line {}\n", text_of(line));
    let text = crate::exceptions::field(exception, 4);
    if !text.is_none() {
        let text = text_of(text);
        let stripped = text.trim_start_matches([' ', '\n', '\x0c']).trim_end_matches('\n');
        out.push_str(&format!("    {stripped}\n"));
        if let Some(offset) = crate::exceptions::field(exception, 3).as_small_int() {
            let lead = text.len() - text.trim_start_matches([' ', '\n', '\x0c']).len();
            let end = crate::exceptions::field(exception, 6).as_small_int().unwrap_or(offset);
            let end = if end <= offset { offset + 1 } else { end };
            let column = (offset - 1).max(0) as usize;
            if column >= lead {
                out.push_str(&format!("    {}{}\n", " ".repeat(column - lead), "^".repeat((end - offset) as usize)));
            }
        }
    }
    out
}

fn group(exception: Value, out: &mut String) {
    let Some(items) = crate::tuple::items(crate::exceptions::field(exception, 1)) else { return };
    for (i, item) in items.iter().enumerate() {
        out.push_str(&format!("{}---------------- {} ----------------\n", if i == 0 { "  +-+" } else { "    +" }, i + 1));
        let mut text = String::new();
        chain(*item, &mut text, &mut Vec::new());
        for line in text.lines() {
            out.push_str(&format!("    | {line}\n"));
        }
    }
    out.push_str("    +------------------------------------\n");
}
