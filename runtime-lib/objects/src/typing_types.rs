//! Type parameters and aliases: TypeVar, ParamSpec, TypeVarTuple, TypeAliasType, Generic, NoDefault.

use crate::prelude::*;
use crate::slots::NewFn;
use std::cell::Cell;

const OBJECT: Option<&Type> = Some(&crate::object::OBJECT);

/// Evaluators of lazily evaluated parts are called with the VALUE format.
const FORMAT_VALUE: Value = Value::from_small_int(1);

/// TypeVar, ParamSpec and TypeVarTuple share one layout.
#[repr(C)]
pub struct TypeParam {
    header: Header,
    dict: dxpyc_abi::InstanceDict,
    name: Slot,
    bound: Slot,
    evaluate_bound: Slot,
    constraints: Slot,
    evaluate_constraints: Slot,
    default: Slot,
    evaluate_default: Slot,
    covariant: bool,
    contravariant: bool,
    infer_variance: bool,
}

object_type!(TypeParam, TYPE_VAR);

impl Visit for TypeParam {
    fn visit(&self, v: &mut Visitor<'_>) {
        for slot in self.slots() {
            v.slot(slot)
        }
    }
    fn clear(&self) {
        for slot in self.slots() {
            drop(slot.take())
        }
    }
}

impl TypeParam {
    fn slots(&self) -> [&Slot; 6] {
        [&self.bound, &self.evaluate_bound, &self.constraints, &self.evaluate_constraints, &self.default, &self.evaluate_default]
    }
}

macro_rules! param_type {
    ($static:ident, $name:literal, $new:ident, $decl:ident, $iter:expr) => {
        #[doc = concat!("`typing.", $name, "`.")]
        pub static $static: Type = Type::builtin::<TypeParam>(
            $name, "typing", OBJECT, type_flags::WEAKREFABLE,
            Slots { new: Some($new as NewFn), repr: Some(param_repr), or: Some(union_or), iter: $iter, ..Slots::NONE },
            Some(&$decl),
        )
        .visited::<TypeParam>()
        .with_dict_at(std::mem::offset_of!(TypeParam, dict));
    };
}

param_type!(TYPE_VAR, "TypeVar", type_var_new, TYPE_VAR_DECL, None);
param_type!(PARAM_SPEC, "ParamSpec", param_spec_new, PARAM_SPEC_DECL, None);
param_type!(TYPE_VAR_TUPLE, "TypeVarTuple", type_var_tuple_new, TYPE_VAR_TUPLE_DECL, Some(type_var_tuple_iter));

fn union_or(a: Value, b: Value) -> R<Ref> {
    crate::union_type::or(a, b)
}

/// The `NoDefault` object.
pub fn no_default() -> Value {
    static INSTANCE: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    Value(*INSTANCE.get_or_init(|| new_object(NoDefaultObject { header: crate::cast::fresh_header() }).into_raw().0))
}

#[repr(C)]
pub struct NoDefaultObject {
    header: Header,
}
object_type!(NoDefaultObject, NO_DEFAULT_TYPE);
/// `typing.NoDefaultType`.
pub static NO_DEFAULT_TYPE: Type = Type::builtin::<NoDefaultObject>(
    "NoDefaultType", "typing", OBJECT, 0, Slots { repr: Some(|_| Ok(crate::str::from_str("typing.NoDefault"))), ..Slots::NONE }, None,
);

fn empty(name: Value) -> TypeParam {
    TypeParam {
        header: crate::cast::fresh_header(),
        dict: dxpyc_abi::InstanceDict { shape: Cell::new(std::ptr::null()), values: Cell::new(std::ptr::null_mut()) },
        name: Slot::new(Ref::new(name)),
        bound: Slot::empty(),
        evaluate_bound: Slot::empty(),
        constraints: Slot::empty(),
        evaluate_constraints: Slot::empty(),
        default: Slot::empty(),
        evaluate_default: Slot::empty(),
        covariant: false,
        contravariant: false,
        infer_variance: false,
    }
}

