#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What takes how much of an image, by part, from the linker's map.

    size.py --objdump TOOL --elf FILE --map FILE --obj FOLDER --out FILE

A part is a folder of the kernel, a driver, the C library, the compiler's library, or the
application. The kernel is one object in the map, so its sections are looked up by their symbols'
source files. Padding, the packed relocations and the boot note are "layout".
"""
import argparse
import collections
import os
import re
import subprocess

COLUMNS = {".text": "text", ".rodata": "rodata", ".relro": "rodata", ".tdata": "rodata",
           ".eh_frame_hdr": "rodata", ".relr": "rodata", ".note.pvh": "rodata", ".initrd": "initrd",
           ".data": "data", ".bss": "bss", ".boot_stack": "boot", ".boot_tables": "boot"}
UNWIND = {".eh_frame": "rodata", ".gcc_except_table": "rodata"}
ORDER = ["text", "rodata", "initrd", "data", "bss", "boot"]
INPUT = re.compile(r"^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$")


def chunks(path):
    """(output section, input section, size, file) of everything the map places."""
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("Linker script and memory map", 1)[-1].split("\n")
    output, held = None, ""
    for line in lines:
        if line.startswith("."):
            output = line.split()[0]
            held = ""
            continue
        if line.startswith(" .") or line.startswith(" COMMON"):
            held = line if len(line.split()) == 1 else ""
            match = INPUT.match(line)
        elif held and line.startswith("      "):
            match = INPUT.match(held + " " + line.strip())
            held = ""
        else:
            continue
        if match and output in COLUMNS and int(match[3], 16):
            yield output, match[1], int(match[3], 16), match[4]


def kernel_owners(objdump, folder):
    """{section name: source} of the kernel's objects, as far as names tell."""
    owners = {}
    objects = []
    for here, _, names in os.walk(folder):
        objects += [os.path.join(here, name) for name in names if name.endswith(".o")]
    text = subprocess.run([objdump, "-h", "-w", *sorted(objects)], capture_output=True,
                          text=True, check=False).stdout
    source = ""
    for line in text.split("\n"):
        words = line.split()
        if ":     file format" in line:
            source = os.path.relpath(line.split(":")[0], folder)[:-2]
        elif len(words) > 2 and words[0].isdigit():
            owners.setdefault((words[1], int(words[2], 16)), source)
            owners.setdefault(words[1], source)
    return owners


def part_of(file, section, size, owners):
    """The row of the table a chunk belongs to."""
    if section.startswith((".eh_frame", ".gcc_except_table")):
        return "unwind tables"
    if re.search(r"/kernel(-fs)?(-net)?\.o", file):
        source = owners.get((section, size)) or owners.get(section) or "kernel"
        folders = source.split("/")
        if folders[0] == "dev" and len(folders) > 2:
            return "driver " + "/".join(folders[1:])
        return "kernel " + (folders[0] if len(folders) > 1 else "other")
    if "libgcc" in file:
        return "libgcc"
    if "libc.a" in file:
        return "libc"
    if "libunishyper.a" in file:
        return "libunishyper"
    return "app" if "/app/" in file else "other"


def main():
    """Write the table."""
    parser = argparse.ArgumentParser()
    for name in ("objdump", "elf", "map", "obj", "out"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    text = subprocess.run([options.objdump, "-h", "-w", options.elf], capture_output=True,
                          text=True, check=True).stdout
    if " .eh_frame_hdr " in text:   # else they are there for gdb alone
        COLUMNS.update(UNWIND)
    table = collections.defaultdict(lambda: collections.defaultdict(int))
    owners = kernel_owners(options.objdump, options.obj)
    for output, section, size, file in chunks(options.map):
        table[part_of(file, section, size, owners)][COLUMNS[output]] += size
    total = collections.defaultdict(int)
    for line in text.split("\n"):
        words = line.split()
        if len(words) > 2 and words[1] in COLUMNS:
            total[COLUMNS[words[1]]] += int(words[2], 16)
    for column in ORDER:
        rest = total[column] - sum(row[column] for row in table.values())
        if rest > 0:
            table["layout"][column] += rest
    lines = [f"{'part':<28}" + "".join(f"{column:>9}" for column in ORDER) + "     file"]
    last = ("layout", "other", "unwind tables")
    for part in sorted(table, key=lambda name: (name in last, name)) + ["total"]:
        row = total if part == "total" else table[part]
        in_file = sum(row[column] for column in ORDER[:4])
        lines.append(f"{part:<28}" + "".join(f"{row[column]:>9}" for column in ORDER)
                     + f"{in_file:>9}")
    with open(options.out, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
