//! `types.GenericAlias`: what `list[int]` is.

use crate::arity;
use crate::ops;
use crate::prelude::*;

/// `origin[args]`.
#[repr(C)]
pub struct GenericAliasObject {
    header: Header,
    origin: Slot,
    args: Slot,
    /// Type variables in the arguments; made when first asked for.
    parameters: Slot,
    starred: bool,
}

impl Visit for GenericAliasObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.origin);
        visitor.slot(&self.args);
        visitor.slot(&self.parameters);
    }
    // What it refers to (classes, dicts of type variables) can be emptied.
    fn clear(&self) {}
}

/// The type `types.GenericAlias`.
pub static GENERIC_ALIAS: Type = Type::builtin::<GenericAliasObject>(
    "GenericAlias",
    "types",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE,
    Slots {
        repr: Some(repr),
        hash: Some(hash),
        compare: Some(compare),
        call: Some(call),
        getattr: Some(getattr),
        getitem: Some(getitem),
        iter: Some(iter),
        new: Some(new_slot),
        or: Some(or),
        ..Slots::NONE
    },
    Some(&GENERIC_ALIAS_DECL),
)
.visited::<GenericAliasObject>();
object_type!(GenericAliasObject, GENERIC_ALIAS);

/// `origin[item]`; a tuple stands for several arguments.
pub fn new(origin: Value, item: Value) -> R<Ref> {
    make(&GENERIC_ALIAS, origin, item, false)
}

fn make(class: &'static Type, origin: Value, item: Value, starred: bool) -> R<Ref> {
    let args = if crate::tuple::items(item).is_some() { Ref::new(item) } else { crate::tuple::from_slice(&[item]) };
    Ok(crate::cast::new_object_of(
        class,
        GenericAliasObject {
            header: crate::cast::fresh_header(),
            origin: Slot::new(Ref::new(origin)),
            args: Slot::new(args),
            parameters: Slot::empty(),
            starred,
        },
    ))
}

fn new_slot(class: &'static Type, args: &Args) -> R<Ref> {
    arity::refuse_keywords(class, &GENERIC_ALIAS, args)?;
    arity::check("GenericAlias", args.pos().len(), 2, 2)?;
    make(class, args.pos()[0], args.pos()[1], false)
}

fn body<'a>(v: Value) -> &'a GenericAliasObject {
    crate::cast::get_unchecked(v)
}

fn args_of<'a>(v: Value) -> &'a [Value] {
    crate::tuple::items(body(v).args.get()).unwrap_or(&[])
}

/// The text of one part: `module.qualname` of classes without `builtins.`, `...`, else its repr.
pub fn repr_part(out: &mut crate::str::Builder, part: Value) -> R<()> {
    if part == Value::ELLIPSIS {
        out.push_str("...");
        return Ok(());
    }
    if crate::list::is_exact_list(part) {
        out.push_str("[");
        let items = crate::list::collect(part)?;
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            repr_part(out, item.v())?;
        }
        out.push_str("]");
        return Ok(());
    }
    let is_alias = ops::getattr_opt(part, "__origin__")?.is_some() && ops::getattr_opt(part, "__args__")?.is_some();
    if !is_alias
        && let Some(qualname) = ops::getattr_opt(part, "__qualname__")?
        && let Some(module) = ops::getattr_opt(part, "__module__")?
        && !module.v().is_none()
    {
        let (module, qualname) = (ops::str(module.v())?, ops::str(qualname.v())?);
        if !crate::str::view(module.v()).is("builtins") {
            out.push_value(module.v());
            out.push_str(".");
        }
        out.push_value(qualname.v());
        return Ok(());
    }
    out.push_value(ops::repr(part)?.v());
    Ok(())
}

fn repr(v: Value) -> R<Ref> {
    crate::state::check_recursion(" while getting the repr of an object")?;
    let mut out = crate::str::Builder::new();
    if body(v).starred {
        out.push_str("*");
    }
    repr_part(&mut out, body(v).origin.get())?;
    out.push_str("[");
    let args = args_of(v);
    for (i, &arg) in args.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        repr_part(&mut out, arg)?;
    }
    if args.is_empty() {
        out.push_str("()");
    }
    out.push_str("]");
    Ok(out.finish())
}

