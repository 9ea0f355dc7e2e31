//! `math`: functions of real numbers and integers.

use crate::math_gamma as gamma_functions;
use crate::math_integers as integers;
use crate::math_sums as sums;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::{display_name, lookup_special};
use dxpyc_objects::{float, int, libm, ops, str, tuple};

/// Exactly one positional argument.
pub(crate) fn one(args: &Args, name: &str) -> R<Value> {
    match args.values() {
        [v] if !args.has_kw() => Ok(*v),
        _ => {
            args.no_keywords(&format!("math.{name}"))?;
            Err(type_error(format!("math.{name}() takes exactly one argument ({} given)", args.values().len())))
        }
    }
}

/// `min` to `max` positional arguments.
pub(crate) fn arity<'a>(args: &Args<'a>, name: &str, min: usize, max: usize) -> R<&'a [Value]> {
    let n = args.values().len();
    if !args.has_kw() && min <= n && n <= max {
        return Ok(args.values());
    }
    args.no_keywords(&format!("math.{name}"))?;
    let (bound, word) = if n < min { (min, "at least ") } else { (max, "at most ") };
    let word = if min == max { "" } else { word };
    let s = if bound == 1 { "" } else { "s" };
    Err(type_error(format!("{name} expected {word}{bound} argument{s}, got {n}")))
}

#[inline]
pub(crate) fn real(v: Value) -> R<f64> {
    if v.is_imm_float() {
        return Ok(v.imm_float_unchecked());
    }
    float::as_f64(v)
}

#[cold]
pub(crate) fn domain_error() -> Raised {
    value_error("math domain error")
}

#[cold]
pub(crate) fn range_error() -> Raised {
    overflow_error("math range error")
}

#[cold]
fn outside(message: &str, x: f64) -> Raised {
    value_error(format!("{message}, got {}", float::repr_f64(x)))
}

/// What a function of one double refuses: NaN results of other numbers, and infinite results of finite numbers, which are
/// overflow (`overflows`) or poles.
#[inline]
fn unary(args: &Args, name: &str, f: impl Fn(f64) -> f64, overflows: bool, message: &str) -> R<Ref> {
    let x = real(one(args, name)?)?;
    let r = f(x);
    if !r.is_finite() {
        if r.is_nan() && !x.is_nan() {
            return Err(if message.is_empty() { domain_error() } else { outside(message, x) });
        }
        if r.is_infinite() && x.is_finite() {
            return Err(if overflows {
                range_error()
            } else if message.is_empty() {
                domain_error()
            } else {
                outside(message, x)
            });
        }
    }
    Ok(float::from_f64(r))
}

const FINITE: &str = "expected a finite input";
const UNIT: &str = "expected a number in range from -1 up to 1";

/// Logarithm of a number, ints of any size included.
fn log_of(v: Value, f: fn(f64) -> f64) -> R<f64> {
    if let Some(n) = int::num(v) {
        let positive = match n {
            int::Num::Word(w) => w > 0,
            int::Num::Big(_) => !n.is_negative(),
        };
        if !positive {
            return Err(value_error("expected a positive input"));
        }
        if let Some(x) = int::to_f64(n) {
            return Ok(f(x));
        }
        let (m, e) = integers::big_frexp(n);
        return Ok(f(m) + f(2.0) * e as f64);
    }
    let x = real(v)?;
    if x.is_nan() || x == f64::INFINITY {
        return Ok(x);
    }
    if x <= 0.0 {
        return Err(outside("expected a positive input", x));
    }
    Ok(f(x))
}

