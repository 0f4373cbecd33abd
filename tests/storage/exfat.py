# SPDX-License-Identifier: BSD-2-Clause
"""exFAT volumes: made, checked and read without the host's tools, which are often not there.
[Microsoft exFAT file system specification, 2019]
"""
import os
import struct

SECTOR = 512
END, FREE = 0xffffffff, 0
FILE, STREAM, NAME, BITMAP, UPCASE = 0x85, 0xc0, 0xc1, 0x81, 0x82
FOLDER = 0x10


def upper(unit):
    """One UTF-16 unit as a capital."""
    if 0xd800 <= unit < 0xe000:
        return unit
    text = chr(unit).upper()
    return ord(text) if len(text) == 1 and ord(text) < 0x10000 else unit


UPPER = [upper(unit) for unit in range(0x10000)]


def packed_table():
    """UPPER, with 0xffff and a number for so many units that are their own capitals."""
    units, at = [], 0
    while at < 0x10000:
        same = at
        while same < 0x10000 and UPPER[same] == same:
            same += 1
        units += [0xffff, same - at] if same - at > 2 else UPPER[at:same]
        at = same
        if at < 0x10000:
            units.append(UPPER[at])
            at += 1
    return struct.pack(f"<{len(units)}H", *units)


def rotated(value, bits, data, left_out=()):
    """The checksums of exFAT: rotate right, add a byte."""
    for place, byte in enumerate(data):
        if place not in left_out:
            value = ((value >> 1 | (value & 1) << bits - 1) + byte) & ((1 << bits) - 1)
    return value


def name_hash(name):
    """Of the name in capitals."""
    units = struct.unpack(f"<{len(name.encode('utf-16le')) // 2}H", name.encode("utf-16le"))
    return rotated(0, 16, struct.pack(f"<{len(units)}H", *[UPPER[unit] for unit in units]))


