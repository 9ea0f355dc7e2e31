//! `Module` → bytes.

use crate::bytes::{len32, pad, put_i32, put_u32, put_word};
use crate::format::{CONST_BYTES, FINGERPRINT, HASH_AT, HEADER_BYTES, MAGIC, N_SECTIONS, tag};
use crate::inst::{ConstId, Inst, NameId, OperandValue, Position};
use crate::module::{Const, Function, Module};
use crate::opcode::Operand;

/// The file of a module. The same module gives the same bytes.
#[must_use]
pub fn encode(module: &Module) -> Vec<u8> {
    let mut out = vec![0; HEADER_BYTES];
    let mut offsets = [0_u32; N_SECTIONS];
    let mut places = Vec::with_capacity(module.functions.len());
    let mut debug = Vec::new();

    offsets[0] = len32(out.len());
    for function in &module.functions {
        places.push((len32(out.len()) - offsets[0], len32(debug.len())));
        put_code(&mut out, function);
        put_positions(&mut debug, function);
    }
    pad(&mut out, 8);
    offsets[1] = len32(out.len());
    put_constants(&mut out, &module.constants);
    pad(&mut out, 8);
    offsets[2] = len32(out.len());
    put_names(&mut out, &module.names);
    pad(&mut out, 8);
    offsets[3] = len32(out.len());
    put_symbols(&mut out, module, &places);
    pad(&mut out, 8);
    offsets[4] = len32(out.len());
    put_word(&mut out, 0);
    pad(&mut out, 8);
    offsets[5] = len32(out.len());
    out.extend_from_slice(&debug);

    out[..4].copy_from_slice(&MAGIC);
    out[4..8].copy_from_slice(&FINGERPRINT.to_le_bytes());
    for (i, offset) in offsets.iter().enumerate() {
        out[8 + 4 * i..12 + 4 * i].copy_from_slice(&offset.to_le_bytes());
    }
    let hash = blake3::hash(&out[HEADER_BYTES..]);
    out[HASH_AT..HEADER_BYTES].copy_from_slice(hash.as_bytes());
    out
}

fn put_code(out: &mut Vec<u8>, function: &Function) {
    for block in &function.blocks {
        put_u32(out, block.handler.map_or(0, |handler| handler.0 + 1));
        put_u32(out, len32(block.insts.len()));
        for inst in &block.insts {
            out.push(inst.opcode() as u8);
            put_operands(out, inst);
        }
    }
}

fn put_operands(out: &mut Vec<u8>, inst: &Inst) {
    for (_, kind, value) in inst.operands() {
        match value {
            OperandValue::Reg(reg) if kind == Operand::OptUse => put_u32(out, reg.0 + 1),
            OperandValue::Reg(reg) => put_u32(out, reg.0),
            OperandValue::Absent => put_u32(out, 0),
            OperandValue::Regs(regs) => {
                put_u32(out, len32(regs.len()));
                regs.iter().for_each(|reg| put_u32(out, reg.0));
            }
            OperandValue::Name(id) => put_u32(out, id.0),
            OperandValue::Const(id) => put_u32(out, id.0),
            OperandValue::Block(id) => put_u32(out, id.0),
            OperandValue::Func(id) => put_u32(out, id.0),
            OperandValue::Int(value) => put_i32(out, value),
        }
    }
}

fn put_positions(out: &mut Vec<u8>, function: &Function) {
    let mut last_line = function.first_line;
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        put_position(out, inst.position, &mut last_line);
    }
}

fn put_position(out: &mut Vec<u8>, position: Position, last_line: &mut u32) {
    put_i32(out, position.line.wrapping_sub(*last_line).cast_signed());
    put_i32(out, position.end_line.wrapping_sub(position.line).cast_signed());
    put_u32(out, position.col);
    put_i32(out, position.end_col.wrapping_sub(position.col).cast_signed());
    *last_line = position.line;
}

