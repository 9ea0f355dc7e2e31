//! One function: blocks, block parameters, terminators. Instructions are in [`crate::inst`].
//!
//! IR blocks are visited in reverse postorder, so that every value is there when it is used. An IR block may need several LLVM
//! blocks; the last one is where its successors' phis see it come from. Blocks that are rarely run are laid
//! out behind all others.

use std::collections::HashMap;

use dxpyc_ir::function::ENTRY;
use dxpyc_ir::{BlockCall, BlockId, Function, Inst, Op, Terminator, Type, Unit, Value};
use inkwell::basic_block::BasicBlock;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicValueEnum, FloatValue, FunctionValue, IntValue, PhiValue, PointerValue};

use crate::split::{Part, Split};
use crate::statics::UnitRefs;
use crate::values::{Built, Code, Odds};

/// Hot paths and counts are inlined into functions with no more hot instructions than this. (Straight-line code of 4,800 instructions, run
/// in a loop, took 346 KB and 200 ns for each unpacking of ten items when all was inlined, and 60 ns when it was called.)
const INLINING_INSTS_MAX: usize = 2500;

/// What the translation of a function reads.
pub struct Surroundings<'a, 'ctx> {
    pub code: &'a Code<'ctx>,
    pub unit: &'a Unit,
    pub refs: &'a UnitRefs,
    /// The module's inline caches, and where each of the unit's starts.
    pub caches: HashMap<u32, PointerValue<'ctx>>,
    /// Counts and tests are calls: the module is built quickly.
    pub out_of_line: bool,
}

/// A function while it is translated.
pub struct Translation<'a, 'ctx> {
    pub code: &'a Code<'ctx>,
    pub around: &'a Surroundings<'a, 'ctx>,
    pub function: &'a Function,
    pub llvm: FunctionValue<'ctx>,
    values: Vec<Option<BasicValueEnum<'ctx>>>,
    /// First LLVM block of each IR block that is reached.
    pub blocks: Vec<Option<BasicBlock<'ctx>>>,
    phis: Vec<Vec<PhiValue<'ctx>>>,
    /// The current block is rarely run.
    pub in_cold: bool,
    /// Counts are calls.
    pub out_of_line: bool,
    /// The function is too big for the processor's caches if all its hot paths are inlined: they are calls too.
    pub huge: bool,
    /// How the function is split, if it is.
    split: Option<Split>,
    /// Room for array arguments and for results through memory.
    pub arguments: Option<PointerValue<'ctx>>,
    pub outputs: Option<PointerValue<'ctx>>,
}

/// So many `decref`s in a row are one call, where they are calls.
const DECREFS_MIN: usize = 3;

/// The operands of the `decref`s at the start.
fn decrefs(insts: &[Inst]) -> Vec<Value> {
    insts.iter().take_while(|inst| inst.op == Op::DecRef).map(|inst| inst.args[0]).collect()
}

fn longest_decrefs(insts: &[Inst]) -> usize {
    insts.split(|inst| inst.op != Op::DecRef).map(<[Inst]>::len).max().unwrap_or(0)
}

/// Translates a part of a function into the module.
pub fn translate<'ctx>(around: &Surroundings<'_, 'ctx>, function: &Function, part: Part) {
    let code = around.code;
    assert!(function.counted, "{}: reference counts are explicit", function.name);
    let split = if part == Part::Whole { None } else { Split::new(function, around.refs) };
    let llvm = match (&split, part) {
        (Some(split), Part::Generic) => generic_function(code, function, split),
        _ => code.python_function(&function.symbol, function.block(ENTRY).params.len()),
    };
    code.define(llvm);
    let all = reverse_postorder(function);
    let mut cold = cold_blocks(function, &all);
    let is_here = |id: &BlockId| {
        split.as_ref().is_none_or(|split| split.region[id.index()] == (part == Part::Generic))
    };
    let order: Vec<BlockId> = all.into_iter().filter(is_here).collect();
    if part == Part::Generic {
        // All of it is; nothing of it is behind the rest.
        cold.fill(false);
    }

    let entry = code.context.append_basic_block(llvm, "entry");
    let mut blocks = vec![None; function.blocks.len()];
    for rare in [false, true] {
        for &id in order.iter().filter(|id| cold[id.index()] == rare) {
            blocks[id.index()] = Some(code.context.append_basic_block(llvm, &id.to_string()));
        }
    }
    let n_insts: usize = order.iter().filter(|id| !cold[id.index()]).map(|id| function.block(*id).insts.len()).sum();
    let huge = n_insts > INLINING_INSTS_MAX;
    let mut translation = Translation {
        code,
        around,
        function,
        llvm,
        values: vec![None; function.values.len()],
        blocks,
        phis: vec![Vec::new(); function.blocks.len()],
        in_cold: false,
        out_of_line: around.out_of_line || huge,
        huge,
        split,
        arguments: None,
        outputs: None,
    };
    code.at(entry);
    translation.make_room();
    if part == Part::Generic {
        translation.start_generic(&order);
    } else {
        code.jump(translation.llvm_block(ENTRY));
        translation.bind_parameters(&order, entry);
    }
    for &id in &order {
        translation.in_cold = cold[id.index()];
        code.at(translation.llvm_block(id));
        translation.instructions(&function.block(id).insts);
        translation.terminator(&function.block(id).term);
    }
}

