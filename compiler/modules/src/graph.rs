//! Which modules a program consists of.
//!
//! `build` starts at the main file and follows imports in waves: each wave's files are parsed in parallel, then
//! their imports are resolved in order, so that the result does not depend on the threads. Import cycles are fine.
//!
//! Of library modules only what a program can reach counts: imports in functions that nothing live mentions are not
//! followed (`liveness`), and such functions need not be compiled (`Module::is_live`).
//!
//! What cannot be found becomes a build error only where the program is certain to fail: at the top level of the main
//! file. Everywhere else the import raises at run time, as in CPython.

use std::collections::{HashMap, HashSet};

use dxpyc_base::{Diagnostic, Kind, Source, Span};
use dxpyc_syntax::{Ast, Name, ast, span};
use rayon::prelude::*;

use crate::checks;
use crate::code_strings::{self, CodeKind};
use crate::finder::{self, Files, Found, Natives, Roots};
use crate::imports::{self, Certainty, Request};
use crate::liveness::{self, Bindings, Unit};
use crate::scopes::{self, Scopes};
use crate::stdlib_names::is_stdlib;

/// Index of a module in `Graph::modules`; 0 is the main module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ModuleId(pub u32);

/// A module with its tree and scopes.
#[derive(Debug)]
pub struct Code {
    /// The decoded file.
    pub source: Source,
    /// Its tree.
    pub ast: Ast,
    /// Its names.
    pub scopes: Scopes,
}

/// What a module is made of.
#[derive(Debug)]
pub enum Body {
    /// Python source.
    Python(Box<Code>),
    /// Written in Rust.
    Native,
    /// A namespace package: folders without `__init__.py`.
    Namespace,
    /// A file that CPython would refuse when it is imported: importing it raises the diagnostics' first.
    Broken(Vec<Diagnostic>),
}

/// One module of the program.
#[derive(Debug)]
pub struct Module {
    /// The dotted name; `__main__` for the main file.
    pub name: String,
    /// The file as messages show it; empty for native modules and namespace packages.
    pub path: String,
    /// A package: has `__path__`.
    pub is_package: bool,
    /// The folders of a package.
    pub folders: Vec<String>,
    /// Comes with dxpyc.
    pub is_library: bool,
    /// What it is made of.
    pub body: Body,
    /// Its imports, in source order.
    pub imports: Vec<Import>,
    /// Functions and methods (their `def` statements) that nothing live mentions.
    dead: HashSet<Span>,
}

impl Module {
    /// The package that relative imports start from: itself, or what is before the last dot. Empty at the top.
    pub fn package(&self) -> &str {
        if self.name == "__main__" {
            ""
        } else if self.is_package {
            &self.name
        } else {
            self.name.rsplit_once('.').map_or("", |(package, _)| package)
        }
    }

    /// What it is compiled as and its text, if it is a text for `exec` or `eval` and no module.
    pub fn code_string(&self) -> Option<(CodeKind, &str)> {
        [CodeKind::Exec, CodeKind::Eval].into_iter().find_map(|kind| Some((kind, self.name.strip_prefix(kind.prefix())?)))
    }

    /// Whether a `def` at module level or in a class may be called; the bodies of others are replaced by a raise.
    /// Functions inside of functions are live exactly if the outermost one is.
    pub fn is_live(&self, def: &ast::StmtFunctionDef) -> bool {
        !self.dead.contains(&span(def))
    }

    /// Which functions are not live, in order.
    pub fn dead_spans(&self) -> Vec<(u32, u32)> {
        let mut spans: Vec<(u32, u32)> = self.dead.iter().map(|span| (span.start, span.end)).collect();
        spans.sort_unstable();
        spans
    }

    /// Tree, source and scopes, if it is a Python module.
    pub fn code(&self) -> Option<&Code> {
        match &self.body {
            Body::Python(code) => Some(code),
            _ => None,
        }
    }
}

/// What an import statement (one name of it) or call leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The statement.
    pub span: Span,
    /// The absolute dotted name; empty when a relative import goes beyond the top.
    pub name: String,
    /// The module; `None` raises at run time.
    pub module: Option<ModuleId>,
    /// How sure it is to run.
    pub certainty: Certainty,
    /// In a function that is not live: not followed.
    pub is_dead: bool,
    /// Submodules that a `from` import brings in, with the name they are bound to.
    pub submodules: Vec<(String, ModuleId)>,
}

