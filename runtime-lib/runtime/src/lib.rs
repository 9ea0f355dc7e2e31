//! Start-up and end of compiled programs. The archive that programs link is this crate with all it depends on.

mod exit;
mod stack;

use dxpyc_abi::ModuleTable;
use dxpyc_objects::prelude::*;
use dxpyc_objects::{import, signals, state};
// The archive must hold the native modules and the hot paths even where nothing here names them.
pub use {dxpyc_hot as _, dxpyc_stdlib as _};

#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: dxpyc_heap::rust_alloc::RuntimeAllocator = dxpyc_heap::rust_alloc::RuntimeAllocator;

/// Runs the program: called by the emitted `main`. Result: the exit status.
///
/// # Safety
/// `argv` holds `argc` C strings; `table` is the emitted, static module table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dxp_main(argc: i64, argv: *const *const libc::c_char, table: *const ModuleTable) -> i64 {
    dxpyc_objects::threads::note_main();
    stack::prepare();
    dxpyc_objects::install();
    signals::install();
    let mut arguments = Vec::with_capacity(argc as usize);
    for i in 0..argc as usize {
        use std::os::unix::ffi::OsStrExt;
        // SAFETY: the C runtime's argv has argc valid strings.
        let text = unsafe { std::ffi::CStr::from_ptr(*argv.add(i)) };
        arguments.push(std::ffi::OsStr::from_bytes(text.to_bytes()).to_os_string());
    }
    *state::state().argv.borrow_mut() = arguments;
    // SAFETY: see the function's contract.
    import::register(unsafe { &*table });
    let result = import::run_main();
    exit::finish(result) as i64
}
