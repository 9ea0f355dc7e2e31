//! Functions, bound methods, builtin functions and cells.

use crate::native::NativeDecl;
use crate::prelude::*;
use crate::type_object::display_name;
use dxpyc_abi::{CellObject, Code, FunctionObject};
use std::mem::offset_of;

pub use crate::code::CODE;

/// The code object of a record.
pub fn code_object(code: &'static Code) -> R<Ref> {
    Ok(crate::code::code_object(code))
}

/// The code record of a function object; None for other values.
pub fn code_of(v: Value) -> Option<&'static Code> {
    if v.is_missing() { None } else { crate::cast::get::<Function>(v).map(Function::code) }
}

// ---------------------------------------------------------------- functions

/// A function object: `abi`'s layout with the runtime's fields named.
#[repr(C)]
pub struct Function {
    /// What compiled code reads.
    pub abi: FunctionObject,
}

const NAME: usize = 0;
const QUALNAME: usize = 1;
const MODULE: usize = 2;
const DOC: usize = 3;
const DICT: usize = 4;
const ANNOTATIONS: usize = 5;
const TYPE_PARAMS: usize = 6;
const ANNOTATE: usize = 7;

/// `function`.
#[unsafe(export_name = "dxp_type_function")]
pub static FUNCTION: Type = Type::builtin::<Function>(
    "function",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::METHOD_DESCRIPTOR | type_flags::WEAKREFABLE,
    Slots {
        repr: Some(function_repr),
        call: Some(crate::call::call_function),
        descr_get: Some(function_get),
        new: Some(function_new),
        ..Slots::NONE
    },
    Some(&FUNCTION_DECL),
)
.visited::<Function>()
.with_dict_slot_at(offset_of!(FunctionObject, rest) + DICT * size_of::<Value>())
.dealloc_by(crate::type_object::dealloc_as::<Function>);
object_type!(Function, FUNCTION);

impl Function {
    fn rest(&self, i: usize) -> &Cell<Value> {
        // SAFETY: `rest` is eight values; Cell<Value> has Value's layout; single-threaded.
        unsafe { &(*(self.abi.rest.get() as *const [Cell<Value>; 8]))[i] }
    }
    fn set_rest(&self, i: usize, v: Ref) {
        drop(Ref::from_owned(self.rest(i).replace(v.into_raw())));
    }
    /// `__qualname__`, borrowed.
    pub fn qualname(&self) -> Value {
        self.rest(QUALNAME).get()
    }
    /// The code record.
    pub fn code(&self) -> &'static Code {
        // SAFETY: code records are static.
        unsafe { &*self.abi.code.get() }
    }
    fn owned(&self) -> [&Cell<Value>; 4] {
        [&self.abi.globals, &self.abi.closure, &self.abi.defaults, &self.abi.kwdefaults]
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        for c in self.owned() {
            drop(Ref::from_owned(c.get()));
        }
        for i in 0..8 {
            drop(Ref::from_owned(self.rest(i).get()));
        }
    }
}

impl Visit for Function {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        for c in self.owned() {
            visitor.value(c.get());
        }
        for i in 0..8 {
            visitor.value(self.rest(i).get());
        }
    }
    fn clear(&self) {
        // Code and globals stay: the function can still be called while its cycle is taken apart.
        for i in [DICT, ANNOTATIONS, ANNOTATE] {
            self.set_rest(i, Ref::from_owned(Value::MISSING));
        }
        drop(Ref::from_owned(self.abi.kwdefaults.replace(Value::NONE)));
        drop(Ref::from_owned(self.abi.defaults.replace(Value::NONE)));
    }
}

/// The function of a code record, without defaults, closure or annotations.
pub fn new_function(code: &'static Code, globals: Value) -> Ref {
    let module = crate::dict::get_str(globals, crate::dunder::name(crate::dunder::D::Name)).unwrap_or(Value::NONE);
    let owned = |v: Value| Ref::new(v).into_raw();
    new_object(Function {
        abi: FunctionObject {
            header: crate::cast::fresh_header(),
            body: Cell::new(code.body),
            fast_nargs: Cell::new(code.fast_nargs),
            pad: 0,
            code: Cell::new(code),
            globals: Cell::new(owned(globals)),
            closure: Cell::new(Value::MISSING),
            defaults: Cell::new(Value::NONE),
            kwdefaults: Cell::new(Value::NONE),
            rest: UnsafeCell::new([
                code.name,
                code.qualname,
                owned(module),
                code.doc,
                Value::MISSING,
                Value::MISSING,
                Value::MISSING,
                Value::MISSING,
            ]),
        },
    })
}

