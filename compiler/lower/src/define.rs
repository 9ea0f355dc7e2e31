//! Functions: `def`, decorators, defaults, annotations.

use dxpyc_dpb::{Const, FuncId, FunctionFlags, Op, Position, Reg};
use dxpyc_modules::scopes::{ScopeId, ScopeKind};
use dxpyc_syntax::ast::{self, Expr, Stmt};
use dxpyc_syntax::{Name, Ranged, TextRange};

use crate::Lowerer;
use crate::expr::Regs;

impl<'a> Lowerer<'a> {
    /// Flags from what the scope says.
    pub(crate) fn function_flags(&self, scope: ScopeId) -> FunctionFlags {
        let data = &self.scopes[scope];
        let mut flags = FunctionFlags::default();
        let mut set = |condition: bool, flag: FunctionFlags| {
            if condition {
                flags = flags.or(flag);
            }
        };
        set(data.is_generator, FunctionFlags::GENERATOR);
        set(data.is_async_generator, FunctionFlags::ASYNC_GENERATOR);
        set(data.is_async && !data.is_async_generator && !data.is_generator, FunctionFlags::COROUTINE);
        set(data.params.has_var_positional, FunctionFlags::VARARGS);
        set(data.params.has_var_keyword, FunctionFlags::VARKEYWORDS);
        set(self.is_nested(scope), FunctionFlags::NESTED);
        set(self.frame.kind == ScopeKind::Class, FunctionFlags::METHOD);
        set(data.kind.is_annotation_like(), FunctionFlags::ANNOTATION_SCOPE);
        flags
    }

    /// Whether a function is around the scope.
    fn is_nested(&self, scope: ScopeId) -> bool {
        let mut around = self.scopes[scope].parent;
        while let Some(id) = around {
            if self.scopes[id].kind.is_function_like() && !self.scopes[id].is_inlined {
                return true;
            }
            around = self.scopes[id].parent;
        }
        false
    }

