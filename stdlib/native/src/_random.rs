//! `_random`: the Mersenne Twister (MT19937) behind the module random, with CPython's seeding and state.

use dashu_int::ops::UnsignedAbs;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::{bytes, cast, int, ops, tuple};

const N: usize = 624;
const M: usize = 397;

/// A generator.
#[repr(C)]
pub struct RandomObject {
    header: Header,
    index: Cell<usize>,
    state: UnsafeCell<[u32; N]>,
}

object_type!(RandomObject, RANDOM);

/// `_random.Random`.
pub static RANDOM: Type = Type::builtin::<RandomObject>(
    "Random",
    "_random",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::BASE,
    Slots { new: Some(new), init: Some(init_object), ..Slots::NONE },
    Some(&RANDOM_DECL),
);

fn new(class: &'static Type, _: &Args) -> R<Ref> {
    let object = RandomObject { header: cast::fresh_header(), index: Cell::new(N), state: UnsafeCell::new([0; N]) };
    Ok(cast::new_object_of(class, object))
}

fn init_object(this: Value, args: &Args) -> R<()> {
    if is_exact(this, &RANDOM) && args.has_kw() {
        return Err(type_error("Random() takes no keyword arguments"));
    }
    if args.pos().len() > 1 {
        return Err(type_error(format!("Random expected at most 1 argument, got {}", args.pos().len())));
    }
    let this = cast::get_unchecked::<RandomObject>(this);
    this.seed_with(args.pos().first().copied().unwrap_or(Value::NONE))
}

impl RandomObject {
    fn words(&self) -> &mut [u32; N] {
        // SAFETY: single-threaded (ARCHITECTURE.md), and no user of the reference calls out while it lives.
        #[allow(clippy::mut_from_ref)]
        unsafe {
            &mut *self.state.get()
        }
    }

    /// The next 32 random bits.
    fn next(&self) -> u32 {
        let mt = self.words();
        if self.index.get() >= N {
            let mix = |high: u32, low: u32| {
                let y = high & 0x8000_0000 | low & 0x7fff_ffff;
                y >> 1 ^ if y & 1 == 1 { 0x9908_b0df } else { 0 }
            };
            for k in 0..N {
                mt[k] = mt[(k + M) % N] ^ mix(mt[k], mt[(k + 1) % N]);
            }
            self.index.set(0);
        }
        let mut y = mt[self.index.get()];
        self.index.set(self.index.get() + 1);
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c_5680;
        y ^= y << 15 & 0xefc6_0000;
        y ^ y >> 18
    }

    fn init_genrand(&self, seed: u32) {
        let mt = self.words();
        mt[0] = seed;
        for i in 1..N {
            mt[i] = 1_812_433_253u32.wrapping_mul(mt[i - 1] ^ mt[i - 1] >> 30).wrapping_add(i as u32);
        }
        self.index.set(N);
    }

    fn init_by_array(&self, key: &[u32]) {
        self.init_genrand(19_650_218);
        let mt = self.words();
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            mt[i] = (mt[i] ^ (mt[i - 1] ^ mt[i - 1] >> 30).wrapping_mul(1_664_525)).wrapping_add(key[j]).wrapping_add(j as u32);
            i += 1;
            j += 1;
            if i >= N {
                mt[0] = mt[N - 1];
                i = 1;
            }
            if j >= key.len() {
                j = 0;
            }
        }
        for _ in 0..N - 1 {
            mt[i] = (mt[i] ^ (mt[i - 1] ^ mt[i - 1] >> 30).wrapping_mul(1_566_083_941)).wrapping_sub(i as u32);
            i += 1;
            if i >= N {
                mt[0] = mt[N - 1];
                i = 1;
            }
        }
        mt[0] = 0x8000_0000;
    }

    fn seed_with(&self, v: Value) -> R<()> {
        if v.is_none() {
            let mut key = [0u32; N];
            // SAFETY: the buffer has that many bytes.
            unsafe { libc::getrandom(key.as_mut_ptr().cast(), size_of_val(&key), 0) };
            self.init_by_array(&key);
            return Ok(());
        }
        let magnitude = match int::to_bigint(v) {
            Some(b) => b.unsigned_abs(),
            None => dashu_int::UBig::from(ops::hash(v)? as u64),
        };
        let words = magnitude.as_words();
        let mut key: Vec<u32> = words.iter().flat_map(|&w| [w as u32, (w >> 32) as u32]).collect();
        while key.len() > 1 && key.last() == Some(&0) {
            key.pop();
        }
        if key.is_empty() {
            key.push(0);
        }
        self.init_by_array(&key);
        Ok(())
    }
}

