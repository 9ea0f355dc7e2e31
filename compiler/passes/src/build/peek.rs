//! Attributes and items that are only looked at: `self.left is None`, `self.mailbox.head`, `self.text[self.at]`.
//!
//! Where a chain of attribute loads begins at a variable and what lies between is used nowhere else, the values on the way are taken without counts:
//! the variable keeps its object alive, and nothing runs between the loads that could let another go. Each step is a look at the site's cache
//! without effects; where one does not know the answer, all is done from the start in the usual way.

use super::emit::{ANY, constant};
use super::function::Builder;
use dxpyc_abi::hot::Hot as H;
use dxpyc_abi::value::Value as Word;
use dxpyc_dpb::{Inst as DpbInst, Op as D, Reg};
use dxpyc_ir::callee::Callee;
use dxpyc_ir::{BlockCall, CacheKind, Imm, Kinds, Op, Terminator, Type, Value};
use std::collections::HashMap;

/// Instructions that are looked at at most.
const LONGEST: usize = 8;

/// Emits the instructions from the one at work on, as many as belong together; how many. None: not a chain.
pub(super) fn emit(b: &mut Builder<'_, '_>) -> Option<usize> {
    b.shared.candidates?;
    let (id, index) = b.at;
    if b.versioned.generic[id.index()] || !b.shared.steps.peek {
        return None;
    }
    let source = b.source;
    let insts = &source.blocks[id.index()].insts[index..];
    let len = chain(b, insts)?;
    build(b, &insts[..len]);
    Some(len)
}

/// The length of the longest chain.
fn chain(b: &Builder<'_, '_>, insts: &[DpbInst]) -> Option<usize> {
    let (id, index) = b.at;
    // Registers that hold what was only looked at, and whether it was used.
    let mut looked: Vec<(Reg, bool)> = Vec::new();
    let mut longest = None;
    for (at, inst) in insts.iter().take(LONGEST).enumerate() {
        let has_exit = b.versioned.exits.contains_key(&(id, index + at));
        let named = |reg: Reg| b.live.named.contains(reg);
        let mut mark = |reg: Reg| {
            let found = looked.iter_mut().find(|(own, _)| *own == reg);
            found.map(|entry| entry.1 = true).is_some()
        };
        let (dst, ends) = match inst.op() {
            D::LoadAttr { dst, object, .. } => {
                if !mark(object) && !named(object) {
                    break;
                }
                (dst, named(dst))
            }
            D::LoadConst { dst, .. } if at > 0 && !named(dst) => continue,
            D::LoadItem { dst, object, index } if !has_exit => {
                let (of_looked, by_looked) = (mark(object), mark(index));
                if !of_looked && !(by_looked && named(object)) {
                    break;
                }
                (dst, named(dst))
            }
            D::Is { dst, .. } if b.versioned.tests.contains_key(&dst) => break,
            D::Is { dst, lhs, rhs } | D::IsNot { dst, lhs, rhs } => {
                let (a, b) = (mark(lhs), mark(rhs));
                if !a && !b {
                    break;
                }
                (dst, true)
            }
            _ => break,
        };
        let live = b.live.before(b.versioned, id, index + at + 1);
        let done = looked.iter().all(|(reg, used)| *used && (*reg == dst || !live.contains(*reg)));
        if at > 0 && !looked.is_empty() && done {
            longest = Some(at + 1);
        }
        looked.retain(|(reg, _)| *reg != dst);
        looked.push((dst, false));
        if ends {
            break;
        }
    }
    longest
}

