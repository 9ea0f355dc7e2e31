//! Instructions, one arm each.

use std::mem::offset_of;

use dxpyc_abi as abi;
use dxpyc_abi::Entry;
use dxpyc_ir::callee::Callee;
use dxpyc_ir::{Cmp, Imm, Inst, Kinds, Op, ParamKind, RetKind, Value};
use inkwell::values::{BasicMetadataValueEnum, BasicValue, IntValue, PointerValue};
use inkwell::{FloatPredicate, IntPredicate};

use crate::function::Translation;
use crate::statics::ConstRef;
use crate::values::{Built, Odds, word_of};

impl<'ctx> Translation<'_, 'ctx> {
    /// Translates an instruction.
    pub fn inst(&mut self, inst: &Inst) {
        match inst.op {
            Op::Call => self.runtime_call(inst),
            Op::CallDirect => self.direct_call(inst),
            Op::CheckStack => self.check_stack(inst),
            Op::Traceback | Op::TracebackOf => {
                let code = self.code;
                let index = if let Imm::Code(index) = inst.imm { index } else { self.function.code };
                let record = code.data(&self.around.refs.codes[index as usize]);
                let entry = code.callee(Callee::Entry(Entry::dxp_traceback));
                code.call_cold(entry, &[record.into(), code.h(inst.position).into()]);
            }
            Op::IncRef => {
                let (value, kinds) = (self.int(inst.args[0]), self.function.kinds(inst.args[0]));
                self.incref(value, kinds);
            }
            Op::DecRef => {
                let (value, kinds) = (self.int(inst.args[0]), self.function.kinds(inst.args[0]));
                self.decref(value, kinds);
            }
            Op::KeepAlive | Op::ExitPoint => {}
            Op::ListSet => {
                let place = self.list_place(inst);
                let old = self.code.load_word(place);
                self.code.store(place, self.int(inst.args[2]));
                self.decref(old, Kinds::ANY);
            }
            Op::IAddOvf | Op::ISubOvf | Op::IMulOvf => self.overflowing(inst),
            Op::SlotPut => {
                let slot = self.generator_slot(inst);
                self.code.store(slot, self.int(inst.args[1]));
            }
            Op::GenSetState => {
                let field = self.code.field(self.int(inst.args[0]), offset_of!(abi::GeneratorObject, state));
                self.code.store(field, self.code.h(int_of(inst) as u32));
            }
            Op::CellSet => {
                let (cell, value) = (self.int(inst.args[0]), self.int(inst.args[1]));
                let kinds = self.function.kinds(inst.args[1]);
                let field = self.code.field(cell, offset_of!(abi::CellObject, value));
                self.incref(value, kinds);
                let old = self.code.load_word(field);
                self.code.store(field, value);
                self.decref(old, Kinds::ANY);
            }
            _ => self.simple(inst),
        }
    }

    /// `decref`s that follow each other, where counts are calls: one call for all.
    pub fn decref_many(&self, values: &[Value]) {
        let (code, array) = (self.code, self.arguments.expect("room was made"));
        for (index, &value) in values.iter().enumerate() {
            code.store(self.element(array, index), self.int(value));
        }
        let entry = code.callee(Callee::Entry(Entry::dxp_decref_many));
        code.call(entry, &[array.into(), code.w(values.len() as u64).into()]);
    }

    /// Counts are in line only where it pays.
    fn incref(&self, value: IntValue<'ctx>, kinds: Kinds) {
        if self.out_of_line || self.in_cold {
            self.code.incref_call(value, kinds);
        } else {
            self.code.incref(value, kinds);
        }
    }

    fn decref(&self, value: IntValue<'ctx>, kinds: Kinds) {
        if self.out_of_line || self.in_cold {
            self.code.decref_call(value, kinds);
        } else {
            self.code.decref(value, kinds);
        }
    }

    /// Instructions that give one value and cannot raise.
    fn simple(&mut self, inst: &Inst) {
        let code = self.code;
        let builder = &code.builder;
        let args = inst.args.clone();
        let (a, b) = (args.first().copied(), args.get(1).copied());
        let a = || a.expect("the verifier counted operands");
        let b = || b.expect("the verifier counted operands");
        let result = match inst.op {
            Op::Word => code.w(word_imm(inst)).as_basic_value_enum(),
            Op::ConstObj => self.constant(inst).as_basic_value_enum(),
            Op::NameObj => {
                let Imm::Name(name) = inst.imm else { panic!("{} has a name", inst.op.name()) };
                code.object(&self.around.refs.names[name as usize]).as_basic_value_enum()
            }
            Op::IConst => code.w(int_of(inst) as u64).as_basic_value_enum(),
            Op::FConst => {
                let Imm::Float(bits) = inst.imm else { panic!("{} has a float", inst.op.name()) };
                // By way of the bits: LLVM's constructor from a float would change a signalling NaN.
                builder.build_bit_cast(code.w(bits), code.float, "").built()
            }
            Op::BConst => code.bit.const_int(int_of(inst) as u64, false).as_basic_value_enum(),
            Op::CodePtr => {
                let Imm::Code(index) = inst.imm else { panic!("{} has a code record", inst.op.name()) };
                code.data(&self.around.refs.codes[index as usize]).as_basic_value_enum()
            }
            Op::CachePtr => {
                let Imm::Cache(index) = inst.imm else { panic!("{} has a cache", inst.op.name()) };
                self.around.caches[&index].as_basic_value_enum()
            }
            Op::FuncPtr => {
                let Imm::Func(id) = inst.imm else { panic!("{} has a function", inst.op.name()) };
                self.unit_function(id.index()).as_global_value().as_pointer_value().as_basic_value_enum()
            }

            Op::IsWord => code.is_word(self.int(a()), word_imm(inst)).as_basic_value_enum(),
            Op::Same => code.compare(IntPredicate::EQ, self.int(a()), self.int(b())).as_basic_value_enum(),
            Op::IsSmall => code.is_small(self.int(a())).as_basic_value_enum(),
            Op::AreSmall => {
                let both = builder.build_or(self.int(a()), self.int(b()), "").built();
                code.is_small(both).as_basic_value_enum()
            }
            Op::IsFloatI => code.is_immediate_float(self.int(a())).as_basic_value_enum(),
            Op::IsPtr => code.is_pointer(self.int(a())).as_basic_value_enum(),
            Op::IsType => {
                let Imm::Callee(Callee::TypeSymbol(symbol)) = inst.imm else { panic!("{} names a type", inst.op.name()) };
                code.is_type(self.int(a()), self.function.kinds(a()), symbol).as_basic_value_enum()
            }
            Op::IsFunction => self.is_function(inst).as_basic_value_enum(),
            Op::Bits | Op::Refine => self.get(a()),

            Op::UnboxInt => code.unbox_small(self.int(a())).as_basic_value_enum(),
            Op::BoxSmall => code.box_small(self.int(a())).as_basic_value_enum(),
            Op::BoxInt => code.box_int(self.int(a())).as_basic_value_enum(),
            Op::UnboxFloatI => code.unbox_immediate_float(self.int(a())).as_basic_value_enum(),
            Op::UnboxFloat => code.unbox_float(self.int(a()), self.function.kinds(a())).as_basic_value_enum(),
            Op::BoxFloat => code.box_float(self.float(a())).as_basic_value_enum(),
            Op::BoxBool => {
                let (yes, no) = (code.w(abi::Value::TRUE.0), code.w(abi::Value::FALSE.0));
                builder.build_select(self.int(a()), yes, no, "").built()
            }
            Op::UnboxBool => code.is_word(self.int(a()), abi::Value::TRUE.0).as_basic_value_enum(),

            Op::FAdd => builder.build_float_add(self.float(a()), self.float(b()), "").built().as_basic_value_enum(),
            Op::FSub => builder.build_float_sub(self.float(a()), self.float(b()), "").built().as_basic_value_enum(),
            Op::FMul => builder.build_float_mul(self.float(a()), self.float(b()), "").built().as_basic_value_enum(),
            Op::FDiv => builder.build_float_div(self.float(a()), self.float(b()), "").built().as_basic_value_enum(),
            Op::FNeg => builder.build_float_neg(self.float(a()), "").built().as_basic_value_enum(),
            Op::FAbs => code.intrinsic("llvm.fabs", code.float.into(), &[self.float(a()).into()]),
            Op::FSqrt => code.intrinsic("llvm.sqrt", code.float.into(), &[self.float(a()).into()]),
            Op::FCmp => {
                let predicate = float_predicate(cmp_of(inst));
                let (a, b) = (self.float(a()), self.float(b()));
                builder.build_float_compare(predicate, a, b, "").built().as_basic_value_enum()
            }
            Op::IntToFloat => {
                builder.build_signed_int_to_float(self.int(a()), code.float, "").built().as_basic_value_enum()
            }

            Op::IAdd => builder.build_int_add(self.int(a()), self.int(b()), "").built().as_basic_value_enum(),
            Op::ISub => builder.build_int_sub(self.int(a()), self.int(b()), "").built().as_basic_value_enum(),
            Op::IMul => builder.build_int_mul(self.int(a()), self.int(b()), "").built().as_basic_value_enum(),
            Op::IFloorDiv => self.floor_division(a(), b()).0.as_basic_value_enum(),
            Op::IMod => self.floor_division(a(), b()).1.as_basic_value_enum(),
            Op::IAnd | Op::BAnd => builder.build_and(self.int(a()), self.int(b()), "").built().as_basic_value_enum(),
            Op::IOr | Op::BOr => builder.build_or(self.int(a()), self.int(b()), "").built().as_basic_value_enum(),
            Op::IXor | Op::BXor => builder.build_xor(self.int(a()), self.int(b()), "").built().as_basic_value_enum(),
            Op::IShl => builder.build_left_shift(self.int(a()), self.int(b()), "").built().as_basic_value_enum(),
            Op::IShr => builder.build_right_shift(self.int(a()), self.int(b()), true, "").built().as_basic_value_enum(),
            Op::ICmp => {
                code.compare(int_predicate(cmp_of(inst)), self.int(a()), self.int(b())).as_basic_value_enum()
            }
            Op::FitsSmall => {
                let value = self.int(a());
                let back = code.unbox_small(code.box_small(value));
                code.compare(IntPredicate::EQ, back, value).as_basic_value_enum()
            }

            Op::BNot => builder.build_not(self.int(a()), "").built().as_basic_value_enum(),
            Op::BoolToInt => builder.build_int_z_extend(self.int(a()), code.word, "").built().as_basic_value_enum(),
            Op::ISelect | Op::FSelect => {
                let (then, other) = (self.get(args[1]), self.get(args[2]));
                builder.build_select(self.int(a()), then, other, "").built()
            }
            Op::OrMissing => {
                let missing = code.w(abi::Value::MISSING.0);
                builder.build_select(self.int(a()), self.int(b()), missing, "").built()
            }

            Op::Guard => self.get(a()),
            Op::ListLen => {
                code.load_word(code.field(self.int(a()), offset_of!(abi::ListObject, len))).as_basic_value_enum()
            }
            Op::InBounds => code.compare(IntPredicate::ULT, self.int(a()), self.int(b())).as_basic_value_enum(),
            Op::ListPeek => code.load_word(self.list_place(inst)).as_basic_value_enum(),
            Op::ListItem => {
                let value = code.load_word(self.list_place(inst));
                self.incref(value, Kinds::ANY);
                value.as_basic_value_enum()
            }
            Op::SlotTake => {
                let slot = self.generator_slot(inst);
                let value = code.load_word(slot);
                code.store(slot, code.w(abi::Value::MISSING.0));
                value.as_basic_value_enum()
            }
            Op::GenState => {
                let field = code.field(self.int(a()), offset_of!(abi::GeneratorObject, state));
                let state = builder.build_load(code.half, field, "").built().into_int_value();
                builder.build_int_z_extend(state, code.word, "").built().as_basic_value_enum()
            }
            Op::GenFunction => {
                code.load_word(code.field(self.int(a()), offset_of!(abi::GeneratorObject, function))).as_basic_value_enum()
            }
            Op::FuncCell => {
                let closure = code.load_word(code.field(self.int(a()), offset_of!(abi::FunctionObject, closure)));
                let at = offset_of!(abi::TupleObject, items) + 8 * int_of(inst) as usize;
                code.load_word(code.field(closure, at)).as_basic_value_enum()
            }
            Op::CellGet => {
                let value = code.load_word(code.field(self.int(a()), offset_of!(abi::CellObject, value)));
                self.incref(value, Kinds::ANY);
                value.as_basic_value_enum()
            }
            _ => panic!("{}: {} is not translated", self.function.name, inst.op.name()),
        };
        self.set(inst.result(), result);
    }

    fn is_function(&self, inst: &Inst) -> IntValue<'ctx> {
        let Imm::Func(id) = inst.imm else { panic!("{} names a function", inst.op.name()) };
        let (code, value) = (self.code, self.int(inst.args[0]));
        let is_function = code.is_type(value, self.function.kinds(inst.args[0]), "dxp_type_function");
        let start = code.here();
        let load = code.block_after(start);
        let done = code.block_after(load);
        code.branch(is_function, load, done, Odds::Then);
        code.at(load);
        let body = code.load_word(code.field(value, offset_of!(abi::FunctionObject, body)));
        let wanted = self.unit_function(id.index()).as_global_value().as_pointer_value().const_to_int(code.word);
        let same = code.compare(IntPredicate::EQ, body, wanted);
        code.jump(done);
        code.at(done);
        code.join((code.bit.const_zero(), start), (same, load))
    }

    fn constant(&self, inst: &Inst) -> IntValue<'ctx> {
        let Imm::Const(index) = inst.imm else { panic!("{} has a constant", inst.op.name()) };
        match &self.around.refs.consts[index as usize] {
            ConstRef::Word(word) => self.code.w(*word),
            ConstRef::Object(symbol) => self.code.object(symbol),
            ConstRef::Lazy(symbol) => word_of(self.code.call(self.code.python_function(symbol, 0), &[])),
        }
    }

    fn unit_function(&self, index: usize) -> inkwell::values::FunctionValue<'ctx> {
        let function = &self.around.unit.functions[index];
        self.code.python_function(&function.symbol, function.block(dxpyc_ir::function::ENTRY).params.len())
    }

    /// The address of an item: list, index.
    fn list_place(&self, inst: &Inst) -> PointerValue<'ctx> {
        let code = self.code;
        let field = code.field(self.int(inst.args[0]), offset_of!(abi::ListObject, items));
        let items = code.builder.build_load(code.ptr, field, "").built().into_pointer_value();
        // SAFETY: the index was tested to be in bounds.
        unsafe { code.builder.build_in_bounds_gep(code.word, items, &[self.int(inst.args[1])], "").built() }
    }

    fn generator_slot(&self, inst: &Inst) -> PointerValue<'ctx> {
        let at = offset_of!(abi::GeneratorObject, frame) + 8 * int_of(inst) as usize;
        self.code.field(self.int(inst.args[0]), at)
    }

    /// Quotient and remainder towards minus infinity.
    fn floor_division(&self, a: Value, b: Value) -> (IntValue<'ctx>, IntValue<'ctx>) {
        let (code, builder) = (self.code, &self.code.builder);
        let (a, b) = (self.int(a), self.int(b));
        let quotient = builder.build_int_signed_div(a, b, "").built();
        let remainder = builder.build_int_signed_rem(a, b, "").built();
        let inexact = code.compare(IntPredicate::NE, remainder, code.w(0));
        let signs = builder.build_xor(remainder, b, "").built();
        let differ = code.compare(IntPredicate::SLT, signs, code.w(0));
        let adjust = builder.build_and(inexact, differ, "").built();
        let one_less = builder.build_int_sub(quotient, code.w(1), "").built();
        let moved = builder.build_int_add(remainder, b, "").built();
        (
            builder.build_select(adjust, one_less, quotient, "").built().into_int_value(),
            builder.build_select(adjust, moved, remainder, "").built().into_int_value(),
        )
    }

    fn overflowing(&mut self, inst: &Inst) {
        let name = match inst.op {
            Op::IAddOvf => "llvm.sadd.with.overflow",
            Op::ISubOvf => "llvm.ssub.with.overflow",
            _ => "llvm.smul.with.overflow",
        };
        let args = [self.int(inst.args[0]).into(), self.int(inst.args[1]).into()];
        let pair = self.code.intrinsic(name, self.code.word.into(), &args).into_struct_value();
        let value = self.code.builder.build_extract_value(pair, 0, "").built();
        let overflowed = self.code.builder.build_extract_value(pair, 1, "").built();
        self.set(inst.results[0], value);
        self.set(inst.results[1], overflowed);
    }

    fn check_stack(&mut self, inst: &Inst) {
        let code = self.code;
        let limit = code.data("DXP_STACK_LIMIT");
        let load = code.builder.build_load(code.word, limit, "").built();
        // A signal handler writes it.
        load.as_instruction_value().expect("a load").set_volatile(true).expect("loads can be volatile");
        let low = code.compare(IntPredicate::ULT, code.stack_pointer(), load.into_int_value());
        let done = code.block_after(code.here());
        let rare = code.context.append_basic_block(self.llvm, "");
        code.branch(low, rare, done, Odds::Other);
        code.at(rare);
        let status = word_of(code.call_cold(code.callee(Callee::Entry(Entry::dxp_stack_check)), &[]));
        match inst.on_error {
            Some(handler) => {
                let raised = code.compare(IntPredicate::SLT, status, code.h(0));
                code.branch(raised, self.llvm_block(handler), done, Odds::Even);
            }
            None => code.jump(done),
        }
        code.at(done);
    }

    /// Leaves to the error block when `raised`.
    fn leave_if(&self, inst: &Inst, raised: IntValue<'ctx>) {
        let Some(handler) = inst.on_error else { return };
        let next = self.code.block_after(self.code.here());
        self.code.branch(raised, self.llvm_block(handler), next, Odds::Other);
        self.code.at(next);
    }

    fn direct_call(&mut self, inst: &Inst) {
        let Imm::Func(id) = inst.imm else { panic!("{} names a function", inst.op.name()) };
        let args: Vec<BasicMetadataValueEnum<'ctx>> = inst.args.iter().map(|&arg| self.int(arg).into()).collect();
        let result = word_of(self.code.call(self.unit_function(id.index()), &args));
        self.leave_if(inst, self.code.is_word(result, abi::Value::ERROR.0));
        self.set(inst.results[0], result);
    }

    /// Words of the argument array that a call passes.
    pub fn n_array_words(&self, inst: &Inst) -> usize {
        let Imm::Callee(callee) = inst.imm else { return 0 };
        let signature = callee.signature();
        if signature.array().is_some() { inst.args.len() - signature.n_fixed() } else { 0 }
    }

    /// Words of the output array of a call.
    pub fn n_output_words(&self, inst: &Inst) -> usize {
        let Imm::Callee(callee) = inst.imm else { return 0 };
        let signature = callee.signature();
        let has_output = signature.params.iter().any(|param| matches!(param, ParamKind::Out | ParamKind::OutFlag));
        if has_output { inst.results.len() - usize::from(signature.ret.result().is_some()) } else { 0 }
    }

    /// The address of element `index` of an array on the stack.
    fn element(&self, array: PointerValue<'ctx>, index: usize) -> PointerValue<'ctx> {
        if index == 0 {
            return array;
        }
        let index = self.code.w(index as u64);
        // SAFETY: the array was made as long as the longest that any call of the function needs (make_room).
        unsafe { self.code.builder.build_in_bounds_gep(self.code.word, array, &[index], "").built() }
    }

    fn runtime_call(&mut self, inst: &Inst) {
        let Imm::Callee(callee) = inst.imm else { panic!("{} names its callee", inst.op.name()) };
        let code = self.code;
        let signature = callee.signature();
        let n_array = self.n_array_words(inst);
        let n_outputs = self.n_output_words(inst);
        let mut operands = inst.args.iter().copied();
        let mut next = || operands.next().expect("the verifier counted operands");
        let mut args: Vec<BasicMetadataValueEnum<'ctx>> = Vec::new();
        for param in &signature.params {
            match param {
                ParamKind::Value | ParamKind::Int => args.push(self.int(next()).into()),
                ParamKind::U32 => {
                    let half = code.builder.build_int_truncate(self.int(next()), code.half, "").built();
                    args.push(half.into());
                }
                ParamKind::Float => args.push(self.float(next()).into()),
                ParamKind::Ptr => args.push(self.get(next()).into()),
                ParamKind::Array | ParamKind::Pairs | ParamKind::ArrayNoCount => {
                    match self.arguments {
                        Some(array) if n_array > 0 => {
                            for index in 0..n_array {
                                code.store(self.element(array, index), self.int(next()));
                            }
                            args.push(array.into());
                        }
                        _ => args.push(code.ptr.const_null().into()),
                    }
                    match param {
                        ParamKind::Array => args.push(code.w(n_array as u64).into()),
                        ParamKind::Pairs => args.push(code.w(n_array as u64 / 2).into()),
                        _ => {}
                    }
                }
                ParamKind::Out | ParamKind::OutFlag => match self.outputs {
                    Some(array) if n_outputs > 0 => args.push(array.into()),
                    _ => args.push(code.ptr.const_null().into()),
                },
            }
        }
        assert!(operands.next().is_none(), "{}: too many operands of {}", self.function.name, callee.name());
        let function = code.callee(callee);
        let call = if self.in_cold { code.call_cold(function, &args) } else { code.call(function, &args) };
        if self.huge {
            code.keep_call(call);
        }

        let mut results = inst.results.iter().copied();
        match signature.ret {
            RetKind::Value => {
                let value = word_of(call);
                self.leave_if(inst, code.is_word(value, abi::Value::ERROR.0));
                self.set(results.next().expect("a result"), value);
            }
            RetKind::Sure | RetKind::Borrowed | RetKind::Int => self.set(results.next().expect("a result"), word_of(call)),
            RetKind::Float => {
                let value = call.try_as_basic_value().unwrap_basic();
                self.set(results.next().expect("a result"), value);
            }
            RetKind::Status => {
                self.leave_if(inst, code.compare(IntPredicate::SLT, word_of(call), code.h(0)));
            }
            RetKind::Truth | RetKind::SureTruth => {
                let truth = word_of(call);
                if signature.ret == RetKind::Truth {
                    self.leave_if(inst, code.compare(IntPredicate::SLT, truth, code.h(0)));
                }
                self.set(results.next().expect("a result"), code.compare(IntPredicate::NE, truth, code.h(0)));
            }
            RetKind::Nothing => {}
        }
        let flag = signature.params.contains(&ParamKind::OutFlag);
        for (index, result) in results.enumerate() {
            let place = self.element(self.outputs.expect("room was made"), index);
            if flag {
                let word = code.builder.build_load(code.half, place, "").built().into_int_value();
                self.set(result, code.compare(IntPredicate::NE, word, code.h(0)));
            } else {
                self.set(result, code.load_word(place));
            }
        }
    }
}

