//! File objects: the standard streams and what other files of the runtime call.
use crate::prelude::*;

/// The text stream of standard output as made at start (`sys.__stdout__`).
pub fn stdout() -> Ref {
    Ref::none()
}
/// As [`stdout`], standard error.
pub fn stderr() -> Ref {
    Ref::none()
}
/// As [`stdout`], standard input.
pub fn stdin() -> Ref {
    Ref::none()
}
/// Writes to file descriptor 2 at once, whatever sys.stderr is.
pub fn write_stderr(text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        // SAFETY: the buffer is valid for its length.
        let n = unsafe { libc::write(2, rest.as_ptr() as *const _, rest.len()) };
        if n <= 0 {
            return;
        }
        rest = &rest[n as usize..];
    }
}
/// `file.write(text)` for a str; fast when `file` is a plain text stream.
pub fn write_to(file: Value, text: Value) -> R<()> {
    crate::call::call_method_value(file, crate::names::WRITE(), &[text]).map(drop)
}
/// `file.flush()`.
pub fn flush(file: Value) -> R<()> {
    crate::call::call_method_value(file, crate::names::FLUSH(), &[]).map(drop)
}
/// `file.readline()` of the standard input without the newline; None at the end of file (for `input()`).
pub fn read_line_for_input(_file: Value) -> R<Option<Ref>> {
    Err(system_error("not there yet: input"))
}
/// Flushes the standard streams at exit; result: the exit status to use instead (120) when standard output could not be flushed.
pub fn flush_std_files() -> Option<i32> {
    None
}
