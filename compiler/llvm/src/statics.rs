//! Everything static in a program: constants as immortal objects, code records, positions, modules.
//!
//! First [`UnitConsts::of`] names each constant of a unit (by a hash of its content) and decides how code refers to it; then
//! [`UnitStatics::of`] makes the bytes that the unit puts into the program, which can be kept; at last [`write_object`] joins those of
//! all units in one relocatable file, without LLVM.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::mem::{offset_of, size_of};

use dxpyc_abi as abi;
use dxpyc_abi::Value;
use dxpyc_ir::unit::{Const, ParamPassing};
use dxpyc_ir::{CodeData, Unit};
use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SymbolFlags, SymbolKind,
    SymbolScope,
};

use crate::Cpu;

/// How code gets at a constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConstRef {
    /// An immediate word.
    Word(u64),
    /// A static object's symbol.
    Object(String),
    /// Symbol of the function that gives a constant made when first used.
    Lazy(String),
}

/// A constant that only the runtime can make.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LazyConst {
    /// Text for `dxp_const_int`.
    Int(String),
    /// Bits of the two parts.
    Complex(u64, u64),
    FrozenSet(Vec<ConstRef>),
    /// Has an element that is not static.
    Tuple(Vec<ConstRef>),
}

/// The references of one unit.
#[derive(Clone, Debug, Default)]
pub struct UnitRefs {
    pub consts: Vec<ConstRef>,
    /// Symbols of the names' str objects.
    pub names: Vec<String>,
    /// Symbols of the code records.
    pub codes: Vec<String>,
}

/// The contents of a static object.
enum Contents {
    Str { text: Box<[u8]> },
    Bytes { bytes: Box<[u8]> },
    Float { bits: u64 },
    Tuple { items: Vec<ConstRef> },
}

/// The constants of a unit, and how code refers to them.
#[derive(Default)]
pub struct UnitConsts {
    pub refs: UnitRefs,
    /// By symbol, in the order of their first use.
    lazy: Vec<(String, LazyConst)>,
    /// In the order of their first use.
    objects: Vec<(String, Contents)>,
    known: HashSet<String>,
}

impl UnitConsts {
    /// Names all constants of a unit.
    pub fn of(unit: &Unit) -> UnitConsts {
        let mut consts = UnitConsts::default();
        let mut refs = UnitRefs::default();
        for name in &unit.names {
            refs.names.push(consts.add_str(name.as_ref()));
        }
        for constant in &unit.consts {
            let reference = consts.add_const(constant, &refs.consts);
            refs.consts.push(reference);
        }
        consts.add_str(unit.file.as_bytes());
        refs.codes = (0..unit.codes.len()).map(|index| format!("dxp.code.{}.{index}", unit.name)).collect();
        consts.refs = refs;
        consts
    }

    fn add_const(&mut self, constant: &Const, earlier: &[ConstRef]) -> ConstRef {
        match constant {
            Const::None => ConstRef::Word(Value::NONE.0),
            Const::True => ConstRef::Word(Value::TRUE.0),
            Const::False => ConstRef::Word(Value::FALSE.0),
            Const::Ellipsis => ConstRef::Word(Value::ELLIPSIS.0),
            Const::Int(int) => match Value::try_small_int(*int) {
                Some(value) => ConstRef::Word(value.0),
                None => self.add_lazy(&format!("i{int}"), LazyConst::Int(int.to_string())),
            },
            Const::BigInt(bytes) => {
                let text = hex_of_twos_complement(bytes);
                self.add_lazy(&format!("i{text}"), LazyConst::Int(text))
            }
            Const::Float(bits) => match Value::try_imm_float(f64::from_bits(*bits)) {
                Some(value) => ConstRef::Word(value.0),
                None => {
                    let symbol = format!("dxp.float.{bits:016x}");
                    self.add(symbol, Contents::Float { bits: *bits })
                }
            },
            Const::Complex(re, im) => self.add_lazy(&format!("c{re:x},{im:x}"), LazyConst::Complex(*re, *im)),
            Const::Str(text) => ConstRef::Object(self.add_str(text)),
            Const::Bytes(bytes) => {
                let symbol = format!("dxp.bytes.{}", content_hash(bytes));
                self.add(symbol, Contents::Bytes { bytes: bytes.clone() })
            }
            Const::Tuple(items) => {
                let items: Vec<ConstRef> = items.iter().map(|&item| earlier[item as usize].clone()).collect();
                let key = format!("{items:?}");
                if items.iter().any(|item| matches!(item, ConstRef::Lazy(_))) {
                    return self.add_lazy(&format!("t{key}"), LazyConst::Tuple(items));
                }
                let symbol = format!("dxp.tuple.{}", content_hash(key.as_bytes()));
                self.add(symbol, Contents::Tuple { items })
            }
            Const::FrozenSet(items) => {
                let items: Vec<ConstRef> = items.iter().map(|&item| earlier[item as usize].clone()).collect();
                self.add_lazy(&format!("f{items:?}"), LazyConst::FrozenSet(items))
            }
        }
    }