/// `math.pow`.
fn power(x: f64, y: f64) -> R<f64> {
    if x.is_finite() && y.is_finite() {
        let r = libm::pow(x, y);
        return if r.is_nan() {
            Err(domain_error())
        } else if r.is_infinite() {
            Err(if x == 0.0 { domain_error() } else { range_error() })
        } else {
            Ok(r)
        };
    }
    if x.is_nan() {
        return Ok(if y == 0.0 { 1.0 } else { x });
    }
    if y.is_nan() {
        return Ok(if x == 1.0 { 1.0 } else { y });
    }
    if x.is_infinite() {
        let odd = y.is_finite() && libm::fmod(y.abs(), 2.0) == 1.0;
        return Ok(if y > 0.0 {
            if odd { x } else { x.abs() }
        } else if y == 0.0 {
            1.0
        } else if odd {
            0f64.copysign(x)
        } else {
            0.0
        });
    }
    Ok(if x.abs() == 1.0 {
        1.0
    } else if y > 0.0 && x.abs() > 1.0 {
        y
    } else if y < 0.0 && x.abs() < 1.0 {
        -y
    } else {
        0.0
    })
}

/// A method such as `__floor__` of a type that has it.
fn special(v: Value, name: &str) -> R<Option<Ref>> {
    let name = str::intern(name);
    match lookup_special(v, name.v())? {
        Some(method) => dxpyc_objects::call::call0(method.v()).map(Some),
        None => Ok(None),
    }
}

/// floor and ceil: exact floats directly, then the method, then the float value.
fn to_integer(v: Value, name: &str, f: fn(f64) -> f64) -> R<Ref> {
    if v.is_small_int() {
        return Ok(Ref::new(v));
    }
    if !is_exact(v, &float::FLOAT)
        && let Some(result) = special(v, name)?
    {
        return Ok(result);
    }
    float::f64_to_int(f(real(v)?))
}

fn init(dict: Value) -> R<()> {
    let constants = [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ];
    for (name, x) in constants {
        dxpyc_objects::dict::set_str(dict, name, float::from_f64(x));
    }
    dxpyc_objects::entry::guards::note_module("math", dict);
    Ok(())
}

#[native_module(
    name = "math",
    doc = "This module provides access to the mathematical functions\ndefined by the C standard.",
    init = super::init
)]
pub mod module {
    use super::*;

