//! Static interned strs for names that the runtime uses: `names::__INIT__()` is `__init__`. Anyone may add a row.

use crate::str::{Name, StaticStr};
use dxpyc_abi::Value;

macro_rules! names {
    ($($ident:ident)* ; $($other:ident = $text:literal)*) => {
        /// The strs themselves. The linker keeps those that kept code refers to, and takes that for a look-up of the name
        /// (`linker/src/prune.rs`).
        pub mod strs {
            use super::StaticStr;
            $(
                #[doc = concat!("`", stringify!($ident), "` in lower case.")]
                #[unsafe(link_section = concat!(".data.dxp.name.", stringify!($ident)))]
                pub static $ident: StaticStr<{ stringify!($ident).len() + 1 }> = StaticStr::lower_case(stringify!($ident));
            )*
            $(
                #[doc = concat!("`", $text, "`.")]
                #[unsafe(link_section = concat!(".data.dxp.name.", stringify!($other)))]
                pub static $other: StaticStr<{ $text.len() + 1 }> = StaticStr::new($text);
            )*
        }
        $(
            #[doc = concat!("The interned str `", stringify!($ident), "` in lower case (borrowed; immortal).")]
            #[allow(non_snake_case)]
            #[inline(always)]
            pub fn $ident() -> Value {
                strs::$ident.value()
            }
        )*
        $(
            #[doc = concat!("The interned str `", $text, "` (borrowed; immortal).")]
            #[allow(non_snake_case)]
            #[inline(always)]
            pub fn $other() -> Value {
                strs::$other.value()
            }
        )*
        const COUNT: usize = [$(stringify!($ident),)* $($text,)*].len();
        #[unsafe(link_section = ".data.rel.ro.dxp.names")]
        static ALL: [Option<Name>; COUNT] = [$(Some(Name::of(&raw const strs::$ident)),)* $(Some(Name::of(&raw const strs::$other)),)*];
    };
}

/// All of them that the program holds, for the table of interned strs.
pub fn all() -> impl Iterator<Item = Name> {
    // The linker takes those away that nothing refers to.
    std::hint::black_box(&ALL).iter().flatten().copied()
}

