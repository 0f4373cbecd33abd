# SPDX-License-Identifier: BSD-2-Clause
"""PCI where the suite's own boot does not go: other machines, bridges, no device at all."""
import os
import re

from lib.context import arches, cases

EDU = "edu,dma_mask=0xffffffff"
BRIDGES = ("-device pcie-root-port,id=root1,chassis=1 -device pcie-pci-bridge,id=old,bus=root1 "
           "-device pci-bridge,id=inner,bus=old,chassis_nr=2,addr=2 "
           f"-device {EDU},bus=inner,addr=3")


def run(ctx, **options):
    """The suite has to pass."""
    result = ctx.boot(ctx.build("tests/target/pci"), **options)
    ctx.matches(result.out, r"(?m)^DONE \d+ passed 0 failed$", "standard output")
    return result


@cases(1, 4)
def test_nvme(ctx, smp):
    disks = [ctx.file(name, b"") for name in ("a.img", "b.img")]
    os.truncate(disks[0], 16 << 20)
    os.truncate(disks[1], 1 << 20)
    result = ctx.boot(ctx.build("tests/target/block_devices"), "block", smp=smp, disk_kind="nvme",
                      disk=[disks[0], disks[1] + ",ro"])
    ctx.matches(result.out, r"(?m)^DONE \d+ passed 0 failed$", "standard output")


@cases(1, 4)
def test_behind_bridges(ctx, smp):
    run(ctx, smp=smp, qemu_args=BRIDGES)


@arches("aarch64")
@cases("virt,gic-version=3", "virt,highmem=off")
def test_virt(ctx, machine):
    run(ctx, smp=4, qemu_machine=machine, qemu_args="-device " + EDU)


@arches("x86_64")
@cases("pc", "q35")
def test_pc(ctx, machine):
    for args in ("-device " + EDU, BRIDGES if machine == "q35" else
                 f"-device pci-bridge,id=b,chassis_nr=1 -device {EDU},bus=b,addr=5"):
        run(ctx, smp=4, qemu_machine=machine, qemu_args=args)


def test_without_the_device(ctx):
    """The tests fail, and nothing else happens."""
    result = ctx.boot(ctx.build("tests/target/pci"), log="warn")
    ctx.matches(result.out, r"(?m)^DONE 0 passed \d+ failed$", "standard output")
    ctx.status(result, 1)
    ctx.check(not re.search(r"\[[WE]\]", result.out + result.err), "no warnings")
