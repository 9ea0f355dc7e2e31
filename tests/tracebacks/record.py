"""Records what CPython 3.14 writes to stderr for each case of a program.

    python3.14 record.py PROGRAM.py …

writes PROGRAM.stderr: for each case a line `@@ NUMBER EXIT`, then stderr. Names of folders are left out, those of the standard library
are `<stdlib>`.
"""

import os
import re
import subprocess
import sys


def run(path, number):
    folder, name = os.path.split(os.path.abspath(path))
    env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore::SyntaxWarning", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([sys.executable, path, str(number)], env=env, stdin=subprocess.DEVNULL, capture_output=True, cwd=folder)
    text = done.stderr.decode("utf-8", "surrogateescape").replace(folder + "/", "")
    text = re.sub(r'([("])/[^"\n]*/python3\.14/', r"\1<stdlib>/", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x…", text)
    return done.returncode, text


def main():
    for path in sys.argv[1:]:
        out = []
        with open(path, encoding="utf-8") as file:
            cases = re.search(r"^CASES = \[([^]]*)\]", file.read(), re.MULTILINE)[1].strip().strip(",").split(",")
        for number in range(len(cases)):
            status, text = run(path, number)
            if status == 0 and not text:
                print(f"{path} {number}: ends well", file=sys.stderr)
            out.append(f"@@ {number} {status}\n{text}")
        with open(os.path.splitext(path)[0] + ".stderr", "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("".join(out))


main()
