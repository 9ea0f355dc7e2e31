//! Calling anything with anything: compiled functions straight, natives without bound objects, classes, everything else by its slot.

use crate::bind;
use crate::dunder::{D, name};
use crate::function::{BuiltinFunction, FUNCTION, Function, METHOD, Method};
use crate::prelude::*;
use crate::type_object::{TYPE, as_type, display_name, lookup};
use dxpyc_abi::{Code, FunctionObject, code_flags};

/// Arguments that fit on the stack when one is put before others.
const STACK_ARGS: usize = 16;

/// The result of compiled code.
#[inline(always)]
pub fn from_raw(v: Value) -> R<Ref> {
    if v.is_error() { Err(Raised) } else { Ok(Ref::from_owned(v)) }
}

/// Runs a compiled body with all its parameters bound.
#[inline]
pub fn call_body(f: &FunctionObject, func: Value, p: &[Value]) -> Value {
    // SAFETY: code records are static.
    let code: &'static Code = unsafe { &*f.code.get() };
    if code.flags & (code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR) != 0 {
        return match crate::generator::make(func, code, p) {
            Ok(g) => g.into_raw(),
            Err(Raised) => Value::ERROR,
        };
    }
    debug_assert_eq!(code.n_params as usize, p.len());
    run_body(f.body.get(), code, func, p)
}

macro_rules! value {
    ($i:literal) => {
        Value
    };
}

macro_rules! dispatch {
    ($body:ident $func:ident $p:ident $code:ident; $($n:literal: [$($i:literal)*];)*) => {
        match $p.len() {
            $($n => {
                // SAFETY: a body takes the function and its n_params parameters.
                let f: extern "C" fn(Value $(, value!($i))*) -> Value = unsafe { std::mem::transmute($body) };
                f($func $(, $p[$i])*)
            })*
            _ => {
                let entry = $code.entry.expect("an array entry");
                // SAFETY: as above; the array holds all parameters.
                unsafe { entry($func, $p.as_ptr()) }
            }
        }
    };
}

#[inline]
fn run_body(body: *const u8, code: &'static Code, func: Value, p: &[Value]) -> Value {
    dispatch! { body func p code;
        0: []; 1: [0]; 2: [0 1]; 3: [0 1 2]; 4: [0 1 2 3]; 5: [0 1 2 3 4]; 6: [0 1 2 3 4 5]; 7: [0 1 2 3 4 5 6];
        8: [0 1 2 3 4 5 6 7]; 9: [0 1 2 3 4 5 6 7 8]; 10: [0 1 2 3 4 5 6 7 8 9]; 11: [0 1 2 3 4 5 6 7 8 9 10];
        12: [0 1 2 3 4 5 6 7 8 9 10 11];
    }
}

/// Calls a compiled function: straight when the arguments fit as they are, else after binding.
#[inline]
pub fn call_function(func: Value, args: &Args) -> R<Ref> {
    let f = &crate::cast::get_unchecked::<Function>(func).abi;
    if !args.has_kw() && args.pos().len() == f.fast_nargs.get() as usize {
        // SAFETY: code records are static.
        return from_raw(run_body(f.body.get(), unsafe { &*f.code.get() }, func, args.pos()));
    }
    bind::bind_function(func, f, args)
}

/// Calls anything.
#[inline]
pub fn call(callee: Value, args: &Args) -> R<Ref> {
    let class = type_of(callee);
    if std::ptr::eq(class, &FUNCTION) {
        return call_function(callee, args);
    }
    call_object(callee, class, args)
}

#[inline(never)]
fn call_object(callee: Value, class: &'static Type, args: &Args) -> R<Ref> {
    match class.slots().call {
        Some(f) => f(callee, args),
        None => Err(not_callable(callee)),
    }
}

#[cold]
fn not_callable(callee: Value) -> Raised {
    if crate::cast::get::<crate::module::ModuleObject>(callee).is_some()
        && let Some(name) = crate::dict::get_text(crate::module::dict_of(callee), "__name__").filter(|n| crate::str::is_str(*n)).map(crate::str::to_rust)
        && crate::dict::get_text(crate::module::dict_of(callee), &name).is_some_and(crate::ops::callable)
    {
        return type_error(format!("'module' object is not callable. Did you mean: '{name}.{name}(...)'?"));
    }
    type_error(format!("'{}' object is not callable", display_name(callee)))
}

/// `callee()`
pub fn call0(callee: Value) -> R<Ref> {
    call(callee, &Args::NONE)
}

/// `callee(a)`
pub fn call1(callee: Value, a: Value) -> R<Ref> {
    call(callee, &Args::positional(&[a]))
}

/// `callee(a, b)`
pub fn call2(callee: Value, a: Value, b: Value) -> R<Ref> {
    call(callee, &Args::positional(&[a, b]))
}

/// `callee(a, b, c)`
pub fn call3(callee: Value, a: Value, b: Value, c: Value) -> R<Ref> {
    call(callee, &Args::positional(&[a, b, c]))
}

