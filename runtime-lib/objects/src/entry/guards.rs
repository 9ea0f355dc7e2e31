//! What compiled code guards by identity: the namespace of builtins, and some builtins as they were at start-up.

use dxpyc_abi::Value;
use dxpyc_abi::entries::BUILTIN_GUARDS;
use std::cell::Cell;

/// A cell in a static.
#[repr(transparent)]
pub struct Shared(Cell<Value>);

impl Shared {
    /// The value, borrowed.
    pub fn get(&self) -> Value {
        self.0.get()
    }
}

// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Shared {}

/// The builtins dict, for `runtime-lib/hot` (borrowed; MISSING before start-up).
#[unsafe(no_mangle)]
pub static DXP_BUILTINS: Shared = Shared(Cell::new(Value::MISSING));

/// The builtins of `BUILTIN_GUARDS` (borrowed; MISSING before start-up, so nothing equals them).
#[unsafe(no_mangle)]
pub static DXP_BUILTIN_VALUES: [Shared; BUILTIN_GUARDS.len()] =
    [const { Shared(Cell::new(Value::MISSING)) }; BUILTIN_GUARDS.len()];

/// `list.append` as the type has it (borrowed: the type is never changed; MISSING before start-up).
#[unsafe(no_mangle)]
pub static DXP_LIST_APPEND: Shared = Shared(Cell::new(Value::MISSING));

/// `list.append(receiver, item)`, the usual receiver in line.
#[unsafe(no_mangle)]
pub extern "C" fn dxp_call_list_append(receiver: Value, item: Value) -> Value {
    if crate::list::is_exact_list(receiver) {
        return match crate::list::push_body(crate::list::body(receiver), dxpyc_heap::Ref::new(item)) {
            Ok(()) => Value::NONE,
            Err(_) => Value::ERROR,
        };
    }
    let args = [receiver, item];
    super::value(crate::call::call(DXP_LIST_APPEND.0.get(), &crate::args::Args::positional(&args)))
}

/// Notes the builtins, when their dict is complete. The builtins stay alive in the slots' own references.
pub fn note(builtins: Value) {
    DXP_BUILTINS.0.set(builtins);
    if crate::builtins_types::is_named("append")
        && let Some(append) = crate::type_object::lookup(&crate::list::LIST, crate::str::intern("append").v())
    {
        DXP_LIST_APPEND.0.set(append);
    }
    for (slot, name) in DXP_BUILTIN_VALUES.iter().zip(BUILTIN_GUARDS) {
        let name = crate::str::intern(name);
        if let Some(v) = crate::dict::get_str(builtins, name.v()) {
            slot.0.set(dxpyc_heap::Ref::new(v).into_raw());
        }
    }
}

/// Notes the functions of a native module that can be guarded, when the module's dict has them. The first import counts.
pub fn note_module(module: &str, dict: Value) {
    for (slot, name) in DXP_BUILTIN_VALUES.iter().zip(BUILTIN_GUARDS) {
        let Some(name) = name.strip_prefix(module).and_then(|rest| rest.strip_prefix('.')) else { continue };
        if slot.0.get().is_missing()
            && let Some(v) = crate::dict::get_str(dict, crate::str::intern(name).v())
        {
            slot.0.set(dxpyc_heap::Ref::new(v).into_raw());
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_is_builtin(value: Value, which: u32) -> i32 {
    i32::from(DXP_BUILTIN_VALUES[which as usize].0.get() == value)
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_range_iterator(start: i64, stop: i64, step: i64) -> Value {
    let left = match step {
        1.. if start < stop => (stop - start - 1) / step + 1,
        ..=-1 if start > stop => (start - stop - 1) / -step + 1,
        _ => 0,
    };
    crate::range::small_iterator(start, left as u64, step).into_raw()
}

#[unsafe(no_mangle)]
pub extern "C" fn dxp_isinstance(object: Value, class: Value) -> i32 {
    super::truth(crate::ops_class::isinstance(object, class))
}
