//! The one table of slots and the special methods that stand for them, and the objects made of it: `wrapper_descriptor`
//! (`int.__add__`) and `method-wrapper` (`(1).__add__`).

use crate::descriptors;
use crate::dunder::{D, name, text};
use crate::prelude::*;
use crate::slot_functions as f;
use crate::slots::*;
use crate::type_object::{as_type, display_name, lookup, set_dict};
use std::mem::{offset_of, transmute};
use std::ops::Range;

/// How a special method passes its arguments to the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Unary,
    BinaryL,
    BinaryR,
    Pow,
    RPow,
    Hash,
    Call,
    GetAttr,
    /// `__getattr__`: no wrapper, but it changes the slot.
    GetAttrHook,
    SetAttr,
    DelAttr,
    Compare(CompareOp),
    Next,
    DescrGet,
    DescrSet,
    DescrDelete,
    Init,
    Del,
    Truth,
    Len,
    SetItem,
    DelItem,
    Contains,
    Repeat,
}

/// One special method of one slot.
pub struct Row {
    /// Its name.
    pub d: D,
    /// Index of the slot.
    pub slot: usize,
    /// Argument passing.
    pub kind: Kind,
    /// `__text_signature__`.
    pub signature: &'static str,
    /// `__doc__`.
    pub doc: &'static str,
}

#[derive(Clone, Copy)]
struct Generic(*const ());
// SAFETY: the address of a function.
unsafe impl Sync for Generic {}
const NO_GENERIC: Generic = Generic(std::ptr::null());

const fn generic(f: *const ()) -> Generic {
    Generic(f)
}

macro_rules! rows {
    ($(row($d:expr, $offset:expr, $kind:expr, $generic:expr, $signature:expr, $doc:expr),)*) => {
        /// All special methods that are slots; those of one slot stand together.
        pub static ROWS: &[Row] = &[$(Row { d: $d, slot: $offset / size_of::<usize>(), kind: $kind, signature: $signature, doc: $doc }),*];

        /// For each row the slot function of heap types that define the method; null: none. A program without classes of its own
        /// does without them.
        static GENERIC: &[Generic] = &[$($generic),*];
    };
}

