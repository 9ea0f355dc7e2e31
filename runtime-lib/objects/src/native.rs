//! Declarations of native functions, methods, getters and classes, made by the attribute macros of `native-macros`,
//! and the conversions between Python values and Rust types.

use crate::args::Args;
use crate::error::R;
use crate::ty::Type;
use dxpyc_abi::Value;
use dxpyc_heap::Ref;

/// How a native function is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FnKind {
    /// Module function.
    Function,
    /// First argument is self.
    Method,
    /// First argument is the class.
    ClassMethod,
    /// No binding.
    StaticMethod,
}

/// Kinds of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    PositionalOnly,
    Positional,
    KeywordOnly,
    /// `*args`
    VarArgs,
    /// `**kwargs`
    VarKeywords,
}

/// A default value that can stand in a static.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// The parameter is required.
    Required,
    /// Shown in the signature only; the function sees None in its Option.
    Absent,
    None,
    Bool(bool),
    Int(i64),
    Str(&'static str),
}

/// One parameter of a native function (self is not listed).
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: ParamKind,
    pub default: Default,
    /// The function sees an absent argument as Rust's None, whatever the default says.
    pub none_if_absent: bool,
}

/// A native function or method: everything that is known of it, in one place. The linker reads it (`linker/src/prune.rs`).
#[repr(C)]
pub struct NativeDecl {
    pub name: &'static str,
    /// Text signature as CPython's `__text_signature__`, without the name: `($self, /, sep=None, maxsplit=-1)`. Empty: none.
    pub signature: &'static str,
    pub doc: &'static str,
    pub params: &'static [Param],
    /// Generic entry: self (or class, or MISSING) and the arguments without it.
    pub call: fn(Value, &Args) -> R<Ref>,
    pub kind: FnKind,
}

impl NativeDecl {
    /// Whether the function is not part of this program.
    pub fn is_left_out(&self) -> bool {
        let stub: fn(Value, &Args) -> R<Ref> = dxp_left_out_call;
        std::ptr::fn_addr_eq(self.call, stub)
    }
}

/// A getter/setter attribute. The linker reads it (`linker/src/prune.rs`).
#[repr(C)]
pub struct GetSetDecl {
    pub name: &'static str,
    pub doc: &'static str,
    pub get: fn(Value) -> R<Ref>,
    /// None: read-only. Value MISSING: delete.
    pub set: Option<fn(Value, Value) -> R<()>>,
}

/// The native part of a builtin class.
pub struct ClassDecl {
    pub doc: &'static str,
    pub methods: &'static [NativeDecl],
    pub getsets: &'static [GetSetDecl],
    /// Run once when the type is made ready: adds constants and the like to the type's dict.
    pub init: Option<fn(&'static Type)>,
}

const _: () = {
    use std::mem::offset_of;
    assert!(size_of::<NativeDecl>() == 80 && offset_of!(NativeDecl, name) == 0 && offset_of!(NativeDecl, call) == 64, "see linker/src/prune.rs");
    assert!(size_of::<GetSetDecl>() == 48 && offset_of!(GetSetDecl, get) == 32 && offset_of!(GetSetDecl, set) == 40, "see linker/src/prune.rs");
    assert!(size_of::<ClassRow>() == 24 && offset_of!(ClassRow, class) == 16, "see linker/src/prune.rs");
};

/// A native module. Emitted programs refer to it by the symbol `dxp_native_module_NAME` (dots as `_`).
pub struct NativeModule {
    pub name: &'static str,
    pub doc: &'static str,
    pub functions: &'static [NativeDecl],
    /// Run at import: adds constants and classes to the module's dict.
    pub init: Option<fn(module_dict: Value) -> R<()>>,
}

/// From a Python argument to a Rust parameter.
pub trait FromArg<'a>: Sized {
    /// Converts, raising as CPython's converters do. `function` and `position` (1-based) are for messages.
    fn from_arg(value: Value, function: &str, position: usize, name: &str) -> R<Self>;
}

/// From a Rust result to a Python value.
pub trait IntoResult {
    /// Converts.
    fn into_result(self) -> R<Ref>;
}

