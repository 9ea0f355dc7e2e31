//! DPB → IR, and IR → IR.
//!
//! [`build::build_unit`] turns a verified DPB module into IR in which every value is generic; [`pipeline::run`] runs the passes of
//! [`pipeline::PASSES`] over each function. Counts appear in one late pass, `refcount`.
#![forbid(unsafe_code)]

pub mod build;
pub mod choose_guards;
pub mod dce;
pub mod drop_kept;
pub mod expect;
pub mod fold;
pub mod infer;
pub mod pipeline;
pub mod prune_params;
pub mod refcount;
pub mod simplify_cfg;
pub mod sink_boxes;
pub mod specialize;
pub mod unbox_params;

pub use build::{BUILD_STEPS, build_unit, build_unit_for};
pub use pipeline::{Options, PASSES, Pass, run, run_unit};
