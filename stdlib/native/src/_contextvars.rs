//! `_contextvars`: variables whose values belong to a context.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, cast, dict, generic_alias, ops, str};

/// A context: values of variables.
#[repr(C)]
pub struct ContextObject {
    header: Header,
    /// A dict of this context's own.
    values: Slot,
    entered: Cell<bool>,
}

/// A variable.
#[repr(C)]
pub struct ContextVar {
    header: Header,
    name: Slot,
    default: Slot,
}

/// What `ContextVar.set` returns.
#[repr(C)]
pub struct Token {
    header: Header,
    context: Slot,
    variable: Slot,
    /// Empty: the variable had no value.
    old: Slot,
    used: Cell<bool>,
}

/// `Token.MISSING`.
#[repr(C)]
pub struct Missing {
    header: Header,
}

macro_rules! visit {
    ($class:ty; $($slot:ident)*) => {
        impl Visit for $class {
            fn visit(&self, v: &mut Visitor<'_>) {
                $(v.slot(&self.$slot);)*
            }
            fn clear(&self) {
                $(drop(self.$slot.take());)*
            }
        }
    };
}
visit!(ContextObject; values);
visit!(ContextVar; name default);
visit!(Token; context variable old);

object_type!(ContextObject, CONTEXT);
object_type!(ContextVar, CONTEXT_VAR);
object_type!(Token, TOKEN);
object_type!(Missing, MISSING_TYPE);

/// `_contextvars.Context`.
pub static CONTEXT: Type = Type::builtin::<ContextObject>(
    "Context",
    "_contextvars",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::WEAKREFABLE | type_flags::MAPPING,
    Slots { new: Some(new_context), compare: Some(compare), iter: Some(iter), len: Some(len), getitem: Some(getitem), contains: Some(contains), ..Slots::NONE },
    Some(&CONTEXTOBJECT_DECL),
)
.visited::<ContextObject>();

/// `_contextvars.ContextVar`.
pub static CONTEXT_VAR: Type = Type::builtin::<ContextVar>(
    "ContextVar",
    "_contextvars",
    Some(&dxpyc_objects::object::OBJECT),
    0,
    Slots { new: Some(new_variable), repr: Some(variable_repr), ..Slots::NONE },
    Some(&CONTEXTVAR_DECL),
)
.visited::<ContextVar>();

/// `_contextvars.Token`.
pub static TOKEN: Type = Type::builtin::<Token>(
    "Token",
    "_contextvars",
    Some(&dxpyc_objects::object::OBJECT),
    0,
    Slots { new: Some(|_, _| Err(runtime_error("Tokens can only be created by ContextVars"))), repr: Some(token_repr), ..Slots::NONE },
    Some(&TOKEN_DECL),
)
.visited::<Token>();

/// Type of `Token.MISSING`.
pub static MISSING_TYPE: Type = Type::builtin::<Missing>(
    "Token.MISSING",
    "builtins",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::NO_NEW,
    Slots { repr: Some(|_| Ok(str::from_str("<Token.MISSING>"))), ..Slots::NONE },
    Some(&MISSING_DECL),
);

#[native_class(doc = "")]
impl Missing {}

struct Global(Slot);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Global {}

/// The running context of each thread.
struct Contexts(std::cell::RefCell<Vec<(u64, Ref)>>);
// SAFETY: used by the thread that holds the baton.
unsafe impl Sync for Contexts {}
static CURRENT: Contexts = Contexts(std::cell::RefCell::new(Vec::new()));
static MISSING_OBJECT: Global = Global(Slot::empty());

fn missing() -> Ref {
    if MISSING_OBJECT.0.is_empty() {
        MISSING_OBJECT.0.set(new_object(Missing { header: cast::fresh_header() }));
    }
    Ref::new(MISSING_OBJECT.0.get())
}

fn make_context(values: Ref) -> Ref {
    new_object(ContextObject { header: cast::fresh_header(), values: Slot::new(values), entered: Cell::new(false) })
}

/// The context that runs.
pub fn current() -> Ref {
    let thread = dxpyc_objects::state::state().thread.get();
    if let Some((_, context)) = CURRENT.0.borrow().iter().find(|(t, _)| *t == thread) {
        return context.clone();
    }
    let context = make_context(dict::new());
    cast::get_unchecked::<ContextObject>(context.v()).entered.set(true);
    set_current(context.clone());
    context
}

fn set_current(context: Ref) {
    let thread = dxpyc_objects::state::state().thread.get();
    let mut all = CURRENT.0.borrow_mut();
    let old = match all.iter_mut().find(|(t, _)| *t == thread) {
        Some((_, slot)) => Some(std::mem::replace(slot, context)),
        None => {
            all.push((thread, context));
            None
        }
    };
    drop(all);
    drop(old);
}

