//! Any module survives the binary and the text form; hostile bytes are refused, never a panic.

use dxpyc_dpb::{Block, BlockId, Const, ConstId, FuncId, Function, FunctionFlags, ImportRef, Inst, Malformed, Module, NameId, Opcode, Operand, Position};
use dxpyc_dpb::{File, decode, encode, parse, print, verify};
use proptest::prelude::*;

/// A module that holds each kind of constant, handlers, lists and optional operands.
const SAMPLE: &str = r#"
module "sample" file "sample.py" future 1
source 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
n0 "<module>"
n1 "f"
n2 "x"
n3 "caf\xc3\xa9"
c0 none
c1 int -7
c2 str "a\xed\xa0\x80\"\\"
c3 tuple [c0 c1]
c4 frozenset [c1 c2]
c5 float 0x7ff8000000000000
c6 complex 0x0000000000000000 0x8000000000000000
c7 bigint "\x00\x00\x00\x00\x00\x00\x00\x00\x01"
c8 bytes "\x00\xff"
c9 tuple [c2]
c10 true
c11 false
c12 ellipsis
import n1 level=1 names=[n2 n3] @1:0-1:9
f0 name=n0 qualname=n0 parent=_ flags=0x20 posonly=0 args=0 kwonly=0 registers=3 line=1 doc=c2 vars=[] cells=[] free=[]
b0 b2:
  LoadConst dst=r0 value=c1 @1:0-1:2
  MakeFunction dst=r1 func=f1 defaults=_ kwdefaults=_ annotate=_ closure=[] @2:0-4:7
  Call dst=r0 callee=r1 args=[r0] @5:0-5:9
  CallKw dst=r0 callee=r1 args=[r0] keywords=c9 @5:0-5:9
  Branch cond=r0 then=b1 other=b1 @6:0-6:2
b1 _:
  Return value=r0 @7:0-7:1
b2 _:
  Catch dst=r2 @0:0-0:0
  Reraise exc=r2 @0:0-0:0
f1 name=n1 qualname=n1 parent=f0 flags=0x1 posonly=0 args=1 kwonly=0 registers=3 line=2 doc=_ vars=[n2 n3] cells=[] free=[]
b0 _:
  CheckBound src=r1 name=n3 @3:4-3:5
  Yield dst=r2 value=r1 @3:0-3:6
  Raise exc=_ cause=_ @4:0-4:5
"#;

fn sample() -> Module {
    parse(SAMPLE).expect("the sample is well formed")
}

#[test]
fn sample_is_accepted_and_survives() {
    let module = sample();
    verify(&module).unwrap();
    let bytes = encode(&module);
    assert_eq!(&bytes[..4], b"DPB\x01");
    assert_eq!(decode(&bytes).unwrap(), module);
    assert_eq!(parse(&print(&module)).unwrap(), module);
    insta::assert_snapshot!(dxpyc_dpb::dis(&module));
}

#[test]
fn constants_and_names_are_read_in_place() {
    let module = sample();
    let bytes = encode(&module);
    let file = File::open(&bytes).unwrap();
    for (i, name) in module.names.iter().enumerate() {
        assert_eq!(file.name(NameId(i as u32)).unwrap(), name);
    }
    for (i, constant) in module.constants.iter().enumerate() {
        assert_eq!(&file.constant(ConstId(i as u32)).unwrap(), constant);
    }
    assert!(file.name(NameId(99)).is_err());
    assert!(file.constant(ConstId(99)).is_err());
}

#[test]
fn every_opcode_has_its_own_name_code_and_doc() {
    let mut names: Vec<_> = Opcode::ALL.iter().map(|opcode| opcode.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Opcode::ALL.len());
    for &opcode in Opcode::ALL {
        assert_eq!(Opcode::from_code(opcode as u8), Some(opcode));
        assert_eq!(Opcode::from_name(opcode.name()), Some(opcode));
        assert!(!opcode.doc().is_empty(), "{}: {}", opcode.name(), opcode.doc());
    }
}

/// Changes one thing in the sample's text; the verifier must object.
fn refused(from: &str, to: &str, because: &str) {
    assert!(SAMPLE.contains(from), "{from}");
    let text = SAMPLE.replacen(from, to, 1);
    let error = parse(&text).and_then(|module| verify(&module)).expect_err(because);
    assert!(error.what.contains(because), "{}: not {because}", error.what);
}

