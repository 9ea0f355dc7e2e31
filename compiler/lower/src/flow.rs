//! Loops, `try`, and statements that leave them.
//!
//! Each level around the current statement says what to do when it is left early; `leave_to` does it, innermost first, each
//! under the handler that is in force outside the level.

use dxpyc_dpb::{BlockId, Op, Position, Reg};
use dxpyc_syntax::ast::{self, ExceptHandler, Expr};

use crate::Lowerer;
use crate::frame::{Leave, Level};

impl<'a> Lowerer<'a> {
    /// Enters a level. The handler inside is set by the caller.
    pub(crate) fn enter(&mut self, leave: Leave<'a>) {
        let outer = self.frame.handler;
        self.frame.levels.push(Level { outer, leave });
    }

    /// Leaves a level in the ordinary way: back to the outer handler.
    pub(crate) fn exit(&mut self) {
        let level = self.frame.levels.pop().expect("exit: a level is open");
        self.set_handler(level.outer);
    }

    /// Emits the clean-up for leaving all levels from `depth` on. They stay open for what follows in the source.
    fn leave_to(&mut self, depth: usize) {
        let levels = self.frame.levels.split_off(depth);
        for i in (0..levels.len()).rev() {
            self.frame.levels.truncate(depth);
            self.frame.levels.extend_from_slice(&levels[..i]);
            self.set_handler(levels[i].outer);
            let mark = self.frame.mark();
            match levels[i].leave {
                Leave::Loop { .. } | Leave::Nothing => {}
                Leave::Finally { body } => {
                    let position = self.frame.position;
                    self.stmts(body);
                    self.frame.position = position;
                }
                Leave::With { exit, is_async, position } => self.call_exit(position, exit, is_async),
                Leave::Handling { saved, name } => {
                    self.emit(Position::NONE, Op::PopHandled { saved });
                    if let Some(name) = name {
                        self.forget_name(Position::NONE, name);
                    }
                }
            }
            self.frame.reset(mark);
        }
        self.frame.levels.truncate(depth);
        self.frame.levels.extend_from_slice(&levels);
    }

    pub(crate) fn return_(&mut self, node: &'a ast::StmtReturn, position: Position) {
        // A `finally` may rebind the variable, and the end of `except … as name` unbinds it.
        let runs_code = self.frame.levels.iter().any(|level| !matches!(level.leave, Leave::Loop { .. } | Leave::Nothing));
        let value = match &node.value {
            Some(value) => self.operand(value, runs_code),
            None => self.load_none(position),
        };
        let handler = self.frame.handler;
        self.leave_to(0);
        self.emit(position, Op::Return { value });
        self.frame.handler = handler;
    }

    pub(crate) fn break_or_continue(&mut self, is_break: bool) {
        let at = self.frame.levels.iter().rposition(|level| matches!(level.leave, Leave::Loop { .. })).expect("break and continue stand in loops");
        let Level { outer, leave: Leave::Loop { on_break, on_continue } } = self.frame.levels[at] else {
            unreachable!("the level is a loop");
        };
        let handler = self.frame.handler;
        self.leave_to(at + 1);
        self.set_handler(outer);
        self.jump(if is_break { on_break } else { on_continue });
        self.frame.handler = handler;
    }

    pub(crate) fn while_(&mut self, node: &'a ast::StmtWhile) {
        let [head, body, orelse, end] = [(); 4].map(|()| self.new_block());
        self.start(head);
        let truth = self.truth(&node.test);
        self.frame.position = self.pos(&*node.test);
        self.branch(&node.test, body, orelse);
        if truth != Some(false) {
            self.start(body);
            self.enter(Leave::Loop { on_break: end, on_continue: head });
            self.stmts(&node.body);
            self.jump(head);
            self.exit();
        }
        if truth != Some(true) {
            self.start(orelse);
            self.stmts(&node.orelse);
        }
        self.start(end);
    }

    /// An iterable: displays of constants are constants.
    pub(crate) fn iterable(&mut self, expr: &'a Expr) -> Reg {
        match self.constant_container(expr) {
            Some(constant) => {
                let position = self.pos(expr);
                self.load_const(position, constant)
            }
            None => self.expr(expr),
        }
    }

    /// `ForIter` and the assignment of the item. Goes on in `body`.
    pub(crate) fn for_iter(&mut self, position: Position, iter: Reg, target: &'a Expr, body: BlockId, done: BlockId) {
        let variable = match target {
            Expr::Name(name) => self.store_target(&name.id),
            _ => None,
        };
        let mark = self.frame.mark();
        let dst = self.dst(variable);
        self.emit(position, Op::ForIter { dst, iter, body, done });
        self.start(body);
        if variable.is_none() {
            self.assign(target, dst);
        }
        self.frame.reset(mark);
    }

