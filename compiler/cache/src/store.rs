//! Opening a cache, getting and putting entries.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::io::Errno;

use crate::disk::{Bytes, Disk, Real, Status};
use crate::entry::{self, HEADER_BYTES, PAYLOAD_BYTES_MAX, Payload};
use crate::key::Key;
use crate::remote::{Link, Remote};
use crate::settings::Settings;

/// An entry's time of use is written down when it is off by more than this.
const TOUCH_SECONDS: i64 = 3600;
/// So much is stored between two looks at whether it is time to clean up.
const STORED_BETWEEN_CHECKS: u64 = 64 << 20;

/// What a process did with its cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries that were there and right.
    pub hits: u64,
    /// Entries that were not, or not right.
    pub misses: u64,
    pub stored: u64,
    /// Payloads that could not be stored.
    pub refused: u64,
    /// Those of the hits that came from another machine.
    pub fetched: u64,
}

#[derive(Default)]
struct AtomicCounts {
    hits: AtomicU64,
    misses: AtomicU64,
    stored: AtomicU64,
    refused: AtomicU64,
    fetched: AtomicU64,
}

/// A cache. Threads share it by reference.
pub struct Cache {
    pub(crate) settings: Settings,
    pub(crate) disk: Box<dyn Disk>,
    /// The folder once it is open and found to be ours.
    root: OnceLock<OwnedFd>,
    problem: OnceLock<String>,
    /// Cleared when storing cannot work in this process any more: a full or read-only disk.
    stores: AtomicBool,
    /// Bytes stored and not yet added to the folder's `usage`.
    pub(crate) unrecorded: AtomicU64,
    counts: AtomicCounts,
    remote: Option<Link>,
}

impl Cache {
    /// Never fails: a cache that cannot be used is empty and stores nothing, and `problem` says why.
    pub fn open(settings: Settings) -> Cache {
        Cache::open_on(settings, Box::new(Real))
    }

    /// On another disk.
    pub fn open_on(settings: Settings, disk: Box<dyn Disk>) -> Cache {
        let cache = Cache {
            settings,
            disk,
            root: OnceLock::new(),
            problem: OnceLock::new(),
            stores: AtomicBool::new(true),
            unrecorded: AtomicU64::new(0),
            counts: AtomicCounts::default(),
            remote: None,
        };
        cache.try_open(false);
        cache
    }

    /// What is missed here is looked for in `remote`; with `writes`, what is put is stored there too.
    pub fn with_remote(mut self, remote: Box<dyn Remote>, writes: bool) -> Cache {
        self.remote = Some(Link::new(remote, self.settings.secret.clone(), writes));
        self
    }

