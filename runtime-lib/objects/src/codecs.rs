//! Text encodings: finding one by name, encoding and decoding whole values.
//!
//! The encodings that this file names are native; others may be registered by the program (`codecs.register`). Decoding is in `codecs_decode`,
//! encoding in `codecs_encode`, error handlers in `codecs_errors`.

use crate::codecs_errors::Handler;
use crate::codecs_tables::CHARMAP_NAMES;
use crate::prelude::*;
use crate::str::{self, Builder};

/// A native text encoding.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Codec {
    Utf8,
    Utf8Sig,
    /// Byte order by the mark; native order without one.
    Utf16,
    Utf16Le,
    Utf16Be,
    Utf32,
    Utf32Le,
    Utf32Be,
    Latin1,
    Ascii,
    /// Row of `CHARMAPS` and `CHARMAP_NAMES`.
    Charmap(u8),
    UnicodeEscape,
    RawUnicodeEscape,
}

/// The form in which encoding names are compared: lower case, runs of other characters than letters, digits and dots as `_`.
pub fn normalize(name: &str) -> String {
    let mut out = String::new();
    let mut gap = false;
    for c in name.chars() {
        if c.is_alphanumeric() || c == '.' {
            if gap && !out.is_empty() {
                out.push('_');
            }
            gap = false;
            if c.is_ascii() {
                out.push(c.to_ascii_lowercase());
            }
        } else {
            gap = true;
        }
    }
    out
}

/// Encodings of CPython that are no text encodings.
const NOT_TEXT: &[&str] = &[
    "hex", "hex_codec", "base64", "base_64", "base64_codec", "bz2", "bz2_codec", "quopri", "quopri_codec", "quoted_printable", "quotedprintable", "rot13",
    "rot_13", "uu", "uu_codec", "zip", "zlib", "zlib_codec",
];

/// The native encoding of a name.
pub fn find(name: &str) -> Option<Codec> {
    Some(match normalize(name).as_str() {
        "utf_8" | "utf8" | "u8" | "utf" | "cp65001" | "utf8_ucs2" | "utf8_ucs4" => Codec::Utf8,
        "utf_8_sig" => Codec::Utf8Sig,
        "utf_16" | "utf16" | "u16" => Codec::Utf16,
        "utf_16_le" | "utf_16le" | "unicodelittleunmarked" => Codec::Utf16Le,
        "utf_16_be" | "utf_16be" | "unicodebigunmarked" => Codec::Utf16Be,
        "utf_32" | "utf32" | "u32" => Codec::Utf32,
        "utf_32_le" | "utf_32le" => Codec::Utf32Le,
        "utf_32_be" | "utf_32be" => Codec::Utf32Be,
        "latin_1" | "latin1" | "latin" | "l1" | "iso8859_1" | "iso_8859_1" | "iso8859" | "8859" | "cp819" | "csisolatin1" | "ibm819" | "iso_8859_1_1987"
        | "iso_ir_100" => Codec::Latin1,
        "ascii" | "us_ascii" | "us" | "646" | "ansi_x3.4_1968" | "ansi_x3_4_1968" | "ansi_x3.4_1986" | "cp367" | "csascii" | "ibm367" | "iso646_us"
        | "iso_646.irv_1991" | "iso_ir_6" => Codec::Ascii,
        "unicode_escape" | "unicodeescape" => Codec::UnicodeEscape,
        "raw_unicode_escape" | "rawunicodeescape" => Codec::RawUnicodeEscape,
        other => {
            let at = CHARMAP_NAMES.iter().position(|names| names.split(' ').any(|name| name == other));
            // Forms such as `iso_8859_15` and `windows_1252` stand among the aliases.
            Codec::Charmap(at? as u8)
        }
    })
}

/// The name that `codecs.lookup(…).name` gives.
pub fn canonical_name(codec: Codec) -> String {
    match codec {
        Codec::Utf8 => "utf-8",
        Codec::Utf8Sig => "utf-8-sig",
        Codec::Utf16 => "utf-16",
        Codec::Utf16Le => "utf-16-le",
        Codec::Utf16Be => "utf-16-be",
        Codec::Utf32 => "utf-32",
        Codec::Utf32Le => "utf-32-le",
        Codec::Utf32Be => "utf-32-be",
        Codec::Latin1 => "iso8859-1",
        Codec::Ascii => "ascii",
        Codec::UnicodeEscape => "unicode-escape",
        Codec::RawUnicodeEscape => "raw-unicode-escape",
        Codec::Charmap(i) => {
            let names = CHARMAP_NAMES[i as usize];
            return names.split(' ').next().unwrap_or(names).replace('_', "-");
        }
    }
    .into()
}