fn values_of(context: Value) -> Value {
    cast::get_unchecked::<ContextObject>(context).values.get()
}

fn new_context(_: &'static Type, args: &Args) -> R<Ref> {
    if !args.values().is_empty() {
        return Err(type_error("Context() does not accept any arguments"));
    }
    Ok(make_context(dict::new()))
}

fn check_key(key: Value) -> R<()> {
    match cast::get::<ContextVar>(key) {
        Some(_) => Ok(()),
        None => {
            let shown = ops::repr(key)?;
            Err(type_error(format!("a ContextVar key was expected, got {}", str::to_rust(shown.v()))))
        }
    }
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) || cast::get::<ContextObject>(b).is_none() {
        return Ok(Ref::not_implemented());
    }
    ops::compare(values_of(a), values_of(b), op)
}

fn iter(v: Value) -> R<Ref> {
    let keys = dict::copy(values_of(v));
    ops::iter(keys.v())
}

fn len(v: Value) -> R<usize> {
    Ok(dict::len(values_of(v)))
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    check_key(key)?;
    dict::get(values_of(v), key)?.ok_or_else(|| key_error(key))
}

fn contains(v: Value, key: Value) -> R<bool> {
    check_key(key)?;
    dict::contains(values_of(v), key)
}

fn view(v: Value, method: &str) -> R<Ref> {
    let values = dict::copy(values_of(v));
    let view = call::call_method(values.v(), method, &[])?;
    ops::iter(view.v())
}

#[native_class(doc = "")]
impl ContextObject {
    /// Run a callable in this context.
    #[native(raw)]
    fn run(v: Value, args: &Args) -> R<Ref> {
        let Some((callable, rest)) = args.split_first() else {
            return Err(type_error("run() missing 1 required positional argument"));
        };
        let this = cast::get_unchecked::<ContextObject>(v);
        if this.entered.get() {
            let shown = ops::repr(v)?;
            return Err(runtime_error(format!("cannot enter context: {} is already entered", str::to_rust(shown.v()))));
        }
        let previous = current();
        this.entered.set(true);
        set_current(Ref::new(v));
        let result = call::call(callable, &rest);
        set_current(previous);
        this.entered.set(false);
        result
    }
    /// Return a shallow copy of the context object.
    #[native]
    fn copy(v: Value) -> Ref {
        make_context(dict::copy(values_of(v)))
    }
    /// Return the value for `key` if `key` has the value in the context object.
    #[native("($self, key, default=None, /)")]
    fn get(v: Value, key: Value, default: Value) -> R<Ref> {
        check_key(key)?;
        Ok(dict::get(values_of(v), key)?.unwrap_or_else(|| Ref::new(default)))
    }
    /// Return all variables in the context object.
    #[native]
    fn keys(v: Value) -> R<Ref> {
        view(v, "keys")
    }
    /// Return a list of all variables' values in the context object.
    #[native]
    fn values(v: Value) -> R<Ref> {
        view(v, "values")
    }
    /// Return all variables and their values in the context object.
    #[native]
    fn items(v: Value) -> R<Ref> {
        view(v, "items")
    }
}

fn new_variable(_: &'static Type, args: &Args) -> R<Ref> {
    let given = args.pos().len();
    if given > 1 {
        return Err(type_error(format!("ContextVar() takes at most 1 positional argument ({given} given)")));
    }
    let (mut name, mut default) = (args.pos().first().copied(), Slot::empty());
    for (key, value) in args.kw() {
        let key = str::view(key);
        if key.is("default") {
            default = Slot::new(Ref::new(value));
        } else if key.is("name") && name.is_none() {
            name = Some(value);
        } else {
            return Err(type_error(format!("ContextVar() got an unexpected keyword argument '{}'", key.to_rust())));
        }
    }
    let Some(name) = name else {
        return Err(type_error("ContextVar() takes exactly 1 positional argument (0 given)"));
    };
    if !str::is_str(name) {
        return Err(type_error("context variable name must be a str"));
    }
    Ok(new_object(ContextVar { header: cast::fresh_header(), name: Slot::new(Ref::new(name)), default }))
}

fn variable_repr(v: Value) -> R<Ref> {
    let this = cast::get_unchecked::<ContextVar>(v);
    let mut out = str::Builder::new();
    out.push_str("<ContextVar name=");
    out.push_value(ops::repr(this.name.get())?.v());
    if let Some(default) = this.default.cloned() {
        out.push_str(" default=");
        out.push_value(ops::repr(default.v())?.v());
    }
    out.push_str(&format!(" at {:#x}>", v.address()));
    Ok(out.finish())
}

