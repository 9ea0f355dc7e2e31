//! `_opcode`: what CPython's opcodes are. Compiled programs have none; `opcode` and `dis` read these tables.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{list, str, tuple};

const IS_VALID: &[(i32, i32)] = &[
    (0, 120), (128, 211), (234, 266),
];
const HAS_ARG: &[(i32, i32)] = &[
    (44, 120), (128, 128), (143, 153), (155, 195), (197, 197), (200, 200), (209, 211), (237, 237), (239, 239), (241, 245), (247, 251), (253,
    253), (255, 255), (257, 261), (263, 266),
];
const HAS_CONST: &[(i32, i32)] = &[
    (82, 82), (190, 191),
];
const HAS_NAME: &[(i32, i32)] = &[
    (61, 61), (64, 65), (72, 73), (80, 80), (91, 93), (96, 96), (110, 110), (115, 116), (179, 179), (189, 189), (194, 195), (200, 200),
    (249, 249),
];
const HAS_JUMP: &[(i32, i32)] = &[
    (68, 68), (70, 70), (75, 77), (100, 103), (106, 106), (172, 176), (237, 237), (248, 248), (257, 260),
];
const HAS_FREE: &[(i32, i32)] = &[
    (62, 62), (90, 90), (97, 97), (111, 111),
];
const HAS_LOCAL: &[(i32, i32)] = &[
    (3, 3), (63, 63), (83, 89), (112, 114), (261, 261), (266, 266),
];
const HAS_EXC: &[(i32, i32)] = &[
    (263, 265),
];
const INTRINSICS_1: &[&str] = &[
    "INTRINSIC_1_INVALID", "INTRINSIC_PRINT", "INTRINSIC_IMPORT_STAR", "INTRINSIC_STOPITERATION_ERROR", "INTRINSIC_ASYNC_GEN_WRAP",
    "INTRINSIC_UNARY_POSITIVE", "INTRINSIC_LIST_TO_TUPLE", "INTRINSIC_TYPEVAR", "INTRINSIC_PARAMSPEC", "INTRINSIC_TYPEVARTUPLE",
    "INTRINSIC_SUBSCRIPT_GENERIC", "INTRINSIC_TYPEALIAS",
];
const INTRINSICS_2: &[&str] = &[
    "INTRINSIC_2_INVALID", "INTRINSIC_PREP_RERAISE_STAR", "INTRINSIC_TYPEVAR_WITH_BOUND", "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS",
    "INTRINSIC_SET_FUNCTION_TYPE_PARAMS", "INTRINSIC_SET_TYPEPARAM_DEFAULT",
];
const SPECIAL_METHODS: &[&str] = &[
    "__enter__", "__exit__", "__aenter__", "__aexit__",
];
const OPERATORS: &[(&str, &str)] = &[
    ("NB_ADD", "+"), ("NB_AND", "&"), ("NB_FLOOR_DIVIDE", "//"), ("NB_LSHIFT", "<<"), ("NB_MATRIX_MULTIPLY", "@"), ("NB_MULTIPLY", "*"),
    ("NB_REMAINDER", "%"), ("NB_OR", "|"), ("NB_POWER", "**"), ("NB_RSHIFT", ">>"), ("NB_SUBTRACT", "-"), ("NB_TRUE_DIVIDE", "/"),
    ("NB_XOR", "^"), ("NB_INPLACE_ADD", "+="), ("NB_INPLACE_AND", "&="), ("NB_INPLACE_FLOOR_DIVIDE", "//="), ("NB_INPLACE_LSHIFT", "<<="),
    ("NB_INPLACE_MATRIX_MULTIPLY", "@="), ("NB_INPLACE_MULTIPLY", "*="), ("NB_INPLACE_REMAINDER", "%="), ("NB_INPLACE_OR", "|="),
    ("NB_INPLACE_POWER", "**="), ("NB_INPLACE_RSHIFT", ">>="), ("NB_INPLACE_SUBTRACT", "-="), ("NB_INPLACE_TRUE_DIVIDE", "/="),
    ("NB_INPLACE_XOR", "^="), ("NB_SUBSCR", "[]"),
];