rows! {
    row(D::Repr, offset_of!(Slots, repr), Kind::Unary, generic(f::slot_repr as *const ()), "($self, /)", "Return repr(self)."),
    row(D::Str, offset_of!(Slots, str), Kind::Unary, generic(f::slot_str as *const ()), "($self, /)", "Return str(self)."),
    row(D::Hash, offset_of!(Slots, hash), Kind::Hash, generic(f::slot_hash as *const ()), "($self, /)", "Return hash(self)."),
    row(D::Call, offset_of!(Slots, call), Kind::Call, generic(f::slot_call as *const ()), "($self, /, *args, **kwargs)", "Call self as a function."),
    row(D::GetAttribute, offset_of!(Slots, getattr), Kind::GetAttr, generic(f::slot_getattr_hook as *const ()), "($self, name, /)", "Return getattr(self, name)."),
    row(D::GetAttr, offset_of!(Slots, getattr), Kind::GetAttrHook, generic(f::slot_getattr_hook as *const ()), "", ""),
    row(D::SetAttr, offset_of!(Slots, setattr), Kind::SetAttr, generic(f::slot_setattr as *const ()), "($self, name, value, /)", "Implement setattr(self, name, value)."),
    row(D::DelAttr, offset_of!(Slots, setattr), Kind::DelAttr, generic(f::slot_setattr as *const ()), "($self, name, /)", "Implement delattr(self, name)."),
    row(D::Lt, offset_of!(Slots, compare), Kind::Compare(CompareOp::Lt), generic(f::slot_compare as *const ()), "($self, value, /)", "Return self<value."),
    row(D::Le, offset_of!(Slots, compare), Kind::Compare(CompareOp::Le), generic(f::slot_compare as *const ()), "($self, value, /)", "Return self<=value."),
    row(D::Eq, offset_of!(Slots, compare), Kind::Compare(CompareOp::Eq), generic(f::slot_compare as *const ()), "($self, value, /)", "Return self==value."),
    row(D::Ne, offset_of!(Slots, compare), Kind::Compare(CompareOp::Ne), generic(f::slot_compare as *const ()), "($self, value, /)", "Return self!=value."),
    row(D::Gt, offset_of!(Slots, compare), Kind::Compare(CompareOp::Gt), generic(f::slot_compare as *const ()), "($self, value, /)", "Return self>value."),
    row(D::Ge, offset_of!(Slots, compare), Kind::Compare(CompareOp::Ge), generic(f::slot_compare as *const ()), "($self, value, /)", "Return self>=value."),
    row(D::Iter, offset_of!(Slots, iter), Kind::Unary, generic(f::slot_iter as *const ()), "($self, /)", "Implement iter(self)."),
    row(D::Next, offset_of!(Slots, next), Kind::Next, generic(f::slot_next as *const ()), "($self, /)", "Implement next(self)."),
    row(D::Get, offset_of!(Slots, descr_get), Kind::DescrGet, generic(f::slot_descr_get as *const ()), "($self, instance, owner=None, /)", "Return an attribute of instance, which is of type owner."),
    row(D::Set, offset_of!(Slots, descr_set), Kind::DescrSet, generic(f::slot_descr_set as *const ()), "($self, instance, value, /)", "Set an attribute of instance to value."),
    row(D::Delete, offset_of!(Slots, descr_set), Kind::DescrDelete, generic(f::slot_descr_set as *const ()), "($self, instance, /)", "Delete an attribute of instance."),
    row(D::Init, offset_of!(Slots, init), Kind::Init, generic(f::slot_init as *const ()), "($self, /, *args, **kwargs)", "Initialize self.  See help(type(self)) for accurate signature."),
    row(D::Del, offset_of!(Slots, finalize), Kind::Del, generic(f::slot_del as *const ()), "($self, /)", "Called when the instance is about to be destroyed."),
    row(D::Add, offset_of!(Slots, add), Kind::BinaryL, generic(f::slot_add as *const ()), "($self, value, /)", "Return self+value."),
    row(D::Radd, offset_of!(Slots, add), Kind::BinaryR, generic(f::slot_add as *const ()), "($self, value, /)", "Return value+self."),
    row(D::Sub, offset_of!(Slots, sub), Kind::BinaryL, generic(f::slot_sub as *const ()), "($self, value, /)", "Return self-value."),
    row(D::Rsub, offset_of!(Slots, sub), Kind::BinaryR, generic(f::slot_sub as *const ()), "($self, value, /)", "Return value-self."),
    row(D::Mul, offset_of!(Slots, mul), Kind::BinaryL, generic(f::slot_mul as *const ()), "($self, value, /)", "Return self*value."),
    row(D::Rmul, offset_of!(Slots, mul), Kind::BinaryR, generic(f::slot_mul as *const ()), "($self, value, /)", "Return value*self."),
    row(D::Matmul, offset_of!(Slots, matmul), Kind::BinaryL, generic(f::slot_matmul as *const ()), "($self, value, /)", "Return self@value."),
    row(D::Rmatmul, offset_of!(Slots, matmul), Kind::BinaryR, generic(f::slot_matmul as *const ()), "($self, value, /)", "Return value@self."),
    row(D::Truediv, offset_of!(Slots, truediv), Kind::BinaryL, generic(f::slot_truediv as *const ()), "($self, value, /)", "Return self/value."),
    row(D::Rtruediv, offset_of!(Slots, truediv), Kind::BinaryR, generic(f::slot_truediv as *const ()), "($self, value, /)", "Return value/self."),
    row(D::Floordiv, offset_of!(Slots, floordiv), Kind::BinaryL, generic(f::slot_floordiv as *const ()), "($self, value, /)", "Return self//value."),
    row(D::Rfloordiv, offset_of!(Slots, floordiv), Kind::BinaryR, generic(f::slot_floordiv as *const ()), "($self, value, /)", "Return value//self."),
    row(D::Mod, offset_of!(Slots, modulo), Kind::BinaryL, generic(f::slot_modulo as *const ()), "($self, value, /)", "Return self%value."),
    row(D::Rmod, offset_of!(Slots, modulo), Kind::BinaryR, generic(f::slot_modulo as *const ()), "($self, value, /)", "Return value%self."),
    row(D::Divmod, offset_of!(Slots, divmod), Kind::BinaryL, generic(f::slot_divmod as *const ()), "($self, value, /)", "Return divmod(self, value)."),
    row(D::Rdivmod, offset_of!(Slots, divmod), Kind::BinaryR, generic(f::slot_divmod as *const ()), "($self, value, /)", "Return divmod(value, self)."),
    row(D::Lshift, offset_of!(Slots, lshift), Kind::BinaryL, generic(f::slot_lshift as *const ()), "($self, value, /)", "Return self<<value."),
    row(D::Rlshift, offset_of!(Slots, lshift), Kind::BinaryR, generic(f::slot_lshift as *const ()), "($self, value, /)", "Return value<<self."),
    row(D::Rshift, offset_of!(Slots, rshift), Kind::BinaryL, generic(f::slot_rshift as *const ()), "($self, value, /)", "Return self>>value."),
    row(D::Rrshift, offset_of!(Slots, rshift), Kind::BinaryR, generic(f::slot_rshift as *const ()), "($self, value, /)", "Return value>>self."),
    row(D::And, offset_of!(Slots, and), Kind::BinaryL, generic(f::slot_and as *const ()), "($self, value, /)", "Return self&value."),
    row(D::Rand, offset_of!(Slots, and), Kind::BinaryR, generic(f::slot_and as *const ()), "($self, value, /)", "Return value&self."),
    row(D::Or, offset_of!(Slots, or), Kind::BinaryL, generic(f::slot_or as *const ()), "($self, value, /)", "Return self|value."),
    row(D::Ror, offset_of!(Slots, or), Kind::BinaryR, generic(f::slot_or as *const ()), "($self, value, /)", "Return value|self."),
    row(D::Xor, offset_of!(Slots, xor), Kind::BinaryL, generic(f::slot_xor as *const ()), "($self, value, /)", "Return self^value."),
    row(D::Rxor, offset_of!(Slots, xor), Kind::BinaryR, generic(f::slot_xor as *const ()), "($self, value, /)", "Return value^self."),
    row(D::Pow, offset_of!(Slots, pow), Kind::Pow, generic(f::slot_pow as *const ()), "($self, value, mod=None, /)", "Return pow(self, value, mod)."),
    row(D::Rpow, offset_of!(Slots, pow), Kind::RPow, generic(f::slot_pow as *const ()), "($self, value, mod=None, /)", "Return pow(value, self, mod)."),
    row(D::Neg, offset_of!(Slots, neg), Kind::Unary, generic(f::slot_neg as *const ()), "($self, /)", "-self"),
    row(D::Pos, offset_of!(Slots, pos), Kind::Unary, generic(f::slot_pos as *const ()), "($self, /)", "+self"),
    row(D::Abs, offset_of!(Slots, abs), Kind::Unary, generic(f::slot_abs as *const ()), "($self, /)", "abs(self)"),
    row(D::Invert, offset_of!(Slots, invert), Kind::Unary, generic(f::slot_invert as *const ()), "($self, /)", "~self"),
    row(D::Bool, offset_of!(Slots, truth), Kind::Truth, generic(f::slot_truth as *const ()), "($self, /)", "True if self else False"),
    row(D::Int, offset_of!(Slots, int), Kind::Unary, generic(f::slot_int as *const ()), "($self, /)", "int(self)"),
    row(D::Float, offset_of!(Slots, float), Kind::Unary, generic(f::slot_float as *const ()), "($self, /)", "float(self)"),
    row(D::Index, offset_of!(Slots, index), Kind::Unary, generic(f::slot_index as *const ()), "($self, /)", "Return self converted to an integer, if self is suitable for use as an index into a list."),
    row(D::Iadd, offset_of!(Slots, iadd), Kind::BinaryL, generic(f::slot_iadd as *const ()), "($self, value, /)", "Return self+=value."),
    row(D::Isub, offset_of!(Slots, isub), Kind::BinaryL, generic(f::slot_isub as *const ()), "($self, value, /)", "Return self-=value."),
    row(D::Imul, offset_of!(Slots, imul), Kind::BinaryL, generic(f::slot_imul as *const ()), "($self, value, /)", "Return self*=value."),
    row(D::Imatmul, offset_of!(Slots, imatmul), Kind::BinaryL, generic(f::slot_imatmul as *const ()), "($self, value, /)", "Return self@=value."),
    row(D::Itruediv, offset_of!(Slots, itruediv), Kind::BinaryL, generic(f::slot_itruediv as *const ()), "($self, value, /)", "Return self/=value."),
    row(D::Ifloordiv, offset_of!(Slots, ifloordiv), Kind::BinaryL, generic(f::slot_ifloordiv as *const ()), "($self, value, /)", "Return self//=value."),
    row(D::Imod, offset_of!(Slots, imod), Kind::BinaryL, generic(f::slot_imod as *const ()), "($self, value, /)", "Return self%=value."),
    row(D::Ipow, offset_of!(Slots, ipow), Kind::BinaryL, generic(f::slot_ipow as *const ()), "($self, value, /)", "Return self**=value."),
    row(D::Ilshift, offset_of!(Slots, ilshift), Kind::BinaryL, generic(f::slot_ilshift as *const ()), "($self, value, /)", "Return self<<=value."),
    row(D::Irshift, offset_of!(Slots, irshift), Kind::BinaryL, generic(f::slot_irshift as *const ()), "($self, value, /)", "Return self>>=value."),
    row(D::Iand, offset_of!(Slots, iand), Kind::BinaryL, generic(f::slot_iand as *const ()), "($self, value, /)", "Return self&=value."),
    row(D::Ior, offset_of!(Slots, ior), Kind::BinaryL, generic(f::slot_ior as *const ()), "($self, value, /)", "Return self|=value."),
    row(D::Ixor, offset_of!(Slots, ixor), Kind::BinaryL, generic(f::slot_ixor as *const ()), "($self, value, /)", "Return self^=value."),
    row(D::Len, offset_of!(Slots, len), Kind::Len, generic(f::slot_len as *const ()), "($self, /)", "Return len(self)."),
    row(D::GetItem, offset_of!(Slots, getitem), Kind::BinaryL, generic(f::slot_getitem as *const ()), "($self, key, /)", "Return self[key]."),
    row(D::SetItem, offset_of!(Slots, setitem), Kind::SetItem, generic(f::slot_setitem as *const ()), "($self, key, value, /)", "Set self[key] to value."),
    row(D::DelItem, offset_of!(Slots, setitem), Kind::DelItem, generic(f::slot_setitem as *const ()), "($self, key, /)", "Delete self[key]."),
    row(D::Contains, offset_of!(Slots, contains), Kind::Contains, generic(f::slot_contains as *const ()), "($self, key, /)", "Return bool(key in self)."),
    row(D::Add, offset_of!(Slots, concat), Kind::BinaryL, NO_GENERIC, "($self, value, /)", "Return self+value."),
    row(D::Mul, offset_of!(Slots, repeat), Kind::Repeat, NO_GENERIC, "($self, value, /)", "Return self*value."),
    row(D::Rmul, offset_of!(Slots, repeat), Kind::Repeat, NO_GENERIC, "($self, value, /)", "Return value*self."),
    row(D::Iadd, offset_of!(Slots, iconcat), Kind::BinaryL, NO_GENERIC, "($self, value, /)", "Implement self+=value."),
    row(D::Imul, offset_of!(Slots, irepeat), Kind::Repeat, NO_GENERIC, "($self, value, /)", "Implement self*=value."),
    row(D::LengthHint, offset_of!(Slots, length_hint), Kind::Len, generic(f::slot_length_hint as *const ()), "($self, /)", "Private method returning an estimate of len(list(it))."),
    row(D::Await, offset_of!(Slots, await_), Kind::Unary, generic(f::slot_await as *const ()), "($self, /)", "Return an iterator to be used in await expression."),
    row(D::Aiter, offset_of!(Slots, aiter), Kind::Unary, generic(f::slot_aiter as *const ()), "($self, /)", "Return an awaitable, that resolves in asynchronous iterator."),
    row(D::Anext, offset_of!(Slots, anext), Kind::Unary, generic(f::slot_anext as *const ()), "($self, /)", "Return a value or raise StopAsyncIteration."),
}

