//! `array`: sequences of machine numbers.

use dxpyc_objects::buffer::{self, ArrayPrefix};
use dxpyc_objects::bytearray::ByteArrayObject;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::unpack::{is_index, not_name, sequence_index};
use dxpyc_objects::{bytes, call, cast, float, generic_alias, int, list, names, ops, slice, str, tuple};

/// An array.
#[repr(C)]
pub struct ArrayObject {
    prefix: ArrayPrefix,
}

const SLOTS: Slots = Slots {
    new: Some(new),
    repr: Some(repr),
    compare: Some(compare),
    len: Some(len),
    getitem: Some(getitem),
    setitem: Some(setitem),
    contains: Some(contains),
    concat: Some(concat),
    repeat: Some(repeat),
    iconcat: Some(iconcat),
    irepeat: Some(irepeat),
    iter: Some(iter),
    ..Slots::NONE
};

/// `array.array`
pub static ARRAY: Type = Type::builtin::<ArrayObject>(
    "array",
    "array",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::BASE | type_flags::SEQUENCE | type_flags::WEAKREFABLE,
    SLOTS,
    Some(&ARRAYOBJECT_DECL),
);
dxpyc_objects::object_type!(ArrayObject, ARRAY);

const CODES: &[u8] = b"bBuwhHiIlLqQfd";

fn size_of(code: u8) -> usize {
    match code {
        b'b' | b'B' => 1,
        b'h' | b'H' => 2,
        b'u' | b'w' | b'i' | b'I' | b'f' => 4,
        _ => 8,
    }
}

fn this<'a>(v: Value) -> &'a ArrayObject {
    cast::get_unchecked(v)
}

fn make(class: &'static Type, code: u8, data: Vec<u8>) -> Ref {
    let bytes = ByteArrayObject { header: cast::fresh_header(), data: UnsafeCell::new(data), exports: Cell::new(0) };
    cast::new_object_of(class, ArrayObject { prefix: ArrayPrefix { bytes, typecode: Cell::new(code) } })
}

impl ArrayObject {
    fn code(&self) -> u8 {
        self.prefix.typecode.get()
    }
    fn size(&self) -> usize {
        size_of(self.code())
    }
    fn data(&self) -> &[u8] {
        self.prefix.bytes.bytes()
    }
    fn len(&self) -> usize {
        self.data().len() / self.size()
    }
    fn item(&self, i: usize) -> Ref {
        let b = &self.data()[i * self.size()..(i + 1) * self.size()];
        macro_rules! num {
            ($t:ty) => {
                <$t>::from_ne_bytes(b.try_into().expect("item size"))
            };
        }
        match self.code() {
            b'b' => int::from_i64(b[0] as i8 as i64),
            b'B' => int::from_i64(b[0] as i64),
            b'h' => int::from_i64(num!(i16) as i64),
            b'H' => int::from_i64(num!(u16) as i64),
            b'i' => int::from_i64(num!(i32) as i64),
            b'I' => int::from_i64(num!(u32) as i64),
            b'l' | b'q' => int::from_i64(num!(i64)),
            b'L' | b'Q' => int::from_u64(num!(u64)),
            b'f' => float::from_f64(num!(f32) as f64),
            b'd' => float::from_f64(num!(f64)),
            _ => str::from_char(num!(u32).min(0x10FFFF)),
        }
    }
    fn put(&self, i: usize, item: &[u8]) {
        let size = self.size();
        if let Some(place) = self.prefix.bytes.bytes_mut().get_mut(i * size..(i + 1) * size) {
            place.copy_from_slice(item);
        }
    }
}

