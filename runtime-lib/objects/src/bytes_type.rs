//! What operators and protocols do on bytes and bytearray; their constructors and iterators.

use crate::bytearray::{self, BYTEARRAY, ByteArrayObject};
use crate::bytes::{self, BYTES, BytesObject};
use crate::prelude::*;
use crate::str;
use crate::type_object::display_name;
use crate::unpack::{is_index, sequence_index, unpack};

pub(crate) const BYTES_SLOTS: Slots = Slots {
    repr: Some(repr),
    str: Some(repr),
    hash: Some(bytes_hash),
    compare: Some(compare),
    iter: Some(iter),
    new: Some(bytes_new),
    len: Some(len),
    getitem: Some(getitem),
    contains: Some(contains),
    concat: Some(concat),
    repeat: Some(repeat),
    modulo: Some(modulo),
    truth: Some(truth),
    ..Slots::NONE
};

pub(crate) const BYTEARRAY_SLOTS: Slots = Slots {
    repr: Some(repr),
    str: Some(repr),
    compare: Some(compare),
    iter: Some(iter),
    new: Some(bytearray_new),
    init: Some(bytearray_init),
    len: Some(len),
    getitem: Some(getitem),
    setitem: Some(crate::bytearray_methods::setitem),
    contains: Some(contains),
    concat: Some(concat),
    repeat: Some(repeat),
    iconcat: Some(crate::bytearray_methods::iconcat),
    irepeat: Some(crate::bytearray_methods::irepeat),
    modulo: Some(modulo),
    truth: Some(truth),
    ..Slots::NONE
};

/// Bytes of an instance's native part.
///
/// # Safety
/// For instances of the type only.
pub(crate) unsafe fn var_size(object: *const Header) -> usize {
    // SAFETY: called for bytes objects.
    unsafe { bytes::HEAD_BYTES + (*(object as *const BytesObject)).len + 1 }
}

/// The bytes of a bytes or bytearray object; of a bytearray not to be held across calls that can run Python code.
#[inline]
pub fn own<'a>(v: Value) -> &'a [u8] {
    match bytes::as_slice(v) {
        Some(b) => b,
        None => crate::cast::get_unchecked::<ByteArrayObject>(v).bytes(),
    }
}

/// A bytearray if `like` is one, else bytes.
pub fn make(like: Value, data: &[u8]) -> R<Ref> {
    if bytes::is_bytes(like) { bytes::try_from_slice(&BYTES, data) } else { Ok(bytearray::from_vec(data.to_vec())) }
}

/// The object itself if it is exactly bytes, else a copy.
pub fn unchanged(v: Value) -> R<Ref> {
    if is_exact(v, &BYTES) { Ok(Ref::new(v)) } else { make(v, own(v)) }
}

/// An int in range(256).
pub fn byte_value(v: Value) -> R<u8> {
    let i = match v.as_small_int() {
        Some(i) => Some(i),
        None => crate::int::as_i64_exact(crate::ops::index(v)?.v()),
    };
    i.and_then(|i| u8::try_from(i).ok()).ok_or_else(|| value_error("byte must be in range(0, 256)"))
}

fn repr(v: Value) -> R<Ref> {
    if bytes::is_bytes(v) {
        return Ok(crate::str_repr::repr_bytes(own(v), "b", ""));
    }
    let prefix = format!("{}(b", type_of(v).name());
    Ok(crate::str_repr::repr_bytes(own(v), &prefix, ")"))
}

fn bytes_hash(v: Value) -> R<i64> {
    Ok(bytes::hash(v))
}

fn truth(v: Value) -> R<bool> {
    Ok(!own(v).is_empty())
}

