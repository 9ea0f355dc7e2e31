//! Overlays: definitions of ours that take the place of those of the same name in a library module (build script only).
//!
//! `stdlib/python/overlay/PATH` holds top-level functions, classes and assignments. Each replaces the statement that defines the
//! same name in the library's PATH; what the library does not define is put in front of the next one that it does, or at the end.

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

/// The name that a top-level statement defines.
fn defined_name(statement: &Stmt) -> Option<&str> {
    match statement {
        Stmt::FunctionDef(f) => Some(f.name.as_str()),
        Stmt::ClassDef(c) => Some(c.name.as_str()),
        Stmt::Assign(a) => match a.targets.as_slice() {
            [Expr::Name(name)] => Some(name.id.as_str()),
            _ => None,
        },
        _ => None,
    }
}

/// The library module `base` with the definitions of `overlay`. Panics when either does not parse or nothing is replaced.
pub fn apply(base: &str, overlay: &str, path: &str) -> String {
    let parse = |text: &str| {
        ruff_python_parser::parse_module(text).unwrap_or_else(|error| panic!("overlay of {path}: {error}")).into_syntax().body
    };
    let (base_body, overlay_body) = (parse(base), parse(overlay));
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    let mut waiting = String::new();
    for statement in &overlay_body {
        let Some(name) = defined_name(statement) else { continue };
        let text = &overlay[statement.range().start().to_usize()..statement.range().end().to_usize()];
        match base_body.iter().find(|b| defined_name(b) == Some(name)) {
            Some(old) => {
                let range = old.range();
                edits.push((range.start().to_usize(), range.end().to_usize(), format!("{}{text}", std::mem::take(&mut waiting))));
            }
            None => waiting.push_str(&format!("{text}\n\n")),
        }
    }
    assert!(!edits.is_empty() || !waiting.is_empty(), "overlay of {path} is empty");
    edits.sort();
    let mut out = String::new();
    let mut at = 0;
    for (start, end, text) in edits {
        out.push_str(&base[at..start]);
        out.push_str(&text);
        at = end;
    }
    out.push_str(&base[at..]);
    out.push_str(&waiting);
    out
}