fn word_imm(inst: &Inst) -> u64 {
    let Imm::Word(word) = inst.imm else { panic!("{} has a word", inst.op.name()) };
    word
}

fn int_of(inst: &Inst) -> i64 {
    let Imm::Int(int) = inst.imm else { panic!("{} has an integer", inst.op.name()) };
    int
}

fn cmp_of(inst: &Inst) -> Cmp {
    let Imm::Cmp(cmp) = inst.imm else { panic!("{} has a comparison", inst.op.name()) };
    cmp
}

fn int_predicate(cmp: Cmp) -> IntPredicate {
    match cmp {
        Cmp::Eq => IntPredicate::EQ,
        Cmp::Ne => IntPredicate::NE,
        Cmp::Lt => IntPredicate::SLT,
        Cmp::Le => IntPredicate::SLE,
        Cmp::Gt => IntPredicate::SGT,
        Cmp::Ge => IntPredicate::SGE,
    }
}

fn float_predicate(cmp: Cmp) -> FloatPredicate {
    match cmp {
        Cmp::Eq => FloatPredicate::OEQ,
        Cmp::Ne => FloatPredicate::UNE,
        Cmp::Lt => FloatPredicate::OLT,
        Cmp::Le => FloatPredicate::OLE,
        Cmp::Gt => FloatPredicate::OGT,
        Cmp::Ge => FloatPredicate::OGE,
    }
}
