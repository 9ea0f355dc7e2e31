//! IR → object bytes, by LLVM.
//!
//! A program becomes several objects, made in parallel: *code objects* with the functions (grouped into [`chunk`]s, each an
//! LLVM module of its own), one *glue* object with `main` and the array entries, and one *data object* with everything
//! static: constants, code records, position tables, the module table ([`statics`], written without LLVM).
//!
//! All symbols are hidden; constants are named by their content, so that equal ones are one object in the whole program.
//! This crate knows nothing of why an instruction stands where it stands; reference counts are as the IR says.

mod chunk;
mod function;
mod glue;
mod inst;
mod memory;
mod statics;
mod target;
mod values;

use std::sync::Mutex;

use dxpyc_ir::Program;
use rayon::prelude::*;

pub use target::Cpu;

/// How much is spent on the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Quick to build, nothing inlined.
    Debug,
    /// Hot paths inlined and optimised; code that runs once is not.
    Optimised,
}

/// What comes out of the LLVM modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What a compile reads besides the program.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub program: &'a Program,
    /// For each unit, what is not in the IR.
    pub units: &'a [UnitInfo<'a>],
    /// Symbols of the native modules that the program reaches.
    pub natives: &'a [String],
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

/// Translates a whole program. The order of the artefacts is fixed by the program.
pub fn compile(input: Input<'_>, options: &Options<'_>) -> Vec<Artifact> {
    assert_eq!(input.program.units.len(), input.units.len(), "one info for each unit");
    target::initialize();
    let statics = statics::Statics::of(input.program);
    let chunks = chunk::partition(input, options.level);
    let mut jobs: Vec<Job<'_>> = Vec::with_capacity(chunks.len() + 2);
    if options.emit == Emit::Object {
        jobs.push(Job::Data);
    }
    jobs.push(Job::Glue);
    jobs.extend(chunks.iter().map(Job::Chunk));
    jobs.par_iter()
        .map(|job| match job {
            Job::Data => Artifact { name: "data".to_owned(), bytes: statics.write_object(input, &options.cpu) },
            Job::Glue => Artifact { name: "glue".to_owned(), bytes: glue::compile(&statics, options) },
            Job::Chunk(chunk) => {
                Artifact { name: chunk.name.clone(), bytes: chunk::compile(input.program, chunk, &statics, options) }
            }
        })
        .collect()
}

enum Job<'a> {
    Data,
    Glue,
    Chunk(&'a chunk::Chunk),
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
