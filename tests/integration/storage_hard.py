# SPDX-License-Identifier: BSD-2-Clause
"""Disks under hard conditions, in short: tests/storage has the long forms."""
import os
import struct
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


def volume(ctx, name, size, kind):
    """A volume with a file NAME that says its name, and an empty folder."""
    path = ctx.file(name + ".img", b"")
    storage.make_disk(path, size, kind)
    storage.tool("mcopy", "-i", path, ctx.file("NAME", name), "::NAME")
    storage.tool("mmd", "-i", path, "::folder")
    return path


def with_partitions(ctx, name, volumes):
    """A disk whose MBR has these volumes."""
    table, data, at = bytearray(512), b"", 2048
    for number, path in enumerate(volumes):
        with open(path, "rb") as file:
            data += file.read()
        sectors = os.path.getsize(path) // 512
        struct.pack_into("<BxxxBxxxII", table, 446 + 16 * number, 0, 6, at, sectors)
        at += sectors
    struct.pack_into("<H", table, 510, 0xaa55)
    return ctx.file(name, bytes(table) + bytes(2047 * 512) + data)


@cases("mmio", "pci")
def test_several_volumes(ctx, bus):
    """Disks, partitions and a write-protected one; root= and cwd= say which is where."""
    one, parts = volume(ctx, "one", 4 << 20, 12), [volume(ctx, "first", 9 << 20, 16),
                                                   volume(ctx, "second", 36 << 20, 32)]
    disk = with_partitions(ctx, "parts.img", parts)
    fixed = volume(ctx, "fixed", 4 << 20, 12)
    with open(fixed, "rb") as file:
        before = file.read()
    image, options = ctx.build("tests/storage", "mounts"), {"bus": bus, "mem": "64M"}
    if bus == "mmio" and ctx.arch == "x86_64":
        options["qemu_machine"] = "microvm"
    # Which of vda and vdc the first disk is depends on the bus.
    result = ctx.boot(image, "/fatfs", "/vda", "/vdb", "/vdc", "/vda1", "/vdb1", "/vdc1", "/vda2",
                      "/vdb2", "/vdc2", disk=[one, disk, fixed + ",ro"],
                      bootargs="root=vdb2 cwd=/vdb1/folder", **options)
    ctx.status(result, 0)
    lines = result.out.splitlines()
    ctx.equal(lines[0], "begins at /vdb1/folder", "the first line")
    ctx.equal(lines[1], "/fatfs has second, create works, writable", "root=vdb2")
    said = {line.split()[2]: line for line in lines[2:] if "has ," not in line}
    ctx.equal(sorted(said), ["first,", "fixed,", "one,"], "volumes elsewhere")
    ctx.check("/vdb1 " in said["first,"] and "create works" in said["first,"], said["first,"])
    ctx.check("create works, writable" in said["one,"], said["one,"])
    ctx.check("create Read-only file system, read-only" in said["fixed,"], said["fixed,"])
    with open(fixed, "rb") as file:
        ctx.check(file.read() == before, "the write-protected disk was written to")
    for path, offset in ((one, 0), (disk, 1 << 20), (disk, 10 << 20)):
        status, text = storage.tool("mtype", "-i", f"{path}@@{offset}", "::new file", check=False)
        ctx.check(status == 0 and text in ("one", "first", "second"), f"{path}: {text}")
    ctx.check(not storage.fsck(one), "fsck.fat finds something")


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
    powercut.cut(lambda name: ctx.build("tests/storage", name), ctx.arch, "mmio", 11, 40, 6,
                 threads, smp, looks=60)


def test_errors_of_the_disk(ctx):
    """Each error is told or made good at once; a failed flush is always told."""
    injected = {event: errors.one(lambda name: ctx.build("tests/storage", name), ctx.arch, event,
                                  number, count=12)
                for event, number in (("write_aio", 20), ("read_aio", 10), ("flush_to_disk", 6))}
    ctx.check(all(failed for failed, _ in injected.values()), f"not all failed: {injected}")
    ctx.check(injected["flush_to_disk"][1], f"no call told of the flush: {injected}")


@cases(("all", 1), ("size", 4))
def test_a_disk_that_lies(ctx, case):
    """A size that changes also has interrupts of both kinds meet, which once lost one for good."""
    liar.one(ctx.build("tests/storage", "ops"), ctx.arch, case[0], smp=case[1], timeout=60)
