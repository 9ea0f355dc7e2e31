//! Calls of builtin functions and of methods of builtin types without looking them up: a test that the callee is the builtin, or that the receiver
//! is exactly of the type, then the entry that `natives` names; else the generic call.

use super::emit::{ANY, call_bound, load_method as generic_load, regs};
use super::function::Builder;
use dxpyc_abi::entries::builtin_index;
use dxpyc_abi::hot::Hot as H;
use dxpyc_abi::value::Value as Word;
use dxpyc_dpb::{NameId, Op as D, Operand, Reg};
use dxpyc_ir::callee::Callee;
use dxpyc_ir::{BlockCall, Imm, Kinds, Op, Terminator, Type, Value};
use dxpyc_natives::{Gives, Method};

fn symbol(name: &str) -> Callee {
    Callee::by_name(name).unwrap_or_else(|| panic!("{name} is no entry"))
}

/// Calls an entry of `natives`; the result as an object.
fn call_entry(b: &mut Builder<'_, '_>, name: &str, args: Vec<Value>, gives: Gives) -> Value {
    let callee = symbol(name);
    let result = b.call(callee, args, 0, true).first().copied();
    let kinds = match gives {
        Gives::Object => ANY,
        Gives::Nothing => return b.none(),
        Gives::Truth => return b.box_bool(result.expect("a truth is a result")),
        Gives::SmallInt => Kinds::SMALL,
        Gives::Int => Kinds::INT,
        Gives::Float => Kinds::FLOAT,
        Gives::Str => Kinds::STR,
    };
    let result = result.expect("a value is a result");
    b.out.values[result.index()].kinds = kinds;
    result
}

/// Two ways to one result: `fast` when the condition holds, else `slow`.
fn two_ways(
    b: &mut Builder<'_, '_>,
    cond: Value,
    slow_is_cold: bool,
    fast: impl FnOnce(&mut Builder<'_, '_>) -> Value,
    slow: impl FnOnce(&mut Builder<'_, '_>) -> Value,
) -> Value {
    let fast_block = b.block_behind();
    let join = b.block_behind();
    let slow_block = if slow_is_cold { b.out.new_cold_block() } else { b.block_behind() };
    let result = b.out.add_param(join, Type::Obj, ANY);
    let (then, other) = (BlockCall::to(fast_block), BlockCall::to(slow_block));
    b.terminate(Terminator::Branch { cond, then, other });
    b.block = fast_block;
    let value = fast(b);
    b.terminate(Terminator::Jump(BlockCall::with(join, vec![value])));
    b.block = slow_block;
    let value = slow(b);
    b.terminate(Terminator::Jump(BlockCall::with(join, vec![value])));
    b.block = join;
    result
}

/// A call of a global with the name of some builtins: a direct way for when it is the builtin, the generic one for when it is not.
pub(super) fn call_builtin(b: &mut Builder<'_, '_>, dst: Reg, callee: Reg, args: &[Reg]) -> bool {
    let callee = b.get(callee);
    let Some(name) = b.globals.get(&callee).map(|name| b.shared.module.names[name.index()].as_str()) else {
        return false;
    };
    let Some(function) = dxpyc_natives::function(name, args.len()) else { return false };
    let which = b.iconst(i64::from(builtin_index(function.name)));
    let args = regs(b, args);
    let is_builtin = b.call(Callee::Hot(H::dxp_hot_is_builtin), vec![callee, which], 0, false)[0];
    let fast_args = args.clone();
    let result = two_ways(
        b,
        is_builtin,
        true,
        |b| call_entry(b, function.callee, fast_args, function.gives),
        |b| {
            let generic = if args.len() == 1 { H::dxp_hot_call1 } else { H::dxp_hot_call2 };
            let mut all = vec![callee];
            all.extend(args);
            let value = b.call(Callee::Hot(generic), all, 0, true)[0];
            b.out.values[value.index()].kinds = ANY;
            value
        },
    );
    b.set(dst, result);
    true
}

