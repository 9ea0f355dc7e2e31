//! What the verifier refuses, and that the text form comes back as it was.

fn errors(text: &str) -> Vec<String> {
    let functions = dxpyc_ir::parse::parse(text).expect("the test parses");
    functions.iter().flat_map(dxpyc_ir::verify::verify).collect()
}

#[track_caller]
fn refuses(text: &str, reason: &str) {
    let errors = errors(text);
    assert!(errors.iter().any(|error| error.contains(reason)), "{errors:?}");
}

fn body(text: &str) -> String {
    format!("function @f \"m.f\" body code 0 {{\n{text}\n}}\n")
}

fn counted(text: &str) -> String {
    format!("function @f \"m.f\" body code 0 counted {{\n{text}\n}}\n")
}

#[test]
fn wrong_types() {
    refuses(&body("b0(v0: obj):\n  v1: f64 = fneg(v0)\n  return v0"), "v0 is obj, expected f64");
    refuses(&body("b0(v0: i64):\n  return v0"), "return: v0 is i64");
    refuses(&body("b0(v0: obj):\n  branch v0, b1, b1\nb1:\n  return v0"), "expected bool");
}

#[test]
fn wrong_arity() {
    refuses(&body("b0(v0: obj):\n  v1: bool = same(v0)\n  return v0"), "takes 2 operands, 1 given");
    refuses(&body("b0(v0: obj):\n  jump b1\nb1(v1: obj):\n  return v1"), "takes 1 arguments, 0 given");
    refuses(
        &body("b0(v0: obj):\n  v1: obj = call dxp_add(v0) !b1\n  return v1\nb1: cold\n  return_error"),
        "takes 2 operands, 1 given",
    );
}

#[test]
fn definitions_that_do_not_dominate() {
    refuses(&body("b0(v0: obj):\n  return v1"), "v1 is used and not defined");
    refuses(
        &body(
            "b0(v0: obj, v9: bool):\n  branch v9, b1, b2\nb1:\n  v1: obj = refine(v0)\n  jump b2\nb2:\n  return v1",
        ),
        "does not dominate",
    );
    // The error block sees what stands before the instruction, not its result.
    refuses(
        &body("b0(v0: obj):\n  v1: obj = call dxp_neg(v0) !b1\n  return v1\nb1: cold\n  return v1"),
        "does not dominate",
    );
}

#[test]
fn error_blocks() {
    refuses(&body("b0(v0: obj):\n  v1: obj = call dxp_neg(v0)\n  return v1"), "has no error block");
    refuses(
        &body(
            "b0(v0: obj):\n  v1: obj = call dxp_neg(v0) !b1\n  v2: obj = call dxp_neg(v1) !b1\n  return v2\nb1: cold\n  return_error",
        ),
        "several predecessors",
    );
}

#[test]
fn counts() {
    let leak = "b0(v0: obj):\n  v1: obj[value] = call dxp_neg(v0) !b1\n  v2: obj[none] = word None\n  return v2\nb1: cold\n  return_error";
    refuses(&counted(leak), "returns with 1 references of v1");
    let twice = "b0(v0: obj):\n  v1: obj[value] = call dxp_neg(v0) !b1\n  decref(v1)\n  return v1\nb1: cold\n  return_error";
    refuses(&counted(twice), "after its last reference went");
    let borrowed = "b0(v0: obj):\n  return v0";
    refuses(&counted(borrowed), "of which no reference is held");
    let right = "b0(v0: obj):\n  incref(v0)\n  return v0";
    assert_eq!(errors(&counted(right)), Vec::<String>::new());
}

#[test]
fn every_instruction_has_a_name_of_its_own() {
    let mut names: Vec<&str> = dxpyc_ir::Op::ALL.iter().map(|op| op.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), dxpyc_ir::Op::ALL.len());
}

#[test]
fn text_comes_back() {
    let text = "function @m:f \"m.f\" resume code 3 counted {\nb0(v0: obj[generator], v1: obj):\n  v2: i64 = gen_state(v0)\n  switch v2 [0: b2, 1: b4(v0)] b3\nb2:\n  v3: obj[int|none] = word None\n  v4: f64 = fconst 0x3ff0000000000000\n  v5: bool = fcmp le(v4, v4)\n  v6: obj[value], v7: bool = call dxp_send(v0, v0, v3) !b5 @7\n  unreachable\nb3: cold\n  unreachable\nb4(v8: obj):\n  return v8\nb5: cold\n  return_error\n}\n";
    let functions = dxpyc_ir::parse::parse(text).expect("it parses");
    assert_eq!(dxpyc_ir::print::print(&functions[0]), text);
}
