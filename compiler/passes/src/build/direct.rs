//! Calls of builtin functions and of methods of builtin types without looking them up: a test that the callee is the builtin, or that the receiver
//! is exactly of the type, then the entry that `natives` names; else the generic call. Likewise calls of functions of the module: by name it is guessed
//! which function is called; a test compares the machine code, and the call is direct, so that LLVM can inline it.

use super::emit::{ANY, call_bound, call_plain, load_method as generic_load, regs};
use super::function::Builder;
use dxpyc_abi::entries::builtin_index;
use dxpyc_abi::hot::Hot as H;
use dxpyc_abi::value::Value as Word;
use dxpyc_dpb::{self as dpb, FunctionFlags, NameId, Op as D, Operand, Reg};
use dxpyc_ir::callee::Callee;
use dxpyc_ir::{BlockCall, CacheKind, FuncId, Imm, Inst, Kinds, Op, Terminator, Type, Value};
use dxpyc_natives::{Gives, Method};
use std::collections::HashMap;

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
    if function.guard != function.name && b.shared.candidates.is_none() {
        return false;
    }
    let which = b.iconst(i64::from(builtin_index(function.guard)));
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
    b.shared.candidates?;
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

/// A look-up whose result may be MISSING, which stands for a method's entry.
#[derive(Clone, Copy)]
pub(super) struct Direct {
    method: &'static Method,
    /// The object, as the call gets it.
    receiver: Value,
    name: NameId,
}

/// The method that the look-up found or did not look for.
pub(super) fn found(b: &mut Builder<'_, '_>, callee: Value, direct: Direct) -> Value {
    let skipped = b.is_word(callee, Word::MISSING);
    two_ways(
        b,
        skipped,
        false,
        |b| {
            let args = vec![direct.receiver, b.name(direct.name), b.cache(CacheKind::Attr)];
            b.call(Callee::Hot(H::dxp_hot_load_method), args, 0, false)[0]
        },
        |_| callee,
    )
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
    b.direct.insert(found, Direct { method, receiver: this, name });
}

/// `CallMethod` of what [`load_method`] gave.
pub(super) fn call_method(b: &mut Builder<'_, '_>, dst: Reg, callee: Reg, receiver: Reg, args: &[Reg]) -> bool {
    let callee = b.get(callee);
    let Some(Direct { method, .. }) = b.direct.get(&callee).copied() else { return false };
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

/// The functions of a module that calls may guess, by name: those whose parameters are all positional, and whose name no other has.
pub(super) fn candidates(module: &dpb::Module) -> HashMap<&str, FuncId> {
    let mut by_name: HashMap<&str, Option<FuncId>> = HashMap::new();
    for (index, function) in module.functions.iter().enumerate() {
        let flags = function.flags;
        let code = [FunctionFlags::CLASS_BODY, FunctionFlags::MODULE_BODY, FunctionFlags::ANNOTATION_SCOPE];
        if code.into_iter().any(|flag| flags.has(flag)) || function.n_params() != function.n_args {
            continue;
        }
        let id = FuncId::from(index);
        by_name.entry(&module.names[function.name.index()]).and_modify(|known| *known = None).or_insert(Some(id));
    }
    by_name.into_iter().filter_map(|(name, id)| Some((name, id?))).collect()
}

/// The function that a call by this name with so many arguments probably runs.
fn guess(b: &Builder<'_, '_>, name: NameId, n_args: usize) -> Option<FuncId> {
    let module = b.shared.module;
    let id = *b.shared.candidates?.get(module.names[name.index()].as_str())?;
    (module.functions[id.index()].n_args as usize == n_args).then_some(id)
}

fn call_function(b: &mut Builder<'_, '_>, id: FuncId, args: Vec<Value>) -> Value {
    let result = b.out.new_value(Type::Obj, ANY);
    let mut inst = Inst::new(Op::CallDirect, Imm::Func(id), args, vec![result]);
    inst.on_error = Some(b.error_exit(true));
    inst.position = b.position_index();
    b.push(inst);
    result
}

/// A call of a global or a captured variable that has the name of a function of the module.
pub(super) fn call_named(b: &mut Builder<'_, '_>, dst: Reg, callee: Reg, args: &[Reg]) -> bool {
    let callee = b.get(callee);
    let Some(id) = b.globals.get(&callee).copied().and_then(|name| guess(b, name, args.len())) else { return false };
    let mut all = vec![callee];
    all.extend(regs(b, args));
    let cond = b.push1(Op::IsFunction, Imm::Func(id), vec![callee], Type::Bool, Kinds::ANY);
    let fast_args = all.clone();
    let result = two_ways(
        b,
        cond,
        true,
        |b| call_function(b, id, fast_args),
        |b| {
            let value = b.call(call_plain(args.len()), all, 0, true)[0];
            b.out.values[value.index()].kinds = ANY;
            value
        },
    );
    b.set(dst, result);
    true
}

/// A call of a function of a native module through the module: `math.sqrt(x)`.
pub(super) fn call_of_module(b: &mut Builder<'_, '_>, dst: Reg, callee: Reg, receiver: Reg, args: &[Reg]) -> bool {
    let callee = b.get(callee);
    let Some(name) = b.methods.get(&callee).copied().filter(|_| b.shared.candidates.is_some()) else { return false };
    let name = b.shared.module.names[name.index()].as_str();
    let Some(function) = dxpyc_natives::function(name, args.len()).filter(|row| row.guard != row.name) else {
        return false;
    };
    let mut all = vec![callee, b.get(receiver)];
    let args = regs(b, args);
    all.extend(&args);
    let which = b.iconst(i64::from(builtin_index(function.guard)));
    // A builtin function does not bind: there is no receiver.
    let is_builtin = b.call(Callee::Hot(H::dxp_hot_is_builtin), vec![callee, which], 0, false)[0];
    let n_args = args.len();
    let result = two_ways(
        b,
        is_builtin,
        true,
        |b| call_entry(b, function.callee, args, function.gives),
        |b| {
            let value = b.call(call_bound(n_args), all, 0, true)[0];
            b.out.values[value.index()].kinds = ANY;
            value
        },
    );
    b.set(dst, result);
    true
}

/// A call of a method that has the name of one function of the module.
pub(super) fn call_guessed(b: &mut Builder<'_, '_>, dst: Reg, callee: Reg, receiver: Reg, args: &[Reg]) -> bool {
    let callee = b.get(callee);
    let Some(id) = b.methods.get(&callee).copied().and_then(|name| guess(b, name, args.len() + 1)) else {
        return false;
    };
    let receiver = b.get(receiver);
    let mut all = vec![callee, receiver];
    all.extend(regs(b, args));
    let is_function = b.push1(Op::IsFunction, Imm::Func(id), vec![callee], Type::Bool, Kinds::ANY);
    let unbound = b.is_word(receiver, Word::MISSING);
    let bound = b.push1(Op::BNot, Imm::No, vec![unbound], Type::Bool, Kinds::ANY);
    let cond = b.push1(Op::BAnd, Imm::No, vec![is_function, bound], Type::Bool, Kinds::ANY);
    let fast_args = all.clone();
    let result = two_ways(
        b,
        cond,
        false,
        |b| call_function(b, id, fast_args),
        |b| {
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
    use dxpyc_abi::entries::builtin_index;
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
        for row in FUNCTIONS {
            builtin_index(row.guard);
        }
    }
}
