//! Descriptors of native types: methods, class methods, getters and setters, and `__slots__` members.

use crate::native::{FnKind, GetSetDecl, NativeDecl};
use crate::prelude::*;
use crate::type_object::{as_type, display_name};

/// `(getattr, (object, name))`: how methods pickle.
pub fn reduce_getattr(object: Value, name: Value) -> R<Ref> {
    let getattr = crate::dict::get_text(crate::import::builtins_dict(), "getattr").map_or(Ref::none(), Ref::new);
    let args = crate::tuple::from_slice(&[object, name]);
    Ok(crate::tuple::from_slice(&[getattr.v(), args.v()]))
}

/// A doc or signature as str, None when empty.
pub fn doc_text(text: &str) -> R<Ref> {
    if text.is_empty() { Ok(Ref::none()) } else { Ok(crate::str::from_str(text)) }
}

/// The dict value for a native method of a type.
pub fn for_method(owner: &'static Type, decl: &'static NativeDecl) -> Ref {
    match decl.kind {
        FnKind::Method => method_of(&METHOD_DESCRIPTOR, owner, decl),
        FnKind::ClassMethod => method_of(&CLASSMETHOD_DESCRIPTOR, owner, decl),
        FnKind::StaticMethod => {
            let f = crate::function::new_builtin(decl, owner.v(), Value::MISSING);
            crate::class_method::new_static(f.v())
        }
        FnKind::Function => crate::function::new_builtin(decl, Value::MISSING, Value::MISSING),
    }
}

/// The type among whose methods the declaration stands, if it is ready.
pub fn owner_of(decl: &NativeDecl) -> Option<&'static Type> {
    fn search(t: &'static Type, decl: &NativeDecl) -> Option<&'static Type> {
        if t.decl.is_some_and(|d| d.methods.iter().any(|m| std::ptr::eq(m, decl))) {
            return Some(t);
        }
        crate::type_object::subclasses(t).into_iter().filter(|s| !s.has(type_flags::HEAP)).find_map(|s| search(s, decl))
    }
    search(&crate::object::OBJECT, decl)
}

// ---------------------------------------------------------------- methods

/// `method_descriptor` and `classmethod_descriptor`.
#[repr(C)]
pub struct MethodDescriptor {
    header: Header,
    /// What it runs.
    pub decl: &'static NativeDecl,
    /// The type that has it.
    pub owner: &'static Type,
}

/// `method_descriptor`.
pub static METHOD_DESCRIPTOR: Type = Type::builtin::<MethodDescriptor>(
    "method_descriptor",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::METHOD_DESCRIPTOR,
    Slots { repr: Some(method_repr), call: Some(method_call), descr_get: Some(method_get), ..Slots::NONE },
    Some(&METHOD_DECL),
);
object_type!(MethodDescriptor, METHOD_DESCRIPTOR);

/// `classmethod_descriptor`.
pub static CLASSMETHOD_DESCRIPTOR: Type = Type::builtin::<MethodDescriptor>(
    "classmethod_descriptor",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    Slots { repr: Some(method_repr), call: Some(classmethod_call), descr_get: Some(classmethod_get), ..Slots::NONE },
    Some(&METHOD_DECL),
);

fn method_of(class: &'static Type, owner: &'static Type, decl: &'static NativeDecl) -> Ref {
    crate::cast::new_object_of(class, MethodDescriptor { header: crate::cast::fresh_header(), decl, owner })
}

fn descriptor<'a>(v: Value) -> &'a MethodDescriptor {
    // SAFETY: both types have this layout; the callers are their slots and methods.
    unsafe { &*(v.address() as *const MethodDescriptor) }
}

fn method_repr(v: Value) -> R<Ref> {
    let m = descriptor(v);
    Ok(crate::str::from_str(&format!("<method '{}' of '{}' objects>", m.decl.name, m.owner.name())))
}

fn wrong_receiver(name: &str, owner: &'static Type, got: Value) -> Raised {
    type_error(format!(
        "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
        crate::type_object::full_name(owner),
        display_name(got)
    ))
}

/// Calls a method descriptor with the object first.
#[inline]
pub fn method_call(v: Value, args: &Args) -> R<Ref> {
    let m = descriptor(v);
    let Some((this, rest)) = args.split_first() else {
        return Err(type_error(format!(
            "unbound method {}.{}() needs an argument",
            crate::type_object::qualname_of(m.owner),
            m.decl.name
        )));
    };
    let class = type_of(this);
    if !std::ptr::eq(class, m.owner) && !class.is_subtype(m.owner) {
        return Err(wrong_receiver(m.decl.name, m.owner, this));
    }
    (m.decl.call)(this, &rest)
}

