//! The verifier: the only door between bytes and the later stages.
//!
//! Checks, in this order: indices and counts of the module; per function the shape of blocks (terminated, handlers begin with
//! `Catch`, edges to the right kind of block), operand ranges; then that every `Use` reads a register that is bound on
//! every path ([`crate::bound`]).

use crate::bound::{Bound, step};
use crate::bytes::{Malformed, Result};
use crate::inst::{BlockId, ConstId, FuncId, Inst, NameId, OperandValue, Reg};
use crate::module::{Const, Function, FunctionFlags, Module};
use crate::opcode::{Effects, Op, Opcode, Operand};

/// Nodes of a constant when shared parts are counted each time: more is an attack on printers.
const CONST_NODES_MAX: u64 = 1 << 22;

/// Checks a module.
pub fn verify(module: &Module) -> Result<()> {
    check(!module.functions.is_empty(), || "no functions".into())?;
    constants(module)?;
    for import in &module.imports {
        name(module, import.module)?;
        import.names.iter().try_for_each(|&id| name(module, id))?;
    }
    for (i, function) in module.functions.iter().enumerate() {
        Verifier { module, function }
            .function(FuncId(i as u32))
            .map_err(|error| Malformed::new(format!("function f{i}: {}", error.what)))?;
    }
    Ok(())
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Malformed::new(what())) }
}

fn name(module: &Module, id: NameId) -> Result<()> {
    check(id.index() < module.names.len(), || format!("no name {id}"))
}

fn constants(module: &Module) -> Result<()> {
    let mut n_nodes: Vec<u64> = Vec::with_capacity(module.constants.len());
    for (i, constant) in module.constants.iter().enumerate() {
        let mut nodes = 1_u64;
        match constant {
            Const::Tuple(items) | Const::FrozenSet(items) => {
                for item in items {
                    let part = n_nodes.get(item.index()).ok_or_else(|| Malformed::new(format!("c{i} holds {item}, which is not before it")))?;
                    nodes = nodes.saturating_add(*part);
                }
                if let Const::FrozenSet(items) = constant {
                    let hashable = items.iter().all(|item| !matches!(module.constants[item.index()], Const::FrozenSet(_)));
                    check(hashable, || format!("c{i}: a frozenset in a frozenset"))?;
                }
            }
            Const::Str(bytes) => check(is_generalized_utf8(bytes), || format!("c{i} is not generalized UTF-8"))?,
            Const::BigInt(bytes) => check(bytes.len() > 8, || format!("c{i}: big int that is small"))?,
            _ => {}
        }
        check(nodes <= CONST_NODES_MAX, || format!("c{i} is too large"))?;
        n_nodes.push(nodes);
    }
    Ok(())
}

/// UTF-8 in which surrogates may stand as three bytes.
fn is_generalized_utf8(mut bytes: &[u8]) -> bool {
    loop {
        match std::str::from_utf8(bytes) {
            Ok(_) => return true,
            Err(error) => {
                bytes = &bytes[error.valid_up_to()..];
                match bytes {
                    [0xED, 0xA0..=0xBF, 0x80..=0xBF, rest @ ..] => bytes = rest,
                    _ => return false,
                }
            }
        }
    }
}

struct Verifier<'a> {
    module: &'a Module,
    function: &'a Function,
}

