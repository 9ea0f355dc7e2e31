//! Small things that the container types share: argument counts, the guard of recursive reprs, joined reprs.

use crate::prelude::*;
use crate::state::state;

/// Checks the number of positional arguments: `NAME expected at most 1 argument, got 2`.
pub fn check(name: &str, n: usize, min: usize, max: usize) -> R<()> {
    if n >= min && n <= max {
        return Ok(());
    }
    let (word, bound) = if min == max {
        ("", min)
    } else if n < min {
        ("at least ", min)
    } else {
        ("at most ", max)
    };
    let s = if bound == 1 { "" } else { "s" };
    Err(type_error(format!("{name} expected {word}{bound} argument{s}, got {n}")))
}

/// Whether keyword arguments of `__new__`/`__init__` are to be refused: for the type itself and for subclasses that keep its `__init__`.
pub fn refuse_keywords(class: &'static Type, base: &'static Type, args: &Args) -> R<()> {
    if args.has_kw() {
        let same_init = match (class.slots().init, base.slots().init) {
            (Some(a), Some(b)) => a as usize == b as usize,
            (None, None) => true,
            _ => false,
        };
        if std::ptr::eq(class, base) || same_init {
            return args.no_keywords(base.static_name);
        }
    }
    Ok(())
}

/// While it lives, the object counts as "repr being made".
pub struct ReprGuard(());

impl ReprGuard {
    /// None: the object's repr is being made already (write `[...]`).
    pub fn enter(v: Value) -> Option<ReprGuard> {
        let mut active = state().in_repr.borrow_mut();
        if active.contains(&v.0) {
            return None;
        }
        active.push(v.0);
        Some(ReprGuard(()))
    }
}

impl Drop for ReprGuard {
    fn drop(&mut self) {
        state().in_repr.borrow_mut().pop();
    }
}

/// A str made of a Rust string; for reprs.
#[inline]
pub fn text(s: &str) -> R<Ref> {
    Ok(crate::str::from_str(s))
}

/// The identity of a function slot, for comparisons.
#[inline]
pub fn same_slot<T: Copy>(a: Option<T>, b: Option<T>) -> bool {
    debug_assert!(size_of::<Option<T>>() == size_of::<usize>());
    // SAFETY: T is a function pointer (checked by size in debug builds); an Option of it is one word.
    unsafe { std::mem::transmute_copy::<Option<T>, usize>(&a) == std::mem::transmute_copy::<Option<T>, usize>(&b) }
}
