//! `object`: what every object can do.

use crate::dunder::{D, name};
use crate::prelude::*;
use crate::type_object::{as_type, display_name, full_name, lookup, mro};

/// A header only.
#[repr(C)]
pub struct PlainObject {
    header: Header,
}

/// `object`.
pub static OBJECT: Type = Type::builtin::<PlainObject>(
    "object",
    "builtins",
    None,
    type_flags::BASE,
    Slots {
        repr: Some(default_repr),
        str: Some(object_str),
        hash: Some(object_hash),
        compare: Some(object_compare),
        getattr: Some(crate::attr::generic_get),
        setattr: Some(crate::attr::generic_set),
        new: Some(object_new),
        init: Some(object_init),
        ..Slots::NONE
    },
    Some(&OBJECT_DECL),
);
object_type!(PlainObject, OBJECT);

/// `object()`.
pub fn new_plain() -> Ref {
    new_object(PlainObject { header: crate::cast::fresh_header() })
}

/// What `id()` shows: the address, or the word of an immediate value.
pub fn identity(v: Value) -> usize {
    if v.is_pointer() { v.address() } else { v.0 as usize }
}

/// The hash of an object by identity.
pub fn identity_hash(v: Value) -> i64 {
    let h = identity(v).rotate_right(4) as i64;
    if h == -1 { -2 } else { h }
}

/// `<module.qualname object at 0x…>`.
pub fn default_repr(v: Value) -> R<Ref> {
    Ok(crate::str::from_str(&format!("<{} object at {:#x}>", crate::type_object::repr_name(type_of(v)), identity(v))))
}

fn object_str(v: Value) -> R<Ref> {
    match type_of(v).slots().repr {
        Some(f) => f(v),
        None => default_repr(v),
    }
}

fn object_hash(v: Value) -> R<i64> {
    Ok(identity_hash(v))
}

fn object_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    match op {
        CompareOp::Eq => Ok(if a == b { Ref::bool(true) } else { Ref::not_implemented() }),
        CompareOp::Ne => {
            let Some(f) = type_of(a).slots().compare else { return Ok(Ref::not_implemented()) };
            let result = f(a, b, CompareOp::Eq)?;
            if result.v() == Value::NOT_IMPLEMENTED {
                return Ok(result);
            }
            Ok(Ref::bool(!crate::ops::truth(result.v())?))
        }
        _ => Ok(Ref::not_implemented()),
    }
}

fn is_new(t: &'static Type) -> bool {
    t.slots().new.is_some_and(|f| f as usize == object_new as *const () as usize)
}

fn is_init(t: &'static Type) -> bool {
    t.slots().init.is_some_and(|f| f as usize == object_init as *const () as usize)
}

/// `object.__new__`.
pub fn object_new(class: &'static Type, args: &Args) -> R<Ref> {
    if !args.values().is_empty() {
        if !is_new(class) {
            return Err(type_error("object.__new__() takes exactly one argument (the type to instantiate)"));
        }
        if is_init(class) {
            return Err(type_error(format!("{}() takes no arguments", full_name(class))));
        }
    }
    if class.has(type_flags::ABSTRACT) {
        return Err(abstract_error(class));
    }
    crate::type_object::new_plain_instance(class)
}

#[cold]
fn abstract_error(class: &'static Type) -> Raised {
    let names = (|| -> R<Vec<String>> {
        let methods = crate::ops::getattr(class.v(), name(D::AbstractMethods))?;
        let mut names: Vec<String> = crate::ops::collect_to_vec(methods.v())?.iter().map(|m| crate::str::to_rust(m.v())).collect();
        names.sort();
        Ok(names)
    })();
    match names {
        Ok(names) => type_error(format!(
            "Can't instantiate abstract class {} without an implementation for abstract method{} '{}'",
            class.name(),
            if names.len() > 1 { "s" } else { "" },
            names.join("', '")
        )),
        Err(raised) => raised,
    }
}

/// `object.__init__`.
pub fn object_init(this: Value, args: &Args) -> R<()> {
    if args.values().is_empty() {
        return Ok(());
    }
    let class = type_of(this);
    if !is_init(class) {
        return Err(type_error("object.__init__() takes exactly one argument (the instance to initialize)"));
    }
    if is_new(class) {
        return Err(type_error(format!("{}.__init__() takes exactly one argument (the instance to initialize)", full_name(class))));
    }
    Ok(())
}