def make(path, size, cluster_sectors=8):
    """An empty volume."""
    total, shift = size // SECTOR, cluster_sectors.bit_length() - 1
    fat_sectors = -(-((total - 128) // cluster_sectors + 2) * 4 // SECTOR)
    heap = -(-(128 + fat_sectors) // cluster_sectors) * cluster_sectors
    count = (total - heap) // cluster_sectors
    table = packed_table()
    bytes_each = cluster_sectors * SECTOR
    parts = [bytearray(-(-count // 8)), table, bytearray(bytes_each)]
    lengths = [-(-len(part) // bytes_each) for part in parts]
    first = [2, 2 + lengths[0], 2 + lengths[0] + lengths[1]]
    for used in range(sum(lengths)):
        parts[0][used // 8] |= 1 << used % 8
    parts[2][:64] = (struct.pack("<BB18xIQ", BITMAP, 0, first[0], len(parts[0])) +
                     struct.pack("<B3xI12xIQ", UPCASE, rotated(0, 32, table), first[1],
                                 len(table)))
    fat = [0xfffffff8, END]
    for begin, length in zip(first, lengths):
        fat += [*range(begin + 1, begin + length), END]
    boot = bytearray(SECTOR * 12)
    struct.pack_into("<3s8s53xQQIIIIIIHHBBBBB", boot, 0, b"\xeb\x76\x90", b"EXFAT   ", 0, total,
                     128, fat_sectors, heap, count, first[2], 0x12345678, 0x100, 0, 9, shift, 1,
                     0x80, 0xff)
    for sector in range(9):
        struct.pack_into("<H", boot, sector * SECTOR + 510, 0xaa55)
    checksum = rotated(0, 32, boot[:11 * SECTOR], (106, 107, 112))
    boot[11 * SECTOR:] = struct.pack("<I", checksum) * (SECTOR // 4)
    with open(path, "wb") as file:
        file.truncate(size)
        file.write(boot * 2)
        file.seek(128 * SECTOR)
        file.write(struct.pack(f"<{len(fat)}I", *fat))
        for begin, part in zip(first, parts):
            file.seek((heap + (begin - 2) * cluster_sectors) * SECTOR)
            file.write(part)


def is_exfat(path):
    """By the volume's own word."""
    with open(path, "rb") as file:
        return file.read(11)[3:] == b"EXFAT   "


class Volume:
    """A volume's files, and what is wrong with it."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        (self.fat, _, self.heap, self.count, root) = struct.unpack_from("<IIIII", self.data, 80)
        self.flags, _, shift = struct.unpack_from("<HBB", self.data, 106)
        self.cluster = SECTOR << shift
        self.wrong, self.files, self.used = [], {}, {}
        self.bitmap = b""
        self.folder("", self.chain("/", root, None, False))
        self.compare()
        if self.flags & 2:
            self.wrong.append("it says that it is in use")

    def entry(self, cluster):
        """A cluster's word in the FAT."""
        return struct.unpack_from("<I", self.data, self.fat * SECTOR + 4 * cluster)[0]

    def chain(self, owner, first, length, contiguous):
        """The bytes of a chain, all of its clusters; `length` None: as far as the FAT says."""
        wanted = None if length is None else -(-length // self.cluster)
        cluster, parts = first, []
        while wanted is None or len(parts) < wanted:
            if not 2 <= cluster < self.count + 2:
                self.wrong.append(f"{owner}: cluster {cluster:#x} after {len(parts)}, not {wanted}")
                break
            if cluster in self.used:
                self.wrong.append(f"{owner} and {self.used[cluster]} share cluster {cluster}")
                break
            self.used[cluster] = owner
            at = self.heap * SECTOR + (cluster - 2) * self.cluster
            parts.append(self.data[at:at + self.cluster])
            cluster = cluster + 1 if contiguous else self.entry(cluster)
            if wanted is None and cluster == END:
                break
        if wanted and not contiguous and len(parts) == wanted and cluster != END:
            self.wrong.append(f"{owner}: its chain goes on to {cluster:#x}")
        return b"".join(parts)

    def folder(self, path, data):
        """All entries of a folder, and of those in it."""
        at, names, ended = 0, set(), False
        while at < len(data):
            kind = data[at]
            ended |= kind == 0
            if ended and kind:
                self.wrong.append(f"{path}/: an entry behind the end at {at}")
                return
            if kind in (BITMAP, UPCASE):
                first, length = struct.unpack_from("<IQ", data, at + 20)
                table = self.chain("a table", first, length, False)[:length]
                self.bitmap = table if kind == BITMAP else self.bitmap
            if kind != FILE:
                if kind in (STREAM, NAME):
                    self.wrong.append(f"{path}/: a part without its file at {at}")
                at += 32
                continue
            size = 32 * (data[at + 1] + 1)
            name = self.one(path, data[at:at + size])
            if name.upper() in names:
                self.wrong.append(f"{path}/{name} is there twice")
            names.add(name.upper())
            at += size

    def one(self, path, entries):
        """A file or folder; its name."""
        checksum, attributes = struct.unpack_from("<HH", entries, 2)
        flags, length, hashed, valid, first, size = struct.unpack_from("<BxBH2xQ4xIQ", entries, 33)
        units = b"".join(entries[at + 2:at + 32] for at in range(64, len(entries), 32))
        name = units[:2 * length].decode("utf-16le", "replace")
        where = f"{path}/{name}"
        kinds = [entries[at] for at in range(32, len(entries), 32)]
        if kinds != [STREAM] + [NAME] * (-(-length // 15)):
            self.wrong.append(f"{where}: parts {kinds}")
        if rotated(0, 16, entries, (2, 3)) != checksum:
            self.wrong.append(f"{where}: the checksum of its entries")
        if name_hash(name) != hashed:
            self.wrong.append(f"{where}: the hash of its name")
        if valid > size or bool(first) != bool(size) or not flags & 1:
            self.wrong.append(f"{where}: {valid} of {size} bytes at {first}, flags {flags}")
        data = self.chain(where, first, size, flags & 2) if first else b""
        if attributes & FOLDER:
            self.files[where] = None
            if size % self.cluster or not size:
                self.wrong.append(f"{where}: a folder of {size} bytes")
            self.folder(where, data)
        else:
            self.files[where] = data[:valid] + bytes(size - valid)
        return name

    def compare(self):
        """The bitmap has what chains have."""
        for cluster in range(2, self.count + 2):
            taken = self.bitmap[(cluster - 2) // 8] >> (cluster - 2) % 8 & 1
            if taken != (cluster in self.used):
                self.wrong.append(f"cluster {cluster} is " + (
                    "taken, and nobody's" if taken else f"free, and {self.used[cluster]}'s"))


def check(path):
    """What is wrong, as lines."""
    return "\n".join(Volume(path).wrong[:20])


def extract(path, folder):
    """All files, to a folder of the host."""
    for name, data in Volume(path).files.items():
        to = folder + name
        if data is None:
            os.makedirs(to, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with open(to, "wb") as file:
            file.write(data)
