//! The import system of compiled programs: `sys.modules`, the table of compiled modules, native modules.

use crate::prelude::*;
use dxpyc_abi::{ModuleInfo, ModuleTable};
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::OnceLock;

struct Registry {
    table: Cell<*const ModuleTable>,
    modules: Slot,
    builtins: Slot,
    initializing: RefCell<Vec<String>>,
}

struct Global(Registry);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Global {}

static REGISTRY: Global = Global(Registry {
    table: Cell::new(std::ptr::null()),
    modules: Slot::empty(),
    builtins: Slot::empty(),
    initializing: RefCell::new(Vec::new()),
});

/// Takes the program's table of modules (start-up only).
pub fn register(table: &'static ModuleTable) {
    REGISTRY.0.table.set(table);
}

/// `sys.modules` (borrowed).
pub fn sys_modules() -> Value {
    if REGISTRY.0.modules.is_empty() {
        REGISTRY.0.modules.set(crate::dict::new());
    }
    REGISTRY.0.modules.get()
}

/// The namespace of `builtins` (borrowed).
#[inline]
pub fn builtins_dict() -> Value {
    if REGISTRY.0.builtins.is_empty() {
        let dict = crate::dict::new();
        REGISTRY.0.builtins.set(dict.clone());
        crate::dict::set_str(dict.v(), "__name__", crate::str::from_str("builtins"));
        crate::dict::set_str(dict.v(), "__doc__", crate::str::from_str(crate::builtins::MODULE_DECL.doc));
        crate::dict::set_str(dict.v(), "__package__", crate::str::from_str(""));
        crate::dict::set_str(dict.v(), "__loader__", Ref::none());
        crate::dict::set_str(dict.v(), "__spec__", Ref::none());
        crate::builtins::fill(dict.v());
        if crate::builtins_types::is_named("ExceptionGroup") {
            crate::dict::set_str(dict.v(), "ExceptionGroup", Ref::new(crate::exception_group::exception_group_class().v()));
        }
        crate::dict::set_str(dict.v(), "EnvironmentError", Ref::new(crate::exceptions::OS_ERROR.v()));
        crate::dict::set_str(dict.v(), "IOError", Ref::new(crate::exceptions::OS_ERROR.v()));
        crate::entry::guards::note(dict.v());
    }
    REGISTRY.0.builtins.get()
}

fn infos() -> &'static [*const ModuleInfo] {
    let table = REGISTRY.0.table.get();
    if table.is_null() {
        return &[];
    }
    // SAFETY: the emitted table is static; pointer and length belong together.
    unsafe { std::slice::from_raw_parts((*table).modules, (*table).n_modules) }
}

fn natives() -> &'static [*const u8] {
    let table = REGISTRY.0.table.get();
    // SAFETY: the table is static.
    if table.is_null() || unsafe { (*table).n_natives } == 0 {
        return &[];
    }
    // SAFETY: as infos.
    unsafe { std::slice::from_raw_parts((*table).natives, (*table).n_natives) }
}

fn info_name(info: &ModuleInfo) -> &'static str {
    // SAFETY: the back end emits pointer and length of one static UTF-8 text.
    unsafe { std::str::from_utf8(std::slice::from_raw_parts(info.name, info.name_len)).expect("a module name is UTF-8") }
}

fn info_file(info: &ModuleInfo) -> &'static str {
    // SAFETY: as info_name.
    unsafe { std::str::from_utf8(std::slice::from_raw_parts(info.file, info.file_len)).unwrap_or("?") }
}

fn find_compiled(name: &str) -> Option<&'static ModuleInfo> {
    // SAFETY: entries of the table are static records.
    infos().iter().skip(1).map(|p| unsafe { &**p }).find(|i| info_name(i) == name)
}

/// The code of a compiled text (`code_strings`).
pub fn code_of_module(name: &str) -> Option<&'static dxpyc_abi::Code> {
    // SAFETY: code records are static.
    find_compiled(name).map(|info| unsafe { &*info.body })
}

fn find_native(name: &str) -> Option<&'static crate::native::NativeModule> {
    // SAFETY: the table's natives are addresses of `NativeModule` statics (symbols dxp_native_module_*).
    natives().iter().map(|p| unsafe { &*(*p as *const crate::native::NativeModule) }).find(|m| m.name == name)
}

/// Whether a name is a native module (of the program, or one that is always there).
pub fn is_native(name: &str) -> bool {
    matches!(name, "builtins" | "sys") || find_native(name).is_some()
}

/// Whether a module is compiled into the program (beside the main module), and then whether it is a package.
pub fn compiled_kind(name: &str) -> Option<bool> {
    find_compiled(name).map(|info| info.is_package != 0)
}