    /// Return the arc cosine (measured in radians) of x.
    ///
    /// The result is between 0 and pi.
    #[native("($module, x, /)", raw)]
    fn acos(args: &Args) -> R<Ref> {
        unary(args, "acos", libm::acos, false, UNIT)
    }
    /// Return the inverse hyperbolic cosine of x.
    #[native("($module, x, /)", raw)]
    fn acosh(args: &Args) -> R<Ref> {
        unary(args, "acosh", libm::acosh, false, "expected argument value not less than 1")
    }
    /// Return the arc sine (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[native("($module, x, /)", raw)]
    fn asin(args: &Args) -> R<Ref> {
        unary(args, "asin", libm::asin, false, UNIT)
    }
    /// Return the inverse hyperbolic sine of x.
    #[native("($module, x, /)", raw)]
    fn asinh(args: &Args) -> R<Ref> {
        unary(args, "asinh", libm::asinh, false, "")
    }
    /// Return the arc tangent (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[native("($module, x, /)", raw)]
    fn atan(args: &Args) -> R<Ref> {
        unary(args, "atan", libm::atan, false, "")
    }
    /// Return the inverse hyperbolic tangent of x.
    #[native("($module, x, /)", raw)]
    fn atanh(args: &Args) -> R<Ref> {
        unary(args, "atanh", libm::atanh, false, "expected a number between -1 and 1")
    }
    /// Return the cube root of x.
    #[native("($module, x, /)", raw)]
    fn cbrt(args: &Args) -> R<Ref> {
        unary(args, "cbrt", libm::cbrt, false, "")
    }
    /// Return the cosine of x (measured in radians).
    #[native("($module, x, /)", raw)]
    fn cos(args: &Args) -> R<Ref> {
        unary(args, "cos", libm::cos, false, FINITE)
    }
    /// Return the hyperbolic cosine of x.
    #[native("($module, x, /)", raw)]
    fn cosh(args: &Args) -> R<Ref> {
        unary(args, "cosh", libm::cosh, true, "")
    }
    /// Error function at x.
    #[native("($module, x, /)", raw)]
    fn erf(args: &Args) -> R<Ref> {
        unary(args, "erf", libm::erf, false, "")
    }
    /// Complementary error function at x.
    #[native("($module, x, /)", raw)]
    fn erfc(args: &Args) -> R<Ref> {
        unary(args, "erfc", libm::erfc, false, "")
    }
    /// Return e raised to the power of x.
    #[native("($module, x, /)", raw)]
    fn exp(args: &Args) -> R<Ref> {
        unary(args, "exp", libm::exp, true, "")
    }
    /// Return 2 raised to the power of x.
    #[native("($module, x, /)", raw)]
    fn exp2(args: &Args) -> R<Ref> {
        unary(args, "exp2", libm::exp2, true, "")
    }
    /// Return exp(x)-1.
    ///
    /// This function avoids the loss of precision involved in the direct evaluation of exp(x)-1 for small x.
    #[native("($module, x, /)", raw)]
    fn expm1(args: &Args) -> R<Ref> {
        unary(args, "expm1", libm::expm1, true, "")
    }
    /// Return the absolute value of the float x.
    #[native("($module, x, /)", raw)]
    fn fabs(args: &Args) -> R<Ref> {
        unary(args, "fabs", f64::abs, false, "")
    }
    /// Gamma function at x.
    #[native("($module, x, /)", raw)]
    fn gamma(args: &Args) -> R<Ref> {
        gamma_result(real(one(args, "gamma")?)?, gamma_functions::gamma)
    }
    /// Natural logarithm of absolute value of Gamma function at x.
    #[native("($module, x, /)", raw)]
    fn lgamma(args: &Args) -> R<Ref> {
        gamma_result(real(one(args, "lgamma")?)?, gamma_functions::lgamma)
    }
    /// Return the natural logarithm of 1+x (base e).
    ///
    /// The result is computed in a way which is accurate for x near zero.
    #[native("($module, x, /)", raw)]
    fn log1p(args: &Args) -> R<Ref> {
        unary(args, "log1p", libm::log1p, false, "expected argument value > -1")
    }
    /// Return the sine of x (measured in radians).
    #[native("($module, x, /)", raw)]
    fn sin(args: &Args) -> R<Ref> {
        unary(args, "sin", libm::sin, false, FINITE)
    }
    /// Return the hyperbolic sine of x.
    #[native("($module, x, /)", raw)]
    fn sinh(args: &Args) -> R<Ref> {
        unary(args, "sinh", libm::sinh, true, "")
    }
    /// Return the square root of x.
    #[native("($module, x, /)", raw)]
    fn sqrt(args: &Args) -> R<Ref> {
        unary(args, "sqrt", f64::sqrt, false, "expected a nonnegative input")
    }
    /// Return the tangent of x (measured in radians).
    #[native("($module, x, /)", raw)]
    fn tan(args: &Args) -> R<Ref> {
        unary(args, "tan", libm::tan, false, FINITE)
    }
    /// Return the hyperbolic tangent of x.
    #[native("($module, x, /)", raw)]
    fn tanh(args: &Args) -> R<Ref> {
        unary(args, "tanh", libm::tanh, false, "")
    }

