//! What this binary carries: the runtime's archive, the hot paths' bitcode, the standard library's sources.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use object::read::archive::ArchiveFile;

static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.a"));
static NATIVES: &str = include_str!(concat!(env!("OUT_DIR"), "/natives.txt"));
static LIBRARY_INDEX: &str = include_str!(concat!(env!("OUT_DIR"), "/library.index"));
static LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// LLVM bitcode of `runtime-lib/hot`.
pub static HOT_BITCODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hot.bc"));

/// The folder that library modules seem to lie in.
pub const LIBRARY_ROOT: &str = "<stdlib>";

/// The runtime: its archive and the native modules in it.
pub struct Runtime {
    pub archive: Cow<'static, [u8]>,
    pub natives: HashSet<String>,
}

/// The environment variable that names an archive to link instead of the embedded one.
pub const ARCHIVE_VARIABLE: &str = "DXPYC_RUNTIME_ARCHIVE";

impl Runtime {
    /// The embedded runtime, or the one that the environment names.
    pub fn load() -> Result<Runtime, String> {
        if let Some(path) = std::env::var_os(ARCHIVE_VARIABLE) {
            let path = Path::new(&path);
            let archive = std::fs::read(path).map_err(|error| format!("{ARCHIVE_VARIABLE}={}: {error}", path.display()))?;
            let natives = native_modules(&archive).map_err(|error| format!("{}: {error}", path.display()))?;
            return Ok(Runtime { archive: Cow::Owned(archive), natives });
        }
        if ARCHIVE.is_empty() {
            return Err(format!("this dxpyc was built without a runtime: set {ARCHIVE_VARIABLE}"));
        }
        let natives = NATIVES.lines().map(str::to_owned).collect();
        Ok(Runtime { archive: Cow::Borrowed(ARCHIVE), natives })
    }
}

fn native_modules(archive: &[u8]) -> Result<HashSet<String>, object::Error> {
    let archive = ArchiveFile::parse(archive)?;
    let mut names = HashSet::new();
    for symbol in archive.symbols()?.into_iter().flatten() {
        let symbol = symbol?;
        let name = std::str::from_utf8(symbol.name()).ok().and_then(|name| name.strip_prefix("dxp_native_module_"));
        names.extend(name.map(str::to_owned));
    }
    Ok(names)
}

struct Library {
    files: HashMap<&'static str, &'static [u8]>,
    folders: HashSet<&'static str>,
}

static LIBRARY_FILES: LazyLock<Library> = LazyLock::new(|| {
    let mut library = Library { files: HashMap::new(), folders: HashSet::from([""]) };
    for line in LIBRARY_INDEX.lines() {
        let mut fields = line.rsplitn(3, ' ');
        let (len, start, path) = (fields.next(), fields.next(), fields.next());
        let number = |field: Option<&str>| field.and_then(|text| text.parse::<usize>().ok());
        let (Some(path), Some(start), Some(len)) = (path, number(start), number(len)) else {
            panic!("library.index: malformed line {line:?}");
        };
        library.files.insert(path, &LIBRARY[start..start + len]);
        for (at, _) in path.match_indices('/') {
            library.folders.insert(&path[..at]);
        }
    }
    library
});

/// The library path of a full path.
fn inside(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(LIBRARY_ROOT)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// A library file; none when the path is not one of the library.
pub fn library_file(path: &str) -> Option<&'static [u8]> {
    LIBRARY_FILES.files.get(inside(path)?).copied()
}

/// Whether the path is in the library, even if nothing is there.
pub fn is_library_path(path: &str) -> bool {
    inside(path).is_some()
}

/// Whether the path is a folder of the library.
pub fn is_library_folder(path: &str) -> bool {
    inside(path).is_some_and(|inside| LIBRARY_FILES.folders.contains(inside))
}