// ---------------------------------------------------------------- __class__ assignment

fn slot_names(t: &'static Type) -> Vec<String> {
    let mut all = Vec::new();
    let mut at = Some(t);
    while let Some(c) = at {
        if c.has(type_flags::HEAP)
            && let Some(names) = crate::tuple::items(c.extra.get())
        {
            let mut names: Vec<String> = names.iter().map(|&n| crate::str::to_rust(n)).collect();
            names.sort();
            all.push(names);
        }
        at = c.base.get();
    }
    all.retain(|n| !n.is_empty());
    all.concat()
}

/// Whether instances of one type can become instances of the other.
pub fn same_layout(a: &'static Type, b: &'static Type) -> bool {
    let native = |t: &'static Type| t.native.get().unwrap_or(t);
    std::ptr::eq(native(a), native(b))
        && a.added_size.get() == b.added_size.get()
        && a.prefix.dict_offset.get() == b.prefix.dict_offset.get()
        && a.added_dict.get() == b.added_dict.get()
        && a.has(type_flags::WEAKREFABLE) == b.has(type_flags::WEAKREFABLE)
        && slot_names(a) == slot_names(b)
}

fn set_class(this: Value, value: Value) -> R<()> {
    if value.is_missing() {
        return Err(type_error("can't delete __class__ attribute"));
    }
    let Some(to) = as_type(value) else {
        return Err(type_error(format!("__class__ must be set to a class, not '{}' object", display_name(value))));
    };
    let from = type_of(this);
    let module = &crate::module::MODULE;
    let modules = from.is_subtype(module) && to.is_subtype(module);
    if !modules && (!from.has(type_flags::HEAP) || !to.has(type_flags::HEAP)) {
        return Err(type_error("__class__ assignment only supported for mutable types or ModuleType subclasses"));
    }
    if std::ptr::eq(from, to) {
        return Ok(());
    }
    if !same_layout(from, to) && !modules {
        return Err(type_error(format!("__class__ assignment: '{}' object layout differs from '{}'", full_name(to), full_name(from))));
    }
    if let Some(d) = crate::shape::of(this) {
        crate::shape::reshape(this, d, to);
    }
    let new = Ref::new(to.v());
    // SAFETY: `this` is a live object; its layout fits the new type.
    unsafe { (*(this.address() as *const Header)).ty.set(&to.prefix) };
    std::mem::forget(new);
    if from.has(type_flags::HEAP) {
        dxpyc_heap::owned::decref(from.v());
    }
    Ok(())
}

// ---------------------------------------------------------------- copying and pickling

fn copyreg(function: &str) -> R<Ref> {
    let module = crate::import::import_module("copyreg")?;
    crate::ops::getattr_str(module.v(), function)
}

/// `object.__getstate__`.
fn state(this: Value, required: bool) -> R<Ref> {
    let class = type_of(this);
    let native = class.native.get().unwrap_or(class);
    if required && (native.var_size().is_some() || native.basic_size.get() > size_of::<Header>()) {
        return Err(type_error(format!("cannot pickle '{}' object", display_name(this))));
    }
    let dict = match crate::ops::getattr_opt_value(this, name(D::Dict))? {
        Some(d) => d,
        None => Ref::none(),
    };
    let state = if crate::dict::is_dict(dict.v()) { crate::dict::copy(dict.v()) } else { Ref::none() };
    // `__slotnames__`, computed by copyreg where the class has members.
    if class.added_size.get() == 0 || slot_names(class).is_empty() {
        return Ok(if crate::dict::is_dict(state.v()) && crate::dict::len(state.v()) == 0 && dict.v().is_none() { Ref::none() } else { state });
    }
    let names = match crate::dict::get_str(crate::type_object::ensure_dict(class), name(D::SlotNames)) {
        Some(n) => Ref::new(n),
        None => crate::call::call1(copyreg("_slotnames")?.v(), class.v())?,
    };
    if names.v().is_none() {
        return Ok(state);
    }
    let slots = crate::dict::new();
    for n in crate::ops::collect_to_vec(names.v())? {
        if let Some(v) = crate::ops::getattr_opt_value(this, n.v())? {
            crate::dict::set(slots.v(), n.v(), v.v())?;
        }
    }
    if crate::dict::len(slots.v()) == 0 {
        return Ok(state);
    }
    Ok(crate::tuple::from_slice(&[state.v(), slots.v()]))
}

