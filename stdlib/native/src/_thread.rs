//! `_thread`: threads, locks, re-entrant locks, handles of threads, thread-local objects.

use dxpyc_objects::cast::{fresh_header, get_unchecked, new_object, new_object_of};
use dxpyc_objects::prelude::*;
use dxpyc_objects::state::state;
use dxpyc_objects::struct_sequence::SLOTS;
use dxpyc_objects::threads::{self, Shared};
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::{call, dict, exceptions, float, int, ops, str, traceback_print, tuple};
use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// `TIMEOUT_MAX`.
const TIMEOUT_MAX: f64 = 9223372036.0;
/// Smallest stack that `stack_size` takes.
const STACK_BYTES_MIN: i64 = 32 << 10;
/// Longest name that the system keeps.
const NAME_BYTES_MAX: usize = 15;

dxpyc_objects::struct_sequence!(EXCEPT_HOOK_ARGS, EXCEPT_HOOK_ARGS_DECL, "_ExceptHookArgs", "_thread",
    "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.", SLOTS, 4;
    0 "exc_type", 1 "exc_value", 2 "exc_traceback", 3 "thread");

/// The end of a wait; None: never.
fn deadline(blocking: bool, timeout: Option<Value>) -> R<Option<Instant>> {
    let timeout = match timeout {
        None => -1.0,
        Some(v) => float::as_f64(v)?,
    };
    if timeout.is_nan() {
        return Err(value_error("Invalid value NaN (not a number)"));
    }
    if !blocking && timeout != -1.0 {
        return Err(value_error("can't specify a timeout for a non-blocking call"));
    }
    if timeout < 0.0 && timeout != -1.0 {
        return Err(value_error("timeout value must be a non-negative number"));
    }
    if timeout > TIMEOUT_MAX {
        return Err(overflow_error("timeout value is too large"));
    }
    Ok(match (blocking, timeout < 0.0) {
        (false, _) => Some(Instant::now()),
        (true, true) => None,
        (true, false) => Some(Instant::now() + Duration::from_secs_f64(timeout)),
    })
}

/// Waits with the signals looked at; a lock that nobody can release raises.
fn wait(deadline: Option<Instant>, ready: impl FnMut() -> bool) -> R<bool> {
    if deadline.is_none() && !threads::are_others() {
        return Err(runtime_error("deadlock: the only thread waits for itself"));
    }
    threads::wait_until(deadline, ready)
}

// ---------------------------------------------------------------- locks

/// A lock.
#[repr(C)]
pub struct Lock {
    header: Header,
    locked: Cell<bool>,
}

object_type!(Lock, LOCK);
/// `_thread.lock`.
pub static LOCK: Type = Type::builtin::<Lock>(
    "lock", "_thread", Some(&dxpyc_objects::object::OBJECT), type_flags::WEAKREFABLE,
    Slots { new: Some(new_lock), repr: Some(lock_repr), ..Slots::NONE }, Some(&LOCK_DECL),
);

fn new_lock(class: &'static Type, args: &Args) -> R<Ref> {
    if !args.values().is_empty() {
        return Err(type_error(format!("lock() takes no arguments ({} given)", args.values().len())));
    }
    Ok(new_object_of(class, Lock { header: fresh_header(), locked: Cell::new(false) }))
}

fn lock_repr(v: Value) -> R<Ref> {
    let state = if get_unchecked::<Lock>(v).locked.get() { "locked" } else { "unlocked" };
    Ok(str::from_str(&format!("<{state} {}.{} object at {:#x}>", type_of(v).static_module, type_of(v).name(), v.address())))
}

fn lock_acquire(this: Value, blocking: bool, timeout: Option<Value>) -> R<bool> {
    let lock = get_unchecked::<Lock>(this);
    let deadline = deadline(blocking, timeout)?;
    if !lock.locked.replace(true) {
        return Ok(true);
    }
    let _keep = Ref::new(this);
    wait(deadline, || !lock.locked.replace(true))
}

fn lock_release(this: Value) -> R<()> {
    if !get_unchecked::<Lock>(this).locked.replace(false) {
        return Err(runtime_error("release unlocked lock"));
    }
    threads::notify();
    Ok(())
}

