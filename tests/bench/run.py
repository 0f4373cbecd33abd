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
import statistics
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
from lib import boot, target
from lib.context import Context
from lib.build import ARCHES, ROOT, BuildError, Builder, clean_env, folders, tail
from runner import elf
import mkimage
import net_rows
import shell_rows
import storage_rows
from storage_rows import NoFigure

HELLO = b"Hello from Unishyper\n"
ICOUNT = "shift=0,sleep=off"
# What firmware keeps: OpenSBI protects its first 512 KiB.
FIRMWARE_BYTES = {"aarch64": 0, "riscv64": 512 << 10}
STEP_KIB, HIGH_KIB = 64, 16384
# name: (unit, {arch: must} or one must for all or None); a ratio to Linux must not be less
ROWS = {
    "hello_bytes": ("bytes", 81920),
    "hello_memory": ("bytes", 163840),
    "symtab_percent": ("%", 12),
    "boot_instructions": ("instructions", 200000),
    "min_memory": ("KiB", {"aarch64": 1408, "x86_64": 1536, "riscv64": 5120}),
    "getppid": ("instructions", 40),
    "yield_pair": ("instructions", {"aarch64": 250, "x86_64": 330, "riscv64": 250}),
    "yield_pair_posix": ("instructions", None),
    "sem_pingpong": ("instructions", {"aarch64": 380, "x86_64": 510, "riscv64": 630}),
    "sem_pingpong_posix": ("instructions", None),
    "sem_pair": ("instructions", 40),
    "sem_pair_posix": ("instructions", 80),
    "mutex_pair": ("instructions", 40),
    "mutex_pair_posix": ("instructions", 60),
    "thread_create_join": ("instructions", {"aarch64": 1650, "x86_64": 2300, "riscv64": 2100}),
    "thread_create_join_cold": ("instructions", None),
    "pthread_create_join": ("instructions", 6000),
    "pthread_create_join_cold": ("instructions", None),
    "malloc64": ("instructions", {"aarch64": 170, "x86_64": 130, "riscv64": 170}),
    "malloc_worst": ("instructions", 3000),
    "malloc_growth": ("instructions", None),
    "pipe_pingpong": ("instructions", 1500),
    "irq_to_thread": ("instructions", 800),
    "irq_to_thread_idle": ("instructions", 800),
    "irqs_off_worst": ("instructions", 5000),
    "switch_1000_ratio": ("", 1.05),
    "thread_bytes": ("bytes", 1024),
    "cold_build_s": ("s", None),
    **storage_rows.ROWS,
    **shell_rows.ROWS,
    **net_rows.ROWS,
}
# What one round of `prims NAME` takes; `_cold`: its first time.
PRIMS = ("getppid yield_pair yield_pair_posix sem_pingpong sem_pingpong_posix sem_pair "
         "sem_pair_posix mutex_pair mutex_pair_posix thread_create_join thread_create_join_cold "
         "pthread_create_join pthread_create_join_cold malloc64 pipe_pingpong").split()
# A call of malloc or free that comes here takes memory from the system or gives it back.
GROWTH = "sys_mmap sys_munmap sys_mremap sys_madvise sys_mprotect sys_brk vm_fault".split()
INTERRUPT = "trap_irq"


