//! `_functools`: partial, reduce, cmp_to_key. The cache of `functools.lru_cache` is in `lru_cache.rs`.

use dxpyc_objects::iterators::step;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::OBJECT;
use dxpyc_objects::{arity, call, dict, ops, str, tuple};
use dxpyc_abi::InstanceDict;
use std::mem::offset_of;

pub(crate) fn header() -> Header {
    dxpyc_objects::cast::fresh_header()
}

/// An attribute storage without attributes.
pub(crate) fn no_attributes() -> InstanceDict {
    InstanceDict { shape: Cell::new(std::ptr::null()), values: Cell::new(std::ptr::null_mut()) }
}

// ---------------------------------------------------------------- Placeholder

/// The type of `functools.Placeholder`.
#[repr(C)]
pub struct Placeholder {
    header: Header,
}

static PLACEHOLDER_TYPE: Type = Type::builtin::<Placeholder>(
    "_PlaceholderType",
    "functools",
    Some(&OBJECT),
    0,
    Slots { repr: Some(placeholder_repr), new: Some(placeholder_new), ..Slots::NONE },
    Some(&PLACEHOLDER_DECL),
);
object_type!(Placeholder, PLACEHOLDER_TYPE);

struct Static(Placeholder);
// SAFETY: immortal and without fields; single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Static {}
static PLACEHOLDER: Static = Static(Placeholder {
    header: Header { count: Cell::new(dxpyc_abi::COUNT_IMMORTAL), ty: Cell::new(&raw const PLACEHOLDER_TYPE as *const _) },
});

fn placeholder() -> Value {
    Value::from_address(&raw const PLACEHOLDER.0 as usize)
}

fn placeholder_repr(_: Value) -> R<Ref> {
    arity::text("Placeholder")
}

fn placeholder_new(_: &'static Type, args: &Args) -> R<Ref> {
    if !args.values().is_empty() {
        return Err(type_error("_PlaceholderType takes no arguments"));
    }
    Ok(Ref::new(placeholder()))
}

#[native_class(decl = PLACEHOLDER_DECL, doc = "The type of the Placeholder singleton.\n\nUsed as a placeholder for partial arguments.")]
impl Placeholder {
    #[native]
    fn __reduce__(_this: Value) -> R<Ref> {
        arity::text("Placeholder")
    }
}

// ---------------------------------------------------------------- partial

/// functools.partial.
#[repr(C)]
pub struct Partial {
    header: Header,
    function: Slot,
    args: Slot,
    keywords: Slot,
    /// Placeholders among `args`.
    holes: Cell<usize>,
    attributes: InstanceDict,
}

impl Visit for Partial {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.function);
        visitor.slot(&self.args);
        visitor.slot(&self.keywords);
    }
    // The dict of keywords can be emptied; calls rely on the fields.
    fn clear(&self) {}
}

/// The type `functools.partial`.
pub static PARTIAL: Type = Type::builtin::<Partial>(
    "partial",
    "functools",
    Some(&OBJECT),
    type_flags::BASE | type_flags::WEAKREFABLE,
    Slots {
        new: Some(partial_new),
        call: Some(partial_call),
        repr: Some(partial_repr),
        descr_get: Some(partial_get),
        ..Slots::NONE
    },
    Some(&PARTIAL_DECL),
)
.visited::<Partial>()
.with_dict_at(offset_of!(Partial, attributes));
object_type!(Partial, PARTIAL);

fn at<'a>(v: Value) -> &'a Partial {
    dxpyc_objects::cast::get_unchecked(v)
}

fn args_of(p: &Partial) -> &[Value] {
    tuple::items(p.args.get()).unwrap_or(&[])
}

fn partial_new(class: &'static Type, args: &Args) -> R<Ref> {
    let [function, given @ ..] = args.pos() else { return Err(type_error("type 'partial' takes at least one argument")) };
    if !ops::callable(*function) {
        return Err(type_error("the first argument must be callable"));
    }
    if given.last() == Some(&placeholder()) {
        return Err(type_error("trailing Placeholders are not allowed"));
    }
    if args.kw().any(|(_, v)| v == placeholder()) {
        return Err(type_error("Placeholder cannot be passed as a keyword argument"));
    }
    let keywords = dict::new();
    let mut function = Ref::new(*function);
    let mut all: Vec<Value> = Vec::new();
    let keep = function.clone();
    // A partial of a plain partial is one: its placeholders are filled first.
    if dxpyc_objects::cast::get::<Partial>(keep.v()).is_some_and(|p| p.attributes.shape.get().is_null()) {
        let inner = at(keep.v());
        let mut rest = given.iter();
        for &a in args_of(inner) {
            all.push(if a == placeholder() { rest.next().copied().unwrap_or(a) } else { a });
        }
        all.extend(rest);
        dict::update(keywords.v(), inner.keywords.get())?;
        function = Ref::new(inner.function.get());
    } else {
        all.extend(given);
    }
    for (name, value) in args.kw() {
        dict::set(keywords.v(), name, value)?;
    }
    let holes = all.iter().filter(|a| **a == placeholder()).count();
    let args = tuple::from_slice(&all);
    Ok(dxpyc_objects::cast::new_object_of(class, Partial {
        header: header(),
        function: Slot::new(function),
        args: Slot::new(args),
        keywords: Slot::new(keywords),
        holes: Cell::new(holes),
        attributes: no_attributes(),
    }))
}

