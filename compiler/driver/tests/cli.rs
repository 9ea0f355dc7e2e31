//! What the command line promises: exit codes, one-line errors, outputs that are whole or not there.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::Dir;

fn dxpyc(dir: &Dir, args: &[&str]) -> Output {
    dir.dxpyc().args(args).output().expect("dxpyc runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn check_failure(dir: &Dir, args: &[&str], code: i32, text: &str) {
    let output = dxpyc(dir, args);
    let stderr = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
    assert!(stderr.contains(text), "{args:?}: {stderr}");
}

#[test]
fn a_program_is_built_and_runs() {
    let dir = Dir::new("hello");
    dir.file("hello.py", b"import sys\nprint('hello', sys.argv[1:])\nsys.exit(3)\n");
    for extra in [&[][..], &["--debug"], &["--check"], &["--static"]] {
        let mut args = vec!["build", "hello.py", "-o", "hello"];
        args.extend(extra);
        let output = dxpyc(&dir, &args);
        assert!(output.status.success(), "{extra:?}: {}", stderr(&output));
        let run = Command::new(dir.0.join("hello")).args(["a", "b"]).output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&run.stdout), "hello ['a', 'b']\n", "{extra:?}");
        assert_eq!(run.status.code(), Some(3), "{extra:?}");
    }
    assert_eq!(dir.names(), ["hello", "hello.py"]);
}

/// A bound of the specification.
#[test]
fn hello_is_small() {
    let dir = Dir::new("small");
    dir.file("hello.py", b"print('hello')\n");
    let output = dxpyc(&dir, &["build", "hello.py", "-o", "hello"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let size = fs::metadata(dir.0.join("hello")).expect("written").len();
    assert!(size <= 1_000_000, "{size} bytes");
}

#[test]
fn run_passes_arguments_and_status_on() {
    let dir = Dir::new("run");
    dir.file("p.py", b"import sys\nprint(sys.argv)\nsys.exit(5)\n");
    let output = dxpyc(&dir, &["run", "p.py", "-x", "y"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "['p.py', '-x', 'y']\n", "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn usage_errors_are_2() {
    let dir = Dir::new("usage");
    dir.file("p.py", b"");
    check_failure(&dir, &[], 2, "Usage");
    check_failure(&dir, &["build"], 2, "FILE");
    check_failure(&dir, &["build", "p.py", "--cpu", "z80"], 2, "unknown processor");
    check_failure(&dir, &["build", "p.py", "--dump", "nothing:f"], 2, "no pass");
    check_failure(&dir, &["build", "p.py", "-o", "p.py"], 2, "would replace");
    check_failure(&dir, &["build", "p.py", "-o", "-"], 2, "standard output");
}

#[test]
fn bad_programs_are_1() {
    let dir = Dir::new("bad");
    dir.file("syntax.py", b"x = 1\ndef f(:\n");
    check_failure(&dir, &["build", "syntax.py", "-o", "out"], 1, "syntax.py:2:7: error: ");
    dir.file("nul.py", b"x = 1\0\n");
    check_failure(&dir, &["build", "nul.py", "-o", "out"], 1, "null bytes");
    dir.file("latin.py", b"x = '\xff'\n");
    check_failure(&dir, &["build", "latin.py", "-o", "out"], 1, "Non-UTF-8");
    dir.file("missing.py", b"import no_such_module_at_all\n");
    check_failure(&dir, &["build", "missing.py", "-o", "out"], 1, "missing.py:1:");
    check_failure(&dir, &["build", "absent.py", "-o", "out"], 1, "dxpyc: error: absent.py: No such file or directory");
    check_failure(&dir, &["build", ".", "-o", "out"], 1, "is a directory");
    assert!(!dir.0.join("out").exists());
}

#[test]
fn deep_nesting_is_refused_not_fatal() {
    let dir = Dir::new("deep");
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("not ", "")] {
        let text = format!("x = {}1{}\n", open.repeat(200_000), close.repeat(200_000));
        dir.file("deep.py", text.as_bytes());
        check_failure(&dir, &["build", "deep.py", "-o", "out"], 1, "deep.py");
    }
}

#[test]
fn outputs_that_cannot_be_written_leave_nothing() {
    let dir = Dir::new("output");
    dir.file("p.py", b"print(1)\n");
    fs::create_dir(dir.0.join("folder")).expect("writable");
    check_failure(&dir, &["build", "p.py", "-o", "folder"], 1, "folder: is a directory");
    check_failure(&dir, &["build", "p.py", "-o", "no/such"], 1, "no/such: No such file or directory");
    check_failure(&dir, &["build", "p.py", "-o", "/dev/full"], 1, "/dev/full: No space left on device");
    assert!(dxpyc(&dir, &["build", "p.py", "-o", "/dev/null"]).status.success());
    assert!(!Path::new("/dev/null").is_file());
    assert_eq!(dir.names(), ["folder", "p.py"]);
}

#[test]
fn every_form_is_emitted() {
    let dir = Dir::new("emit");
    dir.file("p.py", b"def f(x):\n    return x + 1\nprint(f(2))\n");
    for form in ["dpb", "ir", "llvm", "asm", "obj"] {
        let output = dxpyc(&dir, &["build", "p.py", "--emit", form, "-o", "out"]);
        assert!(output.status.success(), "{form}: {}", stderr(&output));
        assert!(fs::metadata(dir.0.join("out")).expect("written").len() > 100, "{form}");
        if form == "dpb" {
            let dis = dxpyc(&dir, &["dis", "out"]);
            assert!(dis.status.success(), "{}", stderr(&dis));
            assert_eq!(dis.stdout, dxpyc(&dir, &["dis", "p.py"]).stdout);
        }
    }
    let explain = dxpyc(&dir, &["explain", "p.py"]);
    assert!(String::from_utf8_lossy(&explain.stdout).contains("typed:"), "{}", stderr(&explain));
    assert!(dxpyc(&dir, &["completions", "bash"]).status.success());
}

#[test]
fn builds_are_reproducible() {
    let dir = Dir::new("same");
    dir.file("p.py", b"def f(x):\n    return [x, 'a', 1.5, (1, 2)]\nprint(f(2))\n");
    let build = |name: &str| {
        let output = dxpyc(&dir, &["build", "p.py", "-o", name]);
        assert!(output.status.success(), "{}", stderr(&output));
        fs::read(dir.0.join(name)).expect("written")
    };
    assert!(build("one") == build("two"));
}
