//! What builds keep in the persistent compilation cache, and under which keys.
//!
//! Three sorts of entries. An *object* stands under all that LLVM made it from. A *unit* is what a module gives to the program besides
//! that: its static data, and which objects its code is; it stands under the module's text and what else decides on its code. An *executable* stands under the request (main file,
//! options) and all that the build saw of the disk: the contents of each file read and the answer to each look for one, "not there"
//! included. Which looks those were is kept under the request alone; the next build of the same request repeats them, and when
//! all answers are the same it takes the executable. Every key has the identity of this compiler in it. Neither times nor
//! places of files are in any key.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dxpyc_cache::{Cache, Key, KeyHasher, Payload, Settings};
use dxpyc_llvm::{Cpu, UnitPlan};
use dxpyc_modules::finder::Files;

use crate::cli::{CacheOptions, CodeOptions, Linker, Program};
use crate::embedded::{self, ARCHIVE_VARIABLE};
use crate::names::LookedUp;
use crate::pipeline::FileNames;
use crate::report::Failure;

/// Hash of everything that this compiler was built from.
const BUILD_ID: &str = include_str!(concat!(env!("OUT_DIR"), "/build_id.txt"));

/// `DXPYC_CACHE_VERIFY=1`: make everything again and compare.
const VERIFY_VARIABLE: &str = "DXPYC_CACHE_VERIFY";

/// The remote cache when the command line names none.
const REMOTE_VARIABLE: &str = "DXPYC_CACHE_REMOTE";
/// For each operation on a remote.
const REMOTE_TIME_LIMIT: Duration = Duration::from_secs(2);

/// Bytes that were made, or that lie in the cache.
#[derive(Clone)]
pub enum Kept {
    Made(Arc<Vec<u8>>),
    Stored(Payload),
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        match self {
            Kept::Made(bytes) => bytes,
            Kept::Stored(payload) => payload,
        }
    }
}

/// The cache of a build; without one every question is a miss.
pub struct Pcc {
    cache: Option<Cache>,
    /// What all keys begin with.
    identity: Vec<u8>,
    verify: bool,
    differences: Mutex<Vec<String>>,
}

impl Pcc {
    /// The user's cache, unless it is not wanted. Only a remote that cannot be meant is a failure.
    pub fn open(options: &CacheOptions) -> Result<Pcc, Failure> {
        let settings = if options.no_cache { None } else { Settings::from_environment() };
        let from_environment = || std::env::var(REMOTE_VARIABLE).ok().filter(|url| !url.is_empty());
        let remote = match options.cache_remote.clone().or_else(from_environment) {
            Some(url) if settings.is_some() => Some(dxpyc_cache::place(&url, REMOTE_TIME_LIMIT).map_err(Failure::Usage)?),
            _ => None,
        };
        let verify = std::env::var_os(VERIFY_VARIABLE).is_some_and(|value| !value.is_empty() && value != "0");
        let cache = settings.map(|settings| match remote {
            Some(remote) => Cache::open(settings).with_remote(remote, options.cache_remote_write),
            None => Cache::open(settings),
        });
        let identity = match &cache {
            Some(_) => [BUILD_ID.as_bytes(), &dxpyc_llvm::identity().map_err(Failure::World)?].concat(),
            None => Vec::new(),
        };
        Ok(Pcc { cache, identity, verify, differences: Mutex::new(Vec::new()) })
    }

    /// The object of a piece of the program, from the cache or from `make`. `fingerprint`: hash of all that it is made from, but this compiler.
    pub fn object(&self, name: &str, fingerprint: &[u8; 32], make: impl Fn() -> Vec<u8>) -> Result<Kept, Failure> {
        let make = || -> Result<Kept, Failure> {
            dxpyc_llvm::load().map_err(Failure::World)?;
            Ok(Kept::Made(Arc::new(make())))
        };
        let Some(cache) = &self.cache else { return make() };
        let mut hasher = self.hasher("object");
        hasher.write(fingerprint);
        let key = hasher.finish();
        let Some(stored) = cache.get(&key) else {
            let object = make()?;
            cache.put(&key, object.as_ref());
            return Ok(object);
        };
        if self.verify {
            self.compare(name, &stored, make()?.as_ref());
        }
        Ok(Kept::Stored(stored))
    }

