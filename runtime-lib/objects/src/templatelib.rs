//! t-strings: `string.templatelib.Template` and `Interpolation`.

use crate::prelude::*;

/// A template: n + 1 strings around n interpolations.
#[repr(C)]
pub struct TemplateObject {
    header: Header,
    strings: Slot,
    interpolations: Slot,
}
object_type!(TemplateObject, TEMPLATE);

impl Visit for TemplateObject {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.strings);
        v.slot(&self.interpolations);
    }
    fn clear(&self) {}
}

/// `string.templatelib.Template`.
pub static TEMPLATE: Type = Type::builtin::<TemplateObject>(
    "Template", "string.templatelib", Some(&crate::object::OBJECT), 0,
    Slots { new: Some(template_new), repr: Some(template_repr), iter: Some(template_iter), concat: Some(template_add), ..Slots::NONE },
    Some(&TEMPLATE_DECL),
)
.visited::<TemplateObject>();

/// A template of a tuple of strings and a tuple of interpolations.
pub fn new_template(strings: Value, interpolations: Value) -> Ref {
    new_object(TemplateObject {
        header: crate::cast::fresh_header(),
        strings: Slot::new(Ref::new(strings)),
        interpolations: Slot::new(Ref::new(interpolations)),
    })
}

/// Joins neighbouring strings, so that strings and interpolations alternate.
fn from_parts(parts: &[Value]) -> R<Ref> {
    let (mut strings, mut interpolations): (Vec<Ref>, Vec<Ref>) = (vec![crate::str::from_str("")], Vec::new());
    for part in parts {
        if type_of(*part).has(type_flags::STR) {
            let last = strings.pop().expect("never empty");
            strings.push(crate::str::concat(last.v(), *part)?);
        } else if is_exact(*part, &INTERPOLATION) {
            interpolations.push(Ref::new(*part));
            strings.push(crate::str::from_str(""));
        } else {
            return Err(type_error(format!(
                "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {}",
                crate::type_object::display_name(*part)
            )));
        }
    }
    Ok(new_template(crate::tuple::from_refs(strings).v(), crate::tuple::from_refs(interpolations).v()))
}

fn template_new(_: &'static Type, args: &Args) -> R<Ref> {
    if args.has_kw() {
        return Err(type_error("Template.__new__ only accepts *args arguments"));
    }
    from_parts(args.pos())
}

fn object(v: Value) -> &'static TemplateObject {
    crate::cast::get_unchecked::<TemplateObject>(v)
}

fn items(slot: &Slot) -> Vec<Ref> {
    crate::tuple::items(slot.get()).unwrap_or(&[]).iter().map(|v| Ref::new(*v)).collect()
}

/// Strings (empty ones left out) and interpolations in order.
fn parts(v: Value, with_empty: bool) -> Vec<Ref> {
    let (strings, interpolations) = (items(&object(v).strings), items(&object(v).interpolations));
    let mut interpolations = interpolations.into_iter();
    let mut out = Vec::new();
    for string in strings {
        if with_empty || !crate::str::view(string.v()).is_empty() {
            out.push(string);
        }
        out.extend(interpolations.next());
    }
    out
}

fn template_iter(v: Value) -> R<Ref> {
    crate::ops::iter(crate::list::from_refs(parts(v, false)).v())
}

fn template_add(a: Value, b: Value) -> R<Ref> {
    if !is_exact(a, &TEMPLATE) || !is_exact(b, &TEMPLATE) {
        let name = crate::type_object::display_name(if is_exact(a, &TEMPLATE) { b } else { a });
        return Err(type_error(format!("can only concatenate string.templatelib.Template (not \"{name}\") to string.templatelib.Template")));
    }
    let all: Vec<Ref> = parts(a, true).into_iter().chain(parts(b, true)).collect();
    from_parts(&all.iter().map(|r| r.v()).collect::<Vec<_>>())
}

fn template_repr(v: Value) -> R<Ref> {
    let strings = crate::str::to_rust(crate::ops::repr(object(v).strings.get())?.v());
    let interpolations = crate::str::to_rust(crate::ops::repr(object(v).interpolations.get())?.v());
    Ok(crate::str::from_str(&format!("Template(strings={strings}, interpolations={interpolations})")))
}

