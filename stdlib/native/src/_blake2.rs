//! `_blake2`: BLAKE2b and BLAKE2s with all parameters (RFC 7693 and the tree modes).

use std::cell::RefCell;

use dxpyc_objects::prelude::*;
use dxpyc_objects::{buffer, bytes, cast, int, ops, str, type_object};

#[derive(Clone)]
enum State {
    B(blake2b_simd::State),
    S(blake2s_simd::State),
}

/// A hash object.
#[repr(C)]
pub struct Blake2Object {
    header: Header,
    state: RefCell<State>,
    digest_size: usize,
}

object_type!(Blake2Object, BLAKE2B);

macro_rules! class {
    ($static:ident, $name:literal, $decl:ident) => {
        #[doc = concat!("`_blake2.", $name, "`.")]
        pub static $static: Type =
            Type::builtin::<Blake2Object>($name, "_blake2", Some(&dxpyc_objects::object::OBJECT), type_flags::BASE, Slots { new: Some(new), init: Some(|_, _| Ok(())), ..Slots::NONE }, Some(&$decl));
    };
}
class!(BLAKE2B, "blake2b", BLAKE2_DECL);
class!(BLAKE2S, "blake2s", BLAKE2S_DECL);

/// Sizes: digest, key, salt, person, largest inner digest.
struct Limits {
    digest: usize,
    salt: usize,
    inner: i64,
}
const B: Limits = Limits { digest: 64, salt: 16, inner: 64 };
const S: Limits = Limits { digest: 32, salt: 8, inner: 32 };

/// Named arguments with numbers: name, least, and what is said when the value is not allowed.
const PARAMETERS: [&str; 14] = [
    "data", "digest_size", "key", "salt", "person", "fanout", "depth", "leaf_size", "node_offset", "node_depth", "inner_size", "last_node", "usedforsecurity",
    "string",
];

fn new(class: &'static Type, args: &Args) -> R<Ref> {
    let is_b = class.is_subtype(&BLAKE2B);
    let name = if is_b { "blake2b" } else { "blake2s" };
    let limits = if is_b { B } else { S };
    let mut out = [Value::MISSING; 14];
    if args.pos().len() > 1 {
        return Err(type_error(format!("{name}() takes at most 1 positional argument ({} given)", args.pos().len())));
    }
    if let Some(data) = args.pos().first() {
        out[0] = *data;
    }
    for (key, value) in args.kw() {
        let text = str::view(key);
        match PARAMETERS.iter().position(|p| text.is(p)) {
            Some(i) if out[i].is_missing() => out[i] = value,
            Some(_) => return Err(type_error(format!("argument for {name}() given by name ('data') and position (1)"))),
            None => return Err(type_error(format!("{name}() got an unexpected keyword argument '{}'", text.to_rust()))),
        }
    }
    let given = |i: usize| Some(out[i]).filter(|v| !v.is_missing());
    let number = |i: usize, default: i64| given(i).map_or(Ok(default), int::index_i64);
    let blob = |i: usize| given(i).map_or(Ok(Vec::new()), buffer::to_vec);
    let data = match (given(0), given(13).filter(|s| !s.is_none())) {
        (Some(_), Some(_)) => {
            return Err(type_error("'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in a future version."));
        }
        (data, string) => data.or(string),
    };
    let digest_size = number(1, limits.digest as i64)?;
    if digest_size <= 0 || digest_size > limits.digest as i64 {
        return Err(value_error(format!("digest_size for {} must be between 1 and {} bytes, here it is {digest_size}", if is_b { "Blake2b" } else { "Blake2s" }, limits.digest)));
    }
    let (key, salt, person) = (blob(2)?, blob(3)?, blob(4)?);
    if salt.len() > limits.salt {
        return Err(value_error(format!("maximum salt length is {} bytes", limits.salt)));
    }
    if person.len() > limits.salt {
        return Err(value_error(format!("maximum person length is {} bytes", limits.salt)));
    }
    let fanout = number(5, 1)?;
    if !(0..=255).contains(&fanout) {
        return Err(value_error("fanout must be between 0 and 255"));
    }
    let depth = number(6, 1)?;
    if !(1..=255).contains(&depth) {
        return Err(value_error("depth must be between 1 and 255"));
    }
    let leaf_size = number(7, 0)?;
    if leaf_size < 0 {
        return Err(overflow_error("can't convert negative value to unsigned int"));
    }
    let leaf_size = u32::try_from(leaf_size).map_err(|_| overflow_error("leaf_size is too large"))?;
    let node_offset = number(8, 0)?;
    if node_offset < 0 {
        return Err(overflow_error("can't convert negative value to unsigned int"));
    }
    if !is_b && node_offset > 0xffff_ffff_ffff {
        return Err(overflow_error("node_offset is too large"));
    }
    let node_depth = number(9, 0)?;
    if !(0..=255).contains(&node_depth) {
        return Err(value_error("node_depth must be between 0 and 255"));
    }
    let inner_size = number(10, 0)?;
    if !(0..=limits.inner).contains(&inner_size) {
        return Err(value_error(format!("inner_size must be between 0 and is {}", limits.inner)));
    }
    let last_node = given(11).map_or(Ok(false), ops::truth)?;
    if key.len() > limits.digest {
        return Err(value_error(format!("maximum key length is {} bytes", limits.digest)));
    }
    macro_rules! params {
        ($module:ident) => {{
            let mut p = $module::Params::new();
            p.hash_length(digest_size as usize).key(&key).salt(&salt).personal(&person).fanout(fanout as u8).max_depth(depth as u8);
            p.max_leaf_length(leaf_size).node_offset(node_offset as u64).node_depth(node_depth as u8).inner_hash_length(inner_size as usize).last_node(last_node);
            p.to_state()
        }};
    }
    let mut state = if is_b { State::B(params!(blake2b_simd)) } else { State::S(params!(blake2s_simd)) };
    if let Some(data) = data {
        feed(&mut state, data)?;
    }
    Ok(cast::new_object_of(class, Blake2Object { header: cast::fresh_header(), state: RefCell::new(state), digest_size: digest_size as usize }))
}

