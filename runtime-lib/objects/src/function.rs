//! Functions, methods, builtin functions, code objects, cells (being written: signatures only).
use crate::native::NativeDecl;
use crate::prelude::*;
/// A builtin function (or bound builtin method: `this` not MISSING); `module` str or MISSING.
pub fn new_builtin(_decl: &'static NativeDecl, _this: Value, _module: Value) -> Ref { Ref::none() }
/// A bound method.
pub fn new_method(_function: Value, _this: Value) -> Ref { Ref::none() }