    pub(crate) fn for_(&mut self, node: &'a ast::StmtFor) {
        let position = self.pos(&*node.iter);
        let mark = self.frame.mark();
        let src = if node.is_async { self.expr(&node.iter) } else { self.iterable(&node.iter) };
        self.frame.reset(mark);
        let iter = self.frame.temp();
        let [head, body, orelse, end] = [(); 4].map(|()| self.new_block());
        if node.is_async {
            self.emit(position, Op::GetAIter { dst: iter, src });
            self.start(head);
            let item = self.async_next(position, iter, orelse);
            self.enter(Leave::Loop { on_break: end, on_continue: head });
            self.assign(&node.target, item);
        } else {
            self.emit(position, Op::GetIter { dst: iter, src });
            self.start(head);
            self.enter(Leave::Loop { on_break: end, on_continue: head });
            self.for_iter(position, iter, &node.target, body, orelse);
        }
        self.stmts(&node.body);
        self.jump(head);
        self.exit();
        if node.is_async {
            self.frame.current = Some(orelse);
        } else {
            self.start(orelse);
        }
        self.stmts(&node.orelse);
        self.start(end);
    }

    /// The next item of an asynchronous iterator. At its end control goes to `done`, which this starts: afterwards set it as current.
    pub(crate) fn async_next(&mut self, position: Position, iter: Reg, done: BlockId) -> Reg {
        let outer = self.frame.handler;
        let stop = self.new_block();
        self.set_handler(Some(stop));
        let mark = self.frame.mark();
        let awaitable = self.frame.temp();
        self.emit(position, Op::GetANext { dst: awaitable, iter });
        let item = self.delegate(position, awaitable, mark, None);
        self.set_handler(outer);
        // The handler: the end of the iteration or an error.
        let body = self.frame.current.take();
        let inner = self.frame.mark();
        let exc = self.start_handler(stop);
        self.emit(position, Op::EndAsyncFor { exc });
        self.start(done);
        self.frame.reset(inner);
        self.frame.current = body;
        item
    }

    pub(crate) fn try_(&mut self, node: &'a ast::StmtTry) {
        if node.finalbody.is_empty() {
            self.try_except(node);
            return;
        }
        let [on_error, end] = [(); 2].map(|()| self.new_block());
        self.enter(Leave::Finally { body: &node.finalbody });
        self.set_handler(Some(on_error));
        if node.handlers.is_empty() {
            self.stmts(&node.body);
            self.stmts(&node.orelse);
        } else {
            self.try_except(node);
        }
        self.exit();
        self.stmts(&node.finalbody);
        self.jump(end);

        let (exc, saved, cleanup) = self.begin_handling(on_error, None);
        self.stmts(&node.finalbody);
        self.exit();
        self.emit(Position::NONE, Op::PopHandled { saved });
        self.emit(Position::NONE, Op::Reraise { exc });
        self.end_handling(cleanup, saved);
        self.start(end);
    }

    /// Starts a handler block: the exception becomes the handled one, errors go to the clean-up block.
    pub(crate) fn begin_handling(&mut self, on_error: BlockId, name: Option<&'a ast::Identifier>) -> (Reg, Reg, BlockId) {
        let cleanup = self.new_block();
        let exc = self.start_handler(on_error);
        let saved = self.frame.temp();
        self.emit(Position::NONE, Op::PushHandled { saved, exc });
        self.enter(Leave::Handling { saved, name });
        self.set_handler(Some(cleanup));
        (exc, saved, cleanup)
    }

    /// The clean-up block of a handler: restores the handled exception and goes on raising.
    pub(crate) fn end_handling(&mut self, cleanup: BlockId, saved: Reg) {
        self.frame.current = None;
        let mark = self.frame.mark();
        let exc = self.start_handler(cleanup);
        self.emit(Position::NONE, Op::PopHandled { saved });
        self.emit(Position::NONE, Op::Reraise { exc });
        self.frame.reset(mark);
    }

    fn try_except(&mut self, node: &'a ast::StmtTry) {
        let [on_error, end] = [(); 2].map(|()| self.new_block());
        self.enter(Leave::Nothing);
        self.set_handler(Some(on_error));
        self.stmts(&node.body);
        self.exit();
        self.stmts(&node.orelse);
        self.jump(end);

        let mark = self.frame.mark();
        let (exc, saved, cleanup) = self.begin_handling(on_error, None);
        if node.is_star {
            self.except_star(&node.handlers, exc, saved, end);
        } else {
            for handler in &node.handlers {
                self.except(handler, exc, saved, end);
            }
            // No handler matched.
            self.exit();
            self.emit(Position::NONE, Op::PopHandled { saved });
            self.emit(Position::NONE, Op::Reraise { exc });
        }
        self.end_handling(cleanup, saved);
        self.frame.reset(mark);
        self.start(end);
    }

