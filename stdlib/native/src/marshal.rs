//! `marshal`: values as bytes, in CPython's format. Code objects stand for compiled functions of this process: their bytes
//! are good only in the process that wrote them.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{buffer, bytes, call, cast, code, complex, dict, float, int, list, ops, set, slice, str, tuple};

const FLAG_REF: u8 = 0x80;
const DEEPEST: usize = 2000;

/// The records of code objects that were written, and a number that tells this process from others.
static RECORDS: dxpyc_objects::threads::Shared<(u64, Vec<usize>)> = dxpyc_objects::threads::Shared::new((0, Vec::new()));

fn process_number() -> u64 {
    RECORDS.with_borrow_mut(|r| {
        if r.0 == 0 {
            let mut random = [0u8; 8];
            // SAFETY: the buffer is writable for its length.
            unsafe { libc::getrandom(random.as_mut_ptr() as *mut _, 8, 0) };
            r.0 = u64::from_ne_bytes(random) | 1;
        }
        r.0
    })
}

struct Writer {
    out: Vec<u8>,
    version: i64,
    allow_code: bool,
    seen: std::collections::HashMap<u64, u32>,
    keep: Vec<Ref>,
    depth: usize,
}

fn unmarshallable() -> Raised {
    value_error("unmarshallable object")
}

