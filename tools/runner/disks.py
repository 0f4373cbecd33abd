# SPDX-License-Identifier: BSD-2-Clause
"""The disks of a machine: image files, checked before the start, as arguments of QEMU."""
import contextlib
import fcntl
import os
import struct

from . import RunError

KINDS = ("virtio", "nvme")
MAKE = "`make disk` makes one"
# Bytes of an image file that QEMU locks: a holder's rights, here to write [block/file-posix.c].
LOCK_FIRST, LOCK_BYTES, LOCK_WRITE = 100, 200, 101


class Disk:
    """FILE[,ro][,fat]: `ro` write-protected, `fat` it must hold a file system."""

    def __init__(self, text):
        self.path, self.flags = text, set()
        while "," in self.path and self.path.rpartition(",")[2] in ("ro", "fat"):
            self.path, _, flag = self.path.rpartition(",")
            self.flags.add(flag)
        if not self.path:
            raise RunError(f"--disk {text}: which file?")

    def check(self):
        """What is wrong with the file, in one sentence."""
        if not os.path.isfile(self.path):
            raise RunError(f"the disk image {self.path} is not there: {MAKE}")
        need = os.R_OK if "ro" in self.flags else os.R_OK | os.W_OK
        if not os.access(self.path, need):
            raise RunError(f"the disk image {self.path} may not be written: change that, or "
                           f"{MAKE} at DISK_IMG=")
        with open(self.path, "rb") as file:
            if self.locked(file):
                raise RunError(f"the disk image {self.path} is in use by another machine: wait "
                               f"for its end, or give this one its own (make disk DISK_IMG=...)")
            if "fat" in self.flags and not formatted(file):
                raise RunError(f"the disk image {self.path} has no FAT file system: remove it, "
                               f"then {MAKE}")

    def locked(self, file):
        """Does another QEMU use it in a way that excludes ours?"""
        area = (LOCK_WRITE, 1) if "ro" in self.flags else (LOCK_FIRST, LOCK_BYTES)
        query = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, *area, 0)
        with contextlib.suppress(OSError):
            answer = fcntl.fcntl(file, fcntl.F_OFD_GETLK, query)
            return struct.unpack("hhqqi4x", answer)[0] != fcntl.F_UNLCK
        return False

    def arguments(self, number, device):
        """-drive and -device."""
        drive = f"if=none,id=disk{number},format=raw,file=" + self.path.replace(",", ",,")
        if "ro" in self.flags:
            drive += ",read-only=on"
        return ["-drive", drive, "-device", f"{device},drive=disk{number}"]


def boot_record(sector):
    """Is it the first sector of a FAT or exFAT volume?"""
    return sector[510:512] == b"\x55\xaa" and (
        sector[3:11] == b"EXFAT   " or sector[54:57] == b"FAT" or sector[82:87] == b"FAT32")


def formatted(file):
    """A volume, or a disk with partitions (what is in them the kernel tells)."""
    sector = file.read(512)
    if len(sector) < 512 or sector[510:512] != b"\x55\xaa":
        return False
    return boot_record(sector) or any(sector[at + 4] for at in range(446, 510, 16))


def arguments(disks, kind, bus, arch):
    """All disks' arguments; `bus` is mmio or pci."""
    if not disks:
        return []
    result = []
    if kind == "virtio" and bus == "mmio":
        result += ["-global", "virtio-mmio.force-legacy=false"]
    for number, disk in enumerate(disks):
        if kind == "nvme":
            device = f"nvme,serial=uni{number}"
        elif bus == "mmio":
            device = "virtio-blk-device"
            if arch == "aarch64": # left to itself, QEMU gives the first one the last place
                device += f",bus=virtio-mmio-bus.{number}"
        else:
            device = "virtio-blk-pci,disable-legacy=on"
        result += disk.arguments(number, device)
    return result
