//! BaseExceptionGroup and ExceptionGroup: construction, split, subgroup, derive, and what `except*` does with them.

use crate::exceptions::*;
use crate::prelude::*;

/// Slots of BaseExceptionGroup.
pub const SLOTS: Slots = Slots { new: Some(group_new), init: Some(group_init), str: Some(group_str), ..Slots::NONE };

/// Holder of the methods (layout of a group: message, exceptions).
#[repr(transparent)]
pub struct GroupObject(ExceptionWith<2>);
// SAFETY: repr(transparent) over the layout that BASE_EXCEPTION_GROUP is declared with.
unsafe impl Object for GroupObject {
    fn class() -> &'static Type {
        &BASE_EXCEPTION_GROUP
    }
}

#[native_class(decl = GROUP_DECL)]
impl GroupObject {
    #[getter]
    fn message(this: Value) -> R<Ref> {
        Ok(Ref::new(field(this, 0)))
    }
    #[getter]
    fn exceptions(this: Value) -> R<Ref> {
        Ok(Ref::new(field(this, 1)))
    }
    /// A group with the same message around other exceptions.
    #[native("($self, excs, /)")]
    fn derive(this: Value, exceptions: Value) -> R<Ref> {
        crate::call::call2(BASE_EXCEPTION_GROUP.v(), field(this, 0), exceptions)
    }
    /// The part that matches, or None.
    #[native("($self, matcher_value, /)")]
    fn subgroup(this: Value, matcher_value: Value) -> R<Ref> {
        let matcher = Matcher::new(matcher_value)?;
        Ok(split(this, &matcher)?.0.unwrap_or_else(Ref::none))
    }
    /// The pair of the part that matches and the rest.
    #[native("($self, matcher_value, /)")]
    fn split(this: Value, matcher_value: Value) -> R<Ref> {
        let matcher = Matcher::new(matcher_value)?;
        let (matched, rest) = split(this, &matcher)?;
        Ok(crate::tuple::from_refs(vec![matched.unwrap_or_else(Ref::none), rest.unwrap_or_else(Ref::none)]))
    }
    #[classmethod("($cls, item, /)")]
    fn __class_getitem__(class: Value, item: Value) -> R<Ref> {
        crate::generic_alias::new(class, item)
    }
}

/// What `split` selects by.
enum Matcher {
    /// A class or tuple of classes.
    Classes(Ref),
    /// A function of the exception.
    Predicate(Ref),
}

impl Matcher {
    fn new(v: Value) -> R<Matcher> {
        let all_classes = match crate::tuple::items(v) {
            Some(items) => items.iter().all(|i| as_exception_class(*i).is_some()),
            None => as_exception_class(v).is_some(),
        };
        if all_classes {
            return Ok(Matcher::Classes(Ref::new(v)));
        }
        if crate::cast::get::<Type>(v).is_none() && crate::tuple::items(v).is_none() && crate::ops::callable(v) {
            return Ok(Matcher::Predicate(Ref::new(v)));
        }
        Err(type_error("expected an exception type, a tuple of exception types, or a callable (other than a class)"))
    }
    fn matches(&self, exception: Value) -> R<bool> {
        match self {
            Matcher::Classes(classes) => crate::entry::exceptions::matches(exception, classes.v()),
            Matcher::Predicate(f) => {
                let answer = crate::call::call1(f.v(), exception)?;
                crate::ops::truth(answer.v())
            }
        }
    }
}

fn is_group(v: Value) -> bool {
    type_of(v).is_subtype(&BASE_EXCEPTION_GROUP)
}

/// The matching part and the rest of an exception or group.
fn split(exception: Value, matcher: &Matcher) -> R<(Option<Ref>, Option<Ref>)> {
    crate::state::check_recursion(" in exception group split")?;
    if matcher.matches(exception)? {
        return Ok((Some(Ref::new(exception)), None));
    }
    if !is_group(exception) {
        return Ok((None, Some(Ref::new(exception))));
    }
    let (mut matched, mut rest) = (Vec::new(), Vec::new());
    let items = Ref::new(field(exception, 1));
    for item in crate::tuple::items(items.v()).unwrap_or(&[]) {
        let (m, r) = split(*item, matcher)?;
        matched.extend(m);
        rest.extend(r);
    }
    if matched.is_empty() {
        return Ok((None, Some(Ref::new(exception))));
    }
    let matched = derive_like(exception, matched)?;
    let rest = if rest.is_empty() { None } else { Some(derive_like(exception, rest)?) };
    Ok((Some(matched), rest))
}

