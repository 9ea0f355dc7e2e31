//! What is expected of the user's modules, which `passes::expect` looks at together, by way of the cache.
//!
//! Three sorts of entries. Under a module's text stands its *evidence*: a hash of what the look at all modules makes use of. Under the evidence of all stands
//! what comes of it: for each module, a hash of the kinds that are expected of its values; and under that hash, the kinds. So a module that was edited is
//! the only one that is looked at, as long as its evidence stays; when that changes, all are looked at again, and then
//! those are made again of which something else is expected.

use std::sync::{Mutex, OnceLock};

use dxpyc_cache::Key;
use dxpyc_ir::{Kinds, Unit};
use dxpyc_passes as passes;
use rayon::prelude::*;

use crate::names::LookedUp;
use crate::pcc::Pcc;
use crate::pipeline::Front;

/// Bytes of a hash.
const HASH: usize = 32;

/// The user's modules before the passes. Modules go by their place in `Front::ids`.
pub struct Own<'a> {
    front: &'a Front,
    pcc: &'a Pcc,
    /// None: not the user's.
    modules: Vec<Option<OwnModule>>,
    /// For each of the user's modules, the hash of what is expected.
    hashes: Vec<[u8; HASH]>,
    /// For each of the user's modules, what is expected.
    expected: OnceLock<Vec<Vec<u8>>>,
}

struct OwnModule {
    /// Among the user's modules.
    place: usize,
    evidence: [u8; HASH],
    /// None: not made so far, or handed out.
    unit: Mutex<Option<(Unit, LookedUp)>>,
}

impl<'a> Own<'a> {
    /// Finds out what is expected, if it is.
    pub fn new(front: &'a Front, pcc: &'a Pcc) -> Own<'a> {
        let module = |index: usize| -> Option<OwnModule> {
            let id = front.ids[index];
            if !front.expects() || !front.is_own(id) {
                return None;
            }
            let key = pcc.key("evidence", |hasher| front.feed(id, hasher));
            if let Some(stored) = pcc.stored(key)
                && let Ok(evidence) = <[u8; HASH]>::try_from(&*stored)
            {
                return Some(OwnModule { place: 0, evidence, unit: Mutex::new(None) });
            }
            let (unit, looked_up) = front.unit(id);
            let evidence = Pcc::hash_of(&passes::expect::Evidence(&unit));
            pcc.keep(key, "the evidence of a module", &evidence);
            Some(OwnModule { place: 0, evidence, unit: Mutex::new(Some((unit, looked_up))) })
        };
        let mut modules: Vec<Option<OwnModule>> = (0..front.ids.len()).into_par_iter().map(module).collect();
        for (place, module) in modules.iter_mut().flatten().enumerate() {
            module.place = place;
        }
        let mut own = Own { front, pcc, modules, hashes: Vec::new(), expected: OnceLock::new() };
        let key = pcc.key("expected", |hasher| {
            own.modules.iter().flatten().for_each(|module| hasher.write(&module.evidence));
            true
        });
        let n_modules = own.modules.iter().flatten().count();
        match pcc.stored(key).filter(|stored| stored.len() == HASH * n_modules) {
            Some(stored) => own.hashes = stored.chunks_exact(HASH).filter_map(|hash| hash.try_into().ok()).collect(),
            None => {
                let expected = own.solve();
                own.hashes = expected.par_iter().map(|kinds| *blake3::hash(kinds).as_bytes()).collect();
                pcc.keep(key, "what is expected of modules", own.hashes.as_flattened());
                for (hash, kinds) in own.hashes.iter().zip(&expected) {
                    pcc.keep(own.kinds_key(hash), "what is expected of a module", kinds);
                }
                own.expected = OnceLock::from(expected);
            }
        }
        own
    }

    /// Hash of what is expected of a module; none when nothing is.
    pub fn expected_hash(&self, index: usize) -> Option<[u8; HASH]> {
        self.modules[index].as_ref().map(|module| self.hashes[module.place])
    }

    /// The IR of one of the user's modules with what is expected, and what it looks up.
    pub fn unit(&self, index: usize) -> Option<(Unit, LookedUp)> {
        let module = self.modules[index].as_ref()?;
        let made = module.unit.lock().expect("no holder panics").take();
        let (mut unit, looked_up) = made.unwrap_or_else(|| self.front.unit(self.front.ids[index]));
        let n_values = unit.functions.iter().map(|function| function.values.len()).sum::<usize>();
        let stored = match self.expected.get() {
            None => self.pcc.stored(self.kinds_key(&self.hashes[module.place])).filter(|kinds| kinds.len() == size_of::<u32>() * n_values),
            Some(_) => None,
        };
        let kinds = match &stored {
            Some(kinds) => &**kinds,
            None => &self.expected.get_or_init(|| self.solve())[module.place],
        };
        expect(&mut unit, kinds);
        Some((unit, looked_up))
    }

    fn kinds_key(&self, hash: &[u8; HASH]) -> Option<Key> {
        self.pcc.key("kinds", |hasher| {
            hasher.write(hash);
            true
        })
    }

    /// Looks at all modules.
    fn solve(&self) -> Vec<Vec<u8>> {
        let unit = |(index, module): (usize, &Option<OwnModule>)| {
            let module = module.as_ref()?;
            let made = module.unit.lock().expect("no holder panics").take();
            Some(made.unwrap_or_else(|| self.front.unit(self.front.ids[index])))
        };
        let mut made: Vec<Option<(Unit, LookedUp)>> = self.modules.par_iter().enumerate().map(unit).collect();
        passes::expect::run(&mut made.iter_mut().flatten().map(|(unit, _)| unit).collect::<Vec<_>>());
        let expected = made.iter().flatten().map(|(unit, _)| expected(unit)).collect();
        for (module, made) in self.modules.iter().zip(made) {
            if let Some(module) = module {
                *module.unit.lock().expect("no holder panics") = made;
            }
        }
        expected
    }
}

/// What is expected of a unit's values, one after another.
fn expected(unit: &Unit) -> Vec<u8> {
    let values = unit.functions.iter().flat_map(|function| &function.values);
    values.flat_map(|value| value.expected.0.to_le_bytes()).collect()
}

/// Sets what `expected` gave.
fn expect(unit: &mut Unit, expected: &[u8]) {
    let values = unit.functions.iter_mut().flat_map(|function| &mut function.values);
    let (words, _) = expected.as_chunks();
    for (value, word) in values.zip(words) {
        value.expected = Kinds(u32::from_le_bytes(*word));
    }
}
