//! Replaces generic operations by typed ones where the kinds of the operands are proven: floats as `f64`, ints that cannot overflow 64 bits
//! as `i64` (with intervals), truth tests, tests for words that a value cannot be.
//!
//! One walk in reverse postorder. It does not change parameters (`unbox-params` does), and leaves the boxes for `fold` and `sink-boxes`.

use crate::infer::small_words;
use dxpyc_abi::entries::Entry as E;
use dxpyc_abi::hot::Hot as H;
use dxpyc_abi::value::{SMALL_INT_MAX, SMALL_INT_MIN, Value as Word};
use dxpyc_ir::callee::Callee;
use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::{BlockCall, BlockId, Cmp, Function, Imm, Inst, Kinds, Op, Terminator, Type, Value};
use std::collections::HashMap;

/// Bounds of an `i64` value.
type Interval = (i128, i128);

const SMALL: Interval = (SMALL_INT_MIN as i128, SMALL_INT_MAX as i128);

/// All of `i64`.
const WORD: Interval = (i64::MIN as i128, i64::MAX as i128);

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let mut pass = Specialize {
        words: small_words(function),
        ints: HashMap::new(),
        floats: HashMap::new(),
        replaced: HashMap::new(),
        block: BlockId(0),
        out: Vec::new(),
        boxed_bools: HashMap::new(),
        exit: None,
    };
    for id in &cfg.rpo {
        pass.run_block(function, *id);
    }
    function.replace_uses(&pass.replaced);
}

/// What an instruction becomes.
enum Rewrite {
    Keep,
    /// Its result is this value.
    Value(Value),
    /// It is gone (no result).
    Gone,
}

/// The kind that is exactly the objects of a type.
fn kinds_of_type(symbol: &str) -> Option<Kinds> {
    match symbol {
        "dxp_type_list" => Some(Kinds::LIST),
        "dxp_type_tuple" => Some(Kinds::TUPLE),
        "dxp_type_dict" => Some(Kinds::DICT),
        "dxp_type_set" => Some(Kinds::SET),
        "dxp_type_str" => Some(Kinds::STR),
        _ => None,
    }
}

struct Specialize {
    words: HashMap<Value, i64>,
    /// For ints as objects: the `i64` that was boxed, with its bounds.
    ints: HashMap<Value, (Value, Interval)>,
    /// For floats as objects: the `f64` that was boxed.
    floats: HashMap<Value, Value>,
    boxed_bools: HashMap<Value, Value>,
    replaced: HashMap<Value, Value>,
    block: BlockId,
    out: Vec<Inst>,
    /// The way out that the next operation may take.
    exit: Option<BlockId>,
}

impl Specialize {
    fn run_block(&mut self, f: &mut Function, id: BlockId) {
        self.block = id;
        let insts = std::mem::take(&mut f.block_mut(id).insts);
        let term = std::mem::replace(&mut f.block_mut(id).term, Terminator::None);
        for mut inst in insts {
            for arg in &mut inst.args {
                *arg = self.resolve(*arg);
            }
            if inst.op == Op::ExitPoint {
                self.exit = inst.on_error;
                continue;
            }
            let done = self.rewrite(f, &inst);
            self.exit = None;
            match done {
                Rewrite::Keep => {
                    if let (Op::BoxBool, [result]) = (inst.op, inst.results.as_slice()) {
                        self.boxed_bools.insert(*result, inst.args[0]);
                    }
                    if let (Op::BoxSmall, [result]) = (inst.op, inst.results.as_slice()) {
                        self.ints.insert(*result, (inst.args[0], SMALL));
                    }
                    self.out.push(inst);
                }
                Rewrite::Value(value) => {
                    self.replaced.insert(inst.results[0], value);
                }
                Rewrite::Gone => {}
            }
        }
        let block = f.block_mut(self.block);
        block.insts = std::mem::take(&mut self.out);
        block.term = term;
    }

