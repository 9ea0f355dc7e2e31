//! `_io`: the classes and functions of `io`, and the decoder of line ends.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, dict, io, io_base, io_buffered, io_errors, io_file, io_memory, io_text, names, ops, str};

/// `_io.IncrementalNewlineDecoder`
#[repr(C)]
pub struct NewlineDecoder {
    header: Header,
    decoder: Slot,
    translate: Cell<bool>,
    held_cr: Cell<bool>,
    seen: Cell<u8>,
}

impl Visit for NewlineDecoder {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.decoder)
    }
    fn clear(&self) {
        drop(self.decoder.take())
    }
}

/// The type.
pub static NEWLINE_DECODER: Type = Type::builtin::<NewlineDecoder>(
    "IncrementalNewlineDecoder",
    "_io",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::BASE,
    Slots { new: Some(newline_new), ..Slots::NONE },
    Some(&NEWLINEDECODER_DECL),
)
.visited::<NewlineDecoder>();
object_type!(NewlineDecoder, NEWLINE_DECODER);

fn newline_new(class: &'static Type, args: &Args) -> R<Ref> {
    let mut out = [Value::MISSING; 3];
    dxpyc_objects::unpack::unpack(args, "IncrementalNewlineDecoder", &["decoder", "translate", "errors"], 2, &mut out)?;
    let translate = ops::truth(out[1])?;
    Ok(dxpyc_objects::cast::new_object_of(
        class,
        NewlineDecoder {
            header: dxpyc_objects::cast::fresh_header(),
            decoder: Slot::new(Ref::new(out[0])),
            translate: Cell::new(translate),
            held_cr: Cell::new(false),
            seen: Cell::new(0),
        },
    ))
}

#[native_class(doc = "Codec used when reading a file in universal newlines mode.")]
impl NewlineDecoder {
    #[native("($self, /, input, final=False)")]
    fn decode(&self, input: Value, last: bool) -> R<Ref> {
        let decoder = self.decoder.cloned().unwrap_or(Ref::none());
        let mut text = if decoder.is_none() {
            Ref::new(input)
        } else {
            call::call_method_value(decoder.v(), names::DECODE(), &[input, Value::from_bool(last)])?
        };
        if !str::is_str(text.v()) {
            return Err(type_error(format!("decoder should return a string result, not '{}'", dxpyc_objects::type_object::display_name(text.v()))));
        }
        if self.held_cr.get() && (last || !str::view(text.v()).is_empty()) {
            self.held_cr.set(false);
            text = str::concat(str::latin1_char(13), text.v())?;
        }
        let n = str::view(text.v()).len();
        if !last && n > 0 && str::view(text.v()).get(n - 1) == 13 {
            self.held_cr.set(true);
            text = str::substring(text.v(), 0, n - 1);
        }
        let mut out = str::Builder::new();
        let mut chars = str::view(text.v()).chars().peekable();
        while let Some(c) = chars.next() {
            let bit = match c {
                13 if chars.peek() == Some(&10) => {
                    chars.next();
                    4
                }
                13 => 1,
                10 => 2,
                c => {
                    out.push_char(c);
                    continue;
                }
            };
            self.seen.set(self.seen.get() | bit);
            out.push_char(10);
        }
        Ok(if self.translate.get() { out.finish() } else { text })
    }
    #[native]
    fn reset(&self) -> R<()> {
        self.held_cr.set(false);
        self.seen.set(0);
        match self.decoder.cloned().filter(|d| !d.is_none()) {
            Some(d) => call::call_method_value(d.v(), names::RESET(), &[]).map(drop),
            None => Ok(()),
        }
    }
    #[getter]
    fn newlines(&self) -> R<Ref> {
        Ok(io_memory::seen_newlines(self.seen.get()))
    }
}

fn init(names: Value) -> R<()> {
    let classes: [&'static Type; 13] = [
        &io_base::IO_BASE,
        &io_base::RAW_IO_BASE,
        &io_base::BUFFERED_IO_BASE,
        &io_base::TEXT_IO_BASE,
        &io_file::FILE_IO,
        &io_memory::BYTES_IO,
        &io_memory::STRING_IO,
        &io_buffered::BUFFERED_READER,
        &io_buffered::BUFFERED_WRITER,
        &io_buffered::BUFFERED_RANDOM,
        &io_text::TEXT_IO,
        &NEWLINE_DECODER,
        &dxpyc_objects::exceptions::BLOCKING_IO_ERROR,
    ];
    for class in classes {
        dict::set_str(names, class.static_name, Ref::new(class.v()));
    }
    dict::set_str(names, "UnsupportedOperation", Ref::new(io_errors::unsupported_class().v()));
    dict::set_str(names, "DEFAULT_BUFFER_SIZE", dxpyc_objects::int::from_i64(io::BUFFER_SIZE as i64));
    // A pair of a reader and a writer is rare enough to be told only when it is made.
    dict::set_str(names, "BufferedRWPair", Ref::new(PAIR.v()));
    Ok(())
}

