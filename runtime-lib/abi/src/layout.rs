//! Layouts that compiled code and runtime share. All `repr(C)`; offsets are taken with `offset_of!`.

use crate::value::Value;
use core::cell::{Cell, UnsafeCell};

/// One reference in the count word.
pub const COUNT_UNIT: i64 = 4;
/// Count-word bit: weak references to the object exist.
pub const COUNT_WEAKREFS: i64 = 1;
/// Count-word bit: `__del__` has run.
pub const COUNT_FINALIZED: i64 = 2;
/// Count word of immortal objects (sign bit set).
pub const COUNT_IMMORTAL: i64 = i64::MIN;

/// What every object begins with.
#[repr(C)]
pub struct Header {
    /// References times [`COUNT_UNIT`], plus flag bits; negative: immortal or shared.
    pub count: Cell<i64>,
    /// The object's type (`*const objects::Type`, whose first words are [`TypePrefix`]).
    pub ty: Cell<*const TypePrefix>,
}

/// The first words of every type object; the rest belongs to `objects`.
#[repr(C)]
pub struct TypePrefix {
    /// Types are objects.
    pub header: Header,
    /// Unique among all types at all times; changes when the type or a base changes. 0: do not cache.
    pub version: Cell<u64>,
    /// `TYPE_*` flags.
    pub flags: Cell<u64>,
    /// Bytes from an instance's start to its [`InstanceDict`]; 0: none; -1: behind a variable-sized body.
    pub dict_offset: Cell<isize>,
}

/// Type flags.
pub mod type_flags {
    /// Made by a `class` statement or `type()`.
    pub const HEAP: u64 = 1 << 0;
    /// May be subclassed.
    pub const BASE: u64 = 1 << 1;
    /// Instances may refer to other objects (the cycle collector visits them).
    pub const GC: u64 = 1 << 2;
    /// int or a subclass.
    pub const INT: u64 = 1 << 3;
    /// str or a subclass.
    pub const STR: u64 = 1 << 4;
    /// bytes or a subclass.
    pub const BYTES: u64 = 1 << 5;
    /// list or a subclass.
    pub const LIST: u64 = 1 << 6;
    /// tuple or a subclass.
    pub const TUPLE: u64 = 1 << 7;
    /// dict or a subclass.
    pub const DICT: u64 = 1 << 8;
    /// type or a subclass (metaclasses).
    pub const TYPE: u64 = 1 << 9;
    /// BaseException or a subclass.
    pub const EXCEPTION: u64 = 1 << 10;
    /// float or a subclass.
    pub const FLOAT: u64 = 1 << 11;
    /// set/frozenset or a subclass.
    pub const SET: u64 = 1 << 12;
    /// Matches sequence patterns.
    pub const SEQUENCE: u64 = 1 << 13;
    /// Matches mapping patterns.
    pub const MAPPING: u64 = 1 << 14;
    /// Has a `__del__`.
    pub const FINALIZER: u64 = 1 << 15;
    /// The type's dict may not be changed.
    pub const IMMUTABLE: u64 = 1 << 16;
    /// Cannot be instantiated from Python.
    pub const NO_NEW: u64 = 1 << 17;
    /// Abstract methods remain.
    pub const ABSTRACT: u64 = 1 << 18;
    /// The dict and method table are filled.
    pub const READY: u64 = 1 << 19;
    /// `type.__getattribute__` is object's: the attribute caches apply.
    pub const PLAIN_GETATTR: u64 = 1 << 20;
    /// `__setattr__` is object's.
    pub const PLAIN_SETATTR: u64 = 1 << 21;
    /// Is a method-like descriptor: `__get__` binds (functions, method descriptors).
    pub const METHOD_DESCRIPTOR: u64 = 1 << 22;
    /// Instances have weak references allowed.
    pub const WEAKREFABLE: u64 = 1 << 23;
    /// Matches self in class patterns (`int(x)`).
    pub const MATCH_SELF: u64 = 1 << 24;
    /// A buffered reader, writer or both, or a subclass.
    pub const BUFFERED: u64 = 1 << 25;
    /// A binary file in memory, or a subclass.
    pub const BYTES_IO: u64 = 1 << 26;
}

/// Attribute storage of an instance. `shape` null: no attributes yet.
#[repr(C)]
pub struct InstanceDict {
    /// Names and slots of the attributes; null before the first store; `DICT_SHAPE` when `__dict__` was taken.
    pub shape: Cell<*const Shape>,
    /// Slots; inline behind the object or on the heap. In dict mode slot 0 is the dict.
    pub values: Cell<*mut Value>,
}

