//! What representative pieces of Python become. `INSTA_UPDATE=always cargo test` rewrites the snapshots; the diff is read.

use dxpyc_base::Source;
use dxpyc_lower::{Options, lower};

fn dis(text: &str) -> String {
    let source = Source::from_text("snippet.py", text);
    let (ast, diagnostics) = dxpyc_syntax::parse(&source);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let (scopes, diagnostics) = dxpyc_modules::scopes::analyze(&source, &ast);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let module = lower(&source, &ast, &scopes, &Options { name: "snippet", source_hash: [0; 32], kind: dxpyc_lower::Kind::Module });
    dxpyc_dpb::verify(&module).unwrap_or_else(|error| panic!("{error}\n{}", dxpyc_dpb::dis(&module)));
    dxpyc_dpb::dis(&module)
}

macro_rules! snippets {
    ($($name:ident: $text:expr;)*) => { $(
        #[test]
        fn $name() {
            let text = $text;
            insta::with_settings!({ description => text, omit_expression => true }, {
                insta::assert_snapshot!(stringify!($name), dis(text));
            });
        }
    )* };
}

snippets! {
    arithmetic: "def f(a, b):\n    c = a + b * -2\n    c **= 2\n    return c if a < b <= c else not c\n";
    unbound_locals: "def f(a):\n    if a:\n        x = 1\n    del a\n    return x, a\n";
    closures: "def f(a):\n    b = 1\n    def g():\n        nonlocal b\n        b += a\n        return lambda: b\n    return g\n";
    calls: "f(a, *b, c=1, **d)\no.m(1, k=2)\no.m(*a)\n(x\n .y\n .z())\n";
    displays: "a = [1, *b, 2]\nc = {**d, 'k': 1}\ne = (1, 2, (3, 4.5))\nf = x in {1, 2}\n";
    assignment: "a, b = b, a\na, *b = c\nd[1:2] = d[i] = e.f\nd[i] += 1\nd.x -= 1\n";
    walrus_order: "def f(x):\n    return x + (x := 2) + x\n";
    loops: "def f(it):\n    for a, b in it:\n        if a:\n            continue\n        if b:\n            break\n    else:\n        return 1\n    while True:\n        pass\n";
    try_except: "def f():\n    try:\n        g()\n    except (A, B) as e:\n        h(e)\n    except C:\n        raise\n    else:\n        i()\n";
    return_of_the_exception: "def f():\n    try:\n        g()\n    except E as e:\n        return e\n";
    try_finally: "def f():\n    for x in y:\n        try:\n            if x:\n                return x\n            break\n        finally:\n            g()\n";
    except_star: "try:\n    f()\nexcept* A as e:\n    g(e)\n";
    with_statement: "def f():\n    with a as b, c:\n        return b\n";
    comprehensions: "def f(a):\n    return [x for x in a if x], {x: y for x in a for y in x}, {lambda: x for x in a}, (x for x in a)\n";
    generators: "def f():\n    x = yield 1\n    return (yield from x)\n";
    coroutines: "async def f():\n    async with a as b:\n        async for c in b:\n            yield await c\n    return\n";
    match_statement: "match x:\n    case [1, *rest] | [*rest, 2]:\n        a\n    case {'k': v, **rest} if v:\n        b\n    case C(1, y=z) as w:\n        c\n    case None | 'x':\n        d\n    case _:\n        e\n";
    classes: "class A(B, metaclass=M):\n    'doc'\n    x: int = 1\n    def f(self, y):\n        self.z = super().f(y)\n        return super().g\n";
    type_parameters: "def f[T: int](a: T) -> T:\n    return a\nclass C[*Ts, **P]:\n    pass\ntype A[T = int] = list[T]\n";
    strings: "a = f'{x!r:>{w}} {y=} literal' f'{z}'\nb = t'{x + 1!s:{w}}'\nc = 'a' 'b' + '\\ud800'\n";
    imports: "import a.b\nimport a.b as c\nfrom . import d\nfrom .e import f as g\nfrom h import *\n";
    deletion: "def f():\n    x = [1]\n    del x[0], x.y, x\n";
    scoped_builtins: "def f(a):\n    b = 1\n    def g():\n        return b\n    return locals()\n";
    constants: "if __debug__:\n    a = 2 ** 10 + 1.5\nif 0:\n    b\nassert a, 'm'\n";
}

#[test]
fn deep_trees_do_not_overflow() {
    dis(&format!("x = {}1\n", "-".repeat(3000)));
    dis(&format!("x = {}1{}\n", "[".repeat(150), "]".repeat(150)));
    dis(&format!("x = {}\n", vec!["a"; 3000].join(" + ")));
}