/// Keyword arguments by name; unknown ones raise.
fn keywords(function: &str, args: &Args, known: &[&str]) -> R<Vec<Option<Value>>> {
    let mut found = vec![None; known.len()];
    for (name, value) in args.kw() {
        let text = crate::str::to_rust(name);
        match known.iter().position(|k| *k == text) {
            Some(i) => found[i] = Some(value),
            None => return Err(crate::suggestions::unexpected_keyword(function, name, known)),
        }
    }
    Ok(found)
}

fn name_argument(function: &str, args: &Args, keyword: Option<Value>) -> R<Value> {
    match args.pos().first().copied().or(keyword) {
        Some(name) if type_of(name).has(type_flags::STR) => Ok(name),
        Some(other) => {
            Err(type_error(format!("{function}() argument 'name' must be str, not {}", crate::type_object::display_name(other))))
        }
        None => Err(type_error(format!("{function}() missing required argument 'name' (pos 1)"))),
    }
}

fn type_var_new(class: &'static Type, args: &Args) -> R<Ref> {
    let kw = keywords("typevar", args, &["name", "bound", "default", "covariant", "contravariant", "infer_variance"])?;
    let mut param = empty(name_argument("typevar", args, kw[0])?);
    let constraints = args.pos().get(1..).unwrap_or(&[]);
    let flag = |v: Option<Value>| v.map_or(Ok(false), crate::ops::truth);
    (param.covariant, param.contravariant, param.infer_variance) = (flag(kw[3])?, flag(kw[4])?, flag(kw[5])?);
    if param.covariant && param.contravariant {
        return Err(value_error("Bivariant types are not supported."));
    }
    if param.infer_variance && (param.covariant || param.contravariant) {
        return Err(value_error("Variance cannot be specified with infer_variance."));
    }
    if let Some(bound) = kw[1].filter(|b| !b.is_none()) {
        if !constraints.is_empty() {
            return Err(type_error("Constraints cannot be combined with bound=..."));
        }
        param.bound = Slot::new(Ref::new(bound));
    }
    if constraints.len() == 1 {
        return Err(type_error("A single constraint is not allowed"));
    }
    if !constraints.is_empty() {
        param.constraints = Slot::new(crate::tuple::from_slice(constraints));
    }
    if let Some(default) = kw[2] {
        param.default = Slot::new(Ref::new(default));
    }
    finish(class, param)
}

fn param_spec_new(class: &'static Type, args: &Args) -> R<Ref> {
    let kw = keywords("paramspec", args, &["name", "bound", "default", "covariant", "contravariant", "infer_variance"])?;
    let mut param = empty(name_argument("paramspec", args, kw[0])?);
    let flag = |v: Option<Value>| v.map_or(Ok(false), crate::ops::truth);
    (param.covariant, param.contravariant, param.infer_variance) = (flag(kw[3])?, flag(kw[4])?, flag(kw[5])?);
    if let Some(bound) = kw[1].filter(|b| !b.is_none()) {
        param.bound = Slot::new(Ref::new(bound));
    }
    if let Some(default) = kw[2] {
        param.default = Slot::new(Ref::new(default));
    }
    finish(class, param)
}

fn type_var_tuple_new(class: &'static Type, args: &Args) -> R<Ref> {
    let kw = keywords("typevartuple", args, &["name", "default"])?;
    let mut param = empty(name_argument("typevartuple", args, kw[0])?);
    if let Some(default) = kw[1] {
        param.default = Slot::new(Ref::new(default));
    }
    finish(class, param)
}

fn finish(class: &'static Type, param: TypeParam) -> R<Ref> {
    let made = crate::cast::new_object_of(class, param);
    crate::ops::setattr(made.v(), crate::str::intern("__module__").v(), crate::str::intern("__main__").v())?;
    Ok(made)
}

fn of(v: Value) -> &'static TypeParam {
    crate::cast::get_unchecked::<TypeParam>(v)
}

