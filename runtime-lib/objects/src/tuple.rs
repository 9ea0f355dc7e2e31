//! tuple: a fixed number of items behind the header. The empty tuple exists once.

use crate::arity;
use crate::int;
use crate::ops;
use crate::prelude::*;
use dxpyc_abi::{COUNT_IMMORTAL, COUNT_UNIT};
pub use dxpyc_abi::TupleObject;

/// The body of tuples, with their destructor.
#[repr(transparent)]
pub struct TupleBody(TupleObject);

impl Drop for TupleBody {
    fn drop(&mut self) {
        let items = (&raw const self.0.items) as *const Value;
        for i in (0..self.0.len).rev() {
            // SAFETY: `len` owned items follow the head; each is given up once.
            drop(Ref::from_owned(unsafe { *items.add(i) }));
        }
    }
}

impl Visit for TupleBody {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        for &item in slice(&self.0).iter().rev() {
            visitor.value(item);
        }
    }
    // A tuple cannot be emptied: its hash and the borrowers of its items rely on it. Some other member of a cycle can.
    fn clear(&self) {}
}

const SLOTS: Slots = Slots {
    repr: Some(repr),
    hash: Some(hash),
    compare: Some(compare),
    iter: Some(crate::iterators::tuple_iter),
    new: Some(new),
    len: Some(len),
    getitem: Some(getitem),
    contains: Some(contains),
    concat: Some(concat),
    repeat: Some(repeat),
    var_size: Some(var_size),
    ..Slots::NONE
};

/// The type `tuple`.
#[unsafe(export_name = "dxp_type_tuple")]
pub static TUPLE: Type = Type::builtin::<TupleBody>(
    "tuple",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE | type_flags::TUPLE | type_flags::SEQUENCE | type_flags::MATCH_SELF,
    SLOTS,
    Some(&TUPLE_DECL),
)
.visited::<TupleBody>()
.variable(var_size)
.dealloc_by(dealloc);
object_type!(TupleObject, TUPLE);

/// Destroys a tuple.
fn dealloc(v: Value) {
    let t = crate::cast::get_unchecked::<TupleObject>(v);
    // SAFETY: the tuple is dead and owns its items; nobody else looks at its length.
    let keep = |v: Value, n| unsafe { (*(v.address() as *mut TupleObject)).len = n };
    // SAFETY: as above.
    unsafe { crate::type_object::dealloc_items(v, (&raw const t.items) as *const Value, t.len, keep, crate::type_object::dealloc_block) }
}

unsafe fn var_size(object: *const Header) -> usize {
    // SAFETY: called for tuples only.
    let len = unsafe { (*(object as *const TupleObject)).len };
    size_of::<TupleObject>() + len * size_of::<Value>()
}

#[repr(C)]
struct Empty(TupleObject);
// SAFETY: immortal and immutable but for the hash cell; single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Empty {}
static EMPTY: Empty = Empty(TupleObject {
    header: Header { count: Cell::new(COUNT_IMMORTAL), ty: Cell::new(&raw const TUPLE as *const _) },
    len: 0,
    hash: Cell::new(-1),
    items: [],
});

/// The empty tuple (borrowed).
#[inline]
pub fn empty() -> Value {
    Value::from_address(&raw const EMPTY as usize)
}

/// The items of a tuple body. They live as long as the tuple.
#[inline(always)]
pub fn slice(t: &TupleObject) -> &[Value] {
    // SAFETY: `len` initialised items follow the head, and they never change.
    unsafe { std::slice::from_raw_parts((&raw const t.items) as *const Value, t.len) }
}

/// The items of a tuple (or an instance of a subclass). They live as long as the tuple.
#[inline]
pub fn items<'a>(v: Value) -> Option<&'a [Value]> {
    if v.is_pointer() && type_of(v).has(type_flags::TUPLE) { Some(items_unchecked(v)) } else { None }
}

/// The items of what is known to be a tuple.
#[inline(always)]
pub fn items_unchecked<'a>(v: Value) -> &'a [Value] {
    slice(crate::cast::get_unchecked::<TupleObject>(v))
}

