//! The runtime entry points that compiled code calls: each stands here once.
//!
//! All are `extern "C"`. Arguments are borrowed; a returned [`Kind::V`] is owned. Implementations live in
//! `runtime-lib/objects/src/entry/*.rs` as `#[unsafe(no_mangle)] pub extern "C" fn NAME(…)`.

/// Kinds of parameters and results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A value. As result: owned; ERROR when an exception is pending.
    V,
    /// A value result that is never ERROR (owned) unless the row says borrowed.
    W,
    /// `i64`.
    I,
    /// `u32` passed as i32.
    U,
    /// `f64`.
    F,
    /// A pointer.
    P,
    /// Result only: i32 status, 0 or -1 (exception pending).
    S,
    /// Result only: i32 truth, 0 or 1, or -1 (exception pending).
    T,
    /// Result only: i32 truth, 0 or 1; never raises.
    B,
    /// Result only: nothing.
    N,
}

macro_rules! entries {
    ($($(#[doc = $doc:literal])* $name:ident($($param:ident: $kind:ident),*) -> $result:ident;)*) => {
        /// A runtime entry point.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Entry { $($(#[doc = $doc])* $name),* }

        impl Entry {
            /// All rows.
            pub const ALL: &'static [Entry] = &[$(Entry::$name),*];
            /// The symbol.
            pub const fn name(self) -> &'static str { match self { $(Entry::$name => stringify!($name)),* } }
            /// Parameter kinds.
            pub const fn params(self) -> &'static [Kind] { match self { $(Entry::$name => &[$(Kind::$kind),*]),* } }
            /// Result kind.
            pub const fn result(self) -> Kind { match self { $(Entry::$name => Kind::$result),* } }
            /// Whether an exception can be pending after it.
            pub const fn raises(self) -> bool { matches!(self.result(), Kind::V | Kind::S | Kind::T) }
            /// The row of a symbol.
            pub fn by_name(name: &str) -> Option<Entry> { Self::ALL.iter().copied().find(|e| e.name() == name) }
        }
    };
}

entries! {
    // --- counts and objects
    /// Frees an object whose count word fell below one unit (slow half of decref). `object` is the pointer value.
    dxp_dealloc(object: V) -> N;
    /// Drops one reference of any value (out of line).
    dxp_decref(value: V) -> N;
    /// Drops one reference of each of `n` values, in order.
    dxp_decref_many(values: P, n: I) -> N;
    /// Adds one reference to any value (out of line).
    dxp_incref(value: V) -> N;
    /// A new cell holding `value` (taken as borrowed) or MISSING.
    dxp_cell_new(value: V) -> W;

    // --- binary and unary operators: the full protocol
    dxp_add(a: V, b: V) -> V;
    dxp_sub(a: V, b: V) -> V;
    dxp_mul(a: V, b: V) -> V;
    dxp_matmul(a: V, b: V) -> V;
    dxp_truediv(a: V, b: V) -> V;
    dxp_floordiv(a: V, b: V) -> V;
    dxp_mod(a: V, b: V) -> V;
    dxp_pow(a: V, b: V) -> V;
    dxp_lshift(a: V, b: V) -> V;
    dxp_rshift(a: V, b: V) -> V;
    dxp_and(a: V, b: V) -> V;
    dxp_or(a: V, b: V) -> V;
    dxp_xor(a: V, b: V) -> V;
    dxp_iadd(a: V, b: V) -> V;
    dxp_isub(a: V, b: V) -> V;
    dxp_imul(a: V, b: V) -> V;
    dxp_imatmul(a: V, b: V) -> V;
    dxp_itruediv(a: V, b: V) -> V;
    dxp_ifloordiv(a: V, b: V) -> V;
    dxp_imod(a: V, b: V) -> V;
    dxp_ipow(a: V, b: V) -> V;
    dxp_ilshift(a: V, b: V) -> V;
    dxp_irshift(a: V, b: V) -> V;
    dxp_iand(a: V, b: V) -> V;
    dxp_ior(a: V, b: V) -> V;
    dxp_ixor(a: V, b: V) -> V;
    dxp_neg(a: V) -> V;
    dxp_pos(a: V) -> V;
    dxp_invert(a: V) -> V;
    /// `not a`: truth as 0/1 negated.
    dxp_not(a: V) -> V;

    // --- comparisons
    dxp_eq(a: V, b: V) -> V;
    dxp_ne(a: V, b: V) -> V;
    dxp_lt(a: V, b: V) -> V;
    dxp_le(a: V, b: V) -> V;
    dxp_gt(a: V, b: V) -> V;
    dxp_ge(a: V, b: V) -> V;
    /// Truth of the comparison (fused compare and branch).
    dxp_eq_true(a: V, b: V) -> T;
    dxp_ne_true(a: V, b: V) -> T;
    dxp_lt_true(a: V, b: V) -> T;
    dxp_le_true(a: V, b: V) -> T;
    dxp_gt_true(a: V, b: V) -> T;
    dxp_ge_true(a: V, b: V) -> T;
    /// `item in container`.
    dxp_contains(container: V, item: V) -> T;
    /// Truth value.
    dxp_truth(a: V) -> T;
    /// `isinstance(object, class)`, the builtin.
    dxp_isinstance(object: V, class: V) -> T;
    /// `except` clause: does the exception match `pattern` (class or tuple of classes)?
    dxp_exception_matches(exception: V, pattern: V) -> T;

    // --- floats and ints that compiled code unboxes
    /// A float value (immediate or boxed).
    dxp_box_f64(x: F) -> W;
    /// An int value from any i64.
    dxp_box_i64(x: I) -> W;
    /// `x ** y` for floats with Python's rules where both are finite and x >= 0 or y integral; else call dxp_pow.
    dxp_fmod_py(a: F, b: F) -> F;

    // --- names
    /// Loads a global, then a builtin. `cache` is a GlobalCache.
    dxp_load_global(globals: V, name: V, cache: P) -> V;
    dxp_store_global(globals: V, name: V, value: V) -> S;
    dxp_delete_global(globals: V, name: V) -> S;
    /// Class-body name: namespace, then globals, then builtins. `func` gives the globals.
    dxp_load_name(func: V, namespace: V, name: V) -> V;
    dxp_store_name(namespace: V, name: V, value: V) -> S;
    dxp_delete_name(namespace: V, name: V) -> S;
    /// Class-body name, then cell (LoadClassDeref).
    dxp_load_class_deref(namespace: V, name: V, cell: V, is_free: U) -> V;
    /// Class-body name, then global (LoadFromDictOrGlobals).
    dxp_load_dict_or_global(func: V, namespace: V, name: V) -> V;
    /// Raises UnboundLocalError (0), NameError of a free variable (1), or NameError of a global (2).
    dxp_raise_unbound(name: V, kind: U) -> V;
    /// `locals()` of a function: dict from a tuple of names and the values in parallel, MISSING ones left out.
    dxp_make_locals(names: V, values: P, n: I) -> V;
    /// A builtin whatever its name is bound to: 0 AssertionError, 1 NotImplementedError.
    dxp_load_common(which: U) -> W;

    // --- attributes and items
    dxp_getattr(object: V, name: V, cache: P) -> V;
    dxp_setattr(object: V, name: V, value: V, cache: P) -> S;
    dxp_delattr(object: V, name: V) -> S;
    /// `super().name` (`explicit` 0) or `super(owner, receiver).name` (1). `callee` is what the name `super` gave: when it is the builtin, the
    /// attribute is looked up without making the object; else `callee()` or `callee(owner, receiver)` is called.
    dxp_super_getattr(callee: V, owner: V, receiver: V, name: V, explicit: U) -> V;
    /// Looks up `object.name` for a call. `*is_method` = 1 (i32): the result is a plain function or method descriptor of the type, to be called with the
    /// object first; 0: the result is the attribute.
    dxp_load_method(object: V, name: V, cache: P, is_method: P) -> V;
    /// As dxp_load_method through `super`, see dxp_super_getattr. With `*is_method` = 1 the first argument is `receiver`.
    dxp_super_method(callee: V, owner: V, receiver: V, name: V, explicit: U, is_method: P) -> V;
    /// `object[start:stop]`; either may be None.
    dxp_getslice(object: V, start: V, stop: V) -> V;
    dxp_setslice(object: V, start: V, stop: V, value: V) -> S;
    /// `object[start:stop:step]`.
    dxp_getslice_step(object: V, start: V, stop: V, step: V) -> V;
    dxp_getitem(object: V, key: V) -> V;
    dxp_setitem(object: V, key: V, value: V) -> S;
    dxp_delitem(object: V, key: V) -> S;

    // --- calls; `args` points to values, positional first, keyword values after
    dxp_call(callee: V, args: P, n_args: I) -> V;
    /// `kwnames` is a tuple of str; `n_args` counts all values, keywords included.
    dxp_call_kw(callee: V, args: P, n_args: I, kwnames: V) -> V;
    /// `callee(*args, **kwargs)`; `args` any iterable, `kwargs` a mapping or MISSING.
    dxp_call_ex(callee: V, args: V, kwargs: V) -> V;
    /// `object.name(args…)` without making the bound method; `args[0]` is the object itself, n_args counts it.
    dxp_call_method(name: V, args: P, n_args: I, cache: P) -> V;
    dxp_call_method_kw(name: V, args: P, n_args: I, kwnames: V, cache: P) -> V;
    /// `callee(args…)`, where `args[0]` is left out when it is MISSING (what dxp_load_method found is called so).
    dxp_call_bound(callee: V, args: P, n_args: I) -> V;
    /// As dxp_call_bound with keywords: `kwnames` as in dxp_call_kw.
    dxp_call_bound_kw(callee: V, args: P, n_args: I, kwnames: V) -> V;
    /// `callee()` where `callee` is what the name `super` gave. When it is the builtin: `super(owner, receiver)`; MISSING `receiver` raises
    /// RuntimeError "super(): no arguments" (`has_receiver` 0, checked first) or "super(): arg[0] deleted" (1); MISSING `owner`
    /// "super(): __class__ cell not found" (`has_cell` 0) or "super(): empty __class__ cell" (1).
    dxp_call_super(callee: V, owner: V, receiver: V, has_cell: U, has_receiver: U) -> V;
    /// `callee(args…)`, where `callee` may be a builtin that looks at its caller (globals, locals, vars, dir, eval, exec, `__import__`). `func` gives the
    /// globals; `locals` is the namespace of a class body, the dict of a function's locals, or MISSING at module level.
    dxp_call_scoped(callee: V, func: V, locals: V, args: P, n_args: I) -> V;
    /// The builtin `__build_class__`.
    dxp_load_build_class(func: V) -> V;

    // --- functions and generators
    /// `cells`: n_cells values of the closure; defaults tuple or MISSING; kwdefaults dict or MISSING; annotate function or MISSING.
    dxp_make_function(code: P, creator: V, defaults: V, kwdefaults: V, cells: P, n_cells: I, annotate: V) -> V;
    /// The generator/coroutine object of a call; `args` are all parameter slots, bound.
    dxp_make_generator(func: V, args: P) -> V;
    /// A new instance of a class whose plain `__init__` is the function with this body; `init` is that function. MISSING, and nothing done, where
    /// calling the class would do anything else first.
    dxp_new_instance(class: V, body: P, init: P) -> V;
    /// What `sum` gives when it has come to `total` and `iterator` has the rest.
    dxp_sum_rest(iterator: V, total: V) -> V;
    /// The pending exception leaves a generator: StopIteration becomes RuntimeError.
    dxp_leave_generator() -> N;
    /// TypeError when what `__init__` returned is not None.
    dxp_check_init(result: V) -> S;
    /// Cell number `index` of the function's closure; borrowed.
    dxp_closure_cell(func: V, index: I) -> W;
    /// Globals dict of a function; borrowed.
    dxp_function_globals(func: V) -> W;
    /// Slow half of the stack check at function entry and at loop back edges (both compare the stack pointer with
    /// `DXP_STACK_LIMIT`; a signal handler raises the limit to get here). Runs signal handlers, which may raise (KeyboardInterrupt);
    /// raises RecursionError when the stack is really used up; else 0: go on.
    dxp_stack_check() -> S;
    /// iter for `yield from` (3.14: coroutine rules included); `in_coroutine` 1 inside coroutines.
    dxp_yield_from_iter(object: V, in_coroutine: U) -> V;
    /// One step of `yield from`/`await`: sends `value` into `iterator`. Result yielded value with *done=0, or returned value with *done=1.
    dxp_send(generator: V, iterator: V, value: V, done: P) -> V;
    /// One step by throwing `exception` into `iterator` as PEP 380 says (GeneratorExit closes it and is raised again; no `throw`: raised here). As dxp_send.
    dxp_send_throw(generator: V, iterator: V, exception: V, done: P) -> V;
    /// Sets `gi_yieldfrom`: `iterator` or MISSING (the generator takes its own reference).
    dxp_set_awaiting(generator: V, iterator: V) -> N;

    // --- iteration
    dxp_iter(object: V) -> V;
    /// The iterator of `range(start, stop, step)`, all of them small ints, step not 0 (a counted loop goes on generically).
    dxp_range_iterator(start: I, stop: I, step: I) -> W;
    /// Next item; MISSING when exhausted (StopIteration swallowed); ERROR on error.
    dxp_next(iterator: V) -> V;
    /// Unpacks exactly `n` items into `out` (owned).
    dxp_unpack(source: V, n: I, out: P) -> S;
    /// Unpacks with one starred target: `before` items, list, `after` items.
    dxp_unpack_ex(source: V, before: I, after: I, out: P) -> S;

    // --- displays
    dxp_tuple(items: P, n: I) -> V;
    dxp_list(items: P, n: I) -> V;
    dxp_set(items: P, n: I) -> V;
    /// `n` pairs key, value.
    dxp_dict(items: P, n: I) -> V;
    /// Parts are None where absent.
    dxp_slice(start: V, stop: V, step: V) -> V;
    /// Joins n str parts.
    dxp_join_strings(parts: P, n: I) -> V;
    /// conversion: 0 none, 1 str, 2 repr, 3 ascii; spec str or MISSING.
    dxp_format(value: V, conversion: U, spec: V) -> V;
    dxp_list_append(list: V, item: V) -> S;
    // Methods of exact lists, sets, dicts and strs: what `compiler/natives` names.
    dxp_list_pop(list: V, index: V) -> V;
    dxp_list_insert(list: V, index: V, item: V) -> S;
    dxp_set_discard(set: V, item: V) -> S;
    dxp_set_remove(set: V, item: V) -> S;
    dxp_dict_get(dict: V, key: V, default: V) -> V;
    dxp_str_join(separator: V, parts: V) -> V;
    /// `NAME(a)` and `NAME(a, b)` of the builtin number `which` in BUILTIN_GUARDS, as it was at start-up.
    dxp_builtin1(which: U, a: V) -> V;
    dxp_builtin2(which: U, a: V, b: V) -> V;
    dxp_list_extend(list: V, iterable: V) -> S;
    dxp_list_to_tuple(list: V) -> V;
    dxp_set_add(set: V, item: V) -> S;
    dxp_set_update(set: V, iterable: V) -> S;
    dxp_dict_set(dict: V, key: V, value: V) -> S;
    dxp_dict_update(dict: V, mapping: V) -> S;
    /// As update, but duplicate keys raise TypeError naming `callee`.
    dxp_dict_merge(dict: V, mapping: V, callee: V) -> S;
    /// t-string interpolation: conversion 0 none, 1 `s`, 2 `r`, 3 `a`; spec str or MISSING.
    dxp_interpolation(value: V, expression: V, conversion: U, spec: V) -> V;
    /// A Template of a tuple of str and a tuple of interpolations.
    dxp_template(strings: V, interpolations: V) -> V;

    // --- pattern matching
    dxp_match_sequence(subject: V) -> B;
    dxp_match_mapping(subject: V) -> B;
    /// Tuple of values, or None when a key is missing.
    dxp_match_keys(subject: V, keys: V) -> V;
    /// Tuple of attribute values, or None when the class does not match.
    dxp_match_class(subject: V, class: V, n_positional: I, names: V) -> V;
    /// len() as int value.
    dxp_len(object: V) -> V;
    /// A dict of the subject without the keys (`**rest`).
    dxp_match_rest(subject: V, keys: V) -> V;

    // --- exceptions
    /// `raise exc from cause`; MISSING where absent; with exc MISSING re-raises the handled exception. Always ERROR.
    dxp_raise(exception: V, cause: V) -> V;
    /// Raises an exception again as it is (end of finally, unmatched except). Always ERROR.
    dxp_reraise(exception: V) -> V;
    /// Takes the pending exception.
    dxp_catch() -> W;
    /// Makes `exception` the handled one; result: the one before (owned, None if none).
    dxp_push_handled(exception: V) -> W;
    /// Restores what dxp_push_handled returned.
    dxp_pop_handled(saved: V) -> N;
    /// Replaces the handled exception.
    dxp_set_handled(exception: V) -> N;
    /// Appends a traceback entry to the pending exception.
    dxp_traceback(code: P, position: U) -> N;
    /// `AssertionError` raised with an optional message (MISSING). Always ERROR.
    dxp_assert_fail(message: V) -> V;
    /// which: 0 __enter__, 1 __exit__, 2 __aenter__, 3 __aexit__; the bound method.
    dxp_load_special(object: V, which: U) -> V;
    /// exit(type, exception, traceback): truth of the answer.
    dxp_with_except(exit: V, exception: V) -> T;
    /// exit(type, exception, traceback): the answer itself.
    dxp_async_with_except(exit: V, exception: V) -> V;
    /// except*: `out[0]` the matching group or None, `out[1]` the rest or None (owned).
    dxp_eg_match(exception: V, pattern: V, out: P) -> S;
    /// except*: what is to be raised at the end (None: nothing). `raised`: list of raised/rest exceptions.
    dxp_eg_prep_reraise(original: V, raised: V) -> V;

    // --- imports
    /// `import name` / `from name import …`: `fromlist` tuple or None; level as in __import__.
    dxp_import(func: V, name: V, fromlist: V, level: I) -> V;
    dxp_import_from(module: V, name: V) -> V;
    dxp_import_star(module: V, namespace: V) -> S;

    // --- async
    dxp_get_awaitable(object: V, context: U) -> V;
    dxp_get_aiter(object: V) -> V;
    /// The awaitable of `__anext__`.
    dxp_get_anext(iterator: V) -> V;
    /// Swallows StopAsyncIteration (0), or raises the exception again (-1).
    dxp_end_async_for(exception: V) -> S;
    dxp_async_gen_wrap(value: V) -> V;

    // --- type parameters
    /// kind: 0 TypeVar (`bound`: evaluator of the bound, or MISSING), 1 ParamSpec, 2 TypeVarTuple, 3 TypeVar with constraints (`bound`: their evaluator).
    dxp_type_param(kind: U, name: V, bound: V) -> V;
    /// Sets the evaluator of a type parameter's default.
    dxp_set_type_param_default(param: V, default: V) -> S;
    dxp_type_alias(name: V, params: V, evaluator: V) -> V;
    dxp_set_type_params(function: V, params: V) -> V;
    /// `Generic[params]`.
    dxp_subscript_generic(params: V) -> V;

    // --- guards used by speculation (never raise)
    /// Whether the value is the builtin type `range` and the like: which = index into abi's BUILTIN_GUARDS.
    dxp_is_builtin(value: V, which: U) -> B;

    // --- program
    /// Called by the emitted `main(argc, argv)` with the ModuleTable; returns the exit status.
    dxp_main(argc: I, argv: P, table: P) -> I;
    /// Int constant beyond 61 bits, from decimal or 0x text. Cached by the caller.
    dxp_const_int(text: P, len: I) -> V;
    dxp_const_complex(re: F, im: F) -> V;
    dxp_const_frozenset(items: P, n: I) -> V;
}

/// Builtins that speculation may guard by identity (`dxp_is_builtin`).
pub const BUILTIN_GUARDS: &[&str] = &["range", "len", "isinstance", "abs", "min", "max", "enumerate", "zip", "int", "float", "str", "ord", "chr", "sum", "any", "all", "super", "list", "tuple", "dict", "set", "bool", "type", "print", "sorted", "reversed", "map", "filter", "next", "iter", "repr", "hash", "divmod", "pow", "round",
    // Of the module math, as they are when it is imported.
    "math.sqrt", "math.sin", "math.cos"];

/// The place of a builtin in [`BUILTIN_GUARDS`], which has it.
pub const fn builtin_index(name: &str) -> u32 {
    let mut index = 0;
    while index < BUILTIN_GUARDS.len() {
        if same(BUILTIN_GUARDS[index].as_bytes(), name.as_bytes()) {
            return index as u32;
        }
        index += 1;
    }
    panic!("a builtin that can be guarded")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut index = 0;
    while index < a.len() && index < b.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    a.len() == b.len()
}
