//! Accurate sums and products of `math`: fsum, prod, sumprod, Euclidean norm.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{float, int, libm, ops};

/// `x + y` with its rounding error; |x| >= |y|.
fn fast_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    (sum, y - (sum - x))
}

/// `x + y` with its rounding error.
fn exact_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    let z = sum - x;
    (sum, (x - (sum - z)) + (y - z))
}

/// `x * y` with its rounding error.
fn exact_product(x: f64, y: f64) -> (f64, f64) {
    let product = x * y;
    (product, libm::fma(x, y, -product))
}

/// Euclidean norm, nearly correctly rounded: scaled to near one, squares summed with their errors, the root corrected once.
pub fn norm(values: &mut [f64]) -> f64 {
    let mut max = 0f64;
    let mut found_nan = false;
    for x in values.iter_mut() {
        *x = x.abs();
        found_nan |= x.is_nan();
        if *x > max {
            max = *x;
        }
    }
    if max.is_infinite() {
        return max;
    }
    if found_nan {
        return f64::NAN;
    }
    if max == 0.0 || values.len() <= 1 {
        return max;
    }
    let (_, exponent) = libm::frexp(max);
    if exponent < -1023 {
        for x in values.iter_mut() {
            *x /= f64::MIN_POSITIVE;
        }
        return f64::MIN_POSITIVE * norm(values);
    }
    let scale = libm::ldexp(1.0, -exponent);
    let (mut sum, mut fraction1, mut fraction2) = (1.0, 0.0, 0.0);
    let mut add = |product: (f64, f64)| {
        let (high, low) = fast_sum(sum, product.0);
        sum = high;
        fraction1 += product.1;
        fraction2 += low;
        sum - 1.0 + (fraction1 + fraction2)
    };
    let mut total = 0.0;
    for x in values.iter() {
        let x = x * scale;
        total = add(exact_product(x, x));
    }
    let mut h = total.sqrt();
    let rest = add(exact_product(-h, h));
    h += rest / (2.0 * h);
    h / scale
}

/// Exactly rounded sum by non-overlapping partial sums.
pub fn fsum(iterable: Value) -> R<f64> {
    let mut partials: Vec<f64> = Vec::new();
    let (mut special, mut infinities) = (0f64, 0f64);
    let iterator = ops::iter(iterable)?;
    while let Some(item) = dxpyc_objects::iterators::step(iterator.v())? {
        let given = crate::math::real(item.v())?;
        let mut x = given;
        let mut kept = 0;
        for j in 0..partials.len() {
            let mut y = partials[j];
            if x.abs() < y.abs() {
                (x, y) = (y, x);
            }
            let (high, low) = fast_sum(x, y);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x != 0.0 {
            if !x.is_finite() {
                if given.is_finite() {
                    return Err(overflow_error("intermediate overflow in fsum"));
                }
                if given.is_infinite() {
                    infinities += given;
                }
                special += given;
                partials.clear();
            } else {
                partials.push(x);
            }
        }
    }
    if special != 0.0 {
        if infinities.is_nan() {
            return Err(value_error("-inf + inf in fsum"));
        }
        return Ok(special);
    }
    let Some(mut high) = partials.pop() else { return Ok(0.0) };
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let x = high;
        (high, low) = fast_sum(x, y);
        if low != 0.0 {
            break;
        }
    }
    // Half-even rounding across several partials.
    if let Some(&next) = partials.last()
        && (low < 0.0 && next < 0.0 || low > 0.0 && next > 0.0)
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    Ok(high)
}

fn exact_float(v: Value) -> Option<f64> {
    if v.is_imm_float() || is_exact(v, &float::FLOAT) { float::as_f64_exact(v) } else { None }
}

