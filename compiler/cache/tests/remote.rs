//! Two machines and a place between them, which may be wrong, slow or gone.

mod common;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sha2::Digest;

use common::{Dir, key, payload};
use dxpyc_cache::{Cache, Counts, Remote, Secret, Settings, place, place_with};

/// A place in memory.
#[derive(Clone, Default)]
struct Place(Arc<State>);

#[derive(Default)]
struct State {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    calls: AtomicUsize,
    /// Calls from this number on fail; 0: none.
    broken_from: AtomicUsize,
}

impl Place {
    fn call(&self) -> io::Result<()> {
        let number = self.0.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let broken = self.0.broken_from.load(Ordering::Relaxed);
        if broken > 0 && number >= broken { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }

    fn files(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.files.lock().expect("no panic")
    }
}

impl Remote for Place {
    fn fetch(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.call()?;
        Ok(self.files().get(name).cloned())
    }

    fn store(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.call()?;
        self.files().insert(name.to_owned(), bytes);
        Ok(())
    }
}

fn open(dir: &Dir, place: &Place, writes: bool) -> Cache {
    dir.open().with_remote(Box::new(place.clone()), writes)
}

fn put_all(place: &Place, count: usize) {
    let dir = Dir::new();
    let cache = open(&dir, place, true);
    (0..count).for_each(|number| cache.put(&key(number), &payload(number, 1000)));
}

#[test]
fn what_one_machine_put_another_gets() {
    let place = Place::default();
    put_all(&place, 20);
    assert_eq!(place.files().len(), 20);
    let dir = Dir::new();
    let cache = open(&dir, &place, false);
    for number in 0..20 {
        let found = cache.get(&key(number)).expect("stored there");
        assert_eq!(&found[..], &payload(number, 1000)[..]);
        assert_eq!(found.as_ptr().addr() % 16, 0);
    }
    assert!(cache.get(&key(20)).is_none());
    assert_eq!(cache.counts(), Counts { hits: 20, misses: 1, stored: 20, refused: 0, fetched: 20 });
    // Once fetched, the remote is not asked again.
    let calls = place.calls();
    assert!(open(&dir, &place, false).get(&key(3)).is_some());
    assert_eq!(place.calls(), calls);
    // Without being asked to, nothing is stored there.
    open(&dir, &place, false).put(&key(30), b"x");
    assert_eq!(place.files().len(), 20);
}

#[test]
fn it_works_without_a_folder() {
    let place = Place::default();
    put_all(&place, 1);
    let dir = Dir::new();
    std::fs::write(dir.folder(), b"a file").expect("ours");
    let cache = open(&dir, &place, true);
    assert!(cache.problem().is_some());
    assert_eq!(cache.get(&key(0)).as_deref(), Some(&payload(0, 1000)[..]));
}

#[test]
fn a_poisoned_remote_causes_misses() {
    let place = Place::default();
    put_all(&place, 10);
    let other = place.files().values().next().cloned().expect("ten");
    for (index, bytes) in place.files().values_mut().enumerate().skip(1) {
        match index {
            1 => bytes.clear(),
            2 => bytes.truncate(bytes.len() - 1),
            3 => bytes.push(0),
            4 => bytes[200] ^= 1,
            5 => bytes[20] ^= 1,
            6 => *bytes = other.clone(),
            7 => *bytes = vec![0; 10_000],
            8 => bytes.truncate(50),
            _ => bytes[48..56].fill(0xff),
        }
    }
    let dir = Dir::new();
    let cache = open(&dir, &place, false);
    let found: Vec<usize> = (0..10).filter(|number| cache.get(&key(*number)).is_some()).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(cache.get(&key(found[0])).as_deref(), Some(&payload(found[0], 1000)[..]));
    assert_eq!(cache.stat().expect("ours").entries, 1);
    assert_eq!(cache.remote_problem(), None);
}

#[test]
fn only_the_same_secret_opens() {
    let place = Place::default();
    let with = |dir: &Dir, secret: Option<&str>| {
        let secret = secret.map(|text| Secret::new(text.as_bytes()));
        Cache::open(Settings { secret, ..Settings::at(dir.folder()) }).with_remote(Box::new(place.clone()), true)
    };
    for sealed in [None, Some("one"), Some("two")] {
        with(&Dir::new(), sealed).put(&key(1), b"x");
        for secret in [None, Some("one"), Some("two")] {
            assert_eq!(with(&Dir::new(), secret).get(&key(1)).is_some(), sealed == secret);
        }
    }
}

#[test]
fn a_broken_remote_is_left_alone_soon() {
    for broken_from in [1, 5] {
        let place = Place::default();
        put_all(&place, 10);
        let before = place.calls();
        place.0.broken_from.store(before + broken_from, Ordering::Relaxed);
        let dir = Dir::new();
        let cache = open(&dir, &place, true);
        let found = (0..10).filter(|number| cache.get(&key(*number)).is_some()).count();
        assert_eq!(found, broken_from - 1);
        assert_eq!(place.calls() - before, broken_from + 2, "three failures are enough");
        assert_eq!(cache.remote_problem(), Some("timed out"));
        // The rest goes on as without it.
        cache.put(&key(100), b"x");
        assert!(cache.get(&key(100)).is_some());
        drop(cache);
        assert_eq!(place.calls() - before, broken_from + 2);
    }
}

const LIMIT: Duration = Duration::from_secs(10);

fn through(url: &str) {
    through_with(url, &|_| None);
}

fn through_with(url: &str, variable: &dyn Fn(&str) -> Option<String>) {
    let open = |dir: &Dir, writes| dir.open().with_remote(place_with(url, variable, LIMIT).expect("a good URL"), writes);
    let sizes = [0, 1, 100, 16_384, 100_000, 3 << 20];
    let writer = Dir::new();
    let cache = open(&writer, true);
    for (number, size) in sizes.iter().enumerate() {
        assert!(cache.get(&key(number)).is_none(), "nothing is there yet");
        cache.put(&key(number), &payload(number, *size));
    }
    drop(cache);
    let reader = Dir::new();
    let cache = open(&reader, false);
    std::thread::scope(|scope| {
        for (number, size) in sizes.iter().enumerate() {
            let cache = &cache;
            scope.spawn(move || assert!(cache.get(&key(number)).expect("stored there")[..] == payload(number, *size)[..]));
        }
    });
    assert!(cache.get(&key(sizes.len())).is_none());
    assert_eq!(cache.counts().fetched, sizes.len() as u64);
    assert_eq!(cache.remote_problem(), None);
}

#[test]
fn through_a_shared_folder() {
    let shared = Dir::new();
    let path = shared.outside("shared");
    through(path.to_str().expect("UTF-8"));
    // Its files are what a cache has; nothing else is left there.
    assert_eq!(Cache::open(Settings::at(&path)).verify().expect("ours").good, 6);
    let url = format!("file://{}", path.display());
    let dir = Dir::new();
    let cache = dir.open().with_remote(place(&url, LIMIT).expect("a good URL"), false);
    assert!(cache.get(&key(2)).is_some());
    // What is no file there is a miss, and does not hang.
    let entry = common::entry_path(&path, &key(3));
    std::fs::remove_file(&entry).expect("ours");
    rustix::fs::mknodat(rustix::fs::CWD, &entry, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).expect("ours");
    assert!(cache.get(&key(3)).is_none());
    std::fs::remove_file(&entry).expect("ours");
    std::os::unix::fs::symlink("/etc/passwd", &entry).expect("ours");
    assert!(cache.get(&key(3)).is_none());
}

/// A server, stopped at the end.
struct Server {
    child: Child,
    _dir: Dir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts `redis-server`, if there is one, at a free port.
fn start_redis(extra: &[&str]) -> Option<(Server, u16)> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free").port();
    let dir = Dir::new();
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]).arg(dir.outside(""));
    let child = command.args(extra).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    let server = Server { child, _dir: dir };
    for _ in 0..500 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some((server, port));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("redis-server does not answer");
}

