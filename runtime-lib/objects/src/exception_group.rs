//! BaseExceptionGroup and ExceptionGroup (first form: construction, fields, text).

use crate::exceptions::*;
use crate::prelude::*;

/// Slots of BaseExceptionGroup.
pub const SLOTS: Slots = Slots { new: Some(group_new), init: Some(group_init), str: Some(group_str), ..Slots::NONE };

crate::fields_decl!(GROUP_DECL, "message" => 0, "exceptions" => 1);

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

/// `ExceptionGroup`, made at first use as a heap class of (BaseExceptionGroup, Exception).
pub fn exception_group_class() -> &'static Type {
    use std::sync::OnceLock;
    static CLASS: OnceLock<usize> = OnceLock::new();
    let address = *CLASS.get_or_init(|| {
        let class = crate::type_new::new_class("ExceptionGroup", "builtins", &[&BASE_EXCEPTION_GROUP, &EXCEPTION])
            .expect("ExceptionGroup is well-formed");
        class.into_raw().address()
    });
    crate::cast::get_unchecked::<Type>(Value::from_address(address))
}