class Bench(storage_rows.StorageRows, shell_rows.ShellRows, net_rows.NetRows):
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
                            "-fPIC", "-I", os.path.join(ROOT, "include"), "-o", path, source],
                           check=True)
        return path

    def run(self, image, timeout=60, **options):
        """One boot under icount."""
        options.setdefault("mem", "64M")
        options.setdefault("icount", ICOUNT)
        words = boot.runner_command(image, self.arch, options.pop("args", ()), timeout,
                                    log="info", **options)
        return boot.run(words, b"", timeout + 20)

    def lines(self, image, words="", **options):
        """One run's lines (kind, number, instructions), and its standard output."""
        report = os.path.join(self.scratch, "counts")
        words = f"file={self.plugin()},out={report}{words}"
        result = self.run(image, qemu_args="-plugin " + shlex.quote(words), **options)
        if result.status != 0:
            raise NoFigure(tail(result.err, 1).strip() or f"it ended with {result.status}")
        with open(report, encoding="utf-8") as file:
            rows = [line.split() for line in file]
        return [(row[0], int(row[1], 16 if row[0] == "at" else 10), int(row[2]))
                for row in rows if len(row) == 3], result.out

    def count(self, image, places=(), args=(), **options):
        """{(`mark` N or `at` address): instructions} of one run, and its standard output."""
        lines, out = self.lines(image, "".join(f",at={p:x}" for p in places), args=args, **options)
        return {(kind, number): value for kind, number, value in lines}, out

    def between(self, found, first, last):
        """The difference of two counts."""
        for key in (first, last):
            if key not in found:
                raise NoFigure("a place that is counted was never reached")
        return found[last] - found[first]

    def value(self, name):
        """A row's value."""
        if name in storage_rows.RATIOS:
            return self.ratio(name)
        if name in net_rows.RATIOS:
            return self.net_ratio(name)
        if name in net_rows.MARKS:
            return self.net_row(name)
        return self.prim(name) if name in PRIMS else getattr(self, name)()

    def hello_bytes(self):
        """The larger of the raw image and the sum of what PT_LOAD takes from the file."""
        return self.loaded_bytes(self.image("hello_world"))

    def loaded_bytes(self, image):
        """That of an image."""
        with open(image[:-4] + ".elf", "rb") as file:
            loaded = sum(s["filesz"] for s in elf.segments(file.read()))
        return max(os.path.getsize(image), loaded)

    def symtab_percent(self):
        """What SYMS=y puts into the image for its functions' names, of its code."""
        linked = mkimage.Elf(self.image("hello_world")[:-4] + ".elf")
        return 100 * len(linked.names_table()) / linked.sections[".text"][5]

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
        return self.between(self.count(image, (start, main))[0], ("at", start), ("at", main))

    def prim(self, name):
        """Instructions of one round of `prims NAME`."""
        cold = name.endswith("_cold")
        found, out = self.count(self.image("tests/bench/prims"), (), [name.removesuffix("_cold")])
        if cold:
            return self.between(found, ("mark", 2), ("mark", 3))
        rounds = re.search(r"^rounds (\d+)$", out, re.M)
        return round(self.between(found, ("mark", 0), ("mark", 1)) / int(rounds[1]), 1)

    def switch_1000_ratio(self):
        """A switch among 1,000 ready threads, in terms of one between two."""
        return round(self.prim("switch_1000") / self.prim("switch_2"), 3)

    def thread_bytes(self):
        """What the kernel's free memory shrinks by for a thread, but for its kernel stack."""
        _, out = self.count(self.image("tests/bench/prims"), (), ["thread_bytes"])
        taken = int(re.search(r"^rounds (\d+)$", out, re.M)[1])
        return taken - constant("mem/kstack.h", "KSTACK_SIZE") + \
            constant("kernel/offsets.h", "THREAD_SIZE")

    def malloc_calls(self):
        """
        (instructions, whether memory came from or went to the system) of each random call, but
        for the few that an interrupt fell into.
        """
        image = self.image("tests/bench/prims")
        places = [elf.symbol(image[:-4] + ".elf", name) for name in (INTERRUPT, *GROWTH)]
        lines, _ = self.lines(image, "".join(f",each={p:x}" for p in places if p),
                              args=["malloc_worst"])
        start, grew = None, False
        for kind, number, value in lines:
            if kind == "at" and number == places[0]:
                start = None
            elif kind == "at":
                grew = True
            elif kind == "mark" and number in (0, 2):
                start, grew = value, False
            elif kind == "mark" and start is not None:
                yield value - start - 1, grew
                start = None

    def malloc_worst(self):
        """The most of 100,000 random calls, without those that come to the system."""
        return max(value for value, grew in self.malloc_calls() if not grew)

    def malloc_growth(self):
        """The most of those that do."""
        return max((value for value, grew in self.malloc_calls() if grew), default=0)

    def interrupts(self, words="", **options):
        """Instructions from the store to the woken thread, in the middle of all rounds."""
        lines, _ = self.lines(self.image("tests/bench/irq"), words, **options)
        start, rounds = None, []
        for kind, number, value in lines:
            if (kind, number) == ("mark", 0):
                start = value
            elif (kind, number) == ("mark", 1) and start is not None:
                # The mark itself is counted: take it off.
                rounds.append(value - start - 1)
                start = None
        if not rounds:
            raise NoFigure("no interrupt came")
        return statistics.median_low(rounds)

    def irq_to_thread(self):
        """The CPU is busy with the thread that stores."""
        return self.interrupts()

    def irq_to_thread_idle(self):
        """The CPU idles; another one stores, whose instructions are not counted."""
        # Without icount: OpenSBI does not start two CPUs under it.
        return self.interrupts(",cpu=0", smp=2, icount=None)

    def irqs_off_worst(self):
        """The longest time with interrupts off in any suite, as PROFILE=watch counts it."""
        worst = 0
        for app in folders("tests/target"):
            try:
                image = self.builder.image(app, self.arch, profile="watch",
                                           variables=("LOG=info",))
            except BuildError as error:
                last = str(error).splitlines()[-1].strip()
                raise NoFigure(f"{app} cannot be built: {last}") from None
            context = Context(self.builder, self.arch)
            try:
                # A disk takes its time, and a driver gives up on one that does not answer: idle
                # time must not be skipped.
                result = self.run(image, 300, mem="128M", icount="shift=0,sleep=on",
                                  **target.options(context, app, target.buses(app)[-1]))
            finally:
                context.close()
            found = re.findall(rb"^watch: interrupts off for (\d+) cycles", result.stderr +
                               result.stdout, re.M)
            if not found:
                raise NoFigure(f"{app} ended with {result.status} and without a record")
            worst = max(worst, *map(int, found))
        return worst

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


