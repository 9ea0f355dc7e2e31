//! `super`.

use crate::dunder::{D, name};
use crate::prelude::*;
use crate::type_object::{as_type, display_name, ensure_dict, mro};

/// A super object.
#[repr(C)]
pub struct Super {
    header: Header,
    /// `__thisclass__`; empty before `__init__`.
    class: Slot,
    /// `__self__`; empty when unbound.
    object: Slot,
    /// `__self_class__`; empty when unbound.
    object_class: Slot,
}

/// `super`.
pub static SUPER: Type = Type::builtin::<Super>(
    "super",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::BASE,
    Slots { new: Some(new), init: Some(init), repr: Some(repr), getattr: Some(getattr), descr_get: Some(get), ..Slots::NONE },
    Some(&SUPER_DECL),
)
.visited::<Super>();
object_type!(Super, SUPER);

impl Visit for Super {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.class);
        visitor.slot(&self.object);
        visitor.slot(&self.object_class);
    }
    fn clear(&self) {}
}

fn new(class: &'static Type, _args: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(
        class,
        Super { header: crate::cast::fresh_header(), class: Slot::empty(), object: Slot::empty(), object_class: Slot::empty() },
    ))
}

fn init(this: Value, args: &Args) -> R<()> {
    args.no_keywords("super")?;
    let (class, object) = match args.pos() {
        [] => return Err(runtime_error("super(): no arguments")),
        [c] => (*c, Value::NONE),
        [c, o] => (*c, *o),
        more => return Err(type_error(format!("super() expected at most 2 arguments, got {}", more.len()))),
    };
    if as_type(class).is_none() {
        return Err(type_error(format!("super() argument 1 must be a type, not {}", display_name(class))));
    }
    let s = crate::cast::get_unchecked::<Super>(this);
    s.class.set(Ref::new(class));
    if object.is_none() {
        return Ok(());
    }
    s.object_class.set(checked_class(class, object)?);
    s.object.set(Ref::new(object));
    Ok(())
}

/// The class from whose MRO `super(class, object)` looks on.
fn checked_class(class: Value, object: Value) -> R<Ref> {
    let Some(t) = as_type(class) else {
        return Err(type_error(format!("super() argument 1 must be a type, not {}", display_name(class))));
    };
    if let Some(o) = as_type(object)
        && o.is_subtype(t)
    {
        return Ok(Ref::new(object));
    }
    let own = type_of(object);
    if own.is_subtype(t) {
        return Ok(Ref::new(own.v()));
    }
    if let Some(c) = crate::ops::getattr_opt_value(object, name(D::Class))?
        && let Some(claimed) = as_type(c.v())
        && !std::ptr::eq(claimed, own)
        && claimed.is_subtype(t)
    {
        return Ok(c);
    }
    let (what, shown) = match as_type(object) {
        Some(o) => ("type", o.name()),
        None => ("instance of", own.name()),
    };
    Err(type_error(format!(
        "super(type, obj): obj ({what} {shown}) is not an instance or subtype of type ({}).",
        t.name()
    )))
}

fn repr(this: Value) -> R<Ref> {
    let s = crate::cast::get_unchecked::<Super>(this);
    let class = as_type(s.class.get()).map_or("NULL".to_string(), |t| t.name());
    Ok(crate::str::from_str(&match as_type(s.object_class.get()) {
        Some(o) => format!("<super: <class '{class}'>, <{} object>>", o.name()),
        None => format!("<super: <class '{class}'>, NULL>"),
    }))
}

const CACHE_SIZE: usize = 256;

struct CacheEntry {
    version: Cell<u64>,
    class: Cell<*const Type>,
    name: Cell<Value>,
    value: Cell<Value>,
}
struct Cache([CacheEntry; CACHE_SIZE]);
// SAFETY: single-threaded (ARCHITECTURE.md).
unsafe impl Sync for Cache {}
static CACHE: Cache = Cache(
    // All zero: it takes no place in the file. Version 0 is that of no entry.
    [const { CacheEntry { version: Cell::new(0), class: Cell::new(std::ptr::null()), name: Cell::new(Value(0)), value: Cell::new(Value(0)) } };
        CACHE_SIZE],
);

