//! The file system that the linker sees: its inputs by name, and one output.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use libwild::error::Result;
use libwild::{FileSystem, FileType, InputFileData, OutputFileData, OutputOptions};

/// Contents of an input.
#[derive(Clone)]
pub enum Bytes {
    Static(&'static [u8]),
    Shared(Arc<dyn AsRef<[u8]> + Send + Sync>),
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.bytes().len())
    }
}

impl InputFileData for Bytes {
    fn bytes(&self) -> &[u8] {
        match self {
            Bytes::Static(bytes) => bytes,
            Bytes::Shared(bytes) => (**bytes).as_ref(),
        }
    }
}

/// Inputs by path, and the place where the output arrives.
#[derive(Default)]
pub struct MemoryFiles {
    inputs: HashMap<PathBuf, Bytes>,
    pub output: Arc<Mutex<Option<Vec<u8>>>>,
}

impl MemoryFiles {
    pub fn add(&mut self, path: PathBuf, bytes: Bytes) {
        self.inputs.insert(path, bytes);
    }

    fn get(&self, path: &Path) -> Result<&Bytes> {
        let found = self.inputs.get(path);
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("no such input: {}", path.display())).into())
    }
}

/// The output while the linker fills it.
pub struct Output {
    bytes: Vec<u8>,
    place: Arc<Mutex<Option<Vec<u8>>>>,
}

impl OutputFileData for Output {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn finish(self) -> Result {
        *self.place.lock().expect("no writer panicked") = Some(self.bytes);
        Ok(())
    }
}

impl FileSystem for MemoryFiles {
    type Input = Bytes;
    type Output = Output;

    fn open_input(&self, path: &Path, _prepopulate_maps: bool) -> Result<(Bytes, Option<Arc<File>>)> {
        Ok((self.get(path)?.clone(), None))
    }

    fn file_type(&self, path: &Path) -> Result<FileType> {
        self.get(path).map(|_| FileType::File)
    }

    fn canonicalize(&self, path: &Path) -> Result<PathBuf> {
        Ok(path.to_owned())
    }

    fn remove_file(&self, _path: &Path) -> Result<()> {
        Ok(())
    }

    fn rename_file(&self, path: &Path, _new_path: &Path) -> Result<()> {
        Err(Error::new(ErrorKind::NotFound, format!("{} cannot be renamed", path.display())).into())
    }

    fn create_output(&self, _path: Arc<Path>, options: OutputOptions) -> Result<Output> {
        let size = usize::try_from(options.size)?;
        Ok(Output { bytes: vec![0; size], place: Arc::clone(&self.output) })
    }

    fn write_auxiliary(&self, path: &Path, _bytes: &[u8]) -> Result {
        Err(Error::new(ErrorKind::Unsupported, format!("no auxiliary output is expected: {}", path.display())).into())
    }
}
