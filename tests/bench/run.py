#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The figures: lines `name arch value unit`, or `name arch - reason`.

Release build, MACHINE=qemu, default options, -icount shift=0,sleep=off, one CPU. Instructions are
counted by tools/measure/count.c from outside the guest. --check fails for each "must" that is not
met and has no line `gap: name arch ...` in docs/benchmarks.md. --cold also measures a first build.
"""
import argparse
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, "tests"), os.path.join(TOP, "tools")]
# pylint: disable=wrong-import-position
from lib import boot
from lib.build import ARCHES, ROOT, BuildError, Builder, clean_env, tail
from runner import elf

HELLO = b"Hello from Unishyper\n"
ICOUNT = "shift=0,sleep=off"
# What firmware keeps: OpenSBI protects its first 512 KiB.
FIRMWARE_BYTES = {"aarch64": 0, "riscv64": 512 << 10}
STEP_KIB, HIGH_KIB = 64, 16384
# name: (unit, {arch: must} or one must for all or None)
ROWS = {
    "hello_bytes": ("bytes", 81920),
    "hello_memory": ("bytes", 163840),
    "boot_instructions": ("instructions", 200000),
    "min_memory": ("KiB", {"aarch64": 1408, "x86_64": 1536, "riscv64": 5120}),
    "yield_pair": ("instructions", 400),
    "getppid": ("instructions", 40),
    "cold_build_s": ("s", None),
}


class NoFigure(Exception):
    """Why a row has no value."""


class Bench:
    """Measures the rows of one processor."""

    def __init__(self, builder, arch, scratch, cold):
        self.builder, self.arch, self.scratch, self.cold = builder, arch, scratch, cold

    def image(self, app):
        """A boot image, or the reason why there is none."""
        try:
            return self.builder.image(app, self.arch)
        except BuildError as error:
            last = str(error).splitlines()[-1].strip()
            raise NoFigure(f"it cannot be built: {last}") from None

    def plugin(self):
        """The counting plugin, built when it is older than its source."""
        source = os.path.join(ROOT, "tools/measure/count.c")
        path = os.path.join(ROOT, self.builder.out, "measure", "count.so")
        if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(source):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            subprocess.run([os.environ.get("HOSTCC", "gcc"), "-O2", "-Wall", "-Wextra", "-shared",
                            "-fPIC", "-o", path, source], check=True)
        return path

    def run(self, image, timeout=60, **options):
        """One boot under icount."""
        options.setdefault("mem", "64M")
        words = boot.runner_command(image, self.arch, (), timeout, icount=ICOUNT, log="info",
                                    **options)
        return boot.run(words, b"", timeout + 20)

    def count(self, image, places=()):
        """{(`mark` N or `at` address): instructions} of one run."""
        report = os.path.join(self.scratch, "counts")
        words = f"file={self.plugin()},out={report}" + "".join(f",at={p:x}" for p in places)
        result = self.run(image, qemu_args="-plugin " + shlex.quote(words))
        if result.status != 0:
            text = tail(result.err, 1).strip()
            raise NoFigure(f"the program ended with {result.status}: {text}")
        found = {}
        with open(report, encoding="utf-8") as file:
            for line in file:
                kind, *rest = line.split()
                if kind == "mark":
                    found[kind, int(rest[0])] = int(rest[1])
                elif kind == "at":
                    found[kind, int(rest[0], 16)] = int(rest[1])
        return found

    def between(self, found, first, last):
        """The difference of two counts."""
        for key in (first, last):
            if key not in found:
                raise NoFigure("a place that is counted was never reached")
        return found[last] - found[first]

    def hello_bytes(self):
        """The larger of the raw image and the sum of what PT_LOAD takes from the file."""
        image = self.image("hello_world")
        with open(image[:-4] + ".elf", "rb") as file:
            loaded = sum(s["filesz"] for s in elf.segments(file.read()))
        return max(os.path.getsize(image), loaded)

    def hello_memory(self):
        """All memory but what is free at main's first line."""
        result = self.run(self.image("tests/bench/memory"))
        found = re.search(rb"^memory (\d+) (\d+)$", result.stdout, re.M)
        if not found:
            raise NoFigure(f"the program ended with {result.status}")
        total, free = int(found[1]), int(found[2])
        if total > 64 << 20 or total < 60 << 20:
            raise NoFigure(f"sysinfo says {total} bytes of 64 MiB")
        # On a PC the firmware's memory map, which total is the sum of, leaves its own part out.
        mine = total if self.arch == "x86_64" else (64 << 20) - FIRMWARE_BYTES[self.arch]
        return mine - free

    def entry(self, image):
        """Physical address of our first instruction, as QEMU loads the ELF file."""
        with open(image, "rb") as file:
            data = file.read()
        if self.arch != "x86_64":
            return min(s["paddr"] for s in elf.segments(data) if s["memsz"])
        at = data.find(struct.pack("<III4s", 4, 4, 18, b"Xen\0"))
        if at < 0:
            at = data.find(struct.pack("<III4s", 4, 8, 18, b"Xen\0"))
        if at < 0:
            raise NoFigure("the image has no PVH note")
        return struct.unpack_from("<I", data, at + 16)[0]

    def boot_instructions(self):
        """From the first instruction of the image to the first of main."""
        image = self.image("hello_world")[:-4] + ".elf"
        start, main = self.entry(image), elf.symbol(image, "main")
        return self.between(self.count(image, (start, main)), ("at", start), ("at", main))

    def per_round(self, first):
        """Instructions of one round between the marks `first` and the next."""
        found = self.count(self.image("tests/bench/prims"))
        return round(self.between(found, ("mark", first), ("mark", first + 1)) / 10000, 1)

    def getppid(self):
        """A call of the C library that reaches the kernel."""
        return self.per_round(0)

    def yield_pair(self):
        """Two threads yield to each other."""
        return self.per_round(2)

    def min_memory(self):
        """The least -m, in steps, with which hello_world prints its line and ends with 0."""
        image = self.image("hello_world")
        image = image[:-4] + ".elf" if self.arch == "aarch64" else image

        def works(kib):
            result = self.run(image, 10, mem=f"{kib}K")
            return result.status == 0 and result.stdout == HELLO

        low, high = 0, HIGH_KIB
        if not works(high):
            raise NoFigure(f"it does not run with {high} KiB either")
        while high - low > STEP_KIB:
            middle = (low + high) // 2 // STEP_KIB * STEP_KIB
            low, high = (low, middle) if works(middle) else (middle, high)
        return high

    def cold_build_s(self):
        """./uni run with nothing built or fetched, on one CPU."""
        if not self.cold:
            raise NoFigure("measured with --cold only (COLD=y)")
        out = os.path.join(self.scratch, "cold")
        shutil.rmtree(out, ignore_errors=True)
        cpu = min(os.sched_getaffinity(0))
        start = time.monotonic()
        done = subprocess.run([os.path.join(ROOT, "uni"), "run", "-a", self.arch, f"O={out}"],
                              cwd=ROOT, env=clean_env(), stdin=subprocess.DEVNULL,
                              capture_output=True, check=False,
                              preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        if done.returncode:
            raise NoFigure(f"it ended with {done.returncode}: {tail(done.stderr, 1)}")
        return round(time.monotonic() - start)


def must_of(name, arch):
    """What the row must not exceed, or None."""
    must = ROWS[name][1]
    return must[arch] if isinstance(must, dict) else must


def known_gaps():
    """The (name, arch) pairs that docs/benchmarks.md explains."""
    try:
        with open(os.path.join(ROOT, "docs/benchmarks.md"), encoding="utf-8") as file:
            return set(re.findall(r"\bgap: (\w+) (\w+)", file.read()))
    except OSError:
        return set()


def main():
    """Prints the rows; the status says whether the musts are met."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=ARCHES, action="append")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--cold", action="store_true", default=os.environ.get("COLD") == "y")
    parser.add_argument("-O", "--out", default="build")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=" ".join(ROWS))
    options = parser.parse_args()
    wrong = [row for row in options.rows if row not in ROWS]
    if wrong:
        parser.error(f"{wrong[0]} is no row; rows: {' '.join(ROWS)}")
    builder, gaps, unmet = Builder(options.out), known_gaps(), []
    with tempfile.TemporaryDirectory(prefix="uni-bench-") as scratch:
        for name in options.rows or ROWS:
            for arch in options.arch or ARCHES:
                must = must_of(name, arch)
                try:
                    value = getattr(Bench(builder, arch, scratch, options.cold), name)()
                    print(name, arch, value, ROWS[name][0], flush=True)
                    missed = must is not None and value > must
                except NoFigure as reason:
                    print(name, arch, "-", reason, flush=True)
                    missed = must is not None
                if missed and (name, arch) not in gaps:
                    unmet.append(f"{name} {arch}: the limit is {must} {ROWS[name][0]}")
    if options.check and unmet:
        print("unmet, without a line in docs/benchmarks.md:\n  " + "\n  ".join(unmet),
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
