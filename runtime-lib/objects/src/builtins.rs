//! The module `builtins`: its functions and the names in its dict.

use crate::int::{self, from_i64};
use crate::ops;
use crate::prelude::*;
use crate::type_object::display_name;

pub use functions::MODULE as MODULE_DECL;

/// Exactly one positional argument: `NAME() takes exactly one argument (N given)`.
#[inline]
fn one(args: &Args, name: &str) -> R<Value> {
    match args.values() {
        [v] if !args.has_kw() => Ok(*v),
        _ => {
            args.no_keywords(name)?;
            Err(type_error(format!("{name}() takes exactly one argument ({} given)", args.values().len())))
        }
    }
}

/// Positional arguments only, `min` to `max` of them: `NAME expected at least 1 argument, got 0`.
#[inline]
pub(crate) fn arity<'a>(args: &Args<'a>, name: &str, min: usize, max: usize) -> R<&'a [Value]> {
    let n = args.values().len();
    if !args.has_kw() && min <= n && n <= max {
        return Ok(args.values());
    }
    args.no_keywords(name)?;
    let (bound, word) = if n < min { (min, "at least ") } else { (max, "at most ") };
    let word = if min == max { "" } else { word };
    let s = if bound == 1 { "" } else { "s" };
    Err(type_error(format!("{name} expected {word}{bound} argument{s}, got {n}")))
}

/// An attribute name.
#[inline]
fn attribute_name(v: Value) -> R<Value> {
    if type_of(v).has(type_flags::STR) {
        return Ok(v);
    }
    Err(type_error(format!("attribute name must be string, not '{}'", display_name(v))))
}

/// `bin`, `oct` and `hex`.
fn prefixed(v: Value, base: u32, prefix: &str) -> R<Ref> {
    let index = ops::index(v)?;
    let mut text = crate::int_text::radix_digits(int::num(index.v()).unwrap_or(int::Num::Word(0)), base);
    text.insert_str(text.starts_with('-') as usize, prefix);
    Ok(crate::str::from_str(&text))
}

/// The error of what needs a compiler at run time.
#[cold]
pub(crate) fn unsupported(what: &str) -> Raised {
    runtime_error(format!("unsupported: {what}"))
}

#[native_module(
    name = "builtins",
    doc = "Built-in functions, types, exceptions, and other objects.\n\nThis module provides direct access to all 'built-in'\nidentifiers of Python; for example, builtins.len is\nthe full name for the built-in function len().\n\nThis module is not normally accessed explicitly by most\napplications, but can be useful in modules that provide\nobjects with the same name as a built-in value, but in\nwhich the built-in of that name is also needed."
)]
pub mod functions {
    use super::*;

    /// Return the absolute value of the argument.
    #[native("($module, x, /)", raw)]
    pub fn abs(args: &Args) -> R<Ref> {
        let x = one(args, "abs")?;
        if let Some(i) = x.as_small_int() {
            return Ok(from_i64(i.abs()));
        }
        ops::abs(x)
    }

    /// Return True if bool(x) is True for all values x in the iterable.
    ///
    /// If the iterable is empty, return True.
    #[native("($module, iterable, /)", raw)]
    pub fn all(args: &Args) -> R<Ref> {
        let it = ops::iter(one(args, "all")?)?;
        while let Some(v) = crate::iterators::step(it.v())? {
            if !ops::truth(v.v())? {
                return Ok(Ref::bool(false));
            }
        }
        Ok(Ref::bool(true))
    }

    /// Return True if bool(x) is True for any x in the iterable.
    ///
    /// If the iterable is empty, return False.
    #[native("($module, iterable, /)", raw)]
    pub fn any(args: &Args) -> R<Ref> {
        let it = ops::iter(one(args, "any")?)?;
        while let Some(v) = crate::iterators::step(it.v())? {
            if ops::truth(v.v())? {
                return Ok(Ref::bool(true));
            }
        }
        Ok(Ref::bool(false))
    }

    /// Return an ASCII-only representation of an object.
    #[native("($module, obj, /)", raw)]
    pub fn ascii(args: &Args) -> R<Ref> {
        ops::ascii(one(args, "ascii")?)
    }

