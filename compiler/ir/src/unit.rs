//! Units and programs: functions with the data that they need.

use crate::function::Function;

/// A compiled module.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Dotted module name.
    pub name: String,
    /// The file name that tracebacks show.
    pub file: String,
    /// The module has submodules (`__init__.py`).
    pub is_package: bool,
    /// The module's docstring stands in function 0's code.
    pub consts: Vec<Const>,
    /// Interned names.
    pub names: Vec<String>,
    /// Function `i`; function 0 is the module body.
    pub functions: Vec<Function>,
    /// Code records; `Function::code` points here.
    pub codes: Vec<CodeData>,
    /// One for each inline cache.
    pub caches: Vec<CacheKind>,
}

/// A whole program.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Program {
    /// Units; the first is the main module.
    pub units: Vec<Unit>,
}

/// What an inline cache is for; gives its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheKind {
    /// `abi::GlobalCache`.
    Global,
    /// `abi::AttrCache`.
    Attr,
}

/// A constant of the unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    None,
    True,
    False,
    Ellipsis,
    /// An int that fits i64.
    Int(i64),
    /// Any other int: two's complement, little endian, shortest.
    BigInt(Box<[u8]>),
    /// Bits.
    Float(u64),
    /// Bits of the real and imaginary part.
    Complex(u64, u64),
    /// Generalized UTF-8: lone surrogates are three bytes.
    Str(Box<[u8]>),
    Bytes(Box<[u8]>),
    /// Indices of earlier constants.
    Tuple(Box<[u32]>),
    /// Indices of earlier constants.
    FrozenSet(Box<[u32]>),
}

/// How arguments reach a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamPassing {
    PositionalOnly,
    Positional,
    KeywordOnly,
    /// `*args`.
    VarArgs,
    /// `**kwargs`.
    VarKeywords,
}

/// A parameter of a code record, in slot order (positional, keyword-only, `*args`, `**kwargs`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeParam {
    /// Index into the unit's names.
    pub name: u32,
    pub passing: ParamPassing,
}

/// Flags of a code record: the bits of `abi::code_flags`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CodeFlags(pub u32);

/// A place in the source; 1-based lines, 0-based byte columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Position {
    pub line: u32,
    pub end_line: u32,
    pub column: u32,
    pub end_column: u32,
}

/// What the static `abi::Code` record of a function says.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeData {
    /// Index into the unit's names.
    pub name: u32,
    /// Index into the unit's names.
    pub qualname: u32,
    pub params: Vec<CodeParam>,
    pub flags: CodeFlags,
    /// As `abi::Code::fast_nargs`.
    pub fast_nargs: u32,
    pub first_line: u32,
    /// Index into the unit's constants of the docstring.
    pub doc: Option<u32>,
    /// `co_varnames`, parameters first: indices into the unit's names.
    pub varnames: Vec<u32>,
    pub cellvars: Vec<u32>,
    pub freevars: Vec<u32>,
    /// Traceback positions.
    pub positions: Vec<Position>,
    /// Index into `Unit::functions` of the body.
    pub body: u32,
    /// Index into `Unit::functions` of the resume function (generators, coroutines).
    pub resume: Option<u32>,
    /// Generators: owned object slots in the frame; parameters come first.
    pub n_frame_objects: u32,
    /// Generators: raw 8-byte slots behind them.
    pub n_frame_raw: u32,
}

impl CodeData {
    /// The number of parameters with a passing.
    pub fn count(&self, passing: ParamPassing) -> u32 {
        self.params.iter().filter(|param| param.passing == passing).count() as u32
    }
}
