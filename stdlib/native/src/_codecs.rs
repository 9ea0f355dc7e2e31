//! `_codecs`: the registry of encodings and error handlers, and the functions of each encoding.

use dxpyc_objects::codecs::{self, Codec};
use dxpyc_objects::codecs_decode::Decoder;
use dxpyc_objects::codecs_errors::{self, Handler};
use dxpyc_objects::prelude::*;
use dxpyc_objects::{buffer, bytes, call, dict, exceptions, function, int, ops, str, str_repr, tuple};

fn handler(errors: Option<Value>, function: &str) -> R<Handler> {
    match errors.filter(|e| !e.is_none()) {
        None => Ok(Handler::Strict),
        Some(e) if str::is_str(e) => Ok(Handler::named(&codecs::name_of(e)?)),
        Some(e) => Err(type_error(format!("{function}() argument 2 must be str or None, not {}", dxpyc_objects::type_object::display_name(e)))),
    }
}

fn pair(object: Ref, n: usize) -> R<Ref> {
    Ok(tuple::from_refs(vec![object, int::from_i64(n as i64)]))
}

fn encode_as(text: Value, errors: Option<Value>, codec: Codec, function: &str) -> R<Ref> {
    if !str::is_str(text) {
        return Err(type_error(format!("{function}() argument 1 must be str, not {}", dxpyc_objects::unpack::not_name(text))));
    }
    pair(codecs::encode(text, codec, &mut handler(errors, function)?)?, str::view(text).len())
}

fn decode_as(data: Value, errors: Option<Value>, last: bool, codec: Codec, function: &str) -> R<Ref> {
    let mut handler = handler(errors, function)?;
    let encoded;
    let data = if str::is_str(data) && matches!(codec, Codec::UnicodeEscape | Codec::RawUnicodeEscape) {
        encoded = codecs::encode(data, Codec::Utf8, &mut Handler::Strict)?;
        encoded.v()
    } else {
        data
    };
    buffer::with_bytes(data, |b| {
        let mut decoder = Decoder::new(codec);
        let mut out = str::Builder::new();
        decoder.decode(b, last, &mut handler, &mut out)?;
        pair(out.finish(), b.len() - decoder.pending.len())
    })
}

/// `str.encode`-like function of a `CodecInfo`; self is the encoding's name.
fn info_encode(this: Value, args: &Args) -> R<Ref> {
    let name = str::to_rust(this);
    let codec = codecs::find(&name).ok_or_else(|| lookup_error(format!("unknown encoding: {name}")))?;
    let mut out = [Value::MISSING; 2];
    dxpyc_objects::unpack::unpack(args, "encode", &["input", "errors"], 1, &mut out)?;
    encode_as(out[0], Some(out[1]).filter(|e| !e.is_missing()), codec, "encode")
}

fn info_decode(this: Value, args: &Args) -> R<Ref> {
    let name = str::to_rust(this);
    let codec = codecs::find(&name).ok_or_else(|| lookup_error(format!("unknown encoding: {name}")))?;
    let mut out = [Value::MISSING; 2];
    dxpyc_objects::unpack::unpack(args, "decode", &["input", "errors"], 1, &mut out)?;
    decode_as(out[0], Some(out[1]).filter(|e| !e.is_missing()), true, codec, "decode")
}

static ENCODE: NativeDecl = NativeDecl {
    name: "encode",
    signature: "(input, errors='strict')",
    doc: "",
    kind: FnKind::Function,
    params: &[],
    call: info_encode,
};
static DECODE: NativeDecl = NativeDecl {
    name: "decode",
    signature: "(input, errors='strict')",
    doc: "",
    kind: FnKind::Function,
    params: &[],
    call: info_decode,
};

/// `codecs.IncrementalDecoder` of a native encoding.
#[repr(C)]
pub struct IncrementalDecoder {
    header: Header,
    decoder: UnsafeCell<Decoder>,
    errors: Slot,
}

/// `codecs.IncrementalEncoder` of a native encoding.
#[repr(C)]
pub struct IncrementalEncoder {
    header: Header,
    codec: Codec,
    started: Cell<bool>,
    errors: Slot,
}

