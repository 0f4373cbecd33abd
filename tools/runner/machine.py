# SPDX-License-Identifier: BSD-2-Clause
"""The QEMU command for one machine: defaults, buses, load addresses, checks before the start."""
import os
import re
import shlex
import shutil
import struct
import subprocess

from . import RunError, disks, elf, fdt, network

DEFAULTS = {"aarch64": ("virt", "cortex-a72"), "x86_64": ("q35", "max"),
            "riscv64": ("virt", "rv64")}
PACKAGES = {"aarch64": "qemu-system-arm", "x86_64": "qemu-system-x86",
            "riscv64": "qemu-system-misc"}
RAM_BASE = {"aarch64": 0x40000000, "x86_64": 0, "riscv64": 0x80000000}
# Where QEMU puts a raw file given with -kernel: our small stub for --loader-addr and --dtb-raw.
STUB_AT = {"aarch64": 0x40080000, "riscv64": 0x80200000}
IMAGE_AT = {"aarch64": 0x40200000, "riscv64": 0x80400000}
ELF_MACHINE = {"aarch64": 183, "x86_64": 62, "riscv64": 243}
MAX_CPUS = 8
# The PC's firmware keeps its tables in so much at the end of RAM, where the image must not reach.
FIRMWARE_KIB = 272
# QEMU puts the device tree at the 2 MiB border behind a raw image for aarch64, if there is room.
TREE_KIB = 4
MIB = 1 << 20


def memory_kib(text):
    """`128M`, `1408K`, `1G`, `128` (MiB) in KiB."""
    match = re.fullmatch(r"(\d+)([KMG]?)(?:i?B)?", text, re.I)
    if not match or not int(match[1]):
        raise RunError(f"MEM={text} is not a memory size such as 64M, 2048K or 1G")
    return int(match[1]) * {"K": 1, "M": 1024, "": 1024, "G": 1 << 20}[match[2].upper()]


def image_end(arch, data):
    """The physical address behind the loaded image, as far as its headers tell, else None."""
    if data[:4] == b"\x7fELF":
        try:
            return max((s["paddr"] + s["memsz"] for s in elf.segments(data)), default=None)
        except (ValueError, struct.error):
            return None
    if data[56:60] in (b"ARM\x64", b"RSC\x05"):
        offset, size = struct.unpack_from("<QQ", data, 8)
        if arch == "aarch64" and offset < 4096:
            offset += 2 * MIB
        return RAM_BASE[arch] + offset + max(size, len(data))
    return None


def flat(data):
    """A raw image of an ELF's segments, or the file itself when it is raw."""
    if data[:4] != b"\x7fELF":
        return data
    parts = [s for s in elf.segments(data) if s["memsz"]]
    base = min(s["paddr"] for s in parts)
    out = bytearray(max(s["paddr"] + s["filesz"] for s in parts) - base)
    for part in parts:
        at = part["paddr"] - base
        out[at:at + part["filesz"]] = data[part["offset"]:part["offset"] + part["filesz"]]
    return bytes(out)


def stub(arch, entry, tree):
    """Code that enters `entry` as the firmware would, with the device tree at `tree` if any."""
    if arch == "aarch64":
        code = [0x58000070]                                     # ldr x16, entry
        code += [0x58000080 if tree else 0xd503201f]            # ldr x0, tree / nop
        code += [0xd61f0200]                                    # br x16
        return struct.pack("<IIIQQ", *code, entry, tree or 0)
    code = [0x00000297]                                         # auipc t0, 0
    code += [0x0142b303]                                        # ld t1, 20(t0)
    code += [0x01c2b583 if tree else 0x00000013]                # ld a1, 28(t0) / nop
    code += [0x00030067, 0x00000013]                            # jr t1; nop
    return struct.pack("<IIIIIQQ", *code, entry, tree or 0)


