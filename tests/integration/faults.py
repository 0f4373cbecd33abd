# SPDX-License-Identifier: BSD-2-Clause
"""Each wrong access is caught and named, with the line it came from, and ends with 128 + signal."""
import re

from lib.context import cases

KINDS = {
    "write_code": "write to code",
    "write_constant": "write to constants",
    "execute_data": "execution of data",
    "execute_stack": "execution of data",
    "read_null": "null pointer",
    "write_null": "null pointer",
    "stack_main": "stack overflow",
    "stack_thread": "stack overflow",
}
# A thread's fault ends the thread; main then ends with 42.
STATUS = {"stack_thread": 42}


@cases(*KINDS)
def test_fault(ctx, name):
    result = ctx.program("fault_" + name)
    ctx.status(result, STATUS.get(name, 139))
    ctx.equal(result.stdout, b"", "standard output")
    ctx.matches(result.err, re.escape(KINDS[name]), "the report")
    ctx.matches(result.err, r"fault: kind=" + KINDS[name].replace(" ", "-"), "the report")
    ctx.matches(result.err, r"^  #\d+ 0x[0-9a-f]+ (main|deeper|work)[.\w]*\+0x[0-9a-f]+ "
                rf"\(\S*fault_{name}\.c:\d+\)", "the backtrace")
    lines = len(result.err.splitlines())
    ctx.check(lines <= 70, f"the report has {lines} lines")


@cases(*KINDS)
def test_fault_with_four_cpus(ctx, name):
    result = ctx.program("fault_" + name, smp=4)
    ctx.status(result, STATUS.get(name, 139))
    ctx.matches(result.err, re.escape(KINDS[name]), "the report")


def test_fault_is_reported_without_log(ctx):
    """LOG=off silences what is no fault."""
    result = ctx.program("fault_write_null", log="error")
    ctx.status(result, 139)
    ctx.matches(result.err, "null pointer", "the report")


@cases(1, 4)
def test_bad_pointer_to_a_call(ctx, smp):
    result = ctx.program("bad_pointer", stdin=b"some input\n", smp=smp)
    ctx.equal(result.stdout, b"unchanged\n", "standard output")
    ctx.status(result, 0)
