//! The second half of `analyze`: what each noted name is, from the module down, and which locals need cells, from
//! the innermost functions up.

use std::collections::{BTreeSet, HashMap, HashSet};

use dxpyc_base::{Diagnostic, Source};
use dxpyc_syntax::Name;

use super::table::{Binding, ScopeId, ScopeKind, Scopes, Symbol};

pub(super) fn resolve(source: &Source, scopes: &mut Scopes) -> Vec<Diagnostic> {
    let mut resolver = Resolver { source, scopes, diagnostics: Vec::new() };
    resolver.scope(ScopeId(0), &Bound::default(), None);
    for scope in &mut resolver.scopes.scopes {
        list_names(scope);
    }
    resolver.diagnostics
}

/// Names that enclosing function scopes bind.
#[derive(Clone, Default)]
struct Bound {
    names: HashSet<Name>,
    type_params: HashSet<Name>,
}

/// Names that a scope takes from around it.
#[derive(Default)]
struct Wanted {
    /// By closures: the owner must keep them in cells.
    by_closure: BTreeSet<Name>,
    /// By inlined comprehensions of the owner's own frame.
    inline: BTreeSet<Name>,
}

struct Resolver<'s> {
    source: &'s Source,
    scopes: &'s mut Scopes,
    diagnostics: Vec<Diagnostic>,
}