    /// Return the binary representation of an integer.
    ///
    ///    >>> bin(2796202)
    ///    '0b1010101010101010101010'
    #[native("($module, number, /)", raw)]
    pub fn bin(args: &Args) -> R<Ref> {
        prefixed(one(args, "bin")?, 2, "0b")
    }

    /// Return the hexadecimal representation of an integer.
    ///
    ///    >>> hex(12648430)
    ///    '0xc0ffee'
    #[native("($module, number, /)", raw)]
    pub fn hex(args: &Args) -> R<Ref> {
        prefixed(one(args, "hex")?, 16, "0x")
    }

    /// Return the octal representation of an integer.
    ///
    ///    >>> oct(342391)
    ///    '0o1234567'
    #[native("($module, number, /)", raw)]
    pub fn oct(args: &Args) -> R<Ref> {
        prefixed(one(args, "oct")?, 8, "0o")
    }

    /// Call sys.breakpointhook(*args, **kws).
    #[native("($module, /, *args, **kws)", raw)]
    pub fn breakpoint(args: &Args) -> R<Ref> {
        let sys = crate::import::import_module("sys")?;
        let hook = ops::getattr_str(sys.v(), "breakpointhook")?;
        crate::call::call(hook.v(), args)
    }

    /// Return whether the object is callable (i.e., some kind of function).
    ///
    /// Note that classes are callable, as are instances of classes with a
    /// __call__() method.
    #[native("($module, obj, /)", raw)]
    pub fn callable(args: &Args) -> R<Ref> {
        Ok(Ref::bool(ops::is_callable(one(args, "callable")?)))
    }

    /// Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.
    #[native("($module, i, /)", raw)]
    pub fn chr(args: &Args) -> R<Ref> {
        let i = int::index_clamped(one(args, "chr")?)?;
        if !(0..=0x10ffff).contains(&i) {
            return Err(value_error("chr() arg not in range(0x110000)"));
        }
        Ok(crate::str::from_char(i as u32))
    }

    /// Compile source into a code object that can be executed by exec() or eval().
    #[native("($module, /, source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)", raw)]
    pub fn compile(args: &Args) -> R<Ref> {
        let names = ["source", "filename", "mode", "flags", "dont_inherit", "optimize"];
        let [source, filename, mode, flags, _, _] = crate::arity::named("compile", args, names, 6, 3)?;
        let flags = if flags.is_missing() { 0 } else { int::index_i64(flags)? };
        crate::code_strings::compile(source, filename, mode, flags)
    }

    /// Deletes the named attribute from the given object.
    ///
    /// delattr(x, 'y') is equivalent to ``del x.y``
    #[native("($module, obj, name, /)", raw)]
    pub fn delattr(args: &Args) -> R<Ref> {
        let [o, name] = arity(args, "delattr", 2, 2)? else { unreachable!() };
        ops::delattr(*o, attribute_name(*name)?)?;
        Ok(Ref::none())
    }

    /// dir([object]) -> list of strings
    ///
    /// Without an argument: the names in the current scope. Else an
    /// alphabetized list of names of the given object's attributes.
    #[native("", raw)]
    pub fn dir(args: &Args) -> R<Ref> {
        match arity(args, "dir", 0, 1)? {
            [v] => dir_of(*v),
            _ => Err(unsupported("dir() without arguments, called indirectly")),
        }
    }

    /// Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.
    #[native("($module, x, y, /)", raw)]
    pub fn divmod(args: &Args) -> R<Ref> {
        let [x, y] = arity(args, "divmod", 2, 2)? else { unreachable!() };
        ops::divmod(*x, *y)
    }

    /// Evaluate the given source in the context of globals and locals.
    #[native("($module, source, /, globals=None, locals=None)", raw)]
    pub fn eval(args: &Args) -> R<Ref> {
        if args.pos().is_empty() {
            return Err(type_error("eval() takes at least 1 positional argument (0 given)"));
        }
        let [source, globals, locals] = crate::arity::named("eval", args, ["", "globals", "locals"], 3, 1)?;
        let or_none = |v: Value| if v.is_missing() { Value::NONE } else { v };
        crate::code_strings::execute("eval", &[source, or_none(globals), or_none(locals)], None, None)
    }