/// The function of a generic version.
fn generic_function<'ctx>(code: &Code<'ctx>, function: &Function, split: &Split) -> FunctionValue<'ctx> {
    code.python_function(&format!("{}:generic", function.symbol), split.n_params)
}

/// Blocks that are reached, each before those that it dominates.
fn reverse_postorder(function: &Function) -> Vec<BlockId> {
    let mut seen = vec![false; function.blocks.len()];
    let mut postorder = Vec::new();
    let mut stack: Vec<(BlockId, Vec<BlockId>)> = vec![(ENTRY, function.successors(ENTRY))];
    seen[ENTRY.index()] = true;
    while let Some((id, left)) = stack.last_mut() {
        match left.pop() {
            Some(next) if !seen[next.index()] => {
                seen[next.index()] = true;
                stack.push((next, function.successors(next)));
            }
            Some(_) => {}
            None => {
                postorder.push(*id);
                stack.pop();
            }
        }
    }
    postorder.reverse();
    postorder
}

/// Marked blocks, error exits, and what is reached only from those.
fn cold_blocks(function: &Function, order: &[BlockId]) -> Vec<bool> {
    let mut cold = vec![true; function.blocks.len()];
    cold[ENTRY.index()] = false;
    for &id in order {
        if cold[id.index()] {
            continue;
        }
        for call in function.block(id).term.calls() {
            if !function.block(call.block).cold {
                cold[call.block.index()] = false;
            }
        }
    }
    // Back edges: once more for blocks that a later hot block leads to.
    for &id in order.iter().rev() {
        if cold[id.index()] {
            continue;
        }
        for call in function.block(id).term.calls() {
            if !function.block(call.block).cold {
                cold[call.block.index()] = false;
            }
        }
    }
    cold
}