/// Gives a new function its defaults (tuple or MISSING), keyword defaults (dict or MISSING), cells and annotate function.
pub fn complete(function: Value, defaults: Value, kwdefaults: Value, cells: &[Value], annotate: Value) {
    let f = crate::cast::get_unchecked::<Function>(function);
    if !defaults.is_missing() {
        f.abi.defaults.set(Ref::new(defaults).into_raw());
    }
    if !kwdefaults.is_missing() {
        f.abi.kwdefaults.set(Ref::new(kwdefaults).into_raw());
    }
    if !cells.is_empty() {
        f.abi.closure.set(crate::tuple::from_slice(cells).into_raw());
    }
    if !annotate.is_missing() {
        f.set_rest(ANNOTATE, Ref::new(annotate));
    }
}

/// `__name__` and `__qualname__` (borrowed).
pub fn names_of(function: Value) -> [Value; 2] {
    let f = crate::cast::get_unchecked::<Function>(function);
    [f.rest(NAME).get(), f.rest(QUALNAME).get()]
}

/// Sets `__type_params__`.
pub fn set_type_params(function: Value, params: Value) {
    crate::cast::get_unchecked::<Function>(function).set_rest(TYPE_PARAMS, Ref::new(params));
}

fn function_repr(v: Value) -> R<Ref> {
    let f = crate::cast::get_unchecked::<Function>(v);
    Ok(crate::str::from_str(&format!("<function {} at {:#x}>", crate::str::to_rust(f.qualname()), v.address())))
}

fn function_get(v: Value, instance: Value, _owner: Value) -> R<Ref> {
    if instance.is_missing() { Ok(Ref::new(v)) } else { Ok(new_method(v, instance)) }
}

/// `types.FunctionType(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)`.
fn function_new(_class: &'static Type, args: &Args) -> R<Ref> {
    const NAMES: [&str; 6] = ["code", "globals", "name", "argdefs", "closure", "kwdefaults"];
    let mut p = [Value::NONE; 6];
    for (i, &v) in args.pos().iter().enumerate() {
        *p.get_mut(i).ok_or_else(|| type_error("function() takes at most 6 arguments"))? = v;
    }
    for (k, v) in args.kw() {
        match NAMES.iter().position(|n| crate::str::view(k).is(n)) {
            Some(i) => p[i] = v,
            None => return Err(crate::suggestions::unexpected_keyword("function", k, &NAMES)),
        }
    }
    let Some(code) = crate::cast::get::<crate::code::CodeObject>(p[0]) else {
        return Err(type_error(format!("function() argument 'code' must be code, not {}", display_name(p[0]))));
    };
    if !crate::dict::is_dict(p[1]) {
        return Err(type_error(format!("function() argument 'globals' must be dict, not {}", display_name(p[1]))));
    }
    let code = code.record();
    if !p[2].is_none() && !crate::str::is_str(p[2]) {
        return Err(type_error("arg 3 (name) must be None or string"));
    }
    if !p[3].is_none() && crate::tuple::items(p[3]).is_none() {
        return Err(type_error("arg 4 (defaults) must be None or tuple"));
    }
    let n_cells = crate::tuple::items(p[4]).map_or(0, |c| c.len());
    if crate::tuple::items(p[4]).is_none() && (!p[4].is_none() || code.n_freevars > 0) {
        return Err(type_error(if code.n_freevars > 0 { "arg 5 (closure) must be tuple" } else { "arg 5 (closure) must be None or tuple" }));
    }
    if n_cells != code.n_freevars as usize {
        return Err(value_error(format!(
            "{} requires closure of length {}, not {n_cells}",
            crate::str::to_rust(code.name),
            code.n_freevars
        )));
    }
    // Code of a text for `exec` has its namespace for a parameter: here it is the globals.
    // SAFETY: the record's array of names is as long as it says.
    let takes_namespace = code.n_args == 1 && crate::str::view(unsafe { *code.varnames }).is(".namespace");
    let namespace = crate::tuple::from_slice(&[p[1]]);
    if takes_namespace && p[3].is_none() {
        p[3] = namespace.v();
    }
    let f = new_function(code, p[1]);
    let missing = |v: Value| if v.is_none() { Value::MISSING } else { v };
    complete(f.v(), missing(p[3]), missing(p[5]), crate::tuple::items(p[4]).unwrap_or(&[]), Value::MISSING);
    if !p[2].is_none() {
        crate::cast::get_unchecked::<Function>(f.v()).set_rest(NAME, Ref::new(p[2]));
    }
    Ok(f)
}

