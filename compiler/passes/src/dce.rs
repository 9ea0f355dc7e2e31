//! Removes instructions whose results nothing needs, and unused block parameters. It does not remove blocks.

use crate::prune_params::drop_params;
use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::function::ENTRY;
use dxpyc_ir::{BlockId, Function, Value};

/// Where a value comes from.
#[derive(Clone, Copy)]
enum Source {
    None,
    Inst(BlockId, u32),
    Param(BlockId, u32),
}

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let sources = sources(function, &cfg);
    let mut needed = vec![false; function.values.len()];
    let mut worklist: Vec<Value> = Vec::new();
    for id in &cfg.rpo {
        let block = function.block(*id);
        for inst in &block.insts {
            if !inst.effects().removable() {
                worklist.extend(&inst.args);
            }
        }
        worklist.extend(block.term.operand());
    }
    while let Some(value) = worklist.pop() {
        if std::mem::replace(&mut needed[value.index()], true) {
            continue;
        }
        match sources[value.index()] {
            Source::None => {}
            Source::Inst(block, index) => {
                let inst = &function.block(block).insts[index as usize];
                worklist.extend(&inst.args);
            }
            Source::Param(block, index) => {
                for pred in &cfg.preds[block.index()] {
                    for call in function.block(*pred).term.calls() {
                        if call.block == block {
                            worklist.push(call.args[index as usize]);
                        }
                    }
                }
            }
        }
    }
    for id in &cfg.rpo {
        function.block_mut(*id).insts.retain(|inst| {
            !inst.effects().removable() || inst.results.iter().any(|result| needed[result.index()])
        });
        if *id == ENTRY {
            continue;
        }
        let keep: Vec<bool> = function.block(*id).params.iter().map(|param| needed[param.index()]).collect();
        if keep.contains(&false) {
            drop_params(function, &cfg, *id, &keep);
        }
    }
}

fn sources(function: &Function, cfg: &Cfg) -> Vec<Source> {
    let mut sources = vec![Source::None; function.values.len()];
    for id in &cfg.rpo {
        let block = function.block(*id);
        for (index, param) in block.params.iter().enumerate() {
            sources[param.index()] = Source::Param(*id, index as u32);
        }
        for (index, inst) in block.insts.iter().enumerate() {
            for result in &inst.results {
                sources[result.index()] = Source::Inst(*id, index as u32);
            }
        }
    }
    sources
}
