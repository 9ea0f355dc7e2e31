//! `_sha2`: SHA-224, SHA-256, SHA-384 and SHA-512 (FIPS 180-4).

use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::{buffer, bytes, cast, int, str};

/// First 64 bits of the fractional parts of the cube roots of the first 80 primes.
static K: [u64; 80] = constants();

/// Fractional bits of the cube root of n: floor(cbrt(n) * 2^64) mod 2^64, by bisection on integers.
const fn cube_root_fraction(n: u64) -> u64 {
    // r = floor(cbrt(n * 2^192)); 68 bits are enough for primes below 512.
    let (mut low, mut high) = (0u128, 1u128 << 68);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if cube_at_most(middle, n) { low = middle } else { high = middle }
    }
    low as u64
}

/// Whether x^3 <= n * 2^192, for x below 2^68.
const fn cube_at_most(x: u128, n: u64) -> bool {
    // x = a * 2^64 + b; the cube in 64-bit limbs.
    let limbs = [x as u64, (x >> 64) as u64, 0, 0, 0];
    let cube = multiply(multiply(limbs, limbs), limbs);
    // Compare with n in limb 3.
    if cube[4] > 0 || cube[3] > n {
        return false;
    }
    cube[3] < n || cube[2] == 0 && cube[1] == 0 && cube[0] == 0
}

const fn multiply(a: [u64; 5], b: [u64; 5]) -> [u64; 5] {
    let mut out = [0u64; 5];
    let mut i = 0;
    while i < 5 {
        let mut carry = 0u128;
        let mut j = 0;
        while i + j < 5 {
            let t = a[i] as u128 * b[j] as u128 + out[i + j] as u128 + carry;
            out[i + j] = t as u64;
            carry = t >> 64;
            j += 1;
        }
        i += 1;
    }
    out
}

const fn constants() -> [u64; 80] {
    let mut out = [0; 80];
    let (mut n, mut i) = (2u64, 0);
    while i < 80 {
        let (mut d, mut prime) = (2, true);
        while d * d <= n {
            if n % d == 0 {
                prime = false;
            }
            d += 1;
        }
        if prime {
            out[i] = cube_root_fraction(n);
            i += 1;
        }
        n += 1;
    }
    out
}

const START_224: [u64; 8] =
    [0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4];
