//! CPython's words for what the parser refused.
//!
//! Ruff says where parsing first failed and why; CPython says one message for the whole file. `explain` picks and words
//! that message: a tokenizer's fault anywhere wins, then brackets that are never closed, then the first fault of the parser.

mod strings;
mod targets;

use dxpyc_base::{Diagnostic, Kind, Source, Span};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, ModModule};
use ruff_python_parser::{ParseError, ParseErrorType, UnsupportedSyntaxError, UnsupportedSyntaxErrorKind};

use crate::find::{self, expr_name};
use crate::{span, typos};
use crate::tokens::{Fault, Tok, Token, Tokens, tokenize};

/// The one diagnostic for a file that ruff refused. `errors` is not empty.
pub(crate) fn explain(source: &Source, module: &ModModule, errors: &[ParseError]) -> Diagnostic {
    let tokens = tokenize(source);
    if let Some(fault) = &tokens.fault {
        if let Some(said) = f_string_fault_first(source, module, &tokens, fault) {
            return Diagnostic::new(said.kind, source, said.span, said.message);
        }
    }
    let is_empty_guess = |error: &&ParseError| !(error.location.is_empty() && matches!(error.error, ParseErrorType::ExpectedRealNumber) && errors.len() > 1);
    let first = errors.iter().filter(is_empty_guess).min_by_key(|error| noticed_at(error)).expect("explain: no errors");
    let explainer = Explainer { source, module, tokens: &tokens };
    if let Some(fault) = &tokens.fault
        && !explainer.comes_before(first, fault)
    {
        return Diagnostic::new(fault.kind, source, fault.span, fault.message.clone());
    }
    let said = explainer.said(first);
    let mut said = if tokens.fault.is_none() { explainer.prefer_unclosed(first, said) } else { said };
    if said.message == "invalid syntax" || said.message.contains("Perhaps you forgot a comma") {
        let line = source.line(said.span.start);
        if let Some((keyword, word)) = typos::suggest(source, &tokens, line) {
            said.span = word;
            said.message = format!("invalid syntax. Did you mean '{keyword}'?");
        }
    }
    Diagnostic::new(said.kind, source, said.span, said.message)
}

/// Where the parser notices a fault: faults of whole expressions show at their end.
fn noticed_at(error: &ParseError) -> (u32, u32) {
    let (start, end) = (error.location.start().to_u32(), error.location.end().to_u32());
    let is_at_token = matches!(
        error.error,
        ParseErrorType::ExpectedToken { .. }
            | ParseErrorType::ExpectedExpression
            | ParseErrorType::OtherError(_)
            | ParseErrorType::Lexical(_)
            | ParseErrorType::UnexpectedIndentation
            | ParseErrorType::SimpleStatementsOnSameLine
            | ParseErrorType::SimpleAndCompoundStatementOnSameLine
            | ParseErrorType::EmptyImportNames
            | ParseErrorType::FStringError(_)
            | ParseErrorType::TStringError(_)
    );
    if is_at_token { (start, end) } else { (end, start) }
}

/// A replacement field that cannot begin as it does is reported before the end of its string is missed.
fn f_string_fault_first(source: &Source, module: &ModModule, tokens: &Tokens, fault: &Fault) -> Option<Said> {
    if !fault.message.contains("-string") {
        return None;
    }
    let last = tokens.list.len().checked_sub(1)?;
    let explainer = Explainer { source, module, tokens };
    let start = (0..=last).rev().find(|at| explainer.token(*at).kind == Tok::FStringStart)?;
    let open = (start..=last).find(|at| explainer.token_text(*at) == "{" && explainer.token(*at).kind == Tok::Op)?;
    if last > 0 && matches!(explainer.token_text(last), ":" | "}") && explainer.token_text(last - 1) == "!" {
        let letter = explainer.f_string_letter(last);
        return Some(said(explainer.token(last).span, format!("{letter}-string: missing conversion character")));
    }
    if open == last || explainer.starts_expression(open + 1) || matches!(explainer.token_text(open + 1), "-" | "+" | "not" | "*" | "yield") {
        return None;
    }
    explainer.f_string_field(open + 1)
}

/// What the tokenizer finds in a source that the parser accepts; `None` nearly always.
///
/// Ruff does not compare tabs with spaces, and has no limits of nesting.
pub(crate) fn tokenizer_fault(source: &Source) -> Option<Diagnostic> {
    if !needs_tokenizer(source.text.as_bytes()) {
        return None;
    }
    let fault = tokenize(source).fault?;
    Some(Diagnostic::new(fault.kind, source, fault.span, fault.message))
}

