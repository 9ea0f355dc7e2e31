//! `gc`: the interface to the cycle collector (`dxpyc_heap::collect`).

use dxpyc_heap::collect;
use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, dict, int, list, tuple};

static SETTINGS: dxpyc_objects::threads::Shared<([i64; 3], i64)> = dxpyc_objects::threads::Shared::new(([2000, 10, 10], 0));

fn init(module: Value) -> R<()> {
    for (name, value) in
        [("DEBUG_STATS", 1), ("DEBUG_COLLECTABLE", 2), ("DEBUG_UNCOLLECTABLE", 4), ("DEBUG_SAVEALL", 32), ("DEBUG_LEAK", 38)]
    {
        dict::set_str(module, name, int::from_i64(value));
    }
    dict::set_str(module, "garbage", list::new());
    dict::set_str(module, "callbacks", list::new());
    Ok(())
}

/// Calls the functions in `gc.callbacks`.
fn run_callbacks(phase: &str, generation: i64, collected: usize) -> R<()> {
    let module = dxpyc_objects::import::import_module("gc")?;
    let callbacks = dxpyc_objects::ops::getattr_str(module.v(), "callbacks")?;
    if !list::is_list(callbacks.v()) || list::len(callbacks.v()) == 0 {
        return Ok(());
    }
    let info = dict::new();
    dict::set_str(info.v(), "generation", int::from_i64(generation));
    dict::set_str(info.v(), "collected", int::from_i64(collected as i64));
    dict::set_str(info.v(), "uncollectable", int::from_i64(0));
    let phase = dxpyc_objects::str::from_str(phase);
    for callback in list::collect(callbacks.v())? {
        if call::call2(callback.v(), phase.v(), info.v()).is_err() {
            dxpyc_objects::unraisable::report("Exception ignored while calling GC callback ", callback.v());
        }
    }
    Ok(())
}

/// The values that a container owns.
fn referents(v: Value) -> Vec<Ref> {
    let mut out = Vec::new();
    if let Some(visit) = type_of(v).slots().visit
        && v.is_pointer()
    {
        let mut note = |child: Value| out.push(Ref::new(child));
        // SAFETY: the slot belongs to the type of this live object.
        unsafe { visit(v.address() as *const Header, &mut Visitor { f: &mut note }) };
    }
    out
}

/// This module provides access to the garbage collector for reference cycles.
///
/// enable() -- Enable automatic garbage collection.
/// disable() -- Disable automatic garbage collection.
/// isenabled() -- Returns true if automatic collection is enabled.
/// collect() -- Do a full collection right now.
/// get_count() -- Return the current collection counts.
/// get_stats() -- Return list of dictionaries containing per-generation stats.
/// set_debug() -- Set debugging flags.
/// get_debug() -- Get debugging flags.
/// set_threshold() -- Set the collection thresholds.
/// get_threshold() -- Return the current collection thresholds.
/// get_objects() -- Return a list of all objects tracked by the collector.
/// is_tracked() -- Returns true if a given object is tracked.
/// is_finalized() -- Returns true if a given object has been already finalized.
/// get_referrers() -- Return the list of objects that refer to an object.
/// get_referents() -- Return the list of objects that an object refers to.
/// freeze() -- Freeze all tracked objects and ignore them for future collections.
/// unfreeze() -- Unfreeze all objects in the permanent generation.
/// get_freeze_count() -- Return the number of objects in the permanent generation.
#[native_module(name = "gc", init = init)]
pub mod module {
    use super::*;

