//! `atexit`: functions that run at the end of the program, last registered first.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, ops, tuple};

struct Entry {
    id: usize,
    function: Ref,
    args: Ref,
    names: Ref,
}

static NEXT: dxpyc_objects::threads::Shared<usize> = dxpyc_objects::threads::Shared::new(0);
static ENTRIES: dxpyc_objects::threads::Shared<Vec<Entry>> = dxpyc_objects::threads::Shared::new(Vec::new());

/// Allow programmer to define multiple exit functions to be executed upon normal program termination.
#[native_module(name = "atexit")]
pub mod module {
    use super::*;

    #[native(raw)]
    fn register(args: &Args) -> R<Ref> {
        let Some((function, rest)) = args.split_first() else {
            return Err(type_error("register() takes at least 1 argument (0 given)"));
        };
        if !ops::callable(function) {
            return Err(type_error("the first argument must be callable"));
        }
        let entry =
            Entry { id: NEXT.with_borrow_mut(|n| std::mem::replace(n, *n + 1)), function: Ref::new(function), args: tuple::from_slice(rest.values()), names: tuple::from_slice(rest.names()) };
        ENTRIES.with_borrow_mut(|e| e.push(entry));
        Ok(Ref::new(function))
    }
    #[native("($module, func, /)")]
    fn unregister(func: Value) -> R<()> {
        // Counted from the newest, as the order in which they are compared shows when `__eq__` registers more.
        let mut at = ENTRIES.with_borrow(Vec::len);
        while at > 0 {
            at -= 1;
            let entry = ENTRIES.with_borrow(|e| e.len().checked_sub(at + 1).and_then(|i| e.get(i)).map(|e| (e.id, e.function.clone())));
            let Some((id, function)) = entry else { continue };
            if ops::eq(func, function.v())? {
                let found = ENTRIES.with_borrow(|e| (0..e.len()).find(|i| e[*i].id == id && e.len() - 1 - i <= at));
                if let Some(i) = found {
                    at = ENTRIES.with_borrow(|e| e.len() - 1 - i);
                    let entry = ENTRIES.with_borrow_mut(|e| e.remove(i));
                    drop(entry);
                }
            }
        }
        Ok(())
    }
    #[native("($module, /)")]
    fn _clear() {
        let entries = ENTRIES.with_borrow_mut(std::mem::take);
        drop(entries);
    }
    #[native("($module, /)")]
    fn _ncallbacks() -> i64 {
        ENTRIES.with_borrow(|e| e.len() as i64)
    }
    #[native("($module, /)")]
    fn _run_exitfuncs() {
        while let Some(entry) = ENTRIES.with_borrow_mut(Vec::pop) {
            let args = Args::with_names(tuple::items(entry.args.v()).unwrap_or(&[]), tuple::items(entry.names.v()).unwrap_or(&[]));
            if call::call(entry.function.v(), &args).is_err() {
                dxpyc_objects::unraisable::report("Exception ignored in atexit callback ", entry.function.v());
            }
        }
    }
}
