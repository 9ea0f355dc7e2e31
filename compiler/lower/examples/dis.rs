//! Prints the DPB of Python files: `cargo run -p dxpyc-lower --example dis [--text] FILE…`.

use dxpyc_base::Source;

fn main() {
    let mut is_text = false;
    for path in std::env::args().skip(1) {
        if path == "--text" {
            is_text = true;
            continue;
        }
        let bytes = std::fs::read(&path).expect("a readable file");
        let source = Source::decode(&path, &bytes).unwrap_or_else(|error| panic!("{error:?}"));
        let (ast, diagnostics) = dxpyc_syntax::parse(&source);
        let (scopes, more) = dxpyc_modules::scopes::analyze(&source, &ast);
        for diagnostic in diagnostics.iter().chain(&more) {
            eprintln!("{}", diagnostic.last_line());
        }
        let options = dxpyc_lower::Options { name: "__main__", source_hash: [0; 32], kind: dxpyc_lower::Kind::Module };
        let module = dxpyc_lower::lower(&source, &ast, &scopes, &options);
        print!("{}", if is_text { dxpyc_dpb::print(&module) } else { dxpyc_dpb::dis(&module) });
        if let Err(error) = dxpyc_dpb::verify(&module) {
            println!("{error}");
        }
    }
}
