//! Faults of string literals: replacement fields of f-strings and t-strings, escapes, prefixes.

use dxpyc_base::Span;
use ruff_python_parser::{InterpolatedStringErrorType, LexicalErrorType};

use super::{Explainer, Said, said};
use crate::escapes;
use crate::tokens::Tok;

impl Explainer<'_> {
    pub(super) fn is_in_f_string(&self, index: usize) -> bool {
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

    pub(super) fn f_string_letter(&self, index: usize) -> char {
        let start = (0..index).rev().find(|at| self.token(*at).kind == Tok::FStringStart).unwrap_or(0);
        if self.token_text(start).to_ascii_lowercase().contains('t') { 't' } else { 'f' }
    }

    /// A fault in a replacement field of an f-string, at token `index`.
    pub(super) fn f_string_field(&self, index: usize) -> Option<Said> {
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

    pub(super) fn f_string(&self, error: &InterpolatedStringErrorType, letter: char, at: Span, index: usize) -> Said {
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

    pub(super) fn lexical(&self, error: &LexicalErrorType, at: Span, index: usize) -> Said {
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
                let start = self.line_start(index);
                let is_def = self.token_text(start) == "def" && index > 0 && self.token_text(index - 1) == ")";
                if is_def && self.bracket_before(index).is_none() {
                    return said(self.token(index).span, "expected ':'");
                }
                self.general(index)
            }
        }
    }

    /// A bad escape in the string token at `index`.
    pub(super) fn escape(&self, index: usize) -> Said {
        let is_literal = |at: &usize| matches!(self.token(*at).kind, Tok::String | Tok::FStringMiddle);
        let index = (0..=index).rev().take(4).find(is_literal).unwrap_or(index);
        let token = self.token(index);
        let text = self.text(token.span);
        let fault = match token.kind {
            Tok::FStringMiddle => escapes::text_fault(text),
            _ => escapes::fault(text),
        };
        match fault {
            Some(message) => said(token.span, message),
            None => self.invalid(index),
        }
    }
}