const START_256: [u64; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const START_384: [u64; 8] = [
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7,
    0x47b5481dbefa4fa4,
];
const START_512: [u64; 8] = [
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b,
    0x5be0cd19137e2179,
];

/// A hash in progress.
#[derive(Clone)]
pub struct Sha {
    /// Words of 32 (SHA-224, SHA-256) or 64 bits.
    wide: bool,
    digest_bytes: usize,
    state: [u64; 8],
    /// Bytes not yet hashed, less than a block.
    rest: Vec<u8>,
    length: u128,
}

impl Sha {
    fn new(bits: usize) -> Sha {
        let state = match bits {
            224 => START_224,
            256 => START_256,
            384 => START_384,
            _ => START_512,
        };
        Sha { wide: bits > 256, digest_bytes: bits / 8, state, rest: Vec::new(), length: 0 }
    }
    fn block_bytes(&self) -> usize {
        if self.wide { 128 } else { 64 }
    }
    fn update(&mut self, data: &[u8]) {
        self.length += data.len() as u128;
        let size = self.block_bytes();
        let mut data = data;
        if !self.rest.is_empty() {
            let taken = (size - self.rest.len()).min(data.len());
            self.rest.extend_from_slice(&data[..taken]);
            data = &data[taken..];
            if self.rest.len() < size {
                return;
            }
            let block = std::mem::take(&mut self.rest);
            self.block(&block);
        }
        let mut blocks = data.chunks_exact(size);
        for block in &mut blocks {
            self.block(block);
        }
        self.rest.extend_from_slice(blocks.remainder());
    }
    fn block(&mut self, block: &[u8]) {
        if self.wide { self.block64(block) } else { self.block32(block) }
    }
    fn block32(&mut self, block: &[u8]) {
        let mut w = [0u32; 64];
        for (w, b) in w.iter_mut().zip(block.as_chunks::<4>().0) {
            *w = u32::from_be_bytes(*b);
        }
        for t in 16..64 {
            let (a, b) = (w[t - 2], w[t - 15]);
            let s1 = a.rotate_right(17) ^ a.rotate_right(19) ^ a >> 10;
            let s0 = b.rotate_right(7) ^ b.rotate_right(18) ^ b >> 3;
            w[t] = s1.wrapping_add(w[t - 7]).wrapping_add(s0).wrapping_add(w[t - 16]);
        }
        let mut v = self.state.map(|x| x as u32);
        for t in 0..64 {
            let [a, b, c, d, e, f, g, h] = v;
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let t1 = h.wrapping_add(s1).wrapping_add(e & f ^ !e & g).wrapping_add((K[t] >> 32) as u32).wrapping_add(w[t]);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let t2 = s0.wrapping_add(a & b ^ a & c ^ b & c);
            v = [t1.wrapping_add(t2), a, b, c, d.wrapping_add(t1), e, f, g];
        }
        for (s, x) in self.state.iter_mut().zip(v) {
            *s = (*s as u32).wrapping_add(x) as u64;
        }
    }
    fn block64(&mut self, block: &[u8]) {
        let mut w = [0u64; 80];
        for (w, b) in w.iter_mut().zip(block.as_chunks::<8>().0) {
            *w = u64::from_be_bytes(*b);
        }
        for t in 16..80 {
            let (a, b) = (w[t - 2], w[t - 15]);
            let s1 = a.rotate_right(19) ^ a.rotate_right(61) ^ a >> 6;
            let s0 = b.rotate_right(1) ^ b.rotate_right(8) ^ b >> 7;
            w[t] = s1.wrapping_add(w[t - 7]).wrapping_add(s0).wrapping_add(w[t - 16]);
        }
        let mut v = self.state;
        for t in 0..80 {
            let [a, b, c, d, e, f, g, h] = v;
            let s1 = e.rotate_right(14) ^ e.rotate_right(18) ^ e.rotate_right(41);
            let t1 = h.wrapping_add(s1).wrapping_add(e & f ^ !e & g).wrapping_add(K[t]).wrapping_add(w[t]);
            let s0 = a.rotate_right(28) ^ a.rotate_right(34) ^ a.rotate_right(39);
            let t2 = s0.wrapping_add(a & b ^ a & c ^ b & c);
            v = [t1.wrapping_add(t2), a, b, c, d.wrapping_add(t1), e, f, g];
        }
        for (s, x) in self.state.iter_mut().zip(v) {
            *s = s.wrapping_add(x);
        }
    }
    fn digest(&self) -> Vec<u8> {
        let mut last = self.clone();
        let (size, bits) = (self.block_bytes(), self.length.wrapping_mul(8));
        let field = size / 8;
        let mut tail = vec![0x80];
        while (self.rest.len() + tail.len() + field) % size != 0 {
            tail.push(0);
        }
        tail.extend_from_slice(&bits.to_be_bytes()[16 - field..]);
        last.update(&tail);
        let mut out: Vec<u8> = if self.wide {
            last.state.iter().flat_map(|s| s.to_be_bytes()).collect()
        } else {
            last.state.iter().flat_map(|s| (*s as u32).to_be_bytes()).collect()
        };
        out.truncate(self.digest_bytes);
        out
    }
}

/// A hash object.
#[repr(C)]
pub struct HashObject {
    header: Header,
    sha: std::cell::RefCell<Sha>,
}

object_type!(HashObject, SHA256);

/// Layout of the other classes' instances: the same.
macro_rules! class {
    ($static:ident, $name:literal) => {
        #[doc = concat!("`_sha2.", $name, "`.")]
        pub static $static: Type =
            Type::builtin::<HashObject>($name, "_sha2", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, Slots::NONE, Some(&HASH_DECL));
    };
}
class!(SHA224, "SHA224Type");
class!(SHA256, "SHA256Type");
class!(SHA384, "SHA384Type");
class!(SHA512, "SHA512Type");

fn object(class: &'static Type, sha: Sha) -> Ref {
    cast::new_object_of(class, HashObject { header: cast::fresh_header(), sha: std::cell::RefCell::new(sha) })
}

fn this(v: Value) -> &'static HashObject {
    cast::get_unchecked(v)
}

