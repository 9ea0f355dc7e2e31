//! The text of an uncaught exception, as CPython's traceback module writes it.

use crate::prelude::*;
use crate::traceback::TracebackObject;
use dxpyc_abi::ModuleInfo;

/// Recursive lines are folded beyond this many repetitions.
const REPEATS_SHOWN: usize = 3;

/// Members of a group that are shown, and how deep groups are shown in groups.
const GROUP_WIDTH_MAX: usize = 15;
const GROUP_DEPTH_MAX: usize = 10;

/// The whole report: chained exceptions first. Never raises: what cannot be printed is named so.
pub fn report(exception: Value) -> String {
    let mut printer = Printer { out: String::new(), depth: 0, need_close: false, limit: limit() };
    printer.chain(&links(exception, &mut Vec::new()));
    printer.out
}

/// As C code reports an exception that goes nowhere: without marks, causes and notes.
pub fn report_plain(exception: Value) -> String {
    let traceback = &crate::exceptions::base(exception).traceback;
    let mut out = String::new();
    let limit = limit();
    if !traceback.is_empty() && limit != Some(0) {
        out.push_str("Traceback (most recent call last):\n");
        entries_of(traceback.get(), limit, false, &mut out);
    }
    out.push_str(&format!("{}: {}\n", qualified_name(type_of(exception)), text_of(exception)));
    out
}

/// An exception and what is reported before it.
struct Link {
    exception: Value,
    /// What was printed for the cause or context, and whether it is a cause.
    before: Option<(Box<Link>, bool)>,
    /// Of a group.
    members: Vec<Link>,
}

/// What is reported with an exception. What was seen elsewhere in the report is not repeated as a cause or context.
fn links(exception: Value, seen: &mut Vec<Value>) -> Link {
    // The chain first, then members from the last link to the first: so does CPython's queue.
    let mut chain = Vec::new();
    let mut at = exception;
    loop {
        seen.push(at);
        let base = crate::exceptions::base(at);
        let (cause, context) = (base.cause.get(), base.context.get());
        let cause = Some(cause).filter(|cause| !cause.is_missing() && !cause.is_none() && !seen.contains(cause));
        let context = Some(context).filter(|context| !context.is_missing() && !base.suppress_context.get() && !seen.contains(context));
        chain.push((at, cause.is_some()));
        match cause.or(context) {
            Some(next) => at = next,
            None => break,
        }
    }
    let mut made: Option<Link> = None;
    for (exception, is_cause) in chain.into_iter().rev() {
        let is_group = type_of(exception).is_subtype(&crate::exceptions::BASE_EXCEPTION_GROUP);
        let members = if is_group { crate::tuple::items(crate::exceptions::field(exception, 1)).unwrap_or_default() } else { &[] };
        let members = match crate::state::check_recursion("") {
            Ok(()) => members.iter().map(|member| links(*member, seen)).collect(),
            Err(Raised) => {
                drop(crate::state::take_pending());
                Vec::new()
            }
        };
        made = Some(Link { exception, before: made.map(|before| (Box::new(before), is_cause)), members });
    }
    made.expect("a chain has a link")
}

/// `sys.tracebacklimit`: how many entries are shown.
fn limit() -> Option<usize> {
    let sys = crate::dict::get_str(crate::import::sys_modules(), crate::str::intern("sys").v())?;
    let limit = crate::dict::get_str(crate::module::dict_of(sys), crate::str::intern("tracebacklimit").v())?;
    limit.as_small_int().map(|limit| limit.max(0) as usize)
}

struct Printer {
    out: String,
    /// How deep in groups.
    depth: usize,
    need_close: bool,
    limit: Option<usize>,
}

impl Printer {
    fn chain(&mut self, last: &Link) {
        let mut all = vec![(last, None)];
        while let Some((link, is_cause)) = &all[all.len() - 1].0.before {
            all.push((link, Some(*is_cause)));
        }
        for (link, is_cause) in all.into_iter().rev() {
            self.one(link);
            match is_cause {
                Some(true) => self.emit("\nThe above exception was the direct cause of the following exception:\n\n", '|'),
                Some(false) => self.emit("\nDuring handling of the above exception, another exception occurred:\n\n", '|'),
                None => {}
            }
        }
    }

