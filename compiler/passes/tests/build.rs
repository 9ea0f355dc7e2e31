//! DPB text → IR: every function verifies after each pass, counts included. Snapshots show what is built, and what the passes make of it.

use dxpyc_passes::{Options, build_unit, run_unit};

fn compile(text: &str) -> String {
    let module = dxpyc_dpb::parse(text).expect("the test's DPB parses");
    dxpyc_dpb::verify(&module).expect("the test's DPB verifies");
    let mut unit = build_unit(&module, false);
    let options = Options { check: true, ..Options::default() };
    let round_trip = |unit: &dxpyc_ir::Unit| {
        for function in &unit.functions {
            let text = dxpyc_ir::print::print(function);
            let again = dxpyc_ir::parse::parse(&text).expect("what print wrote parses");
            assert_eq!(dxpyc_ir::print::print(&again[0]), text);
        }
    };
    // The module body is the same everywhere.
    let text = |unit: &dxpyc_ir::Unit| unit.functions[1..].iter().map(dxpyc_ir::print::print).collect::<String>();
    round_trip(&unit);
    let built = text(&unit);
    run_unit(&mut unit, &options);
    round_trip(&unit);
    format!("; built\n{built}; after all passes\n{}", text(&unit))
}

const HEAD: &str = r#"module "m" file "m.py" future 0
n0 "<module>"
n1 "f"
n2 "a"
n3 "b"
n4 "x"
c0 none
c1 int 1
f0 name=n0 qualname=n0 parent=_ flags=0x20 posonly=0 args=0 kwonly=0 registers=2 line=1 doc=_ vars=[] cells=[] free=[]
b0 _:
  MakeFunction dst=r0 func=f1 defaults=_ kwdefaults=_ annotate=_ closure=[] @1:0-2:0
  StoreGlobal name=n1 src=r0 @1:0-2:0
  LoadConst dst=r1 value=c0 @1:0-1:0
  Return value=r1 @1:0-1:0
"#;

#[test]
fn loop_with_handler() {
    let text = format!(
        "{HEAD}{}",
        r#"f1 name=n1 qualname=n1 parent=f0 flags=0x0 posonly=0 args=2 kwonly=0 registers=8 line=1 doc=_ vars=[n2 n3 n4] cells=[] free=[]
b0 _:
  GetIter dst=r3 src=r0 @2:0-2:0
  Jump target=b1 @2:0-2:0
b1 _:
  ForIter dst=r2 iter=r3 body=b2 done=b5 @2:0-2:0
b2 b4:
  LoadAttr dst=r4 object=r2 name=n2 @3:0-3:0
  Add dst=r1 lhs=r1 rhs=r4 @3:0-3:0
  Lt dst=r5 lhs=r1 rhs=r4 @3:0-3:0
  Branch cond=r5 then=b1 other=b3 @3:0-3:0
b3 _:
  Clear dst=r2 @4:0-4:0
  Jump target=b1 @4:0-4:0
b4 _:
  Catch dst=r6 @5:0-5:0
  PushHandled saved=r7 exc=r6 @5:0-5:0
  StoreItem object=r0 index=r1 src=r6 @5:0-5:0
  PopHandled saved=r7 @5:0-5:0
  Jump target=b1 @5:0-5:0
b5 _:
  CheckBound src=r2 name=n4 @6:0-6:0
  Return value=r2 @6:0-6:0
"#
    );
    let out = compile(&text);
    insta::assert_snapshot!(out);
}

#[test]
fn nested_ranges() {
    let text = format!(
        "{HEAD}{}",
        r#"f1 name=n1 qualname=n1 parent=f0 flags=0x0 posonly=0 args=1 kwonly=0 registers=9 line=1 doc=_ vars=[n2 n3 n4] cells=[] free=[]
b0 _:
  LoadConst dst=r1 value=c2 @2:0-2:0
  LoadGlobal dst=r3 name=n5 @2:0-2:0
  Call dst=r4 callee=r3 args=[r0] @2:0-2:0
  GetIter dst=r5 src=r4 @2:0-2:0
  Jump target=b1 @2:0-2:0
b1 _:
  ForIter dst=r2 iter=r5 body=b2 done=b5 @2:0-2:0
b2 _:
  LoadGlobal dst=r6 name=n5 @3:0-3:0
  Call dst=r7 callee=r6 args=[r2] @3:0-3:0
  GetIter dst=r8 src=r7 @3:0-3:0
  Jump target=b3 @3:0-3:0
b3 _:
  ForIter dst=r2 iter=r8 body=b4 done=b1 @3:0-3:0
b4 _:
  Mul dst=r6 lhs=r2 rhs=r1 @3:0-3:0
  Add dst=r1 lhs=r1 rhs=r6 @3:0-3:0
  Jump target=b3 @4:0-4:0
b5 _:
  Return value=r1 @6:0-6:0
"#
    )
    .replace("c1 int 1\n", "c1 int 1\nc2 float 0x0000000000000000\n")
    .replace("n4 \"x\"\n", "n4 \"x\"\nn5 \"range\"\n");
    let out = compile(&text);
    insta::assert_snapshot!(out);
}

#[test]
fn generator() {
    let text = format!(
        "{HEAD}{}",
        r#"f1 name=n1 qualname=n1 parent=f0 flags=0x1 posonly=0 args=2 kwonly=0 registers=8 line=1 doc=_ vars=[n2 n3 n4] cells=[] free=[]
b0 _:
  GetIter dst=r3 src=r0 @2:0-2:0
  Jump target=b1 @2:0-2:0
b1 _:
  ForIter dst=r2 iter=r3 body=b2 done=b5 @2:0-2:0
b2 b4:
  Yield dst=r4 value=r2 @3:0-3:0
  Add dst=r1 lhs=r1 rhs=r4 @3:0-3:0
  Jump target=b1 @4:0-4:0
b4 _:
  Catch dst=r6 @5:0-5:0
  StoreItem object=r0 index=r1 src=r6 @5:0-5:0
  Jump target=b1 @5:0-5:0
b5 _:
  CheckBound src=r2 name=n4 @6:0-6:0
  Return value=r2 @6:0-6:0
"#
    ).replace("\nb4 _", "\nb3 _").replace("b2 b4", "b2 b3").replace("\nb5 _", "\nb4 _").replace("done=b5", "done=b4");
    let out = compile(&text);
    insta::assert_snapshot!(out);
}
