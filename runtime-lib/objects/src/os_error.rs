//! OSError: errno, strerror, filename, and the choice of the subclass by errno.

use crate::exceptions::*;
use crate::prelude::*;

/// Slots of OSError.
pub const SLOTS: Slots = Slots { new: Some(os_error_new), init: Some(os_error_init), str: Some(os_error_str), ..Slots::NONE };

const ERRNO: usize = 0;
const STRERROR: usize = 1;
const FILENAME: usize = 2;
const FILENAME2: usize = 3;
const WRITTEN: usize = 4;

/// The subclass for an errno.
pub fn class_of(errno: i32) -> &'static Type {
    match errno {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => &BLOCKING_IO_ERROR,
        libc::EPIPE | libc::ESHUTDOWN => &BROKEN_PIPE_ERROR,
        libc::ECHILD => &CHILD_PROCESS_ERROR,
        libc::ECONNABORTED => &CONNECTION_ABORTED_ERROR,
        libc::ECONNREFUSED => &CONNECTION_REFUSED_ERROR,
        libc::ECONNRESET => &CONNECTION_RESET_ERROR,
        libc::EEXIST => &FILE_EXISTS_ERROR,
        libc::ENOENT => &FILE_NOT_FOUND_ERROR,
        libc::EISDIR => &IS_A_DIRECTORY_ERROR,
        libc::ENOTDIR => &NOT_A_DIRECTORY_ERROR,
        libc::EINTR => &INTERRUPTED_ERROR,
        libc::EACCES | libc::EPERM => &PERMISSION_ERROR,
        libc::ESRCH => &PROCESS_LOOKUP_ERROR,
        libc::ETIMEDOUT => &TIMEOUT_ERROR,
        _ => &OS_ERROR,
    }
}

/// The system's text for an errno.
pub fn strerror(errno: i32) -> String {
    let mut buffer = [0u8; 256];
    // SAFETY: the buffer is writable and its length is given; strerror_r ends the text with a zero byte.
    unsafe { libc::strerror_r(errno, buffer.as_mut_ptr() as *mut _, buffer.len()) };
    let end = buffer.iter().position(|b| *b == 0).unwrap_or(0);
    String::from_utf8_lossy(&buffer[..end]).into_owned()
}

/// Raises the OSError of an errno, with up to two file names (MISSING: none).
pub fn raise_errno(errno: i32, filename: Value, filename2: Value) -> Raised {
    let text = crate::str::from_str(&strerror(errno));
    let number = Value::from_small_int(errno as i64);
    let class = class_of(errno);
    let exception = if filename.is_missing() {
        new_with_args(class, &[number, text.v()])
    } else if filename2.is_missing() {
        new_with_args(class, &[number, text.v(), filename])
    } else {
        new_with_args(class, &[number, text.v(), filename, Value::NONE, filename2])
    };
    raise_instance(exception)
}

/// Raises the OSError of a Rust I/O error.
pub fn raise_io(error: &std::io::Error, filename: Value) -> Raised {
    raise_errno(error.raw_os_error().unwrap_or(libc::EIO), filename, Value::MISSING)
}

fn os_error_new(class: &'static Type, args: &Args) -> R<Ref> {
    let mut class = class;
    if std::ptr::eq(class, &OS_ERROR)
        && args.pos().len() >= 2
        && let Some(errno) = args.pos()[0].as_small_int()
    {
        class = class_of(errno as i32);
    }
    let exception = new_with_fields::<5>(class, args)?;
    fill(exception.v(), args)?;
    Ok(exception)
}

fn fill(this: Value, args: &Args) -> R<()> {
    let pos = args.pos();
    if (2..=5).contains(&pos.len()) {
        field_slot(this, ERRNO).set(Ref::new(pos[0]));
        field_slot(this, STRERROR).set(Ref::new(pos[1]));
        if let Some(name) = pos.get(2)
            && !name.is_none()
        {
            if type_of(this).is_subtype(&BLOCKING_IO_ERROR) && name.is_small_int() {
                field_slot(this, WRITTEN).set(Ref::new(*name));
            } else {
                field_slot(this, FILENAME).set(Ref::new(*name));
                if let Some(second) = pos.get(4)
                    && !second.is_none()
                {
                    field_slot(this, FILENAME2).set(Ref::new(*second));
                }
                base(this).args.set(crate::tuple::from_slice(&pos[..2]));
            }
        }
    }
    Ok(())
}

fn os_error_init(this: Value, args: &Args) -> R<()> {
    if args.has_kw() {
        return Err(type_error(format!("{}() takes no keyword arguments", type_of(this).name())));
    }
    // `__new__` did the work; a subclass that overrides `__new__` without arguments gets it here.
    if field_slot(this, ERRNO).is_empty() {
        base(this).args.set(crate::tuple::from_slice(args.pos()));
        fill(this, args)?;
    }
    Ok(())
}

fn os_error_str(this: Value) -> R<Ref> {
    let text = |v: Value| crate::ops::str(v).map(|s| crate::str::to_rust(s.v()));
    let repr = |v: Value| crate::ops::repr(v).map(|s| crate::str::to_rust(s.v()));
    if !field_slot(this, FILENAME).is_empty() {
        let (errno, message) = (text(field(this, ERRNO))?, text(field(this, STRERROR))?);
        let first = repr(field(this, FILENAME))?;
        let line = if field_slot(this, FILENAME2).is_empty() {
            format!("[Errno {errno}] {message}: {first}")
        } else {
            format!("[Errno {errno}] {message}: {first} -> {}", repr(field(this, FILENAME2))?)
        };
        return Ok(crate::str::from_str(&line));
    }
    if !field_slot(this, ERRNO).is_empty() && !field_slot(this, STRERROR).is_empty() {
        let (errno, message) = (text(field(this, ERRNO))?, text(field(this, STRERROR))?);
        return Ok(crate::str::from_str(&format!("[Errno {errno}] {message}")));
    }
    BASE_EXCEPTION.slots().str.expect("BaseException has __str__")(this)
}

/// `__reduce__`: file names are arguments again.
fn os_error_reduce(this: Value, _: &Args) -> R<Ref> {
    let args = base(this).args()?;
    let reduced = match crate::tuple::items(args.v()) {
        Some([errno, text]) if !field_slot(this, FILENAME).is_empty() => {
            if field_slot(this, FILENAME2).is_empty() {
                crate::tuple::from_slice(&[*errno, *text, field(this, FILENAME)])
            } else {
                crate::tuple::from_slice(&[*errno, *text, field(this, FILENAME), Value::NONE, field(this, FILENAME2)])
            }
        }
        _ => args,
    };
    with_state(this, reduced, &[])
}

crate::fields_decl!(OS_ERROR_DECL, reduce os_error_reduce, "errno" => 0, "strerror" => 1, "filename" => 2, "filename2" => 3, "characters_written" => 4);