/// A value as bytes of an item.
fn pack(code: u8, v: Value) -> R<Vec<u8>> {
    match code {
        b'f' => return Ok((float::as_f64(v)? as f32).to_ne_bytes().to_vec()),
        b'd' => return Ok(float::as_f64(v)?.to_ne_bytes().to_vec()),
        b'u' | b'w' => {
            let Some(s) = str::try_view(v) else { return Err(type_error(format!("array item must be a unicode character, not {}", not_name(v)))) };
            if s.len() != 1 {
                return Err(type_error(format!("array item must be a string of length 1, not a string of length {}", s.len())));
            }
            return Ok(s.get(0).to_ne_bytes().to_vec());
        }
        _ => {}
    }
    let i = ops::index(v)?;
    let wide = int::to_bigint(i.v()).and_then(|b| i128::try_from(&b).ok()).unwrap_or(i128::MAX);
    let negative = wide < 0 || wide == i128::MAX && ops::compare_true(i.v(), Value::from_small_int(0), CompareOp::Lt)?;
    let (low, high, name) = match code {
        b'b' => (-128, 127, "signed char"),
        b'B' => (0, 255, "unsigned byte integer"),
        b'h' => (i16::MIN as i128, i16::MAX as i128, "signed short integer"),
        b'H' => (0, u16::MAX as i128, "unsigned short"),
        b'i' => (i32::MIN as i128, i32::MAX as i128, "signed integer"),
        b'I' => (0, u32::MAX as i128, "unsigned int"),
        b'l' | b'q' => (i64::MIN as i128, i64::MAX as i128, ""),
        _ => (0, u64::MAX as i128, ""),
    };
    if wide < low || wide > high || negative && low == 0 {
        return Err(overflow_error(match code {
            b'I' | b'L' if negative => "can't convert negative value to unsigned int".into(),
            b'Q' if negative => "can't convert negative int to unsigned".into(),
            b'l' => "Python int too large to convert to C long".into(),
            b'L' => "Python int too large to convert to C unsigned long".into(),
            b'q' | b'Q' => "int too big to convert".into(),
            _ => format!("{name} is {} than {}", if negative { "less" } else { "greater" }, if negative { "minimum" } else { "maximum" }),
        }));
    }
    Ok(wide.to_ne_bytes()[..size_of(code)].to_vec())
}

fn pack_all(code: u8, iterable: Value) -> R<Vec<u8>> {
    let mut out = Vec::new();
    ops::for_each(iterable, |item| {
        out.extend_from_slice(&pack(code, item.v())?);
        Ok(())
    })?;
    Ok(out)
}

fn points(text: Value) -> Vec<u8> {
    str::view(text).chars().flat_map(|c| c.to_ne_bytes()).collect()
}

fn new(class: &'static Type, args: &Args) -> R<Ref> {
    if std::ptr::eq(class, &ARRAY) {
        args.no_keywords("array.array")?;
    }
    let pos = args.pos();
    if pos.is_empty() || pos.len() > 2 {
        let n = pos.len();
        let least = if n == 0 { "at least 1 argument" } else { "at most 2 arguments" };
        return Err(type_error(format!("array() takes {least} ({n} given)")));
    }
    let code = match str::try_view(pos[0]) {
        Some(s) if s.len() == 1 => s.get(0),
        Some(s) => return Err(type_error(format!("array() argument 1 must be a unicode character, not a string of length {}", s.len()))),
        None => return Err(type_error(format!("array() argument 1 must be a unicode character, not {}", not_name(pos[0])))),
    };
    let initial = pos.get(1).copied();
    let Some(code) = u8::try_from(code).ok().filter(|c| CODES.contains(c)) else {
        return Err(value_error("bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)"));
    };
    let is_text = matches!(code, b'u' | b'w');
    let data = match initial {
        None => Vec::new(),
        Some(v) if str::is_str(v) => {
            if !is_text {
                return Err(type_error(format!("cannot use a str to initialize an array with typecode '{}'", code as char)));
            }
            points(v)
        }
        Some(v) if cast::get::<ArrayObject>(v).is_some() => {
            let other_text = matches!(this(v).code(), b'u' | b'w');
            if other_text && !is_text {
                return Err(type_error(format!("cannot use a unicode array to initialize an array with typecode '{}'", code as char)));
            }
            if this(v).code() == code { this(v).data().to_vec() } else { pack_all(code, v)? }
        }
        Some(v) if bytes::is_bytes(v) || dxpyc_objects::bytes_type::is_bytearray(v) => {
            let data = buffer::to_vec(v)?;
            if data.len() % size_of(code) != 0 {
                return Err(value_error("bytes length not a multiple of item size"));
            }
            data
        }
        Some(v) => pack_all(code, v)?,
    };
    Ok(make(class, code, data))
}

