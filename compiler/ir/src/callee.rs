//! What may be called by name, and the shape of its operands in the IR.
//!
//! A runtime entry point takes arrays as a pointer and a count. In the IR the elements are plain operands of the call, at the
//! place of the array; the back end stores them to the stack. Out-parameters are results of the call.

use crate::function::Type;
use crate::op::Effects;
use dxpyc_abi::entries::{Entry, Kind};
use dxpyc_abi::hot::Hot;

/// A callee of [`crate::Op::Call`], or a type symbol of [`crate::Op::IsType`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Callee {
    /// A runtime entry point.
    Entry(Entry),
    /// A hot path, inlined from bitcode.
    Hot(Hot),
    /// A static type object of the runtime, by symbol.
    TypeSymbol(&'static str),
}

/// The type symbols that `is_type` may name.
pub const TYPE_SYMBOLS: &[&str] = &[
    "dxp_type_int",
    "dxp_type_float",
    "dxp_type_str",
    "dxp_type_bytes",
    "dxp_type_list",
    "dxp_type_tuple",
    "dxp_type_dict",
    "dxp_type_set",
    "dxp_type_range",
    "dxp_type_function",
    "dxp_type_generator",
];

impl Callee {
    /// The symbol.
    pub fn name(self) -> &'static str {
        match self {
            Callee::Entry(entry) => entry.name(),
            Callee::Hot(hot) => hot.name(),
            Callee::TypeSymbol(name) => name,
        }
    }

    /// The callee of a symbol.
    pub fn by_name(name: &str) -> Option<Callee> {
        Entry::by_name(name)
            .map(Callee::Entry)
            .or_else(|| Hot::by_name(name).map(Callee::Hot))
            .or_else(|| TYPE_SYMBOLS.iter().find(|symbol| **symbol == name).map(|symbol| Callee::TypeSymbol(symbol)))
    }

    /// The shape of a call.
    pub fn signature(self) -> Signature {
        match self {
            Callee::Entry(entry) => Signature::of_entry(entry),
            Callee::Hot(hot) => Signature::of_hot(hot),
            Callee::TypeSymbol(name) => panic!("{name} is not a function"),
        }
    }
}

/// A parameter as the IR sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// `obj`, borrowed.
    Value,
    /// `i64`.
    Int,
    /// `i64` operand, passed as `u32`.
    U32,
    /// `f64`.
    Float,
    /// `ptr`.
    Ptr,
    /// Any number of `obj` operands, passed as pointer and `i64` count.
    Array,
    /// As `Array`, but the count passed is that of pairs.
    Pairs,
    /// Any number of `obj` operands, passed as pointer only.
    ArrayNoCount,
    /// No operand: pointer to an array of words that the callee writes; one owned `obj` result for each.
    Out,
    /// No operand: pointer to an `i32` that the callee writes; one `bool` result.
    OutFlag,
}

/// The result of a callee, as the back end sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetKind {
    /// `obj`, owned; ERROR goes to `on_error`.
    Value,
    /// `obj`, owned, never ERROR.
    Sure,
    /// `obj`, borrowed, never ERROR.
    Borrowed,
    /// `i64`.
    Int,
    /// `f64`.
    Float,
    /// `i32` status, no IR result; negative goes to `on_error`.
    Status,
    /// `i32` truth, a `bool` result; negative goes to `on_error`.
    Truth,
    /// `i32` truth, a `bool` result.
    SureTruth,
    /// Nothing.
    Nothing,
}

impl RetKind {
    /// Whether the call needs `on_error`.
    pub fn raises(self) -> bool {
        matches!(self, RetKind::Value | RetKind::Status | RetKind::Truth)
    }

    /// The type of the direct result, if there is one.
    pub fn result(self) -> Option<Type> {
        match self {
            RetKind::Value | RetKind::Sure | RetKind::Borrowed => Some(Type::Obj),
            RetKind::Int => Some(Type::I64),
            RetKind::Float => Some(Type::F64),
            RetKind::Truth | RetKind::SureTruth => Some(Type::Bool),
            RetKind::Status | RetKind::Nothing => None,
        }
    }
}

/// The shape of a call. Results in the IR: the direct result first (if any), then those of `Out`/`OutFlag` parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Parameters in order.
    pub params: Vec<ParamKind>,
    /// Result.
    pub ret: RetKind,
    /// What the callee does.
    pub effects: Effects,
}

