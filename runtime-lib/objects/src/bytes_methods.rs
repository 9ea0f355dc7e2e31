//! The methods that bytes and bytearray share, and both method tables.

use crate::bytearray::ByteArrayObject;
use crate::bytes_type::{byte_value, is_bytearray, make, own, unchanged};
pub(crate) use crate::bytes_type::{BYTEARRAY_SLOTS, BYTES_SLOTS};
use crate::prelude::*;
use crate::str;
use crate::str_search as search;
use crate::type_object::display_name;
use crate::unpack::{bounds, is_index, not_name};

/// A bytes-like argument, copied.
struct Bytes(Vec<u8>);
impl FromArg<'_> for Bytes {
    fn from_arg(v: Value, _: &str, _: usize, _: &str) -> R<Bytes> {
        crate::buffer::to_vec(v).map(Bytes)
    }
}

/// A bytes-like argument or an int in range(256).
struct Needle(Vec<u8>);
impl FromArg<'_> for Needle {
    fn from_arg(v: Value, _: &str, _: usize, _: &str) -> R<Needle> {
        if is_index(v) {
            return Ok(Needle(vec![byte_value(v)?]));
        }
        if !crate::buffer::is_bytes_like(v) {
            return Err(type_error(format!("argument should be integer or bytes-like object, not '{}'", display_name(v))));
        }
        crate::buffer::to_vec(v).map(Needle)
    }
}

fn find_in(this: Value, sub: &[u8], start: Option<Value>, end: Option<Value>, last: bool) -> R<Option<usize>> {
    let (start, end) = bounds(start, end, own(this).len())?;
    let data = own(this);
    let end = end.min(data.len());
    if start > end || sub.len() > end - start {
        return Ok(None);
    }
    let part = &data[start..end];
    Ok((if last { search::rfind(part, sub) } else { search::find(part, sub) }).map(|i| i + start))
}

