//! Parsing of text signatures such as `($self, /, sep=None, *, maxsplit=-1, **kw)`.

/// Kind of a parameter, as in `objects::native::ParamKind`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    PositionalOnly,
    Positional,
    KeywordOnly,
    VarArgs,
    VarKeywords,
}

/// One parameter: name, kind, default text.
#[derive(Clone, Debug)]
pub struct Param {
    pub name: String,
    pub kind: Kind,
    pub default: Option<String>,
}

/// The parameters without `$self`, `$module` or `$type`.
pub fn parse(text: &str) -> Result<Vec<Param>, String> {
    let inner = text
        .strip_prefix('(')
        .and_then(|t| t.split_once(" -> ").map_or(t, |(a, _)| a).strip_suffix(')'))
        .ok_or_else(|| format!("signature {text:?} is not in parentheses"))?;
    let mut params: Vec<Param> = Vec::new();
    let mut keyword_only = false;
    for part in split_top(inner) {
        let part = part.trim();
        if part.is_empty() || part.starts_with('$') {
            continue;
        }
        if part == "/" {
            for p in &mut params {
                p.kind = Kind::PositionalOnly;
            }
        } else if part == "*" {
            keyword_only = true;
        } else if let Some(name) = part.strip_prefix("**") {
            params.push(Param { name: name.into(), kind: Kind::VarKeywords, default: None });
        } else if let Some(name) = part.strip_prefix('*') {
            keyword_only = true;
            params.push(Param { name: name.into(), kind: Kind::VarArgs, default: None });
        } else {
            let (name, default) = match part.split_once('=') {
                Some((n, d)) => (n.trim(), Some(d.trim().to_string())),
                None => (part, None),
            };
            let kind = if keyword_only { Kind::KeywordOnly } else { Kind::Positional };
            params.push(Param { name: name.into(), kind, default });
        }
    }
    Ok(params)
}

fn split_top(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(q) => {
                if c == q {
                    quote = None
                }
            }
            None => match c {
                '\'' | '"' => quote = Some(c),
                '(' | '[' | '{' | '<' => depth += 1,
                ')' | ']' | '}' | '>' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            },
        }
        parts.last_mut().unwrap().push(c);
    }
    parts
}
