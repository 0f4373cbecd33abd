#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Power cuts: a program writes to a disk whose writes QEMU logs (blklogwrites); the disk is made as
it would be after a cut at many points of the log, mounted by an image of ours, then looked at by
fsck.fat and by what the program was promised. `tests/storage/powercut.py --points 1000`.

After a cut the disk has what was written ahead of the last flush, and of what came behind it the
first writes, or any of them.
"""
import argparse
import collections
import os
import random
import shutil
import struct
import sys
import tempfile

import storage
from storage import ROOT, Failure

SECTOR = 512
LOG_FLUSH, LOG_FUA, LOG_DISCARD = 1, 2, 4
MASK = (1 << 64) - 1


# --- the log ------------------------------------------------------------------------------------

class Log:
    """What QEMU's blklogwrites has written, in the format of dm-log-writes."""

    def __init__(self, path):
        self.entries = []
        with open(path, "rb") as file:
            self.data = file.read()
        magic, _, count, size = struct.unpack_from("<QQQI", self.data, 0)
        if magic != 0x6a736677736872:
            raise Failure("the log of writes is empty")
        at = size
        for _ in range(count):
            sector, sectors, flags, _ = struct.unpack_from("<QQQQ", self.data, at)
            at += size
            self.entries.append((sector * size, sectors * size, flags, at))
            if not flags & LOG_DISCARD:
                at += sectors * size

    @staticmethod
    def count(path):
        """How many entries there are by now."""
        with open(path, "rb") as file:
            head = file.read(28)
        return struct.unpack_from("<QQQI", head)[2] if len(head) == 28 else 0

    def apply(self, disk, index):
        """One entry, to a bytearray."""
        place, size, flags, at = self.entries[index]
        if size and not flags & LOG_DISCARD:
            disk[place:place + size] = self.data[at:at + size]


def torn(log, disk, index, chance):
    """Some sectors of a write: a cut within it."""
    place, size, flags, at = log.entries[index]
    if flags & LOG_DISCARD:
        return
    for offset in range(0, size, SECTOR):
        if chance.random() < 0.5:
            disk[place + offset:place + offset + SECTOR] = \
                log.data[at + offset:at + offset + SECTOR]


# --- what the program was promised ---------------------------------------------------------------

ABSENT = ("absent",)
ANY = ("any",)


def content(number, size):
    """The bytes of a file; tests/storage/cut.c:fill()."""
    words = (size + 7) // 8
    first = number << 32
    return struct.pack(f"<{words}Q", *[(first + i) * 0x9e3779b97f4a7c15 & MASK
                                       for i in range(words)])[:size]


class Promise:
    """By the lines of the program so far: what each name may be."""

    def __init__(self):
        self.names = {}
        self.moves = {}

    def states(self, name):
        """All that is allowed of a name."""
        return self.names.setdefault(name, {ABSENT})

    def forget(self, name):
        """Its bytes may go: no move of it is a promise any more."""
        for number, places in list(self.moves.items()):
            if name in places:
                del self.moves[number]

    def same(self, name):
        """Other names that may still be on the disk for the same file."""
        numbers = {state[1] for state in self.states(name) if state[0] in ("has", "from")}
        return {other for other, states in self.names.items() if other != name and
                any(state[0] in ("has", "from") and state[1] in numbers for state in states)}

    def line(self, text):
        """Takes a line of the program."""
        verb, _, rest = text.partition(" ")
        words = rest.split("|")
        if verb == "has":
            self.names[words[0]] = {("has", int(words[1]), int(words[2]))}
            self.forget(words[0])
        elif verb == "changes":
            for name in self.same(words[0]):
                self.names[name] = self.names[name] | {ANY}
                self.forget(name)
            self.names[words[0]] = {ANY}
            self.forget(words[0])
        elif verb == "grows":
            for name in self.same(words[0]) | {words[0]}:
                self.names[name] = {("from", state[1], state[2]) if state[0] == "has" else state
                                    for state in self.states(name)}
        elif verb == "leaves":
            self.states(words[0]).add(ABSENT)
            self.forget(words[0])
        elif verb == "gone":
            self.names[words[0]] = {ABSENT}
        elif verb == "moves":
            self.move(*words)
        elif verb == "moved":
            self.names[words[0]] = {ABSENT}
            self.names[words[1]] = {("has", int(words[2]), int(words[3]))}
            self.forget(words[0])
            self.forget(words[1])

    def move(self, old, new, number, size):
        """A rename begins: the bytes are at the old name, the new one, or both."""
        number, size = int(number), int(size)
        if old == "NEW.TMP":
            self.names[old] = {("has", number, size)}
        here = [state for state in self.states(old) if state[0] in ("has", "from")
                and state[1] == number]
        places = self.moves.pop(number, {old})
        self.forget(new)
        if here and ANY not in self.states(old):
            self.moves[number] = places | {new}
        self.names[new] = self.states(new) | self.states(old) - {ABSENT}
        self.states(old).add(ABSENT)

    def check(self, folder):
        """What does not hold of a volume's files, as sentences."""
        wrong, found = [], {}
        for name in set(self.names) | {n for places in self.moves.values() for n in places}:
            path = os.path.join(folder, name)
            found[name] = None
            if os.path.exists(path):
                with open(path, "rb") as file:
                    found[name] = file.read()
        for name, states in self.names.items():
            if not any(holds(found[name], state) for state in states):
                data = found[name]
                wrong.append(f"{name}: {'absent' if data is None else f'{len(data)} bytes'}; "
                             f"promised: {sorted(states)}")
        for number, places in self.moves.items():
            states = [s for name in places for s in self.names[name]
                      if s[0] != "any" and s[0] != "absent" and s[1] == number]
            if states and not any(holds(found[name], state) for name in places
                                  for state in states):
                wrong.append(f"neither name after a rename: {sorted(places)}")
        return wrong