    /// One `except` clause. Goes on where it does not match.
    fn except(&mut self, handler: &'a ExceptHandler, exc: Reg, saved: Reg, end: BlockId) {
        let ExceptHandler::ExceptHandler(node) = handler;
        if self.frame.current.is_none() {
            return;
        }
        let mark = self.frame.mark();
        let position = self.pos(node);
        let [then, next] = [(); 2].map(|()| self.new_block());
        if let Some(class) = &node.type_ {
            let types = self.expr(class);
            let cond = self.frame.temp();
            self.emit(position, Op::ExceptionMatches { dst: cond, exc, types });
            self.frame.reset(mark);
            self.emit(position, Op::Branch { cond, then, other: next });
        } else {
            self.frame.position = position;
            self.jump(then);
        }
        self.start(then);
        let handling = self.frame.levels.pop().expect("begin_handling opened a level");
        self.frame.levels.push(Level { leave: Leave::Handling { saved, name: node.name.as_ref() }, ..handling });
        match &node.name {
            None => self.stmts(&node.body),
            Some(name) => {
                self.store_name(position, name, exc);
                let (outer, forget) = (self.frame.handler, self.new_block());
                self.set_handler(Some(forget));
                self.stmts(&node.body);
                self.set_handler(outer);
                let after = self.frame.current.take();
                let raised = self.start_handler(forget);
                self.forget_name(Position::NONE, name);
                self.emit(Position::NONE, Op::Reraise { exc: raised });
                self.frame.current = after;
            }
        }
        // The end of the clause: outside of the try's handlers.
        let inner = self.frame.handler;
        self.set_handler(handling.outer);
        self.emit(Position::NONE, Op::PopHandled { saved });
        if let Some(name) = &node.name {
            self.forget_name(Position::NONE, name);
        }
        self.jump(end);
        self.frame.handler = inner;
        let level = self.frame.levels.last_mut().expect("the level is still open");
        level.leave = Leave::Handling { saved, name: None };
        self.frame.reset(mark);
        if node.type_.is_some() {
            self.start(next);
        }
    }

    /// All `except*` clauses, and the end of the statement.
    fn except_star(&mut self, handlers: &'a [ExceptHandler], exc: Reg, saved: Reg, end: BlockId) {
        let raised = self.frame.temp();
        let rest = self.frame.temp();
        self.emit(Position::NONE, Op::BuildList { dst: raised, items: &[] });
        self.emit(Position::NONE, Op::Move { dst: rest, src: exc });
        for handler in handlers {
            let ExceptHandler::ExceptHandler(node) = handler;
            let mark = self.frame.mark();
            let position = self.pos(node);
            let [then, next] = [(); 2].map(|()| self.new_block());
            let class = node.type_.as_deref().expect("except* has types");
            let at = self.pos(class);
            let types = self.expr(class);
            let (matched, cond) = (self.frame.temp(), self.frame.temp());
            self.emit(at, Op::MatchGroup { matched, rest, exc: rest, types });
            self.pools_none(at, cond);
            self.emit(at, Op::Is { dst: cond, lhs: matched, rhs: cond });
            self.emit(at, Op::Branch { cond, then: next, other: then });
            self.start(then);
            self.emit(at, Op::SetHandled { exc: matched });
            if let Some(name) = &node.name {
                self.store_name(position, name, matched);
            }
            let (outer, on_error) = (self.frame.handler, self.new_block());
            self.set_handler(Some(on_error));
            self.stmts(&node.body);
            self.set_handler(outer);
            if let Some(name) = &node.name {
                self.forget_name(Position::NONE, name);
            }
            self.jump(next);
            self.frame.current = None;
            let value = self.start_handler(on_error);
            if let Some(name) = &node.name {
                self.forget_name(Position::NONE, name);
            }
            self.emit(Position::NONE, Op::ListAppend { list: raised, value });
            self.frame.reset(mark);
            self.start(next);
        }
        let (result, cond) = (self.frame.temp(), self.frame.temp());
        self.emit(Position::NONE, Op::ListAppend { list: raised, value: rest });
        self.emit(Position::NONE, Op::PrepareReraiseStar { dst: result, exc, raised });
        let level = self.frame.levels.pop().expect("begin_handling opened a level");
        self.set_handler(level.outer);
        self.emit(Position::NONE, Op::PopHandled { saved });
        self.pools_none(Position::NONE, cond);
        self.emit(Position::NONE, Op::Is { dst: cond, lhs: result, rhs: cond });
        let reraise = self.new_block();
        self.emit(Position::NONE, Op::Branch { cond, then: end, other: reraise });
        self.start(reraise);
        self.emit(Position::NONE, Op::Reraise { exc: result });
    }

    /// Statements of a body that is a level of its own.
    pub(crate) fn protected(&mut self, leave: Leave<'a>, on_error: BlockId, body: impl FnOnce(&mut Self)) {
        self.enter(leave);
        self.set_handler(Some(on_error));
        body(self);
        self.exit();
    }
}
