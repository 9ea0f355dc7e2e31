//! Functions in two versions: a fast one, full of assumptions, and a generic one, which is right whatever happens.
//!
//! Works on DPB, where code can be copied without care for SSA. The fast version stands first; every block of it has a generic twin. Where the
//! fast version assumes something (`range` is the builtin; a value is a float), a failing guard goes on *at the same point* of the generic
//! version, with the same registers, and never comes back in this call.
//!
//! Assumed: `for … in range(…)` counts in a register of its own when `range` is the builtin and its arguments are small ints. On a side exit
//! out of such a loop the iterator that the generic version needs is made from the counter. Operands of arithmetic, comparisons and items may be
//! guarded to be floats, small ints or lists: the builder emits an exit point and guards at each of [`Versioned::exits`], and the pass
//! `choose-guards` keeps the promising ones.

use dxpyc_dpb::{self as dpb, Block, BlockId, Const, Effects, Inst, Op, Opcode, Operand, Position, Reg};
use super::fuse::{Fused, Fusion, Test, fuse};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Functions with more blocks have one version.
const MAX_BLOCKS: usize = 1500;

/// A guard at the end of a block: an assumption about a call of `range`.
pub(super) struct Guard {
    /// What the name `range` gave.
    pub callee: Reg,
    /// The start; 0 when absent.
    pub start: Option<Reg>,
    pub stop: Reg,
    pub step: i64,
    /// The counted loop.
    pub header: BlockId,
    /// The register that counts.
    pub counter: Reg,
}

/// A counted loop.
pub(super) struct Counted {
    pub header: BlockId,
    pub counter: Reg,
    /// The register that holds the iterator in the generic version.
    pub iterator: Reg,
}

/// A function with its versions.
pub(super) struct Versioned {
    pub function: dpb::Function,
    /// By the block that ends with the guard.
    pub guards: HashMap<BlockId, Guard>,
    pub counted: Vec<Counted>,
    /// For each block, the counted loops that it stands in (indices into `counted`).
    pub inside: HashMap<BlockId, Vec<usize>>,
    /// Side exits in front of an instruction of the fast version: where the generic version goes on.
    pub exits: BTreeMap<(BlockId, usize), BlockId>,
    /// Whether a block belongs to the generic version of a function that has two.
    pub generic: Vec<bool>,
    /// Registers but those that count loops.
    pub n_plain: u32,
    /// Generator expressions that stand in the function.
    pub fused: Vec<Fused>,
    /// What `Is` instructions test in truth.
    pub tests: HashMap<Reg, Test>,
    /// Totals that calls hand on to the rest of `sum`.
    pub rests: HashSet<Reg>,
}

impl Versioned {
    /// One version only.
    fn plain(function: &dpb::Function) -> Versioned {
        Versioned {
            function: function.clone(),
            guards: HashMap::new(),
            counted: Vec::new(),
            inside: HashMap::new(),
            exits: BTreeMap::new(),
            generic: vec![false; function.blocks.len()],
            n_plain: function.n_registers,
            fused: Vec::new(),
            tests: HashMap::new(),
            rests: HashSet::new(),
        }
    }

    /// Where side exits of a block lead.
    pub fn exits_of(&self, id: BlockId) -> impl Iterator<Item = BlockId> + '_ {
        self.exits.range((id, 0)..=(id, usize::MAX)).map(|(_, target)| *target)
    }
}

/// A loop over a range.
struct RangeLoop {
    /// The block that ends with call, `GetIter` and jump; index of the call.
    entry: BlockId,
    call: usize,
    guard: Guard,
    iterator: Reg,
    /// The loop's blocks, the header included.
    region: Vec<BlockId>,
}

/// Makes the versions, if `speculate` and there is something to assume.
pub(super) fn version(module: &dpb::Module, function: &dpb::Function, speculate: bool, fuses: bool) -> Versioned {
    let Fusion { function, fused, tests, rests } = fuse(module, function, speculate && fuses);
    Versioned { fused, tests, rests, ..versions_of(module, &function, speculate) }
}