impl Writer {
    fn new(version: i64, allow_code: bool) -> Writer {
        Writer { out: Vec::new(), version, allow_code, seen: std::collections::HashMap::new(), keep: Vec::new(), depth: 0 }
    }
    fn long(&mut self, n: usize) -> R<()> {
        let n = u32::try_from(n).ok().filter(|n| *n <= i32::MAX as u32).ok_or_else(unmarshallable)?;
        self.out.extend_from_slice(&n.to_le_bytes());
        Ok(())
    }
    /// Writes a reference to what was written before; else the flag for the type byte.
    fn reference(&mut self, v: Value) -> Option<u8> {
        if self.version < 3 {
            return Some(0);
        }
        if v.is_pointer() && cast::get_unchecked::<Any>(v).header.count.get() == dxpyc_abi::COUNT_UNIT {
            return Some(0);
        }
        if let Some(&at) = self.seen.get(&v.0) {
            self.out.push(b'r');
            self.out.extend_from_slice(&at.to_le_bytes());
            return None;
        }
        let at = self.seen.len() as u32;
        self.seen.insert(v.0, at);
        self.keep.push(Ref::new(v));
        Some(FLAG_REF)
    }
    fn write(&mut self, v: Value) -> R<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(value_error("object too deeply nested to marshal"));
        }
        let result = self.write_one(v);
        self.depth -= 1;
        result
    }
    fn items(&mut self, items: &[Value]) -> R<()> {
        items.iter().try_for_each(|item| self.write(*item))
    }
    fn write_one(&mut self, v: Value) -> R<()> {
        let simple = match v {
            Value::NONE => Some(b'N'),
            Value::TRUE => Some(b'T'),
            Value::FALSE => Some(b'F'),
            Value::ELLIPSIS => Some(b'.'),
            v if v == dxpyc_objects::exceptions::STOP_ITERATION.v() => Some(b'S'),
            _ => None,
        };
        if let Some(byte) = simple {
            self.out.push(byte);
            return Ok(());
        }
        let Some(flag) = self.reference(v) else { return Ok(()) };
        if int::is_exact_int(v) {
            return self.int(v, flag);
        }
        if is_exact(v, &float::FLOAT) {
            let f = float::as_f64(v)?;
            self.out.push(b'g' | flag);
            self.out.extend_from_slice(&f.to_le_bytes());
        } else if is_exact(v, &complex::COMPLEX) {
            self.out.push(b'y' | flag);
            for name in ["real", "imag"] {
                let part = float::as_f64(ops::getattr_str(v, name)?.v())?;
                self.out.extend_from_slice(&part.to_le_bytes());
            }
        } else if is_exact(v, &bytes::BYTES) {
            self.out.push(b's' | flag);
            let data = bytes::as_slice(v).unwrap_or_default();
            self.long(data.len())?;
            self.out.extend_from_slice(data);
        } else if is_exact(v, &str::STR) {
            self.text(v, flag)?;
        } else if is_exact(v, &tuple::TUPLE) {
            let items = tuple::items(v).unwrap_or_default();
            match u8::try_from(items.len()) {
                Ok(n) if self.version >= 4 => self.out.extend([b')' | flag, n]),
                _ => {
                    self.out.push(b'(' | flag);
                    self.long(items.len())?;
                }
            }
            self.items(items)?;
        } else if is_exact(v, &list::LIST) {
            let items = ops::collect_to_vec(v)?;
            self.out.push(b'[' | flag);
            self.long(items.len())?;
            items.iter().try_for_each(|item| self.write(item.v()))?;
        } else if is_exact(v, &dict::DICT) {
            self.out.push(b'{' | flag);
            let mut at = 0;
            while let Some((key, value)) = dict::next_entry(v, &mut at) {
                let (key, value) = (Ref::new(key), Ref::new(value));
                self.write(key.v())?;
                self.write(value.v())?;
            }
            self.out.push(b'0');
        } else if is_exact(v, &set::SET) || is_exact(v, &set::FROZENSET) {
            self.out.push(if is_exact(v, &set::SET) { b'<' } else { b'>' } | flag);
            let items = ops::collect_to_vec(v)?;
            self.long(items.len())?;
            // In the order of the items' bytes, so that equal sets give equal bytes.
            let mut pairs = Vec::new();
            for item in items {
                let mut one = Writer::new(self.version, self.allow_code);
                one.write(item.v())?;
                pairs.push((one.out, item));
            }
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            pairs.iter().try_for_each(|(_, item)| self.write(item.v()))?;
        } else if is_exact(v, &slice::SLICE) && self.version >= 5 {
            self.out.push(b':' | flag);
            for name in ["start", "stop", "step"] {
                let part = ops::getattr_str(v, name)?;
                self.write(part.v())?;
            }
        } else if let Some(object) = cast::get::<code::CodeObject>(v) {
            if !self.allow_code {
                return Err(value_error("marshalling code objects is disallowed"));
            }
            let number = process_number();
            let address = object.record() as *const _ as usize;
            let index = RECORDS.with_borrow_mut(|r| match r.1.iter().position(|a| *a == address) {
                Some(i) => i,
                None => {
                    r.1.push(address);
                    r.1.len() - 1
                }
            });
            self.out.push(b'c' | flag);
            self.out.extend_from_slice(&number.to_le_bytes());
            self.out.extend_from_slice(&(index as u64).to_le_bytes());
        } else if buffer::is_bytes_like(v) {
            self.out.push(b's' | flag);
            let data = buffer::to_vec(v)?;
            self.long(data.len())?;
            self.out.extend_from_slice(&data);
        } else {
            return Err(unmarshallable());
        }
        Ok(())
    }
    fn int(&mut self, v: Value, flag: u8) -> R<()> {
        if let Some(i) = int::as_i64_exact(v).and_then(|i| i32::try_from(i).ok()) {
            self.out.push(b'i' | flag);
            self.out.extend_from_slice(&i.to_le_bytes());
            return Ok(());
        }
        self.out.push(b'l' | flag);
        let negative = ops::compare_true(v, Value::from_small_int(0), CompareOp::Lt)?;
        let absolute = ops::abs(v)?;
        let bits_needed = int::as_i64_exact(call::call_method(absolute.v(), "bit_length", &[])?.v()).unwrap_or(0);
        let (length, order) = (Value::from_small_int(bits_needed / 8 + 1), str::from_str("little"));
        let raw = call::call_method(absolute.v(), "to_bytes", &[length, order.v()])?;
        let size = bytes::as_slice(raw.v()).unwrap_or_default().to_vec();
        let mut digits: Vec<u16> = Vec::new();
        let (mut held, mut bits) = (0u32, 0);
        for byte in size {
            held |= (byte as u32) << bits;
            bits += 8;
            if bits >= 15 {
                digits.push((held & 0x7fff) as u16);
                held >>= 15;
                bits -= 15;
            }
        }
        if held > 0 {
            digits.push(held as u16);
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let n = digits.len() as i32;
        self.out.extend_from_slice(&(if negative { -n } else { n }).to_le_bytes());
        digits.iter().for_each(|d| self.out.extend_from_slice(&d.to_le_bytes()));
        Ok(())
    }
    fn text(&mut self, v: Value, flag: u8) -> R<()> {
        let view = str::view(v);
        if self.version >= 4 && view.is_ascii() {
            let text = str::to_rust(v);
            // Names are interned in CPython.
            let name = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            match u8::try_from(text.len()) {
                Ok(n) => self.out.extend([if name { b'Z' } else { b'z' } | flag, n]),
                Err(_) => {
                    self.out.push(if name { b'A' } else { b'a' } | flag);
                    self.long(text.len())?;
                }
            }
            self.out.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        let (encoding, errors) = (str::from_str("utf-8"), str::from_str("surrogatepass"));
        let encoded = call::call_method(v, "encode", &[encoding.v(), errors.v()])?;
        let data = bytes::as_slice(encoded.v()).unwrap_or_default();
        self.out.push(b'u' | flag);
        self.long(data.len())?;
        self.out.extend_from_slice(data);
        Ok(())
    }
}

/// Any object, for its count.
#[repr(C)]
struct Any {
    header: Header,
}
dxpyc_objects::object_type!(Any, dxpyc_objects::object::OBJECT);

enum Source<'a> {
    Bytes(&'a [u8]),
    File(Value),
}

struct Reader<'a> {
    source: Source<'a>,
    allow_code: bool,
    references: Vec<Option<Ref>>,
    depth: usize,
}