    /// Why the remote is no longer asked, for a note.
    pub fn remote_problem(&self) -> Option<&str> {
        self.remote.as_ref().and_then(Link::problem)
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Why the cache cannot be used at all, for a warning. A full or read-only disk is no problem.
    pub fn problem(&self) -> Option<&str> {
        self.problem.get().map(String::as_str)
    }

    pub fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            hits: of(&self.counts.hits),
            misses: of(&self.counts.misses),
            stored: of(&self.counts.stored),
            refused: of(&self.counts.refused),
            fetched: of(&self.counts.fetched),
        }
    }

    /// The payload that was stored under a key.
    pub fn get(&self, key: &Key) -> Option<Payload> {
        let found = self.root().and_then(|root| self.load(root, key)).or_else(|| self.fetch(key));
        let count = if found.is_some() { &self.counts.hits } else { &self.counts.misses };
        count.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Stores a payload under a key, when that is possible.
    pub fn put(&self, key: &Key, payload: &[u8]) {
        self.try_put(key, payload);
        if let Some(remote) = &self.remote {
            remote.put(key, payload);
        }
    }

    /// Whether it could be stored.
    pub(crate) fn try_put(&self, key: &Key, payload: &[u8]) -> bool {
        let result = self.store(key, payload);
        let count = if result.is_ok() { &self.counts.stored } else { &self.counts.refused };
        count.fetch_add(1, Ordering::Relaxed);
        match result {
            Ok(bytes) => {
                if self.unrecorded.fetch_add(bytes, Ordering::Relaxed) + bytes >= STORED_BETWEEN_CHECKS {
                    self.record();
                }
                true
            }
            Err(error) => {
                if is_lasting(&error) {
                    self.stores.store(false, Ordering::Relaxed);
                }
                false
            }
        }
    }

    /// Removes an entry, say because what it holds turned out to be unusable.
    pub fn remove(&self, key: &Key) {
        let Some(root) = self.root() else { return };
        let hex = key.hex();
        let (prefix, name) = hex.split_at(2);
        if let Ok(folder) = self.disk.open_folder(root, prefix) {
            let _ = self.disk.remove(folder.as_fd(), name);
        }
    }

    /// The open folder.
    pub(crate) fn root(&self) -> Option<BorrowedFd<'_>> {
        self.root.get().map(OwnedFd::as_fd)
    }

    fn try_open(&self, create: bool) {
        let problem = match self.disk.open_root(&self.settings.folder, create).and_then(|root| Ok((self.disk.status(root.as_fd())?, root))) {
            Ok((status, root)) => match self.unusable(&status) {
                None => {
                    let _ = self.root.set(root);
                    return;
                }
                Some(why) => why.to_owned(),
            },
            Err(error) if error.kind() == ErrorKind::NotFound && !create => return,
            Err(error) if is_lasting(&error) && create => {
                self.stores.store(false, Ordering::Relaxed);
                return;
            }
            Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::LOOP | Errno::NOTDIR)) => "is not a folder".to_owned(),
            Err(error) => crate::upkeep::reason(&error),
        };
        let _ = self.problem.set(format!("{}: {problem}", self.settings.folder.display()));
    }

    fn unusable(&self, status: &Status) -> Option<&'static str> {
        if !status.is_folder {
            Some("is not a folder")
        } else if status.owner != self.disk.user() {
            Some("belongs to another user")
        } else if status.mode & 0o022 != 0 {
            Some("others may write there")
        } else {
            None
        }
    }

    fn load(&self, root: BorrowedFd<'_>, key: &Key) -> Option<Payload> {
        let hex = key.hex();
        let (prefix, name) = hex.split_at(2);
        let folder = self.disk.open_folder(root, prefix).ok()?;
        match self.read(folder.as_fd(), name, key, true) {
            Read::Good(payload) => Some(payload),
            Read::Unreadable => None,
            Read::Bad => {
                // Another process may have put a good one there meanwhile: then that one is lost, which is a miss.
                let _ = self.disk.remove(folder.as_fd(), name);
                None
            }
        }
    }

    fn fetch(&self, key: &Key) -> Option<Payload> {
        let entry = self.remote.as_ref()?.get(key)?;
        self.counts.fetched.fetch_add(1, Ordering::Relaxed);
        self.try_put(key, &entry[HEADER_BYTES..]);
        Some(Payload::new(Bytes::copy(&entry)))
    }

    /// Reads and checks the entry of that name; `used` says whether that counts as a use.
    pub(crate) fn read(&self, folder: BorrowedFd<'_>, name: &str, key: &Key, used: bool) -> Read {
        let file = match self.disk.open(folder, name) {
            Ok(file) => file,
            Err(error) => return Read::failed(&error),
        };
        let status = match self.disk.status(file.as_fd()) {
            Ok(status) => status,
            Err(error) => return Read::failed(&error),
        };
        let sizes = HEADER_BYTES as u64..=(HEADER_BYTES + PAYLOAD_BYTES_MAX) as u64;
        if !status.is_file || status.owner != self.disk.user() || status.mode & 0o022 != 0 || !sizes.contains(&status.length) {
            return Read::Bad;
        }
        let bytes = match self.disk.load(file.as_fd(), status.length as usize) {
            Ok(bytes) => bytes,
            Err(error) => return Read::failed(&error),
        };
        if entry::check(key, &bytes, None).is_none() {
            return Read::Bad;
        }
        if used && (self.disk.now() - status.modified).abs() > TOUCH_SECONDS {
            let _ = self.disk.touch(file.as_fd());
        }
        Read::Good(Payload::new(bytes))
    }

    fn store(&self, key: &Key, payload: &[u8]) -> io::Result<u64> {
        let bytes = size_on_disk((HEADER_BYTES + payload.len()) as u64);
        if !self.stores.load(Ordering::Relaxed) || self.problem.get().is_some() || payload.len() > PAYLOAD_BYTES_MAX || bytes > self.settings.limit_bytes {
            return Err(ErrorKind::Unsupported.into());
        }
        if self.root.get().is_none() {
            self.try_open(true);
        }
        let root = self.root().ok_or(ErrorKind::Unsupported)?;
        let hex = key.hex();
        let (prefix, name) = hex.split_at(2);
        let folder = self.folder_for(root, prefix)?;
        self.write_file(folder.as_fd(), name, &[&entry::seal(key, payload, None), payload])?;
        Ok(bytes)
    }

    /// The folder of a prefix, made when it is not there.
    fn folder_for(&self, root: BorrowedFd<'_>, prefix: &str) -> io::Result<OwnedFd> {
        match self.disk.open_folder(root, prefix) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::LOOP | Errno::NOTDIR)) => self.disk.remove(root, prefix)?,
            result => return result,
        }
        match self.disk.make_folder(root, prefix) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.disk.open_folder(root, prefix)
    }

    /// Puts a file in its place when it is whole: under a temporary name, then by rename. It is not synced: what a crash of
    /// the machine leaves is found by its hash.
    pub(crate) fn write_file(&self, folder: BorrowedFd<'_>, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let temporary = temporary_name();
        let file = self.disk.create(folder, &temporary)?;
        let result = (|| {
            // Tells `gc` that the writer lives. Without it the file may vanish, and then the rename fails.
            let _ = self.disk.lock(file.as_fd());
            for part in parts {
                let mut rest = *part;
                while !rest.is_empty() {
                    let written = self.disk.write(file.as_fd(), rest)?;
                    if written == 0 {
                        return Err(ErrorKind::WriteZero.into());
                    }
                    rest = &rest[written..];
                }
            }
            self.disk.rename(folder, &temporary, name)
        })();
        if result.is_err() {
            let _ = self.disk.remove(folder, &temporary);
        }
        result
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.record();
    }
}

