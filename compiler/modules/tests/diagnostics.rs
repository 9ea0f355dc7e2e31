//! Refused sources against what CPython 3.14 says of them.
//!
//! `tests/diagnostics/*.cases` hold the sources: a line `@@ LINE:COLUMN Class: message` with what CPython says, then the
//! source. `tests/diagnostics/record.py` writes them. Another file can be tried with `CASES=path cargo test …
//! -- --nocapture`, which prints what differs.

use std::fmt::Write as _;

use dxpyc_base::Source;
use dxpyc_modules::graph::{self, Body};
use rayon::prelude::*;

struct Case {
    expected_line: u32,
    expected: String,
    text: String,
}

fn cases(file: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in file.split_inclusive('\n') {
        if let Some(header) = line.strip_prefix("@@ ") {
            let (place, message) = header.trim_end_matches('\n').split_once(' ').expect("a message after the place");
            let line = place.split(':').next().and_then(|line| line.parse().ok()).unwrap_or(0);
            cases.push(Case { expected_line: line, expected: message.trim_end().to_owned(), text: String::new() });
        } else if let Some(case) = cases.last_mut() {
            case.text.push_str(line);
        }
    }
    cases
}

/// `(line, last printed line)` of the first diagnostic.
fn refuse(text: &str) -> Option<(u32, String)> {
    match graph::analyze(Source::from_text("t.py", text)) {
        Body::Broken(diagnostics) => {
            let first = diagnostics.first()?;
            Some((first.location.as_ref().map_or(0, |at| at.line), first.last_line()))
        }
        _ => None,
    }
}

/// Shares of identical messages with line, and a report of the others.
fn compare(file: &str) -> (usize, usize, usize, String) {
    let (mut same, mut refused, mut total) = (0, 0, 0);
    let mut report = String::new();
    for case in cases(file) {
        total += 1;
        let got = refuse(&case.text);
        refused += usize::from(got.is_some());
        let (line, message) = got.unwrap_or((0, "accepted".to_owned()));
        if line == case.expected_line && message == case.expected {
            same += 1;
        } else {
            let _ = writeln!(report, "want {}: {}\n got {line}: {message}\n{}", case.expected_line, case.expected, case.text);
        }
    }
    (same, refused, total, report)
}

#[test]
fn refused_sources_get_cpythons_words() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/diagnostics");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "cases"));
    paths.sort();
    let given = std::env::var("CASES").ok();
    if let Some(given) = &given {
        paths = vec![given.into()];
    }
    let (mut same, mut refused, mut total) = (0, 0, 0);
    let mut report = String::new();
    for path in paths {
        let found = compare(&std::fs::read_to_string(&path).unwrap());
        (same, refused, total) = (same + found.0, refused + found.1, total + found.2);
        report += &found.3;
    }
    if given.is_some() {
        println!("{report}\nsame {same}, refused {refused}, of {total}");
        return;
    }
    assert_eq!(refused, total, "accepted what CPython refuses:\n{report}");
    assert!(same * 100 >= total * 95, "only {same} of {total} are said as CPython says them:\n{report}");
}

/// Every beginning of every refused source, and the source with each character doubled, is accepted or refused.
#[test]
fn no_mutilated_source_panics() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/diagnostics");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "cases") {
            texts.extend(cases(&std::fs::read_to_string(&path).unwrap()).into_iter().map(|case| case.text));
        }
    }
    let step = if std::env::var("FUZZ").is_ok() { 1 } else { 7 };
    texts.par_iter().filter(|text| text.len() < 300).for_each(|text| {
        for (at, letter) in text.char_indices().step_by(step) {
            refuse(&text[..at]);
            refuse(&format!("{}{letter}{}", &text[..at], &text[at..]));
            refuse(&format!("{}{}", &text[..at], &text[at + letter.len_utf8()..]));
            refuse(&format!("{}'{}", &text[..at], &text[at..]));
            refuse(&format!("{}({}", &text[..at], &text[at..]));
            refuse(&format!("{}f\"{{{}", &text[..at], &text[at..]));
        }
    });
}
