//! `_operator`: the operators as functions. itemgetter, attrgetter and methodcaller are in `operator_getters.rs`.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{arity, call, dict, ops};

fn init(module: Value) -> R<()> {
    use crate::operator_getters::{ATTRGETTER, ITEMGETTER, METHODCALLER};
    for class in [&ITEMGETTER, &ATTRGETTER, &METHODCALLER] {
        dict::set_str(module, class.static_name, Ref::new(class.v()));
    }
    Ok(())
}

/// Whether the value has `__getitem__` as a sequence: not a dict.
fn is_sequence(v: Value) -> bool {
    type_of(v).slots().getitem.is_some() && !dict::is_dict(v)
}

/// Operator interface.
///
/// This module exports a set of functions implemented in C corresponding
/// to the intrinsic operators of Python.  For example, operator.add(x, y)
/// is equivalent to the expression x+y.
#[native_module(name = "_operator", init = init)]
pub mod module {
    use super::*;

    /// Same as abs(a).
    #[native("($module, a, /)")]
    fn abs(a: Value) -> R<Ref> {
        ops::abs(a)
    }
    /// Same as -a.
    #[native("($module, a, /)")]
    fn neg(a: Value) -> R<Ref> {
        ops::neg(a)
    }
    /// Same as +a.
    #[native("($module, a, /)")]
    fn pos(a: Value) -> R<Ref> {
        ops::pos(a)
    }
    /// Same as ~a.
    #[native("($module, a, /)")]
    fn invert(a: Value) -> R<Ref> {
        ops::invert(a)
    }
    /// Same as ~a.
    #[native("($module, a, /)")]
    fn inv(a: Value) -> R<Ref> {
        ops::invert(a)
    }
    /// Same as a + b.
    #[native("($module, a, b, /)")]
    fn add(a: Value, b: Value) -> R<Ref> {
        ops::add(a, b)
    }
    /// Same as a - b.
    #[native("($module, a, b, /)")]
    fn sub(a: Value, b: Value) -> R<Ref> {
        ops::sub(a, b)
    }
    /// Same as a * b.
    #[native("($module, a, b, /)")]
    fn mul(a: Value, b: Value) -> R<Ref> {
        ops::mul(a, b)
    }
    /// Same as a @ b.
    #[native("($module, a, b, /)")]
    fn matmul(a: Value, b: Value) -> R<Ref> {
        ops::matmul(a, b)
    }
    /// Same as a / b.
    #[native("($module, a, b, /)")]
    fn truediv(a: Value, b: Value) -> R<Ref> {
        ops::truediv(a, b)
    }
    /// Same as a // b.
    #[native("($module, a, b, /)")]
    fn floordiv(a: Value, b: Value) -> R<Ref> {
        ops::floordiv(a, b)
    }
    /// Same as a % b.
    #[native("($module, a, b, /)")]
    fn r#mod(a: Value, b: Value) -> R<Ref> {
        ops::modulo(a, b)
    }
    /// Same as a << b.
    #[native("($module, a, b, /)")]
    fn lshift(a: Value, b: Value) -> R<Ref> {
        ops::lshift(a, b)
    }
    /// Same as a >> b.
    #[native("($module, a, b, /)")]
    fn rshift(a: Value, b: Value) -> R<Ref> {
        ops::rshift(a, b)
    }
    /// Same as a & b.
    #[native("($module, a, b, /)")]
    fn and_(a: Value, b: Value) -> R<Ref> {
        ops::and(a, b)
    }
    /// Same as a | b.
    #[native("($module, a, b, /)")]
    fn or_(a: Value, b: Value) -> R<Ref> {
        ops::or(a, b)
    }
    /// Same as a ^ b.
    #[native("($module, a, b, /)")]
    fn xor(a: Value, b: Value) -> R<Ref> {
        ops::xor(a, b)
    }
    /// Same as a += b.
    #[native("($module, a, b, /)")]
    fn iadd(a: Value, b: Value) -> R<Ref> {
        ops::iadd(a, b)
    }
    /// Same as a -= b.
    #[native("($module, a, b, /)")]
    fn isub(a: Value, b: Value) -> R<Ref> {
        ops::isub(a, b)
    }
    /// Same as a *= b.
    #[native("($module, a, b, /)")]
    fn imul(a: Value, b: Value) -> R<Ref> {
        ops::imul(a, b)
    }
    /// Same as a @= b.
    #[native("($module, a, b, /)")]
    fn imatmul(a: Value, b: Value) -> R<Ref> {
        ops::imatmul(a, b)
    }
    /// Same as a /= b.
    #[native("($module, a, b, /)")]
    fn itruediv(a: Value, b: Value) -> R<Ref> {
        ops::itruediv(a, b)
    }
    /// Same as a //= b.
    #[native("($module, a, b, /)")]
    fn ifloordiv(a: Value, b: Value) -> R<Ref> {
        ops::ifloordiv(a, b)
    }
    /// Same as a %= b.
    #[native("($module, a, b, /)")]
    fn imod(a: Value, b: Value) -> R<Ref> {
        ops::imod(a, b)
    }
    /// Same as a <<= b.
    #[native("($module, a, b, /)")]
    fn ilshift(a: Value, b: Value) -> R<Ref> {
        ops::ilshift(a, b)
    }
    /// Same as a >>= b.
    #[native("($module, a, b, /)")]
    fn irshift(a: Value, b: Value) -> R<Ref> {
        ops::irshift(a, b)
    }
    /// Same as a &= b.
    #[native("($module, a, b, /)")]
    fn iand(a: Value, b: Value) -> R<Ref> {
        ops::iand(a, b)
    }
    /// Same as a |= b.
    #[native("($module, a, b, /)")]
    fn ior(a: Value, b: Value) -> R<Ref> {
        ops::ior(a, b)
    }
    /// Same as a ^= b.
    #[native("($module, a, b, /)")]
    fn ixor(a: Value, b: Value) -> R<Ref> {
        ops::ixor(a, b)
    }
    /// Same as a < b.
    #[native("($module, a, b, /)")]
    fn lt(a: Value, b: Value) -> R<Ref> {
        ops::compare(a, b, CompareOp::Lt)
    }
    /// Same as a <= b.
    #[native("($module, a, b, /)")]
    fn le(a: Value, b: Value) -> R<Ref> {
        ops::compare(a, b, CompareOp::Le)
    }
    /// Same as a == b.
    #[native("($module, a, b, /)")]
    fn eq(a: Value, b: Value) -> R<Ref> {
        ops::compare(a, b, CompareOp::Eq)
    }
    /// Same as a != b.
    #[native("($module, a, b, /)")]
    fn ne(a: Value, b: Value) -> R<Ref> {
        ops::compare(a, b, CompareOp::Ne)
    }
    /// Same as a > b.
    #[native("($module, a, b, /)")]
    fn gt(a: Value, b: Value) -> R<Ref> {
        ops::compare(a, b, CompareOp::Gt)
    }
    /// Same as a >= b.
    #[native("($module, a, b, /)")]
    fn ge(a: Value, b: Value) -> R<Ref> {
        ops::compare(a, b, CompareOp::Ge)
    }
    /// Same as a ** b.
    #[native("($module, a, b, /)")]
    fn pow(a: Value, b: Value) -> R<Ref> {
        ops::pow(a, b, Value::NONE)
    }
    /// Same as a **= b.
    #[native("($module, a, b, /)")]
    fn ipow(a: Value, b: Value) -> R<Ref> {
        ops::ipow(a, b)
    }
    /// Same as not a.
    #[native("($module, a, /)")]
    fn not_(a: Value) -> R<bool> {
        Ok(!ops::truth(a)?)
    }
    /// Return True if a is true, False otherwise.
    #[native("($module, a, /)")]
    fn truth(a: Value) -> R<bool> {
        ops::truth(a)
    }
    /// Same as a is b.
    #[native("($module, a, b, /)")]
    fn is_(a: Value, b: Value) -> bool {
        a == b
    }
    /// Same as a is not b.
    #[native("($module, a, b, /)")]
    fn is_not(a: Value, b: Value) -> bool {
        a != b
    }
    /// Same as a is None.
    #[native("($module, a, /)")]
    fn is_none(a: Value) -> bool {
        a.is_none()
    }
    /// Same as a is not None.
    #[native("($module, a, /)")]
    fn is_not_none(a: Value) -> bool {
        !a.is_none()
    }
    /// Same as a.__index__()
    #[native("($module, a, /)")]
    fn index(a: Value) -> R<Ref> {
        ops::index(a)
    }
    /// Same as a + b, for a and b sequences.
    #[native("($module, a, b, /)")]
    fn concat(a: Value, b: Value) -> R<Ref> {
        if !is_sequence(a) {
            let name = dxpyc_objects::type_object::display_name(a);
            return Err(type_error(format!("'{name}' object can't be concatenated")));
        }
        ops::add(a, b)
    }
    /// Same as a += b, for a and b sequences.
    #[native("($module, a, b, /)")]
    fn iconcat(a: Value, b: Value) -> R<Ref> {
        if !is_sequence(a) {
            let name = dxpyc_objects::type_object::display_name(a);
            return Err(type_error(format!("'{name}' object can't be concatenated")));
        }
        ops::iadd(a, b)
    }
    /// Same as b in a (note reversed operands).
    #[native("($module, a, b, /)")]
    fn contains(a: Value, b: Value) -> R<bool> {
        ops::contains(a, b)
    }
    /// Return the number of items in a which are, or which equal, b.
    #[native("($module, a, b, /)")]
    fn countOf(a: Value, b: Value) -> R<i64> {
        let mut n = 0;
        dxpyc_objects::iterators::for_each(a, |item| {
            n += dict::same(item.v(), b)? as i64;
            Ok(())
        })?;
        Ok(n)
    }
    /// Return the first index of b in a.
    #[native("($module, a, b, /)")]
    fn indexOf(a: Value, b: Value) -> R<i64> {
        let iterator = ops::iter(a)?;
        let mut i = 0;
        while let Some(item) = dxpyc_objects::iterators::step(iterator.v())? {
            if dict::same(item.v(), b)? {
                return Ok(i);
            }
            i += 1;
        }
        Err(value_error("sequence.index(x): x not in sequence"))
    }
    /// Same as a[b].
    #[native("($module, a, b, /)")]
    fn getitem(a: Value, b: Value) -> R<Ref> {
        ops::getitem(a, b)
    }
    /// Same as a[b] = c.
    #[native("($module, a, b, c, /)")]
    fn setitem(a: Value, b: Value, c: Value) -> R<()> {
        ops::setitem(a, b, c)
    }
    /// Same as del a[b].
    #[native("($module, a, b, /)")]
    fn delitem(a: Value, b: Value) -> R<()> {
        ops::delitem(a, b)
    }
    /// Return an estimate of the number of items in obj.
    ///
    /// This is useful for presizing containers when building from an iterable.
    ///
    /// If the object supports len(), the result will be exact.
    /// Otherwise, it may over- or under-estimate by an arbitrary amount.
    #[native("($module, obj, default=0, /)")]
    fn length_hint(obj: Value, default: i64) -> R<i64> {
        ops::length_hint(obj, default.max(0) as usize).map(|n| n as i64)
    }
    /// Same as obj(*args, **kwargs).
    #[native("($module, obj, /, *args, **kwargs)", raw)]
    fn call(args: &Args) -> R<Ref> {
        let Some((callee, rest)) = args.split_first() else {
            return Err(type_error("call expected at least 1 argument, got 0"));
        };
        call::call(callee, &rest)
    }
    /// Return 'a == b'.
    ///
    /// This function uses an approach designed to prevent
    /// timing analysis, making it appropriate for cryptography.
    #[native("($module, a, b, /)")]
    fn _compare_digest(a: Value, b: Value) -> R<bool> {
        let (is_a, is_b) = (dxpyc_objects::str::is_str(a), dxpyc_objects::str::is_str(b));
        if is_a && is_b {
            let (x, y) = (dxpyc_objects::str::view(a), dxpyc_objects::str::view(b));
            if !x.is_ascii() || !y.is_ascii() {
                return Err(type_error("comparing strings with non-ASCII characters is not supported"));
            }
            return Ok(dxpyc_objects::str::eq(a, b));
        }
        if is_a || is_b {
            let name = |v| dxpyc_objects::type_object::display_name(v);
            return Err(type_error(format!(
                "unsupported operand types(s) or combination of types: '{}' and '{}'",
                name(a),
                name(b)
            )));
        }
        dxpyc_objects::buffer::with_bytes(a, |x| dxpyc_objects::buffer::with_bytes(b, |y| Ok(x == y)))
    }
}

/// Refuses keywords of a call of a getter and gives its one argument.
pub(crate) fn one_argument(name: &str, args: &Args) -> R<Value> {
    args.no_keywords(name)?;
    arity::check(name, args.pos().len(), 1, 1)?;
    Ok(args.pos()[0])
}
