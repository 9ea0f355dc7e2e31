//! Inserts reference counts, once, over liveness (as mypyc's late pass does).
//!
//! Before it no instruction counts. After it every owned value is consumed exactly once on every path: by a last use that takes it over
//! (block argument, return, frame slot), or by a `decref` behind its last use. `keep_alive` is a use without code; it goes.
//!
//! Not counted: values whose kinds are all immediate, constants, parameters of the function (borrowed for the whole call), what is
//! borrowed from them (closure cells, globals). An alias (`refine`, `or_missing`) counts as a use of what it aliases.

use dxpyc_ir::cfg::{Cfg, Liveness, ValueSet};
use dxpyc_ir::function::ENTRY;
use dxpyc_ir::{BlockCall, BlockId, Function, Imm, Inst, Op, Terminator, Type, Value};

/// How a value is held.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Holding {
    /// Counts do not concern it.
    Free,
    /// Somebody else holds it; to pass it on takes one more reference.
    Borrowed,
    /// The function holds a reference.
    Owned,
    /// The same word as the other value.
    Alias(Value),
    /// The other value or MISSING.
    MaybeAlias(Value),
}

/// The pass.
pub fn run(function: &mut Function) {
    assert!(!function.counted, "{}: refcount runs once", function.name);
    let cfg = Cfg::new(function);
    let holdings = holdings(function, &cfg);
    let counter = Counter { holdings };
    let liveness = Liveness::new(function, &cfg, |value| counter.tracked(value));
    let mut error_drops = Vec::new();
    for id in &cfg.rpo {
        count_block(function, &liveness, &counter, *id, &mut error_drops);
    }
    for (error, drops) in error_drops {
        insert_at_start(function, error, drops);
    }
    function.counted = true;
}

struct Counter {
    holdings: Vec<Holding>,
}

impl Counter {
    /// The owned value that lives as long as `value` is used.
    fn tracked(&self, value: Value) -> Option<Value> {
        match self.holdings[value.index()] {
            Holding::Owned => Some(value),
            Holding::Alias(root) | Holding::MaybeAlias(root) => self.tracked(root),
            Holding::Free | Holding::Borrowed => None,
        }
    }

    /// The owned value whose reference can be passed on for `value`.
    fn movable(&self, value: Value) -> Option<Value> {
        match self.holdings[value.index()] {
            Holding::Owned => Some(value),
            Holding::Alias(root) => self.movable(root),
            _ => None,
        }
    }

    fn is_free(&self, value: Value) -> bool {
        match self.holdings[value.index()] {
            Holding::Free => true,
            Holding::Alias(root) | Holding::MaybeAlias(root) => self.is_free(root),
            _ => false,
        }
    }
}

fn holdings(function: &Function, cfg: &Cfg) -> Vec<Holding> {
    let mut holdings = vec![Holding::Free; function.values.len()];
    for id in &cfg.rpo {
        let block = function.block(*id);
        for param in &block.params {
            let counts = function.ty(*param) == Type::Obj && function.kinds(*param).may_be_pointer();
            holdings[param.index()] = match counts {
                false => Holding::Free,
                true if *id == ENTRY => Holding::Borrowed,
                true => Holding::Owned,
            };
        }
        for inst in &block.insts {
            for (index, result) in inst.results.iter().enumerate() {
                if function.ty(*result) == Type::Obj && function.kinds(*result).may_be_pointer() {
                    holdings[result.index()] = inst_holding(inst, index);
                }
            }
        }
    }
    holdings
}

fn inst_holding(inst: &Inst, index: usize) -> Holding {
    match inst.op {
        Op::Word | Op::ConstObj | Op::NameObj | Op::BoxSmall | Op::BoxBool => Holding::Free,
        Op::Refine => Holding::Alias(inst.args[0]),
        Op::OrMissing => Holding::MaybeAlias(inst.args[1]),
        _ if inst.result_is_owned(index) => Holding::Owned,
        _ => Holding::Borrowed,
    }
}

fn incref(value: Value) -> Inst {
    Inst::new(Op::IncRef, Imm::No, vec![value], Vec::new())
}

fn decref(value: Value) -> Inst {
    Inst::new(Op::DecRef, Imm::No, vec![value], Vec::new())
}

/// What must happen on an edge: references taken for arguments, and values that die.
struct EdgeCounts {
    increfs: Vec<Value>,
    decrefs: Vec<Value>,
}

impl EdgeCounts {
    fn insts(self) -> Vec<Inst> {
        self.increfs.into_iter().map(incref).chain(self.decrefs.into_iter().map(decref)).collect()
    }

    fn is_empty(&self) -> bool {
        self.increfs.is_empty() && self.decrefs.is_empty()
    }
}

/// Counts for passing `consumed` on, when afterwards exactly the values of `live_after` stay alive.
fn pass_on(
    counter: &Counter,
    consumed: &[Value],
    owned: &ValueSet,
    live_after: impl Fn(Value) -> bool,
) -> EdgeCounts {
    let mut moved: Vec<Value> = Vec::new();
    let mut increfs = Vec::new();
    for value in consumed {
        if counter.is_free(*value) {
            continue;
        }
        match counter.movable(*value) {
            Some(root) if owned.contains(root) && !live_after(root) && !moved.contains(&root) => moved.push(root),
            _ => increfs.push(*value),
        }
    }
    let decrefs = owned.iter().filter(|value| !live_after(*value) && !moved.contains(value)).collect();
    EdgeCounts { increfs, decrefs }
}

