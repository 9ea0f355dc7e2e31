//! Type parameters and `type` statements (PEP 695, 696).

use dxpyc_dpb::{Op, Position, Reg};
use dxpyc_syntax::ast::{self, TypeParam};

use crate::Lowerer;
use crate::expr::Regs;

impl<'a> Lowerer<'a> {
    /// Makes the parameters, binds their names, and gives the tuple of them. The frame is that of the type parameters.
    pub(crate) fn type_params(&mut self, params: &'a ast::TypeParams) -> Reg {
        let tuple = self.frame.temp();
        let mark = self.frame.mark();
        let position = self.pos(params);
        let mut items = Regs::new();
        for param in params {
            let dst = self.frame.temp();
            let inner = self.frame.mark();
            let at = self.pos(param);
            let name = self.name(param.name());
            match param {
                TypeParam::TypeVar(variable) => {
                    let bound = variable.bound.as_deref().map(|bound| {
                        let scope = self.scopes.type_var_bound(variable);
                        let at = self.pos(bound);
                        self.lazy_function(scope, at, bound)
                    });
                    let constraints = variable.bound.as_deref().is_some_and(ast::Expr::is_tuple_expr);
                    self.emit(at, Op::MakeTypeVar { dst, name, bound, constraints: constraints.into() });
                }
                TypeParam::ParamSpec(_) => self.emit(at, Op::MakeParamSpec { dst, name }),
                TypeParam::TypeVarTuple(_) => self.emit(at, Op::MakeTypeVarTuple { dst, name }),
            }
            if let Some(default) = param.default() {
                let scope = self.scopes.type_var_default(param);
                let at = self.pos(default);
                let default = self.lazy_function(scope, at, default);
                self.emit(at, Op::SetTypeParamDefault { param: dst, default });
            }
            self.frame.reset(inner);
            self.store_name(at, param.name(), dst);
            items.push(dst);
        }
        self.emit(position, Op::BuildTuple { dst: tuple, items: &items });
        self.frame.reset(mark);
        tuple
    }

    pub(crate) fn type_alias(&mut self, node: &'a ast::StmtTypeAlias, position: Position) {
        let name = node.name.as_name_expr().expect("a type alias has a name");
        let alias = match &node.type_params {
            None => {
                let params = self.load_none(position);
                self.alias_object(node, position, params)
            }
            Some(type_params) => {
                let scope = self.scopes.type_params(node).expect("the scope of type parameters");
                let flags = self.function_flags(scope);
                self.open_frame(scope, flags, position.line, &[], &[]);
                self.frame.position = position;
                let params = self.type_params(type_params);
                let alias = self.alias_object(node, position, params);
                self.emit(position, Op::Return { value: alias });
                let func = self.close_frame();
                let mark = self.frame.mark();
                let dst = self.make_function(position, func, None, None, None, mark, None);
                self.emit(position, Op::Call { dst, callee: dst, args: &[] });
                dst
            }
        };
        let at = self.pos(name);
        self.store_name(at, &name.id, alias);
    }

    fn alias_object(&mut self, node: &'a ast::StmtTypeAlias, position: Position, params: Reg) -> Reg {
        let scope = self.scopes.type_alias(node);
        let value = self.lazy_function(scope, position, &node.value);
        let name = node.name.as_name_expr().expect("a type alias has a name");
        let name = self.name(&name.id);
        let dst = self.frame.temp();
        self.emit(position, Op::MakeTypeAlias { dst, name, params, value });
        dst
    }
}
