//! Instructions in memory: an opcode, its operands as 32-bit words, and a position.
//!
//! [`Op`] is how code builds and matches instructions; the words are what is stored, encoded and rewritten. Lists are a
//! length and then the elements.

use smallvec::SmallVec;

use crate::opcode::{Effects, Op, Opcode, Operand};

macro_rules! index_types {
    ($($(#[doc = $doc:literal])* $name:ident $prefix:literal;)*) => { $(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index.
            #[must_use]
            pub const fn index(self) -> usize { self.0 as usize }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{}{}", $prefix, self.0) }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{}{}", $prefix, self.0) }
        }
    )* };
}

index_types! {
    /// A register of a function.
    Reg "r";
    /// A block of a function.
    BlockId "b";
    /// A function of a module; 0 is the module body.
    FuncId "f";
    /// A name of a module.
    NameId "n";
    /// A constant of a module.
    ConstId "c";
}

/// Where an instruction comes from: lines from 1, columns from 0 in UTF-8 bytes, as `co_positions()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Position {
    /// First line; 0 when the instruction comes from nowhere.
    pub line: u32,
    /// Last line.
    pub end_line: u32,
    /// First column.
    pub col: u32,
    /// Column after the last.
    pub end_col: u32,
}

impl Position {
    /// No position.
    pub const NONE: Position = Position {
        line: 0,
        end_line: 0,
        col: 0,
        end_col: 0,
    };
}

/// Operand words. They are stored as registers so that lists of registers can be lent.
pub(crate) type Words = SmallVec<[Reg; 5]>;

const ABSENT: u32 = u32::MAX;

/// Reads operand words in order.
pub(crate) struct Cursor<'a> {
    rest: &'a [Reg],
}

impl<'a> Cursor<'a> {
    fn word(&mut self) -> u32 {
        let (first, rest) = self
            .rest
            .split_first()
            .expect("an instruction has the words of its opcode's operands");
        self.rest = rest;
        first.0
    }

    fn list(&mut self) -> &'a [Reg] {
        let len = self.word() as usize;
        let (list, rest) = self.rest.split_at(len);
        self.rest = rest;
        list
    }
}

/// An operand as words.
pub(crate) trait Word<'a> {
    fn put(self, words: &mut Words);
    fn take(cursor: &mut Cursor<'a>) -> Self;
}

macro_rules! words {
    ($($ty:ident),*) => { $(
        impl<'a> Word<'a> for $ty {
            fn put(self, words: &mut Words) { words.push(Reg(self.0)); }
            fn take(cursor: &mut Cursor<'a>) -> Self { $ty(cursor.word()) }
        }
    )* };
}
words!(Reg, BlockId, FuncId, NameId, ConstId);

impl<'a> Word<'a> for i32 {
    fn put(self, words: &mut Words) {
        words.push(Reg(self.cast_unsigned()));
    }
    fn take(cursor: &mut Cursor<'a>) -> Self {
        cursor.word().cast_signed()
    }
}

impl<'a> Word<'a> for Option<Reg> {
    fn put(self, words: &mut Words) {
        words.push(self.unwrap_or(Reg(ABSENT)));
    }
    fn take(cursor: &mut Cursor<'a>) -> Self {
        Some(cursor.word()).filter(|&word| word != ABSENT).map(Reg)
    }
}

impl<'a> Word<'a> for &'a [Reg] {
    fn put(self, words: &mut Words) {
        words.push(Reg(
            u32::try_from(self.len()).expect("operand lists are short")
        ));
        words.extend_from_slice(self);
    }
    fn take(cursor: &mut Cursor<'a>) -> Self {
        cursor.list()
    }
}

/// One operand of an instruction, untyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandValue<'a> {
    /// A register (`Def`, `MaybeDef`, `Use`, `Maybe`, a present `OptUse`).
    Reg(Reg),
    /// An absent `OptUse`.
    Absent,
    /// A list (`Uses`, `Maybes`, `Defs`).
    Regs(&'a [Reg]),
    /// A name.
    Name(NameId),
    /// A constant.
    Const(ConstId),
    /// A block.
    Block(BlockId),
    /// A function.
    Func(FuncId),
    /// An integer.
    Int(i32),
}

/// An instruction.
#[derive(Clone, PartialEq, Eq)]
pub struct Inst {
    opcode: Opcode,
    words: Words,
    /// Where it comes from.
    pub position: Position,
}

impl Inst {
    /// Makes an instruction.
    #[must_use]
    pub fn new(op: Op<'_>, position: Position) -> Inst {
        let mut words = Words::new();
        op.put(&mut words);
        Inst {
            opcode: op.opcode(),
            words,
            position,
        }
    }

    /// Makes an instruction of raw words; `None` when they do not have the shape that the opcode's operands ask for.
    #[must_use]
    pub fn from_words(opcode: Opcode, words: &[u32], position: Position) -> Option<Inst> {
        let mut at = 0_usize;
        for (_, kind) in opcode.operands() {
            let word = *words.get(at)?;
            at += 1;
            if is_list(*kind) {
                at = at.checked_add(word as usize)?;
            }
        }
        (at == words.len()).then(|| Inst {
            opcode,
            words: words.iter().map(|&word| Reg(word)).collect(),
            position,
        })
    }

