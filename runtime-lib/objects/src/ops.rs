//! The abstract object protocol: operators with their reflections and fallbacks, comparison, truth, hash, repr, length.

use crate::dunder::{D, name};
use crate::prelude::*;
use crate::slots::*;
use crate::type_object::{display_name, lookup};
use crate::uses_slot;

pub use crate::ops_attr::*;
pub use crate::ops_class::*;
pub use crate::ops_items::*;

// ---------------------------------------------------------------- binary operators

#[cold]
fn unsupported(symbol: &str, a: Value, b: Value) -> Raised {
    type_error(format!("unsupported operand type(s) for {symbol}: '{}' and '{}'", display_name(a), display_name(b)))
}

/// The slot functions of both operands, tried in Python's order. NOT_IMPLEMENTED when neither answers.
#[inline]
fn dispatch(a: Value, b: Value, ta: &'static Type, tb: &'static Type, fa: Option<BinaryFn>, fb: Option<BinaryFn>) -> R<Ref> {
    let mut fb = if std::ptr::eq(ta, tb) { None } else { fb };
    if let (Some(x), Some(y)) = (fa, fb)
        && x as usize == y as usize
    {
        fb = None;
    }
    if let Some(f) = fa {
        if let Some(g) = fb
            && tb.is_subtype(ta)
        {
            let result = g(a, b)?;
            if result.v() != Value::NOT_IMPLEMENTED {
                return Ok(result);
            }
            fb = None;
        }
        let result = f(a, b)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    if let Some(g) = fb {
        return g(a, b);
    }
    Ok(Ref::not_implemented())
}

macro_rules! binary {
    ($($f:ident $slot:ident $symbol:literal;)*) => { $(
        #[doc = concat!("`a ", $symbol, " b`.")]
        pub fn $f(a: Value, b: Value) -> R<Ref> {
            uses_slot!($slot);
            let (ta, tb) = (type_of(a), type_of(b));
            let result = dispatch(a, b, ta, tb, ta.slots().$slot, tb.slots().$slot)?;
            if result.v() != Value::NOT_IMPLEMENTED { return Ok(result) }
            Err(unsupported($symbol, a, b))
        }
    )* };
}
binary! {
    sub sub "-"; matmul matmul "@"; truediv truediv "/"; floordiv floordiv "//"; modulo modulo "%"; divmod divmod "divmod()";
    lshift lshift "<<"; and and "&"; or or "|"; xor xor "^";
}

/// `a + b`: numbers first, then concatenation.
pub fn add(a: Value, b: Value) -> R<Ref> {
    uses_slot!(add concat);
    let (ta, tb) = (type_of(a), type_of(b));
    let result = dispatch(a, b, ta, tb, ta.slots().add, tb.slots().add)?;
    if result.v() != Value::NOT_IMPLEMENTED {
        return Ok(result);
    }
    if let Some(concat) = ta.slots().concat {
        let result = concat(a, b)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    Err(unsupported("+", a, b))
}

/// Repetition of `sequence`, the count being any index.
fn repeat_by(f: RepeatFn, sequence: Value, n: Value) -> R<Ref> {
    if type_of(n).slots().index.is_none() {
        return Err(type_error(format!("can't multiply sequence by non-int of type '{}'", display_name(n))));
    }
    let n = index_isize_error(n)?;
    f(sequence, n)
}

fn index_isize_error(n: Value) -> R<isize> {
    let i = index(n)?;
    match crate::int::as_i64_exact(i.v()) {
        Some(i) => Ok(i as isize),
        None => Err(overflow_error(format!("cannot fit '{}' into an index-sized integer", display_name(n)))),
    }
}

/// `a * b`: numbers first, then repetition.
pub fn mul(a: Value, b: Value) -> R<Ref> {
    uses_slot!(mul repeat);
    let (ta, tb) = (type_of(a), type_of(b));
    let result = dispatch(a, b, ta, tb, ta.slots().mul, tb.slots().mul)?;
    if result.v() != Value::NOT_IMPLEMENTED {
        return Ok(result);
    }
    if let Some(f) = ta.slots().repeat {
        return repeat_by(f, a, b);
    }
    if let Some(f) = tb.slots().repeat {
        return repeat_by(f, b, a);
    }
    Err(unsupported("*", a, b))
}

/// `a >> b`.
pub fn rshift(a: Value, b: Value) -> R<Ref> {
    uses_slot!(rshift);
    let (ta, tb) = (type_of(a), type_of(b));
    let result = dispatch(a, b, ta, tb, ta.slots().rshift, tb.slots().rshift)?;
    if result.v() != Value::NOT_IMPLEMENTED {
        return Ok(result);
    }
    if let Some(f) = crate::cast::get::<crate::function::BuiltinFunction>(a)
        && f.decl.name == "print"
    {
        return Err(type_error(format!(
            "unsupported operand type(s) for >>: '{}' and '{}'. Did you mean \"print(<message>, file=<output_stream>)\"?",
            display_name(a),
            display_name(b)
        )));
    }
    Err(unsupported(">>", a, b))
}

/// `pow(a, b, m)`; `m` NONE for two arguments.
pub fn pow(a: Value, b: Value, m: Value) -> R<Ref> {
    pow_named(a, b, m, "** or pow()")
}

fn pow_named(a: Value, b: Value, m: Value, symbol: &str) -> R<Ref> {
    uses_slot!(pow);
    let (ta, tb) = (type_of(a), type_of(b));
    let fa = ta.slots().pow;
    let mut fb = if std::ptr::eq(ta, tb) { None } else { tb.slots().pow };
    if let (Some(x), Some(y)) = (fa, fb)
        && x as usize == y as usize
    {
        fb = None;
    }
    let mut second = fb;
    if let Some(f) = fa {
        if let Some(g) = fb
            && tb.is_subtype(ta)
        {
            let result = g(a, b, m)?;
            if result.v() != Value::NOT_IMPLEMENTED {
                return Ok(result);
            }
            second = None;
        }
        let result = f(a, b, m)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    if let Some(g) = second {
        let result = g(a, b, m)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    if m.is_none() {
        return Err(unsupported(symbol, a, b));
    }
    if let Some(h) = type_of(m).slots().pow
        && fa.is_none_or(|f| f as usize != h as usize)
        && fb.is_none_or(|f| f as usize != h as usize)
    {
        let result = h(a, b, m)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    Err(type_error(format!(
        "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
        display_name(a),
        display_name(b),
        display_name(m)
    )))
}

// ---------------------------------------------------------------- in-place operators

macro_rules! inplace {
    ($($f:ident $slot:ident $plain:ident $symbol:literal;)*) => { $(
        #[doc = concat!("`a ", $symbol, " b`.")]
        pub fn $f(a: Value, b: Value) -> R<Ref> {
            uses_slot!($slot $plain);
            let (ta, tb) = (type_of(a), type_of(b));
            if let Some(f) = ta.slots().$slot {
                let result = f(a, b)?;
                if result.v() != Value::NOT_IMPLEMENTED { return Ok(result) }
            }
            let result = dispatch(a, b, ta, tb, ta.slots().$plain, tb.slots().$plain)?;
            if result.v() != Value::NOT_IMPLEMENTED { return Ok(result) }
            Err(unsupported($symbol, a, b))
        }
    )* };
}
inplace! {
    isub isub sub "-="; imatmul imatmul matmul "@="; itruediv itruediv truediv "/="; ifloordiv ifloordiv floordiv "//=";
    imod imod modulo "%="; ilshift ilshift lshift "<<="; irshift irshift rshift ">>="; iand iand and "&="; ior ior or "|=";
    ixor ixor xor "^=";
}

/// `a += b`.
pub fn iadd(a: Value, b: Value) -> R<Ref> {
    uses_slot!(iadd add iconcat concat);
    let (ta, tb) = (type_of(a), type_of(b));
    let (sa, sb) = (ta.slots(), tb.slots());
    if let Some(f) = sa.iadd {
        let result = f(a, b)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    let result = dispatch(a, b, ta, tb, sa.add, sb.add)?;
    if result.v() != Value::NOT_IMPLEMENTED {
        return Ok(result);
    }
    if let Some(f) = ta.slots().iconcat.or(ta.slots().concat) {
        let result = f(a, b)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    Err(unsupported("+=", a, b))
}

/// `a *= b`.
pub fn imul(a: Value, b: Value) -> R<Ref> {
    uses_slot!(imul mul irepeat repeat);
    let (ta, tb) = (type_of(a), type_of(b));
    if let Some(f) = ta.slots().imul {
        let result = f(a, b)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    let result = dispatch(a, b, ta, tb, ta.slots().mul, tb.slots().mul)?;
    if result.v() != Value::NOT_IMPLEMENTED {
        return Ok(result);
    }
    if let Some(f) = ta.slots().irepeat.or(ta.slots().repeat) {
        return repeat_by(f, a, b);
    }
    if let Some(f) = tb.slots().repeat {
        return repeat_by(f, b, a);
    }
    Err(unsupported("*=", a, b))
}

/// `a **= b`.
pub fn ipow(a: Value, b: Value) -> R<Ref> {
    uses_slot!(ipow);
    if let Some(f) = type_of(a).slots().ipow {
        let result = f(a, b)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    pow_named(a, b, Value::NONE, "**=")
}

// ---------------------------------------------------------------- unary operators

macro_rules! unary {
    ($($f:ident $slot:ident $symbol:literal;)*) => { $(
        #[doc = concat!("`", $symbol, "`.")]
        pub fn $f(a: Value) -> R<Ref> {
            uses_slot!($slot);
            match type_of(a).slots().$slot {
                Some(f) => f(a),
                None => Err(type_error(format!(concat!("bad operand type for ", $symbol, ": '{}'"), display_name(a)))),
            }
        }
    )* };
}
unary! { neg neg "unary -"; pos pos "unary +"; invert invert "unary ~"; abs abs "abs()"; }

/// `operator.index(v)`: an int (exact).
pub fn index(v: Value) -> R<Ref> {
    if crate::int::is_int(v) && !v.is_bool() {
        return Ok(crate::int::exact(v));
    }
    let Some(f) = type_of(v).slots().index else {
        return Err(type_error(format!("'{}' object cannot be interpreted as an integer", display_name(v))));
    };
    let result = f(v)?;
    if v.is_bool() || is_exact(result.v(), &crate::int::INT) {
        return Ok(result);
    }
    if !crate::int::is_int(result.v()) {
        return Err(type_error(format!("__index__ returned non-int (type {})", display_name(result.v()))));
    }
    // CPython also emits a DeprecationWarning here.
    Ok(crate::int::exact(result.v()))
}

/// The index as a machine integer; OverflowError when it does not fit.
pub fn index_isize(v: Value) -> R<isize> {
    if let Some(i) = v.as_small_int() {
        return Ok(i as isize);
    }
    index_isize_error(v)
}

// ---------------------------------------------------------------- comparison

/// Rich comparison with reflection; identity as the last resort of `==` and `!=`.
pub fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    crate::state::check_recursion(" in comparison")?;
    let (ta, tb) = (type_of(a), type_of(b));
    let (fa, fb) = (ta.slots().compare, tb.slots().compare);
    let mut reflected_tried = false;
    if !std::ptr::eq(ta, tb)
        && let Some(g) = fb
        && tb.is_subtype(ta)
    {
        reflected_tried = true;
        let result = g(b, a, op.swapped())?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    if let Some(f) = fa {
        let result = f(a, b, op)?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    if !reflected_tried && let Some(g) = fb {
        let result = g(b, a, op.swapped())?;
        if result.v() != Value::NOT_IMPLEMENTED {
            return Ok(result);
        }
    }
    match op {
        CompareOp::Eq => Ok(Ref::bool(is_same(a, b))),
        CompareOp::Ne => Ok(Ref::bool(!is_same(a, b))),
        _ => Err(type_error(format!(
            "'{}' not supported between instances of '{}' and '{}'",
            op.symbol(),
            display_name(a),
            display_name(b)
        ))),
    }
}

/// `a is b`.
#[inline(always)]
pub fn is_same(a: Value, b: Value) -> bool {
    a == b
}

/// Truth of a rich comparison (no identity shortcut).
#[inline]
pub fn compare_true(a: Value, b: Value, op: CompareOp) -> R<bool> {
    let result = compare(a, b, op)?;
    truth(result.v())
}

/// Equality with the identity shortcut, as containers compare.
#[inline]
pub fn eq(a: Value, b: Value) -> R<bool> {
    if a == b && !a.is_pointer() {
        return Ok(true);
    }
    if a == b {
        return Ok(true);
    }
    if a.is_small_int() && b.is_small_int() {
        return Ok(false);
    }
    if crate::str::is_exact_str(a) && crate::str::is_exact_str(b) {
        return Ok(crate::str::eq(a, b));
    }
    compare_true(a, b, CompareOp::Eq)
}

// ---------------------------------------------------------------- truth, hash, text, length

/// Truth value.
#[inline]
pub fn truth(v: Value) -> R<bool> {
    match v {
        Value::TRUE => Ok(true),
        Value::FALSE | Value::NONE => Ok(false),
        _ if v.is_small_int() => Ok(v.0 != 0),
        _ => truth_slow(v),
    }
}

fn truth_slow(v: Value) -> R<bool> {
    let slots = type_of(v).slots();
    if let Some(f) = slots.truth {
        return f(v);
    }
    match slots.len {
        Some(f) => f(v).map(|n| n != 0),
        None => Ok(true),
    }
}

/// `not v`.
pub fn not(v: Value) -> R<bool> {
    truth(v).map(|t| !t)
}

/// `hash(v)`.
#[inline]
pub fn hash(v: Value) -> R<i64> {
    if crate::str::is_exact_str(v) {
        return Ok(crate::str::hash(v));
    }
    match type_of(v).slots().hash {
        Some(f) => f(v),
        None => crate::wrappers::hash_not_implemented(v),
    }
}

fn checked_text(result: Ref, what: &str) -> R<Ref> {
    if crate::str::is_str(result.v()) {
        return Ok(result);
    }
    Err(type_error(format!("{what} returned non-string (type {})", display_name(result.v()))))
}

/// `repr(v)`: a str.
pub fn repr(v: Value) -> R<Ref> {
    crate::state::check_recursion(" while getting the repr of an object")?;
    match type_of(v).slots().repr {
        Some(f) => checked_text(f(v)?, "__repr__"),
        None => crate::object::default_repr(v),
    }
}

/// `str(v)`: a str.
pub fn str(v: Value) -> R<Ref> {
    if crate::str::is_exact_str(v) {
        return Ok(Ref::new(v));
    }
    crate::state::check_recursion(" while getting the str of an object")?;
    match type_of(v).slots().str {
        Some(f) => checked_text(f(v)?, "__str__"),
        None => repr(v),
    }
}

/// `ascii(v)`.
pub fn ascii(v: Value) -> R<Ref> {
    let text = repr(v)?;
    let view = crate::str::view(text.v());
    if view.is_ascii() {
        return Ok(text);
    }
    let mut out = crate::str::Builder::new();
    for i in 0..view.len() {
        match view.get(i) {
            c if c < 128 => out.push_char(c),
            c if c < 0x100 => out.push_str(&format!("\\x{c:02x}")),
            c if c < 0x10000 => out.push_str(&format!("\\u{c:04x}")),
            c => out.push_str(&format!("\\U{c:08x}")),
        }
    }
    Ok(out.finish())
}

/// `len(v)`.
pub fn len(v: Value) -> R<usize> {
    match type_of(v).slots().len {
        Some(f) => f(v),
        None => Err(type_error(format!("object of type '{}' has no len()", display_name(v)))),
    }
}

/// The answer of `__length_hint__`, checked; None for NotImplemented.
pub fn check_length_hint(result: Value) -> R<Option<usize>> {
    if result == Value::NOT_IMPLEMENTED {
        return Ok(None);
    }
    if !crate::int::is_int(result) {
        return Err(type_error(format!("__length_hint__ must be an integer, not {}", display_name(result))));
    }
    let n = index_isize(result)?;
    if n < 0 {
        return Err(value_error("__length_hint__() should return >= 0"));
    }
    Ok(Some(n as usize))
}

/// `operator.length_hint(v, default)`.
pub fn length_hint(v: Value, default: usize) -> R<usize> {
    let class = type_of(v);
    if let Some(f) = class.slots().len {
        match f(v) {
            Ok(n) => return Ok(n),
            Err(raised) => {
                if !swallow(&crate::exceptions::TYPE_ERROR) {
                    return Err(raised);
                }
            }
        }
    }
    if let Some(f) = class.slots().length_hint
        && !class.has(type_flags::HEAP)
    {
        return f(v);
    }
    if lookup(class, name(D::LengthHint)).is_none() {
        return Ok(default);
    }
    match crate::slot_functions::call_special(v, D::LengthHint, &[]) {
        Ok(Some(result)) => Ok(check_length_hint(result.v())?.unwrap_or(default)),
        Ok(None) => Ok(default),
        Err(raised) => {
            if swallow(&crate::exceptions::TYPE_ERROR) {
                return Ok(default);
            }
            Err(raised)
        }
    }
}

/// `format(v, spec)`; `spec` a str.
pub fn format(v: Value, spec: Value) -> R<Ref> {
    if crate::str::is_exact_str(v) && crate::str::is_str(spec) && crate::str::view(spec).is_empty() {
        return Ok(Ref::new(v));
    }
    let class = type_of(v);
    let Some(found) = lookup(class, name(D::Format)) else {
        return Err(type_error(format!("Type {} doesn't define __format__", display_name(v))));
    };
    let result = crate::slot_functions::call_found(found, v, class, &[spec])?;
    if !crate::str::is_str(result.v()) {
        return Err(type_error(format!("__format__ must return a str, not {}", display_name(result.v()))));
    }
    Ok(result)
}
