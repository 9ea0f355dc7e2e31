//! What is done to a function after it is built: jumps to jumps, straight-line merging, unreachable blocks, proven checks.

use dxpyc_dpb::bound::remove_proven_checks;
use dxpyc_dpb::{Block, BlockId, Effects, Function, Inst, Op, Opcode, Reg};

pub(crate) fn finish(function: &mut Function) {
    simplify(function);
    if remove_proven_checks(function) {
        simplify(function);
    }
    number_registers(function);
}

fn simplify(function: &mut Function) {
    thread_jumps(function);
    merge_blocks(function);
    remove_unreachable(function);
}

/// Numbers the temporaries that are used without gaps.
fn number_registers(function: &mut Function) {
    const UNUSED: Reg = Reg(u32::MAX);
    let n_vars = function.varnames.len();
    let mut new_regs = vec![UNUSED; function.n_registers as usize];
    for (i, reg) in new_regs[..n_vars].iter_mut().enumerate() {
        *reg = Reg(i as u32);
    }
    let mut n_registers = n_vars as u32;
    for inst in function.blocks.iter_mut().flat_map(|block| &mut block.insts) {
        inst.map_regs(|_, reg| {
            let new = &mut new_regs[reg.index()];
            if *new == UNUSED {
                *new = Reg(n_registers);
                n_registers += 1;
            }
            *new
        });
    }
    function.n_registers = n_registers;
}

/// The end of a chain of blocks that only jump.
fn final_target(function: &Function, mut block: BlockId) -> BlockId {
    for _ in 0..function.blocks.len() {
        match function.blocks[block.index()].insts.as_slice() {
            [only] if let Op::Jump { target } = only.op() => block = target,
            _ => break,
        }
    }
    block
}

fn thread_jumps(function: &mut Function) {
    let targets: Vec<BlockId> = (0..function.blocks.len()).map(|i| final_target(function, BlockId(i as u32))).collect();
    for block in &mut function.blocks {
        if let Some(last) = block.insts.last_mut() {
            last.map_blocks(|target| targets[target.index()]);
        }
    }
}

/// Appends a block to its only predecessor when that just jumps there under the same handler.
fn merge_blocks(function: &mut Function) {
    let reached = reachable(function);
    let mut n_preds = vec![0_u32; function.blocks.len()];
    n_preds[0] = 2;
    for (block, _) in function.blocks.iter().zip(&reached).filter(|(_, reached)| **reached) {
        if let Some(last) = block.insts.last() {
            last.successors().iter().for_each(|target| n_preds[target.index()] += 1);
        }
    }
    for i in 0..function.blocks.len() {
        if !reached[i] {
            continue;
        }
        while let Some(Op::Jump { target }) = function.blocks[i].insts.last().map(Inst::op) {
            let at = target.index();
            let (mine, theirs) = (raises(&function.blocks[i]), raises(&function.blocks[at]));
            let same_handler = !mine || !theirs || function.blocks[at].handler == function.blocks[i].handler;
            let is_plain = !function.blocks[at].is_handler() && !function.blocks[at].insts.is_empty();
            if n_preds[at] != 1 || at == i || !same_handler || !is_plain {
                break;
            }
            if !mine {
                function.blocks[i].handler = function.blocks[at].handler;
            }
            let tail = std::mem::take(&mut function.blocks[at].insts);
            function.blocks[i].insts.pop();
            function.blocks[i].insts.extend(tail);
        }
    }
}

fn raises(block: &Block) -> bool {
    block.insts.iter().any(|inst| inst.effects().has(Effects::RAISES))
}

fn reachable(function: &Function) -> Vec<bool> {
    let mut reached = vec![false; function.blocks.len()];
    let mut worklist = vec![BlockId(0)];
    reached[0] = true;
    while let Some(id) = worklist.pop() {
        let block = &function.blocks[id.index()];
        let raises = raises(block);
        let successors = block.insts.last().map(Inst::successors).unwrap_or_default();
        for next in successors.into_iter().chain(block.handler.filter(|_| raises)) {
            if !std::mem::replace(&mut reached[next.index()], true) {
                worklist.push(next);
            }
        }
    }
    reached
}

fn remove_unreachable(function: &mut Function) {
    let reached = reachable(function);
    let mut new_ids = vec![BlockId(0); function.blocks.len()];
    let mut n = 0;
    for (i, &reached) in reached.iter().enumerate() {
        new_ids[i] = BlockId(n);
        n += u32::from(reached);
    }
    let mut at = 0;
    function.blocks.retain(|_| {
        at += 1;
        reached[at - 1]
    });
    for block in &mut function.blocks {
        // A handler that nothing in the block can reach was not kept.
        let raises = raises(block);
        block.handler = block.handler.filter(|_| raises).map(|handler| new_ids[handler.index()]);
        let last = block.insts.last_mut().expect("blocks end");
        assert!(last.effects().has(Effects::ENDS_BLOCK), "block ends in {:?}", Opcode::name(last.opcode()));
        last.map_blocks(|target| new_ids[target.index()]);
    }
}
