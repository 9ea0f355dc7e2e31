//! str objects: layout, creation, views, building, interning, equality and hash.
//!
//! A str holds its code points in 1, 2 or 4 bytes each, chosen by the largest one (as PEP 393), so equal strings have equal bytes.
//! The empty string and the 256 strings of one latin-1 character are static. The methods stand in `str_methods` and its siblings.

use crate::prelude::*;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
pub use dxpyc_abi::StrObject;
use dxpyc_abi::{COUNT_IMMORTAL, COUNT_UNIT, TypePrefix};
use dxpyc_heap::slab;
use std::borrow::Cow;

/// Bytes before the code points.
pub const HEAD_BYTES: usize = std::mem::offset_of!(StrObject, data);

/// The type `str`.
#[unsafe(export_name = "dxp_type_str")]
pub static STR: Type = Type::builtin::<StrObject>(
    "str",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::BASE | type_flags::STR | type_flags::MATCH_SELF,
    crate::str_type::SLOTS,
    Some(&crate::str_methods::STR_DECL),
)
.variable(crate::str_type::var_size)
.dealloc_by(crate::type_object::dealloc_block);
object_type!(StrObject, STR);

/// One code point's storage.
pub trait Unit: Copy + Ord + 'static {
    /// Bytes per code point.
    const KIND: u8;
    /// The code point.
    fn cp(self) -> u32;
    /// From a code point that fits.
    fn from_cp(cp: u32) -> Self;
}
impl Unit for u8 {
    const KIND: u8 = 1;
    #[inline(always)]
    fn cp(self) -> u32 {
        self as u32
    }
    #[inline(always)]
    fn from_cp(cp: u32) -> u8 {
        cp as u8
    }
}
impl Unit for u16 {
    const KIND: u8 = 2;
    #[inline(always)]
    fn cp(self) -> u32 {
        self as u32
    }
    #[inline(always)]
    fn from_cp(cp: u32) -> u16 {
        cp as u16
    }
}
impl Unit for u32 {
    const KIND: u8 = 4;
    #[inline(always)]
    fn cp(self) -> u32 {
        self
    }
    #[inline(always)]
    fn from_cp(cp: u32) -> u32 {
        cp
    }
}

/// The code points of a str, by kind.
#[derive(Clone, Copy)]
pub enum Data<'a> {
    One(&'a [u8]),
    Two(&'a [u16]),
    Four(&'a [u32]),
}

/// `with_data!(data, s => expression)`: the expression for each kind, `s` being the slice.
#[macro_export]
macro_rules! with_data {
    ($data:expr, $s:ident => $e:expr) => {
        match $data {
            $crate::str::Data::One($s) => $e,
            $crate::str::Data::Two($s) => $e,
            $crate::str::Data::Four($s) => $e,
        }
    };
}

impl<'a> Data<'a> {
    /// Number of code points.
    #[inline]
    pub fn len(self) -> usize {
        with_data!(self, s => s.len())
    }
    /// Whether there is none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
    /// Code point `i`.
    #[inline]
    pub fn get(self, i: usize) -> u32 {
        with_data!(self, s => s[i].cp())
    }
    /// Part of it.
    #[inline]
    pub fn slice(self, start: usize, end: usize) -> Data<'a> {
        match self {
            Data::One(s) => Data::One(&s[start..end]),
            Data::Two(s) => Data::Two(&s[start..end]),
            Data::Four(s) => Data::Four(&s[start..end]),
        }
    }
}

/// Read access to a str object.
#[derive(Clone, Copy)]
pub struct StrView<'a> {
    object: &'a StrObject,
}