/// `group.derive(parts)` with traceback, cause, context and notes of the original.
fn derive_like(group: Value, parts: Vec<Ref>) -> R<Ref> {
    let list = crate::list::from_refs(parts);
    let made = crate::call::call_method(group, "derive", &[list.v()])?;
    if !is_group(made.v()) {
        return Err(type_error("derive must return an instance of BaseExceptionGroup"));
    }
    copy_links(group, made.v())?;
    Ok(made)
}

fn copy_links(from: Value, to: Value) -> R<()> {
    let (a, b) = (base(from), base(to));
    for (source, target) in [(&a.traceback, &b.traceback), (&a.context, &b.context), (&a.cause, &b.cause)] {
        match source.cloned() {
            Some(v) => target.set(v),
            None => drop(target.take()),
        }
    }
    b.suppress_context.set(a.suppress_context.get());
    if let Some(notes) = crate::ops::getattr_opt(from, "__notes__")? {
        let copy = match crate::ops::collect_to_vec(notes.v()) {
            Ok(items) => crate::list::from_refs(items),
            Err(Raised) => {
                drop(crate::state::take_pending());
                return Ok(());
            }
        };
        crate::ops::setattr(to, crate::str::intern("__notes__").v(), copy.v())?;
    }
    Ok(())
}

/// `except* pattern`: the matching group and the rest.
pub fn except_star_match(exception: Value, pattern: Value) -> R<(Ref, Ref)> {
    let classes: &[Value] = match crate::tuple::items(pattern) {
        Some(items) => items,
        None => &[pattern],
    };
    for class in classes {
        let Some(class) = as_exception_class(*class) else {
            return Err(type_error("catching classes that do not inherit from BaseException is not allowed"));
        };
        if class.is_subtype(&BASE_EXCEPTION_GROUP) {
            return Err(type_error("catching ExceptionGroup with except* is not allowed. Use except instead."));
        }
    }
    if exception.is_none() {
        return Ok((Ref::none(), Ref::none()));
    }
    let matcher = Matcher::Classes(Ref::new(pattern));
    if matcher.matches(exception)? {
        if is_group(exception) {
            return Ok((Ref::new(exception), Ref::none()));
        }
        // A naked exception is wrapped.
        let list = crate::list::from_slice(&[exception]);
        let empty = crate::str::from_str("");
        let group = crate::call::call2(BASE_EXCEPTION_GROUP.v(), empty.v(), list.v())?;
        if let Some(traceback) = base(exception).traceback.cloned() {
            base(group.v()).traceback.set(traceback);
        }
        return Ok((group, Ref::none()));
    }
    if !is_group(exception) {
        return Ok((Ref::none(), Ref::new(exception)));
    }
    let (matched, rest) = split(exception, &matcher)?;
    Ok((matched.unwrap_or_else(Ref::none), rest.unwrap_or_else(Ref::none)))
}

/// What is raised at the end of a `try … except*`: None, one exception, or a group of what was raised and what is left.
pub fn prepare_reraise(original: Value, raised: Value) -> R<Ref> {
    let items: Vec<Ref> = crate::ops::collect_to_vec(raised)?.into_iter().filter(|v| !v.v().is_none()).collect();
    if items.is_empty() {
        return Ok(Ref::none());
    }
    if !is_group(original) {
        return Ok(items.into_iter().next().expect("one exception"));
    }
    let (mut again, mut fresh) = (Vec::new(), Vec::new());
    for item in items {
        if same_metadata(item.v(), original) { again.push(item) } else { fresh.push(item) }
    }
    let projected = project(original, &again)?;
    if fresh.is_empty() {
        return Ok(projected.unwrap_or_else(Ref::none));
    }
    fresh.extend(projected);
    if fresh.len() == 1 {
        return Ok(fresh.remove(0));
    }
    let list = crate::list::from_refs(fresh);
    let empty = crate::str::from_str("");
    crate::call::call2(BASE_EXCEPTION_GROUP.v(), empty.v(), list.v())
}