fn reduce_2(this: Value) -> R<Ref> {
    let class = type_of(this);
    if class.slots().new.is_none() {
        return Err(type_error(format!("cannot pickle '{}' object", display_name(this))));
    }
    let mut new_args: Option<Ref> = None;
    let mut kwargs: Option<Ref> = None;
    if let Some(f) = crate::ops::getattr_opt_value(this, name(D::GetNewArgsEx))? {
        let both = crate::call::call0(f.v())?;
        let Some(items) = crate::tuple::items(both.v()) else {
            return Err(type_error(format!("__getnewargs_ex__ should return a tuple, not '{}'", display_name(both.v()))));
        };
        let [a, k] = items else {
            return Err(value_error(format!("__getnewargs_ex__ should return a tuple of length 2, not {}", items.len())));
        };
        if crate::tuple::items(*a).is_none() {
            return Err(type_error(format!("first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'", display_name(*a))));
        }
        if !crate::dict::is_dict(*k) {
            return Err(type_error(format!("second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'", display_name(*k))));
        }
        new_args = Some(Ref::new(*a));
        kwargs = Some(Ref::new(*k));
    } else if let Some(f) = crate::ops::getattr_opt_value(this, name(D::GetNewArgs))? {
        let args = crate::call::call0(f.v())?;
        if crate::tuple::items(args.v()).is_none() {
            return Err(type_error(format!("__getnewargs__ should return a tuple, not '{}'", display_name(args.v()))));
        }
        new_args = Some(args);
    }
    let has_args = new_args.is_some();
    let arg_items: Vec<Value> = new_args.as_ref().and_then(|a| crate::tuple::items(a.v())).unwrap_or(&[]).to_vec();
    let with_kwargs = kwargs.as_ref().is_some_and(|k| crate::dict::len(k.v()) > 0);
    let (function, args) = if with_kwargs {
        let tuple = crate::tuple::from_slice(&arg_items);
        let kw = kwargs.unwrap_or_else(crate::dict::new);
        (copyreg("__newobj_ex__")?, crate::tuple::from_slice(&[class.v(), tuple.v(), kw.v()]))
    } else {
        let mut all = vec![class.v()];
        all.extend_from_slice(&arg_items);
        (copyreg("__newobj__")?, crate::tuple::from_slice(&all))
    };
    let is_list = class.has(type_flags::LIST);
    let is_dict = class.has(type_flags::DICT);
    let state = get_state(this, !has_args && !is_list && !is_dict)?;
    let list_items = if is_list { crate::ops::iter(this)? } else { Ref::none() };
    let dict_items = if is_dict {
        let items = crate::call::call_method(this, "items", &[])?;
        crate::ops::iter(items.v())?
    } else {
        Ref::none()
    };
    Ok(crate::tuple::from_slice(&[function.v(), args.v(), state.v(), list_items.v(), dict_items.v()]))
}

fn get_state(this: Value, required: bool) -> R<Ref> {
    let found = lookup(type_of(this), name(D::GetState));
    if found.is_some() && found == lookup(&OBJECT, name(D::GetState)) {
        return state(this, required);
    }
    crate::call::call_method_value(this, name(D::GetState), &[])
}

fn reduce(this: Value, protocol: i64) -> R<Ref> {
    if protocol >= 2 {
        return reduce_2(this);
    }
    crate::call::call2(copyreg("_reduce_ex")?.v(), this, Value::from_small_int(protocol))
}

// ---------------------------------------------------------------- dir

/// Adds the attribute names of a class and its bases to `names`.
pub fn merge_class_names(names: Value, class: Value) -> R<()> {
    if let Some(t) = as_type(class) {
        for &c in mro(t) {
            if let Some(c) = as_type(c) {
                crate::dict::merge(names, crate::type_object::ensure_dict(c), true)?;
            }
        }
        return Ok(());
    }
    if let Some(d) = crate::ops::getattr_opt_value(class, name(D::Dict))?
        && crate::dict::is_dict(d.v())
    {
        crate::dict::merge(names, d.v(), true)?;
    }
    if let Some(bases) = crate::ops::getattr_opt_value(class, name(D::Bases))? {
        for b in crate::tuple::items(bases.v()).unwrap_or(&[]) {
            merge_class_names(names, *b)?;
        }
    }
    Ok(())
}

