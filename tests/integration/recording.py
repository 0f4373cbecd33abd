# SPDX-License-Identifier: BSD-2-Clause
"""A run that is recorded repeats to the instruction, and a debugger can go back in it."""
import os
import re

from lib.boot import PYTHON, RUNNER
from lib.context import arches, once
from lib.server import free_port
from integration.debugger import NM
from runner.remote import Remote


def record(ctx, program, stdin=b""):
    """A recording's folder and the run that made it."""
    image = ctx.build("tests/programs", program)
    folder = os.path.join(ctx.folder(), "recording")
    result = ctx.boot(image, record=folder, stdin=stdin)
    ctx.status(result, 0)
    return folder, result


def test_a_race_three_times(ctx):
    """Lost updates, the time of day and random numbers: all as they were."""
    folder, first = record(ctx, "race")
    ctx.matches(first.out, r"^lost [1-9]\d* at \d+\.\d+, [0-9a-f]{16}$", "the run")
    for _ in range(3):
        again = ctx.run(PYTHON, RUNNER, "--replay", folder, timeout=120)
        ctx.status(again, 0)
        ctx.equal(again.stdout, first.stdout, "the repetition")


def test_input_is_recorded(ctx):
    folder, first = record(ctx, "copy", b"what was typed\n")
    again = ctx.run(PYTHON, RUNNER, "--replay", folder, timeout=120)
    ctx.status(again, 0)
    ctx.equal(again.stdout, b"what was typed\n", "the repetition")
    ctx.equal(first.stdout, again.stdout, "the run")


@arches("aarch64", "x86_64")
def test_backwards(ctx):
    """From main one step back, where main was not entered yet, and on to the end."""
    folder, _ = record(ctx, "race")
    names = ctx.run(NM[ctx.arch], os.path.join(folder, "image.elf")).out
    main = int(re.search(r"^(\w+) [Tt] main$", names, re.M)[1], 16)
    port = free_port()
    console = ctx.replay(folder, gdb=port)
    console.expect(f"waiting for gdb on port {port}")
    remote = Remote(port, 60, 60)
    ctx.equal(remote.ask(f"Z1,{main:x},4"), "OK", "a breakpoint")
    ctx.matches(remote.ask("c"), "^[TS]05", "the stop in main")
    at_main = remote.ask("g")
    ctx.matches(remote.ask("s"), "^[TS]05", "a step")
    ctx.check(remote.ask("g") != at_main, "the step changed no register")
    ctx.matches(remote.ask("bs"), "^[TS]05", "the step back")
    ctx.equal(remote.ask("g"), at_main, "the registers")
    ctx.equal(remote.ask(f"z1,{main:x},4"), "OK", "taking the breakpoint back")
    remote.send("c")
    ctx.equal(console.wait(), 0, "the status")


@once
def test_what_cannot_be_recorded(ctx):
    image = ctx.build("hello_world")
    folder = os.path.join(ctx.folder(), "recording")
    result = ctx.boot(image, record=folder, smp=2)
    ctx.status(result, 2)
    ctx.matches(result.err, "QEMU records machines with one CPU only", "the error")
    ctx.file("full/something", "x")
    result = ctx.boot(image, record=os.path.join(ctx.folder(), "full"))
    ctx.status(result, 2)
    ctx.matches(result.err, "full is there and is no recording$", "the error")
    result = ctx.run(PYTHON, RUNNER, "--replay", folder)
    ctx.status(result, 2)
    ctx.matches(result.err, "is no recording: make one with", "the error")