#[native_class(decl = LOCK_DECL, doc = "A lock object is a synchronization primitive.")]
impl Lock {
    /// Lock the lock.
    #[native("($self, /, blocking=True, timeout=-1)")]
    fn acquire(this: Value, blocking: bool, timeout: Option<Value>) -> R<bool> {
        lock_acquire(this, blocking, timeout)
    }
    /// An obsolete synonym of acquire().
    #[native("($self, /, blocking=True, timeout=-1)")]
    fn acquire_lock(this: Value, blocking: bool, timeout: Option<Value>) -> R<bool> {
        lock_acquire(this, blocking, timeout)
    }
    /// Release the lock, allowing another thread that is blocked waiting for the lock to acquire it.
    #[native("($self, /)")]
    fn release(this: Value) -> R<()> {
        lock_release(this)
    }
    /// An obsolete synonym of release().
    #[native("($self, /)")]
    fn release_lock(this: Value) -> R<()> {
        lock_release(this)
    }
    /// Return whether the lock is in the locked state.
    #[native("($self, /)")]
    fn locked(&self) -> bool {
        self.locked.get()
    }
    /// An obsolete synonym of locked().
    #[native("($self, /)")]
    fn locked_lock(&self) -> bool {
        self.locked.get()
    }
    /// Lock the lock.
    #[native("($self, /)")]
    fn __enter__(this: Value) -> R<bool> {
        lock_acquire(this, true, None)
    }
    /// Release the lock.
    #[native("($self, /, *exc_info)")]
    fn __exit__(this: Value, exc_info: &[Value]) -> R<()> {
        let _ = exc_info;
        lock_release(this)
    }
    #[native("($self, /)")]
    fn _at_fork_reinit(&self) {
        self.locked.set(false)
    }
}

/// A re-entrant lock.
#[repr(C)]
pub struct RLock {
    header: Header,
    owner: Cell<u64>,
    count: Cell<usize>,
}

object_type!(RLock, RLOCK);
/// `_thread.RLock`.
pub static RLOCK: Type = Type::builtin::<RLock>(
    "RLock", "_thread", Some(&dxpyc_objects::object::OBJECT), type_flags::WEAKREFABLE | type_flags::BASE,
    Slots { new: Some(new_rlock), repr: Some(rlock_repr), ..Slots::NONE }, Some(&RLOCK_DECL),
);

fn new_rlock(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(new_object_of(class, RLock { header: fresh_header(), owner: Cell::new(0), count: Cell::new(0) }))
}

fn rlock_repr(v: Value) -> R<Ref> {
    let lock = get_unchecked::<RLock>(v);
    let state = if lock.count.get() > 0 { "locked" } else { "unlocked" };
    Ok(str::from_str(&format!(
        "<{state} _thread.RLock object owner={} count={} at {:#x}>",
        lock.owner.get(),
        lock.count.get(),
        v.address()
    )))
}

impl RLock {
    fn take(&self) -> bool {
        let me = state().thread.get();
        if self.count.get() > 0 && self.owner.get() != me {
            return false;
        }
        self.owner.set(me);
        self.count.set(self.count.get() + 1);
        true
    }
    fn is_mine(&self) -> bool {
        self.count.get() > 0 && self.owner.get() == state().thread.get()
    }
}

fn rlock_acquire(this: Value, blocking: bool, timeout: Option<Value>) -> R<bool> {
    let lock = get_unchecked::<RLock>(this);
    let deadline = deadline(blocking, timeout)?;
    if lock.take() {
        return Ok(true);
    }
    let _keep = Ref::new(this);
    wait(deadline, || lock.take())
}

fn rlock_release(this: Value) -> R<()> {
    let lock = get_unchecked::<RLock>(this);
    if !lock.is_mine() {
        return Err(runtime_error("cannot release un-acquired lock"));
    }
    lock.count.set(lock.count.get() - 1);
    if lock.count.get() == 0 {
        lock.owner.set(0);
        threads::notify();
    }
    Ok(())
}