impl<'ctx> Translation<'_, 'ctx> {
    fn instructions(&mut self, insts: &[Inst]) {
        let mut index = 0;
        while let Some(inst) = insts.get(index) {
            let dying = decrefs(&insts[index..]);
            if dying.len() >= DECREFS_MIN && (self.out_of_line || self.in_cold) {
                index += dying.len();
                self.decref_many(&dying);
            } else {
                index += 1;
                self.inst(inst);
            }
        }
    }

    pub fn llvm_block(&self, id: BlockId) -> BasicBlock<'ctx> {
        self.blocks[id.index()].unwrap_or_else(|| panic!("{}: {id} is not reached", self.function.name))
    }

    fn llvm_type(&self, ty: Type) -> BasicTypeEnum<'ctx> {
        match ty {
            Type::Obj | Type::I64 => self.code.word.into(),
            Type::F64 => self.code.float.into(),
            Type::Bool => self.code.bit.into(),
            Type::Ptr => self.code.ptr.into(),
        }
    }

    pub fn get(&self, value: Value) -> BasicValueEnum<'ctx> {
        self.values[value.index()].unwrap_or_else(|| panic!("{}: {value} is used before it is defined", self.function.name))
    }

    pub fn int(&self, value: Value) -> IntValue<'ctx> {
        self.get(value).into_int_value()
    }

    pub fn float(&self, value: Value) -> FloatValue<'ctx> {
        self.get(value).into_float_value()
    }

    pub fn set(&mut self, value: Value, llvm: impl Into<BasicValueEnum<'ctx>>) {
        let slot = &mut self.values[value.index()];
        assert!(slot.is_none(), "{}: {value} is defined once", self.function.name);
        *slot = Some(llvm.into());
    }

    /// Stack space for the longest argument array and the longest output array of any call.
    fn make_room(&mut self) {
        let insts = || self.function.blocks.iter().flat_map(|block| &block.insts).filter(|inst| inst.op == Op::Call);
        let n_arguments = insts().map(|inst| self.n_array_words(inst)).max().unwrap_or(0);
        let n_dying = self.function.blocks.iter().map(|block| longest_decrefs(&block.insts)).max().unwrap_or(0);
        let n_arguments = n_arguments.max(if n_dying >= DECREFS_MIN { n_dying } else { 0 });
        let n_outputs = insts().map(|inst| self.n_output_words(inst)).max().unwrap_or(0);
        let room = |words: usize| {
            let ty = self.code.word.array_type(words as u32);
            (words > 0).then(|| self.code.builder.build_alloca(ty, "").built())
        };
        let (arguments, outputs) = (room(n_arguments), room(n_outputs));
        self.arguments = arguments;
        self.outputs = outputs;
    }

    /// Entry parameters are the function's; those of other blocks are phis.
    fn bind_parameters(&mut self, order: &[BlockId], entry: BasicBlock<'ctx>) {
        for &id in order {
            if id == ENTRY && !self.is_loop_header(ENTRY) {
                for (index, &param) in self.function.block(ENTRY).params.iter().enumerate() {
                    let value = self.llvm.get_nth_param(index as u32).expect("one for each block parameter");
                    self.set(param, value);
                }
                continue;
            }
            self.code.at(self.llvm_block(id));
            for (index, &param) in self.function.block(id).params.iter().enumerate() {
                let phi = self.code.builder.build_phi(self.llvm_type(self.function.ty(param)), "").built();
                if id == ENTRY {
                    let value = self.llvm.get_nth_param(index as u32).expect("one for each block parameter");
                    phi.add_incoming(&[(&value, entry)]);
                }
                self.set(param, phi.as_basic_value());
                self.phis[id.index()].push(phi);
            }
        }
    }

    /// The start of a generic version: what is live in both versions, then to the block whose number is the first argument.
    fn start_generic(&mut self, order: &[BlockId]) {
        let code = self.code;
        let split = self.split.take().expect("the generic version is a part");
        let start = code.here();
        let param = |index: usize| self.llvm.get_nth_param(index as u32).expect("counted").into_int_value();
        let params: Vec<IntValue<'ctx>> = (0..split.n_params).map(param).collect();
        for (index, &value) in split.live.iter().enumerate() {
            let passed = self.from_word(params[1 + index], self.function.ty(value));
            self.set(value, passed);
        }
        for &(id, at) in &split.again {
            self.inst(&self.function.block(id).insts[at].clone());
        }
        for &id in order {
            code.at(self.llvm_block(id));
            for &value in &self.function.block(id).params {
                let phi = code.builder.build_phi(self.llvm_type(self.function.ty(value)), "").built();
                self.set(value, phi.as_basic_value());
                self.phis[id.index()].push(phi);
            }
        }
        let none = code.context.append_basic_block(self.llvm, "");
        code.at(none);
        code.builder.build_unreachable().built();
        let mut cases = Vec::new();
        for (number, &(entry, _)) in split.entries.iter().enumerate() {
            let stub = code.context.append_basic_block(self.llvm, "");
            code.at(stub);
            for (index, phi) in self.phis[entry.index()].iter().enumerate() {
                let ty = self.function.ty(self.function.block(entry).params[index]);
                let passed = self.from_word(params[1 + split.live.len() + index], ty);
                phi.add_incoming(&[(&passed, stub)]);
            }
            code.jump(self.llvm_block(entry));
            cases.push((code.w(number as u64), stub));
        }
        code.at(start);
        code.builder.build_switch(params[0], none, &cases).built();
    }

    /// Leaves for the generic version, for good.
    fn leave_for(&self, call: &BlockCall) {
        let code = self.code;
        let split = self.split.as_ref().expect("only split functions leave");
        let number = split.entries.iter().position(|(entry, _)| *entry == call.block).expect("an entry");
        let used = &split.entries[number].1;
        let mut args = vec![code.w(number as u64)];
        args.extend(split.live.iter().map(|value| match used.contains(value) {
            true => self.to_word(self.get(*value)),
            false => code.w(0),
        }));
        args.extend(call.args.iter().map(|arg| self.to_word(self.get(*arg))));
        args.resize(split.n_params, code.w(0));
        let args: Vec<_> = args.into_iter().map(Into::into).collect();
        let result = code.call_cold(generic_function(code, self.function, split), &args);
        code.builder.build_return(Some(&crate::values::word_of(result))).built();
    }

    fn to_word(&self, value: BasicValueEnum<'ctx>) -> IntValue<'ctx> {
        let builder = &self.code.builder;
        match value {
            BasicValueEnum::IntValue(int) => builder.build_int_z_extend_or_bit_cast(int, self.code.word, "").built(),
            BasicValueEnum::FloatValue(float) => {
                builder.build_bit_cast(float, self.code.word, "").built().into_int_value()
            }
            BasicValueEnum::PointerValue(pointer) => builder.build_ptr_to_int(pointer, self.code.word, "").built(),
            _ => panic!("{}: a value of no machine type", self.function.name),
        }
    }

    fn from_word(&self, word: IntValue<'ctx>, ty: Type) -> BasicValueEnum<'ctx> {
        let builder = &self.code.builder;
        match ty {
            Type::Obj | Type::I64 => word.into(),
            Type::F64 => builder.build_bit_cast(word, self.code.float, "").built(),
            Type::Bool => builder.build_int_truncate(word, self.code.bit, "").built().into(),
            Type::Ptr => builder.build_int_to_ptr(word, self.code.ptr, "").built().into(),
        }
    }

    /// Whether a block is in the other version.
    fn is_elsewhere(&self, id: BlockId) -> bool {
        self.split.as_ref().is_some_and(|split| split.region[id.index()])
    }

    fn is_loop_header(&self, id: BlockId) -> bool {
        self.function.block_ids().iter().any(|&from| self.function.successors(from).contains(&id))
    }

    /// Gives the target's phis their values from the current LLVM block.
    fn pass(&self, call: &BlockCall) {
        let here = self.code.here();
        let phis = &self.phis[call.block.index()];
        assert_eq!(phis.len(), call.args.len(), "{}: arguments of {}", self.function.name, call.block);
        for (phi, &arg) in phis.iter().zip(&call.args) {
            phi.add_incoming(&[(&self.get(arg), here)]);
        }
    }

    /// The LLVM block to go to for an edge. Edges with arguments that share their target with others of the
    /// same terminator get a block of their own, because a phi has one value for each predecessor.
    fn edge(&self, call: &BlockCall, shared: bool) -> BasicBlock<'ctx> {
        if self.is_elsewhere(call.block) {
            let from = self.code.here();
            let middle = self.code.context.append_basic_block(self.llvm, "");
            self.code.at(middle);
            self.leave_for(call);
            self.code.at(from);
            return middle;
        }
        let target = self.llvm_block(call.block);
        if !shared || call.args.is_empty() {
            self.pass(call);
            return target;
        }
        let from = self.code.here();
        let middle = self.code.block_after(from);
        self.code.at(middle);
        self.pass(call);
        self.code.jump(target);
        self.code.at(from);
        middle
    }

    fn is_cold(&self, id: BlockId) -> bool {
        self.function.block(id).cold
    }

    fn terminator(&mut self, terminator: &Terminator) {
        let code = self.code;
        match terminator {
            Terminator::None => panic!("{}: a block without end", self.function.name),
            Terminator::Jump(call) if self.is_elsewhere(call.block) => self.leave_for(call),
            Terminator::Jump(call) => {
                self.pass(call);
                code.jump(self.llvm_block(call.block));
            }
            Terminator::Branch { cond, then, other } => {
                let cond = self.int(*cond);
                let shared = then.block == other.block;
                let (then_block, other_block) = (self.edge(then, shared), self.edge(other, shared));
                let odds = match (self.is_cold(then.block), self.is_cold(other.block)) {
                    (false, true) => Odds::Then,
                    (true, false) => Odds::Other,
                    _ => Odds::Even,
                };
                code.branch(cond, then_block, other_block, odds);
            }
            Terminator::Switch { value, cases, default } => {
                let value = self.int(*value);
                let shared = |call: &BlockCall| {
                    cases.iter().map(|(_, call)| call).chain([default]).filter(|other| other.block == call.block).count() > 1
                };
                let default_block = self.edge(default, shared(default));
                let cases: Vec<_> = cases
                    .iter()
                    .map(|(key, call)| (code.w(*key as u64), self.edge(call, shared(call))))
                    .collect();
                code.builder.build_switch(value, default_block, &cases).built();
            }
            Terminator::Return(value) => {
                let value = self.int(*value);
                code.builder.build_return(Some(&value)).built();
            }
            Terminator::ReturnError => {
                code.builder.build_return(Some(&code.w(dxpyc_abi::Value::ERROR.0))).built();
            }
            Terminator::Unreachable => {
                code.builder.build_unreachable().built();
            }
        }
    }
}
