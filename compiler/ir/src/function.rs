//! Functions, blocks, instructions, values.

use crate::callee::{Callee, RetKind};
use crate::entity::{BlockId, FuncId, Value};
use crate::kinds::Kinds;
use crate::op::{Cmp, Effects, Op};

/// The machine type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Type {
    /// A tagged word: any Python value, MISSING or ERROR.
    Obj,
    I64,
    F64,
    Bool,
    Ptr,
}

impl Type {
    /// All, with their text names.
    pub const ALL: [(Type, &'static str); 5] =
        [(Type::Obj, "obj"), (Type::I64, "i64"), (Type::F64, "f64"), (Type::Bool, "bool"), (Type::Ptr, "ptr")];

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        Type::ALL.iter().find(|(ty, _)| *ty == self).map_or("?", |(_, name)| name)
    }
}

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueData {
    /// Machine type.
    pub ty: Type,
    /// For `obj`: the kinds it may have. `ANY` otherwise.
    pub kinds: Kinds,
    /// For `obj`: the kinds that it is expected to have, from evidence in the whole program that proves nothing; `NEVER` without evidence.
    pub expected: Kinds,
    /// Name of the local variable that the value stands for, as index into the code's `varnames`; for dumps only.
    pub hint: u32,
}

/// An immediate operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Imm {
    No,
    Word(u64),
    Int(i64),
    /// Bits of an f64.
    Float(u64),
    Const(u32),
    Name(u32),
    Code(u32),
    Cache(u32),
    Func(FuncId),
    Callee(Callee),
    Cmp(Cmp),
}

/// "No position": the instruction cannot raise.
pub const NO_POSITION: u32 = u32::MAX;

/// An instruction.
#[derive(Clone, PartialEq, Debug)]
pub struct Inst {
    pub op: Op,
    pub imm: Imm,
    pub args: Vec<Value>,
    pub results: Vec<Value>,
    /// Where control goes when the instruction raises: a block without parameters whose only predecessor this is.
    pub on_error: Option<BlockId>,
    /// Index into the positions of the function's code record.
    pub position: u32,
}

impl Inst {
    /// An instruction that cannot raise.
    pub fn new(op: Op, imm: Imm, args: Vec<Value>, results: Vec<Value>) -> Inst {
        Inst { op, imm, args, results, on_error: None, position: NO_POSITION }
    }

    /// What the instruction does.
    pub fn effects(&self) -> Effects {
        match (self.op, self.imm) {
            (Op::Call, Imm::Callee(callee)) => callee.signature().effects,
            _ => self.op.effects(),
        }
    }

    /// Whether result number `index`, an `obj`, is owned by the function (as against borrowed or immediate).
    pub fn result_is_owned(&self, index: usize) -> bool {
        match self.op {
            Op::Call => {
                let Imm::Callee(callee) = self.imm else { return true };
                !(index == 0 && callee.signature().ret == RetKind::Borrowed)
            }
            Op::CallDirect | Op::ListItem | Op::BoxInt | Op::BoxFloat | Op::SlotTake | Op::CellGet => true,
            _ => false,
        }
    }

    /// Whether operand number `index` is consumed: the instruction takes its reference over.
    pub fn consumes(&self, index: usize) -> bool {
        matches!((self.op, index), (Op::DecRef, 0) | (Op::SlotPut, 1) | (Op::ListSet, 2))
    }

    /// The only result.
    pub fn result(&self) -> Value {
        assert_eq!(self.results.len(), 1, "{} has one result", self.op.name());
        self.results[0]
    }
}

/// A block with arguments for its parameters.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct BlockCall {
    pub block: BlockId,
    pub args: Vec<Value>,
}

impl BlockCall {
    /// A call without arguments.
    pub fn to(block: BlockId) -> BlockCall {
        BlockCall { block, args: Vec::new() }
    }

    /// A call with arguments.
    pub fn with(block: BlockId, args: Vec<Value>) -> BlockCall {
        BlockCall { block, args }
    }
}

/// How a block ends.
#[derive(Clone, PartialEq, Debug, Hash)]
pub enum Terminator {
    /// Not set yet; the verifier refuses it.
    None,
    Jump(BlockCall),
    Branch { cond: Value, then: BlockCall, other: BlockCall },
    /// On an `i64`.
    Switch { value: Value, cases: Vec<(i64, BlockCall)>, default: BlockCall },
    /// Returns an owned `obj`.
    Return(Value),
    /// Returns ERROR: the exception is pending.
    ReturnError,
    Unreachable,
}

