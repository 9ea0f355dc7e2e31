//! Every file of the embedded library parses, scopes and passes the checks.

use std::path::{Path, PathBuf};

use dxpyc_base::Source;
use dxpyc_modules::graph::{self, Body};
use rayon::prelude::*;

fn python_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            python_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            found.push(path);
        }
    }
}

#[test]
fn every_library_file_is_accepted() {
    let mut paths = Vec::new();
    python_files(Path::new(rustpython_pylib::LIB_PATH), &mut paths);
    assert!(paths.len() > 300, "only {} files", paths.len());
    let faults: Vec<String> = paths
        .par_iter()
        .filter_map(|path| {
            let bytes = std::fs::read(path).unwrap();
            let source = match Source::decode(&path.to_string_lossy(), &bytes) {
                Ok(source) => source,
                Err(diagnostic) => return Some(diagnostic.first_line()),
            };
            match graph::analyze(source) {
                Body::Broken(diagnostics) => Some(diagnostics[0].first_line()),
                _ => None,
            }
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
