//! `_sre`: patterns, matches and scanners around the matching engine of `rustpython-sre_engine`.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{bytes, call, dict, int, list, ops, str, tuple};
use rustpython_sre_engine::{Request, State, StrDrive, StringCursor};

/// Characters of 1, 2 or 4 bytes each, as str stores them (bytes-like objects: 1).
#[derive(Clone, Copy)]
struct Text<'a, const WIDTH: usize>(&'a [u8]);

impl<'a, const WIDTH: usize> Text<'a, WIDTH> {
    #[inline(always)]
    fn move_bytes(cursor: &mut StringCursor, bytes: usize, position: usize) {
        <&[u8] as StrDrive>::skip(cursor, bytes);
        cursor.position = position;
    }
}

impl<const WIDTH: usize> StrDrive for Text<'_, WIDTH> {
    #[inline]
    fn count(&self) -> usize {
        self.0.len() / WIDTH
    }
    #[inline]
    fn create_cursor(&self, n: usize) -> StringCursor {
        let mut cursor = self.0.create_cursor(n * WIDTH);
        cursor.position = n;
        cursor
    }
    #[inline]
    fn adjust_cursor(&self, cursor: &mut StringCursor, n: usize) {
        *cursor = self.create_cursor(n);
    }
    #[inline]
    fn advance(cursor: &mut StringCursor) -> u32 {
        let c = Self::peek(cursor);
        Self::skip(cursor, 1);
        c
    }
    #[inline]
    fn peek(cursor: &StringCursor) -> u32 {
        let mut at = *cursor;
        let mut c = 0;
        for i in 0..WIDTH {
            c |= <&[u8] as StrDrive>::peek(&at) << (8 * i);
            if i + 1 < WIDTH {
                <&[u8] as StrDrive>::skip(&mut at, 1);
            }
        }
        c
    }
    #[inline]
    fn skip(cursor: &mut StringCursor, n: usize) {
        let position = cursor.position + n;
        Self::move_bytes(cursor, n * WIDTH, position);
    }
    #[inline]
    fn back_advance(cursor: &mut StringCursor) -> u32 {
        Self::back_skip(cursor, 1);
        Self::peek(cursor)
    }
    #[inline]
    fn back_peek(cursor: &StringCursor) -> u32 {
        let mut at = *cursor;
        // `position` only labels the cursor here; it must not underflow below.
        at.position += WIDTH;
        <&[u8] as StrDrive>::back_skip(&mut at, WIDTH);
        Self::peek(&at)
    }
    #[inline]
    fn back_skip(cursor: &mut StringCursor, n: usize) {
        let position = cursor.position - n;
        cursor.position += n * WIDTH;
        <&[u8] as StrDrive>::back_skip(cursor, n * WIDTH);
        cursor.position = position;
    }
}

/// A compiled pattern.
#[repr(C)]
pub struct Pattern {
    header: Header,
    pattern: Slot,
    groupindex: Slot,
    indexgroup: Slot,
    flags: i64,
    groups: usize,
    code: Box<[u32]>,
    is_bytes: Option<bool>,
}

object_type!(Pattern, PATTERN);

/// `re.Pattern`.
pub static PATTERN: Type = Type::builtin::<Pattern>(
    "Pattern",
    "re",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::NO_NEW | type_flags::WEAKREFABLE,
    Slots { repr: Some(pattern_repr), hash: Some(pattern_hash), compare: Some(pattern_compare), ..Slots::NONE },
    Some(&PATTERN_DECL),
)
.visited::<Pattern>();

impl Visit for Pattern {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.pattern);
        v.slot(&self.groupindex);
        v.slot(&self.indexgroup);
    }
    fn clear(&self) {
        drop(self.groupindex.take());
    }
}

/// The outcome of a match.
#[repr(C)]
pub struct Match {
    header: Header,
    pattern: Slot,
    string: Slot,
    pos: usize,
    endpos: usize,
    lastindex: Option<usize>,
    /// (start, end) of each group, the whole match first; None: did not take part.
    regs: Box<[Option<(usize, usize)>]>,
}