fn affix(this: Value, name: &str, prefix: Value, start: Option<Value>, end: Option<Value>, at_end: bool) -> R<bool> {
    let (start, end) = bounds(start, end, own(this).len())?;
    let test = |x: Value| {
        crate::buffer::with_bytes(x, |n| {
            let data = own(this);
            let end = end.min(data.len());
            if start > end {
                return Ok(false);
            }
            let part = &data[start..end];
            Ok(if at_end { part.ends_with(n) } else { part.starts_with(n) })
        })
    };
    if let Some(items) = crate::tuple::items(prefix) {
        for &item in items {
            if test(item)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !crate::buffer::is_bytes_like(prefix) {
        return Err(type_error(format!("{name} first arg must be bytes or a tuple of bytes, not {}", display_name(prefix))));
    }
    test(prefix)
}

fn is_space(b: u8) -> bool {
    matches!(b, 9..=13 | 32)
}

fn strip(this: Value, chars: Option<Value>, left: bool, right: bool) -> R<Ref> {
    let set = match chars.filter(|c| !c.is_none()) {
        None => None,
        Some(c) => Some(crate::buffer::to_vec(c)?),
    };
    let has = |b: u8| match &set {
        None => is_space(b),
        Some(s) => s.contains(&b),
    };
    let data = own(this);
    let (mut start, mut end) = (0, data.len());
    while left && start < end && has(data[start]) {
        start += 1;
    }
    while right && end > start && has(data[end - 1]) {
        end -= 1;
    }
    if start == 0 && end == data.len() {
        return unchanged(this);
    }
    make(this, &data[start..end])
}

fn fill_byte(name: &str, v: Option<Value>) -> R<u8> {
    let Some(v) = v else { return Ok(b' ') };
    if !crate::bytes::is_bytes(v) && !is_bytearray(v) {
        return Err(type_error(format!("{name}() argument 2 must be a byte string of length 1, not {}", not_name(v))));
    }
    match own(v) {
        [b] => Ok(*b),
        other => {
            let kind = if is_bytearray(v) { "bytearray" } else { "bytes" };
            Err(type_error(format!("{name}(): argument 2 must be a byte string of length 1, not a {kind} object of length {}", other.len())))
        }
    }
}

fn pad(this: Value, left: i64, right: i64, fill: u8) -> R<Ref> {
    if left <= 0 && right <= 0 {
        return unchanged(this);
    }
    let mut out = crate::bytes_type::repeated(&[fill], left as isize)?;
    out.extend_from_slice(own(this));
    let tail = crate::bytes_type::repeated(&[fill], right as isize)?;
    out.extend_from_slice(&tail);
    make(this, &out)
}

fn map(this: Value, f: impl Fn(&mut [u8])) -> R<Ref> {
    let mut out = own(this).to_vec();
    f(&mut out);
    make(this, &out)
}

fn all(this: Value, f: impl Fn(u8) -> bool) -> bool {
    let data = own(this);
    !data.is_empty() && data.iter().all(|&b| f(b))
}

fn list_of(this: Value, parts: Vec<&[u8]>) -> R<Ref> {
    let mut out = Vec::with_capacity(parts.len());
    for p in parts {
        out.push(make(this, p)?);
    }
    Ok(crate::list::from_refs(out))
}

fn split(this: Value, sep: Value, maxsplit: i64, from_end: bool) -> R<Ref> {
    let max = if maxsplit < 0 { usize::MAX } else { maxsplit as usize };
    let sep = if sep.is_none() { None } else { Some(crate::buffer::to_vec(sep)?) };
    let data = own(this).to_vec();
    let mut parts: Vec<&[u8]> = Vec::new();
    match (&sep, from_end) {
        (Some(s), _) if s.is_empty() => return Err(value_error("empty separator")),
        (Some(s), false) => {
            let mut at = 0;
            while parts.len() < max {
                let Some(i) = search::find(&data[at..], s) else { break };
                parts.push(&data[at..at + i]);
                at += i + s.len();
            }
            parts.push(&data[at..]);
        }
        (Some(s), true) => {
            let mut end = data.len();
            while parts.len() < max {
                let Some(i) = search::rfind(&data[..end], s) else { break };
                parts.push(&data[i + s.len()..end]);
                end = i;
            }
            parts.push(&data[..end]);
        }
        (None, false) => {
            let mut rest: &[u8] = data.trim_ascii_start_vt();
            while !rest.is_empty() {
                if parts.len() == max {
                    parts.push(rest);
                    break;
                }
                let n = rest.iter().position(|&b| is_space(b)).unwrap_or(rest.len());
                parts.push(&rest[..n]);
                rest = rest[n..].trim_ascii_start_vt();
            }
        }
        (None, true) => {
            let trim = |s: &mut &[u8]| {
                while let [head @ .., last] = *s
                    && is_space(*last)
                {
                    *s = head;
                }
            };
            let mut rest: &[u8] = &data;
            trim(&mut rest);
            while !rest.is_empty() {
                if parts.len() == max {
                    parts.push(rest);
                    break;
                }
                let n = rest.iter().rposition(|&b| is_space(b)).map_or(0, |i| i + 1);
                parts.push(&rest[n..]);
                rest = &rest[..n];
                trim(&mut rest);
            }
        }
    }
    if from_end {
        parts.reverse();
    }
    list_of(this, parts)
}

trait TrimStart {
    fn trim_ascii_start_vt(&self) -> &[u8];
}
impl TrimStart for [u8] {
    fn trim_ascii_start_vt(&self) -> &[u8] {
        let n = self.iter().position(|&b| !is_space(b)).unwrap_or(self.len());
        &self[n..]
    }
}

fn splitlines(this: Value, keepends: bool) -> R<Ref> {
    let data = own(this);
    let mut parts = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let start = at;
        while at < data.len() && data[at] != b'\n' && data[at] != b'\r' {
            at += 1;
        }
        let mut end = at;
        if at < data.len() {
            at += if data[at] == b'\r' && data.get(at + 1) == Some(&b'\n') { 2 } else { 1 };
            if keepends {
                end = at;
            }
        }
        parts.push(&data[start..end]);
    }
    list_of(this, parts)
}

fn partition(this: Value, sep: Value, from_end: bool) -> R<Ref> {
    let s = crate::buffer::to_vec(sep)?;
    if s.is_empty() {
        return Err(value_error("empty separator"));
    }
    let data = own(this);
    let found = if from_end { search::rfind(data, &s) } else { search::find(data, &s) };
    let (a, b, c): (&[u8], &[u8], &[u8]) = match found {
        Some(i) => (&data[..i], &s, &data[i + s.len()..]),
        None if from_end => (&[], &[], data),
        None => (data, &[], &[]),
    };
    // Bytes objects give the separator back as it is.
    let middle = if found.is_some() && crate::bytes::is_bytes(this) { Ref::new(sep) } else { make(this, b)? };
    Ok(crate::tuple::from_refs(vec![make(this, a)?, middle, make(this, c)?]))
}

fn join(this: Value, iterable: Value) -> R<Ref> {
    let iterator = match crate::ops::iter(iterable) {
        Ok(i) => i,
        Err(_) if swallow(&crate::exceptions::TYPE_ERROR) => return Err(type_error("can only join an iterable")),
        Err(e) => return Err(e),
    };
    let items = crate::ops::collect_to_vec(iterator.v())?;
    if let [only] = items.as_slice()
        && is_exact(only.v(), &crate::bytes::BYTES)
        && crate::bytes::is_bytes(this)
    {
        return Ok(only.clone());
    }
    let sep = own(this).to_vec();
    let mut out = Vec::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(&sep);
        }
        if !crate::buffer::is_bytes_like(item.v()) {
            return Err(type_error(format!("sequence item {i}: expected a bytes-like object, {} found", display_name(item.v()))));
        }
        crate::buffer::with_bytes(item.v(), |b| {
            out.extend_from_slice(b);
            Ok(())
        })?;
    }
    make(this, &out)
}

