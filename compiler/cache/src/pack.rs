//! A cache in one file, for another machine or folder.
//!
//! The file is a sequence of zstd frames, which the `zstd` program can read; each frame holds whole entries, one after the
//! other, in the order of their keys. The same entries make the same file. Names do not occur in it, only keys, and every
//! entry is checked before it is stored: with a secret, only entries that were packed with it are accepted.

use std::io::{self, BufRead, Read, Write};
use std::os::fd::AsFd;

use rayon::prelude::*;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::entry::{self, HEADER_BYTES};
use crate::key::Key;
use crate::store::{Cache, Read as Found};

/// A frame holds about so much before it is compressed; a larger entry has its own.
pub const PACK_FRAME_BYTES: usize = 4 << 20;
/// Compressed at once, by all threads.
const FRAMES_AT_ONCE: usize = 8;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    pub entries: u64,
    /// Of the file.
    pub bytes: u64,
}

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Entries that are in the cache now.
    pub stored: u64,
    /// Entries that were refused: damaged, or sealed with another secret.
    pub refused: u64,
    /// The rest of the file could not be read.
    pub damaged: bool,
}

impl Cache {
    /// Writes all entries that are right.
    pub fn pack(&self, out: &mut dyn Write) -> io::Result<Packed> {
        let mut done = Packed::default();
        let mut frames: Vec<Vec<u8>> = Vec::new();
        for key in self.keys()? {
            let Some(entry) = self.sealed(&key) else { continue };
            done.entries += 1;
            match frames.last_mut() {
                Some(frame) if frame.len() + entry.len() <= PACK_FRAME_BYTES => frame.extend_from_slice(&entry),
                _ => {
                    if frames.len() == FRAMES_AT_ONCE {
                        done.bytes += write_frames(&mut frames, out)?;
                    }
                    frames.push(entry);
                }
            }
        }
        done.bytes += write_frames(&mut frames, out)?;
        out.flush()?;
        Ok(done)
    }

    /// Stores what `pack` wrote, as far as it is right. Fails when the file cannot be read, not when it is damaged.
    pub fn unpack(&self, from: &mut dyn BufRead) -> io::Result<Unpacked> {
        let mut done = Unpacked::default();
        while !from.fill_buf()?.is_empty() {
            // What the decoder reports may be the reader's failure: that one comes again.
            let Ok(mut frame) = StreamingDecoder::new(&mut *from) else {
                done.damaged = true;
                break;
            };
            if !self.unpack_frame(&mut frame, &mut done) {
                done.damaged = true;
                break;
            }
        }
        if done.damaged {
            from.fill_buf()?;
        }
        Ok(done)
    }

    /// An entry as other machines get it.
    pub(crate) fn sealed(&self, key: &Key) -> Option<Vec<u8>> {
        let root = self.root()?;
        let hex = key.hex();
        let (prefix, name) = hex.split_at(2);
        let folder = self.disk.open_folder(root, prefix).ok()?;
        let Found::Good(payload) = self.read(folder.as_fd(), name, key, false) else { return None };
        Some([&entry::seal(key, &payload, self.settings.secret.as_ref())[..], &payload].concat())
    }

    /// False when something that is no entry comes.
    fn unpack_frame(&self, frame: &mut dyn Read, done: &mut Unpacked) -> bool {
        loop {
            let mut bytes = Vec::new();
            match frame.take(HEADER_BYTES as u64).read_to_end(&mut bytes) {
                Ok(0) => return true,
                Ok(HEADER_BYTES) => {}
                _ => return false,
            }
            let Some((key, length)) = bytes.first_chunk().and_then(entry::claims) else { return false };
            // Memory grows with what really comes, not with what the header says.
            if length as u64 > self.settings.limit_bytes || !frame.take(length as u64).read_to_end(&mut bytes).is_ok_and(|read| read == length) {
                return false;
            }
            match entry::check(&key, &bytes, self.settings.secret.as_ref()) {
                Some(payload) if self.try_put(&key, payload) => done.stored += 1,
                _ => done.refused += 1,
            }
        }
    }
}

/// Compresses and writes the frames; the number of bytes written.
fn write_frames(frames: &mut Vec<Vec<u8>>, out: &mut dyn Write) -> io::Result<u64> {
    let packed: Vec<Vec<u8>> = frames.par_iter().map(|frame| compress_to_vec(&frame[..], CompressionLevel::Fastest)).collect();
    frames.clear();
    for frame in &packed {
        out.write_all(frame)?;
    }
    Ok(packed.iter().map(|frame| frame.len() as u64).sum())
}
