//! `_tokenize`: Python's tokenizer, which compiled programs do not have.

use dxpyc_objects::prelude::*;

/// `TokenizerIter`: making one is refused.
#[repr(C)]
pub struct TokenizerIter {
    header: Header,
}

object_type!(TokenizerIter, TOKENIZER_ITER);

/// `_tokenize.TokenizerIter`.
pub static TOKENIZER_ITER: Type = Type::builtin::<TokenizerIter>(
    "TokenizerIter",
    "_tokenize",
    Some(&dxpyc_objects::object::OBJECT),
    0,
    Slots { new: Some(|_, _| Err(not_implemented_error("unsupported: reading Python tokens in compiled programs"))), ..Slots::NONE },
    Some(&TOKENIZERITER_DECL),
);

#[native_class(doc = "")]
impl TokenizerIter {}

fn init(dict: Value) -> R<()> {
    dxpyc_objects::dict::set_str(dict, "TokenizerIter", Ref::new(TOKENIZER_ITER.v()));
    Ok(())
}

#[native_module(name = "_tokenize", init = super::init)]
pub mod module {}
