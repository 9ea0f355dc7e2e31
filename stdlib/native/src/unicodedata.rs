//! `unicodedata`: the Unicode Character Database, 16.0 and 3.2 (for IDNA).
//!
//! The data is packed by `data/make_unicode.py`.

use std::collections::HashMap;
use std::sync::OnceLock;

use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::unpack::not_name;
use dxpyc_objects::{cast, dict, float, int, str};

static PROPERTIES: &[u8] = include_bytes!("../data/unicode_properties.bin");
static NAMES: &[u8] = include_bytes!("../data/unicode_names.bin");

const CATEGORIES: [&str; 30] = [
    "Cn", "Cc", "Cf", "Co", "Cs", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm",
    "So", "Zl", "Zp", "Zs",
];
const BIDI: [&str; 24] = [
    "", "L", "LRE", "LRO", "R", "AL", "RLE", "RLO", "PDF", "EN", "ES", "ET", "AN", "CS", "NSM", "BN", "B", "S", "WS", "ON", "LRI", "RLI", "FSI", "PDI",
];
const WIDTHS: [&str; 6] = ["N", "A", "H", "W", "F", "Na"];

/// Properties of a code point: indices into the lists above; flags: mirrored, width * 2.
#[derive(Clone, Copy)]
struct Record {
    category: u8,
    bidi: u8,
    combining: u8,
    flags: u8,
    number: u16,
}

/// Decimal and digit value (-1: none) and numeric value (NaN: none); the first entry stands for none.
struct Number {
    decimal: i8,
    digit: i8,
    value: f64,
}

struct Tables {
    /// Page numbers of the current database and of 3.2.
    index: [Vec<u16>; 2],
    pages: Vec<u16>,
    records: Vec<Record>,
    numbers: Vec<Number>,
    decompositions: HashMap<u32, String>,
    old_decompositions: HashMap<u32, String>,
    compositions: HashMap<(u32, u32), u32>,
}

struct Reader {
    data: Vec<u8>,
    at: usize,
}

impl Reader {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let out = self.data[self.at..self.at + N].try_into().expect("the table is complete");
        self.at += N;
        out
    }
    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.bytes())
    }
    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }
    fn decompositions(&mut self) -> HashMap<u32, String> {
        let n = self.u32();
        (0..n)
            .map(|_| {
                let (point, len) = (self.u32(), self.u16() as usize);
                let text = String::from_utf8_lossy(&self.data[self.at..self.at + len]).into_owned();
                self.at += len;
                (point, text)
            })
            .collect()
    }
}

const PAGES: usize = 0x110000 >> 7;
const SYLLABLES: std::ops::Range<u32> = 0xac00..0xd7a4;

fn unpack(data: &[u8]) -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec(data).expect("the data is whole")
}

impl Tables {
    fn read() -> Tables {
        let mut r = Reader { data: unpack(PROPERTIES), at: 0 };
        let index = [0, 1].map(|_| (0..PAGES).map(|_| r.u16()).collect());
        let n = r.u32() as usize;
        let pages = (0..n * 128).map(|_| r.u16()).collect();
        let n = r.u32();
        let records = (0..n)
            .map(|_| {
                let [category, bidi, combining, flags] = r.bytes();
                Record { category, bidi, combining, flags, number: r.u16() }
            })
            .collect();
        let n = r.u32();
        let numbers = (0..n)
            .map(|_| {
                let [decimal, digit] = r.bytes().map(|b| b as i8);
                Number { decimal, digit, value: f64::from_le_bytes(r.bytes()) }
            })
            .collect();
        let (decompositions, old_decompositions) = (r.decompositions(), r.decompositions());
        let n = r.u32();
        let mut compositions = HashMap::new();
        for _ in 0..n {
            let point = r.u32();
            if let Some((_, parts)) = decompositions.get(&point).map(|d| parse_decomposition(d))
                && let [first, second] = parts[..]
            {
                compositions.insert((first, second), point);
            }
        }
        Tables { index, pages, records, numbers, decompositions, old_decompositions, compositions }
    }
    fn record(&self, point: u32, old: bool) -> Record {
        let page = self.index[old as usize][(point >> 7) as usize] as usize;
        self.records[self.pages[page << 7 | (point & 127) as usize] as usize]
    }
    fn number(&self, point: u32, old: bool) -> &Number {
        &self.numbers[self.record(point, old).number as usize]
    }
    fn decomposition(&self, point: u32, old: bool) -> &str {
        if old {
            if self.record(point, true).category == 0 {
                return "";
            }
            if let Some(d) = self.old_decompositions.get(&point) {
                return d;
            }
        }
        self.decompositions.get(&point).map_or("", String::as_str)
    }

