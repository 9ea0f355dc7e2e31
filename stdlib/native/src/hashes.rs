//! `_md5`, `_sha1` and `_sha3`: hash objects over the RustCrypto crates.

use std::cell::RefCell;

use digest::{Digest, ExtendableOutput, XofReader};
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::{buffer, bytes, cast, int, str};

/// A hash in progress.
#[derive(Clone)]
enum State {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha3_224(sha3::Sha3_224),
    Sha3_256(sha3::Sha3_256),
    Sha3_384(sha3::Sha3_384),
    Sha3_512(sha3::Sha3_512),
    Shake128(sha3::Shake128),
    Shake256(sha3::Shake256),
}

macro_rules! each {
    ($state:expr, $h:ident => $body:expr, $x:ident => $xof:expr) => {
        match $state {
            State::Md5($h) => $body,
            State::Sha1($h) => $body,
            State::Sha3_224($h) => $body,
            State::Sha3_256($h) => $body,
            State::Sha3_384($h) => $body,
            State::Sha3_512($h) => $body,
            State::Shake128($x) => $xof,
            State::Shake256($x) => $xof,
        }
    };
}

impl State {
    fn update(&mut self, data: &[u8]) {
        each!(self, h => Digest::update(h, data), x => digest::Update::update(x, data))
    }
    fn digest(&self, length: usize) -> Vec<u8> {
        each!(self, h => h.clone().finalize().to_vec(), x => {
            let mut out = vec![0; length];
            x.clone().finalize_xof().read(&mut out);
            out
        })
    }
    fn size(&self) -> usize {
        match self {
            State::Md5(_) => 16,
            State::Sha1(_) => 20,
            State::Sha3_224(_) => 28,
            State::Sha3_256(_) => 32,
            State::Sha3_384(_) => 48,
            State::Sha3_512(_) => 64,
            State::Shake128(_) | State::Shake256(_) => 0,
        }
    }
    fn block(&self) -> usize {
        match self {
            State::Md5(_) | State::Sha1(_) => 64,
            State::Shake128(_) => 168,
            State::Shake256(_) => 136,
            other => 200 - 2 * other.size(),
        }
    }
    fn is_xof(&self) -> bool {
        matches!(self, State::Shake128(_) | State::Shake256(_))
    }
}

/// A hash object.
#[repr(C)]
pub struct HashObject {
    header: Header,
    state: RefCell<State>,
}

object_type!(HashObject, MD5);

macro_rules! class {
    ($static:ident, $name:literal, $module:literal, $flags:expr, $new:expr, $decl:ident) => {
        #[doc = concat!("`", $module, ".", $name, "`.")]
        pub static $static: Type =
            Type::builtin::<HashObject>($name, $module, Some(&dxpyc_objects::object::OBJECT), $flags, Slots { new: $new, repr: Some(repr), ..Slots::NONE }, Some(&$decl));
    };
}
class!(MD5, "md5", "_md5", type_flags::NO_NEW, None, HASH_DECL);
class!(SHA1, "sha1", "_sha1", type_flags::NO_NEW, None, HASH_DECL);
class!(SHA3_224, "sha3_224", "_sha3", 0, Some(new_sha3), SHA3_DECL);
class!(SHA3_256, "sha3_256", "_sha3", 0, Some(new_sha3), SHA3_DECL);
class!(SHA3_384, "sha3_384", "_sha3", 0, Some(new_sha3), SHA3_DECL);
class!(SHA3_512, "sha3_512", "_sha3", 0, Some(new_sha3), SHA3_DECL);
class!(SHAKE_128, "shake_128", "_sha3", 0, Some(new_sha3), SHAKE_DECL);
class!(SHAKE_256, "shake_256", "_sha3", 0, Some(new_sha3), SHAKE_DECL);

