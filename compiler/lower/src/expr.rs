//! Expressions.
//!
//! `eval(expr, want)` puts the value in `want`, or says where it is. A plain local variable is its own register: when what is evaluated later in the
//! same expression may rebind it (`:=`), `operands` copies it first. An instruction writes `want` last, so that a variable keeps
//! its old value when the expression raises; results written more than once go through a temporary (`joined`).

use dxpyc_dpb::{Const, Op, Position, Reg};
use dxpyc_syntax::ast::{self, CmpOp, Expr, Operator, UnaryOp};
use dxpyc_syntax::literal;
use smallvec::SmallVec;

use crate::Lowerer;

/// Displays with more items are built piece by piece.
const ITEMS_MAX: usize = 48;

/// Registers of operands.
pub(crate) type Regs = SmallVec<[Reg; 8]>;

impl<'a> Lowerer<'a> {
    /// The value of an expression, in some register.
    pub(crate) fn expr(&mut self, expr: &'a Expr) -> Reg {
        self.eval(expr, None)
    }

    /// Puts the value in `dst`.
    pub(crate) fn expr_to(&mut self, expr: &'a Expr, dst: Reg) {
        self.eval(expr, Some(dst));
    }

    /// The values of expressions, evaluated in order; all stay what they were until the last is evaluated.
    pub(crate) fn operands(&mut self, exprs: &[&'a Expr]) -> Regs {
        let n_before_rebind = if self.has_walrus { exprs.iter().rposition(|expr| self.may_rebind(*expr)).unwrap_or(0) } else { 0 };
        exprs.iter().enumerate().map(|(i, expr)| self.operand(expr, i < n_before_rebind)).collect()
    }

    /// The value of an expression; a copy if it is a variable and `copy` is set.
    pub(crate) fn operand(&mut self, expr: &'a Expr, copy: bool) -> Reg {
        let value = self.expr(expr);
        let is_variable = !self.frame.is_temp(value) || expr.as_name_expr().is_some_and(|name| self.store_target(&name.id) == Some(value));
        if !copy || !is_variable {
            return value;
        }
        let dst = self.frame.temp();
        let position = self.pos(expr);
        self.emit(position, Op::Move { dst, src: value });
        dst
    }

    pub(crate) fn eval(&mut self, expr: &'a Expr, want: Option<Reg>) -> Reg {
        match expr {
            Expr::Name(node) => {
                let position = self.pos(node);
                self.load_name(position, &node.id, want)
            }
            Expr::Call(node) => self.call(node, want),
            Expr::Attribute(node) => self.attribute(node, want),
            Expr::Subscript(node) => self.subscript(node, want),
            Expr::BinOp(node) => self.binary(node, expr, want),
            Expr::Compare(node) => self.compare(node, want),
            Expr::BoolOp(node) => self.bool_op(node, want),
            Expr::UnaryOp(node) => self.unary(node, expr, want),
            Expr::If(node) => self.if_expr(node, want),
            Expr::Tuple(node) => self.tuple(&node.elts, expr, want),
            Expr::List(node) => self.list(&node.elts, expr, want),
            Expr::Set(node) => self.set(&node.elts, expr, want),
            Expr::Dict(node) => self.dict(node, want),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) => self.comprehension(expr, want),
            Expr::Generator(node) => self.generator_expression(node, expr, want),
            Expr::Lambda(node) => self.lambda(node, want),
            Expr::Named(node) => {
                let value = self.eval(&node.value, want);
                self.assign(&node.target, value);
                value
            }
            Expr::Await(node) => {
                let mark = self.frame.mark();
                let position = self.pos(node);
                let value = self.expr(&node.value);
                self.await_value(position, value, 0, mark, want)
            }
            Expr::Yield(node) => self.yield_(node, want),
            Expr::YieldFrom(node) => {
                let mark = self.frame.mark();
                let position = self.pos(node);
                let src = self.expr(&node.value);
                let iter = self.frame.temp();
                self.emit(position, Op::GetYieldFromIter { dst: iter, src });
                self.delegate(position, iter, mark, want)
            }
            Expr::FString(node) => self.f_string(node, want),
            Expr::TString(node) => self.t_string(node, want),
            Expr::Slice(node) => {
                let mark = self.frame.mark();
                let position = self.pos(node);
                let [start, stop, step] = self.slice_parts(node, true);
                self.frame.reset(mark);
                let dst = self.dst(want);
                self.emit(position, Op::BuildSlice { dst, start, stop, step });
                dst
            }
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_) => {
                let position = self.pos(expr);
                let constant = self.literal(expr).expect("a literal is a constant");
                self.load_const_to(position, constant, want)
            }
            Expr::Starred(_) | Expr::IpyEscapeCommand(_) => panic!("eval: {expr:?} is not an expression of its own"),
        }
    }

    /// The value of a literal.
    pub(crate) fn literal(&self, expr: &Expr) -> Option<Const> {
        Some(match expr {
            Expr::StringLiteral(node) => Const::Str(literal::string_expr(self.source, node).into_owned().into()),
            Expr::BytesLiteral(node) => Const::Bytes(node.value.bytes().collect()),
            Expr::NumberLiteral(node) => crate::fold::number(&node.value),
            Expr::BooleanLiteral(node) => if node.value { Const::True } else { Const::False },
            Expr::NoneLiteral(_) => Const::None,
            Expr::EllipsisLiteral(_) => Const::Ellipsis,
            _ => return None,
        })
    }

    /// The position of an operation on an attribute: where its name is, when that is on a later line.
    pub(crate) fn attribute_position(&mut self, whole: Position, node: &ast::ExprAttribute) -> Position {
        let attr_end = self.pos(node);
        if whole.line == attr_end.end_line {
            return whole;
        }
        let n_chars = node.attr.chars().count() as u32;
        let col = attr_end.end_col.saturating_sub(n_chars);
        Position { line: attr_end.end_line, col, end_line: whole.end_line.max(attr_end.end_line), end_col: whole.end_col }
    }

    fn attribute(&mut self, node: &'a ast::ExprAttribute, want: Option<Reg>) -> Reg {
        if let Some(dst) = self.super_attribute(node, want) {
            return dst;
        }
        let mark = self.frame.mark();
        let object = self.expr(&node.value);
        let position = self.pos(node);
        let position = self.attribute_position(position, node);
        let name = self.attribute_name(&node.attr);
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::LoadAttr { dst, object, name });
        dst
    }

    pub(crate) fn attribute_name(&mut self, attr: &str) -> dxpyc_dpb::NameId {
        let name = self.scopes.mangle(self.frame.here, attr);
        self.name(&name)
    }

    fn subscript(&mut self, node: &'a ast::ExprSubscript, want: Option<Reg>) -> Reg {
        let mark = self.frame.mark();
        let position = self.pos(node);
        let copy = self.may_rebind(&*node.slice);
        let object = self.operand(&node.value, copy);
        match &*node.slice {
            Expr::Slice(slice) if slice.step.is_none() => {
                let [start, stop, _] = self.slice_parts(slice, false);
                self.frame.reset(mark);
                let dst = self.dst(want);
                self.emit(position, Op::LoadSlice { dst, object, start, stop });
                dst
            }
            index => {
                let index = self.expr(index);
                self.frame.reset(mark);
                let dst = self.dst(want);
                self.emit(position, Op::LoadItem { dst, object, index });
                dst
            }
        }
    }

    /// Start, stop and, if asked for, step; None for what is left out.
    pub(crate) fn slice_parts(&mut self, node: &'a ast::ExprSlice, with_step: bool) -> [Reg; 3] {
        let parts = [&node.lower, &node.upper, &node.step];
        let position = self.pos(node);
        let later_rebinds = |lowerer: &Lowerer<'_>, from: usize| parts[from..].iter().any(|part| part.as_deref().is_some_and(|part| lowerer.may_rebind(part)));
        let mut regs = [Reg(0); 3];
        for (i, part) in parts.into_iter().enumerate() {
            regs[i] = match part {
                Some(part) => {
                    let copy = later_rebinds(self, i + 1);
                    self.operand(part, copy)
                }
                None if i == 2 && !with_step => regs[0],
                None => self.load_none(position),
            };
        }
        regs
    }

    fn binary(&mut self, node: &'a ast::ExprBinOp, expr: &'a Expr, want: Option<Reg>) -> Reg {
        if let Some(constant) = self.fold(expr) {
            let position = self.pos(expr);
            return self.load_const_to(position, constant, want);
        }
        let mark = self.frame.mark();
        let regs = self.operands(&[&node.left, &node.right]);
        let position = self.pos(node);
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, binary_op(node.op, dst, regs[0], regs[1]));
        dst
    }

    fn unary(&mut self, node: &'a ast::ExprUnaryOp, expr: &'a Expr, want: Option<Reg>) -> Reg {
        let position = self.pos(node);
        if let Some(constant) = self.fold(expr) {
            return self.load_const_to(position, constant, want);
        }
        let mark = self.frame.mark();
        let src = self.expr(&node.operand);
        self.frame.reset(mark);
        let dst = self.dst(want);
        let op = match node.op {
            UnaryOp::USub => Op::Neg { dst, src },
            UnaryOp::UAdd => Op::Pos { dst, src },
            UnaryOp::Invert => Op::Invert { dst, src },
            UnaryOp::Not => Op::Not { dst, src },
        };
        self.emit(position, op);
        dst
    }

    fn if_expr(&mut self, node: &'a ast::ExprIf, want: Option<Reg>) -> Reg {
        if let Some(truth) = self.truth(&node.test) {
            return self.eval(if truth { &node.body } else { &node.orelse }, want);
        }
        let [then, other, end] = [(); 3].map(|()| self.new_block());
        let dst = self.joined(want);
        let mark = self.frame.mark();
        self.branch(&node.test, then, other);
        self.start(then);
        self.expr_to(&node.body, dst);
        self.frame.reset(mark);
        self.jump(end);
        self.start(other);
        self.expr_to(&node.orelse, dst);
        self.frame.reset(mark);
        self.start(end);
        let position = self.pos(node);
        self.settle(position, want, dst)
    }

    fn bool_op(&mut self, node: &'a ast::ExprBoolOp, want: Option<Reg>) -> Reg {
        let dst = self.joined(want);
        let mark = self.frame.mark();
        let end = self.new_block();
        let position = self.pos(node);
        let (last, first) = node.values.split_last().expect("a boolean operation has operands");
        for value in first {
            self.expr_to(value, dst);
            self.frame.reset(mark);
            let next = self.new_block();
            let at = self.pos(value);
            match node.op {
                ast::BoolOp::And => self.emit(at, Op::Branch { cond: dst, then: next, other: end }),
                ast::BoolOp::Or => self.emit(at, Op::Branch { cond: dst, then: end, other: next }),
            }
            self.start(next);
        }
        self.expr_to(last, dst);
        self.frame.reset(mark);
        self.start(end);
        self.settle(position, want, dst)
    }

    fn compare(&mut self, node: &'a ast::ExprCompare, want: Option<Reg>) -> Reg {
        let position = self.pos(node);
        if let ([op], [right]) = (&*node.ops, &*node.comparators) {
            let mark = self.frame.mark();
            let copy = self.may_rebind(right);
            let lhs = self.operand(&node.left, copy);
            let rhs = self.comparand(*op, right);
            self.frame.reset(mark);
            let dst = self.dst(want);
            self.emit(position, compare_op(*op, dst, lhs, rhs));
            return dst;
        }
        let dst = self.joined(want);
        let mark = self.frame.mark();
        let end = self.new_block();
        self.compare_chain(node, dst, |lowerer, is_last| {
            if !is_last {
                let next = lowerer.new_block();
                lowerer.emit(position, Op::Branch { cond: dst, then: next, other: end });
                lowerer.start(next);
            }
        });
        self.frame.reset(mark);
        self.start(end);
        self.settle(position, want, dst)
    }

    /// Compares each pair; after each comparison `after(is_last)` decides what follows.
    fn compare_chain(&mut self, node: &'a ast::ExprCompare, dst: Reg, mut after: impl FnMut(&mut Self, bool)) {
        let position = self.pos(node);
        let copy = |lowerer: &Lowerer<'_>, from: usize| node.comparators[from..].iter().any(|right| lowerer.may_rebind(right));
        let copy_left = copy(self, 0);
        let mut lhs = self.operand(&node.left, copy_left);
        for (i, (op, right)) in node.ops.iter().zip(&node.comparators).enumerate() {
            let is_last = i + 1 == node.ops.len();
            let copy_right = copy(self, i + 1);
            // What is compared again is not a mere container.
            let rhs = if copy_right || !is_last { self.operand(right, copy_right) } else { self.comparand(*op, right) };
            self.emit(position, compare_op(*op, dst, lhs, rhs));
            after(self, is_last);
            lhs = rhs;
        }
    }

    /// The right side of a comparison: displays of constants after `in` become tuples and frozensets.
    fn comparand(&mut self, op: CmpOp, expr: &'a Expr) -> Reg {
        if matches!(op, CmpOp::In | CmpOp::NotIn)
            && let Some(constant) = self.constant_container(expr)
        {
            let position = self.pos(expr);
            return self.load_const(position, constant);
        }
        self.expr(expr)
    }

    /// A list or set display of constants that is only looked at, as a tuple or frozenset.
    pub(crate) fn constant_container(&mut self, expr: &Expr) -> Option<Const> {
        match expr {
            Expr::List(node) => self.fold_items(&node.elts).map(Const::Tuple),
            Expr::Set(node) => self.fold_items(&node.elts).map(Const::FrozenSet),
            _ => None,
        }
    }

    /// Continues at `then` if the expression is true, else at `other`. The current block ends.
    pub(crate) fn branch(&mut self, expr: &'a Expr, then: dxpyc_dpb::BlockId, other: dxpyc_dpb::BlockId) {
        let mark = self.frame.mark();
        match expr {
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => self.branch(&node.operand, other, then),
            Expr::BoolOp(node) => {
                let (last, first) = node.values.split_last().expect("a boolean operation has operands");
                for value in first {
                    let next = self.new_block();
                    match node.op {
                        ast::BoolOp::And => self.branch(value, next, other),
                        ast::BoolOp::Or => self.branch(value, then, next),
                    }
                    self.start(next);
                }
                self.branch(last, then, other);
            }
            Expr::Compare(node) if node.ops.len() > 1 => {
                let dst = self.frame.temp();
                let position = self.pos(node);
                self.compare_chain(node, dst, |lowerer, is_last| {
                    let next = if is_last { then } else { lowerer.new_block() };
                    lowerer.emit(position, Op::Branch { cond: dst, then: next, other });
                    if !is_last {
                        lowerer.start(next);
                    }
                });
            }
            Expr::If(node) if self.truth(&node.test).is_none() => {
                let [yes, no] = [(); 2].map(|()| self.new_block());
                self.branch(&node.test, yes, no);
                self.start(yes);
                self.branch(&node.body, then, other);
                self.start(no);
                self.branch(&node.orelse, then, other);
            }
            _ => match self.truth(expr) {
                Some(truth) => self.jump(if truth { then } else { other }),
                None => {
                    let cond = self.expr(expr);
                    let position = self.pos(expr);
                    self.emit(position, Op::Branch { cond, then, other });
                }
            },
        }
        self.frame.reset(mark);
    }

    fn tuple(&mut self, elts: &'a [Expr], expr: &'a Expr, want: Option<Reg>) -> Reg {
        let position = self.pos(expr);
        if let Some(items) = self.fold_items(elts) {
            return self.load_const_to(position, Const::Tuple(items), want);
        }
        let mark = self.frame.mark();
        if is_plain(elts) {
            let items = self.operands(&elts.iter().collect::<SmallVec<[&Expr; 8]>>());
            self.frame.reset(mark);
            let dst = self.dst(want);
            self.emit(position, Op::BuildTuple { dst, items: &items });
            return dst;
        }
        let list = self.frame.temp();
        self.build_list(position, elts, list);
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::ListToTuple { dst, list });
        dst
    }

    fn list(&mut self, elts: &'a [Expr], expr: &'a Expr, want: Option<Reg>) -> Reg {
        let position = self.pos(expr);
        let mark = self.frame.mark();
        if is_plain(elts) {
            let items = self.operands(&elts.iter().collect::<SmallVec<[&Expr; 8]>>());
            self.frame.reset(mark);
            let dst = self.dst(want);
            self.emit(position, Op::BuildList { dst, items: &items });
            return dst;
        }
        let list = self.joined(want);
        let mark = self.frame.mark();
        self.build_list(position, elts, list);
        self.frame.reset(mark);
        self.settle(position, want, list)
    }

    /// Builds a list with starred or many items in the temporary `list`.
    pub(crate) fn build_list(&mut self, position: Position, elts: &'a [Expr], list: Reg) {
        let mark = self.frame.mark();
        let n_first = elts.iter().position(Expr::is_starred_expr).unwrap_or(elts.len());
        if n_first == elts.len()
            && let Some(items) = self.fold_items(elts)
        {
            self.emit(position, Op::BuildList { dst: list, items: &[] });
            let src = self.load_const(position, Const::Tuple(items));
            self.emit(position, Op::ListExtend { list, src });
            self.frame.reset(mark);
            return;
        }
        let n_first = if n_first > ITEMS_MAX { 0 } else { n_first };
        let first = self.operands(&elts[..n_first].iter().collect::<SmallVec<[&Expr; 8]>>());
        self.emit(position, Op::BuildList { dst: list, items: &first });
        self.frame.reset(mark);
        for elt in &elts[n_first..] {
            match elt {
                Expr::Starred(starred) => {
                    let src = self.expr(&starred.value);
                    self.emit(position, Op::ListExtend { list, src });
                }
                _ => {
                    let value = self.expr(elt);
                    self.emit(position, Op::ListAppend { list, value });
                }
            }
            self.frame.reset(mark);
        }
    }

    fn set(&mut self, elts: &'a [Expr], expr: &'a Expr, want: Option<Reg>) -> Reg {
        let position = self.pos(expr);
        let mark = self.frame.mark();
        if is_plain(elts) {
            let items = self.operands(&elts.iter().collect::<SmallVec<[&Expr; 8]>>());
            self.frame.reset(mark);
            let dst = self.dst(want);
            self.emit(position, Op::BuildSet { dst, items: &items });
            return dst;
        }
        let set = self.joined(want);
        let mark = self.frame.mark();
        let n_first = elts.iter().position(Expr::is_starred_expr).filter(|&n| n <= ITEMS_MAX).unwrap_or(0);
        let first = self.operands(&elts[..n_first].iter().collect::<SmallVec<[&Expr; 8]>>());
        self.emit(position, Op::BuildSet { dst: set, items: &first });
        self.frame.reset(mark);
        for elt in &elts[n_first..] {
            match elt {
                Expr::Starred(starred) => {
                    let src = self.expr(&starred.value);
                    self.emit(position, Op::SetUpdate { set, src });
                }
                _ => {
                    let value = self.expr(elt);
                    self.emit(position, Op::SetAdd { set, value });
                }
            }
            self.frame.reset(mark);
        }
        self.settle(position, want, set)
    }

    fn dict(&mut self, node: &'a ast::ExprDict, want: Option<Reg>) -> Reg {
        let position = self.pos(node);
        let mark = self.frame.mark();
        let is_plain = node.items.iter().all(|item| item.key.is_some());
        if is_plain && 2 * node.items.len() <= ITEMS_MAX {
            let exprs: SmallVec<[&Expr; 16]> = node.items.iter().flat_map(|item| item.key.iter().chain([&item.value])).collect();
            let items = self.operands(&exprs);
            self.frame.reset(mark);
            let dst = self.dst(want);
            self.emit(position, Op::BuildDict { dst, items: &items });
            return dst;
        }
        let dict = self.joined(want);
        self.emit(position, Op::BuildDict { dst: dict, items: &[] });
        let mark = self.frame.mark();
        for item in &node.items {
            match &item.key {
                Some(key) => {
                    let regs = self.operands(&[key, &item.value]);
                    self.emit(position, Op::DictSet { dict, key: regs[0], value: regs[1] });
                }
                None => {
                    let src = self.expr(&item.value);
                    self.emit(position, Op::DictUpdate { dict, src });
                }
            }
            self.frame.reset(mark);
        }
        self.settle(position, want, dict)
    }

    fn lambda(&mut self, node: &'a ast::ExprLambda, want: Option<Reg>) -> Reg {
        let mark = self.frame.mark();
        let position = self.pos(node);
        let (defaults, kwdefaults) = match &node.parameters {
            Some(parameters) => self.defaults(position, parameters),
            None => (None, None),
        };
        let scope = self.scopes.lambda(node);
        let flags = self.function_flags(scope).or(dxpyc_dpb::FunctionFlags::LAMBDA);
        self.open_frame(scope, flags, position.line, &[], &[]);
        self.frame.position = position;
        let value = self.expr(&node.body);
        let at = self.pos(&*node.body);
        self.emit(at, Op::Return { value });
        let func = self.close_frame();
        self.make_function(position, func, defaults, kwdefaults, None, mark, want)
    }

    fn yield_(&mut self, node: &'a ast::ExprYield, want: Option<Reg>) -> Reg {
        let mark = self.frame.mark();
        let position = self.pos(node);
        let mut value = match &node.value {
            Some(value) => self.expr(value),
            None => self.load_none(position),
        };
        if self.frame.function.flags.has(dxpyc_dpb::FunctionFlags::ASYNC_GENERATOR) {
            let dst = self.frame.temp();
            self.emit(position, Op::AsyncGenWrap { dst, src: value });
            value = dst;
        }
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::Yield { dst, value });
        dst
    }

    /// `await value`. The temporaries above `mark` are free afterwards.
    pub(crate) fn await_value(&mut self, position: Position, value: Reg, context: i32, mark: u32, want: Option<Reg>) -> Reg {
        let iter = self.frame.temp();
        self.emit(position, Op::GetAwaitable { dst: iter, src: value, context });
        self.delegate(position, iter, mark, want)
    }

    /// `yield from iter`: passes what is sent and thrown to `iter` until it returns.
    pub(crate) fn delegate(&mut self, position: Position, iter: Reg, mark: u32, want: Option<Reg>) -> Reg {
        let [resume, yielded, thrown, done] = [(); 4].map(|()| self.new_block());
        let (sent, value) = (self.frame.temp(), self.frame.temp());
        self.pools_none(position, sent);
        self.start(resume);
        self.emit(position, Op::Send { dst: value, iter, value: sent, yielded, done });
        self.start(yielded);
        self.emit(position, Op::YieldFrom { dst: sent, value, iter, resumed: resume, thrown });
        self.start(thrown);
        self.emit(position, Op::Throw { dst: value, iter, exc: sent, yielded, done });
        self.start(done);
        self.frame.reset(mark);
        let dst = self.dst(want);
        if dst != value {
            self.emit(position, Op::Move { dst, src: value });
        }
        dst
    }

    pub(crate) fn pools_none(&mut self, position: Position, dst: Reg) {
        self.load_const_to(position, Const::None, Some(dst));
    }
}

