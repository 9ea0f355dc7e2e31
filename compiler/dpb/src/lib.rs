//! DPB, the binary Python bytecode: the opcode table and the code form that all later stages read.
//!
//! Invariant: a [`Module`] that [`verify`] has accepted never surprises a later stage.
#![forbid(unsafe_code)]

pub mod bound;
mod bytes;
mod decode;
mod dis;
mod encode;
pub mod format;
pub mod inst;
pub mod module;
pub mod opcode;
mod text;
mod verify;

pub use bytes::{Malformed, Result};
pub use decode::{File, decode};
pub use dis::{dis, dis_function};
pub use encode::encode;
pub use inst::{BlockId, ConstId, FuncId, Inst, NameId, OperandValue, Position, Reg};
pub use module::{Block, Const, Function, FunctionFlags, ImportRef, Module};
pub use opcode::{Effects, Op, Opcode, Operand};
pub use text::{parse, print};
pub use verify::verify;
