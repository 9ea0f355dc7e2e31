//! `Module` → text and back, without loss. One instruction a line: `Add dst=r3 lhs=r1 rhs=r2 @4:8-4:13`.

use std::fmt::{self, Write};

use crate::bytes::{Malformed, Result};
use crate::inst::{BlockId, ConstId, FuncId, Inst, NameId, OperandValue, Position};
use crate::module::{Block, Const, Function, FunctionFlags, ImportRef, Module};
use crate::opcode::{Opcode, Operand};

/// Bytes as a literal: printable ASCII as it is, the rest as `\xNN`.
pub(crate) struct Quoted<'a>(pub &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for &byte in self.0 {
            match byte {
                b'"' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                b' '..=b'~' => f.write_char(char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        f.write_char('"')
    }
}

struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (i, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if i == 0 { "" } else { " " })?;
        }
        f.write_char(']')
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}-{}:{}", self.line, self.col, self.end_line, self.end_col)
    }
}

impl fmt::Display for Inst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.opcode().name())?;
        for (name, _, value) in self.operands() {
            match value {
                OperandValue::Reg(reg) => write!(f, " {name}={reg}")?,
                OperandValue::Absent => write!(f, " {name}=_")?,
                OperandValue::Regs(regs) => write!(f, " {name}={}", List(regs))?,
                OperandValue::Name(id) => write!(f, " {name}={id}")?,
                OperandValue::Const(id) => write!(f, " {name}={id}")?,
                OperandValue::Block(id) => write!(f, " {name}={id}")?,
                OperandValue::Func(id) => write!(f, " {name}={id}")?,
                OperandValue::Int(value) => write!(f, " {name}={value}")?,
            }
        }
        write!(f, " @{}", self.position)
    }
}

impl fmt::Display for Const {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Const::None => f.write_str("none"),
            Const::True => f.write_str("true"),
            Const::False => f.write_str("false"),
            Const::Ellipsis => f.write_str("ellipsis"),
            Const::Int(value) => write!(f, "int {value}"),
            Const::BigInt(bytes) => write!(f, "bigint {}", Quoted(bytes)),
            Const::Float(bits) => write!(f, "float {bits:#018x} ; {:?}", f64::from_bits(*bits)),
            Const::Complex(real, imag) => {
                write!(f, "complex {real:#018x} {imag:#018x} ; {:?}, {:?}", f64::from_bits(*real), f64::from_bits(*imag))
            }
            Const::Str(bytes) => write!(f, "str {}", Quoted(bytes)),
            Const::Bytes(bytes) => write!(f, "bytes {}", Quoted(bytes)),
            Const::Tuple(items) => write!(f, "tuple {}", List(items)),
            Const::FrozenSet(items) => write!(f, "frozenset {}", List(items)),
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "name={} qualname={}", self.name, self.qualname)?;
        match self.parent {
            Some(parent) => write!(f, " parent={parent}")?,
            None => f.write_str(" parent=_")?,
        }
        write!(f, " flags={:#x} posonly={} args={} kwonly={}", self.flags.0, self.n_posonly, self.n_args, self.n_kwonly)?;
        write!(f, " registers={} line={}", self.n_registers, self.first_line)?;
        match self.docstring {
            Some(docstring) => write!(f, " doc={docstring}")?,
            None => f.write_str(" doc=_")?,
        }
        writeln!(f, " vars={} cells={} free={}", List(&self.varnames), List(&self.cellvars), List(&self.freevars))?;
        for (i, block) in self.blocks.iter().enumerate() {
            match block.handler {
                Some(handler) => writeln!(f, "b{i} {handler}:")?,
                None => writeln!(f, "b{i} _:")?,
            }
            for inst in &block.insts {
                writeln!(f, "  {inst}")?;
            }
        }
        Ok(())
    }
}

/// The text form of a module.
#[must_use]
pub fn print(module: &Module) -> String {
    let mut out = String::new();
    print_to(&mut out, module).expect("writing to a String does not fail");
    out
}

fn print_to(out: &mut String, module: &Module) -> fmt::Result {
    writeln!(out, "module {} file {} future {}", Quoted(module.name.as_bytes()), Quoted(module.file.as_bytes()), module.future)?;
    out.push_str("source ");
    module.source_hash.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
    out.push('\n');
    for (i, name) in module.names.iter().enumerate() {
        writeln!(out, "n{i} {}", Quoted(name.as_bytes()))?;
    }
    for (i, constant) in module.constants.iter().enumerate() {
        writeln!(out, "c{i} {constant}")?;
    }
    for import in &module.imports {
        writeln!(out, "import {} level={} names={} @{}", import.module, import.level, List(&import.names), import.position)?;
    }
    for (i, function) in module.functions.iter().enumerate() {
        write!(out, "f{i} {function}")?;
    }
    Ok(())
}

