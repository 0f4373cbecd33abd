# SPDX-License-Identifier: BSD-2-Clause
"""The program's exit status arrives exactly, and a kernel's stop is told apart."""
from lib.context import cases


@cases(0, 1, 72, 200, 255)
def test_returned(ctx, status):
    result = ctx.program("exit_status", str(status))
    ctx.status(result, status)
    ctx.equal(result.stdout, b"", "standard output")


@cases("exit", "_exit")
def test_called(ctx, how):
    ctx.status(ctx.program("exit_status", "77", how), 77)


def test_only_low_byte(ctx):
    ctx.status(ctx.program("exit_status", "257"), 1)


def test_abort(ctx):
    ctx.status(ctx.program("exit_status", "0", "abort"), 134)


@cases(1, 4)
def test_cpus(ctx, smp):
    result = ctx.program("cpus", smp=smp)
    ctx.status(result, 0)
    ctx.matches(result.out, rf"^cpus {smp}$", "standard output")


@cases(1, 4)
def test_threads_and_timers(ctx, smp):
    result = ctx.program("timers", smp=smp)
    ctx.status(result, 0)
    ctx.equal(result.stdout, b"total 40\nslept\n", "standard output")


def test_eight_cpus(ctx):
    result = ctx.program("timers", smp=8)
    ctx.status(result, 0)
    ctx.matches(ctx.program("cpus", smp=8).out, "^cpus 8$", "standard output")


def test_out_of_memory_is_an_error(ctx):
    result = ctx.program("out_of_memory", mem="32M")
    ctx.status(result, 0)
    ctx.equal(result.stdout, b"the same twice\n", "standard output")