object_type!(Match, MATCH);

/// `re.Match`.
pub static MATCH: Type = Type::builtin::<Match>(
    "Match",
    "re",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::NO_NEW,
    Slots { repr: Some(match_repr), getitem: Some(match_getitem), ..Slots::NONE },
    Some(&MATCH_DECL),
)
.visited::<Match>();

impl Visit for Match {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.pattern);
        v.slot(&self.string);
    }
    fn clear(&self) {}
}

/// A scanner: repeated matches over one string.
#[repr(C)]
pub struct Scanner {
    header: Header,
    pattern: Slot,
    string: Slot,
    at: Cell<usize>,
    end: usize,
    pos: usize,
    must_advance: Cell<bool>,
}

object_type!(Scanner, SCANNER);

/// `_sre.SRE_Scanner`, also the iterator of `finditer`.
pub static SCANNER: Type = Type::builtin::<Scanner>(
    "SRE_Scanner",
    "_sre",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(dxpyc_objects::iterators::self_iter), next: Some(scanner_next), ..Slots::NONE },
    Some(&SCANNER_DECL),
)
.visited::<Scanner>();

impl Visit for Scanner {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.pattern);
        v.slot(&self.string);
    }
    fn clear(&self) {}
}

/// A parsed replacement template: literal, then (group, literal) pairs.
#[repr(C)]
pub struct Template {
    header: Header,
    literal: Slot,
    parts: Box<[(usize, Ref)]>,
}

object_type!(Template, TEMPLATE);

/// `_sre.SRE_Template`.
pub static TEMPLATE: Type = Type::builtin::<Template>(
    "SRE_Template",
    "_sre",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::NO_NEW,
    Slots::NONE,
    None,
);

/// The subject's raw characters with their width; checks str against bytes.
fn with_text<T>(pattern: &Pattern, string: Value, f: impl FnOnce(&[u8], usize) -> R<T>) -> R<T> {
    if type_of(string).has(type_flags::STR) {
        if pattern.is_bytes == Some(true) {
            return Err(type_error("cannot use a bytes pattern on a string-like object"));
        }
        let object = str::object(string);
        return f(str::raw_bytes(object), object.kind as usize);
    }
    if pattern.is_bytes == Some(false) && dxpyc_objects::buffer::is_bytes_like(string) {
        return Err(type_error("cannot use a string pattern on a bytes-like object"));
    }
    if !dxpyc_objects::buffer::is_bytes_like(string) {
        return Err(type_error(format!(
            "expected string or bytes-like object, got '{}'",
            dxpyc_objects::type_object::display_name(string)
        )));
    }
    dxpyc_objects::buffer::with_bytes(string, |data| f(data, 1))
}

fn length_of(pattern: &Pattern, string: Value) -> R<usize> {
    with_text(pattern, string, |data, width| Ok(data.len() / width))
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Match,
    FullMatch,
    Search,
}

struct Found {
    start: usize,
    end: usize,
    lastindex: Option<usize>,
    groups: Vec<Option<(usize, usize)>>,
}

fn run(pattern: &Pattern, string: Value, start: usize, end: usize, how: How, must_advance: bool) -> R<Option<Found>> {
    with_text(pattern, string, |data, width| {
        Ok(match width {
            1 => run_on(pattern, Text::<1>(data), start, end, how, must_advance),
            2 => run_on(pattern, Text::<2>(data), start, end, how, must_advance),
            _ => run_on(pattern, Text::<4>(data), start, end, how, must_advance),
        })
    })
}