    /// The opcode.
    #[must_use]
    pub fn opcode(&self) -> Opcode {
        self.opcode
    }

    /// The instruction with its operands.
    #[must_use]
    pub fn op(&self) -> Op<'_> {
        Op::take(self.opcode, &mut Cursor { rest: &self.words })
    }

    /// The effects of the opcode.
    #[must_use]
    pub fn effects(&self) -> Effects {
        self.opcode.effects()
    }

    /// The raw operand words.
    pub fn words(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.words.iter().map(|word| word.0)
    }

    /// The operands with their names and kinds.
    pub fn operands(&self) -> impl Iterator<Item = (&'static str, Operand, OperandValue<'_>)> + '_ {
        let mut cursor = Cursor { rest: &self.words };
        self.opcode.operands().iter().map(move |&(name, kind)| {
            let value = match kind {
                Operand::Def | Operand::MaybeDef | Operand::Use | Operand::Maybe => {
                    OperandValue::Reg(Reg(cursor.word()))
                }
                Operand::OptUse => match cursor.word() {
                    ABSENT => OperandValue::Absent,
                    word => OperandValue::Reg(Reg(word)),
                },
                Operand::Uses | Operand::Maybes | Operand::Defs => {
                    OperandValue::Regs(cursor.list())
                }
                Operand::Name => OperandValue::Name(NameId(cursor.word())),
                Operand::Const => OperandValue::Const(ConstId(cursor.word())),
                Operand::Block => OperandValue::Block(BlockId(cursor.word())),
                Operand::Func => OperandValue::Func(FuncId(cursor.word())),
                Operand::Int => OperandValue::Int(cursor.word().cast_signed()),
            };
            (name, kind, value)
        })
    }

    /// Calls `visit` with every register operand and its kind (`Def`, `MaybeDef`, `Use` or `Maybe`; lists give their element's).
    pub fn for_each_reg(&self, mut visit: impl FnMut(Operand, Reg)) {
        let mut at = 0;
        for &(_, kind) in self.opcode.operands() {
            let word = self.words[at];
            at += 1;
            match kind {
                Operand::Def | Operand::MaybeDef | Operand::Use | Operand::Maybe => visit(kind, word),
                Operand::OptUse if word.0 != ABSENT => visit(Operand::Use, word),
                Operand::Uses | Operand::Maybes | Operand::Defs => {
                    let end = at + word.index();
                    let element = element_kind(kind);
                    self.words[at..end]
                        .iter()
                        .for_each(|&reg| visit(element, reg));
                    at = end;
                }
                _ => {}
            }
        }
    }

    /// Calls `rewrite` with every register operand.
    pub fn map_regs(&mut self, mut rewrite: impl FnMut(Operand, Reg) -> Reg) {
        let mut at = 0;
        for &(_, kind) in self.opcode.operands() {
            let word = self.words[at];
            match kind {
                Operand::Def | Operand::MaybeDef | Operand::Use | Operand::Maybe => {
                    self.words[at] = rewrite(kind, word)
                }
                Operand::OptUse if word.0 != ABSENT => self.words[at] = rewrite(Operand::Use, word),
                Operand::Uses | Operand::Maybes | Operand::Defs => {
                    let element = element_kind(kind);
                    for slot in &mut self.words[at + 1..=at + word.index()] {
                        *slot = rewrite(element, *slot);
                    }
                    at += word.index();
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// The blocks that the instruction names.
    #[must_use]
    pub fn successors(&self) -> SmallVec<[BlockId; 2]> {
        if !self.effects().has(Effects::ENDS_BLOCK) {
            return SmallVec::new();
        }
        self.operands()
            .filter_map(|(_, _, value)| match value {
                OperandValue::Block(block) => Some(block),
                _ => None,
            })
            .collect()
    }

    /// Calls `rewrite` with every block operand.
    pub fn map_blocks(&mut self, mut rewrite: impl FnMut(BlockId) -> BlockId) {
        let mut at = 0;
        for &(_, kind) in self.opcode.operands() {
            if kind == Operand::Block {
                self.words[at].0 = rewrite(BlockId(self.words[at].0)).0;
            } else if is_list(kind) {
                at += self.words[at].index();
            }
            at += 1;
        }
    }
}

impl std::fmt::Debug for Inst {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.op().fmt(f)
    }
}

/// Whether the operand is a list.
#[must_use]
pub const fn is_list(kind: Operand) -> bool {
    matches!(kind, Operand::Uses | Operand::Maybes | Operand::Defs)
}

const fn element_kind(kind: Operand) -> Operand {
    match kind {
        Operand::Uses => Operand::Use,
        Operand::Maybes => Operand::Maybe,
        Operand::Defs => Operand::Def,
        other => other,
    }
}