impl<'a> StrView<'a> {
    /// Number of code points.
    #[inline(always)]
    pub fn len(self) -> usize {
        self.object.len
    }
    /// Whether it is the empty string.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.object.len == 0
    }
    /// Whether all code points are below 128.
    #[inline(always)]
    pub fn is_ascii(self) -> bool {
        self.object.ascii != 0
    }
    /// Code point `i` (in range).
    #[inline]
    pub fn get(self, i: usize) -> u32 {
        self.data().get(i)
    }
    /// Code points by kind.
    #[inline]
    pub fn data(self) -> Data<'a> {
        data(self.object)
    }
    /// The text of an ASCII str.
    #[inline]
    pub fn ascii(self) -> Option<&'a str> {
        if self.is_ascii() {
            // SAFETY: ASCII strs have kind 1, `len` bytes of data, all below 128.
            Some(unsafe { std::str::from_utf8_unchecked(raw_bytes(self.object)) })
        } else {
            None
        }
    }
    /// The text in UTF-8; None when lone surrogates are in it.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        if let Some(s) = self.ascii() {
            return Some(Cow::Borrowed(s));
        }
        let mut out = String::with_capacity(self.len() * 2);
        for cp in self.chars() {
            out.push(char::from_u32(cp)?);
        }
        Some(Cow::Owned(out))
    }
    /// The text in UTF-8; lone surrogates become `\udcxx` escapes.
    pub fn to_rust(self) -> String {
        if let Some(s) = self.ascii() {
            return s.to_string();
        }
        let mut out = String::with_capacity(self.len() * 2);
        for cp in self.chars() {
            match char::from_u32(cp) {
                Some(c) => out.push(c),
                None => out.push_str(&format!("\\u{cp:04x}")),
            }
        }
        out
    }
    /// All code points.
    pub fn chars(self) -> Chars<'a> {
        Chars { data: self.data(), at: 0 }
    }
    /// Whether the text equals `text`.
    pub fn is(self, text: &str) -> bool {
        match self.ascii() {
            Some(s) => s == text,
            None => self.chars().eq(text.chars().map(|c| c as u32)),
        }
    }
}

/// Iterator over code points.
#[derive(Clone)]
pub struct Chars<'a> {
    data: Data<'a>,
    at: usize,
}

impl Iterator for Chars<'_> {
    type Item = u32;
    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.at < self.data.len() {
            self.at += 1;
            Some(self.data.get(self.at - 1))
        } else {
            None
        }
    }
}

/// The stored bytes (`len * kind`).
#[inline(always)]
pub fn raw_bytes(s: &StrObject) -> &[u8] {
    // SAFETY: `len * kind` initialised bytes follow the head (layout of StrObject).
    unsafe { std::slice::from_raw_parts(s.data.as_ptr(), s.len * s.kind as usize) }
}

/// Code points of a str object, by kind.
#[inline(always)]
pub fn data(s: &StrObject) -> Data<'_> {
    let p = s.data.as_ptr();
    // SAFETY: as in raw_bytes; the data starts at offset 40 of an 8-aligned object, so it is aligned for u32.
    unsafe {
        match s.kind {
            1 => Data::One(std::slice::from_raw_parts(p, s.len)),
            2 => Data::Two(std::slice::from_raw_parts(p as *const u16, s.len)),
            _ => Data::Four(std::slice::from_raw_parts(p as *const u32, s.len)),
        }
    }
}

/// The view of a value that is a str (checked in debug builds).
#[inline(always)]
pub fn view<'a>(v: Value) -> StrView<'a> {
    StrView { object: object(v) }
}

/// The view of a value if it is a str or an instance of a subclass.
#[inline]
pub fn try_view<'a>(v: Value) -> Option<StrView<'a>> {
    if is_str(v) { Some(view(v)) } else { None }
}

/// The object of a value that is a str.
#[inline(always)]
pub fn object<'a>(v: Value) -> &'a StrObject {
    debug_assert!(is_str(v));
    crate::cast::get_unchecked(v)
}

/// Whether the value is a str or an instance of a subclass.
#[inline(always)]
pub fn is_str(v: Value) -> bool {
    v.is_pointer() && type_of(v).has(type_flags::STR)
}

/// Whether the value is exactly a str.
#[inline(always)]
pub fn is_exact_str(v: Value) -> bool {
    crate::cast::is_exact_object(v, &STR)
}

/// The text, lone surrogates as escapes.
pub fn to_rust(v: Value) -> String {
    view(v).to_rust()
}

/// A str object in a static: immortal and interned.
#[repr(C, align(8))]
pub struct StaticStr<const N: usize> {
    head: StrObject,
    bytes: [u8; N],
}

// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md); the cells only cache.
unsafe impl<const N: usize> Sync for StaticStr<N> {}