fn run_on<S: StrDrive>(pattern: &Pattern, text: S, start: usize, end: usize, how: How, must_advance: bool) -> Option<Found> {
    let mut request = Request::new(text, start, end, &pattern.code, how == How::FullMatch);
    request.must_advance = must_advance;
    let mut state = State::default();
    state.reset(&request, start.min(request.end));
    let hit = if how == How::Search { state.search(request) } else { state.py_match(&request) };
    if !hit {
        return None;
    }
    let mut groups = Vec::with_capacity(pattern.groups + 1);
    groups.push(Some((state.start, state.cursor.position)));
    for i in 0..pattern.groups {
        let (a, b) = state.marks.get(i);
        groups.push(match (a.into_option(), b.into_option()) {
            (Some(a), Some(b)) if a <= b => Some((a, b)),
            _ => None,
        });
    }
    let last = state.marks.last_index();
    Some(Found { start: state.start, end: state.cursor.position, lastindex: (last > 0).then_some(last as usize), groups })
}

fn new_match(pattern: Value, string: Value, pos: usize, endpos: usize, found: Found) -> Ref {
    new_object(Match {
        header: dxpyc_objects::cast::fresh_header(),
        pattern: Slot::new(Ref::new(pattern)),
        string: Slot::new(Ref::new(string)),
        pos,
        endpos,
        lastindex: found.lastindex,
        regs: found.groups.into_boxed_slice(),
    })
}

fn part(string: Value, start: usize, end: usize) -> R<Ref> {
    if type_of(string).has(type_flags::STR) {
        return Ok(str::substring(string, start, end));
    }
    if is_exact(string, &bytes::BYTES) {
        return Ok(bytes::from_slice(&bytes::as_slice(string).unwrap_or(&[])[start..end]));
    }
    dxpyc_objects::buffer::with_bytes(string, |b| Ok(bytes::from_slice(&b[start.min(b.len())..end.min(b.len())])))
}

/// Clamps `pos` and `endpos` arguments.
fn bounds(pattern: &Pattern, string: Value, pos: i64, endpos: i64) -> R<(usize, usize)> {
    let length = length_of(pattern, string)? as i64;
    let end = endpos.clamp(0, length);
    Ok((pos.clamp(0, length) as usize, end as usize))
}

fn pattern_of(v: Value) -> &'static Pattern {
    dxpyc_objects::cast::get_unchecked::<Pattern>(v)
}

fn match_with(this: Value, string: Value, pos: i64, endpos: i64, how: How) -> R<Ref> {
    let pattern = pattern_of(this);
    let (start, end) = bounds(pattern, string, pos, endpos)?;
    if start > end {
        return Ok(Ref::none());
    }
    Ok(match run(pattern, string, start, end, how, false)? {
        Some(found) => new_match(this, string, start, end, found),
        None => Ref::none(),
    })
}