/// The module whose body runs, as far as that is known: the one imported last that is not ready, else the main module.
pub fn running_module() -> String {
    REGISTRY.0.initializing.borrow().last().cloned().unwrap_or_else(|| "__main__".into())
}

/// Whether the module is being initialised.
pub fn is_initializing(name: &str) -> bool {
    REGISTRY.0.initializing.borrow().iter().any(|n| n == name)
}

/// The globals dict of a compiled module (after its import), by its record.
pub fn globals_of(info: &ModuleInfo) -> R<Ref> {
    let is_main = infos().first().is_some_and(|p| std::ptr::eq(*p, info));
    let name = if is_main { "__main__" } else { info_name(info) };
    match module_in_table(name) {
        Some(module) => Ok(Ref::new(crate::module::dict_of(module.v()))),
        None => Ok(crate::dict::new()),
    }
}

fn module_in_table(name: &str) -> Option<Ref> {
    let key = crate::str::intern(name);
    crate::dict::get_str(sys_modules(), key.v()).map(Ref::new)
}

/// `import_module(name)`: the module named, not its top package.
pub fn import_module(name: &str) -> R<Ref> {
    if let Some(module) = module_in_table(name) {
        if module.v().is_none() {
            return Err(not_found(&format!("import of {name} halted; None in sys.modules"), name));
        }
        return Ok(module);
    }
    let parent = name.rsplit_once('.');
    if let Some((parent, _)) = parent {
        import_module(parent)?;
        if let Some(module) = module_in_table(name) {
            return Ok(module);
        }
    }
    let module = if name == "builtins" {
        let module = crate::module::new(name);
        // The namespace is the one that name lookups use.
        let dict = builtins_dict();
        let module_object = crate::cast::get_unchecked::<crate::module::ModuleObject>(module.v());
        module_object.dict.set(Ref::new(dict));
        crate::dict::set_str(dict, "__name__", crate::str::from_str("builtins"));
        crate::dict::set_str(sys_modules(), name, module.clone());
        module
    } else if name == "sys" {
        native(&crate::sys::MODULE_DECL)?
    } else if let Some(decl) = find_native(name) {
        native(decl)?
    } else if let Some(info) = find_compiled(name) {
        compiled(info, name)?
    } else {
        let message = match parent {
            Some((p, _)) if find_compiled(p).is_some_and(|i| i.is_package == 0) || find_native(p).is_some() => {
                format!("No module named '{name}'; '{p}' is not a package")
            }
            _ => format!("No module named '{name}'"),
        };
        return Err(not_found(&message, name));
    };
    if let Some((parent, child)) = parent
        && let Some(package) = module_in_table(parent)
    {
        crate::ops::setattr(package.v(), crate::str::intern(child).v(), module.v())?;
    }
    // A module may replace itself in sys.modules.
    Ok(module_in_table(name).unwrap_or(module))
}

fn not_found(message: &str, name: &str) -> Raised {
    let text = crate::str::from_str(message);
    let exception = crate::exceptions::new_with_args(&crate::exceptions::MODULE_NOT_FOUND_ERROR, &[text.v()]);
    crate::exceptions::field_slot(exception.v(), 1).set(crate::str::from_str(name));
    raise_instance(exception)
}

fn native(decl: &'static crate::native::NativeModule) -> R<Ref> {
    let module = crate::module::new(decl.name);
    let dict = crate::module::dict_of(module.v());
    if !decl.doc.is_empty() {
        crate::dict::set_str(dict, "__doc__", crate::str::from_str(decl.doc));
    }
    crate::dict::set_str(sys_modules(), decl.name, module.clone());
    for function in decl.functions {
        crate::dict::set_str(dict, function.name, crate::function::new_module_function(function, decl.name));
    }
    if let Some(init) = decl.init {
        init(dict)?;
    }
    Ok(module)
}

fn compiled(info: &'static ModuleInfo, name: &str) -> R<Ref> {
    let module = crate::module::new(name);
    prepare(info, module.v(), name);
    crate::dict::set_str(sys_modules(), name, module.clone());
    REGISTRY.0.initializing.borrow_mut().push(name.to_string());
    let result = run_body(info, module.v());
    REGISTRY.0.initializing.borrow_mut().retain(|n| n != name);
    if let Err(Raised) = result {
        let pending = crate::state::take_pending();
        let key = crate::str::from_str(name);
        let _ = crate::dict::delete(sys_modules(), key.v());
        if let Some(pending) = pending {
            crate::state::state().pending.set(pending);
        }
        return Err(Raised);
    }
    Ok(module)
}

