# SPDX-License-Identifier: BSD-2-Clause
"""The rows of storage: the same program on the same disk here and on a small Linux."""
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys

from lib.build import ROOT, BuildError

sys.path.insert(0, os.path.join(ROOT, "tools/measure"))
# pylint: disable=wrong-import-position
from linux import ICOUNT, Guest, LinuxError

MEMORY = "256M"
TIMEOUT = 900
BIG_MIB, DISK_SIZE = 256, "640M"
READS = 4096
FOLDER_ROUNDS = 500     # of folder.c
SPEEDTEST = ("--size", "20")
# What both do, and whether on the disk.
RATIOS = {
    "file_read_ratio": (("files", "file_read", "/fatfs"), True),
    "file_write_ratio": (("files", "file_write", "/fatfs"), True),
    "random_read_ratio": (("files", "random_read", "/fatfs"), True),
    "random_write_ratio": (("files", "random_write", "/fatfs"), True),
    "sqlite_fat_ratio": (("speedtest1", *SPEEDTEST, "/fatfs/test.db"), True),
    "sqlite_mem_ratio": (("speedtest1", *SPEEDTEST, "/test.db"), False),
    "smallfiles_ratio": (("files", "smallfiles", "/fatfs"), True),
}
ROWS = {
    "file_read_ratio": ("times", 1.5), "file_write_ratio": ("times", 1.5),
    "random_read_ratio": ("times", 1.5), "random_write_ratio": ("times", 1.5),
    "sqlite_fat_ratio": ("times", 1.1), "sqlite_mem_ratio": ("times", 1.1),
    "smallfiles_ratio": ("times", 1.5),
    "read4k_cached": ("instructions", 2000), "read4k_uncached": ("instructions", 8000),
    "block_mmio_per_mib": ("accesses", 16), "fat_bytes": ("bytes", 65536),
    "cache_memory": ("% of memory", 12.5), "stat_5000": ("instructions", 15000),
    "create_5000": ("instructions", 60000),
}
# FAT must work with so little. On riscv64 the firmware and the place that QEMU gives the device
# tree let no image of ours start with less than 5 MiB.
LEAST = {"aarch64": "4M", "x86_64": "4M", "riscv64": "6M"}


# Where the machine has its virtio devices: on this bus QEMU gives their registers no name.
MMIO = {"aarch64": ",from=a000000,to=a004000", "riscv64": ",from=10001000,to=10009000"}


class NoFigure(Exception):
    """Why a row has no value."""


def big_block():
    """The file `big`, a MiB at a time: its 32-bit words are numbered."""
    words = (1 << 20) // 4
    for mib in range(BIG_MIB):
        yield struct.pack(f"<{words}I", *range(mib * words, (mib + 1) * words))