impl Resolver<'_> {
    /// `class`: what the class binds whose namespace scopes like this one see, if they do; `true` for names it declares global.
    fn scope(&mut self, id: ScopeId, bound: &Bound, class: Option<&HashMap<Name, bool>>) -> Wanted {
        let mut wanted = Wanted::default();
        let at = id.0 as usize;
        let kind = self.scopes.scopes[at].kind;
        let is_inlined = self.scopes.scopes[at].is_inlined;
        let sees_class = self.scopes.scopes[at].sees_class;
        let mut free: Vec<Name> = Vec::new();
        let mut own: Vec<(Name, bool)> = Vec::new();
        let mut symbols = std::mem::take(&mut self.scopes.scopes[at].symbols);
        for (name, symbol) in &mut symbols {
            let mut binding = self.binding(name, symbol, bound, kind);
            if let Some(is_global) = class.filter(|_| sees_class && !symbol.is_bound() && symbol.directive.is_none()).and_then(|class| class.get(name)) {
                binding = if *is_global { Binding::GlobalExplicit } else { Binding::GlobalImplicit };
            }
            match binding {
                Binding::Local => own.push((name.clone(), symbol.is_type_param)),
                Binding::Free => free.push(name.clone()),
                _ => {}
            }
            symbol.binding = Some(binding);
        }
        // What inner scopes see.
        let mut inner = bound.clone();
        if kind.is_function_like() {
            for (name, is_type_param) in own {
                if is_type_param {
                    inner.type_params.insert(name.clone());
                } else {
                    inner.type_params.remove(&name);
                }
                inner.names.insert(name);
            }
            for (name, symbol) in &symbols {
                if symbol.is_global {
                    inner.names.remove(name);
                }
            }
        }
        if kind == ScopeKind::Class {
            for name in ["__class__", "__classdict__"] {
                inner.names.insert(Name::new_static(name));
            }
        }
        let own_class: Option<HashMap<Name, bool>> = (kind == ScopeKind::Class).then(|| {
            let seen = symbols.iter().filter(|(_, symbol)| symbol.is_global || (symbol.is_bound() && !symbol.is_nonlocal));
            seen.map(|(name, symbol)| (name.clone(), symbol.is_global)).collect()
        });
        let class = own_class.as_ref().or(class.filter(|_| sees_class));
        let children = self.scopes.scopes[at].children.clone();
        let mut from_children = Wanted::default();
        for child in children {
            let mut more = self.scope(child, &inner, class);
            from_children.by_closure.append(&mut more.by_closure);
            from_children.inline.append(&mut more.inline);
        }
        if kind == ScopeKind::Class {
            self.take_class_cells(at, &mut from_children, &mut symbols);
        }
        for name in free {
            if is_inlined { wanted.inline.insert(name) } else { wanted.by_closure.insert(name) };
        }
        for (name, by_closure) in from_children.by_closure.iter().map(|name| (name, true)).chain(from_children.inline.iter().map(|name| (name, false))) {
            let symbol = symbols.entry(name.clone()).or_default();
            match symbol.binding {
                Some(Binding::Local | Binding::Cell) if kind.is_function_like() => {
                    if by_closure {
                        symbol.binding = Some(Binding::Cell);
                    }
                    continue;
                }
                None => symbol.binding = Some(Binding::Free),
                Some(Binding::Free) => {}
                // A class that binds the name itself passes the outer one through; a module never gets here.
                Some(_) => symbol.is_free_in_class = true,
            }
            if is_inlined && !by_closure {
                wanted.inline.insert(name.clone());
            } else {
                wanted.by_closure.insert(name.clone());
            }
        }
        self.scopes.scopes[at].symbols = symbols;
        self.finish_flags(at);
        wanted
    }

    fn binding(&mut self, name: &Name, symbol: &Symbol, bound: &Bound, kind: ScopeKind) -> Binding {
        let at = symbol.directive.unwrap_or(symbol.first);
        if symbol.is_global && symbol.is_nonlocal {
            self.diagnostics.push(Diagnostic::syntax(self.source, at, format!("name '{name}' is nonlocal and global")));
        }
        if symbol.is_global {
            return Binding::GlobalExplicit;
        }
        if symbol.is_nonlocal {
            if !bound.names.contains(name) {
                self.diagnostics.push(Diagnostic::syntax(self.source, at, format!("no binding for nonlocal '{name}' found")));
            } else if bound.type_params.contains(name) {
                self.diagnostics.push(Diagnostic::syntax(self.source, at, format!("nonlocal binding not allowed for type parameter '{name}'")));
            }
            return Binding::Free;
        }
        if symbol.is_bound() {
            return Binding::Local;
        }
        if bound.names.contains(name) && kind != ScopeKind::Module { Binding::Free } else { Binding::GlobalImplicit }
    }

    /// A class provides `__class__` and `__classdict__` to what is inside it.
    fn take_class_cells(&mut self, at: usize, wanted: &mut Wanted, symbols: &mut indexmap::IndexMap<Name, Symbol>) {
        for (name, is_class) in [("__class__", true), ("__classdict__", false)] {
            let is_wanted = wanted.by_closure.remove(name) | wanted.inline.remove(name);
            if !is_wanted {
                continue;
            }
            let scope = &mut self.scopes.scopes[at];
            if is_class { scope.needs_class_cell = true } else { scope.needs_classdict = true }
            let symbol = symbols.entry(Name::new_static(name)).or_default();
            symbol.binding.get_or_insert(Binding::Cell);
        }
    }

    fn finish_flags(&mut self, at: usize) {
        let scope = &mut self.scopes.scopes[at];
        match scope.kind {
            ScopeKind::Generator => {
                scope.is_async |= scope.has_await;
                scope.is_async_generator = scope.has_await;
                scope.is_generator = !scope.has_await;
            }
            ScopeKind::Function | ScopeKind::Lambda => {
                scope.is_generator = scope.has_yield && !scope.is_async;
                scope.is_async_generator = scope.has_yield && scope.is_async;
            }
            _ => {}
        }
    }
}

/// Fills `varnames`, `cellvars` and `freevars` from the resolved symbols.
fn list_names(scope: &mut super::table::Scope) {
    let has_fast_locals = scope.kind.is_function_like() && !scope.is_inlined;
    for (name, symbol) in &scope.symbols {
        let is_listed = symbol.is_parameter || symbol.binding == Some(Binding::Local);
        if has_fast_locals && is_listed {
            scope.varnames.push(name.clone());
        }
        if symbol.binding == Some(Binding::Cell) {
            scope.cellvars.push(name.clone());
        }
        if !scope.is_inlined && (symbol.binding == Some(Binding::Free) || symbol.is_free_in_class) {
            scope.freevars.push(name.clone());
        }
    }
    if scope.kind == ScopeKind::Class {
        let cells = [("__class__", scope.needs_class_cell), ("__classdict__", scope.needs_classdict)];
        for (name, is_needed) in cells {
            if is_needed && !scope.cellvars.iter().any(|cell| cell == name) {
                scope.cellvars.push(Name::new_static(name));
            }
        }
    }
    scope.cellvars.sort();
    scope.freevars.sort();
}
