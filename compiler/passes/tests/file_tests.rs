//! IR in, IR out: each file of `tests/ir` names a pass and gives its input and what it makes of it.
//!
//! `UPDATE_EXPECT=1 cargo test -p dxpyc-passes` rewrites the expectations.

use std::fs;
use std::path::PathBuf;

#[test]
fn passes_do_what_their_files_say() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/ir");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder of tests").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut failures = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a readable test");
        let (input, expected) = text.split_once("; expect:\n").expect("a test has an expectation");
        let pass_name = input.lines().find_map(|line| line.strip_prefix("; pass: ")).expect("a test names its pass");
        let pass = dxpyc_passes::PASSES.iter().find(|pass| pass.name == pass_name).expect("a pass of that name");
        let functions = dxpyc_ir::parse::parse(input).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut output = String::new();
        for mut function in functions {
            dxpyc_ir::verify::assert_valid(&function, "reading");
            (pass.run)(&mut function);
            dxpyc_ir::verify::assert_valid(&function, pass_name);
            output.push_str(&dxpyc_ir::print::print(&function));
        }
        if output != expected {
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                fs::write(&path, format!("{input}; expect:\n{output}")).expect("a writable test");
            } else {
                failures.push(format!("{}:\n{output}", path.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
