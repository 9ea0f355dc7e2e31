//! Prints the modules of a program: `graph FILE [LIBRARY]`.

use std::path::Path;

use dxpyc_base::Source;
use dxpyc_modules::finder::{Files, Natives, Roots};
use dxpyc_modules::graph::{self, Options};
use dxpyc_syntax::ast::Stmt;

struct Disk;

impl Files for Disk {
    fn read(&self, path: &str) -> Option<Result<Vec<u8>, String>> {
        Path::new(path).is_file().then(|| std::fs::read(path).map_err(|error| error.to_string()))
    }

    fn is_dir(&self, path: &str) -> bool {
        Path::new(path).is_dir()
    }
}

/// CPython's built-in modules and a few more.
struct BuiltIn;

impl Natives for BuiltIn {
    fn is_native(&self, name: &str) -> bool {
        const NAMES: &str = " sys builtins math time itertools _functools _collections _operator _random _string _abc _weakref errno _thread _io posix \
                             marshal _codecs _imp _warnings _signal _sre _struct _json _datetime _locale _stat atexit gc _typing _types _symtable ";
        NAMES.contains(&format!(" {name} "))
    }
}

fn count(module: &graph::Module, body: &[Stmt], live: &mut u32, dead: &mut u32) {
    for stmt in body {
        match stmt {
            Stmt::FunctionDef(node) if module.is_live(node) => *live += 1,
            Stmt::FunctionDef(_) => *dead += 1,
            Stmt::ClassDef(node) => count(module, &node.body, live, dead),
            _ => {}
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let main = arguments.next().expect("a file");
    let library = arguments.next().unwrap_or_else(|| rustpython_pylib::LIB_PATH.to_owned());
    let bytes = std::fs::read(&main).expect("a readable file");
    let folder = Path::new(&main).parent().map_or(".".to_owned(), |folder| folder.to_string_lossy().into_owned());
    let roots = Roots { user: vec![folder], library: vec![library] };
    let source = match Source::decode(&main, &bytes) {
        Ok(source) => source,
        Err(diagnostic) => return print!("{}", diagnostic.render(false)),
    };
    let start = std::time::Instant::now();
    let (graph, diagnostics) = graph::build(source, &Options { files: &Disk, natives: &BuiltIn, roots: &roots, always: &[] });
    let elapsed = start.elapsed();
    for diagnostic in &diagnostics {
        print!("{}", diagnostic.render(false));
    }
    let lines: u32 = graph.modules.iter().filter_map(|module| module.code()).map(|code| code.source.lines.line_count()).sum();
    for module in &graph.modules {
        let missing: Vec<&str> = module.imports.iter().filter(|import| import.module.is_none()).map(|import| import.name.as_str()).collect();
        println!("{} {} missing: {}", module.name, if module.code().is_some() { "python" } else { "other" }, missing.join(" "));
    }
    let (mut live, mut dead) = (0, 0);
    for module in &graph.modules {
        let Some(code) = module.code() else { continue };
        count(module, code.ast.body(), &mut live, &mut dead);
    }
    println!("{live} live functions, {dead} dead ones");
    println!("{} modules, {lines} lines, {elapsed:?}", graph.modules.len());
}
