//! Binding of arguments to parameters (being written: signatures only).
use crate::native::NativeDecl;
use crate::prelude::*;
/// Binds arguments to a native declaration; star parameters are left to `rest_positional`/`rest_keywords`.
pub fn bind_native(_decl: &NativeDecl, _args: &Args, _out: &mut [Value], _keep: &mut Vec<Ref>) -> R<()> { Err(system_error("not there yet: bind")) }
/// The positional arguments beyond the declared ones.
pub fn rest_positional<'a>(_decl: &NativeDecl, args: &Args<'a>) -> &'a [Value] { args.pos() }
/// The keyword arguments that no declared parameter takes.
pub fn rest_keywords(_decl: &NativeDecl, _args: &Args) -> Vec<(Value, Value)> { Vec::new() }
