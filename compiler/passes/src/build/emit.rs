//! What each DPB instruction becomes. One arm a row of the opcode table.

use super::function::Builder;
use super::fuse::Test;
use super::direct;
use super::peek;
use super::resume;
use dxpyc_abi::entries::Entry as E;
use dxpyc_abi::hot::Hot as H;
use dxpyc_abi::value::Value as Word;
use dxpyc_dpb::{self as dpb, ConstId, NameId, Op as D, Reg};
use dxpyc_ir::callee::Callee;
use dxpyc_ir::{BlockCall, CacheKind, Imm, Inst, Kinds, Op, Terminator, Type, Value};

pub(super) const ANY: Kinds = Kinds(Kinds::ANY.0 & !Kinds::SPECIAL.0 & !Kinds::MISSING.0);

/// Emits one instruction, or two when `next` is fused into it; returns how many.
pub(super) fn emit(b: &mut Builder<'_, '_>, inst: &dpb::Inst, next: Option<&dpb::Inst>) -> usize {
    match inst.op() {
        D::Lt { dst, lhs, rhs } => return compare(b, dst, lhs, rhs, H::dxp_hot_lt, E::dxp_lt, next),
        D::Le { dst, lhs, rhs } => return compare(b, dst, lhs, rhs, H::dxp_hot_le, E::dxp_le, next),
        D::Gt { dst, lhs, rhs } => return compare(b, dst, lhs, rhs, H::dxp_hot_gt, E::dxp_gt, next),
        D::Ge { dst, lhs, rhs } => return compare(b, dst, lhs, rhs, H::dxp_hot_ge, E::dxp_ge, next),
        D::Eq { dst, lhs, rhs } => return compare(b, dst, lhs, rhs, H::dxp_hot_eq, E::dxp_eq, next),
        D::Ne { dst, lhs, rhs } => return compare(b, dst, lhs, rhs, H::dxp_hot_ne, E::dxp_ne, next),
        D::LoadAttr { .. } => {
            if let Some(n) = peek::emit(b) {
                return n;
            }
        }
        D::BuildSlice { dst, start, stop, step } => {
            if let Some(D::LoadItem { dst: item, object, index }) = next.map(dpb::Inst::op)
                && index == dst
                && object != dst
                && b.dead_behind_next(dst, item)
            {
                let args = vec![b.get(object), b.get(start), b.get(stop), b.get(step)];
                b.position = next.expect("the item's instruction").position;
                let value = b.rt(E::dxp_getslice_step, args, ANY);
                b.set(item, value);
                return 2;
            }
        }
        _ => {}
    }
    if !emit_names(b, inst)
        && !emit_operators(b, inst)
        && !emit_control(b, inst)
        && !emit_calls(b, inst)
        && !emit_builds(b, inst)
        && !emit_exceptions(b, inst)
    {
        unreachable!("{}: opcode {} has no translation", b.out.name, inst.opcode().name());
    }
    1
}

/// A comparison; fused with the branch on its result when that is its only use.
fn compare(
    b: &mut Builder<'_, '_>,
    dst: Reg,
    lhs: Reg,
    rhs: Reg,
    hot: H,
    entry: E,
    next: Option<&dpb::Inst>,
) -> usize {
    let args = operands(b, &[lhs, rhs]);
    if let Some(D::Branch { cond, then, other }) = next.map(dpb::Inst::op)
        && cond == dst
        && b.dead_in(dst, &[then, other])
    {
        let cond = match character(b, hot, &args) {
            Some(cond) => cond,
            None => b.call(Callee::Hot(hot), args, 0, true)[0],
        };
        branch(b, cond, then, other);
        return 2;
    }
    let value = b.rt(entry, args, ANY);
    b.set(dst, value);
    1
}

/// `==` or `!=` with a constant of one character.
fn character(b: &mut Builder<'_, '_>, hot: H, args: &[Value]) -> Option<Value> {
    let callee = match hot {
        H::dxp_hot_eq => H::dxp_hot_eq_character,
        H::dxp_hot_ne => H::dxp_hot_ne_character,
        _ => return None,
    };
    let code = i64::from(*b.characters.get(&args[1])?);
    let code = b.iconst(code);
    Some(b.call(Callee::Hot(callee), vec![args[0], args[1], code], 0, true)[0])
}

fn branch(b: &mut Builder<'_, '_>, cond: Value, then: dpb::BlockId, other: dpb::BlockId) {
    if then == other {
        let call = b.edge(then, None);
        b.terminate(Terminator::Jump(call));
        return;
    }
    let then = b.edge(then, None);
    let other = b.edge(other, None);
    b.terminate(Terminator::Branch { cond, then, other });
}

/// The value of a constant.
pub(super) fn constant(b: &mut Builder<'_, '_>, id: ConstId) -> Value {
    use dpb::Const as C;
    let object = |b: &mut Builder<'_, '_>, kinds| {
        b.push1(Op::ConstObj, Imm::Const(id.0), Vec::new(), Type::Obj, kinds)
    };
    match &b.shared.module.constants[id.index()] {
        C::None => b.none(),
        C::True => b.word(Word::TRUE, Kinds::BOOL),
        C::False => b.word(Word::FALSE, Kinds::BOOL),
        C::Ellipsis => b.word(Word::ELLIPSIS, Kinds::SPECIAL),
        C::Int(value) => match Word::try_small_int(*value) {
            Some(word) => b.word(word, Kinds::SMALL),
            None => object(b, Kinds::BIG),
        },
        C::BigInt(_) => object(b, Kinds::BIG),
        C::Float(bits) => match Word::try_imm_float(f64::from_bits(*bits)) {
            Some(word) => b.word(word, Kinds::FLOATI),
            None => object(b, Kinds::FLOATB),
        },
        C::Complex(..) => object(b, Kinds::COMPLEX),
        C::Str(text) => {
            let code = match text[..] {
                [byte @ 0..128] => Some(byte),
                _ => None,
            };
            let value = object(b, Kinds::STR);
            if let Some(code) = code {
                b.characters.insert(value, code);
            }
            value
        }
        C::Bytes(_) => object(b, Kinds::BYTES),
        C::Tuple(_) => object(b, Kinds::TUPLE),
        C::FrozenSet(_) => object(b, Kinds::OTHER),
    }
}

