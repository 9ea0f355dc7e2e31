//! The C library's mathematical functions: CPython's results are those of the platform's libm, so ours come from there too.

macro_rules! functions {
    ($($name:ident($($x:ident: $ty:ty),*);)*) => {
        mod c {
            unsafe extern "C" {
                $(pub safe fn $name($($x: $ty),*) -> f64;)*
            }
        }
        $(
            #[doc = concat!("C's `", stringify!($name), "`.")]
            #[inline(always)]
            pub fn $name($($x: $ty),*) -> f64 {
                c::$name($($x),*)
            }
        )*
    };
}

functions! {
    sin(x: f64);
    cos(x: f64);
    tan(x: f64);
    asin(x: f64);
    acos(x: f64);
    atan(x: f64);
    sinh(x: f64);
    cosh(x: f64);
    tanh(x: f64);
    asinh(x: f64);
    acosh(x: f64);
    atanh(x: f64);
    exp(x: f64);
    exp2(x: f64);
    expm1(x: f64);
    log(x: f64);
    log2(x: f64);
    log10(x: f64);
    log1p(x: f64);
    cbrt(x: f64);
    erf(x: f64);
    erfc(x: f64);
    pow(x: f64, y: f64);
    fmod(x: f64, y: f64);
    hypot(x: f64, y: f64);
    atan2(x: f64, y: f64);
    remainder(x: f64, y: f64);
    nextafter(x: f64, y: f64);
    ldexp(x: f64, e: i32);
    fma(x: f64, y: f64, z: f64);
}

/// Mantissa in [0.5, 1) and exponent: `x = m * 2^e`.
pub fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    if exponent == 0 {
        let (m, e) = frexp(x * (1u64 << 54) as f64);
        return (m, e - 54);
    }
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent - 1022)
}
