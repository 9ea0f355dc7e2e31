//! `{{` in a format specification, as CPython's tokenizer reads it: two braces begin a field whose value is a set or a dict
//! (`{x:{{a}}}`), but after another field of the same specification they are one literal brace (`{x:{w}{{a}` has the
//! specification `…{a`). Ruff reads a field in both places. So where a source has such braces, the parser gets a text with a
//! two-byte character in their place, which stands for the brace in the tree until `restore`.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::visitor::transformer::{Transformer, walk_interpolated_string_element};
use ruff_python_ast::{InterpolatedStringElement, ModModule};
use ruff_text_size::Ranged;

use crate::stack;

/// One replacement field that is open.
#[derive(Default)]
struct Field {
    /// Brackets that are open in its expression.
    brackets: u32,
    in_spec: bool,
    /// A field of its specification has ended.
    had_field: bool,
}

/// The offset of the first `{{` that ruff takes for a field and CPython for a brace.
pub(crate) fn find(tokens: &[Token]) -> Option<usize> {
    let mut strings: Vec<Vec<Field>> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind() {
            TokenKind::FStringStart | TokenKind::TStringStart => strings.push(Vec::new()),
            TokenKind::FStringEnd | TokenKind::TStringEnd => drop(strings.pop()),
            kind => {
                let Some(fields) = strings.last_mut() else { continue };
                match (kind, fields.last_mut()) {
                    (TokenKind::Lbrace, Some(field)) if field.in_spec => {
                        let is_double = tokens.get(at + 1).is_some_and(|next| next.kind() == TokenKind::Lbrace && next.start() == token.end());
                        if is_double && field.had_field {
                            return Some(token.start().to_usize());
                        }
                        fields.push(Field::default());
                    }
                    (TokenKind::Lbrace, None) => fields.push(Field::default()),
                    (TokenKind::Lbrace | TokenKind::Lpar | TokenKind::Lsqb, Some(field)) => field.brackets += 1,
                    (TokenKind::Rbrace, Some(field)) if field.brackets == 0 || field.in_spec => {
                        fields.pop();
                        if let Some(outer) = fields.last_mut() {
                            outer.had_field = true;
                        }
                    }
                    (TokenKind::Rbrace | TokenKind::Rpar | TokenKind::Rsqb, Some(field)) => field.brackets = field.brackets.saturating_sub(1),
                    (TokenKind::Colon, Some(field)) if field.brackets == 0 => field.in_spec = true,
                    _ => {}
                }
            }
        }
    }
    None
}

/// A character of two bytes that `text` does not contain.
pub(crate) fn stand_in(text: &str) -> char {
    ('\u{80}'..='\u{7FF}').find(|letter| !text.contains(*letter)).unwrap_or('\u{80}')
}

/// Puts the braces back.
pub(crate) fn restore(module: &mut ModModule, stand_in: char) {
    let restorer = Restorer { stand_in };
    stack::grow(|| module.body.iter_mut().for_each(|stmt| restorer.visit_stmt(stmt)));
}

struct Restorer {
    stand_in: char,
}

impl Transformer for Restorer {
    fn visit_interpolated_string_element(&self, element: &mut InterpolatedStringElement) {
        if let InterpolatedStringElement::Literal(literal) = element
            && literal.value.contains(self.stand_in)
        {
            literal.value = literal.value.replace(self.stand_in, "{").into();
        }
        walk_interpolated_string_element(self, element);
    }
}