fn param_repr(v: Value) -> R<Ref> {
    let param = of(v);
    let name = crate::str::to_rust(param.name.get());
    let is_tuple = is_exact(v, &TYPE_VAR_TUPLE);
    let mark = if is_tuple || param.infer_variance {
        ""
    } else if param.covariant {
        "+"
    } else if param.contravariant {
        "-"
    } else {
        "~"
    };
    Ok(crate::str::from_str(&format!("{mark}{name}")))
}

fn lazily(value: &Slot, evaluator: &Slot, fallback: Value) -> R<Ref> {
    if let Some(v) = value.cloned() {
        return Ok(v);
    }
    match evaluator.cloned() {
        Some(f) => {
            let v = crate::call::call1(f.v(), FORMAT_VALUE)?;
            value.set(v.clone());
            Ok(v)
        }
        None => Ok(Ref::new(fallback)),
    }
}

fn type_var_tuple_iter(v: Value) -> R<Ref> {
    let typing = crate::import::import_module("typing")?;
    let unpack = crate::ops::getattr_str(typing.v(), "Unpack")?;
    let item = crate::ops::getitem(unpack.v(), v)?;
    let one = crate::tuple::from_slice(&[item.v()]);
    crate::ops::iter(one.v())
}

fn typing_call(function: &str, args: &[Value]) -> R<Ref> {
    let typing = crate::import::import_module("typing")?;
    crate::call::call_method(typing.v(), function, args)
}

/// The arguments of a generic alias, with the type variable's default added where it is the first that is missing.
fn type_var_prepare_subst(this: Value, alias: Value, args: Value) -> R<Ref> {
    let params = crate::ops::getattr_str(alias, "__parameters__")?;
    let index = crate::tuple::items(params.v()).unwrap_or(&[]).iter().position(|p| *p == this).unwrap_or(0);
    let given = crate::tuple::items(args).unwrap_or(&[]);
    if index < given.len() {
        return Ok(Ref::new(args));
    }
    let default = lazily(&of(this).default, &of(this).evaluate_default, no_default())?;
    if index == given.len() && default.v() != no_default() {
        let mut all = given.to_vec();
        all.push(default.v());
        return Ok(crate::tuple::from_slice(&all));
    }
    Err(type_error(format!("Too few arguments for {}", crate::str::to_rust(crate::ops::str(alias)?.v()))))
}

