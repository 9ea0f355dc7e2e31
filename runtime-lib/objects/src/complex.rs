//! complex: the type, arithmetic, text.

use crate::float::{as_f64_exact, int_to_f64};
use crate::int;
use crate::libm;
use crate::prelude::*;

/// A complex number.
#[repr(C)]
pub struct ComplexObject {
    header: Header,
    pub real: f64,
    pub imag: f64,
}

object_type!(ComplexObject, COMPLEX);

/// `complex`.
#[unsafe(export_name = "dxp_type_complex")]
pub static COMPLEX: Type = Type::builtin::<ComplexObject>(
    "complex",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::BASE,
    SLOTS,
    Some(&COMPLEX_DECL),
);

const SLOTS: Slots = Slots {
    repr: Some(repr),
    hash: Some(hash),
    compare: Some(compare),
    new: Some(complex_new),
    add: Some(add),
    sub: Some(sub),
    mul: Some(mul),
    truediv: Some(truediv),
    pow: Some(pow),
    neg: Some(neg),
    pos: Some(pos),
    abs: Some(abs),
    truth: Some(truth),
    ..Slots::NONE
};

/// Real and imaginary part.
pub type Parts = (f64, f64);

/// A complex number.
pub fn from_parts(real: f64, imag: f64) -> Ref {
    new_object(ComplexObject { header: crate::cast::fresh_header(), real, imag })
}

fn new_of_class(class: &'static Type, (real, imag): Parts) -> Ref {
    crate::cast::new_object_of(class, ComplexObject { header: crate::cast::fresh_header(), real, imag })
}

/// The parts of a complex object or an instance of a subclass.
pub fn parts_exact(v: Value) -> Option<Parts> {
    crate::cast::get::<ComplexObject>(v).map(|c| (c.real, c.imag))
}

/// Any number as a complex: `__complex__`, then `__float__`, then `__index__`.
pub fn as_parts(v: Value) -> R<Parts> {
    if let Some(p) = parts_exact(v) {
        return Ok(p);
    }
    match through_method(v)? {
        Some(p) => Ok(p),
        None => Ok((crate::float::as_f64(v)?, 0.0)),
    }
}

/// The answer of `__complex__`, if the type has it.
fn through_method(v: Value) -> R<Option<Parts>> {
    if !v.is_pointer() || as_f64_exact(v).is_some() || int::is_int(v) {
        return Ok(None);
    }
    let name = crate::str::intern("__complex__");
    let Some(method) = crate::type_object::lookup_special(v, name.v())? else { return Ok(None) };
    let result = crate::call::call0(method.v())?;
    match parts_exact(result.v()) {
        Some(p) => Ok(Some(p)),
        None => Err(type_error(format!(
            "{}.__complex__() must return a complex, not {}",
            crate::type_object::display_name(v),
            crate::type_object::display_name(result.v())
        ))),
    }
}

/// What stands beside a complex operator.
enum Operand {
    Complex(Parts),
    Real(f64),
}

impl Operand {
    fn parts(&self) -> Parts {
        match *self {
            Operand::Complex(p) => p,
            Operand::Real(r) => (r, 0.0),
        }
    }
}

fn operand(v: Value) -> R<Option<Operand>> {
    if let Some(f) = as_f64_exact(v) {
        return Ok(Some(Operand::Real(f)));
    }
    if let Some(p) = parts_exact(v) {
        return Ok(Some(Operand::Complex(p)));
    }
    if int::is_int(v) {
        return Ok(Some(Operand::Real(int_to_f64(v)?)));
    }
    Ok(None)
}

macro_rules! operands {
    ($a:ident, $b:ident) => {{
        let Some(x) = operand($a)? else { return Ok(Ref::not_implemented()) };
        let Some(y) = operand($b)? else { return Ok(Ref::not_implemented()) };
        (x, y)
    }};
}

fn result((real, imag): Parts) -> R<Ref> {
    Ok(from_parts(real, imag))
}

fn add(a: Value, b: Value) -> R<Ref> {
    use Operand::*;
    result(match operands!(a, b) {
        (Complex(x), Complex(y)) => (x.0 + y.0, x.1 + y.1),
        (Complex(x), Real(y)) => (x.0 + y, x.1),
        (Real(x), Complex(y)) => (x + y.0, y.1),
        (Real(x), Real(y)) => (x + y, 0.0),
    })
}