fn repr(v: Value) -> R<Ref> {
    let class = type_of(v);
    let open = if class.static_module == "_sha3" { String::new() } else { format!("<{} ", class.static_name) };
    let open = if open.is_empty() { "<".to_string() } else { open };
    Ok(str::from_str(&format!("{open}{}.{} object at {:#x}>", class.static_module, class.static_name, v.address())))
}

fn object(class: &'static Type, state: State) -> Ref {
    cast::new_object_of(class, HashObject { header: cast::fresh_header(), state: RefCell::new(state) })
}

fn this(v: Value) -> &'static HashObject {
    cast::get_unchecked(v)
}

/// Checks that a value can be hashed, as all hash objects do.
pub fn check_data(data: Value) -> R<()> {
    if str::is_str(data) {
        return Err(type_error("Strings must be encoded before hashing"));
    }
    if !buffer::is_bytes_like(data) {
        return Err(type_error(format!("object supporting the buffer API required, not {}", display_name(data))));
    }
    Ok(())
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|b| format!("{b:02x}")).collect()
}

fn start(class: &'static Type, state: State, data: Option<Value>, string: Value) -> R<Ref> {
    let mut state = state;
    let data = match data {
        Some(_) if !string.is_none() => {
            return Err(type_error("'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in a future version."));
        }
        None if !string.is_none() => Some(string),
        data => data,
    };
    if let Some(data) = data {
        check_data(data)?;
        buffer::with_bytes(data, |b| {
            state.update(b);
            Ok(())
        })?;
    }
    Ok(object(class, state))
}

fn new_sha3(class: &'static Type, args: &Args) -> R<Ref> {
    let (mut data, mut string) = (args.pos().first().copied(), Value::NONE);
    let name = class.static_name;
    if args.pos().len() > 1 {
        return Err(type_error(format!("{name}() takes at most 1 positional argument ({} given)", args.pos().len())));
    }
    for (key, value) in args.kw() {
        let key = str::view(key);
        if key.is("data") {
            if data.is_some() {
                return Err(type_error(format!("argument for {name}() given by name ('data') and position (1)")));
            }
            data = Some(value);
        } else if key.is("string") {
            string = value;
        } else if !key.is("usedforsecurity") {
            return Err(type_error(format!("{name}() got an unexpected keyword argument '{}'", key.to_rust())));
        }
    }
    let state = match name {
        "sha3_224" => State::Sha3_224(Digest::new()),
        "sha3_256" => State::Sha3_256(Digest::new()),
        "sha3_384" => State::Sha3_384(Digest::new()),
        "sha3_512" => State::Sha3_512(Digest::new()),
        "shake_128" => State::Shake128(std::default::Default::default()),
        _ => State::Shake256(std::default::Default::default()),
    };
    start(class, state, data, string)
}

macro_rules! methods {
    ($name:ident, $decl:ident, $digest:item, $hexdigest:item) => {
        /// The methods of hash objects stand on this name.
        pub struct $name;
        #[native_class(decl = $decl, doc = "")]
        impl $name {
            /// Update this hash object's state with the provided bytes-like object.
            #[native]
            fn update(v: Value, obj: Value) -> R<()> {
                check_data(obj)?;
                buffer::with_bytes(obj, |b| {
                    this(v).state.borrow_mut().update(b);
                    Ok(())
                })
            }
            $digest
            $hexdigest
            /// Return a copy of the hash object.
            #[native]
            fn copy(v: Value) -> Ref {
                object(type_of(v), this(v).state.borrow().clone())
            }
            #[getter]
            fn name(v: Value) -> R<Ref> {
                Ok(str::from_str(type_of(v).static_name))
            }
            #[getter]
            fn block_size(v: Value) -> R<Ref> {
                Ok(int::from_i64(this(v).state.borrow().block() as i64))
            }
            #[getter]
            fn digest_size(v: Value) -> R<Ref> {
                Ok(int::from_i64(this(v).state.borrow().size() as i64))
            }
            #[getter]
            fn _capacity_bits(v: Value) -> R<Ref> {
                Ok(int::from_i64(1600 - 8 * this(v).state.borrow().block() as i64))
            }
            #[getter]
            fn _rate_bits(v: Value) -> R<Ref> {
                Ok(int::from_i64(8 * this(v).state.borrow().block() as i64))
            }
            #[getter]
            fn _suffix(v: Value) -> R<Ref> {
                Ok(bytes::from_slice(if this(v).state.borrow().is_xof() { b"\x1f" } else { b"\x06" }))
            }
        }
    };
}