fn partial_call(v: Value, args: &Args) -> R<Ref> {
    let p = at(v);
    let (function, bound, keywords) = (Ref::new(p.function.get()), Ref::new(p.args.get()), Ref::new(p.keywords.get()));
    let bound = tuple::items(bound.v()).unwrap_or(&[]);
    let pos = args.pos();
    let holes = p.holes.get();
    if pos.len() < holes {
        return Err(type_error(format!(
            "missing positional arguments in 'partial' call; expected at least {holes}, got {}",
            pos.len()
        )));
    }
    if dict::len(keywords.v()) == 0 && holes == 0 {
        if bound.is_empty() {
            return call::call(function.v(), args);
        }
        let mut values = Vec::with_capacity(bound.len() + args.values().len());
        values.extend_from_slice(bound);
        values.extend_from_slice(args.values());
        return call::call(function.v(), &Args::with_names(&values, args.names()));
    }
    let mut given = pos.iter().copied();
    let mut values: Vec<Value> = Vec::with_capacity(bound.len() + args.values().len() + dict::len(keywords.v()));
    for &a in bound {
        values.push(if a == placeholder() { given.next().unwrap_or(a) } else { a });
    }
    values.extend(given);
    // Keywords of the call replace those of the partial, in the partial's places.
    let merged = dict::copy(keywords.v());
    for (name, value) in args.kw() {
        dict::set(merged.v(), name, value)?;
    }
    let mut names = Vec::new();
    let mut at = 0;
    while let Some((name, value)) = dict::next_entry(merged.v(), &mut at) {
        names.push(name);
        values.push(value);
    }
    call::call(function.v(), &Args::with_names(&values, &names))
}

fn partial_repr(v: Value) -> R<Ref> {
    let p = at(v);
    let class = type_of(v);
    let mut out = str::Builder::new();
    let Some(_guard) = arity::ReprGuard::enter(v) else { return arity::text("...") };
    let module = ops::getattr_str(class.v(), "__module__")?;
    let name = ops::getattr_str(class.v(), "__qualname__")?;
    out.push_value(ops::str(module.v())?.v());
    out.push_str(".");
    out.push_value(ops::str(name.v())?.v());
    out.push_str("(");
    let (function, args, keywords) = (Ref::new(p.function.get()), Ref::new(p.args.get()), Ref::new(p.keywords.get()));
    out.push_value(ops::repr(function.v())?.v());
    for &a in tuple::items(args.v()).unwrap_or(&[]) {
        out.push_str(", ");
        out.push_value(ops::repr(a)?.v());
    }
    let mut pos = 0;
    while let Some((key, value)) = dict::next_entry(keywords.v(), &mut pos) {
        let (key, value) = (Ref::new(key), Ref::new(value));
        out.push_str(", ");
        out.push_value(ops::str(key.v())?.v());
        out.push_str("=");
        out.push_value(ops::repr(value.v())?.v());
    }
    out.push_str(")");
    Ok(out.finish())
}

fn partial_get(v: Value, instance: Value, _owner: Value) -> R<Ref> {
    if instance.is_missing() || instance.is_none() {
        return Ok(Ref::new(v));
    }
    Ok(dxpyc_objects::function::new_method(v, instance))
}

#[native_class(decl = PARTIAL_DECL, doc = "Create a new function with partial application of the given arguments and keywords.")]
impl Partial {
    /// function object to use in future partial calls
    #[getter]
    fn func(&self) -> Ref {
        Ref::new(self.function.get())
    }
    /// tuple of arguments to future partial calls
    #[getter(name = "args")]
    fn get_args(&self) -> Ref {
        Ref::new(self.args.get())
    }
    /// dictionary of keyword arguments to future partial calls
    #[getter(name = "keywords")]
    fn get_keywords(&self) -> Ref {
        Ref::new(self.keywords.get())
    }
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let p = at(this);
        let attributes = match ops::getattr_opt(this, "__dict__")? {
            Some(d) if dict::is_dict(d.v()) && dict::len(d.v()) > 0 => d,
            _ => Ref::none(),
        };
        let state = tuple::from_slice(&[p.function.get(), p.args.get(), p.keywords.get(), attributes.v()]);
        Ok(tuple::from_refs(vec![Ref::new(type_of(this).v()), tuple::from_slice(&[p.function.get()]), state]))
    }
    #[native]
    fn __setstate__(this: Value, state: Value) -> R<()> {
        let p = at(this);
        let Some(&[function, args, keywords, attributes]) = tuple::items(state) else {
            return Err(type_error("invalid partial state"));
        };
        let Some(items) = tuple::items(args) else { return Err(type_error("invalid partial state")) };
        if !ops::callable(function) || !(keywords.is_none() || dict::is_dict(keywords)) {
            return Err(type_error("invalid partial state"));
        }
        if items.last() == Some(&placeholder()) {
            return Err(type_error("trailing Placeholders are not allowed"));
        }
        p.function.set(Ref::new(function));
        p.holes.set(items.iter().filter(|a| **a == placeholder()).count());
        p.args.set(tuple::from_iterable(args)?);
        p.keywords.set(if keywords.is_none() { dict::new() } else { dict::copy(keywords) });
        if !attributes.is_none() {
            let own = ops::getattr_str(this, "__dict__")?;
            dict::update(own.v(), attributes)?;
        }
        Ok(())
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        dxpyc_objects::generic_alias::new(class, item)
    }
}

