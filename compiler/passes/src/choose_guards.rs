//! Decides which of the builder's guards stay, and makes tests of them.
//!
//! *Small ints and lists*: the operands of an operation are guarded when each is proven or expected (`Function::expected`) to be a small int; the result
//! is then guarded not to have grown. Items of expected lists by small ints become accesses to the list's memory.
//!
//! *Floats*: a value is expected to be a float when it is proven one, when the program's evidence says so, or when it is computed from one by
//! arithmetic; and *wanted* as one when arithmetic combines it (or what is computed from it by `+`, `-`, `*`) with an expected float. An operand whose
//! partner is expected to be a float may be a float or a small int: the operation converts it anyway. Two operands that are only wanted are guarded to
//! be floats.
//!
//! Other guards go, and with them the ways out that nothing takes any more. No guard nor exit point is left, but exit points in front of int arithmetic,
//! which may overflow.

use crate::infer::small_words;
use dxpyc_abi::hot::Hot as H;
use dxpyc_ir::callee::Callee;
use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::{BlockCall, BlockId, Cmp, Function, Imm, Inst, Kinds, Op, Terminator, Type, Value};
use std::collections::{HashMap, HashSet};

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let points = cfg.rpo.iter().flat_map(|id| &function.block(*id).insts).any(|inst| inst.op == Op::ExitPoint);
    if !points {
        return;
    }
    let guards = guards(function, &cfg);
    let mut kept: HashMap<Value, Keep> = HashMap::new();
    let mut typed: HashMap<BlockId, Typed> = HashMap::new();
    let mut sums: HashSet<Value> = HashSet::new();
    for id in &cfg.rpo {
        for site in sites(function, *id, &guards) {
            decide(function, &site, &mut kept, &mut typed, &mut sums);
        }
    }
    let sums = arithmetic(function, &cfg, &guards);
    decide_floats(function, &cfg, &sums, &mut kept);
    let mut rewrite = Rewrite { words: small_words(function), guards, kept, typed };
    for id in &cfg.rpo {
        rewrite.block(function, *id);
    }
}

/// What becomes of a guard.
#[derive(Clone, Copy, PartialEq)]
enum Keep {
    /// The value is an immediate float.
    Float,
    /// The operand is an immediate float or a small int that the operation converts.
    Number,
    /// The value is a small int.
    Small,
    /// The value is a list.
    List,
}

/// An operation that follows an exit point.
struct Site {
    callee: H,
    /// Operands without their guards, and their guards.
    operands: Vec<(Value, Option<Value>)>,
    result: Option<Value>,
    result_guard: Option<Value>,
    /// The call's error block, which stands for the call.
    error: BlockId,
}

/// What becomes of an operation, by its error block.
#[derive(Clone, Copy, PartialEq)]
enum Typed {
    /// Int arithmetic: the exit point stays.
    Ints,
    /// An item of a list. The guard of the result that stays, if one does.
    Item(Option<Value>),
    /// Storing an item of a list.
    SetItem,
}

/// Guarded values by guard.
fn guards(function: &Function, cfg: &Cfg) -> HashMap<Value, Value> {
    let insts = cfg.rpo.iter().flat_map(|id| &function.block(*id).insts);
    insts.filter(|inst| inst.op == Op::Guard).map(|inst| (inst.results[0], inst.args[0])).collect()
}

fn bare(guards: &HashMap<Value, Value>, mut value: Value) -> Value {
    while let Some(next) = guards.get(&value) {
        value = *next;
    }
    value
}

/// The operations with exit points of a block.
fn sites(function: &Function, id: BlockId, guards: &HashMap<Value, Value>) -> Vec<Site> {
    let insts = &function.block(id).insts;
    let mut sites = Vec::new();
    for (index, _) in insts.iter().enumerate().filter(|(_, inst)| inst.op == Op::ExitPoint) {
        let Some(at) = (index + 1..insts.len()).find(|at| insts[*at].op == Op::Call) else { continue };
        let call = &insts[at];
        let (Imm::Callee(Callee::Hot(callee)), Some(error)) = (call.imm, call.on_error) else { continue };
        let of_this = |value: &Value| {
            let own = |inst: &Inst| inst.op == Op::Guard && inst.results[0] == *value;
            insts[index..at].iter().any(own).then_some(*value)
        };
        let result = call.results.first().copied();
        let result_guard = insts.get(at + 1).filter(|inst| {
            inst.op == Op::Guard && inst.imm == Imm::Int(1) && Some(inst.args[0]) == result
        });
        sites.push(Site {
            callee,
            operands: call.args.iter().map(|arg| (bare(guards, *arg), of_this(arg))).collect(),
            result,
            result_guard: result_guard.map(|inst| inst.results[0]),
            error,
        });
    }
    sites
}