    /// Execute the given source in the context of globals and locals.
    #[native("($module, source, /, globals=None, locals=None, *, closure=None)", raw)]
    pub fn exec(args: &Args) -> R<Ref> {
        if args.pos().is_empty() {
            return Err(type_error("exec() takes at least 1 positional argument (0 given)"));
        }
        if args.pos().len() > 3 {
            return Err(type_error(format!("exec() takes at most 3 positional arguments ({} given)", args.pos().len())));
        }
        let [source, globals, locals, closure] = crate::arity::named("exec", args, ["", "globals", "locals", "closure"], 3, 1)?;
        let or_none = |v: Value| if v.is_missing() { Value::NONE } else { v };
        crate::code_strings::execute("exec", &[source, or_none(globals), or_none(locals)], Some(or_none(closure)), None)
    }

    /// Return type(value).__format__(value, format_spec)
    #[native("($module, value, format_spec='', /)", raw)]
    pub fn format(args: &Args) -> R<Ref> {
        let values = arity(args, "format", 1, 2)?;
        let spec = values.get(1).copied().unwrap_or_else(crate::str::empty);
        if !type_of(spec).has(type_flags::STR) {
            return Err(type_error(format!("format() argument 2 must be str, not {}", display_name(spec))));
        }
        ops::format(values[0], spec)
    }

    /// getattr(object, name[, default]) -> value
    ///
    /// Get a named attribute from an object.
    ///
    /// getattr(x, 'y') is equivalent to x.y.
    #[native("", raw)]
    pub fn getattr(args: &Args) -> R<Ref> {
        match arity(args, "getattr", 2, 3)? {
            [o, name] => ops::getattr(*o, attribute_name(*name)?),
            [o, name, default] => match ops::getattr_opt_value(*o, attribute_name(*name)?)? {
                Some(v) => Ok(v),
                None => Ok(Ref::new(*default)),
            },
            _ => unreachable!(),
        }
    }

    /// Return the dictionary containing the current scope's global variables.
    #[native("($module, /)", raw)]
    pub fn globals(args: &Args) -> R<Ref> {
        let _ = args;
        Err(unsupported("globals() called indirectly"))
    }

    /// Return whether the object has an attribute with the given name.
    ///
    /// This is done by calling getattr(obj, name) and catching AttributeError.
    #[native("($module, obj, name, /)", raw)]
    pub fn hasattr(args: &Args) -> R<Ref> {
        let [o, name] = arity(args, "hasattr", 2, 2)? else { unreachable!() };
        Ok(Ref::bool(ops::getattr_opt_value(*o, attribute_name(*name)?)?.is_some()))
    }

    /// Return the integer hash value for the given object.
    #[native("($module, obj, /)", raw)]
    pub fn hash(args: &Args) -> R<Ref> {
        ops::hash(one(args, "hash")?).map(from_i64)
    }

    /// Return the identity of an object.
    ///
    /// This is guaranteed to be unique among simultaneously existing objects.
    #[native("($module, obj, /)", raw)]
    pub fn id(args: &Args) -> R<Ref> {
        let v = one(args, "id")?;
        Ok(if v.is_pointer() { from_i64(v.address() as i64) } else { int::from_u64(v.0) })
    }

    /// Read a string from standard input.  The trailing newline is stripped.
    ///
    /// The prompt string, if given, is printed to standard output without a
    /// trailing newline before reading input.
    #[native("($module, prompt='', /)", raw)]
    pub fn input(args: &Args) -> R<Ref> {
        let values = arity(args, "input", 0, 1)?;
        crate::builtins_print::input(values.first().copied())
    }

    /// Open file and return a stream.  Raise OSError upon failure.
    #[native("($module, /, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)", raw)]
    pub fn open(args: &Args) -> R<Ref> {
        crate::io::open(args)
    }