impl<const N: usize> StaticStr<N> {
    /// From ASCII text of N - 1 bytes.
    pub const fn new(text: &str) -> StaticStr<N> {
        let text = text.as_bytes();
        assert!(text.len() + 1 == N);
        let mut bytes = [0; N];
        let mut i = 0;
        while i < text.len() {
            assert!(text[i] < 128);
            bytes[i] = text[i];
            i += 1;
        }
        StaticStr { head: static_head(text.len(), true), bytes }
    }
    /// From ASCII text in upper case: its lower-case form.
    pub const fn lower_case(text: &str) -> StaticStr<N> {
        let mut all = StaticStr::new(text);
        all.bytes.make_ascii_lowercase();
        all
    }
    /// As a value.
    #[inline(always)]
    pub fn value(&'static self) -> Value {
        Value::from_address(self as *const Self as usize)
    }
}

/// A static str by its address, which a constant can hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name(NonNull<StrObject>);
// SAFETY: the address of a static that can be shared.
unsafe impl Sync for Name {}
// SAFETY: as above.
unsafe impl Send for Name {}

impl Name {
    /// Of a static: a [`StaticStr`] begins with its object.
    pub const fn of<const N: usize>(name: *const StaticStr<N>) -> Name {
        // SAFETY: no address of a static is null.
        Name(unsafe { NonNull::new_unchecked(name as *mut StrObject) })
    }
    /// As a value (borrowed; immortal).
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_address(self.0.as_ptr() as usize)
    }
    /// The text.
    pub fn text(self) -> &'static str {
        view(self.value()).ascii().expect("a static str is ASCII")
    }
}

const fn static_head(len: usize, ascii: bool) -> StrObject {
    StrObject {
        header: Header { count: Cell::new(COUNT_IMMORTAL), ty: Cell::new(&raw const STR as *const TypePrefix) },
        len,
        hash: Cell::new(-1),
        kind: 1,
        ascii: ascii as u8,
        interned: Cell::new(1),
        pad: [0; 5],
        data: [],
    }
}

static EMPTY: StaticStr<1> = StaticStr::new("");

/// Filled at start-up: in the file it would be as large as a small program.
#[repr(transparent)]
struct Latin1(UnsafeCell<MaybeUninit<[StaticStr<2>; 256]>>);
// SAFETY: written once, before anything runs; then as StaticStr.
unsafe impl Sync for Latin1 {}
#[unsafe(export_name = "DXP_LATIN1")]
static LATIN1: Latin1 = Latin1(UnsafeCell::new(MaybeUninit::zeroed()));

/// Makes the strings of one character (start-up only: see [`crate::install`]).
pub fn install() {
    let table = LATIN1.0.get() as *mut StaticStr<2>;
    for c in 0..=255u8 {
        let text = StaticStr { head: static_head(1, c < 128), bytes: [c, 0] };
        // SAFETY: the table has 256 places, and nobody has seen them yet.
        unsafe { table.add(c as usize).write(text) };
    }
}

const _: () = assert!(size_of::<StaticStr<2>>() == dxpyc_abi::LATIN1_STRIDE);
/// The linker reads the texts of static strs (`NAME_TEXT` in `linker/src/prune.rs`).
const _: () = assert!(std::mem::offset_of!(StaticStr<2>, bytes) == 40);

/// The empty string (borrowed; immortal).
#[inline(always)]
pub fn empty() -> Value {
    EMPTY.value()
}

/// The string of one latin-1 character (borrowed; immortal).
#[inline(always)]
pub fn latin1_char(c: u8) -> Value {
    Value::from_address(LATIN1.0.get() as usize + c as usize * size_of::<StaticStr<2>>())
}

/// The string of one code point.
#[inline]
pub fn from_char(cp: u32) -> Ref {
    if cp < 256 {
        return Ref::from_owned(latin1_char(cp as u8));
    }
    if cp < 0x10000 { fill(2, false, &[cp as u16]) } else { fill(4, false, &[cp]) }
}

/// An uninitialised str of `class` (`STR` or a subclass): head and terminator are written. None: out of memory.
///
/// Code points must be stored before anyone reads them; `kind` and `ascii` must be what the code points demand.
pub fn new_raw(class: &'static Type, len: usize, kind: u8, ascii: bool) -> Option<*mut StrObject> {
    let bytes = len.checked_add(1)?.checked_mul(kind as usize)?.checked_add(HEAD_BYTES)?;
    if bytes > isize::MAX as usize {
        return None;
    }
    let exact = std::ptr::eq(class, &STR);
    let p = if exact { slab::try_alloc(bytes) } else { class.allocate(bytes) } as *mut StrObject;
    if p.is_null() {
        return None;
    }
    // SAFETY: a fresh block of as many bytes.
    unsafe { write_head(p, class, len, kind, ascii) };
    if !exact {
        class.note_instance();
    }
    Some(p)
}