/// `codecs.register`ed search functions (a list), and what they found (a dict): made on first use.
struct Registry {
    search: Slot,
    cache: Slot,
}
// SAFETY: single-threaded until threads arrive.
unsafe impl Sync for Registry {}
static REGISTRY: Registry = Registry { search: Slot::empty(), cache: Slot::empty() };

/// Adds a search function.
pub fn register(search: Value) {
    if REGISTRY.search.is_empty() {
        REGISTRY.search.set(crate::list::from_refs(Vec::new()));
    }
    crate::list::push(REGISTRY.search.get(), Ref::new(search));
}

/// Takes a search function off.
pub fn unregister(search: Value) -> R<()> {
    if let Some(list) = REGISTRY.search.cloned() {
        let kept: Vec<Value> = crate::list::items_raw(list.v()).iter().copied().filter(|f| *f != search).collect();
        REGISTRY.search.set(crate::list::from_slice(&kept));
        REGISTRY.cache.take();
    }
    Ok(())
}

/// What the program's search functions find for a name: a tuple (encode, decode, …).
pub fn find_registered(name: &str) -> R<Option<Ref>> {
    // The library's package registers a search function of its own. It is there if the program names one of its codecs.
    if find(name).is_none() && crate::import::compiled_kind("encodings").is_some() {
        crate::import::import_module("encodings")?;
    }
    let Some(list) = REGISTRY.search.cloned() else { return Ok(None) };
    let normal = str::from_str(&name.to_ascii_lowercase().replace([' ', '-'], "_"));
    if let Some(cache) = REGISTRY.cache.cloned()
        && let Some(found) = crate::dict::get(cache.v(), normal.v())?
    {
        return Ok(Some(found));
    }
    let mut i = 0;
    while let Some(&f) = crate::list::items_raw(list.v()).get(i) {
        let f = Ref::new(f);
        let found = crate::call::call1(f.v(), normal.v())?;
        if !found.is_none() {
            if crate::tuple::items(found.v()).is_none_or(|t| t.len() != 4) {
                return Err(type_error("codec search functions must return 4-tuples"));
            }
            if REGISTRY.cache.is_empty() {
                REGISTRY.cache.set(crate::dict::new());
            }
            crate::dict::set(REGISTRY.cache.get(), normal.v(), found.v())?;
            return Ok(Some(found));
        }
        i += 1;
    }
    Ok(None)
}

fn unknown(name: &str) -> Raised {
    lookup_error(format!("unknown encoding: {name}"))
}

fn no_text(name: &str, verb: &str) -> Raised {
    lookup_error(format!("'{name}' is not a text encoding; use codecs.{verb}() to handle arbitrary codecs"))
}

/// The name in a str argument.
pub fn name_of(v: Value) -> R<String> {
    let name = str::to_rust(v);
    if name.contains('\0') {
        return Err(value_error("embedded null character"));
    }
    Ok(name)
}

/// `s.encode(encoding, errors)`; both are strs.
pub fn encode_value(s: Value, encoding: Option<Value>, errors: Option<Value>) -> R<Ref> {
    let handler = || match errors {
        Some(e) => name_of(e).map(|n| Handler::named(&n)),
        None => Ok(Handler::named("strict")),
    };
    let Some(encoding) = encoding else { return encode(s, Codec::Utf8, &mut handler()?) };
    let name = name_of(encoding)?;
    if let Some(codec) = find(&name) {
        return encode(s, codec, &mut handler()?);
    }
    if let Some(found) = find_registered(&name)? {
        if !is_text_codec(found.v())? {
            return Err(no_text(&name, "encode"));
        }
        let encoder = Ref::new(crate::tuple::items(found.v()).unwrap_or(&[])[0]);
        let result = crate::call::call2(encoder.v(), s, errors.unwrap_or(crate::names::STRICT()))?;
        let first = first_of(result.v(), "encoder")?;
        if !crate::bytes::is_bytes(first.v()) {
            return Err(type_error(format!(
                "'{name}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
                crate::type_object::display_name(first.v())
            )));
        }
        return Ok(first);
    }
    Err(if NOT_TEXT.contains(&normalize(&name).as_str()) { no_text(&name, "encode") } else { unknown(&name) })
}

