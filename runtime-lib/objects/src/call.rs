//! Calls (being written: signatures only).
use crate::prelude::*;
fn later() -> Raised { system_error("not there yet: call") }
/// Calls anything.
pub fn call(_callee: Value, _args: &Args) -> R<Ref> { Err(later()) }
/// `callee()`
pub fn call0(_callee: Value) -> R<Ref> { Err(later()) }
/// `callee(a)`
pub fn call1(_callee: Value, _a: Value) -> R<Ref> { Err(later()) }
/// `callee(a, b)`
pub fn call2(_callee: Value, _a: Value, _b: Value) -> R<Ref> { Err(later()) }
/// `callee(a, b, c)`
pub fn call3(_callee: Value, _a: Value, _b: Value, _c: Value) -> R<Ref> { Err(later()) }
/// `o.name(args)`
pub fn call_method(_o: Value, _name: &str, _args: &[Value]) -> R<Ref> { Err(later()) }
/// `o.name(args)`
pub fn call_method_value(_o: Value, _name: Value, _args: &[Value]) -> R<Ref> { Err(later()) }
/// `callee(*args, **kwargs)`; args a tuple, kwargs a dict or MISSING.
pub fn call_tuple_dict(_callee: Value, _args: Value, _kwargs: Value) -> R<Ref> { Err(later()) }
