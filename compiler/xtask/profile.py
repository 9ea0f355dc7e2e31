"""Records what the runtime's functions are used for: writes runtime-lib/profile.txt, which compiler/driver/build.rs compiles the archive by.

    python3 compiler/xtask/profile.py DXPYC PROGRAM.py …

DXPYC is a compiler of the same sources. An archive that counts is built, the programs are compiled with it and run, each at most 40 s, and their
counts are added up. Needs gcc and LLVM's tools (LLVM_SYS_221_PREFIX or /usr/lib/llvm-22). Programs that matter more are named more often.

Functions are in the file by their symbols. One that has changed since, or is new, counts as one that was never run: it is compiled small. So record again
when the hot paths have changed; nothing else depends on it.

Format: `=` and counts for functions that ran often, `+` for those that ran, `-` for those that did not:
    SIGN SYMBOL CONTROL_FLOW_HASH NUMBER_OF_COUNTERS [COUNTS…]
"""
import collections, os, pathlib, subprocess, sys, tempfile

OFTEN, SOMETIMES = 100_000, 2000
ROOT = pathlib.Path(__file__).resolve().parents[2]
LLVM = pathlib.Path(os.environ.get("LLVM_SYS_221_PREFIX", "/usr/lib/llvm-22")) / "bin"


def record(dxpyc, programs, folder):
    environment = dict(os.environ, RUSTFLAGS=f"-Ctarget-cpu=x86-64-v2 -Crelocation-model=pic -Cprofile-generate={folder}/rustc",
                       CARGO_TARGET_DIR=f"{folder}/target", CARGO_PROFILE_RUNTIME_LTO="fat", CARGO_PROFILE_RUNTIME_CODEGEN_UNITS="1")
    subprocess.check_call(["cargo", "rustc", "--quiet", "--lib", "--profile", "runtime", "--package", "dxpyc-runtime", "--crate-type", "staticlib"],
                          cwd=ROOT, env=environment)
    # The counters are written at exit when the linker is told to keep their writer.
    cc = folder / "cc"
    cc.write_text('#!/bin/sh\nexec /usr/bin/cc "$@" -Wl,-u,__llvm_profile_runtime\n')
    cc.chmod(0o755)
    environment = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}", DXPYC_RUNTIME_ARCHIVE=f"{folder}/target/runtime/libdxpyc_runtime.a")
    for number, program in enumerate(programs):
        executable, counts = folder / f"program{number}", folder / f"{number}.profraw"
        subprocess.check_call([dxpyc, "build", "--no-cache", "--linker", "cc", program, "-o", executable], env=environment)
        try:
            subprocess.run([executable], env=dict(os.environ, LLVM_PROFILE_FILE=str(counts)), timeout=40, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            print("too slow, not counted:", program)
    return list(folder.glob("*.profraw"))


def functions(profiles, folder):
    text = folder / "all.txt"
    subprocess.check_call([LLVM / "llvm-profdata", "merge", "-text", "-o", text, *profiles])
    for block in text.read_text().split("\n\n"):
        lines = block.split("\n")
        if "# Num Counters:" not in lines:
            continue
        at = lines.index("# Num Counters:")
        n = int(lines[at + 1])
        name, hash_ = lines[lines.index("# Func Hash:") - 1], lines[lines.index("# Func Hash:") + 1]
        yield name, hash_, [int(count) for count in lines[at + 3:at + 3 + n]]


def write(profiles, folder, output):
    rows = []
    for name, hash_, counts in functions(profiles, folder):
        most = max(counts, default=0)
        sign = "=" if most >= OFTEN else "+" if most >= SOMETIMES else "-"
        row = f"{sign} {name} {hash_} {len(counts)}"
        if sign == "=":
            row += "".join(f" {count}" for count in counts)
        rows.append(row)
    output.write_text("\n".join(sorted(rows)) + "\n")
    print(collections.Counter(row[0] for row in rows))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        profiles = sys.argv[2:] if sys.argv[1] == "--merge" else record(sys.argv[1], sys.argv[2:], folder)
        write(profiles, folder, ROOT / "runtime-lib/profile.txt")
