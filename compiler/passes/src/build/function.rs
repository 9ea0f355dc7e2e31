//! The builder of one machine function: blocks, the values that registers hold, error exits.
//!
//! Blocks are visited in reverse postorder. A DPB block with one normal predecessor takes over the register state of its edge; every
//! other block has a parameter for each register live at its start (`prune-params` removes the needless ones).

use super::{direct, emit, fuse};
use super::liveness::RegLiveness;
use super::versions::Versioned;
use super::{Shared, n_params};
use dxpyc_abi::entries::Entry;
use dxpyc_abi::hot::Hot;
use dxpyc_abi::value::Value as Word;
use dxpyc_dpb::{self as dpb, Reg};
use dxpyc_ir::callee::Callee;
use dxpyc_ir::function::{ENTRY, FunctionKind};
use dxpyc_ir::{BlockCall, BlockId, CacheKind, Function, Imm, Inst, Kinds, Op, Terminator, Type, Value};
use std::collections::{HashMap, HashSet};

/// Builds a plain body.
pub(super) fn build_body(shared: &mut Shared<'_>, versioned: &Versioned, index: usize) -> Function {
    let mut builder = Builder::new(shared, versioned, index, FunctionKind::Body);
    builder.func = builder.out.add_param(ENTRY, Type::Obj, Kinds::FUNCTION);
    let n_params = n_params(builder.source);
    for slot in 0..n_params {
        let param = builder.out.add_param(ENTRY, Type::Obj, Kinds::ANY.without(Kinds::MISSING | Kinds::SPECIAL));
        builder.out.values[param.index()].hint = slot;
        builder.params.push(param);
    }
    builder.position = dpb::Position { line: builder.source.first_line, ..dpb::Position::NONE };
    let error = builder.out.new_cold_block();
    builder.out.block_mut(error).term = Terminator::ReturnError;
    let mut check = Inst::new(Op::CheckStack, Imm::No, Vec::new(), Vec::new());
    check.on_error = Some(error);
    builder.push(check);
    builder.start_state();
    for (slot, param) in builder.params.clone().into_iter().enumerate() {
        builder.state[slot] = param;
    }
    builder.jump_to_start();
    builder.run();
    builder.out
}

/// The builder.
pub(super) struct Builder<'a, 'b> {
    pub shared: &'a mut Shared<'b>,
    pub source: &'a dpb::Function,
    pub versioned: &'a Versioned,
    /// Counted loops by header: the stop value and the step.
    pub counted: HashMap<dpb::BlockId, (Value, i64)>,
    pub out: Function,
    pub live: RegLiveness,
    /// The function object.
    pub func: Value,
    /// Resume functions: the generator and what was sent.
    pub generator: Option<(Value, Value)>,
    /// Parameters of a body.
    pub params: Vec<Value>,
    /// Frame slot of each register that lives across a suspension.
    pub slots: HashMap<Reg, u32>,
    /// Resume blocks by state number, from 1.
    pub resume_points: Vec<BlockId>,
    /// What each register holds now.
    pub state: Vec<Value>,
    /// Where instructions go.
    pub block: BlockId,
    pub missing: Value,
    /// Position of the instruction at work.
    pub position: dpb::Position,
    /// DPB block and index of the instruction at work.
    pub at: (dpb::BlockId, usize),
    /// The handler of the block at work.
    pub handler: Option<dpb::BlockId>,
    blocks: Vec<Option<BlockId>>,
    /// Register state at the start of blocks without parameters.
    entry_state: Vec<Option<Vec<Value>>>,
    /// For values that came from globals or captured variables: the name.
    pub globals: HashMap<Value, dpb::NameId>,
    /// For what stands for a method of a builtin type: the method.
    pub direct: HashMap<Value, direct::Direct>,
    /// For constants of one ASCII character: the character.
    pub characters: HashMap<Value, u8>,
    /// For what was loaded as a method: the name.
    pub methods: HashMap<Value, dpb::NameId>,
    /// For what was loaded as a method that was guessed: the guess.
    pub guessed: HashMap<Value, direct::Guessed>,
    /// Attributes that `__init__` stored.
    pub added: HashSet<dpb::NameId>,
    /// For boxed bools: the unboxed value.
    pub bools: HashMap<Value, Value>,
}

