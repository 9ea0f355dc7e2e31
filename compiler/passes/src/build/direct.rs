//! Calls of builtin functions and of methods of builtin types without looking them up: a test that the callee is the builtin, or that the receiver
//! is exactly of the type, then the entry that `natives` names; else the generic call. Likewise calls of functions of the module: by name it is guessed
//! which function is called; a test compares the machine code, and the call is direct, so that LLVM can inline it.

use super::emit::{ANY, call_bound, call_plain, load_method as generic_load, regs};
use super::function::Builder;
use dxpyc_abi::entries::{Entry as E, builtin_index};
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

/// What calls in a module may guess, by name.
pub(super) struct Candidates<'a> {
    /// Functions whose parameters are all positional, and whose name no other has.
    functions: HashMap<&'a str, FuncId>,
    /// Functions `__init__` of classes whose name no other class has.
    inits: HashMap<&'a str, FuncId>,
}

/// The candidates of a module.
pub(super) fn candidates(module: &dpb::Module) -> Candidates<'_> {
    Candidates { functions: functions(module), inits: inits(module) }
}

fn inits(module: &dpb::Module) -> HashMap<&str, FuncId> {
    let mut by_class: HashMap<&str, Option<FuncId>> = HashMap::new();
    let mut of_class: HashMap<dpb::FuncId, FuncId> = HashMap::new();
    for (index, function) in module.functions.iter().enumerate() {
        let plain = function.n_params() == function.n_args && !function.flags.is_resumable();
        if let Some(parent) = function.parent
            && plain
            && function.flags.has(FunctionFlags::METHOD)
            && module.names[function.name.index()] == "__init__"
        {
            of_class.insert(parent, FuncId::from(index));
        }
    }
    for (index, class) in module.functions.iter().enumerate().filter(|(_, function)| function.flags.has(FunctionFlags::CLASS_BODY)) {
        let init = of_class.get(&dpb::FuncId(index as u32)).copied();
        by_class.entry(&module.names[class.name.index()]).and_modify(|known| *known = None).or_insert(init);
    }
    by_class.into_iter().filter_map(|(name, id)| Some((name, id?))).collect()
}

