//! The main stack: grown to what deep recursion needs, and its bounds told to the stack check.

/// Stack wanted for Python code. The kernel keeps at least 128 MiB of address space free below the main stack.
const STACK_BYTES: u64 = 120 << 20;

/// Raises the soft stack limit as far as allowed and tells the runtime the bounds.
pub fn prepare() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls on a local struct.
    let soft = unsafe {
        if libc::getrlimit(libc::RLIMIT_STACK, &mut limit) != 0 {
            8 << 20
        } else if limit.rlim_cur < STACK_BYTES {
            let wanted = libc::rlimit { rlim_cur: STACK_BYTES.min(limit.rlim_max), rlim_max: limit.rlim_max };
            if libc::setrlimit(libc::RLIMIT_STACK, &wanted) == 0 { wanted.rlim_cur } else { limit.rlim_cur }
        } else {
            limit.rlim_cur.min(STACK_BYTES)
        }
    };
    let here = 0u8;
    let top = &raw const here as usize;
    // The environment and arguments lie above us and count towards the limit.
    let used_above = 1 << 20;
    let bottom = top.saturating_sub((soft as usize).saturating_sub(used_above).min(STACK_BYTES as usize));
    dxpyc_objects::signals::set_stack(bottom, top);
}
