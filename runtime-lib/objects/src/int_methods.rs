//! Methods of int and bool, and their constructors.

use crate::int::{self, Num, from_bigint, from_i64, num};
use crate::prelude::*;
use dashu_int::ops::UnsignedAbs;
use dashu_int::{IBig, Sign, UBig};

/// The methods of int stand on this name.
pub struct IntMethods;
/// The methods of bool stand on this name.
pub struct BoolMethods;

fn value_of<'a>(v: Value) -> Num<'a> {
    num(v).unwrap_or(Num::Word(0))
}

fn pair(a: Ref, b: Ref) -> Ref {
    crate::tuple::from_refs(vec![a, b])
}

/// 'little' (true) or 'big'.
fn byte_order(function: &str, v: Option<Value>) -> R<bool> {
    let Some(v) = v else { return Ok(false) };
    if !type_of(v).has(type_flags::STR) {
        return Err(type_error(format!(
            "{function}() argument 'byteorder' must be str, not {}",
            crate::type_object::display_name(v)
        )));
    }
    match crate::str::to_rust(v).as_str() {
        "little" => Ok(true),
        "big" => Ok(false),
        _ => Err(value_error("byteorder must be either 'little' or 'big'")),
    }
}

#[native_class(
    decl = INT_DECL,
    doc = "int([x]) -> integer\nint(x, base=10) -> integer\n\nConvert a number or string to an integer, or return 0 if no arguments\nare given.  If x is a number, return x.__int__().  For floating-point\nnumbers, this truncates towards zero.\n\nIf x is not a number or if base is given, then x must be a string,\nbytes, or bytearray instance representing an integer literal in the\ngiven base.  The literal can be preceded by '+' or '-' and be surrounded\nby whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.\nBase 0 means to interpret the base from the string as an integer literal.\n>>> int('0b100', base=0)\n4"
)]
impl IntMethods {
    /// Returns self, the complex conjugate of any int.
    #[native]
    fn conjugate(this: Value) -> Ref {
        int::exact(this)
    }
    /// Number of bits necessary to represent self in binary.
    #[native]
    fn bit_length(this: Value) -> usize {
        value_of(this).bit_length()
    }
    /// Number of ones in the binary representation of the absolute value of self.
    #[native]
    fn bit_count(this: Value) -> usize {
        match value_of(this) {
            Num::Word(w) => w.unsigned_abs().count_ones() as usize,
            Num::Big(b) => b.as_sign_words().1.iter().map(|w| w.count_ones() as usize).sum(),
        }
    }
    /// Return an array of bytes representing an integer.
    #[native("($self, /, length=1, byteorder='big', *, signed=False)")]
    fn to_bytes(this: Value, length: i64, byteorder: Option<Value>, signed: bool) -> R<Ref> {
        let little = byte_order("to_bytes", byteorder)?;
        if length < 0 {
            return Err(value_error("length argument must be non-negative"));
        }
        let n = value_of(this);
        let negative = n.is_negative();
        if negative && !signed {
            return Err(overflow_error("can't convert negative int to unsigned"));
        }
        let length = length as usize;
        let bits = n.bit_length();
        // Two's complement needs a sign bit, but -2^k needs none beside its own.
        let needed = if !signed {
            bits
        } else if negative {
            let big = n.big();
            let (_, words) = big.as_sign_words();
            let power = words.iter().map(|w| w.count_ones()).sum::<u32>() == 1;
            if power { bits } else { bits + 1 }
        } else if bits == 0 {
            0
        } else {
            bits + 1
        };
        if needed > length.saturating_mul(8) {
            return Err(overflow_error("int too big to convert"));
        }
        let mut out = Vec::new();
        if out.try_reserve_exact(length).is_err() {
            return Err(memory_error());
        }
        out.resize(length, 0u8);
        let big = n.big();
        let (_, words) = big.as_sign_words();
        for (i, byte) in out.iter_mut().enumerate() {
            *byte = words.get(i / 8).map_or(0, |w| (w >> (i % 8 * 8)) as u8);
        }
        if negative {
            let mut carry = true;
            for byte in &mut out {
                let (b, c) = (!*byte).overflowing_add(carry as u8);
                *byte = b;
                carry = c;
            }
        }
        if !little {
            out.reverse();
        }
        Ok(crate::bytes::from_slice(&out))
    }
    /// Return the integer represented by the given array of bytes.
    #[classmethod("($type, /, bytes, byteorder='big', *, signed=False)")]
    fn from_bytes(class: Value, bytes: Value, byteorder: Option<Value>, signed: bool) -> R<Ref> {
        let little = byte_order("from_bytes", byteorder)?;
        let owned;
        let data: &[u8] = match crate::bytes::as_slice(bytes) {
            Some(s) => s,
            None => {
                if int::is_int(bytes) || type_of(bytes).has(type_flags::STR) {
                    let name = crate::type_object::display_name(bytes);
                    return Err(type_error(format!("cannot convert '{name}' object to bytes")));
                }
                owned = crate::call::call1(crate::bytes::BYTES.v(), bytes)?;
                crate::bytes::as_slice(owned.v()).unwrap_or(&[])
            }
        };
        let mut little_endian = data.to_vec();
        if !little {
            little_endian.reverse();
        }
        let negative = signed && little_endian.last().is_some_and(|b| b & 0x80 != 0);
        if negative {
            let mut carry = true;
            for byte in &mut little_endian {
                let (b, c) = (!*byte).overflowing_add(carry as u8);
                *byte = b;
                carry = c;
            }
        }
        let magnitude = UBig::from_le_bytes(&little_endian);
        let result = from_bigint(IBig::from_parts(if negative { Sign::Negative } else { Sign::Positive }, magnitude));
        if class == int::INT.v() { Ok(result) } else { crate::call::call1(class, result.v()) }
    }
    /// Return a pair of integers, whose ratio is equal to the original int.
    #[native]
    fn as_integer_ratio(this: Value) -> Ref {
        pair(int::exact(this), from_i64(1))
    }
    /// Returns True. Exists for duck type compatibility with float.is_integer.
    #[native]
    fn is_integer(this: Value) -> bool {
        let _ = this;
        true
    }
    /// Truncating an Integral returns itself.
    #[native]
    fn __trunc__(this: Value) -> Ref {
        int::exact(this)
    }
    /// Flooring an Integral returns itself.
    #[native]
    fn __floor__(this: Value) -> Ref {
        int::exact(this)
    }
    /// Ceiling of an Integral returns itself.
    #[native]
    fn __ceil__(this: Value) -> Ref {
        int::exact(this)
    }
    /// Rounding an Integral returns itself.
    ///
    /// Rounding with an ndigits argument also returns an integer.
    #[native]
    fn __round__(this: Value, ndigits: Option<Value>) -> R<Ref> {
        match ndigits {
            None => Ok(int::exact(this)),
            Some(n) if n.is_none() => Ok(int::exact(this)),
            Some(n) => round_to(this, n),
        }
    }
    #[native]
    fn __getnewargs__(this: Value) -> Ref {
        crate::tuple::from_refs(vec![int::exact(this)])
    }
    /// Convert to a string according to format_spec.
    #[native]
    fn __format__(this: Value, format_spec: Value) -> R<Ref> {
        crate::number_format::format_int(this, format_spec)
    }
    /// Returns size in memory, in bytes.
    #[native]
    fn __sizeof__(this: Value) -> usize {
        // What CPython reports: 30-bit digits behind 24 bytes.
        24 + 4 * value_of(this).bit_length().div_ceil(30).max(1)
    }
    /// the real part of a complex number
    #[getter]
    fn real(this: Value) -> R<Ref> {
        Ok(int::exact(this))
    }
    /// the imaginary part of a complex number
    #[getter]
    fn imag(this: Value) -> R<Ref> {
        let _ = this;
        Ok(from_i64(0))
    }
    /// the numerator of a rational number in lowest terms
    #[getter]
    fn numerator(this: Value) -> R<Ref> {
        Ok(int::exact(this))
    }
    /// the denominator of a rational number in lowest terms
    #[getter]
    fn denominator(this: Value) -> R<Ref> {
        let _ = this;
        Ok(from_i64(1))
    }
}

