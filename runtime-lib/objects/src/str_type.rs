//! What operators and protocols do on str, `str()` and the iterator.

use crate::prelude::*;
use crate::str::{self, STR, StrObject};
use crate::type_object::display_name;
use crate::unpack::{is_index, sequence_index, unpack};

pub(crate) const SLOTS: Slots = Slots {
    repr: Some(repr),
    str: Some(to_str),
    hash: Some(hash),
    compare: Some(compare),
    iter: Some(iter),
    new: Some(new),
    len: Some(len),
    getitem: Some(getitem),
    contains: Some(contains),
    concat: Some(concat),
    repeat: Some(repeat),
    modulo: Some(modulo),
    truth: Some(truth),
    ..Slots::NONE
};

/// Bytes of an instance's native part.
///
/// # Safety
/// For instances of the type only.
pub(crate) unsafe fn var_size(object: *const Header) -> usize {
    // SAFETY: called for strs.
    let s = unsafe { &*(object as *const StrObject) };
    str::HEAD_BYTES + (s.len + 1) * s.kind as usize
}

fn repr(v: Value) -> R<Ref> {
    Ok(crate::str_repr::repr(v))
}

fn to_str(v: Value) -> R<Ref> {
    Ok(str::to_exact(v))
}

fn hash(v: Value) -> R<i64> {
    Ok(str::hash(v))
}

fn truth(v: Value) -> R<bool> {
    Ok(str::object(v).len != 0)
}

fn len(v: Value) -> R<usize> {
    Ok(str::object(v).len)
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !str::is_str(a) || !str::is_str(b) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::bool(match op {
        CompareOp::Eq => str::eq(a, b),
        CompareOp::Ne => !str::eq(a, b),
        _ => op.holds(str::cmp(a, b)),
    }))
}

fn contains(v: Value, item: Value) -> R<bool> {
    if !str::is_str(item) {
        return Err(type_error(format!("'in <string>' requires string as left operand, not {}", display_name(item))));
    }
    Ok(crate::str_search::find_data(str::view(v).data(), str::view(item).data()).is_some())
}

fn concat(a: Value, b: Value) -> R<Ref> {
    if !str::is_str(b) {
        return Err(type_error(format!("can only concatenate str (not \"{}\") to str", display_name(b))));
    }
    str::concat(a, b)
}

fn repeat(v: Value, n: isize) -> R<Ref> {
    let s = str::object(v);
    if n <= 0 || s.len == 0 {
        return Ok(Ref::from_owned(str::empty()));
    }
    if n == 1 {
        return Ok(str::to_exact(v));
    }
    let n = n as usize;
    let Some(total) = s.len.checked_mul(n).filter(|&t| t <= isize::MAX as usize) else { return Err(overflow_error("repeated string is too long")) };
    let Some(p) = str::new_raw(&STR, total, s.kind, s.ascii != 0) else { return Err(memory_error()) };
    let unit = str::raw_bytes(s);
    // SAFETY: room for n times the unit.
    unsafe {
        let out = str::data_ptr(p);
        if unit.len() == 1 {
            std::ptr::write_bytes(out, unit[0], n);
        } else {
            // Doubling: copy what is there already.
            let all = unit.len() * n;
            std::ptr::copy_nonoverlapping(unit.as_ptr(), out, unit.len());
            let mut done = unit.len();
            while done < all {
                let part = done.min(all - done);
                std::ptr::copy_nonoverlapping(out, out.add(done), part);
                done += part;
            }
        }
    }
    Ok(str::finish_raw(p))
}

fn modulo(a: Value, b: Value) -> R<Ref> {
    if !str::is_str(a) {
        return Ok(Ref::not_implemented());
    }
    crate::percent::format_str(a, b)
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    let s = str::object(v);
    if is_index(key) {
        return match sequence_index(key, s.len)? {
            Some(i) => Ok(str::from_char(str::data(s).get(i))),
            None => Err(index_error("string index out of range")),
        };
    }
    if is_exact(key, &crate::slice::SLICE) {
        let (start, stop, step, count) = crate::slice::indices(key, s.len)?;
        return Ok(slice(v, start, stop, step, count));
    }
    Err(type_error(format!("string indices must be integers, not '{}'", display_name(key))))
}

/// The part of a str that adjusted slice indices name.
pub fn slice(v: Value, start: isize, _stop: isize, step: isize, count: usize) -> Ref {
    if count == 0 {
        return Ref::from_owned(str::empty());
    }
    if step == 1 {
        return str::substring(v, start as usize, start as usize + count);
    }
    crate::with_data!(str::view(v).data(), s => {
        let mut out = Vec::with_capacity(count);
        let mut at = start;
        for _ in 0..count {
            out.push(s[at as usize]);
            at = at.wrapping_add(step);
        }
        str::from_units(&out)
    })
}

