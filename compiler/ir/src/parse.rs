//! Reads the text form of functions that `print` writes. For tests and tools: the compiler itself never reads it.

use crate::callee::Callee;
use crate::entity::{BlockId, FuncId, Value};
use crate::function::{
    BlockCall, BlockData, Function, FunctionKind, Imm, Inst, NO_POSITION, Terminator, Type, ValueData,
};
use crate::kinds::Kinds;
use crate::op::{Cmp, ImmKind, Op};
use crate::print::WORDS;

/// Reads the functions of a text; an error names its line.
pub fn parse(text: &str) -> Result<Vec<Function>, String> {
    let mut functions = Vec::new();
    let mut current: Option<Function> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.split(';').next().unwrap_or("").trim();
        if line.is_empty() {
            continue;
        }
        let mut cursor = Cursor { rest: line };
        let done = parse_line(&mut cursor, &mut current).map_err(|error| format!("line {}: {error}", index + 1))?;
        if !cursor.rest.is_empty() {
            return Err(format!("line {}: unexpected {:?}", index + 1, cursor.rest));
        }
        functions.extend(done);
    }
    match current {
        Some(function) => Err(format!("function {} does not end", function.name)),
        None => Ok(functions),
    }
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// Skips a text if it stands here.
    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.eat(text) { Ok(()) } else { Err(format!("expected {text:?}, found {:?}", self.rest)) }
    }

    /// The longest run of characters of names, numbers and symbols.
    fn word(&mut self) -> Result<&'a str, String> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || "_.-<>".contains(c))).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(format!("expected a word, found {:?}", self.rest));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        Ok(word)
    }

    fn id(&mut self, prefix: char) -> Result<u32, String> {
        let word = self.word()?;
        let digits = word.strip_prefix(prefix).ok_or_else(|| format!("expected {prefix}…, found {word:?}"))?;
        digits.parse().map_err(|_| format!("{word:?} is no id"))
    }

    fn value(&mut self) -> Result<Value, String> {
        self.id('v').map(Value)
    }

    fn number(&mut self) -> Result<i64, String> {
        let word = self.word()?;
        word.parse().map_err(|_| format!("{word:?} is no number"))
    }
}

fn parse_line(cursor: &mut Cursor<'_>, current: &mut Option<Function>) -> Result<Option<Function>, String> {
    if cursor.eat("function") {
        *current = Some(parse_head(cursor)?);
        return Ok(None);
    }
    let function = current.as_mut().ok_or("expected a function")?;
    if cursor.eat("}") {
        return Ok(current.take());
    }
    let is_block = cursor.rest.starts_with('b')
        && cursor.rest[1..].starts_with(|c: char| c.is_ascii_digit())
        && (cursor.rest.ends_with(':') || cursor.rest.ends_with(": cold") || cursor.rest.ends_with(": cold generic"));
    if is_block {
        return parse_block(cursor, function).map(|()| None);
    }
    let block = function.blocks.len() - 1;
    if let Some(term) = parse_terminator(cursor)? {
        function.blocks[block].term = term;
        return Ok(None);
    }
    let inst = parse_inst(cursor, function)?;
    function.blocks.last_mut().ok_or("an instruction outside a block")?.insts.push(inst);
    Ok(None)
}

fn parse_head(cursor: &mut Cursor<'_>) -> Result<Function, String> {
    cursor.expect("@")?;
    let end = cursor.rest.find(" \"").ok_or("expected the name")?;
    let (symbol, rest) = cursor.rest.split_at(end);
    let rest = &rest[2..];
    let end = rest.find('"').ok_or("the name does not end")?;
    let (name, rest) = rest.split_at(end);
    cursor.rest = rest[1..].trim_start();
    let kind = match cursor.word()? {
        "body" => FunctionKind::Body,
        "resume" => FunctionKind::Resume,
        other => return Err(format!("unknown kind {other:?}")),
    };
    cursor.expect("code")?;
    let code = cursor.number()? as u32;
    let counted = cursor.eat("counted");
    cursor.expect("{")?;
    let mut function = Function::new(name.to_string(), symbol.to_string(), kind, code);
    function.blocks.clear();
    function.counted = counted;
    Ok(function)
}

fn empty_block(dead: bool) -> BlockData {
    BlockData { params: Vec::new(), insts: Vec::new(), term: Terminator::None, cold: false, generic: false, dead }
}

fn parse_block(cursor: &mut Cursor<'_>, function: &mut Function) -> Result<(), String> {
    let id = cursor.id('b')? as usize;
    if id < function.blocks.len() {
        return Err(format!("block b{id} comes out of order"));
    }
    while function.blocks.len() < id {
        let mut dead = empty_block(true);
        dead.term = Terminator::Unreachable;
        function.blocks.push(dead);
    }
    function.blocks.push(empty_block(false));
    if cursor.eat("(") {
        loop {
            let param = parse_def(cursor, function)?;
            function.blocks[id].params.push(param);
            if !cursor.eat(",") {
                break;
            }
        }
        cursor.expect(")")?;
    }
    cursor.expect(":")?;
    function.blocks[id].cold = cursor.eat("cold");
    function.blocks[id].generic = cursor.eat("generic");
    Ok(())
}

