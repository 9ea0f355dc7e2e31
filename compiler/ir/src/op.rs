//! The instruction table: each instruction once, with its operands, results, immediate and effects.

use std::ops::BitOr;

/// What an instruction does besides computing its results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effects(pub u8);

impl Effects {
    /// No effect: may be removed when unused, repeated and moved.
    pub const NONE: Effects = Effects(0);
    /// May leave through `on_error`.
    pub const RAISES: Effects = Effects(1);
    /// May run arbitrary Python code, so read and write any object.
    pub const CALLS: Effects = Effects(2);
    /// Reads memory that others write.
    pub const READS: Effects = Effects(4);
    /// Writes memory.
    pub const WRITES: Effects = Effects(8);

    /// Whether all of `other` is in `self`.
    pub fn has(self, other: Effects) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether an instruction with these effects may go when nobody uses its results.
    pub fn removable(self) -> bool {
        self.0 & (Effects::RAISES.0 | Effects::CALLS.0 | Effects::WRITES.0) == 0
    }
}

impl BitOr for Effects {
    type Output = Effects;
    fn bitor(self, other: Effects) -> Effects {
        Effects(self.0 | other.0)
    }
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Cmp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Cmp {
    /// All, in the order of their text names.
    pub const ALL: [(Cmp, &'static str); 6] =
        [(Cmp::Eq, "eq"), (Cmp::Ne, "ne"), (Cmp::Lt, "lt"), (Cmp::Le, "le"), (Cmp::Gt, "gt"), (Cmp::Ge, "ge")];

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        Cmp::ALL.iter().find(|(cmp, _)| *cmp == self).map_or("?", |(_, name)| name)
    }

    /// The comparison with its operands exchanged.
    pub fn swapped(self) -> Cmp {
        match self {
            Cmp::Eq => Cmp::Eq,
            Cmp::Ne => Cmp::Ne,
            Cmp::Lt => Cmp::Gt,
            Cmp::Le => Cmp::Ge,
            Cmp::Gt => Cmp::Lt,
            Cmp::Ge => Cmp::Le,
        }
    }
}

/// Types of operands or results in the table; `Any` is checked elsewhere (by the callee's signature).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    O,
    I,
    F,
    B,
    P,
    /// Any number of `obj` operands; the last entry of an operand list.
    Os,
    /// Whatever the callee's signature says; the only entry of its list.
    Sig,
}

/// Which immediate an instruction carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImmKind {
    No,
    /// A tagged word (`u64`).
    Word,
    /// An `i64`.
    Int,
    /// The bits of an `f64`.
    Float,
    /// Index into the unit's constants.
    Const,
    /// Index into the unit's names: an interned `str`.
    Name,
    /// Index into the unit's code records.
    Code,
    /// Index into the unit's caches.
    Cache,
    /// A function of the unit.
    Func,
    /// Symbol of a runtime entry point or hot path.
    Callee,
    /// A comparison.
    Cmp,
}

macro_rules! ops {
    ($($(#[doc = $doc:literal])* $name:ident $text:literal ($($operand:ident),*) -> ($($result:ident),*) $imm:ident [$($effect:ident),*];)*) => {
        /// An instruction.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Op {
            $($(#[doc = $doc])* $name,)*
        }

        impl Op {
            /// All instructions in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            /// The name in the text form.
            pub fn name(self) -> &'static str {
                match self { $(Op::$name => $text),* }
            }

            /// The operands.
            pub fn operands(self) -> &'static [Shape] {
                match self { $(Op::$name => &[$(Shape::$operand),*]),* }
            }

            /// The results.
            pub fn results(self) -> &'static [Shape] {
                match self { $(Op::$name => &[$(Shape::$result),*]),* }
            }

            /// The immediate.
            pub fn imm(self) -> ImmKind {
                match self { $(Op::$name => ImmKind::$imm),* }
            }

            /// The effects; those of a call are its callee's.
            pub fn effects(self) -> Effects {
                match self { $(Op::$name => Effects(0 $(| Effects::$effect.0)*)),* }
            }

            /// The documentation of the row.
            pub fn doc(self) -> &'static str {
                match self { $(Op::$name => concat!($($doc, "\n"),*)),* }
            }
        }
    };
}