/// Whether a source has what ruff's lexer does not check: tabs in indentation, or deep nesting.
fn needs_tokenizer(text: &[u8]) -> bool {
    let (mut depth, mut indent) = (0i32, 0u32);
    let mut is_line_start = true;
    for byte in text {
        match byte {
            b'\n' => {
                is_line_start = true;
                indent = 0;
                continue;
            }
            b'\t' if is_line_start => return true,
            b' ' if is_line_start => {
                indent += 1;
                if indent >= 100 {
                    return true;
                }
                continue;
            }
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > 200 {
                    return true;
                }
            }
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        is_line_start = false;
    }
    false
}

/// Syntax that is newer than Python 3.14, in the words of 3.14.
pub(crate) fn newer_syntax(source: &Source, error: &UnsupportedSyntaxError) -> Diagnostic {
    let message = match error.kind {
        UnsupportedSyntaxErrorKind::UnpackingInComprehension(_) => {
            if source.text[error.range.start().to_usize()..].starts_with("**") {
                "dict unpacking cannot be used in dict comprehension"
            } else {
                "iterable unpacking cannot be used in comprehension"
            }
        }
        _ => "invalid syntax",
    };
    Diagnostic::syntax(source, span(error.range), message)
}

/// What is said, and where.
struct Said {
    kind: Kind,
    span: Span,
    message: String,
}

fn said(span: Span, message: impl Into<String>) -> Said {
    Said { kind: Kind::SyntaxError, span, message: message.into() }
}

struct Explainer<'s> {
    source: &'s Source,
    module: &'s ModModule,
    tokens: &'s Tokens,
}

impl<'s> Explainer<'s> {
    /// Whether the parser's fault is reported, though the tokenizer finds one too: it comes before a fault that CPython
    /// only notices when it gets there, or it is an unexpected indent.
    fn comes_before(&self, first: &ParseError, fault: &Fault) -> bool {
        let at = first.location.start().to_u32();
        let is_structure = |token: &&Token| matches!(token.kind, Tok::Newline | Tok::Indent | Tok::Dedent);
        let Some(last) = self.tokens.list.iter().rev().find(|token| !is_structure(token)) else { return false };
        if matches!(first.error, ParseErrorType::UnexpectedIndentation) {
            return at < last.span.start && self.source.line(at) < self.source.line(fault.span.start);
        }
        let is_noticed_late = fault.kind != Kind::SyntaxError
            || fault.message.contains("-string")
            || fault.message.starts_with("unexpected character after line")
            || fault.message == "unexpected EOF while parsing";
        let index = self.token_at(at);
        let is_last_operand = index + 1 == self.tokens.list.len() && self.starts_expression(index);
        let is_clear = at < last.span.end && !is_last_operand && !(last.kind == Tok::FStringEnd && at >= last.span.start);
        is_noticed_late && is_clear
    }

