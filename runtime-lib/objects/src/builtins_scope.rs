//! Builtin functions that look at their caller's names: compiled code passes the caller's scope along.

use crate::prelude::*;

/// `callee(args…)` where the callee may be `globals`, `locals`, `vars`, `dir`, `eval`, `exec` or `__import__`.
/// `locals` is MISSING at module level.
pub fn call(callee: Value, globals: Value, locals: Value, args: &[Value]) -> R<Ref> {
    let here = if locals.is_missing() { globals } else { locals };
    match (builtin_name(callee), args) {
        (Some("globals"), []) => Ok(Ref::new(globals)),
        (Some("locals"), []) => Ok(Ref::new(here)),
        (Some("vars"), []) => Ok(Ref::new(here)),
        (Some("dir"), []) => {
            let names = crate::list::from_refs(crate::ops::collect_to_vec(here)?);
            crate::call::call_method(names.v(), "sort", &[])?;
            Ok(names)
        }
        (Some("__import__"), [name, rest @ ..]) => {
            let given = |i: usize| rest.get(i).copied();
            let globals = given(0).filter(|v| !v.is_none()).unwrap_or(globals);
            let level = given(3).map_or(Ok(0), crate::unpack::c_int)?;
            crate::import::import(globals, *name, given(2).unwrap_or(Value::NONE), level)
        }
        (Some(name @ ("exec" | "eval")), [_, ..]) if args.len() <= 3 => crate::code_strings::execute(name, args, None, Some((globals, here))),
        _ => crate::call::call(callee, &Args::positional(args)),
    }
}

/// The name of a function of the builtins module, if the value is one.
fn builtin_name(callee: Value) -> Option<&'static str> {
    let decl = crate::function::native_decl(callee)?;
    crate::builtins::functions().as_ptr_range().contains(&(decl as *const NativeDecl)).then_some(decl.name)
}
