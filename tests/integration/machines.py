# SPDX-License-Identifier: BSD-2-Clause
"""The same image on every machine of its processor, wherever it is put."""
import itertools

from lib.context import arches, cases, once

TIMERS = b"total 40\nslept\n"
GICS = ("virt,gic-version=2", "virt,gic-version=3", "virt,gic-version=2,virtualization=on",
        "virt,gic-version=3,virtualization=on")
ADDRESSES = (0x40200000, 0x41235000, 0x46000000)


@arches("aarch64")
@cases(*((f"{machine.replace('virt,', '').replace(',', '+')}@{address:#x}", machine, address)
         for machine, address in itertools.product(GICS, ADDRESSES)))
def test_generic_at_address(ctx, case):
    _, machine, address = case
    result = ctx.program("timers", machine="generic", smp=4, qemu_machine=machine,
                         loader_addr=address, mem="128M")
    ctx.equal(result.stdout, TIMERS, "standard output")
    ctx.status(result, 0)


@arches("aarch64")
@cases(*GICS)
def test_generic_by_kernel_option(ctx, machine):
    result = ctx.program("timers", machine="generic", smp=4, qemu_machine=machine)
    ctx.equal(result.stdout, TIMERS, "standard output")
    ctx.status(result, 0)


@arches("aarch64")
@cases(*GICS)
def test_qemu_board(ctx, machine):
    result = ctx.program("timers", smp=1, qemu_machine=machine)
    ctx.equal(result.stdout, TIMERS, "standard output")


@arches("aarch64")
def test_elf_file(ctx):
    image = ctx.build("hello_world")[:-4] + ".elf"
    for machine in ("virt", "virt,virtualization=on"):
        result = ctx.boot(image, qemu_machine=machine)
        ctx.equal(result.stdout, b"Hello from Unishyper\n", "standard output")


@arches("aarch64")
@cases("cortex-a53", "cortex-a57", "max")
def test_processor(ctx, cpu):
    result = ctx.program("timers", qemu_cpu=cpu, smp=4)
    ctx.equal(result.stdout, TIMERS, "standard output")


@arches("x86_64")
@cases(("q35-1", "q35", 1), ("q35-4", "q35", 4), ("pc-1", "pc", 1), ("pc-4", "pc", 4),
       ("microvm-1", "microvm", 1), ("microvm-4", "microvm", 4),
       ("microvm-noacpi-4", "microvm,acpi=off", 4))
def test_pc(ctx, case):
    _, machine, smp = case
    result = ctx.program("timers", qemu_machine=machine, smp=smp)
    ctx.equal(result.stdout, TIMERS, "standard output")
    ctx.status(result, 0)


@arches("x86_64")
@cases("q35", "pc", "microvm")
def test_pc_input(ctx, machine):
    data = bytes(range(256)) * 20
    result = ctx.program("copy", qemu_machine=machine, stdin=data)
    ctx.equal(result.stdout, data, "the copy")


@arches("riscv64")
@cases(0x80400000, 0x82345000)
def test_riscv_at_address(ctx, address):
    result = ctx.program("timers", smp=4, loader_addr=address)
    ctx.equal(result.stdout, TIMERS, "standard output")
    ctx.status(result, 0)


@cases("48M", "128M", "1G", "3G")
def test_memory_sizes(ctx, mem):
    result = ctx.program("cpus", mem=mem)
    ctx.status(result, 0)
    size = int(mem[:-1]) << (30 if mem.endswith("G") else 20)
    total = next(int(line.split()[1]) for line in result.out.splitlines()
                 if line.startswith("total "))
    ctx.check(size * 0.95 - (4 << 20) <= total <= size,
              f"sysinfo says {total} bytes in a machine with {size}")


@once
def test_generic_boots_as_the_other_processors(ctx):
    for arch in ("x86_64", "riscv64"):
        ctx.arch = arch
        result = ctx.boot(ctx.build("hello_world", machine="generic"))
        ctx.equal(result.stdout, b"Hello from Unishyper\n", "standard output")
