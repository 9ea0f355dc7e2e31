//! `invalid syntax. Did you mean 'while'?`: which keyword a misspelt word of a refused line should have been.
//!
//! CPython's traceback printer replaces each name on the line by the keywords nearest to it and takes the first that makes
//! the text up to the line parse. Nearest means: the best by edit distance, then the best by common blocks of letters.

use dxpyc_base::{LineIndex, Source, Span};
use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseOptions};

use crate::tokens::{Tok, Tokens};

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally",
    "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with",
    "yield",
];

/// Longer texts are left alone.
const MAX_TEXT: usize = 1024;
const MAX_NAMES: usize = 10;
const MAX_MATCHES: usize = 3;

/// The keyword that repairs `line` (from 1), and the word in its place.
pub(crate) fn suggest(source: &Source, tokens: &Tokens, line: u32) -> Option<(&'static str, Span)> {
    let lines: &LineIndex = &source.lines;
    let end = lines.line_start(line) as usize + lines.line_text(&source.text, line).len();
    let text = &source.text[..end];
    if text.chars().count() > MAX_TEXT {
        return None;
    }
    let names = tokens.list.iter().filter(|token| token.kind == Tok::Name && source.line(token.span.start) == line);
    let names = names.filter(|token| !KEYWORDS.contains(&token.span.of(&source.text)));
    for token in names.take(MAX_NAMES) {
        let word = token.span.of(&source.text);
        for keyword in nearest(word) {
            let repaired = format!("{}{keyword}{}", &text[..token.span.start as usize], &text[token.span.end as usize..]);
            if is_placed(keyword, text) && parses(&repaired) {
                return Some((keyword, token.span));
            }
        }
    }
    None
}

/// CPython compiles the repaired text whole, so that a `return` outside of a function is no repair.
fn is_placed(keyword: &str, text: &str) -> bool {
    match keyword {
        "return" | "yield" => text.contains("def "),
        "await" => text.contains("async def "),
        "break" | "continue" => text.contains("for ") || text.contains("while "),
        "nonlocal" => false,
        _ => true,
    }
}

/// Whether a text parses, or would if it went on.
fn parses(text: &str) -> bool {
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY314);
    let parsed = ruff_python_parser::parse_unchecked(text, options);
    let end = text.trim_end().len();
    parsed.errors().iter().all(|error| error.location.start().to_usize() >= end)
}

fn nearest(word: &str) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = by_distance(word).into_iter().collect();
    let mut scored: Vec<(f64, &'static str)> = KEYWORDS.iter().map(|keyword| (ratio(keyword, word), *keyword)).filter(|(ratio, _)| *ratio >= 0.5).collect();
    scored.sort_by(|first, second| second.0.total_cmp(&first.0).then(second.1.cmp(first.1)));
    found.extend(scored.into_iter().take(MAX_MATCHES).map(|(_, keyword)| keyword));
    found.truncate(MAX_MATCHES);
    found
}

/// The keyword with the least edit distance, where a letter costs 2 and a change of case 1.
fn by_distance(word: &str) -> Option<&'static str> {
    let mut best: Option<(usize, &'static str)> = None;
    for keyword in KEYWORDS {
        let mut limit = (word.len() + keyword.len() + 3) * 2 / 6;
        if let Some((distance, _)) = best {
            limit = limit.min(distance.saturating_sub(1));
        }
        let distance = edit_distance(word.as_bytes(), keyword.as_bytes());
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, keyword));
        }
    }
    best.map(|(_, keyword)| keyword)
}

fn edit_distance(first: &[u8], second: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=second.len()).map(|count| count * 2).collect();
    for (index, a) in first.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (index + 1) * 2;
        for (column, b) in second.iter().enumerate() {
            let change = if a == b {
                0
            } else if a.eq_ignore_ascii_case(b) {
                1
            } else {
                2
            };
            let cell = (diagonal + change).min(row[column] + 2).min(row[column + 1] + 2);
            diagonal = std::mem::replace(&mut row[column + 1], cell);
        }
    }
    row[second.len()]
}

/// Twice the letters in common blocks over all letters.
fn ratio(first: &str, second: &str) -> f64 {
    let total = first.chars().count() + second.chars().count();
    let first: Vec<char> = first.chars().collect();
    let second: Vec<char> = second.chars().collect();
    2.0 * common(&first, &second) as f64 / total as f64
}

/// Letters in the longest common block and, recursively, in the blocks to its left and right.
fn common(first: &[char], second: &[char]) -> usize {
    let (mut best, mut best_first, mut best_second) = (0, 0, 0);
    for at in 0..first.len() {
        for other in 0..second.len() {
            let length = first[at..].iter().zip(&second[other..]).take_while(|(a, b)| a == b).count();
            if length > best {
                (best, best_first, best_second) = (length, at, other);
            }
        }
    }
    if best == 0 {
        return 0;
    }
    best + common(&first[..best_first], &second[..best_second]) + common(&first[best_first + best..], &second[best_second + best..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_keywords_come_in_cpythons_order() {
        assert_eq!(nearest("whille")[0], "while");
        assert_eq!(by_distance("xyzzy"), None);
        assert_eq!(nearest("fro"), ["from", "from", "for"]);
    }
}
