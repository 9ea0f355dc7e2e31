//! Records what CPython 3.14 (`$DXPYC_ORACLE`) does with the programs under `tests/programs`.
//!
//! `record [NAME…]`: all programs without an expectation, or those named.

use dxpyc_tests::{programs, run};
use std::process::Command;

fn main() {
    let oracle = std::env::var_os("DXPYC_ORACLE").expect("DXPYC_ORACLE names CPython 3.14");
    let names: Vec<String> = std::env::args().skip(1).collect();
    for source in programs("programs") {
        let name = source.file_stem().expect("a name").to_string_lossy().into_owned();
        let expectation = source.with_extension("expect");
        let wanted = if names.is_empty() { !expectation.exists() } else { names.contains(&name) };
        if wanted {
            let outcome = run(Command::new(&oracle).arg(&source).current_dir(source.parent().expect("a folder")));
            std::fs::write(&expectation, outcome.to_expectation()).expect("the expectation can be written");
            println!("{name}: exit {}, {} bytes", outcome.status, outcome.stdout.len());
        }
    }
}