    /// The full decomposition of a text, in canonical order.
    fn decomposed(&self, text: &[u32], compatible: bool, old: bool) -> Vec<u32> {
        let mut out = Vec::with_capacity(text.len());
        for &c in text {
            self.decompose(c, compatible, old, &mut out);
        }
        // As in CPython, the order is that of the current database also for the old one.
        let class = |c: u32| self.record(c, false).combining;
        let mut start = 0;
        while start < out.len() {
            if class(out[start]) == 0 {
                start += 1;
                continue;
            }
            let end = out[start..].iter().position(|c| class(*c) == 0).map_or(out.len(), |n| start + n);
            out[start..end].sort_by_key(|c| class(*c));
            start = end;
        }
        out
    }

    fn decompose(&self, c: u32, compatible: bool, old: bool, out: &mut Vec<u32>) {
        if SYLLABLES.contains(&c) {
            let s = c - SYLLABLES.start;
            out.extend([0x1100 + s / 588, 0x1161 + s % 588 / 28]);
            if s % 28 != 0 {
                out.push(0x11a7 + s % 28);
            }
            return;
        }
        let text = self.decomposition(c, old);
        let (is_compatibility, parts) = parse_decomposition(text);
        if parts.is_empty() || is_compatibility && !compatible {
            out.push(c);
            return;
        }
        for part in parts {
            self.decompose(part, compatible, old, out);
        }
    }

    fn composed(&self, text: Vec<u32>, old: bool) -> Vec<u32> {
        let mut out: Vec<u32> = Vec::with_capacity(text.len());
        let mut starter: Option<usize> = None;
        let mut last_class = 0;
        for c in text {
            let class = self.record(c, false).combining;
            if let Some(s) = starter
                && (last_class < class || s + 1 == out.len())
                && let Some(joined) = self.join(out[s], c, old)
            {
                out[s] = joined;
                continue;
            }
            if class == 0 {
                starter = Some(out.len());
            }
            last_class = class;
            out.push(c);
        }
        out
    }

    fn join(&self, a: u32, b: u32, old: bool) -> Option<u32> {
        if (0x1100..0x1113).contains(&a) && (0x1161..0x1176).contains(&b) {
            return Some(SYLLABLES.start + ((a - 0x1100) * 21 + (b - 0x1161)) * 28);
        }
        if SYLLABLES.contains(&a) && (a - SYLLABLES.start) % 28 == 0 && (0x11a8..0x11c3).contains(&b) {
            return Some(a + b - 0x11a7);
        }
        let joined = *self.compositions.get(&(a, b))?;
        (!old || self.record(joined, true).category != 0).then_some(joined)
    }
}

/// Whether a decomposition is one of compatibility, and its code points.
fn parse_decomposition(text: &str) -> (bool, Vec<u32>) {
    let parts = text.split(' ').filter(|p| !p.starts_with('<')).filter_map(|p| u32::from_str_radix(p, 16).ok()).collect();
    (text.starts_with('<'), parts)
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(Tables::read)
}

struct Names {
    text: String,
    by_point: HashMap<u32, (u32, u32)>,
    by_name: HashMap<u64, u32>,
    ranges: Vec<(String, u32, u32)>,
}

fn name_hash(name: &str) -> u64 {
    // FNV-1a.
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ b as u64).wrapping_mul(0x100_0000_01b3))
}

