//! Moves the boxing of floats and ints to where an object is needed: a box that is used in other blocks only is made there, once in each.
//!
//! So a loop over unboxed values does not box for an error path or for what comes after the loop.

use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::{BlockId, Function, Inst, Op, Value};
use std::collections::{HashMap, HashSet};

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let mut boxes: HashMap<Value, (BlockId, Inst)> = HashMap::new();
    for id in &cfg.rpo {
        for inst in &function.block(*id).insts {
            if matches!(inst.op, Op::BoxFloat | Op::BoxInt | Op::BoxSmall | Op::BoxBool) {
                boxes.insert(inst.results[0], (*id, inst.clone()));
            }
        }
    }
    if boxes.is_empty() {
        return;
    }
    // A box used in its own block stays.
    let mut stays: HashSet<Value> = HashSet::new();
    for id in &cfg.rpo {
        let block = function.block(*id);
        let args = block.insts.iter().flat_map(|inst| inst.args.iter());
        let term_args = block.term.calls().into_iter().flat_map(|call| call.args.iter());
        for value in args.chain(term_args).copied().chain(block.term.operand()) {
            if boxes.get(&value).is_some_and(|(home, _)| home == id) {
                stays.insert(value);
            }
        }
    }
    boxes.retain(|value, _| !stays.contains(value));
    for id in &cfg.rpo {
        sink_into(function, *id, &boxes);
    }
    for id in &cfg.rpo {
        function
            .block_mut(*id)
            .insts
            .retain(|inst| !(inst.results.len() == 1 && boxes.get(&inst.results[0]).is_some_and(|(home, _)| home == id)));
    }
}

/// Makes the boxes that a block uses in front of their first use.
fn sink_into(function: &mut Function, id: BlockId, boxes: &HashMap<Value, (BlockId, Inst)>) {
    let mut made: HashMap<Value, Value> = HashMap::new();
    let insts = std::mem::take(&mut function.block_mut(id).insts);
    let mut out = Vec::with_capacity(insts.len());
    for mut inst in insts {
        let mut args = std::mem::take(&mut inst.args);
        for arg in &mut args {
            *arg = rename(function, &mut out, &mut made, boxes, *arg);
        }
        inst.args = args;
        out.push(inst);
    }
    let mut term = std::mem::replace(&mut function.block_mut(id).term, dxpyc_ir::Terminator::None);
    if let Some(operand) = term.operand_mut() {
        *operand = rename(function, &mut out, &mut made, boxes, *operand);
    }
    for call in term.calls_mut() {
        for arg in &mut call.args {
            *arg = rename(function, &mut out, &mut made, boxes, *arg);
        }
    }
    let block = function.block_mut(id);
    block.insts = out;
    block.term = term;
}

fn rename(
    function: &mut Function,
    out: &mut Vec<Inst>,
    made: &mut HashMap<Value, Value>,
    boxes: &HashMap<Value, (BlockId, Inst)>,
    value: Value,
) -> Value {
    let Some((_, inst)) = boxes.get(&value) else { return value };
    if let Some(copy) = made.get(&value) {
        return *copy;
    }
    let kinds = function.kinds(value);
    let copy = function.new_value(dxpyc_ir::Type::Obj, kinds);
    let mut inst = inst.clone();
    inst.results = vec![copy];
    out.push(inst);
    made.insert(value, copy);
    copy
}
