//! Module objects.

use crate::prelude::*;

/// A module: its namespace dict.
#[repr(C)]
pub struct ModuleObject {
    header: Header,
    /// `__dict__`.
    pub dict: Slot,
}

object_type!(ModuleObject, MODULE);

const SLOTS: Slots = Slots {
    new: Some(module_new),
    init: Some(module_init),
    repr: Some(module_repr),
    getattr: Some(module_getattr),
    setattr: Some(module_setattr),
    ..Slots::NONE
};

/// `types.ModuleType`.
pub static MODULE: Type = Type::builtin::<ModuleObject>(
    "module", "builtins", Some(&crate::object::OBJECT), type_flags::BASE | type_flags::WEAKREFABLE, SLOTS, Some(&MODULE_DECL),
)
.visited::<ModuleObject>();

impl Visit for ModuleObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.dict)
    }
    fn clear(&self) {
        // The dict stays: functions of the module may still run.
    }
}

/// A new module with the five standard names set.
pub fn new(name: &str) -> Ref {
    let dict = crate::dict::new();
    fill(dict.v(), crate::str::from_str(name), Ref::none());
    new_object(ModuleObject { header: crate::cast::fresh_header(), dict: Slot::new(dict) })
}

fn fill(dict: Value, name: Ref, doc: Ref) {
    crate::dict::set_str(dict, "__name__", name);
    crate::dict::set_str(dict, "__doc__", doc);
    for key in ["__package__", "__loader__", "__spec__"] {
        crate::dict::set_str(dict, key, Ref::none());
    }
}

/// The module's dict (borrowed).
pub fn dict_of(module: Value) -> Value {
    crate::cast::get::<ModuleObject>(module).expect("a module").dict.get()
}

fn module_new(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(crate::cast::new_object_of(class, ModuleObject { header: crate::cast::fresh_header(), dict: Slot::new(crate::dict::new()) }))
}

fn module_init(this: Value, args: &Args) -> R<()> {
    let (mut name, mut doc) = (None, Ref::none());
    for (i, v) in args.pos().iter().enumerate() {
        match i {
            0 => name = Some(*v),
            1 => doc = Ref::new(*v),
            n => return Err(type_error(format!("module() takes at most 2 arguments ({} given)", n + 1))),
        }
    }
    for (key, v) in args.kw() {
        match crate::str::to_rust(key).as_str() {
            "name" => name = Some(v),
            "doc" => doc = Ref::new(v),
            _ => return Err(crate::suggestions::unexpected_keyword("module", key, &["name", "doc"])),
        }
    }
    let Some(name) = name else { return Err(type_error("module() missing required argument 'name' (pos 1)")) };
    if !type_of(name).has(type_flags::STR) {
        return Err(type_error(format!("module() argument 'name' must be str, not {}", type_of(name).name())));
    }
    fill(dict_of(this), Ref::new(name), doc);
    Ok(())
}

fn text_in(dict: Value, key: &str) -> Option<String> {
    let key = crate::str::intern(key);
    let v = crate::dict::get_str(dict, key.v())?;
    type_of(v).has(type_flags::STR).then(|| crate::str::to_rust(v))
}

/// Library modules that CPython has frozen, which their repr tells.
const FROZEN: &[&str] = &[
    "abc", "codecs", "io", "_collections_abc", "_sitebuiltins", "genericpath", "ntpath", "posixpath", "os", "site", "stat", "importlib.util",
    "importlib.machinery", "runpy",
];

fn module_repr(this: Value) -> R<Ref> {
    let dict = dict_of(this);
    let name = text_in(dict, "__name__").unwrap_or_else(|| "?".into());
    let text = match text_in(dict, "__file__") {
        Some(file) if file.starts_with("<stdlib>/") && FROZEN.contains(&name.as_str()) => format!("<module '{name}' (frozen)>"),
        Some(file) => format!("<module '{name}' from '{file}'>"),
        None if crate::import::is_native(&name) => format!("<module '{name}' (built-in)>"),
        None => format!("<module '{name}'>"),
    };
    Ok(crate::str::from_str(&text))
}

/// Type attributes that are data descriptors first (`__dict__`, `__class__`), then the namespace, then the rest, then `__getattr__`.
pub fn module_getattr(this: Value, name: Value) -> R<Ref> {
    let dict = dict_of(this);
    let class = type_of(this);
    let on_type = crate::type_object::lookup(class, name);
    let is_data = on_type.is_some_and(|d| type_of(d).slots().descr_set.is_some());
    if !is_data && let Some(v) = crate::dict::get_str(dict, name) {
        return Ok(Ref::new(v));
    }
    if on_type.is_some() {
        return crate::attr::generic_getattr(this, name);
    }
    let hook = crate::str::intern("__getattr__");
    if let Some(hook) = crate::dict::get_str(dict, hook.v()) {
        let hook = Ref::new(hook);
        return crate::call::call1(hook.v(), name);
    }
    let text = crate::str::to_rust(name);
    let message = match text_in(dict, "__name__") {
        Some(module) if crate::import::is_initializing(&module) => format!(
            "partially initialized module '{module}' has no attribute '{text}' (most likely due to a circular import)"
        ),
        Some(module) => format!("module '{module}' has no attribute '{text}'"),
        None => format!("module has no attribute '{text}'"),
    };
    let message = crate::str::from_str(&message);
    let exception = crate::exceptions::new_with_args(&crate::exceptions::ATTRIBUTE_ERROR, &[message.v()]);
    crate::exceptions::field_slot(exception.v(), 0).set(Ref::new(name));
    crate::exceptions::field_slot(exception.v(), 1).set(Ref::new(this));
    Err(raise_instance(exception))
}

fn module_setattr(this: Value, name: Value, value: Value) -> R<()> {
    if let Some(descriptor) = crate::type_object::lookup(type_of(this), name)
        && let Some(set) = type_of(descriptor).slots().descr_set
    {
        return set(descriptor, this, value);
    }
    let dict = dict_of(this);
    if value.is_missing() {
        if !crate::dict::delete(dict, name)? {
            let module = text_in(dict, "__name__").unwrap_or_else(|| "?".into());
            return Err(attribute_error_plain(format!("module '{module}' has no attribute '{}'", crate::str::to_rust(name))));
        }
        return Ok(());
    }
    crate::dict::set(dict, name, value)
}

#[native_class(decl = MODULE_DECL)]
impl ModuleObject {
    #[getter]
    fn __dict__(&self) -> R<Ref> {
        Ok(Ref::new(self.dict.get()))
    }
    #[native("($self, /)")]
    fn __dir__(&self) -> R<Ref> {
        let hook = crate::str::intern("__dir__");
        if let Some(hook) = crate::dict::get_str(self.dict.get(), hook.v()) {
            let hook = Ref::new(hook);
            return crate::call::call0(hook.v());
        }
        let names = crate::ops::collect_to_vec(self.dict.get())?;
        Ok(crate::list::from_refs(names))
    }
}
