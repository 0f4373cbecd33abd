# SPDX-License-Identifier: BSD-2-Clause
"""An image with a network card that runs while its clients on this computer do."""
import os
import re
import socket
import subprocess
import tempfile
import time

from .boot import LIVE, Failure, Result, printable, runner_command
from .build import ROOT, clean_env

TIMEOUT = 240


def free_port(kind=socket.SOCK_STREAM):
    """A port of this computer that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def written(file):
    """What a process has written so far. It shares the position in the file, which so stays."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


class Machine:
    """A process that its clients wait for."""

    process = None

    def failure(self, why):
        """A report."""
        return Failure(why)

    def until(self, action):
        """The action's result, once there is an answer; the machine takes a moment to start."""
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                return action()
            except OSError as error:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise self.failure(f"no answer: {error}") from None
                time.sleep(0.2)


class Server(Machine):
    """An image that runs while the `with` block does, and should end by itself then."""

    def __init__(self, ctx, image, *args, stdin=b"", **options):
        self.stdin = stdin
        options = {"mem": "64M", "net": "user", "timeout": TIMEOUT, **options}
        self.ctx, self.words = ctx, runner_command(image, ctx.arch, args, **options)
        self.files = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.result = None

    def end(self, wait):
        """The result, once it has ended by itself or at the latest after a time."""
        try:
            self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait(TIMEOUT)
        LIVE.discard(self.process)
        read = [written(file) for file in self.files]
        for file in self.files:
            file.close()
        self.result = self.ctx.last = Result(printable(self.words), self.process.returncode, *read)

    def __enter__(self):
        out, err = self.files
        self.process = subprocess.Popen(self.words, cwd=ROOT, env=clean_env(), stdout=out,
                                        stdin=subprocess.PIPE, stderr=err)
        LIVE.add(self.process)
        with self.process.stdin as pipe:
            pipe.write(self.stdin)
        return self

    def __exit__(self, kind, value, trace):
        self.end(0 if kind else TIMEOUT + 20)
        if isinstance(value, Failure):
            raise Failure(f"{value}\n{self.result.describe()}") from None
        if not kind and self.result.status == 124:
            raise self.ctx.failure(f"no end within {TIMEOUT} s")

    def says(self, text):
        """Waits until the program has printed a text. A connection from this computer is open
        before the program listens, and what is sent then counts as sent."""
        def found():
            if text.encode() not in written(self.files[0]):
                raise OSError(f"it does not say {text!r}")
        self.until(found)


def daemon(ctx, image, *args, **options):
    """A Daemon of an image; options are the runner's."""
    options = {"mem": "128M", "net": "user", **options}
    return Daemon(runner_command(image, ctx.arch, args, **options))


class Daemon(Machine):
    """A machine without an end: it runs until the `with` block does, which stops it."""

    def __init__(self, words):
        self.words = words
        self.log = tempfile.TemporaryFile()

    def said(self):
        """What it has printed so far."""
        return written(self.log).decode(errors="replace")

    def find(self, pattern):
        """What it has printed that matches; OSError if that did not come yet."""
        found = re.search(pattern, self.said(), re.M)
        if not found:
            raise OSError(f"it does not say {pattern}")
        return found[0]

    def failure(self, why):
        """A report."""
        lines = self.said().splitlines()[-30:]
        return Failure("\n    | ".join([f"{why}\n  command: {printable(self.words)}", *lines]))

    def __enter__(self):
        self.process = subprocess.Popen(self.words, cwd=ROOT, env=clean_env(), stdout=self.log,
                                        stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        LIVE.add(self.process)
        return self

    def __exit__(self, kind, value, trace):
        ended = self.process.poll() is not None
        self.process.terminate()
        self.process.wait(TIMEOUT)
        LIVE.discard(self.process)
        try:
            if ended and not kind:
                raise self.failure(f"it ended by itself, with {self.process.returncode}")
        finally:
            self.log.close()
