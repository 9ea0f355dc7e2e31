//! By what the runtime's archive is optimised: `runtime-lib/profile.txt` (made by `compiler/xtask/profile.py`) as arguments for rustc.
//!
//! Functions that ran often are optimised for speed, by their counts; the others for size, and those that hardly ran most of all.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file of arguments for rustc; none when there is no profile, or no tool of LLVM to translate it.
pub fn arguments(profile: &Path, out: &Path, llvm: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(profile).ok()?;
    let name = blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
    let (counts, translated) = (out.join(format!("profile-{name}.txt")), out.join(format!("profile-{name}.profdata")));
    let mut llvm_text = ":ir\n".to_owned();
    // Everything but what is listed is small. Promoted calls would tie functions to each other that most programs do not have both.
    let mut arguments = format!("-Cprofile-use={}\n", translated.display());
    for option in ["force-attribute=optsize", "force-attribute=minsize", "disable-icp", "hot-callsite-threshold=1000"] {
        writeln!(arguments, "-Cllvm-args=-{option}").expect("a String takes all");
    }
    for line in text.lines() {
        let mut fields = line.split(' ');
        let (sign, name, hash, n) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let symbol = name.rsplit(';').next()?;
        let not = |attribute| format!("-Cllvm-args=-force-remove-attribute={symbol}:{attribute}\n");
        if sign == "=" {
            arguments += &not("optsize");
        }
        if sign != "-" {
            arguments += &not("minsize");
        }
        write!(llvm_text, "{name}\n{hash}\n{n}\n").expect("a String takes all");
        let n: usize = n.parse().ok()?;
        let counts: Vec<&str> = if sign == "=" { fields.collect() } else { vec!["0"; n] };
        counts.iter().for_each(|count| llvm_text.extend([*count, "\n"]));
        llvm_text.push('\n');
    }
    fs::write(&counts, llvm_text).ok()?;
    let merge = Command::new(llvm.join("bin/llvm-profdata")).arg("merge").arg("-o").args([&translated, &counts]).status();
    if !merge.is_ok_and(|status| status.success()) {
        println!("cargo:warning=llvm-profdata is not there: the runtime is compiled without its profile");
        return None;
    }
    let path = out.join(format!("profile-{name}.args"));
    fs::write(&path, arguments).ok()?;
    Some(path)
}
