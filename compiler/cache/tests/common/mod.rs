//! Temporary folders, keys and payloads.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use dxpyc_cache::{Cache, Key, KeyHasher, Settings};

/// A temporary folder with room for a cache, removed at the end.
pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Dir {
        // In memory where that is possible: thousands of small files are made and removed.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Dir(dir.expect("the temporary folder is writable"))
    }

    /// The cache's folder; not made yet.
    pub fn folder(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    /// A name beside the cache.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn open(&self) -> Cache {
        Cache::open(Settings::at(self.folder()))
    }
}

pub fn key(number: usize) -> Key {
    let mut hasher = KeyHasher::new("test");
    hasher.write_u64(number as u64);
    hasher.finish()
}

/// Bytes by which a payload can be told from those of other numbers and sizes.
pub fn payload(number: usize, size: usize) -> Vec<u8> {
    let mut state = (number as u64) << 32 | size as u64 | 1 << 63;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        bytes.extend((state ^ state >> 29).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// Where the entry of a key lies.
pub fn entry_path(folder: &Path, key: &Key) -> PathBuf {
    let hex = key.hex();
    folder.join(&hex[..2]).join(&hex[2..])
}

/// How much a test does: little by default, all of it with `DXPYC_TESTS=full`.
pub fn scale(short: u32, full: u32) -> u32 {
    if std::env::var_os("DXPYC_TESTS").is_some_and(|value| value == "full") { full } else { short }
}
