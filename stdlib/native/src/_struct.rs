//! `_struct`: machine values in bytes, by a format.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::classes::ClassCell;
use dxpyc_objects::prelude::*;
use dxpyc_objects::unpack::{is_index, not_name, unpack};
use dxpyc_objects::{buffer, bytes, cast, complex, float, int, memoryview, ops, str, tuple};

static ERROR: ClassCell = ClassCell::new();

/// One field, or several of the same kind.
struct Field {
    kind: u8,
    size: usize,
    /// Times for most kinds; bytes for `s`, `p` and `x`.
    count: usize,
    offset: usize,
}

/// A compiled format.
struct Layout {
    fields: Vec<Field>,
    size: usize,
    items: usize,
    little: bool,
}

fn native_size(kind: u8) -> Option<usize> {
    Some(match kind {
        b'x' | b'b' | b'B' | b'c' | b's' | b'p' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'd' | b'P' | b'F' => 8,
        b'D' => 16,
        _ => return None,
    })
}

fn standard_size(kind: u8) -> Option<usize> {
    match kind {
        b'n' | b'N' | b'P' => None,
        b'l' | b'L' => Some(4),
        other => native_size(other),
    }
}

fn alignment(kind: u8, size: usize) -> usize {
    match kind {
        b'F' => 4,
        b'D' => 8,
        _ => size,
    }
}

impl Layout {
    fn parse(format: &[u8]) -> R<Layout> {
        let (native, little, rest) = match format.first() {
            Some(b'<') => (false, true, &format[1..]),
            Some(b'>' | b'!') => (false, false, &format[1..]),
            Some(b'=') => (false, cfg!(target_endian = "little"), &format[1..]),
            Some(b'@') => (true, cfg!(target_endian = "little"), &format[1..]),
            _ => (true, cfg!(target_endian = "little"), format),
        };
        let too_long = || ERROR.raise("total struct size too long");
        let mut layout = Layout { fields: Vec::new(), size: 0, items: 0, little };
        let mut at = 0;
        while at < rest.len() {
            let mut c = rest[at];
            at += 1;
            if matches!(c, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) {
                continue;
            }
            let mut count = 1usize;
            if c.is_ascii_digit() {
                count = (c - b'0') as usize;
                loop {
                    match rest.get(at) {
                        Some(d) if d.is_ascii_digit() => {
                            count = count.checked_mul(10).and_then(|n| n.checked_add((d - b'0') as usize)).filter(|n| *n <= isize::MAX as usize).ok_or_else(too_long)?;
                            at += 1;
                        }
                        Some(k) => {
                            c = *k;
                            at += 1;
                            break;
                        }
                        None => return Err(ERROR.raise("repeat count given without format specifier")),
                    }
                }
            }
            let size = if native { native_size(c) } else { standard_size(c) };
            let size = size.ok_or_else(|| ERROR.raise("bad char in struct format"))?;
            if native {
                layout.size = layout.size.next_multiple_of(alignment(c, size));
            }
            let total = size.checked_mul(count).and_then(|n| n.checked_add(layout.size)).filter(|n| *n <= isize::MAX as usize).ok_or_else(too_long)?;
            layout.items += match c {
                b's' | b'p' => 1,
                b'x' => 0,
                _ => count,
            };
            layout.fields.push(Field { kind: c, size, count, offset: layout.size });
            layout.size = total;
        }
        Ok(layout)
    }

    fn unpack(&self, data: &[u8]) -> Ref {
        let mut out = Vec::with_capacity(self.items);
        for field in &self.fields {
            let at = field.offset;
            match field.kind {
                b'x' => {}
                b's' => out.push(bytes::from_slice(&data[at..at + field.count])),
                b'p' => {
                    let n = if field.count == 0 { 0 } else { (data[at] as usize).min(field.count - 1) };
                    out.push(bytes::from_slice(if n == 0 { &[] } else { &data[at + 1..at + 1 + n] }));
                }
                _ => {
                    for i in 0..field.count {
                        let at = at + i * field.size;
                        out.push(self.item(field.kind, &data[at..at + field.size]));
                    }
                }
            }
        }
        tuple::from_refs(out)
    }

