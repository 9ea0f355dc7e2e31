//! Arguments of a call: positional values, then the values of keyword arguments with their names.

use crate::error::R;
use dxpyc_abi::Value;

/// Borrowed arguments in the vectorcall form.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    values: &'a [Value],
    names: &'a [Value],
}

impl<'a> Args<'a> {
    /// No arguments.
    pub const NONE: Args<'static> = Args { values: &[], names: &[] };
    /// Positional only.
    #[inline]
    pub const fn positional(values: &'a [Value]) -> Args<'a> {
        Args { values, names: &[] }
    }
    /// `values` holds the positional ones, then one value for each name (names are str).
    #[inline]
    pub const fn with_names(values: &'a [Value], names: &'a [Value]) -> Args<'a> {
        Args { values, names }
    }
    /// Positional arguments.
    #[inline]
    pub fn pos(&self) -> &'a [Value] {
        &self.values[..self.values.len() - self.names.len()]
    }
    /// Keyword names.
    #[inline]
    pub fn names(&self) -> &'a [Value] {
        self.names
    }
    /// Values of the keyword arguments, in the order of `names`.
    #[inline]
    pub fn kw_values(&self) -> &'a [Value] {
        &self.values[self.values.len() - self.names.len()..]
    }
    /// All values.
    #[inline]
    pub fn values(&self) -> &'a [Value] {
        self.values
    }
    /// Keyword arguments as pairs.
    pub fn kw(&self) -> impl Iterator<Item = (Value, Value)> + use<'a> {
        self.names.iter().copied().zip(self.kw_values().iter().copied())
    }
    /// Whether keyword arguments are there.
    #[inline]
    pub fn has_kw(&self) -> bool {
        !self.names.is_empty()
    }
    /// The first positional argument taken off (a method's self).
    #[inline]
    pub fn split_first(&self) -> Option<(Value, Args<'a>)> {
        if self.pos().is_empty() {
            None
        } else {
            Some((self.values[0], Args { values: &self.values[1..], names: self.names }))
        }
    }
    /// Refuses keyword arguments: `NAME() takes no keyword arguments`.
    pub fn no_keywords(&self, name: &str) -> R<()> {
        if self.has_kw() {
            return Err(crate::error::type_error(format!("{name}() takes no keyword arguments")));
        }
        Ok(())
    }
}
