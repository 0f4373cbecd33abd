#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Make docs/posix.md: every system call of the C library: done, partial or absent, and why.

Sources: posix/table.def, posix/status.def and the C library's lists of numbers. With --check
nothing is written; the status is 1 if the document is not what it would be.
"""

import argparse
import fnmatch
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
sys.path.insert(0, HERE)
# pylint: disable=wrong-import-position
import gen_syscalls

HEAD = """<!-- SPDX-License-Identifier: BSD-2-Clause -->
<!-- Made by tools/gen_posix_doc.py from posix/table.def and posix/status.def: do not edit. -->
# System calls

Each system call that the C library knows on the three processors. *Done* is done as POSIX or Linux
say; *partial* says what is different; what is *absent* returns `ENOSYS`, and the log names it once.
Functions of the C library that need no system call, such as all of `<math.h>`, are not listed. What
is not there by design is in [limits.md](limits.md).

| | |
|---|---|
| done | {done} |
| partial | {partial} |
| absent | {absent} |

| call | state | what, why |
|---|---|---|
"""
TAIL = """
Calls that only x86_64 has (`{names}`) are hidden from the C library, which uses the newer ones;
`vfork()` and `fork()` are `ENOSYS`.
"""


class Error(Exception):
    """A mistake in the input, told in one sentence."""


def read_status(path):
    """[(patterns, state, text)]"""
    rows = []
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            for state in ("partial", "absent"):
                before, found, after = line.partition(f" {state}: ")
                if found:
                    rows.append((before.split(), state, after.strip()))
                    break
            else:
                raise Error(f"{path}:{number}: neither partial: nor absent:")
    return rows


def state_of(name, there, status):
    """(state, text) of a call."""
    wanted = "partial" if there else "absent"
    for patterns, state, text in status:
        if state == wanted and any(fnmatch.fnmatchcase(name, p) for p in patterns):
            return state, text
    if not there:
        raise Error(f"posix/status.def does not say why {name} is absent")
    return "done", ""


def make(musl):
    """The document."""
    numbers = {arch: gen_syscalls.read_numbers(musl, arch) for arch in gen_syscalls.ARCHES}
    common = numbers["aarch64"].keys() | numbers["riscv64"].keys()
    there = {row[0] for row in gen_syscalls.read_table(os.path.join(TOP, "posix/table.def"))
             if "linux" in row[2]}
    status = read_status(os.path.join(TOP, "posix/status.def"))
    counts = {"done": 0, "partial": 0, "absent": 0}
    lines = []
    for name in sorted(common):
        state, text = state_of(name, name in there, status)
        counts[state] += 1
        lines.append(f"| `{name}` | {state} | {text} |\n")
    old = "`, `".join(sorted(numbers["x86_64"].keys() - common))
    return HEAD.format(**counts) + "".join(lines) + TAIL.format(names=old)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--musl", required=True, help="source folder of the C library")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    path = os.path.join(TOP, "docs/posix.md")
    text = make(options.musl)
    if options.check:
        with open(path, encoding="utf-8") as file:
            if file.read() != text:
                raise Error("docs/posix.md is old: run make docs")
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    try:
        main()
    except (Error, gen_syscalls.Error, OSError) as error:
        sys.exit(f"gen_posix_doc.py: {error}")