/// Whether the value is exactly a tuple.
#[inline(always)]
pub fn is_exact_tuple(v: Value) -> bool {
    crate::cast::is_exact_object(v, &TUPLE)
}

/// A tuple whose items are to be written at once: (object, place of the first item). No allocation or call may come between.
#[inline]
fn raw(class: &'static Type, n: usize) -> R<(Value, *mut Value)> {
    let Some(bytes) = n.checked_mul(size_of::<Value>()).and_then(|b| b.checked_add(size_of::<TupleObject>())) else {
        return Err(memory_error());
    };
    let p = if std::ptr::eq(class, &TUPLE) {
        dxpyc_heap::slab::try_alloc(bytes)
    } else {
        class.allocate(bytes)
    };
    if p.is_null() {
        return Err(memory_error());
    }
    let t = p as *mut TupleObject;
    // SAFETY: the block has room for the head and n items.
    unsafe {
        (&raw mut (*t).header).write(Header { count: Cell::new(COUNT_UNIT), ty: Cell::new(&raw const class.prefix) });
        (&raw mut (*t).len).write(n);
        (&raw mut (*t).hash).write(Cell::new(-1));
        Ok((Value::from_address(p as usize), (&raw mut (*t).items) as *mut Value))
    }
}

/// A tuple of a class (tuple or a subclass) with the items taken over.
pub fn from_refs_of(class: &'static Type, items: Vec<Ref>) -> R<Ref> {
    if items.is_empty() && std::ptr::eq(class, &TUPLE) {
        return Ok(Ref::from_owned(empty()));
    }
    let (v, place) = raw(class, items.len())?;
    for (i, item) in items.into_iter().enumerate() {
        // SAFETY: `raw` made room for them.
        unsafe { place.add(i).write(item.into_raw()) };
    }
    Ok(Ref::from_owned(v))
}

/// A tuple of owned items.
pub fn from_refs(items: Vec<Ref>) -> Ref {
    from_refs_of(&TUPLE, items).unwrap_or_else(|_| std::process::abort())
}

/// A tuple of borrowed items (new references are taken).
#[inline]
pub fn try_from_slice(items: &[Value]) -> R<Ref> {
    if items.is_empty() {
        return Ok(Ref::from_owned(empty()));
    }
    let (v, place) = raw(&TUPLE, items.len())?;
    for (i, &item) in items.iter().enumerate() {
        dxpyc_heap::owned::incref(item);
        // SAFETY: `raw` made room for them.
        unsafe { place.add(i).write(item) };
    }
    Ok(Ref::from_owned(v))
}

/// A tuple of borrowed items (new references are taken).
#[inline]
pub fn from_slice(items: &[Value]) -> Ref {
    try_from_slice(items).unwrap_or_else(|_| std::process::abort())
}

/// A tuple of two owned items.
#[inline]
pub fn pair(a: Ref, b: Ref) -> Ref {
    let Ok((v, place)) = raw(&TUPLE, 2) else { std::process::abort() };
    // SAFETY: room for two.
    unsafe {
        place.write(a.into_raw());
        place.add(1).write(b.into_raw());
    }
    Ref::from_owned(v)
}

/// For iterators that give out a pair at a time: the last pair, kept in `last`, is filled again when nobody else holds it.
#[inline]
pub fn next_pair(last: &Slot, a: Ref, b: Ref) -> Ref {
    let held = last.get();
    if !held.is_missing() {
        let t = crate::cast::get_unchecked::<TupleObject>(held);
        if t.header.count.get() & !3 == COUNT_UNIT {
            let result = Ref::new(held);
            let place = (&raw const t.items) as *mut Value;
            t.hash.set(-1);
            // SAFETY: the only owner is the iterator, so that nobody can see the two items change; the old ones are dropped after
            // both writes.
            unsafe {
                let old = (place.replace(a.into_raw()), place.add(1).replace(b.into_raw()));
                drop(Ref::from_owned(old.0));
                drop(Ref::from_owned(old.1));
            }
            return result;
        }
    }
    let result = pair(a, b);
    last.set(result.clone());
    result
}