fn replace(this: Value, old: &[u8], new: &[u8], count: i64) -> R<Ref> {
    let max = if count < 0 { usize::MAX } else { count as usize };
    let data = own(this);
    let mut out = Vec::with_capacity(data.len());
    let mut n = 0;
    if old.is_empty() {
        for &b in data {
            if n < max {
                out.extend_from_slice(new);
                n += 1;
            }
            out.push(b);
        }
        if n < max {
            out.extend_from_slice(new);
        }
        return make(this, &out);
    }
    let mut at = 0;
    while n < max {
        let Some(i) = search::find(&data[at..], old) else { break };
        out.extend_from_slice(&data[at..at + i]);
        out.extend_from_slice(new);
        at += i + old.len();
        n += 1;
    }
    if n == 0 {
        return unchanged(this);
    }
    out.extend_from_slice(&data[at..]);
    make(this, &out)
}

fn translate(this: Value, table: Value, delete: Option<Value>) -> R<Ref> {
    let table = if table.is_none() { None } else { Some(crate::buffer::to_vec(table)?) };
    if table.as_ref().is_some_and(|t| t.len() != 256) {
        return Err(value_error("translation table must be 256 characters long"));
    }
    let delete = match delete {
        Some(d) => crate::buffer::to_vec(d)?,
        None => Vec::new(),
    };
    let mut out = Vec::with_capacity(own(this).len());
    for &b in own(this) {
        if !delete.contains(&b) {
            out.push(table.as_ref().map_or(b, |t| t[b as usize]));
        }
    }
    make(this, &out)
}

/// `hex()` of any bytes.
pub fn hex(data: &[u8], sep: Option<Value>, per_group: i64) -> R<Ref> {
    let digits = |out: &mut Vec<u8>, b: u8| out.extend_from_slice(&[b"0123456789abcdef"[(b >> 4) as usize], b"0123456789abcdef"[(b & 15) as usize]]);
    let sep = match sep {
        None => None,
        Some(s) => {
            if crate::ops::len(s)? != 1 {
                return Err(value_error("sep must be length 1."));
            }
            let c = if str::is_str(s) {
                str::view(s).get(0)
            } else if crate::bytes::is_bytes(s) {
                own(s)[0] as u32
            } else {
                return Err(type_error("sep must be str or bytes."));
            };
            if c >= 128 {
                return Err(value_error("sep must be ASCII."));
            }
            Some(c as u8)
        }
    };
    let group = per_group.unsigned_abs() as usize;
    let mut out = Vec::with_capacity(data.len() * 3);
    for (i, &b) in data.iter().enumerate() {
        if let Some(s) = sep
            && group > 0
            && i > 0
            && (if per_group > 0 { (data.len() - i) % group == 0 } else { i % group == 0 })
        {
            out.push(s);
        }
        digits(&mut out, b);
    }
    Ok(str::from_ascii(&out))
}