def holds(data, state):
    """Is that what was promised?"""
    if state == ANY:
        return True
    if data is None or state == ABSENT:
        return data is None and state == ABSENT
    _, number, size = state
    if state[0] == "has" and len(data) != size:
        return False
    return len(data) >= size and data == content(number, len(data))


# --- a run, and its cuts --------------------------------------------------------------------------

class Run:
    """The program's run: the disk before it, the log, and what it said when."""

    def __init__(self, folder, arch, bus, size, bits):
        self.folder, self.arch, self.bus = folder, arch, bus
        self.base = os.path.join(folder, "base.img")
        self.log_path = os.path.join(folder, "log.img")
        self.said = []
        self.log = None
        storage.make_disk(self.base, size, bits)

    def go(self, image, seed, count, threads, smp):
        """Runs the program to its end."""
        disk = os.path.join(self.folder, "disk.img")
        shutil.copyfile(self.base, disk)
        with open(self.log_path, "wb"):
            pass
        nodes = [f"driver=file,node-name=disk,filename={disk}",
                 f"driver=file,node-name=log,filename={self.log_path}",
                 "driver=blklogwrites,node-name=logged,file=disk,log=log,"
                 "log-sector-size=512,log-super-update-interval=1"]
        talk = storage.Talk(image, self.arch, ["/fatfs", str(seed), str(count), str(threads)],
                            smp=smp, mem="64M",
                            **storage.drive_args(self.arch, self.bus, nodes))
        for line in talk.lines():
            self.said.append((Log.count(self.log_path), line))
            talk.answer()
        status, text = talk.end()
        if status != 0 or not self.said or self.said[-1][1] != "end":
            last = [line for _, line in self.said[-3:]]
            raise Failure(f"the program ended with status {status}, last lines {last}\n{text}")
        self.log = Log(self.log_path)
        text = storage.fsck(disk)
        if text:
            raise Failure(f"after an orderly end fsck.fat says:\n{text}")

    def promise(self, point):
        """What holds if the power fails after `point` entries."""
        promise = Promise()
        for place, line in self.said:
            if place <= point:
                promise.line(line)
        return promise

    def disks(self, points, chance):
        """For each point in order: (point, kind, the disk's bytes)."""
        with open(self.base, "rb") as file:
            disk = bytearray(file.read())
        durable = 0
        for point in points:
            flushes = [i for i in range(durable, point) if self.log.entries[i][2] & LOG_FLUSH]
            while flushes and durable <= flushes[-1]:
                self.log.apply(disk, durable)
                durable += 1
            late = range(durable, point)
            kind = chance.choice(["prefix", "subset", "subset", "few", "torn"])
            image = bytearray(disk)
            for index in late:
                if (kind == "prefix" or self.log.entries[index][2] & LOG_FUA
                        or chance.random() < (0.2 if kind == "few" else 0.5)):
                    self.log.apply(image, index)
                elif kind == "torn":
                    torn(self.log, image, index, chance)
            yield point, kind, image