    /// Return whether an object is an instance of a class or of a subclass thereof.
    ///
    /// A tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to
    /// check against.
    #[native("($module, obj, class_or_tuple, /)", raw)]
    pub fn isinstance(args: &Args) -> R<Ref> {
        let [o, class] = arity(args, "isinstance", 2, 2)? else { unreachable!() };
        ops::isinstance(*o, *class).map(Ref::bool)
    }

    /// Return whether 'cls' is derived from another class or is the same class.
    #[native("($module, cls, class_or_tuple, /)", raw)]
    pub fn issubclass(args: &Args) -> R<Ref> {
        let [o, class] = arity(args, "issubclass", 2, 2)? else { unreachable!() };
        ops::issubclass(*o, *class).map(Ref::bool)
    }

    /// iter(iterable) -> iterator
    /// iter(callable, sentinel) -> iterator
    ///
    /// Get an iterator from an object, or one that calls until the sentinel comes.
    #[native("", raw)]
    pub fn iter(args: &Args) -> R<Ref> {
        match arity(args, "iter", 1, 2)? {
            [v] => ops::iter(*v),
            [v, sentinel] if ops::is_callable(*v) => Ok(crate::iterators::callable_iter(*v, *sentinel)),
            _ => Err(type_error("iter(v, w): v must be callable")),
        }
    }

    /// Return an AsyncIterator for an AsyncIterable object.
    #[native("($module, async_iterable, /)", raw)]
    pub fn aiter(args: &Args) -> R<Ref> {
        let v = one(args, "aiter")?;
        let Some(f) = type_of(v).slots().aiter else {
            return Err(type_error(format!("'{}' object is not an async iterable", display_name(v))));
        };
        let it = f(v)?;
        if type_of(it.v()).slots().anext.is_none() {
            return Err(type_error(format!("aiter() returned not an async iterator of type '{}'", display_name(it.v()))));
        }
        Ok(it)
    }

    /// Return the next item from the async iterator.
    ///
    /// If default is given and the async iterator is exhausted,
    /// it is returned instead of raising StopAsyncIteration.
    #[native("($module, aiterator, default=<unrepresentable>, /)", raw)]
    pub fn anext(args: &Args) -> R<Ref> {
        let values = arity(args, "anext", 1, 2)?;
        let Some(f) = type_of(values[0]).slots().anext else {
            return Err(type_error(format!("'{}' object is not an async iterator", display_name(values[0]))));
        };
        let awaitable = f(values[0])?;
        Ok(match values.get(1) {
            Some(default) => crate::async_generator::anext_with_default(awaitable, *default),
            None => awaitable,
        })
    }

    /// Return the number of items in a container.
    #[native("($module, obj, /)", raw)]
    pub fn len(args: &Args) -> R<Ref> {
        Ok(from_i64(ops::len(one(args, "len")?)? as i64))
    }

    /// Return a dictionary containing the current scope's local variables.
    #[native("($module, /)", raw)]
    pub fn locals(args: &Args) -> R<Ref> {
        let _ = args;
        Err(unsupported("locals() called indirectly"))
    }

    /// max(iterable, *[, default=obj, key=func]) -> value
    /// max(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// The biggest item of an iterable, or the largest of the arguments.
    #[native("", raw)]
    pub fn max(args: &Args) -> R<Ref> {
        crate::builtins_reduce::extreme("max", CompareOp::Gt, args)
    }

    /// min(iterable, *[, default=obj, key=func]) -> value
    /// min(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// The smallest item of an iterable, or the smallest of the arguments.
    #[native("", raw)]
    pub fn min(args: &Args) -> R<Ref> {
        crate::builtins_reduce::extreme("min", CompareOp::Lt, args)
    }

