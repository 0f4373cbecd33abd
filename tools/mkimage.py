#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Link an image and make it bootable.

    mkimage.py --elf OUT.elf --img OUT.img [--memo FILE] [--name NAME] -- ld ARGUMENTS

runs the linker (adding -o and the size of the relocation table), then
 - checks that all dynamic relocations are relative and no segment is writable and executable,
 - writes each relocation's value into the file, so that the image runs at its link address,
 - packs their places as a RELR table [gABI, "SHT_RELR"] into .relr, for an image moved elsewhere,
 - with SYMS=y fills .names with the functions' names (names.py),
 - turns the segment with the linker's dynamic tables into PT_NULL and fills in the size that a
   Linux boot header tells,
 - writes OUT.img: a raw image (aarch64, riscv64) or a stripped ELF file (x86_64).

The size of the table is known after the link only, so the image is linked again when it was
guessed wrong; FILE remembers it for the next time.
"""
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends it without a word
# pylint: disable=wrong-import-position
import argparse
import os
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
import names	# pylint: disable=wrong-import-position

PT_NULL, PT_LOAD, PT_NOTE, PT_TLS = 0, 1, 4, 7
PF_X, PF_W = 1, 2
SHF_ALLOC = 2
EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")
SHDR = struct.Struct("<IIQQQQIIQQ")
RELA = struct.Struct("<QQq")
SYM = struct.Struct("<IBBHQQ")
MACHINES = {62: ("x86_64", 8), 183: ("aarch64", 1027), 243: ("riscv64", 3)}
PAGE = 4096
RELR_NOTHING = struct.pack("<Q", 1)	# an odd word without bits moves on by 63 words, no more


class Failure(Exception):
    pass


class Elf:
    """A linked image in memory, changed in place."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = bytearray(f.read())
        head = EHDR.unpack_from(self.data)
        if head[2] not in MACHINES:
            raise Failure("the linker made a file for machine %d, which is unknown here" % head[2])
        self.arch, self.relative = MACHINES[head[2]]
        self.machine, self.entry, self.flags = head[2], head[4], head[7]
        self.phoff, self.phnum = head[5], head[10]
        self.shoff = head[6]
        self.segments = [PHDR.unpack_from(self.data, self.phoff + i * PHDR.size)
                 for i in range(self.phnum)]
        headers = [SHDR.unpack_from(self.data, head[6] + i * SHDR.size)
               for i in range(head[12])]
        names = headers[head[13]]
        self.sections = {}
        self.headers = headers
        for h in headers:
            start = names[4] + h[0]
            name = self.data[start:self.data.index(0, start)].decode()
            self.sections[name] = h

    def offset(self, vaddr):
        for kind, _, offset, va, _, filesz, _, _ in self.segments:
            if kind == PT_LOAD and va <= vaddr < va + filesz:
                return offset + vaddr - va
        raise Failure("the address %#x has no bytes in the file" % vaddr)

    def symbols(self):
        """Yields name, value, size of all symbols."""
        tab = self.sections[".symtab"]
        strings = self.sections[".strtab"][4]
        for i in range(0, tab[5], SYM.size):
            name, _, _, _, value, size = SYM.unpack_from(self.data, tab[4] + i)
            start = strings + name
            yield self.data[start:self.data.index(0, start)].decode(), value, size

    def names_table(self):
        """The names of SYMS=y, for which the link script leaves room."""
        tab, strings = self.sections[".symtab"], self.sections[".strtab"][4]
        text = self.sections[".text"]
        found = []
        for i in range(0, tab[5], SYM.size):
            name, info, _, index, value, size = SYM.unpack_from(self.data, tab[4] + i)
            start = strings + name
            if index and info & 15 in (0, 2):
                found.append((value, size, info & 15 == 2,
                              self.data[start:self.data.index(0, start)].decode()))
        return names.table(found, text[3], text[3] + text[5])

    def symbol_at(self, vaddr):
        best = None
        for name, value, _ in self.symbols():
            if value <= vaddr and name and not name.startswith("$") and \
               (best is None or value > best[1]):
                best = (name, value)
        return "%#x" % vaddr if best is None else "%s+%#x" % (best[0], vaddr - best[1])

    def dynamic_name(self, index):
        tab = self.sections[".dynsym"]
        name = SYM.unpack_from(self.data, tab[4] + index * SYM.size)[0]
        start = self.sections[".dynstr"][4] + name
        return self.data[start:self.data.index(0, start)].decode()

    def relocations(self):
        """The places and values of all relative relocations; any other is an error."""
        places = {}
        table = self.sections.get(".rela.dyn")
        if table is None:
            return places
        bad = []
        for place, info, addend in RELA.iter_unpack(self.data[table[4]:table[4] + table[5]]):
            kind, index = info & 0xffffffff, info >> 32
            if kind == self.relative and place % 8 == 0:
                places[place] = addend
            elif kind != 0:
                bad.append((place, kind, index))
        if bad:
            place, kind, index = bad[0]
            raise Failure("%d relocation(s) cannot be packed; the first is of type %d in %s%s" % (
                len(bad), kind, self.symbol_at(place),
                ", to the symbol " + self.dynamic_name(index) if index else
                " (not aligned to 8)" if kind == self.relative else ""))
        return places


