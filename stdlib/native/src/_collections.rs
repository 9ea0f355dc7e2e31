//! `_collections`: defaultdict, `_tuplegetter`, `_count_elements`. deque is in `deque.rs`. OrderedDict stays with the pure-Python class of `collections`.

use dxpyc_objects::dict::{self, DictBody};
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::OBJECT;
use dxpyc_objects::{arity, call, int, iterators, ops, str, tuple};

// ---------------------------------------------------------------- defaultdict

/// A defaultdict: a dict with a factory behind it.
#[repr(C)]
pub struct DefaultDict {
    dict: DictBody,
    factory: Slot,
}

impl Visit for DefaultDict {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        self.dict.visit(visitor);
        visitor.slot(&self.factory);
    }
    fn clear(&self) {
        self.dict.clear();
        self.factory.take();
    }
}

/// The type `collections.defaultdict`.
pub static DEFAULTDICT: Type = Type::builtin::<DefaultDict>(
    "defaultdict",
    "collections",
    Some(&dict::DICT),
    type_flags::BASE,
    Slots { new: Some(new), init: Some(init_slot), repr: Some(repr), or: Some(or), ..Slots::NONE },
    Some(&DEFAULTDICT_DECL),
)
.visited::<DefaultDict>();
object_type!(DefaultDict, DEFAULTDICT);

fn at<'a>(v: Value) -> &'a DefaultDict {
    dxpyc_objects::cast::get_unchecked(v)
}

fn new(class: &'static Type, _args: &Args) -> R<Ref> {
    Ok(dxpyc_objects::cast::new_object_of(class, DefaultDict { dict: DictBody::empty(), factory: Slot::empty() }))
}

fn init_slot(v: Value, args: &Args) -> R<()> {
    let mut rest = *args;
    let mut factory = None;
    if let Some((first, others)) = args.split_first() {
        if !first.is_none() && !ops::callable(first) {
            return Err(type_error("first argument must be callable or None"));
        }
        if !first.is_none() {
            factory = Some(first);
        }
        rest = others;
    }
    match factory {
        Some(f) => at(v).factory.set(Ref::new(f)),
        None => drop(at(v).factory.take()),
    }
    dxpyc_objects::dict_type::init(v, &rest)
}

fn factory_of(v: Value) -> Ref {
    at(v).factory.cloned().unwrap_or_else(Ref::none)
}

fn repr(v: Value) -> R<Ref> {
    let plain = dict_repr(v)?;
    let mut out = str::Builder::new();
    out.push_str(&dxpyc_objects::type_object::name_of(type_of(v)));
    out.push_str("(");
    match at(v).factory.cloned() {
        None => out.push_str("None"),
        Some(factory) => match arity::ReprGuard::enter(v) {
            None => out.push_str("..."),
            Some(_guard) => out.push_value(ops::repr(factory.v())?.v()),
        },
    }
    out.push_str(", ");
    out.push_value(plain.v());
    out.push_str(")");
    Ok(out.finish())
}

fn dict_repr(v: Value) -> R<Ref> {
    let repr = dict::DICT.slots().repr.ok_or_else(|| system_error("dict has no repr"))?;
    repr(v)
}

/// A new object of the class, `class(factory, self)`.
fn copy(v: Value) -> R<Ref> {
    call::call2(type_of(v).v(), factory_of(v).v(), v)
}

fn or(a: Value, b: Value) -> R<Ref> {
    let (this, other) = if dxpyc_objects::cast::get::<DefaultDict>(a).is_some() { (a, b) } else { (b, a) };
    if !dict::is_dict(other) {
        return Ok(Ref::not_implemented());
    }
    let result = copy(this)?;
    // The left operand's order and the right one's values.
    if this != a {
        dict::clear(result.v());
        dict::update(result.v(), a)?;
    }
    dict::update(result.v(), b)?;
    Ok(result)
}

#[native_class(
    decl = DEFAULTDICT_DECL,
    doc = "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\nThe default factory is called without arguments to produce\na new value when a key is not present, in __getitem__ only.\nA defaultdict compares equal to a dict with the same items.\nAll remaining arguments are treated the same as if they were\npassed to the dict constructor, including keyword arguments."
)]
impl DefaultDict {
    /// __missing__(key) # Called by __getitem__ for missing key; pseudo-code:
    ///   if self.default_factory is None: raise KeyError((key,))
    ///   self[key] = value = self.default_factory()
    ///   return value
    #[native]
    fn __missing__(this: Value, key: Value) -> R<Ref> {
        let Some(factory) = at(this).factory.cloned() else { return Err(key_error(key)) };
        let value = call::call0(factory.v())?;
        ops::setitem(this, key, value.v())?;
        Ok(value)
    }
    /// D.copy() -> a shallow copy of D.
    #[native(name = "copy")]
    fn copy_method(this: Value) -> R<Ref> {
        copy(this)
    }
    /// D.copy() -> a shallow copy of D.
    #[native]
    fn __copy__(this: Value) -> R<Ref> {
        copy(this)
    }
    /// Return state information for pickling.
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let factory = factory_of(this);
        let args = if factory.v().is_none() { Ref::new(tuple::empty()) } else { tuple::from_slice(&[factory.v()]) };
        let items = call::call_method(this, "items", &[])?;
        let iterator = ops::iter(items.v())?;
        Ok(tuple::from_refs(vec![Ref::new(type_of(this).v()), args, Ref::none(), Ref::none(), iterator]))
    }
    /// Factory for default value called by __missing__().
    #[getter]
    fn default_factory(this: Value) -> Ref {
        factory_of(this)
    }
    #[setter]
    fn set_default_factory(this: Value, value: Value) -> R<()> {
        if value.is_missing() || value.is_none() {
            at(this).factory.take();
        } else {
            at(this).factory.set(Ref::new(value));
        }
        Ok(())
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        dxpyc_objects::generic_alias::new(class, item)
    }
}

