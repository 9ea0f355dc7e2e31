//! Comprehensions, which run in the frame around them, and generator expressions, which are functions.
//!
//! The variables of an inlined comprehension are temporaries of their own, so that nothing outside changes.

use dxpyc_dpb::{BlockId, FunctionFlags, Op, Position, Reg};
use dxpyc_modules::scopes::{Binding, ScopeId};
use dxpyc_syntax::Ranged;
use dxpyc_syntax::ast::{self, Comprehension, Expr};

use crate::Lowerer;
use crate::frame::Slot;

/// What happens to each element.
#[derive(Clone, Copy)]
enum Element<'a> {
    Append(Reg, &'a Expr),
    Add(Reg, &'a Expr),
    Insert(Reg, Option<&'a Expr>, &'a Expr),
    Yield(&'a Expr),
}

impl<'a> Lowerer<'a> {
    pub(crate) fn comprehension(&mut self, expr: &'a Expr, want: Option<Reg>) -> Reg {
        let position = self.pos(expr);
        let result = self.joined(want);
        let mark = self.frame.mark();
        let (generators, element) = match expr {
            Expr::ListComp(node) => (&node.generators, Element::Append(result, &node.elt)),
            Expr::SetComp(node) => (&node.generators, Element::Add(result, &node.elt)),
            Expr::DictComp(node) => (&node.generators, Element::Insert(result, node.key.as_deref(), &node.value)),
            _ => panic!("comprehension: {expr:?}"),
        };
        let iter = self.iterate(&generators[0]);
        let scope = self.scopes.comprehension(expr);
        let outer = std::mem::replace(&mut self.frame.here, scope);
        self.comprehension_slots(position, scope);
        match element {
            Element::Append(dst, _) => self.emit(position, Op::BuildList { dst, items: &[] }),
            Element::Add(dst, _) => self.emit(position, Op::BuildSet { dst, items: &[] }),
            Element::Insert(dst, ..) => self.emit(position, Op::BuildDict { dst, items: &[] }),
            Element::Yield(_) => {}
        }
        self.loops(generators, Some(iter), element);
        self.frame.here = outer;
        self.frame.reset(mark);
        self.settle(position, want, result)
    }

    /// Gives the comprehension's variables registers, fresh and unbound.
    fn comprehension_slots(&mut self, position: Position, scope: ScopeId) {
        let scopes = self.scopes;
        for (name, symbol) in &scopes[scope].symbols {
            let reg = match symbol.binding() {
                Binding::Local | Binding::Cell => self.frame.temp(),
                _ => continue,
            };
            if symbol.binding() == Binding::Cell {
                self.emit(position, Op::MakeEmptyCell { dst: reg });
                self.frame.slots.insert((scope, name.clone()), Slot::Cell(reg));
            } else {
                self.emit(position, Op::Clear { dst: reg });
                self.frame.slots.insert((scope, name.clone()), Slot::Var(reg));
            }
        }
    }

    /// The iterator of a generator.
    fn iterate(&mut self, generator: &'a Comprehension) -> Reg {
        let mark = self.frame.mark();
        let src = if generator.is_async { self.expr(&generator.iter) } else { self.iterable(&generator.iter) };
        let position = self.pos(&generator.iter);
        self.frame.reset(mark);
        let dst = self.frame.temp();
        match generator.is_async {
            true => self.emit(position, Op::GetAIter { dst, src }),
            false => self.emit(position, Op::GetIter { dst, src }),
        }
        dst
    }

    /// Nested loops around the element. `iter` is the first iterator if it is there already.
    fn loops(&mut self, generators: &'a [Comprehension], iter: Option<Reg>, element: Element<'a>) {
        let Some((generator, inner)) = generators.split_first() else {
            self.element(element);
            return;
        };
        let mark = self.frame.mark();
        // `for x in [value]` binds x without a loop.
        if iter.is_none()
            && !generator.is_async
            && let Some(value) = single_item(&generator.iter)
        {
            let value = self.expr(value);
            let done = self.new_block();
            self.assign(&generator.target, value);
            self.filtered(generator, inner, element, done);
            self.start(done);
            self.frame.reset(mark);
            return;
        }
        let iter = match iter {
            Some(iter) => iter,
            None => self.iterate(generator),
        };
        let position = self.pos(&generator.iter);
        let [head, body, done] = [(); 3].map(|()| self.new_block());
        self.start(head);
        if generator.is_async {
            let item = self.async_next(position, iter, done);
            self.assign(&generator.target, item);
        } else {
            self.for_iter(position, iter, &generator.target, body, done);
        }
        self.filtered(generator, inner, element, head);
        self.jump(head);
        if !generator.is_async {
            self.start(done);
        } else {
            self.frame.current = Some(done);
        }
        self.frame.reset(mark);
    }

    /// The conditions of a generator, then what is inside. Continues at `next` when a condition is false.
    fn filtered(&mut self, generator: &'a Comprehension, inner: &'a [Comprehension], element: Element<'a>, next: BlockId) {
        for condition in &generator.ifs {
            let then = self.new_block();
            self.branch(condition, then, next);
            self.start(then);
        }
        self.loops(inner, None, element);
    }

    fn element(&mut self, element: Element<'a>) {
        let mark = self.frame.mark();
        match element {
            Element::Append(list, Expr::Starred(starred)) => {
                let src = self.expr(&starred.value);
                let position = self.pos(starred);
                self.emit(position, Op::ListExtend { list, src });
            }
            Element::Append(list, elt) => {
                let value = self.expr(elt);
                let position = self.pos(elt);
                self.emit(position, Op::ListAppend { list, value });
            }
            Element::Add(set, elt) => {
                let value = self.expr(elt);
                let position = self.pos(elt);
                self.emit(position, Op::SetAdd { set, value });
            }
            Element::Insert(dict, Some(key), value) => {
                let regs = self.operands(&[key, value]);
                let position = self.pos(key);
                let end = self.pos(value);
                let position = Position { end_line: end.end_line, end_col: end.end_col, ..position };
                self.emit(position, Op::DictSet { dict, key: regs[0], value: regs[1] });
            }
            Element::Insert(dict, None, value) => {
                let src = self.expr(value);
                let position = self.pos(value);
                self.emit(position, Op::DictUpdate { dict, src });
            }
            Element::Yield(elt) => {
                let mut value = self.expr(elt);
                let position = self.pos(elt);
                if self.frame.function.flags.has(FunctionFlags::ASYNC_GENERATOR) {
                    let dst = self.frame.temp();
                    self.emit(position, Op::AsyncGenWrap { dst, src: value });
                    value = dst;
                }
                let dst = self.frame.temp();
                self.emit(position, Op::Yield { dst, value });
            }
        }
        self.frame.reset(mark);
    }

    pub(crate) fn generator_expression(&mut self, node: &'a ast::ExprGenerator, expr: &'a Expr, want: Option<Reg>) -> Reg {
        let position = self.generator_position(node);
        let mark = self.frame.mark();
        let scope = self.scopes.comprehension(expr);
        let has_hidden = self.scopes[scope].params.positional > 0;
        let flags = self.function_flags(scope).or(FunctionFlags::COMPREHENSION);
        self.open_frame(scope, flags, position.line, if has_hidden { &[] } else { &[".0"] }, &[]);
        self.frame.position = position;
        self.loops(&node.generators, Some(Reg(0)), Element::Yield(&node.elt));
        self.return_none();
        let func = self.close_frame();
        let callee = self.make_function(position, func, None, None, None, mark, None);
        let iter = self.iterate(&node.generators[0]);
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::Call { dst, callee, args: &[iter] });
        dst
    }
}

impl<'a> Lowerer<'a> {
    /// The position of a generator expression, the parentheses included, even when they are those of a call.
    fn generator_position(&mut self, node: &'a ast::ExprGenerator) -> Position {
        let text = &self.source.text;
        let (start, end) = (node.range().start().to_usize(), node.range().end().to_usize());
        let before = text[..start].trim_end();
        let after = text[end..].trim_start();
        if node.parenthesized || !before.ends_with('(') || !after.starts_with(')') {
            return self.pos(node);
        }
        let end = text.len() - after.len() + 1;
        self.pos_between(before.len() as u32 - 1, end as u32)
    }
}

/// The only item of a list or tuple display without star.
fn single_item(expr: &Expr) -> Option<&Expr> {
    let elts = match expr {
        Expr::List(node) => &node.elts,
        Expr::Tuple(node) => &node.elts,
        _ => return None,
    };
    match elts.as_slice() {
        [only] if !only.is_starred_expr() => Some(only),
        _ => None,
    }
}
