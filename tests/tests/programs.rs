//! Programs with recorded outcomes, compiled in the default way and without optimisation.

use dxpyc_tests::{check_folder, check_programs};

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

#[test]
fn outputs_are_the_same_with_each_pass_off() {
    let mut passes: Vec<&str> = dxpyc_passes::PASSES.iter().filter(|pass| pass.optional).map(|pass| pass.name).collect();
    passes.extend(dxpyc_passes::BUILD_STEPS.iter().map(|(name, _)| *name));
    passes.sort_unstable();
    passes.dedup();
    for pass in passes {
        let failures = check_programs("programs", &["speculation", "small_ints", "generators", "numbers", "classes_changed", "generators_fused"], &["--no-pass", pass, "--check"]);
        assert!(failures.is_empty(), "without {pass} these differ from CPython 3.14:\n{}", failures.join("\n"));
    }
}
