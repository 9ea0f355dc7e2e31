//! The exception hierarchy: layouts, statics of all builtin exception classes, construction and chaining.

use crate::prelude::*;
use dxpyc_abi::InstanceDict;
use std::mem::offset_of;

/// What every exception instance begins with.
#[repr(C)]
pub struct ExceptionObject {
    header: Header,
    dict: InstanceDict,
    /// Tuple.
    pub args: Slot,
    /// Traceback object, or empty.
    pub traceback: Slot,
    /// `__context__`, or empty.
    pub context: Slot,
    /// `__cause__`, or empty.
    pub cause: Slot,
    /// `__suppress_context__`.
    pub suppress_context: Cell<bool>,
}

/// An exception with `N` further fields (errno, value, name …).
#[repr(C)]
pub struct ExceptionWith<const N: usize> {
    base: ExceptionObject,
    /// Empty slots read as None.
    pub fields: [Slot; N],
}

impl ExceptionObject {
    fn empty() -> ExceptionObject {
        ExceptionObject {
            header: crate::cast::fresh_header(),
            dict: InstanceDict { shape: Cell::new(std::ptr::null()), values: Cell::new(std::ptr::null_mut()) },
            args: Slot::empty(),
            traceback: Slot::empty(),
            context: Slot::empty(),
            cause: Slot::empty(),
            suppress_context: Cell::new(false),
        }
    }
}

impl Visit for ExceptionObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        for slot in [&self.args, &self.traceback, &self.context, &self.cause] {
            visitor.slot(slot)
        }
    }
    fn clear(&self) {
        for slot in [&self.args, &self.traceback, &self.context, &self.cause] {
            drop(slot.take())
        }
    }
}

impl<const N: usize> Visit for ExceptionWith<N> {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        self.base.visit(visitor);
        for slot in &self.fields {
            visitor.slot(slot)
        }
    }
    fn clear(&self) {
        self.base.clear();
        for slot in &self.fields {
            drop(slot.take())
        }
    }
}

object_type!(ExceptionObject, BASE_EXCEPTION);

const PLAIN: Slots = Slots::NONE;

const BASE_SLOTS: Slots = Slots {
    new: Some(new_plain),
    init: Some(base_init),
    repr: Some(base_repr),
    str: Some(base_str),
    ..Slots::NONE
};

const fn with_new<const N: usize>(init: crate::slots::InitFn) -> Slots {
    Slots { new: Some(new_with_fields::<N>), init: Some(init), ..Slots::NONE }
}

macro_rules! exceptions {
    ($($static:ident $name:literal : $base:expr, $layout:ty, $slots:expr, $decl:expr;)*) => {
        $(
            #[doc = concat!("`", $name, "`.")]
            pub static $static: Type = Type::builtin::<$layout>(
                $name, "builtins", $base,
                type_flags::BASE | type_flags::EXCEPTION | type_flags::WEAKREFABLE, $slots, $decl,
            ).visited::<$layout>().with_dict_at(offset_of!(ExceptionObject, dict)).dealloc_by(dealloc);
        )*
        /// All builtin exception classes with their names.
        #[unsafe(link_section = ".data.rel.ro.dxp.classes.exceptions")]
        pub static ALL: [crate::native::ClassRow; [$($name),*].len()] = [$(crate::native::ClassRow { name: $name, class: Some(&$static) }),*];
    };
}

/// A class below `base`, whose instances are `L`s, that is not one of the builtin names at once.
pub const fn class<L: Visit>(name: &'static str, module: &'static str, base: &'static Type) -> Type {
    let flags = type_flags::BASE | type_flags::EXCEPTION | type_flags::WEAKREFABLE;
    Type::builtin::<L>(name, module, Some(base), flags, PLAIN, None).visited::<L>().with_dict_at(offset_of!(ExceptionObject, dict)).dealloc_by(dealloc)
}

type E0 = ExceptionObject;