fn sub(a: Value, b: Value) -> R<Ref> {
    use Operand::*;
    result(match operands!(a, b) {
        (Complex(x), Complex(y)) => (x.0 - y.0, x.1 - y.1),
        (Complex(x), Real(y)) => (x.0 - y, x.1),
        (Real(x), Complex(y)) => (x - y.0, -y.1),
        (Real(x), Real(y)) => (x - y, 0.0),
    })
}

/// Product, with infinities recovered as C's Annex G has it.
pub fn multiply(x: Parts, y: Parts) -> Parts {
    let (mut a, mut b) = x;
    let (mut c, mut d) = y;
    let (ac, bd, ad, bc) = (a * c, b * d, a * d, b * c);
    let (real, imag) = (ac - bd, ad + bc);
    if !(real.is_nan() && imag.is_nan()) {
        return (real, imag);
    }
    let one = |x: f64| (if x.is_infinite() { 1f64 } else { 0.0 }).copysign(x);
    let zero_nan = |x: f64| if x.is_nan() { 0f64.copysign(x) } else { x };
    let mut recalculate = false;
    if a.is_infinite() || b.is_infinite() {
        (a, b) = (one(a), one(b));
        (c, d) = (zero_nan(c), zero_nan(d));
        recalculate = true;
    }
    if c.is_infinite() || d.is_infinite() {
        (c, d) = (one(c), one(d));
        (a, b) = (zero_nan(a), zero_nan(b));
        recalculate = true;
    }
    if !recalculate && (ac.is_infinite() || bd.is_infinite() || ad.is_infinite() || bc.is_infinite()) {
        (a, b, c, d) = (zero_nan(a), zero_nan(b), zero_nan(c), zero_nan(d));
        recalculate = true;
    }
    if recalculate {
        return (f64::INFINITY * (a * c - b * d), f64::INFINITY * (a * d + b * c));
    }
    (real, imag)
}

fn mul(a: Value, b: Value) -> R<Ref> {
    use Operand::*;
    result(match operands!(a, b) {
        (Complex(x), Complex(y)) => multiply(x, y),
        (Complex(x), Real(y)) => (x.0 * y, x.1 * y),
        (Real(x), Complex(y)) => (x * y.0, x * y.1),
        (Real(x), Real(y)) => (x * y, 0.0),
    })
}

/// Quotient; None: division by zero.
pub fn divide(a: Parts, b: Parts) -> Option<Parts> {
    let (abs_real, abs_imag) = (b.0.abs(), b.1.abs());
    let (mut real, mut imag);
    if abs_real >= abs_imag {
        if abs_real == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        real = (a.0 + a.1 * ratio) / denominator;
        imag = (a.1 - a.0 * ratio) / denominator;
    } else if abs_imag >= abs_real {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        real = (a.0 * ratio + a.1) / denominator;
        imag = (a.1 * ratio - a.0) / denominator;
    } else {
        (real, imag) = (f64::NAN, f64::NAN);
    }
    if real.is_nan() && imag.is_nan() {
        let one = |x: f64| (if x.is_infinite() { 1f64 } else { 0.0 }).copysign(x);
        if (a.0.is_infinite() || a.1.is_infinite()) && b.0.is_finite() && b.1.is_finite() {
            let (x, y) = (one(a.0), one(a.1));
            real = f64::INFINITY * (x * b.0 + y * b.1);
            imag = f64::INFINITY * (y * b.0 - x * b.1);
        } else if (abs_real.is_infinite() || abs_imag.is_infinite()) && a.0.is_finite() && a.1.is_finite() {
            let (x, y) = (one(b.0), one(b.1));
            real = 0.0 * (a.0 * x + a.1 * y);
            imag = 0.0 * (a.1 * x - a.0 * y);
        }
    }
    Some((real, imag))
}

/// A real number divided by a complex one.
fn divide_real(a: f64, b: Parts) -> Option<Parts> {
    let (abs_real, abs_imag) = (b.0.abs(), b.1.abs());
    let (mut real, mut imag);
    if abs_real >= abs_imag {
        if abs_real == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        real = a / denominator;
        imag = (-a * ratio) / denominator;
    } else if abs_imag >= abs_real {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        real = (a * ratio) / denominator;
        imag = -a / denominator;
    } else {
        (real, imag) = (f64::NAN, f64::NAN);
    }
    if real.is_nan() && imag.is_nan() && a.is_finite() && (abs_real.is_infinite() || abs_imag.is_infinite()) {
        let one = |x: f64| (if x.is_infinite() { 1f64 } else { 0.0 }).copysign(x);
        real = 0.0 * (a * one(b.0));
        imag = 0.0 * (-a * one(b.1));
    }
    Some((real, imag))
}