fn versions_of(module: &dpb::Module, function: &dpb::Function, speculate: bool) -> Versioned {
    let suspends = function.blocks.iter().flat_map(|block| &block.insts).any(|i| i.effects().has(Effects::SUSPENDS));
    if !speculate || suspends || function.blocks.len() > MAX_BLOCKS {
        return Versioned::plain(function);
    }
    let mut loops = Vec::new();
    for index in 0..function.blocks.len() {
        let id = BlockId(index as u32);
        let counter = Reg(function.n_registers + loops.len() as u32);
        if let Some(found) = find_loop(module, function, id, counter) {
            loops.push(found);
        }
    }
    let guards = may_speculate(function);
    if loops.is_empty() && !guards {
        return Versioned::plain(function);
    }
    make_versions(function, loops, guards)
}

fn make_versions(function: &dpb::Function, loops: Vec<RangeLoop>, guards: bool) -> Versioned {
    let n_blocks = function.blocks.len();
    let mut versioned = Versioned::plain(function);
    versioned.function.n_registers += loops.len() as u32;
    // The generic version: twins of all blocks, cut before each instruction that has an exit.
    let mut cuts: BTreeMap<(BlockId, usize), BlockId> = BTreeMap::new();
    let calls: HashMap<BlockId, usize> = loops.iter().map(|found| (found.entry, found.call)).collect();
    let mut twins: Vec<Block> = Vec::with_capacity(n_blocks);
    let mut tails: Vec<Block> = Vec::new();
    let tail_base = 2 * n_blocks;
    let twin = |id: BlockId| BlockId(id.0 + n_blocks as u32);
    for (index, block) in function.blocks.iter().enumerate() {
        let id = BlockId(index as u32);
        let mut insts: Vec<Inst> = block.insts.clone();
        for inst in &mut insts {
            inst.map_blocks(twin);
        }
        let handler = block.handler.map(twin);
        let wanted = |at: usize| {
            calls.get(&id) == Some(&at) || (guards && may_guard(block.insts[at].opcode()) && !is_slicing(block, at))
        };
        let cut_at: Vec<usize> = (1..insts.len()).filter(|at| wanted(*at)).collect();
        if wanted_at_start(&wanted, block) {
            cuts.insert((id, 0), twin(id));
        }
        let mut pieces: Vec<Block> = Vec::new();
        for at in cut_at.iter().rev() {
            let rest = insts.split_off(*at);
            pieces.push(Block { handler, insts: rest });
        }
        pieces.reverse();
        // Each piece but the last jumps to the next.
        let base = tail_base + tails.len();
        let ids: Vec<BlockId> = (0..pieces.len()).map(|piece| BlockId((base + piece) as u32)).collect();
        for (at, target) in cut_at.iter().zip(&ids) {
            cuts.insert((id, *at), *target);
        }
        let jump = |target: BlockId| Inst::new(Op::Jump { target }, Position::NONE);
        if let Some(first) = ids.first() {
            insts.push(jump(*first));
        }
        for (piece, next) in pieces.iter_mut().zip(ids.iter().skip(1)) {
            piece.insts.push(jump(*next));
        }
        twins.push(Block { handler, insts });
        tails.extend(pieces);
    }
    versioned.function.blocks.extend(twins);
    versioned.function.blocks.extend(tails);
    versioned.generic = (0..versioned.function.blocks.len()).map(|index| index >= n_blocks).collect();
    for found in loops {
        apply_loop(&mut versioned, found, &cuts);
    }
    // What follows a counted loop's guard in its block is not part of the fast version any more.
    cuts.retain(|(id, at), _| *at < versioned.function.blocks[id.index()].insts.len() && calls.get(id) != Some(at));
    versioned.exits = cuts;
    versioned
}

fn wanted_at_start(wanted: &impl Fn(usize) -> bool, block: &Block) -> bool {
    !block.insts.is_empty() && wanted(0)
}

