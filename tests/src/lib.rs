//! The file-test runner: programs under `tests/programs` are compiled, run, and compared with what CPython 3.14 did.
//!
//! `NAME.py` has `NAME.expect` beside it: a line `exit N`, a line `stderr LAST LINE` (empty when nothing was written), then
//! stdout as it was. `cargo run -p dxpyc-tests --bin record` writes them with the interpreter named by `DXPYC_ORACLE`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest run of one program.
const RUN_SECONDS_MAX: u64 = 60;

/// What a program did.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Outcome {
    /// Exit status; negative: the signal that ended it.
    pub status: i32,
    pub stdout: Vec<u8>,
    /// Last line of stderr.
    pub stderr_last: String,
}

impl Outcome {
    /// The text of an expectation file.
    pub fn to_expectation(&self) -> Vec<u8> {
        let mut out = format!("exit {}\nstderr {}\n", self.status, self.stderr_last).into_bytes();
        out.extend_from_slice(&self.stdout);
        out
    }

    /// Reads an expectation file.
    pub fn from_expectation(bytes: &[u8]) -> Option<Outcome> {
        let mut parts = bytes.splitn(3, |b| *b == b'\n');
        let status = std::str::from_utf8(parts.next()?).ok()?.strip_prefix("exit ")?.parse().ok()?;
        let stderr_last = std::str::from_utf8(parts.next()?).ok()?.strip_prefix("stderr ")?.to_string();
        Some(Outcome { status, stdout: parts.next().unwrap_or(b"").to_vec(), stderr_last })
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the root").to_owned()
}

/// The compiler under test: `$DXPYC`, or the release build.
pub fn compiler() -> PathBuf {
    if let Some(path) = std::env::var_os("DXPYC") {
        return path.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("release/dxpyc")
}

/// The `.py` files of a folder under `tests`, sorted.
pub fn programs(folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root().join("tests").join(folder))
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "py"))
        .collect();
    found.sort();
    found
}

/// Runs a command to its end (killed after a minute) with empty stdin.
pub fn run(command: &mut Command) -> Outcome {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("PYTHONHASHSEED", "0")
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let (mut out, mut err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let stdout = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = out.read_to_end(&mut bytes);
        bytes
    });
    let stderr = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = err.read_to_end(&mut bytes);
        bytes
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            break status;
        }
        if start.elapsed() > Duration::from_secs(RUN_SECONDS_MAX) {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let stderr = String::from_utf8_lossy(&stderr.join().expect("reader")).into_owned();
    use std::os::unix::process::ExitStatusExt;
    Outcome {
        status: status.code().unwrap_or_else(|| -status.signal().unwrap_or(0)),
        stdout: stdout.join().expect("reader"),
        stderr_last: stderr.lines().next_back().unwrap_or("").to_string(),
    }
}

/// Compiles and runs a program with further compiler options; an Err holds what the compiler said.
pub fn compile_and_run(source: &Path, options: &[&str]) -> Result<Outcome, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let binary = folder.path().join("program");
    let built = Command::new(compiler())
        .arg("build")
        .args(options)
        .arg(source)
        .arg("-o")
        .arg(&binary)
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}", compiler().display()));
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    Ok(run(Command::new(&binary).current_dir(source.parent().expect("a folder"))))
}

/// Compares every program of a folder with its expectation; the result lists what differs.
pub fn check_folder(folder: &str, options: &[&str]) -> Vec<String> {
    check_files(&programs(folder), options)
}

/// As [`check_folder`], only the programs of these names.
pub fn check_programs(folder: &str, names: &[&str], options: &[&str]) -> Vec<String> {
    let folder = root().join("tests").join(folder);
    let files: Vec<PathBuf> = names.iter().map(|name| folder.join(name).with_extension("py")).collect();
    check_files(&files, options)
}

fn check_files(files: &[PathBuf], options: &[&str]) -> Vec<String> {
    use rayon::prelude::*;
    files
        .par_iter()
        .filter_map(|source| {
            let name = source.file_stem().expect("a name").to_string_lossy().into_owned();
            let expected = match std::fs::read(source.with_extension("expect")) {
                Ok(bytes) => Outcome::from_expectation(&bytes).unwrap_or_else(|| panic!("{name}.expect is malformed")),
                Err(e) => return Some(format!("{name}: no expectation: {e}")),
            };
            match compile_and_run(source, options) {
                Err(message) => Some(format!("{name}: not compiled: {message}")),
                Ok(outcome) if outcome == expected => None,
                Ok(outcome) => Some(format!("{name}: {}", difference(&expected, &outcome))),
            }
        })
        .collect()
}

fn difference(expected: &Outcome, outcome: &Outcome) -> String {
    if outcome.stdout != expected.stdout {
        let (a, b) = (String::from_utf8_lossy(&expected.stdout), String::from_utf8_lossy(&outcome.stdout));
        for (i, pair) in a.lines().map(Some).chain(std::iter::repeat(None)).zip(b.lines().map(Some).chain(std::iter::repeat(None))).enumerate() {
            if pair.0 != pair.1 {
                return format!("stdout line {}: expected {:?}, got {:?} (status {}, {})", i + 1, pair.0, pair.1, outcome.status, outcome.stderr_last);
            }
            if pair.0.is_none() {
                break;
            }
        }
        return "stdout differs in line ends".into();
    }
    format!("expected exit {} {:?}, got {} {:?}", expected.status, expected.stderr_last, outcome.status, outcome.stderr_last)
}
