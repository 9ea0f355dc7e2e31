//! DPB → IR: every DPB function becomes a body, and generators and coroutines a resume function as well.

mod direct;
mod emit;
mod function;
mod fuse;
mod liveness;
mod peek;
mod resume;
mod versions;

use dxpyc_abi::layout::code_flags;
use dxpyc_dpb::{self as dpb, FunctionFlags};
use dxpyc_ir::unit::Const;
use dxpyc_ir::{CacheKind, CodeData, CodeFlags, CodeParam, ParamPassing, Position, Unit};
use std::collections::HashMap;

/// What the builder does for speed besides versions, and can be told to leave out as passes are: name, and one line on it.
pub const BUILD_STEPS: &[(&str, &str)] = &[
    ("fuse", "generator expressions that are consumed where they are made become loops"),
    ("peek", "attributes and items that are only looked at are not counted"),
    ("direct", "constructors and methods of the module's classes are called directly"),
];

/// Builds the IR of a verified module, with versions that speculate.
pub fn build_unit(module: &dpb::Module, is_package: bool) -> Unit {
    build_unit_for(module, is_package, true, &[])
}

/// Builds the IR of a verified module. With `speculate`, functions get a fast version beside the generic one (see `versions`). `left_out` may name
/// rows of [`BUILD_STEPS`].
pub fn build_unit_for(module: &dpb::Module, is_package: bool, speculate: bool, left_out: &[String]) -> Unit {
    let does = |step: &str| !left_out.iter().any(|name| name == step);
    let steps = Steps { fuse: does("fuse"), peek: does("peek"), direct: does("direct") };
    let mut unit = Unit {
        name: module.name.clone(),
        file: module.file.clone(),
        is_package,
        consts: module.constants.iter().map(convert_const).collect(),
        names: module.names.clone(),
        functions: Vec::new(),
        codes: module.functions.iter().enumerate().map(|(index, f)| code_data(f, index as u32)).collect(),
        caches: Vec::new(),
    };
    let candidates = speculate.then(|| direct::candidates(module));
    let n_functions = module.functions.len();
    let mut resumes = Vec::new();
    let mut foreign = HashMap::new();
    for index in 0..n_functions {
        let source = &module.functions[index];
        let versioned = versions::version(module, source, speculate, steps.fuse);
        let mut shared = Shared::new(module, &mut unit.caches, candidates.as_ref(), &mut foreign, index, steps);
        if source.flags.is_resumable() {
            unit.functions.push(resume::build_generator_body(&shared, index));
            let (function, n_slots) = resume::build_resume(&mut shared, &versioned, index);
            unit.codes[index].resume = Some((n_functions + resumes.len()) as u32);
            unit.codes[index].n_frame_objects = n_slots;
            unit.codes[index].positions = shared.positions;
            resumes.push(function);
        } else {
            let function = function::build_body(&mut shared, &versioned, index);
            unit.codes[index].positions = shared.positions;
            unit.functions.push(function);
        }
    }
    unit.functions.append(&mut resumes);
    unit
}

/// Rows of [`BUILD_STEPS`] that are done.
#[derive(Clone, Copy)]
struct Steps {
    fuse: bool,
    peek: bool,
    direct: bool,
}

/// What the builders of one function's machine code share.
struct Shared<'a> {
    module: &'a dpb::Module,
    caches: &'a mut Vec<CacheKind>,
    positions: Vec<Position>,
    position_index: HashMap<dpb::Position, u32>,
    /// Functions that calls may guess, by name. None in code that is to stay small.
    candidates: Option<&'a direct::Candidates<'a>>,
    steps: Steps,
    /// Positions of functions to come that stand in fused code before, by function.
    foreign: &'a mut HashMap<u32, Vec<Position>>,
}

impl<'a> Shared<'a> {
    fn new(
        module: &'a dpb::Module,
        caches: &'a mut Vec<CacheKind>,
        candidates: Option<&'a direct::Candidates<'a>>,
        foreign: &'a mut HashMap<u32, Vec<Position>>,
        index: usize,
        steps: Steps,
    ) -> Shared<'a> {
        let positions = foreign.remove(&(index as u32)).unwrap_or_default();
        Shared { module, caches, positions, position_index: HashMap::new(), candidates, steps, foreign }
    }

    /// A position of a function further down.
    fn foreign_position(&mut self, code: u32, position: dpb::Position) -> u32 {
        let positions = self.foreign.entry(code).or_default();
        let position = convert_position(position);
        if let Some(index) = positions.iter().position(|known| *known == position) {
            return index as u32;
        }
        positions.push(position);
        (positions.len() - 1) as u32
    }

    fn position(&mut self, position: dpb::Position) -> u32 {
        *self.position_index.entry(position).or_insert_with(|| {
            self.positions.push(convert_position(position));
            (self.positions.len() - 1) as u32
        })
    }

    fn cache(&mut self, kind: CacheKind) -> u32 {
        self.caches.push(kind);
        (self.caches.len() - 1) as u32
    }

    /// Dotted name and linker symbol of a function.
    fn names(&self, index: usize) -> (String, String) {
        let function = &self.module.functions[index];
        let qualname = &self.module.names[function.qualname.index()];
        if index == 0 {
            return (self.module.name.clone(), format!("{}:<module>", self.module.name));
        }
        (format!("{}.{qualname}", self.module.name), format!("{}:{qualname}:{index}", self.module.name))
    }
}

