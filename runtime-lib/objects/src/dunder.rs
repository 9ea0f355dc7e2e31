//! The names that the object model itself looks up, as constants: `D::Repr` is `__repr__`.

use crate::names::strs;
use crate::str::Name;
use dxpyc_abi::Value;

/// A name.
pub type D = Name;

macro_rules! dunders {
    ($($id:ident $name:ident)*) => {
        #[allow(non_upper_case_globals, missing_docs)]
        impl Name {
            $(pub const $id: Name = Name::of(&raw const strs::$name);)*
        }
    };
}

dunders! {
    Repr __REPR__ Str __STR__ Hash __HASH__ Call __CALL__ GetAttribute __GETATTRIBUTE__ GetAttr __GETATTR__ SetAttr __SETATTR__ DelAttr __DELATTR__
    Lt __LT__ Le __LE__ Eq __EQ__ Ne __NE__ Gt __GT__ Ge __GE__ Iter __ITER__ Next __NEXT__ Get __GET__ Set __SET__ Delete __DELETE__ New __NEW__
    Init __INIT__ Del __DEL__ Add __ADD__ Radd __RADD__ Sub __SUB__ Rsub __RSUB__ Mul __MUL__ Rmul __RMUL__ Matmul __MATMUL__ Rmatmul __RMATMUL__
    Truediv __TRUEDIV__ Rtruediv __RTRUEDIV__ Floordiv __FLOORDIV__ Rfloordiv __RFLOORDIV__ Mod __MOD__ Rmod __RMOD__ Divmod __DIVMOD__
    Rdivmod __RDIVMOD__ Pow __POW__ Rpow __RPOW__ Lshift __LSHIFT__ Rlshift __RLSHIFT__ Rshift __RSHIFT__ Rrshift __RRSHIFT__ And __AND__
    Rand __RAND__ Or __OR__ Ror __ROR__ Xor __XOR__ Rxor __RXOR__ Neg __NEG__ Pos __POS__ Abs __ABS__ Invert __INVERT__ Bool __BOOL__ Int __INT__
    Float __FLOAT__ Index __INDEX__ Iadd __IADD__ Isub __ISUB__ Imul __IMUL__ Imatmul __IMATMUL__ Itruediv __ITRUEDIV__ Ifloordiv __IFLOORDIV__
    Imod __IMOD__ Ipow __IPOW__ Ilshift __ILSHIFT__ Irshift __IRSHIFT__ Iand __IAND__ Ior __IOR__ Ixor __IXOR__ Len __LEN__ GetItem __GETITEM__
    SetItem __SETITEM__ DelItem __DELITEM__ Contains __CONTAINS__ LengthHint __LENGTH_HINT__ Await __AWAIT__ Aiter __AITER__ Anext __ANEXT__
    Doc __DOC__ Module __MODULE__ Name __NAME__ Qualname __QUALNAME__ Dict __DICT__ Weakref __WEAKREF__ Class __CLASS__ SlotsName __SLOTS__
    InitSubclass __INIT_SUBCLASS__ SetName __SET_NAME__ ClassGetItem __CLASS_GETITEM__ Prepare __PREPARE__ MroEntries __MRO_ENTRIES__
    ClassCell __CLASSCELL__ ClassDictCell __CLASSDICTCELL__ StaticAttributes __STATIC_ATTRIBUTES__ FirstLineNo __FIRSTLINENO__
    Annotations __ANNOTATIONS__ Annotate __ANNOTATE__ AnnotateFunc __ANNOTATE_FUNC__ AnnotationsCache __ANNOTATIONS_CACHE__ TypeParams __TYPE_PARAMS__
    AbstractMethods __ABSTRACTMETHODS__ IsAbstractMethod __ISABSTRACTMETHOD__ InstanceCheck __INSTANCECHECK__ SubclassCheck __SUBCLASSCHECK__ Mro MRO
    Bases __BASES__ Format __FORMAT__ Reversed __REVERSED__ Bytes __BYTES__ Dir __DIR__ Wrapped __WRAPPED__ OrigBases __ORIG_BASES__
    OrigClass __ORIG_CLASS__ Parameters __PARAMETERS__ TypingSubst __TYPING_SUBST__ TypingPrepareSubst __TYPING_PREPARE_SUBST__
    TypingUnpackedTupleArgs __TYPING_UNPACKED_TUPLE_ARGS__ TypingIsUnpackedTypevartuple __TYPING_IS_UNPACKED_TYPEVARTUPLE__ Builtins __BUILTINS__
    Metaclass METACLASS ReduceEx __REDUCE_EX__ Reduce __REDUCE__ GetState __GETSTATE__ GetNewArgs __GETNEWARGS__ GetNewArgsEx __GETNEWARGS_EX__
    SlotNames __SLOTNAMES__ Match __MATCH_ARGS__ Ceil __CEIL__ Floor __FLOOR__ Trunc __TRUNC__ Round __ROUND__ Sizeof __SIZEOF__ Missing __MISSING__
    Enter __ENTER__ Exit __EXIT__ File __FILE__ Keys KEYS Path __PATH__
}

/// The interned name, borrowed (immortal).
#[inline(always)]
pub fn name(d: D) -> Value {
    d.value()
}

/// The text of a name.
pub fn text(d: D) -> &'static str {
    d.text()
}
