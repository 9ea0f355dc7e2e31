//! Loops over `range(…)` in two versions: a counted one for when `range` is the builtin and its arguments are small ints, and the
//! generic one for when they are not.
//!
//! Works on DPB, where a loop can be copied without care for SSA: the block with the call is cut before it; a guard (a `Branch` that the
//! builder knows by its block) leads to the copy of the loop, whose `ForIter` counts in a register of its own. Loops inside the generic
//! version stay as they are, so the code grows linearly with the nesting. Loops that suspend are left alone.

use dxpyc_dpb::{self as dpb, Block, BlockId, Const, Effects, Inst, Op, Operand, Position, Reg};
use std::collections::{HashMap, HashSet};

/// Functions with more blocks are not versioned further.
const MAX_BLOCKS: usize = 3000;

/// A guard at the end of a block.
pub(super) struct Guard {
    /// What the name `range` gave.
    pub callee: Reg,
    /// Start, stop as registers; the start is 0 when absent.
    pub start: Option<Reg>,
    pub stop: Reg,
    pub step: i64,
    /// The counted loop.
    pub header: BlockId,
    /// The register that counts.
    pub counter: Reg,
}

/// A function with its loops versioned.
pub(super) struct Versioned {
    pub function: dpb::Function,
    /// By the block that ends with the guard.
    pub guards: HashMap<BlockId, Guard>,
    /// Headers of counted loops: the register that counts.
    pub counted: HashMap<BlockId, Reg>,
    /// Blocks of generic versions.
    pub generic: HashSet<BlockId>,
}

/// Makes the versions.
pub(super) fn version(module: &dpb::Module, function: &dpb::Function) -> Versioned {
    let mut versioned = Versioned {
        function: function.clone(),
        guards: HashMap::new(),
        counted: HashMap::new(),
        generic: HashSet::new(),
    };
    // Versioning a loop appends its copy, whose inner loops come up later in this walk.
    let mut index = 0;
    while index < versioned.function.blocks.len() {
        let id = BlockId(index as u32);
        if versioned.function.blocks.len() < MAX_BLOCKS
            && !versioned.generic.contains(&id)
            && let Some(found) = find(module, &versioned.function, id)
        {
            apply(&mut versioned, id, found);
        }
        index += 1;
    }
    versioned
}

/// A loop over a range that starts in a block.
struct Found {
    /// Index of the call.
    call: usize,
    guard: Guard,
    /// The loop's blocks, the header included.
    region: Vec<BlockId>,
}

fn find(module: &dpb::Module, function: &dpb::Function, id: BlockId) -> Option<Found> {
    let block = &function.blocks[id.index()];
    let [.., call, get_iter, jump] = block.insts.as_slice() else { return None };
    let call_index = block.insts.len() - 3;
    let Op::Jump { target: header } = jump.op() else { return None };
    let Op::GetIter { dst: iterator, src } = get_iter.op() else { return None };
    let Op::Call { dst, callee, args } = call.op() else { return None };
    let named = |reg: Reg| reg.index() < function.varnames.len();
    if src != dst || named(dst) || named(iterator) || named(callee) {
        return None;
    }
    let before = &block.insts[..call_index];
    let Op::LoadGlobal { name, .. } = definition(before, callee)?.op() else { return None };
    if module.names[name.index()] != "range" {
        return None;
    }
    let (start, stop, step) = match args {
        [stop] => (None, *stop, 1),
        [start, stop] => (Some(*start), *stop, 1),
        [start, stop, step] => (Some(*start), *stop, constant_int(module, before, *step)?),
        _ => return None,
    };
    if step == 0 || step.abs() > 1 << 40 {
        return None;
    }
    let header_block = &function.blocks[header.index()];
    let for_iter = header_block.insts.iter().find(|inst| inst.opcode() != dpb::Opcode::Nop)?;
    let Op::ForIter { iter, .. } = for_iter.op() else { return None };
    if iter != iterator {
        return None;
    }
    let region = natural_loop(function, id, header)?;
    // The iterator must be the loop's own business.
    for member in &region {
        for inst in &function.blocks[member.index()].insts {
            if inst.effects().has(Effects::SUSPENDS) {
                return None;
            }
            let mut other_use = false;
            inst.for_each_reg(|kind, reg| {
                let its_for = *member == header && inst.opcode() == dpb::Opcode::ForIter && kind == Operand::Use;
                other_use |= (reg == iterator || reg == dst) && !its_for;
            });
            if other_use {
                return None;
            }
        }
    }
    let counter = Reg(function.n_registers);
    Some(Found { call: call_index, guard: Guard { callee, start, stop, step, header, counter }, region })
}