exceptions! {
    BASE_EXCEPTION "BaseException": Some(&crate::object::OBJECT), E0, BASE_SLOTS, Some(&BASE_EXCEPTION_DECL);
    EXCEPTION "Exception": Some(&BASE_EXCEPTION), E0, PLAIN, None;
    GENERATOR_EXIT "GeneratorExit": Some(&BASE_EXCEPTION), E0, PLAIN, None;
    KEYBOARD_INTERRUPT "KeyboardInterrupt": Some(&BASE_EXCEPTION), E0, PLAIN, None;
    SYSTEM_EXIT "SystemExit": Some(&BASE_EXCEPTION), ExceptionWith<1>, with_new::<1>(system_exit_init), Some(&SYSTEM_EXIT_DECL);
    BASE_EXCEPTION_GROUP "BaseExceptionGroup": Some(&BASE_EXCEPTION), ExceptionWith<2>, crate::exception_group::SLOTS, Some(&crate::exception_group::GROUP_DECL);
    STOP_ITERATION "StopIteration": Some(&EXCEPTION), ExceptionWith<1>, with_new::<1>(stop_iteration_init), Some(&STOP_ITERATION_DECL);
    STOP_ASYNC_ITERATION "StopAsyncIteration": Some(&EXCEPTION), E0, PLAIN, None;
    ARITHMETIC_ERROR "ArithmeticError": Some(&EXCEPTION), E0, PLAIN, None;
    FLOATING_POINT_ERROR "FloatingPointError": Some(&ARITHMETIC_ERROR), E0, PLAIN, None;
    OVERFLOW_ERROR "OverflowError": Some(&ARITHMETIC_ERROR), E0, PLAIN, None;
    ZERO_DIVISION_ERROR "ZeroDivisionError": Some(&ARITHMETIC_ERROR), E0, PLAIN, None;
    ASSERTION_ERROR "AssertionError": Some(&EXCEPTION), E0, PLAIN, None;
    ATTRIBUTE_ERROR "AttributeError": Some(&EXCEPTION), ExceptionWith<2>, with_new::<2>(attribute_error_init), Some(&ATTRIBUTE_ERROR_DECL);
    BUFFER_ERROR "BufferError": Some(&EXCEPTION), E0, PLAIN, None;
    EOF_ERROR "EOFError": Some(&EXCEPTION), E0, PLAIN, None;
    IMPORT_ERROR "ImportError": Some(&EXCEPTION), ExceptionWith<4>, IMPORT_SLOTS, Some(&IMPORT_ERROR_DECL);
    MODULE_NOT_FOUND_ERROR "ModuleNotFoundError": Some(&IMPORT_ERROR), ExceptionWith<4>, PLAIN, None;
    LOOKUP_ERROR "LookupError": Some(&EXCEPTION), E0, PLAIN, None;
    INDEX_ERROR "IndexError": Some(&LOOKUP_ERROR), E0, PLAIN, None;
    KEY_ERROR "KeyError": Some(&LOOKUP_ERROR), E0, Slots { str: Some(key_error_str), ..Slots::NONE }, None;
    MEMORY_ERROR "MemoryError": Some(&EXCEPTION), E0, PLAIN, None;
    NAME_ERROR "NameError": Some(&EXCEPTION), ExceptionWith<1>, with_new::<1>(name_error_init), Some(&NAME_ERROR_DECL);
    UNBOUND_LOCAL_ERROR "UnboundLocalError": Some(&NAME_ERROR), ExceptionWith<1>, PLAIN, None;
    OS_ERROR "OSError": Some(&EXCEPTION), ExceptionWith<5>, crate::os_error::SLOTS, Some(&crate::os_error::OS_ERROR_DECL);
    BLOCKING_IO_ERROR "BlockingIOError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    CHILD_PROCESS_ERROR "ChildProcessError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    CONNECTION_ERROR "ConnectionError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    BROKEN_PIPE_ERROR "BrokenPipeError": Some(&CONNECTION_ERROR), ExceptionWith<5>, PLAIN, None;
    CONNECTION_ABORTED_ERROR "ConnectionAbortedError": Some(&CONNECTION_ERROR), ExceptionWith<5>, PLAIN, None;
    CONNECTION_REFUSED_ERROR "ConnectionRefusedError": Some(&CONNECTION_ERROR), ExceptionWith<5>, PLAIN, None;
    CONNECTION_RESET_ERROR "ConnectionResetError": Some(&CONNECTION_ERROR), ExceptionWith<5>, PLAIN, None;
    FILE_EXISTS_ERROR "FileExistsError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    FILE_NOT_FOUND_ERROR "FileNotFoundError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    INTERRUPTED_ERROR "InterruptedError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    IS_A_DIRECTORY_ERROR "IsADirectoryError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    NOT_A_DIRECTORY_ERROR "NotADirectoryError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    PERMISSION_ERROR "PermissionError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    PROCESS_LOOKUP_ERROR "ProcessLookupError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    TIMEOUT_ERROR "TimeoutError": Some(&OS_ERROR), ExceptionWith<5>, PLAIN, None;
    REFERENCE_ERROR "ReferenceError": Some(&EXCEPTION), E0, PLAIN, None;
    RUNTIME_ERROR "RuntimeError": Some(&EXCEPTION), E0, PLAIN, None;
    NOT_IMPLEMENTED_ERROR "NotImplementedError": Some(&RUNTIME_ERROR), E0, PLAIN, None;
    PYTHON_FINALIZATION_ERROR "PythonFinalizationError": Some(&RUNTIME_ERROR), E0, PLAIN, None;
    RECURSION_ERROR "RecursionError": Some(&RUNTIME_ERROR), E0, PLAIN, None;
    SYNTAX_ERROR "SyntaxError": Some(&EXCEPTION), ExceptionWith<8>, SYNTAX_SLOTS, Some(&SYNTAX_ERROR_DECL);
    INDENTATION_ERROR "IndentationError": Some(&SYNTAX_ERROR), ExceptionWith<8>, PLAIN, None;
    TAB_ERROR "TabError": Some(&INDENTATION_ERROR), ExceptionWith<8>, PLAIN, None;
    INCOMPLETE_INPUT_ERROR "_IncompleteInputError": Some(&SYNTAX_ERROR), ExceptionWith<8>, PLAIN, None;
    SYSTEM_ERROR "SystemError": Some(&EXCEPTION), E0, PLAIN, None;
    TYPE_ERROR "TypeError": Some(&EXCEPTION), E0, PLAIN, None;
    VALUE_ERROR "ValueError": Some(&EXCEPTION), E0, PLAIN, None;
    UNICODE_ERROR "UnicodeError": Some(&VALUE_ERROR), E0, PLAIN, None;
    UNICODE_DECODE_ERROR "UnicodeDecodeError": Some(&UNICODE_ERROR), ExceptionWith<5>, crate::unicode_error::DECODE_SLOTS, Some(&crate::unicode_error::DECODE_DECL);
    UNICODE_ENCODE_ERROR "UnicodeEncodeError": Some(&UNICODE_ERROR), ExceptionWith<5>, crate::unicode_error::ENCODE_SLOTS, Some(&crate::unicode_error::ENCODE_DECL);
    UNICODE_TRANSLATE_ERROR "UnicodeTranslateError": Some(&UNICODE_ERROR), ExceptionWith<5>, crate::unicode_error::TRANSLATE_SLOTS, Some(&crate::unicode_error::TRANSLATE_DECL);
    WARNING "Warning": Some(&EXCEPTION), E0, PLAIN, None;
    BYTES_WARNING "BytesWarning": Some(&WARNING), E0, PLAIN, None;
    DEPRECATION_WARNING "DeprecationWarning": Some(&WARNING), E0, PLAIN, None;
    ENCODING_WARNING "EncodingWarning": Some(&WARNING), E0, PLAIN, None;
    FUTURE_WARNING "FutureWarning": Some(&WARNING), E0, PLAIN, None;
    IMPORT_WARNING "ImportWarning": Some(&WARNING), E0, PLAIN, None;
    PENDING_DEPRECATION_WARNING "PendingDeprecationWarning": Some(&WARNING), E0, PLAIN, None;
    RESOURCE_WARNING "ResourceWarning": Some(&WARNING), E0, PLAIN, None;
    RUNTIME_WARNING "RuntimeWarning": Some(&WARNING), E0, PLAIN, None;
    SYNTAX_WARNING "SyntaxWarning": Some(&WARNING), E0, PLAIN, None;
    UNICODE_WARNING "UnicodeWarning": Some(&WARNING), E0, PLAIN, None;
    USER_WARNING "UserWarning": Some(&WARNING), E0, PLAIN, None;
}

