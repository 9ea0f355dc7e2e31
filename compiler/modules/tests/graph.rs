//! Import graphs of small programs in memory.

use std::collections::BTreeMap;

use dxpyc_base::Source;
use dxpyc_modules::finder::{Files, Natives, Roots};
use dxpyc_modules::graph::{self, Options};

struct Memory(BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, path: &str) -> Option<Result<Vec<u8>, String>> {
        self.0.get(path).map(|text| Ok(text.clone().into_bytes()))
    }

    fn is_dir(&self, path: &str) -> bool {
        self.0.keys().any(|key| key.starts_with(&format!("{path}/")))
    }
}

struct Native;

impl Natives for Native {
    fn is_native(&self, name: &str) -> bool {
        matches!(name, "sys" | "math")
    }
}

/// `files`: `path: text` pairs, the main file first.
fn program(files: &[(&str, &str)]) -> String {
    let memory = Memory(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect());
    let roots = Roots { user: vec!["app".to_owned()], library: vec!["<lib>".to_owned()] };
    let options = Options { files: &memory, natives: &Native, roots: &roots, always: &[] };
    let (graph, diagnostics) = graph::build(Source::from_text(files[0].0, files[0].1), &options);
    let mut lines: Vec<String> = diagnostics.iter().map(|diagnostic| format!("{}\n{}", diagnostic.first_line(), diagnostic.last_line())).collect();
    lines.extend(graph.modules.iter().map(|module| module.name.clone()));
    lines.join("\n")
}

#[track_caller]
fn check(files: &[(&str, &str)], expect: &str) {
    assert_eq!(program(files), expect);
}

#[test]
fn follows_imports_of_all_kinds() {
    check(
        &[
            ("app/main.py", "import a.b, sys\nfrom a import c as d\ndef f():\n  import late\n"),
            ("app/a/__init__.py", "from . import c\nfrom .b import x\n"),
            ("app/a/b.py", "import a\nfrom .. import nothing\n"),
            ("app/a/c.py", ""),
            ("<lib>/late.py", "from ns.inner import y\n"),
            ("<lib>/ns/inner.py", ""),
        ],
        "__main__\na\na.b\nsys\na.c\nlate\nns\nns.inner",
    );
    check(&[("app/main.py", "from p import *\n"), ("app/p/__init__.py", "__all__ = ['q']\n"), ("app/p/q.py", "")], "__main__\np\np.q");
    check(&[("app/main.py", "import importlib\nimportlib.import_module('m')\n"), ("app/m.py", ""), ("<lib>/importlib.py", "")], "__main__\nimportlib\nm");
}

#[test]
fn user_modules_shadow_the_library() {
    check(&[("app/main.py", "import math\n"), ("app/math.py", "import x\n"), ("app/x.py", "")], "__main__\nmath\nx");
    check(&[("app/main.py", "import sys\n"), ("app/sys.py", "import x\n"), ("app/x.py", "")], "__main__\nsys");
}

#[test]
fn refuses_only_what_is_certain_to_fail() {
    check(
        &[("app/main.py", "x = 1\nimport nope\n")],
        "app/main.py:2:1: error: No module named 'nope'\nModuleNotFoundError: No module named 'nope'\n__main__",
    );
    check(
        &[("app/main.py", "import math.nope\n")],
        "app/main.py:1:1: error: No module named 'math.nope'; 'math' is not a package\n\
         ModuleNotFoundError: No module named 'math.nope'; 'math' is not a package\n__main__\nmath",
    );
    check(&[("app/main.py", "try:\n  import nope\nexcept ImportError: pass\n")], "__main__");
    check(&[("app/main.py", "def f():\n  import nope\nif x: import nope\nif TYPE_CHECKING: import a\n"), ("app/a.py", "")], "__main__");
    check(
        &[("app/main.py", "import a\n"), ("<lib>/a.py", "import _ssl\n")],
        "app/main.py:1:1: error: unsupported: module '_ssl'\nerror: unsupported: module '_ssl'\n__main__\na",
    );
}

#[test]
fn broken_modules_are_build_errors_when_certain() {
    let broken = ("app/a.py", "x = = 1\n");
    assert!(program(&[("app/main.py", "import a\n"), broken]).starts_with("app/a.py:1:5: error: "));
    check(&[("app/main.py", "def f(): import a\n"), broken], "__main__\na");
}

#[test]
fn imports_in_library_functions_count_only_when_mentioned() {
    let library = ("<lib>/lib.py", "def used(): import a\ndef unused(): import b\nclass C:\n  def m(self): import c\n  def n(self): import d\n");
    let rest = [("<lib>/a.py", ""), ("<lib>/b.py", ""), ("<lib>/c.py", ""), ("<lib>/d.py", "")];
    let with = |main: &'static str| {
        let mut files = vec![("app/main.py", main), library];
        files.extend(rest);
        program(&files)
    };
    assert_eq!(with("import lib\n"), "__main__\nlib");
    assert_eq!(with("import lib\nlib.used()\n"), "__main__\nlib\na");
    assert_eq!(with("from lib import used as f\nf()\n"), "__main__\nlib\na");
    assert_eq!(with("import lib\nlib.C().m()\n"), "__main__\nlib\nc");
    assert_eq!(with("import lib\ngetattr(lib, 'unused')\n"), "__main__\nlib\nb");
    assert_eq!(with("import lib\nx = lib.C\ngetattr(x, 'n')\n"), "__main__\nlib\nd");
}

#[test]
fn bodies_of_dead_functions_raise() {
    let files: BTreeMap<String, String> = [("<lib>/lib.py", "def used(): pass\nif x:\n  def unused():\n    'doc'\n    return 1\n")]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    let memory = Memory(files);
    let roots = Roots { user: vec!["app".to_owned()], library: vec!["<lib>".to_owned()] };
    let options = Options { files: &memory, natives: &Native, roots: &roots, always: &[] };
    let (graph, _) = graph::build(Source::from_text("app/main.py", "import lib\nlib.used()\n"), &options);
    let module = graph.module(graph.find("lib").unwrap());
    let body = module.code().unwrap().ast.body();
    assert!(module.is_live(body[0].as_function_def_stmt().unwrap()));
    let dead = body[1].as_if_stmt().unwrap().body[0].as_function_def_stmt().unwrap();
    assert!(!module.is_live(dead));
    assert!(dead.body.len() == 2 && dead.body[1].is_raise_stmt(), "{:?}", dead.body);
}

#[test]
fn finds_modules_whose_names_are_computed() {
    check(
        &[
            ("app/main.py", "load = __import__\nload('plain')\nload('lib_only')\nfrom p import f\n"),
            ("app/plain.py", ""),
            ("app/p/__init__.py", "names = {'f': 'inner'}\ndef __getattr__(n):\n  return __import__(names[n], globals(), locals(), True, 1)\n"),
            ("app/p/inner.py", ""),
            ("<lib>/lib_only.py", ""),
        ],
        "__main__\nplain\np\np.inner",
    );
}