names! {
    __ABS__ __ABSTRACTMETHODS__ __ADD__ __AENTER__ __AEXIT__ __AITER__ __ALL__ __AND__ __ANEXT__ __ANNOTATE__ __ANNOTATE_FUNC__ __ANNOTATIONS__
    __ANNOTATIONS_CACHE__ __ARGS__ __AWAIT__ __BASES__ __BOOL__ __BUFFER__ __BYTES__ __BUILTINS__ __CACHED__ __CALL__ __CAUSE__ __CEIL__ __CLASS__
    __CLASS_GETITEM__ __CLASSCELL__ __CLASSDICT__ __CLASSDICTCELL__ __CLOSURE__ __CODE__ __COMPLEX__ __CONDITIONAL_ANNOTATIONS__ __CONTAINS__ __CONTEXT__ __COPY__
    __DEEPCOPY__ __DEFAULTS__ __DEL__ __DELATTR__ __DELETE__ __DELITEM__ __DICT__ __DIR__ __DIVMOD__ __DOC__ __ENTER__ __EQ__ __EXIT__ __FILE__
    __FIRSTLINENO__ __FLOAT__ __FLOOR__ __FLOORDIV__ __FORMAT__ __FSPATH__ __FUNC__ __GE__ __GET__ __GETATTR__ __GETATTRIBUTE__ __GETITEM__ __GETNEWARGS__
    __GETNEWARGS_EX__ __GETSTATE__ __GLOBALS__ __GT__ __HASH__ __IADD__ __IAND__ __IFLOORDIV__ __ILSHIFT__ __IMATMUL__ __IMOD__ __IMPORT__ __IMUL__ __INDEX__
    __INIT__ __INIT_SUBCLASS__ __INSTANCECHECK__ __INT__ __INVERT__ __IOR__ __IPOW__ __IRSHIFT__ __ISABSTRACTMETHOD__ __ISUB__ __ITER__ __ITRUEDIV__
    __IXOR__ __KWDEFAULTS__ __LE__ __LEN__ __LENGTH_HINT__ __LOADER__ __LSHIFT__ __LT__ __MAIN__ __MATCH_ARGS__ __MATMUL__ __MISSING__ __MOD__ __MODULE__
    __MRO__ __MRO_ENTRIES__ __MUL__ __NAME__ __NE__ __NEG__ __NEW__ __NEXT__ __NOTES__ __OBJCLASS__ __OR__ __ORIG_BASES__ __ORIGIN__ __PACKAGE__
    __PARAMETERS__ __PATH__ __POS__ __POW__ __PREPARE__ __QUALNAME__ __RADD__ __RAND__ __RDIVMOD__ __REDUCE__ __REDUCE_EX__ __RELEASE_BUFFER__ __REPR__
    __REVERSED__ __RFLOORDIV__ __RLSHIFT__ __RMATMUL__ __RMOD__ __RMUL__ __ROR__ __ROUND__ __RPOW__ __RRSHIFT__ __RSHIFT__ __RSUB__ __RTRUEDIV__ __RXOR__ __SELF__
    __SET__ __SET_NAME__ __SETATTR__ __SETITEM__ __SETSTATE__ __SIGNATURE__ __SIZEOF__ __SLOTS__ __SPEC__ __STATIC_ATTRIBUTES__ __STR__ __SUB__
    __SUBCLASSCHECK__ __SUBCLASSHOOK__ __SUPPRESS_CONTEXT__ __TEXT_SIGNATURE__ __TRACEBACK__ __TRUEDIV__ __TRUNC__ __TYPE_PARAMS__ __TYPING_UNPACKED_TUPLE_ARGS__
    __UNPACKED__ __WEAKREF__ __WRAPPED__ __XOR__
    __ORIG_CLASS__ __TYPING_SUBST__ __TYPING_PREPARE_SUBST__ __TYPING_IS_UNPACKED_TYPEVARTUPLE__ __SLOTNAMES__
    APPEND ARGS BIG BUILTINS CHARACTERS_WRITTEN CLEAR CLOSE CLOSED CODE COPY DECODE DEFAULT ENCODING ENCODE END END_LINENO END_OFFSET ERRNO ERRORS EXCEPTIONS EXTEND
    FILE FILENAME FILENAME2 FILENO FLUSH FROMKEYS GET GETVALUE INDEX INSERT ISATTY ITEMS ITER JOIN KEY KEYS LAST_TRACEBACK LAST_TYPE LAST_VALUE LINENO LITTLE
    MAXSPLIT MESSAGE METACLASS MODE MODULES MRO MSG NAME NAME_FROM NEWLINE NEWLINES OBJ OBJECT OFFSET OPEN PATH PEEK POP POPITEM PRINT_FILE_AND_LINE RAW READ READABLE READALL READINTO READINTO1 READ1
    READLINE READLINES REMOVE REPLACE RESET REVERSE SCOPE SEEK SEEKABLE SELF SEND SEP SETDEFAULT SETSTATE SORT START STDERR STDIN STDOUT STEP
    STOP STRERROR STRICT SYS TELL TEXT THROW TRUNCATE TYPE TYPES UPDATE UTF8 VALUE VALUES WARNINGS WRITE WRITABLE WRITE_THROUGH WRITELINES IGNORE SURROGATEESCAPE
    ;
    BUILTINS_MODULE = "__builtin__" LAMBDA = "<lambda>" MODULE = "<module>" GENEXPR = "<genexpr>" LISTCOMP = "<listcomp>" LOCALS = "<locals>"
    STRING_FILE = "<string>" UTF_8 = "utf-8" CRLF = "\r\n" DOT_DOT_DOT = "..." NONE_TEXT = "None" TRUE_TEXT = "True" FALSE_TEXT = "False"
}