fn truediv(a: Value, b: Value) -> R<Ref> {
    use Operand::*;
    let quotient = match operands!(a, b) {
        (Complex(x), Real(y)) => (y != 0.0).then(|| (x.0 / y, x.1 / y)),
        (Real(x), Complex(y)) => divide_real(x, y),
        (x, y) => divide(x.parts(), y.parts()),
    };
    match quotient {
        Some(q) => result(q),
        None => Err(zero_division("division by zero")),
    }
}

/// `a ** b` of complex numbers given by their parts.
pub fn pow_parts(a: Parts, b: Parts) -> R<Ref> {
    let power = if b == (0.0, 0.0) {
        (1.0, 0.0)
    } else if b.1 == 0.0 && b.0 == b.0.floor() && b.0.abs() <= 100.0 {
        match power_int(a, b.0 as i64) {
            Some(p) => p,
            None => return Err(zero_division("zero to a negative or complex power")),
        }
    } else if a == (0.0, 0.0) {
        if b.1 != 0.0 || b.0 < 0.0 {
            return Err(zero_division("zero to a negative or complex power"));
        }
        (0.0, 0.0)
    } else {
        let magnitude = libm::hypot(a.0, a.1);
        let mut length = libm::pow(magnitude, b.0);
        let angle = libm::atan2(a.1, a.0);
        let mut phase = angle * b.0;
        if b.1 != 0.0 {
            length *= libm::exp(-angle * b.1);
            phase += b.1 * libm::log(magnitude);
        }
        if phase.is_infinite() {
            // The C library's domain error, which CPython reports so.
            return Err(zero_division("zero to a negative or complex power"));
        }
        (length * libm::cos(phase), length * libm::sin(phase))
    };
    if power.0.is_infinite() || power.1.is_infinite() {
        return Err(overflow_error("complex exponentiation"));
    }
    result(power)
}

/// Integer power by squaring; None: zero to a negative power.
fn power_int(x: Parts, n: i64) -> Option<Parts> {
    let mut mask = 1u64;
    let (mut r, mut p) = ((1.0, 0.0), x);
    let count = n.unsigned_abs();
    // The first factor is taken as it is: signs of zeros stay.
    let mut first = true;
    while mask <= count {
        if count & mask != 0 {
            r = if first { p } else { multiply(r, p) };
            first = false;
        }
        mask <<= 1;
        if mask <= count {
            p = multiply(p, p);
        }
    }
    if n >= 0 { Some(r) } else { divide((1.0, 0.0), r) }
}

fn pow(a: Value, b: Value, c: Value) -> R<Ref> {
    let (x, y) = operands!(a, b);
    if !c.is_none() {
        return Err(value_error("complex modulo"));
    }
    pow_parts(x.parts(), y.parts())
}

fn parts(v: Value) -> Parts {
    parts_exact(v).unwrap_or((0.0, 0.0))
}

fn neg(v: Value) -> R<Ref> {
    let (x, y) = parts(v);
    Ok(from_parts(-x, -y))
}

fn pos(v: Value) -> R<Ref> {
    if is_exact(v, &COMPLEX) { Ok(Ref::new(v)) } else { result(parts(v)) }
}

/// Magnitude; OverflowError when it is beyond the range.
pub fn magnitude((x, y): Parts) -> R<f64> {
    let length = libm::hypot(x, y);
    if length.is_infinite() && x.is_finite() && y.is_finite() {
        return Err(overflow_error("absolute value too large"));
    }
    Ok(length)
}

fn abs(v: Value) -> R<Ref> {
    Ok(crate::float::from_f64(magnitude(parts(v))?))
}

fn truth(v: Value) -> R<bool> {
    Ok(parts(v) != (0.0, 0.0))
}

