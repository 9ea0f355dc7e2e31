//! Gamma function and its logarithm by Lanczos' approximation (g = 6.0246…, 13 terms), as CPython computes them, to the last bit.

use dxpyc_objects::libm;
use std::f64::consts::PI;

/// Why there is no result.
pub enum Trouble {
    Domain,
    Range,
}

const G: f64 = 6.024680040776729583740234375;
const G_MINUS_HALF: f64 = 5.524680040776729583740234375;
const LOG_PI: f64 = 1.144729885849400174143427351353058711647;

#[allow(clippy::excessive_precision)]
static NUMERATOR: [f64; 13] = [
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
];

static DENOMINATOR: [f64; 13] = [
    0.0, 39916800.0, 120543840.0, 150917976.0, 105258076.0, 45995730.0, 13339535.0, 2637558.0, 357423.0, 32670.0, 1925.0, 66.0, 1.0,
];

/// Factorials of 0 to 22.
fn small_factorial(n: usize) -> f64 {
    let mut product = 1u128;
    for i in 2..=n as u128 {
        product *= i;
    }
    product as f64
}

/// sin(pi x), accurate near integers.
fn sin_pi(x: f64) -> f64 {
    let y = libm::fmod(x.abs(), 2.0);
    let r = match (2.0 * y).round() as i32 {
        0 => libm::sin(PI * y),
        1 => libm::cos(PI * (y - 0.5)),
        2 => libm::sin(PI * (1.0 - y)),
        3 => -libm::cos(PI * (y - 1.5)),
        _ => libm::sin(PI * (y - 2.0)),
    };
    1f64.copysign(x) * r
}

fn lanczos_sum(x: f64) -> f64 {
    let (mut numerator, mut denominator) = (0.0, 0.0);
    if x < 5.0 {
        for i in (0..13).rev() {
            numerator = numerator * x + NUMERATOR[i];
            denominator = denominator * x + DENOMINATOR[i];
        }
    } else {
        for i in 0..13 {
            numerator = numerator / x + NUMERATOR[i];
            denominator = denominator / x + DENOMINATOR[i];
        }
    }
    numerator / denominator
}

/// Gamma function.
pub fn gamma(x: f64) -> Result<f64, Trouble> {
    if !x.is_finite() {
        return if x.is_nan() || x > 0.0 { Ok(x) } else { Err(Trouble::Domain) };
    }
    if x == 0.0 {
        return Err(Trouble::Domain);
    }
    if x == x.floor() {
        if x < 0.0 {
            return Err(Trouble::Domain);
        }
        if x <= 23.0 {
            return Ok(small_factorial(x as usize - 1));
        }
    }
    let magnitude = x.abs();
    if magnitude < 1e-20 {
        let r = 1.0 / x;
        return if r.is_infinite() { Err(Trouble::Range) } else { Ok(r) };
    }
    if magnitude > 200.0 {
        return if x < 0.0 { Ok(0.0 / sin_pi(x)) } else { Err(Trouble::Range) };
    }
    let y = magnitude + G_MINUS_HALF;
    // The rounding error of y.
    let z = if magnitude > G_MINUS_HALF {
        let q = y - magnitude;
        q - G_MINUS_HALF
    } else {
        let q = y - G_MINUS_HALF;
        q - magnitude
    };
    let z = z * G / y;
    let mut r;
    if x < 0.0 {
        r = -PI / sin_pi(magnitude) / magnitude * libm::exp(y) / lanczos_sum(magnitude);
        r -= z * r;
        if magnitude < 140.0 {
            r /= libm::pow(y, magnitude - 0.5);
        } else {
            let root = libm::pow(y, magnitude / 2.0 - 0.25);
            r /= root;
            r /= root;
        }
    } else {
        r = lanczos_sum(magnitude) / libm::exp(y);
        r += z * r;
        if magnitude < 140.0 {
            r *= libm::pow(y, magnitude - 0.5);
        } else {
            let root = libm::pow(y, magnitude / 2.0 - 0.25);
            r *= root;
            r *= root;
        }
    }
    if r.is_infinite() { Err(Trouble::Range) } else { Ok(r) }
}

/// Logarithm of the gamma function's absolute value.
pub fn lgamma(x: f64) -> Result<f64, Trouble> {
    if !x.is_finite() {
        return Ok(if x.is_nan() { x } else { f64::INFINITY });
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { Err(Trouble::Domain) } else { Ok(0.0) };
    }
    let magnitude = x.abs();
    if magnitude < 1e-20 {
        return Ok(-libm::log(magnitude));
    }
    let mut r = libm::log(lanczos_sum(magnitude)) - G;
    r += (magnitude - 0.5) * (libm::log(magnitude + G - 0.5) - 1.0);
    if x < 0.0 {
        r = LOG_PI - libm::log(sin_pi(magnitude).abs()) - libm::log(magnitude) - r;
    }
    if r.is_infinite() { Err(Trouble::Range) } else { Ok(r) }
}