/// Reads the text form. The module is not verified yet.
pub fn parse(text: &str) -> Result<Module> {
    let mut parser = Parser { module: Module::default() };
    for (i, line) in text.lines().enumerate() {
        let mut cursor = Line { rest: line.trim() };
        if cursor.rest.is_empty() || cursor.rest.starts_with(';') {
            continue;
        }
        parser.line(&mut cursor).map_err(|error| Malformed::new(format!("line {}: {}", i + 1, error.what)))?;
    }
    Ok(parser.module)
}

struct Parser {
    module: Module,
}

impl Parser {
    fn line(&mut self, line: &mut Line<'_>) -> Result<()> {
        let word = line.word()?;
        let module = &mut self.module;
        match word {
            "module" => {
                module.name = line.text()?;
                line.expect("file")?;
                module.file = line.text()?;
                line.expect("future")?;
                module.future = number(line.word()?)?;
            }
            "source" => {
                let digits = line.word()?;
                check(digits.len() == 64 && digits.is_ascii(), "the source hash has 64 digits")?;
                for (i, byte) in module.source_hash.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).map_err(|_| Malformed::new("bad digit"))?;
                }
            }
            "import" => {
                let target = NameId(id(line.word()?, 'n')?);
                let level = number(line.field("level")?)?;
                let names = ids(line.list("names")?, 'n')?.into_iter().map(NameId).collect();
                module.imports.push(ImportRef { module: target, level, names, position: line.position()? });
            }
            _ if is_id(word, 'n') => {
                check(id(word, 'n')? as usize == module.names.len(), "names are numbered in order")?;
                module.names.push(line.text()?);
            }
            _ if is_id(word, 'c') => {
                check(id(word, 'c')? as usize == module.constants.len(), "constants are numbered in order")?;
                module.constants.push(constant(line)?);
            }
            _ if is_id(word, 'f') => {
                check(id(word, 'f')? as usize == module.functions.len(), "functions are numbered in order")?;
                module.functions.push(function(line)?);
            }
            _ if is_id(word, 'b') => {
                let function = module.functions.last_mut().ok_or_else(|| Malformed::new("a block outside a function"))?;
                check(id(word, 'b')? as usize == function.blocks.len(), "blocks are numbered in order")?;
                let handler = line.word()?.strip_suffix(':').ok_or_else(|| Malformed::new("expected ':'"))?;
                function.blocks.push(Block { handler: optional(handler, 'b')?.map(BlockId), insts: Vec::new() });
            }
            _ => {
                let opcode = Opcode::from_name(word).ok_or_else(|| Malformed::new(format!("unknown opcode {word}")))?;
                let block = module.functions.last_mut().and_then(|function| function.blocks.last_mut());
                block.ok_or_else(|| Malformed::new("an instruction outside a block"))?.insts.push(inst(opcode, line)?);
            }
        }
        check(line.rest.is_empty() || line.rest.starts_with(';'), "more than expected")
    }
}

fn function(line: &mut Line<'_>) -> Result<Function> {
    Ok(Function {
        name: NameId(id(line.field("name")?, 'n')?),
        qualname: NameId(id(line.field("qualname")?, 'n')?),
        parent: optional(line.field("parent")?, 'f')?.map(FuncId),
        flags: FunctionFlags(hex(line.field("flags")?)? as u32),
        n_posonly: number(line.field("posonly")?)?,
        n_args: number(line.field("args")?)?,
        n_kwonly: number(line.field("kwonly")?)?,
        n_registers: number(line.field("registers")?)?,
        first_line: number(line.field("line")?)?,
        docstring: optional(line.field("doc")?, 'c')?.map(ConstId),
        varnames: ids(line.list("vars")?, 'n')?.into_iter().map(NameId).collect(),
        cellvars: ids(line.list("cells")?, 'n')?.into_iter().map(NameId).collect(),
        freevars: ids(line.list("free")?, 'n')?.into_iter().map(NameId).collect(),
        blocks: Vec::new(),
    })
}

fn inst(opcode: Opcode, line: &mut Line<'_>) -> Result<Inst> {
    let mut words = Vec::new();
    for (name, kind) in opcode.operands() {
        match kind {
            Operand::Def | Operand::MaybeDef | Operand::Use | Operand::Maybe => words.push(id(line.field(name)?, 'r')?),
            Operand::OptUse => words.push(optional(line.field(name)?, 'r')?.unwrap_or(u32::MAX)),
            Operand::Uses | Operand::Maybes | Operand::Defs => {
                let list = ids(line.list(name)?, 'r')?;
                words.push(list.len() as u32);
                words.extend(list);
            }
            Operand::Name => words.push(id(line.field(name)?, 'n')?),
            Operand::Const => words.push(id(line.field(name)?, 'c')?),
            Operand::Block => words.push(id(line.field(name)?, 'b')?),
            Operand::Func => words.push(id(line.field(name)?, 'f')?),
            Operand::Int => words.push(number::<i32>(line.field(name)?)?.cast_unsigned()),
        }
    }
    let position = line.position()?;
    Inst::from_words(opcode, &words, position).ok_or_else(|| Malformed::new("operands do not fit"))
}

