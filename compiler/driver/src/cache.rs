//! `dxpyc cache`: looking after the compilation cache.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use dxpyc_cache::{Packed, Settings};

use crate::cli::{Cache as Command, Program, Warm};
use crate::commands::{executable, print};
use crate::files::{AllFiles, reason};
use crate::output;
use crate::pcc::{Pcc, Watched};
use crate::pipeline::FileNames;
use crate::report::{Failure, Stages};

/// `dxpyc cache`.
pub fn cache(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Warm(options) => warm(options),
        _ => look_after(command),
    }
}

/// Builds each program and keeps it in the cache only. What one program fails with does not keep the others out.
fn warm(options: &Warm) -> Result<ExitCode, Failure> {
    let pcc = Pcc::open(&options.cache)?;
    if !pcc.is_usable() {
        return Err(Failure::World(pcc.summary()));
    }
    let mut failed = None;
    for file in &options.files {
        let program = Program {
            file: file.clone(),
            paths: options.paths.clone(),
            check: false,
            dump: None,
            no_pass: Vec::new(),
            verbose: options.verbose,
            cache: options.cache.clone(),
        };
        let stages = Stages::new(options.verbose);
        if let Err(failure) = executable(&program, &options.code, FileNames::Relative, &pcc, &stages, &Watched::new(&AllFiles)) {
            if matches!(failure, Failure::Usage(_)) {
                return Err(failure);
            }
            drop(stages);
            failure.print();
            failed = Some(failure.code());
        }
    }
    Ok(failed.map_or(ExitCode::SUCCESS, ExitCode::from))
}

fn look_after(command: &Command) -> Result<ExitCode, Failure> {
    let no_folder = || Failure::World("the cache has no folder: set DXPYC_CACHE_DIR or HOME".to_owned());
    let settings = Settings::from_environment().ok_or_else(no_folder)?;
    let folder = settings.folder.clone();
    if matches!(command, Command::Path) {
        print(&[folder.as_os_str().as_encoded_bytes(), b"\n"].concat())?;
        return Ok(ExitCode::SUCCESS);
    }
    let cache = dxpyc_cache::Cache::open(settings);
    if let Some(problem) = cache.problem() {
        return Err(Failure::World(problem.to_owned()));
    }
    let fail = |path: &Path, error: std::io::Error| Failure::World(format!("{}: {}", path.display(), reason(&error)));
    let text = match command {
        Command::Path | Command::Warm(_) => unreachable!("{command:?} is done above"),
        Command::Stat => {
            let all = cache.stat().map_err(|error| fail(&folder, error))?;
            let limit = cache.settings().limit_bytes;
            format!("folder   {}\nentries  {}\nbytes    {} of at most {limit}\n", folder.display(), all.entries, all.bytes)
        }
        Command::Verify => {
            let all = cache.verify().map_err(|error| fail(&folder, error))?;
            print(format!("{} right, {} damaged and removed, {} unreadable\n", all.good, all.damaged, all.unreadable).as_bytes())?;
            return Ok(if all.damaged + all.unreadable == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Gc { limit } => {
            let all = cache.gc(limit.unwrap_or(cache.settings().limit_bytes)).map_err(|error| fail(&folder, error))?;
            format!("removed {} entries, {} bytes; {} entries, {} bytes stay\n", all.removed_entries, all.removed_bytes, all.entries, all.bytes)
        }
        Command::Clear => {
            let all = cache.clear().map_err(|error| fail(&folder, error))?;
            if all.entries > 0 {
                return Err(Failure::World(format!("{}: {} entries cannot be removed", folder.display(), all.entries)));
            }
            format!("removed {} entries, {} bytes\n", all.removed_entries, all.removed_bytes)
        }
        Command::Pack { file } if file == Path::new("-") => {
            cache.pack(&mut std::io::stdout().lock()).map_err(|error| fail(Path::new("standard output"), error))?;
            String::new()
        }
        Command::Pack { file } => {
            let packed = Cell::new(Packed::default());
            let fill = |out: &mut File| {
                packed.set(cache.pack(out)?);
                out.flush()
            };
            output::write_by(file, false, 0, &fill).map_err(Failure::World)?;
            format!("packed {} entries in {} bytes\n", packed.get().entries, packed.get().bytes)
        }
        Command::Unpack { file } => {
            let unpacked = if file == Path::new("-") {
                cache.unpack(&mut std::io::stdin().lock())
            } else {
                File::open(file).and_then(|opened| cache.unpack(&mut BufReader::with_capacity(1 << 16, opened)))
            };
            let all = unpacked.map_err(|error| fail(file, error))?;
            print(format!("{} entries stored, {} refused\n", all.stored, all.refused).as_bytes())?;
            if all.damaged {
                return Err(Failure::World(format!("{}: damaged, or not made by `dxpyc cache pack`", file.display())));
            }
            return Ok(if all.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    };
    print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
