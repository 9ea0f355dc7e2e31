//! The type `dict`: operators and methods. The table is in `dict.rs`, views and iterators in `dict_views.rs`.

use crate::arity;
use crate::dict::{self, DictBody, DictObject, body, is_dict, key_hash};
use crate::ops;
use crate::prelude::*;

const SLOTS: Slots = Slots {
    repr: Some(repr),
    compare: Some(compare),
    iter: Some(crate::dict_views::iter_keys),
    new: Some(new),
    init: Some(init),
    len: Some(len),
    getitem: Some(getitem),
    setitem: Some(setitem),
    contains: Some(contains),
    or: Some(or),
    ior: Some(ior),
    ..Slots::NONE
};

/// The type `dict`.
#[unsafe(export_name = "dxp_type_dict")]
pub static DICT: Type = Type::builtin::<DictBody>(
    "dict",
    "builtins",
    Some(&crate::type_object::OBJECT),
    type_flags::BASE | type_flags::DICT | type_flags::MAPPING | type_flags::MATCH_SELF,
    SLOTS,
    Some(&DICT_DECL),
)
.visited::<DictBody>()
.dealloc_by(crate::type_object::dealloc_as::<DictBody>);
object_type!(DictObject, DICT);

fn new(class: &'static Type, _args: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(class, dict::empty_body()))
}

/// `dict.__init__`.
pub fn init(v: Value, args: &Args) -> R<()> {
    update_from_args(v, "dict", args)
}

fn update_from_args(d: Value, name: &str, args: &Args) -> R<()> {
    arity::check(name, args.pos().len(), 0, 1)?;
    if let Some(&other) = args.pos().first() {
        update(d, other)?;
    }
    for (key, value) in args.kw() {
        dict::set(d, key, value)?;
    }
    Ok(())
}

/// `dict.update(other)`: a dict, something with `keys()`, or an iterable of pairs.
pub fn update(d: Value, other: Value) -> R<()> {
    if is_plain_dict(other) {
        return dict::merge(d, other, true);
    }
    if ops::getattr_opt_value(other, crate::names::KEYS())?.is_some() {
        return update_from_mapping(d, other, true);
    }
    update_from_pairs(d, other)
}

/// Whether the value is a dict whose `__iter__` is dict's: its table can be read directly.
pub fn is_plain_dict(v: Value) -> bool {
    is_dict(v) && (dict::is_exact_dict(v) || arity::same_slot(type_of(v).slots().iter, DICT.slots().iter))
}

/// Sets `d[key] = mapping[key]` for the keys that `mapping.keys()` gives.
pub fn update_from_mapping(d: Value, mapping: Value, replace: bool) -> R<()> {
    let keys = crate::call::call_method_value(mapping, crate::names::KEYS(), &[])?;
    crate::iterators::for_each(keys.v(), |key| {
        if !replace && dict::contains(d, key.v())? {
            return Err(key_error(key.v()));
        }
        let value = ops::getitem(mapping, key.v())?;
        dict::set_owned(d, key.v(), value)
    })
}

fn update_from_pairs(d: Value, pairs: Value) -> R<()> {
    let iterator = ops::iter(pairs)?;
    let mut i = 0usize;
    crate::iterators::drain(iterator.v(), |pair| {
        let items = match crate::list::collect(pair.v()) {
            Ok(items) => items,
            Err(raised) => {
                if !crate::iterators::is_iterable(pair.v()) && swallow(&crate::exceptions::TYPE_ERROR) {
                    return Err(not_a_pair(i));
                }
                return Err(raised);
            }
        };
        let [key, value] = &items[..] else {
            return Err(value_error(format!(
                "dictionary update sequence element #{i} has length {}; 2 is required",
                items.len()
            )));
        };
        i += 1;
        dict::set(d, key.v(), value.v())
    })
}

/// TypeError "object is not iterable" with CPython's note.
fn not_a_pair(i: usize) -> Raised {
    let raised = type_error("object is not iterable");
    if let Some(exception) = crate::state::take_pending() {
        let note = crate::str::from_str(&format!("Cannot convert dictionary update sequence element #{i} to a sequence"));
        let added = crate::call::call_method(exception.v(), "add_note", &[note.v()]);
        if added.is_err() {
            drop(crate::state::take_pending());
        }
        crate::state::state().pending.set(exception);
    }
    raised
}

fn repr(v: Value) -> R<Ref> {
    if dict::len(v) == 0 {
        return arity::text("{}");
    }
    crate::state::check_recursion(" while getting the repr of an object")?;
    let Some(_guard) = arity::ReprGuard::enter(v) else { return arity::text("{...}") };
    let mut out = crate::str::Builder::new();
    out.push_str("{");
    let mut pos = 0;
    let mut first = true;
    while let Some((key, value)) = dict::next_entry(v, &mut pos) {
        let (key, value) = (Ref::new(key), Ref::new(value));
        if !first {
            out.push_str(", ");
        }
        first = false;
        out.push_value(ops::repr(key.v())?.v());
        out.push_str(": ");
        out.push_value(ops::repr(value.v())?.v());
    }
    out.push_str("}");
    Ok(out.finish())
}

fn compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !is_dict(a) || !is_dict(b) || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::bool(equal(a, b)? == (op == CompareOp::Eq)))
}

