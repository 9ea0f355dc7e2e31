//! memoryview: one-dimensional views of bytes, bytearray, BytesIO buffers and other views.

use crate::io_memory::BytesIo;
use crate::prelude::*;
use crate::str;
use crate::type_object::display_name;
use crate::unpack::{is_index, sequence_index};

/// A view: `len` items of a format, `stride` bytes apart, in the bytes of an object.
#[repr(C)]
pub struct MemoryView {
    pub header: Header,
    /// The object that owns the bytes; empty when released.
    pub object: Slot,
    start: isize,
    len: usize,
    stride: isize,
    format: u8,
    readonly: bool,
    hash: Cell<i64>,
    /// Whose `__buffer__` made the view, and what it returned.
    exporter: Slot,
    exported: Slot,
}

impl Visit for MemoryView {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.object);
        v.slot(&self.exporter);
        v.slot(&self.exported);
    }
    fn clear(&self) {
        self.release();
    }
}

impl Drop for MemoryView {
    fn drop(&mut self) {
        self.release();
    }
}

const SLOTS: Slots = Slots {
    new: Some(new),
    repr: Some(repr),
    hash: Some(hash),
    compare: Some(compare),
    len: Some(len),
    getitem: Some(getitem),
    setitem: Some(setitem),
    iter: Some(iter),
    ..Slots::NONE
};

/// The type `memoryview`.
pub static MEMORYVIEW: Type =
    Type::builtin::<MemoryView>("memoryview", "builtins", Some(&crate::object::OBJECT), type_flags::SEQUENCE, SLOTS, Some(&MEMORYVIEW_DECL)).visited::<MemoryView>();
object_type!(MemoryView, MEMORYVIEW);

fn owner_bytes<'a>(v: Value) -> &'a [u8] {
    if let Some(b) = crate::bytes::as_slice(v) {
        b
    } else if let Some(b) = crate::buffer::growable(v) {
        b.bytes()
    } else {
        crate::cast::get_unchecked::<BytesIo>(v).data()
    }
}

fn exports<'a>(v: Value) -> Option<&'a Cell<usize>> {
    if let Some(b) = crate::buffer::growable(v) {
        Some(&b.exports)
    } else {
        crate::io_memory::get(v).map(|b| &b.exports)
    }
}

fn make(object: Value, start: isize, len: usize, stride: isize, format: u8, readonly: bool) -> Ref {
    if let Some(e) = exports(object) {
        e.set(e.get() + 1);
    }
    new_object(MemoryView {
        header: crate::cast::fresh_header(),
        object: Slot::new(Ref::new(object)),
        start,
        len,
        stride,
        format,
        readonly,
        hash: Cell::new(-1),
        exporter: Slot::empty(),
        exported: Slot::empty(),
    })
}

/// A view of all bytes of an object.
pub fn over(v: Value) -> R<Ref> {
    if let Some(m) = crate::cast::get::<MemoryView>(v) {
        let object = m.owner()?;
        return Ok(make(object.v(), m.start, m.len, m.stride, m.format, m.readonly));
    }
    // PyBUF_FULL_RO
    if let Some(exported) = crate::buffer::python_view(v, 284)? {
        let view = over(exported.v())?;
        this(view.v()).exporter.set(Ref::new(v));
        this(view.v()).exported.set(exported);
        return Ok(view);
    }
    let is_bytes = crate::bytes::is_bytes(v);
    if !is_bytes && crate::buffer::growable(v).is_none() && crate::io_memory::get(v).is_none() {
        return Err(type_error(format!("memoryview: a bytes-like object is required, not '{}'", display_name(v))));
    }
    if let Some(a) = crate::buffer::array(v) {
        let size = size_of_format(a.typecode.get()).unwrap_or(1);
        return Ok(make(v, 0, owner_bytes(v).len() / size, size as isize, a.typecode.get(), false));
    }
    Ok(make(v, 0, owner_bytes(v).len(), 1, b'B', is_bytes))
}

