//! The names and constants of a module, each once.

use dxpyc_dpb::{Const, ConstId, NameId};
use rustc_hash::FxHashMap;

/// Interned names and constants.
#[derive(Default)]
pub(crate) struct Pools {
    names: Vec<String>,
    name_ids: FxHashMap<String, NameId>,
    constants: Vec<Const>,
    constant_ids: FxHashMap<Const, ConstId>,
}

impl Pools {
    pub(crate) fn name(&mut self, name: &str) -> NameId {
        if let Some(&id) = self.name_ids.get(name) {
            return id;
        }
        let id = NameId(self.names.len() as u32);
        self.names.push(name.to_owned());
        self.name_ids.insert(name.to_owned(), id);
        id
    }

    pub(crate) fn constant(&mut self, constant: Const) -> ConstId {
        if let Some(&id) = self.constant_ids.get(&constant) {
            return id;
        }
        let id = ConstId(self.constants.len() as u32);
        self.constants.push(constant.clone());
        self.constant_ids.insert(constant, id);
        id
    }

    pub(crate) fn str(&mut self, text: &str) -> ConstId {
        self.constant(Const::Str(text.as_bytes().into()))
    }

    /// A tuple of str.
    pub(crate) fn str_tuple<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> ConstId {
        let items = texts.into_iter().map(|text| self.str(text)).collect();
        self.constant(Const::Tuple(items))
    }

    pub(crate) fn name_text(&self, id: NameId) -> &str {
        &self.names[id.index()]
    }

    pub(crate) fn into_parts(self) -> (Vec<String>, Vec<Const>) {
        (self.names, self.constants)
    }
}