/// Whether int arithmetic gives the operation's result when both operands are small ints.
fn is_int_operation(callee: H) -> bool {
    matches!(
        callee,
        H::dxp_hot_add | H::dxp_hot_iadd | H::dxp_hot_sub | H::dxp_hot_isub | H::dxp_hot_mul | H::dxp_hot_imul
            | H::dxp_hot_floordiv | H::dxp_hot_ifloordiv | H::dxp_hot_mod | H::dxp_hot_imod | H::dxp_hot_lshift
            | H::dxp_hot_ilshift | H::dxp_hot_rshift | H::dxp_hot_irshift | H::dxp_hot_and | H::dxp_hot_iand
            | H::dxp_hot_or | H::dxp_hot_ior | H::dxp_hot_xor | H::dxp_hot_ixor | H::dxp_hot_neg
    )
}

fn is_comparison(callee: H) -> bool {
    matches!(
        callee,
        H::dxp_hot_lt | H::dxp_hot_le | H::dxp_hot_gt | H::dxp_hot_ge | H::dxp_hot_eq | H::dxp_hot_ne
    )
}

fn decide(function: &Function, site: &Site, kept: &mut HashMap<Value, Keep>, typed: &mut HashMap<BlockId, Typed>, sums: &mut HashSet<Value>) {
    let is = |value: Value, kinds: Kinds| {
        function.kinds(value).is(kinds) || function.expected(value).is(kinds)
    };
    let is_small = |value: Value| is(value, Kinds::SMALL);
    let mut keep = |guard: Option<Value>, how: Keep| {
        if let Some(guard) = guard {
            kept.insert(guard, how);
        }
    };
    match site.operands.as_slice() {
        [(list, list_guard), (index, index_guard), ..]
            if matches!(site.callee, H::dxp_hot_getitem | H::dxp_hot_setitem) && is(*list, Kinds::LIST) && is_small(*index) =>
        {
            keep(*list_guard, Keep::List);
            keep(*index_guard, Keep::Small);
            if site.callee == H::dxp_hot_setitem {
                typed.insert(site.error, Typed::SetItem);
                return;
            }
            let expected = site.result_guard.map(|guard| function.expected(guard)).unwrap_or(Kinds::NEVER);
            let mut result = None;
            if expected.is(Kinds::SMALL) || expected.is(Kinds::FLOAT) {
                keep(site.result_guard, if expected.is(Kinds::SMALL) { Keep::Small } else { Keep::Float });
                result = site.result_guard;
            }
            typed.insert(site.error, Typed::Item(result));
        }
        operands
            if (is_int_operation(site.callee) || is_comparison(site.callee))
                && operands.iter().all(|(value, _)| is_small(*value)) =>
        {
            for (value, guard) in operands {
                // What int arithmetic gave is at hand as `i64`, small or not.
                if !sums.contains(value) {
                    keep(*guard, Keep::Small);
                }
            }
            if is_int_operation(site.callee) {
                sums.extend(site.result);
                keep(site.result_guard, Keep::Small);
                typed.insert(site.error, Typed::Ints);
            }
        }
        _ => {}
    }
}

/// An arithmetic instruction.
struct Arithmetic {
    result: Value,
    /// Operands without their guards.
    args: Vec<Value>,
    /// The guards of the operands.
    guards: Vec<Option<Value>>,
    is_division: bool,
}