/// `math.prod`.
pub fn prod(iterable: Value, start: Value) -> R<Ref> {
    let iterator = ops::iter(iterable)?;
    let mut total = Ref::new(start);
    if int::is_exact_int(start)
        && let Some(mut product) = int::as_i64_exact(start)
    {
        loop {
            let Some(item) = dxpyc_objects::iterators::step(iterator.v())? else { return Ok(int::from_i64(product)) };
            if int::is_exact_int(item.v())
                && let Some(i) = int::as_i64_exact(item.v())
                && let Some(next) = product.checked_mul(i)
            {
                product = next;
                continue;
            }
            total = ops::mul(int::from_i64(product).v(), item.v())?;
            break;
        }
    }
    if let Some(mut product) = exact_float(total.v()) {
        loop {
            let Some(item) = dxpyc_objects::iterators::step(iterator.v())? else { return Ok(float::from_f64(product)) };
            if let Some(f) = exact_float(item.v()) {
                product *= f;
            } else if int::is_exact_int(item.v())
                && let Some(i) = int::as_i64_exact(item.v())
            {
                product *= i as f64;
            } else {
                total = ops::mul(float::from_f64(product).v(), item.v())?;
                break;
            }
        }
    }
    while let Some(item) = dxpyc_objects::iterators::step(iterator.v())? {
        total = ops::mul(total.v(), item.v())?;
    }
    Ok(total)
}

/// A sum in three parts of falling size.
#[derive(Clone, Copy, Default)]
struct Triple {
    high: f64,
    low: f64,
    tiny: f64,
}

impl Triple {
    fn add_product(self, x: f64, y: f64) -> Triple {
        let product = exact_product(x, y);
        let sum = exact_sum(self.high, product.0);
        let r1 = exact_sum(self.low, product.1);
        let r2 = exact_sum(r1.0, sum.1);
        Triple { high: sum.0, low: r2.0, tiny: self.tiny + r1.1 + r2.1 }
    }
    fn value(self) -> f64 {
        let last = exact_sum(self.low, self.tiny);
        exact_sum(self.high, last.0).0
    }
}

/// `math.sumprod`: a prefix of ints is summed as machine ints, what follows of floats in extended precision, the rest as objects.
pub fn sumprod(p: Value, q: Value) -> R<Ref> {
    let (p, q) = (ops::iter(p)?, ops::iter(q)?);
    let mut total = int::from_i64(0);
    let mut ints = Some(0i64);
    let mut floats = Some(None::<Triple>);
    loop {
        let (a, b) = (dxpyc_objects::iterators::step(p.v())?, dxpyc_objects::iterators::step(q.v())?);
        let pair = match (a, b) {
            (Some(a), Some(b)) => Some((a, b)),
            (None, None) => None,
            _ => return Err(value_error("Inputs are not the same length")),
        };
        if let Some(sum) = ints {
            if let Some((a, b)) = &pair
                && int::is_exact_int(a.v())
                && int::is_exact_int(b.v())
                && let (Some(x), Some(y)) = (int::as_i64_exact(a.v()), int::as_i64_exact(b.v()))
                && let Some(next) = x.checked_mul(y).and_then(|xy| sum.checked_add(xy))
            {
                ints = Some(next);
                continue;
            }
            ints = None;
            if sum != 0 {
                total = ops::add(total.v(), int::from_i64(sum).v())?;
            }
        }
        if let Some(sum) = floats {
            if let Some((a, b)) = &pair
                && is_float_pair(a, b)
                && let (Some(x), Some(y)) = (float_operand(a.v()), float_operand(b.v()))
                && let next = sum.unwrap_or_default().add_product(x, y)
                && next.high.is_finite()
            {
                floats = Some(Some(next));
                continue;
            }
            floats = None;
            if let Some(sum) = sum {
                total = ops::add(total.v(), float::from_f64(sum.value()).v())?;
            }
        }
        let Some((a, b)) = pair else { return Ok(total) };
        let product = ops::mul(a.v(), b.v())?;
        total = ops::add(total.v(), product.v())?;
    }
}

/// A float, or an int that stands beside a float.
fn float_operand(v: Value) -> Option<f64> {
    match exact_float(v) {
        Some(f) => Some(f),
        None if int::is_exact_int(v) || v.is_bool() => int::num(v).and_then(int::to_f64),
        None => None,
    }
}

fn is_float_pair(a: &Ref, b: &Ref) -> bool {
    let floats = exact_float(a.v()).is_some() || exact_float(b.v()).is_some();
    floats && float_operand(a.v()).is_some() && float_operand(b.v()).is_some()
}
