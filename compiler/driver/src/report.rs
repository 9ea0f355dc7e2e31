//! What the user sees while a build runs and when it fails: progress, times, diagnostics, our own bugs.

use std::io::{IsTerminal, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dxpyc_base::Diagnostic;

/// Why a command ends without its result.
#[derive(Debug)]
pub enum Failure {
    /// The program is at fault.
    Diagnostics(Vec<Diagnostic>),
    /// The world is: files, the disk. One line, without `error:`.
    World(String),
    /// The command line is.
    Usage(String),
    /// This compiler is.
    Bug(String),
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Diagnostics(_) | Failure::World(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Bug(_) => crate::EXIT_BUG,
        }
    }

    /// Prints the failure to stderr.
    pub fn print(&self) {
        let colour = colours();
        let mut err = std::io::stderr().lock();
        let text = match self {
            Failure::Diagnostics(diagnostics) => diagnostics.iter().map(|diagnostic| diagnostic.render(colour)).collect(),
            Failure::World(message) | Failure::Usage(message) | Failure::Bug(message) => format!("dxpyc: error: {message}\n"),
        };
        let _ = err.write_all(text.as_bytes());
    }
}

/// Whether stderr takes colours.
fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Names of the stages, in order; the progress bar counts them.
const STAGES: [&str; 8] = ["cache", "modules", "lower", "passes", "llvm", "link", "write", "done"];

#[derive(Default)]
struct Current {
    stage: &'static str,
    ended: bool,
    drawn: bool,
}

/// The running stage: for times, the progress bar and the report of a panic.
pub struct Stages {
    verbose: bool,
    began: Instant,
    current: Arc<(Mutex<Current>, Condvar)>,
    progress: Option<JoinHandle<()>>,
}

/// The stage that runs, for panics.
static STAGE: Mutex<&'static str> = Mutex::new("start");

impl Stages {
    /// Starts the clock. A build that takes longer than a second shows where it is, on a terminal.
    pub fn new(verbose: bool) -> Stages {
        let current = Arc::new((Mutex::new(Current::default()), Condvar::new()));
        let progress = (!verbose && std::io::stderr().is_terminal()).then(|| {
            let current = Arc::clone(&current);
            std::thread::spawn(move || show_progress(&current))
        });
        Stages { verbose, began: Instant::now(), current, progress }
    }

    /// Runs a stage.
    pub fn run<R>(&self, stage: &'static str, work: impl FnOnce() -> R) -> R {
        debug_assert!(STAGES.contains(&stage), "{stage} is in the list");
        if let Ok(mut name) = STAGE.lock() {
            *name = stage;
        }
        if let Ok(mut current) = self.current.0.lock() {
            current.stage = stage;
        }
        let began = Instant::now();
        let result = work();
        if self.verbose {
            eprintln!("{stage:>8} {:>8.1} ms", began.elapsed().as_secs_f64() * 1e3);
        }
        result
    }

    /// A line of `-v`.
    pub fn note(&self, text: impl FnOnce() -> String) {
        if self.verbose {
            eprintln!("{}", text());
        }
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        if let Ok(mut current) = self.current.0.lock() {
            current.ended = true;
        }
        self.current.1.notify_all();
        if let Some(progress) = self.progress.take() {
            let _ = progress.join();
        }
        if self.verbose {
            eprintln!("{:>8} {:>8.1} ms", "total", self.began.elapsed().as_secs_f64() * 1e3);
        }
    }
}

/// Draws the bar from the first second on, ten times a second, and removes it at the end.
fn show_progress(current: &(Mutex<Current>, Condvar)) {
    const WIDTH: usize = 24;
    let mut wait = Duration::from_secs(1);
    let Ok(mut state) = current.0.lock() else { return };
    while !state.ended {
        let Ok((next, _)) = current.1.wait_timeout(state, wait) else { return };
        state = next;
        wait = Duration::from_millis(100);
        if state.ended {
            break;
        }
        let index = STAGES.iter().position(|stage| *stage == state.stage).unwrap_or(0);
        let filled = WIDTH * index / (STAGES.len() - 1);
        eprint!("\r\x1b[K[{}{}] {}", "=".repeat(filled), " ".repeat(WIDTH - filled), state.stage);
        state.drawn = true;
    }
    if state.drawn {
        eprint!("\r\x1b[K");
    }
}

static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Keeps the text of the first panic instead of printing it.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let message = info.payload_as_str().unwrap_or("panic").to_owned();
        let place = info.location().map(|location| format!(" ({}:{})", location.file(), location.line()));
        if std::env::var_os("DXPYC_BACKTRACE").is_some() {
            eprintln!("{message}{}\n{}", place.as_deref().unwrap_or(""), std::backtrace::Backtrace::force_capture());
        }
        if let Ok(mut first) = PANIC.lock()
            && first.is_none()
        {
            *first = Some(format!("{}{}", message.replace('\n', " "), place.unwrap_or_default()));
        }
    }));
}

/// Prints the one line about a bug of ours.
pub fn print_bug(function: Option<String>) {
    let function = function.or_else(|| FUNCTION.lock().ok().and_then(|mut name| name.take()));
    let message = PANIC.lock().ok().and_then(|mut first| first.take()).unwrap_or_else(|| "unknown".to_owned());
    let stage = STAGE.lock().map_or("?", |stage| *stage);
    let function = function.map_or(String::new(), |name| format!(", function {name}"));
    eprintln!(
        "dxpyc: internal error in stage {stage}{function}: {message}; this is a bug of dxpyc {}: please report it with the program",
        env!("CARGO_PKG_VERSION")
    );
}

static FUNCTION: Mutex<Option<String>> = Mutex::new(None);

/// Notes the name of what is worked on when a panic passes.
pub struct Working<'a>(pub &'a str);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Ok(mut name) = FUNCTION.lock()
        {
            name.get_or_insert_with(|| self.0.to_owned());
        }
    }
}