    fn resolve(&self, mut value: Value) -> Value {
        while let Some(next) = self.replaced.get(&value) {
            value = *next;
        }
        value
    }

    fn push1(&mut self, f: &mut Function, op: Op, imm: Imm, args: Vec<Value>, ty: Type, kinds: Kinds) -> Value {
        let value = f.new_value(ty, kinds);
        self.out.push(Inst::new(op, imm, args, vec![value]));
        value
    }

    /// Ends the block at work with a branch to a new cold block; goes on in a new block. Returns the cold block.
    fn split_cold(&mut self, f: &mut Function, cond: Value) -> BlockId {
        let cold = f.new_cold_block();
        self.branch_away(f, cond, cold);
        cold
    }

    /// Leaves by the exit of the operation at work, which has one, when `cond` holds; goes on in a new block.
    fn leave_if(&mut self, f: &mut Function, cond: Value) {
        let exit = self.exit.expect("an operation that may leave has an exit");
        self.branch_away(f, cond, exit);
    }

    /// Ends the block at work: to `away` when `cond` holds, else on in a new block.
    fn branch_away(&mut self, f: &mut Function, cond: Value, away: BlockId) {
        let next = f.new_block();
        f.block_mut(next).cold = f.block(self.block).cold;
        let block = f.block_mut(self.block);
        block.insts = std::mem::take(&mut self.out);
        block.term = Terminator::Branch { cond, then: BlockCall::to(away), other: BlockCall::to(next) };
        self.block = next;
    }

    fn rewrite(&mut self, f: &mut Function, inst: &Inst) -> Rewrite {
        match (inst.op, inst.imm) {
            (Op::Call, Imm::Callee(callee)) => self.rewrite_call(f, inst, callee),
            (Op::IsWord, Imm::Word(word)) => self.rewrite_is_word(f, inst.args[0], word),
            (Op::Same, _) => {
                let (a, b) = (inst.args[0], inst.args[1]);
                let singletons = Kinds::NONE | Kinds::BOOL;
                for (x, y) in [(a, b), (b, a)] {
                    // `x is None`: one word.
                    if f.kinds(y) == Kinds::NONE {
                        return match self.rewrite_is_word(f, x, Word::NONE.0) {
                            Rewrite::Keep => Rewrite::Value(self.push1(
                                f,
                                Op::IsWord,
                                Imm::Word(Word::NONE.0),
                                vec![x],
                                Type::Bool,
                                Kinds::ANY,
                            )),
                            done => done,
                        };
                    }
                    if f.kinds(y).within(singletons) && !f.kinds(x).meets(f.kinds(y)) {
                        return self.bool(f, false);
                    }
                }
                Rewrite::Keep
            }
            (Op::IsType, Imm::Callee(Callee::TypeSymbol(symbol))) => {
                let (kinds, wanted) = (f.kinds(inst.args[0]), kinds_of_type(symbol));
                match wanted {
                    Some(wanted) if kinds.within(wanted) && kinds != Kinds::NEVER => self.bool(f, true),
                    Some(wanted) if !kinds.meets(wanted) => self.bool(f, false),
                    _ => Rewrite::Keep,
                }
            }
            (Op::IsSmall, _) if f.kinds(inst.args[0]).is(Kinds::SMALL) => self.bool(f, true),
            // An int that may have grown out of the word.
            (Op::IsSmall, _) if self.ints.contains_key(&inst.args[0]) => {
                let (value, interval) = self.ints[&inst.args[0]];
                match interval.0 >= SMALL.0 && interval.1 <= SMALL.1 {
                    true => self.bool(f, true),
                    false => Rewrite::Value(self.push1(f, Op::FitsSmall, Imm::No, vec![value], Type::Bool, Kinds::ANY)),
                }
            }
            (Op::Refine, _) if self.ints.contains_key(&inst.args[0]) && f.kinds(inst.results[0]) == Kinds::SMALL => {
                let (value, interval) = self.ints[&inst.args[0]];
                self.box_int(f, value, (interval.0.max(SMALL.0), interval.1.min(SMALL.1)))
            }
            (Op::IsSmall, _) if !f.kinds(inst.args[0]).meets(Kinds::SMALL) => self.bool(f, false),
            // A value that turned out to be a float needs no guard, wherever the float is.
            (Op::IsFloatI, _) if self.is_float(f, inst.args[0]) => self.bool(f, true),
            (Op::Refine, _) if self.is_float(f, inst.args[0]) && f.kinds(inst.results[0]).within(Kinds::FLOAT) => {
                Rewrite::Value(inst.args[0])
            }
            (Op::UnboxFloatI, _) => match self.float(f, inst.args[0]) {
                Some(value) => Rewrite::Value(value),
                None => Rewrite::Keep,
            },
            (Op::UnboxInt, _) => match self.int(f, inst.args[0]) {
                Some((value, _)) => Rewrite::Value(value),
                None => Rewrite::Keep,
            },
            (Op::KeepAlive, _) => {
                let args: Vec<Value> =
                    inst.args.iter().copied().filter(|arg| !f.kinds(*arg).within(Kinds::LEAF)).collect();
                if args.is_empty() {
                    return Rewrite::Gone;
                }
                self.out.push(Inst { args, ..inst.clone() });
                Rewrite::Gone
            }
            _ => Rewrite::Keep,
        }
    }