/// As [`new_raw`] for a str of code points of one byte, in line.
#[inline(always)]
pub fn new_narrow(len: usize, ascii: bool) -> Option<*mut StrObject> {
    if len > slab::SMALL_BYTES_MAX - HEAD_BYTES - 1 {
        return new_raw(&STR, len, 1, ascii);
    }
    let p = slab::try_alloc(HEAD_BYTES + len + 1) as *mut StrObject;
    if p.is_null() {
        return None;
    }
    // SAFETY: a fresh block of as many bytes.
    unsafe { write_head(p, &STR, len, 1, ascii) };
    Some(p)
}

/// Writes head and terminator.
///
/// # Safety
/// The block has room for both and the code points.
#[inline(always)]
unsafe fn write_head(p: *mut StrObject, class: &'static Type, len: usize, kind: u8, ascii: bool) {
    // SAFETY: p is a fresh block of at least `bytes` bytes; the terminator lies at its end.
    unsafe {
        p.write(StrObject {
            header: Header { count: Cell::new(COUNT_UNIT), ty: Cell::new(&raw const class.prefix) },
            len,
            hash: Cell::new(-1),
            kind,
            ascii: ascii as u8,
            interned: Cell::new(0),
            pad: [0; 5],
            data: [],
        });
        let end = data_ptr(p).add(len * kind as usize);
        match kind {
            1 => end.write(0),
            2 => (end as *mut u16).write(0),
            _ => (end as *mut u32).write(0),
        }
    }
}

/// Copies `n` bytes: in line when they are few, where a call of memcpy costs more than the copy.
///
/// # Safety
/// Both places have `n` bytes and do not overlap.
#[inline(always)]
pub unsafe fn copy_bytes(from: *const u8, to: *mut u8, n: usize) {
    // SAFETY: all places are below n.
    unsafe {
        match n {
            0 => {}
            1 => *to = *from,
            2..=3 => {
                let (a, b) = ((from as *const u16).read_unaligned(), *from.add(n - 1));
                (to as *mut u16).write_unaligned(a);
                *to.add(n - 1) = b;
            }
            4..=7 => {
                let (a, b) = ((from as *const u32).read_unaligned(), (from.add(n - 4) as *const u32).read_unaligned());
                (to as *mut u32).write_unaligned(a);
                (to.add(n - 4) as *mut u32).write_unaligned(b);
            }
            8..=16 => {
                let (a, b) = ((from as *const u64).read_unaligned(), (from.add(n - 8) as *const u64).read_unaligned());
                (to as *mut u64).write_unaligned(a);
                (to.add(n - 8) as *mut u64).write_unaligned(b);
            }
            _ => std::ptr::copy_nonoverlapping(from, to, n),
        }
    }
}

/// Where the code points of a new str go.
#[inline(always)]
pub fn data_ptr(p: *mut StrObject) -> *mut u8 {
    (p as *mut u8).wrapping_add(HEAD_BYTES)
}

/// Makes a [`Ref`] of a str made by [`new_raw`] and filled.
#[inline(always)]
pub fn finish_raw(p: *mut StrObject) -> Ref {
    Ref::from_owned(Value::from_address(p as usize))
}

/// A str of units that are known to need `kind` and `ascii`.
fn fill<T: Unit>(kind: u8, ascii: bool, units: &[T]) -> Ref {
    debug_assert_eq!(kind, T::KIND);
    let Some(p) = new_raw(&STR, units.len(), kind, ascii) else { out_of_memory() };
    // SAFETY: new_raw made room for units.len() units of this kind.
    unsafe { std::ptr::copy_nonoverlapping(units.as_ptr() as *const u8, data_ptr(p), std::mem::size_of_val(units)) };
    finish_raw(p)
}

#[cold]
fn out_of_memory() -> ! {
    eprintln!("MemoryError");
    std::process::exit(1)
}