/// Destroys an exception of a builtin class, or of a class that adds nothing to one but attributes.
pub fn dealloc(v: Value) {
    let class = type_of(v);
    let object = crate::cast::get_unchecked::<ExceptionObject>(v);
    if class.has(type_flags::FINALIZER) || object.header.count.get() & dxpyc_abi::COUNT_WEAKREFS != 0 {
        return crate::type_object::dealloc_any(v, class);
    }
    crate::type_object::nested(v, || {
        if !object.dict.shape.get().is_null() {
            crate::shape::clear(v, &object.dict);
        }
        if let Some(f) = class.native.get().unwrap_or(class).native_drop {
            // SAFETY: the object is dead, and this is the destructor of its native part.
            unsafe { f(v.address() as *mut Header) }
        }
        crate::type_object::dealloc_block(v);
        if class.has(type_flags::HEAP) {
            dxpyc_heap::owned::decref(class.v());
        }
    })
}

/// The common part of what is known to be an exception.
#[inline]
pub fn base(exception: Value) -> &'static ExceptionObject {
    assert!(exception.is_pointer() && is_exception(exception), "an exception instance is expected");
    crate::cast::get_unchecked(exception)
}

/// Whether the value is an exception instance.
pub fn is_exception(v: Value) -> bool {
    type_of(v).has(type_flags::EXCEPTION)
}

