//! Methods of float and its constructor.

use crate::float::{self, FLOAT, as_f64, as_f64_exact, from_f64};
use crate::int;
use crate::prelude::*;
use dashu_int::{IBig, Sign, UBig};

/// The methods of float stand on this name.
pub struct FloatMethods;

fn value(v: Value) -> f64 {
    as_f64_exact(v).unwrap_or(0.0)
}

/// `class(f)` for alternative constructors.
fn construct(class: Value, f: f64) -> R<Ref> {
    let f = from_f64(f);
    if class == FLOAT.v() { Ok(f) } else { crate::call::call1(class, f.v()) }
}

#[native_class(decl = FLOAT_DECL, doc = "Convert a string or number to a floating-point number, if possible.")]
impl FloatMethods {
    /// Convert real number to a floating-point number.
    #[classmethod]
    fn from_number(class: Value, number: Value) -> R<Ref> {
        if is_exact(number, &FLOAT) && class == FLOAT.v() {
            return Ok(Ref::new(number));
        }
        construct(class, as_f64(number)?)
    }
    /// Create a floating-point number from a hexadecimal string.
    ///
    /// >>> float.fromhex('0x1.ffffp10')
    /// 2047.984375
    /// >>> float.fromhex('-0x1p-1074')
    /// -5e-324
    #[classmethod]
    fn fromhex(class: Value, string: Value) -> R<Ref> {
        use crate::float_text::HexError;
        if !type_of(string).has(type_flags::STR) {
            return Err(type_error("bad argument type for built-in operation"));
        }
        match crate::float_text::from_hex(crate::str::to_rust(string).as_bytes()) {
            Ok(f) => construct(class, f),
            Err(HexError::Invalid) => Err(value_error("invalid hexadecimal floating-point string")),
            Err(HexError::TooLarge) => Err(overflow_error("hexadecimal value too large to represent as a float")),
            Err(HexError::TooLong) => Err(value_error("hexadecimal string too long to convert")),
        }
    }
    /// Return a hexadecimal representation of a floating-point number.
    ///
    /// >>> (-0.1).hex()
    /// '-0x1.999999999999ap-4'
    /// >>> 3.14159.hex()
    /// '0x1.921f9f01b866ep+1'
    #[native]
    fn hex(this: Value) -> String {
        crate::float_text::hex(value(this))
    }
    /// Return True if the float is an integer.
    #[native]
    fn is_integer(this: Value) -> bool {
        let f = value(this);
        f.is_finite() && f == f.trunc()
    }
    /// Return a pair of integers, whose ratio is exactly equal to the original float.
    ///
    /// The ratio is in lowest terms and has a positive denominator.  Raise
    /// OverflowError on infinities and a ValueError on NaNs.
    ///
    /// >>> (10.0).as_integer_ratio()
    /// (10, 1)
    /// >>> (0.0).as_integer_ratio()
    /// (0, 1)
    /// >>> (-.25).as_integer_ratio()
    /// (-1, 4)
    #[native]
    fn as_integer_ratio(this: Value) -> R<Ref> {
        let f = value(this);
        if f.is_nan() {
            return Err(value_error("cannot convert NaN to integer ratio"));
        }
        if f.is_infinite() {
            return Err(overflow_error("cannot convert Infinity to integer ratio"));
        }
        let (numerator, denominator) = ratio(f);
        Ok(crate::tuple::from_refs(vec![int::from_bigint(numerator), int::from_ubig(denominator)]))
    }
    /// Return self, the complex conjugate of any float.
    #[native]
    fn conjugate(this: Value) -> Ref {
        from_f64(value(this))
    }
    /// Return the Integral closest to x between 0 and x.
    #[native]
    fn __trunc__(this: Value) -> R<Ref> {
        float::to_int(this)
    }
    /// Return the floor as an Integral.
    #[native]
    fn __floor__(this: Value) -> R<Ref> {
        float::f64_to_int(value(this).floor())
    }
    /// Return the ceiling as an Integral.
    #[native]
    fn __ceil__(this: Value) -> R<Ref> {
        float::f64_to_int(value(this).ceil())
    }
    /// Return the Integral closest to x, rounding half toward even.
    ///
    /// When an argument is passed, work like built-in round(x, ndigits).
    #[native("($self, ndigits=None, /)")]
    fn __round__(this: Value, ndigits: Option<Value>) -> R<Ref> {
        let f = value(this);
        match ndigits {
            Some(n) if !n.is_none() => round_to(f, int::index_clamped(n)?),
            _ => float::f64_to_int(f.round_ties_even()),
        }
    }
    #[native]
    fn __getnewargs__(this: Value) -> Ref {
        crate::tuple::from_refs(vec![from_f64(value(this))])
    }
    /// You probably don't want to use this function.
    ///
    ///   typestr
    ///     Must be 'double' or 'float'.
    ///
    /// It exists mainly to be used in Python's test suite.
    ///
    /// This function returns whichever of 'unknown', 'IEEE, big-endian' or 'IEEE,
    /// little-endian' best describes the format of floating-point numbers used by the
    /// C type named by typestr.
    #[classmethod]
    fn __getformat__(class: Value, typestr: Value) -> R<&'static str> {
        let _ = class;
        if !type_of(typestr).has(type_flags::STR) {
            let name = crate::type_object::display_name(typestr);
            return Err(type_error(format!("__getformat__() argument must be str, not {name}")));
        }
        match crate::str::to_rust(typestr).as_str() {
            "double" | "float" => Ok("IEEE, little-endian"),
            _ => Err(value_error("__getformat__() argument 1 must be 'double' or 'float'")),
        }
    }
    /// Formats the float according to format_spec.
    #[native]
    fn __format__(this: Value, format_spec: Value) -> R<Ref> {
        crate::number_format::format_float(this, format_spec)
    }
    #[native]
    fn __sizeof__(this: Value) -> i64 {
        let _ = this;
        24
    }
    /// the real part of a complex number
    #[getter]
    fn real(this: Value) -> R<Ref> {
        Ok(from_f64(value(this)))
    }
    /// the imaginary part of a complex number
    #[getter]
    fn imag(this: Value) -> R<Ref> {
        let _ = this;
        Ok(from_f64(0.0))
    }
}

