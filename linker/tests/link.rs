//! Links a C object in every way and runs it.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use dxpyc_linker::{Linkage, ObjectBytes, Options, RuntimeCopy, link};

/// An archive without members.
const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";

fn shared(object: &[u8]) -> ObjectBytes {
    Arc::new(object.to_vec())
}

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("dxpyc-link-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary directory is writable");
        Dir(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn compile(dir: &Dir, source: &str) -> Vec<u8> {
    let (c, o) = (dir.0.join("a.c"), dir.0.join("a.o"));
    fs::write(&c, source).expect("writable");
    let status = Command::new("cc").args(["-O1", "-fPIE", "-c"]).arg(&c).arg("-o").arg(&o).status();
    assert!(status.expect("a C compiler").success());
    fs::read(o).expect("just written")
}

const SOURCE: &str = r#"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
static __thread int counter = 40;
static void at_end(void) {}
int main(int argc, char **argv) {
    volatile double x = 2.0 * argc;
    counter += argc;
    atexit(at_end);
    printf("%d %.3f\n", counter, pow(x, 0.5));
    return 7;
}
"#;

fn check(name: &str, linkage: Linkage) {
    let dir = Dir::new(name);
    let object = compile(&dir, SOURCE);
    for strip in [false, true] {
        let bytes = link(vec![shared(&object)], Cow::Borrowed(EMPTY_ARCHIVE), RuntimeCopy::of(EMPTY_ARCHIVE), Options { linkage, strip, names: None }).expect("links");
        let program = dir.0.join(format!("program{strip}"));
        fs::write(&program, bytes).expect("writable");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("ours");
        let output = Command::new(&program).output().expect("runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "41 1.414\n");
        assert_eq!(output.status.code(), Some(7));
    }
}

#[test]
fn dynamic_program_runs() {
    check("dynamic", Linkage::Dynamic);
}

#[test]
fn static_program_runs() {
    check("static", Linkage::Static);
}

#[test]
fn undefined_symbol_is_named() {
    let dir = Dir::new("undefined");
    let object = compile(&dir, "void missing_thing(void); int main(void) { missing_thing(); return 0; }");
    let options = Options { linkage: Linkage::Dynamic, strip: true, names: None };
    let error = link(vec![shared(&object)], Cow::Borrowed(EMPTY_ARCHIVE), RuntimeCopy::of(EMPTY_ARCHIVE), options).expect_err("cannot link");
    assert!(error.contains("missing_thing"), "{error}");
}
