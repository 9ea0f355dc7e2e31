//! Entries: t-strings.

use crate::prelude::*;
use crate::templatelib;

#[unsafe(no_mangle)]
pub extern "C" fn dxp_interpolation(v: Value, expression: Value, conversion: u32, spec: Value) -> Value {
    let conversion = match conversion {
        1 => crate::str::from_str("s"),
        2 => crate::str::from_str("r"),
        3 => crate::str::from_str("a"),
        _ => Ref::none(),
    };
    let spec = if spec.is_missing() { crate::str::from_str("") } else { Ref::new(spec) };
    templatelib::new_interpolation(v, expression, conversion, spec).into_raw()
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_template(strings: Value, interpolations: Value) -> Value {
    templatelib::new_template(strings, interpolations).into_raw()
}