#[native_class(decl = PATTERN_DECL, doc = "Compiled regular expression object.")]
impl Pattern {
    #[native("($self, /, string, pos=0, endpos=9223372036854775807)", name = "match")]
    fn match_(this: Value, string: Value, pos: i64, endpos: Option<Value>) -> R<Ref> {
        match_with(this, string, pos, end_argument(endpos)?, How::Match)
    }
    #[native("($self, /, string, pos=0, endpos=9223372036854775807)")]
    fn fullmatch(this: Value, string: Value, pos: i64, endpos: Option<Value>) -> R<Ref> {
        match_with(this, string, pos, end_argument(endpos)?, How::FullMatch)
    }
    #[native("($self, /, string, pos=0, endpos=9223372036854775807)")]
    fn search(this: Value, string: Value, pos: i64, endpos: Option<Value>) -> R<Ref> {
        match_with(this, string, pos, end_argument(endpos)?, How::Search)
    }
    #[native("($self, /, string, pos=0, endpos=9223372036854775807)")]
    fn findall(this: Value, string: Value, pos: i64, endpos: Option<Value>) -> R<Ref> {
        let pattern = pattern_of(this);
        let (mut at, end) = bounds(pattern, string, pos, end_argument(endpos)?)?;
        let mut out = Vec::new();
        let mut must_advance = false;
        while let Some(found) = if at <= end { run(pattern, string, at, end, How::Search, must_advance)? } else { None } {
            out.push(match pattern.groups {
                0 => part(string, found.start, found.end)?,
                1 => group_text(string, found.groups[1], false)?,
                _ => {
                    let items = found.groups[1..].iter().map(|g| group_text(string, *g, false)).collect::<R<Vec<_>>>()?;
                    tuple::from_refs(items)
                }
            });
            must_advance = found.end == found.start;
            at = found.end;
        }
        Ok(list::from_refs(out))
    }
    #[native("($self, /, string, pos=0, endpos=9223372036854775807)")]
    fn finditer(this: Value, string: Value, pos: i64, endpos: Option<Value>) -> R<Ref> {
        new_scanner(this, string, pos, end_argument(endpos)?)
    }
    #[native("($self, /, string, pos=0, endpos=9223372036854775807)")]
    fn scanner(this: Value, string: Value, pos: i64, endpos: Option<Value>) -> R<Ref> {
        new_scanner(this, string, pos, end_argument(endpos)?)
    }
    #[native("($self, /, string, maxsplit=0)")]
    fn split(this: Value, string: Value, maxsplit: i64) -> R<Ref> {
        let pattern = pattern_of(this);
        let end = length_of(pattern, string)?;
        let (mut at, mut last, mut n) = (0, 0, 0);
        let mut must_advance = false;
        let mut out = Vec::new();
        while maxsplit == 0 || n < maxsplit {
            let Some(found) = run(pattern, string, at, end, How::Search, must_advance)? else { break };
            out.push(part(string, last, found.start)?);
            for group in &found.groups[1..] {
                out.push(group_text(string, *group, true)?);
            }
            n += 1;
            must_advance = found.end == found.start;
            at = found.end;
            last = found.end;
        }
        out.push(part(string, last, end)?);
        Ok(list::from_refs(out))
    }
    #[native("($self, /, repl, string, count=0)")]
    fn sub(this: Value, repl: Value, string: Value, count: i64) -> R<Ref> {
        Ok(substitute(this, repl, string, count)?.0)
    }
    #[native("($self, /, repl, string, count=0)")]
    fn subn(this: Value, repl: Value, string: Value, count: i64) -> R<Ref> {
        let (text, n) = substitute(this, repl, string, count)?;
        Ok(tuple::from_refs(vec![text, int::from_i64(n)]))
    }
    #[native("($self, /)")]
    fn __copy__(this: Value) -> R<Ref> {
        Ok(Ref::new(this))
    }
    #[native("($self, memo, /)")]
    fn __deepcopy__(this: Value, _memo: Value) -> R<Ref> {
        Ok(Ref::new(this))
    }
    #[classmethod("($cls, item, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        dxpyc_objects::generic_alias::new(class, item)
    }
    #[getter]
    fn pattern(&self) -> R<Ref> {
        Ok(self.pattern.cloned().unwrap_or_else(Ref::none))
    }
    #[getter]
    fn flags(&self) -> i64 {
        self.flags
    }
    #[getter]
    fn groups(&self) -> i64 {
        self.groups as i64
    }
    #[getter]
    fn groupindex(&self) -> R<Ref> {
        Ok(self.groupindex.cloned().unwrap_or_else(dict::new))
    }
}

fn end_argument(v: Option<Value>) -> R<i64> {
    match v {
        None => Ok(i64::MAX),
        Some(v) => match int::index_i64(v) {
            Ok(i) => Ok(i),
            Err(Raised) if swallow(&dxpyc_objects::exceptions::OVERFLOW_ERROR) => Ok(i64::MAX),
            Err(Raised) => Err(Raised),
        },
    }
}

fn group_text(string: Value, group: Option<(usize, usize)>, none: bool) -> R<Ref> {
    match group {
        Some((a, b)) => part(string, a, b),
        None if none => Ok(Ref::none()),
        None => part(string, 0, 0),
    }
}

