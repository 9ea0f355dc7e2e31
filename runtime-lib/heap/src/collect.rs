//! Cycle collection over the slabs: synchronous, stop-the-world, trial deletion.
//!
//! Phases: (1) every live object of a container type gets its count copied into the high half of its count word; (2) each
//! reference from a container to another takes one off the copy; (3) what still has references left, and all that it
//! reaches, is alive; the rest is garbage. Then weak references to garbage are cleared, finalizers run, what they
//! resurrected is found by the same trial among the garbage alone, and the remainder is emptied. Objects whose count word
//! is immortal, exhausted (being freed) or too large for the copy are roots. Cost: one walk of the heap.
//!
//! It runs only at safe points ([`safe_point`]), which compiled code passes when it makes containers and calls; native
//! code between two safe points may hold borrowed values. A walk is asked for when the heap has grown by half (at least
//! [`GROWTH_BYTES_MIN`]) since the last one.
//!
//! The heap knows no types: `objects` installs [`Hooks`].

use crate::owned::{Ref, incref};
use crate::slot::Visitor;
use dxpyc_abi::{COUNT_UNIT, Header, Value, type_flags};
use std::cell::{Cell, UnsafeCell};

/// Growth of the heap that makes a collection worth while.
const GROWTH_BYTES_MIN: usize = 8 << 20;

const COPY_SHIFT: u32 = 32;
const COPY_UNIT: i64 = 1 << COPY_SHIFT;
const CANDIDATE: i64 = 1 << 61;
const ALIVE: i64 = 1 << 60;
const LOW_MASK: i64 = (1 << COPY_SHIFT) - 1;
/// Count words from here on do not fit beside their copy.
const COUNT_TOO_LARGE: i64 = COUNT_UNIT << 26;

/// What the collector asks of the object model.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Reports every value that the object owns.
    pub visit: fn(Value, &mut Visitor<'_>),
    /// Drops the values of an object that can be part of cycles.
    pub clear: fn(Value),
    /// Runs the finalizer, if the object has one that has not run yet. Answers whether code ran.
    pub finalize: fn(Value) -> bool,
    /// Clears the weak references to these objects and calls the callbacks of those weak references that live on.
    pub clear_weakrefs: fn(&[Value]),
}

struct State {
    hooks: Cell<Option<Hooks>>,
    requested: Cell<bool>,
    enabled: Cell<bool>,
    running: Cell<bool>,
    threshold_bytes: Cell<usize>,
    collections: Cell<usize>,
    collected: Cell<usize>,
}

struct Global(UnsafeCell<State>);
// SAFETY: programs are single-threaded until threads arrive (ARCHITECTURE.md, "Values").
unsafe impl Sync for Global {}

static STATE: Global = Global(UnsafeCell::new(State {
    hooks: Cell::new(None),
    requested: Cell::new(false),
    enabled: Cell::new(true),
    running: Cell::new(false),
    threshold_bytes: Cell::new(GROWTH_BYTES_MIN),
    collections: Cell::new(0),
    collected: Cell::new(0),
}));

#[inline(always)]
fn state() -> &'static State {
    // SAFETY: all fields are cells; nothing takes a unique reference.
    unsafe { &*STATE.0.get() }
}

/// Installs the object model's functions.
pub fn install(hooks: Hooks) {
    state().hooks.set(Some(hooks));
}

/// Told of each new container object. The trigger is the heap's growth, so nothing is to be done.
#[inline(always)]
pub fn note_container() {}

/// Told when the heap has taken memory from the system.
#[cold]
#[inline(never)]
pub fn note_bytes() {
    let s = state();
    if s.enabled.get() && crate::slab::bytes_carved() + crate::raw::bytes_used() > s.threshold_bytes.get() {
        s.requested.set(true);
    }
}

/// Runs a collection that was asked for. To be called only where every value in use is owned by somebody that a
/// finalizer cannot change: at the entry points that compiled code calls.
#[inline(always)]
pub fn safe_point() {
    if state().requested.get() {
        requested_collection();
    }
}

#[cold]
#[inline(never)]
fn requested_collection() {
    state().requested.set(false);
    if state().enabled.get() {
        collect();
    }
}

/// `gc.enable()`.
pub fn enable() {
    state().enabled.set(true);
}

/// `gc.disable()`.
pub fn disable() {
    state().enabled.set(false);
}

/// `gc.isenabled()`.
pub fn is_enabled() -> bool {
    state().enabled.get()
}

/// Collections so far, and objects found unreachable by them.
pub fn statistics() -> (usize, usize) {
    (state().collections.get(), state().collected.get())
}

#[inline(always)]
fn header<'a>(v: Value) -> &'a Header {
    // SAFETY: called for pointer values of live blocks only.
    unsafe { &*(v.address() as *const Header) }
}