fn bad(what: &str) -> Raised {
    value_error(format!("bad marshal data ({what})"))
}

impl Reader<'_> {
    fn take(&mut self, n: usize) -> R<Vec<u8>> {
        let short = || eof_error("marshal data too short");
        match &mut self.source {
            Source::Bytes(data) => {
                if data.len() < n {
                    return Err(short());
                }
                let (head, rest) = data.split_at(n);
                *data = rest;
                Ok(head.to_vec())
            }
            Source::File(file) => {
                if n == 0 {
                    return Ok(Vec::new());
                }
                let got = call::call_method(*file, "read", &[Value::from_small_int(n as i64)])?;
                let Some(data) = bytes::as_slice(got.v()) else {
                    return Err(type_error(format!(
                        "file.read() returned not bytes but {}",
                        dxpyc_objects::type_object::display_name(got.v())
                    )));
                };
                match data.len().cmp(&n) {
                    std::cmp::Ordering::Less => Err(eof_error("EOF read where not expected")),
                    std::cmp::Ordering::Equal => Ok(data.to_vec()),
                    std::cmp::Ordering::Greater => Err(value_error(format!("read() returned too much data: {n} bytes requested, {} returned", data.len()))),
                }
            }
        }
    }
    fn array<const N: usize>(&mut self) -> R<[u8; N]> {
        Ok(self.take(N)?.try_into().expect("as many as asked"))
    }
    fn size(&mut self, what: &str) -> R<usize> {
        let n = i32::from_le_bytes(self.array()?);
        usize::try_from(n).map_err(|_| bad(&format!("{what} size out of range")))
    }
    /// An object; `None` is the end mark of dicts.
    fn read(&mut self) -> R<Option<Ref>> {
        let [code] = match self.array() {
            Ok(code) => code,
            Err(raised) => {
                if matches!(self.source, Source::Bytes(_)) && swallow(&dxpyc_objects::exceptions::EOF_ERROR) {
                    return Err(eof_error("EOF read where object expected"));
                }
                return Err(raised);
            }
        };
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(value_error("recursion limit exceeded"));
        }
        let result = self.read_kind(code & !FLAG_REF, code & FLAG_REF != 0);
        self.depth -= 1;
        result
    }
    fn item(&mut self, what: &str) -> R<Ref> {
        self.read()?.ok_or_else(|| type_error(format!("NULL object in marshal data for {what}")))
    }
    fn items(&mut self, n: usize, what: &str) -> R<Vec<Ref>> {
        let mut out = Vec::new();
        for _ in 0..n {
            out.push(self.item(what)?);
        }
        Ok(out)
    }
    fn read_kind(&mut self, kind: u8, flagged: bool) -> R<Option<Ref>> {
        // The place in the table is taken before the parts are read.
        let place = self.references.len();
        if flagged && kind != b'r' {
            self.references.push(None);
        }
        let made = match kind {
            b'0' => return Ok(None),
            b'N' => Ref::none(),
            b'T' => Ref::bool(true),
            b'F' => Ref::bool(false),
            b'.' => Ref::new(Value::ELLIPSIS),
            b'S' => Ref::new(dxpyc_objects::exceptions::STOP_ITERATION.v()),
            b'i' => int::from_i64(i32::from_le_bytes(self.array()?) as i64),
            b'l' => self.long_int()?,
            b'g' => float::from_f64(f64::from_le_bytes(self.array()?)),
            b'f' => {
                let part = self.float_text()?;
                float::from_f64(part)
            }
            b'y' | b'x' => {
                let (real, imaginary) = if kind == b'y' {
                    (f64::from_le_bytes(self.array()?), f64::from_le_bytes(self.array()?))
                } else {
                    (self.float_text()?, self.float_text()?)
                };
                let (real, imaginary) = (float::from_f64(real), float::from_f64(imaginary));
                call::call2(complex::COMPLEX.v(), real.v(), imaginary.v())?
            }
            b's' => {
                let n = self.size("bytes object")?;
                let data = self.take(n)?;
                bytes::try_from_slice(&bytes::BYTES, &data)?
            }
            b'z' | b'Z' | b'a' | b'A' => {
                let n = if matches!(kind, b'z' | b'Z') { self.array::<1>()?[0] as usize } else { self.size("string")? };
                let data = self.take(n)?;
                if kind.is_ascii_uppercase()
                    && let Ok(text) = std::str::from_utf8(&data)
                {
                    str::intern(text)
                } else {
                    str::from_latin1(&data)
                }
            }
            b'u' | b't' => {
                let n = self.size("string")?;
                let data = bytes::from_slice(&self.take(n)?);
                let (encoding, errors) = (str::from_str("utf-8"), str::from_str("surrogatepass"));
                call::call_method(data.v(), "decode", &[encoding.v(), errors.v()])?
            }
            b')' | b'(' => {
                let n = if kind == b')' { self.array::<1>()?[0] as usize } else { self.size("tuple")? };
                tuple::from_refs(self.items(n, "tuple")?)
            }
            b'[' => {
                let n = self.size("list")?;
                let made = list::from_refs(Vec::new());
                self.note(place, flagged, &made);
                for _ in 0..n {
                    let item = self.item("list")?;
                    list::push(made.v(), item);
                }
                made
            }
            b'{' => {
                let made = dict::new();
                self.note(place, flagged, &made);
                while let Some(key) = self.read()? {
                    let Some(value) = self.read()? else { break };
                    dict::set(made.v(), key.v(), value.v())?;
                }
                made
            }
            b'<' | b'>' => {
                let n = self.size("set")?;
                let items = if kind == b'<' {
                    let made = call::call0(set::SET.v())?;
                    self.note(place, flagged, &made);
                    for _ in 0..n {
                        let item = self.item("set")?;
                        set::add(made.v(), item.v())?;
                    }
                    return Ok(Some(made));
                } else {
                    list::from_refs(self.items(n, "set")?)
                };
                call::call1(set::FROZENSET.v(), items.v())?
            }
            b':' => {
                let parts = self.items(3, "slice")?;
                call::call3(slice::SLICE.v(), parts[0].v(), parts[1].v(), parts[2].v())?
            }
            b'c' => {
                if !self.allow_code {
                    return Err(value_error("unmarshalling code objects is disallowed"));
                }
                let (number, index) = (u64::from_le_bytes(self.array()?), u64::from_le_bytes(self.array()?));
                let address = RECORDS.with_borrow(|r| if r.0 == number { r.1.get(index as usize).copied() } else { None });
                let Some(address) = address else {
                    return Err(value_error("unsupported: code objects that another process marshalled"));
                };
                // SAFETY: the table holds addresses of static records only.
                code::code_object(unsafe { &*(address as *const _) })
            }
            b'r' => {
                let at = u32::from_le_bytes(self.array()?) as usize;
                return match self.references.get(at) {
                    Some(Some(made)) => Ok(Some(made.clone())),
                    _ => Err(bad("invalid reference")),
                };
            }
            _ => return Err(bad("unknown type code")),
        };
        self.note(place, flagged, &made);
        Ok(Some(made))
    }
    fn note(&mut self, place: usize, flagged: bool, made: &Ref) {
        if flagged {
            self.references[place] = Some(made.clone());
        }
    }
    fn float_text(&mut self) -> R<f64> {
        let n = self.array::<1>()?[0] as usize;
        let text = self.take(n)?;
        String::from_utf8_lossy(&text).parse().map_err(|_| bad("invalid float"))
    }
    fn long_int(&mut self) -> R<Ref> {
        let n = i32::from_le_bytes(self.array()?);
        let mut raw = Vec::new();
        let (mut held, mut bits) = (0u32, 0);
        let mut last = 1;
        for _ in 0..n.unsigned_abs() {
            last = u16::from_le_bytes(self.array()?);
            if last > 0x7fff {
                return Err(bad("digit out of range in long"));
            }
            held |= (last as u32) << bits;
            bits += 15;
            while bits >= 8 {
                raw.push(held as u8);
                held >>= 8;
                bits -= 8;
            }
        }
        if last == 0 {
            return Err(bad("unnormalized long data"));
        }
        raw.push(held as u8);
        let (data, order) = (bytes::from_slice(&raw), str::from_str("little"));
        let made = call::call_method(int::INT.v(), "from_bytes", &[data.v(), order.v()])?;
        if n < 0 { ops::neg(made.v()) } else { Ok(made) }
    }
}