/// The common prefix of `objects::Shape`.
#[repr(C)]
pub struct Shape {
    /// Never reused.
    pub id: u64,
    /// Number of attributes.
    pub len: usize,
}

/// A boxed float (what cannot be immediate).
#[repr(C)]
pub struct FloatObject {
    pub header: Header,
    pub value: f64,
}

/// str: code points in 1, 2 or 4 bytes each, chosen by the largest (as PEP 393).
#[repr(C)]
pub struct StrObject {
    pub header: Header,
    /// Number of code points.
    pub len: usize,
    /// Hash, or -1 when not known yet (a hash is never -1).
    pub hash: Cell<i64>,
    /// 1, 2 or 4.
    pub kind: u8,
    /// All code points below 128 (then kind is 1).
    pub ascii: u8,
    /// Interned.
    pub interned: Cell<u8>,
    pub pad: [u8; 5],
    /// Code points follow: `len * kind` bytes, then one zero code point.
    pub data: [u8; 0],
}

/// Distance of the one-character strs of `DXP_LATIN1`, a table of 256 of them by code point (immortal).
pub const LATIN1_STRIDE: usize = 48;

/// bytes.
#[repr(C)]
pub struct BytesObject {
    pub header: Header,
    pub len: usize,
    /// Hash or -1.
    pub hash: Cell<i64>,
    /// `len` bytes follow, then a zero byte.
    pub data: [u8; 0],
}

/// tuple.
#[repr(C)]
pub struct TupleObject {
    pub header: Header,
    pub len: usize,
    /// Hash or -1.
    pub hash: Cell<i64>,
    /// `len` owned values follow.
    pub items: [Value; 0],
}

/// list.
#[repr(C)]
pub struct ListObject {
    pub header: Header,
    pub len: Cell<usize>,
    pub capacity: Cell<usize>,
    pub items: Cell<*mut Value>,
}

/// A closure cell.
#[repr(C)]
pub struct CellObject {
    pub header: Header,
    /// MISSING when empty.
    pub value: Cell<Value>,
}

/// `body(func, p0, …)` erased; call with the right number of `Value` arguments.
pub type BodyFn = *const u8;
/// `entry(func, args)`: all parameters bound, in slot order.
pub type EntryFn = unsafe extern "C" fn(func: Value, args: *const Value) -> Value;
/// `resume(generator, sent)`: ERROR result with no exception pending never happens; a return ends with the
/// generator's state set to [`GENERATOR_DONE`] and the return value as result.
pub type ResumeFn = unsafe extern "C" fn(generator: Value, sent: Value) -> Value;

/// Code flags (values as CPython's `co_flags` where it has them).
pub mod code_flags {
    pub const OPTIMIZED: u32 = 0x1;
    pub const NEWLOCALS: u32 = 0x2;
    pub const VARARGS: u32 = 0x4;
    pub const VARKEYWORDS: u32 = 0x8;
    pub const NESTED: u32 = 0x10;
    pub const GENERATOR: u32 = 0x20;
    pub const COROUTINE: u32 = 0x80;
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    pub const ASYNC_GENERATOR: u32 = 0x200;
    pub const HAS_DOCSTRING: u32 = 0x4000000;
    pub const METHOD: u32 = 0x8000000;
    /// Ours: a module body.
    pub const MODULE: u32 = 0x1000_0000;
    /// Ours: a class body (one parameter: the namespace).
    pub const CLASS: u32 = 0x2000_0000;
}

/// One position of the traceback table: where an instruction stands in the source.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: u32,
    pub end_line: u32,
    /// UTF-8 byte columns, as `co_positions`.
    pub column: u32,
    pub end_column: u32,
}

/// What is known of a function at build time: one static record, emitted by the back end.
#[repr(C)]
pub struct Code {
    /// `body`, for direct calls.
    pub body: BodyFn,
    /// Array entry. Null for generators, which have `resume`.
    pub entry: Option<EntryFn>,
    /// Resume function of generators and coroutines.
    pub resume: Option<ResumeFn>,
    /// Number of positional arguments that `body` takes directly (no defaults, keyword-only or star parameters
    /// needed to be filled); u32::MAX when there is none (star parameters, keyword-only, generators).
    pub fast_nargs: u32,
    /// All parameter slots: positional + keyword-only + star parameters.
    pub n_params: u32,
    pub n_posonly: u32,
    /// Positional parameters, positional-only included.
    pub n_args: u32,
    pub n_kwonly: u32,
    /// [`code_flags`].
    pub flags: u32,
    /// Generators: number of owned object slots in the frame, then of raw 8-byte slots.
    pub n_frame_objects: u32,
    pub n_frame_raw: u32,
    /// Static str objects: names of all local variables, parameters first.
    pub varnames: *const Value,
    pub n_varnames: u32,
    pub n_cellvars: u32,
    pub cellvars: *const Value,
    pub freevars: *const Value,
    pub n_freevars: u32,
    pub first_line: u32,
    /// Static str objects.
    pub name: Value,
    pub qualname: Value,
    pub filename: Value,
    /// Static str or NONE.
    pub doc: Value,
    /// Traceback positions, indexed by the number given to `dxp_traceback`.
    pub positions: *const Position,
    pub n_positions: u32,
    pub pad: u32,
    /// The module that the code belongs to.
    pub module: *const ModuleInfo,
    /// Runtime's: the lazily made code object, or 0.
    pub object: Cell<u64>,
}

