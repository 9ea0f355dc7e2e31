//! Searching in sequences of units: bytes and code points of any kind. Short needles: a scan for the rarest-looking end unit;
//! long ones in long texts: the two-way algorithm of `memchr::memmem` where units are bytes, else Horspool's shifts.

use crate::str::{Data, Unit};
use crate::with_data;

/// Position of the first unit equal to `u`.
#[inline]
pub fn find_unit<T: Unit>(hay: &[T], u: T) -> Option<usize> {
    if T::KIND == 1 {
        return memchr::memchr(u.cp() as u8, as_bytes(hay));
    }
    hay.iter().position(|&x| x == u)
}

/// Position of the last unit equal to `u`.
#[inline]
pub fn rfind_unit<T: Unit>(hay: &[T], u: T) -> Option<usize> {
    if T::KIND == 1 {
        return memchr::memrchr(u.cp() as u8, as_bytes(hay));
    }
    hay.iter().rposition(|&x| x == u)
}

#[inline(always)]
fn as_bytes<T: Unit>(units: &[T]) -> &[u8] {
    debug_assert!(T::KIND == 1);
    // SAFETY: KIND 1 is u8 only.
    unsafe { std::slice::from_raw_parts(units.as_ptr() as *const u8, units.len()) }
}

/// A needle made ready for repeated searches.
pub struct Finder<'n, T: Unit> {
    needle: &'n [T],
    memmem: Option<memchr::memmem::Finder<'n>>,
}

impl<'n, T: Unit> Finder<'n, T> {
    /// For a needle that is not empty.
    pub fn new(needle: &'n [T]) -> Finder<'n, T> {
        let memmem = if T::KIND == 1 && needle.len() > 1 { Some(memchr::memmem::Finder::new(as_bytes(needle))) } else { None };
        Finder { needle, memmem }
    }
    /// First occurrence.
    #[inline]
    pub fn find(&self, hay: &[T]) -> Option<usize> {
        match &self.memmem {
            Some(f) => f.find(as_bytes(hay)),
            None => find(hay, self.needle),
        }
    }
}

/// First occurrence of `needle`.
pub fn find<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    let (n, m) = (hay.len(), needle.len());
    if m == 0 {
        return Some(0);
    }
    if m > n {
        return None;
    }
    if m == 1 {
        return find_unit(hay, needle[0]);
    }
    if T::KIND == 1 {
        if n < 64 || m > 8 && n < 256 {
            return find_short(hay, needle);
        }
        return memchr::memmem::find(as_bytes(hay), as_bytes(needle));
    }
    if m < 8 { find_short(hay, needle) } else { find_two_way(hay, needle) }
}

fn find_short<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    let (first, rest) = (needle[0], &needle[1..]);
    let last_start = hay.len() - needle.len();
    let mut at = 0;
    while at <= last_start {
        at += find_unit(&hay[at..=last_start], first)?;
        if &hay[at + 1..at + needle.len()] == rest {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Start and period of the maximal suffix under the order or its inverse.
fn maximal_suffix<T: Unit>(x: &[T], inverse: bool) -> (usize, usize) {
    let (mut start, mut candidate, mut offset, mut period) = (0usize, 1usize, 0usize, 1usize);
    while candidate + offset < x.len() {
        let (a, b) = (x[candidate + offset], x[start + offset]);
        let smaller = if inverse { a > b } else { a < b };
        if smaller {
            candidate += offset + 1;
            offset = 0;
            period = candidate - start;
        } else if a == b {
            if offset + 1 == period {
                candidate += period;
                offset = 0;
            } else {
                offset += 1;
            }
        } else {
            start = candidate;
            candidate += 1;
            offset = 0;
            period = 1;
        }
    }
    (start, period)
}

/// Two-way string matching: linear time, constant space.
fn find_two_way<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    let (n, m) = (hay.len(), needle.len());
    let (a, b) = (maximal_suffix(needle, false), maximal_suffix(needle, true));
    let (cut, mut period) = if a.0 > b.0 { a } else { b };
    let periodic = cut + period <= m && needle[..cut] == needle[period..period + cut];
    if !periodic {
        period = cut.max(m - cut) + 1;
    }
    let mut memory = 0;
    let mut at = 0;
    while at + m <= n {
        let mut i = cut.max(memory);
        while i < m && needle[i] == hay[at + i] {
            i += 1;
        }
        if i < m {
            at += i - cut + 1;
            memory = 0;
            continue;
        }
        let mut j = cut;
        while j > memory && needle[j - 1] == hay[at + j - 1] {
            j -= 1;
        }
        if j <= memory {
            return Some(at);
        }
        at += period;
        memory = if periodic { m - period } else { 0 };
    }
    None
}

/// Last occurrence of `needle`.
pub fn rfind<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    let (n, m) = (hay.len(), needle.len());
    if m == 0 {
        return Some(n);
    }
    if m > n {
        return None;
    }
    if m == 1 {
        return rfind_unit(hay, needle[0]);
    }
    if T::KIND == 1 {
        return memchr::memmem::rfind(as_bytes(hay), as_bytes(needle));
    }
    let mut end = n - m + 1;
    loop {
        let at = rfind_unit(&hay[..end], needle[0])?;
        if &hay[at..at + m] == needle {
            return Some(at);
        }
        end = at;
    }
}

