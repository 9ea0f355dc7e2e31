//! What compiled code may assume of native functions: which ones have an entry of their own, and what they give.
//!
//! Names only, so that this crate depends on nothing: callees and type objects are symbols, which `passes` looks up.

/// The type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Anything.
    Object,
    /// The callee has no result; the call gives None.
    Nothing,
    /// The callee's result is a truth; the call gives a bool.
    Truth,
    /// An int in a word.
    SmallInt,
    /// An exact int.
    Int,
    /// An exact float.
    Float,
    /// An exact str.
    Str,
}

/// A method of a builtin type that cannot change, with an entry that takes the object and the arguments.
#[derive(Debug)]
pub struct Method {
    /// Type object: the entry is for objects of exactly this type.
    pub class: &'static str,
    pub name: &'static str,
    /// Arguments, all of them positional, the object not counted.
    pub n_args: usize,
    pub callee: &'static str,
    /// How many times None follows the arguments.
    pub n_nones: usize,
    pub gives: Gives,
}

/// A builtin function, or one of a native module, with an entry of its own, for calls with `n_args` positional arguments.
#[derive(Debug)]
pub struct Function {
    /// What the test compares with: a name of `abi`'s table of builtins that can be guarded.
    pub guard: &'static str,
    /// The name that calls have.
    pub name: &'static str,
    pub n_args: usize,
    pub callee: &'static str,
    pub gives: Gives,
}

macro_rules! methods {
    ($($class:ident.$name:ident($n_args:literal) = $callee:ident $(, $n_nones:literal nones)? -> $gives:ident;)*) => {
        /// All methods.
        pub const METHODS: &[Method] = &[$(Method {
            class: concat!("dxp_type_", stringify!($class)),
            name: stringify!($name),
            n_args: $n_args,
            callee: stringify!($callee),
            n_nones: 0 $(+ $n_nones)?,
            gives: Gives::$gives,
        }),*];
    };
}

methods! {
    list.append(1) = dxp_hot_list_append -> Nothing;
    list.pop(0) = dxp_hot_list_pop -> Object;
    list.pop(1) = dxp_list_pop -> Object;
    list.insert(2) = dxp_list_insert -> Nothing;
    list.extend(1) = dxp_list_extend -> Nothing;
    set.add(1) = dxp_set_add -> Nothing;
    set.discard(1) = dxp_set_discard -> Nothing;
    set.remove(1) = dxp_set_remove -> Nothing;
    dict.get(1) = dxp_dict_get, 1 nones -> Object;
    dict.get(2) = dxp_dict_get -> Object;
    str.join(1) = dxp_str_join -> Str;
}

macro_rules! functions {
    ($($name:ident($n_args:literal) = $callee:ident -> $gives:ident $(, in $module:ident)?;)*) => {
        /// All functions.
        pub const FUNCTIONS: &[Function] = &[$(Function {
            guard: concat!($(stringify!($module), ".",)? stringify!($name)),
            name: stringify!($name),
            n_args: $n_args,
            callee: stringify!($callee),
            gives: Gives::$gives,
        }),*];
    };
}

functions! {
    len(1) = dxp_hot_len -> SmallInt;
    isinstance(2) = dxp_hot_isinstance -> Truth;
    ord(1) = dxp_hot_ord -> SmallInt;
    chr(1) = dxp_hot_chr -> Str;
    abs(1) = dxp_hot_abs -> Object;
    int(1) = dxp_hot_int -> Int;
    float(1) = dxp_hot_float -> Float;
    str(1) = dxp_hot_str -> Object;
    min(2) = dxp_hot_min -> Object;
    max(2) = dxp_hot_max -> Object;
    sqrt(1) = dxp_hot_math_sqrt -> Float, in math;
    sin(1) = dxp_hot_math_sin -> Float, in math;
    cos(1) = dxp_hot_math_cos -> Float, in math;
}

/// The method entry for calls of `name` with `n_args` arguments.
pub fn method(name: &str, n_args: usize) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name && method.n_args == n_args)
}

/// The entry of a function that calls by this name may mean.
pub fn function(name: &str, n_args: usize) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name && function.n_args == n_args)
}