fn same_metadata(a: Value, b: Value) -> bool {
    let (a, b) = (base(a), base(b));
    a.traceback.get() == b.traceback.get() && a.cause.get() == b.cause.get() && a.context.get() == b.context.get()
}

fn leaves(exception: Value, out: &mut Vec<Value>) {
    match crate::tuple::items(field(exception, 1)) {
        Some(items) if is_group(exception) => items.iter().for_each(|i| leaves(*i, out)),
        _ => out.push(exception),
    }
}

/// The part of `original` whose leaves occur in `kept`.
fn project(original: Value, kept: &[Ref]) -> R<Option<Ref>> {
    let mut wanted = Vec::new();
    for group in kept {
        if is_group(group.v()) { leaves(group.v(), &mut wanted) } else { wanted.push(group.v()) }
    }
    fn walk(exception: Value, wanted: &[Value]) -> R<Option<Ref>> {
        if !is_group(exception) {
            return Ok(wanted.contains(&exception).then(|| Ref::new(exception)));
        }
        let mut parts = Vec::new();
        let items = Ref::new(field(exception, 1));
        let items = crate::tuple::items(items.v()).unwrap_or(&[]);
        for item in items {
            parts.extend(walk(*item, wanted)?);
        }
        if parts.is_empty() {
            return Ok(None);
        }
        if parts.len() == items.len() && parts.iter().zip(items).all(|(a, b)| a.v() == *b) {
            return Ok(Some(Ref::new(exception)));
        }
        derive_like(exception, parts).map(Some)
    }
    walk(original, &wanted)
}

fn group_new(class: &'static Type, args: &Args) -> R<Ref> {
    let [message, exceptions] = args.pos() else {
        return Err(type_error(format!("BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)", args.pos().len())));
    };
    if !type_of(*message).has(type_flags::STR) {
        return Err(type_error(format!("argument 1 must be str, not {}", type_of(*message).name())));
    }
    if crate::ops::isinstance_sequence(*exceptions).is_none() {
        return Err(type_error("second argument (exceptions) must be a sequence"));
    }
    let items = crate::ops::collect_to_vec(*exceptions)?;
    if items.is_empty() {
        return Err(value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    let mut only_exceptions = true;
    for (i, item) in items.iter().enumerate() {
        if !is_exception(item.v()) {
            return Err(value_error(format!("Item {i} of second argument (exceptions) is not an exception")));
        }
        only_exceptions &= type_of(item.v()).is_subtype(&EXCEPTION);
    }
    let group_class = exception_group_class();
    let mut class = class;
    if std::ptr::eq(class, &BASE_EXCEPTION_GROUP) && only_exceptions {
        class = group_class;
    } else if std::ptr::eq(class, group_class) && !only_exceptions {
        return Err(type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
    } else if class.is_subtype(&EXCEPTION) && !only_exceptions {
        return Err(type_error(format!("Cannot nest BaseExceptions in '{}'", class.name())));
    }
    let group = new_with_fields::<2>(class, args)?;
    field_slot(group.v(), 0).set(Ref::new(*message));
    field_slot(group.v(), 1).set(crate::tuple::from_refs(items));
    Ok(group)
}

fn group_init(this: Value, args: &Args) -> R<()> {
    args.no_keywords(&type_of(this).name())?;
    base(this).args.set(crate::tuple::from_slice(args.pos()));
    Ok(())
}

fn group_str(this: Value) -> R<Ref> {
    let n = crate::tuple::items(field(this, 1)).map_or(0, <[Value]>::len);
    let message = crate::str::to_rust(field(this, 0));
    Ok(crate::str::from_str(&format!("{message} ({n} sub-exception{})", if n == 1 { "" } else { "s" })))
}

/// `ExceptionGroup`, whose bases are BaseExceptionGroup and Exception.
pub fn exception_group_class() -> &'static Type {
    static CLASS: Type = class::<ExceptionWith<2>>("ExceptionGroup", "builtins", &BASE_EXCEPTION_GROUP);
    if CLASS.bases.is_empty() {
        crate::type_object::add_base(&CLASS, &EXCEPTION);
    }
    &CLASS
}
