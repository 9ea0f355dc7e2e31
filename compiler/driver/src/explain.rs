//! `dxpyc explain`: for each function of the user's modules, what lives unboxed in registers, and which operations stay
//! generic because of what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use dxpyc_ir::callee::Callee;
use dxpyc_ir::{CodeData, Function, Imm, Inst, Kinds, Op, Type, Unit, Value};

use crate::pipeline::Middle;

/// The text for all modules but the library's.
pub fn explain(middle: &Middle) -> String {
    let mut text = String::new();
    for (unit, (_, is_library)) in middle.program.units.iter().zip(&middle.sources) {
        if !is_library {
            for function in &unit.functions {
                explain_function(&mut text, unit, function);
            }
        }
    }
    text
}

fn explain_function(text: &mut String, unit: &Unit, function: &Function) {
    let code = &unit.codes[function.code as usize];
    let _ = writeln!(text, "{} ({}:{})", function.name, unit.file, code.first_line);

    let typed = typed_locals(unit, code, function);
    let list: Vec<String> = typed.iter().map(|(name, types)| format!("{name}: {}", join(types))).collect();
    let _ = writeln!(text, "  typed: {}", if list.is_empty() { "nothing".to_owned() } else { list.join(", ") });

    let mut generic: BTreeMap<(u32, String), usize> = BTreeMap::new();
    for inst in function.blocks.iter().filter(|block| !block.dead && !block.cold).flat_map(|block| &block.insts) {
        if let Some(reason) = reason(unit, code, function, inst) {
            let line = code.positions.get(inst.position as usize).map_or(0, |position| position.line);
            *generic.entry((line, reason)).or_default() += 1;
        }
    }
    if generic.is_empty() {
        let _ = writeln!(text, "  generic: nothing");
    }
    for ((line, reason), count) in generic {
        let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
        let _ = writeln!(text, "  generic: line {line}: {reason}{times}");
    }
    text.push('\n');
}

/// Named locals that have values outside of boxes, or whose type is known.
fn typed_locals(unit: &Unit, code: &CodeData, function: &Function) -> BTreeMap<String, BTreeSet<String>> {
    let mut locals: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (index, data) in function.values.iter().enumerate() {
        let Some(name) = local_name(unit, code, function, Value(index as u32)) else { continue };
        let known = match data.ty {
            Type::I64 => "i64".to_owned(),
            Type::F64 => "f64".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Obj if data.kinds != Kinds::ANY && data.kinds.without(Kinds::MISSING).0.count_ones() <= 3 => {
                data.kinds.without(Kinds::MISSING).to_string()
            }
            Type::Obj | Type::Ptr => continue,
        };
        locals.entry(name).or_default().insert(known);
    }
    locals
}

fn local_name(unit: &Unit, code: &CodeData, function: &Function, value: Value) -> Option<String> {
    let hint = function.values[value.index()].hint;
    let name = *code.varnames.get(hint as usize)?;
    Some(unit.names[name as usize].clone())
}

/// Why an instruction is a call into the runtime; none for those that are nothing but that by nature.
fn reason(unit: &Unit, code: &CodeData, function: &Function, inst: &Inst) -> Option<String> {
    let (Op::Call, Imm::Callee(callee)) = (inst.op, inst.imm) else { return None };
    let name = match callee {
        Callee::Entry(entry) => entry.name(),
        Callee::Hot(hot) => hot.name(),
        Callee::TypeSymbol(_) => return None,
    };
    let operation = name.trim_start_matches("dxp_").trim_start_matches("hot_");
    const TYPABLE: &[&str] = &[
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and", "or", "xor", "iadd", "isub", "imul",
        "itruediv", "ifloordiv", "imod", "neg", "eq", "ne", "lt", "le", "gt", "ge", "eq_true", "ne_true", "lt_true", "le_true",
        "gt_true", "ge_true", "truth", "getitem", "setitem", "next", "len",
    ];
    if !TYPABLE.contains(&operation) {
        return None;
    }
    let operands: Vec<String> = inst
        .args
        .iter()
        .filter(|arg| function.ty(**arg) == Type::Obj)
        .enumerate()
        .map(|(index, &arg)| {
            let who = local_name(unit, code, function, arg).unwrap_or_else(|| format!("operand {}", index + 1));
            let kinds = function.kinds(arg);
            if kinds == Kinds::ANY { format!("{who} may be anything") } else { format!("{who} is {kinds}") }
        })
        .collect();
    Some(format!("{operation}: {}", operands.join(", ")))
}

fn join(types: &BTreeSet<String>) -> String {
    types.iter().cloned().collect::<Vec<_>>().join(" or ")
}
