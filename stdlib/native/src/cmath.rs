//! `cmath`: functions of complex numbers. Finite arguments follow Kahan's formulas as CPython has them; what infinities and NaN
//! give comes from the C library's complex functions, which follow the same annex of the C standard.

use dxpyc_objects::complex::{Parts, as_parts, from_parts};
use dxpyc_objects::prelude::*;
use dxpyc_objects::{float, libm, tuple};
use std::f64::consts::{E, FRAC_PI_2, LN_2, LN_10, PI, TAU};

#[repr(C)]
#[derive(Clone, Copy)]
struct C(f64, f64);

unsafe extern "C" {
    safe fn cacos(z: C) -> C;
    safe fn cacosh(z: C) -> C;
    safe fn casinh(z: C) -> C;
    safe fn catanh(z: C) -> C;
    safe fn ccosh(z: C) -> C;
    safe fn cexp(z: C) -> C;
    safe fn clog(z: C) -> C;
    safe fn csinh(z: C) -> C;
    safe fn csqrt(z: C) -> C;
    safe fn ctanh(z: C) -> C;
}

/// What goes wrong beside an infinite or undefined result.
enum Trouble {
    Domain,
    Range,
}

type Answer = Result<Parts, Trouble>;

const LARGE: f64 = f64::MAX / 4.0;
const SCALE_UP: i32 = 53;
const SCALE_DOWN: i32 = -27;

fn sqrt_large() -> f64 {
    LARGE.sqrt()
}
fn log_large() -> f64 {
    libm::log(LARGE)
}

fn finite((x, y): Parts) -> bool {
    x.is_finite() && y.is_finite()
}

fn special(f: fn(C) -> C, (x, y): Parts) -> Answer {
    let r = f(C(x, y));
    Ok((r.0, r.1))
}

fn sqrt(z: Parts) -> Answer {
    if !finite(z) {
        return special(|z| csqrt(z), z);
    }
    let (x, y) = z;
    if x == 0.0 && y == 0.0 {
        return Ok((0.0, y));
    }
    let (mut ax, ay) = (x.abs(), y.abs());
    let s = if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE {
        ax = libm::ldexp(ax, SCALE_UP);
        libm::ldexp((ax + libm::hypot(ax, libm::ldexp(ay, SCALE_UP))).sqrt(), SCALE_DOWN)
    } else {
        ax /= 8.0;
        2.0 * (ax + libm::hypot(ax, ay / 8.0)).sqrt()
    };
    let d = ay / (2.0 * s);
    Ok(if x >= 0.0 { (s, d.copysign(y)) } else { (d, s.copysign(y)) })
}

fn is_large((x, y): Parts) -> bool {
    x.abs() > LARGE || y.abs() > LARGE
}

fn log_hypot_large((x, y): Parts) -> f64 {
    libm::log(libm::hypot(x / 2.0, y / 2.0)) + LN_2 * 2.0
}

fn acos(z: Parts) -> Answer {
    if !finite(z) {
        return special(|z| cacos(z), z);
    }
    let (x, y) = z;
    if is_large(z) {
        let length = log_hypot_large(z);
        let imag = if x < 0.0 { -length.copysign(y) } else { length.copysign(-y) };
        return Ok((libm::atan2(y.abs(), x), imag));
    }
    let (s1, s2) = (sqrt((1.0 - x, -y))?, sqrt((1.0 + x, y))?);
    Ok((2.0 * libm::atan2(s1.0, s2.0), libm::asinh(s2.0 * s1.1 - s2.1 * s1.0)))
}

fn acosh(z: Parts) -> Answer {
    if !finite(z) {
        return special(|z| cacosh(z), z);
    }
    let (x, y) = z;
    if is_large(z) {
        return Ok((log_hypot_large(z), libm::atan2(y, x)));
    }
    let (s1, s2) = (sqrt((x - 1.0, y))?, sqrt((x + 1.0, y))?);
    Ok((libm::asinh(s1.0 * s2.0 + s1.1 * s2.1), 2.0 * libm::atan2(s1.1, s2.0)))
}