    fn bool(&mut self, f: &mut Function, value: bool) -> Rewrite {
        Rewrite::Value(self.push1(f, Op::BConst, Imm::Int(i64::from(value)), Vec::new(), Type::Bool, Kinds::ANY))
    }

    fn rewrite_is_word(&mut self, f: &mut Function, value: Value, word: u64) -> Rewrite {
        let kind = match Word(word) {
            Word::NONE => Kinds::NONE,
            Word::MISSING => Kinds::MISSING,
            Word::TRUE | Word::FALSE => {
                return if f.kinds(value).meets(Kinds::BOOL) { Rewrite::Keep } else { self.bool(f, false) };
            }
            _ => return Rewrite::Keep,
        };
        if !f.kinds(value).meets(kind) {
            self.bool(f, false)
        } else if f.kinds(value) == kind {
            self.bool(f, true)
        } else {
            Rewrite::Keep
        }
    }

    /// The value as `i64`, if it is proven to have one.
    fn int(&mut self, f: &mut Function, value: Value) -> Option<(Value, Interval)> {
        if let Some(known) = self.ints.get(&value) {
            return Some(*known);
        }
        if let Some(word) = self.words.get(&value).copied() {
            let constant = self.push1(f, Op::IConst, Imm::Int(word), Vec::new(), Type::I64, Kinds::ANY);
            return Some((constant, (i128::from(word), i128::from(word))));
        }
        if f.kinds(value).within(Kinds::SMALL) && f.kinds(value) != Kinds::NEVER {
            let unboxed = self.push1(f, Op::UnboxInt, Imm::No, vec![value], Type::I64, Kinds::ANY);
            return Some((unboxed, SMALL));
        }
        None
    }

    /// Whether `int` would find something.
    fn is_int(&self, f: &Function, value: Value) -> bool {
        let kinds = f.kinds(value);
        self.ints.contains_key(&value) || (kinds.within(Kinds::SMALL) && kinds != Kinds::NEVER)
    }

    /// Whether the value is proven to be a float, or a small int that arithmetic with a float converts.
    fn is_float(&self, f: &Function, value: Value) -> bool {
        let kinds = f.kinds(value);
        kinds.within(Kinds::FLOAT) && kinds != Kinds::NEVER
    }

    fn float(&mut self, f: &mut Function, value: Value) -> Option<Value> {
        if let Some(known) = self.floats.get(&value) {
            return Some(*known);
        }
        if self.is_float(f, value) {
            return Some(self.push1(f, Op::UnboxFloat, Imm::No, vec![value], Type::F64, Kinds::ANY));
        }
        let (int, _) = self.int(f, value)?;
        Some(self.push1(f, Op::IntToFloat, Imm::No, vec![int], Type::F64, Kinds::ANY))
    }