    fn add_lazy(&mut self, key: &str, constant: LazyConst) -> ConstRef {
        let symbol = format!("dxp.lazy.{}", content_hash(key.as_bytes()));
        if self.known.insert(symbol.clone()) {
            self.lazy.push((symbol.clone(), constant));
        }
        ConstRef::Lazy(symbol)
    }

    fn add_str(&mut self, text: &[u8]) -> String {
        let symbol = str_symbol(text);
        if !self.known.contains(&symbol) {
            self.add(symbol.clone(), Contents::Str { text: text.into() });
        }
        symbol
    }

    fn add(&mut self, symbol: String, contents: Contents) -> ConstRef {
        if self.known.insert(symbol.clone()) {
            self.objects.push((symbol.clone(), contents));
        }
        ConstRef::Object(symbol)
    }
}

/// Where an item lies in the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Writable; the symbol is seen by other objects.
    Data,
    /// Read-only; the symbol is not.
    ReadOnly { align: u8 },
}

/// Bytes with a symbol, and the addresses in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Index into the unit's symbols.
    pub symbol: u32,
    pub place: Place,
    pub bytes: Vec<u8>,
    /// Offset, index into the unit's symbols, addend.
    pub addresses: Vec<(u32, u32, i64)>,
}

/// What a unit puts into the program besides its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitStatics {
    pub symbols: Vec<String>,
    /// Named by their content: other units may have the same.
    pub constants: Vec<Item>,
    /// Code records and the module.
    pub records: Vec<Item>,
    /// Constants that are made when first used, by symbol.
    pub lazy: Vec<(String, LazyConst)>,
    /// The symbol of the module's record.
    pub module: String,
    /// Longest parameter list of any function.
    pub n_params_max: usize,
}

impl UnitStatics {
    /// Makes the bytes.
    pub fn of(unit: &Unit, source: &[u8], consts: UnitConsts) -> UnitStatics {
        let mut writer = UnitWriter { statics: UnitStatics::default(), symbols: HashMap::new(), in_records: false };
        for (symbol, contents) in &consts.objects {
            writer.write_constant(symbol, contents);
        }
        writer.in_records = true;
        for (index, code) in unit.codes.iter().enumerate() {
            writer.write_code(index, unit, code, &consts.refs);
        }
        writer.write_module(unit, source, &consts.refs);
        UnitStatics {
            lazy: consts.lazy,
            module: module_symbol(&unit.name),
            n_params_max: unit.codes.iter().map(|code| code.params.len()).max().unwrap_or(0),
            ..writer.statics
        }
    }
}

/// What the glue object is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glue<'a> {
    /// By symbol, in the order of their first use.
    pub lazy: Vec<&'a (String, LazyConst)>,
    /// Longest parameter list of any function.
    pub n_params_max: usize,
}