/// Any iterable as a tuple (`tuple(x)`).
pub fn from_iterable(v: Value) -> R<Ref> {
    if is_exact_tuple(v) {
        return Ok(Ref::new(v));
    }
    if crate::list::is_exact_list(v) {
        return try_from_slice(crate::list::items_raw(v));
    }
    from_refs_of(&TUPLE, crate::list::collect(v)?)
}

fn new(class: &'static Type, args: &Args) -> R<Ref> {
    arity::refuse_keywords(class, &TUPLE, args)?;
    arity::check("tuple", args.pos().len(), 0, 1)?;
    let exact = match args.pos().first() {
        None => Ref::from_owned(empty()),
        Some(&v) => from_iterable(v)?,
    };
    if std::ptr::eq(class, &TUPLE) {
        return Ok(exact);
    }
    let items = items_unchecked(exact.v());
    let (v, place) = raw(class, items.len())?;
    for (i, &item) in items.iter().enumerate() {
        // SAFETY: `raw` made room for them.
        unsafe { place.add(i).write(Ref::new(item).into_raw()) };
    }
    class.note_instance();
    Ok(Ref::from_owned(v))
}

fn repr(v: Value) -> R<Ref> {
    let items = items_unchecked(v);
    if items.is_empty() {
        return arity::text("()");
    }
    crate::state::check_recursion(" while getting the repr of an object")?;
    let Some(_guard) = arity::ReprGuard::enter(v) else { return arity::text("(...)") };
    let mut out = crate::str::Builder::new();
    out.push_str("(");
    for (i, &item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        let r = ops::repr(item)?;
        out.push_value(r.v());
    }
    out.push_str(if items.len() == 1 { ",)" } else { ")" });
    Ok(out.finish())
}

const PRIME_1: u64 = 11400714785074694791;
const PRIME_2: u64 = 14029467366897019727;
const PRIME_5: u64 = 2870177450012600261;

/// CPython's tuple hash (xxHash's rounds over the items' hashes).
pub fn hash_lanes(n: usize, mut lane: impl FnMut(usize) -> R<i64>) -> R<i64> {
    let mut acc = PRIME_5;
    for i in 0..n {
        acc = acc.wrapping_add((lane(i)? as u64).wrapping_mul(PRIME_2));
        acc = acc.rotate_left(31).wrapping_mul(PRIME_1);
    }
    acc = acc.wrapping_add(n as u64 ^ (PRIME_5 ^ 3527539));
    Ok(if acc == u64::MAX { 1546275796 } else { acc as i64 })
}

/// The hash of a tuple.
pub fn hash(v: Value) -> R<i64> {
    let t = crate::cast::get_unchecked::<TupleObject>(v);
    if t.hash.get() != -1 {
        return Ok(t.hash.get());
    }
    crate::state::check_recursion("")?;
    let items = slice(t);
    let h = hash_lanes(items.len(), |i| crate::dict::hash_of(items[i]))?;
    t.hash.set(h);
    Ok(h)
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    let (Some(x), Some(y)) = (items(a), items(b)) else { return Ok(Ref::not_implemented()) };
    crate::state::check_recursion(" in comparison")?;
    for (&p, &q) in x.iter().zip(y) {
        if p == q {
            continue;
        }
        if !crate::dict::same(p, q)? {
            return match op {
                CompareOp::Eq => Ok(Ref::bool(false)),
                CompareOp::Ne => Ok(Ref::bool(true)),
                _ => ops::compare(p, q, op),
            };
        }
    }
    Ok(Ref::bool(op.holds(x.len().cmp(&y.len()))))
}

