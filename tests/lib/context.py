# SPDX-License-Identifier: BSD-2-Clause
"""What a scenario gets as its one argument, and the decorators that say where it runs."""
import contextlib
import os
import re
import shutil
import tempfile

from . import boot as booting
from .boot import Console, Failure, Result
from .build import ARCHES, ROOT

BOOT_TIMEOUT = 120


def arches(*names):
    """Runs the scenario on these processors only (default: all three)."""
    def mark(function):
        function.arches = names
        return function
    return mark


def once(function):
    """Runs the scenario once; it does not depend on the processor."""
    function.arches = (None,)
    return function


def cases(*values):
    """Runs the scenario for each value: test_x(ctx, value)."""
    def mark(function):
        function.cases = values
        return function
    return mark


class Context:
    """Builds, boots and checks for one scenario on one processor."""

    def __init__(self, builder, arch):
        self.builder, self.arch = builder, arch or ARCHES[0]
        self.root = ROOT
        self.last = None
        self.stack = contextlib.ExitStack()
        self.scratch = None

    def folder(self):
        """A folder for files of this scenario, removed at its end."""
        if self.scratch is None:
            self.scratch = tempfile.mkdtemp(prefix="uni-test-")
            self.stack.callback(shutil.rmtree, self.scratch, ignore_errors=True)
        return self.scratch

    def file(self, name, data):
        """Writes a file into that folder; its path."""
        path = os.path.join(self.folder(), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
        return path

    def disk(self, size="64M", folder="", name="disk.img"):
        """A fresh disk with a FAT file system, filled from a folder; its path."""
        path = os.path.join(self.folder(), name)
        words = ["sh", "tools/mkdisk.sh", path, size, folder]
        result = booting.run(words, b"", 60, ROOT)
        if result.status:
            raise Failure(result.describe())
        return path

    def build(self, app, program=None, arch=None, machine="qemu", profile="release",
              variables=()):
        """The image of an example or a folder."""
        return self.builder.image(app, arch or self.arch, program, machine, profile, variables)

    def boot(self, image, *args, stdin=b"", timeout=BOOT_TIMEOUT, **options):
        """Boots an image with pipes; Result. Options are the runner's, a_b for --a-b."""
        options.setdefault("mem", "64M")
        words = booting.runner_command(image, self.arch, args, timeout, **options)
        self.last = booting.run(words, stdin, timeout + 20)
        if self.last.status in (None, 124):
            raise self.failure(f"no end within {timeout} s")
        return self.last

    def program(self, name, *args, machine="qemu", **options):
        """Builds and boots tests/programs/NAME.c."""
        return self.boot(self.build("tests/programs", name, machine=machine), *args, **options)

    def console(self, image, *args, **options):
        """Boots an image on a pseudo terminal; Console."""
        options.setdefault("mem", "64M")
        words = booting.runner_command(image, self.arch, args, **options)
        console = Console(words)
        self.stack.callback(console.close)
        return console

    def replay(self, folder, **options):
        """Repeats a recording on a pseudo terminal; Console."""
        console = Console(booting.runner_words(["--replay", folder], **options))
        self.stack.callback(console.close)
        return console

    def make(self, *words, timeout=300, env=None):
        """Runs make from the root; Result with all output in stdout."""
        status, text = self.builder.make(list(words), timeout, env)
        self.last = Result("make " + booting.printable(list(words)), status, text.encode(), b"")
        return self.last

    def run(self, *words, stdin=b"", timeout=60, env=None, cwd=ROOT):
        """Runs any command; Result."""
        self.last = booting.run(list(words), stdin, timeout, cwd, env)
        return self.last

    def failure(self, text):
        """A failure that shows the last command."""
        return Failure(text + ("\n" + self.last.describe() if self.last else ""))

    def check(self, condition, text):
        """Fails with a sentence unless the condition holds."""
        if not condition:
            raise self.failure(text)

    def equal(self, found, wanted, what):
        """Fails unless both are equal; long ones are told apart by their first difference."""
        if found == wanted:
            return
        if isinstance(wanted, bytes) and len(wanted) + len(found) > 200:
            at = next((i for i, (a, b) in enumerate(zip(found, wanted)) if a != b),
                      min(len(found), len(wanted)))
            raise self.failure(f"{what}: {len(found)} bytes instead of {len(wanted)}, first "
                               f"difference at {at}: {found[at:at + 16]!r} instead of "
                               f"{wanted[at:at + 16]!r}")
        raise self.failure(f"{what} is {found!r} instead of {wanted!r}")

    def status(self, result, wanted):
        """Checks an exit status."""
        self.equal(result.status, wanted, "the exit status")

    def matches(self, text, pattern, what):
        """Fails unless a regular expression is found."""
        if not re.search(pattern, text, re.M):
            raise self.failure(f"{what} has no match for {pattern!r}")

    def close(self):
        """Ends what the scenario left running and removes its files."""
        self.stack.close()
