//! Binding of arguments to parameters, with CPython's messages: natives and compiled functions.

use crate::function::Function;
use crate::native::{Default, FnKind, NativeDecl, Param, ParamKind};
use crate::prelude::*;
use dxpyc_abi::{Code, FunctionObject, code_flags};

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn is_star(p: &Param) -> bool {
    matches!(p.kind, ParamKind::VarArgs | ParamKind::VarKeywords)
}

/// Binds arguments to a native declaration; star parameters are left to `rest_positional`/`rest_keywords`.
pub fn bind_native(decl: &NativeDecl, args: &Args, out: &mut [Value], _keep: &mut Vec<Ref>) -> R<()> {
    let params = decl.params;
    let pos = args.pos();
    let n_pos = params.iter().take_while(|p| matches!(p.kind, ParamKind::PositionalOnly | ParamKind::Positional)).count();
    if !args.has_kw() && pos.len() <= n_pos {
        out[..pos.len()].copy_from_slice(pos);
        if params[pos.len()..].iter().all(|p| is_star(p) || !matches!(p.default, Default::Required)) {
            defaults(params, pos.len(), out);
            return Ok(());
        }
    }
    bind_slow(decl, args, out, n_pos)
}

fn default_value(d: &Default) -> Value {
    match d {
        Default::Bool(b) => Value::from_bool(*b),
        Default::Int(i) => Value::try_small_int(*i).unwrap_or(Value::MISSING),
        Default::Str(s) => crate::str::intern(s).into_raw(),
        Default::None => Value::NONE,
        Default::Absent | Default::Required => Value::MISSING,
    }
}

fn defaults(params: &[Param], from: usize, out: &mut [Value]) {
    for (i, p) in params.iter().enumerate().skip(from) {
        if out[i].is_missing() && !is_star(p) {
            // Option parameters see an absent argument as Rust's None.
            out[i] = if p.none_if_absent { Value::MISSING } else { default_value(&p.default) };
        }
    }
}

#[cold]
#[inline(never)]
fn bind_slow(decl: &NativeDecl, args: &Args, out: &mut [Value], n_pos: usize) -> R<()> {
    let (params, pos, name) = (decl.params, args.pos(), decl.name);
    let n_required = params[..n_pos].iter().filter(|p| matches!(p.default, Default::Required)).count();
    let has_varargs = params.iter().any(|p| p.kind == ParamKind::VarArgs);
    let has_varkw = params.iter().any(|p| p.kind == ParamKind::VarKeywords);
    let n_posonly = params.iter().filter(|p| p.kind == ParamKind::PositionalOnly).count();
    let only_positional = params.iter().all(|p| matches!(p.kind, ParamKind::PositionalOnly | ParamKind::VarArgs));
    if args.has_kw() && only_positional {
        return Err(type_error(format!("{}() takes no keyword arguments", qualified(decl))));
    }
    let given = pos.len();
    if given > n_pos && !has_varargs {
        if only_positional {
            return Err(type_error(positional_count(decl, n_required, n_pos, given)));
        }
        let total = given + args.names().len();
        let n_max = params.iter().filter(|p| !is_star(p)).count();
        if n_pos == 0 {
            return Err(type_error(format!("{name}() takes no positional arguments")));
        }
        if total > n_max && n_max == n_pos {
            let at = if n_required == n_max { "exactly" } else { "at most" };
            return Err(type_error(format!("{name}() takes {at} {n_max} argument{} ({total} given)", plural(n_max))));
        }
        return Err(type_error(format!("{name}() takes at most {n_pos} positional argument{} ({given} given)", plural(n_pos))));
    }
    let taken = given.min(n_pos);
    out[..taken].copy_from_slice(&pos[..taken]);
    for (key, value) in args.kw() {
        let found = params
            .iter()
            .position(|p| matches!(p.kind, ParamKind::Positional | ParamKind::KeywordOnly) && crate::str::view(key).is(p.name));
        match found {
            Some(i) if i < taken => {
                return Err(type_error(format!("argument for {name}() given by name ('{}') and position ({})", params[i].name, i + 1)));
            }
            Some(i) => out[i] = value,
            None if has_varkw => {}
            None => {
                let named = params.iter().filter(|p| matches!(p.kind, ParamKind::Positional | ParamKind::KeywordOnly));
                let known: Vec<&str> = named.map(|p| p.name).collect();
                return Err(crate::suggestions::unexpected_keyword(name, key, &known));
            }
        }
    }
    for (i, p) in params.iter().enumerate() {
        if !is_star(p) && out[i].is_missing() && matches!(p.default, Default::Required) {
            if only_positional || i < n_posonly && n_posonly == n_pos && !args.has_kw() && params.len() == n_pos {
                return Err(type_error(positional_count(decl, n_required, n_pos, given)));
            }
            if p.kind == ParamKind::PositionalOnly {
                let at = if n_required == n_posonly && n_posonly == n_pos { "exactly" } else { "at least" };
                return Err(type_error(format!(
                    "{name}() takes {at} {n_required} positional argument{} ({given} given)",
                    plural(n_required)
                )));
            }
            return Err(type_error(format!("{name}() missing required argument '{}' (pos {})", p.name, i + 1)));
        }
    }
    defaults(params, 0, out);
    Ok(())
}

