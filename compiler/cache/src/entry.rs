//! The form of an entry: header and payload.
//!
//! ```text
//!  0  magic    8 bytes
//!  8  version  u32, then 4 zero bytes
//! 16  key      32 bytes
//! 48  length   u64, of the payload
//! 56  zeroes   8 bytes
//! 64  hash     32 bytes: BLAKE3 over bytes 0..64 and the payload; keyed, when it goes to other machines under a secret
//! 96  payload  to the end of the file
//! ```
//!
//! Numbers are little-endian. The payload starts at a multiple of 32 from the start.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::disk::Bytes;
use crate::key::Key;

/// The first bytes of an entry.
pub const MAGIC: [u8; 8] = *b"dxpyPCC\x1a";
/// Entries of other versions are misses.
pub const VERSION: u32 = 1;
/// Before the payload.
pub const HEADER_BYTES: usize = 96;
/// Larger payloads are not stored, and not read.
pub const PAYLOAD_BYTES_MAX: usize = 256 << 20;

const HASHED: usize = 64;

/// What machines that share a cache have in common: without it nobody can make an entry that they accept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    pub fn new(text: &[u8]) -> Secret {
        Secret(blake3::derive_key("dxpyc cache secret", text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}

/// The header for a payload.
pub fn seal(key: &Key, payload: &[u8], secret: Option<&Secret>) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    let prefix = prefix(key, payload.len());
    header[..HASHED].copy_from_slice(&prefix);
    header[HASHED..].copy_from_slice(hash(&prefix, payload, secret).as_bytes());
    header
}

/// Whether `bytes` is the whole entry of `key`; then its payload.
pub fn check<'a>(key: &Key, bytes: &'a [u8], secret: Option<&Secret>) -> Option<&'a [u8]> {
    let (header, payload) = bytes.split_at_checked(HEADER_BYTES)?;
    let (prefixed, stored) = header.split_at(HASHED);
    // `blake3::Hash` compares in constant time.
    (prefixed == prefix(key, payload.len()) && hash(prefixed, payload, secret) == *stored).then_some(payload)
}

/// The key and the payload's length that a header claims.
pub(crate) fn claims(header: &[u8; HEADER_BYTES]) -> Option<(Key, usize)> {
    let mut key = Key([0; 32]);
    key.0.copy_from_slice(&header[16..48]);
    let mut length = [0; 8];
    length.copy_from_slice(&header[48..56]);
    let length = usize::try_from(u64::from_le_bytes(length)).ok().filter(|length| *length <= PAYLOAD_BYTES_MAX)?;
    (header[..HASHED] == prefix(&key, length)).then_some((key, length))
}

fn prefix(key: &Key, length: usize) -> [u8; HASHED] {
    let mut bytes = [0; HASHED];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[16..48].copy_from_slice(&key.0);
    bytes[48..56].copy_from_slice(&(length as u64).to_le_bytes());
    bytes
}

fn hash(prefix: &[u8], payload: &[u8], secret: Option<&Secret>) -> blake3::Hash {
    let mut hasher = secret.map_or_else(blake3::Hasher::new, |secret| blake3::Hasher::new_keyed(&secret.0));
    hasher.update(prefix).update(payload).finalize()
}

/// What was stored: memory that was checked and that nobody changes, whatever becomes of the entry. Cheap to clone.
///
/// The address is a multiple of 16.
#[derive(Clone)]
pub struct Payload {
    bytes: Arc<Bytes>,
}

impl Payload {
    /// `bytes` is a checked entry.
    pub(crate) fn new(bytes: Bytes) -> Payload {
        assert!(bytes.len() >= HEADER_BYTES, "a checked entry has a header");
        Payload { bytes: Arc::new(bytes) }
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[HEADER_BYTES..]
    }
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Payload({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &Key, payload: &[u8]) -> Vec<u8> {
        [&seal(key, payload, None)[..], payload].concat()
    }

    #[test]
    fn every_changed_byte_and_every_length_but_the_right_one_is_refused() {
        let key = Key([7; 32]);
        let payload: Vec<u8> = (0..100).collect();
        let good = entry(&key, &payload);
        assert_eq!(check(&key, &good, None), Some(&payload[..]));
        for at in 0..good.len() {
            for change in [1, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= change;
                assert_eq!(check(&key, &bad, None), None, "byte {at} ^ {change}");
            }
            assert_eq!(check(&key, &good[..at], None), None, "{at} bytes");
        }
        for more in [&b"\0"[..], b"x", &good] {
            assert_eq!(check(&key, &[&good, more].concat(), None), None);
        }
        assert_eq!(check(&Key([8; 32]), &good, None), None);
        assert_eq!(check(&key, &entry(&Key([8; 32]), &payload), None), None);
    }

    #[test]
    fn without_the_secret_no_entry_is_accepted() {
        let (key, one, two) = (Key([7; 32]), Secret::new(b"one"), Secret::new(b"two"));
        let secrets = [None, Some(&one), Some(&two)];
        for sealed in secrets {
            let entry = [&seal(&key, b"payload", sealed)[..], b"payload"].concat();
            for secret in secrets {
                assert_eq!(check(&key, &entry, secret).is_some(), secret == sealed);
            }
        }
        assert_eq!(format!("{one:?}"), "Secret");
    }
}
