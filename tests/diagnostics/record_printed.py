"""Records what CPython 3.14 prints for the sources of grammar.py and semantic.py, carets included.

    DXPYC=target/release/dxpyc python3.14 record_printed.py > printed.json

One case on a line: the source, the text, and whether the compiler named by `DXPYC` printed something else when this was recorded. The test
`diagnostics` lets none of the others differ.
"""

import json
import linecache
import os
import re
import runpy
import subprocess
import sys
import tempfile
import traceback
import warnings


def main():
    warnings.simplefilter("ignore")
    here = os.path.dirname(os.path.abspath(__file__))
    sources = [source for name in ("grammar.py", "semantic.py") for source in runpy.run_path(os.path.join(here, name))["SOURCES"]]
    compiler = os.path.abspath(os.environ["DXPYC"])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for source in sources:
            try:
                text = source.encode()
            except UnicodeEncodeError:
                continue
            with open("t.py", "wb") as file:
                file.write(text)
            linecache.clearcache()
            try:
                compile(text, "t.py", "exec", dont_inherit=True)
                continue
            except SyntaxError as error:
                if metadata := getattr(error, "_metadata", None):
                    error._metadata = (metadata[0], metadata[1], None)
                printed = "".join(traceback.format_exception_only(error))
            except (MemoryError, RecursionError, ValueError):
                continue
            have = subprocess.run([compiler, "build", "t.py", "-o", "t"], capture_output=True, text=True).stderr
            have = re.sub(r"\At\.py:\d+:\d+: error: .*\n", "", have)
            print(json.dumps({"source": source, "printed": printed, "differs": have.strip() != printed.strip()}))


main()