#[inline(always)]
fn is_container(h: &Header) -> bool {
    // SAFETY: the type word of a used block points to a type.
    unsafe { (*h.ty.get()).flags.get() & type_flags::GC != 0 }
}

/// Calls `f` with every live container object.
pub fn for_each_container(f: &mut dyn FnMut(Value)) {
    crate::slab::for_each_block(&mut |block| {
        let v = Value::from_address(block as usize);
        let h = header(v);
        let count = h.count.get();
        if (count < 0 || count >= COUNT_UNIT) && is_container(h) {
            f(v)
        }
    });
}

/// Finds and frees unreachable objects; answers how many there were.
pub fn collect() -> usize {
    let s = state();
    let Some(hooks) = s.hooks.get() else { return 0 };
    if s.running.get() {
        return 0;
    }
    s.running.set(true);
    let garbage = find_garbage(&hooks);
    let n = garbage.len();
    if n > 0 {
        dispose(&hooks, garbage);
    }
    let used = crate::slab::bytes_carved() + crate::raw::bytes_used();
    s.threshold_bytes.set(used + (used / 2).max(GROWTH_BYTES_MIN));
    s.collections.set(s.collections.get() + 1);
    s.collected.set(s.collected.get() + n);
    s.requested.set(false);
    s.running.set(false);
    n
}

/// Marks candidates, subtracts internal references and returns (with a reference held) what nothing outside refers to.
fn find_garbage(hooks: &Hooks) -> Vec<Ref> {
    let mut candidates: Vec<Value> = Vec::new();
    crate::slab::for_each_block(&mut |block| {
        let v = Value::from_address(block as usize);
        let h = header(v);
        let count = h.count.get();
        if (COUNT_UNIT..COUNT_TOO_LARGE).contains(&count) && is_container(h) {
            h.count.set(count | CANDIDATE | (count / COUNT_UNIT) << COPY_SHIFT);
            candidates.push(v);
        }
    });
    trial(hooks, candidates)
}

/// The trial among objects that are marked as candidates. Unmarks them all.
fn trial(hooks: &Hooks, candidates: Vec<Value>) -> Vec<Ref> {
    for &v in &candidates {
        (hooks.visit)(v, &mut Visitor {
            f: &mut |child| {
                let h = header(child);
                let word = h.count.get();
                if word >= 0 && word & CANDIDATE != 0 {
                    debug_assert!(word & !(CANDIDATE | ALIVE) >= COPY_UNIT, "more references than counts");
                    h.count.set(word - COPY_UNIT);
                }
            },
        });
    }
    let mut stack: Vec<Value> = Vec::new();
    for &v in &candidates {
        let h = header(v);
        let word = h.count.get();
        if word & ALIVE == 0 && word & !CANDIDATE >= COPY_UNIT {
            h.count.set(word | ALIVE);
            stack.push(v);
            while let Some(alive) = stack.pop() {
                (hooks.visit)(alive, &mut Visitor {
                    f: &mut |child| {
                        let h = header(child);
                        let word = h.count.get();
                        if word >= 0 && word & (CANDIDATE | ALIVE) == CANDIDATE {
                            h.count.set(word | ALIVE);
                            stack.push(child);
                        }
                    },
                });
            }
        }
    }
    let mut garbage = Vec::new();
    for v in candidates {
        let h = header(v);
        let word = h.count.get();
        h.count.set(word & LOW_MASK);
        if word & ALIVE == 0 {
            incref(v);
            garbage.push(Ref::from_owned(v));
        }
    }
    garbage
}

fn dispose(hooks: &Hooks, mut garbage: Vec<Ref>) {
    let values: Vec<Value> = garbage.iter().map(Ref::v).collect();
    (hooks.clear_weakrefs)(&values);
    let mut code_ran = false;
    for v in &values {
        code_ran |= (hooks.finalize)(*v);
    }
    if code_ran {
        // Our own references do not count in the trial.
        for v in &values {
            let h = header(*v);
            let count = h.count.get();
            if (COUNT_UNIT..COUNT_TOO_LARGE).contains(&count) {
                h.count.set(count | CANDIDATE | (count / COUNT_UNIT - 1) << COPY_SHIFT);
            }
        }
        let marked = values.into_iter().filter(|v| header(*v).count.get() & CANDIDATE != 0).collect();
        let still = trial(hooks, marked);
        drop(std::mem::replace(&mut garbage, still));
        let values: Vec<Value> = garbage.iter().map(Ref::v).collect();
        (hooks.clear_weakrefs)(&values);
    }
    for object in &garbage {
        (hooks.clear)(object.v());
    }
}