pub(super) fn regs(b: &Builder<'_, '_>, list: &[Reg]) -> Vec<Value> {
    list.iter().map(|reg| b.get(*reg)).collect()
}

/// Raises when `value` is MISSING. `kind` as in `dxp_raise_unbound`.
fn check_bound(b: &mut Builder<'_, '_>, value: Value, name: NameId, kind: i64) {
    let kinds = b.out.kinds(value);
    if !kinds.meets(Kinds::MISSING) {
        return;
    }
    let missing = b.is_word(value, Word::MISSING);
    let cold = b.split_cold(missing);
    let next = std::mem::replace(&mut b.block, cold);
    raise_unbound(b, name, kind);
    b.block = next;
}

fn raise_unbound(b: &mut Builder<'_, '_>, name: NameId, kind: i64) {
    let name = b.name(name);
    let kind = b.iconst(kind);
    b.call(Callee::Entry(E::dxp_raise_unbound), vec![name, kind], 0, true);
    b.terminate(Terminator::Unreachable);
}

fn globals(b: &mut Builder<'_, '_>) -> Value {
    let func = b.func;
    b.rt(E::dxp_function_globals, vec![func], Kinds::DICT)
}

fn emit_names(b: &mut Builder<'_, '_>, inst: &dpb::Inst) -> bool {
    match inst.op() {
        D::Move { dst, src } => {
            let value = b.get(src);
            b.set(dst, value);
        }
        D::LoadConst { dst, value } => {
            let value = constant(b, value);
            b.set(dst, value);
        }
        D::Clear { dst } => {
            let missing = b.missing;
            b.set(dst, missing);
        }
        D::CheckBound { src, name } => {
            let value = b.get(src);
            if b.out.kinds(value).meets(Kinds::MISSING) {
                check_bound(b, value, name, 0);
                let kinds = b.out.kinds(value).without(Kinds::MISSING);
                let refined = b.push1(Op::Refine, Imm::No, vec![value], Type::Obj, kinds);
                b.out.values[refined.index()].hint = b.out.values[value.index()].hint;
                // Both names of the object; nothing is rebound.
                b.state[src.index()] = refined;
            }
        }
        D::LoadGlobal { dst, name } => {
            let name_id = name;
            let func = b.func;
            let name = b.name(name);
            let cache = b.cache(CacheKind::Global);
            let value = b.hot(H::dxp_hot_load_global, vec![func, name, cache]);
            b.globals.insert(value, name_id);
            b.set(dst, value);
        }
        D::StoreGlobal { name, src } => {
            let globals = globals(b);
            let name = b.name(name);
            let src = b.get(src);
            b.rt_other(E::dxp_store_global, vec![globals, name, src]);
        }
        D::DeleteGlobal { name } => {
            let globals = globals(b);
            let name = b.name(name);
            b.rt_other(E::dxp_delete_global, vec![globals, name]);
        }
        D::LoadName { dst, namespace, name } => {
            let args = vec![b.func, b.get(namespace), b.name(name)];
            let value = b.rt(E::dxp_load_name, args, ANY);
            b.set(dst, value);
        }
        D::StoreName { namespace, name, src } => {
            let args = vec![b.get(namespace), b.name(name), b.get(src)];
            b.rt_other(E::dxp_store_name, args);
        }
        D::DeleteName { namespace, name } => {
            let args = vec![b.get(namespace), b.name(name)];
            b.rt_other(E::dxp_delete_name, args);
        }
        D::MakeCell { dst, value } => {
            let value = b.get(value);
            let cell = b.rt(E::dxp_cell_new, vec![value], Kinds::CELL);
            b.set(dst, cell);
        }
        D::MakeEmptyCell { dst } => {
            let missing = b.missing;
            let cell = b.rt(E::dxp_cell_new, vec![missing], Kinds::CELL);
            b.set(dst, cell);
        }
        D::LoadClosure { dst, index } => {
            let func = b.func;
            let cell = b.push1(Op::FuncCell, Imm::Int(i64::from(index)), vec![func], Type::Obj, Kinds::CELL);
            b.set(dst, cell);
        }
        D::LoadCell { dst, cell, name, is_free } => {
            let cell = b.get(cell);
            let value =
                b.push1(Op::CellGet, Imm::No, vec![cell], Type::Obj, Kinds::ANY.without(Kinds::SPECIAL));
            check_bound(b, value, name, i64::from(is_free));
            let value = b.push1(Op::Refine, Imm::No, vec![value], Type::Obj, ANY);
            b.globals.insert(value, name);
            b.set(dst, value);
        }
        D::ReadCell { dst, cell } => {
            let cell = b.get(cell);
            let value =
                b.push1(Op::CellGet, Imm::No, vec![cell], Type::Obj, Kinds::ANY.without(Kinds::SPECIAL));
            b.set(dst, value);
        }
        D::StoreCell { cell, src } => {
            let args = vec![b.get(cell), b.get(src)];
            b.push(Inst::new(Op::CellSet, Imm::No, args, Vec::new()));
        }
        D::DeleteCell { cell, name, is_free } => {
            let cell = b.get(cell);
            let value =
                b.push1(Op::CellGet, Imm::No, vec![cell], Type::Obj, Kinds::ANY.without(Kinds::SPECIAL));
            check_bound(b, value, name, i64::from(is_free));
            let missing = b.missing;
            b.push(Inst::new(Op::CellSet, Imm::No, vec![cell, missing], Vec::new()));
        }
        D::ClearCell { cell } => {
            let args = vec![b.get(cell), b.missing];
            b.push(Inst::new(Op::CellSet, Imm::No, args, Vec::new()));
        }
        D::LoadNameOrCell { dst, namespace, cell, name } => {
            let one = b.iconst(1);
            let args = vec![b.get(namespace), b.name(name), b.get(cell), one];
            let value = b.rt(E::dxp_load_class_deref, args, ANY);
            b.set(dst, value);
        }
        D::LoadAttr { dst, object, name } => {
            let args = vec![b.get(object), b.name(name), b.cache(CacheKind::Attr)];
            let value = b.hot(H::dxp_hot_getattr, args);
            b.set(dst, value);
        }
        D::StoreAttr { object, name, src } => {
            let args = vec![b.get(object), b.name(name), b.get(src), b.cache(CacheKind::Attr)];
            let hot = if adds(b, object, name) { H::dxp_hot_addattr } else { H::dxp_hot_setattr };
            b.call(Callee::Hot(hot), args, 0, true);
        }
        D::DeleteAttr { object, name } => {
            let args = vec![b.get(object), b.name(name)];
            b.rt_other(E::dxp_delattr, args);
        }
        D::LoadSuperAttr { dst, callee, owner, receiver, name, explicit } => {
            let explicit = b.iconst(i64::from(explicit));
            let args = vec![b.get(callee), b.get(owner), b.get(receiver), b.name(name), explicit];
            let value = b.rt(E::dxp_super_getattr, args, ANY);
            b.set(dst, value);
        }
        D::LoadItem { dst, object, index } => {
            let args = operands(b, &[object, index]);
            let value = b.hot(H::dxp_hot_getitem, args);
            set_result(b, dst, value);
        }
        D::StoreItem { object, index, src } => {
            let mut args = operands(b, &[object, index]);
            args.push(b.get(src));
            b.call(Callee::Hot(H::dxp_hot_setitem), args, 0, true);
        }
        D::DeleteItem { object, index } => {
            let args = vec![b.get(object), b.get(index)];
            b.rt_other(E::dxp_delitem, args);
        }
        D::LoadSlice { dst, object, start, stop } => {
            let args = vec![b.get(object), b.get(start), b.get(stop)];
            let value = b.rt(E::dxp_getslice, args, ANY);
            b.set(dst, value);
        }
        D::StoreSlice { object, start, stop, src } => {
            let args = vec![b.get(object), b.get(start), b.get(stop), b.get(src)];
            b.rt_other(E::dxp_setslice, args);
        }
        D::Import { dst, name, level, fromlist } => {
            let fromlist = constant(b, fromlist);
            let level = b.iconst(i64::from(level));
            let args = vec![b.func, b.name(name), fromlist, level];
            let value = b.rt(E::dxp_import, args, ANY);
            b.set(dst, value);
        }
        D::ImportFrom { dst, module, name } => {
            let args = vec![b.get(module), b.name(name)];
            let value = b.rt(E::dxp_import_from, args, ANY);
            b.set(dst, value);
        }
        D::ImportStar { module, namespace } => {
            let namespace = match namespace {
                Some(reg) => b.get(reg),
                None => globals(b),
            };
            let module = b.get(module);
            b.rt_other(E::dxp_import_star, vec![module, namespace]);
        }
        D::LoadCommon { dst, which } => {
            let which = b.iconst(i64::from(which));
            let value = b.rt(E::dxp_load_common, vec![which], ANY);
            b.set(dst, value);
        }
        _ => return false,
    }
    true
}