/// From ASCII bytes (the caller knows that all are below 128).
#[inline]
pub fn from_ascii(bytes: &[u8]) -> Ref {
    debug_assert!(bytes.is_ascii());
    match bytes.len() {
        0 => Ref::from_owned(empty()),
        1 => Ref::from_owned(latin1_char(bytes[0])),
        n => {
            let Some(p) = new_narrow(n, true) else { out_of_memory() };
            // SAFETY: room was made for n bytes.
            unsafe { copy_bytes(bytes.as_ptr(), data_ptr(p), n) };
            finish_raw(p)
        }
    }
}

/// A new str of ASCII text, not shared with anybody unless the text is empty or one character.
pub fn copy_of_ascii(text: &str) -> Ref {
    from_ascii(text.as_bytes())
}

/// From latin-1 bytes.
pub fn from_latin1(bytes: &[u8]) -> Ref {
    match bytes.len() {
        0 => Ref::from_owned(empty()),
        1 => Ref::from_owned(latin1_char(bytes[0])),
        _ => fill(1, bytes.is_ascii(), bytes),
    }
}

/// From units of any kind: the smallest kind is found.
pub fn from_units<T: Unit>(units: &[T]) -> Ref {
    if units.is_empty() {
        return Ref::from_owned(empty());
    }
    if T::KIND == 1 {
        // SAFETY: T is u8 (KIND 1 is u8 only).
        return from_latin1(unsafe { std::slice::from_raw_parts(units.as_ptr() as *const u8, units.len()) });
    }
    let max = max_unit(units);
    if units.len() == 1 && max < 256 {
        return Ref::from_owned(latin1_char(max as u8));
    }
    let kind = kind_of(max);
    if kind == T::KIND {
        return fill(kind, false, units);
    }
    let Some(p) = new_raw(&STR, units.len(), kind, max < 128) else { out_of_memory() };
    // SAFETY: room for units.len() units of `kind`, all of which fit.
    unsafe {
        if kind == 1 {
            write_units::<T, u8>(units, data_ptr(p));
        } else {
            write_units::<T, u16>(units, data_ptr(p));
        }
    }
    finish_raw(p)
}

/// Largest code point.
pub fn max_unit<T: Unit>(units: &[T]) -> u32 {
    let mut all = 0;
    for u in units {
        all |= u.cp();
    }
    // The bitwise or decides between kinds, except within the last plane, which has its own kind anyway.
    all
}

/// Bytes per code point that `max` needs.
#[inline]
pub fn kind_of(max: u32) -> u8 {
    if max < 256 {
        1
    } else if max < 0x10000 {
        2
    } else {
        4
    }
}

/// # Safety
/// `out` has room for all units and is aligned for U.
unsafe fn write_units<T: Unit, U: Unit>(units: &[T], out: *mut u8) {
    let out = out as *mut U;
    for (i, u) in units.iter().enumerate() {
        // SAFETY: given by the caller.
        unsafe { out.add(i).write(U::from_cp(u.cp())) };
    }
}

/// Writes `from` at `out` in `kind` (at least as wide as the data needs); result: the place behind.
///
/// # Safety
/// `out` has room for `from.len() * kind` bytes and is aligned for `kind`.
#[inline]
pub unsafe fn write_data(from: Data<'_>, kind: u8, out: *mut u8) -> *mut u8 {
    // SAFETY: given by the caller.
    unsafe {
        match (from, kind) {
            (Data::One(s), 1) => std::ptr::copy_nonoverlapping(s.as_ptr(), out, s.len()),
            (Data::One(s), 2) => write_units::<u8, u16>(s, out),
            (Data::One(s), _) => write_units::<u8, u32>(s, out),
            (Data::Two(s), 1) => write_units::<u16, u8>(s, out),
            (Data::Two(s), 2) => std::ptr::copy_nonoverlapping(s.as_ptr() as *const u8, out, s.len() * 2),
            (Data::Two(s), _) => write_units::<u16, u32>(s, out),
            (Data::Four(s), 1) => write_units::<u32, u8>(s, out),
            (Data::Four(s), 2) => write_units::<u32, u16>(s, out),
            (Data::Four(s), _) => std::ptr::copy_nonoverlapping(s.as_ptr() as *const u8, out, s.len() * 4),
        }
        out.add(from.len() * kind as usize)
    }
}

/// From data of any kind: the smallest kind is found.
pub fn from_data(d: Data<'_>) -> Ref {
    with_data!(d, s => from_units(s))
}