fn constant(line: &mut Line<'_>) -> Result<Const> {
    let items = |line: &mut Line<'_>| -> Result<Box<[ConstId]>> {
        let inside = line.brackets()?;
        Ok(ids(inside, 'c')?.into_iter().map(ConstId).collect())
    };
    Ok(match line.word()? {
        "none" => Const::None,
        "true" => Const::True,
        "false" => Const::False,
        "ellipsis" => Const::Ellipsis,
        "int" => Const::Int(number(line.word()?)?),
        "bigint" => Const::BigInt(line.bytes()?.into()),
        "float" => Const::Float(hex(line.word()?)?),
        "complex" => Const::Complex(hex(line.word()?)?, hex(line.word()?)?),
        "str" => Const::Str(line.bytes()?.into()),
        "bytes" => Const::Bytes(line.bytes()?.into()),
        "tuple" => Const::Tuple(items(line)?),
        "frozenset" => Const::FrozenSet(items(line)?),
        other => return Err(Malformed::new(format!("unknown constant {other}"))),
    })
}

/// What is left of a line.
struct Line<'a> {
    rest: &'a str,
}

impl<'a> Line<'a> {
    fn word(&mut self) -> Result<&'a str> {
        let end = self.rest.find(' ').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        check(!word.is_empty(), "the line ends early")?;
        Ok(word)
    }

    fn expect(&mut self, word: &str) -> Result<()> {
        let found = self.word()?;
        check(found == word, &format!("expected {word}, found {found}"))
    }

    fn field(&mut self, name: &str) -> Result<&'a str> {
        let word = self.word()?;
        let value = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        value.ok_or_else(|| Malformed::new(format!("expected {name}=, found {word}")))
    }

    fn list(&mut self, name: &str) -> Result<&'a str> {
        let rest = self.rest.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        self.rest = rest.ok_or_else(|| Malformed::new(format!("expected {name}=[")))?;
        self.brackets()
    }

    fn brackets(&mut self) -> Result<&'a str> {
        let inside = self.rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (inside, rest) = inside.ok_or_else(|| Malformed::new("expected a list"))?;
        self.rest = rest.trim_start();
        Ok(inside)
    }

    fn bytes(&mut self) -> Result<Vec<u8>> {
        let mut chars = self.rest.strip_prefix('"').ok_or_else(|| Malformed::new("expected '\"'"))?.as_bytes();
        let mut bytes = Vec::new();
        loop {
            match chars {
                [b'"', rest @ ..] => {
                    self.rest = std::str::from_utf8(rest).map_err(|_| Malformed::new("text is not UTF-8"))?.trim_start();
                    return Ok(bytes);
                }
                [b'\\', b'x', high, low, rest @ ..] => {
                    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or_else(|| Malformed::new("bad digit"));
                    bytes.push((digit(*high)? << 4 | digit(*low)?) as u8);
                    chars = rest;
                }
                [b'\\', byte @ (b'"' | b'\\'), rest @ ..] => {
                    bytes.push(*byte);
                    chars = rest;
                }
                [b'\\', ..] | [] => return Err(Malformed::new("bad text literal")),
                [byte, rest @ ..] => {
                    bytes.push(*byte);
                    chars = rest;
                }
            }
        }
    }

    fn text(&mut self) -> Result<String> {
        String::from_utf8(self.bytes()?).map_err(|_| Malformed::new("text is not UTF-8"))
    }

    fn position(&mut self) -> Result<Position> {
        let word = self.word()?.strip_prefix('@').ok_or_else(|| Malformed::new("expected a position"))?;
        let parts = || -> Option<[&str; 4]> {
            let (start, end) = word.split_once('-')?;
            let ((line, col), (end_line, end_col)) = (start.split_once(':')?, end.split_once(':')?);
            Some([line, col, end_line, end_col])
        };
        let [line, col, end_line, end_col] = parts().ok_or_else(|| Malformed::new("bad position"))?;
        Ok(Position { line: number(line)?, col: number(col)?, end_line: number(end_line)?, end_col: number(end_col)? })
    }
}

fn check(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Malformed::new(what)) }
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| Malformed::new(format!("bad number {word}")))
}

fn hex(word: &str) -> Result<u64> {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    u64::from_str_radix(digits, 16).map_err(|_| Malformed::new(format!("bad number {word}")))
}

fn is_id(word: &str, prefix: char) -> bool {
    word.strip_prefix(prefix).is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn id(word: &str, prefix: char) -> Result<u32> {
    let digits = word.strip_prefix(prefix).ok_or_else(|| Malformed::new(format!("expected {prefix}…, found {word}")))?;
    number(digits)
}

fn optional(word: &str, prefix: char) -> Result<Option<u32>> {
    if word == "_" { Ok(None) } else { id(word, prefix).map(Some) }
}

fn ids(list: &str, prefix: char) -> Result<Vec<u32>> {
    list.split_ascii_whitespace().map(|word| id(word, prefix)).collect()
}