    fn box_float(&mut self, f: &mut Function, value: Value) -> Rewrite {
        let boxed = self.push1(f, Op::BoxFloat, Imm::No, vec![value], Type::Obj, Kinds::FLOAT);
        self.floats.insert(boxed, value);
        Rewrite::Value(boxed)
    }

    fn box_int(&mut self, f: &mut Function, value: Value, interval: Interval) -> Rewrite {
        let fits = interval.0 >= SMALL.0 && interval.1 <= SMALL.1;
        let (op, kinds) = if fits { (Op::BoxSmall, Kinds::SMALL) } else { (Op::BoxInt, Kinds::INT) };
        let boxed = self.push1(f, op, Imm::No, vec![value], Type::Obj, kinds);
        self.ints.insert(boxed, (value, interval));
        Rewrite::Value(boxed)
    }

    fn rewrite_call(&mut self, f: &mut Function, inst: &Inst, callee: Callee) -> Rewrite {
        match callee {
            Callee::Hot(H::dxp_hot_add | H::dxp_hot_iadd) => self.binary(f, inst, Op::FAdd, Some(Op::IAdd)),
            Callee::Hot(H::dxp_hot_sub | H::dxp_hot_isub) => self.binary(f, inst, Op::FSub, Some(Op::ISub)),
            Callee::Hot(H::dxp_hot_mul | H::dxp_hot_imul) => self.binary(f, inst, Op::FMul, Some(Op::IMul)),
            Callee::Hot(H::dxp_hot_truediv | H::dxp_hot_itruediv) | Callee::Entry(E::dxp_itruediv) => self.division(f, inst),
            Callee::Hot(H::dxp_hot_mod | H::dxp_hot_imod) | Callee::Entry(E::dxp_imod) => self.int_division(f, inst, Op::IMod),
            Callee::Hot(H::dxp_hot_floordiv | H::dxp_hot_ifloordiv) | Callee::Entry(E::dxp_ifloordiv) => {
                self.int_division(f, inst, Op::IFloorDiv)
            }
            Callee::Hot(H::dxp_hot_and | H::dxp_hot_iand) | Callee::Entry(E::dxp_iand) => self.bitwise(f, inst, Op::IAnd),
            Callee::Hot(H::dxp_hot_or | H::dxp_hot_ior) | Callee::Entry(E::dxp_ior) => self.bitwise(f, inst, Op::IOr),
            Callee::Hot(H::dxp_hot_xor | H::dxp_hot_ixor) | Callee::Entry(E::dxp_ixor) => self.bitwise(f, inst, Op::IXor),
            Callee::Hot(H::dxp_hot_rshift | H::dxp_hot_irshift) | Callee::Entry(E::dxp_irshift) => self.shift_right(f, inst),
            Callee::Hot(H::dxp_hot_lshift | H::dxp_hot_ilshift) | Callee::Entry(E::dxp_ilshift) => self.shift_left(f, inst),
            Callee::Hot(H::dxp_hot_neg) => self.negation(f, inst),
            Callee::Hot(H::dxp_hot_lt) => self.comparison(f, inst, Cmp::Lt, false),
            Callee::Hot(H::dxp_hot_le) => self.comparison(f, inst, Cmp::Le, false),
            Callee::Hot(H::dxp_hot_gt) => self.comparison(f, inst, Cmp::Gt, false),
            Callee::Hot(H::dxp_hot_ge) => self.comparison(f, inst, Cmp::Ge, false),
            Callee::Hot(H::dxp_hot_eq) => self.comparison(f, inst, Cmp::Eq, false),
            Callee::Hot(H::dxp_hot_ne) => self.comparison(f, inst, Cmp::Ne, false),
            Callee::Entry(E::dxp_lt) => self.comparison(f, inst, Cmp::Lt, true),
            Callee::Entry(E::dxp_le) => self.comparison(f, inst, Cmp::Le, true),
            Callee::Entry(E::dxp_gt) => self.comparison(f, inst, Cmp::Gt, true),
            Callee::Entry(E::dxp_ge) => self.comparison(f, inst, Cmp::Ge, true),
            Callee::Entry(E::dxp_eq) => self.comparison(f, inst, Cmp::Eq, true),
            Callee::Entry(E::dxp_ne) => self.comparison(f, inst, Cmp::Ne, true),
            Callee::Hot(H::dxp_hot_math_sqrt) => self.square_root(f, inst),
            Callee::Hot(H::dxp_hot_truth) => self.truth(f, inst),
            _ => Rewrite::Keep,
        }
    }

