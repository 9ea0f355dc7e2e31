//! SyntaxWarnings against CPython's: `python3.14 -c "compile(open('warnings.in').read(), 'warnings.in', 'exec')" 2>warnings.expect`.

use dxpyc_base::Source;

#[test]
fn are_cpythons() {
    let source = Source::from_text("warnings.in", include_str!("warnings.in"));
    let (ast, diagnostics) = dxpyc_syntax::parse(&source);
    assert_eq!(diagnostics, []);
    let found = dxpyc_modules::warnings::collect(&ast, &source).concat();
    for (found, expected) in found.lines().zip(include_str!("warnings.expect").lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found, include_str!("warnings.expect"));
}