fn pattern_repr(this: Value) -> R<Ref> {
    const NAMES: &[(i64, &str)] = &[
        (2, "re.IGNORECASE"), (4, "re.LOCALE"), (8, "re.MULTILINE"), (16, "re.DOTALL"), (64, "re.VERBOSE"), (128, "re.DEBUG"), (256, "re.ASCII"),
    ];
    let pattern = pattern_of(this);
    let shown = str::to_rust(ops::repr(pattern.pattern.get())?.v());
    let shown: String = shown.chars().take(200).collect();
    let mut flags = pattern.flags;
    if pattern.is_bytes == Some(false) && flags & (4 | 256 | 32) == 32 {
        flags &= !32;
    }
    let mut names: Vec<String> = Vec::new();
    for (bit, name) in NAMES {
        if flags & bit != 0 {
            names.push((*name).into());
            flags &= !bit;
        }
    }
    if flags != 0 {
        names.push(format!("{flags:#x}"));
    }
    let text = if names.is_empty() { format!("re.compile({shown})") } else { format!("re.compile({shown}, {})", names.join("|")) };
    Ok(str::from_str(&text))
}

fn pattern_hash(this: Value) -> R<i64> {
    let pattern = pattern_of(this);
    let mut hash = ops::hash(pattern.pattern.get())? ^ pattern.flags ^ pattern.groups as i64;
    for c in &pattern.code {
        hash = hash.wrapping_mul(1_000_003) ^ i64::from(*c);
    }
    Ok(if hash == -1 { -2 } else { hash })
}

fn pattern_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) || !is_exact(b, &PATTERN) {
        return Ok(Ref::not_implemented());
    }
    let (x, y) = (pattern_of(a), pattern_of(b));
    let equal = a == b
        || (x.flags == y.flags && x.is_bytes == y.is_bytes && x.code == y.code && ops::eq(x.pattern.get(), y.pattern.get())?);
    Ok(Ref::bool(equal == (op == CompareOp::Eq)))
}

fn new_scanner(this: Value, string: Value, pos: i64, endpos: i64) -> R<Ref> {
    let (start, end) = bounds(pattern_of(this), string, pos, endpos)?;
    Ok(new_object(Scanner {
        header: dxpyc_objects::cast::fresh_header(),
        pattern: Slot::new(Ref::new(this)),
        string: Slot::new(Ref::new(string)),
        at: Cell::new(start),
        end,
        pos: start,
        must_advance: Cell::new(false),
    }))
}

fn scan(scanner: &Scanner, how: How) -> R<Option<Ref>> {
    let (pattern, string) = (Ref::new(scanner.pattern.get()), Ref::new(scanner.string.get()));
    let at = scanner.at.get();
    if at > scanner.end {
        return Ok(None);
    }
    match run(pattern_of(pattern.v()), string.v(), at, scanner.end, how, scanner.must_advance.get())? {
        None => {
            scanner.at.set(scanner.end + 1);
            Ok(None)
        }
        Some(found) => {
            scanner.must_advance.set(found.end == found.start);
            scanner.at.set(found.end);
            Ok(Some(new_match(pattern.v(), string.v(), scanner.pos, scanner.end, found)))
        }
    }
}

fn scanner_next(this: Value) -> R<Option<Ref>> {
    scan(dxpyc_objects::cast::get_unchecked::<Scanner>(this), How::Search)
}

#[native_class(decl = SCANNER_DECL)]
impl Scanner {
    #[native(name = "match")]
    fn match_(&self) -> R<Ref> {
        Ok(scan(self, How::Match)?.unwrap_or_else(Ref::none))
    }
    #[native]
    fn search(&self) -> R<Ref> {
        Ok(scan(self, How::Search)?.unwrap_or_else(Ref::none))
    }
    #[getter]
    fn pattern(&self) -> R<Ref> {
        Ok(Ref::new(self.pattern.get()))
    }
}

/// What each match is replaced by.
enum Replacement {
    Literal(Ref),
    Template(Ref),
    Function(Ref),
}

