//! `exec`, `eval` and `compile`: texts that stood in the program as literals were compiled with it and are found here; code objects
//! run. Other texts are refused with a clear exception: there is no interpreter in the binary.

use crate::code::CodeObject;
use crate::prelude::*;
use crate::type_object::display_name;
use dxpyc_abi::{Code, code_flags, code_string_name};

/// Whose names the code sees.
struct Scope {
    globals: Ref,
    locals: Ref,
}

/// The globals and locals that were given, or the caller's.
fn scope(name: &str, globals: Value, locals: Value, caller: Option<(Value, Value)>) -> R<Scope> {
    let is_exec = name == "exec";
    if !locals.is_none() && type_of(locals).slots().getitem.is_none() {
        return Err(type_error(match is_exec {
            true => format!("locals must be a mapping or None, not {}", display_name(locals)),
            false => "locals must be a mapping".to_string(),
        }));
    }
    if !globals.is_none() && !type_of(globals).has(type_flags::DICT) {
        return Err(type_error(match is_exec {
            true => format!("exec() globals must be a dict, not {}", display_name(globals)),
            false if type_of(globals).slots().getitem.is_some() => "globals must be a real dict; try eval(expr, {}, mapping)".to_string(),
            false => "globals must be a dict".to_string(),
        }));
    }
    let (globals, locals) = match (globals.is_none(), locals.is_none()) {
        (false, false) => (globals, locals),
        (false, true) => (globals, globals),
        (true, _) => {
            let Some((caller_globals, caller_locals)) = caller else {
                return Err(runtime_error(format!("unsupported: {name}() that is not called by its name, without globals")));
            };
            (caller_globals, if locals.is_none() { caller_locals } else { locals })
        }
    };
    note_builtins(globals)?;
    Ok(Scope { globals: Ref::new(globals), locals: Ref::new(locals) })
}

/// Puts `__builtins__` into globals that lack it. Other builtins than the program's are refused.
fn note_builtins(globals: Value) -> R<()> {
    let name = crate::str::intern("__builtins__");
    match crate::dict::get(globals, name.v())? {
        None => crate::dict::set(globals, name.v(), crate::import::builtins_dict()),
        Some(own) if own.v() == crate::import::builtins_dict() => Ok(()),
        Some(own) if is_exact(own.v(), &crate::module::MODULE) && crate::module::dict_of(own.v()) == crate::import::builtins_dict() => Ok(()),
        Some(_) => Err(runtime_error("unsupported: exec() or eval() with other builtins")),
    }
}

/// The text of a source argument; None: not a text.
fn text_of(source: Value) -> R<Option<Vec<u8>>> {
    let bytes = if type_of(source).has(type_flags::STR) {
        // Lone surrogates are refused before anything is looked at.
        crate::buffer::to_vec(crate::call::call_method(source, "encode", &[])?.v())?
    } else {
        match crate::buffer::to_vec(source) {
            Ok(bytes) => bytes,
            Err(Raised) => {
                drop(crate::state::take_pending());
                return Ok(None);
            }
        }
    };
    if bytes.contains(&0) {
        return Err(raise(&crate::exceptions::SYNTAX_ERROR, "source code string cannot contain null bytes"));
    }
    let mut out = Vec::with_capacity(bytes.len());
    for (i, byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' if bytes.get(i + 1) == Some(&b'\n') => {}
            b'\r' => out.push(b'\n'),
            other => out.push(*other),
        }
    }
    Ok(Some(out))
}

/// The record of a text that was compiled with the program; false: it raises the text's SyntaxError.
fn find(is_eval: bool, text: &[u8]) -> Option<(&'static Code, bool)> {
    [false, true].into_iter().find_map(|is_broken| {
        let name = code_string_name(is_eval, is_broken, text);
        let name = std::str::from_utf8(&name).ok()?;
        crate::import::code_of_module(name).map(|code| (code, !is_broken))
    })
}

fn not_known(function: &str) -> Raised {
    runtime_error(format!("unsupported: {function}() of a text that is no literal of the program"))
}

