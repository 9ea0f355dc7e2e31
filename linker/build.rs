//! Collects what every link needs, so that the machines where `dxpyc` runs need no C compiler:
//! the start files, libgcc, and the *interfaces* of libc, libm and the dynamic linker (symbol tables only, no code).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Taken whole.
const FILES: [&str; 8] = ["Scrt1.o", "crti.o", "crtbeginS.o", "crtendS.o", "crtn.o", "libgcc.a", "libgcc_eh.a", "libc_nonshared.a"];
/// Taken as interfaces.
const SHARED: [&str; 2] = ["libc.so.6", "libm.so.6"];
/// For `--static`; a machine without them builds a `dxpyc` that says so.
const STATIC: [&str; 3] = ["crt1.o", "libc.a", "libm.a"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    for name in FILES {
        let from = find(name).unwrap_or_else(|| panic!("`{name}` not found: install gcc and libc6-dev"));
        copy(&from, &out.join(name));
    }
    for name in SHARED {
        let from = find(name).unwrap_or_else(|| panic!("`{name}` not found: install libc6-dev"));
        println!("cargo:rerun-if-changed={}", from.display());
        let bytes = fs::read(&from).expect("a shared library is readable");
        fs::write(out.join(name), interface(&bytes)).expect("OUT_DIR is writable");
    }
    for name in STATIC {
        match find(name) {
            Some(from) => copy(&from, &out.join(name)),
            None => fs::write(out.join(name), []).expect("OUT_DIR is writable"),
        }
    }
    // glibc's libm.a is a linker script that names the archive.
    let libm = fs::read(out.join("libm.a")).expect("written above");
    if libm.starts_with(b"/*") {
        let script = String::from_utf8_lossy(&libm).into_owned();
        let named = script.split_whitespace().find(|word| word.contains("libm-") && word.ends_with(".a"));
        let archive = named.map(Path::new).filter(|path| path.exists());
        match archive {
            Some(from) => copy(from, &out.join("libm.a")),
            None => fs::write(out.join("libm.a"), []).expect("OUT_DIR is writable"),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    println!("cargo:rerun-if-changed={}", from.display());
    let bytes = fs::read(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    fs::write(to, bytes).expect("OUT_DIR is writable");
}

fn find(name: &str) -> Option<PathBuf> {
    let arch = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
    let mut dirs = vec![
        PathBuf::from(format!("/usr/lib/{arch}-linux-gnu")),
        PathBuf::from(format!("/lib/{arch}-linux-gnu")),
        PathBuf::from("/usr/lib64"),
        PathBuf::from("/lib64"),
    ];
    for root in [format!("/usr/lib/gcc/{arch}-linux-gnu"), format!("/usr/lib/gcc/{arch}-pc-linux-gnu")] {
        let versions = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut versions: Vec<PathBuf> = versions.collect();
        versions.sort_by_key(|path| path.file_name().and_then(|n| n.to_str()?.split('.').next()?.parse::<u32>().ok()));
        dirs.extend(versions.into_iter().rev());
    }
    let found = dirs.iter().map(|dir| dir.join(name)).find(|path| path.exists());
    found.or_else(|| {
        let output = Command::new("cc").arg(format!("-print-file-name={name}")).output().ok()?;
        let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
        (path.is_absolute() && path.exists()).then_some(path)
    })
}

const SHT_STRTAB: u32 = 3;
const SHT_NOBITS: u32 = 8;
const SHF_ALLOC: u64 = 2;
/// Dynamic section, dynamic symbols, GNU version tables.
const KEPT: [u32; 5] = [6, 11, 0x6fff_fffd, 0x6fff_fffe, 0x6fff_ffff];

/// What a linker reads of an ELF64 shared library: the same sections, of which only the symbol and version
/// tables have contents.
fn interface(elf: &[u8]) -> Vec<u8> {
    let u16_at = |at: usize| u16::from_le_bytes(elf[at..at + 2].try_into().expect("2 bytes"));
    let u32_at = |at: usize| u32::from_le_bytes(elf[at..at + 4].try_into().expect("4 bytes"));
    let u64_at = |at: usize| u64::from_le_bytes(elf[at..at + 8].try_into().expect("8 bytes"));
    assert_eq!(&elf[..5], b"\x7fELF\x02", "a 64-bit ELF file");
    let headers_at = u64_at(40) as usize;
    let n_sections = usize::from(u16_at(60));
    let names_section = usize::from(u16_at(62));

    let mut out = elf[..64].to_vec();
    out[32..40].fill(0); // no program headers
    out[56..58].fill(0);
    let mut headers = elf[headers_at..headers_at + 64 * n_sections].to_vec();
    for (index, header) in headers.chunks_exact_mut(64).enumerate() {
        let at = headers_at + 64 * index;
        let (kind, flags, offset, size) = (u32_at(at + 4), u64_at(at + 8), u64_at(at + 24) as usize, u64_at(at + 32) as usize);
        let keep = KEPT.contains(&kind) || index == names_section || (kind == SHT_STRTAB && flags & SHF_ALLOC != 0);
        while !out.len().is_multiple_of(16) {
            out.push(0);
        }
        let new_offset = out.len() as u64;
        if keep {
            out.extend_from_slice(&elf[offset..offset + size]);
        } else if kind != 0 {
            header[4..8].copy_from_slice(&SHT_NOBITS.to_le_bytes());
        }
        if kind != 0 {
            header[24..32].copy_from_slice(&new_offset.to_le_bytes());
        }
    }
    while !out.len().is_multiple_of(16) {
        out.push(0);
    }
    let headers_at = out.len() as u64;
    out[40..48].copy_from_slice(&headers_at.to_le_bytes());
    out.extend_from_slice(&headers);
    out
}
