# SPDX-License-Identifier: BSD-2-Clause
"""Every shell block of README.md and docs/start.md does what it shows."""
import os
import re
import shutil
import subprocess
import threading

from lib import newuser
from lib.boot import Failure, clean_env, run
from lib.build import ROOT
from lib.context import cases, once
from lib.examples import same_line, sessions
from lib.server import free_port

BLOCK = re.compile(r"^(?:<!-- ([^\n]*) -->\n)?```(\w*)\n(.*?)^```$", re.M | re.S)
BACKGROUND = "runs while the next block does"
TYPED = "typed at a terminal: "
PROMPT = "☻ SHELL➜ "
PAGES = ("README.md", "docs/start.md")
TIMEOUT = 200


def read(path):
    """A text file of the tree."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def find(lines, wanted, begin):
    """The place behind the first line from `begin` on that is as wanted, or None."""
    for at in range(begin, len(lines)):
        if same_line(wanted, lines[at]):
            return at + 1
    return None


def check_lines(result, wanted):
    """What a page shows comes in this order, on either stream; other lines may come between."""
    streams = [result.out.splitlines(), result.err.splitlines()]
    places = [0, 0]
    for line in wanted:
        for number, lines in enumerate(streams):
            place = find(lines, line, places[number])
            if place is not None:
                places[number] = place
                break
        else:
            raise Failure(f"it does not print {line!r}\n" + result.describe())


class Reader:
    """Follows a page with a home of its own, a disk of its own and a free port."""

    def __init__(self, ctx):
        self.ctx, self.server = ctx, None
        self.port = str(free_port())
        home = os.path.join(ctx.folder(), "home")
        tools = os.path.join(ctx.folder(), "tools")
        os.makedirs(home)
        os.makedirs(tools)
        if not shutil.which("curl"):
            path = os.path.join(tools, "curl")
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\nexec python3 -c 'import sys, urllib.request as u; "
                           "print(u.urlopen(sys.argv[1]).read().decode())' \"$@\"\n")
            os.chmod(path, 0o755)
        self.env = {"HOME": home, "O": ctx.builder.out, "DISK_SIZE": "64M",
                    "PATH": tools + ":" + os.environ["PATH"],
                    "DISK_IMG": os.path.join(ctx.folder(), "disk.img")}

    def command(self, text, wanted, status):
        """One line, which ends."""
        words = ["bash", "-c", text.replace("8080", self.port)]
        result = run(words, b"", TIMEOUT, ROOT, self.env)
        result.command = text
        if result.status != status:
            raise Failure(f"the exit status is {result.status} instead of {status}\n" +
                          result.describe())
        check_lines(result, wanted)

    def start(self, text, wanted):
        """One line, which goes on; what it shows means that it is ready."""
        # pylint: disable=consider-using-with
        self.server = subprocess.Popen(
            ["bash", "-c", text.replace("8080", self.port)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT,
            env=clean_env(self.env), text=True,
            start_new_session=True)
        self.ctx.stack.callback(self.stop)
        late = threading.Timer(TIMEOUT, self.server.kill)
        late.start()
        self.ctx.stack.callback(late.cancel)
        for line in wanted:
            line = line.replace("8080", self.port)
            while True:
                said = self.server.stdout.readline()
                if not said:
                    raise Failure(f"{text} ended without {line!r}")
                if same_line(line, said):
                    break

    def stop(self):
        """As Ctrl-C does."""
        if self.server:
            try:
                os.killpg(self.server.pid, 2)
            except ProcessLookupError:
                pass
            self.server.wait(20)
            self.server.stdout.close()
            self.server = None

    def type(self, words, text):
        """A picture of the terminal: what stands behind a prompt is typed."""
        app, *options = words.split()
        result = None
        console = self.ctx.console(self.ctx.build(app), terminal=True, mem="128M",
                                   smp=int(options[1]) if options else 1)
        for line in text.splitlines():
            if line.startswith(PROMPT):
                console.expect("➜ ")
                console.send(line[len(PROMPT):] + "\r")
                console.expect(re.escape(line.split()[-1]))
                result = re.match("exit (\\d+)", line[len(PROMPT):])
            else:
                console.expect(".*".join(re.escape(part) for part in line.split("...")))
        console.wait()
        self.ctx.equal(console.status, int(result[1]) if result else 0, "the exit status")


def build_what(ctx, text):
    """The images that its commands run, together with all others of their processor."""
    for words in re.findall(r"^\$.*\./uni run\b([^|;\n]*)", text, re.M):
        arch = re.search(r"-a (\w+)", words)
        name = re.match(r" +(\w+)", words)
        if not name or os.path.isdir(os.path.join(ROOT, "examples", name[1])):
            ctx.build(name[1] if name else "hello_world", arch=arch[1] if arch else "aarch64")


def follow(ctx, page):
    """Every block, in order."""
    text = read(page)
    reader, done = Reader(ctx), 0
    for note, language, block in BLOCK.findall(text):
        if note.startswith(TYPED):
            reader.type(note[len(TYPED):], block)
            continue
        ctx.equal(language, "console", f"the language of a block in {page}")
        commands = list(sessions(f"```console\n{block}```\n"))
        ctx.check(commands, f"{page} has a block without a command:\n{block}")
        done += len(commands)
        if note == BACKGROUND:
            reader.start(*commands[0][:2])
            continue
        for one in commands:
            reader.command(*one)
        reader.stop()
    ctx.check(done >= 5, f"{page} has {done} commands only")


@once
@cases(*PAGES)
def test_blocks(ctx, page):
    build_what(ctx, read(page))
    with newuser.READING:
        follow(ctx, page)


@once
@cases(*PAGES)
def test_no_other_blocks(ctx, page):
    """Commands do not hide where this test would not see them."""
    text = BLOCK.sub("", read(page))
    ctx.check("```" not in text, f"{page} has a block that is not understood")
    for line in text.splitlines():
        ctx.check(not re.match(r"(    |\t)\S", line), f"{page} has an indented block: {line}")
