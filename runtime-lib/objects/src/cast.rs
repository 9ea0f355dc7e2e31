//! From values to Rust views of objects and back: the one place where pointers become references.

use crate::ty::Type;
use dxpyc_abi::{Header, Value};
use dxpyc_heap::Ref;

/// A Rust struct that is a Python object.
///
/// # Safety
/// `#[repr(C)]`, first field `header: Header`; every object whose type is `class()` or a subtype begins with this struct.
pub unsafe trait Object: Sized + 'static {
    /// The Python type.
    fn class() -> &'static Type;
}

/// The type of any value.
#[inline(always)]
pub fn type_of(v: Value) -> &'static Type {
    if v.is_pointer() {
        // SAFETY: pointer values point to live objects; their type word points to a `Type` (types are never freed
        // while instances exist), whose prefix is its first member.
        unsafe { &*((*(v.address() as *const Header)).ty.get() as *const Type) }
    } else {
        immediate_type(v)
    }
}

#[inline(never)]
fn immediate_type(v: Value) -> &'static Type {
    if v.is_small_int() {
        &crate::int::INT
    } else if v.is_imm_float() {
        &crate::float::FLOAT
    } else {
        match v {
            Value::NONE => &crate::singletons::NONE_TYPE,
            Value::TRUE | Value::FALSE => &crate::int::BOOL,
            Value::NOT_IMPLEMENTED => &crate::singletons::NOT_IMPLEMENTED_TYPE,
            Value::ELLIPSIS => &crate::singletons::ELLIPSIS_TYPE,
            other => panic!("type of {other:?}"),
        }
    }
}

/// Whether the value's type is exactly `class`.
#[inline(always)]
pub fn is_exact(v: Value, class: &'static Type) -> bool {
    std::ptr::eq(type_of(v), class)
}

/// As [`is_exact`] for types that no immediate value has.
#[inline(always)]
pub fn is_exact_object(v: Value, class: &'static Type) -> bool {
    // SAFETY: as in `type_of`.
    v.is_pointer() && std::ptr::eq(unsafe { (*(v.address() as *const Header)).ty.get() }, &class.prefix)
}

/// The object's struct, if the value is an instance of `T`'s type or a subtype.
///
/// The reference lives as long as somebody holds a count of the object: do not keep it across calls into Python code
/// unless a [`Ref`] (or the caller's borrowed argument) keeps it alive.
#[inline(always)]
pub fn get<'a, T: Object>(v: Value) -> Option<&'a T> {
    if v.is_pointer() && (std::ptr::eq(type_of(v), T::class()) || type_of(v).is_subtype(T::class())) {
        Some(get_unchecked(v))
    } else {
        None
    }
}

/// The struct of an object that is known to be a `T` (checked in debug builds).
#[inline(always)]
pub fn get_unchecked<'a, T: Object>(v: Value) -> &'a T {
    debug_assert!(v.is_pointer());
    // SAFETY: the caller established that v is an instance of T's type (Object's contract gives the layout).
    unsafe { &*(v.address() as *const T) }
}

/// The value of an object given by reference.
#[inline(always)]
pub fn value_of<T: Object>(object: &T) -> Value {
    Value::from_address(object as *const T as usize)
}

/// Allocates an object of a fixed-size native type, exactly `T::class()` (no instance dict).
#[inline]
pub fn new_object<T: Object>(object: T) -> Ref {
    let class = T::class();
    debug_assert!(!class.has(dxpyc_abi::type_flags::HEAP));
    debug_assert!(class.basic_size.get() <= size_of::<T>());
    let p = dxpyc_heap::alloc(size_of::<T>()) as *mut T;
    // SAFETY: the block has room for a T.
    unsafe {
        p.write(object);
        (*(p as *const Header)).ty.set(&class.prefix);
    }
    Ref::from_owned(Value::from_address(p as usize))
}

/// Allocates an object of `class`, which is `T::class()` or a subtype (whose instance dict and slots start empty).
pub fn new_object_of<T: Object>(class: &'static Type, object: T) -> Ref {
    let p = class.allocate(size_of::<T>()) as *mut T;
    if p.is_null() {
        dxpyc_heap::slab::out_of_memory()
    }
    // SAFETY: `allocate` returns a block of at least basic_size >= size_of::<T>() bytes, 16-byte aligned.
    unsafe {
        p.write(object);
        (*(p as *const Header)).ty.set(&class.prefix);
    }
    class.note_instance();
    Ref::from_owned(Value::from_address(p as usize))
}

/// A fresh header for `new_object` (count one; the type is set by the allocation).
#[inline(always)]
pub fn fresh_header() -> Header {
    Header { count: std::cell::Cell::new(dxpyc_abi::COUNT_UNIT), ty: std::cell::Cell::new(std::ptr::null()) }
}

/// `object_type!(Struct, TYPE)`: Struct is the layout of TYPE's instances.
#[macro_export]
macro_rules! object_type {
    ($struct:ty, $class:expr) => {
        // SAFETY: the struct is repr(C) with its header first (reviewed at the use of this macro).
        unsafe impl $crate::cast::Object for $struct {
            #[inline(always)]
            fn class() -> &'static $crate::ty::Type {
                &$class
            }
        }
    };
}