fn hash(v: Value) -> R<i64> {
    Ok(ops::hash(body(v).origin.get())? ^ ops::hash(body(v).args.get())?)
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    let (Some(x), Some(y)) = (crate::cast::get::<GenericAliasObject>(a), crate::cast::get::<GenericAliasObject>(b)) else {
        return Ok(Ref::not_implemented());
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let equal =
        x.starred == y.starred && ops::eq(x.origin.get(), y.origin.get())? && ops::eq(x.args.get(), y.args.get())?;
    Ok(Ref::bool(equal == (op == CompareOp::Eq)))
}

fn call(v: Value, args: &Args) -> R<Ref> {
    let result = crate::call::call(body(v).origin.get(), args)?;
    if ops::setattr_str(result.v(), "__orig_class__", v).is_err()
        && !swallow(&crate::exceptions::ATTRIBUTE_ERROR)
        && !swallow(&crate::exceptions::TYPE_ERROR)
    {
        return Err(Raised);
    }
    Ok(result)
}

/// Attributes that the alias answers itself; all others are the origin's. In one text: the linker would take each for a look-up.
const OWN: &str = "__class__ __origin__ __args__ __unpacked__ __parameters__ __typing_unpacked_tuple_args__ __mro_entries__ \
                   __reduce_ex__ __reduce__ __copy__ __deepcopy__";
/// Attributes that nobody has.
const BLOCKED: &str = "__bases__ __copy__ __deepcopy__";

fn has(list: &str, name: &str) -> bool {
    list.split(' ').any(|listed| listed == name)
}

fn getattr(v: Value, name: Value) -> R<Ref> {
    if let Some(text) = crate::str::try_view(name) {
        let text = text.to_rust();
        if !has(OWN, &text) && !has(BLOCKED, &text) {
            return ops::getattr(body(v).origin.get(), name);
        }
    }
    crate::attr::generic_get(v, name)
}

fn is_type_variable(v: Value) -> R<bool> {
    if crate::type_object::as_type(v).is_some() {
        return Ok(false);
    }
    Ok(ops::getattr_opt(type_of(v).v(), "__typing_subst__")?.is_some())
}

/// The type variables in some arguments, each once, in order of appearance.
pub fn make_parameters(args: &[Value]) -> R<Ref> {
    let mut found: Vec<Ref> = Vec::new();
    collect_parameters(args, &mut found)?;
    Ok(crate::tuple::from_refs(found))
}

fn collect_parameters(args: &[Value], found: &mut Vec<Ref>) -> R<()> {
    for &arg in args {
        if crate::type_object::as_type(arg).is_some() {
            continue;
        }
        if is_type_variable(arg)? {
            add_once(found, arg);
        } else if let Some(inner) = ops::getattr_opt(arg, "__parameters__")? {
            for &p in crate::tuple::items(inner.v()).unwrap_or(&[]) {
                add_once(found, p);
            }
        } else if crate::list::is_exact_list(arg) || crate::tuple::is_exact_tuple(arg) {
            let items = crate::list::collect(arg)?;
            let items: Vec<Value> = items.iter().map(Ref::v).collect();
            collect_parameters(&items, found)?;
        }
    }
    Ok(())
}

fn add_once(found: &mut Vec<Ref>, v: Value) {
    if !found.iter().any(|f| f.v() == v) {
        found.push(Ref::new(v));
    }
}

fn parameters(v: Value) -> R<Ref> {
    if body(v).parameters.is_empty() {
        body(v).parameters.set(make_parameters(args_of(v))?);
    }
    Ok(Ref::new(body(v).parameters.get()))
}

fn getitem(v: Value, item: Value) -> R<Ref> {
    let parameters = parameters(v)?;
    let args = substitute(v, args_of(v), crate::tuple::items_unchecked(parameters.v()), item)?;
    make(&GENERIC_ALIAS, body(v).origin.get(), args.v(), body(v).starred)
}

/// The arguments with the type variables replaced by the items.
pub fn substitute(v: Value, args: &[Value], parameters: &[Value], item: Value) -> R<Ref> {
    if parameters.is_empty() {
        return Err(type_error(format!("{} is not a generic class", crate::str::to_rust(ops::repr(v)?.v()))));
    }
    let mut items = if crate::tuple::is_exact_tuple(item) { Ref::new(item) } else { crate::tuple::from_slice(&[item]) };
    for &p in parameters {
        if let Some(prepare) = ops::getattr_opt(p, "__typing_prepare_subst__")?
            && !prepare.v().is_none()
        {
            let prepared = crate::call::call2(prepare.v(), v, items.v())?;
            items = if crate::tuple::is_exact_tuple(prepared.v()) { prepared } else { crate::tuple::from_refs(vec![prepared]) };
        }
    }
    let values = crate::tuple::items_unchecked(items.v());
    if values.len() != parameters.len() {
        let word = if values.len() > parameters.len() { "many" } else { "few" };
        return Err(type_error(format!(
            "Too {word} arguments for {}; actual {}, expected {}",
            crate::str::to_rust(ops::repr(v)?.v()),
            values.len(),
            parameters.len()
        )));
    }
    let out = substitute_all(args, parameters, values)?;
    Ok(crate::tuple::from_refs(out))
}

fn substitute_all(args: &[Value], parameters: &[Value], values: &[Value]) -> R<Vec<Ref>> {
    let mut out: Vec<Ref> = Vec::new();
    for &arg in args {
        if crate::type_object::as_type(arg).is_some() {
            out.push(Ref::new(arg));
            continue;
        }
        if crate::list::is_exact_list(arg) || crate::tuple::is_exact_tuple(arg) {
            let items = crate::list::collect(arg)?;
            let items: Vec<Value> = items.iter().map(Ref::v).collect();
            let inner = substitute_all(&items, parameters, values)?;
            let is_list = crate::list::is_exact_list(arg);
            out.push(if is_list { crate::list::from_refs(inner) } else { crate::tuple::from_refs(inner) });
            continue;
        }
        if is_type_variable(arg)?
            && let Some(i) = parameters.iter().position(|p| *p == arg)
        {
            let replaced = crate::call::call_method(arg, "__typing_subst__", &[values[i]])?;
            push_unpacked(&mut out, arg, replaced)?;
            continue;
        }
        let inner = ops::getattr_opt(arg, "__parameters__")?;
        let inner = inner.as_ref().and_then(|p| crate::tuple::items(p.v())).unwrap_or(&[]);
        if inner.is_empty() {
            out.push(Ref::new(arg));
            continue;
        }
        let mut chosen = Vec::new();
        for p in inner {
            if let Some(i) = parameters.iter().position(|q| q == p) {
                chosen.push(values[i]);
            }
        }
        let key = crate::tuple::from_slice(&chosen);
        let replaced = ops::getitem(arg, key.v())?;
        push_unpacked(&mut out, arg, replaced)?;
    }
    Ok(out)
}

/// A starred argument (or type variable tuple) spreads its values.
fn push_unpacked(out: &mut Vec<Ref>, arg: Value, replaced: Ref) -> R<()> {
    let spreads = match ops::getattr_opt(arg, "__typing_is_unpacked_typevartuple__")? {
        Some(flag) => ops::truth(flag.v())?,
        None => false,
    };
    if spreads && let Some(items) = crate::tuple::items(replaced.v()) {
        out.extend(crate::list::to_refs(items));
    } else {
        out.push(replaced);
    }
    Ok(())
}

/// `*alias`: iteration gives the starred alias once.
fn iter(v: Value) -> R<Ref> {
    let starred = make(&GENERIC_ALIAS, body(v).origin.get(), body(v).args.get(), true)?;
    ops::iter(crate::tuple::from_slice(&[starred.v()]).v())
}

fn or(a: Value, b: Value) -> R<Ref> {
    crate::union_type::or(a, b)
}

struct GenericAliasMethods;

#[native_class(decl = GENERIC_ALIAS_DECL, doc = "GenericAlias(origin, args, /)\n--\n\nRepresent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).")]
impl GenericAliasMethods {
    #[getter]
    fn __origin__(this: Value) -> Ref {
        Ref::new(body(this).origin.get())
    }
    #[getter]
    fn __args__(this: Value) -> Ref {
        Ref::new(body(this).args.get())
    }
    #[getter]
    fn __unpacked__(this: Value) -> bool {
        body(this).starred
    }
    /// Type variables in the GenericAlias.
    #[getter]
    fn __parameters__(this: Value) -> R<Ref> {
        parameters(this)
    }
    #[getter]
    fn __typing_unpacked_tuple_args__(this: Value) -> R<Ref> {
        if body(this).starred && body(this).origin.get() == crate::tuple::TUPLE.v() {
            return Ok(Ref::new(body(this).args.get()));
        }
        Ok(Ref::none())
    }
    #[native]
    fn __mro_entries__(this: Value, _bases: Value) -> Ref {
        crate::tuple::from_slice(&[body(this).origin.get()])
    }
    #[native]
    fn __instancecheck__(_this: Value, _instance: Value) -> R<Ref> {
        Err(type_error("isinstance() argument 2 cannot be a parameterized generic"))
    }
    #[native]
    fn __subclasscheck__(_this: Value, _class: Value) -> R<Ref> {
        Err(type_error("issubclass() argument 2 cannot be a parameterized generic"))
    }
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        let b = body(this);
        if b.starred {
            let plain = make(&GENERIC_ALIAS, b.origin.get(), b.args.get(), false)?;
            let iterator = ops::iter(plain.v())?;
            return Ok(crate::tuple::pair(crate::iterators::builtin("next")?, crate::tuple::from_slice(&[iterator.v()])));
        }
        let args = crate::tuple::from_slice(&[b.origin.get(), b.args.get()]);
        Ok(crate::tuple::pair(Ref::new(GENERIC_ALIAS.v()), args))
    }
    #[native]
    fn __dir__(this: Value) -> R<Ref> {
        let names = crate::call::call_method(crate::type_object::TYPE.v(), "__dir__", &[body(this).origin.get()])?;
        let list = crate::list::from_refs(crate::list::collect(names.v())?);
        for name in OWN.split(' ') {
            let name = crate::str::from_str(name);
            if !ops::contains(list.v(), name.v())? {
                crate::list::push(list.v(), name);
            }
        }
        Ok(list)
    }
}
