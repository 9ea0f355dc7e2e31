//! The source lines under a traceback entry and their `~~~^^` markers.

/// Appends the lines of one entry. `column` is a UTF-8 offset in the first line, `end_column` in the last.
pub fn render(lines: &[&str], column: usize, end_column: usize, out: &mut String) {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len();
    let Some(dedent) = lines.iter().filter(|l| !l.trim().is_empty()).map(|l| indent(l)).min() else { return };
    let lines: Vec<&str> = lines.iter().map(|l| l.get(dedent..).unwrap_or("").trim_end()).collect();
    let (first, last) = (lines[0], lines[lines.len() - 1]);
    if first.is_empty() {
        return;
    }
    let (start, end) = (column.saturating_sub(dedent).min(first.len()), end_column.saturating_sub(dedent).min(last.len()));
    let is_marked = (lines.len() > 1 || start < end) && first.is_char_boundary(start) && last.is_char_boundary(end);
    let marks = if is_marked { Marks::new(&lines, start, end) } else { Marks { start, end, anchors: None, is_shown: false } };
    let mut shown = vec![0, lines.len() - 1];
    if let Some([(left, _), (right, _)]) = marks.anchors {
        for line in [left, right] {
            shown.extend(line.saturating_sub(1)..(line + 2).min(lines.len()));
        }
    }
    shown.sort_unstable();
    shown.dedup();
    let mut rows = Vec::new();
    let mut before = None;
    for line in shown {
        match before.map(|b| line - b) {
            Some(2) => marks.rows(&lines, line - 1, &mut rows),
            Some(n) if n > 2 => rows.push(format!("...<{} lines>...", n - 1)),
            _ => {}
        }
        marks.rows(&lines, line, &mut rows);
        before = Some(line);
    }
    let dedent = rows.iter().filter(|r| !r.trim().is_empty()).map(|r| indent(r)).min().unwrap_or(0);
    for row in rows {
        out.push_str(&format!("    {}\n", row.get(dedent..).unwrap_or("")));
    }
}

/// What is marked in the lines of an entry, dedented.
struct Marks {
    start: usize,
    end: usize,
    /// Line and column of the part that gets `^` and of its end.
    anchors: Option<[(usize, usize); 2]>,
    is_shown: bool,
}

impl Marks {
    fn new(lines: &[&str], start: usize, end: usize) -> Marks {
        let text = lines.join("\n");
        let last = lines[lines.len() - 1];
        let segment = text.get(start..text.len() - (last.len() - end)).unwrap_or("");
        let found = anchors(segment);
        let place = |offset: usize| {
            let before = &text[..start + offset];
            let line = before.matches('\n').count();
            (line, before.len() - before.rfind('\n').map_or(0, |at| at + 1))
        };
        let (before, after) = (&lines[0][..start], &last[end..]);
        let is_shown = match &found {
            Some(found) => !is_whole_value(found, before, after),
            None => !before.trim().is_empty() || !after.trim().is_empty(),
        };
        Marks { start, end, anchors: found.map(|f| [place(f.left), place(f.right)]), is_shown }
    }

    /// Adds a line and its marks.
    fn rows(&self, lines: &[&str], at: usize, rows: &mut Vec<String>) {
        let line = lines[at];
        rows.push(line.to_owned());
        if !self.is_shown {
            return;
        }
        let indent = line.len() - line.trim_start().len();
        let end = if at == lines.len() - 1 { self.end } else { line.len() };
        let (primary, secondary) = if self.anchors.is_some() { ('~', '^') } else { ('^', '^') };
        let mut row = String::new();
        for (column, c) in line.char_indices().take_while(|(column, _)| *column < end) {
            let mark = if column < indent || at == 0 && column < self.start {
                ' '
            } else if self.anchors.is_some_and(|[left, right]| (at, column) >= left && (at, column) < right) {
                secondary
            } else {
                primary
            };
            row.extend(std::iter::repeat_n(mark, if is_wide(c) { 2 } else { 1 }));
        }
        rows.push(row);
    }
}

/// Whether what stands between is a call of a plain name that is all that a statement returns, or any call that is assigned to one name.
fn is_whole_value(found: &Anchors, before: &str, after: &str) -> bool {
    let after = after.trim_start_matches([')', ' ', '\t']);
    if !found.is_call || !(after.is_empty() || after.starts_with([';', '#'])) {
        return false;
    }
    let before = before.trim_end_matches(['(', ' ', '\t']).trim_start();
    if before == "return" {
        return found.is_plain_call;
    }
    let Some(name) = before.strip_suffix('=') else { return false };
    is_name(name.trim_end())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_') && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// The anchors in a text of one line for the module traceback: byte offsets, and whether it is a call of a plain name.
pub fn anchors_of(segment: &str) -> Option<(usize, usize)> {
    anchors(segment).map(|a| (a.left, a.right))
}

/// Whether lines (dedented) get marks from `start` in the first to `end` in the last.
pub fn shows_marks(lines: &[&str], start: usize, end: usize) -> bool {
    match (lines.first(), lines.last()) {
        (Some(first), Some(last)) if first.is_char_boundary(start) && last.is_char_boundary(end) && start <= first.len() && end <= last.len() => {
            Marks::new(lines, start, end).is_shown
        }
        _ => false,
    }
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

/// Where the `^` marks go inside a segment: byte offsets.
struct Anchors {
    left: usize,
    right: usize,
    /// The segment is a call.
    is_call: bool,
    /// A call of a plain name.
    is_plain_call: bool,
}

/// Where the `^` marks go inside a segment that is a binary operation, a subscript or a call.
fn anchors(segment: &str) -> Option<Anchors> {
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
            // A statement, which is no expression.
            "raise" | "return" | "del" | "assert" | "import" | "from" | "for" | "with" => return None,
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
        return Some(Anchors { left: tokens[i].start, right: tokens[i].end, is_call: false, is_plain_call: false });
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
    let is_call = open == '(' && !matches!(text(&tokens[0]), "await" | "not" | "lambda" | "-" | "+" | "~");
    let is_plain_call = is_call && group == 1 && is_name(text(&tokens[0]));
    Some(Anchors { left: tokens[group].start, right: segment.len(), is_call, is_plain_call })
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
            b'#' => {
                i += bytes[i..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - i);
                continue;
            }
            b'\\' if bytes.get(i + 1) == Some(&b'\n') => {
                i += 2;
                continue;
            }
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
        check("    x = f(1)", "f(1)", "    x = f(1)\n");
        check("    raise E(1)", "raise E(1)", "    raise E(1)\n");
        check("    if x: raise E(1)", "raise E(1)", "    if x: raise E(1)\n          ^^^^^^^^^^\n");
        check("    x = a.f(1)", "a.f(1)", "    x = a.f(1)\n");
        check("    return a.f(1)", "a.f(1)", "    return a.f(1)\n           ~~~^^^\n");
        check("    return (f(1))", "f(1)", "    return (f(1))\n");
        check("    x = y = f(1)", "f(1)", "    x = y = f(1)\n            ~^^^\n");
    }
}
