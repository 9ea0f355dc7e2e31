//! Many processes on one cache, some of them killed, some who may only read.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use common::{Dir, key, payload};
use dxpyc_cache::{Cache, Settings};

const KEYS: usize = 16;
/// Of each process in the concurrent scenarios.
const ROUNDS: usize = 4;

static PAYLOADS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let sizes = [10, 5_000, 70_000, 300_000];
    (0..KEYS).map(|number| payload(number, sizes[number % 4])).collect()
});

/// Gets; what is there is right.
fn check(cache: &Cache, number: usize) -> bool {
    let found = cache.get(&key(number));
    if let Some(found) = &found {
        assert!(found[..] == PAYLOADS[number][..], "the payload of {number} is wrong");
    }
    found.is_some()
}

fn put(cache: &Cache, number: usize) {
    cache.put(&key(number), &PAYLOADS[number]);
}

/// What the process of a test does; the variable `DXPYC_CACHE_TEST` says what, and where.
#[test]
fn child() {
    let Some(task) = std::env::var_os("DXPYC_CACHE_TEST") else { return };
    let task = task.into_string().expect("UTF-8");
    let (what, folder) = task.split_once(' ').expect("two words");
    let open = || Cache::open(Settings::at(folder));
    LazyLock::force(&PAYLOADS);
    println!("\nready");
    match what {
        "store" => loop {
            let cache = open();
            (0..KEYS).for_each(|number| put(&cache, number));
        },
        "all" => loop {
            let cache = open();
            for number in 0..KEYS {
                if !check(&cache, number) {
                    put(&cache, number);
                }
            }
            cache.gc(1 << 20).expect("ours");
            cache.clear().expect("ours");
        },
        "read" => {
            let cache = open();
            for number in 0..KEYS {
                assert_eq!(check(&cache, number), number < KEYS / 2, "{number}");
                put(&cache, number);
            }
            assert_eq!(cache.problem(), None);
            assert_eq!(cache.counts().stored, 0);
            cache.gc(0).expect("it may be looked at");
            assert_eq!(cache.stat().expect("it may be looked at").entries, KEYS as u64 / 2);
        }
        "fetch" => {
            for round in 0..ROUNDS {
                let cache = open();
                for number in 0..KEYS {
                    if !check(&cache, (number * 7 + round) % KEYS) {
                        put(&cache, (number * 7 + round) % KEYS);
                    }
                }
            }
        }
        "gc" => {
            for round in 0..ROUNDS as u64 {
                let cache = open();
                cache.gc(round * 300_000).expect("ours");
                assert_eq!(cache.verify().expect("ours").damaged, 0);
            }
        }
        "clear" => {
            for _ in 0..ROUNDS {
                open().clear().expect("ours");
            }
        }
        _ => panic!("unknown task {what}"),
    }
}

fn command(what: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test"));
    command.args(["--exact", "child", "--nocapture"]).env("DXPYC_CACHE_TEST", format!("{what} {}", folder.display()));
    command.stdout(Stdio::null()).stderr(Stdio::piped()).stdin(Stdio::null());
    command
}

fn start(what: &str, dir: &Dir) -> Child {
    command(what, &dir.folder()).spawn().expect("a process starts")
}

fn finish(what: &str, child: Child) {
    let output = child.wait_with_output().expect("it is a child");
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
}

/// All that is there is right, and after a clean-up nothing of the dead is left.
fn check_whole(dir: &Dir, what: &str) {
    let cache = dir.open();
    assert_eq!(cache.problem(), None, "{what}");
    let verified = cache.verify().expect("ours");
    assert_eq!((verified.damaged, verified.unreadable, verified.foreign), (0, 0, 0), "{what}");
    for number in 0..KEYS {
        check(&cache, number);
    }
    cache.gc(u64::MAX).expect("ours");
    assert_eq!(cache.stat().expect("ours").temporaries, 0, "{what}");
}

#[test]
fn killed_at_any_moment() {
    // One cache for all: each starts with what the one before left.
    let cold_and_warm = Dir::new();
    let mut entries = 0;
    for round in 0..common::scale(50, 500) {
        let task = if round % 3 == 2 { "all" } else { "store" };
        let dir = &cold_and_warm;
        if round % 10 == 0 {
            dir.open().clear().expect("ours");
        }
        let mut children = [task, "store"].map(|task| {
            let mut child = command(task, &dir.folder()).stdout(Stdio::piped()).spawn().expect("a process starts");
            let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
            assert!(lines.any(|line| line.is_ok_and(|line| line == "ready")), "it starts");
            child
        });
        std::thread::sleep(Duration::from_micros(u64::from(round) * 397 % 12_000));
        for child in &mut children {
            child.kill().expect("it is a child");
        }
        for child in children {
            drop(child.wait_with_output());
        }
        entries += dir.open().stat().expect("ours").entries;
        check_whole(dir, &format!("round {round}"));
    }
    assert!(entries > 50, "the processes stored only {entries} before they died");
}

