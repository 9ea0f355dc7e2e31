//! `classmethod` and `staticmethod`.

use crate::dunder::{D, name};
use crate::prelude::*;
use dxpyc_abi::InstanceDict;
use std::mem::offset_of;

/// Both kinds: the wrapped callable and attributes.
#[repr(C)]
pub struct Wrapped {
    header: Header,
    callable: Slot,
    dict: InstanceDict,
}

/// `classmethod`.
pub static CLASSMETHOD: Type = Type::builtin::<Wrapped>(
    "classmethod",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::BASE,
    Slots { new: Some(new), init: Some(class_init), repr: Some(class_repr), descr_get: Some(class_get), ..Slots::NONE },
    Some(&WRAPPED_CLASS_DECL),
)
.visited::<Wrapped>()
.with_dict_at(offset_of!(Wrapped, dict));

/// `staticmethod`.
pub static STATICMETHOD: Type = Type::builtin::<Wrapped>(
    "staticmethod",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::BASE,
    Slots {
        new: Some(new_static_method),
        init: Some(static_init),
        repr: Some(static_repr),
        descr_get: Some(static_get),
        call: Some(static_call),
        ..Slots::NONE
    },
    Some(&WRAPPED_STATIC_DECL),
)
.visited::<Wrapped>()
.with_dict_at(offset_of!(Wrapped, dict));
object_type!(Wrapped, CLASSMETHOD);

impl Visit for Wrapped {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.callable);
    }
    fn clear(&self) {
        drop(self.callable.take());
    }
}

fn wrapped<'a>(v: Value) -> &'a Wrapped {
    // SAFETY: both types have this layout; the callers are their slots and methods.
    unsafe { &*(v.address() as *const Wrapped) }
}

fn make(class: &'static Type, callable: Value) -> Ref {
    let callable = if callable.is_missing() { Slot::empty() } else { Slot::new(Ref::new(callable)) };
    crate::cast::new_object_of(class, Wrapped { header: crate::cast::fresh_header(), callable, dict: crate::property::empty_dict() })
}

/// A staticmethod object.
pub fn new_static(callable: Value) -> Ref {
    make(&STATICMETHOD, callable)
}

/// A classmethod object.
pub fn new_class(callable: Value) -> Ref {
    make(&CLASSMETHOD, callable)
}

fn new(class: &'static Type, _args: &Args) -> R<Ref> {
    Ok(make(class, Value::MISSING))
}

fn new_static_method(class: &'static Type, _args: &Args) -> R<Ref> {
    Ok(make(class, Value::MISSING))
}

fn init(this: Value, args: &Args, what: &str) -> R<()> {
    args.no_keywords(what)?;
    let [callable] = args.pos() else {
        return Err(type_error(format!("{what} expected 1 argument, got {}", args.pos().len())));
    };
    wrapped(this).callable.set(Ref::new(*callable));
    // As functools.update_wrapper does for the plain attributes.
    for d in [D::Module, D::Name, D::Qualname, D::Doc] {
        if let Some(v) = crate::ops::getattr_opt_value(*callable, name(d))? {
            if d == D::Doc && v.v().is_none() && !type_of(*callable).has(type_flags::METHOD_DESCRIPTOR) {
                continue;
            }
            let dict = &wrapped(this).dict;
            crate::shape::set(this, dict, name(d), v)?;
        }
    }
    Ok(())
}

fn class_init(this: Value, args: &Args) -> R<()> {
    init(this, args, "classmethod")
}

fn static_init(this: Value, args: &Args) -> R<()> {
    init(this, args, "staticmethod")
}

fn callable(this: Value, what: &str) -> R<Ref> {
    wrapped(this).callable.cloned().ok_or_else(|| runtime_error(format!("uninitialized {what} object")))
}

fn repr(this: Value, what: &str) -> R<Ref> {
    let inner = match wrapped(this).callable.cloned() {
        Some(c) => crate::ops::repr(c.v())?,
        None => crate::str::from_str("None"),
    };
    let mut out = crate::str::Builder::new();
    out.push_str(&format!("<{what}("));
    out.push_value(inner.v());
    out.push_str(")>");
    Ok(out.finish())
}

fn class_repr(this: Value) -> R<Ref> {
    repr(this, "classmethod")
}

fn static_repr(this: Value) -> R<Ref> {
    repr(this, "staticmethod")
}

