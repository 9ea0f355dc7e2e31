//! Constants: literals, and operations on them whose results nobody can tell from computing them at run time.

use dashu_int::IBig;
use dxpyc_dpb::{Const, ConstId};
use dxpyc_syntax::ast::{Expr, Number, Operator, UnaryOp};

use crate::Lowerer;

/// Longest str or bytes that is made by folding.
const FOLDED_BYTES_MAX: usize = 4096;

/// A number literal.
pub(crate) fn number(number: &Number) -> Const {
    match number {
        Number::Int(value) => match value.as_i64() {
            Some(small) => Const::Int(small),
            None => big_int(&value.to_string()),
        },
        Number::Float(value) => Const::Float(value.to_bits()),
        Number::Complex { real, imag } => Const::Complex(real.to_bits(), imag.to_bits()),
    }
}

/// A literal of over 63 bits: digits in any base, perhaps with `_`.
fn big_int(token: &str) -> Const {
    let digits: String = token.chars().filter(|&digit| digit != '_').collect();
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        Some("0o" | "0O") => (8, &digits[2..]),
        Some("0b" | "0B") => (2, &digits[2..]),
        _ => (10, digits.as_str()),
    };
    let value = IBig::from_str_radix(digits, radix).expect("the parser checked the digits");
    Const::BigInt(value.to_le_bytes())
}

impl<'a> Lowerer<'a> {
    /// The truth value of a constant expression.
    pub(crate) fn truth(&self, expr: &Expr) -> Option<bool> {
        match expr {
            Expr::Name(name) if name.id == "__debug__" => Some(true),
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => self.truth(&node.operand).map(|truth| !truth),
            _ => Some(match self.literal(expr)? {
                Const::None | Const::False => false,
                Const::True | Const::Ellipsis | Const::BigInt(_) => true,
                Const::Int(value) => value != 0,
                Const::Float(bits) => f64::from_bits(bits) != 0.0,
                Const::Complex(real, imag) => f64::from_bits(real) != 0.0 || f64::from_bits(imag) != 0.0,
                Const::Str(bytes) | Const::Bytes(bytes) => !bytes.is_empty(),
                Const::Tuple(items) | Const::FrozenSet(items) => !items.is_empty(),
            }),
        }
    }

    /// The items of a display, if all are constants.
    pub(crate) fn fold_items(&mut self, elts: &[Expr]) -> Option<Box<[ConstId]>> {
        if !elts.iter().all(may_fold) {
            return None;
        }
        elts.iter().map(|elt| self.fold(elt).map(|constant| self.pools.constant(constant))).collect()
    }

    /// The value of a constant expression.
    pub(crate) fn fold(&mut self, expr: &Expr) -> Option<Const> {
        if !may_fold(expr) {
            return None;
        }
        match expr {
            Expr::Tuple(node) => self.fold_items(&node.elts).map(Const::Tuple),
            Expr::UnaryOp(node) => {
                let operand = self.fold(&node.operand)?;
                fold_unary(node.op, &operand)
            }
            Expr::BinOp(node) => {
                let left = self.fold(&node.left)?;
                let right = self.fold(&node.right)?;
                fold_binary(node.op, &left, &right)
            }
            _ => self.literal(expr),
        }
    }
}

/// A quick look, without values: does the expression consist of literals?
fn may_fold(mut expr: &Expr) -> bool {
    loop {
        match expr {
            Expr::Tuple(node) => return node.elts.iter().all(may_fold),
            Expr::UnaryOp(node) => expr = &node.operand,
            Expr::BinOp(node) => {
                if !may_fold(&node.right) {
                    return false;
                }
                expr = &node.left;
            }
            _ => return expr.is_literal_expr(),
        }
    }
}

fn fold_unary(op: UnaryOp, operand: &Const) -> Option<Const> {
    Some(match (op, operand) {
        (UnaryOp::USub, Const::Int(value)) => Const::Int(value.checked_neg()?),
        (UnaryOp::USub, Const::Float(bits)) => Const::Float((-f64::from_bits(*bits)).to_bits()),
        (UnaryOp::USub, Const::Complex(real, imag)) => Const::Complex((-f64::from_bits(*real)).to_bits(), (-f64::from_bits(*imag)).to_bits()),
        (UnaryOp::UAdd, Const::Int(_) | Const::Float(_)) => operand.clone(),
        (UnaryOp::Invert, Const::Int(value)) => Const::Int(!value),
        (UnaryOp::Not, Const::True) => Const::False,
        (UnaryOp::Not, Const::False | Const::None) => Const::True,
        _ => return None,
    })
}