/// Looks `attribute` up behind `class` in the MRO of `start`, through a cache keyed by the version of `start`: borrowed, unbound.
pub fn find(class: &'static Type, start: &'static Type, attribute: Value) -> Option<Value> {
    let version = start.prefix.version.get();
    let at = (version.wrapping_mul(0x9E37_79B9) ^ (attribute.0 >> 4) ^ (class as *const Type as u64 >> 5)) as usize & (CACHE_SIZE - 1);
    let entry = &CACHE.0[at];
    if version != 0 && entry.version.get() == version && std::ptr::eq(entry.class.get(), class) && entry.name.get() == attribute {
        return Some(entry.value.get());
    }
    let found = find_slow(class, start, attribute)?;
    // Only names that never die can be told by their address.
    // SAFETY: attribute names are str objects.
    let immortal = attribute.is_pointer() && unsafe { &*(attribute.address() as *const Header) }.count.get() < 0;
    if version != 0 && version == start.prefix.version.get() && immortal {
        entry.version.set(version);
        entry.class.set(class);
        entry.name.set(attribute);
        entry.value.set(found);
    }
    Some(found)
}

/// Looks `attribute` up behind `class` in the MRO of `start`: borrowed, unbound.
fn find_slow(class: &'static Type, start: &'static Type, attribute: Value) -> Option<Value> {
    let order = mro(start);
    let at = order.iter().position(|&c| c == class.v())? + 1;
    order[at..].iter().find_map(|&c| crate::dict::get_str(ensure_dict(as_type(c)?), attribute))
}

fn bind(found: Value, object: Value, start: &'static Type) -> R<Ref> {
    let found = Ref::new(found);
    match type_of(found.v()).slots().descr_get {
        Some(get) => {
            let instance = if object == start.v() { Value::MISSING } else { object };
            get(found.v(), instance, start.v())
        }
        None => Ok(found),
    }
}

fn getattr(this: Value, attribute: Value) -> R<Ref> {
    let s = crate::cast::get_unchecked::<Super>(this);
    if let (Some(class), Some(start)) = (as_type(s.class.get()), as_type(s.object_class.get()))
        && attribute != name(D::Class)
        && let Some(found) = find(class, start, attribute)
    {
        return bind(found, s.object.get(), start);
    }
    match crate::attr::generic_get_opt(this, attribute)? {
        Some(v) => Ok(v),
        None => Err(crate::attr::attribute_error(
            &format!("'super' object has no attribute '{}'", crate::str::to_rust(attribute)),
            this,
            attribute,
        )),
    }
}

fn get(this: Value, instance: Value, _owner: Value) -> R<Ref> {
    let s = crate::cast::get_unchecked::<Super>(this);
    if instance.is_missing() || instance.is_none() || !s.object.is_empty() {
        return Ok(Ref::new(this));
    }
    if !is_exact(this, &SUPER) {
        return crate::call::call2(type_of(this).v(), s.class.get(), instance);
    }
    make(s.class.get(), instance)
}

/// `super(class, object)`.
pub fn make(class: Value, object: Value) -> R<Ref> {
    let start = checked_class(class, object)?;
    Ok(new_object(Super {
        header: crate::cast::fresh_header(),
        class: Slot::new(Ref::new(class)),
        object: Slot::new(Ref::new(object)),
        object_class: Slot::new(start),
    }))
}

/// `super(class, object).attribute` without the object. With `as_method`, a method-like descriptor is answered unbound, with true.
pub fn attribute(class: Value, object: Value, attribute: Value, as_method: bool) -> R<(Ref, bool)> {
    let start = checked_class(class, object)?;
    if let (Some(class), Some(start)) = (as_type(class), as_type(start.v()))
        && attribute != name(D::Class)
        && let Some(found) = find(class, start, attribute)
    {
        if as_method && type_of(found).has(type_flags::METHOD_DESCRIPTOR) && object != start.v() {
            return Ok((Ref::new(found), true));
        }
        return Ok((bind(found, object, start)?, false));
    }
    let made = make(class, object)?;
    Ok((getattr(made.v(), attribute)?, false))
}

fn slot_or_none(s: &Slot) -> R {
    Ok(s.cloned().unwrap_or_else(Ref::none))
}

#[native_class(decl = SUPER_DECL, doc = "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, obj) -> bound super object; requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requires issubclass(type2, type)\nTypical use to call a cooperative superclass method:\nclass C(B):\n    def meth(self, arg):\n        super().meth(arg)\nThis works for class methods too:\nclass C(B):\n    @classmethod\n    def cmeth(cls, arg):\n        super().cmeth(arg)\n")]
impl Super {
    #[getter]
    fn __thisclass__(&self) -> R {
        slot_or_none(&self.class)
    }
    #[getter]
    fn __self__(&self) -> R {
        slot_or_none(&self.object)
    }
    #[getter]
    fn __self_class__(&self) -> R {
        slot_or_none(&self.object_class)
    }
}
