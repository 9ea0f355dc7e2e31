//! The 64-bit value word: tags, immediates, conversions. See ARCHITECTURE.md, "Values".

/// One Python value: an immediate or a tagged pointer. Copying does not touch counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(pub u64);

/// Tag of a pointer; the object's address is the word minus this.
pub const TAG_POINTER: u64 = 4;
/// Mask of the tag bits.
pub const TAG_MASK: u64 = 7;
/// Largest immediate int, 2^60 - 1.
pub const SMALL_INT_MAX: i64 = (1 << 60) - 1;
/// Smallest immediate int, -2^60.
pub const SMALL_INT_MIN: i64 = -(1 << 60);
/// Bits 1, 2 and 5: `1 << (word % 32)` of a self-tagged float hits this mask.
pub const FLOAT_TAG_SET: u32 = 0x2626_2626;

impl Value {
    /// Result of a failed operation: an exception is pending.
    pub const ERROR: Value = Value(0x07);
    /// `None`.
    pub const NONE: Value = Value(0x0F);
    /// `False`.
    pub const FALSE: Value = Value(0x17);
    /// `True`.
    pub const TRUE: Value = Value(0x1F);
    /// An unbound variable, an absent argument, an empty slot. Never visible to programs.
    pub const MISSING: Value = Value(0x27);
    /// `NotImplemented`.
    pub const NOT_IMPLEMENTED: Value = Value(0x2F);
    /// `...`.
    pub const ELLIPSIS: Value = Value(0x37);

    /// Whether this is an immediate int.
    #[inline(always)]
    pub const fn is_small_int(self) -> bool {
        self.0 & TAG_MASK == 0
    }
    /// The immediate int without a check.
    #[inline(always)]
    pub const fn small_int_unchecked(self) -> i64 {
        (self.0 as i64) >> 3
    }
    /// The immediate int, if it is one.
    #[inline(always)]
    pub const fn as_small_int(self) -> Option<i64> {
        if self.is_small_int() { Some(self.small_int_unchecked()) } else { None }
    }
    /// An immediate int; `i` must be in range.
    #[inline(always)]
    pub const fn from_small_int(i: i64) -> Value {
        Value((i << 3) as u64)
    }
    /// An immediate int if it fits.
    #[inline(always)]
    pub const fn try_small_int(i: i64) -> Option<Value> {
        if i >= SMALL_INT_MIN && i <= SMALL_INT_MAX { Some(Value((i << 3) as u64)) } else { None }
    }
    /// Whether this is an immediate float.
    #[inline(always)]
    pub const fn is_imm_float(self) -> bool {
        FLOAT_TAG_SET.wrapping_shr(self.0 as u32 & 31) & 1 != 0
    }
    /// The immediate float without a check.
    #[inline(always)]
    pub const fn imm_float_unchecked(self) -> f64 {
        f64::from_bits((self.0 ^ 1).rotate_right(4))
    }
    /// An immediate float if its exponent class allows it (inf, NaN and extreme exponents do not).
    #[inline(always)]
    pub const fn try_imm_float(f: f64) -> Option<Value> {
        let v = Value(f.to_bits().rotate_left(4) ^ 1);
        if v.is_imm_float() { Some(v) } else { None }
    }
    /// `True` or `False`.
    #[inline(always)]
    pub const fn from_bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }
    /// Whether this is a pointer to an object.
    #[inline(always)]
    pub const fn is_pointer(self) -> bool {
        self.0 & TAG_MASK == TAG_POINTER
    }
    /// The object's address; only for pointers.
    #[inline(always)]
    pub const fn address(self) -> usize {
        (self.0 - TAG_POINTER) as usize
    }
    /// The value that points to an object.
    #[inline(always)]
    pub fn from_address(address: usize) -> Value {
        Value(address as u64 + TAG_POINTER)
    }
    /// Whether this is the error result.
    #[inline(always)]
    pub const fn is_error(self) -> bool {
        self.0 == Value::ERROR.0
    }
    /// Whether this is the absent value.
    #[inline(always)]
    pub const fn is_missing(self) -> bool {
        self.0 == Value::MISSING.0
    }
    /// Whether this is `None`.
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == Value::NONE.0
    }
    /// Whether this is `True` or `False`.
    #[inline(always)]
    pub const fn is_bool(self) -> bool {
        self.0 == Value::TRUE.0 || self.0 == Value::FALSE.0
    }
}

impl core::fmt::Debug for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Value({:#x})", self.0)
    }
}