#[native_class(decl = RLOCK_DECL)]
impl RLock {
    /// Lock the lock.
    #[native("($self, /, blocking=True, timeout=-1)")]
    fn acquire(this: Value, blocking: bool, timeout: Option<Value>) -> R<bool> {
        rlock_acquire(this, blocking, timeout)
    }
    /// Release the lock, allowing another thread that is blocked waiting for the lock to acquire it.
    #[native("($self, /)")]
    fn release(this: Value) -> R<()> {
        rlock_release(this)
    }
    /// Return a boolean indicating whether this object is locked right now.
    #[native("($self, /)")]
    fn locked(&self) -> bool {
        self.count.get() > 0
    }
    /// Lock the lock.
    #[native("($self, /)")]
    fn __enter__(this: Value) -> R<bool> {
        rlock_acquire(this, true, None)
    }
    /// Release the lock.
    #[native("($self, /, *exc_info)")]
    fn __exit__(this: Value, exc_info: &[Value]) -> R<()> {
        let _ = exc_info;
        rlock_release(this)
    }
    /// For internal use by `threading.Condition`.
    #[native("($self, /)")]
    fn _is_owned(&self) -> bool {
        self.is_mine()
    }
    /// For internal use by reentrancy checks.
    #[native("($self, /)")]
    fn _recursion_count(&self) -> i64 {
        if self.is_mine() { self.count.get() as i64 } else { 0 }
    }
    /// For internal use by `threading.Condition`.
    #[native("($self, /)")]
    fn _release_save(&self) -> R<Ref> {
        if self.count.get() == 0 {
            return Err(runtime_error("cannot release un-acquired lock"));
        }
        let saved = tuple::from_refs(vec![int::from_i64(self.count.get() as i64), int::from_u64(self.owner.get())]);
        self.count.set(0);
        self.owner.set(0);
        threads::notify();
        Ok(saved)
    }
    /// For internal use by `threading.Condition`.
    #[native("($self, saved, /)")]
    fn _acquire_restore(this: Value, saved: Value) -> R<()> {
        let (count, owner) = match tuple::items(saved) {
            Some([count, owner]) => (int::index_i64(*count)?, int::index_i64(*owner)?),
            _ => return Err(type_error(format!("_acquire_restore() argument 1 must be tuple, not {}", display_name(saved)))),
        };
        rlock_acquire(this, true, None)?;
        let lock = get_unchecked::<RLock>(this);
        lock.count.set(count.max(1) as usize);
        lock.owner.set(owner as u64);
        Ok(())
    }
    #[native("($self, /)")]
    fn _at_fork_reinit(&self) {
        self.count.set(0);
        self.owner.set(0);
    }
}

// ---------------------------------------------------------------- handles

/// A thread that can be joined.
#[repr(C)]
pub struct Handle {
    header: Header,
    ident: Cell<u64>,
    phase: Cell<Phase>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    Done,
}

object_type!(Handle, HANDLE);
/// `_thread._ThreadHandle`.
pub static HANDLE: Type = Type::builtin::<Handle>(
    "_ThreadHandle", "_thread", Some(&dxpyc_objects::object::OBJECT), type_flags::WEAKREFABLE,
    Slots { new: Some(|_, _| Ok(new_handle(0, Phase::New))), repr: Some(handle_repr), ..Slots::NONE }, Some(&HANDLE_DECL),
);

fn new_handle(ident: u64, phase: Phase) -> Ref {
    new_object(Handle { header: fresh_header(), ident: Cell::new(ident), phase: Cell::new(phase) })
}

fn handle_repr(v: Value) -> R<Ref> {
    Ok(str::from_str(&format!("<_thread._ThreadHandle object: ident={}>", get_unchecked::<Handle>(v).ident.get())))
}

