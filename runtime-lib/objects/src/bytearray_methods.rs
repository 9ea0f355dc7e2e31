//! Changing bytearrays in place: item and slice assignment, `extend`, `+=`, `*=`.

use crate::bytearray::ByteArrayObject;
use crate::bytes_type::{byte_value, from_iterable, own, repeated};
use crate::prelude::*;
use crate::str;
use crate::type_object::display_name;
use crate::unpack::{is_index, sequence_index};

fn array<'a>(v: Value) -> &'a ByteArrayObject {
    crate::cast::get_unchecked(v)
}

/// `b.extend(iterable)`
pub fn extend(this: Value, source: Value) -> R<()> {
    let more = if crate::buffer::is_bytes_like(source) {
        crate::buffer::to_vec(source)?
    } else if str::is_str(source) {
        return Err(type_error("expected iterable of integers; got: 'str'"));
    } else {
        let iterator = match crate::ops::iter(source) {
            Ok(i) => i,
            Err(_) if swallow(&crate::exceptions::TYPE_ERROR) => {
                return Err(type_error(format!("can't extend bytearray with {}", display_name(source))));
            }
            Err(e) => return Err(e),
        };
        crate::ops::length_hint(source, 32)?;
        from_iterable(iterator.v(), "byte must be in range(0, 256)")?
    };
    if more.is_empty() {
        return Ok(());
    }
    array(this).resizable()?.extend_from_slice(&more);
    Ok(())
}

/// `b += other`
pub fn iconcat(this: Value, other: Value) -> R<Ref> {
    if !crate::buffer::is_bytes_like(other) {
        return Err(type_error(format!("can't concat {} to {}", display_name(other), display_name(this))));
    }
    let more = crate::buffer::to_vec(other)?;
    if more.is_empty() {
        return Ok(Ref::new(this));
    }
    let b = array(this);
    // The other operand's buffer is in use while the bytearray grows.
    b.exports.set(b.exports.get() + usize::from(this == other));
    let grown = b.resizable().map(|bytes| bytes.extend_from_slice(&more));
    b.exports.set(b.exports.get() - usize::from(this == other));
    grown.map(|()| Ref::new(this))
}

/// `b *= n`
pub fn irepeat(this: Value, n: isize) -> R<Ref> {
    let all = repeated(own(this), n)?;
    if all.len() == own(this).len() {
        return Ok(Ref::new(this));
    }
    *array(this).resizable()? = all;
    Ok(Ref::new(this))
}

/// `b[key] = value` and `del b[key]`
pub fn setitem(this: Value, key: Value, value: Value) -> R<()> {
    let b = array(this);
    if is_index(key) {
        let byte = if value.is_missing() { None } else { Some(byte_value(value)?) };
        let Some(i) = sequence_index(key, own(this).len())?.filter(|&i| i < own(this).len()) else {
            return Err(index_error("bytearray index out of range"));
        };
        match byte {
            Some(x) => b.bytes_mut()[i] = x,
            None => {
                b.resizable()?.remove(i);
            }
        }
        return Ok(());
    }
    if !is_exact(key, &crate::slice::SLICE) {
        return Err(type_error(format!("bytearray indices must be integers or slices, not {}", display_name(key))));
    }
    let new = if value.is_missing() {
        Vec::new()
    } else if crate::buffer::is_bytes_like(value) {
        crate::buffer::to_vec(value)?
    } else {
        let slots = type_of(value).slots();
        if is_index(value) || str::is_str(value) {
            return Err(type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)"));
        }
        if slots.iter.is_none() && slots.getitem.is_none() {
            return Err(type_error(format!("cannot convert '{}' object to bytearray", display_name(value))));
        }
        from_iterable(value, "byte must be in range(0, 256)")?
    };
    let (start, stop, step, count) = crate::slice::indices(key, own(this).len())?;
    if step == 1 {
        let (start, stop) = (start as usize, (stop.max(start)) as usize);
        if new.len() == stop - start {
            b.bytes_mut()[start..stop].copy_from_slice(&new);
        } else {
            b.resizable()?.splice(start..stop, new);
        }
        return Ok(());
    }
    if value.is_missing() {
        if count > 0 {
            let v = b.resizable()?;
            let (first, step) = if step > 0 { (start, step) } else { (start + step * (count as isize - 1), -step) };
            let last = first + step * (count as isize - 1);
            let mut at = 0isize;
            v.retain(|_| {
                let gone = at >= first && at <= last && (at - first) % step == 0;
                at += 1;
                !gone
            });
        }
        return Ok(());
    }
    if new.len() != count {
        return Err(value_error(format!("attempt to assign bytes of size {} to extended slice of size {count}", new.len())));
    }
    let data = b.bytes_mut();
    let mut at = start;
    for x in new {
        data[at as usize] = x;
        at = at.wrapping_add(step);
    }
    Ok(())
}

/// `__reduce_ex__(protocol)`: (class, arguments, state).
pub fn reduce(this: Value, protocol: i64) -> R<Ref> {
    let args = if own(this).is_empty() {
        crate::tuple::from_slice(&[])
    } else if protocol >= 3 {
        crate::tuple::from_refs(vec![crate::bytes::from_slice(own(this))])
    } else {
        crate::tuple::from_refs(vec![str::from_latin1(own(this)), str::from_str("latin-1")])
    };
    let state = crate::ops::getattr(this, crate::names::__GETSTATE__())?;
    let state = crate::call::call0(state.v())?;
    Ok(crate::tuple::from_refs(vec![Ref::new(type_of(this).v()), args, state]))
}
