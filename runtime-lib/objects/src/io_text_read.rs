//! Reading of text files: chunks, lines, translation of line ends, positions.

use crate::codecs::Codec;
use crate::codecs_decode::Decoder;
use crate::codecs_errors::Handler;
use crate::io_errors::unsupported;
use crate::io_text::{CHUNK, TextIo, plain_buffer};
use crate::names;
use crate::prelude::*;
use crate::str::{self, Builder, Data};
use crate::str_search as search;

/// Line-end translation of one decoded piece.
struct Newlines {
    held_cr: bool,
    seen: u8,
}

impl Newlines {
    /// Holds back a `\r` at the end unless the piece is the last; translates when asked to.
    fn run(&mut self, piece: Ref, last: bool, translate: bool) -> R<Ref> {
        let mut text = piece;
        if self.held_cr && (last || str::object(text.v()).len > 0) {
            self.held_cr = false;
            text = str::concat(str::latin1_char(13), text.v())?;
        }
        let view = str::view(text.v());
        let n = view.len();
        if !last && n > 0 && view.get(n - 1) == 13 {
            self.held_cr = true;
            text = str::substring(text.v(), 0, n - 1);
        }
        let data = str::view(text.v()).data();
        let has_cr = search::find_data(data, Data::One(b"\r")).is_some();
        if !has_cr {
            if self.seen & 2 == 0 && search::find_data(data, Data::One(b"\n")).is_some() {
                self.seen |= 2;
            }
            return Ok(text);
        }
        let mut out = Builder::with_capacity(data.len());
        let mut chars = str::view(text.v()).chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                13 => {
                    let pair = chars.peek() == Some(&10);
                    self.seen |= if pair { 4 } else { 1 };
                    if pair {
                        chars.next();
                    }
                    out.push_char(10);
                }
                10 => {
                    self.seen |= 2;
                    out.push_char(10);
                }
                c => out.push_char(c),
            }
        }
        Ok(if translate { out.finish() } else { text })
    }
}

impl TextIo {
    fn check_readable(&self) -> R<Ref> {
        self.check()?;
        let buffer = self.buffer()?;
        let readable = match plain_buffer(buffer.v()) {
            Some(b) => b.readable.get(),
            None => crate::ops::truth(crate::call::call_method(buffer.v(), "readable", &[])?.v())?,
        };
        if !readable {
            return Err(unsupported("not readable"));
        }
        self.flush_text()?;
        Ok(buffer)
    }

    /// Decodes bytes as the next piece of the text.
    fn decode(&self, bytes: &[u8], last: bool) -> R<Ref> {
        let s = self.state();
        s.has_read = true;
        let mut decoder = std::mem::replace(&mut s.decoder, Decoder::new(s.codec));
        let mut handler = std::mem::replace(&mut s.handler, Handler::Strict);
        let mut out = Builder::with_capacity(bytes.len());
        let result = decoder.decode(bytes, last, &mut handler, &mut out);
        let s = self.state();
        s.decoder = decoder;
        s.handler = handler;
        result?;
        let text = out.finish();
        if !s.universal {
            return Ok(text);
        }
        let mut newlines = Newlines { held_cr: s.held_cr, seen: s.seen };
        let text = newlines.run(text, last, s.translate)?;
        s.held_cr = newlines.held_cr;
        s.seen = newlines.seen;
        Ok(text)
    }

    /// Reads and decodes the next chunk; false at the end of the file.
    fn read_chunk(&self) -> R<bool> {
        let buffer = self.buffer()?;
        let mut bytes = Vec::new();
        match plain_buffer(buffer.v()) {
            Some(b) => b.read_some(CHUNK as i64, &mut bytes)?,
            None => {
                let has_read1 = crate::ops::getattr_opt(buffer.v(), "read1")?;
                let n = [Value::from_small_int(CHUNK as i64)];
                let got = match has_read1 {
                    Some(f) => crate::call::call1(f.v(), n[0])?,
                    None => crate::call::call_method_value(buffer.v(), names::READ(), &n)?,
                };
                if !crate::buffer::is_bytes_like(got.v()) {
                    return Err(type_error(format!(
                        "underlying read1() should have returned a bytes-like object, not '{}'",
                        crate::type_object::display_name(got.v())
                    )));
                }
                bytes = crate::buffer::to_vec(got.v())?;
            }
        }
        let s = self.state();
        s.before = s.decoder.pending.clone();
        s.before_start = s.decoder.at_start();
        s.before_cr = s.held_cr;
        let last = bytes.is_empty();
        let text = self.decode(&bytes, last)?;
        self.state().chunk = bytes;
        let got_text = str::object(text.v()).len > 0;
        self.decoded.set(text);
        self.at.set(0);
        Ok(!last || got_text)
    }