    fn item(&self, kind: u8, data: &[u8]) -> Ref {
        let mut wide = [0u8; 8];
        let n = data.len().min(8);
        if self.little {
            wide[..n].copy_from_slice(&data[..n]);
        } else {
            for (to, from) in wide.iter_mut().zip(data[..n].iter().rev()) {
                *to = *from;
            }
        }
        let word = u64::from_le_bytes(wide);
        match kind {
            b'c' => bytes::from_slice(data),
            b'?' => Ref::bool(data[0] != 0),
            b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => {
                let shift = 64 - 8 * n as u32;
                int::from_i64((word << shift) as i64 >> shift)
            }
            b'e' => float::from_f64(half_to_f64(word as u16)),
            b'f' => float::from_f64(f32::from_bits(word as u32) as f64),
            b'd' => float::from_f64(f64::from_bits(word)),
            b'F' | b'D' => {
                let half = data.len() / 2;
                let part = |d: &[u8]| {
                    let mut d = d.to_vec();
                    if !self.little {
                        d.reverse();
                    }
                    match d.as_slice().try_into() {
                        Ok(eight) => f64::from_le_bytes(eight),
                        Err(_) => f32::from_le_bytes(d.as_slice().try_into().expect("four bytes")) as f64,
                    }
                };
                complex::from_parts(part(&data[..half]), part(&data[half..]))
            }
            _ => int::from_u64(word),
        }
    }

    fn pack(&self, items: &[Value]) -> R<Vec<u8>> {
        let mut out = vec![0u8; self.size];
        let mut items = items.iter().copied();
        for field in &self.fields {
            let at = field.offset;
            match field.kind {
                b'x' => {}
                b's' | b'p' => {
                    let v = items.next().unwrap_or(Value::NONE);
                    let array = cast::get::<dxpyc_objects::bytearray::ByteArrayObject>(v);
                    let Some(data) = bytes::as_slice(v).or_else(|| array.map(|a| a.bytes())) else {
                        return Err(ERROR.raise(format!("argument for '{}' must be a bytes object", field.kind as char)));
                    };
                    if field.kind == b's' {
                        let n = data.len().min(field.count);
                        out[at..at + n].copy_from_slice(&data[..n]);
                    } else if field.count > 0 {
                        let n = data.len().min(field.count - 1);
                        out[at] = n.min(255) as u8;
                        out[at + 1..at + 1 + n].copy_from_slice(&data[..n]);
                    }
                }
                _ => {
                    for i in 0..field.count {
                        let at = at + i * field.size;
                        self.put(field, items.next().unwrap_or(Value::NONE), &mut out[at..at + field.size])?;
                    }
                }
            }
        }
        Ok(out)
    }

    fn put(&self, field: &Field, v: Value, out: &mut [u8]) -> R<()> {
        let word = match field.kind {
            b'c' => match bytes::as_slice(v).or_else(|| cast::get::<dxpyc_objects::bytearray::ByteArrayObject>(v).map(|a| a.bytes())) {
                Some([c]) => *c as u64,
                _ => return Err(ERROR.raise("char format requires a bytes object of length 1")),
            },
            b'?' => ops::truth(v)? as u64,
            b'e' | b'f' | b'd' => {
                let x = float_argument(v, "required argument is not a float")?;
                match field.kind {
                    b'd' => x.to_bits(),
                    b'f' => single(x)?.to_bits() as u64,
                    _ => half_from_f64(x).ok_or_else(|| overflow_error("float too large to pack with e format"))? as u64,
                }
            }
            b'F' | b'D' => {
                let (re, im) = match complex::parts_exact(v) {
                    Some(parts) => parts,
                    None => (float_argument(v, "required argument is not a complex")?, 0.0),
                };
                let half = out.len() / 2;
                let bytes = |x: f64| if half == 8 { x.to_bits().to_le_bytes().to_vec() } else { (x as f32).to_bits().to_le_bytes().to_vec() };
                for (i, x) in [re, im].into_iter().enumerate() {
                    let mut part = bytes(x);
                    if !self.little {
                        part.reverse();
                    }
                    out[i * half..(i + 1) * half].copy_from_slice(&part);
                }
                return Ok(());
            }
            kind => integer(kind, field.size, v)?,
        };
        let raw = word.to_le_bytes();
        let n = out.len();
        out.copy_from_slice(&raw[..n]);
        if !self.little {
            out.reverse();
        }
        Ok(())
    }
}

