//! The verifier: types, arity, dominance, error blocks, and after `refcount` ownership.

use crate::callee::ParamKind;
use crate::cfg::{Cfg, Dominators};
use crate::entity::{BlockId, Value};
use crate::function::{ENTRY, Function, Imm, Inst, Terminator, Type};
use crate::op::{ImmKind, Op, Shape};
use std::collections::HashMap;

/// What is wrong with a function, one line each; empty when it is right.
pub fn verify(function: &Function) -> Vec<String> {
    let cfg = Cfg::new(function);
    let mut verifier = Verifier { function, defs: HashMap::new(), errors: Vec::new() };
    verifier.collect_defs(&cfg);
    for id in &cfg.rpo {
        verifier.check_block(*id);
    }
    verifier.check_error_blocks(&cfg);
    verifier.check_dominance(&cfg);
    if function.counted && verifier.errors.is_empty() {
        return crate::counts::verify_counts(function);
    }
    verifier.errors
}

/// Panics when a function is wrong; `stage` says after what.
pub fn assert_valid(function: &Function, stage: &str) {
    let errors = verify(function);
    if !errors.is_empty() {
        panic!(
            "IR of {} is wrong after {stage}:\n{}\n{}",
            function.name,
            errors.join("\n"),
            crate::print::print(function)
        );
    }
}

/// Where a value is defined: block and instruction (`None`: a parameter).
type Definition = (BlockId, Option<usize>);

struct Verifier<'a> {
    function: &'a Function,
    defs: HashMap<Value, Definition>,
    errors: Vec<String>,
}

