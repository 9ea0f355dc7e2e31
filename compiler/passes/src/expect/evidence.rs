//! What of a unit the evidence of the whole program is made from, as a hash: units that hash alike lead to the same expectations.
//!
//! Whoever makes the solver look at more of a unit must hash it here too. What is left out is what the solver does not see: places in the source,
//! and the values of constants, of which it sees the kinds. A small int counts where it is an index, by which the solver finds items of tuples;
//! texts count in tuples, which may be the names of keyword arguments. Constants go by the order in which code uses them: their places in the
//! unit's list change with every new one.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};

use dxpyc_abi::value::Value as Word;
use dxpyc_ir::unit::Const;
use dxpyc_ir::{CodeData, Function, Imm, Inst, Kinds, Unit, Value};

/// A unit, for hashing.
pub struct Evidence<'a>(pub &'a Unit);

impl Hash for Evidence<'_> {
    fn hash<S: Hasher>(&self, hasher: &mut S) {
        let Unit { name, file: _, is_package: _, consts, names, functions, codes, caches: _ } = self.0;
        (name, names).hash(hasher);
        functions.len().hash(hasher);
        let mut consts = Consts { all: consts, places: HashMap::new() };
        functions.iter().for_each(|function| hash_function(function, &mut consts, hasher));
        codes.len().hash(hasher);
        codes.iter().for_each(|code| hash_code(code, hasher));
    }
}

/// The constants of a unit, and the places of those that code has used so far.
struct Consts<'a> {
    all: &'a [Const],
    places: HashMap<u32, usize>,
}

impl Consts<'_> {
    fn hash_used(&mut self, index: u32, is_item: bool, hasher: &mut impl Hasher) {
        let constant = &self.all[index as usize];
        if let Const::Str(text) = constant
            && is_item
        {
            text.hash(hasher);
        }
        let next = self.places.len();
        let place = *self.places.entry(index).or_insert(next);
        place.hash(hasher);
        if place != next {
            return;
        }
        std::mem::discriminant(constant).hash(hasher);
        if let Const::Tuple(items) | Const::FrozenSet(items) = constant {
            items.len().hash(hasher);
            items.iter().for_each(|&item| self.hash_used(item, true, hasher));
        }
    }
}

fn hash_code(code: &CodeData, hasher: &mut impl Hasher) {
    #[rustfmt::skip]
    let CodeData {
        name, qualname, params, flags, fast_nargs, first_line: _, doc: _, varnames, cellvars, freevars, positions: _, body, resume, n_frame_objects, n_frame_raw,
    } = code;
    (name, qualname, flags.0, fast_nargs, varnames, cellvars, freevars, body, resume, n_frame_objects, n_frame_raw).hash(hasher);
    params.len().hash(hasher);
    for param in params {
        (param.name, param.passing).hash(hasher);
    }
}

fn hash_function(function: &Function, consts: &mut Consts<'_>, hasher: &mut impl Hasher) {
    let Function { name, symbol: _, kind, code, values, blocks, counted: _ } = function;
    (name, kind, code, values.len(), blocks.len()).hash(hasher);
    for value in values {
        (value.ty, value.kinds).hash(hasher);
    }
    let indices = indices(function);
    for block in blocks {
        (&block.params, block.cold, block.generic, block.dead, &block.term, block.insts.len()).hash(hasher);
        for Inst { op, imm, args, results, on_error, position: _ } in &block.insts {
            let is_index = || results.first().is_some_and(|result| indices.contains(result));
            let imm = match *imm {
                Imm::Word(word) if is_number(Word(word), results, function) && !is_index() => Imm::No,
                Imm::Float(_) | Imm::Cache(_) => Imm::No,
                Imm::Const(index) => {
                    consts.hash_used(index, false, hasher);
                    Imm::No
                }
                imm => imm,
            };
            (op, imm, args, results, on_error).hash(hasher);
        }
    }
}

fn is_number(word: Word, results: &[Value], function: &Function) -> bool {
    let is_float = || results.first().is_some_and(|result| function.kinds(*result) == Kinds::FLOATI);
    word.is_small_int() || is_float()
}

/// Values by which something is indexed: second arguments of all that is named for items.
fn indices(function: &Function) -> HashSet<Value> {
    let insts = function.blocks.iter().flat_map(|block| &block.insts);
    let is_index = |inst: &&Inst| matches!(inst.imm, Imm::Callee(callee) if callee.name().contains("item"));
    insts.filter(is_index).filter_map(|inst| inst.args.get(1)).copied().collect()
}