fn len(v: Value) -> R<usize> {
    Ok(own(v).len())
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    // bytes know bytes only; other buffers know bytes.
    if !crate::buffer::is_bytes_like(b) || bytes::is_bytes(a) && !bytes::is_bytes(b) && !is_bytearray(b) {
        return Ok(Ref::not_implemented());
    }
    let holds = |x: &[u8], y: &[u8]| match op {
        CompareOp::Eq => x == y,
        CompareOp::Ne => x != y,
        _ => op.holds(x.cmp(y)),
    };
    crate::buffer::with_bytes(b, |y| Ok(Ref::bool(holds(own(a), y))))
}

fn contains(v: Value, item: Value) -> R<bool> {
    if is_index(item) {
        let b = byte_value(item)?;
        return Ok(memchr::memchr(b, own(v)).is_some());
    }
    crate::buffer::with_bytes(item, |n| Ok(crate::str_search::find(own(v), n).is_some()))
}

fn concat(a: Value, b: Value) -> R<Ref> {
    if !crate::buffer::is_bytes_like(b) {
        return Err(type_error(format!("can't concat {} to {}", display_name(b), display_name(a))));
    }
    crate::buffer::with_bytes(b, |y| {
        let x = own(a);
        if bytes::is_bytes(a) {
            let Some(p) = bytes::new_raw(&BYTES, x.len() + y.len()) else { return Err(memory_error()) };
            // SAFETY: room for both.
            unsafe {
                std::ptr::copy_nonoverlapping(x.as_ptr(), bytes::data_ptr(p), x.len());
                std::ptr::copy_nonoverlapping(y.as_ptr(), bytes::data_ptr(p).add(x.len()), y.len());
            }
            return Ok(bytes::finish_raw(p));
        }
        Ok(bytearray::from_vec([x, y].concat()))
    })
}

/// `n` times the bytes; MemoryError when too large.
pub fn repeated(unit: &[u8], n: isize) -> R<Vec<u8>> {
    let n = n.max(0) as usize;
    let Some(total) = unit.len().checked_mul(n).filter(|&t| t <= isize::MAX as usize) else { return Err(memory_error()) };
    let mut out = Vec::new();
    if out.try_reserve_exact(total).is_err() {
        return Err(memory_error());
    }
    match unit {
        [b] => out.resize(total, *b),
        _ => (0..n).for_each(|_| out.extend_from_slice(unit)),
    }
    Ok(out)
}

fn repeat(v: Value, n: isize) -> R<Ref> {
    if n == 1 && is_exact(v, &BYTES) {
        return Ok(Ref::new(v));
    }
    let out = repeated(own(v), n)?;
    if bytes::is_bytes(v) { make(v, &out) } else { Ok(bytearray::from_vec(out)) }
}

fn modulo(a: Value, b: Value) -> R<Ref> {
    if !bytes::is_bytes(a) && crate::cast::get::<ByteArrayObject>(a).is_none() {
        return Ok(Ref::not_implemented());
    }
    let format = own(a).to_vec();
    let out = crate::percent::format_bytes(&format, b)?;
    make(a, &out)
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    let is_bytes = bytes::is_bytes(v);
    if is_index(key) {
        let len = own(v).len();
        return match sequence_index(key, len)? {
            Some(i) if i < own(v).len() => Ok(Ref::from_owned(Value::from_small_int(own(v)[i] as i64))),
            _ => Err(index_error(if is_bytes { "index out of range" } else { "bytearray index out of range" })),
        };
    }
    if is_exact(key, &crate::slice::SLICE) {
        let (start, _, step, count) = crate::slice::indices(key, own(v).len())?;
        let data = own(v);
        if step == 1 {
            if count == data.len() && is_exact(v, &BYTES) {
                return Ok(Ref::new(v));
            }
            let start = (start as usize).min(data.len());
            return make(v, &data[start..(start + count).min(data.len())]);
        }
        let mut out = Vec::with_capacity(count);
        let mut at = start;
        for _ in 0..count {
            out.extend(data.get(at as usize));
            at = at.wrapping_add(step);
        }
        return make(v, &out);
    }
    let what = if is_bytes { "byte" } else { "bytearray" };
    Err(type_error(format!("{what} indices must be integers or slices, not {}", display_name(key))))
}