class Machine:
    """Turns the runner's options into a QEMU command line."""

    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.arch = options.arch
        machine, cpu = DEFAULTS[self.arch]
        self.machine = options.qemu_machine or machine
        self.cpu = options.qemu_cpu or cpu
        self.kib = memory_kib(options.mem)
        self.qemu = os.environ.get("QEMU") or "qemu-system-" + self.arch
        self.base = RAM_BASE[self.arch]
        kind = self.machine.split(",")[0]
        self.bus = options.bus or ("pci" if kind in ("q35", "pc") else "mmio")
        self.disks = [disks.Disk(text) for text in options.disk]
        self.network = network.Network(options)
        self.stub = None  # path of a socket for the runner's own talk with gdb's stub

    def check(self):
        """What can be said before QEMU starts, in one sentence each."""
        options = self.options
        if not shutil.which(self.qemu):
            raise RunError(f"{self.qemu} is not installed (Debian package "
                           f"{PACKAGES[self.arch]})", 126)
        for what in ("image", "initrd", "dtb", "dtb_raw"):
            path = getattr(options, what)
            if path and not os.path.isfile(path):
                raise RunError(f"{what.replace('_', '-')} {path}: no such file")
        if not options.smp.isdecimal() or not 1 <= int(options.smp) <= MAX_CPUS:
            raise RunError(f"SMP={options.smp}: 1 to {MAX_CPUS} CPUs are supported")
        options.smp = int(options.smp)
        kind = self.machine.split(",")[0]
        if self.arch == "x86_64":
            if options.bus == "mmio" and kind in ("q35", "pc"):
                raise RunError(f"BUS=mmio: {kind} has no virtio-mmio; use BUS=pci or microvm")
            if options.dtb or options.dtb_raw or options.loader_addr is not None:
                raise RunError("device trees and load addresses are for aarch64 and riscv64")
        for disk in self.disks:
            disk.check()
        self.network.check()
        with open(options.image, "rb") as file:
            data = file.read()
        if data[:6] == b"\x7fELF\x02\x01" and elf.header(data)["machine"] != ELF_MACHINE[self.arch]:
            raise RunError(f"{options.image} is not for {self.arch}")
        end = image_end(self.arch, data)
        if end is None or options.loader_addr is not None:
            return
        need = (end - self.base + 1023) // 1024
        if self.arch == "x86_64":
            need += FIRMWARE_KIB
        elif self.arch == "aarch64" and data[:4] != b"\x7fELF":
            need = need // 2048 * 2048 + 2048 + TREE_KIB
        if self.kib < need:
            raise RunError(f"MEM={options.mem} is too little memory: the image needs at least "
                           f"{need} KiB")

    def common(self):
        """Machine, CPU, memory: what --dtb-raw and the tree dump need too."""
        cpu, accel = self.cpu, []
        if self.options.kvm:
            accel = ["-accel", "kvm"]
            cpu = self.options.qemu_cpu or "host"
        return ["-M", self.machine, "-cpu", cpu, *accel, "-m", f"size={self.kib}k",
                "-smp", str(self.options.smp), "-nodefaults", "-no-user-config",
                "-display", "none", "-no-reboot"]

    def keep(self, name, data):
        """Writes a file into the scratch folder; its path, commas doubled for -device."""
        path = os.path.join(self.scratch, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def loader(self, path, address, extra=""):
        """Arguments that put a file at a physical address."""
        path = os.path.abspath(path).replace(",", ",,")
        return ["-device", f"loader,file={path},addr={address:#x},force-raw=on{extra}"]

    def load_by_stub(self, cmdline):
        """-kernel is a stub of ours that jumps to the image (and may give another tree)."""
        options, tree = self.options, None
        address = options.loader_addr
        if address is None:
            address = IMAGE_AT[self.arch]
        with open(options.image, "rb") as file:
            result = self.loader(self.keep("image", flat(file.read())), address)
        if options.dtb_raw:
            tree = self.base + (self.kib * 1024 - MIB & -MIB)
            result += self.loader(options.dtb_raw, tree)
        path = self.keep("stub", stub(self.arch, address, tree))
        result += ["-kernel", path, "-append", cmdline]
        if options.initrd:
            result += ["-initrd", options.initrd]
        return result + (["-dtb", options.dtb] if options.dtb else [])

    def load_by_address(self, cmdline):
        """aarch64 without -kernel: CPU 0 starts in the image, the tree is at the start of RAM."""
        options, values = self.options, {"bootargs": os.fsencode(cmdline) + b"\0"}
        with open(options.image, "rb") as file:
            data = flat(file.read())
        result = self.loader(self.keep("image", data), options.loader_addr)
        result += ["-device", f"loader,addr={options.loader_addr:#x},cpu-num=0"]
        if options.initrd:
            start = self.base + (self.kib * 1024 // 2 & -MIB)
            end = start + os.path.getsize(options.initrd)
            values["linux,initrd-start"] = struct.pack(">Q", start)
            values["linux,initrd-end"] = struct.pack(">Q", end)
            result += self.loader(options.initrd, start)
        tree = self.keep("tree", fdt.set_chosen(self.tree(), values))
        return result + ["-dtb", tree]

    def tree(self):
        """The device tree of the machine as QEMU would make it, or the user's."""
        if self.options.dtb:
            with open(self.options.dtb, "rb") as file:
                return file.read()
        path = os.path.join(self.scratch, "dumped")
        command = [self.qemu, *self.common()]
        command[2] += f",dumpdtb={path}"
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if not os.path.exists(path):
            raise RunError(done.stderr.decode(errors="replace").strip() or "no device tree", 126)
        with open(path, "rb") as file:
            return file.read()

    def load(self, cmdline):
        """Arguments that bring the image, its command line, initrd and tree into the machine."""
        options = self.options
        by_address = options.loader_addr is not None
        if by_address and self.arch == "aarch64" and not options.dtb_raw:
            return self.load_by_address(cmdline)
        if options.dtb_raw or by_address and options.loader_addr != STUB_AT[self.arch]:
            return self.load_by_stub(cmdline)
        result = ["-kernel", options.image, "-append", cmdline]
        if options.initrd:
            result += ["-initrd", options.initrd]
        if options.dtb:
            result += ["-dtb", options.dtb]
        return result

    def console(self):
        """What the console's bytes go through: the serial line or a virtio device."""
        if self.options.console == "serial":
            return ["-serial", "chardev:con"]
        bus = "pci,disable-legacy=on" if self.bus == "pci" else "device"
        return ["-serial", "null", "-global", "virtio-mmio.force-legacy=false",
                "-device", f"virtio-serial-{bus}", "-device", "virtconsole,chardev=con"]

    def command(self, cmdline, control):
        """The whole command; console on QEMU's standard input and output, `control` a path."""
        options = self.options
        result = [self.qemu, *self.common(), "-chardev", "stdio,id=con,signal=off",
                  "-chardev", f"file,id=ctl,path={control}", *self.console()]
        if self.arch == "x86_64":
            result += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                       "-device", "isa-debugcon,iobase=0xe9,chardev=ctl"]
        else:
            result += ["-semihosting-config", "enable=on,target=native,chardev=ctl"]
        result += disks.arguments(self.disks, options.disk_kind, self.bus,
                                  self.arch)
        result += self.network.arguments(self.bus)
        result += self.load(cmdline)
        if options.icount:
            result += ["-icount", options.icount]
        if options.gdb:
            result += ["-gdb", f"tcp:127.0.0.1:{options.gdb}", "-S"]
        if self.stub:
            result += ["-gdb", f"unix:{self.stub},server=on,wait=off", "-S"]
        try:
            return result + shlex.split(options.qemu_args or "")
        except ValueError as error:
            raise RunError(f"QEMU_ARGS: {error}: {options.qemu_args}") from None
