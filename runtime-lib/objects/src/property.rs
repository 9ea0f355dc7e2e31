//! `property`.

use crate::dunder::{D, name};
use crate::prelude::*;
use dxpyc_abi::InstanceDict;

/// A property.
#[repr(C)]
pub struct Property {
    header: Header,
    /// `fget`: empty or None when absent.
    pub getter: Slot,
    setter: Slot,
    deleter: Slot,
    doc: Slot,
    name: Slot,
    getter_doc: Cell<bool>,
}

/// `property`.
pub static PROPERTY: Type = Type::builtin::<Property>(
    "property",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::BASE,
    Slots { new: Some(new), init: Some(init), descr_get: Some(get), descr_set: Some(set), ..Slots::NONE },
    Some(&PROPERTY_DECL),
)
.visited::<Property>();
object_type!(Property, PROPERTY);

impl Visit for Property {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        for s in [&self.getter, &self.setter, &self.deleter, &self.doc, &self.name] {
            visitor.slot(s);
        }
    }
    fn clear(&self) {
        for s in [&self.getter, &self.setter, &self.deleter, &self.doc] {
            drop(s.take());
        }
    }
}

fn new(class: &'static Type, _args: &Args) -> R<Ref> {
    let e = Slot::empty;
    Ok(crate::cast::new_object_of(
        class,
        Property { header: crate::cast::fresh_header(), getter: e(), setter: e(), deleter: e(), doc: e(), name: e(), getter_doc: Cell::new(false) },
    ))
}

fn init(this: Value, args: &Args) -> R<()> {
    const NAMES: [&str; 4] = ["fget", "fset", "fdel", "doc"];
    let mut p = [Value::NONE; 4];
    let n = args.values().len();
    if n > 4 {
        return Err(type_error(format!("property() takes at most 4 arguments ({n} given)")));
    }
    p[..args.pos().len()].copy_from_slice(args.pos());
    for (k, v) in args.kw() {
        match NAMES.iter().position(|n| crate::str::view(k).is(n)) {
            Some(i) if i < args.pos().len() => {
                return Err(type_error(format!("argument for property() given by name ('{}') and position ({})", NAMES[i], i + 1)));
            }
            Some(i) => p[i] = v,
            None => return Err(crate::suggestions::unexpected_keyword("property", k, &NAMES)),
        }
    }
    let property = crate::cast::get_unchecked::<Property>(this);
    let put = |slot: &Slot, v: Value| {
        if v.is_none() {
            drop(slot.take());
        } else {
            slot.set(Ref::new(v));
        }
    };
    put(&property.getter, p[0]);
    put(&property.setter, p[1]);
    put(&property.deleter, p[2]);
    property.getter_doc.set(false);
    let mut doc = Ref::new(p[3]);
    if p[3].is_none()
        && !p[0].is_none()
        && let Some(d) = crate::ops::getattr_opt_value(p[0], name(D::Doc))?
        && !d.v().is_none()
    {
        property.getter_doc.set(true);
        doc = d;
    }
    if is_exact(this, &PROPERTY) {
        property.doc.set(doc);
    } else if let Err(raised) = crate::ops::setattr(this, name(D::Doc), doc.v())
        && (!property.getter_doc.get() && !doc.v().is_none() || !swallow(&crate::exceptions::ATTRIBUTE_ERROR))
    {
        return Err(raised);
    }
    Ok(())
}

fn display(property: &Property, instance: Value) -> R<(String, String)> {
    let shown = match property_name(property)? {
        Some(n) => crate::str::to_rust(crate::ops::repr(n.v())?.v()),
        None => String::new(),
    };
    let class = crate::str::to_rust(crate::ops::repr(crate::str::from_str(&crate::type_object::qualname_of(type_of(instance))).v())?.v());
    Ok((shown, class))
}

fn property_name(property: &Property) -> R<Option<Ref>> {
    if let Some(n) = property.name.cloned() {
        return Ok(Some(n));
    }
    if property.getter.is_empty() {
        return Ok(None);
    }
    crate::ops::getattr_opt_value(property.getter.get(), name(D::Name))
}

#[cold]
fn absent(this: Value, instance: Value, what: &str) -> Raised {
    let property = crate::cast::get_unchecked::<Property>(this);
    match display(property, instance) {
        Ok((n, class)) if !n.is_empty() => error_plain(format!("property {n} of {class} object has no {what}")),
        Ok((_, class)) => error_plain(format!("property of {class} object has no {what}")),
        Err(raised) => raised,
    }
}

fn error_plain(message: String) -> Raised {
    attribute_error_plain(message)
}

fn get(this: Value, instance: Value, _owner: Value) -> R<Ref> {
    if instance.is_missing() || instance.is_none() && _owner.is_missing() {
        return Ok(Ref::new(this));
    }
    let property = crate::cast::get_unchecked::<Property>(this);
    match property.getter.cloned() {
        Some(f) => crate::call::call1(f.v(), instance),
        None => Err(absent(this, instance, "getter")),
    }
}

