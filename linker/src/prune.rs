//! The runtime's object without what a program cannot call.
//!
//! Builtin types and native modules list their functions in tables, so whatever reaches a type would keep all its methods.
//! A native function is called by looking its name up, though: one whose name neither the program nor the runtime's own reachable
//! code mentions is never called. Rows of such functions are pointed at stubs that raise `SystemError`, and the linker's collection of
//! unreferenced sections takes the functions and what only they need. Names, signatures and documentation stay: `dir()` tells the same.
//!
//! The tables are known by their sections, `.data.rel.ro.dxp.KIND.OWNER` (made by `native-macros`); their rows are the `repr(C)` structs of
//! `objects::native`. A program whose names are not all known (`getattr` with a computed name, say) keeps all rows.
//!
//! Likewise the slots of types for operators: `.data.rel.ro.dxp.slot.NAME` tells of one where it lies in a type, its stub and the names of its
//! methods. It is used when kept code refers to that section, or the program names one of the methods. A row can be about one type:
//! that is its constructor, and the names are those by which a program gets at the type.
//!
//! A name is mentioned by the runtime when code or data that is kept refers to a constant of exactly that text, or to its str in a section
//! `.data.dxp.name.NAME`. What refers to names in tables does not count; the table of those strs loses the ones that nothing else refers to.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use object::elf::{self, FileHeader64, Rela64};
use object::read::elf::{FileHeader, Rela, SectionHeader, Sym};
use object::read::archive::ArchiveFile;
use object::{Endianness, SectionIndex, SymbolIndex};

/// A symbol of the runtime's main object, and of no other member of the archive.
const MAIN_SYMBOL: &[u8] = b"dxp_main";

/// `R_X86_64_NONE` and `R_AARCH64_NONE`.
const NO_RELOCATION: u32 = 0;

/// Start of the names of the tables' sections.
const TABLE_PREFIX: &[u8] = b".data.rel.ro.dxp.";

/// Sections of rows of slots: whose (none: all types'), offset in a type (a word), stub, names (address and length).
const SLOT: &[u8] = b"slot.";
const SLOT_CLASS: u64 = 0;
const SLOT_OFFSET: usize = 8;
const SLOT_STUB: u64 = 16;
const SLOT_NAMES: u64 = 24;

/// Sections of static strs, and where in one its text begins, which ends in NUL.
const NAME: &[u8] = b".data.dxp.name.";
const NAME_TEXT: usize = 40;
/// The table of them.
const NAMES: &[u8] = b".data.rel.ro.dxp.names";

/// The section that tells what types look like: the address of the type of types, and the size of a type in bytes.
const TYPES: &[u8] = b".data.rel.ro.dxp.types";
/// Where in an object its type's address is.
const TYPE_OF: u64 = 8;

/// Longest text that is taken for a name.
const LONGEST_NAME: usize = 80;

/// A kind of table.
struct Kind {
    /// Between the prefix and a dot.
    name: &'static [u8],
    row_size: u64,
    /// The runtime looks nothing up in them on its own behalf: only the program's names count.
    is_for_program: bool,
    /// Where in the row stand texts that only one attribute tells, and that attribute.
    texts: &'static [(u64, &'static str)],
    /// Where in the row stands the slice of parameters, which only a call needs.
    params: Option<u64>,
    /// Where in the row stand functions, and the stub that takes the place of each.
    functions: &'static [(u64, &'static [u8])],
}

/// `NativeDecl` and `GetSetDecl` of `runtime-lib/objects/src/native.rs`. Rows begin with the name's address and length.
const KINDS: &[Kind] = &[
    Kind { name: b"methods", row_size: 80, is_for_program: false, texts: DECLARED, params: Some(48), functions: CALLED },
    Kind { name: b"functions", row_size: 80, is_for_program: false, texts: DECLARED, params: Some(48), functions: CALLED },
    Kind { name: b"builtins", row_size: 80, is_for_program: true, texts: DECLARED, params: Some(48), functions: CALLED },
    Kind { name: b"getsets", row_size: 48, is_for_program: false, texts: &[(16, DOC)], params: None, functions: &[(32, b"dxp_left_out_get"), (40, b"dxp_left_out_set")] },
    Kind { name: b"classes", row_size: 24, is_for_program: true, texts: &[], params: None, functions: &[(16, NOTHING)] },
];