    /// A function object. The temporaries above `mark` are free afterwards.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn make_function(
        &mut self,
        position: Position,
        func: FuncId,
        defaults: Option<Reg>,
        kwdefaults: Option<Reg>,
        annotate: Option<Reg>,
        mark: u32,
        want: Option<Reg>,
    ) -> Reg {
        let names: Vec<Name> = self.module.functions[func.index()].freevars.iter().map(|&id| Name::new(self.pools.name_text(id))).collect();
        let closure: Regs = names.iter().map(|name| self.cell(position, name)).collect();
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::MakeFunction { dst, func, defaults, kwdefaults, annotate, closure: &closure });
        dst
    }

    /// The tuple of positional defaults and the dict of keyword-only ones.
    pub(crate) fn defaults(&mut self, position: Position, parameters: &'a ast::Parameters) -> (Option<Reg>, Option<Reg>) {
        let positional: Vec<&Expr> = parameters.posonlyargs.iter().chain(&parameters.args).filter_map(|parameter| parameter.default.as_deref()).collect();
        let defaults = (!positional.is_empty()).then(|| {
            let dst = self.frame.temp();
            let mark = self.frame.mark();
            let folded: Option<Box<[_]>> = positional.iter().map(|expr| self.fold(expr).map(|value| self.pools.constant(value))).collect();
            match folded {
                Some(items) => _ = self.load_const_to(position, Const::Tuple(items), Some(dst)),
                None => {
                    let items = self.operands(&positional);
                    self.emit(position, Op::BuildTuple { dst, items: &items });
                }
            }
            self.frame.reset(mark);
            dst
        });
        let keyword: Vec<_> = parameters.kwonlyargs.iter().filter_map(|parameter| parameter.default.as_deref().map(|default| (&parameter.parameter.name, default))).collect();
        let kwdefaults = (!keyword.is_empty()).then(|| {
            let dst = self.frame.temp();
            let mark = self.frame.mark();
            let mut items = Regs::new();
            for (name, default) in keyword {
                let name = self.scopes.mangle(self.frame.here, name);
                items.push(self.load_str(position, &name));
                let copy = self.has_walrus;
                items.push(self.operand(default, copy));
            }
            self.emit(position, Op::BuildDict { dst, items: &items });
            self.frame.reset(mark);
            dst
        });
        (defaults, kwdefaults)
    }

    pub(crate) fn decorators(&mut self, decorators: &'a [ast::Decorator]) -> Regs {
        decorators.iter().map(|decorator| self.operand(&decorator.expression, true)).collect()
    }

    pub(crate) fn apply_decorators(&mut self, decorators: &'a [ast::Decorator], callees: &Regs, value: Reg) {
        for (decorator, &callee) in decorators.iter().zip(callees).rev() {
            let position = self.pos(&decorator.expression);
            self.emit(position, Op::Call { dst: value, callee, args: &[value] });
        }
    }

    /// The line where a definition begins, decorators included.
    pub(crate) fn first_line(&mut self, decorators: &'a [ast::Decorator], position: Position) -> u32 {
        match decorators.first() {
            Some(first) => self.pos(&first.expression).line,
            None => position.line,
        }
    }

    pub(crate) fn function_def(&mut self, node: &'a ast::StmtFunctionDef, position: Position) {
        let callees = self.decorators(&node.decorator_list);
        let first_line = self.first_line(&node.decorator_list, position);
        let mark = self.frame.mark();
        let (defaults, kwdefaults) = self.defaults(position, &node.parameters);
        let function = match &node.type_params {
            None => self.function_object(node, position, first_line, defaults, kwdefaults, mark),
            Some(type_params) => {
                let scope = self.scopes.type_params(node).expect("the scope of type parameters");
                let hidden: Vec<&str> = [(defaults, ".defaults"), (kwdefaults, ".kwdefaults")].iter().filter(|(reg, _)| reg.is_some()).map(|(_, name)| *name).collect();
                let args: Regs = defaults.into_iter().chain(kwdefaults).collect();
                let flags = self.function_flags(scope);
                self.open_frame(scope, flags, first_line, &hidden, &[]);
                self.frame.position = position;
                let params = self.type_params(type_params);
                let mark = self.frame.mark();
                let inner_defaults = defaults.map(|_| Reg(0));
                let inner_kwdefaults = kwdefaults.map(|_| Reg(hidden.len() as u32 - 1));
                let function = self.function_object(node, position, first_line, inner_defaults, inner_kwdefaults, mark);
                self.emit(position, Op::SetFunctionTypeParams { function, params });
                self.emit(position, Op::Return { value: function });
                let func = self.close_frame();
                let inner = self.frame.mark();
                let callee = self.make_function(position, func, None, None, None, inner, None);
                self.emit(position, Op::Call { dst: callee, callee, args: &args });
                callee
            }
        };
        self.apply_decorators(&node.decorator_list, &callees, function);
        self.store_name(position, &node.name, function);
    }

    /// The function itself, without decorators and type parameters.
    fn function_object(&mut self, node: &'a ast::StmtFunctionDef, position: Position, first_line: u32, defaults: Option<Reg>, kwdefaults: Option<Reg>, mark: u32) -> Reg {
        let annotate = self.function_annotations(node, position);
        let scope = self.scopes.function(node);
        let flags = self.function_flags(scope);
        self.open_frame(scope, flags, first_line, &[], &[]);
        self.frame.position = position;
        let docstring = self.docstring(&node.body);
        self.frame.function.docstring = docstring;
        self.stmts(&node.body);
        self.return_none();
        let func = self.close_frame();
        self.make_function(position, func, defaults, kwdefaults, annotate, mark, None)
    }

    /// Every annotation of a function with the name it is for, in the order of `__annotations__`.
    fn annotations_of(node: &'a ast::StmtFunctionDef) -> Vec<(&'a str, &'a Expr)> {
        let parameters = &node.parameters;
        let positional = parameters.posonlyargs.iter().chain(&parameters.args).map(|parameter| &parameter.parameter);
        let keyword = parameters.kwonlyargs.iter().map(|parameter| &parameter.parameter);
        let all = positional.chain(parameters.vararg.as_deref()).chain(keyword).chain(parameters.kwarg.as_deref());
        let mut annotations: Vec<_> = all.filter_map(|parameter| parameter.annotation.as_deref().map(|annotation| (parameter.name.as_str(), annotation))).collect();
        annotations.extend(node.returns.as_deref().map(|returns| ("return", returns)));
        annotations
    }

    /// The `__annotate__` function of a function.
    fn function_annotations(&mut self, node: &'a ast::StmtFunctionDef, position: Position) -> Option<Reg> {
        let annotations = Self::annotations_of(node);
        if annotations.is_empty() {
            return None;
        }
        let are_strings = self.scopes.has_future_annotations;
        if are_strings {
            self.open_strings_frame(position);
            self.refuse_formats(position);
        } else {
            let scope = self.scopes.annotations(node).expect("the scope of annotations");
            self.open_annotate(scope, position, &[]);
        }
        let mut items = Regs::new();
        for (name, annotation) in annotations {
            let name = self.scopes.mangle(self.frame.here, name);
            items.push(self.load_str(position, &name));
            items.push(if are_strings {
                let text = self.unparse(annotation);
                let at = self.pos(annotation);
                self.load_str(at, &text)
            } else {
                self.annotation_value(annotation)
            });
        }
        let dict = self.frame.temp();
        self.emit(position, Op::BuildDict { dst: dict, items: &items });
        self.emit(position, Op::Return { value: dict });
        let func = self.close_frame();
        let mark = self.frame.mark();
        Some(self.make_function(position, func, None, None, None, mark, None))
    }

    /// The value of an annotation; `*args: *Ts` gives the only item.
    fn annotation_value(&mut self, annotation: &'a Expr) -> Reg {
        match annotation {
            Expr::Starred(starred) => {
                let src = self.expr(&starred.value);
                let dst = self.frame.temp();
                let position = self.pos(annotation);
                self.emit(position, Op::Unpack { dsts: &[dst], src });
                dst
            }
            _ => self.expr(annotation),
        }
    }

    /// Opens an `__annotate__`-like function: it refuses formats over 2.
    pub(crate) fn open_annotate(&mut self, scope: ScopeId, position: Position, free: &[&str]) {
        let flags = self.function_flags(scope);
        let hidden: &[&str] = if self.scopes[scope].params.positional == 0 { &[".format"] } else { &[] };
        self.open_frame(scope, flags, position.line, hidden, free);
        self.frame.function.n_posonly = 1;
        if self.frame.kind == ScopeKind::Annotations {
            self.frame.function.varnames[0] = self.pools.name("format");
        }
        self.frame.position = position;
        self.refuse_formats(position);
    }

    /// `if format > 2: raise NotImplementedError`.
    fn refuse_formats(&mut self, position: Position) {
        let mark = self.frame.mark();
        let [refuse, go_on] = [(); 2].map(|()| self.new_block());
        let two = self.load_const(position, Const::Int(2));
        let cond = self.frame.temp();
        self.emit(position, Op::Gt { dst: cond, lhs: Reg(0), rhs: two });
        self.emit(position, Op::Branch { cond, then: refuse, other: go_on });
        self.start(refuse);
        let exc = self.frame.temp();
        self.emit(position, Op::LoadCommon { dst: exc, which: 1 });
        self.emit(position, Op::Raise { exc: Some(exc), cause: None });
        self.start(go_on);
        self.frame.reset(mark);
    }

    /// A function of one expression that is evaluated on demand: called with a format, 1 if not given.
    pub(crate) fn lazy_function(&mut self, scope: ScopeId, position: Position, expr: &'a Expr) -> Reg {
        self.open_annotate(scope, position, &[]);
        let value = self.annotation_value(expr);
        self.emit(position, Op::Return { value });
        let func = self.close_frame();
        let mark = self.frame.mark();
        let one = self.pools.constant(Const::Int(1));
        let defaults = self.load_const(position, Const::Tuple([one].into()));
        self.make_function(position, func, Some(defaults), None, None, mark, None)
    }

    // ---- annotations of modules and classes ----

    /// Collects the annotations of a module or class body, and emits what has to stand before the body.
    pub(crate) fn begin_annotations(&mut self, body: &'a [Stmt], node: TextRange, position: Position) {
        let is_module = self.frame.kind == ScopeKind::Module;
        if self.scopes.has_future_annotations {
            let mut any = Vec::new();
            collect(body, false, &mut any);
            if !any.is_empty() {
                self.setup_annotations_dict(position);
            }
            return;
        }
        let mut found = Vec::new();
        collect(body, false, &mut found);
        let mut next = 0;
        for (node, is_conditional) in found {
            let index = (is_module || is_conditional).then(|| {
                next += 1;
                next - 1
            });
            self.frame.conditional_annotations.push((node, index));
        }
        if is_module && !self.frame.conditional_annotations.is_empty() {
            self.annotate_function(node, position, "__annotate__");
        }
        if next > 0 || self.scopes[self.frame.scope].has_conditional_annotations {
            let mark = self.frame.mark();
            if is_module {
                let set = self.frame.temp();
                self.emit(position, Op::BuildSet { dst: set, items: &[] });
                let name = self.name("__conditional_annotations__");
                self.store_module_name(position, name, set);
                self.frame.reset(mark);
            } else {
                let cell = self.add_cell("__conditional_annotations__");
                let mark = self.frame.mark();
                let set = self.frame.temp();
                self.emit(position, Op::BuildSet { dst: set, items: &[] });
                self.emit(position, Op::StoreCell { cell, src: set });
                self.frame.reset(mark);
            }
        }
    }

    /// Creates `__annotations__` when there is none, for annotations as strings.
    fn setup_annotations_dict(&mut self, position: Position) {
        let mark = self.frame.mark();
        let dict = self.frame.temp();
        self.emit(position, Op::BuildDict { dst: dict, items: &[] });
        self.store_special(position, "__annotations__", dict);
        self.frame.reset(mark);
    }

    /// Stores a name of the module or class that the source does not spell.
    pub(crate) fn store_special(&mut self, position: Position, name: &str, src: Reg) {
        let name = self.name(name);
        match self.frame.kind {
            ScopeKind::Class => self.emit(position, Op::StoreName { namespace: crate::names::NAMESPACE, name, src }),
            _ => self.emit(position, Op::StoreGlobal { name, src }),
        }
    }

    /// Makes the `__annotate__` function of the module or class and stores it.
    pub(crate) fn annotate_function(&mut self, node: TextRange, position: Position, stored_as: &str) {
        let annotations = std::mem::take(&mut self.frame.conditional_annotations);
        let scope = self.scopes.annotations(node).expect("the scope of annotations");
        let is_module = self.frame.kind == ScopeKind::Module;
        let is_conditional = annotations.iter().any(|(_, index)| index.is_some());
        let conditional = Name::new_static("__conditional_annotations__");
        self.open_annotate(scope, position, if is_conditional && !is_module { &["__conditional_annotations__"] } else { &[] });
        let dict = self.frame.temp();
        self.emit(position, Op::BuildDict { dst: dict, items: &[] });
        for &(node, index) in &annotations {
            let mark = self.frame.mark();
            let at = self.pos(node);
            let next = self.new_block();
            if let Some(index) = index {
                let item = self.load_const(at, Const::Int(index));
                let container = self.frame.temp();
                let name = self.name(&conditional);
                if is_module {
                    self.emit(at, Op::LoadGlobal { dst: container, name });
                } else {
                    let cell = self.cell(at, &conditional);
                    self.emit(at, Op::LoadCell { dst: container, cell, name, is_free: 1 });
                }
                let cond = self.frame.temp();
                let then = self.new_block();
                self.emit(at, Op::Contains { dst: cond, item, container });
                self.emit(at, Op::Branch { cond, then, other: next });
                self.start(then);
                self.frame.reset(mark);
            }
            let value = self.expr(&node.annotation);
            let name = node.target.as_name_expr().expect("only names are annotated simply");
            let name = self.scopes.mangle(self.frame.here, &name.id);
            let key = self.load_str(at, &name);
            self.emit(position, Op::DictSet { dict, key, value });
            self.frame.reset(mark);
            self.start(next);
        }
        self.emit(position, Op::Return { value: dict });
        let func = self.close_frame();
        self.frame.conditional_annotations = annotations;
        let mark = self.frame.mark();
        let function = self.make_function(position, func, None, None, None, mark, None);
        self.store_special(position, stored_as, function);
        self.frame.reset(mark);
    }

    /// The annotation of a simple name in a statement. In functions it is not evaluated.
    pub(crate) fn annotation(&mut self, node: &'a ast::StmtAnnAssign, name: &'a ast::ExprName, position: Position) {
        if self.frame.kind.is_function_like() {
            return;
        }
        if self.scopes.has_future_annotations {
            let text = self.unparse(&node.annotation);
            let src = self.load_str(position, &text);
            let object = self.load_name(position, "__annotations__", None);
            let mangled = self.scopes.mangle(self.frame.here, &name.id);
            let index = self.load_str(position, &mangled);
            self.emit(position, Op::StoreItem { object, index, src });
            return;
        }
        let annotations = &self.frame.conditional_annotations;
        let Ok(at) = annotations.binary_search_by_key(&node.range().start(), |(node, _)| node.range().start()) else { return };
        let Some(index) = annotations[at].1 else { return };
        let set = if self.frame.kind == ScopeKind::Module {
            let dst = self.frame.temp();
            let name = self.name("__conditional_annotations__");
            self.emit(position, Op::LoadGlobal { dst, name });
            dst
        } else {
            let cell = self.cell(position, &Name::new_static("__conditional_annotations__"));
            let dst = self.frame.temp();
            let name = self.name("__conditional_annotations__");
            self.emit(position, Op::LoadCell { dst, cell, name, is_free: 0 });
            dst
        };
        let value = self.load_const(position, Const::Int(index));
        self.emit(position, Op::SetAdd { set, value });
    }
}

/// The annotated simple names of a body, with whether they stand in a conditional block.
fn collect<'a>(body: &'a [Stmt], is_conditional: bool, found: &mut Vec<(&'a ast::StmtAnnAssign, bool)>) {
    for stmt in body {
        match stmt {
            Stmt::AnnAssign(node) if node.simple && node.target.is_name_expr() => found.push((node, is_conditional)),
            Stmt::If(node) => {
                collect(&node.body, true, found);
                node.elif_else_clauses.iter().for_each(|clause| collect(&clause.body, true, found));
            }
            Stmt::For(node) => {
                collect(&node.body, true, found);
                collect(&node.orelse, true, found);
            }
            Stmt::While(node) => {
                collect(&node.body, true, found);
                collect(&node.orelse, true, found);
            }
            Stmt::With(node) => collect(&node.body, true, found),
            Stmt::Match(node) => node.cases.iter().for_each(|case| collect(&case.body, true, found)),
            Stmt::Try(node) => {
                collect(&node.body, true, found);
                for ast::ExceptHandler::ExceptHandler(handler) in &node.handlers {
                    collect(&handler.body, true, found);
                }
                collect(&node.orelse, true, found);
                collect(&node.finalbody, true, found);
            }
            _ => {}
        }
    }
}
