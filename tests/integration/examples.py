# SPDX-License-Identifier: BSD-2-Clause
"""docs/examples.md: all examples, and of each row what the example's README and tests show."""
import os
import re
import signal
import subprocess
import threading

from lib.boot import clean_env
from lib.build import ROOT, folders
from lib.context import cases, once
from lib.examples import sessions, tested_by
from lib.server import free_port

ROW = re.compile(r"^\|(?:[^|]*\|)?? *\[(\w+)\]\(\.\./examples/\w+\) *\| *`(.*?)` *\| *`(.*)` *\|$",
                 re.M)


def read(path):
    """A text file of the tree."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def rows():
    """(example, command, what it prints) of the tables."""
    return [(name, command, prints.replace("\\|", "|"))
            for name, command, prints in ROW.findall(read("docs/examples.md"))]


def sources(name):
    """All text of an example, to find what it prints there."""
    return "".join(read(os.path.join("examples", name, file))
                   for file in sorted(os.listdir(os.path.join(ROOT, "examples", name)))
                   if file.endswith(".c"))


@once
def test_all_are_in_the_table(ctx):
    listed = {name for name, _, _ in rows()}
    lines = [line for line in read("docs/examples.md").splitlines() if "](../examples/" in line]
    ctx.equal(len(rows()), len(lines), "the number of rows that this test understands")
    there = {os.path.basename(app) for app in folders("examples")}
    ctx.equal(sorted(there - listed), [], "what docs/examples.md lacks")
    ctx.equal(sorted(listed - there), [], "what is not there")


@once
def test_rows(ctx):
    """A row's command is one that its README shows and a test runs, with what it prints."""
    for name, command, prints in rows():
        readme = read(f"examples/{name}/README.md")
        ctx.check(command in readme, f"examples/{name}/README.md does not show {command}")
        scenario = tested_by(f"examples/{name}")
        if scenario:
            ctx.check(prints in readme + sources(name),
                      f"nothing in examples/{name} prints {prints}")
            continue
        shown = [lines for words, lines, _ in sessions(readme) if command in words]
        ctx.check(any(prints in line for lines in shown for line in lines),
                  f"no tested run of {command} in examples/{name}/README.md prints {prints}")


@once
def test_rows_with_ports(ctx):
    """The servers' commands start them, as they stand there but for the port of this computer."""
    for name, command, _ in rows():
        if not command.startswith("PORTS="):
            continue
        ctx.build(name)
        port = free_port()
        words = ["bash", "-c", re.sub(r"PORTS=\d+", f"PORTS={port}", command)]
        said = ""
        with subprocess.Popen(words, cwd=ROOT, env=clean_env({"O": ctx.builder.out}), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, start_new_session=True) as server:
            late = threading.Timer(120, server.kill)
            late.start()
            try:
                while "KiB free" not in said:
                    line = server.stdout.readline()
                    ctx.check(line, f"{command} ended:\n{said}")
                    said += line
                ctx.check(server.poll() is None, f"{command} ended:\n{said}")
            finally:
                late.cancel()
                os.killpg(server.pid, signal.SIGINT)
        ctx.matches(said, rf"^uni: 127.0.0.1:{port}\S* of this computer is port \d+ of the "
                    "program$", "what the runner says")


@once
@cases("user", "fs")
def test_older_names(ctx, target):
    """make user and make fs run; the forms for gdb and the network would run the right program."""
    ctx.build(target)
    env = {"DISK_IMG": os.path.join(ctx.folder(), "disk.img"), "DISK_SIZE": "16M"}
    result = ctx.make(target, env=env)
    ctx.status(result, 0)
    ctx.matches(result.out, {"user": "^all workers are done$", "fs": "^> hello$"}[target],
                "the output")


@once
def test_names_with_debug(ctx):
    for target, words in (("user_debug", "debug APP=user"), ("fs_debug", "debug APP=fs"),
                          ("net_server_debug", "debug APP=net_demo"),
                          ("net_client_debug", "debug APP=net_demo"),
                          ("net_emu_debug", "debug APP=net_demo"),
                          ("net_emu", "run APP=net_demo"), ("net_client", "run APP=net_demo")):
        # Only what the target would call: MAKE is a word that says so.
        result = ctx.make("-n", target, "MAKE=echo calls")
        ctx.status(result, 0)
        ctx.matches(result.out, rf"^echo calls {words}\b", target)