fn prepare(info: &'static ModuleInfo, module: Value, name: &str) {
    let dict = crate::module::dict_of(module);
    let package = if info.is_package != 0 { name.to_string() } else { name.rsplit_once('.').map_or("", |(p, _)| p).to_string() };
    let file = info_file(info);
    crate::dict::set_str(dict, "__package__", crate::str::from_str(&package));
    let file = place_of(file);
    if !file.is_empty() {
        crate::dict::set_str(dict, "__file__", crate::str::from_str(&file));
    }
    if info.is_package != 0 {
        let folder = file.rsplit_once('/').map_or("", |(f, _)| f);
        crate::dict::set_str(dict, "__path__", crate::list::from_refs(vec![crate::str::from_str(folder)]));
    }
    crate::dict::set_str(dict, "__builtins__", builtins_module());
}

/// Where a module's file seems to be: executables name files from the folder of their sources, and a program finds its data from its own.
fn place_of(file: &str) -> Cow<'_, str> {
    if file.is_empty() || file.starts_with(['/', '<']) {
        return Cow::Borrowed(file);
    }
    static FOLDER: OnceLock<String> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let program = std::env::current_exe().unwrap_or_default();
        program.parent().map_or(String::new(), |parent| parent.display().to_string())
    });
    Cow::Owned(format!("{folder}/{file}"))
}

/// The folder of the main file, which `sys.path` begins with.
pub fn main_folder() -> String {
    let file = infos().first().map_or("", |info| {
        // SAFETY: entries of the table are static records.
        info_file(unsafe { &**info })
    });
    place_of(file).rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string())
}

fn builtins_module() -> Ref {
    import_module("builtins").expect("builtins can always be imported")
}

fn run_body(info: &'static ModuleInfo, module: Value) -> R<()> {
    // SAFETY: the module record points to its body's static code.
    let code = unsafe { &*info.body };
    let function = crate::function::new_function(code, crate::module::dict_of(module));
    let entry = code.entry.expect("a module body has an array entry");
    // SAFETY: a module body takes no parameters.
    let result = unsafe { entry(function.v(), std::ptr::null()) };
    if result.is_error() {
        return Err(Raised);
    }
    drop(Ref::from_owned(result));
    Ok(())
}

/// Runs the main module as `__main__`.
pub fn run_main() -> R<()> {
    // SAFETY: entries of the table are static records; the main module comes first.
    let info = unsafe { &*infos()[0] };
    let module = crate::module::new("__main__");
    prepare(info, module.v(), "__main__");
    let dict = crate::module::dict_of(module.v());
    crate::dict::set_str(dict, "__package__", Ref::none());
    crate::dict::set_str(dict, "__cached__", Ref::none());
    crate::dict::set_str(sys_modules(), "__main__", module.clone());
    run_body(info, module.v())
}

/// `import name` with `fromlist` and `level`, in a module whose globals are given: what `__import__` does.
pub fn import(globals: Value, name: Value, fromlist: Value, level: i64) -> R<Ref> {
    if !type_of(name).has(type_flags::STR) {
        return Err(type_error("module name must be a string"));
    }
    let mut full = crate::str::to_rust(name);
    if level < 0 {
        return Err(value_error("level must be >= 0"));
    }
    if level > 0 {
        if !crate::dict::is_dict(globals) {
            return Err(type_error("globals must be a dict"));
        }
        full = resolve_relative(globals, &full, level)?;
    } else if full.is_empty() {
        return Err(value_error("Empty module name"));
    }
    let module = import_module(&full)?;
    let has_fromlist = !fromlist.is_missing() && !fromlist.is_none() && crate::ops::truth(fromlist)?;
    if has_fromlist {
        if is_package(module.v()) {
            import_submodules(&full, module.v(), fromlist)?;
        }
        return Ok(module);
    }
    if level == 0 {
        let top = full.split('.').next().unwrap_or(&full);
        return if top == full { Ok(module) } else { import_module(top) };
    }
    let text = crate::str::to_rust(name);
    if text.is_empty() {
        return Ok(module);
    }
    let first = text.split('.').next().unwrap_or("");
    let cut = full.len() - (text.len() - first.len());
    import_module(&full[..cut])
}

fn is_package(module: Value) -> bool {
    crate::cast::get::<crate::module::ModuleObject>(module)
        .is_some_and(|m| crate::dict::get_str(m.dict.get(), crate::str::intern("__path__").v()).is_some())
}