fn fromhex(text: Value) -> R<Vec<u8>> {
    let points: Vec<u32> = if let Some(s) = str::try_view(text) {
        s.chars().collect()
    } else if crate::buffer::is_bytes_like(text) {
        crate::buffer::to_vec(text)?.iter().map(|&b| b as u32).collect()
    } else {
        return Err(type_error(format!("fromhex() argument must be str or bytes-like, not {}", not_name(text))));
    };
    let digit = |i: usize| points.get(i).and_then(|&c| char::from_u32(c)).and_then(|c| c.to_digit(16));
    let bad = |i: usize| value_error(format!("non-hexadecimal number found in fromhex() arg at position {i}"));
    let mut out = Vec::new();
    let mut i = 0;
    while i < points.len() {
        if points[i] < 128 && is_space(points[i] as u8) {
            i += 1;
            continue;
        }
        let Some(high) = digit(i) else { return Err(bad(i)) };
        if i + 1 >= points.len() {
            return Err(value_error("fromhex() arg must contain an even number of hexadecimal digits"));
        }
        let Some(low) = digit(i + 1) else { return Err(bad(i + 1)) };
        out.push((high << 4 | low) as u8);
        i += 2;
    }
    Ok(out)
}

/// Makes an instance of a class from the bytes: the class itself, or by calling a subclass.
fn of_class(class: Value, data: &[u8], bytearray: bool) -> R<Ref> {
    if bytearray && class == crate::bytearray::BYTEARRAY.v() {
        return Ok(crate::bytearray::from_vec(data.to_vec()));
    }
    // Subclasses of both are given bytes.
    let plain = crate::bytes::from_slice(data);
    if class == crate::bytes::BYTES.v() { Ok(plain) } else { crate::call::call1(class, plain.v()) }
}

fn decode(this: Value, encoding: Option<Value>, errors: Option<Value>) -> R<Ref> {
    for (name, v) in [("encoding", encoding), ("errors", errors)] {
        if let Some(v) = v {
            crate::unpack::str_argument("decode", name, v)?;
        }
    }
    crate::codecs::decode_value(this, encoding, errors)
}

fn expandtabs(this: Value, tabsize: i64) -> R<Ref> {
    let mut out = Vec::with_capacity(own(this).len());
    let mut column = 0i64;
    for &b in own(this) {
        if b == b'\t' {
            if tabsize > 0 {
                let n = tabsize - column % tabsize;
                if n > 1 << 40 {
                    return Err(overflow_error("result too long"));
                }
                column += n;
                out.resize(out.len() + n as usize, b' ');
            }
        } else {
            column = if b == b'\n' || b == b'\r' { 0 } else { column + 1 };
            out.push(b);
        }
    }
    make(this, &out)
}

fn is_title(data: &[u8]) -> bool {
    let (mut cased, mut previous) = (false, false);
    for b in data {
        if b.is_ascii_uppercase() {
            if previous {
                return false;
            }
            (previous, cased) = (true, true);
        } else if b.is_ascii_lowercase() {
            if !previous {
                return false;
            }
            cased = true;
        } else {
            previous = false;
        }
    }
    cased
}

/// Methods of bytes.
pub struct BytesMethods;
/// Methods of bytearray.
pub struct ByteArrayMethods;

