//! `dxpyc watch`: a save makes a build, a save of nothing new does not, and a signal ends program and watch.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

mod common;

use common::Dir;

/// For a build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the watch prints after a build.
const BUILT: &str = "program built in";

/// A watch, and the lines that it and its program print.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(dir: &Dir, args: &[&str]) -> Watch {
        let mut command = dir.dxpyc();
        command.arg("watch").args(args).env("DXPYC_CACHE_DIR", dir.0.join("cache"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("dxpyc runs");
        let (sender, lines) = channel();
        let out: Box<dyn std::io::Read + Send> = Box::new(child.stdout.take().expect("piped"));
        let err: Box<dyn std::io::Read + Send> = Box::new(child.stderr.take().expect("piped"));
        for stream in [out, err] {
            let sender = sender.clone();
            std::thread::spawn(move || BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        }
        Watch { child, lines }
    }

    /// Waits for lines that contain these texts, in any order: watch and program print to different pipes.
    fn expect(&self, texts: &[&str]) {
        let mut texts = texts.to_vec();
        let mut seen = Vec::new();
        while !texts.is_empty() {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else { panic!("no {texts:?} in {seen:?}") };
            match texts.iter().position(|text| line.contains(text)) {
                Some(at) => drop(texts.remove(at)),
                None => seen.push(line),
            }
        }
    }

    /// Sends a signal and gives the exit code.
    fn end(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("ours").code()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_save_builds_and_runs_again() {
    let dir = Dir::new("watch-run");
    dir.file("main.py", "import part, sys\nprint('part', part.NUMBER, sys.argv[1:], flush=True)\nimport time\ntime.sleep(600)\n");
    dir.file("part.py", "NUMBER = 1\n");
    let mut watch = Watch::start(&dir, &["main.py", "-o", "program", "--run", "one", "--two"]);
    watch.expect(&["part 1 ['one', '--two']", BUILT]);
    dir.file("part.py", "NUMBER = 2\n");
    watch.expect(&["part 2", BUILT]);
    // The same text again, and a file of no concern.
    dir.file("part.py", "NUMBER = 2\n");
    dir.file("other.txt", "x");
    let idle = watch.lines.recv_timeout(Duration::from_secs(1));
    assert!(idle.is_err(), "{idle:?}");
    // What is wrong is told, and then put right.
    dir.file("part.py", "NUMBER = = 2\n");
    watch.expect(&["SyntaxError"]);
    // As editors do it: another file takes the name.
    dir.file("part.tmp", "NUMBER = 3\n");
    std::fs::rename(dir.0.join("part.tmp"), dir.0.join("part.py")).expect("renamed");
    watch.expect(&["part 3", BUILT]);
    assert_eq!(watch.end("-INT"), Some(130));
    // The program has ended too: both ends of its pipes are closed.
    while watch.lines.recv_timeout(PATIENCE).is_ok() {}
    assert_eq!(watch.lines.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected));
    assert!(!dir.names().iter().any(|name| name.contains(".dxpyc")), "{:?}", dir.names());
}

#[test]
fn a_module_that_appears_is_found() {
    let dir = Dir::new("watch-new");
    dir.file("main.py", "try:\n    import extra\nexcept ImportError:\n    extra = None\nprint('extra', extra is not None, flush=True)\n");
    let mut watch = Watch::start(&dir, &["main.py", "-o", "program", "--run"]);
    watch.expect(&["extra False", BUILT]);
    std::fs::create_dir(dir.0.join("extra")).expect("writable");
    dir.file("extra/__init__.py", "");
    watch.expect(&["extra True", BUILT]);
    assert_eq!(watch.end("-TERM"), Some(143));
}