/// `callee(first, args…)`
pub fn call_prepended(callee: Value, first: Value, args: &Args) -> R<Ref> {
    let n = args.values().len();
    if n < STACK_ARGS {
        let mut all = [Value::MISSING; STACK_ARGS];
        all[0] = first;
        all[1..=n].copy_from_slice(args.values());
        return call(callee, &Args::with_names(&all[..=n], args.names()));
    }
    let mut all = Vec::with_capacity(n + 1);
    all.push(first);
    all.extend_from_slice(args.values());
    call(callee, &Args::with_names(&all, args.names()))
}

/// `o.name(args)`
pub fn call_method(o: Value, method: &str, args: &[Value]) -> R<Ref> {
    call_method_value(o, crate::str::intern(method).v(), args)
}

/// `o.name(args)`
pub fn call_method_value(o: Value, method: Value, args: &[Value]) -> R<Ref> {
    let class = type_of(o);
    if class.has(type_flags::PLAIN_GETATTR)
        && let Some(f) = lookup(class, method)
        && type_of(f).has(type_flags::METHOD_DESCRIPTOR)
        && crate::attr::stored(o, class, method).is_none()
    {
        let f = Ref::new(f);
        return call_prepended(f.v(), o, &Args::positional(args));
    }
    let f = crate::ops::getattr(o, method)?;
    call(f.v(), &Args::positional(args))
}

/// `callee(*args, **kwargs)`; `args` a tuple, `kwargs` a dict or MISSING.
pub fn call_tuple_dict(callee: Value, args: Value, kwargs: Value) -> R<Ref> {
    let items = crate::tuple::items(args).unwrap_or(&[]);
    if kwargs.is_missing() || crate::dict::len(kwargs) == 0 {
        return call(callee, &Args::positional(items));
    }
    let mut values: Vec<Value> = items.to_vec();
    let mut names = Vec::new();
    let mut keep = Vec::new();
    let mut pos = 0;
    while let Some((k, v)) = crate::dict::next_entry(kwargs, &mut pos) {
        if !crate::str::is_str(k) {
            return Err(type_error("keywords must be strings"));
        }
        names.push(k);
        values.push(v);
        keep.push(Ref::new(k));
        keep.push(Ref::new(v));
    }
    call(callee, &Args::with_names(&values, &names))
}

/// A call through a bound method or with the object first: the `call` slot of `method`.
pub fn method_call(v: Value, args: &Args) -> R<Ref> {
    let m = crate::cast::get_unchecked::<Method>(v);
    call_prepended(m.function.get(), m.this.get(), args)
}

/// The `call` slot of builtin functions.
pub fn builtin_call(v: Value, args: &Args) -> R<Ref> {
    let b = crate::cast::get_unchecked::<BuiltinFunction>(v);
    (b.decl.call)(b.this.get(), args)
}

// ---------------------------------------------------------------- classes

/// `class(args…)`: the `call` slot of `type`.
pub fn type_call(v: Value, args: &Args) -> R<Ref> {
    if let Some(result) = instantiate_cached(v, args) {
        return result;
    }
    // SAFETY: the slot's callers know that the value is a type.
    let class: &'static Type = unsafe { &*(v.address() as *const Type) };
    if !class.has(type_flags::HEAP)
        && let Some(new) = class.slots().new
        && class.slots().init.is_none_or(|f| std::ptr::fn_addr_eq(f, crate::object::object_init as crate::slots::InitFn))
        && !std::ptr::fn_addr_eq(new, crate::object::object_new as crate::slots::NewFn)
    {
        if std::ptr::eq(class, &TYPE) && !args.has_kw() && args.pos().len() == 1 {
            return Ok(Ref::new(type_of(args.pos()[0]).v()));
        }
        return new(class, args);
    }
    if class.has(type_flags::EXCEPTION) && !args.has_kw() && !class.has(type_flags::ABSTRACT) && crate::exceptions::makes_plain(class.slots()) {
        return crate::exceptions::new_plain(class, args);
    }
    type_call_any(v, args)
}

#[inline(never)]
fn type_call_any(v: Value, args: &Args) -> R<Ref> {
    let class = as_type(v).ok_or_else(|| type_error("a type is expected"))?;
    if std::ptr::eq(class, &TYPE) && !args.has_kw() && args.pos().len() == 1 {
        return Ok(Ref::new(type_of(args.pos()[0]).v()));
    }
    instantiate(class, args)
}