fn float_argument(v: Value, message: &str) -> R<f64> {
    float::as_f64(v).map_err(|_| {
        drop(dxpyc_objects::state::take_pending());
        ERROR.raise(message)
    })
}

fn single(x: f64) -> R<f32> {
    let f = x as f32;
    if f.is_infinite() && x.is_finite() {
        return Err(overflow_error("float too large to pack with f format"));
    }
    Ok(f)
}

/// An int argument as the low bytes of a word.
fn integer(kind: u8, size: usize, v: Value) -> R<u64> {
    if !is_index(v) {
        return Err(ERROR.raise("required argument is not an integer"));
    }
    let owned;
    let v = match v.as_small_int() {
        Some(_) => v,
        None => {
            owned = ops::index(v)?;
            owned.v()
        }
    };
    let signed = matches!(kind, b'b' | b'h' | b'i' | b'l' | b'q' | b'n');
    let bits = size as u32 * 8;
    let (low, high) = match kind {
        b'P' => (-(1i128 << 63), (1i128 << 64) - 1),
        _ if signed => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        _ => (0, (1i128 << bits) - 1),
    };
    match int::num(v) {
        Some(int::Num::Word(w)) if w >= low && w <= high => Ok(w as u64),
        _ if kind == b'P' => Err(ERROR.raise("int too large to convert")),
        _ => Err(ERROR.raise(format!("'{}' format requires {low} <= number <= {high}", kind as char))),
    }
}

/// The value of a 16-bit float.
fn half_to_f64(h: u16) -> f64 {
    let sign = if h & 0x8000 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = ((h >> 10 & 0x1f) as i32, (h & 0x3ff) as u64);
    match exponent {
        0x1f if fraction == 0 => sign * f64::INFINITY,
        0x1f => f64::from_bits((h as u64 & 0x8000) << 48 | 0x7ff << 52 | fraction << 42),
        0 => sign * fraction as f64 * 2f64.powi(-24),
        _ => sign * (1024 + fraction) as f64 * 2f64.powi(exponent - 25),
    }
}

/// The nearest 16-bit float, ties to even; none when it would be infinite.
fn half_from_f64(x: f64) -> Option<u16> {
    let sign = ((x.to_bits() >> 48) & 0x8000) as u16;
    if x.is_nan() {
        let payload = (x.to_bits() >> 42 & 0x3ff) as u16;
        return Some(sign | 0x7c00 | if payload == 0 { 0x200 } else { payload });
    }
    let a = x.abs();
    if a.is_infinite() {
        return Some(sign | 0x7c00);
    }
    if a < 2f64.powi(-14) {
        return Some(sign | (a * 2f64.powi(24)).round_ties_even() as u16);
    }
    if a >= 65520.0 {
        return None;
    }
    let exponent = (a.to_bits() >> 52) as i32 - 1023;
    let mantissa = (a * 2f64.powi(10 - exponent)).round_ties_even() as u16;
    // A mantissa of 2048 carries into the exponent, as it should.
    Some(sign | (((exponent + 14) as u16) << 10) + mantissa)
}

/// `Struct`.
#[repr(C)]
pub struct StructObject {
    header: Header,
    layout: Rc<Layout>,
    format: Slot,
}

object_type!(StructObject, STRUCT);

/// `_struct.Struct`.
pub static STRUCT: Type = Type::builtin::<StructObject>(
    "Struct",
    "_struct",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::BASE | type_flags::WEAKREFABLE,
    Slots { new: Some(new), init: Some(|_, _| Ok(())), repr: Some(repr), ..Slots::NONE },
    Some(&STRUCTOBJECT_DECL),
);

