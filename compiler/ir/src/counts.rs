//! The ownership half of the verifier: after `refcount` every reference is dropped or passed on exactly once on every path.

use crate::cfg::Cfg;
use crate::entity::{BlockId, Value};
use crate::function::{ENTRY, Function, Inst, Terminator, Type};
use crate::op::Op;
use std::collections::BTreeMap;

/// References held, by the value that they were taken of. Zero is not stored.
type Held = BTreeMap<Value, i32>;

/// What is wrong with the counts of a function; empty when they are right.
pub fn verify_counts(function: &Function) -> Vec<String> {
    let cfg = Cfg::new(function);
    let mut checker = Checker { function, entity: entities(function, &cfg), at_start: BTreeMap::new(), errors: Vec::new() };
    checker.at_start.insert(ENTRY, Held::new());
    for id in &cfg.rpo {
        let Some(held) = checker.at_start.get(id).cloned() else { continue };
        checker.check_block(*id, held);
    }
    checker.errors
}

/// The value whose references a value stands for; none when counts do not concern it.
#[derive(Clone, Copy)]
enum Entity {
    None,
    /// Produced with a reference.
    Owned(Value),
    /// Held by somebody else.
    Borrowed(Value),
}

fn entities(function: &Function, cfg: &Cfg) -> Vec<Entity> {
    let mut entities = vec![Entity::None; function.values.len()];
    for id in &cfg.rpo {
        for param in &function.block(*id).params {
            if function.ty(*param) == Type::Obj && function.kinds(*param).may_be_pointer() {
                entities[param.index()] =
                    if *id == ENTRY { Entity::Borrowed(*param) } else { Entity::Owned(*param) };
            }
        }
        for inst in &function.block(*id).insts {
            for (index, result) in inst.results.iter().enumerate() {
                if function.ty(*result) != Type::Obj || !function.kinds(*result).may_be_pointer() {
                    continue;
                }
                entities[result.index()] = match inst.op {
                    Op::Word | Op::ConstObj | Op::NameObj | Op::BoxSmall | Op::BoxBool => Entity::None,
                    Op::Refine => entities[inst.args[0].index()],
                    // MISSING and the other word are both without counts.
                    Op::OrMissing if matches!(entities[inst.args[1].index()], Entity::None) => Entity::None,
                    _ if inst.result_is_owned(index) => Entity::Owned(*result),
                    _ => Entity::Borrowed(*result),
                };
            }
        }
    }
    entities
}

struct Checker<'a> {
    function: &'a Function,
    entity: Vec<Entity>,
    at_start: BTreeMap<BlockId, Held>,
    errors: Vec<String>,
}

impl Checker<'_> {
    fn add(&mut self, id: BlockId, held: &mut Held, value: Value, change: i32, what: &str) {
        let (Entity::Owned(root) | Entity::Borrowed(root)) = self.entity[value.index()] else { return };
        let count = held.entry(root).or_insert(0);
        *count += change;
        if *count < 0 {
            self.errors.push(format!("{id}: {what} of {value}, of which no reference is held"));
        }
        if *count == 0 {
            held.remove(&root);
        }
    }

    fn check_use(&mut self, id: BlockId, held: &Held, value: Value, what: &str) {
        if let Entity::Owned(root) = self.entity[value.index()]
            && !held.contains_key(&root)
        {
            self.errors.push(format!("{id}: {what} uses {value} after its last reference went"));
        }
    }

    fn check_block(&mut self, id: BlockId, mut held: Held) {
        let function = self.function;
        let block = function.block(id);
        if id != ENTRY {
            for param in &block.params {
                self.add(id, &mut held, *param, 1, "parameter");
            }
        }
        for inst in &block.insts {
            self.check_inst(id, &mut held, inst);
        }
        if let Terminator::Return(value) = &block.term {
            self.check_use(id, &held, *value, "return");
            self.add(id, &mut held, *value, -1, "return");
        }
        if matches!(block.term, Terminator::Return(_) | Terminator::ReturnError) {
            for (value, count) in &held {
                self.errors.push(format!("{id}: returns with {count} references of {value}"));
            }
        }
        for call in block.term.calls() {
            let mut out = held.clone();
            for arg in &call.args {
                self.check_use(id, &out, *arg, "block argument");
                self.add(id, &mut out, *arg, -1, "block argument");
            }
            self.arrive(id, call.block, out);
        }
    }

    fn check_inst(&mut self, id: BlockId, held: &mut Held, inst: &Inst) {
        for arg in &inst.args {
            self.check_use(id, held, *arg, inst.op.name());
        }
        if let Some(error) = inst.on_error {
            self.arrive(id, error, held.clone());
        }
        for (index, arg) in inst.args.iter().enumerate() {
            if inst.consumes(index) {
                self.add(id, held, *arg, -1, inst.op.name());
            }
        }
        if inst.op == Op::IncRef {
            self.add(id, held, inst.args[0], 1, "incref");
        }
        for (index, result) in inst.results.iter().enumerate() {
            if inst.result_is_owned(index) && matches!(self.entity[result.index()], Entity::Owned(_)) {
                self.add(id, held, *result, 1, inst.op.name());
            }
        }
    }

    fn arrive(&mut self, from: BlockId, to: BlockId, held: Held) {
        if matches!(self.function.block(to).term, Terminator::Unreachable) && self.function.block(to).insts.is_empty() {
            return;
        }
        match self.at_start.get(&to) {
            None => {
                self.at_start.insert(to, held);
            }
            Some(other) if *other == held => {}
            Some(other) => {
                self.errors.push(format!("{to}: entered from {from} holding {held:?}, before holding {other:?}"));
            }
        }
    }
}
