//! What file objects raise, and paths given as arguments.

use crate::prelude::*;
use crate::str;
use crate::type_object::display_name;

/// The errno of the last failed system call.
pub fn errno() -> i32 {
    // SAFETY: reads a thread-local of the C library.
    unsafe { *libc::__errno_location() }
}

/// Raises the OSError of an errno; `filename` may be MISSING.
pub fn raise_errno(errno: i32, filename: Value) -> Raised {
    crate::os_error::raise_errno(errno, filename, Value::MISSING)
}

/// `io.UnsupportedOperation`: an OSError and a ValueError.
pub fn unsupported_class() -> &'static Type {
    static CLASS: Type = crate::exceptions::class::<crate::exceptions::ExceptionWith<5>>("UnsupportedOperation", "io", &crate::exceptions::OS_ERROR);
    if CLASS.bases.is_empty() {
        crate::type_object::add_base(&CLASS, &crate::exceptions::VALUE_ERROR);
    }
    &CLASS
}

/// Raises `io.UnsupportedOperation`.
pub fn unsupported(message: &str) -> Raised {
    raise(unsupported_class(), message)
}

/// Raises ValueError of an operation on a closed file.
pub fn closed() -> Raised {
    value_error("I/O operation on closed file.")
}

/// The path that a str, bytes or object with `__fspath__` names: the path object (str or bytes) and its bytes.
pub fn path_bytes(v: Value) -> R<(Ref, Vec<u8>)> {
    let path = fspath(v)?;
    let bytes = match crate::bytes::as_slice(path.v()) {
        Some(b) => b.to_vec(),
        None => crate::codecs::encode_fs(path.v())?,
    };
    if bytes.contains(&0) {
        return Err(value_error("embedded null byte"));
    }
    Ok((path, bytes))
}

/// `os.fspath(v)`
pub fn fspath(v: Value) -> R<Ref> {
    if str::is_str(v) || crate::bytes::is_bytes(v) {
        return Ok(Ref::new(v));
    }
    let Some(method) = crate::type_object::lookup_special(v, crate::names::__FSPATH__())? else {
        return Err(type_error(format!("expected str, bytes or os.PathLike object, not {}", display_name(v))));
    };
    let path = crate::call::call0(method.v())?;
    if !str::is_str(path.v()) && !crate::bytes::is_bytes(path.v()) {
        return Err(type_error(format!("expected {}.__fspath__() to return str or bytes, not {}", display_name(v), display_name(path.v()))));
    }
    Ok(path)
}

/// A size argument: None and absent are -1.
pub fn size_argument(v: Option<Value>) -> R<i64> {
    let Some(v) = v.filter(|v| !v.is_none()) else { return Ok(-1) };
    if let Some(i) = v.as_small_int() {
        return Ok(i);
    }
    if !crate::unpack::is_index(v) {
        return Err(type_error(format!("argument should be integer or None, not '{}'", display_name(v))));
    }
    crate::int::index_i64(v)
}

/// Runs a system call again while signals interrupt it. Other threads run meanwhile.
pub fn retry(mut call: impl FnMut() -> isize) -> R<Result<usize, i32>> {
    loop {
        let (n, e) = crate::threads::without_baton(|| {
            let n = call();
            (n, errno())
        });
        if n >= 0 {
            return Ok(Ok(n as usize));
        }
        if e != libc::EINTR {
            return Ok(Err(e));
        }
        crate::signals::run_pending()?;
    }
}