fn replacement(pattern: Value, repl: Value) -> R<Replacement> {
    if ops::callable(repl) {
        return Ok(Replacement::Function(Ref::new(repl)));
    }
    let plain = if type_of(repl).has(type_flags::STR) {
        !str::to_rust(repl).contains('\\')
    } else if dxpyc_objects::buffer::is_bytes_like(repl) {
        dxpyc_objects::buffer::with_bytes(repl, |b| Ok(!b.contains(&b'\\')))?
    } else {
        false
    };
    if plain {
        return Ok(Replacement::Literal(Ref::new(repl)));
    }
    let module = dxpyc_objects::import::import_module("re")?;
    let compiled = call::call_method(module.v(), "_compile_template", &[pattern, repl])?;
    match dxpyc_objects::cast::get::<Template>(compiled.v()) {
        Some(t) if t.parts.is_empty() => Ok(Replacement::Literal(Ref::new(t.literal.get()))),
        _ => Ok(Replacement::Template(compiled)),
    }
}

fn substitute(this: Value, repl: Value, string: Value, count: i64) -> R<(Ref, i64)> {
    let pattern = pattern_of(this);
    let end = length_of(pattern, string)?;
    let replacement = replacement(this, repl)?;
    let (mut at, mut last, mut n) = (0, 0, 0);
    let mut must_advance = false;
    let mut out: Vec<Ref> = Vec::new();
    while count == 0 || n < count {
        let Some(found) = run(pattern, string, at, end, How::Search, must_advance)? else { break };
        if last < found.start {
            out.push(part(string, last, found.start)?);
        }
        let (start, stop) = (found.start, found.end);
        match &replacement {
            Replacement::Literal(text) => out.push(text.clone()),
            Replacement::Template(template) => {
                let template = dxpyc_objects::cast::get_unchecked::<Template>(template.v());
                expand_into(template, string, &found.groups, &mut out)?;
            }
            Replacement::Function(f) => {
                let m = new_match(this, string, 0, end, found);
                let text = call::call1(f.v(), m.v())?;
                if !text.v().is_none() {
                    out.push(text);
                }
            }
        }
        n += 1;
        must_advance = stop == start;
        at = stop;
        last = stop;
    }
    if n == 0 && (is_exact(string, &str::STR) || is_exact(string, &bytes::BYTES)) {
        return Ok((Ref::new(string), 0));
    }
    if last < end {
        out.push(part(string, last, end)?);
    }
    Ok((join(string, out)?, n))
}

fn join(string: Value, parts: Vec<Ref>) -> R<Ref> {
    let parts = list::from_refs(parts);
    let empty = if type_of(string).has(type_flags::STR) { str::from_str("") } else { bytes::from_slice(b"") };
    call::call_method(empty.v(), "join", &[parts.v()])
}

fn expand_into(template: &Template, string: Value, groups: &[Option<(usize, usize)>], out: &mut Vec<Ref>) -> R<()> {
    out.push(Ref::new(template.literal.get()));
    for (group, literal) in &template.parts {
        if let Some(Some((a, b))) = groups.get(*group) {
            out.push(part(string, *a, *b)?);
        }
        out.push(literal.clone());
    }
    Ok(())
}

fn match_of(v: Value) -> &'static Match {
    dxpyc_objects::cast::get_unchecked::<Match>(v)
}

impl Match {
    /// The number of a group given by number or name.
    fn index(&self, group: Value) -> R<usize> {
        let number = if int::is_int(group) {
            int::as_i64_exact(group)
        } else {
            let names = pattern_of(self.pattern.get()).groupindex.cloned().unwrap_or_else(dict::new);
            match dict::get(names.v(), group)? {
                Some(i) => int::as_i64_exact(i.v()),
                None if type_of(group).slots().index.is_some() => Some(int::index_i64(group)?),
                None => None,
            }
        };
        match number {
            Some(i) if i >= 0 && (i as usize) < self.regs.len() => Ok(i as usize),
            _ => Err(index_error("no such group")),
        }
    }
    fn text(&self, i: usize, default: Value) -> R<Ref> {
        match self.regs[i] {
            Some((a, b)) => part(self.string.get(), a, b),
            None => Ok(Ref::new(default)),
        }
    }
    fn span_of(&self, group: Option<Value>) -> R<(i64, i64)> {
        let i = match group {
            Some(g) => self.index(g)?,
            None => 0,
        };
        Ok(self.regs[i].map_or((-1, -1), |(a, b)| (a as i64, b as i64)))
    }
}