/// Whether a store probably adds the attribute: the first of that name to `self` in `__init__`.
fn adds(b: &mut Builder<'_, '_>, object: Reg, name: NameId) -> bool {
    let module = b.shared.module;
    object == Reg(0)
        && b.shared.candidates.is_some()
        && module.names[b.source.name.index()] == "__init__"
        && b.source.flags.has(dpb::FunctionFlags::METHOD)
        && b.added.insert(name)
}

/// Whether a guard could say more about a value.
fn is_open(kinds: Kinds) -> bool {
    !kinds.within(Kinds::SMALL) && !kinds.within(Kinds::FLOAT) && kinds.meets(Kinds::SMALL | Kinds::FLOATI | Kinds::LIST)
}

/// The values of the operands of an operation; where the fast version may leave, with an exit point and guards.
fn operands(b: &mut Builder<'_, '_>, regs: &[Reg]) -> Vec<Value> {
    let Some(exit) = b.side_exit() else { return regs.iter().map(|reg| b.get(*reg)).collect() };
    let mut point = Inst::new(Op::ExitPoint, Imm::No, Vec::new(), Vec::new());
    point.on_error = Some(exit);
    b.push(point);
    regs.iter()
        .map(|reg| {
            let value = b.get(*reg);
            if !is_open(b.out.kinds(value)) {
                return value;
            }
            let guarded = guard(b, value, 0);
            b.state[reg.index()] = guarded;
            guarded
        })
        .collect()
}

fn guard(b: &mut Builder<'_, '_>, value: Value, is_result: i64) -> Value {
    let kinds = b.out.kinds(value);
    let guarded = b.out.new_value(Type::Obj, kinds);
    b.out.values[guarded.index()].hint = b.out.values[value.index()].hint;
    b.push(Inst::new(Op::Guard, Imm::Int(is_result), vec![value], vec![guarded]));
    guarded
}

/// The result of arithmetic as a register's value, guarded where the fast version may leave and the value is a variable's: what is between operations
/// may be larger.
fn set_sum(b: &mut Builder<'_, '_>, dst: Reg, value: Value) {
    if b.live.named.contains(dst) {
        set_result(b, dst, value);
    } else {
        b.set(dst, value);
    }
}

/// The result of an operation as a register's value, guarded where the fast version may leave.
fn set_result(b: &mut Builder<'_, '_>, dst: Reg, value: Value) {
    let guarded = b.versioned.exits.contains_key(&b.at) && is_open(b.out.kinds(value));
    let value = if guarded { guard(b, value, 1) } else { value };
    b.set(dst, value);
}