fn among(ranges: &[(i32, i32)], opcode: i32) -> bool {
    ranges.iter().any(|(low, high)| (*low..=*high).contains(&opcode))
}

fn texts(items: &[&str]) -> Ref {
    list::from_refs(items.iter().map(|s| str::intern(s)).collect())
}

fn init(dict: Value) -> R<()> {
    for name in ["ENABLE_SPECIALIZATION", "ENABLE_SPECIALIZATION_FT"] {
        dxpyc_objects::dict::set_str(dict, name, Ref::bool(false));
    }
    Ok(())
}

/// Opcode support module.
#[native_module(name = "_opcode", init = super::init)]
pub mod module {
    use super::*;

    /// Compute the stack effect of the opcode: not known here.
    #[native("($module, opcode, oparg=None, /, *, jump=None)")]
    fn stack_effect(opcode: i32, oparg: Value, jump: Value) -> R<i64> {
        let _ = (opcode, oparg, jump);
        Err(not_implemented_error("_opcode.stack_effect() is not supported in compiled programs"))
    }
    /// Return True if opcode is valid, False otherwise.
    #[native("($module, /, opcode)")]
    fn is_valid(opcode: i32) -> bool {
        among(IS_VALID, opcode)
    }
    /// Return True if the opcode uses its oparg, False otherwise.
    #[native("($module, /, opcode)")]
    fn has_arg(opcode: i32) -> bool {
        among(HAS_ARG, opcode)
    }
    /// Return True if the opcode accesses a constant, False otherwise.
    #[native("($module, /, opcode)")]
    fn has_const(opcode: i32) -> bool {
        among(HAS_CONST, opcode)
    }
    /// Return True if the opcode accesses an attribute by name, False otherwise.
    #[native("($module, /, opcode)")]
    fn has_name(opcode: i32) -> bool {
        among(HAS_NAME, opcode)
    }
    /// Return True if the opcode has a jump target, False otherwise.
    #[native("($module, /, opcode)")]
    fn has_jump(opcode: i32) -> bool {
        among(HAS_JUMP, opcode)
    }
    /// Return True if the opcode accesses a free variable, False otherwise.
    #[native("($module, /, opcode)")]
    fn has_free(opcode: i32) -> bool {
        among(HAS_FREE, opcode)
    }
    /// Return True if the opcode accesses a local variable, False otherwise.
    #[native("($module, /, opcode)")]
    fn has_local(opcode: i32) -> bool {
        among(HAS_LOCAL, opcode)
    }
    /// Return True if the opcode sets up an exception handler, False otherwise.
    #[native("($module, /, opcode)")]
    fn has_exc(opcode: i32) -> bool {
        among(HAS_EXC, opcode)
    }
    /// Return a list of names of the unary intrinsics.
    #[native]
    fn get_intrinsic1_descs() -> Ref {
        texts(INTRINSICS_1)
    }
    /// Return a list of names of the binary intrinsics.
    #[native]
    fn get_intrinsic2_descs() -> Ref {
        texts(INTRINSICS_2)
    }
    /// Return a list of special method names.
    #[native]
    fn get_special_method_names() -> Ref {
        texts(SPECIAL_METHODS)
    }
    /// Return array of symbols of binary ops.
    #[native]
    fn get_nb_ops() -> Ref {
        list::from_refs(OPERATORS.iter().map(|(name, sign)| tuple::pair(str::intern(name), str::intern(sign))).collect())
    }
    /// Return the executor at an offset: there is none.
    #[native("($module, /, code, offset)")]
    fn get_executor(code: Value, offset: Value) -> R<Ref> {
        let _ = (code, offset);
        Err(runtime_error("Executors are not available in this build"))
    }
    /// Return the specialization stats: there are none.
    #[native]
    fn get_specialization_stats() {}
}
