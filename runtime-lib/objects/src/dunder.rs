//! Interned names that the object model itself looks up: one list, one static word each.

use dxpyc_abi::Value;
use std::cell::Cell;

struct Table([Cell<Value>; D::COUNT]);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Table {}

macro_rules! dunders {
    ($($id:ident $text:literal)*) => {
        /// A name of the list.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub enum D { $($id),* }

        const TEXT: &[&str] = &[$($text),*];

        impl D {
            /// Number of names.
            pub const COUNT: usize = TEXT.len();
        }
    };
}

dunders! {
    Repr "__repr__" Str "__str__" Hash "__hash__" Call "__call__" GetAttribute "__getattribute__" GetAttr "__getattr__"
    SetAttr "__setattr__" DelAttr "__delattr__" Lt "__lt__" Le "__le__" Eq "__eq__" Ne "__ne__" Gt "__gt__" Ge "__ge__"
    Iter "__iter__" Next "__next__" Get "__get__" Set "__set__" Delete "__delete__" New "__new__" Init "__init__" Del "__del__"
    Add "__add__" Radd "__radd__" Sub "__sub__" Rsub "__rsub__" Mul "__mul__" Rmul "__rmul__" Matmul "__matmul__" Rmatmul "__rmatmul__"
    Truediv "__truediv__" Rtruediv "__rtruediv__" Floordiv "__floordiv__" Rfloordiv "__rfloordiv__" Mod "__mod__" Rmod "__rmod__"
    Divmod "__divmod__" Rdivmod "__rdivmod__" Pow "__pow__" Rpow "__rpow__" Lshift "__lshift__" Rlshift "__rlshift__"
    Rshift "__rshift__" Rrshift "__rrshift__" And "__and__" Rand "__rand__" Or "__or__" Ror "__ror__" Xor "__xor__" Rxor "__rxor__"
    Neg "__neg__" Pos "__pos__" Abs "__abs__" Invert "__invert__" Bool "__bool__" Int "__int__" Float "__float__" Index "__index__"
    Iadd "__iadd__" Isub "__isub__" Imul "__imul__" Imatmul "__imatmul__" Itruediv "__itruediv__" Ifloordiv "__ifloordiv__"
    Imod "__imod__" Ipow "__ipow__" Ilshift "__ilshift__" Irshift "__irshift__" Iand "__iand__" Ior "__ior__" Ixor "__ixor__"
    Len "__len__" GetItem "__getitem__" SetItem "__setitem__" DelItem "__delitem__" Contains "__contains__" LengthHint "__length_hint__"
    Await "__await__" Aiter "__aiter__" Anext "__anext__"
    Doc "__doc__" Module "__module__" Name "__name__" Qualname "__qualname__" Dict "__dict__" Weakref "__weakref__" Class "__class__"
    SlotsName "__slots__" InitSubclass "__init_subclass__" SetName "__set_name__" ClassGetItem "__class_getitem__" Prepare "__prepare__"
    MroEntries "__mro_entries__" ClassCell "__classcell__" ClassDictCell "__classdictcell__" StaticAttributes "__static_attributes__"
    FirstLineNo "__firstlineno__" Annotations "__annotations__" Annotate "__annotate__" AnnotateFunc "__annotate_func__"
    AnnotationsCache "__annotations_cache__" TypeParams "__type_params__" AbstractMethods "__abstractmethods__"
    IsAbstractMethod "__isabstractmethod__" InstanceCheck "__instancecheck__" SubclassCheck "__subclasscheck__" Mro "mro" Bases "__bases__"
    Format "__format__" Reversed "__reversed__" Bytes "__bytes__" Dir "__dir__" Wrapped "__wrapped__" OrigBases "__orig_bases__"
    OrigClass "__orig_class__" Parameters "__parameters__" TypingSubst "__typing_subst__" TypingPrepareSubst "__typing_prepare_subst__"
    TypingUnpackedTupleArgs "__typing_unpacked_tuple_args__" TypingIsUnpackedTypevartuple "__typing_is_unpacked_typevartuple__"
    Builtins "__builtins__" Metaclass "metaclass" ReduceEx "__reduce_ex__" Reduce "__reduce__" GetState "__getstate__" GetNewArgs "__getnewargs__"
    GetNewArgsEx "__getnewargs_ex__" SlotNames "__slotnames__" Match "__match_args__" Ceil "__ceil__" Floor "__floor__" Trunc "__trunc__"
    Round "__round__" Sizeof "__sizeof__" Missing "__missing__" Enter "__enter__" Exit "__exit__" File "__file__" Keys "keys" Path "__path__"
}

static TABLE: Table = Table([const { Cell::new(Value::MISSING) }; D::COUNT]);

/// The interned name, borrowed (immortal).
#[inline(always)]
pub fn name(d: D) -> Value {
    let v = TABLE.0[d as usize].get();
    if v.is_missing() { fill(d) } else { v }
}

#[cold]
#[inline(never)]
fn fill(d: D) -> Value {
    let v = crate::str::intern(TEXT[d as usize]).into_raw();
    TABLE.0[d as usize].set(v);
    v
}

/// The text of a name.
pub fn text(d: D) -> &'static str {
    TEXT[d as usize]
}
