//! What the object of a chunk depends on, for caches.
//!
//! Everything that [`crate::function::translate`] reads is fed to the hasher, with references into the unit's tables replaced by what they
//! stand for: so a chunk keeps its fingerprint when other functions of its module change.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use dxpyc_ir::function::ENTRY;
use dxpyc_ir::unit::CacheKind;
use dxpyc_ir::{Function, Imm, Unit};

use crate::chunk::Chunk;
use crate::statics::{ConstRef, UnitRefs};

/// Hashes what `Hash` feeds, on every machine alike.
#[derive(Default)]
pub struct ContentHasher(blake3::Hasher);

impl ContentHasher {
    pub fn hash(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}

impl Hasher for ContentHasher {
    fn finish(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.hash()[..8]);
        u64::from_le_bytes(first)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_u128(&mut self, number: u128) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as i64 as u64);
    }
}

/// Feeds a chunk.
pub fn chunk(unit: &Unit, chunk: &Chunk, refs: &UnitRefs, hasher: &mut impl Hasher) {
    let mut feeder = Feeder { unit, refs, caches: HashMap::new(), hasher };
    (&chunk.name, chunk.effort, chunk.functions.len()).hash(feeder.hasher);
    for &(index, part) in &chunk.functions {
        part.hash(feeder.hasher);
        feeder.function(&unit.functions[index]);
    }
}

struct Feeder<'a, H> {
    unit: &'a Unit,
    refs: &'a UnitRefs,
    /// Inline caches of the chunk, numbered in the order of their first use.
    caches: HashMap<u32, usize>,
    hasher: &'a mut H,
}

impl<H: Hasher> Feeder<'_, H> {
    fn function(&mut self, function: &Function) {
        // Not read by the translation: the name, and the hints of values.
        let Function { name: _, symbol, kind, code, values, blocks, counted } = function;
        (symbol, kind, &self.refs.codes[*code as usize], counted).hash(self.hasher);
        values.len().hash(self.hasher);
        for value in values {
            (value.ty, value.kinds).hash(self.hasher);
        }
        blocks.len().hash(self.hasher);
        for block in blocks {
            (&block.params, block.insts.len(), &block.term, block.cold, block.generic, block.dead).hash(self.hasher);
            for inst in &block.insts {
                (inst.op, &inst.args, &inst.results, inst.on_error, inst.position).hash(self.hasher);
                self.immediate(inst.imm);
            }
        }
    }

    fn immediate(&mut self, imm: Imm) {
        std::mem::discriminant(&imm).hash(self.hasher);
        match imm {
            Imm::Const(index) => {
                let reference: &ConstRef = &self.refs.consts[index as usize];
                reference.hash(self.hasher);
            }
            Imm::Name(index) => self.refs.names[index as usize].hash(self.hasher),
            Imm::Code(index) => self.refs.codes[index as usize].hash(self.hasher),
            Imm::Cache(index) => {
                let kind: CacheKind = self.unit.caches[index as usize];
                let next = self.caches.len();
                let number = *self.caches.entry(index).or_insert(next);
                (kind, number).hash(self.hasher);
            }
            Imm::Func(id) => {
                let function = &self.unit.functions[id.index()];
                (&function.symbol, function.block(ENTRY).params.len()).hash(self.hasher);
            }
            Imm::No | Imm::Word(_) | Imm::Int(_) | Imm::Float(_) | Imm::Callee(_) | Imm::Cmp(_) => imm.hash(self.hasher),
        }
    }
}
