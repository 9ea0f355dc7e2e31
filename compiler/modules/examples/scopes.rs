//! Prints the scopes of Python files, one line a scope: `kind|name|line|name=binding …`.

use dxpyc_base::Source;
use dxpyc_modules::graph::{self, Body};
use dxpyc_modules::scopes::Binding;

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).expect("a readable file");
        println!("file {path}");
        let body = Source::decode(&path, &bytes).map(graph::analyze);
        let code = match body {
            Ok(Body::Python(code)) => code,
            Ok(Body::Broken(diagnostics)) => {
                println!("broken {}", diagnostics[0].first_line());
                continue;
            }
            Ok(_) => continue,
            Err(diagnostic) => {
                println!("broken {}", diagnostic.first_line());
                continue;
            }
        };
        for (_, scope) in code.scopes.iter() {
            let names: Vec<String> = scope
                .symbols
                .iter()
                .map(|(name, symbol)| {
                    let letter = match symbol.binding() {
                        Binding::Local => "L",
                        Binding::Cell => "C",
                        Binding::Free => "F",
                        Binding::GlobalExplicit => "E",
                        Binding::GlobalImplicit => "G",
                    };
                    format!("{name}={letter}")
                })
                .collect();
            let line = code.source.line(scope.span.start);
            println!("{:?}|{}|{line}|{}|{}", scope.kind, scope.name, names.join(" "), scope.varnames.join(","));
        }
    }
}
