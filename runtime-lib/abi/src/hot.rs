//! The hot paths of `runtime-lib/hot`: each stands here once. Compiled code inlines them from bitcode.
//!
//! They do the common case in line and continue in the `dxp_*` entry point otherwise, with the same meaning: arguments borrowed,
//! results owned unless the row says borrowed. A pointer directly before an `I` is an array and its count.

use crate::entries::Kind;

macro_rules! hot {
    ($($(#[doc = $doc:literal])* $name:ident($($param:ident: $kind:ident),*) -> $result:ident [$($flag:ident),*];)*) => {
        /// A hot path.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Hot { $($(#[doc = $doc])* $name),* }

        impl Hot {
            /// All rows.
            pub const ALL: &'static [Hot] = &[$(Hot::$name),*];
            /// The symbol.
            pub const fn name(self) -> &'static str { match self { $(Hot::$name => stringify!($name)),* } }
            /// Parameter kinds.
            pub const fn params(self) -> &'static [Kind] { match self { $(Hot::$name => &[$(Kind::$kind),*]),* } }
            /// Result kind.
            pub const fn result(self) -> Kind { match self { $(Hot::$name => Kind::$result),* } }
            const fn flags(self) -> Flags { match self { $(Hot::$name => Flags { $($flag: true,)* ..Flags::NONE }),* } }
            /// The result (kind `W`) is borrowed.
            pub const fn borrowed(self) -> bool { self.flags().borrowed }
            /// Runs no Python code and writes nothing.
            pub const fn pure(self) -> bool { self.flags().pure }
            /// The row of a symbol.
            pub fn by_name(name: &str) -> Option<Hot> { Self::ALL.iter().copied().find(|h| h.name() == name) }
        }
    };
}

#[derive(Clone, Copy)]
struct Flags {
    borrowed: bool,
    pure: bool,
}

impl Flags {
    const NONE: Flags = Flags { borrowed: false, pure: false };
}

hot! {
    // --- operators: small ints and floats in line, then dxp_add and so on
    dxp_hot_add(a: V, b: V) -> V [];
    dxp_hot_sub(a: V, b: V) -> V [];
    dxp_hot_mul(a: V, b: V) -> V [];
    dxp_hot_truediv(a: V, b: V) -> V [];
    dxp_hot_floordiv(a: V, b: V) -> V [];
    dxp_hot_mod(a: V, b: V) -> V [];
    dxp_hot_lshift(a: V, b: V) -> V [];
    dxp_hot_rshift(a: V, b: V) -> V [];
    dxp_hot_and(a: V, b: V) -> V [];
    dxp_hot_or(a: V, b: V) -> V [];
    dxp_hot_xor(a: V, b: V) -> V [];
    /// As the operators, slow half `dxp_iadd` and so on.
    dxp_hot_iadd(a: V, b: V) -> V [];
    dxp_hot_isub(a: V, b: V) -> V [];
    dxp_hot_imul(a: V, b: V) -> V [];
    dxp_hot_itruediv(a: V, b: V) -> V [];
    dxp_hot_ifloordiv(a: V, b: V) -> V [];
    dxp_hot_imod(a: V, b: V) -> V [];
    dxp_hot_ilshift(a: V, b: V) -> V [];
    dxp_hot_irshift(a: V, b: V) -> V [];
    dxp_hot_iand(a: V, b: V) -> V [];
    dxp_hot_ior(a: V, b: V) -> V [];
    dxp_hot_ixor(a: V, b: V) -> V [];
    dxp_hot_neg(a: V) -> V [];
    dxp_hot_pow(a: V, b: V) -> V [];

    // --- comparisons: truth
    dxp_hot_eq(a: V, b: V) -> T [];
    dxp_hot_ne(a: V, b: V) -> T [];
    /// As dxp_hot_eq and dxp_hot_ne, where `b` is the str of the one character `code` below 256.
    dxp_hot_eq_character(a: V, b: V, code: I) -> T [];
    dxp_hot_ne_character(a: V, b: V, code: I) -> T [];
    dxp_hot_lt(a: V, b: V) -> T [];
    dxp_hot_le(a: V, b: V) -> T [];
    dxp_hot_gt(a: V, b: V) -> T [];
    dxp_hot_ge(a: V, b: V) -> T [];
    /// Truth value.
    dxp_hot_truth(a: V) -> T [];

    /// `isinstance(object, class)`.
    dxp_hot_isinstance(object: V, class: V) -> T [];
    // --- builtin functions, for callees that were tested to be them
    dxp_hot_ord(a: V) -> V [];
    dxp_hot_chr(a: V) -> V [];
    dxp_hot_abs(a: V) -> V [];
    dxp_hot_int(a: V) -> V [];
    dxp_hot_float(a: V) -> V [];
    dxp_hot_str(a: V) -> V [];
    dxp_hot_min(a: V, b: V) -> V [];
    dxp_hot_max(a: V, b: V) -> V [];
    dxp_hot_math_sqrt(a: V) -> V [];
    dxp_hot_math_sin(a: V) -> V [];
    dxp_hot_math_cos(a: V) -> V [];
    /// As dxp_is_builtin.
    dxp_hot_is_builtin(value: V, which: U) -> B [pure];

    // --- names, attributes, items
    /// Global, then builtin, through the function's globals. `cache` is a GlobalCache.
    dxp_hot_load_global(func: V, name: V, cache: P) -> V [];
    /// `object.name`; `cache` is an AttrCache.
    dxp_hot_getattr(object: V, name: V, cache: P) -> V [];
    dxp_hot_setattr(object: V, name: V, value: V, cache: P) -> S [];
    /// As dxp_hot_setattr, for attributes that are expected to be new.
    dxp_hot_addattr(object: V, name: V, value: V, cache: P) -> S [];
    /// An attribute in the instance, as the cache knows it, borrowed from the instance; MISSING when the cache does not.
    dxp_hot_peek(object: V, name: V, cache: P) -> W [borrowed, pure];
    /// An item of a list, tuple or str of ASCII by a small int, borrowed; MISSING when it is none of these.
    dxp_hot_peek_item(object: V, key: V) -> W [borrowed, pure];
    dxp_hot_getitem(object: V, key: V) -> V [];
    dxp_hot_setitem(object: V, key: V, value: V) -> S [];

    // --- calls
    dxp_hot_call0(callee: V) -> V [];
    dxp_hot_call1(callee: V, a: V) -> V [];
    dxp_hot_call2(callee: V, a: V, b: V) -> V [];
    dxp_hot_call3(callee: V, a: V, b: V, c: V) -> V [];
    dxp_hot_call4(callee: V, a: V, b: V, c: V, d: V) -> V [];
    /// `object.name(…)`; `cache` is an AttrCache.
    dxp_hot_call_method0(object: V, name: V, cache: P) -> V [];
    dxp_hot_call_method1(object: V, a: V, name: V, cache: P) -> V [];
    dxp_hot_call_method2(object: V, a: V, b: V, name: V, cache: P) -> V [];
    dxp_hot_call_method3(object: V, a: V, b: V, c: V, name: V, cache: P) -> V [];
    /// As dxp_load_method.
    dxp_hot_load_method(object: V, name: V, cache: P, is_method: P) -> V [];
    /// The function that a method call runs, as the cache knows it, borrowed from the class; MISSING when the cache does not.
    dxp_hot_peek_method(object: V, name: V, cache: P) -> W [borrowed, pure];
    /// As dxp_call_bound with one to four arguments, the receiver (or MISSING) first.
    dxp_hot_call_bound1(callee: V, receiver: V) -> V [];
    dxp_hot_call_bound2(callee: V, receiver: V, a: V) -> V [];
    dxp_hot_call_bound3(callee: V, receiver: V, a: V, b: V) -> V [];
    dxp_hot_call_bound4(callee: V, receiver: V, a: V, b: V, c: V) -> V [];

    // --- iteration
    /// As dxp_unpack.
    dxp_hot_unpack(source: V, n: I, out: P) -> S [];
    /// `item in container`.
    dxp_hot_contains(container: V, item: V) -> T [];
    /// Next item; MISSING when exhausted.
    dxp_hot_next(iterator: V) -> V [];
    dxp_hot_list_append(list: V, item: V) -> S [];
    /// `list.pop()` of an exact list.
    dxp_hot_list_pop(list: V) -> V [];
    /// `len()` as an int value.
    dxp_hot_len(object: V) -> V [];
}