fn binary(b: &mut Builder<'_, '_>, dst: Reg, lhs: Reg, rhs: Reg, callee: Callee) {
    let args = operands(b, &[lhs, rhs]);
    let value = b.call(callee, args, 0, true)[0];
    b.out.values[value.index()].kinds = ANY;
    set_sum(b, dst, value);
}

fn emit_operators(b: &mut Builder<'_, '_>, inst: &dpb::Inst) -> bool {
    let hot = Callee::Hot;
    let rt = Callee::Entry;
    match inst.op() {
        D::Add { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_add)),
        D::Sub { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_sub)),
        D::Mul { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_mul)),
        D::MatMul { dst, lhs, rhs } => binary(b, dst, lhs, rhs, rt(E::dxp_matmul)),
        D::Div { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_truediv)),
        D::FloorDiv { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_floordiv)),
        D::Mod { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_mod)),
        D::Pow { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_pow)),
        D::Shl { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_lshift)),
        D::Shr { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_rshift)),
        D::And { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_and)),
        D::Or { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_or)),
        D::Xor { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_xor)),
        D::InplaceAdd { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_iadd)),
        D::InplaceSub { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_isub)),
        D::InplaceMul { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_imul)),
        D::InplaceMatMul { dst, lhs, rhs } => binary(b, dst, lhs, rhs, rt(E::dxp_imatmul)),
        D::InplaceDiv { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_itruediv)),
        D::InplaceFloorDiv { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_ifloordiv)),
        D::InplaceMod { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_imod)),
        D::InplacePow { dst, lhs, rhs } => binary(b, dst, lhs, rhs, rt(E::dxp_ipow)),
        D::InplaceShl { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_ilshift)),
        D::InplaceShr { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_irshift)),
        D::InplaceAnd { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_iand)),
        D::InplaceOr { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_ior)),
        D::InplaceXor { dst, lhs, rhs } => binary(b, dst, lhs, rhs, hot(H::dxp_hot_ixor)),
        D::Neg { dst, src } => {
            let args = operands(b, &[src]);
            let value = b.hot(H::dxp_hot_neg, args);
            set_sum(b, dst, value);
        }
        D::Pos { dst, src } => {
            let src = b.get(src);
            let value = b.rt(E::dxp_pos, vec![src], ANY);
            b.set(dst, value);
        }
        D::Invert { dst, src } => {
            let src = b.get(src);
            let value = b.rt(E::dxp_invert, vec![src], ANY);
            b.set(dst, value);
        }
        D::Not { dst, src } => {
            let src = b.get(src);
            let truth = b.truth(src);
            let not = b.push1(Op::BNot, Imm::No, vec![truth], Type::Bool, Kinds::ANY);
            let value = b.box_bool(not);
            b.set(dst, value);
        }
        D::Is { dst, .. } if b.versioned.tests.contains_key(&dst) => test(b, dst),
        D::Is { dst, lhs, rhs } => {
            let value = is(b, lhs, rhs);
            let value = b.box_bool(value);
            b.set(dst, value);
        }
        D::IsNot { dst, lhs, rhs } => {
            let same = is(b, lhs, rhs);
            let not = b.push1(Op::BNot, Imm::No, vec![same], Type::Bool, Kinds::ANY);
            let value = b.box_bool(not);
            b.set(dst, value);
        }
        D::Contains { dst, item, container } => {
            let args = vec![b.get(container), b.get(item)];
            let truth = b.call(Callee::Hot(H::dxp_hot_contains), args, 0, true)[0];
            let value = b.box_bool(truth);
            b.set(dst, value);
        }
        D::NotContains { dst, item, container } => {
            let args = vec![b.get(container), b.get(item)];
            let truth = b.call(Callee::Hot(H::dxp_hot_contains), args, 0, true)[0];
            let not = b.push1(Op::BNot, Imm::No, vec![truth], Type::Bool, Kinds::ANY);
            let value = b.box_bool(not);
            b.set(dst, value);
        }
        D::ExceptionMatches { dst, exc, types } => {
            let args = vec![b.get(exc), b.get(types)];
            let truth = b.rt_other(E::dxp_exception_matches, args).expect("a match has a result");
            let value = b.box_bool(truth);
            b.set(dst, value);
        }
        _ => return false,
    }
    true
}

/// A test that stands for one of `fuse`.
fn test(b: &mut Builder<'_, '_>, dst: Reg) {
    let truth = match b.versioned.tests[&dst] {
        Test::Builtin(reg, which) => {
            let args = vec![b.get(reg), b.iconst(i64::from(which))];
            b.call(Callee::Hot(H::dxp_hot_is_builtin), args, 0, false)[0]
        }
        Test::Str(reg) => {
            let value = b.get(reg);
            let imm = Imm::Callee(Callee::TypeSymbol("dxp_type_str"));
            b.push1(Op::IsType, imm, vec![value], Type::Bool, Kinds::ANY)
        }
        Test::BothSmall(x, y) => {
            let args = vec![b.get(x), b.get(y)];
            b.push1(Op::AreSmall, Imm::No, args, Type::Bool, Kinds::ANY)
        }
        Test::Word(word) => {
            let value = b.word(word, if word.is_small_int() { Kinds::SMALL } else { Kinds::BOOL });
            b.set(dst, value);
            return;
        }
    };
    let value = b.box_bool(truth);
    b.set(dst, value);
}

/// `lhs is rhs`.
fn is(b: &mut Builder<'_, '_>, lhs: Reg, rhs: Reg) -> Value {
    let args = vec![b.get(lhs), b.get(rhs)];
    b.push1(Op::Same, Imm::No, args, Type::Bool, Kinds::ANY)
}