fn or_none(v: Value) -> Ref {
    if v.is_missing() { Ref::none() } else { Ref::new(v) }
}

#[native_class(decl = FUNCTION_DECL, doc = "Create a function object.")]
impl Function {
    #[getter]
    fn __code__(&self) -> R {
        code_object(self.code())
    }
    #[setter]
    fn set___code__(&self, value: Value) -> R<()> {
        let Some(code) = crate::cast::get::<crate::code::CodeObject>(value) else {
            return Err(type_error("__code__ must be set to a code object"));
        };
        let code = code.record();
        let n_cells = crate::tuple::items(self.abi.closure.get()).map_or(0, |c| c.len());
        if n_cells != code.n_freevars as usize {
            return Err(value_error(format!(
                "{}() requires a code object with {n_cells} free vars, not {}",
                crate::str::to_rust(self.rest(NAME).get()),
                code.n_freevars
            )));
        }
        self.abi.code.set(code);
        self.abi.body.set(code.body);
        self.abi.fast_nargs.set(code.fast_nargs);
        Ok(())
    }
    #[getter]
    fn __defaults__(&self) -> R {
        Ok(or_none(self.abi.defaults.get()))
    }
    #[setter]
    fn set___defaults__(&self, value: Value) -> R<()> {
        let value = if value.is_missing() { Value::NONE } else { value };
        if !value.is_none() && crate::tuple::items(value).is_none() {
            return Err(type_error("__defaults__ must be set to a tuple object"));
        }
        drop(Ref::from_owned(self.abi.defaults.replace(Ref::new(value).into_raw())));
        Ok(())
    }
    #[getter]
    fn __kwdefaults__(&self) -> R {
        Ok(or_none(self.abi.kwdefaults.get()))
    }
    #[setter]
    fn set___kwdefaults__(&self, value: Value) -> R<()> {
        let value = if value.is_missing() { Value::NONE } else { value };
        if !value.is_none() && !crate::dict::is_dict(value) {
            return Err(type_error("__kwdefaults__ must be set to a dict object"));
        }
        drop(Ref::from_owned(self.abi.kwdefaults.replace(Ref::new(value).into_raw())));
        Ok(())
    }
    #[getter]
    fn __closure__(&self) -> R {
        Ok(or_none(self.abi.closure.get()))
    }
    #[getter]
    fn __globals__(&self) -> R {
        Ok(Ref::new(self.abi.globals.get()))
    }
    #[getter]
    fn __builtins__(&self) -> R {
        Ok(Ref::new(crate::import::builtins_dict()))
    }
    #[getter]
    fn __name__(&self) -> R {
        Ok(Ref::new(self.rest(NAME).get()))
    }
    #[setter]
    fn set___name__(&self, value: Value) -> R<()> {
        if value.is_missing() || !crate::str::is_str(value) {
            return Err(type_error("__name__ must be set to a string object"));
        }
        self.set_rest(NAME, Ref::new(value));
        Ok(())
    }
    #[getter]
    fn __qualname__(&self) -> R {
        Ok(Ref::new(self.rest(QUALNAME).get()))
    }
    #[setter]
    fn set___qualname__(&self, value: Value) -> R<()> {
        if value.is_missing() || !crate::str::is_str(value) {
            return Err(type_error("__qualname__ must be set to a string object"));
        }
        self.set_rest(QUALNAME, Ref::new(value));
        Ok(())
    }
    #[getter]
    fn __module__(&self) -> R {
        Ok(or_none(self.rest(MODULE).get()))
    }
    #[setter]
    fn set___module__(&self, value: Value) -> R<()> {
        self.set_rest(MODULE, or_none(value));
        Ok(())
    }
    #[getter]
    fn __doc__(&self) -> R {
        Ok(or_none(self.rest(DOC).get()))
    }
    #[setter]
    fn set___doc__(&self, value: Value) -> R<()> {
        self.set_rest(DOC, or_none(value));
        Ok(())
    }
    #[getter]
    fn __dict__(this: Value) -> R {
        Ok(crate::attr::instance_dict(this)?.unwrap_or_else(Ref::none))
    }
    #[setter]
    fn set___dict__(this: Value, value: Value) -> R<()> {
        if value.is_missing() {
            return Err(type_error("cannot delete __dict__"));
        }
        crate::attr::set_instance_dict(this, value)
    }
    #[getter]
    fn __annotate__(&self) -> R {
        Ok(or_none(self.rest(ANNOTATE).get()))
    }
    #[setter]
    fn set___annotate__(&self, value: Value) -> R<()> {
        if value.is_missing() {
            return Err(type_error("__annotate__ cannot be deleted"));
        }
        if value.is_none() {
            self.set_rest(ANNOTATE, Ref::none());
            return Ok(());
        }
        if !crate::ops::is_callable(value) {
            return Err(type_error("__annotate__ must be callable or None"));
        }
        self.set_rest(ANNOTATE, Ref::new(value));
        self.set_rest(ANNOTATIONS, Ref::from_owned(Value::MISSING));
        Ok(())
    }
    #[getter]
    fn __annotations__(this: Value) -> R {
        let f = crate::cast::get_unchecked::<Function>(this);
        let have = f.rest(ANNOTATIONS).get();
        if !have.is_missing() {
            return Ok(Ref::new(have));
        }
        let annotate = f.rest(ANNOTATE).get();
        let made = if annotate.is_missing() || annotate.is_none() {
            crate::dict::new()
        } else {
            call_annotate(annotate)?
        };
        f.set_rest(ANNOTATIONS, made.clone());
        Ok(made)
    }
    #[setter]
    fn set___annotations__(&self, value: Value) -> R<()> {
        let gone = value.is_missing() || value.is_none();
        if !gone && !crate::dict::is_dict(value) {
            return Err(type_error("__annotations__ must be set to a dict object"));
        }
        self.set_rest(ANNOTATIONS, if gone { Ref::from_owned(Value::MISSING) } else { Ref::new(value) });
        self.set_rest(ANNOTATE, Ref::none());
        Ok(())
    }
    #[getter]
    fn __type_params__(&self) -> R {
        let v = self.rest(TYPE_PARAMS).get();
        Ok(if v.is_missing() { crate::tuple::from_slice(&[]) } else { Ref::new(v) })
    }
    #[setter]
    fn set___type_params__(&self, value: Value) -> R<()> {
        if value.is_missing() || crate::tuple::items(value).is_none() {
            return Err(type_error("__type_params__ must be set to a tuple"));
        }
        self.set_rest(TYPE_PARAMS, Ref::new(value));
        Ok(())
    }
}