    /// Return the ceiling of x as an Integral.
    ///
    /// This is the smallest integer >= x.
    #[native("($module, x, /)", raw)]
    fn ceil(args: &Args) -> R<Ref> {
        to_integer(one(args, "ceil")?, "__ceil__", f64::ceil)
    }
    /// Return the floor of x as an Integral.
    ///
    /// This is the largest integer <= x.
    #[native("($module, x, /)", raw)]
    fn floor(args: &Args) -> R<Ref> {
        to_integer(one(args, "floor")?, "__floor__", f64::floor)
    }
    /// Truncates the Real x to the nearest Integral toward 0.
    ///
    /// Uses the __trunc__ magic method.
    #[native("($module, x, /)", raw)]
    fn trunc(args: &Args) -> R<Ref> {
        let v = one(args, "trunc")?;
        if v.is_imm_float() {
            return float::f64_to_int(v.imm_float_unchecked());
        }
        match special(v, "__trunc__")? {
            Some(result) => Ok(result),
            None => Err(type_error(format!("type {} doesn't define __trunc__ method", display_name(v)))),
        }
    }

    /// Return the arc tangent (measured in radians) of y/x.
    ///
    /// Unlike atan(y/x), the signs of both x and y are considered.
    #[native("($module, y, x, /)", raw)]
    fn atan2(args: &Args) -> R<f64> {
        let [y, x] = arity(args, "atan2", 2, 2)? else { unreachable!() };
        Ok(libm::atan2(real(*y)?, real(*x)?))
    }
    /// Return a float with the magnitude (absolute value) of x but the sign of y.
    ///
    /// On platforms that support signed zeros, copysign(1.0, -0.0) returns -1.0.
    #[native("($module, x, y, /)", raw)]
    fn copysign(args: &Args) -> R<f64> {
        let [x, y] = arity(args, "copysign", 2, 2)? else { unreachable!() };
        Ok(real(*x)?.copysign(real(*y)?))
    }
    /// Convert angle x from radians to degrees.
    #[native("($module, x, /)", raw)]
    fn degrees(args: &Args) -> R<f64> {
        Ok(real(one(args, "degrees")?)? * (180.0 / std::f64::consts::PI))
    }
    /// Convert angle x from degrees to radians.
    #[native("($module, x, /)", raw)]
    fn radians(args: &Args) -> R<f64> {
        Ok(real(one(args, "radians")?)? * (std::f64::consts::PI / 180.0))
    }
    /// Fused multiply-add operation: (x * y) + z with a single round.
    #[native("($module, x, y, z, /)", raw)]
    fn fma(args: &Args) -> R<f64> {
        let [x, y, z] = arity(args, "fma", 3, 3)? else { unreachable!() };
        let (x, y, z) = (real(*x)?, real(*y)?, real(*z)?);
        let r = libm::fma(x, y, z);
        if r.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
            return Err(value_error("invalid operation in fma"));
        }
        if r.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
            return Err(overflow_error("overflow in fma"));
        }
        Ok(r)
    }
    /// Return fmod(x, y), according to platform C.
    ///
    /// x % y may differ.
    #[native("($module, x, y, /)", raw)]
    fn fmod(args: &Args) -> R<f64> {
        let [x, y] = arity(args, "fmod", 2, 2)? else { unreachable!() };
        let (x, y) = (real(*x)?, real(*y)?);
        if y.is_infinite() && x.is_finite() {
            return Ok(x);
        }
        let r = libm::fmod(x, y);
        if r.is_nan() && !x.is_nan() && !y.is_nan() {
            return Err(domain_error());
        }
        Ok(r)
    }
    /// Return the mantissa and exponent of x, as pair (m, e).
    ///
    /// m is a float and e is an int, such that x = m * 2.**e.
    /// If x is 0, m and e are both 0.  Else 0.5 <= abs(m) < 1.0.
    #[native("($module, x, /)", raw)]
    fn frexp(args: &Args) -> R<Ref> {
        let (m, e) = libm::frexp(real(one(args, "frexp")?)?);
        Ok(tuple::from_refs(vec![float::from_f64(m), int::from_i64(e as i64)]))
    }
    /// Return x * (2**i).
    ///
    /// This is essentially the inverse of frexp().
    #[native("($module, x, i, /)", raw)]
    fn ldexp(args: &Args) -> R<f64> {
        let [x, i] = arity(args, "ldexp", 2, 2)? else { unreachable!() };
        let x = real(*x)?;
        if !int::is_int(*i) {
            return Err(type_error("Expected an int as second argument to ldexp."));
        }
        let i = int::index_clamped(*i)?;
        if x == 0.0 || !x.is_finite() {
            return Ok(x);
        }
        if i > i32::MAX as i64 {
            return Err(range_error());
        }
        if i < i32::MIN as i64 {
            return Ok(0f64.copysign(x));
        }
        let r = libm::ldexp(x, i as i32);
        if r.is_infinite() { Err(range_error()) } else { Ok(r) }
    }
    /// Return the fractional and integer parts of x.
    ///
    /// Both results carry the sign of x and are floats.
    #[native("($module, x, /)", raw)]
    fn modf(args: &Args) -> R<Ref> {
        let x = real(one(args, "modf")?)?;
        let (fraction, whole) = if x.is_infinite() {
            (0f64.copysign(x), x)
        } else if x.is_nan() {
            (x, x)
        } else {
            ((x - x.trunc()).copysign(x), x.trunc())
        };
        Ok(tuple::from_refs(vec![float::from_f64(fraction), float::from_f64(whole)]))
    }
    /// Return x**y (x to the power of y).
    #[native("($module, x, y, /)", raw)]
    fn pow(args: &Args) -> R<f64> {
        let [x, y] = arity(args, "pow", 2, 2)? else { unreachable!() };
        power(real(*x)?, real(*y)?)
    }
    /// Difference between x and the closest integer multiple of y.
    ///
    /// Return x - n*y where n*y is the closest integer multiple of y.
    /// In the case where x is exactly halfway between two multiples of
    /// y, the nearest even value of n is used. The result is always exact.
    #[native("($module, x, y, /)", raw)]
    fn remainder(args: &Args) -> R<f64> {
        let [x, y] = arity(args, "remainder", 2, 2)? else { unreachable!() };
        let (x, y) = (real(*x)?, real(*y)?);
        if x.is_nan() {
            return Ok(x);
        }
        if y.is_nan() {
            return Ok(y);
        }
        if x.is_infinite() || y == 0.0 {
            return Err(domain_error());
        }
        if y.is_infinite() {
            return Ok(x);
        }
        Ok(libm::remainder(x, y))
    }
    /// Return the floating-point value the given number of steps after x towards y.
    ///
    /// If steps is not specified or is None, it defaults to 1.
    #[native("($module, x, y, /, *, steps=None)")]
    fn nextafter(x: f64, y: f64, steps: Value) -> R<f64> {
        if steps.is_none() {
            return Ok(libm::nextafter(x, y));
        }
        let steps = ops::index(steps)?;
        let n = int::num(steps.v()).unwrap_or(int::Num::Word(0));
        if n.is_negative() {
            return Err(value_error("steps must be a non-negative integer"));
        }
        let steps = match n {
            int::Num::Word(w) => u64::try_from(w).unwrap_or(u64::MAX),
            int::Num::Big(_) => u64::MAX,
        };
        Ok(steps_after(x, y, steps))
    }
    /// Return the value of the least significant bit of the float x.
    #[native("($module, x, /)", raw)]
    fn ulp(args: &Args) -> R<f64> {
        let x = real(one(args, "ulp")?)?.abs();
        if !x.is_finite() {
            return Ok(x);
        }
        let next = libm::nextafter(x, f64::INFINITY);
        Ok(if next.is_infinite() { x - libm::nextafter(x, f64::NEG_INFINITY) } else { next - x })
    }
    /// Determine whether two floating-point numbers are close in value.
    ///
    ///   rel_tol
    ///     maximum difference for being considered "close", relative to the
    ///     magnitude of the input values
    ///   abs_tol
    ///     maximum difference for being considered "close", regardless of the
    ///     magnitude of the input values
    #[native("($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(a: f64, b: f64, rel_tol: Option<f64>, abs_tol: Option<f64>) -> R<bool> {
        let (rel_tol, abs_tol) = (rel_tol.unwrap_or(1e-9), abs_tol.unwrap_or(0.0));
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(value_error("tolerances must be non-negative"));
        }
        if a == b {
            return Ok(true);
        }
        if a.is_infinite() || b.is_infinite() {
            return Ok(false);
        }
        let difference = (b - a).abs();
        Ok(difference <= (rel_tol * b).abs() || difference <= (rel_tol * a).abs() || difference <= abs_tol)
    }
    /// Return True if x is neither an infinity nor a NaN, and False otherwise.
    #[native("($module, x, /)", raw)]
    fn isfinite(args: &Args) -> R<bool> {
        Ok(real(one(args, "isfinite")?)?.is_finite())
    }
    /// Return True if x is a positive or negative infinity, and False otherwise.
    #[native("($module, x, /)", raw)]
    fn isinf(args: &Args) -> R<bool> {
        Ok(real(one(args, "isinf")?)?.is_infinite())
    }
    /// Return True if x is a NaN (not a number), and False otherwise.
    #[native("($module, x, /)", raw)]
    fn isnan(args: &Args) -> R<bool> {
        Ok(real(one(args, "isnan")?)?.is_nan())
    }

    /// log(x, [base=math.e])
    ///
    /// Return the logarithm of x to the given base.
    /// If the base is not specified, returns the natural logarithm (base e) of x.
    #[native("", raw)]
    fn log(args: &Args) -> R<Ref> {
        let values = arity(args, "log", 1, 2)?;
        let x = log_of(values[0], libm::log)?;
        let Some(base) = values.get(1) else { return Ok(float::from_f64(x)) };
        let base = log_of(*base, libm::log)?;
        if base == 0.0 {
            return Err(zero_division("division by zero"));
        }
        Ok(float::from_f64(x / base))
    }
    /// Return the base 2 logarithm of x.
    #[native("($module, x, /)", raw)]
    fn log2(args: &Args) -> R<f64> {
        log_of(one(args, "log2")?, libm::log2)
    }
    /// Return the base 10 logarithm of x.
    #[native("($module, x, /)", raw)]
    fn log10(args: &Args) -> R<f64> {
        log_of(one(args, "log10")?, libm::log10)
    }

    /// Multidimensional Euclidean distance from the origin to a point.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum(x**2 for x in coordinates))
    #[native("($module, /, *coordinates)", raw)]
    fn hypot(args: &Args) -> R<f64> {
        args.no_keywords("math.hypot")?;
        let mut coordinates = Vec::with_capacity(args.values().len());
        for v in args.values() {
            coordinates.push(real(*v)?);
        }
        Ok(sums::norm(&mut coordinates))
    }
    /// Return the Euclidean distance between two points p and q.
    ///
    /// The points should be specified as sequences (or iterables) of
    /// coordinates.  Both inputs must have the same dimension.
    #[native("($module, p, q, /)", raw)]
    fn dist(args: &Args) -> R<f64> {
        let [p, q] = arity(args, "dist", 2, 2)? else { unreachable!() };
        let (p, q) = (ops::collect_to_vec(*p)?, ops::collect_to_vec(*q)?);
        if p.len() != q.len() {
            return Err(value_error("both points must have the same number of dimensions"));
        }
        let mut differences = Vec::with_capacity(p.len());
        for (a, b) in p.iter().zip(&q) {
            differences.push(real(a.v())? - real(b.v())?);
        }
        Ok(sums::norm(&mut differences))
    }
    /// Return an accurate floating-point sum of values in the iterable.
    ///
    /// Assumes IEEE-754 floating-point arithmetic.
    #[native("($module, seq, /)", raw)]
    fn fsum(args: &Args) -> R<f64> {
        sums::fsum(one(args, "fsum")?)
    }
    /// Calculate the product of all the elements in the input iterable.
    ///
    /// The default start value for the product is 1.
    #[native("($module, iterable, /, *, start=1)")]
    fn prod(iterable: Value, start: Value) -> R<Ref> {
        sums::prod(iterable, start)
    }
    /// Return the sum of products of values from two iterables p and q.
    ///
    /// Roughly equivalent to:
    ///     sum(map(operator.mul, p, q, strict=True))
    ///
    /// For float and mixed int/float inputs, the intermediate products
    /// and sums are computed with extended precision.
    #[native("($module, p, q, /)", raw)]
    fn sumprod(args: &Args) -> R<Ref> {
        let [p, q] = arity(args, "sumprod", 2, 2)? else { unreachable!() };
        sums::sumprod(*p, *q)
    }

    /// Number of ways to choose k items from n items without repetition and without order.
    ///
    /// Evaluates to n! / (k! * (n - k)!) when k <= n and evaluates
    /// to zero when k > n.
    #[native("($module, n, k, /)", raw)]
    fn comb(args: &Args) -> R<Ref> {
        let [n, k] = arity(args, "comb", 2, 2)? else { unreachable!() };
        integers::comb(*n, *k)
    }
    /// Number of ways to choose k items from n items without repetition and with order.
    ///
    /// Evaluates to n! / (n - k)! when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// If k is not specified or is None, then k defaults to n
    /// and the function returns n!.
    #[native("($module, n, k=None, /)", raw)]
    fn perm(args: &Args) -> R<Ref> {
        let values = arity(args, "perm", 1, 2)?;
        match values.get(1) {
            Some(k) if !k.is_none() => integers::perm(values[0], *k),
            _ => integers::factorial(values[0]),
        }
    }
    /// Find n!.
    #[native("($module, n, /)", raw)]
    fn factorial(args: &Args) -> R<Ref> {
        integers::factorial(one(args, "factorial")?)
    }
    /// Greatest Common Divisor.
    #[native("($module, /, *integers)", raw)]
    fn gcd(args: &Args) -> R<Ref> {
        args.no_keywords("math.gcd")?;
        integers::gcd(args.values())
    }
    /// Least Common Multiple.
    #[native("($module, /, *integers)", raw)]
    fn lcm(args: &Args) -> R<Ref> {
        args.no_keywords("math.lcm")?;
        integers::lcm(args.values())
    }
    /// Return the integer part of the square root of the input.
    #[native("($module, n, /)", raw)]
    fn isqrt(args: &Args) -> R<Ref> {
        integers::isqrt(one(args, "isqrt")?)
    }
}

fn gamma_result(x: f64, f: fn(f64) -> Result<f64, gamma_functions::Trouble>) -> R<Ref> {
    use gamma_functions::Trouble;
    match f(x) {
        Ok(r) => Ok(float::from_f64(r)),
        Err(Trouble::Domain) => Err(outside("expected a noninteger or positive integer", x)),
        Err(Trouble::Range) => Err(range_error()),
    }
}

/// `steps` doubles from x towards y.
fn steps_after(x: f64, y: f64, steps: u64) -> f64 {
    if steps == 0 || x.is_nan() {
        return x;
    }
    if y.is_nan() {
        return y;
    }
    // Doubles in order as signed magnitudes.
    let order = |f: f64| {
        let magnitude = (f.to_bits() & !(1 << 63)) as i128;
        if f.is_sign_negative() { -magnitude } else { magnitude }
    };
    let (from, to) = (order(x), order(y));
    if from == to {
        return y;
    }
    let steps = steps as i128;
    let result = if to > from { (from + steps).min(to) } else { (from - steps).max(to) };
    if result == to {
        return y;
    }
    let magnitude = f64::from_bits(result.unsigned_abs() as u64);
    if result < 0 || result == 0 && x.is_sign_negative() { -magnitude } else { magnitude }
}
