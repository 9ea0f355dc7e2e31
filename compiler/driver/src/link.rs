//! Objects → executable: in process, or by the system's C compiler for debugging.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use dxpyc_linker::{Linkage, ObjectBytes, Options, RuntimeCopy};

use crate::cli::{CodeOptions, Linker};
use crate::embedded::Runtime;
use crate::files::reason;
use crate::pipeline::Piece;
use crate::report::Failure;

/// Links a program. `names`: all that it can look up; none: any.
pub fn link(
    objects: Vec<Piece>,
    runtime: Runtime,
    copy: RuntimeCopy,
    names: Option<HashSet<String>>,
    options: &CodeOptions,
) -> Result<Vec<u8>, Failure> {
    let linkage = if options.is_static { Linkage::Static } else { Linkage::Dynamic };
    match options.linker {
        Linker::Builtin => {
            let objects = objects.into_iter().map(|object| Arc::new(object.bytes) as ObjectBytes).collect();
            dxpyc_linker::link(objects, runtime.archive, copy, Options { linkage, strip: !options.debug, names: names.filter(|_| !options.keep_all) })
                .map_err(|message| Failure::World(format!("cannot link: {}", message.replace('\n', " "))))
        }
        Linker::Cc => link_by_cc(&objects, &runtime, options),
    }
}

/// A folder that goes away.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn link_by_cc(objects: &[Piece], runtime: &Runtime, options: &CodeOptions) -> Result<Vec<u8>, Failure> {
    let world = |what: &str, error: &std::io::Error| Failure::World(format!("{what}: {}", reason(error)));
    let scratch = Scratch(std::env::temp_dir().join(format!("dxpyc-link-{}", std::process::id())));
    std::fs::create_dir_all(&scratch.0).map_err(|error| world(&scratch.0.display().to_string(), &error))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = scratch.0.join(name);
        std::fs::write(&path, bytes).map_err(|error| world(&path.display().to_string(), &error)).map(|()| path)
    };
    let output = scratch.0.join("program");
    let mut cc = Command::new("cc");
    cc.arg("-o").arg(&output).args(["-Wl,--gc-sections", "-Wl,-z,relro,-z,now"]);
    cc.arg(if options.is_static { "-static" } else { "-pie" });
    if !options.debug {
        cc.arg("-s");
    }
    for object in objects {
        cc.arg(write(&format!("{}.o", object.name), object.bytes.as_ref())?);
    }
    cc.arg(write("libdxpyc_runtime.a", &runtime.archive)?).args(["-lm", "-static-libgcc"]);
    let result = cc.output().map_err(|error| world("cannot run `cc`", &error))?;
    if !result.status.success() {
        let text = String::from_utf8_lossy(&result.stderr).into_owned();
        return Err(Failure::World(format!("cannot link: cc: {}", text.trim())));
    }
    std::fs::read(&output).map_err(|error| world(&output.display().to_string(), &error))
}