// ---------------------------------------------------------------- constructors

/// Ints of an iterable as bytes. `what` is the class for messages.
pub fn from_iterable(v: Value, range_message: &str) -> R<Vec<u8>> {
    let mut out = Vec::new();
    crate::ops::for_each(v, |item| {
        let b = match byte_value(item.v()) {
            Ok(b) => b,
            Err(_) if swallow(&crate::exceptions::VALUE_ERROR) => return Err(value_error(range_message)),
            Err(e) => return Err(e),
        };
        out.push(b);
        Ok(())
    })?;
    Ok(out)
}

/// What `bytes(…)` and `bytearray(…)` make of their arguments.
fn build(class: &str, args: &Args) -> R<Vec<u8>> {
    let mut out = [Value::MISSING; 3];
    unpack(args, class, &["source", "encoding", "errors"], 0, &mut out)?;
    let [source, encoding, errors] = out;
    for (name, v) in [("encoding", encoding), ("errors", errors)] {
        if !v.is_missing() {
            crate::unpack::str_argument(class, name, v)?;
        }
    }
    if source.is_missing() || !str::is_str(source) {
        if !encoding.is_missing() {
            return Err(type_error("encoding without a string argument"));
        }
        if !errors.is_missing() {
            return Err(type_error("errors without a string argument"));
        }
    }
    if source.is_missing() {
        return Ok(Vec::new());
    }
    if str::is_str(source) {
        if encoding.is_missing() {
            return Err(type_error("string argument without an encoding"));
        }
        let errors = if errors.is_missing() { None } else { Some(errors) };
        let encoded = crate::codecs::encode_value(source, Some(encoding), errors)?;
        return crate::buffer::to_vec(encoded.v());
    }
    if is_index(source) {
        match crate::ops::index(source) {
            Ok(i) => {
                let Some(n) = crate::int::as_i64_exact(i.v()) else {
                    return Err(overflow_error(format!("cannot fit '{}' into an index-sized integer", display_name(source))));
                };
                if n < 0 {
                    return Err(value_error("negative count"));
                }
                return repeated(&[0], n as isize);
            }
            Err(_) if swallow(&crate::exceptions::TYPE_ERROR) => {}
            Err(e) => return Err(e),
        }
    }
    if crate::buffer::is_bytes_like(source) {
        return crate::buffer::to_vec(source);
    }
    if class == "bytes" && !is_exact(source, &crate::list::LIST) && !is_exact(source, &crate::tuple::TUPLE) {
        crate::ops::length_hint(source, 64)?;
    }
    let range = if class == "bytes" { "bytes must be in range(0, 256)" } else { "byte must be in range(0, 256)" };
    let slots = type_of(source).slots();
    if slots.iter.is_none() && slots.getitem.is_none() {
        return Err(type_error(format!("cannot convert '{}' object to {class}", display_name(source))));
    }
    from_iterable(source, range)
}

fn bytes_new(class: &'static Type, args: &Args) -> R<Ref> {
    let exact = std::ptr::eq(class, &BYTES);
    if let ([source], false) = (args.pos(), args.has_kw()) {
        if is_exact(*source, &BYTES) && exact {
            return Ok(Ref::new(*source));
        }
        if !str::is_str(*source)
            && let Some(method) = crate::type_object::lookup_special(*source, crate::names::__BYTES__())?
        {
            let result = crate::call::call0(method.v())?;
            let Some(data) = bytes::as_slice(result.v()) else {
                return Err(type_error(format!("__bytes__ returned non-bytes (type {})", display_name(result.v()))));
            };
            return if exact { Ok(result) } else { bytes::try_from_slice(class, data) };
        }
    }
    bytes::try_from_slice(class, &build("bytes", args)?)
}

