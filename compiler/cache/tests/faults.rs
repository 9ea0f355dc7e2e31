//! Each operation on the disk fails in turn, in each way: what is got later is what was put or nothing, and a cache that
//! failed works again when the disk does.

mod common;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::{Dir, entry_path, key, payload};
use dxpyc_cache::disk::{Bytes, Disk, Real, Status};
use dxpyc_cache::{Cache, Settings};
use rustix::io::Errno;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// The operation does nothing and fails.
    Fails(Errno),
    /// It fails, and so do all later ones.
    FailsForGood(Errno),
    /// It is done, but reported as failed.
    DoneButFails,
    /// Of a write, half is done; then all fails. For others as `FailsForGood`.
    Torn,
    /// Of a write, half is done, and all of it reported as done. Others are left alone.
    Lies,
    /// The machine goes down before it.
    CrashBefore,
    /// The machine goes down after it.
    CrashAfter,
}

const FAULTS: [Fault; 17] = [
    Fault::Fails(Errno::NOSPC),
    Fault::Fails(Errno::IO),
    Fault::Fails(Errno::ACCESS),
    Fault::Fails(Errno::INTR),
    Fault::Fails(Errno::MFILE),
    Fault::Fails(Errno::NOMEM),
    Fault::Fails(Errno::ROFS),
    Fault::Fails(Errno::NOENT),
    Fault::Fails(Errno::EXIST),
    Fault::Fails(Errno::LOOP),
    Fault::FailsForGood(Errno::NOSPC),
    Fault::FailsForGood(Errno::IO),
    Fault::DoneButFails,
    Fault::Torn,
    Fault::Lies,
    Fault::CrashBefore,
    Fault::CrashAfter,
];

#[derive(Default)]
struct State {
    /// Number of the operations so far.
    count: AtomicUsize,
    down: Mutex<Option<Errno>>,
}

/// The real disk with one fault.
struct Faulty {
    state: Arc<State>,
    at: usize,
    fault: Fault,
}

impl Faulty {
    fn run<R>(&self, operation: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        let number = self.state.count.fetch_add(1, Ordering::Relaxed);
        let mut down = self.state.down.lock().expect("no panic");
        if let Some(errno) = *down {
            return Err(errno.into());
        }
        if number != self.at {
            return operation();
        }
        match self.fault {
            Fault::Fails(errno) => Err(errno.into()),
            Fault::FailsForGood(errno) => {
                *down = Some(errno);
                Err(errno.into())
            }
            Fault::DoneButFails => operation().and(Err(Errno::IO.into())),
            Fault::Lies => operation(),
            Fault::Torn | Fault::CrashBefore => {
                *down = Some(Errno::IO);
                Err(Errno::IO.into())
            }
            Fault::CrashAfter => {
                *down = Some(Errno::IO);
                operation().and(Err(Errno::IO.into()))
            }
        }
    }
}

impl Disk for Faulty {
    fn open_root(&self, path: &Path, create: bool) -> io::Result<OwnedFd> {
        self.run(|| Real.open_root(path, create))
    }

    fn open_folder(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
        self.run(|| Real.open_folder(folder, name))
    }

    fn make_folder(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        self.run(|| Real.make_folder(folder, name))
    }

    fn open(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
        self.run(|| Real.open(folder, name))
    }

    fn create(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
        self.run(|| Real.create(folder, name))
    }

    fn open_log(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
        self.run(|| Real.open_log(folder, name))
    }

    fn status(&self, file: BorrowedFd<'_>) -> io::Result<Status> {
        self.run(|| Real.status(file))
    }

    fn load(&self, file: BorrowedFd<'_>, length: usize) -> io::Result<Bytes> {
        self.run(|| Real.load(file, length))
    }

    fn write(&self, file: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
        let half = &bytes[..bytes.len() / 2];
        let next = self.state.count.load(Ordering::Relaxed);
        match self.fault {
            Fault::Torn if next == self.at && !half.is_empty() => {
                Real.write(file, half)?;
                self.run(|| Ok(0))
            }
            Fault::Lies if next == self.at && !half.is_empty() => self.run(|| Real.write(file, half).map(|_| bytes.len())),
            // Short writes are no fault: always one.
            _ => self.run(|| Real.write(file, &bytes[..bytes.len().div_ceil(2)])),
        }
    }

    fn lock(&self, file: BorrowedFd<'_>) -> io::Result<bool> {
        self.run(|| Real.lock(file))
    }

    fn rename(&self, folder: BorrowedFd<'_>, from: &str, to: &str) -> io::Result<()> {
        self.run(|| Real.rename(folder, from, to))
    }

    fn remove(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        self.run(|| Real.remove(folder, name))
    }

    fn remove_folder(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        self.run(|| Real.remove_folder(folder, name))
    }

    fn touch(&self, file: BorrowedFd<'_>) -> io::Result<()> {
        self.run(|| Real.touch(file))
    }

    fn list(&self, folder: BorrowedFd<'_>) -> io::Result<Vec<(String, Status)>> {
        self.run(|| Real.list(folder))
    }

    fn user(&self) -> u32 {
        Real.user()
    }

    fn now(&self) -> i64 {
        Real.now()
    }
}

/// What a scenario starts with, and what it does.
struct Scenario {
    name: &'static str,
    before: fn(&Cache, &Dir),
    run: fn(&Cache),
}

/// Two keys, with payloads that the scenarios may store under them.
const SIZE: usize = 100;

