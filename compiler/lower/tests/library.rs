//! Every file of the embedded standard library lowers, verifies, and survives both forms of DPB.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dxpyc_base::Source;
use dxpyc_lower::{Options, lower};
use dxpyc_modules::scopes;

fn python_files(dir: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            python_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
}

/// The processor time of this thread, so that other work on the machine does not count.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0);
    Duration::from_nanos(nanoseconds)
}

#[test]
fn library_lowers_and_round_trips() {
    let root = Path::new(rustpython_pylib::LIB_PATH);
    let mut files = Vec::new();
    python_files(root, &mut files);
    assert!(files.len() > 400, "the library is there");
    let mut refused = Vec::new();
    let (mut n_lines, mut n_lowered, mut n_bytes) = (0, 0, 0);
    let [mut parsing, mut resolving, mut lowering, mut encoding, mut decoding] = [Duration::ZERO; 5];
    for path in &files {
        let bytes = std::fs::read(path).unwrap();
        let shown = path.strip_prefix(root).unwrap().display().to_string();
        let Ok(source) = Source::decode(&shown, &bytes) else { continue };
        let at = cpu_time();
        let (ast, diagnostics) = dxpyc_syntax::parse(&source);
        parsing += cpu_time().saturating_sub(at);
        if !diagnostics.is_empty() {
            continue;
        }
        let at = cpu_time();
        let (scopes, diagnostics) = scopes::analyze(&source, &ast);
        resolving += cpu_time().saturating_sub(at);
        if !diagnostics.is_empty() {
            continue;
        }
        let at = cpu_time();
        let options = Options { name: "module", source_hash: blake3::hash(&bytes).into(), kind: dxpyc_lower::Kind::Module };
        let module = lower(&source, &ast, &scopes, &options);
        lowering += cpu_time().saturating_sub(at);
        if let Err(error) = dxpyc_dpb::verify(&module) {
            refused.push(format!("{shown}: {error}"));
            continue;
        }
        let at = cpu_time();
        let encoded = dxpyc_dpb::encode(&module);
        encoding += cpu_time().saturating_sub(at);
        let at = cpu_time();
        let decoded = dxpyc_dpb::decode(&encoded).unwrap_or_else(|error| panic!("{shown}: {error}"));
        decoding += cpu_time().saturating_sub(at);
        assert!(decoded == module, "{shown}: binary form");
        assert!(dxpyc_dpb::encode(&decoded) == encoded, "{shown}: encoding is deterministic");
        let text = dxpyc_dpb::print(&module);
        let parsed = dxpyc_dpb::parse(&text).unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert!(parsed == module, "{shown}: text form");
        n_lines += source.lines.line_count() as usize;
        n_lowered += 1;
        n_bytes += encoded.len();
    }
    let total = parsing + resolving + lowering + encoding;
    println!("{n_lowered} of {} files, {n_lines} lines, {n_bytes} bytes of DPB", files.len());
    println!("parse {parsing:?}, scopes {resolving:?}, lower {lowering:?}, encode {encoding:?}, decode and verify {decoding:?}");
    println!("{:.0} kLOC/s from source", n_lines as f64 / total.as_secs_f64() / 1000.0);
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(n_lowered * 100 > files.len() * 95, "{n_lowered} of {} files were accepted", files.len());
}