// ---------------------------------------------------------------- cmp_to_key

/// A key made by `cmp_to_key`.
#[repr(C)]
pub struct Key {
    header: Header,
    compare: Slot,
    object: Slot,
}

impl Visit for Key {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.compare);
        visitor.slot(&self.object);
    }
    fn clear(&self) {
        self.object.take();
    }
}

static KEY: Type = Type::builtin::<Key>(
    "KeyWrapper",
    "functools",
    Some(&OBJECT),
    type_flags::NO_NEW,
    Slots { call: Some(key_call), compare: Some(key_compare), ..Slots::NONE },
    Some(&KEY_DECL),
)
.visited::<Key>();
object_type!(Key, KEY);

fn new_key(compare: Value, object: Option<Value>) -> Ref {
    new_object(Key {
        header: header(),
        compare: Slot::new(Ref::new(compare)),
        object: object.map_or(Slot::empty(), |o| Slot::new(Ref::new(o))),
    })
}

fn key_call(v: Value, args: &Args) -> R<Ref> {
    let [object] = arity::named("K", args, ["obj"], 1, 1)?;
    Ok(new_key(dxpyc_objects::cast::get_unchecked::<Key>(v).compare.get(), Some(object)))
}

fn key_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    let (Some(x), Some(y)) = (dxpyc_objects::cast::get::<Key>(a), dxpyc_objects::cast::get::<Key>(b)) else {
        return Err(type_error("other argument must be K instance"));
    };
    let (Some(p), Some(q)) = (x.object.cloned(), y.object.cloned()) else { return Err(attribute_error_plain("object")) };
    let compare = Ref::new(x.compare.get());
    let answer = call::call2(compare.v(), p.v(), q.v())?;
    ops::compare(answer.v(), Value::from_small_int(0), op)
}

#[native_class(decl = KEY_DECL, doc = "")]
impl Key {
    /// Value wrapped by a key function.
    #[getter]
    fn obj(&self) -> R<Ref> {
        self.object.cloned().ok_or_else(|| attribute_error_plain("obj"))
    }
}

fn init(module: Value) -> R<()> {
    dict::set_str(module, "partial", Ref::new(PARTIAL.v()));
    dict::set_str(module, "_PlaceholderType", Ref::new(PLACEHOLDER_TYPE.v()));
    dict::set_str(module, "Placeholder", Ref::new(placeholder()));
    dict::set_str(module, "_lru_cache_wrapper", Ref::new(crate::lru_cache::LRU_CACHE.v()));
    Ok(())
}

/// Tools that operate on functions.
#[native_module(name = "_functools", init = init)]
pub mod module {
    use super::*;

    /// Convert a cmp= function into a key= function.
    ///
    ///   mycmp
    ///     Function that compares two objects.
    #[native("($module, /, mycmp)")]
    fn cmp_to_key(mycmp: Value) -> R<Ref> {
        Ok(new_key(mycmp, None))
    }

    /// Apply a function of two arguments cumulatively to the items of an iterable, from left to right.
    ///
    /// This effectively reduces the iterable to a single value.  If initial is present,
    /// it is placed before the items of the iterable in the calculation, and serves as
    /// a default when the iterable is empty.
    ///
    /// For example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5])
    /// calculates ((((1 + 2) + 3) + 4) + 5).
    #[native("($module, function, iterable, /, initial=<unrepresentable>)", raw)]
    fn reduce(args: &Args) -> R<Ref> {
        let n = args.pos().len();
        if n < 2 {
            return Err(type_error(format!("reduce() takes at least 2 positional arguments ({n} given)")));
        }
        let [function, iterable, initial] = arity::named("reduce", args, ["", "", "initial"], 3, 2)?;
        let iterator = match ops::iter(iterable) {
            Ok(iterator) => iterator,
            Err(raised) => {
                if swallow(&dxpyc_objects::exceptions::TYPE_ERROR) {
                    return Err(type_error("reduce() arg 2 must support iteration"));
                }
                return Err(raised);
            }
        };
        let mut result = if initial.is_missing() { None } else { Some(Ref::new(initial)) };
        while let Some(item) = step(iterator.v())? {
            result = Some(match result {
                None => item,
                Some(sofar) => call::call2(function, sofar.v(), item.v())?,
            });
        }
        result.ok_or_else(|| type_error("reduce() of empty iterable with no initial value"))
    }
}