fn functions(module: &dpb::Module) -> HashMap<&str, FuncId> {
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
    let id = *b.shared.candidates?.functions.get(module.names[name.index()].as_str())?;
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

/// A call of a global that has the name of a class of the module: the instance is made here, and its `__init__` called directly.
pub(super) fn call_class(b: &mut Builder<'_, '_>, dst: Reg, callee: Reg, args: &[Reg]) -> bool {
    let callee = b.get(callee);
    let wanted = b.shared.steps.direct && !is_raised(b, dst);
    let Some(name) = b.globals.get(&callee).copied().filter(|_| wanted) else { return false };
    let module = b.shared.module;
    let Some(&id) = b.shared.candidates.and_then(|all| all.inits.get(module.names[name.index()].as_str())) else { return false };
    if module.functions[id.index()].n_args as usize != args.len() + 1 {
        return false;
    }
    let args = regs(b, args);
    let body = b.push1(Op::FuncPtr, Imm::Func(id), Vec::new(), Type::Ptr, Kinds::ANY);
    let made = b.call(Callee::Entry(E::dxp_new_instance), vec![callee, body], 1, true);
    let (object, init) = (made[0], made[1]);
    let other = b.is_word(object, Word::MISSING);
    let is_made = b.push1(Op::BNot, Imm::No, vec![other], Type::Bool, Kinds::ANY);
    let fast_args = args.clone();
    let result = two_ways(
        b,
        is_made,
        true,
        |b| {
            let object = b.push1(Op::Refine, Imm::No, vec![object], Type::Obj, Kinds::OTHER);
            let mut all = vec![init, object];
            all.extend(fast_args);
            let answer = call_function(b, id, all);
            let is_none = b.is_word(answer, Word::NONE);
            let odd = b.push1(Op::BNot, Imm::No, vec![is_none], Type::Bool, Kinds::ANY);
            let cold = b.split_cold(odd);
            let next = std::mem::replace(&mut b.block, cold);
            b.call(Callee::Entry(E::dxp_check_init), vec![answer], 0, true);
            b.terminate(Terminator::Jump(BlockCall::to(next)));
            b.block = next;
            object
        },
        |b| {
            let mut all = vec![callee];
            all.extend(&args);
            let value = b.call(call_plain(args.len()), all, 0, true)[0];
            b.out.values[value.index()].kinds = ANY;
            value
        },
    );
    b.set(dst, result);
    true
}

/// Whether what the call at work gives is raised in the same block: its class is one of exceptions then, which are not made here.
fn is_raised(b: &Builder<'_, '_>, dst: Reg) -> bool {
    let (id, index) = b.at;
    let rest = &b.source.blocks[id.index()].insts[index + 1..];
    rest.last().is_some_and(|inst| matches!(inst.op(), D::Raise { exc: Some(raised), .. } if raised == dst))
}

/// A method that was guessed when it was looked up.
#[derive(Clone, Copy)]
pub(super) struct Guessed {
    id: FuncId,
    /// Whether it is the one, and is called with the object first.
    holds: Value,
    object: Value,
}

/// The number of arguments of the call, in the same block, of what a `LoadMethod` gives.
fn arguments_of_call(b: &Builder<'_, '_>, callee: Reg) -> Option<usize> {
    let (id, index) = b.at;
    for inst in &b.source.blocks[id.index()].insts[index + 1..] {
        if let D::CallMethod { callee: called, args, .. } = inst.op()
            && called == callee
        {
            return Some(args.len());
        }
        let mut written = false;
        inst.for_each_reg(|kind, reg| {
            written |= matches!(kind, Operand::Def | Operand::MaybeDef | Operand::Defs) && reg == callee;
        });
        if written {
            return None;
        }
    }
    None
}

/// `LoadMethod` of a name that one function of the module has: the site's cache is asked for it before anything else.
pub(super) fn load_guessed(b: &mut Builder<'_, '_>, callee: Reg, receiver: Reg, object: Value, name: NameId) -> bool {
    let Some(n_args) = arguments_of_call(b, callee).filter(|_| b.shared.steps.direct) else { return false };
    let Some(id) = guess(b, name, n_args + 1) else { return false };
    let cache = b.cache(CacheKind::Attr);
    let name_value = b.name(name);
    let args = vec![object, name_value, cache];
    let method = b.call(Callee::Hot(H::dxp_hot_peek_method), args.clone(), 0, false)[0];
    let is_it = b.push1(Op::IsFunction, Imm::Func(id), vec![method], Type::Bool, Kinds::ANY);
    let (fast, slow, join) = (b.block_behind(), b.out.new_cold_block(), b.block_behind());
    let found = b.out.add_param(join, Type::Obj, ANY);
    let bound = b.out.add_param(join, Type::Bool, Kinds::ANY);
    let holds = b.out.add_param(join, Type::Bool, Kinds::ANY);
    b.terminate(Terminator::Branch { cond: is_it, then: BlockCall::to(fast), other: BlockCall::to(slow) });
    b.block = fast;
    let yes = b.push1(Op::BConst, Imm::Int(1), Vec::new(), Type::Bool, Kinds::ANY);
    let method = b.push1(Op::Refine, Imm::No, vec![method], Type::Obj, Kinds::FUNCTION);
    b.terminate(Terminator::Jump(BlockCall::with(join, vec![method, yes, yes])));
    b.block = slow;
    let no = b.push1(Op::BConst, Imm::Int(0), Vec::new(), Type::Bool, Kinds::ANY);
    let loaded = b.call(Callee::Hot(H::dxp_hot_load_method), args, 0, true);
    b.terminate(Terminator::Jump(BlockCall::with(join, vec![loaded[0], loaded[1], no])));
    b.block = join;
    let kinds = b.out.kinds(object) | Kinds::MISSING;
    let this = b.push1(Op::OrMissing, Imm::No, vec![bound, object], Type::Obj, kinds);
    b.set(callee, found);
    b.set(receiver, this);
    b.guessed.insert(found, Guessed { id, holds, object });
    true
}

/// `CallMethod` of what [`load_guessed`] gave.
pub(super) fn call_guessed(b: &mut Builder<'_, '_>, dst: Reg, callee: Reg, receiver: Reg, args: &[Reg]) -> bool {
    let callee = b.get(callee);
    let Some(Guessed { id, holds, object }) = b.guessed.get(&callee).copied() else { return false };
    let receiver = b.get(receiver);
    let args = regs(b, args);
    let fast_args = args.clone();
    let result = two_ways(
        b,
        holds,
        true,
        |b| {
            let mut all = vec![callee, object];
            all.extend(fast_args);
            call_function(b, id, all)
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
