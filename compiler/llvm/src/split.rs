//! The generic version of a function as a function of its own, so that it does not cost what the fast version is worth.
//!
//! Control goes from the fast version to the generic one and never back: an edge between them is a call of `SYMBOL:generic` with the number of
//! the block to go on at, what is live there, and the block's arguments; its result is the function's. References are counted already, so that passing a value
//! passes its reference.

use std::collections::HashSet;

use dxpyc_ir::function::{BlockData, ENTRY};
use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::{BlockId, Function, Imm, Inst, Op, Value};

use crate::statics::{ConstRef, UnitRefs};

/// What of a function a chunk compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// All of it.
    Whole,
    /// All but the generic version.
    Fast,
    /// The generic version.
    Generic,
}

/// Fewer instructions in the generic version are not worth a function.
const MIN_INSTS: usize = 16;

/// For each block, whether it belongs to the generic version; none when there is no version worth a function.
pub fn region(function: &Function) -> Option<Vec<bool>> {
    let mut region = vec![false; function.blocks.len()];
    let mut worklist: Vec<BlockId> = function.block_ids().into_iter().filter(|id| function.block(*id).generic).collect();
    while let Some(id) = worklist.pop() {
        if !std::mem::replace(&mut region[id.index()], true) {
            worklist.extend(function.successors(id));
        }
    }
    let errors = |(index, block): (usize, &BlockData)| {
        let leads = |inst: &Inst| inst.op != Op::ExitPoint && inst.on_error.is_some_and(|error| region[error.index()]);
        !region[index] && block.insts.iter().any(leads)
    };
    if function.blocks.iter().enumerate().any(errors) {
        return None;
    }
    let n_insts: usize =
        function.blocks.iter().zip(&region).filter(|(_, generic)| **generic).map(|(block, _)| block.insts.len()).sum();
    (n_insts >= MIN_INSTS && !region[ENTRY.index()]).then_some(region)
}

/// The blocks of a part.
pub fn blocks(function: &Function, part: Part) -> Vec<&BlockData> {
    let region = if part == Part::Whole { None } else { region(function) };
    let wanted = |index: usize| region.as_ref().is_none_or(|region| region[index] == (part == Part::Generic));
    function.blocks.iter().enumerate().filter(|(index, _)| wanted(*index)).map(|(_, block)| block).collect()
}

fn uses(block: &BlockData) -> impl Iterator<Item = Value> + '_ {
    let args = block.insts.iter().flat_map(|inst| &inst.args);
    let passed = block.term.calls().into_iter().flat_map(|call| &call.args);
    args.chain(passed).copied().chain(block.term.operand())
}

/// Which of some values are used in a block or behind it.
fn used_from(function: &Function, start: BlockId, values: &[Value]) -> HashSet<Value> {
    let mut seen = HashSet::from([start]);
    let mut worklist = vec![start];
    let mut used = HashSet::new();
    while let Some(id) = worklist.pop() {
        used.extend(uses(function.block(id)).filter(|value| values.binary_search(value).is_ok()));
        worklist.extend(function.successors(id).into_iter().filter(|next| seen.insert(*next)));
    }
    used
}

/// How the two parts meet.
pub struct Split {
    /// For each block, whether it belongs to the generic version.
    pub region: Vec<bool>,
    /// Blocks of the generic version that the fast one goes to, each with the values of the fast version that are used from there on.
    pub entries: Vec<(BlockId, HashSet<Value>)>,
    /// All those values: parameters of its function, behind the entry's number.
    pub live: Vec<Value>,
    /// Instructions whose results the generic version makes again: block, index.
    pub again: Vec<(BlockId, usize)>,
    /// Parameters of its function.
    pub n_params: usize,
}

impl Split {
    /// Looks at a function whose references are counted.
    pub fn new(function: &Function, refs: &UnitRefs) -> Option<Split> {
        let region = region(function)?;
        let cfg = Cfg::new(function);
        let mut entry_blocks = Vec::new();
        for id in cfg.rpo.iter().filter(|id| !region[id.index()]) {
            for call in function.block(*id).term.calls() {
                if region[call.block.index()] && !entry_blocks.contains(&call.block) {
                    entry_blocks.push(call.block);
                }
            }
        }
        let mut defined: HashSet<Value> = HashSet::new();
        let mut used: Vec<Value> = Vec::new();
        for id in cfg.rpo.iter().filter(|id| region[id.index()]) {
            let block = function.block(*id);
            defined.extend(&block.params);
            defined.extend(block.insts.iter().flat_map(|inst| &inst.results));
            used.extend(uses(block));
        }
        let mut outside: Vec<Value> = used.into_iter().filter(|value| !defined.contains(value)).collect();
        outside.sort();
        outside.dedup();
        let mut again = Vec::new();
        for id in cfg.rpo.iter().filter(|id| !region[id.index()]) {
            for (at, inst) in function.block(*id).insts.iter().enumerate() {
                let cheap = match (inst.op, inst.imm) {
                    (Op::Word | Op::NameObj | Op::IConst | Op::FConst | Op::BConst | Op::CodePtr | Op::FuncPtr, _) => true,
                    (Op::ConstObj, Imm::Const(index)) => !matches!(refs.consts[index as usize], ConstRef::Lazy(_)),
                    _ => false,
                };
                if cheap && outside.binary_search(&inst.results[0]).is_ok() {
                    again.push((*id, at));
                }
            }
        }
        let made: HashSet<Value> = again.iter().map(|(id, at)| function.block(*id).insts[*at].results[0]).collect();
        let live: Vec<Value> = outside.into_iter().filter(|value| !made.contains(value)).collect();
        let most = entry_blocks.iter().map(|entry| function.block(*entry).params.len()).max().unwrap_or(0);
        let entries = entry_blocks.into_iter().map(|entry| (entry, used_from(function, entry, &live))).collect();
        Some(Split { region, n_params: 1 + live.len() + most, entries, live, again })
    }
}
