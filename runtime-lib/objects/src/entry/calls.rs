//! Entries: calls.

use super::{value, values};
use crate::attr;
use crate::call;
use crate::descriptors::METHOD_DESCRIPTOR;
use crate::function::{FUNCTION, METHOD};
use crate::prelude::*;
use crate::type_object::{as_type, display_name};
use dxpyc_abi::{AttrCache, cache_kind};

fn names<'a>(kwnames: Value) -> &'a [Value] {
    crate::tuple::items(kwnames).unwrap_or(&[])
}

#[inline]
fn call_values(callee: Value, args: &[Value]) -> R<Ref> {
    let class = type_of(callee);
    if std::ptr::eq(class, &FUNCTION) {
        return call::call_function(callee, &Args::positional(args));
    }
    if std::ptr::eq(class, &crate::function::BUILTIN_FUNCTION) {
        return call::builtin_call(callee, &Args::positional(args));
    }
    if std::ptr::eq(class, &METHOD_DESCRIPTOR)
        && let Some(result) = crate::descriptors::call_of_own_class(callee, &Args::positional(args))
    {
        return result;
    }
    if class.has(type_flags::TYPE) {
        dxpyc_heap::collect::safe_point();
        if std::ptr::eq(class, &crate::type_object::TYPE) {
            return call::type_call(callee, &Args::positional(args));
        }
    }
    if std::ptr::eq(class, &METHOD_DESCRIPTOR) {
        let args = Args::positional(args);
        return crate::descriptors::call_of_own_class(callee, &args).unwrap_or_else(|| crate::descriptors::method_call(callee, &args));
    }
    call::call(callee, &Args::positional(args))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_call(callee: Value, args: *const Value, n_args: i64) -> Value {
    if crate::cast::is_exact_object(callee, &crate::type_object::TYPE)
        && n_args <= 4
        && let Some(made) = call::instantiate_direct(callee, values(args, n_args))
    {
        return made;
    }
    value(call_values(callee, values(args, n_args)))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_new_instance(class: Value, body: *const u8, init: *mut Value) -> Value {
    let (made, function) = call::new_for_init(class, body);
    // SAFETY: compiled code passes the address of a word for it.
    unsafe { init.write(function) };
    made
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_check_init(result: Value) -> i32 {
    super::status(crate::slot_functions::check_init_result(result))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_call_kw(callee: Value, args: *const Value, n_args: i64, kwnames: Value) -> Value {
    value(call::call(callee, &Args::with_names(values(args, n_args), names(kwnames))))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_call_bound(callee: Value, args: *const Value, n_args: i64) -> Value {
    let args = values(args, n_args);
    value(match args.first() {
        Some(first) if first.is_missing() => call_values(callee, &args[1..]),
        _ if crate::cast::is_exact_object(callee, &METHOD_DESCRIPTOR) => {
            let args = Args::positional(args);
            match crate::descriptors::call_of_own_class(callee, &args) {
                Some(result) => result,
                None => crate::descriptors::method_call(callee, &args),
            }
        }
        _ => call_values(callee, args),
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_call_bound_kw(callee: Value, args: *const Value, n_args: i64, kwnames: Value) -> Value {
    let args = values(args, n_args);
    let args = match args.first() {
        Some(first) if first.is_missing() => &args[1..],
        _ => args,
    };
    value(call::call(callee, &Args::with_names(args, names(kwnames))))
}

/// Calls what a METHOD cache or a class lookup gave, with the object first.
#[inline]
fn call_unbound(callee: Value, args: &Args) -> R<Ref> {
    let class = type_of(callee);
    if std::ptr::eq(class, &FUNCTION) {
        return call::call_function(callee, args);
    }
    if std::ptr::eq(class, &METHOD_DESCRIPTOR) {
        return crate::descriptors::method_call(callee, args);
    }
    call::call(callee, args)
}

fn call_method(name: Value, args: &Args, cache: *const AttrCache) -> R<Ref> {
    let object = args.values()[0];
    // SAFETY: compiled code passes null or the address of the site's record.
    let Some(cache) = (unsafe { cache.as_ref() }) else {
        let f = crate::ops::getattr(object, name)?;
        let rest = Args::with_names(&args.values()[1..], args.names());
        return call::call(f.v(), &rest);
    };
    if cache.kind.get() == cache_kind::METHOD
        && let Some(callee) = attr::cached_method(object, cache)
    {
        // A method that changes the class could free itself: hold it.
        let callee = Ref::new(callee);
        return call_unbound(callee.v(), args);
    }
    let (callee, is_method) = if !matches!(cache.kind.get(), cache_kind::SLOT | cache_kind::CLASS | cache_kind::MEMBER) {
        attr::load_method(object, name, cache)?
    } else {
        (attr::get(object, name, cache)?, false)
    };
    if is_method {
        return call_unbound(callee.v(), args);
    }
    let rest = Args::with_names(&args.values()[1..], args.names());
    if is_exact(callee.v(), &METHOD) {
        return call::call(callee.v(), &rest);
    }
    if !args.has_kw() {
        return call_values(callee.v(), rest.values());
    }
    call::call(callee.v(), &rest)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_call_method(name: Value, args: *const Value, n_args: i64, cache: *const AttrCache) -> Value {
    let args = Args::positional(values(args, n_args));
    // SAFETY: compiled code passes null or the address of the site's record.
    if let Some(site) = unsafe { cache.as_ref() }
        && site.kind.get() == cache_kind::METHOD
        && let Some(callee) = attr::cached_method(args.values()[0], site)
        && is_exact(callee, &METHOD_DESCRIPTOR)
        && let Some(result) = crate::descriptors::call_of_own_class(callee, &args)
    {
        return value(result);
    }
    value(call_method(name, &args, cache))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_call_method_kw(name: Value, args: *const Value, n_args: i64, kwnames: Value, cache: *const AttrCache) -> Value {
    value(call_method(name, &Args::with_names(values(args, n_args), names(kwnames)), cache))
}

/// The callee as messages name it: `module.qualname()`.
pub fn function_text(callee: Value) -> R<String> {
    let Some(qualname) = crate::ops::getattr_opt(callee, "__qualname__")? else {
        return Ok(crate::str::to_rust(crate::ops::str(callee)?.v()));
    };
    let qualname = crate::str::to_rust(crate::ops::str(qualname.v())?.v());
    let module = crate::ops::getattr_opt(callee, "__module__")?;
    Ok(match module.filter(|m| crate::str::is_str(m.v())) {
        Some(m) if crate::str::to_rust(m.v()) != "builtins" => format!("{}.{qualname}()", crate::str::to_rust(m.v())),
        _ => format!("{qualname}()"),
    })
}

fn star_args(callee: Value, args: Value) -> R<Ref> {
    if is_exact(args, &crate::tuple::TUPLE) {
        return Ok(Ref::new(args));
    }
    let class = type_of(args);
    if class.slots().iter.is_none() && class.slots().getitem.is_none() {
        let text = function_text(callee)?;
        return Err(type_error(format!("{text} argument after * must be an iterable, not {}", display_name(args))));
    }
    Ok(crate::tuple::from_refs(crate::ops::collect_to_vec(args)?))
}

fn star_kwargs(callee: Value, kwargs: Value) -> R<Ref> {
    if kwargs.is_missing() || crate::dict::is_exact_dict(kwargs) {
        return Ok(Ref::new(kwargs));
    }
    let Some(keys) = crate::ops::getattr_opt(kwargs, "keys")? else {
        let text = function_text(callee)?;
        return Err(type_error(format!("{text} argument after ** must be a mapping, not {}", display_name(kwargs))));
    };
    let dict = crate::dict::new();
    let keys = crate::call::call0(keys.v())?;
    for key in crate::ops::collect_to_vec(keys.v())? {
        let v = crate::ops::getitem(kwargs, key.v())?;
        crate::dict::set(dict.v(), key.v(), v.v())?;
    }
    Ok(dict)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_call_ex(callee: Value, args: Value, kwargs: Value) -> Value {
    value((|| {
        let args = star_args(callee, args)?;
        let kwargs = star_kwargs(callee, kwargs)?;
        call::call_tuple_dict(callee, args.v(), kwargs.v())
    })())
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_load_build_class(_func: Value) -> Value {
    let found = crate::dict::get_text(crate::import::builtins_dict(), "__build_class__").map(Ref::new);
    value(found.ok_or_else(|| crate::error::raise(&crate::exceptions::NAME_ERROR, "__build_class__ not found")))
}

/// Whether a value is a class (for callers in other crates).
pub fn is_class(v: Value) -> bool {
    as_type(v).is_some()
}
