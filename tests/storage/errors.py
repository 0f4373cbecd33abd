#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""I/O errors: QEMU's blkdebug lets the n-th read, write or flush of the disk fail once. The program
tries again what failed, and says at its end what the disk must have, to the byte: an error was told
by a call and then made good, or was made good at once; none is silent.
`tests/storage/errors.py --values 1000`
"""
import argparse
import os
import re
import shutil
import sys
import tempfile

import storage
from storage import ROOT, Failure
from powercut import Promise, content


# QEMU's raw driver tells the node below of these.
EVENTS = ("write_aio", "read_aio", "flush_to_disk")
BIG_BYTES = 4 << 20
NOT_MOUNTED = re.compile(r"cannot be (read|mounted): error")


def rules(path, event, number):
    """blkdebug's file: the number-th event fails, once."""
    text = "".join(f'[set-state]\nstate = "{i}"\nevent = "{event}"\nnew_state = "{i + 1}"\n'
                   for i in range(1, number))
    text += (f'[inject-error]\nevent = "{event}"\nstate = "{number}"\nerrno = "5"\n'
             'once = "on"\nimmediately = "off"\n')
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class Injected:
    """How many requests of the disk failed, as QEMU's monitor tells."""

    def __init__(self, path):
        self.monitor = storage.Monitor(path)

    def count(self):
        """Once the machine has ended."""
        self.monitor.socket.settimeout(10)
        try:
            return sum("BLOCK_IO_ERROR" in line for line in self.monitor.file)
        except OSError:
            return 0


def put_big(folder, disk):
    """A file that the program reads: more than the cache keeps."""
    path = os.path.join(folder, "BIG")
    with open(path, "wb") as file:
        file.write(content(0, BIG_BYTES))
    storage.tool("mcopy", "-i", disk, path, "::BIG")


def after_mount(image, arch, bus, disk):
    """What fsck.fat finds after one more mount: an error may cost clusters, which come back."""
    if not storage.fsck(disk):
        return ""
    storage.mount_once(image, arch, bus, disk)
    return storage.fsck(disk)


def one(images, arch, event, number, bus="mmio", seed=1, count=25, smp=1):
    """One run; images: a function from a program's name. (errors injected, calls that told)."""
    with tempfile.TemporaryDirectory(prefix="uni-err-") as folder:
        disk, config, qmp = (os.path.join(folder, name) for name in ("disk.img", "rules", "qmp"))
        storage.make_disk(disk, 8 << 20)
        put_big(folder, disk)
        rules(config, event, number)
        nodes = [f"driver=file,node-name=disk,filename={disk}",
                 f"driver=blkdebug,node-name=bad,image=disk,config={config}",
                 "driver=raw,node-name=top,file=bad"]
        options = storage.drive_args(arch, bus, nodes)
        options["qemu_args"] += f" -qmp unix:{qmp},server=on,wait=on"
        talk = storage.Talk(images("cut"), arch, ["/fatfs", str(seed), str(count), "0", "errors"],
                            smp=smp, mem="12M", timeout=120, **options)
        injected = Injected(qmp)
        promise, told, last = Promise(), [], ""
        for line in talk.lines():
            last = line
            if line.startswith("error"):
                told.append(line)
                continue
            promise.line(line)
            talk.answer()
        status, text = talk.end()
        failed, where = injected.count(), f"{event} {number}, seed {seed}"
        # One error does not end a program that tries again, unless the disk is not mounted.
        if (status != 0 or last != "end") and not (status == 1 and NOT_MOUNTED.search(text)):
            raise Failure(f"{where}: status {status}, told {told}, last line {last}\n{text}")
        if not failed and told:
            raise Failure(f"{where}: told {told}, but nothing failed\n{text}")
        found = after_mount(images("mounts"), arch, bus, disk)
        if found:
            raise Failure(f"{where}: fsck.fat says:\n{found}")
        files = os.path.join(folder, "files")
        storage.read_out(disk, files)
        wrong = promise.check(files)
        if wrong:
            keep = os.environ.get("KEEP")
            if keep:
                shutil.copyfile(disk, os.path.join(keep, f"{event}{number}.img"))
            raise Failure(f"{where}: told {told}, and lost:\n" + "\n".join(wrong[:8]))
        return failed, len(told)


def main():
    """Long forms."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--arch", default="aarch64")
    add("--bus", default="mmio", choices=["mmio", "pci"])
    add("--seed", type=int, default=1)
    add("--values", type=int, default=1000, help="how many n, for each kind a third")
    add("--first", type=int, default=1)
    options = parser.parse_args()
    from lib.build import Builder  # pylint: disable=import-outside-toplevel,import-error
    builder = Builder()

    def images(name):
        return builder.image("tests/storage", options.arch, name, "qemu", "release", ())

    runs, failures, injected, told = 0, 0, 0, 0
    for number in range(options.first, options.first + (options.values + 2) // len(EVENTS)):
        for event in EVENTS:
            runs += 1
            try:
                # Where the run ends before the n-th request, a longer one has it.
                for steps in (25 + number // 4, 100 + 2 * number):
                    failed, calls = one(images, options.arch, event, number, options.bus,
                                        options.seed + number, steps)
                    if failed:
                        break
                injected += failed
                told += bool(calls)
            except Failure as failure:
                failures += 1
                print(failure, flush=True)
        if number % 10 == 0:
            print(f"{runs} values, {injected} errors injected, {told} told, {failures} failures",
                  flush=True)
    print(f"{runs} values, {injected} errors injected, {told} told, {failures} failures")
    sys.exit(failures > 0)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