/// A function object.
#[repr(C)]
pub struct FunctionObject {
    pub header: Header,
    /// Copy of `code.body`, for direct calls.
    pub body: Cell<BodyFn>,
    /// Copy of `code.fast_nargs`; the inline fast path of a call compares it.
    pub fast_nargs: Cell<u32>,
    pub pad: u32,
    pub code: Cell<*const Code>,
    /// The globals dict (owned).
    pub globals: Cell<Value>,
    /// Tuple of cells, or MISSING.
    pub closure: Cell<Value>,
    /// Tuple of positional defaults, or NONE.
    pub defaults: Cell<Value>,
    /// Dict of keyword-only defaults, or NONE.
    pub kwdefaults: Cell<Value>,
    /// Runtime's fields follow (name, qualname, module, doc, dict, annotations, type params).
    pub rest: UnsafeCell<[Value; 8]>,
}

/// State word of a generator that has not started.
pub const GENERATOR_START: u32 = 0;
/// State word of a finished generator. Suspended states are 1, 2, ….
pub const GENERATOR_DONE: u32 = u32::MAX;

/// A generator, coroutine or async generator.
#[repr(C)]
pub struct GeneratorObject {
    pub header: Header,
    pub resume: Option<ResumeFn>,
    pub code: *const Code,
    /// The function object (owned): closure and globals.
    pub function: Cell<Value>,
    /// Where to go on: [`GENERATOR_START`], a suspension point's number, or [`GENERATOR_DONE`].
    pub state: Cell<u32>,
    /// 1 while running.
    pub running: Cell<u32>,
    /// What `yield from`/`await` waits for, or MISSING (owned).
    pub awaiting: Cell<Value>,
    /// sys.exception() inside the generator while suspended (owned), or NONE.
    pub handled: Cell<Value>,
    /// name, qualname, origin, finalizer… (owned or MISSING).
    pub extra: UnsafeCell<[Value; 4]>,
    /// Frame: `n_frame_objects` owned values (MISSING when empty; parameters come first at START), then raw words.
    pub frame: [Value; 0],
}

/// One compiled module, emitted by the back end; the runtime registers all of them by [`ModuleTable`].
#[repr(C)]
pub struct ModuleInfo {
    /// Dotted name, UTF-8 with length.
    pub name: *const u8,
    pub name_len: usize,
    /// Value of `__file__` / path shown in tracebacks.
    pub file: *const u8,
    pub file_len: usize,
    /// Source text for traceback lines (may be null).
    pub source: *const u8,
    pub source_len: usize,
    /// The module body's code.
    pub body: *const Code,
    /// 1 for packages.
    pub is_package: u32,
    pub pad: u32,
}

/// All modules of the program, main first. Symbol `dxp_module_table`.
#[repr(C)]
pub struct ModuleTable {
    pub modules: *const *const ModuleInfo,
    pub n_modules: usize,
    /// Pointers to the runtime's `NativeModule` records that the program reaches (symbols `dxp_native_module_NAME`).
    pub natives: *const *const u8,
    pub n_natives: usize,
}

/// Inline cache of an attribute load, store or method call. Zeroed at start.
#[repr(C)]
pub struct AttrCache {
    /// Type version at fill time; 0 never matches.
    pub version: Cell<u64>,
    /// Shape of the instance at fill time (also null for "no attributes yet"); checked for slot and method hits.
    pub shape: Cell<*const Shape>,
    /// Slot hit: index into `values`. Method/class hit: the attribute (borrowed; kept alive by the type).
    pub value: Cell<u64>,
    /// [`cache_kind`].
    pub kind: Cell<u32>,
    /// Byte offset of the InstanceDict in the instance, when kind needs it (0: the type has none).
    pub dict_offset: Cell<u32>,
    /// What compiled code compares first: [`plain_key`] of version and kind when the InstanceDict stands right behind the header; else 0.
    pub plain: Cell<u64>,
    /// Earlier entries of the site, for receivers of several classes. Compiled code looks at the first entry only; `objects` exchanges them.
    pub earlier: [AttrEntry; 3],
}

