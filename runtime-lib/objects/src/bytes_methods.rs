//! Methods of bytes and bytearray.
use crate::prelude::*;
pub(crate) const BYTES_SLOTS: Slots = Slots::NONE;
pub(crate) const BYTEARRAY_SLOTS: Slots = Slots::NONE;
/// Methods of bytes.
pub struct BytesMethods;
#[native_class(decl = BYTES_DECL, doc = "")]
impl BytesMethods {}
/// Methods of bytearray.
pub struct ByteArrayMethods;
#[native_class(decl = BYTEARRAY_DECL, doc = "")]
impl ByteArrayMethods {}
