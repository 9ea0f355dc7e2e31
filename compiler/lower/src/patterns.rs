//! `match`. Names are bound when the whole pattern has matched, before the guard.

use dxpyc_dpb::{BlockId, Const, Op, Position, Reg};
use dxpyc_syntax::ast::{self, Identifier, Pattern, Singleton};

use crate::Lowerer;
use crate::expr::Regs;

/// Names to bind and the registers that have their values, in order.
type Captures<'a> = Vec<(&'a Identifier, Reg)>;

impl<'a> Lowerer<'a> {
    pub(crate) fn match_(&mut self, node: &'a ast::StmtMatch) {
        let subject = self.operand(&node.subject, true);
        let end = self.new_block();
        for case in &node.cases {
            let mark = self.frame.mark();
            let next = self.new_block();
            let mut captures = Captures::new();
            self.frame.position = self.pos(&case.pattern);
            self.pattern(&case.pattern, subject, next, &mut captures);
            let position = self.pos(&case.pattern);
            for (name, value) in captures {
                self.store_name(position, name, value);
            }
            self.frame.reset(mark);
            if let Some(guard) = &case.guard {
                let then = self.new_block();
                self.branch(guard, then, next);
                self.start(then);
            }
            self.stmts(&case.body);
            self.jump(end);
            self.start(next);
        }
        self.start(end);
    }

    /// Goes on if `subject` matches, else continues at `fail`.
    fn pattern(&mut self, pattern: &'a Pattern, subject: Reg, fail: BlockId, captures: &mut Captures<'a>) {
        let position = self.pos(pattern);
        match pattern {
            Pattern::MatchValue(node) => {
                let mark = self.frame.mark();
                let rhs = self.expr(&node.value);
                let cond = self.frame.temp();
                self.emit(position, Op::Eq { dst: cond, lhs: subject, rhs });
                self.frame.reset(mark);
                self.require(position, cond, fail);
            }
            Pattern::MatchSingleton(node) => {
                let mark = self.frame.mark();
                let constant = match node.value {
                    Singleton::None => Const::None,
                    Singleton::True => Const::True,
                    Singleton::False => Const::False,
                };
                let rhs = self.load_const(position, constant);
                let cond = self.frame.temp();
                self.emit(position, Op::Is { dst: cond, lhs: subject, rhs });
                self.frame.reset(mark);
                self.require(position, cond, fail);
            }
            Pattern::MatchSequence(node) => self.sequence(&node.patterns, position, subject, fail, captures),
            Pattern::MatchMapping(node) => self.mapping(node, position, subject, fail, captures),
            Pattern::MatchClass(node) => self.class_pattern(node, position, subject, fail, captures),
            Pattern::MatchStar(node) => captures.extend(node.name.as_ref().map(|name| (name, subject))),
            Pattern::MatchAs(node) => {
                if let Some(inner) = &node.pattern {
                    self.pattern(inner, subject, fail, captures);
                }
                captures.extend(node.name.as_ref().map(|name| (name, subject)));
            }
            Pattern::MatchOr(node) => self.alternatives(node, position, subject, fail, captures),
        }
    }

    /// Continues at `fail` unless `cond` is true.
    fn require(&mut self, position: Position, cond: Reg, fail: BlockId) {
        let next = self.new_block();
        self.emit(position, Op::Branch { cond, then: next, other: fail });
        self.start(next);
    }

    /// Continues at `fail` when `value` is None.
    fn require_some(&mut self, position: Position, value: Reg, fail: BlockId) {
        let mark = self.frame.mark();
        let rhs = self.load_none(position);
        let cond = self.frame.temp();
        self.emit(position, Op::IsNot { dst: cond, lhs: value, rhs });
        self.frame.reset(mark);
        self.require(position, cond, fail);
    }

