//! "Did you mean": the nearest known name for NameError, AttributeError and ImportError.
//!
//! Edit distance with cheaper case changes, bounded, as CPython's traceback module computes it.

use crate::exceptions::*;
use crate::prelude::*;

const MAX_CANDIDATES: usize = 750;
const MAX_NAME: usize = 40;
const MOVE_COST: usize = 2;
const CASE_COST: usize = 1;

/// The text to append to the message (with its leading space), or nothing.
pub fn for_exception(exception: Value) -> String {
    let class = type_of(exception);
    let found = if class.is_subtype(&ATTRIBUTE_ERROR) {
        attribute(exception)
    } else if class.is_subtype(&NAME_ERROR) {
        name(exception)
    } else if class.is_subtype(&IMPORT_ERROR) {
        import(exception)
    } else {
        None
    };
    found.unwrap_or_default()
}

fn text(v: Value) -> Option<String> {
    type_of(v).has(type_flags::STR).then(|| crate::str::to_rust(v))
}

fn names_of(object: Value) -> Vec<String> {
    match crate::ops_attr::dir_unsorted(object) {
        Ok(names) => {
            let mut names: Vec<String> = names.iter().filter_map(|n| text(n.v())).collect();
            names.sort_unstable();
            names
        }
        Err(Raised) => {
            drop(crate::state::take_pending());
            Vec::new()
        }
    }
}

fn attribute(exception: Value) -> Option<String> {
    let wrong = text(field(exception, 0))?;
    let object = field(exception, 1);
    if object.is_none() && field_slot(exception, 1).is_empty() {
        return None;
    }
    let mut names = names_of(object);
    if !wrong.starts_with('_') {
        names.retain(|n| !n.starts_with('_'));
    }
    nearest(&wrong, &names).map(|n| format!(". Did you mean: '{n}'?"))
}

fn name(exception: Value) -> Option<String> {
    let wrong = text(field(exception, 0))?;
    let mut entry = base(exception).traceback.cloned()?;
    while let Some(next) = crate::cast::get::<crate::traceback::TracebackObject>(entry.v())?.next.cloned() {
        entry = next;
    }
    let code = crate::cast::get::<crate::traceback::TracebackObject>(entry.v())?.code();
    let mut names = Vec::new();
    for i in 0..code.n_varnames as usize {
        // SAFETY: the table has n_varnames static str values.
        names.extend(text(unsafe { *code.varnames.add(i) }));
    }
    for dict in [crate::import::globals_of(unsafe_module(code)).ok(), Some(Ref::new(crate::import::builtins_dict()))].into_iter().flatten() {
        let mut at = 0;
        while let Some((key, _)) = crate::dict::next_entry(dict.v(), &mut at) {
            names.extend(text(key));
        }
    }
    names.extend(crate::builtins_types::left_out().map(str::to_string));
    let near = nearest(&wrong, &names).map(|n| format!(". Did you mean: '{n}'?"));
    match (near, crate::sys::is_stdlib_module(&wrong)) {
        (Some(near), true) => Some(format!("{near} Or did you forget to import '{wrong}'?")),
        (None, true) => Some(format!(". Did you forget to import '{wrong}'?")),
        (near, false) => near,
    }
}

fn unsafe_module(code: &dxpyc_abi::Code) -> &'static dxpyc_abi::ModuleInfo {
    // SAFETY: code records point to the static record of their module.
    unsafe { &*code.module }
}

fn import(exception: Value) -> Option<String> {
    let wrong = text(field(exception, 3))?;
    let module = text(field(exception, 1))?;
    let found = crate::dict::get_str(crate::import::sys_modules(), crate::str::from_str(&module).v())?;
    let mut names = names_of(found);
    if !wrong.starts_with('_') {
        names.retain(|n| !n.starts_with('_'));
    }
    nearest(&wrong, &names).map(|n| format!(". Did you mean: '{n}'?"))
}

/// TypeError: the function does not know that keyword. Names the nearest one that it knows.
#[cold]
pub fn unexpected_keyword(function: &str, keyword: Value, known: &[&str]) -> Raised {
    let wrong = crate::str::to_rust(keyword);
    let known: Vec<String> = known.iter().map(|name| name.to_string()).collect();
    let near = nearest(&wrong, &known).map(|name| format!(". Did you mean '{name}'?")).unwrap_or_default();
    type_error(format!("{function}() got an unexpected keyword argument '{wrong}'{near}"))
}

/// The name most like `wrong`, if one is near enough.
pub fn nearest<'a>(wrong: &str, names: &'a [String]) -> Option<&'a str> {
    if names.len() > MAX_CANDIDATES || wrong.chars().count() > MAX_NAME {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in names {
        if candidate == wrong {
            continue;
        }
        let limit = (candidate.chars().count() + wrong.chars().count() + 3) * MOVE_COST / 6;
        let limit = best.map_or(limit, |(d, _)| limit.min(d.saturating_sub(1)));
        let distance = distance(wrong, candidate, limit);
        if distance > limit {
            continue;
        }
        if best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, n)| n)
}

fn substitution(a: char, b: char) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

/// Levenshtein distance with [`MOVE_COST`] and [`CASE_COST`]; anything above `limit` may be returned as `limit + 1`.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let (mut a, mut b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    while !a.is_empty() && a.first() == b.first() {
        a.remove(0);
        b.remove(0);
    }
    while !a.is_empty() && a.last() == b.last() {
        a.pop();
        b.pop();
    }
    if a.is_empty() || b.is_empty() {
        return MOVE_COST * (a.len() + b.len());
    }
    if a.len() > MAX_NAME || b.len() > MAX_NAME {
        return limit + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE_COST).collect();
    let mut result = 0;
    for (j, cb) in b.iter().enumerate() {
        let mut corner = j * MOVE_COST;
        result = corner + MOVE_COST;
        let mut minimum = usize::MAX;
        let mut left = (j + 1) * MOVE_COST;
        for (i, ca) in a.iter().enumerate() {
            let substitute = corner + substitution(*cb, *ca);
            corner = row[i];
            let insert_delete = left.min(corner) + MOVE_COST;
            result = insert_delete.min(substitute);
            row[i] = result;
            left = result;
            minimum = minimum.min(result);
        }
        if minimum > limit {
            return limit + 1;
        }
    }
    result
}
