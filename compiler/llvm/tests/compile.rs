//! Compiles small hand-made programs in every form.

use dxpyc_abi::{Entry, Value};
use dxpyc_ir::callee::Callee;
use dxpyc_ir::function::{ENTRY, FunctionKind};
use dxpyc_ir::unit::Const;
use dxpyc_ir::{BlockCall, CodeData, CodeFlags, Cmp, Function, Imm, Inst, Kinds, Op, Position, Program, Terminator, Type, Unit};
use dxpyc_llvm::{Artifact, Cpu, Emit, Level, Options, UnitInfo, compile};

fn code_data() -> CodeData {
    CodeData {
        name: 0,
        qualname: 0,
        params: Vec::new(),
        flags: CodeFlags(0),
        fast_nargs: 0,
        first_line: 1,
        doc: None,
        varnames: vec![0],
        cellvars: Vec::new(),
        freevars: Vec::new(),
        positions: vec![Position { line: 1, end_line: 1, column: 0, end_column: 3 }],
        body: 0,
        resume: None,
        n_frame_objects: 0,
        n_frame_raw: 0,
    }
}

/// Sums 0..10 unboxed, then makes a list of the sum and of some constants.
fn program() -> Program {
    let mut f = Function::new("m.<module>".to_owned(), "dxp.f.0.0".to_owned(), FunctionKind::Body, 0);
    f.add_param(ENTRY, Type::Obj, Kinds::ANY);
    let (header, body, done, error) = (f.new_block(), f.new_block(), f.new_block(), f.new_cold_block());
    f.push(ENTRY, Inst { on_error: Some(error), position: 0, ..Inst::new(Op::CheckStack, Imm::No, vec![], vec![]) });
    let zero = f.push1(ENTRY, Op::IConst, Imm::Int(0), vec![], Type::I64, Kinds::ANY);
    f.block_mut(ENTRY).term = Terminator::Jump(BlockCall::with(header, vec![zero, zero]));
    let i = f.add_param(header, Type::I64, Kinds::ANY);
    let sum = f.add_param(header, Type::I64, Kinds::ANY);
    let ten = f.push1(header, Op::IConst, Imm::Int(10), vec![], Type::I64, Kinds::ANY);
    let more = f.push1(header, Op::ICmp, Imm::Cmp(Cmp::Lt), vec![i, ten], Type::Bool, Kinds::ANY);
    f.block_mut(header).term =
        Terminator::Branch { cond: more, then: BlockCall::to(body), other: BlockCall::to(done) };
    let sum2 = f.push1(body, Op::IAdd, Imm::No, vec![sum, i], Type::I64, Kinds::ANY);
    let one = f.push1(body, Op::IConst, Imm::Int(1), vec![], Type::I64, Kinds::ANY);
    let i2 = f.push1(body, Op::IAdd, Imm::No, vec![i, one], Type::I64, Kinds::ANY);
    f.block_mut(body).term = Terminator::Jump(BlockCall::with(header, vec![i2, sum2]));
    let boxed = f.push1(done, Op::BoxInt, Imm::No, vec![sum], Type::Obj, Kinds::INT);
    let mut items = vec![boxed];
    for index in 0..7 {
        items.push(f.push1(done, Op::ConstObj, Imm::Const(index), vec![], Type::Obj, Kinds::ANY));
    }
    let list = f.new_value(Type::Obj, Kinds::LIST);
    let callee = Imm::Callee(Callee::Entry(Entry::dxp_list));
    let error2 = f.new_cold_block();
    f.push(done, Inst { on_error: Some(error2), position: 0, ..Inst::new(Op::Call, callee, items, vec![list]) });
    f.push(done, Inst::new(Op::DecRef, Imm::No, vec![boxed], vec![]));
    f.block_mut(done).term = Terminator::Return(list);
    f.push(error2, Inst { position: 0, ..Inst::new(Op::Traceback, Imm::No, vec![], vec![]) });
    f.push(error2, Inst::new(Op::DecRef, Imm::No, vec![boxed], vec![]));
    f.block_mut(error2).term = Terminator::ReturnError;
    f.block_mut(error).term = Terminator::ReturnError;
    f.counted = true;
    Program {
        units: vec![Unit {
            name: "m".to_owned(),
            file: "m.py".to_owned(),
            is_package: false,
            consts: vec![
                Const::Str("a€".as_bytes().into()),
                Const::Float(f64::INFINITY.to_bits()),
                Const::Bytes(b"xyz"[..].into()),
                Const::Tuple([0, 1][..].into()),
                Const::Int(i64::MAX),
                Const::Tuple([4][..].into()),
                Const::Complex(0, 1.5f64.to_bits()),
            ],
            names: vec!["m".to_owned()],
            functions: vec![f],
            codes: vec![code_data()],
            caches: Vec::new(),
        }],
    }
}

fn artifacts(level: Level, emit: Emit) -> Vec<Artifact> {
    let program = program();
    let natives = ["dxp_native_module_sys".to_owned()];
    let units = [UnitInfo { source: b"pass\n", is_library: false }];
    compile(program, &units, &natives, &Options { level, cpu: Cpu::baseline(), emit, hot_bitcode: &[] })
}

#[test]
fn every_form_is_emitted() {
    for level in [Level::Debug, Level::Optimised] {
        let objects = artifacts(level, Emit::Object);
        assert_eq!(objects.len(), 3, "data, glue, one chunk");
        assert!(objects.iter().all(|object| object.bytes.starts_with(b"\x7fELF")));
        let text = artifacts(level, Emit::LlvmText).pop().expect("the chunk");
        let text = String::from_utf8(text.bytes).expect("LLVM text");
        assert!(text.contains("define hidden i64 @dxp.f.0.0(i64 %0)"), "{text}");
        assert!(!artifacts(level, Emit::Assembly).is_empty());
    }
}

#[test]
fn the_loop_is_folded_when_optimised() {
    let text = artifacts(Level::Optimised, Emit::LlvmText).pop().expect("the chunk");
    let text = String::from_utf8(text.bytes).expect("LLVM text");
    assert!(text.contains(&format!("i64 {}", Value::from_small_int(45).0)), "{text}");
}

#[test]
fn output_depends_on_the_input_only() {
    let (one, two) = (artifacts(Level::Optimised, Emit::Object), artifacts(Level::Optimised, Emit::Object));
    assert!(one.iter().zip(&two).all(|(one, two)| one.name == two.name && one.bytes == two.bytes));
}
