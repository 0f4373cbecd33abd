# SPDX-License-Identifier: BSD-2-Clause
"""Virtio devices that are no disks: the console, the entropy source."""

MMIO = "-global virtio-mmio.force-legacy=false"


def machine(ctx):
    """Options of a machine with memory-mapped devices."""
    return {"qemu_machine": "microvm"} if ctx.arch == "x86_64" else {}


def test_console(ctx):
    """Input and output by the virtio console, every byte."""
    image = ctx.build("tests/devices")
    data = bytes(range(256)) * 8
    result = ctx.boot(image, stdin=data, console="virtio", **machine(ctx))
    ctx.status(result, 0)
    ctx.equal(result.stdout, data, "the output")


def test_entropy(ctx):
    """A machine with an entropy source boots, and its device was used."""
    image = ctx.build("tests/devices")
    args = f"{MMIO} -device virtio-rng-device -trace virtio_rng_pushed"
    result = ctx.boot(image, stdin=b"x", qemu_args=args, **machine(ctx))
    ctx.status(result, 0)
    ctx.equal(result.stdout, b"x", "the output")
    ctx.matches(result.err, "virtio_rng_pushed", "QEMU's trace")