/// Whether the value is an exception class.
pub fn as_exception_class(v: Value) -> Option<&'static Type> {
    crate::type_object::as_type(v).filter(|t| t.has(type_flags::EXCEPTION))
}

/// Field `i` of an exception with further fields; None when it is empty.
pub fn field(exception: Value, i: usize) -> Value {
    let v = field_slot(exception, i).get();
    if v.is_missing() { Value::NONE } else { v }
}

/// Slot of field `i`; the exception's layout must have it.
pub fn field_slot(exception: Value, i: usize) -> &'static Slot {
    debug_assert!(is_exception(exception));
    let fields = (exception.address() + offset_of!(ExceptionWith<1>, fields)) as *const Slot;
    // SAFETY: the callers are methods of classes whose layout is ExceptionWith<N> with i < N (table above).
    unsafe { &*fields.add(i) }
}

/// `BaseException.__new__`.
pub fn new_plain(class: &'static Type, args: &Args) -> R<Ref> {
    let mut object = ExceptionObject::empty();
    object.args = Slot::new(crate::tuple::from_slice(args.pos()));
    if class.basic_size.get() == size_of::<ExceptionObject>() && class.inline_values.get() == 0 {
        // As a rule: the common part and nothing else.
        let made = new_object(object);
        // SAFETY: the object was just made; the class has its layout.
        unsafe { (*(made.v().address() as *const Header)).ty.set(&class.prefix) };
        class.note_instance();
        return Ok(made);
    }
    Ok(crate::cast::new_object_of(class, object))
}

/// `__new__` of exceptions with `N` fields.
pub fn new_with_fields<const N: usize>(class: &'static Type, args: &Args) -> R<Ref> {
    let mut base = ExceptionObject::empty();
    base.args = Slot::new(crate::tuple::from_slice(args.pos()));
    // The object type is checked by the class table; new_object_of wants an Object impl, so the base's is used with the real size.
    let object = ExceptionWith::<N> { base, fields: [const { Slot::empty() }; N] };
    Ok(crate::cast::new_object_of(class, Sized_(object)))
}

/// Gives `ExceptionWith<N>` the `Object` that `new_object_of` asks for.
#[repr(transparent)]
struct Sized_<const N: usize>(ExceptionWith<N>);
// SAFETY: repr(transparent) over a repr(C) struct that begins with the header.
unsafe impl<const N: usize> Object for Sized_<N> {
    fn class() -> &'static Type {
        &BASE_EXCEPTION
    }
}

