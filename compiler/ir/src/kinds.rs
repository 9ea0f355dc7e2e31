//! What is known about an `obj` value: the set of exact types it may have.
//!
//! A lattice of sets: join is union, `ANY` is top. Every bit means the exact type; an instance of a subclass of `str` is `OTHER`.

use std::fmt;
use std::ops::{BitAnd, BitOr};

/// A set of the exact types an `obj` may have.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kinds(pub u32);

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $text:literal;)*) => {
        impl Kinds {
            $($(#[$doc])* pub const $name: Kinds = Kinds(1 << $bit);)*
            /// Every single kind with its name in the text form.
            pub const NAMES: &'static [(Kinds, &'static str)] = &[$((Kinds::$name, $text)),*];
            /// Nothing is known.
            pub const ANY: Kinds = Kinds($((1 << $bit))|*);
        }
    };
}

kinds! {
    /// An int in the word itself (61 bits).
    SMALL = 0, "small";
    /// An int on the heap.
    BIG = 1, "big";
    /// A float in the word itself.
    FLOATI = 2, "floati";
    /// A float on the heap (inf, NaN, huge, tiny).
    FLOATB = 3, "floatb";
    /// `True` or `False`.
    BOOL = 4, "bool";
    /// `None`.
    NONE = 5, "none";
    /// The word for unbound or absent; never a Python value.
    MISSING = 6, "missing";
    /// `NotImplemented`, `...` and the error word.
    SPECIAL = 7, "special";
    /// `str`.
    STR = 8, "str";
    /// `bytes`.
    BYTES = 9, "bytes";
    /// `list`.
    LIST = 10, "list";
    /// `tuple`.
    TUPLE = 11, "tuple";
    /// `dict`.
    DICT = 12, "dict";
    /// `set`.
    SET = 13, "set";
    /// A Python function.
    FUNCTION = 14, "function";
    /// A cell of a closure.
    CELL = 15, "cell";
    /// `range`.
    RANGE = 16, "range";
    /// `slice`.
    SLICE = 17, "slice";
    /// `complex`.
    COMPLEX = 18, "complex";
    /// A generator or coroutine of compiled code.
    GENERATOR = 19, "generator";
    /// Any other object.
    OTHER = 20, "other";
}

impl Kinds {
    /// Unreachable: no type at all.
    pub const NEVER: Kinds = Kinds(0);
    /// `int`, of any size.
    pub const INT: Kinds = Kinds(Kinds::SMALL.0 | Kinds::BIG.0);
    /// `float`, in the word or on the heap.
    pub const FLOAT: Kinds = Kinds(Kinds::FLOATI.0 | Kinds::FLOATB.0);
    /// Words that are not pointers: counts do not concern them.
    pub const IMMEDIATE: Kinds = Kinds(
        Kinds::SMALL.0 | Kinds::FLOATI.0 | Kinds::BOOL.0 | Kinds::NONE.0 | Kinds::MISSING.0 | Kinds::SPECIAL.0,
    );
    /// Types whose instances hold no other objects and have no finalizer: when one dies is not observable.
    pub const LEAF: Kinds = Kinds(
        Kinds::IMMEDIATE.0
            | Kinds::BIG.0
            | Kinds::FLOATB.0
            | Kinds::STR.0
            | Kinds::BYTES.0
            | Kinds::RANGE.0
            | Kinds::COMPLEX.0,
    );

    /// Sets with a name in the text form, larger ones first.
    pub const GROUPS: &'static [(Kinds, &'static str)] = &[
        (Kinds(Kinds::ANY.0 & !Kinds::MISSING.0 & !Kinds::SPECIAL.0), "value"),
        (Kinds::INT, "int"),
        (Kinds::FLOAT, "float"),
    ];

    /// The kinds of one word of the text form.
    pub fn from_name(name: &str) -> Option<Kinds> {
        match name {
            "any" => Some(Kinds::ANY),
            "never" => Some(Kinds::NEVER),
            _ => Kinds::GROUPS.iter().chain(Kinds::NAMES).find(|(_, known)| *known == name).map(|(kinds, _)| *kinds),
        }
    }

    /// Whether every kind of `self` is in `other`.
    pub fn within(self, other: Kinds) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether the two have a kind in common.
    pub fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the value may be a pointer, so that counts matter.
    pub fn may_be_pointer(self) -> bool {
        !self.within(Kinds::IMMEDIATE)
    }

    /// Whether there is a kind, and every one is in `other`.
    pub fn is(self, other: Kinds) -> bool {
        self != Kinds::NEVER && self.within(other)
    }

    /// `self` without the kinds of `other`.
    pub fn without(self, other: Kinds) -> Kinds {
        Kinds(self.0 & !other.0)
    }
}

impl BitOr for Kinds {
    type Output = Kinds;
    fn bitor(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }
}

impl BitAnd for Kinds {
    type Output = Kinds;
    fn bitand(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Kinds::ANY {
            return f.write_str("any");
        }
        if *self == Kinds::NEVER {
            return f.write_str("never");
        }
        let mut rest = *self;
        let mut first = true;
        for (kind, name) in Kinds::GROUPS.iter().chain(Kinds::NAMES) {
            if kind.within(rest) {
                if !first {
                    f.write_str("|")?;
                }
                f.write_str(name)?;
                first = false;
                rest = rest.without(*kind);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