impl<'a> Glue<'a> {
    /// The program's glue.
    pub fn of(units: &[&'a UnitStatics]) -> Glue<'a> {
        let mut known = HashSet::new();
        let lazy = units.iter().flat_map(|unit| &unit.lazy).filter(|(symbol, _)| known.insert(symbol)).collect();
        Glue { lazy, n_params_max: units.iter().map(|unit| unit.n_params_max).max().unwrap_or(0) }
    }
}

/// The relocatable file with all static objects and records. `natives`: symbols of the native modules.
pub fn write_object(units: &[&UnitStatics], natives: &[String], cpu: &Cpu) -> Vec<u8> {
    let mut writer = Writer::new(cpu);
    let symbols: Vec<Vec<SymbolId>> = units.iter().map(|unit| unit.symbols.iter().map(|name| writer.symbol(name)).collect()).collect();
    for (unit, symbols) in units.iter().zip(&symbols) {
        for item in &unit.constants {
            if !writer.is_defined(symbols[item.symbol as usize]) {
                writer.define(item, symbols);
            }
        }
    }
    for (unit, symbols) in units.iter().zip(&symbols) {
        for item in &unit.records {
            writer.define(item, symbols);
        }
    }
    writer.write_table(units, natives);
    writer.object.write().expect("the data object is well formed")
}

/// The symbol of a str constant.
fn str_symbol(text: &[u8]) -> String {
    format!("dxp.str.{}", content_hash(text))
}

/// The symbol of a unit's `ModuleInfo`.
fn module_symbol(unit: &str) -> String {
    format!("dxp.module.{unit}")
}

/// The symbol of the array entry for functions of `n_params` parameters.
pub fn entry_symbol(n_params: usize) -> String {
    format!("dxp.entry.{n_params}")
}

fn content_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..24].to_owned()
}

/// `0x…` or `-0x…` of a little-endian two's complement integer.
fn hex_of_twos_complement(bytes: &[u8]) -> String {
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut magnitude = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in &mut magnitude {
            let (negated, overflow) = (!*byte).overflowing_add(u8::from(carry));
            *byte = negated;
            carry = overflow;
        }
    }
    let digits: String = magnitude.iter().rev().map(|byte| format!("{byte:02x}")).collect();
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    format!("{}0x{digits}", if negative { "-" } else { "" })
}

/// Bytes under construction, with the places where addresses go.
struct Record {
    bytes: Vec<u8>,
    /// Offset, symbol, addend.
    addresses: Vec<(usize, String, i64)>,
}

impl Record {
    fn new(len: usize) -> Record {
        Record { bytes: vec![0; len], addresses: Vec::new() }
    }

    fn u64(&mut self, at: usize, word: u64) {
        self.bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }

    fn u32(&mut self, at: usize, word: u32) {
        self.bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }

    fn address(&mut self, at: usize, symbol: impl Into<String>) {
        self.addresses.push((at, symbol.into(), 0));
    }

    /// A value word: pointer to the object at `symbol`.
    fn pointer_value(&mut self, at: usize, symbol: impl Into<String>) {
        self.addresses.push((at, symbol.into(), abi::TAG_POINTER as i64));
    }

    fn value(&mut self, at: usize, reference: &ConstRef) {
        match reference {
            ConstRef::Word(word) => self.u64(at, *word),
            ConstRef::Object(symbol) => self.pointer_value(at, symbol),
            ConstRef::Lazy(_) => unreachable!("lazy constants are not part of static data"),
        }
    }

    fn header(&mut self, type_symbol: &str) {
        self.u64(offset_of!(abi::Header, count), abi::COUNT_IMMORTAL as u64);
        self.address(offset_of!(abi::Header, ty), type_symbol);
    }
}

/// The object while it is written.
struct Writer {
    object: Object<'static>,
    data: SectionId,
    rodata: SectionId,
    symbols: HashMap<String, SymbolId>,
}

impl Writer {
    fn new(cpu: &Cpu) -> Writer {
        let architecture = if cpu.is_aarch64() { Architecture::Aarch64 } else { Architecture::X86_64 };
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        let data = object.section_id(StandardSection::Data);
        let rodata = object.section_id(StandardSection::ReadOnlyData);
        Writer { object, data, rodata, symbols: HashMap::new() }
    }

    fn symbol(&mut self, name: &str) -> SymbolId {
        if let Some(id) = self.symbols.get(name) {
            return *id;
        }
        let id = self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Unknown,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        self.symbols.insert(name.to_owned(), id);
        id
    }

