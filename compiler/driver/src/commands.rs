//! One function for each command.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory;
use dxpyc_base::Source;
use dxpyc_linker::RuntimeCopy;
use dxpyc_llvm::Cpu;

use crate::cli::{Build, Cli, CodeOptions, Dis, Emit, Explain, Linker, Program, Run};
use crate::embedded::Runtime;
use crate::files::{AllFiles, reason};
use crate::pcc::{Kept, Pcc, Request, Watched};
use crate::pipeline::{self, FileNames, Middle, Piece};
use crate::report::{Failure, Stages};
use crate::{explain, link, output};

/// `dxpyc build`.
pub fn build(build: &Build) -> Result<ExitCode, Failure> {
    let stages = Stages::new(build.program.verbose);
    if build.emit.is_none() && build.output.as_deref() == Some(Path::new("-")) {
        return Err(Failure::Usage("an executable is not written to standard output".to_owned()));
    }
    let pcc = Pcc::open(&build.program.cache)?;
    match build.emit {
        None => {
            let output = build.output.clone().unwrap_or_else(|| default_output(&build.program.file));
            refuse_output(&output, &build.program.file)?;
            let files = Watched::new(&AllFiles);
            let executable = executable(&build.program, &build.code, FileNames::Relative, &pcc, &stages, &files)?;
            stages.note(|| format!("{} bytes", executable.as_ref().len()));
            stages.run("write", || output::write(&output, executable.as_ref(), true)).map_err(Failure::World)?;
        }
        Some(emit) => {
            let middle = pipeline::middle(&build.program, &AllFiles, FileNames::Relative, &stages)?;
            let bytes = intermediate(middle, emit, &build.code, &pcc, &stages)?;
            match build.output.as_deref() {
                Some(path) if path != Path::new("-") => {
                    stages.run("write", || output::write(path, &bytes, false)).map_err(Failure::World)?;
                }
                _ => print(&bytes)?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `dxpyc run`: the program replaces this process.
pub fn run(run: &Run) -> Result<ExitCode, Failure> {
    let executable = {
        let stages = Stages::new(run.program.verbose);
        let files = Watched::new(&AllFiles);
        executable(&run.program, &run.code, FileNames::Absolute, &Pcc::open(&run.program.cache)?, &stages, &files)?
    };
    let world = |error: std::io::Error| Failure::World(format!("cannot run the program: {}", reason(&error)));
    let memory = rustix::fs::memfd_create("dxpyc-run", rustix::fs::MemfdFlags::empty()).map_err(|error| world(error.into()))?;
    let mut file = fs::File::from(memory);
    file.write_all(executable.as_ref()).map_err(world)?;
    drop(executable);
    // A file that is open for writing cannot be executed: open it again.
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    let readable = fs::File::open(&path).map_err(world)?;
    let readable_fd = rustix::io::dup(&readable).map_err(|error| world(error.into()))?;
    drop(file);
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&readable_fd));
    let mut arg0 = OsString::new();
    arg0.push(&run.program.file);
    let error = std::process::Command::new(path).arg0(arg0).args(&run.args).exec();
    Err(world(error))
}

/// `dxpyc dis`.
pub fn dis(dis: &Dis) -> Result<ExitCode, Failure> {
    let path = dis.file.display().to_string();
    let bytes = pipeline::read_program(&dis.file, &AllFiles)?;
    let module = if bytes.starts_with(&dxpyc_dpb::format::MAGIC) {
        let invalid = |error: dxpyc_dpb::Malformed| Failure::World(format!("{path}: {error}"));
        let module = dxpyc_dpb::decode(&bytes).map_err(invalid)?;
        dxpyc_dpb::verify(&module).map_err(invalid)?;
        module
    } else {
        let source = Source::decode(&path, &bytes).map_err(|diagnostic| Failure::Diagnostics(vec![*diagnostic]))?;
        pipeline::lower_alone(source)?
    };
    print(dxpyc_dpb::dis(&module).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// `dxpyc explain`.
pub fn explain(options: &Explain) -> Result<ExitCode, Failure> {
    let stages = Stages::new(options.program.verbose);
    let middle = pipeline::middle(&options.program, &AllFiles, FileNames::Relative, &stages)?;
    print(explain::explain(&middle).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// `dxpyc completions`.
pub fn completions(shell: clap_complete::Shell) -> ExitCode {
    clap_complete::generate(shell, &mut Cli::command(), "dxpyc", &mut std::io::stdout());
    ExitCode::SUCCESS
}

/// The executable of a program: that of an earlier build when nothing has changed, or a new one. `files` learns what was looked at.
pub fn executable(
    program: &Program,
    options: &CodeOptions,
    names: FileNames,
    pcc: &Pcc,
    stages: &Stages,
    files: &Watched<'_>,
) -> Result<Kept, Failure> {
    let cpu = cpu(options)?;
    let request = Request::of(pcc, program, options, names, &cpu);
    if let Some(request) = &request
        && let Some(executable) = stages.run("cache", || pcc.executable(request, files))
    {
        return Ok(executable);
    }
    // It is hardly ever not needed now. A failure is reported by who needs it.
    std::thread::spawn(dxpyc_llvm::load);
    let runtime = Runtime::load().map_err(Failure::World)?;
    let front = pipeline::front(program, files, names, &runtime, stages)?;
    if options.linker == Linker::Cc {
        stages.note(|| "linking by cc".to_owned());
    }
    // Beside the making of objects, and so for nothing on two processors.
    let (objects, copy) = std::thread::scope(|scope| {
        let copy = scope.spawn(|| RuntimeCopy::of(&runtime.archive));
        let objects = pipeline::objects(&front, options.debug, cpu, pcc, stages);
        (objects, copy.join().expect("copying does not fail"))
    });
    let (objects, looked_up) = objects?;
    let executable = stages.run("link", || link::link(objects, runtime, copy, looked_up, options))?;
    if let Some(request) = &request {
        stages.run("cache", || pcc.keep_executable(request, &files.looks(), &executable));
    }
    stages.note(|| pcc.summary());
    pcc.check()?;
    Ok(Kept::Made(Arc::new(executable)))
}

fn cpu(options: &CodeOptions) -> Result<Cpu, Failure> {
    if options.cpu == "native" {
        dxpyc_llvm::load().map_err(Failure::World)?;
    }
    Cpu::named(&options.cpu).ok_or_else(|| Failure::Usage(format!("unknown processor {:?}", options.cpu)))
}

/// The program in an earlier form.
fn intermediate(middle: Middle, emit: Emit, options: &CodeOptions, pcc: &Pcc, stages: &Stages) -> Result<Vec<u8>, Failure> {
    let form = match emit {
        Emit::Dpb => return Ok(dxpyc_dpb::encode(&middle.main_dpb)),
        Emit::Ir => return Ok(middle.ir_text().into_bytes()),
        Emit::Llvm => dxpyc_llvm::Emit::LlvmText,
        Emit::Asm => dxpyc_llvm::Emit::Assembly,
        Emit::Obj => dxpyc_llvm::Emit::Object,
    };
    let cpu = cpu(options)?;
    let pieces = stages.run("llvm", || pipeline::backend(middle, options.debug, cpu, form, pcc))?;
    Ok(match form {
        dxpyc_llvm::Emit::Object => archive(&pieces),
        _ => pieces.iter().flat_map(|piece| piece.bytes.as_ref()).copied().collect(),
    })
}

/// An `ar` file.
fn archive(pieces: &[Piece]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (index, piece) in pieces.iter().enumerate() {
        let name = format!("{index}.o/");
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "100644", piece.bytes.as_ref().len());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(piece.bytes.as_ref());
        if !piece.bytes.as_ref().len().is_multiple_of(2) {
            bytes.push(b'\n');
        }
    }
    bytes
}

/// Where the executable goes when nobody says so.
pub fn default_output(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or(file.as_os_str());
    if file.extension().is_some() { PathBuf::from(stem) } else { PathBuf::from(stem).with_extension("out") }
}

/// Refuses an output that is the program's source.
pub fn refuse_output(output: &Path, source: &Path) -> Result<(), Failure> {
    if same_file(output, source) {
        return Err(Failure::Usage(format!("{}: the output would replace the program's source", output.display())));
    }
    Ok(())
}

fn same_file(one: &Path, two: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(two)), (Ok(one), Ok(two)) if one == two)
}

/// Prints to standard output; a reader that has gone is no error.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::World(format!("cannot write to standard output: {}", reason(&error))))
        }
        _ => Ok(()),
    }
}