/// Makes a loop of the fast version a counted one.
fn apply_loop(versioned: &mut Versioned, found: RangeLoop, cuts: &BTreeMap<(BlockId, usize), BlockId>) {
    let RangeLoop { entry, call, guard, iterator, region } = found;
    let generic = cuts[&(entry, call)];
    let header = guard.header;
    for inst in &mut versioned.function.blocks[header.index()].insts {
        inst.map_regs(|kind, reg| if kind == Operand::Use && reg == iterator { guard.counter } else { reg });
    }
    let block = &mut versioned.function.blocks[entry.index()];
    let position = block.insts[call].position;
    block.insts.truncate(call);
    block.insts.push(Inst::new(Op::Clear { dst: guard.counter }, Position::NONE));
    block.insts.push(Inst::new(Op::Branch { cond: guard.callee, then: header, other: generic }, position));
    let index = versioned.counted.len();
    versioned.counted.push(Counted { header, counter: guard.counter, iterator });
    for id in region {
        versioned.inside.entry(id).or_default().push(index);
    }
    versioned.guards.insert(entry, guard);
}

/// Whether guards may stand at an instruction. Each such place costs a cut in the generic version.
pub(super) fn may_guard(opcode: Opcode) -> bool {
    use Opcode as O;
    is_arithmetic(opcode)
        || matches!(opcode, O::Lt | O::Le | O::Gt | O::Ge | O::Eq | O::Ne | O::LoadItem | O::StoreItem)
}

/// Whether the instruction is an item access with the slice that was just made: one operation together.
fn is_slicing(block: &Block, at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| block.insts[before].op());
    match (before, block.insts[at].op()) {
        (Some(Op::BuildSlice { dst, .. }), Op::LoadItem { index, .. }) => index == dst,
        _ => false,
    }
}

fn is_arithmetic(opcode: Opcode) -> bool {
    use Opcode as O;
    matches!(
        opcode,
        O::Add | O::Sub | O::Mul | O::Div | O::FloorDiv | O::Mod | O::Shl | O::Shr | O::And | O::Or | O::Xor | O::Neg
            | O::InplaceAdd | O::InplaceSub | O::InplaceMul | O::InplaceDiv | O::InplaceFloorDiv | O::InplaceMod
            | O::InplaceShl | O::InplaceShr | O::InplaceAnd | O::InplaceOr | O::InplaceXor
    )
}

/// Whether guards could pay: there is a loop, or some arithmetic.
fn may_speculate(function: &dpb::Function) -> bool {
    let insts = || function.blocks.iter().flat_map(|block| &block.insts);
    let places = insts().filter(|inst| may_guard(inst.opcode())).count();
    let arithmetic = insts().filter(|inst| is_arithmetic(inst.opcode())).count();
    let goes_back = |(index, block): (usize, &Block)| {
        block.insts.last().is_some_and(|inst| inst.successors().into_iter().any(|to| to.index() <= index))
    };
    let loops = || function.blocks.iter().enumerate().any(goes_back);
    arithmetic >= 3 || (places >= 1 && loops())
}

fn find_loop(module: &dpb::Module, function: &dpb::Function, id: BlockId, counter: Reg) -> Option<RangeLoop> {
    let block = &function.blocks[id.index()];
    let [.., call, get_iter, jump] = block.insts.as_slice() else { return None };
    let call_index = block.insts.len() - 3;
    let Op::Jump { target: header } = jump.op() else { return None };
    let Op::GetIter { dst: iterator, src } = get_iter.op() else { return None };
    let Op::Call { dst, callee, args } = call.op() else { return None };
    let named = |reg: Reg| reg.index() < function.varnames.len();
    if src != dst || named(dst) || named(iterator) || named(callee) || call_index == 0 {
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
    let for_iter = header_block.insts.iter().find(|inst| inst.opcode() != Opcode::Nop)?;
    let Op::ForIter { iter, .. } = for_iter.op() else { return None };
    if iter != iterator {
        return None;
    }
    let region = natural_loop(function, id, header)?;
    // The iterator must be the loop's own business.
    for member in &region {
        for inst in &function.blocks[member.index()].insts {
            let mut other_use = false;
            inst.for_each_reg(|kind, reg| {
                let its_for = *member == header && inst.opcode() == Opcode::ForIter && kind == Operand::Use;
                other_use |= (reg == iterator || reg == dst) && !its_for;
            });
            if other_use {
                return None;
            }
        }
    }
    let guard = Guard { callee, start, stop, step, header, counter };
    Some(RangeLoop { entry: id, call: call_index, guard, iterator, region })
}

/// The last instruction that writes a register.
pub(super) fn definition(insts: &[Inst], wanted: Reg) -> Option<&Inst> {
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
