//! `type`: the slots, attributes and methods of classes.

use crate::dunder::{D, name};
use crate::prelude::*;
use crate::type_object::{
    as_type, display_name, ensure_dict, full_name, lookup, name_of, repr_name, subclasses, type_modified,
};

/// `type`.
pub static TYPE: Type = Type::builtin::<Type>(
    "type",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::BASE | type_flags::TYPE | type_flags::WEAKREFABLE,
    Slots {
        repr: Some(type_repr),
        call: Some(crate::call::type_call),
        getattr: Some(type_getattr),
        setattr: Some(type_setattr),
        new: Some(crate::type_new::type_new),
        init: Some(type_init),
        or: Some(crate::union_type::or),
        ..Slots::NONE
    },
    Some(&TYPE_DECL),
)
.visited::<Type>();

fn ty(v: Value) -> &'static Type {
    as_type(v).expect("a type")
}

fn type_repr(v: Value) -> R<Ref> {
    Ok(crate::str::from_str(&format!("<class '{}'>", repr_name(ty(v)))))
}

fn type_init(_this: Value, args: &Args) -> R<()> {
    match args.pos().len() {
        1 if args.has_kw() => Err(type_error("type.__init__() takes no keyword arguments")),
        1 | 3 => Ok(()),
        _ => Err(type_error("type.__init__() takes 1 or 3 arguments")),
    }
}

/// `type.__getattribute__`; None when there is no such attribute.
pub fn type_getattr_opt(v: Value, attribute: Value) -> R<Option<Ref>> {
    let t = ty(v);
    let meta = type_of(v);
    let on_meta = lookup(meta, attribute).map(Ref::new);
    let mut meta_get = None;
    if let Some(d) = &on_meta {
        let slots = type_of(d.v()).slots();
        meta_get = slots.descr_get;
        if let Some(get) = meta_get
            && slots.descr_set.is_some()
        {
            return get(d.v(), v, meta.v()).map(Some);
        }
    }
    if let Some(found) = lookup(t, attribute) {
        let found = Ref::new(found);
        if is_exact(found.v(), &crate::function::FUNCTION) {
            return Ok(Some(found));
        }
        return match type_of(found.v()).slots().descr_get {
            Some(get) => get(found.v(), Value::MISSING, v).map(Some),
            None => Ok(Some(found)),
        };
    }
    match (on_meta, meta_get) {
        (Some(d), Some(get)) => get(d.v(), v, meta.v()).map(Some),
        (Some(d), None) => Ok(Some(d)),
        (None, _) => Ok(None),
    }
}

/// `type.__getattribute__`.
pub fn type_getattr(v: Value, attribute: Value) -> R<Ref> {
    crate::attr::check_name(attribute)?;
    match type_getattr_opt(v, attribute)? {
        Some(found) => Ok(found),
        None => Err(crate::attr::attribute_error(
            &format!("type object '{}' has no attribute '{}'", full_name(ty(v)), crate::str::to_rust(attribute)),
            v,
            attribute,
        )),
    }
}

/// `type.__setattr__` and `__delattr__`.
pub fn type_setattr(v: Value, attribute: Value, value: Value) -> R<()> {
    let t = ty(v);
    crate::attr::check_name(attribute)?;
    if t.has(type_flags::IMMUTABLE) {
        return Err(type_error(format!(
            "cannot set '{}' attribute of immutable type '{}'",
            crate::str::to_rust(attribute),
            full_name(t)
        )));
    }
    let attribute = crate::str::intern_value(attribute);
    let attribute = attribute.v();
    if let Some(d) = lookup(type_of(v), attribute)
        && let Some(set) = type_of(d).slots().descr_set
    {
        let d = Ref::new(d);
        set(d.v(), v, value)?;
        type_modified(t);
        return Ok(());
    }
    let dict = Ref::new(ensure_dict(t));
    if value.is_missing() {
        // The old value may be all that keeps the class's method alive while its caches still point there.
        let old = crate::dict::get_str(dict.v(), attribute).map(Ref::new);
        if old.is_none() {
            return Err(crate::attr::attribute_error(
                &format!("type object '{}' has no attribute '{}'", full_name(t), crate::str::to_rust(attribute)),
                v,
                attribute,
            ));
        }
        type_modified(t);
        crate::dict::delete(dict.v(), attribute)?;
        type_modified(t);
        crate::wrappers::attribute_changed(t, attribute);
        drop(old);
    } else {
        let old = crate::dict::get_str(dict.v(), attribute).map(Ref::new);
        crate::dict::set(dict.v(), attribute, value)?;
        type_modified(t);
        crate::wrappers::attribute_changed(t, attribute);
        drop(old);
    }
    Ok(())
}