    /// Compares the length of `subject` with `n`.
    fn require_len(&mut self, position: Position, subject: Reg, n: usize, at_least: bool, fail: BlockId) {
        let mark = self.frame.mark();
        let len = self.frame.temp();
        self.emit(position, Op::GetLen { dst: len, src: subject });
        let rhs = self.load_const(position, Const::Int(n as i64));
        let op = if at_least { Op::Ge { dst: len, lhs: len, rhs } } else { Op::Eq { dst: len, lhs: len, rhs } };
        self.emit(position, op);
        self.frame.reset(mark);
        self.require(position, len, fail);
    }

    fn sequence(&mut self, patterns: &'a [Pattern], position: Position, subject: Reg, fail: BlockId, captures: &mut Captures<'a>) {
        let mark = self.frame.mark();
        let cond = self.frame.temp();
        self.emit(position, Op::MatchSequence { dst: cond, subject });
        self.frame.reset(mark);
        self.require(position, cond, fail);
        let star = patterns.iter().position(|pattern| matches!(pattern, Pattern::MatchStar(_)));
        match star {
            None => self.require_len(position, subject, patterns.len(), false, fail),
            Some(_) if patterns.len() > 1 => self.require_len(position, subject, patterns.len() - 1, true, fail),
            Some(_) => {}
        }
        if patterns.iter().all(is_wildcard) {
            return;
        }
        if let Some(at) = star
            && is_wildcard(&patterns[at])
        {
            self.items_around_star(patterns, at, position, subject, fail, captures);
            return;
        }
        let regs: Regs = patterns.iter().map(|_| self.frame.temp()).collect();
        match star {
            None => self.emit(position, Op::Unpack { dsts: &regs, src: subject }),
            Some(at) => self.emit(position, Op::UnpackEx { before: &regs[..at], star: regs[at], after: &regs[at + 1..], src: subject }),
        }
        for (pattern, reg) in patterns.iter().zip(regs) {
            self.pattern(pattern, reg, fail, captures);
        }
    }

    /// `[a, *_, b]`: takes the items by index.
    fn items_around_star(&mut self, patterns: &'a [Pattern], star: usize, position: Position, subject: Reg, fail: BlockId, captures: &mut Captures<'a>) {
        for (i, pattern) in patterns.iter().enumerate() {
            if i == star || is_wildcard(pattern) {
                continue;
            }
            let item = self.frame.temp();
            let mark = self.frame.mark();
            let index = if i < star {
                self.load_const(position, Const::Int(i as i64))
            } else {
                let len = self.frame.temp();
                self.emit(position, Op::GetLen { dst: len, src: subject });
                let rhs = self.load_const(position, Const::Int((patterns.len() - i) as i64));
                self.emit(position, Op::Sub { dst: len, lhs: len, rhs });
                len
            };
            self.emit(position, Op::LoadItem { dst: item, object: subject, index });
            self.frame.reset(mark);
            self.pattern(pattern, item, fail, captures);
        }
    }

    fn mapping(&mut self, node: &'a ast::PatternMatchMapping, position: Position, subject: Reg, fail: BlockId, captures: &mut Captures<'a>) {
        let mark = self.frame.mark();
        let cond = self.frame.temp();
        self.emit(position, Op::MatchMapping { dst: cond, subject });
        self.frame.reset(mark);
        self.require(position, cond, fail);
        let n = node.keys.len();
        if n == 0 && node.rest.is_none() {
            return;
        }
        let keys = self.frame.temp();
        if n > 0 {
            self.require_len(position, subject, n, true, fail);
        }
        let mark = self.frame.mark();
        let key_regs: Regs = node.keys.iter().map(|key| self.operand(key, true)).collect();
        self.emit(position, Op::BuildTuple { dst: keys, items: &key_regs });
        self.frame.reset(mark);
        if n > 0 {
            let values = self.frame.temp();
            self.emit(position, Op::MatchKeys { dst: values, subject, keys });
            self.require_some(position, values, fail);
            let regs: Regs = node.patterns.iter().map(|_| self.frame.temp()).collect();
            self.emit(position, Op::Unpack { dsts: &regs, src: values });
            for (pattern, reg) in node.patterns.iter().zip(regs) {
                self.pattern(pattern, reg, fail, captures);
            }
        }
        if let Some(rest) = &node.rest {
            let dict = self.frame.temp();
            self.emit(position, Op::BuildDict { dst: dict, items: &[] });
            self.emit(position, Op::DictUpdate { dict, src: subject });
            let regs: Regs = node.keys.iter().map(|_| self.frame.temp()).collect();
            self.emit(position, Op::Unpack { dsts: &regs, src: keys });
            for index in regs {
                self.emit(position, Op::DeleteItem { object: dict, index });
            }
            captures.push((rest, dict));
        }
    }

