//! Objects in memory: fields, type tests, reference counts, boxing of floats and ints.

use std::mem::offset_of;

use dxpyc_abi as abi;
use dxpyc_abi::Entry;
use dxpyc_ir::Kinds;
use dxpyc_ir::callee::Callee;
use inkwell::IntPredicate;
use inkwell::values::{FloatValue, IntValue, PointerValue};

use crate::values::{Built, Code, Odds, word_of};

impl<'ctx> Code<'ctx> {
    /// The address of a field of the object that a pointer value names.
    pub fn field(&self, object: IntValue<'ctx>, offset: usize) -> PointerValue<'ctx> {
        let delta = (offset as u64).wrapping_sub(abi::TAG_POINTER);
        let address = self.builder.build_int_add(object, self.w(delta), "").built();
        self.builder.build_int_to_ptr(address, self.ptr, "").built()
    }

    pub fn load_word(&self, from: PointerValue<'ctx>) -> IntValue<'ctx> {
        self.builder.build_load(self.word, from, "").built().into_int_value()
    }

    pub fn store(&self, to: PointerValue<'ctx>, value: IntValue<'ctx>) {
        self.builder.build_store(to, value).built();
    }

    /// Tag bits.
    fn tag(&self, value: IntValue<'ctx>) -> IntValue<'ctx> {
        self.builder.build_and(value, self.w(abi::TAG_MASK), "").built()
    }

    pub fn is_pointer(&self, value: IntValue<'ctx>) -> IntValue<'ctx> {
        self.is_word(self.tag(value), abi::TAG_POINTER)
    }

    pub fn is_small(&self, value: IntValue<'ctx>) -> IntValue<'ctx> {
        self.is_word(self.tag(value), 0)
    }

    pub fn is_immediate_float(&self, value: IntValue<'ctx>) -> IntValue<'ctx> {
        let low = self.builder.build_int_truncate(value, self.half, "").built();
        let shift = self.builder.build_and(low, self.h(31), "").built();
        let bits = self.builder.build_right_shift(self.h(abi::FLOAT_TAG_SET), shift, false, "").built();
        self.builder.build_int_truncate(bits, self.bit, "").built()
    }

    /// Whether a value is an object of exactly the type at `symbol`.
    pub fn is_type(&self, value: IntValue<'ctx>, kinds: Kinds, symbol: &str) -> IntValue<'ctx> {
        let test = |code: &Self| {
            let ty = code.load_word(code.field(value, offset_of!(abi::Header, ty)));
            let address = code.data(symbol).const_to_int(code.word);
            code.compare(IntPredicate::EQ, ty, address)
        };
        if !kinds.meets(Kinds::IMMEDIATE) {
            return test(self);
        }
        let start = self.here();
        let is_pointer = self.is_pointer(value);
        let load = self.block_after(start);
        let done = self.block_after(load);
        self.branch(is_pointer, load, done, Odds::Even);
        self.at(load);
        let same = test(self);
        self.jump(done);
        self.at(done);
        self.join((self.bit.const_zero(), start), (same, load))
    }

    /// One reference more.
    pub fn incref(&self, value: IntValue<'ctx>, kinds: Kinds) {
        if !kinds.may_be_pointer() {
            return;
        }
        let done = self.block_after(self.here());
        if kinds.meets(Kinds::IMMEDIATE) {
            let counted = self.block_after(self.here());
            self.branch(self.is_pointer(value), counted, done, Odds::Even);
            self.at(counted);
        }
        let field = self.field(value, offset_of!(abi::Header, count));
        let count = self.load_word(field);
        let own = self.block_after(self.here());
        self.branch(self.compare(IntPredicate::SGE, count, self.w(0)), own, done, Odds::Even);
        self.at(own);
        let more = self.builder.build_int_add(count, self.w(abi::COUNT_UNIT as u64), "").built();
        self.store(field, more);
        self.jump(done);
        self.at(done);
    }

    /// One reference less; the object dies with its last.
    pub fn decref(&self, value: IntValue<'ctx>, kinds: Kinds) {
        if !kinds.may_be_pointer() {
            return;
        }
        let done = self.block_after(self.here());
        if kinds.meets(Kinds::IMMEDIATE) {
            let counted = self.block_after(self.here());
            self.branch(self.is_pointer(value), counted, done, Odds::Even);
            self.at(counted);
        }
        let field = self.field(value, offset_of!(abi::Header, count));
        let count = self.load_word(field);
        let own = self.block_after(self.here());
        self.branch(self.compare(IntPredicate::SGE, count, self.w(0)), own, done, Odds::Even);
        self.at(own);
        let less = self.builder.build_int_sub(count, self.w(abi::COUNT_UNIT as u64), "").built();
        self.store(field, less);
        let dead = self.block_after(own);
        let alive = self.compare(IntPredicate::SGE, less, self.w(abi::COUNT_UNIT as u64));
        self.branch(alive, done, dead, Odds::Even);
        self.at(dead);
        self.call(self.callee(Callee::Entry(Entry::dxp_dealloc)), &[value.into()]);
        self.jump(done);
        self.at(done);
    }

    /// The same out of line, for code that is rarely run or built in a hurry.
    pub fn incref_call(&self, value: IntValue<'ctx>, kinds: Kinds) {
        if kinds.may_be_pointer() {
            self.call(self.callee(Callee::Entry(Entry::dxp_incref)), &[value.into()]);
        }
    }

    /// As [`Code::incref_call`].
    pub fn decref_call(&self, value: IntValue<'ctx>, kinds: Kinds) {
        if kinds.may_be_pointer() {
            self.call(self.callee(Callee::Entry(Entry::dxp_decref)), &[value.into()]);
        }
    }

    /// The float in an immediate word.
    pub fn unbox_immediate_float(&self, value: IntValue<'ctx>) -> FloatValue<'ctx> {
        let flipped = self.builder.build_xor(value, self.w(1), "").built();
        let bits = self.rotate(flipped, 60);
        self.builder.build_bit_cast(bits, self.float, "").built().into_float_value()
    }

    /// Rotates a word left.
    fn rotate(&self, value: IntValue<'ctx>, by: u64) -> IntValue<'ctx> {
        let args = [value.into(), value.into(), self.w(by).into()];
        self.intrinsic("llvm.fshl", self.word.into(), &args).into_int_value()
    }

    /// The float of a float object, immediate or on the heap.
    pub fn unbox_float(&self, value: IntValue<'ctx>, kinds: Kinds) -> FloatValue<'ctx> {
        if kinds.within(Kinds::FLOATI) {
            return self.unbox_immediate_float(value);
        }
        let start = self.here();
        let immediate = self.block_after(start);
        let heap = self.block_after(immediate);
        let done = self.block_after(heap);
        self.branch(self.is_immediate_float(value), immediate, heap, Odds::Then);
        self.at(immediate);
        let direct = self.unbox_immediate_float(value);
        self.jump(done);
        self.at(heap);
        let field = self.field(value, offset_of!(abi::FloatObject, value));
        let loaded = self.builder.build_load(self.float, field, "").built().into_float_value();
        self.jump(done);
        self.at(done);
        let phi = self.builder.build_phi(self.float, "").built();
        phi.add_incoming(&[(&direct, immediate), (&loaded, heap)]);
        phi.as_basic_value().into_float_value()
    }

    /// The word of a float.
    pub fn box_float(&self, value: FloatValue<'ctx>) -> IntValue<'ctx> {
        let bits = self.builder.build_bit_cast(value, self.word, "").built().into_int_value();
        let rotated = self.rotate(bits, 4);
        let word = self.builder.build_xor(rotated, self.w(1), "").built();
        let fits = self.is_immediate_float(word);
        let call = |code: &Self| word_of(code.call_cold(code.callee(Callee::Entry(Entry::dxp_box_f64)), &[value.into()]));
        self.word_or(word, fits, call)
    }

    /// The word of an int.
    pub fn box_int(&self, value: IntValue<'ctx>) -> IntValue<'ctx> {
        let word = self.box_small(value);
        let back = self.unbox_small(word);
        let fits = self.compare(IntPredicate::EQ, back, value);
        let call = |code: &Self| word_of(code.call_cold(code.callee(Callee::Entry(Entry::dxp_box_i64)), &[value.into()]));
        self.word_or(word, fits, call)
    }

    pub fn box_small(&self, value: IntValue<'ctx>) -> IntValue<'ctx> {
        self.builder.build_left_shift(value, self.w(3), "").built()
    }

    pub fn unbox_small(&self, word: IntValue<'ctx>) -> IntValue<'ctx> {
        self.builder.build_right_shift(word, self.w(3), true, "").built()
    }

    /// `word` when `fits`, which is nearly always; else what `slow` makes.
    fn word_or(
        &self,
        word: IntValue<'ctx>,
        fits: IntValue<'ctx>,
        slow: impl FnOnce(&Self) -> IntValue<'ctx>,
    ) -> IntValue<'ctx> {
        let start = self.here();
        let done = self.block_after(start);
        let rare = self.block_after(start);
        self.branch(fits, done, rare, Odds::Then);
        self.at(rare);
        let made = slow(self);
        self.jump(done);
        self.at(done);
        self.join((word, start), (made, rare))
    }
}
