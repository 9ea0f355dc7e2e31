//! The source lines under a traceback entry and their `~~~^^` markers.

/// Appends the lines of one entry. `column` is a UTF-8 offset in the first line, `end_column` in the last.
pub fn render(lines: &[&str], column: usize, end_column: usize, out: &mut String) {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
    let strip = |line: &str| line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len();
    let dedent = lines.iter().filter(|l| !l.trim().is_empty()).map(|l| strip(l)).min().unwrap_or(0);
    if first.trim().is_empty() {
        return;
    }
    let column = column.min(first.len());
    let end_column = end_column.min(last.len());
    if lines.len() > 1 {
        return multi_line(lines, dedent, column, end_column, out);
    }
    out.push_str(&format!("    {}\n", first[dedent..].trim_end()));
    if column >= end_column || !first.is_char_boundary(column) || !first.is_char_boundary(end_column) {
        return;
    }
    let segment = &first[column..end_column];
    let anchors = anchors(segment);
    if anchors.is_none() && first[..column].trim().is_empty() && first[end_column..].trim().is_empty() {
        return;
    }
    let mut marks = " ".repeat(4 + width(&first[dedent..column.max(dedent)]));
    match anchors {
        None => marks.push_str(&"^".repeat(width(segment))),
        Some((left, right)) => {
            marks.push_str(&"~".repeat(width(&segment[..left])));
            marks.push_str(&"^".repeat(width(&segment[left..right])));
            marks.push_str(&"~".repeat(width(&segment[right..])));
        }
    }
    out.push_str(&marks);
    out.push('\n');
}

fn multi_line(lines: &[&str], dedent: usize, column: usize, end_column: usize, out: &mut String) {
    let n = lines.len();
    for (i, line) in lines.iter().enumerate() {
        if n > 5 && i >= 2 && i < n - 1 {
            if i == 2 {
                out.push_str(&format!("    ...<{} lines>...\n", n - 3));
            }
            continue;
        }
        let body = line.get(dedent..).unwrap_or("").trim_end();
        out.push_str(&format!("    {body}\n"));
        let start = if i == 0 { column } else { line.len() - line.trim_start().len() };
        let end = if i == n - 1 { end_column } else { line.trim_end().len() };
        if start < end && line.is_char_boundary(start) && line.is_char_boundary(end) && start >= dedent {
            let lead = width(&line[dedent..start]);
            out.push_str(&format!("    {}{}\n", " ".repeat(lead), "^".repeat(width(&line[start..end]))));
        }
    }
}

fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x1100..=0x115F | 0x2E80..=0x303E | 0x3041..=0x33FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xA000..=0xA4CF
        | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1F64F | 0x1F900..=0x1F9FF | 0x20000..=0x3FFFD)
}

struct Token {
    start: usize,
    end: usize,
    depth: usize,
}

/// Operator tokens of binary operations with their precedence (higher binds tighter).
fn precedence(op: &str) -> Option<u8> {
    Some(match op {
        "|" => 1,
        "^" => 2,
        "&" => 3,
        "<<" | ">>" => 4,
        "+" | "-" => 5,
        "*" | "/" | "//" | "%" | "@" => 6,
        "**" => 8,
        _ => return None,
    })
}

