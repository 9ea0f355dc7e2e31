//! The text form of functions.
//!
//! ```text
//! function @sym "m.f" body code 1 {
//! b0(v0: obj, v1: obj[small|big]):
//!   v2: obj = call dxp_add(v0, v1) !b1 @3
//!   return v2
//! b1: cold
//!   traceback @3
//!   return_error
//! }
//! ```

use crate::entity::Value;
use crate::function::{BlockCall, Function, FunctionKind, Imm, Inst, NO_POSITION, Terminator, Type};
use crate::kinds::Kinds;
use std::fmt::{self, Write};

/// Prints a function.
pub fn print(function: &Function) -> String {
    let mut out = String::new();
    write_function(&mut out, function).expect("a String takes everything");
    out
}

fn write_function(out: &mut String, function: &Function) -> fmt::Result {
    let kind = match function.kind {
        FunctionKind::Body => "body",
        FunctionKind::Resume => "resume",
    };
    let counted = if function.counted { " counted" } else { "" };
    writeln!(out, "function @{} {:?} {kind} code {}{counted} {{", function.symbol, function.name, function.code)?;
    for id in function.block_ids() {
        let block = function.block(id);
        write!(out, "{id}")?;
        if !block.params.is_empty() {
            out.push('(');
            write_defs(out, function, &block.params)?;
            out.push(')');
        }
        out.push(':');
        if block.cold {
            out.push_str(" cold");
        }
        if block.generic {
            out.push_str(" generic");
        }
        out.push('\n');
        for inst in &block.insts {
            out.push_str("  ");
            write_inst(out, function, inst)?;
            out.push('\n');
        }
        out.push_str("  ");
        write_terminator(out, &block.term)?;
        out.push('\n');
    }
    out.push_str("}\n");
    Ok(())
}

fn write_defs(out: &mut String, function: &Function, values: &[Value]) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        let ty = function.ty(*value);
        write!(out, "{value}: {}", ty.name())?;
        let kinds = function.kinds(*value);
        if ty == Type::Obj && kinds != Kinds::ANY {
            write!(out, "[{kinds}]")?;
        }
    }
    Ok(())
}

fn write_values(out: &mut String, values: &[Value]) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write!(out, "{value}")?;
    }
    Ok(())
}

/// Appends one instruction.
pub fn write_inst(out: &mut String, function: &Function, inst: &Inst) -> fmt::Result {
    if !inst.results.is_empty() {
        write_defs(out, function, &inst.results)?;
        out.push_str(" = ");
    }
    out.push_str(inst.op.name());
    match inst.imm {
        Imm::No => {}
        Imm::Word(word) => write!(out, " {}", word_text(word))?,
        Imm::Int(int) => write!(out, " {int}")?,
        Imm::Float(bits) => write!(out, " {:#x}", bits)?,
        Imm::Const(index) | Imm::Name(index) | Imm::Code(index) | Imm::Cache(index) => write!(out, " {index}")?,
        Imm::Func(id) => write!(out, " {id}")?,
        Imm::Callee(callee) => write!(out, " {}", callee.name())?,
        Imm::Cmp(cmp) => write!(out, " {}", cmp.name())?,
    }
    if !inst.args.is_empty() {
        out.push('(');
        write_values(out, &inst.args)?;
        out.push(')');
    }
    if let Some(block) = inst.on_error {
        write!(out, " !{block}")?;
    }
    if inst.position != NO_POSITION {
        write!(out, " @{}", inst.position)?;
    }
    Ok(())
}

/// The words that have names in the text form.
pub const WORDS: &[(u64, &str)] = &[
    (0x07, "ERROR"),
    (0x0F, "None"),
    (0x17, "False"),
    (0x1F, "True"),
    (0x27, "MISSING"),
    (0x2F, "NotImplemented"),
    (0x37, "Ellipsis"),
];

fn word_text(word: u64) -> String {
    if let Some((_, name)) = WORDS.iter().find(|(named, _)| *named == word) {
        return (*name).to_string();
    }
    if word & 7 == 0 {
        return format!("{}", (word as i64) >> 3);
    }
    format!("{word:#x}")
}

fn write_call(out: &mut String, call: &BlockCall) -> fmt::Result {
    write!(out, "{}", call.block)?;
    if !call.args.is_empty() {
        out.push('(');
        write_values(out, &call.args)?;
        out.push(')');
    }
    Ok(())
}

fn write_terminator(out: &mut String, term: &Terminator) -> fmt::Result {
    match term {
        Terminator::None => out.push_str("<no terminator>"),
        Terminator::Jump(call) => {
            out.push_str("jump ");
            write_call(out, call)?;
        }
        Terminator::Branch { cond, then, other } => {
            write!(out, "branch {cond}, ")?;
            write_call(out, then)?;
            out.push_str(", ");
            write_call(out, other)?;
        }
        Terminator::Switch { value, cases, default } => {
            write!(out, "switch {value} [")?;
            for (index, (case, call)) in cases.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write!(out, "{case}: ")?;
                write_call(out, call)?;
            }
            out.push_str("] ");
            write_call(out, default)?;
        }
        Terminator::Return(value) => write!(out, "return {value}")?,
        Terminator::ReturnError => out.push_str("return_error"),
        Terminator::Unreachable => out.push_str("unreachable"),
    }
    Ok(())
}