fn names() -> &'static Names {
    static ALL: OnceLock<Names> = OnceLock::new();
    ALL.get_or_init(|| {
        let text = String::from_utf8(unpack(NAMES)).expect("names are ASCII");
        let (mut by_point, mut by_name, mut ranges) = (HashMap::new(), HashMap::new(), Vec::new());
        let mut at = 0;
        for line in text.split('\n') {
            let fields: Vec<&str> = line.split(';').collect();
            let number = |s: &str| u32::from_str_radix(s, 16).unwrap_or(0);
            match fields[..] {
                [prefix, first, last] => ranges.push((prefix.to_owned(), number(first), number(last))),
                [point, name] => {
                    let start = at + point.len() + 1;
                    match point.strip_prefix('=') {
                        Some(point) => drop(by_name.insert(name_hash(name), number(point))),
                        None => {
                            by_name.insert(name_hash(name), number(point));
                            by_point.insert(number(point), (start as u32, (start + name.len()) as u32));
                        }
                    }
                }
                _ => {}
            }
            at += line.len() + 1;
        }
        Names { text, by_point, by_name, ranges }
    })
}

const LEADS: [&str; 19] = ["G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H"];
const VOWELS: [&str; 21] =
    ["A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU", "YI", "I"];
const TAILS: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS", "S", "SS", "NG", "J", "C", "K", "T", "P", "H",
];

/// The name of a code point.
pub fn name_of(point: u32) -> Option<String> {
    if SYLLABLES.contains(&point) {
        let s = (point - SYLLABLES.start) as usize;
        return Some(format!("HANGUL SYLLABLE {}{}{}", LEADS[s / 588], VOWELS[s % 588 / 28], TAILS[s % 28]));
    }
    let names = names();
    if let Some((start, end)) = names.by_point.get(&point) {
        return Some(names.text[*start as usize..*end as usize].to_owned());
    }
    let range = names.ranges.iter().find(|(_, first, last)| (*first..=*last).contains(&point))?;
    Some(format!("{}-{point:X}", range.0))
}

/// The code point of a name or an alias.
pub fn point_of(name: &str) -> Option<u32> {
    let name = name.to_ascii_uppercase();
    if let Some(syllable) = name.strip_prefix("HANGUL SYLLABLE ") {
        let longest = |parts: &[&str], text: &str| {
            let found = parts.iter().enumerate().filter(|(_, p)| text.starts_with(**p)).max_by_key(|(_, p)| p.len());
            found.map(|(i, p)| (i, p.len()))
        };
        let (lead, n) = longest(&LEADS, syllable)?;
        let rest = &syllable[n..];
        let (vowel, n) = longest(&VOWELS, rest)?;
        let tail = TAILS.iter().position(|t| *t == &rest[n..])?;
        return Some(SYLLABLES.start + ((lead * 21 + vowel) * 28 + tail) as u32);
    }
    let names = names();
    if let Some(point) = names.by_name.get(&name_hash(&name)) {
        let is_exact = names.by_point.get(point).is_none_or(|(start, end)| names.text[*start as usize..*end as usize] == name || is_alias(names, &name));
        return is_exact.then_some(*point);
    }
    let (prefix, digits) = name.rsplit_once('-')?;
    let point = u32::from_str_radix(digits, 16).ok()?;
    let fits = names.ranges.iter().any(|(p, first, last)| p == prefix && (*first..=*last).contains(&point));
    (fits && format!("{point:X}") == digits).then_some(point)
}

fn is_alias(names: &Names, name: &str) -> bool {
    names.text.lines().any(|l| l.starts_with('=') && l.split_once(';').is_some_and(|(_, n)| n == name))
}

/// `UCD`: the database of an older version.
#[repr(C)]
pub struct UcdObject {
    header: Header,
}

object_type!(UcdObject, UCD);

/// `unicodedata.UCD`.
pub static UCD: Type = Type::builtin::<UcdObject>(
    "UCD", "unicodedata", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, Slots::NONE, Some(&UCDOBJECT_DECL),
);

