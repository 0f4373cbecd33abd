# SPDX-License-Identifier: BSD-2-Clause
"""The allocator catches misuse with one line and an abort, and says when memory is out."""
from lib.context import cases

DOUBLE, STRANGE = "malloc: double free: 0x", "malloc: free of what malloc did not give: 0x"
OVERFLOW = "malloc: a write past the end of a block"
REPORTS = {
    "double_free": DOUBLE,
    "double_free_far": DOUBLE,
    "double_free_elsewhere": DOUBLE,
    "free_inside": STRANGE,
    "free_unaligned": STRANGE,
    "overflow": OVERFLOW,
    "overflow_large": OVERFLOW,
    "overflow_run": OVERFLOW,
    "double_free_run": DOUBLE,
    "overflow_realloc": OVERFLOW,
    "realloc_freed": "malloc: use of a block that is not in use: 0x",
    "size_freed": "malloc: use of a block that is not in use: 0x",
}


@cases(*REPORTS)
def test_misuse_is_reported(ctx, name):
    result = ctx.boot(ctx.build("tests/programs", "malloc_abuse"), name)
    ctx.status(result, 134)
    ctx.matches(result.err, REPORTS[name], "the report")


def test_proper_use_is_not(ctx):
    result = ctx.program("malloc_abuse")
    ctx.status(result, 0)
    ctx.equal(result.stdout, b"nothing wrong\n", "standard output")


@cases(1, 4)
def test_small_blocks_until_memory_is_out(ctx, smp):
    result = ctx.program("small_out_of_memory", mem="24M", smp=smp)
    ctx.status(result, 0)
    ctx.equal(result.stdout, b"the same again\n", "standard output")
