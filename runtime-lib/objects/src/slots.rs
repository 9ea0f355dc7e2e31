//! The slot table of a type: what each operator, protocol and life-cycle event runs. Listed once, in `slots!`.

use crate::args::Args;
use crate::error::R;
use crate::ty::Type;
use dxpyc_abi::{Header, Value};
use dxpyc_heap::{Ref, Visitor};

/// The six rich comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CompareOp {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
}

impl CompareOp {
    /// All, in the order of the discriminants.
    pub const ALL: [CompareOp; 6] =
        [CompareOp::Lt, CompareOp::Le, CompareOp::Eq, CompareOp::Ne, CompareOp::Gt, CompareOp::Ge];
    /// The operator for swapped operands.
    pub fn swapped(self) -> CompareOp {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
            other => other,
        }
    }
    /// `<` and so on.
    pub fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }
    /// `__lt__` and so on.
    pub fn dunder(self) -> &'static str {
        ["__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"][self as usize]
    }
    /// Whether an ordering satisfies the operator.
    pub fn holds(self, o: std::cmp::Ordering) -> bool {
        match self {
            CompareOp::Lt => o.is_lt(),
            CompareOp::Le => o.is_le(),
            CompareOp::Eq => o.is_eq(),
            CompareOp::Ne => o.is_ne(),
            CompareOp::Gt => o.is_gt(),
            CompareOp::Ge => o.is_ge(),
        }
    }
}

pub type UnaryFn = fn(Value) -> R<Ref>;
pub type BinaryFn = fn(Value, Value) -> R<Ref>;
pub type TernaryFn = fn(Value, Value, Value) -> R<Ref>;
pub type LenFn = fn(Value) -> R<usize>;
pub type HashFn = fn(Value) -> R<i64>;
pub type TruthFn = fn(Value) -> R<bool>;
/// (container, item)
pub type ContainsFn = fn(Value, Value) -> R<bool>;
/// (sequence, n)
pub type RepeatFn = fn(Value, isize) -> R<Ref>;
/// (object, key, value or MISSING to delete)
pub type SetItemFn = fn(Value, Value, Value) -> R<()>;
/// (object, name)
pub type GetAttrFn = fn(Value, Value) -> R<Ref>;
/// (object, name, value or MISSING to delete)
pub type SetAttrFn = fn(Value, Value, Value) -> R<()>;
pub type CompareFn = fn(Value, Value, CompareOp) -> R<Ref>;
/// None: exhausted.
pub type NextFn = fn(Value) -> R<Option<Ref>>;
/// (descriptor, instance or MISSING, owner type or MISSING)
pub type DescrGetFn = fn(Value, Value, Value) -> R<Ref>;
/// (descriptor, instance, value or MISSING to delete)
pub type DescrSetFn = fn(Value, Value, Value) -> R<()>;
pub type CallFn = fn(Value, &Args) -> R<Ref>;
pub type InitFn = fn(Value, &Args) -> R<()>;
pub type NewFn = fn(&'static Type, &Args) -> R<Ref>;
/// Runs `__del__`.
pub type FinalizeFn = fn(Value);
pub type DropFn = unsafe fn(*mut Header);
pub type VisitFn = unsafe fn(*const Header, &mut Visitor<'_>);
pub type ClearFn = unsafe fn(*const Header);
/// Bytes of a variable-sized object's body.
pub type VarSizeFn = unsafe fn(*const Header) -> usize;

macro_rules! slots {
    ($($(#[doc = $doc:literal])* $name:ident: $ty:ty,)*) => {
        /// The slot table. A None is filled from the base when the type is made ready.
        #[derive(Clone, Copy)]
        #[repr(C)]
        pub struct Slots { $($(#[doc = $doc])* pub $name: Option<$ty>,)* }

        impl Slots {
            /// No slot set.
            pub const NONE: Slots = Slots { $($name: None,)* };
            /// Number of slots.
            pub const COUNT: usize = [$(stringify!($name)),*].len();
            /// The function in slot `i` (its offset in words) as an address; 0: none.
            #[inline]
            pub fn raw(&self, i: usize) -> usize {
                debug_assert!(i < Slots::COUNT);
                // SAFETY: all fields are optional function pointers: one word each, None being 0.
                unsafe { *(self as *const Slots as *const usize).add(i) }
            }
            /// Sets slot `i` to the address of a function of the slot's type, or 0.
            ///
            /// # Safety
            /// `f` is 0 or such a function.
            pub unsafe fn set_raw(&mut self, i: usize, f: usize) {
                debug_assert!(i < Slots::COUNT);
                // SAFETY: as in raw.
                unsafe { *(self as *mut Slots as *mut usize).add(i) = f }
            }
            /// Fills each empty slot from `base`.
            pub fn inherit(&mut self, base: &Slots) {
                $(if self.$name.is_none() { self.$name = base.$name; })*
            }
        }
    };
}

slots! {
    repr: UnaryFn,
    str: UnaryFn,
    hash: HashFn,
    call: CallFn,
    getattr: GetAttrFn,
    setattr: SetAttrFn,
    compare: CompareFn,
    iter: UnaryFn,
    next: NextFn,
    descr_get: DescrGetFn,
    descr_set: DescrSetFn,
    new: NewFn,
    init: InitFn,
    finalize: FinalizeFn,
    // numbers
    add: BinaryFn,
    sub: BinaryFn,
    mul: BinaryFn,
    matmul: BinaryFn,
    truediv: BinaryFn,
    floordiv: BinaryFn,
    modulo: BinaryFn,
    divmod: BinaryFn,
    /// (base, exponent, modulus or None)
    pow: TernaryFn,
    lshift: BinaryFn,
    rshift: BinaryFn,
    and: BinaryFn,
    or: BinaryFn,
    xor: BinaryFn,
    neg: UnaryFn,
    pos: UnaryFn,
    abs: UnaryFn,
    invert: UnaryFn,
    truth: TruthFn,
    int: UnaryFn,
    float: UnaryFn,
    index: UnaryFn,
    iadd: BinaryFn,
    isub: BinaryFn,
    imul: BinaryFn,
    imatmul: BinaryFn,
    itruediv: BinaryFn,
    ifloordiv: BinaryFn,
    imod: BinaryFn,
    ipow: BinaryFn,
    ilshift: BinaryFn,
    irshift: BinaryFn,
    iand: BinaryFn,
    ior: BinaryFn,
    ixor: BinaryFn,
    // sequences and mappings
    len: LenFn,
    getitem: BinaryFn,
    setitem: SetItemFn,
    contains: ContainsFn,
    concat: BinaryFn,
    repeat: RepeatFn,
    iconcat: BinaryFn,
    irepeat: RepeatFn,
    length_hint: LenFn,
    // async
    await_: UnaryFn,
    aiter: UnaryFn,
    anext: UnaryFn,
    // memory: set by Type::builtin, never by hand
    drop: DropFn,
    visit: VisitFn,
    clear: ClearFn,
    var_size: VarSizeFn,
}
