//! Case methods of str.

use crate::prelude::*;
use crate::str::{self, Builder};
use crate::unicode::{self, Mapped};

fn push(out: &mut Builder, m: Mapped) {
    for &cp in &m.0[..m.1] {
        out.push_char(cp);
    }
}

/// The lower-case form of the character at `i`, with the rule of the final sigma.
fn lower_at(points: &[u32], i: usize) -> Mapped {
    if points[i] != 0x3A3 {
        return unicode::to_lower(points[i]);
    }
    let before = points[..i].iter().rev().find(|&&c| !unicode::is_case_ignorable(c)).is_some_and(|&c| unicode::is_cased(c));
    let last = before && !points[i + 1..].iter().find(|&&c| !unicode::is_case_ignorable(c)).is_some_and(|&c| unicode::is_cased(c));
    ([if last { 0x3C2 } else { 0x3C3 }, 0, 0], 1)
}

fn map(v: Value, ascii: fn(&mut [u8]), f: impl Fn(&[u32], usize) -> Mapped) -> Ref {
    let s = str::view(v);
    if let Some(text) = s.ascii() {
        if let [byte] = *text.as_bytes() {
            let mut bytes = [byte];
            ascii(&mut bytes);
            return Ref::from_owned(str::latin1_char(bytes[0]));
        }
        let made = str::copy_of_ascii(text);
        if !text.is_empty() {
            // SAFETY: the str is new: nobody else sees its bytes.
            ascii(unsafe { std::slice::from_raw_parts_mut(str::data_ptr(made.v().address() as *mut _), text.len()) });
        }
        return made;
    }
    let points: Vec<u32> = s.chars().collect();
    let mut out = Builder::with_capacity(points.len());
    for i in 0..points.len() {
        push(&mut out, f(&points, i));
    }
    out.finish()
}

/// `lower`
pub fn lower(v: Value) -> Ref {
    map(v, |b| b.make_ascii_lowercase(), lower_at)
}

/// `upper`
pub fn upper(v: Value) -> Ref {
    map(v, |b| b.make_ascii_uppercase(), |p, i| unicode::to_upper(p[i]))
}

/// `casefold`
pub fn casefold(v: Value) -> Ref {
    map(v, |b| b.make_ascii_lowercase(), |p, i| unicode::to_fold(p[i]))
}

/// `swapcase`
pub fn swapcase(v: Value) -> Ref {
    let ascii = |bytes: &mut [u8]| {
        for b in bytes {
            if b.is_ascii_alphabetic() {
                *b ^= 0x20;
            }
        }
    };
    map(v, ascii, |p, i| {
        if unicode::is_upper(p[i]) {
            lower_at(p, i)
        } else if unicode::is_lower(p[i]) {
            unicode::to_upper(p[i])
        } else {
            ([p[i], 0, 0], 1)
        }
    })
}

/// `capitalize`
pub fn capitalize(v: Value) -> Ref {
    let ascii = |bytes: &mut [u8]| {
        if let Some((first, rest)) = bytes.split_first_mut() {
            first.make_ascii_uppercase();
            rest.make_ascii_lowercase();
        }
    };
    map(v, ascii, |p, i| if i == 0 { unicode::to_title(p[0]) } else { lower_at(p, i) })
}

/// `title` of ASCII bytes, in place.
pub fn title_ascii(bytes: &mut [u8]) {
    let mut in_word = false;
    for b in bytes {
        if in_word {
            b.make_ascii_lowercase();
        } else {
            b.make_ascii_uppercase();
        }
        in_word = b.is_ascii_alphabetic();
    }
}

/// `title`
pub fn title(v: Value) -> Ref {
    map(v, title_ascii, |p, i| {
        if i > 0 && unicode::is_cased(p[i - 1]) { lower_at(p, i) } else { unicode::to_title(p[i]) }
    })
}

/// `istitle`
pub fn is_title(v: Value) -> bool {
    let (mut cased, mut previous) = (false, false);
    for cp in str::view(v).chars() {
        if unicode::is_upper(cp) || unicode::is_title(cp) {
            if previous {
                return false;
            }
            previous = true;
            cased = true;
        } else if unicode::is_lower(cp) {
            if !previous {
                return false;
            }
            cased = true;
        } else {
            previous = false;
        }
    }
    cased
}

/// `islower` (`want_lower`) and `isupper`: some cased character, none of the other cases.
pub fn is_case(v: Value, want_lower: bool) -> bool {
    let mut cased = false;
    for cp in str::view(v).chars() {
        let f = unicode::flags(cp);
        let (good, bad) = if want_lower {
            (unicode::is_lower(cp), f & (crate::unicode_data::UPPER | crate::unicode_data::TITLE) != 0)
        } else {
            (unicode::is_upper(cp), f & (crate::unicode_data::LOWER | crate::unicode_data::TITLE) != 0)
        };
        if bad {
            return false;
        }
        cased |= good;
    }
    cased
}