fn arithmetic(function: &Function, cfg: &Cfg, guards: &HashMap<Value, Value>) -> Vec<Arithmetic> {
    let mut sums = Vec::new();
    for inst in cfg.rpo.iter().flat_map(|id| &function.block(*id).insts) {
        let is_division = match inst.imm {
            Imm::Callee(Callee::Hot(
                H::dxp_hot_add
                | H::dxp_hot_iadd
                | H::dxp_hot_sub
                | H::dxp_hot_isub
                | H::dxp_hot_mul
                | H::dxp_hot_imul
                | H::dxp_hot_neg,
            )) => false,
            Imm::Callee(Callee::Hot(H::dxp_hot_truediv | H::dxp_hot_itruediv)) => true,
            _ => continue,
        };
        let guard = |value: &Value| guards.contains_key(value).then_some(*value);
        sums.push(Arithmetic {
            result: inst.results[0],
            args: inst.args.iter().map(|arg| bare(guards, *arg)).collect(),
            guards: inst.args.iter().map(guard).collect(),
            is_division,
        });
    }
    sums
}

fn decide_floats(function: &Function, cfg: &Cfg, sums: &[Arithmetic], kept: &mut HashMap<Value, Keep>) {
    let expected = expected_floats(function, cfg, sums);
    let wanted = wanted_floats(function, sums, &expected);
    for sum in sums {
        let float = |index: usize| sum.args.get(index).is_some_and(|arg| expected.contains(arg));
        let possible = sum.args.iter().all(|arg| function.kinds(*arg).meets(Kinds::FLOATI));
        for (index, guard) in sum.guards.iter().enumerate() {
            let Some(guard) = guard else { continue };
            if kept.contains_key(guard) || (float(index) && function.kinds(sum.args[index]).within(Kinds::FLOAT)) {
                continue;
            }
            // What is expected to be a float is tested, since evidence proves nothing; only beside a float may the other operand be converted.
            let partner = sum.args.len() == 2 && float(1 - index);
            if partner && !float(index) {
                kept.insert(*guard, Keep::Number);
            } else if float(index) || (possible && sum.args.len() == 2 && wanted.contains(&sum.result)) {
                kept.insert(*guard, Keep::Float);
            }
        }
    }
}

fn is_number(kinds: Kinds) -> bool {
    kinds.meets(Kinds::INT | Kinds::FLOAT)
}

/// Values that are floats if the guards of their operations hold.
fn expected_floats(function: &Function, cfg: &Cfg, sums: &[Arithmetic]) -> HashSet<Value> {
    let mut expected: HashSet<Value> = (0..function.values.len())
        .map(Value::from)
        .filter(|value| {
            let float = function.kinds(*value).is(Kinds::FLOAT) || function.expected(*value).is(Kinds::FLOAT);
            function.ty(*value) == Type::Obj && float
        })
        .collect();
    loop {
        let before = expected.len();
        for sum in sums {
            let float = sum.args.iter().any(|arg| expected.contains(arg))
                && sum.args.iter().all(|arg| is_number(function.kinds(*arg)));
            if float {
                expected.insert(sum.result);
            }
        }
        // A parameter is a float when all that arrives is (itself aside).
        for id in &cfg.rpo {
            for (index, param) in function.block(*id).params.iter().enumerate() {
                let args = cfg.preds[id.index()].iter().flat_map(|pred| {
                    let calls = function.block(*pred).term.calls();
                    calls.into_iter().filter(|call| call.block == *id).map(|call| call.args[index]).collect::<Vec<_>>()
                });
                let mut any = false;
                let all = args.fold(true, |all, arg| {
                    any = true;
                    all && (arg == *param || expected.contains(&arg))
                });
                if any && all {
                    expected.insert(*param);
                }
            }
        }
        if expected.len() == before {
            return expected;
        }
    }
}

/// Results of arithmetic that are combined with expected floats further on.
fn wanted_floats(function: &Function, sums: &[Arithmetic], expected: &HashSet<Value>) -> HashSet<Value> {
    let mut wanted: HashSet<Value> = HashSet::new();
    loop {
        let before = wanted.len();
        for sum in sums.iter().rev() {
            let float = expected.contains(&sum.result) || wanted.contains(&sum.result);
            for arg in &sum.args {
                let partner = sum.args.iter().any(|other| other != arg && expected.contains(other));
                let through = float && !sum.is_division;
                if (partner || through) && !expected.contains(arg) && function.kinds(*arg).meets(Kinds::FLOATI) {
                    wanted.insert(*arg);
                }
            }
        }
        if wanted.len() == before {
            return wanted;
        }
    }
}

struct Rewrite {
    words: HashMap<Value, i64>,
    guards: HashMap<Value, Value>,
    kept: HashMap<Value, Keep>,
    typed: HashMap<BlockId, Typed>,
}