/// The program.
#[derive(Debug, Default)]
pub struct Graph {
    /// The main module first, then in order of discovery.
    pub modules: Vec<Module>,
    /// SyntaxWarnings of the program's own modules, as CPython prints them.
    pub warnings: Vec<String>,
    by_name: HashMap<String, ModuleId>,
}

impl Graph {
    /// The module of a dotted name.
    pub fn find(&self, name: &str) -> Option<ModuleId> {
        self.by_name.get(name).copied()
    }

    /// The module of an id.
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }
}

/// What `build` needs to know.
pub struct Options<'a> {
    /// Files.
    pub files: &'a dyn Files,
    /// Native modules.
    pub natives: &'a dyn Natives,
    /// Search order.
    pub roots: &'a Roots,
    /// Modules that are part of every program, by name.
    pub always: &'a [&'a str],
}

/// `os.path` and the like: names in `sys.modules` that no file of that name stands for.
const ALIASES: &[(&str, &str)] = &[("os.path", "posixpath")];

/// Builds the graph of the program whose main file is `main`. With diagnostics the program must not be compiled.
pub fn build(main: Source, options: &Options) -> (Graph, Vec<Diagnostic>) {
    let mut builder = Builder { options, graph: Graph::default(), diagnostics: Vec::new(), wave: Vec::new(), reach: Reach::default() };
    for name in CALLED_BY_RUNTIME {
        builder.reach.attributes.insert(Name::new_static(name));
    }
    let path = main.path.clone();
    let body = analyze(main);
    if let Body::Broken(diagnostics) = body {
        return (Graph::default(), diagnostics);
    }
    builder.add(Module { name: "__main__".to_owned(), path, is_package: false, folders: Vec::new(), is_library: false, body, imports: Vec::new(), dead: HashSet::new() });
    for name in options.always {
        builder.load(name);
    }
    builder.follow();
    builder.refuse_certain_failures();
    (builder.graph, builder.diagnostics)
}

/// Parses and checks one module. A broken module has one diagnostic: the one that CPython reports.
pub fn analyze(source: Source) -> Body {
    let (ast, diagnostics) = dxpyc_syntax::parse(&source);
    if let Some(first) = diagnostics.into_iter().next() {
        return Body::Broken(vec![first]);
    }
    if let Some(fault) = checks::check_future(&source, &ast) {
        return Body::Broken(vec![fault]);
    }
    let (scopes, diagnostics) = scopes::analyze(&source, &ast);
    if let Some(first) = diagnostics.into_iter().next() {
        return Body::Broken(vec![first]);
    }
    if let Some(first) = checks::check(&source, &ast, &scopes).into_iter().next() {
        return Body::Broken(vec![first]);
    }
    Body::Python(Box::new(Code { source, ast, scopes }))
}

/// Functions and methods that native code calls by name.
#[rustfmt::skip]
const CALLED_BY_RUNTIME: &[&str] = &[
    // Mappings, sequences, streams, generators, locks.
    "keys", "items", "values", "get", "pop", "add", "update", "append", "extend", "copy", "send", "throw", "close", "closed", "write", "flush", "read",
    "readline", "readlines", "readinto", "readinto1", "read1", "readall", "peek", "readable", "writable", "seekable", "seek", "tell", "truncate", "fileno", "isatty",
    "detach", "mode", "name", "raw", "encode", "decode", "getstate", "setstate", "reset", "acquire", "release", "mro", "register",
    // datetime, random, json, pickle and copy.
    "utcoffset", "dst", "tzname", "fromutc", "isoformat", "timetuple", "strftime", "_strptime", "_strptime_datetime", "_strptime_time",
    "_strptime_datetime_datetime", "_strptime_datetime_date", "_strptime_datetime_time", "random", "getrandbits", "seed", "default",
    "object_hook", "_reduce_ex", "_slotnames", "persistent_id", "persistent_load", "reducer_override", "find_class",
    // Warnings, threads, exit, hooks.
    "_showwarnmsg", "warn_explicit", "warn", "_shutdown", "_bootstrap", "excepthook", "displayhook", "unraisablehook",
    // typing and annotations.
    "_type_check", "_type_convert", "_generic_class_getitem", "_generic_init_subclass", "_GenericAlias", "_typevar_subst", "_paramspec_subst",
    "_paramspec_prepare_subst", "_typevartuple_prepare_subst", "_make_union", "_is_unpacked_typevartuple", "call_annotate_function", "type_repr",
    // Imports.
    "find_spec", "find_module", "load_module", "exec_module", "create_module", "_handle_fromlist", "get_source", "get_code",
];

