//! The stages in order: main file → graph → DPB → IR → objects. Each is a function of its own crate; files and errors are here.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use dxpyc_base::{Diagnostic, Source};
use dxpyc_dpb as dpb;
use dxpyc_ir::{Program, Unit};
use dxpyc_llvm::{Artifact, Cpu, Emit, Input, Level, UnitInfo};
use dxpyc_modules::code_strings::CodeKind;
use dxpyc_modules::finder::{Files, Roots};
use dxpyc_modules::graph::{self, Body, Graph, ModuleId};
use dxpyc_passes as passes;
use rayon::prelude::*;

use crate::cli;
use crate::embedded::{self, Runtime};
use crate::files::{RuntimeNatives, reason};
use crate::names;
use crate::pcc::Pcc;
use crate::report::{Failure, Stages, Working};

/// A program between front and back end.
pub struct Middle {
    pub program: Program,
    /// For each unit: source text for tracebacks, and whether it comes with dxpyc.
    pub sources: Vec<(String, bool)>,
    /// Native modules that the program reaches.
    pub natives: Vec<String>,
    /// All names that it can look up; none: any name.
    pub names: Option<HashSet<String>>,
    pub runtime: Runtime,
    pub main_dpb: dpb::Module,
}

impl Middle {
    /// The IR of the user's modules as text.
    pub fn ir_text(&self) -> String {
        let mut text = String::new();
        for (unit, (_, is_library)) in self.program.units.iter().zip(&self.sources) {
            if !is_library {
                for function in &unit.functions {
                    text.push_str(&dxpyc_ir::print::print(function));
                    text.push('\n');
                }
            }
        }
        text
    }
}

/// How a program names its own files, in tracebacks and `__file__`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileNames {
    /// From the folder in which the import system found them, where that was given by a relative path: the executable is the same
    /// wherever it was built. Absolute paths stay: programs find their data beside their sources.
    Relative,
    /// As CPython names them: for programs that run here and now.
    Absolute,
}

impl FileNames {
    /// The name of a file in the program. `folders`: the user's import folders.
    fn of(self, path: &str, folders: &[String]) -> String {
        if embedded::is_library_path(path) {
            return path.to_owned();
        }
        match self {
            FileNames::Absolute => std::path::absolute(path).map_or(path.to_owned(), |path| path.display().to_string()),
            FileNames::Relative if path.starts_with('/') => path.to_owned(),
            FileNames::Relative => {
                let inside = |folder: &String| path.strip_prefix(folder.as_str())?.strip_prefix('/').map(str::to_owned);
                folders.iter().filter_map(inside).min_by_key(String::len).unwrap_or_else(|| path.to_owned())
            }
        }
    }
}

/// Reads the main file.
pub fn read_program(path: &Path, files: &dyn Files) -> Result<Vec<u8>, Failure> {
    let world = |text: &str| Failure::World(format!("{}: {text}", path.display()));
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(world("is a directory")),
        _ => {}
    }
    // Pipes and names that are not UTF-8 are not module files, but can be main files.
    match path.to_str().and_then(|path| files.read(path)) {
        Some(Ok(bytes)) => Ok(bytes),
        _ => fs::read(path).map_err(|error| world(&reason(&error))),
    }
}

/// From the main file to IR after all passes. `files`: where modules are.
pub fn middle(options: &cli::Program, files: &dyn Files, file_names: FileNames, stages: &Stages) -> Result<Middle, Failure> {
    let runtime = Runtime::load().map_err(Failure::World)?;
    let path = options.file.display().to_string();
    let bytes = read_program(&options.file, files)?;
    let source = Source::decode(&path, &bytes).map_err(|diagnostic| Failure::Diagnostics(vec![*diagnostic]))?;
    let folders = user_folders(options);
    let graph = stages.run("modules", || find_modules(source, folders.clone(), files, &runtime))?;
    for warning in &graph.warnings {
        eprint!("{warning}");
    }
    let lowered = stages.run("lower", || lower_all(&graph, &|path| file_names.of(path, &folders)));
    let mut natives: Vec<String> = graph
        .modules
        .iter()
        .filter(|module| matches!(module.body, Body::Native) && runtime.natives.contains(&module.name.replace('.', "_")))
        .map(|module| format!("dxp_native_module_{}", module.name.replace('.', "_")))
        .collect();
    natives.sort();

    let pass_options = passes::Options { check: options.check, dump: options.dump.clone(), no_pass: options.no_pass.clone() };
    let (units, dumps) = stages.run("passes", || {
        let mut units: Vec<Unit> = lowered.par_iter().map(|lowered| to_ir(lowered, &options.no_pass)).collect();
        if !options.no_pass.iter().any(|name| name == "expect") {
            let own = units.iter_mut().zip(&lowered).filter(|(_, lowered)| !lowered.is_library);
            passes::expect::run(&mut own.map(|(unit, _)| unit).collect::<Vec<_>>());
        }
        let dumps: Vec<Vec<String>> = units.par_iter_mut().map(|unit| run_passes(unit, &pass_options)).collect();
        (units, dumps.concat())
    });
    stages.note(|| {
        let count = |n: fn(&Unit) -> usize| units.iter().map(n).sum::<usize>();
        let insts = count(|unit| unit.functions.iter().flat_map(|f| &f.blocks).map(|block| block.insts.len()).sum());
        format!("{} modules, {} functions, {insts} instructions", units.len(), count(|unit| unit.functions.len()))
    });
    for dump in dumps {
        eprintln!("{dump}");
    }
    let looked_up = names::looked_up(lowered.iter().map(|lowered| &lowered.module));
    let mut main_dpb = None;
    let mut sources = Vec::with_capacity(lowered.len());
    for lowered in lowered {
        sources.push((lowered.source, lowered.is_library));
        main_dpb.get_or_insert(lowered.module);
    }
    let main_dpb = main_dpb.unwrap_or_default();
    Ok(Middle { program: Program { units }, sources, natives, names: looked_up, runtime, main_dpb })
}

