//! The data of scopes: what `analyze` returns and how it is asked.

use std::collections::HashMap;
use std::ops::Index;

use dxpyc_base::Span;
use dxpyc_syntax::{Name, Ranged, ast, span};
use indexmap::IndexMap;

/// Index of a scope in `Scopes`; `ScopeId(0)` is the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ScopeId(pub u32);

/// What kind of code a scope is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ScopeKind {
    /// The module body.
    Module,
    /// A `def` or `async def` body.
    Function,
    /// A `lambda`.
    Lambda,
    /// A class body.
    Class,
    /// `[… for …]`, inlined.
    ListComprehension,
    /// `{… for …}`, inlined.
    SetComprehension,
    /// `{…: … for …}`, inlined.
    DictComprehension,
    /// `(… for …)`, a function of one parameter `.0`.
    Generator,
    /// The type parameters of a `def`, `class` or `type`: a function that is called at once.
    TypeParams,
    /// The value of a `type` statement: evaluated on demand.
    TypeAlias,
    /// The bound or constraints of a type variable: evaluated on demand.
    TypeVarBound,
    /// The default of a type parameter: evaluated on demand.
    TypeVarDefault,
    /// `__annotate__` of a function, class or module (PEP 649): evaluated on demand.
    Annotations,
}

impl ScopeKind {
    /// A list, set or dict comprehension.
    pub fn is_inlined_comprehension(self) -> bool {
        matches!(self, ScopeKind::ListComprehension | ScopeKind::SetComprehension | ScopeKind::DictComprehension)
    }

    /// Any comprehension, generator expressions included.
    pub fn is_comprehension(self) -> bool {
        self.is_inlined_comprehension() || self == ScopeKind::Generator
    }

    /// Type parameters, aliases, bounds, defaults and annotations.
    pub fn is_annotation_like(self) -> bool {
        matches!(self, ScopeKind::TypeParams | ScopeKind::TypeAlias | ScopeKind::TypeVarBound | ScopeKind::TypeVarDefault | ScopeKind::Annotations)
    }

    /// Whether code of this kind has fast locals, as functions have.
    pub fn is_function_like(self) -> bool {
        !matches!(self, ScopeKind::Module | ScopeKind::Class)
    }
}

/// How a name is reached from a scope.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Binding {
    /// A local of a function or comprehension; in a class or module: an entry of its namespace.
    Local,
    /// A local that inner functions capture: it lives in a cell.
    Cell,
    /// A cell of an enclosing function, passed in the closure.
    Free,
    /// Declared `global`.
    GlobalExplicit,
    /// Bound nowhere around: global, then builtin.
    GlobalImplicit,
}

/// The answer of `Scopes::resolve`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// How to reach the name.
    pub binding: Binding,
    /// For `Local` and `Cell`: the scope that owns it, which is the asking scope, or around an inlined comprehension
    /// an enclosing one of the same frame. For the others: the scope of the frame.
    pub scope: ScopeId,
    /// The name, mangled.
    pub name: Name,
}

/// One name of one scope.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Symbol {
    /// `None` until resolved.
    pub(crate) binding: Option<Binding>,
    /// Bound here by assignment, `for`, `with`, `def`, `class`, `except`, `match`, `del` …
    pub is_assigned: bool,
    /// A parameter.
    pub is_parameter: bool,
    /// Read here.
    pub is_used: bool,
    /// Bound by `import`.
    pub is_imported: bool,
    /// Has an annotation.
    pub is_annotated: bool,
    /// Declared `global` here.
    pub is_global: bool,
    /// Declared `nonlocal` here.
    pub is_nonlocal: bool,
    /// A type parameter.
    pub is_type_param: bool,
    /// The target of an iteration in a comprehension.
    pub is_iteration_target: bool,
    /// Free in a class whose body also binds the name.
    pub(crate) is_free_in_class: bool,
    /// Where it first stands.
    pub first: Span,
    /// Where it is declared `global` or `nonlocal`.
    pub(crate) directive: Option<Span>,
}

impl Symbol {
    /// How the name is reached from its scope.
    pub fn binding(&self) -> Binding {
        self.binding.expect("Symbol::binding: not resolved")
    }

    /// Whether the scope binds the name in any way.
    pub fn is_bound(&self) -> bool {
        self.is_assigned || self.is_parameter || self.is_imported || self.is_type_param || self.is_iteration_target
    }
}