/// Type of incremental decoders.
pub static INCREMENTAL_DECODER: Type = Type::builtin::<IncrementalDecoder>(
    "IncrementalDecoder", "codecs", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, Slots::NONE, Some(&INCREMENTALDECODER_DECL),
);
/// Type of incremental encoders.
pub static INCREMENTAL_ENCODER: Type = Type::builtin::<IncrementalEncoder>(
    "IncrementalEncoder", "codecs", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, Slots::NONE, Some(&INCREMENTALENCODER_DECL),
);
object_type!(IncrementalDecoder, INCREMENTAL_DECODER);
object_type!(IncrementalEncoder, INCREMENTAL_ENCODER);

#[native_class(doc = "")]
impl IncrementalDecoder {
    #[native("($self, /, input, final=False)")]
    fn decode(&self, input: Value, last: bool) -> R<Ref> {
        let mut handler = handler(self.errors.cloned().as_ref().map(|e| e.v()), "decode")?;
        let data = buffer::to_vec(input)?;
        // SAFETY: single-threaded; the decoder is put back before anyone else looks.
        let slot = unsafe { &mut *self.decoder.get() };
        let mut decoder = std::mem::replace(slot, Decoder::new(Codec::Utf8));
        let mut out = str::Builder::new();
        let result = decoder.decode(&data, last, &mut handler, &mut out);
        // SAFETY: as above.
        unsafe { *self.decoder.get() = decoder };
        result?;
        Ok(out.finish())
    }
    #[native]
    fn reset(&self) {
        // SAFETY: as in decode.
        unsafe { (*self.decoder.get()).reset() }
    }
    #[native]
    fn getstate(&self) -> R<Ref> {
        // SAFETY: as in decode.
        let pending = bytes::from_slice(unsafe { &(*self.decoder.get()).pending });
        pair(pending, 0)
    }
    #[getter]
    fn errors(&self) -> R<Ref> {
        Ok(self.errors.cloned().unwrap_or(Ref::none()))
    }
}

#[native_class(doc = "")]
impl IncrementalEncoder {
    #[native("($self, /, input, final=False)")]
    fn encode(&self, input: Value, _last: Option<Value>) -> R<Ref> {
        if !str::is_str(input) {
            return Err(type_error(format!("encode() argument 1 must be str, not {}", dxpyc_objects::unpack::not_name(input))));
        }
        let mut handler = handler(self.errors.cloned().as_ref().map(|e| e.v()), "encode")?;
        let mut out = Vec::new();
        if !self.started.replace(true) {
            out.extend_from_slice(dxpyc_objects::codecs_encode::mark(self.codec));
        }
        dxpyc_objects::codecs_encode::encode_body(input, self.codec, &mut handler, &mut out)?;
        Ok(bytes::from_slice(&out))
    }
    #[native]
    fn reset(&self) {
        self.started.set(false);
    }
    #[native]
    fn getstate(&self) -> i64 {
        0
    }
}

fn incremental(this: Value, args: &Args) -> R<(Codec, Ref)> {
    let name = str::to_rust(this);
    let codec = codecs::find(&name).ok_or_else(|| lookup_error(format!("unknown encoding: {name}")))?;
    let mut out = [Value::MISSING; 1];
    dxpyc_objects::unpack::unpack(args, "IncrementalDecoder", &["errors"], 0, &mut out)?;
    Ok((codec, if out[0].is_missing() { str::from_str("strict") } else { Ref::new(out[0]) }))
}

fn new_decoder(this: Value, args: &Args) -> R<Ref> {
    let (codec, errors) = incremental(this, args)?;
    Ok(new_object(IncrementalDecoder {
        header: dxpyc_objects::cast::fresh_header(),
        decoder: UnsafeCell::new(Decoder::new(codec)),
        errors: Slot::new(errors),
    }))
}

fn new_encoder(this: Value, args: &Args) -> R<Ref> {
    let (codec, errors) = incremental(this, args)?;
    Ok(new_object(IncrementalEncoder {
        header: dxpyc_objects::cast::fresh_header(),
        codec,
        started: Cell::new(false),
        errors: Slot::new(errors),
    }))
}

static NEW_DECODER: NativeDecl = NativeDecl { name: "IncrementalDecoder", call: new_decoder, ..DECODE_ROW };
static NEW_ENCODER: NativeDecl = NativeDecl { name: "IncrementalEncoder", call: new_encoder, ..DECODE_ROW };
const DECODE_ROW: NativeDecl = NativeDecl {
    name: "",
    signature: "(errors='strict')",
    doc: "",
    kind: FnKind::Function,
    params: &[],
    call: new_decoder,
};