impl<'a, 'b> Builder<'a, 'b> {
    pub fn new(
        shared: &'a mut Shared<'b>,
        versioned: &'a Versioned,
        index: usize,
        kind: FunctionKind,
    ) -> Builder<'a, 'b> {
        let source = &versioned.function;
        let (name, symbol) = shared.names(index);
        let symbol = if kind == FunctionKind::Resume { format!("{symbol}:resume") } else { symbol };
        let name = if kind == FunctionKind::Resume { format!("{name}:resume") } else { name };
        let n_blocks = source.blocks.len();
        Builder {
            shared,
            source,
            versioned,
            counted: HashMap::new(),
            out: Function::new(name, symbol, kind, index as u32),
            live: RegLiveness::new(versioned),
            func: Value(u32::MAX),
            generator: None,
            params: Vec::new(),
            slots: HashMap::new(),
            resume_points: Vec::new(),
            state: Vec::new(),
            block: ENTRY,
            missing: Value(u32::MAX),
            position: dpb::Position::NONE,
            at: (dpb::BlockId(0), 0),
            handler: None,
            blocks: vec![None; n_blocks],
            entry_state: vec![None; n_blocks],
            globals: HashMap::new(),
            direct: HashMap::new(),
            characters: HashMap::new(),
            methods: HashMap::new(),
            guessed: HashMap::new(),
            added: HashSet::new(),
            bools: HashMap::new(),
        }
    }

    /// All registers unbound.
    pub fn start_state(&mut self) {
        self.missing = self.word(Word::MISSING, Kinds::MISSING);
        self.state = vec![self.missing; self.source.n_registers as usize];
    }

    /// Leaves the entry code for DPB block 0.
    pub fn jump_to_start(&mut self) {
        let call = self.edge(dpb::BlockId(0), None);
        self.terminate(Terminator::Jump(call));
    }

    /// Builds all blocks.
    pub fn run(&mut self) {
        for id in self.live.order.clone() {
            self.build_block(id);
        }
    }

    fn build_block(&mut self, id: dpb::BlockId) {
        let Some(block) = self.blocks[id.index()] else {
            // Only entered by an exception that no instruction raises.
            return;
        };
        self.block = block;
        if self.has_params(id) {
            self.state = vec![self.missing; self.source.n_registers as usize];
            let regs: Vec<Reg> = self.live.live_in[id.index()].iter().collect();
            let params = self.out.block(block).params.clone();
            for (reg, param) in regs.into_iter().zip(params) {
                self.state[reg.index()] = param;
            }
        } else {
            self.state = self.entry_state[id.index()].take().expect("the only predecessor was built before");
        }
        let source = self.source;
        let source_block = &source.blocks[id.index()];
        self.handler = source_block.handler;
        if self.live.is_loop_header[id.index()]
            && let Some(first) = source_block.insts.first()
        {
            self.position = first.position;
            self.check_stack();
        }
        let mut index = 0;
        while index < source_block.insts.len() {
            let inst = &source_block.insts[index];
            self.position = inst.position;
            self.at = (id, index);
            index += emit::emit(self, inst, source_block.insts.get(index + 1));
        }
    }

    /// Signals and the recursion limit, with a traceback entry: in a loop.
    fn check_stack(&mut self) {
        let mut check = Inst::new(Op::CheckStack, Imm::No, Vec::new(), Vec::new());
        check.on_error = Some(self.error_exit(true));
        self.push(check);
    }

    fn has_params(&self, id: dpb::BlockId) -> bool {
        let index = id.index();
        self.live.is_handler[index] || self.live.n_preds[index] + u32::from(index == 0) != 1
    }

    /// The IR block of a DPB block.
    fn target(&mut self, id: dpb::BlockId) -> BlockId {
        if let Some(block) = self.blocks[id.index()] {
            return block;
        }
        let block = self.out.new_block();
        if self.live.is_handler[id.index()] || self.versioned.generic[id.index()] {
            self.out.block_mut(block).cold = true;
        }
        self.out.block_mut(block).generic = self.versioned.generic[id.index()];
        self.blocks[id.index()] = Some(block);
        if self.has_params(id) {
            for reg in self.live.live_in[id.index()].iter().collect::<Vec<_>>() {
                let ty = if self.counts(reg) { Type::I64 } else { Type::Obj };
                let param = self.out.add_param(block, ty, Kinds::ANY);
                if reg.index() < self.source.varnames.len() {
                    self.out.values[param.index()].hint = reg.0;
                }
            }
        }
        block
    }