/// Calls a method descriptor with the object first, if the object is exactly of the class that has the method (then the class, which is
/// static, keeps the descriptor).
#[inline(always)]
pub fn call_of_own_class(v: Value, args: &Args) -> Option<R<Ref>> {
    let m = descriptor(v);
    let (this, rest) = args.split_first()?;
    if std::ptr::eq(type_of(this), m.owner) { Some((m.decl.call)(this, &rest)) } else { None }
}

fn method_get(v: Value, instance: Value, _owner: Value) -> R<Ref> {
    if instance.is_missing() {
        return Ok(Ref::new(v));
    }
    let m = descriptor(v);
    if !type_of(instance).is_subtype(m.owner) {
        return Err(wrong_receiver(m.decl.name, m.owner, instance));
    }
    Ok(crate::function::new_builtin(m.decl, instance, Value::MISSING))
}

fn classmethod_get(v: Value, instance: Value, owner: Value) -> R<Ref> {
    let m = descriptor(v);
    let class = if owner.is_missing() {
        if instance.is_missing() {
            return Err(type_error(format!(
                "descriptor '{}' for type '{}' needs either an object or a type",
                m.decl.name,
                m.owner.name()
            )));
        }
        type_of(instance).v()
    } else {
        owner
    };
    check_class(m, class)?;
    Ok(crate::function::new_builtin(m.decl, class, Value::MISSING))
}

fn check_class(m: &MethodDescriptor, class: Value) -> R<()> {
    let Some(t) = as_type(class) else {
        return Err(type_error(format!(
            "descriptor '{}' for type '{}' needs a type, not a '{}' as arg 2",
            m.decl.name,
            m.owner.name(),
            display_name(class)
        )));
    };
    if !t.is_subtype(m.owner) {
        return Err(type_error(format!(
            "descriptor '{}' requires a subtype of '{}' but received '{}'",
            m.decl.name,
            m.owner.name(),
            t.name()
        )));
    }
    Ok(())
}

fn classmethod_call(v: Value, args: &Args) -> R<Ref> {
    let m = descriptor(v);
    let Some((class, rest)) = args.split_first() else {
        return Err(type_error(format!("descriptor '{}' of '{}' object needs an argument", m.decl.name, m.owner.name())));
    };
    check_class(m, class)?;
    (m.decl.call)(class, &rest)
}

#[native_class(decl = METHOD_DECL)]
impl MethodDescriptor {
    #[getter]
    fn __name__(this: Value) -> R {
        Ok(crate::str::intern(descriptor(this).decl.name))
    }
    #[getter]
    fn __qualname__(this: Value) -> R {
        let m = descriptor(this);
        Ok(crate::str::from_str(&format!("{}.{}", crate::type_object::qualname_of(m.owner), m.decl.name)))
    }
    #[getter]
    fn __objclass__(this: Value) -> R {
        Ok(Ref::new(descriptor(this).owner.v()))
    }
    #[getter]
    fn __doc__(this: Value) -> R {
        doc_text(descriptor(this).decl.doc)
    }
    #[getter]
    fn __text_signature__(this: Value) -> R {
        let m = descriptor(this);
        let other = crate::signatures::of(&format!("{}.{}", m.owner.static_name, m.decl.name));
        doc_text(other.unwrap_or(m.decl.signature))
    }
    #[native]
    fn __reduce__(this: Value) -> R {
        let m = descriptor(this);
        let name = crate::str::intern(m.decl.name);
        reduce_getattr(m.owner.v(), name.v())
    }
}

// ---------------------------------------------------------------- getters and setters

/// `getset_descriptor`.
#[repr(C)]
pub struct GetSetDescriptor {
    header: Header,
    decl: &'static GetSetDecl,
    owner: &'static Type,
}

/// `getset_descriptor`.
pub static GETSET_DESCRIPTOR: Type = Type::builtin::<GetSetDescriptor>(
    "getset_descriptor",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    Slots { repr: Some(getset_repr), descr_get: Some(getset_get), descr_set: Some(getset_set), ..Slots::NONE },
    Some(&GETSET_DECL),
);
object_type!(GetSetDescriptor, GETSET_DESCRIPTOR);

/// A getter/setter attribute of a type.
pub fn new_getset(owner: &'static Type, decl: &'static GetSetDecl) -> Ref {
    new_object(GetSetDescriptor { header: crate::cast::fresh_header(), decl, owner })
}

