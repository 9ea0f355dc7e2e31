//! The module `sys`.

use crate::int::{self, from_i64};
use crate::prelude::*;
use crate::state::state;
use crate::struct_sequence::{self, SLOTS_NO_NEW};

pub use functions::MODULE as MODULE_DECL;

struct Dict(Slot);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Dict {}
/// The module's dict, once the program has imported it.
static DICT: Dict = Dict(Slot::empty());

/// Whether the program has imported `sys`.
pub fn is_loaded() -> bool {
    !DICT.0.is_empty()
}

/// An attribute of the module as it is now.
pub fn attribute(name: &str) -> Option<Ref> {
    if DICT.0.is_empty() {
        return None;
    }
    let key = crate::str::intern(name);
    crate::dict::get_str(DICT.0.get(), key.v()).map(Ref::new)
}

/// Version of the language that programs see.
pub const VERSION: (i64, i64, i64) = (3, 14, 10);

crate::struct_sequence!(VERSION_INFO, VERSION_INFO_DECL, "version_info", "sys", "sys.version_info\n\nVersion information as a named tuple.", SLOTS_NO_NEW, 5;
    0 "major", 1 "minor", 2 "micro", 3 "releaselevel", 4 "serial");
crate::struct_sequence!(FLOAT_INFO, FLOAT_INFO_DECL, "float_info", "sys", "sys.float_info\n\nA named tuple holding information about the float type.", struct_sequence::SLOTS, 11;
    0 "max", 1 "max_exp", 2 "max_10_exp", 3 "min", 4 "min_exp", 5 "min_10_exp", 6 "dig", 7 "mant_dig", 8 "epsilon", 9 "radix", 10 "rounds");
crate::struct_sequence!(INT_INFO, INT_INFO_DECL, "int_info", "sys", "sys.int_info\n\nA named tuple about the internal representation of integers.", struct_sequence::SLOTS, 4;
    0 "bits_per_digit", 1 "sizeof_digit", 2 "default_max_str_digits", 3 "str_digits_check_threshold");
crate::struct_sequence!(HASH_INFO, HASH_INFO_DECL, "hash_info", "sys", "hash_info\n\nA named tuple providing parameters used for computing hashes.", struct_sequence::SLOTS, 9;
    0 "width", 1 "modulus", 2 "inf", 3 "nan", 4 "imag", 5 "algorithm", 6 "hash_bits", 7 "seed_bits", 8 "cutoff");
crate::struct_sequence!(THREAD_INFO, THREAD_INFO_DECL, "thread_info", "sys", "sys.thread_info\n\nA named tuple holding information about the thread implementation.", struct_sequence::SLOTS, 3;
    0 "name", 1 "lock", 2 "version");
crate::struct_sequence!(ASYNCGEN_HOOKS, ASYNCGEN_HOOKS_DECL, "asyncgen_hooks", "builtins", "asyncgen_hooks(firstiter, finalizer)", SLOTS_NO_NEW, 2;
    0 "firstiter", 1 "finalizer");
crate::struct_sequence!(FLAGS, FLAGS_DECL, "flags", "sys", "sys.flags\n\nFlags provided through command line arguments or environment vars.", SLOTS_NO_NEW, 18;
    0 "debug", 1 "inspect", 2 "interactive", 3 "optimize", 4 "dont_write_bytecode", 5 "no_user_site", 6 "no_site", 7 "ignore_environment",
    8 "verbose", 9 "bytes_warning", 10 "quiet", 11 "hash_randomization", 12 "isolated", 13 "dev_mode", 14 "utf8_mode", 15 "warn_default_encoding",
    16 "safe_path", 17 "int_max_str_digits", 18 "gil", 19 "thread_inherit_context", 20 "context_aware_warnings");