    /// Whether a register counts a loop: an `i64`.
    fn counts(&self, reg: Reg) -> bool {
        reg.0 >= self.versioned.n_plain
    }

    /// An edge to a DPB block with the present state; `def` is set on the edge.
    pub fn edge(&mut self, id: dpb::BlockId, def: Option<(Reg, Value)>) -> BlockCall {
        let block = self.target(id);
        let mut state = self.state.clone();
        if let Some((reg, value)) = def {
            state[reg.index()] = value;
        }
        if self.has_params(id) {
            let args = self.live.live_in[id.index()].iter().map(|reg| state[reg.index()]).collect();
            BlockCall::with(block, args)
        } else {
            self.entry_state[id.index()] = Some(state);
            BlockCall::to(block)
        }
    }

    /// Ends the block at work.
    pub fn terminate(&mut self, term: Terminator) {
        let block = self.out.block_mut(self.block);
        assert_eq!(block.term, Terminator::None, "a block ends once");
        block.term = term;
    }

    /// Appends an instruction to the block at work.
    pub fn push(&mut self, inst: Inst) {
        self.out.push(self.block, inst);
    }

    /// Appends an instruction with one result that cannot raise.
    pub fn push1(&mut self, op: Op, imm: Imm, args: Vec<Value>, ty: Type, kinds: Kinds) -> Value {
        self.out.push1(self.block, op, imm, args, ty, kinds)
    }

    /// A constant word.
    pub fn word(&mut self, word: Word, kinds: Kinds) -> Value {
        self.push1(Op::Word, Imm::Word(word.0), Vec::new(), Type::Obj, kinds)
    }

    /// `None`.
    pub fn none(&mut self) -> Value {
        self.word(Word::NONE, Kinds::NONE)
    }

    /// An `i64` constant.
    pub fn iconst(&mut self, value: i64) -> Value {
        self.push1(Op::IConst, Imm::Int(value), Vec::new(), Type::I64, Kinds::ANY)
    }

    /// An interned name.
    pub fn name(&mut self, name: dpb::NameId) -> Value {
        self.push1(Op::NameObj, Imm::Name(name.0), Vec::new(), Type::Obj, Kinds::STR)
    }

    /// A new inline cache.
    pub fn cache(&mut self, kind: CacheKind) -> Value {
        let index = self.shared.cache(kind);
        self.push1(Op::CachePtr, Imm::Cache(index), Vec::new(), Type::Ptr, Kinds::ANY)
    }

    /// The value of a register.
    pub fn get(&self, reg: Reg) -> Value {
        self.state[reg.index()]
    }

    /// The value of an optional register; MISSING when absent.
    pub fn get_opt(&self, reg: Option<Reg>) -> Value {
        reg.map_or(self.missing, |reg| self.get(reg))
    }

    /// Sets a register; the object that a variable held lives until here.
    pub fn set(&mut self, reg: Reg, value: Value) {
        let old = self.state[reg.index()];
        self.state[reg.index()] = value;
        if reg.index() < self.source.varnames.len() && self.out.values[value.index()].hint == u32::MAX {
            self.out.values[value.index()].hint = reg.0;
        }
        if self.live.named.contains(reg) {
            self.keep_alive(&[old]);
        }
    }

    /// Marks that values live until here, leaving out those that counts do not concern.
    pub fn keep_alive(&mut self, values: &[Value]) {
        let mut kept: Vec<Value> = Vec::new();
        for value in values {
            let counted = self.out.kinds(*value).may_be_pointer() && !self.params.contains(value);
            if counted && *value != self.func && !kept.contains(value) {
                kept.push(*value);
            }
        }
        if !kept.is_empty() {
            self.push(Inst::new(Op::KeepAlive, Imm::No, kept, Vec::new()));
        }
    }