fn emit_control(b: &mut Builder<'_, '_>, inst: &dpb::Inst) -> bool {
    match inst.op() {
        D::Jump { target } => {
            let call = b.edge(target, None);
            b.terminate(Terminator::Jump(call));
        }
        D::Branch { .. } if b.versioned.guards.contains_key(&b.at.0) => range_guard(b),
        D::ForIter { dst, iter, body, done } if b.counted.contains_key(&b.at.0) => {
            count(b, dst, iter, body, done);
        }
        D::Branch { cond, then, other } => {
            let cond = b.get(cond);
            let cond = b.truth(cond);
            branch(b, cond, then, other);
        }
        D::Return { value } => {
            let value = b.get(value);
            b.leave_with(value);
        }
        D::Unreachable {} => b.terminate(Terminator::Unreachable),
        D::GetIter { dst, src } => {
            let src = b.get(src);
            let value = b.rt(E::dxp_iter, vec![src], ANY);
            b.set(dst, value);
        }
        D::ForIter { dst, iter, body, done } => {
            let iter = b.get(iter);
            let item = b.hot(H::dxp_hot_next, vec![iter]);
            b.out.values[item.index()].kinds = Kinds::ANY.without(Kinds::SPECIAL);
            let exhausted = b.is_word(item, Word::MISSING);
            let done = b.edge(done, None);
            let next = b.block_behind();
            b.terminate(Terminator::Branch { cond: exhausted, then: done, other: BlockCall::to(next) });
            b.block = next;
            let item = b.push1(Op::Refine, Imm::No, vec![item], Type::Obj, ANY);
            b.set(dst, item);
            let call = b.edge(body, None);
            b.terminate(Terminator::Jump(call));
        }
        D::Unpack { dsts, src } => {
            let n = b.iconst(dsts.len() as i64);
            let src = b.get(src);
            let values = b.call(Callee::Hot(H::dxp_hot_unpack), vec![src, n], dsts.len(), true);
            set_all(b, dsts.iter().copied(), values, ANY);
        }
        D::UnpackEx { before, star, after, src } => {
            let n_before = b.iconst(before.len() as i64);
            let n_after = b.iconst(after.len() as i64);
            let src = b.get(src);
            let n = before.len() + 1 + after.len();
            let values = b.call(Callee::Entry(E::dxp_unpack_ex), vec![src, n_before, n_after], n, true);
            b.out.values[values[before.len()].index()].kinds = Kinds::LIST;
            let dsts = before.iter().copied().chain([star]).chain(after.iter().copied());
            set_all(b, dsts, values, ANY);
        }
        D::GetLen { dst, src } => {
            let src = b.get(src);
            let value = b.rt(E::dxp_len, vec![src], Kinds::SMALL);
            b.set(dst, value);
        }
        D::MatchSequence { dst, subject } => {
            let subject = b.get(subject);
            let truth = b.rt_other(E::dxp_match_sequence, vec![subject]).expect("a test has a result");
            let value = b.box_bool(truth);
            b.set(dst, value);
        }
        D::MatchMapping { dst, subject } => {
            let subject = b.get(subject);
            let truth = b.rt_other(E::dxp_match_mapping, vec![subject]).expect("a test has a result");
            let value = b.box_bool(truth);
            b.set(dst, value);
        }
        D::MatchKeys { dst, subject, keys } => {
            let args = vec![b.get(subject), b.get(keys)];
            let value = b.rt(E::dxp_match_keys, args, Kinds::TUPLE | Kinds::NONE);
            b.set(dst, value);
        }
        D::MatchClass { dst, subject, class, n_positional, names } => {
            let n = b.iconst(i64::from(n_positional));
            let names = constant(b, names);
            let args = vec![b.get(subject), b.get(class), n, names];
            let value = b.rt(E::dxp_match_class, args, Kinds::TUPLE | Kinds::NONE);
            b.set(dst, value);
        }
        D::Yield { dst, value } => {
            let (block, index) = b.at;
            resume::emit_yield(b, block, index, dst, value);
        }
        D::GetYieldFromIter { dst, src } => {
            let coroutine = b.source.flags.has(dpb::FunctionFlags::COROUTINE);
            let flag = b.iconst(i64::from(coroutine));
            let src = b.get(src);
            let value = b.rt(E::dxp_yield_from_iter, vec![src, flag], ANY);
            b.set(dst, value);
        }
        D::Send { dst, iter, value, yielded, done } => {
            let (generator, _) = b.generator.expect("Send stands in a generator");
            let args = vec![generator, b.get(iter), b.get(value)];
            let results = b.call(Callee::Entry(E::dxp_send), args, 0, true);
            sent(b, dst, &results, yielded, done);
        }
        D::YieldFrom { dst, value, iter, resumed, thrown } => {
            resume::emit_yield_from(b, dst, value, iter, resumed, thrown);
        }
        D::Throw { dst, iter, exc, yielded, done } => {
            let (generator, _) = b.generator.expect("Throw stands in a generator");
            let args = vec![generator, b.get(iter), b.get(exc)];
            let results = b.call(Callee::Entry(E::dxp_send_throw), args, 0, true);
            sent(b, dst, &results, yielded, done);
        }
        _ => return false,
    }
    true
}

/// Goes to the counted loop when `range` is the builtin and its arguments are small ints, else to the generic one.
fn range_guard(b: &mut Builder<'_, '_>) {
    let versioned = b.versioned;
    let guard = &versioned.guards[&b.at.0];
    let which = b.iconst(0);
    assert_eq!(dxpyc_abi::entries::BUILTIN_GUARDS[0], "range");
    let callee = b.get(guard.callee);
    let mut ok = b.call(Callee::Hot(H::dxp_hot_is_builtin), vec![callee, which], 0, false)[0];
    let bounds: Vec<Value> = guard.start.into_iter().chain([guard.stop]).map(|reg| b.get(reg)).collect();
    for bound in &bounds {
        if !b.out.kinds(*bound).within(Kinds::SMALL) {
            let small = b.push1(Op::IsSmall, Imm::No, vec![*bound], Type::Bool, Kinds::ANY);
            ok = b.push1(Op::BAnd, Imm::No, vec![ok, small], Type::Bool, Kinds::ANY);
        }
    }
    let unboxed: Vec<Value> = bounds
        .iter()
        .map(|bound| b.push1(Op::UnboxInt, Imm::No, vec![*bound], Type::I64, Kinds::ANY))
        .collect();
    let (start, stop) = match unboxed.as_slice() {
        [stop] => (b.iconst(0), *stop),
        [start, stop] => (*start, *stop),
        _ => unreachable!("a range has one bound or two"),
    };
    b.counted.insert(guard.header, (stop, guard.step));
    let Some(D::Branch { other, .. }) = b.source.blocks[b.at.0.index()].insts.last().map(dpb::Inst::op) else {
        unreachable!("a guard is a branch");
    };
    let then = b.edge(guard.header, Some((guard.counter, start)));
    let exit = b.out.new_cold_block();
    b.terminate(Terminator::Branch { cond: ok, then, other: BlockCall::to(exit) });
    b.block = exit;
    let other = b.generic_edge(other);
    b.terminate(Terminator::Jump(other));
}