    /// Both operands as floats, when arithmetic on them is float arithmetic.
    fn floats(&mut self, f: &mut Function, inst: &Inst) -> Option<(Value, Value)> {
        let (a, b) = (inst.args[0], inst.args[1]);
        let (float_a, float_b) = (self.is_float(f, a), self.is_float(f, b));
        let other_small = |this: &Self, value| this.is_int(f, value) && f.kinds(value).within(Kinds::SMALL);
        let fits =
            (float_a && float_b) || (float_a && other_small(self, b)) || (float_b && other_small(self, a));
        if !fits {
            return None;
        }
        Some((self.float(f, a)?, self.float(f, b)?))
    }

    fn binary(&mut self, f: &mut Function, inst: &Inst, float_op: Op, int_op: Option<Op>) -> Rewrite {
        if let Some((a, b)) = self.floats(f, inst) {
            let result = self.push1(f, float_op, Imm::No, vec![a, b], Type::F64, Kinds::ANY);
            return self.box_float(f, result);
        }
        let (a, b) = (inst.args[0], inst.args[1]);
        if !self.is_int(f, a) || !self.is_int(f, b) {
            return Rewrite::Keep;
        }
        let Some(op) = int_op else { return Rewrite::Keep };
        let mark = self.out.len();
        let (Some((x, ix)), Some((y, iy))) = (self.int(f, a), self.int(f, b)) else { return Rewrite::Keep };
        let interval = match op {
            Op::IAdd => (ix.0 + iy.0, ix.1 + iy.1),
            Op::ISub => (ix.0 - iy.1, ix.1 - iy.0),
            _ => {
                let products = [ix.0 * iy.0, ix.0 * iy.1, ix.1 * iy.0, ix.1 * iy.1];
                (products.into_iter().min().expect("four"), products.into_iter().max().expect("four"))
            }
        };
        if interval.0 >= WORD.0 && interval.1 <= WORD.1 {
            let result = self.push1(f, op, Imm::No, vec![x, y], Type::I64, Kinds::ANY);
            return self.box_int(f, result, interval);
        }
        if self.exit.is_none() {
            self.out.truncate(mark);
            return Rewrite::Keep;
        }
        let op = match op {
            Op::IAdd => Op::IAddOvf,
            Op::ISub => Op::ISubOvf,
            _ => Op::IMulOvf,
        };
        let (result, overflowed) = (f.new_value(Type::I64, Kinds::ANY), f.new_value(Type::Bool, Kinds::ANY));
        self.out.push(Inst::new(op, Imm::No, vec![x, y], vec![result, overflowed]));
        self.leave_if(f, overflowed);
        self.box_int(f, result, (interval.0.max(WORD.0), interval.1.min(WORD.1)))
    }