/// A heap class whose attribute may be set.
fn mutable(v: Value, attribute: &str, value: Value) -> R<&'static Type> {
    let t = ty(v);
    if t.has(type_flags::IMMUTABLE) {
        return Err(type_error(format!("cannot set '{attribute}' attribute of immutable type '{}'", full_name(t))));
    }
    if value.is_missing() {
        return Err(type_error(format!("cannot delete '{attribute}' attribute of type '{}'", full_name(t))));
    }
    Ok(t)
}

fn in_dict(v: Value, d: D) -> Option<Ref> {
    crate::dict::get_str(ensure_dict(ty(v)), name(d)).map(Ref::new)
}

fn put(v: Value, d: D, value: Value) -> R<()> {
    let t = ty(v);
    let dict = Ref::new(ensure_dict(t));
    crate::dict::set(dict.v(), name(d), value)?;
    type_modified(t);
    Ok(())
}

/// Bits of CPython's `tp_flags` that programs look at.
fn flag_bits(t: &'static Type) -> i64 {
    let mut bits = 1i64 << 12 | 1 << 18;
    for (flag, bit) in [
        (type_flags::HEAP, 9),
        (type_flags::BASE, 10),
        (type_flags::IMMUTABLE, 8),
        (type_flags::NO_NEW, 7),
        (type_flags::GC, 14),
        (type_flags::ABSTRACT, 20),
        (type_flags::MATCH_SELF, 22),
        (type_flags::SEQUENCE, 5),
        (type_flags::MAPPING, 6),
        (type_flags::INT, 24),
        (type_flags::LIST, 25),
        (type_flags::TUPLE, 26),
        (type_flags::BYTES, 27),
        (type_flags::STR, 28),
        (type_flags::DICT, 29),
        (type_flags::EXCEPTION, 30),
        (type_flags::TYPE, 31),
    ] {
        if t.has(flag) {
            bits |= 1 << bit;
        }
    }
    bits
}

struct TypeMethods;

