//! DPB, the binary Python bytecode: the opcode table and the code form that all later stages read.
//!
//! Invariant: a [`Module`] that `verify` has accepted never surprises a later stage.
#![forbid(unsafe_code)]

pub mod inst;
pub mod module;
pub mod opcode;

pub use inst::{BlockId, ConstId, FuncId, Inst, NameId, OperandValue, Position, Reg};
pub use module::{Block, Const, Function, FunctionFlags, ImportRef, Module};
pub use opcode::{Effects, Op, Opcode, Operand};
