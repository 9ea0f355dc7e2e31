//! `_imp`: which modules are part of the program.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{bytes, dict, import, int, list, str};

fn init(module: Value) -> R<()> {
    dict::set_str(module, "check_hash_based_pycs", str::from_str("default"));
    dict::set_str(module, "pyc_magic_number_token", int::from_i64(168627755));
    Ok(())
}

/// (Extremely) low-level import machinery bits as used by importlib.
#[native_module(name = "_imp", init = super::init)]
pub mod module {
    use super::*;

    /// Returns True if the module name corresponds to a built-in module.
    #[native("($module, name, /)")]
    fn is_builtin(name: Value) -> i64 {
        (str::is_str(name) && import::is_native(&str::to_rust(name))) as i64
    }
    /// Returns True if the module is compiled into the program.
    #[native("($module, name, /)")]
    fn is_frozen(name: Value) -> bool {
        str::is_str(name) && import::compiled_kind(&str::to_rust(name)).is_some()
    }
    /// Returns True if the module name is of a package that is compiled into the program.
    #[native("($module, name, /)")]
    fn is_frozen_package(name: Value) -> R<bool> {
        let text = str::to_rust(name);
        import::compiled_kind(&text).ok_or_else(|| import_error(format!("No such frozen object named {text}")))
    }
    /// Returns the list of file suffixes used to identify extension modules.
    #[native]
    fn extension_suffixes() -> Ref {
        list::from_refs(Vec::new())
    }
    /// Return True if the import lock is currently held.
    #[native]
    fn lock_held() -> bool {
        false
    }
    /// Acquires the interpreter's import lock for the current thread.
    #[native]
    fn acquire_lock() {}
    /// Release the interpreter's import lock.
    #[native]
    fn release_lock() {}
    /// Initializes a built-in module: they are ready.
    #[native("($module, mod, /)")]
    fn exec_builtin(module: Value) -> i64 {
        let _ = module;
        0
    }
    /// Changes code.co_filename: code of compiled programs cannot be changed.
    #[native("($module, code, path, /)")]
    fn _fix_co_filename(code: Value, path: Value) {
        let _ = (code, path);
    }
    /// The hash of a source file.
    #[native("($module, /, key, source)")]
    fn source_hash(key: i64, source: Value) -> R<Ref> {
        let _ = key;
        dxpyc_objects::buffer::with_bytes(source, |b| Ok(bytes::from_slice(&dxpyc_objects::str_hash::hash_bytes(b).to_le_bytes())))
    }
}