macro_rules! shared_methods {
    ($ty:ident, $decl:ident, $doc:tt, $is_bytearray:tt, { $($own:tt)* }) => {
        #[native_class(decl = $decl, doc = $doc)]
        impl $ty {
            /// Return a copy with only its first character capitalized (ASCII) and the rest lower-cased.
            #[native]
            fn capitalize(this: Value) -> R<Ref> {
                map(this, |b| {
                    b.make_ascii_lowercase();
                    if let Some(first) = b.first_mut() { first.make_ascii_uppercase() }
                })
            }
            /// Return a centered string of length width.
            #[native("($self, width, fillchar=b' ', /)")]
            fn center(this: Value, width: i64, fillchar: Option<Value>) -> R<Ref> {
                let fill = fill_byte("center", fillchar)?;
                let marg = (width - own(this).len() as i64).max(0);
                let left = marg / 2 + (marg & width & 1);
                pad(this, left, marg - left, fill)
            }
            /// Return the number of non-overlapping occurrences of subsection 'sub' in bytes B[start:end].
            #[native]
            fn count(this: Value, sub: Needle, start: Option<Value>, end: Option<Value>) -> R<usize> {
                let (start, end) = bounds(start, end, own(this).len())?;
                let data = own(this);
                let end = end.min(data.len());
                if start > end { return Ok(0) }
                Ok(search::count(&data[start..end], &sub.0, usize::MAX))
            }
            /// Decode the bytes using the codec registered for encoding.
            #[native("($self, /, encoding='utf-8', errors='strict')")]
            fn decode(this: Value, encoding: Option<Value>, errors: Option<Value>) -> R<Ref> { decode(this, encoding, errors) }
            /// Return True if the bytes ends with the specified suffix, False otherwise.
            #[native]
            fn endswith(this: Value, suffix: Value, start: Option<Value>, end: Option<Value>) -> R<bool> {
                affix(this, "endswith", suffix, start, end, true)
            }
            /// Return a copy where all tab characters are expanded using spaces.
            #[native("($self, /, tabsize=8)")]
            fn expandtabs(this: Value, tabsize: Value) -> R<Ref> { expandtabs(this, crate::unpack::c_int(tabsize)?) }
            /// Return a buffer object that exposes the underlying memory of the object.
            #[native("($self, flags, /)", name = "__buffer__")]
            fn buffer(this: Value, flags: i64) -> R<Ref> { let _ = flags; crate::memoryview::over(this) }
            /// Return the lowest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].
            #[native]
            fn find(this: Value, sub: Needle, start: Option<Value>, end: Option<Value>) -> R<i64> {
                Ok(find_in(this, &sub.0, start, end, false)?.map_or(-1, |i| i as i64))
            }
            /// Create a bytes object from a string of hexadecimal numbers.
            #[classmethod("($type, string, /)")]
            fn fromhex(class: Value, string: Value) -> R<Ref> { of_class(class, &fromhex(string)?, $is_bytearray) }
            /// Create a string of hexadecimal numbers from a bytes object.
            #[native("($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
            fn hex(this: Value, sep: Option<Value>, bytes_per_sep: i64) -> R<Ref> { hex(own(this), sep, bytes_per_sep) }
            /// Return the lowest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].
            #[native]
            fn index(this: Value, sub: Needle, start: Option<Value>, end: Option<Value>) -> R<usize> {
                find_in(this, &sub.0, start, end, false)?.ok_or_else(|| value_error("subsection not found"))
            }
            /// Return True if all characters in B are alphanumeric and there is at least one character in B, False otherwise.
            #[native]
            fn isalnum(this: Value) -> bool { all(this, |b| b.is_ascii_alphanumeric()) }
            /// Return True if all characters in B are alphabetic and there is at least one character in B, False otherwise.
            #[native]
            fn isalpha(this: Value) -> bool { all(this, |b| b.is_ascii_alphabetic()) }
            /// Return True if B is empty or all characters in B are ASCII, False otherwise.
            #[native]
            fn isascii(this: Value) -> bool { own(this).is_ascii() }
            /// Return True if all characters in B are digits and there is at least one character in B, False otherwise.
            #[native]
            fn isdigit(this: Value) -> bool { all(this, |b| b.is_ascii_digit()) }
            /// Return True if all cased characters in B are lowercase and there is at least one cased character in B, False otherwise.
            #[native]
            fn islower(this: Value) -> bool {
                let b = own(this);
                b.iter().any(|c| c.is_ascii_lowercase()) && !b.iter().any(|c| c.is_ascii_uppercase())
            }
            /// Return True if all characters in B are whitespace and there is at least one character in B, False otherwise.
            #[native]
            fn isspace(this: Value) -> bool { all(this, is_space) }
            /// Return True if B is a titlecased string and there is at least one character in B, False otherwise.
            #[native]
            fn istitle(this: Value) -> bool { is_title(own(this)) }
            /// Return True if all cased characters in B are uppercase and there is at least one cased character in B, False otherwise.
            #[native]
            fn isupper(this: Value) -> bool {
                let b = own(this);
                b.iter().any(|c| c.is_ascii_uppercase()) && !b.iter().any(|c| c.is_ascii_lowercase())
            }
            /// Concatenate any number of bytes objects.
            #[native("($self, iterable_of_bytes, /)")]
            fn join(this: Value, iterable_of_bytes: Value) -> R<Ref> { join(this, iterable_of_bytes) }
            /// Return a left-justified string of length width.
            #[native("($self, width, fillchar=b' ', /)")]
            fn ljust(this: Value, width: i64, fillchar: Option<Value>) -> R<Ref> {
                let fill = fill_byte("ljust", fillchar)?;
                pad(this, 0, width - own(this).len() as i64, fill)
            }
            /// Return a copy of B with all ASCII characters converted to lowercase.
            #[native]
            fn lower(this: Value) -> R<Ref> { map(this, |b| b.make_ascii_lowercase()) }
            /// Strip leading bytes contained in the argument.
            #[native("($self, bytes=None, /)")]
            fn lstrip(this: Value, bytes: Option<Value>) -> R<Ref> { strip(this, bytes, true, false) }
            /// Return a translation table usable for the bytes or bytearray translate method.
            #[staticmethod("(frm, to, /)")]
            fn maketrans(frm: Bytes, to: Bytes) -> R<Ref> {
                if frm.0.len() != to.0.len() {
                    return Err(value_error("maketrans arguments must have same length"));
                }
                let mut table: Vec<u8> = (0..=255).collect();
                for (a, b) in frm.0.iter().zip(&to.0) {
                    table[*a as usize] = *b;
                }
                Ok(crate::bytes::from_slice(&table))
            }
            /// Partition the bytes into three parts using the given separator.
            #[native("($self, sep, /)")]
            fn partition(this: Value, sep: Value) -> R<Ref> { partition(this, sep, false) }
            /// Return a copy with all occurrences of substring old replaced by new.
            #[native("($self, old, new, count=-1, /)")]
            fn replace(this: Value, old: Bytes, new: Bytes, count: i64) -> R<Ref> { replace(this, &old.0, &new.0, count) }
            /// Return a bytes object with the given prefix string removed if present.
            #[native("($self, prefix, /)")]
            fn removeprefix(this: Value, prefix: Bytes) -> R<Ref> {
                match own(this).strip_prefix(prefix.0.as_slice()) {
                    Some(rest) => make(this, rest),
                    None => unchanged(this),
                }
            }
            /// Return a bytes object with the given suffix string removed if present.
            #[native("($self, suffix, /)")]
            fn removesuffix(this: Value, suffix: Bytes) -> R<Ref> {
                match own(this).strip_suffix(suffix.0.as_slice()) {
                    Some(rest) => make(this, rest),
                    None => unchanged(this),
                }
            }
            /// Return the highest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].
            #[native]
            fn rfind(this: Value, sub: Needle, start: Option<Value>, end: Option<Value>) -> R<i64> {
                Ok(find_in(this, &sub.0, start, end, true)?.map_or(-1, |i| i as i64))
            }
            /// Return the highest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].
            #[native]
            fn rindex(this: Value, sub: Needle, start: Option<Value>, end: Option<Value>) -> R<usize> {
                find_in(this, &sub.0, start, end, true)?.ok_or_else(|| value_error("subsection not found"))
            }
            /// Return a right-justified string of length width.
            #[native("($self, width, fillchar=b' ', /)")]
            fn rjust(this: Value, width: i64, fillchar: Option<Value>) -> R<Ref> {
                let fill = fill_byte("rjust", fillchar)?;
                pad(this, width - own(this).len() as i64, 0, fill)
            }
            /// Partition the bytes into three parts using the given separator, from the end.
            #[native("($self, sep, /)")]
            fn rpartition(this: Value, sep: Value) -> R<Ref> { partition(this, sep, true) }
            /// Return a list of the sections in the bytes, using sep as the delimiter, from the end.
            #[native("($self, /, sep=None, maxsplit=-1)")]
            fn rsplit(this: Value, sep: Value, maxsplit: i64) -> R<Ref> { split(this, sep, maxsplit, true) }
            /// Strip trailing bytes contained in the argument.
            #[native("($self, bytes=None, /)")]
            fn rstrip(this: Value, bytes: Option<Value>) -> R<Ref> { strip(this, bytes, false, true) }
            /// Return a list of the sections in the bytes, using sep as the delimiter.
            #[native("($self, /, sep=None, maxsplit=-1)")]
            fn split(this: Value, sep: Value, maxsplit: i64) -> R<Ref> { split(this, sep, maxsplit, false) }
            /// Return a list of the lines in the bytes, breaking at line boundaries.
            #[native("($self, /, keepends=False)")]
            fn splitlines(this: Value, keepends: bool) -> R<Ref> { splitlines(this, keepends) }
            /// Return True if the bytes starts with the specified prefix, False otherwise.
            #[native]
            fn startswith(this: Value, prefix: Value, start: Option<Value>, end: Option<Value>) -> R<bool> {
                affix(this, "startswith", prefix, start, end, false)
            }
            /// Strip leading and trailing bytes contained in the argument.
            #[native("($self, bytes=None, /)")]
            fn strip(this: Value, bytes: Option<Value>) -> R<Ref> { strip(this, bytes, true, true) }
            /// Return a copy of B with uppercase ASCII characters converted to lowercase ASCII and vice versa.
            #[native]
            fn swapcase(this: Value) -> R<Ref> {
                map(this, |bytes| bytes.iter_mut().for_each(|b| if b.is_ascii_alphabetic() { *b ^= 0x20 }))
            }
            /// Return a titlecased version of B.
            #[native]
            fn title(this: Value) -> R<Ref> { map(this, crate::str_case::title_ascii) }
            /// Return a copy with each character mapped by the given translation table.
            #[native("($self, table, /, delete=b'')")]
            fn translate(this: Value, table: Value, delete: Option<Value>) -> R<Ref> { translate(this, table, delete) }
            /// Return a copy of B with all ASCII characters converted to uppercase.
            #[native]
            fn upper(this: Value) -> R<Ref> { map(this, |b| b.make_ascii_uppercase()) }
            /// Pad a numeric string with zeros on the left, to fill a field of the given width.
            #[native("($self, width, /)")]
            fn zfill(this: Value, width: i64) -> R<Ref> {
                let fill = width - own(this).len() as i64;
                if fill <= 0 { return unchanged(this) }
                let mut out = crate::bytes_type::repeated(b"0", fill as isize)?;
                out.extend_from_slice(own(this));
                let first = out[fill as usize..].first().copied();
                if let Some(sign @ (b'+' | b'-')) = first {
                    out[fill as usize] = b'0';
                    out[0] = sign;
                }
                make(this, &out)
            }
            $($own)*
        }
    };
}