#[test]
fn verifier_refuses() {
    refused("value=c1 @", "value=c99 @", "no constant c99");
    refused("func=f1", "func=f9", "no function f9");
    refused("func=f1", "func=f0", "MakeFunction of the module body");
    refused("then=b1", "then=b9", "no block b9");
    refused("then=b1", "then=b2", "continues at handler b2");
    refused("then=b1", "then=b0", "continues at the entry");
    refused("b0 b2:", "b0 b1:", "does not begin with Catch");
    refused("b0 b2:", "b0 b9:", "no handler b9");
    refused("Return value=r0", "Return value=r9", "no register r9");
    refused("Return value=r0", "Return value=r2", "reads r2, which may be unbound");
    refused("  Return value=r0 @7:0-7:1\n", "", "b1 is empty");
    refused("Return value=r0 @7:0-7:1", "LoadConst dst=r0 value=c0 @7:0-7:1", "LoadConst at 0 of 1");
    refused("keywords=c9", "keywords=c1", "c1 is not a tuple of str");
    refused("c3 tuple [c0 c1]", "c3 tuple [c0 c3]", "c3 holds c3");
    refused("c2 str \"a\\xed\\xa0\\x80", "c2 str \"a\\xed\\xa0", "c2 is not generalized UTF-8");
    refused("flags=0x1 ", "flags=0x0 ", "Yield outside a generator");
    refused("parent=f0", "parent=f1", "parent stands after");
    refused("registers=3 line=1", "registers=999 line=1", "999 registers");
    refused("args=1 kwonly=0", "args=4294967295 kwonly=0", "more parameters than variables");
    refused("doc=c2", "doc=c0", "the docstring is not a str");
    refused("closure=[]", "closure=[r0]", "1 cells for 0 free variables");
    refused("CheckBound src=r1 name=n3 @3:4-3:5", "Nop @3:4-3:5", "reads r1, which may be unbound");
}

#[test]
fn constants_that_explode_are_refused() {
    let mut text = String::from("module \"m\" file \"m\" future 0\nsource ");
    text += &"00".repeat(32);
    text += "\nn0 \"<module>\"\nc0 none\n";
    for i in 1..64 {
        text += &format!("c{i} tuple [c{} c{}]\n", i - 1, i - 1);
    }
    text += "f0 name=n0 qualname=n0 parent=_ flags=0x20 posonly=0 args=0 kwonly=0 registers=1 line=1 doc=_ vars=[] cells=[] free=[]\n";
    text += "b0 _:\n  LoadConst dst=r0 value=c63 @1:0-1:1\n  Return value=r0 @1:0-1:1\n";
    let module = parse(&text).unwrap();
    assert!(verify(&module).unwrap_err().what.contains("too large"));
}

/// Puts the right hash into changed bytes, so that the change is seen by what comes after it.
fn rehash(bytes: &mut [u8]) {
    let hash = blake3::hash(&bytes[64..]);
    bytes[32..64].copy_from_slice(hash.as_bytes());
}

#[test]
fn wrong_headers_are_refused() {
    let bytes = encode(&sample());
    let error = |bytes: &[u8]| File::open(bytes).err().map(|Malformed { what }| what).unwrap_or_default();
    assert_eq!(error(&[]), "header ends early");
    assert_eq!(error(&bytes[..63]), "header ends early");
    let changed = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    assert_eq!(error(&changed(0)), "wrong magic");
    assert_eq!(error(&changed(4)), "written with another opcode table");
    assert_eq!(error(&changed(40)), "content hash does not match");
    assert_eq!(error(&changed(bytes.len() - 1)), "content hash does not match");
    assert_eq!(error(&bytes[..bytes.len() - 1]), "content hash does not match");
    assert_eq!(error(&changed(8)), "code does not follow the header");
}

fn name_id() -> impl Strategy<Value = NameId> {
    any::<u32>().prop_map(NameId)
}

fn position() -> impl Strategy<Value = Position> {
    any::<(u32, u32, u32, u32)>().prop_map(|(line, end_line, col, end_col)| Position { line, end_line, col, end_col })
}

