//! Which code runs the operator slots of types: the linker leaves out what types do for operators that no code of a program uses
//! (`linker/src/prune.rs`).
//!
//! An operator's slot is read by its function of [`crate::ops`] and by nothing else that could call it; slot functions of Python classes run below that
//! function, and wrappers (`int.__add__`) are found by their names. The function marks itself with [`uses_slot!`]; a program that holds no
//! marked function and names none of the methods gets the stub in the slot of every builtin type.
//!
//! Likewise the constructors of some classes whose instances are everywhere: a program that cannot get at the class cannot call it.

use crate::error::R;
use crate::native::left_out;
use crate::prelude::*;
use crate::slots::{NewFn, Slots};
use crate::ty::Type;
use std::mem::offset_of;

/// A slot. The linker reads it.
#[repr(C)]
pub struct SlotRow {
    /// Whose; none: of all types.
    class: Option<&'static Type>,
    /// Where in a [`Type`].
    offset: usize,
    stub: Stub,
    /// The methods that call it, with spaces between.
    names: &'static str,
}

#[derive(Clone, Copy)]
union Stub {
    _unary: fn(Value) -> R<Ref>,
    _binary: fn(Value, Value) -> R<Ref>,
    _ternary: fn(Value, Value, Value) -> R<Ref>,
    _repeat: fn(Value, isize) -> R<Ref>,
    _new: NewFn,
}

const UNARY: Stub = Stub { _unary: |_| Err(left_out()) };
const BINARY: Stub = Stub { _binary: |_, _| Err(left_out()) };
const TERNARY: Stub = Stub { _ternary: |_, _, _| Err(left_out()) };
const REPEAT: Stub = Stub { _repeat: |_, _| Err(left_out()) };

const NEW: Stub = Stub { _new: |_, _| Err(left_out()) };

/// What a type object looks like. The linker reads it.
#[repr(C)]
struct Layout {
    class: &'static Type,
    size: usize,
}

// SAFETY: never written.
unsafe impl Sync for Layout {}

#[used]
#[unsafe(link_section = ".data.rel.ro.dxp.types")]
static LAYOUT: Layout = Layout { class: &crate::type_attributes::TYPE, size: size_of::<Type>() };

macro_rules! rows {
    ($($slot:ident $stub:ident $names:literal;)*) => { $(
        #[allow(non_upper_case_globals)]
        #[doc = concat!("The slot `", stringify!($slot), "`.")]
        #[unsafe(link_section = concat!(".data.rel.ro.dxp.slot.", stringify!($slot)))]
        pub static $slot: SlotRow =
            SlotRow { class: None, offset: offset_of!(Type, slots) + offset_of!(Slots, $slot), stub: $stub, names: $names };
    )* };
}

rows! {
    add BINARY "__add__ __radd__"; sub BINARY "__sub__ __rsub__"; mul BINARY "__mul__ __rmul__"; matmul BINARY "__matmul__ __rmatmul__";
    truediv BINARY "__truediv__ __rtruediv__"; floordiv BINARY "__floordiv__ __rfloordiv__"; modulo BINARY "__mod__ __rmod__";
    divmod BINARY "__divmod__ __rdivmod__"; pow TERNARY "__pow__ __rpow__"; lshift BINARY "__lshift__ __rlshift__";
    rshift BINARY "__rshift__ __rrshift__"; and BINARY "__and__ __rand__"; or BINARY "__or__ __ror__"; xor BINARY "__xor__ __rxor__";
    neg UNARY "__neg__"; pos UNARY "__pos__"; abs UNARY "__abs__"; invert UNARY "__invert__";
    iadd BINARY "__iadd__"; isub BINARY "__isub__"; imul BINARY "__imul__"; imatmul BINARY "__imatmul__"; itruediv BINARY "__itruediv__";
    ifloordiv BINARY "__ifloordiv__"; imod BINARY "__imod__"; ipow BINARY "__ipow__"; ilshift BINARY "__ilshift__"; irshift BINARY "__irshift__";
    iand BINARY "__iand__"; ior BINARY "__ior__"; ixor BINARY "__ixor__";
    concat BINARY "__add__"; repeat REPEAT "__mul__ __rmul__"; iconcat BINARY "__iadd__"; irepeat REPEAT "__imul__";
}

/// A program gets at a builtin class by its name, or by one of these.
macro_rules! reflection {
    () => {
        " type __class__ __build_class__ __subclasses__ __base__ __bases__ __mro__ mro __objclass__ __orig_bases__ __orig_class__ __args__ __origin__"
    };
}

macro_rules! constructors {
    ($($row:ident $class:path = $names:literal;)*) => { $(
        #[doc = concat!("How a call makes instances of `", stringify!($class), "`; code that calls the class without its name says so.")]
        #[unsafe(link_section = concat!(".data.rel.ro.dxp.slot.", stringify!($row)))]
        #[used]
        pub static $row: SlotRow = SlotRow {
            class: Some(&$class),
            offset: offset_of!(Type, slots) + offset_of!(Slots, new),
            stub: NEW,
            names: concat!($names, reflection!()),
        };
    )* };
}

constructors! {
    NEW_TYPE crate::type_attributes::TYPE = "type";
    NEW_INT crate::int::INT = "int bool";
    NEW_FLOAT crate::float::FLOAT = "float";
    NEW_FUNCTION crate::function::FUNCTION = "FunctionType LambdaType";
}

/// Says that the function runs slots: a reference to their rows, and no code.
#[macro_export]
macro_rules! uses_slot {
    ($($slot:ident)*) => { $(
        // SAFETY: an entry for the linker, and no instruction.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            std::arch::asm!(".reloc ., R_X86_64_NONE, {}", sym $crate::slot_use::$slot, options(nomem, nostack, preserves_flags));
            #[cfg(target_arch = "aarch64")]
            std::arch::asm!(".reloc ., R_AARCH64_NONE, {}", sym $crate::slot_use::$slot, options(nomem, nostack, preserves_flags));
        }
    )* };
}
