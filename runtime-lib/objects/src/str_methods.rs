//! Methods of str.
use crate::prelude::*;
/// Methods of str.
pub struct StrMethods;
#[native_class(decl = STR_DECL, doc = "")]
impl StrMethods {}