fn qualified(decl: &NativeDecl) -> String {
    match decl.kind {
        FnKind::Method | FnKind::ClassMethod if !decl.name.starts_with("__") => owner_prefix(decl) + decl.name,
        _ => decl.name.to_string(),
    }
}

/// `list.` for a method of list: the type whose declaration holds this one.
fn owner_prefix(decl: &NativeDecl) -> String {
    crate::descriptors::owner_of(decl).map_or(String::new(), |t| format!("{}.", crate::type_object::full_name(t)))
}

fn positional_count(decl: &NativeDecl, min: usize, max: usize, given: usize) -> String {
    let name = decl.name;
    if min == max {
        return match max {
            0 => format!("{}() takes no arguments ({given} given)", qualified(decl)),
            1 => format!("{}() takes exactly one argument ({given} given)", qualified(decl)),
            _ => format!("{name} expected {max} arguments, got {given}"),
        };
    }
    if given < min {
        let at = if decl.params.iter().any(|p| p.kind == ParamKind::VarArgs) || max > min { "at least " } else { "" };
        format!("{name} expected {at}{min} argument{}, got {given}", plural(min))
    } else {
        format!("{name} expected at most {max} argument{}, got {given}", plural(max))
    }
}

/// The positional arguments beyond the declared ones.
pub fn rest_positional<'a>(decl: &NativeDecl, args: &Args<'a>) -> &'a [Value] {
    let n = decl.params.iter().take_while(|p| matches!(p.kind, ParamKind::PositionalOnly | ParamKind::Positional)).count();
    args.pos().get(n..).unwrap_or(&[])
}

/// The keyword arguments that no declared parameter takes.
pub fn rest_keywords(decl: &NativeDecl, args: &Args) -> Vec<(Value, Value)> {
    args.kw()
        .filter(|(key, _)| {
            !decl
                .params
                .iter()
                .any(|p| matches!(p.kind, ParamKind::Positional | ParamKind::KeywordOnly) && crate::str::view(*key).is(p.name))
        })
        .collect()
}

// ---------------------------------------------------------------- compiled functions

