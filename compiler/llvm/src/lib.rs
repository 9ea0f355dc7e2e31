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
mod library;
mod memory;
mod split;
mod statics;
mod target;
mod values;

use std::hash::{Hash, Hasher};
use std::sync::Mutex;

use dxpyc_ir::Program;
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

/// A program split into the pieces that become objects, each made from its own part of the program alone.
pub struct Plan<'a> {
    input: Input<'a>,
    options: &'a Options<'a>,
    statics: statics::Statics,
    jobs: Vec<Job>,
}

enum Job {
    Data,
    Glue,
    Chunk(chunk::Chunk),
}

impl<'a> Plan<'a> {
    /// Splits a program. The order of the pieces is fixed by the program.
    pub fn new(input: Input<'a>, options: &'a Options<'a>) -> Plan<'a> {
        assert_eq!(input.program.units.len(), input.units.len(), "one info for each unit");
        let statics = statics::Statics::of(input.program);
        let mut jobs = Vec::new();
        if options.emit == Emit::Object {
            jobs.push(Job::Data);
        }
        jobs.push(Job::Glue);
        jobs.extend(chunk::partition(input, options.level).into_iter().map(Job::Chunk));
        Plan { input, options, statics, jobs }
    }

    /// All pieces in order, made in parallel. `object`: the bytes of a piece.
    pub fn artifacts(&self, object: impl Fn(usize) -> Vec<u8> + Sync) -> Vec<Artifact> {
        let artifact = |index| Artifact { name: self.name(index).to_owned(), bytes: object(index) };
        (0..self.jobs.len()).into_par_iter().map(artifact).collect()
    }

    /// The name of a piece.
    pub fn name(&self, index: usize) -> &str {
        match &self.jobs[index] {
            Job::Data => "data",
            Job::Glue => "glue",
            Job::Chunk(chunk) => &chunk.name,
        }
    }

    /// Something that hashes all that a piece is made from, but this compiler and the hot paths' bitcode. None: making the piece
    /// costs less than storing it.
    pub fn fingerprint(&self, index: usize) -> Option<impl Hash> {
        match self.jobs[index] {
            Job::Data => None,
            Job::Glue | Job::Chunk(_) => Some(Fingerprint { plan: self, index }),
        }
    }

    /// Makes a piece.
    pub fn compile(&self, index: usize) -> Vec<u8> {
        target::initialize();
        match &self.jobs[index] {
            Job::Data => self.statics.write_object(self.input, &self.options.cpu),
            Job::Glue => glue::compile(&self.statics, self.options),
            Job::Chunk(chunk) => chunk::compile(self.input.program, chunk, &self.statics, self.options),
        }
    }
}

struct Fingerprint<'a> {
    plan: &'a Plan<'a>,
    index: usize,
}

impl Hash for Fingerprint<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Plan { input, options, statics, jobs } = self.plan;
        let Options { level, cpu, emit, hot_bitcode: _ } = options;
        (level, cpu, emit).hash(hasher);
        match &jobs[self.index] {
            Job::Data => unreachable!("the data object has no fingerprint"),
            Job::Glue => statics.hash_glue(hasher),
            Job::Chunk(chunk) => fingerprint::chunk(input.program, chunk, statics, hasher),
        }
    }
}

/// Translates a whole program, in parallel.
pub fn compile(input: Input<'_>, options: &Options<'_>) -> Vec<Artifact> {
    let plan = Plan::new(input, options);
    plan.artifacts(|index| plan.compile(index))
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