/// The iterator of `iter_unpack`.
#[repr(C)]
pub struct UnpackIterator {
    header: Header,
    layout: Rc<Layout>,
    view: Slot,
    at: Cell<usize>,
}

object_type!(UnpackIterator, UNPACK_ITERATOR);

/// `_struct.unpack_iterator`.
pub static UNPACK_ITERATOR: Type = Type::builtin::<UnpackIterator>(
    "unpack_iterator",
    "_struct",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(dxpyc_objects::iterators::iter_self), next: Some(next), length_hint: Some(length_hint), ..Slots::NONE },
    Some(&UNPACKITERATOR_DECL),
);

#[native_class(doc = "")]
impl UnpackIterator {}

fn remaining(it: &UnpackIterator) -> R<usize> {
    if it.view.is_empty() {
        return Ok(0);
    }
    buffer::with_bytes(it.view.get(), |b| Ok(b.len().saturating_sub(it.at.get()) / it.layout.size))
}

fn length_hint(v: Value) -> R<usize> {
    remaining(cast::get_unchecked::<UnpackIterator>(v))
}

fn next(v: Value) -> R<Option<Ref>> {
    let it = cast::get_unchecked::<UnpackIterator>(v);
    if remaining(it)? == 0 {
        drop(it.view.take());
        return Ok(None);
    }
    let at = it.at.get();
    it.at.set(at + it.layout.size);
    buffer::with_bytes(it.view.get(), |b| Ok(Some(it.layout.unpack(&b[at..at + it.layout.size]))))
}

struct Cache(RefCell<HashMap<Vec<u8>, Rc<Layout>>>);
thread_local! {
    static CACHE: Cache = Cache(RefCell::new(HashMap::new()));
}

/// Formats that are kept compiled.
const CACHE_SIZE: usize = 100;

fn format_bytes(format: Value) -> R<Vec<u8>> {
    let format = if str::is_str(format) {
        let encoded = dxpyc_objects::codecs::encode(format, dxpyc_objects::codecs::Codec::Ascii, &mut dxpyc_objects::codecs_errors::Handler::Strict)?;
        bytes::as_slice(encoded.v()).unwrap_or_default().to_vec()
    } else if let Some(b) = bytes::as_slice(format) {
        b.to_vec()
    } else {
        return Err(type_error(format!("Struct() argument 1 must be a str or bytes object, not {}", not_name(format))));
    };
    if format.contains(&0) {
        return Err(ERROR.raise("embedded null character"));
    }
    Ok(format)
}

fn layout_of(format: Value) -> R<Rc<Layout>> {
    if let Some(s) = cast::get::<StructObject>(format) {
        return Ok(s.layout.clone());
    }
    let known = str::try_view(format).filter(|s| s.is_ascii()).and_then(|_| {
        let key = str::raw_bytes(str::object(format));
        CACHE.with(|c| c.0.borrow().get(key).cloned())
    });
    if let Some(layout) = known {
        return Ok(layout);
    }
    let key = format_bytes(format)?;
    if let Some(layout) = CACHE.with(|c| c.0.borrow().get(&key).cloned()) {
        return Ok(layout);
    }
    let layout = Rc::new(Layout::parse(&key)?);
    CACHE.with(|c| {
        let mut cache = c.0.borrow_mut();
        if cache.len() >= CACHE_SIZE {
            cache.clear();
        }
        cache.insert(key, layout.clone());
    });
    Ok(layout)
}

fn new(class: &'static Type, args: &Args) -> R<Ref> {
    let mut out = [Value::MISSING; 1];
    unpack(args, "Struct", &["format"], 1, &mut out)?;
    let text = format_bytes(out[0])?;
    let layout = Rc::new(Layout::parse(&text)?);
    let format = str::from_latin1(&text);
    Ok(cast::new_object_of(class, StructObject { header: cast::fresh_header(), layout, format: Slot::new(format) }))
}

