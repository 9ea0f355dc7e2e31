//! A folder of a test's own, and the compiler run in it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A folder that goes away.
pub struct Dir(pub PathBuf);

impl Dir {
    /// An empty folder. `name`: unique in the test program.
    pub fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("dxpyc-test-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary directory is writable");
        Dir(path)
    }

    /// Writes a file.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), text).expect("writable");
    }

    /// What is in the folder.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("ours").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The compiler, to be started in the folder.
    pub fn dxpyc(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dxpyc"));
        command.current_dir(&self.0).env_remove("PYTHONPATH");
        command
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
