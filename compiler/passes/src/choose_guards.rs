//! Decides which of the builder's float guards stay, and makes tests of them.
//!
//! A value is *expected* to be a float when it is proven one, or computed from one by arithmetic; and *wanted* as one when arithmetic combines it (or
//! what is computed from it by `+`, `-`, `*`) with an expected float. An operand whose partner is expected to be a float may be a float or a
//! small int: the operation converts it anyway. Two operands that are only wanted are guarded to be floats. Other guards go.

use dxpyc_abi::hot::Hot as H;
use dxpyc_ir::callee::Callee;
use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::{BlockCall, BlockId, Function, Imm, Inst, Kinds, Op, Terminator, Type, Value};
use std::collections::{HashMap, HashSet};

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let guards = guards(function, &cfg);
    if guards.is_empty() {
        return;
    }
    let sums = arithmetic(function, &cfg, &guards);
    let expected = expected(function, &cfg, &sums);
    let wanted = wanted(function, &sums, &expected);
    let mut kept: HashMap<Value, Keep> = HashMap::new();
    for sum in &sums {
        let float = |index: usize| sum.args.get(index).is_some_and(|arg| expected.contains(arg));
        let possible = sum.args.iter().all(|arg| function.kinds(*arg).meets(Kinds::FLOATI));
        for (index, guard) in sum.guards.iter().enumerate() {
            let Some(guard) = guard else { continue };
            if float(index) && function.kinds(sum.args[index]).within(Kinds::FLOAT) {
                continue;
            }
            let partner = sum.args.len() == 2 && float(1 - index);
            if partner {
                kept.insert(*guard, Keep::Number);
            } else if possible && sum.args.len() == 2 && wanted.contains(&sum.result) {
                kept.insert(*guard, Keep::Float);
            }
        }
    }
    for id in &cfg.rpo {
        rewrite_block(function, *id, &kept, &guards);
    }
}

/// What becomes of a guard.
#[derive(Clone, Copy, PartialEq)]
enum Keep {
    /// The value is an immediate float.
    Float,
    /// The operand is an immediate float or a small int that the operation converts.
    Number,
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

/// Guarded values by guard.
fn guards(function: &Function, cfg: &Cfg) -> HashMap<Value, Value> {
    let insts = cfg.rpo.iter().flat_map(|id| &function.block(*id).insts);
    insts.filter(|inst| inst.op == Op::GuardFloat).map(|inst| (inst.results[0], inst.args[0])).collect()
}

fn bare(guards: &HashMap<Value, Value>, mut value: Value) -> Value {
    while let Some(next) = guards.get(&value) {
        value = *next;
    }
    value
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

fn is_number(kinds: Kinds) -> bool {
    kinds.meets(Kinds::INT | Kinds::FLOAT)
}

/// Values that are floats if the guards of their operations hold.
fn expected(function: &Function, cfg: &Cfg, sums: &[Arithmetic]) -> HashSet<Value> {
    let mut expected: HashSet<Value> = (0..function.values.len())
        .map(Value::from)
        .filter(|value| {
            let kinds = function.kinds(*value);
            function.ty(*value) == Type::Obj && kinds != Kinds::NEVER && kinds.within(Kinds::FLOAT)
        })
        .collect();
    loop {
        let before = expected.len();
        for sum in sums {
            let float = sum.args.iter().any(|arg| expected.contains(arg))
                && sum.args.iter().all(|arg| is_number(function.kinds(*arg)));
            // A quotient of numbers is a float, whatever they are.
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
fn wanted(function: &Function, sums: &[Arithmetic], expected: &HashSet<Value>) -> HashSet<Value> {
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

fn rewrite_block(
    function: &mut Function,
    id: BlockId,
    kept: &HashMap<Value, Keep>,
    guards: &HashMap<Value, Value>,
) {
    if !function.block(id).insts.iter().any(|inst| inst.op == Op::GuardFloat)
        && !function.block(id).insts.iter().any(|inst| inst.args.iter().any(|arg| guards.contains_key(arg)))
        && !terminator_uses(function, id, guards)
    {
        return;
    }
    // A guard that stays as a test of its own keeps its name; others stand for their operand.
    let plain = |mut value: Value| {
        while let Some(next) = guards.get(&value) {
            if kept.get(&value) == Some(&Keep::Float) {
                break;
            }
            value = *next;
        }
        value
    };
    let insts = std::mem::take(&mut function.block_mut(id).insts);
    let mut term = std::mem::replace(&mut function.block_mut(id).term, Terminator::None);
    let cold = function.block(id).cold;
    let mut block = id;
    let mut exits: HashMap<Value, BlockId> = HashMap::new();
    for mut inst in insts {
        if inst.op == Op::GuardFloat {
            let exit = inst.on_error.take().expect("guards have exits");
            let guard = inst.results[0];
            let value = plain(inst.args[0]);
            match kept.get(&guard) {
                Some(Keep::Float) => {
                    let test = function.push1(block, Op::IsFloatI, Imm::No, vec![value], Type::Bool, Kinds::ANY);
                    let next = new_block(function, cold);
                    function.block_mut(block).term =
                        Terminator::Branch { cond: test, then: BlockCall::to(next), other: BlockCall::to(exit) };
                    function.values[guard.index()].kinds = Kinds::FLOATI;
                    function.push(next, Inst::new(Op::Refine, Imm::No, vec![value], vec![guard]));
                    block = next;
                }
                Some(Keep::Number) => {
                    exits.insert(guard, exit);
                }
                None => {}
            }
            continue;
        }
        for arg in &mut inst.args {
            let guard = *arg;
            let value = plain(guard);
            *arg = match exits.remove(&guard) {
                Some(exit) if value != guard => to_float(function, &mut block, cold, value, exit),
                _ => value,
            };
        }
        function.block_mut(block).insts.push(inst);
    }
    if let Some(operand) = term.operand_mut() {
        *operand = plain(*operand);
    }
    for call in term.calls_mut() {
        for arg in &mut call.args {
            *arg = plain(*arg);
        }
    }
    function.block_mut(block).term = term;
}

fn terminator_uses(function: &Function, id: BlockId, guards: &HashMap<Value, Value>) -> bool {
    let term = &function.block(id).term;
    term.operand().is_some_and(|value| guards.contains_key(&value))
        || term.calls().iter().any(|call| call.args.iter().any(|arg| guards.contains_key(arg)))
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
