//! `split`, `rsplit`, `splitlines`, `partition` of str.

use crate::prelude::*;
use crate::str::{self, Unit};
use crate::str_search as search;
use crate::type_object::display_name;
use crate::unicode;

fn piece<T: Unit>(units: &[T], ascii: bool) -> Ref {
    if T::KIND == 1 && ascii {
        // SAFETY: KIND 1 is u8 only.
        return str::from_ascii(unsafe { std::slice::from_raw_parts(units.as_ptr() as *const u8, units.len()) });
    }
    str::from_units(units)
}

fn limit(maxsplit: i64) -> usize {
    if maxsplit < 0 { usize::MAX } else { maxsplit as usize }
}

/// What a separator argument is: None is whitespace.
fn separator(sep: Value) -> R<Option<Value>> {
    if sep.is_none() {
        return Ok(None);
    }
    let Some(s) = str::try_view(sep) else { return Err(type_error(format!("must be str or None, not {}", display_name(sep)))) };
    if s.is_empty() {
        return Err(value_error("empty separator"));
    }
    Ok(Some(sep))
}

/// The list that the pieces go to.
struct Pieces {
    list: Ref,
}

impl Pieces {
    fn new() -> Pieces {
        let list = crate::list::new();
        // As CPython: room for a dozen at first.
        let _ = crate::list::reserve_exact(crate::list::body(list.v()), 12);
        Pieces { list }
    }
    #[inline(always)]
    fn push(&mut self, piece: Ref) {
        if crate::list::push_body(crate::list::body(self.list.v()), piece).is_err() {
            dxpyc_heap::slab::out_of_memory()
        }
    }
    #[inline(always)]
    fn len(&self) -> usize {
        crate::list::len(self.list.v())
    }
}

fn split_space<T: Unit>(s: &[T], ascii: bool, max: usize, out: &mut Pieces) {
    let n = s.len();
    let mut at = 0;
    while out.len() < max {
        while at < n && unicode::is_space(s[at].cp()) {
            at += 1;
        }
        if at == n {
            return;
        }
        let start = at;
        while at < n && !unicode::is_space(s[at].cp()) {
            at += 1;
        }
        out.push(piece(&s[start..at], ascii));
    }
    while at < n && unicode::is_space(s[at].cp()) {
        at += 1;
    }
    if at < n {
        out.push(piece(&s[at..], ascii));
    }
}

fn split_on<T: Unit>(s: &[T], sep: &[T], ascii: bool, max: usize, out: &mut Pieces) {
    let mut at = 0;
    if let [unit] = *sep
        && T::KIND == 1
    {
        // A short str or short pieces: a search step by step is quicker than calls.
        let mut i = 0;
        while i < s.len() && out.len() < max {
            if s[i] == unit {
                out.push(piece(&s[at..i], ascii));
                at = i + 1;
                i = at;
            } else if i - at == 24 {
                match search::find_unit(&s[i..], unit) {
                    Some(found) => i += found,
                    None => break,
                }
            } else {
                i += 1;
            }
        }
        out.push(piece(&s[at..], ascii));
        return;
    }
    let finder = search::Finder::new(sep);
    while out.len() < max {
        let Some(i) = finder.find(&s[at..]) else { break };
        out.push(piece(&s[at..at + i], ascii));
        at += i + sep.len();
    }
    out.push(piece(&s[at..], ascii));
}

/// `split`
pub fn split(this: Value, sep: Value, maxsplit: i64) -> R<Ref> {
    let (s, max) = (str::view(this), limit(maxsplit));
    let ascii = s.is_ascii();
    let sep = separator(sep)?;
    let mut out = Pieces::new();
    match sep {
        None => crate::with_data!(s.data(), d => split_space(d, ascii, max, &mut out)),
        Some(sep) => crate::with_same_kind!(s.data(), str::view(sep).data(), h, n => split_on(h, n, ascii, max, &mut out), else out.push(str::to_exact(this))),
    }
    if let [only] = *crate::list::items_raw(out.list.v())
        && str::object(only).len == s.len()
    {
        return Ok(crate::list::from_refs(vec![str::to_exact(this)]));
    }
    Ok(out.list)
}

