//! The opcode table: every DPB instruction, each in one row.
//!
//! A row gives the code byte, the name, the operands (name and kind, in order) and the effects. From the table come the
//! [`Opcode`] enum, its reflection (`name`, `doc`, `operands`, `effects`), the typed view [`Op`] with which instructions are
//! built and matched, and [`Opcode::FINGERPRINT`], which makes files written with another table unreadable instead of wrong.
//!
//! Rules that hold for all rows:
//!
//! - A raising instruction leaves its `Def`s as they were; control goes to the block's handler, or out of the function.
//! - `Use` reads a register that is bound on every path (the verifier proves it); `Maybe` kinds may read an unbound one.
//! - All registers but the parameters are unbound at entry. Registers `0..varnames.len()` are named variables: they keep their
//!   object alive until they are rebound or cleared, or the function ends. The rest are temporaries: their object may go
//!   after the last use.
//! - `ForIter` binds `dst` on the way to `body` only.
//! - Operands are borrowed; `Def`s are owned by their register. Nothing is consumed.
//! - Unless a row says otherwise, an exception that an instruction raises gets a traceback entry with the instruction's position.

use crate::inst::{BlockId, ConstId, FuncId, NameId, Reg};
use crate::inst::{Cursor, Word, Words};

/// What an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A register that the instruction writes.
    Def,
    /// A register that the instruction writes, or unbinds.
    MaybeDef,
    /// A register that the instruction reads; it is bound.
    Use,
    /// A register that the instruction reads, or nothing.
    OptUse,
    /// A register that the instruction reads and that may be unbound.
    Maybe,
    /// A list of registers that are read; all are bound.
    Uses,
    /// A list of registers that are read and may be unbound.
    Maybes,
    /// A list of registers that are written.
    Defs,
    /// An index in the module's names.
    Name,
    /// An index in the module's constants.
    Const,
    /// A block of the same function.
    Block,
    /// A function of the module.
    Func,
    /// An immediate 32-bit integer.
    Int,
}

/// A set of effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effects(u8);

impl Effects {
    /// No effect but writing registers.
    pub const NONE: Effects = Effects(0);
    /// May raise an exception.
    pub const RAISES: Effects = Effects(1);
    /// May run any Python code (and so read and write anything).
    pub const CALLS: Effects = Effects(2);
    /// Reads mutable memory.
    pub const READS: Effects = Effects(4);
    /// Writes memory.
    pub const WRITES: Effects = Effects(8);
    /// Is the last instruction of its block, and only that.
    pub const ENDS_BLOCK: Effects = Effects(16);
    /// Suspends the generator or coroutine.
    pub const SUSPENDS: Effects = Effects(32);
    /// Its result is a new object that nobody else holds.
    pub const ALLOCATES: Effects = Effects(64);

    /// The union of two sets.
    #[must_use]
    pub const fn or(self, other: Effects) -> Effects {
        Effects(self.0 | other.0)
    }

    /// Whether all of `other` is in the set.
    #[must_use]
    pub const fn has(self, other: Effects) -> bool {
        self.0 & other.0 == other.0
    }
}

const fn fingerprint(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}

macro_rules! operand_type {
    (Def, $a:lifetime) => { Reg };
    (MaybeDef, $a:lifetime) => { Reg };
    (Use, $a:lifetime) => { Reg };
    (Maybe, $a:lifetime) => { Reg };
    (OptUse, $a:lifetime) => { Option<Reg> };
    (Uses, $a:lifetime) => { &$a [Reg] };
    (Maybes, $a:lifetime) => { &$a [Reg] };
    (Defs, $a:lifetime) => { &$a [Reg] };
    (Name, $a:lifetime) => { NameId };
    (Const, $a:lifetime) => { ConstId };
    (Block, $a:lifetime) => { BlockId };
    (Func, $a:lifetime) => { FuncId };
    (Int, $a:lifetime) => { i32 };
}