fn len(v: Value) -> R<usize> {
    Ok(items_unchecked(v).len())
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    let items = items_unchecked(v);
    if let Some(i) = key.as_small_int() {
        let i = if i < 0 { i + items.len() as i64 } else { i };
        return match items.get(i as usize) {
            Some(&item) if i >= 0 => Ok(Ref::new(item)),
            _ => Err(index_error("tuple index out of range")),
        };
    }
    if crate::slice::is_slice(key) {
        let (start, _, step, count) = crate::slice::indices(key, items.len())?;
        if step == 1 {
            if count == items.len() && is_exact_tuple(v) {
                return Ok(Ref::new(v));
            }
            return try_from_slice(&items[start as usize..start as usize + count]);
        }
        let picked: Vec<Value> = (0..count).map(|i| items[(start + i as isize * step) as usize]).collect();
        return try_from_slice(&picked);
    }
    let i = crate::slice::item_index(key, "tuple")?;
    let i = if i < 0 { i + items.len() as isize } else { i };
    match items.get(i as usize) {
        Some(&item) if i >= 0 => Ok(Ref::new(item)),
        _ => Err(index_error("tuple index out of range")),
    }
}

fn contains(v: Value, item: Value) -> R<bool> {
    for &x in items_unchecked(v) {
        if crate::dict::same(x, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn concat(a: Value, b: Value) -> R<Ref> {
    if is_exact_tuple(b) && items_unchecked(b).is_empty() && is_exact_tuple(a) {
        return Ok(Ref::new(a));
    }
    let Some(y) = items(b) else {
        return Err(type_error(format!(
            "can only concatenate tuple (not \"{}\") to tuple",
            crate::type_object::display_name(b)
        )));
    };
    let x = items_unchecked(a);
    if x.is_empty() && is_exact_tuple(b) {
        return Ok(Ref::new(b));
    }
    if x.is_empty() && y.is_empty() {
        return Ok(Ref::from_owned(empty()));
    }
    let (v, place) = raw(&TUPLE, x.len() + y.len())?;
    for (i, &item) in x.iter().chain(y).enumerate() {
        // SAFETY: `raw` made room for both.
        unsafe { place.add(i).write(Ref::new(item).into_raw()) };
    }
    Ok(Ref::from_owned(v))
}

fn repeat(v: Value, n: isize) -> R<Ref> {
    let items = items_unchecked(v);
    if items.is_empty() || n == 1 {
        if is_exact_tuple(v) {
            return Ok(Ref::new(v));
        }
        if items.is_empty() {
            return Ok(Ref::from_owned(empty()));
        }
    }
    if n <= 0 {
        return Ok(Ref::from_owned(empty()));
    }
    let Some(total) = items.len().checked_mul(n as usize).filter(|t| *t <= isize::MAX as usize / 8) else {
        return Err(memory_error());
    };
    let (t, place) = raw(&TUPLE, total)?;
    let mut at = 0;
    while at < total {
        for &item in items {
            // SAFETY: `raw` made room for `total` items.
            unsafe { place.add(at).write(Ref::new(item).into_raw()) };
            at += 1;
        }
    }
    Ok(Ref::from_owned(t))
}

struct TupleMethods;

#[native_class(
    decl = TUPLE_DECL,
    doc = "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\nIf iterable is specified the tuple is initialized from iterable's items.\n\nIf the argument is a tuple, the return value is the same object."
)]
impl TupleMethods {
    /// Return number of occurrences of value.
    #[native]
    fn count(this: Value, value: Value) -> R<Ref> {
        let mut n = 0;
        for &x in items_unchecked(this) {
            n += crate::dict::same(x, value)? as i64;
        }
        Ok(int::from_i64(n))
    }
    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[native("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(this: Value, value: Value, start: Option<Value>, stop: Option<Value>) -> R<Ref> {
        let items = items_unchecked(this);
        let start = crate::slice::clamped(start, items.len(), 0)?;
        let stop = crate::slice::clamped(stop, items.len(), items.len())?;
        for i in start..stop {
            if crate::dict::same(items[i], value)? {
                return Ok(int::from_i64(i as i64));
            }
        }
        Err(value_error("tuple.index(x): x not in tuple"))
    }
    #[native]
    fn __getnewargs__(this: Value) -> R<Ref> {
        Ok(from_slice(&[try_from_slice(items_unchecked(this))?.v()]))
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
}
