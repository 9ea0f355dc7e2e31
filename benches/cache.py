#!/usr/bin/env python3
"""Times builds with the persistent cache: a generated project of 10,000 lines in 60 modules, and hello.

    benches/cache.py DXPYC [--json FILE]

Standard library only. Everything happens in a temporary folder with a cache of its own. Each figure is the median of
several builds, in milliseconds of wall time; bars are those of the specification (two cores).
"""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

MODULES = 60
FUNCTIONS = 14


def module_text(number, seed):
    """A module of about 170 lines: functions over ints, lists, dicts and strings, a class, and calls into earlier modules."""
    pick = random.Random(seed * 1000 + number)
    lines = [f'"""Module {number} of a generated project."""', "import math"]
    earlier = sorted(pick.sample(range(number), min(number, 3)))
    lines += [f"from pkg import m{other}" for other in earlier]
    lines += ["", f"LIMIT = {pick.randrange(10, 99)}", "", "", f"class Item{number}:", f'    """Something with a weight."""', "",
              "    def __init__(self, name, weight):", "        self.name = name", "        self.weight = weight", "",
              "    def heavier(self, other):", "        return self.weight > other.weight", "",
              "    def __repr__(self):", f"        return f'Item{number}({{self.name}}, {{self.weight}})'", ""]
    for index in range(FUNCTIONS):
        a, b = pick.randrange(2, 50), pick.randrange(2, 50)
        lines += ["", f"def work{index}(n, step={a}):", f'    """Sums something."""', "    total = 0", "    for i in range(n):",
                  f"        if i % {b} == 0:", "            total += i * step", "        else:", f"            total -= math.gcd(i, {a})",
                  "    names = {str(total): n, 'step': step}", "    return total + len(names)", ""]
    calls = "".join(f" + m{other}.run(n - 1)" for other in earlier[:1])
    lines += ["", "def run(n):", "    if n <= 0:", "        return LIMIT", f"    items = [Item{number}(str(i), i) for i in range(3)]",
              "    best = items[0]", "    for item in items:", "        if item.heavier(best):", "            best = item",
              f"    return best.weight{calls}" + "".join(f" + work{i}(n)" for i in range(FUNCTIONS)), ""]
    return "\n".join(lines)


def write_project(folder, seed=1):
    os.makedirs(os.path.join(folder, "pkg"))
    open(os.path.join(folder, "pkg", "__init__.py"), "w").close()
    lines = 0
    for number in range(MODULES):
        text = module_text(number, seed)
        lines += text.count("\n")
        with open(os.path.join(folder, "pkg", f"m{number}.py"), "w") as out:
            out.write(text)
    with open(os.path.join(folder, "main.py"), "w") as out:
        out.write("\n".join(f"from pkg import m{number}" for number in range(MODULES)))
        out.write("\nprint(" + " + ".join(f"m{number}.run(3)" for number in range(MODULES)) + ")\n")
    return lines


class Bench:
    def __init__(self, compiler, folder):
        self.compiler, self.folder = compiler, folder
        self.cache = os.path.join(folder, "cache")

    def build(self, where, main="main.py", *options):
        """Milliseconds."""
        env = dict(os.environ, DXPYC_CACHE_DIR=self.cache)
        start = time.perf_counter()
        done = subprocess.run([self.compiler, "build", main, "-o", "out", *options], cwd=where, env=env, capture_output=True, text=True)
        spent = (time.perf_counter() - start) * 1000
        if done.returncode:
            sys.exit(f"{main} {options}: {done.stderr}")
        self.report = done.stderr
        return spent

    def clear(self):
        shutil.rmtree(self.cache, ignore_errors=True)

    def median(self, times, action):
        return statistics.median(action() for _ in range(times))

    def cold(self, where, *options, main="main.py"):
        self.clear()
        return self.build(where, main, *options)

    def edit(self, where, number):
        path = os.path.join(where, "pkg", "m30.py")
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace("total = 0", f"total = {number}", 1) if number else text)
        spent = self.build(where, "main.py", "-v")
        with open(path, "w") as file:
            file.write(text)
        return spent


def run(compiler):
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(os.path.abspath(compiler), folder)
        one, two, hello = (os.path.join(folder, name) for name in ("one", "two", "hello"))
        figures["lines"] = write_project(one)
        shutil.copytree(one, two)
        os.mkdir(hello)
        with open(os.path.join(hello, "main.py"), "w") as out:
            out.write('print("hello")\n')
        figures["cold release"] = bench.median(3, lambda: bench.cold(one))
        figures["cold debug"] = bench.median(3, lambda: bench.cold(one, "--debug"))
        bench.cold(one)
        first = open(os.path.join(one, "out"), "rb").read()
        figures["null build"] = bench.median(9, lambda: bench.build(one))
        figures["warm in another folder"] = bench.median(5, lambda: bench.build(two))
        figures["same bytes"] = open(os.path.join(two, "out"), "rb").read() == first
        edits = iter(range(1, 10))
        figures["one function edited"] = bench.median(5, lambda: bench.edit(one, next(edits)))
        figures["cache line after the edit"] = next((line.strip() for line in bench.report.splitlines() if "cache:" in line), "")
        figures["hello cold"] = bench.median(9, lambda: bench.cold(hello))
        bench.cold(hello)
        figures["hello warm"] = bench.median(9, lambda: bench.build(hello))
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("compiler")
    parser.add_argument("--json")
    options = parser.parse_args()
    figures = run(options.compiler)
    for name, value in figures.items():
        print(f"{name:28} {value:.1f}" if isinstance(value, float) else f"{name:28} {value}")
    if options.json:
        with open(options.json, "w") as out:
            json.dump(figures, out, indent=1)


if __name__ == "__main__":
    main()
