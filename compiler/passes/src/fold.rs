//! Folds what is known from the definition of one operand: unboxing what was boxed or a constant, boxing a constant, `not` of `not`.

use dxpyc_abi::value::Value as Word;
use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::{Function, Imm, Op, Value};
use std::collections::HashMap;

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let mut defs: HashMap<Value, (Op, Imm, Option<Value>)> = HashMap::new();
    for id in &cfg.rpo {
        for inst in &function.block(*id).insts {
            if let [result] = inst.results.as_slice() {
                defs.insert(*result, (inst.op, inst.imm, inst.args.first().copied()));
            }
        }
    }
    let mut replaced: HashMap<Value, Value> = HashMap::new();
    for id in &cfg.rpo {
        let mut insts = std::mem::take(&mut function.block_mut(*id).insts);
        for inst in &mut insts {
            let ([result], [arg]) = (inst.results.as_slice(), inst.args.as_slice()) else { continue };
            let (result, mut arg) = (*result, *arg);
            while let Some(next) = replaced.get(&arg) {
                arg = *next;
            }
            let Some((op, imm, source)) = defs.get(&arg).copied() else { continue };
            match (inst.op, op, imm, source) {
                (Op::UnboxFloat, Op::BoxFloat, _, Some(source))
                | (Op::UnboxFloatI, Op::BoxFloat, _, Some(source))
                | (Op::UnboxInt, Op::BoxSmall | Op::BoxInt, _, Some(source))
                | (Op::UnboxBool, Op::BoxBool, _, Some(source))
                | (Op::BNot, Op::BNot, _, Some(source)) => {
                    replaced.insert(result, source);
                }
                (Op::UnboxFloat, Op::Word, Imm::Word(word), _) if Word(word).is_imm_float() => {
                    inst.op = Op::FConst;
                    inst.imm = Imm::Float(Word(word).imm_float_unchecked().to_bits());
                    inst.args.clear();
                    defs.insert(result, (inst.op, inst.imm, None));
                }
                (Op::UnboxInt, Op::Word, Imm::Word(word), _) if Word(word).is_small_int() => {
                    inst.op = Op::IConst;
                    inst.imm = Imm::Int(Word(word).small_int_unchecked());
                    inst.args.clear();
                    defs.insert(result, (inst.op, inst.imm, None));
                }
                (Op::UnboxBool, Op::Word, Imm::Word(word), _) => {
                    inst.op = Op::BConst;
                    inst.imm = Imm::Int(i64::from(Word(word) == Word::TRUE));
                    inst.args.clear();
                    defs.insert(result, (inst.op, inst.imm, None));
                }
                (Op::BoxBool, Op::BConst, Imm::Int(value), _) => {
                    inst.op = Op::Word;
                    inst.imm = Imm::Word(Word::from_bool(value != 0).0);
                    inst.args.clear();
                    defs.insert(result, (inst.op, inst.imm, None));
                }
                (Op::BoxSmall, Op::IConst, Imm::Int(value), _) => {
                    inst.op = Op::Word;
                    inst.imm = Imm::Word(Word::from_small_int(value).0);
                    inst.args.clear();
                    defs.insert(result, (inst.op, inst.imm, None));
                }
                (Op::BNot, Op::BConst, Imm::Int(value), _) => {
                    inst.op = Op::BConst;
                    inst.imm = Imm::Int(i64::from(value == 0));
                    inst.args.clear();
                    defs.insert(result, (inst.op, inst.imm, None));
                }
                (Op::Refine, ..) if function.kinds(arg).within(function.kinds(result)) => {
                    replaced.insert(result, arg);
                }
                _ => {}
            }
        }
        function.block_mut(*id).insts = insts;
    }
    function.replace_uses(&replaced);
}