const STDLIB_NAMES: &str = "__future__ _abc _aix_support _android_support _apple_support _ast _ast_unparse _asyncio _bisect _blake2 _bz2 _codecs _codecs_cn _codecs_hk \
    _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc _colorize _compat_pickle _contextvars _csv _ctypes _curses \
    _curses_panel _datetime _dbm _decimal _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _hmac _imp \
    _interpchannels _interpqueues _interpreters _io _ios_support _json _locale _lsprof _lzma _markupbase _md5 _multibytecodec _multiprocessing \
    _opcode _opcode_metadata _operator _osx_support _overlapped _pickle _posixshmem _posixsubprocess _py_abc _py_warnings _pydatetime _pydecimal \
    _pyio _pylong _pyrepl _queue _random _remote_debugging _scproxy _sha1 _sha2 _sha3 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat \
    _statistics _string _strptime _struct _suggestions _symtable _sysconfig _thread _threading_local _tkinter _tokenize _tracemalloc _types \
    _typing _uuid _warnings _weakref _weakrefset _winapi _wmi _zoneinfo _zstd abc annotationlib antigravity argparse array ast asyncio atexit \
    base64 bdb binascii bisect builtins bz2 cProfile calendar cmath cmd code codecs codeop collections colorsys compileall compression \
    concurrent configparser contextlib contextvars copy copyreg csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest email \
    encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext \
    glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib importlib inspect io ipaddress itertools json keyword linecache locale \
    logging lzma mailbox marshal math mimetypes mmap modulefinder msvcrt multiprocessing netrc nt ntpath nturl2path numbers opcode operator \
    optparse os pathlib pdb pickle pickletools pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr \
    pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex \
    shutil signal site smtplib socket socketserver sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct \
    subprocess symtable sys sysconfig syslog tabnanny tarfile tempfile termios textwrap this threading time timeit tkinter token tokenize \
    tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uuid venv warnings wave weakref \
    webbrowser winreg winsound wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/// Whether it is the name of a module of the standard library.
pub fn is_stdlib_module(name: &str) -> bool {
    STDLIB_NAMES.split_whitespace().any(|known| known == name)
}

/// Modules that are part of every program.
const BUILTIN_NAMES: &[&str] = &[
    "_abc", "_bisect", "_codecs", "_collections", "_functools", "_heapq", "_io", "_operator", "_random", "_struct", "_weakref", "builtins", "cmath", "errno",
    "_sre", "_string", "_thread", "_typing", "atexit", "gc", "itertools", "math", "posix", "sys", "time",
];

fn text(s: &str) -> Ref {
    crate::str::from_str(s)
}

fn texts<'a>(items: impl Iterator<Item = &'a str>) -> Vec<Ref> {
    items.map(crate::str::intern).collect()
}

/// Bytes of the operating system as str: UTF-8, other bytes as lone surrogates.
pub fn decode_os(bytes: &[u8]) -> Ref {
    let mut points = Vec::new();
    for chunk in bytes.utf8_chunks() {
        points.extend(chunk.valid().chars().map(|c| c as u32));
        points.extend(chunk.invalid().iter().map(|&b| 0xdc00 + b as u32));
    }
    crate::str::from_code_points(&points)
}

fn version_info() -> Ref {
    struct_sequence::new(
        &VERSION_INFO,
        5,
        vec![from_i64(VERSION.0), from_i64(VERSION.1), from_i64(VERSION.2), text("final"), from_i64(0)],
    )
}

const HEX_VERSION: i64 = VERSION.0 << 24 | VERSION.1 << 16 | VERSION.2 << 8 | 0xf0;

