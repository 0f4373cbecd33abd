#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random operations by several threads, the same on the host's file system: every result, every
byte read and every file at the end must be equal; fsck.fat finds nothing.
`tests/storage/random_ops.py --operations 1000000`
"""
import argparse
import atexit
import filecmp
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time

import storage
from storage import ROOT, Failure


@functools.lru_cache(maxsize=None)
def host_program():
    """tests/storage/ops.c for the host, compiled once."""
    folder = tempfile.mkdtemp(prefix="uni-ops-")
    atexit.register(shutil.rmtree, folder, True)
    path = os.path.join(folder, "ops")
    storage.tool("gcc", "-O1", "-o", path, os.path.join(storage.HERE, "ops.c"), "-lpthread")
    return path


def compare(ours, theirs, where=""):
    """Differences of two folders, as sentences."""
    wrong = []
    mine, other = set(os.listdir(ours)), set(os.listdir(theirs))
    wrong += [f"only on the disk: {where}/{name}" for name in sorted(mine - other)]
    wrong += [f"not on the disk: {where}/{name}" for name in sorted(other - mine)]
    for name in sorted(mine & other):
        a, b = os.path.join(ours, name), os.path.join(theirs, name)
        if os.path.isdir(a) != os.path.isdir(b):
            wrong.append(f"file and folder: {where}/{name}")
        elif os.path.isdir(a):
            wrong += compare(a, b, f"{where}/{name}")
        elif not filecmp.cmp(a, b, shallow=False):
            wrong.append(f"other bytes: {where}/{name} "
                         f"({os.path.getsize(a)}, {os.path.getsize(b)})")
    return wrong


def report(folder, disk, root):
    """Which files differ, on standard error, for one who looks for the cause."""
    files = os.path.join(folder, "seen")
    storage.read_out(disk, files)
    for line in compare(files, root)[:10]:
        print("  " + line, file=sys.stderr)


def first_difference(image, arch, options, thread, words):
    """Runs both again, with a trace of one thread; the last lines that were equal and the first
    that was not."""
    with tempfile.TemporaryDirectory(prefix="uni-ops-") as folder:
        disk = os.path.join(folder, "disk.img")
        storage.make_disk(disk, options["size"], options["bits"])
        root = os.path.join(folder, "root")
        os.mkdir(root)
        host = subprocess.run([host_program(), root, *words, str(thread)],
                              stdout=subprocess.PIPE, check=False).stdout.decode().splitlines()
        ours = run_ours(image, arch, disk, options, [*words, str(thread)]).out.splitlines()
    ours, host = ([line for line in lines if not line.startswith("sum")]
                  for lines in (ours, host))
    for number, (a, b) in enumerate(zip(ours, host)):
        if a != b:
            return "\n".join([*host[max(0, number - 12):number], f"here: {a}", f"host: {b}"])
    return "(a second run shows no difference)"


def run_ours(image, arch, disk, options, words):
    """The program on the disk."""
    node = [f"driver=file,node-name=disk,filename={disk}"]
    command = storage.boot.runner_command(
        image, arch, ["/fatfs", *words], options["timeout"], smp=options["smp"], mem=options["mem"],
        **storage.drive_args(arch, options["bus"], node))
    return storage.boot.run(command, b"", options["timeout"] + 20)


def operations(image, arch, bus="mmio", seed=1, count=2000, threads=3, smp=4, size=36 << 20,
               bits=None, mem="64M", timeout=300):
    """One run; Failure tells what differs."""
    options = {"bus": bus, "smp": smp, "mem": mem, "size": size, "bits": bits,
               "timeout": timeout}
    words = [str(seed), str(count), str(threads)]
    with tempfile.TemporaryDirectory(prefix="uni-ops-") as folder:
        disk, root = os.path.join(folder, "disk.img"), os.path.join(folder, "root")
        storage.make_disk(disk, size, bits)
        os.mkdir(root)
        host = subprocess.run([host_program(), root, *words], stdout=subprocess.PIPE,
                              check=True).stdout.decode().splitlines()
        result = run_ours(image, arch, disk, options, words)
        ours = [line for line in result.out.splitlines() if line.startswith("sum")]
        if result.status != 0:
            raise Failure(f"seed {seed}: the program failed\n{result.describe()}")
        text = storage.fsck(disk)
        if text:
            raise Failure(f"seed {seed}: fsck.fat says:\n{text}")
        for a, b in zip(ours, host):
            if a != b:
                thread = int(a.split()[1])
                report(folder, disk, root)
                raise Failure(f"seed {seed}: thread {thread} differs from the host at {a}:\n" +
                              first_difference(image, arch, options, thread, words))
        if len(ours) != len(host):
            raise Failure(f"seed {seed}: {len(ours)} sums, not {len(host)}")
        files = os.path.join(folder, "files")
        storage.read_out(disk, files)
        wrong = compare(files, root)
        if wrong:
            raise Failure(f"seed {seed}: mtools sees other files:\n" + "\n".join(wrong[:20]))
    return count * threads


def main():
    """Long forms."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--arch", default="aarch64")
    add("--bus", default="mmio", choices=["mmio", "pci"])
    add("--seed", type=int, default=1)
    add("--operations", type=int, default=1000000)
    add("--count", type=int, default=20000, help="of one thread in one run")
    add("--threads", type=int, default=4)
    add("--fs", default="fat", choices=["fat", "exfat"])
    options = parser.parse_args()
    from lib.build import Builder  # pylint: disable=import-outside-toplevel,import-error
    image = Builder().image("tests/storage", options.arch, "ops", "qemu", "release", ())
    done, failures, seed = 0, 0, options.seed
    while done < options.operations:
        bits = "exfat" if options.fs == "exfat" else (None, 12, 32)[seed % 3]
        size = 40 << 20
        try:
            operations(image, options.arch, options.bus, seed, options.count, options.threads,
                       (1, 4)[seed % 2], size, bits, ("64M", "16M")[seed // 2 % 2], 900)
        except Failure as failure:
            failures += 1
            print(failure, flush=True)
        done += options.count * options.threads
        seed += 1
        print(f"{done} operations, {failures} runs that differ", flush=True)
    sys.exit(failures > 0)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