    /// A square root of a float; a negative one goes the generic way, which raises.
    fn square_root(&mut self, f: &mut Function, inst: &Inst) -> Rewrite {
        if !self.is_float(f, inst.args[0]) {
            return Rewrite::Keep;
        }
        let Some(x) = self.float(f, inst.args[0]) else { return Rewrite::Keep };
        let zero = self.push1(f, Op::FConst, Imm::Float(0), Vec::new(), Type::F64, Kinds::ANY);
        let is_negative = self.push1(f, Op::FCmp, Imm::Cmp(Cmp::Lt), vec![x, zero], Type::Bool, Kinds::ANY);
        let cold = self.split_cold(f, is_negative);
        let mut raise = inst.clone();
        raise.results = vec![f.new_value(Type::Obj, Kinds::FLOAT)];
        f.push(cold, raise);
        f.block_mut(cold).term = Terminator::Unreachable;
        let result = self.push1(f, Op::FSqrt, Imm::No, vec![x], Type::F64, Kinds::ANY);
        self.box_float(f, result)
    }

    /// A division whose operands are floats or small ints exact as floats; a zero divisor goes the generic way.
    fn division(&mut self, f: &mut Function, inst: &Inst) -> Rewrite {
        if !self.is_float(f, inst.args[0]) && !self.is_float(f, inst.args[1]) {
            return Rewrite::Keep;
        }
        let Some((a, b)) = self.floats(f, inst) else { return Rewrite::Keep };
        let divisor = self.words.get(&inst.args[1]).copied();
        if divisor.is_none_or(|divisor| divisor == 0) {
            let zero = self.push1(f, Op::FConst, Imm::Float(0), Vec::new(), Type::F64, Kinds::ANY);
            let is_zero =
                self.push1(f, Op::FCmp, Imm::Cmp(Cmp::Eq), vec![b, zero], Type::Bool, Kinds::ANY);
            let cold = self.split_cold(f, is_zero);
            let mut raise = inst.clone();
            raise.results = vec![f.new_value(Type::Obj, Kinds::FLOAT)];
            f.push(cold, raise);
            f.block_mut(cold).term = Terminator::Unreachable;
        }
        let result = self.push1(f, Op::FDiv, Imm::No, vec![a, b], Type::F64, Kinds::ANY);
        self.box_float(f, result)
    }

    fn int_division(&mut self, f: &mut Function, inst: &Inst, op: Op) -> Rewrite {
        let (a, b) = (inst.args[0], inst.args[1]);
        if !self.is_int(f, a) || !self.is_int(f, b) {
            return Rewrite::Keep;
        }
        let positive = self.words.get(&b).is_some_and(|divisor| *divisor > 0);
        if !positive && self.exit.is_none() {
            return Rewrite::Keep;
        }
        let mark = self.out.len();
        let (Some((x, ix)), Some((y, iy))) = (self.int(f, a), self.int(f, b)) else { return Rewrite::Keep };
        if !positive {
            // The least int by -1 overflows.
            if ix.0 == WORD.0 {
                self.out.truncate(mark);
                return Rewrite::Keep;
            }
            if iy.0 <= 0 && iy.1 >= 0 {
                let zero = self.push1(f, Op::IConst, Imm::Int(0), Vec::new(), Type::I64, Kinds::ANY);
                let is_zero = self.push1(f, Op::ICmp, Imm::Cmp(Cmp::Eq), vec![y, zero], Type::Bool, Kinds::ANY);
                self.leave_if(f, is_zero);
            }
        }
        let result = self.push1(f, op, Imm::No, vec![x, y], Type::I64, Kinds::ANY);
        let largest = ix.0.abs().max(ix.1.abs());
        let interval = match op {
            Op::IMod if iy.0 > 0 => (0, iy.1 - 1),
            // The divisor's sign, and nearer to zero.
            Op::IMod => (iy.0.min(0), iy.1.max(0)),
            _ if iy.0 == iy.1 && iy.0 > 0 => (ix.0.div_euclid(iy.0), ix.1.div_euclid(iy.0)),
            _ => (-largest - 1, largest),
        };
        self.box_int(f, result, (interval.0.max(WORD.0), interval.1.min(WORD.1)))
    }

