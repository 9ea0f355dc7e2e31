//! Bytes → `Module`. The bytes are not trusted: every offset, count and tag is checked before use, and nothing is allocated
//! that is larger than a constant times the file.

use crate::bytes::{Malformed, Reader, Result, slice, word};
use crate::format::{CONST_BYTES, FINGERPRINT, HASH_AT, HEADER_BYTES, MAGIC, N_SECTIONS, SECTION_NAMES, tag};
use crate::inst::{BlockId, ConstId, FuncId, Inst, NameId, Position};
use crate::module::{Block, Const, Function, FunctionFlags, ImportRef, Module};
use crate::opcode::{Opcode, Operand};

/// A DPB file that is read where it lies.
#[derive(Clone, Copy)]
pub struct File<'a> {
    sections: [&'a [u8]; N_SECTIONS],
    hash: [u8; 32],
}

impl<'a> File<'a> {
    /// Checks header, content hash and section bounds.
    pub fn open(bytes: &'a [u8]) -> Result<File<'a>> {
        let header = slice(bytes, 0, HEADER_BYTES, "header")?;
        if header[..4] != MAGIC {
            return Err(Malformed::new("wrong magic"));
        }
        if word(header, 4, "header")? != FINGERPRINT {
            return Err(Malformed::new("written with another opcode table"));
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(&header[HASH_AT..]);
        if blake3::hash(&bytes[HEADER_BYTES..]) != blake3::Hash::from_bytes(hash) {
            return Err(Malformed::new("content hash does not match"));
        }
        let mut ends = [bytes.len(); N_SECTIONS + 1];
        for (i, end) in ends[..N_SECTIONS].iter_mut().enumerate() {
            *end = word(header, 8 + 4 * i, "header")? as usize;
        }
        if ends[0] != HEADER_BYTES {
            return Err(Malformed::new("code does not follow the header"));
        }
        let mut sections = [&bytes[..0]; N_SECTIONS];
        for (i, section) in sections.iter_mut().enumerate() {
            *section = bytes.get(ends[i]..ends[i + 1]).ok_or_else(|| Malformed::new(format!("section {} out of bounds", SECTION_NAMES[i])))?;
        }
        Ok(File { sections, hash })
    }

    /// BLAKE3 of all bytes after the header.
    #[must_use]
    pub fn content_hash(&self) -> [u8; 32] {
        self.hash
    }

    /// Number of names.
    pub fn n_names(&self) -> Result<usize> {
        let section = self.sections[2];
        let count = word(section, 0, "names")? as usize;
        slice(section, 4, count.saturating_add(1).saturating_mul(4), "names")?;
        Ok(count)
    }

    /// A name, in constant time.
    pub fn name(&self, id: NameId) -> Result<&'a str> {
        let section = self.sections[2];
        if id.index() >= self.n_names()? {
            return Err(Malformed::new(format!("no name {id}")));
        }
        let start = word(section, 4 + 4 * id.index(), "names")? as usize;
        let end = word(section, 8 + 4 * id.index(), "names")? as usize;
        let bytes = section.get(start..end).ok_or_else(|| Malformed::new(format!("name {id} out of bounds")))?;
        std::str::from_utf8(bytes).map_err(|_| Malformed::new(format!("name {id} is not UTF-8")))
    }

    /// Number of constants.
    pub fn n_constants(&self) -> Result<usize> {
        let section = self.sections[1];
        let count = word(section, 0, "constants")? as usize;
        slice(section, 8, count.saturating_mul(CONST_BYTES), "constants")?;
        Ok(count)
    }

    /// A constant, in time linear in its own size.
    pub fn constant(&self, id: ConstId) -> Result<Const> {
        let section = self.sections[1];
        if id.index() >= self.n_constants()? {
            return Err(Malformed::new(format!("no constant {id}")));
        }
        let at = 8 + CONST_BYTES * id.index();
        let tag = word(section, at, "constants")?;
        let len = word(section, at + 4, "constants")? as usize;
        let value = u64::from(word(section, at + 8, "constants")?) | u64::from(word(section, at + 12, "constants")?) << 32;
        let heap = |len: usize| {
            let start = usize::try_from(value).unwrap_or(usize::MAX);
            slice(section, start, len, "constant heap")
        };
        let items = || -> Result<Box<[ConstId]>> {
            let bytes = heap(len.saturating_mul(4))?;
            Ok(bytes.as_chunks::<4>().0.iter().map(|&item| ConstId(u32::from_le_bytes(item))).collect())
        };
        Ok(match u8::try_from(tag).unwrap_or(u8::MAX) {
            tag::NONE => Const::None,
            tag::TRUE => Const::True,
            tag::FALSE => Const::False,
            tag::ELLIPSIS => Const::Ellipsis,
            tag::INT => Const::Int(value.cast_signed()),
            tag::FLOAT => Const::Float(value),
            tag::COMPLEX => {
                let (parts, _) = heap(16)?.as_chunks::<8>();
                Const::Complex(u64::from_le_bytes(parts[0]), u64::from_le_bytes(parts[1]))
            }
            tag::BIG_INT => Const::BigInt(heap(len)?.into()),
            tag::STR => Const::Str(heap(len)?.into()),
            tag::BYTES => Const::Bytes(heap(len)?.into()),
            tag::TUPLE => Const::Tuple(items()?),
            tag::FROZEN_SET => Const::FrozenSet(items()?),
            _ => return Err(Malformed::new(format!("constant {id} has no known kind"))),
        })
    }

    /// Decodes everything. The module is not verified yet.
    pub fn module(&self) -> Result<Module> {
        let mut reader = Reader::new(self.sections[3], "symbols");
        let mut module = Module { name: text(&mut reader)?, file: text(&mut reader)?, ..Module::default() };
        module.source_hash.copy_from_slice(reader.bytes(32)?);
        module.future = reader.u32()?;
        // Functions follow each other without gap or overlap, so that the work is linear in the file.
        let mut code = Reader::new(self.sections[0], "code");
        let mut debug = Reader::new(self.sections[5], "debug");
        for _ in 0..reader.count()? {
            module.functions.push(self.function(&mut reader, &mut code, &mut debug)?);
        }
        for _ in 0..reader.count()? {
            let (module_name, level, names) = (NameId(reader.u32()?), reader.u32()?, name_list(&mut reader)?);
            let position = position(&mut reader, &mut 0)?;
            module.imports.push(ImportRef { module: module_name, level, names, position });
        }
        let mut heap_used = 0_usize;
        for i in 0..self.n_constants()? {
            let constant = self.constant(ConstId(i as u32))?;
            heap_used += heap_bytes(&constant);
            // Entries may overlap in the heap; together they must not claim more than there is.
            if heap_used > self.sections[1].len() {
                return Err(Malformed::new("constants overlap"));
            }
            module.constants.push(constant);
        }
        let mut text_used = 0_usize;
        for i in 0..self.n_names()? {
            let name = self.name(NameId(i as u32))?;
            text_used += name.len();
            if text_used > self.sections[2].len() {
                return Err(Malformed::new("names overlap"));
            }
            module.names.push(name.to_owned());
        }
        Ok(module)
    }

    fn function(&self, reader: &mut Reader<'_>, code: &mut Reader<'_>, debug: &mut Reader<'_>) -> Result<Function> {
        let code_at = reader.u32()? as usize;
        let debug_at = reader.u32()? as usize;
        let follows = code_at + code.remaining() == self.sections[0].len() && debug_at + debug.remaining() == self.sections[5].len();
        if !follows {
            return Err(Malformed::new("a function does not follow the one before"));
        }
        let mut function = Function {
            name: NameId(reader.u32()?),
            qualname: NameId(reader.u32()?),
            parent: reader.u32()?.checked_sub(1).map(FuncId),
            flags: FunctionFlags(reader.u32()?),
            n_posonly: reader.u32()?,
            n_args: reader.u32()?,
            n_kwonly: reader.u32()?,
            n_registers: reader.u32()?,
            docstring: reader.u32()?.checked_sub(1).map(ConstId),
            first_line: reader.u32()?,
            varnames: name_list(reader)?,
            cellvars: name_list(reader)?,
            freevars: name_list(reader)?,
            blocks: Vec::new(),
        };
        let n_blocks = reader.u32()?;
        let mut last_line = function.first_line;
        let mut words = Vec::new();
        for _ in 0..n_blocks {
            let handler = code.u32()?.checked_sub(1).map(BlockId);
            let mut insts = Vec::new();
            for _ in 0..code.count()? {
                insts.push(inst(code, &mut words, position(debug, &mut last_line)?)?);
            }
            function.blocks.push(Block { handler, insts });
        }
        Ok(function)
    }
}

fn heap_bytes(constant: &Const) -> usize {
    match constant {
        Const::BigInt(bytes) | Const::Str(bytes) | Const::Bytes(bytes) => bytes.len(),
        Const::Tuple(items) | Const::FrozenSet(items) => 4 * items.len(),
        Const::Complex(..) => 16,
        _ => 0,
    }
}

fn inst(code: &mut Reader<'_>, words: &mut Vec<u32>, position: Position) -> Result<Inst> {
    let byte = code.byte()?;
    let opcode = Opcode::from_code(byte).ok_or_else(|| Malformed::new(format!("unknown opcode {byte:#04x}")))?;
    words.clear();
    for (_, kind) in opcode.operands() {
        match kind {
            Operand::Uses | Operand::Maybes | Operand::Defs => {
                let count = code.count()?;
                words.push(count as u32);
                for _ in 0..count {
                    words.push(code.u32()?);
                }
            }
            Operand::OptUse => words.push(code.u32()?.wrapping_sub(1)),
            Operand::Int => words.push(code.i32()?.cast_unsigned()),
            _ => words.push(code.u32()?),
        }
    }
    Inst::from_words(opcode, words, position).ok_or_else(|| Malformed::new("operands do not fit"))
}

fn position(debug: &mut Reader<'_>, last_line: &mut u32) -> Result<Position> {
    let line = last_line.wrapping_add(debug.i32()?.cast_unsigned());
    let end_line = line.wrapping_add(debug.i32()?.cast_unsigned());
    let col = debug.u32()?;
    let end_col = col.wrapping_add(debug.i32()?.cast_unsigned());
    *last_line = line;
    Ok(Position { line, end_line, col, end_col })
}

fn text(reader: &mut Reader<'_>) -> Result<String> {
    let len = reader.count()?;
    let bytes = reader.bytes(len)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| Malformed::new("text is not UTF-8"))
}

fn name_list(reader: &mut Reader<'_>) -> Result<Vec<NameId>> {
    let count = reader.count()?;
    (0..count).map(|_| reader.u32().map(NameId)).collect()
}

/// Reads and verifies a file.
pub fn decode(bytes: &[u8]) -> Result<Module> {
    let module = File::open(bytes)?.module()?;
    crate::verify::verify(&module)?;
    Ok(module)
}