fn character(v: Value, function: &str, alone: bool) -> R<u32> {
    let position = if alone { "" } else { " 1" };
    let Some(text) = str::try_view(v) else {
        return Err(type_error(format!("{function}() argument{position} must be a unicode character, not {}", not_name(v))));
    };
    if text.len() != 1 {
        return Err(type_error(format!("{function}(): argument{position} must be a unicode character, not a string of length {}", text.len())));
    }
    Ok(text.get(0))
}

fn or_default(found: Option<Ref>, default: Option<Value>, message: &str) -> R<Ref> {
    match (found, default) {
        (Some(found), _) => Ok(found),
        (None, Some(default)) => Ok(Ref::new(default)),
        (None, None) => Err(value_error(message)),
    }
}

fn decimal(c: Value, default: Option<Value>, old: bool) -> R<Ref> {
    let n = tables().number(character(c, "decimal", false)?, old).decimal;
    or_default((n >= 0).then(|| int::from_i64(n as i64)), default, "not a decimal")
}
fn digit(c: Value, default: Option<Value>, old: bool) -> R<Ref> {
    let n = tables().number(character(c, "digit", false)?, old).digit;
    or_default((n >= 0).then(|| int::from_i64(n as i64)), default, "not a digit")
}
fn numeric(c: Value, default: Option<Value>, old: bool) -> R<Ref> {
    let record = tables().record(character(c, "numeric", false)?, old);
    let value = tables().numbers[record.number as usize].value;
    let found = (!value.is_nan()).then(|| float::from_f64(value));
    or_default(found, default, "not a numeric character")
}
fn category(c: Value, old: bool) -> R<&'static str> {
    Ok(CATEGORIES[tables().record(character(c, "category", true)?, old).category as usize])
}
fn bidirectional(c: Value, old: bool) -> R<&'static str> {
    Ok(BIDI[tables().record(character(c, "bidirectional", true)?, old).bidi as usize])
}
fn combining(c: Value, old: bool) -> R<i64> {
    Ok(tables().record(character(c, "combining", true)?, old).combining as i64)
}
fn mirrored(c: Value, old: bool) -> R<i64> {
    Ok((tables().record(character(c, "mirrored", true)?, old).flags & 1) as i64)
}
fn east_asian_width(c: Value, old: bool) -> R<&'static str> {
    Ok(WIDTHS[(tables().record(character(c, "east_asian_width", true)?, old).flags >> 1) as usize])
}
fn decomposition(c: Value, old: bool) -> R<&'static str> {
    Ok(tables().decomposition(character(c, "decomposition", true)?, old))
}

fn normalized(form: Value, text: Value, function: &str, old: bool) -> R<(Vec<u32>, Vec<u32>)> {
    for (position, v) in [(1, form), (2, text)] {
        if !str::is_str(v) {
            return Err(type_error(format!("{function}() argument {position} must be str, not {}", not_name(v))));
        }
    }
    let points: Vec<u32> = str::view(text).chars().collect();
    let (compatible, compose) = match str::to_rust(form).as_str() {
        "NFC" => (false, true),
        "NFD" => (false, false),
        "NFKC" => (true, true),
        "NFKD" => (true, false),
        _ => return Err(value_error("invalid normalization form")),
    };
    if str::view(text).is_ascii() {
        return Ok((points.clone(), points));
    }
    let out = tables().decomposed(&points, compatible, old);
    let out = if compose { tables().composed(out, old) } else { out };
    Ok((points, out))
}

