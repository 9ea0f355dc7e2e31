//! The cache behind `functools.lru_cache`: a dict from keys to links, the links in a ring ordered by use.

use crate::_functools::{header, no_attributes};
use dxpyc_abi::InstanceDict;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::OBJECT;
use dxpyc_objects::{arity, call, dict, int, ops, tuple};
use std::mem::offset_of;

/// One cached result. Neighbours are not counted: the dict owns the links.
#[repr(C)]
pub struct Link {
    header: Header,
    previous: Cell<Value>,
    next: Cell<Value>,
    hash: i64,
    key: Slot,
    result: Slot,
}

impl Visit for Link {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.key);
        visitor.slot(&self.result);
    }
    fn clear(&self) {
        self.result.take();
    }
}

static LINK: Type =
    Type::builtin::<Link>("_lru_list_elem", "functools", Some(&OBJECT), type_flags::NO_NEW, Slots::NONE, None).visited::<Link>();
object_type!(Link, LINK);

/// `functools._lru_cache_wrapper`.
#[repr(C)]
pub struct LruCache {
    header: Header,
    function: Slot,
    cache: Slot,
    info: Slot,
    typed: bool,
    /// -1: no bound.
    maximum: i64,
    hits: Cell<i64>,
    misses: Cell<i64>,
    /// Least recently used and most recently used link, or MISSING.
    oldest: Cell<Value>,
    newest: Cell<Value>,
    attributes: InstanceDict,
}

impl Visit for LruCache {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.function);
        visitor.slot(&self.cache);
        visitor.slot(&self.info);
    }
    fn clear(&self) {
        clear_cache(self);
    }
}

/// The type of cached functions.
pub static LRU_CACHE: Type = Type::builtin::<LruCache>(
    "_lru_cache_wrapper",
    "functools",
    Some(&OBJECT),
    type_flags::BASE | type_flags::METHOD_DESCRIPTOR | type_flags::WEAKREFABLE,
    Slots { new: Some(new), call: Some(cached_call), descr_get: Some(get), ..Slots::NONE },
    Some(&LRU_CACHE_DECL),
)
.visited::<LruCache>()
.with_dict_at(offset_of!(LruCache, attributes));
object_type!(LruCache, LRU_CACHE);

fn link<'a>(v: Value) -> &'a Link {
    dxpyc_objects::cast::get_unchecked(v)
}

fn new(class: &'static Type, args: &Args) -> R<Ref> {
    let [function, maximum, typed, info] =
        arity::named("lru_cache", args, ["user_function", "maxsize", "typed", "cache_info_type"], 4, 4)?;
    if !ops::callable(function) {
        return Err(type_error("the first argument must be callable"));
    }
    let maximum = if maximum.is_none() {
        -1
    } else {
        if !dxpyc_objects::slice::has_index(maximum) {
            return Err(type_error("maxsize should be integer or None"));
        }
        int::index_i64(maximum)?.max(0)
    };
    Ok(dxpyc_objects::cast::new_object_of(class, LruCache {
        header: header(),
        function: Slot::new(Ref::new(function)),
        cache: Slot::new(dict::new()),
        info: Slot::new(Ref::new(info)),
        typed: ops::truth(typed)?,
        maximum,
        hits: Cell::new(0),
        misses: Cell::new(0),
        oldest: Cell::new(Value::MISSING),
        newest: Cell::new(Value::MISSING),
        attributes: no_attributes(),
    }))
}

/// What stands between positional and keyword arguments in keys: nothing else is this object.
#[repr(C)]
struct Mark(Header);
// SAFETY: immortal and without fields; single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Mark {}
static MARK: Mark = Mark(Header { count: Cell::new(dxpyc_abi::COUNT_IMMORTAL), ty: Cell::new(&raw const OBJECT as *const _) });

fn make_key(args: &Args, typed: bool) -> Ref {
    let pos = args.pos();
    if !typed && !args.has_kw() && pos.len() == 1 && (is_exact(pos[0], &int::INT) || dxpyc_objects::str::is_exact_str(pos[0])) {
        return Ref::new(pos[0]);
    }
    let mut parts: Vec<Value> = pos.to_vec();
    if args.has_kw() {
        parts.push(Value::from_address(&raw const MARK as usize));
        for (name, value) in args.kw() {
            parts.push(name);
            parts.push(value);
        }
    }
    if typed {
        parts.extend(args.values().iter().map(|v| type_of(*v).v()));
    }
    tuple::from_slice(&parts)
}

