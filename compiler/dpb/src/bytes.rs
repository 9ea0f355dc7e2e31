//! Reading and writing of the primitive fields: little-endian words and LEB128 numbers, every read checked.

use std::fmt;

/// Why bytes or text are not a DPB module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub what: String,
}

impl Malformed {
    pub(crate) fn new(what: impl Into<String>) -> Malformed {
        Malformed { what: what.into() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed dpb: {}", self.what)
    }
}

impl std::error::Error for Malformed {}

/// The result of reading.
pub type Result<T> = std::result::Result<T, Malformed>;

/// The `len` bytes at `at`.
pub(crate) fn slice<'a>(bytes: &'a [u8], at: usize, len: usize, what: &str) -> Result<&'a [u8]> {
    let end = at.checked_add(len);
    end.and_then(|end| bytes.get(at..end)).ok_or_else(|| Malformed::new(format!("{what} ends early")))
}

/// The 32-bit word at `at`.
pub(crate) fn word(bytes: &[u8], at: usize, what: &str) -> Result<u32> {
    let four = slice(bytes, at, 4, what)?;
    Ok(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// Reads a section from front to back.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> Reader<'a> {
        Reader { rest: bytes, what }
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        let (&first, rest) = self.rest.split_first().ok_or_else(|| self.early())?;
        self.rest = rest;
        Ok(first)
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or_else(|| self.early())?;
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        let mut value = 0_u32;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            let bits = u32::from(byte & 0x7f);
            if shift == 28 && bits > 0xf {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::new(format!("number over 32 bits in {}", self.what)))
    }

    pub(crate) fn i32(&mut self) -> Result<i32> {
        let word = self.u32()?;
        Ok((word >> 1).cast_signed() ^ -(word & 1).cast_signed())
    }

    /// A count of things that take a byte at least each.
    pub(crate) fn count(&mut self) -> Result<usize> {
        let count = self.u32()? as usize;
        if count > self.rest.len() {
            return Err(self.early());
        }
        Ok(count)
    }

    /// Bytes not read yet.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    fn early(&self) -> Malformed {
        Malformed::new(format!("{} ends early", self.what))
    }
}

/// Appends a LEB128 number.
pub(crate) fn put_u32(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a zigzag LEB128 number.
pub(crate) fn put_i32(out: &mut Vec<u8>, value: i32) {
    put_u32(out, (value.cast_unsigned() << 1) ^ (value >> 31).cast_unsigned());
}

/// Appends a little-endian word.
pub(crate) fn put_word(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Zeroes up to the next multiple of `align`.
pub(crate) fn pad(out: &mut Vec<u8>, align: usize) {
    out.resize(out.len().next_multiple_of(align), 0);
}

pub(crate) fn len32(len: usize) -> u32 {
    u32::try_from(len).expect("a module is smaller than 4 GiB")
}
