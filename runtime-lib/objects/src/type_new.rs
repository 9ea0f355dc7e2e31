//! Making classes: `type(name, bases, namespace)`, `__build_class__`, layouts and `__slots__`.

use crate::descriptors::{MemberKind, new_member};
use crate::dunder::{D, name};
use crate::function::{CellBody, FUNCTION};
use crate::prelude::*;
use crate::type_object::{INHERITED_FLAGS, OBJECT, TYPE, as_type, display_name, ensure_dict, full_name, lookup_special, type_modified};
use dxpyc_abi::InstanceDict;

/// Attribute values kept inline in an instance at most.
const INLINE_MAX: u32 = 60;

/// The most derived metaclass of `meta` and the bases' classes.
pub fn calculate_metaclass(meta: &'static Type, bases: &[Value]) -> R<&'static Type> {
    let mut winner = meta;
    for &b in bases {
        let own = type_of(b);
        if winner.is_subtype(own) {
            continue;
        }
        if own.is_subtype(winner) {
            winner = own;
            continue;
        }
        return Err(type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

/// The class of the chain that last extended the instances' layout.
fn solid_base(t: &'static Type) -> &'static Type {
    let Some(base) = t.base.get() else { return t };
    let own = if t.has(type_flags::HEAP) {
        crate::tuple::items(t.extra.get()).is_some_and(|m| !m.is_empty())
    } else {
        t.basic_size.get() != base.basic_size.get() || t.var_size().is_some() != base.var_size().is_some()
    };
    if own { t } else { solid_base(base) }
}

fn best_base(bases: &[Value]) -> R<&'static Type> {
    let mut winner: Option<&'static Type> = None;
    let mut best: Option<&'static Type> = None;
    for &b in bases {
        let Some(t) = as_type(b) else { return Err(type_error("bases must be types")) };
        t.slots();
        if !t.has(type_flags::BASE) {
            return Err(type_error(format!("type '{}' is not an acceptable base type", full_name(t))));
        }
        let candidate = solid_base(t);
        match winner {
            None => {
                winner = Some(candidate);
                best = Some(t);
            }
            Some(w) if w.is_subtype(candidate) => {}
            Some(w) if candidate.is_subtype(w) => {
                winner = Some(candidate);
                best = Some(t);
            }
            Some(_) => return Err(type_error("multiple bases have instance lay-out conflict")),
        }
    }
    Ok(best.unwrap_or(&OBJECT))
}

fn has_dict(t: &'static Type) -> bool {
    t.prefix.dict_offset.get() != 0 || t.dict_slot.get() != 0 || t.has(type_flags::TYPE)
}

fn mangle(class: &str, attribute: &str) -> String {
    let stripped = class.trim_start_matches('_');
    if !attribute.starts_with("__") || attribute.ends_with("__") || attribute.contains('.') || stripped.is_empty() {
        return attribute.to_string();
    }
    format!("_{stripped}{attribute}")
}

struct Layout {
    add_dict: bool,
    add_weakref: bool,
    /// Mangled, sorted.
    members: Vec<String>,
}

/// Reads `__slots__`.
fn read_slots(class_name: &str, base: &'static Type, bases: &[Value], dict: Value) -> R<Layout> {
    let may_dict = !has_dict(base);
    let may_weakref = !base.has(type_flags::WEAKREFABLE);
    let Some(slots) = crate::dict::get_str(dict, name(D::SlotsName)).map(Ref::new) else {
        return Ok(Layout { add_dict: may_dict, add_weakref: may_weakref, members: Vec::new() });
    };
    let mut layout = Layout { add_dict: false, add_weakref: false, members: Vec::new() };
    let names = if crate::str::is_str(slots.v()) { vec![slots.clone()] } else { crate::ops::collect_to_vec(slots.v())? };
    let variable = base.native.get().is_some_and(|n| (n.var_size().is_some() || n.has(type_flags::INT)) && !n.has(type_flags::STR));
    if !names.is_empty() && variable {
        return Err(type_error(format!("nonempty __slots__ not supported for subtype of '{}'", full_name(base))));
    }
    for n in &names {
        if !crate::str::is_str(n.v()) {
            return Err(type_error(format!("__slots__ items must be strings, not '{}'", display_name(n.v()))));
        }
        let text = crate::str::to_rust(n.v());
        let identifier = crate::call::call_method(n.v(), "isidentifier", &[])?;
        if identifier.v() != Value::TRUE {
            return Err(type_error("__slots__ must be identifiers"));
        }
        match text.as_str() {
            "__dict__" => {
                if !may_dict || layout.add_dict {
                    return Err(type_error("__dict__ slot disallowed: we already got one"));
                }
                layout.add_dict = true;
            }
            "__weakref__" => {
                if !may_weakref || layout.add_weakref {
                    return Err(type_error("__weakref__ slot disallowed: we already got one"));
                }
                layout.add_weakref = true;
            }
            _ => {
                let mangled = mangle(class_name, &text);
                let key = crate::str::intern(&mangled);
                if crate::dict::get_str(dict, key.v()).is_some() && !matches!(mangled.as_str(), "__qualname__" | "__classcell__" | "__classdictcell__") {
                    return Err(value_error(format!("'{text}' in __slots__ conflicts with class variable")));
                }
                if !layout.members.contains(&mangled) {
                    layout.members.push(mangled);
                }
            }
        }
    }
    layout.members.sort();
    for &b in bases {
        if let Some(t) = as_type(b)
            && !std::ptr::eq(t, base)
        {
            layout.add_dict |= may_dict && has_dict(t);
            layout.add_weakref |= may_weakref && t.has(type_flags::WEAKREFABLE);
        }
    }
    Ok(layout)
}

/// The `new` slot of `type`.
pub fn type_new(meta: &'static Type, args: &Args) -> R<Ref> {
    let n = args.pos().len();
    if std::ptr::eq(meta, &TYPE) && n != 3 {
        return Err(type_error("type() takes 1 or 3 arguments"));
    }
    let [name_value, bases_value, namespace] = args.pos() else {
        return Err(type_error(format!("type.__new__() takes exactly 3 arguments ({n} given)")));
    };
    let wrong = |i: usize, want: &str, v: Value| type_error(format!("type.__new__() argument {i} must be {want}, not {}", display_name(v)));
    if !crate::str::is_str(*name_value) {
        return Err(wrong(1, "str", *name_value));
    }
    let Some(bases) = crate::tuple::items(*bases_value) else { return Err(wrong(2, "tuple", *bases_value)) };
    if !crate::dict::is_dict(*namespace) {
        return Err(wrong(3, "dict", *namespace));
    }
    for &b in bases {
        if as_type(b).is_none() && crate::ops::getattr_opt_value(b, name(D::MroEntries))?.is_some() {
            return Err(type_error("type() doesn't support MRO entry resolution; use types.new_class()"));
        }
    }
    let winner = calculate_metaclass(meta, bases)?;
    if !std::ptr::eq(winner, meta)
        && let Some(new) = winner.slots().new
        && new as usize != type_new as *const () as usize
    {
        return new(winner, args);
    }
    let object_base = [OBJECT.v()];
    let bases = if bases.is_empty() { &object_base[..] } else { bases };
    let t = make_type(winner, *name_value, bases, *namespace)?;
    finish_type(t.v(), args)?;
    Ok(t)
}

fn make_type(meta: &'static Type, class_name: Value, bases: &[Value], namespace: Value) -> R<Ref> {
    let text = crate::str::to_rust(class_name);
    if text.contains('\0') {
        return Err(value_error("type name must not contain null characters"));
    }
    let base = best_base(bases)?;
    let base_slots_ready = base.slots();
    let _ = base_slots_ready;
    let dict = crate::dict::copy(namespace);
    let layout = read_slots(&text, base, bases, dict.v())?;

    // --- layout
    let native = base.native.get().unwrap_or(base);
    let mut flags = type_flags::HEAP | type_flags::BASE | type_flags::READY | (base.prefix.flags.get() & INHERITED_FLAGS);
    let mut added = base.added_size.get();
    let variable = native.var_size().is_some();
    let native_bytes = ((native.basic_size.get() + 7) & !7) as u32;
    let mut member_offsets = Vec::new();
    for member in &layout.members {
        let (kind, offset) = if variable { (MemberKind::Behind, added) } else { (MemberKind::Fixed, native_bytes + added) };
        member_offsets.push((member.clone(), kind, offset as usize));
        added += size_of::<Value>() as u32;
    }
    let mut dict_offset = base.prefix.dict_offset.get();
    let mut added_dict = base.added_dict.get();
    if layout.add_dict {
        if variable {
            dict_offset = -1;
            added_dict = added;
        } else {
            dict_offset = (native_bytes + added) as isize;
        }
        added += size_of::<InstanceDict>() as u32;
    }
    if layout.add_weakref {
        flags |= type_flags::WEAKREFABLE;
    }
    if added > 0 {
        flags |= type_flags::GC;
    }
    let total = native_bytes + added;
    // Attribute values stand inline only where the InstanceDict is ours (natives with their own start without).
    let mut inline = 0;
    if dict_offset == -1 || dict_offset >= native_bytes as isize {
        inline = inline_count(base, dict.v());
        if !variable && (total + inline * 8) % 16 == 8 {
            inline += 1;
        }
    }

    let mut shell = Type::builtin::<u8>("", "", Some(base), 0, Slots::NONE, None);
    shell.prefix.header = crate::cast::fresh_header();
    shell.prefix.flags.set(flags);
    shell.prefix.dict_offset.set(dict_offset);
    shell.basic_size.set(total as usize);
    shell.inline_values.set(inline);
    shell.added_size.set(added);
    shell.added_dict.set(added_dict);
    shell.dict_slot.set(base.dict_slot.get());
    shell.native.set(Some(native));
    shell.native_drop = None;
    if std::ptr::eq(native, &OBJECT) && crate::type_object::is_plain(&shell) {
        shell.dealloc.set(Some(crate::type_object::dealloc_plain_instance));
    } else if added == 0 && !variable && native.has(type_flags::EXCEPTION) {
        shell.dealloc.set(Some(crate::exceptions::dealloc));
    }
    shell.name_object.set(Ref::new(class_name));
    shell.bases.set(crate::tuple::from_slice(bases));
    let member_names: Vec<Ref> = member_offsets.iter().map(|m| crate::str::intern(&m.0)).collect();
    shell.extra.set(crate::tuple::from_refs(member_names));
    {
        let slots = shell.slots.get_mut();
        slots.visit = Some(crate::type_object::visit_instance);
        slots.clear = Some(crate::type_object::clear_instance);
        slots.var_size = native.var_size();
    }

    // --- names and special entries of the namespace
    match crate::dict::get_str(dict.v(), name(D::Qualname)).map(Ref::new) {
        Some(q) => {
            if !crate::str::is_str(q.v()) {
                return Err(type_error(format!("type __qualname__ must be a str, not {}", display_name(q.v()))));
            }
            shell.qualname_object.set(q);
            crate::dict::delete(dict.v(), name(D::Qualname))?;
        }
        None => shell.qualname_object.set(Ref::new(class_name)),
    }
    let put = |d: D, v: Ref| crate::dict::set(dict.v(), name(d), v.v());
    if crate::dict::get_str(dict.v(), name(D::Module)).is_none() {
        put(D::Module, crate::str::intern("__main__"))?;
    }
    if crate::dict::get_str(dict.v(), name(D::Doc)).is_none() {
        put(D::Doc, Ref::none())?;
    }
    if let Some(f) = crate::dict::get_str(dict.v(), name(D::New))
        && is_exact(f, &FUNCTION)
    {
        put(D::New, crate::class_method::new_static(f))?;
    }
    for d in [D::InitSubclass, D::ClassGetItem] {
        if let Some(f) = crate::dict::get_str(dict.v(), name(d))
            && is_exact(f, &FUNCTION)
        {
            put(d, crate::class_method::new_class(f))?;
        }
    }
    if crate::dict::get_str(dict.v(), name(D::Eq)).is_some() && crate::dict::get_str(dict.v(), name(D::Hash)).is_none() {
        put(D::Hash, Ref::none())?;
    }
    let class_cell = crate::dict::get_str(dict.v(), name(D::ClassCell)).map(Ref::new);
    if let Some(cell) = &class_cell {
        if crate::cast::get::<CellBody>(cell.v()).is_none() {
            let class = crate::ops::repr(type_of(cell.v()).v())?;
            return Err(type_error(format!("__classcell__ must be a nonlocal cell, not {}", crate::str::to_rust(class.v()))));
        }
        crate::dict::delete(dict.v(), name(D::ClassCell))?;
    }
    let dict_cell = crate::dict::get_str(dict.v(), name(D::ClassDictCell)).map(Ref::new);
    if dict_cell.is_some() {
        crate::dict::delete(dict.v(), name(D::ClassDictCell))?;
    }

    let made = crate::cast::new_object_of::<Type>(meta, shell);
    let t = as_type(made.v()).ok_or_else(|| system_error("a metaclass made no type"))?;
    t.prefix.version.set(crate::type_object::fresh_version());
    t.dict.set(dict);
    for (member, kind, offset) in member_offsets {
        let key = crate::str::intern(&member);
        let m = new_member(t, key.v(), kind, offset);
        crate::dict::set(t.dict.get(), key.v(), m.v())?;
    }
    if layout.add_dict {
        add_if_absent(t, D::Dict, MemberKind::Dict)?;
    }
    if layout.add_weakref {
        add_if_absent(t, D::Weakref, MemberKind::Weakref)?;
    }
    crate::mro::set(t)?;
    for &b in bases {
        if let Some(b) = as_type(b) {
            ensure_dict(b);
            crate::type_object::add_subclass(b, t);
        }
    }
    crate::wrappers::update_slots(t, None);
    crate::wrappers::expect_changes();
    type_modified(t);
    if t.has(type_flags::FINALIZER) {
        crate::state::note_observable_death();
    }
    if let Some(cell) = class_cell.as_ref().and_then(|c| crate::cast::get::<CellBody>(c.v())) {
        drop(Ref::from_owned(cell.0.value.replace(Ref::new(made.v()).into_raw())));
    }
    if let Some(cell) = dict_cell.as_ref().and_then(|c| crate::cast::get::<CellBody>(c.v())) {
        drop(Ref::from_owned(cell.0.value.replace(Ref::new(t.dict.get()).into_raw())));
    }
    Ok(made)
}

fn add_if_absent(t: &'static Type, d: D, kind: MemberKind) -> R<()> {
    let dict = t.dict.get();
    if crate::dict::get_str(dict, name(d)).is_none() {
        let m = new_member(t, name(d), kind, 0);
        crate::dict::set(dict, name(d), m.v())?;
    }
    Ok(())
}

/// How many attributes the methods of the class assign to `self`, with those of the base.
fn inline_count(base: &'static Type, dict: Value) -> u32 {
    let inherited = base.inline_values.get();
    let Some(own) = crate::dict::get_str(dict, name(D::StaticAttributes)).and_then(crate::tuple::items) else {
        return inherited.max(2);
    };
    let of_base = crate::type_object::lookup(base, name(D::StaticAttributes)).and_then(crate::tuple::items).unwrap_or(&[]);
    let new = own.iter().filter(|&&a| !of_base.iter().any(|&b| crate::shape::same_name(a, b))).count() as u32;
    (inherited + new).min(INLINE_MAX)
}

/// `__set_name__` of the namespace's values, then `__init_subclass__` of the parent.
fn finish_type(class: Value, args: &Args) -> R<()> {
    let t = as_type(class).ok_or_else(|| system_error("no type"))?;
    let mut entries = Vec::new();
    let mut pos = 0;
    while let Some((k, v)) = crate::dict::next_entry(t.dict.get(), &mut pos) {
        entries.push((Ref::new(k), Ref::new(v)));
    }
    for (k, v) in &entries {
        if is_exact(v.v(), &FUNCTION) {
            continue;
        }
        let Some(hook) = lookup_special(v.v(), name(D::SetName))? else { continue };
        if let Err(raised) = crate::call::call2(hook.v(), class, k.v()) {
            let shown = crate::ops::repr(k.v()).map_or(String::new(), |r| crate::str::to_rust(r.v()));
            let note = format!("Error calling __set_name__ on '{}' instance {shown} in '{}'", display_name(v.v()), t.name());
            if let Some(exception) = crate::state::take_pending() {
                let note = crate::str::from_str(&note);
                let _ = crate::call::call_method(exception.v(), "add_note", &[note.v()]);
                crate::state::state().pending.set(exception);
            }
            return Err(raised);
        }
    }
    let parent = crate::super_object::make(class, class)?;
    let hook = crate::ops::getattr(parent.v(), name(D::InitSubclass))?;
    crate::call::call(hook.v(), &Args::with_names(args.kw_values(), args.names()))?;
    Ok(())
}

/// Assignment to `__bases__`.
pub fn set_bases(t: &'static Type, value: Value) -> R<()> {
    let shown = t.name();
    let Some(bases) = crate::tuple::items(value) else {
        return Err(type_error(format!("can only assign tuple to {shown}.__bases__, not {}", display_name(value))));
    };
    if bases.is_empty() {
        return Err(type_error(format!("can only assign non-empty tuple to {shown}.__bases__, not ()")));
    }
    for &b in bases {
        let Some(b) = as_type(b) else {
            return Err(type_error(format!("{shown}.__bases__ must be tuple of classes, not '{}'", display_name(b))));
        };
        if b.is_subtype(t) {
            return Err(type_error("a __bases__ item causes an inheritance cycle"));
        }
    }
    let base = best_base(bases)?;
    let old_base = t.base.get().unwrap_or(&OBJECT);
    if !crate::object::same_layout(base, old_base) {
        return Err(type_error(format!("__bases__ assignment: '{}' object layout differs from '{}'", full_name(base), full_name(old_base))));
    }
    let old = t.bases.cloned();
    t.bases.set(Ref::new(value));
    t.base.set(Some(base));
    if let Err(raised) = refresh(t) {
        if let Some(old) = old {
            t.bases.set(old);
            t.base.set(Some(old_base));
            let pending = crate::state::take_pending();
            let _ = refresh(t);
            if let Some(p) = pending {
                crate::state::state().pending.set(p);
            }
        }
        return Err(raised);
    }
    for b in old.iter().flat_map(|o| crate::tuple::items(o.v()).unwrap_or(&[])) {
        if let Some(b) = as_type(*b) {
            crate::type_object::remove_subclass(b, t);
        }
    }
    for &b in bases {
        if let Some(b) = as_type(b) {
            crate::type_object::add_subclass(b, t);
        }
    }
    Ok(())
}

fn refresh(t: &'static Type) -> R<()> {
    crate::mro::set(t)?;
    type_modified(t);
    crate::wrappers::update_slots(t, None);
    for s in crate::type_object::subclasses(t) {
        refresh(s)?;
    }
    Ok(())
}

// ---------------------------------------------------------------- class statements

/// The builtin `__build_class__`; a program without class statements leaves it out.
#[unsafe(link_section = ".data.rel.ro.dxp.builtins.build_class")]
pub static BUILD_CLASS: crate::native::NativeDecl = crate::native::NativeDecl {
    name: "__build_class__",
    signature: "",
    doc: "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\nInternal helper function used by the class statement.",
    kind: crate::native::FnKind::Function,
    params: &[],
    call: build_class,
};

/// Replaces bases that have `__mro_entries__`; None when nothing changed.
fn resolve_bases(bases: &[Value]) -> R<Option<Ref>> {
    let mut out: Vec<Ref> = Vec::new();
    let mut changed = false;
    let all = crate::tuple::from_slice(bases);
    for &b in bases {
        if as_type(b).is_none()
            && let Some(f) = crate::ops::getattr_opt_value(b, name(D::MroEntries))?
        {
            let entries = crate::call::call1(f.v(), all.v())?;
            let Some(items) = crate::tuple::items(entries.v()) else {
                return Err(type_error("__mro_entries__ must return a tuple"));
            };
            changed = true;
            out.extend(items.iter().map(|&i| Ref::new(i)));
            continue;
        }
        out.push(Ref::new(b));
    }
    Ok(changed.then(|| crate::tuple::from_refs(out)))
}

fn build_class(_: Value, args: &Args) -> R<Ref> {
    let pos = args.pos();
    if pos.len() < 2 {
        return Err(type_error("__build_class__: not enough arguments"));
    }
    let (function, class_name) = (pos[0], pos[1]);
    if !is_exact(function, &FUNCTION) {
        return Err(type_error("__build_class__: func must be a function"));
    }
    if !crate::str::is_str(class_name) {
        return Err(type_error("__build_class__: name is not a string"));
    }
    let original = crate::tuple::from_slice(&pos[2..]);
    let resolved = resolve_bases(&pos[2..])?;
    let bases = resolved.as_ref().unwrap_or(&original).clone();
    let base_items = crate::tuple::items_unchecked(bases.v());
    let mut meta_arg = Value::MISSING;
    let mut kw_names = Vec::new();
    let mut kw_values = Vec::new();
    for (k, v) in args.kw() {
        if crate::shape::same_name(k, name(D::Metaclass)) {
            meta_arg = v;
        } else {
            kw_names.push(k);
            kw_values.push(v);
        }
    }
    let mut meta = if !meta_arg.is_missing() {
        meta_arg
    } else {
        match base_items.first() {
            Some(b) => type_of(*b).v(),
            None => TYPE.v(),
        }
    };
    if let Some(m) = as_type(meta) {
        meta = calculate_metaclass(m, base_items)?.v();
    }
    let with_kw = |values: &[Value]| {
        let mut all = values.to_vec();
        all.extend_from_slice(&kw_values);
        all
    };
    let plain_prepare = meta == TYPE.v();
    let prepare = if plain_prepare { None } else { crate::ops::getattr_opt_value(meta, name(D::Prepare))? };
    let namespace = match prepare {
        Some(p) => crate::call::call(p.v(), &Args::with_names(&with_kw(&[class_name, bases.v()]), &kw_names))?,
        None => crate::dict::new(),
    };
    if !crate::dict::is_dict(namespace.v()) && type_of(namespace.v()).slots().getitem.is_none() {
        let shown = as_type(meta).map_or("<metaclass>".to_string(), |m| m.name());
        return Err(type_error(format!("{shown}.__prepare__() must return a mapping, not {}", display_name(namespace.v()))));
    }
    let body = crate::cast::get_unchecked::<crate::function::Function>(function);
    let result = crate::call::from_raw(crate::call::call_body(&body.abi, function, &[namespace.v()]))?;
    drop(result);
    if resolved.is_some() {
        crate::ops::setitem(namespace.v(), name(D::OrigBases), original.v())?;
    }
    let cell = if crate::dict::is_dict(namespace.v()) {
        crate::dict::get_str(namespace.v(), name(D::ClassCell)).map(Ref::new)
    } else {
        None
    };
    let class = crate::call::call(meta, &Args::with_names(&with_kw(&[class_name, bases.v(), namespace.v()]), &kw_names))?;
    if let Some(cell) = cell.as_ref().and_then(|c| crate::cast::get::<CellBody>(c.v()))
        && as_type(class.v()).is_some()
    {
        let content = cell.0.value.get();
        let shown = crate::str::to_rust(crate::ops::repr(class_name)?.v());
        if content.is_missing() {
            let class_repr = crate::ops::repr(class.v())?;
            return Err(runtime_error(format!(
                "__class__ not set defining {shown} as {}. Was __classcell__ propagated to type.__new__?",
                crate::str::to_rust(class_repr.v())
            )));
        }
        if content != class.v() {
            return Err(type_error(format!(
                "__class__ set to {} defining {shown} as {}",
                crate::str::to_rust(crate::ops::repr(content)?.v()),
                crate::str::to_rust(crate::ops::repr(class.v())?.v())
            )));
        }
    }
    Ok(class)
}

/// A heap class made by the runtime itself.
pub fn new_class(class_name: &str, module: &str, bases: &[&'static Type]) -> R<Ref> {
    let namespace = crate::dict::new();
    let module = crate::str::intern(module);
    crate::dict::set(namespace.v(), name(D::Module), module.v())?;
    let bases: Vec<Value> = bases.iter().map(|b| b.v()).collect();
    let class_name = crate::str::intern(class_name);
    let bases = crate::tuple::from_slice(&bases);
    type_new(&TYPE, &Args::positional(&[class_name.v(), bases.v(), namespace.v()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::{FnKind, NativeDecl};

    static ADD: NativeDecl = NativeDecl {
        name: "add",
        signature: "",
        doc: "",
        kind: FnKind::Function,
        params: &[],
        call: |_, args| crate::ops::add(args.pos()[0], args.pos()[1]),
    };

    fn shown(v: R<Ref>) -> String {
        match v.and_then(|v| crate::ops::repr(v.v())) {
            Ok(r) => crate::str::to_rust(r.v()),
            Err(_) => {
                let e = crate::state::take_pending().expect("an exception");
                crate::str::to_rust(crate::ops::repr(e.v()).expect("repr").v())
            }
        }
    }

    /// One test: the object model is single-threaded.
    #[test]
    fn classes_are_made_and_used() {
        crate::install();
        let s = |t: &str| crate::str::intern(t);
        let ns = crate::dict::new();
        let f = crate::function::new_module_function(&ADD, "m");
        let wrapped = crate::class_method::new_static(f.v());
        crate::dict::set_str(ns.v(), "helper", wrapped);
        crate::dict::set_str(ns.v(), "x", crate::int::from_i64(7));
        let empty = crate::tuple::from_slice(&[]);
        let a = crate::call::call3(TYPE.v(), s("A").v(), empty.v(), ns.v()).expect("A");
        assert_eq!(shown(Ok(a.clone())), "<class '__main__.A'>");
        let i = crate::call::call0(a.v()).expect("A()");
        assert!(shown(Ok(i.clone())).starts_with("<__main__.A object at 0x"));
        assert_eq!(shown(crate::ops::getattr_str(i.v(), "x")), "7");
        for n in 0..40 {
            crate::ops::setattr_str(i.v(), &format!("a{n}"), Value::from_small_int(n)).expect("set");
        }
        assert_eq!(shown(crate::ops::getattr_str(i.v(), "a39")), "39");
        crate::ops::delattr(i.v(), s("a3").v()).expect("del");
        assert_eq!(shown(crate::ops::getattr_str(i.v(), "a3")), "AttributeError(\"'A' object has no attribute 'a3'\")");
        assert_eq!(shown(crate::ops::getattr_str(i.v(), "a4")), "4");
        let d = crate::ops::getattr_str(i.v(), "__dict__").expect("dict");
        assert_eq!(crate::dict::len(d.v()), 39);
        crate::ops::setattr_str(i.v(), "zz", Value::TRUE).expect("set");
        assert_eq!(crate::dict::len(d.v()), 40);
        assert_eq!(shown(crate::call::call_method(i.v(), "helper", &[Value::from_small_int(1), Value::from_small_int(2)])), "3");
        let bases = crate::tuple::from_slice(&[crate::int::INT.v()]);
        let b = crate::call::call3(TYPE.v(), s("B").v(), bases.v(), crate::dict::new().v()).expect("B");
        let five = crate::call::call1(b.v(), Value::from_small_int(5)).expect("B(5)");
        crate::ops::setattr_str(five.v(), "q", Value::TRUE).expect("set");
        assert_eq!(shown(crate::ops::add(five.v(), Value::from_small_int(2))), "7");
        assert_eq!(shown(crate::ops::getattr_str(crate::int::INT.v(), "__add__")), "<slot wrapper '__add__' of 'int' objects>");
        assert_eq!(shown(crate::ops::add(Value::from_small_int(2), s("x").v())), "TypeError(\"unsupported operand type(s) for +: 'int' and 'str'\")");
        let bad = crate::tuple::from_slice(&[crate::int::INT.v(), crate::str::STR.v()]);
        assert_eq!(
            shown(crate::call::call3(TYPE.v(), s("C").v(), bad.v(), crate::dict::new().v())),
            "TypeError('multiple bases have instance lay-out conflict')"
        );
        let m = crate::ops::getattr_str(b.v(), "__mro__");
        assert_eq!(shown(m), "(<class '__main__.B'>, <class 'int'>, <class 'object'>)");
        drop((i, five, a, b));
        dxpyc_heap::collect::collect();
    }
}