    fn class_pattern(&mut self, node: &'a ast::PatternMatchClass, position: Position, subject: Reg, fail: BlockId, captures: &mut Captures<'a>) {
        let values = self.frame.temp();
        let mark = self.frame.mark();
        let class = self.expr(&node.cls);
        let names = self.pools.str_tuple(node.arguments.keywords.iter().map(|keyword| keyword.attr.as_str()));
        let n_positional = node.arguments.patterns.len() as i32;
        self.emit(position, Op::MatchClass { dst: values, subject, class, n_positional, names });
        self.frame.reset(mark);
        self.require_some(position, values, fail);
        let patterns: Vec<&Pattern> = node.arguments.patterns.iter().chain(node.arguments.keywords.iter().map(|keyword| &keyword.pattern)).collect();
        let regs: Regs = patterns.iter().map(|_| self.frame.temp()).collect();
        self.emit(position, Op::Unpack { dsts: &regs, src: values });
        for (pattern, reg) in patterns.into_iter().zip(regs) {
            self.pattern(pattern, reg, fail, captures);
        }
    }

    fn alternatives(&mut self, node: &'a ast::PatternMatchOr, position: Position, subject: Reg, fail: BlockId, captures: &mut Captures<'a>) {
        let mut names = Vec::new();
        bound_names(&node.patterns[0], &mut names);
        let shared: Captures<'a> = names.into_iter().map(|name| (name, self.frame.temp())).collect();
        let matched = self.new_block();
        let mark = self.frame.mark();
        for (i, pattern) in node.patterns.iter().enumerate() {
            let next = if i + 1 == node.patterns.len() { fail } else { self.new_block() };
            let mut own = Captures::new();
            self.pattern(pattern, subject, next, &mut own);
            for &(name, dst) in &shared {
                let found = own.iter().find(|(own, _)| own.id == name.id);
                let &(_, src) = found.expect("alternatives bind the same names");
                self.emit(position, Op::Move { dst, src });
            }
            self.frame.reset(mark);
            self.jump(matched);
            if next != fail {
                self.start(next);
            }
        }
        self.start(matched);
        captures.extend(shared);
    }
}

fn is_wildcard(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::MatchAs(node) => node.pattern.is_none() && node.name.is_none(),
        Pattern::MatchStar(node) => node.name.is_none(),
        _ => false,
    }
}

/// The names that a pattern binds, in order.
fn bound_names<'a>(pattern: &'a Pattern, names: &mut Vec<&'a Identifier>) {
    match pattern {
        Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        Pattern::MatchSequence(node) => node.patterns.iter().for_each(|pattern| bound_names(pattern, names)),
        Pattern::MatchMapping(node) => {
            node.patterns.iter().for_each(|pattern| bound_names(pattern, names));
            names.extend(&node.rest);
        }
        Pattern::MatchClass(node) => {
            node.arguments.patterns.iter().for_each(|pattern| bound_names(pattern, names));
            node.arguments.keywords.iter().for_each(|keyword| bound_names(&keyword.pattern, names));
        }
        Pattern::MatchStar(node) => names.extend(&node.name),
        Pattern::MatchAs(node) => {
            if let Some(inner) = &node.pattern {
                bound_names(inner, names);
            }
            names.extend(&node.name);
        }
        Pattern::MatchOr(node) => bound_names(&node.patterns[0], names),
    }
}
