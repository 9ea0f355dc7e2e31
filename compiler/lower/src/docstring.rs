//! Docstrings: tabs expanded and the common indentation removed, as the compiler does since 3.13.

use dxpyc_dpb::{Const, ConstId};
use dxpyc_syntax::ast::{Expr, Stmt};
use dxpyc_syntax::literal;

use crate::Lowerer;

impl<'a> Lowerer<'a> {
    /// The docstring of a body.
    pub(crate) fn docstring(&mut self, body: &'a [Stmt]) -> Option<ConstId> {
        let Some(Stmt::Expr(first)) = body.first() else { return None };
        let Expr::StringLiteral(node) = &*first.value else { return None };
        let text = clean(&literal::string_expr(self.source, node));
        Some(self.pools.constant(Const::Str(text.into())))
    }
}

fn clean(text: &[u8]) -> Vec<u8> {
    let text = expand_tabs(text);
    let indent_of = |line: &[u8]| line.iter().take_while(|&&byte| byte == b' ').count();
    let margin = text.split(|&byte| byte == b'\n').skip(1).filter(|line| indent_of(line) < line.len()).map(indent_of).min().unwrap_or(0);
    let lines = text.split(|&byte| byte == b'\n').enumerate().map(|(i, line)| {
        let indent = indent_of(line);
        &line[if i == 0 { indent } else { indent.min(margin) }..]
    });
    lines.collect::<Vec<_>>().join(&b'\n')
}

fn expand_tabs(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut column = 0_usize;
    for &byte in text {
        match byte {
            b'\t' => {
                let width = 8 - column % 8;
                out.resize(out.len() + width, b' ');
                column += width;
                continue;
            }
            b'\n' | b'\r' => column = 0,
            0x80..=0xBF => {}
            _ => column += 1,
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn indentation_goes() {
        for (text, expect) in [
            ("one", "one"),
            ("  one\n    two\n      three\n\n    ", "one\ntwo\n  three\n\n"),
            ("one\n\ttwo", "one\ntwo"),
            ("a\tb\n  c\n", "a       b\nc\n"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(clean(text.as_bytes())).unwrap(), expect);
        }
    }
}