#[native_class(decl = HANDLE_DECL)]
impl Handle {
    #[getter]
    fn ident(&self) -> R<Ref> {
        Ok(int::from_u64(self.ident.get()))
    }
    #[native("($self, /)")]
    fn is_done(&self) -> bool {
        self.phase.get() == Phase::Done
    }
    #[native("($self, /)")]
    fn _set_done(&self) {
        self.phase.set(Phase::Done);
        threads::notify();
    }
    #[native("($self, timeout=None, /)")]
    fn join(this: Value, timeout: Option<Value>) -> R<()> {
        let handle = get_unchecked::<Handle>(this);
        let timeout = timeout.filter(|t| !t.is_none());
        let until = match timeout {
            Some(t) if float::as_f64(t)? >= 0.0 => deadline(true, Some(t))?,
            _ => None,
        };
        match handle.phase.get() {
            Phase::New => return Err(runtime_error("thread not started")),
            Phase::Done => return Ok(()),
            Phase::Running if handle.ident.get() == state().thread.get() => {
                return Err(runtime_error("Cannot join current thread"));
            }
            Phase::Running => {}
        }
        let _keep = Ref::new(this);
        wait(until, || handle.phase.get() == Phase::Done)?;
        Ok(())
    }
}

/// Handles of the threads that the program's end waits for.
static TO_JOIN: Shared<Vec<Ref>> = Shared::new(Vec::new());

/// Starts a thread that calls the function; what it raises is reported.
fn start(function: Value, args: &[Value], names: &[Value], handle: Option<Ref>) -> R<u64> {
    let function = Ref::new(function);
    let (args, names) = (tuple::from_slice(args), tuple::from_slice(names));
    let done = handle.clone();
    let run = move || {
        if let Some(handle) = &done {
            get_unchecked::<Handle>(handle.v()).ident.set(state().thread.get());
        }
        let all = Args::with_names(tuple::items(args.v()).unwrap_or_default(), tuple::items(names.v()).unwrap_or_default());
        if call::call(function.v(), &all).is_err() && !swallow(&exceptions::SYSTEM_EXIT) {
            dxpyc_objects::unraisable::report("Exception ignored in thread started by ", function.v());
        }
        drop((args, names, function));
        if let Some(handle) = done {
            get_unchecked::<Handle>(handle.v()).phase.set(Phase::Done);
            TO_JOIN.with_borrow_mut(|all| all.iter().position(|h| h.v() == handle.v()).map(|i| all.swap_remove(i)));
            threads::notify();
        }
    };
    if let Some(handle) = &handle {
        get_unchecked::<Handle>(handle.v()).phase.set(Phase::Running);
    }
    let ident = threads::spawn(Box::new(run));
    if let Some(handle) = &handle {
        let handle = get_unchecked::<Handle>(handle.v());
        match ident {
            Ok(ident) => handle.ident.set(ident),
            Err(Raised) => handle.phase.set(Phase::New),
        }
    }
    ident
}

// ---------------------------------------------------------------- thread-local objects

/// An object whose attributes each thread has for itself. The instance dict is that of the thread that used it last.
#[repr(C)]
pub struct Local {
    header: Header,
    dict: dxpyc_abi::InstanceDict,
    args: Slot,
    names: Slot,
    owner: Cell<u64>,
    dicts: RefCell<Vec<(u64, Ref)>>,
}

object_type!(Local, LOCAL);
/// `_thread._local`.
pub static LOCAL: Type = Type::builtin::<Local>(
    "_local", "_thread", Some(&dxpyc_objects::object::OBJECT), type_flags::BASE | type_flags::WEAKREFABLE,
    Slots { new: Some(new_local), getattr: Some(local_get), setattr: Some(local_set), ..Slots::NONE }, None,
)
.visited::<Local>()
.with_dict_at(std::mem::offset_of!(Local, dict));

/// All live thread-local objects.
static LOCALS: Shared<Vec<usize>> = Shared::new(Vec::new());

impl Visit for Local {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.args);
        for (_, dict) in self.dicts.borrow().iter() {
            visitor.value(dict.v());
        }
    }
    fn clear(&self) {
        self.args.take();
        let dicts = std::mem::take(&mut *self.dicts.borrow_mut());
        drop(dicts);
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let me = self as *const Local as usize;
        LOCALS.with_borrow_mut(|all| all.retain(|a| *a != me));
    }
}

