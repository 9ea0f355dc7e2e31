//! Programs that end in an exception: what they write to stderr is what CPython 3.14 writes, byte for byte.
//!
//! `tests/tracebacks/NAME.py` is several programs, of which its argument chooses one; `NAME.stderr` has for each a line
//! `@@ NUMBER EXIT` and the text (`record.py` there).

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use dxpyc_tests::{compiler, programs};

/// One recorded case.
struct Case {
    number: String,
    status: i32,
    text: String,
}

fn cases(recorded: &str) -> Vec<Case> {
    let mut out: Vec<Case> = Vec::new();
    for line in recorded.split_inclusive('\n') {
        let mut head = line.strip_prefix("@@ ").into_iter().flat_map(str::split_whitespace);
        if let (Some(number), Some(Ok(status))) = (head.next(), head.next().map(str::parse)) {
            out.push(Case { number: number.to_owned(), status, text: String::new() });
        } else if let Some(case) = out.last_mut() {
            case.text.push_str(line);
        }
    }
    out
}

/// The text with `0x…` for each address.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        let is_address = part.len() - rest.len() >= 6;
        out.push_str(if is_address { "0x…" } else { "0x" });
        out.push_str(if is_address { rest } else { part });
    }
    out
}

/// What is wrong with a program's cases.
fn check(path: &Path, out: &Path) -> Vec<String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let recorded = std::fs::read(path.with_extension("stderr")).expect("each program is recorded");
    let recorded = String::from_utf8_lossy(&recorded);
    let binary = out.join(&name);
    let built = Command::new(compiler())
        .args(["build", &format!("{name}.py"), "-o"])
        .arg(&binary)
        .current_dir(path.parent().expect("a folder"))
        .stdin(Stdio::null())
        .output()
        .expect("the compiler starts");
    if !built.status.success() {
        return vec![format!("{name}: {}", String::from_utf8_lossy(&built.stderr))];
    }
    let differs = |case: &Case| {
        let run = Command::new(&binary).arg(&case.number).current_dir(out).stdin(Stdio::null()).output().expect("the program starts");
        let text = without_addresses(&String::from_utf8_lossy(&run.stderr));
        // Killed by a signal: its number below zero, as Python's `subprocess` tells it.
        let status = run.status.code().or_else(|| run.status.signal().map(|number| -number));
        let is_same = text == case.text && status == Some(case.status);
        (!is_same).then(|| format!("{name} {}: {} instead of {}\n{text}--- instead of\n{}", case.number, run.status, case.status, case.text))
    };
    cases(&recorded).iter().filter_map(differs).collect()
}

#[test]
fn uncaught_exceptions_are_reported_as_cpython_does() {
    let out = std::env::temp_dir().join(format!("dxpyc-tracebacks-{}", std::process::id()));
    std::fs::create_dir_all(&out).expect("a folder for the programs");
    let paths: Vec<_> = programs("tracebacks").into_iter().filter(|path| path.with_extension("stderr").exists()).collect();
    let failures: Vec<String> = paths.iter().flat_map(|path| check(path, &out)).collect();
    drop(std::fs::remove_dir_all(&out));
    assert!(paths.len() > 10, "tests/tracebacks is there");
    assert!(failures.is_empty(), "{} reports differ:\n{}", failures.len(), failures.join("\n"));
}
