//! Random edits of a project: what is built with a warm cache must be, byte for byte, what is built without one.
//!
//! `DXPYC_MUTATIONS=10000 cargo test --release -p dxpyc --test mutations` is the long form.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Edits in the short form.
const EDITS: usize = 25;
const MODULES: usize = 5;

/// xorshift64*, as published by Vigna (2016): enough to choose edits, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }
}

/// What a module is made of; edits change one of the numbers.
#[derive(Clone)]
struct ModuleParts {
    constant: usize,
    default: usize,
    body: usize,
    extra_functions: usize,
    blank_lines: usize,
    exists: bool,
    class_attribute: usize,
}

impl ModuleParts {
    fn text(&self, number: usize) -> String {
        let mut text = format!("{}LIMIT = {}\n\n", "\n".repeat(self.blank_lines), self.constant);
        if number > 0 {
            text += &format!("try:\n    from m{} import LIMIT as OTHER\nexcept ImportError:\n    OTHER = -1\n\n", number - 1);
        } else {
            text += "OTHER = 0\n\n";
        }
        text += &format!("class Thing:\n    size = {}\n\n    def grow(self):\n        self.size += 1\n        return self.size\n\n", self.class_attribute);
        let bodies = ["x * y + LIMIT", "sum(range(x)) - y", "[x, y][::-1]", "f'{x}-{y}'", "{x: y, 'k': OTHER}"];
        text += &format!("def f(x, y={}):\n    thing = Thing()\n    thing.grow()\n    return {}\n\n", self.default, bodies[self.body]);
        for extra in 0..self.extra_functions {
            text += &format!("def extra{extra}(n):\n    total = 0\n    for i in range(n):\n        total += i * {extra}\n    return total\n\n");
        }
        text
    }
}

struct Project {
    folder: PathBuf,
    modules: Vec<ModuleParts>,
    debug: bool,
}

impl Project {
    fn edit(&mut self, random: &mut Random) -> String {
        let which = random.below(MODULES);
        let module = &mut self.modules[which];
        match random.below(8) {
            0 => module.constant = random.below(1000),
            1 => module.default = random.below(1000),
            2 => module.body = random.below(5),
            3 => module.extra_functions = random.below(3),
            4 => module.blank_lines = random.below(3),
            5 => module.exists = !module.exists,
            6 => module.class_attribute = random.below(100),
            _ => self.debug = !self.debug,
        }
        format!("module {which}")
    }

    fn write(&self) {
        let mut main = String::new();
        for (number, module) in self.modules.iter().enumerate() {
            let path = self.folder.join(format!("m{number}.py"));
            if module.exists {
                fs::write(path, module.text(number)).expect("writable");
            } else {
                let _ = fs::remove_file(path);
            }
            main += &format!("try:\n    import m{number}\n    print(m{number}.f({number}), m{number}.OTHER)\nexcept ImportError:\n    print('no')\n");
        }
        fs::write(self.folder.join("main.py"), main).expect("writable");
    }

    fn build(&self, output: &str, extra: &[&str]) -> Vec<u8> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dxpyc"));
        command.current_dir(&self.folder).env_remove("PYTHONPATH").env("DXPYC_CACHE_DIR", self.folder.join("cache"));
        command.args(["build", "main.py", "-o", output]).args(extra);
        if self.debug {
            command.arg("--debug");
        }
        let done = command.output().expect("dxpyc runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        fs::read(self.folder.join(output)).expect("built")
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn run(program: &Path) -> Vec<u8> {
    Command::new(program).output().expect("just built").stdout
}

#[test]
fn a_warm_build_is_a_cold_build() {
    let edits = std::env::var("DXPYC_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(EDITS);
    let folder = std::env::temp_dir().join(format!("dxpyc-mutations-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary directory is writable");
    let first = ModuleParts { constant: 1, default: 2, body: 0, extra_functions: 1, blank_lines: 0, exists: true, class_attribute: 3 };
    let mut project = Project { folder, modules: vec![first; MODULES], debug: false };
    let mut random = Random(0x5EED);
    let mut history = Vec::new();
    for number in 0..edits {
        history.push(project.edit(&mut random));
        project.write();
        let warm = project.build("warm", &[]);
        let cold = project.build("cold", &["--no-cache"]);
        assert!(warm == cold, "edit {number} ({:?}): the warm build is another program", history.last());
        if number % 10 == 0 {
            assert_eq!(run(&project.folder.join("warm")), run(&project.folder.join("cold")));
            assert!(project.build("again", &[]) == cold, "edit {number}: building again gives another program");
        }
    }
}