    fn bitwise(&mut self, f: &mut Function, inst: &Inst, op: Op) -> Rewrite {
        let (a, b) = (inst.args[0], inst.args[1]);
        if !self.is_int(f, a) || !self.is_int(f, b) {
            return Rewrite::Keep;
        }
        let (Some((x, ix)), Some((y, iy))) = (self.int(f, a), self.int(f, b)) else { return Rewrite::Keep };
        let result = self.push1(f, op, Imm::No, vec![x, y], Type::I64, Kinds::ANY);
        let within_small = |i: Interval| i.0 >= SMALL.0 && i.1 <= SMALL.1;
        let interval = if op == Op::IAnd && ix.0 >= 0 {
            (0, ix.1)
        } else if op == Op::IAnd && iy.0 >= 0 {
            (0, iy.1)
        } else if within_small(ix) && within_small(iy) {
            SMALL
        } else {
            (i128::from(i64::MIN), i128::from(i64::MAX))
        };
        self.box_int(f, result, interval)
    }

    fn shift_right(&mut self, f: &mut Function, inst: &Inst) -> Rewrite {
        let Some((x, ix, y, shift)) = self.shift_operands(f, inst) else { return Rewrite::Keep };
        let result = self.push1(f, Op::IShr, Imm::No, vec![x, y], Type::I64, Kinds::ANY);
        let interval = match shift {
            Some(shift) => (ix.0 >> shift, ix.1 >> shift),
            None => (ix.0.min(0), ix.1.max(0)),
        };
        self.box_int(f, result, interval)
    }

    /// A shift to the left that loses nothing; else the way out.
    fn shift_left(&mut self, f: &mut Function, inst: &Inst) -> Rewrite {
        if self.exit.is_none() {
            return Rewrite::Keep;
        }
        let Some((x, ix, y, shift)) = self.shift_operands(f, inst) else { return Rewrite::Keep };
        let result = self.push1(f, Op::IShl, Imm::No, vec![x, y], Type::I64, Kinds::ANY);
        let interval = match shift {
            Some(shift) => (ix.0 << shift, ix.1 << shift),
            None => (WORD.0 * 2, WORD.1 * 2),
        };
        if interval.0 < WORD.0 || interval.1 > WORD.1 {
            let back = self.push1(f, Op::IShr, Imm::No, vec![result, y], Type::I64, Kinds::ANY);
            let lost = self.push1(f, Op::ICmp, Imm::Cmp(Cmp::Ne), vec![back, x], Type::Bool, Kinds::ANY);
            self.leave_if(f, lost);
        }
        self.box_int(f, result, (interval.0.max(WORD.0), interval.1.min(WORD.1)))
    }

    /// The operands of a shift by less than 64, and the shift where it is known. With a way out, any shift is tested.
    fn shift_operands(&mut self, f: &mut Function, inst: &Inst) -> Option<(Value, Interval, Value, Option<i64>)> {
        let (a, b) = (inst.args[0], inst.args[1]);
        let known = self.words.get(&b).copied();
        let fits = known.is_some_and(|shift| (0..64).contains(&shift));
        if !self.is_int(f, a) || !self.is_int(f, b) || (!fits && (known.is_some() || self.exit.is_none())) {
            return None;
        }
        let (x, ix) = self.int(f, a)?;
        let (y, iy) = self.int(f, b)?;
        if !fits && (iy.0 < 0 || iy.1 > 63) {
            let limit = self.push1(f, Op::IConst, Imm::Int(64), Vec::new(), Type::I64, Kinds::ANY);
            let fits = self.push1(f, Op::InBounds, Imm::No, vec![y, limit], Type::Bool, Kinds::ANY);
            let too_far = self.push1(f, Op::BNot, Imm::No, vec![fits], Type::Bool, Kinds::ANY);
            self.leave_if(f, too_far);
        }
        Some((x, ix, y, known))
    }