fn set(v: Value, value: Value) -> R<Ref> {
    let context = current();
    let values = values_of(context.v());
    let old = dict::get(values, v)?;
    dict::set(values, v, value)?;
    Ok(new_object(Token {
        header: cast::fresh_header(),
        context: Slot::new(context),
        variable: Slot::new(Ref::new(v)),
        old: old.map_or_else(Slot::empty, Slot::new),
        used: Cell::new(false),
    }))
}

fn reset(v: Value, token: Value) -> R<()> {
    let t = cast::get_unchecked::<Token>(token);
    let shown = || ops::repr(token).map(|r| str::to_rust(r.v()));
    if t.used.get() {
        return Err(runtime_error(format!("{} has already been used once", shown()?)));
    }
    if t.variable.get() != v {
        return Err(value_error(format!("{} was created by a different ContextVar", shown()?)));
    }
    let context = current();
    if t.context.get() != context.v() {
        return Err(value_error(format!("{} was created in a different Context", shown()?)));
    }
    t.used.set(true);
    let values = values_of(context.v());
    match t.old.cloned() {
        Some(old) => dict::set_owned(values, v, old),
        None => dict::delete(values, v).map(drop),
    }
}

#[native_class(doc = "")]
impl ContextVar {
    /// Return a value for the context variable for the current context.
    #[native]
    fn get(v: Value, default: Option<Value>) -> R<Ref> {
        let context = current();
        if let Some(found) = dict::get(values_of(context.v()), v)? {
            return Ok(found);
        }
        if let Some(default) = default {
            return Ok(Ref::new(default));
        }
        match cast::get_unchecked::<ContextVar>(v).default.cloned() {
            Some(default) => Ok(default),
            None => Err(raise_instance(dxpyc_objects::exceptions::new_with_arg(&dxpyc_objects::exceptions::LOOKUP_ERROR, v))),
        }
    }
    /// Call to set a new value for the context variable in the current context.
    #[native("($self, value, /)")]
    fn set(v: Value, value: Value) -> R<Ref> {
        set(v, value)
    }
    /// Reset the context variable.
    #[native("($self, token, /)")]
    fn reset(v: Value, token: Value) -> R<()> {
        if cast::get::<Token>(token).is_none() {
            let shown = ops::repr(token)?;
            return Err(type_error(format!("expected an instance of Token, got {}", str::to_rust(shown.v()))));
        }
        reset(v, token)
    }
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: Value, item: Value) -> R<Ref> {
        generic_alias::new(class, item)
    }
    #[getter]
    fn name(&self) -> R<Ref> {
        Ok(self.name.cloned().unwrap_or(Ref::none()))
    }
}

fn token_repr(v: Value) -> R<Ref> {
    let this = cast::get_unchecked::<Token>(v);
    let mut out = str::Builder::new();
    out.push_str(if this.used.get() { "<Token used var=" } else { "<Token var=" });
    out.push_value(ops::repr(this.variable.get())?.v());
    out.push_str(&format!(" at {:#x}>", v.address()));
    Ok(out.finish())
}

#[native_class(doc = "", init = add_missing)]
impl Token {
    #[native(name = "__enter__")]
    fn enter(v: Value) -> Ref {
        Ref::new(v)
    }
    #[native("($self, type, val, tb, /)", name = "__exit__")]
    fn exit(v: Value, _kind: Value, _value: Value, _traceback: Value) -> R<()> {
        let variable = cast::get_unchecked::<Token>(v).variable.cloned().unwrap_or(Ref::none());
        reset(variable.v(), v)
    }
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: Value, item: Value) -> R<Ref> {
        generic_alias::new(class, item)
    }
    #[getter]
    fn var(&self) -> R<Ref> {
        Ok(self.variable.cloned().unwrap_or(Ref::none()))
    }
    #[getter]
    fn old_value(&self) -> R<Ref> {
        Ok(self.old.cloned().unwrap_or_else(missing))
    }
}

fn add_missing(class: &'static Type) {
    dxpyc_objects::type_object::set_dict(class, "MISSING", missing());
}

fn init(module: Value) -> R<()> {
    for class in [&CONTEXT, &CONTEXT_VAR, &TOKEN] {
        dict::set_str(module, class.static_name, Ref::new(class.v()));
    }
    Ok(())
}

/// Context Variables
#[native_module(name = "_contextvars", init = super::init)]
pub mod module {
    use super::*;

    /// The current context's values, copied.
    #[native]
    fn copy_context() -> Ref {
        let context = current();
        make_context(dict::copy(values_of(context.v())))
    }
}

