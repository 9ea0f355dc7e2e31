//! Removes unreachable blocks, folds branches on constants, merges a block with its only successor when that has no other predecessor.

use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::function::ENTRY;
use dxpyc_ir::{BlockCall, BlockId, Function, Imm, Op, Terminator, Value};
use std::collections::{HashMap, HashSet};

/// The pass.
pub fn run(function: &mut Function) {
    fold_branches(function);
    remove_unreachable(function);
    merge_lines(function);
}

fn fold_branches(function: &mut Function) {
    let mut known: HashMap<Value, bool> = HashMap::new();
    for block in &function.blocks {
        for inst in &block.insts {
            if let (Op::BConst, Imm::Int(value)) = (inst.op, inst.imm) {
                known.insert(inst.results[0], value != 0);
            }
        }
    }
    for block in &mut function.blocks {
        if let Terminator::Branch { cond, then, other } = &block.term {
            let target = match known.get(cond) {
                Some(true) => then.clone(),
                Some(false) => other.clone(),
                None if then == other => then.clone(),
                None => continue,
            };
            block.term = Terminator::Jump(target);
        }
    }
}

fn remove_unreachable(function: &mut Function) {
    let cfg = Cfg::new(function);
    for index in 0..function.blocks.len() {
        if !cfg.reachable(BlockId::from(index)) {
            let block = &mut function.blocks[index];
            block.insts.clear();
            block.params.clear();
            block.term = Terminator::Unreachable;
            block.dead = true;
        }
    }
}

fn merge_lines(function: &mut Function) {
    let cfg = Cfg::new(function);
    let error_blocks: HashSet<BlockId> =
        function.blocks.iter().flat_map(|block| block.insts.iter().filter_map(|inst| inst.on_error)).collect();
    let mut replaced = HashMap::new();
    for id in &cfg.rpo {
        if function.block(*id).dead {
            continue;
        }
        while let Terminator::Jump(BlockCall { block: next, args }) = &function.block(*id).term {
            let next = *next;
            let mergeable = next != *id
                && next != ENTRY
                && cfg.preds[next.index()].len() == 1
                && !error_blocks.contains(&next)
                && (function.block(*id).cold == function.block(next).cold || function.block(*id).cold);
            if !mergeable {
                break;
            }
            let args = args.clone();
            for (param, arg) in function.block(next).params.clone().into_iter().zip(args) {
                replaced.insert(param, arg);
            }
            let mut insts = std::mem::take(&mut function.block_mut(next).insts);
            let term = std::mem::replace(&mut function.block_mut(next).term, Terminator::Unreachable);
            function.block_mut(*id).generic |= function.block(next).generic;
            function.block_mut(next).params.clear();
            function.block_mut(next).dead = true;
            function.block_mut(*id).insts.append(&mut insts);
            function.block_mut(*id).term = term;
        }
    }
    function.replace_uses(&replaced);
}
