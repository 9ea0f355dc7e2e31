//! Which encoding a file is in, and its bytes as text (PEP 263), with CPython's words when that fails.

use crate::diagnostic::Location;
use crate::encoding_tables::{ALIASES, SINGLE_BYTE};
use crate::{Diagnostic, Kind};

/// Text and the name of the encoding it came in.
pub(crate) struct Decoded {
    pub text: String,
    pub encoding: String,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

pub(crate) fn decode(path: &str, bytes: &[u8]) -> Result<Decoded, Box<Diagnostic>> {
    let (body, has_bom) = match bytes.strip_prefix(BOM) {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let cookie = cookie(body);
    let Some(cookie) = cookie else {
        return decode_utf8(path, body, false);
    };
    let shown = shown_name(&cookie.name);
    if has_bom && shown != "utf-8" {
        let message = format!("encoding problem: {shown} with BOM");
        return Err(error(path, body, cookie.offset, message));
    }
    let normal = normalize(&cookie.name);
    let canonical = ALIASES.iter().find(|(alias, _)| *alias == normal).map_or(normal.as_str(), |(_, name)| name);
    match canonical {
        "utf_8" | "utf_8_sig" => decode_utf8(path, body, true),
        "latin_1" => {
            nul_check(path, body)?;
            Ok(Decoded { text: body.iter().map(|byte| *byte as char).collect(), encoding: shown })
        }
        "ascii" => match body.iter().position(|byte| *byte >= 0x80) {
            Some(at) => Err(codec_error(path, format!("'ascii' codec can't decode byte 0x{:02x} in position {}: ordinal not in range(128)", body[at], chunk_position(body, &cookie, at)))),
            None => decode_utf8(path, body, true),
        },
        _ => decode_table(path, body, canonical, &cookie),
    }
}

/// CPython reads up to the cookie's line by itself; the codec's positions count from the end of that line.
fn chunk_position(body: &[u8], cookie: &Cookie, at: usize) -> usize {
    let line_end = body[cookie.offset..].iter().position(|byte| *byte == b'\n').map_or(0, |length| cookie.offset + length);
    at.saturating_sub(line_end)
}

fn decode_table(path: &str, body: &[u8], canonical: &str, cookie: &Cookie) -> Result<Decoded, Box<Diagnostic>> {
    let written = cookie.name.as_str();
    nul_check(path, body)?;
    if let Some((_, upper)) = SINGLE_BYTE.iter().find(|(name, _)| *name == canonical) {
        let upper: Vec<char> = upper.chars().collect();
        assert_eq!(upper.len(), 128, "decode_table: {canonical}");
        let mut text = String::with_capacity(body.len() + body.len() / 8);
        for (at, byte) in body.iter().enumerate() {
            let decoded = if *byte < 0x80 { *byte as char } else { upper[*byte as usize - 0x80] };
            if decoded == '\u{FFFF}' {
                let position = chunk_position(body, cookie, at);
                let message = format!("'charmap' codec can't decode byte 0x{byte:02x} in position {position}: character maps to <undefined>");
                return Err(codec_error(path, message));
            }
            text.push(decoded);
        }
        return Ok(Decoded { text, encoding: written.to_owned() });
    }
    let multi_byte = match canonical {
        "big5" | "big5hkscs" | "cp950" => encoding_rs::BIG5,
        "euc_jp" => encoding_rs::EUC_JP,
        "euc_kr" | "cp949" => encoding_rs::EUC_KR,
        "gbk" | "gb2312" => encoding_rs::GBK,
        "gb18030" => encoding_rs::GB18030,
        "shift_jis" | "cp932" => encoding_rs::SHIFT_JIS,
        "iso2022_jp" => encoding_rs::ISO_2022_JP,
        "utf_16" | "utf_16_le" | "utf_16_be" | "utf_32" | "utf_32_le" | "utf_32_be" => {
            return Err(codec_error(path, format!("'{written}' codec can't decode bytes in position 0-1: Stream does not start with BOM")));
        }
        "rot13" | "rot_13" | "base64" | "hex" | "zlib" | "bz2" | "quopri" | "uu" => {
            return Err(codec_error(path, format!("'{written}' is not a text encoding")));
        }
        "utf_7" | "idna" | "punycode" | "raw_unicode_escape" | "unicode_escape" | "hz" | "johab" => {
            return Err(Box::new(Diagnostic::unsupported_file(path, format!("source encoding {written}"))));
        }
        _ => return Err(codec_error(path, format!("unknown encoding: {written}"))),
    };
    match multi_byte.decode_without_bom_handling_and_without_replacement(body) {
        Some(text) => Ok(Decoded { text: text.into_owned(), encoding: written.to_owned() }),
        None => {
            let at = malformed_at(multi_byte, body);
            let position = chunk_position(body, cookie, at);
            Err(codec_error(path, format!("'{written}' codec can't decode byte 0x{:02x} in position {position}: illegal multibyte sequence", body[at])))
        }
    }
}

/// Where a file stops being valid in a multi-byte encoding.
fn malformed_at(encoding: &'static encoding_rs::Encoding, body: &[u8]) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = vec![0; decoder.max_utf8_buffer_length_without_replacement(body.len()).unwrap_or(body.len() * 4)];
    let (result, read, _) = decoder.decode_to_utf8_without_replacement(body, &mut out, true);
    let back = match result {
        encoding_rs::DecoderResult::Malformed(length, after) => usize::from(length) + usize::from(after),
        _ => 1,
    };
    read.saturating_sub(back).min(body.len().saturating_sub(1))
}

fn decode_utf8(path: &str, body: &[u8], declared: bool) -> Result<Decoded, Box<Diagnostic>> {
    let nul = body.iter().position(|byte| *byte == 0);
    match std::str::from_utf8(body) {
        Ok(text) => {
            nul_check(path, body)?;
            Ok(Decoded { text: text.to_owned(), encoding: "utf-8".to_owned() })
        }
        Err(fault) => {
            let at = fault.valid_up_to();
            if nul.is_some_and(|nul| nul < at) {
                nul_check(path, body)?;
            }
            let line_start = body[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
            let line = body[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let byte = body[at];
            if !declared {
                // CPython counts one line less while it still looks for a cookie behind code.
                let first = body.split(|byte| *byte == b'\n').next().unwrap_or(b"");
                let is_code = first.iter().find(|byte| !matches!(byte, b' ' | b'\t' | 0x0C | b'\r')).is_some_and(|byte| *byte != b'#');
                let line = if line == 2 && is_code { 1 } else { line };
                let message = format!(
                    "Non-UTF-8 code starting with '\\x{byte:02x}' in file {path} on line {line}, but no encoding declared; \
                     see https://peps.python.org/pep-0263/ for details"
                );
                return Err(error(path, body, at, message));
            }
            let position = at - line_start;
            let what = match fault.error_len() {
                None => "unexpected end of data",
                Some(_) if byte < 0xC2 || byte > 0xF4 => "invalid start byte",
                Some(_) => "invalid continuation byte",
            };
            let message = match fault.error_len() {
                Some(length) if length > 1 => {
                    let last = position + length - 1;
                    format!("(unicode error) 'utf-8' codec can't decode bytes in position {position}-{last}: {what}")
                }
                _ => format!("(unicode error) 'utf-8' codec can't decode byte 0x{byte:02x} in position {position}: {what}"),
            };
            Err(error(path, body, at, message))
        }
    }
}

fn nul_check(path: &str, body: &[u8]) -> Result<(), Box<Diagnostic>> {
    match body.iter().position(|byte| *byte == 0) {
        Some(at) => Err(error(path, body, at, "source code cannot contain null bytes".to_owned())),
        None => Ok(()),
    }
}

/// A diagnostic at a byte of a file that is not text yet.
fn error(path: &str, body: &[u8], at: usize, message: String) -> Box<Diagnostic> {
    let line_start = body[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line_end = body[at..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |newline| at + newline);
    let text = String::from_utf8_lossy(&body[line_start..line_end]).replace('\0', "");
    let column = String::from_utf8_lossy(&body[line_start..at]).chars().count() as u32;
    let line = body[..at].iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
    let location = Location { line, column, end_line: line, end_column: column, text: text.trim_end_matches('\r').to_owned() };
    Box::new(Diagnostic { kind: Kind::SyntaxError, path: path.to_owned(), location: Some(location), message, notes: Vec::new() })
}

/// A diagnostic about the file as a whole; CPython says `line 0`.
fn codec_error(path: &str, message: String) -> Box<Diagnostic> {
    let location = Location { line: 0, column: 0, end_line: 0, end_column: 0, text: String::new() };
    Box::new(Diagnostic { kind: Kind::SyntaxError, path: path.to_owned(), location: Some(location), message, notes: Vec::new() })
}

struct Cookie {
    name: String,
    offset: usize,
}

/// The coding cookie of the first two lines; the second counts only below a blank or comment line.
fn cookie(body: &[u8]) -> Option<Cookie> {
    let mut offset = 0;
    for line in body.split(|byte| *byte == b'\n').take(2) {
        let blank = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | 0x0C));
        match blank.map(|at| line[at]) {
            Some(b'#') => {
                if let Some(name) = cookie_in(line) {
                    return Some(Cookie { name, offset });
                }
            }
            None | Some(b'\r') => {}
            Some(_) => return None,
        }
        offset += line.len() + 1;
    }
    None
}

/// `coding[:=]\s*([-\w.]+)` in a comment line.
fn cookie_in(line: &[u8]) -> Option<String> {
    const WORD: &[u8] = b"coding";
    let mut from = 0;
    while let Some(at) = line[from..].windows(WORD.len()).position(|window| window == WORD) {
        let after = from + at + WORD.len();
        from = after;
        if !matches!(line.get(after), Some(b':' | b'=')) {
            continue;
        }
        let rest = &line[after + 1..];
        let start = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(rest.len());
        let name: Vec<u8> = rest[start..].iter().copied().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')).collect();
        if !name.is_empty() {
            return String::from_utf8(name).ok();
        }
    }
    None
}

/// How CPython's tokenizer shows a cookie: spellings of UTF-8 and Latin-1 have one name each.
fn shown_name(name: &str) -> String {
    let lower: String = name.chars().take(12).map(|letter| if letter == '_' { '-' } else { letter.to_ascii_lowercase() }).collect();
    let is = |wanted: &str| lower == wanted || lower.starts_with(&format!("{wanted}-"));
    if is("utf-8") {
        "utf-8".to_owned()
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        "iso-8859-1".to_owned()
    } else {
        name.to_owned()
    }
}

fn normalize(name: &str) -> String {
    let mut normal = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            normal.push(letter.to_ascii_lowercase());
        } else if !normal.ends_with('_') && !normal.is_empty() {
            normal.push('_');
        }
    }
    let shown = shown_name(name);
    match shown.as_str() {
        "utf-8" => "utf_8".to_owned(),
        "iso-8859-1" => "latin_1".to_owned(),
        _ => normal.trim_end_matches('_').to_owned(),
    }
}
