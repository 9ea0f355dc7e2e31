//! bytes objects: layout and creation. The methods, shared with bytearray, stand in `bytes_methods`.

use crate::prelude::*;
pub use dxpyc_abi::BytesObject;
use dxpyc_abi::{COUNT_IMMORTAL, COUNT_UNIT, TypePrefix};
use dxpyc_heap::slab;

/// Bytes before the data.
pub const HEAD_BYTES: usize = std::mem::offset_of!(BytesObject, data);

/// The type `bytes`.
#[unsafe(export_name = "dxp_type_bytes")]
pub static BYTES: Type = Type::builtin::<BytesObject>(
    "bytes",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::BASE | type_flags::BYTES | type_flags::MATCH_SELF,
    crate::bytes_methods::BYTES_SLOTS,
    Some(&crate::bytes_methods::BYTES_DECL),
)
.variable(crate::bytes_type::var_size)
.dealloc_by(crate::type_object::dealloc_block);
object_type!(BytesObject, BYTES);

#[repr(C, align(8))]
struct StaticBytes {
    head: BytesObject,
    bytes: [u8; 2],
}
// SAFETY: single-threaded until threads arrive; the cells only cache.
unsafe impl Sync for StaticBytes {}

const fn static_bytes(len: usize, byte: u8) -> StaticBytes {
    StaticBytes {
        head: BytesObject {
            header: Header { count: Cell::new(COUNT_IMMORTAL), ty: Cell::new(&raw const BYTES as *const TypePrefix) },
            len,
            hash: Cell::new(-1),
            data: [],
        },
        bytes: [byte, 0],
    }
}

static EMPTY: StaticBytes = static_bytes(0, 0);

/// `b''` (borrowed; immortal).
#[inline]
pub fn empty() -> Value {
    Value::from_address(&raw const EMPTY as usize)
}

/// Uninitialised bytes of `class`; None when out of memory. The data starts at [`data_ptr`] and must be written.
pub fn new_raw(class: &'static Type, len: usize) -> Option<*mut BytesObject> {
    let total = len.checked_add(HEAD_BYTES + 1)?;
    if total > isize::MAX as usize {
        return None;
    }
    let exact = std::ptr::eq(class, &BYTES);
    let p = if exact { slab::try_alloc(total) } else { class.allocate(total) } as *mut BytesObject;
    if p.is_null() {
        return None;
    }
    // SAFETY: a fresh block of at least `total` bytes.
    unsafe {
        p.write(BytesObject {
            header: Header { count: Cell::new(COUNT_UNIT), ty: Cell::new(&raw const class.prefix) },
            len,
            hash: Cell::new(-1),
            data: [],
        });
        *data_ptr(p).add(len) = 0;
    }
    if !exact {
        class.note_instance();
    }
    Some(p)
}

/// Where the data of new bytes goes.
#[inline(always)]
pub fn data_ptr(p: *mut BytesObject) -> *mut u8 {
    (p as *mut u8).wrapping_add(HEAD_BYTES)
}

/// Takes over bytes made by [`new_raw`] and filled.
#[inline(always)]
pub fn finish_raw(p: *mut BytesObject) -> Ref {
    Ref::from_owned(Value::from_address(p as usize))
}

/// New bytes.
pub fn from_slice(bytes: &[u8]) -> Ref {
    match try_from_slice(&BYTES, bytes) {
        Ok(r) => r,
        Err(_) => {
            eprintln!("MemoryError");
            std::process::exit(1)
        }
    }
}

/// New bytes of `class`.
pub fn try_from_slice(class: &'static Type, bytes: &[u8]) -> R<Ref> {
    if bytes.is_empty() && std::ptr::eq(class, &BYTES) {
        return Ok(Ref::from_owned(empty()));
    }
    let Some(p) = new_raw(class, bytes.len()) else { return Err(memory_error()) };
    // SAFETY: new_raw made room.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data_ptr(p), bytes.len()) };
    Ok(finish_raw(p))
}

/// The data of a bytes object.
#[inline(always)]
pub fn data(b: &BytesObject) -> &[u8] {
    // SAFETY: `len` initialised bytes follow the head.
    unsafe { std::slice::from_raw_parts(b.data.as_ptr(), b.len) }
}

/// Whether the value is bytes or an instance of a subclass.
#[inline]
pub fn is_bytes(v: Value) -> bool {
    v.is_pointer() && type_of(v).has(type_flags::BYTES)
}

/// The data, if the value is bytes (or an instance of a subclass).
#[inline]
pub fn as_slice<'a>(v: Value) -> Option<&'a [u8]> {
    if is_bytes(v) { Some(data(crate::cast::get_unchecked(v))) } else { None }
}

/// The cached hash.
pub fn hash(v: Value) -> i64 {
    let b: &BytesObject = crate::cast::get_unchecked(v);
    if b.hash.get() == -1 {
        b.hash.set(crate::str_hash::hash_bytes(data(b)));
    }
    b.hash.get()
}