/// Where the `^` marks go inside a segment that is a binary operation, a subscript or a call.
fn anchors(segment: &str) -> Option<(usize, usize)> {
    let tokens = tokenize(segment)?;
    let text = |t: &Token| &segment[t.start..t.end];
    let mut best: Option<(u8, usize)> = None;
    let mut operand_before = false;
    for (i, token) in tokens.iter().enumerate() {
        if token.depth > 0 {
            operand_before = true;
            continue;
        }
        let t = text(token);
        match t {
            "and" | "or" | "not" | "in" | "is" | "if" | "else" | "lambda" | "await" | "yield" | ":=" | "," | ":" | "=" | "<" | ">" | "==" | "!="
            | "<=" | ">=" => return None,
            _ => {}
        }
        if let Some(p) = precedence(t)
            && operand_before
        {
            let right_associative = t == "**";
            if best.is_none_or(|(b, _)| p < b || (p == b && !right_associative)) {
                best = Some((p, i));
            }
            operand_before = false;
            continue;
        }
        operand_before = !matches!(t, "+" | "-" | "~");
    }
    if let Some((_, i)) = best {
        return Some((tokens[i].start, tokens[i].end));
    }
    if tokens.first().is_some_and(|t| matches!(text(t), "+" | "-" | "~")) {
        return None;
    }
    let last = segment.chars().last()?;
    let open = match last {
        ')' => '(',
        ']' => '[',
        _ => return None,
    };
    // The last group at depth 0 must end the segment and follow an operand.
    let group = tokens.iter().rposition(|t| t.depth == 0 && text(t) == open.to_string())?;
    if group == 0 || tokens.iter().skip(group + 1).any(|t| t.depth == 0 && text(t) != last.to_string()) {
        return None;
    }
    Some((tokens[group].start, segment.len()))
}

/// Splits into tokens with bracket depth; brackets themselves have the outer depth. None when it is not understood.
fn tokenize(segment: &str) -> Option<Vec<Token>> {
    let bytes = segment.as_bytes();
    let mut tokens = Vec::new();
    let mut depth = 0usize;
    let mut i = 0;
    while i < bytes.len() {
        let c = bytes[i];
        let start = i;
        match c {
            b' ' | b'\t' | b'\n' => {
                i += 1;
                continue;
            }
            b'#' => return None,
            b'\'' | b'"' => i = skip_string(bytes, i)?,
            b'(' | b'[' | b'{' => {
                i += 1;
                tokens.push(Token { start, end: i, depth });
                depth += 1;
                continue;
            }
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                i += 1;
            }
            _ if c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80 || c == b'.' => {
                while i < bytes.len() && (bytes[i].is_ascii_alphanumeric() || bytes[i] == b'_' || bytes[i] >= 0x80 || bytes[i] == b'.') {
                    i += 1;
                }
                if i < bytes.len() && (bytes[i] == b'\'' || bytes[i] == b'"') {
                    i = skip_string(bytes, i)?;
                }
            }
            _ => {
                let two = segment.get(i..i + 2).unwrap_or("");
                i += if matches!(two, "**" | "//" | "<<" | ">>" | "==" | "!=" | "<=" | ">=" | ":=" | "->") { 2 } else { 1 };
            }
        }
        tokens.push(Token { start, end: i, depth });
    }
    (depth == 0).then_some(tokens)
}

fn skip_string(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let triple = bytes.len() >= start + 3 && bytes[start + 1] == quote && bytes[start + 2] == quote;
    let mut i = start + if triple { 3 } else { 1 };
    while i < bytes.len() {
        if bytes[i] == b'\\' {
            i += 2;
            continue;
        }
        if bytes[i] == quote {
            if !triple {
                return Some(i + 1);
            }
            if bytes.len() >= i + 3 && bytes[i + 1] == quote && bytes[i + 2] == quote {
                return Some(i + 3);
            }
        }
        i += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, marked: &str, expected: &str) {
        let column = line.find(marked).unwrap();
        let mut out = String::new();
        render(&[line], column, column + marked.len(), &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn markers() {
        check("    x = a + b", "a + b", "    x = a + b\n        ~~^~~\n");
        check("    f(1)(2)", "f(1)(2)", "    f(1)(2)\n    ~~~~^^^\n");
        check("    d[k] = 1", "d[k]", "    d[k] = 1\n    ~^^^\n");
        check("    return undefined", "undefined", "    return undefined\n           ^^^^^^^^^\n");
        check("    raise ValueError", "raise ValueError", "    raise ValueError\n");
    }
}
