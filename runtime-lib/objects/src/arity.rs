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

/// Binds the arguments of a `__new__` to parameters with these names, the first `max_pos` of which may be positional and the first `required` must be
/// there; absent ones are MISSING. CPython's messages.
pub fn named<const N: usize>(function: &str, args: &Args, names: [&str; N], max_pos: usize, required: usize) -> R<[Value; N]> {
    let mut out = [Value::MISSING; N];
    let pos = args.pos();
    let total = args.values().len();
    if total > N || pos.len() > max_pos {
        let positional = if total <= N || max_pos < N { "positional " } else { "" };
        let bound = if positional.is_empty() { N } else { max_pos };
        let given = if positional.is_empty() { total } else { pos.len() };
        let word = if required == bound { "exactly" } else { "at most" };
        let s = if bound == 1 { "" } else { "s" };
        return Err(type_error(format!("{function}() takes {word} {bound} {positional}argument{s} ({given} given)")));
    }
    out[..pos.len()].copy_from_slice(pos);
    for (name, value) in args.kw() {
        let view = crate::str::view(name);
        let Some(i) = names.iter().position(|n| view.is(n)) else {
            return Err(crate::suggestions::unexpected_keyword(function, name, &names));
        };
        if !out[i].is_missing() {
            return Err(type_error(format!(
                "argument for {function}() given by name ('{}') and position ({})",
                names[i],
                i + 1
            )));
        }
        out[i] = value;
    }
    for i in 0..required {
        if out[i].is_missing() {
            return Err(type_error(format!("{function}() missing required argument '{}' (pos {})", names[i], i + 1)));
        }
    }
    Ok(out)
}