    /// What is left of the chunk's text.
    fn rest(&self) -> Option<(Ref, usize)> {
        let text = self.decoded.cloned()?;
        let at = self.at.get();
        if at < str::object(text.v()).len { Some((text, at)) } else { None }
    }

    /// `readline(limit)`
    pub fn read_line(&self, limit: i64) -> R<Ref> {
        self.check_readable()?;
        let mut line: Option<Builder> = None;
        let mut left = if limit < 0 { usize::MAX } else { limit as usize };
        // `\r\n` as the only line end may be split between chunks.
        let mut carry: Option<Ref> = None;
        loop {
            let Some((mut text, mut at)) = self.rest() else {
                if self.read_chunk()? {
                    continue;
                }
                if let Some(c) = carry {
                    line.get_or_insert_with(Builder::new).push_value(c.v());
                }
                return Ok(match line {
                    Some(l) => l.finish(),
                    None => Ref::from_owned(str::empty()),
                });
            };
            if let Some(c) = carry.take() {
                // Rare: join the kept piece with the new chunk.
                let tail = str::substring(text.v(), at, str::object(text.v()).len);
                text = str::concat(c.v(), tail.v())?;
                at = 0;
                self.decoded.set(text.clone());
                self.at.set(0);
            }
            let data = str::view(text.v()).data();
            let found = self.line_end(data, at);
            let len = data.len();
            let end = found.unwrap_or(len);
            let n = (end - at).min(left);
            let ends_here = found.is_some() || n == left;
            if found.is_none() && n < left && self.state().read_end == "\r\n" && !self.state().universal && len > at && data.get(len - 1) == 13 {
                // Keep the `\r` for the next chunk.
                if len - 1 > at {
                    line.get_or_insert_with(Builder::new).push_data(data.slice(at, len - 1));
                    left -= len - 1 - at;
                }
                carry = Some(str::from_char(13));
                self.at.set(len);
                continue;
            }
            self.at.set(at + n);
            if ends_here {
                return Ok(match line {
                    None => str::substring(text.v(), at, at + n),
                    Some(mut l) => {
                        l.push_data(data.slice(at, at + n));
                        l.finish()
                    }
                });
            }
            left -= n;
            line.get_or_insert_with(Builder::new).push_data(data.slice(at, at + n));
        }
    }

    /// Where the line that starts at `at` ends (behind its line end), if its end is in the data.
    fn line_end(&self, data: Data<'_>, at: usize) -> Option<usize> {
        let s = self.state();
        if s.universal && !s.translate {
            return crate::with_data!(data, d => d[at..].iter().position(|&u| is_end(u)).map(|i| {
                let i = at + i;
                if data.get(i) == 13 && i + 1 < data.len() && data.get(i + 1) == 10 { i + 2 } else { i + 1 }
            }));
        }
        let end = if s.translate { "\n" } else { s.read_end };
        let part = data.slice(at, data.len());
        search::find_data(part, Data::One(end.as_bytes())).map(|i| at + i + end.len())
    }

    /// `read(n)`
    pub fn read_text(&self, n: i64) -> R<Ref> {
        let buffer = self.check_readable()?;
        if n < 0 {
            let rest = self.rest();
            let mut bytes = Vec::new();
            match plain_buffer(buffer.v()) {
                Some(b) => {
                    b.read_all(&mut bytes)?;
                }
                None => {
                    let got = crate::call::call_method_value(buffer.v(), names::READ(), &[])?;
                    if got.is_none() {
                        return Err(type_error("can't concat NoneType to bytes"));
                    }
                    bytes = crate::buffer::to_vec(got.v())?;
                }
            }
            let text = self.decode(&bytes, true)?;
            self.forget_decoded();
            return match rest {
                Some((head, at)) => {
                    let head = str::substring(head.v(), at, str::object(head.v()).len);
                    str::concat(head.v(), text.v())
                }
                None => Ok(text),
            };
        }
        let n = n as usize;
        let mut out = Builder::new();
        while out.len() < n {
            let Some((text, at)) = self.rest() else {
                if self.read_chunk()? {
                    continue;
                }
                break;
            };
            let end = str::object(text.v()).len.min(at + (n - out.len()));
            self.at.set(end);
            if out.is_empty() && end - at == n {
                return Ok(str::substring(text.v(), at, end));
            }
            out.push_data(str::view(text.v()).data().slice(at, end));
        }
        Ok(out.finish())
    }