shared_methods!(
    BytesMethods,
    BYTES_DECL,
    "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized with null bytes\nbytes() -> empty bytes object\n\nConstruct an immutable array of bytes from:\n  - an iterable yielding integers in range(256)\n  - a text string encoded using the specified encoding\n  - any object implementing the buffer API.\n  - an integer",
    false,
    {
        /// Convert this value to exact type bytes.
        #[native(name = "__bytes__")]
        fn to_bytes(this: Value) -> R<Ref> {
            if is_exact(this, &crate::bytes::BYTES) { Ok(Ref::new(this)) } else { make(this, own(this)) }
        }
        #[native(name = "__getnewargs__")]
        fn getnewargs(this: Value) -> R<Ref> {
            Ok(crate::tuple::from_refs(vec![crate::bytes::from_slice(own(this))]))
        }
        /// Return the size of the bytes object in memory, in bytes.
        #[native(name = "__sizeof__")]
        fn sizeof(this: Value) -> usize {
            own(this).len() + 33
        }
    }
);

/// The bytearray of a method's receiver.
fn array<'a>(this: Value) -> &'a ByteArrayObject {
    crate::cast::get_unchecked(this)
}

shared_methods!(
    ByteArrayMethods,
    BYTEARRAY_DECL,
    "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\nbytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\nbytearray(int) -> bytes array of size given by the parameter initialized with null bytes\nbytearray() -> empty bytes array\n\nConstruct a mutable bytearray object from:\n  - an iterable yielding integers in range(256)\n  - a text string encoded using the specified encoding\n  - a bytes or a buffer object\n  - any object implementing the buffer API.\n  - an integer",
    true,
    {
        /// Append a single item to the end of the bytearray.
        #[native("($self, item, /)")]
        fn append(this: Value, item: Value) -> R<()> {
            let b = byte_value(item)?;
            array(this).resizable()?.push(b);
            Ok(())
        }
        /// Remove all items from the bytearray.
        #[native]
        fn clear(this: Value) -> R<()> {
            array(this).resizable()?.clear();
            Ok(())
        }
        /// Return a copy of B.
        #[native]
        fn copy(this: Value) -> R<Ref> {
            make(this, own(this))
        }
        /// Append all the items from the iterator or sequence to the end of the bytearray.
        #[native("($self, iterable_of_ints, /)")]
        fn extend(this: Value, iterable_of_ints: Value) -> R<()> {
            crate::bytearray_methods::extend(this, iterable_of_ints)
        }
        /// Insert a single item into the bytearray before the given index.
        #[native("($self, index, item, /)")]
        fn insert(this: Value, index: i64, item: Value) -> R<()> {
            let b = byte_value(item)?;
            let v = array(this).resizable()?;
            let n = v.len() as i64;
            let at = if index < 0 { (index + n).max(0) } else { index.min(n) };
            v.insert(at as usize, b);
            Ok(())
        }
        /// Remove and return a single item from B.
        #[native("($self, index=-1, /)")]
        fn pop(this: Value, index: i64) -> R<i64> {
            let n = own(this).len() as i64;
            if n == 0 {
                return Err(index_error("pop from empty bytearray"));
            }
            let at = if index < 0 { index + n } else { index };
            if at < 0 || at >= n {
                return Err(index_error("pop index out of range"));
            }
            Ok(array(this).resizable()?.remove(at as usize) as i64)
        }
        /// Remove the first occurrence of a value in the bytearray.
        #[native("($self, value, /)")]
        fn remove(this: Value, value: Value) -> R<()> {
            let b = byte_value(value)?;
            match memchr::memchr(b, own(this)) {
                Some(i) => {
                    array(this).resizable()?.remove(i);
                    Ok(())
                }
                None => Err(value_error("value not found in bytearray")),
            }
        }
        /// Resize the internal buffer of bytearray to len.
        #[native("($self, size, /)")]
        fn resize(this: Value, size: i64) -> R<()> {
            if size < 0 {
                return Err(value_error(format!("bytearray.resize(): new size must be >= 0, got {size}")));
            }
            let v = array(this).resizable()?;
            let more = (size as usize).saturating_sub(v.len());
            if v.try_reserve(more).is_err() {
                return Err(memory_error());
            }
            v.resize(size as usize, 0);
            Ok(())
        }
        /// Reverse the order of the values in B in place.
        #[native]
        fn reverse(this: Value) {
            array(this).bytes_mut().reverse();
        }
        /// Return the number of bytes actually allocated.
        #[native(name = "__alloc__")]
        fn alloc(this: Value) -> usize {
            let n = own(this).len();
            if n == 0 { 0 } else { n + 1 }
        }
        /// Returns the size of the bytearray object in memory, in bytes.
        #[native(name = "__sizeof__")]
        fn sizeof(this: Value) -> usize {
            let n = own(this).len();
            56 + if n == 0 { 0 } else { n + 1 }
        }
        /// Release the buffer object that exposes the underlying memory of the object.
        #[native("($self, buffer, /)", name = "__release_buffer__")]
        fn release_buffer(this: Value, buffer: Value) -> R<Ref> {
            let _ = this;
            crate::call::call_method(buffer, "release", &[])
        }
        /// Return state information for pickling.
        #[native(name = "__reduce__")]
        fn reduce(this: Value) -> R<Ref> {
            crate::bytearray_methods::reduce(this, 2)
        }
        /// Return state information for pickling.
        #[native("($self, proto=0, /)", name = "__reduce_ex__")]
        fn reduce_ex(this: Value, proto: i64) -> R<Ref> {
            crate::bytearray_methods::reduce(this, proto)
        }
    }
);