impl Verifier<'_> {
    fn error(&mut self, block: BlockId, message: String) {
        self.errors.push(format!("{block}: {message}"));
    }

    fn collect_defs(&mut self, cfg: &Cfg) {
        for id in &cfg.rpo {
            let block = self.function.block(*id);
            let params = block.params.iter().map(|value| (*value, None));
            let results = block
                .insts
                .iter()
                .enumerate()
                .flat_map(|(index, inst)| inst.results.iter().map(move |value| (*value, Some(index))));
            for (value, index) in params.chain(results) {
                if value.index() >= self.function.values.len() {
                    self.errors.push(format!("{id}: {value} does not exist"));
                } else if self.defs.insert(value, (*id, index)).is_some() {
                    self.errors.push(format!("{id}: {value} is defined twice"));
                }
            }
        }
    }

    fn check_block(&mut self, id: BlockId) {
        let block = self.function.block(id);
        if block.dead {
            self.error(id, "a dead block is reached".into());
        }
        for inst in &block.insts {
            self.check_inst(id, inst);
        }
        match &block.term {
            Terminator::None => self.error(id, "no terminator".into()),
            Terminator::Branch { cond, .. } => self.check_type(id, "branch", *cond, Type::Bool),
            Terminator::Switch { value, .. } => self.check_type(id, "switch", *value, Type::I64),
            Terminator::Return(value) => self.check_type(id, "return", *value, Type::Obj),
            _ => {}
        }
        for call in block.term.calls() {
            if call.block == ENTRY {
                self.error(id, "a jump to the entry block".into());
            }
            let params = &self.function.block(call.block).params;
            if params.len() != call.args.len() {
                self.error(
                    id,
                    format!("{} takes {} arguments, {} given", call.block, params.len(), call.args.len()),
                );
                continue;
            }
            for (param, arg) in params.iter().zip(&call.args) {
                self.check_type(id, "block argument", *arg, self.function.ty(*param));
            }
        }
    }

    fn check_type(&mut self, id: BlockId, what: &str, value: Value, ty: Type) {
        if value.index() >= self.function.values.len() {
            self.error(id, format!("{what}: {value} does not exist"));
        } else if self.function.ty(value) != ty {
            let found = self.function.ty(value).name();
            self.error(id, format!("{what}: {value} is {found}, expected {}", ty.name()));
        }
    }

    fn check_inst(&mut self, id: BlockId, inst: &Inst) {
        let name = inst.op.name();
        let imm_ok = matches!(
            (inst.op.imm(), inst.imm),
            (ImmKind::No, Imm::No)
                | (ImmKind::Word, Imm::Word(_))
                | (ImmKind::Int, Imm::Int(_))
                | (ImmKind::Float, Imm::Float(_))
                | (ImmKind::Const, Imm::Const(_))
                | (ImmKind::Name, Imm::Name(_))
                | (ImmKind::Code, Imm::Code(_))
                | (ImmKind::Cache, Imm::Cache(_))
                | (ImmKind::Func, Imm::Func(_))
                | (ImmKind::Callee, Imm::Callee(_))
                | (ImmKind::Cmp, Imm::Cmp(_))
        );
        if !imm_ok {
            self.error(id, format!("{name}: wrong immediate"));
            return;
        }
        if inst.op == Op::Call {
            self.check_call(id, inst);
        } else {
            self.check_shapes(id, inst);
        }
        let raises = inst.effects().has(crate::op::Effects::RAISES);
        if raises != inst.on_error.is_some() {
            let problem = if raises { "may raise and has no error block" } else { "cannot raise, but has an error block" };
            self.error(id, format!("{name} {problem}"));
        }
    }

    fn check_shapes(&mut self, id: BlockId, inst: &Inst) {
        let name = inst.op.name();
        let operands = inst.op.operands();
        if operands.last() == Some(&Shape::Os) {
            for arg in &inst.args {
                self.check_type(id, name, *arg, Type::Obj);
            }
        } else if operands.len() != inst.args.len() {
            self.error(id, format!("{name} takes {} operands, {} given", operands.len(), inst.args.len()));
        } else {
            for (arg, shape) in inst.args.iter().zip(operands) {
                self.check_type(id, name, *arg, shape_type(*shape));
            }
        }
        let results = inst.op.results();
        if results.len() != inst.results.len() {
            self.error(id, format!("{name} has {} results, {} given", results.len(), inst.results.len()));
        } else {
            for (result, shape) in inst.results.iter().zip(results) {
                self.check_type(id, name, *result, shape_type(*shape));
            }
        }
    }

    fn check_call(&mut self, id: BlockId, inst: &Inst) {
        let Imm::Callee(callee) = inst.imm else { return };
        let name = callee.name();
        let signature = callee.signature();
        let n_array = inst.args.len().checked_sub(signature.n_fixed());
        let Some(n_array) = n_array.filter(|n| signature.array().is_some() || *n == 0) else {
            self.error(id, format!("{name} takes {} operands, {} given", signature.n_fixed(), inst.args.len()));
            return;
        };
        let mut args = inst.args.iter();
        for param in &signature.params {
            if let Some(ty) = param.fixed_type() {
                let arg = args.next().expect("counted above");
                self.check_type(id, name, *arg, ty);
            } else if matches!(param, ParamKind::Array | ParamKind::Pairs | ParamKind::ArrayNoCount) {
                for arg in args.by_ref().take(n_array) {
                    self.check_type(id, name, *arg, Type::Obj);
                }
            }
        }
        let mut results = inst.results.iter();
        if let Some(ty) = signature.ret.result() {
            match results.next() {
                Some(result) => self.check_type(id, name, *result, ty),
                None => self.error(id, format!("{name} has a result")),
            }
        }
        for param in &signature.params {
            match param {
                ParamKind::Out => {
                    for result in results.by_ref() {
                        self.check_type(id, name, *result, Type::Obj);
                    }
                }
                ParamKind::OutFlag => match results.next() {
                    Some(result) => self.check_type(id, name, *result, Type::Bool),
                    None => self.error(id, format!("{name} has a flag result")),
                },
                _ => {}
            }
        }
        if results.next().is_some() {
            self.error(id, format!("{name} has fewer results"));
        }
    }

    fn check_error_blocks(&mut self, cfg: &Cfg) {
        for id in &cfg.rpo {
            let exits: Vec<BlockId> = self.function.block(*id).insts.iter().filter_map(|inst| inst.on_error).collect();
            for error in exits {
                if !self.function.block(error).params.is_empty() {
                    self.error(*id, format!("error block {error} has parameters"));
                }
                if cfg.preds[error.index()].len() != 1 {
                    self.error(*id, format!("error block {error} has several predecessors"));
                }
            }
        }
    }

    fn check_dominance(&mut self, cfg: &Cfg) {
        let dominators = Dominators::new(cfg);
        for id in &cfg.rpo {
            let block = self.function.block(*id);
            for (index, inst) in block.insts.iter().enumerate() {
                for arg in &inst.args {
                    self.check_visible(cfg, &dominators, *id, index, *arg);
                }
            }
            let end = block.insts.len();
            if let Some(operand) = block.term.operand() {
                self.check_visible(cfg, &dominators, *id, end, operand);
            }
            for call in block.term.calls() {
                for arg in &call.args {
                    self.check_visible(cfg, &dominators, *id, end, *arg);
                }
            }
        }
    }

    /// Whether `value` may be used in `block` before instruction `index`.
    fn check_visible(&mut self, cfg: &Cfg, dominators: &Dominators, block: BlockId, index: usize, value: Value) {
        let Some((def_block, def_index)) = self.defs.get(&value).copied() else {
            self.error(block, format!("{value} is used and not defined"));
            return;
        };
        let visible = if def_block == block {
            def_index.is_none_or(|def| def < index)
        } else if !dominators.dominates(def_block, block) {
            false
        } else {
            self.defined_before_exit(cfg, dominators, def_block, def_index, block)
        };
        if !visible {
            self.error(block, format!("{value} is used where its definition in {def_block} does not dominate"));
        }
    }

    /// Whether the way from `def_block` to `block` leaves `def_block` behind the definition.
    fn defined_before_exit(
        &self,
        cfg: &Cfg,
        dominators: &Dominators,
        def_block: BlockId,
        def_index: Option<usize>,
        block: BlockId,
    ) -> bool {
        let Some(def_index) = def_index else { return true };
        // Climb to the child of `def_block` that dominates `block`.
        let mut child = block;
        loop {
            let parent = cfg.rpo[dominators.idom_index(child) as usize];
            if parent == def_block {
                break;
            }
            child = parent;
        }
        let insts = &self.function.block(def_block).insts;
        match insts.iter().position(|inst| inst.on_error == Some(child)) {
            Some(exit) => def_index < exit,
            None => true,
        }
    }
}

fn shape_type(shape: Shape) -> Type {
    match shape {
        Shape::O | Shape::Os => Type::Obj,
        Shape::I => Type::I64,
        Shape::F => Type::F64,
        Shape::B => Type::Bool,
        Shape::P => Type::Ptr,
        Shape::Sig => panic!("calls are checked by their signature"),
    }
}
