//! CPython's tokens of a source that the parser refused, up to the first fault of the tokenizer.
//!
//! CPython reports a tokenizer's fault anywhere in the file before a parser's fault, so this runs first when
//! something is wrong. It follows the rules of CPython's tokenizer: indentation with tabs counted both as eight and as one,
//! brackets matched while reading, f-strings as a stack of modes.

use dxpyc_base::{Kind, Source, Span};
use unicode_ident::{is_xid_continue, is_xid_start};

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tok {
    Name,
    Number,
    String,
    FStringStart,
    FStringMiddle,
    FStringEnd,
    Op,
    Newline,
    Indent,
    Dedent,
    End,
}

/// A token and its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: Tok,
    pub span: Span,
}

/// A fault of the tokenizer.
#[derive(Debug)]
pub(crate) struct Fault {
    pub kind: Kind,
    pub span: Span,
    pub message: String,
}

/// An opening bracket that waits for its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub bracket: char,
    pub at: u32,
}

/// The tokens up to the end or a fault, and the brackets that are open there.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub list: Vec<Token>,
    pub fault: Option<Fault>,
    pub open: Vec<Open>,
}

const MAX_NESTING: usize = 200;
const MAX_INDENTS: usize = 100;
const MAX_FSTRINGS: usize = 149;

pub(crate) fn tokenize(source: &Source) -> Tokens {
    let mut lexer = Lexer {
        source,
        text: &source.text,
        at: 0,
        list: Vec::new(),
        open: Vec::new(),
        indents: vec![(0, 0)],
        modes: Vec::new(),
        is_line_start: true,
    };
    let fault = lexer.run().err();
    Tokens { list: lexer.list, fault, open: lexer.open }
}

/// One f-string (or t-string) that is being read.
struct Mode {
    quote: u8,
    is_triple: bool,
    is_raw: bool,
    /// `f` or `t`.
    letter: char,
    start: u32,
    /// Brackets open inside this string's expressions.
    depth: i32,
    /// `depth` at which each nested replacement field began, as a count; -1 outside of all.
    field_depth: i32,
    is_in_spec: bool,
    is_in_text: bool,
}

struct Lexer<'s> {
    source: &'s Source,
    text: &'s str,
    at: usize,
    list: Vec<Token>,
    open: Vec<Open>,
    indents: Vec<(u32, u32)>,
    modes: Vec<Mode>,
    is_line_start: bool,
}

type Outcome = Result<(), Fault>;