    /// `tell()`: the byte position of the next character.
    pub fn position(&self) -> R<i64> {
        if !self.seekable.get() {
            return Err(unsupported("underlying stream is not seekable"));
        }
        if !self.telling.get() {
            return Err(raise(&crate::exceptions::OS_ERROR, "telling position disabled by next() call"));
        }
        self.flush_all()?;
        let position = self.buffer_position()?;
        if self.decoded.is_empty() {
            return Ok(position);
        }
        let (chunk, before) = (self.state().chunk.clone(), self.state().before.clone());
        let start = position - chunk.len() as i64;
        let used = self.at.get();
        let s = self.state();
        let text = self.decoded.get();
        if used == str::object(text).len && s.decoder.pending.is_empty() && !s.held_cr {
            return Ok(position);
        }
        if used == 0 && before.is_empty() && !s.before_cr {
            return Ok(start);
        }
        if before.is_empty() && !s.before_cr && chunk.is_ascii() && (!s.universal || memchr::memchr(b'\r', &chunk).is_none()) && is_ascii_codec(s.codec) {
            return Ok(start + used as i64);
        }
        // Decode again, byte by byte, until the characters that were given out are there.
        let mut decoder = Decoder::new(s.codec);
        if !s.before_start {
            decoder.skip_mark();
        }
        decoder.pending = before.clone();
        let (universal, translate) = (s.universal, s.translate);
        let mut newlines = Newlines { held_cr: s.before_cr, seen: 0 };
        let mut count = 0;
        let mut safe = start - before.len() as i64;
        if used == 0 {
            return Ok(safe);
        }
        for (i, b) in chunk.iter().enumerate() {
            let mut out = Builder::new();
            decoder.decode(&[*b], false, &mut Handler::Replace, &mut out)?;
            let mut piece = out.finish();
            if universal {
                piece = newlines.run(piece, false, translate)?;
            }
            count += str::object(piece.v()).len;
            if decoder.pending.is_empty() && !newlines.held_cr {
                safe = start + i as i64 + 1;
            }
            if count >= used && decoder.pending.is_empty() {
                // A held `\r` belongs to the characters that come.
                return Ok(if newlines.held_cr { start + i as i64 } else { safe });
            }
        }
        Ok(position)
    }

    /// `seek(cookie, whence)`
    pub fn seek_to(&self, cookie: Value, whence: i64) -> R<Ref> {
        if !self.seekable.get() {
            return Err(unsupported("underlying stream is not seekable"));
        }
        let zero = || cookie.as_small_int() == Some(0);
        let target = match whence {
            1 => {
                if !zero() {
                    return Err(unsupported("can't do nonzero cur-relative seeks"));
                }
                self.flush_all()?;
                self.position()?
            }
            2 => {
                if !zero() {
                    return Err(unsupported("can't do nonzero end-relative seeks"));
                }
                self.flush_all()?;
                self.forget_decoded();
                self.reset_decoder(true);
                let end = self.buffer_seek(0, 2)?;
                if self.state().codec != Codec::Utf8 {
                    self.state().at_start = end == 0 && !crate::codecs_encode::mark(self.state().codec).is_empty();
                }
                return Ok(crate::int::from_i64(end));
            }
            0 => {
                if !crate::unpack::is_index(cookie) {
                    return Err(type_error(format!("'{}' object cannot be interpreted as an integer", crate::type_object::display_name(cookie))));
                }
                crate::int::index_i64(cookie)?
            }
            _ => return Err(value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        if target < 0 {
            return Err(value_error(format!("negative seek position {target}")));
        }
        self.flush_all()?;
        self.buffer_seek(target, 0)?;
        self.forget_decoded();
        self.reset_decoder(target == 0);
        self.state().at_start = target == 0 && !crate::codecs_encode::mark(self.state().codec).is_empty();
        Ok(crate::int::from_i64(target))
    }

    fn reset_decoder(&self, at_start: bool) {
        let s = self.state();
        s.decoder.reset();
        s.held_cr = false;
        if !at_start {
            s.decoder.skip_mark();
        }
    }

    fn buffer_seek(&self, offset: i64, whence: i64) -> R<i64> {
        let buffer = self.buffer()?;
        if let Some(b) = plain_buffer(buffer.v()) {
            return b.seek_to(offset, whence);
        }
        let (offset, whence) = (crate::int::from_i64(offset), crate::int::from_i64(whence));
        let at = crate::call::call_method_value(buffer.v(), names::SEEK(), &[offset.v(), whence.v()])?;
        crate::int::index_i64(at.v())
    }
}

fn is_end<T: str::Unit>(u: T) -> bool {
    u.cp() == 10 || u.cp() == 13
}

fn is_ascii_codec(codec: Codec) -> bool {
    matches!(codec, Codec::Utf8 | Codec::Utf8Sig | Codec::Ascii | Codec::Latin1 | Codec::Charmap(_))
}