fn repr(v: Value) -> R<Ref> {
    let format = ops::repr(cast::get_unchecked::<StructObject>(v).format.get())?;
    Ok(str::from_str(&format!("{}({})", type_of(v).name(), str::to_rust(format.v()))))
}

fn pack(layout: &Layout, items: &[Value]) -> R<Ref> {
    if items.len() != layout.items {
        return Err(ERROR.raise(format!("pack expected {} items for packing (got {})", layout.items, items.len())));
    }
    bytes::try_from_slice(&bytes::BYTES, &layout.pack(items)?)
}

fn pack_into(layout: &Layout, args: &[Value]) -> R<()> {
    if args.len() != layout.items + 2 {
        return Err(match args.len() {
            0 => ERROR.raise("pack_into expected buffer argument"),
            1 => ERROR.raise("pack_into expected offset argument"),
            n => ERROR.raise(format!("pack_into expected {} items for packing (got {})", layout.items, n - 2)),
        });
    }
    let (target, size) = (args[0], layout.size as i64);
    if bytes::is_bytes(target) || !buffer::is_bytes_like(target) {
        return Err(type_error(format!("argument must be read-write bytes-like object, not {}", not_name(target))));
    }
    let offset = int::index_i64(args[1])?;
    let len = buffer::with_bytes(target, |b| Ok(b.len() as i64))?;
    let mut at = offset;
    if offset < 0 {
        if offset + size > 0 {
            return Err(ERROR.raise(format!("no space to pack {size} bytes at offset {offset}")));
        }
        if offset + len < 0 {
            return Err(ERROR.raise(format!("offset {offset} out of range for {len}-byte buffer")));
        }
        at += len;
    }
    if len - at < size {
        return Err(ERROR.raise(format!(
            "pack_into requires a buffer of at least {} bytes for packing {size} bytes at offset {at} (actual buffer size is {len})",
            at as i128 + size as i128
        )));
    }
    let data = layout.pack(&args[2..])?;
    buffer::with_bytes_mut(target, "pack_into", |b| {
        match b.get_mut(at as usize..at as usize + data.len()) {
            Some(place) => place.copy_from_slice(&data),
            None => return Err(ERROR.raise("the buffer shrank while its items were made")),
        }
        Ok(())
    })
}

fn unpack_all(layout: &Layout, data: Value) -> R<Ref> {
    buffer::with_bytes(data, |b| {
        if b.len() != layout.size {
            return Err(ERROR.raise(format!("unpack requires a buffer of {} bytes", layout.size)));
        }
        Ok(layout.unpack(b))
    })
}

fn unpack_from(layout: &Layout, data: Value, offset: i64) -> R<Ref> {
    buffer::with_bytes(data, |b| {
        let (size, len) = (layout.size as i64, b.len() as i64);
        let mut at = offset;
        if offset < 0 {
            if offset + size > 0 {
                return Err(ERROR.raise(format!("not enough data to unpack {size} bytes at offset {offset}")));
            }
            if offset + len < 0 {
                return Err(ERROR.raise(format!("offset {offset} out of range for {len}-byte buffer")));
            }
            at += len;
        }
        if len - at < size {
            return Err(ERROR.raise(format!(
                "unpack_from requires a buffer of at least {} bytes for unpacking {size} bytes at offset {at} (actual buffer size is {len})",
                at as i128 + size as i128
            )));
        }
        Ok(layout.unpack(&b[at as usize..(at + size) as usize]))
    })
}

fn iter_unpack(layout: Rc<Layout>, data: Value) -> R<Ref> {
    if layout.size == 0 {
        return Err(ERROR.raise("cannot iteratively unpack with a struct of length 0"));
    }
    buffer::with_bytes(data, |b| {
        if b.len() % layout.size != 0 {
            return Err(ERROR.raise(format!("iterative unpacking requires a buffer of a multiple of {} bytes", layout.size)));
        }
        Ok(())
    })?;
    let view = memoryview::over(data)?;
    Ok(new_object(UnpackIterator { header: cast::fresh_header(), layout, view: Slot::new(view), at: Cell::new(0) }))
}