/// Whether instances are made by `BaseException`'s methods: then `__init__` has nothing to do after `__new__` with the same arguments.
#[inline]
pub fn makes_plain(slots: &Slots) -> bool {
    slots.new.is_some_and(|f| std::ptr::fn_addr_eq(f, new_plain as crate::slots::NewFn))
        && slots.init.is_some_and(|f| std::ptr::fn_addr_eq(f, base_init as crate::slots::InitFn))
}

/// `BaseException.__init__`.
pub fn base_init(this: Value, args: &Args) -> R<()> {
    if args.has_kw() {
        return Err(type_error(format!("{}() takes no keyword arguments", type_of(this).name())));
    }
    let slot = &base(this).args;
    // As a rule `__new__` had the same arguments.
    if crate::tuple::items(slot.get()) != Some(args.pos()) {
        slot.set(crate::tuple::from_slice(args.pos()));
    }
    Ok(())
}

fn base_repr(this: Value) -> R<Ref> {
    let args = base(this).args.cloned().unwrap_or_else(|| crate::tuple::from_slice(&[]));
    let items = crate::tuple::items(args.v()).unwrap_or(&[]);
    let inner = match items {
        [one] => format!("({})", crate::str::to_rust(crate::ops::repr(*one)?.v())),
        _ => crate::str::to_rust(crate::ops::repr(args.v())?.v()),
    };
    Ok(crate::str::from_str(&format!("{}{}", type_of(this).name(), inner)))
}

fn base_str(this: Value) -> R<Ref> {
    let args = base(this).args.cloned().unwrap_or_else(|| crate::tuple::from_slice(&[]));
    match crate::tuple::items(args.v()).unwrap_or(&[]) {
        [] => Ok(crate::str::from_str("")),
        [one] => crate::ops::str(*one),
        _ => crate::ops::str(args.v()),
    }
}

fn key_error_str(this: Value) -> R<Ref> {
    let args = base(this).args.cloned().unwrap_or_else(|| crate::tuple::from_slice(&[]));
    match crate::tuple::items(args.v()).unwrap_or(&[]) {
        [one] => crate::ops::repr(*one),
        _ => base_str(this),
    }
}

/// `class(message)`; no message when it is empty.
pub fn new_exception(class: &'static Type, message: &str) -> Ref {
    if message.is_empty() {
        return new_with_args(class, &[]);
    }
    let text = crate::str::from_str(message);
    new_with_args(class, &[text.v()])
}

/// `class(value)`, or `class()` when MISSING.
pub fn new_with_arg(class: &'static Type, value: Value) -> Ref {
    if value.is_missing() { new_with_args(class, &[]) } else { new_with_args(class, &[value]) }
}

/// `class(*args)` for builtin classes. When construction itself raises (it should not), that exception is the result.
pub fn new_with_args(class: &'static Type, args: &[Value]) -> Ref {
    let args = Args::positional(args);
    let slots = class.slots();
    if makes_plain(slots) {
        return new_plain(class, &args).unwrap_or_else(|Raised| crate::state::take_pending().expect("a pending exception"));
    }
    let made = match slots.new {
        Some(new) => new(class, &args).and_then(|e| match slots.init {
            Some(init) => init(e.v(), &args).map(|()| e),
            None => Ok(e),
        }),
        None => new_plain(class, &args),
    };
    match made {
        Ok(exception) => exception,
        Err(Raised) => crate::state::take_pending().expect("a pending exception"),
    }
}

/// Sets `__context__` of an exception that is about to be raised to the handled one, breaking cycles.
pub fn set_context_from_handled(exception: Value) {
    let handled = crate::state::state().handled_now();
    if !handled.is_missing() {
        set_context(exception, handled);
    }
}

/// Sets `__context__` of an exception to one that is being handled, breaking cycles.
pub fn set_context(exception: Value, handled: Value) {
    if handled == exception {
        return;
    }
    // Break a chain that leads from the handled exception back to this one.
    let mut at = Ref::new(handled);
    let mut steps = 0;
    while let Some(next) = base(at.v()).context.cloned() {
        if next.v() == exception {
            drop(base(at.v()).context.take());
            break;
        }
        at = next;
        steps += 1;
        if steps > 10_000 {
            break;
        }
    }
    base(exception).context.set(Ref::new(handled));
}