/// Calls an `__annotate__` function for values; it must give a dict.
pub fn call_annotate(annotate: Value) -> R<Ref> {
    let keep = Ref::new(annotate);
    let made = crate::call::call1(keep.v(), Value::from_small_int(1))?;
    if !crate::dict::is_dict(made.v()) {
        return Err(type_error(format!("__annotate__ returned non-dict of type '{}'", display_name(made.v()))));
    }
    Ok(made)
}

// ---------------------------------------------------------------- bound methods

/// A bound method.
#[repr(C)]
pub struct Method {
    header: Header,
    /// `__func__`.
    pub function: Slot,
    /// `__self__`.
    pub this: Slot,
}

/// `method`.
pub static METHOD: Type = Type::builtin::<Method>(
    "method",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::WEAKREFABLE,
    Slots {
        repr: Some(method_repr),
        call: Some(crate::call::method_call),
        getattr: Some(method_getattr),
        hash: Some(method_hash),
        compare: Some(method_compare),
        descr_get: Some(method_get),
        new: Some(method_new),
        ..Slots::NONE
    },
    Some(&METHOD_DECL),
)
.visited::<Method>()
.dealloc_by(crate::type_object::dealloc_as::<Method>);
object_type!(Method, METHOD);

impl Visit for Method {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.function);
        visitor.slot(&self.this);
    }
    fn clear(&self) {}
}

