//! Everything that looks at the whole cache: its size, its limit, checking it, emptying it.
//!
//! An entry's time of last use is its time of modification, which `get` sets at most once an hour. Whether it is time to
//! clean up is known without a walk through the folders: each process adds what it stored to the file `usage`, eight bytes at
//! its end, and the sum decides. The sum is a hint (a killed process adds nothing, two may add at once); the walk counts anew.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;

use crate::disk::Status;
use crate::key::Key;
use crate::store::{Cache, Read, TEMPORARY, size_on_disk};

const USAGE: &str = "usage";
const LOCK: &str = "lock";
/// A `usage` file larger than this is counted anew.
const USAGE_BYTES_MAX: u64 = 32 << 10;

/// What is in a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub entries: u64,
    /// What the entries take on disk.
    pub bytes: u64,
    /// Files that are being written, or were when their writer died.
    pub temporaries: u64,
    /// Names that are not the cache's.
    pub foreign: u64,
}

/// What a clean-up removed and left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    pub entries: u64,
    pub bytes: u64,
    pub removed_entries: u64,
    pub removed_bytes: u64,
    pub removed_temporaries: u64,
}

/// What a check of all entries found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Entries that are right.
    pub good: u64,
    /// Entries that were not, and are gone.
    pub damaged: u64,
    /// Entries that could not be read.
    pub unreadable: u64,
    pub foreign: u64,
}

/// Something in a prefix's folder.
struct Item {
    kind: ItemKind,
    name: String,
    status: Status,
}

enum ItemKind {
    Entry(Key),
    Temporary,
    Foreign,
}

impl Cache {
    /// Counts.
    pub fn stat(&self) -> io::Result<Statistics> {
        let mut all = Statistics::default();
        self.walk(|_, item| {
            match item.kind {
                ItemKind::Entry(_) => {
                    all.entries += 1;
                    all.bytes += size_on_disk(item.status.length);
                }
                ItemKind::Temporary => all.temporaries += 1,
                ItemKind::Foreign => all.foreign += 1,
            }
        })?;
        Ok(all)
    }

    /// Checks all entries and removes the damaged ones.
    pub fn verify(&self) -> io::Result<Verified> {
        let mut all = Verified::default();
        self.walk(|folder, item| match item.kind {
            ItemKind::Entry(key) => match self.read(folder, &item.name, &key, false) {
                Read::Good(_) => all.good += 1,
                Read::Bad => {
                    all.damaged += 1;
                    let _ = self.disk.remove(folder, &item.name);
                }
                Read::Unreadable => all.unreadable += 1,
            },
            ItemKind::Temporary => {}
            ItemKind::Foreign => all.foreign += 1,
        })?;
        Ok(all)
    }

    /// Keys of all entries, in order.
    pub fn keys(&self) -> io::Result<Vec<Key>> {
        let mut keys = Vec::new();
        self.walk(|_, item| {
            if let ItemKind::Entry(key) = item.kind {
                keys.push(key);
            }
        })?;
        keys.sort_unstable();
        Ok(keys)
    }

    /// Removes what dead writers left, and the least recently used entries until the rest takes at most `limit_bytes`.
    pub fn gc(&self, limit_bytes: u64) -> io::Result<Cleaned> {
        let mut done = Cleaned::default();
        let Some(root) = self.root() else { return Ok(done) };
        let now = self.disk.now();
        let mut entries = Vec::new();
        self.walk(|folder, item| match item.kind {
            ItemKind::Entry(key) => {
                let bytes = size_on_disk(item.status.length);
                done.entries += 1;
                done.bytes += bytes;
                // A date to come is no time of use: those go first.
                let age = if item.status.modified > now + 1 { i64::MAX } else { now - item.status.modified };
                entries.push((age, key, bytes));
            }
            ItemKind::Temporary => {
                if self.is_dead(folder, &item) && self.disk.remove(folder, &item.name).is_ok() {
                    done.removed_temporaries += 1;
                }
            }
            ItemKind::Foreign => {}
        })?;
        if done.bytes > limit_bytes {
            entries.sort_unstable_by(|one, two| two.cmp(one));
            for (_, key, bytes) in entries {
                if done.bytes <= limit_bytes {
                    break;
                }
                let hex = key.hex();
                let (prefix, name) = hex.split_at(2);
                let removed = self.disk.open_folder(root, prefix).and_then(|folder| self.disk.remove(folder.as_fd(), name));
                if removed.is_ok() {
                    done.removed_entries += 1;
                    done.removed_bytes += bytes;
                    done.entries -= 1;
                    done.bytes -= bytes;
                }
            }
        }
        let _ = self.write_file(root, USAGE, &[&done.bytes.to_le_bytes()]);
        Ok(done)
    }

