//! Loads, stores and deletions of names.

use dxpyc_dpb::{Const, NameId, Op, Position, Reg};
use dxpyc_modules::scopes::{Binding, Resolved, ScopeKind};
use dxpyc_syntax::{Name, ast};

use crate::{Kind, Lowerer};
use crate::frame::Slot;

/// The register of a class body's namespace.
pub(crate) const NAMESPACE: Reg = Reg(0);

impl<'a> Lowerer<'a> {
    fn resolve(&mut self, name: &str) -> (Resolved, NameId) {
        let mut resolved = self.scopes.resolve(self.frame.here, name);
        // A `global` statement anywhere makes the name global in the body of code for `exec`, too, as in CPython.
        if self.is_code_body()
            && matches!(resolved.binding, Binding::Local | Binding::GlobalImplicit)
            && self.scopes[resolved.scope].kind == ScopeKind::Module
            && self.scopes.is_declared_global(&resolved.name)
        {
            resolved.binding = Binding::GlobalExplicit;
        }
        let id = self.name(&resolved.name);
        (resolved, id)
    }

    /// Whether names of the current scope are entries of a namespace: in classes, and in code for `exec` and `eval`.
    fn is_in_class(&self) -> bool {
        self.frame.kind == ScopeKind::Class && self.frame.here == self.frame.scope || self.is_code_body()
    }

    /// Whether the current frame is the body of code for `exec` or `eval`.
    pub(crate) fn is_code_body(&self) -> bool {
        self.kind != Kind::Module && self.frame.kind == ScopeKind::Module
    }

    /// Stores a variable of the module, or of the namespace of code for `exec`.
    pub(crate) fn store_module_name(&mut self, position: Position, name: NameId, src: Reg) {
        if self.is_code_body() {
            self.emit(position, Op::StoreName { namespace: NAMESPACE, name, src });
        } else {
            self.emit(position, Op::StoreGlobal { name, src });
        }
    }

    fn slot(&self, resolved: &Resolved) -> Slot {
        let slot = self.frame.slots.get(&(resolved.scope, resolved.name.clone()));
        *slot.unwrap_or_else(|| panic!("no slot for {} in {:?}", resolved.name, self.frame.kind))
    }

    /// The register that holds a cell: one of this frame's, or loaded from the closure.
    pub(crate) fn cell(&mut self, position: Position, name: &Name) -> Reg {
        let mut scope = self.frame.here;
        loop {
            if let Some(Slot::Cell(cell)) = self.frame.slots.get(&(scope, name.clone())) {
                return *cell;
            }
            if scope == self.frame.scope {
                break;
            }
            scope = self.scopes[scope].parent.expect("an inlined scope has a parent");
        }
        let index = *self.frame.free.get(name).unwrap_or_else(|| panic!("no cell for {name} in {:?}", self.frame.kind));
        let dst = self.frame.temp();
        self.emit(position, Op::LoadClosure { dst, index: index as i32 });
        dst
    }

    /// The cell of a name that is free here. A class may have a cell of its own by the same name, `__class__`.
    fn free_cell(&mut self, position: Position, name: &Name) -> Reg {
        let Some(&index) = self.frame.free.get(name) else { return self.cell(position, name) };
        let dst = self.frame.temp();
        self.emit(position, Op::LoadClosure { dst, index: index as i32 });
        dst
    }

    /// The class namespace that an annotation scope sees.
    fn classdict(&mut self, position: Position) -> Option<Reg> {
        if !self.scopes[self.frame.scope].sees_class {
            return None;
        }
        let name = Name::new_static("__classdict__");
        let cell = self.cell(position, &name);
        let dst = self.frame.temp();
        let name = self.name("__classdict__");
        self.emit(position, Op::LoadCell { dst, cell, name, is_free: 1 });
        Some(dst)
    }

    /// Loads a name. The register may be the variable's own.
    pub(crate) fn load_name(&mut self, position: Position, written: &str, want: Option<Reg>) -> Reg {
        if written == "__debug__" {
            return self.load_const_to(position, Const::True, want);
        }
        let mark = self.frame.mark();
        let (resolved, name) = self.resolve(written);
        match resolved.binding {
            Binding::Local if self.scopes[resolved.scope].kind == ScopeKind::Module && !self.is_code_body() => {
                let dst = self.dst(want);
                self.emit(position, Op::LoadGlobal { dst, name });
                dst
            }
            Binding::Local if matches!(self.scopes[resolved.scope].kind, ScopeKind::Class | ScopeKind::Module) => {
                let dst = self.dst(want);
                self.emit(position, Op::LoadName { dst, namespace: NAMESPACE, name });
                dst
            }
            Binding::Local | Binding::Cell => match self.slot(&resolved) {
                Slot::Var(src) => {
                    self.emit(position, Op::CheckBound { src, name });
                    self.settle(position, want, src)
                }
                Slot::Cell(cell) => {
                    let dst = self.dst(want);
                    self.emit(position, Op::LoadCell { dst, cell, name, is_free: 0 });
                    dst
                }
            },
            Binding::Free => {
                let namespace = if self.is_in_class() { Some(NAMESPACE) } else { self.classdict(position) };
                let cell = self.free_cell(position, &resolved.name);
                self.frame.reset(mark);
                let dst = self.dst(want);
                match namespace {
                    Some(namespace) => self.emit(position, Op::LoadNameOrCell { dst, namespace, cell, name }),
                    None => self.emit(position, Op::LoadCell { dst, cell, name, is_free: 1 }),
                }
                dst
            }
            Binding::GlobalImplicit => {
                let namespace = if self.is_in_class() { Some(NAMESPACE) } else { self.classdict(position) };
                self.frame.reset(mark);
                let dst = self.dst(want);
                match namespace {
                    Some(namespace) => self.emit(position, Op::LoadName { dst, namespace, name }),
                    None => self.emit(position, Op::LoadGlobal { dst, name }),
                }
                dst
            }
            Binding::GlobalExplicit => {
                let dst = self.dst(want);
                self.emit(position, Op::LoadGlobal { dst, name });
                dst
            }
        }
    }