#[native_class(decl = TEMPLATE_DECL)]
impl TemplateObject {
    #[native("($self, /)")]
    fn __reduce__(&self) -> R<Ref> {
        let module = crate::import::import_module("string.templatelib")?;
        let function = crate::ops::getattr_str(module.v(), "_template_unpickle")?;
        let args = crate::tuple::from_slice(&[self.strings.get(), self.interpolations.get()]);
        Ok(crate::tuple::from_refs(vec![function, args]))
    }
    /// See PEP 585
    #[classmethod("($cls, item, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
    #[getter]
    fn strings(&self) -> R<Ref> {
        Ok(Ref::new(self.strings.get()))
    }
    #[getter]
    fn interpolations(&self) -> R<Ref> {
        Ok(Ref::new(self.interpolations.get()))
    }
    #[getter]
    fn values(&self) -> R<Ref> {
        let values = items(&self.interpolations).iter().map(|i| interpolation(i.v()).value.cloned().unwrap_or_else(Ref::none)).collect();
        Ok(crate::tuple::from_refs(values))
    }
}

/// One `{…}` of a t-string.
#[repr(C)]
pub struct InterpolationObject {
    header: Header,
    value: Slot,
    expression: Slot,
    conversion: Slot,
    format_spec: Slot,
}
object_type!(InterpolationObject, INTERPOLATION);

impl Visit for InterpolationObject {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.value)
    }
    fn clear(&self) {
        self.value.set(Ref::none())
    }
}

/// `string.templatelib.Interpolation`.
pub static INTERPOLATION: Type = Type::builtin::<InterpolationObject>(
    "Interpolation", "string.templatelib", Some(&crate::object::OBJECT), 0,
    Slots { new: Some(interpolation_new), repr: Some(interpolation_repr), ..Slots::NONE }, Some(&INTERPOLATION_DECL),
)
.visited::<InterpolationObject>();

fn interpolation(v: Value) -> &'static InterpolationObject {
    crate::cast::get_unchecked::<InterpolationObject>(v)
}

/// An interpolation; `conversion` is None or one of the str `s`, `r`, `a`.
pub fn new_interpolation(value: Value, expression: Value, conversion: Ref, format_spec: Ref) -> Ref {
    new_object(InterpolationObject {
        header: crate::cast::fresh_header(),
        value: Slot::new(Ref::new(value)),
        expression: Slot::new(Ref::new(expression)),
        conversion: Slot::new(conversion),
        format_spec: Slot::new(format_spec),
    })
}

fn interpolation_new(_: &'static Type, args: &Args) -> R<Ref> {
    const NAMES: [&str; 4] = ["value", "expression", "conversion", "format_spec"];
    let mut given: [Option<Value>; 4] = [None; 4];
    for (slot, v) in given.iter_mut().zip(args.pos()) {
        *slot = Some(*v);
    }
    for (name, v) in args.kw() {
        let text = crate::str::to_rust(name);
        match NAMES.iter().position(|n| *n == text) {
            Some(i) => given[i] = Some(v),
            None => return Err(crate::suggestions::unexpected_keyword("Interpolation", name, &NAMES)),
        }
    }
    let Some(value) = given[0] else { return Err(type_error("Interpolation() missing required argument 'value' (pos 1)")) };
    let text = |v: Option<Value>| v.map_or_else(|| crate::str::from_str(""), Ref::new);
    Ok(new_interpolation(value, text(given[1]).v(), given[2].map_or_else(Ref::none, Ref::new), text(given[3])))
}

fn interpolation_repr(v: Value) -> R<Ref> {
    let i = interpolation(v);
    let mut parts = Vec::new();
    for slot in [&i.value, &i.expression, &i.conversion, &i.format_spec] {
        parts.push(crate::str::to_rust(crate::ops::repr(slot.get())?.v()));
    }
    Ok(crate::str::from_str(&format!("Interpolation({})", parts.join(", "))))
}

#[native_class(decl = INTERPOLATION_DECL, init = interpolation_init)]
impl InterpolationObject {
    #[native("($self, /)")]
    fn __reduce__(&self) -> R<Ref> {
        let args = crate::tuple::from_slice(&[self.value.get(), self.expression.get(), self.conversion.get(), self.format_spec.get()]);
        Ok(crate::tuple::from_slice(&[INTERPOLATION.v(), args.v()]))
    }
    /// See PEP 585
    #[classmethod("($cls, item, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
    #[getter]
    fn value(&self) -> R<Ref> {
        Ok(Ref::new(self.value.get()))
    }
    #[getter]
    fn expression(&self) -> R<Ref> {
        Ok(Ref::new(self.expression.get()))
    }
    #[getter]
    fn conversion(&self) -> R<Ref> {
        Ok(Ref::new(self.conversion.get()))
    }
    #[getter]
    fn format_spec(&self) -> R<Ref> {
        Ok(Ref::new(self.format_spec.get()))
    }
}

fn interpolation_init(class: &'static Type) {
    let names = ["value", "expression", "conversion", "format_spec"].iter().map(|n| crate::str::intern(n)).collect();
    crate::type_object::set_dict(class, "__match_args__", crate::tuple::from_refs(names));
}