/// `ForIter` of a counted loop.
fn count(b: &mut Builder<'_, '_>, dst: Reg, counter: Reg, body: dpb::BlockId, done: dpb::BlockId) {
    use dxpyc_ir::Cmp;
    let (stop, step) = b.counted[&b.at.0];
    let now = b.get(counter);
    let cmp = Imm::Cmp(if step > 0 { Cmp::Lt } else { Cmp::Gt });
    let more = b.push1(Op::ICmp, cmp, vec![now, stop], Type::Bool, Kinds::ANY);
    let done = b.edge(done, None);
    let next = b.block_behind();
    b.terminate(Terminator::Branch { cond: more, then: BlockCall::to(next), other: done });
    b.block = next;
    let item = b.push1(Op::BoxSmall, Imm::No, vec![now], Type::Obj, Kinds::SMALL);
    let step = b.iconst(step);
    let following = b.push1(Op::IAdd, Imm::No, vec![now, step], Type::I64, Kinds::ANY);
    b.set(dst, item);
    b.set(counter, following);
    let call = b.edge(body, None);
    b.terminate(Terminator::Jump(call));
}

/// The end of `Send` and `Throw`.
fn sent(b: &mut Builder<'_, '_>, dst: Reg, results: &[Value], yielded: dpb::BlockId, done: dpb::BlockId) {
    b.out.values[results[0].index()].kinds = ANY;
    b.set(dst, results[0]);
    branch(b, results[1], done, yielded);
}

fn set_all(b: &mut Builder<'_, '_>, dsts: impl Iterator<Item = Reg>, values: Vec<Value>, kinds: Kinds) {
    for (dst, value) in dsts.zip(values) {
        let known = b.out.kinds(value);
        b.out.values[value.index()].kinds = known & kinds;
        b.set(dst, value);
    }
}

fn emit_calls(b: &mut Builder<'_, '_>, inst: &dpb::Inst) -> bool {
    match inst.op() {
        D::Call { dst, args: [generator, total], .. } if b.versioned.rests.contains(total) => {
            let args = vec![b.get(*generator), b.get(*total)];
            let value = b.rt(E::dxp_sum_rest, args, ANY);
            b.set(dst, value);
        }
        D::Call { dst, callee, args } if direct::call_builtin(b, dst, callee, args) => {}
        D::Call { dst, callee, args } if direct::call_named(b, dst, callee, args) => {}
        D::Call { dst, callee, args } if direct::call_class(b, dst, callee, args) => {}
        D::Call { dst, callee, args } => {
            let mut values = vec![b.get(callee)];
            values.extend(regs(b, args));
            finish_call(b, dst, call_plain(args.len()), values);
        }
        D::CallKw { dst, callee, args, keywords } => {
            let mut values = vec![b.get(callee)];
            values.extend(regs(b, args));
            values.push(constant(b, keywords));
            finish_call(b, dst, Callee::Entry(E::dxp_call_kw), values);
        }
        D::CallEx { dst, callee, args, kwargs } => {
            let values = vec![b.get(callee), b.get(args), b.get_opt(kwargs)];
            finish_call(b, dst, Callee::Entry(E::dxp_call_ex), values);
        }
        D::LoadMethod { callee, receiver, object, name } => {
            let object = b.get(object);
            match direct::method(b, callee, receiver, name) {
                Some(method) => direct::load_method(b, callee, receiver, object, name, method),
                None if direct::load_guessed(b, callee, receiver, object, name) => {}
                None => load_method(b, callee, receiver, object, name),
            }
        }
        D::LoadSuperMethod { callee, bound, function, owner, receiver, name, explicit } => {
            let explicit = b.iconst(i64::from(explicit));
            let receiver = b.get(receiver);
            let args = vec![b.get(function), b.get(owner), receiver, b.name(name), explicit];
            let results = b.call(Callee::Entry(E::dxp_super_method), args, 0, true);
            set_method(b, callee, bound, receiver, &results);
        }
        D::CallMethod { dst, callee, receiver, args } if direct::call_method(b, dst, callee, receiver, args) => {}
        D::CallMethod { dst, callee, receiver, args } if direct::call_of_module(b, dst, callee, receiver, args) => {}
        D::CallMethod { dst, callee, receiver, args } if direct::call_guessed(b, dst, callee, receiver, args) => {}
        D::CallMethod { dst, callee, receiver, args } => {
            let mut values = vec![b.get(callee), b.get(receiver)];
            values.extend(regs(b, args));
            finish_call(b, dst, call_bound(args.len()), values);
        }
        D::CallMethodKw { dst, callee, receiver, args, keywords } => {
            let mut values = vec![b.get(callee), b.get(receiver)];
            values.extend(regs(b, args));
            values.push(constant(b, keywords));
            finish_call(b, dst, Callee::Entry(E::dxp_call_bound_kw), values);
        }
        D::CallSuper { dst, callee, owner, receiver, has_cell, has_receiver } => {
            let has_cell = b.iconst(i64::from(has_cell));
            let has_receiver = b.iconst(i64::from(has_receiver));
            let values = vec![b.get(callee), b.get(owner), b.get(receiver), has_cell, has_receiver];
            finish_call(b, dst, Callee::Entry(E::dxp_call_super), values);
        }
        D::CallScoped { dst, callee, args, namespace, names, values } => {
            let is_module =
                namespace.is_none() && b.shared.module.constants[names.index()] == dpb::Const::None;
            let locals = if is_module {
                b.missing
            } else if let Some(namespace) = namespace {
                b.get(namespace)
            } else {
                let mut parts = vec![constant(b, names)];
                parts.extend(regs(b, values));
                b.rt(E::dxp_make_locals, parts, Kinds::DICT)
            };
            let mut parts = vec![b.get(callee), b.func, locals];
            parts.extend(regs(b, args));
            finish_call(b, dst, Callee::Entry(E::dxp_call_scoped), parts);
        }
        D::MakeFunction { dst, func, defaults, kwdefaults, annotate, closure } => {
            let code = b.push1(Op::CodePtr, Imm::Code(func.0), Vec::new(), Type::Ptr, Kinds::ANY);
            let mut values = vec![code, b.func, b.get_opt(defaults), b.get_opt(kwdefaults)];
            values.extend(regs(b, closure));
            values.push(b.get_opt(annotate));
            let value = b.rt(E::dxp_make_function, values, Kinds::FUNCTION);
            b.set(dst, value);
        }
        D::LoadBuildClass { dst } => {
            let func = b.func;
            let value = b.rt(E::dxp_load_build_class, vec![func], ANY);
            b.set(dst, value);
        }
        _ => return false,
    }
    true
}

