//! IR → object bytes, by LLVM.
//!
//! A program becomes several objects, made in parallel: *code objects* with the functions (grouped into [`chunk`]s, each an
//! LLVM module of its own), one *glue* object with `main` and the array entries, and one *data object* with everything
//! static: constants, code records, position tables, the module table ([`statics`], written without LLVM).
//!
//! All symbols are hidden; constants are named by their content, so that equal ones are one object in the whole program.
//! This crate knows nothing of why an instruction stands where it stands; reference counts are as the IR says.

mod chunk;
mod fingerprint;
mod function;
mod glue;
mod inst;
mod kept;
mod library;
mod memory;
mod split;
mod statics;
mod target;
mod values;

use std::hash::Hash;
use std::sync::Mutex;

use dxpyc_ir::{Program, Unit};
use rayon::prelude::*;

pub use library::{identity, load};
pub use target::Cpu;

/// How much is spent on the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Quick to build, nothing inlined.
    Debug,
    /// Hot paths inlined and optimised; code that runs once is not.
    Optimised,
}

/// What comes out of the LLVM modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Emit {
    Object,
    Assembly,
    LlvmText,
}

/// Choices of one compile.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    pub level: Level,
    pub cpu: Cpu,
    pub emit: Emit,
    /// LLVM bitcode of `runtime-lib/hot`; empty: hot paths stay calls.
    pub hot_bitcode: &'a [u8],
}

/// A unit as the program's files know it.
#[derive(Clone, Copy, Debug)]
pub struct UnitInfo<'a> {
    /// Source text (UTF-8) for traceback lines.
    pub source: &'a [u8],
    /// The standard library: compiled quickly.
    pub is_library: bool,
}

/// One output.
#[derive(Clone, Debug)]
pub struct Artifact {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A unit split into chunks, each of which becomes an object.
pub struct UnitCode {
    pub unit: Unit,
    refs: statics::UnitRefs,
    chunks: Vec<chunk::Chunk>,
}

impl UnitCode {
    /// Splits a unit, and says what it puts into the program.
    pub fn new(unit: Unit, info: UnitInfo<'_>, options: &Options<'_>) -> (UnitCode, UnitPlan) {
        let chunks = chunk::partition(&unit, info.is_library, options.level);
        let consts = statics::UnitConsts::of(&unit);
        let refs = consts.refs.clone();
        let statics = statics::UnitStatics::of(&unit, info.source, consts);
        let piece = |chunk: &chunk::Chunk| {
            let Options { level, cpu, emit, hot_bitcode: _ } = options;
            let mut hasher = fingerprint::ContentHasher::default();
            (level, cpu, emit).hash(&mut hasher);
            fingerprint::chunk(&unit, chunk, &refs, &mut hasher);
            UnitPiece { name: chunk.name.clone(), work: chunk.work(&unit) as u64, fingerprint: hasher.hash() }
        };
        let plan = UnitPlan { pieces: chunks.par_iter().map(piece).collect(), statics };
        (UnitCode { unit, refs, chunks }, plan)
    }

    /// Makes a piece of the unit.
    pub fn compile(&self, piece: usize, options: &Options<'_>) -> Vec<u8> {
        target::initialize();
        chunk::compile(&self.unit, &self.chunks[piece], &self.refs, options)
    }
}

/// What a unit gives to the program: this can be kept, and then the unit itself is needed only for pieces that are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitPlan {
    pub pieces: Vec<UnitPiece>,
    statics: statics::UnitStatics,
}

/// A piece of a unit's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPiece {
    pub name: String,
    /// An estimate of the time to make it.
    pub work: u64,
    /// Hash of all that it is made from, but this compiler and the hot paths' bitcode.
    pub fingerprint: [u8; 32],
}

/// What is made of all units together.
pub struct Plan<'a> {
    units: Vec<&'a statics::UnitStatics>,
    /// Symbols of the native modules that the program reaches.
    natives: &'a [String],
    options: &'a Options<'a>,
}

impl<'a> Plan<'a> {
    pub fn new(units: impl IntoIterator<Item = &'a UnitPlan>, natives: &'a [String], options: &'a Options<'a>) -> Plan<'a> {
        Plan { units: units.into_iter().map(|unit| &unit.statics).collect(), natives, options }
    }

    /// The object with everything static.
    pub fn data(&self) -> Vec<u8> {
        statics::write_object(&self.units, self.natives, &self.options.cpu)
    }

    /// Hash of all that the glue object is made from, but this compiler.
    pub fn glue_fingerprint(&self) -> [u8; 32] {
        let Options { level: _, cpu, emit, hot_bitcode: _ } = self.options;
        let mut hasher = fingerprint::ContentHasher::default();
        (cpu, emit, statics::Glue::of(&self.units)).hash(&mut hasher);
        hasher.hash()
    }

    /// The object with `main`, array entries and lazy constants.
    pub fn glue(&self) -> Vec<u8> {
        target::initialize();
        glue::compile(&statics::Glue::of(&self.units), self.options)
    }
}

/// Translates a whole program, in parallel. For each unit, what is not in the IR.
pub fn compile(program: Program, infos: &[UnitInfo<'_>], natives: &[String], options: &Options<'_>) -> Vec<Artifact> {
    assert_eq!(program.units.len(), infos.len(), "one info for each unit");
    let units: Vec<(UnitCode, UnitPlan)> =
        program.units.into_iter().zip(infos).map(|(unit, info)| UnitCode::new(unit, *info, options)).collect();
    let plan = Plan::new(units.iter().map(|(_, plan)| plan), natives, options);
    let mut artifacts = Vec::new();
    if options.emit == Emit::Object {
        artifacts.push(Artifact { name: "data".to_owned(), bytes: plan.data() });
    }
    artifacts.push(Artifact { name: "glue".to_owned(), bytes: plan.glue() });
    let pieces: Vec<(usize, usize)> =
        units.iter().enumerate().flat_map(|(unit, (_, plan))| (0..plan.pieces.len()).map(move |piece| (unit, piece))).collect();
    artifacts.par_extend(pieces.into_par_iter().map(|(unit, piece)| {
        let (code, plan) = &units[unit];
        Artifact { name: plan.pieces[piece].name.clone(), bytes: code.compile(piece, options) }
    }));
    artifacts
}

static FAILED: Mutex<Option<String>> = Mutex::new(None);

/// The name of the function whose translation panicked, for the driver's report.
pub fn failed_function() -> Option<String> {
    FAILED.lock().ok().and_then(|mut name| name.take())
}

/// Notes its name when a panic passes.
struct Translating<'a>(&'a str);

impl Drop for Translating<'_> {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Ok(mut name) = FAILED.lock()
        {
            *name = Some(self.0.to_owned());
        }
    }
}
