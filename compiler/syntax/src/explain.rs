//! CPython's words for what the parser refused.
//!
//! Ruff says where parsing first failed and why; CPython says one message for the whole file. `explain` picks and words
//! that message: a tokenizer's fault anywhere wins, then brackets that are never closed, then the first fault of the parser.

use dxpyc_base::{Diagnostic, Kind, Source, Span};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, ModModule};
use ruff_python_parser::{InterpolatedStringErrorType, LexicalErrorType, ParseError, ParseErrorType, UnsupportedSyntaxError, UnsupportedSyntaxErrorKind};
use ruff_text_size::Ranged;

use crate::find::{self, expr_name};
use crate::span;
use crate::tokens::{Fault, Tok, Token, Tokens, tokenize};

/// The one diagnostic for a file that ruff refused. `errors` is not empty.
pub(crate) fn explain(source: &Source, module: &ModModule, errors: &[ParseError]) -> Diagnostic {
    let tokens = tokenize(source);
    if let Some(fault) = &tokens.fault {
        if let Some(said) = f_string_fault_first(source, module, &tokens, fault) {
            return Diagnostic::new(said.kind, source, said.span, said.message);
        }
        return Diagnostic::new(fault.kind, source, fault.span, fault.message.clone());
    }
    let first = errors.iter().min_by_key(|error| (error.location.start(), error.location.end())).expect("explain: no errors");
    let explainer = Explainer { source, module, tokens: &tokens };
    let said = explainer.said(first);
    let said = explainer.prefer_unclosed(first, said);
    Diagnostic::new(said.kind, source, said.span, said.message)
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
            Tok::Indent => Said { kind: Kind::IndentationError, span: Span::at(self.token(index + 1).span.end), message: "unexpected indent".to_owned() },
            Tok::Dedent => {
                let next = (index..self.tokens.list.len()).find(|at| self.token(*at).kind != Tok::Dedent).unwrap_or(index);
                if self.token(next).kind == Tok::End {
                    return Said { kind: Kind::IndentationError, span: Span::at(token.span.start), message: "unexpected unindent".to_owned() };
                }
                said(self.token(next).span, "invalid syntax")
            }
            _ => said(token.span, "invalid syntax"),
        }
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
        ) && token.span.start > open.at;
        let is_explained = is_at_end || fault_line > open_line || is_tried_as_operand || is_complete_construct;
        if is_explained || said_so_far.message == "invalid syntax" && self.is_only_bracket_left(token) {
            return said(Span::new(open.at, open.at + 1), format!("'{}' was never closed", open.bracket));
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
                Some(Expr::Tuple(_)) => said(at, "only single target (not tuple) can be annotated"),
                Some(Expr::List(_)) => said(at, "only single target (not list) can be annotated"),
                _ => said(at, "illegal target for annotation"),
            },
            ParseErrorType::InvalidDeleteTarget => {
                let expr = self.expr_at(at);
                said(at, format!("cannot delete {}", expr.map_or("expression", expr_name)))
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
            ParseErrorType::EmptyImportNames if !matches!(self.token(index).kind, Tok::Newline | Tok::End) && self.token_text(index) != ")" => self.invalid(index),
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

    fn assignment_target(&self, at: Span) -> Said {
        let Some(expr) = self.expr_at(at) else { return self.invalid(self.token_at(at.start)) };
        let name = expr_name(expr);
        let after = self.token_at(at.end);
        let index = self.token_at(at.start);
        if expr.is_await_expr() && !self.starts_expression(index + 1) {
            return self.invalid(index + 1);
        }
        if self.is_in_brackets_of_call(index, after) {
            return self.keyword_target(expr, at, index);
        }
        let start = self.line_start(index);
        let starts_statement = index == start || self.token_text(index - 1) == ";" || (self.token_text(index - 1) == ":" && self.bracket_before(index).is_none());
        let is_compared = starts_statement
            && self.token_text(after) == "="
            && find::is_bitwise_or(expr)
            && !matches!(expr, Expr::List(_) | Expr::Tuple(_) | Expr::Generator(_) | Expr::BooleanLiteral(_) | Expr::NoneLiteral(_))
            && self.is_last_assignment(after);
        if is_compared {
            return said(at, format!("cannot assign to {name} here. Maybe you meant '==' instead of '='?"));
        }
        said(at, format!("cannot assign to {name}"))
    }

    /// Whether the value after the `=` at token `equal` is a plain operand that no other `=` follows.
    fn is_last_assignment(&self, equal: usize) -> bool {
        let mut depth = 0i32;
        if !self.starts_expression(equal + 1) && !matches!(self.token_text(equal + 1), "-" | "+") {
            return false;
        }
        for at in equal + 1..self.tokens.list.len() {
            let token = self.token(at);
            match self.text(token.span) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                "=" | ":=" if depth == 0 => return false,
                "lambda" | "not" if at == equal + 1 => return false,
                _ if token.kind == Tok::Newline => return true,
                ";" if depth == 0 => return true,
                _ => {}
            }
            if depth < 0 {
                return true;
            }
        }
        true
    }

    fn is_in_brackets_of_call(&self, index: usize, after: usize) -> bool {
        if self.token_text(after) != "=" {
            return false;
        }
        let Some(open) = self.bracket_before(index) else { return false };
        open > 0 && self.text(self.token(open).span) == "(" && (matches!(self.token(open - 1).kind, Tok::Name) && !is_keyword(self.token_text(open - 1)) || matches!(self.token_text(open - 1), ")" | "]"))
    }

    fn keyword_target(&self, expr: &Expr, at: Span, index: usize) -> Said {
        match self.token_text(index) {
            word @ ("True" | "False" | "None") if self.token_text(index + 1) == "=" => said(at, format!("cannot assign to {word}")),
            _ => {
                let _ = expr;
                said(at, "expression cannot contain assignment, perhaps you meant \"==\"?")
            }
        }
    }

    fn starred(&self, at: Span, index: usize) -> Said {
        let before = index.checked_sub(1).map_or("", |at| self.token_text(at));
        if self.token_text(self.token_at(at.end)) == "for" {
            return said(at, "iterable unpacking cannot be used in comprehension");
        }
        if before == ":" && self.bracket_before(index).is_some_and(|open| self.token_text(open) == "{") {
            return said(at, "cannot use a starred expression in a dictionary value");
        }
        if before == "(" && self.token_text(self.token_at(at.end)) == ")" {
            return said(at, "cannot use starred expression here");
        }
        if self.line_start(index) == index || before == "=" {
            return said(at, "can't use starred expression here");
        }
        self.invalid(index)
    }

    fn walrus(&self, at: Span, index: usize) -> Said {
        let _ = at;
        let operator = (index..self.tokens.list.len().min(index + 50)).find(|at| self.token_text(*at) == ":=");
        self.invalid(operator.unwrap_or(index))
    }

    /// A statement ended, but something follows on its line.
    fn junk_after_statement(&self, index: usize) -> Said {
        let start = self.line_start(index);
        if let Some(legacy) = self.legacy_statement(start, index) {
            return legacy;
        }
        if self.is_import_turned_around(start) {
            return said(Span::new(self.token(start).span.start, self.token(index).span.end), "Did you mean to use 'from ... import ...' instead?");
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

    /// `import x as a.b`, `import x as None`.
    fn import_target(&self, start: usize, index: usize) -> Option<Said> {
        if !matches!(self.token_text(start), "import" | "from") {
            return None;
        }
        let as_word = (start..index).rev().find(|at| self.token_text(*at) == "as")?;
        if index > as_word + 2 {
            return None;
        }
        let expr_span = self.target_span(as_word + 1)?;
        let name = self.target_name(expr_span)?;
        Some(said(expr_span, format!("cannot use {name} as import target")))
    }

    /// The place of the expression that begins at token `first`: up to a comma, colon or line end outside of brackets.
    fn target_span(&self, first: usize) -> Option<Span> {
        let mut depth = 0i32;
        let mut at = first;
        while at < self.tokens.list.len() {
            match self.token_text(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" if depth == 0 => break,
                ")" | "]" | "}" => depth -= 1,
                "," | ":" | ";" | "=" | "if" if depth == 0 => break,
                _ if matches!(self.token(at).kind, Tok::Newline | Tok::End) => break,
                _ => {}
            }
            at += 1;
        }
        (at > first).then(|| Span::new(self.token(first).span.start, self.token(at - 1).span.end))
    }

    fn target_name(&self, at: Span) -> Option<&'static str> {
        let parsed = ruff_python_parser::parse_expression(self.text(at)).ok()?;
        match parsed.expr() {
            Expr::Name(_) => None,
            expr => Some(expr_name(expr)),
        }
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
        Some(said(Span::new(self.token(at).span.start, last), format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?")))
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
                        _ => Some(said(Span::new(self.token(first).span.start, self.token(index - 1).span.end), "expected 'else' after 'if' expression")),
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
        Some(said(Span::new(self.token(index).span.start, self.token(at - 1).span.end), "invalid syntax. Is this intended to be part of the string?"))
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
        if index == 0 || !self.ends_expression(index - 1) || !self.starts_expression(index) {
            return None;
        }
        // A name before a string may be a misspelt prefix.
        if self.token(index - 1).kind == Tok::Name && matches!(self.token(index).kind, Tok::String | Tok::FStringStart) {
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
        Some(said(Span::new(first, self.token(end).span.end), "invalid syntax. Perhaps you forgot a comma?"))
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
            TokenKind::In if word == "for" || word == "async" => {
                if self.bracket_before(index).is_none() {
                    return self.invalid(index);
                }
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
            return Some(said(Span::new(self.token(open + 1).span.start, self.token(index - 1).span.end), "did you forget parentheses around the comprehension target?"));
        }
        if text == "(" && self.is_parameter_list(index, open) {
            let what = if (start..index).any(|at| self.token_text(at) == "lambda") { "Lambda expression" } else { "Function" };
            return Some(said(self.token(index).span, format!("{what} parameters cannot be parenthesized")));
        }
        None
    }

    /// Whether a `(` at token `index` stands where a parameter's name should.
    fn is_parameter_list(&self, index: usize, open: Option<usize>) -> bool {
        let before = index.checked_sub(1).map_or("", |at| self.token_text(at));
        if before == "lambda" {
            return true;
        }
        let Some(open) = open else { return false };
        open >= 2 && self.token_text(open - 2) == "def" && matches!(before, "(" | ",")
    }

    fn has_comma(&self, first: usize, end: usize) -> bool {
        let mut depth = 0i32;
        (first..end).any(|at| {
            match self.token_text(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                ":" if depth == 0 => depth = 1000,
                _ => {}
            }
            depth == 0 && self.token_text(at) == ","
        })
    }

    fn equal_in_brackets(&self, index: usize) -> Option<Said> {
        let before = index.checked_sub(1)?;
        let open = self.bracket_before(index);
        let mut first = before;
        let mut depth = 0i32;
        loop {
            match self.token_text(first) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" => depth -= 1,
                _ => {}
            }
            if depth < 0 || first == 0 || open == Some(first) {
                first += 1;
                break;
            }
            if depth == 0 && (matches!(self.token_text(first), "," | "if" | "while" | "elif" | "and" | "or" | "not" | "return" | ":" | "=" | "for" | "in" | "assert" | "else") || matches!(self.token(first).kind, Tok::Newline | Tok::Indent | Tok::Dedent)) {
                first += 1;
                break;
            }
            first -= 1;
        }
        let at = Span::new(self.token(first).span.start, self.token(before).span.end);
        let header = self.token_text(self.line_start(index));
        if open.is_none() && !matches!(header, "if" | "elif" | "while") {
            return None;
        }
        if (first..index).any(|at| self.token_text(at) == ":=") {
            return None;
        }
        if open.is_some_and(|open| self.token_text(open) == "{") && first > 0 && self.token_text(first - 1) == ":" {
            return None;
        }
        if self.is_in_brackets_of_call(before, index) {
            if first == before && matches!(self.token_text(before), "True" | "False" | "None") {
                return Some(said(at, format!("cannot assign to {}", self.token_text(before))));
            }
            if first != before || self.token(before).kind != Tok::Name {
                return Some(said(at, "expression cannot contain assignment, perhaps you meant \"==\"?"));
            }
        }
        if first == before && self.token(before).kind == Tok::Name && !is_keyword(self.token_text(before)) {
            let end = self.token(index + 1).span.end;
            return Some(said(Span::new(at.start, end), "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"));
        }
        let text = self.text(at);
        let parsed = ruff_python_parser::parse_expression(text).ok()?;
        let expr = parsed.expr();
        if !find::is_bitwise_or(expr) || matches!(expr, Expr::List(_) | Expr::Tuple(_) | Expr::Generator(_) | Expr::BooleanLiteral(_) | Expr::NoneLiteral(_)) {
            return None;
        }
        Some(said(at, format!("cannot assign to {} here. Maybe you meant '==' instead of '='?", expr_name(expr))))
    }

    fn expected_colon(&self, index: usize, start: usize) -> Said {
        let token = self.token(index);
        let word = self.token_text(start);
        if self.bracket_before(index).is_some_and(|open| self.token_text(open) == "{") && !matches!(self.token_text(index - 1), "lambda") {
            if let Some(comma) = self.missing_comma(index) {
                return comma;
            }
            if matches!(self.token_text(index), "}" | ",") {
                return said(self.token(index - 1).span, "':' expected after dictionary key");
            }
            return self.general(index);
        }
        if self.token_text(index) == "="
            && let Some(said) = self.equal_in_brackets(index)
        {
            return said;
        }
        if let Some(said) = self.as_target(index, start) {
            return said;
        }
        let is_forced = matches!(word, "class" | "def" | "with" | "try" | "else" | "finally" | "except" | "async" | "for" | "match" | "case");
        let in_lambda = (start..index).any(|at| self.token_text(at) == "lambda");
        if self.bracket_before(index).is_none() && (token.kind == Tok::Newline || is_forced && !in_lambda) {
            if matches!(word, "for" | "match" | "case" | "with") && token.kind != Tok::Newline {
                return self.general(index);
            }
            return said(token.span, "expected ':'");
        }
        self.general(index)
    }

    /// `except E as a.b:` and `case x as a.b:`.
    fn as_target(&self, index: usize, start: usize) -> Option<Said> {
        let word = self.token_text(start);
        let as_word = index.checked_sub(2).filter(|at| self.token_text(*at) == "as").or_else(|| index.checked_sub(1).filter(|at| self.token_text(*at) == "as"))?;
        let at = self.target_span(as_word + 1)?;
        let name = self.target_name(at)?;
        match (word, self.token_text(start + 1)) {
            ("except", "*") => Some(said(at, format!("cannot use except* statement with {name}"))),
            ("except", _) => Some(said(at, format!("cannot use except statement with {name}"))),
            ("case", _) => Some(said(at, format!("cannot use {name} as pattern target"))),
            _ => None,
        }
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
            // The last line is the place, not the nothing behind it.
            let text = &self.source.text;
            place = Span::at((text.len() - usize::from(text.ends_with('\n'))) as u32);
        }
        Said { kind: Kind::IndentationError, span: place, message: format!("expected an indented block after {what} on line {line}") }
    }

    fn expected_expression(&self, index: usize) -> Said {
        let token = self.token(index);
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
            return said(Span::new(self.token(index.saturating_sub(2)).span.start, self.token(index - 1).span.end), "expected argument value expression");
        }
        if before == ":" && open_text == "{" && matches!(self.token_text(index), "}" | ",") {
            return said(self.token(index - 1).span, "expression expected after dictionary key and ':'");
        }
        if before == "else" && matches!(token.kind, Tok::Newline) && self.token_text(self.line_start(index)) != "else" {
            return self.invalid(index);
        }
        self.general(index)
    }

    // ---- f-strings ----

    fn is_in_f_string(&self, index: usize) -> bool {
        let mut depth = 0;
        for at in (0..index.min(self.tokens.list.len())).rev() {
            match self.token(at).kind {
                Tok::FStringEnd => depth += 1,
                Tok::FStringStart if depth == 0 => return true,
                Tok::FStringStart => depth -= 1,
                Tok::Newline => return false,
                _ => {}
            }
        }
        false
    }

    fn f_string_letter(&self, index: usize) -> char {
        let start = (0..index).rev().find(|at| self.token(*at).kind == Tok::FStringStart).unwrap_or(0);
        if self.token_text(start).to_ascii_lowercase().contains('t') { 't' } else { 'f' }
    }

    /// A fault in a replacement field of an f-string, at token `index`.
    fn f_string_field(&self, index: usize) -> Option<Said> {
        let letter = self.f_string_letter(index);
        let open = self.bracket_before(index)?;
        if self.token_text(open) != "{" {
            return None;
        }
        let is_field = open > 0 && matches!(self.token(open - 1).kind, Tok::FStringStart | Tok::FStringMiddle) || self.token_text(open.saturating_sub(1)) == "}" || self.token_text(open.saturating_sub(1)) == ":";
        if !is_field {
            return None;
        }
        let token = self.token(index);
        let text = self.token_text(index);
        if index == open + 1 {
            return Some(match text {
                "}" | "!" | ":" | "=" => said(token.span, format!("{letter}-string: valid expression required before '{text}'")),
                _ => said(token.span, format!("{letter}-string: expecting a valid expression after '{{'")),
            });
        }
        let before = self.token_text(index - 1);
        if matches!(text, "}" | "!" | ":" | "=") && !self.ends_expression(index - 1) && before != "=" {
            return Some(said(token.span, format!("{letter}-string: expecting a valid expression after '{{'")));
        }
        if before == "!" || (index >= 2 && self.token_text(index - 2) == "!") {
            return Some(said(token.span, format!("{letter}-string: expecting ':' or '}}'")));
        }
        if self.ends_expression(index - 1) || before == "=" {
            if let Some(comma) = self.missing_comma(index) {
                return Some(comma);
            }
            let wanted = if before == "=" { "'!', or ':', or '}'" } else { "'=', or '!', or ':', or '}'" };
            return Some(said(token.span, format!("{letter}-string: expecting {wanted}")));
        }
        Some(said(token.span, format!("{letter}-string: expecting a valid expression after '{{'")))
    }

    fn f_string(&self, error: &InterpolatedStringErrorType, letter: char, at: Span, index: usize) -> Said {
        match error {
            InterpolatedStringErrorType::UnclosedLbrace => match self.f_string_field(index) {
                Some(said) => said,
                None => said(at, format!("{letter}-string: expecting '}}'")),
            },
            InterpolatedStringErrorType::InvalidConversionFlag => {
                let bang = (0..=index).rev().find(|at| self.token_text(*at) == "!");
                let flag = bang.map_or(index, |bang| bang + 1);
                let text = self.token_text(flag);
                if self.token(flag).kind == Tok::Name {
                    said(self.token(flag).span, format!("{letter}-string: invalid conversion character '{text}': expected 's', 'r', or 'a'"))
                } else if matches!(text, "}" | ":") {
                    said(self.token(flag).span, format!("{letter}-string: missing conversion character"))
                } else {
                    said(self.token(flag).span, format!("{letter}-string: invalid conversion character"))
                }
            }
            InterpolatedStringErrorType::SingleRbrace => said(at, format!("{letter}-string: single '}}' is not allowed")),
            InterpolatedStringErrorType::LambdaWithoutParentheses => said(at, format!("{letter}-string: lambda expressions are not allowed without parentheses")),
            InterpolatedStringErrorType::ConversionFlagNotImmediatelyAfterExclamation => {
                said(at, format!("{letter}-string: conversion type must come right after the exclamation mark"))
            }
            InterpolatedStringErrorType::NewlineInFormatSpec => {
                said(at, format!("{letter}-string: newlines are not allowed in format specifiers for single quoted {letter}-strings"))
            }
            InterpolatedStringErrorType::UnterminatedString => said(at, format!("unterminated {letter}-string literal (detected at line {})", self.source.line(at.end))),
            InterpolatedStringErrorType::UnterminatedTripleQuotedString => {
                said(at, format!("unterminated triple-quoted {letter}-string literal (detected at line {})", self.source.line(at.end)))
            }
        }
    }

    // ---- literals and the rest ----

    fn lexical(&self, error: &LexicalErrorType, at: Span, index: usize) -> Said {
        match error {
            LexicalErrorType::FStringError(error) => self.f_string(error, 'f', at, index),
            LexicalErrorType::TStringError(error) => self.f_string(error, 't', at, index),
            LexicalErrorType::InvalidByteLiteral => said(self.token(index).span, "bytes can only contain ASCII literal characters"),
            LexicalErrorType::UnicodeError | LexicalErrorType::MissingUnicodeLbrace | LexicalErrorType::MissingUnicodeRbrace | LexicalErrorType::StringError => {
                self.escape(index)
            }
            LexicalErrorType::OtherError(message) if message.contains("bytes") || message.contains("escape") => self.escape(index),
            _ => {
                if self.is_in_f_string(index)
                    && let Some(said) = self.f_string_field(index)
                {
                    return said;
                }
                self.general(index)
            }
        }
    }

    /// A bad escape in the string token at `index`.
    fn escape(&self, index: usize) -> Said {
        let token = self.token(index);
        let text = self.text(token.span);
        let fault = match token.kind {
            Tok::FStringMiddle => crate::escapes::text_fault(text),
            _ => crate::escapes::fault(text),
        };
        match fault {
            Some(message) => said(token.span, message),
            None => self.invalid(index),
        }
    }

    fn other(&self, message: &str, at: Span, index: usize) -> Said {
        let place = self.token(index).span;
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

#[allow(dead_code)]
fn range_span(node: impl Ranged) -> Span {
    span(node)
}
