#!/usr/bin/env python3
"""Compares compiled programs with CPython: random ones, one for each seed.

    tests/fuzz/run.py DXPYC PYTHON FROM TO [build flags…]

Prints a line for each seed whose program does not build or does something else, and keeps such programs in the current folder.
Exits with 1 when there was one.
"""

import os
import subprocess
import sys
import tempfile

import programs


def outcome(command, seconds):
    """Exit status and output; None when it takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.returncode, done.stdout


def check(seed, dxpyc, python, flags, folder):
    """What is wrong with a seed's program, or None."""
    source, binary = os.path.join(folder, f"seed{seed}.py"), os.path.join(folder, "program")
    text = programs.program(seed)
    with open(source, "w", encoding="utf-8") as out:
        out.write(text)
    expected = outcome([python, source], 20)
    if expected is None:
        return None
    built = subprocess.run([dxpyc, "build", "--check", *flags, source, "-o", binary], capture_output=True, text=True, check=False)
    problem = None
    if built.returncode:
        problem = f"does not build: {built.stderr[:300]}"
    else:
        found = outcome([binary], 60)
        if found is None:
            problem = "hangs"
        elif found != expected:
            problem = f"exit {found[0]}, CPython {expected[0]}" if found[0] != expected[0] else "other output"
    if problem:
        with open(f"seed{seed}.py", "w", encoding="utf-8") as out:
            out.write(text)
    return problem


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    dxpyc, python, first, last, *flags = sys.argv[1:]
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(int(first), int(last)):
            if problem := check(seed, dxpyc, python, flags, folder):
                bad += 1
                print(f"seed {seed}: {problem}", flush=True)
    print(f"{int(last) - int(first)} seeds, {bad} bad")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