macro_rules! opcodes {
    ($($(#[doc = $doc:literal])* $code:literal $op:ident { $($field:ident: $kind:ident),* $(,)? } [$($effect:ident),*];)*) => {
        /// The operation of an instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Opcode { $($(#[doc = $doc])* $op = $code),* }

        impl Opcode {
            /// All opcodes, by code.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$op),*];

            /// Goes into file headers and cache keys: another table makes old files a cache miss.
            pub const FINGERPRINT: u64 =
                fingerprint(stringify!($($code $op { $($field: $kind),* } [$($effect),*];)*));

            /// The opcode's name.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Opcode::$op => stringify!($op)),* } }

            /// The opcode's description.
            #[must_use]
            pub const fn doc(self) -> &'static str { match self { $(Opcode::$op => concat!($($doc),*)),* } }

            /// Name and kind of each operand.
            #[must_use]
            pub const fn operands(self) -> &'static [(&'static str, Operand)] {
                match self { $(Opcode::$op => &[$((stringify!($field), Operand::$kind)),*]),* }
            }

            /// What the instruction does besides writing registers.
            #[must_use]
            pub const fn effects(self) -> Effects {
                match self { $(Opcode::$op => Effects::NONE $(.or(Effects::$effect))*),* }
            }

            /// The opcode with this code byte.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Opcode> {
                match code { $($code => Some(Opcode::$op),)* _ => None }
            }

            /// The opcode with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Opcode> {
                match name { $(stringify!($op) => Some(Opcode::$op),)* _ => None }
            }
        }

        /// An instruction with its operands, to build and to match.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Op<'a> { $($(#[doc = $doc])* $op {
            $(#[allow(missing_docs)] $field: operand_type!($kind, 'a)),*
        }),* }

        impl<'a> Op<'a> {
            /// The opcode.
            #[must_use]
            pub const fn opcode(&self) -> Opcode { match self { $(Op::$op { .. } => Opcode::$op),* } }

            pub(crate) fn put(self, words: &mut Words) {
                match self { $(Op::$op { $($field),* } => { $($field.put(words);)* let _ = words; })* }
            }

            pub(crate) fn take(opcode: Opcode, cursor: &mut Cursor<'a>) -> Op<'a> {
                match opcode { $(Opcode::$op => { let _ = &cursor; Op::$op { $($field: Word::take(cursor)),* } })* }
            }
        }
    };
}