fn import_submodules(package: &str, module: Value, fromlist: Value) -> R<()> {
    for item in crate::ops::collect_to_vec(fromlist)? {
        if !type_of(item.v()).has(type_flags::STR) {
            return Err(type_error(format!("Item in ``from list'' must be str, not {}", type_of(item.v()).name())));
        }
        let child = crate::str::to_rust(item.v());
        if child == "*" {
            if let Some(all) = crate::ops::getattr_opt(module, "__all__")? {
                import_submodules(package, module, all.v())?;
            }
            continue;
        }
        if crate::ops::getattr_opt(module, &child)?.is_none() {
            let full = format!("{package}.{child}");
            if module_in_table(&full).is_some() || find_compiled(&full).is_some() || find_native(&full).is_some() {
                import_module(&full)?;
            }
        }
    }
    Ok(())
}

fn resolve_relative(globals: Value, name: &str, level: i64) -> R<String> {
    let get = |key: &str| crate::dict::get_str(globals, crate::str::intern(key).v());
    let package = match get("__package__") {
        Some(v) if type_of(v).has(type_flags::STR) => crate::str::to_rust(v),
        _ => {
            let own = get("__name__").map(crate::str::to_rust).unwrap_or_default();
            if get("__path__").is_some() { own } else { own.rsplit_once('.').map_or(String::new(), |(p, _)| p.into()) }
        }
    };
    if package.is_empty() {
        return Err(import_error("attempted relative import with no known parent package"));
    }
    let mut base = package.as_str();
    for _ in 1..level {
        match base.rsplit_once('.') {
            Some((p, _)) => base = p,
            None => return Err(import_error("attempted relative import beyond top-level package")),
        }
    }
    Ok(if name.is_empty() { base.to_string() } else { format!("{base}.{name}") })
}

/// `from module import name`.
pub fn import_from(module: Value, name: Value) -> R<Ref> {
    if let Some(v) = crate::ops::getattr_opt_value(module, name)? {
        return Ok(v);
    }
    let child = crate::str::to_rust(name);
    let owner = crate::ops::getattr_opt(module, "__name__")?;
    let owner = owner.filter(|o| type_of(o.v()).has(type_flags::STR)).map(|o| crate::str::to_rust(o.v()));
    if let Some(owner) = &owner
        && let Some(found) = module_in_table(&format!("{owner}.{child}"))
    {
        return Ok(found);
    }
    let shown = owner.clone().unwrap_or_else(|| "<unknown module name>".into());
    let file = crate::ops::getattr_opt(module, "__file__")?.filter(|f| type_of(f.v()).has(type_flags::STR));
    let place = file.as_ref().map_or("unknown location".to_string(), |f| crate::str::to_rust(f.v()));
    let message = if is_initializing(&shown) {
        format!("cannot import name '{child}' from partially initialized module '{shown}' (most likely due to a circular import) ({place})")
    } else {
        format!("cannot import name '{child}' from '{shown}' ({place})")
    };
    let text = crate::str::from_str(&message);
    let exception = crate::exceptions::new_with_args(&crate::exceptions::IMPORT_ERROR, &[text.v()]);
    crate::exceptions::field_slot(exception.v(), 1).set(crate::str::from_str(&shown));
    if let Some(file) = file {
        crate::exceptions::field_slot(exception.v(), 2).set(file);
    }
    crate::exceptions::field_slot(exception.v(), 3).set(Ref::new(name));
    Err(raise_instance(exception))
}

/// `from module import *` into a namespace.
pub fn import_star(module: Value, namespace: Value) -> R<()> {
    let all = crate::ops::getattr_opt(module, "__all__")?;
    let dict = crate::ops::getattr_opt(module, "__dict__")?;
    let names = match (&all, &dict) {
        (Some(all), _) => crate::ops::collect_to_vec(all.v())?,
        (None, Some(dict)) => crate::ops::collect_to_vec(dict.v())?,
        (None, None) => return Err(import_error("from-import-* object has no __dict__ and no __all__")),
    };
    for name in names {
        if !type_of(name.v()).has(type_flags::STR) {
            let where_ = if all.is_some() { "Item in" } else { "Key in" };
            let what = if all.is_some() { "__all__" } else { "__dict__" };
            let owner = crate::ops::getattr_str(module, "__name__").map(|n| crate::str::to_rust(n.v())).unwrap_or_default();
            return Err(type_error(format!("{where_} {owner}.{what} must be str, not {}", type_of(name.v()).name())));
        }
        if all.is_none() && crate::str::to_rust(name.v()).starts_with('_') {
            continue;
        }
        let value = crate::ops::getattr(module, name.v())?;
        crate::ops::setitem(namespace, name.v(), value.v())?;
    }
    Ok(())
}
