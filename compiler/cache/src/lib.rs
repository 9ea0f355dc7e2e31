//! The persistent compilation cache: a content-addressed store of bytes under keys. It knows no compiler types.
//!
//! A cache can make a build faster and nothing else. Whatever is wrong with it (damage, other owners, a full disk, a reader
//! or writer killed at any moment) is a miss, never a failure and never a wrong payload: each entry holds its key and a
//! BLAKE3 hash over all of it, and is read once, checked, and used from the memory that was checked.
//!
//! ```text
//! FOLDER/ab/cdef…      an entry: 2 + 62 hexadecimal digits are its key
//! FOLDER/ab/tmp-…      being written, locked by its writer; renamed when whole
//! FOLDER/usage         how many bytes were stored since the last clean-up (a hint)
//! FOLDER/lock          held by whoever cleans up, so that only one does
//! ```
//!
//! There is no index: `open` by name costs a few microseconds and cannot be out of date.
#![deny(unsafe_code)]

pub mod disk;
mod entry;
mod key;
mod pack;
mod places;
mod remote;
mod s3;
mod settings;
mod store;
mod upkeep;

pub use entry::{HEADER_BYTES, MAGIC, PAYLOAD_BYTES_MAX, Payload, Secret, VERSION, check, seal};
pub use key::{Key, KeyHasher};
pub use pack::{PACK_FRAME_BYTES, Packed, Unpacked};
pub use places::{place, place_with};
pub use remote::Remote;
pub use settings::{Settings, parse_size};
pub use store::{Cache, Counts};
pub use upkeep::{Cleaned, Statistics, Verified};
