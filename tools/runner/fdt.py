# SPDX-License-Identifier: BSD-2-Clause
"""Sets properties of /chosen in a flattened device tree (version 17)."""
import struct

MAGIC = 0xd00dfeed
BEGIN, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9


def pad(data):
    """Fills up to a multiple of four bytes."""
    return data + bytes(-len(data) % 4)


def set_chosen(blob, values):
    """A copy of `blob` whose /chosen has the properties `values` (name -> bytes) in front."""
    (magic, _, structs, strings, reserve, version, compatible, boot_cpu, strings_size,
     structs_size) = struct.unpack_from(">10I", blob)
    if magic != MAGIC:
        raise ValueError("not a device tree")
    names = bytearray(blob[strings:strings + strings_size])
    fresh = b""
    for name, value in values.items():
        offset = len(names)
        names += name.encode() + b"\0"
        fresh += struct.pack(">III", PROP, len(value), offset) + pad(value)
    old, out, path, at = blob[structs:structs + structs_size], bytearray(), [], 0
    done = False
    while at < len(old):
        start, token = at, struct.unpack_from(">I", old, at)[0]
        at += 4
        if token == BEGIN:
            end = old.index(b"\0", at)
            path.append(old[at:end])
            at = (end + 4) & ~3
            out += old[start:at]
            if path == [b"", b"chosen"]:
                out += fresh
                done = True
            continue
        if token == PROP:
            length, offset = struct.unpack_from(">II", old, at)
            at += 8 + (length + 3 & ~3)
            name = bytes(names[offset:names.index(0, offset)]).decode()
            if path == [b"", b"chosen"] and name in values:
                continue
        elif token == END_NODE:
            if path == [b""] and not done:
                out += struct.pack(">I", BEGIN) + pad(b"chosen\0") + fresh
                out += struct.pack(">I", END_NODE)
            path.pop()
        out += old[start:at]
        if token == END:
            break
    reserved = blob[reserve:structs] if reserve < structs else bytes(16)
    at_structs = 40 + len(reserved)
    at_strings = at_structs + len(out)
    total = at_strings + len(names)
    head = struct.pack(">10I", MAGIC, total, at_structs, at_strings, 40, version, compatible,
                       boot_cpu, len(names), len(out))
    return head + reserved + bytes(out) + bytes(names)