    fn is_defined(&self, symbol: SymbolId) -> bool {
        self.object.symbol(symbol).section != SymbolSection::Undefined
    }

    /// Adds an item of a unit with these symbols.
    fn define(&mut self, item: &Item, symbols: &[SymbolId]) {
        let (section, align, scope) = match item.place {
            Place::Data => (self.data, 16, SymbolScope::Linkage),
            Place::ReadOnly { align } => (self.rodata, u64::from(align), SymbolScope::Compilation),
        };
        let offset = self.object.append_section_data(section, &item.bytes, align);
        for &(at, symbol, addend) in &item.addresses {
            let relocation = Relocation {
                offset: offset + u64::from(at),
                symbol: symbols[symbol as usize],
                addend,
                flags: RelocationFlags::Generic {
                    kind: RelocationKind::Absolute,
                    encoding: RelocationEncoding::Generic,
                    size: 64,
                },
            };
            self.object.add_relocation(section, relocation).expect("absolute relocations exist");
        }
        let id = symbols[item.symbol as usize];
        let symbol = self.object.symbol_mut(id);
        assert_eq!(symbol.section, SymbolSection::Undefined, "{} is defined once", String::from_utf8_lossy(&symbol.name));
        symbol.value = offset;
        symbol.size = item.bytes.len() as u64;
        symbol.kind = SymbolKind::Data;
        symbol.scope = scope;
        symbol.section = SymbolSection::Section(section);
    }

    fn write_table(&mut self, units: &[&UnitStatics], natives: &[String]) {
        use abi::ModuleTable;
        let mut tables = UnitWriter { statics: UnitStatics::default(), symbols: HashMap::new(), in_records: true };
        let mut modules = Record::new(8 * units.len());
        for (index, unit) in units.iter().enumerate() {
            modules.address(8 * index, &unit.module);
        }
        tables.define("dxp.modules", modules);
        let mut native_symbols = Record::new(8 * natives.len().max(1));
        for (index, symbol) in natives.iter().enumerate() {
            native_symbols.address(8 * index, symbol);
        }
        tables.define("dxp.natives", native_symbols);
        let mut table = Record::new(size_of::<ModuleTable>());
        table.address(offset_of!(ModuleTable, modules), "dxp.modules");
        table.u64(offset_of!(ModuleTable, n_modules), units.len() as u64);
        table.address(offset_of!(ModuleTable, natives), "dxp.natives");
        table.u64(offset_of!(ModuleTable, n_natives), natives.len() as u64);
        tables.define("dxp_module_table", table);
        let UnitStatics { symbols, records, .. } = tables.statics;
        let symbols: Vec<SymbolId> = symbols.iter().map(|name| self.symbol(name)).collect();
        for item in &records {
            self.define(item, &symbols);
        }
    }
}

/// A unit's statics while they are made.
struct UnitWriter {
    statics: UnitStatics,
    symbols: HashMap<String, u32>,
    /// What is defined now is a record, not a constant.
    in_records: bool,
}

impl UnitWriter {
    fn symbol(&mut self, name: &str) -> u32 {
        if let Some(index) = self.symbols.get(name) {
            return *index;
        }
        let index = self.statics.symbols.len() as u32;
        self.statics.symbols.push(name.to_owned());
        self.symbols.insert(name.to_owned(), index);
        index
    }

    fn add(&mut self, item: Item) {
        let items = if self.in_records { &mut self.statics.records } else { &mut self.statics.constants };
        items.push(item);
    }

    /// Puts a record into writable data under a hidden symbol.
    fn define(&mut self, name: &str, record: Record) {
        let addresses = record.addresses.iter().map(|(at, symbol, addend)| (*at as u32, self.symbol(symbol), *addend)).collect();
        let symbol = self.symbol(name);
        self.add(Item { symbol, place: Place::Data, bytes: record.bytes, addresses });
    }

    /// Puts plain bytes into read-only data; the symbol is local.
    fn define_bytes(&mut self, name: &str, bytes: &[u8], align: u8) {
        let symbol = self.symbol(name);
        self.add(Item { symbol, place: Place::ReadOnly { align }, bytes: bytes.to_vec(), addresses: Vec::new() });
    }

