//! Tasks that are not `cargo build`: `cargo xtask TASK …`.

use std::process::ExitCode;

mod ir;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((task, rest)) if task == "ir" => ir::run(rest),
        _ => {
            eprintln!("usage: xtask ir [--quiet] [--dump PASS FUNCTION] FILE…");
            ExitCode::from(2)
        }
    }
}