fn expect(cache: &Cache, number: usize) {
    if let Some(found) = cache.get(&key(number)) {
        assert_eq!(&found[..], &payload(number, SIZE)[..]);
    }
}

fn put(cache: &Cache, number: usize) {
    cache.put(&key(number), &payload(number, SIZE));
}

const SCENARIOS: [Scenario; 8] = [
    Scenario { name: "put to nothing", before: |_, _| {}, run: |cache| put(cache, 1) },
    Scenario { name: "get", before: |cache, _| put(cache, 1), run: |cache| expect(cache, 1) },
    Scenario {
        name: "put again",
        before: |cache, _| put(cache, 1),
        run: |cache| {
            put(cache, 1);
            expect(cache, 1);
        },
    },
    Scenario {
        name: "get of a damaged entry, then put",
        before: |cache, dir| {
            put(cache, 1);
            std::fs::write(entry_path(&dir.folder(), &key(1)), b"damaged").expect("ours");
        },
        run: |cache| {
            expect(cache, 1);
            put(cache, 1);
        },
    },
    Scenario {
        name: "clean-up",
        before: |cache, _| {
            put(cache, 1);
            put(cache, 2);
        },
        run: |cache| {
            let _ = cache.gc(4096);
            expect(cache, 1);
            expect(cache, 2);
        },
    },
    Scenario {
        name: "clear",
        before: |cache, _| {
            put(cache, 1);
            put(cache, 2);
        },
        run: |cache| {
            let _ = cache.clear();
            put(cache, 2);
        },
    },
    Scenario {
        name: "verify",
        before: |cache, dir| {
            put(cache, 1);
            put(cache, 2);
            std::fs::write(entry_path(&dir.folder(), &key(1)), b"damaged").expect("ours");
        },
        run: |cache| {
            let _ = cache.verify();
            let _ = cache.stat();
        },
    },
    Scenario {
        name: "a large one",
        before: |cache, _| cache.put(&key(3), &payload(3, 300 << 10)),
        run: |cache| {
            if let Some(found) = cache.get(&key(3)) {
                assert_eq!(&found[..], &payload(3, 300 << 10)[..]);
            }
        },
    },
];

#[test]
fn each_operation_fails_in_each_way() {
    let mut runs = 0;
    // The short form takes a third of the faults, others for each scenario.
    let stride = common::scale(3, 1) as usize;
    for (index, scenario) in SCENARIOS.iter().enumerate() {
        for fault in FAULTS.into_iter().skip(index % stride).step_by(stride) {
            for at in 0.. {
                let dir = Dir::new();
                (scenario.before)(&dir.open(), &dir);
                let state = Arc::new(State::default());
                let disk = Faulty { state: Arc::clone(&state), at, fault };
                let cache = Cache::open_on(Settings::at(dir.folder()), Box::new(disk));
                (scenario.run)(&cache);
                drop(cache);
                let what = format!("{}, {fault:?} at {at}", scenario.name);
                check_after(&dir, &what);
                runs += 1;
                if state.count.load(Ordering::Relaxed) <= at {
                    break;
                }
            }
        }
    }
    let expected = common::scale(500, 1500);
    assert!(runs > expected, "only {runs} runs");
}

/// The disk works again.
fn check_after(dir: &Dir, what: &str) {
    let cache = dir.open();
    assert_eq!(cache.problem(), None, "{what}");
    for number in [1, 2] {
        expect(&cache, number);
    }
    // What a lying disk left was found by `expect`, or is found now.
    cache.verify().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(cache.verify().expect("ours").damaged, 0, "{what}");
    cache.gc(u64::MAX).unwrap_or_else(|error| panic!("{what}: {error}"));
    let stat = cache.stat().expect("ours");
    assert_eq!((stat.temporaries, stat.foreign), (0, 0), "{what}");
    for number in [1, 2] {
        put(&cache, number);
        assert_eq!(cache.get(&key(number)).as_deref(), Some(&payload(number, SIZE)[..]), "{what}");
    }
}

#[test]
fn a_disk_without_lies_never_holds_a_wrong_entry() {
    for fault in FAULTS.into_iter().filter(|fault| *fault != Fault::Lies) {
        for at in 0..30 {
            let dir = Dir::new();
            let disk = Faulty { state: Arc::default(), at, fault };
            let cache = Cache::open_on(Settings::at(dir.folder()), Box::new(disk));
            put(&cache, 1);
            put(&cache, 2);
            drop(cache);
            assert_eq!(dir.open().verify().expect("ours").damaged, 0, "{fault:?} at {at}");
        }
    }
}

#[test]
fn a_full_disk_is_asked_once() {
    for errno in [Errno::NOSPC, Errno::ROFS, Errno::DQUOT] {
        let dir = Dir::new();
        put(&dir.open(), 1);
        let state = Arc::new(State::default());
        // Opening the folder and its status go well, then the prefix's folder.
        let disk = Faulty { state: Arc::clone(&state), at: 3, fault: Fault::Fails(errno) };
        let cache = Cache::open_on(Settings::at(dir.folder()), Box::new(disk));
        for number in 2..100 {
            put(&cache, number);
        }
        assert_eq!(cache.counts().refused, 98);
        assert_eq!(cache.problem(), None);
        assert!(state.count.load(Ordering::Relaxed) < 8);
        assert_eq!(cache.get(&key(1)).as_deref(), Some(&payload(1, SIZE)[..]), "what is there is still used");
    }
}