/// A bound method.
pub fn new_method(function: Value, this: Value) -> Ref {
    new_object(Method { header: crate::cast::fresh_header(), function: Slot::new(Ref::new(function)), this: Slot::new(Ref::new(this)) })
}

/// Binds what a METHOD_DESCRIPTOR type's instance gives for an object.
#[inline]
pub fn bind_method(callable: Value, this: Value) -> R<Ref> {
    if is_exact(callable, &FUNCTION) {
        return Ok(new_method(callable, this));
    }
    crate::type_object::bind_found(Ref::new(callable), this, type_of(this))
}

fn method_new(_class: &'static Type, args: &Args) -> R<Ref> {
    args.no_keywords("method")?;
    let [function, this] = args.pos() else {
        return Err(type_error(format!("method expected 2 arguments, got {}", args.pos().len())));
    };
    if !crate::ops::is_callable(*function) {
        return Err(type_error("first argument must be callable"));
    }
    if this.is_none() {
        return Err(type_error("instance must not be None"));
    }
    Ok(new_method(*function, *this))
}

fn method_repr(v: Value) -> R<Ref> {
    let m = crate::cast::get_unchecked::<Method>(v);
    let name = match crate::ops::getattr_opt(m.function.get(), "__qualname__")? {
        Some(n) => Some(n),
        None => crate::ops::getattr_opt(m.function.get(), "__name__")?,
    };
    let name = name.filter(|n| crate::str::is_str(n.v())).map_or("?".into(), |n| crate::str::to_rust(n.v()));
    let this = crate::ops::repr(m.this.get())?;
    let mut out = crate::str::Builder::new();
    out.push_str(&format!("<bound method {name} of "));
    out.push_value(this.v());
    out.push_str(">");
    Ok(out.finish())
}

fn method_getattr(v: Value, name: Value) -> R<Ref> {
    if crate::type_object::lookup(&METHOD, name).is_some() {
        return crate::attr::generic_get(v, name);
    }
    let m = crate::cast::get_unchecked::<Method>(v);
    let function = Ref::new(m.function.get());
    crate::ops::getattr(function.v(), name)
}

fn method_hash(v: Value) -> R<i64> {
    let m = crate::cast::get_unchecked::<Method>(v);
    let h = crate::object::identity_hash(m.this.get()) ^ crate::ops::hash(m.function.get())?;
    Ok(if h == -1 { -2 } else { h })
}

fn method_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    let (Some(x), Some(y)) = (crate::cast::get::<Method>(a), crate::cast::get::<Method>(b)) else {
        return Ok(Ref::not_implemented());
    };
    let want = match op {
        CompareOp::Eq => true,
        CompareOp::Ne => false,
        _ => return Ok(Ref::not_implemented()),
    };
    let same = x.this.get() == y.this.get() && crate::ops::eq(x.function.get(), y.function.get())?;
    Ok(Ref::bool(same == want))
}

fn method_get(v: Value, _instance: Value, _owner: Value) -> R<Ref> {
    Ok(Ref::new(v))
}

#[native_class(decl = METHOD_DECL, doc = "Create a bound instance method object.")]
impl Method {
    #[getter]
    fn __func__(&self) -> R {
        Ok(Ref::new(self.function.get()))
    }
    #[getter]
    fn __self__(&self) -> R {
        Ok(Ref::new(self.this.get()))
    }
    #[getter]
    fn __doc__(&self) -> R {
        Ok(crate::ops::getattr_opt(self.function.get(), "__doc__")?.unwrap_or_else(Ref::none))
    }
    #[native]
    fn __reduce__(&self) -> R {
        let name = crate::ops::getattr_str(self.function.get(), "__name__")?;
        crate::descriptors::reduce_getattr(self.this.get(), name.v())
    }
}

