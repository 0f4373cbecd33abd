# SPDX-License-Identifier: BSD-2-Clause
"""The little of ELF64 (little endian) that the tools read: segments, symbols."""
import struct

PT_LOAD = 1
SHT_SYMTAB = 2
STT_NOTYPE, STT_OBJECT, STT_FUNC = 0, 1, 2


def header(data):
    """Fields of the file header; ValueError when this is not such a file."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a little-endian ELF64 file")
    names = ("type machine version entry phoff shoff flags ehsize phentsize phnum shentsize "
             "shnum shstrndx").split()
    return dict(zip(names, struct.unpack_from("<HHIQQQIHHHHHH", data, 16)))


def segments(data):
    """Every PT_LOAD as a dictionary: offset vaddr paddr filesz memsz."""
    head = header(data)
    result = []
    for index in range(head["phnum"]):
        kind, flags, offset, vaddr, paddr, filesz, memsz, _ = struct.unpack_from(
            "<IIQQQQQQ", data, head["phoff"] + index * head["phentsize"])
        if kind == PT_LOAD:
            result.append({"offset": offset, "vaddr": vaddr, "paddr": paddr, "filesz": filesz,
                           "memsz": memsz, "flags": flags})
    return result


def symbols(path):
    """Yields (name, value, size, type, section index) of the symbol table."""
    with open(path, "rb") as file:
        data = file.read()
    head = header(data)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, head["shoff"] + i * head["shentsize"])
                for i in range(head["shnum"])]
    for _, kind, _, _, offset, size, link, _, _, entry in sections:
        if kind != SHT_SYMTAB:
            continue
        base, length = sections[link][4], sections[link][5]
        strings = data[base:base + length]
        for at in range(offset, offset + size, entry or 24):
            name, info, _, index, value, extent = struct.unpack_from("<IBBHQQ", data, at)
            yield (strings[name:strings.index(b"\0", name)].decode(errors="replace"), value,
                   extent, info & 15, index)


def functions(path):
    """Yields (address, size, name) of functions and of assembly labels."""
    for name, value, size, kind, index in symbols(path):
        if index == 0 or index >= 0xff00 or not name or name[0] in "$.":
            continue
        if kind == STT_FUNC or kind == STT_NOTYPE and not name.startswith("__set_"):
            yield value, size, name


def symbol(path, wanted):
    """The value of one symbol, or None."""
    for name, value, _, _, index in symbols(path):
        if name == wanted and index:
            return value
    return None