    fn write_constant(&mut self, symbol: &str, contents: &Contents) {
        let record = match contents {
            Contents::Str { text } => str_record(text),
            Contents::Bytes { bytes } => {
                let at = offset_of!(abi::BytesObject, data);
                let mut record = Record::new(at + bytes.len() + 1);
                record.header("dxp_type_bytes");
                record.u64(offset_of!(abi::BytesObject, len), bytes.len() as u64);
                record.u64(offset_of!(abi::BytesObject, hash), u64::MAX);
                record.bytes[at..at + bytes.len()].copy_from_slice(bytes);
                record
            }
            Contents::Float { bits } => {
                let mut record = Record::new(size_of::<abi::FloatObject>());
                record.header("dxp_type_float");
                record.u64(offset_of!(abi::FloatObject, value), *bits);
                record
            }
            Contents::Tuple { items } => {
                let at = offset_of!(abi::TupleObject, items);
                let mut record = Record::new(at + 8 * items.len());
                record.header("dxp_type_tuple");
                record.u64(offset_of!(abi::TupleObject, len), items.len() as u64);
                record.u64(offset_of!(abi::TupleObject, hash), u64::MAX);
                for (index, item) in items.iter().enumerate() {
                    record.value(at + 8 * index, item);
                }
                record
            }
        };
        self.define(symbol, record);
    }

    fn write_code(&mut self, index: usize, unit: &Unit, code: &CodeData, refs: &UnitRefs) {
        use abi::Code;
        let name = &refs.codes[index];
        let body = &unit.functions[code.body as usize];
        let mut record = Record::new(size_of::<Code>());
        record.address(offset_of!(Code, body), &body.symbol);
        match code.resume {
            Some(resume) => {
                record.address(offset_of!(Code, resume), &unit.functions[resume as usize].symbol);
            }
            None => record.address(offset_of!(Code, entry), entry_symbol(code.params.len())),
        }
        let count = |passing| code.count(passing);
        let n_posonly = count(ParamPassing::PositionalOnly);
        record.u32(offset_of!(Code, fast_nargs), code.fast_nargs);
        record.u32(offset_of!(Code, n_params), code.params.len() as u32);
        record.u32(offset_of!(Code, n_posonly), n_posonly);
        record.u32(offset_of!(Code, n_args), n_posonly + count(ParamPassing::Positional));
        record.u32(offset_of!(Code, n_kwonly), count(ParamPassing::KeywordOnly));
        record.u32(offset_of!(Code, flags), code.flags.0);
        record.u32(offset_of!(Code, n_frame_objects), code.n_frame_objects);
        record.u32(offset_of!(Code, n_frame_raw), code.n_frame_raw);
        let lists = [
            ("varnames", &code.varnames, offset_of!(Code, varnames), offset_of!(Code, n_varnames)),
            ("cellvars", &code.cellvars, offset_of!(Code, cellvars), offset_of!(Code, n_cellvars)),
            ("freevars", &code.freevars, offset_of!(Code, freevars), offset_of!(Code, n_freevars)),
        ];
        for (what, names, at, count_at) in lists {
            record.u32(count_at, names.len() as u32);
            if names.is_empty() {
                continue;
            }
            let mut list = Record::new(8 * names.len());
            for (position, &name) in names.iter().enumerate() {
                list.pointer_value(8 * position, &refs.names[name as usize]);
            }
            let symbol = format!("{name}.{what}");
            self.define(&symbol, list);
            record.address(at, symbol);
        }
        record.u32(offset_of!(Code, first_line), code.first_line);
        record.pointer_value(offset_of!(Code, name), &refs.names[code.name as usize]);
        record.pointer_value(offset_of!(Code, qualname), &refs.names[code.qualname as usize]);
        record.pointer_value(offset_of!(Code, filename), str_symbol(unit.file.as_bytes()));
        match code.doc {
            Some(doc) => record.value(offset_of!(Code, doc), &refs.consts[doc as usize]),
            None => record.u64(offset_of!(Code, doc), Value::NONE.0),
        }
        if !code.positions.is_empty() {
            let mut table = Vec::with_capacity(16 * code.positions.len());
            for position in &code.positions {
                for word in [position.line, position.end_line, position.column, position.end_column] {
                    table.extend_from_slice(&word.to_le_bytes());
                }
            }
            let symbol = format!("{name}.positions");
            self.define_bytes(&symbol, &table, 4);
            record.address(offset_of!(Code, positions), symbol);
        }
        record.u32(offset_of!(Code, n_positions), code.positions.len() as u32);
        record.address(offset_of!(Code, module), module_symbol(&unit.name));
        self.define(name, record);
    }

