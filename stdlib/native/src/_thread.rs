//! `_thread` for programs with one thread: locks keep their state; starting a thread is refused with a clear error.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{dict, str};

/// A lock (`count` 0 or 1) or a re-entrant lock.
#[repr(C)]
pub struct Lock {
    header: Header,
    count: Cell<usize>,
}

object_type!(Lock, LOCK);

const FLAGS: u64 = type_flags::WEAKREFABLE;
/// `_thread.lock`.
pub static LOCK: Type = Type::builtin::<Lock>(
    "lock", "_thread", Some(&dxpyc_objects::object::OBJECT), FLAGS, Slots { new: Some(new_lock), repr: Some(lock_repr), ..Slots::NONE },
    Some(&LOCK_DECL),
);
/// `_thread.RLock`.
pub static RLOCK: Type = Type::builtin::<Lock>(
    "RLock", "_thread", Some(&dxpyc_objects::object::OBJECT), FLAGS | type_flags::BASE,
    Slots { new: Some(new_lock), repr: Some(lock_repr), ..Slots::NONE }, Some(&LOCK_DECL),
);

fn new_lock(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(dxpyc_objects::cast::new_object_of(class, Lock { header: dxpyc_objects::cast::fresh_header(), count: Cell::new(0) }))
}

fn lock_repr(v: Value) -> R<Ref> {
    let lock = dxpyc_objects::cast::get_unchecked::<Lock>(v);
    let state = if lock.count.get() > 0 { "locked" } else { "unlocked" };
    Ok(str::from_str(&format!("<{state} {}.{} object at {:#x}>", type_of(v).static_module, type_of(v).name(), v.address())))
}

#[native_class(decl = LOCK_DECL)]
impl Lock {
    #[native("($self, /, blocking=True, timeout=-1)")]
    fn acquire(this: Value, blocking: bool, timeout: Value) -> R<bool> {
        let lock = dxpyc_objects::cast::get_unchecked::<Lock>(this);
        let timeout = dxpyc_objects::float::as_f64(timeout)?;
        if !blocking && timeout != -1.0 {
            return Err(value_error("can't specify a timeout for a non-blocking call"));
        }
        if lock.count.get() > 0 && !type_of(this).is_subtype(&RLOCK) {
            if blocking && timeout < 0.0 {
                return Err(runtime_error("deadlock: the only thread waits for a lock that it holds"));
            }
            return Ok(false);
        }
        lock.count.set(lock.count.get() + 1);
        Ok(true)
    }
    #[native("($self, /)")]
    fn release(this: Value) -> R<()> {
        let lock = dxpyc_objects::cast::get_unchecked::<Lock>(this);
        if lock.count.get() == 0 {
            let re_entrant = type_of(this).is_subtype(&RLOCK);
            return Err(runtime_error(if re_entrant { "cannot release un-acquired lock" } else { "release unlocked lock" }));
        }
        lock.count.set(lock.count.get() - 1);
        Ok(())
    }
    #[native("($self, /)")]
    fn locked(&self) -> bool {
        self.count.get() > 0
    }
    #[native("($self, /)")]
    fn __enter__(this: Value) -> R<bool> {
        Lock::acquire(this, true, Value::from_small_int(-1))
    }
    #[native(raw)]
    fn __exit__(this: Value, _args: &Args) -> R<()> {
        Lock::release(this)
    }
    #[native("($self, /)")]
    fn _is_owned(&self) -> bool {
        self.count.get() > 0
    }
    #[native("($self, /)")]
    fn _recursion_count(&self) -> i64 {
        self.count.get() as i64
    }
    #[native("($self, /)")]
    fn _at_fork_reinit(&self) {
        self.count.set(0)
    }
}

/// Values of `_thread._local` instances live in their own dict.
#[repr(C)]
pub struct Local {
    header: Header,
    dict: dxpyc_abi::InstanceDict,
}

object_type!(Local, LOCAL);
/// `_thread._local`.
pub static LOCAL: Type = Type::builtin::<Local>(
    "_local", "_thread", Some(&dxpyc_objects::object::OBJECT), type_flags::BASE | FLAGS, Slots { new: Some(new_local), ..Slots::NONE }, None,
)
.with_dict_at(std::mem::offset_of!(Local, dict));

fn new_local(class: &'static Type, _: &Args) -> R<Ref> {
    let dict = dxpyc_abi::InstanceDict { shape: Cell::new(std::ptr::null()), values: Cell::new(std::ptr::null_mut()) };
    Ok(dxpyc_objects::cast::new_object_of(class, Local { header: dxpyc_objects::cast::fresh_header(), dict }))
}

fn init(names: Value) -> R<()> {
    for (name, class) in [("LockType", &LOCK), ("lock", &LOCK), ("RLock", &RLOCK), ("_local", &LOCAL)] {
        dict::set_str(names, name, Ref::new(class.v()));
    }
    dict::set_str(names, "error", Ref::new(dxpyc_objects::exceptions::RUNTIME_ERROR.v()));
    dict::set_str(names, "TIMEOUT_MAX", dxpyc_objects::float::from_f64(9223372036.0));
    Ok(())
}

/// This module provides primitive operations to write multi-threaded programs.
#[native_module(name = "_thread", init = super::init)]
pub mod module {
    use super::*;

    #[native("($module, /)")]
    fn allocate_lock() -> R<Ref> {
        new_lock(&LOCK, &Args::NONE)
    }
    #[native("($module, /)")]
    fn get_ident() -> i64 {
        // SAFETY: asks for the calling thread's identity.
        unsafe { libc::pthread_self() as i64 }
    }
    #[native("($module, /)")]
    fn get_native_id() -> i64 {
        // SAFETY: as above.
        unsafe { libc::gettid() as i64 }
    }
    #[native("($module, /)")]
    fn _count() -> i64 {
        0
    }
    #[native("($module, /)")]
    fn _is_main_interpreter() -> bool {
        true
    }
    #[native(raw)]
    fn start_new_thread(_args: &Args) -> R<Ref> {
        Err(runtime_error("unsupported: threads are not there yet"))
    }
    #[native(raw)]
    fn stack_size(_args: &Args) -> i64 {
        0
    }
}
