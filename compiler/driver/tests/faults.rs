//! Faults from outside: killed builds, files that cannot grow, streams that are closed or full. What programs print and
//! return was recorded from CPython 3.14.

mod common;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::Dir;

fn build(dir: &Dir, name: &str, text: &str) {
    dir.file(&format!("{name}.py"), text);
    let output = dir.dxpyc().args(["build", &format!("{name}.py"), "-o", name]).output().expect("dxpyc runs");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Runs a shell command in the folder.
fn shell(dir: &Dir, command: &str) -> Output {
    Command::new("sh").current_dir(&dir.0).args(["-c", command]).stdin(Stdio::null()).output().expect("sh runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Many functions, so that a build takes long enough to be interrupted in each of its stages.
fn long_program() -> String {
    let functions = (0..120).map(|n| format!("def f{n}(x, y):\n    return [x * {n} + i for i in range(y)]\n\n"));
    functions.chain(["print(f7(1, 2))\n".to_owned()]).collect()
}

#[test]
fn a_killed_build_leaves_the_old_file_or_the_new_one() {
    const MOMENTS: u32 = 24;
    let dir = Dir::new("kill");
    dir.file("long.py", long_program());
    let start = Instant::now();
    let output = dir.dxpyc().args(["build", "long.py", "-o", "new"]).output().expect("dxpyc runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let whole = start.elapsed();
    let new = fs::read(dir.0.join("new")).expect("built");
    for moment in 0..MOMENTS {
        dir.file("out", "old");
        let mut child = dir.dxpyc()
            .args(["build", "long.py", "-o", "out"])
            .stderr(Stdio::null())
            .spawn()
            .expect("dxpyc runs");
        std::thread::sleep(whole * moment / (MOMENTS - 2));
        let _ = child.kill();
        let status = child.wait().expect("ours");
        let found = fs::read(dir.0.join("out")).expect("always there");
        assert!(found == b"old" || found == new, "moment {moment}: {} bytes", found.len());
        assert!(status.signal() == Some(9) || (status.success() && found == new), "moment {moment}: {status}");
        assert_eq!(dir.names(), ["long.py", "new", "out"], "moment {moment}");
    }
}

#[test]
fn an_output_that_cannot_grow_leaves_the_old_file() {
    let dir = Dir::new("limit");
    dir.file("hello.py", "print('hello')\n");
    for limit in [0, 1, 64, 512] {
        dir.file("out", "old");
        let dxpyc = env!("CARGO_BIN_EXE_dxpyc");
        let output = shell(&dir, &format!("ulimit -f {limit}; exec {dxpyc} build hello.py -o out"));
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{limit}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains("out: File too large"), "{stderr}");
        assert_eq!(fs::read(dir.0.join("out")).expect("there"), b"old");
        assert_eq!(dir.names(), ["hello.py", "out"]);
    }
}

/// Needs the right to mount in a user namespace of its own; where that is denied there is nothing to see.
#[test]
fn a_full_disk_leaves_the_old_file() {
    let dir = Dir::new("full");
    dir.file("hello.py", "print('hello')\n");
    fs::create_dir(dir.0.join("disk")).expect("writable");
    if !shell(&dir, "unshare -rm mount -t tmpfs none disk").status.success() {
        eprintln!("mounting is not permitted here");
        return;
    }
    let dxpyc = env!("CARGO_BIN_EXE_dxpyc");
    let script = format!(
        "mount -t tmpfs -o size=256k none disk && echo old > disk/out && {dxpyc} build hello.py -o disk/out; echo $?; cat disk/out; ls -A disk"
    );
    let output = shell(&dir, &format!("unshare -rm sh -c '{script}'"));
    assert_eq!(text(&output.stdout), "1\nold\nout\n", "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "dxpyc: error: disk/out: No space left on device\n");
}

/// Runs `command` in which `"$@"` is the program; its output and the status of the shell.
fn check(dir: &Dir, command: &str, stdout: &str, stderr: &str) {
    let output = shell(dir, command);
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), (stdout, stderr), "{command}");
}

#[test]
fn streams_that_are_full_or_closed() {
    let dir = Dir::new("streams");
    build(&dir, "one", "print('x')\n");
    let full = "Exception ignored while flushing sys.stdout:\nOSError: [Errno 28] No space left on device\n";
    check(&dir, "./one > /dev/full; echo $?", "120\n", full);
    check(&dir, "./one >&-; echo $?", "0\n", "");
    check(&dir, "./one >&- 2>&-; echo $?", "0\n", "");
    build(&dir, "ends", "import sys\nprint('x')\nsys.exit(3)\n");
    check(&dir, "./ends > /dev/full; echo $?", "120\n", full);
    build(&dir, "many", "for i in range(100000):\n    print('line', i)\n");
    let traceback = |error: &str| {
        format!(
            "Traceback (most recent call last):\n  File \"many.py\", line 2, in <module>\n    print('line', i)\n    ~~~~~^^^^^^^^^^^\n\
             {error}\nException ignored while flushing sys.stdout:\n{error}\n"
        )
    };
    check(&dir, "./many > /dev/full; echo $?", "120\n", &traceback("OSError: [Errno 28] No space left on device"));
    check(&dir, "(./many; echo $? >&2) | head -n 1", "line 0\n", &(traceback("BrokenPipeError: [Errno 32] Broken pipe") + "120\n"));
}

#[test]
fn sigint_is_keyboard_interrupt() {
    let dir = Dir::new("sigint");
    build(&dir, "loop", "print('on', flush=True)\nn = 0\nwhile True:\n    n += 1\n");
    build(&dir, "caught", "try:\n    print('on', flush=True)\n    for i in range(10 ** 15):\n        pass\nexcept KeyboardInterrupt:\n    print('off')\n");
    let report = "Traceback (most recent call last):\n  File \"loop.py\", line 4, in <module>\n    n += 1\n    ^\nKeyboardInterrupt\n";
    let (output, status) = interrupt(&dir.0, "loop");
    assert_eq!((output.as_str(), status), (format!("on\n{report}").as_str(), (None, Some(2))));
    let (output, status) = interrupt(&dir.0, "caught");
    assert_eq!((output.as_str(), status), ("on\noff\n", (Some(0), None)));
}

/// Starts a program, waits for its first line, sends SIGINT; all that it printed, its exit code and its signal.
fn interrupt(dir: &Path, name: &str) -> (String, (Option<i32>, Option<i32>)) {
    use std::io::Read;
    // A shell in the background ignores SIGINT, and so would its children.
    let mut child = Command::new("env")
        .args(["--default-signal=INT", &format!("./{name}")])
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("just built");
    let mut first = [0; 3];
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut first).expect("a line comes");
    std::thread::sleep(Duration::from_millis(50));
    let pid = child.id().to_string();
    assert!(Command::new("sh").args(["-c", &format!("kill -INT {pid}")]).status().expect("sh runs").success());
    let mut printed = text(&first);
    stdout.read_to_string(&mut printed).expect("UTF-8");
    child.stderr.take().expect("piped").read_to_string(&mut printed).expect("UTF-8");
    let status = child.wait().expect("ours");
    (printed, (status.code(), status.signal()))
}

#[test]
fn deep_recursion_is_an_exception() {
    let dir = Dir::new("deep");
    let program = "
def plain(n):
    return plain(n + 1) + 1

class Text:
    def __repr__(self):
        return repr(self)

class Item:
    def __getattr__(self, name):
        return getattr(self, name + 'x')

def generator():
    yield from generator()

for attempt in (lambda: plain(0), lambda: repr(Text()), lambda: Item().a, lambda: list(generator())):
    try:
        attempt()
    except RecursionError as error:
        print('RecursionError')
nested = []
for i in range(200000):
    nested = [nested]
try:
    repr(nested)
except RecursionError:
    print('RecursionError')
del nested
print('end')
";
    build(&dir, "deep", program);
    let expected = "RecursionError\n".repeat(5) + "end\n";
    check(&dir, "./deep; echo $?", &(expected + "0\n"), "");
}
