//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Ahead-of-time compiler from Python 3.14 to native programs.
#[derive(Parser, Debug)]
#[command(name = "dxpyc", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Compile a program to a native executable.
    Build(Build),
    /// Compile a program in memory and run it.
    Run(Run),
    /// Compile a program whenever one of its files is saved.
    Watch(Watch),
    /// Print the bytecode (DPB) of a Python or DPB file.
    Dis(Dis),
    /// Tell for each function what is typed, what is generic, and why.
    Explain(Explain),
    /// Look after the compilation cache.
    ///
    /// It lies in DXPYC_CACHE_DIR, else in XDG_CACHE_HOME/dxpyc, else in ~/.cache/dxpyc.
    #[command(subcommand)]
    Cache(Cache),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What `build`, `run` and `explain` have in common.
#[derive(Args, Debug, Clone)]
pub struct Program {
    /// The main file.
    pub file: PathBuf,
    /// Search this folder for imports too, before PYTHONPATH.
    #[arg(long = "path", value_name = "DIR")]
    pub paths: Vec<PathBuf>,
    /// Verify the program between all passes.
    #[arg(long)]
    pub check: bool,
    /// Print a function after a pass (`build` is the input of the first one). FUNCTION is the end of a dotted name.
    #[arg(long, value_name = "PASS:FUNCTION", value_parser = pass_and_function)]
    pub dump: Option<(String, String)>,
    /// Leave out an optimisation pass.
    #[arg(long, value_name = "PASS")]
    pub no_pass: Vec<String>,
    /// Print the time of each stage.
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    pub cache: CacheOptions,
}

/// How the cache is used.
#[derive(Args, Debug, Clone, Default)]
pub struct CacheOptions {
    /// Neither read nor write the cache.
    #[arg(long)]
    pub no_cache: bool,
    /// Look there too: a folder, redis://[[user]:password@]host[:port][/database], or s3://bucket[/prefix] (with AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL); by default DXPYC_CACHE_REMOTE.
    #[arg(long, value_name = "URL", conflicts_with = "no_cache")]
    pub cache_remote: Option<String>,
    /// Store there too.
    #[arg(long, conflicts_with = "no_cache")]
    pub cache_remote_write: bool,
}

/// What `build` and `run` have in common.
#[derive(Args, Debug, Clone)]
pub struct CodeOptions {
    /// Build quickly, do not optimise, keep symbols.
    #[arg(long)]
    pub debug: bool,
    /// Processor: `baseline`, `native`, `x86-64-v3` or `x86-64-v4`.
    #[arg(long, default_value = "baseline")]
    pub cpu: String,
    /// Make libc part of the executable.
    #[arg(long = "static")]
    pub is_static: bool,
    /// Keep native functions that nothing in the program names.
    #[arg(long)]
    pub keep_all: bool,
    /// The linker.
    #[arg(long, value_enum, default_value_t = Linker::Builtin)]
    pub linker: Linker,
}

#[derive(Args, Debug)]
pub struct Build {
    #[command(flatten)]
    pub program: Program,
    #[command(flatten)]
    pub code: CodeOptions,
    /// The output; by default the main file's name without `.py`. `-` is standard output (not for executables).
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Stop earlier and write that form.
    #[arg(long, value_enum)]
    pub emit: Option<Emit>,
}

#[derive(Args, Debug)]
pub struct Run {
    #[command(flatten)]
    pub program: Program,
    #[command(flatten)]
    pub code: CodeOptions,
    /// Arguments of the program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<std::ffi::OsString>,
}

#[derive(Args, Debug)]
pub struct Watch {
    #[command(flatten)]
    pub program: Program,
    #[command(flatten)]
    pub code: CodeOptions,
    /// The output; by default the main file's name without `.py`.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Run the program after each build; the one before is ended first.
    #[arg(long)]
    pub run: bool,
    /// Arguments of the program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, requires = "run")]
    pub args: Vec<std::ffi::OsString>,
}

#[derive(Args, Debug)]
pub struct Dis {
    /// A `.py` or `.dpb` file.
    pub file: PathBuf,
}

#[derive(Args, Debug)]
pub struct Explain {
    #[command(flatten)]
    pub program: Program,
}

#[derive(Subcommand, Debug)]
pub enum Cache {
    /// Print the folder.
    Path,
    /// Print how many entries there are and what they take.
    Stat,
    /// Check all entries; remove the damaged ones. The exit code is 1 when there were any.
    Verify,
    /// Remove the least recently used entries above a size, and what killed builds left.
    Gc {
        /// The size: bytes, or with K, M, G, T; by default DXPYC_CACHE_LIMIT, else 5G.
        #[arg(long, value_name = "SIZE", value_parser = size)]
        limit: Option<u64>,
    },
    /// Remove all entries.
    Clear,
    /// Build programs for the cache alone.
    Warm(Warm),
    /// Write all entries to one file, for another machine. `-` is standard output.
    Pack {
        #[arg(value_name = "OUT")]
        file: PathBuf,
    },
    /// Add the entries of a file that `pack` wrote. `-` is standard input.
    Unpack {
        #[arg(value_name = "IN")]
        file: PathBuf,
    },
}

#[derive(Args, Debug)]
pub struct Warm {
    /// The main files, named as the builds to come name them.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Search this folder for imports too, before PYTHONPATH.
    #[arg(long = "path", value_name = "DIR")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub code: CodeOptions,
    #[command(flatten)]
    pub cache: CacheOptions,
    /// Print the time of each stage.
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// Bytecode of the main module.
    Dpb,
    /// Typed SSA after all passes.
    Ir,
    /// LLVM IR after LLVM's passes.
    Llvm,
    /// Assembly.
    Asm,
    /// Relocatable objects, as an archive.
    Obj,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Linker {
    /// In process; needs nothing on this machine.
    Builtin,
    /// The system's C compiler.
    Cc,
}

fn pass_and_function(text: &str) -> Result<(String, String), String> {
    let (pass, function) = text.split_once(':').ok_or("expected PASS:FUNCTION")?;
    if pass != "build" && dxpyc_passes::PASSES.iter().all(|known| known.name != pass) {
        let mut names: Vec<&str> = dxpyc_passes::PASSES.iter().map(|known| known.name).collect();
        names.dedup();
        return Err(format!("no pass {pass:?}; there are build, {}", names.join(", ")));
    }
    Ok((pass.to_owned(), function.to_owned()))
}

fn size(text: &str) -> Result<u64, String> {
    dxpyc_cache::parse_size(text).ok_or_else(|| "expected a number of bytes, or one with K, M, G or T".to_owned())
}
