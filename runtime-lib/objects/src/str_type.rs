//! Slots of str.
use crate::prelude::*;
use crate::str;
pub(crate) const SLOTS: Slots = Slots { hash: Some(str_hash), ..Slots::NONE };
fn str_hash(v: Value) -> R<i64> {
    Ok(str::hash(v))
}