/// The `CodecInfo` (or tuple) of an encoding.
fn find_info(name: &str) -> R<Ref> {
    if let Some(found) = codecs::find_registered(name)? {
        return Ok(found);
    }
    let Some(codec) = codecs::find(name) else { return Err(lookup_error(format!("unknown encoding: {name}"))) };
    let canonical = str::from_str(&codecs::canonical_name(codec));
    let bound = |decl: &'static NativeDecl| function::new_builtin(decl, canonical.v(), Value::MISSING);
    let (encode, decode) = (bound(&ENCODE), bound(&DECODE));
    let module = dxpyc_objects::import::import_module("codecs")?;
    let class = ops::getattr_str(module.v(), "CodecInfo")?;
    let names: Vec<Ref> = ["encode", "decode", "incrementalencoder", "incrementaldecoder", "name"].iter().map(|n| str::intern(n)).collect();
    let values = [encode, decode, bound(&NEW_ENCODER), bound(&NEW_DECODER), canonical.clone()];
    let raw = |refs: &[Ref]| refs.iter().map(|r| r.v()).collect::<Vec<Value>>();
    call::call(class.v(), &Args::with_names(&raw(&values), &raw(&names)))
}

fn name_argument(v: Value, function: &str) -> R<String> {
    if !str::is_str(v) {
        return Err(type_error(format!("{function}() argument must be str, not {}", dxpyc_objects::unpack::not_name(v))));
    }
    codecs::name_of(v)
}

fn by_info(object: Value, encoding: Option<Value>, errors: Option<Value>, which: usize, function: &str) -> R<Ref> {
    let name = match encoding {
        Some(e) => name_argument(e, function)?,
        None => "utf-8".into(),
    };
    let errors = errors.filter(|e| !e.is_none());
    if let Some(codec) = codecs::find(&name) {
        let result = if which == 0 { encode_as(object, errors, codec, function) } else { decode_as(object, errors, true, codec, function) };
        return codecs::first_of(result?.v(), "codec");
    }
    let Some(found) = codecs::find_registered(&name)? else { return Err(lookup_error(format!("unknown encoding: {name}"))) };
    let f = Ref::new(tuple::items(found.v()).unwrap_or(&[])[which]);
    let strict = str::from_str("strict");
    let result = call::call2(f.v(), object, errors.unwrap_or(strict.v()))?;
    codecs::first_of(result.v(), if which == 0 { "encoder" } else { "decoder" })
}

/// A built-in error handler as a function.
fn handler_call(this: Value, args: &Args) -> R<Ref> {
    let [exception] = args.pos() else { return Err(type_error("error handlers take exactly one argument")) };
    let name = str::to_rust(this);
    let get = |n: &str| ops::getattr_str(*exception, n);
    let class = type_of(*exception);
    let is = |t: &'static Type| class.is_subtype(t);
    let (encode, decode) = (is(&exceptions::UNICODE_ENCODE_ERROR), is(&exceptions::UNICODE_DECODE_ERROR));
    if name == "strict" {
        if exceptions::is_exception(*exception) {
            return Err(raise_instance(Ref::new(*exception)));
        }
        return Err(type_error("codec must pass exception instance"));
    }
    if !encode && !decode {
        return Err(type_error(format!("don't know how to handle {} in error callback", class.name())));
    }
    let (start, end) = (int::index_i64(get("start")?.v())? as usize, int::index_i64(get("end")?.v())? as usize);
    let (object, encoding, reason) = (get("object")?, get("encoding")?, get("reason")?);
    let (encoding, reason) = (str::to_rust(encoding.v()), str::to_rust(reason.v()));
    let mut handler = Handler::named(&name);
    if encode {
        let (replacement, next) = handler.encode_error(&encoding, object.v(), start, end, &reason)?;
        let text = match replacement {
            codecs_errors::Replacement::Text(t) => str::from_units(&t),
            codecs_errors::Replacement::Bytes(b) => bytes::from_slice(&b),
        };
        return pair(text, next);
    }
    let data = buffer::to_vec(object.v())?;
    let mut out = str::Builder::new();
    let next = handler.decode_error(&encoding, &data, start, end.min(data.len()), &reason, &mut out)?;
    pair(out.finish(), next)
}

