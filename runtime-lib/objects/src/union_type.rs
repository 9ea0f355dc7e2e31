//! `typing.Union` of 3.14: what `int | str` is.

use crate::ops;
use crate::prelude::*;

/// A union of types.
#[repr(C)]
pub struct UnionObject {
    header: Header,
    /// The members: a tuple.
    args: Slot,
    /// Type variables in the members; made when first asked for.
    parameters: Slot,
}

impl Visit for UnionObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.args);
        visitor.slot(&self.parameters);
    }
    // What it refers to can be emptied.
    fn clear(&self) {}
}

/// The type `typing.Union` (`types.UnionType`).
pub static UNION: Type = Type::builtin::<UnionObject>(
    "Union",
    "typing",
    Some(&crate::type_object::OBJECT),
    type_flags::NO_NEW,
    Slots {
        repr: Some(repr),
        hash: Some(hash),
        compare: Some(compare),
        getitem: Some(getitem),
        or: Some(or),
        ..Slots::NONE
    },
    Some(&UNION_DECL),
)
.visited::<UnionObject>();
object_type!(UnionObject, UNION);

fn body<'a>(v: Value) -> &'a UnionObject {
    crate::cast::get_unchecked(v)
}

/// The members of a union.
pub fn members<'a>(v: Value) -> Option<&'a [Value]> {
    crate::cast::get::<UnionObject>(v).and_then(|u| crate::tuple::items(u.args.get()))
}

/// Whether `|` makes a union of the value.
fn is_unionable(v: Value) -> bool {
    v.is_none()
        || crate::type_object::as_type(v).is_some()
        || is_exact(v, &UNION)
        || crate::cast::get::<crate::generic_alias::GenericAliasObject>(v).is_some()
        || is_type_alias(v)
}

fn is_type_alias(v: Value) -> bool {
    type_of(v).static_module == "typing" && !type_of(v).has(type_flags::HEAP)
}

/// `a | b` for types: NotImplemented when one of them is no type.
pub fn or(a: Value, b: Value) -> R<Ref> {
    if !is_unionable(a) || !is_unionable(b) {
        return Ok(Ref::not_implemented());
    }
    make(&[a, b])
}

/// The union of some types: flattened, each once; one alone is itself.
pub fn make(parts: &[Value]) -> R<Ref> {
    let mut out: Vec<Ref> = Vec::new();
    for &part in parts {
        let inner = [part];
        for &member in members(part).unwrap_or(&inner) {
            let member = if member.is_none() { crate::singletons::NONE_TYPE.v() } else { member };
            let mut seen = false;
            for other in &out {
                seen = seen || same_member(other.v(), member)?;
            }
            if !seen {
                out.push(Ref::new(member));
            }
        }
    }
    if out.len() == 1 {
        return Ok(out.swap_remove(0));
    }
    Ok(new_object(UnionObject {
        header: crate::cast::fresh_header(),
        args: Slot::new(crate::tuple::from_refs(out)),
        parameters: Slot::empty(),
    }))
}

fn same_member(a: Value, b: Value) -> R<bool> {
    if crate::type_object::as_type(a).is_some() && crate::type_object::as_type(b).is_some() {
        return Ok(a == b);
    }
    Ok(type_of(a).v() == type_of(b).v() && ops::eq(a, b)?)
}

fn repr(v: Value) -> R<Ref> {
    let mut out = crate::str::Builder::new();
    for (i, &member) in members(v).unwrap_or(&[]).iter().enumerate() {
        if i > 0 {
            out.push_str(" | ");
        }
        if member == crate::singletons::NONE_TYPE.v() {
            out.push_str("None");
        } else {
            crate::generic_alias::repr_part(&mut out, member)?;
        }
    }
    Ok(out.finish())
}

fn as_frozenset(v: Value) -> R<Ref> {
    crate::set::make(&crate::set::FROZENSET, Some(body(v).args.get()))
}

fn hash(v: Value) -> R<i64> {
    ops::hash(as_frozenset(v)?.v())
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !is_exact(b, &UNION) || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let (x, y) = (as_frozenset(a)?, as_frozenset(b)?);
    ops::compare(x.v(), y.v(), op)
}

fn parameters(v: Value) -> R<Ref> {
    if body(v).parameters.is_empty() {
        body(v).parameters.set(crate::generic_alias::make_parameters(members(v).unwrap_or(&[]))?);
    }
    Ok(Ref::new(body(v).parameters.get()))
}

fn getitem(v: Value, item: Value) -> R<Ref> {
    let parameters = parameters(v)?;
    let members = members(v).unwrap_or(&[]);
    let args = crate::generic_alias::substitute(v, members, crate::tuple::items_unchecked(parameters.v()), item)?;
    let mut result: Option<Ref> = None;
    for &arg in crate::tuple::items_unchecked(args.v()) {
        result = Some(match result {
            None => Ref::new(arg),
            Some(left) => ops::or(left.v(), arg)?,
        });
    }
    Ok(result.unwrap_or_else(Ref::none))
}

struct UnionMethods;

#[native_class(decl = UNION_DECL, doc = "Represent a union type\n\nE.g. for int | str")]
impl UnionMethods {
    #[getter]
    fn __args__(this: Value) -> Ref {
        Ref::new(body(this).args.get())
    }
    #[getter]
    fn __origin__(_this: Value) -> Ref {
        Ref::new(UNION.v())
    }
    #[getter]
    fn __name__(_this: Value) -> &'static str {
        "Union"
    }
    #[getter]
    fn __qualname__(_this: Value) -> &'static str {
        "Union"
    }
    /// Type variables in the types.UnionType.
    #[getter]
    fn __parameters__(this: Value) -> R<Ref> {
        parameters(this)
    }
    #[native]
    fn __instancecheck__(this: Value, instance: Value) -> R<bool> {
        for &member in members(this).unwrap_or(&[]) {
            check(member, "isinstance()")?;
            if ops::isinstance(instance, member)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
    #[native]
    fn __subclasscheck__(this: Value, class: Value) -> R<bool> {
        if crate::type_object::as_type(class).is_none() {
            return Err(type_error("issubclass() arg 1 must be a class"));
        }
        for &member in members(this).unwrap_or(&[]) {
            check(member, "issubclass()")?;
            if ops::issubclass(class, member)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
    #[native]
    fn __mro_entries__(this: Value, _bases: Value) -> R<Ref> {
        Err(type_error(format!("Cannot subclass {}", crate::str::to_rust(repr(this)?.v()))))
    }
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(_class: Value, item: Value) -> R<Ref> {
        match crate::tuple::items(item) {
            Some([]) => Err(type_error("Cannot take a Union of no types.")),
            Some(items) => make(items),
            None => make(&[item]),
        }
    }
}

fn check(member: Value, function: &str) -> R<()> {
    if crate::cast::get::<crate::generic_alias::GenericAliasObject>(member).is_some() {
        return Err(type_error(format!("{function} argument 2 cannot be a parameterized generic")));
    }
    Ok(())
}