def some_points(count, wanted, chance):
    """Points of the log, in order; several at one place have other subsets."""
    return sorted(chance.sample(range(1, count + 1), wanted) if wanted <= count else
                  [1 + i * count // wanted for i in range(wanted)])


def look_at(path, found):
    """What fsck.fat says before the mount: counts it, and returns what no cut may leave."""
    text = storage.fsck(path)
    kinds = storage.kinds(text)
    found.update(kinds)
    return [f"before the mount, {line}" for line in text.splitlines()] \
        if set(kinds) - storage.ALLOWED else []


def check_cut(run, mounter, item, folder, found):
    """One cut: sentences of what is wrong; without a mounter all is as it was found. What fsck.fat
    found before the mount is counted in `found`."""
    point, kind, data = item
    path = os.path.join(folder, "cut.img")
    with open(path, "wb") as file:
        file.write(data)
    wrong, notes = look_at(path, found), []
    if mounter:
        after, notes = check_mounted(run, mounter, point, path, folder)
        wrong += after
    if wrong:
        wrong = [f"cut after {point} writes ({kind}):", *wrong, *notes]
        keep = os.environ.get("KEEP")
        if keep:
            with open(os.path.join(keep, f"cut{point}.img"), "wb") as file:
                file.write(data)
    return wrong


def check_mounted(run, mounter, point, path, folder):
    """After a mount: sentences of what is wrong, and the last lines of the log."""
    result = storage.mount_once(mounter, run.arch, run.bus, path)
    wrong = [f"fsck.fat: {line}" for line in storage.fsck(path).splitlines()]
    files = os.path.join(folder, "files")
    shutil.rmtree(files, ignore_errors=True)
    storage.read_out(path, files)
    wrong += run.promise(point).check(files)
    return wrong, result.err.splitlines()[-5:]


def cut(builder_image, arch, bus="mmio", seed=1, count=60, points=20, threads=0, smp=1,
        size=20 << 20, bits=None, looks=0, found=None):
    """One run and its cuts. builder_image(name) gives an image; `looks` more cuts are only looked
    at before a mount, and what was found there is counted in `found`. Or Failure."""
    chance = random.Random(seed)
    found = collections.Counter() if found is None else found
    with tempfile.TemporaryDirectory(prefix="uni-cut-") as folder:
        run = Run(folder, arch, bus, size, bits)
        run.go(builder_image("cut"), seed, count, threads, smp)
        failed = []
        for mounter, wanted in ((builder_image("mounts"), points), (None, looks)):
            places = some_points(len(run.log.entries), wanted, chance)
            for item in run.disks(places, chance):
                wrong = check_cut(run, mounter, item, folder, found)
                failed += [wrong] if wrong else []
        if failed:
            raise Failure(f"{len(failed)} of {points + looks} cuts did damage (seed {seed}):\n" +
                          "\n".join("  " + line for one in failed[:5] for line in one[:12]))


def main():
    """Long forms."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--arch", default="aarch64")
    add("--bus", default="mmio", choices=["mmio", "pci"])
    add("--seed", type=int, default=1)
    add("--points", type=int, default=1000, help="cuts, in runs of 100")
    add("--looks", type=int, default=200,
        help="more cuts of each run, only looked at before a mount")
    add("--count", type=int, default=150, help="steps of the program in each run")
    add("--threads", type=int, default=None, help="others that write (by default 0 to 3)")
    add("--smp", type=int, default=None)
    options = parser.parse_args()
    from lib.build import Builder  # pylint: disable=import-outside-toplevel,import-error
    builder = Builder()
    done, failures, seed = 0, 0, options.seed
    found = collections.Counter()
    while done < options.points:
        threads = options.threads if options.threads is not None else seed % 4
        bits = (None, 12, 32)[seed % 3]
        size = {None: 20 << 20, 12: 4 << 20, 32: 36 << 20}[bits]
        points = min(100, options.points - done)
        try:
            cut(lambda name: builder.image("tests/storage", options.arch, name, "qemu",
                                           "release", ()),
                options.arch, options.bus, seed, options.count, points, threads,
                options.smp or (1, 4)[seed % 2], size, bits, options.looks, found)
        except Failure as failure:
            failures += 1
            print(failure, flush=True)
        done += points
        seed += 1
        print(f"{done} cuts, {failures} runs with damage; before the mount fsck.fat tells of " +
              ", ".join(f"{kind}: {count}" for kind, count in sorted(found.items())), flush=True)
    sys.exit(failures > 0)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
