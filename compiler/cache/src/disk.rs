//! What the cache asks of a disk, so that tests can put a failing one in its place.
//!
//! Everything is relative to an open folder and follows no symbolic link: who moves or replaces folders meanwhile
//! changes nothing about where bytes go.

use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use memmap2::Mmap;
use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

/// What `fstat` tells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    pub is_file: bool,
    pub is_folder: bool,
    pub owner: u32,
    /// Permission bits.
    pub mode: u32,
    pub length: u64,
    /// Seconds since 1970.
    pub modified: i64,
}

/// Operations by handle and name. Names are single path components.
pub trait Disk: Send + Sync {
    /// Opens the folder at a path; the last component is no symbolic link. `create` makes it and what leads to it.
    fn open_root(&self, path: &Path, create: bool) -> io::Result<OwnedFd>;
    /// Opens a folder in a folder.
    fn open_folder(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd>;
    /// Makes a folder only its owner can enter.
    fn make_folder(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()>;
    /// Opens a file for reading; does not wait at pipes and devices.
    fn open(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd>;
    /// Makes a file that is not there yet, for writing.
    fn create(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd>;
    /// Opens a file to read it and to write at its end; makes it when it is not there.
    fn open_log(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd>;
    fn status(&self, file: BorrowedFd<'_>) -> io::Result<Status>;
    /// The first `length` bytes of a file; fails when there are less.
    fn load(&self, file: BorrowedFd<'_>, length: usize) -> io::Result<Bytes>;
    /// Writes some of the bytes.
    fn write(&self, file: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize>;
    /// Takes the file's lock, which ends with the handle. False when another handle has it.
    fn lock(&self, file: BorrowedFd<'_>) -> io::Result<bool>;
    /// Gives a file another name in the same folder, replacing what is there.
    fn rename(&self, folder: BorrowedFd<'_>, from: &str, to: &str) -> io::Result<()>;
    /// Removes a name that is not a folder's.
    fn remove(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()>;
    /// Sets the time of modification to now.
    fn touch(&self, file: BorrowedFd<'_>) -> io::Result<()>;
    /// What is in a folder.
    fn list(&self, folder: BorrowedFd<'_>) -> io::Result<Vec<(String, Status)>>;
    /// The user this process acts as.
    fn user(&self) -> u32;
    /// Seconds since 1970.
    fn now(&self) -> i64;
}

/// From this size on a file is mapped instead of read. Below, reading is as fast, and a sector that cannot be read is an error
/// of `read` instead of a signal.
const MAPPED_BYTES_MIN: usize = 256 << 10;

/// A file's bytes in memory, at an address that is a multiple of 16.
pub enum Bytes {
    Read { memory: Vec<u8>, start: usize },
    Mapped(Mmap),
}

impl Bytes {
    /// Zeroes to read into.
    fn zeroed(length: usize) -> Bytes {
        const ALIGN: usize = 16;
        let memory = vec![0; length + ALIGN - 1];
        let start = memory.as_ptr().align_offset(ALIGN).min(ALIGN - 1);
        let mut bytes = Bytes::Read { memory, start };
        if let Bytes::Read { memory, start } = &mut bytes {
            memory.truncate(*start + length);
        }
        bytes
    }

    /// A copy.
    pub fn copy(from: &[u8]) -> Bytes {
        let mut bytes = Bytes::zeroed(from.len());
        if let Bytes::Read { memory, start } = &mut bytes {
            memory[*start..].copy_from_slice(from);
        }
        bytes
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Read { memory, start } => &memory[*start..],
            Bytes::Mapped(map) => map,
        }
    }
}

/// The disk of this machine.
pub struct Real;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

impl Disk for Real {
    fn open_root(&self, path: &Path, create: bool) -> io::Result<OwnedFd> {
        // Without a final slash, which would follow a link.
        let path: std::path::PathBuf = path.components().collect();
        match rustix::fs::openat(CWD, &path, FOLDER, Mode::empty()) {
            Err(Errno::NOENT) if create => {
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                match rustix::fs::mkdirat(CWD, &path, Mode::RWXU) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                Ok(rustix::fs::openat(CWD, &path, FOLDER, Mode::empty())?)
            }
            result => Ok(result?),
        }
    }

    fn open_folder(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
        Ok(rustix::fs::openat(folder, name, FOLDER, Mode::empty())?)
    }

    fn make_folder(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(folder, name, Mode::RWXU)?)
    }

    fn open(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
        Ok(retry_on_intr(|| rustix::fs::openat(folder, name, FILE | OFlags::RDONLY, Mode::empty()))?)
    }

    fn create(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
        let flags = FILE | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        Ok(retry_on_intr(|| rustix::fs::openat(folder, name, flags, FILE_MODE))?)
    }

    fn open_log(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
        let flags = FILE | OFlags::RDWR | OFlags::CREATE | OFlags::APPEND;
        Ok(retry_on_intr(|| rustix::fs::openat(folder, name, flags, FILE_MODE))?)
    }

    fn status(&self, file: BorrowedFd<'_>) -> io::Result<Status> {
        Ok(status(&rustix::fs::fstat(file)?))
    }

    fn load(&self, file: BorrowedFd<'_>, length: usize) -> io::Result<Bytes> {
        if length >= MAPPED_BYTES_MIN {
            return map(file, length);
        }
        let mut bytes = Bytes::zeroed(length);
        if let Bytes::Read { memory, start } = &mut bytes {
            let mut rest = &mut memory[*start..];
            let mut offset = 0;
            while !rest.is_empty() {
                let read = retry_on_intr(|| rustix::io::pread(file, &mut *rest, offset))?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                rest = &mut rest[read..];
                offset += read as u64;
            }
        }
        Ok(bytes)
    }

    fn write(&self, file: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
        Ok(retry_on_intr(|| rustix::io::write(file, bytes))?)
    }

    fn lock(&self, file: BorrowedFd<'_>) -> io::Result<bool> {
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn rename(&self, folder: BorrowedFd<'_>, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(folder, from, folder, to)?)
    }

    fn remove(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(folder, name, AtFlags::empty())?)
    }

    fn remove_folder(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR)?)
    }

    fn touch(&self, file: BorrowedFd<'_>) -> io::Result<()> {
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        Ok(rustix::fs::futimens(file, &rustix::fs::Timestamps { last_access: now, last_modification: now })?)
    }

    fn list(&self, folder: BorrowedFd<'_>) -> io::Result<Vec<(String, Status)>> {
        let mut all = Vec::new();
        for item in rustix::fs::Dir::read_from(folder)? {
            let item = item?;
            let Ok(name) = item.file_name().to_str() else { continue };
            if name == "." || name == ".." {
                continue;
            }
            match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(found) => all.push((name.to_owned(), status(&found))),
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(all)
    }

    fn user(&self) -> u32 {
        rustix::process::geteuid().as_raw()
    }

    fn now(&self) -> i64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

fn status(found: &rustix::fs::Stat) -> Status {
    let kind = FileType::from_raw_mode(found.st_mode);
    Status {
        is_file: kind == FileType::RegularFile,
        is_folder: kind == FileType::Directory,
        owner: found.st_uid,
        mode: found.st_mode & 0o7777,
        length: u64::try_from(found.st_size).unwrap_or(0),
        modified: found.st_mtime as i64,
    }
}

#[allow(unsafe_code)]
fn map(file: BorrowedFd<'_>, length: usize) -> io::Result<Bytes> {
    let mut options = memmap2::MmapOptions::new();
    options.len(length).populate();
    // SAFETY: the map is private and read-only, and the file's bytes do not change while it lives: `store::Cache::load` opens only
    // files of this user that no one else may write, and nothing of ours writes to a file that has the name of an entry
    // (entries come by rename, and go by unlink, which leaves the mapped bytes alone).
    let map = unsafe { options.map_copy_read_only(&file.as_fd()) }?;
    Ok(Bytes::Mapped(map))
}