/// The `hash` slot of unhashable types.
pub fn hash_not_implemented(v: Value) -> R<i64> {
    Err(type_error(format!("unhashable type: '{}'", display_name(v))))
}

/// `wrapper_descriptor`: a special method of a builtin type.
#[repr(C)]
pub struct WrapperDescriptor {
    header: Header,
    /// The table row.
    pub row: &'static Row,
    /// The type whose slot it calls.
    pub owner: &'static Type,
}

/// `wrapper_descriptor`.
pub static WRAPPER_DESCRIPTOR: Type = Type::builtin::<WrapperDescriptor>(
    "wrapper_descriptor",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::METHOD_DESCRIPTOR,
    Slots { repr: Some(wrapper_repr), call: Some(wrapper_call), descr_get: Some(wrapper_get), ..Slots::NONE },
    Some(&WRAPPER_DECL),
);
object_type!(WrapperDescriptor, WRAPPER_DESCRIPTOR);

/// `method-wrapper`: a bound special method.
#[repr(C)]
pub struct MethodWrapper {
    header: Header,
    wrapper: Slot,
    this: Slot,
}

/// `method-wrapper`.
pub static METHOD_WRAPPER: Type = Type::builtin::<MethodWrapper>(
    "method-wrapper",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    Slots {
        repr: Some(bound_repr),
        call: Some(bound_call),
        hash: Some(bound_hash),
        compare: Some(bound_compare),
        ..Slots::NONE
    },
    Some(&BOUND_DECL),
)
.visited::<MethodWrapper>();
object_type!(MethodWrapper, METHOD_WRAPPER);

