//! What operators give, for operands of these kinds.

use super::nodes::{Id, Source};
use super::{At, Solver};
use dxpyc_abi::entries::Entry as E;
use dxpyc_abi::hot::Hot as H;
use dxpyc_ir::callee::Callee;
use dxpyc_ir::{Inst, Kinds};

const INTEGER: Kinds = Kinds(Kinds::SMALL.0 | Kinds::BIG.0 | Kinds::BOOL.0);
const NUMBER: Kinds = Kinds(INTEGER.0 | Kinds::FLOAT.0);
const SEQUENCE: Kinds = Kinds(Kinds::STR.0 | Kinds::BYTES.0 | Kinds::LIST.0 | Kinds::TUPLE.0);

/// The families of operators that matter here.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `//`, `%`, `**`.
    Numbers,
    Bits,
    Shift,
}

fn family(callee: Callee) -> Option<Family> {
    Some(match callee {
        Callee::Hot(H::dxp_hot_add | H::dxp_hot_iadd) | Callee::Entry(E::dxp_add | E::dxp_iadd) => Family::Add,
        Callee::Hot(H::dxp_hot_sub | H::dxp_hot_isub) | Callee::Entry(E::dxp_sub | E::dxp_isub) => Family::Subtract,
        Callee::Hot(H::dxp_hot_mul | H::dxp_hot_imul) | Callee::Entry(E::dxp_mul | E::dxp_imul) => Family::Multiply,
        Callee::Hot(H::dxp_hot_truediv | H::dxp_hot_itruediv) | Callee::Entry(E::dxp_truediv | E::dxp_itruediv) => {
            Family::Divide
        }
        Callee::Hot(H::dxp_hot_floordiv | H::dxp_hot_ifloordiv | H::dxp_hot_mod | H::dxp_hot_imod | H::dxp_hot_pow)
        | Callee::Entry(E::dxp_floordiv | E::dxp_ifloordiv | E::dxp_mod | E::dxp_imod | E::dxp_pow | E::dxp_ipow) => {
            Family::Numbers
        }
        Callee::Hot(
            H::dxp_hot_and | H::dxp_hot_iand | H::dxp_hot_or | H::dxp_hot_ior | H::dxp_hot_xor | H::dxp_hot_ixor,
        )
        | Callee::Entry(E::dxp_iand | E::dxp_ior | E::dxp_ixor) => Family::Bits,
        Callee::Hot(H::dxp_hot_lshift | H::dxp_hot_ilshift | H::dxp_hot_rshift | H::dxp_hot_irshift)
        | Callee::Entry(E::dxp_ilshift | E::dxp_irshift) => Family::Shift,
        _ => return None,
    })
}

impl Solver {
    /// An operator; false when the callee is none.
    pub(super) fn operator(&mut self, at: &At<'_>, inst: &Inst, callee: Callee) -> bool {
        let Some(&result) = inst.results.first() else { return false };
        let result = self.node(at, result);
        if let Some(family) = family(callee) {
            let (a, b) = (self.node(at, inst.args[0]), self.node(at, inst.args[1]));
            self.binary(family, a, b, result);
            return true;
        }
        match callee {
            Callee::Hot(H::dxp_hot_neg) | Callee::Entry(E::dxp_neg | E::dxp_pos | E::dxp_invert) => {
                let a = self.node(at, inst.args[0]);
                let kinds = self.graph.kinds(a);
                let kinds = if kinds.is(INTEGER) { Kinds::SMALL } else { kinds & Kinds::FLOAT };
                self.graph.widen(result, kinds);
                true
            }
            _ => false,
        }
    }

    fn binary(&mut self, family: Family, a: Id, b: Id, result: Id) {
        let (x, y) = (self.graph.kinds(a), self.graph.kinds(b));
        let numbers = x.is(NUMBER) && y.is(NUMBER);
        let some_float = x.is(Kinds::FLOAT) || y.is(Kinds::FLOAT);
        match family {
            Family::Divide => {
                if numbers || some_float {
                    self.graph.widen(result, Kinds::FLOATI);
                }
            }
            _ if x.is(INTEGER) && y.is(INTEGER) => {
                let bools = family == Family::Bits && x.is(Kinds::BOOL) && y.is(Kinds::BOOL);
                self.graph.widen(result, if bools { Kinds::BOOL } else { Kinds::SMALL });
            }
            Family::Bits | Family::Shift => {
                if x.meets(Kinds::SET | Kinds::DICT) {
                    self.graph.flow(Source::Node(a), result);
                    self.graph.flow(Source::Node(b), result);
                }
            }
            _ if numbers && some_float => self.graph.widen(result, Kinds::FLOATI),
            // A number that is not known yet, with a float.
            _ if some_float && (x == Kinds::NEVER || y == Kinds::NEVER) => self.graph.widen(result, Kinds::FLOATI),
            _ if numbers => self.graph.widen(result, Kinds::SMALL | Kinds::FLOATI),
            Family::Numbers if x.is(Kinds::STR | Kinds::BYTES) => self.graph.widen(result, x),
            Family::Add if x.meets(SEQUENCE) && y.meets(SEQUENCE) => {
                let lists = Kinds::LIST | Kinds::TUPLE;
                self.graph.widen(result, x & SEQUENCE);
                if x.meets(lists) {
                    let (from, other, to) = (self.graph.item(a), self.graph.item(b), self.graph.item(result));
                    self.graph.flow(Source::Node(from), to);
                    self.graph.flow(Source::Node(other), to);
                }
            }
            Family::Multiply => {
                for (node, kinds, other) in [(a, x, y), (b, y, x)] {
                    if kinds.meets(SEQUENCE | Kinds::OTHER) && (other.is(INTEGER) || other == Kinds::NEVER) {
                        self.graph.widen(result, kinds & (SEQUENCE | Kinds::OTHER));
                        let (from, to) = (self.graph.item(node), self.graph.item(result));
                        self.graph.flow(Source::Node(from), to);
                    }
                }
            }
            _ => {}
        }
    }
}