static HANDLER: NativeDecl = NativeDecl { name: "error_handler", signature: "(exception, /)", call: handler_call, ..DECODE_ROW };

macro_rules! encodings {
    ($($encode:ident $decode:ident $codec:expr;)*) => {
        /// Codec registry and functions.
        #[native_module(name = "_codecs")]
        pub mod module {
            use super::*;
            $(
                #[native("($module, str, errors=None, /)")]
                fn $encode(text: Value, errors: Option<Value>) -> R<Ref> {
                    encode_as(text, errors, $codec, stringify!($encode))
                }
                #[native("($module, data, errors=None, final=False, /)")]
                fn $decode(data: Value, errors: Option<Value>, last: bool) -> R<Ref> {
                    decode_as(data, errors, last, $codec, stringify!($decode))
                }
            )*
            /// Register a codec search function.
            #[native("($module, search_function, /)")]
            fn register(search_function: Value) -> R<()> {
                if !ops::callable(search_function) {
                    return Err(type_error("argument must be callable"));
                }
                codecs::register(search_function);
                Ok(())
            }
            /// Unregister a codec search function and clear the registry's cache.
            #[native("($module, search_function, /)")]
            fn unregister(search_function: Value) -> R<()> {
                codecs::unregister(search_function)
            }
            /// Looks up a codec tuple in the Python codec registry and returns a CodecInfo object.
            #[native("($module, encoding, /)")]
            fn lookup(encoding: Value) -> R<Ref> {
                find_info(&name_argument(encoding, "lookup")?)
            }
            /// Encodes obj using the codec registered for encoding.
            #[native("($module, /, obj, encoding='utf-8', errors='strict')")]
            fn encode(obj: Value, encoding: Option<Value>, errors: Option<Value>) -> R<Ref> {
                by_info(obj, encoding, errors, 0, "encode")
            }
            /// Decodes obj using the codec registered for encoding.
            #[native("($module, /, obj, encoding='utf-8', errors='strict')")]
            fn decode(obj: Value, encoding: Option<Value>, errors: Option<Value>) -> R<Ref> {
                by_info(obj, encoding, errors, 1, "decode")
            }
            /// Register the specified error handler under the name errors.
            #[native("($module, errors, handler, /)")]
            fn register_error(errors: Value, handler: Value) -> R<()> {
                name_argument(errors, "register_error")?;
                if !ops::callable(handler) {
                    return Err(type_error("handler must be callable"));
                }
                codecs_errors::register(errors, handler)
            }
            /// Return the error handler for the specified error handling name.
            #[native("($module, name, /)")]
            fn lookup_error(name: Value) -> R<Ref> {
                let text = name_argument(name, "lookup_error")?;
                if let Some(f) = codecs_errors::registered(&text)? {
                    return Ok(f);
                }
                if codecs_errors::BUILTIN.contains(&text.as_str()) {
                    return Ok(function::new_builtin(&HANDLER, name, Value::MISSING));
                }
                Err(dxpyc_objects::error::lookup_error(format!("unknown error handler name '{text}'")))
            }
            #[native("($module, data, errors=None, /)")]
            fn escape_encode(data: Value, _errors: Option<Value>) -> R<Ref> {
                if !bytes::is_bytes(data) {
                    return Err(type_error(format!("escape_encode() argument 1 must be bytes, not {}", dxpyc_objects::unpack::not_name(data))));
                }
                let b = bytes::as_slice(data).unwrap_or(&[]);
                let mut out = Vec::new();
                for &c in b {
                    str_repr::push_ascii(&mut out, c, b'\'');
                }
                pair(bytes::from_slice(&out), b.len())
            }
            #[native("($module, data, errors=None, /)")]
            fn readbuffer_encode(data: Value, _errors: Option<Value>) -> R<Ref> {
                let b = if str::is_str(data) { buffer::to_vec(codecs::encode(data, Codec::Utf8, &mut Handler::Strict)?.v())? } else { buffer::to_vec(data)? };
                pair(bytes::from_slice(&b), b.len())
            }
            #[native("($module, str, errors=None, mapping=None, /)")]
            fn charmap_encode(text: Value, errors: Option<Value>, mapping: Option<Value>) -> R<Ref> {
                let Some(mapping) = mapping.filter(|m| !m.is_none()) else { return encode_as(text, errors, Codec::Latin1, "charmap_encode") };
                let mut handler = handler(errors, "charmap_encode")?;
                let view = str::view(text);
                let mut out = Vec::new();
                let mut at = 0;
                while at < view.len() {
                    if put_mapped(mapping, view.get(at), &mut out)? {
                        at += 1;
                        continue;
                    }
                    let (replacement, next) = handler.encode_error("charmap", text, at, at + 1, "character maps to <undefined>")?;
                    match replacement {
                        codecs_errors::Replacement::Bytes(b) => out.extend(b),
                        codecs_errors::Replacement::Text(t) => {
                            for c in t {
                                if !put_mapped(mapping, c, &mut out)? {
                                    return Err(dxpyc_objects::unicode_error::raise_encode("charmap", text, at, at + 1, "character maps to <undefined>"));
                                }
                            }
                        }
                    }
                    at = next;
                }
                pair(bytes::from_slice(&out), view.len())
            }
            #[native("($module, data, errors=None, mapping=None, /)")]
            fn charmap_decode(data: Value, errors: Option<Value>, mapping: Option<Value>) -> R<Ref> {
                let Some(mapping) = mapping.filter(|m| !m.is_none()) else { return decode_as(data, errors, true, Codec::Latin1, "charmap_decode") };
                let mut handler = handler(errors, "charmap_decode")?;
                let b = buffer::to_vec(data)?;
                let mut out = str::Builder::new();
                let mut at = 0;
                while at < b.len() {
                    let found = match ops::getitem(mapping, Value::from_small_int(b[at] as i64)) {
                        Ok(v) => Some(v).filter(|v| !v.is_none()),
                        Err(_) if swallow(&exceptions::LOOKUP_ERROR) => None,
                        Err(e) => return Err(e),
                    };
                    match found {
                        Some(v) if str::is_str(v.v()) && !str::view(v.v()).is(&"\u{fffe}") => {
                            out.push_value(v.v());
                            at += 1;
                        }
                        Some(v) if int::is_int(v.v()) => {
                            out.push_char(int::index_i64(v.v())? as u32);
                            at += 1;
                        }
                        _ => at = handler.decode_error("charmap", &b, at, at + 1, "character maps to <undefined>", &mut out)?,
                    }
                }
                pair(out.finish(), b.len())
            }
            #[native("($module, map, /)")]
            fn charmap_build(map: Value) -> R<Ref> {
                let table = dict::new();
                for (i, c) in str::view(map).chars().enumerate() {
                    let (k, v) = (int::from_i64(c as i64), int::from_i64(i as i64));
                    dict::set(table.v(), k.v(), v.v())?;
                }
                Ok(table)
            }
        }
    };
}