const DECLARED: &[(u64, &str)] = &[(16, "__text_signature__"), (32, DOC)];
const CALLED: &[(u64, &[u8])] = &[(64, b"dxp_left_out_call")];

/// The attribute that tells documentation.
const DOC: &str = "__doc__";

/// The stub of what may be absent.
const NOTHING: &[u8] = b"";

/// Functions of Rust's library that only print a backtrace of a panic, which has no symbols to show: they bring their own reader
/// of debug information.
const BACKTRACE: (&[u8], &[u8]) = (b"DisplayBacktrace", b"dxp_left_out_backtrace");

/// The main object of the runtime's archive; none when there is no such member.
pub fn main_object(archive: &[u8]) -> Option<&[u8]> {
    let file = ArchiveFile::parse(archive).ok()?;
    let symbol = file.symbols().ok()??.flatten().find(|symbol| symbol.name() == MAIN_SYMBOL)?;
    file.member(symbol.offset()).ok()?.data(archive).ok()
}

/// Points what a program cannot call at stubs. `needed`: the symbols that the program's objects refer to. `names`: all names
/// that the program can look up; none: any.
///
/// An object that is not as expected stays as it is: it is larger then, and not wrong.
///
/// Result: the symbols that what is kept needs from elsewhere; none when that is not known.
pub fn prune(bytes: &mut [u8], needed: &HashSet<Vec<u8>>, names: Option<&HashSet<String>>) -> Option<HashSet<Vec<u8>>> {
    let (patches, imports) = Object::parse(bytes)?.patches(needed, names)?;
    for patch in patches {
        bytes[patch.place].copy_from_slice(&patch.bytes);
    }
    Some(imports)
}

/// Takes the symbols away that a library defines. Whether there were any; true when it cannot be read.
pub fn remove_defined(library: &[u8], symbols: &mut HashSet<Vec<u8>>) -> bool {
    let mut remove = || -> Option<bool> {
        let header = FileHeader64::<Endianness>::parse(library).ok()?;
        let endian = header.endian().ok()?;
        let table = header.sections(endian, library).ok()?.symbols(endian, library, elf::SHT_DYNSYM).ok()?;
        let defined = table.iter().filter(|symbol| !symbol.is_undefined(endian));
        Some(defined.filter(|symbol| table.symbol_name(endian, symbol).is_ok_and(|name| symbols.remove(name))).count() > 0)
    };
    remove().unwrap_or(true)
}

/// Takes the symbols away that members of an archive define.
pub fn remove_members(archive: &[u8], symbols: &mut HashSet<Vec<u8>>) {
    let Ok(file) = ArchiveFile::parse(archive) else { return };
    for symbol in file.symbols().ok().flatten().into_iter().flatten().flatten() {
        symbols.remove(symbol.name());
    }
}

/// The undefined symbols of an object.
pub fn undefined_symbols(bytes: &[u8], into: &mut HashSet<Vec<u8>>) {
    let Some(object) = Object::parse(bytes) else { return };
    for symbol in object.symbols.iter().filter(|symbol| symbol.is_undefined(object.endian)) {
        if let Ok(name) = object.symbols.symbol_name(object.endian, symbol) {
            into.insert(name.to_vec());
        }
    }
}

/// A relocation entry's symbol and type, to be written anew.
struct Patch {
    place: Range<usize>,
    bytes: Vec<u8>,
}

struct Object<'a> {
    bytes: &'a [u8],
    endian: Endianness,
    sections: object::read::elf::SectionTable<'a, FileHeader64<Endianness>>,
    symbols: object::read::elf::SymbolTable<'a, FileHeader64<Endianness>>,
    /// By the index of the section that they are for: the section of the relocations.
    relocations: Vec<Option<usize>>,
    /// By the index of the section.
    classes: Vec<Class>,
}

