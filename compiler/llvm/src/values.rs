//! One LLVM module under construction: types, declarations, and the small vocabulary that translations are written in.

use std::cell::RefCell;
use std::collections::HashMap;

use dxpyc_abi::entries::Kind;
use dxpyc_ir::callee::Callee;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::basic_block::BasicBlock;
use inkwell::builder::{Builder, BuilderError};
use inkwell::context::Context;
use inkwell::intrinsics::Intrinsic;
use inkwell::module::{Linkage, Module};
use inkwell::targets::TargetMachine;
use inkwell::types::{BasicMetadataTypeEnum, FloatType, FunctionType, IntType, PointerType};
use inkwell::values::{
    BasicMetadataValueEnum, BasicValueEnum, CallSiteValue, FunctionValue, GlobalValue, IntValue, MetadataValue,
    PointerValue,
};
use inkwell::{AddressSpace, GlobalVisibility, IntPredicate};

use crate::Cpu;

/// Unwraps what fails only when LLVM values have the wrong type: a bug of the caller.
pub trait Built<T> {
    fn built(self) -> T;
}

impl<T> Built<T> for Result<T, BuilderError> {
    #[track_caller]
    fn built(self) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("LLVM builder: {error}"),
        }
    }
}

/// How often a branch is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Odds {
    Even,
    /// The first target nearly always.
    Then,
    /// The second target nearly always.
    Other,
}

/// An LLVM module with what translations need at hand.
pub struct Code<'ctx> {
    pub context: &'ctx Context,
    pub module: Module<'ctx>,
    pub builder: Builder<'ctx>,
    pub word: IntType<'ctx>,
    pub half: IntType<'ctx>,
    pub bit: IntType<'ctx>,
    pub float: FloatType<'ctx>,
    pub ptr: PointerType<'ctx>,
    functions: RefCell<HashMap<String, FunctionValue<'ctx>>>,
    globals: RefCell<HashMap<String, GlobalValue<'ctx>>>,
    attributes: Vec<Attribute>,
    cold: Attribute,
    noinline: Attribute,
    nounwind: Attribute,
    weights: [MetadataValue<'ctx>; 2],
    prof_kind: u32,
    stack_pointer: BasicMetadataValueEnum<'ctx>,
}

impl<'ctx> Code<'ctx> {
    pub fn new(context: &'ctx Context, name: &str, machine: &TargetMachine, cpu: &Cpu) -> Code<'ctx> {
        let module = context.create_module(name);
        module.set_triple(&cpu.triple());
        module.set_data_layout(&machine.get_target_data().get_data_layout());
        let enumerated = |name: &str| context.create_enum_attribute(Attribute::get_named_enum_kind_id(name), 0);
        let mut attributes =
            vec![enumerated("nounwind"), context.create_string_attribute("target-cpu", cpu.name())];
        if !cpu.features().is_empty() {
            attributes.push(context.create_string_attribute("target-features", cpu.features()));
        }
        let half = context.i32_type();
        let weights = |then: u64, other: u64| {
            context.metadata_node(&[
                context.metadata_string("branch_weights").into(),
                half.const_int(then, false).into(),
                half.const_int(other, false).into(),
            ])
        };
        let register = if cpu.is_aarch64() { "sp" } else { "rsp" };
        let stack_pointer = context.metadata_node(&[context.metadata_string(register).into()]);
        Code {
            module,
            builder: context.create_builder(),
            word: context.i64_type(),
            half,
            bit: context.bool_type(),
            float: context.f64_type(),
            ptr: context.ptr_type(AddressSpace::default()),
            functions: RefCell::default(),
            globals: RefCell::default(),
            attributes,
            cold: enumerated("cold"),
            noinline: enumerated("noinline"),
            nounwind: enumerated("nounwind"),
            weights: [weights(1 << 20, 1), weights(1, 1 << 20)],
            prof_kind: context.get_kind_id("prof"),
            stack_pointer: stack_pointer.into(),
            context,
        }
    }

    // --- constants

    pub fn w(&self, word: u64) -> IntValue<'ctx> {
        self.word.const_int(word, false)
    }

