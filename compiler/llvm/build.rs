//! Makes what stands for LLVM until it is loaded: for each function of its C interface a jump through a slot.
//!
//! Loading LLVM takes longer than a build that finds everything in the cache. So it is not linked, but loaded when the first object is to
//! be made (`src/library.rs`).

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use object::{Object, ObjectSymbol, SymbolKind};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LLVM_SYS_221_PREFIX");
    let prefix = env::var_os("LLVM_SYS_221_PREFIX").map_or_else(|| PathBuf::from("/usr/lib/llvm-22"), PathBuf::from);
    let library = prefix.join("lib/libLLVM.so");
    println!("cargo:rerun-if-changed={}", library.display());
    let library = fs::canonicalize(&library).unwrap_or_else(|error| panic!("{}: {error}", library.display()));
    let names = functions(&fs::read(&library).unwrap_or_else(|error| panic!("{}: {error}", library.display())));
    assert!(!names.is_empty(), "{} has LLVM's C interface", library.display());

    let is_arm = env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("aarch64");
    let mut assembly = String::new();
    for (index, name) in names.iter().enumerate() {
        let offset = 8 * index;
        let jump = if is_arm {
            format!("adrp x16, dxp_llvm_slots+{offset}\nldr x16, [x16, :lo12:dxp_llvm_slots+{offset}]\nbr x16")
        } else {
            format!("jmp *dxp_llvm_slots+{offset}(%rip)")
        };
        writeln!(assembly, ".globl {name}\n.hidden {name}\n.type {name},@function\n{name}:\n{jump}").expect("strings grow");
    }
    let list: String = names.iter().map(|name| format!("c{name:?},\n")).collect();
    let text = format!(
        "/// The library that this compiler was built with.\nconst BUILT_WITH: &str = {:?};\n\
         /// LLVM's C interface.\nstatic NAMES: [&std::ffi::CStr; {}] = [\n{list}];\n",
        library.to_str().expect("the path is UTF-8"),
        names.len(),
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    for (file, text) in [("library.s", assembly), ("library.rs", text)] {
        fs::write(out.join(file), text).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

/// The names of LLVM's C functions.
fn functions(library: &[u8]) -> Vec<String> {
    let file = object::File::parse(library).expect("the library is an ELF file");
    let is_function = |symbol: &object::Symbol<'_, '_>| symbol.is_definition() && symbol.kind() == SymbolKind::Text;
    let names = file.dynamic_symbols().filter(is_function).filter_map(|symbol| symbol.name().ok().map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| name.starts_with("LLVM")).collect();
    names.sort();
    names.dedup();
    names
}