fn set(this: Value, instance: Value, value: Value) -> R<()> {
    let property = crate::cast::get_unchecked::<Property>(this);
    if value.is_missing() {
        return match property.deleter.cloned() {
            Some(f) => crate::call::call1(f.v(), instance).map(drop),
            None => Err(absent(this, instance, "deleter")),
        };
    }
    match property.setter.cloned() {
        Some(f) => crate::call::call2(f.v(), instance, value).map(drop),
        None => Err(absent(this, instance, "setter")),
    }
}

/// A copy with some functions replaced (MISSING: as in the original).
fn copy(this: Value, getter: Value, setter: Value, deleter: Value) -> R<Ref> {
    let p = crate::cast::get_unchecked::<Property>(this);
    let pick = |new: Value, old: &Slot| {
        let v = if new.is_missing() || new.is_none() { old.get() } else { new };
        if v.is_missing() { Value::NONE } else { v }
    };
    let g = pick(getter, &p.getter);
    let doc = if p.getter_doc.get() && !g.is_none() { Value::NONE } else { pick(Value::MISSING, &p.doc) };
    let args = [g, pick(setter, &p.setter), pick(deleter, &p.deleter), doc];
    let made = crate::call::call(type_of(this).v(), &Args::positional(&args))?;
    if let Some(q) = crate::cast::get::<Property>(made.v())
        && let Some(n) = p.name.cloned()
    {
        q.name.set(n);
    }
    Ok(made)
}

fn or_none(s: &Slot) -> R {
    Ok(s.cloned().unwrap_or_else(Ref::none))
}

#[native_class(
    decl = PROPERTY_DECL,
    doc = "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n  fset\n    function to be used for setting an attribute value\n  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring\n\nTypical use is to define a managed attribute x:\n\nclass C(object):\n    def getx(self): return self._x\n    def setx(self, value): self._x = value\n    def delx(self): del self._x\n    x = property(getx, setx, delx, \"I'm the 'x' property.\")\n\nDecorators make defining new properties or modifying existing ones easy:\n\nclass C(object):\n    @property\n    def x(self):\n        \"I am the 'x' property.\"\n        return self._x\n    @x.setter\n    def x(self, value):\n        self._x = value\n    @x.deleter\n    def x(self):\n        del self._x"
)]
impl Property {
    #[native]
    fn getter(this: Value, function: Value) -> R {
        copy(this, function, Value::MISSING, Value::MISSING)
    }
    #[native]
    fn setter(this: Value, function: Value) -> R {
        copy(this, Value::MISSING, function, Value::MISSING)
    }
    #[native]
    fn deleter(this: Value, function: Value) -> R {
        copy(this, Value::MISSING, Value::MISSING, function)
    }
    #[native(raw)]
    fn __set_name__(&self, args: &Args) -> R {
        let [_, name] = args.pos() else {
            return Err(type_error(format!("__set_name__() takes 2 positional arguments but {} were given", args.pos().len())));
        };
        self.name.set(Ref::new(*name));
        Ok(Ref::none())
    }
    #[getter]
    fn fget(&self) -> R {
        or_none(&self.getter)
    }
    #[getter]
    fn fset(&self) -> R {
        or_none(&self.setter)
    }
    #[getter]
    fn fdel(&self) -> R {
        or_none(&self.deleter)
    }
    #[getter]
    fn __doc__(&self) -> R {
        or_none(&self.doc)
    }
    #[setter]
    fn set___doc__(&self, value: Value) -> R<()> {
        self.doc.set(if value.is_missing() { Ref::none() } else { Ref::new(value) });
        Ok(())
    }
    #[getter]
    fn __name__(this: Value) -> R {
        match property_name(crate::cast::get_unchecked::<Property>(this))? {
            Some(n) => Ok(n),
            None => Err(crate::attr::no_attribute(this, name(D::Name))),
        }
    }
    #[setter]
    fn set___name__(&self, value: Value) -> R<()> {
        if value.is_missing() {
            drop(self.name.take());
        } else {
            self.name.set(Ref::new(value));
        }
        Ok(())
    }
    #[getter]
    fn __isabstractmethod__(&self) -> R {
        for s in [&self.getter, &self.setter, &self.deleter] {
            if let Some(f) = s.cloned()
                && is_abstract(f.v())?
            {
                return Ok(Ref::bool(true));
            }
        }
        Ok(Ref::bool(false))
    }
}

/// Truth of `f.__isabstractmethod__`.
pub fn is_abstract(f: Value) -> R<bool> {
    match crate::ops::getattr_opt_value(f, name(D::IsAbstractMethod))? {
        Some(v) => crate::ops::truth(v.v()),
        None => Ok(false),
    }
}

/// An `InstanceDict` with nothing in it.
pub const fn empty_dict() -> InstanceDict {
    InstanceDict { shape: Cell::new(std::ptr::null()), values: Cell::new(std::ptr::null_mut()) }
}
