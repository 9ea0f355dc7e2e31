//! How the compiled text of an `exec` or `eval` is found: as a module whose name is a hash of the text.

/// Bytes of such a name.
pub const NAME_BYTES: usize = 7 + 32;

/// The module name of a text with `\n` line ends. `is_broken`: the module raises the text's SyntaxError.
pub fn code_string_name(is_eval: bool, is_broken: bool, text: &[u8]) -> [u8; NAME_BYTES] {
    let mut name = *b"exec-ok00000000000000000000000000000000";
    if is_eval {
        name[..4].copy_from_slice(b"eval");
    }
    if is_broken {
        name[5..7].copy_from_slice(b"no");
    }
    // FNV-1a with 128 bits.
    let mut hash: u128 = 0x6c62272e07bb014262b821756295c58d;
    for byte in text {
        hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0000000001000000000000000000013B);
    }
    for (i, digit) in name[7..].iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(hash >> (4 * i) & 15) as usize];
    }
    name
}
