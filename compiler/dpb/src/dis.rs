//! `dxpyc dis`: a module as people read it, with names and constants in place. Not parsed again.

use std::fmt::Write;

use crate::inst::{ConstId, FuncId, Inst, OperandValue, Reg};
use crate::module::{Const, Function, FunctionFlags, Module};
use crate::opcode::Operand;
use crate::text::Quoted;

/// Characters of a constant that are shown.
const CONST_CHARS_MAX: usize = 100;

/// The whole module.
#[must_use]
pub fn dis(module: &Module) -> String {
    let ids = (0..module.functions.len()).map(|i| FuncId(i as u32));
    ids.map(|id| dis_function(module, id)).collect::<Vec<_>>().join("\n")
}

/// One function.
#[must_use]
pub fn dis_function(module: &Module, id: FuncId) -> String {
    let function = &module.functions[id.index()];
    let mut out = String::new();
    header(&mut out, module, function, id);
    for (i, block) in function.blocks.iter().enumerate() {
        match block.handler {
            Some(handler) => _ = writeln!(out, "b{i}:  ; on error {handler}"),
            None => _ = writeln!(out, "b{i}:"),
        }
        let mut last_line = 0;
        for inst in &block.insts {
            if inst.position.line == last_line {
                out.push_str("        ");
            } else {
                last_line = inst.position.line;
                _ = write!(out, "{last_line:>6}  ");
            }
            line(&mut out, module, function, inst);
            out.push('\n');
        }
    }
    out
}

fn header(out: &mut String, module: &Module, function: &Function, id: FuncId) {
    let name = |id: crate::inst::NameId| module.names[id.index()].as_str();
    _ = write!(out, "{id} {}(", name(function.qualname));
    let n_positional = function.n_args + function.n_kwonly;
    let mut params: Vec<String> = function.varnames[..n_positional as usize].iter().map(|&id| name(id).to_owned()).collect();
    if let Some(reg) = function.varargs() {
        params.insert(function.n_args as usize, format!("*{}", name(function.varnames[reg.index()])));
    } else if function.n_kwonly > 0 {
        params.insert(function.n_args as usize, "*".to_owned());
    }
    if function.n_posonly > 0 {
        params.insert(function.n_posonly as usize, "/".to_owned());
    }
    if let Some(reg) = function.varkeywords() {
        params.push(format!("**{}", name(function.varnames[reg.index()])));
    }
    _ = write!(out, "{})", params.join(", "));
    for (flag, word) in [
        (FunctionFlags::GENERATOR, "generator"),
        (FunctionFlags::COROUTINE, "coroutine"),
        (FunctionFlags::ASYNC_GENERATOR, "async generator"),
        (FunctionFlags::CLASS_BODY, "class body"),
        (FunctionFlags::MODULE_BODY, "module body"),
        (FunctionFlags::ANNOTATION_SCOPE, "annotation scope"),
    ] {
        if function.flags.has(flag) {
            _ = write!(out, "  ; {word}");
        }
    }
    out.push('\n');
}

fn line(out: &mut String, module: &Module, function: &Function, inst: &Inst) {
    let reg = |reg: Reg| match function.varname(reg) {
        Some(name) => format!("{}.{}", module.names[name.index()], reg.0),
        None => reg.to_string(),
    };
    let mut defs = Vec::new();
    let mut rest = Vec::new();
    for (name, kind, value) in inst.operands() {
        match (kind, value) {
            (Operand::Def | Operand::MaybeDef, OperandValue::Reg(id)) => defs.push(reg(id)),
            (Operand::Defs, OperandValue::Regs(ids)) => defs.push(format!("[{}]", ids.iter().map(|&id| reg(id)).collect::<Vec<_>>().join(", "))),
            (_, OperandValue::Reg(id)) => rest.push(reg(id)),
            (_, OperandValue::Absent) => rest.push(format!("{name}=_")),
            (_, OperandValue::Regs(ids)) => rest.push(format!("[{}]", ids.iter().map(|&id| reg(id)).collect::<Vec<_>>().join(", "))),
            (_, OperandValue::Name(id)) => rest.push(Quoted(module.names[id.index()].as_bytes()).to_string()),
            (_, OperandValue::Const(id)) => rest.push(constant(module, id)),
            (_, OperandValue::Block(id)) => rest.push(id.to_string()),
            (_, OperandValue::Func(id)) => {
                let qualname = module.functions[id.index()].qualname;
                rest.push(format!("{id} <{}>", module.names[qualname.index()]));
            }
            (_, OperandValue::Int(value)) => rest.push(format!("{name}={value}")),
        }
    }
    if !defs.is_empty() {
        _ = write!(out, "{} = ", defs.join(", "));
    }
    out.push_str(inst.opcode().name());
    if !rest.is_empty() {
        _ = write!(out, " {}", rest.join(", "));
    }
}

fn constant(module: &Module, id: ConstId) -> String {
    let mut out = String::new();
    write_constant(&mut out, module, id);
    if out.len() > CONST_CHARS_MAX {
        out.truncate(CONST_CHARS_MAX);
        out.push('…');
    }
    out
}

fn write_constant(out: &mut String, module: &Module, id: ConstId) {
    if out.len() > CONST_CHARS_MAX {
        return;
    }
    let shown = |bytes: &[u8]| Quoted(&bytes[..bytes.len().min(CONST_CHARS_MAX)]).to_string();
    match &module.constants[id.index()] {
        Const::None => out.push_str("None"),
        Const::True => out.push_str("True"),
        Const::False => out.push_str("False"),
        Const::Ellipsis => out.push_str("..."),
        Const::Int(value) => _ = write!(out, "{value}"),
        Const::BigInt(bytes) => _ = write!(out, "int of {} bytes", bytes.len()),
        Const::Float(bits) => _ = write!(out, "{:?}", f64::from_bits(*bits)),
        Const::Complex(real, imag) => _ = write!(out, "({:?}, {:?}j)", f64::from_bits(*real), f64::from_bits(*imag)),
        Const::Str(bytes) => out.push_str(&shown(bytes)),
        Const::Bytes(bytes) => _ = write!(out, "b{}", shown(bytes)),
        Const::Tuple(items) | Const::FrozenSet(items) => {
            let is_set = matches!(module.constants[id.index()], Const::FrozenSet(_));
            out.push_str(if is_set { "frozenset(" } else { "(" });
            for (i, &item) in items.iter().enumerate() {
                if out.len() > CONST_CHARS_MAX {
                    break;
                }
                out.push_str(if i == 0 { "" } else { ", " });
                write_constant(out, module, item);
            }
            out.push(')');
        }
    }
}
