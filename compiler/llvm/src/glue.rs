//! What every program has besides its functions: `main`, array entries, constants made when first used.

use std::mem::offset_of;

use dxpyc_abi as abi;
use dxpyc_abi::Entry;
use dxpyc_ir::callee::Callee;
use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::module::Linkage;
use inkwell::values::{BasicMetadataValueEnum, IntValue, PointerValue};

use crate::Options;
use crate::chunk;
use crate::statics::{ConstRef, Glue, LazyConst, entry_symbol};
use crate::values::{Built, Code, Odds, word_of};

/// Compiles the glue object.
pub fn compile(glue: &Glue<'_>, options: &Options<'_>) -> Vec<u8> {
    let context = Context::create();
    let machine = options.cpu.machine(OptimizationLevel::Less);
    let code = Code::new(&context, "glue", &machine, &options.cpu);
    main(&code);
    for n_params in 0..=glue.n_params_max {
        array_entry(&code, n_params);
    }
    for (symbol, constant) in &glue.lazy {
        lazy_constant(&code, symbol, constant);
    }
    if let Err(error) = code.module.verify() {
        panic!("LLVM refuses the glue: {}", error.to_string());
    }
    chunk::emit(&code.module, &machine, options.emit)
}

/// `int main(int argc, char **argv)`.
fn main(code: &Code<'_>) {
    let function = code.module.add_function("main", code.half.fn_type(&[code.half.into(), code.ptr.into()], false), None);
    code.define(function);
    code.at(code.context.append_basic_block(function, "entry"));
    let argc = function.get_nth_param(0).expect("argc").into_int_value();
    let argc = code.builder.build_int_s_extend(argc, code.word, "").built();
    let argv = function.get_nth_param(1).expect("argv");
    let table = code.data("dxp_module_table");
    let entry = code.callee(Callee::Entry(Entry::dxp_main));
    let status = word_of(code.call(entry, &[argc.into(), argv.into(), table.into()]));
    let status = code.builder.build_int_truncate(status, code.half, "").built();
    code.builder.build_return(Some(&status)).built();
}

/// `entry(func, args)`: calls the body of `func` with `n_params` arguments from an array.
fn array_entry(code: &Code<'_>, n_params: usize) {
    let function =
        code.function(&entry_symbol(n_params), || code.word.fn_type(&[code.word.into(), code.ptr.into()], false));
    code.define(function);
    code.at(code.context.append_basic_block(function, "entry"));
    let func = function.get_nth_param(0).expect("func").into_int_value();
    let args = function.get_nth_param(1).expect("args").into_pointer_value();
    let body = code.field(func, offset_of!(abi::FunctionObject, body));
    let body = code.builder.build_load(code.ptr, body, "").built().into_pointer_value();
    let mut passed: Vec<BasicMetadataValueEnum<'_>> = vec![func.into()];
    for index in 0..n_params {
        passed.push(code.load_word(element(code, args, index)).into());
    }
    let ty = code.word.fn_type(&vec![code.word.into(); n_params + 1], false);
    let call = code.builder.build_indirect_call(ty, body, &passed, "").built();
    call.set_tail_call(true);
    code.builder.build_return(Some(&word_of(call))).built();
}

/// Gives a constant that is made when first used.
fn lazy_constant(code: &Code<'_>, symbol: &str, constant: &LazyConst) {
    let function = code.python_function(symbol, 0);
    code.define(function);
    let place = code.module.add_global(code.word, None, "made");
    place.set_linkage(Linkage::Internal);
    place.set_initializer(&code.w(abi::Value::MISSING.0));
    let place = place.as_pointer_value();
    let block = |name| code.context.append_basic_block(function, name);
    let (entry, known, make) = (block("entry"), block("known"), block("make"));
    code.at(entry);
    let value = code.load_word(place);
    code.branch(code.is_word(value, abi::Value::MISSING.0), make, known, Odds::Other);
    code.at(known);
    code.builder.build_return(Some(&value)).built();
    code.at(make);
    let made = make_constant(code, constant);
    // Constants are not counted: code passes them on as if they were owned.
    let count = code.field(made, offset_of!(abi::Header, count));
    code.store(count, code.w(abi::COUNT_IMMORTAL as u64));
    code.store(place, made);
    code.builder.build_return(Some(&made)).built();
}

fn make_constant<'ctx>(code: &Code<'ctx>, constant: &LazyConst) -> IntValue<'ctx> {
    let call = |entry, args: &[BasicMetadataValueEnum<'ctx>]| word_of(code.call_cold(code.callee(Callee::Entry(entry)), args));
    match constant {
        LazyConst::Int(text) => {
            let bytes = code.builder.build_global_string_ptr(text, "text").built().as_pointer_value();
            call(Entry::dxp_const_int, &[bytes.into(), code.w(text.len() as u64).into()])
        }
        LazyConst::Complex(re, im) => {
            let part = |bits| code.builder.build_bit_cast(code.w(bits), code.float, "").built().into();
            call(Entry::dxp_const_complex, &[part(*re), part(*im)])
        }
        LazyConst::FrozenSet(items) => {
            let array = items_array(code, items);
            call(Entry::dxp_const_frozenset, &[array.into(), code.w(items.len() as u64).into()])
        }
        LazyConst::Tuple(items) => {
            let array = items_array(code, items);
            call(Entry::dxp_tuple, &[array.into(), code.w(items.len() as u64).into()])
        }
    }
}

fn items_array<'ctx>(code: &Code<'ctx>, items: &[ConstRef]) -> PointerValue<'ctx> {
    let ty = code.word.array_type(items.len().max(1) as u32);
    let array = code.builder.build_alloca(ty, "").built();
    for (index, item) in items.iter().enumerate() {
        let value = match item {
            ConstRef::Word(word) => code.w(*word),
            ConstRef::Object(symbol) => code.object(symbol),
            ConstRef::Lazy(symbol) => word_of(code.call(code.python_function(symbol, 0), &[])),
        };
        code.store(element(code, array, index), value);
    }
    array
}

fn element<'ctx>(code: &Code<'ctx>, array: PointerValue<'ctx>, index: usize) -> PointerValue<'ctx> {
    let index = code.w(index as u64);
    // SAFETY: the callers' arrays are longer than `index`.
    unsafe { code.builder.build_in_bounds_gep(code.word, array, &[index], "").built() }
}
