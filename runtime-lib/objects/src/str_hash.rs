//! Hash of str and bytes: SipHash-1-3 with a key per process. `PYTHONHASHSEED` fixes the key as in CPython.

use std::cell::Cell;

struct Key {
    k0: Cell<u64>,
    k1: Cell<u64>,
    ready: Cell<bool>,
}
// SAFETY: single-threaded until threads arrive; written once.
unsafe impl Sync for Key {}
static KEY: Key = Key { k0: Cell::new(0), k1: Cell::new(0), ready: Cell::new(false) };

#[cold]
#[inline(never)]
fn make_key() {
    let mut bytes = [0u8; 16];
    match std::env::var("PYTHONHASHSEED").ok().filter(|s| s != "random" && !s.is_empty()) {
        Some(text) => {
            // CPython fills its secret from this seed with a linear congruential generator; seed 0 leaves zeros.
            let seed: u32 = text.parse().unwrap_or(0);
            if seed != 0 {
                let mut x = seed;
                for b in &mut bytes {
                    x = x.wrapping_mul(214013).wrapping_add(2531011);
                    *b = (x >> 16) as u8;
                }
            }
        }
        None => {
            // SAFETY: the buffer is ours and 16 bytes long. A failure leaves zeros, which is a valid key.
            unsafe { libc::getrandom(bytes.as_mut_ptr() as *mut _, 16, 0) };
        }
    }
    KEY.k0.set(u64::from_le_bytes(bytes[..8].try_into().unwrap()));
    KEY.k1.set(u64::from_le_bytes(bytes[8..].try_into().unwrap()));
    KEY.ready.set(true);
}

/// The hash of bytes as Python sees it: 0 for none, never -1.
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> i64 {
    if bytes.is_empty() {
        return 0;
    }
    if !KEY.ready.get() {
        make_key();
    }
    let h = siphash13(KEY.k0.get(), KEY.k1.get(), bytes) as i64;
    if h == -1 { -2 } else { h }
}

#[inline(always)]
fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

/// SipHash-1-3.
pub fn siphash13(k0: u64, k1: u64, bytes: &[u8]) -> u64 {
    let mut v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573];
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let m = u64::from_le_bytes(chunk.try_into().unwrap());
        v[3] ^= m;
        round(&mut v);
        v[0] ^= m;
    }
    let mut last = (bytes.len() as u64) << 56;
    for (i, &b) in chunks.remainder().iter().enumerate() {
        last |= (b as u64) << (8 * i);
    }
    v[3] ^= last;
    round(&mut v);
    v[0] ^= last;
    v[2] ^= 0xff;
    round(&mut v);
    round(&mut v);
    round(&mut v);
    v[0] ^ v[1] ^ v[2] ^ v[3]
}