fn asinh(z: Parts) -> Answer {
    if !finite(z) {
        return special(|z| casinh(z), z);
    }
    let (x, y) = z;
    if is_large(z) {
        let length = log_hypot_large(z);
        let real = if y >= 0.0 { length.copysign(x) } else { -length.copysign(-x) };
        return Ok((real, libm::atan2(y, x.abs())));
    }
    let (s1, s2) = (sqrt((1.0 + y, -x))?, sqrt((1.0 - y, x))?);
    Ok((libm::asinh(s1.0 * s2.1 - s2.0 * s1.1), libm::atan2(y, s1.0 * s2.0 - s1.1 * s2.1)))
}

fn asin((x, y): Parts) -> Answer {
    asinh((-y, x)).map(|s| (s.1, -s.0))
}

fn atanh(z: Parts) -> Answer {
    if !finite(z) {
        return special(|z| catanh(z), z);
    }
    let (x, y) = z;
    if x.is_sign_negative() {
        return atanh((-x, -y)).map(|r| (-r.0, -r.1));
    }
    let ay = y.abs();
    if x > sqrt_large() || ay > sqrt_large() {
        let h = libm::hypot(x / 2.0, y / 2.0);
        return Ok((x / 4.0 / h / h, -FRAC_PI_2.copysign(-y)));
    }
    if x == 1.0 && ay < f64::MIN_POSITIVE.sqrt() {
        if ay == 0.0 {
            return Err(Trouble::Domain);
        }
        let real = -libm::log(ay.sqrt() / libm::hypot(ay, 2.0).sqrt());
        return Ok((real, (libm::atan2(2.0, -ay) / 2.0).copysign(y)));
    }
    Ok((
        libm::log1p(4.0 * x / ((1.0 - x) * (1.0 - x) + ay * ay)) / 4.0,
        -libm::atan2(-2.0 * y, (1.0 - x) * (1.0 + x) - ay * ay) / 2.0,
    ))
}

fn atan((x, y): Parts) -> Answer {
    atanh((-y, x)).map(|s| (s.1, -s.0))
}

/// Infinite parts of finite arguments are overflow.
fn in_range(r: Parts) -> Answer {
    if r.0.is_infinite() || r.1.is_infinite() { Err(Trouble::Range) } else { Ok(r) }
}

fn cosh(z: Parts) -> Answer {
    let (x, y) = z;
    if !finite(z) {
        if y.is_infinite() && !x.is_nan() {
            return Err(Trouble::Domain);
        }
        return special(|z| ccosh(z), z);
    }
    in_range(if x.abs() > log_large() {
        let less = x - 1f64.copysign(x);
        (libm::cos(y) * libm::cosh(less) * E, libm::sin(y) * libm::sinh(less) * E)
    } else {
        (libm::cos(y) * libm::cosh(x), libm::sin(y) * libm::sinh(x))
    })
}

fn sinh(z: Parts) -> Answer {
    let (x, y) = z;
    if !finite(z) {
        if y.is_infinite() && !x.is_nan() {
            return Err(Trouble::Domain);
        }
        return special(|z| csinh(z), z);
    }
    in_range(if x.abs() > log_large() {
        let less = x - 1f64.copysign(x);
        (libm::cos(y) * libm::sinh(less) * E, libm::sin(y) * libm::cosh(less) * E)
    } else {
        (libm::cos(y) * libm::sinh(x), libm::sin(y) * libm::cosh(x))
    })
}

fn tanh(z: Parts) -> Answer {
    let (x, y) = z;
    if !finite(z) {
        if y.is_infinite() && x.is_finite() {
            return Err(Trouble::Domain);
        }
        return special(|z| ctanh(z), z);
    }
    if x.abs() > log_large() {
        return Ok((1f64.copysign(x), 4.0 * libm::sin(y) * libm::cos(y) * libm::exp(-2.0 * x.abs())));
    }
    let (tx, ty) = (libm::tanh(x), libm::tan(y));
    let cx = 1.0 / libm::cosh(x);
    let product = tx * ty;
    let denominator = 1.0 + product * product;
    Ok((tx * (1.0 + ty * ty) / denominator, (ty / denominator) * cx * cx))
}