    fn negation(&mut self, f: &mut Function, inst: &Inst) -> Rewrite {
        if self.is_float(f, inst.args[0]) {
            let Some(value) = self.float(f, inst.args[0]) else { return Rewrite::Keep };
            let result = self.push1(f, Op::FNeg, Imm::No, vec![value], Type::F64, Kinds::ANY);
            return self.box_float(f, result);
        }
        if !self.is_int(f, inst.args[0]) {
            return Rewrite::Keep;
        }
        let Some((x, ix)) = self.int(f, inst.args[0]) else { return Rewrite::Keep };
        if ix.0 <= i128::from(i64::MIN) {
            return Rewrite::Keep;
        }
        let zero = self.push1(f, Op::IConst, Imm::Int(0), Vec::new(), Type::I64, Kinds::ANY);
        let result = self.push1(f, Op::ISub, Imm::No, vec![zero, x], Type::I64, Kinds::ANY);
        self.box_int(f, result, (-ix.1, -ix.0))
    }

    /// `boxed`: the result is an object.
    fn comparison(&mut self, f: &mut Function, inst: &Inst, cmp: Cmp, boxed: bool) -> Rewrite {
        const EXACT: i64 = 1 << 53;
        let (a, b) = (inst.args[0], inst.args[1]);
        let exact = |this: &Self, value: Value| this.words.get(&value).is_some_and(|word| word.abs() <= EXACT);
        let (float_a, float_b) = (self.is_float(f, a), self.is_float(f, b));
        let floats = (float_a && float_b) || (float_a && exact(self, b)) || (float_b && exact(self, a));
        let result = if floats {
            let (Some(x), Some(y)) = (self.float(f, a), self.float(f, b)) else { return Rewrite::Keep };
            self.push1(f, Op::FCmp, Imm::Cmp(cmp), vec![x, y], Type::Bool, Kinds::ANY)
        } else if self.is_int(f, a) && self.is_int(f, b) {
            let (Some((x, _)), Some((y, _))) = (self.int(f, a), self.int(f, b)) else { return Rewrite::Keep };
            self.push1(f, Op::ICmp, Imm::Cmp(cmp), vec![x, y], Type::Bool, Kinds::ANY)
        } else {
            return Rewrite::Keep;
        };
        if boxed {
            let value = self.push1(f, Op::BoxBool, Imm::No, vec![result], Type::Obj, Kinds::BOOL);
            self.boxed_bools.insert(value, result);
            return Rewrite::Value(value);
        }
        Rewrite::Value(result)
    }

    fn truth(&mut self, f: &mut Function, inst: &Inst) -> Rewrite {
        let value = inst.args[0];
        let kinds = f.kinds(value);
        if kinds == Kinds::NEVER {
            return Rewrite::Keep;
        }
        if let Some(unboxed) = self.boxed_bools.get(&value) {
            return Rewrite::Value(*unboxed);
        }
        if kinds.within(Kinds::BOOL) {
            return Rewrite::Value(self.push1(f, Op::UnboxBool, Imm::No, vec![value], Type::Bool, Kinds::ANY));
        }
        if kinds.within(Kinds::NONE) {
            return self.bool(f, false);
        }
        if kinds.within(Kinds::FUNCTION | Kinds::CELL | Kinds::GENERATOR | Kinds::SLICE) {
            return self.bool(f, true);
        }
        if self.is_float(f, value) {
            let Some(x) = self.float(f, value) else { return Rewrite::Keep };
            let zero = self.push1(f, Op::FConst, Imm::Float(0), Vec::new(), Type::F64, Kinds::ANY);
            return Rewrite::Value(self.push1(
                f,
                Op::FCmp,
                Imm::Cmp(Cmp::Ne),
                vec![x, zero],
                Type::Bool,
                Kinds::ANY,
            ));
        }
        if self.is_int(f, value) {
            let Some((x, _)) = self.int(f, value) else { return Rewrite::Keep };
            let zero = self.push1(f, Op::IConst, Imm::Int(0), Vec::new(), Type::I64, Kinds::ANY);
            return Rewrite::Value(self.push1(
                f,
                Op::ICmp,
                Imm::Cmp(Cmp::Ne),
                vec![x, zero],
                Type::Bool,
                Kinds::ANY,
            ));
        }
        Rewrite::Keep
    }
}
