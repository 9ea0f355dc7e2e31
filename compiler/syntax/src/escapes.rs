//! What is wrong with an escape in a string or bytes literal, in CPython's words.

/// The fault of a literal as written, prefix and quotes included; `None` when its escapes are fine.
pub(crate) fn fault(literal: &str) -> Option<String> {
    let quote = literal.find(['"', '\''])?;
    let prefix = literal[..quote].to_ascii_lowercase();
    if prefix.contains('r') {
        return None;
    }
    let is_bytes = prefix.contains('b');
    let bare = &literal[quote..];
    let width = if bare.starts_with("\"\"\"") || bare.starts_with("'''") { 3 } else { 1 };
    let body = bare.get(width..bare.len().saturating_sub(width)).unwrap_or("");
    if is_bytes { bytes_fault(body) } else { text_fault(body) }
}

fn bytes_fault(body: &str) -> Option<String> {
    if !body.is_ascii() {
        return Some("bytes can only contain ASCII literal characters".to_owned());
    }
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        if bytes.get(at + 1) == Some(&b'x') {
            let digits = bytes[at + 2..].iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
            if digits < 2 {
                return Some(format!("(value error) invalid \\x escape at position {at}"));
            }
        }
        at += 2;
    }
    None
}

pub(crate) fn text_fault(body: &str) -> Option<String> {
    // Positions count in the text that CPython hands to its decoder: other characters stand there as `\UXXXXXXXX`.
    let mut position = 0;
    let mut rest = body;
    while let Some(letter) = rest.chars().next() {
        if letter != '\\' {
            position += if letter.is_ascii() { 1 } else { 10 };
            rest = &rest[letter.len_utf8()..];
            continue;
        }
        let after = &rest[1..];
        let Some(kind) = after.chars().next() else { break };
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'N' => {
                if !after[1..].starts_with('{') {
                    let end = position + 1;
                    return Some(unicode_error(position, end, "malformed \\N character escape"));
                }
                let Some(close) = after.find('}') else {
                    let end = position + after.len();
                    return Some(unicode_error(position, end, "malformed \\N character escape"));
                };
                if close == 2 {
                    return Some(unicode_error(position, position + 3, "malformed \\N character escape"));
                }
                let name = &after[..=close];
                if ruff_python_parser::parse_expression(&format!("'\\{name}'")).is_err() {
                    return Some(unicode_error(position, position + close + 1, "unknown Unicode character name"));
                }
                position += close + 2;
                rest = &after[close + 1..];
                continue;
            }
            other => {
                position += if other.is_ascii() { 2 } else { 11 };
                rest = &after[other.len_utf8()..];
                continue;
            }
        };
        let found = after[1..].bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
        if found < digits {
            let form = format!("truncated \\{kind}{} escape", "X".repeat(digits));
            return Some(unicode_error(position, position + 1 + found, &form));
        }
        let value = u32::from_str_radix(&after[1..1 + digits], 16).unwrap_or(u32::MAX);
        if value > 0x10FFFF {
            return Some(unicode_error(position, position + 1 + digits, "illegal Unicode character"));
        }
        position += 2 + digits;
        rest = &after[1 + digits..];
    }
    if rest.starts_with('\\') {
        return Some(format!("(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position {position}: \\ at end of string"));
    }
    None
}

fn unicode_error(start: usize, end: usize, what: &str) -> String {
    if end == start {
        return format!("(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position {start}: {what}");
    }
    format!("(unicode error) 'unicodeescape' codec can't decode bytes in position {start}-{end}: {what}")
}
