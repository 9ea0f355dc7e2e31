//! The file layout.
//!
//! ```text
//! header, 64 bytes   0 magic "DPB\x01"   4 fingerprint of the opcode table, folded to 32 bits
//!                    8 offsets of the six sections, 4 bytes each, ascending   32 BLAKE3 of all bytes after the header
//! code               per function: per block handler + 1, number of instructions, instructions (opcode byte, operands in LEB128)
//! constants          count, 16-byte entries (tag, length, 8 bytes of value or heap offset), heap
//! names              count, count + 1 offsets, text
//! symbols            the module's record, the functions' records (with their offsets in code and debug), the imports
//! types              count of functions with inferred types (none yet)
//! debug              per function: positions, as differences
//! ```
//!
//! Sections begin at multiples of 8. Constants and names are reached in constant time, without decoding the rest.

use crate::opcode::Opcode;

/// The first four bytes.
pub const MAGIC: [u8; 4] = *b"DPB\x01";
/// Size of the header in bytes.
pub const HEADER_BYTES: usize = 64;
/// The fingerprint as it stands in headers.
pub const FINGERPRINT: u32 = (Opcode::FINGERPRINT >> 32) as u32 ^ Opcode::FINGERPRINT as u32;

pub(crate) const N_SECTIONS: usize = 6;
pub(crate) const SECTION_NAMES: [&str; N_SECTIONS] = ["code", "constants", "names", "symbols", "types", "debug"];
pub(crate) const HASH_AT: usize = 32;
pub(crate) const CONST_BYTES: usize = 16;

/// Tags of constants in files.
pub(crate) mod tag {
    pub const NONE: u8 = 0;
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const ELLIPSIS: u8 = 3;
    pub const INT: u8 = 4;
    pub const BIG_INT: u8 = 5;
    pub const FLOAT: u8 = 6;
    pub const COMPLEX: u8 = 7;
    pub const STR: u8 = 8;
    pub const BYTES: u8 = 9;
    pub const TUPLE: u8 = 10;
    pub const FROZEN_SET: u8 = 11;
}