#[native_class(
    decl = BOOL_DECL,
    doc = "Returns True when the argument is true, False otherwise.\nThe builtins True and False are the only two instances of the class bool.\nThe class bool is a subclass of the class int, and cannot be subclassed."
)]
impl BoolMethods {}

/// Rounds to a multiple of a power of ten, half to even.
fn round_to(this: Value, ndigits: Value) -> R<Ref> {
    let n = int::index_clamped(ndigits)?;
    if n >= 0 {
        return Ok(int::exact(this));
    }
    let places = n.unsigned_abs() as usize;
    let value = value_of(this);
    // 10^places > 2 * |value|: the result is 0.
    if places > value.bit_length() / 3 + 2 {
        return Ok(from_i64(0));
    }
    let unit = IBig::from(10).pow(places);
    let big = value.big();
    let (q, r) = crate::int_ops::floor_div_rem(&big, &unit);
    let twice = r << 1usize;
    let up = match twice.cmp(&unit) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => int::bit(&q, 0),
        std::cmp::Ordering::Less => false,
    };
    Ok(from_bigint((if up { q + IBig::ONE } else { q }) * unit))
}

/// `int.__new__`.
pub(crate) fn int_new(class: &'static Type, args: &Args) -> R<Ref> {
    let mut base = None;
    for (name, value) in args.kw() {
        let text = crate::str::to_rust(name);
        if text != "base" {
            return Err(crate::suggestions::unexpected_keyword("int", name, &["base"]));
        }
        base = Some(value);
    }
    let positional = args.pos();
    let total = positional.len() + base.is_some() as usize;
    if total > 2 {
        return Err(type_error(format!("int expected at most 2 arguments, got {total}")));
    }
    let (x, base) = (positional.first().copied(), positional.get(1).copied().or(base));
    let result = match (x, base) {
        (None, None) => from_i64(0),
        (None, Some(_)) => return Err(type_error("int() missing string argument")),
        (Some(x), None) => from_object(x)?,
        (Some(x), Some(base)) => from_text_with_base(x, base)?,
    };
    if std::ptr::eq(class, &int::INT) { Ok(result) } else { Ok(int::new_of_class(class, value_of(result.v()))) }
}

