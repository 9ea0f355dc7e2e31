//! Keys: the BLAKE3 hash of all that an artefact is made from, field by field.

use std::fmt;
use std::hash::{Hash, Hasher};

/// Names an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

impl Key {
    /// The 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// Reads what `hex` writes: 64 lower-case digits, nothing else.
    pub fn from_hex(text: &str) -> Option<Key> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        blake3::Hash::from_hex(text).ok().map(|hash| Key(*hash.as_bytes()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.hex())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Key({self})")
    }
}

/// Makes a key. Different sequences of fields have different keys, and so have different domains.
#[derive(Clone)]
pub struct KeyHasher(blake3::Hasher);

impl KeyHasher {
    /// For artefacts of one sort, say `"object"`.
    pub fn new(domain: &str) -> KeyHasher {
        KeyHasher(blake3::Hasher::new_derive_key(&format!("dxpyc cache {domain}")))
    }

    /// Adds a field. Its length goes first, so that neighbours cannot run together.
    pub fn write(&mut self, field: &[u8]) {
        self.0.update(&(field.len() as u64).to_le_bytes());
        self.0.update(field);
    }

    /// Adds a number as a field.
    pub fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    /// Adds a value by its `Hash` as one field.
    ///
    /// Only for types whose `Hash` depends on their value alone: no addresses, no iteration over hash maps.
    pub fn write_hash<T: Hash + ?Sized>(&mut self, value: &T) {
        let mut inner = ValueHasher(blake3::Hasher::new());
        value.hash(&mut inner);
        self.write(inner.0.finalize().as_bytes());
    }

    /// The key of the fields so far.
    pub fn finish(&self) -> Key {
        Key(*self.0.finalize().as_bytes())
    }
}

/// What `#[derive(Hash)]` writes, on every machine in the same bytes.
struct ValueHasher(blake3::Hasher);

impl Hasher for ValueHasher {
    fn finish(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_u128(&mut self, number: u128) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as i64 as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(domain: &str, fields: &[&[u8]]) -> Key {
        let mut hasher = KeyHasher::new(domain);
        fields.iter().for_each(|field| hasher.write(field));
        hasher.finish()
    }

    #[test]
    fn fields_and_domains_do_not_run_together() {
        let keys = [
            key("a", &[]),
            key("a", &[b""]),
            key("a", &[b"", b""]),
            key("a", &[b"xy"]),
            key("a", &[b"x", b"y"]),
            key("a", &[b"", b"xy"]),
            key("b", &[b"xy"]),
        ];
        for (index, one) in keys.iter().enumerate() {
            assert!(keys[..index].iter().all(|other| other != one), "{index}");
        }
        assert_eq!(key("a", &[b"xy"]), key("a", &[b"xy"]));
    }

    #[test]
    fn hashes_of_values_differ_as_the_values() {
        #[derive(Hash)]
        struct Flags {
            level: u8,
            cpu: String,
            units: Vec<(u32, Option<bool>)>,
        }
        let of = |level, cpu: &str, units: &[(u32, Option<bool>)]| {
            let mut hasher = KeyHasher::new("test");
            hasher.write_hash(&Flags { level, cpu: cpu.to_owned(), units: units.to_vec() });
            hasher.finish()
        };
        let one = of(1, "x", &[(1, None)]);
        assert_eq!(one, of(1, "x", &[(1, None)]));
        for other in [of(2, "x", &[(1, None)]), of(1, "y", &[(1, None)]), of(1, "x", &[]), of(1, "x", &[(1, Some(false))])] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn keys_are_the_same_on_every_machine_and_in_every_version() {
        let mut hasher = KeyHasher::new("test");
        hasher.write(b"field");
        hasher.write_u64(7);
        hasher.write_hash(&(1usize, -1isize, "text", 5u32));
        let mut again = KeyHasher::new("test");
        again.write(b"field");
        again.write(&[7, 0, 0, 0, 0, 0, 0, 0]);
        let mut value = Vec::new();
        value.extend(1u64.to_le_bytes());
        value.extend((-1i64).to_le_bytes());
        value.extend(b"text\xff");
        value.extend(5u32.to_le_bytes());
        again.write(blake3::hash(&value).as_bytes());
        assert_eq!(hasher.finish(), again.finish());
    }

    #[test]
    fn hex_goes_both_ways() {
        let key = key("hex", &[b"x"]);
        assert_eq!(Key::from_hex(&key.hex()), Some(key));
        let hex = key.hex();
        for wrong in ["", "00", &hex[1..], &format!("{hex}0"), &hex.to_uppercase(), &format!("../{}", &hex[3..]), &"é".repeat(32)] {
            assert_eq!(Key::from_hex(wrong), None, "{wrong}");
        }
    }
}
