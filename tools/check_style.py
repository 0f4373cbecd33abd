#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check what no other tool knows: licence lines, lengths, processor names, blanks at line ends.

    check_style.py [FILE ...]      (default: every file that git knows or would add)
"""
import os
import re
import subprocess
import sys

SPDX = "SPDX-License-Identifier: BSD-2-Clause"
COLUMNS, FUNCTION_LINES, FILE_LINES = 100, 100, 600
# The licence itself, generated lists, data of root file systems and of tests.
NO_SPDX = re.compile(r"LICENSE$|(^|/)rootfs/|\.(png|dtb|svg|gz|xz|expected|out)$|\.gitignore$|"
                     r"(^|/)README(\.md)?$|^docs/|\.json$|\.md$")
CODE = re.compile(r"\.(c|h|cc|hh|S|py|sh|mk|def)$|(^|/)(Makefile|uni|run)$")
# What a unit test is built from stands in one line (tests/unit/unit.mk).
UNIT_BUILD = re.compile(r"// (sources|flags): ")
# Where a condition may ask for the processor: its own folder, contracts, boards, and tests.
PROCESSOR_HOMES = ("arch/", "include/arch/", "include/abi/", "boards/", "tests/", "tools/")
PROCESSOR = re.compile(r"^\s*#\s*(el)?if.*(__aarch64__|__x86_64__|__amd64__|__riscv|__i386__|"
                       r"__arm__)")


def width(line):
    """Columns of a line, tabs at every eighth."""
    column = 0
    for char in line:
        column += 8 - column % 8 if char == "\t" else 1
    return column


def functions(lines):
    """Yields (first line, length) of what stands between { and } in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start + 1
            start = None


def check(path):
    """Yields the sentences about one file."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (UnicodeDecodeError, OSError):
        return
    lines = text.split("\n")
    if not NO_SPDX.search(path) and SPDX not in "\n".join(lines[:2]):
        yield f"{path}:1: the line {SPDX} is missing"
    if not CODE.search(path):
        return
    if text and not text.endswith("\n"):
        yield f"{path}:{len(lines)}: the last line has no end"
    if len(lines) > FILE_LINES:
        yield f"{path}: {len(lines)} lines are more than {FILE_LINES}"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end of the line"
        if width(line) > COLUMNS and "http" not in line and not UNIT_BUILD.match(line):
            yield f"{path}:{number}: {width(line)} columns are more than {COLUMNS}"
        if PROCESSOR.match(line) and not path.startswith(PROCESSOR_HOMES):
            yield f"{path}:{number}: a condition asks for the processor"
    if path.endswith(".c"):
        for start, length in functions(lines):
            if length > FUNCTION_LINES:
                yield f"{path}:{start}: a function of {length} lines, more than {FUNCTION_LINES}"


def main():
    """Print what is wrong; status 1 when anything is."""
    paths = sys.argv[1:] or subprocess.run(
        ["git", "-c", f"safe.directory={os.getcwd()}", "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=True).stdout.splitlines()
    wrong = [sentence for path in paths for sentence in check(path)]
    for sentence in wrong:
        print(sentence)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
