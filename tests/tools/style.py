#!/usr/bin/env python3
"""Checks what no compiler enforces; prints FILE:LINE: MESSAGE for each breach, status 1 if any.

  - C++ and C files have at most 500 lines (tables, *.def, may be longer)
  - C++ includes follow ir <- passes, ir <- emitters, all <- compiler, and name our headers by
    their path from the root
  - no tabs, no spaces at the end of a line, a newline at the end of a file
"""

import re
import sys

from source import CORE, ROOT, tracked_files

LINES_MAX = 500
MAY_INCLUDE = {
    "ir": {"ir"},
    "passes": {"ir", "passes"},
    "emitters": {"ir", "emitters"},
    "compiler": set(CORE),
    "tests": set(CORE) | {"tests"},
}
CXX = {".cc", ".h", ".def", ".inc"}
TEXT = CXX | {".c", ".md", ".py", ".sh", ".cmake", ".txt", ".yaml", ".yml", ".proto", ".json"}
TABS_ALLOWED = {"Makefile"}
GENERATED = {"golden", "cases"}  # folders whose text is what a program wrote, or wrong on purpose


def include_breaches(path, lines):
    folder = path.relative_to(ROOT).parts[0]
    allowed = MAY_INCLUDE.get(folder)
    if allowed is None:
        return
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if match and match.group(1).split("/")[0] not in allowed:
            yield number, f'{folder}/ may not include "{match.group(1)}"'


def whitespace_breaches(path, lines):
    for number, line in enumerate(lines, 1):
        if "\t" in line and path.name not in TABS_ALLOWED:
            yield number, "tab"
        if line != line.rstrip():
            yield number, "space at the end of the line"


def breaches(path):
    if GENERATED & set(path.relative_to(ROOT).parts):
        return
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    if text and lines[-1]:
        yield len(lines), "no newline at the end of the file"
    if path.suffix in {".cc", ".h", ".c"} and len(lines) - 1 > LINES_MAX:
        yield LINES_MAX, f"{len(lines) - 1} lines; {LINES_MAX} at most, split it"
    yield from whitespace_breaches(path, lines)
    if path.suffix in CXX:
        yield from include_breaches(path, lines)


def main():
    found = 0
    for path in tracked_files():
        if path.suffix in TEXT or path.name == "Makefile":
            for number, message in breaches(path):
                print(f"{path.relative_to(ROOT)}:{number}: {message}")
                found += 1
    print(f"style: {found} breaches" if found else "style: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
