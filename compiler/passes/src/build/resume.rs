//! Generators and coroutines: the body that makes the object, and the resume function.
//!
//! The resume function branches on the state word to the suspension point, where it moves the registers out of the frame. At a
//! suspension the live registers move into the frame: a running generator's frame is empty, so counts need no care.

use super::function::Builder;
use super::versions::Versioned;
use super::{Shared, n_params};
use dxpyc_abi::entries::Entry;
use dxpyc_abi::value::Value as Word;
use dxpyc_dpb::{self as dpb, Op as DpbOp, Reg};
use dxpyc_ir::callee::Callee;
use dxpyc_ir::function::{ENTRY, FunctionKind};
use dxpyc_ir::{BlockCall, BlockId, Function, Imm, Inst, Kinds, Op, Terminator, Type, Value};

/// `body(func, params…)`: makes the generator object.
pub(super) fn build_generator_body(shared: &Shared<'_>, index: usize) -> Function {
    let (name, symbol) = shared.names(index);
    let mut out = Function::new(name, symbol, FunctionKind::Body, index as u32);
    let mut args = vec![out.add_param(ENTRY, Type::Obj, Kinds::FUNCTION)];
    for slot in 0..n_params(&shared.module.functions[index]) {
        let param = out.add_param(ENTRY, Type::Obj, Kinds::ANY);
        out.values[param.index()].hint = slot;
        args.push(param);
    }
    let error = out.new_cold_block();
    out.block_mut(error).term = Terminator::ReturnError;
    let result = out.new_value(Type::Obj, Kinds::GENERATOR);
    let callee = Callee::Entry(Entry::dxp_make_generator);
    let mut call = Inst::new(Op::Call, Imm::Callee(callee), args, vec![result]);
    call.on_error = Some(error);
    out.push(ENTRY, call);
    out.block_mut(ENTRY).term = Terminator::Return(result);
    out
}

/// `resume(generator, sent)`, and the number of frame slots.
pub(super) fn build_resume(shared: &mut Shared<'_>, versioned: &Versioned, index: usize) -> (Function, u32) {
    let mut builder = Builder::new(shared, versioned, index, FunctionKind::Resume);
    let generator = builder.out.add_param(ENTRY, Type::Obj, Kinds::GENERATOR);
    let sent = builder.out.add_param(ENTRY, Type::Obj, Kinds::ANY);
    builder.generator = Some((generator, sent));
    builder.func = builder.push1(Op::GenFunction, Imm::No, vec![generator], Type::Obj, Kinds::FUNCTION);
    assign_slots(&mut builder);
    builder.position = dpb::Position { line: builder.source.first_line, ..dpb::Position::NONE };
    builder.start_state();

    let check_error = builder.out.new_cold_block();
    let mut check = Inst::new(Op::CheckStack, Imm::No, Vec::new(), Vec::new());
    check.on_error = Some(check_error);
    builder.push(check);
    let state = builder.push1(Op::GenState, Imm::No, vec![generator], Type::I64, Kinds::ANY);
    builder.block = check_error;
    builder.leave_with_error();

    // The start: parameters come out of the frame.
    let start = builder.out.new_block();
    builder.block = start;
    let n_params = n_params(builder.source);
    for slot in 0..n_params {
        let value = take(&mut builder, slot);
        builder.out.values[value.index()].hint = slot;
        builder.state[slot as usize] = value;
    }
    let thrown = builder.is_word(sent, Word::ERROR);
    let cold = builder.split_cold(thrown);
    builder.jump_to_start();
    builder.block = cold;
    let error = builder.error_exit(true);
    builder.block = cold;
    builder.terminate(Terminator::Jump(BlockCall::to(error)));

    builder.run();

    let unreachable = builder.out.new_cold_block();
    builder.out.block_mut(unreachable).term = Terminator::Unreachable;
    let mut cases = vec![(0, BlockCall::to(start))];
    for (number, block) in builder.resume_points.iter().enumerate() {
        cases.push((number as i64 + 1, BlockCall::to(*block)));
    }
    builder.out.block_mut(ENTRY).term =
        Terminator::Switch { value: state, cases, default: BlockCall::to(unreachable) };
    let n_slots = builder.slots.len() as u32;
    (builder.out, n_slots)
}

/// Gives a frame slot to the parameters, in order, and to every register that lives across a suspension.
fn assign_slots(builder: &mut Builder<'_, '_>) {
    for slot in 0..n_params(builder.source) {
        builder.slots.insert(Reg(slot), slot);
    }
    let source = builder.source;
    for id in builder.live.order.clone() {
        let block = &source.blocks[id.index()];
        for (index, inst) in block.insts.iter().enumerate() {
            let regs = match inst.op() {
                DpbOp::Yield { .. } => saved_at_yield(builder, id, index),
                DpbOp::YieldFrom { dst, resumed, thrown, .. } => saved_at_yield_from(builder, dst, resumed, thrown),
                _ => continue,
            };
            for reg in regs {
                let next = builder.slots.len() as u32;
                builder.slots.entry(reg).or_insert(next);
            }
        }
    }
}