// ---------------------------------------------------------------- _tuplegetter

/// The descriptor of a named tuple's field.
#[repr(C)]
pub struct TupleGetter {
    header: Header,
    index: i64,
    doc: Slot,
}

impl Visit for TupleGetter {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.doc)
    }
    fn clear(&self) {
        self.doc.set(Ref::none());
    }
}

static TUPLEGETTER: Type = Type::builtin::<TupleGetter>(
    "_tuplegetter",
    "collections",
    Some(&OBJECT),
    0,
    Slots {
        new: Some(tuplegetter_new),
        descr_get: Some(tuplegetter_get),
        descr_set: Some(tuplegetter_set),
        repr: Some(tuplegetter_repr),
        ..Slots::NONE
    },
    Some(&TUPLEGETTER_DECL),
)
.visited::<TupleGetter>();
object_type!(TupleGetter, TUPLEGETTER);

fn tuplegetter_new(class: &'static Type, args: &Args) -> R<Ref> {
    args.no_keywords("_tuplegetter")?;
    arity::check("_tuplegetter", args.pos().len(), 2, 2)?;
    let index = int::index_i64(args.pos()[0])?;
    Ok(dxpyc_objects::cast::new_object_of(class, TupleGetter {
        header: dxpyc_objects::cast::fresh_header(),
        index,
        doc: Slot::new(Ref::new(args.pos()[1])),
    }))
}

fn tuplegetter_get(v: Value, instance: Value, _owner: Value) -> R<Ref> {
    if instance.is_missing() || instance.is_none() {
        return Ok(Ref::new(v));
    }
    let getter = dxpyc_objects::cast::get_unchecked::<TupleGetter>(v);
    let Some(items) = tuple::items(instance) else {
        return Err(type_error(format!(
            "descriptor for index '{}' for tuple subclasses doesn't apply to '{}' object",
            getter.index,
            dxpyc_objects::type_object::display_name(instance)
        )));
    };
    match items.get(getter.index as usize) {
        Some(&item) => Ok(Ref::new(item)),
        None => Err(index_error("tuple index out of range")),
    }
}

fn tuplegetter_set(_: Value, _: Value, value: Value) -> R<()> {
    Err(attribute_error_plain(if value.is_missing() { "can't delete attribute" } else { "can't set attribute" }))
}

fn tuplegetter_repr(v: Value) -> R<Ref> {
    let getter = dxpyc_objects::cast::get_unchecked::<TupleGetter>(v);
    let doc = ops::repr(getter.doc.get())?;
    arity::text(&format!("_tuplegetter({}, {})", getter.index, str::to_rust(doc.v())))
}

#[native_class(decl = TUPLEGETTER_DECL, doc = "")]
impl TupleGetter {
    #[getter]
    fn __doc__(&self) -> Ref {
        Ref::new(self.doc.get())
    }
    #[setter]
    fn set___doc__(&self, value: Value) -> R<()> {
        self.doc.set(if value.is_missing() { Ref::none() } else { Ref::new(value) });
        Ok(())
    }
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let getter = dxpyc_objects::cast::get_unchecked::<TupleGetter>(this);
        let args = tuple::from_refs(vec![int::from_i64(getter.index), Ref::new(getter.doc.get())]);
        Ok(tuple::pair(Ref::new(TUPLEGETTER.v()), args))
    }
}

fn init(module: Value) -> R<()> {
    use crate::deque::{DEQUE, DEQUE_ITERATOR, DEQUE_REVERSE_ITERATOR};
    for class in [&DEFAULTDICT, &TUPLEGETTER, &DEQUE, &DEQUE_ITERATOR, &DEQUE_REVERSE_ITERATOR] {
        dict::set_str(module, class.static_name, Ref::new(class.v()));
    }
    Ok(())
}

/// High performance data structures.
/// - deque:        ordered collection accessible from endpoints only
/// - defaultdict:  dict subclass with a default value factory
#[native_module(name = "_collections", init = init)]
pub mod module {
    use super::*;

    /// Count elements in the iterable, updating the mapping
    #[native("($module, mapping, iterable, /)")]
    fn _count_elements(mapping: Value, iterable: Value) -> R<()> {
        let one = Value::from_small_int(1);
        if dict::is_exact_dict(mapping) || has_plain_items(mapping)? {
            return iterators::for_each(iterable, |key| {
                let hash = dict::key_hash(key.v())?;
                let count = match dict::get_hashed(mapping, key.v(), hash)? {
                    None => Ref::new(one),
                    Some(n) => match n.as_small_int() {
                        Some(n) => int::from_i64(n + 1),
                        None => ops::add(Ref::new(n).v(), one)?,
                    },
                };
                dict::set_hashed(mapping, key.v(), hash, count)
            });
        }
        let get = ops::getattr_str(mapping, "get")?;
        iterators::for_each(iterable, |key| {
            let count = call::call2(get.v(), key.v(), Value::from_small_int(0))?;
            let count = ops::add(count.v(), one)?;
            ops::setitem(mapping, key.v(), count.v())
        })
    }
}

/// Whether a dict's subclass leaves `get` and `__setitem__` as they are.
fn has_plain_items(mapping: Value) -> R<bool> {
    if !dict::is_dict(mapping) {
        return Ok(false);
    }
    let class = type_of(mapping);
    let same = |name: &str| -> R<bool> {
        let (own, plain) = (ops::getattr_str(class.v(), name)?, ops::getattr_str(dict::DICT.v(), name)?);
        Ok(own.v() == plain.v())
    };
    Ok(same("get")? && same("__setitem__")?)
}
