//! Block parameters that are proven floats, small ints or bools become `f64`, `i64` and `bool` parameters: arguments are unboxed before
//! the jump, and the boxed form is made again where a use asks for an object.
//!
//! It leaves pairs of box and unbox for `fold`, and boxes that only cold blocks need for `sink-boxes`.

use dxpyc_ir::cfg::Cfg;
use dxpyc_ir::function::ENTRY;
use dxpyc_ir::{Function, Imm, Inst, Kinds, Op, Type, Value};
use std::collections::HashMap;

/// The pass.
pub fn run(function: &mut Function) {
    let cfg = Cfg::new(function);
    let mut boxed: HashMap<Value, Value> = HashMap::new();
    for id in cfg.rpo.iter().filter(|id| **id != ENTRY) {
        let mut boxes = Vec::new();
        let params = function.block(*id).params.clone();
        let mut new_params = Vec::with_capacity(params.len());
        let mut unboxing: Vec<Option<(Op, Type)>> = Vec::with_capacity(params.len());
        for param in params {
            let Some((unbox, rebox, ty)) = form(function, param) else {
                new_params.push(param);
                unboxing.push(None);
                continue;
            };
            let unboxed = function.new_value(ty, Kinds::ANY);
            function.values[unboxed.index()].hint = function.values[param.index()].hint;
            new_params.push(unboxed);
            unboxing.push(Some((unbox, ty)));
            // The old name is now the boxed form, defined at the block's start.
            boxes.push(Inst::new(rebox, Imm::No, vec![unboxed], vec![param]));
            boxed.insert(param, unboxed);
        }
        if boxes.is_empty() {
            continue;
        }
        function.block_mut(*id).params = new_params;
        function.block_mut(*id).insts.splice(0..0, boxes);
        let mut preds = cfg.preds[id.index()].clone();
        preds.dedup();
        for pred in preds {
            unbox_arguments(function, pred, *id, &unboxing);
        }
    }
}

/// How a parameter is unboxed and boxed again, and its new type.
fn form(function: &Function, param: Value) -> Option<(Op, Op, Type)> {
    let kinds = function.kinds(param);
    if function.ty(param) != Type::Obj || kinds == Kinds::NEVER {
        None
    } else if kinds.within(Kinds::FLOAT) {
        Some((Op::UnboxFloat, Op::BoxFloat, Type::F64))
    } else if kinds.within(Kinds::SMALL) {
        Some((Op::UnboxInt, Op::BoxSmall, Type::I64))
    } else if kinds.within(Kinds::BOOL) {
        Some((Op::UnboxBool, Op::BoxBool, Type::Bool))
    } else {
        None
    }
}

fn unbox_arguments(
    function: &mut Function,
    pred: dxpyc_ir::BlockId,
    target: dxpyc_ir::BlockId,
    unboxing: &[Option<(Op, Type)>],
) {
    let mut term = std::mem::replace(&mut function.block_mut(pred).term, dxpyc_ir::Terminator::None);
    for call in term.calls_mut() {
        if call.block != target {
            continue;
        }
        for (arg, unbox) in call.args.iter_mut().zip(unboxing) {
            if let Some((op, ty)) = unbox {
                *arg = function.push1(pred, *op, Imm::No, vec![*arg], *ty, Kinds::ANY);
            }
        }
    }
    function.block_mut(pred).term = term;
}