/// An instruction with operands of the right shape and any value.
fn inst() -> impl Strategy<Value = Inst> {
    let operands = prop::collection::vec((any::<u32>(), prop::collection::vec(any::<u32>(), 0..4)), 8);
    (0..Opcode::ALL.len(), operands, position()).prop_map(|(at, values, position)| {
        let opcode = Opcode::ALL[at];
        let mut words = Vec::new();
        for ((_, kind), (word, list)) in opcode.operands().iter().zip(values) {
            match kind {
                Operand::Uses | Operand::Maybes | Operand::Defs => {
                    words.push(list.len() as u32);
                    words.extend(list);
                }
                _ => words.push(word),
            }
        }
        Inst::from_words(opcode, &words, position).expect("the shape is right")
    })
}

fn constant() -> impl Strategy<Value = Const> {
    let bytes = prop::collection::vec(any::<u8>(), 0..12);
    let ids = prop::collection::vec(any::<u32>().prop_map(ConstId), 0..4);
    prop_oneof![
        Just(Const::None),
        Just(Const::True),
        Just(Const::False),
        Just(Const::Ellipsis),
        any::<i64>().prop_map(Const::Int),
        any::<u64>().prop_map(Const::Float),
        any::<(u64, u64)>().prop_map(|(real, imag)| Const::Complex(real, imag)),
        bytes.clone().prop_map(|bytes| Const::BigInt(bytes.into())),
        bytes.clone().prop_map(|bytes| Const::Str(bytes.into())),
        bytes.prop_map(|bytes| Const::Bytes(bytes.into())),
        ids.clone().prop_map(|ids| Const::Tuple(ids.into())),
        ids.prop_map(|ids| Const::FrozenSet(ids.into())),
    ]
}

fn function() -> impl Strategy<Value = Function> {
    let handler = prop::option::of((0..u32::MAX).prop_map(BlockId));
    let block = (handler, prop::collection::vec(inst(), 0..6)).prop_map(|(handler, insts)| Block { handler, insts });
    let ids = || prop::collection::vec(name_id(), 0..4);
    let numbers = any::<(u32, u32, u32, u32, u32, u32)>();
    let options = (prop::option::of((0..u32::MAX).prop_map(FuncId)), prop::option::of((0..u32::MAX).prop_map(ConstId)));
    ((name_id(), name_id()), options, numbers, (ids(), ids(), ids()), prop::collection::vec(block, 0..4)).prop_map(
        |((name, qualname), (parent, docstring), numbers, (varnames, cellvars, freevars), blocks)| {
            let (flags, n_posonly, n_args, n_kwonly, n_registers, first_line) = numbers;
            let flags = FunctionFlags(flags);
            Function { name, qualname, parent, flags, n_posonly, n_args, n_kwonly, varnames, cellvars, freevars, n_registers, docstring, first_line, blocks }
        },
    )
}

fn module() -> impl Strategy<Value = Module> {
    let import = (name_id(), any::<u32>(), prop::collection::vec(name_id(), 0..3), position())
        .prop_map(|(module, level, names, position)| ImportRef { module, level, names, position });
    let parts = (prop::collection::vec(function(), 0..4), prop::collection::vec(constant(), 0..8), prop::collection::vec(import, 0..3));
    (any::<(String, String, [u8; 32], u32)>(), parts, prop::collection::vec(any::<String>(), 0..6)).prop_map(
        |((name, file, source_hash, future), (functions, constants, imports), names)| Module { name, file, source_hash, future, functions, constants, names, imports },
    )
}

proptest! {
    #[test]
    fn any_module_survives_both_forms(module in module()) {
        let bytes = encode(&module);
        prop_assert_eq!(&File::open(&bytes).unwrap().module().unwrap(), &module);
        prop_assert_eq!(&parse(&print(&module)).unwrap(), &module);
        // The verifier may refuse, but does not panic.
        if verify(&module).is_ok() {
            dxpyc_dpb::dis(&module);
        }
    }

    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), keep in any::<prop::sample::Index>()) {
        let mut bytes = encode(&sample());
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if keep.index(4) == 0 {
            bytes.truncate(keep.index(bytes.len()).max(64));
        }
        bytes[..4].copy_from_slice(b"DPB\x01");
        bytes[4..8].copy_from_slice(&dxpyc_dpb::format::FINGERPRINT.to_le_bytes());
        rehash(&mut bytes);
        if let Ok(module) = decode(&bytes) {
            dxpyc_dpb::dis(&module);
            prop_assert_eq!(decode(&encode(&module)).unwrap(), module);
        }
    }

    #[test]
    fn any_text_never_panics(text in "[ -~\n]{0,200}") {
        let _ = parse(&text);
    }
}