class StorageRows:
    """For class Bench, which has builder, arch, scratch, plugin(), lines() and run()."""

    def disk(self):
        """A new copy of a FAT32 disk with `big` on it."""
        master = os.path.join(ROOT, self.builder.out, "bench-disk.img")
        if not os.path.exists(master):
            folder = os.path.join(self.scratch, "from")
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, "big"), "wb") as file:
                for block in big_block():
                    file.write(block)
            done = subprocess.run(["sh", os.path.join(ROOT, "tools/mkdisk.sh"), master + ".new",
                                   DISK_SIZE, folder], capture_output=True, check=False)
            shutil.rmtree(folder)
            if done.returncode:
                raise NoFigure(done.stderr.decode(errors="replace").strip())
            os.replace(master + ".new", master)
        path = os.path.join(self.scratch, "disk.img")
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", master, path], check=True)
        return path

    def storage_image(self, program):
        """The image of files or of the speed test, with FAT."""
        app = "sqlite" if program == "speedtest1" else "tests/bench/storage"
        try:
            return self.builder.image(app, self.arch, program, variables=("FS=y",))
        except BuildError as error:
            raise NoFigure("it cannot be built: " + str(error).splitlines()[-1].strip()) from None

    def marked(self, words, on_disk=True, plugin="", mem=MEMORY):
        """Lines of the plugin and output of one run of a program of ours."""
        options = {"disk": self.disk()} if on_disk else {}
        return self.lines(self.storage_image(words[0]), plugin, args=list(words[1:]), mem=mem,
                          timeout=TIMEOUT, icount=ICOUNT, **options)

    def our_count(self, words, on_disk=True):
        """Instructions between the marks."""
        found = {(kind, n): value for kind, n, value in self.marked(words, on_disk)[0]}
        return self.between(found, ("mark", 0), ("mark", 1))

    def linux_count(self, words, on_disk):
        """The same on Linux, which is counted once for each kernel, program and QEMU."""
        guest = Guest(self.builder.out, self.arch)
        try:
            with open(guest.make(), "rb") as file:
                key = hashlib.sha256(file.read())
        except LinuxError as error:
            raise NoFigure(str(error)) from None
        version = subprocess.run(["qemu-system-" + self.arch, "--version"], capture_output=True,
                                 check=True).stdout
        key.update(repr((guest.release(), version, words, MEMORY, DISK_SIZE,
                         ICOUNT)).encode())
        key, path = key.hexdigest(), os.path.join(guest.dir, "counts.json")
        counts = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                counts = json.load(file)
        if key not in counts:
            report = os.path.join(self.scratch, "counts")
            options = {"disk": self.disk()} if on_disk else {}
            try:
                guest.run(words, TIMEOUT, mem=MEMORY,
                          qemu_args=f"-plugin file={self.plugin()},out={report}", **options)
            except LinuxError as error:
                raise NoFigure(str(error)) from None
            with open(report, encoding="utf-8") as file:
                found = {tuple(line.split()[:2]): int(line.split()[2]) for line in file
                         if line.startswith("mark")}
            counts[key] = self.between(found, ("mark", "0"), ("mark", "1"))
            with open(path, "w", encoding="utf-8") as file:
                json.dump(counts, file, indent=1)
        return counts[key]

    def ratio(self, name):
        """Linux's instructions divided by ours."""
        words, on_disk = RATIOS[name]
        ours = self.our_count(words, on_disk)
        linux = self.linux_count(words, on_disk)
        print(f"# {name} {self.arch}: Linux {linux:,}, ours {ours:,} instructions", flush=True)
        return round(linux / ours, 2)

    def read4k_cached(self):
        """pread() of 4 KiB that are in the cache."""
        return round(self.our_count(("files", "cached_read", "/fatfs")) / 10000)

    def read4k_uncached(self):
        """pread() of 4 KiB anywhere in a file of 256 MiB."""
        return round(self.our_count(("files", "random_read", "/fatfs")) / READS)

    def of_folder(self, first):
        """From a mark to the next one in a folder of 5,000 files, a round."""
        found = {(kind, n): value for kind, n, value in
                 self.marked(("folder", "5000", "/fatfs"))[0]}
        return round(self.between(found, ("mark", first), ("mark", first + 1)) / FOLDER_ROUNDS)

    def stat_5000(self):
        """stat() of a file at the end of a folder of 5,000."""
        return self.of_folder(0)

    def create_5000(self):
        """open() that creates, close() and unlink() there."""
        return self.of_folder(1)

    def block_mmio_per_mib(self):
        """Accesses to registers of virtio devices while 256 MiB are read."""
        found = {(kind, n): value for kind, n, value in
                 self.marked(("files", "file_read", "/fatfs"),
                             plugin=",io=virtio" + MMIO.get(self.arch, ""))[0]}
        return round(self.between(found, ("io", 0), ("io", 1)) / BIG_MIB, 1)

    def fat_bytes(self):
        """What hello_world grows by with FS=y."""
        plain = self.hello_bytes()
        path = self.image("hello_world")
        words = [f"ARCH={self.arch}", "APP=hello_world", "DEVICES=", os.path.relpath(path, ROOT)]
        try:
            status, output = self.builder.make([*words, "FS=y"])
            if status:
                raise NoFigure(output.splitlines()[-1])
            return self.loaded_bytes(path) - plain
        finally:
            self.builder.make(words)

    def cache_memory(self):
        """What FAT and its cache hold after 256 MiB were read; and it works in LEAST."""
        words = ("files", "memory_left", "/")
        self.marked(("files", "smallfiles", "/fatfs"), mem=LEAST[self.arch])
        without = int(self.marked(words, on_disk=False)[1].split()[-1])
        left = int(self.marked((*words[:2], "/fatfs"))[1].split()[-1])
        return round((without - left) * 100 / (int(MEMORY[:-1]) * 1024), 1)
