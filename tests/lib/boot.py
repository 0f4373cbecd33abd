# SPDX-License-Identifier: BSD-2-Clause
"""Boots an image with tools/run.py: with pipes, or on a pseudo terminal with expect()."""
import os
import pty
import re
import select
import shlex
import signal
import struct
import fcntl
import subprocess
import sys
import termios
import time

from .build import ROOT, clean_env

PYTHON = sys.executable or "/usr/bin/python3"
RUNNER = os.path.join(ROOT, "tools", "run.py")


# Processes under way, ended when the test program is.
LIVE = set()


def end_all():
    """Stops everything that runs."""
    for process in list(LIVE):
        if process.poll() is None:
            process.terminate()


class Failure(Exception):
    """A test that did not hold; its text is the report."""


class Skip(Exception):
    """What the test needs is not to be had on this computer; its text says what."""


class Result:
    """What a finished process left."""

    def __init__(self, command, status, stdout, stderr):
        self.command, self.status = command, status
        self.stdout, self.stderr = stdout, stderr

    @property
    def out(self):
        """Standard output as text."""
        return self.stdout.decode(errors="replace")

    @property
    def err(self):
        """Standard error as text."""
        return self.stderr.decode(errors="replace")

    def describe(self):
        """For a report: how to do it again and the ends of the outputs."""
        text = f"  command: {self.command}\n  status: {self.status}"
        for name, data in (("stdout", self.stdout), ("stderr", self.stderr)):
            shown = data[-3000:].decode(errors="backslashreplace")
            lines = shown.splitlines()[-30:]
            text += f"\n  {name} ({len(data)} bytes):" + "".join("\n    | " + s for s in lines)
        return text


def runner_words(words, **options):
    """A command line of the runner; an option a_b=value becomes --a-b value, a list several."""
    words = [PYTHON, RUNNER, *words]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        for one in value if isinstance(value, list) else [value]:
            if one is True:
                words.append(option)
            elif one not in (None, False):
                words.append(f"{option}={one}")
    return words


def runner_command(image, arch, args=(), timeout=None, **options):
    """The command line of the runner that boots an image; options as above."""
    words = runner_words(["--arch", arch, "--image", image], timeout=timeout or None, **options)
    return words + (["--", *args] if args else [])


def printable(words):
    """A command as a user would type it from the root of the tree."""
    short = [word.replace(ROOT + "/", "") for word in words]
    return " ".join(shlex.quote(word) for word in short)


def run(words, stdin=b"", timeout=60, cwd=ROOT, env=None):
    """Runs a command to its end; a time out is status None."""
    source = {"stdin": stdin} if hasattr(stdin, "fileno") else {"input": stdin}
    process = subprocess.Popen(words, cwd=cwd, env=clean_env(env), start_new_session=True,
                               stdin=source.get("stdin", subprocess.PIPE),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    LIVE.add(process)
    try:
        out, err = process.communicate(source.get("input"), timeout=timeout)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            out, err = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
        status = None
    finally:
        LIVE.discard(process)
    command = words if isinstance(words, str) else printable(words)
    return Result(command, status, out, err)


class Console:
    """A program on a pseudo terminal, driven like a user would."""

    def __init__(self, words, env=None, cwd=ROOT):
        self.command = printable(words)
        self.seen = b""
        self.all = b""
        self.status = None
        main, other = pty.openpty()
        fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
        self.fd = main
        self.before = termios.tcgetattr(main)

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(words, stdin=other, stdout=other, stderr=other, cwd=cwd,
                                        env=clean_env(env), preexec_fn=own_terminal)
        os.close(other)

    def failure(self, what):
        """A report with all that was seen."""
        shown = self.all[-3000:].decode(errors="backslashreplace")
        return Failure(f"{what}\n  command: {self.command}\n  terminal:" +
                       "".join("\n    | " + line for line in shown.splitlines()[-30:]))

    def read(self, seconds):
        """Takes what comes within a time; False at the end."""
        if not select.select([self.fd], [], [], max(0, seconds))[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data
        self.all += data
        return bool(data)

    def expect(self, pattern, timeout=60):
        """Waits for a regular expression; what stands before its end is consumed."""
        regex = re.compile(pattern.encode() if isinstance(pattern, str) else pattern)
        end = time.monotonic() + timeout
        while True:
            found = regex.search(self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return found
            left = end - time.monotonic()
            if left <= 0:
                raise self.failure(f"no {pattern!r} within {timeout} s")
            if not self.read(left):
                if regex.search(self.seen):
                    continue
                raise self.failure(f"the program ended before {pattern!r}")

    def send(self, data):
        """Types."""
        os.write(self.fd, data.encode() if isinstance(data, str) else data)

    def mode(self):
        """The terminal's settings."""
        return termios.tcgetattr(self.fd)

    def wait(self, timeout=60):
        """The status (negative: a signal) once the program has ended."""
        end = time.monotonic() + timeout
        while self.process.poll() is None:
            if time.monotonic() > end:
                self.close()
                raise self.failure(f"the program did not end within {timeout} s")
            self.read(0.05)
        while self.read(0) and select.select([self.fd], [], [], 0)[0]:
            pass
        self.status = self.process.returncode
        return self.status

    def close(self):
        """Ends the program whatever it does."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def qemu_children(pid):
    """Processes named qemu-system-* whose ancestor is (or was) `pid`'s session tree: by marker."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                state = file.read().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if b"qemu-system" in words[0] and state != "Z" and any(str(pid).encode() in word
                                                                for word in words):
            found.append(int(entry))
    return found