fn class_get(this: Value, instance: Value, owner: Value) -> R<Ref> {
    let f = callable(this, "classmethod")?;
    let class = if owner.is_missing() { type_of(instance).v() } else { owner };
    Ok(crate::function::new_method(f.v(), class))
}

fn static_get(this: Value, _instance: Value, _owner: Value) -> R<Ref> {
    callable(this, "staticmethod")
}

fn static_call(this: Value, args: &Args) -> R<Ref> {
    let f = callable(this, "staticmethod")?;
    crate::call::call(f.v(), args)
}

/// The Python function in an exact classmethod or staticmethod (borrowed).
pub fn function_in(v: Value) -> Option<Value> {
    if !is_exact(v, &CLASSMETHOD) && !is_exact(v, &STATICMETHOD) {
        return None;
    }
    let f = wrapped(v).callable.get();
    (f.is_pointer() && is_exact(f, &crate::function::FUNCTION)).then_some(f)
}

fn function_of(this: Value) -> R {
    Ok(wrapped(this).callable.cloned().unwrap_or_else(Ref::none))
}

fn annotation_of(this: Value, d: D) -> R {
    match crate::attr::stored(this, type_of(this), name(d)) {
        Some(v) => Ok(Ref::new(v)),
        None => {
            let v = crate::ops::getattr(function_of(this)?.v(), name(d))?;
            crate::shape::set(this, &wrapped(this).dict, name(d), v.clone())?;
            Ok(v)
        }
    }
}

fn set_annotation(this: Value, d: D, value: Value) -> R<()> {
    let dict = &wrapped(this).dict;
    if value.is_missing() {
        return if crate::shape::delete(this, dict, name(d))? { Ok(()) } else { Err(crate::attr::no_attribute(this, name(d))) };
    }
    crate::shape::set(this, dict, name(d), Ref::new(value))
}

macro_rules! attributes {
    ($marker:ident, $decl:ident, $doc:literal) => {
        struct $marker;
        #[native_class(decl = $decl, doc = $doc)]
        impl $marker {
            #[getter]
            fn __func__(this: Value) -> R {
                function_of(this)
            }
            #[getter]
            fn __wrapped__(this: Value) -> R {
                function_of(this)
            }
            #[getter]
            fn __isabstractmethod__(this: Value) -> R {
                Ok(Ref::bool(crate::property::is_abstract(function_of(this)?.v())?))
            }
            #[getter]
            fn __dict__(this: Value) -> R {
                Ok(crate::attr::instance_dict(this)?.unwrap_or_else(Ref::none))
            }
            #[setter]
            fn set___dict__(this: Value, value: Value) -> R<()> {
                crate::attr::set_instance_dict(this, value)
            }
            #[getter]
            fn __annotations__(this: Value) -> R {
                annotation_of(this, D::Annotations)
            }
            #[setter]
            fn set___annotations__(this: Value, value: Value) -> R<()> {
                set_annotation(this, D::Annotations, value)
            }
            #[getter]
            fn __annotate__(this: Value) -> R {
                annotation_of(this, D::Annotate)
            }
            #[setter]
            fn set___annotate__(this: Value, value: Value) -> R<()> {
                set_annotation(this, D::Annotate, value)
            }
            #[classmethod]
            fn __class_getitem__(class: Value, item: Value) -> R {
                crate::generic_alias::new(class, item)
            }
        }
    };
}

attributes!(WrappedClass, WRAPPED_CLASS_DECL, "Convert a function to be a class method.\n\nA class method receives the class as implicit first argument,\njust like an instance method receives the instance.\nTo declare a class method, use this idiom:\n\n  class C:\n      @classmethod\n      def f(cls, arg1, arg2, argN):\n          ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()).  The instance is ignored except for its class.\nIf a class method is called for a derived class, the derived class\nobject is passed as the implied first argument.\n\nClass methods are different than C++ or Java static methods.\nIf you want those, see the staticmethod builtin.");
attributes!(WrappedStatic, WRAPPED_STATIC_DECL, "Convert a function to be a static method.\n\nA static method does not receive an implicit first argument.\nTo declare a static method, use this idiom:\n\n     class C:\n         @staticmethod\n         def f(arg1, arg2, argN):\n             ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()). Both the class and the instance are ignored, and\nneither is passed implicitly as the first argument to the method.\n\nStatic methods in Python are similar to those found in Java or C++.\nFor a more advanced concept, see the classmethod builtin.");
