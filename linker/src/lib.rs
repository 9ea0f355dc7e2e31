//! Objects and the runtime's archive → the bytes of an executable, in process and without touching the disk.
//!
//! The linker proper is wild (`libwild`), run on a file system that lives in memory. What C toolchains usually supply
//! (start files, libgcc, the interfaces of libc and libm) was embedded when this crate was built, so the user's machine
//! needs none. Writing the bytes to their place is the driver's.

#![forbid(unsafe_code)]

mod memory;
mod prune;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use memory::{Bytes, MemoryFiles};

/// The contents of an archive: embedded in the compiler, or read by the caller.
pub type ArchiveBytes = Cow<'static, [u8]>;

/// The bytes of an object, wherever they are.
pub type ObjectBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// How the executable finds libc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// Position independent, with libc.so.6 loaded at start.
    Dynamic,
    /// libc is part of the file.
    Static,
}

/// What to do beside joining the inputs.
#[derive(Clone, Debug)]
pub struct Options {
    pub linkage: Linkage,
    /// Leave symbols and debug information out.
    pub strip: bool,
    /// All names that the program can look up, so that native functions of other names can be left out. None: any name.
    pub names: Option<HashSet<String>>,
}

/// A file that a link needs besides the caller's.
pub struct StartFile {
    pub name: &'static str,
    pub bytes: &'static [u8],
}

macro_rules! start_file {
    ($name:literal) => {
        StartFile { name: $name, bytes: include_bytes!(concat!(env!("OUT_DIR"), "/", $name)) }
    };
}

const DYNAMIC_FIRST: &[StartFile] = &[start_file!("Scrt1.o"), start_file!("crti.o"), start_file!("crtbeginS.o")];
const DYNAMIC_LAST: &[StartFile] = &[
    start_file!("libgcc.a"),
    start_file!("libgcc_eh.a"),
    start_file!("libc.so.6"),
    start_file!("libc_nonshared.a"),
    start_file!("libm.so.6"),
    start_file!("crtendS.o"),
    start_file!("crtn.o"),
];
/// The C library and that of mathematical functions, in their dynamic form.
const LIBC: &str = "libc.so.6";
const LIBM: &str = "libm.so.6";
const STATIC_FIRST: &[StartFile] = &[start_file!("crt1.o"), start_file!("crti.o")];
const STATIC_LAST: &[StartFile] = &[
    start_file!("libgcc.a"),
    start_file!("libgcc_eh.a"),
    start_file!("libm.a"),
    start_file!("libc.a"),
    start_file!("crtn.o"),
];

/// A copy of the runtime's main object, for the link to change. It takes a while, and can be made before there is something to link.
pub struct RuntimeCopy(Option<Vec<u8>>);

impl RuntimeCopy {
    /// Copies it out of the archive.
    pub fn of(archive: &[u8]) -> RuntimeCopy {
        RuntimeCopy(prune::main_object(archive).map(<[u8]>::to_vec))
    }
}

/// Joins `objects` with the members of `archive` that they need. `runtime`: from the same archive.
///
/// The result is a complete ELF file: no rpath, full RELRO, a stack that cannot be executed, unreferenced sections gone.
/// An error is the linker's text; after a compile that went well it is a bug of ours, or `--static` without a libc.a.
pub fn link(objects: Vec<ObjectBytes>, archive: ArchiveBytes, runtime: RuntimeCopy, options: Options) -> Result<Vec<u8>, String> {
    let (first, last) = match options.linkage {
        Linkage::Dynamic => (DYNAMIC_FIRST, DYNAMIC_LAST),
        Linkage::Static => (STATIC_FIRST, STATIC_LAST),
    };
    if let Some(absent) = first.iter().chain(last).find(|file| file.bytes.is_empty()) {
        return Err(format!("this dxpyc was built on a machine without `{}`, which --static needs", absent.name));
    }

    let mut files = MemoryFiles::default();
    let mut arguments: Vec<String> = ARGUMENTS.iter().map(|&argument| argument.to_owned()).collect();
    match options.linkage {
        // Packed relocations are a tenth of the plain ones (and need glibc 2.36).
        Linkage::Dynamic => {
            let dynamic = ["-pie", "-dynamic-linker", INTERPRETER, "-z", "pack-relative-relocs"];
            arguments.extend(dynamic.map(str::to_owned));
        }
        Linkage::Static => arguments.extend(["-static", "-no-pie"].map(str::to_owned)),
    }
    if options.strip {
        arguments.push("--strip-all".to_owned());
    }
    let mut add = |name: String, bytes: Bytes| {
        let path = PathBuf::from("/dxpyc").join(name);
        arguments.push(path.to_str().expect("made of UTF-8").to_owned());
        files.add(path, bytes);
    };
    for file in first {
        add(file.name.to_owned(), Bytes::Static(file.bytes));
    }
    let mut needed = HashSet::new();
    objects.iter().for_each(|object| prune::undefined_symbols((**object).as_ref(), &mut needed));
    // An unused library costs its loading at each start.
    let mut needs_libm = true;
    if let Some(mut runtime) = runtime.0 {
        if let Some(imports) = prune::prune(&mut runtime, &needed, options.names.as_ref()) {
            needed.extend(imports);
            // Some functions are in the archive or in libc too, which come first.
            prune::remove_members(&archive, &mut needed);
            for file in last.iter().filter(|file| file.name == LIBC) {
                prune::remove_defined(file.bytes, &mut needed);
            }
            needs_libm = last.iter().any(|file| file.name == LIBM && prune::remove_defined(file.bytes, &mut needed));
        }
        add("runtime.o".to_owned(), Bytes::Shared(Arc::new(runtime)));
    }
    for (index, object) in objects.into_iter().enumerate() {
        add(format!("unit{index}.o"), Bytes::Shared(object));
    }
    let archive = match archive {
        Cow::Borrowed(bytes) => Bytes::Static(bytes),
        Cow::Owned(bytes) => Bytes::Shared(Arc::new(bytes)),
    };
    add("libdxpyc_runtime.a".to_owned(), archive);
    for file in last.iter().filter(|file| needs_libm || file.name != LIBM) {
        add(file.name.to_owned(), Bytes::Static(file.bytes));
    }
    run(files, &arguments)
}

/// The file that holds the dynamic linker on the machine where the program runs.
const INTERPRETER: &str = if cfg!(target_arch = "aarch64") {
    "/lib/ld-linux-aarch64.so.1"
} else {
    "/lib64/ld-linux-x86-64.so.2"
};

const OUTPUT: &str = "/dxpyc/output";

const ARGUMENTS: &[&str] = &[
    "ld",
    "--gc-sections",
    "--as-needed",
    "--hash-style=gnu",
    "--eh-frame-hdr",
    "--no-fork",
    "-z",
    "relro",
    "-z",
    "now",
    "-z",
    "noexecstack",
    "-o",
    OUTPUT,
];

fn run(files: MemoryFiles, arguments: &[String]) -> Result<Vec<u8>, String> {
    let text = |error: libwild::error::Error| error.to_string();
    let arguments = || arguments.iter().map(String::as_str);
    let mut args = libwild::Args::new(arguments).map_err(text)?;
    args.on_warning(Box::new(|_| ()));
    args.parse(arguments).map_err(text)?;
    let output = Arc::clone(&files.output);
    let linker = libwild::Linker::with_file_system(files);
    drop(linker.run(&args).map_err(text)?);
    output.lock().expect("no writer panicked").take().ok_or_else(|| "the linker wrote no output".to_owned())
}