#[native_class(decl = TYPE_DECL, doc = "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type")]
impl TypeMethods {
    #[getter]
    fn __name__(this: Value) -> R {
        let t = ty(this);
        Ok(t.name_object.cloned().unwrap_or_else(|| crate::str::intern(t.static_name)))
    }
    #[setter]
    fn set___name__(this: Value, value: Value) -> R<()> {
        let t = mutable(this, "__name__", value)?;
        if !crate::str::is_str(value) {
            return Err(type_error(format!("can only assign string to {}.__name__, not '{}'", full_name(t), display_name(value))));
        }
        if crate::str::to_rust(value).contains('\0') {
            return Err(value_error("type name must not contain null characters"));
        }
        t.name_object.set(Ref::new(value));
        Ok(())
    }
    #[getter]
    fn __qualname__(this: Value) -> R {
        let t = ty(this);
        Ok(t.qualname_object.cloned().unwrap_or_else(|| crate::str::from_str(&name_of(t))))
    }
    #[setter]
    fn set___qualname__(this: Value, value: Value) -> R<()> {
        let t = mutable(this, "__qualname__", value)?;
        if !crate::str::is_str(value) {
            return Err(type_error(format!("can only assign string to {}.__qualname__, not '{}'", full_name(t), display_name(value))));
        }
        t.qualname_object.set(Ref::new(value));
        Ok(())
    }
    #[getter]
    fn __module__(this: Value) -> R {
        match crate::type_object::module_of(ty(this)) {
            Some(m) => Ok(m),
            None => Err(crate::attr::attribute_error("__module__", this, name(D::Module))),
        }
    }
    #[setter]
    fn set___module__(this: Value, value: Value) -> R<()> {
        mutable(this, "__module__", value)?;
        put(this, D::Module, value)
    }
    #[getter]
    fn __bases__(this: Value) -> R {
        ensure_dict(ty(this));
        Ok(ty(this).bases.cloned().unwrap_or_else(|| crate::tuple::from_slice(&[])))
    }
    #[setter]
    fn set___bases__(this: Value, value: Value) -> R<()> {
        let t = mutable(this, "__bases__", value)?;
        crate::wrappers::set_bases(t, value)
    }
    #[getter]
    fn __base__(this: Value) -> R {
        Ok(ty(this).base.get().map_or(Ref::none(), |b| Ref::new(b.v())))
    }
    #[getter]
    fn __mro__(this: Value) -> R {
        ensure_dict(ty(this));
        Ok(ty(this).mro.cloned().unwrap_or_else(Ref::none))
    }
    #[getter]
    fn __dict__(this: Value) -> R {
        Ok(crate::mapping_proxy::new(ensure_dict(ty(this))))
    }
    #[getter]
    fn __doc__(this: Value) -> R {
        let t = ty(this);
        if !t.has(type_flags::HEAP) {
            return Ok(match t.decl {
                Some(d) if !d.doc.is_empty() => crate::str::from_str(d.doc),
                _ => in_dict(this, D::Doc).filter(|d| crate::str::is_str(d.v())).unwrap_or_else(Ref::none),
            });
        }
        match in_dict(this, D::Doc) {
            None => Ok(Ref::none()),
            Some(d) => match type_of(d.v()).slots().descr_get {
                Some(get) => get(d.v(), Value::MISSING, this),
                None => Ok(d),
            },
        }
    }
    #[setter]
    fn set___doc__(this: Value, value: Value) -> R<()> {
        mutable(this, "__doc__", value)?;
        put(this, D::Doc, value)
    }
    #[getter]
    fn __text_signature__(this: Value) -> R {
        let class = ty(this);
        let is_builtin = !class.has(type_flags::HEAP) && class.static_module == "builtins";
        crate::descriptors::doc_text(if is_builtin { crate::signatures::of(class.static_name).unwrap_or("") } else { "" })
    }
    #[getter]
    fn __abstractmethods__(this: Value) -> R {
        match if std::ptr::eq(ty(this), &TYPE) { None } else { in_dict(this, D::AbstractMethods) } {
            Some(m) => Ok(m),
            None => Err(crate::attr::attribute_error("__abstractmethods__", this, name(D::AbstractMethods))),
        }
    }
    #[setter]
    fn set___abstractmethods__(this: Value, value: Value) -> R<()> {
        let t = ty(this);
        let dict = Ref::new(ensure_dict(t));
        let flags = t.prefix.flags.get();
        if value.is_missing() {
            if !crate::dict::delete(dict.v(), name(D::AbstractMethods))? {
                return Err(crate::attr::attribute_error("__abstractmethods__", this, name(D::AbstractMethods)));
            }
            t.prefix.flags.set(flags & !type_flags::ABSTRACT);
        } else {
            let abstract_now = crate::ops::truth(value)?;
            crate::dict::set(dict.v(), name(D::AbstractMethods), value)?;
            t.prefix.flags.set(if abstract_now { flags | type_flags::ABSTRACT } else { flags & !type_flags::ABSTRACT });
        }
        type_modified(t);
        Ok(())
    }
    #[getter]
    fn __annotate__(this: Value) -> R {
        let t = ty(this);
        if !t.has(type_flags::HEAP) {
            return Err(no_type_attribute(t, this, "__annotate__"));
        }
        let found = match in_dict(this, D::AnnotateFunc) {
            Some(f) => Some(f),
            None => in_dict(this, D::Annotate),
        };
        match found {
            Some(f) => crate::type_object::bind_found(f, Value::MISSING, t),
            None => Ok(Ref::none()),
        }
    }
    #[setter]
    fn set___annotate__(this: Value, value: Value) -> R<()> {
        let t = mutable(this, "__annotate__", if value.is_missing() { Value::NONE } else { value })?;
        if value.is_missing() {
            return Err(type_error("cannot delete __annotate__ attribute"));
        }
        if !value.is_none() && !crate::ops::is_callable(value) {
            return Err(type_error("__annotate__ must be callable or None"));
        }
        put(this, D::AnnotateFunc, value)?;
        if !value.is_none() {
            let dict = Ref::new(ensure_dict(t));
            crate::dict::delete(dict.v(), name(D::AnnotationsCache))?;
        }
        Ok(())
    }
    #[getter]
    fn __annotations__(this: Value) -> R {
        let t = ty(this);
        if !t.has(type_flags::HEAP) {
            return Err(no_type_attribute(t, this, "__annotations__"));
        }
        let have = match in_dict(this, D::Annotations) {
            Some(a) => Some(a),
            None => in_dict(this, D::AnnotationsCache),
        };
        if let Some(a) = have {
            return crate::type_object::bind_found(a, Value::MISSING, t);
        }
        let annotate = TypeMethods::__annotate__(this)?;
        let made = if annotate.v().is_none() { crate::dict::new() } else { crate::function::call_annotate(annotate.v())? };
        put(this, D::AnnotationsCache, made.v())?;
        Ok(made)
    }
    #[setter]
    fn set___annotations__(this: Value, value: Value) -> R<()> {
        let t = mutable(this, "__annotations__", if value.is_missing() { Value::NONE } else { value })?;
        let dict = Ref::new(ensure_dict(t));
        if value.is_missing() {
            let a = crate::dict::delete(dict.v(), name(D::Annotations))?;
            let b = crate::dict::delete(dict.v(), name(D::AnnotationsCache))?;
            if !a && !b {
                return Err(crate::attr::attribute_error("__annotations__", this, name(D::Annotations)));
            }
        } else if crate::dict::get_str(dict.v(), name(D::Annotations)).is_some() {
            put(this, D::Annotations, value)?;
        } else {
            put(this, D::AnnotationsCache, value)?;
        }
        crate::dict::delete(dict.v(), name(D::AnnotateFunc))?;
        crate::dict::delete(dict.v(), name(D::Annotate))?;
        type_modified(t);
        Ok(())
    }
    #[getter]
    fn __type_params__(this: Value) -> R {
        if let Some(p) = if ty(this).has(type_flags::HEAP) { in_dict(this, D::TypeParams) } else { None } {
            return Ok(p);
        }
        Ok(crate::tuple::from_slice(&[]))
    }
    #[setter]
    fn set___type_params__(this: Value, value: Value) -> R<()> {
        mutable(this, "__type_params__", value)?;
        put(this, D::TypeParams, value)
    }
    #[getter]
    fn __flags__(this: Value) -> i64 {
        flag_bits(ty(this))
    }
    #[getter]
    fn __basicsize__(this: Value) -> i64 {
        ty(this).basic_size.get() as i64
    }
    #[getter]
    fn __itemsize__(this: Value) -> i64 {
        if ty(this).native.get().is_some_and(|n| n.var_size().is_some()) { 8 } else { 0 }
    }
    #[getter]
    fn __dictoffset__(this: Value) -> i64 {
        ty(this).prefix.dict_offset.get() as i64
    }
    #[getter]
    fn __weakrefoffset__(this: Value) -> i64 {
        if ty(this).has(type_flags::WEAKREFABLE) { 8 } else { 0 }
    }
    /// Return a type's method resolution order.
    #[native]
    fn mro(this: Value) -> R {
        let order = crate::mro::compute(ty(this))?;
        Ok(crate::list::from_slice(&order))
    }
    /// Return a list of immediate subclasses.
    #[native]
    fn __subclasses__(this: Value) -> R {
        if !ty(this).has(type_flags::HEAP) {
            // Builtin classes tell their bases of themselves at first use.
            crate::builtins_types::all().filter_map(|row| row.class).for_each(|class| _ = ensure_dict(class));
        }
        let all = subclasses(ty(this));
        Ok(crate::list::from_slice(&all.iter().map(|t| t.v()).collect::<Vec<_>>()))
    }
    /// Check if an object is an instance.
    #[native]
    fn __instancecheck__(this: Value, instance: Value) -> R {
        Ok(Ref::bool(crate::ops::plain_isinstance(instance, this)?))
    }
    /// Check if a class is a subclass.
    #[native]
    fn __subclasscheck__(this: Value, subclass: Value) -> R {
        Ok(Ref::bool(crate::ops::plain_issubclass(subclass, this)?))
    }
    /// Create the namespace for the class statement
    #[classmethod(raw)]
    fn __prepare__(_class: Value, _args: &Args) -> R {
        Ok(crate::dict::new())
    }
    /// Specialized __dir__ implementation for types.
    #[native]
    fn __dir__(this: Value) -> R {
        let names = crate::dict::new();
        crate::object::merge_class_names(names.v(), this)?;
        Ok(crate::object::key_list(names.v()))
    }
    /// Return memory consumption of the type object.
    #[native]
    fn __sizeof__(_this: Value) -> i64 {
        size_of::<Type>() as i64
    }
}

fn no_type_attribute(t: &'static Type, v: Value, attribute: &str) -> Raised {
    crate::attr::attribute_error(
        &format!("type object '{}' has no attribute '{attribute}'", full_name(t)),
        v,
        crate::str::intern(attribute).v(),
    )
}

/// Whether all of an MRO are types (used where it was computed by `mro()` of a metaclass).
pub fn is_all_types(order: &[Value]) -> bool {
    order.iter().all(|&c| as_type(c).is_some())
}

