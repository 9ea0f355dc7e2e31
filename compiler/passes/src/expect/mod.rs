//! Evidence in the whole program of what kinds values have: `Function::expected`.
//!
//! It proves nothing: what is not seen (library code, natives without a row in [`calls`], computed names) counts as no evidence. Passes
//! use it to choose which guards are worth their test, so that a wrong expectation costs time and never changes what a program does.
//!
//! One graph for all units: a node for each value of the IR, each global, attribute name, cell, frame slot and result. Each round visits all
//! instructions once; a few rounds reach the fixpoint, and after [`MAX_ROUNDS`] what is known by then is taken.

mod calls;
mod evidence;
mod nodes;
mod operators;

use dxpyc_abi::entries::Entry as E;
use dxpyc_abi::layout::GENERATOR_DONE;
use dxpyc_abi::value::Value as Word;
use dxpyc_ir::callee::Callee;
use dxpyc_ir::function::{ENTRY, FunctionKind};
use dxpyc_ir::unit::{Const, ParamPassing};
use dxpyc_ir::{Function, Imm, Inst, Kinds, Op, Terminator, Type, Unit, Value};
use nodes::{Graph, Id, Source};
use std::collections::{HashMap, HashSet};

pub use evidence::Evidence;

/// Rounds over the program at most.
const MAX_ROUNDS: usize = 12;

/// Sets the expected kinds of all values of these units.
pub fn run(units: &mut [&mut Unit]) {
    let mut solver = Solver::new(units);
    for _ in 0..MAX_ROUNDS {
        solver.graph.changed = false;
        for unit in 0..units.len() {
            for function in 0..units[unit].functions.len() {
                solver.visit(unit, units[unit], function);
            }
        }
        if !solver.graph.changed {
            break;
        }
    }
    for (unit_index, unit) in units.iter_mut().enumerate() {
        for (index, function) in unit.functions.iter_mut().enumerate() {
            let base = solver.units[unit_index].bases[index];
            for (value, data) in function.values.iter_mut().enumerate() {
                if data.ty == Type::Obj {
                    let node = solver.graph.at(base + value as u32);
                    data.expected = solver.graph.kinds(node);
                }
            }
        }
    }
}

/// How an operand is made, where that matters here.
#[derive(Clone, Copy)]
enum Made {
    Otherwise,
    Name(u32),
    Code(u32),
    Const(u32),
    Int(i64),
}

struct UnitFacts {
    /// First node of each function's values.
    bases: Vec<u32>,
    /// For each function, how its values are made.
    made: Vec<Vec<Made>>,
    /// The unit's names, in the program's numbering.
    names: Vec<u32>,
    /// Number of the first code record, in the program's numbering.
    first_code: u32,
    /// Names that the unit's code assigns as globals.
    assigned: HashSet<u32>,
    /// Nodes of tuple constants.
    consts: HashMap<u32, Id>,
}

/// A code record's nodes.
struct CodeFacts {
    /// Parameters, in slot order, with name and passing.
    params: Vec<(Id, u32, ParamPassing)>,
    /// What a call gives.
    result: Id,
    /// What a generator yields.
    yields: Id,
    cells: HashMap<u32, Id>,
    slots: HashMap<u32, Id>,
    /// Class bodies: the class's names.
    members: HashMap<u32, Id>,
    /// Class bodies: nodes of the bases.
    bases: Vec<Id>,
}

struct Solver {
    graph: Graph,
    units: Vec<UnitFacts>,
    codes: Vec<CodeFacts>,
    texts: Texts,
    globals: HashMap<(usize, u32), Id>,
    attributes: HashMap<u32, Id>,
    /// Members of classes by name.
    members: HashMap<u32, Vec<Id>>,
    modules: HashMap<String, u32>,
}

/// Names, numbered in the whole program.
#[derive(Default)]
struct Texts {
    ids: HashMap<String, u32>,
    all: Vec<String>,
}

impl Texts {
    fn id(&mut self, text: &str) -> u32 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.all.len() as u32;
        self.ids.insert(text.to_owned(), id);
        self.all.push(text.to_owned());
        id
    }
}

/// The function at work.
struct At<'a> {
    unit: &'a Unit,
    unit_index: usize,
    function: &'a Function,
    /// In the program's numbering.
    code: u32,
    base: u32,
    made: &'a [Made],
}

impl At<'_> {
    fn name(&self, value: Value) -> Option<u32> {
        match self.made[value.index()] {
            Made::Name(name) => Some(name),
            _ => None,
        }
    }

    fn int(&self, value: Value) -> Option<i64> {
        match self.made[value.index()] {
            Made::Int(int) => Some(int),
            _ => None,
        }
    }
}

