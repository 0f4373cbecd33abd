# SPDX-License-Identifier: BSD-2-Clause
"""On a terminal: keys one at a time, Ctrl-C and signals, a sane terminal and no QEMU afterwards."""
import os
import signal
import time

from lib import boot
from lib.context import cases, once


def gone(ctx, image):
    """No QEMU that has this image is left."""
    for _ in range(50):
        left = boot.qemu_children(image)
        if not left:
            return
        time.sleep(0.1)
    ctx.check(False, f"QEMU is left behind: {left}")


def console_of(ctx, program, *args, **options):
    """A console on a copy of the image that is this test's own."""
    with open(ctx.build("tests/programs", program), "rb") as file:
        image = ctx.file(f"{program}.img", file.read())
    return image, ctx.console(image, *args, **options)


@cases("spin", "sleeper")
def test_ctrl_c(ctx, program):
    image, console = console_of(ctx, program)
    console.expect("ready")
    console.send("\x03")
    ctx.equal(console.wait(), -signal.SIGINT, "the status")
    ctx.equal(console.mode(), console.before, "the terminal's mode")
    gone(ctx, image)


@once
def test_ctrl_c_at_once(ctx):
    image, console = console_of(ctx, "spin")
    time.sleep(0.3)
    console.send("\x03")
    ctx.equal(console.wait(), -signal.SIGINT, "the status")
    ctx.equal(console.mode(), console.before, "the terminal's mode")
    gone(ctx, image)


@once
@cases("SIGTERM", "SIGHUP", "SIGINT")
def test_signal(ctx, name):
    image, console = console_of(ctx, "spin")
    console.expect("ready")
    os.kill(console.process.pid, getattr(signal, name))
    ctx.equal(console.wait(), -getattr(signal, name), "the status")
    ctx.equal(console.mode(), console.before, "the terminal's mode")
    gone(ctx, image)


@once
def test_killed_runner_leaves_no_qemu(ctx):
    image, console = console_of(ctx, "spin")
    console.expect("ready")
    console.process.kill()
    console.wait()
    gone(ctx, image)


def test_lines_are_edited_and_ended(ctx):
    image, console = console_of(ctx, "copy")
    console.expect("KiB free")  # the console takes keys
    console.send("helpp\x7f\r")
    console.expect("help")
    console.expect("help")
    console.send("\x04\x04")
    console.expect("copied 5")
    ctx.equal(console.wait(), 0, "the status")
    ctx.equal(console.mode(), console.before, "the terminal's mode")
    gone(ctx, image)


def test_status_on_a_terminal(ctx):
    image, console = console_of(ctx, "exit_status", "200", log="off")
    ctx.equal(console.wait(), 200, "the status")
    ctx.equal(console.mode(), console.before, "the terminal's mode")
    gone(ctx, image)


def test_crash_on_a_terminal_has_names(ctx):
    _, console = console_of(ctx, "faults", "write_null",
                            elf=ctx.build("tests/programs", "faults")[:-4] + ".elf")
    console.expect(r"#0 0x[0-9a-f]+ write_null\+0x[0-9a-f]+ \(\S*faults\.c:\d+\)")
    ctx.equal(console.wait(), 139, "the status")


@once
def test_hello_on_a_terminal_ends_lines_well(ctx):
    console = ctx.console(ctx.build("hello_world"), log="off")
    console.expect("Hello from Unishyper\r\n")
    ctx.equal(console.wait(), 0, "the status")
    ctx.check(b"\r\r\n" not in console.all, "a carriage return too many")
