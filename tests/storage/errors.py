#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""I/O errors: QEMU's blkdebug lets the n-th read, write or flush of the disk fail once. The program
says what it was promised by calls that returned no error; that must be on the disk in the end, and
an error of a write must have been told. `tests/storage/errors.py --values 1000`
"""
import argparse
import os
import shutil
import sys
import tempfile

import storage
from storage import ROOT, Failure
from powercut import Promise


# QEMU's raw driver tells the node below of these.
EVENTS = ("write_aio", "read_aio", "flush_to_disk")


def rules(path, event, number):
    """blkdebug's file: the number-th event fails, once."""
    text = "".join(f'[set-state]\nstate = "{i}"\nevent = "{event}"\nnew_state = "{i + 1}"\n'
                   for i in range(1, number))
    text += (f'[inject-error]\nevent = "{event}"\nstate = "{number}"\nerrno = "5"\n'
             'once = "on"\nimmediately = "off"\n')
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def one(image, arch, event, number, bus="mmio", seed=1, count=25, smp=1):
    """One run. Was the error told?"""
    with tempfile.TemporaryDirectory(prefix="uni-err-") as folder:
        disk, config = os.path.join(folder, "disk.img"), os.path.join(folder, "rules")
        storage.make_disk(disk, 8 << 20)
        rules(config, event, number)
        nodes = [f"driver=file,node-name=disk,filename={disk}",
                 f"driver=blkdebug,node-name=bad,image=disk,config={config}",
                 "driver=raw,node-name=top,file=bad"]
        talk = storage.Talk(image, arch, ["/fatfs", str(seed), str(count), "0", "errors"],
                            smp=smp, mem="64M", timeout=120,
                            qemu_args=storage.drive_args(arch, bus, nodes))
        promise, told, last = Promise(), [], ""
        for line in talk.lines():
            last = line
            if line.startswith("error"):
                told.append(line)
                continue
            promise.line(line)
            talk.answer()
        status, text = talk.end()
        where = f"{event} {number}, seed {seed}"
        if last != "end" and not told and status != 1:
            raise Failure(f"{where}: ended with status {status}, last line {last}\n{text}")
        if status not in (0, 1):
            raise Failure(f"{where}: status {status}\n{text}")
        text = storage.fsck(disk)
        if storage.unusual(text):
            raise Failure(f"{where}: fsck.fat says:\n{text}")
        files = os.path.join(folder, "files")
        storage.read_out(disk, files)
        wrong = promise.check(files)
        if wrong:
            keep = os.environ.get("KEEP")
            if keep:
                shutil.copyfile(disk, os.path.join(keep, f"{event}{number}.img"))
            raise Failure(f"{where}: told {told}, and lost:\n" + "\n".join(wrong[:8]))
        return told, last


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
    image = Builder().image("tests/storage", options.arch, "cut", "qemu", "release", ())
    failures, told = 0, 0
    for number in range(options.first, options.first + options.values // len(EVENTS)):
        for event in EVENTS:
            try:
                told += bool(one(image, options.arch, event, number, options.bus,
                                 options.seed + number)[0])
            except Failure as failure:
                failures += 1
                print(failure, flush=True)
        if number % 10 == 0:
            print(f"{number} values, {told} errors told, {failures} failures", flush=True)
    print(f"{failures} failures, {told} errors told")
    sys.exit(failures > 0)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