impl Solver {
    fn new(units: &[&mut Unit]) -> Solver {
        let mut solver = Solver {
            graph: Graph::default(),
            units: Vec::new(),
            codes: Vec::new(),
            texts: Texts::default(),
            globals: HashMap::new(),
            attributes: HashMap::new(),
            members: HashMap::new(),
            modules: units.iter().enumerate().map(|(index, unit)| (unit.name.clone(), index as u32)).collect(),
        };
        for (index, unit) in units.iter().enumerate() {
            solver.add_unit(index, unit);
        }
        solver
    }

    fn add_unit(&mut self, index: usize, unit: &Unit) {
        let names: Vec<u32> = unit.names.iter().map(|name| self.texts.id(name)).collect();
        let mut facts = UnitFacts {
            bases: Vec::new(),
            made: Vec::new(),
            names,
            first_code: self.codes.len() as u32,
            assigned: HashSet::new(),
            consts: HashMap::new(),
        };
        for function in &unit.functions {
            facts.bases.push(self.graph.add_many(function.values.len()));
            facts.made.push(made(function, &facts.names));
        }
        for (function, made) in unit.functions.iter().zip(&facts.made) {
            for inst in function.blocks.iter().flat_map(|block| &block.insts) {
                if inst.imm == Imm::Callee(Callee::Entry(E::dxp_store_global))
                    && let Made::Name(name) = made[inst.args[1].index()]
                    && facts.assigned.insert(name)
                {
                    let node = self.graph.add();
                    self.globals.insert((index, name), node);
                }
            }
        }
        for code in &unit.codes {
            let base = facts.bases[code.body as usize];
            let body = &unit.functions[code.body as usize];
            let values = body.block(ENTRY).params.iter().skip(1);
            let params = code.params.iter().zip(values).map(|(param, value)| {
                (self.graph.at(base + value.0), facts.names[param.name as usize], param.passing)
            });
            let facts = CodeFacts {
                params: params.collect(),
                result: self.graph.add(),
                yields: self.graph.add(),
                cells: HashMap::new(),
                slots: HashMap::new(),
                members: HashMap::new(),
                bases: Vec::new(),
            };
            self.codes.push(facts);
        }
        self.units.push(facts);
    }

    /// One visit of a function.
    fn visit(&mut self, unit_index: usize, unit: &Unit, index: usize) {
        let function = &unit.functions[index];
        let facts = &mut self.units[unit_index];
        let made = std::mem::take(&mut facts.made[index]);
        let code = facts.first_code + function.code;
        let at = At { unit, unit_index, function, code, base: facts.bases[index], made: &made };
        for block in function.blocks.iter().filter(|block| !block.dead) {
            let mut ends = false;
            for inst in &block.insts {
                self.inst(&at, inst);
                ends |= inst.op == Op::GenSetState && inst.imm == Imm::Int(i64::from(GENERATOR_DONE));
            }
            for call in block.term.calls() {
                for (arg, param) in call.args.iter().zip(&function.block(call.block).params) {
                    if function.ty(*param) == Type::Obj {
                        let (from, to) = (self.node(&at, *arg), self.node(&at, *param));
                        self.graph.flow(Source::Node(from), to);
                    }
                }
            }
            if let Terminator::Return(value) = &block.term {
                let value = self.node(&at, *value);
                let to = match function.kind {
                    FunctionKind::Body => self.codes[code as usize].result,
                    FunctionKind::Resume => self.codes[code as usize].yields,
                };
                if function.kind == FunctionKind::Body || !ends {
                    self.graph.flow(Source::Node(value), to);
                }
            }
        }
        self.units[unit_index].made[index] = made;
    }

    fn node(&self, at: &At<'_>, value: Value) -> Id {
        self.graph.at(at.base + value.0)
    }

    fn nodes(&self, at: &At<'_>, values: &[Value]) -> Vec<Id> {
        values.iter().map(|value| self.node(at, *value)).collect()
    }