    /// The key of something that `feed` tells all about; none without a cache, or when `feed` says that it is not worth it.
    pub fn key(&self, domain: &str, feed: impl FnOnce(&mut KeyHasher) -> bool) -> Option<Key> {
        self.cache.as_ref()?;
        let mut hasher = self.hasher(domain);
        feed(&mut hasher).then(|| hasher.finish())
    }

    /// The hash of a value, on every machine the same (`KeyHasher::write_hash`).
    pub fn hash_of<T: Hash + ?Sized>(value: &T) -> [u8; 32] {
        let mut hasher = KeyHasher::new("value");
        hasher.write_hash(value);
        hasher.finish().0
    }

    /// What the cache has; nothing when all is to be made again.
    pub fn stored(&self, key: Option<Key>) -> Option<Payload> {
        if self.verify {
            return None;
        }
        self.cache.as_ref()?.get(&key?)
    }

    /// Keeps something.
    pub fn keep(&self, key: Option<Key>, what: &str, bytes: &[u8]) {
        let (Some(cache), Some(key)) = (&self.cache, key) else { return };
        if self.verify
            && let Some(stored) = cache.get(&key)
        {
            return self.compare(what, &stored, bytes);
        }
        cache.put(&key, bytes);
    }

    /// The executable of an earlier build of the same request, if all that it saw is as it was.
    pub fn executable(&self, request: &Request, files: &Watched<'_>) -> Option<Kept> {
        if self.verify {
            return None;
        }
        let cache = self.cache.as_ref()?;
        let looks = Looks::decode(&cache.get(&request.0)?)?;
        let seen = looks.repeat(files.files);
        let executable = cache.get(&seen.key(self, request)).map(Kept::Stored)?;
        files.add(seen);
        Some(executable)
    }

    /// Keeps an executable.
    pub fn keep_executable(&self, request: &Request, looks: &Looks, executable: &[u8]) {
        let Some(cache) = &self.cache else { return };
        let key = looks.key(self, request);
        if self.verify
            && let Some(stored) = cache.get(&key)
        {
            self.compare("the executable", &stored, executable);
        }
        cache.put(&request.0, &looks.encode());
        cache.put(&key, executable);
    }

    fn hasher(&self, domain: &str) -> KeyHasher {
        let mut hasher = KeyHasher::new(domain);
        hasher.write(&self.identity);
        hasher
    }

    fn compare(&self, what: &str, stored: &[u8], made: &[u8]) {
        if stored != made {
            self.differences.lock().expect("no holder panics").push(what.to_owned());
        }
    }

    /// Fails when something in the cache was not what is made now.
    pub fn check(&self) -> Result<(), Failure> {
        let differences = self.differences.lock().expect("no holder panics");
        match differences.first() {
            None => Ok(()),
            Some(first) => Err(Failure::Bug(format!("the cache holds another result for {first} (and {} more)", differences.len() - 1))),
        }
    }

    /// Whether something can be kept.
    pub fn is_usable(&self) -> bool {
        self.cache.as_ref().is_some_and(|cache| cache.problem().is_none())
    }

    /// For `--verbose`.
    pub fn summary(&self) -> String {
        match &self.cache {
            None => "no cache".to_owned(),
            Some(cache) => {
                let counts = cache.counts();
                let mut text = format!("cache: {} hits, {} misses, {} stored", counts.hits, counts.misses, counts.stored);
                if counts.fetched > 0 {
                    text += &format!(", {} from the remote", counts.fetched);
                }
                for problem in [cache.problem(), cache.remote_problem()].into_iter().flatten() {
                    text += &format!("\ncache: not used: {problem}");
                }
                text
            }
        }
    }
}

