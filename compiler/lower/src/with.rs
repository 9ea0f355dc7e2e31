//! `with` and `async with`.

use dxpyc_dpb::{Op, Position, Reg};
use dxpyc_syntax::ast::{Stmt, WithItem};

use crate::Lowerer;
use crate::frame::Leave;

impl<'a> Lowerer<'a> {
    pub(crate) fn with(&mut self, items: &'a [WithItem], body: &'a [Stmt], is_async: bool) {
        let Some((item, more)) = items.split_first() else {
            self.stmts(body);
            return;
        };
        let position = self.pos(&item.context_expr);
        let mark = self.frame.mark();
        let exit = self.frame.temp();
        let manager = self.expr(&item.context_expr);
        let enter = self.frame.temp();
        self.emit(position, Op::LoadSpecial { dst: exit, object: manager, which: if is_async { 3 } else { 1 } });
        self.emit(position, Op::LoadSpecial { dst: enter, object: manager, which: if is_async { 2 } else { 0 } });
        let inner = mark + 1;
        self.frame.reset(inner);
        let mut entered = self.frame.temp();
        self.emit(position, Op::Call { dst: entered, callee: enter, args: &[] });
        if is_async {
            entered = self.await_value(position, entered, 1, inner, None);
        }
        let [on_error, end] = [(); 2].map(|()| self.new_block());
        self.protected(Leave::With { exit, is_async, position }, on_error, |lowerer| {
            if let Some(target) = &item.optional_vars {
                lowerer.assign(target, entered);
            }
            lowerer.frame.reset(inner);
            lowerer.with(more, body, is_async);
        });
        self.call_exit(position, exit, is_async);
        self.jump(end);

        // An error: `__exit__` may swallow it.
        self.frame.current = None;
        let (exc, saved, cleanup) = self.begin_handling(on_error, None);
        let handling = self.frame.mark();
        let mut result = self.frame.temp();
        if is_async {
            self.emit(position, Op::AsyncWithExcept { dst: result, exit, exc });
            result = self.await_value(position, result, 2, handling, None);
        } else {
            self.emit(position, Op::WithExcept { dst: result, exit, exc });
        }
        let [swallow, reraise] = [(); 2].map(|()| self.new_block());
        self.emit(position, Op::Branch { cond: result, then: swallow, other: reraise });
        self.exit();
        for block in [reraise, swallow] {
            self.start(block);
            self.emit(Position::NONE, Op::PopHandled { saved });
            if block == reraise {
                self.emit(Position::NONE, Op::Reraise { exc });
            } else {
                self.jump(end);
            }
        }
        self.end_handling(cleanup, saved);
        self.start(end);
        self.frame.reset(mark);
    }

    /// `exit(None, None, None)`.
    pub(crate) fn call_exit(&mut self, position: Position, exit: Reg, is_async: bool) {
        let mark = self.frame.mark();
        let none = self.load_none(position);
        let result = self.frame.temp();
        self.emit(position, Op::Call { dst: result, callee: exit, args: &[none, none, none] });
        if is_async {
            self.await_value(position, result, 2, mark, None);
        }
        self.frame.reset(mark);
    }
}