/// What a section's name says, as far as it matters.
#[derive(Clone, Copy)]
enum Class {
    Other,
    Code,
    /// Run before `main`.
    Initial,
    /// Read-only data: one constant.
    Constant,
    /// Read-only data: constants of so many bytes one after another.
    Constants(usize),
    /// Read-only data: texts that end in NUL, which the linker keeps whole.
    Texts,
    /// Rows of that kind.
    Table(&'static Kind),
    /// A row of a slot.
    Slot,
    /// What types look like.
    Types,
    /// A static str.
    Name,
    /// The table of static strs.
    Names,
}

impl Class {
    fn of(name: &[u8]) -> Class {
        if name.starts_with(b".text") {
            Class::Code
        } else if name.starts_with(b".init_array") {
            Class::Initial
        } else if let Some(size) = name.strip_prefix(b".rodata.cst") {
            std::str::from_utf8(size).ok().and_then(|size| size.parse().ok()).filter(|&size| size > 0).map_or(Class::Constant, Class::Constants)
        } else if name.starts_with(b".rodata.str1.") {
            Class::Texts
        } else if name.starts_with(b".rodata") {
            Class::Constant
        } else if name.starts_with(NAME) {
            Class::Name
        } else if name == NAMES {
            Class::Names
        } else if name == TYPES {
            Class::Types
        } else if let Some(rest) = name.strip_prefix(TABLE_PREFIX) {
            let kind = KINDS.iter().find(|kind| is_of(rest, kind));
            if rest.starts_with(SLOT) { Class::Slot } else { kind.map_or(Class::Other, Class::Table) }
        } else {
            Class::Other
        }
    }

    fn is_read_only(self) -> bool {
        matches!(self, Class::Constant | Class::Constants(_) | Class::Texts)
    }
}

/// A relocation: where it stands in the file, and what it says.
#[derive(Clone, Copy)]
struct Reference {
    entry: usize,
    offset: u64,
    symbol: u32,
    kind: u32,
    addend: i64,
}

/// Something in a row whose name nobody has mentioned so far.
struct Waiting {
    reference: Reference,
    target: Option<usize>,
    otherwise: Otherwise,
}

/// What takes the place of something that goes.
#[derive(Clone, Copy)]
enum Otherwise {
    /// A function of that name.
    Stub(&'static [u8]),
    /// An empty slice or text, at an address that is there: the row's section and the reference to its name.
    Empty(usize, Reference),
}

impl<'a> Object<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Object<'a>> {
        let header = FileHeader64::<Endianness>::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.sections(endian, bytes).ok()?;
        let symbols = sections.symbols(endian, bytes, elf::SHT_SYMTAB).ok()?;
        let mut relocations = vec![None; sections.len()];
        for (index, section) in sections.iter().enumerate() {
            if section.sh_type(endian) == elf::SHT_RELA {
                *relocations.get_mut(section.sh_info(endian) as usize)? = Some(index);
            }
        }
        let class = |section| Class::of(sections.section_name(endian, section).unwrap_or_default());
        let classes = sections.iter().map(class).collect();
        Some(Object { bytes, endian, sections, symbols, relocations, classes })
    }

    fn data(&self, index: usize) -> &'a [u8] {
        let section = self.sections.section(SectionIndex(index));
        section.ok().and_then(|section| section.data(self.endian, self.bytes).ok()).unwrap_or_default()
    }

    fn references(&self, index: usize) -> impl Iterator<Item = Reference> + use<'a, '_> {
        let table = self.relocations[index].and_then(|at| self.sections.section(SectionIndex(at)).ok());
        let range = table.and_then(|table| table.file_range(self.endian)).unwrap_or((0, 0));
        let entries: &[Rela64<Endianness>] =
            table.and_then(|table| table.data_as_array(self.endian, self.bytes).ok()).unwrap_or_default();
        entries.iter().enumerate().map(move |(at, entry)| Reference {
            entry: range.0 as usize + at * size_of::<Rela64<Endianness>>(),
            offset: entry.r_offset(self.endian),
            symbol: Rela::r_sym(entry, self.endian, false),
            kind: Rela::r_type(entry, self.endian, false).0,
            addend: entry.r_addend(self.endian),
        })
    }