impl Signature {
    fn of_entry(entry: Entry) -> Signature {
        let kinds = entry.params();
        let mut params = Vec::with_capacity(kinds.len());
        let mut index = 0;
        while index < kinds.len() {
            let param = match kinds[index] {
                Kind::P if is_array(entry, index) => {
                    index += 1;
                    if entry == Entry::dxp_dict { ParamKind::Pairs } else { ParamKind::Array }
                }
                Kind::P if entry == Entry::dxp_make_generator => ParamKind::ArrayNoCount,
                Kind::P if entry == Entry::dxp_new_instance && index == 2 => ParamKind::Out,
                Kind::P if matches!(entry, Entry::dxp_unpack | Entry::dxp_unpack_ex | Entry::dxp_eg_match) => {
                    ParamKind::Out
                }
                Kind::P
                    if index + 1 == kinds.len()
                        && matches!(
                            entry,
                            Entry::dxp_send
                                | Entry::dxp_send_throw
                                | Entry::dxp_load_method
                                | Entry::dxp_super_method
                        ) =>
                {
                    ParamKind::OutFlag
                }
                kind => plain(kind),
            };
            params.push(param);
            index += 1;
        }
        let borrowed = matches!(entry, Entry::dxp_closure_cell | Entry::dxp_function_globals);
        Signature { params, ret: ret(entry.result(), borrowed), effects: entry_effects(entry) }
    }

    fn of_hot(hot: Hot) -> Signature {
        let kinds = hot.params();
        let mut params = Vec::with_capacity(kinds.len());
        let mut index = 0;
        while index < kinds.len() {
            // In the hot table a pointer directly before an int is always an array and its count.
            if kinds[index] == Kind::P && kinds.get(index + 1) == Some(&Kind::I) {
                params.push(ParamKind::Array);
                index += 1;
            } else if hot == Hot::dxp_hot_load_method && index + 1 == kinds.len() {
                params.push(ParamKind::OutFlag);
            } else if hot == Hot::dxp_hot_unpack && kinds[index] == Kind::P {
                params.push(ParamKind::Out);
            } else {
                params.push(plain(kinds[index]));
            }
            index += 1;
        }
        let ret = ret(hot.result(), hot.borrowed());
        let effects = if hot.pure() {
            if ret.raises() { Effects::RAISES | Effects::READS } else { Effects::READS }
        } else {
            Effects::RAISES | Effects::CALLS | Effects::READS | Effects::WRITES
        };
        Signature { params, ret, effects }
    }

    /// Index of the parameter with any number of operands, if there is one.
    pub fn array(&self) -> Option<usize> {
        self.params
            .iter()
            .position(|param| matches!(param, ParamKind::Array | ParamKind::Pairs | ParamKind::ArrayNoCount))
    }

    /// Number of operands besides those of the array.
    pub fn n_fixed(&self) -> usize {
        self.params.iter().filter(|param| param.fixed_type().is_some()).count()
    }
}

impl ParamKind {
    /// The type of the single operand; none for arrays and out-parameters.
    pub fn fixed_type(self) -> Option<Type> {
        match self {
            ParamKind::Value => Some(Type::Obj),
            ParamKind::Int | ParamKind::U32 => Some(Type::I64),
            ParamKind::Float => Some(Type::F64),
            ParamKind::Ptr => Some(Type::Ptr),
            _ => None,
        }
    }
}

/// Whether the pointer parameter at `index` and the count behind it are an array of operands.
fn is_array(entry: Entry, index: usize) -> bool {
    !matches!(entry, Entry::dxp_main | Entry::dxp_const_int) && entry.params().get(index + 1) == Some(&Kind::I)
}

fn plain(kind: Kind) -> ParamKind {
    match kind {
        Kind::V | Kind::W => ParamKind::Value,
        Kind::I => ParamKind::Int,
        Kind::U => ParamKind::U32,
        Kind::F => ParamKind::Float,
        Kind::P => ParamKind::Ptr,
        Kind::S | Kind::T | Kind::B | Kind::N => panic!("result kind as parameter"),
    }
}

fn ret(kind: Kind, borrowed: bool) -> RetKind {
    match kind {
        Kind::V => RetKind::Value,
        Kind::W if borrowed => RetKind::Borrowed,
        Kind::W => RetKind::Sure,
        Kind::I => RetKind::Int,
        Kind::F => RetKind::Float,
        Kind::S => RetKind::Status,
        Kind::T => RetKind::Truth,
        Kind::B => RetKind::SureTruth,
        Kind::N => RetKind::Nothing,
        Kind::U | Kind::P => panic!("parameter kind as result"),
    }
}

fn entry_effects(entry: Entry) -> Effects {
    let raises = if ret(entry.result(), false).raises() { Effects::RAISES } else { Effects::NONE };
    match entry {
        Entry::dxp_box_f64
        | Entry::dxp_box_i64
        | Entry::dxp_fmod_py
        | Entry::dxp_closure_cell
        | Entry::dxp_function_globals
        | Entry::dxp_cell_new
        | Entry::dxp_match_sequence
        | Entry::dxp_match_mapping
        | Entry::dxp_is_builtin => raises | Effects::READS,
        _ => raises | Effects::CALLS | Effects::READS | Effects::WRITES,
    }
}