fn init(dict: Value) -> R<()> {
    use std::os::unix::ffi::OsStrExt;
    DICT.0.set(Ref::new(dict));
    let set = |name: &str, v: Ref| crate::dict::set_str(dict, name, v);
    let argv: Vec<Ref> = state().argv.borrow().iter().map(|a| decode_os(a.as_bytes())).collect();
    set("orig_argv", crate::list::from_refs(argv.clone()));
    set("argv", crate::list::from_refs(argv));
    set("path", crate::list::from_refs(vec![crate::str::from_str(&crate::import::main_folder())]));
    set("modules", Ref::new(crate::import::sys_modules()));
    set("version", text(concat!("3.14.10 (dxpyc ", env!("CARGO_PKG_VERSION"), ") [LLVM]")));
    set("version_info", version_info());
    set("hexversion", from_i64(HEX_VERSION));
    set("api_version", from_i64(1013));
    set("copyright", text("Copyright (c) the dxpyc authors."));
    set("platform", text("linux"));
    set("platlibdir", text("lib"));
    set("byteorder", text(if cfg!(target_endian = "little") { "little" } else { "big" }));
    set("maxsize", from_i64(i64::MAX));
    set("maxunicode", from_i64(0x10ffff));
    for name in ["executable", "prefix", "exec_prefix", "base_prefix", "base_exec_prefix", "abiflags", "_framework", "_base_executable", "_stdlib_dir"] {
        set(name, text(""));
    }
    for name in ["pycache_prefix", "_home", "last_exc"] {
        if name != "last_exc" {
            set(name, Ref::none());
        }
    }
    set("dont_write_bytecode", Ref::bool(true));
    set("float_repr_style", text("short"));
    set("_git", crate::tuple::from_refs(vec![text("dxpyc"), text(""), text("")]));
    for name in ["warnoptions", "meta_path", "path_hooks"] {
        set(name, crate::list::from_refs(Vec::new()));
    }
    for name in ["path_importer_cache", "_xoptions"] {
        set(name, crate::dict::new());
    }
    let f = crate::float::from_f64;
    set(
        "float_info",
        struct_sequence::new(
            &FLOAT_INFO,
            11,
            vec![
                f(f64::MAX), from_i64(1024), from_i64(308), f(f64::MIN_POSITIVE), from_i64(-1021), from_i64(-307), from_i64(15), from_i64(53),
                f(f64::EPSILON), from_i64(2), from_i64(1),
            ],
        ),
    );
    set("int_info", struct_sequence::new(&INT_INFO, 4, [30, 4, 4300, 640].map(from_i64).into()));
    set(
        "hash_info",
        struct_sequence::new(
            &HASH_INFO,
            9,
            vec![
                from_i64(64), from_i64(int::HASH_MODULUS as i64), from_i64(314159), from_i64(0), from_i64(1_000_003), text("siphash13"), from_i64(64),
                from_i64(128), from_i64(0),
            ],
        ),
    );
    set("thread_info", struct_sequence::new(&THREAD_INFO, 3, vec![text("pthread"), text("semaphore"), Ref::none()]));
    let mut flags: Vec<Ref> = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0].map(from_i64).into();
    flags.extend([Ref::bool(false), from_i64(0), from_i64(0), Ref::bool(false), from_i64(4300), from_i64(1), from_i64(0), from_i64(0)]);
    set("flags", struct_sequence::new(&FLAGS, 18, flags));
    set("implementation", crate::namespace::new(implementation())?);
    set("builtin_module_names", crate::tuple::from_refs(texts(BUILTIN_NAMES.iter().copied())));
    let names = crate::list::from_refs(texts(STDLIB_NAMES.split_whitespace()));
    set("stdlib_module_names", crate::call::call1(crate::set::FROZENSET.v(), names.v())?);
    for (name, dunder, stream) in [
        ("stdin", "__stdin__", crate::io::stdin as fn() -> Ref),
        ("stdout", "__stdout__", crate::io::stdout),
        ("stderr", "__stderr__", crate::io::stderr),
    ] {
        set(name, stream());
        set(dunder, stream());
    }
    for (name, dunder) in [
        ("excepthook", "__excepthook__"),
        ("displayhook", "__displayhook__"),
        ("unraisablehook", "__unraisablehook__"),
        ("breakpointhook", "__breakpointhook__"),
    ] {
        if let Some(v) = attribute(name) {
            set(dunder, v);
        }
    }
    Ok(())
}

fn implementation() -> Vec<(&'static str, Ref)> {
    vec![
        ("name", text("cpython")),
        ("cache_tag", text("cpython-314")),
        ("version", version_info()),
        ("hexversion", from_i64(HEX_VERSION)),
        ("_multiarch", text(if cfg!(target_arch = "x86_64") { "x86_64-linux-gnu" } else { "aarch64-linux-gnu" })),
        ("supports_isolated_interpreters", Ref::bool(true)),
    ]
}

/// Writes to `sys.stderr` as it is now.
pub fn write_error(message: &str) {
    let file = attribute("stderr").unwrap_or_else(crate::io::stderr);
    if file.v().is_none() {
        return;
    }
    if crate::io::write_to(file.v(), text(message).v()).is_err() {
        drop(crate::state::take_pending());
    }
}

#[native_module(
    name = "sys",
    doc = "This module provides access to some objects used or maintained by the\ninterpreter and to functions that interact strongly with the interpreter.",
    init = super::init
)]
pub mod functions {
    use super::*;

