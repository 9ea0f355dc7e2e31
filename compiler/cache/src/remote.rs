//! Entries of other machines: read-through, and write-through where that is asked for.
//!
//! What lies in between is not trusted: entries are sealed and checked (`entry`), under the secret when there is one. It is not
//! waited for either: each operation has a time limit, and after a few failures in a row the remote is left alone for the
//! rest of the process. Storing goes on in a thread of its own while the build does.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use crate::entry::{self, Secret};
use crate::key::Key;

/// A place that has bytes under names, like `ab/cdef…`. Each call ends within a time of its own.
pub trait Remote: Send + Sync {
    /// None when there is nothing of that name.
    fn fetch(&self, name: &str) -> io::Result<Option<Vec<u8>>>;
    fn store(&self, name: &str, bytes: Vec<u8>) -> io::Result<()>;
}

/// So many failures in a row end the use of a remote.
const FAILURES_MAX: u32 = 3;
/// Entries that wait to be stored; more are not stored.
const WAITING_MAX: usize = 256;

/// A remote with its health and the thread that stores.
pub(crate) struct Link {
    shared: Arc<Shared>,
    secret: Option<Secret>,
    writer: Option<(SyncSender<(String, Vec<u8>)>, JoinHandle<()>)>,
}

struct Shared {
    remote: Box<dyn Remote>,
    failures: AtomicU32,
    broken: AtomicBool,
    problem: OnceLock<String>,
}

impl Link {
    /// `writes`: entries are stored there too.
    pub fn new(remote: Box<dyn Remote>, secret: Option<Secret>, writes: bool) -> Link {
        let shared = Arc::new(Shared { remote, failures: AtomicU32::new(0), broken: AtomicBool::new(false), problem: OnceLock::new() });
        let writer = writes.then(|| {
            let (sender, receiver) = sync_channel(WAITING_MAX);
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name("dxpyc-remote".to_owned()).spawn(move || shared.write(&receiver));
            thread.ok().map(|thread| (sender, thread))
        });
        Link { shared, secret, writer: writer.flatten() }
    }

    /// A checked entry, header included.
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let bytes = self.shared.run(|remote| remote.fetch(&name(key)))??;
        entry::check(key, &bytes, self.secret.as_ref()).is_some().then_some(bytes)
    }

    /// Stores later, or not.
    pub fn put(&self, key: &Key, payload: &[u8]) {
        let Some((sender, _)) = &self.writer else { return };
        if !self.shared.broken.load(Ordering::Relaxed) {
            let bytes = [&entry::seal(key, payload, self.secret.as_ref())[..], payload].concat();
            let _ = sender.try_send((name(key), bytes));
        }
    }

    /// Why the remote is no longer asked.
    pub fn problem(&self) -> Option<&str> {
        self.shared.problem.get().map(String::as_str)
    }
}

impl Drop for Link {
    /// Waits for what is to be stored. A remote that hangs ends this after `FAILURES_MAX` time limits.
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.writer.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run<R>(&self, call: impl FnOnce(&dyn Remote) -> io::Result<R>) -> Option<R> {
        if self.broken.load(Ordering::Relaxed) {
            return None;
        }
        match call(&*self.remote) {
            Ok(result) => {
                self.failures.store(0, Ordering::Relaxed);
                Some(result)
            }
            Err(error) => {
                if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_MAX {
                    self.broken.store(true, Ordering::Relaxed);
                    let _ = self.problem.set(crate::upkeep::reason(&error));
                }
                None
            }
        }
    }

    fn write(&self, waiting: &Receiver<(String, Vec<u8>)>) {
        for (name, bytes) in waiting {
            self.run(|remote| remote.store(&name, bytes));
        }
    }
}

/// Where an entry lies.
fn name(key: &Key) -> String {
    let hex = key.hex();
    format!("{}/{}", &hex[..2], &hex[2..])
}