    fn symbol_name(&self, symbol: u32) -> Option<&'a [u8]> {
        let symbol = self.symbols.symbol(SymbolIndex(symbol as usize)).ok()?;
        self.symbols.symbol_name(self.endian, symbol).ok()
    }

    /// The section that a symbol lies in, and where.
    fn place(&self, symbol: u32) -> Option<(usize, u64)> {
        let index = SymbolIndex(symbol as usize);
        let symbol = self.symbols.symbol(index).ok()?;
        let section = self.symbols.symbol_section(self.endian, symbol, index).ok()??;
        Some((section.0, symbol.st_value(self.endian)))
    }

    /// The text whose address and length stand in data from `at` on.
    fn text_of(&self, data: &[u8], at: u64, address: Reference) -> Option<&'a [u8]> {
        let len = data.get(at as usize + 8..at as usize + 16)?;
        let len = u64::from_le_bytes(len.try_into().ok()?) as usize;
        let (section, value) = self.place(address.symbol)?;
        let start = value.wrapping_add_signed(address.addend) as usize;
        self.data(section).get(start..start.checked_add(len)?)
    }

    fn patches(&self, needed: &HashSet<Vec<u8>>, names: Option<&HashSet<String>>) -> Option<(Vec<Patch>, HashSet<Vec<u8>>)> {
        let mut defined = HashMap::new();
        let mut printer_of_backtraces = None;
        for (index, symbol) in self.symbols.enumerate() {
            let name = self.symbols.symbol_name(self.endian, symbol).unwrap_or_default();
            if symbol.st_bind() != elf::STB_LOCAL && !symbol.is_undefined(self.endian) {
                defined.insert(name, index.0 as u32);
            } else if name.starts_with(b"_RN") && name.ends_with(b"3fmt") && contains(name, BACKTRACE.0) {
                printer_of_backtraces = self.place(index.0 as u32).map(|(section, _)| section);
            }
        }
        let stub = |name: &[u8]| if name == NOTHING { Some(0) } else { defined.get(name).copied() };
        // An older runtime has no stubs.
        if KINDS.iter().flat_map(|kind| kind.functions).any(|(_, name)| stub(name).is_none()) || stub(BACKTRACE.1).is_none() {
            return None;
        }
        let mut walk = Walk {
            object: self,
            seen: vec![false; self.sections.len()],
            todo: Vec::new(),
            used: HashSet::new(),
            waiting: HashMap::new(),
            printer_of_backtraces,
            backtraces: Vec::new(),
            program_names: names,
            unnamed: Vec::new(),
            types: None,
            slots: HashMap::new(),
            slot_rows: HashMap::new(),
            strs: Vec::new(),
            merged: HashMap::new(),
            patches: Vec::new(),
            imports: HashSet::new(),
        };
        if let Some(names) = names {
            walk.find_slots(names);
        }
        for name in names.into_iter().flatten() {
            walk.used.insert(name.as_bytes());
        }
        let roots = needed.iter().filter_map(|name| defined.get(name.as_slice())).chain(defined.get(MAIN_SYMBOL));
        for &symbol in roots {
            walk.reach_symbol(symbol);
        }
        for index in 0..self.sections.len() {
            if matches!(self.classes[index], Class::Initial) {
                walk.reach(index);
            }
        }
        walk.run(names.is_some());
        let unused_strs: Vec<Reference> = walk.strs.iter().filter(|(_, target)| !walk.seen[*target]).map(|(reference, _)| *reference).collect();
        let unused_slots: Vec<(Reference, Reference)> =
            walk.slots.drain().flat_map(|(_, slot)| slot.waiting.into_iter().map(move |reference| (reference, slot.stub))).collect();
        walk.clear_texts();
        let patches = walk.patches;
        let imports = walk.imports.iter().filter_map(|&symbol| self.symbol_name(symbol)).map(<[u8]>::to_vec).collect();
        let waiting = walk.waiting.into_values().flatten().map(|waiting| (waiting.reference, waiting.otherwise));
        let backtraces = walk.backtraces.into_iter().map(|reference| (reference, Otherwise::Stub(BACKTRACE.1)));
        let patch = |(reference, otherwise): (Reference, Otherwise)| match otherwise {
            Otherwise::Stub(name) => stub(name).and_then(|stub| self.patch(reference, stub)).into_iter().collect(),
            Otherwise::Empty(section, name) => self.patch_empty(reference, section, name),
        };
        let functions = waiting.chain(backtraces).chain(walk.unnamed).flat_map(patch);
        let slots = unused_slots.iter().filter_map(|&(reference, stub)| self.patch_to(reference, stub));
        let strs = unused_strs.into_iter().filter_map(|reference| self.patch(reference, 0));
        Some((patches.into_iter().chain(functions).chain(slots).chain(strs).collect(), imports))
    }

    /// The reference leads where another one does: both are addresses in data.
    fn patch_to(&self, reference: Reference, other: Reference) -> Option<Patch> {
        let (value, size) = (other.addend.to_le_bytes(), size_of::<Rela64<Endianness>>());
        let mut patch = self.patch(reference, other.symbol).filter(|_| reference.kind == other.kind)?;
        patch.place.end = reference.entry + size;
        patch.bytes.extend_from_slice(&value);
        Some(patch)
    }

    /// The address and length of a slice or text become those of an empty one.
    fn patch_empty(&self, reference: Reference, section: usize, name: Reference) -> Vec<Patch> {
        match (self.patch_to(reference, name), self.patch_word(section, reference.offset + 8, 0)) {
            (Some(address), Some(len)) => vec![address, len],
            _ => Vec::new(),
        }
    }

    /// A word of data.
    fn patch_word(&self, section: usize, offset: u64, value: u64) -> Option<Patch> {
        let (start, _) = self.sections.section(SectionIndex(section)).ok()?.file_range(self.endian)?;
        let at = (start + offset) as usize;
        Some(Patch { place: at..at + 8, bytes: value.to_le_bytes().to_vec() })
    }

    /// The reference leads to another symbol; to 0, and it is none.
    fn patch(&self, reference: Reference, symbol: u32) -> Option<Patch> {
        let kind = if symbol == 0 { NO_RELOCATION } else { reference.kind };
        let info = (u64::from(symbol) << 32) | u64::from(kind);
        let at = reference.entry + 8;
        let bytes = if self.endian == Endianness::Little { info.to_le_bytes().to_vec() } else { return None };
        Some(Patch { place: at..at + 8, bytes })
    }
}