// ---------------------------------------------------------------- builtin functions

/// A native function, or a native method bound to its object.
#[repr(C)]
pub struct BuiltinFunction {
    header: Header,
    /// What it runs.
    pub decl: &'static NativeDecl,
    /// Its object, class, or MISSING.
    pub this: Slot,
    /// `__module__`: a str or empty.
    pub module: Slot,
}

/// `builtin_function_or_method`.
pub static BUILTIN_FUNCTION: Type = Type::builtin::<BuiltinFunction>(
    "builtin_function_or_method",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::WEAKREFABLE,
    Slots {
        repr: Some(builtin_repr),
        call: Some(crate::call::builtin_call),
        hash: Some(builtin_hash),
        compare: Some(builtin_compare),
        ..Slots::NONE
    },
    Some(&BUILTIN_DECL),
)
.visited::<BuiltinFunction>()
.dealloc_by(crate::type_object::dealloc_as::<BuiltinFunction>);
object_type!(BuiltinFunction, BUILTIN_FUNCTION);

impl Visit for BuiltinFunction {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.this);
    }
    fn clear(&self) {}
}

/// A builtin function (or bound builtin method: `this` not MISSING); `module` a str or MISSING.
pub fn new_builtin(decl: &'static NativeDecl, this: Value, module: Value) -> Ref {
    let slot = |v: Value| if v.is_missing() { Slot::empty() } else { Slot::new(Ref::new(v)) };
    new_object(BuiltinFunction { header: crate::cast::fresh_header(), decl, this: slot(this), module: slot(module) })
}

/// A function of a native module.
pub fn new_module_function(decl: &'static NativeDecl, module: &str) -> Ref {
    let module = crate::str::intern(module);
    new_builtin(decl, Value::MISSING, module.v())
}

/// The declaration behind a builtin function.
pub fn native_decl(v: Value) -> Option<&'static NativeDecl> {
    crate::cast::get::<BuiltinFunction>(v).map(|b| b.decl)
}

fn builtin_repr(v: Value) -> R<Ref> {
    let b = crate::cast::get_unchecked::<BuiltinFunction>(v);
    let this = b.this.get();
    Ok(crate::str::from_str(&if this.is_missing() {
        format!("<built-in function {}>", b.decl.name)
    } else {
        format!(
            "<built-in method {} of {} object at {:#x}>",
            b.decl.name,
            type_of(this).name(),
            crate::object::identity(this)
        )
    }))
}

fn builtin_hash(v: Value) -> R<i64> {
    let b = crate::cast::get_unchecked::<BuiltinFunction>(v);
    let h = b.decl as *const NativeDecl as i64 >> 4;
    Ok(if b.this.is_empty() { h } else { h ^ crate::object::identity_hash(b.this.get()) })
}

fn builtin_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    let (Some(x), Some(y)) = (crate::cast::get::<BuiltinFunction>(a), crate::cast::get::<BuiltinFunction>(b)) else {
        return Ok(Ref::not_implemented());
    };
    let same = std::ptr::eq(x.decl, y.decl) && x.this.get() == y.this.get();
    match op {
        CompareOp::Eq => Ok(Ref::bool(same)),
        CompareOp::Ne => Ok(Ref::bool(!same)),
        _ => Ok(Ref::not_implemented()),
    }
}

