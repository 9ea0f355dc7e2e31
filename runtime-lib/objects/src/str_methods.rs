//! The methods of str. Case methods are in `str_case`, splitting in `str_split`, `format` in `str_format`.

use crate::prelude::*;
use crate::str::{self, Builder, Data, STR, StrObject};
use crate::str_search as search;
use crate::type_object::display_name;
use crate::unicode;
use crate::unpack::{bounds, not_name};
use crate::{str_case, str_format, str_split};

/// Methods of str (on any value that is a str).
pub struct StrMethods;

/// The only argument of a method, which must be a str.
fn only_str(method: &str, v: Value) -> R<()> {
    if str::is_str(v) {
        return Ok(());
    }
    Err(type_error(format!("{method}() argument must be str, not {}", not_name(v))))
}

/// The fill character of `center` and its like.
fn fill_char(v: Option<Value>) -> R<u32> {
    let Some(v) = v else { return Ok(' ' as u32) };
    let Some(s) = str::try_view(v) else {
        return Err(type_error(format!("The fill character must be a unicode character, not {}", display_name(v))));
    };
    if s.len() != 1 {
        return Err(type_error("The fill character must be exactly one character long"));
    }
    Ok(s.get(0))
}

/// `left` and `right` fill characters around a str.
pub fn pad(v: Value, left: usize, right: usize, fill: u32) -> R<Ref> {
    if left == 0 && right == 0 {
        return Ok(str::to_exact(v));
    }
    let s = str::object(v);
    let kind = s.kind.max(str::kind_of(fill));
    let total = left.checked_add(right).and_then(|n| n.checked_add(s.len)).filter(|&n| n <= isize::MAX as usize);
    let Some(total) = total else { return Err(overflow_error("padded string is too long")) };
    let Some(p) = str::new_raw(&STR, total, kind, s.ascii != 0 && fill < 128) else { return Err(memory_error()) };
    // SAFETY: room for left + len + right units of `kind`.
    unsafe {
        let mut out = str::data_ptr(p);
        out = write_fill(out, kind, fill, left);
        out = str::write_data(str::data(s), kind, out);
        write_fill(out, kind, fill, right);
    }
    Ok(str::finish_raw(p))
}

/// # Safety
/// `out` has room for n units of `kind`.
unsafe fn write_fill(out: *mut u8, kind: u8, fill: u32, n: usize) -> *mut u8 {
    // SAFETY: given by the caller.
    unsafe {
        match kind {
            1 => std::ptr::write_bytes(out, fill as u8, n),
            2 => (0..n).for_each(|i| (out as *mut u16).add(i).write(fill as u16)),
            _ => (0..n).for_each(|i| (out as *mut u32).add(i).write(fill)),
        }
        out.add(n * kind as usize)
    }
}

/// Finds `sub` in the range that start and end name; the position from the start of the str.
fn find_in(this: Value, sub: &StrObject, start: Option<Value>, end: Option<Value>, last: bool) -> R<Option<usize>> {
    let s = str::view(this);
    let (start, end) = bounds(start, end, s.len())?;
    if start > end || sub.len > end - start {
        return Ok(None);
    }
    let part = s.data().slice(start, end);
    let found = if last { search::rfind_data(part, str::data(sub)) } else { search::find_data(part, str::data(sub)) };
    Ok(found.map(|i| i + start))
}