fn is_text_codec(info: Value) -> R<bool> {
    match crate::ops::getattr_opt(info, "_is_text_encoding")? {
        Some(is_text) => crate::ops::truth(is_text.v()),
        None => Ok(true),
    }
}

/// The first item of what a codec function returned.
pub fn first_of(result: Value, what: &str) -> R<Ref> {
    match crate::tuple::items(result) {
        Some(t) if t.len() == 2 => Ok(Ref::new(t[0])),
        _ => Err(type_error(format!("{what} must return a tuple (object, integer)"))),
    }
}

/// `b.decode(encoding, errors)` of a bytes-like object; both are strs.
pub fn decode_value(b: Value, encoding: Option<Value>, errors: Option<Value>) -> R<Ref> {
    let handler = || match errors {
        Some(e) => name_of(e).map(|n| Handler::named(&n)),
        None => Ok(Handler::named("strict")),
    };
    let codec = match encoding {
        None => Codec::Utf8,
        Some(encoding) => {
            let name = name_of(encoding)?;
            match find(&name) {
                Some(c) => c,
                None => {
                    if let Some(found) = find_registered(&name)? {
                        if !is_text_codec(found.v())? {
                            return Err(no_text(&name, "decode"));
                        }
                        let decoder = Ref::new(crate::tuple::items(found.v()).unwrap_or(&[])[1]);
                        let result = crate::call::call2(decoder.v(), b, errors.unwrap_or(crate::names::STRICT()))?;
                        let first = first_of(result.v(), "decoder")?;
                        if !str::is_str(first.v()) {
                            return Err(type_error(format!(
                                "'{name}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to arbitrary types",
                                crate::type_object::display_name(first.v())
                            )));
                        }
                        return Ok(first);
                    }
                    return Err(if NOT_TEXT.contains(&normalize(&name).as_str()) { no_text(&name, "decode") } else { unknown(&name) });
                }
            }
        }
    };
    let mut handler = handler()?;
    crate::buffer::with_bytes(b, |bytes| decode(bytes, codec, &mut handler))
}

/// Encodes a str.
pub fn encode(s: Value, codec: Codec, errors: &mut Handler) -> R<Ref> {
    let view = str::view(s);
    if let Some(text) = view.ascii()
        && matches!(codec, Codec::Utf8 | Codec::Ascii | Codec::Latin1 | Codec::Charmap(_))
    {
        return crate::bytes::try_from_slice(&crate::bytes::BYTES, text.as_bytes());
    }
    let mut out = Vec::new();
    crate::codecs_encode::encode_into(s, codec, errors, &mut out)?;
    crate::bytes::try_from_slice(&crate::bytes::BYTES, &out)
}

/// Decodes bytes.
pub fn decode(bytes: &[u8], codec: Codec, errors: &mut Handler) -> R<Ref> {
    match codec {
        Codec::Latin1 => return Ok(str::from_latin1(bytes)),
        Codec::Utf8 | Codec::Ascii | Codec::Charmap(_) if bytes.is_ascii() => return Ok(str::from_ascii(bytes)),
        _ => {}
    }
    let mut decoder = crate::codecs_decode::Decoder::new(codec);
    let mut out = Builder::with_capacity(bytes.len());
    decoder.decode(bytes, true, errors, &mut out)?;
    Ok(out.finish())
}

/// Decodes UTF-8 as file names and arguments are: undecodable bytes become lone surrogates.
pub fn decode_fs(bytes: &[u8]) -> Ref {
    decode(bytes, Codec::Utf8, &mut Handler::SurrogateEscape).unwrap_or_else(|_| Ref::from_owned(str::empty()))
}

/// Encodes a file name.
pub fn encode_fs(s: Value) -> R<Vec<u8>> {
    let mut out = Vec::new();
    crate::codecs_encode::encode_into(s, Codec::Utf8, &mut Handler::SurrogateEscape, &mut out)?;
    Ok(out)
}