fn repr(v: Value) -> R<Ref> {
    let a = this(v);
    let name = type_of(v).name();
    let code = a.code() as char;
    if a.len() == 0 {
        return Ok(str::from_str(&format!("{name}('{code}')")));
    }
    let inner = if matches!(a.code(), b'u' | b'w') { tounicode(v) } else { tolist(v) };
    let mut out = str::Builder::new();
    out.push_str(&format!("{name}('{code}', "));
    out.push_value(ops::repr(inner.v())?.v());
    out.push_str(")");
    Ok(out.finish())
}

fn tolist(v: Value) -> Ref {
    list::from_refs((0..this(v).len()).map(|i| this(v).item(i)).collect())
}

fn tounicode(v: Value) -> Ref {
    let points: Vec<u32> = this(v).data().chunks_exact(4).map(|c| u32::from_ne_bytes(c.try_into().expect("four bytes"))).collect();
    str::from_units(&points)
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if cast::get::<ArrayObject>(a).is_none() || cast::get::<ArrayObject>(b).is_none() {
        return Ok(Ref::not_implemented());
    }
    ops::compare(tolist(a).v(), tolist(b).v(), op)
}

fn len(v: Value) -> R<usize> {
    Ok(this(v).len())
}

fn iter(v: Value) -> R<Ref> {
    ops::iter(tolist(v).v())
}

fn contains(v: Value, item: Value) -> R<bool> {
    Ok(find(v, item, 0, usize::MAX)?.is_some())
}