fn new_local(class: &'static Type, args: &Args) -> R<Ref> {
    let plain_init = class.slots().init.map(|f| f as usize) == LOCAL.slots().init.map(|f| f as usize);
    if !args.values().is_empty() && plain_init {
        return Err(type_error("Initialization arguments are not supported"));
    }
    let local = Local {
        header: fresh_header(),
        dict: dxpyc_abi::InstanceDict { shape: Cell::new(std::ptr::null()), values: Cell::new(std::ptr::null_mut()) },
        args: Slot::new(tuple::from_slice(args.values())),
        names: Slot::new(tuple::from_slice(args.names())),
        owner: Cell::new(state().thread.get()),
        dicts: RefCell::new(Vec::new()),
    };
    let made = new_object_of(class, local);
    if LOCALS.with_borrow(Vec::is_empty) {
        threads::at_thread_end(forget);
    }
    LOCALS.with_borrow_mut(|all| all.push(made.v().address()));
    Ok(made)
}

/// Drops what the thread kept in thread-local objects.
fn forget(thread: u64) {
    for address in LOCALS.with_borrow(Vec::clone) {
        if !LOCALS.with_borrow(|all| all.contains(&address)) {
            continue;
        }
        let object = Ref::new(Value::from_address(address));
        let local = get_unchecked::<Local>(object.v());
        let mut dead = Vec::new();
        local.dicts.borrow_mut().retain(|(t, dict)| {
            if *t == thread {
                dead.push(dict.clone());
            }
            *t != thread
        });
        if local.owner.get() == thread {
            local.owner.set(0);
            dxpyc_objects::shape::replace_dict(object.v(), &local.dict, dict::new());
        }
        drop(dead);
    }
}

/// Makes the instance dict the running thread's.
fn switch(v: Value) -> R<()> {
    let local = get_unchecked::<Local>(v);
    let me = state().thread.get();
    let owner = local.owner.get();
    if owner == me {
        return Ok(());
    }
    let old = Ref::new(dxpyc_objects::shape::to_dict(v, &local.dict));
    if owner != 0 {
        local.dicts.borrow_mut().push((owner, old));
    }
    local.owner.set(me);
    let mine = {
        let mut dicts = local.dicts.borrow_mut();
        dicts.iter().position(|(t, _)| *t == me).map(|i| dicts.swap_remove(i).1)
    };
    let is_new = mine.is_none();
    dxpyc_objects::shape::replace_dict(v, &local.dict, mine.unwrap_or_else(dict::new));
    if is_new
        && let Some(init) = type_of(v).slots().init
        && let (Some(args), Some(names)) = (local.args.cloned(), local.names.cloned())
    {
        init(v, &Args::with_names(tuple::items(args.v()).unwrap_or_default(), tuple::items(names.v()).unwrap_or_default()))?;
    }
    Ok(())
}

fn local_get(v: Value, name: Value) -> R<Ref> {
    switch(v)?;
    dxpyc_objects::attr::generic_get(v, name)
}

fn local_set(v: Value, name: Value, value: Value) -> R<()> {
    switch(v)?;
    dxpyc_objects::attr::generic_set(v, name, value)
}

// ---------------------------------------------------------------- the module

fn init(names: Value) -> R<()> {
    let classes = [
        ("LockType", &LOCK),
        ("lock", &LOCK),
        ("RLock", &RLOCK),
        ("_local", &LOCAL),
        ("_ThreadHandle", &HANDLE),
        ("_ExceptHookArgs", &EXCEPT_HOOK_ARGS),
    ];
    for (name, class) in classes {
        dict::set_str(names, name, Ref::new(class.v()));
    }
    dict::set_str(names, "error", Ref::new(exceptions::RUNTIME_ERROR.v()));
    dict::set_str(names, "TIMEOUT_MAX", float::from_f64(TIMEOUT_MAX));
    dict::set_str(names, "_NAME_MAXLEN", int::from_i64(NAME_BYTES_MAX as i64));
    Ok(())
}

