//! Exception classes and the like that native modules make when they are imported.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{dict, type_new, type_object};

/// A class that is made once and kept.
pub struct ClassCell(Slot);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for ClassCell {}

#[allow(clippy::new_without_default)]
impl ClassCell {
    /// Not made yet.
    pub const fn new() -> ClassCell {
        ClassCell(Slot::empty())
    }
    /// Makes `module.name` and puts it into a module's dict under `name`.
    pub fn define(&self, dict: Value, module: &str, name: &str, bases: &[&'static Type]) -> R<()> {
        if self.0.is_empty() {
            self.0.set(type_new::new_class(name, module, bases)?);
        }
        dict::set_str(dict, name, Ref::new(self.0.get()));
        Ok(())
    }
    /// The class. Panics before [`ClassCell::define`].
    pub fn class(&self) -> &'static Type {
        type_object::as_type(self.0.get()).expect("the module's classes are made at its import")
    }
    /// Raises the class with a message.
    pub fn raise(&self, message: impl AsRef<str>) -> Raised {
        raise(self.class(), message)
    }
}
