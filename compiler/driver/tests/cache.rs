//! `dxpyc cache`: what it prints, its exit codes, and that it leaves alone what is not the cache's.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use dxpyc_cache::{Cache, Key, KeyHasher, Settings};

struct Dir(PathBuf);

impl Dir {
    /// With a cache of three entries.
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("dxpyc-cache-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary directory is writable");
        let dir = Dir(path);
        let cache = dir.cache("cache");
        for number in 0..3 {
            cache.put(&key(number), format!("payload {number}").as_bytes());
        }
        dir
    }

    fn cache(&self, name: &str) -> Cache {
        Cache::open(Settings::at(self.0.join(name)))
    }

    fn entry(&self, number: u64) -> PathBuf {
        let hex = key(number).hex();
        self.0.join("cache").join(&hex[..2]).join(&hex[2..])
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key(number: u64) -> Key {
    let mut hasher = KeyHasher::new("driver test");
    hasher.write_u64(number);
    hasher.finish()
}

fn command(dir: &Dir, cache: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dxpyc"));
    command.current_dir(&dir.0).arg("cache").args(args).env("DXPYC_CACHE_DIR", dir.0.join(cache));
    for name in ["DXPYC_CACHE_LIMIT", "DXPYC_CACHE_SECRET", "XDG_CACHE_HOME"] {
        command.env_remove(name);
    }
    command
}

/// Standard output, after a run that ends with `code` and prints `error` at the end of its one line of errors.
fn check(command: &mut Command, code: i32, error: &str) -> String {
    finish(command.output().expect("dxpyc runs"), code, error)
}

fn finish(output: Output, code: i32, error: &str) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    match error {
        "" => assert_eq!(stderr, ""),
        _ => assert!(stderr.lines().count() == 1 && stderr.starts_with("dxpyc: error: ") && stderr.trim_end().ends_with(error), "{stderr}"),
    }
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_folder_is_told_and_not_made() {
    let dir = Dir::new("path");
    let home = dir.0.join("home");
    let mut command = command(&dir, "x", &["path"]);
    command.env("HOME", &home);
    assert_eq!(check(&mut command, 0, ""), format!("{}\n", dir.0.join("x").display()));
    command.env_remove("DXPYC_CACHE_DIR");
    assert_eq!(check(&mut command, 0, ""), format!("{}\n", home.join(".cache/dxpyc").display()));
    command.env("XDG_CACHE_HOME", dir.0.join("xdg"));
    assert_eq!(check(&mut command, 0, ""), format!("{}\n", dir.0.join("xdg/dxpyc").display()));
    command.env_remove("XDG_CACHE_HOME").env_remove("HOME");
    check(&mut command, 1, "set DXPYC_CACHE_DIR or HOME");
    assert_eq!(fs::read_dir(&dir.0).expect("ours").count(), 1);
}

#[test]
fn stat_verify_gc_and_clear() {
    let dir = Dir::new("upkeep");
    let run = |args: &[&str], code| check(&mut command(&dir, "cache", args), code, "");
    let stat = run(&["stat"], 0);
    assert!(stat.contains("entries  3\n") && stat.contains("bytes    12288 of at most 5368709120\n"), "{stat}");
    assert_eq!(run(&["verify"], 0), "3 right, 0 damaged and removed, 0 unreadable\n");
    fs::write(dir.entry(1), b"damaged").expect("ours");
    assert_eq!(run(&["verify"], 1), "2 right, 1 damaged and removed, 0 unreadable\n");
    assert_eq!(run(&["verify"], 0), "2 right, 0 damaged and removed, 0 unreadable\n");
    assert_eq!(run(&["gc"], 0), "removed 0 entries, 0 bytes; 2 entries, 8192 bytes stay\n");
    assert_eq!(run(&["gc", "--limit", "4K"], 0), "removed 1 entries, 4096 bytes; 1 entries, 4096 bytes stay\n");
    let foreign = dir.0.join("cache/mine.txt");
    fs::write(&foreign, b"x").expect("ours");
    assert_eq!(run(&["clear"], 0), "removed 1 entries, 4096 bytes\n");
    assert_eq!(fs::read_dir(dir.0.join("cache")).expect("ours").count(), 1, "only what is not the cache's stays");
    assert!(run(&["stat"], 0).contains("entries  0\n"));
}

#[test]
fn pack_and_unpack() {
    let dir = Dir::new("pack");
    let packed = check(&mut command(&dir, "cache", &["pack", "all.zst"]), 0, "");
    assert!(packed.starts_with("packed 3 entries in "), "{packed}");
    assert_eq!(check(&mut command(&dir, "copy", &["unpack", "all.zst"]), 0, ""), "3 entries stored, 0 refused\n");
    assert_eq!(dir.cache("copy").get(&key(2)).as_deref(), Some(&b"payload 2"[..]));
    // Through pipes.
    let bytes = command(&dir, "cache", &["pack", "-"]).output().expect("dxpyc runs").stdout;
    assert!(bytes == fs::read(dir.0.join("all.zst")).expect("packed"));
    let mut unpack = command(&dir, "piped", &["unpack", "-"]);
    let mut child = unpack.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("dxpyc runs");
    child.stdin.take().expect("piped").write_all(&bytes).expect("it reads");
    assert_eq!(finish(child.wait_with_output().expect("a child"), 0, ""), "3 entries stored, 0 refused\n");
    // Another secret.
    let mut other = command(&dir, "secret", &["unpack", "all.zst"]);
    assert_eq!(check(other.env("DXPYC_CACHE_SECRET", "x"), 1, ""), "0 entries stored, 3 refused\n");
    // Files that are none.
    fs::write(dir.0.join("bad"), b"not a pack").expect("ours");
    check(&mut command(&dir, "copy", &["unpack", "bad"]), 1, "bad: damaged, or not made by `dxpyc cache pack`");
    check(&mut command(&dir, "copy", &["unpack", "absent"]), 1, "absent: No such file or directory");
    check(&mut command(&dir, "copy", &["unpack", "."]), 1, ".: Is a directory");
    check(&mut command(&dir, "cache", &["pack", "no/such"]), 1, "no/such: No such file or directory");
    check(&mut command(&dir, "cache", &["pack", "/dev/full"]), 1, "/dev/full: No space left on device");
}

#[test]
fn a_folder_that_cannot_be_trusted_is_an_error() {
    let dir = Dir::new("trust");
    std::os::unix::fs::symlink("cache", dir.0.join("link")).expect("ours");
    fs::write(dir.0.join("file"), b"x").expect("ours");
    for args in [&["stat"][..], &["verify"], &["gc"], &["clear"], &["pack", "x"], &["unpack", "x"]] {
        check(&mut command(&dir, "link", args), 1, "link: is not a folder");
        check(&mut command(&dir, "file", args), 1, "file: is not a folder");
    }
    assert!(!Path::new(&dir.0).join("x").exists());
    assert_eq!(dir.cache("cache").stat().expect("ours").entries, 3);
}

#[test]
fn usage_errors_are_2() {
    let dir = Dir::new("usage");
    for args in [&[][..], &["nothing"], &["gc", "--limit", "many"], &["pack"], &["unpack"]] {
        assert_eq!(command(&dir, "cache", args).output().expect("dxpyc runs").status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_pack_beyond_the_limit_of_file_sizes_is_an_error() {
    let dir = Dir::new("fsize");
    let dxpyc = env!("CARGO_BIN_EXE_dxpyc");
    let mut shell = Command::new("sh");
    shell.current_dir(&dir.0).env("DXPYC_CACHE_DIR", dir.0.join("cache")).args(["-c", &format!("ulimit -f 0; exec {dxpyc} cache pack all.zst")]);
    check(&mut shell, 1, "all.zst: File too large");
    assert!(!dir.0.join("all.zst").exists());
}

/// Builds in the folder; gives what `-v` says.
fn build(dir: &Dir, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dxpyc"));
    command.current_dir(&dir.0).args(["build", "-v"]).args(args).env("DXPYC_CACHE_DIR", dir.0.join("builds")).env_remove("PYTHONPATH");
    let output = command.output().expect("dxpyc runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    stderr
}

#[test]
fn what_is_warm_is_not_compiled() {
    let dir = Dir::new("warm");
    fs::write(dir.0.join("one.py"), "print(1)\n").expect("ours");
    fs::write(dir.0.join("two.py"), "import one\nprint(2)\n").expect("ours");
    fs::write(dir.0.join("bad.py"), "x = = 1\n").expect("ours");
    let names = |dir: &Dir| {
        let mut names: Vec<String> = fs::read_dir(&dir.0).expect("ours").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    check(&mut command(&dir, "builds", &["warm", "one.py", "two.py"]), 0, "");
    assert_eq!(names(&dir), ["bad.py", "builds", "cache", "one.py", "two.py"], "nothing is written beside the cache");
    for name in ["one", "two"] {
        let report = build(&dir, &[&format!("{name}.py"), "-o", name]);
        assert!(!report.contains("llvm"), "{report}");
        assert!(Command::new(dir.0.join(name)).output().expect("it runs").status.success());
    }
    // Other options are another program.
    assert!(build(&dir, &["one.py", "-o", "one", "--debug"]).contains("llvm"));
    // What fails does not keep the others out.
    fs::write(dir.0.join("one.py"), "print(3)\n").expect("ours");
    let output = command(&dir, "builds", &["warm", "bad.py", "one.py", "absent.py"]).output().expect("dxpyc runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("SyntaxError") && stderr.contains("absent.py: No such file or directory"), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
    assert!(!build(&dir, &["one.py", "-o", "one"]).contains("llvm"));
    // Without a cache there is nothing to warm.
    fs::write(dir.0.join("file"), b"x").expect("ours");
    assert_eq!(command(&dir, "file", &["warm", "one.py"]).output().expect("dxpyc runs").status.code(), Some(1));
    assert_eq!(command(&dir, "builds", &["warm"]).output().expect("dxpyc runs").status.code(), Some(2));
    assert_eq!(command(&dir, "builds", &["warm", "one.py", "--cache-remote", "x://y"]).output().expect("dxpyc runs").status.code(), Some(2));
}

#[test]
fn only_the_edited_module_is_made_again() {
    let dir = Dir::new("edit");
    let modules = ["a", "b", "c"];
    for name in modules {
        let functions: String = (0..6).map(|n| format!("def f{n}(x):\n    t = {n}\n    for i in range(x):\n        t += i * x\n    return t\n\n\n")).collect();
        fs::write(dir.0.join(format!("{name}.py")), functions).expect("ours");
    }
    fs::write(dir.0.join("main.py"), "import a, b, c\nprint(a.f1(9) + b.f2(9) + c.f3(9))\n").expect("ours");
    // Without `expect`, which looks at all modules together.
    let build = |dir: &Dir, args: &[&str]| build(dir, &[args, &["--no-pass", "expect"]].concat());
    let first = build(&dir, &["main.py", "-o", "main"]);
    assert!(first.contains("4 modules, 4 of them made"), "{first}");
    let text = fs::read_to_string(dir.0.join("b.py")).expect("ours").replace("t = 3", "t = 300");
    fs::write(dir.0.join("b.py"), text).expect("ours");
    let second = build(&dir, &["main.py", "-o", "main"]);
    assert!(second.contains("4 modules, 1 of them made"), "{second}");
    let warm = fs::read(dir.0.join("main")).expect("built");
    build(&dir, &["main.py", "-o", "main", "--no-cache"]);
    assert!(warm == fs::read(dir.0.join("main")).expect("built"), "as without a cache");
    // An object that is no longer there is made from its module again, though the module is in the cache.
    for entry in walk(&dir.0.join("builds")) {
        if fs::read(&entry).is_ok_and(|bytes| bytes.get(96..100) == Some(b"\x7fELF")) {
            fs::remove_file(entry).expect("ours");
        }
    }
    let third = build(&dir, &["main.py", "-o", "main"]);
    assert!(third.contains("4 modules, 0 of them made") && third.contains("llvm"), "{third}");
    assert!(warm == fs::read(dir.0.join("main")).expect("built"));
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries: Vec<PathBuf> = fs::read_dir(folder).expect("ours").flatten().map(|entry| entry.path()).collect();
    entries.into_iter().flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