    fn one(&mut self, link: &Link) {
        let is_group = !link.members.is_empty();
        if is_group && self.depth > GROUP_DEPTH_MAX {
            return self.emit(&format!("... (max_group_depth is {GROUP_DEPTH_MAX})\n"), '|');
        }
        let is_outermost = is_group && self.depth == 0;
        self.depth += usize::from(is_outermost);
        let traceback = &crate::exceptions::base(link.exception).traceback;
        if !traceback.is_empty() && self.limit != Some(0) {
            let head = if is_group { "Exception Group Traceback (most recent call last):\n" } else { "Traceback (most recent call last):\n" };
            self.emit(head, if is_outermost { '+' } else { '|' });
            let mut text = String::new();
            entries_of(traceback.get(), self.limit, true, &mut text);
            self.emit(&text, '|');
        }
        self.emit(&exception_only(link.exception), '|');
        if is_group {
            self.members(&link.members);
        }
        self.depth -= usize::from(is_outermost);
    }

    fn members(&mut self, members: &[Link]) {
        let n = members.len().min(GROUP_WIDTH_MAX + 1);
        self.need_close = false;
        for (i, member) in members.iter().take(n).enumerate() {
            let is_last = i == n - 1;
            self.need_close |= is_last;
            let is_cut = i >= GROUP_WIDTH_MAX;
            let title = if is_cut { "...".to_owned() } else { (i + 1).to_string() };
            self.indent();
            self.out.push_str(&format!("{}+---------------- {title} ----------------\n", if i == 0 { "+-" } else { "  " }));
            self.depth += 1;
            if is_cut {
                let more = members.len() - GROUP_WIDTH_MAX;
                self.emit(&format!("and {more} more exception{}\n", if more > 1 { "s" } else { "" }), '|');
            } else {
                self.chain(member);
            }
            if is_last && self.need_close {
                self.indent();
                self.out.push_str("+------------------------------------\n");
                self.need_close = false;
            }
            self.depth -= 1;
        }
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n(' ', 2 * self.depth));
    }

    /// Appends lines behind the margin of the groups around.
    fn emit(&mut self, text: &str, margin: char) {
        if self.depth == 0 {
            return self.out.push_str(text);
        }
        for line in text.split_inclusive('\n') {
            self.indent();
            self.out.extend([margin, ' ']);
            self.out.push_str(line);
        }
    }
}

/// The entries of a traceback, folded.
fn entries_of(traceback: Value, limit: Option<usize>, is_marked: bool, out: &mut String) {
    let next = |entry: &Ref| crate::cast::get::<TracebackObject>(entry.v()).and_then(|object| object.next.cloned());
    let mut at = Some(Ref::new(traceback));
    if let Some(limit) = limit {
        let n = std::iter::successors(at.clone(), next).count();
        at = std::iter::successors(at, next).nth(n.saturating_sub(limit));
    }
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
            entry_text(object, is_marked, out);
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

fn entry_text(object: &TracebackObject, is_marked: bool, out: &mut String) {
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
    source_lines(module, place, is_marked, out);
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

fn source_lines(module: &ModuleInfo, place: dxpyc_abi::Position, is_marked: bool, out: &mut String) {
    let Some(source) = source_text(module) else { return };
    if !is_marked {
        if let Some(line) = source.lines().nth(place.line as usize - 1) {
            out.push_str(&format!("    {}\n", line.trim_matches([' ', '\t', '\x0c'])));
        }
        return;
    }
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
    line
}

/// The name with its module, unless that is the main one or `builtins`.
pub fn qualified_name(class: &'static Type) -> String {
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
    let shown = |v: Value| match crate::ops::repr(v) {
        Ok(text) => crate::str::to_rust(text.v()),
        Err(Raised) => {
            drop(crate::state::take_pending());
            "<__notes__ repr() failed>".to_owned()
        }
    };
    let notes = match crate::ops::getattr_opt(exception, "__notes__") {
        Ok(Some(notes)) if notes.v().is_none() => return,
        Ok(Some(notes)) => notes,
        Ok(None) => return,
        Err(Raised) => {
            if let Some(error) = crate::state::take_pending() {
                out.push_str(&format!("Ignored error getting __notes__: {}\n", shown(error.v())));
            }
            return;
        }
    };
    let class = type_of(notes.v());
    let is_text = class.has(type_flags::STR) || class.is_subtype(&crate::bytes::BYTES);
    match crate::ops::collect_to_vec(notes.v()) {
        Ok(items) if !is_text && crate::ops::isinstance_sequence(notes.v()).is_some() => {
            for item in items {
                match crate::ops::str(item.v()) {
                    Ok(text) => out.push_str(&crate::str::to_rust(text.v())),
                    Err(Raised) => {
                        drop(crate::state::take_pending());
                        out.push_str("<note str() failed>");
                    }
                }
                out.push('\n');
            }
        }
        Ok(_) => out.push_str(&format!("{}\n", shown(notes.v()))),
        Err(Raised) => {
            drop(crate::state::take_pending());
            out.push_str(&format!("{}\n", shown(notes.v())));
        }
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