fn hash(v: Value) -> R<i64> {
    let (x, y) = parts(v);
    let of = |f: f64| if f.is_nan() { ((v.address() as u64).rotate_right(4)) as i64 } else { crate::float::hash_f64(f) };
    let h = of(x).wrapping_add(of(y).wrapping_mul(1_000_003));
    Ok(if h == -1 { -2 } else { h })
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let Some((x, y)) = parts_exact(a) else { return Ok(Ref::not_implemented()) };
    let equal = if let Some(other) = parts_exact(b) {
        (x, y) == other
    } else if let Some(f) = as_f64_exact(b) {
        x == f && y == 0.0
    } else if let Some(n) = int::num(b) {
        y == 0.0 && crate::float::order_with_int(x, n) == Some(std::cmp::Ordering::Equal)
    } else {
        return Ok(Ref::not_implemented());
    };
    Ok(Ref::bool(equal == (op == CompareOp::Eq)))
}

/// `repr(complex)`.
pub fn to_text((x, y): Parts) -> String {
    let part = |f: f64| crate::float_text::to_text(f, b'r', 0, false);
    if x == 0.0 && !x.is_sign_negative() {
        return part(y) + "j";
    }
    let imag = part(y);
    let sign = if imag.starts_with('-') { "" } else { "+" };
    format!("({}{sign}{imag}j)", part(x))
}

fn repr(v: Value) -> R<Ref> {
    Ok(crate::str::from_str(&to_text(parts(v))))
}

/// Reads `complex(text)`.
pub fn parse(text: &[u8]) -> Option<Parts> {
    let blank = |c: &u8| matches!(c, b' ' | 9..=13);
    let trim = |mut t: &[u8]| -> Vec<u8> {
        while let [c, rest @ ..] = t
            && blank(c)
        {
            t = rest;
        }
        while let [rest @ .., c] = t
            && blank(c)
        {
            t = rest;
        }
        t.to_vec()
    };
    let mut text = trim(text);
    if text.first() == Some(&b'(') {
        if text.last() != Some(&b')') || text.len() < 2 {
            return None;
        }
        text = trim(&text[1..text.len() - 1]);
    }
    if text.contains(&b'_') {
        let digit = |i: Option<usize>| i.and_then(|i| text.get(i)).is_some_and(u8::is_ascii_digit);
        if (0..text.len()).any(|i| text[i] == b'_' && !(digit(i.checked_sub(1)) && digit(Some(i + 1)))) {
            return None;
        }
        text.retain(|&c| c != b'_');
    }
    let is_j = |t: &[u8]| matches!(t, [b'j' | b'J']);
    // A bare `j`, with a sign or without, is one.
    let unit = |t: &[u8]| match t {
        [b'+', j] | [j] if is_j(&[*j]) => Some(1.0),
        [b'-', j] if is_j(&[*j]) => Some(-1.0),
        _ => None,
    };
    if let Some(y) = unit(&text) {
        return Some((0.0, y));
    }
    let (n, x) = crate::float_text::parse_prefix(&text)?;
    let rest = &text[n..];
    if rest.is_empty() {
        return Some((x, 0.0));
    }
    if is_j(rest) {
        return Some((0.0, x));
    }
    if !matches!(rest[0], b'+' | b'-') {
        return None;
    }
    if let Some(y) = unit(rest) {
        return Some((x, y));
    }
    let (n, y) = crate::float_text::parse_prefix(rest)?;
    is_j(&rest[n..]).then_some((x, y))
}

/// Whether an underscore stands elsewhere than between digits.
fn misplaced_underscore(v: Value) -> bool {
    let text = crate::str::to_rust(v);
    let text = crate::int_text::to_ascii_digits(&text);
    let digit = |i: Option<usize>| i.and_then(|i| text.get(i)).is_some_and(u8::is_ascii_digit);
    (0..text.len()).any(|i| text[i] == b'_' && !(digit(i.checked_sub(1)) && digit(Some(i + 1))))
}

fn parse_str(v: Value) -> R<Parts> {
    let parsed = match crate::int_text::ascii_bytes(v) {
        Some(bytes) => parse(bytes),
        None => parse(&crate::int_text::to_ascii_digits(&crate::str::to_rust(v))),
    };
    match parsed {
        Some(parts) => Ok(parts),
        None if misplaced_underscore(v) => {
            let repr = crate::ops::repr(v)?;
            Err(value_error(format!("could not convert string to complex: {}", crate::str::to_rust(repr.v()))))
        }
        None => Err(value_error("complex() arg is a malformed string")),
    }
}