#[test]
fn through_redis() {
    let Some((server, port)) = start_redis(&[]) else {
        eprintln!("redis-server is not installed");
        return;
    };
    through(&format!("redis://127.0.0.1:{port}"));
    through(&format!("redis://127.0.0.1:{port}/3"));
    // The server goes: what was open fails, nothing else does.
    let dir = Dir::new();
    let cache = dir.open().with_remote(place(&format!("redis://127.0.0.1:{port}"), LIMIT).expect("a good URL"), true);
    assert!(cache.get(&key(1)).is_some());
    drop(server);
    for number in 2..10 {
        assert!(cache.get(&key(number)).is_none());
    }
    assert!(cache.remote_problem().is_some());
    assert!(cache.get(&key(1)).is_some());
}

#[test]
fn through_redis_with_a_password() {
    let Some((_server, port)) = start_redis(&["--requirepass", "s3cret:@"]) else { return };
    through(&format!("redis://:s3cret:@@127.0.0.1:{port}/1"));
    let dir = Dir::new();
    let cache = dir.open().with_remote(place(&format!("redis://127.0.0.1:{port}"), LIMIT).expect("a good URL"), false);
    for number in 0..3 {
        assert!(cache.get(&key(number)).is_none());
    }
    assert!(cache.remote_problem().expect("refused").contains("NOAUTH"));
}