fn normalize(form: Value, text: Value, old: bool) -> R<Ref> {
    let (before, after) = normalized(form, text, "normalize", old)?;
    Ok(if before == after { Ref::new(text) } else { str::from_code_points(&after) })
}
fn is_normalized(form: Value, text: Value, old: bool) -> R<bool> {
    let (before, after) = normalized(form, text, "is_normalized", old)?;
    Ok(before == after)
}
fn name(c: Value, default: Option<Value>, old: bool) -> R<Ref> {
    let point = character(c, "name", false)?;
    let known = !old || tables().record(point, true).category != 0;
    let found = name_of(point).filter(|_| known);
    or_default(found.map(|n| str::from_str(&n)), default, "no such name")
}
fn lookup(name: Value, old: bool) -> R<Ref> {
    if !str::is_str(name) {
        return Err(type_error(format!("a bytes-like object is required, not '{}'", display_name(name))));
    }
    let text = str::to_rust(name);
    let found = point_of(&text).filter(|p| !old || tables().record(*p, true).category != 0);
    match found {
        Some(point) => Ok(str::from_char(point)),
        None => {
            let message = str::from_str(&format!("undefined character name '{text}'"));
            Err(key_error(message.v()))
        }
    }
}

macro_rules! functions {
    ($($doc:tt $signature:tt $name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {
        #[native_class(doc = "")]
        impl UcdObject {
            #[getter]
            fn unidata_version(&self) -> R<Ref> {
                Ok(str::from_str("3.2.0"))
            }
            $(
                #[doc = $doc]
                #[native($signature)]
                fn $name(&self, $($argument: $kind),*) -> $result {
                    super_functions::$name($($argument,)* true)
                }
            )*
        }

        /// This module provides access to the Unicode Character Database.
        #[native_module(name = "unicodedata", init = super::init)]
        pub mod module {
            use super::*;
            $(
                #[doc = $doc]
                #[native($signature)]
                fn $name($($argument: $kind),*) -> $result {
                    super_functions::$name($($argument,)* false)
                }
            )*
        }
    };
}

/// The functions with the choice of the database.
mod super_functions {
    pub(super) use super::{
        bidirectional, category, combining, decimal, decomposition, digit, east_asian_width, is_normalized, lookup, mirrored, name, normalize, numeric,
    };
}

functions! {
    "Converts a Unicode character into its equivalent decimal value." "($self, chr, default=<unrepresentable>, /)" decimal(chr: Value, default: Option<Value>) -> R<Ref>;
    "Converts a Unicode character into its equivalent digit value." "($self, chr, default=<unrepresentable>, /)" digit(chr: Value, default: Option<Value>) -> R<Ref>;
    "Converts a Unicode character into its equivalent numeric value." "($self, chr, default=<unrepresentable>, /)" numeric(chr: Value, default: Option<Value>) -> R<Ref>;
    "Returns the general category assigned to the character chr as string." "($self, chr, /)" category(chr: Value) -> R<&'static str>;
    "Returns the bidirectional class assigned to the character chr as string." "($self, chr, /)" bidirectional(chr: Value) -> R<&'static str>;
    "Returns the canonical combining class assigned to the character chr as integer." "($self, chr, /)" combining(chr: Value) -> R<i64>;
    "Returns the mirrored property assigned to the character chr as integer." "($self, chr, /)" mirrored(chr: Value) -> R<i64>;
    "Returns the east asian width assigned to the character chr as string." "($self, chr, /)" east_asian_width(chr: Value) -> R<&'static str>;
    "Returns the character decomposition mapping assigned to the character chr as string." "($self, chr, /)" decomposition(chr: Value) -> R<&'static str>;
    "Return whether the Unicode string unistr is in the normal form 'form'." "($self, form, unistr, /)" is_normalized(form: Value, unistr: Value) -> R<bool>;
    "Return the normal form 'form' for the Unicode string unistr." "($self, form, unistr, /)" normalize(form: Value, unistr: Value) -> R<Ref>;
    "Returns the name assigned to the character chr as a string." "($self, chr, default=<unrepresentable>, /)" name(chr: Value, default: Option<Value>) -> R<Ref>;
    "Look up character by name." "($self, name, /)" lookup(name: Value) -> R<Ref>;
}

fn init(module: Value) -> R<()> {
    dict::set_str(module, "unidata_version", str::from_str("16.0.0"));
    dict::set_str(module, "ucd_3_2_0", new_object(UcdObject { header: cast::fresh_header() }));
    dict::set_str(module, "UCD", Ref::new(UCD.v()));
    dxpyc_objects::codecs_names::set(name_of, point_of);
    Ok(())
}
