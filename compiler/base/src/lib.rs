//! What every stage of the compiler needs to talk about source text: decoded files, spans, lines and diagnostics.
//!
//! `Source::decode` turns bytes into text as PEP 263 says; offsets everywhere else in the compiler are byte offsets
//! (`u32`) into `Source::text`, whose line ends are all `\n`. A `Diagnostic` owns all it needs to be printed.

mod diagnostic;
mod encoding;
mod encoding_tables;
mod line_index;
mod source;
mod span;

pub use diagnostic::{Diagnostic, Kind, Location, Note};
pub use line_index::LineIndex;
pub use source::Source;
pub use span::Span;