/// The generic call with that many arguments.
pub(super) fn call_plain(n_args: usize) -> Callee {
    match n_args {
        0 => Callee::Hot(H::dxp_hot_call0),
        1 => Callee::Hot(H::dxp_hot_call1),
        2 => Callee::Hot(H::dxp_hot_call2),
        3 => Callee::Hot(H::dxp_hot_call3),
        4 => Callee::Hot(H::dxp_hot_call4),
        _ => Callee::Entry(E::dxp_call),
    }
}

/// The generic call of what `load_method` gave, with that many arguments besides the receiver.
pub(super) fn call_bound(n_args: usize) -> Callee {
    match n_args {
        0 => Callee::Hot(H::dxp_hot_call_bound1),
        1 => Callee::Hot(H::dxp_hot_call_bound2),
        2 => Callee::Hot(H::dxp_hot_call_bound3),
        3 => Callee::Hot(H::dxp_hot_call_bound4),
        _ => Callee::Entry(E::dxp_call_bound),
    }
}

/// The generic look-up of a method.
pub(super) fn load_method(b: &mut Builder<'_, '_>, callee: Reg, receiver: Reg, object: Value, name: NameId) {
    let args = vec![object, b.name(name), b.cache(CacheKind::Attr)];
    let results = b.call(Callee::Hot(H::dxp_hot_load_method), args, 0, true);
    set_method(b, callee, receiver, object, &results);
    b.methods.insert(results[0], name);
}

fn finish_call(b: &mut Builder<'_, '_>, dst: Reg, callee: Callee, args: Vec<Value>) {
    let value = b.call(callee, args, 0, true)[0];
    b.out.values[value.index()].kinds = ANY;
    b.set(dst, value);
}

fn set_method(b: &mut Builder<'_, '_>, callee: Reg, receiver: Reg, object: Value, results: &[Value]) {
    b.out.values[results[0].index()].kinds = ANY;
    let kinds = b.out.kinds(object) | Kinds::MISSING;
    let bound = b.push1(Op::OrMissing, Imm::No, vec![results[1], object], Type::Obj, kinds);
    b.set(callee, results[0]);
    b.set(receiver, bound);
}

fn emit_builds(b: &mut Builder<'_, '_>, inst: &dpb::Inst) -> bool {
    let (dst, entry, args, kinds) = match inst.op() {
        D::BuildTuple { dst, items } => (dst, E::dxp_tuple, regs(b, items), Kinds::TUPLE),
        D::BuildList { dst, items } => (dst, E::dxp_list, regs(b, items), Kinds::LIST),
        D::BuildSet { dst, items } => (dst, E::dxp_set, regs(b, items), Kinds::SET),
        D::BuildDict { dst, items } => (dst, E::dxp_dict, regs(b, items), Kinds::DICT),
        D::BuildSlice { dst, start, stop, step } => {
            (dst, E::dxp_slice, regs(b, &[start, stop, step]), Kinds::SLICE)
        }
        D::BuildString { dst, parts } => (dst, E::dxp_join_strings, regs(b, parts), Kinds::STR),
        D::FormatValue { dst, src, conversion, spec } => {
            let conversion = b.iconst(i64::from(conversion));
            (dst, E::dxp_format, vec![b.get(src), conversion, b.get_opt(spec)], Kinds::STR)
        }
        D::ListToTuple { dst, list } => (dst, E::dxp_list_to_tuple, regs(b, &[list]), Kinds::TUPLE),
        D::BuildTemplate { dst, strings, interpolations } => {
            (dst, E::dxp_template, regs(b, &[strings, interpolations]), Kinds::OTHER)
        }
        D::BuildInterpolation { dst, value, expression, conversion, spec } => {
            let conversion = b.iconst(i64::from(conversion));
            let expression = constant(b, expression);
            let args = vec![b.get(value), expression, conversion, b.get_opt(spec)];
            (dst, E::dxp_interpolation, args, Kinds::OTHER)
        }
        D::MakeTypeVar { dst, name, bound, constraints } => {
            let kind = b.iconst(if constraints != 0 { 3 } else { 0 });
            (dst, E::dxp_type_param, vec![kind, b.name(name), b.get_opt(bound)], Kinds::OTHER)
        }
        D::MakeParamSpec { dst, name } => {
            let kind = b.iconst(1);
            (dst, E::dxp_type_param, vec![kind, b.name(name), b.missing], Kinds::OTHER)
        }
        D::MakeTypeVarTuple { dst, name } => {
            let kind = b.iconst(2);
            (dst, E::dxp_type_param, vec![kind, b.name(name), b.missing], Kinds::OTHER)
        }
        D::MakeTypeAlias { dst, name, params, value } => {
            (dst, E::dxp_type_alias, vec![b.name(name), b.get(params), b.get(value)], Kinds::OTHER)
        }
        D::SubscriptGeneric { dst, params } => (dst, E::dxp_subscript_generic, regs(b, &[params]), ANY),
        _ => return emit_additions(b, inst),
    };
    let value = b.rt(entry, args, kinds);
    b.set(dst, value);
    true
}