fn stop_iteration_init(this: Value, args: &Args) -> R<()> {
    base_init(this, args)?;
    let value = args.pos().first().copied().unwrap_or(Value::NONE);
    field_slot(this, 0).set(Ref::new(value));
    Ok(())
}

fn system_exit_init(this: Value, args: &Args) -> R<()> {
    base_init(this, args)?;
    let code = match args.pos() {
        [] => Ref::none(),
        [one] => Ref::new(*one),
        many => crate::tuple::from_slice(many),
    };
    field_slot(this, 0).set(code);
    Ok(())
}

/// Takes known keyword arguments into fields; others raise TypeError.
pub fn keyword_fields(this: Value, function: &str, args: &Args, names: &[(&str, usize)]) -> R<()> {
    for (name, value) in args.kw() {
        let text = crate::str::to_rust(name);
        match names.iter().find(|(n, _)| *n == text) {
            Some((_, i)) => field_slot(this, *i).set(Ref::new(value)),
            None => {
                let known: Vec<&str> = names.iter().map(|(known, _)| *known).collect();
                return Err(crate::suggestions::unexpected_keyword(function, name, &known));
            }
        }
    }
    Ok(())
}

fn name_error_init(this: Value, args: &Args) -> R<()> {
    base_init(this, &Args::positional(args.pos()))?;
    keyword_fields(this, "NameError", args, &[("name", 0)])
}

fn attribute_error_init(this: Value, args: &Args) -> R<()> {
    base_init(this, &Args::positional(args.pos()))?;
    keyword_fields(this, "AttributeError", args, &[("name", 0), ("obj", 1)])
}

const IMPORT_SLOTS: Slots =
    Slots { new: Some(new_with_fields::<4>), init: Some(import_error_init), str: Some(import_error_str), ..Slots::NONE };

fn import_error_init(this: Value, args: &Args) -> R<()> {
    base_init(this, &Args::positional(args.pos()))?;
    if let [one] = args.pos() {
        field_slot(this, 0).set(Ref::new(*one));
    }
    keyword_fields(this, "ImportError", args, &[("name", 1), ("path", 2), ("name_from", 3)])
}

fn import_error_str(this: Value) -> R<Ref> {
    let message = field(this, 0);
    if is_exact(message, &crate::str::STR) { Ok(Ref::new(message)) } else { base_str(this) }
}

const SYNTAX_SLOTS: Slots =
    Slots { new: Some(new_with_fields::<8>), init: Some(syntax_error_init), str: Some(syntax_error_str), ..Slots::NONE };

fn syntax_error_init(this: Value, args: &Args) -> R<()> {
    base_init(this, args)?;
    if let Some(message) = args.pos().first() {
        field_slot(this, 0).set(Ref::new(*message));
    }
    if args.pos().len() == 2 {
        let info = crate::ops::collect_to_vec(args.pos()[1])?;
        if !(4..=7).contains(&info.len()) || info.len() == 5 {
            return Err(type_error(format!("function takes at {} 4 arguments ({} given)", if info.len() < 4 { "least" } else { "most" }, info.len())));
        }
        for (i, value) in info.into_iter().enumerate() {
            field_slot(this, i + 1).set(value);
        }
    }
    Ok(())
}

fn syntax_error_str(this: Value) -> R<Ref> {
    let message = crate::str::to_rust(crate::ops::str(field(this, 0))?.v());
    let filename = field(this, 1);
    let line = field(this, 2);
    let file = if is_exact(filename, &crate::str::STR) {
        let name = crate::str::to_rust(filename);
        Some(name.rsplit('/').next().unwrap_or("").to_string())
    } else {
        None
    };
    let text = match (file, line.as_small_int()) {
        (Some(f), Some(l)) => format!("{message} ({f}, line {l})"),
        (Some(f), None) => format!("{message} ({f})"),
        (None, Some(l)) => format!("{message} (line {l})"),
        (None, None) => message,
    };
    Ok(crate::str::from_str(&text))
}

/// Getter of field `I`.
pub fn get_field<const I: usize>(this: Value) -> R<Ref> {
    Ok(Ref::new(field(this, I)))
}