    fn write_module(&mut self, unit: &Unit, source: &[u8], refs: &UnitRefs) {
        use abi::ModuleInfo;
        let symbol = module_symbol(&unit.name);
        let mut record = Record::new(size_of::<ModuleInfo>());
        let texts = [
            ("name", unit.name.as_bytes(), offset_of!(ModuleInfo, name), offset_of!(ModuleInfo, name_len)),
            ("file", unit.file.as_bytes(), offset_of!(ModuleInfo, file), offset_of!(ModuleInfo, file_len)),
            ("source", source, offset_of!(ModuleInfo, source), offset_of!(ModuleInfo, source_len)),
        ];
        for (what, text, at, len_at) in texts {
            let name = format!("{symbol}.{what}");
            self.define_bytes(&name, text, 1);
            record.address(at, name);
            record.u64(len_at, text.len() as u64);
        }
        let body = unit.codes.iter().position(|code| code.body == 0);
        let body = body.unwrap_or_else(|| panic!("{}: function 0 has a code record", unit.name));
        record.address(offset_of!(ModuleInfo, body), &refs.codes[body]);
        record.u32(offset_of!(ModuleInfo, is_package), u32::from(unit.is_package));
        self.define(&symbol, record);
    }
}

fn str_record(text: &[u8]) -> Record {
    let points = code_points(text);
    let max = points.iter().copied().max().unwrap_or(0);
    let kind = if max < 0x100 { 1 } else if max < 0x1_0000 { 2 } else { 4 };
    let at = offset_of!(abi::StrObject, data);
    let mut record = Record::new(at + kind * (points.len() + 1));
    record.header("dxp_type_str");
    record.u64(offset_of!(abi::StrObject, len), points.len() as u64);
    record.u64(offset_of!(abi::StrObject, hash), u64::MAX);
    record.bytes[offset_of!(abi::StrObject, kind)] = kind as u8;
    record.bytes[offset_of!(abi::StrObject, ascii)] = u8::from(max < 0x80);
    for (index, point) in points.iter().enumerate() {
        record.bytes[at + kind * index..at + kind * (index + 1)].copy_from_slice(&point.to_le_bytes()[..kind]);
    }
    record
}

/// Decodes generalized UTF-8 (lone surrogates are three bytes each).
fn code_points(text: &[u8]) -> Vec<u32> {
    let mut points = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let (n_more, bits) = match first {
            0..0x80 => (0, u32::from(*first)),
            0x80..0xE0 => (1, u32::from(first & 0x1F)),
            0xE0..0xF0 => (2, u32::from(first & 0x0F)),
            _ => (3, u32::from(first & 0x07)),
        };
        let (more, after) = tail.split_at(n_more);
        points.push(more.iter().fold(bits, |point, byte| point << 6 | u32::from(byte & 0x3F)));
        rest = after;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big_ints_become_hexadecimal() {
        assert_eq!(hex_of_twos_complement(&[0, 0, 0, 0, 0, 0, 0, 0, 1]), "0x10000000000000000");
        assert_eq!(hex_of_twos_complement(&[0xFF]), "-0x1");
        assert_eq!(hex_of_twos_complement(&[0, 0x80]), "-0x8000");
        assert_eq!(hex_of_twos_complement(&[0xFF, 0x7F]), "0x7fff");
    }

    #[test]
    fn surrogates_and_wide_characters_decode() {
        assert_eq!(code_points("aé€😀".as_bytes()), [0x61, 0xE9, 0x20AC, 0x1F600]);
        assert_eq!(code_points(&[0xED, 0xA0, 0x80]), [0xD800]);
    }
}
