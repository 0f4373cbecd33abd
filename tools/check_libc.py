#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check that the compiled C library reaches the kernel by calls of stubs and by nothing else."""

import argparse
import collections
import re
import subprocess
import sys

# File of the library -> all the stubs it may refer to.
ONLY = {
    "getpid.o": {"getpid"}, "read.o": {"read"}, "write.o": {"write"}, "close.o": {"close"},
    "accept.o": {"accept"}, "__timedwait.o": {"futex"}, "open.o": {"openat", "fcntl"},
    "printf.o": set(), "vfprintf.o": set(), "malloc.o": {"brk"}, "__libc_start_main.o": set(),
    "__init_tls.o": {"mmap", "set_tid_address"}, "__stdio_write.o": {"writev"},
}
TRAP = re.compile(r"\t(svc|syscall|ecall|hvc|smc|int)\b")
# What ours replaces (deps/musl_build.sh).
REPLACED = {"memcpy", "memmove", "memset", "memcmp", "__clone", "__syscall_cp_asm", "__unmapself",
            "syscall", "__setxid"}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(nm, library):
    """{member: (defined names, undefined names)}"""
    members = collections.defaultdict(lambda: (set(), set()))
    member = ""
    for line in output(nm, library).splitlines():
        words = line.split()
        if line.endswith(".o:"):
            member = line[:-1]
        elif len(words) >= 2:
            members[member][words[-2] in "Uwv"].add(words[-1])
    return members


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cross", required=True, help="prefix of the tools")
    parser.add_argument("--library", required=True)
    parser.add_argument("--exports", required=True, help="list of the stubs")
    options = parser.parse_args()

    faults = []
    with open(options.exports, encoding="ascii") as file:
        stubs = set(file.read().split())
    members = symbols(options.cross + "nm", options.library)
    for member, (defined, undefined) in sorted(members.items()):
        called = {name for name in undefined if name.startswith("uk_")}
        faults += [f"{member} calls {name}, which is no stub" for name in sorted(called - stubs)]
        if member in ONLY and called - {"uk_sys_" + name for name in ONLY[member]}:
            faults.append(f"{member} calls {' '.join(sorted(called))}")
        for name in sorted(REPLACED & defined):
            faults.append(f"{member} defines {name}, which is ours")
    faults += [f"{member} is missing" for member in sorted(ONLY.keys() - members.keys())]

    member = ""
    for line in output(options.cross + "objdump", "-d", options.library).splitlines():
        if "file format" in line:
            member = line.split(":")[0]
        elif TRAP.search(line):
            faults.append(f"{member} holds a trap instruction: {line.strip()}")
    for fault in faults:
        print(f"check_libc.py: {options.library}: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