fn complex_new(class: &'static Type, args: &Args) -> R<Ref> {
    let (mut real, mut imag) = (args.pos().first().copied(), args.pos().get(1).copied());
    if args.pos().len() > 2 {
        return Err(type_error(format!("complex() takes at most 2 arguments ({} given)", args.values().len())));
    }
    for (name, value) in args.kw() {
        let text = crate::str::to_rust(name);
        let (slot, position) = match text.as_str() {
            "real" => (&mut real, 1),
            "imag" => (&mut imag, 2),
            _ => return Err(crate::suggestions::unexpected_keyword("complex", name, &["real", "imag"])),
        };
        if slot.is_some() {
            return Err(type_error(format!("argument for complex() given by name ('{text}') and position ({position})")));
        }
        *slot = Some(value);
    }
    if let (Some(x), None) = (real, imag)
        && args.names().is_empty()
    {
        if std::ptr::eq(class, &COMPLEX) && is_exact(x, &COMPLEX) {
            return Ok(Ref::new(x));
        }
        if type_of(x).has(type_flags::STR) {
            return Ok(new_of_class(class, parse_str(x)?));
        }
        if let Some(p) = parts_exact(x) {
            return Ok(new_of_class(class, p));
        }
        if let Some(p) = through_method(x)? {
            return Ok(new_of_class(class, p));
        }
        if !is_real(x) {
            let name = crate::type_object::display_name(x);
            return Err(type_error(format!("complex() argument must be a string or a number, not {name}")));
        }
        return Ok(new_of_class(class, (crate::float::as_f64(x)?, 0.0)));
    }
    let (mut x, mut y) = (0.0, 0.0);
    if let Some(v) = real {
        let p = component(v, "real")?;
        (x, y) = p;
    }
    if let Some(v) = imag {
        let (ix, iy) = component(v, "imag")?;
        if parts_exact(v).is_some() {
            x -= iy;
        }
        y = if real.is_some_and(|v| parts_exact(v).is_some()) { y + ix } else { ix };
    }
    Ok(new_of_class(class, (x, y)))
}

fn is_real(v: Value) -> bool {
    let slots = type_of(v).slots();
    slots.float.is_some() || slots.index.is_some()
}

fn component(v: Value, name: &str) -> R<Parts> {
    if let Some(p) = parts_exact(v) {
        return Ok(p);
    }
    if !is_real(v) {
        if name == "real"
            && let Some(p) = through_method(v)?
        {
            return Ok(p);
        }
        let class = crate::type_object::display_name(v);
        return Err(type_error(format!("complex() argument '{name}' must be a real number, not {class}")));
    }
    Ok((crate::float::as_f64(v)?, 0.0))
}

/// The methods of complex stand on this name.
pub struct ComplexMethods;

#[native_class(
    decl = COMPLEX_DECL,
    doc = "Create a complex number from a string or numbers.\n\nIf a string is given, parse it as a complex number.\nIf a single number is given, convert it to a complex number.\nIf the 'real' or 'imag' arguments are given, create a complex number\nwith the specified real and imaginary components."
)]
impl ComplexMethods {
    /// Convert number to a complex floating-point number.
    #[classmethod]
    fn from_number(class: Value, number: Value) -> R<Ref> {
        if is_exact(number, &COMPLEX) && class == COMPLEX.v() {
            return Ok(Ref::new(number));
        }
        let (x, y) = as_parts(number)?;
        let c = from_parts(x, y);
        if class == COMPLEX.v() { Ok(c) } else { crate::call::call1(class, c.v()) }
    }
    /// Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.
    #[native]
    fn conjugate(this: Value) -> Ref {
        let (x, y) = parts(this);
        from_parts(x, -y)
    }
    /// Convert this value to exact type complex.
    #[native]
    fn __complex__(this: Value) -> R<Ref> {
        pos(this)
    }
    #[native]
    fn __getnewargs__(this: Value) -> Ref {
        let (x, y) = parts(this);
        crate::tuple::from_refs(vec![crate::float::from_f64(x), crate::float::from_f64(y)])
    }
    /// Convert to a string according to format_spec.
    #[native]
    fn __format__(this: Value, format_spec: Value) -> R<Ref> {
        crate::number_format::format_complex(this, format_spec)
    }
    #[native]
    fn __sizeof__(this: Value) -> i64 {
        let _ = this;
        32
    }
    /// the real part of a complex number
    #[getter]
    fn real(this: Value) -> R<Ref> {
        Ok(crate::float::from_f64(parts(this).0))
    }
    /// the imaginary part of a complex number
    #[getter]
    fn imag(this: Value) -> R<Ref> {
        Ok(crate::float::from_f64(parts(this).1))
    }
}
