#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Make docs/configuration.md from the build, and the figures in README.md from docs/benchmarks.md.

Sources: `make help` (tools/build/help.mk), the comment at the top of tools/build/app.mk, the table
in docs/benchmarks.md. With --check nothing is written; the status is 1 if something is not what it
would be.
"""
import argparse
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONFIGURATION = "docs/configuration.md"
HEAD = """<!-- SPDX-License-Identifier: BSD-2-Clause -->
<!-- Made by tools/gen_reference.py from make help and tools/build/app.mk: do not edit. -->
# Configuration

Variables stand on the command line of `make` and `./uni`, in any order (`./uni run lua
ARCH=riscv64 SMP=4`), or in the environment. An empty one has its default; a wrong value ends in one
sentence that names the allowed ones. What an application always wants, its `app.mk` says. There is
no configuration file: what is not asked for is not in the image, because nothing refers to it.

| short for `./uni run` | means |
|---|---|
| `./uni run NAME` | `APP=NAME`, an example or the path of a folder |
| `-a`, `--arch` | `ARCH=` |
| `-m`, `--machine` | `MACHINE=` |
| `--smp`, `--mem` | `SMP=`, `MEM=` |
| `-- words` | `ARGS=`, word by word |

The kernel's own boot words, for `BOOTARGS=`, are in [boot.md](boot.md).
"""
# Rows of the benchmarks that the README shows, and what they mean in a few words.
FIGURES = (
    ("hello_bytes", "image of hello world with `printf`, bytes"),
    ("hello_memory", "memory it takes until `main`, bytes"),
    ("boot_instructions", "from its first instruction to `main`"),
    ("getppid", "a system call"),
    ("yield_pair", "two threads yield to each other"),
    ("sem_pingpong", "two threads wake each other"),
    ("pthread_create_join", "a thread, from its creation to its join"),
    ("malloc64", "`malloc(64)` and `free()`"),
    ("pipe_pingpong", "a byte to and fro through pipes"),
    ("file_read_ratio", "reading a large file on FAT: times that Linux takes as many"),
    ("sqlite_fat_ratio", "SQLite on FAT: times that Linux takes as many"),
)
BEGIN = "<!-- figures: made by make docs from docs/benchmarks.md -->\n"
END = "<!-- end of figures -->\n"


def read(path):
    """A text file of the tree."""
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def cell(text):
    """Text inside of a table; documents become links."""
    return re.sub(r"docs/([\w-]+\.md)", r"[\1](\1)", text.replace("|", "\\|"))


def help_sections():
    """{title: [(names, text)]} of what make help prints."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    text = subprocess.run(["make", "-s", "--no-print-directory", "-C", TOP, "help"], check=True,
                          env=env, capture_output=True, text=True).stdout
    sections, rows = {}, None
    for line in text.splitlines():
        if re.match(r"[A-Z]\w+( \(.*\))?$", line):
            rows = sections.setdefault(line.split()[0], [])
        elif line.startswith("     ") and rows:
            rows[-1] = (rows[-1][0], rows[-1][1] + " " + line.strip())
        elif line.startswith("  ") and rows is not None:
            # Names end where two blanks stand, or where their column ends.
            found = re.match(r"  ([^\s,]+(?:, [^\s,]+)*) +(.*)", line)
            rows.append((found[1], found[2]))
    return sections


def app_rows():
    """[(names, text)] of what an app.mk may set."""
    rows = []
    for line in read("tools/build/app.mk").splitlines():
        found = re.match(r"#   ([A-Z_]+(?:[, ]+[A-Z_]+\b)*)  +(.*)", line)
        if found:
            rows.append((found[1], found[2]))
        elif line.startswith("#             ") and rows:
            rows[-1] = (rows[-1][0], rows[-1][1] + " " + line[1:].strip())
        elif rows and not line.startswith("#"):
            break
    return rows


def table(head, rows):
    """A table; names become code."""
    lines = [f"| {head} | |", "|---|---|"]
    for names, text in rows:
        names = ", ".join(f"`{name}`" for name in re.split(r"[, ]+", names))
        lines.append(f"| {names} | {cell(text)} |")
    return "\n".join(lines) + "\n"


def configuration():
    """The document."""
    sections = help_sections()
    return (HEAD + "\n## Targets\n\n" + table("target", sections["Targets"]) +
            "\n## Variables\n\nThe default comes first, or stands in brackets.\n\n" +
            table("variable", sections["Variables"]) +
            "\n## What an application's app.mk may set\n\nEverything is optional: a folder without "
            "this file is an application, too ([build.md](build.md)).\n\n" +
            table("variable", app_rows()))


def figures():
    """The table of the README."""
    rows = {}
    for line in read("docs/benchmarks.md").splitlines():
        found = re.match(r"\| `(\w+)`[^|]*\|", line)
        cells = [part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]]
        if found and len(cells) == 7:
            rows[found[1]] = cells[3:]
    text = "| | aarch64 | x86_64 | riscv64 | others |\n|---|---|---|---|---|\n"
    for name, words in FIGURES:
        text += f"| {words} | " + " | ".join(rows[name]) + " |\n"
    return text


def readme():
    """README.md with the figures of the day."""
    before, rest = read("README.md").split(BEGIN)
    return before + BEGIN + figures() + END + rest.split(END)[1]


def main():
    """Writes or compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    status = 0
    for path, text in ((CONFIGURATION, configuration()), ("README.md", readme())):
        whole = os.path.join(TOP, path)
        if os.path.exists(whole) and read(path) == text:
            continue
        if options.check:
            print(f"{path} is not what tools/gen_reference.py would make: run make docs")
            status = 1
            continue
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)
    return status


if __name__ == "__main__":
    sys.exit(main())
