//! Entries: type parameters and aliases.

use super::{status, value};
use crate::prelude::*;
use crate::typing_types;

#[unsafe(no_mangle)]
pub extern "C" fn dxp_type_param(kind: u32, name: Value, bound: Value) -> Value {
    value(typing_types::new_param(kind, name, bound))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_set_type_param_default(param: Value, default: Value) -> i32 {
    typing_types::set_default(param, default);
    status(Ok(()))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_type_alias(name: Value, params: Value, evaluator: Value) -> Value {
    typing_types::new_alias(name, params, evaluator).into_raw()
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_set_type_params(function: Value, params: Value) -> Value {
    let name = crate::str::intern("__type_params__");
    value(crate::ops::setattr(function, name.v(), params).map(|()| Ref::new(function)))
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_subscript_generic(params: Value) -> Value {
    value(subscript_generic(params))
}

fn subscript_generic(params: Value) -> R<Ref> {
    let mut unpacked = Vec::new();
    for p in crate::tuple::items(params).unwrap_or(&[]) {
        if is_exact(*p, &typing_types::TYPE_VAR_TUPLE) {
            unpacked.extend(crate::ops::collect_to_vec(*p)?);
        } else {
            unpacked.push(Ref::new(*p));
        }
    }
    let args = crate::tuple::from_refs(unpacked);
    let typing = crate::import::import_module("typing")?;
    crate::call::call_method(typing.v(), "_GenericAlias", &[typing_types::GENERIC.v(), args.v()])
}
