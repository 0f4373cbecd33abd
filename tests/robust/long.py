#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The scenarios of tests/integration/network_hard.py and network_mixed.py with large numbers, each
for itself.

    tests/robust/long.py [--arch ARCH] [--seed N] [--scale 0.1] [--seconds S] [NAME...]

A line for each when it begins and when it has ended: PASS or FAIL, its name and how long it took;
the last line counts them. The images are built first.
"""
import argparse
import os
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests"), os.path.join(ROOT, "tools")]
# pylint: disable=wrong-import-position
from integration import network_hard as hard, network_mixed
from lib import boot
from lib.build import ARCHES, Builder
from lib.context import Context

SHIFT = 9


def scenarios(scale, seed, seconds=0, shift=SHIFT, smp=1):
    """Names and what they do; 10^6 frames, 10^4 connections, an hour of the guest's clock of
    mixed load at scale 1."""
    def of(number):
        return max(1, int(number * scale))
    return {
        "repetitions": lambda ctx: hard.test_repetitions(ctx, 10, of(1000)),
        "at_once": lambda ctx: hard.test_at_once(ctx, 1000),
        "bad_cable": lambda ctx: hard.test_bad_cable(ctx, 1, of(2000000), 8),
        "bad_cable_4": lambda ctx: hard.test_bad_cable(ctx, 4, of(2000000), 8),
        "floods": lambda ctx: hard.test_floods(ctx, 1, of(300000)),
        "floods_4": lambda ctx: hard.test_floods(ctx, 4, of(300000)),
        "slow_peers": lambda ctx: hard.test_slow_peers(ctx, 600),
        "unread": hard.test_unread,
        "tricks": lambda ctx: hard.test_tricks(ctx, of(10000)),
        "mixed": lambda ctx: network_mixed.mixed_hour(ctx, seconds or of(3600), seed, shift, smp),
        "malformed": lambda ctx: hard.test_malformed(ctx, of(1000000), seed),
    }


def main():
    """The status is 0 when nothing failed."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--arch", choices=ARCHES, action="append")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seconds", type=int, default=0,
                        help="how long the mixed load lasts, by the guest's clock")
    parser.add_argument("--shift", type=int, default=SHIFT,
                        help=f"an instruction takes 2^SHIFT ns of that clock; default {SHIFT}")
    parser.add_argument("--smp", type=int, default=1, help="CPUs of the mixed load; default 1")
    parser.add_argument("-O", default="build", help="where images are built")
    options = parser.parse_args()
    builder, failed, passed, start = Builder(options.O), 0, 0, time.monotonic()
    for arch in options.arch or ARCHES:
        for name, scenario in scenarios(options.scale, options.seed, options.seconds,
                                        options.shift, options.smp).items():
            if options.names and name not in options.names:
                continue
            ctx, begin = Context(builder, arch), time.monotonic()
            ctx.build("tests/robust")
            print(f"RUN  {arch}/{name}", flush=True)
            try:
                scenario(ctx)
                said, passed = "PASS", passed + 1
            except boot.Failure as error:
                said, failed = f"FAIL (seed {options.seed}) {error}\n ", failed + 1
            finally:
                ctx.close()
            print(f"{said} {arch}/{name} ({time.monotonic() - begin:.0f} s)", flush=True)
    print(f"long: {passed} passed, {failed} failed, seed {options.seed}, scale {options.scale}, "
          f"{time.monotonic() - start:.0f} s")
    return failed != 0 or not passed


if __name__ == "__main__":
    sys.exit(main())
