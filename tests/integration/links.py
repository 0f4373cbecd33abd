# SPDX-License-Identifier: BSD-2-Clause
"""What a network card can be joined to: a tap interface, another image."""
import json
import os
import sys

from lib.boot import Skip, runner_command
from lib.build import ROOT
from lib.context import cases

BYTES = 1 << 21


def own_network(ctx):
    """Is a network of one's own allowed?"""
    if ctx.run("unshare", "-rn", "test", "-w", "/dev/net/tun").status:
        raise Skip("unshare -rn or /dev/net/tun is not allowed here: no tap interface")


@cases(("10.0.0.1", 1, None), ("fd00::1", 4, "pci"))
def test_tap(ctx, case):
    """The card cuts and joins long segments of TCP, both ways; its checksums are nobody's work."""
    address, smp, bus = case
    own_network(ctx)
    image = ctx.build("tests/network", "bulk")
    words = runner_command(image, ctx.arch, (address, "5000", str(BYTES)), 100, net="tap",
                           tap="tap7", mem="64M", smp=smp, bus=bus)
    result = ctx.run("unshare", "-rn", sys.executable, os.path.join(ROOT, "tests/network/tap.py"),
                     "--tap=tap7", f"--bytes={BYTES}", "--", *words, timeout=120)
    ctx.status(result, 0)
    said = json.loads(result.out)
    ctx.equal((said["status"], said["out"]),
              (0, f"sent {BYTES}, received {BYTES}, wrong pieces 0\n"), f"the end of {said}")
    ctx.equal((said["got"], said["right"]), (BYTES, True), "what arrived here")
    for way in ("to", "from"):
        ctx.check(said[f"long_{way}_guest"] > BYTES // 65536 // 2,
                  f"of the frames {way} the guest few were long: {said}")