fn find(v: Value, item: Value, start: usize, stop: usize) -> R<Option<usize>> {
    let mut i = start;
    while i < this(v).len().min(stop) {
        if ops::eq(this(v).item(i).v(), item)? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    let a = this(v);
    if is_index(key) {
        return match sequence_index(key, a.len())? {
            Some(i) => Ok(a.item(i)),
            None => Err(index_error("array index out of range")),
        };
    }
    if !is_exact(key, &slice::SLICE) {
        return Err(type_error("array indices must be integers"));
    }
    let (start, _, step, count) = slice::indices(key, a.len())?;
    let size = a.size();
    let mut out = Vec::with_capacity(count * size);
    for i in 0..count {
        let at = (start + step * i as isize) as usize * size;
        out.extend_from_slice(&a.data()[at..at + size]);
    }
    Ok(make(&ARRAY, a.code(), out))
}

fn setitem(v: Value, key: Value, value: Value) -> R<()> {
    let a = this(v);
    let size = a.size();
    if is_index(key) {
        let Some(i) = sequence_index(key, a.len())? else { return Err(index_error("array assignment index out of range")) };
        if value.is_missing() {
            a.prefix.bytes.resizable()?.drain(i * size..(i + 1) * size);
            return Ok(());
        }
        let item = pack(a.code(), value)?;
        a.put(i, &item);
        return Ok(());
    }
    if !is_exact(key, &slice::SLICE) {
        return Err(type_error("array indices must be integers"));
    }
    let new = if value.is_missing() {
        Vec::new()
    } else {
        match cast::get::<ArrayObject>(value) {
            Some(other) if other.code() == a.code() => other.data().to_vec(),
            Some(_) => return Err(type_error("bad argument type for built-in operation")),
            None => return Err(type_error(format!("can only assign array (not \"{}\") to array slice", display_name(value)))),
        }
    };
    let (start, stop, step, count) = slice::indices(key, a.len())?;
    if step == 1 {
        let (start, stop) = (start as usize * size, stop.max(start) as usize * size);
        a.prefix.bytes.resizable()?.splice(start..stop, new);
        return Ok(());
    }
    if value.is_missing() {
        let mut places: Vec<usize> = (0..count).map(|i| (start + step * i as isize) as usize).collect();
        places.sort_unstable();
        let data = a.prefix.bytes.resizable()?;
        for i in places.into_iter().rev() {
            data.drain(i * size..(i + 1) * size);
        }
        return Ok(());
    }
    if new.len() != count * size {
        return Err(value_error(format!("attempt to assign array of size {} to extended slice of size {count}", new.len() / size)));
    }
    for (i, item) in new.chunks_exact(size).enumerate() {
        a.put((start + step * i as isize) as usize, item);
    }
    Ok(())
}

fn concat(a: Value, b: Value) -> R<Ref> {
    let Some(y) = cast::get::<ArrayObject>(b) else {
        return Err(type_error(format!("can only append array (not \"{}\") to array", display_name(b))));
    };
    if y.code() != this(a).code() {
        return Err(type_error("bad argument type for built-in operation"));
    }
    Ok(make(&ARRAY, y.code(), [this(a).data(), y.data()].concat()))
}

fn repeat(v: Value, n: isize) -> R<Ref> {
    Ok(make(&ARRAY, this(v).code(), dxpyc_objects::bytes_type::repeated(this(v).data(), n)?))
}

fn irepeat(v: Value, n: isize) -> R<Ref> {
    let all = dxpyc_objects::bytes_type::repeated(this(v).data(), n)?;
    *this(v).prefix.bytes.resizable()? = all;
    Ok(Ref::new(v))
}

fn iconcat(v: Value, other: Value) -> R<Ref> {
    if cast::get::<ArrayObject>(other).is_none() {
        return Err(type_error(format!("can only extend array with array (not \"{}\")", display_name(other))));
    }
    extend(v, other)?;
    Ok(Ref::new(v))
}

fn extend(v: Value, source: Value) -> R<()> {
    let more = match cast::get::<ArrayObject>(source) {
        Some(other) if other.code() != this(v).code() => return Err(type_error("can only extend with array of same kind")),
        Some(other) => other.data().to_vec(),
        None => pack_all(this(v).code(), source)?,
    };
    this(v).prefix.bytes.resizable()?.extend_from_slice(&more);
    Ok(())
}

#[native_class(doc = "array(typecode [, initializer]) -> array\n\nReturn a new array whose items are restricted by typecode.")]
impl ArrayObject {
    #[native("($self, v, /)")]
    fn append(v: Value, item: Value) -> R<()> {
        let item = pack(this(v).code(), item)?;
        this(v).prefix.bytes.resizable()?.extend_from_slice(&item);
        Ok(())
    }
    #[native]
    fn buffer_info(&self) -> R<Ref> {
        Ok(tuple::from_refs(vec![int::from_u64(self.data().as_ptr() as u64), int::from_i64(self.len() as i64)]))
    }
    #[native]
    fn byteswap(&self) {
        let size = self.size();
        self.prefix.bytes.bytes_mut().chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    #[native]
    fn clear(&self) -> R<()> {
        self.prefix.bytes.resizable()?.clear();
        Ok(())
    }
    #[native("($self, v, /)")]
    fn count(v: Value, item: Value) -> R<usize> {
        let mut n = 0;
        let mut at = 0;
        while let Some(i) = find(v, item, at, usize::MAX)? {
            n += 1;
            at = i + 1;
        }
        Ok(n)
    }
    #[native("($self, bb, /)")]
    fn extend(v: Value, bb: Value) -> R<()> {
        extend(v, bb)
    }
    #[native("($self, buffer, /)")]
    fn frombytes(&self, buffer: Value) -> R<()> {
        let data = buffer::to_vec(buffer)?;
        if data.len() % self.size() != 0 {
            return Err(value_error("bytes length not a multiple of item size"));
        }
        self.prefix.bytes.resizable()?.extend_from_slice(&data);
        Ok(())
    }
    #[native("($self, f, n, /)")]
    fn fromfile(v: Value, f: Value, n: i64) -> R<()> {
        if n < 0 {
            return Err(value_error("negative count"));
        }
        let want = n as usize * this(v).size();
        let got = call::call_method_value(f, names::READ(), &[Value::from_small_int(want as i64)])?;
        let Some(data) = bytes::as_slice(got.v()) else { return Err(type_error("read() didn't return bytes")) };
        let whole = data.len() - data.len() % this(v).size();
        this(v).prefix.bytes.resizable()?.extend_from_slice(&data[..whole]);
        if data.len() != want {
            return Err(eof_error("read() didn't return enough bytes"));
        }
        Ok(())
    }
    #[native("($self, list, /)")]
    fn fromlist(v: Value, items: Value) -> R<()> {
        if cast::get::<dxpyc_objects::list::ListObject>(items).is_none() {
            return Err(type_error("arg must be list"));
        }
        let more = pack_all(this(v).code(), items)?;
        this(v).prefix.bytes.resizable()?.extend_from_slice(&more);
        Ok(())
    }
    #[native("($self, ustr, /)")]
    fn fromunicode(&self, ustr: Value) -> R<()> {
        if !matches!(self.code(), b'u' | b'w') {
            return Err(value_error("fromunicode() may only be called on unicode type arrays ('u' or 'w')"));
        }
        if !str::is_str(ustr) {
            return Err(type_error(format!("fromunicode() argument must be str, not {}", not_name(ustr))));
        }
        self.prefix.bytes.resizable()?.extend_from_slice(&points(ustr));
        Ok(())
    }
    #[native("($self, v, start=0, stop=sys.maxsize, /)")]
    fn index(v: Value, item: Value, start: Option<Value>, stop: Option<Value>) -> R<usize> {
        let (start, stop) = dxpyc_objects::unpack::bounds(start, stop, this(v).len())?;
        find(v, item, start, stop)?.ok_or_else(|| value_error("array.index(x): x not in array"))
    }
    #[native("($self, i, v, /)")]
    fn insert(v: Value, i: i64, item: Value) -> R<()> {
        let a = this(v);
        let item = pack(a.code(), item)?;
        let n = a.len() as i64;
        let at = if i < 0 { (i + n).max(0) } else { i.min(n) } as usize * a.size();
        a.prefix.bytes.resizable()?.splice(at..at, item);
        Ok(())
    }
    #[native("($self, i=-1, /)")]
    fn pop(v: Value, i: i64) -> R<Ref> {
        let a = this(v);
        let n = a.len() as i64;
        if n == 0 {
            return Err(index_error("pop from empty array"));
        }
        let at = if i < 0 { i + n } else { i };
        if at < 0 || at >= n {
            return Err(index_error("pop index out of range"));
        }
        let item = a.item(at as usize);
        let (at, size) = (at as usize, a.size());
        a.prefix.bytes.resizable()?.drain(at * size..(at + 1) * size);
        Ok(item)
    }
    #[native("($self, v, /)")]
    fn remove(v: Value, item: Value) -> R<()> {
        let Some(i) = find(v, item, 0, usize::MAX)? else { return Err(value_error("array.remove(x): x not in array")) };
        let size = this(v).size();
        this(v).prefix.bytes.resizable()?.drain(i * size..(i + 1) * size);
        Ok(())
    }
    #[native]
    fn reverse(&self) {
        let size = self.size();
        let data = self.prefix.bytes.bytes_mut();
        data.reverse();
        data.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    #[native]
    fn tobytes(&self) -> R<Ref> {
        bytes::try_from_slice(&bytes::BYTES, self.data())
    }
    #[native("($self, f, /)")]
    fn tofile(&self, f: Value) -> R<()> {
        let data = bytes::from_slice(self.data());
        call::call_method_value(f, names::WRITE(), &[data.v()]).map(drop)
    }
    #[native]
    fn tolist(v: Value) -> R<Ref> {
        Ok(tolist(v))
    }
    #[native]
    fn tounicode(v: Value) -> R<Ref> {
        if !matches!(this(v).code(), b'u' | b'w') {
            return Err(value_error("tounicode() may only be called on unicode type arrays ('u' or 'w')"));
        }
        Ok(tounicode(v))
    }
    #[native(name = "__copy__")]
    fn copy(&self) -> R<Ref> {
        Ok(make(&ARRAY, self.code(), self.data().to_vec()))
    }
    #[native("($self, unused, /)", name = "__deepcopy__")]
    fn deepcopy(&self, _unused: Value) -> R<Ref> {
        Ok(make(&ARRAY, self.code(), self.data().to_vec()))
    }
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: Value, item: Value) -> R<Ref> {
        generic_alias::new(class, item)
    }
    #[getter]
    fn typecode(&self) -> R<Ref> {
        Ok(str::from_latin1(&[self.code()]))
    }
    #[getter]
    fn itemsize(&self) -> usize {
        self.size()
    }
}

fn init(module: Value) -> R<()> {
    buffer::set_array_type(&ARRAY);
    for name in ["array", "ArrayType"] {
        dxpyc_objects::dict::set_str(module, name, Ref::new(ARRAY.v()));
    }
    dxpyc_objects::dict::set_str(module, "typecodes", str::from_latin1(CODES));
    Ok(())
}

/// This module defines an object type which can efficiently represent an array of basic values.
#[native_module(name = "array", init = super::init)]
pub mod module {
    #[allow(unused_imports)]
    use super::*;
}