impl Terminator {
    /// The successors in order.
    pub fn calls(&self) -> Vec<&BlockCall> {
        match self {
            Terminator::Jump(call) => vec![call],
            Terminator::Branch { then, other, .. } => vec![then, other],
            Terminator::Switch { cases, default, .. } => {
                cases.iter().map(|(_, call)| call).chain(std::iter::once(default)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The successors, to change.
    pub fn calls_mut(&mut self) -> Vec<&mut BlockCall> {
        match self {
            Terminator::Jump(call) => vec![call],
            Terminator::Branch { then, other, .. } => vec![then, other],
            Terminator::Switch { cases, default, .. } => {
                cases.iter_mut().map(|(_, call)| call).chain(std::iter::once(default)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The operand that is not a block argument.
    pub fn operand(&self) -> Option<Value> {
        match self {
            Terminator::Branch { cond, .. } => Some(*cond),
            Terminator::Switch { value, .. } => Some(*value),
            Terminator::Return(value) => Some(*value),
            _ => None,
        }
    }

    /// The operand that is not a block argument, to change.
    pub fn operand_mut(&mut self) -> Option<&mut Value> {
        match self {
            Terminator::Branch { cond, .. } => Some(cond),
            Terminator::Switch { value, .. } => Some(value),
            Terminator::Return(value) => Some(value),
            _ => None,
        }
    }
}

/// A block.
#[derive(Clone, PartialEq, Debug)]
pub struct BlockData {
    pub params: Vec<Value>,
    pub insts: Vec<Inst>,
    pub term: Terminator,
    /// Rarely run: emitted after all hot blocks.
    pub cold: bool,
    /// Part of the generic version, as is what can be reached from here: control never comes back from there.
    pub generic: bool,
    /// Not in use any more.
    pub dead: bool,
}

/// What kind of machine function it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FunctionKind {
    /// `body(func, p0, …) -> obj`: entry block parameters are `func` and the parameters, all borrowed.
    Body,
    /// `resume(generator, sent) -> obj`: entry block parameters are these two, borrowed; `sent` is ERROR when an exception is pending.
    Resume,
}

/// A function.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// Dotted name, for `--dump` and messages: `module.f.<locals>.g`.
    pub name: String,
    /// Linker symbol.
    pub symbol: String,
    pub kind: FunctionKind,
    /// Index of its code record.
    pub code: u32,
    pub values: Vec<ValueData>,
    /// Block 0 is the entry.
    pub blocks: Vec<BlockData>,
    /// Whether the refcount pass ran.
    pub counted: bool,
}

/// The entry block.
pub const ENTRY: BlockId = BlockId(0);

impl Function {
    /// A function with an empty entry block.
    pub fn new(name: String, symbol: String, kind: FunctionKind, code: u32) -> Function {
        let mut function =
            Function { name, symbol, kind, code, values: Vec::new(), blocks: Vec::new(), counted: false };
        function.new_block();
        function
    }

    /// A new empty block.
    pub fn new_block(&mut self) -> BlockId {
        let id = BlockId::from(self.blocks.len());
        self.blocks.push(BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            term: Terminator::None,
            cold: false,
            generic: false,
            dead: false,
        });
        id
    }

    /// A new empty cold block.
    pub fn new_cold_block(&mut self) -> BlockId {
        let id = self.new_block();
        self.blocks[id.index()].cold = true;
        id
    }

    /// A new value.
    pub fn new_value(&mut self, ty: Type, kinds: Kinds) -> Value {
        let id = Value::from(self.values.len());
        self.values.push(ValueData { ty, kinds, expected: Kinds::NEVER, hint: u32::MAX });
        id
    }

    /// Adds a parameter to a block.
    pub fn add_param(&mut self, block: BlockId, ty: Type, kinds: Kinds) -> Value {
        let value = self.new_value(ty, kinds);
        self.blocks[block.index()].params.push(value);
        value
    }

    /// Appends an instruction.
    pub fn push(&mut self, block: BlockId, inst: Inst) {
        self.blocks[block.index()].insts.push(inst);
    }

    /// Appends an instruction that cannot raise, with one result.
    pub fn push1(&mut self, block: BlockId, op: Op, imm: Imm, args: Vec<Value>, ty: Type, kinds: Kinds) -> Value {
        let value = self.new_value(ty, kinds);
        self.push(block, Inst::new(op, imm, args, vec![value]));
        value
    }

    /// A block.
    pub fn block(&self, id: BlockId) -> &BlockData {
        &self.blocks[id.index()]
    }

    /// A block, to change.
    pub fn block_mut(&mut self, id: BlockId) -> &mut BlockData {
        &mut self.blocks[id.index()]
    }

    /// Machine type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.values[value.index()].ty
    }

    /// Kinds of a value.
    pub fn kinds(&self, value: Value) -> Kinds {
        self.values[value.index()].kinds
    }

    /// What a value is expected to be, within what it can be.
    pub fn expected(&self, value: Value) -> Kinds {
        self.values[value.index()].expected & self.kinds(value)
    }

    /// Ids of the blocks in use.
    pub fn block_ids(&self) -> Vec<BlockId> {
        (0..self.blocks.len()).map(BlockId::from).filter(|id| !self.block(*id).dead).collect()
    }

    /// All successors of a block: error exits in order of their instructions, then those of the terminator.
    pub fn successors(&self, id: BlockId) -> Vec<BlockId> {
        let block = self.block(id);
        let mut all: Vec<BlockId> = block.insts.iter().filter_map(|inst| inst.on_error).collect();
        all.extend(block.term.calls().into_iter().map(|call| call.block));
        all
    }

    /// Replaces uses by a map; follows chains.
    pub fn replace_uses(&mut self, map: &std::collections::HashMap<Value, Value>) {
        if map.is_empty() {
            return;
        }
        let resolve = |mut value: Value| {
            let mut steps = 0;
            while let Some(next) = map.get(&value) {
                value = *next;
                steps += 1;
                assert!(steps <= map.len(), "cycle in replacements");
            }
            value
        };
        for block in &mut self.blocks {
            for inst in &mut block.insts {
                for arg in &mut inst.args {
                    *arg = resolve(*arg);
                }
            }
            if let Some(operand) = block.term.operand_mut() {
                *operand = resolve(*operand);
            }
            for call in block.term.calls_mut() {
                for arg in &mut call.args {
                    *arg = resolve(*arg);
                }
            }
        }
    }
}
