//! Control flow facts: predecessors, reverse postorder, dominators (Cooper, Harvey, Kennedy), liveness of values.
//!
//! Error exits count as edges. A value is visible in an error block only if its definition stands before the instruction that
//! names the block; as the error block has no other predecessor, block dominance plus that one check is exact.

use crate::entity::{BlockId, Value};
use crate::function::{ENTRY, Function};

/// Predecessors and reverse postorder.
pub struct Cfg {
    /// For each block, its predecessors in order of their ids; one entry for each edge.
    pub preds: Vec<Vec<BlockId>>,
    /// Reachable blocks in reverse postorder.
    pub rpo: Vec<BlockId>,
    /// Position in `rpo`; `u32::MAX` when unreachable.
    pub rpo_index: Vec<u32>,
}

impl Cfg {
    /// The facts for a function.
    pub fn new(function: &Function) -> Cfg {
        let n = function.blocks.len();
        let mut preds = vec![Vec::new(); n];
        let mut postorder = Vec::with_capacity(n);
        let mut seen = vec![false; n];
        let mut stack: Vec<(BlockId, Vec<BlockId>, usize)> = vec![(ENTRY, function.successors(ENTRY), 0)];
        seen[0] = true;
        while let Some((block, successors, next)) = stack.last_mut() {
            // The last successor first: then the first one follows its block in reverse postorder.
            let index = successors.len().wrapping_sub(1).wrapping_sub(*next);
            if *next < successors.len() {
                let successor = successors[index];
                *next += 1;
                preds[successor.index()].push(*block);
                if !seen[successor.index()] {
                    seen[successor.index()] = true;
                    stack.push((successor, function.successors(successor), 0));
                }
            } else {
                postorder.push(*block);
                stack.pop();
            }
        }
        postorder.reverse();
        let mut rpo_index = vec![u32::MAX; n];
        for (index, block) in postorder.iter().enumerate() {
            rpo_index[block.index()] = index as u32;
        }
        for list in &mut preds {
            list.sort();
        }
        Cfg { preds, rpo: postorder, rpo_index }
    }

    /// Whether a block can be reached from the entry.
    pub fn reachable(&self, block: BlockId) -> bool {
        self.rpo_index[block.index()] != u32::MAX
    }
}

/// The dominator tree.
pub struct Dominators {
    idom: Vec<u32>,
    rpo_index: Vec<u32>,
}

impl Dominators {
    /// Computes immediate dominators.
    pub fn new(cfg: &Cfg) -> Dominators {
        let mut idom: Vec<u32> = vec![u32::MAX; cfg.rpo.len()];
        if idom.is_empty() {
            return Dominators { idom, rpo_index: cfg.rpo_index.clone() };
        }
        idom[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for (index, block) in cfg.rpo.iter().enumerate().skip(1) {
                let mut best = u32::MAX;
                for pred in &cfg.preds[block.index()] {
                    let pred = cfg.rpo_index[pred.index()];
                    if pred == u32::MAX || idom[pred as usize] == u32::MAX {
                        continue;
                    }
                    best = if best == u32::MAX { pred } else { intersect(&idom, best, pred) };
                }
                if idom[index] != best {
                    idom[index] = best;
                    changed = true;
                }
            }
        }
        Dominators { idom, rpo_index: cfg.rpo_index.clone() }
    }

    /// Whether `a` dominates `b` (a block dominates itself). Both are reachable.
    pub fn dominates(&self, a: BlockId, b: BlockId) -> bool {
        let a = self.rpo_index[a.index()];
        let mut b = self.rpo_index[b.index()];
        while b > a {
            b = self.idom[b as usize];
        }
        a == b
    }

    /// The immediate dominator of a reachable block, as an index into the reverse postorder.
    pub fn idom_index(&self, block: BlockId) -> u32 {
        self.idom[self.rpo_index[block.index()] as usize]
    }
}

fn intersect(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = idom[a as usize];
        }
        while b > a {
            b = idom[b as usize];
        }
    }
    a
}

/// A set of values as bits.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ValueSet {
    words: Vec<u64>,
}

impl ValueSet {
    /// An empty set for values below `n`.
    pub fn new(n: usize) -> ValueSet {
        ValueSet { words: vec![0; n.div_ceil(64)] }
    }

    /// Adds; whether it was not there.
    pub fn insert(&mut self, value: Value) -> bool {
        let word = &mut self.words[value.index() / 64];
        let bit = 1 << (value.index() % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Removes; whether it was there.
    pub fn remove(&mut self, value: Value) -> bool {
        let word = &mut self.words[value.index() / 64];
        let bit = 1 << (value.index() % 64);
        let had = *word & bit != 0;
        *word &= !bit;
        had
    }

    /// Whether it is there.
    pub fn contains(&self, value: Value) -> bool {
        self.words[value.index() / 64] & (1 << (value.index() % 64)) != 0
    }

    /// Adds all of another set; whether anything was new.
    pub fn union(&mut self, other: &ValueSet) -> bool {
        let mut changed = false;
        for (word, add) in self.words.iter_mut().zip(&other.words) {
            let next = *word | add;
            changed |= next != *word;
            *word = next;
        }
        changed
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = Value> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                Some(Value::from(index * 64 + bit))
            })
        })
    }
}

/// Live-in sets of the blocks. Block parameters are not live-in to their block.
pub struct Liveness {
    /// For each block, the values that live at its start, parameters excluded.
    pub live_in: Vec<ValueSet>,
}

impl Liveness {
    /// Liveness of the values for which `tracked` says yes; `root` maps a used value to the one that lives.
    pub fn new(function: &Function, cfg: &Cfg, root: impl Fn(Value) -> Option<Value>) -> Liveness {
        let n_values = function.values.len();
        let mut live_in = vec![ValueSet::new(n_values); function.blocks.len()];
        let mut queued = vec![true; function.blocks.len()];
        let mut worklist: Vec<BlockId> = cfg.rpo.clone();
        while let Some(id) = worklist.pop() {
            queued[id.index()] = false;
            let live = live_at_start(function, id, &live_in, &root);
            if live != live_in[id.index()] {
                live_in[id.index()] = live;
                for pred in &cfg.preds[id.index()] {
                    if !queued[pred.index()] {
                        queued[pred.index()] = true;
                        worklist.push(*pred);
                    }
                }
            }
        }
        Liveness { live_in }
    }

    /// The values that live at the end of a block: what its terminator's successors need.
    pub fn live_out(&self, function: &Function, id: BlockId) -> ValueSet {
        let mut live = ValueSet::new(function.values.len());
        for call in function.block(id).term.calls() {
            live.union(&self.live_in[call.block.index()]);
        }
        live
    }
}

fn live_at_start(
    function: &Function,
    id: BlockId,
    live_in: &[ValueSet],
    root: &impl Fn(Value) -> Option<Value>,
) -> ValueSet {
    let block = function.block(id);
    let mut live = ValueSet::new(function.values.len());
    for call in block.term.calls() {
        live.union(&live_in[call.block.index()]);
        for arg in &call.args {
            if let Some(value) = root(*arg) {
                live.insert(value);
            }
        }
    }
    if let Some(value) = block.term.operand().and_then(root) {
        live.insert(value);
    }
    for inst in block.insts.iter().rev() {
        for result in &inst.results {
            live.remove(*result);
        }
        if let Some(error) = inst.on_error {
            live.union(&live_in[error.index()]);
        }
        for arg in &inst.args {
            if let Some(value) = root(*arg) {
                live.insert(value);
            }
        }
    }
    for param in &block.params {
        live.remove(*param);
    }
    live
}