/// A list of a dict's keys.
pub fn key_list(dict: Value) -> Ref {
    let mut keys = Vec::new();
    let mut pos = 0;
    while let Some((k, _)) = crate::dict::next_entry(dict, &mut pos) {
        keys.push(Ref::new(k));
    }
    crate::list::from_refs(keys)
}

struct ObjectMethods;

#[native_class(decl = OBJECT_DECL, doc = "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no instance attributes and cannot be given any.\n")]
impl ObjectMethods {
    #[getter]
    fn __class__(this: Value) -> R {
        Ok(Ref::new(type_of(this).v()))
    }
    #[setter]
    fn set___class__(this: Value, value: Value) -> R<()> {
        set_class(this, value)
    }
    /// Helper for pickle.
    #[native]
    fn __reduce__(this: Value) -> R {
        reduce(this, 0)
    }
    /// Helper for pickle.
    #[native]
    fn __reduce_ex__(this: Value, protocol: i64) -> R {
        let own = lookup(type_of(this), name(D::Reduce));
        if own.is_some() && own != lookup(&OBJECT, name(D::Reduce)) {
            return crate::call::call_method_value(this, name(D::Reduce), &[]);
        }
        reduce(this, protocol)
    }
    /// Helper for pickle.
    #[native]
    fn __getstate__(this: Value) -> R {
        state(this, false)
    }
    /// Default dir() implementation.
    #[native]
    fn __dir__(this: Value) -> R {
        let names = crate::dict::new();
        if let Some(d) = crate::ops::getattr_opt_value(this, name(D::Dict))?
            && crate::dict::is_dict(d.v())
        {
            crate::dict::merge(names.v(), d.v(), true)?;
        }
        if let Some(class) = crate::ops::getattr_opt_value(this, name(D::Class))? {
            merge_class_names(names.v(), class.v())?;
        }
        Ok(key_list(names.v()))
    }
    /// Default object formatter.
    ///
    /// Return str(self) if format_spec is empty. Raise TypeError otherwise.
    #[native]
    fn __format__(this: Value, format_spec: Value) -> R {
        if !crate::str::is_str(format_spec) {
            return Err(type_error(format!("__format__() argument must be str, not {}", display_name(format_spec))));
        }
        if crate::str::view(format_spec).len() > 0 {
            return Err(type_error(format!("unsupported format string passed to {}.__format__", display_name(this))));
        }
        crate::ops::str(this)
    }
    /// Size of object in memory, in bytes.
    #[native]
    fn __sizeof__(this: Value) -> i64 {
        let class = type_of(this);
        let native = class.native.get().unwrap_or(class);
        let body = match native.var_size() {
            // SAFETY: a live instance of the native type.
            Some(f) if this.is_pointer() => unsafe { f(this.address() as *const Header) },
            _ => native.basic_size.get(),
        };
        (body + class.added_size.get() as usize) as i64
    }
    /// This method is called when a class is subclassed.
    ///
    /// The default implementation does nothing. It may be
    /// overridden to extend subclasses.
    #[classmethod(raw, name = "__init_subclass__")]
    fn init_subclass(class: Value, args: &Args) -> R {
        let shown = as_type(class).map_or(String::new(), |t| t.name());
        if args.has_kw() {
            return Err(type_error(format!("{shown}.__init_subclass__() takes no keyword arguments")));
        }
        if !args.pos().is_empty() {
            return Err(type_error(format!("{shown}.__init_subclass__() takes no arguments ({} given)", args.pos().len())));
        }
        Ok(Ref::none())
    }
    /// Abstract classes can override this to customize issubclass().
    ///
    /// This is invoked early on by abc.ABCMeta.__subclasscheck__().
    /// It should return True, False or NotImplemented.  If it returns
    /// NotImplemented, the normal algorithm is used.  Otherwise, it
    /// overrides the normal algorithm (and the outcome is cached).
    #[classmethod(raw, name = "__subclasshook__")]
    fn subclass_hook(_class: Value, _args: &Args) -> R {
        Ok(Ref::not_implemented())
    }
}
