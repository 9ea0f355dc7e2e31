//! Properties and case mappings of code points, after Unicode 16 (as CPython 3.14). The tables stand in `unicode_data`.

use crate::unicode_data::*;

/// The flags of `unicode_data` that a code point has.
#[inline]
pub fn flags(cp: u32) -> u16 {
    let top = TOP[(cp >> (SHIFT + SHIFT2)) as usize] as usize;
    let middle = MIDDLE[(top << SHIFT2) + ((cp >> SHIFT) as usize & ((1 << SHIFT2) - 1))] as usize;
    COMBINATIONS[LEAVES[(middle << SHIFT) + (cp as usize & ((1 << SHIFT) - 1))] as usize]
}

macro_rules! predicates {
    ($($(#[doc = $doc:literal])* $name:ident = $flags:expr;)*) => {
        $($(#[doc = $doc])* #[inline] pub fn $name(cp: u32) -> bool { flags(cp) & ($flags) != 0 })*
    };
}

predicates! {
    /// Letter.
    is_alpha = ALPHA;
    /// Decimal digit.
    is_decimal = DECIMAL;
    /// Digit, superscripts and the like included.
    is_digit = DIGIT;
    /// Has a numeric value.
    is_numeric = NUMERIC;
    /// `str.isalnum` of one character.
    is_alnum = ALPHA | DECIMAL | DIGIT | NUMERIC;
    /// Lowercase property.
    is_lower = LOWER;
    /// Uppercase property.
    is_upper = UPPER;
    /// Title-case letter.
    is_title = TITLE;
    /// Cased property.
    is_cased = LOWER | UPPER | TITLE;
    /// Skipped by the final-sigma rule.
    is_case_ignorable = CASE_IGNORABLE;
    /// Shown as it is by `repr`.
    is_printable = PRINTABLE;
    /// May start an identifier.
    is_xid_start = XID_START;
    /// May continue an identifier.
    is_xid_continue = XID_CONTINUE;
}

/// Whitespace as `str.split` and `str.strip` see it.
#[inline]
pub fn is_space(cp: u32) -> bool {
    if cp < 128 { matches!(cp, 9..=13 | 28..=32) } else { flags(cp) & SPACE != 0 }
}

/// Line boundary as `str.splitlines` sees it.
#[inline]
pub fn is_line_break(cp: u32) -> bool {
    matches!(cp, 10..=13 | 28..=30 | 0x85 | 0x2028 | 0x2029)
}

/// Value of a decimal digit.
pub fn decimal_value(cp: u32) -> Option<u32> {
    if cp < 128 {
        return if (48..58).contains(&cp) { Some(cp - 48) } else { None };
    }
    if !is_decimal(cp) {
        return None;
    }
    let at = DECIMAL_ZEROS.partition_point(|&z| z <= cp);
    Some(cp - DECIMAL_ZEROS[at - 1])
}

/// Value of a digit, superscripts and the like included.
pub fn digit_value(cp: u32) -> Option<u32> {
    decimal_value(cp).or_else(|| DIGIT_RUNS.iter().find(|r| r.0 <= cp && cp <= r.1).map(|r| cp - r.0 + r.2 as u32))
}

/// One to three code points: the result of a case mapping.
pub type Mapped = ([u32; 3], usize);

fn find(ranges: &[(u32, u32, u8, i32)], special: &[(u32, [u16; 3])], cp: u32) -> Option<Mapped> {
    let at = ranges.partition_point(|r| r.1 < cp);
    if let Some(&(first, _, stride, delta)) = ranges.get(at)
        && first <= cp
        && (cp - first).is_multiple_of(stride as u32)
    {
        return Some(([(cp as i32 + delta) as u32, 0, 0], 1));
    }
    let at = special.binary_search_by_key(&cp, |s| s.0).ok()?;
    let m = special[at].1;
    let n = m.iter().take_while(|&&c| c != 0).count();
    Some(([m[0] as u32, m[1] as u32, m[2] as u32], n))
}

fn same(cp: u32) -> Mapped {
    ([cp, 0, 0], 1)
}

/// Full lower-case mapping.
pub fn to_lower(cp: u32) -> Mapped {
    if cp < 128 {
        return same((cp as u8).to_ascii_lowercase() as u32);
    }
    find(&LOWER_MAP, &LOWER_MAP_SPECIAL, cp).unwrap_or(same(cp))
}

/// Full upper-case mapping.
pub fn to_upper(cp: u32) -> Mapped {
    if cp < 128 {
        return same((cp as u8).to_ascii_uppercase() as u32);
    }
    find(&UPPER_MAP, &UPPER_MAP_SPECIAL, cp).unwrap_or(same(cp))
}

/// Full title-case mapping.
pub fn to_title(cp: u32) -> Mapped {
    if cp < 128 {
        return to_upper(cp);
    }
    find(&TITLE_MAP, &TITLE_MAP_SPECIAL, cp).unwrap_or_else(|| to_upper(cp))
}

/// Full case folding.
pub fn to_fold(cp: u32) -> Mapped {
    if cp < 128 {
        return to_lower(cp);
    }
    find(&FOLD_MAP, &FOLD_MAP_SPECIAL, cp).unwrap_or_else(|| to_lower(cp))
}

/// Simple lower-case mapping (one code point), as `re` uses it.
pub fn to_lower_simple(cp: u32) -> u32 {
    if cp == 0x130 { 0x69 } else { to_lower(cp).0[0] }
}