    fn inst(&mut self, at: &At<'_>, inst: &Inst) {
        let result = inst.results.first().map(|result| self.node(at, *result));
        match (inst.op, inst.imm, result) {
            (Op::Call, Imm::Callee(callee), _) => self.call(at, inst, callee),
            (Op::CallDirect, Imm::Func(id), Some(result)) => {
                let code = self.units[at.unit_index].first_code + at.unit.functions[id.index()].code;
                let args = self.nodes(at, &inst.args[1..]);
                self.call_function(code, &args, result);
            }
            (Op::Refine | Op::Guard, _, Some(result)) => {
                let from = self.node(at, inst.args[0]);
                self.graph.flow(Source::Node(from), result);
            }
            (Op::OrMissing, _, Some(result)) => {
                let from = self.node(at, inst.args[1]);
                self.graph.flow(Source::Node(from), result);
            }
            (Op::ConstObj, Imm::Const(index), Some(result)) => {
                let constant = self.constant(at, index);
                self.graph.flow(constant, result);
            }
            (Op::SlotTake, Imm::Int(slot), Some(result)) => {
                let slot = self.slot(at.code, slot as u32);
                self.graph.flow(Source::Node(slot), result);
            }
            (Op::SlotPut, Imm::Int(slot), None) => {
                let slot = self.slot(at.code, slot as u32);
                let value = self.node(at, inst.args[1]);
                self.graph.flow(Source::Node(value), slot);
            }
            (Op::FuncCell, Imm::Int(index), Some(result)) => {
                let cell = self.cell(at.code, index as u32);
                self.graph.flow(Source::Node(cell), result);
            }
            (Op::CellGet, _, Some(result)) => {
                let cell = self.node(at, inst.args[0]);
                let item = self.graph.item(cell);
                self.graph.flow(Source::Node(item), result);
            }
            (Op::CellSet, _, None) => {
                let (cell, value) = (self.node(at, inst.args[0]), self.node(at, inst.args[1]));
                let item = self.graph.item(cell);
                self.graph.flow(Source::Node(value), item);
            }
            (_, _, Some(result)) if at.function.ty(inst.results[0]) == Type::Obj => {
                let kinds = at.function.kinds(inst.results[0]);
                if kinds.0.count_ones() <= 2 {
                    self.graph.widen(result, small(kinds));
                }
            }
            _ => {}
        }
    }

    fn slot(&mut self, code: u32, slot: u32) -> Id {
        let graph = &mut self.graph;
        *self.codes[code as usize].slots.entry(slot).or_insert_with(|| graph.add())
    }

    /// A cell of a function's closure.
    fn cell(&mut self, code: u32, index: u32) -> Id {
        let graph = &mut self.graph;
        *self.codes[code as usize].cells.entry(index).or_insert_with(|| {
            let cell = graph.add();
            graph.widen(cell, Kinds::CELL);
            graph.item(cell);
            cell
        })
    }

    fn attribute(&mut self, name: u32) -> Id {
        let graph = &mut self.graph;
        *self.attributes.entry(name).or_insert_with(|| graph.add())
    }

    fn constant(&mut self, at: &At<'_>, index: u32) -> Source {
        match &at.unit.consts[index as usize] {
            Const::None => Source::Kinds(Kinds::NONE),
            Const::True | Const::False => Source::Kinds(Kinds::BOOL),
            Const::Int(_) => Source::Kinds(Kinds::SMALL),
            Const::BigInt(_) => Source::Kinds(Kinds::BIG),
            Const::Float(_) => Source::Kinds(Kinds::FLOATI),
            Const::Complex(..) => Source::Kinds(Kinds::COMPLEX),
            Const::Str(_) => Source::Kinds(Kinds::STR),
            Const::Bytes(_) => Source::Kinds(Kinds::BYTES),
            Const::Ellipsis | Const::FrozenSet(_) => Source::Kinds(Kinds::OTHER),
            Const::Tuple(items) => {
                if let Some(node) = self.units[at.unit_index].consts.get(&index) {
                    return Source::Node(*node);
                }
                let items: Vec<Source> = items.iter().map(|item| self.constant(at, *item)).collect();
                let node = self.graph.add();
                self.graph.make_tuple(node, &items);
                self.units[at.unit_index].consts.insert(index, node);
                Source::Node(node)
            }
        }
    }
}

/// Ints are expected to stay small.
fn small(kinds: Kinds) -> Kinds {
    if kinds == Kinds::INT { Kinds::SMALL } else { kinds }
}

fn made(function: &Function, names: &[u32]) -> Vec<Made> {
    let mut made = vec![Made::Otherwise; function.values.len()];
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        let how = match inst.imm {
            Imm::Name(name) if inst.op == Op::NameObj => Made::Name(names[name as usize]),
            Imm::Code(code) if inst.op == Op::CodePtr => Made::Code(code),
            Imm::Const(index) if inst.op == Op::ConstObj => Made::Const(index),
            Imm::Word(word) if inst.op == Op::Word && Word(word).is_small_int() => {
                Made::Int(Word(word).small_int_unchecked())
            }
            _ => continue,
        };
        made[inst.results[0].index()] = how;
    }
    made
}