fn convert_position(position: dpb::Position) -> Position {
    Position { line: position.line, end_line: position.end_line, column: position.col, end_column: position.end_col }
}

/// Number of parameter slots, the namespace of a class body included.
fn n_params(function: &dpb::Function) -> u32 {
    if function.flags.has(FunctionFlags::CLASS_BODY) { function.n_params().max(1) } else { function.n_params() }
}

fn convert_const(constant: &dpb::Const) -> Const {
    let indices = |ids: &[dpb::ConstId]| ids.iter().map(|id| id.0).collect();
    match constant {
        dpb::Const::None => Const::None,
        dpb::Const::True => Const::True,
        dpb::Const::False => Const::False,
        dpb::Const::Ellipsis => Const::Ellipsis,
        dpb::Const::Int(value) => Const::Int(*value),
        dpb::Const::BigInt(bytes) => Const::BigInt(bytes.clone()),
        dpb::Const::Float(bits) => Const::Float(*bits),
        dpb::Const::Complex(re, im) => Const::Complex(*re, *im),
        dpb::Const::Str(bytes) => Const::Str(bytes.clone()),
        dpb::Const::Bytes(bytes) => Const::Bytes(bytes.clone()),
        dpb::Const::Tuple(ids) => Const::Tuple(indices(ids)),
        dpb::Const::FrozenSet(ids) => Const::FrozenSet(indices(ids)),
    }
}

fn code_data(function: &dpb::Function, index: u32) -> CodeData {
    let mut params = Vec::new();
    let n_named = n_params(function).max(function.n_args + function.n_kwonly);
    for slot in 0..n_named {
        let passing = if slot < function.n_posonly {
            ParamPassing::PositionalOnly
        } else if slot < function.n_args {
            ParamPassing::Positional
        } else if slot < function.n_args + function.n_kwonly {
            ParamPassing::KeywordOnly
        } else if function.flags.has(FunctionFlags::VARARGS) && slot == function.n_args + function.n_kwonly {
            ParamPassing::VarArgs
        } else if function.flags.has(FunctionFlags::VARKEYWORDS) {
            ParamPassing::VarKeywords
        } else {
            ParamPassing::Positional
        };
        let name = function.varnames.get(slot as usize).map_or(function.name.0, |name| name.0);
        params.push(CodeParam { name, passing });
    }
    let plain = params
        .iter()
        .all(|param| matches!(param.passing, ParamPassing::PositionalOnly | ParamPassing::Positional));
    CodeData {
        name: function.name.0,
        qualname: function.qualname.0,
        fast_nargs: if plain { params.len() as u32 } else { u32::MAX },
        params,
        flags: CodeFlags(flag_bits(function)),
        first_line: function.first_line,
        doc: function.docstring.map(|id| id.0),
        varnames: function.varnames.iter().map(|name| name.0).collect(),
        cellvars: function.cellvars.iter().map(|name| name.0).collect(),
        freevars: function.freevars.iter().map(|name| name.0).collect(),
        positions: Vec::new(),
        body: index,
        resume: None,
        n_frame_objects: 0,
        n_frame_raw: 0,
    }
}

fn flag_bits(function: &dpb::Function) -> u32 {
    let table = [
        (FunctionFlags::GENERATOR, code_flags::GENERATOR),
        (FunctionFlags::COROUTINE, code_flags::COROUTINE),
        (FunctionFlags::ASYNC_GENERATOR, code_flags::ASYNC_GENERATOR),
        (FunctionFlags::NESTED, code_flags::NESTED),
        (FunctionFlags::CLASS_BODY, code_flags::CLASS),
        (FunctionFlags::MODULE_BODY, code_flags::MODULE),
        (FunctionFlags::VARARGS, code_flags::VARARGS),
        (FunctionFlags::VARKEYWORDS, code_flags::VARKEYWORDS),
        (FunctionFlags::METHOD, code_flags::METHOD),
    ];
    let mut bits = 0;
    for (flag, bit) in table {
        if function.flags.has(flag) {
            bits |= bit;
        }
    }
    let own_namespace = function.flags.has(FunctionFlags::CLASS_BODY) || function.flags.has(FunctionFlags::MODULE_BODY);
    if !own_namespace {
        bits |= code_flags::OPTIMIZED | code_flags::NEWLOCALS;
    }
    if function.docstring.is_some() {
        bits |= code_flags::HAS_DOCSTRING;
    }
    bits
}