fn parse_def(cursor: &mut Cursor<'_>, function: &mut Function) -> Result<Value, String> {
    let value = cursor.value()?;
    cursor.expect(":")?;
    let word = cursor.word()?;
    let ty = Type::ALL.iter().find(|(_, name)| *name == word).map(|(ty, _)| *ty);
    let ty = ty.ok_or_else(|| format!("unknown type {word:?}"))?;
    let mut kinds = Kinds::ANY;
    if cursor.eat("[") {
        kinds = Kinds::NEVER;
        loop {
            let word = cursor.word()?;
            kinds = kinds | Kinds::from_name(word).ok_or_else(|| format!("unknown kind {word:?}"))?;
            if !cursor.eat("|") {
                break;
            }
        }
        cursor.expect("]")?;
    }
    while function.values.len() <= value.index() {
        function.values.push(ValueData { ty: Type::Obj, kinds: Kinds::ANY, expected: Kinds::NEVER, hint: u32::MAX });
    }
    function.values[value.index()] = ValueData { ty, kinds, expected: Kinds::NEVER, hint: u32::MAX };
    Ok(value)
}

fn parse_values(cursor: &mut Cursor<'_>) -> Result<Vec<Value>, String> {
    let mut values = Vec::new();
    if cursor.eat("(") {
        loop {
            values.push(cursor.value()?);
            if !cursor.eat(",") {
                break;
            }
        }
        cursor.expect(")")?;
    }
    Ok(values)
}

fn parse_inst(cursor: &mut Cursor<'_>, function: &mut Function) -> Result<Inst, String> {
    let mut results = Vec::new();
    let first_is_value = cursor.rest.starts_with('v') && cursor.rest[1..].starts_with(|c: char| c.is_ascii_digit());
    if first_is_value {
        loop {
            results.push(parse_def(cursor, function)?);
            if !cursor.eat(",") {
                break;
            }
        }
        cursor.expect("=")?;
    }
    let word = cursor.word()?;
    let op = Op::from_name(word).ok_or_else(|| format!("unknown instruction {word:?}"))?;
    let imm = parse_imm(cursor, op.imm())?;
    let args = parse_values(cursor)?;
    let mut inst = Inst::new(op, imm, args, results);
    if cursor.eat("!") {
        inst.on_error = Some(BlockId(cursor.id('b')?));
    }
    if cursor.eat("@") {
        inst.position = cursor.number()? as u32;
    } else {
        inst.position = NO_POSITION;
    }
    Ok(inst)
}

fn parse_imm(cursor: &mut Cursor<'_>, kind: ImmKind) -> Result<Imm, String> {
    Ok(match kind {
        ImmKind::No => Imm::No,
        ImmKind::Word => {
            let word = cursor.word()?;
            if let Some((bits, _)) = WORDS.iter().find(|(_, name)| *name == word) {
                Imm::Word(*bits)
            } else if let Some(digits) = word.strip_prefix("0x") {
                Imm::Word(u64::from_str_radix(digits, 16).map_err(|_| format!("bad word {word:?}"))?)
            } else {
                let int: i64 = word.parse().map_err(|_| format!("bad word {word:?}"))?;
                Imm::Word((int << 3) as u64)
            }
        }
        ImmKind::Int => Imm::Int(cursor.number()?),
        ImmKind::Float => {
            let word = cursor.word()?;
            let digits = word.strip_prefix("0x").ok_or("floats are given by their bits")?;
            Imm::Float(u64::from_str_radix(digits, 16).map_err(|_| format!("bad float {word:?}"))?)
        }
        ImmKind::Const => Imm::Const(cursor.number()? as u32),
        ImmKind::Name => Imm::Name(cursor.number()? as u32),
        ImmKind::Code => Imm::Code(cursor.number()? as u32),
        ImmKind::Cache => Imm::Cache(cursor.number()? as u32),
        ImmKind::Func => Imm::Func(FuncId(cursor.id('f')?)),
        ImmKind::Callee => {
            let word = cursor.word()?;
            Imm::Callee(Callee::by_name(word).ok_or_else(|| format!("unknown callee {word:?}"))?)
        }
        ImmKind::Cmp => {
            let word = cursor.word()?;
            let cmp = Cmp::ALL.iter().find(|(_, name)| *name == word).map(|(cmp, _)| *cmp);
            Imm::Cmp(cmp.ok_or_else(|| format!("unknown comparison {word:?}"))?)
        }
    })
}

fn parse_call(cursor: &mut Cursor<'_>) -> Result<BlockCall, String> {
    let block = BlockId(cursor.id('b')?);
    Ok(BlockCall::with(block, parse_values(cursor)?))
}

fn parse_terminator(cursor: &mut Cursor<'_>) -> Result<Option<Terminator>, String> {
    if cursor.eat("jump ") {
        return Ok(Some(Terminator::Jump(parse_call(cursor)?)));
    }
    if cursor.eat("branch ") {
        let cond = cursor.value()?;
        cursor.expect(",")?;
        let then = parse_call(cursor)?;
        cursor.expect(",")?;
        let other = parse_call(cursor)?;
        return Ok(Some(Terminator::Branch { cond, then, other }));
    }
    if cursor.eat("switch ") {
        let value = cursor.value()?;
        cursor.expect("[")?;
        let mut cases = Vec::new();
        while !cursor.eat("]") {
            let case = cursor.number()?;
            cursor.expect(":")?;
            cases.push((case, parse_call(cursor)?));
            cursor.eat(",");
        }
        return Ok(Some(Terminator::Switch { value, cases, default: parse_call(cursor)? }));
    }
    if cursor.eat("return_error") {
        return Ok(Some(Terminator::ReturnError));
    }
    if cursor.eat("return ") {
        return Ok(Some(Terminator::Return(cursor.value()?)));
    }
    if cursor.eat("unreachable") {
        return Ok(Some(Terminator::Unreachable));
    }
    Ok(None)
}