/// The block at work.
struct At {
    block: BlockId,
    cold: bool,
    /// Where tests leave to.
    exit: Option<BlockId>,
    /// Guards of operands that the next operation converts.
    numbers: Vec<Value>,
}

impl Rewrite {
    /// What a guarded value is now. A guard that stays as a test of its own keeps its name; others stand for their operand.
    fn plain(&self, mut value: Value) -> Value {
        while let Some(next) = self.guards.get(&value) {
            if matches!(self.kept.get(&value), Some(Keep::Float | Keep::Small | Keep::List)) {
                break;
            }
            value = *next;
        }
        value
    }

    fn block(&mut self, f: &mut Function, id: BlockId) {
        let insts = std::mem::take(&mut f.block_mut(id).insts);
        let mut term = std::mem::replace(&mut f.block_mut(id).term, Terminator::None);
        let mut at = At { block: id, cold: f.block(id).cold, exit: None, numbers: Vec::new() };
        for inst in insts {
            self.inst(f, &mut at, inst);
        }
        if let Some(operand) = term.operand_mut() {
            *operand = self.plain(*operand);
        }
        for call in term.calls_mut() {
            for arg in &mut call.args {
                *arg = self.plain(*arg);
            }
        }
        f.block_mut(at.block).term = term;
    }

    fn inst(&mut self, f: &mut Function, at: &mut At, mut inst: Inst) {
        match inst.op {
            Op::ExitPoint => {
                at.exit = inst.on_error;
                at.numbers.clear();
                return;
            }
            Op::Guard => return self.guard(f, at, &inst),
            _ => {}
        }
        for arg in &mut inst.args {
            let guard = *arg;
            let value = self.plain(guard);
            *arg = match at.exit {
                Some(exit) if at.numbers.contains(&guard) => to_float(f, &mut at.block, at.cold, value, exit),
                _ => value,
            };
        }
        if !inst.args.is_empty() {
            at.numbers.clear();
        }
        let typed = inst.on_error.and_then(|error| self.typed.get(&error).copied());
        match (typed, at.exit) {
            (Some(Typed::Ints), Some(exit)) => {
                let leave = f.new_cold_block();
                f.block_mut(leave).term = Terminator::Jump(BlockCall::to(exit));
                let mut point = Inst::new(Op::ExitPoint, Imm::No, Vec::new(), Vec::new());
                point.on_error = Some(leave);
                f.push(at.block, point);
                f.push(at.block, inst);
            }
            (Some(Typed::Item(result)), Some(_)) => self.load_item(f, at, &inst, result),
            (Some(Typed::SetItem), Some(_)) => {
                let index = self.in_bounds(f, at, &inst);
                let args = vec![inst.args[0], index, inst.args[2]];
                f.push(at.block, Inst::new(Op::ListSet, Imm::No, args, Vec::new()));
            }
            _ => f.push(at.block, inst),
        }
    }

    fn guard(&mut self, f: &mut Function, at: &mut At, inst: &Inst) {
        let guard = inst.results[0];
        let value = self.plain(inst.args[0]);
        let exit = at.exit.expect("a guard has an exit point");
        let (op, imm, kinds) = match self.kept.get(&guard) {
            Some(Keep::Float) => (Op::IsFloatI, Imm::No, Kinds::FLOATI),
            Some(Keep::Small) => (Op::IsSmall, Imm::No, Kinds::SMALL),
            Some(Keep::List) => (Op::IsType, Imm::Callee(Callee::TypeSymbol("dxp_type_list")), Kinds::LIST),
            Some(Keep::Number) => return at.numbers.push(guard),
            None => return,
        };
        let test = f.push1(at.block, op, imm, vec![value], Type::Bool, Kinds::ANY);
        leave_unless(f, at, test, exit);
        f.values[guard.index()].kinds = kinds;
        f.push(at.block, Inst::new(Op::Refine, Imm::No, vec![value], vec![guard]));
    }

