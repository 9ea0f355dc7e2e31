//! What the compiler says to its user, and how it looks.
//!
//! A diagnostic prints as one clear line first, then as CPython prints it, so that both people and tools that
//! know CPython's form find what they look for:
//!
//! ```text
//! main.py:3:5: error: 'await' outside async function
//!   File "main.py", line 3
//!     await f()
//!     ^^^^^^^^^
//! SyntaxError: 'await' outside async function
//! ```

use std::fmt::Write;

use crate::{Source, Span};

/// What sort of fault a diagnostic is; mostly the exception class that CPython would raise.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// `SyntaxError`.
    SyntaxError,
    /// `IndentationError`.
    IndentationError,
    /// `TabError`.
    TabError,
    /// `MemoryError`: CPython's parser gives up on nesting with it.
    MemoryError,
    /// `RecursionError`: CPython's compiler gives up on nesting with it.
    RecursionError,
    /// `ModuleNotFoundError` that is certain at build time.
    ModuleNotFoundError,
    /// `ImportError` that is certain at build time.
    ImportError,
    /// Valid Python that dxpyc cannot compile yet.
    Unsupported,
    /// Anything else that stops a build, such as a file that cannot be read.
    Error,
}

impl Kind {
    /// The exception class that CPython would name, if there is one.
    pub fn exception(self) -> Option<&'static str> {
        match self {
            Kind::SyntaxError => Some("SyntaxError"),
            Kind::IndentationError => Some("IndentationError"),
            Kind::TabError => Some("TabError"),
            Kind::MemoryError => Some("MemoryError"),
            Kind::RecursionError => Some("RecursionError"),
            Kind::ModuleNotFoundError => Some("ModuleNotFoundError"),
            Kind::ImportError => Some("ImportError"),
            Kind::Unsupported | Kind::Error => None,
        }
    }
}

/// A place in a file, complete enough to be printed without the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// From 1; 0 when CPython says `line 0`, about the file as a whole.
    pub line: u32,
    /// In characters, from 0.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// One past the last character, from 0.
    pub end_column: u32,
    /// The source line without its line end.
    pub text: String,
}

impl Location {
    /// Where `span` stands in `source`.
    pub fn new(source: &Source, span: Span) -> Location {
        let (line, column) = source.position(span.start);
        let (end_line, end_column) = source.position(span.end);
        Location { line, column, end_line, end_column, text: source.line_text(line).to_owned() }
    }
}

/// A remark below a diagnostic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What it is about, if not the same place.
    pub location: Option<Location>,
    /// Lower case, no full stop.
    pub message: String,
}

/// One message to the user about one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// What sort of fault.
    pub kind: Kind,
    /// The file, as the user named it.
    pub path: String,
    /// Where in the file; `None` when the file as a whole is meant.
    pub location: Option<Location>,
    /// CPython's words where CPython has some.
    pub message: String,
    /// Remarks.
    pub notes: Vec<Note>,
}

impl Diagnostic {
    /// A diagnostic at `span` of `source`.
    pub fn new(kind: Kind, source: &Source, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { kind, path: source.path.clone(), location: Some(Location::new(source, span)), message: message.into(), notes: Vec::new() }
    }