/// IR to artefacts, those that `pcc` has from there.
pub fn backend(middle: &Middle, debug: bool, cpu: Cpu, emit: Emit, pcc: &Pcc) -> Vec<Artifact> {
    let units: Vec<UnitInfo<'_>> = middle
        .sources
        .iter()
        .map(|(source, is_library)| UnitInfo { source: source.as_bytes(), is_library: *is_library })
        .collect();
    let input = Input { program: &middle.program, units: &units, natives: &middle.natives };
    let level = if debug { Level::Debug } else { Level::Optimised };
    let options = dxpyc_llvm::Options { level, cpu, emit, hot_bitcode: embedded::HOT_BITCODE };
    let plan = dxpyc_llvm::Plan::new(input, &options);
    plan.artifacts(|index| pcc.object(&plan, index))
}

/// Where the user's modules are looked for, in order.
fn user_folders(options: &cli::Program) -> Vec<String> {
    let main = options.file.parent().map(|parent| parent.display().to_string()).unwrap_or_default();
    let python_path = std::env::var_os("PYTHONPATH").unwrap_or_default();
    let inherited = std::env::split_paths(&python_path).filter(|path| !path.as_os_str().is_empty());
    let others = options.paths.iter().cloned().chain(inherited).map(|path| path.display().to_string());
    std::iter::once(main).chain(others).collect()
}

fn find_modules(main: Source, user: Vec<String>, files: &dyn Files, runtime: &Runtime) -> Result<Graph, Failure> {
    let roots = Roots { user, library: vec![embedded::LIBRARY_ROOT.to_owned()] };
    let natives = RuntimeNatives(&runtime.natives);
    let graph_options = graph::Options { files, natives: &natives, roots: &roots, always: &[] };
    let (graph, diagnostics) = graph::build(main, &graph_options);
    if diagnostics.is_empty() { Ok(graph) } else { Err(Failure::Diagnostics(diagnostics)) }
}

struct Lowered {
    module: dpb::Module,
    source: String,
    is_package: bool,
    is_library: bool,
}

/// All modules that have code, the main one first. `file_name`: the program's name of a path.
fn lower_all(graph: &Graph, file_name: &(dyn Fn(&str) -> String + Sync)) -> Vec<Lowered> {
    let ids: Vec<ModuleId> = (0..graph.modules.len() as u32)
        .map(ModuleId)
        .filter(|id| !matches!(graph.module(*id).body, Body::Native))
        .collect();
    ids.par_iter().map(|id| lower_one(graph, *id, file_name)).collect()
}

fn lower_one(graph: &Graph, id: ModuleId, file_name: &dyn Fn(&str) -> String) -> Lowered {
    let module = graph.module(id);
    if let Some((kind, text)) = module.code_string() {
        return lower_code_string(module, kind, text);
    }
    let _working = Working(&module.name);
    // What has no code of its own gets some: nothing, or a raise.
    let replacement = match &module.body {
        Body::Python(_) => None,
        Body::Broken(diagnostics) => Some(raising_source(&file_name(&module.path), diagnostics)),
        Body::Native | Body::Namespace => Some(String::new()),
    };
    let replaced = replacement.map(|text| graph::analyze(Source::from_text(&module.path, &text)));
    let code = match (&module.body, &replaced) {
        (Body::Python(code), _) | (_, Some(Body::Python(code))) => code,
        _ => panic!("{}: the replacement does not parse", module.name),
    };
    let mut lowered = lower(code, &module.name);
    lowered.file = file_name(&lowered.file);
    Lowered {
        module: lowered,
        source: code.source.text.clone(),
        is_package: module.is_package,
        is_library: module.is_library,
    }
}