/// An entry of an [`AttrCache`] that is not in front; the fields are its.
#[repr(C)]
pub struct AttrEntry {
    pub version: Cell<u64>,
    pub shape: Cell<*const Shape>,
    pub value: Cell<u64>,
    pub kind: Cell<u32>,
    pub dict_offset: Cell<u32>,
}

impl AttrEntry {
    /// No entry.
    pub const EMPTY: AttrEntry = AttrEntry {
        version: Cell::new(0),
        shape: Cell::new(core::ptr::null()),
        value: Cell::new(0),
        kind: Cell::new(0),
        dict_offset: Cell::new(0),
    };
}

/// Offset of the InstanceDict in instances of the usual classes.
pub const PLAIN_DICT_OFFSET: u32 = size_of::<Header>() as u32;

/// What [`AttrCache::plain`] holds for a type version and one of the kinds SLOT, METHOD and ADD of [`plain_kind`]: never 0, which no version gives.
#[inline(always)]
pub const fn plain_key(version: u64, kind: u64) -> u64 {
    version.wrapping_mul(4).wrapping_add(kind)
}

/// Kinds in [`plain_key`].
pub mod plain_kind {
    pub const SLOT: u64 = 1;
    pub const METHOD: u64 = 2;
    pub const ADD: u64 = 3;
}

/// Kinds of [`AttrCache`] hits.
pub mod cache_kind {
    /// Empty.
    pub const NONE: u32 = 0;
    /// `values[value]` of the instance.
    pub const SLOT: u32 = 1;
    /// A function (or method descriptor) of the class, not shadowed: call with self first.
    pub const METHOD: u32 = 2;
    /// A plain class attribute, not shadowed.
    pub const CLASS: u32 = 3;
    /// A `__slots__` member at byte offset `value`.
    pub const MEMBER: u32 = 4;
    /// A store that adds the attribute as the last one: `value` is the shape after it (`*const Shape`). The new slot is inline, that is,
    /// `values` must point right behind the InstanceDict.
    pub const ADD: u32 = 5;
    /// `value` is an attribute of the class that is the object: `version` is that class's own.
    pub const OF_CLASS: u32 = 7;
    /// Entry `value` of the dict that stands at byte `dict_offset` of the object (a module's): `shape` is the dict's keys version.
    pub const DICT: u32 = 8;
}

/// Inline cache of a global load. Zeroed at start.
#[repr(C)]
pub struct GlobalCache {
    /// Keys version of the globals dict at fill time; 0 never matches.
    pub globals_version: Cell<u64>,
    /// Keys version of the builtins dict (used when `in_builtins`).
    pub builtins_version: Cell<u64>,
    /// Index of the entry in the dict's entry array.
    pub index: Cell<u32>,
    /// 1: the entry is in builtins.
    pub in_builtins: Cell<u32>,
}

/// dict: the words that compiled code reads.
#[repr(C)]
pub struct DictObject {
    pub header: Header,
    /// Live entries.
    pub len: Cell<usize>,
    /// Unique among all dicts; changes when a key is added or removed or the entries move; not when a value is replaced. 0 = not assigned yet.
    pub keys_version: Cell<u64>,
    /// Entry array.
    pub entries: Cell<*mut DictEntry>,
    /// Entries used, deleted ones included.
    pub used: Cell<u32>,
    /// log2 of the index table's size.
    pub log2_size: Cell<u8>,
    pub pad: [u8; 3],
    /// Index table (u8/u16/u32 by size).
    pub indices: Cell<*mut u8>,
}

/// One dict entry; deleted entries have key MISSING.
#[repr(C)]
pub struct DictEntry {
    pub hash: i64,
    pub key: Value,
    pub value: Value,
}

/// The iterator of an exact list (`list_iterator`) or an exact tuple (`tuple_iterator`). `runtime-lib/hot` steps it in line, so
/// `objects` lays its iterators out like this and exports the types as `dxp_type_list_iterator` and `dxp_type_tuple_iterator`.
#[repr(C)]
pub struct SequenceIterator {
    pub header: Header,
    /// The list or tuple (owned); MISSING when exhausted.
    pub sequence: Cell<Value>,
    /// Index of the next item.
    pub index: Cell<usize>,
}

/// The iterator of a `range` whose values are all small ints (`range_iterator`, exported as `dxp_type_range_iterator`).
#[repr(C)]
pub struct RangeIterator {
    pub header: Header,
    /// The next value.
    pub next: Cell<i64>,
    /// Values left.
    pub left: Cell<u64>,
    /// May be negative; not 0.
    pub step: i64,
}
