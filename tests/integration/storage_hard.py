# SPDX-License-Identifier: BSD-2-Clause
"""Disks under hard conditions, in short: tests/storage has the long forms."""
import os
import sys

from lib.build import ROOT
from lib.context import cases

sys.path.insert(0, os.path.join(ROOT, "tests", "storage"))

import storage  # pylint: disable=wrong-import-position,import-error
import errors  # pylint: disable=wrong-import-position,import-error
import exfat  # pylint: disable=wrong-import-position,import-error
import liar  # pylint: disable=wrong-import-position,import-error
import powercut  # pylint: disable=wrong-import-position,import-error
import random_ops  # pylint: disable=wrong-import-position,import-error


@cases(("fat16_mmio", "mmio", 1, None, 28), ("fat32_pci", "pci", 4, 32, 36),
       ("exfat_mmio", "mmio", 1, "exfat", 16))
def test_random_operations(ctx, case):
    _, bus, smp, bits, size = case
    random_ops.operations(ctx.build("tests/storage", "ops"), ctx.arch, bus, 7, 1500, 3, smp,
                          size << 20, bits)


def test_exfat_that_was_not_unmounted(ctx):
    """It may be read and not be written, and stays what it is."""
    path = ctx.file("exfat.img", b"")
    exfat.make(path, 8 << 20)
    with open(path, "r+b") as file:
        file.seek(106)
        file.write(b"\2")
        file.seek(0)
        before = file.read()
    text = storage.mount_once(ctx.build("tests/storage", "mounts"), ctx.arch, "mmio", path).err
    ctx.check("vda: exfat at /fatfs, read-only" in text, text)
    with open(path, "rb") as file:
        ctx.check(file.read() == before, "it was written to")


@cases(("alone", 0, 1), ("with_others", 2, 4))
def test_power_cuts(ctx, case):
    _, threads, smp = case
    powercut.cut(lambda name: ctx.build("tests/storage", name), ctx.arch, "mmio", 11, 40, 8,
                 threads, smp)


def test_errors_of_the_disk(ctx):
    """Each error is told or made good at once; a failed flush is always told."""
    injected = {event: errors.one(lambda name: ctx.build("tests/storage", name), ctx.arch, event,
                                  number, count=12)
                for event, number in (("write_aio", 20), ("read_aio", 10), ("flush_to_disk", 6))}
    ctx.check(all(failed for failed, _ in injected.values()), f"not all failed: {injected}")
    ctx.check(injected["flush_to_disk"][1], f"no call told of the flush: {injected}")


@cases(*liar.KINDS[-1:])
def test_a_disk_that_lies(ctx, kind):
    liar.one(ctx.build("tests/storage", "ops"), ctx.arch, kind)