impl Visit for MethodWrapper {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.wrapper);
        visitor.slot(&self.this);
    }
    fn clear(&self) {}
}

#[native_class(decl = WRAPPER_DECL)]
impl WrapperDescriptor {
    #[getter]
    fn __name__(&self) -> R {
        Ok(Ref::new(name(self.row.d)))
    }
    #[getter]
    fn __qualname__(&self) -> R {
        Ok(crate::str::from_str(&format!("{}.{}", self.owner.name(), text(self.row.d))))
    }
    #[getter]
    fn __objclass__(&self) -> R {
        Ok(Ref::new(self.owner.v()))
    }
    #[getter]
    fn __doc__(&self) -> R {
        Ok(crate::str::from_str(self.row.doc))
    }
    #[getter]
    fn __text_signature__(&self) -> R {
        let other = crate::signatures::of(&format!("{}.{}", self.owner.static_name, text(self.row.d)));
        Ok(crate::str::from_str(other.unwrap_or(self.row.signature)))
    }
    #[native]
    fn __reduce__(this: Value) -> R {
        let w = crate::cast::get_unchecked::<WrapperDescriptor>(this);
        descriptors::reduce_getattr(w.owner.v(), name(w.row.d))
    }
}

#[native_class(decl = BOUND_DECL)]
impl MethodWrapper {
    #[getter]
    fn __name__(&self) -> R {
        Ok(Ref::new(name(self.descriptor().row.d)))
    }
    #[getter]
    fn __qualname__(&self) -> R {
        Ok(crate::str::from_str(&format!("{}.{}", type_of(self.this.get()).name(), text(self.descriptor().row.d))))
    }
    #[getter]
    fn __objclass__(&self) -> R {
        Ok(Ref::new(self.descriptor().owner.v()))
    }
    #[getter]
    fn __self__(&self) -> R {
        Ok(Ref::new(self.this.get()))
    }
    #[getter]
    fn __doc__(&self) -> R {
        Ok(crate::str::from_str(self.descriptor().row.doc))
    }
    #[getter]
    fn __text_signature__(&self) -> R {
        self.descriptor().__text_signature__()
    }
    #[native]
    fn __reduce__(this: Value) -> R {
        let w = crate::cast::get_unchecked::<MethodWrapper>(this);
        descriptors::reduce_getattr(w.this.get(), name(w.descriptor().row.d))
    }
}

