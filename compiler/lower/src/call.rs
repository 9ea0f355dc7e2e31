//! Calls.

use dxpyc_dpb::{Const, Op, Position, Reg};
use dxpyc_modules::scopes::{Binding, ScopeKind};
use dxpyc_syntax::ast::{self, Expr};
use dxpyc_syntax::Name;
use smallvec::SmallVec;

use crate::Lowerer;
use crate::expr::Regs;
use crate::frame::Slot;
use crate::names::NAMESPACE;

/// Builtins that look at the frame of their caller.
const SCOPED: [&str; 7] = ["globals", "locals", "vars", "dir", "eval", "exec", "__import__"];

/// `super()` or `super(a, b)` with what it needs evaluated.
struct Super {
    callee: Reg,
    owner: Reg,
    receiver: Reg,
    explicit: i32,
}

impl<'a> Lowerer<'a> {
    pub(crate) fn call(&mut self, node: &'a ast::ExprCall, want: Option<Reg>) -> Reg {
        let mark = self.frame.mark();
        let position = self.pos(node);
        let is_plain = !node.arguments.args.iter().any(Expr::is_starred_expr) && node.arguments.keywords.iter().all(|keyword| keyword.arg.is_some());
        match &*node.func {
            Expr::Attribute(func) if is_plain => return self.method_call(node, func, position, want),
            Expr::Name(func) if is_plain && node.arguments.keywords.is_empty() => {
                if func.id == "super" && node.arguments.args.is_empty() && self.is_global("super") && self.scopes[self.frame.scope].kind.is_function_like() {
                    return self.zero_argument_super(func, position, want);
                }
                if SCOPED.contains(&func.id.as_str()) && self.is_global(&func.id) {
                    return self.scoped_call(node, position, want);
                }
            }
            _ => {}
        }
        let copy = self.may_rebind(&node.arguments);
        let callee = self.operand(&node.func, copy);
        self.call_with(position, callee, None, &[], None, &node.arguments, mark, want)
    }