/// What is kept of a unit.
#[derive(Default)]
pub struct KeptUnit {
    pub plan: UnitPlan,
    pub looked_up: LookedUp,
}

impl KeptUnit {
    /// The bytes to keep.
    pub fn encode(&self) -> Vec<u8> {
        let looked_up = self.looked_up.encode();
        let mut bytes = (looked_up.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(&looked_up);
        bytes.extend_from_slice(&self.plan.encode());
        bytes
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Option<KeptUnit> {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (looked_up, plan) = rest.split_at_checked(u64::from_le_bytes(*length) as usize)?;
        Some(KeptUnit { plan: UnitPlan::decode(plan)?, looked_up: LookedUp::decode(looked_up)? })
    }
}

/// What a user asked for: the key of the looks of its last build.
pub struct Request(Key);

impl Request {
    /// The request for an executable with the embedded runtime; none when the result depends on more.
    pub fn of(pcc: &Pcc, program: &Program, code: &CodeOptions, names: FileNames, cpu: &Cpu) -> Option<Request> {
        let has_own_runtime = std::env::var_os(ARCHIVE_VARIABLE).is_some();
        if program.dump.is_some() || has_own_runtime || code.linker != Linker::Builtin {
            return None;
        }
        // What is read from a pipe cannot be looked at again.
        if program.file.to_str().is_none() || !program.file.is_file() {
            return None;
        }
        let mut hasher = pcc.hasher("request");
        hasher.write(program.file.as_os_str().as_encoded_bytes());
        hasher.write_hash(&program.paths.iter().map(|path| path.as_os_str()).collect::<Vec<_>>());
        hasher.write_hash(&std::env::var_os("PYTHONPATH"));
        hasher.write_hash(&(program.check, &program.no_pass));
        hasher.write_hash(&(cpu, code.debug, code.is_static, code.keep_all));
        hasher.write_hash(&names);
        if names == FileNames::Absolute {
            hasher.write_hash(&std::env::current_dir().ok()?);
        }
        Some(Request(hasher.finish()))
    }
}

/// What was looked for, and what was there.
#[derive(Clone, Default)]
pub struct Looks(BTreeMap<(Look, String), [u8; 32]>);

/// How a path was looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Look {
    Read,
    IsFolder,
}

impl Looks {
    fn key(&self, pcc: &Pcc, request: &Request) -> Key {
        let mut hasher = pcc.hasher("executable");
        hasher.write(&request.0.0);
        for ((look, path), answer) in &self.0 {
            hasher.write_hash(look);
            hasher.write(path.as_bytes());
            hasher.write(answer);
        }
        hasher.finish()
    }

    /// The paths that were looked at.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|(_, path)| path.as_str())
    }

    /// Whether an answer is another one now.
    pub fn have_changed(&self, files: &dyn Files) -> bool {
        self.repeat(files).0 != self.0
    }

    /// The same looks now.
    fn repeat(&self, files: &dyn Files) -> Looks {
        let look = |(key, _): (&(Look, String), &[u8; 32])| {
            let answer = match key.0 {
                Look::Read => read_answer(&files.read(&key.1)),
                Look::IsFolder => folder_answer(files.is_dir(&key.1)),
            };
            (key.clone(), answer)
        };
        Looks(self.0.iter().map(look).collect())
    }

    /// The looks, without answers: those are in the key.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (look, path) in self.0.keys() {
            bytes.push(match look {
                Look::Read => 0,
                Look::IsFolder => 1,
            });
            bytes.extend_from_slice(&(path.len() as u32).to_le_bytes());
            bytes.extend_from_slice(path.as_bytes());
        }
        bytes
    }

    fn decode(mut bytes: &[u8]) -> Option<Looks> {
        let mut looks = Looks::default();
        while let Some((kind, rest)) = bytes.split_first() {
            let look = match kind {
                0 => Look::Read,
                1 => Look::IsFolder,
                _ => return None,
            };
            let (len, rest) = rest.split_first_chunk::<4>()?;
            let (path, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
            looks.0.insert((look, String::from_utf8(path.to_vec()).ok()?), [0; 32]);
            bytes = rest;
        }
        Some(looks)
    }
}

