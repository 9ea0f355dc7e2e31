//! The stages in order: main file → graph → DPB → IR → objects. Each is a function of its own crate; files and errors are here.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use dxpyc_base::{Diagnostic, Source};
use dxpyc_cache::{Key, KeyHasher};
use dxpyc_dpb as dpb;
use dxpyc_ir::{Program, Unit};
use dxpyc_llvm::{Cpu, Emit, Level, Plan, UnitCode, UnitInfo, UnitPlan};
use dxpyc_modules::code_strings::CodeKind;
use dxpyc_modules::finder::{Files, Roots};
use dxpyc_modules::graph::{self, Body, Graph, ModuleId};
use dxpyc_passes as passes;
use rayon::prelude::*;

use crate::cli;
use crate::embedded::{self, Runtime};
use crate::files::{RuntimeNatives, reason};
use crate::names::{self, LookedUp};
use crate::own::Own;
use crate::pcc::{Kept, KeptUnit, Pcc};
use crate::report::{Failure, Stages, Working};

/// A program between front and back end.
pub struct Middle {
    pub program: Program,
    /// For each unit: source text for tracebacks, and whether it comes with dxpyc.
    pub sources: Vec<(String, bool)>,
    /// Native modules that the program reaches.
    pub natives: Vec<String>,
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

/// A piece of a program: an object, or an earlier form of it.
#[derive(Clone)]
pub struct Piece {
    pub name: String,
    pub bytes: Kept,
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

/// The modules of a program, parsed, and what else is decided before any is translated.
pub struct Front {
    graph: Graph,
    /// The modules that have code, the main one first.
    pub ids: Vec<ModuleId>,
    /// The user's import folders.
    folders: Vec<String>,
    names: FileNames,
    /// Native modules that the program reaches.
    natives: Vec<String>,
    pass_options: passes::Options,
}

/// Finds and parses the modules. `files`: where modules are.
pub fn front(options: &cli::Program, files: &dyn Files, names: FileNames, runtime: &Runtime, stages: &Stages) -> Result<Front, Failure> {
    let path = options.file.display().to_string();
    let bytes = read_program(&options.file, files)?;
    let source = Source::decode(&path, &bytes).map_err(|diagnostic| Failure::Diagnostics(vec![*diagnostic]))?;
    let folders = user_folders(options);
    let graph = stages.run("modules", || find_modules(source, folders.clone(), files, runtime))?;
    for warning in &graph.warnings {
        eprint!("{warning}");
    }
    let mut natives: Vec<String> = graph
        .modules
        .iter()
        .filter(|module| matches!(module.body, Body::Native) && runtime.natives.contains(&module.name.replace('.', "_")))
        .map(|module| format!("dxp_native_module_{}", module.name.replace('.', "_")))
        .collect();
    natives.sort();
    let has_code = |id: &ModuleId| !matches!(graph.module(*id).body, Body::Native);
    let ids = (0..graph.modules.len() as u32).map(ModuleId).filter(has_code).collect();
    let pass_options = passes::Options { check: options.check, dump: options.dump.clone(), no_pass: options.no_pass.clone() };
    Ok(Front { graph, ids, folders, names, natives, pass_options })
}

impl Front {
    fn file_name(&self, path: &str) -> String {
        self.names.of(path, &self.folders)
    }

    /// Whether modules are looked at together.
    pub fn expects(&self) -> bool {
        !self.pass_options.no_pass.iter().any(|name| name == "expect")
    }

    fn lower(&self, id: ModuleId) -> Lowered {
        lower_one(&self.graph, id, &|path| self.file_name(path))
    }

    /// The IR of a module before `expect`, and what it looks up.
    pub fn unit(&self, id: ModuleId) -> (Unit, LookedUp) {
        let lowered = self.lower(id);
        (to_ir(&lowered, &self.pass_options.no_pass), LookedUp::by(&lowered.module))
    }

    /// The text that tracebacks show lines of.
    fn source(&self, id: ModuleId) -> Cow<'_, str> {
        match &self.graph.module(id).body {
            _ if self.graph.module(id).code_string().is_some() => Cow::Borrowed(""),
            Body::Python(code) => Cow::Borrowed(&code.source.text),
            _ => Cow::Owned(self.lower(id).source),
        }
    }

    /// Whether it is compiled quickly.
    fn is_quick(&self, id: ModuleId) -> bool {
        !self.is_own(id)
    }

    /// Whether it is one of the modules that `expect` looks at together.
    pub fn is_own(&self, id: ModuleId) -> bool {
        let module = self.graph.module(id);
        !module.is_library && module.code_string().is_none()
    }

