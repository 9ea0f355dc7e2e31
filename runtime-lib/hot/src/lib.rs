//! The fast paths of operations, in the archive and as LLVM bitcode that compiled code inlines.
//!
//! Each function stands in the table `abi::hot`. It does the common case and continues in the entry point of `abi::entries`
//! otherwise. No statics, no thread locals, no panics, no formatting: a static would be duplicated in every object.
#![no_std]
#![allow(clippy::missing_safety_doc, clippy::not_unsafe_ptr_arg_deref)]

pub mod arithmetic;
pub mod attributes;
pub mod builtins;
pub mod calls;
pub mod compare;
pub mod items;
pub mod refs;
pub mod slow;