fn from_text_with_base(x: Value, base: Value) -> R<Ref> {
    let base = int::index_clamped(base)?;
    if base != 0 && !(2..=36).contains(&base) {
        return Err(value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    match from_text(x, base as u32) {
        Some(result) => result,
        None => Err(type_error("int() can't convert non-string with explicit base")),
    }
}

/// Parses str, bytes and bytearray; None for other types.
fn from_text(x: Value, base: u32) -> Option<R<Ref>> {
    let class = type_of(x);
    if class.has(type_flags::STR) {
        return Some(crate::int_text::parse_str(x, base));
    }
    if class.has(type_flags::BYTES) || class.is_subtype(&crate::bytearray::BYTEARRAY) {
        return Some(from_bytes_text(x, base));
    }
    None
}

fn from_bytes_text(x: Value, base: u32) -> R<Ref> {
    let text = crate::buffer::with_bytes(x, |b| Ok(b.to_vec()))?;
    crate::int_text::parse_ascii(&text, base).map_err(|e| {
        let shown = crate::bytes::from_slice(&text);
        crate::int_text::raise(e, base, shown.v())
    })
}

/// `int(x)`.
pub fn from_object(x: Value) -> R<Ref> {
    if x.is_small_int() {
        return Ok(Ref::new(x));
    }
    let slots = type_of(x).slots();
    if let Some(f) = slots.int {
        let result = f(x)?;
        return check_int(result, "__int__");
    }
    if slots.index.is_some() {
        return crate::ops::index(x).map(|r| int::exact(r.v()));
    }
    if let Some(result) = from_text(x, 10) {
        return result;
    }
    if let Ok(text) = crate::buffer::with_bytes(x, |b| Ok(b.to_vec())) {
        return crate::int_text::parse_ascii(&text, 10)
            .map_err(|e| crate::int_text::raise(e, 10, crate::bytes::from_slice(&text).v()));
    }
    drop(crate::state::take_pending());
    Err(type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{}'",
        crate::type_object::display_name(x)
    )))
}

fn check_int(result: Ref, method: &str) -> R<Ref> {
    if int::is_int(result.v()) {
        return Ok(int::exact(result.v()));
    }
    Err(type_error(format!("{method} returned non-int (type {})", crate::type_object::display_name(result.v()))))
}

/// `bool.__new__`.
pub(crate) fn bool_new(_: &'static Type, args: &Args) -> R<Ref> {
    args.no_keywords("bool")?;
    match args.pos() {
        [] => Ok(Ref::bool(false)),
        [x] => Ok(Ref::bool(crate::ops::truth(*x)?)),
        more => Err(type_error(format!("bool expected at most 1 argument, got {}", more.len()))),
    }
}

/// The absolute value as a magnitude.
pub fn magnitude(v: Value) -> UBig {
    value_of(v).big().clone().unsigned_abs()
}