    /// Feeds all that the IR of a module before `expect` is made from. False when the module is not worth it.
    pub fn feed(&self, id: ModuleId, hasher: &mut KeyHasher) -> bool {
        let module = self.graph.module(id);
        let (path, text) = match &module.body {
            Body::Python(code) => {
                let graph::Code { source: Source { path, text, encoding: _, lines: _ }, ast: _, scopes: _ } = &**code;
                (path.as_str(), text.as_str())
            }
            Body::Namespace => (module.path.as_str(), ""),
            Body::Native | Body::Broken(_) => return false,
        };
        if self.pass_options.dump.is_some() {
            return false;
        }
        hasher.write_hash(&matches!(module.body, Body::Namespace));
        for field in [module.name.as_str(), &self.file_name(path), text] {
            hasher.write(field.as_bytes());
        }
        hasher.write_hash(&(module.is_package, module.is_library, id.0 == 0));
        hasher.write_hash(&module.dead_spans());
        let passes::Options { check, dump: _, no_pass } = &self.pass_options;
        hasher.write_hash(&(check, no_pass));
        true
    }
}

/// From the main file to IR after all passes.
pub fn middle(options: &cli::Program, files: &dyn Files, names: FileNames, stages: &Stages) -> Result<Middle, Failure> {
    let runtime = Runtime::load().map_err(Failure::World)?;
    let front = front(options, files, names, &runtime, stages)?;
    let lowered: Vec<Lowered> = stages.run("lower", || front.ids.par_iter().map(|id| front.lower(*id)).collect());
    let units: Vec<Unit> = stages.run("passes", || {
        let mut units: Vec<Unit> = lowered.par_iter().map(|lowered| to_ir(lowered, &front.pass_options.no_pass)).collect();
        if front.expects() {
            let own = units.iter_mut().zip(&lowered).filter(|(_, lowered)| !lowered.is_library);
            passes::expect::run(&mut own.map(|(unit, _)| unit).collect::<Vec<_>>());
        }
        units.par_iter_mut().for_each(|unit| run_passes(unit, &front.pass_options));
        units
    });
    let mut main_dpb = None;
    let mut sources = Vec::with_capacity(lowered.len());
    for lowered in lowered {
        sources.push((lowered.source, lowered.is_library));
        main_dpb.get_or_insert(lowered.module);
    }
    Ok(Middle { program: Program { units }, sources, natives: front.natives, main_dpb: main_dpb.unwrap_or_default() })
}

/// A unit on its way to objects.
struct Planned {
    plan: UnitPlan,
    /// Made when one of its objects is not in the cache, unless it is here from the start.
    code: OnceLock<UnitCode>,
}

/// The options of the back end.
fn backend_options(debug: bool, cpu: Cpu, emit: Emit) -> dxpyc_llvm::Options<'static> {
    let level = if debug { Level::Debug } else { Level::Optimised };
    dxpyc_llvm::Options { level, cpu, emit, hot_bitcode: embedded::HOT_BITCODE }
}

/// From modules to objects, by way of what `pcc` has: modules that are as they were are not translated again. With them comes what the program
/// can look up (`names::all`).
pub fn objects(front: &Front, debug: bool, cpu: Cpu, pcc: &Pcc, stages: &Stages) -> Result<(Vec<Piece>, Option<HashSet<String>>), Failure> {
    let options = backend_options(debug, cpu, Emit::Object);
    let own = stages.run("expect", || Own::new(front, pcc));
    let make = |index: usize| -> (UnitCode, KeptUnit) {
        let id = front.ids[index];
        let (mut unit, looked_up) = own.unit(index).unwrap_or_else(|| front.unit(id));
        run_passes(&mut unit, &front.pass_options);
        let source = front.source(id);
        let info = UnitInfo { source: source.as_bytes(), is_library: front.is_quick(id) };
        let (code, plan) = UnitCode::new(unit, info, &options);
        (code, KeptUnit { plan, looked_up })
    };
    let key = |index: usize| -> Option<Key> {
        pcc.key("unit", |hasher| {
            let dxpyc_llvm::Options { level, cpu, emit, hot_bitcode: _ } = &options;
            hasher.write_hash(&(level, cpu, emit));
            hasher.write_hash(&own.expected_hash(index));
            front.feed(front.ids[index], hasher)
        })
    };
    let (units, looked_up): (Vec<Planned>, Vec<LookedUp>) = stages.run("passes", || {
        let plan = |index: usize| -> (Planned, LookedUp) {
            let key = key(index);
            if let Some(KeptUnit { plan, looked_up }) = pcc.stored(key).and_then(|stored| KeptUnit::decode(&stored)) {
                return (Planned { plan, code: OnceLock::new() }, looked_up);
            }
            let (code, kept) = make(index);
            pcc.keep(key, &front.graph.module(front.ids[index]).name, &kept.encode());
            (Planned { plan: kept.plan, code: OnceLock::from(code) }, kept.looked_up)
        };
        (0..front.ids.len()).into_par_iter().map(plan).unzip()
    });
    stages.note(|| {
        let made: Vec<&Unit> = units.iter().filter_map(|unit| unit.code.get()).map(|code| &code.unit).collect();
        let functions = || made.iter().flat_map(|unit| &unit.functions);
        let insts: usize = functions().flat_map(|function| &function.blocks).map(|block| block.insts.len()).sum();
        format!("{} modules, {} of them made: {} functions, {insts} instructions", units.len(), made.len(), functions().count())
    });
    let compile = |unit: usize, piece: usize| units[unit].code.get_or_init(|| make(unit).0).compile(piece, &options);
    let objects = stages.run("llvm", || pieces(&units, &front.natives, &options, pcc, &compile))?;
    Ok((objects, names::all(looked_up.iter())))
}

