//! Infers the kinds of all `obj` values of a function: the largest fixpoint is `ANY`, the pass looks for the least one.
//!
//! Forward, optimistic: block parameters start without kinds and take the union of their arguments. The kinds that the builder declared
//! are an upper bound. It does not look into other functions, and does not change instructions.

use dxpyc_abi::entries::Entry as E;
use dxpyc_abi::hot::Hot as H;
use dxpyc_ir::callee::Callee;
use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::function::ENTRY;
use dxpyc_ir::{Function, Imm, Inst, Kinds, Op, Type, Value};
use std::collections::HashMap;

const NUMBER: Kinds = Kinds(Kinds::INT.0 | Kinds::FLOAT.0 | Kinds::BOOL.0);
const INTEGER: Kinds = Kinds(Kinds::INT.0 | Kinds::BOOL.0);
/// Any Python value.
const VALUE: Kinds = Kinds(Kinds::ANY.0 & !Kinds::SPECIAL.0 & !Kinds::MISSING.0);

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let declared: Vec<Kinds> = function.values.iter().map(|value| value.kinds).collect();
    let words = small_words(function);
    for id in &cfg.rpo {
        if *id != ENTRY {
            for param in function.block(*id).params.clone() {
                function.values[param.index()].kinds = Kinds::NEVER;
            }
        }
        for inst in function.block(*id).insts.clone() {
            for result in &inst.results {
                if function.ty(*result) == Type::Obj {
                    function.values[result.index()].kinds = Kinds::NEVER;
                }
            }
        }
    }
    let mut changed = true;
    while changed {
        changed = false;
        for id in &cfg.rpo {
            let insts = std::mem::take(&mut function.block_mut(*id).insts);
            for inst in &insts {
                for (index, result) in inst.results.iter().enumerate() {
                    if function.ty(*result) == Type::Obj {
                        let kinds = if index == 0 { result_kinds(function, &words, inst) } else { Kinds::ANY };
                        changed |= widen(function, *result, kinds & declared[result.index()]);
                    }
                }
            }
            function.block_mut(*id).insts = insts;
            let edges: Vec<(Value, Value)> = function
                .block(*id)
                .term
                .calls()
                .into_iter()
                .flat_map(|call| {
                    let params = function.block(call.block).params.clone();
                    params.into_iter().zip(call.args.clone())
                })
                .collect();
            for (param, arg) in edges {
                if function.ty(param) == Type::Obj {
                    let kinds = function.kinds(arg) & declared[param.index()];
                    changed |= widen(function, param, kinds);
                }
            }
        }
    }
    for (index, value) in function.values.iter_mut().enumerate() {
        if value.ty != Type::Obj {
            value.kinds = declared[index];
        }
    }
}

fn widen(function: &mut Function, value: Value, kinds: Kinds) -> bool {
    let old = function.kinds(value);
    let new = old | kinds;
    function.values[value.index()].kinds = new;
    new != old
}

/// Small int constants by value.
pub(crate) fn small_words(function: &Function) -> HashMap<Value, i64> {
    let mut words = HashMap::new();
    for block in &function.blocks {
        for inst in &block.insts {
            if let (Op::Word, Imm::Word(word)) = (inst.op, inst.imm)
                && word & dxpyc_abi::TAG_MASK == 0
            {
                words.insert(inst.results[0], (word as i64) >> 3);
            }
        }
    }
    words
}

fn result_kinds(function: &Function, words: &HashMap<Value, i64>, inst: &Inst) -> Kinds {
    let kinds = |index: usize| function.kinds(inst.args[index]);
    match (inst.op, inst.imm) {
        (Op::Refine | Op::Guard, _) => kinds(0),
        (Op::OrMissing, _) => kinds(1) | Kinds::MISSING,
        (Op::Call, Imm::Callee(callee)) => {
            if inst.args.iter().any(|arg| function.ty(*arg) == Type::Obj && function.kinds(*arg) == Kinds::NEVER) {
                return Kinds::NEVER;
            }
            call_kinds(callee, &kinds, inst, words)
        }
        _ => Kinds::ANY,
    }
}