fn getset_repr(v: Value) -> R<Ref> {
    let g = crate::cast::get_unchecked::<GetSetDescriptor>(v);
    Ok(crate::str::from_str(&format!("<attribute '{}' of '{}' objects>", g.decl.name, g.owner.name())))
}

fn getset_get(v: Value, instance: Value, _owner: Value) -> R<Ref> {
    if instance.is_missing() {
        return Ok(Ref::new(v));
    }
    let g = crate::cast::get_unchecked::<GetSetDescriptor>(v);
    if !type_of(instance).is_subtype(g.owner) {
        return Err(wrong_receiver(g.decl.name, g.owner, instance));
    }
    (g.decl.get)(instance)
}

fn getset_set(v: Value, instance: Value, value: Value) -> R<()> {
    let g = crate::cast::get_unchecked::<GetSetDescriptor>(v);
    if !type_of(instance).is_subtype(g.owner) {
        return Err(wrong_receiver(g.decl.name, g.owner, instance));
    }
    match g.decl.set {
        Some(f) => f(instance, value),
        None => Err(crate::attr::attribute_error(
            &if g.decl.doc == MEMBER_MARK {
                "readonly attribute".to_string()
            } else {
                format!("attribute '{}' of '{}' objects is not writable", g.decl.name, crate::type_object::full_name(g.owner))
            },
            instance,
            crate::str::intern(g.decl.name).v(),
        )),
    }
}

/// Doc of getset declarations that stand for CPython's read-only members.
pub const MEMBER_MARK: &str = "\u{1}member";

#[native_class(decl = GETSET_DECL)]
impl GetSetDescriptor {
    #[getter]
    fn __name__(&self) -> R {
        Ok(crate::str::intern(self.decl.name))
    }
    #[getter]
    fn __qualname__(&self) -> R {
        Ok(crate::str::from_str(&format!("{}.{}", crate::type_object::qualname_of(self.owner), self.decl.name)))
    }
    #[getter]
    fn __objclass__(&self) -> R {
        Ok(Ref::new(self.owner.v()))
    }
    #[getter]
    fn __doc__(&self) -> R {
        doc_text(if self.decl.doc == MEMBER_MARK { "" } else { self.decl.doc })
    }
}

// ---------------------------------------------------------------- members of __slots__

/// What a member is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// A word at an offset from the object's start.
    Fixed,
    /// A word at an offset in the added part (behind a variable-sized body).
    Behind,
    /// The instance's `__dict__`.
    Dict,
    /// `__weakref__`.
    Weakref,
}

/// `member_descriptor`.
#[repr(C)]
pub struct MemberDescriptor {
    header: Header,
    name: Slot,
    kind: MemberKind,
    offset: usize,
    owner: &'static Type,
    /// Keeps the owner alive.
    owner_ref: Slot,
}

const MEMBER_SLOTS: Slots = Slots { repr: Some(member_repr), descr_get: Some(member_get), descr_set: Some(member_set), ..Slots::NONE };

/// `member_descriptor`.
pub static MEMBER_DESCRIPTOR: Type = Type::builtin::<MemberDescriptor>(
    "member_descriptor",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    MEMBER_SLOTS,
    Some(&MEMBER_DECL),
)
.visited::<MemberDescriptor>();
object_type!(MemberDescriptor, MEMBER_DESCRIPTOR);

/// The `__dict__` and `__weakref__` entries of heap types: getset descriptors to the program.
static INSTANCE_GETSET: Type = Type::builtin::<MemberDescriptor>(
    "getset_descriptor",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    MEMBER_SLOTS,
    Some(&MEMBER_DECL),
)
.visited::<MemberDescriptor>();

impl Visit for MemberDescriptor {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.name);
        visitor.slot(&self.owner_ref);
    }
    fn clear(&self) {}
}

/// A `__slots__` member, or the `__dict__`/`__weakref__` entry of a heap type.
pub fn new_member(owner: &'static Type, name: Value, kind: MemberKind, offset: usize) -> Ref {
    let class = if matches!(kind, MemberKind::Dict | MemberKind::Weakref) { &INSTANCE_GETSET } else { &MEMBER_DESCRIPTOR };
    crate::cast::new_object_of(
        class,
        MemberDescriptor {
            header: crate::cast::fresh_header(),
            name: Slot::new(Ref::new(name)),
            kind,
            offset,
            owner,
            owner_ref: Slot::new(Ref::new(owner.v())),
        },
    )
}

