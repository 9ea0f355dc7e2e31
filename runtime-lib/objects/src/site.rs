//! Names that CPython's `site` adds to builtins: `exit`, `quit`, `copyright`, `credits`, `license`, `help`.

use crate::prelude::*;

/// `exit` and `quit`.
#[repr(C)]
struct Quitter {
    header: Header,
    name: &'static str,
}

object_type!(Quitter, QUITTER);

static QUITTER: Type = Type::builtin::<Quitter>(
    "Quitter",
    "_sitebuiltins",
    Some(&crate::object::OBJECT),
    0,
    Slots { repr: Some(quitter_repr), call: Some(quitter_call), ..Slots::NONE },
    None,
);

fn quitter_repr(v: Value) -> R<Ref> {
    let name = crate::cast::get_unchecked::<Quitter>(v).name;
    Ok(crate::str::from_str(&format!("Use {name}() or Ctrl-D (i.e. EOF) to exit")))
}

fn quitter_call(_: Value, args: &Args) -> R<Ref> {
    let code = args.values().first().copied().unwrap_or(Value::NONE);
    if args.values().len() > 1 {
        return Err(type_error(format!("Quitter.__call__() takes from 1 to 2 positional arguments but {} were given", args.values().len() + 1)));
    }
    Err(raise_instance(crate::exceptions::new_with_args(&crate::exceptions::SYSTEM_EXIT, &[code])))
}

/// `copyright` and the like: print a text when called.
#[repr(C)]
struct Printer {
    header: Header,
    text: &'static str,
}

object_type!(Printer, PRINTER);

static PRINTER: Type = Type::builtin::<Printer>(
    "_Printer",
    "_sitebuiltins",
    Some(&crate::object::OBJECT),
    0,
    Slots { repr: Some(printer_repr), call: Some(printer_call), ..Slots::NONE },
    None,
);

fn printer_repr(v: Value) -> R<Ref> {
    Ok(crate::str::from_str(crate::cast::get_unchecked::<Printer>(v).text))
}

fn printer_call(v: Value, args: &Args) -> R<Ref> {
    if !args.values().is_empty() {
        return Err(crate::builtins::unsupported("help() on an object"));
    }
    let text = printer_repr(v)?;
    crate::builtins_print::print(&Args::positional(&[text.v()]))
}

/// Adds the names.
pub(crate) fn fill(dict: Value) {
    for name in ["exit", "quit"].into_iter().filter(|name| crate::builtins_types::is_named(name)) {
        let object = new_object(Quitter { header: crate::cast::fresh_header(), name });
        crate::dict::set_str(dict, name, object);
    }
    let texts = [
        ("copyright", "Copyright (c) the dxpyc authors."),
        ("credits", "Thanks to all who made Python."),
        ("license", "dxpyc: MIT OR Apache-2.0"),
        ("help", "Type help() for interactive help, or help(object) for help about object."),
    ];
    for (name, text) in texts.into_iter().filter(|(name, _)| crate::builtins_types::is_named(name)) {
        crate::dict::set_str(dict, name, new_object(Printer { header: crate::cast::fresh_header(), text }));
    }
}