/// A server that sends `answer` to everyone and then says nothing more, or closes.
fn check_bad_server(answer: &'static [u8], closes: bool) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
            if !closes {
                open.push(stream);
            }
        }
    });
    let began = Instant::now();
    let dir = Dir::new();
    let remote = place(&format!("redis://127.0.0.1:{port}"), Duration::from_millis(50)).expect("a good URL");
    let cache = dir.open().with_remote(remote, true);
    for number in 0..10 {
        assert!(cache.get(&key(number)).is_none());
        cache.put(&key(number), b"x");
    }
    drop(cache);
    assert!(began.elapsed() < Duration::from_secs(20), "{answer:?} took {:?}", began.elapsed());
    assert_eq!(dir.open().stat().expect("ours").entries, 10);
}

#[test]
fn bad_servers_are_not_waited_for() {
    let answers: [&[u8]; 10] = [
        b"",
        b"+OK\r\n",
        b"$-1\r\n",
        b"$5\r\nab",
        b"$99999999999999999999\r\n",
        b"$200000000\r\nx",
        b"$3\r\nabcdef\r\n",
        b"-ERR no\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        &[b'x'; 5000],
    ];
    std::thread::scope(|scope| {
        for answer in answers {
            for closes in [false, true] {
                scope.spawn(move || check_bad_server(answer, closes));
            }
        }
    });
}

/// A server that keeps what is PUT and answers GET, for requests with an authorization and the right hash of their body. Gives its port.
fn start_s3(objects: &Arc<Mutex<BTreeMap<String, Vec<u8>>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let objects = Arc::clone(objects);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let objects = Arc::clone(&objects);
            std::thread::spawn(move || while serve_s3(&stream, &objects).is_some() {});
        }
    });
    port
}

/// Answers one request; none at the end of the connection.
fn serve_s3(mut stream: &TcpStream, objects: &Mutex<BTreeMap<String, Vec<u8>>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let header = |name: &str| head.lines().find_map(|line| line.split_once(": ").filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()));
    let mut words = head.split(' ');
    let (method, path) = (words.next()?, words.next()?.to_owned());
    let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().expect("a number"))];
    stream.read_exact(&mut body).ok()?;
    let hash: String = sha2::Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    let scope = header("authorization").filter(|text| text.starts_with("AWS4-HMAC-SHA256 Credential=me/") && text.contains("/here/s3/aws4_request,SignedHeaders=host;"));
    let (status, answer) = if scope.is_none() || header("x-amz-content-sha256") != Some(hash) {
        ("403 Forbidden", Vec::new())
    } else if method == "PUT" {
        objects.lock().expect("no panic").insert(path, body);
        ("200 OK", Vec::new())
    } else {
        match objects.lock().expect("no panic").get(&path) {
            Some(object) => ("200 OK", object.clone()),
            None => ("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
        }
    };
    stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", answer.len()).as_bytes()).ok()?;
    stream.write_all(&answer).ok()
}

#[test]
fn through_s3() {
    let objects = Arc::default();
    let endpoint = format!("http://127.0.0.1:{}", start_s3(&objects));
    let variable = |name: &str| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_REGION" => Some("here".to_owned()),
        "AWS_ACCESS_KEY_ID" => Some("me".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("secret".to_owned()),
        _ => None,
    };
    through_with("s3://bucket/builds", &variable);
    let names: Vec<String> = objects.lock().expect("no panic").keys().cloned().collect();
    assert_eq!(names.len(), 6);
    assert!(names.iter().all(|name| name.starts_with("/bucket/builds/") && name.len() == "/bucket/builds/".len() + 65), "{names:?}");
    // What somebody else puts there is refused.
    for object in objects.lock().expect("no panic").values_mut() {
        object.push(0);
    }
    let dir = Dir::new();
    let cache = dir.open().with_remote(place_with("s3://bucket/builds", &variable, LIMIT).expect("a good URL"), false);
    assert!((0..6).all(|number| cache.get(&key(number)).is_none()));
    // Who may not is told so, once.
    let stranger = |name: &str| if name == "AWS_ACCESS_KEY_ID" { Some("you".to_owned()) } else { variable(name) };
    let cache = Dir::new().open().with_remote(place_with("s3://bucket/builds", &stranger, LIMIT).expect("a good URL"), false);
    assert!((0..6).all(|number| cache.get(&key(number)).is_none()));
    assert!(cache.remote_problem().is_some_and(|problem| problem.contains("403")), "{:?}", cache.remote_problem());
}
