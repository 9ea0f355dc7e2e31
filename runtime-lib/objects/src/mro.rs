//! The method resolution order: C3 linearisation, and `mro()` of metaclasses.

use crate::dunder::{D, name};
use crate::prelude::*;
use crate::type_object::{TYPE, as_type, display_name, lookup, mro};

/// The linearisation of `t` from its bases.
pub fn compute(t: &'static Type) -> R<Vec<Value>> {
    crate::type_object::ensure_dict(t);
    let bases: Vec<Value> = crate::tuple::items(t.bases.get()).unwrap_or(&[]).to_vec();
    linearise(t.v(), &bases)
}

fn linearise(own: Value, bases: &[Value]) -> R<Vec<Value>> {
    for (i, b) in bases.iter().enumerate() {
        if bases[..i].contains(b) {
            let shown = as_type(*b).map_or("?".into(), |t| t.name());
            return Err(type_error(format!("duplicate base class {shown}")));
        }
    }
    if let [single] = bases {
        let mut order = vec![own];
        order.extend_from_slice(mro(as_type(*single).ok_or_else(|| type_error("bases must be types"))?));
        return Ok(order);
    }
    let mut lists: Vec<&[Value]> = Vec::new();
    for &b in bases {
        lists.push(mro(as_type(b).ok_or_else(|| type_error("bases must be types"))?));
    }
    lists.push(bases);
    let mut order = vec![own];
    loop {
        lists.retain(|l| !l.is_empty());
        if lists.is_empty() {
            return Ok(order);
        }
        let head = lists.iter().map(|l| l[0]).find(|head| lists.iter().all(|l| !l[1..].contains(head)));
        let Some(head) = head else { return Err(inconsistent(&lists)) };
        order.push(head);
        for l in &mut lists {
            if l[0] == head {
                *l = &l[1..];
            }
        }
    }
}

#[cold]
fn inconsistent(lists: &[&[Value]]) -> Raised {
    let mut names: Vec<String> = Vec::new();
    let mut seen: Vec<Value> = Vec::new();
    for l in lists {
        if !seen.contains(&l[0]) {
            seen.push(l[0]);
            names.push(as_type(l[0]).map_or("?".into(), |t| t.name()));
        }
    }
    type_error(format!("Cannot create a consistent method resolution order (MRO) for bases {}", names.join(", ")))
}

/// Computes and stores the order of a heap type, through the metaclass's `mro()` where it has its own.
pub fn set(t: &'static Type) -> R<()> {
    let meta = type_of(t.v());
    let own = lookup(meta, name(D::Mro));
    let custom = !std::ptr::eq(meta, &TYPE) && own.is_some() && own != lookup(&TYPE, name(D::Mro));
    let order = if custom {
        let result = crate::call::call_method_value(t.v(), name(D::Mro), &[])?;
        let items = crate::ops::collect_to_vec(result.v())?;
        for c in &items {
            let Some(class) = as_type(c.v()) else {
                return Err(type_error(format!("mro() returned a non-class ('{}')", display_name(c.v()))));
            };
            let native = t.native.get().unwrap_or(t);
            if !native.is_subtype(class.native.get().unwrap_or(class)) {
                return Err(type_error(format!("mro() returned base with unsuitable layout ('{}')", class.name())));
            }
        }
        crate::tuple::from_refs(items)
    } else {
        crate::tuple::from_slice(&compute(t)?)
    };
    t.mro.set(order);
    Ok(())
}