/// Number of non-overlapping occurrences, at most `max`.
pub fn count<T: Unit>(hay: &[T], needle: &[T], max: usize) -> usize {
    if needle.is_empty() {
        return (hay.len() + 1).min(max);
    }
    if needle.len() == 1 && max == usize::MAX {
        if T::KIND == 1 {
            return memchr::memchr_iter(needle[0].cp() as u8, as_bytes(hay)).count();
        }
        return hay.iter().filter(|&&u| u == needle[0]).count();
    }
    let finder = Finder::new(needle);
    let (mut n, mut at) = (0, 0);
    while n < max {
        let Some(i) = finder.find(&hay[at..]) else { break };
        n += 1;
        at += i + needle.len();
    }
    n
}

/// Units of one kind made from another: None when a code point does not fit.
pub fn convert<T: Unit>(d: Data<'_>) -> Option<Vec<T>> {
    with_data!(d, s => {
        let limit: u32 = match T::KIND { 1 => 0xFF, 2 => 0xFFFF, _ => u32::MAX };
        let mut out = Vec::with_capacity(s.len());
        for u in s {
            if u.cp() > limit {
                return None;
            }
            out.push(T::from_cp(u.cp()));
        }
        Some(out)
    })
}

/// `with_same_kind!(hay, needle, h, n => expression, else other)`: the expression with both as slices of hay's kind; `other` where the needle has
/// a code point that the haystack cannot have.
#[macro_export]
macro_rules! with_same_kind {
    ($hay:expr, $needle:expr, $h:ident, $n:ident => $e:expr, else $other:expr) => {{
        use $crate::str::Data;
        match ($hay, $needle) {
            (Data::One($h), Data::One($n)) => $e,
            (Data::Two($h), Data::Two($n)) => $e,
            (Data::Four($h), Data::Four($n)) => $e,
            (Data::One(_), _) => $other,
            (Data::Two($h), d) => match $crate::str_search::convert::<u16>(d) {
                Some(units) => {
                    let $n: &[u16] = &units;
                    $e
                }
                None => $other,
            },
            (Data::Four($h), d) => {
                let units = $crate::str_search::convert::<u32>(d).unwrap_or_default();
                let $n: &[u32] = &units;
                $e
            }
        }
    }};
}

/// First occurrence in str data.
pub fn find_data(hay: Data<'_>, needle: Data<'_>) -> Option<usize> {
    with_same_kind!(hay, needle, h, n => find(h, n), else None)
}

/// Last occurrence in str data.
pub fn rfind_data(hay: Data<'_>, needle: Data<'_>) -> Option<usize> {
    with_same_kind!(hay, needle, h, n => rfind(h, n), else None)
}

/// Occurrences in str data.
pub fn count_data(hay: Data<'_>, needle: Data<'_>) -> usize {
    with_same_kind!(hay, needle, h, n => count(h, n, usize::MAX), else 0)
}

/// Whether `hay[at..]` starts with the needle.
pub fn matches_at(hay: Data<'_>, needle: Data<'_>, at: usize) -> bool {
    if needle.len() > hay.len() - at {
        return false;
    }
    let part = hay.slice(at, at + needle.len());
    with_same_kind!(part, needle, h, n => h == n, else false)
}