/// Makes an instance: `__new__`, then `__init__` if it is an instance of the class.
pub fn instantiate(class: &'static Type, args: &Args) -> R<Ref> {
    if class.init_version.get() == class.prefix.version.get() && class.init_version.get() != 0 {
        return instantiate_fast(class, args);
    }
    let slots = class.slots();
    if class.has(type_flags::HEAP)
        && slots.new.is_some_and(|f| f as usize == crate::object::object_new as *const () as usize)
        && !class.has(type_flags::ABSTRACT)
        && let Some(init) = lookup(class, name(D::Init))
        && is_exact(init, &FUNCTION)
    {
        class.init_cache.set(init);
        class.init_version.set(class.prefix.version.get());
        return instantiate_fast(class, args);
    }
    let Some(new) = slots.new else {
        return Err(type_error(format!("cannot create '{}' instances", crate::type_object::full_name(class))));
    };
    let object = new(class, args)?;
    let own = type_of(object.v());
    if !std::ptr::eq(own, class) && !own.is_subtype(class) {
        return Ok(object);
    }
    if let Some(init) = own.slots().init {
        init(object.v(), args)?;
    }
    Ok(object)
}

/// `class(args…)` for a class of `type` whose plain `__init__` is known; None: go the general way.
#[inline(always)]
pub fn instantiate_cached(class: Value, args: &Args) -> Option<R<Ref>> {
    // SAFETY: the caller knows that the value is a type.
    let class: &'static Type = unsafe { &*(class.address() as *const Type) };
    let version = class.init_version.get();
    if version != 0 && version == class.prefix.version.get() { Some(instantiate_fast(class, args)) } else { None }
}

/// `class(args…)` for a class whose plain `__init__` is known and takes just these arguments; None: go another way.
#[inline]
pub fn instantiate_direct(class: Value, args: &[Value]) -> Option<Value> {
    // SAFETY: the caller knows that the value is a type.
    let class: &'static Type = unsafe { &*(class.address() as *const Type) };
    let version = class.init_version.get();
    if version == 0 || version != class.prefix.version.get() {
        return None;
    }
    let init = class.init_cache.get();
    let f = &crate::cast::get_unchecked::<Function>(init).abi;
    if f.fast_nargs.get() as usize != args.len() + 1 || args.len() > 4 {
        return None;
    }
    dxpyc_heap::collect::safe_point();
    let init = Ref::new(init);
    let Ok(object) = crate::type_object::new_plain_instance(class) else { return Some(Value::ERROR) };
    let (body, this, f) = (f.body.get(), object.v(), init.v());
    macro_rules! run {
        ($($arg:expr),*) => {{
            // SAFETY: `fast_nargs` is the number of parameters of `body`.
            let body: extern "C" fn(Value, Value $(, run!(@ $arg))*) -> Value = unsafe { std::mem::transmute(body) };
            body(f, this $(, $arg)*)
        }};
        (@ $arg:expr) => { Value };
    }
    let result = match *args {
        [] => run!(),
        [a] => run!(a),
        [a, b] => run!(a, b),
        [a, b, c] => run!(a, b, c),
        [a, b, c, d] => run!(a, b, c, d),
        _ => return None,
    };
    if result.is_none() {
        return Some(object.into_raw());
    }
    if result.is_error() {
        return Some(result);
    }
    let result = Ref::from_owned(result);
    Some(match crate::slot_functions::check_init_result(result.v()) {
        Ok(()) => object.into_raw(),
        Err(Raised) => Value::ERROR,
    })
}

/// A new instance, and the function that is its class's plain `__init__`, both owned, if that function has this body; else MISSING twice.
#[inline]
pub fn new_for_init(class: Value, body: *const u8) -> (Value, Value) {
    const OTHERWISE: (Value, Value) = (Value::MISSING, Value::MISSING);
    if !crate::cast::is_exact_object(class, &TYPE) {
        return OTHERWISE;
    }
    // SAFETY: exactly a type.
    let class: &'static Type = unsafe { &*(class.address() as *const Type) };
    let version = class.init_version.get();
    if version == 0 || version != class.prefix.version.get() {
        return OTHERWISE;
    }
    let init = class.init_cache.get();
    if crate::cast::get_unchecked::<Function>(init).abi.body.get() != body {
        return OTHERWISE;
    }
    let init = Ref::new(init);
    dxpyc_heap::collect::safe_point();
    match crate::type_object::new_plain_instance(class) {
        Ok(object) => (object.into_raw(), init.into_raw()),
        Err(Raised) => (Value::ERROR, Value::MISSING),
    }
}

/// Plain class with a Python `__init__`: no `__new__` to run.
#[inline]
fn instantiate_fast(class: &'static Type, args: &Args) -> R<Ref> {
    let init = Ref::new(class.init_cache.get());
    let object = crate::type_object::new_plain_instance(class)?;
    let n = args.values().len();
    let result = if n < STACK_ARGS {
        let mut all = [Value::MISSING; STACK_ARGS];
        all[0] = object.v();
        all[1..=n].copy_from_slice(args.values());
        call_function(init.v(), &Args::with_names(&all[..=n], args.names()))?
    } else {
        call_prepended(init.v(), object.v(), args)?
    };
    if !result.v().is_none() {
        crate::slot_functions::check_init_result(result.v())?;
    }
    Ok(object)
}

/// Whether the value is a bound method of Python or a Python function (for callers that look through).
pub fn is_python_callable(v: Value) -> bool {
    is_exact(v, &FUNCTION) || is_exact(v, &METHOD)
}