fn cos((x, y): Parts) -> Answer {
    cosh((-y, x))
}
fn sin((x, y): Parts) -> Answer {
    sinh((-y, x)).map(|s| (s.1, -s.0))
}
fn tan((x, y): Parts) -> Answer {
    tanh((-y, x)).map(|s| (s.1, -s.0))
}

fn exp(z: Parts) -> Answer {
    let (x, y) = z;
    if !finite(z) {
        if y.is_infinite() && (x.is_finite() || x == f64::INFINITY) {
            return Err(Trouble::Domain);
        }
        return special(|z| cexp(z), z);
    }
    in_range(if x > log_large() {
        let l = libm::exp(x - 1.0);
        (l * libm::cos(y) * E, l * libm::sin(y) * E)
    } else {
        let l = libm::exp(x);
        (l * libm::cos(y), l * libm::sin(y))
    })
}

fn log(z: Parts) -> Answer {
    if !finite(z) {
        return special(|z| clog(z), z);
    }
    let (x, y) = z;
    let (ax, ay) = (x.abs(), y.abs());
    let real = if ax > LARGE || ay > LARGE {
        libm::log(libm::hypot(ax / 2.0, ay / 2.0)) + LN_2
    } else if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE {
        if ax == 0.0 && ay == 0.0 {
            return Err(Trouble::Domain);
        }
        libm::log(libm::hypot(libm::ldexp(ax, SCALE_UP), libm::ldexp(ay, SCALE_UP))) - SCALE_UP as f64 * LN_2
    } else {
        let h = libm::hypot(ax, ay);
        if (0.71..=1.73).contains(&h) {
            let (most, least) = if ax > ay { (ax, ay) } else { (ay, ax) };
            libm::log1p((most - 1.0) * (most + 1.0) + least * least) / 2.0
        } else {
            libm::log(h)
        }
    };
    Ok((real, libm::atan2(y, x)))
}

fn log10(z: Parts) -> Answer {
    log(z).map(|(x, y)| (x / LN_10, y / LN_10))
}

fn rect(r: f64, phi: f64) -> Answer {
    if !r.is_finite() || !phi.is_finite() {
        if phi.is_infinite() && r != 0.0 && !r.is_nan() {
            return Err(Trouble::Domain);
        }
        if r.is_infinite() && phi.is_finite() && phi != 0.0 {
            let z = (f64::INFINITY.copysign(libm::cos(phi)), f64::INFINITY.copysign(libm::sin(phi)));
            return Ok(if r > 0.0 { z } else { (-z.0, -z.1) });
        }
        return Ok(if r == 0.0 {
            (0.0, 0.0)
        } else if phi == 0.0 {
            (r, if r.is_nan() { phi } else { r.signum() * phi })
        } else {
            (if r.is_infinite() { r } else { f64::NAN }, f64::NAN)
        });
    }
    Ok(if phi == 0.0 { (r, r * phi) } else { (r * libm::cos(phi), r * libm::sin(phi)) })
}

fn answer(a: Answer) -> R<Ref> {
    match a {
        Ok((x, y)) => Ok(from_parts(x, y)),
        Err(Trouble::Domain) => Err(value_error("math domain error")),
        Err(Trouble::Range) => Err(overflow_error("math range error")),
    }
}

fn init(dict: Value) -> R<()> {
    let set = |name: &str, v: Ref| dxpyc_objects::dict::set_str(dict, name, v);
    for (name, x) in [("pi", PI), ("e", E), ("tau", TAU), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
        set(name, float::from_f64(x));
    }
    set("infj", from_parts(0.0, f64::INFINITY));
    set("nanj", from_parts(0.0, f64::NAN));
    Ok(())
}