    /// next(iterator[, default])
    ///
    /// The next item from the iterator; when it is exhausted, the default, if given.
    #[native("", raw)]
    pub fn next(args: &Args) -> R<Ref> {
        let values = arity(args, "next", 1, 2)?;
        let Some(step) = type_of(values[0]).slots().next else {
            return Err(type_error(format!("'{}' object is not an iterator", display_name(values[0]))));
        };
        match step(values[0]) {
            Ok(Some(v)) => Ok(v),
            Ok(None) => match values.get(1) {
                Some(default) => Ok(Ref::new(*default)),
                None => Err(raise_instance(crate::exceptions::new_with_args(&crate::exceptions::STOP_ITERATION, &[]))),
            },
            Err(raised) => match values.get(1) {
                Some(default) if swallow(&crate::exceptions::STOP_ITERATION) => Ok(Ref::new(*default)),
                _ => Err(raised),
            },
        }
    }

    /// Return the ordinal value of a character.
    #[native("($module, character, /)", raw)]
    pub fn ord(args: &Args) -> R<Ref> {
        let v = one(args, "ord")?;
        let length = if let Some(text) = crate::str::try_view(v) {
            if text.len() == 1 {
                return Ok(from_i64(text.get(0) as i64));
            }
            text.len()
        } else if crate::buffer::is_bytes_like(v) && (type_of(v).has(type_flags::BYTES) || type_of(v).is_subtype(&crate::bytearray::BYTEARRAY)) {
            let bytes = crate::buffer::to_vec(v)?;
            if let [byte] = bytes[..] {
                return Ok(from_i64(byte as i64));
            }
            bytes.len()
        } else {
            return Err(type_error(format!("ord() expected string of length 1, but {} found", display_name(v))));
        };
        Err(type_error(format!("ord() expected a character, but string of length {length} found")))
    }

    /// Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments
    ///
    /// Some types, such as ints, are able to use a more efficient algorithm
    /// when invoked using the three argument form.
    #[native("($module, /, base, exp, mod=None)")]
    pub fn pow(base: Value, exp: Value, modulus: Value) -> R<Ref> {
        ops::pow(base, exp, modulus)
    }

    /// Prints the values to a stream, or to sys.stdout by default.
    ///
    ///   sep
    ///     string inserted between values, default a space.
    ///   end
    ///     string appended after the last value, default a newline.
    ///   file
    ///     a file-like object (stream); defaults to the current sys.stdout.
    ///   flush
    ///     whether to forcibly flush the stream.
    #[native("($module, /, *args, sep=' ', end='\\n', file=None, flush=False)", raw)]
    pub fn print(args: &Args) -> R<Ref> {
        crate::builtins_print::print(args)
    }

    /// Return the canonical string representation of the object.
    ///
    /// For many object types, including most builtins, eval(repr(obj)) == obj.
    #[native("($module, obj, /)", raw)]
    pub fn repr(args: &Args) -> R<Ref> {
        ops::repr(one(args, "repr")?)
    }

    /// Round a number to a given precision in decimal digits.
    ///
    /// The return value is an integer if ndigits is omitted or None.
    /// Otherwise the return value has the same type as the number.  ndigits
    /// may be negative.
    #[native("($module, /, number, ndigits=None)")]
    pub fn round(number: Value, ndigits: Value) -> R<Ref> {
        if ndigits.is_none() && number.is_imm_float() {
            return crate::float::f64_to_int(number.imm_float_unchecked().round_ties_even());
        }
        let name = crate::str::intern("__round__");
        let Some(method) = crate::type_object::lookup_special(number, name.v())? else {
            return Err(type_error(format!("type {} doesn't define __round__ method", display_name(number))));
        };
        if ndigits.is_none() { crate::call::call0(method.v()) } else { crate::call::call1(method.v(), ndigits) }
    }

    /// Sets the named attribute on the given object to the specified value.
    ///
    /// setattr(x, 'y', v) is equivalent to ``x.y = v``
    #[native("($module, obj, name, value, /)", raw)]
    pub fn setattr(args: &Args) -> R<Ref> {
        let [o, name, value] = arity(args, "setattr", 3, 3)? else { unreachable!() };
        ops::setattr(*o, attribute_name(*name)?, *value)?;
        Ok(Ref::none())
    }