/// Numerator and denominator in lowest terms of a finite double.
pub fn ratio(f: f64) -> (IBig, UBig) {
    if f == 0.0 {
        return (IBig::ZERO, UBig::ONE);
    }
    let (m, e) = crate::libm::frexp(f.abs());
    let mut mantissa = (m * (1u64 << 53) as f64) as u64;
    let mut exponent = e - 53;
    let zeros = mantissa.trailing_zeros();
    mantissa >>= zeros;
    exponent += zeros as i32;
    let mut numerator = UBig::from(mantissa);
    let mut denominator = UBig::ONE;
    if exponent > 0 {
        numerator = numerator << exponent as usize;
    } else {
        denominator = denominator << (-exponent) as usize;
    }
    (IBig::from_parts(if f < 0.0 { Sign::Negative } else { Sign::Positive }, numerator), denominator)
}

/// `round(f, ndigits)`: the double nearest to the decimal that is nearest to f, ties to even.
pub fn round_to(f: f64, ndigits: i64) -> R<Ref> {
    if !f.is_finite() || f == 0.0 || ndigits > 323 {
        return Ok(from_f64(f));
    }
    if ndigits < -308 {
        return Ok(from_f64(0f64.copysign(f)));
    }
    let rounded = if ndigits >= 0 {
        format!("{:.*}", ndigits as usize, f).parse().unwrap_or(f)
    } else {
        round_to_tens(f, (-ndigits) as usize)
    };
    if rounded.is_infinite() {
        return Err(overflow_error("rounded value too large to represent"));
    }
    Ok(from_f64(rounded))
}

/// Rounds to a multiple of 10^n, n >= 1.
fn round_to_tens(f: f64, n: usize) -> f64 {
    // Decimal digits of the integral part; what is behind the point only decides ties.
    let whole = f.abs().trunc();
    let digits = format!("{whole:.0}");
    let has_fraction = whole != f.abs();
    let Some(kept) = digits.len().checked_sub(n) else { return 0f64.copysign(f) };
    let (head, tail) = digits.split_at(kept);
    let first = tail.as_bytes()[0];
    let rest = tail.as_bytes()[1..].iter().any(|&c| c != b'0') || has_fraction;
    let odd = head.bytes().last().is_some_and(|c| (c - b'0') % 2 == 1);
    let up = first > b'5' || first == b'5' && (rest || odd);
    let mut kept: Vec<u8> = if head.is_empty() { vec![b'0'] } else { head.into() };
    if up {
        let mut at = kept.len();
        loop {
            if at == 0 {
                kept.insert(0, b'1');
                break;
            }
            at -= 1;
            if kept[at] == b'9' {
                kept[at] = b'0';
            } else {
                kept[at] += 1;
                break;
            }
        }
    }
    let text = String::from_utf8(kept).unwrap_or_default();
    let magnitude: f64 = format!("{text}e{n}").parse().unwrap_or(0.0);
    magnitude.copysign(f)
}

/// `float.__new__`.
pub(crate) fn float_new(class: &'static Type, args: &Args) -> R<Ref> {
    if args.has_kw() {
        return Err(type_error("float() takes no keyword arguments"));
    }
    match args.pos() {
        [] => Ok(float::new_of_class(class, 0.0)),
        [x] => {
            if std::ptr::eq(class, &FLOAT) && (x.is_imm_float() || is_exact(*x, &FLOAT)) {
                return Ok(Ref::new(*x));
            }
            Ok(float::new_of_class(class, from_object(*x)?))
        }
        more => Err(type_error(format!("float expected at most 1 argument, got {}", more.len()))),
    }
}

/// `float(x)`.
pub fn from_object(x: Value) -> R<f64> {
    if let Some(f) = as_f64_exact(x) {
        return Ok(f);
    }
    let class = type_of(x);
    if class.has(type_flags::STR) {
        let parsed = match crate::int_text::ascii_bytes(x) {
            Some(bytes) => crate::float_text::parse(bytes),
            None => crate::float_text::parse(&crate::int_text::to_ascii_digits(&crate::str::to_rust(x))),
        };
        return parsed.map_or_else(|| Err(no_float(x)), Ok);
    }
    let slots = class.slots();
    if slots.float.is_some() || slots.index.is_some() {
        return as_f64(x);
    }
    match crate::buffer::with_bytes(x, |b| Ok(b.to_vec())) {
        Ok(bytes) => match crate::float_text::parse(&bytes) {
            Some(f) => Ok(f),
            None => Err(no_float(x)),
        },
        Err(_) => {
            drop(crate::state::take_pending());
            let name = crate::type_object::display_name(x);
            Err(type_error(format!("float() argument must be a string or a real number, not '{name}'")))
        }
    }
}

#[cold]
fn no_float(x: Value) -> Raised {
    match crate::ops::repr(x) {
        Ok(repr) => value_error(format!("could not convert string to float: {}", crate::str::to_rust(repr.v()))),
        Err(raised) => raised,
    }
}