macro_rules! param_methods {
    ($decl:ident, $holder:ident, $subst:literal, $prepare:literal) => {
        /// Holder of the methods.
        #[repr(transparent)]
        pub struct $holder(TypeParam);
        // SAFETY: repr(transparent) over the shared layout.
        unsafe impl Object for $holder {
            fn class() -> &'static Type {
                &TYPE_VAR
            }
        }
        #[native_class(decl = $decl)]
        impl $holder {
            #[getter]
            fn __name__(&self) -> R<Ref> {
                Ok(Ref::new(self.0.name.get()))
            }
            #[getter]
            fn __bound__(&self) -> R<Ref> {
                lazily(&self.0.bound, &self.0.evaluate_bound, Value::NONE)
            }
            #[getter]
            fn __constraints__(&self) -> R<Ref> {
                match lazily(&self.0.constraints, &self.0.evaluate_constraints, Value::MISSING) {
                    Ok(v) if v.v().is_missing() => Ok(crate::tuple::from_slice(&[])),
                    other => other,
                }
            }
            #[getter]
            fn __covariant__(&self) -> bool {
                self.0.covariant
            }
            #[getter]
            fn __contravariant__(&self) -> bool {
                self.0.contravariant
            }
            #[getter]
            fn __infer_variance__(&self) -> bool {
                self.0.infer_variance
            }
            #[getter]
            fn __default__(&self) -> R<Ref> {
                lazily(&self.0.default, &self.0.evaluate_default, no_default())
            }
            #[getter]
            fn evaluate_default(&self) -> R<Ref> {
                Ok(self.0.evaluate_default.cloned().unwrap_or_else(Ref::none))
            }
            #[getter]
            fn evaluate_bound(&self) -> R<Ref> {
                Ok(self.0.evaluate_bound.cloned().unwrap_or_else(Ref::none))
            }
            #[getter]
            fn evaluate_constraints(&self) -> R<Ref> {
                Ok(self.0.evaluate_constraints.cloned().unwrap_or_else(Ref::none))
            }
            #[getter]
            fn args(this: Value) -> R<Ref> {
                if !is_exact(this, &PARAM_SPEC) {
                    return Err(attribute_error_plain(format!("'{}' object has no attribute 'args'", type_of(this).name())));
                }
                Ok(new_param_part(&PARAM_SPEC_ARGS, this))
            }
            #[getter]
            fn kwargs(this: Value) -> R<Ref> {
                if !is_exact(this, &PARAM_SPEC) {
                    return Err(attribute_error_plain(format!("'{}' object has no attribute 'kwargs'", type_of(this).name())));
                }
                Ok(new_param_part(&PARAM_SPEC_KWARGS, this))
            }
            #[native("($self, /)")]
            fn has_default(&self) -> bool {
                !(self.0.default.is_empty() && self.0.evaluate_default.is_empty())
                    && self.0.default.get() != no_default()
            }
            #[native("($self, arg, /)")]
            fn __typing_subst__(this: Value, arg: Value) -> R<Ref> {
                typing_call($subst, &[this, arg])
            }
            #[native("($self, alias, args, /)")]
            fn __typing_prepare_subst__(this: Value, alias: Value, args: Value) -> R<Ref> {
                if is_exact(this, &TYPE_VAR) {
                    return type_var_prepare_subst(this, alias, args);
                }
                typing_call($prepare, &[this, alias, args])
            }
            #[native("($self, /)")]
            fn __reduce__(&self) -> R<Ref> {
                Ok(Ref::new(self.0.name.get()))
            }
            #[native("($self, bases, /)")]
            fn __mro_entries__(this: Value, _bases: Value) -> R<Ref> {
                Err(type_error(format!("Cannot subclass an instance of {}", type_of(this).static_name)))
            }
        }
    };
}

param_methods!(TYPE_VAR_DECL, TypeVarMethods, "_typevar_subst", "_typevar_prepare_subst");
param_methods!(PARAM_SPEC_DECL, ParamSpecMethods, "_paramspec_subst", "_paramspec_prepare_subst");
param_methods!(TYPE_VAR_TUPLE_DECL, TypeVarTupleMethods, "_typevartuple_subst", "_typevartuple_prepare_subst");

/// `P.args` and `P.kwargs`.
#[repr(C)]
pub struct ParamPart {
    header: Header,
    origin: Slot,
}
object_type!(ParamPart, PARAM_SPEC_ARGS);
impl Visit for ParamPart {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.origin)
    }
    fn clear(&self) {}
}

const PART_SLOTS: Slots = Slots { new: Some(param_part_new), repr: Some(param_part_repr), compare: Some(param_part_compare), ..Slots::NONE };
/// `typing.ParamSpecArgs`.
pub static PARAM_SPEC_ARGS: Type =
    Type::builtin::<ParamPart>("ParamSpecArgs", "typing", OBJECT, 0, PART_SLOTS, Some(&PARAM_PART_DECL)).visited::<ParamPart>();
/// `typing.ParamSpecKwargs`.
pub static PARAM_SPEC_KWARGS: Type =
    Type::builtin::<ParamPart>("ParamSpecKwargs", "typing", OBJECT, 0, PART_SLOTS, Some(&PARAM_PART_DECL)).visited::<ParamPart>();

fn new_param_part(class: &'static Type, origin: Value) -> Ref {
    crate::cast::new_object_of(class, ParamPart { header: crate::cast::fresh_header(), origin: Slot::new(Ref::new(origin)) })
}

fn param_part_new(class: &'static Type, args: &Args) -> R<Ref> {
    match args.pos() {
        [origin] => Ok(new_param_part(class, *origin)),
        other => Err(type_error(format!("{}() takes exactly 1 argument ({} given)", class.static_name, other.len()))),
    }
}

