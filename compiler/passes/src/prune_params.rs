//! Removes block parameters that get the same value on every edge (Cranelift calls it `remove_constant_phis`).
//!
//! Parameters that only pass themselves on are found one at a time, until nothing changes. It does not remove unused parameters: `dce` does.

use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::function::ENTRY;
use dxpyc_ir::{BlockId, Function, Value};
use std::collections::HashMap;

/// What arrives at a parameter.
#[derive(Clone, Copy, PartialEq)]
enum Incoming {
    Nothing,
    One(Value),
    Several,
}

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let mut replaced: HashMap<Value, Value> = HashMap::new();
    loop {
        let mut incoming: Vec<Vec<Incoming>> =
            function.blocks.iter().map(|block| vec![Incoming::Nothing; block.params.len()]).collect();
        for id in &cfg.rpo {
            for call in function.block(*id).term.calls() {
                let params = &function.block(call.block).params;
                for (index, arg) in call.args.iter().enumerate() {
                    let arg = resolve(&replaced, *arg);
                    if arg == params[index] {
                        continue;
                    }
                    let slot = &mut incoming[call.block.index()][index];
                    *slot = match *slot {
                        Incoming::Nothing => Incoming::One(arg),
                        Incoming::One(other) if other == arg => Incoming::One(arg),
                        _ => Incoming::Several,
                    };
                }
            }
        }
        let mut changed = false;
        for id in &cfg.rpo {
            if *id == ENTRY {
                continue;
            }
            let mut keep = Vec::with_capacity(incoming[id.index()].len());
            for (index, found) in incoming[id.index()].iter().enumerate() {
                let param = function.block(*id).params[index];
                if let Incoming::One(value) = found {
                    let value = resolve(&replaced, *value);
                    if value != param && function.ty(value) == function.ty(param) {
                        replaced.insert(param, value);
                        keep.push(false);
                        continue;
                    }
                }
                keep.push(true);
            }
            if keep.contains(&false) {
                changed = true;
                drop_params(function, &cfg, *id, &keep);
            }
        }
        if !changed {
            break;
        }
    }
    function.replace_uses(&replaced);
}

fn resolve(replaced: &HashMap<Value, Value>, mut value: Value) -> Value {
    while let Some(next) = replaced.get(&value) {
        value = *next;
    }
    value
}

/// Removes the parameters of a block for which `keep` is false, and their arguments.
pub fn drop_params(function: &mut Function, cfg: &Cfg, id: BlockId, keep: &[bool]) {
    let mut index = 0;
    function.block_mut(id).params.retain(|_| {
        index += 1;
        keep[index - 1]
    });
    let mut preds = cfg.preds[id.index()].clone();
    preds.dedup();
    for pred in preds {
        for call in function.block_mut(pred).term.calls_mut() {
            if call.block == id {
                let mut index = 0;
                call.args.retain(|_| {
                    index += 1;
                    keep[index - 1]
                });
            }
        }
    }
}