    pub fn h(&self, half: u32) -> IntValue<'ctx> {
        self.half.const_int(u64::from(half), false)
    }

    /// Whether a value is exactly `word`.
    pub fn is_word(&self, value: IntValue<'ctx>, word: u64) -> IntValue<'ctx> {
        self.compare(IntPredicate::EQ, value, self.w(word))
    }

    // --- declarations

    /// A function of another object, or of this module later.
    pub fn function(&self, name: &str, make: impl FnOnce() -> FunctionType<'ctx>) -> FunctionValue<'ctx> {
        if let Some(function) = self.functions.borrow().get(name) {
            return *function;
        }
        let function = self.module.add_function(name, make(), Some(Linkage::External));
        function.as_global_value().set_visibility(GlobalVisibility::Hidden);
        function.add_attribute(AttributeLoc::Function, self.nounwind);
        self.functions.borrow_mut().insert(name.to_owned(), function);
        function
    }

    /// `(func or generator, …) -> obj`, all words.
    pub fn python_function(&self, name: &str, n_words: usize) -> FunctionValue<'ctx> {
        self.function(name, || self.word.fn_type(&vec![self.word.into(); n_words], false))
    }

    /// Marks a function as defined here, for this processor.
    pub fn define(&self, function: FunctionValue<'ctx>) {
        for attribute in &self.attributes {
            function.add_attribute(AttributeLoc::Function, *attribute);
        }
    }

    /// A runtime entry point or hot path.
    pub fn callee(&self, callee: Callee) -> FunctionValue<'ctx> {
        let (params, result) = match callee {
            Callee::Entry(entry) => (entry.params(), entry.result()),
            Callee::Hot(hot) => (hot.params(), hot.result()),
            Callee::TypeSymbol(name) => panic!("{name} is not called"),
        };
        self.function(callee.name(), || {
            let params: Vec<BasicMetadataTypeEnum<'ctx>> = params
                .iter()
                .map(|kind| match kind {
                    Kind::V | Kind::W | Kind::I => self.word.into(),
                    Kind::U => self.half.into(),
                    Kind::F => self.float.into(),
                    Kind::P => self.ptr.into(),
                    Kind::S | Kind::T | Kind::B | Kind::N => panic!("a result kind is not a parameter"),
                })
                .collect();
            match result {
                Kind::V | Kind::W | Kind::I => self.word.fn_type(&params, false),
                Kind::F => self.float.fn_type(&params, false),
                Kind::S | Kind::T | Kind::B => self.half.fn_type(&params, false),
                Kind::N => self.context.void_type().fn_type(&params, false),
                Kind::P => self.ptr.fn_type(&params, false),
                Kind::U => panic!("a parameter kind is not a result"),
            }
        })
    }

    /// Data of another object.
    pub fn data(&self, name: &str) -> PointerValue<'ctx> {
        if let Some(global) = self.globals.borrow().get(name) {
            return global.as_pointer_value();
        }
        let global = self.module.add_global(self.context.i8_type(), None, name);
        global.set_linkage(Linkage::External);
        global.set_visibility(GlobalVisibility::Hidden);
        self.globals.borrow_mut().insert(name.to_owned(), global);
        global.as_pointer_value()
    }

    /// The value that points to the static object at `symbol`.
    pub fn object(&self, symbol: &str) -> IntValue<'ctx> {
        self.data(symbol).const_to_int(self.word).const_add(self.w(dxpyc_abi::TAG_POINTER))
    }

    // --- instructions

    pub fn compare(&self, predicate: IntPredicate, a: IntValue<'ctx>, b: IntValue<'ctx>) -> IntValue<'ctx> {
        self.builder.build_int_compare(predicate, a, b, "").built()
    }

    pub fn call(
        &self,
        function: FunctionValue<'ctx>,
        args: &[BasicMetadataValueEnum<'ctx>],
    ) -> CallSiteValue<'ctx> {
        self.builder.build_call(function, args, "").built()
    }

    /// A call that is rarely reached.
    pub fn call_cold(
        &self,
        function: FunctionValue<'ctx>,
        args: &[BasicMetadataValueEnum<'ctx>],
    ) -> CallSiteValue<'ctx> {
        let call = self.call(function, args);
        call.add_attribute(AttributeLoc::Function, self.cold);
        call
    }

    /// The call stays a call.
    pub fn keep_call(&self, call: CallSiteValue<'ctx>) {
        call.add_attribute(AttributeLoc::Function, self.noinline);
    }

    pub fn branch(&self, cond: IntValue<'ctx>, then: BasicBlock<'ctx>, other: BasicBlock<'ctx>, odds: Odds) {
        let branch = self.builder.build_conditional_branch(cond, then, other).built();
        let weights = match odds {
            Odds::Even => return,
            Odds::Then => self.weights[0],
            Odds::Other => self.weights[1],
        };
        branch.set_metadata(weights, self.prof_kind).expect("branches take metadata");
    }

    pub fn jump(&self, to: BasicBlock<'ctx>) {
        self.builder.build_unconditional_branch(to).built();
    }

    /// A new block behind the current one, where the current one is.
    pub fn block_after(&self, block: BasicBlock<'ctx>) -> BasicBlock<'ctx> {
        self.context.insert_basic_block_after(block, "")
    }

    pub fn here(&self) -> BasicBlock<'ctx> {
        self.builder.get_insert_block().expect("the builder stands in a block")
    }

    pub fn at(&self, block: BasicBlock<'ctx>) {
        self.builder.position_at_end(block);
    }

    /// Joins two words.
    pub fn join(
        &self,
        one: (IntValue<'ctx>, BasicBlock<'ctx>),
        two: (IntValue<'ctx>, BasicBlock<'ctx>),
    ) -> IntValue<'ctx> {
        let phi = self.builder.build_phi(one.0.get_type(), "").built();
        phi.add_incoming(&[(&one.0, one.1), (&two.0, two.1)]);
        phi.as_basic_value().into_int_value()
    }

    /// The stack pointer.
    pub fn stack_pointer(&self) -> IntValue<'ctx> {
        let intrinsic = Intrinsic::find("llvm.read_register").expect("LLVM has it");
        let function = intrinsic.get_declaration(&self.module, &[self.word.into()]).expect("for words");
        self.call(function, &[self.stack_pointer]).try_as_basic_value().unwrap_basic().into_int_value()
    }

    /// An intrinsic, overloaded on `types`.
    pub fn intrinsic(
        &self,
        name: &str,
        ty: inkwell::types::BasicTypeEnum<'ctx>,
        args: &[BasicMetadataValueEnum<'ctx>],
    ) -> BasicValueEnum<'ctx> {
        let intrinsic = Intrinsic::find(name).unwrap_or_else(|| panic!("LLVM has no {name}"));
        let function = intrinsic.get_declaration(&self.module, &[ty]).expect("the intrinsic exists for the type");
        self.call(function, args).try_as_basic_value().unwrap_basic()
    }
}

/// The word a call gave.
pub fn word_of(call: CallSiteValue<'_>) -> IntValue<'_> {
    call.try_as_basic_value().unwrap_basic().into_int_value()
}
