//! `_typing`: the type-parameter classes that `typing` is built on.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{dict, typing_types};

fn init(names: Value) -> R<()> {
    for (name, class) in [
        ("TypeVar", &typing_types::TYPE_VAR),
        ("ParamSpec", &typing_types::PARAM_SPEC),
        ("TypeVarTuple", &typing_types::TYPE_VAR_TUPLE),
        ("ParamSpecArgs", &typing_types::PARAM_SPEC_ARGS),
        ("ParamSpecKwargs", &typing_types::PARAM_SPEC_KWARGS),
        ("TypeAliasType", &typing_types::TYPE_ALIAS),
        ("Generic", &typing_types::GENERIC),
        ("Union", &dxpyc_objects::union_type::UNION),
    ] {
        dict::set_str(names, name, Ref::new(class.v()));
    }
    dict::set_str(names, "NoDefault", Ref::new(typing_types::no_default()));
    Ok(())
}

/// Primitives of typing.
#[native_module(name = "_typing", init = super::init)]
pub mod module {
    use super::*;

    #[native("($module, object, /)")]
    fn _idfunc(object: Value) -> R<Ref> {
        Ok(Ref::new(object))
    }
}