/// Names of the parameters of a code record, in slot order.
pub fn parameter_names(code: &'static Code) -> &'static [Value] {
    if code.n_varnames == 0 {
        return &[];
    }
    // SAFETY: the code record is static and so is its array.
    unsafe { std::slice::from_raw_parts(code.varnames, code.n_varnames as usize) }
}

fn qualname(func: Value) -> String {
    crate::str::to_rust(crate::cast::get_unchecked::<Function>(func).qualname())
}

const STACK_PARAMS: usize = 24;

/// Binds the arguments of a call to a compiled function and runs it.
#[inline(never)]
pub fn bind_function(func: Value, f: &FunctionObject, args: &Args) -> R<Ref> {
    // SAFETY: code records are static.
    let code: &'static Code = unsafe { &*f.code.get() };
    let n = code.n_params as usize;
    let mut stack = [Value::MISSING; STACK_PARAMS];
    let mut heap;
    let out: &mut [Value] = if n <= STACK_PARAMS {
        &mut stack[..n]
    } else {
        heap = vec![Value::MISSING; n];
        &mut heap
    };
    let mut keep: [Option<Ref>; 2] = [None, None];
    bind_into(func, f, code, args, out, &mut keep)?;
    crate::call::from_raw(crate::call::call_body(f, func, out))
}

fn bind_into(func: Value, f: &FunctionObject, code: &'static Code, args: &Args, out: &mut [Value], keep: &mut [Option<Ref>; 2]) -> R<()> {
    let n_args = code.n_args as usize;
    let n_kwonly = code.n_kwonly as usize;
    let n_named = n_args + n_kwonly;
    let pos = args.pos();
    let taken = pos.len().min(n_args);
    out[..taken].copy_from_slice(&pos[..taken]);
    let mut at = n_named;
    if code.flags & code_flags::VARARGS != 0 {
        let rest = crate::tuple::from_slice(&pos[taken..]);
        out[at] = rest.v();
        keep[0] = Some(rest);
        at += 1;
    }
    let mut kwargs = Value::MISSING;
    if code.flags & code_flags::VARKEYWORDS != 0 {
        let rest = crate::dict::new();
        kwargs = rest.v();
        out[at] = kwargs;
        keep[1] = Some(rest);
    }
    if args.has_kw() {
        bind_keywords(func, code, args, out, kwargs)?;
    }
    if pos.len() > n_args && code.flags & code_flags::VARARGS == 0 {
        return Err(too_many(func, f, code, pos.len(), out));
    }
    if pos.len() < n_args {
        let defaults = f.defaults.get();
        let defaults = if defaults.is_none() { &[][..] } else { crate::tuple::items(defaults).unwrap_or(&[]) };
        let first_default = n_args - defaults.len().min(n_args);
        for i in pos.len()..n_args {
            if out[i].is_missing() {
                if i < first_default {
                    return Err(missing(func, code, out, 0, first_default, "positional"));
                }
                out[i] = defaults[i - first_default + (defaults.len() - (n_args - first_default))];
            }
        }
    }
    if n_kwonly > 0 {
        let kwdefaults = f.kwdefaults.get();
        let names = parameter_names(code);
        let mut absent = false;
        for i in n_args..n_named {
            if out[i].is_missing() {
                match if kwdefaults.is_none() { None } else { crate::dict::get_str(kwdefaults, names[i]) } {
                    Some(v) => out[i] = v,
                    None => absent = true,
                }
            }
        }
        if absent {
            return Err(missing(func, code, out, n_args, n_named, "keyword-only"));
        }
    }
    Ok(())
}

fn bind_keywords(func: Value, code: &'static Code, args: &Args, out: &mut [Value], kwargs: Value) -> R<()> {
    let names = parameter_names(code);
    let n_named = (code.n_args + code.n_kwonly) as usize;
    let n_posonly = code.n_posonly as usize;
    for (key, value) in args.kw() {
        let found = (n_posonly..n_named)
            .find(|&i| names[i] == key)
            .or_else(|| (n_posonly..n_named).find(|&i| crate::str::eq(names[i], key)));
        match found {
            Some(i) if !out[i].is_missing() => {
                return Err(type_error(format!("{}() got multiple values for argument '{}'", qualname(func), crate::str::to_rust(key))));
            }
            Some(i) => out[i] = value,
            None if !kwargs.is_missing() => crate::dict::set(kwargs, key, value)?,
            None => return Err(unexpected_keyword(func, code, args, key)),
        }
    }
    Ok(())
}

#[cold]
fn unexpected_keyword(func: Value, code: &'static Code, args: &Args, key: Value) -> Raised {
    let names = parameter_names(code);
    let n_posonly = code.n_posonly as usize;
    let wrong: Vec<String> = names[..n_posonly]
        .iter()
        .filter(|&&n| args.names().iter().any(|&k| crate::str::eq(k, n)))
        .map(|&n| crate::str::to_rust(n))
        .collect();
    if !wrong.is_empty() {
        return type_error(format!(
            "{}() got some positional-only arguments passed as keyword arguments: '{}'",
            qualname(func),
            wrong.join(", ")
        ));
    }
    let text = crate::str::to_rust(key);
    let candidates: Vec<String> = names[n_posonly..(code.n_args + code.n_kwonly) as usize].iter().map(|&n| crate::str::to_rust(n)).collect();
    match crate::suggestions::nearest(&text, &candidates) {
        Some(best) => type_error(format!("{}() got an unexpected keyword argument '{text}'. Did you mean '{best}'?", qualname(func))),
        None => type_error(format!("{}() got an unexpected keyword argument '{text}'", qualname(func))),
    }
}

#[cold]
fn too_many(func: Value, f: &FunctionObject, code: &'static Code, given: usize, out: &[Value]) -> Raised {
    let n_args = code.n_args as usize;
    let n_kwonly = code.n_kwonly as usize;
    let kwonly_given = out[n_args..n_args + n_kwonly].iter().filter(|v| !v.is_missing()).count();
    let n_defaults = crate::tuple::items(f.defaults.get()).map_or(0, |d| d.len());
    let (takes, many) = if n_defaults > 0 {
        (format!("from {} to {n_args}", n_args - n_defaults), true)
    } else {
        (n_args.to_string(), n_args != 1)
    };
    let (extra, verb) = if kwonly_given > 0 {
        (
            format!(" positional argument{} (and {kwonly_given} keyword-only argument{})", plural(given), plural(kwonly_given)),
            "were",
        )
    } else {
        (String::new(), if given == 1 { "was" } else { "were" })
    };
    type_error(format!(
        "{}() takes {takes} positional argument{} but {given}{extra} {verb} given",
        qualname(func),
        if many { "s" } else { "" }
    ))
}

#[cold]
fn missing(func: Value, code: &'static Code, out: &[Value], from: usize, to: usize, kind: &str) -> Raised {
    let names = parameter_names(code);
    let absent: Vec<String> = (from..to).filter(|&i| out[i].is_missing()).map(|i| format!("'{}'", crate::str::to_rust(names[i]))).collect();
    let list = match absent.as_slice() {
        [one] => one.clone(),
        [a, b] => format!("{a} and {b}"),
        more => format!("{}, and {}", more[..more.len() - 1].join(", "), more[more.len() - 1]),
    };
    type_error(format!("{}() missing {} required {kind} argument{}: {list}", qualname(func), absent.len(), plural(absent.len())))
}