fn param_part_repr(v: Value) -> R<Ref> {
    let part = crate::cast::get_unchecked::<ParamPart>(v);
    let origin = part.origin.get();
    let name = if is_exact(origin, &PARAM_SPEC) {
        crate::str::to_rust(of(origin).name.get())
    } else {
        crate::str::to_rust(crate::ops::repr(origin)?.v())
    };
    let which = if is_exact(v, &PARAM_SPEC_ARGS) { "args" } else { "kwargs" };
    Ok(crate::str::from_str(&format!("{name}.{which}")))
}

fn param_part_compare(a: Value, b: Value, op: CompareOp) -> R<Ref> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) || !std::ptr::eq(type_of(a), type_of(b)) {
        return Ok(Ref::not_implemented());
    }
    let origin = |v: Value| crate::cast::get_unchecked::<ParamPart>(v).origin.get();
    crate::ops::compare(origin(a), origin(b), op)
}

#[native_class(decl = PARAM_PART_DECL)]
impl ParamPart {
    #[getter]
    fn __origin__(&self) -> R<Ref> {
        Ok(Ref::new(self.origin.get()))
    }
}

/// `type X[T] = …`.
#[repr(C)]
pub struct TypeAlias {
    header: Header,
    name: Slot,
    params: Slot,
    evaluator: Slot,
    value: Slot,
    module: Slot,
}
object_type!(TypeAlias, TYPE_ALIAS);
impl Visit for TypeAlias {
    fn visit(&self, v: &mut Visitor<'_>) {
        for s in [&self.params, &self.evaluator, &self.value] {
            v.slot(s)
        }
    }
    fn clear(&self) {
        for s in [&self.params, &self.evaluator, &self.value] {
            drop(s.take())
        }
    }
}
/// `typing.TypeAliasType`.
pub static TYPE_ALIAS: Type = Type::builtin::<TypeAlias>(
    "TypeAliasType", "typing", OBJECT, type_flags::WEAKREFABLE,
    Slots {
        new: Some(type_alias_new), repr: Some(|v| Ok(Ref::new(crate::cast::get_unchecked::<TypeAlias>(v).name.get()))), or: Some(union_or),
        getitem: Some(type_alias_getitem), iter: Some(type_alias_iter), ..Slots::NONE
    },
    Some(&TYPE_ALIAS_DECL),
)
.visited::<TypeAlias>();

/// A type alias; `evaluator` computes the value when it is asked for.
pub fn new_alias(name: Value, params: Value, evaluator: Value) -> Ref {
    new_object(TypeAlias {
        header: crate::cast::fresh_header(),
        name: Slot::new(Ref::new(name)),
        params: if params.is_missing() || params.is_none() { Slot::empty() } else { Slot::new(Ref::new(params)) },
        evaluator: Slot::new(Ref::new(evaluator)),
        value: Slot::empty(),
        module: Slot::new(crate::str::intern("__main__")),
    })
}

fn type_alias_new(_: &'static Type, args: &Args) -> R<Ref> {
    let kw = keywords("typealias", args, &["name", "value", "type_params"])?;
    let name = name_argument("typealias", args, kw[0])?;
    let Some(value) = args.pos().get(1).copied().or(kw[1]) else {
        return Err(type_error("typealias() missing required argument 'value' (pos 2)"));
    };
    if let Some(params) = kw[2]
        && crate::tuple::items(params).is_none()
    {
        return Err(type_error("type_params must be a tuple"));
    }
    let alias = new_alias(name, kw[2].unwrap_or(Value::MISSING), Value::NONE);
    crate::cast::get_unchecked::<TypeAlias>(alias.v()).value.set(Ref::new(value));
    Ok(alias)
}

fn type_alias_getitem(v: Value, item: Value) -> R<Ref> {
    let alias = crate::cast::get_unchecked::<TypeAlias>(v);
    if alias.params.cloned().is_none_or(|p| crate::tuple::items(p.v()).is_none_or(<[Value]>::is_empty)) {
        return Err(type_error("Only generic type aliases are subscriptable"));
    }
    crate::generic_alias::new(v, item)
}