    /// Exit the interpreter by raising SystemExit(status).
    ///
    /// If the status is omitted or None, it defaults to zero (i.e., success).
    /// If the status is an integer, it will be used as the system exit status.
    /// If it is another kind of object, it will be printed and the system
    /// exit status will be one (i.e., failure).
    #[native("($module, status=None, /)")]
    pub fn exit(status: Value) -> R<Ref> {
        let class = &crate::exceptions::SYSTEM_EXIT;
        let exception = match crate::tuple::items(status) {
            _ if status.is_none() => crate::exceptions::new_with_args(class, &[]),
            Some(items) => crate::exceptions::new_with_args(class, items),
            None => crate::exceptions::new_with_args(class, &[status]),
        };
        Err(raise_instance(exception))
    }

    /// Return current exception information: (type, value, traceback).
    #[native]
    pub fn exc_info() -> R<Ref> {
        let e = state().handled_now();
        if e.is_missing() {
            return Ok(crate::tuple::from_refs(vec![Ref::none(), Ref::none(), Ref::none()]));
        }
        let e = Ref::new(e);
        let traceback = crate::ops::getattr_str(e.v(), "__traceback__")?;
        Ok(crate::tuple::from_refs(vec![Ref::new(type_of(e.v()).v()), e, traceback]))
    }

    /// Return the current exception.
    #[native]
    pub fn exception() -> Ref {
        let e = state().handled_now();
        if e.is_missing() { Ref::none() } else { Ref::new(e) }
    }

    /// Handle an exception by displaying it with a traceback on sys.stderr.
    #[native("($module, exctype, value, traceback, /)")]
    pub fn excepthook(exctype: Value, value: Value, traceback: Value) -> R<()> {
        let _ = (exctype, traceback);
        if crate::exceptions::is_exception(value) {
            write_error(&crate::traceback_print::report(value));
        } else {
            let name = crate::type_object::display_name(value);
            write_error(&format!("TypeError: print_exception(): Exception expected for value, {name} found\n"));
        }
        Ok(())
    }

    /// Print an object to sys.stdout and also save it in builtins._
    #[native]
    pub fn displayhook(object: Value) -> R<()> {
        if object.is_none() {
            return Ok(());
        }
        let repr = crate::ops::repr(object)?;
        crate::builtins_print::print(&Args::positional(&[repr.v()]))?;
        crate::dict::set_str(crate::import::builtins_dict(), "_", Ref::new(object));
        Ok(())
    }

    /// Handle an unraisable exception.
    #[native]
    pub fn unraisablehook(unraisable: Value) -> R<()> {
        let exception = crate::ops::getattr_str(unraisable, "exc_value")?;
        let message = crate::ops::getattr_str(unraisable, "err_msg")?;
        let object = crate::ops::getattr_str(unraisable, "object")?;
        let mut out = if message.v().is_none() {
            String::from("Exception ignored in")
        } else {
            crate::str::to_rust(crate::ops::str(message.v())?.v())
        };
        if !object.v().is_none() {
            let shown = crate::ops::repr(object.v())?;
            out.push_str(if message.v().is_none() { ": " } else { " " });
            out.push_str(&crate::str::to_rust(shown.v()));
        }
        out.push_str(":\n");
        if crate::exceptions::is_exception(exception.v()) {
            out.push_str(&crate::traceback_print::report(exception.v()));
        }
        write_error(&out);
        Ok(())
    }

    /// This hook function is called by built-in breakpoint().
    #[native("($module, /, *args, **kwargs)", raw)]
    pub fn breakpointhook(args: &Args) -> R<Ref> {
        let _ = args;
        Err(crate::builtins::unsupported("breakpoint()"))
    }

    /// Return the current value of the recursion limit.
    #[native]
    pub fn getrecursionlimit() -> usize {
        state().recursion_limit.get()
    }

    /// Set the maximum depth of the Python interpreter stack to n.
    #[native("($module, limit, /)")]
    pub fn setrecursionlimit(limit: Value) -> R<()> {
        let n = int::index_i32(limit)?;
        if n < 1 {
            return Err(value_error("recursion limit must be greater or equal than 1"));
        }
        state().recursion_limit.set(n as usize);
        crate::signals::apply_recursion_limit();
        Ok(())
    }