#[native_class(decl = BUILTIN_DECL)]
impl BuiltinFunction {
    #[getter]
    fn __name__(&self) -> R {
        Ok(crate::str::intern(self.decl.name))
    }
    #[getter]
    fn __qualname__(&self) -> R {
        let this = self.this.get();
        if this.is_missing() {
            return Ok(crate::str::intern(self.decl.name));
        }
        let class = crate::type_object::as_type(this).unwrap_or_else(|| type_of(this));
        Ok(crate::str::from_str(&format!("{}.{}", crate::type_object::qualname_of(class), self.decl.name)))
    }
    #[getter]
    fn __module__(&self) -> R {
        Ok(or_none(self.module.get()))
    }
    #[getter]
    fn __self__(&self) -> R {
        if self.decl.kind == crate::native::FnKind::StaticMethod && self.decl.name != "__new__" {
            return Ok(Ref::none());
        }
        if !self.this.is_empty() {
            return Ok(Ref::new(self.this.get()));
        }
        if self.module.is_empty() {
            return Ok(Ref::none());
        }
        Ok(crate::dict::get(crate::import::sys_modules(), self.module.get())?.unwrap_or_else(Ref::none))
    }
    #[getter]
    fn __doc__(&self) -> R {
        crate::descriptors::doc_text(self.decl.doc)
    }
    #[getter]
    fn __text_signature__(&self) -> R {
        let owner = match self.this.get() {
            v if v.is_missing() => String::new(),
            v => format!("{}.", crate::type_object::as_type(v).unwrap_or_else(|| type_of(v)).static_name),
        };
        let other = crate::signatures::of(&format!("{owner}{}", self.decl.name));
        crate::descriptors::doc_text(other.unwrap_or(self.decl.signature))
    }
    #[native]
    fn __reduce__(&self) -> R {
        if self.this.is_empty() {
            return Ok(crate::str::intern(self.decl.name));
        }
        let name = crate::str::intern(self.decl.name);
        crate::descriptors::reduce_getattr(self.this.get(), name.v())
    }
}

// ---------------------------------------------------------------- cells

/// A closure cell with its destructor.
#[repr(transparent)]
pub struct CellBody(pub CellObject);

/// `cell`.
pub static CELL: Type = Type::builtin::<CellBody>(
    "cell",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    Slots { repr: Some(cell_repr), compare: Some(cell_compare), new: Some(cell_new), ..Slots::NONE },
    Some(&CELL_DECL),
)
.visited::<CellBody>()
.dealloc_by(crate::type_object::dealloc_as::<CellBody>);
object_type!(CellBody, CELL);

impl Drop for CellBody {
    fn drop(&mut self) {
        drop(Ref::from_owned(self.0.value.get()));
    }
}

impl Visit for CellBody {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.value(self.0.value.get());
    }
    fn clear(&self) {
        drop(Ref::from_owned(self.0.value.replace(Value::MISSING)));
    }
}

/// A cell that holds `content` (or MISSING).
pub fn new_cell(content: Value) -> Ref {
    new_object(CellBody(CellObject { header: crate::cast::fresh_header(), value: Cell::new(Ref::new(content).into_raw()) }))
}

fn cell_new(_class: &'static Type, args: &Args) -> R<Ref> {
    args.no_keywords("cell")?;
    match args.pos() {
        [] => Ok(new_cell(Value::MISSING)),
        [v] => Ok(new_cell(*v)),
        more => Err(type_error(format!("cell expected at most 1 argument, got {}", more.len()))),
    }
}

fn cell_repr(v: Value) -> R<Ref> {
    let content = crate::cast::get_unchecked::<CellBody>(v).0.value.get();
    Ok(crate::str::from_str(&if content.is_missing() {
        format!("<cell at {:#x}: empty>", v.address())
    } else {
        format!("<cell at {:#x}: {} object at {:#x}>", v.address(), display_name(content), crate::object::identity(content))
    }))
}

fn cell_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    let (Some(x), Some(y)) = (crate::cast::get::<CellBody>(a), crate::cast::get::<CellBody>(b)) else {
        return Ok(Ref::not_implemented());
    };
    let (x, y) = (x.0.value.get(), y.0.value.get());
    match (x.is_missing(), y.is_missing()) {
        (false, false) => crate::ops::compare(x, y, op),
        (no_x, no_y) => Ok(Ref::bool(op.holds((!no_x).cmp(&!no_y)))),
    }
}

#[native_class(decl = CELL_DECL, doc = "Create a new cell object.")]
impl CellBody {
    #[getter]
    fn cell_contents(&self) -> R {
        let v = self.0.value.get();
        if v.is_missing() { Err(value_error("cell is empty")) } else { Ok(Ref::new(v)) }
    }
    #[setter]
    fn set_cell_contents(&self, value: Value) -> R<()> {
        drop(Ref::from_owned(self.0.value.replace(Ref::new(value).into_raw())));
        Ok(())
    }
}