fn member<'a>(v: Value) -> &'a MemberDescriptor {
    // SAFETY: both types have this layout; the callers are their slots and methods.
    unsafe { &*(v.address() as *const MemberDescriptor) }
}

/// The fixed offset of a member of `class`'s instances, for caches.
pub fn member_offset(v: Value, class: &'static Type) -> Option<usize> {
    if !is_exact(v, &MEMBER_DESCRIPTOR) {
        return None;
    }
    let m = member(v);
    (m.kind == MemberKind::Fixed && class.is_subtype(m.owner)).then_some(m.offset)
}

fn member_repr(v: Value) -> R<Ref> {
    let m = member(v);
    let what = if matches!(m.kind, MemberKind::Dict | MemberKind::Weakref) { "attribute" } else { "member" };
    Ok(crate::str::from_str(&format!("<{what} '{}' of '{}' objects>", crate::str::to_rust(m.name.get()), m.owner.name())))
}

fn word(m: &MemberDescriptor, instance: Value) -> R<&'static Cell<Value>> {
    let class = type_of(instance);
    if !class.is_subtype(m.owner) {
        return Err(wrong_receiver(&crate::str::to_rust(m.name.get()), m.owner, instance));
    }
    let at = match m.kind {
        MemberKind::Behind => crate::shape::added_part(instance, class) + m.offset,
        _ => instance.address() + m.offset,
    };
    // SAFETY: instances of the owner have a member word there.
    Ok(unsafe { &*(at as *const Cell<Value>) })
}

fn member_get(v: Value, instance: Value, _owner: Value) -> R<Ref> {
    if instance.is_missing() {
        return Ok(Ref::new(v));
    }
    let m = member(v);
    match m.kind {
        MemberKind::Dict => match crate::attr::instance_dict(instance)? {
            Some(d) => Ok(d),
            None => Err(crate::attr::no_attribute(instance, m.name.get())),
        },
        MemberKind::Weakref => Ok(crate::weakref::references_of(instance).into_iter().next().unwrap_or_else(Ref::none)),
        _ => {
            let value = word(m, instance)?.get();
            if value.is_missing() {
                let class = crate::traceback_print::qualified_name(type_of(instance));
                let text = format!("'{class}' object has no attribute '{}'", crate::str::to_rust(m.name.get()));
                return Err(crate::attr::attribute_error(&text, instance, m.name.get()));
            }
            Ok(Ref::new(value))
        }
    }
}

fn member_set(v: Value, instance: Value, value: Value) -> R<()> {
    let m = member(v);
    match m.kind {
        MemberKind::Dict => {
            if value.is_missing() {
                return match crate::shape::of(instance) {
                    Some(d) => {
                        crate::shape::clear(instance, d);
                        Ok(())
                    }
                    None => Err(type_error("cannot delete __dict__")),
                };
            }
            crate::attr::set_instance_dict(instance, value)
        }
        MemberKind::Weakref => Err(crate::attr::attribute_error(
            &format!("attribute '__weakref__' of '{}' objects is not writable", m.owner.name()),
            instance,
            m.name.get(),
        )),
        _ => {
            let place = word(m, instance)?;
            if value.is_missing() && place.get().is_missing() {
                let text = crate::str::to_rust(m.name.get());
                return Err(crate::attr::attribute_error(&text, instance, m.name.get()));
            }
            drop(Ref::from_owned(place.replace(Ref::new(value).into_raw())));
            Ok(())
        }
    }
}

#[native_class(decl = MEMBER_DECL)]
impl MemberDescriptor {
    #[getter]
    fn __name__(this: Value) -> R {
        Ok(Ref::new(member(this).name.get()))
    }
    #[getter]
    fn __qualname__(this: Value) -> R {
        let m = member(this);
        Ok(crate::str::from_str(&format!("{}.{}", crate::type_object::qualname_of(m.owner), crate::str::to_rust(m.name.get()))))
    }
    #[getter]
    fn __objclass__(this: Value) -> R {
        Ok(Ref::new(member(this).owner.v()))
    }
    #[getter]
    fn __doc__(this: Value) -> R {
        let m = member(this);
        Ok(match m.kind {
            MemberKind::Dict => crate::str::from_str("dictionary for instance variables"),
            MemberKind::Weakref => crate::str::from_str("list of weak references to the object"),
            _ => Ref::none(),
        })
    }
    #[native]
    fn __reduce__(this: Value) -> R {
        let m = member(this);
        reduce_getattr(m.owner.v(), m.name.get())
    }
}
