//! Scopes of small sources, as text.

use dxpyc_base::Source;
use dxpyc_modules::scopes::{self, Binding};

/// One line a scope: `qualname: name=binding … [varnames|cellvars|freevars]`.
fn describe(text: &str) -> String {
    let source = Source::from_text("t.py", text);
    let (ast, diagnostics) = dxpyc_syntax::parse(&source);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let (scopes, diagnostics) = scopes::analyze(&source, &ast);
    if let Some(first) = diagnostics.first() {
        return format!("{}: {}\n", first.location.as_ref().map_or(0, |at| at.line), first.last_line());
    }
    let mut out = String::new();
    for (_, scope) in scopes.iter() {
        let symbols: Vec<String> = scope
            .symbols
            .iter()
            .map(|(name, symbol)| {
                let binding = match symbol.binding() {
                    Binding::Local => "local",
                    Binding::Cell => "cell",
                    Binding::Free => "free",
                    Binding::GlobalExplicit => "global!",
                    Binding::GlobalImplicit => "global",
                };
                format!("{name}={binding}")
            })
            .collect();
        let lists = [&scope.varnames, &scope.cellvars, &scope.freevars].map(|names| names.join(","));
        out += &format!("{}: {} [{}]\n", scope.qualname, symbols.join(" "), lists.join("|"));
    }
    out
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(describe(text).trim(), expect.trim());
}

#[test]
fn closures_make_cells() {
    check(
        "def f(a, b):\n  c = a\n  def g(): return b + c + d\n  return g\n",
        "<module>: f=local [||]\n\
         f: a=local b=cell c=cell g=local [a,b,g|b,c|]\n\
         f.<locals>.g: b=free c=free d=global [||b,c]",
    );
    check(
        "def f():\n  x = 1\n  def g():\n    def h():\n      nonlocal x\n      x = 2\n",
        "<module>: f=local [||]\n\
         f: x=cell g=local [g|x|]\n\
         f.<locals>.g: h=local x=free [h||x]\n\
         f.<locals>.g.<locals>.h: x=free [||x]",
    );
}

#[test]
fn inlined_comprehensions_need_no_cells() {
    check(
        "def f(n):\n  return [x + n for x in n]\n",
        "<module>: f=local [||]\n\
         f: n=local [n||]\n\
         f.<locals>.<listcomp>: x=local n=free [||]",
    );
    check(
        "def f(n):\n  return [lambda: x + n for x in n]\n",
        "<module>: f=local [||]\n\
         f: n=cell [n|n|]\n\
         f.<locals>.<listcomp>: x=cell n=free [|x|]\n\
         f.<locals>.<lambda>: x=free n=free [||n,x]",
    );
    check(
        "def f(n):\n  return (x + n for x in n)\n",
        "<module>: f=local [||]\n\
         f: n=cell [n|n|]\n\
         f.<locals>.<genexpr>: .0=local x=local n=free [.0,x||n]",
    );
}

#[test]
fn classes_are_skipped_by_inner_functions() {
    check(
        "def f(x):\n  class C:\n    x = x\n    def m(self): return x, super(), self.__y, __z\n",
        "<module>: f=local [||]\n\
         f: x=cell C=local [x,C|x|]\n\
         f.<locals>.C: x=local m=local __class__=cell [|__class__|x]\n\
         f.<locals>.C.m: self=local x=free super=global __class__=free _C__z=global [self||__class__,x]",
    );
}

#[test]
fn type_parameters_and_annotations_are_scopes() {
    check(
        "class C[T]:\n  y: T\n  def m(self, a: T) -> y: pass\n",
        "<module>: C=local [||]\n\
         <generic parameters of C>: T=cell [|T|]\n\
         C: y=local m=local __classdict__=cell T=free [|__classdict__|T]\n\
         C.__annotate__: __classdict__=free .format=local T=free [.format||T,__classdict__]\n\
         C.__annotate__: __classdict__=free .format=local T=free y=global [.format||T,__classdict__]\n\
         C.m: self=local a=local [self,a||]",
    );
}

#[test]
fn refuses_what_cpythons_symbol_table_refuses() {
    check("def f(a, a): pass\n", "1: SyntaxError: duplicate argument 'a' in function definition");
    check("def f():\n  nonlocal x\n", "2: SyntaxError: no binding for nonlocal 'x' found");
    check("nonlocal x\n", "1: SyntaxError: nonlocal declaration not allowed at module level");
    check("def f():\n  print(x)\n  global x\n", "3: SyntaxError: name 'x' is used prior to global declaration");
    check("[x := 1 for x in y]\n", "1: SyntaxError: assignment expression cannot rebind comprehension iteration variable 'x'");
}