/// A unit of a library module whose names are not mentioned yet.
struct Pending {
    module: ModuleId,
    unit: Unit,
    requests: Vec<(usize, Request)>,
    is_live: bool,
}

struct Builder<'a> {
    options: &'a Options<'a>,
    graph: Graph,
    diagnostics: Vec<Diagnostic>,
    /// Modules whose files are to be parsed and whose imports are to be followed.
    wave: Vec<ModuleId>,
    reach: Reach,
}

/// What live code mentions so far.
#[derive(Default)]
struct Reach {
    /// Names of modules' global scopes.
    globals: HashSet<(ModuleId, Name)>,
    /// Attributes of objects that are not known to be modules, though they may be.
    attributes: HashSet<Name>,
    /// Names given to `getattr`.
    strings: HashSet<Name>,
    prefixes: Vec<Name>,
    pending: Vec<Pending>,
    bindings: HashMap<ModuleId, Bindings>,
}

impl Builder<'_> {
    fn add(&mut self, module: Module) -> ModuleId {
        let id = ModuleId(self.graph.modules.len() as u32);
        self.graph.by_name.insert(module.name.clone(), id);
        self.graph.modules.push(module);
        self.wave.push(id);
        id
    }

    fn follow(&mut self) {
        loop {
            while !self.wave.is_empty() {
                let wave = std::mem::take(&mut self.wave);
                self.parse(&wave);
                for id in wave {
                    self.module_level(id);
                }
            }
            if !self.revive() {
                break;
            }
        }
        for pending in self.reach.pending.iter().filter(|pending| !pending.is_live) {
            self.graph.modules[pending.module.0 as usize].dead.insert(pending.unit.span);
        }
        for module in &mut self.graph.modules {
            let Module { body: Body::Python(code), dead, name, .. } = module else { continue };
            if !dead.is_empty() {
                liveness::leave_out(code.ast.body_mut(), name, &|def| dead.contains(&def));
            }
        }
    }

    /// Reads and parses the files of a wave in parallel.
    fn parse(&mut self, wave: &[ModuleId]) {
        let is_waiting = |module: &Module| matches!(module.body, Body::Namespace) && !module.path.is_empty();
        let waiting: Vec<(ModuleId, String)> =
            wave.iter().filter(|id| is_waiting(self.graph.module(**id))).map(|id| (*id, self.graph.module(*id).path.clone())).collect();
        let files = self.options.files;
        let parsed: Vec<(ModuleId, Body)> = waiting.into_par_iter().map(|(id, path)| (id, read(files, &path))).collect();
        for (id, body) in parsed {
            self.graph.modules[id.0 as usize].body = body;
        }
    }

    /// Follows the imports of a module's live code, and keeps the rest until something mentions it.
    fn module_level(&mut self, id: ModuleId) {
        let module = self.graph.module(id);
        let (requests, (units, bindings)) = match &module.body {
            Body::Python(code) => (imports::collect(&code.ast, id.0 == 0), liveness::units(&code.ast, !module.is_library, id.0 == 0)),
            Body::Native => {
                for name in self.options.natives.requires(&module.name.clone()) {
                    self.load(&name);
                }
                return;
            }
            _ => return,
        };
        let texts = match &module.body {
            Body::Python(code) if !module.is_library => code_strings::collect(&code.ast),
            _ => Vec::new(),
        };
        for (kind, text) in texts {
            let name = format!("{}{text}", kind.prefix());
            if self.graph.find(&name).is_none() {
                let body = code_strings::analyze(kind, &text);
                let path = "<string>".to_owned();
                self.add(Module { name, path, is_package: false, folders: Vec::new(), is_library: false, body, imports: Vec::new(), dead: HashSet::new() });
            }
        }
        if let Body::Python(code) = &self.graph.module(id).body
            && !self.graph.module(id).is_library
        {
            let package = self.graph.module(id).package().to_owned();
            let warnings = crate::warnings::collect(&code.ast, &code.source);
            let codecs = imports::codecs(&code.ast);
            for name in imports::computed(&code.ast) {
                self.load_beside(&name);
                if !package.is_empty() {
                    self.load_beside(&format!("{package}.{name}"));
                }
            }
            self.graph.warnings.extend(warnings);
            for codec in codecs {
                self.load(&format!("encodings.{codec}"));
            }
        }
        self.reach.bindings.insert(id, bindings);
        let mentioned: Vec<Name> = self.reach.globals.iter().filter(|(module, _)| *module == id).map(|(_, name)| name.clone()).collect();
        let placeholder = |request: &Request| Import {
            span: request.span,
            name: String::new(),
            module: None,
            certainty: request.certainty,
            is_dead: true,
            submodules: Vec::new(),
        };
        self.graph.modules[id.0 as usize].imports = requests.iter().map(placeholder).collect();
        let mut by_unit: Vec<Vec<(usize, Request)>> = units.iter().map(|_| Vec::new()).collect();
        for (index, request) in requests.into_iter().enumerate() {
            let is_inside = |unit: &&Unit| unit.span.start <= request.span.start && request.span.end <= unit.span.end;
            let unit = units.iter().skip(1).position(|unit| is_inside(&unit)).map_or(0, |at| at + 1);
            by_unit[unit].push((index, request));
        }
        for (index, (unit, requests)) in units.into_iter().zip(by_unit).enumerate() {
            if index == 0 {
                if self.is_library_failure(id, &requests) {
                    return;
                }
                self.enliven(id, &unit, requests);
            } else {
                self.reach.pending.push(Pending { module: id, unit, requests, is_live: false });
            }
        }
        for name in mentioned {
            self.forward(id, &name);
        }
    }

    /// Whether a library module is certain to fail on a module that dxpyc does not have: then nothing else of it matters.
    fn is_library_failure(&mut self, id: ModuleId, requests: &[(usize, Request)]) -> bool {
        if !self.graph.module(id).is_library {
            return false;
        }
        let package = self.graph.module(id).package().to_owned();
        let certain = requests.iter().filter(|(_, request)| request.certainty == Certainty::Certain);
        let missing = certain.filter_map(|(index, request)| {
            let name = absolute_name(&package, &request.module, request.level)?;
            self.locate(&name).is_none().then_some((*index, name))
        });
        let Some((index, name)) = missing.take(1).next() else { return false };
        let import = &mut self.graph.modules[id.0 as usize].imports[index];
        (import.name, import.is_dead) = (name, false);
        true
    }

    /// Whether a top-level module of this name could be loaded; submodules are taken to be there.
    fn locate(&self, name: &str) -> Option<()> {
        let first = name.split('.').next().unwrap_or(name);
        if self.graph.find(first).is_some() {
            return Some(());
        }
        finder::find(self.options.files, self.options.natives, self.options.roots, first, None).map(|_| ())
    }

    fn enliven(&mut self, module: ModuleId, unit: &Unit, requests: Vec<(usize, Request)>) {
        for (index, request) in requests {
            let import = self.request(module, &request);
            self.graph.modules[module.0 as usize].imports[index] = import;
        }
        for chain in &unit.chains {
            self.chain(module, chain);
        }
        for name in &unit.attributes {
            self.reach.attributes.insert(name.clone());
        }
        self.reach.strings.extend(unit.strings.iter().cloned());
        for prefix in &unit.prefixes {
            if !self.reach.prefixes.contains(prefix) {
                self.reach.prefixes.push(prefix.clone());
            }
        }
    }

    /// Notes what a dotted chain in `module` mentions.
    fn chain(&mut self, module: ModuleId, chain: &[Name]) {
        let mut rest = &chain[1..];
        self.mention(module, &chain[0]);
        let mut at = self.bound_module(module, &chain[0]);
        while let (Some(known), Some((name, after))) = (at, rest.split_first()) {
            rest = after;
            let inner = format!("{}.{name}", self.graph.module(known).name);
            let alias = ALIASES.iter().find(|(alias, _)| *alias == inner).map_or(inner.as_str(), |(_, real)| real);
            at = self.graph.find(alias);
            if at.is_none() {
                self.mention(known, name);
                at = self.bound_module(known, name);
            }
        }
        for name in rest {
            self.reach.attributes.insert(name.clone());
        }
    }

    /// The module that a global name of `module` is bound to by an import.
    fn bound_module(&self, module: ModuleId, name: &Name) -> Option<ModuleId> {
        let bindings = self.reach.bindings.get(&module)?;
        if let Some((_, target)) = bindings.modules.iter().find(|(bound, _)| bound == name) {
            let real = ALIASES.iter().find(|(alias, _)| alias == target).map_or(target.as_str(), |(_, real)| real);
            return self.graph.find(real);
        }
        let (_, level, from, original) = bindings.names.iter().find(|(bound, ..)| bound == name)?;
        let from = absolute_name(self.graph.module(module).package(), from, *level)?;
        let inner = format!("{from}.{original}");
        let real = ALIASES.iter().find(|(alias, _)| *alias == inner).map_or(inner.as_str(), |(_, real)| real);
        self.graph.find(real)
    }

    /// Notes that a global name of `module` is used, and where it comes from if it is imported.
    fn mention(&mut self, module: ModuleId, name: &Name) {
        if self.reach.globals.insert((module, name.clone())) {
            self.forward(module, name);
        }
    }

    fn forward(&mut self, module: ModuleId, name: &Name) {
        let Some(bindings) = self.reach.bindings.get(&module) else { return };
        let package = self.graph.module(module).package();
        let mut targets = Vec::new();
        for (bound, level, from, original) in &bindings.names {
            if bound == name {
                targets.extend(absolute_name(package, from, *level).map(|from| (from, original.clone())));
            }
        }
        for (level, from) in &bindings.stars {
            targets.extend(absolute_name(package, from, *level).map(|from| (from, name.clone())));
        }
        for (from, original) in targets {
            let real = ALIASES.iter().find(|(alias, _)| *alias == from).map_or(from.as_str(), |(_, real)| real);
            if let Some(id) = self.graph.find(real) {
                self.mention(id, &original);
            }
        }
    }

    /// Enlivens pending units that are mentioned by now; whether there were any.
    fn revive(&mut self) -> bool {
        let reach = &self.reach;
        let is_live = |pending: &Pending| {
            let unit = &pending.unit;
            let reduces = || unit.is_reduction_hook() && ["__reduce_ex__"].iter().any(|n| reach.attributes.contains(*n) || reach.strings.contains(*n));
            let is_by_name = || reduces() || reach.strings.contains(&unit.name) || reach.prefixes.iter().any(|prefix| unit.name.starts_with(prefix.as_str()));
            match &unit.class {
                None => {
                    let is_direct = reach.globals.contains(&(pending.module, unit.name.clone())) || reach.attributes.contains(&unit.name);
                    is_direct || unit.is_special() || unit.is_registered || is_by_name()
                }
                Some(class) => {
                    let is_class_used = reach.globals.contains(&(pending.module, class.clone())) || reach.attributes.contains(class);
                    unit.is_called_by_class || is_class_used && (unit.is_special() || unit.is_registered || reach.attributes.contains(&unit.name) || is_by_name())
                }
            }
        };
        let found: Vec<usize> =
            reach.pending.iter().enumerate().filter(|(_, pending)| !pending.is_live && is_live(pending)).map(|(index, _)| index).collect();
        for index in &found {
            let pending = &mut self.reach.pending[*index];
            pending.is_live = true;
            let module = pending.module;
            let unit = std::mem::take(&mut pending.unit);
            let is_cold = liveness::cold_key(&self.graph.module(module).name, &unit).is_some();
            let requests = if is_cold { Vec::new() } else { std::mem::take(&mut self.reach.pending[*index].requests) };
            self.enliven(module, &unit, requests);
            self.reach.pending[*index].unit = unit;
        }
        !found.is_empty() || self.warm_up()
    }

    /// Follows imports of cold functions whose keys are mentioned by now; whether there were any.
    fn warm_up(&mut self) -> bool {
        let is_warm = |pending: &Pending| {
            let key = liveness::cold_key(&self.graph.module(pending.module).name, &pending.unit);
            pending.is_live && !pending.requests.is_empty() && key.is_some_and(|key| self.reach.attributes.contains(key))
        };
        let Some(index) = self.reach.pending.iter().position(is_warm) else { return false };
        let pending = &mut self.reach.pending[index];
        let (module, requests) = (pending.module, std::mem::take(&mut pending.requests));
        let unit = std::mem::take(&mut pending.unit);
        self.enliven(module, &unit, requests);
        self.reach.pending[index].unit = unit;
        true
    }

    fn request(&mut self, from: ModuleId, request: &Request) -> Import {
        let mut import =
            Import { span: request.span, name: String::new(), module: None, certainty: request.certainty, is_dead: false, submodules: Vec::new() };
        let Some(name) = absolute_name(self.graph.module(from).package(), &request.module, request.level) else {
            return import;
        };
        import.name.clone_from(&name);
        import.module = self.load(&name);
        let Some(module) = import.module else { return import };
        if !request.is_from {
            return import;
        }
        for wanted in &request.names {
            if wanted == "*" {
                // The names in `__all__` may be submodules. The module may still wait for its parse.
                for listed in self.listed_names(module) {
                    self.submodule(module, &name, &listed, &mut import);
                }
            } else {
                self.submodule(module, &name, wanted, &mut import);
            }
        }
        import
    }

    fn submodule(&mut self, package: ModuleId, package_name: &str, name: &str, import: &mut Import) {
        if !self.graph.module(package).is_package {
            return;
        }
        if let Some(id) = self.load(&format!("{package_name}.{name}")) {
            import.submodules.push((name.to_owned(), id));
        }
    }

    fn listed_names(&self, module: ModuleId) -> Vec<String> {
        let module = self.graph.module(module);
        if !module.is_package {
            return Vec::new();
        }
        match &module.body {
            Body::Python(code) => imports::dunder_all(&code.ast),
            Body::Namespace if !module.path.is_empty() => match read(self.options.files, &module.path) {
                Body::Python(code) => imports::dunder_all(&code.ast),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Finds a dotted name and the packages around it; adds what is new.
    /// Loads a module of the program's own, if there is one of that name.
    fn load_beside(&mut self, name: &str) {
        let top = name.split('.').next().unwrap_or(name);
        let is_own = match self.graph.find(top) {
            Some(id) => !self.graph.module(id).is_library,
            None => matches!(
                finder::find(self.options.files, self.options.natives, self.options.roots, top, None),
                Some(finder::Found::Module { is_library: false, .. } | finder::Found::Package { is_library: false, .. })
            ),
        };
        if is_own {
            self.load(name);
        }
    }

    fn load(&mut self, name: &str) -> Option<ModuleId> {
        if let Some(id) = self.graph.find(name) {
            return Some(id);
        }
        if let Some((_, real)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
            self.load(name.rsplit_once('.')?.0)?;
            return self.load(real);
        }
        let folders = match name.rsplit_once('.') {
            None => None,
            Some((package, _)) => {
                let package = self.load(package)?;
                let package = self.graph.module(package);
                if !package.is_package && !matches!(package.body, Body::Native) {
                    return None;
                }
                Some(package.folders.clone())
            }
        };
        let found = finder::find(self.options.files, self.options.natives, self.options.roots, name, folders.as_deref())?;
        let name = name.to_owned();
        // `Namespace` with a path stands for a file that waits for its parse.
        let module = match found {
            Found::Module { path, is_library } => {
                Module { name, path, is_package: false, folders: Vec::new(), is_library, body: Body::Namespace, imports: Vec::new(), dead: HashSet::new() }
            }
            Found::Package { path, folder, is_library } => {
                Module { name, path, is_package: true, folders: vec![folder], is_library, body: Body::Namespace, imports: Vec::new(), dead: HashSet::new() }
            }
            Found::Namespace { folders } => {
                Module { name, path: String::new(), is_package: true, folders, is_library: false, body: Body::Namespace, imports: Vec::new(), dead: HashSet::new() }
            }
            Found::Native => {
                Module { name, path: String::new(), is_package: false, folders: Vec::new(), is_library: true, body: Body::Native, imports: Vec::new(), dead: HashSet::new() }
            }
        };
        Some(self.add(module))
    }

    /// Refuses what the main file is certain to fail on.
    fn refuse_certain_failures(&mut self) {
        let main = self.graph.module(ModuleId(0));
        let Body::Python(code) = &main.body else { return };
        // A program that changes what imports do may find any module.
        if ["sys.modules[", ".__import__ ="].iter().any(|text| code.source.text.contains(text)) {
            return;
        }
        let mut diagnostics = Vec::new();
        let mut state = vec![State::Unseen; self.graph.modules.len()];
        for import in main.imports.iter().filter(|import| import.certainty == Certainty::Certain && !import.name.is_empty()) {
            match self.failure(import, &mut state) {
                None => {}
                Some(Failure::Missing(chain, name)) => {
                    let parent = name.rsplit_once('.').and_then(|(parent, _)| self.graph.find(parent));
                    let is_in_plain_module = parent.is_some_and(|parent| !self.graph.module(parent).is_package);
                    if is_stdlib(&name) && !is_in_plain_module {
                        let mut diagnostic = Diagnostic::unsupported(&code.source, import.span, format!("module '{name}'"));
                        for (module, by) in chain {
                            diagnostic = diagnostic.note(format!("'{by}' imports '{module}'"));
                        }
                        diagnostics.push(diagnostic);
                    } else if chain.is_empty() {
                        diagnostics.push(Diagnostic::new(Kind::ModuleNotFoundError, &code.source, import.span, self.not_found(&name)));
                    }
                }
                Some(Failure::Broken(mut broken)) => {
                    let at = dxpyc_base::Location::new(&code.source, import.span);
                    for diagnostic in &mut broken {
                        diagnostic.notes.push(dxpyc_base::Note { location: None, message: format!("imported at {}:{}", code.source.path, at.line) });
                    }
                    diagnostics.extend(broken);
                }
            }
        }
        self.diagnostics.extend(diagnostics);
    }

    fn failure(&self, import: &Import, state: &mut [State]) -> Option<Failure> {
        let Some(id) = import.module else { return Some(Failure::Missing(Vec::new(), import.name.clone())) };
        // The packages around a module run first.
        let mut ids = Vec::new();
        let mut prefix = String::new();
        for part in self.graph.module(id).name.split('.') {
            if !prefix.is_empty() {
                prefix.push('.');
            }
            prefix.push_str(part);
            ids.extend(self.graph.find(&prefix));
        }
        ids.extend(import.submodules.iter().map(|(_, id)| *id));
        ids.into_iter().find_map(|id| self.module_failure(id, state))
    }

    fn module_failure(&self, id: ModuleId, state: &mut [State]) -> Option<Failure> {
        if state[id.0 as usize] == State::Seen {
            return None;
        }
        state[id.0 as usize] = State::Seen;
        let module = self.graph.module(id);
        match &module.body {
            Body::Broken(diagnostics) => Some(Failure::Broken(diagnostics.clone())),
            Body::Python(_) => {
                let certain = module.imports.iter().filter(|import| import.certainty == Certainty::Certain && !import.name.is_empty());
                certain.into_iter().find_map(|import| {
                    let mut failure = self.failure(import, state)?;
                    if let Failure::Missing(chain, _) = &mut failure {
                        chain.insert(0, (import.name.clone(), module.name.clone()));
                    }
                    Some(failure)
                })
            }
            Body::Native | Body::Namespace => None,
        }
    }

    fn not_found(&self, name: &str) -> String {
        if let Some((package, _)) = name.rsplit_once('.') {
            match self.graph.find(package) {
                Some(id) if !self.graph.module(id).is_package => return format!("No module named '{name}'; '{package}' is not a package"),
                None => return self.not_found(package),
                Some(_) => {}
            }
        }
        format!("No module named '{name}'")
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Unseen,
    Seen,
}

enum Failure {
    /// `(imported, by)` from the main file inwards, and the name that is missing at last.
    Missing(Vec<(String, String)>, String),
    Broken(Vec<Diagnostic>),
}

fn read(files: &dyn Files, path: &str) -> Body {
    match files.read(path) {
        None => Body::Broken(vec![Diagnostic::file_error(path, "file has gone")]),
        Some(Err(reason)) => Body::Broken(vec![Diagnostic::file_error(path, reason)]),
        Some(Ok(bytes)) => match Source::decode(path, &bytes) {
            Ok(source) => analyze(source),
            Err(diagnostic) => Body::Broken(vec![*diagnostic]),
        },
    }
}

/// The absolute name of an import in `package`; `None` when it goes beyond the top-level package.
pub fn absolute_name(package: &str, module: &str, level: u32) -> Option<String> {
    if level == 0 {
        return if module.is_empty() { None } else { Some(module.to_owned()) };
    }
    if package.is_empty() {
        return None;
    }
    let mut base = package;
    for _ in 1..level {
        base = base.rsplit_once('.')?.0;
    }
    Some(if module.is_empty() { base.to_owned() } else { format!("{base}.{module}") })
}