fn call_kinds(
    callee: Callee,
    kinds: &impl Fn(usize) -> Kinds,
    inst: &Inst,
    words: &HashMap<Value, i64>,
) -> Kinds {
    match callee {
        Callee::Hot(H::dxp_hot_add | H::dxp_hot_iadd) | Callee::Entry(E::dxp_add | E::dxp_iadd) => {
            let (a, b) = (kinds(0), kinds(1));
            for sequence in [Kinds::STR, Kinds::LIST, Kinds::TUPLE, Kinds::BYTES] {
                if a.within(sequence) && b.within(sequence) {
                    return sequence;
                }
            }
            arithmetic(a, b)
        }
        Callee::Hot(H::dxp_hot_sub | H::dxp_hot_isub) | Callee::Entry(E::dxp_sub | E::dxp_isub) => {
            arithmetic(kinds(0), kinds(1))
        }
        Callee::Hot(H::dxp_hot_mul | H::dxp_hot_imul) | Callee::Entry(E::dxp_mul | E::dxp_imul) => {
            let (a, b) = (kinds(0), kinds(1));
            for sequence in [Kinds::STR, Kinds::LIST, Kinds::TUPLE, Kinds::BYTES] {
                if (a.within(sequence) && b.within(INTEGER)) || (b.within(sequence) && a.within(INTEGER)) {
                    return sequence;
                }
            }
            arithmetic(a, b)
        }
        Callee::Hot(H::dxp_hot_truediv | H::dxp_hot_itruediv) | Callee::Entry(E::dxp_truediv | E::dxp_itruediv) => {
            if kinds(0).within(NUMBER) && kinds(1).within(NUMBER) { Kinds::FLOAT } else { VALUE }
        }
        Callee::Hot(H::dxp_hot_floordiv | H::dxp_hot_ifloordiv | H::dxp_hot_mod | H::dxp_hot_imod)
        | Callee::Entry(E::dxp_floordiv | E::dxp_ifloordiv | E::dxp_mod | E::dxp_imod) => {
            let (a, b) = (kinds(0), kinds(1));
            let is_mod = matches!(
                callee,
                Callee::Hot(H::dxp_hot_mod | H::dxp_hot_imod) | Callee::Entry(E::dxp_mod | E::dxp_imod)
            );
            let constant = words.get(&inst.args[1]).copied();
            if is_mod && a.within(INTEGER) && b.within(Kinds::SMALL | Kinds::BOOL) {
                return Kinds::SMALL;
            }
            if !is_mod && a.within(Kinds::SMALL) && constant.is_some_and(|divisor| divisor > 0) {
                return Kinds::SMALL;
            }
            arithmetic(a, b)
        }
        Callee::Hot(H::dxp_hot_and | H::dxp_hot_iand) | Callee::Entry(E::dxp_iand) => {
            let (a, b) = (kinds(0), kinds(1));
            let mask = |index: usize| words.get(&inst.args[index]).is_some_and(|mask| *mask >= 0);
            if a.within(INTEGER) && b.within(INTEGER) && (mask(0) || mask(1)) {
                return Kinds::SMALL;
            }
            bitwise(a, b)
        }
        Callee::Hot(H::dxp_hot_or | H::dxp_hot_ior | H::dxp_hot_xor | H::dxp_hot_ixor) | Callee::Entry(E::dxp_ior | E::dxp_ixor) => {
            bitwise(kinds(0), kinds(1))
        }
        Callee::Hot(H::dxp_hot_rshift | H::dxp_hot_irshift) | Callee::Entry(E::dxp_irshift) => {
            let (a, b) = (kinds(0), kinds(1));
            match a.within(Kinds::SMALL | Kinds::BOOL) && b.within(INTEGER) {
                true => Kinds::SMALL,
                false if a.within(INTEGER) && b.within(INTEGER) => Kinds::INT,
                false => VALUE,
            }
        }
        Callee::Hot(H::dxp_hot_lshift | H::dxp_hot_ilshift) | Callee::Entry(E::dxp_ilshift) => {
            if kinds(0).within(INTEGER) && kinds(1).within(INTEGER) { Kinds::INT } else { VALUE }
        }
        Callee::Hot(H::dxp_hot_neg) | Callee::Entry(E::dxp_pos | E::dxp_invert) => match kinds(0) {
            a if a.within(INTEGER) => Kinds::INT,
            a if a.within(Kinds::FLOAT) => Kinds::FLOAT,
            a if a.within(NUMBER) => Kinds::INT | Kinds::FLOAT,
            _ => VALUE,
        },
        Callee::Entry(E::dxp_lt | E::dxp_le | E::dxp_gt | E::dxp_ge | E::dxp_eq | E::dxp_ne) => {
            let (a, b) = (kinds(0), kinds(1));
            let plain = NUMBER | Kinds::STR | Kinds::BYTES | Kinds::NONE | Kinds::LIST | Kinds::TUPLE | Kinds::DICT;
            if a.within(plain) && b.within(plain) { Kinds::BOOL } else { VALUE }
        }
        Callee::Hot(H::dxp_hot_getitem) | Callee::Entry(E::dxp_getitem) => {
            if kinds(0).within(Kinds::STR) { Kinds::STR } else { VALUE }
        }
        Callee::Entry(E::dxp_getslice) => {
            let a = kinds(0);
            let sequences = Kinds::STR | Kinds::BYTES | Kinds::LIST | Kinds::TUPLE;
            if a.within(sequences) { a } else { VALUE }
        }
        Callee::Hot(H::dxp_hot_len) | Callee::Entry(E::dxp_len) => Kinds::SMALL,
        // One of the two.
        Callee::Hot(H::dxp_hot_min | H::dxp_hot_max) => kinds(0) | kinds(1),
        Callee::Hot(H::dxp_hot_abs) => match kinds(0) {
            a if a.within(INTEGER) => Kinds::INT,
            a if a.within(Kinds::FLOAT) => Kinds::FLOAT,
            _ => VALUE,
        },
        Callee::Hot(H::dxp_hot_pow) => {
            let natural = words.get(&inst.args[1]).is_some_and(|exponent| *exponent >= 0);
            match kinds(0) {
                a if natural && a.within(INTEGER) => Kinds::INT,
                a if natural && a.within(Kinds::FLOAT) => Kinds::FLOAT,
                _ => VALUE,
            }
        }
        _ => Kinds::ANY,
    }
}

/// Kinds of a sum, difference, product, floor quotient or remainder of numbers.
fn arithmetic(a: Kinds, b: Kinds) -> Kinds {
    if a.within(INTEGER) && b.within(INTEGER) {
        Kinds::INT
    } else if a.within(NUMBER) && b.within(NUMBER) {
        if a.within(Kinds::FLOAT) || b.within(Kinds::FLOAT) { Kinds::FLOAT } else { Kinds::INT | Kinds::FLOAT }
    } else {
        VALUE
    }
}

fn bitwise(a: Kinds, b: Kinds) -> Kinds {
    if a.within(Kinds::SMALL) && b.within(Kinds::SMALL) {
        Kinds::SMALL
    } else if a.within(Kinds::BOOL) && b.within(Kinds::BOOL) {
        Kinds::BOOL
    } else if a.within(INTEGER) && b.within(INTEGER) {
        Kinds::INT
    } else {
        VALUE
    }
}