impl<'s> Lexer<'s> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn character(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn line(&self, at: usize) -> u32 {
        self.source.line(at as u32)
    }

    fn push(&mut self, kind: Tok, start: usize) {
        self.list.push(Token { kind, span: Span::new(start as u32, self.at as u32) });
    }

    fn fault<T>(&self, start: usize, end: usize, message: impl Into<String>) -> Result<T, Fault> {
        self.fault_of(Kind::SyntaxError, start, end, message)
    }

    fn fault_of<T>(&self, kind: Kind, start: usize, end: usize, message: impl Into<String>) -> Result<T, Fault> {
        let end = end.min(self.text.len());
        let start = start.min(end);
        Err(Fault { kind, span: Span::new(start as u32, end as u32), message: message.into() })
    }

    fn run(&mut self) -> Outcome {
        loop {
            if self.modes.last().is_some_and(|mode| mode.is_in_text) {
                self.f_string_text()?;
                continue;
            }
            if self.is_line_start {
                self.is_line_start = false;
                if self.open.is_empty() {
                    self.indentation()?;
                }
            }
            let Some(byte) = self.byte() else { break };
            let start = self.at;
            match byte {
                b' ' | b'\t' | 0x0C => self.at += 1,
                b'#' => self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at),
                b'\n' => {
                    self.at += 1;
                    if self.open.is_empty() {
                        if self.list.last().is_some_and(|last| !matches!(last.kind, Tok::Newline | Tok::Indent | Tok::Dedent)) {
                            self.push(Tok::Newline, start);
                        }
                        self.is_line_start = true;
                    }
                }
                b'\\' => self.continuation()?,
                b'"' | b'\'' => self.string(start)?,
                b'0'..=b'9' => self.number()?,
                b'.' if self.peek(1).is_some_and(|next| next.is_ascii_digit()) => self.number()?,
                _ if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => self.name()?,
                _ => self.operator(byte)?,
            }
        }
        let end = self.at;
        if self.open.is_empty() {
            if self.list.last().is_some_and(|last| !matches!(last.kind, Tok::Newline | Tok::Dedent | Tok::Indent)) {
                self.push(Tok::Newline, end);
            }
            for _ in 1..self.indents.len() {
                self.push(Tok::Dedent, end);
            }
        }
        self.push(Tok::End, end);
        Ok(())
    }

    /// Measures a line's indentation; blank and comment lines do not count.
    fn indentation(&mut self) -> Outcome {
        let line_start = self.at;
        let (mut column, mut tab_column) = (0u32, 0u32);
        // With backslashes, the blanks before the first one are the indentation.
        let mut continued = None;
        while let Some(byte) = self.byte() {
            match byte {
                b' ' => (column, tab_column) = (column + 1, tab_column + 1),
                b'\t' => (column, tab_column) = ((column / 8 + 1) * 8, tab_column + 1),
                0x0C => (column, tab_column) = (0, 0),
                b'\\' if self.peek(1) == Some(b'\n') => {
                    if self.at + 2 >= self.text.len() {
                        return self.fault(self.at, self.at + 1, "unexpected EOF while parsing");
                    }
                    if column > 0 {
                        continued.get_or_insert((column, tab_column));
                    }
                    self.at += 1;
                }
                _ => break,
            }
            self.at += 1;
        }
        if matches!(self.byte(), None | Some(b'#' | b'\n')) {
            return Ok(());
        }
        let (column, tab_column) = continued.unwrap_or((column, tab_column));
        let line_end = self.text[self.at..].find('\n').map_or(self.text.len(), |length| self.at + length);
        let inconsistent = |lexer: &Self| lexer.fault_of(Kind::TabError, line_end, line_end, "inconsistent use of tabs and spaces in indentation");
        let (top, tab_top) = *self.indents.last().unwrap_or(&(0, 0));
        if column == top {
            if tab_column != tab_top {
                return inconsistent(self);
            }
        } else if column > top {
            if self.indents.len() >= MAX_INDENTS {
                return self.fault_of(Kind::IndentationError, line_end, line_end, "too many levels of indentation");
            }
            if tab_column <= tab_top {
                return inconsistent(self);
            }
            self.indents.push((column, tab_column));
            self.push(Tok::Indent, line_start);
        } else {
            while self.indents.last().is_some_and(|(top, _)| column < *top) {
                self.indents.pop();
                let at = self.at;
                self.push(Tok::Dedent, at);
            }
            let (top, tab_top) = *self.indents.last().unwrap_or(&(0, 0));
            if column != top {
                return self.fault_of(Kind::IndentationError, line_end, line_end, "unindent does not match any outer indentation level");
            }
            if tab_column != tab_top {
                return inconsistent(self);
            }
        }
        Ok(())
    }

    fn continuation(&mut self) -> Outcome {
        let start = self.at;
        self.at += 1;
        match self.byte() {
            Some(b'\n') => {
                self.at += 1;
                if self.at >= self.text.len() {
                    return self.unexpected_end(start);
                }
                Ok(())
            }
            None => self.unexpected_end(start),
            Some(_) => self.fault(self.at, self.at + 1, "unexpected character after line continuation character"),
        }
    }

    fn unexpected_end(&self, at: usize) -> Outcome {
        match self.open.last() {
            Some(open) => self.fault(open.at as usize, open.at as usize + 1, format!("'{}' was never closed", open.bracket)),
            None => self.fault(at, at + 1, "unexpected EOF while parsing"),
        }
    }

    fn name(&mut self) -> Outcome {
        let start = self.at;
        let Some(first) = self.character() else { return Ok(()) };
        if first != '_' && !is_xid_start(first) {
            return self.invalid_character(start, first);
        }
        let mut end = self.text.len();
        for (offset, letter) in self.text[start..].char_indices() {
            if !is_xid_continue(letter) {
                if !letter.is_ascii() {
                    return self.invalid_character(start + offset, letter);
                }
                end = start + offset;
                break;
            }
        }
        let prefix = &self.text[start..end];
        if prefix.len() <= 3 && matches!(self.text.as_bytes().get(end), Some(b'"' | b'\'')) && prefix.bytes().all(|byte| b"bBuUrRfFtT".contains(&byte)) {
            self.at = end;
            return self.prefixed_string(start, prefix);
        }
        self.at = end;
        self.push(Tok::Name, start);
        Ok(())
    }

    fn invalid_character(&self, at: usize, letter: char) -> Outcome {
        let point = letter as u32;
        let is_printable = !(letter.is_control() || letter.is_whitespace() || matches!(point, 0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0xE000..=0xF8FF | 0xE0000..=0xE0FFF));
        if is_printable {
            self.fault(at, at + letter.len_utf8(), format!("invalid character '{letter}' (U+{point:04X})"))
        } else {
            self.fault(at, at + letter.len_utf8(), format!("invalid non-printable character U+{point:04X}"))
        }
    }

    // ---- numbers ----

    fn number(&mut self) -> Outcome {
        let start = self.at;
        if self.byte() == Some(b'0') {
            match self.peek(1) {
                Some(b'x' | b'X') => return self.radix(start, "hexadecimal", |byte| byte.is_ascii_hexdigit()),
                Some(b'o' | b'O') => return self.radix(start, "octal", |byte| (b'0'..=b'7').contains(&byte)),
                Some(b'b' | b'B') => return self.radix(start, "binary", |byte| matches!(byte, b'0' | b'1')),
                _ => {}
            }
        }
        let mut is_float = false;
        if self.byte() != Some(b'.') {
            self.digits("decimal")?;
        }
        let int_end = self.at;
        if self.byte() == Some(b'.') {
            is_float = true;
            self.at += 1;
            if self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
                self.digits("decimal")?;
            }
        }
        if let Some(b'e' | b'E') = self.byte() {
            let signed = matches!(self.peek(1), Some(b'+' | b'-'));
            let digit_at = if signed { 2 } else { 1 };
            if self.peek(digit_at).is_some_and(|byte| byte.is_ascii_digit()) {
                is_float = true;
                self.at += digit_at;
                self.digits("decimal")?;
            } else if signed {
                return self.fault(self.at + 1, self.at + 1, "invalid decimal literal");
            }
        }
        if let Some(b'j' | b'J') = self.byte() {
            self.at += 1;
            self.end_of_number("imaginary")?;
            self.push(Tok::Number, start);
            return Ok(());
        }
        let digits = &self.text[start..int_end];
        if !is_float && digits.len() > 1 && digits.starts_with('0') && digits.bytes().any(|byte| !matches!(byte, b'0' | b'_')) {
            let zeros = digits.bytes().take_while(|byte| matches!(byte, b'0' | b'_')).count();
            let message = "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers";
            return self.fault(start, start + zeros, message);
        }
        self.end_of_number("decimal")?;
        self.push(Tok::Number, start);
        Ok(())
    }

    /// Digits with single underscores between them.
    fn digits(&mut self, what: &str) -> Outcome {
        loop {
            while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1;
            }
            if self.byte() != Some(b'_') {
                return Ok(());
            }
            self.at += 1;
            if !self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
                return self.fault(self.at - 1, self.at, format!("invalid {what} literal"));
            }
        }
    }

    fn radix(&mut self, start: usize, what: &str, is_digit: impl Fn(u8) -> bool) -> Outcome {
        self.at += 2;
        loop {
            if self.byte() == Some(b'_') {
                self.at += 1;
            }
            match self.byte() {
                Some(byte) if is_digit(byte) => {}
                Some(byte) if byte.is_ascii_digit() => {
                    return self.fault(self.at, self.at + 1, format!("invalid digit '{}' in {what} literal", byte as char));
                }
                _ => return self.fault(self.at - 1, self.at, format!("invalid {what} literal")),
            }
            while self.byte().is_some_and(&is_digit) {
                self.at += 1;
            }
            if self.byte() != Some(b'_') {
                break;
            }
        }
        if let Some(byte) = self.byte()
            && byte.is_ascii_digit()
        {
            return self.fault(self.at, self.at + 1, format!("invalid digit '{}' in {what} literal", byte as char));
        }
        self.end_of_number(what)?;
        self.push(Tok::Number, start);
        Ok(())
    }

    /// A number may be followed by certain keywords, but by no other letter.
    fn end_of_number(&mut self, what: &str) -> Outcome {
        let rest = &self.text[self.at..];
        let Some(next) = rest.chars().next() else { return Ok(()) };
        if ["and", "else", "for", "if", "in", "is", "not", "or"].iter().any(|word| rest.starts_with(word)) {
            return Ok(());
        }
        if next == '_' || is_xid_start(next) {
            return self.fault(self.at - 1, self.at, format!("invalid {what} literal"));
        }
        Ok(())
    }

    // ---- strings ----

    fn prefixed_string(&mut self, start: usize, prefix: &str) -> Outcome {
        let lower = prefix.to_ascii_lowercase();
        for (first, second) in [('u', 'b'), ('u', 'r'), ('u', 'f'), ('u', 't'), ('b', 'f'), ('b', 't'), ('f', 't')] {
            if lower.contains(first) && lower.contains(second) {
                return self.fault(start, self.at, format!("'{first}' and '{second}' prefixes are incompatible"));
            }
        }
        let doubled = ['b', 'u', 'r', 'f', 't'].into_iter().any(|letter| lower.matches(letter).count() > 1);
        if doubled {
            // Not a prefix: a name, then a string.
            self.push(Tok::Name, start);
            return Ok(());
        }
        match lower.chars().find(|letter| matches!(letter, 'f' | 't')) {
            Some(letter) => self.f_string_start(start, letter, lower.contains('r')),
            None => self.string(start),
        }
    }

    fn quotes(&self) -> (u8, bool) {
        let quote = self.byte().unwrap_or(b'"');
        (quote, self.peek(1) == Some(quote) && self.peek(2) == Some(quote))
    }

    /// Reads a string from its opening quote on; the token begins at `start`.
    fn string(&mut self, start: usize) -> Outcome {
        let (quote, is_triple) = self.quotes();
        self.at += if is_triple { 3 } else { 1 };
        let mut has_escaped_quote = false;
        loop {
            match self.byte() {
                Some(byte) if byte == quote && !is_triple => {
                    self.at += 1;
                    break;
                }
                Some(byte) if byte == quote && self.peek(1) == Some(quote) && self.peek(2) == Some(quote) => {
                    self.at += 3;
                    break;
                }
                Some(b'\\') => {
                    has_escaped_quote |= self.peek(1) == Some(quote);
                    self.at += 1;
                    self.at += self.character().map_or(0, char::len_utf8);
                }
                None | Some(b'\n') if !is_triple || self.byte().is_none() => {
                    return self.unterminated_string(start, quote, is_triple, has_escaped_quote);
                }
                _ => self.at += 1,
            }
        }
        self.push(Tok::String, start);
        Ok(())
    }

    fn unterminated_string(&self, start: usize, quote: u8, is_triple: bool, has_escaped_quote: bool) -> Outcome {
        if let Some(mode) = self.modes.last()
            && mode.quote == quote
            && mode.is_triple == is_triple
        {
            return self.fault(start, start + 1, format!("{}-string: expecting '}}'", mode.letter));
        }
        let mut line = self.line(self.at.min(self.text.len()));
        if self.at >= self.text.len() && self.text.ends_with('\n') {
            line = line.saturating_sub(1).max(1);
        }
        let message = if is_triple {
            format!("unterminated triple-quoted string literal (detected at line {line})")
        } else if has_escaped_quote {
            format!("unterminated string literal (detected at line {line}); perhaps you escaped the end quote?")
        } else {
            format!("unterminated string literal (detected at line {line})")
        };
        self.fault(start, start + 1, message)
    }

    fn f_string_start(&mut self, start: usize, letter: char, is_raw: bool) -> Outcome {
        let (quote, is_triple) = self.quotes();
        self.at += if is_triple { 3 } else { 1 };
        self.push(Tok::FStringStart, start);
        if self.modes.len() >= MAX_FSTRINGS {
            return self.fault(start, self.at, "too many nested f-strings or t-strings");
        }
        self.modes.push(Mode { quote, is_triple, is_raw, letter, start: start as u32, depth: 0, field_depth: -1, is_in_spec: false, is_in_text: true });
        Ok(())
    }

    /// Reads text of the innermost f-string up to its end or a replacement field.
    fn f_string_text(&mut self) -> Outcome {
        let start = self.at;
        let Some(mode) = self.modes.last() else { return Ok(()) };
        let (quote, is_triple, is_raw, letter) = (mode.quote, mode.is_triple, mode.is_raw, mode.letter);
        let is_in_spec = mode.is_in_spec && mode.field_depth >= 0;
        let is_in_field = mode.field_depth >= 0;
        let mode_depth = mode.depth;
        let mode_start = mode.start as usize;
        loop {
            let byte = self.byte();
            match byte {
                None | Some(b'\n') if byte.is_none() || !is_triple => {
                    if is_in_spec && byte.is_some() {
                        return self.fault(self.at, self.at, format!("{letter}-string: newlines are not allowed in format specifiers for single quoted {letter}-strings"));
                    }
                    let mut line = self.line(self.at);
                    if byte.is_none() && self.text.ends_with('\n') {
                        line = line.saturating_sub(1).max(1);
                    }
                    let what = if is_triple { "triple-quoted " } else { "" };
                    return self.fault(mode_start, mode_start + 1, format!("unterminated {what}{letter}-string literal (detected at line {line})"));
                }
                Some(byte) if byte == quote && (!is_triple || (self.peek(1) == Some(quote) && self.peek(2) == Some(quote))) => {
                    if self.at > start {
                        self.push(Tok::FStringMiddle, start);
                    }
                    let end_start = self.at;
                    self.at += if is_triple { 3 } else { 1 };
                    // A quote in a format specifier ends it too: the field is not closed.
                    self.push(Tok::FStringEnd, end_start);
                    if is_in_field {
                        return self.fault(end_start, self.at, format!("{letter}-string: expecting '}}', or format specs"));
                    }
                    self.modes.pop();
                    return Ok(());
                }
                Some(b'{') => {
                    if self.peek(1) == Some(b'{') && !is_in_spec {
                        self.at += 2;
                        continue;
                    }
                    if self.at > start {
                        self.push(Tok::FStringMiddle, start);
                    }
                    let at = self.at;
                    let Some(mode) = self.modes.last_mut() else { return Ok(()) };
                    mode.field_depth += 1;
                    mode.is_in_text = false;
                    if mode.field_depth >= 2 + 1 {
                        return self.fault(at, at + 1, format!("{letter}-string: expressions nested too deeply"));
                    }
                    return Ok(());
                }
                Some(b'}') => {
                    if self.peek(1) == Some(b'}') && !is_in_spec && mode_depth == 0 {
                        self.at += 2;
                        continue;
                    }
                    if self.at > start {
                        self.push(Tok::FStringMiddle, start);
                    }
                    if let Some(mode) = self.modes.last_mut() {
                        mode.is_in_text = false;
                    }
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.byte() {
                        Some(b'{' | b'}') => {}
                        Some(b'N') if !is_raw && self.peek(1) == Some(b'{') => {
                            let rest = &self.text[self.at..];
                            let stop = rest.find(['}', '\n', quote as char]).unwrap_or(rest.len());
                            self.at += stop + usize::from(rest[stop..].starts_with('}'));
                        }
                        Some(_) => self.at += self.character().map_or(0, char::len_utf8),
                        None => {}
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    // ---- operators and brackets ----

    fn operator(&mut self, byte: u8) -> Outcome {
        let start = self.at;
        match byte {
            b'(' | b'[' | b'{' => {
                if self.open.len() >= MAX_NESTING {
                    return self.fault(start, start + 1, "too many nested parentheses");
                }
                self.open.push(Open { bracket: byte as char, at: start as u32 });
                if let Some(mode) = self.modes.last_mut() {
                    mode.depth += 1;
                }
                self.at += 1;
            }
            b')' | b']' | b'}' => self.close(byte as char)?,
            _ => {
                let rest = &self.text[start..];
                const LONG: &[&str] = &[
                    "**=", "//=", "<<=", ">>=", "...", "**", "//", "<<", ">>", "<=", ">=", "==", "!=", "->", "+=", "-=", "*=", "/=", "%=", "&=", "|=",
                    "^=", "@=", ":=", "<>",
                ];
                if let Some(mode) = self.modes.last_mut()
                    && byte == b':'
                    && mode.depth - 1 == mode.field_depth
                {
                    mode.is_in_text = true;
                    mode.is_in_spec = true;
                    self.at += 1;
                } else if self.modes.last().is_some_and(|mode| byte == b'!' && rest[1..].starts_with('=') && mode.depth - 1 == mode.field_depth && rest[2..].starts_with('}')) {
                    self.at += 1;
                } else {
                    self.at += LONG.iter().find(|operator| rest.starts_with(**operator)).map_or(1, |operator| operator.len());
                }
                if byte.is_ascii_control() {
                    return self.fault(start, start + 1, format!("invalid non-printable character U+{byte:04X}"));
                }
            }
        }
        self.push(Tok::Op, start);
        Ok(())
    }

    fn close(&mut self, bracket: char) -> Outcome {
        let start = self.at;
        if let Some(mode) = self.modes.last()
            && mode.depth == 0
            && bracket == '}'
        {
            return self.fault(start, start + 1, format!("{}-string: single '}}' is not allowed", mode.letter));
        }
        let Some(open) = self.open.pop() else {
            return self.fault(start, start + 1, format!("unmatched '{bracket}'"));
        };
        let matches = matches!((open.bracket, bracket), ('(', ')') | ('[', ']') | ('{', '}'));
        if !matches {
            if let Some(mode) = self.modes.last()
                && open.bracket == '{'
                && mode.depth - 1 == mode.field_depth
            {
                return self.fault(start, start + 1, format!("{}-string: unmatched '{bracket}'", mode.letter));
            }
            let line = self.line(open.at as usize);
            let message = format!("closing parenthesis '{bracket}' does not match opening parenthesis '{}'", open.bracket);
            let message = if line == self.line(start) { message } else { format!("{message} on line {line}") };
            return self.fault(start, start + 1, message);
        }
        if let Some(mode) = self.modes.last_mut() {
            mode.depth -= 1;
            if bracket == '}' && mode.depth == mode.field_depth {
                mode.field_depth -= 1;
                mode.is_in_text = true;
                mode.is_in_spec = false;
            }
        }
        self.at += 1;
        Ok(())
    }
}
