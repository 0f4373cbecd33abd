#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check that the kernel touches no floating-point register, except where it saves the program's.

    check_fp.py --objdump TOOL --arch ARCH OBJECT ...
"""
import argparse
import re
import subprocess
import sys

# Instructions that name such a register.
USES = {
    "aarch64": re.compile(
        r"\t(?!b|cb|tb|adr)\w+\t([^<]*[\s,{\[])?(v\d+\.|[qdsh]\d+\b)|\tf(mov|add|mul|cvt)"),
    "x86_64": re.compile(r"%[xyz]mm\d|%st\b|%mm\d|\t(cvt|fld|fst|fadd|fmul)"),
    "riscv64": re.compile(r"\t(c\.)?f(?!ence)[a-z.]+\t|\tf(r|s)csr\b"),
}
# The switch and the saving of a program's registers are about nothing else.
HOMES = re.compile(r"(arch_)?(fpu|switch|resume|thread_start)\w*$|\w*_fpu_\w*$|arch_switch\w*$")
LABEL = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")


def main():
    """Print what is wrong; status 1 when anything is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objdump", default="objdump")
    parser.add_argument("--arch", required=True, choices=sorted(USES))
    parser.add_argument("objects", nargs="+")
    options = parser.parse_args()
    text = subprocess.run([options.objdump, "-d", "--no-show-raw-insn", *options.objects],
                          capture_output=True, text=True, check=True).stdout
    uses, function, wrong = USES[options.arch], "", []
    for line in text.splitlines():
        label = LABEL.match(line)
        if label and not label[1].startswith("."):
            function = label[1]
        elif line.startswith(" ") and uses.search(line) and not HOMES.match(function):
            wrong.append(f"{options.arch}: {function}: " + " ".join(line.split()))
    for sentence in wrong[:40]:
        print(sentence)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
