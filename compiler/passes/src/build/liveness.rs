//! Liveness of DPB registers: which registers a block needs from its predecessors.
//!
//! Named variables (and cells) count as read by every return: they live to the end of the function.

use super::versions::Versioned;
use dxpyc_dpb::{self as dpb, BlockId, Effects, Op, Operand, Reg};

/// A set of registers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegSet {
    words: Vec<u64>,
}

impl RegSet {
    /// An empty set for registers below `n`.
    pub fn new(n: usize) -> RegSet {
        RegSet { words: vec![0; n.div_ceil(64)] }
    }

    /// Adds.
    pub fn insert(&mut self, reg: Reg) {
        self.words[reg.index() / 64] |= 1 << (reg.index() % 64);
    }

    /// Removes.
    pub fn remove(&mut self, reg: Reg) {
        self.words[reg.index() / 64] &= !(1 << (reg.index() % 64));
    }

    /// Whether it is there.
    pub fn contains(&self, reg: Reg) -> bool {
        self.words[reg.index() / 64] & (1 << (reg.index() % 64)) != 0
    }

    /// Adds all of another.
    pub fn union(&mut self, other: &RegSet) {
        for (word, add) in self.words.iter_mut().zip(&other.words) {
            *word |= add;
        }
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = Reg> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| Reg((index * 64 + bit) as u32))
        })
    }
}

/// The facts.
pub struct RegLiveness {
    /// For each block, the registers live at its start.
    pub live_in: Vec<RegSet>,
    /// Registers whose object lives until they are rebound: variables and cells.
    pub named: RegSet,
    /// Reachable blocks in reverse postorder.
    pub order: Vec<BlockId>,
    /// For each block, the number of normal edges to it from reachable blocks.
    pub n_preds: Vec<u32>,
    /// For each block, whether it is some reachable block's handler.
    pub is_handler: Vec<bool>,
    /// Whether any block has a handler.
    pub has_handlers: bool,
    /// For each block, whether a block at the same place or later in `order` goes there.
    pub is_loop_header: Vec<bool>,
}

impl RegLiveness {
    /// Computes them.
    pub fn new(versioned: &Versioned) -> RegLiveness {
        let function = &versioned.function;
        let n_regs = function.n_registers as usize;
        let n_blocks = function.blocks.len();
        let named = named_registers(function);
        let order = reverse_postorder(versioned);
        let mut n_preds = vec![0; n_blocks];
        let mut is_handler = vec![false; n_blocks];
        let mut is_loop_header = vec![false; n_blocks];
        let mut visited = vec![false; n_blocks];
        for id in &order {
            visited[id.index()] = true;
            let block = &function.blocks[id.index()];
            for successor in block.insts.last().map(dpb::Inst::successors).unwrap_or_default() {
                n_preds[successor.index()] += 1;
                is_loop_header[successor.index()] |= visited[successor.index()];
            }
            for exit in versioned.exits_of(*id) {
                // Several edges in any case: the block gets parameters.
                n_preds[exit.index()] += 2;
            }
            if let Some(handler) = block.handler {
                is_handler[handler.index()] = true;
            }
        }
        let live_in = vec![RegSet::new(n_regs); n_blocks];
        let has_handlers = is_handler.contains(&true);
        let mut facts = RegLiveness { live_in, named, order, n_preds, is_handler, has_handlers, is_loop_header };
        let mut changed = true;
        while changed {
            changed = false;
            for index in (0..facts.order.len()).rev() {
                let id = facts.order[index];
                let live = facts.before(versioned, id, 0);
                if live != facts.live_in[id.index()] {
                    facts.live_in[id.index()] = live;
                    changed = true;
                }
            }
        }
        facts
    }

    /// The registers live before instruction `index` of a block.
    pub fn before(&self, versioned: &Versioned, id: BlockId, index: usize) -> RegSet {
        let function = &versioned.function;
        let block = &function.blocks[id.index()];
        let mut live = RegSet::new(function.n_registers as usize);
        for at in (index..block.insts.len()).rev() {
            self.step(function, block, &block.insts[at], &mut live);
            if let Some(exit) = versioned.exits.get(&(id, at)) {
                live.union(&self.live_in[exit.index()]);
            }
        }
        live
    }

    fn step(&self, function: &dpb::Function, block: &dpb::Block, inst: &dpb::Inst, live: &mut RegSet) {
        match inst.op() {
            Op::ForIter { dst, body, done, .. } => {
                *live = self.live_in[body.index()].clone();
                live.remove(dst);
                live.union(&self.live_in[done.index()]);
            }
            Op::Return { .. } => *live = self.named.clone(),
            _ => {
                if inst.effects().has(Effects::ENDS_BLOCK) {
                    *live = RegSet::new(function.n_registers as usize);
                    for successor in inst.successors() {
                        live.union(&self.live_in[successor.index()]);
                    }
                }
                inst.for_each_reg(|kind, reg| {
                    if is_def(kind) {
                        live.remove(reg);
                    }
                });
            }
        }
        if inst.effects().has(Effects::RAISES) {
            match block.handler {
                Some(handler) => live.union(&self.live_in[handler.index()]),
                // Variables outlive the handlers that an exception passes through.
                None if self.has_handlers => live.union(&self.named),
                None => {}
            }
        }
        inst.for_each_reg(|kind, reg| {
            if !is_def(kind) {
                live.insert(reg);
            }
        });
        // A rebound variable's old object lives until then.
        inst.for_each_reg(|kind, reg| {
            if is_def(kind) && self.named.contains(reg) {
                live.insert(reg);
            }
        });
    }
}

fn is_def(kind: Operand) -> bool {
    matches!(kind, Operand::Def | Operand::MaybeDef)
}

fn named_registers(function: &dpb::Function) -> RegSet {
    let mut named = RegSet::new(function.n_registers as usize);
    for index in 0..function.varnames.len() {
        named.insert(Reg(index as u32));
    }
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        if let Op::MakeCell { dst, .. } | Op::MakeEmptyCell { dst } = inst.op() {
            named.insert(dst);
        }
    }
    named
}

fn reverse_postorder(versioned: &Versioned) -> Vec<BlockId> {
    let function = &versioned.function;
    let successors = |id: BlockId| {
        let block = &function.blocks[id.index()];
        let mut all: Vec<BlockId> = versioned.exits_of(id).collect();
        all.extend(block.handler);
        all.extend(block.insts.last().map(dpb::Inst::successors).unwrap_or_default().into_iter().rev());
        all
    };
    let mut seen = vec![false; function.blocks.len()];
    let mut postorder = Vec::new();
    let mut stack = vec![(BlockId(0), successors(BlockId(0)), 0)];
    seen[0] = true;
    while let Some((id, list, next)) = stack.last_mut() {
        if let Some(&successor) = list.get(*next) {
            *next += 1;
            if !seen[successor.index()] {
                seen[successor.index()] = true;
                stack.push((successor, successors(successor), 0));
            }
        } else {
            postorder.push(*id);
            stack.pop();
        }
    }
    postorder.reverse();
    postorder
}