    /// Calls `callee` with `first`, the positional `arguments`, `extra`, and the keywords. `receiver` is what `LoadMethod` gave.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn call_with(
        &mut self,
        position: Position,
        callee: Reg,
        receiver: Option<Reg>,
        first: &[Reg],
        extra: Option<Reg>,
        arguments: &'a ast::Arguments,
        mark: u32,
        want: Option<Reg>,
    ) -> Reg {
        let is_plain = !arguments.args.iter().any(Expr::is_starred_expr) && arguments.keywords.iter().all(|keyword| keyword.arg.is_some());
        if !is_plain {
            return self.call_ex(position, callee, first, extra, arguments, mark, want);
        }
        let exprs: SmallVec<[&Expr; 8]> = arguments.args.iter().chain(arguments.keywords.iter().map(|keyword| &keyword.value)).collect();
        let mut args: Regs = first.iter().copied().collect();
        args.extend(self.operands(&exprs));
        if let Some(extra) = extra {
            args.insert(first.len() + arguments.args.len(), extra);
        }
        self.frame.reset(mark);
        let dst = self.dst(want);
        if arguments.keywords.is_empty() {
            match receiver {
                Some(receiver) => self.emit(position, Op::CallMethod { dst, callee, receiver, args: &args }),
                None => self.emit(position, Op::Call { dst, callee, args: &args }),
            }
            return dst;
        }
        let keywords = self.keyword_names(&arguments.keywords);
        match receiver {
            Some(receiver) => self.emit(position, Op::CallMethodKw { dst, callee, receiver, args: &args, keywords }),
            None => self.emit(position, Op::CallKw { dst, callee, args: &args, keywords }),
        }
        dst
    }

    fn keyword_names(&mut self, keywords: &'a [ast::Keyword]) -> dxpyc_dpb::ConstId {
        let scope = self.frame.here;
        let names: Vec<Name> = keywords.iter().filter_map(|keyword| keyword.arg.as_ref()).map(|name| self.scopes.mangle(scope, name)).collect();
        self.pools.str_tuple(names.iter().map(Name::as_str))
    }

    /// A call with `*` or `**`.
    #[allow(clippy::too_many_arguments)]
    fn call_ex(
        &mut self,
        position: Position,
        callee: Reg,
        first: &[Reg],
        extra: Option<Reg>,
        arguments: &'a ast::Arguments,
        mark: u32,
        want: Option<Reg>,
    ) -> Reg {
        let args = match &*arguments.args {
            [Expr::Starred(only)] if first.is_empty() => {
                let copy = arguments.keywords.iter().any(|keyword| self.may_rebind(&keyword.value));
                self.operand(&only.value, copy)
            }
            [] if first.is_empty() => self.load_const(position, Const::Tuple(Box::default())),
            args if !args.iter().any(Expr::is_starred_expr) => {
                let mut items: Regs = first.iter().copied().collect();
                items.extend(self.operands(&args.iter().collect::<SmallVec<[&Expr; 8]>>()));
                items.extend(extra);
                let dst = self.frame.temp();
                self.emit(position, Op::BuildTuple { dst, items: &items });
                dst
            }
            args => {
                let list = self.frame.temp();
                let tuple = self.frame.temp();
                if first.is_empty() {
                    self.build_list(position, args, list);
                } else {
                    self.emit(position, Op::BuildList { dst: list, items: first });
                    let rest = self.frame.temp();
                    self.build_list(position, args, rest);
                    self.emit(position, Op::ListExtend { list, src: rest });
                }
                if let Some(value) = extra {
                    self.emit(position, Op::ListAppend { list, value });
                }
                self.emit(position, Op::ListToTuple { dst: tuple, list });
                tuple
            }
        };
        let kwargs = (!arguments.keywords.is_empty()).then(|| self.keyword_dict(position, callee, &arguments.keywords));
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::CallEx { dst, callee, args, kwargs });
        dst
    }

    /// The dict of keyword arguments.
    fn keyword_dict(&mut self, position: Position, callee: Reg, keywords: &'a [ast::Keyword]) -> Reg {
        let dict = self.frame.temp();
        let mark = self.frame.mark();
        let mut is_begun = false;
        let mut rest = keywords;
        while !rest.is_empty() {
            let n_named = rest.iter().position(|keyword| keyword.arg.is_none()).unwrap_or(rest.len());
            let (named, more) = rest.split_at(n_named);
            let mut items = Regs::new();
            for keyword in named {
                let name = keyword.arg.as_ref().expect("the keywords before ** have names");
                let name = self.scopes.mangle(self.frame.here, name);
                items.push(self.load_str(position, &name));
                let copy = self.has_walrus;
                items.push(self.operand(&keyword.value, copy));
            }
            match (is_begun, named.is_empty()) {
                (false, _) => self.emit(position, Op::BuildDict { dst: dict, items: &items }),
                (true, false) => {
                    let part = self.frame.temp();
                    self.emit(position, Op::BuildDict { dst: part, items: &items });
                    self.emit(position, Op::DictMerge { dict, src: part, callee });
                }
                (true, true) => {}
            }
            is_begun = true;
            self.frame.reset(mark);
            rest = more;
            if let Some((unpacked, more)) = rest.split_first() {
                let src = self.expr(&unpacked.value);
                self.emit(position, Op::DictMerge { dict, src, callee });
                self.frame.reset(mark);
                rest = more;
            }
        }
        dict
    }

    fn method_call(&mut self, node: &'a ast::ExprCall, func: &'a ast::ExprAttribute, position: Position, want: Option<Reg>) -> Reg {
        let mark = self.frame.mark();
        let call_position = self.attribute_position(position, func);
        let whole = self.pos(func);
        let attribute_position = self.attribute_position(whole, func);
        if let Some(it) = self.super_call(&func.value) {
            let name = self.attribute_name(&func.attr);
            let (callee, bound) = (self.frame.temp(), self.frame.temp());
            let Super { callee: function, owner, receiver, explicit } = it;
            self.emit(attribute_position, Op::LoadSuperMethod { callee, bound, function, owner, receiver, name, explicit });
            return self.call_with(call_position, callee, Some(bound), &[], None, &node.arguments, mark, want);
        }
        // The object's register is free once the method is loaded: the receiver may take it.
        let object = self.expr(&func.value);
        self.frame.reset(mark);
        let name = self.attribute_name(&func.attr);
        let (callee, receiver) = (self.frame.temp(), self.frame.temp());
        self.emit(attribute_position, Op::LoadMethod { callee, receiver, object, name });
        self.call_with(call_position, callee, Some(receiver), &[], None, &node.arguments, mark, want)
    }

    /// `super().name`.
    pub(crate) fn super_attribute(&mut self, node: &'a ast::ExprAttribute, want: Option<Reg>) -> Option<Reg> {
        let mark = self.frame.mark();
        let Super { callee, owner, receiver, explicit } = self.super_call(&node.value)?;
        let position = self.pos(node);
        let position = self.attribute_position(position, node);
        let name = self.attribute_name(&node.attr);
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::LoadSuperAttr { dst, callee, owner, receiver, name, explicit });
        Some(dst)
    }

    /// Evaluates the parts of `super()` or `super(a, b)`, when an attribute can be read without the object.
    fn super_call(&mut self, expr: &'a Expr) -> Option<Super> {
        let Expr::Call(call) = expr else { return None };
        let Expr::Name(name) = &*call.func else { return None };
        if name.id != "super" || !call.arguments.keywords.is_empty() || !self.scopes[self.frame.scope].kind.is_function_like() {
            return None;
        }
        let resolved = self.scopes.resolve(self.frame.here, "super");
        let module = &self.scopes[self.scopes.module()];
        if resolved.binding != Binding::GlobalImplicit || module.symbols.get("super").is_some_and(|symbol| symbol.is_bound()) {
            return None;
        }
        let position = self.pos(name);
        match &*call.arguments.args {
            [] => {
                let class = Name::new_static("__class__");
                self.frame.free.get(&class)?;
                let (receiver, is_cell) = self.first_parameter()?;
                let callee = self.load_name(position, "super", None);
                let position = self.pos(call);
                let cell = self.cell(position, &class);
                let owner = self.frame.temp();
                let name = self.name("__class__");
                self.emit(position, Op::LoadCell { dst: owner, cell, name, is_free: 1 });
                let name = self.frame.function.varnames[0];
                let receiver = if is_cell {
                    let dst = self.frame.temp();
                    self.emit(position, Op::LoadCell { dst, cell: receiver, name, is_free: 0 });
                    dst
                } else {
                    self.emit(position, Op::CheckBound { src: receiver, name });
                    receiver
                };
                Some(Super { callee, owner, receiver, explicit: 0 })
            }
            [owner, receiver] if !owner.is_starred_expr() && !receiver.is_starred_expr() => {
                let callee = self.load_name(position, "super", None);
                let regs = self.operands(&[owner, receiver]);
                Some(Super { callee, owner: regs[0], receiver: regs[1], explicit: 1 })
            }
            _ => None,
        }
    }

    /// The first positional parameter of the function: its register, or its cell's.
    fn first_parameter(&self) -> Option<(Reg, bool)> {
        let scope = &self.scopes[self.frame.scope];
        if scope.params.positional == 0 {
            return None;
        }
        let name = scope.varnames.first()?;
        match self.frame.slots.get(&(self.frame.scope, name.clone()))? {
            Slot::Var(reg) => Some((*reg, false)),
            Slot::Cell(reg) => Some((*reg, true)),
        }
    }

    /// `super()` as a value.
    fn zero_argument_super(&mut self, func: &'a ast::ExprName, position: Position, want: Option<Reg>) -> Reg {
        let mark = self.frame.mark();
        let at = self.pos(func);
        let callee = self.load_name(at, "super", None);
        let class = Name::new_static("__class__");
        let has_cell = self.frame.free.contains_key(&class);
        let owner = self.frame.temp();
        if has_cell {
            let cell = self.cell(position, &class);
            self.emit(position, Op::ReadCell { dst: owner, cell });
        } else {
            self.emit(position, Op::Clear { dst: owner });
        }
        let first = self.first_parameter();
        let receiver = match first {
            Some((reg, false)) => reg,
            Some((cell, true)) => {
                let dst = self.frame.temp();
                self.emit(position, Op::ReadCell { dst, cell });
                dst
            }
            None => {
                let dst = self.frame.temp();
                self.emit(position, Op::Clear { dst });
                dst
            }
        };
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::CallSuper { dst, callee, owner, receiver, has_cell: has_cell.into(), has_receiver: first.is_some().into() });
        dst
    }

    /// A call of a builtin that looks at the caller's frame.
    fn scoped_call(&mut self, node: &'a ast::ExprCall, position: Position, want: Option<Reg>) -> Reg {
        let mark = self.frame.mark();
        let copy = self.may_rebind(&node.arguments);
        let callee = self.operand(&node.func, copy);
        let args = self.operands(&node.arguments.args.iter().collect::<SmallVec<[&Expr; 8]>>());
        let (names, values, namespace) = match self.frame.kind {
            ScopeKind::Module => (None, Regs::new(), self.is_code_body().then_some(NAMESPACE)),
            ScopeKind::Class => (None, Regs::new(), Some(NAMESPACE)),
            _ => {
                let (names, values) = self.visible_locals(position);
                (Some(names), values, None)
            }
        };
        let names = match names {
            Some(names) => self.pools.str_tuple(names.iter().map(Name::as_str)),
            None => self.pools.constant(Const::None),
        };
        self.frame.reset(mark);
        let dst = self.dst(want);
        self.emit(position, Op::CallScoped { dst, callee, args: &args, namespace, names, values: &values });
        dst
    }

    /// The names and values of the local variables, as `locals()` has them: variables, cells, free variables.
    fn visible_locals(&mut self, position: Position) -> (Vec<Name>, Regs) {
        let scopes = self.scopes;
        let mut names = Vec::new();
        let mut values = Regs::new();
        let mut at = self.frame.here;
        let mut around = vec![at];
        while at != self.frame.scope {
            at = scopes[at].parent.expect("an inlined scope has a parent");
            around.push(at);
        }
        for scope in around.into_iter().rev() {
            let data = &scopes[scope];
            let own: Vec<&Name> = if data.is_inlined { data.symbols.keys().collect() } else { data.varnames.iter().chain(&data.cellvars).collect() };
            for name in own {
                let Some(&slot) = self.frame.slots.get(&(scope, name.clone())) else { continue };
                if let Some(at) = names.iter().position(|seen| seen == name) {
                    names.remove(at);
                    values.remove(at);
                }
                let value = match slot {
                    Slot::Var(reg) => reg,
                    Slot::Cell(cell) => {
                        let dst = self.frame.temp();
                        self.emit(position, Op::ReadCell { dst, cell });
                        dst
                    }
                };
                names.push(name.clone());
                values.push(value);
            }
        }
        for name in &scopes[self.frame.scope].freevars {
            if names.contains(name) {
                continue;
            }
            let cell = self.cell(position, name);
            let dst = self.frame.temp();
            self.emit(position, Op::ReadCell { dst, cell });
            names.push(name.clone());
            values.push(dst);
        }
        (names, values)
    }
}