#[test]
fn what_lives_is_not_cleaned_away() {
    let dir = Dir::new();
    let cache = dir.open();
    put(&cache, 0);
    let folder = common::entry_path(&dir.folder(), &key(0)).parent().expect("a folder").to_owned();
    let alive = fs::File::create(folder.join("tmp-alive")).expect("ours");
    rustix::fs::flock(&alive, rustix::fs::FlockOperation::LockExclusive).expect("ours");
    fs::write(folder.join("tmp-dead"), b"x").expect("ours");
    let cleaned = cache.gc(u64::MAX).expect("ours");
    assert_eq!(cleaned.removed_temporaries, 1);
    assert!(folder.join("tmp-alive").exists());
    drop(alive);
    assert_eq!(cache.gc(u64::MAX).expect("ours").removed_temporaries, 1);
}

#[test]
fn concurrent_processes() {
    let scenarios: [&[&str]; 10] = [
        &["fetch", "fetch"],
        &["fetch", "fetch", "fetch"],
        &["fetch", "gc"],
        &["fetch", "gc", "gc"],
        &["fetch", "clear"],
        &["fetch", "fetch", "clear"],
        &["fetch", "fetch", "gc"],
        &["fetch", "gc", "clear"],
        &["gc", "gc", "clear"],
        &["fetch", "fetch", "gc", "clear"],
    ];
    for _ in 0..common::scale(1, 50) {
        for tasks in scenarios {
            let dir = Dir::new();
            let children: Vec<Child> = tasks.iter().map(|task| start(task, &dir)).collect();
            for (child, task) in children.into_iter().zip(tasks) {
                finish(&format!("{task} of {tasks:?}"), child);
            }
            check_whole(&dir, &format!("{tasks:?}"));
        }
    }
}

#[test]
fn concurrent_threads() {
    for scenario in 0..10 {
        let dir = Dir::new();
        let shared = dir.open();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (shared, dir) = (&shared, &dir);
                scope.spawn(move || {
                    for round in 0..common::scale(20, 500) as usize {
                        let own;
                        let cache = if scenario % 2 == 0 {
                            shared
                        } else {
                            own = dir.open();
                            &own
                        };
                        let number = (round * 5 + thread * scenario) % KEYS;
                        match (scenario, thread) {
                            (2 | 3, 0) => drop(cache.gc(round as u64 * 100_000).expect("ours")),
                            (4 | 5, 0) => drop(cache.clear().expect("ours")),
                            (6 | 7, 0) => cache.remove(&key(number)),
                            (8 | 9, 0) => assert_eq!(cache.verify().expect("ours").damaged, 0),
                            _ if !check(cache, number) => put(cache, number),
                            _ => {}
                        }
                    }
                });
            }
        });
        check_whole(&dir, &format!("scenario {scenario}"));
    }
}

#[test]
fn a_cache_that_may_only_be_read() {
    let dir = Dir::new();
    let cache = dir.open();
    (0..KEYS / 2).for_each(|number| put(&cache, number));
    drop(cache);
    // Old, so that reading wants to note the use.
    let change = |mode: u32, owner: Option<u32>| {
        for path in tree(&dir.folder()) {
            let file = path.is_file();
            fs::set_permissions(&path, fs::Permissions::from_mode(if file { mode & 0o666 } else { mode })).expect("ours");
            std::os::unix::fs::chown(&path, owner, None).expect("root may");
        }
    };
    let mut command = command("read", &dir.folder());
    if rustix::process::geteuid().is_root() {
        // Root may write anywhere: somebody else reads, who must reach the test and the folder.
        let program = dir.outside("test");
        fs::copy(std::env::current_exe().expect("a test"), &program).expect("ours");
        fs::set_permissions(dir.outside(""), fs::Permissions::from_mode(0o755)).expect("ours");
        let args: Vec<_> = command.get_args().map(std::ffi::OsStr::to_owned).collect();
        let task = format!("read {}", dir.folder().display());
        command = Command::new(program);
        command.args(args).env("DXPYC_CACHE_TEST", task).uid(65534).stdout(Stdio::null()).stderr(Stdio::piped());
        change(0o500, Some(65534));
    } else {
        change(0o500, None);
    }
    // A process that another test forked may still hold the copied program open for writing.
    let busy = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ExecutableFileBusy;
    let child = loop {
        match command.spawn() {
            Err(error) if busy(&error) => std::thread::sleep(std::time::Duration::from_millis(10)),
            child => break child.expect("a process starts"),
        }
    };
    finish("read", child);
    change(0o700, None);
}

/// A folder and all below.
fn tree(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = vec![folder.to_owned()];
    let mut next = 0;
    while next < all.len() {
        if all[next].is_dir() {
            all.extend(fs::read_dir(&all[next]).expect("ours").map(|item| item.expect("ours").path()));
        }
        next += 1;
    }
    all
}
