//! Calls of Python functions with exactly the positional arguments that their bodies take.

use crate::attributes::cached_method;
use crate::refs::{decref, incref, is_exact, view};
use crate::slow;
use core::mem::transmute;
use dxpyc_abi::{BodyFn, FunctionObject, Value};

/// The body of a Python function that takes exactly `n` positional arguments.
#[inline(always)]
fn body(callee: Value, n: u32) -> Option<BodyFn> {
    if is_exact(callee, &raw const slow::dxp_type_function) {
        // SAFETY: exactly a function.
        let function: &FunctionObject = unsafe { view(callee) };
        if function.fast_nargs.get() == n {
            return Some(function.body.get());
        }
    }
    None
}

macro_rules! value {
    ($name:ident) => {
        Value
    };
}

macro_rules! call {
    ($name:ident, $n:literal $(, $arg:ident)*) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(callee: Value $(, $arg: Value)*) -> Value {
            // SAFETY: `fast_nargs` is the number of parameters of `body`.
            unsafe {
                if let Some(body) = body(callee, $n) {
                    let body: extern "C" fn(Value $(, value!($arg))*) -> Value = transmute(body);
                    return body(callee $(, $arg)*);
                }
                let args: [Value; $n] = [$($arg),*];
                slow::dxp_call(callee, args.as_ptr(), $n)
            }
        }
    };
}

call!(dxp_hot_call0, 0);
call!(dxp_hot_call1, 1, a);
call!(dxp_hot_call2, 2, a, b);
call!(dxp_hot_call3, 3, a, b, c);
call!(dxp_hot_call4, 4, a, b, c, d);

/// `list.append` called with the receiver first; None: another method.
#[inline(always)]
fn append(callee: Value, receiver: Value, item: Value) -> Option<Value> {
    // SAFETY: the cell is a static of the runtime.
    if callee == unsafe { slow::DXP_LIST_APPEND.get() } { Some(slow::dxp_call_list_append(receiver, item)) } else { None }
}

macro_rules! call_bound {
    ($name:ident, $plain:ident, $n:literal $(, $arg:ident)*) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(callee: Value, receiver: Value $(, $arg: Value)*) -> Value {
            // SAFETY: as in the plain calls.
            unsafe {
                if receiver.is_missing() {
                    return $plain(callee $(, $arg)*);
                }
                if let Some(body) = body(callee, $n) {
                    let body: extern "C" fn(Value, Value $(, value!($arg))*) -> Value = transmute(body);
                    return body(callee, receiver $(, $arg)*);
                }
                let args: [Value; $n] = [receiver $(, $arg)*];
                slow::dxp_call_bound(callee, args.as_ptr(), $n)
            }
        }
    };
}

call_bound!(dxp_hot_call_bound1, dxp_hot_call0, 1);
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_call_bound2(callee: Value, receiver: Value, a: Value) -> Value {
    // SAFETY: as in the plain calls.
    unsafe {
        if receiver.is_missing() {
            return dxp_hot_call1(callee, a);
        }
        if let Some(body) = body(callee, 2) {
            let body: extern "C" fn(Value, Value, Value) -> Value = transmute(body);
            return body(callee, receiver, a);
        }
        if let Some(result) = append(callee, receiver, a) {
            return result;
        }
        let args = [receiver, a];
        slow::dxp_call_bound(callee, args.as_ptr(), 2)
    }
}

call_bound!(dxp_hot_call_bound3, dxp_hot_call2, 3, a, b);
call_bound!(dxp_hot_call_bound4, dxp_hot_call3, 4, a, b, c);

macro_rules! call_method {
    ($name:ident, $n:literal $(, $arg:ident)*) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(object: Value $(, $arg: Value)*, name: Value, cache: *const u8) -> Value {
            // SAFETY: as in the plain calls; the cached method is held over the call, which may change the class.
            unsafe {
                if let Some(callee) = cached_method(object, cache)
                    && let Some(body) = body(callee, $n)
                {
                    let body: extern "C" fn(Value, Value $(, value!($arg))*) -> Value = transmute(body);
                    incref(callee);
                    let result = body(callee, object $(, $arg)*);
                    decref(callee);
                    return result;
                }
                let args: [Value; $n] = [object $(, $arg)*];
                slow::dxp_call_method(name, args.as_ptr(), $n, cache)
            }
        }
    };
}

call_method!(dxp_hot_call_method0, 1);
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_hot_call_method1(object: Value, a: Value, name: Value, cache: *const u8) -> Value {
    // SAFETY: as in the other method calls.
    unsafe {
        if let Some(callee) = cached_method(object, cache) {
            if let Some(body) = body(callee, 2) {
                let body: extern "C" fn(Value, Value, Value) -> Value = transmute(body);
                incref(callee);
                let result = body(callee, object, a);
                decref(callee);
                return result;
            }
            if let Some(result) = append(callee, object, a) {
                return result;
            }
        }
        let args = [object, a];
        slow::dxp_call_method(name, args.as_ptr(), 2, cache)
    }
}

call_method!(dxp_hot_call_method2, 3, a, b);
call_method!(dxp_hot_call_method3, 4, a, b, c);
