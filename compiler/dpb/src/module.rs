//! A module in memory: functions of basic blocks, constants, names, imports.

use crate::inst::{BlockId, ConstId, FuncId, Inst, NameId, Position, Reg};

/// One Python module.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Module {
    /// The dotted name (`__name__` when imported).
    pub name: String,
    /// The file, as tracebacks show it.
    pub file: String,
    /// BLAKE3 of the source bytes.
    pub source_hash: [u8; 32],
    /// `from __future__` features in force, as the bits of [`future`].
    pub future: u32,
    /// The functions, outer before inner; 0 is the module body.
    pub functions: Vec<Function>,
    /// The constants; parts of tuples and frozensets stand before them.
    pub constants: Vec<Const>,
    /// Identifiers and other names.
    pub names: Vec<String>,
    /// What the module imports, in source order.
    pub imports: Vec<ImportRef>,
}

/// Bits of [`Module::future`].
pub mod future {
    /// `from __future__ import annotations`.
    pub const ANNOTATIONS: u32 = 1;
    /// `from __future__ import barry_as_FLUFL`.
    pub const BARRY_AS_BDFL: u32 = 2;
}

/// An import statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRef {
    /// The dotted name after the dots; may be empty.
    pub module: NameId,
    /// Dots.
    pub level: u32,
    /// The names of a `from` import (`*` included); empty for `import`.
    pub names: Vec<NameId>,
    /// Where.
    pub position: Position,
}

/// A set of [`FunctionFlags`] bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct FunctionFlags(pub u32);

impl FunctionFlags {
    /// Has `yield`; not async.
    pub const GENERATOR: FunctionFlags = FunctionFlags(1);
    /// `async def` without `yield`.
    pub const COROUTINE: FunctionFlags = FunctionFlags(2);
    /// `async def` with `yield`, or an asynchronous generator expression.
    pub const ASYNC_GENERATOR: FunctionFlags = FunctionFlags(4);
    /// Stands in a function.
    pub const NESTED: FunctionFlags = FunctionFlags(8);
    /// A class body: one parameter, the namespace, in register 0. Returns the `__class__` cell or None.
    pub const CLASS_BODY: FunctionFlags = FunctionFlags(16);
    /// The module body.
    pub const MODULE_BODY: FunctionFlags = FunctionFlags(32);
    /// Computes annotations, or the bound, default or value of a type parameter or alias, or holds type parameters.
    pub const ANNOTATION_SCOPE: FunctionFlags = FunctionFlags(64);
    /// Has `*args`.
    pub const VARARGS: FunctionFlags = FunctionFlags(128);
    /// Has `**kwargs`.
    pub const VARKEYWORDS: FunctionFlags = FunctionFlags(256);
    /// A lambda.
    pub const LAMBDA: FunctionFlags = FunctionFlags(512);
    /// A generator expression or a comprehension that is a function.
    pub const COMPREHENSION: FunctionFlags = FunctionFlags(1024);
    /// Its direct parent is a class body.
    pub const METHOD: FunctionFlags = FunctionFlags(2048);

    /// Both.
    #[must_use]
    pub const fn or(self, other: FunctionFlags) -> FunctionFlags {
        FunctionFlags(self.0 | other.0)
    }

    /// Whether all of `other` is in the set.
    #[must_use]
    pub const fn has(self, other: FunctionFlags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether calling makes a generator, a coroutine or an asynchronous generator.
    #[must_use]
    pub const fn is_resumable(self) -> bool {
        self.0 & (Self::GENERATOR.0 | Self::COROUTINE.0 | Self::ASYNC_GENERATOR.0) != 0
    }
}

/// A function, a class body or the module body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// `co_name`.
    pub name: NameId,
    /// `co_qualname`.
    pub qualname: NameId,
    /// The function that it stands in; none for the module body.
    pub parent: Option<FuncId>,
    /// What it is.
    pub flags: FunctionFlags,
    /// Parameters before `/` (part of `n_args`).
    pub n_posonly: u32,
    /// Positional parameters, positional-only ones included (`co_argcount`).
    pub n_args: u32,
    /// Keyword-only parameters.
    pub n_kwonly: u32,
    /// The variables of registers `0..varnames.len()`: the parameters (positional, keyword-only, `*args`, `**kwargs`), then locals.
    /// A parameter that closures capture is here too; its cell is made at entry and lives in another register. Names may
    /// repeat: the variables of inlined comprehensions stand at the end.
    pub varnames: Vec<NameId>,
    /// Local variables that closures capture (`co_cellvars`).
    pub cellvars: Vec<NameId>,
    /// Variables of enclosing functions (`co_freevars`), in closure order.
    pub freevars: Vec<NameId>,
    /// Number of registers.
    pub n_registers: u32,
    /// The docstring: a str constant.
    pub docstring: Option<ConstId>,
    /// `co_firstlineno`.
    pub first_line: u32,
    /// The blocks; 0 is the entry, and no block continues there.
    pub blocks: Vec<Block>,
}

impl Function {
    /// Number of parameter slots: positional, keyword-only, `*args` and `**kwargs`. They are registers `0..n_params`.
    #[must_use]
    pub fn n_params(&self) -> u32 {
        self.n_args
            + self.n_kwonly
            + u32::from(self.flags.has(FunctionFlags::VARARGS))
            + u32::from(self.flags.has(FunctionFlags::VARKEYWORDS))
    }

    /// The register of `*args`.
    #[must_use]
    pub fn varargs(&self) -> Option<Reg> {
        self.flags
            .has(FunctionFlags::VARARGS)
            .then(|| Reg(self.n_args + self.n_kwonly))
    }

    /// The register of `**kwargs`.
    #[must_use]
    pub fn varkeywords(&self) -> Option<Reg> {
        self.flags
            .has(FunctionFlags::VARKEYWORDS)
            .then(|| Reg(self.n_params() - 1))
    }

    /// The name of a variable's register; none for a temporary.
    #[must_use]
    pub fn varname(&self, reg: Reg) -> Option<NameId> {
        self.varnames.get(reg.index()).copied()
    }
}

/// A basic block. The last instruction, and only that, ends the block.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Block {
    /// Where control goes when an instruction of the block raises; out of the function when there is none.
    pub handler: Option<BlockId>,
    /// The instructions.
    pub insts: Vec<Inst>,
}

impl Block {
    /// Whether it is a handler block.
    #[must_use]
    pub fn is_handler(&self) -> bool {
        self.insts
            .first()
            .is_some_and(|inst| inst.opcode() == crate::opcode::Opcode::Catch)
    }
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Const {
    /// `None`.
    None,
    /// `True`.
    True,
    /// `False`.
    False,
    /// `...`.
    Ellipsis,
    /// An int of 64 bits.
    Int(i64),
    /// Any other int: two's complement, little endian, shortest.
    BigInt(Box<[u8]>),
    /// A float, by its bits.
    Float(u64),
    /// A complex number, by the bits of its parts.
    Complex(u64, u64),
    /// A str in generalized UTF-8: lone surrogates are three bytes.
    Str(Box<[u8]>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// A tuple of earlier constants.
    Tuple(Box<[ConstId]>),
    /// A frozenset of earlier constants.
    FrozenSet(Box<[ConstId]>),
}