/// Instructions that put something into something and have no result.
fn emit_additions(b: &mut Builder<'_, '_>, inst: &dpb::Inst) -> bool {
    let (callee, args) = match inst.op() {
        D::ListAppend { list, value } => (Callee::Hot(H::dxp_hot_list_append), regs(b, &[list, value])),
        D::ListExtend { list, src } => (Callee::Entry(E::dxp_list_extend), regs(b, &[list, src])),
        D::SetAdd { set, value } => (Callee::Entry(E::dxp_set_add), regs(b, &[set, value])),
        D::SetUpdate { set, src } => (Callee::Entry(E::dxp_set_update), regs(b, &[set, src])),
        D::DictSet { dict, key, value } => (Callee::Entry(E::dxp_dict_set), regs(b, &[dict, key, value])),
        D::DictUpdate { dict, src } => (Callee::Entry(E::dxp_dict_update), regs(b, &[dict, src])),
        D::DictMerge { dict, src, callee } => (Callee::Entry(E::dxp_dict_merge), regs(b, &[dict, src, callee])),
        D::SetTypeParamDefault { param, default } => {
            (Callee::Entry(E::dxp_set_type_param_default), regs(b, &[param, default]))
        }
        D::SetFunctionTypeParams { function, params } => {
            (Callee::Entry(E::dxp_set_type_params), regs(b, &[function, params]))
        }
        _ => return false,
    };
    b.call(callee, args, 0, true);
    true
}

fn emit_exceptions(b: &mut Builder<'_, '_>, inst: &dpb::Inst) -> bool {
    match inst.op() {
        D::Raise { exc, cause } => {
            let args = vec![b.get_opt(exc), b.get_opt(cause)];
            b.call(Callee::Entry(E::dxp_raise), args, 0, exc.is_some());
            b.terminate(Terminator::Unreachable);
        }
        D::Reraise { exc } => {
            let exc = b.get(exc);
            b.call(Callee::Entry(E::dxp_reraise), vec![exc], 0, false);
            b.terminate(Terminator::Unreachable);
        }
        D::Catch { dst } => {
            let value = b.rt(E::dxp_catch, Vec::new(), Kinds::OTHER);
            b.set(dst, value);
        }
        D::PushHandled { saved, exc } => {
            let exc = b.get(exc);
            let value = b.rt(E::dxp_push_handled, vec![exc], Kinds::OTHER | Kinds::NONE);
            b.set(saved, value);
        }
        D::PopHandled { saved } => {
            let saved = b.get(saved);
            b.rt_other(E::dxp_pop_handled, vec![saved]);
        }
        D::SetHandled { exc } => {
            let exc = b.get(exc);
            b.rt_other(E::dxp_set_handled, vec![exc]);
        }
        D::LoadSpecial { dst, object, which } => {
            let which = b.iconst(i64::from(which));
            let object = b.get(object);
            let value = b.rt(E::dxp_load_special, vec![object, which], ANY);
            b.set(dst, value);
        }
        D::WithExcept { dst, exit, exc } => {
            let args = vec![b.get(exit), b.get(exc)];
            let truth = b.rt_other(E::dxp_with_except, args).expect("the exit's answer is a result");
            let value = b.box_bool(truth);
            b.set(dst, value);
        }
        D::AsyncWithExcept { dst, exit, exc } => {
            let args = vec![b.get(exit), b.get(exc)];
            let value = b.rt(E::dxp_async_with_except, args, ANY);
            b.set(dst, value);
        }
        D::MatchGroup { matched, rest, exc, types } => {
            let args = vec![b.get(exc), b.get(types)];
            let values = b.call(Callee::Entry(E::dxp_eg_match), args, 2, true);
            set_all(b, [matched, rest].into_iter(), values, Kinds::OTHER | Kinds::NONE);
        }
        D::PrepareReraiseStar { dst, exc, raised } => {
            let args = vec![b.get(exc), b.get(raised)];
            let value = b.rt(E::dxp_eg_prep_reraise, args, Kinds::OTHER | Kinds::NONE);
            b.set(dst, value);
        }
        D::GetAwaitable { dst, src, context } => {
            let context = b.iconst(i64::from(context));
            let src = b.get(src);
            let value = b.rt(E::dxp_get_awaitable, vec![src, context], ANY);
            b.set(dst, value);
        }
        D::GetAIter { dst, src } => {
            let src = b.get(src);
            let value = b.rt(E::dxp_get_aiter, vec![src], ANY);
            b.set(dst, value);
        }
        D::GetANext { dst, iter } => {
            let iter = b.get(iter);
            let value = b.rt(E::dxp_get_anext, vec![iter], ANY);
            b.set(dst, value);
        }
        D::EndAsyncFor { exc } => {
            let exc = b.get(exc);
            b.call(Callee::Entry(E::dxp_end_async_for), vec![exc], 0, false);
        }
        D::AsyncGenWrap { dst, src } => {
            let src = b.get(src);
            let value = b.rt(E::dxp_async_gen_wrap, vec![src], ANY);
            b.set(dst, value);
        }
        D::Nop {} => {}
        _ => return false,
    }
    true
}