fn load_from(source: Source<'_>, allow_code: bool) -> R<Ref> {
    Reader { source, allow_code, references: Vec::new(), depth: 0 }.item("object")
}

fn init(module: Value) -> R<()> {
    dict::set_str(module, "version", int::from_i64(5));
    Ok(())
}

fn dumped(value: Value, version: i64, allow_code: bool) -> R<Ref> {
    let mut writer = Writer::new(version, allow_code);
    writer.write(value)?;
    bytes::try_from_slice(&bytes::BYTES, &writer.out)
}

/// This module contains functions that can read and write Python values in a binary format.
#[native_module(name = "marshal", init = super::init)]
pub mod module {
    use super::*;

    /// Write the value on the open file.
    #[native("($module, value, file, version=5, /, *, allow_code=True)")]
    fn dump(value: Value, file: Value, version: i64, allow_code: bool) -> R<Ref> {
        let data = dumped(value, version, allow_code)?;
        call::call_method(file, "write", &[data.v()])
    }
    /// Read one value from the open file and return it.
    #[native("($module, file, /, *, allow_code=True)")]
    fn load(file: Value, allow_code: bool) -> R<Ref> {
        load_from(Source::File(file), allow_code)
    }
    /// Return the bytes object that would be written to a file by dump(value, file).
    #[native("($module, value, version=5, /, *, allow_code=True)")]
    fn dumps(value: Value, version: i64, allow_code: bool) -> R<Ref> {
        dumped(value, version, allow_code)
    }
    /// Convert the bytes-like object to a value.
    #[native("($module, bytes, /, *, allow_code=True)")]
    fn loads(bytes: Value, allow_code: bool) -> R<Ref> {
        let data = buffer::to_vec(bytes)?;
        load_from(Source::Bytes(&data), allow_code)
    }
}