/// From UTF-8 text.
pub fn from_str(text: &str) -> Ref {
    if text.is_ascii() {
        return from_ascii(text.as_bytes());
    }
    let mut builder = Builder::new();
    builder.push_str(text);
    builder.finish()
}

/// From code points (surrogates allowed).
pub fn from_code_points(points: &[u32]) -> Ref {
    from_units(points)
}

/// The part of a str from `start` to `end` (in range).
pub fn substring(v: Value, start: usize, end: usize) -> Ref {
    let s = object(v);
    if start == 0 && end == s.len && is_exact_str(v) {
        return Ref::new(v);
    }
    match data(s) {
        Data::One(d) if s.ascii != 0 => from_ascii(&d[start..end]),
        d => from_data(d.slice(start, end)),
    }
}

/// An exact str equal to `v` (itself when it is one).
pub fn to_exact(v: Value) -> Ref {
    if is_exact_str(v) { Ref::new(v) } else { from_data(view(v).data()) }
}

/// Whether two strs are equal.
#[inline]
pub fn eq(a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    let (a, b) = (object(a), object(b));
    // SAFETY: both have `len * kind` bytes of data.
    a.len == b.len && a.kind == b.kind && unsafe { same_bytes(a.data.as_ptr(), b.data.as_ptr(), a.len * a.kind as usize) }
}

/// Whether `n` bytes are equal: in line for the usual lengths, where a call of memcmp costs more than the comparison.
///
/// # Safety
/// Both places have `n` bytes.
#[inline(always)]
pub unsafe fn same_bytes(a: *const u8, b: *const u8, n: usize) -> bool {
    // SAFETY: all reads are below n.
    unsafe {
        let word = |p: *const u8, at: usize| (p.add(at) as *const u64).read_unaligned();
        let half = |p: *const u8, at: usize| (p.add(at) as *const u32).read_unaligned();
        match n {
            8..=16 => (word(a, 0) ^ word(b, 0)) | (word(a, n - 8) ^ word(b, n - 8)) == 0,
            4..=7 => (half(a, 0) ^ half(b, 0)) | (half(a, n - 4) ^ half(b, n - 4)) == 0,
            1..=3 => *a == *b && *a.add(n / 2) == *b.add(n / 2) && *a.add(n - 1) == *b.add(n - 1),
            0 => true,
            _ => same_long(a, b, n),
        }
    }
}

#[inline(never)]
unsafe fn same_long(a: *const u8, b: *const u8, n: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(a, n) == std::slice::from_raw_parts(b, n) }
}

/// Order by code points.
#[inline]
pub fn cmp(a: Value, b: Value) -> std::cmp::Ordering {
    let (x, y) = (object(a), object(b));
    if x.len == 1 && y.len == 1 && x.kind | y.kind == 1 {
        return raw_bytes(x)[0].cmp(&raw_bytes(y)[0]);
    }
    cmp_long(a, b)
}

fn cmp_long(a: Value, b: Value) -> std::cmp::Ordering {
    match (view(a).data(), view(b).data()) {
        (Data::One(a), Data::One(b)) => a.cmp(b),
        (Data::Two(a), Data::Two(b)) => a.cmp(b),
        (Data::Four(a), Data::Four(b)) => a.cmp(b),
        _ => view(a).chars().cmp(view(b).chars()),
    }
}

/// The hash of a str: SipHash-1-3 of its bytes, cached.
#[inline]
pub fn hash(v: Value) -> i64 {
    let s = object(v);
    let h = s.hash.get();
    if h != -1 {
        return h;
    }
    let h = crate::str_hash::hash_bytes(raw_bytes(s));
    s.hash.set(h);
    h
}

/// `a + b` for two strs.
pub fn concat(a: Value, b: Value) -> R<Ref> {
    let (x, y) = (object(a), object(b));
    if x.kind | y.kind == 1 && x.len != 0 && y.len != 0 {
        let len = x.len + y.len;
        let Some(p) = new_narrow(len, x.ascii & y.ascii != 0) else { return Err(memory_error()) };
        // SAFETY: room was made for both; the lengths are those of two objects, so that their sum does not overflow.
        unsafe {
            let out = data_ptr(p);
            copy_bytes(x.data.as_ptr(), out, x.len);
            copy_bytes(y.data.as_ptr(), out.add(x.len), y.len);
        }
        return Ok(finish_raw(p));
    }
    if y.len == 0 && is_exact_str(a) {
        return Ok(Ref::new(a));
    }
    if x.len == 0 && is_exact_str(b) {
        return Ok(Ref::new(b));
    }
    let kind = x.kind.max(y.kind);
    let Some(len) = x.len.checked_add(y.len) else { return Err(overflow_error("strings are too large to concat")) };
    if len == 0 {
        return Ok(Ref::from_owned(empty()));
    }
    let Some(p) = new_raw(&STR, len, kind, x.ascii & y.ascii != 0) else { return Err(memory_error()) };
    // SAFETY: new_raw made room for both.
    unsafe {
        let out = write_data(data(x), kind, data_ptr(p));
        write_data(data(y), kind, out);
    }
    Ok(finish_raw(p))
}