    /// A new error block for an instruction at the present position and state: traceback, then the handler or the way out.
    pub fn error_exit(&mut self, with_traceback: bool) -> BlockId {
        let error = self.out.new_cold_block();
        if let (Some(index), position) = fuse::unmark(self.position) {
            let code = self.versioned.fused[index].code.0;
            let mut inst = Inst::new(Op::TracebackOf, Imm::Code(code), Vec::new(), Vec::new());
            inst.position = self.shared.foreign_position(code, position);
            self.out.push(error, inst);
            let leave = Callee::Entry(Entry::dxp_leave_generator);
            self.out.push(error, Inst::new(Op::Call, Imm::Callee(leave), Vec::new(), Vec::new()));
        }
        if with_traceback {
            let position = self.position_index();
            let mut inst = Inst::new(Op::Traceback, Imm::No, Vec::new(), Vec::new());
            inst.position = position;
            self.out.push(error, inst);
        }
        let block = std::mem::replace(&mut self.block, error);
        if let Some(handler) = self.handler {
            let call = self.edge(handler, None);
            self.terminate(Terminator::Jump(call));
        } else {
            self.leave_with_error();
        }
        self.block = block;
        error
    }

    /// Returns ERROR from the function.
    pub fn leave_with_error(&mut self) {
        if self.live.has_handlers {
            let named: Vec<Value> = self.live.named.iter().map(|reg| self.state[reg.index()]).collect();
            self.keep_alive(&named);
        }
        if let Some((generator, _)) = self.generator {
            let done = i64::from(dxpyc_abi::layout::GENERATOR_DONE);
            self.push(Inst::new(Op::GenSetState, Imm::Int(done), vec![generator], Vec::new()));
        }
        self.terminate(Terminator::ReturnError);
    }

    /// Returns a value from the function; variables live until here.
    pub fn leave_with(&mut self, value: Value) {
        let named: Vec<Value> = self.live.named.iter().map(|reg| self.state[reg.index()]).collect();
        self.keep_alive(&named);
        if let Some((generator, _)) = self.generator {
            let done = i64::from(dxpyc_abi::layout::GENERATOR_DONE);
            self.push(Inst::new(Op::GenSetState, Imm::Int(done), vec![generator], Vec::new()));
        }
        self.terminate(Terminator::Return(value));
    }

    /// The position of the instruction at work, as instructions have it.
    pub fn position_index(&mut self) -> u32 {
        let position = match fuse::unmark(self.position) {
            (Some(index), _) => self.versioned.fused[index].position,
            (None, position) => position,
        };
        self.shared.position(position)
    }

    /// Calls something by name; the results are `obj` of unknown kinds, or what the signature says.
    pub fn call(&mut self, callee: Callee, args: Vec<Value>, n_out: usize, with_traceback: bool) -> Vec<Value> {
        use dxpyc_ir::ParamKind;
        let signature = callee.signature();
        let mut results = Vec::new();
        if let Some(ty) = signature.ret.result() {
            results.push(self.out.new_value(ty, Kinds::ANY.without(Kinds::SPECIAL)));
        }
        for param in &signature.params {
            match param {
                ParamKind::Out => {
                    for _ in 0..n_out {
                        results.push(self.out.new_value(Type::Obj, Kinds::ANY.without(Kinds::SPECIAL)));
                    }
                }
                ParamKind::OutFlag => results.push(self.out.new_value(Type::Bool, Kinds::ANY)),
                _ => {}
            }
        }
        let mut inst = Inst::new(Op::Call, Imm::Callee(callee), args, results.clone());
        if signature.ret.raises() {
            inst.on_error = Some(self.error_exit(with_traceback));
            inst.position = self.position_index();
        }
        self.push(inst);
        results
    }

    /// Calls an entry point with one `obj` result of the given kinds.
    pub fn rt(&mut self, entry: Entry, args: Vec<Value>, kinds: Kinds) -> Value {
        let result = self.call(Callee::Entry(entry), args, 0, true)[0];
        self.out.values[result.index()].kinds = kinds;
        result
    }

    /// Calls an entry point with one result that is not an `obj` (truth), or none.
    pub fn rt_other(&mut self, entry: Entry, args: Vec<Value>) -> Option<Value> {
        self.call(Callee::Entry(entry), args, 0, true).first().copied()
    }

