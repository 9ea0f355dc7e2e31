//! operator.itemgetter, attrgetter, methodcaller.

use crate::_operator::one_argument;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::OBJECT;
use dxpyc_objects::{arity, call, dict, ops, str, tuple};

fn header() -> Header {
    dxpyc_objects::cast::fresh_header()
}

/// itemgetter or attrgetter: what to get, as a tuple.
#[repr(C)]
pub struct Getter {
    header: Header,
    keys: Slot,
}

impl Visit for Getter {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.keys)
    }
    // The keys are a tuple that calls rely on.
    fn clear(&self) {}
}

/// The type `operator.itemgetter`.
pub static ITEMGETTER: Type = Type::builtin::<Getter>(
    "itemgetter",
    "operator",
    Some(&OBJECT),
    0,
    Slots { new: Some(itemgetter_new), call: Some(itemgetter_call), repr: Some(getter_repr), ..Slots::NONE },
    Some(&ITEMGETTER_DECL),
)
.visited::<Getter>();

/// The type `operator.attrgetter`.
pub static ATTRGETTER: Type = Type::builtin::<Getter>(
    "attrgetter",
    "operator",
    Some(&OBJECT),
    0,
    Slots { new: Some(attrgetter_new), call: Some(attrgetter_call), repr: Some(getter_repr), ..Slots::NONE },
    Some(&ATTRGETTER_DECL),
)
.visited::<Getter>();
// Both types share the layout; only this file casts.
object_type!(Getter, ITEMGETTER);

fn keys<'a>(v: Value) -> &'a [Value] {
    tuple::items(dxpyc_objects::cast::get_unchecked::<Getter>(v).keys.get()).unwrap_or(&[])
}

fn new_getter(class: &'static Type, args: &Args) -> R<Ref> {
    args.no_keywords(class.static_name)?;
    if args.pos().is_empty() {
        return Err(type_error(format!("{} expected 1 argument, got 0", class.static_name)));
    }
    let keys = tuple::from_slice(args.pos());
    Ok(dxpyc_objects::cast::new_object_of(class, Getter { header: header(), keys: Slot::new(keys) }))
}

fn itemgetter_new(class: &'static Type, args: &Args) -> R<Ref> {
    new_getter(class, args)
}

fn attrgetter_new(class: &'static Type, args: &Args) -> R<Ref> {
    if args.pos().iter().any(|name| !str::is_str(*name)) {
        return Err(type_error("attribute name must be a string"));
    }
    new_getter(class, args)
}

fn get_all(v: Value, object: Value, get: fn(Value, Value) -> R<Ref>) -> R<Ref> {
    let _keep = Ref::new(v);
    if let [one] = *keys(v) {
        return get(object, one);
    }
    let mut out = Vec::new();
    for &key in keys(v) {
        out.push(get(object, key)?);
    }
    Ok(tuple::from_refs(out))
}

fn itemgetter_call(v: Value, args: &Args) -> R<Ref> {
    get_all(v, one_argument("itemgetter", args)?, ops::getitem)
}

fn attrgetter_call(v: Value, args: &Args) -> R<Ref> {
    get_all(v, one_argument("attrgetter", args)?, dotted)
}

/// `object.a.b`.
fn dotted(object: Value, name: Value) -> R<Ref> {
    let view = str::view(name);
    if !(0..view.len()).any(|i| view.get(i) == '.' as u32) {
        return ops::getattr(object, name);
    }
    let text = view.to_rust();
    let mut object = Ref::new(object);
    for part in text.split('.') {
        object = ops::getattr_str(object.v(), part)?;
    }
    Ok(object)
}

fn getter_repr(v: Value) -> R<Ref> {
    let name = format!("operator.{}", dxpyc_objects::type_object::name_of(type_of(v)));
    let Some(_guard) = arity::ReprGuard::enter(v) else { return arity::text(&format!("{name}(...)")) };
    let mut out = str::Builder::new();
    out.push_str(&name);
    out.push_str("(");
    for (i, &key) in keys(v).iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_value(ops::repr(key)?.v());
    }
    out.push_str(")");
    Ok(out.finish())
}

struct ItemGetterMethods;
struct AttrGetterMethods;

#[native_class(
    decl = ITEMGETTER_DECL,
    doc = "Return a callable object that fetches the given item(s) from its operand.\n\nAfter f = itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])"
)]
impl ItemGetterMethods {
    /// Return state information for pickling
    #[native]
    fn __reduce__(this: Value) -> Ref {
        tuple::pair(Ref::new(type_of(this).v()), tuple::from_slice(keys(this)))
    }
}