/// `_io.BufferedRWPair`
#[repr(C)]
pub struct Pair {
    base: io_base::IoBase,
    reader: Slot,
    writer: Slot,
}

impl Visit for Pair {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.reader);
        v.slot(&self.writer);
    }
    fn clear(&self) {
        drop(self.reader.take());
        drop(self.writer.take());
    }
}

/// The type.
pub static PAIR: Type = Type::builtin::<Pair>(
    "BufferedRWPair",
    "_io",
    Some(&io_base::BUFFERED_IO_BASE),
    io_base::FLAGS,
    Slots { new: Some(pair_new), ..Slots::NONE },
    Some(&PAIR_DECL),
)
.visited::<Pair>();
object_type!(Pair, PAIR);

fn pair_new(class: &'static Type, args: &Args) -> R<Ref> {
    let mut out = [Value::MISSING; 3];
    dxpyc_objects::unpack::unpack(args, "BufferedRWPair", &["reader", "writer", "buffer_size"], 2, &mut out)?;
    call::call_method(out[0], "_checkReadable", &[])?;
    call::call_method(out[1], "_checkWritable", &[])?;
    let size = if out[2].is_missing() { io::BUFFER_SIZE } else { dxpyc_objects::int::index_i64(out[2])?.max(1) as usize };
    let reader = io_buffered::over(&io_buffered::BUFFERED_READER, Ref::new(out[0]), size);
    let writer = io_buffered::over(&io_buffered::BUFFERED_WRITER, Ref::new(out[1]), size);
    Ok(dxpyc_objects::cast::new_object_of(
        class,
        Pair { base: io_base::IoBase::new(), reader: Slot::new(reader), writer: Slot::new(writer) },
    ))
}

macro_rules! forward {
    ($($name:ident $text:literal $side:ident;)*) => {
        #[native_class(doc = "A buffered reader and writer object together.")]
        impl Pair {
            $(#[native(raw, name = $text)]
            fn $name(&self, args: &Args) -> R<Ref> {
                let method = ops::getattr_str(self.$side.get(), $text)?;
                call::call(method.v(), args)
            })*
            #[native]
            fn close(&self) -> R<()> {
                let written = call::call_method_value(self.writer.get(), names::CLOSE(), &[]);
                call::call_method_value(self.reader.get(), names::CLOSE(), &[])?;
                written.map(drop)
            }
            #[getter]
            fn closed(&self) -> R<Ref> {
                ops::getattr(self.writer.get(), names::CLOSED())
            }
        }
    };
}
forward! {
    read "read" reader; read1 "read1" reader; peek "peek" reader; readinto "readinto" reader; readinto1 "readinto1" reader; readable "readable" reader;
    write "write" writer; flush "flush" writer; writable "writable" writer; isatty "isatty" writer;
}

/// The io module provides the Python interfaces to stream handling.
#[native_module(name = "_io", init = super::init)]
pub mod module {
    use super::*;

    /// Open file and return a stream.  Raise OSError upon failure.
    #[native("($module, /, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)", raw)]
    fn open(args: &Args) -> R<Ref> {
        io::open(args)
    }
    /// Opens the provided file with the intent to import the contents.
    #[native("($module, /, path)")]
    fn open_code(path: Value) -> R<Ref> {
        if !str::is_str(path) {
            return Err(type_error(format!("open_code() argument 'path' must be str, not {}", dxpyc_objects::unpack::not_name(path))));
        }
        let mode = str::from_str("rb");
        io::open(&Args::positional(&[path, mode.v()]))
    }
    /// A helper function to choose the text encoding.
    #[native("($module, encoding, stacklevel=2, /)")]
    fn text_encoding(encoding: Value, _stacklevel: Option<Value>) -> R<Ref> {
        Ok(if encoding.is_none() { str::from_str("locale") } else { Ref::new(encoding) })
    }
}
