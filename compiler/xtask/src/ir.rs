//! `xtask ir FILE…`: Python files to IR, verified after each pass, without LLVM and the runtime.

use dxpyc_base::Source;
use std::process::ExitCode;

/// Prints the IR of the files; with `--quiet` only verifies.
pub fn run(args: &[String]) -> ExitCode {
    let mut options = dxpyc_passes::Options { check: true, ..Default::default() };
    let mut quiet = false;
    let mut failed = false;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quiet" => quiet = true,
            "--dump" => {
                let (Some(pass), Some(function)) = (args.next(), args.next()) else {
                    eprintln!("--dump PASS FUNCTION");
                    return ExitCode::from(2);
                };
                options.dump = Some((pass.clone(), function.clone()));
                quiet = true;
            }
            path => {
                let result = std::panic::catch_unwind(|| compile(path, &options, quiet));
                if result.is_err() {
                    println!("FAILED {path}");
                    failed = true;
                }
            }
        }
    }
    ExitCode::from(u8::from(failed))
}

fn compile(path: &str, options: &dxpyc_passes::Options, quiet: bool) {
    let bytes = std::fs::read(path).expect("a readable file");
    let Ok(source) = Source::decode(path, &bytes) else { return };
    let (ast, diagnostics) = dxpyc_syntax::parse(&source);
    let (scopes, more) = dxpyc_modules::scopes::analyze(&source, &ast);
    if let Some(diagnostic) = diagnostics.iter().chain(&more).next() {
        eprintln!("{}", diagnostic.last_line());
        return;
    }
    let lowering = dxpyc_lower::Options { name: "__main__", source_hash: [0; 32], kind: dxpyc_lower::Kind::Module };
    let module = dxpyc_lower::lower(&source, &ast, &scopes, &lowering);
    dxpyc_dpb::verify(&module).expect("lowering makes valid DPB");
    let mut unit = dxpyc_passes::build_unit(&module, false);
    for dump in dxpyc_passes::run_unit(&mut unit, options) {
        println!("{dump}");
    }
    if !quiet {
        for function in &unit.functions {
            println!("{}", dxpyc_ir::print::print(function));
        }
    }
}