    /// Return the size of object in bytes.
    #[native("($module, object, default=<unrepresentable>)", raw)]
    pub fn getsizeof(args: &Args) -> R<Ref> {
        let values = args.values();
        let Some(&object) = values.first() else {
            return Err(type_error("getsizeof() missing required argument 'object' (pos 1)"));
        };
        let name = crate::str::intern("__sizeof__");
        let size = match crate::type_object::lookup_special(object, name.v())? {
            Some(method) => crate::call::call0(method.v()).and_then(|n| int::index_i64(n.v())),
            None => Err(type_error(format!("Type {} doesn't define __sizeof__", crate::type_object::display_name(object)))),
        };
        match (size, values.get(1)) {
            (Ok(n), _) if n < 0 => Err(value_error("__sizeof__() should return >= 0")),
            (Ok(n), _) => Ok(from_i64(n + if type_of(object).has(type_flags::GC) { 16 } else { 0 })),
            (Err(_), Some(default)) if swallow(&crate::exceptions::TYPE_ERROR) => Ok(Ref::new(*default)),
            (Err(raised), _) => Err(raised),
        }
    }

    /// Return the reference count of object.
    #[native]
    pub fn getrefcount(object: Value) -> i64 {
        const IMMORTAL: i64 = 3 << 30;
        if !object.is_pointer() {
            return IMMORTAL;
        }
        // SAFETY: pointer values point to live objects, whose header comes first.
        let count = unsafe { (*(object.address() as *const Header)).count.get() };
        if count < 0 { IMMORTAL } else { count / dxpyc_abi::COUNT_UNIT }
    }

    /// ``Intern'' the given string.
    #[native]
    pub fn intern(string: Value) -> R<Ref> {
        if !is_exact(string, &crate::str::STR) {
            return Err(type_error(if type_of(string).has(type_flags::STR) {
                format!("can't intern {}", crate::type_object::display_name(string))
            } else {
                format!("intern() argument must be str, not {}", crate::type_object::display_name(string))
            }));
        }
        Ok(crate::str::intern_value(string))
    }

    #[native]
    pub fn _is_interned(string: Value) -> bool {
        crate::str::is_str(string) && crate::str::object(string).interned.get() != 0
    }