    /// Removes all entries and what else is the cache's. Whatever else lies in the folder stays.
    pub fn clear(&self) -> io::Result<Cleaned> {
        let mut done = Cleaned::default();
        let Some(root) = self.root() else { return Ok(done) };
        self.walk(|folder, item| {
            if matches!(item.kind, ItemKind::Foreign) {
                return;
            }
            let bytes = size_on_disk(item.status.length);
            match (self.disk.remove(folder, &item.name), item.kind) {
                (Ok(()), ItemKind::Entry(_)) => {
                    done.removed_entries += 1;
                    done.removed_bytes += bytes;
                }
                (Ok(()), _) => done.removed_temporaries += 1,
                (Err(_), _) => {
                    done.entries += 1;
                    done.bytes += bytes;
                }
            }
        })?;
        for (name, status) in self.disk.list(root)? {
            if status.is_folder && is_prefix(&name) {
                let _ = self.disk.remove_folder(root, &name);
            } else if name == USAGE || name == LOCK {
                let _ = self.disk.remove(root, &name);
            }
        }
        Ok(done)
    }

    /// Adds what this process stored to `usage`; cleans up when it is time. Also done when a cache is dropped.
    pub(crate) fn record(&self) {
        let stored = self.unrecorded.swap(0, Ordering::Relaxed);
        let Some(root) = self.root() else { return };
        if stored == 0 {
            return;
        }
        match self.add_usage(root, stored) {
            Ok(Some(sum)) if sum <= self.settings.limit_bytes => {}
            Ok(_) => self.clean_up(root),
            Err(_) => {}
        }
    }

    /// The sum with `stored`, or None when it is not known.
    fn add_usage(&self, root: BorrowedFd<'_>, stored: u64) -> io::Result<Option<u64>> {
        let file = self.disk.open_log(root, USAGE)?;
        let before = self.disk.status(file.as_fd())?;
        if !before.is_file || before.length == 0 || !before.length.is_multiple_of(8) || before.length > USAGE_BYTES_MAX {
            return Ok(None);
        }
        self.disk.write(file.as_fd(), &stored.to_le_bytes())?;
        let bytes = self.disk.load(file.as_fd(), before.length as usize)?;
        let numbers = bytes.as_chunks().0.iter().map(|number| u64::from_le_bytes(*number));
        Ok(Some(numbers.fold(stored, u64::saturating_add)))
    }

    /// Removes a fifth more than it must, so that it is not time again at once. One process at a time; others go on.
    fn clean_up(&self, root: BorrowedFd<'_>) {
        let Ok(lock) = self.disk.open_log(root, LOCK) else { return };
        if matches!(self.disk.lock(lock.as_fd()), Ok(true)) {
            let limit = self.settings.limit_bytes;
            let over = self.stat().is_ok_and(|all| all.bytes > limit);
            let _ = self.gc(if over { limit - limit / 5 } else { limit });
        }
    }

    /// Whether a temporary's writer has gone.
    fn is_dead(&self, folder: BorrowedFd<'_>, item: &Item) -> bool {
        match self.disk.open(folder, &item.name) {
            // A writer holds the lock from just after it made the file. Should its file go before that, it stores nothing.
            Ok(file) => matches!(self.disk.lock(file.as_fd()), Ok(true)),
            Err(_) => !item.status.is_file,
        }
    }

    /// Calls `each` with everything in the folders of prefixes, folder by folder.
    fn walk(&self, mut each: impl FnMut(BorrowedFd<'_>, Item)) -> io::Result<()> {
        let Some(root) = self.root() else { return Ok(()) };
        let mut prefixes: Vec<String> = self.disk.list(root)?.into_iter().filter(|(name, status)| status.is_folder && is_prefix(name)).map(|(name, _)| name).collect();
        prefixes.sort_unstable();
        for prefix in prefixes {
            let Ok(folder) = self.disk.open_folder(root, &prefix) else { continue };
            for (name, status) in self.disk.list(folder.as_fd())? {
                let kind = if status.is_folder {
                    ItemKind::Foreign
                } else if name.starts_with(TEMPORARY) {
                    ItemKind::Temporary
                } else {
                    Key::from_hex(&format!("{prefix}{name}")).map_or(ItemKind::Foreign, ItemKind::Entry)
                };
                each(folder.as_fd(), Item { kind, name, status });
            }
        }
        Ok(())
    }
}

fn is_prefix(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The text of a system error without Rust's `(os error 2)`.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
