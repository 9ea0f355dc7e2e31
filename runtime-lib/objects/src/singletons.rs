//! The types of None, NotImplemented and Ellipsis.

use crate::prelude::*;

/// Never allocated: the three singletons are immediates.
#[repr(C)]
struct Singleton {
    header: Header,
}

/// `NoneType`.
pub static NONE_TYPE: Type = Type::builtin::<Singleton>(
    "NoneType",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    Slots { repr: Some(none_repr), hash: Some(none_hash), truth: Some(none_truth), new: Some(none_new), ..Slots::NONE },
    Some(&NONE_DECL),
);

/// `NotImplementedType`.
pub static NOT_IMPLEMENTED_TYPE: Type = Type::builtin::<Singleton>(
    "NotImplementedType",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    Slots {
        repr: Some(not_implemented_repr),
        hash: Some(not_implemented_hash),
        truth: Some(not_implemented_truth),
        new: Some(not_implemented_new),
        ..Slots::NONE
    },
    Some(&NOT_IMPLEMENTED_DECL),
);

/// `ellipsis`.
pub static ELLIPSIS_TYPE: Type = Type::builtin::<Singleton>(
    "ellipsis",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    Slots { repr: Some(ellipsis_repr), hash: Some(ellipsis_hash), new: Some(ellipsis_new), ..Slots::NONE },
    Some(&ELLIPSIS_DECL),
);

fn none_repr(_: Value) -> R<Ref> {
    Ok(crate::str::from_str("None"))
}
fn none_hash(_: Value) -> R<i64> {
    Ok(0xFCA8_6420)
}
fn none_truth(_: Value) -> R<bool> {
    Ok(false)
}
fn none_new(_: &'static Type, args: &Args) -> R<Ref> {
    no_arguments("NoneType", args, Value::NONE)
}
fn not_implemented_repr(_: Value) -> R<Ref> {
    Ok(crate::str::from_str("NotImplemented"))
}
fn not_implemented_hash(_: Value) -> R<i64> {
    Ok(742074)
}
fn not_implemented_truth(_: Value) -> R<bool> {
    Err(type_error("NotImplemented should not be used in a boolean context"))
}
fn not_implemented_new(_: &'static Type, args: &Args) -> R<Ref> {
    no_arguments("NotImplementedType", args, Value::NOT_IMPLEMENTED)
}
fn ellipsis_repr(_: Value) -> R<Ref> {
    Ok(crate::str::from_str("Ellipsis"))
}
fn ellipsis_hash(_: Value) -> R<i64> {
    Ok(742073)
}
fn ellipsis_new(_: &'static Type, args: &Args) -> R<Ref> {
    no_arguments("EllipsisType", args, Value::ELLIPSIS)
}

fn no_arguments(name: &str, args: &Args, value: Value) -> R<Ref> {
    if args.values().is_empty() {
        Ok(Ref::from_owned(value))
    } else {
        Err(type_error(format!("{name} takes no arguments")))
    }
}

#[native_class(decl = NONE_DECL, doc = "The type of the None singleton.")]
impl NoneMethods {}
#[native_class(decl = NOT_IMPLEMENTED_DECL, doc = "The type of the NotImplemented singleton.")]
impl NotImplementedMethods {
    #[native]
    fn __reduce__(this: Value) -> &'static str {
        let _ = this;
        "NotImplemented"
    }
}
#[native_class(decl = ELLIPSIS_DECL, doc = "The type of the Ellipsis singleton.")]
impl EllipsisMethods {
    #[native]
    fn __reduce__(this: Value) -> &'static str {
        let _ = this;
        "Ellipsis"
    }
}

#[expect(dead_code, reason = "it only carries the table, which is empty")]
struct NoneMethods;
struct NotImplementedMethods;
struct EllipsisMethods;