#[native_class(decl = RANDOM_DECL, doc = "Random() -> create a random number generator with its own internal state.")]
impl RandomObject {
    /// random() -> x in the interval [0, 1).
    #[native]
    fn random(&self) -> f64 {
        let (a, b) = (self.next() >> 5, self.next() >> 6);
        (a as f64 * 67_108_864.0 + b as f64) * (1.0 / 9_007_199_254_740_992.0)
    }
    /// seed([n]) -> None.
    ///
    /// Defaults to use urandom and falls back to a combination
    /// of the current time and the process identifier.
    #[native("($self, n=None, /)")]
    fn seed(&self, n: Value) -> R<()> {
        self.seed_with(n)
    }
    /// getrandbits(k) -> x.  Generates an int with k random bits.
    #[native("($self, k, /)")]
    fn getrandbits(&self, k: Value) -> R<Ref> {
        let k = ops::index(k)?;
        let n = int::num(k.v()).unwrap_or(int::Num::Word(0));
        if n.is_negative() {
            return Err(value_error("Cannot convert negative int"));
        }
        let int::Num::Word(k) = n else { return Err(overflow_error("Python int too large for C uint64_t")) };
        if k > u64::MAX as i128 {
            return Err(overflow_error("Python int too large for C uint64_t"));
        }
        let mut k = k as u64;
        if k == 0 {
            return Ok(int::from_i64(0));
        }
        if k <= 32 {
            return Ok(int::from_i64((self.next() >> (32 - k)) as i64));
        }
        if k > 1 << 36 {
            return Err(memory_error());
        }
        let mut out = Vec::with_capacity(k.div_ceil(32) as usize * 4);
        while k > 0 {
            let mut word = self.next();
            if k < 32 {
                word >>= 32 - k;
            }
            out.extend_from_slice(&word.to_le_bytes());
            k = k.saturating_sub(32);
        }
        Ok(int::from_ubig(dashu_int::UBig::from_le_bytes(&out)))
    }
    /// getstate() -> tuple containing the current state.
    #[native]
    fn getstate(&self) -> Ref {
        let mut items: Vec<Ref> = self.words().iter().map(|&w| int::from_i64(w as i64)).collect();
        items.push(int::from_i64(self.index.get() as i64));
        tuple::from_refs(items)
    }
    /// setstate(state) -> None.  Restores generator state.
    #[native]
    fn setstate(&self, state: Value) -> R<()> {
        let Some(items) = tuple::items(state) else { return Err(type_error("state vector must be a tuple")) };
        if items.len() != N + 1 {
            return Err(value_error("state vector is the wrong size"));
        }
        let mut words = [0u32; N];
        for (word, item) in words.iter_mut().zip(items) {
            *word = word_of(*item)? as u32;
        }
        let index = int::index_i64(items[N])?;
        if !(0..=N as i64).contains(&index) {
            return Err(value_error("invalid state"));
        }
        *self.words() = words;
        self.index.set(index as usize);
        Ok(())
    }
}

/// An int as an unsigned machine word.
fn word_of(v: Value) -> R<u64> {
    if !int::is_int(v) {
        return Err(type_error(format!("'{}' object cannot be interpreted as an integer", display_name(v))));
    }
    match int::num(v) {
        Some(int::Num::Word(w)) if w < 0 => Err(overflow_error("can't convert negative value to unsigned int")),
        Some(int::Num::Word(w)) if w <= u64::MAX as i128 => Ok(w as u64),
        _ => Err(overflow_error("Python int too large to convert to C unsigned long")),
    }
}

fn init(dict: Value) -> R<()> {
    dxpyc_objects::dict::set_str(dict, "Random", Ref::new(RANDOM.v()));
    Ok(())
}

/// `_random`.
#[native_module(name = "_random", doc = "Module implements the Mersenne Twister random number generator.", init = super::init)]
pub mod module {}

/// Random bytes of the operating system, as bytes.
pub fn os_bytes(n: usize) -> Ref {
    let mut data = vec![0u8; n];
    // SAFETY: the buffer has n bytes.
    unsafe { libc::getrandom(data.as_mut_ptr().cast(), n, 0) };
    bytes::from_slice(&data)
}