/// Arguments of `start_new_thread`: function, positional arguments, keyword names.
fn start_args(function: Value, args: Value, kwargs: Option<Value>) -> R<(Vec<Value>, Vec<Value>)> {
    if !ops::callable(function) {
        return Err(type_error("first arg must be callable"));
    }
    let Some(items) = tuple::items(args) else { return Err(type_error("2nd arg must be a tuple")) };
    let (mut values, mut names) = (items.to_vec(), Vec::new());
    if let Some(kwargs) = kwargs {
        if !type_of(kwargs).has(type_flags::DICT) {
            return Err(type_error("optional 3rd arg must be a dictionary"));
        }
        let mut at = 0;
        while let Some((key, value)) = dict::next_entry(kwargs, &mut at) {
            names.push(key);
            values.push(value);
        }
    }
    Ok((values, names))
}

/// Reports the exception of a thread, as `threading.excepthook`.
fn report(args: Value) -> R<()> {
    let Some(&[class, value, _, thread]) = tuple::items(args).filter(|_| is_exact(args, &EXCEPT_HOOK_ARGS)).and_then(|i| i.first_chunk::<4>())
    else {
        return Err(type_error("_thread._excepthook argument type must be ExceptHookArgs"));
    };
    if class == exceptions::SYSTEM_EXIT.v() {
        return Ok(());
    }
    let name = match thread.is_none() {
        false => ops::getattr_opt(thread, "_name")?,
        true => None,
    };
    let name = match name {
        Some(name) => str::to_rust(ops::str(name.v())?.v()),
        None => state().thread.get().to_string(),
    };
    let mut text = format!("Exception in thread {name}:\n");
    if exceptions::is_exception(value) {
        text.push_str(&traceback_print::report(value));
    }
    dxpyc_objects::io::write_stderr(&text);
    Ok(())
}

/// This module provides primitive operations to write multi-threaded programs.
/// The 'threading' module provides a more convenient interface.
#[native_module(name = "_thread", init = super::init)]
pub mod module {
    use super::*;