#[native_class(doc = "Struct(fmt) --> compiled struct object")]
impl StructObject {
    /// Return a bytes object containing values packed according to the format string.
    #[native(raw)]
    fn pack(&self, args: &Args) -> R<Ref> {
        args.no_keywords("pack")?;
        pack(&self.layout, args.pos())
    }
    /// Pack values according to the format string and write them into a buffer.
    #[native(raw)]
    fn pack_into(&self, args: &Args) -> R<()> {
        args.no_keywords("pack_into")?;
        pack_into(&self.layout, args.pos())
    }
    /// Return a tuple containing unpacked values.
    #[native("($self, buffer, /)")]
    fn unpack(&self, buffer: Value) -> R<Ref> {
        unpack_all(&self.layout, buffer)
    }
    /// Return a tuple containing unpacked values, from an offset on.
    #[native("($self, /, buffer, offset=0)")]
    fn unpack_from(&self, buffer: Value, offset: i64) -> R<Ref> {
        unpack_from(&self.layout, buffer, offset)
    }
    /// Return an iterator yielding tuples.
    #[native("($self, buffer, /)")]
    fn iter_unpack(&self, buffer: Value) -> R<Ref> {
        iter_unpack(self.layout.clone(), buffer)
    }
    #[native]
    fn __sizeof__(&self) -> usize {
        48 + self.layout.fields.len() * size_of::<Field>()
    }
    #[getter]
    fn format(&self) -> R<Ref> {
        Ok(self.format.cloned().unwrap_or(Ref::none()))
    }
    #[getter]
    fn size(&self) -> usize {
        self.layout.size
    }
}

fn init(dict: Value) -> R<()> {
    ERROR.define(dict, "struct", "error", &[&dxpyc_objects::exceptions::EXCEPTION])?;
    dxpyc_objects::dict::set_str(dict, "Struct", Ref::new(STRUCT.v()));
    Ok(())
}

/// Functions to convert between Python values and C structs.
#[native_module(name = "_struct", init = super::init)]
pub mod module {
    use super::*;

    fn split<'a>(args: &Args<'a>, function: &str) -> R<(Rc<Layout>, &'a [Value])> {
        args.no_keywords(function)?;
        let Some((format, rest)) = args.pos().split_first() else { return Err(type_error("missing format argument")) };
        Ok((layout_of(*format)?, rest))
    }

    /// Clear the internal cache.
    #[native]
    fn _clearcache() {
        CACHE.with(|c| c.0.borrow_mut().clear());
    }
    /// Return size in bytes of the struct described by the format string.
    #[native("($module, format, /)")]
    fn calcsize(format: Value) -> R<usize> {
        Ok(layout_of(format)?.size)
    }
    /// Return a bytes object containing values packed according to the format string.
    #[native(raw)]
    fn pack(args: &Args) -> R<Ref> {
        let (layout, items) = split(args, "pack")?;
        super::pack(&layout, items)
    }
    /// Pack values according to the format string and write them into a buffer.
    #[native(raw)]
    fn pack_into(args: &Args) -> R<()> {
        let (layout, rest) = split(args, "pack_into")?;
        super::pack_into(&layout, rest)
    }
    /// Return a tuple containing values unpacked according to the format string.
    #[native("($module, format, buffer, /)")]
    fn unpack(format: Value, buffer: Value) -> R<Ref> {
        unpack_all(&*layout_of(format)?, buffer)
    }
    /// Return a tuple containing values unpacked according to the format string, from an offset on.
    #[native("($module, format, /, buffer, offset=0)")]
    fn unpack_from(format: Value, buffer: Value, offset: i64) -> R<Ref> {
        super::unpack_from(&*layout_of(format)?, buffer, offset)
    }
    /// Return an iterator yielding tuples unpacked from the given bytes.
    #[native("($module, format, buffer, /)")]
    fn iter_unpack(format: Value, buffer: Value) -> R<Ref> {
        super::iter_unpack(layout_of(format)?, buffer)
    }
}