/// A text for `exec` or `eval`: the runtime finds it by the hash of the text.
fn lower_code_string(module: &graph::Module, kind: CodeKind, text: &str) -> Lowered {
    let text = Source::from_text("", text).text;
    let name = dxpyc_abi::code_string_name(matches!(kind, CodeKind::Eval), matches!(module.body, Body::Broken(_)), text.as_bytes());
    let name = String::from_utf8_lossy(&name).into_owned();
    let replaced;
    let (code, lower_kind) = match &module.body {
        Body::Python(code) if kind == CodeKind::Exec => (code, dxpyc_lower::Kind::Exec),
        Body::Python(code) => (code, dxpyc_lower::Kind::Eval),
        Body::Broken(diagnostics) => {
            let in_parser = !dxpyc_syntax::parse(&Source::from_text("<string>", &text)).1.is_empty();
            let mut diagnostics = diagnostics.clone();
            if let Some(at) = diagnostics.first_mut().and_then(|first| first.location.as_mut()) {
                if in_parser { at.text.push('\n') } else { at.text.clear() }
            }
            replaced = graph::analyze(Source::from_text(&module.path, &raising_source(&module.path, &diagnostics)));
            match &replaced {
                Body::Python(code) => (code, dxpyc_lower::Kind::Exec),
                _ => panic!("the replacement of a code string does not parse"),
            }
        }
        Body::Native | Body::Namespace => panic!("a code string is Python"),
    };
    let module = lower_as(code, &name, lower_kind);
    // As library code: compiled quickly.
    Lowered { module, source: String::new(), is_package: false, is_library: true }
}

/// A module that raises what CPython raises when it imports the broken one.
fn raising_source(path: &str, diagnostics: &[Diagnostic]) -> String {
    let Some(first) = diagnostics.first() else { return String::new() };
    let text = |text: &str| {
        let escaped: String = text.chars().flat_map(char::escape_unicode).map(|c| c.to_string()).collect();
        // \u{…} is Rust's; Python has \U with eight digits.
        let mut python = String::new();
        for part in escaped.split("\\u{").skip(1) {
            python.push_str(&format!("\\U{:0>8}", part.trim_end_matches('}')));
        }
        format!("'{python}'")
    };
    let class = first.kind.exception().unwrap_or("ImportError");
    match &first.location {
        Some(at) if class.ends_with("Error") && class != "ModuleNotFoundError" && class != "ImportError" => format!(
            "raise {class}({}, ({}, {}, {}, {}, {}, {}))\n",
            text(&first.message),
            text(path),
            at.line,
            at.column + 1,
            if at.text.is_empty() { "None".to_owned() } else { text(&at.text) },
            at.end_line,
            at.end_column + 1
        ),
        _ => format!("raise {class}({})\n", text(&first.message)),
    }
}

/// The DPB of a single file, without its imports.
pub fn lower_alone(source: Source) -> Result<dpb::Module, Failure> {
    match graph::analyze(source) {
        Body::Python(code) => Ok(lower(&code, "__main__")),
        Body::Broken(diagnostics) => Err(Failure::Diagnostics(diagnostics)),
        Body::Native | Body::Namespace => Ok(dpb::Module::default()),
    }
}

pub(crate) fn lower(code: &graph::Code, name: &str) -> dpb::Module {
    lower_as(code, name, dxpyc_lower::Kind::Module)
}

fn lower_as(code: &graph::Code, name: &str, kind: dxpyc_lower::Kind) -> dpb::Module {
    let source_hash = *blake3::hash(code.source.text.as_bytes()).as_bytes();
    let options = dxpyc_lower::Options { name, source_hash, kind };
    let module = dxpyc_lower::lower(&code.source, &code.ast, &code.scopes, &options);
    if let Err(error) = dpb::verify(&module) {
        panic!("lower: {name}: the verifier refuses the module: {error}");
    }
    module
}

fn to_ir(lowered: &Lowered, left_out: &[String]) -> Unit {
    let _working = Working(&lowered.module.name);
    // Library code is compiled for size and time: one version of each function.
    passes::build_unit_for(&lowered.module, lowered.is_package, !lowered.is_library, left_out)
}

/// Runs the passes over all functions; returns what was to be dumped.
fn run_passes(unit: &mut Unit, options: &passes::Options) -> Vec<String> {
    let dumps: Vec<Vec<String>> = unit
        .functions
        .par_iter_mut()
        .map(|function| {
            let name = function.name.clone();
            let _working = Working(&name);
            passes::run(function, options)
        })
        .collect();
    dumps.concat()
}
