#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A disk that lies: while a program works on files, the rings of the disk's queue are overwritten
from outside, through the file that is the machine's memory, and its size changes by QEMU's monitor.
What QEMU cannot make sense of lets it say in its status that it needs a reset. The program sees
errors; nothing crashes or hangs. `tests/storage/liar.py --values 100`
"""
import argparse
import mmap
import os
import random
import re
import struct
import sys
import tempfile
import time

import storage
from storage import ROOT, Failure

MEMORY = {"aarch64": 0x40000000, "x86_64": 0, "riscv64": 0x80000000}
BAD = re.compile(r"panic|stack overflow|assert|page fault|exception|\[E\]\[(?!virtio|blk|block|fat|"
                 r"cache|fs|nvme)", re.I)


def rings(monitor, seconds=30):
    """Where the disk's queue is: (number, descriptors, available, used), or None."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for device in monitor.ask("x-query-virtio") or []:
            if device["name"] != "virtio-blk":
                continue
            queue = monitor.ask("x-query-virtio-queue-status", path=device["path"], queue=0)
            if queue and queue["vring-used"] and queue["used-idx"] > 20:
                return (queue["vring-num"], queue["vring-desc"], queue["vring-avail"],
                        queue["vring-used"])
        time.sleep(0.01)
    return None


def lie(memory, base, ring, chance, kind):
    """One lie of a kind."""
    number, descriptors, available, used = (ring[0], *[place - base for place in ring[1:]])
    word = chance.choice([0, 1, number - 1, number, number + 1, 0xffff, 0x7fffffff, 0xffffffff,
                          chance.getrandbits(32)])
    (index,) = struct.unpack_from("<H", memory, used + 2)
    slot = used + 4 + 8 * ((index + chance.randrange(-2, 3)) % number)
    if kind == "index":
        struct.pack_into("<H", memory, used + 2, word & 0xffff)
    elif kind == "ahead":
        struct.pack_into("<H", memory, used + 2, (index + chance.randrange(1, 5)) & 0xffff)
    elif kind == "id":
        struct.pack_into("<I", memory, slot, word)
    elif kind == "length":
        struct.pack_into("<I", memory, slot + 4, word)
    elif kind == "flags":
        struct.pack_into("<H", memory, used, word & 0xffff)
    elif kind == "event":
        struct.pack_into("<H", memory, used + 4 + 8 * number, word & 0xffff)
    elif kind == "available":
        struct.pack_into("<H", memory, available + 2 * chance.randrange(number + 2), word & 0xffff)
    elif kind == "descriptor":
        at = descriptors + 16 * chance.randrange(number)
        memory[at + 12:at + 16] = chance.randbytes(4)


def resize(monitor, chance):
    """The disk says that it has another size now, in its configuration; and it has."""
    monitor.ask("block_resize", **{"node-name": "disk"},
                size=512 * chance.choice([1, 16, 2048, 8191, 16384, 16384, 16385, 1 << 22]))


RINGS = ("index", "ahead", "id", "length", "flags", "event", "available", "descriptor")
KINDS = (*RINGS, "size", "all")


def one(image, arch, kind, bus="mmio", seed=1, count=1500, smp=1, timeout=240):
    """One machine. How many lies it was told."""
    chance, told = random.Random(f"{seed} {kind}"), 0
    with tempfile.TemporaryDirectory(prefix="uni-lie-", dir="/dev/shm") as folder:
        disk, ram, qmp = (os.path.join(folder, name) for name in ("disk.img", "ram", "qmp"))
        storage.make_disk(disk, 8 << 20)
        node = [f"driver=file,node-name=disk,filename={disk}"]
        options = storage.drive_args(arch, bus, node)
        options["qemu_args"] += (f" -object memory-backend-file,id=ram,size=64M,mem-path={ram},"
                                 f"share=on -machine memory-backend=ram "
                                 f"-qmp unix:{qmp},server=on,wait=off -S")
        talk = storage.Talk(image, arch, ["/fatfs", str(seed), str(count), "2"], smp=smp,
                            mem="64M", timeout=timeout, **options)
        monitor = storage.Monitor(qmp)
        monitor.ask("cont")     # not before: it might be over when we are there
        ring = rings(monitor)
        with open(ram, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            while ring and talk.process.poll() is None and told < 200:
                now = kind if kind != "all" else chance.choice(KINDS[:-1])
                if now == "size":
                    resize(monitor, chance)
                else:
                    lie(memory, MEMORY[arch], ring, chance, now)
                told += 1
                time.sleep(chance.choice([0, 0, 0.001, 0.02]))
        output = talk.process.stdout.read().decode(errors="replace")
        status, text = talk.end(timeout)
        text += output
        if status != 0 or BAD.search(text):
            raise Failure(f"{kind}, seed {seed}, {told} lies: status {status}\n{text[-3000:]}")
        if not ring:
            raise Failure(f"the disk's queue was not found\n{text[-2000:]}")
    return told


def main():
    """Long forms."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--arch", default="aarch64")
    add("--bus", default="mmio", choices=["mmio", "pci"])
    add("--seed", type=int, default=1)
    add("--values", type=int, default=90, help="machines")
    options = parser.parse_args()
    from lib.build import Builder  # pylint: disable=import-outside-toplevel,import-error
    image = Builder().image("tests/storage", options.arch, "ops", "qemu", "release", ())
    failures, told = 0, 0
    for number in range(options.values):
        kind = KINDS[number % len(KINDS)]
        try:
            told += one(image, options.arch, kind, options.bus, options.seed + number,
                        smp=(1, 4)[number % 2])
        except Failure as failure:
            failures += 1
            print(failure, flush=True)
    print(f"{options.values} machines, {told} lies, {failures} failures")
    sys.exit(failures > 0)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