    /// Create a new lock object.
    #[native("($module, /)")]
    fn allocate_lock() -> R<Ref> {
        new_lock(&LOCK, &Args::NONE)
    }
    /// An obsolete synonym of allocate_lock().
    #[native("($module, /)")]
    fn allocate() -> R<Ref> {
        new_lock(&LOCK, &Args::NONE)
    }
    /// Return a non-zero integer that uniquely identifies the current thread
    /// amongst other threads that exist simultaneously.
    #[native("($module, /)")]
    fn get_ident() -> R<Ref> {
        Ok(int::from_u64(state().thread.get()))
    }
    /// Return a non-negative integer identifying the thread as reported by the OS (kernel).
    #[native("($module, /)")]
    fn get_native_id() -> i64 {
        // SAFETY: no arguments.
        unsafe { libc::gettid() as i64 }
    }
    #[native("($module, /)")]
    fn _get_main_thread_ident() -> R<Ref> {
        Ok(int::from_u64(state().main_thread.get()))
    }
    /// Return the number of currently running Python threads, excluding the main thread.
    #[native("($module, /)")]
    fn _count() -> i64 {
        threads::count_others() as i64
    }
    #[native("($module, /)")]
    fn _is_main_interpreter() -> bool {
        true
    }
    #[native("($module, /)")]
    fn daemon_threads_allowed() -> bool {
        true
    }
    /// Start a new thread and return its identifier.
    #[native("($module, function, args, kwargs=<absent>, /)")]
    fn start_new_thread(function: Value, args: Value, kwargs: Option<Value>) -> R<Ref> {
        let (values, names) = start_args(function, args, kwargs)?;
        start(function, &values, &names, None).map(int::from_u64)
    }
    /// An obsolete synonym of start_new_thread().
    #[native("($module, function, args, kwargs=<absent>, /)")]
    fn start_new(function: Value, args: Value, kwargs: Option<Value>) -> R<Ref> {
        start_new_thread(function, args, kwargs)
    }
    /// *For internal use only*: start a new thread.
    #[native("($module, /, function, handle=None, daemon=True)")]
    fn start_joinable_thread(function: Value, handle: Option<Value>, daemon: bool) -> R<Ref> {
        if !ops::callable(function) {
            return Err(type_error("thread function must be callable"));
        }
        let handle = match handle.filter(|h| !h.is_none()) {
            None => new_handle(0, Phase::New),
            Some(h) if is_exact(h, &HANDLE) => Ref::new(h),
            Some(_) => return Err(type_error("'handle' must be a _ThreadHandle")),
        };
        if get_unchecked::<Handle>(handle.v()).phase.get() != Phase::New {
            return Err(runtime_error("thread already started"));
        }
        if !daemon {
            TO_JOIN.with_borrow_mut(|all| all.push(handle.clone()));
        }
        if let Err(Raised) = start(function, &[], &[], Some(handle.clone())) {
            TO_JOIN.with_borrow_mut(|all| all.retain(|h| h.v() != handle.v()));
            return Err(Raised);
        }
        Ok(handle)
    }
    /// Internal only. Make a thread handle for threads not spawned by the _thread or threading module.
    #[native("($module, ident, /)")]
    fn _make_thread_handle(ident: Value) -> R<Ref> {
        Ok(new_handle(int::index_i64(ident)? as u64, Phase::Running))
    }
    /// Wait for all non-daemon threads (other than the calling thread) to stop.
    #[native("($module, /)")]
    fn _shutdown() -> R<()> {
        while let Some(handle) = TO_JOIN.with_borrow_mut(|all| {
            let me = state().thread.get();
            all.iter().find(|h| get_unchecked::<Handle>(h.v()).ident.get() != me).cloned()
        }) {
            let h = get_unchecked::<Handle>(handle.v());
            threads::wait_until(None, || h.phase.get() == Phase::Done || !threads::are_others())?;
            TO_JOIN.with_borrow_mut(|all| all.retain(|other| other.v() != handle.v()));
        }
        Ok(())
    }
    /// This is synonymous to ``raise SystemExit''.
    #[native("($module, /)")]
    fn exit() -> R<()> {
        Err(raise_instance(exceptions::new_with_args(&exceptions::SYSTEM_EXIT, &[])))
    }
    /// An obsolete synonym of exit().
    #[native("($module, /)")]
    fn exit_thread() -> R<()> {
        exit()
    }
    /// Return the thread stack size used when creating new threads.
    #[native("($module, size=0, /)")]
    fn stack_size(size: i64) -> R<i64> {
        if size < 0 {
            return Err(value_error("size must be 0 or a positive value"));
        }
        if size > 0 && size < STACK_BYTES_MIN {
            return Err(value_error(format!("size not valid: {size} bytes")));
        }
        Ok(threads::STACK_SIZE.swap(size as usize, Ordering::Relaxed) as i64)
    }
    /// Simulate the arrival of the given signal in the main thread.
    #[native("($module, signum=2, /)")]
    fn interrupt_main(signum: i64) -> R<()> {
        if !(1..64).contains(&signum) {
            return Err(value_error("signal number out of range"));
        }
        dxpyc_objects::signals::on_signal(signum as i32);
        Ok(())
    }
    /// Set the name of the current thread.
    #[native("($module, /, name)")]
    fn set_name(name: Value) -> R<()> {
        if !type_of(name).has(type_flags::STR) {
            return Err(type_error(format!("set_name() argument 'name' must be str, not {}", display_name(name))));
        }
        let mut bytes: Vec<u8> = str::to_rust(name).into_bytes();
        bytes.truncate(NAME_BYTES_MAX);
        bytes.retain(|b| *b != 0);
        bytes.push(0);
        // SAFETY: a C string for the calling thread.
        unsafe { libc::prctl(libc::PR_SET_NAME, bytes.as_ptr()) };
        Ok(())
    }
    #[native("($module, /)")]
    fn _get_name() -> R<Ref> {
        let mut bytes = [0u8; NAME_BYTES_MAX + 1];
        // SAFETY: the system writes at most 16 bytes, the last of them 0.
        unsafe { libc::prctl(libc::PR_GET_NAME, bytes.as_mut_ptr()) };
        let n = bytes.iter().position(|b| *b == 0).unwrap_or(NAME_BYTES_MAX);
        Ok(str::from_str(&String::from_utf8_lossy(&bytes[..n])))
    }
    /// Handle uncaught Thread.run() exception.
    #[native("($module, args, /)")]
    fn _excepthook(args: Value) -> R<()> {
        report(args)
    }
}