ops! {
    // Constants.
    /// A tagged word: small int, immediate float, None, True, False, MISSING, ….
    Word "word" () -> (O) Word [];
    /// An object of the unit's constant table. Immortal: borrowed.
    ConstObj "const" () -> (O) Const [];
    /// An interned name of the unit. Immortal: borrowed.
    NameObj "name" () -> (O) Name [];
    /// An integer.
    IConst "iconst" () -> (I) Int [];
    /// A float.
    FConst "fconst" () -> (F) Float [];
    /// True (1) or false (0).
    BConst "bconst" () -> (B) Int [];
    /// Address of a static `Code` record.
    CodePtr "code" () -> (P) Code [];
    /// Address of an inline cache in data.
    CachePtr "cache" () -> (P) Cache [];
    /// Address of the machine code of a function of the unit.
    FuncPtr "funcptr" () -> (P) Func [];

    // Calls.
    /// Calls a runtime entry point or a hot path by name. Operands, results and effects are its signature's. An array parameter
    /// takes the operands at its place up to the fixed parameters behind it; an out-array parameter makes `results` from what the callee wrote.
    Call "call" (Sig) -> (Sig) Callee [RAISES, CALLS, READS, WRITES];
    /// Calls a function of the unit directly: `(func, args…) -> obj`, ERROR when it raised.
    CallDirect "call_direct" (Os) -> (O) Func [RAISES, CALLS, READS, WRITES];
    /// At function entry and at loop back edges: when the stack pointer is below `DXP_STACK_LIMIT` (an external usize, hidden visibility), calls
    /// `dxp_stack_check`, which runs signal handlers or raises RecursionError (status -1), or returns 0: go on.
    CheckStack "check_stack" () -> () No [RAISES];

    // Errors.
    /// Appends a traceback entry for this function at the instruction's position to the pending exception. The function's own code record.
    Traceback "traceback" () -> () No [WRITES];

    /// As `traceback`, for another function of the unit, whose code stands in this one: the position is one of its own.
    TracebackOf "traceback_of" () -> () Code [WRITES];

    // Tests on words.
    /// Whether the operand is exactly this word (`is None`, `is MISSING`, …).
    IsWord "is_word" (O) -> (B) Word [];
    /// Whether the two are the same word.
    Same "same" (O, O) -> (B) No [];
    /// Tag 000.
    IsSmall "is_small" (O) -> (B) No [];
    /// Both have tag 000.
    AreSmall "are_small" (O, O) -> (B) No [];
    /// Tag 001, 010 or 101.
    IsFloatI "is_floati" (O) -> (B) No [];
    /// Tag 100.
    IsPtr "is_ptr" (O) -> (B) No [];
    /// Whether the operand is an object of exactly the type at the symbol (a `static` of the runtime, e.g. `dxp_type_list`).
    IsType "is_type" (O) -> (B) Callee [READS];
    /// Whether the operand is a function object that runs this function of the unit.
    IsFunction "is_function" (O) -> (B) Func [READS];
    /// The word as it is, as an integer.
    Bits "bits" (O) -> (I) No [];
    /// The code may go on at `on_error`, which is a side exit and not an error, as long as no instruction with effects came behind this. For the
    /// guards and the one operation that follow. The pass `choose-guards` drops it or keeps it for `specialize`. No code.
    ExitPoint "exit_point" () -> () No [RAISES];
    /// An assumption about the operand that may be dropped: which, `choose-guards` decides; if it does not hold, the code goes on at the exit point
    /// before. 0: the operand is an operand of the next operation; 1: it is the result of the operation before. The result is the operand.
    Guard "guard" (O) -> (O) Int [];
    /// The operand, known to have the kinds of the result. No code.
    Refine "refine" (O) -> (O) No [];

    // Boxing.
    /// The int in a word; the operand is proven small.
    UnboxInt "unbox_int" (O) -> (I) No [];
    /// The word of an integer proven to fit 61 bits.
    BoxSmall "box_small" (I) -> (O) No [];
    /// The int object of any i64 (61 bits: the word; otherwise allocated).
    BoxInt "box_int" (I) -> (O) No [];
    /// The float in a word; the operand is proven an immediate float.
    UnboxFloatI "unbox_floati" (O) -> (F) No [];
    /// The float of an operand proven `float`, immediate or on the heap.
    UnboxFloat "unbox_float" (O) -> (F) No [READS];
    /// The word of a float, or a heap float.
    BoxFloat "box_float" (F) -> (O) No [];
    /// `True` or `False`.
    BoxBool "box_bool" (B) -> (O) No [];
    /// Whether the operand, proven `bool`, is True.
    UnboxBool "unbox_bool" (O) -> (B) No [];

    // Floats.
    /// Sum.
    FAdd "fadd" (F, F) -> (F) No [];
    /// Difference.
    FSub "fsub" (F, F) -> (F) No [];
    /// Product.
    FMul "fmul" (F, F) -> (F) No [];
    /// Quotient; the divisor may be zero only when the IR proved that nobody looks.
    FDiv "fdiv" (F, F) -> (F) No [];
    /// Negation.
    FNeg "fneg" (F) -> (F) No [];
    /// Absolute value.
    FAbs "fabs" (F) -> (F) No [];
    /// Square root; NaN for negative operands.
    FSqrt "fsqrt" (F) -> (F) No [];
    /// Ordered comparison (`ne` is unordered or unequal), as IEEE and Python have it.
    FCmp "fcmp" (F, F) -> (B) Cmp [];
    /// The nearest float of an i64.
    IntToFloat "int_to_float" (I) -> (F) No [];

    // Integers (two's complement, 64 bits; wrapping unless said otherwise).
    /// Sum.
    IAdd "iadd" (I, I) -> (I) No [];
    /// Difference.
    ISub "isub" (I, I) -> (I) No [];
    /// Product.
    IMul "imul" (I, I) -> (I) No [];
    /// Sum, and whether it overflowed.
    IAddOvf "iadd_ovf" (I, I) -> (I, B) No [];
    /// Difference, and whether it overflowed.
    ISubOvf "isub_ovf" (I, I) -> (I, B) No [];
    /// Product, and whether it overflowed.
    IMulOvf "imul_ovf" (I, I) -> (I, B) No [];
    /// Floor division; the divisor is not 0 and the quotient does not overflow.
    IFloorDiv "ifloordiv" (I, I) -> (I) No [];
    /// Remainder with the sign of the divisor; the divisor is not 0.
    IMod "imod" (I, I) -> (I) No [];
    /// And.
    IAnd "iand" (I, I) -> (I) No [];
    /// Or.
    IOr "ior" (I, I) -> (I) No [];
    /// Exclusive or.
    IXor "ixor" (I, I) -> (I) No [];
    /// Left shift; the second operand is in 0..64.
    IShl "ishl" (I, I) -> (I) No [];
    /// Arithmetic right shift; the second operand is in 0..64.
    IShr "ishr" (I, I) -> (I) No [];
    /// Signed comparison.
    ICmp "icmp" (I, I) -> (B) Cmp [];
    /// Whether the integer fits the 61 bits of a word.
    FitsSmall "fits_small" (I) -> (B) No [];

    // Booleans.
    /// Not.
    BNot "bnot" (B) -> (B) No [];
    /// And.
    BAnd "band" (B, B) -> (B) No [];
    /// Or.
    BOr "bor" (B, B) -> (B) No [];
    /// Exclusive or.
    BXor "bxor" (B, B) -> (B) No [];
    /// 0 or 1.
    BoolToInt "bool_to_int" (B) -> (I) No [];
    /// The second operand when the first is true, else the third; all `i64`.
    ISelect "iselect" (B, I, I) -> (I) No [];
    /// The second operand when the first is true, else the third; all `f64`.
    FSelect "fselect" (B, F, F) -> (F) No [];
    /// The second operand when the first is true, else MISSING. Borrowed from the operand.
    OrMissing "or_missing" (B, O) -> (O) No [];

    // Lists. The operand is proven a list, the index to be in bounds.
    /// The number of items.
    ListLen "list_len" (O) -> (I) No [READS];
    /// Whether the first is in 0..second.
    InBounds "in_bounds" (I, I) -> (B) No [];
    /// An item, borrowed from the list: to be tested for an immediate, nothing else.
    ListPeek "list_peek" (O, I) -> (O) No [READS];
    /// An item. Owned.
    ListItem "list_item" (O, I) -> (O) No [READS];
    /// Stores an item and consumes it; what was there dies.
    ListSet "list_set" (O, I, O) -> () No [CALLS, READS, WRITES];

    // Counts.
    /// One more owner.
    IncRef "incref" (O) -> () No [WRITES];
    /// One owner less; may run `__del__`.
    DecRef "decref" (O) -> () No [CALLS, READS, WRITES];
    /// The operands live until here. No code; gone after `refcount`.
    KeepAlive "keep_alive" (Os) -> () No [WRITES];

    // Generator frames: slot i of a generator object.
    /// Moves the value out of a slot; MISSING stays behind. Owned.
    SlotTake "slot_take" (O) -> (O) Int [READS, WRITES];
    /// Moves a value into a slot that holds MISSING. Consumes the value (the second operand).
    SlotPut "slot_put" (O, O) -> () Int [WRITES];
    /// The state word of a generator.
    GenState "gen_state" (O) -> (I) No [READS];
    /// The function object of a generator. Borrowed from it.
    GenFunction "gen_function" (O) -> (O) No [];
    /// Sets the state word of a generator.
    GenSetState "gen_set_state" (O) -> () Int [WRITES];

    // Closures.
    /// Cell i of a function object's closure. Borrowed from the function.
    FuncCell "func_cell" (O) -> (O) Int [];
    /// What a cell holds, MISSING when empty. Owned.
    CellGet "cell_get" (O) -> (O) No [READS];
    /// Stores into a cell; what it held dies.
    CellSet "cell_set" (O, O) -> () No [CALLS, READS, WRITES];
}

impl Op {
    /// The instruction with that text name.
    pub fn from_name(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.name() == name)
    }
}