def relr_pack(places):
    """An even word is a place; an odd one maps the 63 words behind the last place."""
    words = []
    places = sorted(places)
    i = 0
    while i < len(places):
        words.append(places[i])
        base = places[i] + 8
        i += 1
        while True:
            bits = 0
            while i < len(places) and places[i] - base < 63 * 8:
                bits |= 1 << ((places[i] - base) // 8)
                i += 1
            if not bits:
                break
            words.append(bits << 1 | 1)
            base += 63 * 8
    return struct.pack("<%dQ" % len(words), *words) or RELR_NOTHING


def link(command, out, relr_size, names_size):
    """One run of the linker. Its words go through; what beginners meet gets one of ours."""
    run = subprocess.run(command + ["-o", out, "--defsym=__relr_size=%d" % relr_size,
                                    "--defsym=__names_size=%d" % names_size],
                 stderr=subprocess.PIPE, text=True, errors="replace")
    if run.returncode == 0:
        sys.stderr.write(run.stderr)
        return
    if "undefined reference to `main'" in run.stderr:
        if not [line for line in run.stderr.splitlines()
                if "undefined reference" in line and "`main'" not in line]:
            raise Failure("there is no function main in this program")
    # What follows from an undefined symbol tells nothing more.
    noise = ("dynamic relocation", "relocation against", "relocation truncated") \
        if "undefined reference" in run.stderr else ("\0",)
    sys.stderr.write("".join(line for line in run.stderr.splitlines(True)
                             if not any(word in line for word in noise)))
    if "multiple definition of `main'" in run.stderr:
        raise Failure("there are several functions main: when these are several programs, name "
                      "them in app.mk (BINS = one two)")
    raise Failure("the program does not link (the linker's reasons stand above)" + (
        "; C files of folders below are compiled when app.mk names them (SRCS = sub/*.c)"
        if "undefined reference" in run.stderr else ""))


def memo_read(path):
    try:
        with open(path) as f:
            relr, *names_size = map(int, f.read().split())
            return relr, names_size[0] if names_size else 8
    except (OSError, TypeError, ValueError):
        return 256, 8


def link_to_size(command, out, memo):
    """Links until each table's room is what it needs: the result hangs on the input alone."""
    size, names_size = memo_read(memo)
    for attempt in range(7):
        link(command, out, size, names_size)
        elf = Elf(out)
        places = elf.relocations()
        table = relr_pack(places)
        found = elf.names_table() if ".names" in elf.sections else b""
        fits = len(table) == size or attempt >= 3 and len(table) < size
        if fits and (not found or len(found) == names_size or
                     attempt >= 3 and len(found) < names_size):
            break
        size = size if fits else len(table)
        names_size = len(found) or 8
    else:
        raise Failure("the size of the tables does not settle")
    if found:
        at = elf.sections[".names"][4]
        elf.data[at:at + len(found)] = found
    if memo:
        with open(memo, "w") as f:
            f.write("%d %d\n" % (size, names_size))
    return elf, places, table + RELR_NOTHING * ((size - len(table)) // 8)


def apply_relocations(elf, places, table):
    for place, value in places.items():
        struct.pack_into("<q", elf.data, elf.offset(place), value)
    section = elf.sections.get(".relr")
    elf.data[section[4]:section[4] + len(table)] = table


def drop_junk(elf):
    """Loads that hold the linker's dynamic tables become PT_NULL, last in the table."""
    dyn = elf.sections.get(".rela.dyn") or elf.sections.get(".dynamic")
    keep, junk = [], []
    for s in elf.segments:
        if s[0] not in (PT_LOAD, PT_NOTE, PT_TLS):
            junk.append(s)
            continue
        holds = dyn is not None and s[0] == PT_LOAD and s[3] <= dyn[3] < s[3] + max(s[6], 1)
        (junk if holds or s[0] == PT_LOAD and s[6] == 0 else keep).append(s)
    for s in keep:
        if s[0] == PT_LOAD and s[1] & PF_X and s[1] & PF_W:
            raise Failure("a segment is writable and executable")
    elf.segments = keep
    # These sections take no place in memory any more: debuggers wonder about those that do (but
    # read the frames of .eh_frame only when it is said to be loaded).
    for name, h in elf.sections.items():
        if h[2] & SHF_ALLOC and name != ".eh_frame" and \
           any(s[3] <= h[3] < s[3] + s[6] for s in junk if s[0] == PT_LOAD):
            place = elf.shoff + elf.headers.index(h) * SHDR.size
            SHDR.pack_into(elf.data, place, *h[:2], h[2] & ~SHF_ALLOC, *h[3:])
    for i, s in enumerate(keep + [(PT_NULL, 0, 0, 0, 0, 0, 0, 8)] * len(junk)):
        PHDR.pack_into(elf.data, elf.phoff + i * PHDR.size, *s)


def loads(elf):
    return [s for s in elf.segments if s[0] == PT_LOAD]


def fill_boot_header(elf):
    """Both Linux headers hold the image's size in memory at byte 16."""
    first, last = loads(elf)[0], loads(elf)[-1]
    offset = first[2]
    magic = {"aarch64": (56, b"ARM\x64"), "riscv64": (48, b"RISCV\0\0\0")}.get(elf.arch)
    if magic is None:
        return
    if elf.data[offset + magic[0]:offset + magic[0] + len(magic[1])] != magic[1]:
        raise Failure("the image does not begin with a Linux boot header (.text.boot)")
    size = -(-(last[3] + last[6] - first[3]) // PAGE) * PAGE
    struct.pack_into("<Q", elf.data, offset + 16, size)


def raw_image(elf):
    out = bytearray()
    base = loads(elf)[0][4]
    for _, _, offset, _, pa, filesz, _, _ in loads(elf):
        if filesz:
            out += bytes(pa - base - len(out))
            out += elf.data[offset:offset + filesz]
    return out


def elf_image(elf):
    """An ELF file of PT_LOADs and PT_NOTE alone, without sections; the entry is physical."""
    parts = loads(elf) + [s for s in elf.segments if s[0] == PT_NOTE]
    if parts[-1][0] != PT_NOTE:
        raise Failure("the image has no PVH note")
    out = bytearray(EHDR.size + PHDR.size * len(parts))
    table = []
    for kind, flags, offset, va, pa, filesz, memsz, align in parts:
        if kind == PT_LOAD:
            out += bytes(-len(out) % PAGE if filesz else 0)
            at = len(out)
            out += elf.data[offset:offset + filesz]
        else:
            home, where = next((s, t) for s, t in zip(loads(elf), table)
                       if s[3] <= va < s[3] + s[5])
            at = where[2] + va - home[3]
        table.append((kind, flags, at, va, pa, filesz, memsz, align))
    entry = elf.entry - table[0][3] + table[0][4]
    ident = bytes(elf.data[:16])
    EHDR.pack_into(out, 0, ident, 2, elf.machine, 1, entry, EHDR.size, 0, elf.flags, EHDR.size,
               PHDR.size, len(parts), 0, 0, 0)
    for i, s in enumerate(table):
        PHDR.pack_into(out, EHDR.size + i * PHDR.size, *s)
    return out


def write(path, data):
    """A file appears whole or not at all."""
    with open(path + ".tmp", "wb") as f:
        f.write(data)
    os.replace(path + ".tmp", path)


def main():
    parser = argparse.ArgumentParser(description="link an image and make it bootable")
    parser.add_argument("--elf", required=True)
    parser.add_argument("--img", required=True)
    parser.add_argument("--memo")
    parser.add_argument("--name", default="the program")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    opts = parser.parse_args()
    linked = opts.elf + ".ld"
    try:
        elf, places, table = link_to_size(opts.command[1:], linked, opts.memo)
        apply_relocations(elf, places, table)
        drop_junk(elf)
        fill_boot_header(elf)
        image = elf_image(elf) if elf.arch == "x86_64" else raw_image(elf)
        write(opts.elf, elf.data)
        if ".names" in elf.sections:
            size, text = elf.sections[".names"][5], elf.sections[".text"][5]
            print("%s: names of functions: %d bytes, %.1f %% of text" %
                  (opts.name, size, 100 * size / text))
        write(opts.img, image)      # last: make sees it as made from the other
    except Failure as e:
        sys.exit("%s: %s" % (opts.name, e))
    finally:
        if os.path.exists(linked):
            os.unlink(linked)


if __name__ == "__main__":
    main()