fn new(class: &'static Type, args: &Args) -> R<Ref> {
    let mut out = [Value::MISSING; 3];
    if !args.has_kw() {
        crate::arity::check("str", args.pos().len(), 0, 3)?;
    }
    if args.has_kw() || args.pos().len() != 1 {
        unpack(args, "str", &["object", "encoding", "errors"], 0, &mut out)?;
    } else {
        out[0] = args.pos()[0];
    }
    let [object, encoding, errors] = out;
    for (name, v) in [("encoding", encoding), ("errors", errors)] {
        if !v.is_missing() {
            crate::unpack::str_argument("str", name, v)?;
        }
    }
    let text = if object.is_missing() {
        Ref::from_owned(str::empty())
    } else if encoding.is_missing() && errors.is_missing() {
        crate::ops::str(object)?
    } else {
        let encoding = if encoding.is_missing() { None } else { Some(encoding) };
        let errors = if errors.is_missing() { None } else { Some(errors) };
        if str::is_str(object) {
            return Err(type_error("decoding str is not supported"));
        }
        if !crate::buffer::is_bytes_like(object) {
            return Err(type_error(format!("decoding to str: need a bytes-like object, {} found", display_name(object))));
        }
        crate::codecs::decode_value(object, encoding, errors)?
    };
    if std::ptr::eq(class, &STR) {
        return Ok(text);
    }
    let s = str::object(text.v());
    let Some(p) = str::new_raw(class, s.len, s.kind, s.ascii != 0) else { return Err(memory_error()) };
    // SAFETY: the same length and kind.
    unsafe { std::ptr::copy_nonoverlapping(str::raw_bytes(s).as_ptr(), str::data_ptr(p), str::raw_bytes(s).len()) };
    Ok(str::finish_raw(p))
}


// ---------------------------------------------------------------- iterator

/// Iterator over a str. `runtime-lib/hot` steps it in line: laid out as `abi::SequenceIterator`.
#[repr(C)]
pub struct StrIterator {
    pub header: Header,
    /// The str; empty when exhausted.
    pub string: Slot,
    pub index: Cell<usize>,
}

const ITER_SLOTS: Slots =
    Slots { iter: Some(iter_self), next: Some(iter_next), length_hint: Some(iter_length_hint), ..Slots::NONE };

/// The type of iterators over strs that are not ASCII.
pub static STR_ITERATOR: Type =
    Type::builtin::<StrIterator>("str_iterator", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW, ITER_SLOTS, Some(&STRITERATOR_DECL));
/// The type of iterators over ASCII strs.
#[unsafe(export_name = "dxp_type_str_ascii_iterator")]
pub static STR_ASCII_ITERATOR: Type =
    Type::builtin::<StrIterator>("str_ascii_iterator", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW, ITER_SLOTS, Some(&STRITERATOR_DECL))
.dealloc_by(crate::type_object::dealloc_as::<StrIterator>);
object_type!(StrIterator, STR_ITERATOR);

fn iter(v: Value) -> R<Ref> {
    let class = if str::view(v).is_ascii() { &STR_ASCII_ITERATOR } else { &STR_ITERATOR };
    Ok(crate::cast::new_object_of(
        class,
        StrIterator { header: crate::cast::fresh_header(), string: Slot::new(Ref::new(v)), index: Cell::new(0) },
    ))
}

fn iter_self(v: Value) -> R<Ref> {
    Ok(Ref::new(v))
}

/// The next character of an ASCII str; MISSING at the end.
#[inline(always)]
pub fn ascii_iterator_step(it: &StrIterator) -> Value {
    let string = it.string.get();
    if string.is_missing() {
        return Value::MISSING;
    }
    let i = it.index.get();
    match str::raw_bytes(str::object(string)).get(i) {
        Some(&c) => {
            it.index.set(i + 1);
            str::latin1_char(c)
        }
        None => {
            drop(it.string.take());
            Value::MISSING
        }
    }
}

fn iter_next(v: Value) -> R<Option<Ref>> {
    let it: &StrIterator = crate::cast::get_unchecked(v);
    let s = it.string.get();
    if s.is_missing() {
        return Ok(None);
    }
    let s = str::object(s);
    let i = it.index.get();
    if i >= s.len {
        it.string.take();
        return Ok(None);
    }
    it.index.set(i + 1);
    Ok(Some(str::from_char(str::data(s).get(i))))
}

fn iter_length_hint(v: Value) -> R<usize> {
    let it: &StrIterator = crate::cast::get_unchecked(v);
    let s = it.string.get();
    Ok(if s.is_missing() { 0 } else { str::object(s).len - it.index.get() })
}

#[native_class(doc = "")]
impl StrIterator {
    /// Return state information for pickling.
    #[native(name = "__reduce__")]
    fn reduce(&self) -> R<Ref> {
        let iter = crate::ops::getattr_str(crate::import::import_module("builtins")?.v(), "iter")?;
        match self.string.cloned() {
            Some(s) => {
                let args = crate::tuple::from_refs(vec![s]);
                Ok(crate::tuple::from_refs(vec![iter, args, crate::int::from_i64(self.index.get() as i64)]))
            }
            None => {
                let args = crate::tuple::from_slice(&[str::empty()]);
                Ok(crate::tuple::from_refs(vec![iter, args]))
            }
        }
    }
    /// Set state information for unpickling.
    #[native(name = "__setstate__")]
    fn setstate(&self, state: i64) {
        let s = self.string.get();
        if !s.is_missing() {
            self.index.set((state.max(0) as usize).min(str::object(s).len));
        }
    }
}
