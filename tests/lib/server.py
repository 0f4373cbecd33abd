# SPDX-License-Identifier: BSD-2-Clause
"""An image with a network card that runs while its clients on this computer do."""
import re
import socket
import subprocess
import tempfile
import threading
import time

from .boot import LIVE, Failure, printable, runner_command
from .build import ROOT, clean_env

TIMEOUT = 240


def free_port(kind=socket.SOCK_STREAM):
    """A port of this computer that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """An image that runs while the `with` block does, and should end by itself then."""

    def __init__(self, ctx, image, *args, **options):
        self.ctx, self.result, self.error = ctx, None, None
        self.thread = threading.Thread(target=self.run, args=(image, args, options))

    def run(self, image, args, options):
        try:
            self.result = self.ctx.boot(image, *args, timeout=TIMEOUT, net="user",
                                        **options)
        except Failure as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.thread.join()
        if self.error and not kind:
            raise self.error

    def until(self, action):
        """Its result, once it has one; the machine takes a moment to start."""
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                return action()
            except OSError as error:
                if time.monotonic() > end or not self.thread.is_alive():
                    raise Failure(f"no answer: {error}\n" + (
                        self.result.describe() if self.result else "")) from None
                time.sleep(0.2)


def daemon(ctx, image, *args, **options):
    """A Daemon of an image; options are the runner's."""
    options = {"mem": "128M", "net": "user", **options}
    return Daemon(runner_command(image, ctx.arch, args, **options))


class Daemon:
    """A machine without an end: it runs until the `with` block does, which stops it."""

    def __init__(self, words):
        self.words = words
        self.log = tempfile.TemporaryFile()
        self.process = None

    def said(self):
        """What it has printed so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

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