fn affix(this: Value, name: &str, prefix: Value, start: Option<Value>, end: Option<Value>, at_end: bool) -> R<bool> {
    let s = str::view(this);
    let (start, end) = bounds(start, end, s.len())?;
    let test = |x: Value| {
        let n = str::view(x).data();
        if start > end || n.len() > end - start {
            return false;
        }
        let at = if at_end { end - n.len() } else { start };
        search::matches_at(s.data().slice(0, end), n, at)
    };
    if str::is_str(prefix) {
        return Ok(test(prefix));
    }
    let Some(items) = crate::tuple::items(prefix) else {
        return Err(type_error(format!("{name} first arg must be str or a tuple of str, not {}", display_name(prefix))));
    };
    for &item in items {
        if !str::is_str(item) {
            return Err(type_error(format!("tuple for {name} must only contain str, not {}", display_name(item))));
        }
        if test(item) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// White space among the ASCII characters.
#[inline(always)]
fn is_ascii_space(c: u8) -> bool {
    matches!(c, 9..=13 | 28..=32)
}

/// The bounds of what is left when the characters of a kind are taken off the ends.
#[inline(always)]
fn stripped(s: &[u8], left: bool, right: bool, has: impl Fn(u8) -> bool) -> (usize, usize) {
    let (mut start, mut end) = (0, s.len());
    while left && start < end && has(s[start]) {
        start += 1;
    }
    while right && end > start && has(s[end - 1]) {
        end -= 1;
    }
    (start, end)
}

fn strip(this: Value, name: &str, chars: Option<Value>, left: bool, right: bool) -> R<Ref> {
    let data = str::view(this).data();
    if let Some(text) = str::view(this).ascii() {
        let found = match chars.filter(|c| !c.is_none()) {
            None => Some(stripped(text.as_bytes(), left, right, is_ascii_space)),
            Some(c) => str::try_view(c).and_then(|c| c.ascii()).map(|set| {
                stripped(text.as_bytes(), left, right, |c| set.as_bytes().iter().any(|&u| u == c))
            }),
        };
        if let Some((start, end)) = found {
            return Ok(str::substring(this, start, end));
        }
    }
    let (mut start, mut end) = (0, data.len());
    match chars.filter(|c| !c.is_none()) {
        None => {
            while left && start < end && unicode::is_space(data.get(start)) {
                start += 1;
            }
            while right && end > start && unicode::is_space(data.get(end - 1)) {
                end -= 1;
            }
        }
        Some(c) => {
            let Some(set) = str::try_view(c) else { return Err(type_error(format!("{name} arg must be None or str"))) };
            let set = set.data();
            let has = |cp: u32| crate::with_data!(set, s => s.iter().any(|u| u_cp(*u) == cp));
            while left && start < end && has(data.get(start)) {
                start += 1;
            }
            while right && end > start && has(data.get(end - 1)) {
                end -= 1;
            }
        }
    }
    Ok(str::substring(this, start, end))
}

#[inline(always)]
fn u_cp<T: str::Unit>(u: T) -> u32 {
    u.cp()
}

#[inline(always)]
fn all(this: Value, ascii: impl Fn(u8) -> bool, f: fn(u32) -> bool) -> bool {
    let s = str::view(this);
    if let Some(text) = s.ascii() {
        return !text.is_empty() && text.bytes().all(ascii);
    }
    s.chars().all(f)
}

/// `separator.join(items)`.
pub fn join(separator: Value, iterable: Value) -> R<Ref> {
    let keep;
    let items: &[Value] = if is_exact(iterable, &crate::list::LIST) {
        crate::list::items_raw(iterable)
    } else if is_exact(iterable, &crate::tuple::TUPLE) {
        crate::tuple::items(iterable).unwrap_or(&[])
    } else {
        let iterator = match crate::ops::iter(iterable) {
            Ok(i) => i,
            Err(_) if swallow(&crate::exceptions::TYPE_ERROR) => return Err(type_error("can only join an iterable")),
            Err(e) => return Err(e),
        };
        keep = crate::ops::collect_to_vec(iterator.v())?;
        // SAFETY: Ref is a transparent wrapper of Value.
        unsafe { std::slice::from_raw_parts(keep.as_ptr() as *const Value, keep.len()) }
    };
    // Nothing below runs Python code, so the items stay as they are.
    join_items(separator, items)
}

/// Copies bytes, which are few as a rule; gives the address behind them.
///
/// # Safety
/// `out` has room for them.
#[inline(always)]
unsafe fn put_bytes(out: *mut u8, bytes: &[u8]) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe {
        str::copy_bytes(bytes.as_ptr(), out, bytes.len());
        out.add(bytes.len())
    }
}

/// Joins strs; TypeError for other items.
pub fn join_items(separator: Value, items: &[Value]) -> R<Ref> {
    if items.len() == 1 && str::is_exact_str(items[0]) {
        return Ok(Ref::new(items[0]));
    }
    let sep = str::object(separator);
    let (mut total, mut kind, mut ascii) = (0usize, 1u8, true);
    for (i, &item) in items.iter().enumerate() {
        if !str::is_str(item) {
            return Err(type_error(format!("sequence item {i}: expected str instance, {} found", display_name(item))));
        }
        let s = str::object(item);
        let Some(n) = total.checked_add(s.len) else { return Err(overflow_error("join() result is too long for a Python string")) };
        total = n;
        kind = kind.max(s.kind);
        ascii &= s.ascii != 0;
    }
    if items.len() > 1 && sep.len > 0 {
        kind = kind.max(sep.kind);
        ascii &= sep.ascii != 0;
        let more = sep.len.checked_mul(items.len() - 1).and_then(|n| n.checked_add(total));
        let Some(n) = more else { return Err(overflow_error("join() result is too long for a Python string")) };
        total = n;
    }
    if total == 0 {
        return Ok(Ref::from_owned(str::empty()));
    }
    let Some(p) = str::new_raw(&STR, total, kind, ascii) else { return Err(memory_error()) };
    // SAFETY: new_raw made room for all pieces.
    unsafe {
        let mut out = str::data_ptr(p);
        if kind == 1 {
            let sep = str::raw_bytes(sep);
            for (i, &item) in items.iter().enumerate() {
                if i > 0 && !sep.is_empty() {
                    out = put_bytes(out, sep);
                }
                out = put_bytes(out, str::raw_bytes(str::object(item)));
            }
            return Ok(str::finish_raw(p));
        }
        for (i, &item) in items.iter().enumerate() {
            if i > 0 && sep.len > 0 {
                out = str::write_data(str::data(sep), kind, out);
            }
            out = str::write_data(str::data(str::object(item)), kind, out);
        }
    }
    Ok(str::finish_raw(p))
}

fn replace_units<T: str::Unit>(hay: &[T], old: &[T], new: &[T], max: usize) -> Option<Ref> {
    if old.len() == 1 && new.len() == 1 {
        let first = search::find_unit(hay, old[0])?;
        let mut out = hay.to_vec();
        let mut n = 0;
        for u in &mut out[first..] {
            if *u == old[0] {
                if n == max {
                    break;
                }
                *u = new[0];
                n += 1;
            }
        }
        return Some(str::from_units(&out));
    }
    let mut out: Vec<T>;
    if old.is_empty() {
        out = Vec::with_capacity(hay.len() + (hay.len() + 1).min(max) * new.len());
        let mut n = 0;
        for (i, &u) in hay.iter().enumerate() {
            if n < max {
                out.extend_from_slice(new);
                n += 1;
            } else {
                out.extend_from_slice(&hay[i..]);
                return Some(str::from_units(&out));
            }
            out.push(u);
        }
        if n < max {
            out.extend_from_slice(new);
        }
        return Some(str::from_units(&out));
    }
    let finder = search::Finder::new(old);
    let first = finder.find(hay)?;
    out = Vec::with_capacity(hay.len() + if new.len() > old.len() { 64 } else { 0 });
    let (mut at, mut next, mut n) = (0, Some(first), 0);
    while let Some(i) = next {
        if n == max {
            break;
        }
        out.extend_from_slice(&hay[at..at + i]);
        out.extend_from_slice(new);
        at += i + old.len();
        n += 1;
        next = finder.find(&hay[at..]);
    }
    out.extend_from_slice(&hay[at..]);
    Some(str::from_units(&out))
}

/// `s.replace(old, new, max)`; a negative `max` is no limit.
pub fn replace(this: Value, old: &StrObject, new: &StrObject, max: i64) -> Ref {
    let max = if max < 0 { usize::MAX } else { max as usize };
    let s = str::object(this);
    if max == 0 || old.len > s.len || old.kind > s.kind && old.len > 0 {
        return str::to_exact(this);
    }
    let kind = s.kind.max(new.kind);
    let replaced = match kind {
        1 => match (str::data(s), str::data(old), str::data(new)) {
            (Data::One(h), Data::One(o), Data::One(n)) => replace_units(h, o, n, max),
            _ => None,
        },
        2 => with_kind::<u16>(s, old, new, max),
        _ => with_kind::<u32>(s, old, new, max),
    };
    replaced.unwrap_or_else(|| str::to_exact(this))
}

fn with_kind<T: str::Unit>(s: &StrObject, old: &StrObject, new: &StrObject, max: usize) -> Option<Ref> {
    let (h, o, n) = (search::convert::<T>(str::data(s))?, search::convert::<T>(str::data(old))?, search::convert::<T>(str::data(new))?);
    replace_units(&h, &o, &n, max)
}

/// What a translation table answers for one character.
enum Translated {
    Same,
    Delete,
    Char(u32),
    Text(Ref),
}

fn translate_one(table: Value, cp: u32) -> R<Translated> {
    let key = crate::int::from_i64(cp as i64);
    let found = match crate::ops::getitem(table, key.v()) {
        Ok(v) => v,
        Err(e) => {
            if swallow(&crate::exceptions::LOOKUP_ERROR) {
                return Ok(Translated::Same);
            }
            return Err(e);
        }
    };
    if found.is_none() {
        return Ok(Translated::Delete);
    }
    if str::is_str(found.v()) {
        return Ok(Translated::Text(found));
    }
    if crate::int::is_int(found.v()) {
        return match crate::int::as_i64_exact(crate::ops::index(found.v())?.v()) {
            Some(i) if (0..0x110000).contains(&i) => Ok(Translated::Char(i as u32)),
            _ => Err(value_error("character mapping must be in range(0x110000)")),
        };
    }
    Err(type_error("character mapping must return integer, None or str"))
}

/// `s.translate(table)`.
pub fn translate(this: Value, table: Value) -> R<Ref> {
    let s = str::view(this);
    let mut out = Builder::with_capacity(s.len());
    // Answers for ASCII characters of a dict cannot change meanwhile unless a key's code runs; int keys run none.
    let cache = is_exact(table, &crate::dict::DICT);
    let mut known: [u32; 128] = [u32::MAX; 128];
    for cp in s.chars() {
        if cp < 128 && known[cp as usize] != u32::MAX {
            let k = known[cp as usize];
            if k != u32::MAX - 1 {
                out.push_char(k);
            }
            continue;
        }
        let simple = match translate_one(table, cp)? {
            Translated::Same => Some(cp),
            Translated::Delete => None,
            Translated::Char(c) => Some(c),
            Translated::Text(t) => {
                out.push_value(t.v());
                continue;
            }
        };
        if let Some(c) = simple {
            out.push_char(c);
        }
        if cache && cp < 128 {
            known[cp as usize] = simple.unwrap_or(u32::MAX - 1);
        }
    }
    Ok(out.finish())
}

fn maketrans_from_dict(x: Value) -> R<Ref> {
    if crate::cast::get::<crate::dict::DictObject>(x).is_none() {
        return Err(type_error("if you give only one argument to maketrans it must be a dict"));
    }
    let table = crate::dict::new();
    let mut at = 0;
    while let Some((k, v)) = crate::dict::next_entry(x, &mut at) {
        let (k, v) = (Ref::new(k), Ref::new(v));
        if let Some(s) = str::try_view(k.v()) {
            if s.len() != 1 {
                return Err(value_error("string keys in translatetable must be of length 1"));
            }
            let code = crate::int::from_i64(s.get(0) as i64);
            crate::dict::set(table.v(), code.v(), v.v())?;
        } else if crate::int::is_int(k.v()) {
            crate::dict::set(table.v(), k.v(), v.v())?;
        } else {
            return Err(type_error("keys in translate table mustbe strings or integers"));
        }
    }
    Ok(table)
}

#[native_class(
    decl = STR_DECL,
    doc = "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\nCreate a new string object from the given object. If encoding or\nerrors is specified, then the object must expose a data buffer\nthat will be decoded using the given encoding and error handler.\nOtherwise, returns the result of object.__str__() (if defined)\nor repr(object).\nencoding defaults to 'utf-8'.\nerrors defaults to 'strict'."
)]
impl StrMethods {
    /// Encode the string using the codec registered for encoding.
    #[native("($self, /, encoding='utf-8', errors='strict')")]
    fn encode(this: Value, encoding: Option<Value>, errors: Option<Value>) -> R<Ref> {
        for (name, v) in [("encoding", encoding), ("errors", errors)] {
            if let Some(v) = v {
                crate::unpack::str_argument("encode", name, v)?;
            }
        }
        crate::codecs::encode_value(this, encoding, errors)
    }
    /// Return a copy with all occurrences of substring old replaced by new.
    #[native("($self, old, new, /, count=-1)")]
    fn replace(this: Value, old: &StrObject, new: &StrObject, count: i64) -> R<Ref> {
        Ok(replace(this, old, new, count))
    }
    /// Return a list of the substrings in the string, using sep as the separator string.
    #[native("($self, /, sep=None, maxsplit=-1)")]
    fn split(this: Value, sep: Value, maxsplit: i64) -> R<Ref> {
        str_split::split(this, sep, maxsplit)
    }
    /// Return a list of the substrings in the string, using sep as the separator string, from the end.
    #[native("($self, /, sep=None, maxsplit=-1)")]
    fn rsplit(this: Value, sep: Value, maxsplit: i64) -> R<Ref> {
        str_split::rsplit(this, sep, maxsplit)
    }
    /// Concatenate any number of strings.
    #[native("($self, iterable, /)")]
    fn join(this: Value, iterable: Value) -> R<Ref> {
        join(this, iterable)
    }
    /// Return a capitalized version of the string.
    #[native]
    fn capitalize(this: Value) -> R<Ref> {
        Ok(str_case::capitalize(this))
    }
    /// Return a version of the string suitable for caseless comparisons.
    #[native]
    fn casefold(this: Value) -> R<Ref> {
        Ok(str_case::casefold(this))
    }
    /// Return a version of the string where each word is titlecased.
    #[native]
    fn title(this: Value) -> R<Ref> {
        Ok(str_case::title(this))
    }
    /// Return a centered string of length width.
    #[native("($self, width, fillchar=' ', /)")]
    fn center(this: Value, width: i64, fillchar: Option<Value>) -> R<Ref> {
        let fill = fill_char(fillchar)?;
        let len = str::object(this).len as i64;
        if width <= len {
            return Ok(str::to_exact(this));
        }
        let marg = width - len;
        let left = marg / 2 + (marg & width & 1);
        pad(this, left as usize, (marg - left) as usize, fill)
    }
    /// Return the number of non-overlapping occurrences of substring sub in string S[start:end].
    #[native]
    fn count(this: Value, sub: &StrObject, start: Option<Value>, end: Option<Value>) -> R<usize> {
        let s = str::view(this);
        let (start, end) = bounds(start, end, s.len())?;
        if start > end {
            return Ok(0);
        }
        Ok(search::count_data(s.data().slice(start, end), str::data(sub)))
    }
    /// Return a copy where all tab characters are expanded using spaces.
    #[native("($self, /, tabsize=8)")]
    fn expandtabs(this: Value, tabsize: i64) -> R<Ref> {
        let s = str::view(this);
        if s.data().is_empty() || search::find_data(s.data(), Data::One(b"\t")).is_none() {
            return Ok(str::to_exact(this));
        }
        let mut out = Builder::with_capacity(s.len());
        let mut column = 0i64;
        for cp in s.chars() {
            if cp == 9 {
                if tabsize > 0 {
                    let n = tabsize - column % tabsize;
                    if n > 1 << 40 {
                        return Err(overflow_error("new string is too long"));
                    }
                    column += n;
                    out.push_repeated(32, n as usize);
                }
            } else {
                column = if cp == 10 || cp == 13 { 0 } else { column + 1 };
                out.push_char(cp);
            }
        }
        Ok(out.finish())
    }
    /// Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].
    #[native]
    fn find(this: Value, sub: &StrObject, start: Option<Value>, end: Option<Value>) -> R<i64> {
        Ok(find_in(this, sub, start, end, false)?.map_or(-1, |i| i as i64))
    }
    /// Partition the string into three parts using the given separator.
    #[native("($self, sep, /)")]
    fn partition(this: Value, sep: Value) -> R<Ref> {
        str_split::partition(this, sep, false)
    }
    /// Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].
    #[native]
    fn index(this: Value, sub: &StrObject, start: Option<Value>, end: Option<Value>) -> R<i64> {
        match find_in(this, sub, start, end, false)? {
            Some(i) => Ok(i as i64),
            None => Err(value_error("substring not found")),
        }
    }
    /// Return a left-justified string of length width.
    #[native("($self, width, fillchar=' ', /)")]
    fn ljust(this: Value, width: i64, fillchar: Option<Value>) -> R<Ref> {
        let fill = fill_char(fillchar)?;
        let len = str::object(this).len as i64;
        pad(this, 0, (width - len).max(0) as usize, fill)
    }
    /// Return a copy of the string converted to lowercase.
    #[native]
    fn lower(this: Value) -> R<Ref> {
        Ok(str_case::lower(this))
    }
    /// Return a copy of the string with leading whitespace removed.
    #[native("($self, chars=None, /)")]
    fn lstrip(this: Value, chars: Option<Value>) -> R<Ref> {
        strip(this, "lstrip", chars, true, false)
    }
    /// Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].
    #[native]
    fn rfind(this: Value, sub: &StrObject, start: Option<Value>, end: Option<Value>) -> R<i64> {
        Ok(find_in(this, sub, start, end, true)?.map_or(-1, |i| i as i64))
    }
    /// Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].
    #[native]
    fn rindex(this: Value, sub: &StrObject, start: Option<Value>, end: Option<Value>) -> R<i64> {
        match find_in(this, sub, start, end, true)? {
            Some(i) => Ok(i as i64),
            None => Err(value_error("substring not found")),
        }
    }
    /// Return a right-justified string of length width.
    #[native("($self, width, fillchar=' ', /)")]
    fn rjust(this: Value, width: i64, fillchar: Option<Value>) -> R<Ref> {
        let fill = fill_char(fillchar)?;
        let len = str::object(this).len as i64;
        pad(this, (width - len).max(0) as usize, 0, fill)
    }
    /// Return a copy of the string with trailing whitespace removed.
    #[native("($self, chars=None, /)")]
    fn rstrip(this: Value, chars: Option<Value>) -> R<Ref> {
        strip(this, "rstrip", chars, false, true)
    }
    /// Partition the string into three parts using the given separator, from the end.
    #[native("($self, sep, /)")]
    fn rpartition(this: Value, sep: Value) -> R<Ref> {
        str_split::partition(this, sep, true)
    }
    /// Return a list of the lines in the string, breaking at line boundaries.
    #[native("($self, /, keepends=False)")]
    fn splitlines(this: Value, keepends: bool) -> R<Ref> {
        str_split::splitlines(this, keepends)
    }
    /// Return a copy of the string with leading and trailing whitespace removed.
    #[native("($self, chars=None, /)")]
    fn strip(this: Value, chars: Option<Value>) -> R<Ref> {
        strip(this, "strip", chars, true, true)
    }
    /// Convert uppercase characters to lowercase and lowercase characters to uppercase.
    #[native]
    fn swapcase(this: Value) -> R<Ref> {
        Ok(str_case::swapcase(this))
    }
    /// Replace each character in the string using the given translation table.
    #[native("($self, table, /)")]
    fn translate(this: Value, table: Value) -> R<Ref> {
        translate(this, table)
    }
    /// Return a copy of the string converted to uppercase.
    #[native]
    fn upper(this: Value) -> R<Ref> {
        Ok(str_case::upper(this))
    }
    /// Return True if the string starts with the specified prefix, False otherwise.
    #[native]
    fn startswith(this: Value, prefix: Value, start: Option<Value>, end: Option<Value>) -> R<bool> {
        affix(this, "startswith", prefix, start, end, false)
    }
    /// Return True if the string ends with the specified suffix, False otherwise.
    #[native]
    fn endswith(this: Value, suffix: Value, start: Option<Value>, end: Option<Value>) -> R<bool> {
        affix(this, "endswith", suffix, start, end, true)
    }
    /// Return a str with the given prefix string removed if present.
    #[native("($self, prefix, /)")]
    fn removeprefix(this: Value, prefix: Value) -> R<Ref> {
        only_str("removeprefix", prefix)?;
        let (s, p) = (str::view(this), str::view(prefix));
        let n = if p.len() <= s.len() && search::matches_at(s.data(), p.data(), 0) { p.len() } else { 0 };
        Ok(str::substring(this, n, s.len()))
    }
    /// Return a str with the given suffix string removed if present.
    #[native("($self, suffix, /)")]
    fn removesuffix(this: Value, suffix: Value) -> R<Ref> {
        only_str("removesuffix", suffix)?;
        let (s, p) = (str::view(this), str::view(suffix));
        let cut = p.len() <= s.len() && search::matches_at(s.data(), p.data(), s.len() - p.len());
        Ok(str::substring(this, 0, if cut { s.len() - p.len() } else { s.len() }))
    }
    /// Return True if all characters in the string are ASCII, False otherwise.
    #[native]
    fn isascii(this: Value) -> bool {
        str::view(this).is_ascii()
    }
    /// Return True if the string is a lowercase string, False otherwise.
    #[native]
    fn islower(this: Value) -> bool {
        str_case::is_case(this, true)
    }
    /// Return True if the string is an uppercase string, False otherwise.
    #[native]
    fn isupper(this: Value) -> bool {
        str_case::is_case(this, false)
    }
    /// Return True if the string is a title-cased string, False otherwise.
    #[native]
    fn istitle(this: Value) -> bool {
        str_case::is_title(this)
    }
    /// Return True if the string is a whitespace string, False otherwise.
    #[native]
    fn isspace(this: Value) -> bool {
        all(this, is_ascii_space, unicode::is_space)
    }
    /// Return True if the string is a decimal string, False otherwise.
    #[native]
    fn isdecimal(this: Value) -> bool {
        all(this, |c| c.is_ascii_digit(), unicode::is_decimal)
    }
    /// Return True if the string is a digit string, False otherwise.
    #[native]
    fn isdigit(this: Value) -> bool {
        all(this, |c| c.is_ascii_digit(), unicode::is_digit)
    }
    /// Return True if the string is a numeric string, False otherwise.
    #[native]
    fn isnumeric(this: Value) -> bool {
        all(this, |c| c.is_ascii_digit(), unicode::is_numeric)
    }
    /// Return True if the string is an alphabetic string, False otherwise.
    #[native]
    fn isalpha(this: Value) -> bool {
        all(this, |c| c.is_ascii_alphabetic(), unicode::is_alpha)
    }
    /// Return True if the string is an alpha-numeric string, False otherwise.
    #[native]
    fn isalnum(this: Value) -> bool {
        all(this, |c| c.is_ascii_alphanumeric(), unicode::is_alnum)
    }
    /// Return True if the string is a valid Python identifier, False otherwise.
    #[native]
    fn isidentifier(this: Value) -> bool {
        is_identifier(this)
    }
    /// Return True if all characters in the string are printable, False otherwise.
    #[native]
    fn isprintable(this: Value) -> bool {
        str::view(this).chars().all(unicode::is_printable)
    }
    /// Pad a numeric string with zeros on the left, to fill a field of the given width.
    #[native("($self, width, /)")]
    fn zfill(this: Value, width: i64) -> R<Ref> {
        let s = str::view(this);
        let fill = (width - s.len() as i64).max(0) as usize;
        if fill == 0 {
            return Ok(str::to_exact(this));
        }
        let sign = if s.is_empty() { 0 } else { s.get(0) };
        if sign != '+' as u32 && sign != '-' as u32 {
            return pad(this, fill, 0, '0' as u32);
        }
        let rest = str::substring(this, 1, s.len());
        let padded = pad(rest.v(), fill, 0, '0' as u32)?;
        str::concat(str::latin1_char(sign as u8), padded.v())
    }
    /// Return a formatted version of the string, using substitutions from args and kwargs.
    #[native(raw)]
    fn format(this: Value, args: &Args) -> R<Ref> {
        str_format::format(this, args)
    }
    /// Return a formatted version of the string, using substitutions from mapping.
    #[native("($self, mapping, /)")]
    fn format_map(this: Value, mapping: Value) -> R<Ref> {
        str_format::format_map(this, mapping)
    }
    /// Return a formatted version of the string as described by format_spec.
    #[native("($self, format_spec, /)", name = "__format__")]
    fn format_dunder(this: Value, format_spec: Value) -> R<Ref> {
        only_str("__format__", format_spec)?;
        if str::view(format_spec).is_empty() {
            return if str::is_exact_str(this) { Ok(Ref::new(this)) } else { crate::ops::str(this) };
        }
        crate::number_format::format_str(this, format_spec)
    }
    /// Return a translation table usable for str.translate().
    #[staticmethod]
    fn maketrans(x: Value, y: Option<Value>, z: Option<Value>) -> R<Ref> {
        let Some(y) = y else { return maketrans_from_dict(x) };
        if !str::is_str(y) {
            return Err(type_error(format!("maketrans() argument 2 must be str, not {}", not_name(y))));
        }
        if let Some(z) = z
            && !str::is_str(z)
        {
            return Err(type_error(format!("maketrans() argument 3 must be str, not {}", not_name(z))));
        }
        let Some(from) = str::try_view(x) else {
            return Err(type_error("first maketrans argument must be a string if there is a second argument"));
        };
        let to = str::view(y);
        if from.len() != to.len() {
            return Err(value_error("the first two maketrans arguments must have equal length"));
        }
        let table = crate::dict::new();
        for (a, b) in from.chars().zip(to.chars()) {
            let (a, b) = (crate::int::from_i64(a as i64), crate::int::from_i64(b as i64));
            crate::dict::set(table.v(), a.v(), b.v())?;
        }
        if let Some(z) = z {
            for c in str::view(z).chars() {
                let c = crate::int::from_i64(c as i64);
                crate::dict::set(table.v(), c.v(), Value::NONE)?;
            }
        }
        Ok(table)
    }
    #[native(name = "__getnewargs__")]
    fn getnewargs(this: Value) -> R<Ref> {
        Ok(crate::tuple::from_refs(vec![str::from_data(str::view(this).data())]))
    }
    /// Return the size of the string in memory, in bytes.
    #[native(name = "__sizeof__")]
    fn sizeof(this: Value) -> usize {
        let s = str::object(this);
        // As CPython's layouts: 40 bytes of head for ASCII, 56 for the rest.
        (if s.ascii != 0 { 40 } else { 56 }) + (s.len + 1) * s.kind as usize
    }
}

/// `str.isidentifier`.
pub fn is_identifier(v: Value) -> bool {
    let mut chars = str::view(v).chars();
    match chars.next() {
        Some(first) => unicode::is_xid_start(first) && chars.all(unicode::is_xid_continue),
        None => false,
    }
}