impl<'a> FromArg<'a> for Value {
    #[inline(always)]
    fn from_arg(value: Value, _: &str, _: usize, _: &str) -> R<Value> {
        Ok(value)
    }
}
impl<'a> FromArg<'a> for bool {
    fn from_arg(value: Value, _: &str, _: usize, _: &str) -> R<bool> {
        crate::ops::truth(value)
    }
}
impl<'a> FromArg<'a> for i64 {
    #[inline]
    fn from_arg(value: Value, _: &str, _: usize, _: &str) -> R<i64> {
        match value.as_small_int() {
            Some(i) => Ok(i),
            None => crate::int::index_i64(value),
        }
    }
}
impl<'a> FromArg<'a> for isize {
    #[inline]
    fn from_arg(value: Value, f: &str, p: usize, n: &str) -> R<isize> {
        i64::from_arg(value, f, p, n).map(|i| i as isize)
    }
}
impl<'a> FromArg<'a> for i32 {
    fn from_arg(value: Value, f: &str, p: usize, n: &str) -> R<i32> {
        let i = i64::from_arg(value, f, p, n)?;
        i32::try_from(i).map_err(|_| {
            crate::error::overflow_error(if i < 0 { "signed integer is less than minimum" } else { "signed integer is greater than maximum" })
        })
    }
}
impl<'a> FromArg<'a> for f64 {
    #[inline]
    fn from_arg(value: Value, _: &str, _: usize, _: &str) -> R<f64> {
        if value.is_imm_float() {
            return Ok(value.imm_float_unchecked());
        }
        crate::float::as_f64(value)
    }
}
impl<'a, T: FromArg<'a>> FromArg<'a> for Option<T> {
    fn from_arg(value: Value, f: &str, p: usize, n: &str) -> R<Option<T>> {
        // MISSING never reaches here from Python; a None value is the function's business unless T is a Value.
        T::from_arg(value, f, p, n).map(Some)
    }
}
/// Any native object by reference: `TypeError` with CPython's wording when the type is another.
impl<'a, T: crate::cast::Object> FromArg<'a> for &'a T {
    fn from_arg(value: Value, function: &str, position: usize, _: &str) -> R<&'a T> {
        crate::cast::get::<T>(value).ok_or_else(|| {
            let p = if position == 0 { String::new() } else { format!(" {position}") };
            crate::error::type_error(format!(
                "{function}() argument{p} must be {}, not {}",
                T::class().static_name,
                crate::unpack::not_name(value)
            ))
        })
    }
}

impl IntoResult for Ref {
    #[inline(always)]
    fn into_result(self) -> R<Ref> {
        Ok(self)
    }
}
impl<T: IntoResult> IntoResult for R<T> {
    #[inline(always)]
    fn into_result(self) -> R<Ref> {
        self.and_then(T::into_result)
    }
}
impl IntoResult for () {
    fn into_result(self) -> R<Ref> {
        Ok(Ref::none())
    }
}
impl IntoResult for bool {
    fn into_result(self) -> R<Ref> {
        Ok(Ref::bool(self))
    }
}
impl IntoResult for i64 {
    fn into_result(self) -> R<Ref> {
        Ok(crate::int::from_i64(self))
    }
}
impl IntoResult for usize {
    fn into_result(self) -> R<Ref> {
        Ok(crate::int::from_i64(self as i64))
    }
}
impl IntoResult for isize {
    fn into_result(self) -> R<Ref> {
        Ok(crate::int::from_i64(self as i64))
    }
}
impl IntoResult for f64 {
    fn into_result(self) -> R<Ref> {
        Ok(crate::float::from_f64(self))
    }
}
impl IntoResult for &str {
    fn into_result(self) -> R<Ref> {
        Ok(crate::str::from_str(self))
    }
}
impl IntoResult for String {
    fn into_result(self) -> R<Ref> {
        Ok(crate::str::from_str(&self))
    }
}
impl<T: IntoResult> IntoResult for Option<T> {
    fn into_result(self) -> R<Ref> {
        match self {
            Some(x) => x.into_result(),
            None => Ok(Ref::none()),
        }
    }
}

/// Binds arguments to the parameters of a declaration: `out[i]` is the value of parameter i or MISSING where the default
/// applies; a VarArgs parameter gets a tuple, a VarKeywords one a dict (both owned by `keep`). CPython's messages.
pub fn bind(decl: &NativeDecl, args: &Args, out: &mut [Value], keep: &mut Vec<Ref>) -> R<()> {
    crate::bind::bind_native(decl, args, out, keep)
}

// What stands in place of native functions that the linker left out of a program (`linker/src/prune.rs`): no name of the program or of the
// runtime led to them. That a program gets here is a bug of dxpyc, reported as one.

pub(crate) fn left_out() -> crate::error::Raised {
    crate::error::raise(
        &crate::exceptions::SYSTEM_ERROR,
        "dxpyc left this native function out of the program, because nothing seemed to name it; `dxpyc build --keep-all` keeps it",
    )
}

#[unsafe(no_mangle)]
fn dxp_left_out_call(_: Value, _: &Args) -> R<Ref> {
    Err(left_out())
}

#[unsafe(no_mangle)]
fn dxp_left_out_get(_: Value) -> R<Ref> {
    Err(left_out())
}

#[unsafe(no_mangle)]
fn dxp_left_out_set(_: Value, _: Value) -> R<()> {
    Err(left_out())
}

/// Stands where Rust's panics would print the places that led to them.
#[unsafe(no_mangle)]
fn dxp_left_out_backtrace(_: &(), _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    Ok(())
}

/// A builtin class by its name. The linker reads it (`linker/src/prune.rs`), and makes the classes None that the program does not name.
#[repr(C)]
pub struct ClassRow {
    pub name: &'static str,
    pub class: Option<&'static Type>,
}
