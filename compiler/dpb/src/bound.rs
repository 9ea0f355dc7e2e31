//! Which registers are bound on every path: a forward must-analysis over the blocks.
//!
//! A state is a bit set of registers. At a join states are intersected. A handler block gets the intersection of the states before
//! the raising instructions of the blocks that name it. Unreachable blocks keep the full set, so nothing is reported there.

use crate::inst::{BlockId, Inst, Reg};
use crate::module::Function;
use crate::opcode::{Effects, Op, Opcode, Operand};

/// A set of registers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegSet(Vec<u64>);

impl RegSet {
    fn full(n_registers: u32) -> RegSet {
        RegSet(vec![u64::MAX; (n_registers as usize).div_ceil(64)])
    }

    fn first(n: u32, n_registers: u32) -> RegSet {
        let mut set = RegSet(vec![0; (n_registers as usize).div_ceil(64)]);
        (0..n).for_each(|reg| set.insert(Reg(reg)));
        set
    }

    /// Whether the register is in the set.
    #[must_use]
    pub fn contains(&self, reg: Reg) -> bool {
        self.0[reg.index() / 64] >> (reg.index() % 64) & 1 != 0
    }

    fn insert(&mut self, reg: Reg) {
        self.0[reg.index() / 64] |= 1 << (reg.index() % 64);
    }

    fn remove(&mut self, reg: Reg) {
        self.0[reg.index() / 64] &= !(1 << (reg.index() % 64));
    }

    /// Intersects; whether the set changed.
    fn meet(&mut self, other: &RegSet) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            changed |= *mine & !theirs != 0;
            *mine &= theirs;
        }
        changed
    }
}

/// The registers that are bound at the entry of each block.
pub struct Bound {
    at_entry: Vec<RegSet>,
    reached: Vec<bool>,
}

impl Bound {
    /// Analyses a function whose structure is valid: registers and blocks in range, blocks terminated.
    #[must_use]
    pub fn of(function: &Function) -> Bound {
        let n_blocks = function.blocks.len();
        let mut at_entry = vec![RegSet::full(function.n_registers); n_blocks];
        let mut reached = vec![false; n_blocks];
        at_entry[0] = RegSet::first(function.n_params(), function.n_registers);
        reached[0] = true;
        let mut queued = vec![false; n_blocks];
        let mut worklist = vec![BlockId(0)];
        while let Some(block_id) = worklist.pop() {
            queued[block_id.index()] = false;
            let block = &function.blocks[block_id.index()];
            let mut state = at_entry[block_id.index()].clone();
            let mut flow = |to: BlockId, state: &RegSet, at_entry: &mut [RegSet]| {
                let first_time = !std::mem::replace(&mut reached[to.index()], true);
                if (at_entry[to.index()].meet(state) || first_time) && !std::mem::replace(&mut queued[to.index()], true) {
                    worklist.push(to);
                }
            };
            let mut handler_is_current = false;
            for inst in &block.insts {
                if let Some(handler) = block.handler
                    && inst.effects().has(Effects::RAISES)
                    && !handler_is_current
                {
                    flow(handler, &state, &mut at_entry);
                    handler_is_current = true;
                }
                // Only a removal can make a later raise reach the handler with less than an earlier one did.
                match inst.op() {
                    Op::ForIter { dst, body, done, .. } => {
                        flow(done, &state, &mut at_entry);
                        state.insert(dst);
                        flow(body, &state, &mut at_entry);
                    }
                    _ => {
                        handler_is_current &= !may_unbind(inst.opcode());
                        step(inst, &mut state);
                        inst.successors().into_iter().for_each(|to| flow(to, &state, &mut at_entry));
                    }
                }
            }
        }
        Bound { at_entry, reached }
    }

    /// The state at the entry of a block; `None` when it cannot be reached.
    #[must_use]
    pub fn at_entry(&self, block: BlockId) -> Option<RegSet> {
        self.reached[block.index()].then(|| self.at_entry[block.index()].clone())
    }
}

fn may_unbind(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Clear | Opcode::ReadCell | Opcode::LoadMethod | Opcode::LoadSuperMethod)
}

/// Moves the state over an instruction that is not a `ForIter`.
pub fn step(inst: &Inst, state: &mut RegSet) {
    if let Op::CheckBound { src, .. } = inst.op() {
        state.insert(src);
        return;
    }
    inst.for_each_reg(|kind, reg| match kind {
        Operand::Def => state.insert(reg),
        Operand::MaybeDef => state.remove(reg),
        _ => {}
    });
}

/// Removes `CheckBound`s of registers that are bound anyway; all else is left alone. Whether there were any.
pub fn remove_proven_checks(function: &mut Function) -> bool {
    let has_checks = |function: &Function| function.blocks.iter().any(|block| block.insts.iter().any(|inst| inst.opcode() == Opcode::CheckBound));
    if !has_checks(function) {
        return false;
    }
    let bound = Bound::of(function);
    let mut n_removed = 0;
    for (i, block) in function.blocks.iter_mut().enumerate() {
        let Some(mut state) = bound.at_entry(BlockId(i as u32)) else { continue };
        block.insts.retain(|inst| {
            if let Op::CheckBound { src, .. } = inst.op()
                && state.contains(src)
            {
                n_removed += 1;
                return false;
            }
            step(inst, &mut state);
            true
        });
    }
    n_removed > 0
}