/// The parameters of a function: how `varnames` begins.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Params {
    /// Number of positional-only parameters.
    pub positional_only: u32,
    /// Number of positional parameters, positional-only ones included (`co_argcount`).
    pub positional: u32,
    /// Number of keyword-only parameters.
    pub keyword_only: u32,
    /// Has `*args`.
    pub has_var_positional: bool,
    /// Has `**kwargs`.
    pub has_var_keyword: bool,
}

impl Params {
    /// Number of all parameter slots.
    pub fn count(self) -> u32 {
        self.positional + self.keyword_only + self.has_var_positional as u32 + self.has_var_keyword as u32
    }
}

/// One scope: one function's, class's, comprehension's or the module's names.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What kind of code it is.
    pub kind: ScopeKind,
    /// `co_name`: `f`, `<lambda>`, `<genexpr>`, `<module>`, `__annotate__`, `<generic parameters of f>` …
    pub name: Name,
    /// `co_qualname`.
    pub qualname: Name,
    /// The enclosing scope; `None` for the module.
    pub parent: Option<ScopeId>,
    /// Scopes directly inside, in source order of their first visit.
    pub children: Vec<ScopeId>,
    /// The node's range, which is part of the key.
    pub span: Span,
    /// Parameter counts.
    pub params: Params,
    /// `co_varnames`: parameters (positional, keyword-only, `*args`, `**kw`), then other locals that are not cells, in
    /// order of appearance. Empty for modules and classes. Captured parameters are listed here and in `cellvars`.
    pub varnames: Vec<Name>,
    /// Locals that live in cells, sorted.
    pub cellvars: Vec<Name>,
    /// Names that come through the closure, sorted.
    pub freevars: Vec<Name>,
    /// All names that stand in the scope, mangled, in order of appearance.
    pub symbols: IndexMap<Name, Symbol>,
    /// `async def`, or a generator expression with `await` or `async for`.
    pub is_async: bool,
    /// Contains `yield` (generator expressions do not; they are generators all the same).
    pub has_yield: bool,
    /// A generator: `has_yield` and not async, or a generator expression without await.
    pub is_generator: bool,
    /// An async generator.
    pub is_async_generator: bool,
    /// Contains `await`, `async for` or `async with` itself, or in an inlined comprehension.
    pub has_await: bool,
    /// Contains `return` with a value.
    pub returns_value: bool,
    /// Runs in the enclosing frame (`Scopes::frame`).
    pub is_inlined: bool,
    /// Loads look in the class namespace first; see the module's head.
    pub sees_class: bool,
    /// A class: a function inside needs `__class__`.
    pub needs_class_cell: bool,
    /// A class: an annotation-like scope inside needs `__classdict__`.
    pub needs_classdict: bool,
    /// A class or module with annotations of simple names that stand in conditional code (in a module: any).
    pub has_conditional_annotations: bool,
    /// Contains a call of `super()`-like name: `super` is loaded.
    pub uses_super: bool,
    /// Contains `from … import *`.
    pub has_import_star: bool,
    /// Docstring, if the body begins with one: the span of its expression statement's value.
    pub docstring: Option<Span>,
    /// The innermost class name, for mangling.
    pub(crate) private: Option<Name>,
}

/// All scopes of a module.
#[derive(Clone, Default, Debug)]
pub struct Scopes {
    pub(crate) scopes: Vec<Scope>,
    pub(crate) by_key: HashMap<(Span, ScopeKind), ScopeId>,
    /// `from __future__ import annotations`: annotations are strings.
    pub has_future_annotations: bool,
}

impl Index<ScopeId> for Scopes {
    type Output = Scope;

    fn index(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }
}