impl MethodWrapper {
    fn descriptor(&self) -> &WrapperDescriptor {
        crate::cast::get_unchecked(self.wrapper.get())
    }
}

fn wrapper_repr(v: Value) -> R<Ref> {
    let w = crate::cast::get_unchecked::<WrapperDescriptor>(v);
    Ok(crate::str::from_str(&format!("<slot wrapper '{}' of '{}' objects>", text(w.row.d), w.owner.name())))
}

fn wrapper_get(v: Value, instance: Value, _owner: Value) -> R<Ref> {
    if instance.is_missing() {
        return Ok(Ref::new(v));
    }
    let w = crate::cast::get_unchecked::<WrapperDescriptor>(v);
    if !type_of(instance).is_subtype(w.owner) {
        return Err(type_error(format!(
            "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
            text(w.row.d),
            w.owner.name(),
            display_name(instance)
        )));
    }
    Ok(new_object(MethodWrapper { header: crate::cast::fresh_header(), wrapper: Slot::new(Ref::new(v)), this: Slot::new(Ref::new(instance)) }))
}

fn wrapper_call(v: Value, args: &Args) -> R<Ref> {
    let w = crate::cast::get_unchecked::<WrapperDescriptor>(v);
    let Some((this, rest)) = args.split_first() else {
        return Err(type_error(format!("descriptor '{}' of '{}' object needs an argument", text(w.row.d), w.owner.name())));
    };
    if !type_of(this).is_subtype(w.owner) {
        return Err(type_error(format!(
            "descriptor '{}' requires a '{}' object but received a '{}'",
            text(w.row.d),
            w.owner.name(),
            display_name(this)
        )));
    }
    invoke(w, this, &rest)
}

fn bound_repr(v: Value) -> R<Ref> {
    let w = crate::cast::get_unchecked::<MethodWrapper>(v);
    let this = w.this.get();
    Ok(crate::str::from_str(&format!(
        "<method-wrapper '{}' of {} object at {:#x}>",
        text(w.descriptor().row.d),
        type_of(this).name(),
        crate::object::identity(this)
    )))
}

fn bound_call(v: Value, args: &Args) -> R<Ref> {
    let w = crate::cast::get_unchecked::<MethodWrapper>(v);
    invoke(w.descriptor(), w.this.get(), args)
}

fn bound_hash(v: Value) -> R<i64> {
    let w = crate::cast::get_unchecked::<MethodWrapper>(v);
    Ok(crate::object::identity_hash(w.this.get()) ^ crate::object::identity_hash(w.wrapper.get()))
}

fn bound_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    let (Some(x), Some(y)) = (crate::cast::get::<MethodWrapper>(a), crate::cast::get::<MethodWrapper>(b)) else {
        return Ok(Ref::not_implemented());
    };
    let same = x.wrapper.get() == y.wrapper.get() && x.this.get() == y.this.get();
    match op {
        CompareOp::Eq => Ok(Ref::bool(same)),
        CompareOp::Ne => Ok(Ref::bool(!same)),
        _ => Ok(Ref::not_implemented()),
    }
}

fn arity<const N: usize>(args: &Args) -> R<[Value; N]> {
    let pos = args.pos();
    match <[Value; N]>::try_from(pos) {
        Ok(a) => Ok(a),
        Err(_) => Err(type_error(format!("expected {N} argument{}, got {}", if N == 1 { "" } else { "s" }, pos.len()))),
    }
}

fn some(v: Value) -> Value {
    if v.is_none() { Value::MISSING } else { v }
}