/// Setter of field `I`; deleting makes it None.
pub fn set_field<const I: usize>(this: Value, value: Value) -> R<()> {
    field_slot(this, I).set(Ref::new(if value.is_missing() { Value::NONE } else { value }));
    Ok(())
}

/// `fields_decl!(DECL, "doc", "name" => 0, …)`: a class whose native part is just fields.
#[macro_export]
macro_rules! fields_decl {
    ($decl:ident, reduce $reduce:path, $($name:literal => $i:literal),*) => {
        $crate::fields_decl!($decl, methods &[$crate::native::NativeDecl {
            name: "__reduce__", signature: "", doc: "", kind: $crate::native::FnKind::Method, params: &[], call: $reduce,
        }], $($name => $i),*);
    };
    ($decl:ident, $($name:literal => $i:literal),*) => {
        $crate::fields_decl!($decl, methods &[], $($name => $i),*);
    };
    ($decl:ident, methods $methods:expr, $($name:literal => $i:literal),*) => {
        /// Fields of the exception class.
        pub static $decl: $crate::native::ClassDecl = $crate::native::ClassDecl {
            doc: "", methods: $methods, init: None,
            getsets: &[$($crate::native::GetSetDecl {
                name: $name, doc: "", get: $crate::exceptions::get_field::<$i>, set: Some($crate::exceptions::set_field::<$i>),
            }),*],
        };
    };
}

/// What `__reduce__` returns: class, arguments and a state of the instance's dict and `more`, if there is any.
pub fn with_state(this: Value, args: Ref, more: &[(&str, Value)]) -> R<Ref> {
    let dict = crate::ops::getattr_str(this, "__dict__")?;
    let class = Ref::new(type_of(this).v());
    if more.is_empty() && !crate::ops::truth(dict.v())? {
        return Ok(crate::tuple::from_refs(vec![class, args]));
    }
    let state = if more.is_empty() { dict } else { crate::dict::copy(dict.v()) };
    for (name, value) in more {
        crate::dict::set_str(state.v(), name, Ref::new(*value));
    }
    Ok(crate::tuple::from_refs(vec![class, args, state]))
}

fn import_error_reduce(this: Value, _: &Args) -> R<Ref> {
    let more: Vec<(&str, Value)> =
        [("name", 1), ("path", 2), ("name_from", 3)].into_iter().filter(|(_, i)| !field_slot(this, *i).is_empty()).map(|(n, i)| (n, field(this, i))).collect();
    with_state(this, base(this).args()?, &more)
}

fn attribute_error_reduce(this: Value, _: &Args) -> R<Ref> {
    let args = base(this).args()?;
    let mut more = Vec::new();
    if !field_slot(this, 0).is_empty() {
        more = vec![("name", field(this, 0)), ("args", args.v())];
    }
    with_state(this, args.clone(), &more)
}

fields_decl!(SYSTEM_EXIT_DECL, "code" => 0);
fields_decl!(STOP_ITERATION_DECL, "value" => 0);
fields_decl!(NAME_ERROR_DECL, "name" => 0);
fields_decl!(ATTRIBUTE_ERROR_DECL, reduce attribute_error_reduce, "name" => 0, "obj" => 1);
fields_decl!(IMPORT_ERROR_DECL, reduce import_error_reduce, "msg" => 0, "name" => 1, "path" => 2, "name_from" => 3);
fields_decl!(SYNTAX_ERROR_DECL, "msg" => 0, "filename" => 1, "lineno" => 2, "offset" => 3, "text" => 4, "end_lineno" => 5, "end_offset" => 6, "print_file_and_line" => 7);

