//! `dxpyc watch`: builds when a file that the last build looked at has changed, and runs the program anew when that is wanted.
//!
//! What a build looked at tells what to watch: the folders of all files read, and of all files that were not there. An event only says
//! that something may have changed; whether it has is decided by looking again, as for the cache. So a save that changes nothing,
//! an editor's temporary files and the program's own output cause no build.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::Watch;
use crate::commands::{default_output, executable, refuse_output};
use crate::files::{AllFiles, reason};
use crate::output;
use crate::pcc::{Looks, Pcc, Watched};
use crate::pipeline::FileNames;
use crate::report::{Failure, Stages};

/// So long after an event others are waited for: editors save in several steps.
const QUIET: Duration = Duration::from_millis(30);
/// So long at most.
const QUIET_MAX: Duration = Duration::from_millis(300);
/// A program that is asked to end has so long to do it.
const GRACE: Duration = Duration::from_secs(2);

/// `dxpyc watch`: ends by a signal.
pub fn watch(options: &Watch) -> Result<ExitCode, Failure> {
    let output = options.output.clone().unwrap_or_else(|| default_output(&options.program.file));
    refuse_output(&output, &options.program.file)?;
    let pcc = Pcc::open(&options.program.cache)?;
    let program = Arc::new(Mutex::new(None));
    end_by_signals(Arc::clone(&program))?;
    let (sender, changes) = channel();
    let mut folders = Folders::new(sender)?;
    loop {
        let looks = build(options, &output, &pcc, &program);
        folders.watch(&looks);
        // What changed before its folder was watched has had no event.
        while !looks.have_changed(&AllFiles) {
            wait(&changes)?;
        }
    }
}

/// Builds once and starts the program, if that is wanted and there is one. Failures are shown, and the next change is waited for.
fn build(options: &Watch, output: &Path, pcc: &Pcc, program: &Mutex<Option<Child>>) -> Looks {
    let files = Watched::new(&AllFiles);
    let began = Instant::now();
    let result = {
        let stages = Stages::new(options.program.verbose);
        executable(&options.program, &options.code, FileNames::Relative, pcc, &stages, &files).and_then(|executable| {
            stages.run("write", || output::write(output, executable.as_ref(), true)).map_err(Failure::World)
        })
    };
    match result {
        Ok(()) => {
            eprintln!("dxpyc: {} built in {:.2} s", output.display(), began.elapsed().as_secs_f64());
            if options.run {
                let mut program = program.lock().expect("no holder panics");
                end(&mut program);
                *program = start(output, &options.args);
            }
        }
        Err(failure) => failure.print(),
    }
    files.looks()
}

/// Waits until something may have changed, and is quiet again.
fn wait(changes: &Receiver<()>) -> Result<(), Failure> {
    changes.recv().map_err(|_| Failure::World("files are no longer watched".to_owned()))?;
    let first = Instant::now();
    while first.elapsed() < QUIET_MAX && changes.recv_timeout(QUIET).is_ok() {}
    Ok(())
}

/// Ends this process and the program by the signals that ask for it, at once: what is being written has its name only when it is whole.
fn end_by_signals(program: Arc<Mutex<Option<Child>>>) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::World(format!("cannot wait for signals: {}", reason(&error)));
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(fail)?;
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            if let Ok(mut program) = program.lock() {
                end(&mut program);
            }
            // As a shell reports it. Without exit handlers: threads may be in the middle of LLVM.
            signal_hook::low_level::exit(128 + signal);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(|_| ()).map_err(fail)
}

/// The folders that are watched.
struct Folders {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
}

impl Folders {
    fn new(sender: Sender<()>) -> Result<Folders, Failure> {
        let handler = move |event: notify::Result<Event>| {
            if !matches!(event, Ok(Event { kind: EventKind::Access(_), .. })) {
                let _ = sender.send(());
            }
        };
        let watcher = notify::recommended_watcher(handler).map_err(|error| Failure::World(format!("cannot watch files: {error}")))?;
        Ok(Folders { watcher, watched: BTreeSet::new() })
    }

    /// Watches what a build looked at. Folders that are not there are watched by the nearest one that is.
    fn watch(&mut self, looks: &Looks) {
        let mut wanted = BTreeSet::new();
        for path in looks.paths() {
            let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            wanted.extend(folder.ancestors().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).find(|folder| folder.is_dir()).map(Path::to_owned));
        }
        for gone in self.watched.difference(&wanted) {
            let _ = self.watcher.unwatch(gone);
        }
        // Again, also what is watched already: a folder may have been replaced by another of its name.
        for folder in &wanted {
            if let Err(error) = self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                eprintln!("dxpyc: warning: {}: cannot be watched: {error}", folder.display());
            }
        }
        self.watched = wanted;
    }
}

fn start(program: &Path, args: &[OsString]) -> Option<Child> {
    // Not from PATH.
    let path = if program.components().count() == 1 { Path::new(".").join(program) } else { program.to_owned() };
    let child = std::process::Command::new(&path).args(args).spawn();
    child.inspect_err(|error| eprintln!("dxpyc: error: {}: cannot run: {}", path.display(), reason(error))).ok()
}

/// Asks the program to end, if it runs, and makes it when it does not.
fn end(program: &mut Option<Child>) {
    let Some(mut child) = program.take() else { return };
    if let Ok(None) = child.try_wait() {
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < GRACE && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
    }
    let _ = child.wait();
}
