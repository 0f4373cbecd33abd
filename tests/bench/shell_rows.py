# SPDX-License-Identifier: BSD-2-Clause
"""The rows of the terminal: one program with and without it (tests/bench/prompt)."""
import os
import re
import shlex
import statistics

from lib import boot
from runner import elf
from storage_rows import NoFigure

ROWS = {
    "shell_bytes": ("bytes", 49152), "shell_memory": ("bytes", 24576),
    "key_echo": ("instructions", 3000), "prompt_idle": ("instructions", 1000),
}
PROMPT = "SHELL➜ "
KEYS = 8
SECONDS = 10  # that prompt/main.c has between its marks
PAGE = 4096


class ShellRows:
    """A part of Bench (run.py), which has arch, image(), plugin(), between()."""

    shell_seen = None

    def typed(self):
        """The counts of a run in which somebody types, and what was free at the prompt."""
        if self.shell_seen:
            return self.shell_seen
        image = self.image("tests/bench/prompt")
        places = [elf.symbol(image[:-4] + ".elf", name) for name in ("trap_irq", "console_write")]
        report = os.path.join(self.scratch, "typed")
        plugin = f"file={self.plugin()},out={report}" + "".join(f",each={p:x}" for p in places)
        console = boot.Console(boot.runner_command(
            # With sleep=off the time of a machine that waits for a key runs away, by the years of
            # the program's sleep, and QEMU for riscv64 misses keys then.
            image, self.arch, (), 120, mem="64M", terminal=True, icount="shift=0,sleep=on",
            qemu_args="-plugin " + shlex.quote(plugin)))
        try:
            free = int(console.expect(r"memory (\d+)\s")[1])
            console.expect("main returned 0")
            for key in "abcdefgh"[:KEYS]:
                console.send(key)
                console.expect(key)
            console.send("\x15\x04")
            console.wait()
        except boot.Failure as error:
            raise NoFigure(str(error).splitlines()[0]) from None
        finally:
            console.close()
        with open(report, encoding="utf-8") as file:
            rows = [line.split() for line in file]
        lines = [(row[0], int(row[1], 16 if row[0] == "at" else 10), int(row[2]))
                 for row in rows if len(row) == 3]
        self.shell_seen = lines, places, free
        return self.shell_seen

    def shell_bytes(self):
        """What the image grows by."""
        return self.loaded_bytes(self.image("tests/bench/prompt")) - \
            self.loaded_bytes(self.image("tests/bench/prompt_none"))

    def without(self):
        """Counts and free memory of the same program without a terminal."""
        found, out = self.count(self.image("tests/bench/prompt_none"))
        return found, int(re.search(r"^memory (\d+)$", out, re.M)[1])

    def shell_memory(self):
        """Less is free while it waits for a line, besides the larger image."""
        return self.without()[1] - self.typed()[2] - -(-self.shell_bytes() // PAGE) * PAGE

    def key_echo(self):
        """The middle one of some keys: from the interrupt's entry in C to the console."""
        lines, (interrupt, write), _ = self.typed()
        hits = [(number, count) for kind, number, count in lines if kind == "at"]
        spans = [after[1] - before[1] for before, after in zip(hits, hits[1:])
                 if before[0] == interrupt and after[0] == write]
        if len(spans) < KEYS // 2:
            raise NoFigure(f"{len(spans)} echoes were seen")
        return statistics.median(spans)

    def prompt_idle(self):
        """What a second takes more than without a terminal."""
        lines = self.typed()[0]
        found = {(kind, number): count for kind, number, count in lines if kind == "mark"}
        idle = self.between(found, ("mark", 1), ("mark", 2))
        alone = self.between(self.without()[0], ("mark", 1), ("mark", 2))
        return max(0, idle - alone) / SECONDS