fn bytearray_new(class: &'static Type, _args: &Args) -> R<Ref> {
    Ok(bytearray::from_vec_of(class, Vec::new()))
}

fn bytearray_init(v: Value, args: &Args) -> R<()> {
    let data = build("bytearray", args)?;
    let b: &ByteArrayObject = crate::cast::get_unchecked(v);
    *b.resizable()? = data;
    Ok(())
}

// ---------------------------------------------------------------- iterators

/// Iterator over bytes or a bytearray.
#[repr(C)]
pub struct BytesIterator {
    pub header: Header,
    /// Empty when exhausted.
    pub source: Slot,
    pub index: Cell<usize>,
}

const ITER_SLOTS: Slots = Slots { iter: Some(iter_self), next: Some(iter_next), length_hint: Some(iter_hint), ..Slots::NONE };

/// The type of iterators over bytes.
pub static BYTES_ITERATOR: Type =
    Type::builtin::<BytesIterator>("bytes_iterator", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW, ITER_SLOTS, Some(&BYTESITERATOR_DECL));
/// The type of iterators over bytearrays.
pub static BYTEARRAY_ITERATOR: Type =
    Type::builtin::<BytesIterator>("bytearray_iterator", "builtins", Some(&crate::object::OBJECT), type_flags::NO_NEW, ITER_SLOTS, Some(&BYTESITERATOR_DECL));
object_type!(BytesIterator, BYTES_ITERATOR);

fn iter(v: Value) -> R<Ref> {
    let class = if bytes::is_bytes(v) { &BYTES_ITERATOR } else { &BYTEARRAY_ITERATOR };
    Ok(crate::cast::new_object_of(
        class,
        BytesIterator { header: crate::cast::fresh_header(), source: Slot::new(Ref::new(v)), index: Cell::new(0) },
    ))
}

fn iter_self(v: Value) -> R<Ref> {
    Ok(Ref::new(v))
}

fn iter_next(v: Value) -> R<Option<Ref>> {
    let it: &BytesIterator = crate::cast::get_unchecked(v);
    let source = it.source.get();
    if source.is_missing() {
        return Ok(None);
    }
    let i = it.index.get();
    match own(source).get(i) {
        Some(&b) => {
            it.index.set(i + 1);
            Ok(Some(Ref::from_owned(Value::from_small_int(b as i64))))
        }
        None => {
            it.source.take();
            Ok(None)
        }
    }
}

fn iter_hint(v: Value) -> R<usize> {
    let it: &BytesIterator = crate::cast::get_unchecked(v);
    let source = it.source.get();
    Ok(if source.is_missing() { 0 } else { own(source).len().saturating_sub(it.index.get()) })
}

#[native_class(doc = "")]
impl BytesIterator {
    /// Return state information for pickling.
    #[native(name = "__reduce__")]
    fn reduce(&self) -> R<Ref> {
        let iter = crate::ops::getattr_str(crate::import::import_module("builtins")?.v(), "iter")?;
        match self.source.cloned() {
            Some(s) => {
                let args = crate::tuple::from_refs(vec![s]);
                Ok(crate::tuple::from_refs(vec![iter, args, crate::int::from_i64(self.index.get() as i64)]))
            }
            None => Ok(crate::tuple::from_refs(vec![iter, crate::tuple::from_slice(&[crate::tuple::from_slice(&[]).v()])])),
        }
    }
    /// Set state information for unpickling.
    #[native(name = "__setstate__")]
    fn setstate(&self, state: i64) {
        if !self.source.is_empty() {
            self.index.set(state.max(0) as usize);
        }
    }
}

/// The class of a bytes-like value whose results are bytearrays.
pub fn is_bytearray(v: Value) -> bool {
    std::ptr::eq(type_of(v), &BYTEARRAY) || crate::cast::get::<ByteArrayObject>(v).is_some()
}
