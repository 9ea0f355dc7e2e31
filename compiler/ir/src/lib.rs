//! Typed SSA with block parameters: data, builder, text printer and parser, verifier.
//!
//! A [`Unit`] is one Python module. It holds [`Function`]s (machine code to be) and [`CodeData`] (what the run-time `Code`
//! records say). A function is a list of blocks; a block has parameters, instructions and one terminator.
//!
//! Side exits: an instruction that may raise names an *error block* (`on_error`). An error block has no parameters and exactly one
//! predecessor, the instruction that names it; it sees every value defined before that instruction. So a block is not
//! "basic" in the strict sense, but an extended one, and liveness and dominance are computed with that in mind ([`cfg`]).
//!
//! Ownership: before the `refcount` pass no instruction counts references. After it ([`Function::counted`] is true) every value of type `obj` that an
//! instruction produces owned ([`Function::result_is_owned`]) is consumed exactly once on every path; the verifier checks it.
#![forbid(unsafe_code)]

pub mod callee;
pub mod cfg;
pub mod counts;
pub mod entity;
pub mod function;
pub mod kinds;
pub mod op;
pub mod parse;
pub mod print;
pub mod unit;
pub mod verify;

pub use callee::{ParamKind, RetKind, Signature};
pub use entity::{BlockId, FuncId, Value};
pub use function::{BlockCall, BlockData, Function, Imm, Inst, Terminator, Type, ValueData};
pub use kinds::Kinds;
pub use op::{Cmp, Effects, Op};
pub use unit::{CacheKind, CodeData, CodeFlags, CodeParam, ParamPassing, Position, Program, Unit};