fn read_answer(answer: &Option<Result<Vec<u8>, String>>) -> [u8; 32] {
    match answer {
        None => [0; 32],
        Some(Ok(bytes)) => *blake3::hash(bytes).as_bytes(),
        Some(Err(message)) => *blake3::keyed_hash(&[1; 32], message.as_bytes()).as_bytes(),
    }
}

fn folder_answer(is_folder: bool) -> [u8; 32] {
    [u8::from(is_folder); 32]
}

/// Files that remember how they were looked at. The embedded library is not worth remembering: it is part of the compiler.
pub struct Watched<'a> {
    files: &'a dyn Files,
    looks: Mutex<Looks>,
}

impl<'a> Watched<'a> {
    /// Looks at `files`.
    pub fn new(files: &'a dyn Files) -> Watched<'a> {
        Watched { files, looks: Mutex::default() }
    }

    /// All looks so far.
    pub fn looks(&self) -> Looks {
        self.looks.lock().expect("no holder panics").clone()
    }

    fn add(&self, looks: Looks) {
        self.looks.lock().expect("no holder panics").0.extend(looks.0);
    }

    fn note(&self, look: Look, path: &str, answer: [u8; 32]) {
        if !embedded::is_library_path(path) {
            self.looks.lock().expect("no holder panics").0.insert((look, path.to_owned()), answer);
        }
    }
}

impl Files for Watched<'_> {
    fn read(&self, path: &str) -> Option<Result<Vec<u8>, String>> {
        let answer = self.files.read(path);
        self.note(Look::Read, path, read_answer(&answer));
        answer
    }

    fn is_dir(&self, path: &str) -> bool {
        let answer = self.files.is_dir(path);
        self.note(Look::IsFolder, path, folder_answer(answer));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    struct Map(HashMap<String, Vec<u8>>);

    impl Files for Map {
        fn read(&self, path: &str) -> Option<Result<Vec<u8>, String>> {
            self.0.get(path).cloned().map(Ok)
        }

        fn is_dir(&self, path: &str) -> bool {
            self.0.keys().any(|key| key.starts_with(&format!("{path}/")))
        }
    }

    #[test]
    fn every_answer_is_in_the_key() {
        let mut map = Map(HashMap::from([("a.py".to_owned(), b"x".to_vec())]));
        let pcc = Pcc { cache: None, identity: Vec::new(), verify: false, differences: Mutex::default() };
        let request = Request(Key([7; 32]));
        let looks = {
            let watched = Watched::new(&map);
            watched.read("a.py");
            watched.read("b.py");
            watched.is_dir("c");
            watched.looks()
        };
        let key = looks.key(&pcc, &request);
        let again = Looks::decode(&looks.encode()).expect("well formed");
        assert_eq!(again.repeat(&map).key(&pcc, &request), key);
        for (path, bytes) in [("a.py", "y"), ("b.py", ""), ("c/d.py", "")] {
            let old = map.0.insert(path.to_owned(), bytes.as_bytes().to_vec());
            assert_ne!(again.repeat(&map).key(&pcc, &request), key, "{path}");
            match old {
                Some(old) => map.0.insert(path.to_owned(), old),
                None => map.0.remove(path),
            };
        }
        assert_eq!(again.repeat(&map).key(&pcc, &request), key);
        assert_ne!(again.repeat(&map).key(&pcc, &Request(Key([8; 32]))), key);
        assert!(Looks::decode(&[0, 9, 0, 0, 0, b'x']).is_none());
    }
}