fn cached_call(v: Value, args: &Args) -> R<Ref> {
    let c = dxpyc_objects::cast::get_unchecked::<LruCache>(v);
    let _keep = Ref::new(v);
    let function = Ref::new(c.function.get());
    if c.maximum == 0 {
        c.misses.set(c.misses.get() + 1);
        return call::call(function.v(), args);
    }
    let key = make_key(args, c.typed);
    let hash = dict::hash_of(key.v())?;
    let cache = Ref::new(c.cache.get());
    if let Some(found) = dict::get_hashed(cache.v(), key.v(), hash)?.map(Ref::new) {
        c.hits.set(c.hits.get() + 1);
        if c.maximum < 0 {
            return Ok(found);
        }
        unlink(c, found.v());
        append(c, found.v());
        return Ok(Ref::new(link(found.v()).result.get()));
    }
    c.misses.set(c.misses.get() + 1);
    let result = call::call(function.v(), args)?;
    if c.maximum < 0 {
        dict::set_hashed(cache.v(), key.v(), hash, result.clone())?;
        return Ok(result);
    }
    if dict::get_hashed(cache.v(), key.v(), hash)?.is_some() {
        // The function called itself with the same arguments: that result stays.
        return Ok(result);
    }
    let mut dropped = None;
    if dict::len(cache.v()) as i64 >= c.maximum && !c.oldest.get().is_missing() {
        let oldest = Ref::new(c.oldest.get());
        unlink(c, oldest.v());
        let old_key = Ref::new(link(oldest.v()).key.get());
        dropped = dict::take_hashed(cache.v(), old_key.v(), link(oldest.v()).hash)?;
    }
    let entry = new_object(Link {
        header: header(),
        previous: Cell::new(Value::MISSING),
        next: Cell::new(Value::MISSING),
        hash,
        key: Slot::new(key.clone()),
        result: Slot::new(result.clone()),
    });
    dict::set_hashed(cache.v(), key.v(), hash, entry.clone())?;
    append(c, entry.v());
    drop(dropped);
    Ok(result)
}

/// Takes a link out of the chain.
fn unlink(c: &LruCache, v: Value) {
    let l = link(v);
    let (previous, next) = (l.previous.replace(Value::MISSING), l.next.replace(Value::MISSING));
    if previous.is_missing() {
        if c.oldest.get() == v {
            c.oldest.set(next);
        }
    } else {
        link(previous).next.set(next);
    }
    if next.is_missing() {
        if c.newest.get() == v {
            c.newest.set(previous);
        }
    } else {
        link(next).previous.set(previous);
    }
}

/// Puts a link at the recent end.
fn append(c: &LruCache, v: Value) {
    let newest = c.newest.replace(v);
    link(v).previous.set(newest);
    link(v).next.set(Value::MISSING);
    if newest.is_missing() {
        c.oldest.set(v);
    } else {
        link(newest).next.set(v);
    }
}

fn clear_cache(c: &LruCache) {
    c.oldest.set(Value::MISSING);
    c.newest.set(Value::MISSING);
    c.hits.set(0);
    c.misses.set(0);
    c.cache.set(dict::new());
}

fn get(v: Value, instance: Value, _owner: Value) -> R<Ref> {
    if instance.is_missing() || instance.is_none() {
        return Ok(Ref::new(v));
    }
    Ok(dxpyc_objects::function::new_method(v, instance))
}

#[native_class(
    decl = LRU_CACHE_DECL,
    doc = "Create a cached callable that wraps another function.\n\nuser_function:      the function being cached\n\nmaxsize:  0         for no caching\n          None      for unlimited cache size\n          n         for a bounded cache\n\ntyped:    False     cache f(3) and f(3.0) as identical calls\n          True      cache f(3) and f(3.0) as distinct calls\n\ncache_info_type:    namedtuple class with the fields:\n                        hits misses currsize maxsize\n"
)]
impl LruCache {
    /// Report cache statistics
    #[native]
    fn cache_info(&self) -> R<Ref> {
        let maximum = if self.maximum < 0 { Ref::none() } else { int::from_i64(self.maximum) };
        let numbers = [
            int::from_i64(self.hits.get()),
            int::from_i64(self.misses.get()),
            maximum,
            int::from_i64(dict::len(self.cache.get()) as i64),
        ];
        let values = numbers.each_ref().map(Ref::v);
        call::call(self.info.get(), &Args::positional(&values))
    }
    /// Clear the cache and cache statistics
    #[native]
    fn cache_clear(&self) {
        clear_cache(self)
    }
    #[native]
    fn __copy__(this: Value) -> Ref {
        Ref::new(this)
    }
    #[native]
    fn __deepcopy__(this: Value, _memo: Value) -> Ref {
        Ref::new(this)
    }
    #[native]
    fn __reduce__(this: Value) -> R<Ref> {
        ops::getattr_str(this, "__qualname__")
    }
}
