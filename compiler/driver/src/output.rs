//! Puts a finished file in its place, at once or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use crate::files::reason;

/// Makes writing beyond the limit of file sizes an error instead of the end of this process.
pub fn take_file_size_signal() {
    let _ = signal_hook::flag::register(rustix::process::Signal::XFSZ.as_raw(), Arc::default());
}

/// Writes `bytes` to `path`. On failure, or when the process is killed, a file that was there stays as it was, and nothing new is there.
///
/// Devices and pipes are written to, not replaced; a symbolic link stays, and what it names is replaced.
pub fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<(), String> {
    if is_there(path, bytes, executable) {
        return Ok(());
    }
    write_by(path, executable, bytes.len() as u64, &|file| file.write_all(bytes))
}

/// Whether the file has these bytes already; then it only gets a new time.
fn is_there(path: &Path, bytes: &[u8], executable: bool) -> bool {
    let compare = || -> std::io::Result<bool> {
        // A pipe would wait for its writer.
        if !fs::metadata(path)?.is_file() {
            return Ok(false);
        }
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let wanted = if executable { 0o700 } else { 0o600 };
        // A file with several names is replaced under this one only.
        let is_ours = metadata.uid() == rustix::process::geteuid().as_raw() && metadata.nlink() == 1 && metadata.mode() & 0o700 == wanted;
        if !metadata.is_file() || !is_ours || metadata.len() != bytes.len() as u64 {
            return Ok(false);
        }
        let mut part = vec![0; 128 << 10];
        for expected in bytes.chunks(part.len()) {
            file.read_exact(&mut part[..expected.len()])?;
            if part[..expected.len()] != *expected {
                return Ok(false);
            }
        }
        // Its end is known: the length was right, and is so still.
        Ok(file.read(&mut part[..1])? == 0 && file.set_modified(SystemTime::now()).is_ok())
    };
    compare().unwrap_or(false)
}

/// Writes what `fill` writes, as `write` does: `length` bytes, or 0 when that is not known. `fill` may be called again when one way of
/// making the file does not work.
pub fn write_by(path: &Path, executable: bool, length: u64, fill: &dyn Fn(&mut File) -> std::io::Result<()>) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {}", path.display(), reason(&error));
    let target = follow(path).map_err(fail)?;
    match fs::metadata(&target) {
        Ok(metadata) if metadata.is_dir() => return Err(format!("{}: is a directory", path.display())),
        Ok(metadata) if !metadata.is_file() => {
            let kind = metadata.file_type();
            if kind.is_socket() {
                return Err(format!("{}: is a socket", path.display()));
            }
            let mut device = OpenOptions::new().write(true).open(&target).map_err(fail)?;
            return fill(&mut device).and_then(|()| device.flush()).map_err(fail);
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(fail(error)),
    }
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(format!("{}: is a directory name", path.display()));
    }
    // Rather before than after the first half.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    if limit.is_some_and(|limit| limit < length) {
        return Err(fail(std::io::Error::from(rustix::io::Errno::FBIG)));
    }
    let mode = if executable { 0o777 } else { 0o666 };
    write_unnamed(&target, fill, mode).or_else(|_| write_named(&target, fill, mode)).map_err(fail)
}

/// The file that symbolic links lead to; it need not exist.
fn follow(path: &Path) -> std::io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&target) {
            Ok(next) => target = folder(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(std::io::Error::from(rustix::io::Errno::LOOP))
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A name beside the target that nothing else uses.
fn temporary(target: &Path) -> PathBuf {
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let short: String = name.chars().take(32).collect();
    folder(target).join(format!(".{short}.{}.dxpyc", std::process::id()))
}

/// By way of a file without a name: gone by itself when the process dies.
fn write_unnamed(target: &Path, fill: &dyn Fn(&mut File) -> std::io::Result<()>, mode: u32) -> std::io::Result<()> {
    let file = rustix::fs::open(folder(target), OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::from_raw_mode(mode))?;
    let mut file = File::from(file);
    fill(&mut file)?;
    let opened = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    match rustix::fs::linkat(CWD, &opened, CWD, target, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => return Ok(()),
        Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let name = temporary(target);
    rustix::fs::linkat(CWD, &opened, CWD, &name, AtFlags::SYMLINK_FOLLOW)?;
    replace(&name, target)
}

/// For file systems that cannot do the other.
fn write_named(target: &Path, fill: &dyn Fn(&mut File) -> std::io::Result<()>, mode: u32) -> std::io::Result<()> {
    let name = temporary(target);
    let result = OpenOptions::new().write(true).create_new(true).mode(mode).open(&name).and_then(|mut file| {
        fill(&mut file)?;
        file.flush()
    });
    match result {
        Ok(()) => replace(&name, target),
        Err(error) => {
            if error.kind() != ErrorKind::AlreadyExists {
                let _ = fs::remove_file(&name);
            }
            Err(error)
        }
    }
}

fn replace(name: &Path, target: &Path) -> std::io::Result<()> {
    fs::rename(name, target).inspect_err(|_| {
        let _ = fs::remove_file(name);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Dir {
            let path = std::env::temp_dir().join(format!("dxpyc-output-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).expect("the temporary directory is writable");
            Dir(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).expect("ours").flatten();
            let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn new_and_old_files_are_written() {
        let dir = Dir::new("files");
        let path = dir.0.join("out");
        write(&path, b"one", true).expect("writable");
        write(&path, b"two", true).expect("writable");
        assert_eq!(fs::read(&path).expect("there"), b"two");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o100, 0o100);
        assert_eq!(dir.names(), ["out"]);
    }

    #[test]
    fn a_symbolic_link_stays_one() {
        let dir = Dir::new("link");
        std::os::unix::fs::symlink("real", dir.0.join("out")).expect("writable");
        write(&dir.0.join("out"), b"x", true).expect("writable");
        assert!(fs::symlink_metadata(dir.0.join("out")).expect("there").is_symlink());
        assert_eq!(dir.names(), ["out", "real"]);
    }

    #[test]
    fn directories_and_full_devices_are_refused() {
        let dir = Dir::new("refused");
        let error = write(&dir.0, b"x", true).expect_err("a directory");
        assert!(error.ends_with(": is a directory"), "{error}");
        let error = write(Path::new("/dev/full"), b"x", true).expect_err("full");
        assert_eq!(error, "/dev/full: No space left on device");
        write(Path::new("/dev/null"), b"x", true).expect("writable");
        let error = write(&dir.0.join("no/such"), b"x", true).expect_err("no folder");
        assert!(error.ends_with(": No such file or directory"), "{error}");
        assert_eq!(dir.names(), [""; 0]);
    }
}