fn put_constants(out: &mut Vec<u8>, constants: &[Const]) {
    put_word(out, len32(constants.len()));
    put_word(out, 0);
    let mut heap = Vec::new();
    let base = 8 + constants.len() * CONST_BYTES;
    for constant in constants {
        let (tag, len, value) = match constant {
            Const::None => (tag::NONE, 0, 0),
            Const::True => (tag::TRUE, 0, 0),
            Const::False => (tag::FALSE, 0, 0),
            Const::Ellipsis => (tag::ELLIPSIS, 0, 0),
            Const::Int(value) => (tag::INT, 0, value.cast_unsigned()),
            Const::Float(bits) => (tag::FLOAT, 0, *bits),
            Const::Complex(real, imag) => {
                let at = base + heap.len();
                heap.extend_from_slice(&real.to_le_bytes());
                heap.extend_from_slice(&imag.to_le_bytes());
                (tag::COMPLEX, 16, at as u64)
            }
            Const::BigInt(bytes) => put_heap(&mut heap, base, tag::BIG_INT, bytes),
            Const::Str(bytes) => put_heap(&mut heap, base, tag::STR, bytes),
            Const::Bytes(bytes) => put_heap(&mut heap, base, tag::BYTES, bytes),
            Const::Tuple(items) => put_items(&mut heap, base, tag::TUPLE, items),
            Const::FrozenSet(items) => put_items(&mut heap, base, tag::FROZEN_SET, items),
        };
        put_word(out, u32::from(tag));
        put_word(out, len);
        out.extend_from_slice(&value.to_le_bytes());
    }
    out.extend_from_slice(&heap);
}

fn put_heap(heap: &mut Vec<u8>, base: usize, tag: u8, bytes: &[u8]) -> (u8, u32, u64) {
    let at = base + heap.len();
    heap.extend_from_slice(bytes);
    (tag, len32(bytes.len()), at as u64)
}

fn put_items(heap: &mut Vec<u8>, base: usize, tag: u8, items: &[ConstId]) -> (u8, u32, u64) {
    let at = base + heap.len();
    items.iter().for_each(|item| put_word(heap, item.0));
    (tag, len32(items.len()), at as u64)
}

fn put_names(out: &mut Vec<u8>, names: &[String]) {
    put_word(out, len32(names.len()));
    let mut at = 4 + 4 * (names.len() + 1);
    put_word(out, len32(at));
    for name in names {
        at += name.len();
        put_word(out, len32(at));
    }
    for name in names {
        out.extend_from_slice(name.as_bytes());
    }
}

fn put_symbols(out: &mut Vec<u8>, module: &Module, places: &[(u32, u32)]) {
    put_text(out, &module.name);
    put_text(out, &module.file);
    out.extend_from_slice(&module.source_hash);
    put_u32(out, module.future);
    put_u32(out, len32(module.functions.len()));
    for (function, &(code, debug)) in module.functions.iter().zip(places) {
        put_u32(out, code);
        put_u32(out, debug);
        put_u32(out, function.name.0);
        put_u32(out, function.qualname.0);
        put_u32(out, function.parent.map_or(0, |parent| parent.0 + 1));
        put_u32(out, function.flags.0);
        put_u32(out, function.n_posonly);
        put_u32(out, function.n_args);
        put_u32(out, function.n_kwonly);
        put_u32(out, function.n_registers);
        put_u32(out, function.docstring.map_or(0, |docstring| docstring.0 + 1));
        put_u32(out, function.first_line);
        put_name_list(out, &function.varnames);
        put_name_list(out, &function.cellvars);
        put_name_list(out, &function.freevars);
        put_u32(out, len32(function.blocks.len()));
    }
    put_u32(out, len32(module.imports.len()));
    for import in &module.imports {
        put_u32(out, import.module.0);
        put_u32(out, import.level);
        put_name_list(out, &import.names);
        put_position(out, import.position, &mut 0);
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_u32(out, len32(text.len()));
    out.extend_from_slice(text.as_bytes());
}

fn put_name_list(out: &mut Vec<u8>, names: &[NameId]) {
    put_u32(out, len32(names.len()));
    names.iter().for_each(|name| put_u32(out, name.0));
}
