//! `zlib`: deflate streams, raw or in zlib or gzip wrapping, over miniz_oxide.

use std::cell::RefCell;

use crate::binascii::{crc32, low_bits};
use crate::classes::ClassCell;
use dxpyc_objects::prelude::*;
use dxpyc_objects::{buffer, bytes, cast, dict, int, str};
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress, create_comp_flags_from_zip_params};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

static ERROR: ClassCell = ClassCell::new();

/// What stands around the deflate stream.
#[derive(Clone, Copy, PartialEq)]
enum Wrap {
    Raw,
    Zlib,
    Gzip,
    /// zlib or gzip, as the data says.
    Auto,
}

impl Wrap {
    fn of(wbits: i64, reading: bool) -> Option<Wrap> {
        match wbits {
            -15..=-8 => Some(Wrap::Raw),
            0 if reading => Some(Wrap::Zlib),
            8..=15 => Some(Wrap::Zlib),
            24..=31 => Some(Wrap::Gzip),
            40..=47 if reading => Some(Wrap::Auto),
            _ => None,
        }
    }
}

fn adler32(start: u32, data: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    let (mut a, mut b) = (start & 0xffff, start >> 16);
    // The longest run whose sums fit 32 bits.
    for chunk in data.chunks(5552) {
        for byte in chunk {
            a += *byte as u32;
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    b << 16 | a
}

/// A stream being read.
#[derive(Clone)]
struct Inflate {
    wrap: Wrap,
    header: Vec<u8>,
    in_body: bool,
    body: Box<InflateState>,
    body_ended: bool,
    check: u32,
    total: u32,
    trailer: Vec<u8>,
    eof: bool,
    dictionary: Vec<u8>,
    /// Bytes at the start of the next input that were read already, but reported as left because output was left.
    debt: usize,
}

/// Why a stream cannot be read: zlib's code and message.
struct Bad(i32, &'static str);

impl Inflate {
    fn new(wrap: Wrap, dictionary: Vec<u8>) -> Inflate {
        let mut inflate = Inflate {
            wrap,
            header: Vec::new(),
            in_body: wrap == Wrap::Raw,
            body: InflateState::new_boxed(DataFormat::Raw),
            body_ended: false,
            check: if wrap == Wrap::Zlib { 1 } else { 0 },
            total: 0,
            trailer: Vec::new(),
            eof: false,
            dictionary,
            debt: 0,
        };
        if wrap == Wrap::Raw {
            inflate.use_dictionary();
        }
        inflate
    }

    /// Puts the dictionary into the window: as stored blocks whose output is dropped.
    fn use_dictionary(&mut self) {
        let dictionary = std::mem::take(&mut self.dictionary);
        let mut sink = vec![0; 1 << 16];
        for chunk in dictionary.chunks(0xffff) {
            let n = chunk.len() as u16;
            let mut block = vec![0];
            block.extend_from_slice(&n.to_le_bytes());
            block.extend_from_slice(&(!n).to_le_bytes());
            block.extend_from_slice(chunk);
            let mut at = 0;
            loop {
                let step = inflate(&mut self.body, &block[at..], &mut sink, MZFlush::None);
                at += step.bytes_consumed;
                if step.bytes_written == 0 && step.bytes_consumed == 0 {
                    break;
                }
            }
        }
    }

    /// Reads the wrapping's header as far as it is there. True: it is complete.
    fn header_done(&mut self) -> Result<bool, Bad> {
        let h = &self.header;
        if h.len() < 2 {
            return Ok(false);
        }
        if self.wrap == Wrap::Auto {
            self.wrap = if h[..2] == [0x1f, 0x8b] { Wrap::Gzip } else { Wrap::Zlib };
            self.check = if self.wrap == Wrap::Zlib { 1 } else { 0 };
        }
        if self.wrap == Wrap::Zlib {
            if (h[0] as u32 * 256 + h[1] as u32) % 31 != 0 {
                return Err(Bad(-3, "incorrect header check"));
            }
            if h[0] & 15 != 8 {
                return Err(Bad(-3, "unknown compression method"));
            }
            if h[0] >> 4 > 7 {
                return Err(Bad(-3, "invalid window size"));
            }
            if h[1] & 0x20 == 0 {
                return Ok(true);
            }
            if h.len() < 6 {
                return Ok(false);
            }
            let wanted = u32::from_be_bytes([h[2], h[3], h[4], h[5]]);
            if self.dictionary.is_empty() {
                return Err(Bad(2, ""));
            }
            if adler32(1, &self.dictionary) != wanted {
                return Err(Bad(-3, "invalid input data"));
            }
            self.use_dictionary();
            return Ok(true);
        }
        if h[..2] != [0x1f, 0x8b] {
            return Err(Bad(-3, "incorrect header check"));
        }
        if h.len() < 10 {
            return Ok(false);
        }
        if h[2] != 8 {
            return Err(Bad(-3, "unknown compression method"));
        }
        if h[3] & 0xe0 != 0 {
            return Err(Bad(-3, "unknown header flags set"));
        }
        let mut need = 10;
        if h[3] & 4 != 0 {
            if h.len() < need + 2 {
                return Ok(false);
            }
            need += 2 + u16::from_le_bytes([h[need], h[need + 1]]) as usize;
        }
        for flag in [8, 16] {
            if h[3] & flag != 0 {
                match h.get(need..).and_then(|rest| rest.iter().position(|c| *c == 0)) {
                    Some(at) => need += at + 1,
                    None => return Ok(false),
                }
            }
        }
        if h[3] & 2 != 0 {
            if h.len() >= need + 2 && crc32(0, &h[..need]) as u16 != u16::from_le_bytes([h[need], h[need + 1]]) {
                return Err(Bad(-3, "header crc mismatch"));
            }
            need += 2;
        }
        Ok(h.len() >= need)
    }

    fn check_trailer(&mut self) -> Result<bool, Bad> {
        let t = &self.trailer;
        let wanted = match self.wrap {
            Wrap::Raw => return Ok(true),
            Wrap::Zlib => 4,
            _ => 8,
        };
        if t.len() < wanted {
            return Ok(false);
        }
        let first = [t[0], t[1], t[2], t[3]];
        if wanted == 4 {
            return if u32::from_be_bytes(first) == self.check { Ok(true) } else { Err(Bad(-3, "incorrect data check")) };
        }
        if u32::from_le_bytes(first) != self.check {
            return Err(Bad(-3, "incorrect data check"));
        }
        if u32::from_le_bytes([t[4], t[5], t[6], t[7]]) != self.total {
            return Err(Bad(-3, "incorrect length check"));
        }
        Ok(true)
    }

    /// Reads from `input`, at most `max` bytes of output (none: all). Returns the bytes of the input that were used.
    fn run(&mut self, input: &[u8], out: &mut Vec<u8>, max: Option<usize>) -> Result<usize, Bad> {
        let mut at = self.debt.min(input.len());
        self.debt = 0;
        while !self.in_body {
            if self.header_done()? {
                self.in_body = true;
                break;
            }
            let Some(byte) = input.get(at) else { return Ok(at) };
            self.header.push(*byte);
            at += 1;
        }
        let mut piece = vec![0; 1 << 16];
        let start = out.len();
        while !self.body_ended {
            let room = max.map_or(piece.len(), |max| piece.len().min(max - (out.len() - start)));
            if room == 0 {
                if at == input.len() && at > 0 {
                    at -= 1;
                    self.debt = 1;
                }
                return Ok(at);
            }
            let step = inflate(&mut self.body, &input[at..], &mut piece[..room], MZFlush::None);
            at += step.bytes_consumed;
            let made = &piece[..step.bytes_written];
            if self.wrap == Wrap::Zlib {
                self.check = adler32(self.check, made);
            } else if self.wrap != Wrap::Raw {
                self.check = crc32(self.check, made);
            }
            self.total = self.total.wrapping_add(made.len() as u32);
            out.extend_from_slice(made);
            match step.status {
                Ok(MZStatus::StreamEnd) => self.body_ended = true,
                Ok(_) if step.bytes_consumed > 0 || step.bytes_written > 0 => {}
                Ok(_) | Err(MZError::Buf) => return Ok(at),
                Err(_) => {
                    let first = if self.total == 0 { input.get(at.saturating_sub(step.bytes_consumed)) } else { None };
                    return Err(Bad(-3, match first.map(|b| b >> 1 & 3) {
                        Some(3) => "invalid block type",
                        Some(0) => "invalid stored block lengths",
                        _ => "invalid distance too far back",
                    }));
                }
            }
        }
        while !self.eof {
            if self.check_trailer()? {
                self.eof = true;
                break;
            }
            let Some(byte) = input.get(at) else { break };
            self.trailer.push(*byte);
            at += 1;
        }
        Ok(at)
    }
}

/// A stream being written.
struct Deflate {
    wrap: Wrap,
    body: Box<CompressorOxide>,
    header: Vec<u8>,
    check: u32,
    total: u32,
    finished: bool,
}

impl Deflate {
    fn new(level: i64, wrap: Wrap, strategy: i64, dictionary: &[u8]) -> Deflate {
        let flags = create_comp_flags_from_zip_params(level as i32, -15, strategy as i32);
        let mut deflate = Deflate { wrap, body: Box::new(CompressorOxide::new(flags)), header: Vec::new(), check: 0, total: 0, finished: false };
        if !dictionary.is_empty() {
            let mut sink = Vec::new();
            deflate.body_step(dictionary, TDEFLFlush::Sync, &mut sink);
        }
        match wrap {
            Wrap::Zlib => {
                let kind = match level {
                    0 | 1 => 0,
                    2..=5 => 1,
                    -1 | 6 => 2,
                    _ => 3,
                };
                let mut second = kind << 6 | if dictionary.is_empty() { 0 } else { 0x20 };
                second += 31 - (0x78 * 256 + second) % 31;
                deflate.header.extend([0x78, second as u8]);
                if !dictionary.is_empty() {
                    deflate.header.extend(adler32(1, dictionary).to_be_bytes());
                }
                deflate.check = 1;
            }
            Wrap::Gzip => {
                let speed = match level {
                    9 => 2,
                    1 => 4,
                    _ => 0,
                };
                deflate.header.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, speed, 3]);
            }
            _ => {}
        }
        deflate
    }

    fn body_step(&mut self, data: &[u8], flush: TDEFLFlush, out: &mut Vec<u8>) {
        let mut piece = vec![0; 1 << 16];
        let mut at = 0;
        loop {
            let (status, consumed, written) = compress(&mut self.body, &data[at..], &mut piece, flush);
            at += consumed;
            out.extend_from_slice(&piece[..written]);
            if status != TDEFLStatus::Okay || written < piece.len() && at == data.len() {
                return;
            }
        }
    }

    fn run(&mut self, data: &[u8], flush: TDEFLFlush, out: &mut Vec<u8>) {
        out.append(&mut self.header);
        if self.wrap == Wrap::Zlib {
            self.check = adler32(self.check, data);
        } else if self.wrap == Wrap::Gzip {
            self.check = crc32(self.check, data);
        }
        self.total = self.total.wrapping_add(data.len() as u32);
        self.body_step(data, flush, out);
        if flush == TDEFLFlush::Finish {
            self.finished = true;
            match self.wrap {
                Wrap::Zlib => out.extend(self.check.to_be_bytes()),
                Wrap::Gzip => {
                    out.extend(self.check.to_le_bytes());
                    out.extend(self.total.to_le_bytes());
                }
                _ => {}
            }
        }
    }
}

/// A compressor.
#[repr(C)]
pub struct CompressObject {
    header: Header,
    stream: RefCell<Deflate>,
}

/// A decompressor of `decompressobj`.
#[repr(C)]
pub struct DecompressObject {
    header: Header,
    stream: RefCell<Inflate>,
    unused: Slot,
    left: Slot,
}

/// A decompressor that keeps what it has not used.
#[repr(C)]
pub struct ZlibDecompressor {
    header: Header,
    stream: RefCell<Inflate>,
    waiting: RefCell<Vec<u8>>,
    unused: Slot,
    needs_input: Cell<bool>,
}

object_type!(CompressObject, COMPRESS);
object_type!(DecompressObject, DECOMPRESS);
object_type!(ZlibDecompressor, ZLIB_DECOMPRESSOR);

/// `zlib.Compress`.
pub static COMPRESS: Type =
    Type::builtin::<CompressObject>("Compress", "zlib", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, Slots::NONE, Some(&COMPRESSOBJECT_DECL));
/// `zlib.Decompress`.
pub static DECOMPRESS: Type =
    Type::builtin::<DecompressObject>("Decompress", "zlib", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, Slots::NONE, Some(&DECOMPRESSOBJECT_DECL));
/// `zlib._ZlibDecompressor`.
pub static ZLIB_DECOMPRESSOR: Type = Type::builtin::<ZlibDecompressor>(
    "_ZlibDecompressor",
    "zlib",
    Some(&dxpyc_objects::object::OBJECT),
    0,
    Slots { new: Some(new_decompressor), ..Slots::NONE },
    Some(&ZLIBDECOMPRESSOR_DECL),
);

fn bad(Bad(code, message): Bad, what: &str) -> Raised {
    let what = if message == "invalid input data" { "while setting zdict" } else { what };
    ERROR.raise(if message.is_empty() { format!("Error {code} {what}") } else { format!("Error {code} {what}: {message}") })
}

fn made(data: &[u8]) -> R<Ref> {
    bytes::try_from_slice(&bytes::BYTES, data)
}

const READING: &str = "while decompressing data";

#[native_class(doc = "")]
impl CompressObject {
    /// Returns a bytes object containing compressed data.
    #[native("($self, data, /)")]
    fn compress(&self, data: Value) -> R<Ref> {
        let data = buffer::to_vec(data)?;
        let mut stream = self.stream.borrow_mut();
        if stream.finished {
            return Err(bad(Bad(-2, "inconsistent stream state"), "while compressing data"));
        }
        let mut out = Vec::new();
        stream.run(&data, TDEFLFlush::None, &mut out);
        made(&out)
    }
    /// Return a bytes object containing any remaining compressed data.
    #[native("($self, mode=4, /)")]
    fn flush(&self, mode: i64) -> R<Ref> {
        let mut stream = self.stream.borrow_mut();
        let flush = match mode {
            0 => return made(&[]),
            1 | 2 | 5 => TDEFLFlush::Sync,
            3 => TDEFLFlush::Full,
            4 => TDEFLFlush::Finish,
            _ => return Err(bad(Bad(-2, "inconsistent stream state"), "while flushing")),
        };
        if stream.finished {
            return Err(bad(Bad(-2, "inconsistent stream state"), "while flushing"));
        }
        let mut out = Vec::new();
        stream.run(&[], flush, &mut out);
        made(&out)
    }
    /// Return a copy of the compression object: not supported.
    #[native]
    fn copy(&self) -> R<Ref> {
        if self.stream.borrow().finished {
            return Err(value_error("Inconsistent stream state"));
        }
        Err(not_implemented_error("copies of zlib compression objects are not supported"))
    }
}

fn limit(max_length: i64) -> Option<usize> {
    (max_length > 0).then_some(max_length as usize)
}

impl DecompressObject {
    fn step(&self, data: &[u8], max: Option<usize>) -> R<Vec<u8>> {
        let mut out = Vec::new();
        let mut stream = self.stream.borrow_mut();
        if stream.eof {
            self.add_unused(data);
            return Ok(out);
        }
        let used = stream.run(data, &mut out, max).map_err(|e| bad(e, READING))?;
        if stream.eof {
            self.add_unused(&data[used..]);
            self.left.set(Ref::new(bytes::empty()));
        } else {
            self.left.set(bytes::from_slice(&data[used..]));
        }
        Ok(out)
    }
    fn add_unused(&self, data: &[u8]) {
        if !data.is_empty() {
            let mut all = bytes::as_slice(self.unused.get()).unwrap_or_default().to_vec();
            all.extend_from_slice(data);
            self.unused.set(bytes::from_slice(&all));
        }
    }
}

#[native_class(doc = "")]
impl DecompressObject {
    /// Return a bytes object containing the decompressed version of the data.
    #[native("($self, data, /, max_length=0)")]
    fn decompress(&self, data: Value, max_length: i64) -> R<Ref> {
        if max_length < 0 {
            return Err(value_error("max_length must be non-negative"));
        }
        made(&self.step(&buffer::to_vec(data)?, limit(max_length))?)
    }
    /// Return a bytes object containing any remaining decompressed data.
    #[native("($self, length=16384, /)")]
    fn flush(&self, length: i64) -> R<Ref> {
        if length <= 0 {
            return Err(value_error("length must be greater than zero"));
        }
        if self.stream.borrow().eof {
            return made(&[]);
        }
        let left = bytes::as_slice(self.left.get()).unwrap_or_default().to_vec();
        made(&self.step(&left, None)?)
    }
    /// Return a copy of the decompression object.
    #[native]
    fn copy(&self) -> R<Ref> {
        let stream = RefCell::new(self.stream.borrow().clone());
        let slot = |s: &Slot| s.cloned().map_or_else(Slot::empty, Slot::new);
        Ok(new_object(DecompressObject { header: cast::fresh_header(), stream, unused: slot(&self.unused), left: slot(&self.left) }))
    }
    #[getter]
    fn unused_data(&self) -> R<Ref> {
        Ok(self.unused.cloned().unwrap_or(Ref::none()))
    }
    #[getter]
    fn unconsumed_tail(&self) -> R<Ref> {
        Ok(self.left.cloned().unwrap_or(Ref::none()))
    }
    #[getter]
    fn eof(&self) -> bool {
        self.stream.borrow().eof
    }
}

fn dictionary(v: Option<Value>) -> R<Vec<u8>> {
    match v {
        Some(v) if !v.is_none() => {
            if !buffer::is_bytes_like(v) {
                return Err(type_error("zdict argument must support the buffer protocol"));
            }
            buffer::to_vec(v)
        }
        _ => Ok(Vec::new()),
    }
}

fn new_decompressor(class: &'static Type, args: &Args) -> R<Ref> {
    let mut out = [Value::MISSING; 2];
    dxpyc_objects::unpack::unpack(args, "_ZlibDecompressor", &["wbits", "zdict"], 0, &mut out)?;
    let wbits = if out[0].is_missing() { 15 } else { int::index_i64(out[0])? };
    let wrap = Wrap::of(wbits, true).ok_or_else(|| value_error("Invalid initialization option"))?;
    let zdict = dictionary(Some(out[1]).filter(|v| !v.is_missing()))?;
    Ok(cast::new_object_of(class, ZlibDecompressor {
        header: cast::fresh_header(),
        stream: RefCell::new(Inflate::new(wrap, zdict)),
        waiting: RefCell::new(Vec::new()),
        unused: Slot::new(Ref::new(bytes::empty())),
        needs_input: Cell::new(true),
    }))
}

#[native_class(doc = "Create a decompressor object for decompressing data incrementally.")]
impl ZlibDecompressor {
    /// Decompress *data*, returning uncompressed data as bytes.
    #[native("($self, /, data, max_length=-1)")]
    fn decompress(&self, data: Value, max_length: i64) -> R<Ref> {
        let mut stream = self.stream.borrow_mut();
        if stream.eof {
            return Err(eof_error("End of stream already reached"));
        }
        let mut input = self.waiting.take();
        buffer::with_bytes(data, |b| {
            input.extend_from_slice(b);
            Ok(())
        })?;
        let mut out = Vec::new();
        let max = if max_length < 0 { None } else { Some(max_length as usize) };
        let used = stream.run(&input, &mut out, max).map_err(|e| bad(e, READING))?;
        if stream.eof {
            self.unused.set(bytes::from_slice(&input[used..]));
            self.needs_input.set(false);
        } else {
            input.drain(..used);
            self.needs_input.set(input.is_empty());
            *self.waiting.borrow_mut() = input;
        }
        made(&out)
    }
    #[getter]
    fn eof(&self) -> bool {
        self.stream.borrow().eof
    }
    #[getter]
    fn unused_data(&self) -> R<Ref> {
        Ok(self.unused.cloned().unwrap_or(Ref::none()))
    }
    #[getter]
    fn needs_input(&self) -> bool {
        self.needs_input.get()
    }
}

fn init(module: Value) -> R<()> {
    ERROR.define(module, "zlib", "error", &[&dxpyc_objects::exceptions::EXCEPTION])?;
    for (name, value) in [
        ("MAX_WBITS", 15), ("DEFLATED", 8), ("DEF_MEM_LEVEL", 8), ("DEF_BUF_SIZE", 16384), ("Z_NO_COMPRESSION", 0), ("Z_BEST_SPEED", 1), ("Z_BEST_COMPRESSION", 9),
        ("Z_DEFAULT_COMPRESSION", -1), ("Z_FILTERED", 1), ("Z_HUFFMAN_ONLY", 2), ("Z_RLE", 3), ("Z_FIXED", 4), ("Z_DEFAULT_STRATEGY", 0), ("Z_NO_FLUSH", 0),
        ("Z_PARTIAL_FLUSH", 1), ("Z_SYNC_FLUSH", 2), ("Z_FULL_FLUSH", 3), ("Z_FINISH", 4), ("Z_BLOCK", 5), ("Z_TREES", 6),
    ] {
        dict::set_str(module, name, int::from_i64(value));
    }
    for name in ["ZLIB_VERSION", "ZLIB_RUNTIME_VERSION"] {
        dict::set_str(module, name, str::from_str("1.3.1"));
    }
    dict::set_str(module, "_ZlibDecompressor", Ref::new(ZLIB_DECOMPRESSOR.v()));
    Ok(())
}

/// The functions in this module allow compression and decompression using the zlib library.
#[native_module(name = "zlib", init = super::init)]
pub mod module {
    use super::*;

    /// Compute an Adler-32 checksum of data.
    #[native("($module, data, value=1, /)")]
    fn adler32(data: Value, value: Value) -> R<i64> {
        let start = low_bits(value)?;
        buffer::with_bytes(data, |b| Ok(super::adler32(start, b) as i64))
    }
    /// Compute a CRC-32 checksum of data.
    #[native("($module, data, value=0, /)")]
    fn crc32(data: Value, value: Value) -> R<i64> {
        let start = low_bits(value)?;
        buffer::with_bytes(data, |b| Ok(crate::binascii::crc32(start, b) as i64))
    }
    /// Returns a bytes object containing compressed data.
    #[native("($module, data, /, level=-1, wbits=15)")]
    fn compress(data: Value, level: i64, wbits: i64) -> R<Ref> {
        let data = buffer::to_vec(data)?;
        let wrap = Wrap::of(wbits, false).filter(|_| (-1..=9).contains(&level)).ok_or_else(|| ERROR.raise("Bad compression level"))?;
        let mut out = Vec::new();
        Deflate::new(level, wrap, 0, &[]).run(&data, TDEFLFlush::Finish, &mut out);
        made(&out)
    }
    /// Return a compressor object.
    #[native("($module, /, level=-1, method=8, wbits=15, memLevel=8, strategy=0, zdict=None)")]
    fn compressobj(level: i64, method: i64, wbits: i64, mem_level: i64, strategy: i64, zdict: Value) -> R<Ref> {
        if !zdict.is_none() && !buffer::is_bytes_like(zdict) {
            return Err(type_error(format!("a bytes-like object is required, not '{}'", dxpyc_objects::type_object::display_name(zdict))));
        }
        let fine = (-1..=9).contains(&level) && method == 8 && (1..=9).contains(&mem_level) && (0..=4).contains(&strategy);
        let wrap = Wrap::of(wbits, false).filter(|_| fine).ok_or_else(|| value_error("Invalid initialization option"))?;
        let dictionary = dictionary(Some(zdict))?;
        let stream = RefCell::new(Deflate::new(level, wrap, strategy, &dictionary));
        Ok(new_object(CompressObject { header: cast::fresh_header(), stream }))
    }
    /// Returns a bytes object containing the uncompressed data.
    #[native("($module, data, /, wbits=15, bufsize=16384)")]
    fn decompress(data: Value, wbits: i64, bufsize: i64) -> R<Ref> {
        let data = buffer::to_vec(data)?;
        if bufsize < 0 {
            return Err(value_error("bufsize must be non-negative"));
        }
        let wrap = Wrap::of(wbits, true).ok_or_else(|| bad(Bad(-2, "inconsistent stream state"), "while preparing to decompress data"))?;
        let mut stream = Inflate::new(wrap, Vec::new());
        let mut out = Vec::new();
        stream.run(&data, &mut out, None).map_err(|e| bad(e, READING))?;
        if !stream.eof {
            return Err(bad(Bad(-5, "incomplete or truncated stream"), READING));
        }
        made(&out)
    }
    /// Return a decompressor object.
    #[native("($module, /, wbits=15, zdict=b'')")]
    fn decompressobj(wbits: i64, zdict: Option<Value>) -> R<Ref> {
        let wrap = Wrap::of(wbits, true).ok_or_else(|| value_error("Invalid initialization option"))?;
        let stream = RefCell::new(Inflate::new(wrap, dictionary(zdict)?));
        let empty = || Slot::new(Ref::new(bytes::empty()));
        Ok(new_object(DecompressObject { header: cast::fresh_header(), stream, unused: empty(), left: empty() }))
    }
}
