//! Makes what the compiler embeds: the runtime as an archive, its hot paths as LLVM bitcode, the standard library.
//!
//! With `DXPYC_NO_EMBED=1` the archive is left out: for work on the runtime, whose archive `DXPYC_RUNTIME_ARCHIVE` then
//! names when `dxpyc` runs.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::read::archive::ArchiveFile;

mod overlay;
mod profile;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let root = manifest.ancestors().nth(2).expect("the crate lies in compiler/driver").to_owned();
    println!("cargo:rerun-if-env-changed=DXPYC_NO_EMBED");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=overlay.rs");
    println!("cargo:rerun-if-changed=profile.rs");
    library(&root, &out);
    write(&out.join("build_id.txt"), build_id(&root).as_bytes());
    let nested = Nested { target: out.ancestors().nth(4).expect("OUT_DIR is deep in target").join("nested"), root };
    let depends_on = |paths: &[&str]| {
        for path in paths {
            println!("cargo:rerun-if-changed={}", nested.root.join(path).display());
        }
    };
    depends_on(&["runtime-lib/abi", "runtime-lib/hot", "Cargo.toml", "rust-toolchain.toml"]);
    write(&out.join("hot.bc"), &nested.bitcode());
    if env::var_os("DXPYC_NO_EMBED").is_some() {
        for name in ["runtime.a", "natives.txt"] {
            write(&out.join(name), b"");
        }
        return;
    }
    depends_on(&["runtime-lib", "stdlib/native", "Cargo.lock"]);
    let archive = nested.archive(&out);
    write(&out.join("natives.txt"), native_modules(&archive).join("\n").as_bytes());
    write(&out.join("runtime.a"), &archive);
}

/// Hash of all that decides what this compiler makes of a program: its sources, the versions of what it is built with, how it is built.
fn build_id(root: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |name: &str, bytes: &[u8]| {
        for field in [name.as_bytes(), bytes] {
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field);
        }
    };
    for name in ["compiler", "linker", "runtime-lib", "stdlib", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"] {
        println!("cargo:rerun-if-changed={}", root.join(name).display());
        for path in files_below(&root.join(name)) {
            let inside = path.strip_prefix(root).expect("found below the root");
            add(&inside.to_string_lossy(), &read(&path));
        }
    }
    for name in ["TARGET", "OPT_LEVEL", "DEBUG", "PROFILE", "CARGO_ENCODED_RUSTFLAGS", "DXPYC_NO_EMBED"] {
        add(name, env::var_os(name).unwrap_or_default().as_encoded_bytes());
    }
    let rustc = env::var_os("RUSTC").expect("cargo sets RUSTC");
    let version = Command::new(rustc).arg("-vV").output().expect("rustc tells its version");
    add("rustc", &version.stdout);
    hasher.finalize().to_hex().to_string()
}