/// Calls the slot behind a special method of a builtin type.
pub fn invoke(w: &WrapperDescriptor, this: Value, args: &Args) -> R<Ref> {
    let row = w.row;
    let f = w.owner.slots().raw(row.slot);
    if f == 0 {
        return Err(type_error(format!("'{}' object has no '{}'", display_name(this), text(row.d))));
    }
    if args.has_kw() && !matches!(row.kind, Kind::Call | Kind::Init) {
        return Err(type_error(format!("wrapper {}() takes no keyword arguments", text(row.d))));
    }
    // SAFETY: the slot's function has the type that the row's kind says (one table).
    unsafe {
        match row.kind {
            Kind::Unary => {
                arity::<0>(args)?;
                transmute::<usize, UnaryFn>(f)(this)
            }
            Kind::BinaryL => {
                let [other] = arity(args)?;
                transmute::<usize, BinaryFn>(f)(this, other)
            }
            Kind::BinaryR => {
                let [other] = arity(args)?;
                transmute::<usize, BinaryFn>(f)(other, this)
            }
            Kind::Pow | Kind::RPow => {
                let (other, modulus) = match args.pos() {
                    [o] => (*o, Value::NONE),
                    [o, m] => (*o, *m),
                    other => return Err(type_error(format!("expected 1 or 2 arguments, got {}", other.len()))),
                };
                let f = transmute::<usize, TernaryFn>(f);
                if row.kind == Kind::Pow { f(this, other, modulus) } else { f(other, this, modulus) }
            }
            Kind::Hash => {
                arity::<0>(args)?;
                transmute::<usize, HashFn>(f)(this).map(crate::int::from_i64)
            }
            Kind::Call => transmute::<usize, CallFn>(f)(this, args),
            Kind::GetAttr => {
                let [attribute] = arity(args)?;
                crate::attr::check_name(attribute)?;
                transmute::<usize, GetAttrFn>(f)(this, attribute)
            }
            Kind::GetAttrHook => Err(system_error("__getattr__ has no wrapper")),
            Kind::SetAttr => {
                let [attribute, value] = arity(args)?;
                crate::attr::check_name(attribute)?;
                check_hack(this, w.owner, f, "__setattr__")?;
                transmute::<usize, SetAttrFn>(f)(this, attribute, value).map(|()| Ref::none())
            }
            Kind::DelAttr => {
                let [attribute] = arity(args)?;
                crate::attr::check_name(attribute)?;
                check_hack(this, w.owner, f, "__delattr__")?;
                transmute::<usize, SetAttrFn>(f)(this, attribute, Value::MISSING).map(|()| Ref::none())
            }
            Kind::Compare(op) => {
                let [other] = arity(args)?;
                transmute::<usize, CompareFn>(f)(this, other, op)
            }
            Kind::Next => {
                arity::<0>(args)?;
                match transmute::<usize, NextFn>(f)(this)? {
                    Some(v) => Ok(v),
                    None => Err(stop_iteration(Value::MISSING)),
                }
            }
            Kind::DescrGet => {
                let (instance, owner) = match args.pos() {
                    [i] => (*i, Value::NONE),
                    [i, o] => (*i, *o),
                    [] => return Err(type_error("__get__ expected at least 1 argument, got 0")),
                    more => return Err(type_error(format!("__get__ expected at most 2 arguments, got {}", more.len()))),
                };
                if instance.is_none() && owner.is_none() {
                    return Err(type_error("__get__(None, None) is invalid"));
                }
                transmute::<usize, DescrGetFn>(f)(this, some(instance), some(owner))
            }
            Kind::DescrSet => {
                let [instance, value] = arity(args)?;
                transmute::<usize, DescrSetFn>(f)(this, instance, value).map(|()| Ref::none())
            }
            Kind::DescrDelete => {
                let [instance] = arity(args)?;
                transmute::<usize, DescrSetFn>(f)(this, instance, Value::MISSING).map(|()| Ref::none())
            }
            Kind::Init => transmute::<usize, InitFn>(f)(this, args).map(|()| Ref::none()),
            Kind::Del => {
                arity::<0>(args)?;
                transmute::<usize, FinalizeFn>(f)(this);
                Ok(Ref::none())
            }
            Kind::Truth => {
                arity::<0>(args)?;
                transmute::<usize, TruthFn>(f)(this).map(Ref::bool)
            }
            Kind::Len => {
                arity::<0>(args)?;
                transmute::<usize, LenFn>(f)(this).map(|n| crate::int::from_i64(n as i64))
            }
            Kind::SetItem => {
                let [key, value] = arity(args)?;
                transmute::<usize, SetItemFn>(f)(this, key, value).map(|()| Ref::none())
            }
            Kind::DelItem => {
                let [key] = arity(args)?;
                transmute::<usize, SetItemFn>(f)(this, key, Value::MISSING).map(|()| Ref::none())
            }
            Kind::Contains => {
                let [item] = arity(args)?;
                transmute::<usize, ContainsFn>(f)(this, item).map(Ref::bool)
            }
            Kind::Repeat => {
                let [n] = arity(args)?;
                let n = crate::ops::index_isize(n)?;
                transmute::<usize, RepeatFn>(f)(this, n)
            }
        }
    }
}

/// Refuses `object.__setattr__(cls, …)` and the like, which would go round a nearer native type's own rules.
fn check_hack(this: Value, owner: &'static Type, f: usize, what: &str) -> R<()> {
    let class = type_of(this);
    let native = class.native.get().unwrap_or(class);
    let slot = offset_of!(Slots, setattr) / size_of::<usize>();
    if native.slots().raw(slot) != f && native.is_subtype(owner) {
        return Err(type_error(format!("can't apply this {what} to {} object", native.name())));
    }
    Ok(())
}

