//! Where modules lie: the disk and the embedded library, behind the traits of `modules`.

use std::collections::HashSet;
use std::path::Path;

use dxpyc_modules::finder::{Files, Natives};

use crate::embedded;

/// Disk and embedded library.
pub struct AllFiles;

impl Files for AllFiles {
    fn read(&self, path: &str) -> Option<Result<Vec<u8>, String>> {
        if embedded::is_library_path(path) {
            return embedded::library_file(path).map(|bytes| Ok(bytes.to_vec()));
        }
        if !Path::new(path).is_file() {
            return None;
        }
        Some(std::fs::read(path).map_err(|error| format!("cannot read: {}", reason(&error))))
    }

    fn is_dir(&self, path: &str) -> bool {
        if embedded::is_library_path(path) { embedded::is_library_folder(path) } else { Path::new(path).is_dir() }
    }
}

/// The native modules of a runtime.
pub struct RuntimeNatives<'a>(pub &'a HashSet<String>);

impl Natives for RuntimeNatives<'_> {
    fn is_native(&self, name: &str) -> bool {
        matches!(name, "builtins" | "sys") || self.0.contains(&name.replace('.', "_"))
    }
}

/// The text of a system error without Rust's `(os error 2)`.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}