fn match_getitem(this: Value, key: Value) -> R<Ref> {
    let m = match_of(this);
    m.text(m.index(key)?, Value::NONE)
}

fn match_repr(this: Value) -> R<Ref> {
    let m = match_of(this);
    let (a, b) = m.span_of(None)?;
    let text = str::to_rust(ops::repr(m.text(0, Value::NONE)?.v())?.v());
    Ok(str::from_str(&format!("<{} object; span=({a}, {b}), match={text}>", "re.Match")))
}

#[native_class(decl = MATCH_DECL, doc = "The result of re.match() and re.search().")]
impl Match {
    #[native]
    fn group(&self, args: &[Value]) -> R<Ref> {
        match args {
            [] => self.text(0, Value::NONE),
            [one] => self.text(self.index(*one)?, Value::NONE),
            many => {
                let items = many.iter().map(|g| self.text(self.index(*g)?, Value::NONE)).collect::<R<Vec<_>>>()?;
                Ok(tuple::from_refs(items))
            }
        }
    }
    #[native("($self, /, default=None)")]
    fn groups(&self, default: Value) -> R<Ref> {
        let items = (1..self.regs.len()).map(|i| self.text(i, default)).collect::<R<Vec<_>>>()?;
        Ok(tuple::from_refs(items))
    }
    #[native("($self, /, default=None)")]
    fn groupdict(&self, default: Value) -> R<Ref> {
        let out = dict::new();
        let names = pattern_of(self.pattern.get()).groupindex.cloned().unwrap_or_else(dict::new);
        let mut at = 0;
        while let Some((name, i)) = dict::next_entry(names.v(), &mut at) {
            let text = self.text(int::as_i64_exact(i).unwrap_or(0) as usize, default)?;
            dict::set(out.v(), name, text.v())?;
        }
        Ok(out)
    }
    #[native]
    fn start(&self, group: Option<Value>) -> R<i64> {
        Ok(self.span_of(group)?.0)
    }
    #[native]
    fn end(&self, group: Option<Value>) -> R<i64> {
        Ok(self.span_of(group)?.1)
    }
    #[native]
    fn span(&self, group: Option<Value>) -> R<Ref> {
        let (a, b) = self.span_of(group)?;
        Ok(tuple::from_refs(vec![int::from_i64(a), int::from_i64(b)]))
    }
    #[native("($self, /, template)")]
    fn expand(&self, template: Value) -> R<Ref> {
        match replacement(self.pattern.get(), template)? {
            Replacement::Template(t) => {
                let mut out = Vec::new();
                expand_into(dxpyc_objects::cast::get_unchecked::<Template>(t.v()), self.string.get(), &self.regs, &mut out)?;
                join(self.string.get(), out)
            }
            Replacement::Literal(text) | Replacement::Function(text) => Ok(text),
        }
    }
    #[native("($self, /)")]
    fn __copy__(this: Value) -> R<Ref> {
        Ok(Ref::new(this))
    }
    #[native("($self, memo, /)")]
    fn __deepcopy__(this: Value, _memo: Value) -> R<Ref> {
        Ok(Ref::new(this))
    }
    #[classmethod("($cls, item, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        dxpyc_objects::generic_alias::new(class, item)
    }
    #[getter]
    fn pos(&self) -> i64 {
        self.pos as i64
    }
    #[getter]
    fn endpos(&self) -> i64 {
        self.endpos as i64
    }
    #[getter]
    fn lastindex(&self) -> R<Ref> {
        Ok(self.lastindex.map_or_else(Ref::none, |i| int::from_i64(i as i64)))
    }
    #[getter]
    fn lastgroup(&self) -> R<Ref> {
        let names = Ref::new(pattern_of(self.pattern.get()).indexgroup.get());
        Ok(match (self.lastindex, tuple::items(names.v())) {
            (Some(i), Some(names)) if i < names.len() => Ref::new(names[i]),
            _ => Ref::none(),
        })
    }
    #[getter]
    fn re(&self) -> R<Ref> {
        Ok(Ref::new(self.pattern.get()))
    }
    #[getter]
    fn string(&self) -> R<Ref> {
        Ok(Ref::new(self.string.get()))
    }
    #[getter]
    fn regs(&self) -> R<Ref> {
        let spans = self.regs.iter().map(|r| {
            let (a, b) = r.map_or((-1, -1), |(a, b)| (a as i64, b as i64));
            tuple::from_refs(vec![int::from_i64(a), int::from_i64(b)])
        });
        Ok(tuple::from_refs(spans.collect()))
    }
}

