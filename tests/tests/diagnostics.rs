//! What the compiler prints of refused sources is what CPython 3.14 prints: file, line, source line, carets and message.
//!
//! `tests/diagnostics/printed.json` has a case on each line (`record_printed.py` there). Those that differed when it was recorded may differ.

use std::path::Path;
use std::process::{Command, Stdio};

use dxpyc_tests::{compiler, root};
use rayon::prelude::*;
use serde_json::Value;

/// What the compiler prints below its own first line.
fn printed(source: &str, folder: &Path) -> String {
    std::fs::create_dir_all(folder).expect("a folder for the source");
    std::fs::write(folder.join("t.py"), source).expect("the source is written");
    let done = Command::new(compiler()).args(["build", "t.py", "-o", "t"]).current_dir(folder).stdin(Stdio::null()).output().expect("the compiler starts");
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("t.py:") && first.contains(": error: ") => rest.trim().to_owned(),
        _ => text.trim().to_owned(),
    }
}

#[test]
fn refused_sources_are_reported_as_cpython_does() {
    let recorded = std::fs::read_to_string(root().join("tests/diagnostics/printed.json")).expect("the recorded cases");
    let cases: Vec<Value> = recorded.lines().map(|line| serde_json::from_str(line).expect("a case on each line")).collect();
    let out = tempfile::tempdir().expect("a temporary folder");
    let failures: Vec<String> = cases
        .par_iter()
        .enumerate()
        .filter_map(|(number, case)| {
            let text = |name: &str| case[name].as_str().expect("a text").to_owned();
            let have = printed(&text("source"), &out.path().join(number.to_string()));
            let is_right = have == text("printed").trim() || case["differs"] == true;
            (!is_right).then(|| format!("{}\n{have}\n--- instead of\n{}", text("source"), text("printed")))
        })
        .collect();
    let n_known = cases.iter().filter(|case| case["differs"] == true).count();
    assert!(cases.len() - n_known >= 700, "{n_known} of {} cases are known to differ", cases.len());
    assert!(failures.is_empty(), "{} reports differ:\n{}", failures.len(), failures.join("\n"));
}