opcodes! {
    // Load and store, 0x00–0x1F.

    /// `dst = src`.
    0x00 Move { dst: Def, src: Use } [];
    /// `dst` is the constant.
    0x01 LoadConst { dst: Def, value: Const } [];
    /// Unbinds the register. Never raises; the object that it held may go (finalizers run).
    0x02 Clear { dst: MaybeDef } [WRITES];
    /// Proves that `src` is bound, or raises UnboundLocalError "cannot access local variable 'name' where it is not associated with a value".
    0x03 CheckBound { src: Maybe, name: Name } [RAISES];
    /// `dst` = global `name`, else the builtin; else NameError "name 'name' is not defined".
    0x04 LoadGlobal { dst: Def, name: Name } [RAISES, CALLS, READS];
    /// Sets global `name`.
    0x05 StoreGlobal { name: Name, src: Use } [RAISES, CALLS, WRITES];
    /// Deletes global `name`; NameError "name 'name' is not defined" when there is none.
    0x06 DeleteGlobal { name: Name } [RAISES, CALLS, WRITES];
    /// `dst = namespace[name]` (any mapping), else the global, else the builtin; else NameError as `LoadGlobal`.
    0x07 LoadName { dst: Def, namespace: Use, name: Name } [RAISES, CALLS, READS];
    /// `namespace[name] = src`.
    0x08 StoreName { namespace: Use, name: Name, src: Use } [RAISES, CALLS, WRITES];
    /// `del namespace[name]`; NameError "name 'name' is not defined" for a KeyError.
    0x09 DeleteName { namespace: Use, name: Name } [RAISES, CALLS, WRITES];
    /// `dst` = a new cell that holds `value`, or is empty when `value` is unbound.
    0x0A MakeCell { dst: Def, value: Maybe } [ALLOCATES];
    /// `dst` = a new empty cell.
    0x0B MakeEmptyCell { dst: Def } [ALLOCATES];
    /// `dst` = the cell at `index` in the closure of the running function (`freevars[index]`).
    0x0C LoadClosure { dst: Def, index: Int } [];
    /// `dst` = the content of `cell`. When it is empty: `is_free` 0, UnboundLocalError as `CheckBound`; 1, NameError "cannot access free
    /// variable 'name' where it is not associated with a value in enclosing scope".
    0x0D LoadCell { dst: Def, cell: Use, name: Name, is_free: Int } [RAISES, READS];
    /// `dst` = the content of `cell`; unbound when the cell is empty.
    0x0E ReadCell { dst: MaybeDef, cell: Use } [READS];
    /// Sets the content of `cell`.
    0x0F StoreCell { cell: Use, src: Use } [WRITES];
    /// Empties `cell`; raises as `LoadCell` when it is empty.
    0x10 DeleteCell { cell: Use, name: Name, is_free: Int } [RAISES, WRITES];
    /// Empties `cell`. Never raises.
    0x11 ClearCell { cell: Use } [WRITES];
    /// `dst = namespace[name]` (any mapping), else the content of `cell`; when that is empty raises as `LoadCell` with `is_free` 1.
    0x12 LoadNameOrCell { dst: Def, namespace: Use, cell: Use, name: Name } [RAISES, CALLS, READS];
    /// `dst = object.name`.
    0x13 LoadAttr { dst: Def, object: Use, name: Name } [RAISES, CALLS, READS];
    /// `object.name = src`.
    0x14 StoreAttr { object: Use, name: Name, src: Use } [RAISES, CALLS, WRITES];
    /// `del object.name`.
    0x15 DeleteAttr { object: Use, name: Name } [RAISES, CALLS, WRITES];
    /// `dst = super().name` (`explicit` 0) or `super(owner, receiver).name` (1). `callee` is what the global name `super` gave: when it is the
    /// builtin, the attribute is looked up without making the object; else `callee()` or `callee(owner, receiver)` is called.
    0x16 LoadSuperAttr { dst: Def, callee: Use, owner: Use, receiver: Use, name: Name, explicit: Int } [RAISES, CALLS, READS];
    /// `dst = object[index]`.
    0x17 LoadItem { dst: Def, object: Use, index: Use } [RAISES, CALLS, READS];
    /// `object[index] = src`.
    0x18 StoreItem { object: Use, index: Use, src: Use } [RAISES, CALLS, WRITES];
    /// `del object[index]`.
    0x19 DeleteItem { object: Use, index: Use } [RAISES, CALLS, WRITES];
    /// `dst = object[start:stop]`; either may be None.
    0x1A LoadSlice { dst: Def, object: Use, start: Use, stop: Use } [RAISES, CALLS, READS];
    /// `object[start:stop] = src`; either may be None.
    0x1B StoreSlice { object: Use, start: Use, stop: Use, src: Use } [RAISES, CALLS, WRITES];
    /// Imports `name` (dotted; empty for `from . import`), `level` dots up. `fromlist` is None or a tuple of str. `dst` = the module, or without
    /// a fromlist the top package.
    0x1C Import { dst: Def, name: Name, level: Int, fromlist: Const } [RAISES, CALLS, READS, WRITES];
    /// `dst = module.name`, else `sys.modules[module.__name__ + "." + name]`, else ImportError "cannot import name …".
    0x1D ImportFrom { dst: Def, module: Use, name: Name } [RAISES, CALLS, READS];
    /// `from module import *` into the namespace (class bodies), or the globals.
    0x1E ImportStar { module: Use, namespace: OptUse } [RAISES, CALLS, READS, WRITES];
    /// `dst` = a builtin whatever its name is bound to: `which` 0 AssertionError, 1 NotImplementedError.
    0x1F LoadCommon { dst: Def, which: Int } [];

    // Binary and unary, 0x20–0x3F.

    /// `dst = lhs + rhs`.
    0x20 Add { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs - rhs`.
    0x21 Sub { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs * rhs`.
    0x22 Mul { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs @ rhs`.
    0x23 MatMul { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs / rhs`.
    0x24 Div { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs // rhs`.
    0x25 FloorDiv { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs % rhs`.
    0x26 Mod { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs ** rhs`.
    0x27 Pow { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs << rhs`.
    0x28 Shl { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs >> rhs`.
    0x29 Shr { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs & rhs`.
    0x2A And { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs | rhs`.
    0x2B Or { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs ^ rhs`.
    0x2C Xor { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `lhs += rhs`; `dst` = the result.
    0x2D InplaceAdd { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs -= rhs`; `dst` = the result.
    0x2E InplaceSub { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs *= rhs`; `dst` = the result.
    0x2F InplaceMul { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs @= rhs`; `dst` = the result.
    0x30 InplaceMatMul { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs /= rhs`; `dst` = the result.
    0x31 InplaceDiv { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs //= rhs`; `dst` = the result.
    0x32 InplaceFloorDiv { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs %= rhs`; `dst` = the result.
    0x33 InplaceMod { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs **= rhs`; `dst` = the result.
    0x34 InplacePow { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs <<= rhs`; `dst` = the result.
    0x35 InplaceShl { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs >>= rhs`; `dst` = the result.
    0x36 InplaceShr { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs &= rhs`; `dst` = the result.
    0x37 InplaceAnd { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs |= rhs`; `dst` = the result.
    0x38 InplaceOr { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `lhs ^= rhs`; `dst` = the result.
    0x39 InplaceXor { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS, WRITES];
    /// `dst = -src`.
    0x3A Neg { dst: Def, src: Use } [RAISES, CALLS];
    /// `dst = +src`.
    0x3B Pos { dst: Def, src: Use } [RAISES, CALLS];
    /// `dst = ~src`.
    0x3C Invert { dst: Def, src: Use } [RAISES, CALLS];
    /// `dst = not src` (True or False).
    0x3D Not { dst: Def, src: Use } [RAISES, CALLS];

    // Compare, 0x40–0x4F.

    /// `dst = lhs == rhs` (any object).
    0x40 Eq { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs != rhs`.
    0x41 Ne { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs < rhs`.
    0x42 Lt { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs <= rhs`.
    0x43 Le { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs > rhs`.
    0x44 Gt { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs >= rhs`.
    0x45 Ge { dst: Def, lhs: Use, rhs: Use } [RAISES, CALLS];
    /// `dst = lhs is rhs` (a bool).
    0x46 Is { dst: Def, lhs: Use, rhs: Use } [];
    /// `dst = lhs is not rhs` (a bool).
    0x47 IsNot { dst: Def, lhs: Use, rhs: Use } [];
    /// `dst = item in container` (a bool).
    0x48 Contains { dst: Def, item: Use, container: Use } [RAISES, CALLS, READS];
    /// `dst = item not in container` (a bool).
    0x49 NotContains { dst: Def, item: Use, container: Use } [RAISES, CALLS, READS];
    /// `dst` (a bool): is the exception `exc` an instance of `types`, a class or a tuple of classes? TypeError "catching classes that do not
    /// inherit from BaseException is not allowed".
    0x4A ExceptionMatches { dst: Def, exc: Use, types: Use } [RAISES];

    // Control flow, 0x50–0x6F.

    /// Continues at `target`.
    0x50 Jump { target: Block } [ENDS_BLOCK];
    /// Continues at `then` when `cond` is true (`bool(cond)`), at `other` otherwise.
    0x51 Branch { cond: Use, then: Block, other: Block } [RAISES, CALLS, ENDS_BLOCK];
    /// Returns `value`. In a generator or coroutine: finishes with it.
    0x52 Return { value: Use } [ENDS_BLOCK];
    /// Never reached.
    0x53 Unreachable { } [ENDS_BLOCK];
    /// `dst = iter(src)`.
    0x54 GetIter { dst: Def, src: Use } [RAISES, CALLS];
    /// `dst = next(iter)` and continues at `body`; at the end (StopIteration) continues at `done`, `dst` as before.
    0x55 ForIter { dst: Def, iter: Use, body: Block, done: Block } [RAISES, CALLS, READS, WRITES, ENDS_BLOCK];
    /// Spreads the iterable `src` over `dsts`, whose number must fit: TypeError "cannot unpack non-iterable …", ValueError "not enough values to
    /// unpack …", "too many values to unpack …".
    0x56 Unpack { dsts: Defs, src: Use } [RAISES, CALLS, READS];
    /// Spreads the iterable `src` over `before`, the list `star`, and `after`.
    0x57 UnpackEx { before: Defs, star: Def, after: Defs, src: Use } [RAISES, CALLS, READS];
    /// `dst = len(src)`.
    0x58 GetLen { dst: Def, src: Use } [RAISES, CALLS, READS];
    /// `dst` (a bool): may `subject` match a sequence pattern?
    0x59 MatchSequence { dst: Def, subject: Use } [READS];
    /// `dst` (a bool): may `subject` match a mapping pattern?
    0x5A MatchMapping { dst: Def, subject: Use } [READS];
    /// `dst` = the tuple of `subject`'s values for the tuple `keys`, or None when one is missing. ValueError "mapping pattern checks duplicate key (…)".
    0x5B MatchKeys { dst: Def, subject: Use, keys: Use } [RAISES, CALLS, READS];
    /// `dst` = the tuple of attributes that the class pattern `class(…)` extracts from `subject`: `n_positional` through `__match_args__`, then those
    /// in the tuple of str `names`; None when it does not match. TypeErrors as in CPython.
    0x5C MatchClass { dst: Def, subject: Use, class: Use, n_positional: Int, names: Const } [RAISES, CALLS, READS];
    /// Gives out `value`; when resumed by `send`, `dst` is the value sent (None by `next`); when resumed by `throw`, raises here.
    0x5D Yield { dst: Def, value: Use } [RAISES, CALLS, SUSPENDS];
    /// `dst` = the iterator that `yield from src` runs: `src` if it is a generator (or, in a coroutine, a coroutine), else `iter(src)`. TypeError "cannot
    /// 'yield from' a coroutine object in a non-coroutine generator" for a coroutine, unless the running function is one or `types.coroutine` marked it.
    0x5E GetYieldFromIter { dst: Def, src: Use } [RAISES, CALLS];
    /// Resumes `iter` with `value` (`next` for None, else `send`). When it yields: `dst` = what it gave, continue at `yielded`. When it returns:
    /// `dst` = its result, continue at `done`.
    0x5F Send { dst: Def, iter: Use, value: Use, yielded: Block, done: Block } [RAISES, CALLS, READS, WRITES, ENDS_BLOCK];
    /// As `Yield`, but on behalf of `iter` (`gi_yieldfrom`). Resumed by `send`: `dst` = the value, continue at `resumed`. Resumed by `throw`: `dst` =
    /// the exception, continue at `thrown`, with no traceback entry.
    0x60 YieldFrom { dst: Def, value: Use, iter: Use, resumed: Block, thrown: Block } [CALLS, SUSPENDS, ENDS_BLOCK];
    /// Throws `exc` into `iter` as PEP 380 says: GeneratorExit closes `iter` and is raised again; otherwise `iter.throw(exc)`, or `exc` is raised
    /// when there is no such method. Continues as `Send`.
    0x61 Throw { dst: Def, iter: Use, exc: Use, yielded: Block, done: Block } [RAISES, CALLS, READS, WRITES, ENDS_BLOCK];

    // Calls, 0x70–0x7F.

    /// `dst = callee(*args)`.
    0x70 Call { dst: Def, callee: Use, args: Uses } [RAISES, CALLS];
    /// `dst = callee(…)`: the last arguments are keywords, named by the tuple of str `keywords`.
    0x71 CallKw { dst: Def, callee: Use, args: Uses, keywords: Const } [RAISES, CALLS];
    /// `dst = callee(*args, **kwargs)`: `args` is any iterable (TypeError "f() argument after * must be an iterable, not int"), `kwargs` a new dict.
    0x72 CallEx { dst: Def, callee: Use, args: Use, kwargs: OptUse } [RAISES, CALLS];
    /// Looks up `object.name` for a call. When it is a plain method found on the type: `callee` = the function, `receiver` = `object`; else
    /// `callee` = the attribute, and `receiver` is unbound.
    0x73 LoadMethod { callee: Def, receiver: MaybeDef, object: Use, name: Name } [RAISES, CALLS, READS];
    /// `LoadMethod` of `super().name` (see `LoadSuperAttr`; `function` is what the name `super` gave): `callee` and `bound` are what `LoadMethod` calls `callee`
    /// and `receiver`.
    0x74 LoadSuperMethod { callee: Def, bound: MaybeDef, function: Use, owner: Use, receiver: Use, name: Name, explicit: Int } [RAISES, CALLS, READS];
    /// `dst = callee(receiver, *args)`, or `callee(*args)` when `receiver` is unbound.
    0x75 CallMethod { dst: Def, callee: Use, receiver: Maybe, args: Uses } [RAISES, CALLS];
    /// `CallMethod` with keywords, see `CallKw`.
    0x76 CallMethodKw { dst: Def, callee: Use, receiver: Maybe, args: Uses, keywords: Const } [RAISES, CALLS];
    /// `dst = callee()` where `callee` is what the name `super` gave. When it is the builtin: `super(owner, receiver)`, where an unbound `owner` raises
    /// RuntimeError "super(): __class__ cell not found", or "super(): empty __class__ cell" with `has_cell` 1; an unbound `receiver`
    /// "super(): no arguments" (checked first), or "super(): arg[0] deleted" with `has_receiver` 1.
    0x77 CallSuper { dst: Def, callee: Use, owner: Maybe, receiver: Maybe, has_cell: Int, has_receiver: Int } [RAISES, CALLS];
    /// `dst = callee(*args)`, where `callee` may be a builtin that looks at its caller: globals, locals, vars, dir, eval, exec, `__import__`. The caller's
    /// locals are `namespace` in a class body; in a function, `names` (a tuple of str) with `values` in parallel, unbound ones left
    /// out; at module level (`namespace` absent and `names` is None) the globals.
    0x78 CallScoped { dst: Def, callee: Use, args: Uses, namespace: OptUse, names: Const, values: Maybes } [RAISES, CALLS];
    /// `dst` = a new function. `defaults` is a tuple, `kwdefaults` a dict, `annotate` a function, `closure` the cells for `freevars`.
    0x79 MakeFunction { dst: Def, func: Func, defaults: OptUse, kwdefaults: OptUse, annotate: OptUse, closure: Uses } [ALLOCATES];
    /// `dst = builtins.__build_class__`; NameError "__build_class__ not found".
    0x7A LoadBuildClass { dst: Def } [RAISES, CALLS, READS];

    // Build, 0x80–0x8F.

    /// `dst` = a tuple.
    0x80 BuildTuple { dst: Def, items: Uses } [ALLOCATES];
    /// `dst` = a list.
    0x81 BuildList { dst: Def, items: Uses } [ALLOCATES];
    /// `dst` = a set. Raises for unhashable items.
    0x82 BuildSet { dst: Def, items: Uses } [RAISES, CALLS, ALLOCATES];
    /// `dst` = a dict of key, value, key, value … Raises for unhashable keys.
    0x83 BuildDict { dst: Def, items: Uses } [RAISES, CALLS, ALLOCATES];
    /// `dst = slice(start, stop, step)`.
    0x84 BuildSlice { dst: Def, start: Use, stop: Use, step: Use } [ALLOCATES];
    /// `dst` = the strings joined. All parts are str.
    0x85 BuildString { dst: Def, parts: Uses } [RAISES, ALLOCATES];
    /// `dst = format(convert(src), spec)`, always a str. `conversion`: 0 none, 1 str, 2 repr, 3 ascii. Without `spec` the empty one.
    0x86 FormatValue { dst: Def, src: Use, conversion: Int, spec: OptUse } [RAISES, CALLS];
    /// Appends to `list`, which is exactly a list.
    0x87 ListAppend { list: Use, value: Use } [WRITES];
    /// Extends `list` by an iterable; TypeError "Value after * must be an iterable, not int".
    0x88 ListExtend { list: Use, src: Use } [RAISES, CALLS, WRITES];
    /// `dst = tuple(list)`; `list` is exactly a list and not used again.
    0x89 ListToTuple { dst: Def, list: Use } [READS, ALLOCATES];
    /// Adds to `set`, which is exactly a set.
    0x8A SetAdd { set: Use, value: Use } [RAISES, CALLS, WRITES];
    /// Adds the items of an iterable to `set`.
    0x8B SetUpdate { set: Use, src: Use } [RAISES, CALLS, WRITES];
    /// `dict[key] = value`; `dict` is exactly a dict.
    0x8C DictSet { dict: Use, key: Use, value: Use } [RAISES, CALLS, WRITES];
    /// `dict.update(src)`; TypeError "'int' object is not a mapping".
    0x8D DictUpdate { dict: Use, src: Use } [RAISES, CALLS, WRITES];
    /// Adds the keyword arguments `src` to `dict` for a call of `callee`; TypeErrors "f() argument after ** must be a mapping, not int", "f() got
    /// multiple values for keyword argument 'x'".
    0x8E DictMerge { dict: Use, src: Use, callee: Use } [RAISES, CALLS, WRITES];
    /// `dst` = a `string.templatelib.Template` of the tuple of str `strings` and the tuple `interpolations`.
    0x8F BuildTemplate { dst: Def, strings: Use, interpolations: Use } [RAISES, ALLOCATES];

    // Exceptions, 0x90–0x9F.

    /// `raise exc from cause`; without `exc` raises the handled exception again (RuntimeError "No active exception to reraise"), with no new
    /// traceback entry then.
    0x90 Raise { exc: OptUse, cause: OptUse } [RAISES, CALLS, ENDS_BLOCK];
    /// Raises `exc` again, with no new traceback entry.
    0x91 Reraise { exc: Use } [RAISES, ENDS_BLOCK];
    /// Takes the pending exception. First in every handler block and nowhere else; a handler block is entered by exceptions only.
    0x92 Catch { dst: Def } [WRITES];
    /// Makes `exc` the handled exception (`sys.exception()`); `saved` = the one before, or None.
    0x93 PushHandled { saved: Def, exc: Use } [READS, WRITES];
    /// Makes `saved` the handled exception again.
    0x94 PopHandled { saved: Use } [WRITES];
    /// Replaces the handled exception by `exc`.
    0x95 SetHandled { exc: Use } [WRITES];
    /// `dst` = the bound special method of `object`, looked up on its type: `which` 0 `__enter__`, 1 `__exit__`, 2 `__aenter__`, 3 `__aexit__`. TypeError
    /// "'int' object does not support the [asynchronous ]context manager protocol (missed __exit__ method)", and when the type has both methods of the
    /// other protocol " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?" (or the reverse).
    0x96 LoadSpecial { dst: Def, object: Use, which: Int } [RAISES, CALLS, READS];
    /// `dst = bool(exit(type(exc), exc, exc.__traceback__))`.
    0x97 WithExcept { dst: Def, exit: Use, exc: Use } [RAISES, CALLS];
    /// Splits for `except* types`: `matched` = the matching group or None, `rest` = the other part or None. `exc` may be None or a
    /// plain exception, which is wrapped in a group if it matches. TypeErrors as in CPython.
    0x98 MatchGroup { matched: Def, rest: Def, exc: Use, types: Use } [RAISES, CALLS];
    /// `dst` = what a `try … except*` raises at its end, or None: from the original `exc` and the list `raised` (what handlers raised, then the unhandled
    /// rest; None is skipped). Parts of `exc` that were raised again are put together in `exc`'s nesting; that group and the new exceptions are raised in a
    /// group with message "", or alone if there is only one. When `exc` is a plain exception: the only one in `raised`.
    0x99 PrepareReraiseStar { dst: Def, exc: Use, raised: Use } [RAISES, CALLS];

    // Async, 0xA0–0xAF.

    /// `dst` = the awaitable's iterator. `context` for the TypeError: 0 "object X can't be used in 'await' expression", 1 "'async with' received an object from
    /// __aenter__ that does not implement __await__: X", 2 the same from __aexit__.
    0xA0 GetAwaitable { dst: Def, src: Use, context: Int } [RAISES, CALLS];
    /// `dst = src.__aiter__()`. TypeErrors "'async for' requires an object with __aiter__ method, got X", "'async for' received an object from __aiter__ that
    /// does not implement __anext__: X".
    0xA1 GetAIter { dst: Def, src: Use } [RAISES, CALLS];
    /// `dst` = the awaitable iterator of `iter.__anext__()`. TypeError "'async for' received an invalid object from __anext__: X", whose cause is what
    /// getting the iterator raised.
    0xA2 GetANext { dst: Def, iter: Use } [RAISES, CALLS];
    /// Goes on when `exc` is a StopAsyncIteration, else raises it again with no new traceback entry.
    0xA3 EndAsyncFor { exc: Use } [RAISES];
    /// `dst` = `src` wrapped as a value that an asynchronous generator yields.
    0xA4 AsyncGenWrap { dst: Def, src: Use } [ALLOCATES];
    /// `dst = exit(type(exc), exc, exc.__traceback__)`, the awaitable of an `__aexit__`.
    0xA5 AsyncWithExcept { dst: Def, exit: Use, exc: Use } [RAISES, CALLS];

    // Type parameters and the rest, 0xB0–.

    /// `dst` = a TypeVar. `bound`: function that computes the bound (`constraints` 0) or the tuple of constraints (1).
    0xB0 MakeTypeVar { dst: Def, name: Name, bound: OptUse, constraints: Int } [RAISES, CALLS, ALLOCATES];
    /// `dst` = a ParamSpec.
    0xB1 MakeParamSpec { dst: Def, name: Name } [RAISES, CALLS, ALLOCATES];
    /// `dst` = a TypeVarTuple.
    0xB2 MakeTypeVarTuple { dst: Def, name: Name } [RAISES, CALLS, ALLOCATES];
    /// Sets the function that computes the default of a type parameter.
    0xB3 SetTypeParamDefault { param: Use, default: Use } [RAISES, CALLS, WRITES];
    /// `dst` = a TypeAliasType. `params`: a tuple or None; `value`: the function that computes the value.
    0xB4 MakeTypeAlias { dst: Def, name: Name, params: Use, value: Use } [RAISES, CALLS, ALLOCATES];
    /// Sets `function.__type_params__`.
    0xB5 SetFunctionTypeParams { function: Use, params: Use } [WRITES];
    /// `dst = typing.Generic[params]`, type variable tuples unpacked.
    0xB6 SubscriptGeneric { dst: Def, params: Use } [RAISES, CALLS];
    /// `dst` = a `string.templatelib.Interpolation`. `conversion`: 0 none, 1 `s`, 2 `r`, 3 `a`. Without `spec` the empty one.
    0xB7 BuildInterpolation { dst: Def, value: Use, expression: Const, conversion: Int, spec: OptUse } [RAISES, ALLOCATES];
    /// Evaluates nothing: keeps a position, so that a line that does nothing is still there for tools.
    0xB8 Nop { } [];
}