/// Adds the wrappers of the slots that a builtin type sets itself, and its `__new__`.
pub fn add_wrappers(t: &'static Type) {
    let slots = t.slots();
    let base = t.base.get().map(|b| b.slots());
    for row in ROWS {
        let own = slots.raw(row.slot);
        if own == 0 || row.kind == Kind::GetAttrHook || base.is_some_and(|b| b.raw(row.slot) == own) {
            continue;
        }
        let is_text = [&crate::str::STR, &crate::bytes::BYTES, &crate::bytearray::BYTEARRAY].iter().any(|text| std::ptr::eq(*text, t));
        if row.kind == Kind::Del || is_text && row.d == D::Bool {
            continue;
        }
        if row.d == D::Hash && own == hash_not_implemented as *const () as usize {
            set_dict(t, "__hash__", Ref::none());
            continue;
        }
        let dict = t.dict.get();
        if crate::dict::get_str(dict, name(row.d)).is_some() {
            continue;
        }
        let w = new_object(WrapperDescriptor { header: crate::cast::fresh_header(), row, owner: t });
        set_dict(t, text(row.d), w);
    }
    let own_new = slots.new.map(|f| f as usize);
    if own_new.is_some() && own_new != t.base.get().and_then(|b| b.slots().new).map(|f| f as usize) {
        set_dict(t, "__new__", crate::function::new_builtin(&NEW_DECL, t.v(), Value::MISSING));
    }
}

static NEW_DECL: crate::native::NativeDecl = crate::native::NativeDecl {
    name: "__new__",
    signature: "($type, *args, **kwargs)",
    doc: "Create and return a new object.  See help(type) for accurate signature.",
    kind: crate::native::FnKind::StaticMethod,
    params: &[],
    call: new_wrapper,
};

/// `T.__new__(cls, …)` of a builtin type T.
fn new_wrapper(this: Value, args: &Args) -> R<Ref> {
    let t = as_type(this).ok_or_else(|| system_error("__new__ without type"))?;
    let Some((first, rest)) = args.split_first() else {
        return Err(type_error(format!("{}.__new__(): not enough arguments", t.name())));
    };
    let Some(class) = as_type(first) else {
        return Err(type_error(format!("{}.__new__(X): X is not a type object ({})", t.name(), display_name(first))));
    };
    if !class.is_subtype(t) {
        return Err(type_error(format!(
            "{}.__new__({}): {} is not a subtype of {}",
            t.name(),
            class.name(),
            class.name(),
            t.name()
        )));
    }
    let native = class.native.get().unwrap_or(class);
    let same = |a: Option<NewFn>, b: Option<NewFn>| a.map(|f| f as usize) == b.map(|f| f as usize);
    if !same(native.slots().new, t.slots().new) {
        return Err(type_error(format!("{}.__new__({}) is not safe, use {}.__new__()", t.name(), class.name(), native.name())));
    }
    let new = t.slots().new.ok_or_else(|| type_error(format!("cannot create '{}' instances", t.name())))?;
    new(class, &rest)
}

/// The type whose `__new__` this builtin function is.
pub fn native_new_of(v: Value) -> Option<&'static Type> {
    let b = crate::cast::get::<crate::function::BuiltinFunction>(v)?;
    if std::ptr::eq(b.decl, &NEW_DECL) { as_type(b.this.get()) } else { None }
}

const SLOT_UNKNOWN: usize = usize::MAX;
struct ObjectSlots([Cell<usize>; Slots::COUNT]);
// SAFETY: single-threaded (ARCHITECTURE.md).
unsafe impl Sync for ObjectSlots {}
/// The slots of heap types that say nothing about them and have no base but `object`, as far as they were asked for.
static OBJECT_SLOTS: ObjectSlots = ObjectSlots([const { Cell::new(SLOT_UNKNOWN) }; Slots::COUNT]);