fn put_mapped(mapping: Value, c: u32, out: &mut Vec<u8>) -> R<bool> {
    let found = match ops::getitem(mapping, int::from_i64(c as i64).v()) {
        Ok(v) => v,
        Err(_) if swallow(&exceptions::LOOKUP_ERROR) => return Ok(false),
        Err(e) => return Err(e),
    };
    if let Some(b) = bytes::as_slice(found.v()) {
        out.extend_from_slice(b);
        return Ok(true);
    }
    if int::is_int(found.v()) {
        return match int::index_i64(found.v())? {
            i @ 0..=255 => {
                out.push(i as u8);
                Ok(true)
            }
            _ => Err(type_error("character mapping must be in range(256)")),
        };
    }
    Ok(false)
}

encodings! {
    utf_8_encode utf_8_decode Codec::Utf8;
    utf_16_encode utf_16_decode Codec::Utf16;
    utf_16_le_encode utf_16_le_decode Codec::Utf16Le;
    utf_16_be_encode utf_16_be_decode Codec::Utf16Be;
    utf_32_encode utf_32_decode Codec::Utf32;
    utf_32_le_encode utf_32_le_decode Codec::Utf32Le;
    utf_32_be_encode utf_32_be_decode Codec::Utf32Be;
    latin_1_encode latin_1_decode Codec::Latin1;
    ascii_encode ascii_decode Codec::Ascii;
    unicode_escape_encode unicode_escape_decode Codec::UnicodeEscape;
    raw_unicode_escape_encode raw_unicode_escape_decode Codec::RawUnicodeEscape;
}