fn feed(state: &mut State, data: Value) -> R<()> {
    crate::hashes::check_data(data)?;
    buffer::with_bytes(data, |b| {
        match state {
            State::B(s) => drop(s.update(b)),
            State::S(s) => drop(s.update(b)),
        }
        Ok(())
    })
}

fn this(v: Value) -> &'static Blake2Object {
    cast::get_unchecked(v)
}

fn digest(v: Value) -> Vec<u8> {
    match &*this(v).state.borrow() {
        State::B(s) => s.finalize().as_bytes().to_vec(),
        State::S(s) => s.finalize().as_bytes().to_vec(),
    }
}

macro_rules! methods {
    ($name:ident, $decl:ident, $limits:ident, $init:ident, $text:literal, $block:literal) => {
        /// The methods of hash objects stand on this name.
        pub struct $name;

        #[native_class(decl = $decl, doc = "Return a new BLAKE2 hash object.", init = $init)]
        impl $name {
            /// Update this hash object's state with the provided bytes-like object.
            #[native]
            fn update(v: Value, data: Value) -> R<()> {
                feed(&mut this(v).state.borrow_mut(), data)
            }
            /// Return the digest value as a bytes object.
            #[native]
            fn digest(v: Value) -> Ref {
                bytes::from_slice(&digest(v))
            }
            /// Return the digest value as a string of hexadecimal digits.
            #[native]
            fn hexdigest(v: Value) -> String {
                digest(v).iter().map(|b| format!("{b:02x}")).collect()
            }
            /// Return a copy of the hash object.
            #[native]
            fn copy(v: Value) -> Ref {
                let old = this(v);
                let state = RefCell::new(old.state.borrow().clone());
                cast::new_object_of(type_of(v), Blake2Object { header: cast::fresh_header(), state, digest_size: old.digest_size })
            }
            #[getter]
            fn name(v: Value) -> R<Ref> {
                let _ = v;
                Ok(str::from_str($text))
            }
            #[getter]
            fn block_size(v: Value) -> R<Ref> {
                let _ = v;
                Ok(int::from_i64($block))
            }
            #[getter]
            fn digest_size(v: Value) -> R<Ref> {
                Ok(int::from_i64(this(v).digest_size as i64))
            }
        }

        fn $init(class: &'static Type) {
            let sizes = [("SALT_SIZE", $limits.salt), ("PERSON_SIZE", $limits.salt), ("MAX_KEY_SIZE", $limits.digest), ("MAX_DIGEST_SIZE", $limits.digest)];
            for (name, size) in sizes {
                type_object::set_dict(class, name, int::from_i64(size as i64));
            }
        }
    };
}
methods!(Blake2bMethods, BLAKE2_DECL, B, init_b, "blake2b", 128);
methods!(Blake2sMethods, BLAKE2S_DECL, S, init_s, "blake2s", 64);

fn init(dict: Value) -> R<()> {
    for class in [&BLAKE2B, &BLAKE2S] {
        dxpyc_objects::dict::set_str(dict, class.static_name, Ref::new(class.v()));
    }
    for (prefix, limits) in [("BLAKE2B", B), ("BLAKE2S", S)] {
        for (name, size) in [("SALT_SIZE", limits.salt), ("PERSON_SIZE", limits.salt), ("MAX_KEY_SIZE", limits.digest), ("MAX_DIGEST_SIZE", limits.digest)] {
            dxpyc_objects::dict::set_str(dict, &format!("{prefix}_{name}"), int::from_i64(size as i64));
        }
    }
    Ok(())
}

/// _blake2b provides BLAKE2b for hashlib
#[native_module(name = "_blake2", init = super::init)]
pub mod module {}
