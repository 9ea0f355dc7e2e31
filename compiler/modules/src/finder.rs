//! Where modules lie. The file system, the embedded library and the native modules stand behind traits.

/// Files of the program and of the library. Paths are joined with `/`; a root may be anything the implementor
/// understands, such as `<stdlib>`.
pub trait Files: Sync {
    /// The bytes of a file, `None` when there is no such file, an error text when it cannot be read.
    fn read(&self, path: &str) -> Option<Result<Vec<u8>, String>>;
    /// Whether a directory is there.
    fn is_dir(&self, path: &str) -> bool;
}

/// Modules that are written in Rust.
pub trait Natives: Sync {
    /// Whether there is a native module of this name.
    fn is_native(&self, name: &str) -> bool;
    /// Python modules that the native module imports by itself.
    fn requires(&self, name: &str) -> Vec<String> {
        let _ = name;
        Vec::new()
    }
}

/// Where to search, in order.
#[derive(Clone, Default, Debug)]
pub struct Roots {
    /// The main file's folder, `--path` folders and `PYTHONPATH`.
    pub user: Vec<String>,
    /// Our own Python modules, then the embedded library.
    pub library: Vec<String>,
}

/// A module that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// `x.py`.
    Module {
        /// The file.
        path: String,
        /// Under one of the library roots.
        is_library: bool,
    },
    /// `x/__init__.py`.
    Package {
        /// The `__init__.py`.
        path: String,
        /// The package's folder.
        folder: String,
        /// Under one of the library roots.
        is_library: bool,
    },
    /// Folders without `__init__.py`.
    Namespace {
        /// Its portions.
        folders: Vec<String>,
    },
    /// Written in Rust.
    Native,
}

/// Modules that CPython has built in: nothing on the path can shadow them.
const BUILT_IN: &[&str] = &[
    "_abc", "_ast", "_codecs", "_collections", "_functools", "_imp", "_io", "_locale", "_operator", "_signal", "_sre", "_stat", "_string",
    "_symtable", "_sysconfig", "_thread", "_tokenize", "_tracemalloc", "_typing", "_warnings", "_weakref", "atexit", "builtins", "errno",
    "faulthandler", "gc", "itertools", "marshal", "posix", "pwd", "sys", "time",
];

/// Finds the top-level module `name`, or the submodule `name` (its last part) in a package's `folders`.
pub fn find(files: &dyn Files, natives: &dyn Natives, roots: &Roots, full_name: &str, folders: Option<&[String]>) -> Option<Found> {
    let last = full_name.rsplit('.').next().unwrap_or(full_name);
    if BUILT_IN.contains(&full_name) && natives.is_native(full_name) {
        return Some(Found::Native);
    }
    let mut portions = Vec::new();
    let user: &[String] = folders.unwrap_or(&roots.user);
    // A submodule's folder belongs to the library exactly if its package does.
    let in_library = |folder: &str| roots.library.iter().any(|root| folder.starts_with(root.as_str()));
    if folders.is_some() {
        for folder in user {
            if let Some(found) = find_in(files, folder, last, in_library(folder), &mut portions) {
                return Some(found);
            }
        }
        if natives.is_native(full_name) {
            return Some(Found::Native);
        }
    } else {
        for folder in user {
            if let Some(found) = find_in(files, folder, last, false, &mut portions) {
                return Some(found);
            }
        }
        if natives.is_native(full_name) {
            return Some(Found::Native);
        }
        for folder in &roots.library {
            if let Some(found) = find_in(files, folder, last, true, &mut portions) {
                return Some(found);
            }
        }
    }
    if portions.is_empty() { None } else { Some(Found::Namespace { folders: portions }) }
}

fn find_in(files: &dyn Files, folder: &str, name: &str, is_library: bool, portions: &mut Vec<String>) -> Option<Found> {
    let inside = join(folder, name);
    if files.is_dir(&inside) {
        let init = join(&inside, "__init__.py");
        if files.read(&init).is_some() {
            return Some(Found::Package { path: init, folder: inside, is_library });
        }
        portions.push(inside);
    }
    let path = join(folder, &format!("{name}.py"));
    files.read(&path).is_some().then_some(Found::Module { path, is_library })
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() || folder == "." {
        name.to_owned()
    } else if folder.ends_with('/') {
        format!("{folder}{name}")
    } else {
        format!("{folder}/{name}")
    }
}
