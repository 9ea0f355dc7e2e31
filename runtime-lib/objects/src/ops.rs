//! The abstract object protocol (being written: signatures only).
use crate::prelude::*;

fn later() -> Raised { system_error("not there yet: ops") }

macro_rules! binary { ($($n:ident)*) => { $(/// Operator.
pub fn $n(a: Value, b: Value) -> R<Ref> { let _ = (a, b); Err(later()) })* } }
binary! { add sub mul matmul truediv floordiv modulo divmod lshift rshift and or xor iadd isub imul imatmul itruediv ifloordiv imod ipow ilshift irshift iand ior ixor getitem }
macro_rules! unary { ($($n:ident)*) => { $(/// Operator.
pub fn $n(a: Value) -> R<Ref> { let _ = a; Err(later()) })* } }
unary! { neg pos invert abs repr str ascii iter index }
/// `pow(a, b, m)`; m NONE for two arguments.
pub fn pow(_a: Value, _b: Value, _m: Value) -> R<Ref> { Err(later()) }
/// Rich comparison.
pub fn compare(_a: Value, _b: Value, _op: CompareOp) -> R<Ref> { Err(later()) }
/// Truth of a rich comparison (no identity shortcut).
pub fn compare_true(_a: Value, _b: Value, _op: CompareOp) -> R<bool> { Err(later()) }
/// Equality with the identity shortcut.
pub fn eq(_a: Value, _b: Value) -> R<bool> { Err(later()) }
/// Truth value.
pub fn truth(_v: Value) -> R<bool> { Err(later()) }
/// `hash(v)`.
pub fn hash(_v: Value) -> R<i64> { Err(later()) }
/// `len(v)`.
pub fn len(_v: Value) -> R<usize> { Err(later()) }
/// `operator.length_hint(v, default)`.
pub fn length_hint(_v: Value, _default: usize) -> R<usize> { Err(later()) }
/// Next item, None when exhausted.
pub fn next(_v: Value) -> R<Option<Ref>> { Err(later()) }
/// `o[k] = v`.
pub fn setitem(_o: Value, _k: Value, _v: Value) -> R<()> { Err(later()) }
/// `del o[k]`.
pub fn delitem(_o: Value, _k: Value) -> R<()> { Err(later()) }
/// `item in container`.
pub fn contains(_container: Value, _item: Value) -> R<bool> { Err(later()) }
/// `getattr(v, name)`.
pub fn getattr(_v: Value, _name: Value) -> R<Ref> { Err(later()) }
/// `getattr(v, "name")`.
pub fn getattr_str(_v: Value, _name: &str) -> R<Ref> { Err(later()) }
/// As getattr; None when there is no such attribute (AttributeError swallowed).
pub fn getattr_opt(_v: Value, _name: &str) -> R<Option<Ref>> { Err(later()) }
/// As getattr_opt with a str object.
pub fn getattr_opt_value(_v: Value, _name: Value) -> R<Option<Ref>> { Err(later()) }
/// `setattr(v, name, x)`.
pub fn setattr(_v: Value, _name: Value, _x: Value) -> R<()> { Err(later()) }
/// `setattr(v, "name", x)`.
pub fn setattr_str(_v: Value, _name: &str, _x: Value) -> R<()> { Err(later()) }
/// `delattr(v, name)`.
pub fn delattr(_v: Value, _name: Value) -> R<()> { Err(later()) }
/// `isinstance(v, cls)`.
pub fn isinstance(_v: Value, _cls: Value) -> R<bool> { Err(later()) }
/// `issubclass(v, cls)`.
pub fn issubclass(_v: Value, _cls: Value) -> R<bool> { Err(later()) }
/// `format(v, spec)`; spec a str.
pub fn format(_v: Value, _spec: Value) -> R<Ref> { Err(later()) }
/// Calls `f` with each item.
pub fn for_each(_iterable: Value, _f: impl FnMut(Ref) -> R<()>) -> R<()> { Err(later()) }
/// All items.
pub fn collect_to_vec(_iterable: Value) -> R<Vec<Ref>> { Err(later()) }
/// Whether `callable(v)`.
pub fn is_callable(_v: Value) -> bool { false }