/// `a + b` where the reference to `a` is given up: appends in place when nobody else holds `a`, so that building a
/// string by `s += x` takes linear time.
pub fn concat_owned(a: Ref, b: Value) -> R<Ref> {
    let (x, y) = (object(a.v()), object(b));
    let unique = x.header.count.get() >> 2 == 1 && x.header.count.get() & 3 == 0;
    if !unique || !is_exact_str(a.v()) || x.kind < y.kind || x.len < 16 || y.len == 0 || x.interned.get() != 0 {
        return concat(a.v(), b);
    }
    let kind = x.kind as usize;
    let old_bytes = HEAD_BYTES + (x.len + 1) * kind;
    let Some(len) = x.len.checked_add(y.len) else { return Err(overflow_error("strings are too large to concat")) };
    let new_bytes = HEAD_BYTES + (len + 1) * kind;
    let ascii = x.ascii & y.ascii;
    let old_len = x.len;
    let p = a.into_raw().address() as *mut u8;
    let p = slab::grow(p, old_bytes, new_bytes) as *mut StrObject;
    if p.is_null() {
        return Err(memory_error());
    }
    // SAFETY: the block holds new_bytes now, its head and old code points unchanged; nobody else refers to it. `b` is another object
    // (its count would be above one otherwise).
    unsafe {
        (*p).len = len;
        (*p).ascii = ascii;
        (*p).hash.set(-1);
        let end = write_data(data(y), kind as u8, data_ptr(p).add(old_len * kind));
        std::ptr::write_bytes(end, 0, kind);
    }
    Ok(finish_raw(p))
}

// ---------------------------------------------------------------- interning

struct InternTable {
    /// Open addressing, power of two; MISSING = free.
    slots: UnsafeCell<Vec<Value>>,
    used: Cell<usize>,
}
// SAFETY: single-threaded until threads arrive.
unsafe impl Sync for InternTable {}
static INTERNED: InternTable = InternTable { slots: UnsafeCell::new(Vec::new()), used: Cell::new(0) };

/// The one str object for this text. Interned strs are never freed.
pub fn intern(text: &str) -> Ref {
    let s = from_str(text);
    intern_value(s.v())
}

/// The interned str equal to `v`, which becomes it if there was none. Only exact strs are interned.
pub fn intern_value(v: Value) -> Ref {
    let s = object(v);
    if s.interned.get() != 0 || !is_exact_str(v) {
        return Ref::new(v);
    }
    if s.len == 0 {
        return Ref::from_owned(empty());
    }
    if s.len == 1 && s.kind == 1 {
        return Ref::from_owned(latin1_char(view(v).get(0) as u8));
    }
    // SAFETY: single-threaded, and nothing below runs Python code.
    let slots = unsafe { &mut *INTERNED.slots.get() };
    if slots.is_empty() {
        slots.resize(2048, Value::MISSING);
        for name in crate::names::all() {
            insert_interned(slots, name.value());
        }
    }
    let mask = slots.len() - 1;
    let mut at = hash(v) as usize & mask;
    while !slots[at].is_missing() {
        let found = slots[at];
        if eq(found, v) {
            return Ref::from_owned(found);
        }
        at = (at + 1) & mask;
    }
    s.interned.set(1);
    s.header.count.set(COUNT_IMMORTAL);
    slots[at] = v;
    INTERNED.used.set(INTERNED.used.get() + 1);
    if INTERNED.used.get() * 2 > slots.len() {
        let old = std::mem::replace(slots, vec![Value::MISSING; (mask + 1) * 2]);
        INTERNED.used.set(0);
        for v in old {
            if !v.is_missing() {
                insert_interned(slots, v);
            }
        }
    }
    Ref::from_owned(v)
}