fn build(b: &mut Builder<'_, '_>, insts: &[DpbInst]) {
    let (id, index) = b.at;
    let mut constants: HashMap<usize, Value> = HashMap::new();
    let mut caches: HashMap<usize, u32> = HashMap::new();
    for (at, inst) in insts.iter().enumerate() {
        match inst.op() {
            D::LoadConst { value, .. } => {
                constants.insert(at, constant(b, value));
            }
            D::LoadAttr { .. } => {
                caches.insert(at, b.shared.cache(CacheKind::Attr));
            }
            _ => {}
        }
    }
    let start = b.state.clone();
    let slow = b.out.new_cold_block();
    let join = b.block_behind();
    let is_test = matches!(insts[insts.len() - 1].op(), D::Is { .. } | D::IsNot { .. });
    let result = b.out.add_param(join, if is_test { Type::Bool } else { Type::Obj }, ANY);
    if is_test {
        b.out.values[result.index()].kinds = Kinds::ANY;
    }

    let (mut dst, mut value) = (Reg(0), result);
    for (at, inst) in insts.iter().enumerate() {
        b.position = inst.position;
        (dst, value) = match inst.op() {
            D::LoadConst { dst, .. } => (dst, constants[&at]),
            D::LoadAttr { dst, object, name } => {
                let args = vec![b.get(object), b.name(name), b.push1(Op::CachePtr, Imm::Cache(caches[&at]), Vec::new(), Type::Ptr, Kinds::ANY)];
                (dst, look(b, H::dxp_hot_peek, args, slow))
            }
            D::LoadItem { dst, object, index } => {
                let args = vec![b.get(object), b.get(index)];
                (dst, look(b, H::dxp_hot_peek_item, args, slow))
            }
            D::Is { dst, lhs, rhs } => (dst, same(b, lhs, rhs, false)),
            D::IsNot { dst, lhs, rhs } => (dst, same(b, lhs, rhs, true)),
            _ => unreachable!("not part of a chain"),
        };
        b.state[dst.index()] = value;
    }
    b.terminate(Terminator::Jump(BlockCall::with(join, vec![value])));
    b.state.clone_from(&start);

    b.block = slow;
    for (at, inst) in insts.iter().enumerate() {
        b.position = inst.position;
        b.at = (id, index + at);
        (dst, value) = match inst.op() {
            D::LoadConst { dst, .. } => (dst, constants[&at]),
            D::LoadAttr { dst, object, name } => {
                let args = vec![b.get(object), b.name(name), b.push1(Op::CachePtr, Imm::Cache(caches[&at]), Vec::new(), Type::Ptr, Kinds::ANY)];
                (dst, b.hot(H::dxp_hot_getattr, args))
            }
            D::LoadItem { dst, object, index } => {
                let args = vec![b.get(object), b.get(index)];
                (dst, b.hot(H::dxp_hot_getitem, args))
            }
            D::Is { dst, lhs, rhs } => (dst, same(b, lhs, rhs, false)),
            D::IsNot { dst, lhs, rhs } => (dst, same(b, lhs, rhs, true)),
            _ => unreachable!("not part of a chain"),
        };
        b.state[dst.index()] = value;
    }
    b.terminate(Terminator::Jump(BlockCall::with(join, vec![value])));

    b.block = join;
    b.at = (id, index);
    b.state = start;
    for (at, inst) in insts.iter().enumerate() {
        match inst.op() {
            D::LoadConst { dst, .. } => b.state[dst.index()] = constants[&at],
            D::LoadAttr { dst, .. } | D::LoadItem { dst, .. } | D::Is { dst, .. } | D::IsNot { dst, .. }
                if !b.live.named.contains(dst) =>
            {
                b.state[dst.index()] = b.missing;
            }
            _ => {}
        }
    }
    let value = if is_test { b.box_bool(result) } else { result };
    b.set(dst, value);
}

/// A look that leaves for `slow` when it does not find anything.
fn look(b: &mut Builder<'_, '_>, hot: H, args: Vec<Value>, slow: dxpyc_ir::BlockId) -> Value {
    let found = b.call(Callee::Hot(hot), args, 0, false)[0];
    let missing = b.is_word(found, Word::MISSING);
    let next = b.block_behind();
    b.terminate(Terminator::Branch { cond: missing, then: BlockCall::to(slow), other: BlockCall::to(next) });
    b.block = next;
    b.push1(Op::Refine, Imm::No, vec![found], Type::Obj, ANY)
}

fn same(b: &mut Builder<'_, '_>, lhs: Reg, rhs: Reg, not: bool) -> Value {
    let args = vec![b.get(lhs), b.get(rhs)];
    let same = b.push1(Op::Same, Imm::No, args, Type::Bool, Kinds::ANY);
    if not { b.push1(Op::BNot, Imm::No, vec![same], Type::Bool, Kinds::ANY) } else { same }
}