    /// Return the current default encoding used by the Unicode implementation.
    #[native]
    pub fn getdefaultencoding() -> &'static str {
        "utf-8"
    }

    /// Return the encoding used to convert Unicode filenames to OS filenames.
    #[native]
    pub fn getfilesystemencoding() -> &'static str {
        "utf-8"
    }

    /// Return the error mode used for Unicode to OS filename conversion.
    #[native]
    pub fn getfilesystemencodeerrors() -> &'static str {
        "surrogateescape"
    }

    /// Return True if Python is exiting.
    #[native]
    pub fn is_finalizing() -> bool {
        false
    }

    /// Return the maximum string digits limit for non-binary int<->str conversions.
    #[native]
    pub fn get_int_max_str_digits() -> usize {
        crate::int_text::max_str_digits()
    }

    /// Set the maximum string digits limit for non-binary int<->str conversions.
    #[native("($module, /, maxdigits)")]
    pub fn set_int_max_str_digits(maxdigits: Value) -> R<()> {
        let n = int::index_i32(maxdigits)?;
        if n != 0 && n < 640 {
            return Err(value_error("maxdigits must be >= 640 or 0 for unlimited"));
        }
        crate::int_text::set_max_str_digits(n as usize);
        Ok(())
    }

    /// Return the current thread switch interval.
    #[native]
    pub fn getswitchinterval() -> f64 {
        f64::from_bits(SWITCH_INTERVAL.load(std::sync::atomic::Ordering::Relaxed))
    }

    /// Set the ideal thread switching delay inside the Python interpreter.
    #[native]
    pub fn setswitchinterval(interval: f64) -> R<()> {
        if interval.is_nan() || interval <= 0.0 {
            return Err(value_error("switch interval must be strictly positive"));
        }
        SWITCH_INTERVAL.store(interval.to_bits(), std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    /// Return the status of the GIL: programs of dxpyc have none to release.
    #[native]
    pub fn _is_gil_enabled() -> bool {
        true
    }

    /// Passes the event to any hooks that are attached: there are none.
    #[native(raw)]
    pub fn audit(args: &Args) -> R<Ref> {
        match args.pos().first() {
            None => Err(type_error("audit expected at least 1 argument, got 0")),
            Some(v) if !type_of(*v).has(type_flags::STR) => {
                Err(type_error(format!("expected str for argument 'event', not {}", crate::type_object::display_name(*v))))
            }
            Some(_) => Ok(Ref::none()),
        }
    }

    /// Adds a new audit hook callback.
    #[native("($module, /, hook)")]
    pub fn addaudithook(hook: Value) {
        let _ = hook;
    }

    /// Return the profiling function: none.
    #[native]
    pub fn getprofile() {}

    /// Return the global debug tracing function: none.
    #[native]
    pub fn gettrace() {}

    /// Set the profiling function.
    #[native]
    pub fn setprofile(function: Value) -> R<()> {
        if function.is_none() { Ok(()) } else { Err(crate::builtins::unsupported("sys.setprofile()")) }
    }

    /// Set the global debug tracing function.
    #[native]
    pub fn settrace(function: Value) -> R<()> {
        if function.is_none() { Ok(()) } else { Err(crate::builtins::unsupported("sys.settrace()")) }
    }

    /// Call func(*args), while tracing is enabled.
    #[native]
    pub fn call_tracing(func: Value, funcargs: Value) -> R<Ref> {
        crate::call::call_tuple_dict(func, funcargs, Value::MISSING)
    }

    /// Return a frame object from the call stack.
    #[native("($module, depth=0, /)")]
    pub fn _getframe(depth: i64) -> R<Ref> {
        let _ = depth;
        Err(value_error("call stack is not deep enough: unsupported: sys._getframe()"))
    }

    /// Return the name of the module for a calling frame: the module that is being imported, else the main one.
    #[native("($module, /, depth=0)")]
    pub fn _getframemodulename(depth: i64) -> String {
        let _ = depth;
        crate::import::running_module()
    }

    /// Return a dict mapping each thread's identifier to its current exception.
    #[native]
    pub fn _current_exceptions() -> Ref {
        crate::dict::new()
    }

    /// The number of CPUs that was configured: none was.
    #[native]
    pub fn _get_cpu_count_config() -> i64 {
        -1
    }

    /// Clear the internal type lookup cache.
    #[native]
    pub fn _clear_type_cache() {}

    /// Clear all internal performance-related caches.
    #[native]
    pub fn _clear_internal_caches() {}

    /// Return the number of memory blocks currently allocated: not counted.
    #[native]
    pub fn getallocatedblocks() -> i64 {
        0
    }

    /// Return the number of elements of the unicode interned dictionary: not counted.
    #[native("($module, /, *, _only_immortal=False)")]
    pub fn getunicodeinternedsize(_only_immortal: bool) -> i64 {
        0
    }

    /// set_asyncgen_hooks([firstiter] [, finalizer])
    ///
    /// Set a finalizer for async generators objects.
    #[native("($module, /, firstiter=<absent>, finalizer=<absent>)")]
    pub fn set_asyncgen_hooks(firstiter: Option<Value>, finalizer: Option<Value>) -> R<()> {
        let given = [("firstiter", firstiter), ("finalizer", finalizer)];
        for (name, hook) in given {
            if let Some(hook) = hook
                && !hook.is_none()
                && !crate::ops::is_callable(hook)
            {
                let found = crate::type_object::display_name(hook);
                return Err(type_error(format!("callable {name} expected, got {found}")));
            }
        }
        for (slot, (_, hook)) in crate::async_generator::HOOKS.0.iter().zip(given) {
            match hook {
                Some(hook) if hook.is_none() => drop(slot.take()),
                Some(hook) => slot.set(Ref::new(hook)),
                None => {}
            }
        }
        Ok(())
    }

    /// Return the installed asynchronous generators hooks.
    #[native]
    pub fn get_asyncgen_hooks() -> R<Ref> {
        let [first, finalizer] = [0, 1].map(|i| crate::async_generator::HOOKS.0[i].cloned().unwrap_or_else(Ref::none));
        Ok(struct_sequence::new(&ASYNCGEN_HOOKS, 2, vec![first, finalizer]))
    }

    /// Enable or disable origin tracking for coroutine objects in this thread: origins are not recorded.
    #[native]
    pub fn set_coroutine_origin_tracking_depth(depth: i64) -> R<()> {
        if depth < 0 {
            return Err(value_error("depth must be >= 0"));
        }
        Ok(())
    }

    /// Check status of origin tracking for coroutine objects in this thread.
    #[native]
    pub fn get_coroutine_origin_tracking_depth() -> i64 {
        0
    }

    /// Return whether a stack profiler trampoline is active.
    #[native]
    pub fn is_stack_trampoline_active() -> bool {
        false
    }

    /// Return the current value of the flags that are used for dlopen calls.
    #[native]
    pub fn getdlopenflags() -> i64 {
        2
    }
}

static SWITCH_INTERVAL: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0.005f64.to_bits());