methods!(
    HashMethods,
    HASH_DECL,
    /// Return the digest value as a bytes object.
    #[native]
    fn digest(v: Value) -> Ref {
        bytes::from_slice(&this(v).state.borrow().digest(0))
    },
    /// Return the digest value as a string of hexadecimal digits.
    #[native]
    fn hexdigest(v: Value) -> String {
        hex(&this(v).state.borrow().digest(0))
    }
);
methods!(
    Sha3Methods,
    SHA3_DECL,
    /// Return the digest value as a bytes object.
    #[native]
    fn digest(v: Value) -> Ref {
        bytes::from_slice(&this(v).state.borrow().digest(0))
    },
    /// Return the digest value as a string of hexadecimal digits.
    #[native]
    fn hexdigest(v: Value) -> String {
        hex(&this(v).state.borrow().digest(0))
    }
);
methods!(
    ShakeMethods,
    SHAKE_DECL,
    /// Return the digest value as a bytes object.
    #[native("($self, length, /)")]
    fn digest(v: Value, length: Value) -> R<Ref> {
        bytes::try_from_slice(&bytes::BYTES, &this(v).state.borrow().digest(length_of(length)?))
    },
    /// Return the digest value as a string of hexadecimal digits.
    #[native("($self, length, /)")]
    fn hexdigest(v: Value, length: Value) -> R<String> {
        Ok(hex(&this(v).state.borrow().digest(length_of(length)?)))
    }
);

/// Longest output of an extendable function.
const MAX_LENGTH: i64 = 1 << 29;

fn length_of(v: Value) -> R<usize> {
    let n = int::index_i64(v)?;
    match n {
        ..0 => Err(value_error("Cannot be negative")),
        MAX_LENGTH.. => Err(value_error("length is too large")),
        n => Ok(n as usize),
    }
}

fn init_md5(dict: Value) -> R<()> {
    dxpyc_objects::dict::set_str(dict, "MD5Type", Ref::new(MD5.v()));
    Ok(())
}

fn init_sha1(dict: Value) -> R<()> {
    dxpyc_objects::dict::set_str(dict, "SHA1Type", Ref::new(SHA1.v()));
    Ok(())
}

fn init_sha3(dict: Value) -> R<()> {
    for class in [&SHA3_224, &SHA3_256, &SHA3_384, &SHA3_512, &SHAKE_128, &SHAKE_256] {
        dxpyc_objects::dict::set_str(dict, class.static_name, Ref::new(class.v()));
    }
    dxpyc_objects::dict::set_str(dict, "implementation", str::from_str("RustCrypto"));
    Ok(())
}

#[native_module(name = "_md5", init = super::init_md5)]
pub mod md5_module {
    use super::*;

    /// Return a new MD5 hash object; optionally initialized with a string.
    #[native("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn md5(data: Option<Value>, usedforsecurity: bool, string: Value) -> R<Ref> {
        let _ = usedforsecurity;
        start(&MD5, State::Md5(Digest::new()), data, string)
    }
}

#[native_module(name = "_sha1", init = super::init_sha1)]
pub mod sha1_module {
    use super::*;

    /// Return a new SHA1 hash object; optionally initialized with a string.
    #[native("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha1(data: Option<Value>, usedforsecurity: bool, string: Value) -> R<Ref> {
        let _ = usedforsecurity;
        start(&SHA1, State::Sha1(Digest::new()), data, string)
    }
}

#[native_module(name = "_sha3", init = super::init_sha3)]
pub mod sha3_module {}