fn fold_binary(op: Operator, left: &Const, right: &Const) -> Option<Const> {
    match (left, right) {
        (Const::Int(left), Const::Int(right)) => fold_ints(op, *left, *right),
        (Const::Float(left), Const::Float(right)) => fold_floats(op, f64::from_bits(*left), f64::from_bits(*right)),
        (Const::Float(left), Const::Int(right)) => fold_floats(op, f64::from_bits(*left), exact(*right)?),
        (Const::Int(left), Const::Float(right)) => fold_floats(op, exact(*left)?, f64::from_bits(*right)),
        (Const::Str(left), Const::Str(right)) if op == Operator::Add => concat(left, right).map(Const::Str),
        (Const::Bytes(left), Const::Bytes(right)) if op == Operator::Add => concat(left, right).map(Const::Bytes),
        (Const::Str(text), Const::Int(n)) if op == Operator::Mult => repeat(text, *n).map(Const::Str),
        (Const::Bytes(text), Const::Int(n)) if op == Operator::Mult => repeat(text, *n).map(Const::Bytes),
        (Const::Complex(real, imag), other) => fold_complex(op, (f64::from_bits(*real), f64::from_bits(*imag)), other, false),
        (other, Const::Complex(real, imag)) => fold_complex(op, (f64::from_bits(*real), f64::from_bits(*imag)), other, true),
        _ => None,
    }
}

/// An int as a float, if that is exact.
fn exact(value: i64) -> Option<f64> {
    (value.unsigned_abs() <= 1 << 53).then_some(value as f64)
}

fn fold_ints(op: Operator, left: i64, right: i64) -> Option<Const> {
    Some(Const::Int(match op {
        Operator::Add => left.checked_add(right)?,
        Operator::Sub => left.checked_sub(right)?,
        Operator::Mult => left.checked_mul(right)?,
        Operator::FloorDiv => {
            let quotient = left.checked_div(right)?;
            quotient - i64::from(left % right != 0 && (left < 0) != (right < 0))
        }
        Operator::Mod => {
            let rest = left.checked_rem(right)?;
            if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest }
        }
        Operator::Pow => left.checked_pow(u32::try_from(right).ok()?)?,
        Operator::LShift => {
            let bits = u32::try_from(right).ok().filter(|&bits| bits < 63)?;
            left.checked_mul(1 << bits)?
        }
        Operator::RShift => left >> u32::try_from(right).ok().filter(|&bits| bits < 64)?,
        Operator::BitAnd => left & right,
        Operator::BitOr => left | right,
        Operator::BitXor => left ^ right,
        Operator::Div => {
            let (left, right) = (exact(left)?, exact(right).filter(|&right| right != 0.0)?);
            return Some(Const::Float((left / right).to_bits()));
        }
        Operator::MatMult => return None,
    }))
}

fn fold_floats(op: Operator, left: f64, right: f64) -> Option<Const> {
    let result = match op {
        Operator::Add => left + right,
        Operator::Sub => left - right,
        Operator::Mult => left * right,
        Operator::Div if right != 0.0 => left / right,
        _ => return None,
    };
    Some(Const::Float(result.to_bits()))
}

/// Sums and differences of a complex constant and a real one, as in `1 + 2j`. Since 3.14 a real operand has no imaginary part.
fn fold_complex(op: Operator, (real, imag): (f64, f64), other: &Const, is_right: bool) -> Option<Const> {
    let other = match other {
        Const::Int(value) => exact(*value)?,
        Const::Float(bits) => f64::from_bits(*bits),
        _ => return None,
    };
    let (real, imag) = match (op, is_right) {
        (Operator::Add, _) => (real + other, imag),
        (Operator::Sub, false) => (real - other, imag),
        (Operator::Sub, true) => (other - real, -imag),
        _ => return None,
    };
    Some(Const::Complex(real.to_bits(), imag.to_bits()))
}

fn concat(left: &[u8], right: &[u8]) -> Option<Box<[u8]>> {
    // Two surrogates of a pair that meet stay two code points in Python, but not in generalized UTF-8's rules: left to run time.
    let joins_pair = left.len() >= 3 && left[left.len() - 3] == 0xED && right.first() == Some(&0xED);
    (left.len() + right.len() <= FOLDED_BYTES_MAX && !joins_pair).then(|| [left, right].concat().into())
}

fn repeat(text: &[u8], n: i64) -> Option<Box<[u8]>> {
    let n = usize::try_from(n).unwrap_or(0);
    (text.len().checked_mul(n)? <= FOLDED_BYTES_MAX).then(|| text.repeat(n).into())
}
