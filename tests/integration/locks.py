# SPDX-License-Identifier: BSD-2-Clause
"""PROFILE=debug stops what breaks the rules about locks, and names the places."""
import re

from lib.context import cases

# What is done: the reason, and the functions whose lines the places are in.
SENTENCES = {
    "order": ("locks are taken in two orders", ["take_two"] * 4),
    "circle": ("locks are taken in two orders", ["take_two"] * 4),
    "mutex_order": ("locks are taken in two orders", ["mutex_order"] * 4),
    "twice": ("a spinlock is taken twice", ["take_two"] * 2),
    "with_interrupts": ("a spinlock is taken with interrupts on", ["with_interrupts"]),
    "sleep_locked": ("a thread may sleep with a spinlock held", ["sleep_locked"] * 2),
    "mutex_locked": ("a thread may sleep with a spinlock held", ["mutex_locked"] * 2),
    "copy_locked": ("a thread may sleep with a spinlock held", ["sys_misuse"] * 2),
}


@cases(*SENTENCES)
def test_misuse_is_stopped(ctx, name):
    image = ctx.build("tests/misuse", profile="debug", variables=("LOG=info",))
    result = ctx.boot(image, name)
    reason, places = SENTENCES[name]
    ctx.status(result, 125)
    ctx.matches(result.err, r"^\*\*\* kernel panic: " + reason + "$", "the reason")
    head = result.err.split("*** kernel panic")[0]
    found = re.findall(r"^  #\d+ 0x[0-9a-f]+ (\w+)[.\w]*\+0x[0-9a-f]+ \(\S*misuse\.c:\d+\)$",
                       head, re.M)
    ctx.equal(found, places, "the places")


def test_rules_that_are_kept(ctx):
    result = ctx.boot(ctx.build("tests/misuse", profile="debug", variables=("LOG=info",)))
    ctx.status(result, 0)
    ctx.equal(result.stdout, b"0\n", "standard output")