/// The compiled text, or its SyntaxError.
fn compiled(function: &str, is_eval: bool, text: &[u8], filename: Option<Value>) -> R<&'static Code> {
    let text = if is_eval { text.trim_ascii_start_blanks() } else { text };
    let Some((code, is_right)) = find(is_eval, text) else { return Err(not_known(function)) };
    if is_right {
        return Ok(code);
    }
    let globals = crate::dict::new();
    let _ = run(code, globals.v(), globals.v());
    let pending = crate::state::take_pending();
    let Some(pending) = pending else { return Err(not_known(function)) };
    crate::exceptions::base(pending.v()).traceback.take();
    if let Some(filename) = filename {
        crate::ops::setattr(pending.v(), crate::str::intern("filename").v(), filename)?;
    }
    Err(raise_instance(pending))
}

trait TrimBlanks {
    fn trim_ascii_start_blanks(&self) -> &Self;
}

impl TrimBlanks for [u8] {
    fn trim_ascii_start_blanks(&self) -> &[u8] {
        let n = self.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        &self[n..]
    }
}

fn run(code: &'static Code, globals: Value, locals: Value) -> R<Ref> {
    let function = crate::function::new_function(code, globals);
    if code.flags & code_flags::CLASS != 0 {
        crate::call::call1(function.v(), locals)
    } else {
        crate::call::call0(function.v())
    }
}

/// `exec(source, globals, locals, closure=closure)` and `eval(source, globals, locals)`. `caller`: globals and locals of the caller.
pub fn execute(name: &'static str, args: &[Value], closure: Option<Value>, caller: Option<(Value, Value)>) -> R<Ref> {
    let given = |i: usize| args.get(i).copied().unwrap_or(Value::NONE);
    let source = args[0];
    let is_eval = name == "eval";
    let closure = closure.filter(|c| !c.is_none());
    let is_code = crate::cast::get::<CodeObject>(source).is_some();
    if closure.is_some() && !is_code {
        return Err(type_error("closure can only be used when source is a code object"));
    }
    let scope = scope(name, given(1), given(2), caller)?;
    let result = if let Some(code) = crate::cast::get::<CodeObject>(source) {
        let code = code.record();
        let function = crate::function::new_function(code, scope.globals.v());
        if code.n_freevars > 0 || closure.is_some() {
            if is_eval {
                return Err(type_error("code object passed to eval() may not contain free variables"));
            }
            let cells = closure.and_then(crate::tuple::items).unwrap_or_default();
            let n = code.n_freevars as usize;
            if n == 0 {
                return Err(type_error("cannot use a closure with this code object"));
            }
            if cells.len() != n || !cells.iter().all(|c| is_exact(*c, &crate::function::CELL)) {
                return Err(type_error(format!("code object requires a closure of exactly length {n}")));
            }
            crate::function::complete(function.v(), Value::MISSING, Value::MISSING, cells, Value::MISSING);
            crate::call::call0(function.v())?
        } else {
            run(code, scope.globals.v(), scope.locals.v())?
        }
    } else {
        let Some(text) = text_of(source)? else {
            return Err(type_error(format!("{name}() arg 1 must be a string, bytes or code object")));
        };
        let code = compiled(name, is_eval, &text, None)?;
        run(code, scope.globals.v(), scope.locals.v())?
    };
    Ok(if is_eval { result } else { Ref::none() })
}

/// `compile(source, filename, mode, flags)`.
pub fn compile(source: Value, filename: Value, mode: Value, flags: i64) -> R<Ref> {
    let mode = if type_of(mode).has(type_flags::STR) { crate::str::to_rust(mode) } else { String::new() };
    if !matches!(mode.as_str(), "exec" | "eval" | "single" | "func_type") {
        return Err(value_error("compile() mode must be 'exec', 'eval' or 'single'"));
    }
    let Some(text) = text_of(source)? else {
        return Err(type_error("compile() arg 1 must be a string, bytes or AST object"));
    };
    if flags & 0x400 != 0 || !matches!(mode.as_str(), "exec" | "eval") {
        return Err(runtime_error("unsupported: compile() to a tree or in interactive mode"));
    }
    let code = compiled("compile", mode == "eval", &text, Some(filename))?;
    let made = crate::code::code_object(code);
    let replace = crate::ops::getattr_str(made.v(), "replace")?;
    let name = crate::str::intern("co_filename");
    crate::call::call(replace.v(), &Args::with_names(&[filename], &[name.v()]))
}
