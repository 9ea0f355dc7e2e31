"""Records what CPython 3.14 says of refused sources.

    python3.14 record.py NAME.py > NAME.cases

SOURCES.py holds a list of strings, `SOURCES`. Sources that CPython accepts are left out and named on stderr. The
message is the printed one, with CPython's keyword suggestions.
"""

import os
import runpy
import sys
import tempfile
import traceback
import warnings


def refuse(path):
    """`(line, last printed line)`, or None when CPython accepts the file."""
    with open(path, "rb") as file:
        source = file.read()
    try:
        compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = error.lineno or 0
        metadata = getattr(error, "_metadata", None)
        if metadata:
            # As when a file is run: suggestions come from the file.
            error._metadata = (metadata[0], metadata[1], None)
        printed = traceback.format_exception_only(error)
        return line, printed[-1].rstrip("\n")
    except (MemoryError, RecursionError) as error:
        return 0, f"{type(error).__name__}: {error}"
    return None


def main():
    warnings.simplefilter("ignore")
    sources = runpy.run_path(sys.argv[1])["SOURCES"]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.py")
        for source in sources:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(source)
            said = refuse(path)
            if said is None:
                print("accepted:", repr(source), file=sys.stderr)
                continue
            print(f"@@ {said[0]}: {said[1]}")
            print(source, end="" if source.endswith("\n") else "\n")


main()