/// The last instruction that writes a register.
fn definition(insts: &[Inst], wanted: Reg) -> Option<&Inst> {
    insts.iter().rev().find(|inst| {
        let mut defines = false;
        inst.for_each_reg(|kind, reg| {
            defines |= reg == wanted && matches!(kind, Operand::Def | Operand::MaybeDef);
        });
        defines
    })
}

fn constant_int(module: &dpb::Module, insts: &[Inst], reg: Reg) -> Option<i64> {
    let Op::LoadConst { value, .. } = definition(insts, reg)?.op() else { return None };
    match module.constants[value.index()] {
        Const::Int(value) => Some(value),
        _ => None,
    }
}

fn all_successors(block: &Block) -> Vec<BlockId> {
    let mut all: Vec<BlockId> = block.insts.last().map(Inst::successors).unwrap_or_default().into_iter().collect();
    all.extend(block.handler);
    all
}

/// The blocks from which the header is reached again; none when something but `entry` enters the loop from outside.
fn natural_loop(function: &dpb::Function, entry: BlockId, header: BlockId) -> Option<Vec<BlockId>> {
    let mut preds: HashMap<BlockId, Vec<BlockId>> = HashMap::new();
    for (index, block) in function.blocks.iter().enumerate() {
        for successor in all_successors(block) {
            preds.entry(successor).or_default().push(BlockId(index as u32));
        }
    }
    // What the entry reaches without the header is not in the loop.
    let mut region = vec![header];
    let mut worklist: Vec<BlockId> = preds.get(&header)?.iter().copied().filter(|pred| *pred != entry).collect();
    if worklist.is_empty() {
        return None;
    }
    while let Some(id) = worklist.pop() {
        if region.contains(&id) {
            continue;
        }
        if id == entry || id == BlockId(0) {
            return None;
        }
        region.push(id);
        worklist.extend(preds.get(&id).into_iter().flatten().copied());
    }
    region.sort();
    Some(region)
}

fn apply(versioned: &mut Versioned, id: BlockId, found: Found) {
    let Found { call, mut guard, region } = found;
    let function = &mut versioned.function;
    function.n_registers += 1;
    // The copy.
    let base = function.blocks.len() as u32;
    let copies: HashMap<BlockId, BlockId> =
        region.iter().enumerate().map(|(index, block)| (*block, BlockId(base + index as u32))).collect();
    let renamed = |id: BlockId| copies.get(&id).copied().unwrap_or(id);
    for block in &region {
        let mut copy = function.blocks[block.index()].clone();
        copy.handler = copy.handler.map(renamed);
        for inst in &mut copy.insts {
            inst.map_blocks(renamed);
        }
        function.blocks.push(copy);
    }
    // The counted loop counts in its own register.
    let iterator = match function.blocks[id.index()].insts[call + 1].op() {
        Op::GetIter { dst, .. } => dst,
        _ => unreachable!("found above"),
    };
    let header = renamed(guard.header);
    for inst in &mut function.blocks[header.index()].insts {
        inst.map_regs(|kind, reg| if kind == Operand::Use && reg == iterator { guard.counter } else { reg });
    }
    // The generic way goes on in a block of its own.
    let generic = BlockId(function.blocks.len() as u32);
    let block = &mut function.blocks[id.index()];
    let rest = block.insts.split_off(call);
    let position = rest[0].position;
    let handler = block.handler;
    block.insts.push(Inst::new(Op::Clear { dst: guard.counter }, Position::NONE));
    block.insts.push(Inst::new(Op::Branch { cond: guard.callee, then: header, other: generic }, position));
    function.blocks.push(Block { handler, insts: rest });
    guard.header = header;
    versioned.counted.insert(header, guard.counter);
    // Where the copied region held guards of other loops, theirs are copied too: but inner loops are versioned later, and outer ones
    // are not in the region.
    versioned.guards.insert(id, guard);
    versioned.generic.insert(generic);
    versioned.generic.extend(region);
}