    /// Enable automatic garbage collection.
    #[native("($module, /)")]
    fn enable() {
        collect::enable()
    }
    /// Disable automatic garbage collection.
    #[native("($module, /)")]
    fn disable() {
        collect::disable()
    }
    /// Returns true if automatic garbage collection is enabled.
    #[native("($module, /)")]
    fn isenabled() -> bool {
        collect::is_enabled()
    }
    /// Run the garbage collector.
    ///
    /// With no arguments, run a full collection.  The optional argument
    /// may be an integer specifying which generation to collect.  A ValueError
    /// is raised if the generation number is invalid.
    ///
    /// The number of unreachable objects is returned.
    #[native("($module, /, generation=2)")]
    fn collect(generation: i64) -> R<i64> {
        if !(0..=2).contains(&generation) {
            return Err(value_error("invalid generation"));
        }
        run_callbacks("start", generation, 0)?;
        let n = dxpyc_heap::collect::collect();
        run_callbacks("stop", generation, n)?;
        Ok(n as i64)
    }
    /// Return a three-tuple of the current collection counts.
    #[native("($module, /)")]
    fn get_count() -> Ref {
        tuple::from_refs(vec![int::from_i64(0), int::from_i64(0), int::from_i64(0)])
    }
    /// Return a list of dictionaries containing per-generation statistics.
    #[native("($module, /)")]
    fn get_stats() -> Ref {
        let (collections, collected) = collect::statistics();
        let mut out = Vec::new();
        for i in 0..3 {
            let d = dict::new();
            let only_last = |n: usize| int::from_i64(if i == 2 { n as i64 } else { 0 });
            dict::set_str(d.v(), "collections", only_last(collections));
            dict::set_str(d.v(), "collected", only_last(collected));
            dict::set_str(d.v(), "uncollectable", int::from_i64(0));
            out.push(d);
        }
        list::from_refs(out)
    }
    /// Set the garbage collection debugging flags.
    #[native("($module, flags, /)")]
    fn set_debug(flags: i64) {
        SETTINGS.with_borrow_mut(|s| s.1 = flags)
    }
    /// Get the garbage collection debugging flags.
    #[native("($module, /)")]
    fn get_debug() -> i64 {
        SETTINGS.with_borrow(|s| s.1)
    }
    /// set_threshold(threshold0, [threshold1, [threshold2]])
    /// Set the collection thresholds (the current values are returned by get_threshold()).
    ///
    /// Setting 'threshold0' to zero disables collection.
    #[native]
    fn set_threshold(threshold0: i64, threshold1: Option<i64>, threshold2: Option<i64>) {
        SETTINGS.with_borrow_mut(|s| {
            s.0[0] = threshold0;
            s.0[1] = threshold1.unwrap_or(s.0[1]);
            s.0[2] = threshold2.unwrap_or(s.0[2]);
        });
        if threshold0 == 0 {
            collect::disable()
        }
    }
    /// Return the current collection thresholds.
    #[native("($module, /)")]
    fn get_threshold() -> Ref {
        let t = SETTINGS.with_borrow(|s| s.0);
        tuple::from_refs(t.iter().map(|n| int::from_i64(*n)).collect())
    }
    /// Return a list of objects tracked by the collector (excluding the list returned).
    #[native("($module, /, generation=None)")]
    fn get_objects(generation: Option<Value>) -> R<Ref> {
        if let Some(g) = generation
            && !g.is_none()
            && !(0..=2).contains(&int::index_i64(g)?)
        {
            return Err(value_error("generation parameter must be less than the number of available generations (3)"));
        }
        let mut all = Vec::new();
        collect::for_each_container(&mut |v| all.push(Ref::new(v)));
        Ok(list::from_refs(all))
    }
    /// Return the list of objects that directly refer to any of 'objs'.
    #[native("($module, /, *objs)")]
    fn get_referrers(objs: &[Value]) -> Ref {
        let mut all = Vec::new();
        collect::for_each_container(&mut |v| all.push(Ref::new(v)));
        let arguments = objs.as_ptr();
        let found = all
            .into_iter()
            .filter(|v| {
                let is_arguments = tuple::items(v.v()).is_some_and(|items| std::ptr::eq(items.as_ptr(), arguments));
                !is_arguments && referents(v.v()).iter().any(|r| objs.contains(&r.v()))
            })
            .collect();
        list::from_refs(found)
    }
    /// Return the list of objects that are directly referred to by 'objs'.
    #[native("($module, /, *objs)")]
    fn get_referents(objs: &[Value]) -> Ref {
        list::from_refs(objs.iter().flat_map(|v| referents(*v)).collect())
    }
    /// Returns true if the object is tracked by the garbage collector.
    ///
    /// Simple atomic objects will return false.
    #[native("($module, obj, /)")]
    fn is_tracked(obj: Value) -> bool {
        obj.is_pointer() && type_of(obj).has(type_flags::GC)
    }
    /// Returns true if the object has been already finalized by the GC.
    #[native("($module, obj, /)")]
    fn is_finalized(obj: Value) -> bool {
        // SAFETY: pointer values point to live objects.
        obj.is_pointer() && unsafe { (*(obj.address() as *const Header)).count.get() & dxpyc_abi::COUNT_FINALIZED != 0 }
    }
    /// Freeze all current tracked objects and ignore them for future collections.
    ///
    /// This can be used before a POSIX fork() call to make the gc copy-on-write friendly.
    /// Note: collection before a POSIX fork() call may free pages for future allocation
    /// which can cause copy-on-write.
    #[native("($module, /)")]
    fn freeze() {}
    /// Unfreeze all objects in the permanent generation.
    ///
    /// Put all objects in the permanent generation back into oldest generation.
    #[native("($module, /)")]
    fn unfreeze() {}
    /// Return the number of objects in the permanent generation.
    #[native("($module, /)")]
    fn get_freeze_count() -> i64 {
        0
    }
}
