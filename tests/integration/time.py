# SPDX-License-Identifier: BSD-2-Clause
"""Time is right after hours: the machine's time jumps to the next timer while it has no work."""

# Around the turns of 32-bit counts of ns, of 16 ns, of 100 ns and of us; then a day and a month.
TURNS = [1, 4, 5, 68, 69, 429, 430, 4294, 4295]
LONG = [3600, 86400, 30 * 86400]


def test_hours(ctx):
    # The emulated PC has clocks of its own that cost 2 ms for each second that is jumped over.
    lengths = TURNS[:-2] + TURNS[-1:] if ctx.arch == "x86_64" else TURNS + LONG
    image = ctx.build("tests/programs", "hours")
    result = ctx.boot(image, *[str(length) for length in lengths], icount=True, timeout=300)
    ctx.status(result, 0)
    ctx.equal(result.out.splitlines(),
              [f"{length} s: right" for length in lengths] +
              ["8 of 8 woke at one time", f"up for {(sum(lengths) + 600) // 3600} hours"],
              "standard output")


def test_counted_with_four(ctx):
    """CPUs that the emulator runs in turn: one that waits for another must let it run."""
    result = ctx.boot(ctx.build("hello_world"), smp=4, icount=True, timeout=100)
    ctx.status(result, 0)
    ctx.equal(result.out, "Hello from Unishyper\n", "output")