/// IR to artefacts, those that `pcc` has from there.
pub fn backend(middle: Middle, debug: bool, cpu: Cpu, emit: Emit, pcc: &Pcc) -> Result<Vec<Piece>, Failure> {
    let options = backend_options(debug, cpu, emit);
    let plan = |(unit, (source, is_library)): (Unit, &(String, bool))| {
        let (code, plan) = UnitCode::new(unit, UnitInfo { source: source.as_bytes(), is_library: *is_library }, &options);
        Planned { plan, code: OnceLock::from(code) }
    };
    let units: Vec<Planned> = middle.program.units.into_par_iter().zip(&middle.sources).map(plan).collect();
    pieces(&units, &middle.natives, &options, pcc, &|unit, piece| units[unit].code.get().expect("made above").compile(piece, &options))
}

/// Which piece of a program.
#[derive(Clone, Copy)]
enum At {
    Data,
    Glue,
    Unit { unit: usize, piece: usize },
}

/// All pieces of a program in their order, made in parallel. `compile`: a piece of a unit.
fn pieces(
    units: &[Planned],
    natives: &[String],
    options: &dxpyc_llvm::Options<'_>,
    pcc: &Pcc,
    compile: &(dyn Fn(usize, usize) -> Vec<u8> + Sync),
) -> Result<Vec<Piece>, Failure> {
    let program = Plan::new(units.iter().map(|unit| &unit.plan), natives, options);
    let mut all = Vec::new();
    if options.emit == Emit::Object {
        all.push((u64::MAX, At::Data));
    }
    all.push((0, At::Glue));
    for (unit, planned) in units.iter().enumerate() {
        all.extend(planned.plan.pieces.iter().enumerate().map(|(piece, info)| (info.work, At::Unit { unit, piece })));
    }
    let make = |at: At| -> Result<Piece, Failure> {
        match at {
            // Quicker to make than to look for.
            At::Data => Ok(Piece { name: "data".to_owned(), bytes: Kept::Made(Arc::new(program.data())) }),
            At::Glue => {
                let bytes = pcc.object("the glue", &program.glue_fingerprint(), || program.glue())?;
                Ok(Piece { name: "glue".to_owned(), bytes })
            }
            At::Unit { unit, piece } => {
                let info = &units[unit].plan.pieces[piece];
                let bytes = pcc.object(&info.name, &info.fingerprint, || compile(unit, piece))?;
                Ok(Piece { name: info.name.clone(), bytes })
            }
        }
    };
    // Threads take pieces from one list, the big ones first, so that none ends alone with one. rayon's own iterators keep no order.
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|index| Reverse(all[*index].0));
    let next = AtomicUsize::new(0);
    let made = rayon::broadcast(|_| -> Result<Vec<(usize, Piece)>, Failure> {
        let mut made = Vec::new();
        while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            made.push((index, make(all[index].1)?));
        }
        Ok(made)
    });
    let mut pieces: Vec<(usize, Piece)> = made.into_iter().collect::<Result<Vec<_>, Failure>>()?.into_iter().flatten().collect();
    pieces.sort_by_key(|(index, _)| *index);
    pcc.check()?;
    Ok(pieces.into_iter().map(|(_, piece)| piece).collect())
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

/// Runs the passes over all functions, and prints what is to be dumped.
fn run_passes(unit: &mut Unit, options: &passes::Options) {
    let dumps: Vec<Vec<String>> = unit
        .functions
        .par_iter_mut()
        .map(|function| {
            let name = function.name.clone();
            let _working = Working(&name);
            passes::run(function, options)
        })
        .collect();
    for dump in dumps.concat() {
        eprintln!("{dump}");
    }
}