fn is_plain(elts: &[Expr]) -> bool {
    elts.len() <= ITEMS_MAX && !elts.iter().any(Expr::is_starred_expr)
}

pub(crate) fn binary_op<'r>(op: Operator, dst: Reg, lhs: Reg, rhs: Reg) -> Op<'r> {
    match op {
        Operator::Add => Op::Add { dst, lhs, rhs },
        Operator::Sub => Op::Sub { dst, lhs, rhs },
        Operator::Mult => Op::Mul { dst, lhs, rhs },
        Operator::MatMult => Op::MatMul { dst, lhs, rhs },
        Operator::Div => Op::Div { dst, lhs, rhs },
        Operator::FloorDiv => Op::FloorDiv { dst, lhs, rhs },
        Operator::Mod => Op::Mod { dst, lhs, rhs },
        Operator::Pow => Op::Pow { dst, lhs, rhs },
        Operator::LShift => Op::Shl { dst, lhs, rhs },
        Operator::RShift => Op::Shr { dst, lhs, rhs },
        Operator::BitAnd => Op::And { dst, lhs, rhs },
        Operator::BitOr => Op::Or { dst, lhs, rhs },
        Operator::BitXor => Op::Xor { dst, lhs, rhs },
    }
}

pub(crate) fn inplace_op<'r>(op: Operator, dst: Reg, lhs: Reg, rhs: Reg) -> Op<'r> {
    match op {
        Operator::Add => Op::InplaceAdd { dst, lhs, rhs },
        Operator::Sub => Op::InplaceSub { dst, lhs, rhs },
        Operator::Mult => Op::InplaceMul { dst, lhs, rhs },
        Operator::MatMult => Op::InplaceMatMul { dst, lhs, rhs },
        Operator::Div => Op::InplaceDiv { dst, lhs, rhs },
        Operator::FloorDiv => Op::InplaceFloorDiv { dst, lhs, rhs },
        Operator::Mod => Op::InplaceMod { dst, lhs, rhs },
        Operator::Pow => Op::InplacePow { dst, lhs, rhs },
        Operator::LShift => Op::InplaceShl { dst, lhs, rhs },
        Operator::RShift => Op::InplaceShr { dst, lhs, rhs },
        Operator::BitAnd => Op::InplaceAnd { dst, lhs, rhs },
        Operator::BitOr => Op::InplaceOr { dst, lhs, rhs },
        Operator::BitXor => Op::InplaceXor { dst, lhs, rhs },
    }
}

fn compare_op<'r>(op: CmpOp, dst: Reg, lhs: Reg, rhs: Reg) -> Op<'r> {
    match op {
        CmpOp::Eq => Op::Eq { dst, lhs, rhs },
        CmpOp::NotEq => Op::Ne { dst, lhs, rhs },
        CmpOp::Lt => Op::Lt { dst, lhs, rhs },
        CmpOp::LtE => Op::Le { dst, lhs, rhs },
        CmpOp::Gt => Op::Gt { dst, lhs, rhs },
        CmpOp::GtE => Op::Ge { dst, lhs, rhs },
        CmpOp::Is => Op::Is { dst, lhs, rhs },
        CmpOp::IsNot => Op::IsNot { dst, lhs, rhs },
        CmpOp::In => Op::Contains { dst, item: lhs, container: rhs },
        CmpOp::NotIn => Op::NotContains { dst, item: lhs, container: rhs },
    }
}
