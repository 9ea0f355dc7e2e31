//! Programs with recorded outcomes, compiled in the default way and without optimisation.

use dxpyc_tests::check_folder;

fn check(options: &[&str]) {
    let failures = check_folder("programs", options);
    assert!(failures.is_empty(), "{} programs differ from CPython 3.14:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn programs_do_what_cpython_does() {
    check(&[]);
}

#[test]
fn programs_do_the_same_without_optimisation() {
    check(&["--debug", "--check"]);
}