fn type_alias_iter(v: Value) -> R<Ref> {
    let typing = crate::import::import_module("typing")?;
    let unpack = crate::ops::getattr_str(typing.v(), "Unpack")?;
    let item = crate::ops::getitem(unpack.v(), v)?;
    let one = crate::tuple::from_slice(&[item.v()]);
    crate::ops::iter(one.v())
}

#[native_class(decl = TYPE_ALIAS_DECL)]
impl TypeAlias {
    #[getter]
    fn __name__(&self) -> R<Ref> {
        Ok(Ref::new(self.name.get()))
    }
    #[getter]
    fn __module__(&self) -> R<Ref> {
        Ok(Ref::new(self.module.get()))
    }
    #[getter]
    fn __value__(&self) -> R<Ref> {
        lazily(&self.value, &self.evaluator, Value::NONE)
    }
    #[getter]
    fn evaluate_value(&self) -> R<Ref> {
        Ok(self.evaluator.cloned().unwrap_or_else(Ref::none))
    }
    #[getter]
    fn __type_params__(&self) -> R<Ref> {
        Ok(self.params.cloned().unwrap_or_else(|| crate::tuple::from_slice(&[])))
    }
    #[getter]
    fn __parameters__(&self) -> R<Ref> {
        let mut out = Vec::new();
        let params = self.__type_params__()?;
        for p in crate::tuple::items(params.v()).unwrap_or(&[]) {
            if is_exact(*p, &TYPE_VAR_TUPLE) {
                out.extend(crate::ops::collect_to_vec(*p)?);
            } else {
                out.push(Ref::new(*p));
            }
        }
        Ok(crate::tuple::from_refs(out))
    }
    #[native("($self, /)")]
    fn __reduce__(&self) -> R<Ref> {
        Ok(Ref::new(self.name.get()))
    }
}

/// `typing.Generic`.
#[repr(C)]
pub struct GenericObject {
    header: Header,
}
object_type!(GenericObject, GENERIC);
/// `typing.Generic`: its hooks are functions of the `typing` module.
pub static GENERIC: Type =
    Type::builtin::<GenericObject>("Generic", "typing", OBJECT, type_flags::BASE, Slots::NONE, Some(&GENERIC_DECL));

#[native_class(decl = GENERIC_DECL)]
impl GenericObject {
    #[classmethod(raw)]
    fn __class_getitem__(class: Value, args: &Args) -> R<Ref> {
        forward("_generic_class_getitem", class, args)
    }
    #[classmethod(raw)]
    fn __init_subclass__(class: Value, args: &Args) -> R<Ref> {
        forward("_generic_init_subclass", class, args)
    }
}

fn forward(function: &str, class: Value, args: &Args) -> R<Ref> {
    let typing = crate::import::import_module("typing")?;
    let function = crate::ops::getattr_str(typing.v(), function)?;
    let mut values = vec![class];
    values.extend_from_slice(args.values());
    crate::call::call(function.v(), &Args::with_names(&values, args.names()))
}

/// A type parameter of a `def`, `class` or `type` statement. Kinds as in the entry table.
pub fn new_param(kind: u32, name: Value, bound: Value) -> R<Ref> {
    let class: &'static Type = match kind {
        1 => &PARAM_SPEC,
        2 => &TYPE_VAR_TUPLE,
        _ => &TYPE_VAR,
    };
    let mut param = empty(name);
    param.infer_variance = true;
    if !bound.is_missing() {
        if kind == 3 {
            param.evaluate_constraints = Slot::new(Ref::new(bound));
        } else {
            param.evaluate_bound = Slot::new(Ref::new(bound));
        }
    }
    finish(class, param)
}

/// Sets the evaluator of a type parameter's default.
pub fn set_default(param: Value, evaluator: Value) {
    of(param).evaluate_default.set(Ref::new(evaluator));
}