    /// The register that a store to the name writes, when that is all that a store does.
    pub(crate) fn store_target(&mut self, written: &str) -> Option<Reg> {
        let (resolved, _) = self.resolve(written);
        match self.frame.slots.get(&(resolved.scope, resolved.name)) {
            Some(Slot::Var(reg)) if resolved.binding == Binding::Local => Some(*reg),
            _ => None,
        }
    }

    pub(crate) fn store_name(&mut self, position: Position, written: &str, src: Reg) {
        let mark = self.frame.mark();
        let (resolved, name) = self.resolve(written);
        match resolved.binding {
            Binding::Local if self.scopes[resolved.scope].kind == ScopeKind::Module => self.store_module_name(position, name, src),
            Binding::Local if self.scopes[resolved.scope].kind == ScopeKind::Class => {
                self.emit(position, Op::StoreName { namespace: NAMESPACE, name, src });
            }
            Binding::Local | Binding::Cell => match self.slot(&resolved) {
                Slot::Var(dst) if dst == src => {}
                Slot::Var(dst) => self.emit(position, Op::Move { dst, src }),
                Slot::Cell(cell) => self.emit(position, Op::StoreCell { cell, src }),
            },
            Binding::Free => {
                let cell = self.free_cell(position, &resolved.name);
                self.emit(position, Op::StoreCell { cell, src });
            }
            Binding::GlobalImplicit if self.is_in_class() => self.emit(position, Op::StoreName { namespace: NAMESPACE, name, src }),
            Binding::GlobalImplicit | Binding::GlobalExplicit => self.emit(position, Op::StoreGlobal { name, src }),
        }
        self.frame.reset(mark);
    }

    pub(crate) fn delete_name(&mut self, position: Position, written: &str) {
        let mark = self.frame.mark();
        let (resolved, name) = self.resolve(written);
        match resolved.binding {
            Binding::Local if self.scopes[resolved.scope].kind == ScopeKind::Module && !self.is_code_body() => {
                self.emit(position, Op::DeleteGlobal { name });
            }
            Binding::Local if matches!(self.scopes[resolved.scope].kind, ScopeKind::Class | ScopeKind::Module) => {
                self.emit(position, Op::DeleteName { namespace: NAMESPACE, name });
            }
            Binding::Local | Binding::Cell => match self.slot(&resolved) {
                Slot::Var(dst) => {
                    self.emit(position, Op::CheckBound { src: dst, name });
                    self.emit(position, Op::Clear { dst });
                }
                Slot::Cell(cell) => self.emit(position, Op::DeleteCell { cell, name, is_free: 0 }),
            },
            Binding::Free => {
                let cell = self.free_cell(position, &resolved.name);
                self.emit(position, Op::DeleteCell { cell, name, is_free: 1 });
            }
            Binding::GlobalImplicit if self.is_in_class() => self.emit(position, Op::DeleteName { namespace: NAMESPACE, name }),
            Binding::GlobalImplicit | Binding::GlobalExplicit => self.emit(position, Op::DeleteGlobal { name }),
        }
        self.frame.reset(mark);
    }

    /// `name = None; del name`, which does not fail for a local: the end of `except … as name`.
    pub(crate) fn forget_name(&mut self, position: Position, name: &ast::Identifier) {
        let mark = self.frame.mark();
        let (resolved, _) = self.resolve(name);
        match self.frame.slots.get(&(resolved.scope, resolved.name.clone())) {
            Some(Slot::Var(dst)) => {
                let dst = *dst;
                self.emit(position, Op::Clear { dst });
            }
            Some(Slot::Cell(cell)) => {
                let cell = *cell;
                self.emit(position, Op::ClearCell { cell });
            }
            None if resolved.binding == Binding::Free => {
                let cell = self.free_cell(position, &resolved.name);
                self.emit(position, Op::ClearCell { cell });
            }
            None => {
                let none = self.load_none(position);
                self.store_name(position, name, none);
                self.delete_name(position, name);
            }
        }
        self.frame.reset(mark);
    }

    /// Whether the written name is read from the globals or builtins in the current scope.
    pub(crate) fn is_global(&self, written: &str) -> bool {
        let resolved = self.scopes.resolve(self.frame.here, written);
        match resolved.binding {
            Binding::GlobalImplicit | Binding::GlobalExplicit => true,
            Binding::Local => self.scopes[resolved.scope].kind == ScopeKind::Module,
            _ => false,
        }
    }
}
