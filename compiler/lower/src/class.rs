//! Classes: a body function that fills a namespace, and the call of `__build_class__`.

use std::collections::BTreeSet;

use dxpyc_dpb::{Const, FunctionFlags, Op, Position, Reg};
use dxpyc_syntax::ast;
use dxpyc_syntax::{Name, Ranged};

use crate::Lowerer;
use crate::names::NAMESPACE;

const TYPE_PARAMS: &str = ".type_params";

impl<'a> Lowerer<'a> {
    pub(crate) fn class_def(&mut self, node: &'a ast::StmtClassDef, position: Position) {
        let callees = self.decorators(&node.decorator_list);
        let first_line = self.first_line(&node.decorator_list, position);
        let class = match &node.type_params {
            None => self.class_object(node, position, first_line),
            Some(type_params) => {
                let scope = self.scopes.type_params(node).expect("the scope of type parameters");
                let flags = self.function_flags(scope);
                self.open_frame(scope, flags, first_line, &[], &[]);
                self.frame.position = position;
                let cell = self.add_cell(TYPE_PARAMS);
                let params = self.type_params(type_params);
                self.emit(position, Op::StoreCell { cell, src: params });
                let class = self.class_object(node, position, first_line);
                self.emit(position, Op::Return { value: class });
                let func = self.close_frame();
                let mark = self.frame.mark();
                let dst = self.make_function(position, func, None, None, None, mark, None);
                self.emit(position, Op::Call { dst, callee: dst, args: &[] });
                dst
            }
        };
        self.apply_decorators(&node.decorator_list, &callees, class);
        self.store_name(position, &node.name, class);
    }

    /// The call of `__build_class__`.
    fn class_object(&mut self, node: &'a ast::StmtClassDef, position: Position, first_line: u32) -> Reg {
        let is_generic = node.type_params.is_some();
        let mark = self.frame.mark();
        let callee = self.frame.temp();
        self.emit(position, Op::LoadBuildClass { dst: callee });
        let func = self.class_body(node, first_line, is_generic);
        let inner = self.frame.mark();
        let body = self.make_function(position, func, None, None, None, inner, None);
        let name = self.load_str(position, &node.name);
        let generic_base = is_generic.then(|| {
            let cell = self.cell(position, &Name::new_static(TYPE_PARAMS));
            let dst = self.frame.temp();
            let name = self.name(TYPE_PARAMS);
            self.emit(position, Op::LoadCell { dst, cell, name, is_free: 0 });
            self.emit(position, Op::SubscriptGeneric { dst, params: dst });
            dst
        });
        match &node.arguments {
            Some(arguments) => self.call_with(position, callee, None, &[body, name], generic_base, arguments, mark, None),
            None => {
                let mut args = crate::expr::Regs::from_slice(&[body, name]);
                args.extend(generic_base);
                self.frame.reset(mark);
                let dst = self.frame.temp();
                self.emit(position, Op::Call { dst, callee, args: &args });
                dst
            }
        }
    }

    fn class_body(&mut self, node: &'a ast::StmtClassDef, first_line: u32, is_generic: bool) -> dxpyc_dpb::FuncId {
        let scope = self.scopes.class(node);
        let scopes = self.scopes;
        let data = &scopes[scope];
        let knows_params = data.freevars.iter().any(|name| name == TYPE_PARAMS);
        self.open_frame(scope, FunctionFlags::CLASS_BODY, first_line, &[".namespace"], if is_generic && !knows_params { &[TYPE_PARAMS] } else { &[] });
        self.static_attributes.push(BTreeSet::new());
        let position = Position { line: first_line, end_line: first_line, col: 0, end_col: 0 };
        self.frame.position = position;
        let mark = self.frame.mark();
        let value = self.frame.temp();
        let name = self.name("__name__");
        self.emit(position, Op::LoadName { dst: value, namespace: NAMESPACE, name });
        self.store_special(position, "__module__", value);
        let qualname = self.pools.str(&data.qualname);
        self.emit(position, Op::LoadConst { dst: value, value: qualname });
        self.store_special(position, "__qualname__", value);
        self.load_const_to(position, Const::Int(i64::from(first_line)), Some(value));
        self.store_special(position, "__firstlineno__", value);
        if is_generic {
            let cell = self.cell(position, &Name::new_static(TYPE_PARAMS));
            let name = self.name(TYPE_PARAMS);
            self.emit(position, Op::LoadCell { dst: value, cell, name, is_free: 1 });
            self.store_special(position, "__type_params__", value);
        }
        self.frame.reset(mark);
        if data.needs_classdict {
            let cell = self.cell(position, &Name::new_static("__classdict__"));
            self.emit(position, Op::StoreCell { cell, src: NAMESPACE });
        }
        self.begin_annotations(&node.body, node.range(), position);
        let docstring = self.docstring(&node.body);
        let body = if let Some(docstring) = docstring {
            self.frame.function.docstring = Some(docstring);
            let at = self.pos(&node.body[0]);
            let mark = self.frame.mark();
            let src = self.load_const_id(at, docstring);
            self.store_special(at, "__doc__", src);
            self.frame.reset(mark);
            &node.body[1..]
        } else {
            &node.body[..]
        };
        self.stmts(body);
        self.frame.position = position;
        if !self.frame.conditional_annotations.is_empty() && self.frame.current.is_some() {
            self.annotate_function(node.range(), position, "__annotate_func__");
        }
        let attributes = self.static_attributes.pop().expect("pushed above");
        let attributes = self.pools.str_tuple(attributes.iter().map(Name::as_str));
        let src = self.load_const_id(position, attributes);
        self.store_special(position, "__static_attributes__", src);
        if data.needs_classdict {
            let cell = self.cell(position, &Name::new_static("__classdict__"));
            self.store_special(position, "__classdictcell__", cell);
        }
        if data.needs_class_cell {
            let cell = self.cell(position, &Name::new_static("__class__"));
            self.store_special(position, "__classcell__", cell);
            self.emit(position, Op::Return { value: cell });
        } else {
            self.return_none();
        }
        self.close_frame()
    }
}
