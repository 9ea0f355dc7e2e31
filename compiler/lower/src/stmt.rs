//! Simple statements, assignment, imports, `if`.

use dxpyc_dpb::{Const, ImportRef, Op, Position, Reg};
use dxpyc_syntax::Ranged;
use dxpyc_syntax::ast::{self, Expr, Stmt};
use smallvec::SmallVec;

use crate::Lowerer;
use crate::expr::{Regs, inplace_op};
use crate::names::NAMESPACE;

impl<'a> Lowerer<'a> {
    pub(crate) fn stmts(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            if self.frame.current.is_none() {
                return;
            }
            let mark = self.frame.mark();
            self.stmt(stmt);
            self.frame.reset(mark);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        let position = match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => self.definition_position(stmt),
            _ => self.pos(stmt),
        };
        self.frame.position = position;
        match stmt {
            Stmt::Expr(node) => {
                if !node.value.is_literal_expr() {
                    self.expr(&node.value);
                }
            }
            Stmt::Assign(node) => self.assignment(node),
            Stmt::AugAssign(node) => self.augmented(node, position),
            Stmt::AnnAssign(node) => self.annotated(node, position),
            Stmt::Return(node) => self.return_(node, position),
            Stmt::If(node) => self.if_(node),
            Stmt::For(node) => self.for_(node),
            Stmt::While(node) => self.while_(node),
            Stmt::Break(_) => self.break_or_continue(true),
            Stmt::Continue(_) => self.break_or_continue(false),
            Stmt::FunctionDef(node) => self.function_def(node, position),
            Stmt::ClassDef(node) => self.class_def(node, position),
            Stmt::Import(node) => self.import(node, position),
            Stmt::ImportFrom(node) => self.import_from(node, position),
            Stmt::Raise(node) => self.raise(node, position),
            Stmt::Assert(node) => self.assert(node, position),
            Stmt::Delete(node) => node.targets.iter().for_each(|target| self.delete(target)),
            Stmt::Try(node) => self.try_(node),
            Stmt::With(node) => self.with(&node.items, &node.body, node.is_async),
            Stmt::Match(node) => self.match_(node),
            Stmt::TypeAlias(node) => self.type_alias(node, position),
            Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) => {}
            Stmt::IpyEscapeCommand(_) => panic!("stmt: not Python"),
        }
    }

    fn assignment(&mut self, node: &'a ast::StmtAssign) {
        if let [target] = node.targets.as_slice() {
            match target {
                // The value's last instruction writes the variable itself.
                Expr::Name(name) => {
                    let want = self.store_target(&name.id);
                    let value = self.eval(&node.value, want);
                    if want.is_none() {
                        self.assign(target, value);
                    }
                    return;
                }
                Expr::Tuple(_) | Expr::List(_) => {
                    if let (Some(targets), Some(values)) = (plain_items(target), plain_items(&node.value))
                        && targets.len() == values.len()
                    {
                        self.parallel_assignment(targets, values);
                        return;
                    }
                }
                _ => {}
            }
        }
        let value = self.expr(&node.value);
        for target in &node.targets {
            self.assign(target, value);
        }
    }

    /// `a, b = b, a` without a tuple.
    fn parallel_assignment(&mut self, targets: &'a [Expr], values: &'a [Expr]) {
        let regs: Regs = values.iter().map(|value| self.operand(value, true)).collect();
        for (target, reg) in targets.iter().zip(regs) {
            self.assign(target, reg);
        }
    }

    /// Stores `value` in a target.
    pub(crate) fn assign(&mut self, target: &'a Expr, value: Reg) {
        let mark = self.frame.mark();
        let position = self.pos(target);
        match target {
            Expr::Name(node) => self.store_name(position, &node.id, value),
            Expr::Attribute(node) => {
                let object = self.expr(&node.value);
                let name = self.attribute_name(&node.attr);
                self.note_static_attribute(node);
                let position = self.attribute_position(position, node);
                self.emit(position, Op::StoreAttr { object, name, src: value });
            }
            Expr::Subscript(node) => {
                let copy = self.may_rebind(&*node.slice);
                let object = self.operand(&node.value, copy);
                match &*node.slice {
                    Expr::Slice(slice) if slice.step.is_none() => {
                        let [start, stop, _] = self.slice_parts(slice, false);
                        self.emit(position, Op::StoreSlice { object, start, stop, src: value });
                    }
                    index => {
                        let index = self.expr(index);
                        self.emit(position, Op::StoreItem { object, index, src: value });
                    }
                }
            }
            Expr::Tuple(node) => self.unpack(position, &node.elts, value),
            Expr::List(node) => self.unpack(position, &node.elts, value),
            Expr::Starred(node) => self.assign(&node.value, value),
            _ => panic!("assign: {target:?}"),
        }
        self.frame.reset(mark);
    }

    fn unpack(&mut self, position: Position, targets: &'a [Expr], src: Reg) {
        let regs: Regs = targets.iter().map(|_| self.frame.temp()).collect();
        match targets.iter().position(Expr::is_starred_expr) {
            None => self.emit(position, Op::Unpack { dsts: &regs, src }),
            Some(at) => self.emit(position, Op::UnpackEx { before: &regs[..at], star: regs[at], after: &regs[at + 1..], src }),
        }
        for (target, reg) in targets.iter().zip(regs) {
            self.assign(target, reg);
        }
    }

    /// Remembers `self.name = …` for the class's `__static_attributes__`.
    fn note_static_attribute(&mut self, node: &'a ast::ExprAttribute) {
        let is_self = node.value.as_name_expr().is_some_and(|name| name.id == "self");
        if is_self && let Some(class) = self.static_attributes.last_mut() {
            class.insert(node.attr.id.clone());
        }
    }

    fn augmented(&mut self, node: &'a ast::StmtAugAssign, position: Position) {
        let target_position = self.pos(&*node.target);
        match &*node.target {
            Expr::Name(name) => {
                let mut lhs = self.load_name(target_position, &name.id, None);
                if self.may_rebind(&*node.value) && !self.frame.is_temp(lhs) {
                    let dst = self.frame.temp();
                    self.emit(target_position, Op::Move { dst, src: lhs });
                    lhs = dst;
                }
                let rhs = self.expr(&node.value);
                match self.store_target(&name.id) {
                    Some(dst) => self.emit(position, inplace_op(node.op, dst, lhs, rhs)),
                    None => {
                        let dst = self.frame.temp();
                        self.emit(position, inplace_op(node.op, dst, lhs, rhs));
                        self.store_name(target_position, &name.id, dst);
                    }
                }
            }
            Expr::Attribute(target) => {
                let copy = self.may_rebind(&*node.value);
                let object = self.operand(&target.value, copy);
                let name = self.attribute_name(&target.attr);
                let at = self.attribute_position(target_position, target);
                let lhs = self.frame.temp();
                self.emit(at, Op::LoadAttr { dst: lhs, object, name });
                let rhs = self.expr(&node.value);
                let dst = self.frame.temp();
                self.emit(position, inplace_op(node.op, dst, lhs, rhs));
                self.emit(at, Op::StoreAttr { object, name, src: dst });
            }
            Expr::Subscript(target) => {
                let copy_value = self.may_rebind(&*node.value);
                let copy = copy_value || self.may_rebind(&*target.slice);
                let object = self.operand(&target.value, copy);
                let (lhs, dst) = (self.frame.temp(), self.frame.temp());
                match &*target.slice {
                    Expr::Slice(slice) if slice.step.is_none() => {
                        let [start, stop, _] = self.slice_parts(slice, false);
                        let [start, stop] = [start, stop].map(|reg| self.copy_of(target_position, reg, copy_value));
                        self.emit(target_position, Op::LoadSlice { dst: lhs, object, start, stop });
                        let rhs = self.expr(&node.value);
                        self.emit(position, inplace_op(node.op, dst, lhs, rhs));
                        self.emit(target_position, Op::StoreSlice { object, start, stop, src: dst });
                    }
                    index => {
                        let index = self.operand(index, copy_value);
                        self.emit(target_position, Op::LoadItem { dst: lhs, object, index });
                        let rhs = self.expr(&node.value);
                        self.emit(position, inplace_op(node.op, dst, lhs, rhs));
                        self.emit(target_position, Op::StoreItem { object, index, src: dst });
                    }
                }
            }
            target => panic!("augmented: {target:?}"),
        }
    }

    fn copy_of(&mut self, position: Position, src: Reg, copy: bool) -> Reg {
        if !copy {
            return src;
        }
        let dst = self.frame.temp();
        self.emit(position, Op::Move { dst, src });
        dst
    }

    fn annotated(&mut self, node: &'a ast::StmtAnnAssign, position: Position) {
        if let Some(value) = &node.value {
            let value = self.expr(value);
            self.assign(&node.target, value);
        }
        match &*node.target {
            Expr::Name(name) if node.simple => self.annotation(node, name, position),
            Expr::Attribute(target) if node.value.is_none() => {
                self.expr(&target.value);
            }
            Expr::Subscript(target) if node.value.is_none() => {
                self.operands(&[&target.value, &target.slice]);
            }
            _ => {}
        }
    }

    fn if_(&mut self, node: &'a ast::StmtIf) {
        let end = self.new_block();
        let mut clauses: SmallVec<[(Option<&'a Expr>, &'a [Stmt]); 4]> = SmallVec::new();
        clauses.push((Some(&node.test), &node.body));
        clauses.extend(node.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), clause.body.as_slice())));
        for (test, body) in clauses {
            let Some(test) = test else {
                self.stmts(body);
                break;
            };
            let [then, other] = [(); 2].map(|()| self.new_block());
            self.frame.position = self.pos(test);
            self.branch(test, then, other);
            if self.truth(test) != Some(false) {
                self.start(then);
                self.stmts(body);
                self.jump(end);
            }
            if self.truth(test) == Some(true) {
                self.frame.current = None;
                break;
            }
            self.start(other);
        }
        self.start(end);
    }

    fn raise(&mut self, node: &'a ast::StmtRaise, position: Position) {
        let copy = node.cause.as_deref().is_some_and(|cause| self.may_rebind(cause));
        let exc = node.exc.as_deref().map(|exc| self.operand(exc, copy));
        let cause = node.cause.as_deref().map(|cause| self.expr(cause));
        self.emit(position, Op::Raise { exc, cause });
    }

    fn assert(&mut self, node: &'a ast::StmtAssert, position: Position) {
        let [fail, end] = [(); 2].map(|()| self.new_block());
        self.branch(&node.test, end, fail);
        self.start(fail);
        let callee = self.frame.temp();
        self.emit(position, Op::LoadCommon { dst: callee, which: 0 });
        let message = node.msg.as_deref().map(|message| self.expr(message));
        let exc = self.frame.temp();
        self.emit(position, Op::Call { dst: exc, callee, args: message.as_slice() });
        let at = self.pos(&*node.test);
        self.emit(at, Op::Raise { exc: Some(exc), cause: None });
        self.start(end);
    }

    fn delete(&mut self, target: &'a Expr) {
        let mark = self.frame.mark();
        let position = self.pos(target);
        match target {
            Expr::Name(node) => self.delete_name(position, &node.id),
            Expr::Attribute(node) => {
                let object = self.expr(&node.value);
                let name = self.attribute_name(&node.attr);
                let position = self.attribute_position(position, node);
                self.emit(position, Op::DeleteAttr { object, name });
            }
            Expr::Subscript(node) => {
                let regs = self.operands(&[&node.value, &node.slice]);
                self.emit(position, Op::DeleteItem { object: regs[0], index: regs[1] });
            }
            Expr::Tuple(node) => node.elts.iter().for_each(|elt| self.delete(elt)),
            Expr::List(node) => node.elts.iter().for_each(|elt| self.delete(elt)),
            _ => panic!("delete: {target:?}"),
        }
        self.frame.reset(mark);
    }

    fn import(&mut self, node: &'a ast::StmtImport, position: Position) {
        for alias in &node.names {
            let mark = self.frame.mark();
            let written = alias.name.as_str();
            let name = self.name(written);
            self.module.imports.push(ImportRef { module: name, level: 0, names: Vec::new(), position });
            let fromlist = self.pools.constant(Const::None);
            let mut module = self.frame.temp();
            self.emit(position, Op::Import { dst: module, name, level: 0, fromlist });
            match &alias.asname {
                Some(asname) => {
                    for part in written.split('.').skip(1) {
                        let dst = self.frame.temp();
                        let name = self.name(part);
                        self.emit(position, Op::ImportFrom { dst, module, name });
                        module = dst;
                    }
                    self.store_name(position, asname, module);
                }
                None => self.store_name(position, written.split('.').next().unwrap_or(written), module),
            }
            self.frame.reset(mark);
        }
    }

    fn import_from(&mut self, node: &'a ast::StmtImportFrom, position: Position) {
        let name = self.name(node.module.as_deref().unwrap_or(""));
        let names: Vec<_> = node.names.iter().map(|alias| self.pools.name(&alias.name)).collect();
        self.module.imports.push(ImportRef { module: name, level: node.level, names, position });
        let fromlist = self.pools.str_tuple(node.names.iter().map(|alias| alias.name.as_str()));
        let module = self.frame.temp();
        self.emit(position, Op::Import { dst: module, name, level: node.level as i32, fromlist });
        for alias in &node.names {
            if &*alias.name == "*" {
                let in_class = self.frame.kind == dxpyc_modules::scopes::ScopeKind::Class || self.is_code_body();
                self.emit(position, Op::ImportStar { module, namespace: in_class.then_some(NAMESPACE) });
                return;
            }
            let mark = self.frame.mark();
            let dst = self.frame.temp();
            let name = self.name(&alias.name);
            self.emit(position, Op::ImportFrom { dst, module, name });
            self.store_name(position, alias.asname.as_ref().unwrap_or(&alias.name), dst);
            self.frame.reset(mark);
        }
    }

    /// The position of a `def` or `class`: without its decorators.
    fn definition_position(&mut self, stmt: &'a Stmt) -> Position {
        let decorators = match stmt {
            Stmt::FunctionDef(node) => &node.decorator_list,
            Stmt::ClassDef(node) => &node.decorator_list,
            _ => panic!("definition_position: {stmt:?}"),
        };
        let Some(last) = decorators.last() else { return self.pos(stmt) };
        let mut at = last.range().end().to_usize();
        let text = self.source.text.as_bytes();
        while let Some(byte) = text.get(at) {
            match byte {
                b'#' => at += text[at..].iter().position(|&byte| byte == b'\n').unwrap_or(text.len() - at),
                b' ' | b'\t' | b'\n' | b'\x0c' | b'\\' => at += 1,
                _ => break,
            }
        }
        self.pos_between(at as u32, stmt.range().end().to_u32())
    }
}

/// The items of a tuple or list without stars.
fn plain_items(expr: &Expr) -> Option<&[Expr]> {
    let elts = match expr {
        Expr::Tuple(node) => &node.elts,
        Expr::List(node) => &node.elts,
        _ => return None,
    };
    (!elts.is_empty() && !elts.iter().any(Expr::is_starred_expr)).then_some(elts)
}
