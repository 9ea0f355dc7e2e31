//! Frees variables that are only kept alive: a block parameter that is used by `keep_alive` and by passing it on to others of its kind gets
//! MISSING instead of a value whose death nobody can observe (`Kinds::LEAF`).
//!
//! So a float variable is not boxed and carried around a loop for the sake of the next assignment to it.

use dxpyc_abi::value::Value as Word;
use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::function::ENTRY;
use dxpyc_ir::{Function, Imm, Kinds, Op, Type, Value};

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let kept = kept_only(function, &cfg);
    for id in &cfg.rpo {
        let mut missing: Option<Value> = None;
        let mut term = std::mem::replace(&mut function.block_mut(*id).term, dxpyc_ir::Terminator::None);
        for call in term.calls_mut() {
            let params = function.block(call.block).params.clone();
            for (arg, param) in call.args.iter_mut().zip(params) {
                let kinds = function.kinds(*arg);
                if !kept[param.index()] || !kinds.within(Kinds::LEAF) || kinds == Kinds::MISSING {
                    continue;
                }
                let value = *missing.get_or_insert_with(|| {
                    let imm = Imm::Word(Word::MISSING.0);
                    function.push1(*id, Op::Word, imm, Vec::new(), Type::Obj, Kinds::MISSING)
                });
                *arg = value;
                let widened = function.kinds(param) | Kinds::MISSING;
                function.values[param.index()].kinds = widened;
            }
        }
        function.block_mut(*id).term = term;
    }
}

/// For each value, whether it is a block parameter that is only kept alive.
fn kept_only(function: &Function, cfg: &Cfg) -> Vec<bool> {
    let mut kept = vec![false; function.values.len()];
    for id in cfg.rpo.iter().filter(|id| **id != ENTRY) {
        for param in &function.block(*id).params {
            kept[param.index()] = function.ty(*param) == Type::Obj;
        }
    }
    for id in &cfg.rpo {
        let block = function.block(*id);
        for inst in block.insts.iter().filter(|inst| inst.op != Op::KeepAlive) {
            for arg in &inst.args {
                kept[arg.index()] = false;
            }
        }
        if let Some(operand) = block.term.operand() {
            kept[operand.index()] = false;
        }
    }
    loop {
        let mut changed = false;
        for id in &cfg.rpo {
            for call in function.block(*id).term.calls() {
                for (arg, param) in call.args.iter().zip(&function.block(call.block).params) {
                    if kept[arg.index()] && !kept[param.index()] {
                        kept[arg.index()] = false;
                        changed = true;
                    }
                }
            }
        }
        if !changed {
            return kept;
        }
    }
}
