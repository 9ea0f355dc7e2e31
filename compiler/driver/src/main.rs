//! `dxpyc`: the command line, files, threads, and everything that is printed. The only crate of the compiler that does I/O.
#![forbid(unsafe_code)]

mod cache;
mod cli;
mod commands;
mod embedded;
mod explain;
mod files;
mod link;
mod names;
mod output;
mod own;
mod pcc;
mod pipeline;
mod report;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use report::Failure;

/// Stack of the threads that walk trees of any depth. Only what is used takes memory.
const STACK_BYTES: usize = 1 << 30;
/// Stack of the worker threads.
const WORKER_STACK_BYTES: usize = 256 << 20;

/// Exit code for bugs of ours (EX_SOFTWARE).
const EXIT_BUG: u8 = 70;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    report::install_panic_hook();
    output::take_file_size_signal();
    let threads = rayon::ThreadPoolBuilder::new().stack_size(WORKER_STACK_BYTES).build_global();
    debug_assert!(threads.is_ok(), "the pool is made once");
    let worker = std::thread::Builder::new().name("dxpyc".to_owned()).stack_size(STACK_BYTES).spawn(|| run(cli));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(code))) => code,
        Ok(Ok(Err(failure))) => {
            failure.print();
            ExitCode::from(failure.code())
        }
        Ok(Err(_)) => {
            report::print_bug(dxpyc_llvm::failed_function());
            ExitCode::from(EXIT_BUG)
        }
        Err(error) => {
            Failure::World(format!("cannot start a thread: {}", files::reason(&error))).print();
            ExitCode::from(1)
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Build(build) => commands::build(&build),
        Command::Run(run) => commands::run(&run),
        Command::Watch(options) => watch::watch(&options),
        Command::Dis(dis) => commands::dis(&dis),
        Command::Explain(explain) => commands::explain(&explain),
        Command::Cache(command) => cache::cache(&command),
        Command::Completions { shell } => Ok(commands::completions(shell)),
    }
}