/// Values that die when an instruction raises, by error block.
type ErrorDrops = Vec<(BlockId, Vec<Inst>)>;

fn count_block(
    function: &mut Function,
    liveness: &Liveness,
    counter: &Counter,
    id: BlockId,
    error_drops: &mut ErrorDrops,
) {
    let (mut live, mut reversed) = count_terminator(function, liveness, counter, id);
    reversed.reverse();
    let insts = std::mem::take(&mut function.block_mut(id).insts);
    for inst in insts.into_iter().rev() {
        count_inst(liveness, counter, inst, &mut live, &mut reversed, error_drops);
    }
    if id != ENTRY {
        for param in function.block(id).params.iter().rev() {
            if counter.holdings[param.index()] == Holding::Owned && !live.contains(*param) {
                reversed.push(decref(*param));
            }
        }
    }
    reversed.reverse();
    function.block_mut(id).insts = reversed;
}

fn count_inst(
    liveness: &Liveness,
    counter: &Counter,
    inst: Inst,
    live: &mut ValueSet,
    reversed: &mut Vec<Inst>,
    error_drops: &mut ErrorDrops,
) {
    // Results that nobody uses die at once; in reverse this comes first.
    for result in inst.results.iter().rev() {
        if counter.holdings[result.index()] == Holding::Owned && !live.remove(*result) {
            reversed.push(decref(*result));
        }
    }
    // Operands whose last use this is.
    let mut dying: Vec<Value> = Vec::new();
    let mut increfs: Vec<Value> = Vec::new();
    for (index, arg) in inst.args.iter().enumerate() {
        if inst.consumes(index) {
            if counter.is_free(*arg) {
                continue;
            }
            match counter.movable(*arg) {
                Some(root) if !live.contains(root) && !dying.contains(&root) => {}
                _ => increfs.push(*arg),
            }
        } else if let Some(root) = counter.tracked(*arg)
            && !live.contains(root)
            && !dying.contains(&root)
        {
            dying.push(root);
        }
    }
    // What only the error path would still need dies here as well.
    if let Some(error) = inst.on_error {
        let needed = &liveness.live_in[error.index()];
        dying.extend(needed.iter().filter(|value| !live.contains(*value)).filter(|value| !dying.contains(value)).collect::<Vec<_>>());
    }
    for root in dying.iter().rev() {
        reversed.push(decref(*root));
    }
    if let Some(error) = inst.on_error {
        let mut owned = live.clone();
        for arg in &inst.args {
            if let Some(root) = counter.tracked(*arg) {
                owned.insert(root);
            }
        }
        owned.union(&liveness.live_in[error.index()]);
        let needed = &liveness.live_in[error.index()];
        let drops: Vec<Inst> = owned.iter().filter(|value| !needed.contains(*value)).map(decref).collect();
        if !drops.is_empty() {
            error_drops.push((error, drops));
        }
        live.union(needed);
    }
    for arg in &inst.args {
        if let Some(root) = counter.tracked(*arg) {
            live.insert(root);
        }
    }
    if inst.op != Op::KeepAlive {
        reversed.push(inst);
    }
    for value in increfs {
        reversed.push(incref(value));
    }
}

/// Puts counts at the start of a block, behind its traceback entry.
fn insert_at_start(function: &mut Function, id: BlockId, counts: Vec<Inst>) {
    let insts = &mut function.block_mut(id).insts;
    let at = insts.iter().take_while(|inst| matches!(inst.op, Op::Traceback | Op::TracebackOf)).count();
    insts.splice(at..at, counts);
}

/// Counts of the terminator: put on the edges, or returned as instructions before it, with the values alive before them.
fn count_terminator(
    function: &mut Function,
    liveness: &Liveness,
    counter: &Counter,
    id: BlockId,
) -> (ValueSet, Vec<Inst>) {
    let mut before = Vec::new();
    let mut owned = ValueSet::new(counter.holdings.len());
    let term = function.block(id).term.clone();
    for call in term.calls() {
        owned.union(&liveness.live_in[call.block.index()]);
        for arg in &call.args {
            if let Some(root) = counter.tracked(*arg) {
                owned.insert(root);
            }
        }
    }
    match &term {
        Terminator::Return(value) => {
            if let Some(root) = counter.tracked(*value) {
                owned.insert(root);
            }
            before = pass_on(counter, &[*value], &owned, |_| false).insts();
        }
        Terminator::Jump(call) => {
            let needed = &liveness.live_in[call.block.index()];
            before = pass_on(counter, &call.args, &owned, |value| needed.contains(value)).insts();
        }
        Terminator::Branch { .. } | Terminator::Switch { .. } => {
            let mut calls: Vec<BlockCall> = term.calls().into_iter().cloned().collect();
            for call in &mut calls {
                let needed = &liveness.live_in[call.block.index()];
                let counts = pass_on(counter, &call.args, &owned, |value| needed.contains(value));
                if counts.is_empty() {
                    continue;
                }
                // Always on a block of its own: the successor may be counted already.
                let cold = function.block(call.block).cold;
                let edge = function.new_block();
                function.block_mut(edge).cold = cold;
                function.block_mut(edge).insts = counts.insts();
                function.block_mut(edge).term = Terminator::Jump(call.clone());
                *call = BlockCall::to(edge);
            }
            let mut calls = calls.into_iter();
            for call in function.block_mut(id).term.calls_mut() {
                *call = calls.next().expect("as many as before");
            }
        }
        Terminator::None | Terminator::ReturnError | Terminator::Unreachable => {}
    }
    (owned, before)
}