fn feed(sha: &mut Sha, data: Value) -> R<()> {
    if str::is_str(data) {
        return Err(type_error("Strings must be encoded before hashing"));
    }
    if !buffer::is_bytes_like(data) {
        return Err(type_error(format!("object supporting the buffer API required, not {}", display_name(data))));
    }
    buffer::with_bytes(data, |b| {
        sha.update(b);
        Ok(())
    })
}

/// The methods of hash objects stand on this name.
pub struct HashMethods;

#[native_class(decl = HASH_DECL, doc = "")]
impl HashMethods {
    /// Update this hash object's state with the provided string.
    #[native]
    fn update(v: Value, obj: Value) -> R<()> {
        feed(&mut this(v).sha.borrow_mut(), obj)
    }
    /// Return the digest value as a bytes object.
    #[native]
    fn digest(v: Value) -> Ref {
        bytes::from_slice(&this(v).sha.borrow().digest())
    }
    /// Return the digest value as a string of hexadecimal digits.
    #[native]
    fn hexdigest(v: Value) -> String {
        this(v).sha.borrow().digest().iter().map(|b| format!("{b:02x}")).collect()
    }
    /// Return a copy of the hash object.
    #[native]
    fn copy(v: Value) -> Ref {
        object(type_of(v), this(v).sha.borrow().clone())
    }
    #[getter]
    fn name(v: Value) -> R<Ref> {
        Ok(str::from_str(&format!("sha{}", this(v).sha.borrow().digest_bytes * 8)))
    }
    #[getter]
    fn block_size(v: Value) -> R<Ref> {
        Ok(int::from_i64(this(v).sha.borrow().block_bytes() as i64))
    }
    #[getter]
    fn digest_size(v: Value) -> R<Ref> {
        Ok(int::from_i64(this(v).sha.borrow().digest_bytes as i64))
    }
}

fn start(class: &'static Type, bits: usize, data: Option<Value>, string: Option<Value>) -> R<Ref> {
    let mut sha = Sha::new(bits);
    match (data, string) {
        (Some(_), Some(_)) => return Err(type_error("'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in a future version.")),
        (Some(d), None) | (None, Some(d)) => feed(&mut sha, d)?,
        (None, None) => {}
    }
    Ok(object(class, sha))
}

fn init(dict: Value) -> R<()> {
    for class in [&SHA224, &SHA256, &SHA384, &SHA512] {
        dxpyc_objects::dict::set_str(dict, class.static_name, Ref::new(class.v()));
    }
    Ok(())
}

#[native_module(name = "_sha2", init = super::init)]
pub mod module {
    use super::*;

    /// Return a new SHA-224 hash object; optionally initialized with a string.
    #[native("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha224(data: Option<Value>, usedforsecurity: bool, string: Value) -> R<Ref> {
        let _ = usedforsecurity;
        start(&SHA224, 224, data, (!string.is_none()).then_some(string))
    }
    /// Return a new SHA-256 hash object; optionally initialized with a string.
    #[native("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha256(data: Option<Value>, usedforsecurity: bool, string: Value) -> R<Ref> {
        let _ = usedforsecurity;
        start(&SHA256, 256, data, (!string.is_none()).then_some(string))
    }
    /// Return a new SHA-384 hash object; optionally initialized with a string.
    #[native("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha384(data: Option<Value>, usedforsecurity: bool, string: Value) -> R<Ref> {
        let _ = usedforsecurity;
        start(&SHA384, 384, data, (!string.is_none()).then_some(string))
    }
    /// Return a new SHA-512 hash object; optionally initialized with a string.
    #[native("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha512(data: Option<Value>, usedforsecurity: bool, string: Value) -> R<Ref> {
        let _ = usedforsecurity;
        start(&SHA512, 512, data, (!string.is_none()).then_some(string))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bits: usize, data: &[u8]) -> String {
        let mut sha = Sha::new(bits);
        for piece in data.chunks(7) {
            sha.update(piece);
        }
        sha.digest().iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn known_digests() {
        assert_eq!(K[0], 0x428a2f98d728ae22);
        assert_eq!(K[79], 0x6c44198c4a475817);
        assert_eq!(hex(256, b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hex(224, b""), "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f");
        assert!(hex(512, b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
        assert!(hex(384, b"abc").starts_with("cb00753f45a35e8bb5a03d699ac65007"));
        assert_eq!(hex(256, &[b'a'; 1000]), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
    }
}