impl Scopes {
    /// Whether a `global` statement of any scope names it.
    pub fn is_declared_global(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.symbols.get(name).is_some_and(|symbol| symbol.is_global))
    }
    /// The module's scope.
    pub fn module(&self) -> ScopeId {
        ScopeId(0)
    }

    /// All scopes with their ids, parents before children.
    pub fn iter(&self) -> impl Iterator<Item = (ScopeId, &Scope)> {
        self.scopes.iter().enumerate().map(|(at, scope)| (ScopeId(at as u32), scope))
    }

    /// The scope of `kind` at a node's range, if there is one.
    pub fn find(&self, node: impl Ranged, kind: ScopeKind) -> Option<ScopeId> {
        self.by_key.get(&(span(node), kind)).copied()
    }

    fn at(&self, node: impl Ranged, kind: ScopeKind) -> ScopeId {
        let range = node.range();
        self.find(range, kind).unwrap_or_else(|| panic!("Scopes: no {kind:?} at {range:?}"))
    }

    /// The body of a `def`.
    pub fn function(&self, node: &ast::StmtFunctionDef) -> ScopeId {
        self.at(node, ScopeKind::Function)
    }

    /// The body of a `lambda`.
    pub fn lambda(&self, node: &ast::ExprLambda) -> ScopeId {
        self.at(node, ScopeKind::Lambda)
    }

    /// The body of a `class`.
    pub fn class(&self, node: &ast::StmtClassDef) -> ScopeId {
        self.at(node, ScopeKind::Class)
    }

    /// A list, set or dict comprehension or a generator expression, by its whole expression.
    pub fn comprehension(&self, node: &ast::Expr) -> ScopeId {
        let kind = match node {
            ast::Expr::ListComp(_) => ScopeKind::ListComprehension,
            ast::Expr::SetComp(_) => ScopeKind::SetComprehension,
            ast::Expr::DictComp(_) => ScopeKind::DictComprehension,
            ast::Expr::Generator(_) => ScopeKind::Generator,
            _ => panic!("Scopes::comprehension: {node:?}"),
        };
        self.at(node, kind)
    }

    /// The type parameters of a `def`, `class` or `type` statement; `None` when it has none.
    pub fn type_params(&self, node: impl Ranged) -> Option<ScopeId> {
        self.find(node, ScopeKind::TypeParams)
    }

    /// The annotations of a `def`, of a `class` body or of the module; `None` when it has none.
    pub fn annotations(&self, node: impl Ranged) -> Option<ScopeId> {
        self.find(node, ScopeKind::Annotations)
    }

    /// The value of a `type` statement.
    pub fn type_alias(&self, node: &ast::StmtTypeAlias) -> ScopeId {
        self.at(node, ScopeKind::TypeAlias)
    }

    /// The bound (or constraints) of a type variable.
    pub fn type_var_bound(&self, node: &ast::TypeParamTypeVar) -> ScopeId {
        self.at(node, ScopeKind::TypeVarBound)
    }

    /// The default of a type parameter.
    pub fn type_var_default(&self, node: &ast::TypeParam) -> ScopeId {
        self.at(node, ScopeKind::TypeVarDefault)
    }

    /// The scope whose frame `scope` runs in: itself, or for an inlined comprehension the innermost scope around that is not one.
    pub fn frame(&self, mut scope: ScopeId) -> ScopeId {
        while self[scope].is_inlined {
            scope = self[scope].parent.expect("Scopes::frame: an inlined scope has a parent");
        }
        scope
    }

    /// `name` as it is spelled at run time in `scope`: `__x` in a class `C` is `_C__x`.
    pub fn mangle(&self, scope: ScopeId, name: &str) -> Name {
        mangle(self[scope].private.as_deref(), name)
    }

    /// What `name`, as written in `scope`, means there.
    pub fn resolve(&self, scope: ScopeId, name: &str) -> Resolved {
        let name = self.mangle(scope, name);
        let mut at = scope;
        loop {
            let owner = &self[at];
            let binding = match owner.symbols.get(&name) {
                Some(symbol) => symbol.binding(),
                None => Binding::GlobalImplicit,
            };
            let is_own = matches!(binding, Binding::Local | Binding::Cell);
            if !owner.is_inlined || is_own {
                return Resolved { binding, scope: if is_own { at } else { self.frame(at) }, name };
            }
            let parent = owner.parent.expect("Scopes::resolve: an inlined scope has a parent");
            // An inlined comprehension in a class does not see the class's names.
            if self[parent].kind == ScopeKind::Class || binding == Binding::GlobalImplicit || binding == Binding::GlobalExplicit {
                return Resolved { binding, scope: self.frame(at), name };
            }
            at = parent;
        }
    }
}

/// Mangles `name` for the class `private`.
pub(crate) fn mangle(private: Option<&str>, name: &str) -> Name {
    let Some(private) = private else { return Name::new(name) };
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return Name::new(name);
    }
    let class = private.trim_start_matches('_');
    if class.is_empty() {
        return Name::new(name);
    }
    Name::from(format!("_{class}{name}"))
}