/// The method entry for a `LoadMethod` whose call stands in the same block.
pub(super) fn method(b: &Builder<'_, '_>, callee: Reg, receiver: Reg, name: NameId) -> Option<&'static Method> {
    let (id, index) = b.at;
    let name = b.shared.module.names[name.index()].as_str();
    for inst in &b.source.blocks[id.index()].insts[index + 1..] {
        if let D::CallMethod { callee: called, args, .. } = inst.op()
            && called == callee
        {
            return dxpyc_natives::method(name, args.len());
        }
        let mut written = false;
        inst.for_each_reg(|kind, reg| {
            let defines = matches!(kind, Operand::Def | Operand::MaybeDef | Operand::Defs);
            written |= defines && (reg == callee || reg == receiver);
        });
        if written {
            return None;
        }
    }
    None
}

/// `LoadMethod` of such a method: MISSING stands for the entry when the receiver is exactly of its type.
pub(super) fn load_method(
    b: &mut Builder<'_, '_>,
    callee: Reg,
    receiver: Reg,
    object: Value,
    name: NameId,
    method: &'static Method,
) {
    let is_exact = b.push1(Op::IsType, Imm::Callee(symbol(method.class)), vec![object], Type::Bool, Kinds::ANY);
    let (fast, join) = (b.block_behind(), b.block_behind());
    let slow = b.block_behind();
    let found = b.out.add_param(join, Type::Obj, Kinds::ANY.without(Kinds::SPECIAL));
    let this = b.out.add_param(join, Type::Obj, Kinds::ANY.without(Kinds::SPECIAL));
    b.terminate(Terminator::Branch { cond: is_exact, then: BlockCall::to(fast), other: BlockCall::to(slow) });
    b.block = fast;
    let missing = b.missing;
    b.terminate(Terminator::Jump(BlockCall::with(join, vec![missing, object])));
    b.block = slow;
    generic_load(b, callee, receiver, object, name);
    let loaded = vec![b.get(callee), b.get(receiver)];
    b.terminate(Terminator::Jump(BlockCall::with(join, loaded)));
    b.block = join;
    b.set(callee, found);
    b.set(receiver, this);
    b.direct.insert(found, method);
}

/// `CallMethod` of what [`load_method`] gave.
pub(super) fn call_method(b: &mut Builder<'_, '_>, dst: Reg, callee: Reg, receiver: Reg, args: &[Reg]) -> bool {
    let callee = b.get(callee);
    let Some(method) = b.direct.get(&callee).copied() else { return false };
    let receiver = b.get(receiver);
    let args = regs(b, args);
    let is_direct = b.is_word(callee, Word::MISSING);
    let fast_args = args.clone();
    let result = two_ways(
        b,
        is_direct,
        false,
        |b| {
            let mut all = vec![receiver];
            all.extend(fast_args);
            for _ in 0..method.n_nones {
                let none = b.none();
                all.push(none);
            }
            call_entry(b, method.callee, all, method.gives)
        },
        |b| {
            let mut all = vec![callee, receiver];
            all.extend(&args);
            let value = b.call(call_bound(args.len()), all, 0, true)[0];
            b.out.values[value.index()].kinds = ANY;
            value
        },
    );
    b.set(dst, result);
    true
}

/// The rows name entries that exist and take what the calls pass.
#[cfg(test)]
mod tests {
    use super::symbol;
    use dxpyc_ir::callee::RetKind;
    use dxpyc_natives::{FUNCTIONS, Gives, METHODS};

    #[test]
    fn natives_name_entries() {
        let methods = METHODS.iter().map(|row| (row.callee, 1 + row.n_args + row.n_nones, row.gives));
        let functions = FUNCTIONS.iter().map(|row| (row.callee, row.n_args, row.gives));
        for (callee, n, gives) in methods.chain(functions) {
            let signature = symbol(callee).signature();
            assert_eq!(signature.params.len(), n, "{callee}");
            let expected = match gives {
                Gives::Nothing => RetKind::Status,
                Gives::Truth => RetKind::Truth,
                _ => RetKind::Value,
            };
            assert_eq!(signature.ret, expected, "{callee}");
        }
        for row in METHODS {
            symbol(row.class);
        }
    }
}