/// The files below a folder, or the file itself, in a fixed order.
fn files_below(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut names: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    names.sort();
    names.iter().flat_map(|name| files_below(name)).collect()
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A cargo inside this one, with a target directory of its own.
struct Nested {
    root: PathBuf,
    target: PathBuf,
}

impl Nested {
    /// `arguments`: a file with more of them for rustc.
    fn rustc(&self, package: &str, arguments: Option<&Path>) -> Command {
        let cargo = env::var_os("CARGO").expect("cargo sets CARGO");
        let mut command = Command::new(cargo);
        command.current_dir(&self.root).args(["rustc", "--quiet", "--lib", "--profile", "runtime", "--package", package]);
        command.arg("--target-dir").arg(&self.target);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_") && !["CARGO_HOME", "CARGO_MAKEFLAGS"].contains(&&*text) || text == "RUSTFLAGS" {
                command.env_remove(&name);
            }
        }
        let flags = match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
            Ok("x86_64") => "-Ctarget-cpu=x86-64-v2\x1f-Crelocation-model=pic",
            _ => "-Crelocation-model=pic",
        };
        let arguments = arguments.map(|path| format!("\x1f@{}", path.display())).unwrap_or_default();
        command.env("CARGO_ENCODED_RUSTFLAGS", format!("{flags}{arguments}"));
        command
    }

    fn run(mut command: Command) {
        let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(status.success(), "{command:?} failed");
    }

    /// The runtime with everything it needs, without debug information and unwind tables: panics abort.
    fn archive(&self, out: &Path) -> Vec<u8> {
        let llvm = env::var_os("LLVM_SYS_221_PREFIX").map_or_else(|| PathBuf::from("/usr/lib/llvm-22"), PathBuf::from);
        println!("cargo:rerun-if-env-changed=LLVM_SYS_221_PREFIX");
        let profile = profile::arguments(&self.root.join("runtime-lib/profile.txt"), out, &llvm);
        let mut command = self.rustc("dxpyc-runtime", profile.as_deref());
        command.args(["--crate-type", "staticlib"]);
        // One object: it links four times faster and is smaller.
        command.env("CARGO_PROFILE_RUNTIME_LTO", "fat").env("CARGO_PROFILE_RUNTIME_CODEGEN_UNITS", "1");
        Nested::run(command);
        let built = self.target.join("runtime").join("libdxpyc_runtime.a");
        let stripped = self.target.join("runtime").join("libdxpyc_runtime.stripped.a");
        let strip = Command::new(llvm.join("bin/llvm-objcopy")).args(["--strip-debug", "--remove-section=.eh_frame", "--remove-section=.rela.eh_frame"]).arg(&built).arg(&stripped).status();
        if strip.is_ok_and(|status| status.success()) { read(&stripped) } else { read(&built) }
    }

    /// `runtime-lib/hot` for the baseline processor, as LLVM bitcode that needs nothing but entry points.
    fn bitcode(&self) -> Vec<u8> {
        let path = self.target.join("hot.bc");
        let mut command = self.rustc("dxpyc-hot", None);
        command.arg("--").arg(format!("--emit=llvm-bc={}", path.display())).args(["-Ccodegen-units=1", "-Cpanic=abort", "-Cforce-unwind-tables=no"]);
        // Cargo forgets outputs that it did not ask for: a fresh unit would not write the file again.
        if !path.exists() {
            let _ = fs::remove_dir_all(self.target.join("runtime/.fingerprint"));
        }
        Nested::run(command);
        read(&path)
    }
}

/// The native modules that an archive has: symbols `dxp_native_module_NAME`.
fn native_modules(archive: &[u8]) -> Vec<String> {
    let archive = ArchiveFile::parse(archive).expect("rustc made an archive");
    let symbols = archive.symbols().expect("the archive has an index");
    let mut names: Vec<String> = symbols
        .into_iter()
        .flatten()
        .filter_map(|symbol| {
            let symbol = symbol.expect("the archive's index is well formed");
            let name = std::str::from_utf8(symbol.name()).ok()?;
            name.strip_prefix("dxp_native_module_").map(str::to_owned)
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Packs the Python files of the standard library; ours replace those of the same name, and overlays parts of them.
///
/// Format: per file a line `path start len` in `library.index`; the contents one after another in `library.bin`.
fn library(root: &Path, out: &Path) {
    let mut files = BTreeMap::new();
    for dir in [Path::new(rustpython_pylib::LIB_PATH), &root.join("stdlib/python")] {
        println!("cargo:rerun-if-changed={}", dir.display());
        collect(dir, "", &mut files);
    }
    let (mut index, mut contents) = (String::new(), Vec::new());
    for (path, file) in files.iter().filter(|(path, _)| !path.starts_with(OVERLAY)) {
        let mut bytes = read(file);
        if let Some(overlay_file) = files.get(&format!("{OVERLAY}{path}")) {
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
            bytes = overlay::apply(&text(bytes), &text(read(overlay_file)), path).into_bytes();
        }
        index.push_str(&format!("{path} {} {}\n", contents.len(), bytes.len()));
        contents.extend_from_slice(&bytes);
    }
    write(&out.join("library.index"), index.as_bytes());
    write(&out.join("library.bin"), &contents);
}

/// Folder of `stdlib/python` with definitions that replace single ones of library modules.
const OVERLAY: &str = "overlay/";

/// Folders of the library that no program imports.
const LEFT_OUT: [&str; 6] = ["idlelib", "turtledemo", "ensurepip", "test", "__pycache__", "lib2to3"];

fn collect(dir: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().expect("library file names are UTF-8");
        if path.is_dir() {
            if !LEFT_OUT.contains(&name.as_str()) {
                collect(&path, &format!("{prefix}{name}/"), files);
            }
        } else if name.ends_with(".py") {
            files.insert(format!("{prefix}{name}"), path);
        }
    }
}