    /// Calls a hot path with one `obj` result.
    pub fn hot(&mut self, hot: Hot, args: Vec<Value>) -> Value {
        let result = self.call(Callee::Hot(hot), args, 0, true)[0];
        self.out.values[result.index()].kinds = Kinds::ANY.without(Kinds::SPECIAL | Kinds::MISSING);
        result
    }

    /// A bool as an object.
    pub fn box_bool(&mut self, value: Value) -> Value {
        let boxed = self.push1(Op::BoxBool, Imm::No, vec![value], Type::Obj, Kinds::BOOL);
        self.bools.insert(boxed, value);
        boxed
    }

    /// `bool(value)`.
    pub fn truth(&mut self, value: Value) -> Value {
        if let Some(unboxed) = self.bools.get(&value) {
            return *unboxed;
        }
        self.call(Callee::Hot(Hot::dxp_hot_truth), vec![value], 0, true)[0]
    }

    /// Whether a value is exactly a word.
    pub fn is_word(&mut self, value: Value, word: Word) -> Value {
        self.push1(Op::IsWord, Imm::Word(word.0), vec![value], Type::Bool, Kinds::ANY)
    }

    /// Ends the block with a branch whose `then` side is a new cold block, and goes on at the other side. Returns the cold block.
    pub fn split_cold(&mut self, cond: Value) -> BlockId {
        let cold = self.out.new_cold_block();
        let next = self.block_behind();
        self.terminate(Terminator::Branch { cond, then: BlockCall::to(cold), other: BlockCall::to(next) });
        self.block = next;
        cold
    }

    /// A new block, as hot as the block at work.
    pub fn block_behind(&mut self) -> BlockId {
        let next = self.out.new_block();
        self.out.block_mut(next).cold = self.out.block(self.block).cold;
        next
    }

    /// A new cold block that goes on in the generic version, in front of the instruction at work; none when there is no such exit.
    pub fn side_exit(&mut self) -> Option<BlockId> {
        let target = *self.versioned.exits.get(&self.at)?;
        let exit = self.out.new_cold_block();
        let block = std::mem::replace(&mut self.block, exit);
        let call = self.generic_edge(target);
        self.terminate(Terminator::Jump(call));
        self.block = block;
        Some(exit)
    }

    /// An edge to a block of the generic version; the iterators of the counted loops around are made, and methods that were not looked up.
    pub fn generic_edge(&mut self, target: dpb::BlockId) -> BlockCall {
        let versioned = self.versioned;
        let state = self.state.clone();
        for index in versioned.inside.get(&self.at.0).into_iter().flatten() {
            let counted = &versioned.counted[*index];
            if self.live.live_in[target.index()].contains(counted.iterator) {
                let (stop, step) = self.counted[&counted.header];
                let step = self.iconst(step);
                let next = self.get(counted.counter);
                let entry = Callee::Entry(Entry::dxp_range_iterator);
                self.state[counted.iterator.index()] = self.call(entry, vec![next, stop, step], 0, false)[0];
            }
        }
        for reg in self.live.live_in[target.index()].iter().collect::<Vec<_>>() {
            if let Some(method) = self.direct.get(&self.state[reg.index()]).copied() {
                self.state[reg.index()] = direct::found(self, self.state[reg.index()], method);
            }
        }
        let call = self.edge(target, None);
        self.state = state;
        call
    }

    /// Whether a temporary register is dead behind the instruction after the one at work, which writes `written`; and nothing goes on between them.
    pub fn dead_behind_next(&self, reg: Reg, written: Reg) -> bool {
        let (id, index) = self.at;
        !self.live.named.contains(reg)
            && !self.versioned.exits.contains_key(&(id, index + 1))
            && (reg == written || !self.live.before(self.versioned, id, index + 2).contains(reg))
    }

    /// Whether a temporary register is dead when all of `blocks` are entered.
    pub fn dead_in(&self, reg: Reg, blocks: &[dpb::BlockId]) -> bool {
        !self.live.named.contains(reg) && blocks.iter().all(|id| !self.live.live_in[id.index()].contains(reg))
    }
}