#[native_class(decl = BASE_EXCEPTION_DECL)]
impl ExceptionObject {
    #[getter]
    pub fn args(&self) -> R<Ref> {
        Ok(self.args.cloned().unwrap_or_else(|| crate::tuple::from_slice(&[])))
    }
    #[setter]
    fn set_args(&self, value: Value) -> R<()> {
        if value.is_missing() {
            return Err(type_error("args may not be deleted"));
        }
        let items = crate::ops::collect_to_vec(value)?;
        self.args.set(crate::tuple::from_refs(items));
        Ok(())
    }
    #[getter]
    fn __traceback__(&self) -> R<Ref> {
        Ok(self.traceback.cloned().unwrap_or_else(Ref::none))
    }
    #[setter]
    fn set___traceback__(&self, value: Value) -> R<()> {
        if value.is_missing() {
            return Err(type_error("__traceback__ may not be deleted"));
        }
        if value.is_none() {
            drop(self.traceback.take());
        } else if is_exact(value, &crate::traceback::TRACEBACK) {
            self.traceback.set(Ref::new(value));
        } else {
            return Err(type_error("__traceback__ must be a traceback or None"));
        }
        Ok(())
    }
    #[getter]
    fn __context__(&self) -> R<Ref> {
        Ok(self.context.cloned().unwrap_or_else(Ref::none))
    }
    #[setter]
    fn set___context__(&self, value: Value) -> R<()> {
        set_link(&self.context, value, "__context__", "exception context must be None or derive from BaseException")
    }
    #[getter]
    fn __cause__(&self) -> R<Ref> {
        Ok(self.cause.cloned().unwrap_or_else(Ref::none))
    }
    #[setter]
    fn set___cause__(&self, value: Value) -> R<()> {
        set_link(&self.cause, value, "__cause__", "exception cause must be None or derive from BaseException")?;
        self.suppress_context.set(true);
        Ok(())
    }
    #[getter]
    fn __suppress_context__(&self) -> bool {
        self.suppress_context.get()
    }
    #[setter]
    fn set___suppress_context__(&self, value: Value) -> R<()> {
        if value.is_missing() {
            return Err(type_error("can't delete numeric/char attribute"));
        }
        if !value.is_bool() {
            return Err(type_error("attribute value type must be bool"));
        }
        self.suppress_context.set(value == Value::TRUE);
        Ok(())
    }
    /// Set self.__traceback__ to tb and return self.
    #[native("($self, tb, /)")]
    fn with_traceback(this: Value, tb: Value) -> R<Ref> {
        base(this).set___traceback__(tb)?;
        Ok(Ref::new(this))
    }
    /// Add a note to the exception.
    #[native("($self, note, /)")]
    fn add_note(this: Value, note: Value) -> R<()> {
        if !type_of(note).has(type_flags::STR) {
            return Err(type_error(format!("note must be a str, not '{}'", type_of(note).name())));
        }
        let notes = match crate::ops::getattr_opt(this, "__notes__")? {
            Some(notes) => notes,
            None => {
                let list = crate::list::from_slice(&[]);
                crate::ops::setattr(this, crate::str::intern("__notes__").v(), list.v())?;
                list
            }
        };
        if !type_of(notes.v()).has(type_flags::LIST) {
            return Err(type_error("Cannot add note: __notes__ is not a list"));
        }
        crate::list::push(notes.v(), Ref::new(note));
        Ok(())
    }
    #[native("($self, /)")]
    fn __reduce__(this: Value) -> R<Ref> {
        let args = base(this).args()?;
        let dict = crate::ops::getattr_str(this, "__dict__")?;
        if crate::ops::truth(dict.v())? {
            Ok(crate::tuple::from_slice(&[type_of(this).v(), args.v(), dict.v()]))
        } else {
            Ok(crate::tuple::from_slice(&[type_of(this).v(), args.v()]))
        }
    }
    #[native("($self, state, /)")]
    fn __setstate__(this: Value, state: Value) -> R<()> {
        if state.is_none() {
            return Ok(());
        }
        if !type_of(state).has(type_flags::DICT) {
            return Err(type_error("state is not a dictionary"));
        }
        let mut at = 0;
        while let Some((key, value)) = crate::dict::next_entry(state, &mut at) {
            let (key, value) = (Ref::new(key), Ref::new(value));
            crate::ops::setattr(this, key.v(), value.v())?;
        }
        Ok(())
    }
}

fn set_link(slot: &Slot, value: Value, name: &str, message: &str) -> R<()> {
    if value.is_missing() {
        return Err(type_error(format!("{name} may not be deleted")));
    }
    if value.is_none() {
        drop(slot.take());
    } else if is_exception(value) {
        slot.set(Ref::new(value));
    } else {
        return Err(type_error(message));
    }
    Ok(())
}