    /// The index of an item, tested; counted from the end where it is negative.
    fn in_bounds(&self, f: &mut Function, at: &mut At, inst: &Inst) -> Value {
        let (list, index) = (inst.args[0], inst.args[1]);
        let exit = at.exit.expect("typed operations have an exit");
        let push = |f: &mut Function, at: &At, op: Op, imm: Imm, args: Vec<Value>, ty: Type| {
            f.push1(at.block, op, imm, args, ty, Kinds::ANY)
        };
        let len = push(f, at, Op::ListLen, Imm::No, vec![list], Type::I64);
        let unboxed = push(f, at, Op::UnboxInt, Imm::No, vec![index], Type::I64);
        let known = self.words.get(&index).copied();
        let index = match known {
            Some(0..) => unboxed,
            Some(_) => push(f, at, Op::IAdd, Imm::No, vec![unboxed, len], Type::I64),
            None => {
                let zero = push(f, at, Op::IConst, Imm::Int(0), Vec::new(), Type::I64);
                let negative = push(f, at, Op::ICmp, Imm::Cmp(Cmp::Lt), vec![unboxed, zero], Type::Bool);
                let from_end = push(f, at, Op::IAdd, Imm::No, vec![unboxed, len], Type::I64);
                push(f, at, Op::ISelect, Imm::No, vec![negative, from_end, unboxed], Type::I64)
            }
        };
        let test = push(f, at, Op::InBounds, Imm::No, vec![index, len], Type::Bool);
        leave_unless(f, at, test, exit);
        index
    }

    fn load_item(&mut self, f: &mut Function, at: &mut At, inst: &Inst, guard: Option<Value>) {
        let index = self.in_bounds(f, at, inst);
        let args = vec![inst.args[0], index];
        let op = if guard.is_some() { Op::ListPeek } else { Op::ListItem };
        f.push(at.block, Inst::new(op, Imm::No, args, inst.results.clone()));
    }
}

/// Goes on in a new block, or leaves.
fn leave_unless(f: &mut Function, at: &mut At, test: Value, exit: BlockId) {
    let next = new_block(f, at.cold);
    f.block_mut(at.block).term = Terminator::Branch { cond: test, then: BlockCall::to(next), other: BlockCall::to(exit) };
    at.block = next;
}

fn new_block(function: &mut Function, cold: bool) -> BlockId {
    let block = function.new_block();
    function.block_mut(block).cold = cold;
    block
}

/// A number as a float object: immediate floats as they are, small ints converted, anything else leaves.
fn to_float(function: &mut Function, block: &mut BlockId, cold: bool, value: Value, exit: BlockId) -> Value {
    let kinds = function.kinds(value);
    if kinds.within(Kinds::FLOAT | Kinds::SMALL) && !kinds.meets(Kinds::FLOAT) {
        // A small int for certain: `specialize` converts it.
        return value;
    }
    let next = new_block(function, cold);
    let joined = function.add_param(next, Type::F64, Kinds::ANY);
    let is_float = function.push1(*block, Op::IsFloatI, Imm::No, vec![value], Type::Bool, Kinds::ANY);
    let float = new_block(function, cold);
    let other = new_block(function, cold);
    function.block_mut(*block).term =
        Terminator::Branch { cond: is_float, then: BlockCall::to(float), other: BlockCall::to(other) };
    let refined = function.push1(float, Op::Refine, Imm::No, vec![value], Type::Obj, Kinds::FLOATI);
    let unboxed = function.push1(float, Op::UnboxFloatI, Imm::No, vec![refined], Type::F64, Kinds::ANY);
    function.block_mut(float).term = Terminator::Jump(BlockCall::with(next, vec![unboxed]));
    let is_small = function.push1(other, Op::IsSmall, Imm::No, vec![value], Type::Bool, Kinds::ANY);
    let int = new_block(function, true);
    function.block_mut(other).term =
        Terminator::Branch { cond: is_small, then: BlockCall::to(int), other: BlockCall::to(exit) };
    let refined = function.push1(int, Op::Refine, Imm::No, vec![value], Type::Obj, Kinds::SMALL);
    let unboxed = function.push1(int, Op::UnboxInt, Imm::No, vec![refined], Type::I64, Kinds::ANY);
    let converted = function.push1(int, Op::IntToFloat, Imm::No, vec![unboxed], Type::F64, Kinds::ANY);
    function.block_mut(int).term = Terminator::Jump(BlockCall::with(next, vec![converted]));
    *block = next;
    function.push1(next, Op::BoxFloat, Imm::No, vec![joined], Type::Obj, Kinds::FLOAT)
}