fn saved_at_yield(builder: &Builder<'_, '_>, id: dpb::BlockId, index: usize) -> Vec<Reg> {
    let block = &builder.source.blocks[id.index()];
    let mut live = builder.live.before(builder.versioned, id, index + 1);
    if let DpbOp::Yield { dst, .. } = block.insts[index].op()
        && !builder.live.named.contains(dst)
    {
        live.remove(dst);
    }
    match block.handler {
        Some(handler) => live.union(&builder.live.live_in[handler.index()]),
        None if builder.live.has_handlers => live.union(&builder.live.named),
        None => {}
    }
    live.iter().collect()
}

fn saved_at_yield_from(
    builder: &Builder<'_, '_>,
    dst: Reg,
    resumed: dpb::BlockId,
    thrown: dpb::BlockId,
) -> Vec<Reg> {
    let mut live = builder.live.live_in[resumed.index()].clone();
    live.union(&builder.live.live_in[thrown.index()]);
    if !builder.live.named.contains(dst) {
        live.remove(dst);
    }
    live.iter().collect()
}

fn take(builder: &mut Builder<'_, '_>, slot: u32) -> Value {
    let (generator, _) = builder.generator.expect("in a resume function");
    builder.push1(Op::SlotTake, Imm::Int(i64::from(slot)), vec![generator], Type::Obj, Kinds::ANY)
}

/// Moves registers into the frame, sets the state and gives out `value`; goes on in the resume block with the registers
/// moved back. Returns what was sent.
fn suspend(builder: &mut Builder<'_, '_>, regs: &[Reg], value: Value) -> Value {
    let (generator, sent) = builder.generator.expect("in a resume function");
    for reg in regs {
        let slot = i64::from(builder.slots[reg]);
        let value = builder.get(*reg);
        builder.push(Inst::new(Op::SlotPut, Imm::Int(slot), vec![generator, value], Vec::new()));
    }
    let block = builder.out.new_block();
    builder.resume_points.push(block);
    let number = builder.resume_points.len() as i64;
    builder.push(Inst::new(Op::GenSetState, Imm::Int(number), vec![generator], Vec::new()));
    builder.terminate(Terminator::Return(value));
    builder.block = block;
    builder.state = vec![builder.missing; builder.source.n_registers as usize];
    for reg in regs {
        let slot = builder.slots[reg];
        let value = take(builder, slot);
        if reg.index() < builder.source.varnames.len() {
            builder.out.values[value.index()].hint = reg.0;
        }
        builder.state[reg.index()] = value;
    }
    sent
}

/// `dst = yield value`, instruction `index` of block `id`.
pub(super) fn emit_yield(builder: &mut Builder<'_, '_>, id: dpb::BlockId, index: usize, dst: Reg, value: Reg) {
    let regs = saved_at_yield(builder, id, index);
    let value = builder.get(value);
    let sent = suspend(builder, &regs, value);
    let thrown = builder.is_word(sent, Word::ERROR);
    let cold = builder.split_cold(thrown);
    let next = builder.block;
    builder.block = cold;
    let error = builder.error_exit(true);
    builder.terminate(Terminator::Jump(BlockCall::to(error)));
    builder.block = next;
    let sent = received(builder, sent);
    builder.set(dst, sent);
}

/// What was sent, known to be a value.
fn received(builder: &mut Builder<'_, '_>, sent: Value) -> Value {
    builder.push1(
        Op::Refine,
        Imm::No,
        vec![sent],
        Type::Obj,
        Kinds::ANY.without(Kinds::SPECIAL | Kinds::MISSING),
    )
}

/// `YieldFrom`: as a yield on behalf of `iter`, both ways out as blocks.
pub(super) fn emit_yield_from(
    builder: &mut Builder<'_, '_>,
    dst: Reg,
    value: Reg,
    iter: Reg,
    resumed: dpb::BlockId,
    thrown: dpb::BlockId,
) {
    let (generator, _) = builder.generator.expect("in a resume function");
    let iter = builder.get(iter);
    builder.rt_other(Entry::dxp_set_awaiting, vec![generator, iter]);
    let regs = saved_at_yield_from(builder, dst, resumed, thrown);
    let value = builder.get(value);
    let sent = suspend(builder, &regs, value);
    let missing = builder.missing;
    builder.rt_other(Entry::dxp_set_awaiting, vec![generator, missing]);
    let is_error = builder.is_word(sent, Word::ERROR);
    let cold: BlockId = builder.split_cold(is_error);
    let state = builder.state.clone();
    let sent = received(builder, sent);
    builder.set(dst, sent);
    let call = builder.edge(resumed, None);
    builder.terminate(Terminator::Jump(call));
    builder.state = state;
    builder.block = cold;
    let exception = builder.call(Callee::Entry(Entry::dxp_catch), Vec::new(), 0, false)[0];
    builder.set(dst, exception);
    let call = builder.edge(thrown, None);
    builder.terminate(Terminator::Jump(call));
}