/// What is kept, found step by step.
struct Walk<'a, 'o> {
    object: &'o Object<'a>,
    seen: Vec<bool>,
    todo: Vec<usize>,
    used: HashSet<&'o [u8]>,
    waiting: HashMap<&'o [u8], Vec<Waiting>>,
    /// The section of [`BACKTRACE`], and what refers to it.
    printer_of_backtraces: Option<usize>,
    backtraces: Vec<Reference>,
    program_names: Option<&'o HashSet<String>>,
    /// Functions in rows that only the program could name, and does not.
    unnamed: Vec<(Reference, Otherwise)>,
    /// The section of the type of types, and a type's size.
    types: Option<(usize, u64)>,
    /// Slots that nothing uses so far, by the type's section (none: all types) and their offset in it, and these by the section of the row.
    slots: HashMap<(Option<usize>, u64), Slot>,
    slot_rows: HashMap<usize, (Option<usize>, u64)>,
    /// The table of static strs: references and where they lead.
    strs: Vec<(Reference, usize)>,
    /// Of sections of texts that end in NUL: where kept sections refer to.
    merged: HashMap<usize, Vec<u64>>,
    patches: Vec<Patch>,
    /// Symbols that are not the object's own.
    imports: HashSet<u32>,
}

/// A slot that nothing uses so far, and the functions in it.
struct Slot {
    stub: Reference,
    waiting: Vec<Reference>,
}

