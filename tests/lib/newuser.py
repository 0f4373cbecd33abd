# SPDX-License-Identifier: BSD-2-Clause
"""What a new user does, by the README, and every message on the way: tests/new_user.expected."""
import os
import re
import threading
import time
import urllib.request

from .boot import Failure
from .build import ROOT
from .examples import sessions

# Held by who follows the README: its own program has one place among what is built.
READING = threading.Lock()
EXPECTED = os.path.join(ROOT, "tests", "new_user.expected")
# Lines of the build that say which file is at work: their number is the tree's.
FILES = re.compile(r"^  (CC|CXX|AS|CPP|LD|AR|LINK|INITRD) ")
# What is only said where nothing was fetched and built before.
FIRST = re.compile(r"^  (FETCH|MUSL|LWIP) ")


def commands():
    """The command lines of the README's console blocks."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return [command for command, _, _ in sessions(file.read())]


def normalised(text):
    """Without times, sizes, files, and parts of progress."""
    lines = []
    for line in text.replace("\r", "").splitlines():
        if FILES.match(line) or re.match(r"  MUSL +\w+: \d+%", line):
            continue
        line = re.sub(r"^\[\d+\.\d+\]", "[TIME]", line)
        line = re.sub(r"\d+ KiB free", "N KiB free", line)
        line = re.sub(r": \d+ files", ": N files", line)
        lines.append(line)
    return "".join(line + "\n" for line in lines)


def transcript(run, start, port):
    """What all commands say, on standard error and then on standard output; run(command) gives
    both, start(command) a process whose output is read until it listens."""
    text = ""
    for command in commands():
        text += f"$ {command}\n"
        if "curl" in command:
            text += normalised(fetch(port))
        elif "PORTS=" in command:
            # The log's lines may come before or behind the program's.
            said = normalised(start(command.replace("8080", str(port))))
            text += "".join(line.replace(f":{port} ", ":8080 ") for line in said.splitlines(True)
                            if not line.startswith("[TIME]"))
        else:
            text += "".join(normalised(part) for part in run(command))
    return text


def fetch(port):
    """As curl does."""
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


def until_listening(process):
    """What a server says until it listens."""
    text = ""
    while "listen on" not in text.rpartition("\n")[0]:
        line = process.stdout.readline()
        if not line:
            raise Failure(f"the server ended:\n{text}")
        text += line
    return text


def compare(text, whole):
    """Fails at the first line that differs; the whole one has what is said only once, too."""
    with open(EXPECTED, encoding="utf-8") as file:
        wanted = file.read().splitlines()
    found = text.splitlines()
    if not whole:
        wanted = [line for line in wanted if not FIRST.match(line)]
        found = [line for line in found if not FIRST.match(line)]
    for number in range(max(len(wanted), len(found))):
        pair = [lines[number] if number < len(lines) else "(the end)" for lines in (wanted, found)]
        if pair[0] != pair[1]:
            raise Failure(f"tests/new_user.expected has {pair[0]!r}, said was {pair[1]!r}; all:\n"
                          + text)