fn init(names: Value) -> R<()> {
    for (name, value) in [
        ("MAGIC", rustpython_sre_engine::SRE_MAGIC),
        ("CODESIZE", rustpython_sre_engine::CODESIZE),
        ("MAXREPEAT", rustpython_sre_engine::MAXREPEAT),
        ("MAXGROUPS", rustpython_sre_engine::MAXGROUPS),
    ] {
        dict::set_str(names, name, int::from_i64(value as i64));
    }
    Ok(())
}

/// The matching engine of `re`.
#[native_module(name = "_sre", init = super::init)]
pub mod module {
    use super::*;
    use rustpython_sre_engine::string::{lower_ascii, lower_unicode, upper_unicode};

    #[native("($module, /)")]
    fn getcodesize() -> i64 {
        rustpython_sre_engine::CODESIZE as i64
    }
    #[native("($module, character, /)")]
    fn ascii_iscased(character: i64) -> bool {
        (character as u32) < 128 && (character as u8).is_ascii_alphabetic()
    }
    #[native("($module, character, /)")]
    fn unicode_iscased(character: i64) -> bool {
        let c = character as u32;
        c != lower_unicode(c) || c != upper_unicode(c)
    }
    #[native("($module, character, /)")]
    fn ascii_tolower(character: i64) -> i64 {
        lower_ascii(character as u32) as i64
    }
    #[native("($module, character, /)")]
    fn unicode_tolower(character: i64) -> i64 {
        lower_unicode(character as u32) as i64
    }
    #[native("($module, /, pattern, flags, code, groups, groupindex, indexgroup)")]
    fn compile(pattern: Value, flags: i64, code: Value, groups: i64, groupindex: Value, indexgroup: Value) -> R<Ref> {
        let mut codes = Vec::new();
        for item in ops::collect_to_vec(code)? {
            codes.push(int::index_i64(item.v())? as u32);
        }
        let is_bytes = if pattern.is_none() { None } else { Some(!type_of(pattern).has(type_flags::STR)) };
        Ok(new_object(Pattern {
            header: dxpyc_objects::cast::fresh_header(),
            pattern: Slot::new(Ref::new(pattern)),
            groupindex: Slot::new(Ref::new(groupindex)),
            indexgroup: Slot::new(Ref::new(indexgroup)),
            flags,
            groups: groups as usize,
            code: codes.into_boxed_slice(),
            is_bytes,
        }))
    }
    #[native("($module, pattern, template, /)")]
    fn template(_pattern: Value, template: Value) -> R<Ref> {
        let items = ops::collect_to_vec(template)?;
        let mut items = items.into_iter();
        let literal = items.next().ok_or_else(|| type_error("invalid template"))?;
        let rest: Vec<Ref> = items.collect();
        let mut parts = Vec::new();
        for pair in rest.chunks(2) {
            let [group, literal] = pair else { return Err(type_error("invalid template")) };
            parts.push((int::index_i64(group.v())? as usize, literal.clone()));
        }
        Ok(new_object(Template {
            header: dxpyc_objects::cast::fresh_header(),
            literal: Slot::new(literal),
            parts: parts.into_boxed_slice(),
        }))
    }
}