#[native_class(
    decl = ATTRGETTER_DECL,
    doc = "Return a callable object that fetches the given attribute(s) from its operand.\n\nAfter f = attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).\nAfter h = attrgetter('name.first', 'name.last'), the call h(r) returns\n(r.name.first, r.name.last)."
)]
impl AttrGetterMethods {
    /// Return state information for pickling
    #[native]
    fn __reduce__(this: Value) -> Ref {
        tuple::pair(Ref::new(type_of(this).v()), tuple::from_slice(keys(this)))
    }
}

// ---------------------------------------------------------------- methodcaller

/// methodcaller: name, positional arguments, keyword arguments.
#[repr(C)]
pub struct MethodCaller {
    header: Header,
    name: Slot,
    args: Slot,
    keywords: Slot,
}

impl Visit for MethodCaller {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.name);
        visitor.slot(&self.args);
        visitor.slot(&self.keywords);
    }
    // The dict of keywords can be emptied; calls rely on the fields.
    fn clear(&self) {}
}

/// The type `operator.methodcaller`.
pub static METHODCALLER: Type = Type::builtin::<MethodCaller>(
    "methodcaller",
    "operator",
    Some(&OBJECT),
    0,
    Slots { new: Some(methodcaller_new), call: Some(methodcaller_call), repr: Some(methodcaller_repr), ..Slots::NONE },
    Some(&METHODCALLER_DECL),
)
.visited::<MethodCaller>();
object_type!(MethodCaller, METHODCALLER);

fn methodcaller_new(class: &'static Type, args: &Args) -> R<Ref> {
    let [name, rest @ ..] = args.pos() else {
        return Err(type_error("methodcaller needs at least one argument, the method name"));
    };
    if !str::is_str(*name) {
        return Err(type_error("method name must be a string"));
    }
    let keywords = dict::new();
    for (key, value) in args.kw() {
        dict::set(keywords.v(), key, value)?;
    }
    Ok(dxpyc_objects::cast::new_object_of(class, MethodCaller {
        header: header(),
        name: Slot::new(Ref::new(*name)),
        args: Slot::new(tuple::from_slice(rest)),
        keywords: Slot::new(keywords),
    }))
}

fn methodcaller_call(v: Value, args: &Args) -> R<Ref> {
    let object = one_argument("methodcaller", args)?;
    let m = dxpyc_objects::cast::get_unchecked::<MethodCaller>(v);
    let _keep = Ref::new(v);
    let given = tuple::items(m.args.get()).unwrap_or(&[]);
    if dict::len(m.keywords.get()) == 0 {
        return call::call_method_value(object, m.name.get(), given);
    }
    let method = ops::getattr(object, m.name.get())?;
    let mut values = given.to_vec();
    let mut names = Vec::new();
    let mut pos = 0;
    while let Some((key, value)) = dict::next_entry(m.keywords.get(), &mut pos) {
        names.push(key);
        values.push(value);
    }
    call::call(method.v(), &Args::with_names(&values, &names))
}

fn methodcaller_repr(v: Value) -> R<Ref> {
    let m = dxpyc_objects::cast::get_unchecked::<MethodCaller>(v);
    let Some(_guard) = arity::ReprGuard::enter(v) else { return arity::text("operator.methodcaller(...)") };
    let mut out = str::Builder::new();
    out.push_str("operator.methodcaller(");
    out.push_value(ops::repr(m.name.get())?.v());
    for &a in tuple::items(m.args.get()).unwrap_or(&[]) {
        out.push_str(", ");
        out.push_value(ops::repr(a)?.v());
    }
    let mut pos = 0;
    while let Some((key, value)) = dict::next_entry(m.keywords.get(), &mut pos) {
        out.push_str(", ");
        out.push_value(key);
        out.push_str("=");
        out.push_value(ops::repr(value)?.v());
    }
    out.push_str(")");
    Ok(out.finish())
}

#[native_class(
    decl = METHODCALLER_DECL,
    doc = "Return a callable object that calls the given method on its operand.\n\nAfter f = methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), the call g(r) returns\nr.name('date', foo=1)."
)]
impl MethodCaller {
    /// Return state information for pickling
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let m = dxpyc_objects::cast::get_unchecked::<MethodCaller>(this);
        let class = Ref::new(type_of(this).v());
        let mut args = vec![m.name.get()];
        args.extend_from_slice(tuple::items(m.args.get()).unwrap_or(&[]));
        if dict::len(m.keywords.get()) == 0 {
            return Ok(tuple::pair(class, tuple::from_slice(&args)));
        }
        let mut values = vec![class.v(), m.name.get()];
        let mut names = Vec::new();
        let mut pos = 0;
        while let Some((key, value)) = dict::next_entry(m.keywords.get(), &mut pos) {
            names.push(key);
            values.push(value);
        }
        let made = call::call(crate::_functools::PARTIAL.v(), &Args::with_names(&values, &names))?;
        Ok(tuple::pair(made, tuple::from_slice(&args[1..])))
    }
}