macro_rules! unary {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {
        /// `cmath`.
        #[native_module(
            name = "cmath",
            doc = "This module provides access to mathematical functions for complex\nnumbers.",
            init = super::init
        )]
        pub mod module {
            use super::*;

            $($(#[doc = $doc])*
            #[native("($module, z, /)")]
            fn $name(z: Value) -> R<Ref> {
                answer(super::$name(as_parts(z)?))
            })*

            /// log(z[, base]) -> the logarithm of z to the given base.
            ///
            /// If the base is not specified, returns the natural logarithm (base e) of z.
            #[native("($module, z, base=<unrepresentable>, /)", name = "log")]
            fn log_of(z: Value, base: Option<Value>) -> R<Ref> {
                let x = super::log(as_parts(z)?);
                let Some(base) = base else { return answer(x) };
                let base = super::log(as_parts(base)?);
                match (x, base) {
                    (Ok(x), Ok(base)) => match dxpyc_objects::complex::divide(x, base) {
                        Some((x, y)) => Ok(from_parts(x, y)),
                        None => answer(Err(Trouble::Domain)),
                    },
                    _ => answer(Err(Trouble::Domain)),
                }
            }
            /// Return argument, also known as the phase angle, of a complex.
            #[native("($module, z, /)")]
            fn phase(z: Value) -> R<f64> {
                let (x, y) = as_parts(z)?;
                Ok(libm::atan2(y, x))
            }
            /// Convert a complex from rectangular coordinates to polar coordinates.
            ///
            /// r is the distance from 0 and phi the phase angle.
            #[native("($module, z, /)")]
            fn polar(z: Value) -> R<Ref> {
                let (x, y) = as_parts(z)?;
                let r = libm::hypot(x, y);
                if r.is_infinite() && x.is_finite() && y.is_finite() {
                    return answer(Err(Trouble::Range));
                }
                Ok(tuple::from_refs(vec![float::from_f64(r), float::from_f64(libm::atan2(y, x))]))
            }
            /// Convert from polar coordinates to rectangular coordinates.
            #[native("($module, r, phi, /)", name = "rect")]
            fn rect_of(r: f64, phi: f64) -> R<Ref> {
                answer(super::rect(r, phi))
            }
            /// Checks if the real or imaginary part of z is infinite.
            #[native("($module, z, /)")]
            fn isinf(z: Value) -> R<bool> {
                as_parts(z).map(|(x, y)| x.is_infinite() || y.is_infinite())
            }
            /// Checks if the real or imaginary part of z not a number (NaN).
            #[native("($module, z, /)")]
            fn isnan(z: Value) -> R<bool> {
                as_parts(z).map(|(x, y)| x.is_nan() || y.is_nan())
            }
            /// Return True if both the real and the imaginary part of z are finite, else False.
            #[native("($module, z, /)")]
            fn isfinite(z: Value) -> R<bool> {
                as_parts(z).map(super::finite)
            }
            /// Determine whether two complex numbers are close in value.
            #[native("($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
            fn isclose(a: Value, b: Value, rel_tol: Option<f64>, abs_tol: Option<f64>) -> R<bool> {
                let (a, b) = (as_parts(a)?, as_parts(b)?);
                let (rel_tol, abs_tol) = (rel_tol.unwrap_or(1e-9), abs_tol.unwrap_or(0.0));
                if rel_tol < 0.0 || abs_tol < 0.0 {
                    return Err(value_error("tolerances must be non-negative"));
                }
                if a == b {
                    return Ok(true);
                }
                let infinite = |z: Parts| z.0.is_infinite() || z.1.is_infinite();
                if infinite(a) || infinite(b) {
                    return Ok(false);
                }
                let length = |z: Parts| libm::hypot(z.0, z.1);
                let difference = length((a.0 - b.0, a.1 - b.1));
                Ok(difference <= rel_tol * length(b) || difference <= rel_tol * length(a) || difference <= abs_tol)
            }
        }
    };
}

unary! {
    /// Return the arc cosine of z.
    acos;
    /// Return the inverse hyperbolic cosine of z.
    acosh;
    /// Return the arc sine of z.
    asin;
    /// Return the inverse hyperbolic sine of z.
    asinh;
    /// Return the arc tangent of z.
    atan;
    /// Return the inverse hyperbolic tangent of z.
    atanh;
    /// Return the cosine of z.
    cos;
    /// Return the hyperbolic cosine of z.
    cosh;
    /// Return the exponential value e**z.
    exp;
    /// Return the base-10 logarithm of z.
    log10;
    /// Return the sine of z.
    sin;
    /// Return the hyperbolic sine of z.
    sinh;
    /// Return the square root of z.
    sqrt;
    /// Return the tangent of z.
    tan;
    /// Return the hyperbolic tangent of z.
    tanh;
}
