//! How values look and which runtime entry points exist: the data that compiler and runtime share.
#![no_std]

mod code_strings;
pub mod entries;
pub mod hot;
pub mod layout;
pub mod value;

pub use code_strings::code_string_name;
pub use entries::{Entry, Kind};
pub use layout::*;
pub use value::*;