def constant(header, name):
    """A number that a header below include/ defines."""
    with open(os.path.join(ROOT, "include", header), encoding="utf-8") as file:
        return int(re.search(rf"^#define {name}\s+(\d+)", file.read(), re.M)[1])


def known_gaps():
    """The (name, arch) pairs that docs/benchmarks.md explains."""
    try:
        with open(os.path.join(ROOT, "docs/benchmarks.md"), encoding="utf-8") as file:
            return set(re.findall(r"\bgap: (\w+) (\w+)", file.read()))
    except OSError:
        return set()


def shown(value):
    """A figure as the document writes it: three digits and more without a fraction."""
    return f"{value:,}" if isinstance(value, int) or value < 100 else f"{round(value):,}"


def write_figures(values):
    """Puts {(name, arch): value} into the table of docs/benchmarks.md."""
    path = os.path.join(ROOT, "docs/benchmarks.md")
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for at, line in enumerate(lines):
        cells = line.split("|")
        name = re.match(r" `(\w+)`", cells[1]) if len(cells) == 9 else None
        for column, arch in enumerate(ARCHES, 4):
            if name and (name[1], arch) in values:
                cells[column] = f" {shown(values[name[1], arch])} "
        lines[at] = "|".join(cells)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def main():
    """Prints the rows; the status says whether the musts are met."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=ARCHES, action="append")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--cold", action="store_true", default=os.environ.get("COLD") == "y")
    parser.add_argument("-O", "--out", default="build")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=" ".join(ROWS))
    options = parser.parse_args()
    wrong = [row for row in options.rows if row not in ROWS]
    if wrong:
        print(f"ROW={wrong[0]} is unknown; allowed: {' '.join(ROWS)}", file=sys.stderr)
        return 2
    builder = Builder(options.out, at_once=False)
    gaps, unmet, values = known_gaps(), [], {}
    with tempfile.TemporaryDirectory(prefix="uni-bench-") as scratch:
        for name in options.rows or ROWS:
            for arch in options.arch or ARCHES:
                must = must_of(name, arch)
                try:
                    bench = Bench(builder, arch, scratch, options.cold)
                    value = bench.value(name)
                    print(name, arch, value, ROWS[name][0], flush=True)
                    values[name, arch] = value
                    least = name in (*storage_rows.RATIOS, *net_rows.RATIOS)
                    missed = must is not None and (value < must if least else value > must)
                except NoFigure as reason:
                    print(name, arch, "-", reason, flush=True)
                    missed = must is not None
                if missed and (name, arch) not in gaps:
                    unmet.append(f"{name} {arch}: the limit is {must} {ROWS[name][0]}")
                elif not missed and (name, arch) in gaps:
                    print(f"{name} {arch}: the gap in docs/benchmarks.md is closed",
                          file=sys.stderr)
    if options.write:
        write_figures(values)
        # Some of them stand in README.md, too.
        subprocess.run([sys.executable, os.path.join(ROOT, "tools/gen_reference.py")], check=True)
    if options.check and unmet:
        print("unmet, without a line in docs/benchmarks.md:\n  " + "\n  ".join(unmet),
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