impl Verifier<'_> {
    fn function(&self, id: FuncId) -> Result<()> {
        let function = self.function;
        name(self.module, function.name)?;
        name(self.module, function.qualname)?;
        for list in [&function.varnames, &function.cellvars, &function.freevars] {
            list.iter().try_for_each(|&id| name(self.module, id))?;
        }
        check(function.parent.is_some() == (id.0 > 0), || "the module body alone has no parent".into())?;
        check(function.parent.is_none_or(|parent| parent < id), || "parent stands after the function".into())?;
        check(function.flags.has(FunctionFlags::MODULE_BODY) == (id.0 == 0), || "function 0 alone is the module body".into())?;
        let n_params = [function.n_args, function.n_kwonly, 2].iter().try_fold(0_u32, |sum, &n| sum.checked_add(n));
        check(n_params.is_some() && function.n_params() as usize <= function.varnames.len(), || "more parameters than variables".into())?;
        check(function.n_posonly <= function.n_args, || "more positional-only than positional parameters".into())?;
        // Code for `exec` and `eval` is both: a module body that takes a namespace.
        let takes_nothing = function.flags.has(FunctionFlags::MODULE_BODY) && !function.flags.has(FunctionFlags::CLASS_BODY);
        check(!takes_nothing || function.n_params() == 0, || "the module body has parameters".into())?;
        let is_class = function.flags.has(FunctionFlags::CLASS_BODY);
        check(!is_class || (function.n_params() == 1 && function.n_args == 1), || "a class body has one parameter".into())?;
        if let Some(docstring) = function.docstring {
            let is_str = matches!(self.module.constants.get(docstring.index()), Some(Const::Str(_)));
            check(is_str, || "the docstring is not a str".into())?;
        }
        check(!function.blocks.is_empty(), || "no blocks".into())?;
        self.registers()?;
        for (i, block) in function.blocks.iter().enumerate() {
            let id = BlockId(i as u32);
            let in_block = |error: Malformed| Malformed::new(format!("{id}: {}", error.what));
            if let Some(handler) = block.handler {
                let target = function.blocks.get(handler.index()).ok_or_else(|| Malformed::new(format!("{id}: no handler {handler}")))?;
                check(target.is_handler(), || format!("{id}: handler {handler} does not begin with Catch"))?;
            }
            check(!block.insts.is_empty(), || format!("{id} is empty"))?;
            for (at, inst) in block.insts.iter().enumerate() {
                let is_last = at + 1 == block.insts.len();
                check(inst.effects().has(Effects::ENDS_BLOCK) == is_last, || format!("{id}: {} at {at} of {}", inst.opcode().name(), block.insts.len()))?;
                check(inst.opcode() != Opcode::Catch || at == 0, || format!("{id}: Catch is not first"))?;
                self.operands(inst).map_err(in_block)?;
            }
        }
        check(!function.blocks[0].is_handler(), || "the entry is a handler".into())?;
        self.boundness()
    }

    /// The number of registers is justified by variables and instructions.
    fn registers(&self) -> Result<()> {
        let mut n_defs = self.function.varnames.len();
        for inst in self.function.blocks.iter().flat_map(|block| &block.insts) {
            inst.for_each_reg(|kind, _| n_defs += usize::from(matches!(kind, Operand::Def | Operand::MaybeDef)));
        }
        let n_registers = self.function.n_registers as usize;
        check(n_registers >= self.function.varnames.len(), || "fewer registers than variables".into())?;
        check(n_registers <= n_defs, || format!("{n_registers} registers, but only {n_defs} could be written"))
    }

    fn operands(&self, inst: &Inst) -> Result<()> {
        let (module, function) = (self.module, self.function);
        let in_inst = |what: String| Malformed::new(format!("{}: {what}", inst.opcode().name()));
        let reg = |reg: Reg| check(reg.0 < function.n_registers, || format!("{}: no register {reg}", inst.opcode().name()));
        for (_, _, value) in inst.operands() {
            match value {
                OperandValue::Reg(id) => reg(id)?,
                OperandValue::Regs(ids) => ids.iter().try_for_each(|&id| reg(id))?,
                OperandValue::Name(id) => name(module, id)?,
                OperandValue::Const(id) => check(id.index() < module.constants.len(), || format!("no constant {id}"))?,
                OperandValue::Block(id) => {
                    let block = function.blocks.get(id.index()).ok_or_else(|| in_inst(format!("no block {id}")))?;
                    check(!block.is_handler(), || format!("{}: continues at handler {id}", inst.opcode().name()))?;
                    check(id.0 != 0, || format!("{}: continues at the entry", inst.opcode().name()))?;
                }
                OperandValue::Func(id) => {
                    let callee = module.functions.get(id.index()).ok_or_else(|| in_inst(format!("no function {id}")))?;
                    check(callee.parent.is_some(), || "MakeFunction of the module body".into())?;
                }
                OperandValue::Absent | OperandValue::Int(_) => {}
            }
        }
        self.meaning(inst)
    }

    /// What single opcodes ask of their operands beyond their kinds.
    fn meaning(&self, inst: &Inst) -> Result<()> {
        let flags = self.function.flags;
        let among = |value: i32, n: i32| check((0..n).contains(&value), || format!("{}: {value} is not among 0..{n}", inst.opcode().name()));
        match inst.op() {
            Op::LoadClosure { index, .. } => among(index, self.function.freevars.len() as i32),
            Op::LoadCell { is_free, .. } | Op::DeleteCell { is_free, .. } => among(is_free, 2),
            Op::LoadCommon { which, .. } => among(which, 2),
            Op::LoadSpecial { which, .. } => among(which, 4),
            Op::GetAwaitable { context, .. } => among(context, 3),
            Op::FormatValue { conversion, .. } => among(conversion, 4),
            Op::MakeTypeVar { constraints, .. } => among(constraints, 2),
            Op::LoadSuperAttr { explicit, .. } | Op::LoadSuperMethod { explicit, .. } => among(explicit, 2),
            Op::CallSuper { has_cell, has_receiver, .. } => among(has_cell, 2).and(among(has_receiver, 2)),
            Op::Import { level, fromlist, .. } => {
                check(level >= 0, || "Import: negative level".into())?;
                match &self.module.constants[fromlist.index()] {
                    Const::None => Ok(()),
                    _ => self.str_tuple(fromlist).map(|_| ()),
                }
            }
            Op::CallKw { args, keywords, .. } | Op::CallMethodKw { args, keywords, .. } => {
                let n_keywords = self.str_tuple(keywords)?;
                check((1..=args.len()).contains(&n_keywords), || format!("{n_keywords} keywords for {} arguments", args.len()))
            }
            Op::CallScoped { names, values, .. } => match &self.module.constants[names.index()] {
                Const::None => check(values.is_empty(), || "CallScoped: values without names".into()),
                _ => {
                    let n_names = self.str_tuple(names)?;
                    check(n_names == values.len(), || format!("CallScoped: {n_names} names, {} values", values.len()))
                }
            },
            Op::MatchClass { n_positional, names, .. } => {
                self.str_tuple(names)?;
                check(n_positional >= 0, || "MatchClass: negative count".into())
            }
            Op::BuildDict { items, .. } => check(items.len() % 2 == 0, || "BuildDict: a key without a value".into()),
            Op::BuildInterpolation { expression, conversion, .. } => {
                among(conversion, 4)?;
                let is_str = matches!(self.module.constants[expression.index()], Const::Str(_));
                check(is_str, || "BuildInterpolation: the expression is not a str".into())
            }
            Op::MakeFunction { func, closure, .. } => {
                let n_free = self.module.functions[func.index()].freevars.len();
                check(closure.len() == n_free, || format!("MakeFunction: {} cells for {n_free} free variables", closure.len()))
            }
            Op::Yield { .. } => {
                let may = flags.has(FunctionFlags::GENERATOR) || flags.has(FunctionFlags::ASYNC_GENERATOR);
                check(may, || "Yield outside a generator".into())
            }
            Op::YieldFrom { .. } => check(flags.is_resumable(), || "YieldFrom outside a generator".into()),
            _ => Ok(()),
        }
    }

    /// The constant is a tuple of str; its length.
    fn str_tuple(&self, id: ConstId) -> Result<usize> {
        let constants = &self.module.constants;
        match &constants[id.index()] {
            Const::Tuple(items) if items.iter().all(|item| matches!(constants[item.index()], Const::Str(_))) => Ok(items.len()),
            _ => Err(Malformed::new(format!("{id} is not a tuple of str"))),
        }
    }

    fn boundness(&self) -> Result<()> {
        let bound = Bound::of(self.function);
        for (i, block) in self.function.blocks.iter().enumerate() {
            let id = BlockId(i as u32);
            let Some(mut state) = bound.at_entry(id) else { continue };
            for inst in &block.insts {
                let mut unbound = None;
                inst.for_each_reg(|kind, reg| {
                    if kind == Operand::Use && !state.contains(reg) {
                        unbound = Some(reg);
                    }
                });
                if let Some(reg) = unbound {
                    return Err(Malformed::new(format!("{id}: {} reads {reg}, which may be unbound", inst.opcode().name())));
                }
                step(inst, &mut state);
            }
        }
        Ok(())
    }
}
