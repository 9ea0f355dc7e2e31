//! Loads LLVM when it is needed: a build that finds all objects in the cache does without.
//!
//! `build.rs` makes a jump through [`dxp_llvm_slots`] for each function of LLVM's C interface; [`load`] fills the slots.

use std::ffi::{CStr, CString, c_void};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

include!(concat!(env!("OUT_DIR"), "/library.rs"));

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(".pushsection .text.dxp_llvm,\"ax\",@progbits", include_str!(concat!(env!("OUT_DIR"), "/library.s")), ".popsection", options(att_syntax));
#[cfg(not(target_arch = "x86_64"))]
std::arch::global_asm!(".pushsection .text.dxp_llvm,\"ax\",@progbits", include_str!(concat!(env!("OUT_DIR"), "/library.s")), ".popsection");

/// Where the functions are. The jumps read it without a lock: it is complete before `load` returns, and nothing calls before.
#[allow(non_upper_case_globals, reason = "a symbol")]
#[unsafe(no_mangle)]
static dxp_llvm_slots: [AtomicPtr<c_void>; NAMES.len()] = [const { AtomicPtr::new(not_loaded as *mut c_void) }; NAMES.len()];

extern "C" fn not_loaded() {
    panic!("LLVM is called before it is loaded");
}

/// The library's file: the one that this compiler was built with, else what the loader finds under its name.
fn file() -> PathBuf {
    let built_with = PathBuf::from(BUILT_WITH);
    let name = built_with.file_name().expect("a file").to_owned();
    if built_with.exists() { built_with } else { PathBuf::from(name) }
}

/// Loads LLVM; the first call does it.
pub fn load() -> Result<(), String> {
    static RESULT: OnceLock<Result<(), String>> = OnceLock::new();
    RESULT.get_or_init(try_load).clone()
}

fn try_load() -> Result<(), String> {
    let path = file();
    let name = CString::new(path.as_os_str().as_encoded_bytes()).map_err(|_| "LLVM's path has a NUL".to_owned())?;
    // SAFETY: the name is a C string. LLVM's initializers have no conditions.
    let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_LAZY | libc::RTLD_LOCAL) };
    if library.is_null() {
        // SAFETY: after a failure there is a message, a C string that stays until this thread's next call.
        let message = unsafe { CStr::from_ptr(libc::dlerror()) };
        return Err(format!("cannot load LLVM: {}", message.to_string_lossy()));
    }
    for (slot, name) in dxp_llvm_slots.iter().zip(NAMES) {
        // SAFETY: the library is open and stays so; the name is a C string.
        let function = unsafe { libc::dlsym(library, name.as_ptr()) };
        // What a newer library of the same interface lacks is not called, or `not_loaded` tells.
        if !function.is_null() {
            slot.store(function, Ordering::Release);
        }
    }
    Ok(())
}

/// Something that tells one LLVM from another, for the keys of caches: the linker's identity of the file, else a hash of it all.
/// Nothing is loaded for it, unless the file is only found by the loader.
pub fn identity() -> Result<Vec<u8>, String> {
    let path = file();
    if !path.is_absolute() {
        load()?;
        let (major, minor, patch) = inkwell::support::get_llvm_version();
        return Ok(format!("{major}.{minor}.{patch}").into_bytes());
    }
    let fail = |error: std::io::Error| format!("cannot read LLVM: {}: {error}", path.display());
    let mut file = File::open(&path).map_err(fail)?;
    let mut start = vec![0; 4096];
    let mut length = 0;
    while length < start.len() {
        match file.read(&mut start[length..]).map_err(fail)? {
            0 => break,
            more => length += more,
        }
    }
    if let Some(id) = build_id(&start[..length]) {
        return Ok(id.to_vec());
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&start[..length]);
    hasher.update_reader(file).map_err(fail)?;
    Ok(hasher.finalize().as_bytes().to_vec())
}

/// The linker's identity (`NT_GNU_BUILD_ID`) of a 64-bit ELF file, when it stands at its start.
fn build_id(start: &[u8]) -> Option<&[u8]> {
    const PT_NOTE: u32 = 4;
    const NT_GNU_BUILD_ID: u32 = 3;
    let word = |at: usize| Some(u64::from_le_bytes(*start.get(at..)?.first_chunk()?));
    let half = |at: usize| Some(u32::from_le_bytes(*start.get(at..)?.first_chunk()?));
    if !start.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (headers, size_and_count) = (word(0x20)? as usize, half(0x36)?);
    let (size, count) = ((size_and_count & 0xFFFF) as usize, (size_and_count >> 16) as usize);
    for index in 0..count {
        let header = headers.checked_add(index.checked_mul(size)?)?;
        if half(header)? != PT_NOTE {
            continue;
        }
        let (mut at, length) = (word(header + 8)? as usize, word(header + 0x20)? as usize);
        let Some(end) = at.checked_add(length).filter(|end| *end <= start.len()) else { continue };
        while at + 12 <= end {
            let (name_len, id_len, kind) = (half(at)? as usize, half(at + 4)? as usize, half(at + 8)?);
            let id_at = at + 12 + name_len.next_multiple_of(4);
            let id_end = id_at.checked_add(id_len)?;
            if kind == NT_GNU_BUILD_ID && start.get(at + 12..at + 12 + name_len)? == b"GNU\0" && id_len >= 16 && id_end <= end {
                return start.get(id_at..id_end);
            }
            at = id_at.checked_add(id_len.next_multiple_of(4))?;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_has_an_identity() {
        let one = identity().expect("LLVM is there");
        assert!(one.len() >= 16, "{one:?}");
        assert_eq!(identity().expect("LLVM is there"), one);
    }

    #[test]
    fn damaged_headers_have_none() {
        let mut start = vec![0; 4096];
        assert_eq!(build_id(&start), None);
        start[..6].copy_from_slice(b"\x7fELF\x02\x01");
        start[0x36..0x3A].copy_from_slice(&[56, 0, 0xFF, 0xFF]);
        start[0x20..0x28].fill(0xFF);
        assert_eq!(build_id(&start), None);
        assert_eq!(build_id(&start[..40]), None);
    }
}