    /// Return a new list containing all items from the iterable in ascending order.
    ///
    /// A custom key function can be supplied to customize the sort order, and the
    /// reverse flag can be set to request the result in descending order.
    #[native("($module, iterable, /, *, key=None, reverse=False)", raw)]
    pub fn sorted(args: &Args) -> R<Ref> {
        let [iterable] = args.pos() else {
            return Err(type_error(format!("sorted expected 1 argument, got {}", args.pos().len())));
        };
        let list = crate::list::from_refs(ops::collect_to_vec(*iterable)?);
        let sort = ops::getattr_str(list.v(), "sort")?;
        crate::call::call(sort.v(), &Args::with_names(args.kw_values(), args.names()))?;
        Ok(list)
    }

    /// Return the sum of a 'start' value (default: 0) plus an iterable of numbers
    ///
    /// When the iterable is empty, return the start value.
    /// This function is intended specifically for use with numeric values and may
    /// reject non-numeric types.
    #[native("($module, iterable, /, start=0)")]
    pub fn sum(iterable: Value, start: Value) -> R<Ref> {
        crate::builtins_reduce::sum(iterable, start)
    }

    /// vars([object]) -> dictionary
    ///
    /// Without arguments, equivalent to locals().
    /// With an argument, equivalent to object.__dict__.
    #[native("", raw)]
    pub fn vars(args: &Args) -> R<Ref> {
        match arity(args, "vars", 0, 1)? {
            [v] => match ops::getattr_opt(*v, "__dict__")? {
                Some(dict) => Ok(dict),
                None => Err(type_error("vars() argument must have __dict__ attribute")),
            },
            _ => Err(unsupported("vars() without arguments, called indirectly")),
        }
    }

    /// Import a module.
    #[native("($module, /, name, globals=None, locals=None, fromlist=(), level=0)", name = "__import__")]
    pub fn import_(name: Value, globals: Value, locals: Value, fromlist: Option<Value>, level: Option<Value>) -> R<Ref> {
        let _ = locals;
        let level = level.map_or(Ok(0), crate::unpack::c_int)?;
        crate::import::import(globals, name, fromlist.unwrap_or(Value::NONE), level)
    }
}

/// The functions of the module.
pub fn functions() -> &'static [NativeDecl] {
    // What the rows hold is known when the program is linked, not when this is compiled.
    std::hint::black_box(MODULE_DECL.functions)
}

/// `dir(object)`.
fn dir_of(v: Value) -> R<Ref> {
    let name = crate::str::intern("__dir__");
    let Some(method) = crate::type_object::lookup_special(v, name.v())? else {
        return Err(type_error("object does not provide __dir__"));
    };
    let names = crate::call::call0(method.v())?;
    let list = crate::list::from_refs(ops::collect_to_vec(names.v())?);
    crate::call::call_method(list.v(), "sort", &[])?;
    Ok(list)
}

/// Puts all names but those of aliases into the dict of `builtins`.
pub fn fill(dict: Value) {
    // The runtime itself looks these up.
    let is_kept = |function: &crate::native::NativeDecl| !function.is_left_out() || matches!(function.name, "__import__" | "getattr");
    // What the row of `__build_class__` holds is known when the program is linked.
    let build_class = std::hint::black_box(&crate::type_new::BUILD_CLASS);
    for function in functions().iter().chain([build_class]).filter(|function| is_kept(function)) {
        let object = crate::function::new_module_function(function, "builtins");
        crate::dict::set_str(dict, function.name, object);
    }
    let constants: [(&str, Value); 5] = [
        ("None", Value::NONE),
        ("True", Value::TRUE),
        ("False", Value::FALSE),
        ("Ellipsis", Value::ELLIPSIS),
        ("NotImplemented", Value::NOT_IMPLEMENTED),
    ];
    for (name, v) in constants {
        crate::dict::set_str(dict, name, Ref::new(v));
    }
    crate::dict::set_str(dict, "__debug__", Ref::bool(true));
    for row in crate::builtins_types::all() {
        if let Some(class) = row.class {
            crate::dict::set_str(dict, row.name, Ref::new(class.v()));
        }
    }
    crate::site::fill(dict);
}