fn new(_class: &'static Type, args: &Args) -> R<Ref> {
    let mut out = [Value::MISSING; 1];
    crate::unpack::unpack(args, "memoryview", &["object"], 1, &mut out)?;
    if crate::io_memory::get(out[0]).is_some() {
        return Err(type_error(format!("memoryview: a bytes-like object is required, not '{}'", display_name(out[0]))));
    }
    over(out[0])
}

fn size_of_format(format: u8) -> Option<usize> {
    Some(match format {
        b'B' | b'b' | b'c' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' | b'w' | b'u' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'd' | b'P' => 8,
        _ => return None,
    })
}

fn this<'a>(v: Value) -> &'a MemoryView {
    crate::cast::get_unchecked(v)
}

impl MemoryView {
    fn owner(&self) -> R<Ref> {
        self.object.cloned().ok_or_else(|| value_error("operation forbidden on released memoryview object"))
    }
    fn release(&self) {
        if let Some(object) = self.object.take()
            && let Some(e) = exports(object.v())
        {
            e.set(e.get() - 1);
        }
        if let (Some(exporter), Some(exported)) = (self.exporter.take(), self.exported.take()) {
            crate::buffer::release_python_view(exporter.v(), exported.v());
        }
    }
    fn item_size(&self) -> usize {
        size_of_format(self.format).unwrap_or(1)
    }
    fn item_bytes<'a>(&self, data: &'a [u8], i: usize) -> &'a [u8] {
        let at = (self.start + self.stride * i as isize) as usize;
        &data[at..at + self.item_size()]
    }
    fn is_contiguous(&self) -> bool {
        self.len <= 1 || self.stride == self.item_size() as isize
    }
    /// Calls `f` with the bytes in logical order.
    pub fn with_contiguous<T>(&self, f: impl FnOnce(&[u8]) -> R<T>) -> R<T> {
        let owner = self.owner()?;
        let data = owner_bytes(owner.v());
        if self.is_contiguous() {
            let start = self.start as usize;
            return f(&data[start..start + self.len * self.item_size()]);
        }
        let mut all = Vec::with_capacity(self.len * self.item_size());
        for i in 0..self.len {
            all.extend_from_slice(self.item_bytes(data, i));
        }
        f(&all)
    }
    /// Calls `f` with the bytes for writing.
    pub fn with_writable<T>(&self, function: &str, f: impl FnOnce(&mut [u8]) -> R<T>) -> R<T> {
        let owner = self.owner()?;
        if self.readonly || !self.is_contiguous() {
            return Err(type_error(format!("{function}() argument must be read-write bytes-like object, not memoryview")));
        }
        let (start, end) = (self.start as usize, self.start as usize + self.len * self.item_size());
        if let Some(b) = crate::buffer::growable(owner.v()) {
            return f(&mut b.bytes_mut()[start..end]);
        }
        f(&mut crate::cast::get_unchecked::<BytesIo>(owner.v()).data_mut()[start..end])
    }
    fn write(&self, i: usize, bytes: &[u8]) -> R<()> {
        let owner = self.owner()?;
        let at = (self.start + self.stride * i as isize) as usize;
        let data = match crate::buffer::growable(owner.v()) {
            Some(b) => b.bytes_mut(),
            None => crate::cast::get_unchecked::<BytesIo>(owner.v()).data_mut(),
        };
        data[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
    fn item(&self, data: &[u8], i: usize) -> R<Ref> {
        let b = self.item_bytes(data, i);
        let int = |i: i64| Ok(crate::int::from_i64(i));
        macro_rules! num {
            ($t:ty) => {
                <$t>::from_ne_bytes(b.try_into().expect("item size"))
            };
        }
        match self.format {
            b'B' => int(b[0] as i64),
            b'b' => int(b[0] as i8 as i64),
            b'c' => Ok(crate::bytes::from_slice(b)),
            b'?' => Ok(Ref::bool(b[0] != 0)),
            b'h' => int(num!(i16) as i64),
            b'H' => int(num!(u16) as i64),
            b'i' => int(num!(i32) as i64),
            b'I' => int(num!(u32) as i64),
            b'l' | b'q' | b'n' => int(num!(i64)),
            b'L' | b'Q' | b'N' | b'P' => Ok(crate::int::from_u64(num!(u64))),
            b'f' => Ok(crate::float::from_f64(num!(f32) as f64)),
            b'd' => Ok(crate::float::from_f64(num!(f64))),
            _ => Err(not_implemented_error(format!("memoryview: format {} not supported", self.format as char))),
        }
    }
    fn pack(&self, v: Value) -> R<Vec<u8>> {
        let format = self.format as char;
        let bad_type = || type_error(format!("memoryview: invalid type for format '{format}'"));
        let bad_value = || value_error(format!("memoryview: invalid value for format '{format}'"));
        match self.format {
            b'c' => match crate::bytes::as_slice(v) {
                Some(b) if b.len() == 1 => return Ok(b.to_vec()),
                Some(_) => return Err(bad_value()),
                None => return Err(bad_type()),
            },
            b'?' => return Ok(vec![crate::ops::truth(v)? as u8]),
            b'f' => return Ok((crate::float::as_f64(v)? as f32).to_ne_bytes().to_vec()),
            b'd' => return Ok(crate::float::as_f64(v)?.to_ne_bytes().to_vec()),
            _ => {}
        }
        if !is_index(v) {
            return Err(bad_type());
        }
        let int = crate::ops::index(v)?;
        let Some(wide) = crate::int::to_bigint(int.v()).and_then(|b| i128::try_from(&b).ok()) else { return Err(bad_value()) };
        let size = self.item_size();
        let signed = matches!(self.format, b'b' | b'h' | b'i' | b'l' | b'q' | b'n');
        let bits = size as u32 * 8;
        let (low, high) = if signed { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
        if wide < low || wide > high {
            return Err(bad_value());
        }
        Ok(wide.to_ne_bytes()[..size].to_vec())
    }
}

fn repr(v: Value) -> R<Ref> {
    let state = if this(v).object.is_empty() { "released memory" } else { "memory" };
    Ok(str::from_str(&format!("<{state} at 0x{:x}>", v.address())))
}

fn hash(v: Value) -> R<i64> {
    let m = this(v);
    if m.hash.get() == -1 {
        let owner = m.owner()?;
        if !m.readonly {
            return Err(value_error("cannot hash writable memoryview object"));
        }
        if !matches!(m.format, b'B' | b'b' | b'c') {
            return Err(value_error("memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
        }
        drop(owner);
        m.hash.set(m.with_contiguous(|b| Ok(crate::str_hash::hash_bytes(b)))?);
    }
    Ok(m.hash.get())
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let x = this(a);
    let equal = if a == b {
        true
    } else if !crate::buffer::is_bytes_like(b) || x.object.is_empty() {
        if !crate::buffer::is_bytes_like(b) {
            return Ok(Ref::not_implemented());
        }
        false
    } else {
        let y = over(b);
        match y {
            Err(_) => {
                drop(crate::state::take_pending());
                false
            }
            Ok(y) => {
                let y = this(y.v());
                let (ox, oy) = (x.owner()?, y.owner()?);
                let (dx, dy) = (owner_bytes(ox.v()), owner_bytes(oy.v()));
                x.len == y.len && {
                    let mut same = true;
                    for i in 0..x.len {
                        let (p, q) = (x.item(dx, i)?, y.item(dy, i)?);
                        if !crate::ops::compare_true(p.v(), q.v(), CompareOp::Eq)? {
                            same = false;
                            break;
                        }
                    }
                    same
                }
            }
        }
    };
    Ok(Ref::bool(equal == (op == CompareOp::Eq)))
}

fn len(v: Value) -> R<usize> {
    this(v).owner()?;
    Ok(this(v).len)
}

fn iter(v: Value) -> R<Ref> {
    let list = tolist(v)?;
    crate::ops::iter(list.v())
}

fn tolist(v: Value) -> R<Ref> {
    let m = this(v);
    let owner = m.owner()?;
    let mut items = Vec::with_capacity(m.len);
    for i in 0..m.len {
        items.push(m.item(owner_bytes(owner.v()), i)?);
    }
    Ok(crate::list::from_refs(items))
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    let m = this(v);
    let owner = m.owner()?;
    if is_index(key) {
        return match sequence_index(key, m.len)? {
            Some(i) => m.item(owner_bytes(owner.v()), i),
            None => Err(index_error("index out of bounds on dimension 1")),
        };
    }
    if is_exact(key, &crate::slice::SLICE) {
        let (start, _, step, count) = crate::slice::indices(key, m.len)?;
        return Ok(make(owner.v(), m.start + m.stride * start, count, m.stride * step, m.format, m.readonly));
    }
    if key == Value::ELLIPSIS {
        return Ok(Ref::new(v));
    }
    Err(type_error("memoryview: invalid slice key"))
}

fn setitem(v: Value, key: Value, value: Value) -> R<()> {
    let m = this(v);
    let owner = m.owner()?;
    if m.readonly {
        return Err(type_error("cannot modify read-only memory"));
    }
    if value.is_missing() {
        return Err(type_error("cannot delete memory"));
    }
    if is_index(key) {
        let Some(i) = sequence_index(key, m.len)? else { return Err(index_error("index out of bounds on dimension 1")) };
        let bytes = m.pack(value)?;
        return m.write(i, &bytes);
    }
    if !is_exact(key, &crate::slice::SLICE) {
        return Err(type_error("memoryview: invalid slice key"));
    }
    let (start, _, step, count) = crate::slice::indices(key, m.len)?;
    let source = over(value).map_err(|_| {
        drop(crate::state::take_pending());
        type_error(format!("a bytes-like object is required, not '{}'", display_name(value)))
    })?;
    let s = this(source.v());
    if s.len != count || s.format != m.format {
        return Err(value_error("memoryview assignment: lvalue and rvalue have different structures"));
    }
    let bytes = s.with_contiguous(|b| Ok(b.to_vec()))?;
    drop(owner);
    for (i, item) in bytes.chunks(m.item_size()).enumerate() {
        m.write((start + step * i as isize) as usize, item)?;
    }
    Ok(())
}

#[native_class(doc = "Create a new memoryview object which references the given object.")]
impl MemoryView {
    /// Return a buffer object that exposes the underlying memory of the object.
    #[native("($self, flags, /)", name = "__buffer__")]
    fn dunder_buffer(this: Value, flags: i64) -> R<Ref> {
        let _ = flags;
        over(this)
    }
    /// Release the buffer object that exposes the underlying memory of the object.
    #[native("($self, buffer, /)", name = "__release_buffer__")]
    fn dunder_release_buffer(this: Value, buffer: Value) -> R<Ref> {
        let _ = this;
        crate::call::call_method(buffer, "release", &[])
    }
    /// See PEP 585
    #[classmethod("($cls, item, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
    /// Release the underlying buffer exposed by the memoryview object.
    #[native(name = "release")]
    fn release_method(&self) {
        self.release();
    }
    #[native(name = "__enter__")]
    fn enter(v: Value) -> R<Ref> {
        this(v).owner()?;
        Ok(Ref::new(v))
    }
    #[native(name = "__exit__", raw)]
    fn exit(v: Value, _args: &Args) {
        this(v).release();
    }
    /// Return the data in the buffer as a byte string.
    #[native("($self, /, order='C')")]
    fn tobytes(&self, _order: Option<Value>) -> R<Ref> {
        self.with_contiguous(|b| crate::bytes::try_from_slice(&crate::bytes::BYTES, b))
    }
    /// Return the data in the buffer as a list of elements.
    #[native]
    fn tolist(v: Value) -> R<Ref> {
        tolist(v)
    }
    /// Return a readonly version of the memoryview.
    #[native]
    fn toreadonly(&self) -> R<Ref> {
        let owner = self.owner()?;
        Ok(make(owner.v(), self.start, self.len, self.stride, self.format, true))
    }
    /// Return the data in the buffer as a str of hexadecimal numbers.
    #[native("($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hex(&self, sep: Option<Value>, bytes_per_sep: i64) -> R<Ref> {
        self.with_contiguous(|b| crate::bytes_methods::hex(b, sep, bytes_per_sep))
    }
    /// Cast a memoryview to a new format or shape.
    #[native("($self, /, format, shape=<unrepresentable>)")]
    fn cast(&self, format: Value, shape: Option<Value>) -> R<Ref> {
        let owner = self.owner()?;
        crate::unpack::str_argument("cast", "format", format)?;
        let text = str::to_rust(format);
        let code = text.strip_prefix('@').unwrap_or(&text);
        let (&[code], true) = (code.as_bytes(), self.is_contiguous()) else {
            if !self.is_contiguous() {
                return Err(type_error("memoryview: casts are restricted to C-contiguous views"));
            }
            return Err(value_error("memoryview: destination format must be a native single character format prefixed with an optional '@'"));
        };
        let Some(size) = size_of_format(code) else {
            return Err(value_error("memoryview: destination format must be a native single character format prefixed with an optional '@'"));
        };
        let is_byte = |f: u8| matches!(f, b'B' | b'b' | b'c');
        if !is_byte(code) && !is_byte(self.format) {
            return Err(type_error("memoryview: cannot cast between two non-byte formats"));
        }
        if shape.is_some() {
            return Err(not_implemented_error("memoryview.cast() with a shape is not supported yet"));
        }
        let bytes = self.len * self.item_size();
        if bytes % size != 0 {
            return Err(type_error("memoryview: length is not a multiple of itemsize"));
        }
        Ok(make(owner.v(), self.start, bytes / size, size as isize, code, self.readonly))
    }
    /// Return the index of the first occurrence of a value.
    #[native("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(v: Value, value: Value, start: Option<Value>, stop: Option<Value>) -> R<usize> {
        let (start, stop) = crate::unpack::bounds(start, stop, this(v).len)?;
        for i in start..stop.min(this(v).len) {
            let item = getitem(v, Value::from_small_int(i as i64))?;
            if crate::ops::eq(item.v(), value)? {
                return Ok(i);
            }
        }
        Err(value_error("memoryview.index(x): x not found"))
    }
    /// Count the number of occurrences of a value.
    #[native("($self, value, /)")]
    fn count(v: Value, value: Value) -> R<usize> {
        let mut n = 0;
        for i in 0..this(v).len {
            let item = getitem(v, Value::from_small_int(i as i64))?;
            n += crate::ops::eq(item.v(), value)? as usize;
        }
        Ok(n)
    }
    #[getter]
    fn obj(&self) -> R<Ref> {
        self.owner()
    }
    #[getter]
    fn nbytes(&self) -> R<usize> {
        self.owner()?;
        Ok(self.len * self.item_size())
    }
    #[getter]
    fn itemsize(&self) -> R<usize> {
        self.owner()?;
        Ok(self.item_size())
    }
    #[getter]
    fn format(&self) -> R<Ref> {
        self.owner()?;
        Ok(str::from_latin1(&[self.format]))
    }
    #[getter]
    fn ndim(&self) -> R<usize> {
        self.owner()?;
        Ok(1)
    }
    #[getter]
    fn shape(&self) -> R<Ref> {
        self.owner()?;
        Ok(crate::tuple::from_refs(vec![crate::int::from_i64(self.len as i64)]))
    }
    #[getter]
    fn strides(&self) -> R<Ref> {
        self.owner()?;
        Ok(crate::tuple::from_refs(vec![crate::int::from_i64(self.stride as i64)]))
    }
    #[getter]
    fn suboffsets(&self) -> R<Ref> {
        self.owner()?;
        Ok(crate::tuple::from_slice(&[]))
    }
    #[getter]
    fn readonly(&self) -> R<bool> {
        self.owner()?;
        Ok(self.readonly)
    }
    #[getter]
    fn c_contiguous(&self) -> R<bool> {
        self.owner()?;
        Ok(self.is_contiguous())
    }
    #[getter]
    fn f_contiguous(&self) -> R<bool> {
        self.owner()?;
        Ok(self.is_contiguous())
    }
    #[getter]
    fn contiguous(&self) -> R<bool> {
        self.owner()?;
        Ok(self.is_contiguous())
    }
}