/// What came of reading an entry.
pub(crate) enum Read {
    Good(Payload),
    /// Not an entry, or not one of ours: it can go.
    Bad,
    /// Not there, or it could not be found out what it is.
    Unreadable,
}

impl Read {
    fn failed(error: &io::Error) -> Read {
        match Errno::from_io_error(error) {
            // A symbolic link, a socket, a bad sector.
            Some(Errno::LOOP | Errno::NXIO | Errno::IO | Errno::NODEV) => Read::Bad,
            _ if error.kind() == ErrorKind::UnexpectedEof => Read::Bad,
            _ => Read::Unreadable,
        }
    }
}

/// Begins the names of files that are being written.
pub(crate) const TEMPORARY: &str = "tmp-";

/// A name that nobody else uses, in this process or another.
pub(crate) fn temporary_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static RANDOM: OnceLock<u64> = OnceLock::new();
    let random = RANDOM.get_or_init(|| RandomState::new().hash_one((std::process::id(), std::time::SystemTime::now())));
    format!("{TEMPORARY}{random:016x}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// What a file takes, about.
pub(crate) fn size_on_disk(length: u64) -> u64 {
    length.next_multiple_of(4096)
}

/// Whether trying again in this process is in vain.
fn is_lasting(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(errno, Some(Errno::NOSPC | Errno::DQUOT | Errno::ROFS | Errno::ACCESS | Errno::PERM))
}