fn insert_interned(slots: &mut [Value], v: Value) {
    let mask = slots.len() - 1;
    let mut at = hash(v) as usize & mask;
    while !slots[at].is_missing() {
        if eq(slots[at], v) {
            return;
        }
        at = (at + 1) & mask;
    }
    slots[at] = v;
    INTERNED.used.set(INTERNED.used.get() + 1);
}

// ---------------------------------------------------------------- building

enum Buffer {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

/// Builds a str piece by piece, widening as needed.
pub struct Builder {
    buffer: Buffer,
}

impl std::default::Default for Builder {
    fn default() -> Builder {
        Builder::new()
    }
}

impl Builder {
    /// An empty one.
    pub fn new() -> Builder {
        Builder { buffer: Buffer::One(Vec::new()) }
    }
    /// With room for `n` code points.
    pub fn with_capacity(n: usize) -> Builder {
        Builder { buffer: Buffer::One(Vec::with_capacity(n)) }
    }
    /// Code points so far.
    pub fn len(&self) -> usize {
        match &self.buffer {
            Buffer::One(b) => b.len(),
            Buffer::Two(b) => b.len(),
            Buffer::Four(b) => b.len(),
        }
    }
    /// Whether nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    #[cold]
    fn widen(&mut self, kind: u8) {
        let old = std::mem::replace(&mut self.buffer, Buffer::One(Vec::new()));
        self.buffer = match (old, kind) {
            (Buffer::One(b), 2) => Buffer::Two(b.iter().map(|&u| u as u16).collect()),
            (Buffer::One(b), 4) => Buffer::Four(b.iter().map(|&u| u as u32).collect()),
            (Buffer::Two(b), 4) => Buffer::Four(b.iter().map(|&u| u as u32).collect()),
            (old, _) => old,
        };
    }
    /// Appends one code point.
    #[inline]
    pub fn push_char(&mut self, cp: u32) {
        match &mut self.buffer {
            Buffer::One(b) if cp < 256 => b.push(cp as u8),
            Buffer::Two(b) if cp < 0x10000 => b.push(cp as u16),
            Buffer::Four(b) => b.push(cp),
            _ => {
                self.widen(kind_of(cp));
                self.push_char(cp)
            }
        }
    }
    /// Appends UTF-8 text.
    pub fn push_str(&mut self, text: &str) {
        if text.is_ascii() {
            self.push_latin1(text.as_bytes());
        } else {
            for c in text.chars() {
                self.push_char(c as u32);
            }
        }
    }
    /// Appends latin-1 bytes.
    pub fn push_latin1(&mut self, bytes: &[u8]) {
        match &mut self.buffer {
            Buffer::One(b) => b.extend_from_slice(bytes),
            Buffer::Two(b) => b.extend(bytes.iter().map(|&u| u as u16)),
            Buffer::Four(b) => b.extend(bytes.iter().map(|&u| u as u32)),
        }
    }
    /// Appends code points.
    pub fn push_data(&mut self, d: Data<'_>) {
        match (&mut self.buffer, d) {
            (_, Data::One(s)) => self.push_latin1(s),
            (Buffer::Two(b), Data::Two(s)) => b.extend_from_slice(s),
            (Buffer::Four(b), Data::Two(s)) => b.extend(s.iter().map(|&u| u as u32)),
            (Buffer::Four(b), Data::Four(s)) => b.extend_from_slice(s),
            (_, Data::Two(s)) => s.iter().for_each(|&u| self.push_char(u as u32)),
            (_, Data::Four(s)) => s.iter().for_each(|&u| self.push_char(u)),
        }
    }
    /// Appends a str value.
    #[inline]
    pub fn push_value(&mut self, v: Value) {
        self.push_data(view(v).data());
    }
    /// Appends the same code point `n` times.
    pub fn push_repeated(&mut self, cp: u32, n: usize) {
        for _ in 0..n {
            self.push_char(cp);
        }
    }
    /// The str.
    pub fn finish(self) -> Ref {
        match &self.buffer {
            Buffer::One(b) => from_latin1(b),
            Buffer::Two(b) => from_units(b),
            Buffer::Four(b) => from_units(b),
        }
    }
}

impl std::fmt::Write for Builder {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        self.push_str(s);
        Ok(())
    }
}