    /// `SyntaxError` at `span`.
    pub fn syntax(source: &Source, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Kind::SyntaxError, source, span, message)
    }

    /// Something valid that dxpyc cannot compile yet. `what` names it, e.g. `async for`.
    pub fn unsupported(source: &Source, span: Span, what: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Kind::Unsupported, source, span, what)
    }

    /// A fault of a file as a whole that dxpyc cannot handle.
    pub fn unsupported_file(path: &str, what: impl Into<String>) -> Diagnostic {
        Diagnostic { kind: Kind::Unsupported, path: path.to_owned(), location: None, message: what.into(), notes: Vec::new() }
    }

    /// A fault of a file as a whole, such as `cannot read: …`.
    pub fn file_error(path: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { kind: Kind::Error, path: path.to_owned(), location: None, message: message.into(), notes: Vec::new() }
    }

    /// Adds a remark without a place.
    pub fn note(mut self, message: impl Into<String>) -> Diagnostic {
        self.notes.push(Note { location: None, message: message.into() });
        self
    }

    /// Adds a remark about another place of `source`.
    pub fn note_at(mut self, source: &Source, span: Span, message: impl Into<String>) -> Diagnostic {
        self.notes.push(Note { location: Some(Location::new(source, span)), message: message.into() });
        self
    }

    /// The first printed line: `path:line:column: error: message`, columns from 1.
    pub fn first_line(&self) -> String {
        format!("{}: error: {}", self.place(), self.headline())
    }

    /// The last printed line: `SyntaxError: message`, or `error: …` where CPython has no words.
    pub fn last_line(&self) -> String {
        match self.kind.exception() {
            Some(class) if self.message.is_empty() => class.to_owned(),
            Some(class) => format!("{class}: {}", self.message),
            None => format!("error: {}", self.headline()),
        }
    }

    /// The whole message, `\n` at its end; with terminal colours when `colour`.
    pub fn render(&self, colour: bool) -> String {
        let paint = |code: &str, text: &str| if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
        let mut out = String::new();
        let _ = writeln!(out, "{}: {}: {}", paint("1", &self.place()), paint("1;31", "error"), paint("1", &self.headline()));
        if let Some(location) = &self.location {
            if self.kind.exception().is_some() {
                let _ = writeln!(out, "  File \"{}\", line {}", self.path, location.line);
            }
            if location.line > 0 {
                excerpt(&mut out, location, &paint);
            }
        }
        for note in &self.notes {
            match &note.location {
                Some(location) => {
                    let _ = writeln!(out, "{}:{}:{}: {}: {}", self.path, location.line, location.column + 1, paint("1;36", "note"), note.message);
                    excerpt(&mut out, location, &paint);
                }
                None => {
                    let _ = writeln!(out, "{}: {}", paint("1;36", "note"), note.message);
                }
            }
        }
        if self.kind.exception().is_some() {
            let _ = writeln!(out, "{}", self.last_line());
        }
        out
    }

    fn headline(&self) -> String {
        match self.kind {
            Kind::Unsupported => format!("unsupported: {}", self.message),
            Kind::MemoryError | Kind::RecursionError if self.message.is_empty() => "source is nested too deeply".to_owned(),
            _ => self.message.clone(),
        }
    }

    fn place(&self) -> String {
        match &self.location {
            Some(location) if location.line > 0 => format!("{}:{}:{}", self.path, location.line, location.column + 1),
            _ => self.path.clone(),
        }
    }
}

/// The longest piece of a source line that is shown; the rest is cut around the place.
const SHOWN_CHARACTERS: usize = 200;

/// The source line, stripped and indented by four blanks, and carets below the place, as CPython draws them.
fn excerpt(out: &mut String, location: &Location, paint: &dyn Fn(&str, &str) -> String) {
    let whole: Vec<char> = location.text.chars().collect();
    let blank = |letter: &char| matches!(letter, ' ' | '\t' | '\x0c');
    let indent = whole.iter().take_while(|letter| blank(letter)).count();
    let trailing = whole[indent..].iter().rev().take_while(|letter| letter.is_whitespace()).count();
    let line = &whole[indent..whole.len() - trailing];
    let start = (location.column as usize).saturating_sub(indent);
    let end = if location.end_line > location.line { line.len() } else { (location.end_column as usize).saturating_sub(indent) };
    let end = end.max(start + 1);
    let cut = if line.len() > SHOWN_CHARACTERS { start.saturating_sub(SHOWN_CHARACTERS / 2).min(line.len()) } else { 0 };
    let shown_end = line.len().min(cut + SHOWN_CHARACTERS);
    let shown: String = line[cut..shown_end].iter().collect();
    let _ = writeln!(out, "    {shown}");
    if start > line.len() + 1 || (location.column as usize) < indent {
        return;
    }
    let padding: String = (cut..start).map(|at| line.get(at).copied().filter(|letter| letter.is_whitespace()).unwrap_or(' ')).collect();
    let carets = "^".repeat((end - start).min(SHOWN_CHARACTERS));
    let _ = writeln!(out, "    {padding}{}", paint("1;31", &carets));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_place_first_and_cpythons_form_after_it() {
        let source = Source::from_text("main.py", "def f():\n    πλ = await g()\n");
        let start = source.text.find("await").unwrap() as u32;
        let diagnostic = Diagnostic::syntax(&source, Span::new(start, start + 9), "'await' outside async function");
        let expect = "main.py:2:10: error: 'await' outside async function\n  File \"main.py\", line 2\n    πλ = await g()\n         \
                      ^^^^^^^^^\nSyntaxError: 'await' outside async function\n";
        assert_eq!(diagnostic.render(false), expect);
    }

    #[test]
    fn unsupported_has_no_exception() {
        let source = Source::from_text("main.py", "x = 1\n");
        let diagnostic = Diagnostic::unsupported(&source, Span::new(4, 5), "ones").note("use two");
        assert_eq!(diagnostic.render(false), "main.py:1:5: error: unsupported: ones\n    x = 1\n        ^\nnote: use two\n");
    }
}