    fn text(&self, span: Span) -> &'s str {
        span.of(&self.source.text)
    }

    fn token_text(&self, index: usize) -> &'s str {
        self.tokens.list.get(index).map_or("", |token| self.text(token.span))
    }

    /// Index of the first token that ends after `offset`, or the last token.
    fn token_at(&self, offset: u32) -> usize {
        let list = &self.tokens.list;
        list.partition_point(|token| token.span.end <= offset && !(token.span.is_empty() && token.span.start >= offset)).min(list.len().saturating_sub(1))
    }

    fn token(&self, index: usize) -> Token {
        self.tokens.list.get(index).copied().unwrap_or(Token { kind: Tok::End, span: Span::at(self.source.text.len() as u32) })
    }

    /// Index of the first token of the logical line that `index` stands on.
    fn line_start(&self, index: usize) -> usize {
        let mut at = index;
        while at > 0 && !matches!(self.token(at - 1).kind, Tok::Newline | Tok::Indent | Tok::Dedent) {
            at -= 1;
        }
        at
    }

    /// The innermost bracket that is open before token `index`.
    fn bracket_before(&self, index: usize) -> Option<usize> {
        let mut depth = 0;
        for at in (0..index).rev() {
            let token = self.token(at);
            if token.kind == Tok::Op {
                match self.text(token.span) {
                    ")" | "]" | "}" => depth += 1,
                    "(" | "[" | "{" if depth == 0 => return Some(at),
                    "(" | "[" | "{" => depth -= 1,
                    _ => {}
                }
            } else if token.kind == Tok::Newline && depth == 0 {
                return None;
            }
        }
        None
    }

    fn invalid(&self, index: usize) -> Said {
        let token = self.token(index);
        match token.kind {
            // In the blanks, where CPython draws no mark.
            Tok::Indent => Said { kind: Kind::IndentationError, span: Span::at(self.token(index + 1).span.start.saturating_sub(1)), message: "unexpected indent".to_owned() },
            Tok::Dedent => {
                let next = (index..self.tokens.list.len()).find(|at| self.token(*at).kind != Tok::Dedent).unwrap_or(index);
                if self.token(next).kind == Tok::End {
                    return Said { kind: Kind::IndentationError, span: Span::at(token.span.start), message: "unexpected unindent".to_owned() };
                }
                said(self.token(next).span, "invalid syntax")
            }
            Tok::End => said(self.last_place(), "invalid syntax"),
            _ => said(token.span, "invalid syntax"),
        }
    }

    /// The end of the last line, which CPython means by the end of the file.
    fn last_place(&self) -> Span {
        let text = &self.source.text;
        Span::at((text.len() - usize::from(text.ends_with('\n'))) as u32)
    }

    /// A bracket that is never closed explains a fault on a later line, or at the end.
    fn prefer_unclosed(&self, first: &ParseError, said_so_far: Said) -> Said {
        let Some(open) = self.tokens.open.last() else { return said_so_far };
        let open_line = self.source.line(open.at);
        let token = self.token(self.token_at(first.location.start().to_u32()));
        let is_at_end = token.kind == Tok::End;
        let fault_line = self.source.line(token.span.start);
        let index = self.token_at(first.location.start().to_u32());
        let is_tried_as_operand = token.span.start == open.at && index > 0 && self.ends_expression(index - 1);
        let is_complete_construct = !matches!(
            first.error,
            ParseErrorType::ExpectedToken { .. } | ParseErrorType::ExpectedExpression | ParseErrorType::OtherError(_) | ParseErrorType::Lexical(_)
        ) && token.span.start > open.at
            || matches!(&first.error, ParseErrorType::OtherError(message) if message.starts_with("Positional patterns"));
        let is_explained = is_at_end || fault_line > open_line || is_tried_as_operand || is_complete_construct;
        if is_explained || said_so_far.message == "invalid syntax" && self.is_only_bracket_left(token) {
            return said(between(open.at, open.at + 1), format!("'{}' was never closed", open.bracket));
        }
        said_so_far
    }

    fn is_only_bracket_left(&self, token: Token) -> bool {
        token.span.is_empty() && token.kind != Tok::Indent
    }

    // ---- the parser's faults ----

    fn said(&self, error: &ParseError) -> Said {
        let at = span(error.location);
        let index = self.token_at(at.start);
        match &error.error {
            ParseErrorType::UnexpectedIndentation => self.invalid(index),
            ParseErrorType::InvalidAssignmentTarget => self.assignment_target(at),
            ParseErrorType::InvalidAugmentedAssignmentTarget => {
                let name = self.expr_at(at).map_or("expression", expr_name);
                said(at, format!("'{name}' is an illegal expression for augmented assignment"))
            }
            ParseErrorType::InvalidNamedAssignmentTarget => {
                let name = self.expr_at(at).map_or("expression", expr_name);
                said(at, format!("cannot use assignment expressions with {name}"))
            }
            ParseErrorType::InvalidAnnotatedAssignmentTarget if !self.starts_expression(self.token_at(at.end) + 1) => {
                self.general(self.token_at(at.end) + 1)
            }
            ParseErrorType::InvalidAnnotatedAssignmentTarget => match self.expr_at(at) {
                Some(Expr::Starred(_)) => self.invalid(self.token_at(at.end)),
                Some(Expr::Tuple(_)) => said(at, "only single target (not tuple) can be annotated"),
                Some(Expr::List(_)) => said(at, "only single target (not list) can be annotated"),
                _ => said(at, "illegal target for annotation"),
            },
            ParseErrorType::InvalidDeleteTarget => {
                let expr = self.expr_at(at);
                said(at, format!("cannot delete {}", expr.map_or("expression", expr_name)))
            }
            ParseErrorType::PositionalAfterKeywordArgument if matches!(self.expr_at(at), Some(Expr::Generator(generator)) if !generator.parenthesized) => {
                said(at, "Generator expression must be parenthesized")
            }
            ParseErrorType::UnparenthesizedGeneratorExpression if self.token_text(self.line_start(index)) == "class" => {
                let word = (index..self.tokens.list.len()).find(|at| self.token_text(*at) == "for");
                self.invalid(word.unwrap_or(index))
            }
            ParseErrorType::PositionalAfterKeywordArgument => said(at, "positional argument follows keyword argument"),
            ParseErrorType::PositionalAfterKeywordUnpacking => said(at, "positional argument follows keyword argument unpacking"),
            ParseErrorType::InvalidArgumentUnpackingOrder => said(at, "iterable argument unpacking follows keyword argument unpacking"),
            ParseErrorType::IterableUnpackingInComprehension => said(at, "iterable unpacking cannot be used in comprehension"),
            ParseErrorType::UnparenthesizedGeneratorExpression => said(at, "Generator expression must be parenthesized"),
            ParseErrorType::NonDefaultParamAfterDefaultParam => said(at, "parameter without a default follows parameter with a default"),
            ParseErrorType::ExpectedKeywordParam => said(at, "named arguments must follow bare *"),
            ParseErrorType::ParamAfterVarKeywordParam => said(at, "arguments cannot follow var-keyword argument"),
            ParseErrorType::VarParameterWithDefault => {
                let what = if self.token_text(index.saturating_sub(1)) == "**" || self.text(at).starts_with("**") || self.is_after_double_star(index) { "var-keyword" } else { "var-positional" };
                said(at, format!("{what} argument cannot have default value"))
            }
            ParseErrorType::EmptyImportNames if !matches!(self.token(index).kind, Tok::Newline | Tok::End) => self.invalid(index),
            ParseErrorType::EmptyImportNames => said(self.token(index).span, "Expected one or more names after 'import'"),
            ParseErrorType::InvalidMatchPatternTarget if index > 0 && self.token_text(index - 1) == "**" => self.invalid(index),
            ParseErrorType::InvalidMatchPatternTarget => said(at, "cannot use '_' as a target"),
            ParseErrorType::ExpectedRealNumber => said(at, "real number required in complex literal"),
            ParseErrorType::ExpectedImaginaryNumber => said(at, "imaginary number required in complex literal"),
            ParseErrorType::EmptyTypeParams => said(at, "Type parameter list cannot be empty"),
            ParseErrorType::InvalidStarredExpressionUsage => self.starred(at, index),
            ParseErrorType::UnparenthesizedNamedExpression => self.walrus(at, index),
            ParseErrorType::SimpleStatementsOnSameLine | ParseErrorType::SimpleAndCompoundStatementOnSameLine => self.junk_after_statement(index),
            ParseErrorType::ExpectedToken { expected, found } => self.expected_token(*expected, *found, index),
            ParseErrorType::ExpectedExpression => self.expected_expression(index),
            ParseErrorType::FStringError(error) => self.f_string(error, 'f', at, index),
            ParseErrorType::TStringError(error) => self.f_string(error, 't', at, index),
            ParseErrorType::Lexical(error) => self.lexical(error, at, index),
            ParseErrorType::OtherError(message) => self.other(message, at, index),
            ParseErrorType::InvalidYieldExpressionUsage | ParseErrorType::InvalidLambdaExpressionUsage => self.invalid(index),
            _ => self.invalid(index),
        }
    }

    fn expr_at(&self, at: Span) -> Option<&'s Expr> {
        find::expr_at(self.module, at)
    }

    fn is_after_double_star(&self, index: usize) -> bool {
        (index.saturating_sub(4)..=index).any(|at| self.token_text(at) == "**")
    }

    /// A statement ended, but something follows on its line.
    fn junk_after_statement(&self, index: usize) -> Said {
        let start = self.line_start(index);
        if let Some(legacy) = self.legacy_statement(start, index) {
            return legacy;
        }
        if self.is_import_turned_around(start) {
            return said(between(self.token(start).span.start, self.token(index).span.end), "Did you mean to use 'from ... import ...' instead?");
        }
        if self.token_text(index) == "if" && matches!(self.token_text(index - 1), "pass" | "break" | "continue") {
            let statement = self.token(index - 1).span;
            return said(statement, "expected expression before 'if', but statement is given");
        }
        if let Some(said) = self.import_target(start, index) {
            return said;
        }
        self.general(index)
    }

    /// `import a from b`.
    fn is_import_turned_around(&self, start: usize) -> bool {
        self.token_text(start) == "import"
            && (start..self.tokens.list.len()).take_while(|at| self.token(*at).kind != Tok::Newline).any(|at| self.token_text(at) == "from")
    }

    fn legacy_statement(&self, start: usize, index: usize) -> Option<Said> {
        let at = index.checked_sub(1)?;
        let word = self.token_text(at);
        if !matches!(word, "print" | "exec") {
            return None;
        }
        let _ = start;
        let end = (index..self.tokens.list.len()).find(|at| matches!(self.token(*at).kind, Tok::Newline | Tok::End) || self.token_text(*at) == ";")?;
        let next = self.token(index);
        let is_expression = self.starts_expression(index) || matches!(next.kind, Tok::String | Tok::Number);
        if !is_expression {
            return None;
        }
        let last = self.token(end.saturating_sub(1)).span.end;
        Some(said(between(self.token(at).span.start, last), format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?")))
    }

    /// `a if b` without `else`.
    fn missing_else(&self, index: usize) -> Option<Said> {
        let start = self.bracket_before(index).map_or_else(|| self.line_start(index), |open| open + 1);
        let mut depth = 0i32;
        for at in (start..index).rev() {
            match self.token_text(at) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" => depth -= 1,
                "else" | "," | "=" | ";" | "for" | "in" if depth == 0 => return None,
                "if" if depth == 0 => {
                    if at == start || at + 1 == index {
                        return None;
                    }
                    if matches!(self.token_text(at - 1), "pass" | "break" | "continue") {
                        return None;
                    }
                    let first = (start..at).rev().take_while(|at| !matches!(self.token_text(*at), "," | "=" | ";" | "return" | "(" | ":")).last()?;
                    return match self.token_text(index) {
                        ":" => None,
                        _ => Some(said(between(self.token(first).span.start, self.token(index - 1).span.end), "expected 'else' after 'if' expression")),
                    };
                }
                _ => {}
            }
        }
        None
    }

    /// A string, something else, a string: quotes inside were not escaped.
    fn string_outside(&self, index: usize) -> Option<Said> {
        let is_string = |at: usize| matches!(self.token(at).kind, Tok::String | Tok::FStringStart | Tok::FStringEnd);
        if index == 0 || !is_string(index - 1) || !matches!(self.token(index).kind, Tok::Name | Tok::Number) {
            return None;
        }
        let mut at = index;
        while match self.token(at).kind {
            Tok::Number => true,
            Tok::Name => !is_keyword(self.token_text(at)) || matches!(self.token_text(at), "not" | "and" | "or" | "in" | "is" | "None" | "True" | "False"),
            _ => false,
        } {
            at += 1;
        }
        if !is_string(at) {
            return None;
        }
        Some(said(between(self.token(index).span.start, self.token(at - 1).span.end), "invalid syntax. Is this intended to be part of the string?"))
    }

    fn starts_expression(&self, index: usize) -> bool {
        let token = self.token(index);
        match token.kind {
            Tok::Name => {
                let text = self.text(token.span);
                !is_keyword(text) || matches!(text, "None" | "True" | "False" | "lambda" | "await")
            }
            Tok::Number | Tok::String | Tok::FStringStart => true,
            Tok::Op => matches!(self.text(token.span), "(" | "[" | "{" | "~" | "..."),
            _ => false,
        }
    }

    fn ends_expression(&self, index: usize) -> bool {
        let token = self.token(index);
        match token.kind {
            Tok::Name => {
                let text = self.text(token.span);
                !is_keyword(text) || matches!(text, "None" | "True" | "False")
            }
            Tok::Number | Tok::String | Tok::FStringEnd => true,
            Tok::Op => matches!(self.text(token.span), ")" | "]" | "}" | "..."),
            _ => false,
        }
    }

    /// Two expressions side by side within brackets.
    fn missing_comma(&self, index: usize) -> Option<Said> {
        let open = self.bracket_before(index)?;
        let is_negation = self.token_text(index) == "not" && self.token_text(index + 1) != "in";
        if index == 0 || !self.ends_expression(index - 1) || !(self.starts_expression(index) || is_negation) {
            return None;
        }
        if open >= 2 && self.token_text(open - 2) == "def" || self.is_in_type_params(open) {
            return None;
        }
        if matches!(self.token_text(index - 1), "print" | "exec") {
            return None;
        }
        let mut start = index - 1;
        let mut depth = 0i32;
        while start > open {
            match self.token_text(start) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" => depth -= 1,
                "," | "=" | ":" | ":=" | "for" | "in" | "if" | "else" | "*" | "**" if depth == 0 && start != index - 1 => break,
                _ => {}
            }
            start -= 1;
        }
        // A name before a string may be a misspelt prefix; a soft keyword may begin a statement.
        let is_prefix = start + 2 == index && self.token(index - 1).kind == Tok::Name && self.token(index).kind == Tok::String;
        if is_prefix || matches!(self.token_text(start + 1), "match" | "case" | "type" | "_") {
            return None;
        }
        let first = self.token(start + 1).span.start;
        let mut end = index;
        let mut depth = 0i32;
        while end + 1 < self.tokens.list.len() {
            match self.token_text(end) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            let next = self.token(end + 1);
            if depth <= 0 && (next.kind != Tok::Op || !matches!(self.text(next.span), "(" | "[" | ".")) {
                break;
            }
            end += 1;
        }
        Some(said(between(first, self.token(end).span.end), "invalid syntax. Perhaps you forgot a comma?"))
    }

    fn is_in_type_params(&self, open: usize) -> bool {
        open >= 2 && self.token_text(open) == "[" && matches!(self.token_text(open - 2), "def" | "class" | "type")
    }

    fn expected_token(&self, expected: TokenKind, found: TokenKind, index: usize) -> Said {
        let start = self.line_start(index);
        let word = self.token_text(start);
        let token = self.token(index);
        if self.is_in_f_string(index)
            && let Some(said) = self.f_string_field(index)
        {
            return said;
        }
        match expected {
            TokenKind::Colon => return self.expected_colon(index, start),
            TokenKind::Newline => return self.junk_after_statement(index),
            TokenKind::Lpar if word == "def" || word == "async" => return said(token.span, "expected '('"),
            TokenKind::Import if word == "from" => return self.invalid(index),
            TokenKind::Indent => return self.expected_block(index),
            TokenKind::Else => {
                if let Some(missing) = self.missing_else(index) {
                    return missing;
                }
            }
            TokenKind::In => {
                if self.bracket_before(index).is_none() {
                    return self.invalid(index);
                }
                return said(token.span, "'in' expected after for-loop variables");
            }
            _ => {}
        }
        if found == TokenKind::Equal
            && let Some(said) = self.equal_in_brackets(index)
        {
            return said;
        }
        self.general(index)
    }

    fn general(&self, index: usize) -> Said {
        if let Some(said) = self.special(index) {
            return said;
        }
        if let Some(said) = self.missing_else(index) {
            return said;
        }
        if let Some(said) = self.string_outside(index) {
            return said;
        }
        if let Some(said) = self.missing_comma(index) {
            return said;
        }
        if let Some(said) = self.legacy_statement(self.line_start(index), index) {
            return said;
        }
        self.invalid(index)
    }

    /// Faults that have words of their own wherever the parser met them.
    fn special(&self, index: usize) -> Option<Said> {
        let start = self.line_start(index);
        let word = self.token_text(start);
        let text = self.token_text(index);
        let before = index.checked_sub(1).map_or("", |at| self.token_text(at));
        let is_statement = matches!(text, "pass" | "break" | "continue" | "return" | "raise" | "global" | "nonlocal" | "del" | "assert" | "import" | "from");
        if before == "else" && word != "else" && (is_statement || matches!(self.token(index).kind, Tok::Newline)) {
            return Some(said(self.token(index).span, "expected expression after 'else', but statement is given"));
        }
        if is_statement && self.token_text(index + 1) == "if" && matches!(text, "pass" | "break" | "continue") {
            return Some(said(self.token(index).span, "expected expression before 'if', but statement is given"));
        }
        if let Some(said) = self.import_target(start, index) {
            return Some(said);
        }
        if text == "<>" {
            return Some(said(self.token(index).span, "invalid syntax.  Maybe you meant '!=' instead of '<>'?"));
        }
        let open = self.bracket_before(index);
        let open_text = open.map_or("", |open| self.token_text(open));
        if text == ":" && open_text == "[" && index >= 2 && matches!(self.token_text(index - 2), "*" | "**") && matches!(word, "def" | "class" | "type" | "async") {
            let kind = if self.token_text(index - 2) == "*" { "TypeVarTuple" } else { "ParamSpec" };
            let is_tuple = self.token_text(index + 1) == "(";
            let what = if is_tuple { "constraints" } else { "bound" };
            return Some(said(self.token(index).span, format!("cannot use {what} with {kind}")));
        }
        if text == "for" && matches!(open_text, "[" | "{") && open.is_some_and(|open| self.has_comma(open + 1, index)) {
            let open = open.unwrap_or(0);
            return Some(said(between(self.token(open + 1).span.start, self.token(index - 1).span.end), "did you forget parentheses around the comprehension target?"));
        }
        if text == "not" && matches!(before, "+" | "-" | "*" | "/" | "//" | "%" | "@" | "~") && self.starts_expression(index + 1) {
            return Some(said(self.token(index).span, "'not' after an operator must be parenthesized"));
        }
        if text == "**" && before == "(" && !open.is_some_and(|open| open > 0 && self.ends_expression(open - 1)) {
            return Some(said(self.token(index).span, "cannot use double starred expression here"));
        }
        if before == "*" && matches!(text, "," | ")") && open_text == "(" && !self.is_parameter_list(index, open) && open.is_some_and(|open| open > 0 && self.ends_expression(open - 1)) {
            let is_def = open.is_some_and(|open| open >= 2 && self.token_text(open - 2) == "def");
            if !is_def {
                return Some(said(self.token(index - 1).span, "Invalid star expression"));
            }
        }
        if text == "(" && self.token(index + 1).kind == Tok::Name && self.is_parameter_list(index, open) {
            let what = if (start..index).any(|at| self.token_text(at) == "lambda") { "Lambda expression" } else { "Function" };
            return Some(said(self.token(index).span, format!("{what} parameters cannot be parenthesized")));
        }
        None
    }

    fn expected_colon(&self, index: usize, start: usize) -> Said {
        let token = self.token(index);
        let word = self.token_text(start);
        if self.bracket_before(index).is_some_and(|open| self.token_text(open) == "{") && !matches!(self.token_text(index - 1), "lambda") {
            if let Some(comma) = self.missing_comma(index) {
                return comma;
            }
            return said(self.token(index - 1).span, "':' expected after dictionary key");
        }
        if self.token_text(index) == "="
            && let Some(said) = self.equal_in_brackets(index)
        {
            return said;
        }
        if let Some(said) = self.as_target(index, start) {
            return said;
        }
        let is_forced = matches!(word, "def" | "try" | "else" | "finally") || word == "async" && self.token_text(start + 1) == "def";
        let in_lambda = (start..index).any(|at| self.token_text(at) == "lambda");
        if self.bracket_before(index).is_none() && (token.kind == Tok::Newline || is_forced && !in_lambda) {
            return said(token.span, "expected ':'");
        }
        self.general(index)
    }

    fn expected_block(&self, index: usize) -> Said {
        // The header is the logical line before the token that should have been an indent.
        let mut end = index;
        while end > 0 && matches!(self.token(end).kind, Tok::Newline | Tok::Dedent | Tok::Indent | Tok::End) {
            end -= 1;
        }
        let mut header = self.line_start(end);
        if self.token(end).kind != Tok::Op || self.token_text(end) != ":" {
            // The fault is at the first token after the header.
            let mut at = index;
            while at > 0 && self.token(at - 1).kind != Tok::Newline {
                at -= 1;
            }
            header = self.line_start(at.saturating_sub(2));
        }
        let mut shown = index;
        while matches!(self.token(shown).kind, Tok::Newline | Tok::Dedent | Tok::Indent) {
            shown += 1;
        }
        let line = self.source.line(self.token(header).span.start);
        let word = self.token_text(header);
        let what = match (word, self.token_text(header + 1)) {
            ("def", _) | ("async", "def") => "function definition".to_owned(),
            ("class", _) => "class definition".to_owned(),
            ("async", word) => format!("'{word}' statement"),
            ("except", "*") => "'except*' statement".to_owned(),
            _ => format!("'{word}' statement"),
        };
        let mut place = self.token(shown).span;
        if self.token(shown).kind == Tok::End || shown >= self.tokens.list.len() {
            place = self.last_place();
        }
        Said { kind: Kind::IndentationError, span: place, message: format!("expected an indented block after {what} on line {line}") }
    }

    fn expected_expression(&self, index: usize) -> Said {
        let before = index.checked_sub(1).map_or("", |at| self.token_text(at));
        if self.is_in_f_string(index)
            && let Some(said) = self.f_string_field(index)
        {
            return said;
        }
        let open = self.bracket_before(index);
        let open_text = open.map_or("", |open| self.token_text(open));
        if before == "=" && matches!(self.token_text(index), ")" | ",") && open_text == "(" {
            let open = open.unwrap_or(0);
            let header = self.line_start(index);
            let is_def = matches!(self.token_text(header), "def") || self.token_text(header) == "async" && self.token_text(header + 1) == "def";
            if is_def && open <= header + 3 {
                return said(self.token(index - 1).span, "expected default value expression");
            }
            return said(between(self.token(index.saturating_sub(2)).span.start, self.token(index - 1).span.end), "expected argument value expression");
        }
        if before == ":" && open_text == "{" && matches!(self.token_text(index), "}" | ",") {
            return said(self.token(index - 1).span, "expression expected after dictionary key and ':'");
        }
        if before == "->" {
            return said(self.token(index - 1).span, "expected ':'");
        }
        self.general(index)
    }

    // ---- the rest ----

    fn other(&self, message: &str, at: Span, index: usize) -> Said {
        let is_last = (index..self.tokens.list.len()).all(|at| matches!(self.token(at).kind, Tok::End | Tok::Dedent));
        let place = if is_last { self.last_place() } else { self.token(index).span };
        let fixed = match message {
            "Expected `except` or `finally` after `try` block" => Some("expected 'except' or 'finally' block"),
            "Trailing comma not allowed" if self.token_text(self.line_start(index)) == "from" => Some("trailing comma not allowed without surrounding parentheses"),
            "Only one '*' parameter allowed" => Some("* argument may appear only once"),
            "Only one '**' parameter allowed" => Some("arguments cannot follow var-keyword argument"),
            "Only one '/' separator allowed" => Some("/ may appear only once"),
            "'/' parameter must appear before '*' parameter" => Some("/ must be ahead of *"),
            "Only single target (not list) can be annotated" => Some("only single target (not list) can be annotated"),
            "Only single target (not tuple) can be annotated" => Some("only single target (not tuple) can be annotated"),
            "Cannot have both 'except' and 'except*' on the same 'try'" => Some("cannot have both 'except' and 'except*' on the same 'try'"),
            "Multiple exception types must be parenthesized when using `as`" => Some("multiple exception types must be parenthesized when using 'as'"),
            "Expected one or more exception types" => Some("expected one or more exception types"),
            "Positional patterns cannot follow keyword patterns" => Some("positional patterns follow keyword patterns"),
            "Bytes literal cannot be mixed with non-bytes literals" => Some("cannot mix bytes and nonbytes literals"),
            "cannot mix t-string literals with string or bytes literals" => Some("cannot mix t-string literals with string or bytes literals"),
            _ => None,
        };
        if let Some(words) = fixed {
            let span = if words.starts_with("cannot mix") || words.starts_with("only single") || words.starts_with("multiple") || words.starts_with("positional") { at } else { place };
            return said(span, words);
        }
        if message.starts_with("Expected an indented block") {
            return self.expected_block(index);
        }
        if message == "Invalid mapping pattern key" && matches!(self.token(index).kind, Tok::FStringStart) {
            return said(at, "mapping pattern keys may only match literals and attribute lookups");
        }
        if message.starts_with("Position-only parameter") {
            let next = self.token_text(index + 1);
            return match next {
                ")" | ":" => self.invalid(index + 1),
                _ if (0..index).rev().take(3).any(|at| self.token_text(at) == "*") => said(place, "/ must be ahead of *"),
                _ => said(place, "at least one argument must precede /"),
            };
        }
        if message == "Only one '*' separator allowed" || message.starts_with("Keyword-only parameter separator") {
            if self.token_text(index + 1) == ")" || self.token_text(index) == ")" {
                let close = if self.token_text(index) == ")" { index } else { index + 1 };
                return self.invalid(close.saturating_sub(1));
            }
            return said(place, "* argument may appear only once");
        }
        if message == "Expected a parameter name"
            && let Some(equal) = (index..self.tokens.list.len()).find(|at| self.token_text(*at) == "=")
            && self.bracket_before(equal) == self.bracket_before(index)
            && let Some(said) = self.equal_in_brackets(equal)
        {
            return said;
        }
        if message.starts_with("Expected an identifier") && index > 0 && self.token_text(index - 1) == "as"
            && let Some(said) = self.as_target(index, self.line_start(index))
        {
            return said;
        }
        if message.starts_with("Expected name after `as`")
            && let Some(said) = self.as_target(index, self.line_start(index))
        {
            return said;
        }
        if message.starts_with("Expected class, function definition") {
            return self.invalid(index);
        }
        if message.contains("t-string") && message.contains("mix") {
            return said(at, "cannot mix t-string literals with string or bytes literals");
        }
        if message.contains("ytes") && message.contains("mix") {
            return said(at, "cannot mix bytes and nonbytes literals");
        }
        let before = index.checked_sub(1).map_or("", |at| self.token_text(at));
        if message == "Expected an import name" || message == "Expected an import name or a ')'" {
            if before == "import" && matches!(self.token(index).kind, Tok::Newline | Tok::End) {
                return said(place, "Expected one or more names after 'import'");
            }
            if before == "," && self.token_text(self.line_start(index)) == "from" {
                return said(self.token(index).span, "trailing comma not allowed without surrounding parentheses");
            }
        }
        if self.is_in_f_string(index)
            && let Some(said) = self.f_string_field(index)
        {
            return said;
        }
        if self.token_text(index) == "="
            && let Some(said) = self.equal_in_brackets(index)
        {
            return said;
        }
        self.general(index)
    }
}

/// Python's keywords (soft ones are names).
fn is_keyword(word: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
        "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
        "with", "yield",
    ];
    KEYWORDS.contains(&word)
}

/// A span from `start` on; empty when `end` lies before it, as it may after recovery.
fn between(start: u32, end: u32) -> Span {
    Span { start, end: end.max(start) }
}
