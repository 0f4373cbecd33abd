#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Pack a folder as a cpio archive ("newc" format), the root file system of an image.

    mkinitrd.py FOLDER FILE

The same folder gives the same bytes: names are sorted, owners are 0, times are 0, permissions
are 755 or 644 by the owner's right to execute. Files with several names are stored as links to
each other. FILE keeps its time when its contents stay equal.
"""
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends it without a word
# pylint: disable=wrong-import-position
import os
import stat
import sys


def entry(number, name, mode, nlink=1, data=b""):
    """One member: a header of 13 numbers in 8 hexadecimal digits, the name, the data."""
    raw = os.fsencode(name) + b"\0"
    fields = (number, mode, 0, 0, nlink, 0, len(data), 0, 0, 0, 0, len(raw), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def members(top):
    """All names below top, parents first, in the order of their bytes."""
    found = []
    for folder, folders, files in os.walk(top):
        below = os.path.relpath(folder, top)
        found += [os.path.normpath(os.path.join(below, name)) for name in folders + files]
    return sorted(found, key=lambda name: [os.fsencode(part) for part in name.split(os.sep)])


def mode_of(status):
    """The permissions that do not hang on who checked the folder out."""
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFLNK:
        return kind | 0o777
    return kind | (0o755 if status.st_mode & 0o100 or kind == stat.S_IFDIR else 0o644)


def pack(top):
    """The archive's bytes. Of several names of one file the last carries the data [cpio(5)]."""
    out, numbers, last = [], {}, {}
    names = members(top)
    for name in names:
        status = os.lstat(os.path.join(top, name))
        last[(status.st_dev, status.st_ino)] = name
    for name in names:
        path = os.path.join(top, name)
        status = os.lstat(path)
        key = (status.st_dev, status.st_ino)
        number = numbers.setdefault(key, len(numbers) + 1)
        mode, data, nlink = mode_of(status), b"", 1
        if stat.S_ISREG(mode):
            nlink = sum(1 for other in names
                        if os.path.samestat(os.lstat(os.path.join(top, other)), status)) \
                if status.st_nlink > 1 else 1
            if nlink == 1 or last[key] == name:
                with open(path, "rb") as file:
                    data = file.read()
        elif stat.S_ISLNK(mode):
            data = os.fsencode(os.readlink(path))
        elif stat.S_ISDIR(mode):
            nlink = 2
        else:
            raise OSError(f"{path} is neither a file, a folder nor a link")
        out.append(entry(number, name, mode, nlink, data))
    out.append(entry(0, "TRAILER!!!", 0))
    return b"".join(out)


def main():
    """Write the archive when it differs from the one that is there."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        data = pack(sys.argv[1])
        try:
            with open(sys.argv[2], "rb") as file:
                if file.read() == data:
                    return
        except FileNotFoundError:
            pass
        with open(sys.argv[2] + ".new", "wb") as file:
            file.write(data)
        os.replace(sys.argv[2] + ".new", sys.argv[2])
    except OSError as error:
        sys.exit(f"mkinitrd.py: {error}")


if __name__ == "__main__":
    main()