impl<'a: 'o, 'o> Walk<'a, 'o> {
    fn reach(&mut self, section: usize) {
        if !std::mem::replace(&mut self.seen[section], true) {
            self.todo.push(section);
        }
    }

    fn reach_symbol(&mut self, symbol: u32) {
        if let Some((section, _)) = self.object.place(symbol) {
            self.reach(section);
        }
    }

    fn run(&mut self, is_closed: bool) {
        while let Some(section) = self.todo.pop() {
            match self.object.classes[section] {
                Class::Table(kind) if is_closed => self.table(section, kind),
                Class::Names if is_closed => {
                    let object = self.object;
                    self.strs.extend(object.references(section).filter_map(|r| Some((r, object.place(r.symbol)?.0))));
                }
                _ => self.plain(section, is_closed),
            }
        }
    }

    /// All slots that the program does not name.
    fn find_slots(&mut self, names: &HashSet<String>) {
        let object = self.object;
        for section in 0..object.sections.len() {
            let class = object.classes[section];
            let word = || object.data(section).get(SLOT_OFFSET..SLOT_OFFSET + 8).and_then(|word| Some(u64::from_le_bytes(word.try_into().ok()?)));
            let at = |offset| object.references(section).find(|reference| reference.offset == offset);
            if matches!(class, Class::Types) {
                let size = object.data(section).get(8..16).and_then(|word| Some(u64::from_le_bytes(word.try_into().ok()?)));
                let class = at(0).and_then(|class| object.place(class.symbol));
                self.types = class.zip(size).map(|((class, _), size)| (class, size));
            } else if matches!(class, Class::Slot)
                && let (Some(offset), Some(stub), Some(texts)) = (word(), at(SLOT_STUB), at(SLOT_NAMES))
                && let Some(texts) = object.text_of(object.data(section), SLOT_NAMES, texts)
                && let Ok(texts) = std::str::from_utf8(texts)
                && !texts.split(' ').any(|name| names.contains(name))
            {
                let class = at(SLOT_CLASS).and_then(|class| object.place(class.symbol)).map(|(class, _)| class);
                self.slots.insert((class, offset), Slot { stub, waiting: Vec::new() });
                self.slot_rows.insert(section, (class, offset));
            }
        }
    }

    /// Whether a section is a builtin type.
    fn is_type(&self, section: usize) -> bool {
        let object = self.object;
        let Some((class, size)) = self.types else { return false };
        let header = object.sections.section(SectionIndex(section));
        header.is_ok_and(|header| header.sh_size(object.endian) == size)
            && object.references(section).any(|r| r.offset == TYPE_OF && object.place(r.symbol).is_some_and(|(target, _)| target == class))
    }

    /// Follows what a section refers to.
    fn plain(&mut self, section: usize, is_closed: bool) {
        if let Some(key) = self.slot_rows.remove(&section) {
            let slot = self.slots.remove(&key);
            for reference in slot.into_iter().flat_map(|slot| slot.waiting) {
                self.reach_symbol(reference.symbol);
            }
        }
        if is_closed
            && matches!(self.object.classes[section], Class::Name)
            && let Some(text) = self.object.data(section).get(NAME_TEXT..).and_then(|text| text.split(|&byte| byte == 0).next())
        {
            self.mention(text);
        }
        let is_type = is_closed && self.is_type(section);
        let is_code = matches!(self.object.classes[section], Class::Code);
        let object = self.object;
        for reference in object.references(section) {
            let Some((target, value)) = object.place(reference.symbol) else {
                self.imports.insert(reference.symbol);
                continue;
            };
            if is_type && let Some(key) = [Some(section), None].map(|class| (class, reference.offset)).into_iter().find(|key| self.slots.contains_key(key)) {
                self.slots.entry(key).and_modify(|slot| slot.waiting.push(reference));
                continue;
            }
            if self.printer_of_backtraces == Some(target) {
                self.backtraces.push(reference);
                continue;
            }
            if object.classes[target].is_read_only() {
                // An address in code is relative to the end of the instruction.
                let before_end = if is_code { 4 } else { 0 };
                let at = value.wrapping_add_signed(reference.addend).wrapping_add(before_end);
                self.note_merged(target, at);
                if is_closed && let Some(text) = self.text(target, at) {
                    self.mention(text);
                }
            }
            self.reach(target);
        }
    }

    /// Follows the rows of a table whose names are mentioned; the others wait.
    fn table(&mut self, section: usize, kind: &'static Kind) {
        let object = self.object;
        let data = object.data(section);
        let names: HashMap<u64, Reference> =
            object.references(section).filter(|r| r.offset % kind.row_size == 0).map(|r| (r.offset, r)).collect();
        for reference in object.references(section) {
            let in_row = reference.offset % kind.row_size;
            let row = reference.offset - in_row;
            let place = object.place(reference.symbol);
            if let Some((target, value)) = place {
                self.note_merged(target, value.wrapping_add_signed(reference.addend));
            }
            let target = place.map(|(section, _)| section);
            let stub = kind.functions.iter().find(|(offset, _)| *offset == in_row);
            let name_at = names.get(&row);
            let name = name_at.and_then(|name| object.text_of(data, row, *name));
            if let Some((_, attribute)) = kind.texts.iter().find(|(offset, _)| *offset == in_row)
                && let Some(name_at) = name_at
                && self.program_names.is_some_and(|names| !names.contains(*attribute))
            {
                self.patches.extend(object.patch_empty(reference, section, *name_at));
                continue;
            }
            let otherwise = match (stub, name_at) {
                (Some((_, stub)), _) => Some(Otherwise::Stub(stub)),
                (None, Some(name)) if kind.params == Some(in_row) => Some(Otherwise::Empty(section, *name)),
                _ => None,
            };
            match (otherwise, name) {
                (Some(otherwise), Some(name)) if kind.is_for_program => {
                    match self.program_names.is_some_and(|names| std::str::from_utf8(name).is_ok_and(|name| !names.contains(name))) {
                        true => self.unnamed.push((reference, otherwise)),
                        false => target.into_iter().for_each(|target| self.reach(target)),
                    }
                }
                (Some(otherwise), Some(name)) if !self.used.contains(name) => {
                    self.waiting.entry(name).or_default().push(Waiting { reference, target, otherwise });
                }
                _ => target.into_iter().for_each(|target| self.reach(target)),
            }
        }
    }

    fn note_merged(&mut self, section: usize, at: u64) {
        if matches!(self.object.classes[section], Class::Texts) {
            self.merged.entry(section).or_default().push(at);
        }
    }

    /// Texts that nothing refers to become empty ones, which are one text.
    fn clear_texts(&mut self) {
        for (section, mut places) in self.merged.drain() {
            let object = self.object;
            let Some((start, _)) = object.sections.section(SectionIndex(section)).ok().and_then(|s| s.file_range(object.endian)) else { continue };
            places.sort_unstable();
            let mut at = 0;
            for text in object.data(section).split_inclusive(|&byte| byte == 0) {
                let range = at..at + text.len() as u64;
                at = range.end;
                // An operand behind the address would make it seem to lie up to four bytes before.
                let next = places.partition_point(|&place| place + 4 < range.start);
                if places.get(next).is_none_or(|&place| place >= range.end) && text.len() > 1 {
                    let place = (start + range.start) as usize;
                    self.patches.push(Patch { place: place..place + text.len(), bytes: vec![0; text.len()] });
                }
            }
        }
    }

    /// The text constant at a place, if it can be a name.
    fn text(&self, section: usize, at: u64) -> Option<&'o [u8]> {
        let data = self.object.data(section);
        let text = match self.object.classes[section] {
            Class::Constants(size) => {
                let start = at as usize / size * size;
                data.get(start..start + size)?
            }
            Class::Texts => data.get(at as usize..)?.split(|&byte| byte == 0).next()?,
            _ => data,
        };
        let is_name = !text.is_empty() && text.len() <= LONGEST_NAME && text.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'_');
        is_name.then_some(text)
    }

    fn mention(&mut self, name: &'o [u8]) {
        if self.used.insert(name) {
            for waiting in self.waiting.remove(name).into_iter().flatten() {
                if let Some(target) = waiting.target {
                    self.reach(target);
                }
            }
        }
    }
}

fn is_of(rest: &[u8], kind: &Kind) -> bool {
    rest.strip_prefix(kind.name).is_some_and(|rest| rest.first() == Some(&b'.'))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
