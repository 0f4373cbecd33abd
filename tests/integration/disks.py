# SPDX-License-Identifier: BSD-2-Clause
"""Disk images: made without root, and what is wrong with one is told in one sentence."""
import os
import subprocess

from lib import boot
from lib.context import cases, once


def runner(ctx, disk):
    """The runner's answer to a disk."""
    words = boot.runner_command(ctx.build("hello_world"), ctx.arch, disk=disk)
    ctx.last = boot.run(words)
    return ctx.last


def refused(ctx, disk, pattern):
    """The disk is refused with one sentence that names `make disk`."""
    result = runner(ctx, disk)
    ctx.status(result, 2)
    ctx.equal(len(result.err.splitlines()), 1, "the number of lines")
    ctx.matches(result.err, pattern, "the message")
    ctx.matches(result.err, "make disk", "the message")


@once
def test_missing(ctx):
    refused(ctx, os.path.join(ctx.folder(), "none.img") + ",fat", r"none\.img is not there")


@once
def test_unformatted(ctx):
    refused(ctx, ctx.file("zero.img", bytes(1 << 20)) + ",fat", "has no FAT file system")
    refused(ctx, ctx.file("short.img", b"x") + ",fat", "has no FAT file system")


@once
@cases("", ",ro")
def test_locked(ctx, flags):
    """A machine that writes to the image excludes others."""
    disk = ctx.disk("4M")
    drive = f"if=none,id=d,format=raw,file={disk}"
    other = subprocess.Popen(
        ["qemu-system-aarch64", "-M", "virt", "-nodefaults", "-display", "none", "-S", "-qmp",
         "stdio", "-drive", drive, "-device", "virtio-blk-pci,drive=d"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        refused(ctx, disk + flags, "is in use by another machine")
    finally:
        other.kill()
        other.wait()
    ctx.status(runner(ctx, disk + flags), 0)


@once
def test_make_disk(ctx):
    """make disk fills an image, keeps one that is there, and refuses nonsense."""
    image = os.path.join(ctx.folder(), "a b.img")
    ctx.file("from/sub/caf\u00e9 au lait.txt", "bytes")
    folder = os.path.join(ctx.folder(), "from")
    make = ["disk", f"DISK_IMG={image}", "DISK_SIZE=1M"]
    ctx.status(ctx.make(*make, f"DISK_FROM={folder}"), 0)
    ctx.equal(os.path.getsize(image), 1 << 20, "the size")
    env = dict(os.environ, LC_ALL="C.UTF-8", MTOOLS_SKIP_CHECK="1")
    result = ctx.run("mtype", "-i", image, "::/sub/caf\u00e9 au lait.txt", env=env)
    ctx.equal(result.stdout, b"bytes", "the file on the disk")
    ctx.status(ctx.run("/usr/sbin/fsck.fat", "-n", image), 0)
    result = ctx.make(*make)
    ctx.status(result, 0)
    ctx.matches(result.out, "is already there and is kept", "the message")
    for words, pattern in ((["DISK_SIZE=much"], "DISK_SIZE=much is not a size"),
                           (["DISK_SIZE=1K"], "is too small"),
                           (["DISK_FROM=/nonexistent"], "DISK_FROM=/nonexistent is not a folder")):
        result = ctx.make("disk", f"DISK_IMG={image}.2", *words)
        ctx.check(result.status != 0, "it ended with status 0")
        ctx.matches(result.out, pattern, "the message")


@once
def test_disk_word(ctx):
    """DISK=nonsense names what there is."""
    result = ctx.make("DISK=floppy", "run")
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.out, "DISK=floppy is unknown; allowed: .*virtio.*nvme", "the message")