fn rsplit_space<T: Unit>(s: &[T], ascii: bool, max: usize, out: &mut Vec<Ref>) {
    let mut end = s.len();
    while out.len() < max {
        while end > 0 && unicode::is_space(s[end - 1].cp()) {
            end -= 1;
        }
        if end == 0 {
            return;
        }
        let stop = end;
        while end > 0 && !unicode::is_space(s[end - 1].cp()) {
            end -= 1;
        }
        out.push(piece(&s[end..stop], ascii));
    }
    while end > 0 && unicode::is_space(s[end - 1].cp()) {
        end -= 1;
    }
    if end > 0 {
        out.push(piece(&s[..end], ascii));
    }
}

fn rsplit_on<T: Unit>(s: &[T], sep: &[T], ascii: bool, max: usize, out: &mut Vec<Ref>) {
    let mut end = s.len();
    while out.len() < max {
        let Some(i) = search::rfind(&s[..end], sep) else { break };
        out.push(piece(&s[i + sep.len()..end], ascii));
        end = i;
    }
    out.push(piece(&s[..end], ascii));
}

/// `rsplit`
pub fn rsplit(this: Value, sep: Value, maxsplit: i64) -> R<Ref> {
    let (s, max) = (str::view(this), limit(maxsplit));
    let ascii = s.is_ascii();
    let mut out = Vec::new();
    match separator(sep)? {
        None => crate::with_data!(s.data(), d => rsplit_space(d, ascii, max, &mut out)),
        Some(sep) => crate::with_same_kind!(s.data(), str::view(sep).data(), h, n => rsplit_on(h, n, ascii, max, &mut out), else out.push(str::to_exact(this))),
    }
    out.reverse();
    if out.len() == 1 && str::object(out[0].v()).len == s.len() {
        out[0] = str::to_exact(this);
    }
    Ok(crate::list::from_refs(out))
}

/// `splitlines`
pub fn splitlines(this: Value, keepends: bool) -> R<Ref> {
    let s = str::view(this);
    let ascii = s.is_ascii();
    let mut out = Vec::new();
    crate::with_data!(s.data(), d => {
        let n = d.len();
        let mut at = 0;
        while at < n {
            let start = at;
            while at < n && !unicode::is_line_break(d[at].cp()) {
                at += 1;
            }
            let mut end = at;
            if at < n {
                at += if d[at].cp() == 13 && at + 1 < n && d[at + 1].cp() == 10 { 2 } else { 1 };
                if keepends {
                    end = at;
                }
            }
            out.push(if start == 0 && end == n { str::to_exact(this) } else { piece(&d[start..end], ascii) });
        }
    });
    Ok(crate::list::from_refs(out))
}

/// `partition` and `rpartition`
pub fn partition(this: Value, sep: Value, from_end: bool) -> R<Ref> {
    let Some(p) = str::try_view(sep) else { return Err(type_error(format!("must be str, not {}", display_name(sep)))) };
    if p.is_empty() {
        return Err(value_error("empty separator"));
    }
    let s = str::view(this);
    let found = if from_end { search::rfind_data(s.data(), p.data()) } else { search::find_data(s.data(), p.data()) };
    let parts = match found {
        Some(i) => vec![str::substring(this, 0, i), Ref::new(sep), str::substring(this, i + p.len(), s.len())],
        None => {
            let empty = || Ref::from_owned(str::empty());
            if from_end { vec![empty(), empty(), str::to_exact(this)] } else { vec![str::to_exact(this), empty(), empty()] }
        }
    };
    Ok(crate::tuple::from_refs(parts))
}