/// Whether two dicts have the same keys with equal values.
pub fn equal(a: Value, b: Value) -> R<bool> {
    if dict::len(a) != dict::len(b) {
        return Ok(false);
    }
    crate::state::check_recursion(" in comparison")?;
    let mut pos = 0;
    while let Some((hash, key, value)) = dict::next_hashed(a, &mut pos) {
        let (key, value) = (Ref::new(key), Ref::new(value));
        let Some(other) = dict::get_hashed(b, key.v(), hash)?.map(Ref::new) else { return Ok(false) };
        if !dict::same(value.v(), other.v())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn len(v: Value) -> R<usize> {
    Ok(dict::len(v))
}

fn getitem(v: Value, key: Value) -> R<Ref> {
    let hash = key_hash(key)?;
    if let Some(value) = dict::get_hashed(v, key, hash)? {
        return Ok(Ref::new(value));
    }
    missing(v, key)
}

#[cold]
fn missing(v: Value, key: Value) -> R<Ref> {
    if !dict::is_exact_dict(v)
        && let Some(method) = crate::type_object::lookup_special(v, crate::names::__MISSING__())?
    {
        return crate::call::call1(method.v(), key);
    }
    Err(key_error(key))
}

fn setitem(v: Value, key: Value, value: Value) -> R<()> {
    let hash = key_hash(key)?;
    if value.is_missing() {
        return match dict::take_hashed(v, key, hash)? {
            Some(old) => {
                drop(old);
                Ok(())
            }
            None => Err(key_error(key)),
        };
    }
    dict::set_hashed(v, key, hash, Ref::new(value))
}

fn contains(v: Value, key: Value) -> R<bool> {
    let hash = key_hash(key)?;
    Ok(dict::get_hashed(v, key, hash)?.is_some())
}

fn or(a: Value, b: Value) -> R<Ref> {
    if !is_dict(a) || !is_dict(b) {
        return Ok(Ref::not_implemented());
    }
    let out = dict::copy(a);
    update(out.v(), b)?;
    Ok(out)
}

fn ior(a: Value, b: Value) -> R<Ref> {
    update(a, b)?;
    Ok(Ref::new(a))
}

pub(crate) struct DictMethods;

#[native_class(
    decl = DICT_DECL,
    doc = "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    (key, value) pairs\ndict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = v\ndict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in the keyword argument list.  For example:  dict(one=1, two=2)"
)]
impl DictMethods {
    /// Return the value for key if key is in the dictionary, else default.
    #[native("($self, key, default=None, /)")]
    pub(crate) fn get(this: Value, key: Value, default: Option<Value>) -> R<Ref> {
        let hash = key_hash(key)?;
        Ok(Ref::new(dict::get_hashed(this, key, hash)?.unwrap_or(default.unwrap_or(Value::NONE))))
    }
    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[native("($self, key, default=None, /)")]
    fn setdefault(this: Value, key: Value, default: Option<Value>) -> R<Ref> {
        let hash = key_hash(key)?;
        dict::set_default_hashed(this, key, hash, default.unwrap_or(Value::NONE))
    }
    /// D.pop(k[,d]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    #[native]
    fn pop(this: Value, key: Value, default: Option<Value>) -> R<Ref> {
        let taken = if dict::len(this) == 0 {
            key_hash(key)?;
            None
        } else {
            let hash = key_hash(key)?;
            dict::take_hashed(this, key, hash)?
        };
        match (taken, default) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(Ref::new(default)),
            (None, None) => Err(key_error(key)),
        }
    }
    /// Remove and return a (key, value) pair as a 2-tuple.
    ///
    /// Pairs are returned in LIFO (last-in, first-out) order.
    /// Raises KeyError if the dict is empty.
    #[native]
    fn popitem(this: Value) -> R<Ref> {
        match dict::pop_last(this) {
            Some((key, value)) => Ok(crate::tuple::pair(key, value)),
            None => Err(key_error(crate::str::from_str("popitem(): dictionary is empty").v())),
        }
    }
    /// D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.
    ///
    /// If E is present and has a .keys() method, then does:  for k in E.keys(): D[k] = E[k]
    /// If E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v
    /// In either case, this is followed by: for k in F:  D[k] = F[k]
    #[native(raw)]
    fn update(this: Value, args: &Args) -> R<()> {
        update_from_args(this, "update", args)
    }
    /// Remove all items from the dict.
    #[native]
    fn clear(this: Value) {
        dict::clear(this)
    }
    /// Return a shallow copy of the dict.
    #[native]
    fn copy(this: Value) -> Ref {
        dict::copy(this)
    }
    /// Return a set-like object providing a view on the dict's keys.
    #[native]
    fn keys(this: Value) -> Ref {
        crate::dict_views::keys(this)
    }
    /// Return a set-like object providing a view on the dict's items.
    #[native]
    fn items(this: Value) -> Ref {
        crate::dict_views::items(this)
    }
    /// Return an object providing a view on the dict's values.
    #[native]
    fn values(this: Value) -> Ref {
        crate::dict_views::values(this)
    }
    /// Create a new dictionary with keys from iterable and values set to value.
    #[classmethod("($type, iterable, value=None, /)")]
    fn fromkeys(class: Value, iterable: Value, value: Option<Value>) -> R<Ref> {
        let value = value.unwrap_or(Value::NONE);
        let d = crate::call::call0(class)?;
        if dict::is_exact_dict(d.v()) {
            crate::iterators::for_each(iterable, |key| dict::set(d.v(), key.v(), value))?;
        } else {
            crate::iterators::for_each(iterable, |key| ops::setitem(d.v(), key.v(), value))?;
        }
        Ok(d)
    }
    /// Return a reverse iterator over the dict keys.
    #[native]
    fn __reversed__(this: Value) -> Ref {
        crate::dict_views::reversed_keys(this)
    }
    /// Return the size of the dict in memory.
    #[native]
    fn __sizeof__(this: Value) -> i64 {
        dict::sizeof(body(this)) as i64
    }
    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
}