/// The base behind whose MRO the type's own is, if its slots tell those of the type: a heap type, or `object`.
fn base_for_slots(t: &'static Type) -> Option<&'static Type> {
    let &[base] = crate::tuple::items(t.bases.get())? else { return None };
    let base = as_type(base)?;
    let told = base.has(type_flags::HEAP) || std::ptr::eq(base, &crate::object::OBJECT);
    let own = crate::type_object::mro(t);
    if told && own.first() == Some(&t.v()) && own[1..] == *crate::type_object::mro(base) { Some(base) } else { None }
}

/// Which rows the type's own dict has the name of.
fn own_rows(t: &'static Type) -> [bool; ROWS.len()] {
    let mut own = [false; ROWS.len()];
    let dict = crate::type_object::ensure_dict(t);
    let mut pos = 0;
    while let Some((key, _)) = crate::dict::next_entry(dict, &mut pos) {
        if crate::str::try_view(key).and_then(|k| k.ascii()).is_some_and(|k| k.starts_with("__")) {
            for (row, own) in ROWS.iter().zip(&mut own) {
                *own |= crate::shape::same_name(name(row.d), key);
            }
        }
    }
    own
}

/// Brings the slots of a heap type up to date with its special methods: all, or those of one name.
pub fn update_slots(t: &'static Type, only: Option<Value>) {
    let inherited = if only.is_none() { base_for_slots(t).map(|base| (base, own_rows(t))) } else { None };
    let mut i = 0;
    while i < ROWS.len() {
        let slot = ROWS[i].slot;
        let start = i;
        while i < ROWS.len() && ROWS[i].slot == slot {
            i += 1;
        }
        let rows = &ROWS[start..i];
        if let Some(changed) = only
            && !rows.iter().any(|r| crate::shape::same_name(name(r.d), changed))
        {
            continue;
        }
        let f = match &inherited {
            Some((base, own)) if !own[start..i].contains(&true) => {
                if base.has(type_flags::HEAP) {
                    base.slots().raw(slot)
                } else {
                    let known = &OBJECT_SLOTS.0[slot];
                    if known.get() == SLOT_UNKNOWN {
                        known.set(slot_of(t, slot, start..i));
                    }
                    known.get()
                }
            }
            _ => slot_of(t, slot, start..i),
        };
        // SAFETY: `slot_of` answers functions of the slot's type. No reference to the slots is live here.
        unsafe { (*t.slots.get()).set_raw(slot, f) };
    }
    if only.is_none_or(|n| crate::shape::same_name(n, name(D::New))) {
        let new = lookup(t, name(D::New)).map(|v| match native_new_of(v) {
            Some(owner) => owner.slots().new,
            None => Some(f::slot_new as NewFn),
        });
        // SAFETY: as above.
        unsafe { (*t.slots.get()).new = new.flatten() };
    }
    // SAFETY: read only.
    let slots = unsafe { &*t.slots.get() };
    let mut flags = t.prefix.flags.get();
    flags &= !(type_flags::PLAIN_GETATTR | type_flags::PLAIN_SETATTR | type_flags::FINALIZER);
    let get = slots.getattr.map_or(0, |g| g as usize);
    let plain = crate::attr::generic_get as *const () as usize;
    let object_getattribute = || lookup(&crate::object::OBJECT, name(D::GetAttribute)) == lookup(t, name(D::GetAttribute));
    if get == plain || (get == f::slot_getattr_hook as *const () as usize && object_getattribute()) {
        flags |= type_flags::PLAIN_GETATTR;
    }
    if slots.setattr.is_some_and(|s| s as usize == crate::attr::generic_set as *const () as usize) {
        flags |= type_flags::PLAIN_SETATTR;
    }
    if slots.finalize.is_some() {
        flags |= type_flags::FINALIZER;
    }
    t.prefix.flags.set(flags);
}

/// `rows`: indices of the slot's rows.
fn slot_of(t: &'static Type, slot: usize, rows: Range<usize>) -> usize {
    let mut specific = 0;
    let mut generic = 0;
    let mut use_generic = false;
    for index in rows {
        let row = &ROWS[index];
        let Some(v) = lookup(t, name(row.d)) else { continue };
        if let Some(w) = crate::cast::get::<WrapperDescriptor>(v) {
            if std::ptr::eq(w.row, row) {
                let f = w.owner.slots().raw(slot);
                if t.is_subtype(w.owner) && (specific == 0 || specific == f) {
                    specific = f;
                } else {
                    use_generic = true;
                }
                generic = GENERIC[index].0 as usize;
                continue;
            }
            if w.row.d == row.d {
                // The same name through another slot (`__add__` as number or sequence).
                continue;
            }
        } else if v.is_none() && row.d == D::Hash {
            specific = hash_not_implemented as *const () as usize;
            continue;
        }
        use_generic = true;
        generic = GENERIC[index].0 as usize;
    }
    if use_generic { generic } else { specific }
}

/// What only classes of the program need: their special methods and bases can change.
#[derive(Clone, Copy)]
struct Changes {
    attribute: fn(&'static Type, Value),
    bases: fn(&'static Type, Value) -> R<()>,
}

struct Known(Cell<Option<Changes>>);
// SAFETY: single-threaded (ARCHITECTURE.md).
unsafe impl Sync for Known {}
/// None before the program has made a class.
static CHANGES: Known = Known(Cell::new(None));

/// Told of each class that the program makes.
pub fn expect_changes() {
    // Seen through, this would tie all slot functions to every program.
    CHANGES.0.set(Some(std::hint::black_box(Changes { attribute: update_slot_everywhere, bases: crate::type_new::set_bases })));
}

/// An attribute of `t` was set or deleted.
pub fn attribute_changed(t: &'static Type, attribute: Value) {
    if let Some(changes) = CHANGES.0.get() {
        (changes.attribute)(t, attribute);
    }
}

/// `t.__bases__ = bases`.
pub fn set_bases(t: &'static Type, bases: Value) -> R<()> {
    let changes = CHANGES.0.get().ok_or_else(|| type_error(format!("__bases__ assignment: '{}' object layout differs", t.name())))?;
    (changes.bases)(t, bases)
}

/// After a special method of `t` was set or deleted: updates the slots of `t` and of all subclasses that do not override it.
fn update_slot_everywhere(t: &'static Type, attribute: Value) {
    if !is_special(attribute) {
        return;
    }
    fn walk(t: &'static Type, attribute: Value) {
        if t.has(type_flags::HEAP) {
            update_slots(t, Some(attribute));
        }
        for s in crate::type_object::subclasses(t) {
            walk(s, attribute);
        }
    }
    walk(t, attribute);
}

fn is_special(attribute: Value) -> bool {
    let v = crate::str::view(attribute);
    v.len() > 4 && v.get(0) == '_' as u32 && v.get(1) == '_' as u32
}
